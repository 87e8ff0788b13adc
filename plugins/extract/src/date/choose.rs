//! Chooses the dates of publication and of the last update among the dates of a page, by cue words, place in
//! the page and what else the line says.

use super::Date;
use super::parse::Mention;
use crate::options::{DayFirst, Options};
use crate::page::{Dated, Page};
use aho_corasick::AhoCorasick;
use std::sync::LazyLock;

/// Number of features of a date.
pub const FEATURES: usize = 40;

/// Weights of the features, in the order of [`features`]; fitted like those of the title, with "none of them"
/// as an additional choice.
const WEIGHTS: [f32; FEATURES] = [
    2.04, -1.68, -0.21, -0.70, 0.40, 0.50, -0.25, -1.55, 0.39, 0.98, -0.80, -1.16, -0.46, -1.87, 0.00, 1.33,
    0.12, -0.56, 0.04, 0.02, -0.50, -0.24, -0.64, -0.48, 0.85, 0.40, 0.23, -0.59, -0.53, 0.44, 0.11, 0.50,
    0.58, -2.42, 0.47, 1.10, 0.53, -0.24, -0.53, 0.12,
];
/// Score that a date must exceed: the weight of "none of them" is zero.
const LEAST_SCORE: f32 = 0.0;

/// A date chosen from a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// The date.
    pub date: Date,
    /// Index into [`Page::lines`].
    pub line: usize,
}

/// The dates that were chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dates {
    /// Date of publication.
    pub published: Option<Chosen>,
    /// Date of the last update, if the page gives one.
    pub updated: Option<Chosen>,
}

/// What the words around a date say about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cue {
    None,
    Published,
    Updated,
    /// An event, a deadline, a comment: not a date of the page.
    Other,
}

const PUBLISHED: &[&str] = &[
    "publish",
    "posted",
    "publié",
    "publie",
    "mis en ligne",
    "paru",
    "publicad",
    "publica",
    "veröffentlich",
    "erschienen",
    "erstellt",
    "publiziert",
    "erscheinungsdatum",
    "pubblicat",
    "gepubliceerd",
    "geplaatst",
    "opublikowan",
    "publikacji",
    "dodano",
    "опубликован",
    "опублікован",
    "дата публ",
    "yayın",
    "giriş",
    "oluşturulma",
    "eklenme",
    "publicerad",
    "publicera",
    "publisert",
    "publiceret",
    "udgivet",
    "zveřejněn",
    "vydáno",
    "publikován",
    "公開",
    "配信",
    "掲載",
    "发布",
    "發布",
    "发表",
    "입력",
    "등록",
    "نشر",
    "julkaistu",
    "objavljen",
    "publicat",
    "közzét",
    "δημοσίευση",
    "issued",
    "created",
    "date:",
    "datum:",
    "fecha:",
    "data:",
    "dato:",
    "uploaded",
    "added",
    "entered",
    "written on",
    "投稿",
    "作成日",
    "written",
];

const UPDATED: &[&str] = &[
    "updat",
    "modified",
    "revised",
    "edited",
    "reviewed",
    "aktualisier",
    "geändert",
    "stand:",
    "mis à jour",
    "mise à jour",
    "modifié",
    "actualizad",
    "modificad",
    "atualizad",
    "aggiornat",
    "bijgewerkt",
    "gewijzigd",
    "aktualizac",
    "обновлен",
    "оновлен",
    "изменен",
    "güncelle",
    "uppdaterad",
    "oppdatert",
    "opdateret",
    "aktualizován",
    "更新",
    "수정",
    "تحديث",
    "päivitetty",
    "actualitzat",
    "actualizat",
    "ažuriran",
    "frissít",
    "changed",
    "last edit",
    "ultima modifica",
    "zuletzt",
    "letzte änderung",
    "最終",
];

