//! Times of day and their zones next to a date. No dates.

use super::super::token::Kind;
use super::super::{Time, zone};
use super::{ReadTime, Reader};

impl Reader<'_> {
    /// A time of day after a date, with at most four marks and small words between them.
    pub(super) fn time_after(&self, from: usize) -> Option<ReadTime> {
        for at in from..from + 5 {
            if let Some(time) = self.time(at, true) {
                return Some(time);
            }
            match self.kind(at)? {
                Kind::Mark(
                    ',' | '-' | '–' | '—' | '|' | '•' | '·' | '/' | '@' | '(' | ':' | ';' | '.' | '،' | '⋅'
                    | '∙' | '‧',
                ) => {}
                Kind::Word if self.word(at).is_some_and(is_at) => {}
                // A weekday in brackets, as Japanese and Korean pages write it.
                Kind::Mark(')' | '（' | '）') => {}
                Kind::Word if self.word(at).is_some_and(|w| crate::lines::count_words(w) == 0) => {}
                _ => return None,
            }
        }
        None
    }

    /// Reads a time of day at token `at`. `beside`: it follows a date, so `10.30` is accepted.
    pub(super) fn time(&self, at: usize, beside: bool) -> Option<ReadTime> {
        let (mut half, mut i) = (None, at);
        if let Some(word) = self.word(at) {
            half = match word {
                "오전" | "AM" | "am" => Some(false),
                "오후" | "PM" | "pm" => Some(true),
                _ => None,
            };
            if half.is_none() && matches!(self.word(at + 1), Some("午" | "后" | "後" | "前")) {
                half = match (word, self.word(at + 1)) {
                    ("上" | "午", Some("午" | "前")) => Some(false),
                    ("下" | "午", Some("午" | "后" | "後")) => Some(true),
                    _ => None,
                };
                i += 1;
            }
            half?;
            i += 1;
        }
        let hour = self.number(i, 2)?;
        if hour > 24 {
            return None;
        }
        let mut minute = 0;
        let mut second = None;
        let mut certain = true;
        let glued = |i: usize| !self.spaced(i);
        match self.kind(i + 1) {
            Some(Kind::Mark(':' | '：')) if glued(i + 2) || self.spaced(i + 1) => {
                minute = self.minute(i + 2)?;
                i += 3;
                if self.mark(i, ':')
                    && glued(i + 1)
                    && let Some(value) = self.minute(i + 1)
                {
                    second = Some(value as u8);
                    i += 2;
                    if self.mark(i, '.')
                        && glued(i + 1)
                        && matches!(self.kind(i + 1), Some(Kind::Number(..) | Kind::Word))
                    {
                        i += 2;
                    }
                }
            }
            Some(Kind::Mark('.')) if glued(i + 1) && glued(i + 2) => {
                minute = self.minute(i + 2)?;
                i += 3;
                if self.mark(i, '.') && !self.spaced(i + 1) {
                    return None;
                }
                certain = beside
                    && !matches!(self.kind(i), Some(Kind::Word | Kind::Number(..) | Kind::Mark('%')))
                    || at > 0
                        && self
                            .word(at - 1)
                            .is_some_and(|w| matches!(w, "um" | "kl" | "klo" | "ore" | "pukul" | "Uhr"));
            }
            Some(Kind::Word) => {
                let word = self.word(i + 1)?;
                match word {
                    "h" | "H" | "ч" | "时" | "時" | "點" | "点" | "시" => {
                        i += 2;
                        let one_digit =
                            (word == "시").then(|| self.number(i, 2).filter(|&m| m < 60)).flatten();
                        if let Some(value) = one_digit
                            .or_else(|| self.minute(i).filter(|_| glued(i) || beside && self.spaced(i - 1)))
                        {
                            minute = value;
                            i += 1 + usize::from(matches!(self.word(i + 1), Some("分" | "분" | "min")));
                        } else if word == "h" || word == "H" || word == "ч" {
                            certain = beside;
                        }
                    }
                    "Uhr" | "uhr" => i += 1,
                    _ => {
                        i += 1;
                        certain = false;
                    }
                }
            }
            _ => return None,
        }
        let mut hour = hour as u8;
        // `9:15 a.m.`
        if let Some((afternoon, next)) = self.half(i) {
            half = Some(afternoon);
            certain = true;
            i = next;
        }
        if self
            .word(i)
            .is_some_and(|w| matches!(w, "Uhr" | "uhr" | "h" | "Hs" | "hs" | "hrs" | "Hrs" | "Uhr(" | "น"))
        {
            certain = true;
            i += 1;
        }
        match half {
            Some(_) if hour > 12 || hour == 0 => {}
            Some(false) if hour == 12 => hour = 0,
            Some(true) if hour < 12 => hour += 12,
            _ => {}
        }
        if hour == 24 {
            if minute != 0 {
                return None;
            }
            hour = 0;
        }
        let mut time = Time { hour, minute: minute as u8, second, offset: None };
        if let Some((offset, next)) = self.offset(i, second.is_some()) {
            time.offset = offset;
            certain = true;
            i = next;
        }
        certain.then_some(ReadTime { time, next: i })
    }

    fn minute(&self, at: usize) -> Option<u32> {
        match self.kind(at)? {
            Kind::Number(value @ 0..=59, 2) => Some(value),
            _ => None,
        }
    }

    fn half(&self, at: usize) -> Option<(bool, usize)> {
        let word = self.word(at)?;
        if word.eq_ignore_ascii_case("am") || word.eq_ignore_ascii_case("pm") {
            let dotted = self.mark(at + 1, '.') && self.tokens.len() > at + 2 && !self.spaced(at + 2);
            return Some((word.starts_with(['p', 'P']), at + 1 + usize::from(dotted)));
        }
        let letter = word.eq_ignore_ascii_case("a") || word.eq_ignore_ascii_case("p");
        if letter && self.mark(at + 1, '.') && self.word(at + 2).is_some_and(|w| w.eq_ignore_ascii_case("m"))
        {
            let next = at + 3 + usize::from(self.mark(at + 3, '.'));
            return Some((word.starts_with(['p', 'P']), next));
        }
        None
    }

    /// Reads the offset after a time. `Some((None, _))`: a zone name whose offset depends on the date, see
    /// [`Self::season`].
    fn offset(&self, at: usize, seconds: bool) -> Option<(Option<i16>, usize)> {
        let open = usize::from(self.mark(at, '(') || self.mark(at, ','));
        let start = at + open;
        if let Some(word) = self.word(start) {
            let upper = word.chars().all(|c| c.is_uppercase());
            if upper && let Some(minutes) = zone::offset(word) {
                let close = usize::from(self.mark(start + 1, ')'));
                if (word == "GMT" || word == "UTC")
                    && let Some((more, next)) = self.signed(start + 1, true)
                {
                    return Some((Some(minutes + more), next));
                }
                return Some((Some(minutes), start + 1 + close));
            }
            if upper && zone::north_american(word, 2024, 1, 1).is_some() {
                return Some((None, start + 1));
            }
            return None;
        }
        if open == 0 {
            let (minutes, next) = self.signed(at, seconds)?;
            return Some((Some(minutes), next));
        }
        None
    }

    /// Reads `+0300` and `+02:00`; if `lax`, also `+3` and a minus sign.
    fn signed(&self, at: usize, lax: bool) -> Option<(i16, usize)> {
        let sign = match self.kind(at)? {
            Kind::Mark('+') => 1,
            Kind::Mark('-' | '−') if lax => -1,
            _ => return None,
        };
        if self.spaced(at + 1) {
            return None;
        }
        let (hours, minutes, next) = match self.kind(at + 1)? {
            Kind::Number(value, 4) => (value / 100, value % 100, at + 2),
            Kind::Number(value, 1..=2) if self.mark(at + 2, ':') => (value, self.minute(at + 3)?, at + 4),
            Kind::Number(value, 1..=2) if lax => (value, 0, at + 2),
            _ => return None,
        };
        (hours <= 14 && minutes < 60).then_some((sign * (hours * 60 + minutes) as i16, next))
    }

    /// Gives a time in `ET`, `CT`, `MT` or `PT` its offset on that date.
    pub(super) fn season(&self, time: &mut Time, year: &u16, month: u8, day: u8, next: usize) {
        if time.offset.is_some() {
            return;
        }
        // The time, and so the zone name at its end, is before or after the date: search the tokens back from
        // its end.
        for at in (next.saturating_sub(9)..next + 1).rev() {
            if let Some(word) = self.word(at)
                && word.len() == 2
                && let Some(offset) = zone::north_american(word, *year, month, day)
            {
                time.offset = Some(offset);
                return;
            }
        }
    }
}

fn is_at(word: &str) -> bool {
    matches!(
        word,
        "at" | "um"
            | "à"
            | "a"
            | "las"
            | "às"
            | "as"
            | "kl"
            | "klo"
            | "ore"
            | "alle"
            | "ora"
            | "saat"
            | "pukul"
            | "в"
            | "о"
            | "об"
            | "ob"
            | "T"
            | "At"
            | "AT"
            | "om"
            | "h"
            | "la"
            | "les"
            | "lúc"
            | "г"
            | "р"
            | "года"
            | "року"
            | "v"
            | "hora"
            | "godz"
            | "Uhrzeit"
    )
}
