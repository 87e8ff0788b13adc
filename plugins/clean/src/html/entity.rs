//! Character references (`&amp;`, `&#8217;`, `&nbsp`) in a piece of HTML text. The tokenizer knows which
//! references exist; this module finds where they end.

use html5gum::{Token, Tokenizer};

/// Longest reference, with a margin.
const LONGEST: usize = 40;

/// The end of the reference that begins at the `&` at `at`, and the text it stands for. `None` if the `&` is
/// a plain ampersand.
pub fn reference(source: &str, at: usize) -> Option<(usize, String)> {
    let bytes = source.as_bytes();
    let mut end = at + 1;
    if bytes.get(end) == Some(&b'#') {
        end += 1;
    }
    while end - at < LONGEST && bytes.get(end).is_some_and(u8::is_ascii_alphanumeric) {
        end += 1;
    }
    if bytes.get(end) == Some(&b';') {
        end += 1;
    }
    let piece = source.get(at..end)?;
    let known = match piece {
        "&amp;" => Some("&"),
        "&nbsp;" | "&#160;" | "&#xa0;" | "&#xA0;" => Some("\u{a0}"),
        "&quot;" | "&#34;" => Some("\""),
        "&#39;" | "&#039;" | "&apos;" | "&#x27;" => Some("'"),
        "&lt;" => Some("<"),
        "&gt;" => Some(">"),
        "&rsquo;" | "&#8217;" => Some("’"),
        "&mdash;" | "&#8212;" => Some("—"),
        "&ndash;" | "&#8211;" => Some("–"),
        _ => None,
    };
    if let Some(known) = known {
        return Some((end, known.to_owned()));
    }
    let mut text = Vec::new();
    for token in Tokenizer::new(piece) {
        match token {
            Ok(Token::String(string)) => text.extend_from_slice(&string.value),
            Ok(_) => {}
            Err(never) => match never {},
        }
    }
    let text = String::from_utf8(text).ok()?;
    (text != piece).then_some((end, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_end_where_they_end() {
        let of = |text: &str| reference(text, 0);
        assert_eq!(of("&amp; x"), Some((5, "&".into())));
        assert_eq!(of("&hellip;x"), Some((8, "…".into())));
        assert_eq!(of("&#x2019;s"), Some((8, "’".into())));
        assert_eq!(of("&copy2024"), Some((9, "©2024".into())));
        for itself in ["& x", "&", "&unknown;", "&x"] {
            assert_eq!(of(itself), None, "{itself}");
        }
    }
}
