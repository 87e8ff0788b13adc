//! Sketches: the hash of all words of a document and those of its shingles, which are compared instead of its
//! text.

use crate::normalize::{characters, mix, without_numbers};
use crate::options::{Numbers, Options, Shingles, Words};
use crate::set::settle;
use crate::shingle::Window;
use crate::tokenizer::Tokenizer;

/// Bytes of an exact hash.
pub const EXACT_BYTES: usize = 16;

/// Computes sketches. Keeps its buffers between documents.
#[derive(Clone, Debug)]
pub struct Sketcher {
    words: Words,
    numbers: Numbers,
    kind: Shingles,
    window: Window,
    shingles: Vec<u32>,
    sorting: Vec<u32>,
    tokenizer: Tokenizer,
    text: String,
}

impl Sketcher {
    /// Creates a sketcher for the options of the stage.
    pub fn new(options: &Options) -> Self {
        Self {
            words: options.words,
            numbers: options.numbers,
            kind: options.shingles,
            window: Window::new(options.shingle_size),
            shingles: Vec::new(),
            sorting: Vec::new(),
            tokenizer: Tokenizer::default(),
            text: String::new(),
        }
    }

    /// A 128-bit hash of the words in order. `None` for a text without words, which is never a duplicate.
    pub fn exact(&mut self, text: &str) -> Option<[u8; EXACT_BYTES]> {
        let mut exact = Exact::default();
        let mut own = std::mem::take(&mut self.text);
        each_word(self.words, self.numbers, text, &mut own, &mut self.tokenizer, |words| {
            words.iter().for_each(|word| exact.push(*word));
        });
        self.text = own;
        exact.finish()
    }

    /// The hash of the words, and the sorted set of shingles: if there are more than 65,536, those with the
    /// smallest hashes. `None` for a text without words.
    pub fn sketch(&mut self, text: &str) -> Option<([u8; EXACT_BYTES], &[u32])> {
        let mut exact = Exact::default();
        let (window, shingles) = (&mut self.window, &mut self.shingles);
        window.clear();
        shingles.clear();
        let mut own = std::mem::take(&mut self.text);
        match self.kind {
            Shingles::Words => {
                each_word(self.words, self.numbers, text, &mut own, &mut self.tokenizer, |words| {
                    // A local copy, which stays in registers.
                    let mut own = exact;
                    window.push_all(words, shingles, |word| own.push(word));
                    exact = own;
                });
            }
            Shingles::Characters => {
                each_word(self.words, self.numbers, text, &mut own, &mut self.tokenizer, |words| {
                    words.iter().for_each(|word| exact.push(*word));
                });
                let text = if self.numbers == Numbers::Zero { own.as_str() } else { text };
                characters(text, |letter| shingles.extend(window.push(letter)));
            }
        }
        shingles.extend(window.short());
        self.text = own;
        settle(shingles, &mut self.sorting);
        Some((exact.finish()?, shingles))
    }
}

/// Calls `take` with the hashes of the words, several at a time. `own` is a buffer for the text without its
/// numbers.
#[inline]
fn each_word(
    kind: Words,
    numbers: Numbers,
    text: &str,
    own: &mut String,
    tokenizer: &mut Tokenizer,
    take: impl FnMut(&[u64]),
) {
    let text = match numbers {
        Numbers::Keep => text,
        Numbers::Zero => {
            own.clear();
            without_numbers(text, own);
            own.as_str()
        }
    };
    match kind {
        Words::Folded => tokenizer.each::<false>(text, take),
        Words::Plain => tokenizer.each::<true>(text, take),
    }
}

/// The hash of a value that is compared as it is, such as an address.
pub fn hash_of(value: &str) -> [u8; EXACT_BYTES] {
    let mut exact = Exact::default();
    let (blocks, rest) = value.as_bytes().as_chunks::<8>();
    blocks.iter().for_each(|block| exact.push(u64::from_le_bytes(*block)));
    let mut last = [0; 8];
    last.iter_mut().zip(rest).for_each(|(into, from)| *into = *from);
    exact.push(u64::from_le_bytes(last));
    exact.push(value.len() as u64);
    exact.hash()
}

/// The state of a 128-bit hash of words: two 64-bit chains.
#[derive(Clone, Copy, Default)]
pub struct Exact {
    one: u64,
    two: u64,
    words: u64,
}

impl Exact {
    /// Adds the next word.
    #[inline]
    pub fn push(&mut self, word: u64) {
        self.one = mix(self.one ^ word, 0x8ebc_6af0_9c88_c6e3);
        self.two = mix(self.two.wrapping_add(word) ^ 0x5899_65cc_7537_4cc3, 0x1d8e_4e27_c47d_124f);
        self.words += 1;
    }

