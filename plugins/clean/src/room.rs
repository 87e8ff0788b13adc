//! What one worker works with from document to document: tables as long as a page has lines. Asked of the system anew for each page, they would cost
//! as much as what is put into them. Holds no meaning.

use std::sync::{Mutex, PoisonError};

use crate::lines::blocks::Begins;
use crate::lines::{Line, Tally};
use crate::model;
use crate::rules::boilerplate::State;
use crate::rules::cues::Hits;

/// Lines, and blocks of 64 bytes, for which room is kept, some hundred bytes for each; what longer pages took is given back.
const MOST: usize = 1 << 14;

/// Room for the lines of a page.
#[derive(Default)]
pub struct Room {
    pub lines: Vec<Line>,
    /// Of each line, what is counted in it.
    pub tallies: Vec<Tally>,
    pub begins: Begins,
    /// Numbers of lines that are no copies of others above, each with a part of the line's hash.
    pub distinct: Vec<(u32, u32)>,
    /// By the hash of a line, a part of that and the number of the line.
    pub twins: Vec<(u32, u32)>,
    /// Numbers of lines that are not blank.
    pub shown: Vec<usize>,
    pub states: Vec<State>,
    /// The hints of lines that have some.
    pub hits: Vec<Hits>,
    pub model: model::Room,
}

/// The room of one worker; a clone begins without any.
#[derive(Default)]
pub struct Kept(Mutex<Option<Box<Room>>>);

impl Clone for Kept {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Kept {
    /// Calls `work` with the room that is kept, or with new room where another has that.
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
        // Two at a time have a room each.
        let inner = kept.with(|_| kept.with(|room| room.shown.len()));
        assert_eq!(inner, 0);
        kept.with(|room| room.lines.reserve(MOST + 1));
        assert_eq!(kept.with(|room| room.lines.capacity()), 0);
        kept.with(|room| Line::take(&"long ".repeat(MOST * 13), room));
        assert_eq!(kept.with(|room| room.begins.blocks()), 0);
    }
}
