//! Edits: byte spans of a text and what replaces them. Applying and composing them, no I/O.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

/// One replacement in a text.
///
/// `start..end` are byte offsets into the text that the stage received, on character boundaries.
/// An empty span is an insertion, an empty replacement a removal.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    /// First byte of the span.
    pub start: usize,
    /// One past the last byte of the span.
    pub end: usize,
    /// What stands there afterwards.
    pub replacement: Cow<'static, str>,
    /// Kebab-case id of the rule that asked for it.
    pub rule: Cow<'static, str>,
    /// What the rule measured, where it measures.
    pub value: Option<f64>,
    /// What it compared the value with.
    pub threshold: Option<f64>,
    /// A few words for the reader of the ledger.
    pub note: Option<Cow<'static, str>>,
}

impl Edit {
    /// An edit that puts `replacement` in place of `span`.
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
    /// Two spans share bytes, or two insertions stand at one place.
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
                write!(f, "edit `{rule}` at {}..{} leaves the text of {len} bytes", span.start, span.end)
            }
            Self::InsideCharacter { span, rule } => {
                write!(f, "edit `{rule}` at {}..{} cuts a character", span.start, span.end)
            }
            Self::Overlap { first, second, rules } => write!(
                f,
                "edits `{}` at {}..{} and `{}` at {}..{} overlap",
                rules[0], first.start, first.end, rules[1], second.start, second.end
            ),
        }
    }
}

impl std::error::Error for EditError {}

/// Sorts edits by place and checks that they fit `text`.
///
/// # Errors
/// Where a span leaves the text, cuts a character, or overlaps another.
pub fn sort_and_check(text: &str, edits: &mut [Edit]) -> Result<(), EditError> {
    edits.sort_by_key(|e| (e.start, e.end));
    let mut last: Option<&Edit> = None;
    for edit in edits.iter() {
        if edit.start > edit.end || edit.end > text.len() {
            return Err(EditError::OutOfRange {
                span: edit.span(),
                len: text.len(),
                rule: edit.rule.to_string(),
            });
        }
        if !text.is_char_boundary(edit.start) || !text.is_char_boundary(edit.end) {
            return Err(EditError::InsideCharacter { span: edit.span(), rule: edit.rule.to_string() });
        }
        if let Some(before) = last
            && (edit.start < before.end || (edit.start == before.start && edit.end == before.end))
        {
            return Err(EditError::Overlap {
                first: before.span(),
                second: edit.span(),
                rules: [before.rule.to_string(), edit.rule.to_string()],
            });
        }
        last = Some(edit);
    }
    Ok(())
}

/// Applies sorted, checked edits to `text`, appending the result to `out`.
pub fn apply_into(text: &str, edits: &[Edit], out: &mut String) {
    let mut at = 0;
    for edit in edits {
        out.push_str(&text[at..edit.start]);
        out.push_str(&edit.replacement);
        at = edit.end;
    }
    out.push_str(&text[at..]);
}

/// The text after sorted, checked edits.
pub fn apply(text: &str, edits: &[Edit]) -> String {
    let mut out = String::with_capacity(text.len());
    apply_into(text, edits, &mut out);
    out
}

/// Rewrites a text in several passes and keeps its edits as spans of the text it started from.
///
/// Each pass gives edits of the text as the pass before left it ([`Rewriter::text`]). A later edit
/// that touches an earlier one takes it in: the two become one edit under the later rule, whose
/// span covers both. So the edits of all passes together turn the first text into the last.
#[derive(Clone, Debug)]
pub struct Rewriter<'a> {
    original: &'a str,
    current: Cow<'a, str>,
    edits: Vec<Edit>,
}

impl<'a> Rewriter<'a> {
    /// Starts from `text`, without edits.
    pub fn new(text: &'a str) -> Self {
        Self { original: text, current: Cow::Borrowed(text), edits: Vec::new() }
    }

    /// The text as it stands after the passes so far.
    pub fn text(&self) -> &str {
        &self.current
    }

    /// The text it started from.
    pub fn original(&self) -> &'a str {
        self.original
    }

    /// The edits so far, sorted, as spans of the original text.
    pub fn edits(&self) -> &[Edit] {
        &self.edits
    }

    /// Gives up the edits and the final text.
    pub fn finish(self) -> (Vec<Edit>, Cow<'a, str>) {
        (self.edits, self.current)
    }

    /// Applies one pass: `edits` are spans of [`Rewriter::text`].
    ///
    /// # Errors
    /// Where the edits do not fit the current text; then nothing has changed.
    pub fn pass(&mut self, mut edits: Vec<Edit>) -> Result<(), EditError> {
        if edits.is_empty() {
            return Ok(());
        }
        sort_and_check(&self.current, &mut edits)?;
        let next = apply(&self.current, &edits);
        self.edits = if self.edits.is_empty() {
            edits
        } else {
            compose(&self.current, std::mem::take(&mut self.edits), edits)
        };
        self.current = Cow::Owned(next);
        Ok(())
    }
}

