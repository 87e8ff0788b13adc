//! The headline: each early line gets a score from what it looks like and what stands around it; the best one,
//! cleaned of date prefix and site name, is the title.

use crate::lines::{Line, count_words, is_wide};
use crate::page::{Marks, Page};
use aho_corasick::AhoCorasick;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::LazyLock;

/// Lines that are candidates at most; headlines below that many menu lines are not found.
const MAX_CANDIDATES: usize = 600;
/// Bytes of running text before a candidate at most: the headline is not below the article.
const MAX_PROSE_BEFORE: usize = 6000;
/// Bytes of running text whose words are compared with a candidate's.
const MAX_BODY_BYTES: usize = 6000;
/// A page whose best line scores below this has no title; 99 of 100 right titles of pages with a body score above 5.7.
const LEAST_SCORE: f32 = 4.0;

/// How many features a candidate has.
pub const FEATURES: usize = 60;

/// Weights of the features, in the order of [`features`]. Fitted by conditional logit (which of the page's lines is
/// its headline) on 800 labelled pages of 700 sites.
const WEIGHTS: [f32; FEATURES] = [
    -1.23, 0.06, 0.15, 0.24, 1.38, -0.49, -1.23, -3.15, -1.40, -0.54, -0.24, -0.32, 1.62, 2.20, 0.75, 0.20,
    1.94, 1.45, -3.72, -1.05, 0.88, 0.37, 1.34, 0.43, 0.48, 0.34, -0.69, 0.38, -1.58, -0.78, -1.54, 1.10,
    2.53, 0.98, -0.09, -0.87, 0.32, 1.02, -0.65, -0.32, 0.82, 0.54, 1.29, -0.32, 0.72, 1.09, -0.34, 1.13,
    1.46, -1.72, 2.60, 0.34, 1.55, -1.32, -1.11, 0.27, 2.17, -0.92, 0.91, 0.44,
];

/// The title and the line that it was taken from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Title {
    /// The headline.
    pub text: String,
    /// Index into [`Page::lines`].
    pub line: usize,
}

/// The headline of a page.
pub fn title(page: &Page<'_>) -> Option<Title> {
    let mut best: Option<(f32, usize)> = None;
    for (line, features) in candidates(page) {
        let score = features.iter().zip(&WEIGHTS).map(|(f, w)| f * w).sum::<f32>();
        if score > LEAST_SCORE && best.is_none_or(|(most, _)| score > most) {
            best = Some((score, line));
        }
    }
    let (_, line) = best?;
    let text = clean(page.lines[line].text, page);
    (!text.is_empty()).then(|| Title { text: text.to_owned(), line })
}

/// The lines that can be the headline, with their features.
pub fn candidates(page: &Page<'_>) -> Vec<(usize, [f32; FEATURES])> {
    let context = Context::new(page);
    let mut out = Vec::new();
    for (index, line) in page.lines.iter().enumerate().take(MAX_CANDIDATES) {
        if page.prose_before[index] > MAX_PROSE_BEFORE {
            break;
        }
        if possible(line, page.marks[index], page.dates_in[index] > 0) {
            out.push((index, features(page, &context, index)));
        }
    }
    out
}

fn possible(line: &Line<'_>, marks: Marks, dated: bool) -> bool {
    if line.len > 300 || line.words == 0 || line.words > 40 || line.prose && line.words > 30 {
        return false;
    }
    let text = line.text;
    if text.contains("©")
        || text.contains("http")
        || text.contains("www.")
        || text.starts_with(['@', '#', '<']) && !text.ends_with('>') && !text.contains("> ")
    {
        return false;
    }
    if marks.byline && line.words <= 8 || marks.dateline {
        return false;
    }
    if is_caption(text) {
        return false;
    }
    !(dated && without_date_is_short(text))
}

/// Whether a line with a date says little else.
fn without_date_is_short(text: &str) -> bool {
    strip_date_prefix(text).len() == text.len() && text.chars().filter(|c| c.is_alphabetic()).count() < 40
}

struct Context {
    body_words: FxHashSet<u64>,
    copies: FxHashMap<u64, u16>,
    first_prose: usize,
}

impl Context {
    fn new(page: &Page<'_>) -> Self {
        let mut body_words = FxHashSet::default();
        let mut bytes = 0;
        for line in page.lines.iter().filter(|l| l.prose) {
            for_each_word(line.text, |word| {
                body_words.insert(word);
            });
            bytes += line.text.len();
            if bytes > MAX_BODY_BYTES {
                break;
            }
        }
        let mut copies = FxHashMap::default();
        for line in &page.lines {
            *copies.entry(hash(line.text)).or_insert(0u16) += 1;
        }
        Self { body_words, copies, first_prose: main_prose(page) }
    }

    fn copies(&self, text: &str) -> u16 {
        self.copies.get(&hash(text)).copied().unwrap_or(0)
    }
}

