//! Finds quotations by their quotation marks. No speakers.

/// A quotation, as byte offsets into the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The opening mark.
    pub outer_start: usize,
    /// First byte of the quoted text.
    pub start: usize,
    /// One past its last byte.
    pub end: usize,
    /// One past the closing mark.
    pub outer_end: usize,
}

/// Longest quotation in bytes; a longer one is taken for an unclosed mark.
pub const MAX_QUOTE_BYTES: usize = 6000;

/// The kind of mark that opened a quotation, which decides what closes it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    /// `"`, closed by `"` or ”
    Straight,
    /// “, closed by ” or `"`
    English,
    /// „, closed by “, ” or `"`
    Low,
    /// ”, closed by ” (Swedish, Finnish)
    Right,
    /// «, closed by »
    Guillemets,
    /// », closed by « (German books)
    Reversed,
    /// 「, closed by 」
    Corner,
    /// 『, closed by 』
    DoubleCorner,
}

#[derive(Clone, Copy)]
struct Begun {
    open: Open,
    outer_start: usize,
    start: usize,
    /// Whether the quotation began a paragraph or was open at the end of one, so that it may continue in the
    /// next.
    at_line_start: bool,
}

/// The quotations of `text`, in order, not overlapping; at most `most`.
///
/// Double marks take precedence: single marks count only outside double ones or around them.
pub fn find(text: &str, most: usize) -> Vec<Span> {
    let mut out = Vec::new();
    let mut singles = Vec::new();
    let mut begun: Option<Begun> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if out.len() >= most {
            break;
        }
        double(text, at, line, &mut begun, &mut out);
        if has_single(line) {
            single(at, line, most, &mut singles);
        }
        at += line.len();
    }
    out.truncate(most);
    merge(out, singles, most)
}

/// Merges both lists. A single-marked span is dropped if it is inside or across a double-marked one; a
/// double-marked one is dropped if it is inside a single-marked one.
fn merge(doubles: Vec<Span>, singles: Vec<Span>, most: usize) -> Vec<Span> {
    if singles.is_empty() {
        return doubles;
    }
    let mut out = Vec::with_capacity(doubles.len() + singles.len());
    let mut singles = singles.into_iter().peekable();
    let mut doubles = doubles.into_iter().peekable();
    loop {
        match (singles.peek().copied(), doubles.peek().copied()) {
            (Some(s), Some(d)) if s.outer_end <= d.outer_start => {
                out.push(s);
                singles.next();
            }
            (Some(s), Some(d)) if d.outer_end <= s.outer_start => {
                out.push(d);
                doubles.next();
            }
            (Some(s), Some(d)) => {
                if s.outer_start < d.outer_start && d.outer_end <= s.end {
                    doubles.next();
                } else {
                    singles.next();
                }
            }
            (Some(s), None) => {
                out.push(s);
                singles.next();
            }
            (None, Some(d)) => {
                out.push(d);
                doubles.next();
            }
            (None, None) => break,
        }
    }
    out.truncate(most);
    out
}

