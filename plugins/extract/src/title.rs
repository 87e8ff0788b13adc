//! The headline: each early line gets a score from its own features and those of the lines around it. The
//! best line, without date prefix and site name, is the title.

use crate::letters::{Ascii, is_alphabetic};
use crate::lines::{Line, count_words};
use crate::page::{Marks, Page};
use folded::for_each_word;
use phrases::{has_credit, is_caption, separated};
pub use phrases::{is_junk, is_notice, is_trail};
use rustc_hash::{FxHashMap, FxHashSet};

mod folded;
mod phrases;

/// Lines from the top that may be candidates; a headline below that many menu lines is not found.
const MAX_CANDIDATES: usize = 600;
/// Most bytes of running text before a candidate: the headline is not below the article.
const MAX_PROSE_BEFORE: usize = 6000;
/// Bytes of running text whose words are compared with those of a candidate.
const MAX_BODY_BYTES: usize = 6000;
/// A page whose best line scores below this has no title; 99 of 100 correct titles of pages with a body score
/// above 5.7.
const LEAST_SCORE: f32 = 4.0;

/// Number of features of a candidate.
pub const FEATURES: usize = 60;

/// Weights of the features, in the order of [`features`]. Fitted by conditional logit (which of the page's
/// lines is its headline) on 800 labelled pages of 700 sites.
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
        let told = page.lines[line].rule.map_or(0.0, rule_weight);
        let score = features.iter().zip(&WEIGHTS).map(|(f, w)| f * w).sum::<f32>() + told;
        if score > LEAST_SCORE && best.is_none_or(|(most, _)| score > most) {
            best = Some((score, line));
        }
    }
    let (_, line) = best?;
    let text = clean(page.lines[line].text, page);
    let text = match text.strip_prefix(": ") {
        // A kicker in its own element: `Harbour` above `: The ferry runs again`.
        Some(rest) => match line.checked_sub(1).map(|above| &page.lines[above]) {
            Some(above) if is_kicker(above, page.marks[line - 1]) => format!("{}{text}", above.text),
            _ => rest.to_owned(),
        },
        None => text.to_owned(),
    };
    (!text.is_empty()).then_some(Title { text, line })
}

/// Whether a line is the kicker of the headline below it, and not a label of the page.
fn is_kicker(line: &Line<'_>, marks: Marks) -> bool {
    /// Most words of a kicker.
    const KICKER: usize = 6;
    let is_of_text =
        !matches!(line.rule, Some("login-form" | "share-bar" | "subscribe-form" | "site-notice" | "tag-bar"));
    let is_label = line.words <= 2 && line.rule == Some("navigation");
    (1..=KICKER).contains(&line.words) && !is_label && is_of_text && !marks.junk && !marks.byline
}

/// How the rule by which an earlier stage removed a line changes its score. Only reliable rules count: that
/// stage also removes headlines as navigation, teaser or header, and its choice of the headline is right less
/// often than that of the features.
fn rule_weight(rule: &str) -> f32 {
    match rule {
        "share-bar" | "tag-bar" | "login-form" | "subscribe-form" | "cookie-notice" | "advertisement"
        | "inline-teaser" | "comment-section" | "author-box" | "byline" | "timestamp" | "copyright"
        | "site-notice" | "update-marker" => -1.5,
        _ => 0.0,
    }
}

/// The lines that may be the headline, with their features.
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
    let has = Ascii::of(text);
    if text.contains('©')
        || has.has(b"htp") && text.contains("http")
        || has.has(b"w.") && text.contains("www.")
        || text.starts_with(['@', '#', '<']) && !text.ends_with('>') && !text.contains("> ")
    {
        return false;
    }
    if marks.byline && line.words <= 8 || marks.dateline {
        return false;
    }
    if is_wide_sentence(text) || is_caption(text, has) {
        return false;
    }
    !(dated && without_date_is_short(text))
}

/// Whether a line ends like a sentence of East Asian text or in the middle of one. Headlines there have no
/// full stop, and such text is so dense that a first paragraph is as short as a headline.
fn is_wide_sentence(text: &str) -> bool {
    text.trim_end_matches(['”', '’', '」', '』', '）', '"']).ends_with(['。', '，', '、', '；'])
}

/// Whether a line with a date says little else.
fn without_date_is_short(text: &str) -> bool {
    strip_date_prefix(text).len() == text.len() && text.chars().filter(|c| c.is_alphabetic()).count() < 40
}

struct Context {
    body_words: FxHashSet<u64>,
    /// For the hash of each line: how often the line occurs on the page, and the index of its first
    /// occurrence.
    copies: FxHashMap<u64, (u16, usize)>,
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
        for (index, line) in page.lines.iter().enumerate() {
            copies.entry(hash(line.text)).or_insert((0u16, index)).0 += 1;
        }
        Self { body_words, copies, first_prose: main_prose(page) }
    }

    fn copies(&self, text: &str) -> (u16, usize) {
        self.copies.get(&hash(text)).copied().unwrap_or((0, 0))
    }
}

