//! The `dedupe` plugin: drops exact and near duplicates of documents.
//!
//! Exact duplicates are found by a hash of the normalised words. Near duplicates are found by MinHash over
//! shingles, in bands derived from the threshold, and verified by comparing the shingle sets themselves. This
//! needs the whole corpus, so the stage publishes a plan and the host exchanges rows between its steps. See
//! the README for the plan and for what is bounded, and how. Parts of documents, instead of whole ones, are
//! compared in [`passages`].
#![forbid(unsafe_code)]

pub mod bands;
pub mod cluster;
pub mod date;
pub mod letters;
pub mod links;
pub mod minhash;
pub mod normalize;
pub mod options;
pub mod passages;
pub mod probe;
pub mod rank;
pub mod set;
pub mod shingle;
pub mod sketch;
mod steps;
mod table;
#[cfg(test)]
mod tests;
pub mod tokenizer;
pub mod url;

use options::{Metric, Mode, Options};
use steps::apply::{Apply, Keepers};
use steps::audit::{Clusters, Compared, Examine, Misses, Sample};
use steps::candidates::{Band, Pair};
use steps::choose::{Choose, Neighbours, Place};
use steps::copies::{Copied, Original};
use steps::id;
use steps::settle::Settle;
use steps::sketches::{Fingerprint, Print, Shingle, compared};
use steps::verify::{Link, Verify};
use textmill_plugin::prelude::*;

/// The stage as a whole.
struct Dedupe;

impl Compose for Dedupe {
    type Options = Options;

    fn describe() -> Describe {
        Describe::new("dedupe")
            .doc(
                "Drops exact and near duplicates: of documents that share most of their word 5-grams one is kept. \
                 Each dropped document names the kept one. Or, in mode `passages`, removes or reports lines, paragraphs \
                 and sentences that several documents have.",
            )
            .reads("text")
            .reads_option("date-column")
            .reads_option("score-column")
            .reads_option("by")
            .reads_option("scope-column")
            .writes("duplicates", DataType::UInt64)
            .selects()
    }

    fn plan(options: Options) -> Result<Plan> {
        options.check()?;
        if options.mode == Mode::Passages {
            return Ok(passages::plan(&options));
        }
        let plan = gathered(&options);
        let plan = if options.is_near() { near(plan, &options) } else { exact(plan) };
        let plan = plan.group(id::FATE, "settle", id::FINDINGS, &["representative"]);
        let plan = plan.aggregate("clusters", "clusters", id::FATE).publish(
            "clusters",
            id::FATE,
            &["cluster", "twin", "via"],
        );
        let plan = match options.index {
            None => plan,
            Some(_) => plan.map("keepers", "keepers", compared(&options)).with(id::FATE).save(
                "keepers",
                "index",
                &options.meaning(),
            ),
        };
        Ok(plan.map("output", "apply", "input").with(id::FATE))
    }
}

/// The start of the plan: hashes the incoming documents and, with `against`, adds those of an index.
fn gathered(options: &Options) -> Plan {
    let (all, operator) = (compared(options), if options.is_near() { "shingle" } else { "fingerprint" });
    if options.against.is_none() {
        return Plan::new().map(all, operator, "input");
    }
    let plan = Plan::new().map("fresh", operator, "input");
    plan.load("known", "fresh", "against", &options.meaning()).union(all, &["fresh", "known"])
}

/// The rest of the plan for exact duplicates only.
fn exact(plan: Plan) -> Plan {
    plan.group(id::ORIGINALS, "original", id::PRINTS, &["exact"])
        .map(id::FINDINGS, "copied", id::ORIGINALS)
        .note("copies are told by a 128-bit hash of what is compared")
}

/// The rest of the plan for near duplicates: finds copies first, then compares one document of each group of
/// copies by its shingles.
fn near(plan: Plan, options: &Options) -> Plan {
    plan.map(id::PRINTS, "print", id::SETS)
        .group(id::ORIGINALS, "original", id::PRINTS, &["exact"])
        .map(id::KEYS, "band", id::SETS)
        .with(id::ORIGINALS)
        .group(id::CANDIDATES, "pair", id::KEYS, &["band", "key"])
        .group(id::VERIFIED, "verify", id::CANDIDATES, &["low"])
        .distinct()
        .with(id::SETS)
        .aggregate("pairs", "compared", id::VERIFIED)
        .map(id::LINKS, "link", id::VERIFIED)
        .components(id::LINKED, id::LINKS)
        .group(id::NEIGHBOURS, "neighbours", id::LINKS, &["ordinal"])
        .map(id::PLACED, "place", id::NEIGHBOURS)
        .with(id::LINKED)
        .group(id::VERDICT, "choose", id::PLACED, &["component"])
        .with(id::ORIGINALS)
        .map(id::COPIED, "copied", id::ORIGINALS)
        .union(id::FINDINGS, &[id::VERDICT, id::COPIED])
        .map("sampled", "sample", id::SETS)
        .with(id::ORIGINALS)
        .group("examined", "examine", "sampled", &["key"])
        .with(id::SETS)
        .aggregate("sample", "misses", "examined")
        .note(&how(options))
}

/// A note for the plan: how pairs are found, and with what probability.
fn how(options: &Options) -> String {
    let threshold = options.threshold();
    match options.metric {
        Metric::Jaccard => {
            let bands = options.bands();
            format!(
                "{} bands of {} rows, {} minima: a pair at the threshold {threshold} is compared with probability {:.3}",
                bands.bands,
                bands.rows,
                bands.minima(),
                bands.probability(threshold)
            )
        }
        Metric::Containment => format!(
            "one shingle in {} is a key: a pair that shares n of them is compared with probability 1 - (1 - 1/{})^n",
            steps::candidates::SAMPLED,
            steps::candidates::SAMPLED
        ),
    }
}

textmill_plugin::export!(
    compose::<Dedupe>(),
    batch_map::<Shingle>(),
    batch_map::<Fingerprint>(),
    batch_map::<Print>(),
    group::<Original>(),
    batch_map::<Copied>(),
    batch_map::<Band>(),
    group::<Pair>(),
    group::<Verify>(),
    batch_map::<Link>(),
    group::<Neighbours>(),
    batch_map::<Place>(),
    group::<Choose>(),
    group::<Settle>(),
    batch_map::<Keepers>(),
    batch_map::<Sample>(),
    group::<Examine>(),
    aggregate::<Compared>(),
    aggregate::<Misses>(),
    aggregate::<Clusters>(),
    map::<Apply>(),
    batch_map::<passages::Units>(),
    group::<passages::Repeats>(),
    batch_map::<passages::Remove>(),
    batch_map::<passages::Names>(),
    group::<passages::Hits>(),
    group::<passages::Spans>(),
    batch_map::<passages::Others>(),
    batch_map::<passages::Report>(),
);
