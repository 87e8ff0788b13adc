//! What becomes of each line where the rules and the model both have a say: sure cues first, then the model.

use crate::boilerplate::Mark;
use crate::model::Model;
use crate::model::features::Page;
use crate::options::Rule;

/// How likely a line must be that is a date and nothing else. Tables and timelines have such lines; in news they are the
/// page's.
const DATE_CUT: f64 = 0.8;

/// The marks of a page's lines: those of sure cues, and those of the model below `cut`.
pub fn marks(model: &Model, cut: f64, page: &Page<'_>) -> Vec<Option<Mark>> {
    let (states, marks, shown) = (page.states, page.marks, page.shown);
    let likelihoods = model.likelihoods(page);
    let mut decided = marks.to_vec();
    for (&i, likelihood) in shown.iter().zip(likelihoods) {
        // The model knows no wrapped lines: in its pages a paragraph is a line.
        if states[i].wrapped || marks[i].is_some_and(|m| is_sure(m.rule)) {
            continue;
        }
        let kind = marks[i].map(|m| m.rule);
        let cut = if kind == Some(Rule::Timestamp) { cut.max(DATE_CUT) } else { cut };
        let mark = Mark { rule: Rule::BoilerplateModel, measured: Some((likelihood, cut)), kind };
        decided[i] = (likelihood < cut).then_some(mark);
    }
    decided
}

/// Rules whose lines go whatever the model says. On labelled pages, removing all that they mark costs no F1 beside
/// leaving the choice to the model.
fn is_sure(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::CookieNotice
            | Rule::ShareBar
            | Rule::SubscribeForm
            | Rule::LoginForm
            | Rule::SiteNotice
            | Rule::Advertisement
            | Rule::RelatedTeaser
            | Rule::InlineTeaser
            | Rule::TagBar
            | Rule::PhotoCredit
            | Rule::Copyright
            | Rule::AuthorBox
            | Rule::CommentSection
            | Rule::UpdateMarker
            | Rule::Byline
            | Rule::Headline
    )
}
