//! Tests of the whole stage, run the way the host runs it.

use proptest::prelude::*;
use serde_json::json;
use textmill_plugin::event::Action;
use textmill_plugin::harness::{
    Case, Document, Outcome, assert_partition_invariant, case_files, run, snapshots,
};

#[test]
fn stage_snapshots() {
    snapshots(&crate::plugin(), "../../tests/stages/dedupe");
}

fn case(texts: &[String], keep: &str) -> Case {
    let mut case = Case::of("");
    let document = |(n, text): (usize, &String)| Document {
        id: format!("d{n}"),
        bytes: text.as_bytes().to_vec(),
        columns: [("published".to_owned(), json!(format!("20{:02}-01-01", (n * 7) % 30)))]
            .into_iter()
            .collect(),
    };
    case.documents = texts.iter().enumerate().map(document).collect();
    case.with_options(json!({"keep": keep, "date-column": "published"}))
}

fn outcome(texts: &[String], keep: &str, batch: usize) -> Outcome {
    run(&crate::plugin(), None, &case(texts, keep), batch).unwrap()
}

/// Texts over a small vocabulary, some of them made from others by a change or two.
fn corpus() -> impl Strategy<Value = Vec<String>> {
    let base = prop::collection::vec("[a-d]{1,2}", 0..60);
    let bases = prop::collection::vec(base, 1..5);
    (bases, prop::collection::vec((0usize..5, 0usize..60, any::<bool>()), 1..25)).prop_map(
        |(bases, picks)| {
            picks
                .into_iter()
                .map(|(base, place, change)| {
                    let mut words = bases[base % bases.len()].clone();
                    if change && place < words.len() {
                        words[place] = "changed".to_owned();
                    }
                    words.join(" ")
                })
                .collect()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn batches_make_no_difference(texts in corpus(), batch in 1usize..30, keep in 0usize..3) {
        let keep = ["first", "longest", "earliest"][keep];
        let whole = outcome(&texts, keep, usize::MAX);
        let split = outcome(&texts, keep, batch);
        for (one, other) in whole.verdicts.iter().zip(&split.verdicts) {
            prop_assert_eq!(&one.after, &other.after);
            prop_assert_eq!(&one.columns, &other.columns);
            let events = |verdict: &textmill_plugin::harness::Verdict| {
                verdict.events.iter().map(|e| (e.action, e.rule.clone(), e.value, e.other)).collect::<Vec<_>>()
            };
            prop_assert_eq!(events(one), events(other));
        }
    }

    #[test]
    fn every_dropped_document_has_a_kept_twin(texts in corpus(), keep in 0usize..3) {
        let keep = ["first", "longest", "earliest"][keep];
        let outcome = outcome(&texts, keep, usize::MAX);
        let mut dropped_for = vec![0_u64; texts.len()];
        for verdict in &outcome.verdicts {
            let drop = verdict.events.iter().find(|event| event.action == Action::Drop);
            prop_assert_eq!(drop.is_some(), verdict.after.is_none());
            if let Some(drop) = drop {
                let twin = drop.other.unwrap() as usize;
                dropped_for[twin] += 1;
                prop_assert!(outcome.verdicts[twin].after.is_some());
                prop_assert!(drop.value.unwrap() >= drop.threshold.unwrap());
            }
        }
        for (verdict, count) in outcome.verdicts.iter().zip(dropped_for) {
            if verdict.after.is_some() {
                prop_assert_eq!(verdict.columns.get("duplicates"), Some(&json!(count)));
            }
        }
        // No two kept documents have the same words.
        let mut kept: Vec<_> = outcome.verdicts.iter().filter_map(|verdict| verdict.after.as_deref()).collect();
        kept.retain(|text| !text.is_empty());
        kept.sort_unstable();
        prop_assert!(kept.windows(2).all(|two| two[0] != two[1]));
    }
}

#[test]
fn a_thousand_copies_are_one_cluster() {
    let texts: Vec<String> =
        (0..1000).map(|_| "the same notice on every page of the site".to_owned()).collect();
    let outcome = outcome(&texts, "first", 100);
    assert_eq!(outcome.verdicts.iter().filter(|verdict| verdict.after.is_some()).count(), 1);
    assert_eq!(outcome.verdicts[0].columns.get("duplicates"), Some(&json!(999)));
}

#[test]
fn options_are_checked() {
    for (options, complaint) in [
        (json!({"threshold": 0.0}), "threshold"),
        (json!({"threshold": 1.5}), "threshold"),
        (json!({"keep": "earliest"}), "date-column"),
        (json!({"keep": "best"}), "best"),
        (json!({"tresholds": 0.5}), "tresholds"),
    ] {
        let error = run(&crate::plugin(), None, &Case::of("x").with_options(options), 1).unwrap_err();
        assert!(error.contains(complaint), "{error}");
    }
}

#[test]
fn hostile_texts_take_linear_time() {
    let texts = vec!["a".repeat(4 << 20), "\n".repeat(4 << 20), "a ".repeat(1 << 20), "é東".repeat(1 << 18)];
    let kept = outcome(&texts, "first", 10).verdicts.iter().filter(|verdict| verdict.after.is_some()).count();
    assert_eq!(kept, 4);
}

/// The same cases, cut into batches, shared among workers and merged in every way.
#[test]
fn no_split_changes_the_answer() {
    for file in case_files("../../tests/stages/dedupe".as_ref()) {
        let case = Case::parse("case", &std::fs::read(file).unwrap()).unwrap();
        assert_partition_invariant(&crate::plugin(), None, &case, 1, 8);
    }
}

/// A separate implementation of FineWeb's scheme: 5-grams of words, 14 bands of 8 minima of `a * x + b`
/// modulo 2^32, seed 1. The hashes of words and 5-grams are those of this crate, and are written out as well.
mod reference {
    use std::collections::BTreeSet;

    fn folded_product(a: u64, b: u64) -> u64 {
        let product = u128::from(a) * u128::from(b);
        (product % (1 << 64)) as u64 ^ (product >> 64) as u64
    }

    fn word(text: &str) -> u64 {
        let mut state = 0xe703_7ed1_a0b4_28db;
        for block in text.as_bytes().chunks(8) {
            let number = block.iter().rev().fold(0_u64, |number, byte| number * 256 + u64::from(*byte));
            state = folded_product(state ^ number, 0xa076_1d64_78bd_642f);
        }
        folded_product(state ^ text.len() as u64, 0xe703_7ed1_a0b4_28db)
    }

    fn shingle(words: &[u64]) -> u32 {
        let base = 0x9e37_79b9_7f4a_7c15_u64;
        let sum = words.iter().fold(0_u64, |sum, word| sum.wrapping_mul(base).wrapping_add(*word));
        (folded_product(sum ^ 0xd6e8_feb8_6659_fd93, base) >> 32) as u32
    }

    fn shingles(text: &str) -> BTreeSet<u32> {
        let lower = text.to_lowercase();
        let parts = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
        let words: Vec<u64> = parts.map(word).collect();
        if words.len() < 5 {
            BTreeSet::from([shingle(&words)])
        } else {
            words.windows(5).map(shingle).collect()
        }
    }

    fn permutations() -> Vec<(u64, u64)> {
        let mut state = 1_u64;
        let mut next = || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            (z ^ (z >> 31)) >> 32
        };
        (0..14 * 8).map(|_| (next() | 1, next())).collect()
    }

    /// Pairs that share a band, found by comparing every document with every other.
    pub fn candidates(texts: &[String]) -> BTreeSet<(usize, usize)> {
        let permutations = permutations();
        let minima = |text: &String| -> Vec<u64> {
            let shingles = shingles(text);
            let least =
                |(a, b): &(u64, u64)| shingles.iter().map(|x| (a * u64::from(*x) + b) % (1 << 32)).min();
            permutations.iter().filter_map(least).collect()
        };
        let signatures: Vec<Vec<u64>> = texts.iter().map(minima).collect();
        let mut pairs = BTreeSet::new();
        for (at, one) in signatures.iter().enumerate() {
            for (to, other) in signatures.iter().enumerate().skip(at + 1) {
                if one.chunks(8).zip(other.chunks(8)).any(|(a, b)| a == b) {
                    pairs.insert((at, to));
                }
            }
        }
        pairs
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn candidates_are_those_of_finewebs_scheme(texts in corpus()) {
        let texts: Vec<String> = texts.into_iter().filter(|text| !text.is_empty()).collect();
        let mut sketcher = crate::sketch::Sketcher::new(&crate::options::Options::default());
        let mut minhash = crate::minhash::MinHash::new(crate::options::Options::default().bands());
        let keys: Vec<Vec<u64>> = texts
            .iter()
            .map(|text| sketcher.sketch(text).map(|(_, shingles)| minhash.keys(shingles).collect()).unwrap_or_default())
            .collect();
        let mut ours = std::collections::BTreeSet::new();
        for (at, one) in keys.iter().enumerate() {
            for (to, other) in keys.iter().enumerate().skip(at + 1) {
                if one.iter().zip(other).any(|(a, b)| a == b) {
                    ours.insert((at, to));
                }
            }
        }
        prop_assert_eq!(ours, reference::candidates(&texts));
    }
}
