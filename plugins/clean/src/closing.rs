//! Keeps the end of a text: a short last sentence, the rest of a numbered list. The model has learned that
//! short lines below the text are seldom part of it, and would cut the text short there. Marks no line.

use crate::lines::Line;
use crate::model::lexicon::NEUTRAL;
use crate::options::{Rule, Rules};
use crate::rules::boilerplate::{Mark, State};

/// Most words of a short sentence.
const SHORT: usize = 15;

/// Removes the model's marks from lines that continue the kept lines above them. `shown` are the numbers of
/// the lines that are not blank.
///
/// On 1,720 labelled pages, the model removes some 220 lines that end a sentence, show no cue and directly
/// follow a kept line; 4 in 10 of them are main text. F1 of news and articles is the same with and without
/// these lines, over four trainings.
///
/// `by_rules` are the marks of all rules: a line that is kept only because its rule is switched off does not
/// count as text above others.
pub fn keep(
    text: &str,
    lines: &[Line],
    (states, shown): (&[State], &[usize]),
    (by_rules, rules): (&[Option<Mark>], &Rules),
    marks: &mut [Option<Mark>],
) {
    let item = |line: usize| number(lines[line].text(text));
    let mut above = None;
    // Whether a teaser separates `above` from the current line. As that rule is sure, the teaser is inside
    // the text.
    let mut below_teaser = false;
    for (row, &i) in shown.iter().enumerate() {
        let is_doubtful = marks[i].is_some_and(|mark| {
            mark.rule == Rule::BoilerplateModel
                && matches!(mark.kind, None | Some(Rule::PageFooter | Rule::OutsideBody))
        });
        if let Some(above) = above
            && is_doubtful
            && (is_sentence(&lines[i], &states[i], below_teaser)
                || goes_on(item(above), item(i))
                || lines[above].colon() && begins(item(i), shown.get(row + 1).and_then(|next| item(*next))))
        {
            marks[i] = None;
        }
        let seen = marks[i].or_else(|| by_rules[i].filter(|mark| !rules.on(mark.rule)));
        below_teaser = seen.is_some_and(|mark| mark.rule == Rule::InlineTeaser);
        if !below_teaser {
            above = seen.is_none().then_some(i);
        }
    }
}

/// Whether a line may be the last sentence of a text. It must be short unless it follows a teaser.
fn is_sentence(line: &Line, state: &State, below_teaser: bool) -> bool {
    let most = if below_teaser { usize::MAX } else { SHORT };
    line.sentence() && (2..=most).contains(&line.words()) && state.cue == 0 && state.score >= NEUTRAL
}

/// Whether a list item follows directly on another.
fn goes_on(above: Option<(u32, u8)>, item: Option<(u32, u8)>) -> bool {
    above.zip(item).is_some_and(|(above, item)| above.0 + 1 == item.0 && above.1 == item.1)
}

/// Whether an item is the first of a list, with the next one below it.
fn begins(item: Option<(u32, u8)>, below: Option<(u32, u8)>) -> bool {
    item.is_some_and(|(number, _)| number == 1) && goes_on(item, below)
}

/// Whether a line is an item of a numbered list or a paragraph of a law: `3) `, `(3) `.
pub fn is_item(line: &str) -> bool {
    number(line.strip_prefix('(').unwrap_or(line)).is_some()
}

/// The number of a list item, and the character after it: `12. `, `3) `.
fn number(line: &str) -> Option<(u32, u8)> {
    let digits = line.bytes().take(4).take_while(u8::is_ascii_digit).count();
    let [sign @ (b'.' | b')'), b' ', ..] = *line.as_bytes().get(digits..)? else { return None };
    Some((line.get(..digits)?.parse().ok()?, sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_numbered() {
        for (line, item) in [
            ("12. Water them", Some((12, b'.'))),
            ("3) Water them", Some((3, b')'))),
            ("2024. A year", Some((2024, b'.'))),
            ("20245. None", None),
            ("1.5 kg of flour", None),
            ("1.", None),
            (". none", None),
            ("", None),
        ] {
            assert_eq!(number(line), item, "{line}");
        }
        assert!(goes_on(number("9. a"), number("10. b")) && begins(number("1) a"), number("2) b")));
        assert!(!goes_on(number("9. a"), number("10) b")) && !begins(number("1. a"), None));
    }
}
