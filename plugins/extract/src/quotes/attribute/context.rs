//! Reads the verb of speech and its subject after and before a quotation. Does not resolve names.

use super::super::verbs::{is_auxiliary, is_participle, is_speech};
use super::phrase::{is_demonym, noun_phrase, sentence_head, sentence_tail};
use super::{Found, Subject};
use crate::entities::is_common;
use crate::words::{Word, words};

/// Most words between the quotation and the verb.
const MAX_WORDS: usize = 30;

/// Whether the word at `at` is used as a verb of speech, not as a noun (`Trump's remarks`, `Western claims`)
/// or with another meaning (`continued to`).
fn is_verb(list: &[Word<'_>], at: usize) -> bool {
    let word = &list[at];
    if !is_speech(word.text) || word.capital && at > 0 {
        return false;
    }
    let next = list.get(at + 1).map(|w| w.text);
    if next == Some("to")
        && (word.text.starts_with("contin") || word.text.starts_with("beg") || word.text == "went")
    {
        return false;
    }
    let Some(before) = at.checked_sub(1).and_then(|i| list.get(i)) else { return true };
    let noun = before.possessive
        || is_demonym(before.text)
        || matches!(
            before.text,
            "the"
                | "his"
                | "her"
                | "their"
                | "its"
                | "our"
                | "my"
                | "these"
                | "those"
                | "such"
                | "no"
                | "any"
                | "of"
                | "to"
                | "in"
                | "for"
                | "with"
        );
    !noun
}

/// Whether the verb at `at` is a passive, `has been condemned`, whose subject is not the speaker.
fn is_passive(list: &[Word<'_>], at: usize) -> bool {
    let verb = list[at].text;
    // The subject of `was quoted as saying` is the speaker.
    if !(verb.ends_with("ed") || verb == "told") || verb == "quoted" {
        return false;
    }
    let mut before = at;
    while before > 0 && is_adverb(list[before - 1].text) {
        before -= 1;
    }
    before > 0
        && matches!(list[before - 1].text, "is" | "are" | "was" | "were" | "been" | "being" | "be" | "got")
}

fn is_adverb(word: &str) -> bool {
    word.ends_with("ly") || matches!(word, "also" | "once" | "often" | "later" | "now" | "not" | "already")
}

/// The subject at the beginning of a sentence, or after the comma if the sentence begins with a clause or a
/// place.
fn opening_subject<'a>(sentence: &'a str, list: &[Word<'a>]) -> Option<Subject<'a>> {
    let first = list.first()?;
    let clause = matches!(
        first.text,
        "As" | "When"
            | "After"
            | "While"
            | "In"
            | "On"
            | "At"
            | "During"
            | "Speaking"
            | "Asked"
            | "Before"
            | "Despite"
            | "With"
            | "For"
            | "If"
            | "By"
            | "From"
            | "Although"
            | "Though"
            | "Since"
            | "Later"
            | "Meanwhile"
            | "But"
            | "And"
            | "Then"
            | "Still"
            | "However"
            | "Now"
    );
    let start = if clause {
        let comma = (1..list.len()).find(|&i| sentence[list[i - 1].end..list[i].start].contains(','));
        match comma {
            Some(at) => at,
            None if matches!(first.text, "But" | "And" | "Then" | "Still" | "Later" | "Now") => 1,
            None => return None,
        }
    } else {
        0
    };
    noun_phrase(sentence, list.get(start..)?).map(|(subject, _)| subject)
}

/// Reads the attribution after a quotation: `, said Name`, `Name said`, `, according to Name`, `— Name`.
pub(super) fn attribution_after<'a>(after: &'a str, content: &str) -> Option<Found<'a>> {
    let lead = after.trim_start();
    let own_sentence = content.ends_with('.') || after.starts_with(['.', '\n', ';']);
    if lead.is_empty()
        || after.starts_with(['.', ';', ':', '?', '!']) && !content.is_empty() && !after.starts_with(". —")
    {
        return None;
    }
    let first = lead.chars().next()?;
    let dash = matches!(first, '—' | '–') || lead.starts_with("- ") || lead.starts_with("-- ");
    let sentence = sentence_head(after);
    let list: Vec<Word<'a>> = words(sentence, 0).take(MAX_WORDS).collect();
    let start = list.first()?;
    // `"… .” He left.` is a new sentence, unless it says only who spoke.
    if own_sentence && start.capital && !dash && !(list.len() <= 5 && list.iter().any(|w| is_speech(w.text)))
    {
        return None;
    }
    if start.text.eq_ignore_ascii_case("according") {
        return Some(Found {
            subject: noun_phrase(sentence, &list[2.min(list.len())..])?.0,
            verb: Some(start.text),
        });
    }
    if matches!(
        start.text,
        "and"
            | "but"
            | "which"
            | "that"
            | "as"
            | "while"
            | "to"
            | "for"
            | "in"
            | "of"
            | "on"
            | "with"
            | "or"
            | "because"
            | "from"
            | "is"
            | "was"
            | "are"
            | "were"
    ) && start.text != "as"
    {
        return None;
    }
    if let Some(verb) = inverted(sentence, &list) {
        return Some(Found { subject: Subject::Pronoun, verb: Some(verb) });
    }
    // Verb first: `said the minister`, `sagte Ada Reed`, `a déclaré le ministre`.
    let mut i = 0;
    while i < 3 && list.get(i).is_some_and(|w| !is_speech(w.text) && is_auxiliary(w.text)) {
        i += 1;
    }
    if let Some(verb) = list.get(i).filter(|w| is_verb(&list, i) && !is_participle(w.text)) {
        let rest = &list[i + 1..];
        let close = rest.first().is_some_and(|w| sentence[verb.end..w.start].trim().is_empty());
        let rest = skip_reflexive(rest);
        if close && let Some((subject, used)) = noun_phrase(sentence, rest) {
            let subject = apposed_or(subject, sentence, rest, used);
            return Some(Found { subject, verb: Some(verb.text) });
        }
        return later(sentence, &list);
    }
    // Subject first: the verb may follow after an apposition.
    let Some((subject, used)) = noun_phrase(sentence, &list) else { return later(sentence, &list) };
    let verb = (used..list.len()).find(|&at| {
        let between = &sentence[list[used - 1].end..list[at].start];
        let near = at - used <= 3
            || !between.contains([',', ';', '—', '–'])
                && at - used <= 10
                && matches!(list[used].text, "and" | "of" | "in" | "from" | "for" | "at");
        is_verb(&list, at)
            && !is_participle(list[at].text)
            && (near || between.trim_start().starts_with([',', '(', '—', '–']))
    });
    if let Some(at) = verb {
        let subject = apposed_or(subject, sentence, &list, used);
        return Some(Found { subject, verb: Some(list[at].text) });
    }
    if let Some(found) = later(sentence, &list) {
        return Some(found);
    }
    if dash && list.len() <= 10 && matches!(subject, Subject::Name(_)) {
        return Some(Found { subject, verb: None });
    }
    None
}

/// The verb of `a-t-il déclaré`, `explique-t-elle`, `dit-il`.
fn inverted<'a>(sentence: &'a str, list: &[Word<'a>]) -> Option<&'a str> {
    let first = list.first()?;
    let stem = ["-il", "-elle", "-ils", "-elles"].iter().find_map(|end| first.text.strip_suffix(end))?;
    let stem = stem.strip_suffix("-t").unwrap_or(stem);
    if is_speech(stem) {
        return Some(stem);
    }
    let next = list.get(1).filter(|_| is_auxiliary(stem))?;
    let is_close = sentence[first.end..next.start].trim().is_empty();
    (is_close && is_speech(next.text)).then_some(next.text)
}

/// `"…" if it did not rain, said Ada Reed`: an attribution after a later comma of the sentence.
fn later<'a>(sentence: &'a str, list: &[Word<'a>]) -> Option<Found<'a>> {
    for at in (1..list.len()).rev() {
        if !sentence[list[at - 1].end..list[at].start].contains(',') {
            continue;
        }
        if is_speech(list[at].text) && !is_participle(list[at].text) && !list[at].capital {
            if let Some((subject @ (Subject::Name(_) | Subject::Role(..) | Subject::Pronoun), _)) =
                noun_phrase(sentence, &list[at + 1..])
            {
                return Some(Found { subject, verb: Some(list[at].text) });
            }
        } else if list[at].text == "according" && list.get(at + 1).is_some_and(|w| w.text == "to") {
            return Some(Found {
                subject: noun_phrase(sentence, &list[at + 2..])?.0,
                verb: Some("according"),
            });
        } else if let Some((subject @ (Subject::Name(_) | Subject::Role(..) | Subject::Pronoun), used)) =
            noun_phrase(sentence, &list[at..])
            && let Some(verb) = list.get(at + used).filter(|w| is_speech(w.text) && !is_participle(w.text))
        {
            return Some(Found { subject, verb: Some(verb.text) });
        }
    }
    None
}

/// The name in apposition to `subject`, or `subject` if it is a name already or none follows.
fn apposed_or<'a>(subject: Subject<'a>, sentence: &'a str, list: &[Word<'a>], used: usize) -> Subject<'a> {
    match subject {
        Subject::Name(_) => subject,
        _ => apposed(sentence, list, used).unwrap_or(subject),
    }
}

