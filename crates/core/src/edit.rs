//! Edits: byte spans of a text and what replaces them. Applies and composes them; no I/O.

use crate::compose::compose;
pub use crate::edits::{EditRef, Edits, Reason};
use std::borrow::Cow;
use std::cell::OnceCell;
use std::fmt;
use std::ops::Range;

/// One replacement in a text.
///
/// `start..end` are byte offsets into the text that the stage received, on character boundaries.
/// An empty span is an insertion, an empty replacement is a removal.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    /// First byte of the span.
    pub start: usize,
    /// One past the last byte of the span.
    pub end: usize,
    /// The text that replaces the span.
    pub replacement: Cow<'static, str>,
    /// Kebab-case id of the rule that made the edit.
    pub rule: Cow<'static, str>,
    /// What the rule measured, if it measures anything.
    pub value: Option<f64>,
    /// What it compared the value with.
    pub threshold: Option<f64>,
    /// A few words for the reader of the ledger.
    pub note: Option<Cow<'static, str>>,
}

impl Edit {
    /// An edit that replaces `span` with `replacement`.
    pub fn replace(
        span: Range<usize>,
        replacement: impl Into<Cow<'static, str>>,
        rule: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            start: span.start,
            end: span.end,
            replacement: replacement.into(),
            rule: rule.into(),
            value: None,
            threshold: None,
            note: None,
        }
    }

    /// An edit that removes `span`.
    pub fn remove(span: Range<usize>, rule: impl Into<Cow<'static, str>>) -> Self {
        Self::replace(span, "", rule)
    }

    /// The same edit with the value that the rule measured and its threshold.
    #[must_use]
    pub fn measured(mut self, value: f64, threshold: f64) -> Self {
        self.value = Some(value);
        self.threshold = Some(threshold);
        self
    }

    /// The same edit with a note.
    #[must_use]
    pub fn note(mut self, note: impl Into<Cow<'static, str>>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// The span as a range.
    pub fn span(&self) -> Range<usize> {
        self.start..self.end
    }
}

/// Why a list of edits does not fit a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditError {
    /// A span ends before it starts, or after the text.
    OutOfRange {
        /// The offending span.
        span: Range<usize>,
        /// Length of the text in bytes.
        len: usize,
        /// Rule of the edit.
        rule: String,
    },
    /// A span starts or ends inside a character.
    InsideCharacter {
        /// The offending span.
        span: Range<usize>,
        /// Rule of the edit.
        rule: String,
    },
    /// Two spans share bytes, or two insertions are at the same place.
    Overlap {
        /// The earlier span.
        first: Range<usize>,
        /// The later span.
        second: Range<usize>,
        /// Rules of the two.
        rules: [String; 2],
    },
}

impl fmt::Display for EditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfRange { span, len, rule } => {
                let Range { start, end } = span;
                write!(f, "edit `{rule}` at {start}..{end} reaches beyond the text, which has {len} bytes")
            }
            Self::InsideCharacter { span, rule } => {
                let Range { start, end } = span;
                write!(
                    f,
                    "edit `{rule}` at {start}..{end} cuts a character: spans are in bytes, not in characters"
                )
            }
            Self::Overlap { first, second, rules } => write!(
                f,
                "edits `{}` at {}..{} and `{}` at {}..{} overlap: a byte can be edited once",
                rules[0], first.start, first.end, rules[1], second.start, second.end
            ),
        }
    }
}

impl std::error::Error for EditError {}

/// Sorts edits by place and checks that they fit `text`.
///
/// # Errors
/// If a span is outside the text, cuts a character, or overlaps another span.
pub fn sort_and_check(text: &str, edits: &mut [Edit]) -> Result<(), EditError> {
    edits.sort_by_key(|e| (e.start, e.end));
    check(text, edits.iter().map(|edit| (edit.span(), edit.rule.as_ref())))
}

