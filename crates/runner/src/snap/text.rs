//! A text with the edits of a stage marked: removed lines are struck out, and each edit is tagged with its
//! rule.
//!
//! ```text
//!   a line that stays
//! ~ a line that goes    [rule: value 0.8, threshold 0.5]
//! * a line in which[- something-]{+, here,+} is edited    [rule]
//! ~ lines that others
//! ~ take the place of    [rule]
//! > these
//! ```

use crate::table::{count, number};
use std::ops::Range;
use textmill_core::edit::Edit;
use textmill_plugin::harness::visible;

/// Maximum number of consecutive lines without edits to show in full.
const RUN: usize = 40;
/// Maximum number of characters to show of a passage without edits.
const PIECE: usize = 400;
/// Maximum number of characters that an inline edit may remove or add; larger ones show old lines above new
/// ones.
const INSIDE: usize = 80;

/// Shows a text with its edits, which must be in order and not overlap.
pub(super) fn struck(before: &str, edits: &[Edit]) -> Vec<String> {
    let of = |(number, edit)| small(before, edit).into_iter().map(move |part| (number, part));
    let (origins, parts): (Vec<usize>, Vec<Edit>) = edits.iter().enumerate().flat_map(of).unzip();
    let told = vec![false; edits.len()];
    let text = Struck { before, lines: lines(before), edits: &parts, origins, told, out: Vec::new() };
    shorten(text.show())
}

struct Struck<'a> {
    before: &'a str,
    /// The lines, without their line ends.
    lines: Vec<Range<usize>>,
    edits: &'a [Edit],
    /// For each part, the index of the edit that it belongs to.
    origins: Vec<usize>,
    /// For each edit, whether its evidence was already shown.
    told: Vec<bool>,
    out: Vec<Shown>,
}

/// A line to show.
enum Shown {
    /// A line without edits.
    Kept(String),
    Other(String),
}

fn lines(text: &str) -> Vec<Range<usize>> {
    let mut start = 0;
    text.split('\n')
        .map(|line| {
            let range = start..start + line.len();
            start = range.end + 1;
            range
        })
        .collect()
}

impl<'a> Struck<'a> {
    fn show(mut self) -> Vec<Shown> {
        let (mut line, mut edit) = (0, 0);
        while line < self.lines.len() {
            let (first_line, first_edit) = (line, edit);
            // A group: consecutive lines whose line ends are edited, and all edits that touch them.
            let end = loop {
                let end = self.lines[line].end;
                while self.edits.get(edit).is_some_and(|e| e.end <= end && e.start <= end) {
                    edit += 1;
                }
                match self.edits.get(edit) {
                    Some(e) if e.start <= end && line + 1 < self.lines.len() => line += 1,
                    _ => break end,
                }
            };
            line += 1;
            self.group(first_line..line, first_edit..edit, end);
        }
        self.out
    }

    fn group(&mut self, lines: Range<usize>, edits: Range<usize>, end: usize) {
        let start = self.lines[lines.start].start;
        if edits.is_empty() {
            let last = lines.end == self.lines.len();
            // The empty rest after the last line end is not a line.
            if !(last && start == end && start > 0) {
                self.out.push(Shown::Kept(piece(&self.before[start..end])));
            }
            return;
        }
        let of_group = &self.edits[edits.clone()];
        let staying = |line: &&Range<usize>| line.len() > covered(of_group, line);
        let stay: Vec<&Range<usize>> = self.lines[lines.clone()].iter().filter(staying).collect();
        let short = |text: &str| text.chars().take(INSIDE + 1).count() <= INSIDE;
        let small = |edit: &Edit| short(&self.before[edit.span()]) && short(&edit.replacement);
        let inside = |edit: &Edit| {
            let [line] = stay.as_slice() else { return false };
            small(edit) && line.start <= edit.start && edit.end <= line.end
        };
        if stay.len() <= 1 && of_group.iter().all(|edit| edit.replacement.is_empty() || inside(edit)) {
            let none = stay.is_empty();
            self.removed(lines, edits, none);
        } else if of_group.iter().all(small) {
            let line = self.inside(start..end, edits);
            self.out.push(Shown::Other(line));
        } else {
            self.replaced(lines, edits, start..end);
        }
    }

