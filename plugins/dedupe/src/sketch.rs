//! A document in a few hundred bytes: what is compared in place of its text.

use crate::minhash::{BLOCK, EMPTY, Permutations, Signature};
use crate::normalize::{mix, words};
use crate::shingle::Window;
use std::sync::Arc;

/// What is kept of a document with at least one word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sketch {
    /// A 128-bit hash of the words in order.
    pub exact: [u8; 16],
    /// The signature of the shingles; `None` when only exact duplicates are looked for.
    pub signature: Option<Signature>,
}

/// Makes sketches; holds what it needs for that between documents.
#[derive(Clone, Debug)]
pub struct Sketcher {
    permutations: Option<Arc<Permutations>>,
    shingles: Vec<u32>,
    scratch: Vec<u8>,
}

impl Sketcher {
    /// With or without signatures.
    pub fn new(signatures: bool) -> Self {
        let permutations = signatures.then(|| Arc::new(Permutations::default()));
        Self { permutations, shingles: Vec::with_capacity(BLOCK), scratch: Vec::new() }
    }

    /// The sketch of a text; `None` for a text without words, which is nobody's duplicate.
    pub fn sketch(&mut self, text: &str) -> Option<Sketch> {
        match self.permutations.clone() {
            Some(permutations) => self.with_signature(text, &permutations),
            None => {
                let mut exact = Exact::default();
                words(text, &mut self.scratch, |word| exact.push(word));
                Some(Sketch { exact: exact.finish()?, signature: None })
            }
        }
    }

    fn with_signature(&mut self, text: &str, permutations: &Permutations) -> Option<Sketch> {
        let mut exact = Exact::default();
        let mut window = Window::default();
        let mut signature = EMPTY;
        let shingles = &mut self.shingles;
        shingles.clear();
        words(text, &mut self.scratch, |word| {
            exact.push(word);
            if let Some(shingle) = window.push(word) {
                shingles.push(shingle);
                if shingles.len() == BLOCK {
                    permutations.update(&mut signature, shingles);
                    shingles.clear();
                }
            }
        });
        shingles.extend(window.short());
        permutations.update(&mut signature, shingles);
        Some(Sketch { exact: exact.finish()?, signature: Some(signature) })
    }
}

/// Two 64-bit chains over the words.
#[derive(Clone, Copy, Default)]
pub(crate) struct Exact {
    one: u64,
    two: u64,
    words: u64,
}

impl Exact {
    #[inline]
    pub(crate) fn push(&mut self, word: u64) {
        self.one = mix(self.one ^ word, 0x8ebc_6af0_9c88_c6e3);
        self.two = mix(self.two.wrapping_add(word) ^ 0x5899_65cc_7537_4cc3, 0x1d8e_4e27_c47d_124f);
        self.words += 1;
    }

    pub(crate) fn finish(self) -> Option<[u8; 16]> {
        if self.words == 0 {
            return None;
        }
        let one = mix(self.one ^ self.words, 0xeb44_acca_b455_d165).to_le_bytes();
        let two = mix(self.two ^ self.words, 0xc2b2_ae3d_27d4_eb4f).to_le_bytes();
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(one.into_iter().chain(two)).for_each(|(into, from)| *into = from);
        Some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::minhash::similarity;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn sketch(text: &str) -> Sketch {
        Sketcher::new(true).sketch(text).unwrap()
    }

    #[test]
    fn texts_without_words_have_none() {
        for text in ["", "  \n ", "***", "—"] {
            assert_eq!(Sketcher::new(true).sketch(text), None);
            assert_eq!(Sketcher::new(false).sketch(text), None);
        }
    }

    #[test]
    fn exact_is_the_words_in_order() {
        assert_eq!(sketch("The harbour, at dawn."), sketch("the HARBOUR at dawn"));
        assert_ne!(sketch("the harbour at dawn").exact, sketch("at dawn the harbour").exact);
        assert_eq!(sketch("one two").exact, Sketcher::new(false).sketch("One; two!").unwrap().exact);
        assert_ne!(sketch("one two").signature, sketch("one three").signature);
    }

    proptest! {
        #[test]
        fn the_estimate_is_near_the_jaccard_of_word_5_grams(
            words in prop::collection::vec("[a-z]{1,3}", 30..300),
            cut in 0usize..300,
            added in prop::collection::vec("[A-Z]{1,3}", 0..100),
        ) {
            let other: Vec<String> = words.iter().take(words.len() - cut % 25).chain(&added).cloned().collect();
            let grams = |words: &[String]| {
                let lower: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
                lower.windows(5).map(<[String]>::to_vec).collect::<BTreeSet<_>>()
            };
            let (a, b) = (grams(&words), grams(&other));
            let exact = a.intersection(&b).count() as f64 / a.union(&b).count() as f64;
            let told = similarity(
                &sketch(&words.join(" ")).signature.unwrap(),
                &sketch(&other.join(", ")).signature.unwrap(),
            );
            prop_assert!((told - exact).abs() < 0.24, "{} for {}", told, exact);
        }

        #[test]
        fn a_sketcher_keeps_nothing_of_the_document_before(texts in prop::collection::vec("[a-cé東 .]{0,80}", 0..8)) {
            let mut one = Sketcher::new(true);
            for text in &texts {
                prop_assert_eq!(one.sketch(text), Sketcher::new(true).sketch(text));
            }
        }
    }
}
