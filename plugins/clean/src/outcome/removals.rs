//! Turns the marks on a page's lines into edits: marks repeated paragraphs, and removes runs of marked lines.
//! Judges no line but repeats.

use std::ops::Range;

use textmill_plugin::edit::{Edit, Edits};

use crate::closing::is_item;
use crate::lines::Line;
use crate::options::Rule;
use crate::rules::boilerplate::{Mark, Measured, State};

/// Fewest words of a repeated line that counts as a repeated paragraph.
const REPEATED_WORDS: usize = 8;

/// Whether a copy of an earlier line belongs to its context: an item of a list or a law, or the answer to a
/// question in the line above.
fn is_another_time(text: &str, lines: &[Line], copy: usize) -> bool {
    let Some(above) = lines[..copy].iter().rposition(|line| !line.blank()) else { return false };
    let is_same = |line: usize| lines[line].first_copy() < line;
    let below = (copy + 1..lines.len()).find(|&line| !lines[line].blank());
    // If a neighbouring line is a copy, too, the whole passage is a repeat.
    !is_same(above)
        && !below.is_some_and(is_same)
        && (is_item(lines[copy].text(text)) || lines[above].text(text).ends_with(['?', '？', '؟']))
}

/// Marks second and later copies of paragraphs. If the text repeats a summary from the top further down, the
/// summary is marked and the copy in its place in the text stays. A paragraph that is wrapped over several
/// lines is marked only as a whole.
pub fn repeated(text: &str, lines: &[Line], states: &[State], marks: &mut [Option<Mark>]) {
    // Evaluates both conditions without a branch: whether a line is a copy is unpredictable, and both are
    // cheap.
    let is_copy = |(i, line): (usize, &Line)| (line.first_copy() < i) & (line.words() >= REPEATED_WORDS);
    if !lines.iter().enumerate().any(is_copy) {
        return;
    }
    // The end of the current paragraph, and whether it is wrapped.
    let (mut end, mut is_wrapped_here) = (0, false);
    let mut first: Vec<Option<usize>> = vec![None; lines.len()];
    // The first kept line, if removed lines such as a byline or a share bar separate it from the text.
    let summary = lines.iter().zip(marks.iter()).position(|(l, m)| m.is_none() && !l.blank()).filter(|&s| {
        (s + 1..lines.len()).find(|&j| !lines[j].blank()).is_some_and(|next| marks[next].is_some())
    });
    // Whether a paragraph of the text lies between the summary and the current line.
    let mut text_since = false;
    for (i, line) in lines.iter().enumerate() {
        if i >= end {
            is_wrapped_here = states[i].wrapped;
            let length = lines[i..].iter().take_while(|line| is_wrapped_here && !line.blank()).count();
            end = i + length.max(1);
            // The paragraph repeats an earlier one as a whole, which is kept.
            let is_copy = |i: usize| lines[i].first_copy() < i && marks[lines[i].first_copy()].is_none();
            let is_long = |i: usize| lines[i].words() >= REPEATED_WORDS;
            if is_wrapped_here && (i..end).all(is_copy) && (i..end).any(is_long) {
                let marks = marks[i..end].iter_mut().filter(|mark| mark.is_none());
                marks.for_each(|mark| *mark = Some(Mark::by(Rule::RepeatedParagraph)));
            }
        }
        if marks[i].is_some()
            || line.words() < REPEATED_WORDS
            || is_wrapped_here
            || line.first_copy() < i && is_another_time(text, lines, i)
        {
            continue;
        }
        match first[line.first_copy()] {
            Some(earlier) => {
                let gone = if Some(earlier) == summary && text_since {
                    first[line.first_copy()] = Some(i);
                    earlier
                } else {
                    i
                };
                marks[gone] = Some(Mark::by(Rule::RepeatedParagraph));
            }
            None => {
                first[line.first_copy()] = Some(i);
                text_since |= summary.is_some_and(|s| s < i);
            }
        }
    }
}

/// Builds one removal for each run of lines under one rule, including blank lines that would otherwise be
/// doubled.
pub struct Removals {
    edits: Edits,
    /// The mark of the current run, and its span.
    open: Option<(Mark, usize, usize)>,
    /// Whether the last kept line so far is blank, or none is kept.
    blank_before: bool,
    /// Marks of past edits, each with the number of an edit that has it, in the slot that [`Mark::number`]
    /// selects: most edits share their mark with another.
    made: [Option<(Mark, usize)>; SLOTS],
}

/// Slots for marks of past edits.
const SLOTS: usize = 64;

impl Removals {
    /// Starts without lines.
    pub fn new() -> Self {
        Self { edits: Edits::new(), open: None, blank_before: true, made: [None; SLOTS] }
    }

    /// Adds the next lines of `page`, whose offsets are relative to `base`.
    pub fn take(&mut self, page: &str, base: usize, lines: &[Line], marks: &[Option<Mark>]) {
        // A removed line includes its line end.
        let taken_end = |line: &Line| page.len().min(base + line.end + 1);
        for (line, mark) in lines.iter().zip(marks) {
            let is_blank = line.blank() && !line.is_menu();
            if let Some(mark) = mark {
                let same = self.open.is_some_and(|(m, ..)| m.rule == mark.rule && m.kind == mark.kind);
                if !same {
                    self.close();
                    self.open = Some((*mark, base + line.start, base + line.end));
                }
                if let Some((first, _, end)) = &mut self.open {
                    *end = taken_end(line);
                    // A run of lines reports what the likeliest of them measured.
                    if mark.rule == Rule::BoilerplateModel && mark.measured() > first.measured() {
                        first.measure_as(mark);
                    }
                }
            } else if is_blank && self.open.is_some() {
                if self.blank_before {
                    // A blank line after a removed run is removed, too, if the line kept before the run is
                    // blank.
                    if let Some((.., end)) = &mut self.open {
                        *end = taken_end(line);
                    }
                } else {
                    self.close();
                    self.blank_before = true;
                }
            } else if is_blank {
                self.blank_before = true;
            } else {
                self.close();
                self.blank_before = false;
            }
        }
    }

    /// Closes the current run, if there is one.
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

    /// Returns the edits; call after the last [`Self::take`].
    pub fn finish(mut self, page: &str) -> Edits {
        self.close();
        // If the end of the page is removed, a blank line before it would leave two line ends at the end of
        // the text. The first of the removals that reach the end without a gap includes one of them.
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
