//! Web addresses in the text. No e-mail addresses, no bare domain names.

use rustc_hash::FxHashSet;

/// Longest address in bytes.
const MAX_BYTES: usize = 2000;

/// The addresses in a text that begin with `http://`, `https://` or `www.`, without repetitions, in order; at
/// most `most`.
pub fn links(text: &str, most: usize) -> Vec<String> {
    let mut out = Vec::new();
    let mut seen = FxHashSet::default();
    let bytes = text.as_bytes();
    // Each address has a full stop or a colon near its beginning: `www.`, `http:`, `https:`.
    for at in memchr::memchr2_iter(b':', b'.', bytes) {
        if out.len() >= most {
            break;
        }
        let start = match bytes[at] {
            b':' if bytes[at..].starts_with(b"://") => {
                if ends_with(bytes, at, b"https") {
                    at - 5
                } else if ends_with(bytes, at, b"http") {
                    at - 4
                } else {
                    continue;
                }
            }
            b'.' if ends_with(bytes, at, b"www") => at - 3,
            _ => continue,
        };
        let before = text[..start].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '/' | '@' | '.' | '-' | '_' | '=' | '%'))
        {
            continue;
        }
        let end = start + extent(&text[start..]);
        let link = &text[start..end];
        if end <= at + 3
            || end - start > MAX_BYTES
            || link.contains('@')
            || !link[at - start..].trim_start_matches("://").contains('.')
        {
            continue;
        }
        if seen.insert(link) {
            out.push(link.to_owned());
        }
    }
    out
}

fn ends_with(bytes: &[u8], at: usize, word: &[u8]) -> bool {
    at >= word.len() && bytes[at - word.len()..at].eq_ignore_ascii_case(word)
}

/// Length of the address at the beginning of `text`: up to white space or a mark that no address contains,
/// without the punctuation of the sentence around it.
fn extent(text: &str) -> usize {
    let mut depth = 0i32;
    let mut end = text.len().min(MAX_BYTES + 1);
    for (at, c) in text.char_indices().take_while(|(at, _)| *at <= MAX_BYTES) {
        let stops = c.is_whitespace()
            || matches!(
                c,
                '<' | '>'
                    | '"'
                    | '“'
                    | '”'
                    | '«'
                    | '»'
                    | '|'
                    | '、'
                    | '。'
                    | '，'
                    | '（'
                    | '）'
                    | '「'
                    | '」'
                    | '…'
            );
        depth += i32::from(c == '(') - i32::from(c == ')');
        if stops || depth < 0 {
            end = at;
            break;
        }
    }
    text[..text.floor_char_boundary(end)]
        .trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '’', ']', '*', '_'])
        .len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn found_once_in_order() {
        let text = "See https://bridge.example/a_(b), (www.norhaven.example/x?y=1). Again https://bridge.example/a_(b)! \
            Mail ada@www.example or ftp://x.example; not http://x or awww.cute.";
        assert_eq!(links(text, 10), ["https://bridge.example/a_(b)", "www.norhaven.example/x?y=1"]);
        assert_eq!(links(text, 1).len(), 1);
    }
}
