//! Finds the dates in one line and reads them. No choice among them, no evidence from other lines.

use super::token::{Kind, Token, digit, tokens};
use super::{Date, Time, months};
use words::{is_of, is_ordinal, valid};

mod around;
mod clock;
mod words;

/// A date in a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mention {
    /// The date. If `03/04/2024` has two readings, the one with the day first.
    pub date: Date,
    /// Month and day of the other reading, if both are possible.
    pub month_first: Option<(u8, u8)>,
    /// First byte in the line, including a weekday or a time before the date.
    pub start: usize,
    /// One past the last byte, including time and zone.
    pub end: usize,
    /// Whether the month is written as a word.
    pub named: bool,
    /// Whether a weekday precedes it.
    pub weekday: bool,
    /// Whether it is one end of a range of days.
    pub range: bool,
    /// Whether the year has two digits.
    pub short_year: bool,
}

/// Scratch buffer for [`Finder::find`].
#[derive(Clone, Debug, Default)]
pub struct Finder {
    tokens: Vec<Token>,
}

impl Finder {
    /// Writes the dates in `line` to `out`, in order; `out` is cleared first.
    pub fn find(&mut self, line: &str, out: &mut Vec<Mention>) {
        out.clear();
        // A date has a year, and so at least two adjacent digits.
        if !has_two_digits(line) {
            return;
        }
        tokens(line, &mut self.tokens);
        Reader { line, tokens: &self.tokens }.read(out);
    }
}

fn has_two_digits(line: &str) -> bool {
    if line.is_ascii() {
        line.as_bytes().windows(2).any(|pair| pair[0].is_ascii_digit() && pair[1].is_ascii_digit())
    } else {
        line.chars().filter(|&c| digit(c).is_some()).nth(1).is_some()
    }
}

struct Reader<'a> {
    line: &'a str,
    tokens: &'a [Token],
}

struct Read {
    year: u16,
    month: u8,
    day: u8,
    month_first: Option<(u8, u8)>,
    named: bool,
    short_year: bool,
    time: Option<Time>,
    next: usize,
}

struct ReadTime {
    time: Time,
    next: usize,
}

impl<'a> Reader<'a> {
    fn read(&self, out: &mut Vec<Mention>) {
        let mut at = 0;
        let mut last_time: Option<(ReadTime, usize)> = None;
        // Index of the token after the previous date.
        let mut last_end = 0;
        while at < self.tokens.len() {
            if let Some(mut found) = self.date(at) {
                let mut first = at;
                let mut weekday = false;
                let back = self.skip_back(at);
                if back > last_end && self.word(back - 1).is_some_and(months::is_weekday) {
                    first = back - 1;
                    weekday = true;
                }
                if found.day > 0 && found.time.is_none() {
                    if let Some(time) = self.time_after(found.next) {
                        found.next = time.next;
                        found.time = Some(time.time);
                    } else if let Some((time, start)) = last_time.take()
                        && time.next <= first
                        && first - time.next <= 3
                        && (time.next..first).all(|i| self.joins(i))
                    {
                        first = start;
                        found.time = Some(time.time);
                    }
                }
                last_time = None;
                if let Some(time) = &mut found.time {
                    self.season(time, &found.year, found.month, found.day, found.next);
                }
                let range = self.range_before(at)
                    || out.last().is_some_and(|_| {
                        at > last_end && at - last_end <= 2 && self.all_dashes(last_end, at)
                    });
                if range
                    && self.all_dashes(last_end, at)
                    && let Some(before) = out.last_mut()
                {
                    before.range = true;
                }
                out.push(Mention {
                    date: Date { year: found.year, month: found.month, day: found.day, time: found.time },
                    month_first: found.month_first,
                    start: self.tokens[first].start,
                    end: self.tokens[found.next - 1].end,
                    named: found.named,
                    weekday,
                    range,
                    short_year: found.short_year,
                });
                at = found.next;
                last_end = at;
                continue;
            }
            if let Some(time) = self.time(at, false) {
                let next = time.next;
                last_time = Some((time, at));
                at = next;
                continue;
            }
            at += 1;
        }
    }

    fn kind(&self, at: usize) -> Option<Kind> {
        self.tokens.get(at).map(|t| t.kind)
    }

