//! Caches the judgements of single lines from page to page: pages of one site share their frame. Holds a
//! bounded number of short lines, stored whole, so that a hit cannot differ from a new judgement.

use crate::quick::{QuickMap, WORDS, words_of};
use crate::rules::boilerplate::Single;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// Longest line that is cached, in bytes; it fills a slot.
const LONGEST: usize = 60;
/// Longest line, in bytes, of which a slot holds two; most lines of a frame are no longer.
const SHORT: usize = 28;
/// Number of slots, of 64 bytes each.
const SLOTS: usize = 1 << 14;
/// Most distinct states; the few lines with others are not cached.
const STATES: usize = 1 << 12;

/// The cached lines of one worker; a clone begins empty.
#[derive(Default)]
pub struct LineCache(Mutex<Known>);

impl Clone for LineCache {
    fn clone(&self) -> Self {
        Self::default()
    }
}

#[derive(Default)]
struct Known {
    slots: Vec<Slot>,
    /// The distinct states of lines; most lines share a few.
    states: Vec<Single>,
    numbers: QuickMap<Single, u16>,
}

/// Holds a line of up to [`LONGEST`] bytes, or two of up to [`SHORT`]. Each is followed by the number of its
/// state, its length and the score of its words. Unused bytes are zero. A slot is one cache line.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Slot([u8; 64]);

impl LineCache {
    /// Locks the cache and calls `work` with it.
    pub fn with<R>(&self, work: impl FnOnce(&mut LookUp<'_>) -> R) -> R {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.slots.is_empty() {
            known.slots.resize(SLOTS, Slot([0; 64]));
        }
        work(&mut LookUp(&mut known))
    }
}

/// Access to the locked cache.
pub struct LookUp<'s>(&'s mut Known);

impl LookUp<'_> {
    /// Prefetches the slots of these hashes in one go, so that their cache misses overlap.
    #[inline]
    pub fn fetch(&self, hashes: impl Iterator<Item = u32>) {
        let lengths = hashes
            .map(|hash| self.0.slots.get(hash as usize % SLOTS).map_or(0, |slot| slot.0[HALF + LENGTH]));
        std::hint::black_box(lengths.fold(0, |all, length| all | length));
    }

    /// Returns what the cache holds for the line at `span` of `text`, whose hash is `hash`: its judgement,
    /// and the score of its words.
    #[inline]
    pub fn get(&self, text: &[u8], span: Range<usize>, hash: u32) -> Option<(Single, u8)> {
        let slot = self.0.slots.get(hash as usize % SLOTS)?;
        let (state, score) = match span.len() {
            1..=SHORT => slot.find_short(words_of(text, span.clone()), span.len()),
            ..=LONGEST if !span.is_empty() => slot.find_long(text.get(span)?),
            _ => None,
        }?;
        Some((*self.0.states.get(usize::from(state))?, score))
    }

    /// Caches the judgement of a line, if the line is short.
    #[inline]
    pub fn put(&mut self, line: &[u8], hash: u32, (state, score): (Single, u8)) {
        if (1..=LONGEST).contains(&line.len()) {
            self.0.put(hash as usize % SLOTS, line, state, score);
        }
    }
}

impl Known {
    fn put(&mut self, number: usize, line: &[u8], state: Single, score: u8) {
        // Most lines have no hints and no mark, only a flag for prose.
        let plain = [false, true].map(|prose| Single { prose, ..Single::default() });
        if self.states.is_empty() {
            self.states.extend(plain);
            self.numbers.extend(plain.into_iter().zip(0..));
        }
        let next = self.states.len();
        let kind = if state == plain[usize::from(state.prose)] {
            u16::from(state.prose)
        } else if next == STATES && !self.numbers.contains_key(&state) {
            return;
        } else {
            *self.numbers.entry(state).or_insert(next as u16)
        };
        if usize::from(kind) == next {
            self.states.push(state);
        }
        if let Some(slot) = self.slots.get_mut(number) {
            slot.put(line, kind, score);
        }
    }
}

/// Offsets in half a slot: of the number of a line's state, of its length, and of the score of its words.
const STATE: usize = 28;
const LENGTH: usize = 30;
const SCORE: usize = 31;
/// Offset of the second half of a slot, whose fields are also those of a long line.
const HALF: usize = 32;

impl Slot {
    /// Returns the number of the state and the score of a line of up to [`SHORT`] bytes, if the slot holds
    /// it. Branch-free: which of the two lines matches is unpredictable.
    #[inline]
    fn find_short(&self, mut line: [u64; WORDS], length: usize) -> Option<(u16, u8)> {
        // The last bytes of the line, and its length.
        const COMPARED: u64 = 0x00ff_0000_ffff_ffff;
        line[3] |= (length as u64) << 48;
        let (words, _) = self.0.as_chunks::<8>();
        let word = |n: usize| u64::from_le_bytes(words[n]);
        let differs = |half: usize| {
            (word(half) ^ line[0])
                | (word(half + 1) ^ line[1])
                | (word(half + 2) ^ line[2])
                | ((word(half + 3) & COMPARED) ^ line[3])
        };
        let (first, second) = (differs(0), differs(WORDS));
        let at = if first == 0 { 0 } else { HALF };
        (((first == 0) | (second == 0)) & !self.is_long()).then(|| self.state(at))
    }