const OTHER: &[&str] = &[
    "©",
    "copyright",
    "(c)",
    "valid",
    "until",
    "expire",
    "deadline",
    "since",
    "born",
    "died",
    "accessed",
    "retrieved",
    "joined",
    "member since",
    "comment",
    "reply",
    "replied",
    "ends",
    "starts",
    "begins",
    "founded",
    "effective",
    "due",
    "on sale",
    "gültig",
    "bis zum",
    "seit",
    "geboren",
    "event",
    "premiere",
    "release date",
    "available",
    "kommentar",
    "antwort",
    "abgerufen",
    "depuis",
    "jusqu",
    "hasta",
    "desde",
    "abruf",
    "photo",
    "foto",
    "taken on",
    "file",
    "archiv",
    "version",
    "next",
    "beginn",
];

/// Chooses the dates of a page. `title` is the line of the headline, `body` the line at which the running
/// text begins, `english` whether the page is in English.
pub fn choose(page: &Page<'_>, title: Option<usize>, body: usize, options: &Options, english: bool) -> Dates {
    let order = Order::of(page, options.day_first, english);
    let mut published: Option<(f32, Chosen)> = None;
    let mut updated: Option<(f32, Chosen)> = None;
    for (index, features) in candidates(page, title, body) {
        let dated = &page.dates[index];
        let score: f32 = features.iter().zip(&WEIGHTS).map(|(f, w)| f * w).sum();
        let chosen = Chosen { date: order.read(&dated.mention), line: dated.line };
        let update = features[CUE_UPDATED] > 0.0;
        if update && score + UPDATED_BONUS > updated.map_or(LEAST_SCORE, |(most, _)| most) {
            updated = Some((score + UPDATED_BONUS, chosen));
        }
        if (!update || options.updated_as_published)
            && score > published.map_or(LEAST_SCORE, |(most, _)| most)
        {
            published = Some((score, chosen));
        }
    }
    let mut dates =
        Dates { published: published.map(|(_, chosen)| chosen), updated: updated.map(|(_, chosen)| chosen) };
    if let Some(chosen) = &mut dates.published
        && chosen.date.time.is_none()
    {
        chosen.date = with_time(page, &order, chosen, dates.updated.map(|u| u.date));
    }
    dates
}

/// The chosen day with a time of day given elsewhere in the header, if there is one that is not that of the
/// update.
fn with_time(page: &Page<'_>, order: &Order, chosen: &Chosen, updated: Option<Date>) -> Date {
    let near = page.dates.iter().enumerate().filter(|(_, d)| d.line.abs_diff(chosen.line) <= 6);
    near.map(|(index, dated)| (index, order.read(&dated.mention)))
        .find(|(index, date)| {
            date.number() == chosen.date.number()
                && date.time.is_some()
                && Some(*date) != updated
                && cue(page, *index) != Cue::Updated
        })
        .map_or(chosen.date, |(_, date)| date)
}

/// Added to the score of an update: it may score this much less than a date of publication must.
const UPDATED_BONUS: f32 = 2.0;
/// Index of the feature "the words before it say that this is an update".
const CUE_UPDATED: usize = 1;

/// The dates that may be those of the page, by index into [`Page::dates`], with their features.
pub fn candidates(page: &Page<'_>, title: Option<usize>, body: usize) -> Vec<(usize, [f32; FEATURES])> {
    let counts = counts(page);
    let mut out = Vec::new();
    for (index, dated) in page.dates.iter().enumerate() {
        // A date in running text belongs to the story, unless the words next to it say that it is the page's
        // own.
        if dated.mention.day_known()
            && !is_header_clock(page, title, dated)
            && (!page.lines[dated.line].prose || matches!(cue(page, index), Cue::Published | Cue::Updated))
        {
            out.push((index, features(page, title, body, index, dated, &counts)));
        }
    }
    out
}

/// Whether a date is the day on which the page was fetched, which some sites put at the top of every page: a
/// weekday and a date and nothing else, among the first lines, with a menu between it and the headline.
fn is_header_clock(page: &Page<'_>, title: Option<usize>, dated: &Dated) -> bool {
    let mention = &dated.mention;
    mention.weekday
        && mention.date.time.is_none()
        && dated.line < 12
        && title.is_some_and(|t| dated.line + 1 < t)
        && rest_words(page.lines[dated.line].text, mention) <= 1
}

impl Mention {
    fn day_known(&self) -> bool {
        self.date.day > 0
    }
}