/// The line at which the running text begins: the first with much of it soon after.
pub fn main_prose(page: &Page<'_>) -> usize {
    let prose = |l: &Line<'_>| l.prose && !is_notice(l.text);
    let mut first = None;
    for (index, line) in page.lines.iter().enumerate() {
        if prose(line) {
            first.get_or_insert(index);
            if page.prose_between(index, index + 12) >= 700 {
                return index;
            }
        }
    }
    first.unwrap_or(page.lines.len())
}

/// Whether a line is a trail of sections: `Home > News > Culture`.
pub fn is_trail(text: &str) -> bool {
    text.len() < 120
        && (text == "Home"
            || text.starts_with("Home ")
            || [" > ", " / ", " » ", " › ", "> "].iter().any(|s| text.contains(s)))
}

fn flag(on: bool) -> f32 {
    f32::from(u8::from(on))
}

/// What speaks for or against line `index` being the headline.
fn features(page: &Page<'_>, context: &Context, index: usize) -> [f32; FEATURES] {
    let line = &page.lines[index];
    let text = strip_date_prefix(line.text);
    let words = count_words(text);
    let near = |from: i64, to: i64| {
        let at = |d: i64| (index as i64 + d).clamp(0, page.lines.len() as i64) as usize;
        at(from)..at(to)
    };
    let date_line = |i: usize| page.dates_in[i] > 0 && page.lines[i].words < 16;
    let by_line = |i: usize| page.marks[i].byline && page.lines[i].words < 14;
    let short = |i: usize| page.lines[i].words < 4 && !date_line(i) && !by_line(i);
    let like_headline = |i: usize| {
        let other = &page.lines[i];
        (4..=22).contains(&other.words) && !other.prose && !date_line(i) && !by_line(i) && !page.marks[i].junk
    };
    let (shared, common) = overlap(text, context);
    let copies = f32::from(context.copies(line.text).min(4)) - 1.0;
    let away = context.first_prose as i64 - index as i64;
    let after = page.prose_between(index + 1, index + 13).min(3000) as f32 / 3000.0;
    let before = page.prose_before[index].min(3000) as f32 / 3000.0;
    let last = text.chars().next_back().unwrap_or(' ');
    let letters = text.chars().filter(|c| c.is_alphabetic()).count().max(1);
    let upper = text.chars().filter(|c| c.is_uppercase()).count();
    let extended = words >= 3
        && near(-20, 25).any(|i| {
            let other = &page.lines[i];
            other.len > line.len
                && other.len < line.len + 80
                && (other.text.ends_with(text) || other.text.starts_with(text))
        });
    [
        flag(words == 1),
        flag(words == 2),
        flag(words == 3),
        flag((4..=5).contains(&words)),
        flag((6..=8).contains(&words)),
        flag((15..=20).contains(&words)),
        flag(words > 20),
        flag(last == '.'),
        flag(last == ':' || last == ','),
        flag(matches!(last, '…' | '»' | '>' | '→')),
        copies.clamp(0.0, 3.0) * flag(words >= 4),
        copies.clamp(0.0, 3.0) * flag(words < 4),
        flag(extended),
        flag(near(1, 3).any(date_line)),
        flag(near(3, 6).any(date_line)),
        flag(near(-2, 0).any(date_line)),
        flag(near(1, 4).any(by_line)),
        after,
        before,
        flag(away < 0),
        flag((1..=2).contains(&away)),
        flag((3..=5).contains(&away)),
        flag((6..=10).contains(&away)),
        flag(away > 20),
        flag(near(-1, 0).all(short)),
        flag(near(1, 2).all(short)),
        flag(near(-3, 0).all(short) && near(1, 4).all(short)),
        flag(index == 0),
        flag([" | ", " / ", " > ", " » ", " › "].iter().any(|s| text.contains(s))),
        flag(text.starts_with(['•', '-', '*', '–', '·', '>', '+'])),
        flag(page.marks[index].junk),
        flag(upper * 10 > letters * 8 && letters > 3),
        shared,
        shared * flag(words >= 4),
        flag(text.starts_with(|c: char| c.is_numeric())),
        flag(text.starts_with(|c: char| c.is_lowercase())),
        flag(line.words != words || page.dates_in[index] > 0),
        flag(context.copies(line.text) > 1 && page.lines.iter().take(index).any(|l| l.text == line.text)),
        flag(near(-1, 0).any(like_headline)),
        flag(near(-2, -1).any(like_headline)),
        flag(near(1, 2).any(|i| page.lines[i].words > words && page.lines[i].words >= 12)),
        flag(near(-8, 0).all(short) && index >= 8),
        flag(near(-2, 0).any(|i| page.marks[i].trail)),
        flag(last == '?' || last == '!'),
        flag(text.contains(": ")),
        flag((11..=20).contains(&away)),
        flag(text.starts_with(['"', '“', '„', '«', '‘'])),
        flag((9..=14).contains(&words)),
        flag(before == 0.0 && near(1, 5).any(|i| page.lines[i].prose)),
        flag(line.prose),
        flag(near(1, 3).any(|i| page.marks[i].dateline)),
        flag(near(1, 2).any(|i| page.marks[i].name)),
        flag(near(2, 4).any(|i| page.marks[i].name)),
        flag(has_credit(text)),
        flag(page.marks[index].name),
        (index as f32 / 100.0).min(4.0),
        common,
        common * flag(near(-1, 0).any(like_headline)),
        flag(near(-1, 0).any(like_headline) && near(-2, -1).all(|i| short(i) || page.marks[i].trail)),
        flag(near(-1, 0).all(short) && near(1, 2).any(like_headline)),
    ]
}