    /// Like [`Self::find_short`], for a longer line.
    fn find_long(&self, line: &[u8]) -> Option<(u16, u8)> {
        let is_it =
            usize::from(self.0[HALF + LENGTH]) == line.len() && self.0.get(..line.len()) == Some(line);
        is_it.then(|| self.state(HALF))
    }

    /// Whether the slot holds a single line, which takes both halves.
    #[inline]
    fn is_long(&self) -> bool {
        usize::from(self.0[HALF + LENGTH]) > SHORT
    }

    #[inline]
    fn state(&self, at: usize) -> (u16, u8) {
        (u16::from_le_bytes([self.0[at + STATE], self.0[at + STATE + 1]]), self.0[at + SCORE])
    }

    /// Stores a line in place of an older one: a short line replaces the older one of two.
    fn put(&mut self, line: &[u8], state: u16, score: u8) {
        let at = if line.len() > SHORT {
            HALF
        } else if self.is_long() {
            self.0[HALF..].fill(0);
            0
        } else {
            self.0.copy_within(..HALF, HALF);
            0
        };
        let end = at + STATE;
        self.0[..end].fill(0);
        self.0[..line.len()].copy_from_slice(line);
        self.0[end..end + 2].copy_from_slice(&state.to_le_bytes());
        self.0[at + LENGTH] = line.len() as u8;
        self.0[at + SCORE] = score;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quick::hash;
    use crate::rules::cues::Hits;

    #[test]
    fn what_is_known_is_not_judged_again() {
        let judged = LineCache::default();
        let long = "x".repeat(LONGEST + 1);
        let mut calls = 0;
        for line in ["Menu", "Menu", "Menus", "", "", &long, &long, "Menu"] {
            let state = judged.with(|known| {
                let (bytes, hash) = (line.as_bytes(), hash(line.as_bytes()) as u32);
                known.get(bytes, 0..bytes.len(), hash).unwrap_or_else(|| {
                    calls += 1;
                    let state = (Single { prose: line == "Menu", ..Single::default() }, line.len() as u8);
                    known.put(bytes, hash, state);
                    state
                })
            });
            assert_eq!((state.0.prose, state.1), (line == "Menu", line.len() as u8));
        }
        assert_eq!(calls, 6);
        let again = judged.clone();
        let menu = hash(b"Menu") as u32;
        again.with(|known| {
            known.put(
                b"Menu",
                menu,
                (Single { hits: Hits { whole: 7, ..Hits::default() }, ..Single::default() }, 0),
            );
        });
        assert_eq!(judged.with(|known| known.get(b"Menu", 0..4, menu)).unwrap().0.hits.whole, 0);
    }

    #[test]
    fn slots_hold_two_short_lines_or_a_long_one() {
        let find = |slot: &Slot, line: &[u8]| match line.len() <= SHORT {
            true => slot.find_short(words_of(line, 0..line.len()), line.len()),
            false => slot.find_long(line),
        };
        let mut slot = Slot([0; 64]);
        let (menu, search, news) =
            (b"Menu".as_slice(), b"Search".as_slice(), b"News of the town and country".as_slice());
        // Its bytes could be mistaken for a line of one byte.
        let long = ["x".repeat(30), "\u{1}".repeat(2), "a".repeat(28)].concat();
        for (line, held) in [
            (menu, [true, false, false, false]),
            (search, [true, true, false, false]),
            (news, [false, true, true, false]),
            (long.as_bytes(), [false, false, false, true]),
            (menu, [true, false, false, false]),
        ] {
            slot.put(line, line.len() as u16, line.len() as u8 / 2);
            let found = [menu, search, news, long.as_bytes()]
                .map(|line| find(&slot, line) == Some((line.len() as u16, line.len() as u8 / 2)));
            assert_eq!(found, held, "{line:?}");
            assert_eq!(find(&slot, b"a"), None);
        }
    }

    #[test]
    fn states_beyond_number_are_not_kept() {
        let judged = LineCache::default();
        let mut count = 0;
        judged.with(|known| {
            for round in 0..2 {
                for n in 0..2 * STATES as u32 {
                    let line = format!("line {n}");
                    let state = Single { hits: Hits { whole: n, ..Hits::default() }, ..Single::default() };
                    let (bytes, hash) = (line.as_bytes(), hash(line.as_bytes()) as u32);
                    if let Some((found, score)) = known.get(bytes, 0..bytes.len(), hash) {
                        count += 1;
                        assert_eq!((found.hits.whole, score), (n, n as u8), "{round}");
                    }
                    known.put(bytes, hash, (state, n as u8));
                }
            }
        });
        assert!((STATES / 2..2 * STATES).contains(&count), "{count}");
    }
}
