//! Tests of the whole stage in this mode.

use super::options::Unit;
use super::unit::each;
use crate::normalize::words;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use textmill_plugin::event::{Action, Event};
use textmill_plugin::harness::{Case, Document, Outcome, Verdict, assert_partition_invariant, run};

fn case(texts: &[String], mut options: Value) -> Case {
    options["mode"] = json!("passages");
    let document = |(n, text): (usize, &String)| Document {
        id: format!("d{n}"),
        bytes: text.as_bytes().to_vec(),
        columns: [("site".to_owned(), json!(["a", "b"][n % 2]))].into_iter().collect(),
    };
    let documents = texts.iter().enumerate().map(document).collect();
    Case { documents, ..Case::of("") }.with_options(options)
}

fn outcome(texts: &[String], options: Value, batch: usize) -> Outcome {
    run(&crate::plugin(), None, &case(texts, options), batch).unwrap()
}

/// Texts of a few different sentences, in lines and paragraphs.
fn corpus() -> impl Strategy<Value = Vec<String>> {
    let piece = prop::sample::select(vec![
        "Aa bb.",
        "Cc d!",
        "E?",
        "***",
        "f g",
        "東。雨。",
        "\n",
        "\n\n",
        "\r\n",
        " ",
        "  ",
    ]);
    let text = prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat());
    prop::collection::vec(text, 1..7)
}

fn unit() -> impl Strategy<Value = Unit> {
    prop::sample::select(vec![Unit::Line, Unit::Paragraph, Unit::Sentences])
}

/// The words of each unit that has any.
fn units(text: &str, unit: Unit) -> Vec<Vec<u64>> {
    let mut found = Vec::new();
    each(text, unit, |span| {
        let mut all = Vec::new();
        words(&text[span], &mut Vec::new(), |word| all.push(word));
        found.push(all);
    });
    found.retain(|unit| !unit.is_empty());
    found
}

