//! Maps places in one state of a text to another: back to the received text, and forward to the output.
//! Linear in edits and places.

use textmill_plugin::edit::{EditRef, Edits};

/// Maps places in the edited text back to the received text. Places must be passed in ascending order. A
/// place inside a replacement maps to the end of its edit.
pub struct Received<'e> {
    edits: &'e Edits,
    next: usize,
    shift: isize,
    /// End of the last edit before the place.
    passed: usize,
}

impl<'e> Received<'e> {
    /// Maps back through these edits.
    pub fn new(edits: &'e Edits) -> Self {
        Self { edits, next: 0, shift: 0, passed: 0 }
    }

    /// Maps `place`, which must not be smaller than the places before it.
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

    /// Like [`Self::place`], for the end of a passage: text that was removed directly after the passage is
    /// not included.
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
        // If a replacement is longer than the text that it replaces, the difference would be before the edit.
        place.checked_add_signed(-self.shift).map_or(self.passed, |received| received.max(self.passed))
    }
}

/// Maps ascending `places` in the received text to the text after `edits`. A place inside an edit maps to the
/// start of the edit.
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

/// The number of bytes by which an edit lengthens a text.
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
