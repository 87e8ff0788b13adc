//! Tests of whole plans: streams into groups, joins out of order, documents read again after the barrier.

use crate::harness::{Case, Document, run};
use crate::operator::PluginSpec;
use crate::prelude::*;
use arrow_array::UInt64Array;
use arrow_array::cast::AsArray;
use arrow_array::types::UInt64Type;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::sync::Arc;

#[derive(Serialize, Deserialize, JsonSchema)]
struct NoOptions {}

fn numbers(batch: &RecordBatch, name: &str) -> Vec<u64> {
    batch.column_by_name(name).unwrap().as_primitive::<UInt64Type>().values().to_vec()
}

fn table(columns: Vec<(&str, Vec<u64>)>) -> RecordBatch {
    let fields: Vec<Field> = columns.iter().map(|(n, _)| Field::new(*n, DataType::UInt64, false)).collect();
    let arrays = columns.into_iter().map(|(_, v)| Arc::new(UInt64Array::from(v)) as ArrayRef);
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays.collect()).unwrap()
}

fn schema(names: [&'static str; 2]) -> Schema {
    table(names.map(|name| (name, Vec::new())).to_vec()).schema().as_ref().clone()
}

macro_rules! step {
    ($name:ident) => {
        #[derive(Clone)]
        struct $name;
    };
}
step!(Lengths);
step!(Twice);
step!(Alike);
step!(Again);
step!(Tell);

/// Turns documents into rows (length, ordinal).
impl BatchMap for Lengths {
    type Options = NoOptions;
    fn describe() -> Describe {
        Describe::new("lengths").reads("text").reads("ordinal").table()
    }
    fn bind(_: NoOptions) -> Result<Self> {
        Ok(Self)
    }
    fn schema(&self) -> Schema {
        schema(["length", "ordinal"])
    }
    fn process(&mut self, batch: &RecordBatch, _: &Call<'_>) -> Result<Output> {
        let lengths = Row::of(batch).map(|row| row.text().len() as u64).collect();
        let documents = table(vec![("length", lengths), ("ordinal", numbers(batch, "ordinal"))]);
        Ok(Output { documents, events: Events::new() })
    }
}

/// Passes rows on, longest first.
impl BatchMap for Twice {
    type Options = NoOptions;
    fn describe() -> Describe {
        Describe::new("twice").reads("length").reads("ordinal").table()
    }
    fn bind(_: NoOptions) -> Result<Self> {
        Ok(Self)
    }
    fn schema(&self) -> Schema {
        schema(["rank", "ordinal"])
    }
    fn process(&mut self, batch: &RecordBatch, _: &Call<'_>) -> Result<Output> {
        let ranks = numbers(batch, "length").iter().map(|length| u64::MAX - length).collect();
        let documents = table(vec![("rank", ranks), ("ordinal", numbers(batch, "ordinal"))]);
        Ok(Output { documents, events: Events::new() })
    }
}

/// Gives each document of a group the size of the group, for groups of two or more. Rows come in the order of
/// the ranks.
impl Group for Alike {
    type Options = NoOptions;
    fn describe() -> Describe {
        Describe::new("alike").reads("ordinal").smallest_group(2)
    }
    fn bind(_: NoOptions) -> Result<Self> {
        Ok(Self)
    }
    fn schema(&self) -> Schema {
        schema(["ordinal", "count"])
    }
    fn reduce(&mut self, rows: &RecordBatch, groups: &[Range<usize>], _: &Call<'_>) -> Result<RecordBatch> {
        let ordinals = numbers(rows, "ordinal");
        let counts = groups.iter().flat_map(|g| g.clone().map(|_| g.len() as u64)).collect();
        Ok(table(vec![("ordinal", ordinals), ("count", counts)]))
    }
}

/// Reads the documents again; some of them fail.
impl BatchMap for Again {
    type Options = NoOptions;
    fn describe() -> Describe {
        Describe::new("again").reads("text").reads("ordinal").reads("counts").table()
    }
    fn bind(_: NoOptions) -> Result<Self> {
        Ok(Self)
    }
    fn schema(&self) -> Schema {
        schema(["ordinal", "seen"])
    }
    fn process(&mut self, batch: &RecordBatch, call: &Call<'_>) -> Result<Output> {
        for row in Row::of(batch) {
            call.at_row(Some(row.index() as u32));
            if row.text() == "bad" {
                return Err(Error::from("bad").at_row(call.row()));
            }
        }
        let seen = Row::of(batch).map(|row| row.value("counts").as_array().map_or(0, Vec::len) as u64);
        let documents = table(vec![("ordinal", numbers(batch, "ordinal")), ("seen", seen.collect())]);
        Ok(Output { documents, events: Events::new() })
    }
}

impl Map for Tell {
    type Options = NoOptions;
    fn describe() -> Describe {
        Describe::new("tell").reads("text").reads("again").writes("seen", DataType::UInt64).step()
    }
    fn bind(_: NoOptions) -> Result<Self> {
        Ok(Self)
    }
    fn map(&mut self, doc: &mut Doc<'_>) -> Result<()> {
        let seen = doc.value("again").pointer("/0/seen").and_then(Value::as_u64);
        doc.set("seen", seen.unwrap_or(99));
        Ok(())
    }
}

struct Whole;

impl Compose for Whole {
    type Options = NoOptions;
    fn describe() -> Describe {
        Describe::new("whole").reads("text").writes("seen", DataType::UInt64)
    }
    fn plan(_: NoOptions) -> Result<Plan> {
        Ok(Plan::new()
            .map("lengths", "lengths", "input")
            .map("ranks", "twice", "lengths")
            .group("counts", "alike", "ranks", &["rank"])
            .map("again", "again", "input")
            .with("counts")
            .map("output", "tell", "input")
            .with("again"))
    }
}

#[test]
fn what_fails_after_the_barrier_keeps_its_event() {
    let operators = vec![
        compose::<Whole>(),
        batch_map::<Lengths>(),
        batch_map::<Twice>(),
        group::<Alike>(),
        batch_map::<Again>(),
        map::<Tell>(),
    ];
    let plugin = PluginSpec { name: "t".into(), version: "0", licence: "", description: "", operators };
    let texts = ["a", "bad", "bb", "c", "dd", "long", "bad", "e"];
    let document = |(n, text): (usize, &&str)| Document {
        id: format!("d{n}"),
        bytes: text.as_bytes().to_vec(),
        ..Document::default()
    };
    let case = Case { documents: texts.iter().enumerate().map(document).collect(), ..Case::of("") };
    for batch in [1, 3, 100] {
        let outcome = run(&plugin, None, &case, batch).unwrap();
        let seen: Vec<_> = outcome
            .verdicts
            .iter()
            .map(|v| {
                v.columns.get("seen").and_then(Value::as_u64).ok_or_else(|| v.events[0].rule.to_string())
            })
            .collect();
        let failed = || Err("operator-error".to_owned());
        assert_eq!(seen, [Ok(1), failed(), Ok(1), Ok(1), Ok(1), Ok(0), failed(), Ok(1)]);
    }
}

step!(Pick);

/// Gives each document of a group the size of the group. Must see each document only once.
impl Group for Pick {
    type Options = NoOptions;
    fn describe() -> Describe {
        Describe::new("pick").reads("length").reads("ordinal")
    }
    fn bind(_: NoOptions) -> Result<Self> {
        Ok(Self)
    }
    fn schema(&self) -> Schema {
        schema(["ordinal", "count"])
    }
    fn reduce(
        &mut self,
        rows: &RecordBatch,
        groups: &[Range<usize>],
        call: &Call<'_>,
    ) -> Result<RecordBatch> {
        Alike.reduce(rows, groups, call)
    }
}

/// Counts rows.
struct Rows;

impl Aggregate for Rows {
    type Options = NoOptions;
    type State = u64;
    fn describe() -> Describe {
        Describe::new("rows").reads("length")
    }
    fn bind(_: NoOptions) -> Result<Self> {
        Ok(Self)
    }
    fn update(&self, state: &mut u64, _: &Row<'_>) -> Result<()> {
        *state += 1;
        Ok(())
    }
    fn merge(&self, into: &mut u64, from: u64) -> Result<()> {
        *into += from;
        Ok(())
    }
    fn finish(&self, state: u64) -> Result<Value> {
        Ok(json!({ "rows": state }))
    }
    fn memory_bytes(&self, _: &u64) -> u64 {
        8
    }
}

step!(Seen);

impl Map for Seen {
    type Options = NoOptions;
    fn describe() -> Describe {
        Describe::new("seen").reads("text").reads("counts").writes("seen", DataType::UInt64).step()
    }
    fn bind(_: NoOptions) -> Result<Self> {
        Ok(Self)
    }
    fn map(&mut self, doc: &mut Doc<'_>) -> Result<()> {
        let found = doc.value("counts");
        assert_eq!(found.as_array().map(Vec::len), Some(1), "a row that came twice was kept");
        doc.set("seen", found.pointer("/0/count").and_then(Value::as_u64));
        Ok(())
    }
}

/// Every row comes twice, is counted twice, and is then seen once. None are loaded.
struct Doubled;

impl Compose for Doubled {
    type Options = NoOptions;
    fn describe() -> Describe {
        Describe::new("doubled").reads("text").writes("seen", DataType::UInt64)
    }
    fn plan(_: NoOptions) -> Result<Plan> {
        Ok(Plan::new()
            .map("lengths", "lengths", "input")
            .load("earlier", "lengths", "from", "lengths")
            .union("both", &["lengths", "earlier", "lengths"])
            .aggregate("size", "rows", "both")
            .group("counts", "pick", "both", &["length"])
            .distinct()
            .map("output", "seen", "input")
            .with("counts"))
    }
}

#[test]
fn unions_are_counted_and_equal_rows_seen_once() {
    let operators = vec![
        compose::<Doubled>(),
        batch_map::<Lengths>(),
        group::<Pick>(),
        aggregate::<Rows>(),
        map::<Seen>(),
    ];
    let plugin = PluginSpec { name: "t".into(), version: "0", licence: "", description: "", operators };
    let texts = ["a", "bb", "c", "dd", "e"];
    let document = |(n, text): (usize, &&str)| Document {
        id: format!("d{n}"),
        bytes: text.as_bytes().to_vec(),
        ..Document::default()
    };
    let case = Case { documents: texts.iter().enumerate().map(document).collect(), ..Case::of("") };
    for batch in [1, 2, 100] {
        let outcome = run(&plugin, None, &case, batch).unwrap();
        let seen: Vec<_> = outcome.verdicts.iter().map(|v| v.columns["seen"].as_u64().unwrap()).collect();
        assert_eq!(seen, [3, 2, 3, 2, 3]);
        assert_eq!(outcome.report, Some(json!({ "size": { "rows": 10 } })));
    }
}

#[test]
fn plans_that_publish_what_is_not_there_are_refused() {
    let whole = || Plan::new().map("rows", "rows", "input").map("output", "apply", "input");
    let sum = || Plan::new().map("rows", "rows", "input").aggregate("sum", "sum", "rows");
    for (plan, complaint) in [
        (whole().publish("clusters", "row", &[]), "publishes `row`"),
        (whole().publish("clusters", "output", &[]), "publishes `output`"),
        (whole().publish("Clusters", "rows", &[]), "no name for a table"),
        (whole().publish("ledger", "rows", &[]), "every run has a file of that name"),
        (whole().publish("c", "rows", &[]).publish("c", "rows", &[]), "two tables `c`"),
        (whole().save("input", "index", ""), "publishes `input`"),
        (sum().group("more", "g", "sum", &["a"]), "`sum`, which gives none"),
        (Plan::new().map("rows", "rows", "input").union("both", &["rows", "rest"]), "`rest`, which no step"),
    ] {
        let told = plan.check().unwrap_err();
        assert!(told.contains(complaint), "{told}");
    }
    assert_eq!(whole().publish("clusters", "rows", &[]).save("rows", "index", "").check(), Ok(()));
}
