//! The steps of the plan as operators: they carry tables to and from the plain functions of this crate.

use crate::choose::verdicts;
use crate::date;
use crate::minhash::{BANDS, band_keys, from_bytes, to_bytes};
use crate::options::{Mode, Options};
use crate::pair::links;
use crate::sketch::Sketcher;
use crate::table::{
    EXACT_BYTES, SIGNATURE_BYTES, SKETCHES, Sketches, VERDICT, fixed, key_schema, numbers, pair_schema,
    sketch_schema, verdict_schema,
};
use std::ops::Range;
use std::sync::Arc;
use textmill_plugin::prelude::arrow_array::builder::{
    BooleanBuilder, FixedSizeBinaryBuilder, Float64Builder, Int64Builder, UInt32Builder, UInt64Builder,
};
use textmill_plugin::prelude::*;

/// Documents to sketches. Documents without words get none.
#[derive(Clone)]
pub struct Sketch {
    options: Options,
    sketcher: Sketcher,
}

impl BatchMap for Sketch {
    type Options = Options;

    fn describe() -> Describe {
        Describe::new("sketch")
            .doc("Makes a sketch of each document: hash of its words, MinHash signature, length, date.")
            .reads("text")
            .reads("ordinal")
            .reads_option("date-column")
            .table()
    }

    fn bind(options: Options) -> Result<Self> {
        options.check()?;
        let sketcher = Sketcher::new(options.mode == Mode::Near);
        Ok(Self { options, sketcher })
    }

    fn schema(&self) -> Schema {
        sketch_schema()
    }

    fn process(&mut self, batch: &RecordBatch, call: &Call<'_>) -> Result<Output> {
        let rows = batch.num_rows();
        let mut ordinals = UInt64Builder::with_capacity(rows);
        let mut exact = FixedSizeBinaryBuilder::with_capacity(rows, EXACT_BYTES);
        let mut signatures = FixedSizeBinaryBuilder::with_capacity(rows, SIGNATURE_BYTES);
        let mut lengths = UInt64Builder::with_capacity(rows);
        let mut dates = Int64Builder::with_capacity(rows);
        for row in Row::of(batch) {
            call.at_row(u32::try_from(row.index()).ok());
            call.keep_going()?;
            let Some(sketch) = self.sketcher.sketch(row.text()) else { continue };
            ordinals.append_value(row.ordinal());
            exact.append_value(sketch.exact)?;
            match sketch.signature {
                Some(signature) => signatures.append_value(to_bytes(&signature))?,
                None => signatures.append_null(),
            }
            lengths.append_value(row.text().chars().count() as u64);
            let column = self.options.date_column.as_deref();
            dates.append_option(column.and_then(|column| row.str(column)).and_then(date::seconds));
        }
        call.at_row(None);
        let columns: Vec<ArrayRef> = vec![
            Arc::new(ordinals.finish()),
            Arc::new(exact.finish()),
            Arc::new(signatures.finish()),
            Arc::new(lengths.finish()),
            Arc::new(dates.finish()),
        ];
        let documents = RecordBatch::try_new(Arc::new(sketch_schema()), columns)?;
        Ok(Output { documents, events: Vec::new() })
    }
}

/// Sketches to keys: one for each band of the signature, one more for the exact hash.
#[derive(Clone)]
pub struct Band;

impl BatchMap for Band {
    type Options = Options;

    fn describe() -> Describe {
        Describe::new("band")
            .doc("Gives the keys under which a document meets those that may be like it.")
            .reads("ordinal")
            .reads("exact")
            .reads("signature")
            .table()
    }

    fn bind(_options: Options) -> Result<Self> {
        Ok(Self)
    }

    fn schema(&self) -> Schema {
        key_schema()
    }

    fn process(&mut self, batch: &RecordBatch, call: &Call<'_>) -> Result<Output> {
        call.keep_going()?;
        let ordinals = numbers(batch, "ordinal")?;
        let (exact, signatures) = (fixed(batch, "exact")?, fixed(batch, "signature")?);
        let rows = batch.num_rows() * (BANDS + 1);
        let mut bands = UInt32Builder::with_capacity(rows);
        let mut keys = UInt64Builder::with_capacity(rows);
        let mut owners = UInt64Builder::with_capacity(rows);
        for (row, ordinal) in ordinals.values().iter().enumerate() {
            let mut put = |band: u32, key: u64| {
                bands.append_value(band);
                keys.append_value(key);
                owners.append_value(*ordinal);
            };
            if let Some(signature) =
                signatures.is_valid(row).then(|| signatures.value(row)).and_then(from_bytes)
            {
                (0..).zip(band_keys(&signature)).for_each(|(band, key)| put(band, key));
            }
            if exact.is_valid(row)
                && let Some(key) = exact.value(row).first_chunk()
            {
                put(BANDS as u32, u64::from_le_bytes(*key));
            }
        }
        let columns: Vec<ArrayRef> =
            vec![Arc::new(bands.finish()), Arc::new(keys.finish()), Arc::new(owners.finish())];
        let documents = RecordBatch::try_new(Arc::new(key_schema()), columns)?;
        Ok(Output { documents, events: Vec::new() })
    }
}

