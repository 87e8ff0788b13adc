//! Writes rows as Parquet: row groups are encoded on all threads, and written in order. Includes the files of
//! documents; the ledger has its own module.

use super::fanout::each_in_order;
use super::parts::{PartNames, cannot, create};
use super::rows::{Group, Groups, Rows, Sizes, Span};
use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::ColumnPath;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use textmill_core::column::TEXT;
use textmill_plugin::error::Result;

/// Zstandard level: the default of the `zstd` program.
const ZSTD_LEVEL: i32 = 3;

/// A reader must hold a whole row group to read one of its documents, and a thread must hold it to write it.
const DOCUMENTS: Sizes = Sizes { rows: 64 * 1024, bytes: 64 << 20, portion: 1024 };

/// Writes documents as Parquet. Returns the paths of the files in order: `<stem>.parquet`, or
/// `<stem>-00000.parquet` and so on if `part_bytes` is given. A part ends after the row group that takes it
/// to `part_bytes` or more. Without documents, writes one file without rows.
///
/// # Errors
/// If a batch is an error, its columns are not those of `schema`, or a file cannot be written.
pub fn documents(
    batches: impl Iterator<Item = Result<RecordBatch>> + Send,
    schema: SchemaRef,
    folder: &Path,
    stem: &str,
    part_bytes: Option<u64>,
    threads: usize,
) -> Result<Vec<PathBuf>> {
    // Texts are rarely equal, so a dictionary would cost time and save nothing.
    let properties = properties()?.set_column_dictionary_enabled(ColumnPath::from(TEXT), false).build();
    let names = PartNames { folder, stem, suffix: ".parquet", numbered: part_bytes.is_some() };
    let target = Target { names, part_bytes: part_bytes.unwrap_or(u64::MAX), schema, properties };
    let schema = Arc::clone(&target.schema);
    let spans = batches.filter_map(move |batch| {
        let rows = batch.and_then(|batch| Rows::of(batch, &schema));
        let span = |rows: Rows| Span { range: 0..rows.batch.num_rows(), rows: Arc::new(rows) };
        Some(rows.map(span)).filter(|span| !matches!(span, Ok(span) if span.range.is_empty()))
    });
    Ok(write(spans, &target, DOCUMENTS, threads)?.0)
}

/// Where to write rows, and how.
pub(super) struct Target<'a> {
    pub names: PartNames<'a>,
    pub part_bytes: u64,
    pub schema: SchemaRef,
    pub properties: WriterProperties,
}

impl Target<'_> {
    fn begin(&self, number: usize) -> Result<(PathBuf, SerializedFileWriter<File>)> {
        let path = self.names.path(number);
        let writer = self.writer(create(&path)?).map_err(cannot("write", &path))?.0;
        Ok((path, writer))
    }

    fn writer<W: io::Write + Send>(
        &self,
        to: W,
    ) -> parquet::errors::Result<(SerializedFileWriter<W>, ArrowRowGroupWriterFactory)> {
        let writer = ArrowWriter::try_new(to, Arc::clone(&self.schema), Some(self.properties.clone()))?;
        writer.into_serialized_writer()
    }
}

/// The properties that all files share.
pub(super) fn properties() -> Result<WriterPropertiesBuilder> {
    Ok(WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?))
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_created_by(format!("textmill {}", env!("CARGO_PKG_VERSION"))))
}

/// Writes rows. Returns the paths of the files and the number of rows.
pub(super) fn write(
    spans: impl Iterator<Item = Result<Span>> + Send,
    target: &Target<'_>,
    sizes: Sizes,
    threads: usize,
) -> Result<(Vec<PathBuf>, u64)> {
    // Creates column writers, which do not depend on the file that they end up in.
    let (_, factory) = target.writer(io::sink())?;
    let encode = |group: Group| encode(group, &target.schema, sizes.portion, &factory);
    let (path, mut writer) = target.begin(0)?;
    let mut paths = vec![path];
    let mut rows = 0;
    let commit = |(count, chunks): (usize, Vec<ArrowColumnChunk>)| {
        if writer.bytes_written() as u64 >= target.part_bytes && !writer.flushed_row_groups().is_empty() {
            let (path, next) = target.begin(paths.len())?;
            let ended = std::mem::replace(&mut writer, next).close();
            ended.map_err(cannot("write", &paths[paths.len() - 1]))?;
            paths.push(path);
        }
        rows += count as u64;
        append(&mut writer, chunks).map_err(cannot("write", &paths[paths.len() - 1]))
    };
    each_in_order(threads, Groups::new(spans, sizes), encode, commit)?;
    writer.close().map_err(cannot("write", &paths[paths.len() - 1]))?;
    Ok((paths, rows))
}

