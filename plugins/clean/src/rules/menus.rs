//! The long menus of a page saved as plain text: the lines in their middle are judged as one, and those at
//! the beginning and the end of the page by the rules alone. Decides nothing else.

use crate::clean::Format;
use crate::lines::blocks::{self, Begins};
use crate::lines::{Line, is_like_text};
use crate::options::Rule;
use crate::rules::boilerplate::Mark;
use crate::scratch::Scratch;
use std::ops::Range;

/// Lines above the first and below the last line of text that the model still scores: headlines, bylines,
/// ends of lists.
const BESIDE: usize = 16;
/// Lines on each side of a menu that stay if it is a list of the text.
const OF_LIST: usize = 4;
/// Fewest lines that are joined.
const LEAST: usize = 8;

/// The lines in the middle of a long menu, which are judged as one.
#[derive(Clone, Debug)]
pub struct Menu {
    /// Their bytes, without the line end of the last.
    pub span: Range<usize>,
    /// How many of them are not blank.
    count: usize,
}

impl Menu {
    /// A menu of these bytes.
    #[cfg(test)]
    pub fn of(span: Range<usize>) -> Self {
        Self { span, count: LEAST }
    }
}

/// Finds the middle of each long menu: of each run of lines that are short and end no sentence, all but the
/// first and the last [`BESIDE`].
///
/// On pages of manuals, three quarters of all lines are in such middles.
pub fn find(text: &str, menus: &mut Vec<Menu>) {
    let mut run = Run::default();
    let mut is_any_text = false;
    blocks::ends(text, |start, end| {
        if is_like_text(text, start..end) {
            menus.extend(run.menu());
            run.count = 0;
            is_any_text = true;
        } else {
            run.push(start, end);
        }
    });
    // A page without text is no menu.
    menus.extend(run.menu().filter(|_| is_any_text));
}

/// A run of short lines.
#[derive(Default)]
struct Run {
    /// Number of lines that are not blank.
    count: usize,
    /// The first byte of the first line of its middle.
    middle: usize,
    /// Where the last lines end.
    ends: [usize; 2 * BESIDE],
}

impl Run {
    /// Adds a line, unless it is blank.
    #[inline(always)]
    fn push(&mut self, start: usize, end: usize) {
        self.middle = if self.count == BESIDE { start } else { self.middle };
        self.ends[self.count % (2 * BESIDE)] = end;
        self.count += usize::from(start < end);
    }

    /// The middle of the run, if it is long.
    fn menu(&self) -> Option<Menu> {
        let count = self.count.checked_sub(2 * BESIDE).filter(|count| *count >= LEAST)?;
        let last = self.ends[(self.count - 1 - BESIDE) % (2 * BESIDE)];
        Some(Menu { span: self.middle..last, count })
    }
}

/// Decides on each menu: it goes if the lines beside it go, and stays if [`OF_LIST`] lines on both sides
/// stay. Removes all others from `menus`: their lines must be judged one by one.
///
/// On 1,720 labelled pages, of the lines in menus that stay, the model would keep 989 in 1,000 one by one;
/// those that it would remove are items like the others.
///
/// `is_off` tells which lines stay only because their rule is switched off; they do not make a list.
pub fn decide(
    menus: &mut Vec<Menu>,
    lines: &[Line],
    marks: &mut [Option<Mark>],
    is_off: impl Fn(usize) -> bool,
) {
    let mut joined = lines.iter().enumerate().filter(|(_, line)| line.is_menu()).map(|(number, _)| number);
    menus.retain(|menu| {
        let Some(number) = joined.next() else { return false };
        let stays = |i: &usize| marks[*i].is_none() && !is_off(*i);
        let beside = |some: &mut dyn Iterator<Item = usize>| {
            some.filter(|i| !lines[*i].blank()).take(OF_LIST).take_while(stays).count()
        };
        let (above, below) = (beside(&mut (0..number).rev()), beside(&mut (number + 1..lines.len())));
        let goes = above + below == 0;
        marks[number] = goes.then(|| Mark::with(Rule::Navigation, menu.count, LEAST));
        goes || above.min(below) == OF_LIST
    });
}

