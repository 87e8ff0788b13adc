//! `Map`: one document at a time. The simplest of the traits.

use crate::call::Call;
use crate::descriptor::{Describe, Kind, Rows};
use crate::error::{Error, Result};
use crate::operator::{OperatorEntry, Output, Stage, Worker};
use crate::options::{self, Options};
use crate::pace::Pace;
use crate::reads::Reads;
use crate::row::{Changes, Doc, Row, Written};
use arrow_array::builder::LargeStringBuilder;
use arrow_array::{Array, ArrayRef, RecordBatch, UInt32Array, new_null_array};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use arrow_select::concat::concat;
use arrow_select::take::take;
use serde_json::Value;
use std::fmt::Write as _;
use std::sync::Arc;
use textmill_core::batch::{Strings, to_layout};
use textmill_core::column::{ROW, TEXT};
use textmill_core::edit::Edits;
use textmill_core::event::{Action, Builder as EventsBuilder, Event};
use textmill_core::value::array_from;

/// An operator that processes each document separately.
///
/// Each worker thread works on its own clone, so fields may be scratch space. Share large tables in an
/// [`Arc`].
///
/// ```
/// use textmill_plugin::prelude::*;
///
/// /// Puts straight quotation marks in the place of curly ones.
/// #[derive(Clone, Default, Serialize, Deserialize, JsonSchema)]
/// #[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
/// struct StraightQuotes {
///     /// Whether apostrophes become straight, too.
///     apostrophes: bool,
/// }
///
/// impl Map for StraightQuotes {
///     type Options = Self;
///
///     fn describe() -> Describe {
///         Describe::new("straight-quotes").reads("text").writes("text", DataType::LargeUtf8)
///     }
///
///     fn bind(options: Self) -> Result<Self> {
///         Ok(options)
///     }
///
///     fn map(&mut self, doc: &mut Doc<'_>) -> Result<()> {
///         for (at, mark) in doc.text().match_indices(['“', '”', '’']) {
///             if mark != "’" {
///                 doc.replace(at..at + mark.len(), "\"", "quotation-mark");
///             } else if self.apostrophes {
///                 doc.replace(at..at + mark.len(), "'", "apostrophe");
///             }
///         }
///         Ok(())
///     }
/// }
///
/// # let entry =
/// map::<StraightQuotes>() // goes into `textmill_plugin::export!`
/// # ;
/// # assert_eq!(entry.descriptor.name, "straight-quotes");
/// ```
pub trait Map: Clone + Send + Sync + 'static {
    /// What a pipeline can set.
    type Options: Options;

    /// Name, columns, and whether documents may be dropped.
    fn describe() -> Describe;

    /// Makes the operator from its options.
    ///
    /// # Errors
    /// If the options contradict one another.
    fn bind(options: Self::Options) -> Result<Self>;

    /// Processes one document.
    ///
    /// # Errors
    /// An error fails this document only: it ends up in `failed.jsonl` with the message.
    fn map(&mut self, doc: &mut Doc<'_>) -> Result<()>;
}

/// The entry of a [`Map`] in `export!`.
pub fn map<T: Map>() -> OperatorEntry {
    OperatorEntry {
        descriptor: T::describe().finish(Kind::Map, options::schema::<T::Options>()),
        bind: bind::<T>,
    }
}

fn bind<T: Map>(_call: &Call<'_>, json: &str, _input: SchemaRef) -> Result<Box<dyn Stage>> {
    let describe = T::describe();
    let selects = describe.rows == Rows::Select;
    let mut fields: Vec<Field> =
        describe.writes.iter().map(|(name, kind)| Field::new(name, kind.clone(), true)).collect();
    if selects {
        fields.push(Field::new(ROW, DataType::UInt32, false));
    }
    let options: T::Options = options::parse(json)?;
    let reads = Reads::of(&describe, &options);
    let operator = T::bind(options).map_err(Error::of_options)?;
    let schema = Arc::new(Schema::new(fields));
    let shape = Arc::new(Shape { writes: describe.writes, reads, selects, schema });
    Ok(Box::new(MapStage { operator, shape }))
}

struct Shape {
    writes: Vec<(String, DataType)>,
    reads: Reads,
    selects: bool,
    schema: SchemaRef,
}

struct MapStage<T> {
    operator: T,
    shape: Arc<Shape>,
}

impl<T: Map> Stage for MapStage<T> {
    fn output_schema(&self) -> SchemaRef {
        Arc::clone(&self.shape.schema)
    }

    fn new_worker(&self, _call: &Call<'_>) -> Result<Box<dyn Worker>> {
        Ok(Box::new(MapWorker { operator: self.operator.clone(), shape: Arc::clone(&self.shape) }))
    }
}

