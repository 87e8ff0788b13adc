//! Authors: lines such as `By Jane Doe and John Roe, Staff Writers`, and names that stand beside the date.

use crate::date::parse::Finder;
use crate::gazetteer::{
    AGENCIES, FIRST_NAMES, NAME_PARTICLES, NOT_IN_NAMES, ORGANISATION_CUES, PERSON_TITLES, PLACES,
};
use crate::lines::{Line, is_wide};
use crate::page::Page;
use rustc_hash::FxHashMap;
use std::sync::LazyLock;

/// Authors of a page at most.
const MAX_AUTHORS: usize = 12;
/// Longest byline, in bytes.
const MAX_BYLINE: usize = 240;

/// Words that announce authors at the beginning of a line, lower case, longer before shorter.
const CUES: &[&str] = &[
    "article written by",
    "this article was written by",
    "written and photographed by",
    "written by",
    "words by",
    "story by",
    "posted by",
    "report by",
    "reported by",
    "reporting by",
    "article by",
    "review by",
    "published by",
    "created by",
    "submitted by",
    "analysis by",
    "opinion by",
    "interview by",
    "text by",
    "compiled by",
    "uploaded by",
    "started by",
    "asked by",
    "authored by",
    "ein artikel von",
    "ein beitrag von",
    "ein kommentar von",
    "ein gastbeitrag von",
    "eine analyse von",
    "kommentar von",
    "interview von",
    "ein interview von",
    "artikel von",
    "text von",
    "geschrieben von",
    "publié par",
    "écrit par",
    "rédigé par",
    "propos recueillis par",
    "escrito por",
    "publicado por",
    "redactado por",
    "a cura di",
    "scritto da",
    "geschreven door",
    "skrevet av",
    "skrevet af",
    "skriven av",
    "author of the article",
    "about the author",
    "about the authors",
    "the author",
    "thread starter",
    "topic author",
    "autorin/autor",
    "author",
    "authors",
    "autor",
    "autorin",
    "autoren",
    "auteur",
    "autore",
    "автор",
    "автори",
    "авторы",
    "tekst",
    "texte",
    "by",
    "von",
    "par",
    "por",
];

/// More such words, which are told from words of text by the colon behind them or by script.
const COLON_CUES: &[&str] = &[
    "di",
    "text",
    "texto",
    "testo",
    "door",
    "av",
    "af",
    "от",
    "текст",
    "penulis",
    "reporter",
    "redaktör",
    "redakteur",
    "yazar",
    "haber",
    "schrijver",
    "redaksi",
    "szerző",
    "napisał",
    "napisała",
    "autorzy",
    "od",
    "de",
    "från",
    "oleh",
    "editor",
];

/// The cues by their first letter; whether they need a colon.
static CUES_BY_INITIAL: LazyLock<FxHashMap<char, Vec<(&'static str, bool)>>> = LazyLock::new(|| {
    let mut map: FxHashMap<char, Vec<(&'static str, bool)>> = FxHashMap::default();
    for (cues, colon) in [(CUES, false), (COLON_CUES, true)] {
        for cue in cues {
            if let Some(initial) = cue.chars().next() {
                map.entry(initial).or_default().push((cue, colon));
            }
        }
    }
    map
});

