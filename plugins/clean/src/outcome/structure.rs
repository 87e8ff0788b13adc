//! Adds Markdown signs for headings, lists, tables, quotations and code to the text of an HTML page. Judges
//! no line.

use std::borrow::Cow;

use crate::html::element::Kind;
use crate::html::items::Item;
use crate::html::markup::{Markup, within};
use crate::lines::Line;
use crate::rules::boilerplate::Mark;
use textmill_plugin::edit::{Edit, Edits};

/// Rule id of the edits.
const STRUCTURE: &str = "html-structure";

/// Returns the signs to insert into the kept lines of a part of a text, whose offsets are relative to `base`.
/// `shown` are the numbers of the lines that are not blank, `markup` is the markup of each, and `items` are
/// the first lines of list items.
pub fn signs(
    (base, text): (usize, &str),
    lines: &[Line],
    marks: &[Option<Mark>],
    (shown, markup): (&[usize], &[Markup]),
    items: &[Item],
) -> Edits {
    let kept: Vec<(&Line, &Markup)> = shown
        .iter()
        .zip(markup)
        .filter(|(i, _)| marks[**i].is_none())
        .map(|(&i, markup)| (&lines[i], markup))
        .collect();
    let mut edits = Edits::new();
    let mut put = |at: usize, sign: Cow<'static, str>| {
        edits.push(Edit::replace(base + at..base + at, sign, STRUCTURE));
    };
    let mut fence = String::new();
    // Each `pre` gets its own fence.
    let is_of = |code: u32, place: Option<&(&Line, &Markup)>| place.is_some_and(|(_, m)| m.code == code);
    for (n, (line, markup)) in kept.iter().enumerate() {
        match markup.kind {
            _ if markup.is_code() => {
                if !is_of(markup.code, n.checked_sub(1).and_then(|before| kept.get(before))) {
                    let block = kept[n..].iter().take_while(|(_, other)| other.code == markup.code);
                    fence = fence_of(block.map(|(line, _)| line.text(text)));
                    put(line.start, format!("{fence}\n").into());
                }
                if !is_of(markup.code, kept.get(n + 1)) {
                    put(line.end, format!("\n{fence}").into());
                }
            }
            Kind::Cell => {
                put(line.start, "| ".into());
                let before = n.checked_sub(1).and_then(|before| kept.get(before));
                match before.is_some_and(|(_, before)| before.kind == Kind::Cell) {
                    true => put(line.end, " |".into()),
                    false => put(line.end, below_header(line.text(text)).into()),
                }
            }
            kind => {
                if let Some(level) = kind.heading_level() {
                    put(line.start, format!("{} ", "#".repeat(level)).into());
                    continue;
                }
                let quote = if markup.within & within::QUOTE != 0 { "> " } else { "" };
                let item = items.binary_search_by_key(&markup.source, |item| item.source);
                let sign: Cow<'static, str> = match item.map(|item| &items[item]) {
                    Ok(item) if item.is_quoted => format!("{quote}{}", item.sign()).into(),
                    Ok(item) => format!("{}{quote}", item.sign()).into(),
                    Err(_) => quote.into(),
                };
                if !sign.is_empty() {
                    put(line.start, sign);
                }
            }
        }
    }
    edits
}

/// Returns the end of the first row of a table, with the row of dashes that Markdown wants below it.
fn below_header(row: &str) -> String {
    format!(" |\n|{}", " --- |".repeat(row.split(" | ").count()))
}

/// Returns the fence for a block of code: three backticks, or one more than the longest run of backticks in
/// it.
fn fence_of<'t>(lines: impl Iterator<Item = &'t str>) -> String {
    let longest = |line: &str| line.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(lines.map(longest).max().map_or(3, |longest| (longest + 1).max(3)))
}