/// Checks that sorted spans, each paired with the rule of its edit, fit `text`.
pub(crate) fn check<'e>(
    text: &str,
    edits: impl Iterator<Item = (Range<usize>, &'e str)>,
) -> Result<(), EditError> {
    let mut last: Option<(Range<usize>, &str)> = None;
    for (span, rule) in edits {
        if span.start > span.end || span.end > text.len() {
            return Err(EditError::OutOfRange { span, len: text.len(), rule: rule.to_owned() });
        }
        if !text.is_char_boundary(span.start) || !text.is_char_boundary(span.end) {
            return Err(EditError::InsideCharacter { span, rule: rule.to_owned() });
        }
        if let Some((before, other)) = last
            && (span.start < before.end || span == before)
        {
            return Err(EditError::Overlap {
                first: before,
                second: span,
                rules: [other.to_owned(), rule.to_owned()],
            });
        }
        last = Some((span, rule));
    }
    Ok(())
}

pub(crate) fn splice<'e>(
    text: &str,
    edits: impl Iterator<Item = (Range<usize>, &'e str)>,
    mut put: impl FnMut(&str),
) {
    let mut at = 0;
    for (span, replacement) in edits {
        put(&text[at..span.start]);
        put(replacement);
        at = span.end;
    }
    put(&text[at..]);
}

/// The text after `edits`, which must be sorted and checked.
pub fn apply(text: &str, edits: &[Edit]) -> String {
    let mut out = String::with_capacity(text.len());
    splice(text, edits.iter().map(|edit| (edit.span(), edit.replacement.as_ref())), |s| out.push_str(s));
    out
}

/// Rewrites a text in several passes and keeps its edits as spans of the text it started from.
///
/// The edits of each pass refer to the text that the previous pass left ([`Rewriter::text`]). A later edit
/// that overlaps an earlier one absorbs it: the two become one edit, whose span covers both and whose rule is
/// that of the wider one. So the edits of all passes together turn the first text into the last.
#[derive(Clone, Debug)]
pub struct Rewriter<'a> {
    original: &'a str,
    current: Cow<'a, str>,
    edits: Edits,
    /// The edits as a list, built on demand.
    listed: OnceCell<Vec<Edit>>,
}

impl<'a> Rewriter<'a> {
    /// Starts from `text`, without edits.
    pub fn new(text: &'a str) -> Self {
        Self { original: text, current: Cow::Borrowed(text), edits: Edits::new(), listed: OnceCell::new() }
    }

    /// The text after the passes so far.
    pub fn text(&self) -> &str {
        &self.current
    }

    /// The text it started from.
    pub fn original(&self) -> &'a str {
        self.original
    }

    /// The edits so far, sorted, as spans of the original text.
    pub fn edits(&self) -> &[Edit] {
        self.listed.get_or_init(|| self.edits.clone().into_iter().collect())
    }

    /// The same edits in compact form.
    pub fn packed(&self) -> &Edits {
        &self.edits
    }

    /// Returns the edits and the final text.
    pub fn finish(self) -> (Vec<Edit>, Cow<'a, str>) {
        (self.edits.into_iter().collect(), self.current)
    }

    /// Returns the edits in compact form and the final text.
    pub fn finish_packed(self) -> (Edits, Cow<'a, str>) {
        (self.edits, self.current)
    }

    /// Applies one pass: `edits` are spans of [`Rewriter::text`].
    ///
    /// # Errors
    /// If the edits do not fit the current text; nothing has changed then.
    pub fn pass(&mut self, edits: Vec<Edit>) -> Result<(), EditError> {
        self.pass_packed(edits.into())
    }

    /// Applies one pass of edits in compact form.
    ///
    /// # Errors
    /// See [`Self::pass`].
    pub fn pass_packed(&mut self, mut edits: Edits) -> Result<(), EditError> {
        if edits.is_empty() {
            return Ok(());
        }
        edits.sort_and_check(&self.current)?;
        let next = edits.apply(&self.current);
        self.edits = if self.edits.is_empty() {
            edits
        } else {
            compose(&self.current, std::mem::take(&mut self.edits), &edits)
        };
        self.listed = OnceCell::new();
        self.current = Cow::Owned(next);
        Ok(())
    }
}

