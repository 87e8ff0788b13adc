//! Words that announce authors at the beginning of a line.

use super::MAX_BYLINE;
use super::name::is_name;
use rustc_hash::FxHashMap;
use std::sync::LazyLock;

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

/// More such words. They are ordinary words of texts, too, so a colon or nothing must follow them.
const COLON_CUES: &[&str] = &[
    "text",
    "texto",
    "testo",
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
    "editor",
];

/// Little words that also begin sentences: without a colon, they announce authors only if the whole rest of
/// the line is a name of two or more words.
const NAME_CUES: &[&str] = &["di", "door", "av", "af", "oleh", "του", "της", "τησ", "των"];

/// Words of languages that are written without spaces.
const UNSPACED_CUES: &[&str] = &["記者", "文／", "文/", "撰文", "作者"];

/// Words of languages without capitals; no letter may follow them directly.
const CASELESS_CUES: &[&str] =
    &["بقلم", "كتب", "נכתב על ידי", "מאת", "लेखक", "লেখক", "نویسنده", "به قلم", "ผู้เขียน", "โดย"];

/// The cues by their first letter, each with whether it needs a colon.
static CUES_BY_INITIAL: LazyLock<FxHashMap<char, Vec<(&'static str, bool)>>> = LazyLock::new(|| {
    let mut map: FxHashMap<char, Vec<(&'static str, bool)>> = FxHashMap::default();
    for (cues, colon) in [(CUES, false), (COLON_CUES, true), (NAME_CUES, true)] {
        for cue in cues {
            if let Some(initial) = cue.chars().next() {
                map.entry(initial).or_default().push((cue, colon));
            }
        }
    }
    map
});

/// The rest of a line that begins with words that announce authors; `None` if it does not.
pub fn cue(line: &str) -> Option<&str> {
    if line.len() > MAX_BYLINE {
        return None;
    }
    let initial = line.chars().next()?.to_lowercase().next()?;
    if let Some(cues) = CUES_BY_INITIAL.get(&initial) {
        let second = line.as_bytes().get(1).map(u8::to_ascii_lowercase);
        for &(cue, colon) in cues {
            // The second letter rules out most lines that share the first.
            if initial.is_ascii() && cue.as_bytes().get(1).copied() != second {
                continue;
            }
            let Some(rest) = strip_ignoring_case(line, cue) else { continue };
            let trimmed = rest.trim_start_matches([' ', '\u{a0}', ':', '：']);
            let marked = rest.trim_start().starts_with([':', '：']);
            let ends =
                rest.starts_with([' ', '\u{a0}', ':', '：']) || rest.is_empty() || rest.starts_with("by ");
            let short =
                cue.len() <= 3 || cue.starts_with("aut") && !cue.contains('/') || cue.ends_with("author");
            let is_named =
                colon && ends && NAME_CUES.contains(&cue) && trimmed.contains(' ') && is_name(trimmed, false);
            if !ends && !rest.starts_with(char::is_uppercase)
                || (colon || short && cue.len() > 3) && !marked && !rest.is_empty() && !is_named
            {
                continue;
            }
            // `ByJane Doe`: glued, accepted only after the short English word.
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
    let unspaced = UNSPACED_CUES.iter().find_map(|cue| line.strip_prefix(cue));
    let caseless =
        || CASELESS_CUES.iter().find_map(|cue| line.strip_prefix(cue)).filter(|rest| is_parted(rest));
    Some(unspaced.or_else(caseless)?.trim_start_matches([' ', ':', '：', '／', '/', '・']))
}

/// Whether `rest` is empty or begins with white space or a separator, so that the word before it ends there.
fn is_parted(rest: &str) -> bool {
    rest.chars().next().is_none_or(|c| c.is_whitespace() || matches!(c, ':' | '：' | '/' | '-' | '|'))
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
