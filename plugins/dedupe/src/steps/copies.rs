//! Exact copies: of all documents with the same hash, one represents the others in the steps that follow, so
//! that copies cost no comparison.

use crate::options::{Mode, Options};
use crate::rank::KNOWN;
use crate::steps::settle::{Finding, Findings, finding_schema};
use crate::table::{Columns, number};
use std::ops::Range;
use std::sync::Arc;
use textmill_plugin::prelude::arrow_array::builder::UInt64Builder;
use textmill_plugin::prelude::*;

fn original_schema() -> Schema {
    Schema::new(vec![number("ordinal"), number("representative"), number("copies"), number("rank")])
}

/// Finds the representative of the documents with one hash: the one that the policy keeps.
#[derive(Clone)]
pub struct Original(Options);

impl Group for Original {
    type Options = Options;

    fn describe() -> Describe {
        Describe::new("original")
            .doc("Finds for each document the one that stands for all with the same words.")
            .reads("exact")
            .reads("ordinal")
            .reads("rank")
    }

    fn bind(options: Options) -> Result<Self> {
        Ok(Self(options))
    }

    fn schema(&self) -> Schema {
        original_schema()
    }

    fn reduce(
        &mut self,
        rows: &RecordBatch,
        groups: &[Range<usize>],
        call: &Call<'_>,
    ) -> Result<RecordBatch> {
        let (ordinals, ranks) = (rows.numbers("ordinal")?, rows.numbers("rank")?);
        let mut representatives = UInt64Builder::with_capacity(rows.num_rows());
        let mut copies = UInt64Builder::with_capacity(rows.num_rows());
        for group in groups {
            call.keep_going()?;
            let best = group.clone().min_by_key(|&row| (ranks.value(row), ordinals.value(row)));
            let best = best.unwrap_or(group.start);
            // In mode `against`, documents of this corpus are not compared with one another.
            let together = self.0.mode != Mode::Against || ranks.value(best) == KNOWN;
            for row in group.clone() {
                let is_own = row == best || !together;
                representatives.append_value(ordinals.value(if is_own { row } else { best }));
                let others = if row == best && together { group.len() - 1 } else { 0 };
                copies.append_value(others as u64);
            }
        }
        let columns: Vec<ArrayRef> = vec![
            Columns::column(rows, "ordinal")?.clone(),
            Arc::new(representatives.finish()),
            Arc::new(copies.finish()),
            Columns::column(rows, "rank")?.clone(),
        ];
        Ok(RecordBatch::try_new(Arc::new(original_schema()), columns)?)
    }
}

/// Turns documents that have copies into findings.
#[derive(Clone)]
pub struct Copied;

impl BatchMap for Copied {
    type Options = Options;

    fn describe() -> Describe {
        Describe::new("copied")
            .doc("Picks the documents of which there are several.")
            .reads("ordinal")
            .reads("representative")
            .reads("copies")
            .table()
    }

    fn bind(_: Options) -> Result<Self> {
        Ok(Self)
    }

    fn schema(&self) -> Schema {
        finding_schema()
    }

    fn process(&mut self, batch: &RecordBatch, call: &Call<'_>) -> Result<Output> {
        call.keep_going()?;
        let [ordinals, representatives, copies] =
            [batch.numbers("ordinal")?, batch.numbers("representative")?, batch.numbers("copies")?];
        let mut findings = Findings::default();
        for row in 0..batch.num_rows() {
            let (ordinal, representative) = (ordinals.value(row), representatives.value(row));
            if copies.value(row) > 0 || ordinal != representative {
                findings.push(&Finding::copy(ordinal, representative));
            }
        }
        Ok(Output { documents: findings.finish()?, events: Events::new() })
    }
}
