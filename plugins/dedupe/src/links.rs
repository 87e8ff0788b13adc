//! Packed links: what a document is similar to, as a byte string, so that a cluster of hundreds of thousands
//! of documents fits in memory.

use textmill_plugin::prelude::{Error, Result};

/// Appends the links of a document to `into`. `links` are pairs of the ordinal of the other document and the
/// similarity, sorted by ordinal.
pub fn pack(links: &[(u64, f64)], into: &mut Vec<u8>) {
    let mut before = 0;
    for (other, similarity) in links {
        // LEB128: seven bits per byte, the highest bit clear in the last one. Most neighbours have close
        // ordinals, so that their difference is short.
        let mut step = other.wrapping_sub(before);
        while step >= 0x80 {
            into.push(step as u8 | 0x80);
            step >>= 7;
        }
        into.push(step as u8);
        into.extend(similarity.to_le_bytes());
        before = *other;
    }
}

/// Reads the links that [`pack`] wrote. Stops at bytes that are not a link.
pub fn unpack(packed: &[u8]) -> impl Iterator<Item = (u64, f64)> {
    let (mut rest, mut other) = (packed, 0_u64);
    std::iter::from_fn(move || {
        let length = rest.iter().position(|byte| byte & 0x80 == 0)? + 1;
        let (step, after) = rest.split_at_checked(length)?;
        let step = step.iter().rev().fold(0, |sum: u64, byte| sum << 7 | u64::from(byte & 0x7f));
        let (similarity, after) = after.split_first_chunk()?;
        rest = after;
        other = other.wrapping_add(step);
        Some((other, f64::from_le_bytes(*similarity)))
    })
}

/// All links among the documents of a component.
#[derive(Default)]
pub struct Links<'a> {
    /// Ordinals of the documents, ascending.
    ordinals: Vec<u64>,
    packed: Vec<&'a [u8]>,
}

impl<'a> Links<'a> {
    /// Adds a document with its packed links. Its ordinal must be larger than those before.
    pub fn push(&mut self, ordinal: u64, packed: &'a [u8]) {
        self.ordinals.push(ordinal);
        self.packed.push(packed);
    }

    /// Removes all documents.
    pub fn clear(&mut self) {
        self.ordinals.clear();
        self.packed.clear();
    }

    /// Checks that every link leads to a document of this component.
    ///
    /// # Errors
    /// Fails if a link does not.
    pub fn check(&self) -> Result<()> {
        let known = |other: u64| self.ordinals.binary_search(&other).is_ok();
        match self.packed.iter().all(|packed| unpack(packed).all(|(other, _)| known(other))) {
            true => Ok(()),
            false => Err(Error::from("a link leads out of its component")),
        }
    }

    /// The links of the document at index `place`: the indices of the others, ascending, with the similarity.
    pub fn of(&self, place: usize) -> impl Iterator<Item = (usize, f64)> {
        let mut from = 0;
        unpack(self.packed.get(place).copied().unwrap_or_default()).filter_map(move |(other, similarity)| {
            let found = self.ordinals.get(from..)?.binary_search(&other).ok()?;
            from += found;
            Some((from, similarity))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_link_to_nowhere_is_told() {
        let mut packed = Vec::new();
        pack(&[(7, 0.9)], &mut packed);
        let mut links = Links::default();
        links.push(3, &packed);
        assert!(links.check().is_err());
        links.push(7, &[]);
        assert!(links.check().is_ok());
        assert_eq!(links.of(0).collect::<Vec<_>>(), [(1, 0.9)]);
    }

    proptest! {
        #[test]
        fn links_come_back(links in prop::collection::btree_map(any::<u64>(), 0.0..1.0, 0..20)) {
            let links: Vec<(u64, f64)> = links.into_iter().collect();
            let mut packed = Vec::new();
            pack(&links, &mut packed);
            prop_assert_eq!(unpack(&packed).collect::<Vec<_>>(), links);
        }

        #[test]
        fn any_bytes_are_read(packed in prop::collection::vec(any::<u8>(), 0..60)) {
            prop_assert!(unpack(&packed).count() <= packed.len());
        }
    }
}