fn double(text: &str, base: usize, line: &str, begun: &mut Option<Begun>, out: &mut Vec<Span>) {
    let body = line.trim_end();
    let indent = line.len() - line.trim_start().len();
    let blank = body.is_empty();
    let bytes = body.as_bytes();
    let mut i = 0;
    // An unclosed quotation continues if this paragraph begins with its opening mark.
    if let Some(open) = *begun
        && !blank
    {
        let mark = text[open.outer_start..open.start].chars().next().unwrap_or('"');
        let again = body.trim_start().starts_with(mark)
            || open.open == Open::Guillemets && body.trim_start().starts_with('»');
        if again && open.at_line_start {
            i = indent + mark.len_utf8();
        } else {
            close_at_line_end(text, open, base, out);
            *begun = None;
        }
    }
    let ascii = body.is_ascii();
    while i < bytes.len() {
        if ascii {
            match memchr::memchr(b'"', &bytes[i..]) {
                Some(next) => i += next,
                None => break,
            }
        }
        let (mark, len) = match bytes[i] {
            b'"' => ('"', 1),
            0xC2 if bytes.get(i + 1) == Some(&0xAB) => ('«', 2),
            0xC2 if bytes.get(i + 1) == Some(&0xBB) => ('»', 2),
            0xE2 if bytes.get(i + 1) == Some(&0x80) => match bytes.get(i + 2) {
                Some(0x9C) => ('“', 3),
                Some(0x9D) => ('”', 3),
                Some(0x9E) => ('„', 3),
                Some(0x9F) => ('“', 3),
                _ => {
                    i += 3;
                    continue;
                }
            },
            0xE3 if bytes.get(i + 1) == Some(&0x80) => match bytes.get(i + 2) {
                Some(0x8C) => ('「', 3),
                Some(0x8D) => ('」', 3),
                Some(0x8E) => ('『', 3),
                Some(0x8F) => ('』', 3),
                _ => {
                    i += 3;
                    continue;
                }
            },
            _ => {
                i += 1;
                continue;
            }
        };
        let before = body[..i].chars().next_back();
        let after = body[i + len..].chars().next();
        let closes = begun.is_some_and(|b| match b.open {
            Open::Straight => {
                mark == '"' && !(starts(before, after) && before.is_some_and(char::is_whitespace))
                    || mark == '”'
            }
            Open::English => mark == '”' || mark == '"' && !starts(before, after),
            Open::Low => mark == '“' || mark == '”' || mark == '"',
            Open::Right => mark == '”',
            Open::Guillemets => mark == '»',
            Open::Reversed => mark == '«',
            Open::Corner => mark == '」',
            Open::DoubleCorner => mark == '』',
        });
        if closes {
            if let Some(open) = begun.take() {
                push(
                    out,
                    trimmed(
                        text,
                        Span {
                            outer_start: open.outer_start,
                            start: open.start,
                            end: base + i,
                            outer_end: base + i + len,
                        },
                    ),
                );
            }
        } else {
            let open = match mark {
                '"' if starts(before, after) => Some(Open::Straight),
                '“' if after.is_some_and(|c| !c.is_whitespace()) => Some(Open::English),
                '„' => Some(Open::Low),
                '”' if begun.is_none() && starts(before, after) => Some(Open::Right),
                '«' => Some(Open::Guillemets),
                '»' if begun.is_none() && starts(before, after) => Some(Open::Reversed),
                '「' if begun.is_none() => Some(Open::Corner),
                '『' if begun.is_none() => Some(Open::DoubleCorner),
                _ => None,
            };
            // A mark of another kind opens a quotation within the quotation; one of the same kind means that
            // the first was never closed.
            let inside_other = begun.is_some_and(|b| open.is_some_and(|o| o != b.open));
            if let Some(open) = open
                && !inside_other
            {
                let at_line_start = body[..i].trim().is_empty();
                *begun = Some(Begun { open, outer_start: base + i, start: base + i + len, at_line_start });
            }
        }
        i += len;
    }
    // A quotation that is open at the end of the paragraph may continue; the marks of the next one decide.
    if let Some(open) = begun.as_mut()
        && !blank
    {
        let opened_here = open.outer_start >= base;
        if opened_here && !open.at_line_start && base + body.len() - open.start > MAX_QUOTE_BYTES {
            *begun = None;
        } else {
            open.at_line_start = true;
        }
    }
}

/// Closes an unclosed quotation at the end of its first paragraph, if it began that paragraph and not with
/// `"`.
fn close_at_line_end(text: &str, open: Begun, next_line: usize, out: &mut Vec<Span>) {
    let first_line_end = text[open.start..next_line].find('\n').map_or(next_line, |n| open.start + n);
    let line_start = text[..open.outer_start].rfind('\n').map_or(0, |n| n + 1);
    if text[line_start..open.outer_start].trim().is_empty() && open.open != Open::Straight {
        let end = open.start + text[open.start..first_line_end].trim_end().len();
        push(out, Span { outer_start: open.outer_start, start: open.start, end, outer_end: end });
    }
}

/// The span without the spaces inside the marks, as in French.
fn trimmed(text: &str, span: Span) -> Span {
    let inside = &text[span.start..span.end];
    let start = span.start + (inside.len() - inside.trim_start().len());
    Span { start, end: start + inside.trim().len(), ..span }
}

fn push(out: &mut Vec<Span>, span: Span) {
    if span.end > span.start && span.end - span.start <= MAX_QUOTE_BYTES {
        out.push(span);
    }
}

/// Whether a mark between these two characters can open a quotation.
fn starts(before: Option<char>, after: Option<char>) -> bool {
    let free = before.is_none_or(|c| {
        c.is_whitespace()
            || matches!(
                c,
                '(' | '[' | '{' | '-' | '–' | '—' | '/' | ':' | ',' | '‘' | '\'' | '\u{200b}' | '>' | '|'
            )
    });
    free && after.is_some_and(|c| !c.is_whitespace() && !matches!(c, '.' | ',' | ';' | ':' | ')' | '!' | '?'))
}

fn has_single(line: &str) -> bool {
    let bytes = line.as_bytes();
    memchr::memchr_iter(b'\'', bytes)
        .any(|at| at.checked_sub(1).is_none_or(|i| matches!(bytes[i], b' ' | b'(' | b'[')))
        || memchr::memchr_iter(0x98, bytes).any(|at| bytes[..at].ends_with(&[0xE2, 0x80]))
}

