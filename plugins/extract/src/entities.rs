//! Finds named persons, organisations and places by rules: capitalised words, cues from word lists, and what
//! the document says elsewhere. Finds nothing in scripts without capitals.

use crate::gazetteer::{NAME_PARTICLES, ORGANISATION_CUES, PERSON_TITLES, PLACE_CUES, PLACE_HEADS, PLACES};
use crate::words::{Word, words};
pub use common::{is_common, is_demonym};
use kind::kind_of;
use rustc_hash::FxHashMap;
use serde::Serialize;

mod common;
mod kind;

/// Bytes of a document that are searched for names.
const MAX_BYTES: usize = 400_000;
/// Distinct names that are kept while reading; further new ones are skipped.
const MAX_NAMES: usize = 4000;
/// Longest name in words.
const MAX_WORDS: usize = 8;

/// What a name refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A human being.
    Person,
    /// A company, office, party, club, medium.
    Organisation,
    /// A country, city, river, building.
    Place,
    /// A name whose kind no rule determines.
    Other,
}

/// A named entity of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entity {
    /// The longest form in which it occurs in the document.
    pub name: String,
    /// Its kind.
    pub kind: Kind,
    /// How often it occurs, including short forms.
    pub count: u64,
}

/// A person named in the text.
#[derive(Clone, Copy, Debug)]
pub struct Mention<'a> {
    /// Byte offset of the name.
    pub at: usize,
    /// The full name.
    pub name: &'a str,
    /// The office or role before the name, its last word: `minister`.
    pub role: Option<&'a str>,
    /// Whether the name begins a sentence, and so is probably its subject.
    pub opens: bool,
}

/// The names of a document.
#[derive(Clone, Debug, Default)]
pub struct Names<'a> {
    /// The mentions of persons, in order, with full names.
    pub people: Vec<Mention<'a>>,
    /// Maps surnames to full names.
    surnames: FxHashMap<&'a str, &'a str>,
    found: Vec<Found<'a>>,
}

#[derive(Clone, Debug)]
struct Found<'a> {
    name: &'a str,
    kind: Kind,
    count: u64,
    first: usize,
    /// Whether it occurred where a capital is evidence of a name: not only as a lone first word of a
    /// sentence.
    sure: bool,
}

/// A run of capitalised words.
struct Run<'a> {
    words: Vec<Word<'a>>,
    opens: bool,
    before: Option<Word<'a>>,
}

/// Finds the names in a text. `nouns`: the language capitalises nouns, so capitals alone are weak evidence.
pub fn names(text: &str, nouns: bool) -> Names<'_> {
    let text = crate::lines::head(text, MAX_BYTES);
    let mut names = Names::default();
    let mut by_name: FxHashMap<&str, usize> = FxHashMap::default();
    let mut runs = Vec::new();
    let mut base = 0;
    for line in text.split_inclusive('\n') {
        if line.len() > 40 {
            runs_of(text, line, base, &mut |run| runs.push(run));
        }
        base += line.len();
        for run in runs.drain(..) {
            read_run(text, run, nouns, &mut names, &mut by_name);
        }
    }
    names.merge();
    names
}

/// Whether a word is a mask in angle brackets that stands for personal data, such as `<EMAIL>`.
fn is_mask(text: &str, word: &Word<'_>) -> bool {
    let bytes = text.as_bytes();
    bytes.get(word.end) == Some(&b'>')
        && word.start.checked_sub(1).and_then(|at| bytes.get(at)) == Some(&b'<')
}

/// Calls `each` with every run of capitalised words in a line, if enough of its words begin with a small
/// letter.
fn runs_of<'a>(text: &'a str, line: &'a str, base: usize, each: &mut impl FnMut(Run<'a>)) {
    let (small, large) = initials(crate::lines::head(line, 400));
    // Capitals are no evidence in headlines in title case and in lists of names.
    if small * 3 < large * 2 || small < 4 {
        return;
    }
    let mut run: Vec<Word<'a>> = Vec::new();
    let mut opens = true;
    let mut before: Option<Word<'a>> = None;
    let mut last: Option<Word<'a>> = None;
    let mut all = words(line, base).peekable();
    while let Some(word) = all.next() {
        let from = last.map_or(base, |w| w.end);
        let between = &text[from..word.start];
        if !word.capital && run.is_empty() {
            last = Some(word);
            continue;
        }
        let sentence = last.is_none() || between != " " && ends_sentence(between, last);
        let adjacent = !run.is_empty()
            && matches!(between, " " | "\u{a0}" | ". ")
            && (!sentence || between == ". ")
            && !run.last().is_some_and(|w| w.possessive);
        let initial = between == ". "
            && last.is_some_and(|w| {
                w.text.chars().count() == 1
                    || matches!(
                        w.text,
                        "St" | "Jr"
                            | "Sr"
                            | "Dr"
                            | "Mr"
                            | "Mrs"
                            | "Ms"
                            | "Gen"
                            | "Sen"
                            | "Rep"
                            | "Gov"
                            | "Lt"
                            | "Col"
                    )
            });
        let continues = adjacent && (between != ". " || initial) && run.len() < MAX_WORDS;
        let particle = !word.capital
            && continues
            && (word.text == "of"
                && run.len() < 5
                && run.last().is_some_and(|w| {
                    ORGANISATION_CUES.has(w.text) || PLACE_CUES.has(w.text) || PLACE_HEADS.has(w.text)
                })
                || NAME_PARTICLES.has(word.text) && !matches!(word.text, "y" | "e" | "und" | "la" | "le"))
            && all.peek().is_some_and(|next| {
                next.capital
                    && text[word.end..next.start].trim().is_empty()
                    && !text[word.end..next.start].contains('\n')
            })
            && !run.last().is_some_and(|w| is_common(w.text));
        let capital = word.capital && !is_compound(word.text) && !is_mask(text, &word);
        let word = Word { capital, ..word };
        if word.capital && continues || particle {
            run.push(word);
        } else {
            if !run.is_empty() {
                each(Run { words: std::mem::take(&mut run), opens, before });
            }
            if word.capital {
                opens = sentence;
                before = if sentence { None } else { last };
                run.push(word);
            }
        }
        last = Some(word);
    }
    if !run.is_empty() {
        each(Run { words: run, opens, before });
    }
}

