//! The dateline of a news report: `OSLO, 12 October (NTB) - `, `SPRINGFIELD, Ill. (AP) — `. It is read only
//! at the beginning of one of the first paragraphs.

use crate::date::token::{Kind, Token, tokens};
use crate::date::{Date, days_in_month, months};
use crate::gazetteer::{AGENCIES, NAME_PARTICLES, PLACES};
use crate::lines::head;
use crate::page::Page;
use serde::Serialize;

/// Longest dateline in bytes.
const MAX_BYTES: usize = 110;
/// Paragraphs below the headline that are searched.
const MAX_PARAGRAPHS: usize = 8;

/// Where, when and by whom a report was filed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Dateline {
    /// The place as written.
    pub place: String,
    /// `2023-10-12`, or `--10-12` (month and day, the truncated form of RFC 6350) if the year is not known.
    pub date: Option<String>,
    /// The news agency as written.
    pub agency: Option<String>,
}

/// Year if given, month and day.
type Day = (Option<u16>, u8, u8);

/// Finds the dateline of a page, first below line `title`. A missing year is taken from `published`.
pub fn dateline(page: &Page<'_>, title: Option<usize>, published: Option<Date>) -> Option<Dateline> {
    let from = title.map_or(0, |line| line + 1);
    if let Some(place) = full_stop(page, title, from) {
        return Some(Dateline { place, date: None, agency: None });
    }
    let mut paragraphs = 0;
    let mut scratch = Vec::new();
    // The headline may be wrong, so the lines above it are searched, too, after those below.
    for line in page.lines.iter().skip(from).chain(page.lines.iter().take(from)) {
        if let Some(found) = read(line.text, line.prose, published, &mut scratch) {
            return Some(found);
        }
        paragraphs += usize::from(line.prose);
        if paragraphs >= MAX_PARAGRAPHS {
            break;
        }
    }
    None
}

/// `Oberdorf. Die Brücke ist offen.`: the place and a full stop before the first paragraph, as in German
/// papers, if the place is known, named in the headline, or follows a preposition in one of the paragraphs.
fn full_stop(page: &Page<'_>, title: Option<usize>, from: usize) -> Option<String> {
    let line = page.lines.iter().skip(from).find(|line| line.prose)?;
    let (place, rest) = head(line.text, MAX_BYTES).split_once(". ")?;
    let words = place.split(' ').count();
    if words > 3 || place.len() < 4 || place.ends_with('.') || !rest.starts_with(|c: char| c.is_uppercase()) {
        return None;
    }
    is_place(place)?;
    let stem = place.strip_suffix('s').unwrap_or(place);
    let named =
        |text: &str| text.match_indices(stem).any(|(at, _)| !text[..at].ends_with(char::is_alphanumeric));
    let located = |text: &str| {
        text.match_indices(place)
            .any(|(at, _)| [" in ", " aus ", " bei ", " nach "].iter().any(|w| text[..at].ends_with(w)))
    };
    let known = PLACES.has(place)
        || title.is_some_and(|t| named(page.lines[t].text))
        || page.lines.iter().filter(|l| l.prose).take(MAX_PARAGRAPHS).any(|l| located(l.text));
    known.then(|| place.to_owned())
}

/// Whether a line begins with a dateline in capitals that has a date or an agency.
pub fn opens(line: &str) -> bool {
    let shouted = line.as_bytes().first().is_some_and(u8::is_ascii_uppercase)
        && line.as_bytes().get(1).is_some_and(u8::is_ascii_uppercase);
    shouted
        && read(line, false, None, &mut Vec::new()).is_some_and(|d| d.date.is_some() || d.agency.is_some())
}

