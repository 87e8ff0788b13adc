//! Shingles: rolling 32-bit hashes over runs of words or characters.

use crate::normalize::mix;

/// Words per shingle, as in FineWeb.
pub const SHINGLE_WORDS: usize = 5;
/// Most words or characters per shingle.
pub const MOST: usize = 64;

/// Odd, so that a word's weight never vanishes modulo 2^64.
const BASE: u64 = 0x9e37_79b9_7f4a_7c15;
const FINAL: u64 = 0xd6e8_feb8_6659_fd93;

/// A sliding window over the last words or characters.
#[derive(Clone, Debug)]
pub struct Window {
    words: [u64; MOST],
    size: usize,
    slot: usize,
    seen: u64,
    sum: u64,
    /// The weight of the word that leaves the window.
    leaving: u64,
}

impl Window {
    /// A window of `size` words; at least one, and at most [`MOST`].
    pub fn new(size: usize) -> Self {
        let size = size.clamp(1, MOST);
        let leaving = (0..size).fold(1_u64, |weight, _| weight.wrapping_mul(BASE));
        Self { words: [0; MOST], size, slot: 0, seen: 0, sum: 0, leaving }
    }

    /// Resets the window to the beginning of a text.
    pub fn clear(&mut self) {
        *self = Self { words: [0; MOST], slot: 0, seen: 0, sum: 0, ..*self };
    }

    /// Adds a word. Returns the shingle that ends with it once there are enough words.
    #[inline]
    pub fn push(&mut self, word: u64) -> Option<u32> {
        // A slot is below `size`, which is at most the array's length. Empty slots hold 0, which adds
        // nothing.
        let leaving = std::mem::replace(&mut self.words[self.slot % MOST], word);
        self.slot = if self.slot + 1 == self.size { 0 } else { self.slot + 1 };
        self.sum =
            self.sum.wrapping_mul(BASE).wrapping_add(word).wrapping_sub(leaving.wrapping_mul(self.leaving));
        self.seen += 1;
        (self.seen >= self.size as u64).then(|| hash(self.sum))
    }

    /// Calls [`Window::push`] for all words and appends the shingles to `into`. Also calls `each` with every
    /// word, so that one pass does both.
    #[inline(always)]
    pub fn push_all(&mut self, words: &[u64], into: &mut Vec<u32>, mut each: impl FnMut(u64)) {
        let (first, rest) = words.split_at(words.len().min(self.size));
        for word in first {
            each(*word);
            into.extend(self.push(*word));
        }
        // From here on, the word that leaves the window is among `words`, too.
        let Self { mut sum, leaving: weight, .. } = *self;
        let before = into.len();
        into.resize(before + rest.len(), 0);
        let room = into.get_mut(before..).unwrap_or_default();
        for ((shingle, word), leaving) in room.iter_mut().zip(rest).zip(words) {
            each(*word);
            sum = sum.wrapping_mul(BASE).wrapping_add(word.wrapping_sub(leaving.wrapping_mul(weight)));
            *shingle = hash(sum);
        }
        self.sum = sum;
        self.seen += rest.len() as u64;
        let last = words.len().saturating_sub(self.size);
        if let (Some(last), Some(kept)) = (words.get(last..), self.words.get_mut(..self.size))
            && !rest.is_empty()
        {
            kept.copy_from_slice(last);
            self.slot = 0;
        }
    }

    /// Number of words so far.
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// The shingle of all words, if a text has fewer words than a shingle.
    pub fn short(&self) -> Option<u32> {
        (0 < self.seen && self.seen < self.size as u64).then(|| hash(self.sum))
    }
}

#[inline]
fn hash(sum: u64) -> u32 {
    (mix(sum ^ FINAL, BASE) >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shingles(size: usize, words: &[u64]) -> Vec<u32> {
        let mut window = Window::new(size);
        words.iter().filter_map(|word| window.push(*word)).collect()
    }

    #[test]
    fn a_shingle_depends_on_its_words_in_order() {
        for size in [1, 2, 5, MOST] {
            let words: Vec<u64> = (11..11 + size as u64 + 3).collect();
            let long = shingles(size, &words);
            assert_eq!(long.len(), 4);
            assert_eq!(long[2..3], shingles(size, &words[2..2 + size]));
            let mut swapped = words[2..2 + size].to_vec();
            swapped.reverse();
            assert!(size == 1 || long[2..3] != shingles(size, &swapped));
        }
    }

    #[test]
    fn many_words_at_once_make_the_same_shingles() {
        let words: Vec<u64> = (0..300).map(|n: u64| n.wrapping_mul(FINAL)).collect();
        for size in [1, 2, 5, MOST] {
            for part in [1, 3, 5, 64, 65, 200] {
                let (mut window, mut told, mut seen) = (Window::new(size), Vec::new(), Vec::new());
                for words in words.chunks(part) {
                    window.push_all(words, &mut told, |word| seen.push(word));
                }
                assert_eq!(
                    (told, &seen),
                    (shingles(size, &words), &words),
                    "{part} words at once, {size} to a shingle"
                );
                assert_eq!(window.seen(), 300);
            }
        }
    }

    #[test]
    fn short_texts_are_one_shingle() {
        let mut window = Window::new(SHINGLE_WORDS);
        assert_eq!(window.short(), None);
        window.push(7);
        let one = window.short();
        window.push(7);
        assert!(one.is_some() && window.short().is_some() && window.short() != one);
        for _ in 0..3 {
            window.push(7);
        }
        assert_eq!(window.short(), None);
        window.clear();
        window.push(7);
        assert_eq!(window.short(), one);
    }
}
