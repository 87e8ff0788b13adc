//! Tests of the module as a whole: blocks are read back unchanged, and the store differs from the one in
//! memory only in where it keeps rows.

use super::block::{BlockFile, Packing, encode};
use super::table::TableWriter;
use super::{Budget, SpillStore};
use arrow_array::builder::{
    BinaryBuilder, FixedSizeBinaryBuilder, LargeListBuilder, ListBuilder, StringViewBuilder, UInt64Builder,
};
use arrow_array::{
    ArrayRef, BooleanArray, Float64Array, Int8Array, LargeStringArray, NullArray, RecordBatch,
    RecordBatchOptions, StringArray, StringViewArray, StructArray, UInt64Array,
};
use arrow_schema::{DataType, Field, Schema};
use arrow_select::concat::concat_batches;
use proptest::prelude::*;
use std::sync::Arc;
use textmill_plugin::drive::memory::MemoryStore;
use textmill_plugin::drive::store::{Sorter, Store, Table, Writer};

/// The source of a row: an optional string, and a number.
type Made = (Option<String>, u64);

fn made(count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Made>> {
    prop::collection::vec((prop::option::of("[a-c]{0,3}|[a-zé]{40}"), 0u64..50), count)
}

/// A batch with a column of each type that passes between stages.
fn every_type(rows: &[Made]) -> RecordBatch {
    let strings = || rows.iter().map(|(s, _)| s.as_deref());
    let (mut binary, mut fixed) = (BinaryBuilder::new(), FixedSizeBinaryBuilder::new(3));
    let mut list = ListBuilder::new(StringViewBuilder::new());
    let mut large = LargeListBuilder::new(UInt64Builder::new());
    for (string, number) in rows {
        binary.append_option(string.as_deref());
        match string {
            Some(_) => fixed.append_value([7, *number as u8, 9]).unwrap(),
            None => fixed.append_null(),
        }
        for _ in 0..number % 4 {
            list.values().append_option(string.as_deref());
            large.values().append_value(*number);
        }
        list.append(string.is_some());
        large.append(*number % 5 != 0);
    }
    let booleans: BooleanArray = rows.iter().map(|(s, n)| s.as_ref().map(|_| n % 2 == 0)).collect();
    let views: StringViewArray = strings().collect();
    let inner: Vec<(Arc<Field>, ArrayRef)> = vec![
        (Arc::new(Field::new("flag", DataType::Boolean, true)), Arc::new(booleans.clone())),
        (Arc::new(Field::new("view", DataType::Utf8View, true)), Arc::new(views.clone())),
    ];
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("utf8", Arc::new(strings().collect::<StringArray>())),
        ("large", Arc::new(strings().collect::<LargeStringArray>())),
        ("view", Arc::new(views)),
        ("binary", Arc::new(binary.finish())),
        ("fixed", Arc::new(fixed.finish())),
        ("list", Arc::new(list.finish())),
        ("large_list", Arc::new(large.finish())),
        ("struct", Arc::new(StructArray::from(inner))),
        ("boolean", Arc::new(booleans)),
        ("byte", Arc::new(rows.iter().map(|(s, n)| s.as_ref().map(|_| *n as i8)).collect::<Int8Array>())),
        ("float", Arc::new(rows.iter().map(|(_, n)| Some(*n as f64 / 3.0)).collect::<Float64Array>())),
        ("null", Arc::new(NullArray::new(rows.len()))),
        ("ordinal", Arc::new(rows.iter().map(|(_, n)| Some(*n)).collect::<UInt64Array>())),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true)))
        .unwrap()
}

fn whole<T: Table>(table: &T, schema: &Arc<Schema>) -> RecordBatch {
    let blocks: Vec<_> = (0..table.blocks()).map(|at| table.block(at).unwrap()).collect();
    concat_batches(schema, &blocks).unwrap()
}

#[test]
fn a_block_without_columns_has_rows() {
    let folder = tempfile::tempdir().unwrap();
    let schema = Arc::new(Schema::empty());
    let options = RecordBatchOptions::new().with_row_count(Some(3));
    let batch = RecordBatch::try_new_with_options(Arc::clone(&schema), Vec::new(), &options).unwrap();
    let mut file = BlockFile::create(&folder.path().join("f"), &schema).unwrap();
    file.append(&encode(&batch, Packing::Small).unwrap()).unwrap();
    assert_eq!(file.read(0).unwrap(), batch);
}

#[test]
fn what_is_not_whole_is_not_taken_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table");
    let rows: Vec<Made> = (0..300).map(|n| (Some(format!("row {n}")), n)).collect();
    let (one, two) = (every_type(&rows[..100]), every_type(&rows[100..]));
    let schema = one.schema();
    let budget = Budget::new(0);
    let mut writer = TableWriter::create(&path, &schema, &budget).unwrap();
    writer.push(one.clone()).unwrap();
    let first = writer.len();
    writer.push(two.clone()).unwrap();
    let both = writer.len();
    drop(writer);
    // Truncate to the first block, and continue.
    let mut writer = TableWriter::open(&path, &schema, &budget, first).unwrap();
    writer.push(two.clone()).unwrap();
    assert_eq!(writer.len(), both);
    let table = writer.finish().unwrap();
    assert_eq!(table.first_ordinals(), [0, 100]);
    assert_eq!((table.rows(), table.ascends()), (300, true));
    assert_eq!(whole(&table, &schema), concat_batches(&schema, &[one, two]).unwrap());
    let bytes = std::fs::read(&path).unwrap();
    let open = |length: u64| {
        let opened = TableWriter::open(&path, &schema, &budget, length);
        opened.err().map(|e| e.message.replace(&path.display().to_string(), "FILE"))
    };
    assert_eq!(open(both + 1), Some(format!("`FILE` has {both} bytes, not the {} expected", both + 1)));
    assert_eq!(open(both - 1).unwrap(), "block 1 of `FILE` is damaged: it is cut short");
    for at in [3, 9, 17, 50, first as usize - 1] {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1;
        std::fs::write(&path, damaged).unwrap();
        let error = open(both).unwrap();
        assert!(error.starts_with("block 0 of `FILE` is damaged: "), "byte {at}: {error}");
    }
}