fn read(line: &str, prose: bool, published: Option<Date>, scratch: &mut Vec<Token>) -> Option<Dateline> {
    let start = line.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '(');
    // A place begins with a capital, and a mark separates it from the text.
    if !start.starts_with(char::is_uppercase) {
        return None;
    }
    let window = head(start, MAX_BYTES);
    if !window.bytes().any(|b| matches!(b, b'-' | b':' | b'/' | 0xE2)) {
        return None;
    }
    let (prefix, rest, colon) = cut(window, prose)?;
    let (mut body, mut agency) = take_agency(prefix);
    // `МОСКВА, 27 апр — РИА Новости.`
    if agency.is_none()
        && let Some(end) = rest.find('.').filter(|&end| end <= 30)
        && rest[..end].split_whitespace().next().is_some_and(|word| AGENCIES.has(word))
    {
        agency = Some(rest[..end].trim());
    }
    body = body.trim_end_matches([',', ' ']);
    // The full stop of `Ill.` is kept, that of `MOSCOW.` is removed.
    if !body.rsplit(',').next().is_some_and(|last| body.contains(',') && last.chars().any(char::is_lowercase))
    {
        body = body.trim_end_matches('.');
    }
    // Each part after a comma belongs to the place or to the date.
    let mut place_end = 0;
    let mut date = None;
    let mut dated = false;
    let mut at = 0;
    for part in body.split(',') {
        let trimmed = part.trim();
        if at > 0
            && let Some(found) = month_day(trimmed, scratch)
        {
            date = found.or(date);
            dated = true;
        } else if dated && trimmed.len() == 4 && trimmed.bytes().all(|b| b.is_ascii_digit()) {
            // The year of `LONDON, March 3, 2024 -`.
            date = date.map(|(_, m, d): Day| (trimmed.parse().ok(), m, d));
        } else if dated {
            return None;
        } else {
            place_end = at + part.len();
        }
        at += part.len() + 1;
    }
    let mut place = body[..place_end].trim();
    // `LONDON March 3 -`, without a comma.
    if !dated && let Some((shorter, found)) = split_date(place, scratch) {
        place = shorter;
        date = found;
        dated = true;
    }
    let shouted = is_place(place)?;
    let first = place.split([',', ' ']).next().unwrap_or("");
    let known = PLACES.has(place) || PLACES.has(first);
    let certain = dated || agency.is_some_and(|a| AGENCIES.has(a.split_whitespace().next().unwrap_or("")));
    let enough = match (shouted, colon) {
        (true, false) => certain || known && prose || agency.is_some() || prose && place.len() >= 4,
        (true, true) => known && prose || certain,
        (false, _) => certain && (agency.is_some() || known),
    };
    if !enough {
        return None;
    }
    Some(Dateline {
        place: place.split_whitespace().collect::<Vec<_>>().join(" "),
        date: date.and_then(|date| iso(date, published)),
        agency: agency.map(str::to_owned),
    })
}

/// Cuts at the dash or colon that ends a dateline. Returns the text before it, the text after it, and whether
/// it was a colon.
fn cut(window: &str, prose: bool) -> Option<(&str, &str, bool)> {
    let mut best: Option<(usize, usize)> = None;
    for mark in [" - ", " – ", " — ", "—", " -- ", "- ", " –", "--", "– "] {
        if let Some(at) = window.find(mark)
            && at > 2
            && best.is_none_or(|(first, _)| at < first)
        {
            best = Some((at, mark.len()));
        }
    }
    if best.is_none()
        && !prose
        && let Some(prefix) = window.strip_suffix(" -")
    {
        return Some((prefix, "", false));
    }
    // `MOSCOW, April 27. /TASS/.`
    if let Some(at) = window
        .find("/. ")
        .or_else(|| window.find("/ — "))
        .filter(|at| best.is_none_or(|(first, _)| *at < first))
        && window[..at].contains('/')
    {
        return Some((&window[..at + 1], &window[at + 2..], false));
    }
    let colon = window.find(": ").filter(|at| best.is_none_or(|(first, _)| *at < first));
    match (colon, best) {
        (Some(at), _) => Some((&window[..at], &window[at + 2..], true)),
        (None, Some((at, len))) => Some((&window[..at], &window[at + len..], false)),
        (None, None) => None,
    }
}