    /// The hash; `None` if there was no word.
    pub fn finish(self) -> Option<[u8; EXACT_BYTES]> {
        (self.words > 0).then(|| self.hash())
    }

    fn hash(self) -> [u8; EXACT_BYTES] {
        let one = mix(self.one ^ self.words, 0xeb44_acca_b455_d165).to_le_bytes();
        let two = mix(self.two ^ self.words, 0xc2b2_ae3d_27d4_eb4f).to_le_bytes();
        let mut bytes = [0; EXACT_BYTES];
        bytes.iter_mut().zip(one.into_iter().chain(two)).for_each(|(into, from)| *into = from);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::set::{Measure, Shingles as Set, put_bytes};
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn sketch(text: &str) -> Option<([u8; EXACT_BYTES], Vec<u32>)> {
        Sketcher::new(&Options::default()).sketch(text).map(|(exact, shingles)| (exact, shingles.to_vec()))
    }

    #[test]
    fn texts_without_words_have_none() {
        for text in ["", "  \n ", "***", "—"] {
            assert_eq!(sketch(text), None);
            assert_eq!(Sketcher::new(&Options::default()).exact(text), None);
        }
    }

    #[test]
    fn exact_is_the_words_in_order() {
        assert_eq!(sketch("The harbour, at dawn."), sketch("the HARBOUR at dawn"));
        assert_ne!(sketch("the harbour at dawn").unwrap().0, sketch("at dawn the harbour").unwrap().0);
        let exact = |text: &str| Sketcher::new(&Options::default()).exact(text);
        assert_eq!(sketch("one two").unwrap().0, exact("One; two!").unwrap());
        assert_ne!(sketch("one two").unwrap().1, sketch("one three").unwrap().1);
    }

    #[test]
    fn normalisation_can_be_chosen() {
        let with = |options: Options| move |text: &str| Sketcher::new(&options).exact(text).unwrap();
        let folded = with(Options::default());
        let plain = with(Options { words: Words::Plain, ..Options::default() });
        let zero = with(Options { numbers: Numbers::Zero, ..Options::default() });
        assert_eq!(folded("café snake_case"), folded("Cafe snake case"));
        assert_ne!(plain("café"), plain("cafe"));
        assert_ne!(plain("snake_case"), plain("snake case"));
        assert_eq!(plain("SNAKE_case é"), plain("snake_CASE É"));
        // The same word, once with non-ASCII characters after it.
        assert_eq!(plain("a_b — c"), plain("a_b c"));
        assert_ne!(folded("in 1987"), folded("in 1988"));
        assert_eq!(zero("in 1987, 3.5 m"), zero("in 2024, 12 m"));
    }

    #[test]
    fn characters_of_words_make_shingles() {
        let options = Options { shingles: Shingles::Characters, shingle_size: 3, ..Options::default() };
        let of = |text: &str| Sketcher::new(&options).sketch(text).unwrap().1.to_vec();
        assert_eq!(of("ab cd").len(), 3);
        assert_eq!(of("  Ab,  cd! "), of("ab cd"));
    }

    proptest! {
        #[test]
        fn similarity_is_that_of_word_5_grams(
            a in prop::collection::vec("[a-c]", 0..80),
            b in prop::collection::vec("[a-c]", 0..80),
            common in prop::collection::vec("[a-c]", 0..200),
        ) {
            let words = |own: &[String]| [own, &common].concat();
            let grams = |words: &[String]| -> BTreeSet<Vec<String>> {
                if words.len() < 5 { BTreeSet::from([words.to_vec()]) } else { words.windows(5).map(<[_]>::to_vec).collect() }
            };
            let (one, other) = (words(&a), words(&b));
            let told = sketch(&one.join(" ")).zip(sketch(&other.join(" ")));
            if let Some((told, told_other)) = told {
                let (grams, other) = (grams(&one), grams(&other));
                let exact = grams.intersection(&other).count() as f64 / grams.union(&other).count() as f64;
                let set = |shingles: Vec<u32>| { let mut bytes = Vec::new(); put_bytes(&shingles, &mut bytes); bytes };
                let (own, others) = (set(told.1), set(told_other.1));
                let similarity = Set::new(&own).overlap(Set::new(&others)).similarity(Measure::Jaccard);
                prop_assert_eq!(similarity, exact);
            } else {
                prop_assert!(one.is_empty() || other.is_empty());
            }
        }
    }
}
