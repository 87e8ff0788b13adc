//! Where a list of names ends, how it is split, and what has the form of a name.

use crate::gazetteer::{
    AGENCIES, FIRST_NAMES, NAME_PARTICLES, NOT_IN_NAMES, ORGANISATION_CUES, PERSON_TITLES,
};
use crate::lines::is_wide;

/// Cuts off what follows the names: date, section, reading time, `for the Courier`.
pub(super) fn cut_tail(text: &str) -> &str {
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
    // The full stop of a sentence, but not that of `Dr.` or an initial.
    if let Some(at) = text[..end].find(". ")
        && text[..at].rsplit(' ').next().is_some_and(|word| word.chars().count() > 3)
    {
        end = at;
    }
    text[..end].trim()
}

pub(super) fn split_names(text: &str) -> impl Iterator<Item = &str> {
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

/// Splits names in a row without separators, `Ada Reed Anna Maria Holm Tom Hale`: a first name after a
/// surname begins the next name.
pub(super) fn split_by_first_names(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let mut words = text
            .split_inclusive(' ')
            .scan(0, |at, word| Some((std::mem::replace(at, *at + word.len()), word.trim())));
        let is_first = |word: &str| FIRST_NAMES.has(word);
        let mut before = words.next().map(|(_, word)| word).filter(|word| is_first(word));
        // A surname can be recognised only if the text begins with a first name.
        let next = before.and_then(|_| {
            words.enumerate().find_map(|(n, (at, word))| {
                let begins = n > 0
                    && is_first(word)
                    && before.is_some_and(|before| !is_first(before) && !NAME_PARTICLES.has(before));
                before = Some(word);
                begins.then_some(at)
            })
        });
        // The rest must be a full name, too.
        let next = next.filter(|at| text[*at..].trim().contains(' '));
        rest = next.map(|at| &text[at..]);
        Some(next.map_or(text, |at| text[..at].trim_end()))
    })
}

/// Strips brackets, titles of address, and marks around a name.
pub(super) fn trim_name(name: &str) -> &str {
    let name = name.split(['(', '<', '[']).next().unwrap_or("");
    let mut name = name.trim_matches(|c: char| !c.is_alphanumeric() && c != '.' && c != '\'');
    // `Ada Reed0`: the number of a footnote.
    let bare = name.trim_end_matches(|c: char| c.is_ascii_digit());
    if bare.ends_with(char::is_alphabetic) {
        name = bare;
    }
    // `Ada Reed Senior Editor`: the role after the name.
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
    // `Ada ReedPolitics`: a section glued to the name.
    if let Some(last) = name.split(' ').next_back()
        && let Some(at) = last.char_indices().skip(2).find(|(_, c)| c.is_uppercase()).map(|(at, _)| at)
        && last[..at].ends_with(char::is_lowercase)
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

/// Whether `name` has the form of a name. `lax`: single words and names of outlets are accepted, too.
pub(super) fn is_name(name: &str, lax: bool) -> bool {
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
        // `A.` is an initial.
        let is_initial = word.ends_with('.') && plain.chars().nth(1).is_none();
        bad += usize::from(!is_initial && (NOT_IN_NAMES.has(plain) || ORGANISATION_CUES.has(plain)));
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