struct MapWorker<T> {
    operator: T,
    shape: Arc<Shape>,
}

impl<T: Map> Worker for MapWorker<T> {
    fn process(&mut self, call: &Call<'_>, input: RecordBatch) -> Result<Output> {
        let mut out = Collected::new(&self.shape, &input);
        let mut pace = Pace::new();
        let asked = self.shape.reads.asked();
        for row in Row::of(&input) {
            let number = row.index() as u32;
            call.at_row(Some(number));
            let row = row.asked(&asked);
            pace.before(&row, call)?;
            let mut changes = Changes { values: vec![None; out.columns.len()], ..Changes::default() };
            let outcome = self.operator.map(&mut Doc::new(row, &self.shape.writes, &mut changes, call));
            if let Err(error) = outcome {
                changes.error.get_or_insert(error.message);
            }
            // Replaces any other error, which may be a consequence of the missing column.
            if let Some(undeclared) = asked.undeclared() {
                changes.error = Some(undeclared);
            }
            out.take_in(number, row.received(), changes);
        }
        call.at_row(None);
        out.finish(&input, call)
    }
}

/// A document's value in a column. Lists and structures are expensive to build, so they are kept as an array
/// of one row.
enum Cell {
    Value(Value),
    Array(ArrayRef),
}

impl Default for Cell {
    fn default() -> Self {
        Self::Value(Value::Null)
    }
}

/// Builds a column from the cells of all documents.
fn column_of(kind: &DataType, cells: Vec<Cell>) -> Result<ArrayRef> {
    if cells.iter().all(|cell| matches!(cell, Cell::Value(_))) {
        let value = |cell| if let Cell::Value(value) = cell { value } else { Value::Null };
        let values: Vec<Value> = cells.into_iter().map(value).collect();
        return Ok(array_from(kind, &values)?);
    }
    let null = new_null_array(kind, 1);
    let part =
        |cell: &'_ Cell| if let Cell::Array(array) = cell { Arc::clone(array) } else { Arc::clone(&null) };
    let parts: Vec<ArrayRef> = cells.iter().map(part).collect();
    let parts: Vec<&dyn Array> = parts.iter().map(AsRef::as_ref).collect();
    Ok(concat(&parts)?)
}

/// The results of the documents of a batch.
struct Collected<'a> {
    shape: &'a Shape,
    rows: Vec<u32>,
    columns: Vec<Vec<Cell>>,
    /// `None` until the first document with edits; up to there, all texts are as received.
    texts: Option<LargeStringBuilder>,
    received: Option<Strings<'a>>,
    /// Total length of the received texts, in bytes.
    bytes: usize,
    happened: Vec<Happened>,
}

/// What the ledger will say about a document. Edits take a seventh of the memory of their events, which are
/// therefore only made once all are known.
enum Happened {
    Event(Event),
    Edits(u32, Edits),
}

impl<'a> Collected<'a> {
    fn new(shape: &'a Shape, input: &'a RecordBatch) -> Self {
        let columns = shape.writes.iter().filter(|(name, _)| name != TEXT).count();
        let received = input.column_by_name(TEXT).and_then(|c| Strings::of(c.as_ref()));
        let texts = received.iter().flat_map(|texts| (0..input.num_rows()).filter_map(|row| texts.get(row)));
        Self {
            shape,
            rows: Vec::with_capacity(input.num_rows()),
            columns: (0..columns).map(|_| Vec::with_capacity(input.num_rows())).collect(),
            texts: None,
            bytes: texts.map(str::len).sum(),
            received,
            happened: Vec::new(),
        }
    }

    fn writes_text(&self) -> bool {
        self.shape.writes.iter().any(|(name, _)| name == TEXT)
    }

    /// Makes the cells of a document. Checks types document by document, so that a value of the wrong type
    /// fails that document only.
    fn cells(&self, values: Vec<Option<Written>>) -> std::result::Result<Vec<Cell>, String> {
        let kinds = self.shape.writes.iter().filter(|(name, _)| name != TEXT);
        let cell = |((name, kind), value): (&(String, DataType), Option<Written>)| match value {
            None | Some(Written::Json(Value::Null)) => Ok(Cell::default()),
            Some(Written::Array(array)) => Ok(Cell::Array(array)),
            Some(Written::Json(value)) => {
                let array = array_from(kind, std::slice::from_ref(&value));
                let array = array.map_err(|error| format!("column `{name}`: {error}"))?;
                Ok(if kind.is_nested() { Cell::Array(array) } else { Cell::Value(value) })
            }
        };
        kinds.zip(values).map(cell).collect()
    }

