//! Marks headings, lists, tables, quotations and code of an HTML page in its text, as Markdown has them. Judges no line.

use crate::html::element::Kind;
use crate::html::markup::{Markup, within};
use crate::lines::Line;
use crate::rules::boilerplate::Mark;
use textmill_plugin::edit::{Edit, Edits};

/// Rule of the edits.
const STRUCTURE: &str = "html-structure";

/// The signs to put into kept lines, whose places are counted from `base` on: `shown` are the numbers of lines that are not blank, `markup` what the markup says of each.
pub fn signs(
    base: usize,
    lines: &[Line],
    marks: &[Option<Mark>],
    shown: &[usize],
    markup: &[Markup],
) -> Edits {
    let kept: Vec<(&Line, &Markup)> = shown
        .iter()
        .zip(markup)
        .filter(|(i, _)| marks[**i].is_none())
        .map(|(&i, markup)| (&lines[i], markup))
        .collect();
    let mut edits = Edits::new();
    let mut put =
        |at: usize, sign: &'static str| edits.push(Edit::replace(base + at..base + at, sign, STRUCTURE));
    // Each `pre` has a fence of its own.
    let is_of = |code: u32, place: Option<&(&Line, &Markup)>| place.is_some_and(|(_, m)| m.code == code);
    for (n, (line, markup)) in kept.iter().enumerate() {
        match markup.kind {
            _ if markup.is_code() => {
                if !is_of(markup.code, n.checked_sub(1).and_then(|before| kept.get(before))) {
                    put(line.start, "```\n");
                }
                if !is_of(markup.code, kept.get(n + 1)) {
                    put(line.end, "\n```");
                }
            }
            Kind::Heading1 => put(line.start, "# "),
            Kind::Heading2 => put(line.start, "## "),
            Kind::Heading3 => put(line.start, "### "),
            Kind::Heading4 => put(line.start, "#### "),
            Kind::Heading5 => put(line.start, "##### "),
            Kind::Heading6 => put(line.start, "###### "),
            Kind::Cell => {
                put(line.start, "| ");
                put(line.end, " |");
            }
            _ if markup.within & within::QUOTE != 0 => put(line.start, "> "),
            Kind::Item => put(line.start, "- "),
            _ => {}
        }
    }
    edits
}
