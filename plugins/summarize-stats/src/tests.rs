//! Tests of the state as a whole: any split and any order of merging give the same report.

use crate::hash;
use crate::options::Options;
use crate::state::{Document, State};
use proptest::prelude::*;
use serde_json::{Value, json};
use textmill_plugin::harness::{Case, assert_partition_invariant, case_files, snapshots};

fn state_of<'a>(texts: impl IntoIterator<Item = &'a String>, options: &Options) -> State {
    let mut state = State::default();
    for text in texts {
        state.add(&document(text), options);
    }
    state
}

/// A document whose other columns follow from its text.
fn document(text: &str) -> Document<'_> {
    let n = text.len();
    Document {
        text,
        language: [Some("en"), Some("de"), None][n % 3],
        published: [Some("2024-05-01"), Some("2024-05"), Some("2023"), None][n % 4],
        source: Some(["news/a.txt", "web/b.txt"][n % 2]),
        url: n.is_multiple_of(5).then_some("https://example.org/x"),
        entities: vec![(format!("Name {}", n % 7), "person".to_owned(), (n % 3) as u64)],
        speakers: vec![format!("Speaker {}", n % 6)],
    }
}

/// Merges the parts in an order that `choices` picks, sometimes after a round trip through bytes.
fn merged(mut parts: Vec<State>, choices: &[usize], options: &Options) -> Value {
    let mut choices = choices.iter().cycle();
    let mut pick = |n: usize| choices.next().copied().unwrap_or(0) % n;
    while parts.len() > 1 {
        let from = parts.swap_remove(pick(parts.len()));
        let into = pick(parts.len());
        let from = if pick(2) == 0 {
            postcard::from_bytes(&postcard::to_stdvec(&from).unwrap()).unwrap()
        } else {
            from
        };
        parts[into].merge(from, options);
    }
    parts.pop().unwrap_or_default().report(options)
}

fn texts() -> impl Strategy<Value = Vec<String>> {
    let word = prop_oneof![
        4 => "[a-d]{1,2}",
        1 => "[A-Zé]{1,3}",
        1 => Just("東京".to_owned()),
        1 => Just("the".to_owned()),
        1 => Just(".\n\n".to_owned()),
        1 => Just("?".to_owned()),
    ];
    prop::collection::vec(prop::collection::vec(word, 0..40).prop_map(|words| words.join(" ")), 0..30)
}

proptest! {
    #[test]
    fn any_split_and_any_order(
        texts in texts(),
        parts in prop::collection::vec(0usize..6, 30),
        choices in prop::collection::vec(0usize..100, 1..30),
    ) {
        let options = Options::default();
        let whole = state_of(&texts, &options).report(&options);
        let split = (0..6).map(|part| {
            let mine = texts.iter().zip(&parts).filter(|(_, of)| **of == part).map(|(text, _)| text);
            state_of(mine.collect::<Vec<_>>().into_iter().rev(), &options)
        });
        prop_assert_eq!(merged(split.collect(), &choices, &options), whole);
    }
}

/// Documents of words that follow Zipf's law.
fn zipf(documents: u64, words: u64, vocabulary: f64) -> Vec<String> {
    (0..documents)
        .map(|document| {
            let mut text = String::new();
            for word in 0..words {
                let hash = hash::bytes(&(document * words + word).to_le_bytes());
                let share = (hash >> 11) as f64 / (1_u64 << 53) as f64;
                text.push_str(&format!("w{} ", vocabulary.powf(share) as u64));
            }
            text
        })
        .collect()
}

#[test]
fn sampled_counts_do_not_depend_on_the_split() {
    let options = Options { max_vocabulary: 4096, stop_words: Vec::new(), ..Options::default() };
    let texts = zipf(100, 3000, 60_000.0);
    let whole = state_of(&texts, &options).report(&options);
    assert_eq!(whole["vocabulary"]["exact"], json!(false));
    for parts in [2, 7, 100] {
        let split: Vec<_> =
            (0..parts).map(|part| state_of(texts.iter().skip(part).step_by(parts), &options)).collect();
        for choices in [&[0][..], &[3, 1, 4, 1, 5, 9, 2, 6], &[7, 100, 2]] {
            assert_eq!(merged(split.clone(), choices, &options), whole, "{parts} parts");
        }
    }
    // The estimates are near the exact figures.
    let exact = state_of(&texts, &Options { stop_words: Vec::new(), ..Options::default() })
        .report(&Options { stop_words: Vec::new(), ..Options::default() });
    let sizes = [&whole, &exact].map(|report| report["vocabulary"]["size"].as_f64().unwrap());
    assert!((sizes[0] / sizes[1] - 1.0).abs() < 0.06, "{sizes:?}");
    let firsts = [&whole, &exact].map(|report| report["top_words"][0].clone());
    assert_eq!(firsts[0]["word"], firsts[1]["word"]);
    let counts = firsts.map(|first| first["count"].as_f64().unwrap());
    assert!((counts[0] / counts[1] - 1.0).abs() < 0.1, "{counts:?}");
}

