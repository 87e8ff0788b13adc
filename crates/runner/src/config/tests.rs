//! Texts that are not pipelines: none of them crashes the reader, and every reported place is valid.

use super::{Draft, Kind, Node, Place, Source};
use proptest::prelude::*;
use std::path::Path;
use std::time::{Duration, Instant};

const NEWS: &str = include_str!("../../../../config/news.toml");
const WHOLE: &str = r#"extends = "no-such-base.toml"
[pipeline]
name = "${NAME:-näme}"
description = """
several
lines"""
[input]
paths = ["../ünïcode/*.txt", '${FOLDER:-x}']
columns = { url = "utf8", "o'dd key" = "list<utf8>" }
[[stage]]
plugin = "./plugins/one"
isolation = "process"
time-limit = "${TIME:-10s}"
[stage.options]
rules = { a = true,
  b = false }
[[stage]]
plugin = "two"
after = "one"
enabled = "${ON:-true}"
[output]
folder = "out"
exclude = [
  "one",
  "two", # and more
]
[run]
threads = 0x10
memory = 5_000_000
temp-dir = 1979-05-27
"#;

/// Pieces that are put into a text to spoil it.
const SCRAPS: [&str; 40] = [
    "[",
    "]",
    "[[",
    "]]",
    "{",
    "}",
    "\"",
    "'",
    "\"\"\"",
    "'''",
    "=",
    "==",
    ",",
    ".",
    "#",
    "\n",
    "\r",
    "\r\n",
    "\t",
    "\0",
    "\\",
    "\\u12",
    "${",
    "$${",
    "${A",
    "}",
    ":-",
    "é",
    "😀",
    "\u{feff}",
    "\u{2028}",
    "1e999",
    "99999999999999999999",
    "-",
    "nan",
    "true",
    "[stage]",
    "[[run]]",
    "stage = 1\n",
    "extends = \".\"\n",
];

fn spoilt() -> impl Strategy<Value = String> {
    let edit =
        (any::<prop::sample::Index>(), 0_usize..12, 0..SCRAPS.len(), any::<prop::sample::Index>(), 0_u8..4);
    (prop::sample::select(vec![NEWS, WHOLE]), prop::collection::vec(edit, 1..6)).prop_map(|(text, edits)| {
        let mut text: Vec<char> = text.chars().collect();
        for (at, length, scrap, from, what) in edits {
            let at = at.index(text.len() + 1);
            let end = (at + length).min(text.len());
            match what {
                // Cut out, inserted, replaced, or a piece that is duplicated.
                0 => drop(text.drain(at..end)),
                1 => drop(text.splice(at..at, SCRAPS[scrap].chars())),
                2 => drop(text.splice(at..end, SCRAPS[scrap].chars())),
                _ => {
                    let from = from.index(text.len() + 1);
                    let piece: Vec<char> = text[from..(from + 40).min(text.len())].to_vec();
                    drop(text.splice(at..at, piece));
                }
            }
        }
        text.into_iter().collect()
    })
}

fn is_one(place: &Place, sources: &[Source]) -> bool {
    match place {
        Place::File(span) => sources[span.file].text.get(span.start..span.end).is_some(),
        Place::Set(_) => true,
    }
}

fn has_places(node: &Node, sources: &[Source]) -> bool {
    is_one(&node.place, sources)
        && match &node.kind {
            Kind::Table(entries) => {
                entries.iter().all(|e| is_one(&e.place, sources) && has_places(&e.node, sources))
            }
            Kind::List(items) => items.iter().all(|item| has_places(item, sources)),
            _ => true,
        }
}

fn check(text: &str, sets: &[String]) {
    let environment = |name: &str| (name == "A").then(|| "${A".to_owned());
    let draft = Draft::parse_in(Path::new("pipeline.toml"), text.to_owned(), sets, &environment);
    let sources = draft.pipeline.sources.clone();
    assert!(has_places(&draft.pipeline.tree, &sources));
    let is_sound = draft.problems.is_empty();
    for problem in &draft.problems {
        let others = problem.other.iter().map(|other| &other.0);
        for place in problem.place.iter().chain(others) {
            assert!(is_one(place, &sources), "{place:?} of {:?}", problem.message);
        }
    }
    let shown = draft.pipeline.problems(draft.problems).render(true);
    assert_eq!(shown.is_empty(), is_sound);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn spoilt_pipelines_are_read_to_the_end(text in spoilt(), set in "[a-z.=\\[\"{]{0,12}") {
        check(&text, &[set]);
    }

    #[test]
    fn any_text_is_read_to_the_end(text in "\\PC{0,80}") {
        check(&text, &[]);
    }
}

#[test]
fn large_files_that_are_no_toml_take_no_time() {
    let begun = Instant::now();
    check(&format!("a = [\n{}", "b = 1\n".repeat(60_000)), &[]);
    check(&"[".repeat(100_000), &[]);
    check(&"a = {".repeat(30_000), &[]);
    check(&"a\n".repeat(100_000), &[]);
    check(&format!("a = \"{}", "\\".repeat(200_001)), &[]);
    // Generous for any machine: without a bound, it would take hours.
    assert!(begun.elapsed() < Duration::from_secs(120));
}
