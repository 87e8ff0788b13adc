//! Tests of the harness with operators that keep to the contract, and with some that do not.

use super::{Case, Document, assert_partition_invariant};
use crate::operator::PluginSpec;
use crate::prelude::*;
use std::panic::{AssertUnwindSafe, catch_unwind};

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct NoOptions {}

/// Defines an aggregate with the given state, update and merge, which reports its state.
macro_rules! aggregate {
    ($name:ident, $state:ty, $update:expr, $merge:expr) => {
        struct $name;

        impl Aggregate for $name {
            type Options = NoOptions;
            type State = $state;

            fn describe() -> Describe {
                Describe::new(stringify!($name)).reads("text")
            }
            fn bind(_: NoOptions) -> Result<Self> {
                Ok(Self)
            }
            fn update(&self, state: &mut $state, row: &Row<'_>) -> Result<()> {
                let update: fn(&mut $state, &str) = $update;
                update(state, row.text());
                Ok(())
            }
            fn merge(&self, into: &mut $state, from: $state) -> Result<()> {
                let merge: fn(&mut $state, $state) = $merge;
                merge(into, from);
                Ok(())
            }
            fn finish(&self, state: $state) -> Result<Value> {
                Ok(serde_json::to_value(state)?)
            }
            fn memory_bytes(&self, _: &$state) -> u64 {
                8
            }
        }
    };
}

aggregate!(Longest, String, |s, t| *s = (&**s).max(t).to_owned(), |a, b| *a = b.max(std::mem::take(a)));
aggregate!(First, Option<String>, |s, t| *s = s.take().or(Some(t.to_owned())), |a, b| *a = a.take().or(b));
aggregate!(Sums, f64, |s, t| *s += 0.1 * t.len() as f64, |a, b| *a += b);
aggregate!(Joined, String, |s, t| s.push_str(t), |a, b| a.push_str(&b));

/// Numbers the documents of its worker.
#[derive(Clone)]
struct Numbered(u64);

impl Map for Numbered {
    type Options = NoOptions;
    fn describe() -> Describe {
        Describe::new("numbered").reads("text").writes("number", DataType::UInt64)
    }
    fn bind(_: NoOptions) -> Result<Self> {
        Ok(Self(0))
    }
    fn map(&mut self, doc: &mut Doc<'_>) -> Result<()> {
        self.0 += 1;
        doc.set("number", self.0);
        Ok(())
    }
}

fn case() -> Case {
    let document = |n: usize| Document {
        id: format!("d{n}"),
        bytes: format!("text {}", n * 7 % 10).into_bytes(),
        ..Document::default()
    };
    Case { documents: (0..12).map(document).collect(), ..Case::of("") }
}

fn plugin() -> PluginSpec {
    let operators = vec![
        aggregate::<Longest>(),
        aggregate::<First>(),
        aggregate::<Sums>(),
        aggregate::<Joined>(),
        map::<Numbered>(),
        map::<Careless>(),
    ];
    PluginSpec { name: "t".into(), version: "0", licence: "", description: "", operators }
}

fn message(operator: &str, seed: u64) -> Option<String> {
    let plugin = plugin();
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        assert_partition_invariant(&plugin, Some(operator), &case(), seed, 20);
    }));
    outcome.err().map(|payload| payload.downcast_ref::<String>().cloned().unwrap_or_default())
}

#[test]
fn an_aggregate_that_keeps_to_the_contract_passes() {
    for seed in 0..10 {
        assert_eq!(message("Longest", seed), None);
    }
}

/// Each is found with every seed, the split is small, and the same seed finds the same split.
#[test]
fn what_depends_on_the_split_is_found() {
    for operator in ["First", "Sums", "Joined", "numbered"] {
        for seed in 0..10 {
            let found =
                message(operator, seed).unwrap_or_else(|| panic!("{operator} passes with seed {seed}"));
            assert!(
                found.contains(&format!("operator `{operator}`")) && found.contains("split into"),
                "{found}"
            );
            assert_eq!(message(operator, seed), Some(found));
        }
    }
    assert_eq!(
        message("First", 1).unwrap(),
        "operator `First`: in one batch it answers something else than in 2 (seed 1, round 1): \
         the report is `\"text 0\"`, and `\"text 8\"`\n\
         split into documents 4..12 on worker 0, documents 0..4 on worker 1"
    );
    assert_eq!(
        message("numbered", 1).unwrap(),
        "operator `numbered`: in one batch it answers something else than in 2 (seed 1, round 1): \
         document `d4`: `number: 5`, and `number: 1`\n\
         split into documents 4..12 on worker 0, documents 0..4 on worker 1"
    );
}

/// Does something undeclared, according to the text of the document.
#[derive(Clone)]
struct Careless;

impl Map for Careless {
    type Options = NoOptions;
    fn describe() -> Describe {
        Describe::new("careless").reads("text").writes("words", DataType::UInt64)
    }
    fn bind(_: NoOptions) -> Result<Self> {
        Ok(Self)
    }
    fn map(&mut self, doc: &mut Doc<'_>) -> Result<()> {
        match doc.text() {
            "reads" => _ = doc.str("language"),
            "writes" => doc.set("word", 1),
            "sets text" => doc.set("text", "other"),
            "edits" => doc.remove(0..1, "first"),
            "drops" => doc.drop("any", 1.0, 0.0),
            _ => doc.set("words", 1),
        }
        Ok(())
    }
}

#[test]
fn what_is_not_declared_fails_the_document_with_the_declaration_to_add() {
    let said = |text: &str| {
        let outcome = super::run(&plugin(), Some("careless"), &Case::of(text), 1).unwrap();
        let event = outcome.verdicts[0].events.first().cloned();
        event.and_then(|event| event.note).unwrap_or_default()
    };
    assert_eq!(said("fine"), "");
    assert_eq!(
        said("reads"),
        "it reads the column `language` without declaring it; add `.reads(\"language\")` to its `describe`, or \
         `.reads_optional(\"language\")` if documents may lack it"
    );
    assert_eq!(
        said("writes"),
        "it writes the column `word` without declaring it; add `.writes(\"word\", …)` to its `describe`, which declares \
         `words`"
    );
    assert!(said("sets text").starts_with("the column `text` cannot be set; change it with `remove`"));
    assert!(said("edits").ends_with("add `.writes(\"text\", DataType::LargeUtf8)` to its `describe`"));
    assert!(said("drops").ends_with("add `.selects()` to its `describe`"));
}
