//! The tokens around a date: marks between it and a weekday or a time, and ranges of days.

use super::Reader;
use crate::date::months;
use crate::date::token::Kind;

impl Reader<'_> {
    /// Steps back from `at` over the marks and small words between a weekday and a date.
    pub(super) fn skip_back(&self, at: usize) -> usize {
        let mut i = at;
        while i > 0 && at - i < 3 {
            match self.kind(i - 1) {
                Some(Kind::Mark(',' | '.' | '|' | '،' | '/' | '(')) => i -= 1,
                Some(Kind::Word)
                    if matches!(
                        self.word(i - 1),
                        Some("the" | "le" | "den" | "el" | "dem" | "feira" | "d")
                    ) =>
                {
                    i -= 1
                }
                _ => break,
            }
        }
        i
    }

    /// Whether the token at `at` may be between a time and the date after it.
    pub(super) fn joins(&self, at: usize) -> bool {
        match self.kind(at) {
            Some(Kind::Mark(',' | '-' | '–' | '—' | '|' | '•' | '·' | '/' | '(' | ')' | '.')) => true,
            Some(Kind::Word) => self.word(at).is_some_and(|w| {
                matches!(
                    w,
                    "on" | "am"
                        | "le"
                        | "el"
                        | "del"
                        | "de"
                        | "ET"
                        | "PT"
                        | "CT"
                        | "il"
                        | "den"
                        | "того"
                        | "Uhr"
                )
            }),
            _ => false,
        }
    }

    pub(super) fn range_before(&self, at: usize) -> bool {
        if at < 2 {
            return false;
        }
        let dash = matches!(self.kind(at - 1), Some(Kind::Mark('-' | '–' | '—')))
            || self.word(at - 1).is_some_and(|w| matches!(w, "bis" | "to" | "until" | "au" | "al"));
        let before = if self.mark(at - 2, '.') && at > 2 { at - 3 } else { at - 2 };
        let number = match self.kind(before) {
            Some(Kind::Number(1..=31, 1..=2)) => {
                before == 0 || !matches!(self.kind(before - 1), Some(Kind::Mark(':')))
            }
            Some(Kind::Word) => self.word(before).and_then(months::month).is_some(),
            _ => false,
        };
        dash && number
    }

    pub(super) fn all_dashes(&self, from: usize, to: usize) -> bool {
        from < to
            && (from..to).all(|i| {
                matches!(self.kind(i), Some(Kind::Mark('-' | '–' | '—')))
                    || self.word(i).is_some_and(|w| matches!(w, "bis" | "to" | "until" | "au" | "al"))
            })
    }
}
