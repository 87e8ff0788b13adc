//! Turns candidates into links: each pair is compared once, by its whole sets of shingles.

use super::id::SETS;
use crate::options::Options;
use crate::probe::{Probe, WORTH};
use crate::set::Shingles;
use crate::table::{Columns, Joined, number};
use std::ops::Range;
use std::sync::Arc;
use textmill_plugin::prelude::arrow_array::builder::{BooleanBuilder, Float64Builder, UInt64Builder};
use textmill_plugin::prelude::*;

/// Columns of verified pairs. The similarity is 0 unless the pair reaches the threshold.
fn verified_schema() -> Schema {
    Schema::new(vec![
        number("a"),
        number("b"),
        Field::new("similarity", DataType::Float64, false),
        Field::new("alike", DataType::Boolean, false),
    ])
}

/// Measures the similarity of a document and those that it is to be compared with.
#[derive(Clone)]
pub struct Verify {
    options: Options,
    probe: Probe,
}

impl Group for Verify {
    type Options = Options;

    fn describe() -> Describe {
        Describe::new("verify")
            .doc("Measures how many shingles the documents of a pair share.")
            .reads("low")
            .reads("ordinal")
            .reads(SETS)
            .smallest_group(2)
    }

    fn bind(options: Options) -> Result<Self> {
        options.check()?;
        Ok(Self { options, probe: Probe::default() })
    }

    fn schema(&self) -> Schema {
        verified_schema()
    }

    fn reduce(
        &mut self,
        rows: &RecordBatch,
        groups: &[Range<usize>],
        call: &Call<'_>,
    ) -> Result<RecordBatch> {
        let (lows, ordinals) = (rows.numbers("low")?, rows.numbers("ordinal")?);
        let joined = Joined::of(rows, SETS)?;
        let sets = joined.rows.bytes("shingles")?;
        let (measure, threshold) = (self.options.measure(), self.options.threshold());
        let (mut a, mut b) = (UInt64Builder::new(), UInt64Builder::new());
        let (mut similarities, mut alike) = (Float64Builder::new(), BooleanBuilder::new());
        for group in groups {
            call.keep_going()?;
            // Rows are sorted by ordinal, so the document itself comes first.
            let low = lows.value(group.start);
            let set = Shingles::new(sets.value(joined.at(group.start)?));
            let is_many = group.len() > WORTH;
            if is_many {
                self.probe.set(set);
            }
            for row in group.clone().skip(1) {
                let other = Shingles::new(sets.value(joined.at(row)?));
                let overlap = match is_many {
                    true => self.probe.overlap_if_similar(set, other, measure, threshold),
                    false => set.overlap_if_similar(other, measure, threshold),
                };
                a.append_value(low);
                b.append_value(ordinals.value(row));
                similarities.append_value(overlap.map_or(0.0, |overlap| overlap.similarity(measure)));
                alike.append_value(overlap.is_some());
            }
        }
        let columns: Vec<ArrayRef> = vec![
            Arc::new(a.finish()),
            Arc::new(b.finish()),
            Arc::new(similarities.finish()),
            Arc::new(alike.finish()),
        ];
        Ok(RecordBatch::try_new(Arc::new(verified_schema()), columns)?)
    }
}

/// Columns of links, each from both ends. `a` is equal to `ordinal`.
fn link_schema() -> Schema {
    let similarity = Field::new("similarity", DataType::Float64, false);
    Schema::new(vec![number("ordinal"), number("a"), number("b"), similarity])
}

/// Turns verified pairs into links.
#[derive(Clone)]
pub struct Link;

impl BatchMap for Link {
    type Options = Options;

    fn describe() -> Describe {
        Describe::new("link")
            .doc("Picks the pairs that are alike, and gives each from both ends.")
            .reads("a")
            .reads("b")
            .reads("similarity")
            .reads("alike")
            .table()
    }

    fn bind(_: Options) -> Result<Self> {
        Ok(Self)
    }

    fn schema(&self) -> Schema {
        link_schema()
    }

    fn process(&mut self, batch: &RecordBatch, call: &Call<'_>) -> Result<Output> {
        call.keep_going()?;
        let (a, b) = (batch.numbers("a")?, batch.numbers("b")?);
        let (similarities, alike) = (batch.floats("similarity")?, batch.booleans("alike")?);
        let (mut from, mut to, mut shares) =
            (UInt64Builder::new(), UInt64Builder::new(), Float64Builder::new());
        for row in (0..batch.num_rows()).filter(|row| alike.value(*row)) {
            for (one, other) in [(a.value(row), b.value(row)), (b.value(row), a.value(row))] {
                from.append_value(one);
                to.append_value(other);
                shares.append_value(similarities.value(row));
            }
        }
        let from: ArrayRef = Arc::new(from.finish());
        let columns: Vec<ArrayRef> =
            vec![Arc::clone(&from), from, Arc::new(to.finish()), Arc::new(shares.finish())];
        let documents = RecordBatch::try_new(Arc::new(link_schema()), columns)?;
        Ok(Output { documents, events: Events::new() })
    }
}