/// Checks what the host does not check: that edits remove whole units.
fn check_edits(verdict: &Verdict, unit: Unit, more_than: f64) {
    let mut removed = Vec::new();
    for event in &verdict.events {
        match event.action {
            Action::Edit => {
                assert_eq!((event.rule.as_ref(), event.replacement.as_deref()), (unit.rule(), Some("")));
                assert!(event.value.unwrap() > more_than && event.threshold == Some(more_than));
                removed.push(event.start.unwrap() as usize..event.end.unwrap() as usize);
            }
            Action::Drop => assert_eq!(event.rule, "nothing-left"),
            other => panic!("{other:?}"),
        }
    }
    each(&verdict.before, unit, |one| {
        assert!(removed.iter().all(|cut| {
            let inside = cut.start <= one.start && one.end <= cut.end;
            inside || cut.end <= one.start || one.end <= cut.start
        }));
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn lines_and_paragraphs_stay_in_their_first_document(texts in corpus(), lines in any::<bool>(), more in 1u32..4) {
        let (unit, name) = if lines { (Unit::Line, "line") } else { (Unit::Paragraph, "paragraph") };
        let options = json!({"unit": name, "more-than": more, "min-words": 2});
        let outcome = outcome(&texts, options, usize::MAX);
        let mut documents: BTreeMap<Vec<u64>, BTreeSet<usize>> = BTreeMap::new();
        for (n, text) in texts.iter().enumerate() {
            units(text, unit).into_iter().filter(|u| u.len() >= 2).for_each(|u| _ = documents.entry(u).or_default().insert(n));
        }
        let mut met = BTreeSet::new();
        for (n, verdict) in outcome.verdicts.iter().enumerate() {
            check_edits(verdict, unit, more.into());
            let mut expected = units(&texts[n], unit);
            let before = expected.len();
            expected.retain(|u| {
                let is_repeated = documents.get(u).is_some_and(|all| all.len() > more as usize);
                !is_repeated || met.insert(u.clone())
            });
            match &verdict.after {
                Some(after) => prop_assert_eq!(units(after, unit), expected),
                None => prop_assert!(expected.is_empty() && before > 0),
            }
            for event in &verdict.events {
                prop_assert!(event.other.is_none_or(|other| (other as usize) < n));
            }
        }
    }

    #[test]
    fn of_sentences_nothing_is_lost(texts in corpus(), window in 1u32..4, within in any::<bool>()) {
        let options = json!({"unit": "sentences", "window": window, "min-words": 1, "within-document": within});
        let outcome = outcome(&texts, options, usize::MAX);
        let all = |texts: &mut dyn Iterator<Item = &str>| -> BTreeSet<Vec<u64>> {
            texts.flat_map(|text| units(text, Unit::Sentences)).collect()
        };
        for verdict in &outcome.verdicts {
            check_edits(verdict, Unit::Sentences, 1.0);
        }
        let before = all(&mut texts.iter().map(String::as_str));
        let after = outcome.verdicts.iter().filter_map(|verdict| verdict.after.as_deref());
        // Two halves can make one sentence if the text between them is removed.
        let after: Vec<u64> = after.flat_map(|text| units(text, Unit::Sentences)).flatten().collect();
        for sentence in before {
            prop_assert!(after.windows(sentence.len()).any(|words| words == sentence));
        }
    }

    #[test]
    fn batches_make_no_difference(texts in corpus(), unit in unit(), report in any::<bool>(), scoped in any::<bool>()) {
        let mut options = json!({"unit": unit, "min-words": 1, "action": if report { "report" } else { "remove" }});
        if scoped {
            options["scope-column"] = json!("site");
        }
        let whole = outcome(&texts, options.clone(), usize::MAX);
        let split = outcome(&texts, options, 1);
        for (one, other) in whole.verdicts.iter().zip(&split.verdicts) {
            prop_assert_eq!(&one.after, &other.after);
            prop_assert_eq!(&one.columns, &other.columns);
            // Rows are counted from the start of each batch.
            let events = |verdict: &Verdict| {
                verdict.events.iter().map(|event| Event { row: 0, ..event.clone() }).collect::<Vec<_>>()
            };
            prop_assert_eq!(events(one), events(other));
        }
    }

    #[test]
    fn without_a_first_nothing_repeated_stays(texts in corpus(), unit in unit()) {
        let outcome = outcome(&texts, json!({"unit": unit, "window": null, "keep": "none", "min-words": 1}), 2);
        let mut met = BTreeSet::new();
        for verdict in &outcome.verdicts {
            check_edits(verdict, unit, 1.0);
            prop_assert!(verdict.events.iter().all(|event| event.other.is_none()));
            if let Some(after) = &verdict.after && unit == Unit::Line {
                let own: BTreeSet<_> = units(after, unit).into_iter().collect();
                prop_assert!(own.into_iter().all(|line| met.insert(line)));
            }
        }
    }

    #[test]
    fn what_is_shared_is_told_on_both_sides(texts in corpus(), window in 1u32..3) {
        let options = json!({"unit": "sentences", "window": window, "min-words": 1, "action": "report"});
        let outcome = outcome(&texts, options, usize::MAX);
        let mut told = BTreeSet::new();
        for (n, verdict) in outcome.verdicts.iter().enumerate() {
            prop_assert_eq!(verdict.after.as_deref(), Some(verdict.before.as_str()));
            for entry in verdict.columns["shared_passages"].as_array().unwrap() {
                let number = |name: &str| entry[name].as_u64().unwrap();
                let other: u64 = entry["document"].as_str().unwrap()[1..].parse().unwrap();
                let (here, there) = ((number("start"), number("end")), (number("other_start"), number("other_end")));
                let of = |n: usize, span: (u64, u64)| {
                    let mut all = Vec::new();
                    words(&texts[n][span.0 as usize..span.1 as usize], &mut Vec::new(), |word| all.push(word));
                    all
                };
                prop_assert_eq!(of(n, here), of(other as usize, there));
                prop_assert_eq!(of(n, here).len() as u64, number("words"));
                prop_assert!(told.insert((n as u64, here, other, there)));
            }
        }
        for (n, here, other, there) in &told {
            prop_assert!(told.contains(&(*other, *there, *n, *here)));
        }
    }
}

#[test]
fn no_split_changes_the_answer() {
    let texts =
        ["A b c d e.\nF g.\n", "A b c d e.\n", "X\n\nF g.\nA b c d e.", "", "F g.\nY z."].map(str::to_owned);
    for action in ["remove", "report"] {
        let options = json!({"unit": "line", "min-words": 1, "action": action});
        assert_partition_invariant(&crate::plugin(), None, &case(&texts, options), 1, 8);
    }
}

#[test]
fn options_belong_to_the_mode() {
    for (options, complaints) in [
        (json!({"unit": "line"}), vec!["`unit` belongs to `mode = \"passages\"`"]),
        (json!({"mode": "exact", "min-words": 3, "action": "report"}), vec!["`min-words`", "`action`"]),
        (json!({"keep": "none"}), vec!["`keep` is `none`"]),
        (json!({"mode": "passages", "keep": "longest"}), vec!["`keep` must be `first` or `none`"]),
        (json!({"mode": "passages", "window": 2}), vec!["`window` counts sentences"]),
        (
            json!({"mode": "passages", "unit": "sentences", "window": 0}),
            vec!["`window` must be at least `1`"],
        ),
        (json!({"mode": "passages", "more-than": 0, "min-words": 0}), vec!["`more-than`", "`min-words`"]),
        (json!({"mode": "passages", "action": "report", "keep": "none"}), vec!["`keep` is `none`"]),
        (json!({"mode": "passages", "keep": "none", "within-document": false}), vec!["`within-document`"]),
        (json!({"mode": "passages", "scope-column": "nowhere"}), vec!["nowhere"]),
    ] {
        let error = run(&crate::plugin(), None, &Case::of("x").with_options(options), 1).unwrap_err();
        for complaint in complaints {
            assert!(error.contains(complaint), "{error}");
        }
    }
}

#[test]
fn hostile_texts_take_linear_time() {
    let line = "five words stand in it\n";
    let texts = vec![
        line.repeat(1 << 15),
        "a ".repeat(1 << 19),
        "a.".repeat(1 << 19),
        "\n".repeat(1 << 20),
        "」。".repeat(1 << 17),
        format!("{line}end"),
        " \u{3000}".repeat(1 << 18),
    ];
    for unit in ["line", "paragraph", "sentences"] {
        let removed = outcome(&texts, json!({"unit": unit}), 10);
        assert_eq!(removed.verdicts.len(), texts.len());
        let reported = outcome(&texts, json!({"unit": unit, "action": "report"}), 10);
        if unit == "line" {
            assert_eq!(removed.verdicts[0].after.as_deref(), Some(line));
            assert_eq!(removed.verdicts[0].events.len(), 1);
            assert_eq!(removed.verdicts[5].after.as_deref(), Some("end"));
            let shared = &reported.verdicts[0].columns["shared_passages"];
            assert_eq!(
                shared,
                &json!([{"document": "d5", "start": 0, "end": 22, "other_start": 0, "other_end": 22, "words": 5}])
            );
        }
    }
}
