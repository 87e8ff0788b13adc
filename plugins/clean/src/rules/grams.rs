//! Finds the phrases of a list that begin at a given place of a text, ignoring ASCII case. Most places are
//! ruled out by four bytes and a table small enough for the CPU cache; for the others, the phrases that begin
//! with these bytes are compared in full. Knows nothing of words.

/// Bytes by which a phrase is looked up.
const GRAM: usize = 4;
/// Bytes that are compared at once.
const HEAD: usize = 8;

/// Setting these bits turns capitals into small letters. Some other bytes become equal, too, and missing
/// bytes become spaces.
const FOLD: u64 = 0x2020_2020_2020_2020;

const MIX: u64 = 0x9e37_79b9_7f4a_7c15;

/// A set of 16-bit numbers.
type Bits = [u64; 1 << 10];

/// A set of 18-bit numbers.
type WideBits = [u64; 1 << 12];

/// A list of phrases.
pub struct Phrases {
    /// The hashes of the first four bytes of each phrase, or of all its bytes if it is shorter.
    known: Box<Bits>,
    /// The pairs of bytes that a phrase of fewer than four bytes may begin with.
    short: Box<Bits>,
    /// Like `known`, but only for phrases shorter than [`HEAD`].
    shorter: Box<Bits>,
    /// The hashes of the first [`HEAD`] bytes of the other phrases. Rules out most places with a known gram
    /// without access to the table of all phrases, which is too large for the CPU cache.
    heads: Box<WideBits>,
    /// A hash table of phrases by their first bytes.
    groups: Vec<Group>,
    entries: Vec<Entry>,
    /// All phrases, concatenated.
    bytes: Vec<u8>,
}

/// Phrases with the same first bytes.
#[derive(Clone, Copy, Default)]
struct Group {
    gram: u32,
    /// The index of their first entry in the lower bits, and the number of bytes that they share in the upper
    /// bits; 0 in an empty slot.
    first: u32,
    /// The number of its entries that are shorter than [`HEAD`], and of the others, which follow in the order
    /// of their heads.
    shorter: u32,
    longer: u32,
}

/// Shift of the number of shared bytes in [`Group::first`].
const LENGTH: u32 = 28;

/// A phrase.
#[derive(Clone, Copy)]
struct Entry {
    /// Its first bytes, and a mask of those that it has.
    head: u64,
    mask: u64,
    /// Its place in [`Phrases::bytes`], and its number in the list.
    from: u32,
    length: u32,
    number: u32,
}

impl Entry {
    fn is_longer(&self) -> bool {
        self.length as usize >= HEAD
    }
}

impl Phrases {
    /// Compiles these phrases; empty ones are never found.
    pub fn new<P: AsRef<[u8]>>(list: &[P]) -> Self {
        let mut phrases = Self {
            known: Box::new([0; 1 << 10]),
            short: Box::new([0; 1 << 10]),
            shorter: Box::new([0; 1 << 10]),
            heads: Box::new([0; 1 << 12]),
            groups: Vec::new(),
            entries: Vec::with_capacity(list.len()),
            bytes: Vec::new(),
        };
        for (number, phrase) in (0..).zip(list.iter().map(AsRef::as_ref)).filter(|(_, p)| !p.is_empty()) {
            let mask = ones(phrase.len());
            let (from, length) = (phrases.bytes.len() as u32, phrase.len() as u32);
            let head = (first(phrase, 0) | FOLD) & mask;
            phrases.entries.push(Entry { head, mask, from, length, number });
            phrases.bytes.extend_from_slice(phrase);
            match phrase.len() {
                // Any byte may follow.
                1 => (0..1 << 8).for_each(|second| put(&mut phrases.short, head | second << 8)),
                2 | 3 => put(&mut phrases.short, head & 0xffff),
                _ => {}
            }
            put(&mut phrases.known, gram(head));
            match phrase.len() < HEAD {
                true => put(&mut phrases.shorter, gram(head)),
                false => put(&mut phrases.heads, head_number(head)),
            }
        }
        let key_of = |entry: &Entry| key(entry.head, entry.length as usize);
        phrases.entries.sort_by_key(|entry| (key_of(entry), entry.is_longer(), entry.head, entry.number));
        let count = phrases.entries.chunk_by(|a, b| key_of(a) == key_of(b)).count();
        phrases.groups = vec![Group::default(); (count * 2).next_power_of_two()];
        let mut at = 0;
        for entries in phrases.entries.chunk_by(|a, b| key_of(a) == key_of(b)) {
            let Some(key) = entries.first().map(key_of) else { continue };
            let longer = entries.iter().filter(|entry| entry.is_longer()).count() as u32;
            let all = entries.len() as u32;
            let mut slot = slot(key, phrases.groups.len());
            while phrases.groups[slot].first != 0 {
                slot = (slot + 1) % phrases.groups.len();
            }
            let first = at | ((key >> 32) as u32) << LENGTH;
            phrases.groups[slot] = Group { gram: key as u32, first, shorter: all - longer, longer };
            at += all;
        }
        phrases
    }

