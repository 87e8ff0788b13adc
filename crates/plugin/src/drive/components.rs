//! Connected components of pairs of ordinals.

use super::store::{ROWS_AT_ONCE, Table};
use crate::error::Result;
use arrow_array::cast::AsArray;
use arrow_array::types::UInt64Type;
use arrow_array::{ArrayRef, RecordBatch, UInt64Array};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use std::sync::{Arc, LazyLock};
use textmill_core::column::ORDINAL;

/// Minimum number of new ordinals to gather before they are merged with the known ones.
const FRESH: usize = 64 * 1024;

/// Columns of the rows that [`components`] gives.
pub static COMPONENTS: LazyLock<SchemaRef> = LazyLock::new(|| {
    Arc::new(Schema::new(vec![
        Field::new(ORDINAL, DataType::UInt64, false),
        Field::new("component", DataType::UInt64, false),
    ]))
});

/// Finds the connected components of pairs: gives `put` a row for each ordinal in a pair, ascending, with the
/// smallest ordinal of its component.
///
/// Takes 12 bytes for each distinct ordinal (the ordinal, and the index of its parent) and reads the pairs
/// twice. So memory depends on how many documents are in pairs, not on how many pairs or documents there are.
///
/// # Errors
/// If the pairs have no `uint64` columns `a` and `b`, or 2^32 or more documents are in pairs.
pub fn components(pairs: &impl Table, mut put: impl FnMut(RecordBatch) -> Result<()>) -> Result<()> {
    let nodes = nodes(pairs)?;
    let count = u32::try_from(nodes.len()).map_err(|_| "more than 2^32 documents are in pairs")?;
    // The smaller index becomes the root, so a root is always the smallest ordinal of its component.
    let mut parents: Vec<u32> = (0..count).collect();
    for at in 0..pairs.blocks() {
        let batch = pairs.block(at)?;
        let (a, b) = ends(&batch)?;
        for (a, b) in a.values().iter().zip(b.values()) {
            let place =
                |node: &u64| nodes.binary_search(node).map_err(|_| "a table changed while it was read");
            let (a, b) = (root(&mut parents, place(a)?), root(&mut parents, place(b)?));
            parents[a.max(b)] = a.min(b) as u32;
        }
    }
    for start in (0..nodes.len()).step_by(ROWS_AT_ONCE) {
        let part = start..nodes.len().min(start + ROWS_AT_ONCE);
        let component: Vec<u64> = part.clone().map(|at| nodes[root(&mut parents, at)]).collect();
        let columns: Vec<ArrayRef> =
            vec![Arc::new(UInt64Array::from(nodes[part].to_vec())), Arc::new(UInt64Array::from(component))];
        put(RecordBatch::try_new(Arc::clone(&COMPONENTS), columns)?)?;
    }
    Ok(())
}

fn ends(batch: &RecordBatch) -> Result<(&UInt64Array, &UInt64Array)> {
    let column = |name: &str| batch.column_by_name(name).and_then(|c| c.as_primitive_opt::<UInt64Type>());
    Ok(column("a").zip(column("b")).ok_or("pairs need columns `a` and `b` of uint64")?)
}

/// The distinct ordinals, ascending.
fn nodes(pairs: &impl Table) -> Result<Vec<u64>> {
    let mut nodes: Vec<u64> = Vec::new();
    let mut fresh: Vec<u64> = Vec::new();
    for at in 0..pairs.blocks() {
        let batch = pairs.block(at)?;
        let (a, b) = ends(&batch)?;
        for &node in a.values().iter().chain(b.values()) {
            fresh.push(node);
            // The limit grows with `nodes`: the total work of merging stays linear, and the extra space a
            // fraction.
            if fresh.len() >= FRESH.max(nodes.len() / 8) {
                merge(&mut nodes, &mut fresh);
            }
        }
    }
    merge(&mut nodes, &mut fresh);
    Ok(nodes)
}

/// Merges `fresh` into the sorted `nodes`, from the back, in place.
fn merge(nodes: &mut Vec<u64>, fresh: &mut Vec<u64>) {
    fresh.sort_unstable();
    fresh.dedup();
    fresh.retain(|node| nodes.binary_search(node).is_err());
    let mut old = nodes.len();
    nodes.reserve_exact(fresh.len());
    nodes.resize(old + fresh.len(), 0);
    let mut end = nodes.len();
    while let Some(&node) = fresh.last() {
        end -= 1;
        if old > 0 && nodes[old - 1] > node {
            old -= 1;
            nodes[end] = nodes[old];
        } else {
            nodes[end] = node;
            fresh.pop();
        }
    }
}

fn root(parents: &mut [u32], mut at: usize) -> usize {
    while parents[at] as usize != at {
        parents[at] = parents[parents[at] as usize];
        at = parents[at] as usize;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drive::memory::MemoryTable;
    use crate::drive::store::Writer;
    use proptest::prelude::*;

    fn linked(blocks: &[Vec<(u64, u64)>]) -> Vec<(u64, u64)> {
        let fields = ["a", "b"].map(|name| Field::new(name, DataType::UInt64, false));
        let schema = Arc::new(Schema::new(fields.to_vec()));
        let mut table = MemoryTable::default();
        for pairs in blocks {
            let (a, b): (Vec<u64>, Vec<u64>) = pairs.iter().copied().unzip();
            let columns: Vec<ArrayRef> = vec![Arc::new(UInt64Array::from(a)), Arc::new(UInt64Array::from(b))];
            table.push(RecordBatch::try_new(Arc::clone(&schema), columns).unwrap()).unwrap();
        }
        let mut rows = Vec::new();
        components(&table, |batch| {
            let column = |at: usize| batch.column(at).as_primitive::<UInt64Type>().values().to_vec();
            rows.extend(column(0).into_iter().zip(column(1)));
            Ok(())
        })
        .unwrap();
        rows
    }

    #[test]
    fn components_are_named_by_their_smallest_member() {
        let rows = linked(&[vec![(5, 7), (9, 8)], vec![(7, 2)]]);
        assert_eq!(rows, [(2, 2), (5, 2), (7, 2), (8, 8), (9, 8)]);
    }

    proptest! {
        #[test]
        fn linked_ends_share_a_component(pairs in prop::collection::vec((0u64..60, 0u64..60), 0..60)) {
            // Spread the label of the smaller end until nothing changes.
            let mut label: std::collections::BTreeMap<u64, u64> =
                pairs.iter().flat_map(|&(a, b)| [(a, a), (b, b)]).collect();
            for _ in 0..pairs.len() {
                for (a, b) in &pairs {
                    let least = label[a].min(label[b]);
                    label.insert(*a, least);
                    label.insert(*b, least);
                }
            }
            prop_assert_eq!(linked(&[pairs]), label.into_iter().collect::<Vec<_>>());
        }

        #[test]
        fn merging_keeps_order(mut nodes in prop::collection::vec(0u64..99, 0..50),
                               mut fresh in prop::collection::vec(0u64..99, 0..50)) {
            nodes.sort_unstable();
            nodes.dedup();
            let all: std::collections::BTreeSet<u64> = nodes.iter().chain(&fresh).copied().collect();
            merge(&mut nodes, &mut fresh);
            prop_assert_eq!(nodes, all.into_iter().collect::<Vec<_>>());
        }
    }
}
