//! Finds the ends of sentences and paragraphs, from the text between two words.

/// How the paragraphs of a text are separated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paragraphs {
    /// By blank lines; single line ends are wrapped lines.
    ByBlankLine,
    /// Each line is one: the text has no blank line.
    ByLine,
}

impl Paragraphs {
    /// Looks for a blank line between the first and the last content of the text.
    pub fn of(text: &str) -> Self {
        let bytes = text.trim().as_bytes();
        if memchr::memchr_iter(b'\n', bytes).any(|at| blank_line_follows(bytes, at)) {
            Self::ByBlankLine
        } else {
            Self::ByLine
        }
    }
}

/// What ends between two words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Nothing.
    None,
    /// A sentence.
    Sentence,
    /// A paragraph, and a sentence with it.
    Paragraph,
}

/// What ends in `gap`, the text between two words. `before` is the word before it, and `next` the first
/// character of the word after it.
#[inline]
pub fn end(gap: &str, before: &str, next: char, paragraphs: Paragraphs) -> End {
    match gap.as_bytes() {
        [] | [b' ' | b',' | b'-' | b'/' | b':' | b'"'] | [b',', b' '] => End::None,
        _ => judge(gap, before, next, paragraphs),
    }
}

fn judge(gap: &str, before: &str, next: char, paragraphs: Paragraphs) -> End {
    let bytes = gap.as_bytes();
    let mut lines = memchr::memchr_iter(b'\n', bytes);
    let parted = match paragraphs {
        Paragraphs::ByLine => lines.next().is_some(),
        Paragraphs::ByBlankLine => lines.any(|at| blank_line_follows(bytes, at)),
    };
    if parted {
        return End::Paragraph;
    }
    let mut stop = None;
    for c in gap.chars() {
        match c {
            '。' | '！' | '？' | '｡' => return End::Sentence,
            '.' | '!' | '?' | '…' | '؟' | '۔' | '।' => {
                stop = Some(if stop.is_some() { '!' } else { c })
            }
            // Characters that may come between the mark and the space after it.
            '"' | '\'' | ')' | ']' | '”' | '’' | '»' | '“' | '*' | '_' => {}
            _ if c.is_whitespace() => {
                if let Some(stop) = stop {
                    return if next.is_lowercase() || (stop == '.' && is_abbreviation(before)) {
                        End::None
                    } else {
                        End::Sentence
                    };
                }
            }
            _ => stop = None,
        }
    }
    End::None
}

fn blank_line_follows(bytes: &[u8], line_end: usize) -> bool {
    let rest = bytes.get(line_end + 1..).unwrap_or_default();
    rest.iter().find(|byte| !matches!(byte, b' ' | b'\t' | b'\r')) == Some(&b'\n')
}

/// Whether a word is an initial, or a title or month name that comes before a name or number.
fn is_abbreviation(word: &str) -> bool {
    const BEFORE_NAMES: [&str; 34] = [
        "adm", "apr", "aug", "capt", "col", "dec", "dr", "feb", "fr", "gen", "gov", "hon", "jan", "jr", "lt",
        "maj", "mme", "mr", "mrs", "ms", "mt", "no", "nov", "oct", "prof", "rep", "rev", "sen", "sep",
        "sept", "sgt", "sr", "st", "vs",
    ];
    match word.len() {
        1 => word != "I" && word.as_bytes().first().is_some_and(u8::is_ascii_uppercase),
        // `no` ends sentences as well; only the capitalised form is the abbreviation of number.
        2..=4 if word.is_ascii() => {
            let mut lower = [0; 4];
            let Some(form) = lower.get_mut(..word.len()) else { return false };
            form.copy_from_slice(word.as_bytes());
            form.make_ascii_lowercase();
            word != "no" && BEFORE_NAMES.iter().any(|known| known.as_bytes() == form)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Words;

    fn count(text: &str) -> (u64, u64) {
        let paragraphs = Paragraphs::of(text);
        let (mut sentences, mut blocks, mut last) = (0, 0, None);
        for word in Words::new(text) {
            if let Some((start, stop)) = last {
                let next = text[word.start..].chars().next().unwrap();
                match end(&text[stop..word.start], &text[start..stop], next, paragraphs) {
                    End::None => {}
                    End::Sentence => sentences += 1,
                    End::Paragraph => {
                        sentences += 1;
                        blocks += 1;
                    }
                }
            }
            last = Some((word.start, word.end));
        }
        let any = u64::from(last.is_some());
        (sentences + any, blocks + any)
    }

    #[test]
    fn sentences_are_counted() {
        assert_eq!(count("One. Two! Three? \"Four.\" Five"), (5, 1));
        assert_eq!(count("Mr. Dale met J. Doe on Jan. 5 at 3.30 p.m. today."), (1, 1));
        assert_eq!(count("It was late... and dark. Was it?! Yes."), (3, 1));
        assert_eq!(count("東京です。晴れ！"), (2, 1));
        assert_eq!(count("She said no. He left. So did I. We stayed."), (4, 1));
        assert_eq!(count(""), (0, 0));
    }

    #[test]
    fn paragraphs_are_lines_or_blocks() {
        assert_eq!(count("one\ntwo\nthree"), (3, 3));
        assert_eq!(count("one\ntwo\n \t\nthree\n\n\n"), (2, 2));
        assert_eq!(count("\n\none\ntwo\n\n"), (2, 2));
    }
}
