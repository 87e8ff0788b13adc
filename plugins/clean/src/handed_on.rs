//! Removed lines that are handed on to later stages: what may say who wrote the page, and when. Removes nothing.

use serde::Serialize;

use crate::boilerplate::Mark;
use crate::line::Line;
use crate::options::Rule;

/// Most bytes of text in the column `boilerplate` of one document.
pub const HANDED_ON: usize = 16 * 1024;
/// Longest line, in bytes, that the page's frame hands on from below the first kept line.
const SHORT_LINE: usize = 120;

/// A removed line that may carry metadata, handed on to later stages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Removed {
    /// Id of the rule that removed it.
    pub rule: &'static str,
    /// The repaired text of the line.
    pub text: String,
    /// Byte offset in the output text where it stood.
    pub at: u64,
}

/// The removed lines that may carry metadata, in their order, each with its place in the page.
///
/// What stands before the first kept line and what a telling rule took comes first; where there is room
/// left, other short lines follow: an author's name or a date that a rule for the page's frame took.
pub fn hand_on(page: &str, lines: &[Line], marks: &[Option<Mark>]) -> Vec<Removed> {
    let first_kept =
        lines.iter().zip(marks).position(|(l, m)| m.is_none() && !l.blank()).unwrap_or(lines.len());
    let mut room = HANDED_ON;
    let mut chosen = vec![false; lines.len()];
    for first_round in [true, false] {
        for (i, (line, mark)) in lines.iter().zip(marks).enumerate() {
            let Some(mark) = mark else { continue };
            let rule = mark.kind.unwrap_or(mark.rule);
            let first_choice = i < first_kept || is_telling(rule);
            let length = line.text(page).len();
            let wanted = if first_round { first_choice } else { !first_choice && may_tell(rule, length) };
            if !wanted {
                continue;
            }
            if length > room {
                break;
            }
            room -= length;
            chosen[i] = true;
        }
    }
    let mut out = Vec::new();
    for (i, (line, mark)) in lines.iter().zip(marks).enumerate() {
        let Some(mark) = mark.as_ref().filter(|_| chosen[i]) else { continue };
        let text = line.text(page).to_owned();
        out.push(Removed { rule: mark.kind.unwrap_or(mark.rule).id(), text, at: line.start as u64 });
    }
    out
}

/// Rules that take lines which say who wrote the page, and when.
fn is_telling(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::Timestamp
            | Rule::Byline
            | Rule::Headline
            | Rule::PageHeader
            | Rule::Breadcrumb
            | Rule::TagBar
            | Rule::PhotoCredit
            | Rule::Copyright
            | Rule::AuthorBox
            | Rule::UpdateMarker
    )
}

/// Rules of the page's frame, which now and then take a name or a date with them. Names and dates are
/// short.
fn may_tell(rule: Rule, length: usize) -> bool {
    let frame = matches!(
        rule,
        Rule::Navigation
            | Rule::OutsideBody
            | Rule::PageFooter
            | Rule::ShareBar
            | Rule::RelatedTeaser
            | Rule::BoilerplateModel
    );
    frame && length <= SHORT_LINE
}