    /// Shows lines that are removed, except at most one that remains. `none` says that none does.
    fn removed(&mut self, lines: Range<usize>, edits: Range<usize>, none: bool) {
        let in_text = self.lines.len();
        // If none remains, an empty line is left, unless the text ends here.
        let left = none.then(|| {
            let empty = lines.clone().rev().find(|line| self.lines[*line].is_empty());
            empty.or_else(|| (lines.end < in_text).then_some(lines.end - 1))
        });
        for number in lines {
            let line = self.lines[number].clone();
            let of_group = &self.edits[edits.clone()];
            let gone = covered(of_group, &line);
            if gone < line.len() || left == Some(Some(number)) {
                let edited = of_group.iter().any(|edit| {
                    edit.start < line.end && edit.end > line.start
                        || !edit.replacement.is_empty() && line.start <= edit.start && edit.end <= line.end
                });
                let shown = match edited {
                    false => Shown::Kept(piece(&self.before[line])),
                    true => Shown::Other(self.inside(line, edits.clone())),
                };
                // The empty rest after the last line end is not a line.
                if edited || number + 1 < in_text || !self.lines[number].is_empty() {
                    self.out.push(shown);
                }
            } else {
                // The line end counts, too: an empty line has nothing else that can be removed.
                let touched = line.start.saturating_sub(usize::from(line.is_empty()))..line.end + 1;
                let tags = self.tags(edits.clone(), &touched);
                self.out.push(Shown::Other(format!("~ {}{tags}", piece(&self.before[line]))));
            }
        }
    }

    /// Shows a line, or several that are joined, with inline edits.
    fn inside(&mut self, span: Range<usize>, edits: Range<usize>) -> String {
        let mut out = String::from("* ");
        let mut at = span.start;
        for edit in &self.edits[edits.clone()] {
            let cut = edit.start.clamp(at, span.end)..edit.end.clamp(at, span.end);
            if cut.is_empty() && !(span.start..=span.end).contains(&edit.start) {
                continue;
            }
            out.push_str(&piece(&self.before[at..cut.start]));
            if !cut.is_empty() {
                out.push_str(&format!("[-{}-]", ends_visible(&self.before[cut.clone()])));
            }
            if !edit.replacement.is_empty() {
                out.push_str(&format!("{{+{}+}}", ends_visible(&edit.replacement)));
            }
            at = cut.end;
        }
        out.push_str(&piece(&self.before[at..span.end]));
        let tags = self.tags(edits, &(span.start..span.end + 1));
        out + &tags
    }

    /// Shows old lines, followed by those that replace them.
    fn replaced(&mut self, lines: Range<usize>, edits: Range<usize>, span: Range<usize>) {
        let (mut after, mut at) = (String::new(), span.start);
        for edit in &self.edits[edits.clone()] {
            after.push_str(&self.before[at..edit.start]);
            after.push_str(&edit.replacement);
            at = edit.end;
        }
        after.push_str(&self.before[at..span.end]);
        for number in lines {
            let line = self.lines[number].clone();
            let tags = self.tags(edits.clone(), &(line.start..line.end + 1));
            self.out.push(Shown::Other(format!("~ {}{tags}", piece(&self.before[line]))));
        }
        self.out.extend(after.split('\n').map(|line| Shown::Other(format!("> {}", piece(line)))));
    }

    /// The rules of the edits that touch a span. The first tag of an edit also shows its evidence.
    fn tags(&mut self, edits: Range<usize>, span: &Range<usize>) -> String {
        // For each tag, how often it applies, and whether its edits remove a substantial part of the span.
        let mut tags: Vec<(String, usize, bool)> = Vec::new();
        for number in edits {
            let edit = &self.edits[number];
            if edit.start >= span.end
                || (edit.end <= span.start && !(edit.start..=edit.end).contains(&span.start))
                || (edit.end == span.start && edit.start < edit.end)
            {
                continue;
            }
            let told = std::mem::replace(&mut self.told[self.origins[number]], true);
            let part = edit.end.min(span.end).saturating_sub(edit.start.max(span.start));
            let substantial = !told || !edit.replacement.is_empty() || 2 * part >= span.len();
            let tag = if told { format!("[{}]", edit.rule) } else { tag(edit) };
            match tags.iter_mut().find(|(known, ..)| *known == tag) {
                Some((_, count, already)) => (*count, *already) = (*count + 1, *already || substantial),
                None => tags.push((tag, 1, substantial)),
            }
        }
        // An edit that only ends in the markup before this line's text is already named in its first line.
        if tags.iter().any(|(.., substantial)| *substantial) {
            tags.retain(|(.., substantial)| *substantial);
        }
        let shown = tags.into_iter().map(|(tag, count, _)| match count {
            1 => tag,
            count => format!("{} ×{count}]", tag.trim_end_matches(']')),
        });
        let shown: Vec<String> = shown.collect();
        if shown.is_empty() { String::new() } else { format!("    {}", shown.join(" ")) }
    }
}