/// How often each date occurs on the page, sorted by date.
fn counts(page: &Page<'_>) -> Vec<(u32, u32)> {
    let mut all: Vec<u32> = page.dates.iter().map(|d| d.mention.date.number()).collect();
    all.sort_unstable();
    let mut out: Vec<(u32, u32)> = Vec::new();
    for number in all {
        match out.last_mut() {
            Some((last, count)) if *last == number => *count += 1,
            _ => out.push((number, 1)),
        }
    }
    out
}

fn flag(on: bool) -> f32 {
    f32::from(u8::from(on))
}

fn features(
    page: &Page<'_>,
    title: Option<usize>,
    body: usize,
    index: usize,
    dated: &Dated,
    counts: &[(u32, u32)],
) -> [f32; FEATURES] {
    let line = &page.lines[dated.line];
    let mention = &dated.mention;
    let cue = cue(page, index);
    let from_before = cue == Cue::None && dated.line > 0;
    let above = if from_before { word_cue(page.lines[dated.line - 1].text, 40) } else { Cue::None };
    let rest_words = rest_words(line.text, mention);
    let below_title = title.map_or(0, |t| dated.line as i64 - t as i64);
    let number = mention.date.number();
    let count = counts.binary_search_by_key(&number, |c| c.0).map_or(1, |at| counts[at].1);
    let newest = counts.last().is_some_and(|last| last.0 == number);
    let oldest = counts.first().is_some_and(|first| first.0 == number);
    let crowd = page.dates[index.saturating_sub(6)..(index + 7).min(page.dates.len())]
        .iter()
        .filter(|other| other.line.abs_diff(dated.line) <= 8 && other.mention.date.number() != number)
        .count();
    let prose_before = page.prose_between(title.unwrap_or(0), dated.line);
    let prose_after = page.prose_between(dated.line, dated.line + 12);
    let all_prose_before = page.prose_before[dated.line];
    let first = index == 0;
    let first_below =
        title.is_some_and(|t| dated.line >= t && !page.dates[..index].iter().any(|d| d.line >= t));
    let beside_name = page.marks[dated.line.saturating_sub(1)..(dated.line + 2).min(page.marks.len())]
        .iter()
        .any(|m| m.byline);
    let before_title = title.is_some() && below_title < 0;
    let near_end = dated.line + 12 > page.lines.len();
    let has_time = mention.date.time.is_some();
    [
        flag(cue == Cue::Published || above == Cue::Published),
        flag(cue == Cue::Updated || above == Cue::Updated),
        flag(cue == Cue::Other),
        flag(above == Cue::Other),
        flag(rest_words == 0),
        flag((1..=3).contains(&rest_words)),
        flag((9..=15).contains(&rest_words)),
        flag(rest_words > 15),
        flag(mention.weekday),
        flag(has_time),
        flag(mention.date.time.is_some_and(|t| t.offset.is_some())),
        flag(mention.named),
        flag(mention.range),
        flag(mention.short_year),
        flag(title.is_none()),
        flag(before_title && below_title >= -3),
        flag(before_title && below_title < -3),
        flag(before_title && mention.weekday && below_title < -3),
        flag(title.is_some() && below_title == 0),
        flag((1..=3).contains(&below_title)),
        flag((4..=8).contains(&below_title)),
        flag((9..=20).contains(&below_title)),
        flag(below_title > 20),
        flag(below_title > 80),
        flag(dated.line < body),
        flag(prose_before == 0 && !before_title),
        flag(prose_before > 0 && prose_before < 600),
        flag(prose_before > 1500),
        flag(all_prose_before > 0),
        flag(prose_after > 400),
        (count.min(4) as f32 - 1.0) / 3.0,
        flag(newest),
        flag(oldest),
        (crowd.min(6) as f32) / 6.0,
        flag(first),
        flag(first_below),
        flag(beside_name),
        flag(near_end),
        flag(mention.date.year < 1990),
        1.0,
    ]
}

/// Number of words in the line besides the date.
fn rest_words(text: &str, mention: &Mention) -> usize {
    let before = text.get(..mention.start).unwrap_or("");
    let after = text.get(mention.end..).unwrap_or("");
    crate::lines::count_words(before) + crate::lines::count_words(after)
}