/// What stands behind the words that announce authors at the beginning of a line.
pub fn cue(line: &str) -> Option<&str> {
    if line.len() > MAX_BYLINE {
        return None;
    }
    let initial = line.chars().next()?.to_lowercase().next()?;
    if let Some(cues) = CUES_BY_INITIAL.get(&initial) {
        for &(cue, colon) in cues {
            let Some(rest) = strip_ignoring_case(line, cue) else { continue };
            let trimmed = rest.trim_start_matches([' ', '\u{a0}', ':', '：']);
            let marked = rest.trim_start().starts_with([':', '：']);
            let ends =
                rest.starts_with([' ', '\u{a0}', ':', '：']) || rest.is_empty() || rest.starts_with("by ");
            let short =
                cue.len() <= 3 || cue.starts_with("aut") && !cue.contains('/') || cue.ends_with("author");
            if !ends && !rest.starts_with(char::is_uppercase)
                || (colon || short && cue.len() > 3) && !marked && !rest.is_empty()
            {
                continue;
            }
            // `ByJane Doe`: glued, for the short English word only.
            if !ends && cue != "by" {
                continue;
            }
            // `Written byby Jane Doe`, `By: by Jane Doe`
            let trimmed = strip_ignoring_case(trimmed, "by")
                .filter(|r| r.starts_with(' '))
                .map_or(trimmed, str::trim_start);
            return Some(trimmed);
        }
    }
    ["記者", "文／", "文/", "撰文", "作者", "بقلم", "كتب"].iter().find_map(|cue| {
        let rest = line.strip_prefix(cue)?;
        Some(rest.trim_start_matches([' ', ':', '：', '／', '/', '・']))
    })
}

fn strip_ignoring_case<'a>(text: &'a str, lower: &str) -> Option<&'a str> {
    let mut rest = text.chars();
    for want in lower.chars() {
        let have = rest.next()?;
        if have != want && !have.to_lowercase().eq([want]) {
            return None;
        }
    }
    Some(rest.as_str())
}

/// The authors of a page. `title` and `date`: the lines of headline and date of publication, where found.
pub fn byline(
    page: &Page<'_>,
    title: Option<usize>,
    date: Option<usize>,
    finder: &mut Finder,
) -> Vec<String> {
    let mut reader = Reader { names: Vec::new(), finder, found: Vec::new() };
    let first = title.map_or(0, |line| line.saturating_sub(5));
    let last = header_end(page, title, date);
    let header = first..last;
    // A line that begins with the cue, nearest below the title first.
    let below = title.map_or(first, |t| t + 1);
    for index in (below..last).chain(first..below.min(last)) {
        if Some(index) == title {
            continue;
        }
        if let Some(rest) = cue(page.lines[index].text) {
            reader.announced(page, index, rest);
        } else {
            reader.inner(page, index);
        }
        if !reader.names.is_empty() {
            return reader.names;
        }
    }
    // Names without a cue: beside the date, or right below the title.
    for index in header.clone() {
        let beside = date.is_some_and(|d| index.abs_diff(d) <= 3);
        let below = title.is_some_and(|t| index > t && index - t <= 4);
        if Some(index) != title && (beside || below) {
            reader.bare(page, index, date.is_some_and(|d| index.abs_diff(d) <= 1), below);
            if !reader.names.is_empty() {
                return reader.names;
            }
        }
    }
    // At the end of the text, or anywhere a line says it with a long cue.
    for index in (last..page.lines.len()).chain(0..first) {
        let line = &page.lines[index];
        if line.words <= 12
            && let Some(rest) = cue(line.text)
            && (index < first || page.prose_between(0, index) > 0)
            && (page.lines[index].text.len() - rest.len() >= 8 || rest.is_empty() && line.text.len() >= 5)
        {
            reader.announced(page, index, rest);
            if !reader.names.is_empty() {
                return reader.names;
            }
        }
    }
    reader.names
}

/// Whether a line is a person's name and nothing else.
pub fn is_bare_name(line: &str) -> bool {
    line.len() <= 40
        && (2..=4).contains(&line.split_whitespace().count())
        && line.split_whitespace().next().is_some_and(|word| FIRST_NAMES.has(word))
        && is_name(line, false)
        && !PLACES.has(line.split_whitespace().next_back().unwrap_or(""))
}

/// One past the last line in which the byline of the article can stand.
fn header_end(page: &Page<'_>, title: Option<usize>, date: Option<usize>) -> usize {
    let from =
        title.unwrap_or(0).max(date.filter(|&d| title.is_none_or(|t| d > t && d < t + 12)).unwrap_or(0));
    let mut prose = 0;
    for index in from + 1..page.lines.len() {
        prose += usize::from(page.lines[index].prose);
        if prose > 2 || index > from + 25 {
            return index;
        }
    }
    page.lines.len()
}

