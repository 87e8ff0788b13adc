//! Decides which documents of a component are kept, and for which kept document each other one is dropped.

use crate::links::Links;
use crate::rank::KNOWN;

/// A document of a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its ordinal.
    pub ordinal: u64,
    /// Its rank. The document with the smallest rank is kept; ties go to the smallest ordinal.
    pub rank: u64,
    /// Number of its copies, which share its fate.
    pub copies: u64,
}

/// What becomes of a member.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Verdict {
    /// It is kept. The number counts the documents that are dropped for it.
    Kept(u64),
    /// It is dropped for the kept member at this index, to which it is itself similar, with this similarity.
    Twin(usize, f64),
    /// It is dropped for a kept member that it is linked to only through others: the index of that member,
    /// the index of its own neighbour on the shortest path to it, and the least similarity on that path.
    Linked(usize, usize, f64),
}

/// Verdicts under which every dropped member is similar to a kept one.
///
/// Visits the members in order of rank. A member is kept unless it is linked to one that is already kept; of
/// several such, it is dropped for the most similar one. Documents of an index are always kept. `links` has
/// the links of the members in the order of `members`, each from both ends.
pub fn strict(members: &[Member], links: &Links<'_>) -> Vec<Verdict> {
    let mut verdicts: Vec<Option<Verdict>> = vec![None; members.len()];
    for at in by_rank(members) {
        let mut best: Option<(f64, usize)> = None;
        for (other, similarity) in links.of(at) {
            let kept = matches!(verdicts.get(other), Some(Some(Verdict::Kept(_))));
            let better = |(most, twin): (f64, usize)| {
                let first = |place: usize| members.get(place).map(|member| (member.rank, member.ordinal));
                similarity > most || (similarity == most && first(other) < first(twin))
            };
            if kept && best.is_none_or(better) {
                best = Some((similarity, other));
            }
        }
        let is_known = members[at].rank == KNOWN;
        verdicts[at] = Some(match best.filter(|_| !is_known) {
            Some((similarity, twin)) => {
                count(&mut verdicts, twin, 1 + members[at].copies);
                Verdict::Twin(twin, similarity)
            }
            None => Verdict::Kept(members[at].copies),
        });
    }
    verdicts.into_iter().map(|verdict| verdict.unwrap_or(Verdict::Kept(0))).collect()
}

/// Verdicts under which the member with the smallest rank is kept and all others are dropped for it.
pub fn connected(members: &[Member], links: &Links<'_>) -> Vec<Verdict> {
    let Some(kept) = by_rank(members).first().copied() else { return Vec::new() };
    let dropped: u64 = members.iter().map(|member| 1 + member.copies).sum();
    let mut verdicts: Vec<Option<Verdict>> = vec![None; members.len()];
    verdicts[kept] = Some(Verdict::Kept(dropped - 1));
    // Breadth-first: finds the path with the fewest links, and of several such the first by index.
    let mut reached = vec![(kept, 1.0_f64)];
    let mut next = 0;
    while let Some(&(at, weakest)) = reached.get(next) {
        next += 1;
        for (other, similarity) in links.of(at) {
            let weakest = weakest.min(similarity);
            if let Some(verdict @ None) = verdicts.get_mut(other) {
                *verdict = Some(match at == kept {
                    true => Verdict::Twin(kept, similarity),
                    false => Verdict::Linked(kept, at, weakest),
                });
                reached.push((other, weakest));
            }
        }
    }
    verdicts.into_iter().map(|verdict| verdict.unwrap_or(Verdict::Kept(0))).collect()
}

fn by_rank(members: &[Member]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..members.len()).collect();
    order.sort_by_key(|&at| (members[at].rank, members[at].ordinal));
    order
}

