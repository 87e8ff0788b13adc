//! Turns findings into fates: copies share the fate of the document that represents them.

use crate::options::Options;
use crate::table::{Columns, number};
use std::ops::Range;
use std::sync::Arc;
use textmill_plugin::prelude::arrow_array::Array;
use textmill_plugin::prelude::arrow_array::builder::{
    BooleanBuilder, Float64Builder, LargeStringBuilder, UInt32Builder, UInt64Builder,
};
use textmill_plugin::prelude::*;

/// Why a document is dropped, or that it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// It is kept.
    Kept,
    /// It is a copy of the kept document.
    Exact,
    /// It is similar to the kept document.
    Near,
    /// It is linked to the kept document through others.
    Linked,
}

impl Rule {
    const ALL: [Self; 4] = [Self::Kept, Self::Exact, Self::Near, Self::Linked];

    /// Its name in the ledger and in the table of clusters.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Exact => "exact-duplicate",
            Self::Near => "near-duplicate",
            Self::Linked => "linked-duplicate",
        }
    }

    /// The rule with this name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.name() == name)
    }
}

/// What was found out about a document, grouped by its representative.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Finding {
    /// The document that represents it.
    pub representative: u64,
    /// The document.
    pub ordinal: u64,
    /// Whether this only says that there are copies, and not what becomes of the document.
    pub is_copy: bool,
    /// What becomes of it.
    pub rule: Rule,
    /// The kept document that it is dropped for.
    pub twin: Option<u64>,
    /// The neighbour that links it to the kept document.
    pub via: Option<u64>,
    /// Their similarity.
    pub similarity: f64,
    /// The document that names its cluster.
    pub cluster: u64,
    /// Number of documents that are dropped for it.
    pub duplicates: u64,
}

impl Finding {
    /// A document that is kept.
    pub fn kept(ordinal: u64) -> Self {
        Self {
            representative: ordinal,
            ordinal,
            is_copy: false,
            rule: Rule::Kept,
            twin: None,
            via: None,
            similarity: 1.0,
            cluster: ordinal,
            duplicates: 0,
        }
    }

    /// One of several copies; the representative counts as one of them.
    pub fn copy(ordinal: u64, representative: u64) -> Self {
        Self { representative, cluster: representative, is_copy: true, ..Self::kept(ordinal) }
    }
}

/// Columns of findings.
pub fn finding_schema() -> Schema {
    Schema::new(vec![
        number("representative"),
        number("ordinal"),
        Field::new("is_copy", DataType::Boolean, false),
        Field::new("rule", DataType::UInt32, false),
        Field::new("twin", DataType::UInt64, true),
        Field::new("via", DataType::UInt64, true),
        Field::new("similarity", DataType::Float64, false),
        number("cluster"),
        number("duplicates"),
    ])
}

/// Builds a table of findings.
#[derive(Default)]
pub struct Findings {
    representatives: UInt64Builder,
    ordinals: UInt64Builder,
    copies: BooleanBuilder,
    rules: UInt32Builder,
    twins: UInt64Builder,
    vias: UInt64Builder,
    similarities: Float64Builder,
    clusters: UInt64Builder,
    duplicates: UInt64Builder,
}

impl Findings {
    /// Adds a finding.
    pub fn push(&mut self, finding: &Finding) {
        self.representatives.append_value(finding.representative);
        self.ordinals.append_value(finding.ordinal);
        self.copies.append_value(finding.is_copy);
        self.rules.append_value(finding.rule as u32);
        self.twins.append_option(finding.twin);
        self.vias.append_option(finding.via);
        self.similarities.append_value(finding.similarity);
        self.clusters.append_value(finding.cluster);
        self.duplicates.append_value(finding.duplicates);
    }

    /// Returns the table.
    ///
    /// # Errors
    /// Never in practice: the columns match the schema.
    pub fn finish(mut self) -> Result<RecordBatch> {
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.representatives.finish()),
            Arc::new(self.ordinals.finish()),
            Arc::new(self.copies.finish()),
            Arc::new(self.rules.finish()),
            Arc::new(self.twins.finish()),
            Arc::new(self.vias.finish()),
            Arc::new(self.similarities.finish()),
            Arc::new(self.clusters.finish()),
            Arc::new(self.duplicates.finish()),
        ];
        Ok(RecordBatch::try_new(Arc::new(finding_schema()), columns)?)
    }
}

/// Turns the findings of one representative into the fates of all its copies.
#[derive(Clone)]
pub struct Settle;

fn fate_schema() -> Schema {
    Schema::new(vec![
        number("ordinal"),
        number("cluster"),
        Field::new("rule", DataType::LargeUtf8, false),
        Field::new("twin", DataType::UInt64, true),
        Field::new("via", DataType::UInt64, true),
        Field::new("similarity", DataType::Float64, true),
        number("duplicates"),
    ])
}

