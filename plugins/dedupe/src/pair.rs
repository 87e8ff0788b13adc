//! Which documents of a group are twins: links from each to one that stands for it.
//!
//! A group holds documents that share a band. Each is compared with the group's representatives, in input order, and
//! linked to the first that it is like; one that is like none becomes a representative, as long as there are fewer than
//! [`REPRESENTATIVES`]. So a group of n documents costs at most 64 n comparisons, one of n copies n, and what is missed
//! past the bound has thirteen other bands to be found in.

use crate::minhash::similarity;
use crate::table::Candidate;

/// Most representatives of a group.
pub const REPRESENTATIVES: usize = 64;

/// Estimated similarity of two documents: 1 for the same words in the same order, else by their signatures.
pub fn likeness(a: &Candidate, b: &Candidate) -> f64 {
    if a.exact == b.exact {
        return 1.0;
    }
    match (&a.signature, &b.signature) {
        (Some(a), Some(b)) => similarity(a, b),
        _ => 0.0,
    }
}

/// Links within one group, as pairs of ordinals (representative, document).
pub fn links(group: impl IntoIterator<Item = Candidate>, threshold: f64, mut link: impl FnMut(u64, u64)) {
    let mut representatives: Vec<Candidate> = Vec::new();
    for candidate in group {
        match representatives.iter().find(|known| likeness(known, &candidate) >= threshold) {
            // No document is its own twin, should it come twice under one key.
            Some(known) if known.ordinal == candidate.ordinal => {}
            Some(known) => link(known.ordinal, candidate.ordinal),
            None if representatives.len() < REPRESENTATIVES => representatives.push(candidate),
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::minhash::EMPTY;

    fn candidate(ordinal: u64, text: u8, equal: usize) -> Candidate {
        let mut signature = EMPTY;
        signature.iter_mut().take(equal).for_each(|minimum| *minimum = 7);
        signature.iter_mut().skip(equal).for_each(|minimum| *minimum = ordinal as u32 + 100);
        Candidate { ordinal, exact: [text; 16], signature: Some(signature), length: 0, date: None }
    }

    fn pairs(group: Vec<Candidate>) -> Vec<(u64, u64)> {
        let mut out = Vec::new();
        links(group, 0.75, |a, b| out.push((a, b)));
        out
    }

    #[test]
    fn copies_make_a_star() {
        let group = (0..1000).map(|ordinal| candidate(ordinal, 1, 0)).collect();
        let pairs = pairs(group);
        assert_eq!(pairs.len(), 999);
        assert!(pairs.iter().all(|(a, _)| *a == 0));
    }

    #[test]
    fn only_the_alike_are_linked() {
        assert_eq!(pairs(vec![candidate(0, 0, 84), candidate(1, 1, 84), candidate(2, 2, 83)]), [(0, 1)]);
    }

    #[test]
    fn strangers_cost_a_bounded_number_of_comparisons() {
        let group = (0..=255).map(|n| candidate(u64::from(n), n, 0));
        // The last one is a copy of one past the bound: not found here.
        let group = group.chain([candidate(300, 200, 0), candidate(301, 10, 0)]);
        assert_eq!(pairs(group.collect()), [(10, 301)]);
    }
}
