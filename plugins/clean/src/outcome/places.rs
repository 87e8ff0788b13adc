//! Where a place in one state of a text lies in another: back to what was received, and on to what comes out. Linear in edits and places.

use textmill_plugin::edit::{EditRef, Edits};

/// Maps places in the edited text back to the received text. They are asked for in ascending order; one inside a replacement maps to the end of its
/// edit.
pub struct Received<'e> {
    edits: &'e Edits,
    next: usize,
    shift: isize,
    /// Where the last edit before the place ends.
    passed: usize,
}

impl<'e> Received<'e> {
    /// By these edits.
    pub fn new(edits: &'e Edits) -> Self {
        Self { edits, next: 0, shift: 0, passed: 0 }
    }

    /// The place of `place`, which is no smaller than the ones before.
    pub fn place(&mut self, place: usize) -> usize {
        while let Some(edit) = self.edits.get(self.next) {
            let start = edit.start.wrapping_add_signed(self.shift);
            if start + edit.replacement.len() > place && start >= place {
                break;
            }
            self.pass(&edit);
        }
        self.received(place)
    }

    /// The same of the end of a passage: what edits took away behind it is none of it.
    pub fn end(&mut self, place: usize) -> usize {
        while let Some(edit) = self.edits.get(self.next) {
            if edit.start.wrapping_add_signed(self.shift) >= place {
                break;
            }
            self.pass(&edit);
        }
        self.received(place)
    }

    fn pass(&mut self, edit: &EditRef<'_>) {
        self.shift += grown(edit);
        self.passed = edit.end;
        self.next += 1;
    }

    fn received(&self, place: usize) -> usize {
        // Inside a replacement that is longer than what it replaces, the difference would lie before the edit.
        place.checked_add_signed(-self.shift).map_or(self.passed, |received| received.max(self.passed))
    }
}

/// The places in the text that `edits` make of places in the received text. `places` grow; one inside an edit lies where the edit begins.
pub fn made(edits: &Edits, places: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut edits = edits.iter().peekable();
    let mut shift = 0isize;
    places
        .map(|place| {
            while let Some(edit) = edits.next_if(|edit| edit.end <= place) {
                shift += grown(&edit);
            }
            let inside = edits.peek().map_or(place, |edit| edit.start.min(place));
            inside.wrapping_add_signed(shift)
        })
        .collect()
}

/// How many bytes an edit makes a text longer.
fn grown(edit: &EditRef<'_>) -> isize {
    edit.replacement.len() as isize - (edit.end - edit.start) as isize
}

#[cfg(test)]
mod tests {
    use super::*;
    use textmill_plugin::edit::Edit;

    #[test]
    fn places_go_back_and_on() {
        // "ab<p>cd</p>ef" becomes "ab\ncdef".
        let edits = Edits::from(vec![Edit::replace(2..5, "\n", "x"), Edit::remove(7..11, "x")]);
        let mut received = Received::new(&edits);
        assert_eq!([0, 2, 3, 5, 6].map(|place| received.place(place)), [0, 2, 5, 11, 12]);
        assert_eq!(made(&edits, [0, 3, 5, 8, 11, 12].into_iter()), [0, 2, 3, 5, 5, 6]);
    }

    #[test]
    fn places_inside_a_longer_replacement() {
        let edits = Edits::from(vec![Edit::replace(1..2, "one\ntwo\nthree", "x")]);
        let mut received = Received::new(&edits);
        assert_eq!([0, 1, 5, 9, 14, 15].map(|place| received.place(place)), [0, 1, 2, 2, 2, 3]);
    }
}
