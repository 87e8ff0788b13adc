//! Hashes the words of a headline and of the body, folded so that inflected forms agree.

use crate::letters::is_alphanumeric;
use crate::lines::is_wide;

pub(super) fn for_each_word(text: &str, mut each: impl FnMut(u64)) {
    let mut word = Folded::default();
    if text.is_ascii() {
        for &byte in text.as_bytes() {
            if byte.is_ascii_alphanumeric() {
                word.letters += 1;
                if word.letters <= LETTERS {
                    word.add(u32::from(byte.to_ascii_lowercase()));
                }
            } else if word.letters > 0
                && let Some(hash) = word.take()
            {
                each(hash);
            }
        }
        if let Some(hash) = word.take() {
            each(hash);
        }
        return;
    }
    let mut wide_before = None;
    for c in text.chars().chain([' ']) {
        if is_wide(c) {
            if let Some(before) = wide_before.replace(c) {
                each(u64::from(u32::from(before)) << 32 | u64::from(u32::from(c)));
            }
        } else if is_alphanumeric(c) {
            wide_before = None;
            word.push(c);
        } else {
            wide_before = None;
            if let Some(hash) = word.take() {
                each(hash);
            }
        }
    }
}

/// Letters of a word that are hashed.
const LETTERS: usize = 7;

/// Hash of the first seven letters of a word in lower case, so that most inflected forms agree.
#[derive(Default)]
struct Folded {
    hash: u64,
    letters: usize,
}

impl Folded {
    fn push(&mut self, c: char) {
        self.letters += 1;
        if self.letters > LETTERS {
            return;
        }
        if c.is_ascii() {
            self.add(u32::from(c.to_ascii_lowercase()));
            return;
        }
        for lower in c.to_lowercase() {
            self.add(u32::from(lower));
        }
    }

    fn add(&mut self, c: u32) {
        self.hash = (self.hash.rotate_left(5) ^ u64::from(c)).wrapping_mul(0x517c_c1b7_2722_0a95);
    }

    fn take(&mut self) -> Option<u64> {
        let word = std::mem::take(self);
        (word.letters >= 4).then_some(word.hash)
    }
}
