//! The state of the aggregate after some documents. All figures are integers and hashes, so that every split
//! and every order of merging gives the same report.

use crate::dates::Dates;
use crate::hash;
use crate::options::Options;
use crate::origin;
use crate::quantity::Quantity;
use crate::readability::{Totals, Traits, looks_english};
use crate::sentences::{End, Paragraphs, end};
use crate::tally::Tally;
use crate::terms::{Place, Terms};
use crate::words::{Kind, Words, lower};
use serde::{Deserialize, Serialize};

/// Words of more characters than this count as words but are left out of the vocabulary: they are addresses,
/// encoded data, or text of a script written without spaces.
pub const LONGEST_WORD: usize = 64;
/// Most names held at a time, of hosts, languages, entities and speakers each.
const MAX_NAMES: usize = 1 << 18;

/// The parts of a document that are counted.
#[derive(Clone, Debug, Default)]
pub struct Document<'a> {
    /// The text.
    pub text: &'a str,
    /// The language, such as `en` or `pt-BR`.
    pub language: Option<&'a str>,
    /// Date of publication, ISO 8601.
    pub published: Option<&'a str>,
    /// The file that it comes from.
    pub source: Option<&'a str>,
    /// The address that it comes from.
    pub url: Option<&'a str>,
    /// Name, kind and number of mentions of each entity.
    pub entities: Vec<(String, String, u64)>,
    /// The speaker of each quotation that has one.
    pub speakers: Vec<String>,
}

/// The state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct State {
    pub(crate) documents: u64,
    pub(crate) bytes: Quantity,
    pub(crate) characters: Quantity,
    pub(crate) words: Quantity,
    pub(crate) sentences: Quantity,
    pub(crate) paragraphs: Quantity,
    pub(crate) overlong: u64,
    pub(crate) terms: Terms,
    pub(crate) english: Totals,
    pub(crate) spaced: Totals,
    pub(crate) languages: Tally,
    pub(crate) without_language: u64,
    pub(crate) origins: Tally,
    pub(crate) entities: Tally,
    pub(crate) speakers: Tally,
    pub(crate) dates: Dates,
    #[serde(skip)]
    scratch: Vec<u8>,
}

/// What one pass over a text counts.
#[derive(Default)]
struct Counts {
    words: u64,
    sentences: u64,
    paragraphs: u64,
    syllables: u64,
    long_words: u64,
    singles: u64,
    markers: u64,
}

impl State {
    /// Adds a document.
    pub fn add(&mut self, document: &Document<'_>, options: &Options) {
        let text = document.text;
        // Identifies the document for sampling: equal documents are in the sample together.
        let hash = hash::mix(
            hash::bytes(text.as_bytes()),
            hash::bytes(document.url.or(document.source).unwrap_or_default().as_bytes()) | 1,
        );
        self.documents += 1;
        self.bytes.add(text.len() as u64);
        self.characters.add(text.chars().count() as u64);
        let counts = self.count(text, hash, options);
        self.words.add(counts.words);
        self.sentences.add(counts.sentences);
        self.paragraphs.add(counts.paragraphs);
        if counts.words > 0 {
            self.read(document, &counts);
        }

        let tier = hash::tier(hash);
        if let Some(language) = document.language.map(str::trim).filter(|language| !language.is_empty()) {
            self.languages.add(language, tier, 1, MAX_NAMES);
        } else {
            self.without_language += 1;
        }
        if let Some(origin) = origin::of(document.url, document.source) {
            self.origins.add(&origin, tier, 1, MAX_NAMES);
        }
        if options.names {
            for (name, kind, count) in &document.entities {
                self.entities.add(&format!("{kind}\t{name}"), tier, *count, MAX_NAMES);
            }
            for speaker in &document.speakers {
                self.speakers.add(speaker, tier, 1, MAX_NAMES);
            }
        }
        if options.dates {
            self.dates.add(document.published);
        }
    }

