//! A plugin with every defect that a plugin can have, one at a time. A document that holds the word
//! `BOOM` sets it off; batches without one are handled as they should be.

#![expect(clippy::panic, reason = "panicking is one of the defects")]

use arrow_array::{Int32Array, StringArray, UInt32Array};
use arrow_buffer::{Buffer, OffsetBuffer};
use std::sync::Arc;
use textmill_plugin::prelude::*;

/// A way to be broken.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Defect {
    ErrorOnDocument,
    ErrorOnBatch,
    PanicOnDocument,
    PanicOnBatch,
    WrongColumnType,
    UndeclaredType,
    WrongLength,
    RowOutOfRange,
    RowsDescend,
    InvalidUtf8,
    DropWithoutEvent,
    DropAndKeep,
    EventOutOfRange,
    EditWithoutChange,
    FailOnBind,
    ReportError,
    WritesCarried,
}

/// Options of the bad plugin.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Options {
    /// What is wrong with it.
    defect: Defect,
}

#[derive(Clone)]
struct Bad(Defect);

impl BatchMap for Bad {
    type Options = Options;

    fn describe() -> Describe {
        Describe::new("bad")
            .reads("text")
            .writes("note", DataType::Utf8)
            .writes("text", DataType::LargeUtf8)
            .selects()
    }

    fn bind(options: Options) -> Result<Self> {
        match options.defect {
            Defect::FailOnBind => Err("it does not want to be bound".into()),
            defect => Ok(Self(defect)),
        }
    }

    fn schema(&self) -> Schema {
        let note = if self.0 == Defect::UndeclaredType { DataType::Int64 } else { DataType::Utf8 };
        let mut fields = vec![
            Field::new("note", note, true),
            Field::new("text", DataType::LargeUtf8, true),
            Field::new("row", DataType::UInt32, false),
        ];
        if self.0 == Defect::WritesCarried {
            fields.push(Field::new("carried", DataType::LargeUtf8, true));
        }
        Schema::new(fields)
    }

    fn process(&mut self, batch: &RecordBatch, call: &Call<'_>) -> Result<Output> {
        let rows: Vec<Row<'_>> = Row::of(batch).collect();
        let count = rows.len();
        let boom = rows.iter().position(|row| row.text().contains("BOOM"));
        let mut events = Vec::new();
        let mut kept: Vec<u32> = (0..count as u32).collect();
        let mut note: ArrayRef = Arc::new(StringArray::from(vec!["seen"; count]));
        if let Some(boom) = boom {
            let row = boom as u32;
            match self.0 {
                Defect::ErrorOnDocument => {
                    // An edit of a document that fails is nobody's edit.
                    events.push(Event::of_edit(row, Edit::remove(0..1, "boom")));
                    events.push(Event::new(row, Action::Fail, "boom").note("it went boom"));
                }
                Defect::ErrorOnBatch => return Err("the batch went boom".into()),
                Defect::PanicOnDocument => {
                    call.at_row(Some(row));
                    panic!("boom in row {row} of a batch");
                }
                Defect::PanicOnBatch => panic!("boom somewhere"),
                Defect::WrongColumnType => note = Arc::new(Int32Array::from(vec![7; count])),
                Defect::WrongLength => note = Arc::new(StringArray::from(vec!["seen"; count - 1])),
                Defect::RowOutOfRange => kept[boom] = count as u32 + 900,
                Defect::RowsDescend => kept[boom] = kept[boom].wrapping_sub(1),
                Defect::InvalidUtf8 => note = broken_strings(count, boom),
                Defect::EventOutOfRange => {
                    events.push(Event::new(count as u32 + 5, Action::Annotate, "boom"))
                }
                Defect::EditWithoutChange => events.push(Event::of_edit(row, Edit::remove(0..1, "boom"))),
                Defect::DropAndKeep => events.push(Event::new(row, Action::Drop, "boom")),
                Defect::ReportError => {
                    call.at_row(Some(row));
                    call.report(Level::Error, "boom", "it went boom without an event");
                    call.at_row(None);
                }
                Defect::DropWithoutEvent
                | Defect::WritesCarried
                | Defect::UndeclaredType
                | Defect::FailOnBind => {}
            }
            if self.0 == Defect::DropWithoutEvent {
                kept.remove(boom);
                note = note.slice(0, count - 1);
            }
        }
        let text = batch.column_by_name("text").ok_or("no text")?;
        let text = text.slice(0, kept.len());
        let text: ArrayRef = if kept.len() == count {
            text
        } else {
            let strings =
                rows.iter().filter(|row| kept.contains(&(row.index() as u32))).map(|row| Some(row.text()));
            Arc::new(strings.collect::<arrow_array::LargeStringArray>())
        };
        let columns: Vec<ArrayRef> = vec![note, text, Arc::new(UInt32Array::from(kept))];
        let fields: Vec<Field> = ["note", "text", "row"]
            .iter()
            .zip(&columns)
            .map(|(name, column)| Field::new(*name, column.data_type().clone(), true))
            .collect();
        let documents = unequal_batch(Schema::new(fields), columns);
        // An honest answer again where only the event lies.
        Ok(Output { documents, events })
    }
}

/// Strings of which one is not UTF-8.
fn broken_strings(count: usize, at: usize) -> ArrayRef {
    let bytes: Vec<u8> = (0..count).flat_map(|row| if row == at { [0xff, 0xfe] } else { *b"ok" }).collect();
    let offsets = OffsetBuffer::from_lengths(std::iter::repeat_n(2, count));
    // SAFETY: not sound, on purpose: nothing here reads the strings, and the host must find out.
    Arc::new(unsafe { StringArray::new_unchecked(offsets, Buffer::from_vec(bytes), None) })
}

/// A batch of columns that may differ in length: what comes out is checked by the host, not here.
fn unequal_batch(schema: Schema, columns: Vec<ArrayRef>) -> RecordBatch {
    let rows = columns.last().map_or(0, |c| c.len());
    // SAFETY: not sound where lengths differ, on purpose.
    unsafe { RecordBatch::new_unchecked(Arc::new(schema), columns, rows) }
}

/// An aggregate that panics halfway through a document.
struct Count;

impl Aggregate for Count {
    type Options = NoOptions;
    type State = u64;

    fn describe() -> Describe {
        Describe::new("count").reads("text")
    }

    fn bind(_: NoOptions) -> Result<Self> {
        Ok(Self)
    }

    fn update(&self, state: &mut u64, row: &Row<'_>) -> Result<()> {
        *state += 1;
        assert!(!row.text().contains("BOOM"), "boom while counting");
        Ok(())
    }

    fn merge(&self, into: &mut u64, from: u64) -> Result<()> {
        *into += from;
        Ok(())
    }

    fn finish(&self, state: u64) -> Result<Value> {
        Ok(state.into())
    }

    fn memory_bytes(&self, _: &u64) -> u64 {
        8
    }
}

/// No options.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NoOptions {}

textmill_plugin::export!(batch_map::<Bad>(), aggregate::<Count>());