/// `the librarian, Ada Reed`: the full name after the comma that follows `used` words.
fn apposed<'a>(sentence: &'a str, list: &[Word<'a>], used: usize) -> Option<Subject<'a>> {
    let rest = list.get(used..)?;
    let [first, second, ..] = rest else { return None };
    let comma = sentence.get(list.get(used.checked_sub(1)?)?.end..first.start)?.trim() == ",";
    if !comma || !first.capital || !second.capital || sentence.get(first.end..second.start) != Some(" ") {
        return None;
    }
    noun_phrase(sentence, rest).map(|found| found.0).filter(|subject| matches!(subject, Subject::Name(_)))
}

fn skip_reflexive<'s, 'a>(list: &'s [Word<'a>]) -> &'s [Word<'a>] {
    match list.first() {
        Some(w) if matches!(w.text, "sich" | "auch" | "dazu" | "hier" | "am" | "also") => &list[1..],
        _ => list,
    }
}

/// Reads the attribution before a quotation: `Name said: "`, `According to Name, "`, `Name called it "`.
pub(super) fn attribution_before(before: &str) -> Option<Found<'_>> {
    let sentence = sentence_tail(before);
    let list: Vec<Word<'_>> = words(sentence, 0).collect();
    let list = &list[list.len().saturating_sub(MAX_WORDS + 20)..];
    if list.is_empty() {
        return None;
    }
    for at in (0..list.len()).rev().filter(|&at| is_verb(list, at) && list[at].text != "so") {
        let verb = &list[at];
        // Too far from the quotation, the verb governs something else.
        if list.len() - at > 22 {
            break;
        }
        if is_passive(list, at) {
            // `condemned by Ada Reed as "`; without `by`, the speaker may be the subject of an earlier verb.
            if list.get(at + 1).is_some_and(|w| w.text == "by") {
                let (subject, _) = noun_phrase(sentence, &list[at + 2..])?;
                return Some(Found { subject, verb: Some(verb.text) });
            }
            continue;
        }
        if let Some(subject) = subject_before(sentence, list, at) {
            return Some(Found { subject, verb: Some(verb.text) });
        }
        // `Zuvor sagte Ada Reed: „`
        if let Some((subject @ (Subject::Name(_) | Subject::Role(..)), _)) =
            noun_phrase(sentence, &list[at + 1..])
        {
            return Some(Found { subject, verb: Some(verb.text) });
        }
        break;
    }
    if let Some(at) = list.iter().position(|w| w.text.eq_ignore_ascii_case("according"))
        && list.get(at + 1).is_some_and(|w| w.text == "to")
        && let Some((subject, _)) = noun_phrase(sentence, &list[at + 2..])
    {
        return Some(Found { subject, verb: Some(list[at].text) });
    }
    // `Reed: "`
    if before.trim_end().ends_with(':') && list.len() <= 6 {
        let (subject, used) = noun_phrase(sentence, list)?;
        if used == list.len() && matches!(subject, Subject::Name(_)) {
            return Some(Found { subject, verb: None });
        }
    }
    None
}