#[test]
fn bigrams_are_sampled_while_words_are_exact() {
    let options = Options { max_vocabulary: 4096, stop_words: Vec::new(), ..Options::default() };
    let texts = zipf(40, 2500, 3000.0);
    let whole = state_of(&texts, &options).report(&options);
    assert_eq!(whole["vocabulary"]["exact"], json!(true));
    assert_eq!(whole["vocabulary"]["bigrams_sampled_one_in"], json!(16));
    let split: Vec<_> = (0..9).map(|part| state_of(texts.iter().skip(part).step_by(9), &options)).collect();
    assert_eq!(merged(split, &[5, 3, 8, 1], &options), whole);
    let exact = Options { stop_words: Vec::new(), ..Options::default() };
    let exact = state_of(&texts, &exact).report(&exact);
    assert_eq!(exact["top_words"], whole["top_words"]);
    let counts = [&whole, &exact].map(|report| report["top_bigrams"][0]["count"].as_f64().unwrap());
    assert!((counts[0] / counts[1] - 1.0).abs() < 0.4, "{counts:?}");
}

#[test]
fn a_small_corpus_in_figures() {
    let options = Options::default();
    let mut state = State::default();
    let speakers = vec!["Ada Lind".to_owned(), "Ada Lind".to_owned(), "Bo Ek".to_owned()];
    state.add(
        &Document {
            text: "The old bridge opens. The old bridge is long!\n\nA second paragraph about the bridge.",
            language: Some("en"),
            published: Some("2024-05-01T08:00:00Z"),
            url: Some("https://www.example.org/bridge"),
            entities: vec![("Bridge".into(), "other".into(), 3)],
            speakers,
            ..Document::default()
        },
        &options,
    );
    state.add(&Document { text: "", source: Some("news/empty.txt"), ..Document::default() }, &options);
    let report = state.report(&options);
    assert_eq!(report["documents"], json!(2));
    assert_eq!(report["words"]["total"], json!(15));
    assert_eq!(report["sentences"]["total"], json!(3));
    assert_eq!(report["paragraphs"]["max"], json!(2));
    assert_eq!(report["vocabulary"]["size"], json!(10));
    assert_eq!(report["top_words"][0], json!({"word": "bridge", "count": 3}));
    assert_eq!(report["top_bigrams"][0], json!({"bigram": "old bridge", "count": 2}));
    assert_eq!(report["speakers"]["top"][0], json!({"name": "Ada Lind", "quotes": 2}));
    assert_eq!(report["entities"]["top"][0], json!({"name": "Bridge", "kind": "other", "count": 3}));
    assert_eq!(report["sources"]["top"][0], json!({"source": "example.org", "documents": 1}));
    assert_eq!(report["documents_without_language"], json!(1));
    assert_eq!(report["readability"]["english"]["documents"], json!(1));
    assert_eq!(report["dates"]["by_month"], json!({"2024-05": 1}));
}

#[test]
fn an_empty_corpus_has_a_report() {
    let report = State::default().report(&Options::default());
    assert_eq!(report["documents"], json!(0));
    assert_eq!(report["words"]["median"], Value::Null);
    assert_eq!(report["vocabulary"]["type_token_ratio"], Value::Null);
    assert_eq!(report["readability"]["english"]["flesch_reading_ease"], Value::Null);
}

#[test]
fn hostile_texts_take_linear_time_and_little_memory() {
    let options = Options::default();
    let mut state = State::default();
    for text in ["a".repeat(4 << 19), "\n".repeat(4 << 19), ".'".repeat(2 << 19), "\u{301}".repeat(1 << 19)] {
        state.add(&Document { text: &text, ..Document::default() }, &options);
    }
    assert!(state.memory_bytes() < 1 << 20, "{}", state.memory_bytes());
    assert_eq!(state.report(&options)["vocabulary"]["overlong_words"], json!(1));
}

#[test]
fn stage_snapshots() {
    snapshots(&crate::plugin(), "../../tests/stages/summarize-stats");
}

/// The same cases, cut into batches, shared among workers and merged in every way.
#[test]
fn no_split_changes_the_answer() {
    for file in case_files("../../tests/stages/summarize-stats".as_ref()) {
        let case = Case::parse("case", &std::fs::read(file).unwrap()).unwrap();
        assert_partition_invariant(&crate::plugin(), None, &case, 1, 8);
    }
}
