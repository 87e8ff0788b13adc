//! What becomes of a page's lines as edits: repeated paragraphs are marked, and runs of marked lines are taken out. Judges no line
//! but repeats.

use std::ops::Range;

use textmill_plugin::edit::{Edit, Edits};

use crate::closing::is_item;
use crate::lines::Line;
use crate::options::Rule;
use crate::rules::boilerplate::{Mark, Measured, State};

/// Words from which on a repeated line is a repeated paragraph.
const REPEATED_WORDS: usize = 8;

/// Whether a line that stands above, too, belongs to what is directly above it here: an item of a list or a law, the answer to a question.
fn is_another_time(text: &str, lines: &[Line], copy: usize) -> bool {
    let Some(above) = lines[..copy].iter().rposition(|line| !line.blank()) else { return false };
    let is_same = |line: usize| lines[line].twin() < line;
    let below = (copy + 1..lines.len()).find(|&line| !lines[line].blank());
    // Where the next line is a copy, too, the whole stands twice.
    !is_same(above)
        && !below.is_some_and(is_same)
        && (is_item(lines[copy].text(text)) || lines[above].text(text).ends_with(['?', '？', '؟']))
}

/// Marks second and later copies of paragraphs. A summary at the top that the text repeats further
/// down gives way to the copy in the text, where it has its place. Of a paragraph that is wrapped over several lines no line goes by itself.
pub fn repeated(text: &str, lines: &[Line], states: &[State], marks: &mut [Option<Mark>]) {
    // Both are asked of each line: whether it is a copy cannot be guessed, and is soon seen.
    let is_copy = |(i, line): (usize, &Line)| (line.twin() < i) & (line.words() >= REPEATED_WORDS);
    if !lines.iter().enumerate().any(is_copy) {
        return;
    }
    // Where the wrapped paragraph at hand ends, if it is one.
    let (mut end, mut is_wrapped_here) = (0, false);
    let mut first: Vec<Option<usize>> = vec![None; lines.len()];
    // Cut off from the text by removed lines, as a byline or a share bar.
    let summary = lines.iter().zip(marks.iter()).position(|(l, m)| m.is_none() && !l.blank()).filter(|&s| {
        (s + 1..lines.len()).find(|&j| !lines[j].blank()).is_some_and(|next| marks[next].is_some())
    });
    // Whether a paragraph of the text stands between the summary and here.
    let mut text_since = false;
    for (i, line) in lines.iter().enumerate() {
        if i >= end {
            is_wrapped_here = states[i].wrapped;
            let length = lines[i..].iter().take_while(|line| is_wrapped_here && !line.blank()).count();
            end = i + length.max(1);
            // The whole paragraph once more, which stays where it stood first.
            let is_copy = |i: usize| lines[i].twin() < i && marks[lines[i].twin()].is_none();
            let is_long = |i: usize| lines[i].words() >= REPEATED_WORDS;
            if is_wrapped_here && (i..end).all(is_copy) && (i..end).any(is_long) {
                let marks = marks[i..end].iter_mut().filter(|mark| mark.is_none());
                marks.for_each(|mark| *mark = Some(Mark::by(Rule::RepeatedParagraph)));
            }
        }
        if marks[i].is_some()
            || line.words() < REPEATED_WORDS
            || is_wrapped_here
            || line.twin() < i && is_another_time(text, lines, i)
        {
            continue;
        }
        match first[line.twin()] {
            Some(earlier) => {
                let gone = if Some(earlier) == summary && text_since {
                    first[line.twin()] = Some(i);
                    earlier
                } else {
                    i
                };
                marks[gone] = Some(Mark::by(Rule::RepeatedParagraph));
            }
            None => {
                first[line.twin()] = Some(i);
                text_since |= summary.is_some_and(|s| s < i);
            }
        }
    }
}

/// One removal per run of lines under one rule, with the blank lines that would be left doubled.
pub struct Removals {
    edits: Edits,
    /// The mark of the run at hand, and its span.
    open: Option<(Mark, usize, usize)>,
    /// Whether a blank line, or nothing at all, is the last that stays so far.
    blank_before: bool,
    /// Marks of edits, each with the number of one of them, in a slot that is told by the mark: most edits have the mark of another.
    made: [Option<(Mark, usize)>; SLOTS],
}

/// Marks that are known again.
const SLOTS: usize = 64;

impl Removals {
    /// Of no lines so far.
    pub fn new() -> Self {
        Self { edits: Edits::new(), open: None, blank_before: true, made: [None; SLOTS] }
    }

    /// Takes in the next lines of `page`; their places are counted from `base` on.
    pub fn take(&mut self, page: &str, base: usize, lines: &[Line], marks: &[Option<Mark>]) {
        // What a removed line takes with it: its line end.
        let taken_end = |line: &Line| page.len().min(base + line.end + 1);
        for (line, mark) in lines.iter().zip(marks) {
            if let Some(mark) = mark {
                let same = self.open.is_some_and(|(m, ..)| m.rule == mark.rule && m.kind == mark.kind);
                if !same {
                    self.close();
                    self.open = Some((*mark, base + line.start, base + line.end));
                }
                if let Some((first, _, end)) = &mut self.open {
                    *end = taken_end(line);
                    // Of several lines, what the likeliest of them had.
                    if mark.rule == Rule::BoilerplateModel && mark.measured() > first.measured() {
                        first.measure_as(mark);
                    }
                }
            } else if line.blank() && self.open.is_some() {
                if self.blank_before {
                    // The blank line after a removed line goes when one stands before already.
                    if let Some((.., end)) = &mut self.open {
                        *end = taken_end(line);
                    }
                } else {
                    self.close();
                    self.blank_before = true;
                }
            } else if line.blank() {
                self.blank_before = true;
            } else {
                self.close();
                self.blank_before = false;
            }
        }
    }

    /// Ends the run at hand, where there is one.
    #[inline]
    fn close(&mut self) {
        if let Some((mark, start, end)) = self.open.take() {
            self.remove(mark, start..end);
        }
    }

    #[inline(never)]
    fn remove(&mut self, mark: Mark, span: Range<usize>) {
        if span.is_empty() {
            return;
        }
        let slot = &mut self.made[mark.number() % SLOTS];
        if let Some((_, number)) = slot.filter(|(made, _)| *made == mark) {
            return self.edits.push_like(number, span);
        }
        *slot = Some((mark, self.edits.len()));
        let mut edit = Edit::remove(span, mark.rule.id());
        if let Some((value, threshold)) = mark.measured().map(Measured::shown) {
            edit = edit.measured(value, threshold);
        }
        if let Some(kind) = mark.kind {
            edit = edit.note(kind.id());
        }
        self.edits.push(edit);
    }

    /// The edits, after the last line.
    pub fn finish(mut self, page: &str) -> Edits {
        self.close();
        // A blank line before a removed end of the page would end the text with two line ends: the
        // first of the removals that reach the end without a gap takes it in.
        let (mut reach, mut first) = (page.len(), None);
        for (number, edit) in self.edits.iter().enumerate().rev() {
            if edit.end != reach {
                break;
            }
            reach = edit.start;
            first = Some((number, edit));
        }
        if let Some((number, edit)) = first.filter(|_| page[..reach].ends_with("\n\n")) {
            let longer = Edit { start: edit.start - 1, ..edit.to_edit() };
            self.edits.set(number, longer);
        }
        self.edits
    }
}