/// The subject of the verb at `at`: the noun phrase before it, skipping an apposition. The subject of a
/// participle is the one at the beginning of the sentence.
fn subject_before<'a>(sentence: &'a str, list: &[Word<'a>], at: usize) -> Option<Subject<'a>> {
    if is_participle(list[at].text) {
        return opening_subject(sentence, &list[..at]);
    }
    let mut end = at;
    while end > 0
        && (is_auxiliary(list[end - 1].text) || is_speech(list[end - 1].text) && list[end - 1].text != "so")
    {
        end -= 1;
    }
    if end == 0 {
        return None;
    }
    // `Reed returned later and declared`
    if matches!(list[end - 1].text, "and" | "but" | "then") {
        return opening_subject(sentence, &list[..end - 1]);
    }
    let gap = |i: usize| {
        sentence.get(list[i - 1].end..list.get(i).map_or(sentence.len(), |w| w.start)).unwrap_or("")
    };
    // `Reed, the transport minister, said`: the phrase before the comma that opens the apposition.
    let closing = gap(end);
    let mut from = end;
    if closing.trim_start().starts_with([',', ')', '—', '–']) || closing.trim() == "-" {
        let opening = match closing.trim_start().chars().next() {
            Some(')') => "(",
            _ => ",—–-",
        };
        let mut i = end - 1;
        while i > 0 && end - i < 25 && !gap(i).contains(|c| opening.contains(c)) {
            i -= 1;
        }
        if i > 0 && gap(i).contains(|c| opening.contains(c)) {
            from = i;
        } else {
            return None;
        }
    }
    // Walk back to the beginning of the phrase.
    let mut start = from;
    while start > 0 && from - start < 14 {
        let word = &list[start - 1];
        if start < from && gap(start).contains([',', ';', ':', '(', '"', '”', '“', '—', '–']) {
            break;
        }
        let stop = matches!(
            word.text,
            "and"
                | "but"
                | "that"
                | "when"
                | "while"
                | "as"
                | "because"
                | "after"
                | "before"
                | "who"
                | "which"
                | "And"
                | "But"
                | "When"
                | "As"
                | "und"
                | "dass"
                | "que"
                | "where"
                | "whom"
                | "if"
                | "though"
        );
        if stop || is_speech(word.text) && start < from {
            break;
        }
        start -= 1;
    }
    // The phrase may begin with a time or place, `On Tuesday Reed said`: the name after it is the subject.
    let words = &list[start..from];
    let (subject, used) = noun_phrase(sentence, words)?;
    if used < words.len()
        && matches!(subject, Subject::Noun(_) | Subject::Pronoun)
        && let Some(later) = (used..words.len()).find(|&i| words[i].capital && !is_common(words[i].text))
        && let Some((name @ Subject::Name(_), _)) = noun_phrase(sentence, &words[later..])
        && !words[..later].iter().any(|w| matches!(w.text, "of" | "for" | "at" | "from" | "to"))
    {
        return Some(name);
    }
    Some(subject)
}
