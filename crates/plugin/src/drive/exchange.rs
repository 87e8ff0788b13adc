//! What the host does to rows between the operators of a plan: sort, group, join by ordinal, connect.

use crate::error::{Error, Result};
use arrow_array::cast::AsArray;
use arrow_array::types::UInt64Type;
use arrow_array::{ArrayRef, ListArray, RecordBatch, RecordBatchOptions, StructArray, UInt64Array};
use arrow_buffer::OffsetBuffer;
use arrow_row::{RowConverter, SortField};
use arrow_schema::{DataType, Field, Schema};
use arrow_select::concat::concat_batches;
use arrow_select::take::{take, take_record_batch};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use textmill_core::column::ORDINAL;

/// Rows sorted by the columns `by` and then by ordinal, with the ranges of equal `by`.
pub struct Grouped {
    /// The rows.
    pub rows: RecordBatch,
    /// Ranges of rows with equal keys, in the order of the keys.
    pub groups: Vec<Range<usize>>,
}

/// Brings rows with equal `by` columns together.
///
/// # Errors
/// Where a column of `by` is missing or cannot be compared.
pub fn group_rows(rows: &RecordBatch, by: &[String]) -> Result<Grouped> {
    let keys: Result<Vec<ArrayRef>> = by
        .iter()
        .map(|name| match rows.column_by_name(name) {
            Some(column) => Ok(Arc::clone(column)),
            None => Err(Error::from(format!("the rows have no column `{name}` to group by"))),
        })
        .collect();
    let keys = keys?;
    let fields = keys.iter().map(|k| SortField::new(k.data_type().clone())).collect();
    let keys = RowConverter::new(fields)?.convert_columns(&keys)?;
    let ordinals = rows.column_by_name(ORDINAL).and_then(|c| c.as_primitive_opt::<UInt64Type>());
    let ordinal = |row: usize| ordinals.map_or(0, |o| o.value(row));
    let mut order: Vec<usize> = (0..rows.num_rows()).collect();
    // Stable: rows that tie in key and ordinal keep their order, which follows the input.
    order.sort_by(|&a, &b| keys.row(a).cmp(&keys.row(b)).then_with(|| ordinal(a).cmp(&ordinal(b))));
    let mut groups: Vec<Range<usize>> = Vec::new();
    for (at, &row) in order.iter().enumerate() {
        match groups.last_mut() {
            Some(group) if keys.row(order[group.start]) == keys.row(row) => group.end = at + 1,
            _ => groups.push(at..at + 1),
        }
    }
    let order = UInt64Array::from_iter_values(order.into_iter().map(|row| row as u64));
    Ok(Grouped { rows: take_record_batch(rows, &order)?, groups })
}

/// Rows found for documents, ready to be looked up by ordinal.
pub struct Found {
    ordinals: UInt64Array,
    rows: StructArray,
}

impl Found {
    /// Sorts rows by their ordinals.
    ///
    /// # Errors
    /// Where they have no `ordinal` column of `uint64`.
    pub fn new(rows: &RecordBatch) -> Result<Self> {
        let ordinals = rows.column_by_name(ORDINAL).and_then(|c| c.as_primitive_opt::<UInt64Type>());
        let ordinals = ordinals.ok_or("rows that are joined need a column `ordinal` of uint64")?;
        let mut order: Vec<u64> = (0..rows.num_rows() as u64).collect();
        order.sort_by_key(|&row| ordinals.value(row as usize));
        let sorted = take_record_batch(rows, &UInt64Array::from(order))?;
        let ordinals =
            sorted.column_by_name(ORDINAL).ok_or("no ordinals")?.as_primitive::<UInt64Type>().clone();
        let keep: Vec<usize> =
            (0..sorted.num_columns()).filter(|&c| sorted.schema_ref().field(c).name() != ORDINAL).collect();
        let rest = sorted.project(&keep)?;
        let rows = if keep.is_empty() {
            StructArray::new_empty_fields(rest.num_rows(), None)
        } else {
            StructArray::from(rest)
        };
        Ok(Self { ordinals, rows })
    }

    /// The column that a row of another batch finds its rows in.
    ///
    /// # Errors
    /// Where the batch has no ordinals.
    pub fn column_for(&self, batch: &RecordBatch) -> Result<ListArray> {
        let wanted = batch.column_by_name(ORDINAL).and_then(|c| c.as_primitive_opt::<UInt64Type>());
        let wanted = wanted.ok_or("a step that is joined needs a column `ordinal` of uint64")?;
        let have = self.ordinals.values();
        let mut taken: Vec<u64> = Vec::new();
        let mut lengths = Vec::with_capacity(wanted.len());
        for &ordinal in wanted.values() {
            let start = have.partition_point(|&o| o < ordinal);
            let end = start + have[start..].iter().take_while(|&&o| o == ordinal).count();
            taken.extend(start as u64..end as u64);
            lengths.push(end - start);
        }
        let values = take(&self.rows, &UInt64Array::from(taken), None)?;
        let item = Arc::new(Field::new("item", self.rows.data_type_of(), true));
        Ok(ListArray::try_new(item, OffsetBuffer::from_lengths(lengths), values, None)?)
    }
}

trait DataTypeOf {
    fn data_type_of(&self) -> DataType;
}

impl DataTypeOf for StructArray {
    fn data_type_of(&self) -> DataType {
        DataType::Struct(self.fields().clone())
    }
}