/// Removes an agency in brackets or slashes from the end. Returns the text before it, and the agency.
fn take_agency(prefix: &str) -> (&str, Option<&str>) {
    for (open, close) in [('(', ')'), ('/', '/'), ('[', ']')] {
        let Some(to) = prefix.rfind(close) else { continue };
        let Some(from) = prefix[..to].rfind(open) else { continue };
        let inside = prefix[from + 1..to].trim();
        let tail = prefix[to + close.len_utf8()..].trim();
        let plausible = !inside.is_empty()
            && inside.len() <= 40
            && inside.split_whitespace().count() <= 4
            && inside.starts_with(|c: char| c.is_uppercase() || AGENCIES.has(inside));
        if plausible && tail.trim_matches(['.', ',', ':']).is_empty() {
            return (prefix[..from].trim_end(), Some(inside));
        }
    }
    (prefix, None)
}

/// Checks whether a text can be the place of a dateline: `None` if not, else whether its first word is in
/// capitals.
fn is_place(place: &str) -> Option<bool> {
    if place.len() < 3
        || place.len() > 50
        || place.chars().any(|c| c.is_numeric() || matches!(c, '"' | '“' | ':' | ';' | '?' | '!' | '<' | '>'))
    {
        return None;
    }
    let mut count = 0;
    let mut shouted = false;
    for (index, word) in place.split([' ', '\u{a0}', ',']).filter(|w| !w.is_empty()).enumerate() {
        count += 1;
        let first = word.chars().next()?;
        let particle = index > 0 && NAME_PARTICLES.has(word)
            || matches!(word, "on" | "an" | "am" | "upon" | "sur" | "in" | "of");
        if !first.is_uppercase() && !particle {
            return None;
        }
        if index == 0 {
            shouted = word.chars().filter(|c| c.is_alphabetic()).count() >= 2
                && !word.chars().any(char::is_lowercase);
        }
        if matches!(
            word,
            "BREAKING"
                | "UPDATE"
                | "LIVE"
                | "WATCH"
                | "VIDEO"
                | "EXCLUSIVE"
                | "OPINION"
                | "READ"
                | "NOTE"
                | "CORRECTION"
                | "PHOTOS"
                | "QUESTION"
                | "ANSWER"
                | "Q"
                | "A"
                | "I"
                | "THE"
        ) {
            return None;
        }
    }
    (count <= 6).then_some(shouted)
}

/// Reads `12 October`, `Oct. 12`, `4. März`, `March 3 2024`, `Tuesday`. `Some(None)` means a weekday alone.
fn month_day(text: &str, scratch: &mut Vec<Token>) -> Option<Option<Day>> {
    tokens(text, scratch);
    let mut day = None;
    let mut month = None;
    let mut year = None;
    let mut weekday = false;
    for token in scratch.iter() {
        match token.kind {
            Kind::Number(value @ 1..=31, 1..=2) if day.is_none() => day = Some(value as u8),
            Kind::Number(value @ 1900..=2099, 4) if year.is_none() => year = Some(value as u16),
            Kind::Number(..) => return None,
            Kind::Mark('.' | '/') => {}
            Kind::Mark(_) => return None,
            Kind::Word => {
                let word = text.get(token.start..token.end)?;
                if month.is_none()
                    && let Some(found) = months::month(word)
                {
                    month = Some(found);
                } else if months::is_weekday(word) {
                    weekday = true;
                } else if !matches!(word, "st" | "nd" | "rd" | "th" | "de" | "of" | "er") {
                    return None;
                }
            }
        }
    }
    match (month, day) {
        (Some(month), Some(day)) if day <= days_in_month(2000, month) => Some(Some((year, month, day))),
        (None, None) if weekday => Some(None),
        _ => None,
    }
}