    fn count(&mut self, text: &str, hash: u64, options: &Options) -> Counts {
        let mut counts = Counts::default();
        let paragraphs = Paragraphs::of(text);
        let limits = options.limits();
        let mut place = Place::new(hash);
        let mut before: Option<(usize, usize)> = None;
        let mut scratch = std::mem::take(&mut self.scratch);
        for word in Words::new(text) {
            // Most words are one space apart, which ends nothing.
            if let Some((start, stop)) = before
                && !(word.start == stop + 1 && text.as_bytes().get(stop) == Some(&b' '))
            {
                let gap = text.get(stop..word.start).unwrap_or_default();
                let last = text.get(start..stop).unwrap_or_default();
                let next = text.get(word.start..).and_then(|rest| rest.chars().next()).unwrap_or_default();
                match end(gap, last, next, paragraphs) {
                    End::None => {}
                    End::Sentence => {
                        counts.sentences += 1;
                        place.part();
                    }
                    End::Paragraph => {
                        counts.sentences += 1;
                        counts.paragraphs += 1;
                        place.part();
                    }
                }
            }
            before = Some((word.start, word.end));
            counts.words += 1;
            let length = word.end - word.start;
            match word.kind {
                Kind::Single => counts.singles += 1,
                Kind::Ascii => counts.long_words += u64::from(length > 6),
                Kind::Wide => {
                    let form = text.get(word.start..word.end).unwrap_or_default();
                    counts.long_words += u64::from(form.chars().count() > 6);
                }
            }
            if length > LONGEST_WORD
                && text.get(word.start..word.end).is_none_or(|form| form.chars().count() > LONGEST_WORD)
            {
                self.overlong += 1;
                place.part();
                continue;
            }
            lower(text, word, &mut scratch);
            let known = if options.vocabulary {
                // Kept with each word, so that the letters of each word of the vocabulary are examined once.
                let extra = |word: &[u8]| Traits::of(word).code();
                self.terms.add(&mut place, hash::bytes(&scratch), &scratch, limits, extra)
            } else {
                None
            };
            let traits = known.map_or_else(|| Traits::of(&scratch), Traits::from_code);
            counts.syllables += traits.syllables();
            counts.markers += u64::from(traits.is_marker());
        }
        self.scratch = scratch;
        if counts.words > 0 {
            counts.sentences += 1;
            counts.paragraphs += 1;
        }
        counts
    }

    /// Adds a document with words to the totals of the indices that apply to it.
    fn read(&mut self, document: &Document<'_>, counts: &Counts) {
        let totals = Totals {
            documents: 1,
            words: counts.words,
            sentences: counts.sentences,
            syllables: counts.syllables,
            long_words: counts.long_words,
        };
        let told = document.language.map(str::trim).filter(|language| !language.is_empty());
        let english = match told.and_then(|language| language.split(['-', '_']).next()) {
            Some(main) => main.eq_ignore_ascii_case("en") || main.eq_ignore_ascii_case("eng"),
            None => looks_english(counts.words, counts.markers),
        };
        if english {
            self.english.merge(totals);
        }
        // Word lengths say nothing about texts that are mostly characters counted singly.
        if counts.singles * 2 < counts.words {
            self.spaced.merge(totals);
        }
    }

    /// Adds another state.
    pub fn merge(&mut self, from: Self, options: &Options) {
        self.documents += from.documents;
        self.bytes.merge(&from.bytes);
        self.characters.merge(&from.characters);
        self.words.merge(&from.words);
        self.sentences.merge(&from.sentences);
        self.paragraphs.merge(&from.paragraphs);
        self.overlong += from.overlong;
        self.terms.merge(from.terms, options.limits());
        self.english.merge(from.english);
        self.spaced.merge(from.spaced);
        self.languages.merge(from.languages, MAX_NAMES);
        self.without_language += from.without_language;
        self.origins.merge(from.origins, MAX_NAMES);
        self.entities.merge(from.entities, MAX_NAMES);
        self.speakers.merge(from.speakers, MAX_NAMES);
        self.dates.merge(from.dates);
    }

    /// Bytes held in memory.
    pub fn memory_bytes(&self) -> u64 {
        let quantities = [&self.bytes, &self.characters, &self.words, &self.sentences, &self.paragraphs];
        let tallies = [&self.languages, &self.origins, &self.entities, &self.speakers];
        size_of::<Self>() as u64
            + quantities.iter().map(|quantity| quantity.memory_bytes()).sum::<u64>()
            + tallies.iter().map(|tally| tally.memory_bytes()).sum::<u64>()
            + self.terms.memory_bytes()
            + self.dates.memory_bytes()
            + self.scratch.capacity() as u64
    }
}