impl Edits {
    /// The text after the edits, which must be sorted and checked.
    pub fn apply(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        self.apply_with(text, |piece| out.push_str(piece));
        out
    }

    /// Passes the text after the edits to `put`, piece by piece.
    pub fn apply_with(&self, text: &str, put: impl FnMut(&str)) {
        let edits = self.iter().map(|edit| (edit.start..edit.end, edit.replacement.as_ref()));
        splice(text, edits, put);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_later_removal_takes_in_what_it_covers() {
        let mut text = Rewriter::new("a\u{a0}b\nmenu\u{a0}x\nend");
        let nbsp: Vec<Edit> = text
            .text()
            .match_indices('\u{a0}')
            .map(|(at, c)| Edit::replace(at..at + c.len(), " ", "white-space"))
            .collect();
        text.pass(nbsp).unwrap();
        let line = text.text().find("menu").unwrap();
        text.pass(vec![Edit::remove(line..line + 7, "navigation")]).unwrap();
        assert_eq!(text.text(), "a b\nend");
        let rules: Vec<&str> = text.edits().iter().map(|e| e.rule.as_ref()).collect();
        assert_eq!(rules, ["white-space", "navigation"]);
        assert_eq!(text.edits()[1].note.as_deref(), Some("with white-space"));
        assert_eq!(apply(text.original(), text.edits()), text.text());
    }

    #[test]
    fn overlapping_edits_are_refused() {
        let mut edits = vec![Edit::remove(0..3, "a"), Edit::remove(2..4, "b")];
        let error = sort_and_check("abcdef", &mut edits).unwrap_err();
        assert_eq!(error.to_string(), "edits `a` at 0..3 and `b` at 2..4 overlap: a byte can be edited once");
        let mut edits = vec![Edit::remove(0..1, "a")];
        assert!(matches!(sort_and_check("é", &mut edits), Err(EditError::InsideCharacter { .. })));
    }

    /// A pass as positions, lengths and replacements, which `fit` adjusts to a text.
    fn pass() -> impl Strategy<Value = Vec<(usize, usize, String)>> {
        prop::collection::vec((0usize..40, 0usize..6, "[xyzé]{0,4}"), 0..6)
    }

    fn fit(text: &str, raw: &[(usize, usize, String)], rule: &'static str) -> Vec<Edit> {
        let mut edits: Vec<Edit> = Vec::new();
        let mut sorted = raw.to_vec();
        sorted.sort();
        for (at, len, with) in sorted {
            let start = text.floor_char_boundary(at.min(text.len()));
            let end = text.ceil_char_boundary((start + len).min(text.len()));
            let edit = Edit::replace(start..end, with, rule);
            let mut tried = edits.clone();
            tried.push(edit);
            if sort_and_check(text, &mut tried).is_ok() {
                edits = tried;
            }
        }
        edits
    }

    proptest! {
        #[test]
        fn edits_of_many_passes_rebuild_the_text(
            text in "[a-dé]{0,40}",
            passes in prop::collection::vec(pass(), 0..5),
        ) {
            let mut rewriter = Rewriter::new(&text);
            for (n, raw) in passes.iter().enumerate() {
                let rule = ["one", "two", "three", "four", "five"][n];
                let edits = fit(rewriter.text(), raw, rule);
                rewriter.pass(edits).unwrap();
                let mut all = rewriter.edits().to_vec();
                sort_and_check(&text, &mut all).unwrap();
                prop_assert_eq!(&all, rewriter.edits());
                prop_assert_eq!(apply(&text, &all), rewriter.text());
            }
        }
    }
}
