//! The vocabulary: counts of words and of bigrams (two words that follow one another in a sentence).
//!
//! The unit of sampling (see [`crate::tally`]) is a block of [`BLOCK`] words of a document, so that one huge
//! document is sampled as evenly as many small ones. There are many more bigrams than words, so they may be
//! sampled where words are not, but never the other way round: while a bigram is counted, so are its words.

use crate::bigrams::Bigrams;
use crate::distinct::Distinct;
use crate::hash::{mix, tier};
use crate::tally::{TIERS, Tally, one_in};
use serde::{Deserialize, Serialize};

/// Words per block.
pub const BLOCK: u64 = 1024;
/// Most bigrams held, per word that may be held.
const BIGRAMS_PER_WORD: usize = 2;

/// Counts of words and bigrams.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Terms {
    words: Tally,
    bigrams: Bigrams,
    distinct: Distinct,
}

/// A position in a document: the tier of its block, and the word before it.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    document: u64,
    word: u64,
    tier: usize,
    before: Before,
}

/// The previous word.
#[derive(Clone, Copy, Debug)]
enum Before {
    /// There is none in this sentence.
    Nothing,
    /// It is not in the sample.
    Skipped,
    /// Its number, and the tier of its block.
    Counted { word: u32, tier: usize },
}

impl Place {
    /// The beginning of the document with this hash.
    pub fn new(document: u64) -> Self {
        Self { document, word: 0, tier: 0, before: Before::Nothing }
    }

    /// Makes sure that no bigram spans this position.
    #[inline]
    pub fn part(&mut self) {
        self.before = Before::Nothing;
    }
}

/// Limits on what is held.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Most distinct words; for bigrams, twice as many.
    pub words: usize,
    /// Whether bigrams are counted.
    pub bigrams: bool,
}

impl Terms {
    /// Counts the next word of a document. `extra` gives a byte to keep with a new word. Returns the byte
    /// kept with the word, or `None` if the block is not in the sample.
    #[inline]
    pub fn add(
        &mut self,
        place: &mut Place,
        hash: u64,
        word: &[u8],
        limits: Limits,
        extra: impl FnOnce(&[u8]) -> u8,
    ) -> Option<u8> {
        if place.word.is_multiple_of(BLOCK) {
            self.keep_to(limits, &mut place.before);
            place.tier = tier(mix(place.document ^ 0x2545_f491_4f6c_dd1d, place.word | 1 << 63));
        }
        place.word += 1;
        if place.tier < self.words.level() {
            self.distinct.add(hash);
            self.words.skip(1);
            if !matches!(place.before, Before::Nothing) {
                self.bigrams.skip();
            }
            place.before = Before::Skipped;
            return None;
        }
        let held = self.words.len();
        let at = self.words.intern(hash, word, extra)?;
        if self.words.len() > held {
            self.distinct.add(hash);
        }
        self.words.count(at, place.tier, 1);
        if limits.bigrams {
            match place.before {
                Before::Nothing => {}
                Before::Skipped => self.bigrams.skip(),
                // Across two blocks, the lower tier applies, so that both words are held as long as the
                // bigram is.
                Before::Counted { word, tier } => self.bigrams.note(place.tier.min(tier), word, at),
            }
            place.before = Before::Counted { word: at, tier: place.tier };
        }
        Some(self.words.extra(at))
    }

    /// Adds the counts of another state.
    pub fn merge(&mut self, mut from: Self, limits: Limits) {
        let level = self.words.level().max(from.words.level());
        self.raise(level, &mut Before::Nothing);
        from.raise(level, &mut Before::Nothing);
        self.distinct.merge(&from.distinct);
        let numbers = self.words.absorb(&from.words);
        self.bigrams.merge(from.bigrams, &numbers);
        self.keep_to(limits, &mut Before::Nothing);
    }

    /// Drops tiers until words and bigrams are within the limits.
    fn keep_to(&mut self, limits: Limits, before: &mut Before) {
        while self.words.len() > limits.words && self.words.level() < TIERS {
            self.raise(self.words.level() + 1, before);
        }
        self.bigrams.keep_to(limits.words.saturating_mul(BIGRAMS_PER_WORD));
    }

    fn raise(&mut self, level: usize, before: &mut Before) {
        if level <= self.words.level() {
            return;
        }
        let numbers = self.words.raise(level);
        self.bigrams.renumber(level, &numbers);
        if let Before::Counted { word, tier } = *before {
            let number = numbers.get(word as usize).copied().filter(|at| tier >= level && *at != u32::MAX);
            *before = number.map_or(Before::Skipped, |word| Before::Counted { word, tier });
        }
    }

    /// Applies the limits for the last time: nothing is added after this.
    pub fn close(&mut self, limits: Limits) {
        self.keep_to(limits, &mut Before::Nothing);
    }

    /// How many distinct words there are, and whether that is exact.
    pub fn vocabulary(&mut self) -> (u64, bool) {
        match self.words.level() {
            0 => (self.words.len() as u64, true),
            _ => (self.distinct.estimate(), false),
        }
    }

    /// The sampling rates of words and of bigrams: one block in this many was counted.
    pub fn sampled_one_in(&self) -> (u64, u64) {
        (one_in(self.words.level()), one_in(self.bigrams.level()))
    }

    /// Words with counts, in no particular order.
    pub fn words(&self) -> impl Iterator<Item = (&str, u64)> {
        self.words.counts()
    }

    /// Bigrams with counts, in no particular order and without repetitions.
    pub fn bigrams(&self) -> Vec<((&str, &str), u64)> {
        let name = |at: u32| self.words.name(at);
        let counts = self.bigrams.counts().into_iter();
        counts.map(|(first, second, count)| ((name(first), name(second)), count)).collect()
    }

    /// Bytes held on the heap.
    pub fn memory_bytes(&self) -> u64 {
        self.words.memory_bytes() + self.bigrams.memory_bytes() + self.distinct.memory_bytes()
    }
}
