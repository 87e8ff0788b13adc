//! Turns components of links into verdicts.

use super::id::{LINKED, ORIGINALS};
use crate::cluster::{Member, Verdict, connected, strict};
use crate::links::{Links, pack};
use crate::options::{Linkage, Options};
use crate::steps::settle::{Finding, Findings, Rule, finding_schema};
use crate::table::{Columns, Joined, number};
use std::ops::Range;
use std::sync::Arc;
use textmill_plugin::prelude::arrow_array::UInt64Array;
use textmill_plugin::prelude::arrow_array::builder::LargeBinaryBuilder;
use textmill_plugin::prelude::*;

/// A component of this many documents triggers a warning: it is more likely boilerplate than one story.
const GIANT: usize = 1000;

fn packed_schema() -> Schema {
    Schema::new(vec![number("ordinal"), Field::new("links", DataType::LargeBinary, false)])
}

/// Collects all links of each document.
#[derive(Clone)]
pub struct Neighbours;

impl Group for Neighbours {
    type Options = Options;

    fn describe() -> Describe {
        Describe::new("neighbours")
            .doc("Packs what a document is linked with.")
            .reads("ordinal")
            .reads("b")
            .reads("similarity")
    }

    fn bind(_: Options) -> Result<Self> {
        Ok(Self)
    }

    fn schema(&self) -> Schema {
        packed_schema()
    }

    fn reduce(
        &mut self,
        rows: &RecordBatch,
        groups: &[Range<usize>],
        call: &Call<'_>,
    ) -> Result<RecordBatch> {
        let (ordinals, others) = (rows.numbers("ordinal")?, rows.numbers("b")?);
        let similarities = rows.floats("similarity")?;
        let mut packed = LargeBinaryBuilder::with_capacity(groups.len(), rows.num_rows() * LINK_BYTES);
        let (mut bytes, mut links) = (Vec::new(), Vec::new());
        for group in groups {
            call.keep_going()?;
            links.clear();
            links.extend(group.clone().map(|row| (others.value(row), similarities.value(row))));
            links.sort_unstable_by_key(|(other, _)| *other);
            bytes.clear();
            pack(&links, &mut bytes);
            packed.append_value(&bytes);
        }
        let owners = groups.iter().map(|group| ordinals.value(group.start));
        let columns: Vec<ArrayRef> =
            vec![Arc::new(UInt64Array::from_iter_values(owners)), Arc::new(packed.finish())];
        Ok(RecordBatch::try_new(Arc::new(packed_schema()), columns)?)
    }
}

/// Bytes of a packed link, approximately.
const LINK_BYTES: usize = 10;

fn placed_schema() -> Schema {
    Schema::new(vec![
        number("component"),
        number("ordinal"),
        Field::new("links", DataType::LargeBinary, false),
    ])
}

/// Adds the component to the packed links of each document.
#[derive(Clone)]
pub struct Place;

impl BatchMap for Place {
    type Options = Options;

    fn describe() -> Describe {
        Describe::new("place")
            .doc("Gives each document the component that it is part of.")
            .reads("ordinal")
            .reads("links")
            .reads(LINKED)
            .table()
    }

    fn bind(_: Options) -> Result<Self> {
        Ok(Self)
    }

    fn schema(&self) -> Schema {
        placed_schema()
    }

    fn process(&mut self, batch: &RecordBatch, call: &Call<'_>) -> Result<Output> {
        call.keep_going()?;
        let linked = Joined::of(batch, LINKED)?;
        let of = linked.rows.numbers("component")?;
        let components: Result<Vec<u64>> =
            (0..batch.num_rows()).map(|row| Ok(of.value(linked.at(row)?))).collect();
        let columns: Vec<ArrayRef> = vec![
            Arc::new(UInt64Array::from(components?)),
            Columns::column(batch, "ordinal")?.clone(),
            Columns::column(batch, "links")?.clone(),
        ];
        let documents = RecordBatch::try_new(Arc::new(placed_schema()), columns)?;
        Ok(Output { documents, events: Events::new() })
    }
}

/// Decides what becomes of the documents of each component.
#[derive(Clone)]
pub struct Choose(Options);

impl Group for Choose {
    type Options = Options;

    fn describe() -> Describe {
        Describe::new("choose")
            .doc("Chooses which of the documents that are linked is kept, and for which each other one is dropped.")
            .reads("component")
            .reads("ordinal")
            .reads("links")
            .reads(ORIGINALS)
    }

    fn bind(options: Options) -> Result<Self> {
        options.check()?;
        Ok(Self(options))
    }

    fn schema(&self) -> Schema {
        finding_schema()
    }

    fn reduce(
        &mut self,
        rows: &RecordBatch,
        groups: &[Range<usize>],
        call: &Call<'_>,
    ) -> Result<RecordBatch> {
        let (components, ordinals) = (rows.numbers("component")?, rows.numbers("ordinal")?);
        let packed = rows.copied_bytes("links")?;
        let originals = Joined::of(rows, ORIGINALS)?;
        let (ranks, copies) = (originals.rows.numbers("rank")?, originals.rows.numbers("copies")?);
        let mut findings = Findings::default();
        let (mut members, mut links) = (Vec::new(), Links::default());
        for group in groups {
            call.keep_going()?;
            members.clear();
            links.clear();
            // Within a group, rows are sorted by ordinal.
            for row in group.clone() {
                let (ordinal, at) = (ordinals.value(row), originals.at(row)?);
                members.push(Member { ordinal, rank: ranks.value(at), copies: copies.value(at) });
                links.push(ordinal, packed.value(row));
            }
            links.check()?;
            if members.len() >= GIANT {
                let message = format!(
                    "{} documents are linked in one cluster: pages of one template, perhaps; clean first, or raise \
                     `threshold`",
                    members.len()
                );
                call.log(Level::Warn, &message);
            }
            let verdicts = match self.0.linkage {
                Linkage::Strict => strict(&members, &links),
                Linkage::Components => connected(&members, &links),
            };
            let ordinal = |place: usize| members.get(place).map(|member| member.ordinal);
            for (member, verdict) in members.iter().zip(verdicts) {
                let own = Finding::kept(member.ordinal);
                findings.push(&match verdict {
                    Verdict::Kept(duplicates) => {
                        let strict = self.0.linkage == Linkage::Strict;
                        let cluster = if strict { member.ordinal } else { components.value(group.start) };
                        Finding { duplicates, cluster, ..own }
                    }
                    Verdict::Twin(twin, similarity) => Finding {
                        rule: Rule::Near,
                        twin: ordinal(twin),
                        similarity,
                        cluster: self.cluster(ordinal(twin), components.value(group.start)),
                        ..own
                    },
                    Verdict::Linked(twin, via, similarity) => Finding {
                        rule: Rule::Linked,
                        twin: ordinal(twin),
                        via: ordinal(via),
                        similarity,
                        cluster: self.cluster(ordinal(twin), components.value(group.start)),
                        ..own
                    },
                });
            }
        }
        findings.finish()
    }
}

impl Choose {
    /// The document that names a cluster: the kept document if each has its own cluster, else the first
    /// document of the component.
    fn cluster(&self, twin: Option<u64>, component: u64) -> u64 {
        match self.0.linkage {
            Linkage::Strict => twin.unwrap_or(component),
            Linkage::Components => component,
        }
    }
}