/// Counts the words that begin with a small letter, and those that begin with a capital.
fn initials(text: &str) -> (u32, u32) {
    let (mut small, mut large) = (0, 0);
    if !text.is_ascii() {
        for word in words(text, 0) {
            large += u32::from(word.capital);
            small += u32::from(word.text.starts_with(char::is_lowercase));
        }
        return (small, large);
    }
    let mut inside = false;
    for byte in text.bytes() {
        // An apostrophe or a hyphen inside a word does not begin a new one.
        let letter = byte.is_ascii_alphanumeric() || inside && matches!(byte, b'\'' | b'-' | b'&');
        if letter && !inside {
            large += u32::from(byte.is_ascii_uppercase());
            small += u32::from(byte.is_ascii_lowercase());
        }
        inside = letter;
    }
    (small, large)
}

/// `US-led`, `Norhaven-based`: an adjective that begins with a name.
fn is_compound(word: &str) -> bool {
    word.rsplit_once('-').is_some_and(|(_, tail)| tail.len() >= 3 && tail.chars().all(char::is_lowercase))
}

fn ends_sentence(between: &str, last: Option<Word<'_>>) -> bool {
    let dot = between.contains(['!', '?', '…', ':', '"', '“', '”', '«', '„', '•', '\n', '|', '('])
        || between.contains(". ")
        || between.contains(".\u{a0}");
    // `J. Doe`, `U.S. Senate`: the full stop of an initial does not end a sentence.
    let initial = between == ". "
        && last.is_some_and(|w| {
            w.text.chars().count() == 1 && w.capital
                || matches!(
                    w.text,
                    "Mr" | "Mrs"
                        | "Ms"
                        | "Dr"
                        | "St"
                        | "Sen"
                        | "Rep"
                        | "Gov"
                        | "Gen"
                        | "Prof"
                        | "Lt"
                        | "Col"
                        | "Sgt"
                        | "Capt"
                )
        });
    dot && !initial
}

fn read_run<'a>(
    text: &'a str,
    run: Run<'a>,
    nouns: bool,
    names: &mut Names<'a>,
    by_name: &mut FxHashMap<&'a str, usize>,
) {
    let mut words = &run.words[..];
    let mut opens = run.opens;
    // Everyday words at the front belong to the sentence, not to the name.
    while let Some((first, rest)) = words.split_first() {
        let double = rest.first().is_some_and(|w| {
            PLACE_HEADS.has(first.text)
                && (PLACES.has(w.text)
                    || matches!(
                        w.text,
                        "York" | "Delhi" | "Zealand" | "Jersey" | "Hampshire" | "Orleans" | "Caledonia"
                    ))
        });
        let drop = is_common(first.text) && !first.text.contains('.') && !double || !first.capital;
        let single_caps = first.text.len() == 1 && rest.is_empty();
        if !drop && !single_caps {
            break;
        }
        words = rest;
        opens = false;
    }
    while let Some((last, rest)) = words.split_last() {
        if last.capital && !is_common(last.text) {
            break;
        }
        words = rest;
    }
    if words.is_empty() {
        return;
    }
    // `Foreign Minister Ada Reed`: the title and the words before it are cut off; the title becomes the role.
    let title = words.iter().rposition(|w| PERSON_TITLES.has(w.text));
    let mut role = run.before.filter(|w| !w.capital && PERSON_TITLES.has(w.text)).map(|w| w.text);
    let mut titled = role.is_some();
    let mut body = words;
    if let Some(at) = title {
        let rest = &words[at + 1..];
        if rest.is_empty() {
            // A title alone, `the Prime Minister`, names nobody.
            return;
        }
        if !rest[0].capital {
            // `Minister of Culture`
            return;
        }
        role = Some(words[at].text);
        titled = true;
        body = rest;
        opens = run.opens;
    }
    // `Russian President`: a country's adjective before a name is cut off.
    while body.len() > 1 && is_demonym(body[0].text) && !ORGANISATION_CUES.has(body[body.len() - 1].text) {
        body = &body[1..];
    }
    let (Some(first), Some(last)) = (body.first(), body.last()) else { return };
    if body.len() == 1
        && (is_demonym(first.text)
            || first.text.chars().count() < 2
            || crate::date::zone::offset(first.text).is_some())
    {
        return;
    }
    let last_end = last.start + last.text.len();
    let Some(name) = text.get(first.start..last_end) else { return };
    let kind = kind_of(body, titled, run.before);
    if nouns && kind == Kind::Other {
        return;
    }
    let sure = !opens || body.len() > 1 || kind != Kind::Other;
    match by_name.get(name) {
        Some(&index) => {
            let found = &mut names.found[index];
            found.count += 1;
            found.sure |= sure;
            if found.kind == Kind::Other {
                found.kind = kind;
            }
        }
        None if names.found.len() < MAX_NAMES => {
            by_name.insert(name, names.found.len());
            names.found.push(Found { name, kind, count: 1, first: first.start, sure });
        }
        None => return,
    }
    names.people.push(Mention { at: first.start, name, role, opens: run.opens || run.before.is_none() });
}

