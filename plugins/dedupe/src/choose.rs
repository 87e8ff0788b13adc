//! Which documents of a component are kept, and for which of them each other one is dropped.
//!
//! A component is held together by links, and its ends may be little alike. So a document is dropped for a kept one
//! alone that it is itself like: the documents are gone through in the order of the policy, and each is dropped for the
//! kept document that it is most like if that reaches the threshold, and kept otherwise. Comparisons are bounded by
//! [`KEPT`] kept documents for each.

use crate::options::Keep;
use crate::pair::likeness;
use crate::table::Candidate;
use std::cmp::Reverse;

/// Most kept documents of a component that others are compared with; what is like none of them is kept as well.
pub const KEPT: usize = 256;

/// What becomes of a document.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The document.
    pub ordinal: u64,
    /// The kept document that it is dropped for; `None` when it is kept itself.
    pub twin: Option<u64>,
    /// Estimated similarity to the twin.
    pub similarity: f64,
    /// Whether the twin has the same words in the same order.
    pub exact: bool,
    /// Documents that are dropped for this one.
    pub duplicates: u64,
}

/// The verdicts on a component, by ordinal.
pub fn verdicts(mut component: Vec<Candidate>, keep: Keep, threshold: f64) -> Vec<Verdict> {
    match keep {
        // `None` belongs to another mode.
        Keep::First | Keep::None => component.sort_by_key(|one| one.ordinal),
        Keep::Longest => component.sort_by_key(|one| (Reverse(one.length), one.ordinal)),
        Keep::Earliest => component.sort_by_key(|one| (one.date.is_none(), one.date, one.ordinal)),
    }
    let mut verdicts: Vec<Verdict> = Vec::with_capacity(component.len());
    // Kept documents with the places of their verdicts.
    let mut kept: Vec<(&Candidate, usize)> = Vec::new();
    for one in &component {
        let mut best: Option<(f64, usize)> = None;
        for (other, place) in &kept {
            let similarity = likeness(other, one);
            // Of equals the first: it is the one that the policy prefers.
            if similarity >= threshold && best.is_none_or(|(most, _)| similarity > most) {
                best = Some((similarity, *place));
            }
            if other.exact == one.exact {
                best = Some((1.0, *place));
                break;
            }
        }
        let mut verdict =
            Verdict { ordinal: one.ordinal, twin: None, similarity: 1.0, exact: false, duplicates: 0 };
        match best.and_then(|(similarity, place)| Some((similarity, place, verdicts.get_mut(place)?))) {
            Some((similarity, place, twin)) => {
                twin.duplicates += 1;
                verdict.twin = Some(twin.ordinal);
                verdict.similarity = similarity;
                verdict.exact = component.get(place).is_some_and(|twin| twin.exact == one.exact);
            }
            None if kept.len() < KEPT => kept.push((one, verdicts.len())),
            None => {}
        }
        verdicts.push(verdict);
    }
    verdicts.sort_by_key(|verdict| verdict.ordinal);
    verdicts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::minhash::{EMPTY, MINIMA};

    /// Documents on a line: likeness falls with the distance between their places.
    fn at(ordinal: u64, place: usize, length: u64, date: Option<i64>) -> Candidate {
        let mut signature = EMPTY;
        for (n, minimum) in signature.iter_mut().enumerate() {
            *minimum = u32::from(n < place);
        }
        Candidate { ordinal, exact: [place as u8; 16], signature: Some(signature), length, date }
    }

    fn twins(component: Vec<Candidate>, keep: Keep) -> Vec<(u64, Option<u64>)> {
        verdicts(component, keep, 0.8).into_iter().map(|one| (one.ordinal, one.twin)).collect()
    }

    #[test]
    fn policies() {
        let component =
            || vec![at(3, 0, 5, Some(9)), at(4, 1, 8, None), at(5, 2, 8, Some(2)), at(6, 0, 1, Some(2))];
        assert_eq!(twins(component(), Keep::First), [(3, None), (4, Some(3)), (5, Some(3)), (6, Some(3))]);
        assert_eq!(twins(component(), Keep::Longest), [(3, Some(4)), (4, None), (5, Some(4)), (6, Some(4))]);
        assert_eq!(twins(component(), Keep::Earliest), [(3, Some(5)), (4, Some(5)), (5, None), (6, Some(5))]);
    }

    #[test]
    fn the_ends_of_a_chain_are_not_twins() {
        let fifth = MINIMA / 6;
        let chain = (0..4).map(|n| at(n, n as usize * fifth, 0, None)).collect();
        assert_eq!(twins(chain, Keep::First), [(0, None), (1, Some(0)), (2, None), (3, Some(2))]);
    }

    #[test]
    fn duplicates_are_counted_and_copies_told_from_the_alike() {
        let told = verdicts(vec![at(0, 0, 0, None), at(1, 0, 0, None), at(2, 10, 0, None)], Keep::First, 0.8);
        assert_eq!(told[0].duplicates, 2);
        assert!(told[1].exact && told[1].similarity == 1.0);
        assert!(!told[2].exact && told[2].similarity < 1.0);
    }
}
