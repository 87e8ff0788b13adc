//! `Corpus`: compares documents through keys that they share, without any Arrow code. It publishes the plan
//! emit, group, apply.

use crate::call::Call;
use crate::compose::{Compose, compose};
use crate::descriptor::{Describe, Rows};
use crate::error::{Error, Result};
use crate::group::{Group, group};
use crate::map::{Map, map};
use crate::operator::{OperatorEntry, Output};
use crate::options::Options;
use crate::pace::Pace;
use crate::plan::Plan;
use crate::reads::Reads;
use crate::row::{Doc, Row};
use crate::{batch_map::BatchMap, batch_map::batch_map};
use arrow_array::builder::{LargeBinaryBuilder, UInt64Builder};
use arrow_array::cast::AsArray;
use arrow_array::types::UInt64Type;
use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::marker::PhantomData;
use std::ops::Range;
use std::sync::{Arc, LazyLock};
use textmill_core::column::ORDINAL;
use textmill_core::event::Events;

/// An operator that compares documents with one another.
///
/// Each document emits items under keys. The host brings items with equal keys together. What is found in a
/// group is passed to the documents that it concerns. Each worker thread works on its own clone.
///
/// ```
/// use textmill_plugin::prelude::*;
///
/// #[derive(Serialize, Deserialize, JsonSchema)]
/// struct NoOptions {}
///
/// /// Writes how many documents come from the same source.
/// #[derive(Clone)]
/// struct Siblings;
///
/// impl Corpus for Siblings {
///     type Options = NoOptions;
///     type Item = ();
///     type Finding = u64;
///
///     fn describe() -> Describe {
///         Describe::new("siblings").reads("source").writes("siblings", DataType::UInt64)
///     }
///
///     fn bind(_: NoOptions) -> Result<Self> {
///         Ok(Self)
///     }
///
///     fn emit(&mut self, row: &Row<'_>, out: &mut Emitter<()>) -> Result<()> {
///         row.str("source").map_or(Ok(()), |source| out.emit(source, &()))
///     }
///
///     fn reduce(&mut self, _source: &[u8], items: &[(u64, ())], out: &mut Findings<u64>) -> Result<()> {
///         let others = items.len() as u64 - 1;
///         items.iter().try_for_each(|(ordinal, ())| out.give(*ordinal, &others))
///     }
///
///     fn apply(&mut self, doc: &mut Doc<'_>, found: &[u64]) -> Result<()> {
///         doc.set("siblings", found.first());
///         Ok(())
///     }
/// }
///
/// # let entries =
/// corpus::<Siblings>() // goes into `textmill_plugin::export!`
/// # ;
/// # assert_eq!(entries.len(), 4);
/// ```
pub trait Corpus: Clone + Send + Sync + 'static {
    /// What a pipeline can set.
    type Options: Options;
    /// What a document puts under a key.
    type Item: Serialize + DeserializeOwned;
    /// What is found for a document.
    type Finding: Serialize + DeserializeOwned;

    /// Name, columns, and whether documents may be dropped. `emit` and `apply` are both passed the columns
    /// that it reads.
    fn describe() -> Describe;

    /// Makes the operator from its options.
    ///
    /// # Errors
    /// If the options contradict one another.
    fn bind(options: Self::Options) -> Result<Self>;

    /// Emits items of a document under keys.
    ///
    /// # Errors
    /// An error fails the batch; the host then searches it for the document at fault.
    fn emit(&mut self, row: &Row<'_>, out: &mut Emitter<Self::Item>) -> Result<()>;

    /// Looks at all items under one key, sorted by the ordinals of their documents.
    ///
    /// # Errors
    /// An error fails the stage.
    fn reduce(
        &mut self,
        key: &[u8],
        items: &[(u64, Self::Item)],
        out: &mut Findings<Self::Finding>,
    ) -> Result<()>;

    /// Processes a document. `found` is what was found for it, in the order of the keys.
    ///
    /// # Errors
    /// An error fails this document only.
    fn apply(&mut self, doc: &mut Doc<'_>, found: &[Self::Finding]) -> Result<()>;
}

/// Collects the items that a document emits under keys.
pub struct Emitter<T> {
    ordinal: u64,
    rows: Keyed,
    items: PhantomData<T>,
}

impl<T: Serialize> Emitter<T> {
    /// Emits `item` under `key`.
    ///
    /// # Errors
    /// If the item cannot be encoded.
    pub fn emit(&mut self, key: impl AsRef<[u8]>, item: &T) -> Result<()> {
        self.rows.keys.append_value(key);
        self.rows.ordinals.append_value(self.ordinal);
        self.rows.items.append_value(postcard::to_stdvec(item)?);
        Ok(())
    }
}

/// Collects what is found for documents.
pub struct Findings<T> {
    ordinals: UInt64Builder,
    findings: LargeBinaryBuilder,
    kind: PhantomData<T>,
}

impl<T: Serialize> Findings<T> {
    /// Passes `finding` to the document `ordinal`.
    ///
    /// # Errors
    /// If the finding cannot be encoded.
    pub fn give(&mut self, ordinal: u64, finding: &T) -> Result<()> {
        self.ordinals.append_value(ordinal);
        self.findings.append_value(postcard::to_stdvec(finding)?);
        Ok(())
    }
}

#[derive(Default)]
struct Keyed {
    keys: LargeBinaryBuilder,
    ordinals: UInt64Builder,
    items: LargeBinaryBuilder,
}

const KEY: &str = "key";
const ITEM: &str = "item";
const FINDING: &str = "finding";
const FINDINGS: &str = "findings";

static KEYED_SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    Arc::new(Schema::new(vec![
        Field::new(KEY, DataType::LargeBinary, false),
        Field::new(ORDINAL, DataType::UInt64, false),
        Field::new(ITEM, DataType::LargeBinary, false),
    ]))
});