/// Puts the lines of each menu in the place of the one that stands for them, and keeps those for which
/// `stays` holds.
pub fn keep_lines_of(
    text: &str,
    lines: &mut Vec<Line>,
    marks: &mut Vec<Option<Mark>>,
    stays: impl Fn(&str, &Line, &Begins) -> bool,
) {
    let mut scratch = Scratch::default();
    for (line, mark) in std::mem::take(lines).into_iter().zip(std::mem::take(marks)) {
        if !line.is_menu() {
            lines.push(line);
            marks.push(mark);
            continue;
        }
        let menu = line.text(text);
        Line::take(menu, &mut scratch);
        for own in &scratch.lines {
            let stays = !own.blank() && stays(menu, own, &scratch.begins);
            marks.push(mark.filter(|_| !stays));
            let mut own = own.clone();
            (own.start, own.end) = (line.start + own.start, line.start + own.end);
            lines.push(own);
        }
    }
}

/// Returns the shown lines that the model scores.
pub fn scored_rows<'s>(
    format: Format,
    lines: &[Line],
    marks: &[Option<Mark>],
    shown: &'s [usize],
) -> &'s [usize] {
    match format {
        Format::Plain => &shown[range_of_scored(lines, marks, shown)],
        Format::Html => shown,
    }
}

/// Returns the rows of a page that the model scores: those between the long menus at its ends, whose lines
/// are all removed by rules anyway. `shown` maps rows to line numbers.
///
/// On 1,720 labelled pages, these menus hold 13 % of the lines, none of which was main text that the model
/// kept; on pages of manuals, they hold two thirds.
fn range_of_scored(lines: &[Line], marks: &[Option<Mark>], shown: &[usize]) -> Range<usize> {
    let is_text = |&i: &usize| lines[i].is_long() | lines[i].sentence();
    let stays = |&i: &usize| marks[i].is_none();
    // A page without text has no menus beside it.
    let (Some(first), Some(last)) = (shown.iter().position(is_text), shown.iter().rposition(is_text)) else {
        return 0..shown.len();
    };
    let (mut start, mut end) = (first.saturating_sub(BESIDE), shown.len().min(last + 1 + BESIDE));
    start = shown[..start].iter().position(stays).unwrap_or(start);
    end = shown[end..].iter().rposition(stays).map_or(end, |row| end + row + 1);
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Rule;

    /// The rows that the model scores on a page of these lines, all marked except the numbers in `stay`.
    fn asked(page: &[&str], stay: &[usize]) -> Range<usize> {
        let lines = Line::all(&page.join("\n"));
        let marks: Vec<_> =
            (0..page.len()).map(|i| (!stay.contains(&i)).then(|| Mark::by(Rule::Navigation))).collect();
        let shown: Vec<usize> = (0..page.len()).filter(|&i| !lines[i].blank()).collect();
        range_of_scored(&lines, &marks, &shown)
    }

    const TEXT: &str = "The ferry began running again on Tuesday, after a winter ashore.\n";

    #[test]
    fn the_middle_of_long_menus_is_found() {
        let found = |page: &str| {
            let mut menus = Vec::new();
            find(page, &mut menus);
            menus
                .into_iter()
                .map(|menu| (menu.span.start / 5, menu.span.len() + 1, menu.count))
                .collect::<Vec<_>>()
        };
        let menu = |lines: usize| "Menu\n".repeat(lines);
        let short = 2 * BESIDE + LEAST - 1;
        assert_eq!(found(&[&menu(short), TEXT].concat()), []);
        assert_eq!(found(&[&menu(short + 1), TEXT].concat()), [(BESIDE, 5 * LEAST, LEAST)]);
        let page = [&menu(40), "\n\n", &menu(40), TEXT, &menu(39), TEXT, &menu(50)].concat();
        let second = 80 + 39 + (2 + 2 * TEXT.len()) / 5 + BESIDE;
        assert_eq!(found(&page), [(BESIDE, 5 * 48 + 2, 48), (second, 5 * 18, 18)]);
        // Without text, there is no menu beside it.
        assert_eq!(found(&menu(100)), []);
        assert_eq!(found(""), []);
    }

    #[test]
    fn menus_are_not_asked_of() {
        let long = "The ferry began running again on Tuesday, after a winter ashore";
        let mut page = vec!["Menu"; 100];
        assert_eq!(asked(&page, &[]), 0..100);
        page[40] = long;
        page[60] = "It is small.";
        assert_eq!(asked(&page, &[40]), 24..77);
        assert_eq!(asked(&page, &[40, 7, 90]), 7..91);
        page[3] = long;
        assert_eq!(asked(&page, &[]), 0..77);
        page[99] = long;
        assert_eq!(asked(&page, &[]), 0..100);
        assert_eq!(asked(&[], &[]), 0..0);
        // Blank lines are not rows.
        let page = [&[""; 30][..], &["Menu"; 30], &[long]].concat();
        assert_eq!(asked(&page, &[]), 14..31);
    }
}
