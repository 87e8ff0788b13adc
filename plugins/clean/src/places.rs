//! Where a place in one state of a text lies in another: back to what was received, and on to what comes out. Linear in edits and places.

use textmill_plugin::edit::Edit;

/// The places in the received text of places in the text that `edits` made of it. `places` grow; one inside a replacement lies where the edit
/// ends.
pub fn received(edits: &[Edit], places: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut edits = edits.iter().peekable();
    let mut shift = 0isize;
    places
        .map(|place| {
            while let Some(edit) = edits.next_if(|edit| {
                let start = edit.start.wrapping_add_signed(shift);
                start + edit.replacement.len() <= place || start < place
            }) {
                shift += grown(edit);
            }
            place.wrapping_add_signed(-shift)
        })
        .collect()
}

/// The places in the text that `edits` make of places in the received text. `places` grow; one inside an edit lies where the edit begins.
pub fn made(edits: &[Edit], places: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut edits = edits.iter().peekable();
    let mut shift = 0isize;
    places
        .map(|place| {
            while let Some(edit) = edits.next_if(|edit| edit.end <= place) {
                shift += grown(edit);
            }
            let inside = edits.peek().map_or(place, |edit| edit.start.min(place));
            inside.wrapping_add_signed(shift)
        })
        .collect()
}

/// How many bytes an edit makes a text longer.
fn grown(edit: &Edit) -> isize {
    edit.replacement.len() as isize - (edit.end - edit.start) as isize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_go_back_and_on() {
        // "ab<p>cd</p>ef" becomes "ab\ncdef".
        let edits = [Edit::replace(2..5, "\n", "x"), Edit::remove(7..11, "x")];
        assert_eq!(received(&edits, [0, 2, 3, 5, 6].into_iter()), [0, 2, 5, 11, 12]);
        assert_eq!(made(&edits, [0, 3, 5, 8, 11, 12].into_iter()), [0, 2, 3, 5, 5, 6]);
    }
}
