//! The parts in which a document is judged: one, but for what no page is. Judges no line.

/// Lines of a part. What is known of a line while it is judged takes some hundred bytes, so a document of millions of short lines would take
/// many times its size. No page is that long; of books few are.
pub const LINES: usize = 1 << 16;

/// A part of a normalised document.
pub struct Part<'t> {
    /// Its text.
    pub text: &'t str,
    /// Where that begins in the document.
    pub base: usize,
    /// The same lines as they are judged, where that is not the text.
    pub judged: Option<&'t str>,
}

impl<'t> Part<'t> {
    /// The parts of `text`, in order; `judged` has as many lines.
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

    /// The text as it is judged.
    pub fn judged(&self) -> &'t str {
        self.judged.unwrap_or(self.text)
    }
}

/// The first lines of a text, and the rest.
fn split(text: &str) -> (&str, &str) {
    // No text has more lines than bytes, and to count line ends takes far less than to find each.
    let mut ends = memchr::memchr_iter(b'\n', text.as_bytes());
    if text.len() <= LINES || ends.clone().count() < LINES {
        return (text, "");
    }
    let end = ends.nth(LINES - 1);
    text.split_at(end.map_or(text.len(), |end| end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_lie_side_by_side() {
        let text = "one\n\n".repeat(LINES);
        let judged = "x\n\n".repeat(LINES);
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
