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

/// Words of a small vocabulary, some texts made from others by a change or two.
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

/// The cases once more, cut into batches, shared among workers and merged in every way.
#[test]
fn no_split_changes_the_answer() {
    for file in case_files("../../tests/stages/dedupe".as_ref()) {
        let case = Case::parse("case", &std::fs::read(file).unwrap()).unwrap();
        assert_partition_invariant(&crate::plugin(), None, &case, 1, 8);
    }
}