    /// Whether a phrase may begin at `at`: true for every place where one does, and for few others.
    #[inline]
    pub fn may_begin(&self, text: &[u8], at: usize) -> bool {
        let head = first(text, at) | FOLD;
        holds(&self.known, gram(head)) | holds(&self.short, head & 0xffff)
    }

    /// Calls `found` with the number and the length of each phrase that begins at `at` and ends no later than
    /// `end`.
    pub fn each_at(&self, text: &[u8], at: usize, end: usize, mut found: impl FnMut(usize, usize)) {
        let (head, rest) = (first(text, at) | FOLD, text.get(at..end).unwrap_or(&[]));
        if holds(&self.known, gram(head)) {
            let is_longer = holds(&self.heads, head_number(head));
            if is_longer || holds(&self.shorter, gram(head)) {
                self.each_of(key(head, GRAM), head, rest, is_longer, &mut found);
            }
        }
        if holds(&self.short, head & 0xffff) {
            for length in (1..GRAM).filter(|length| holds(&self.known, gram(head & ones(*length)))) {
                self.each_of(key(head, length), head, rest, false, &mut found);
            }
        }
    }

    /// Finds the phrases with a key; those of at least [`HEAD`] bytes only if `is_longer`.
    #[inline(never)]
    fn each_of(
        &self,
        key: u64,
        head: u64,
        rest: &[u8],
        is_longer: bool,
        found: &mut impl FnMut(usize, usize),
    ) {
        let mut slot = slot(key, self.groups.len());
        let group = loop {
            let group = self.groups[slot];
            if group.first == 0 {
                return;
            }
            if group.gram == key as u32 && u64::from(group.first >> LENGTH) == key >> 32 {
                break group;
            }
            slot = (slot + 1) & (self.groups.len() - 1);
        };
        let begin = (group.first & !(u32::MAX << LENGTH)) as usize;
        let (shorter, longer) = (group.shorter as usize, group.longer as usize);
        let (shorter, longer) = self.entries[begin..begin + shorter + longer].split_at(shorter);
        let mut compare = |entry: &Entry| {
            let length = entry.length as usize;
            if let Some(text) = rest.get(..length)
                && self.bytes[entry.from as usize..][..length].eq_ignore_ascii_case(text)
            {
                found(entry.number as usize, length);
            }
        };
        shorter.iter().filter(|entry| (head ^ entry.head) & entry.mask == 0).for_each(&mut compare);
        if is_longer {
            let same = longer.partition_point(|entry| entry.head < head);
            longer[same..].iter().take_while(|entry| entry.head == head).for_each(compare);
        }
    }
}

/// The first slot for a key; `slots` is a power of two.
fn slot(key: u64, slots: usize) -> usize {
    (key.wrapping_mul(MIX) >> 32) as usize & (slots - 1)
}

/// The hash of the first four bytes.
#[inline]
fn gram(head: u64) -> u64 {
    (head << 32).wrapping_mul(MIX) >> 48
}

/// The hash of all eight bytes.
#[inline]
fn head_number(head: u64) -> u64 {
    // The upper bits of a product depend on all bytes.
    head.wrapping_mul(MIX) >> 46
}

fn put<const WORDS: usize>(bits: &mut [u64; WORDS], number: u64) {
    bits[(number >> 6) as usize % bits.len()] |= 1 << (number & 63);
}