/// The line at which the running text begins: the first one with much running text in the lines from there
/// on.
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

/// Whether more than eight of ten letters are capitals.
fn is_shouted(text: &str) -> bool {
    let (mut letters, mut upper) = (0, 0);
    if text.is_ascii() {
        for byte in text.bytes() {
            letters += usize::from(byte.is_ascii_alphabetic());
            upper += usize::from(byte.is_ascii_uppercase());
        }
    } else {
        for c in text.chars() {
            letters += usize::from(is_alphabetic(c));
            upper += usize::from(c.is_uppercase());
        }
    }
    upper * 10 > letters * 8 && letters > 3
}

fn flag(on: bool) -> f32 {
    f32::from(u8::from(on))
}

/// The features that speak for or against line `index` being the headline.
fn features(page: &Page<'_>, context: &Context, index: usize) -> [f32; FEATURES] {
    let line = &page.lines[index];
    let text = strip_date_prefix(line.text);
    let words = if text.len() == line.text.len() { line.words } else { count_words(text) };
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
    let (same, first_same) = context.copies(line.text);
    let copies = f32::from(same.min(4)) - 1.0;
    let away = context.first_prose as i64 - index as i64;
    let after = page.prose_between(index + 1, index + 13).min(3000) as f32 / 3000.0;
    let before = page.prose_before[index].min(3000) as f32 / 3000.0;
    let last = text.chars().next_back().unwrap_or(' ');
    let has = Ascii::of(text);
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
        flag(separated(text, has)),
        flag(text.starts_with(['•', '-', '*', '–', '·', '>', '+'])),
        flag(page.marks[index].junk),
        flag(is_shouted(text)),
        shared,
        shared * flag(words >= 4),
        flag(text.starts_with(|c: char| c.is_numeric())),
        flag(text.starts_with(|c: char| c.is_lowercase())),
        flag(line.words != words || page.dates_in[index] > 0),
        flag(same > 1 && first_same < index),
        flag(near(-1, 0).any(like_headline)),
        flag(near(-2, -1).any(like_headline)),
        flag(near(1, 2).any(|i| page.lines[i].words > words && page.lines[i].words >= 12)),
        flag(near(-8, 0).all(short) && index >= 8),
        flag(near(-2, 0).any(|i| page.marks[i].trail)),
        flag(last == '?' || last == '!'),
        flag(has.has(b": ") && text.contains(": ")),
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

/// Returns the share of the candidate's words (four letters or more, or pairs of ideographs) that occur in
/// the body, and their number, capped at six, as a share of six.
fn overlap(text: &str, context: &Context) -> (f32, f32) {
    let (mut all, mut common) = (0u32, 0u32);
    for_each_word(text, |word| {
        all += 1;
        common += u32::from(context.body_words.contains(&word));
    });
    (common as f32 / all.max(1) as f32, common.min(6) as f32 / 6.0)
}

fn hash(text: &str) -> u64 {
    use std::hash::{BuildHasher, BuildHasherDefault};
    BuildHasherDefault::<rustc_hash::FxHasher>::default().hash_one(text)
}

/// Removes the date before a headline, as in `date 2021-05-16 Headline`.
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

/// The text of a title line without date prefix and site name.
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
    fn a_kicker_belongs_to_the_headline() {
        let page =
            format!("Home\nNews\nBridge over the Alva\n: The ferry made its last journey\n{BODY}\n{BODY}");
        assert_eq!(of(&page).as_deref(), Some("Bridge over the Alva: The ferry made its last journey"));
        let page = page.replace("Bridge over the Alva\n:", "Sign in\n:");
        assert_eq!(of(&page).as_deref(), Some("The ferry made its last journey"));
    }

    #[test]
    fn date_prefix_and_site_name() {
        let page = format!(
            "River Courier\n date 2021-05-16 Bridge over the Alva opens to walkers - River Courier\n{BODY}"
        );
        assert_eq!(of(&page).as_deref(), Some("Bridge over the Alva opens to walkers"));
    }

    #[test]
    fn no_sentence_of_east_asian_text() {
        let body = "大约四百人在第一个小时内步行过桥，渡轮在中午完成了最后一次航行。市长表示，这座桥属于所有居民，不收取任何过桥费。";
        for (first, title) in [
            ("市议会周二宣布，横跨阿尔瓦河的新桥已经开通。", None),
            ("市議会は「新しい橋が開通した。」と発表した。", None),
            ("市议会说：“新桥属于大家。”", None),
            ("市议会周二宣布新桥开通", Some("市议会周二宣布新桥开通")),
            ("新桥为什么要收费？", Some("新桥为什么要收费？")),
        ] {
            assert_eq!(of(&format!("{first}\n\n{body}")).as_deref(), title);
        }
    }

    #[test]
    fn no_line_no_title() {
        assert_eq!(of(""), None);
        assert_eq!(of("\n\n"), None);
    }
}
