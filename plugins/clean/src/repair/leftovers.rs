//! Leftovers of HTML and typesetting in plain text: character references, line breaks as tags, words
//! hyphenated at line ends.

use crate::html::entity::reference;
use crate::options::{Rule, Rules};
use crate::quick::{QuickMap, hash};
use textmill_plugin::edit::{Edit, Edits};

/// How many times a text may have been escaped.
const ESCAPED: usize = 3;

/// Replaces `<br>` and the character references that end with a semicolon. `&lt;` and `&gt;` stay: the
/// characters that they stand for would be read as markup, and texts about markup show them.
pub fn markup(text: &str, rules: &Rules) -> Edits {
    let mut edits = Edits::new();
    let mut at = 0;
    while let Some(found) = memchr::memchr2(b'&', b'<', &text.as_bytes()[at..]) {
        let start = at + found;
        at = start + 1;
        if text.as_bytes()[start] == b'<' {
            if let Some(end) = line_break(text, start).filter(|_| rules.on(Rule::HtmlTag)) {
                edits.push(Edit::replace(start..end, "\n", Rule::HtmlTag.id()));
                at = end;
            }
            continue;
        }
        if rules.on(Rule::HtmlEntity)
            && let Some((end, with)) = unescaped(text, start)
            && !shows_code(text, start)
        {
            edits.push(Edit::replace(start..end, with, Rule::HtmlEntity.id()));
            at = end;
        }
    }
    edits
}

/// The end of the reference that begins at `start`, and its text, with repeated escaping undone.
fn unescaped(text: &str, start: usize) -> Option<(usize, String)> {
    let (mut end, mut with) = reference(text, start).filter(|(end, _)| text[..*end].ends_with(';'))?;
    for _ in 1..ESCAPED {
        // `&amp;` may stand for the `&` of another reference.
        if with != "&" {
            break;
        }
        let name = text[end..].bytes().take(12).position(|b| b == b';').map(|n| &text[end..end + n + 1]);
        let Some(inner) = name.map(|name| format!("&{name}")) else { break };
        match reference(&inner, 0).filter(|(whole, _)| *whole == inner.len()) {
            Some((_, text)) => (end, with) = (end + inner.len() - 1, text),
            None => break,
        }
    }
    (!matches!(with.as_str(), "<" | ">" | "\u{fffd}")).then_some((end, with))
}

/// Whether the line around `at` shows markup or code, where a reference is meant literally. In 3.5 million
/// lines of web pages and books, 29 references were replaced without this check, half of them on pages about
/// markup; with it 7, none of them on such pages.
fn shows_code(text: &str, at: usize) -> bool {
    /// How many bytes to each side are searched.
    const NEAR: usize = 200;
    let from = text.floor_char_boundary(at.saturating_sub(NEAR));
    let start = text[from..at].rfind('\n').map_or(from, |n| from + n + 1);
    let near = &text[start..text.ceil_char_boundary((at + NEAR).min(text.len()))];
    let line = near.split('\n').find(|line| !line.is_empty()).unwrap_or_default();
    let is_tag =
        |(at, _): (usize, &str)| !line.get(at + 1..at + 3).is_some_and(|n| n.eq_ignore_ascii_case("br"));
    line.match_indices('<').any(is_tag)
        || line.contains(['`', '{', '\\'])
        || ["&lt;", "'&", "\"&", "\u{2018}&", "\u{201c}&", "('"].iter().any(|sign| line.contains(sign))
        || line.match_indices('\'').any(|(at, _)| is_literal(&line[..at]))
}

/// Whether a quotation mark after `before` begins a Python string, as in `u'caf&eacute;'`. That of `club's`
/// does not.
fn is_literal(before: &str) -> bool {
    let mut before = before.chars().rev();
    matches!(before.next(), Some('u' | 'b')) && !before.next().is_some_and(char::is_alphanumeric)
}

/// One past the `<br>`, in any of its forms, that begins at `start`.
fn line_break(text: &str, start: usize) -> Option<usize> {
    let rest = &text.as_bytes()[start..];
    let is_name = rest.get(1..3).is_some_and(|name| name.eq_ignore_ascii_case(b"br"));
    let tail = rest.iter().skip(3).take(8).take_while(|b| matches!(b, b' ' | b'/')).count();
    (is_name && rest.get(3 + tail) == Some(&b'>')).then_some(start + 4 + tail)
}

/// Joins words that are hyphenated at a line end. The hyphen stays if the word occurs elsewhere in the text
/// with its hyphen but not without it.
pub fn hyphens(text: &str) -> Vec<Edit> {
    let parted: Vec<usize> =
        memchr::memmem::find_iter(text.as_bytes(), b"-\n").filter(|&at| is_parted(text, at)).collect();
    let mut edits = Vec::new();
    if parted.is_empty() {
        return edits;
    }
    let mut words: QuickMap<u64, ()> = QuickMap::default();
    for word in text.split(|c: char| !(c.is_alphanumeric() || c == '-')).filter(|w| !w.is_empty()) {
        words.insert(hash(word.to_lowercase().as_bytes()), ());
    }
    for at in parted {
        let head = text[..at]
            .rfind(|c: char| !c.is_alphanumeric())
            .map_or(0, |n| n + text[n..].chars().next().map_or(1, char::len_utf8));
        let tail = text[at + 2..].find(|c: char| !c.is_alphanumeric()).map_or(text.len(), |n| at + 2 + n);
        let (first, second) = (text[head..at].to_lowercase(), text[at + 2..tail].to_lowercase());
        let has = |word: String| words.contains_key(&hash(word.as_bytes()));
        let keeps = has(format!("{first}-{second}")) && !has(format!("{first}{second}"));
        let from = if keeps { at + 1 } else { at };
        edits.push(Edit::remove(from..at + 2, "line-end-hyphen"));
    }
    edits
}

/// Whether the hyphen at `at` divides a word: a letter precedes it, and a lower-case letter begins the next
/// line.
fn is_parted(text: &str, at: usize) -> bool {
    let before = text[..at].chars().next_back();
    let after = text[at + 2..].chars().next();
    before.is_some_and(char::is_alphabetic) && after.is_some_and(char::is_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;
    use textmill_plugin::edit::apply;

    #[test]
    fn references_and_breaks_left_in_text_are_read() {
        let text = "Fish &amp; chips&#39; &amp;amp; &amp;quot;tea&quot;\nand<br />late\n&eacute;clair&nbsp;x";
        let edits = markup(text, &Rules::default());
        assert_eq!(edits.apply(text), "Fish & chips' & \"tea\"\nand\nlate\néclair\u{a0}x");
        for stays in [
            "AT&T; R&D &c. & &copy 2020 &unknown; a&b;",
            "write &lt;p&gt; and &amp;lt;",
            "a < b > c <brave> <b> <br",
            "&;&#;&#x;",
        ] {
            assert!(markup(stays, &Rules::default()).is_empty(), "{stays}");
        }
    }

    #[test]
    fn parted_words_are_joined() {
        let text = "The exam-\nple of a well-\nknown ferry, well-known and ex-\nAdmiral, 3-\n4, and a-\nb";
        assert_eq!(
            apply(text, &hyphens(text)),
            "The example of a well-known ferry, well-known and ex-\nAdmiral, 3-\n4, and ab"
        );
    }
}