/// Documents under one key to pairs of twins.
#[derive(Clone)]
pub struct Pair(Options);

impl Group for Pair {
    type Options = Options;

    fn describe() -> Describe {
        Describe::new("pair")
            .doc("Compares the documents under a key and links those that are alike.")
            .reads("band")
            .reads("key")
            .reads("ordinal")
            .reads(SKETCHES)
            .smallest_group(2)
    }

    fn bind(options: Options) -> Result<Self> {
        options.check()?;
        Ok(Self(options))
    }

    fn schema(&self) -> Schema {
        pair_schema()
    }

    fn reduce(
        &mut self,
        rows: &RecordBatch,
        groups: &[Range<usize>],
        call: &Call<'_>,
    ) -> Result<RecordBatch> {
        let ordinals = numbers(rows, "ordinal")?;
        let sketches = Sketches::of(rows)?;
        let (mut a, mut b) = (UInt64Builder::new(), UInt64Builder::new());
        let mut members = Vec::new();
        for group in groups {
            call.keep_going()?;
            members.clear();
            for row in group.clone() {
                members.push(sketches.at(row, ordinals.value(row))?);
            }
            links(members.drain(..), self.0.threshold, |first, second| {
                a.append_value(first);
                b.append_value(second);
            });
        }
        Ok(RecordBatch::try_new(Arc::new(pair_schema()), vec![Arc::new(a.finish()), Arc::new(b.finish())])?)
    }
}

/// Components to verdicts.
#[derive(Clone)]
pub struct Choose(Options);

impl Group for Choose {
    type Options = Options;

    fn describe() -> Describe {
        Describe::new("choose")
            .doc("Chooses which of the documents that are linked is kept, and for which each other one is dropped.")
            .reads("component")
            .reads("ordinal")
            .reads(SKETCHES)
    }

    fn bind(options: Options) -> Result<Self> {
        options.check()?;
        Ok(Self(options))
    }

    fn schema(&self) -> Schema {
        verdict_schema()
    }

    fn reduce(
        &mut self,
        rows: &RecordBatch,
        groups: &[Range<usize>],
        call: &Call<'_>,
    ) -> Result<RecordBatch> {
        let ordinals = numbers(rows, "ordinal")?;
        let sketches = Sketches::of(rows)?;
        let mut owners = UInt64Builder::new();
        let mut twins = UInt64Builder::new();
        let mut similarities = Float64Builder::new();
        let mut exact = BooleanBuilder::new();
        let mut duplicates = UInt64Builder::new();
        for group in groups {
            call.keep_going()?;
            let members: Result<Vec<_>> =
                group.clone().map(|row| sketches.at(row, ordinals.value(row))).collect();
            for verdict in verdicts(members?, self.0.keep, self.0.threshold) {
                owners.append_value(verdict.ordinal);
                twins.append_option(verdict.twin);
                similarities.append_value(verdict.similarity);
                exact.append_value(verdict.exact);
                duplicates.append_value(verdict.duplicates);
            }
        }
        let columns: Vec<ArrayRef> = vec![
            Arc::new(owners.finish()),
            Arc::new(twins.finish()),
            Arc::new(similarities.finish()),
            Arc::new(exact.finish()),
            Arc::new(duplicates.finish()),
        ];
        Ok(RecordBatch::try_new(Arc::new(verdict_schema()), columns)?)
    }
}

/// Acts on documents by their verdicts.
#[derive(Clone)]
pub struct Apply(Options);

impl Map for Apply {
    type Options = Options;

    fn describe() -> Describe {
        Describe::new("apply")
            .doc("Drops duplicates and notes on each other document how many were dropped for it.")
            .reads("ordinal")
            .reads(VERDICT)
            .writes("duplicates", DataType::UInt64)
            .selects()
            .step()
    }

    fn bind(options: Options) -> Result<Self> {
        options.check()?;
        Ok(Self(options))
    }

    fn map(&mut self, doc: &mut Doc<'_>) -> Result<()> {
        let verdicts = doc.value(VERDICT);
        let verdict = verdicts.as_array().and_then(|rows| rows.first());
        let field = |name: &str| verdict.and_then(|verdict| verdict.get(name));
        let threshold = self.0.threshold;
        if let Some(twin) = field("twin").and_then(Value::as_u64) {
            if field("exact").and_then(Value::as_bool) == Some(true) {
                let note = "the kept document has the same words in the same order";
                doc.drop_with(
                    |event| event.measured(1.0, threshold).other(twin).note(note),
                    "exact-duplicate",
                );
            } else {
                let similarity = field("similarity").and_then(Value::as_f64).unwrap_or(0.0);
                let percent = (similarity * 100.0).round();
                let note = format!("about {percent} % of the word 5-grams of the two documents are in both");
                let complete = |event: Event| event.measured(similarity, threshold).other(twin).note(note);
                doc.drop_with(complete, "near-duplicate");
            }
            return Ok(());
        }
        let duplicates = field("duplicates").and_then(Value::as_u64).unwrap_or(0);
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
