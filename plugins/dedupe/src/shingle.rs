//! Shingles: runs of five words as 32-bit hashes, rolled along the text.

use crate::normalize::mix;

/// Words to a shingle, as in FineWeb.
pub const SHINGLE_WORDS: usize = 5;

/// Odd, so that a word's weight never vanishes modulo 2^64.
const BASE: u64 = 0x9e37_79b9_7f4a_7c15;
const FINAL: u64 = 0xd6e8_feb8_6659_fd93;

/// The weight of the word that leaves the window.
const LEAVING: u64 = {
    let mut weight = 1_u64;
    let mut n = 0;
    while n < SHINGLE_WORDS {
        weight = weight.wrapping_mul(BASE);
        n += 1;
    }
    weight
};

/// A window of the last words.
#[derive(Clone, Debug, Default)]
pub struct Window {
    words: [u64; SHINGLE_WORDS],
    seen: u64,
    sum: u64,
}

impl Window {
    /// Moves on by a word; gives the shingle that ends with it once there are enough words.
    #[inline]
    pub fn push(&mut self, word: u64) -> Option<u32> {
        let slot = (self.seen % SHINGLE_WORDS as u64) as usize;
        // A slot is a remainder by the array's length, and empty slots hold 0, which weighs nothing.
        let leaving = std::mem::replace(&mut self.words[slot], word);
        self.sum = self.sum.wrapping_mul(BASE).wrapping_add(word).wrapping_sub(leaving.wrapping_mul(LEAVING));
        self.seen += 1;
        (self.seen >= SHINGLE_WORDS as u64).then(|| self.hash())
    }

    /// Words so far.
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// For a text of fewer words than a shingle has: the shingle of all of them.
    pub fn short(&self) -> Option<u32> {
        (0 < self.seen && self.seen < SHINGLE_WORDS as u64).then(|| self.hash())
    }

    #[inline]
    fn hash(&self) -> u32 {
        (mix(self.sum ^ FINAL, BASE) >> 32) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shingles(words: &[u64]) -> Vec<u32> {
        let mut window = Window::default();
        words.iter().filter_map(|word| window.push(*word)).collect()
    }

    #[test]
    fn a_shingle_depends_on_its_five_words_in_order() {
        let long = shingles(&[11, 12, 13, 14, 15, 16, 17, 18]);
        assert_eq!(long.len(), 4);
        assert_eq!(long[2..3], shingles(&[13, 14, 15, 16, 17]));
        assert_ne!(shingles(&[1, 2, 3, 4, 5]), shingles(&[2, 1, 3, 4, 5]));
    }

    #[test]
    fn short_texts_are_one_shingle() {
        let mut window = Window::default();
        assert_eq!(window.short(), None);
        window.push(7);
        let one = window.short();
        window.push(7);
        assert!(one.is_some() && window.short().is_some() && window.short() != one);
        for _ in 0..3 {
            window.push(7);
        }
        assert_eq!(window.short(), None);
    }
}
