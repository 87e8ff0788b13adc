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
    // The first byte of the current run, and the number of its lines that are not blank.
    let (mut run, mut count) = (0, 0);
    let mut is_any_text = false;
    blocks::ends(text, |start, end, lines| {
        if lines == 1 && is_like_text(text, start..end) {
            if count >= LONG {
                menus.extend(middle(text, run..start).map(|span| Menu { span, count, is_off: false }));
            }
            (run, count, is_any_text) = (end + 1, 0, true);
        } else {
            count += if start < end { lines } else { 0 };
        }
    });
    // A page without text is no menu.
    if count >= LONG && is_any_text {
        menus.extend(middle(text, run..text.len()).map(|span| Menu { span, count, is_off: false }));
    }
}

/// The bytes of a run of lines without the first and the last [`BESIDE`] that are not blank.
fn middle(text: &str, run: Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes().get(run.clone())?;
    let mut starts = memchr::memchr_iter(b'\n', bytes).map(|end| end + 1);
    let is_shown = |start: &usize| bytes.get(*start).is_some_and(|byte| *byte != b'\n');
    let first = std::iter::once(0).chain(&mut starts).filter(is_shown).nth(BESIDE)?;
    // The end of the run may follow a line end, or end the text.
    let end = bytes.len() - usize::from(bytes.last() == Some(&b'\n'));
    let mut ends = memchr::memrchr_iter(b'\n', &bytes[..end]);
    let is_shown =
        |end: &usize| end.checked_sub(1).and_then(|last| bytes.get(last)).is_some_and(|byte| *byte != b'\n');
    let last = std::iter::once(end).chain(&mut ends).filter(is_shown).nth(BESIDE)?;
    Some(run.start + first..run.start + last)
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
    fn menus_are_found_as_line_by_line() {
        let long = "x".repeat(49);
        let pieces =
            ["Menu", "a", "7", "é", "Menu item", "x y…", "", "", &long, &long[..48], "橋", "a-", "Über uns"];
        let mut seed = 1u32;
        for round in 0..300 {
            let mut next = || {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (seed >> 16) as usize
            };
            let mut page = String::new();
            for _ in 0..next() % 4 {
                let most = if round % 2 == 0 { pieces.len() } else { 3 };
                (0..next() % 120).for_each(|_| page += &format!("{}\n", pieces[next() % most]));
                page += ["It opened.\n", TEXT, &format!("{long}xy\n")][next() % 3];
            }
            (0..next() % 90).for_each(|_| page += &format!("{}\n", pieces[next() % pieces.len()]));
            page.truncate(page.len() - usize::from(next() % 2 == 0 && page.ends_with('\n')));
            let lines = Line::all(&page);
            let is_text = |line: &Line| is_like_text(&page, line.start..line.end);
            let mut right = Vec::new();
            for run in lines.split(|line| !line.blank() && is_text(line)) {
                let shown: Vec<&Line> = run.iter().filter(|line| !line.blank()).collect();
                if shown.len() >= LONG && lines.iter().any(|line| !line.blank() && is_text(line)) {
                    let last = shown[shown.len() - BESIDE - 1];
                    right.push((shown[BESIDE].start..last.end, shown.len()));
                }
            }
            let mut menus = Vec::new();
            find(&page, &mut menus);
            let found: Vec<_> = menus.into_iter().map(|menu| (menu.span, menu.count)).collect();
            assert_eq!(found, right, "{page:?}");
        }
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