/// Splits `LONDON March 3` into `LONDON` and the date.
fn split_date<'a>(place: &'a str, scratch: &mut Vec<Token>) -> Option<(&'a str, Option<Day>)> {
    place.match_indices(' ').rev().take(3).find_map(|(at, _)| {
        let found = month_day(place[at..].trim(), scratch)?;
        found?;
        Some((place[..at].trim_end(), found))
    })
}

fn iso((year, month, day): Day, published: Option<Date>) -> Option<String> {
    let year = year.or_else(|| {
        let published = published?;
        // Filed in December, published in January.
        Some(if month == 12 && published.month == 1 { published.year - 1 } else { published.year })
    });
    match year {
        Some(year) => (day <= days_in_month(year, month)).then(|| format!("{year:04}-{month:02}-{day:02}")),
        None => Some(format!("--{month:02}-{day:02}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str, year: Option<u16>) -> Option<(String, Option<String>, Option<String>)> {
        let published = year.map(|year| Date { year, month: 1, day: 20, time: None });
        read(line, true, published, &mut Vec::new()).map(|d| (d.place, d.date, d.agency))
    }

    #[test]
    fn styles() {
        for (line, place, date, agency) in [
            ("OSLO, 12 June (NTB) - The bridge", "OSLO", Some("2024-06-12"), Some("NTB")),
            ("HARBORTON (Tidewire) - The bridge", "HARBORTON", None, Some("Tidewire")),
            ("SPRINGFIELD, Ill. (AP) — The bridge", "SPRINGFIELD, Ill.", None, Some("AP")),
            ("LONDON, March 3 - The bridge", "LONDON", Some("2024-03-03"), None),
            ("BERLIN, 4. März (dpa) - Die Brücke", "BERLIN", Some("2024-03-04"), Some("dpa")),
            ("Berlin (dpa) - Die Brücke", "Berlin", None, Some("dpa")),
            ("NEW YORK, Dec. 30 (Reuters) - The bridge", "NEW YORK", Some("2023-12-30"), Some("Reuters")),
            ("MOSCOW, April 27. /TASS/. The bridge", "MOSCOW", Some("2024-04-27"), Some("TASS")),
            ("МОСКВА, 27 апр — РИА Новости. Мост", "МОСКВА", Some("2024-04-27"), Some("РИА Новости")),
            ("CALGARY, ALBERTA, March 5 - The bridge", "CALGARY, ALBERTA", Some("2024-03-05"), None),
            ("NORHAVEN — The bridge opened.", "NORHAVEN", None, None),
        ] {
            let want = (place.to_owned(), date.map(str::to_owned), agency.map(str::to_owned));
            assert_eq!(of(line, Some(2024)), Some(want), "{line}");
        }
        assert_eq!(of("LONDON, March 3 - x", None).and_then(|d| d.1).as_deref(), Some("--03-03"));
    }

    #[test]
    fn place_and_full_stop() {
        let mut finder = crate::date::parse::Finder::default();
        let mut of = |text: &str| {
            let page = Page::read(text, &[], &mut finder);
            dateline(&page, Some(0), None).map(|d| d.place)
        };
        let body = "Die Brücke war die ganze Zeit gesperrt. Am Samstag haben die Helfer sie nach langer Arbeit wieder für alle geöffnet.";
        assert_eq!(
            of(&format!("Brücke in Oberdorf ist offen\nOberdorf. {body}")).as_deref(),
            Some("Oberdorf")
        );
        assert_eq!(of(&format!("Brücke ist offen\nSchade. {body}")), None);
    }

    #[test]
    fn what_is_none() {
        for line in [
            "Norhaven - the town on the river - has a bridge.",
            "BREAKING - The bridge opens",
            "The bridge (AP Photo) - opened",
            "It was the year that Ada Reed — then 12 — walked.",
            "UPDATE: The bridge is open again.",
        ] {
            assert_eq!(of(line, None), None, "{line}");
        }
    }
}
