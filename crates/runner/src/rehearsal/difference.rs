//! The lines in which two texts differ, with some context. How they are displayed is left to the caller.

use crate::table::count;
use similar::{ChangeTag, TextDiff};
use std::fmt::Write as _;
use std::time::Duration;

/// Maximum number of characters of a line to show.
const LINE: usize = 160;
/// Number of characters to show before the first difference in a line that is cut.
const BEFORE: usize = 40;
/// Time after which a diff need not be minimal: texts of many lines have thousands of possible diffs.
const PATIENCE: Duration = Duration::from_millis(500);

/// Where a line comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Both texts.
    Same,
    /// The old text.
    Removed,
    /// The new text.
    Added,
    /// Marks that common lines are left out here.
    Gap,
}

impl Sign {
    /// The sign as a character. A gap has a line of its own.
    pub fn mark(self) -> char {
        match self {
            Self::Same | Self::Gap => ' ',
            Self::Removed => '-',
            Self::Added => '+',
        }
    }
}

/// A line of a diff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Where it comes from.
    pub sign: Sign,
    /// Index of the first character that differs from the line that it replaces or is replaced by.
    pub at: usize,
    /// The text of the line.
    pub text: String,
}

/// The lines that differ, with at most `around` lines of context around each change.
pub fn differing(old: &str, new: &str, around: usize) -> Vec<Line> {
    let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(old, new);
    let mut lines = Vec::new();
    for (number, group) in diff.grouped_ops(around).iter().enumerate() {
        if number > 0 {
            lines.push(Line { sign: Sign::Gap, at: 0, text: "…".into() });
        }
        for op in group {
            let side = |tag| {
                let of_side = diff.iter_changes(op).filter(move |change| change.tag() == tag);
                of_side.map(|change| change.value().trim_end_matches(['\r', '\n']).to_owned())
            };
            let removed: Vec<String> = side(ChangeTag::Delete).collect();
            let added: Vec<String> = side(ChangeTag::Insert).collect();
            // The n-th removed line is paired with the n-th added one.
            let at = |line: usize| match (removed.get(line), added.get(line)) {
                (Some(old), Some(new)) => common(old, new),
                _ => 0,
            };
            let line = |sign, at, text: &String| Line { sign, at, text: text.clone() };
            lines.extend(side(ChangeTag::Equal).map(|text| Line { sign: Sign::Same, at: 0, text }));
            lines.extend(removed.iter().enumerate().map(|(n, text)| line(Sign::Removed, at(n), text)));
            lines.extend(added.iter().enumerate().map(|(n, text)| line(Sign::Added, at(n), text)));
        }
    }
    lines
}

/// Writes at most `most` lines of a diff, each after `indent` and its sign.
pub fn write_difference(old: &str, new: &str, around: usize, most: usize, indent: &str, out: &mut String) {
    let lines = differing(old, new, around);
    let gaps = lines.iter().filter(|line| line.sign == Sign::Gap).count();
    let mut shown = 0;
    for line in &lines {
        if line.sign != Sign::Gap {
            shown += 1;
        }
        if shown <= most {
            let line = format!("{indent}{} {}", line.sign.mark(), cut(&line.text, line.at));
            let _ = writeln!(out, "{}", line.trim_end());
        }
    }
    let all = lines.len() - gaps;
    if all > most {
        let _ = writeln!(out, "{indent}  … and {}", count(all - most, "more line"));
    }
}

/// Length of the common prefix of two lines, in characters.
pub fn common(old: &str, new: &str) -> usize {
    old.chars().zip(new.chars()).take_while(|(a, b)| a == b).count()
}

/// A line, cut to the surroundings of the character `at` if it is long. Control characters are shown as
/// escapes.
pub fn cut(line: &str, at: usize) -> String {
    let count = line.chars().count();
    let start = if count <= LINE { 0 } else { at.saturating_sub(BEFORE) };
    let end = count.min(start + LINE);
    let head = if start > 0 { "…" } else { "" };
    let tail = if end < count { "…" } else { "" };
    let middle = line.chars().skip(start).take(end - start);
    let shown = |out: String, c: char| match c {
        '\t' => out + "\t",
        c if c.is_control() => out + &c.escape_unicode().to_string(),
        c => out + c.encode_utf8(&mut [0; 4]),
    };
    format!("{head}{}{tail}", middle.fold(String::new(), shown))
}
