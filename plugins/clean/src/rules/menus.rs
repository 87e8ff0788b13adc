//! The long menus of a page saved as plain text: the lines in their middle are judged as one, and those at
//! the beginning and the end of the page by the rules alone. Decides nothing else.

use crate::clean::Format;
use crate::lines::blocks::{self, Begins};
use crate::lines::{Line, is_like_text};
use crate::options::{Rule, Rules};
use crate::rules::boilerplate::Mark;
use crate::scratch::Scratch;
use std::ops::Range;

/// Lines above the first and below the last line of text that the model still scores: headlines, bylines,
/// ends of lists.
const BESIDE: usize = 16;
/// Lines on each side of the middle of a menu that decide on it.
const BESIDE_MIDDLE: usize = 4;
/// Fewest lines of a long menu.
const LONG: usize = 2 * BESIDE + 8;

/// The lines in the middle of a long menu, which are judged as one.
#[derive(Clone, Debug)]
pub struct Menu {
    /// Their bytes, without the line end of the last.
    pub span: Range<usize>,
    /// How many lines the whole menu has that are not blank.
    count: usize,
    /// Whether a line beside it stays only because its rule is switched off.
    is_off: bool,
}

impl Menu {
    /// A menu of these bytes.
    #[cfg(test)]
    pub fn of(span: Range<usize>) -> Self {
        Self { span, count: LONG, is_off: false }
    }
}

/// Finds the middle of each long menu: of each run of at least [`LONG`] lines that are short and neither end a
/// sentence nor look cut off, all but the first and the last [`BESIDE`].
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
    /// Where the last lines end, each at its number modulo the length.
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
        let last = (self.count >= LONG).then(|| self.ends[(self.count - 1 - BESIDE) % (2 * BESIDE)])?;
        Some(Menu { span: self.middle..last, count: self.count, is_off: false })
    }
}

/// Decides on each menu: it goes if the [`BESIDE_MIDDLE`] nearest lines above and below it go, and stays if
/// they stay. Removes all others from `menus`: their lines must be judged one by one.
///
/// On 1,720 labelled pages, of the lines in menus that stay, the model would keep 989 in 1,000 one by one;
/// those that it would remove are items like the others.
///
/// `is_off` tells which lines stay only because their rule is switched off; they count as lines that go, and
/// [`keep_lines_of`] keeps what belongs to them.
pub fn decide(
    menus: &mut Vec<Menu>,
    lines: &[Line],
    marks: &mut [Option<Mark>],
    is_off: impl Fn(usize) -> bool,
) {
    let mut joined = lines.iter().enumerate().filter(|(_, line)| line.is_menu()).map(|(number, _)| number);
    menus.retain_mut(|menu| {
        let Some(number) = joined.next() else { return false };
        let is_shown = |i: &usize| !lines[*i].blank();
        let above = (0..number).rev().filter(is_shown).take(BESIDE_MIDDLE);
        let below = (number + 1..lines.len()).filter(is_shown).take(BESIDE_MIDDLE);
        let (mut all, mut stay) = (0, 0);
        menu.is_off = false;
        for i in above.chain(below) {
            all += 1;
            stay += usize::from(marks[i].is_none() && !is_off(i));
            menu.is_off |= marks[i].is_none() && is_off(i);
        }
        marks[number] = (stay == 0).then(|| Mark::with(Rule::Navigation, menu.count, LONG));
        stay == 0 || stay == all
    });
}

/// Puts the lines of each menu in the place of the one that stands for them, and keeps those whose rule is
/// off: the rule of the line alone, which `rule_of` tells, otherwise that of the lines beside the menu.
pub fn keep_lines_of(
    text: &str,
    menus: &[Menu],
    (lines, marks): (&mut Vec<Line>, &mut Vec<Option<Mark>>),
    rules: &Rules,
    rule_of: impl Fn(&str, &Line, &Begins) -> Option<Rule>,
) {
    let mut menus = menus.iter();
    let mut scratch = Scratch::default();
    for (line, mark) in std::mem::take(lines).into_iter().zip(std::mem::take(marks)) {
        if !line.is_menu() {
            lines.push(line);
            marks.push(mark);
            continue;
        }
        let is_off = menus.next().is_some_and(|menu| menu.is_off) || !rules.on(Rule::Navigation);
        let menu = line.text(text);
        Line::take(menu, &mut scratch);
        let mut stays = false;
        for own in &scratch.lines {
            // A blank line goes with the line above it.
            if !own.blank() {
                stays = rule_of(menu, own, &scratch.begins).map_or(is_off, |rule| !rules.on(rule));
            }
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

/// Returns the rows of a page that the model scores: those between the menus at its ends, whose lines are all
/// removed by rules anyway. `shown` maps rows to line numbers. On 1,720 labelled pages, none of the others was
/// main text that the model kept.
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
        assert_eq!(found(&[&menu(LONG - 1), TEXT].concat()), []);
        assert_eq!(found(&[&menu(LONG), TEXT].concat()), [(BESIDE, 5 * 8, LONG)]);
        let page = [&menu(40), "\n\n", &menu(40), TEXT, &menu(39), TEXT, &menu(50)].concat();
        let second = 80 + 39 + (2 + 2 * TEXT.len()) / 5 + BESIDE;
        assert_eq!(found(&page), [(BESIDE, 5 * 48 + 2, 80), (second, 5 * 18, 50)]);
        // Without text, there is no menu beside it.
        assert_eq!(found(&menu(100)), []);
        assert_eq!(found(""), []);
    }

    #[test]
    fn menus_go_and_stay_with_the_lines_beside_them() {
        let page = ["Menu\n".repeat(60), TEXT.to_owned(), "\nItem\n".repeat(60)].concat();
        let mut scratch = Scratch::default();
        find(&page, &mut scratch.menus);
        Line::take(&page, &mut scratch);
        let Scratch { lines, menus, .. } = scratch;
        let places: Vec<usize> = (0..lines.len()).filter(|&i| lines[i].is_menu()).collect();
        let [first, second] = places[..] else { panic!("{places:?}") };
        let shown: Vec<usize> = (0..lines.len()).filter(|&i| !lines[i].blank()).collect();
        // Which of the four nearest lines on each side of the two menus stay, and which because of a rule.
        let decided = |stay: [[usize; 2]; 2], off: &[usize]| {
            let mut marks = vec![Some(Mark::by(Rule::PageHeader)); lines.len()];
            let mut is_off = vec![false; lines.len()];
            for (place, [above, below]) in [first, second].into_iter().zip(stay) {
                let at = shown.partition_point(|&i| i < place);
                shown[at - above..at + below].iter().for_each(|&i| marks[i] = None);
                off.iter().for_each(|&n| is_off[shown[at + n]] = true);
            }
            let mut left = menus.clone();
            decide(&mut left, &lines, &mut marks, |i| is_off[i]);
            let mark = |menu: &Menu| {
                let place = if menu.span == menus[0].span { first } else { second };
                (marks[place].map(|mark| mark.rule), menu.is_off)
            };
            left.iter().map(mark).collect::<Vec<_>>()
        };
        let (goes, stays) = ((Some(Rule::Navigation), false), (None, false));
        assert_eq!(decided([[0, 0], [0, 0]], &[]), [goes, goes]);
        assert_eq!(decided([[4, 4], [0, 0]], &[]), [stays, goes]);
        assert_eq!(decided([[4, 3], [16, 16]], &[]), [stays]);
        assert_eq!(decided([[0, 1], [4, 0]], &[]), []);
        assert_eq!(decided([[0, 1], [0, 0]], &[0]), [(goes.0, true), goes]);
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
