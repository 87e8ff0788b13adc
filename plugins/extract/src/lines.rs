//! A page as one list of lines: those in the text and those that an earlier stage removed, each at its place.
//! What a line is for is left to the readers.

/// A line that an earlier stage removed from the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// Kebab-case id of the rule that removed it.
    pub rule: String,
    /// The text of the line.
    pub text: String,
    /// Byte offset in the remaining text at which it was removed.
    pub at: usize,
}

/// One line that is not blank.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// The line without white space around it, cut to [`MAX_LINE_BYTES`].
    pub text: &'a str,
    /// Length in bytes before the cut.
    pub len: usize,
    /// Number of words (separated by white space; two ideographs or kana count as one word).
    pub words: usize,
    /// Byte offset in the document's text, of the line itself or of the place from which it was removed.
    pub at: usize,
    /// The rule that removed it; `None` if it is in the text.
    pub rule: Option<&'a str>,
    /// Whether blank lines precede it.
    pub gap: bool,
    /// Whether it reads as running text: long, with sentences.
    pub prose: bool,
}

/// Bytes of a line that are searched for title, dates and byline. Longer lines are running text.
pub const MAX_LINE_BYTES: usize = 600;
/// Lines from the beginning that are listed. Site menus of 700 lines above the headline do occur.
const MAX_HEAD_LINES: usize = 1200;
/// Lines from the end that are listed.
const MAX_TAIL_LINES: usize = 120;

/// The lines of a page in order, without blank lines.
///
/// A removed line comes before the first text line that begins at or after its place. Of a very long page,
/// only the first 1,200 and the last 120 lines are listed.
pub fn lines<'a>(text: &'a str, removed: &'a [Removed]) -> Vec<Line<'a>> {
    let mut order: Vec<&Removed> = removed.iter().collect();
    order.sort_by_key(|line| line.at);
    let mut gone = order.into_iter().peekable();
    let mut out = Vec::new();
    let mut tail = std::collections::VecDeque::new();
    let mut push = |line: Line<'a>| {
        if out.len() < MAX_HEAD_LINES {
            out.push(line);
        } else {
            if tail.len() == MAX_TAIL_LINES {
                tail.pop_front();
            }
            tail.push_back(line);
        }
    };
    let mut at = 0;
    let mut gap = false;
    for raw in text.split(['\n', '\r']) {
        let trimmed = raw.trim();
        if !trimmed.is_empty() {
            let start = at + (raw.len() - raw.trim_start().len());
            while let Some(line) = gone.next_if(|line| line.at <= start) {
                for part in line.text.lines().map(str::trim).filter(|part| !part.is_empty()) {
                    push(measure(part, line.at, Some(&line.rule), gap));
                    gap = false;
                }
            }
            push(measure(trimmed, start, None, gap));
        }
        gap = trimmed.is_empty();
        at += raw.len() + 1;
    }
    for line in gone {
        for part in line.text.lines().map(str::trim).filter(|part| !part.is_empty()) {
            push(measure(part, line.at, Some(&line.rule), false));
        }
    }
    out.extend(tail);
    out
}

fn measure<'a>(text: &'a str, at: usize, rule: Option<&'a str>, gap: bool) -> Line<'a> {
    let len = text.len();
    let text = head(text, MAX_LINE_BYTES);
    let words = count_words(text);
    // Longer than headlines are, and with the end of a sentence or too long to be searched.
    let prose = words >= 16 && (len > MAX_LINE_BYTES || has_sentence_end(text))
        || words >= 30 && len > MAX_LINE_BYTES;
    Line { text, len, words, at, rule, gap, prose }
}

/// The first `max` bytes of `text`, fewer if they would cut a character.
pub fn head(text: &str, max: usize) -> &str {
    &text[..text.floor_char_boundary(max)]
}

/// The last `max` bytes of `text`, fewer if they would cut a character.
pub fn tail(text: &str, max: usize) -> &str {
    &text[text.ceil_char_boundary(text.len().saturating_sub(max))..]
}

/// Counts words separated by white space; ideographs and kana count as half a word each.
pub fn count_words(text: &str) -> usize {
    if text.is_ascii() {
        return count_ascii_words(text.as_bytes());
    }
    let mut words = 0;
    let mut wide = 0;
    let mut inside = false;
    for c in text.chars() {
        if c.is_whitespace() {
            inside = false;
        } else if is_wide(c) {
            wide += 1;
            inside = false;
        } else if !inside {
            inside = crate::letters::is_alphanumeric(c);
            words += usize::from(inside || c == '$' || c == '"');
        }
    }
    words + wide / 2
}

fn count_ascii_words(text: &[u8]) -> usize {
    let mut words = 0;
    let mut inside = false;
    for byte in text {
        if byte.is_ascii_whitespace() {
            inside = false;
        } else if !inside {
            inside = byte.is_ascii_alphanumeric();
            words += usize::from(inside || matches!(byte, b'$' | b'"'));
        }
    }
    words
}

/// Whether `c` belongs to a script that is written without spaces: ideographs, kana.
pub fn is_wide(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

fn has_sentence_end(text: &str) -> bool {
    let trimmed = text.trim_end_matches(['"', '”', '»', ')', '’', '“', '」', ' ']);
    trimmed.ends_with(['.', '!', '?', '。', '…', ':', '！', '？', '۔', '।', '؟'])
        || text.contains(". ")
        || text.contains('。')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn removed(rule: &str, text: &str, at: usize) -> Removed {
        Removed { rule: rule.into(), text: text.into(), at }
    }

    #[test]
    fn removed_lines_stand_at_their_place() {
        let gone = [removed("byline", "By Ada Reed", 12), removed("menu", "Home\n\nNews", 0)];
        let all = lines("Bridge opens\n\nThe bridge opened.", &gone);
        let texts: Vec<_> = all.iter().map(|l| (l.text, l.rule, l.at)).collect();
        assert_eq!(
            texts,
            [
                ("Home", Some("menu"), 0),
                ("News", Some("menu"), 0),
                ("Bridge opens", None, 0),
                ("By Ada Reed", Some("byline"), 12),
                ("The bridge opened.", None, 14)
            ]
        );
        assert!(!all[2].gap && all[3].gap);
    }

    #[test]
    fn long_pages_keep_head_and_tail() {
        let text = (0..5000).map(|n| format!("line {n}\n")).collect::<String>();
        let all = lines(&text, &[]);
        assert_eq!(all.len(), MAX_HEAD_LINES + MAX_TAIL_LINES);
        assert_eq!(all.last().map(|l| l.text), Some("line 4999"));
    }

    #[test]
    fn offsets_point_into_the_text() {
        let text = "  Größe \r\n\r\n\t後 x\n";
        for line in lines(text, &[]) {
            assert!(text[line.at..].starts_with(line.text));
        }
    }

    #[test]
    fn words_of_several_scripts() {
        assert_eq!(count_words("A dry year – and 3 wet ones"), 7);
        assert_eq!(count_words("新しい橋が開通"), 3);
        assert_eq!(count_words("• Home"), 1);
    }
}
