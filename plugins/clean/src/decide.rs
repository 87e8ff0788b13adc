//! What becomes of each line where the rules and the model both have a say: sure cues first, then the model.

use crate::boilerplate::{Mark, Measured};
use crate::model::Model;
use crate::model::features::Page;
use crate::options::Rule;

/// How likely a line of plain text must be that is a date and nothing else. Tables and timelines have such lines; in news they
/// are the page's. In HTML the markup tells them apart.
const DATE_CUT: f64 = 0.8;

/// The marks of a page's lines: those of sure cues, and those of the model below `cut`.
pub fn marks(model: &Model, cut: f64, page: &Page<'_>) -> Vec<Option<Mark>> {
    let (states, marks, shown) = (page.states, page.marks, page.shown);
    let likelihoods = model.likelihoods(page);
    let mut decided = marks.to_vec();
    for (&i, likelihood) in shown.iter().zip(likelihoods) {
        // The model knows no wrapped lines: in its pages a paragraph is a line.
        if states[i].wrapped || marks[i].is_some_and(|m| is_sure(m.rule, page.markup.is_some())) {
            continue;
        }
        let kind = marks[i].map(|m| m.rule);
        let is_date = kind == Some(Rule::Timestamp) && page.markup.is_none();
        let cut = if is_date { cut.max(DATE_CUT) } else { cut };
        let mark = Mark {
            rule: Rule::BoilerplateModel,
            measured: Some(Measured::likelihood(likelihood, cut)),
            kind,
        };
        decided[i] = (likelihood < cut).then_some(mark);
    }
    decided
}

/// Whether lines of a rule go whatever the model says. On labelled pages, removing all that these rules mark costs no F1 of news
/// and articles beside leaving the choice to the model. In HTML, comments that are the page (a forum) and headings of lists
/// that are the page (a listing) are better left to the model.
fn is_sure(rule: Rule, is_html: bool) -> bool {
    match rule {
        Rule::CookieNotice
        | Rule::ShareBar
        | Rule::SubscribeForm
        | Rule::LoginForm
        | Rule::SiteNotice
        | Rule::Advertisement
        | Rule::InlineTeaser
        | Rule::TagBar
        | Rule::PhotoCredit
        | Rule::Copyright
        | Rule::AuthorBox
        | Rule::UpdateMarker
        | Rule::Headline
        | Rule::Byline => true,
        Rule::RelatedTeaser | Rule::CommentSection => !is_html,
        _ => false,
    }
}
