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
pub struct HandedOn {
    lines: Vec<Removed>,
    room: usize,
    /// Whether a line was kept.
    is_kept: bool,
}

impl Default for HandedOn {
    fn default() -> Self {
        Self { lines: Vec::new(), room: HANDED_ON, is_kept: false }
    }
}

impl HandedOn {
    /// Takes in the next lines of a page: `part` is their text, which begins at `base`.
    pub fn take(&mut self, part: &str, base: usize, lines: &[Line], marks: &[Option<Mark>]) {
        let kept = lines.iter().zip(marks).position(|(l, m)| m.is_none() && !l.blank());
        let first_kept = if self.is_kept { 0 } else { kept.unwrap_or(lines.len()) };
        self.is_kept |= kept.is_some();
        let mut chosen = vec![false; lines.len()];
        for first_round in [true, false] {
            for (i, (line, mark)) in lines.iter().zip(marks).enumerate() {
                let Some(mark) = mark else { continue };
                let rule = mark.kind.unwrap_or(mark.rule);
                let first_choice = i < first_kept || is_telling(rule);
                let length = line.text(part).len();
                let wanted = if first_round { first_choice } else { !first_choice && may_tell(rule, length) };
                if !wanted {
                    continue;
                }
                if length > self.room {
                    break;
                }
                self.room -= length;
                chosen[i] = true;
            }
        }
        for (i, (line, mark)) in lines.iter().zip(marks).enumerate() {
            let Some(mark) = mark.as_ref().filter(|_| chosen[i]) else { continue };
            let (rule, at) = (mark.kind.unwrap_or(mark.rule).id(), (base + line.start) as u64);
            self.lines.push(Removed { rule, text: line.text(part).to_owned(), at });
        }
    }

    /// The lines, after the last.
    pub fn finish(self) -> Vec<Removed> {
        self.lines
    }
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