/// Share of the candidate's words (of four letters and more, or pairs of ideographs) that the body has, and how many
/// it has, up to six, as a share of six.
fn overlap(text: &str, context: &Context) -> (f32, f32) {
    let (mut all, mut common) = (0u32, 0u32);
    for_each_word(text, |word| {
        all += 1;
        common += u32::from(context.body_words.contains(&word));
    });
    (common as f32 / all.max(1) as f32, common.min(6) as f32 / 6.0)
}

fn for_each_word(text: &str, mut each: impl FnMut(u64)) {
    let mut word = Folded::default();
    let mut wide_before = None;
    for c in text.chars().chain([' ']) {
        if is_wide(c) {
            if let Some(before) = wide_before.replace(c) {
                each(u64::from(u32::from(before)) << 32 | u64::from(u32::from(c)));
            }
        } else if c.is_alphanumeric() {
            wide_before = None;
            word.push(c);
        } else {
            wide_before = None;
            if let Some(hash) = word.take() {
                each(hash);
            }
        }
    }
}

/// Hash of a lower-cased word, of its first seven letters, so that most inflected forms agree.
#[derive(Default)]
struct Folded {
    hash: u64,
    letters: usize,
}

impl Folded {
    fn push(&mut self, c: char) {
        self.letters += 1;
        if self.letters > 7 {
            return;
        }
        if c.is_ascii() {
            self.add(c.to_ascii_lowercase());
            return;
        }
        for lower in c.to_lowercase() {
            self.add(lower);
        }
    }

    fn add(&mut self, c: char) {
        self.hash = (self.hash.rotate_left(5) ^ u64::from(u32::from(c))).wrapping_mul(0x517c_c1b7_2722_0a95);
    }

    fn take(&mut self) -> Option<u64> {
        let word = std::mem::take(self);
        (word.letters >= 4).then_some(word.hash)
    }
}

fn hash(text: &str) -> u64 {
    use std::hash::{BuildHasher, BuildHasherDefault};
    BuildHasherDefault::<rustc_hash::FxHasher>::default().hash_one(text)
}

/// Whether a line names the agency or source of a picture, as captions do.
fn has_credit(text: &str) -> bool {
    CREDIT_SEARCH.as_ref().is_some_and(|search| search.is_match(text))
}

/// Whether a line says that it belongs to a picture.
fn is_caption(text: &str) -> bool {
    CAPTION_SEARCH.as_ref().is_some_and(|search| search.is_match(text))
}

static CAPTION_SEARCH: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let words = [
        "credit:",
        "photo:",
        "photo by",
        "foto:",
        "bild:",
        "image:",
        "photograph by",
        "crédit photo",
        "фото:",
        "Фото:",
    ];
    AhoCorasick::builder().ascii_case_insensitive(true).build(words).ok()
});

static CREDIT_SEARCH: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let words = [
        "AFP",
        "EFE",
        "Reuters",
        "REUTERS",
        "Getty",
        "AP)",
        "(AP",
        "dpa",
        "Foto",
        "Photo",
        "Bild",
        "Image",
        "Credit",
        "Shutterstock",
        "뉴시스",
        "연합",
    ];
    AhoCorasick::new(words).ok()
});

