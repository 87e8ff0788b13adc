//! Buffers that a worker reuses from document to document: their length grows with the lines of a page.
//! Allocating them anew for each page would cost as much as filling them. Decides nothing.

use std::sync::{Mutex, PoisonError};

use crate::lines::blocks::Begins;
use crate::lines::{Line, Tally};
use crate::model;
use crate::rules::boilerplate::State;
use crate::rules::cues::Hits;

/// Capacity up to which buffers are kept, in lines and in blocks of 64 bytes, at some hundred bytes each;
/// longer buffers are freed.
const MOST: usize = 1 << 14;

/// Scratch buffers for the lines of a page.
#[derive(Default)]
pub struct Room {
    pub lines: Vec<Line>,
    /// The counts of each line.
    pub tallies: Vec<Tally>,
    pub begins: Begins,
    /// The numbers of lines that are not copies of a line above, each with a part of the line's hash.
    pub distinct: Vec<(u32, u32)>,
    /// A hash table of lines: a part of a line's hash, and its number.
    pub twins: Vec<(u32, u32)>,
    /// Numbers of lines that are not blank.
    pub shown: Vec<usize>,
    pub states: Vec<State>,
    /// The hints of lines that have some.
    pub hits: Vec<Hits>,
    pub model: model::Room,
}

/// The buffers of one worker; a clone starts without any.
#[derive(Default)]
pub struct Kept(Mutex<Option<Box<Room>>>);

impl Clone for Kept {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Kept {
    /// Calls `work` with the kept buffers, or with new ones while another call uses these.
    pub fn with<R>(&self, work: impl FnOnce(&mut Room) -> R) -> R {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut room = kept.unwrap_or_default();
        let result = work(&mut room);
        if room.lines.capacity().max(room.begins.blocks()) <= MOST {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(room);
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_kept_but_not_much() {
        let kept = Kept::default();
        kept.with(|room| room.shown.push(7));
        assert_eq!(kept.with(|room| room.shown.clone()), [7]);
        assert_eq!(kept.clone().with(|room| room.shown.len()), 0);
        // Nested calls have separate buffers.
        let inner = kept.with(|_| kept.with(|room| room.shown.len()));
        assert_eq!(inner, 0);
        kept.with(|room| room.lines.reserve(MOST + 1));
        assert_eq!(kept.with(|room| room.lines.capacity()), 0);
        kept.with(|room| Line::take(&"long ".repeat(MOST * 13), room));
        assert_eq!(kept.with(|room| room.begins.blocks()), 0);
    }
}
