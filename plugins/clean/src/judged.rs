//! Lines that were judged by themselves before, on other pages: pages of one site share their frame. Holds a bounded number of short lines, whole, so
//! that nothing that is found here can differ from what would be found anew.

use crate::boilerplate::State;
use std::sync::{Mutex, PoisonError};

/// Longest line, in bytes, that is kept.
const LONGEST: usize = 48;
/// How many lines are kept; 0.7 MB of them.
const SLOTS: usize = 1 << 13;

/// The lines of one worker; a clone begins without any.
#[derive(Default)]
pub struct Judged(Mutex<Vec<Slot>>);

impl Clone for Judged {
    fn clone(&self) -> Self {
        Self::default()
    }
}

#[derive(Clone, Copy)]
struct Slot {
    state: State,
    length: u8,
    bytes: [u8; LONGEST],
}

impl Judged {
    /// Calls `work` with a look-up: what a line is, which a function finds where it is not known.
    pub fn with<R>(&self, work: impl FnOnce(&mut LookUp<'_>) -> R) -> R {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.is_empty() {
            let none = Slot { state: State::default(), length: 0, bytes: [0; LONGEST] };
            slots.resize(SLOTS, none);
        }
        work(&mut LookUp(&mut slots))
    }
}

/// A look-up.
pub struct LookUp<'s>(&'s mut [Slot]);

impl LookUp<'_> {
    /// What a line is by itself.
    pub fn get(&mut self, line: &str, judge: impl FnOnce() -> State) -> State {
        let (length, bytes) = (line.len(), line.as_bytes());
        let number = crate::quick::hash(bytes) as usize % SLOTS;
        let Some(slot) = self.0.get_mut(number).filter(|_| (1..=LONGEST).contains(&length)) else {
            return judge();
        };
        if usize::from(slot.length) == length && slot.bytes[..length] == *bytes {
            return slot.state;
        }
        slot.state = judge();
        slot.length = length as u8;
        slot.bytes[..length].copy_from_slice(bytes);
        slot.state
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_not_judged_again() {
        let judged = Judged::default();
        let long = "x".repeat(LONGEST + 1);
        let mut calls = 0;
        for line in ["Menu", "Menu", "Menus", "", "", &long, &long, "Menu"] {
            let state = judged.with(|known| {
                known.get(line, || {
                    calls += 1;
                    State { prose: line == "Menu", ..State::default() }
                })
            });
            assert_eq!(state.prose, line == "Menu");
        }
        assert_eq!(calls, 6);
        let again = judged.clone();
        again.with(|known| known.get("Menu", || State { wrapped: true, ..State::default() }));
        assert!(!judged.with(|known| known.get("Menu", State::default)).wrapped);
    }
}