static FINDING_SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    Arc::new(Schema::new(vec![
        Field::new(ORDINAL, DataType::UInt64, false),
        Field::new(FINDING, DataType::LargeBinary, false),
    ]))
});

/// The entries of a [`Corpus`] in `export!`: the stage and its three steps.
pub fn corpus<T: Corpus>() -> Vec<OperatorEntry> {
    vec![compose::<Whole<T>>(), batch_map::<Emit<T>>(), group::<Reduce<T>>(), map::<Apply<T>>()]
}

fn step_name<T: Corpus>(step: &str) -> String {
    format!("{}-{step}", T::describe().name)
}

struct Whole<T>(PhantomData<fn() -> T>);

impl<T: Corpus> Compose for Whole<T> {
    type Options = T::Options;

    fn describe() -> Describe {
        T::describe()
    }

    fn plan(options: T::Options) -> Result<Plan> {
        T::bind(options).map_err(Error::of_options)?;
        Ok(Plan::new()
            .map("items", &step_name::<T>("emit"), "input")
            .group(FINDINGS, &step_name::<T>("reduce"), "items", &[KEY])
            .map("output", &step_name::<T>("apply"), "input")
            .with(FINDINGS))
    }
}

/// Describes a step: the description of the whole under the name of the step.
fn step<T: Corpus>(name: &str) -> Describe {
    Describe { name: step_name::<T>(name), ..T::describe() }
}

#[derive(Clone)]
struct Emit<T> {
    corpus: T,
    reads: Arc<Reads>,
}

impl<T: Corpus> BatchMap for Emit<T> {
    type Options = T::Options;

    fn describe() -> Describe {
        let mut describe = step::<T>("emit").reads(ORDINAL);
        describe.writes.clear();
        describe.rows = Rows::Table;
        describe
    }

    fn bind(options: T::Options) -> Result<Self> {
        let reads = Arc::new(Reads::of(&T::describe(), &options));
        Ok(Self { corpus: T::bind(options)?, reads })
    }

    fn schema(&self) -> Schema {
        KEYED_SCHEMA.as_ref().clone()
    }

    fn process(&mut self, batch: &RecordBatch, call: &Call<'_>) -> Result<Output> {
        let mut out = Emitter { ordinal: 0, rows: Keyed::default(), items: PhantomData };
        let mut pace = Pace::new();
        let asked = self.reads.asked();
        for row in Row::of(batch) {
            let row = row.asked(&asked);
            call.at_row(Some(row.index() as u32));
            pace.before(&row, call)?;
            out.ordinal = row.ordinal();
            let emitted = self.corpus.emit(&row, &mut out);
            asked.check(emitted).map_err(|e| e.at_row(call.row()))?;
        }
        call.at_row(None);
        let Keyed { mut keys, mut ordinals, mut items } = out.rows;
        let columns: Vec<arrow_array::ArrayRef> =
            vec![Arc::new(keys.finish()), Arc::new(ordinals.finish()), Arc::new(items.finish())];
        let documents = RecordBatch::try_new(Arc::clone(&KEYED_SCHEMA), columns)?;
        Ok(Output { documents, events: Events::new() })
    }
}

#[derive(Clone)]
struct Reduce<T>(T);

impl<T: Corpus> Group for Reduce<T> {
    type Options = T::Options;

    fn describe() -> Describe {
        Describe::new(&step_name::<T>("reduce")).reads(KEY).reads(ORDINAL).reads(ITEM)
    }

    fn bind(options: T::Options) -> Result<Self> {
        T::bind(options).map(Self)
    }

    fn schema(&self) -> Schema {
        FINDING_SCHEMA.as_ref().clone()
    }