/// The cue in the words between the previous date (or the beginning of the line) and the date, else in those
/// after it.
fn cue(page: &Page<'_>, index: usize) -> Cue {
    let dated = &page.dates[index];
    let text = page.lines[dated.line].text;
    let from = match index.checked_sub(1).map(|i| &page.dates[i]) {
        Some(before) if before.line == dated.line => before.mention.end,
        _ => 0,
    };
    let before = text.get(from..dated.mention.start).unwrap_or("");
    let told = word_cue(crate::lines::tail(before, 80), 80);
    if told != Cue::None {
        return told;
    }
    // `2024年5月3日 更新`: the word after it, if no other date follows in the line.
    if page.dates.get(index + 1).is_some_and(|next| next.line == dated.line) {
        return Cue::None;
    }
    let after = crate::lines::head(text.get(dated.mention.end..).unwrap_or(""), 24);
    match word_cue(after, 24) {
        Cue::Other => Cue::None,
        cue => cue,
    }
}

/// The last cue word in `text`.
fn word_cue(text: &str, longest: usize) -> Cue {
    if text.is_empty() || text.len() > longest * 2 {
        return Cue::None;
    }
    let Some(search) = CUE_SEARCH.as_ref() else { return Cue::None };
    let lower = text.to_lowercase();
    let last = search
        .find_overlapping_iter(&lower)
        .max_by_key(|found| (found.start(), std::cmp::Reverse(found.pattern())));
    match last.map(|found| found.pattern().as_usize()) {
        None => Cue::None,
        Some(word) if word < PUBLISHED.len() => Cue::Published,
        Some(word) if word < PUBLISHED.len() + UPDATED.len() => Cue::Updated,
        Some(_) => Cue::Other,
    }
}

/// All cue words in the order of the three lists.
static CUE_SEARCH: LazyLock<Option<AhoCorasick>> =
    LazyLock::new(|| AhoCorasick::new(PUBLISHED.iter().chain(UPDATED).chain(OTHER)).ok());

/// How the page orders `03/04/2024`.
struct Order {
    month_first: bool,
}

impl Order {
    fn of(page: &Page<'_>, day_first: DayFirst, english: bool) -> Self {
        let month_first = match day_first {
            DayFirst::Yes => false,
            DayFirst::No => true,
            DayFirst::Auto => Self::evidence(page).unwrap_or(english),
        };
        Self { month_first }
    }

    /// Evidence from the other dates of the page: an unambiguous date that equals one of the two readings, or
    /// a numeric date with slashes that has only one reading. `None` if both orders have the same support.
    fn evidence(page: &Page<'_>) -> Option<bool> {
        let clear: Vec<u32> = page
            .dates
            .iter()
            .filter(|d| d.mention.month_first.is_none() && d.mention.day_known())
            .map(|d| d.mention.date.number())
            .collect();
        let (mut day, mut month) = (0, 0);
        for dated in page.dates.iter().take(60) {
            let Some((m, d)) = dated.mention.month_first else { continue };
            let number = dated.mention.date.number();
            let other = u32::from(dated.mention.date.year) * 10_000 + u32::from(m) * 100 + u32::from(d);
            day += u32::from(clear.contains(&number));
            month += u32::from(clear.contains(&other));
        }
        for dated in page.dates.iter().filter(|d| d.mention.month_first.is_none()) {
            // `13/04/2024` and `04/13/2024` have only one reading; the text shows which of the two orders it
            // is.
            let text = page.lines[dated.line].text.get(dated.mention.start..dated.mention.end).unwrap_or("");
            let mut numbers = text.split('/').map(|p| p.trim().parse::<u32>().unwrap_or(0));
            if let (Some(first), Some(second), Some(_)) = (numbers.next(), numbers.next(), numbers.next()) {
                day += u32::from(first > 12 && second <= 12 && first <= 31) * 2;
                month += u32::from(second > 12 && first <= 12 && first > 0) * 2;
            }
        }
        (day != month).then_some(month > day)
    }

    fn read(&self, mention: &Mention) -> Date {
        let mut date = mention.date;
        if self.month_first
            && let Some((month, day)) = mention.month_first
        {
            date.month = month;
            date.day = day;
        }
        date
    }
}
