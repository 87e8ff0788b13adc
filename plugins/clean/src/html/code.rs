//! Code in HTML pages: it keeps its indentation, its lines are judged without that indentation, and lines of
//! brackets alone share the fate of the lines around them.

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

/// The spans of code in a text of `length` bytes that `edits` made from the source. `markup` holds the page's
/// lines.
pub fn ranges(markup: &Lines, edits: &Edits, length: usize) -> Vec<Range<usize>> {
    if !markup.has_code() {
        return Vec::new();
    }
    let starts = places::made(edits, markup.iter().map(|line| line.source));
    let ends = starts.iter().skip(1).copied().chain([length]);
    let lines = starts.iter().copied().zip(ends).zip(markup.iter());
    lines.filter(|(_, line)| line.is_code()).map(|((start, end), _)| start..end).collect()
}

/// Takes back the white space edits that would cost code its indentation and, with `inner`, those of runs
/// between words too. White space at line ends is still removed, and special spaces still become plain ones.
/// Also returns whether any edit was taken back.
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
        // The white space before code in its line counts as code.
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

/// The text without the white space that code kept, for judging its lines: indentation makes no difference to
/// them.
pub fn judged(text: &str, rules: &Rules) -> String {
    normalize::spaces(text, rules).apply(text)
}

/// Sets the spans of lines of the judged text to those in `text`, which has the same number of lines.
pub fn place(lines: &mut [Line], text: &str) {
    let mut start = 0;
    let ends = memchr::memchr_iter(b'\n', text.as_bytes()).chain([text.len()]);
    for (line, end) in lines.iter_mut().zip(ends) {
        (line.start, line.end) = (start, end);
        start = end + 1;
    }
}

/// Keeps a whole block of code if at least two thirds of its words are kept: with holes in it, code is worth
/// nothing. `shown` are the numbers of the lines that are not blank, and `markup` is what the markup says
/// about each of them.
pub fn fill_holes(lines: &[Line], marks: &mut [Option<Mark>], shown: &[usize], markup: &[Markup]) {
    let mut from = 0;
    for block in markup.chunk_by(|a, b| a.code == b.code) {
        let rows = &shown[from..from + block.len()];
        from += block.len();
        if !block.first().is_some_and(Markup::is_code) {
            continue;
        }
        // A line of symbols alone counts as one word.
        let words = |i: usize| lines[i].words().max(1);
        let all: usize = rows.iter().map(|&i| words(i)).sum();
        let kept: usize = rows.iter().filter(|&&i| marks[i].is_none()).map(|&i| words(i)).sum();
        if kept * 3 >= all * 2 {
            rows.iter().for_each(|&i| marks[i] = None);
        }
    }
}

/// Keeps lines of code that [`Rule::SiteNotice`] marks and that have no letter or digit, such as a closing
/// bracket, if the nearest other line of the code before or after them is kept. `shown` are the numbers of
/// the lines that are not blank, and `markup` is what the markup says about each of them.
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