#[test]
fn files_go_with_what_they_hold_and_errors_name_them() {
    let folder = tempfile::tempdir().unwrap();
    let files = || std::fs::read_dir(folder.path()).unwrap().count();
    let batch = every_type(&[(Some("b".into()), 1), (Some("a".into()), 0)]);
    let budget = Budget::new(0);
    let store = SpillStore::new(folder.path().to_owned(), Arc::clone(&budget)).with_floor(1);
    let mut table = store.table("a/b", &batch.schema()).unwrap();
    let mut sorter = store.sorter("a/b", &batch.schema(), &["utf8".to_owned()]).unwrap();
    for _ in 0..9 {
        table.push(batch.clone()).unwrap();
        sorter.push(batch.clone()).unwrap();
    }
    assert!(files() > 2 && budget.spilled() > 0);
    let (table, mut sorted) = (table.finish().unwrap(), sorter.finish().unwrap());
    assert!(table.rows() == 18 && sorted.next().is_some());
    drop((table, sorted));
    assert_eq!((files(), budget.used()), (0, 0));
    let nowhere = SpillStore::new(folder.path().join("none"), budget);
    let error = nowhere.table("x", &batch.schema()).unwrap().push(batch).unwrap_err().message;
    assert!(error.starts_with("cannot create `") && error.contains("x-0.table"), "{error}");
}

/// What a store does with batches: the rows of a table, its first ordinals, and the rows sorted by the
/// columns `by`.
fn through(
    store: &impl Store,
    batches: &[RecordBatch],
    by: &[String],
) -> (RecordBatch, Vec<u64>, RecordBatch) {
    let schema = batches[0].schema();
    let (mut table, mut sorter) =
        (store.table("t", &schema).unwrap(), store.sorter("t", &schema, by).unwrap());
    for batch in batches {
        table.push(batch.clone()).unwrap();
        sorter.push(batch.clone()).unwrap();
    }
    let table = table.finish().unwrap();
    let sorted: Vec<_> = sorter.finish().unwrap().map(Result::unwrap).collect();
    let firsts = table.first_ordinals().to_vec();
    (whole(&table, &schema), firsts, concat_batches(&schema, &sorted).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn blocks_come_back_as_they_went(rows in made(0..40), start in 0usize..20, length in 0usize..20) {
        let folder = tempfile::tempdir().unwrap();
        let batch = every_type(&rows);
        let start = start.min(rows.len());
        let slice = batch.slice(start, length.min(rows.len() - start));
        let mut file = BlockFile::create(&folder.path().join("f"), &batch.schema()).unwrap();
        for batch in [&batch, &slice] {
            file.append(&encode(batch, Packing::Fast).unwrap()).unwrap();
        }
        prop_assert_eq!(file.read(1).unwrap(), slice);
        prop_assert_eq!(file.read(0).unwrap(), batch);
    }

    #[test]
    fn memory_makes_no_difference(rows in made(1..120), size in 1usize..20, by in 0usize..4,
                                  budget in 0u64..200_000, floor in 0u64..60_000) {
        let folder = tempfile::tempdir().unwrap();
        let batches: Vec<_> = rows.chunks(size).map(every_type).collect();
        let by: &[&str] = [&["utf8"][..], &["fixed", "boolean"], &[], &["list"]][by];
        let by: Vec<String> = by.iter().map(|&name| name.to_owned()).collect();
        let budget = Budget::new(budget);
        let store = SpillStore::new(folder.path().to_owned(), Arc::clone(&budget)).with_floor(floor);
        let (here, there) = (through(&MemoryStore, &batches, &by), through(&store, &batches, &by));
        prop_assert!(here == there);
        prop_assert_eq!(budget.used(), 0);
    }
}

#[test]
fn a_deferred_table_becomes_a_file_when_it_is_settled() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table");
    let rows: Vec<Made> = (0..300).map(|n| (Some(format!("row {n}")), n)).collect();
    let (one, two, three) = (every_type(&rows[..100]), every_type(&rows[100..150]), every_type(&rows[150..]));
    let schema = one.schema();
    let budget = Budget::new(u64::MAX);
    let mut writer = TableWriter::deferred(path.clone(), &schema, &budget);
    writer.push(one.clone()).unwrap();
    writer.push(two.clone()).unwrap();
    let shared = writer.share();
    writer.push(three.clone()).unwrap();
    assert!(!path.exists() && writer.blocks() == 3 && writer.is_empty());
    assert_eq!(whole(&shared, &schema), concat_batches(&schema, [&one, &two]).unwrap());
    // The third block belongs to an incomplete morsel.
    writer.settle(2).unwrap();
    writer.push(three.clone()).unwrap();
    writer.settle(1).unwrap();
    let all = concat_batches(&schema, [&one, &two, &three]).unwrap();
    let opened = TableWriter::open(&path, &schema, &budget, writer.len()).unwrap().finish().unwrap();
    let written = writer.finish().unwrap();
    for table in [opened, written] {
        assert_eq!((table.rows(), table.blocks(), table.first_ordinals()), (300, 3, &[0, 100, 150][..]));
        assert_eq!(whole(&table, &schema), all);
    }
    drop(shared);
    assert_eq!(budget.used(), 0);
}
