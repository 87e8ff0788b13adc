//! Makes a text smaller while a property still holds: `ddmin` of Zeller and Hildebrandt ("Simplifying and
//! isolating failure-inducing input", 2002), first on lines, then on characters.

/// Removes parts of `text` as long as `still` holds, and returns the smallest text found after at most
/// `tries` calls of `still`.
pub(super) fn shrink(text: &str, tries: usize, mut still: impl FnMut(&str) -> bool) -> String {
    let mut left = tries;
    let mut smallest = text.to_owned();
    for cut in [lines as fn(&str) -> Vec<&str>, characters] {
        let parts: Vec<String> = cut(&smallest).into_iter().map(str::to_owned).collect();
        smallest = ddmin(parts, &mut left, &mut still).concat();
    }
    smallest
}

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

fn characters(text: &str) -> Vec<&str> {
    text.char_indices().map(|(at, c)| &text[at..at + c.len_utf8()]).collect()
}

/// Removes as many parts as possible: first halves, then quarters, and so on down to single parts.
fn ddmin(mut parts: Vec<String>, left: &mut usize, still: &mut impl FnMut(&str) -> bool) -> Vec<String> {
    let mut pieces = 2;
    while !parts.is_empty() {
        let size = parts.len().div_ceil(pieces);
        let mut removed = false;
        let mut start = 0;
        while start < parts.len() {
            if *left == 0 {
                return parts;
            }
            *left -= 1;
            let end = (start + size).min(parts.len());
            let rest: String = parts[..start].iter().chain(&parts[end..]).map(String::as_str).collect();
            if still(&rest) {
                parts.drain(start..end);
                removed = true;
            } else {
                start = end;
            }
        }
        match (size, removed) {
            // No single part can be removed any more.
            (1, false) => return parts,
            (1, true) => {}
            _ => pieces = parts.len().div_ceil(size.div_ceil(2)).max(2),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::shrink;

    #[test]
    fn what_matters_is_left() {
        let text = "a first line\nsome words BAD more words\nand é the end BAD\n".repeat(20);
        let mut tried = 0;
        let found = shrink(&text, 10_000, |text| {
            tried += 1;
            text.contains("BAD")
        });
        assert_eq!(found, "BAD");
        assert!(tried < 400, "{tried}");
        let pair = shrink("x(y)z\n(\nw)", 10_000, |text| text.contains('(') && text.contains(')'));
        assert_eq!(pair.len(), 2);
        // A property that holds for the empty text leaves nothing; one that holds only for the whole text
        // leaves it whole.
        assert_eq!(shrink("abc", 100, |_| true), "");
        assert_eq!(shrink("abc", 100, |text| text == "abc"), "abc");
        assert_eq!(shrink("abc\ndef", 1, |text| text.contains('d')), "def");
    }
}