fn encode(
    group: Group,
    schema: &SchemaRef,
    portion: usize,
    factory: &ArrowRowGroupWriterFactory,
) -> Result<(usize, Vec<ArrowColumnChunk>)> {
    let rows = group.rows;
    // The number of a row group only matters for encrypted files.
    let mut writers = factory.create_column_writers(0)?;
    for batch in group.portions(schema, portion) {
        let batch = batch?;
        let mut next = writers.iter_mut();
        for (field, column) in schema.fields().iter().zip(batch.columns()) {
            for leaf in compute_leaves(field, column)? {
                next.next().ok_or("a column has more leaves than its type")?.write(&leaf)?;
            }
        }
    }
    let chunks = writers.into_iter().map(|writer| writer.close()).collect::<parquet::errors::Result<_>>()?;
    Ok((rows, chunks))
}

fn append(
    writer: &mut SerializedFileWriter<File>,
    chunks: Vec<ArrowColumnChunk>,
) -> parquet::errors::Result<()> {
    let mut group = writer.next_row_group()?;
    for chunk in chunks {
        chunk.append_to_row_group(&mut group)?;
    }
    group.close().map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::builder::{ListBuilder, StringBuilder};
    use arrow_array::types::Int32Type;
    use arrow_array::{
        ArrayRef, DictionaryArray, Float64Array, LargeStringArray, RecordBatchReader, StructArray,
        UInt64Array,
    };
    use arrow_schema::{DataType, Field, Fields, Schema};
    use arrow_select::concat::concat_batches;
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use proptest::prelude::*;
    use std::fs;

    fn schema() -> SchemaRef {
        let pair = Fields::from(vec![Field::new("n", DataType::UInt64, true)]);
        let strings = DataType::List(Arc::new(Field::new("item", DataType::Utf8, true)));
        let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
        Arc::new(Schema::new(vec![
            Field::new(TEXT, DataType::LargeUtf8, false),
            Field::new("word", dictionary, true),
            Field::new("words", strings, true),
            Field::new("pair", DataType::Struct(pair), true),
            Field::new("score", DataType::Float64, true),
        ]))
    }

    /// A batch whose rows depend only on their numbers.
    fn batch(numbers: &[usize]) -> RecordBatch {
        let some = |n: usize, by: usize| (!n.is_multiple_of(by)).then_some(n);
        let texts = numbers.iter().map(|n| format!("{n} ").repeat(n * 7 % 23));
        let words = numbers.iter().map(|&n| some(n, 5).map(|n| ["a", "bb", "ccc"][n % 3]));
        let mut lists = ListBuilder::new(StringBuilder::new());
        for &n in numbers {
            lists.append_option(
                some(n, 7).map(|n| (0..n % 4).map(move |k| some(k, 3).map(|k| k.to_string()))),
            );
        }
        let pair = UInt64Array::from_iter(numbers.iter().map(|&n| some(n, 2).map(|n| n as u64)));
        let fields = Fields::from(vec![Field::new("n", DataType::UInt64, true)]);
        let nulls = numbers.iter().map(|&n| some(n, 3).is_some()).collect::<Vec<bool>>();
        let columns: Vec<ArrayRef> = vec![
            Arc::new(LargeStringArray::from_iter_values(texts)),
            Arc::new(words.collect::<DictionaryArray<Int32Type>>()),
            Arc::new(lists.finish()),
            Arc::new(StructArray::new(fields, vec![Arc::new(pair)], Some(nulls.into()))),
            Arc::new(Float64Array::from_iter(numbers.iter().map(|&n| some(n, 4).map(|n| n as f64)))),
        ];
        RecordBatch::try_new(schema(), columns).unwrap()
    }

    /// Batches of the rows from 0 to the last cut: either separate batches, or slices of one large batch.
    fn batches(cuts: &[usize], sliced: bool) -> Vec<RecordBatch> {
        let ends: Vec<usize> = cuts
            .iter()
            .scan(0, |end, cut| {
                *end += cut;
                Some(*end)
            })
            .collect();
        let all: Vec<usize> = (0..ends.last().copied().unwrap_or(0)).collect();
        let whole = batch(&all);
        let starts = std::iter::once(&0).chain(&ends);
        starts
            .zip(&ends)
            .map(|(&a, &b)| if sliced { whole.slice(a, b - a) } else { batch(&all[a..b]) })
            .collect()
    }

    const SMALL: Sizes = Sizes { rows: 37, bytes: 900, portion: 5 };

    fn files(batches: Vec<RecordBatch>, part_bytes: Option<u64>, threads: usize) -> Vec<Vec<u8>> {
        let folder = tempfile::tempdir().unwrap();
        let target = Target {
            names: PartNames { folder: folder.path(), stem: "t", suffix: "", numbered: part_bytes.is_some() },
            part_bytes: part_bytes.unwrap_or(u64::MAX),
            schema: schema(),
            properties: properties().unwrap().set_data_page_size_limit(100).set_write_batch_size(2).build(),
        };
        let spans = batches.into_iter().map(|batch| {
            let rows = Arc::new(Rows::of(batch, &schema())?);
            Ok(Span { range: 0..rows.batch.num_rows(), rows })
        });
        let spans =
            spans.filter(|span: &Result<Span>| span.as_ref().is_ok_and(|span| !span.range.is_empty()));
        let (paths, _) = write(spans, &target, SMALL, threads).unwrap();
        paths.iter().map(|path| fs::read(path).unwrap()).collect()
    }

    fn read(files: &[Vec<u8>]) -> RecordBatch {
        let mut all = Vec::new();
        for file in files {
            let reader = ParquetRecordBatchReaderBuilder::try_new(bytes_of(file)).unwrap().build().unwrap();
            assert_eq!(reader.schema().fields(), schema().fields());
            all.extend(reader.map(|batch| batch.unwrap()));
        }
        concat_batches(&schema(), &all).unwrap()
    }

    fn bytes_of(file: &[u8]) -> File {
        let mut copy = tempfile::tempfile().unwrap();
        io::Write::write_all(&mut copy, file).unwrap();
        copy
    }

    #[test]
    fn row_groups_end_by_rows_and_by_bytes() {
        let files = files(batches(&[300], false), None, 1);
        let reader = SerializedFileReader::new(bytes_of(&files[0])).unwrap();
        let rows: Vec<usize> = reader.metadata().row_groups().iter().map(|g| g.num_rows() as usize).collect();
        assert_eq!(rows.iter().sum::<usize>(), 300);
        assert!(rows.iter().all(|&rows| rows <= SMALL.rows), "{rows:?}");
        let mut from = 0;
        for &count in &rows[..rows.len() - 1] {
            let numbers: Vec<usize> = (from..from + count).collect();
            let bytes = |numbers: &[usize]| {
                let mut sizes = vec![0; numbers.len()];
                let batch = batch(numbers);
                batch.columns().iter().for_each(|c| super::super::bytes::add_value_bytes(c, &mut sizes));
                sizes.iter().sum::<u64>()
            };
            assert!(bytes(&numbers) >= SMALL.bytes || count == SMALL.rows);
            assert!(bytes(&numbers[..count - 1]) < SMALL.bytes);
            from += count;
        }
        let metadata = reader.metadata().file_metadata();
        assert_eq!(metadata.created_by(), Some(concat!("textmill ", env!("CARGO_PKG_VERSION"))));
        let keys: Vec<&str> = metadata.key_value_metadata().unwrap().iter().map(|k| k.key.as_str()).collect();
        assert_eq!(keys, ["ARROW:schema"]);
    }

    #[test]
    fn documents_without_rows_are_one_file() {
        let folder = tempfile::tempdir().unwrap();
        for part in [None, Some(10)] {
            let batches = [Ok(batch(&[]))].into_iter();
            let paths = documents(batches, schema(), folder.path(), "documents", part, 2).unwrap();
            let name = if part.is_some() { "documents-00000.parquet" } else { "documents.parquet" };
            assert_eq!(paths, [folder.path().join(name)]);
            assert_eq!(read(&[fs::read(&paths[0]).unwrap()]).num_rows(), 0);
        }
    }

    #[test]
    fn documents_are_the_same_in_any_batches() {
        let folder = tempfile::tempdir().unwrap();
        let made = |cuts: &[usize], threads| {
            let batches = batches(cuts, true).into_iter().map(Ok);
            let paths = documents(batches, schema(), folder.path(), "documents", None, threads).unwrap();
            fs::read(&paths[0]).unwrap()
        };
        let one = made(&[70_000], 1);
        assert!(one == made(&[1000; 70], 2));
        assert!(one == made(&[1, 69_998, 1], 3));
        assert_eq!(SerializedFileReader::new(bytes_of(&one)).unwrap().metadata().num_row_groups(), 2);
    }

    #[test]
    fn other_columns_and_failed_batches_are_errors() {
        let folder = tempfile::tempdir().unwrap();
        let write =
            |batch| documents([batch].into_iter(), schema(), folder.path(), "d", None, 2).unwrap_err();
        let other = batch(&[1]).project(&[0, 1]).unwrap();
        assert!(write(Ok(other)).message.starts_with("rows with other columns"));
        assert_eq!(write(Err("torn".into())).message, "torn");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn batches_and_threads_do_not_matter(
            cuts in prop::collection::vec(prop_oneof![0usize..4, 0usize..60], 0..40),
            sliced in any::<bool>(),
            part in prop::option::of(1u64..20_000),
            threads in 1usize..4,
        ) {
            let rows: usize = cuts.iter().sum();
            let expected = files(batches(&[rows], false), part, 1);
            let made = files(batches(&cuts, sliced), part, threads);
            prop_assert!(made == expected);
            prop_assert_eq!(read(&made), batch(&(0..rows).collect::<Vec<_>>()));
            // Each part but the last has at least the requested size, without its footer.
            prop_assert!(made.iter().rev().skip(1).all(|file| file.len() as u64 >= part.unwrap_or(0)));
        }
    }
}
