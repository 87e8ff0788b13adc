//! Buffers that a worker reuses from document to document: their length grows with the lines of a page.
//! Allocating them anew for each page would cost as much as filling them. Decides nothing.

use std::sync::{Mutex, PoisonError};

use crate::lines::blocks::Begins;
use crate::lines::{Line, Tally};
use crate::model;
use crate::rules::boilerplate::State;
use crate::rules::cues::Hits;
use crate::rules::menus::Menu;

/// Capacity up to which buffers are kept, in lines and in blocks of 64 bytes, at some hundred bytes each;
/// longer buffers are freed.
const MOST: usize = 1 << 14;

/// Scratch buffers for the lines of a page.
#[derive(Default)]
pub struct Scratch {
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
    /// The long menus whose lines are joined.
    pub menus: Vec<Menu>,
    pub states: Vec<State>,
    /// The hints of lines that have some.
    pub hits: Vec<Hits>,
    pub model: model::Scratch,
}

/// The buffers of one worker; a clone starts without any.
#[derive(Default)]
pub struct ScratchPool(Mutex<Option<Box<Scratch>>>);

impl Clone for ScratchPool {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl ScratchPool {
    /// Calls `work` with the kept buffers, or with new ones while another call uses these.
    pub fn with<R>(&self, work: impl FnOnce(&mut Scratch) -> R) -> R {
        let pooled = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut scratch = pooled.unwrap_or_default();
        let result = work(&mut scratch);
        if scratch.lines.capacity().max(scratch.begins.blocks()) <= MOST {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(scratch);
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_kept_but_not_much() {
        let pooled = ScratchPool::default();
        pooled.with(|scratch| scratch.shown.push(7));
        assert_eq!(pooled.with(|scratch| scratch.shown.clone()), [7]);
        assert_eq!(pooled.clone().with(|scratch| scratch.shown.len()), 0);
        // Nested calls have separate buffers.
        let inner = pooled.with(|_| pooled.with(|scratch| scratch.shown.len()));
        assert_eq!(inner, 0);
        pooled.with(|scratch| scratch.lines.reserve(MOST + 1));
        assert_eq!(pooled.with(|scratch| scratch.lines.capacity()), 0);
        pooled.with(|scratch| Line::take(&"long ".repeat(MOST * 13), scratch));
        assert_eq!(pooled.with(|scratch| scratch.begins.blocks()), 0);
    }
}
