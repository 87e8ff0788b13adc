//! The kind of a name (person, organisation or place), judged by its words and the word before it.

use super::Kind;
use crate::gazetteer::{
    AGENCIES, FIRST_NAMES, NAME_PARTICLES, ORGANISATION_CUES, PLACE_CUES, PLACE_HEADS, PLACES,
};
use crate::words::Word;

pub(super) fn kind_of(words: &[Word<'_>], titled: bool, before: Option<Word<'_>>) -> Kind {
    let (Some(first), Some(last)) = (words.first(), words.last()) else { return Kind::Other };
    let one = words.len() == 1;
    let acronym = one
        && first.text.len() >= 2
        && first.text.len() <= 7
        && first.text.chars().all(|c| c.is_uppercase() || c == '.' || c == '&');
    if matches!(first.text, "US" | "U.S." | "UK" | "U.K." | "UAE" | "USA" | "U.S.A." | "EU" | "UN" | "USSR")
        && one
    {
        return if matches!(first.text, "EU" | "UN") { Kind::Organisation } else { Kind::Place };
    }
    let multi_place = matches!(
        (first.text, last.text),
        ("United", "States" | "Kingdom" | "Emirates")
            | ("Saudi", "Arabia")
            | ("Hong", "Kong")
            | ("Sri", "Lanka")
            | ("Costa", "Rica")
            | ("Los", "Angeles")
            | ("Middle", "East")
            | ("White", "House")
    );
    if multi_place {
        return if first.text == "White" { Kind::Organisation } else { Kind::Place };
    }
    if words.iter().any(|w| ORGANISATION_CUES.has(w.text))
        && !(titled && one)
        && !(FIRST_NAMES.has(first.text) && words.len() == 2 && !ORGANISATION_CUES.has(last.text))
    {
        return Kind::Organisation;
    }
    if !one && PLACE_CUES.has(last.text)
        || words.len() > 1 && matches!(first.text, "Lake" | "Mount" | "River" | "Cape" | "Gulf")
    {
        return Kind::Place;
    }
    if titled && words.len() <= 4 && !PLACES.has(first.text) {
        return Kind::Person;
    }
    if words.len() >= 2
        && words.len() <= 4
        && FIRST_NAMES.has(first.text)
        && !PLACES.has(last.text)
        && words.iter().all(|w| w.capital || NAME_PARTICLES.has(w.text))
    {
        return Kind::Person;
    }
    if PLACES.has(last.text)
        && (one || words.len() == 2 && (PLACE_HEADS.has(first.text) || PLACES.has(first.text)))
    {
        return Kind::Place;
    }
    if acronym {
        return Kind::Organisation;
    }
    if one && AGENCIES.has(first.text) {
        return Kind::Organisation;
    }
    if !one && PLACE_HEADS.has(first.text) && words.len() == 2 {
        return Kind::Place;
    }
    // `J. Doe`, `Ada J. Reed`
    if words.len() >= 2
        && words.len() <= 4
        && words[..words.len() - 1].iter().any(|w| w.text.chars().count() == 1)
        && words[0].text.chars().count() <= 10
    {
        return Kind::Person;
    }
    if one && before.is_some_and(|w| matches!(w.text, "in" | "near" | "across" | "throughout")) && !acronym {
        return Kind::Place;
    }
    Kind::Other
}
