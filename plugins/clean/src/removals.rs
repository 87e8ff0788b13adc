//! What becomes of a page's lines as edits: repeated paragraphs are marked, and runs of marked lines are taken out. Judges no line
//! but repeats.

use textmill_plugin::edit::Edit;

use crate::boilerplate::Mark;
use crate::line::Line;
use crate::options::Rule;

/// Words from which on a repeated line is a repeated paragraph.
const REPEATED_WORDS: usize = 8;

/// Marks second and later copies of paragraphs. A summary at the top that the text repeats further
/// down gives way to the copy in the text, where it has its place.
pub fn repeated(lines: &[Line], marks: &mut [Option<Mark>]) {
    let mut first: Vec<Option<usize>> = vec![None; lines.len()];
    // Cut off from the text by removed lines, as a byline or a share bar.
    let summary = lines.iter().zip(marks.iter()).position(|(l, m)| m.is_none() && !l.blank()).filter(|&s| {
        (s + 1..lines.len()).find(|&j| !lines[j].blank()).is_some_and(|next| marks[next].is_some())
    });
    // Whether a paragraph of the text stands between the summary and here.
    let mut text_since = false;
    for (i, line) in lines.iter().enumerate() {
        if marks[i].is_some() || line.words < REPEATED_WORDS {
            continue;
        }
        match first[line.twin] {
            Some(earlier) => {
                let gone = if Some(earlier) == summary && text_since {
                    first[line.twin] = Some(i);
                    earlier
                } else {
                    i
                };
                marks[gone] = Some(Mark::by(Rule::RepeatedParagraph));
            }
            None => {
                first[line.twin] = Some(i);
                text_since |= summary.is_some_and(|s| s < i);
            }
        }
    }
}

/// The end of what a removed line takes with it: its line end.
fn taken_end(page: &str, line: &Line) -> usize {
    page.len().min(line.end + 1)
}

/// One removal per run of lines under one rule, with the blank lines that would be left doubled.
pub fn removals(page: &str, lines: &[Line], marks: &[Option<Mark>]) -> Vec<Edit> {
    let mut edits: Vec<Edit> = Vec::new();
    let mut open: Option<(Mark, usize, usize)> = None;
    // Whether a blank line, or nothing at all, is the last that stays so far.
    let mut blank_before = true;
    let close = |open: &mut Option<(Mark, usize, usize)>, edits: &mut Vec<Edit>| {
        if let Some((mark, start, end)) = open.take()
            && start < end
        {
            let mut edit = Edit::remove(start..end, mark.rule.id());
            if let Some((value, threshold)) = mark.measured {
                edit = edit.measured(value, threshold);
            }
            if let Some(kind) = mark.kind {
                edit = edit.note(kind.id());
            }
            edits.push(edit);
        }
    };
    for (line, mark) in lines.iter().zip(marks) {
        if let Some(mark) = mark {
            let same = open.as_ref().is_some_and(|(m, ..)| m.rule == mark.rule && m.kind == mark.kind);
            if !same {
                close(&mut open, &mut edits);
                open = Some((*mark, line.start, line.end));
            }
            if let Some((first, _, end)) = &mut open {
                *end = taken_end(page, line);
                // Of several lines, what the likeliest of them had.
                if mark.rule == Rule::BoilerplateModel && mark.measured > first.measured {
                    first.measured = mark.measured;
                }
            }
        } else if line.blank() && open.is_some() {
            if blank_before {
                // The blank line after a removed line goes when one stands before already.
                if let Some((.., end)) = &mut open {
                    *end = taken_end(page, line);
                }
            } else {
                close(&mut open, &mut edits);
                blank_before = true;
            }
        } else if line.blank() {
            blank_before = true;
        } else {
            close(&mut open, &mut edits);
            blank_before = false;
        }
    }
    close(&mut open, &mut edits);
    // A blank line before a removed end of the page would end the text with two line ends: the
    // first of the removals that reach the end without a gap takes it in.
    let mut reach = page.len();
    let mut first = None;
    for (n, edit) in edits.iter().enumerate().rev() {
        if edit.end != reach {
            break;
        }
        reach = edit.start;
        first = Some(n);
    }
    if let Some(edit) = first.and_then(|n| edits.get_mut(n))
        && page[..reach].ends_with("\n\n")
    {
        edit.start -= 1;
    }
    edits
}
