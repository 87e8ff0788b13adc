//! Splits a document into the parts in which it is judged: a single one unless it is longer than any page.
//! Judges no line.

/// Lines of a part. The state of a line takes some hundred bytes while it is judged, so a document of
/// millions of short lines would take many times its size. No page is that long, and few books are.
pub const LINES: usize = 1 << 16;

/// A part of a normalised document.
pub struct Part<'t> {
    /// Its text.
    pub text: &'t str,
    /// The offset of the text in the document.
    pub base: usize,
    /// The same lines in the form in which they are judged, if that differs from the text.
    pub judged: Option<&'t str>,
}

impl<'t> Part<'t> {
    /// Yields the parts of `text` in order. `judged` must have as many lines as `text`.
    pub fn all(text: &'t str, judged: Option<&'t str>) -> impl Iterator<Item = Part<'t>> {
        let (mut base, mut judged) = (0, judged);
        std::iter::from_fn(move || {
            let (part, rest) = split(&text[base..]);
            let seen = judged.map(split);
            judged = seen.map(|(_, rest)| rest);
            let part = Part { text: part, base, judged: seen.map(|(part, _)| part) };
            base = text.len() - rest.len();
            (!part.text.is_empty()).then_some(part)
        })
    }

    /// Returns the text in the form in which it is judged.
    pub fn judged(&self) -> &'t str {
        self.judged.unwrap_or(self.text)
    }
}

/// Splits off the first [`LINES`] lines of a text.
fn split(text: &str) -> (&str, &str) {
    let (mut lines, mut at) = (0, 0);
    // Counting line ends is far faster than locating each.
    for piece in text.as_bytes().chunks(LINES) {
        let ends = memchr::memchr_iter(b'\n', piece);
        let count = ends.clone().count();
        if lines + count >= LINES {
            let end = ends.clone().nth(LINES - lines - 1).map_or(piece.len(), |end| end + 1);
            return text.split_at(at + end);
        }
        (lines, at) = (lines + count, at + piece.len());
    }
    (text, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_lie_side_by_side() {
        // The last line end of the first part is in the first chunk of one text, and in a later chunk of the
        // other.
        let text = "one\n\n".repeat(LINES);
        let judged = "\n\n".repeat(LINES);
        let parts: Vec<Part<'_>> = Part::all(&text, Some(&judged)).collect();
        assert_eq!(parts.len(), 2);
        assert!(
            parts
                .iter()
                .all(|part| part.text.lines().count() == LINES && part.judged().lines().count() == LINES)
        );
        assert_eq!(parts.iter().map(|part| part.text).collect::<String>(), text);
        assert_eq!(Part::all("", None).count() + Part::all("a", None).count(), 1);
    }
}