    fn word(&self, at: usize) -> Option<&'a str> {
        let token = self.tokens.get(at)?;
        (token.kind == Kind::Word).then(|| &self.line[token.start..token.end])
    }

    fn number(&self, at: usize, most_digits: u8) -> Option<u32> {
        match self.kind(at)? {
            Kind::Number(value, digits) if digits <= most_digits => Some(value),
            _ => None,
        }
    }

    fn mark(&self, at: usize, mark: char) -> bool {
        self.kind(at) == Some(Kind::Mark(mark))
    }

    fn spaced(&self, at: usize) -> bool {
        self.tokens.get(at).is_none_or(|t| t.space)
    }

    fn year(&self, at: usize) -> Option<u16> {
        match self.kind(at)? {
            Kind::Number(value @ 1900..=2099, 4) => Some(value as u16),
            _ => None,
        }
    }

    fn short_year(&self, at: usize) -> Option<u16> {
        match self.kind(at)? {
            Kind::Number(value @ 0..=40, 2) => Some(2000 + value as u16),
            Kind::Number(value @ 70..=99, 2) => Some(1900 + value as u16),
            _ => None,
        }
    }

    /// The index after `at` if the token there is one of `marks`, else `at`.
    fn after(&self, at: usize, marks: &[char]) -> usize {
        match self.kind(at) {
            Some(Kind::Mark(mark)) if marks.contains(&mark) => at + 1,
            _ => at,
        }
    }

    /// Reads a date that begins at token `at`.
    fn date(&self, at: usize) -> Option<Read> {
        match self.kind(at)? {
            Kind::Number(_, 4) => self.year_first(at),
            Kind::Number(1..=31, 1..=2) => self.day_or_month_number(at),
            Kind::Word => self.month_word(at),
            _ => None,
        }
    }

    fn year_first(&self, at: usize) -> Option<Read> {
        let year = self.year(at)?;
        // Between separators, a year and a month without a day are no date: `12-2024-5` is a code, `/2024/05`
        // a path.
        if self.word(at + 1).is_some_and(|w| w == "年" || w.starts_with('년')) {
            return self.east_asian(at, year);
        }
        let Some(Kind::Mark(separator)) = self.kind(at + 1) else {
            let month = months::month(self.word(at + 1)?)?;
            return self.year_month_day(at + 2, year, month);
        };
        if separator == '.'
            && let Some(month) = self.word(at + 2).and_then(months::month)
        {
            return self.year_month_day(at + 3, year, month);
        }
        if !matches!(separator, '-' | '/' | '.' | '‐' | '−') {
            return None;
        }
        if let Some(month) = self.word(at + 2).and_then(months::month)
            && self.mark(at + 3, separator)
        {
            return self.year_month_day(at + 4, year, month);
        }
        let month = self.number(at + 2, 2)? as u8;
        if !self.mark(at + 3, separator) || separator != '.' && (self.spaced(at + 2) || self.spaced(at + 4)) {
            return None;
        }
        let day = self.number(at + 4, 2)? as u8;
        self.checked(year, month, day, at + 5, false)
    }

    fn year_month_day(&self, at: usize, year: u16, month: u8) -> Option<Read> {
        let at = self.after(at, &['.', ',']);
        let day = self.number(at, 2)? as u8;
        self.checked(year, month, day, at + 1, true)
    }

    fn east_asian(&self, at: usize, year: u16) -> Option<Read> {
        let month = self.number(at + 2, 2)? as u8;
        if !self.word(at + 3).is_some_and(|w| w == "月" || w.starts_with('월')) {
            return None;
        }
        if let Some(day) = self.number(at + 4, 2)
            && self.word(at + 5).is_some_and(|w| w == "日" || w == "号" || w.starts_with('일'))
        {
            return self.checked(year, month, day as u8, at + 6, true);
        }
        self.month_only(year, month, at + 4)
    }

    fn day_or_month_number(&self, at: usize) -> Option<Read> {
        let first = self.number(at, 2)? as u8;
        if let Some(Kind::Mark(separator @ ('.' | '/' | '-' | '‐' | '−'))) = self.kind(at + 1)
            && let Some(second) = self.number(at + 2, 2)
            && self.mark(at + 3, separator)
        {
            // Not inside a longer number, such as an IP address or a version.
            let glued =
                at > 0 && !self.spaced(at) && matches!(self.kind(at - 1), Some(Kind::Mark('.' | '/' | '-')));
            if glued || separator != '.' && (self.spaced(at + 2) || self.spaced(at + 4)) {
                return None;
            }
            let (year, short) = match self.year(at + 4) {
                Some(year) => (year, false),
                None if separator != '-' => (self.short_year(at + 4)?, true),
                None => return None,
            };
            let more = self.mark(at + 5, separator)
                && !self.spaced(at + 5)
                && matches!(self.kind(at + 6), Some(Kind::Number(..)))
                && !self.spaced(at + 6);
            if more || short && (self.spaced(at + 4) || self.mark(at + 5, '%')) {
                return None;
            }
            return self.numeric(first, second as u8, year, separator, at + 5, short);
        }
        self.day_then_name(at, first)
    }

    fn numeric(
        &self,
        first: u8,
        second: u8,
        year: u16,
        separator: char,
        next: usize,
        short: bool,
    ) -> Option<Read> {
        let day_first = valid(year, second, first);
        let month_first = valid(year, first, second);
        let mut read = match (day_first, month_first) {
            (true, true) if separator == '/' && first != second => {
                Read { month_first: Some((first, second)), ..self.checked(year, second, first, next, false)? }
            }
            (true, _) => self.checked(year, second, first, next, false)?,
            (false, true) => self.checked(year, first, second, next, false)?,
            (false, false) => return None,
        };
        read.short_year = short;
        Some(read)
    }

    /// `12 October 2023`, `4. März 2024`, `1er mai 2024`, `3 de mayo de 2024`, `05-Jan-24`.
    fn day_then_name(&self, at: usize, day: u8) -> Option<Read> {
        let mut i = at + 1;
        if self.word(i).is_some_and(|w| !self.spaced(i) && is_ordinal(w)) {
            i += 1;
        }
        i = self.after(i, &['.', 'º', 'ª', '°', '-', '/', ',', '‑']);
        if self.word(i).is_some_and(is_of) {
            i += 1;
        }
        if self.mark(i, '\'') || self.mark(i, '’') {
            i += 1;
        }
        let month = months::month(self.word(i)?)?;
        i = self.after(i + 1, &['.', ',']);
        i = self.after(i, &[',', '-', '/', '‑', '.']);
        if self.word(i).is_some_and(is_of) {
            i += 1;
        }
        if let Some(year) = self.year(i) {
            return self.checked(year, month, day, i + 1, true);
        }
        // `05-Jan-24`
        if self.mark(at + 1, '-')
            && self.mark(at + 3, '-')
            && let Some(year) = self.short_year(at + 4)
        {
            return Some(Read { short_year: true, ..self.checked(year, month, day, at + 5, true)? });
        }
        None
    }

    /// `March 4, 2019`, `Jan. 5th 2024`, `Jan-05-2024`, `Jan 5 10:20:11 2024`, `May 2024`.
    fn month_word(&self, at: usize) -> Option<Read> {
        let month = months::month(self.word(at)?)?;
        let mut i = self.after(at + 1, &['.', '-', '/', '‑']);
        if self.word(i).is_some_and(is_of) {
            i += 1;
        }
        if let Some(year) = self.year(i) {
            return self.month_only(year, month, i + 1);
        }
        let day = self.number(i, 2)? as u8;
        i += 1;
        if self.word(i).is_some_and(|w| !self.spaced(i) && is_ordinal(w)) {
            i += 1;
        }
        i = self.after(i, &[',', '.', '-', '/', '،', '‑']);
        if self.word(i).is_some_and(is_of) {
            i += 1;
        }
        if let Some(year) = self.year(i) {
            return self.checked(year, month, day, i + 1, true);
        }
        let time = self.time(i, false)?;
        let mut i = self.after(time.next, &[',', '.']);
        i += usize::from(
            self.word(i).is_some_and(|w| w.len() <= 4 && w.bytes().all(|b| b.is_ascii_uppercase())),
        );
        let year = self.year(i)?;
        Some(Read { time: Some(time.time), ..self.checked(year, month, day, i + 1, true)? })
    }

    fn checked(&self, year: u16, month: u8, day: u8, next: usize, named: bool) -> Option<Read> {
        valid(year, month, day).then_some(Read {
            year,
            month,
            day,
            month_first: None,
            named,
            short_year: false,
            time: None,
            next,
        })
    }

    fn month_only(&self, year: u16, month: u8, next: usize) -> Option<Read> {
        (1..=12).contains(&month).then_some(Read {
            year,
            month,
            day: 0,
            month_first: None,
            named: true,
            short_year: false,
            time: None,
            next,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(line: &str) -> Vec<String> {
        let mut out = Vec::new();
        Finder::default().find(line, &mut out);
        out.iter().map(|m| m.date.to_string()).collect()
    }

    #[test]
    fn styles() {
        for (line, want) in [
            ("18:37 GMT 16.05.2021", "2021-05-16T18:37Z"),
            ("Published: Monday, March 4, 2019, 9:15 a.m. EST", "2019-03-04T09:15-05:00"),
            ("12 October 2023, 16:47", "2023-10-12T16:47"),
            ("3. Mai 2024, 17:47", "2024-05-03T17:47"),
            ("Publiziert17. Dezember 2024, 12:17", "2024-12-17T12:17"),
            ("Ada Reed24.04.2024, 19:35 Uhr", "2024-04-24T19:35"),
            ("22.04.2024 | 15:54", "2024-04-22T15:54"),
            ("2023-10-12T16:47:05+02:00", "2023-10-12T16:47:05+02:00"),
            ("2023-10-12T16:47:05.123Z", "2023-10-12T16:47:05Z"),
            ("2023/10/12", "2023-10-12"),
            ("2023年11月8日 14時05分", "2023-11-08T14:05"),
            ("2023년 11월 8일 오후 2시 5분", "2023-11-08T14:05"),
            ("2020.07.03 10:30", "2020-07-03T10:30"),
            ("3 de mayo de 2024", "2024-05-03"),
            ("1er mai 2024 à 14h32", "2024-05-01T14:32"),
            ("15 mai 2018 à 09 h 30", "2018-05-15T09:30"),
            ("14 Nisan 2023, 09:41", "2023-04-14T09:41"),
            ("1 Декабря 2020 14:02", "2020-12-01T14:02"),
            ("12. září 2023", "2023-09-12"),
            ("2022. január 14. 10:05", "2022-01-14T10:05"),
            ("Oct. 5th, 2021 at 3 pm", "2021-10-05T15:00"),
            ("June 3, 2024in Culture", "2024-06-03"),
            ("Fri, 12 Apr 2024 08:00:09 +0300", "2024-04-12T08:00:09+03:00"),
            ("Updated 11/28/2023 10:46 PM", "2023-11-28T22:46"),
            ("29th Oct 2023, 12:47 GMT", "2023-10-29T12:47Z"),
            ("November 2, 2023 6.55pm SAST", "2023-11-02T18:55+02:00"),
            ("٨ نوفمبر ٢٠٢٣", "2023-11-08"),
            ("8 نوفمبر 2023", "2023-11-08"),
            ("04.05.2024 10.30", "2024-05-04T10:30"),
            ("05-Jan-24", "2024-01-05"),
            ("Jan 5 10:20:11 2024", "2024-01-05T10:20:11"),
            ("July 9, 2024, 9:05 a.m. ET", "2024-07-09T09:05-04:00"),
            ("9:05 AM ET, Tue July 9, 2024", "2024-07-09T09:05-04:00"),
            ("January 2024", "2024-01"),
            ("09:44 UTC+3, 5 May 2021", "2021-05-05T09:44+03:00"),
        ] {
            assert_eq!(found(line), [want], "{line}");
        }
    }

    #[test]
    fn what_is_no_date() {
        for line in [
            "Version 10.4.2022.1",
            "call 555-12-2024-77",
            "3 hours ago",
            "April 12",
            "31.02.2024",
            "score 3:2 after 90 minutes",
            "1.2.3",
            "192.168.20.24",
            "in 2024 the river rose",
        ] {
            assert_eq!(found(line), [""; 0], "{line}");
        }
    }

    #[test]
    fn two_dates_in_a_line() {
        assert_eq!(
            found("18:37 GMT 16.05.2021 (Updated: 19:05 GMT 16.05.2021)"),
            ["2021-05-16T18:37Z", "2021-05-16T19:05Z"]
        );
        assert_eq!(
            found("Giriş: 03.07.2024 - 18:24 Güncelleme: 03.07.2024 - 18:57"),
            ["2024-07-03T18:24", "2024-07-03T18:57"]
        );
    }

    #[test]
    fn spans_of_days_are_marked() {
        let mut out = Vec::new();
        for line in ["12. bis 15. Oktober 2023", "12.10. - 15.10.2023", "5 May 2024 - 7 May 2024"] {
            Finder::default().find(line, &mut out);
            assert!(out.iter().all(|m| m.range), "{line}");
        }
        Finder::default().find("18:24 - 03.07.2024", &mut out);
        assert!(!out[0].range && out[0].start == 0);
    }

    #[test]
    fn both_readings() {
        let mut out = Vec::new();
        Finder::default().find("03/04/2024", &mut out);
        assert_eq!(out[0].month_first, Some((3, 4)));
        Finder::default().find("13/04/2024", &mut out);
        assert_eq!((out[0].month_first, out[0].date.day), (None, 13));
        Finder::default().find("04/13/2024", &mut out);
        assert_eq!((out[0].month_first, out[0].date.day), (None, 13));
    }
}
