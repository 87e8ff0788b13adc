//! The long menus at the beginning and the end of a page saved as plain text, whose lines the rules alone
//! judge. Decides nothing else.

use crate::clean::Format;
use crate::lines::Line;
use crate::rules::boilerplate::Mark;
use std::ops::Range;

/// Lines above the first and below the last line of text that the model still scores: headlines, bylines,
/// ends of lists.
const BESIDE: usize = 16;

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