    fn reduce(
        &mut self,
        rows: &RecordBatch,
        groups: &[Range<usize>],
        call: &Call<'_>,
    ) -> Result<RecordBatch> {
        let column = |name: &str| rows.column_by_name(name).ok_or_else(|| format!("no column `{name}`"));
        let keys = column(KEY)?.as_binary_opt::<i64>().ok_or("keys must be bytes")?;
        let ordinals = column(ORDINAL)?.as_primitive_opt::<UInt64Type>().ok_or("ordinals must be uint64")?;
        let encoded = column(ITEM)?.as_binary_opt::<i64>().ok_or("items must be bytes")?;
        let mut out = Findings {
            ordinals: UInt64Builder::new(),
            findings: LargeBinaryBuilder::new(),
            kind: PhantomData,
        };
        for rows in groups {
            call.keep_going()?;
            let key = keys.value(rows.start);
            let item = |row| Ok((ordinals.value(row), postcard::from_bytes(encoded.value(row))?));
            let items: Result<Vec<(u64, T::Item)>> = rows.clone().map(item).collect();
            self.0.reduce(key, &items?, &mut out)?;
        }
        let Findings { mut ordinals, mut findings, .. } = out;
        let columns: Vec<arrow_array::ArrayRef> =
            vec![Arc::new(ordinals.finish()), Arc::new(findings.finish())];
        Ok(RecordBatch::try_new(Arc::clone(&FINDING_SCHEMA), columns)?)
    }
}

#[derive(Clone)]
struct Apply<T>(T);

impl<T: Corpus> Map for Apply<T> {
    type Options = T::Options;

    fn describe() -> Describe {
        step::<T>("apply").reads(ORDINAL).reads(FINDINGS).step()
    }

    fn bind(options: T::Options) -> Result<Self> {
        T::bind(options).map(Self)
    }

    fn map(&mut self, doc: &mut Doc<'_>) -> Result<()> {
        let found = findings::<T>(doc)?;
        self.0.apply(doc, &found)
    }
}

fn findings<T: Corpus>(row: &Row<'_>) -> Result<Vec<T::Finding>> {
    let Some(lists) = row.array(FINDINGS).and_then(|a| a.as_list_opt::<i32>()) else { return Ok(Vec::new()) };
    if lists.is_null(row.index()) {
        return Ok(Vec::new());
    }
    let found = lists.value(row.index());
    let encoded = found.as_struct_opt().and_then(|s| s.column_by_name(FINDING)?.as_binary_opt::<i64>());
    let encoded = encoded.ok_or("findings must be bytes")?;
    encoded.iter().flatten().map(|bytes| Ok(postcard::from_bytes(bytes)?)).collect()
}

#[cfg(all(test, feature = "harness"))]
mod tests {
    use super::*;
    use crate::harness::{Case, Document, run};
    use crate::operator::PluginSpec;
    use schemars::JsonSchema;
    use serde::Deserialize;

    /// Drops documents that begin with the same line as an earlier one.
    #[derive(Clone)]
    struct SameFirstLine;

    #[derive(Serialize, Deserialize, JsonSchema)]
    struct NoOptions {}

    impl Corpus for SameFirstLine {
        type Options = NoOptions;
        type Item = u64;
        type Finding = u64;

        fn describe() -> Describe {
            Describe::new("same-first-line").reads("text").writes("twins", DataType::UInt64).selects()
        }

        fn bind(_: NoOptions) -> Result<Self> {
            Ok(Self)
        }

        fn emit(&mut self, row: &Row<'_>, out: &mut Emitter<u64>) -> Result<()> {
            match row.text().lines().next() {
                Some(line) => out.emit(line, &(row.text().len() as u64)),
                None => Ok(()),
            }
        }

        fn reduce(&mut self, _: &[u8], items: &[(u64, u64)], out: &mut Findings<u64>) -> Result<()> {
            items.iter().try_for_each(|(ordinal, _)| out.give(*ordinal, &items[0].0))
        }

        fn apply(&mut self, doc: &mut Doc<'_>, found: &[u64]) -> Result<()> {
            let ordinal = doc.ordinal();
            match found.iter().find(|first| **first < ordinal) {
                Some(first) => doc.drop_with(|event| event.other(*first), "same-first-line"),
                None => doc.set("twins", found.len()),
            }
            Ok(())
        }
    }

    fn plugin() -> PluginSpec {
        let operators = corpus::<SameFirstLine>();
        PluginSpec { name: "same".into(), version: "0", licence: "", description: "", operators }
    }

    #[test]
    fn documents_meet_under_their_keys() {
        let document =
            |(id, text): (&str, &str)| Document { id: id.into(), bytes: text.into(), ..Document::default() };
        let documents = [("a", "one\nx"), ("b", "two"), ("c", "one\ny"), ("d", ""), ("e", "one")];
        let case = Case { documents: documents.map(document).to_vec(), ..Case::of("") };
        for batch in [1, 2, 100] {
            let outcome = run(&plugin(), None, &case, batch).unwrap();
            let dropped: Vec<_> =
                outcome.verdicts.iter().filter_map(|v| Some((v.id.as_str(), v.end()?.other))).collect();
            assert_eq!(dropped, [("c", Some(0)), ("e", Some(0))]);
            let twins: Vec<_> =
                outcome.verdicts.iter().filter_map(|v| v.columns.get("twins")?.as_u64()).collect();
            assert_eq!(twins, [1, 1, 0]);
        }
    }
}