/// Finds quotations in single marks, ‘…’ and '…'. After `s`, `z` or `x`, a mark may be an apostrophe: it
/// closes the quotation only if no other mark does before the paragraph ends or another quotation opens.
fn single(base: usize, line: &str, most: usize, out: &mut Vec<Span>) {
    let body = line.trim_end();
    let mut open: Option<(usize, usize, char)> = None;
    let mut fallback: Option<(usize, usize)> = None;
    let mut before: Option<char> = None;
    let mut chars = body.char_indices().peekable();
    while let Some((i, c)) = chars.next() {
        let after = chars.peek().map(|&(_, c)| c);
        if matches!(c, '‘' | '’' | '\'') {
            let len = c.len_utf8();
            let opens = (c == '‘' || c == '\'')
                && before
                    .is_none_or(|b| !b.is_alphanumeric() && !matches!(b, '.' | ',' | '!' | '?' | '’' | '\''))
                && after.is_some_and(char::is_alphabetic)
                && !(c == '\'' && is_elision(&body[i + 1..]));
            let can_close = c != '‘'
                && after.is_none_or(|a| !a.is_alphanumeric())
                && before.is_some_and(|b| !b.is_whitespace());
            if let Some((outer, start, mark)) = open
                && can_close
                && (c == '’') == (mark == '‘')
            {
                if before.is_some_and(|b| matches!(b, '.' | ',' | '!' | '?' | '…'))
                    || !matches!(before, Some('s' | 'S' | 'z' | 'x'))
                {
                    push(
                        out,
                        Span {
                            outer_start: base + outer,
                            start: base + start,
                            end: base + i,
                            outer_end: base + i + len,
                        },
                    );
                    open = None;
                    fallback = None;
                } else {
                    fallback = Some((i, len));
                }
            } else if opens {
                finish(base, &mut open, &mut fallback, out);
                open = Some((i, i + len, c));
            }
            if out.len() >= most {
                return;
            }
        }
        before = Some(c);
    }
    finish(base, &mut open, &mut fallback, out);
}

fn finish(
    base: usize,
    open: &mut Option<(usize, usize, char)>,
    fallback: &mut Option<(usize, usize)>,
    out: &mut Vec<Span>,
) {
    if let (Some((outer, start, _)), Some((end, len))) = (open.take(), fallback.take()) {
        push(
            out,
            Span {
                outer_start: base + outer,
                start: base + start,
                end: base + end,
                outer_end: base + end + len,
            },
        );
    }
}

/// `'tis`, `'em`, `'til`: an apostrophe at the beginning of a word.
fn is_elision(rest: &str) -> bool {
    ["tis", "twas", "em", "til", "cause", "bout", "n", "round", "cos", "neath", "s", "t"].iter().any(|word| {
        rest.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word))
            && rest[word.len()..].chars().next().is_none_or(|c| !c.is_alphanumeric())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<&str> {
        find(text, 100).iter().map(|s| &text[s.start..s.end]).collect()
    }

    #[test]
    fn marks() {
        for (text, want) in [
            (r#""It is open," she said. "We walked.""#, &["It is open,", "We walked."][..]),
            ("“It is open,” she said.", &["It is open,"]),
            ("Er sagte: „Sie ist offen.“ Dann ging er.", &["Sie ist offen."]),
            ("Il dit : « Il est ouvert », puis part.", &["Il est ouvert"]),
            ("Hon sade: ”Den är öppen.”", &["Den är öppen."]),
            ("»Sie ist offen«, sagte er.", &["Sie ist offen"]),
            ("市長は「橋が開いた」と述べた。", &["橋が開いた"]),
            ("‘It is the workers’ bridge,’ she said.", &["It is the workers’ bridge,"]),
            ("'It is open,' she said, and it's theirs.", &["It is open,"]),
            ("The workers' bridge isn't the mayors' bridge.", &[]),
            ("He is 5'11\" tall and she is 5'9\".", &[]),
            ("“A ‘small’ step,” he said.", &["A ‘small’ step,"]),
            ("‘He said “no” to me,’ she said.", &["He said “no” to me,"]),
            ("He said \"then I met [Mayor Ada] Reed there\".", &["then I met [Mayor Ada] Reed there"]),
        ] {
            assert_eq!(of(text), want, "{text}");
        }
    }

    #[test]
    fn several_paragraphs() {
        assert_eq!(of("“First part.\n\n“Second part,” he said."), ["First part.\n\n“Second part,"]);
        assert_eq!(of("\"First part.\n\"Second part,\" he said."), ["First part.\n\"Second part,"]);
        // Never closed: the paragraph ends it.
        assert_eq!(of("“First part.\nThe council met. “Yes,” he said."), ["First part.", "Yes,"]);
        assert_eq!(of("An inch (\") here.\nThe council met. \"Yes,\" he said."), ["Yes,"]);
    }

    #[test]
    fn hostile_input_is_linear() {
        let marks = "\" a'".repeat(300_000);
        assert!(find(&marks, 1000).len() <= 1000);
        let open = "“a ".repeat(300_000);
        assert!(find(&open, 1000).len() <= 1000);
        let lines = "“a\n".repeat(300_000);
        assert!(find(&lines, 1000).len() <= 1000);
    }
}