struct Reader<'f> {
    names: Vec<String>,
    finder: &'f mut Finder,
    found: Vec<crate::date::parse::Mention>,
}

impl Reader<'_> {
    /// Names behind a cue, on the same line or on the lines after it.
    fn announced(&mut self, page: &Page<'_>, index: usize, rest: &str) {
        if !rest.is_empty() {
            self.list(rest, true);
            return;
        }
        // The cue alone: the names follow, a line each, perhaps with lines that are only a comma or `and`.
        let mut misses = 0;
        for line in page.lines.iter().skip(index + 1).take(10) {
            let joint = matches!(line.text, "," | "and" | "und" | "et" | "&" | "y" | "|" | "•");
            if joint {
                continue;
            }
            let before = self.names.len();
            if line.words <= 8 {
                self.list(line.text, before == 0);
            }
            let next_joins = page
                .lines
                .get(index + 1 + self.names.len())
                .is_some_and(|l| matches!(l.text, "," | "and" | "und" | "et" | "&" | "y"));
            if self.names.len() == before {
                misses += 1;
            }
            if misses > 0 || !next_joins && !self.names.is_empty() {
                return;
            }
        }
    }

    /// ` by Jane Doe` inside a line: `Jane Doe by Jane Doe`, `Posted on 8 July 2025 by Jane Doe in Culture`.
    fn inner(&mut self, page: &Page<'_>, index: usize) {
        let line = &page.lines[index];
        if line.prose || line.words > 24 || line.len > MAX_BYLINE {
            return;
        }
        for (word, lax) in [
            (" by ", true),
            (" By ", true),
            (" von ", false),
            (" par ", false),
            (" por ", false),
            (" Por ", false),
            (" Von ", false),
        ] {
            let Some(at) = line.text.find(word) else { continue };
            let (before, after) = (line.text[..at].trim(), &line.text[at + word.len()..]);
            let twice = !before.is_empty() && after.starts_with(before);
            let dated = page.dates_in[index] > 0;
            let posted = before.len() < 40
                && lower_has(
                    before,
                    &[
                        "posted",
                        "published",
                        "written",
                        "publié",
                        "publicado",
                        "veröffentlicht",
                        "geschrieben",
                        "submitted",
                        "article",
                    ],
                );
            if twice
                || dated && lax && !lower_has(before, &["photo", "image", "foto"])
                || dated && before.len() < 40
                || posted
            {
                self.list(after, lax || twice);
                if !self.names.is_empty() {
                    return;
                }
            }
        }
    }

    /// A line, or a part of one between separators and dates, that looks like a name.
    fn bare(&mut self, page: &Page<'_>, index: usize, beside_date: bool, below: bool) {
        let line = &page.lines[index];
        if line.prose
            || line.words > 14
            || line.len > MAX_BYLINE
            || is_credit(line)
            || crate::dateline::opens(line.text)
        {
            return;
        }
        let text = self.before_dates(line.text);
        for part in text.split(['|', '•', '·', '—', '–', '/', '\u{1}', '∙']) {
            let names = self.names.len();
            let part = part.trim();
            let known = |name: &str| name.split_whitespace().next().is_some_and(|w| FIRST_NAMES.has(w));
            for name in split_names(part) {
                let name = trim_name(name);
                let words = name.split_whitespace().count();
                let nearby_copy = beside_date && page.dates_in[index] > 0;
                if is_name(name, false)
                    && (2..=4).contains(&words)
                    && (known(name) || nearby_copy && words <= 3 || beside_date && text == name && below)
                    && !PLACES.has(name.split_whitespace().next_back().unwrap_or(""))
                {
                    self.push(name);
                } else {
                    break;
                }
            }
            if self.names.len() > names {
                return;
            }
        }
    }

    /// The line with each date in it replaced by a separator.
    fn before_dates(&mut self, text: &str) -> String {
        self.finder.find(text, &mut self.found);
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for mention in &self.found {
            out.push_str(text.get(at..mention.start).unwrap_or(""));
            out.push('\u{1}');
            at = mention.end;
        }
        out.push_str(text.get(at..).unwrap_or(""));
        out
    }

    /// Reads a list of names. `lax`: an announced list, in which outlets and single words count too.
    fn list(&mut self, text: &str, lax: bool) {
        let text = self.before_dates(crate::lines::head(text, MAX_BYLINE));
        let text = cut_tail(&text);
        for part in split_names(text) {
            if self.names.len() >= MAX_AUTHORS {
                return;
            }
            let part = trim_name(part);
            if part.is_empty() {
                continue;
            }
            let first = self.names.is_empty();
            // `By Ada and Tom`
            let informal = self.names.len() == 1 && !self.names[0].contains(' ');
            if is_name(part, lax && (first || informal)) {
                self.push(part);
            } else if !first || !lax {
                return;
            }
        }
    }

    fn push(&mut self, name: &str) {
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        if !self.names.iter().any(|have| have.to_lowercase() == name.to_lowercase()) {
            self.names.push(name);
        }
    }
}

