//! Tells in a few steps a byte that none of a list of phrases can stand in a text, or at its start, ASCII case aside. Says perhaps
//! more often than true; never finds where or which: an automaton does.

/// Bytes by which a phrase is looked for.
const GRAM: usize = 4;
/// Bytes from there on, as far as the phrase goes, that are compared where the first ones are found.
const MORE: usize = 8;
/// A set of hashes that may hold more than was put in.
struct Set {
    words: Vec<u64>,
    shift: u32,
}

impl Set {
    /// For `count` phrases, with `room` bits for each.
    fn new(count: usize, room: usize) -> Self {
        let bits = (count * room).next_power_of_two().clamp(1 << 10, 1 << 20);
        Self { words: vec![0; bits / 64], shift: 64 - bits.trailing_zeros() }
    }

    /// Word and bit of the first `length` bytes of `head`.
    fn place(&self, head: u64, length: usize) -> (usize, u32) {
        let key = (head << (64 - 8 * length)).wrapping_add(length as u64);
        let bit = key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> self.shift;
        ((bit >> 6) as usize, (bit & 63) as u32)
    }

    fn put(&mut self, head: u64, length: usize) {
        let (word, bit) = self.place(head, length);
        self.words[word] |= 1 << bit;
    }

    #[inline]
    fn may_hold(&self, head: u64, length: usize) -> bool {
        let (word, bit) = self.place(head, length);
        self.words[word] >> bit & 1 == 1
    }
}

/// What makes capitals small letters; other bytes may fall together, too, and what is missing becomes a space.
const FOLD: u64 = 0x2020_2020_2020_2020;

/// The first bytes of `text`, those that are missing 0.
fn first(text: &[u8]) -> u64 {
    match (text.first_chunk::<MORE>(), text.first_chunk::<4>(), text.last_chunk::<4>()) {
        (Some(bytes), ..) => u64::from_le_bytes(*bytes),
        // The two overlap in bytes that are the same.
        (None, Some(first), Some(last)) => {
            u64::from(u32::from_le_bytes(*first))
                | u64::from(u32::from_le_bytes(*last)) << (8 * (text.len() - 4))
        }
        _ => text.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte)),
    }
}

/// Sets of phrases: a short look that most texts end at, and a longer one.
struct Phrases {
    grams: Set,
    more: Set,
    /// The lengths below a gram's of phrases that begin with each byte, a bit each.
    short: [u8; 256],
}

impl Phrases {
    fn new<P: AsRef<[u8]>>(list: &[P]) -> Self {
        // The first set is small, so that it stays near; the second one is right.
        let mut phrases =
            Self { grams: Set::new(list.len(), 8), more: Set::new(list.len(), 128), short: [0; 256] };
        for phrase in list.iter().map(AsRef::as_ref) {
            let head = first(phrase) | FOLD;
            phrases.grams.put(head, phrase.len().min(GRAM));
            phrases.more.put(head, phrase.len().min(MORE));
            if phrase.len() < GRAM {
                phrases.short[(head & 0xff) as usize] |= 1 << phrase.len();
            }
        }
        phrases
    }

    /// Whether one of at least a gram's length may begin here.
    #[inline]
    fn may_begin(&self, head: u64) -> bool {
        self.grams.may_hold(head, GRAM) && self.goes_on(head)
    }

    /// Whether the bytes after a gram are those of a phrase. Apart from it, so that the short look stays short.
    #[inline(never)]
    fn goes_on(&self, head: u64) -> bool {
        (GRAM..=MORE).any(|length| self.more.may_hold(head, length))
    }

    /// Whether a shorter one may.
    #[inline]
    fn may_begin_short(&self, head: u64) -> bool {
        let lengths = self.short[(head & 0xff) as usize];
        lengths != 0 && (1..GRAM).any(|length| lengths >> length & 1 == 1 && self.more.may_hold(head, length))
    }
}

/// Phrases by how they start.
pub struct Starts(Phrases);

impl Starts {
    /// Of these phrases.
    pub fn new(list: &[String]) -> Self {
        Self(Phrases::new(list))
    }

    /// Whether `text` may start with one of them.
    #[inline]
    pub fn may_start(&self, text: &[u8]) -> bool {
        let head = first(text) | FOLD;
        self.0.may_begin(head) || self.0.may_begin_short(head)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_starts_with_a_phrase_is_never_passed_over() {
        let phrases = ["/ap", "cookies", "©20", "Fot.", "this is longer than that", "аб", "xyz"];
        let list = phrases.map(str::to_owned);
        let starts = Starts::new(&list);
        for phrase in phrases {
            for form in [phrase.to_owned(), phrase.to_ascii_uppercase()] {
                assert!(starts.may_start(form.as_bytes()), "{form}");
                assert!(starts.may_start(format!("{form}é").as_bytes()), "{form}");
            }
        }
        let starts = Starts::new(&list[1..2]);
        assert!(!starts.may_start(b"coo") && !starts.may_start(b"") && !starts.may_start(b"some words"));
    }
}
