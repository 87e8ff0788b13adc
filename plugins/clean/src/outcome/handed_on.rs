//! Removed lines that are handed on to later stages because they may tell who wrote the page, and when.
//! Removes nothing.

use crate::lines::Line;
use crate::options::Rule;
use crate::rules::boilerplate::Mark;

/// Most bytes of text in the column `boilerplate` of one document.
pub const HANDED_ON: usize = 16 * 1024;
/// Longest line, in bytes, that is handed on from the page's frame below the first kept line.
const SHORT_LINE: usize = 120;

/// A removed line that may carry metadata, handed on to later stages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Removed<'t> {
    /// Id of the rule that removed it.
    pub rule: &'static str,
    /// The repaired text of the line.
    pub text: &'t str,
    /// Byte offset in the output text at which it was removed.
    pub at: u64,
}

/// Removed lines. Their texts share one buffer: a page may hand on every second line.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct RemovedLines {
    text: String,
    /// For each line: the rule, the end of its text in the buffer, and its place.
    lines: Vec<(&'static str, usize, u64)>,
}

impl RemovedLines {
    /// Iterates over the lines in order.
    pub fn iter(&self) -> impl Iterator<Item = Removed<'_>> + Clone {
        let mut from = 0;
        self.lines.iter().map(move |&(rule, end, at)| {
            let text = self.text.get(std::mem::replace(&mut from, end)..end).unwrap_or_default();
            Removed { rule, text, at }
        })
    }

    /// The same lines with other texts.
    pub(crate) fn with_texts(&self, new: impl Fn(&str) -> String) -> Self {
        let mut lines = Self::default();
        self.iter().for_each(|line| lines.push(line.rule, &new(line.text), line.at));
        lines
    }

    /// Iterates over the places of the lines.
    pub(crate) fn places_mut(&mut self) -> impl Iterator<Item = &mut u64> {
        self.lines.iter_mut().map(|(.., at)| at)
    }

    fn push(&mut self, rule: &'static str, text: &str, at: u64) {
        self.text.push_str(text);
        self.lines.push((rule, self.text.len(), at));
    }
}

impl std::fmt::Debug for RemovedLines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Collects the removed lines that may carry metadata, in order, each with its place in the page.
///
/// Lines before the first kept line and lines removed by a telling rule take precedence. If room is left,
/// other short lines follow: an author's name or a date that a rule for the page's frame removed. Lines in the
/// middle of a long menu are not handed on.
pub struct HandedOn {
    lines: RemovedLines,
    room: usize,
    /// Whether any line has been kept so far.
    is_kept: bool,
}

impl Default for HandedOn {
    fn default() -> Self {
        Self { lines: RemovedLines::default(), room: HANDED_ON, is_kept: false }
    }
}

impl HandedOn {
    /// Adds the next lines of a page: `part` is their text, which begins at `base`.
    pub fn take(&mut self, part: &str, base: usize, lines: &[Line], marks: &[Option<Mark>]) {
        let kept = lines.iter().zip(marks).position(|(l, m)| m.is_none() && !l.blank());
        let first_kept = if self.is_kept { 0 } else { kept.unwrap_or(lines.len()) };
        self.is_kept |= kept.is_some();
        // Numbers of the candidates, and whether each is of the second kind. Each kind ends at its first line
        // that does not fit.
        let mut wanted: Vec<(u32, bool)> = Vec::with_capacity(lines.len());
        let room = self.room;
        let (mut left, mut is_full) = ([room; 2], [false; 2]);
        for (i, (line, mark)) in lines.iter().zip(marks).enumerate() {
            let Some(mark) = mark.filter(|_| !line.is_menu()) else { continue };
            let (rule, length) = (mark.kind.unwrap_or(mark.rule), line.end - line.start);
            let is_first = i < first_kept || is_telling(rule);
            if is_first || may_tell(rule, length) {
                let kind = usize::from(!is_first);
                is_full[kind] |= length > left[kind];
                if !is_full[kind] {
                    left[kind] -= length;
                    wanted.push((i as u32, !is_first));
                }
            }
        }
        self.room = left[0];
        self.lines.text.reserve(room - left[0] + (room - left[1]).min(left[0]));
        self.lines.lines.reserve(wanted.len());
        let mut is_full = false;
        for (i, is_second) in wanted {
            let (line, Some(mark)) = (&lines[i as usize], marks[i as usize]) else { continue };
            if is_second {
                let length = line.end - line.start;
                is_full |= length > self.room;
                if is_full {
                    continue;
                }
                self.room -= length;
            }
            let rule = mark.kind.unwrap_or(mark.rule).id();
            self.lines.push(rule, line.text(part), (base + line.start) as u64);
        }
    }

    /// Returns the collected lines; call after the last [`Self::take`].
    pub fn finish(self) -> RemovedLines {
        self.lines
    }
}

/// Whether a rule removes lines that tell who wrote the page, and when.
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

/// Whether a line may be a name or a date: rules for the page's frame remove some of them, and they are
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