impl Group for Settle {
    type Options = Options;

    fn describe() -> Describe {
        let describe =
            Describe::new("settle").doc("Lets copies go where the document goes that stands for them.");
        finding_schema().fields().iter().fold(describe, |describe, field| describe.reads(field.name()))
    }

    fn bind(_: Options) -> Result<Self> {
        Ok(Self)
    }

    fn schema(&self) -> Schema {
        fate_schema()
    }

    fn reduce(
        &mut self,
        rows: &RecordBatch,
        groups: &[Range<usize>],
        call: &Call<'_>,
    ) -> Result<RecordBatch> {
        let read = Reader::of(rows)?;
        let mut fates = Fates::default();
        for group in groups {
            call.keep_going()?;
            let findings = || group.clone().map(|row| read.finding(row));
            let verdict = findings().find(|finding| !finding.is_copy);
            let of_copies = |finding: &Finding| finding.is_copy && finding.ordinal != finding.representative;
            let copies = findings().filter(of_copies).count() as u64;
            let Some(any) = findings().next() else { continue };
            let own = verdict.unwrap_or(Finding { duplicates: copies, ..Finding::kept(any.representative) });
            let mut rest: Vec<Finding> = findings().filter(of_copies).collect();
            rest.push(Finding { ordinal: own.representative, ..own });
            rest.sort_by_key(|finding| finding.ordinal);
            for finding in rest {
                fates.push(&match (finding.ordinal == own.representative, own.rule) {
                    (true, _) => own,
                    (false, Rule::Kept) => {
                        let twin = Some(own.ordinal);
                        Finding { rule: Rule::Exact, twin, cluster: own.cluster, duplicates: 0, ..finding }
                    }
                    (false, _) => Finding { ordinal: finding.ordinal, duplicates: 0, ..own },
                });
            }
        }
        fates.finish()
    }
}

struct Reader<'a> {
    rows: [&'a arrow_array::UInt64Array; 6],
    copies: &'a arrow_array::BooleanArray,
    rules: &'a arrow_array::UInt32Array,
    similarities: &'a arrow_array::Float64Array,
}

impl<'a> Reader<'a> {
    fn of(rows: &'a RecordBatch) -> Result<Self> {
        let column = |name: &str| rows.numbers(name);
        Ok(Self {
            rows: [
                column("representative")?,
                column("ordinal")?,
                column("twin")?,
                column("via")?,
                column("cluster")?,
                column("duplicates")?,
            ],
            copies: rows.booleans("is_copy")?,
            rules: rows.u32_numbers("rule")?,
            similarities: rows.floats("similarity")?,
        })
    }

    fn finding(&self, row: usize) -> Finding {
        let [representatives, ordinals, twins, vias, clusters, duplicates] = self.rows;
        let rule = Rule::ALL.into_iter().find(|rule| *rule as u32 == self.rules.value(row));
        Finding {
            representative: representatives.value(row),
            ordinal: ordinals.value(row),
            is_copy: self.copies.value(row),
            rule: rule.unwrap_or(Rule::Kept),
            twin: twins.is_valid(row).then(|| twins.value(row)),
            via: vias.is_valid(row).then(|| vias.value(row)),
            similarity: self.similarities.value(row),
            cluster: clusters.value(row),
            duplicates: duplicates.value(row),
        }
    }
}

#[derive(Default)]
struct Fates {
    ordinals: UInt64Builder,
    clusters: UInt64Builder,
    rules: LargeStringBuilder,
    twins: UInt64Builder,
    vias: UInt64Builder,
    similarities: Float64Builder,
    duplicates: UInt64Builder,
}

impl Fates {
    fn push(&mut self, finding: &Finding) {
        self.ordinals.append_value(finding.ordinal);
        self.clusters.append_value(finding.cluster);
        self.rules.append_value(finding.rule.name());
        self.twins.append_option(finding.twin);
        self.vias.append_option(finding.via);
        self.similarities.append_option(finding.twin.map(|_| finding.similarity));
        self.duplicates.append_value(finding.duplicates);
    }

    fn finish(mut self) -> Result<RecordBatch> {
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.ordinals.finish()),
            Arc::new(self.clusters.finish()),
            Arc::new(self.rules.finish()),
            Arc::new(self.twins.finish()),
            Arc::new(self.vias.finish()),
            Arc::new(self.similarities.finish()),
            Arc::new(self.duplicates.finish()),
        ];
        Ok(RecordBatch::try_new(Arc::new(fate_schema()), columns)?)
    }
}
