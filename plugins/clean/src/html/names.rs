//! The names of an element, its classes and its id, as the name lexicon knows them. Their weights were
//! learned from labelled pages; they complement the kinds of parts that [`super::cues`] lists.

use crate::model::lexicon::{Lexicon, Sum, WEIGHTS};
use crate::model::words::hash;

/// How many bytes of a value are read, and how many names in it: longer values consist of utility classes.
const READ: usize = 300;
const NAMES: usize = 12;
/// Longest normal form of a name, in bytes. Longer names count as empty.
const LONGEST: usize = 40;
/// How many blocks around a line its score takes names from.
pub const BLOCKS: usize = 8;

/// Summed lexicon weights of the names of an element: for any block around a line, for its innermost block,
/// for the block around that, and for the next.
#[derive(Clone, Copy, Debug, Default)]
pub struct Named([Sum; WEIGHTS]);

impl Named {
    /// The weights of an element's own name.
    pub fn element(name: &[u8], lexicon: &Lexicon) -> Self {
        let mut named = Self::default();
        let mut normal = Normal::new(b'<');
        name.iter().for_each(|byte| normal.push(*byte));
        named.add(normal.name(), lexicon);
        named
    }

    /// Adds the weights of the names in a value of `class`, `id` or the like.
    pub fn read(&mut self, value: &str, lexicon: &Lexicon) {
        each(value, |name| self.add(name, lexicon));
    }

    fn add(&mut self, name: &[u8], lexicon: &Lexicon) {
        let weights = lexicon.weights(hash(name));
        self.0.iter_mut().zip(weights).for_each(|(sum, weight)| sum.add(weight));
    }
}

/// The score of a line from the names of its blocks, given from the innermost outwards.
pub fn score<'b>(blocks: impl Iterator<Item = &'b Named>) -> u8 {
    let mut all = Sum::default();
    for (level, Named(sums)) in blocks.take(BLOCKS).enumerate() {
        let [any, near @ ..] = sums;
        all.add_all(*any);
        if let Some(sum) = near.get(level) {
            all.add_all(*sum);
        }
    }
    all.score()
}

/// Calls `each` with the names in a value of `class`, `id` or the like, in their normal form: first the whole
/// name after a `#`, in lower case and with 0 for every number, then each of the words in it.
pub fn each(value: &str, mut each: impl FnMut(&[u8])) {
    let head = &value.as_bytes()[..value.floor_char_boundary(READ)];
    let names = head.split(u8::is_ascii_whitespace).filter(|name| !name.is_empty());
    for name in names.take(NAMES) {
        let mut whole = Normal::new(b'#');
        let mut before = 0u8;
        for &byte in name {
            if !byte.is_ascii_digit() {
                whole.push(byte.to_ascii_lowercase());
            } else if !before.is_ascii_digit() {
                whole.push(b'0');
            }
            before = byte;
        }
        each(whole.name());
        for letters in name.split(|byte| !byte.is_ascii_alphabetic()) {
            // `articleBody` consists of two words.
            let words =
                letters.chunk_by(|one, next| !(one.is_ascii_lowercase() && next.is_ascii_uppercase()));
            for word in words.filter(|word| word.len() > 1) {
                let mut normal = Normal::default();
                word.iter().for_each(|byte| normal.push(byte.to_ascii_lowercase()));
                each(normal.name());
            }
        }
    }
}

/// The normal form of a name, as far as it has been built.
struct Normal {
    bytes: [u8; LONGEST],
    length: usize,
}

impl Default for Normal {
    fn default() -> Self {
        Self { bytes: [0; LONGEST], length: 0 }
    }
}

impl Normal {
    fn new(sign: u8) -> Self {
        let mut normal = Self::default();
        normal.push(sign);
        normal
    }

    #[inline]
    fn push(&mut self, byte: u8) {
        if let Some(cell) = self.bytes.get_mut(self.length) {
            *cell = byte;
        }
        self.length += 1;
    }

    /// The name; empty if it is too long.
    fn name(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or(&[])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(value: &str) -> Vec<String> {
        let mut names = Vec::new();
        each(value, |name| names.push(String::from_utf8_lossy(name).into_owned()));
        names
    }

    #[test]
    fn names_have_a_normal_form() {
        assert_eq!(
            names("c-articleBody  post-1234"),
            ["#c-articlebody", "article", "body", "#post-0", "post"]
        );
        assert_eq!(names("x12 NAV"), ["#x0", "#nav", "nav"]);
        assert_eq!(names(" \n"), [""; 0]);
        let long = "y".repeat(LONGEST + 1);
        assert_eq!(names(&long), ["", ""]);
        assert_eq!(names(&"ab ".repeat(200)).len(), 2 * NAMES);
    }

    #[test]
    fn near_blocks_speak_for_more() {
        use crate::model::lexicon::NEUTRAL;
        let lexicon = Lexicon::parse("list -1013 -2048 0 1013\n#post-0 512").unwrap();
        let (none, mut list) = (Named::default(), Named::element(b"ul", &lexicon));
        list.read("comments list", &lexicon);
        assert_eq!(score([none; 3].iter()), NEUTRAL);
        // The sums: -3 logits from two weights, -1 from one, 0 from two.
        assert_eq!(score([list].iter()), NEUTRAL - 17);
        assert_eq!(score([none, list].iter()), NEUTRAL - 8);
        assert_eq!(score([none, none, list].iter()), NEUTRAL);
        let mut post = none;
        post.read("post-815", &lexicon);
        assert_eq!(score([none, none, none, post].iter()), NEUTRAL + 4);
        assert_eq!(score([none; BLOCKS].iter().chain([&post])), NEUTRAL);
    }
}
