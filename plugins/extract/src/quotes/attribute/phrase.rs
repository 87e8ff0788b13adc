//! Noun phrases and sentence bounds around a quotation. Verbs of speech matter only as ends of phrases.

use super::super::sources::{is_role, is_source};
use super::super::verbs::{is_auxiliary, is_speech};
use super::Subject;
use crate::entities::is_common;
use crate::gazetteer::{FIRST_NAMES, List, NAME_PARTICLES, ORGANISATION_CUES, PERSON_TITLES};
use crate::words::Word;

static FOLLOWING: List = List::new(|| FOLLOWING_WORDS.split_whitespace().map(str::as_bytes).collect());

/// Words that follow a source and are not part of it, in other languages than English: prepositions,
/// conjunctions, days, and the words for those who are spoken to.
const FOLLOWING_WORDS: &str = "tras ante después antes durante con por para sobre desde hacia según cuando mientras ayer hoy esta este visiblemente \
    após depois perante diante ao aos à às com quando enquanto ontem hoje nesta neste nessa nesse na no nas nos numa num em durante pela pelo \
    dopo prima con per su sul sulla sui nel nella nei nelle al alla allo ai agli alle davanti mentre quando ieri oggi questo questa tra fra in che \
    parlando commentando intervenendo a après avant pendant au aux avec pour sur depuis devant dans quand tandis hier ce cette lors chez face sous \
    lundi mardi mercredi jeudi vendredi samedi dimanche \
    после до перед во в на при через об о со с к ко по за для от из у когда что вчера сегодня также журналистам корреспондентам агентству газете \
    після під перед у через про із зі на за до від для коли що вчора сьогодні також журналістам кореспондентам агентству газеті";