impl<'a> Names<'a> {
    /// Counts a lone surname as the person of that name, and keeps only the mentions of persons.
    fn merge(&mut self) {
        for found in &self.found {
            if found.kind == Kind::Person
                && let Some((_, surname)) = found.name.rsplit_once([' ', '\u{a0}'])
            {
                self.surnames.entry(surname).or_insert(found.name);
            }
        }
        // Only names that equal the surname of a person are merged.
        let index: FxHashMap<&str, usize> = self.found.iter().enumerate().map(|(i, f)| (f.name, i)).collect();
        for i in 0..self.found.len() {
            let name = self.found[i].name;
            let Some(&full) = self.surnames.get(name) else { continue };
            if let Some(&to) = index.get(full)
                && to != i
                && self.found[i].kind != Kind::Organisation
            {
                self.found[to].count += self.found[i].count;
                self.found[to].first = self.found[to].first.min(self.found[i].first);
                self.found[i].count = 0;
            }
        }
        let people: rustc_hash::FxHashSet<&str> =
            self.found.iter().filter(|f| f.kind == Kind::Person).map(|f| f.name).collect();
        let surnames = &self.surnames;
        self.people.retain_mut(|mention| {
            if let Some(full) = surnames.get(mention.name) {
                mention.name = full;
                return true;
            }
            people.contains(mention.name)
        });
    }

    /// The full name of the person with surname `name`, if the document has one.
    pub fn full(&self, name: &str) -> Option<&'a str> {
        self.surnames.get(name).copied()
    }

    /// The entities, most frequent first, then by first occurrence; at most `most`.
    pub fn entities(&self, most: usize) -> Vec<Entity> {
        let mut kept: Vec<&Found<'a>> = self.found.iter().filter(|f| f.count > 0 && f.sure).collect();
        kept.sort_by_key(|f| (std::cmp::Reverse(f.count), f.first));
        kept.truncate(most);
        kept.iter()
            .map(|f| Entity {
                name: f.name.split_whitespace().collect::<Vec<_>>().join(" "),
                kind: f.kind,
                count: f.count,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<(String, Kind, u64)> {
        names(text, false).entities(20).into_iter().map(|e| (e.name, e.kind, e.count)).collect()
    }

    #[test]
    fn kinds_and_counts() {
        let found = of(
            "Transport Minister Ada Reed met the Alva River Authority in Norhaven on Tuesday. Reed said the city of Norhaven \
            would pay. The bridge crosses the River Alva, and Mr Tom Hale of Hale Brothers Ltd built it with steel from Germany.",
        );
        assert!(found.contains(&("Ada Reed".into(), Kind::Person, 2)), "{found:?}");
        assert!(found.contains(&("Norhaven".into(), Kind::Place, 2)), "{found:?}");
        assert!(found.contains(&("Alva River Authority".into(), Kind::Organisation, 1)), "{found:?}");
        assert!(found.contains(&("Hale Brothers Ltd".into(), Kind::Organisation, 1)), "{found:?}");
        assert!(found.contains(&("Germany".into(), Kind::Place, 1)), "{found:?}");
        assert!(found.contains(&("River Alva".into(), Kind::Place, 1)), "{found:?}");
        assert!(!found.iter().any(|f| f.0 == "Tuesday" || f.0 == "The"), "{found:?}");
    }

    #[test]
    fn first_words_of_sentences_are_not_names() {
        assert_eq!(
            of("Rivers rise in spring, and people who live near them know it well enough by now."),
            []
        );
    }

    #[test]
    fn masks_are_not_names() {
        assert_eq!(
            of("Whoever finds the plank may write to <EMAIL> or call <PHONE> before the ferry leaves."),
            []
        );
    }
}
