//! ISO 8601 dates and times as seconds, so that times in different zones can be compared.

/// The earliest moment that a date can mean, in seconds since the beginning of 1970 (UTC): `2024` means the
/// first second of that year.
///
/// Accepts `YYYY[-MM[-DD]]` with an optional time `Thh:mm[:ss[.fff]]` and zone (`Z`, `+hh:mm`, `+hhmm`,
/// `+hh`). Without a zone, UTC is assumed. Returns `None` for anything else.
pub fn seconds(text: &str) -> Option<i64> {
    let text = text.trim();
    let (date, time) = match text.find(['T', 't', ' ']) {
        Some(at) => (text.get(..at)?, text.get(at + 1..)?.trim()),
        None => (text, ""),
    };
    let mut parts = date.split('-');
    let year = number(parts.next()?, 4)?;
    let month = parts.next().map_or(Some(1), |part| number(part, 2))?;
    let day = parts.next().map_or(Some(1), |part| number(part, 2))?;
    if parts.next().is_some() || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let (clock, zone) = match time.find(['Z', 'z', '+', '-']) {
        Some(at) => (time.get(..at)?, zone(time.get(at..)?)?),
        None => (time, 0),
    };
    Some(days(year, month, day) * 86_400 + clock_seconds(clock.trim())? - zone)
}

fn number(digits: &str, length: usize) -> Option<i64> {
    let fits = digits.len() == length && digits.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| digits.parse().ok()).flatten()
}

fn clock_seconds(clock: &str) -> Option<i64> {
    if clock.is_empty() {
        return Some(0);
    }
    let mut parts = clock.split(['.', ',']).next().unwrap_or_default().split(':');
    let hour = number(parts.next()?, 2)?;
    let minute = parts.next().map_or(Some(0), |part| number(part, 2))?;
    let second = parts.next().map_or(Some(0), |part| number(part, 2))?;
    (parts.next().is_none() && hour <= 24 && minute <= 59 && second <= 60)
        .then_some(hour * 3600 + minute * 60 + second)
}

fn zone(zone: &str) -> Option<i64> {
    let sign = match zone.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return (zone.len() == 1).then_some(0),
    };
    let digits: String = zone.get(1..)?.chars().filter(|c| *c != ':').collect();
    let (hours, minutes) = match digits.len() {
        2 => (number(&digits, 2)?, 0),
        4 => (number(digits.get(..2)?, 2)?, number(digits.get(2..)?, 2)?),
        _ => return None,
    };
    Some(sign * (hours * 3600 + minutes * 60))
}

/// Days since 1970-01-01 in the Gregorian calendar (the algorithm of Howard Hinnant's `days_from_civil`).
fn days(year: i64, month: i64, day: i64) -> i64 {
    // Years start in March, so that the leap day comes last.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments() {
        for (text, told) in [
            ("1970-01-01", Some(0)),
            ("1970", Some(0)),
            ("2000-03-01T00:00:00Z", Some(951_868_800)),
            ("2024-02-29T12:30:15.250+02:00", Some(1_709_202_615)),
            ("2024-02-29 12:30:15 +0200", Some(1_709_202_615)),
            ("2024-02-29T10:30:15", Some(1_709_202_615)),
            ("2024-02", Some(1_706_745_600)),
            ("1969-12-31T23:59:59Z", Some(-1)),
            ("2024-13-01", None),
            ("29 February 2024", None),
            ("2024-02-29T", Some(1_709_164_800)),
            ("2024-02-29Tnoon", None),
            ("", None),
        ] {
            assert_eq!(seconds(text), told, "{text}");
        }
    }
}