/// An edit of an earlier pass with the span it fills in the text between the passes.
struct Piece {
    start: usize,
    end: usize,
    edit: Edit,
}

/// Composes `first` with `second`, whose spans lie in `middle`, the text that `first` left.
///
/// Edits of the two passes that share a byte of `middle` form a cluster and become one edit; a
/// cluster is contiguous, so its replacement is a slice of `middle` with the later edits applied.
fn compose(middle: &str, first: Vec<Edit>, second: Vec<Edit>) -> Vec<Edit> {
    let mut out: Vec<Edit> = Vec::with_capacity(first.len() + second.len());
    let mut pieces = pieces(first).peekable();
    let mut second = second.into_iter().peekable();
    // Bytes of the original minus bytes of `middle`, over the pieces already passed.
    let mut shift = 0isize;
    while let Some(later) = second.next() {
        while let Some(piece) = pieces.next_if(|p| p.end <= later.start) {
            shift += shrunk(&piece);
            push(&mut out, piece.edit);
        }
        let (mut start, mut end) = (later.start, later.end);
        let mut absorbed: Vec<Piece> = Vec::new();
        let mut laters = vec![later];
        loop {
            if let Some(piece) = pieces.next_if(|p| p.start < end) {
                start = start.min(piece.start);
                end = end.max(piece.end);
                absorbed.push(piece);
            } else if let Some(next) = second.next_if(|l| l.start < end) {
                end = end.max(next.end);
                laters.push(next);
            } else {
                break;
            }
        }
        let original_start = start.wrapping_add_signed(shift);
        shift += absorbed.iter().map(shrunk).sum::<isize>();
        let original_end = end.wrapping_add_signed(shift);
        push(&mut out, merged(middle, start..end, original_start..original_end, &absorbed, laters));
    }
    for piece in pieces {
        push(&mut out, piece.edit);
    }
    out
}

/// Places the edits of a first pass in the text that they leave, one by one: a page may have as many edits as lines.
fn pieces(edits: Vec<Edit>) -> impl Iterator<Item = Piece> {
    let mut shift = 0isize;
    edits.into_iter().map(move |edit| {
        let start = edit.start.wrapping_add_signed(shift);
        let piece = Piece { start, end: start + edit.replacement.len(), edit };
        shift -= shrunk(&piece);
        piece
    })
}

/// How many bytes fewer the text has after this piece's edit.
fn shrunk(piece: &Piece) -> isize {
    (piece.edit.end - piece.edit.start) as isize - (piece.end - piece.start) as isize
}

/// One edit for a cluster. It bears the rule of the widest edit in it; the note names the others.
fn merged(
    middle: &str,
    span: Range<usize>,
    original: Range<usize>,
    absorbed: &[Piece],
    mut laters: Vec<Edit>,
) -> Edit {
    let widest_later = laters.iter().enumerate().max_by_key(|(i, l)| (l.end - l.start, usize::MAX - i));
    let widest_piece = absorbed.iter().max_by_key(|p| p.end - p.start);
    let leader = match (widest_later, widest_piece) {
        (Some((_, l)), Some(p)) if p.end - p.start > l.end - l.start => p.edit.clone(),
        (Some((_, l)), _) => l.clone(),
        (None, Some(p)) => p.edit.clone(),
        (None, None) => Edit::remove(0..0, ""),
    };
    let mut others: Vec<&str> = Vec::new();
    for rule in absorbed.iter().map(|p| &p.edit.rule).chain(laters.iter().map(|l| &l.rule)) {
        if *rule != leader.rule && !others.contains(&rule.as_ref()) {
            others.push(rule);
        }
    }
    let note = match (leader.note.clone(), others.is_empty()) {
        (note, true) => note,
        (None, false) => Some(format!("with {}", others.join(", ")).into()),
        (Some(note), false) => Some(format!("{note}; with {}", others.join(", ")).into()),
    };
    for later in &mut laters {
        later.start -= span.start;
        later.end -= span.start;
    }
    let replacement = apply(&middle[span], &laters).into();
    Edit { start: original.start, end: original.end, replacement, note, ..leader }
}

/// Appends an edit; two insertions at one place become one.
fn push(out: &mut Vec<Edit>, edit: Edit) {
    match out.last_mut() {
        Some(last) if last.start == edit.start && last.end == edit.end => {
            last.replacement = format!("{}{}", last.replacement, edit.replacement).into();
        }
        _ => out.push(edit),
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
        assert_eq!(error.to_string(), "edits `a` at 0..3 and `b` at 2..4 overlap");
        let mut edits = vec![Edit::remove(0..1, "a")];
        assert!(matches!(sort_and_check("é", &mut edits), Err(EditError::InsideCharacter { .. })));
    }

    /// A pass as positions and lengths that are fitted to whatever text it meets.
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