#[inline]
fn holds<const WORDS: usize>(bits: &[u64; WORDS], number: u64) -> bool {
    bits[(number >> 6) as usize % bits.len()] >> (number & 63) & 1 == 1
}

/// A mask of the first `length` bytes of a word.
fn ones(length: usize) -> u64 {
    if length < HEAD { !(u64::MAX << (8 * length)) } else { u64::MAX }
}

/// The key by which a phrase of a given length is looked up. Phrases shorter than a gram have keys of their
/// own.
#[inline]
fn key(head: u64, length: usize) -> u64 {
    let length = length.min(GRAM);
    head & ones(length) | (length as u64) << 32
}

/// The eight bytes from `at` on; missing ones are 0.
#[inline]
fn first(text: &[u8], at: usize) -> u64 {
    match text.get(at..at.wrapping_add(HEAD)).and_then(|bytes| bytes.first_chunk::<HEAD>()) {
        Some(bytes) => u64::from_le_bytes(*bytes),
        None => last(text, at),
    }
}

/// Like [`first`], for fewer than eight bytes.
#[cold]
fn last(text: &[u8], at: usize) -> u64 {
    let rest = text.get(at..).unwrap_or(&[]);
    rest.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PHRASES: [&str; 9] =
        ["/ap", "cookies", "©20", "Fot.", "this is longer than that", "аб", "xyz", "cookies", "cook"];

    fn found(phrases: &Phrases, text: &str, at: usize) -> Vec<usize> {
        let mut found = Vec::new();
        phrases.each_at(text.as_bytes(), at, text.len(), |number, _| found.push(number));
        found.sort();
        found
    }

    #[test]
    fn phrases_are_found_where_they_begin() {
        let phrases = Phrases::new(&PHRASES);
        for (number, phrase) in PHRASES.into_iter().enumerate() {
            for form in [phrase.to_owned(), phrase.to_ascii_uppercase()] {
                for text in [form.clone(), format!("{form}é"), format!("{form} and so on")] {
                    assert!(found(&phrases, &text, 0).contains(&number), "{text}");
                    assert!(found(&phrases, &format!("x {text}"), 2).contains(&number), "{text}");
                }
            }
        }
        assert_eq!(found(&phrases, "Cookies", 0), [1, 7, 8]);
        assert_eq!(found(&phrases, "cook", 0), [8]);
        assert!(found(&phrases, "This is longer than thus", 0).is_empty());
    }

    #[test]
    fn all_phrases_at_all_places_are_found() {
        let list = [
            "a",
            "ab",
            "abc",
            "abcd",
            "abcde",
            "abcdefgh",
            "abcdefghi",
            "b",
            "b c",
            "日",
            "日本",
            "é",
            "x",
            "ab",
        ];
        let phrases = Phrases::new(&list);
        let pieces = ["a", "A", "b", "bcd", "abcdefgh", "i", " ", "c", "日", "本", "é", "É", "!", "B C"];
        let mut seed = 1u32;
        for _ in 0..2000 {
            let mut next = || {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (seed >> 16) as usize
            };
            let text: String = (0..next() % 12).map(|_| pieces[next() % pieces.len()]).collect();
            for at in 0..=text.len() {
                let stands = |phrase: &str| {
                    let place = text.as_bytes().get(at..at + phrase.len());
                    place.is_some_and(|place| place.eq_ignore_ascii_case(phrase.as_bytes()))
                };
                let right: Vec<usize> = (0..list.len()).filter(|&number| stands(list[number])).collect();
                assert_eq!(found(&phrases, &text, at), right, "{text:?} {at}");
            }
        }
    }

    #[test]
    fn what_only_looks_alike_is_no_phrase() {
        let phrases = Phrases::new(&PHRASES);
        for text in ["", "c", "coo", "\u{f}ap", "fot\u{e}", "xy", "some words", "/AQ"] {
            assert!(found(&phrases, text, 0).is_empty(), "{text:?}");
        }
        assert!(found(&phrases, "xyz", 7).is_empty());
        assert!(found(&Phrases::new(&[""; 0]), "xyz", 0).is_empty());
        assert!(found(&Phrases::new(&["", "b"]), "a", 0).is_empty());
    }
}