/// Splits an edit into small ones without common prefixes and suffixes: one for each line if it keeps the
/// number of lines. If white space with fewer lines replaces the span, its line ends are matched with the
/// first ones of the span.
fn small(before: &str, edit: &Edit) -> Vec<Edit> {
    let old = &before[edit.span()];
    let kept = edit.replacement.matches('\n').count();
    let parts: Vec<(&str, &str)> = match old.matches('\n').count() {
        ends if ends == kept || ends > kept && edit.replacement.trim().is_empty() => {
            old.splitn(kept + 1, '\n').zip(edit.replacement.split('\n')).collect()
        }
        _ => vec![(old, &edit.replacement)],
    };
    let (mut out, mut at) = (Vec::new(), edit.start);
    for (old, new) in parts {
        let end = at + old.len();
        if old != new {
            let head: usize =
                old.chars().zip(new.chars()).take_while(|(a, b)| a == b).map(|(c, _)| c.len_utf8()).sum();
            let (rest, left) = (&old[head..], &new[head..]);
            let ends = rest.chars().rev().zip(left.chars().rev()).take_while(|(a, b)| a == b);
            let tail: usize = ends.map(|(c, _)| c.len_utf8()).sum();
            let replacement = left[..left.len() - tail].to_owned().into();
            out.push(Edit { start: at + head, end: end - tail, replacement, ..edit.clone() });
        }
        at = end + 1;
    }
    // The edit changes nothing; show it as it is.
    if out.is_empty() { vec![edit.clone()] } else { out }
}

/// Number of bytes of a line that edits cover.
fn covered(edits: &[Edit], line: &Range<usize>) -> usize {
    let of = |edit: &Edit| edit.end.min(line.end).saturating_sub(edit.start.max(line.start));
    edits.iter().map(of).sum()
}

/// The rule of an edit, with its evidence.
fn tag(edit: &Edit) -> String {
    let evidence = evidence(edit.value, edit.threshold, edit.note.as_deref());
    if evidence.is_empty() { format!("[{}]", edit.rule) } else { format!("[{}: {evidence}]", edit.rule) }
}

/// What a rule measured and noted.
pub(super) fn evidence(value: Option<f64>, threshold: Option<f64>, note: Option<&str>) -> String {
    let value = value.map(|value| format!("value {}", number(value)));
    let threshold = threshold.map(|threshold| format!("threshold {}", number(threshold)));
    let note = note.map(|note| visible(&note.replace('\n', " ")));
    let parts: Vec<String> = [value, threshold, note].into_iter().flatten().collect();
    parts.join(", ")
}

/// Escapes invisible characters, including line ends.
fn ends_visible(text: &str) -> String {
    visible(&text.replace('\n', "\\n"))
}

/// A passage of text. If it is long, only its beginning and its end.
pub(super) fn piece(text: &str) -> String {
    let count = text.chars().count();
    let shown = |text: &str| ends_visible(text);
    if count <= PIECE {
        return shown(text);
    }
    let head: String = text.chars().take(PIECE / 2).collect();
    let tail: String = text.chars().skip(count - PIECE / 2).collect();
    format!("{} […{} characters…] {}", shown(&head), count - PIECE, shown(&tail))
}

/// Omits the middle of long runs of lines without edits.
fn shorten(lines: Vec<Shown>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut run: Vec<String> = Vec::new();
    let flush = |run: &mut Vec<String>, out: &mut Vec<String>| {
        let many = run.len();
        let left_out = many.saturating_sub(RUN);
        for (number, line) in run.drain(..).enumerate() {
            if left_out > 0 && number == RUN / 2 {
                out.push(format!("  … {} …", count(left_out, "line")));
            }
            if left_out == 0 || number < RUN / 2 || number >= RUN / 2 + left_out {
                out.push(line);
            }
        }
    };
    for line in lines {
        match line {
            Shown::Kept(line) => run.push(format!("  {line}")),
            Shown::Other(line) => {
                flush(&mut run, &mut out);
                out.push(line);
            }
        }
    }
    flush(&mut run, &mut out);
    out.into_iter().map(without_end).collect()
}

/// Makes trailing white space visible, because editors remove it.
fn without_end(line: String) -> String {
    // An empty line that remains.
    if line.trim().is_empty() {
        return String::new();
    }
    match line.char_indices().next_back() {
        Some((at, last)) if last.is_whitespace() && line.len() > 2 => {
            format!("{}{}", &line[..at], last.escape_unicode())
        }
        _ => line.trim_end().to_owned(),
    }
}

#[cfg(test)]
mod tests;