/// The column that [`Found::column_for`] gives, for rows of `schema`.
pub fn found_field(name: &str, schema: &Schema) -> Field {
    let fields = schema.fields().iter().filter(|f| f.name() != ORDINAL).cloned().collect();
    let item = Field::new("item", DataType::Struct(fields), true);
    Field::new(name, DataType::List(Arc::new(item)), true)
}

/// A batch with the rows found for each of its rows, in a column `name`.
///
/// # Errors
/// Where the batch has no ordinals.
pub fn attach(batch: &RecordBatch, name: &str, found: &Found) -> Result<RecordBatch> {
    let column = found.column_for(batch)?;
    let mut fields: Vec<Arc<Field>> = batch.schema().fields().to_vec();
    let mut columns = batch.columns().to_vec();
    fields.push(Arc::new(Field::new(name, arrow_array::Array::data_type(&column).clone(), true)));
    columns.push(Arc::new(column));
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)?)
}

/// Columns of what [`components`] gives.
pub fn components_schema() -> Schema {
    Schema::new(vec![
        Field::new(ORDINAL, DataType::UInt64, false),
        Field::new("component", DataType::UInt64, false),
    ])
}

/// Connected components of pairs: a row for each ordinal in a pair, ascending, with the smallest ordinal
/// of its component.
///
/// # Errors
/// Where the pairs have no `uint64` columns `a` and `b`.
pub fn components(pairs: &[RecordBatch]) -> Result<RecordBatch> {
    let mut ends: Vec<(u64, u64)> = Vec::new();
    for batch in pairs {
        let column = |name: &str| batch.column_by_name(name).and_then(|c| c.as_primitive_opt::<UInt64Type>());
        let (a, b) = column("a").zip(column("b")).ok_or("pairs need columns `a` and `b` of uint64")?;
        ends.extend(a.values().iter().copied().zip(b.values().iter().copied()));
    }
    let mut nodes: Vec<u64> = ends.iter().flat_map(|&(a, b)| [a, b]).collect();
    nodes.sort_unstable();
    nodes.dedup();
    let place: HashMap<u64, usize> = nodes.iter().enumerate().map(|(at, &node)| (node, at)).collect();
    // Union by smaller index, so that a root is always the smallest ordinal of its component.
    let mut parent: Vec<usize> = (0..nodes.len()).collect();
    for (a, b) in ends {
        let (a, b) = (root(&mut parent, place[&a]), root(&mut parent, place[&b]));
        parent[a.max(b)] = a.min(b);
    }
    let component: Vec<u64> = (0..nodes.len()).map(|at| nodes[root(&mut parent, at)]).collect();
    let columns: Vec<ArrayRef> =
        vec![Arc::new(UInt64Array::from(nodes)), Arc::new(UInt64Array::from(component))];
    Ok(RecordBatch::try_new(Arc::new(components_schema()), columns)?)
}

fn root(parent: &mut [usize], mut at: usize) -> usize {
    while parent[at] != at {
        parent[at] = parent[parent[at]];
        at = parent[at];
    }
    at
}

/// Batches of one schema as one batch.
///
/// # Errors
/// Where they do not fit the schema.
pub fn concat(schema: &Arc<Schema>, batches: &[RecordBatch]) -> Result<RecordBatch> {
    match batches {
        [one] => Ok(one.clone()),
        many => Ok(concat_batches(schema, many)?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(columns: &[(&str, &[u64])]) -> RecordBatch {
        let fields: Vec<Field> =
            columns.iter().map(|(name, _)| Field::new(*name, DataType::UInt64, false)).collect();
        let arrays =
            columns.iter().map(|(_, v)| Arc::new(UInt64Array::from(v.to_vec())) as ArrayRef).collect();
        RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap()
    }

    fn numbers(batch: &RecordBatch, column: &str) -> Vec<u64> {
        batch.column_by_name(column).unwrap().as_primitive::<UInt64Type>().values().to_vec()
    }

    #[test]
    fn rows_are_grouped_by_key_and_sorted_by_ordinal() {
        let rows = table(&[("key", &[9, 2, 9, 2]), ("ordinal", &[3, 2, 1, 0])]);
        let grouped = group_rows(&rows, &["key".to_owned()]).unwrap();
        assert_eq!(grouped.groups, [0..2, 2..4]);
        assert_eq!(numbers(&grouped.rows, "ordinal"), [0, 2, 1, 3]);
    }

    #[test]
    fn components_are_named_by_their_smallest_member() {
        let pairs = [table(&[("a", &[5, 9]), ("b", &[7, 8])]), table(&[("a", &[7]), ("b", &[2])])];
        let linked = components(&pairs).unwrap();
        assert_eq!(numbers(&linked, "ordinal"), [2, 5, 7, 8, 9]);
        assert_eq!(numbers(&linked, "component"), [2, 2, 2, 8, 8]);
    }

    #[test]
    fn each_row_finds_its_rows() {
        let found = Found::new(&table(&[("ordinal", &[4, 1, 4]), ("kept", &[10, 20, 30])])).unwrap();
        let joined = attach(&table(&[("ordinal", &[1, 2, 4])]), "verdict", &found).unwrap();
        let column = joined.column_by_name("verdict").unwrap();
        let rows: Vec<_> = (0..3).map(|r| textmill_core::value::value_at(column, r).to_string()).collect();
        assert_eq!(rows, [r#"[{"kept":20}]"#, "[]", r#"[{"kept":10},{"kept":30}]"#]);
    }
}