    fn take_in(&mut self, row: u32, text: &str, mut changes: Changes) {
        let mut cells = Vec::new();
        if !changes.dropped && changes.error.is_none() {
            match self.cells(std::mem::take(&mut changes.values)) {
                Ok(made) => cells = made,
                Err(error) => changes.error = Some(error),
            }
        }
        if changes.error.is_none()
            && !changes.edits.is_empty()
            && let Err(error) = changes.edits.sort_and_check(text)
        {
            changes.error = Some(error.to_string());
        }
        if changes.error.is_none() && !changes.edits.is_empty() && !self.writes_text() {
            changes.error = Some(
                "it edits `text` without declaring it; add `.writes(\"text\", DataType::LargeUtf8)` to its `describe`"
                    .into(),
            );
        }
        if changes.error.is_none() && changes.dropped && !self.shape.selects {
            changes.error =
                Some("it drops documents without declaring it; add `.selects()` to its `describe`".into());
        }
        if let Some(message) = changes.error {
            let event = Event::new(row, Action::Fail, "operator-error").note(message);
            self.happened.push(Happened::Event(event));
            if !self.shape.selects {
                self.keep(row, text, &Edits::new(), Vec::new());
            }
            return;
        }
        self.happened.extend(changes.events.into_iter().map(Happened::Event));
        if changes.dropped {
            return;
        }
        self.keep(row, text, &changes.edits, cells);
        if !changes.edits.is_empty() {
            self.happened.push(Happened::Edits(row, changes.edits));
        }
    }

    fn keep(&mut self, row: u32, text: &str, edits: &Edits, mut cells: Vec<Cell>) {
        if !edits.is_empty() && self.texts.is_none() {
            // Few operators make texts longer, and memory that is reserved but not written costs nothing.
            let mut builder = LargeStringBuilder::with_capacity(self.rows.capacity(), self.bytes);
            for &before in &self.rows {
                builder.append_option(self.received.and_then(|t| t.get(before as usize)));
            }
            self.texts = Some(builder);
        }
        if let Some(builder) = &mut self.texts {
            if edits.is_empty() {
                builder.append_option(self.received.and_then(|t| t.get(row as usize)));
            } else {
                // Writing to a string builder never fails. `append_value` ends the string.
                edits.apply_with(text, |piece| builder.write_str(piece).unwrap_or_default());
                builder.append_value("");
            }
        }
        cells.resize_with(self.columns.len(), Cell::default);
        for (column, cell) in self.columns.iter_mut().zip(cells) {
            column.push(cell);
        }
        self.rows.push(row);
    }

    fn finish(mut self, input: &RecordBatch, call: &Call<'_>) -> Result<Output> {
        let rows = UInt32Array::from(std::mem::take(&mut self.rows));
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(self.shape.writes.len() + 1);
        let mut cells = std::mem::take(&mut self.columns).into_iter();
        for (name, kind) in &self.shape.writes {
            // Building a column of a large batch takes as long as processing several documents.
            call.keep_going()?;
            if name == TEXT {
                columns.push(match self.texts.take() {
                    Some(mut builder) => Arc::new(builder.finish()) as ArrayRef,
                    None => {
                        let received = input.column_by_name(TEXT);
                        let received = received.ok_or(
                            "it writes `text` without reading it; add `.reads(\"text\")` to its `describe`",
                        )?;
                        let kept = if rows.len() == input.num_rows() {
                            Arc::clone(received)
                        } else {
                            take(received, &rows, None)?
                        };
                        to_layout(&kept, &DataType::LargeUtf8)?
                    }
                });
            } else if let Some(column) = cells.next() {
                columns.push(column_of(kind, column)?);
            }
        }
        if self.shape.selects {
            columns.push(Arc::new(rows));
        }
        let options = arrow_array::RecordBatchOptions::new().with_row_count(Some(match columns.first() {
            Some(column) => column.len(),
            None => input.num_rows(),
        }));
        let documents = RecordBatch::try_new_with_options(Arc::clone(&self.shape.schema), columns, &options)?;
        let count = |happened: &Happened| match happened {
            Happened::Event(_) => 1,
            Happened::Edits(_, edits) => edits.len(),
        };
        let mut events = EventsBuilder::with_capacity(self.happened.iter().map(count).sum());
        for happened in self.happened {
            match happened {
                Happened::Event(event) => events.push((&event).into()),
                Happened::Edits(row, edits) => edits.iter().for_each(|edit| events.push_edit(row, edit)),
            }
        }
        Ok(Output { documents, events: events.finish() })
    }
}
