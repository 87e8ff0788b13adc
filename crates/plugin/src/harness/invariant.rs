//! An assertion for a plugin's own tests: that no split of the documents changes the result.

use super::partition::{Merging, partition_difference};
use super::{Bound, Case};
use crate::error::Result;
use crate::operator::Plugin;

/// Fails if some way of splitting the documents of `case` changes what the operator (`None`: the first)
/// returns.
///
/// A corpus is never one batch. The host cuts it where it likes, gives the pieces to as many workers as there
/// are threads, and merges the states of an aggregate. On another day or another machine, it cuts elsewhere.
/// The output must be the same, byte for byte. This is easy to break: with a worker that numbers its
/// documents, an aggregate that keeps the first example it meets, a mean of means, or a sum of floating point
/// numbers, whose last digit depends on the order.
///
/// Each of `rounds` rounds cuts the documents in a different way, distributes the batches over up to three
/// workers, in any order, and merges states in a tree of its own. Everything follows from `seed`. Verdicts,
/// columns, events and the report are compared with those of a run in one batch.
///
/// ```
/// # use textmill_plugin::operator::PluginSpec;
/// # use textmill_plugin::prelude::*;
/// # #[derive(Clone, Serialize, Deserialize, JsonSchema)]
/// # struct Count {}
/// # impl Aggregate for Count {
/// #     type Options = Self;
/// #     type State = u64;
/// #     fn describe() -> Describe { Describe::new("count").reads("text") }
/// #     fn bind(options: Self) -> Result<Self> { Ok(options) }
/// #     fn update(&self, state: &mut u64, _: &Row<'_>) -> Result<()> { *state += 1; Ok(()) }
/// #     fn merge(&self, into: &mut u64, from: u64) -> Result<()> { *into += from; Ok(()) }
/// #     fn finish(&self, state: u64) -> Result<Value> { Ok(state.into()) }
/// #     fn memory_bytes(&self, _: &u64) -> u64 { 8 }
/// # }
/// # fn plugin() -> PluginSpec {
/// #     let operators = vec![aggregate::<Count>()];
/// #     PluginSpec { name: "count".into(), version: "0", licence: "", description: "", operators }
/// # }
/// use textmill_plugin::harness::{Case, assert_partition_invariant};
///
/// // In a test: `#[test] fn no_split_changes_the_report() { … }`
/// let case = Case::parse("case", b"=== a\nOne.\n=== b\nTwo.\n=== c\nThree.\n").unwrap();
/// assert_partition_invariant(&plugin(), None, &case, 1, 20);
/// ```
///
/// # Panics
/// If a split changes the result, as a test does: the message names operator, seed, split and the first
/// difference. Also if the stage cannot be bound or fails as a whole.
#[expect(clippy::panic, reason = "it is the body of a test")]
pub fn assert_partition_invariant(
    plugin: &dyn Plugin,
    operator: Option<&str>,
    case: &Case,
    seed: u64,
    rounds: u32,
) {
    let look = || -> Result<(String, Option<String>)> {
        let documents = case.batch()?;
        let bound = Bound::bind(plugin, operator, &case.options, &documents.schema())?;
        let name = bound.operator().descriptor.name.clone();
        Ok((name, partition_difference(&bound, &documents, Merging::AnyOrder, seed, rounds)?))
    };
    match look() {
        Ok((_, None)) => {}
        Ok((name, Some(difference))) => panic!("operator `{name}`: {difference}"),
        Err(error) => panic!("{}", error.message),
    }
}