/// Reads the noun phrase at the beginning of `list`; returns it with the number of words that it takes.
pub(super) fn noun_phrase<'a>(sentence: &'a str, list: &[Word<'a>]) -> Option<(Subject<'a>, usize)> {
    let first = list.first()?;
    if matches!(
        first.text.to_lowercase().as_str(),
        "he" | "she"
            | "they"
            | "i"
            | "we"
            | "er"
            | "sie"
            | "il"
            | "elle"
            | "él"
            | "ella"
            | "он"
            | "она"
            | "lui"
            | "lei"
            | "ele"
            | "ela"
            | "ihm"
            | "ihr"
            | "him"
            | "her"
    ) && !(first.text == "her" && list.len() > 1)
        && !(first.text == "il" && is_article(list))
    {
        return Some((Subject::Pronoun, 1));
    }
    // The phrase goes on while only spaces (or the full stop of an abbreviation) separate the words.
    let mut taken = 1;
    while taken < list.len() && taken < 12 {
        let gap = &sentence[list[taken - 1].end..list[taken].start];
        let word = &list[taken];
        let joined = gap.trim().is_empty()
            || gap == ". " && list[taken - 1].capital && list[taken - 1].text.chars().count() <= 4
            || matches!(gap, " \u{2019}" | " (");
        let stops = !word.capital
            && (is_speech(word.text)
                || is_auxiliary(word.text)
                || FOLLOWING.has(word.text)
                    // Not right after a small word: `the con artist` is English.
                    && (taken > 1 || list[0].capital)
                    && !within_name(list, word)
                || matches!(
                    word.text,
                    "who"
                        | "which"
                        | "that"
                        | "and"
                        | "in"
                        | "on"
                        | "at"
                        | "during"
                        | "after"
                        | "before"
                        | "when"
                        | "as"
                        | "to"
                        | "by"
                        | "about"
                        | "while"
                        | "with"
                        | "into"
                        | "am"
                        | "im"
                        | "vor"
                        | "auf"
                        | "bei"
                        | "beim"
                        | "zu"
                        | "mit"
                        | "für"
                        | "gegenüber"
                        | "nach"
                        | "lors"
                        | "dans"
                        | "durante"
                        | "en"
                        | "whose"
                        | "over"
                        | "this"
                        | "last"
                        | "if"
                        | "because"
                        | "between"
                        | "towards"
                        | "toward"
                        | "under"
                        | "near"
                        | "outside"
                        | "inside"
                        | "through"
                        | "until"
                        | "without"
                        | "against"
                        | "around"
                        | "along"
                        | "since"
                        | "behind"
                        | "beside"
                        | "above"
                        | "below"
                ));
        if !joined || stops || gap == " (" {
            break;
        }
        taken += 1;
    }
    let phrase = &list[..taken];
    // The words after `of`, `for`, `from` say where the source belongs; they are not its name.
    let main_end = phrase
        .iter()
        .position(|w| {
            !w.capital
                && matches!(
                    w.text,
                    "of" | "for" | "from" | "von" | "der" | "des" | "de" | "du" | "del" | "di"
                )
                && !within_name(phrase, w)
        })
        .unwrap_or(taken);
    let main = &phrase[..main_end.max(1)];
    // The last run of capitalised words in it.
    let mut end = main.len();
    while end > 0 && !main[end - 1].capital {
        end -= 1;
    }
    let mut start = end;
    while start > 0
        && (main[start - 1].capital
            || start < end
                && start > 1
                && NAME_PARTICLES.has(main[start - 1].text)
                && main[start - 2].capital)
    {
        start -= 1;
    }
    let run = &main[start..end];
    let trailing = main.len() - end;
    let mut name = run;
    if let Some(title) = run.iter().rposition(|w| PERSON_TITLES.has(w.text)) {
        if title + 1 < run.len() {
            name = &run[title + 1..];
        } else {
            name = &[];
        }
    }
    name = without_place(name, start.checked_sub(1).and_then(|before| main.get(before)));
    while name.first().is_some_and(|w| is_common(w.text) || is_demonym(w.text))
        && !(name.len() == 1 && trailing == 0 && !is_common(name[0].text))
    {
        name = &name[1..];
    }
    if let (Some(a), Some(b)) = (name.first(), name.last())
        && (trailing == 0
            // In Cyrillic, no word after a name makes it part of a noun phrase.
            || is_cyrillic(b.text)
            || trailing <= 1
                && main.last().is_some_and(|w| {
                    !PERSON_TITLES.has(w.text) && !is_role(w.text) && !w.text.ends_with('s')
                }))
        && !name.iter().all(|w| is_common(w.text))
        && (!b.possessive || trailing == 0)
    {
        return Some((Subject::Name(&sentence[a.start..b.start + b.text.len()]), taken));
    }
    // No name: a role or a common noun.
    if matches!(first.text, "another" | "one" | "others" | "some" | "many" | "both") && taken == 1 {
        return Some((Subject::Noun(first.text), 1));
    }
    if name.is_empty()
        && run.iter().all(|w| is_demonym(w.text))
        && !run.is_empty()
        && trailing == 0
        && main.len() == run.len()
    {
        return None;
    }
    let last = main.last()?;
    let text = &sentence[main.first()?.start..last.start + last.text.len()];
    let determined = matches!(
        first.text.to_lowercase().as_str(),
        "the" | "der" | "die" | "le" | "la" | "el" | "this" | "that"
    );
    if determined && (PERSON_TITLES.has(last.text) || is_role(last.text)) {
        return Some((Subject::Role(text, last.text), taken));
    }
    if main.len() == 1 && (is_common(last.text) || is_speech(last.text)) || text.chars().count() < 3 {
        return None;
    }
    is_source(main).then_some((Subject::Noun(text), taken))
}

