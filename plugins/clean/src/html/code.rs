//! Code in HTML pages: indentation stays, lines are judged as if it were not there, and lines of brackets alone go the way of those around.

use std::borrow::Cow;
use std::ops::Range;

use textmill_plugin::edit::Edits;

use crate::html::lines::Lines;
use crate::html::markup::Markup;
use crate::lines::Line;
use crate::options::{Rule, Rules};
use crate::outcome::places;
use crate::repair::decode::changed;
use crate::repair::normalize;
use crate::rules::boilerplate::Mark;

/// Where code stands in a text of `length` bytes that `edits` made of the source; `markup` are the page's lines.
pub fn ranges(markup: &Lines, edits: &Edits, length: usize) -> Vec<Range<usize>> {
    if !markup.has_code() {
        return Vec::new();
    }
    let starts = places::made(edits, markup.iter().map(|line| line.source));
    let ends = starts.iter().skip(1).copied().chain([length]);
    let lines = starts.iter().copied().zip(ends).zip(markup.iter());
    lines.filter(|(_, line)| line.is_code()).map(|((start, end), _)| start..end).collect()
}

/// Takes back from the edits of white space those that would cost code its indentation, and with `inner` those of runs between words, too.
/// White space at line ends still goes, and special spaces become plain ones. Whether something was taken back.
pub fn spare(text: &str, edits: Edits, code: &[Range<usize>], inner: bool) -> (Edits, bool) {
    if code.is_empty() {
        return (edits, false);
    }
    let mut code = code.iter().peekable();
    let mut spared = false;
    let mut kept = Edits::new();
    for mut edit in edits {
        while code.next_if(|range| range.end <= edit.end).is_some() {}
        let run = &text[edit.span()];
        let line = run.rfind('\n').map_or(0, |n| n + 1);
        let is_indentation = line > 0 || edit.start == 0;
        // What follows the white space is code, so the white space before it in its line is, too.
        let is_code = code.peek().is_some_and(|range| range.start <= edit.end) && edit.end < text.len();
        if is_code && line < run.len() && (is_indentation || inner) {
            spared = true;
            let breaks = if line > 0 { edit.replacement.as_ref() } else { "" };
            let spaces: String = run[line..].chars().map(|c| if c == '\t' { c } else { ' ' }).collect();
            let with = format!("{breaks}{spaces}");
            let Some((span, with)) = changed(run, &with) else { continue };
            edit.end = edit.start + span.end;
            edit.start += span.start;
            edit.replacement = Cow::Owned(with.to_owned());
        }
        kept.push(edit);
    }
    (kept, spared)
}

/// The text without the white space that code kept, for judging its lines: code that is indented is judged as before.
pub fn judged(text: &str, rules: &Rules) -> String {
    normalize::spaces(text, rules).apply(text)
}

/// Puts lines of the judged text where they stand in the text itself, which has as many.
pub fn place(lines: &mut [Line], text: &str) {
    let mut start = 0;
    let ends = memchr::memchr_iter(b'\n', text.as_bytes()).chain([text.len()]);
    for (line, end) in lines.iter_mut().zip(ends) {
        (line.start, line.end) = (start, end);
        start = end + 1;
    }
}

/// Keeps the whole of a block of code of which two in three words are kept: with holes in it, code is worth nothing. `shown` are the numbers of lines
/// that are not blank, `markup` what the markup says of each.
pub fn fill_holes(lines: &[Line], marks: &mut [Option<Mark>], shown: &[usize], markup: &[Markup]) {
    let mut from = 0;
    for block in markup.chunk_by(|a, b| a.code == b.code) {
        let rows = &shown[from..from + block.len()];
        from += block.len();
        if !block.first().is_some_and(Markup::is_code) {
            continue;
        }
        // A line of signs alone counts, too.
        let words = |i: usize| lines[i].words().max(1);
        let all: usize = rows.iter().map(|&i| words(i)).sum();
        let kept: usize = rows.iter().filter(|&&i| marks[i].is_none()).map(|&i| words(i)).sum();
        if kept * 3 >= all * 2 {
            rows.iter().for_each(|&i| marks[i] = None);
        }
    }
}

/// Keeps lines of code without a letter or digit, such as a closing bracket, where the line of code before them is kept; of those that open
/// a block of code, the line after them. `shown` are the numbers of lines that are not blank, `markup` what the markup says of each.
pub fn keep_brackets(lines: &[Line], marks: &mut [Option<Mark>], shown: &[usize], markup: &[Markup]) {
    let is_bare = |i: usize, mark: Option<Mark>| {
        mark.is_some_and(|m| m.rule == Rule::SiteNotice) && !lines[i].has_letters() && lines[i].digits() == 0
    };
    let mut follow = |order: &mut dyn Iterator<Item = (usize, &Markup)>| {
        let mut is_kept = false;
        for (i, markup) in order {
            if !markup.is_code() {
                is_kept = false;
            } else if is_bare(i, marks[i]) {
                if is_kept {
                    marks[i] = None;
                }
            } else {
                is_kept = marks[i].is_none();
            }
        }
    };
    follow(&mut shown.iter().copied().zip(markup));
    follow(&mut shown.iter().copied().zip(markup).rev());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(text: &str, code: Range<usize>, inner: bool) -> String {
        let edits = normalize::spaces(text, &Rules::default());
        spare(text, edits, &[code], inner).0.apply(text)
    }

    #[test]
    fn indentation_of_code_stays() {
        let text = "a  b\n  c\n    d  =  1  \n\u{a0}\te\n\n\n\n  f\n  g  h";
        let end = text.find("\n  g").unwrap();
        assert_eq!(run(text, 9..end, false), "a b\nc\n    d = 1\n \te\n\n  f\ng h");
        assert_eq!(run(text, 9..end, true), "a b\nc\n    d  =  1\n \te\n\n  f\ng h");
        assert_eq!(run("  a\n   ", 0..7, true), "  a\n");
    }

    #[test]
    fn lines_are_judged_without_it() {
        let text = "a\n    b  c\n\nd\n";
        let judged = judged(text, &Rules::default());
        assert_eq!(judged, "a\nb c\n\nd\n");
        let mut lines = Line::all(&judged);
        place(&mut lines, text);
        let texts: Vec<&str> = lines.iter().map(|line| line.text(text)).collect();
        assert_eq!(texts, ["a", "    b  c", "", "d"]);
    }
}