/// Phrases of menus, notices and prompts, lower case.
const JUNK: &[&str] = &[
    "cookie",
    "subscri",
    "newsletter",
    "sign in",
    "sign up",
    "log in",
    "login",
    "register",
    "skip to",
    "share",
    "search",
    "menu",
    "advertis",
    "anzeige",
    "werbung",
    "comment",
    "read more",
    "related",
    "trending",
    "most read",
    "most popular",
    "follow us",
    "rights reserved",
    "javascript",
    "your browser",
    "privacy",
    "terms of",
    "accept all",
    "kommentare",
    "teilen",
    "abonn",
    "anmelden",
    "publicité",
    "connexion",
    "se connecter",
    "suscr",
    "iniciar ses",
    "compartir",
    "поделиться",
    "Поделиться",
    "подпис",
    "Подпис",
    "войти",
    "Войти",
    "buscar",
    "photo:",
    "image:",
    "photo by",
    "image credit",
    "photograph:",
    "foto:",
    "bild:",
    "table of contents",
    "in this article",
    "download the app",
    "contact us",
    "about us",
    "view all",
    "see all",
    "load more",
    "latest news",
    "breaking news",
    "more from",
    "you may also",
    "also read",
    "mehr zum thema",
    "lesen sie",
    "lire aussi",
    "leer también",
    "leia também",
    "leggi anche",
    "читайте также",
    "min read",
    "click here",
    "get started",
    "book a",
    "buy now",
    "add to cart",
    "free shipping",
    "cart",
    "wishlist",
    "loading",
    "navigation",
    "no result",
    "password",
    "home page",
    "all news",
    "published",
    "last updated",
    "copyright",
    "looking for",
    "call us",
    "call now",
    "toll free",
    "learn more",
    "partners can",
    "access information on a device",
    "official website",
    "preferences",
];

static JUNK_SEARCH: LazyLock<Option<AhoCorasick>> =
    LazyLock::new(|| AhoCorasick::builder().ascii_case_insensitive(true).build(JUNK).ok());

/// Whether a short line holds a phrase of menus, notices and prompts.
pub fn is_junk(text: &str) -> bool {
    text.len() <= 120 && JUNK_SEARCH.as_ref().is_some_and(|search| search.is_match(text))
}

static NOTICE_SEARCH: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let words = [
        "cookie",
        "javascript",
        "your browser",
        "newsletter",
        "subscribe",
        "privacy policy",
        "datenschutz",
        "all rights reserved",
        "ad blocker",
        "abonn",
    ];
    AhoCorasick::builder().ascii_case_insensitive(true).build(words).ok()
});

/// Whether running text is a notice of the site rather than the page's own.
pub fn is_notice(text: &str) -> bool {
    let head = crate::lines::head(text, 300);
    NOTICE_SEARCH.as_ref().is_some_and(|search| search.is_match(head))
}

/// `date 2022-04-25 Headline` without what stands before the headline.
fn strip_date_prefix(text: &str) -> &str {
    let rest = text.strip_prefix("date ").unwrap_or(text);
    let bytes = rest.as_bytes();
    let iso = bytes.len() > 11
        && bytes[..10]
            .iter()
            .enumerate()
            .all(|(i, b)| if i == 4 || i == 7 { *b == b'-' } else { b.is_ascii_digit() })
        && bytes[10] == b' ';
    if iso { rest[11..].trim_start() } else { text }
}

/// A title line without date prefix and site name.
fn clean<'a>(text: &'a str, page: &Page<'_>) -> &'a str {
    let mut text = strip_date_prefix(text).trim();
    for bullet in ["• ", "# ", "## ", "» ", "> "] {
        text = text.strip_prefix(bullet).unwrap_or(text);
    }
    for separator in [" | ", " - ", " – ", " — ", " :: ", " • ", " » "] {
        if let Some(at) = text.rfind(separator) {
            let (front, back) = (text[..at].trim(), text[at + separator.len()..].trim());
            let stands_alone = |part: &str| page.lines.iter().any(|l| l.text.eq_ignore_ascii_case(part));
            if count_words(front) >= 3
                && count_words(back) <= 4
                && (stands_alone(back) || stands_alone(front))
            {
                return front;
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::date::parse::Finder;

    fn of(text: &str) -> Option<String> {
        title(&Page::read(text, &[], &mut Finder::default())).map(|t| t.text)
    }

    const BODY: &str = "The new bridge over the Alva opened on Tuesday after three years of work, the council said in a statement. \
        Some four hundred people walked across it within the first hour, and the ferry made its last journey at noon.";

    #[test]
    fn below_a_menu() {
        let page = format!(
            "Home\nNews\nSport\nCulture\nBridge over the Alva opens after three years\n2 May 2023\n{BODY}\n{BODY}"
        );
        assert_eq!(of(&page).as_deref(), Some("Bridge over the Alva opens after three years"));
    }

    #[test]
    fn first_line() {
        assert_eq!(of(&format!("ALVA BRIDGE OPENS\n{BODY}")).as_deref(), Some("ALVA BRIDGE OPENS"));
    }

    #[test]
    fn date_prefix_and_site_name() {
        let page = format!(
            "River Courier\n date 2022-04-25 Bridge over the Alva opens to walkers - River Courier\n{BODY}"
        );
        assert_eq!(of(&page).as_deref(), Some("Bridge over the Alva opens to walkers"));
    }

    #[test]
    fn no_line_no_title() {
        assert_eq!(of(""), None);
        assert_eq!(of("\n\n"), None);
    }
}