/// Whether the first word is an article and not a pronoun: `il sindaco`, but not `il a déclaré`.
fn is_article(list: &[Word<'_>]) -> bool {
    list.get(1)
        .is_some_and(|next| !is_speech(next.text) && !is_auxiliary(next.text) && !FOLLOWING.has(next.text))
}

/// Removes from a name what the person is the head of: `глава Норхавена Иван Петров`,
/// `il presidente della Camera Marta Rossi`. A Cyrillic name that ends in a patronymic begins with the
/// surname, so it is kept.
fn without_place<'s, 'a>(name: &'s [Word<'a>], before: Option<&Word<'_>>) -> &'s [Word<'a>] {
    let [place, first, .., last] = name else { return name };
    let has_patronymic = ["вич", "вна", "ична"].iter().any(|end| last.text.ends_with(end));
    let is_of = before.is_some_and(|w| matches!(w.text, "della" | "dello" | "do" | "da" | "dos" | "das"));
    let is_place = (is_of || is_cyrillic(place.text) && !has_patronymic)
        && FIRST_NAMES.has(first.text)
        && !FIRST_NAMES.has(place.text);
    if is_place { &name[1..] } else { name }
}

fn is_cyrillic(word: &str) -> bool {
    word.starts_with(|c| matches!(c, '\u{400}'..='\u{52f}'))
}

fn within_name(phrase: &[Word<'_>], word: &Word<'_>) -> bool {
    // `Bank of England`, `von der Leyen`: capitals on both sides.
    let Some(at) = phrase.iter().position(|w| w.start == word.start) else { return false };
    let before = at > 0 && phrase[at - 1].capital;
    let after = phrase[at + 1..].iter().find(|w| !NAME_PARTICLES.has(w.text)).is_some_and(|w| w.capital);
    let organisation = at > 0 && ORGANISATION_CUES.has(phrase[at - 1].text);
    before && after && (NAME_PARTICLES.has(word.text) || organisation)
}

pub(super) fn is_demonym(word: &str) -> bool {
    crate::entities::is_demonym(word)
}

/// `text` up to the end of its first sentence.
pub(super) fn sentence_head(text: &str) -> &str {
    let mut from = 0;
    while let Some(at) = text[from..].find(['.', '!', '?', '\n', '“', '"', '„', '«']).map(|n| from + n) {
        let mark = text[at..].chars().next().unwrap_or('.');
        let next = &text[at + mark.len_utf8()..];
        if mark != '.' || ends_here(&text[..at], next) {
            return &text[..at];
        }
        from = at + 1;
    }
    text
}

/// `text` from the beginning of its last sentence.
pub(super) fn sentence_tail(text: &str) -> &str {
    let mut end = text.len();
    while let Some(at) = text[..end].rfind(['.', '!', '?', '\n', '”', '»', '"']) {
        let mark = text[at..].chars().next().unwrap_or('.');
        let rest = &text[at + mark.len_utf8()..];
        if mark != '.' || ends_here(&text[..at], rest) {
            return rest;
        }
        end = at;
    }
    text
}

/// Whether a full stop between `before` and `after` ends a sentence, not an abbreviation.
fn ends_here(before: &str, after: &str) -> bool {
    if !after.starts_with(char::is_whitespace) && !after.is_empty() {
        return false;
    }
    let last = before.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or("");
    let short = last.chars().count() <= 1
        || matches!(
            last,
            "Mr" | "Mrs"
                | "Ms"
                | "Dr"
                | "Sen"
                | "Rep"
                | "Gov"
                | "Gen"
                | "Prof"
                | "St"
                | "Jr"
                | "Sr"
                | "Lt"
                | "Col"
                | "Sgt"
                | "Capt"
                | "Rev"
                | "Inc"
                | "Corp"
                | "Co"
                | "Ltd"
                | "No"
                | "vs"
                | "Jan"
                | "Feb"
                | "Aug"
                | "Sept"
                | "Oct"
                | "Nov"
                | "Dec"
                | "Ill"
                | "Calif"
                | "Fla"
                | "Mass"
                | "Md"
                | "Va"
                | "Wis"
                | "Ariz"
                | "Pa"
                | "Tenn"
                | "Ky"
                | "Ala"
                | "Ga"
                | "Minn"
                | "Mich"
                | "Ind"
                | "Conn"
                | "Ore"
                | "Wash"
                | "Colo"
        );
    !short
}