fn is_credit(line: &Line<'_>) -> bool {
    lower_has(line.text, &["photo", "foto", "image", "bild", "©", "getty", "credit", "quelle", "source"])
}

fn lower_has(text: &str, words: &[&str]) -> bool {
    let lower = text.to_lowercase();
    words.iter().any(|word| lower.contains(word))
}

/// Cuts what follows the names: date, section, reading time, `for the Courier`.
fn cut_tail(text: &str) -> &str {
    let mut end = text.len();
    for mark in [
        "\u{1}",
        " | ",
        "|",
        " • ",
        "•",
        " · ",
        " — ",
        " – ",
        " - ",
        " in ",
        " on ",
        " for ",
        " at ",
        " from ",
        "Published",
        "Updated",
        "Posted",
        " aus ",
        " am ",
        " le ",
        " el ",
        "@",
        "//",
        "\t",
        " >",
        "…",
        " um ",
        "Last ",
        "Follow",
        "Share",
        "  ",
    ] {
        if let Some(at) = text.find(mark)
            && at > 0
        {
            end = end.min(at);
        }
    }
    // A sentence's full stop, but not that of `Dr.` or an initial.
    if let Some(at) = text[..end].find(". ")
        && text[..at].rsplit(' ').next().is_some_and(|word| word.chars().count() > 3)
    {
        end = at;
    }
    text[..end].trim()
}

fn split_names(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let mut cut: Option<(usize, usize)> = None;
        for joint in [
            ",", ";", "、", "，", " and ", " And ", " AND ", " und ", " et ", " y ", " e ", " och ", " og ",
            " и ", " та ", " & ", " / ", " with ", " + ", " en ",
        ] {
            if let Some(at) = text.find(joint)
                && cut.is_none_or(|(first, _)| at < first)
            {
                cut = Some((at, joint.len()));
            }
        }
        let (part, tail) = match cut {
            Some((at, len)) => (&text[..at], Some(&text[at + len..])),
            None => (text, None),
        };
        rest = tail;
        Some(part)
    })
}

/// A name without brackets, titles of address and marks around it.
fn trim_name(name: &str) -> &str {
    let name = name.split(['(', '<', '[']).next().unwrap_or("");
    let mut name = name.trim_matches(|c: char| !c.is_alphanumeric() && c != '.' && c != '\'');
    // `Ada Reed Senior Editor`: the role behind the name.
    let mut end = 0;
    for (count, word) in name.split_inclusive(' ').enumerate() {
        if count >= 2
            && !NAME_PARTICLES.has(word.trim())
            && (NOT_IN_NAMES.has(word.trim()) || PERSON_TITLES.has(word.trim()))
        {
            name = name[..end].trim_end();
            break;
        }
        end += word.len();
    }
    // `Ada ReedPolitics`: the section glued to it.
    if let Some(last) = name.split(' ').next_back()
        && let Some(at) = last.char_indices().skip(2).find(|(_, c)| c.is_uppercase()).map(|(at, _)| at)
        && NOT_IN_NAMES.has(&last[at..])
    {
        name = &name[..name.len() - last.len() + at];
    }
    // `Ada Reed Ada Reed`
    if let Some((front, back)) = name.split_at_checked(name.len() / 2)
        && front.trim() == back.trim()
    {
        name = front.trim();
    }
    for lead in ["by ", "By ", "BY ", "von ", "Von ", "par ", "por ", "Dr. ", "Prof. ", "and ", "und ", "et "]
    {
        name = name.strip_prefix(lead).unwrap_or(name).trim_start();
    }
    name
}

