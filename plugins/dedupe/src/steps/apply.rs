//! Carries out the fates: drops or annotates documents, and gives the rows that a later run can load.

use super::id::FATE;
use super::settle::Rule;
use crate::options::{Mode, Options};
use crate::rank::KNOWN;
use crate::sketch::EXACT_BYTES;
use crate::steps::sketches::{compared, print_schema, set_schema};
use crate::table::{Columns, Joined};
use std::sync::Arc;
use textmill_plugin::prelude::arrow_array::builder::FixedSizeBinaryBuilder;
use textmill_plugin::prelude::arrow_array::cast::AsArray;
use textmill_plugin::prelude::arrow_array::{BinaryViewArray, UInt64Array};
use textmill_plugin::prelude::*;

/// Drops or annotates documents by their fates.
#[derive(Clone)]
pub struct Apply(Options);

impl Map for Apply {
    type Options = Options;

    fn describe() -> Describe {
        Describe::new("apply")
            .doc("Drops duplicates and notes on each other document how many were dropped for it.")
            .reads("ordinal")
            .reads(FATE)
            .writes("duplicates", DataType::UInt64)
            .selects()
            .step()
    }

    fn bind(options: Options) -> Result<Self> {
        options.check()?;
        Ok(Self(options))
    }

    fn map(&mut self, doc: &mut Doc<'_>) -> Result<()> {
        let fates = doc.value(FATE);
        let fate = fates.as_array().and_then(|rows| rows.first());
        let field = |name: &str| fate.and_then(|fate| fate.get(name));
        let rule = field("rule").and_then(Value::as_str).and_then(Rule::of).unwrap_or(Rule::Kept);
        let number = |name: &str| field(name).and_then(Value::as_u64);
        if let Some(twin) = number("twin").filter(|_| rule != Rule::Kept) {
            let similarity = field("similarity").and_then(Value::as_f64).unwrap_or(1.0);
            let threshold = if self.0.mode == Mode::Exact { 1.0 } else { self.0.threshold() };
            let note = self.note(rule, similarity);
            doc.drop_with(|event| event.measured(similarity, threshold).other(twin).note(note), rule.name());
            return Ok(());
        }
        let duplicates = number("duplicates").unwrap_or(0);
        doc.set("duplicates", duplicates);
        if duplicates > 0 {
            let note = if duplicates == 1 {
                "kept, and 1 duplicate of it dropped".to_owned()
            } else {
                format!("kept, and {duplicates} duplicates of it dropped")
            };
            doc.annotate(|event| event.value((duplicates + 1) as f64).note(note), "kept-twin");
        }
        Ok(())
    }
}

impl Apply {
    fn note(&self, rule: Rule, similarity: f64) -> String {
        // Rounded down, so that 100 % means all.
        let percent = (similarity * 1000.0).floor() / 10.0;
        let shares = match self.0.metric {
            crate::options::Metric::Jaccard => "of the shingles of the two documents are in both",
            crate::options::Metric::Containment => "of the shingles of the shorter document are in both",
        };
        match (rule, &self.0.by) {
            (Rule::Exact, Some(column)) => format!("the kept document has the same `{column}`"),
            (Rule::Exact | Rule::Kept, None) | (Rule::Kept, Some(_)) => {
                "the kept document has the same words in the same order".to_owned()
            }
            (Rule::Near, _) => format!("{percent} % {shares}"),
            (Rule::Linked, _) => {
                format!(
                    "linked with the kept document by others, of which any two neighbours share {percent} % or more"
                )
            }
        }
    }
}

/// Picks the compared rows of the documents that are kept: the index of later runs.
#[derive(Clone)]
pub struct Keepers(Options);

impl BatchMap for Keepers {
    type Options = Options;

    fn describe() -> Describe {
        Describe::new("keepers")
            .doc("Picks what was compared of the documents that are kept.")
            .reads("ordinal")
            .reads("exact")
            .reads("rank")
            .reads_optional("shingles")
            .reads(FATE)
            .table()
    }

    fn bind(options: Options) -> Result<Self> {
        Ok(Self(options))
    }

    fn schema(&self) -> Schema {
        if compared(&self.0) == super::id::SETS { set_schema() } else { print_schema() }
    }

    fn process(&mut self, batch: &RecordBatch, call: &Call<'_>) -> Result<Output> {
        call.keep_going()?;
        let fates = Joined::of(batch, FATE)?;
        let rules = fates.rows.column_by_name("rule").and_then(|column| column.as_string_opt::<i64>());
        let rules = rules.ok_or("the fates have no rules")?;
        let is_kept = |row: &usize| fates.find(*row).is_none_or(|at| rules.value(at) == Rule::Kept.name());
        let kept: Vec<usize> = (0..batch.num_rows()).filter(is_kept).collect();
        let (known, exact) = (batch.numbers("ordinal")?, batch.hashes("exact")?);
        let mut hashes = FixedSizeBinaryBuilder::with_capacity(kept.len(), EXACT_BYTES as i32);
        for row in &kept {
            hashes.append_value(exact.value(*row))?;
        }
        let mut columns: Vec<ArrayRef> = vec![
            Arc::new(UInt64Array::from_iter_values(kept.iter().map(|row| known.value(*row)))),
            Arc::new(hashes.finish()),
            Arc::new(UInt64Array::from(vec![KNOWN; kept.len()])),
        ];
        let schema = Arc::new(self.schema());
        if schema.column_with_name("shingles").is_some() {
            let sets = batch.bytes("shingles")?;
            let kept = kept.iter().map(|row| sets.value(*row));
            columns.push(Arc::new(BinaryViewArray::from_iter_values(kept)));
        }
        Ok(Output { documents: RecordBatch::try_new(schema, columns)?, events: Events::new() })
    }
}
