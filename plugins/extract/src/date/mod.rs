//! Dates in lines: finding them, reading them, choosing the one of publication.

pub mod choose;
pub mod months;
pub mod parse;
pub mod token;
pub mod zone;

use std::fmt;

/// A calendar date, optionally with a time of day and an offset, as precise as the page gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date {
    /// Year, 1900 to 2099.
    pub year: u16,
    /// Month, 1 to 12.
    pub month: u8,
    /// Day of the month; 0 if only the month is given.
    pub day: u8,
    /// Time of day.
    pub time: Option<Time>,
}

/// A time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time {
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 59, if given.
    pub second: Option<u8>,
    /// Minutes east of UTC, if given.
    pub offset: Option<i16>,
}

impl Date {
    /// Year, month and day in one number that sorts by time.
    pub fn number(&self) -> u32 {
        u32::from(self.year) * 10_000 + u32::from(self.month) * 100 + u32::from(self.day)
    }
}

/// ISO 8601, no more precise than the page: `2023-10`, `2023-10-12`, `2023-10-12T16:47`,
/// `2023-10-12T16:47-05:00`.
impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)?;
        if self.day == 0 {
            return Ok(());
        }
        write!(f, "-{:02}", self.day)?;
        let Some(time) = self.time else { return Ok(()) };
        write!(f, "T{:02}:{:02}", time.hour, time.minute)?;
        if let Some(second) = time.second {
            write!(f, ":{second:02}")?;
        }
        match time.offset {
            None => Ok(()),
            Some(0) => f.write_str("Z"),
            Some(offset) => {
                let sign = if offset < 0 { '-' } else { '+' };
                let minutes = offset.unsigned_abs();
                write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
            }
        }
    }
}

/// Number of days of a month in the Gregorian calendar; 0 if `month` is not 1 to 12.
pub fn days_in_month(year: u16, month: u8) -> u8 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 0,
    }
}

/// Day of the week, 0 = Sunday (Sakamoto's method).
pub fn weekday(year: u16, month: u8, day: u8) -> u8 {
    const SHIFT: [u16; 12] = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4];
    let y = if month < 3 { year - 1 } else { year };
    let shift = SHIFT.get(usize::from(month).saturating_sub(1)).copied().unwrap_or(0);
    ((y + y / 4 - y / 100 + y / 400 + shift + u16::from(day)) % 7) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_what_was_told() {
        let mut date = Date { year: 2023, month: 10, day: 0, time: None };
        assert_eq!(date.to_string(), "2023-10");
        date.day = 12;
        assert_eq!(date.to_string(), "2023-10-12");
        let mut time = Time { hour: 9, minute: 5, second: None, offset: None };
        date.time = Some(time);
        assert_eq!(date.to_string(), "2023-10-12T09:05");
        time.offset = Some(-210);
        time.second = Some(7);
        date.time = Some(time);
        assert_eq!(date.to_string(), "2023-10-12T09:05:07-03:30");
    }

    #[test]
    fn weekdays() {
        assert_eq!(weekday(2024, 4, 24), 3);
        assert_eq!(weekday(2000, 1, 1), 6);
        assert_eq!(days_in_month(1900, 2), 28);
    }
}