/// Whether `name` has the form of a name. `lax`: a single word and an outlet's name will do.
fn is_name(name: &str, lax: bool) -> bool {
    if name.len() < 2 || name.len() > 60 {
        return false;
    }
    if lax && AGENCIES.has(name) {
        return true;
    }
    if name.chars().all(|c| is_wide(c) || c == '・' || c == ' ') {
        return (2..=8).contains(&name.chars().count());
    }
    let mut words = 0;
    let mut capitals = 0;
    let mut bad = 0;
    for word in name.split_whitespace() {
        words += 1;
        if word
            .chars()
            .any(|c| c.is_numeric() || matches!(c, ':' | '!' | '?' | '$' | '%' | '=' | '_' | '"' | '“' | '…'))
        {
            return false;
        }
        let first = word.chars().find(|c| c.is_alphabetic());
        match first {
            Some(c) if c.is_uppercase() || !c.is_lowercase() => capitals += 1,
            Some(_) if NAME_PARTICLES.has(word) || word.starts_with("d'") || word.starts_with("al-") => {}
            _ => return false,
        }
        let plain = word.trim_matches(|c: char| !c.is_alphanumeric());
        bad += usize::from(NOT_IN_NAMES.has(plain) || ORGANISATION_CUES.has(plain));
    }
    if capitals == 0 || words > 5 {
        return false;
    }
    if lax && bad > 0 {
        // `Associated Press`, but not `Staff Writer`.
        return bad < words
            && words >= 2
            && !NOT_IN_NAMES.has(name.split_whitespace().next().unwrap_or(""))
            && !PERSON_TITLES.has(name.split_whitespace().next_back().unwrap_or(""));
    }
    bad == 0 && (words >= 2 || lax && !AGENCIES.has(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<String> {
        let mut finder = Finder::default();
        let page = Page::read(text, &[], &mut finder);
        let date = page.dates.first().map(|d| d.line);
        byline(&page, Some(0), date, &mut finder)
    }

    #[test]
    fn announced() {
        for (line, want) in [
            ("By Jane Doe and John Roe, Staff Writers", &["Jane Doe", "John Roe"][..]),
            ("Jane Doe by Jane Doe", &["Jane Doe"]),
            ("Von Karla Muster", &["Karla Muster"]),
            ("Par Luc Martin, à Paris", &["Luc Martin"]),
            ("by Ada Reed, Reuters", &["Ada Reed"]),
            ("By\nAda Reed\n,\nTom Hale", &["Ada Reed", "Tom Hale"]),
            ("Posted on July 8, 2025 by Ada Reed in Culture", &["Ada Reed"]),
            ("By Ada Reed | 8 July 2025", &["Ada Reed"]),
            ("Written byby Ada Reed", &["Ada Reed"]),
            ("Ada Reed24.04.2024, 19:35 Uhr", &["Ada Reed"]),
            ("27. Januar 2026 • Gregor Meier • 3 Minuten", &["Gregor Meier"]),
            ("By ADA REED, Courier staff", &["ADA REED"]),
            ("By Ludwig van der Berg", &["Ludwig van der Berg"]),
            ("By the numbers: what the river carried", &[]),
            ("By Monday the water had gone", &[]),
        ] {
            assert_eq!(of(&format!("Bridge opens\n{line}")), want, "{line}");
        }
    }
}