fn count(verdicts: &mut [Option<Verdict>], kept: usize, more: u64) {
    if let Some(Some(Verdict::Kept(dropped))) = verdicts.get_mut(kept) {
        *dropped += more;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::links::pack;
    use proptest::prelude::*;

    fn member(ordinal: u64, rank: u64) -> Member {
        Member { ordinal, rank, copies: 0 }
    }

    /// The links of members, packed.
    fn packed(members: &[Member], links: &[(usize, usize, f64)]) -> Vec<Vec<u8>> {
        let of = |at: usize| {
            let ends = links.iter().flat_map(|&(a, b, similarity)| [(a, b, similarity), (b, a, similarity)]);
            let own = ends.filter(|(from, ..)| *from == at);
            let mut own: Vec<(u64, f64)> = own.map(|(_, to, s)| (members[to].ordinal, s)).collect();
            own.sort_by_key(|(to, _)| *to);
            let mut bytes = Vec::new();
            pack(&own, &mut bytes);
            bytes
        };
        (0..members.len()).map(of).collect()
    }

    fn linked<'a>(members: &[Member], packed: &'a [Vec<u8>]) -> Links<'a> {
        let mut links = Links::default();
        members.iter().zip(packed).for_each(|(member, packed)| links.push(member.ordinal, packed));
        links
    }

    fn strict_of(members: &[Member], links: &[(usize, usize, f64)]) -> Vec<Verdict> {
        strict(members, &linked(members, &packed(members, links)))
    }

    fn connected_of(members: &[Member], links: &[(usize, usize, f64)]) -> Vec<Verdict> {
        connected(members, &linked(members, &packed(members, links)))
    }

    #[test]
    fn the_ends_of_a_chain() {
        let chain: Vec<Member> = (0..4).map(|n| member(n, 1)).collect();
        let links = [(0, 1, 0.9), (1, 2, 0.8), (2, 3, 0.95)];
        use Verdict::{Kept, Linked, Twin};
        assert_eq!(strict_of(&chain, &links), [Kept(1), Twin(0, 0.9), Kept(1), Twin(2, 0.95)]);
        assert_eq!(
            connected_of(&chain, &links),
            [Kept(3), Twin(0, 0.9), Linked(0, 1, 0.8), Linked(0, 2, 0.8)]
        );
    }

    #[test]
    fn ranks_decide_and_copies_go_along() {
        let members = [member(3, 9), Member { copies: 2, ..member(4, 7) }, member(5, 7)];
        let links = [(0, 1, 0.8), (0, 2, 0.8), (1, 2, 0.8)];
        use Verdict::{Kept, Twin};
        assert_eq!(strict_of(&members, &links), [Twin(1, 0.8), Kept(4), Twin(1, 0.8)]);
        assert_eq!(connected_of(&members, &links), strict_of(&members, &links));
        let members = [Member { copies: 2, ..member(3, 9) }, member(4, 7)];
        assert_eq!(strict_of(&members, &[(0, 1, 0.8)]), [Twin(1, 0.8), Kept(3)]);
    }

    #[test]
    fn documents_of_an_index_stay() {
        let members = [member(1, 1), member(8, KNOWN), member(9, KNOWN)];
        let links = [(1, 2, 0.9), (0, 1, 0.8), (0, 2, 0.85)];
        use Verdict::{Kept, Twin};
        assert_eq!(strict_of(&members, &links), [Twin(2, 0.85), Kept(0), Kept(1)]);
    }

    proptest! {
        #[test]
        fn strict_leaves_no_two_alike_and_drops_none_for_nothing(
            ranks in prop::collection::vec(1u64..4, 2..12),
            links in prop::collection::vec((0usize..12, 0usize..12, 80u32..100), 0..30),
        ) {
            let members: Vec<Member> = ranks.iter().zip(0..).map(|(rank, n)| member(n, *rank)).collect();
            let mut links: Vec<_> = links.into_iter().filter(|(a, b, _)| a < b && *b < members.len()).collect();
            links.sort_unstable();
            links.dedup_by_key(|(a, b, _)| (*a, *b));
            let links: Vec<_> = links.into_iter().map(|(a, b, s)| (a, b, f64::from(s) / 100.0)).collect();
            let verdicts = strict_of(&members, &links);
            let is_kept = |at: usize| matches!(verdicts[at], Verdict::Kept(_));
            for (a, b, _) in &links {
                prop_assert!(!is_kept(*a) || !is_kept(*b));
            }
            let mut dropped = 0;
            for verdict in &verdicts {
                if let Verdict::Twin(twin, _) = verdict {
                    prop_assert!(is_kept(*twin));
                    dropped += 1;
                }
            }
            let counted: u64 = verdicts.iter().map(|v| if let Verdict::Kept(n) = v { *n } else { 0 }).sum();
            prop_assert_eq!(counted, dropped);
        }
    }
}
