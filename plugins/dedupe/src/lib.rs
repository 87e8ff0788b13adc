//! The `dedupe` plugin: drops documents that another one repeats, exactly or nearly.
//!
//! Exact duplicates are told by a hash of the normalised words, near ones by MinHash over word 5-grams with the
//! parameters of FineWeb (14 bands of 8 rows). Comparing needs the whole corpus, so the stage publishes a plan and the
//! host exchanges rows between its steps; see the README for the plan and for what is bounded how. Parts of documents in
//! place of whole ones are compared in [`passages`].
#![forbid(unsafe_code)]

pub mod choose;
pub mod date;
pub mod letters;
pub mod minhash;
pub mod normalize;
pub mod options;
pub mod pair;
pub mod passages;
pub mod shingle;
pub mod sketch;
mod steps;
mod table;
#[cfg(test)]
mod tests;

use options::{Mode, Options};
use steps::{Apply, Band, Choose, Pair, Sketch};
use table::{SKETCHES, VERDICT};
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
            .reads_option("scope-column")
            .writes("duplicates", DataType::UInt64)
            .selects()
    }

    fn plan(options: Options) -> Result<Plan> {
        options.check()?;
        if options.mode == Mode::Passages {
            return Ok(passages::plan(&options));
        }
        Ok(Plan::new()
            .map(SKETCHES, "sketch", "input")
            .map("keys", "band", SKETCHES)
            .group("pairs", "pair", "keys", &["band", "key"])
            .with(SKETCHES)
            .components("linked", "pairs")
            .group(VERDICT, "choose", "linked", &["component"])
            .with(SKETCHES)
            .map("output", "apply", "input")
            .with(VERDICT))
    }
}

textmill_plugin::export!(
    compose::<Dedupe>(),
    batch_map::<Sketch>(),
    batch_map::<Band>(),
    group::<Pair>(),
    group::<Choose>(),
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
