//! The map: notes every document, drops those without text, and removes a mark from the others. With a
//! defect, it does so wrongly.

use crate::defect::{Defect, Options};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock};
use std::thread::ThreadId;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use textmill_plugin::prelude::arrow_array::cast::AsArray;
use textmill_plugin::prelude::arrow_array::{Int32Array, LargeStringArray, StringArray, UInt32Array};
use textmill_plugin::prelude::*;

use arrow_buffer::{Buffer, OffsetBuffer};

/// What the plugin removes from texts.
const MARK: &str = "[mark]";
/// What a document must contain to trigger the defect.
const BOOM: &str = "BOOM";

#[derive(Clone)]
pub struct Bad {
    defect: Defect,
    /// Documents that this worker has seen.
    count: u64,
}

/// State that workers share, although they must not.
static SHARED: AtomicU64 = AtomicU64::new(0);
static HOARD: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());
static FIRST_THREAD: OnceLock<ThreadId> = OnceLock::new();

impl BatchMap for Bad {
    type Options = Options;

    fn describe() -> Describe {
        Describe::new("bad")
            .doc("Notes every document, drops those without text, and takes the marks out of the others.")
            .reads("text")
            .writes("note", DataType::Utf8)
            .writes("text", DataType::LargeUtf8)
            .selects()
    }

    fn bind(options: Options) -> Result<Self> {
        let Options { defect, level } = options;
        match defect {
            Defect::FailOnBind => return Err("it does not want to be bound".into()),
            Defect::PanicOnBind => panic!("boom while binding"),
            Defect::PanicsOnOptions => assert!(level > 0, "boom at level {level}"),
            Defect::BindsOnOneThread => {
                let thread = std::thread::current().id();
                if *FIRST_THREAD.get_or_init(|| thread) != thread {
                    return Err("it is bound on one thread alone".into());
                }
            }
            Defect::LeaksStages => _ = Box::leak(vec![7_u8; 1 << 20].into_boxed_slice()),
            _ => {}
        }
        Ok(Self { defect, count: 0 })
    }

    fn schema(&self) -> Schema {
        let note = if self.defect == Defect::UndeclaredType { DataType::Int64 } else { DataType::Utf8 };
        let mut fields = vec![
            Field::new("note", note, true),
            Field::new("text", DataType::LargeUtf8, true),
            Field::new("row", DataType::UInt32, false),
        ];
        if self.defect == Defect::WritesCarried {
            fields.push(Field::new("carried", DataType::LargeUtf8, true));
        }
        Schema::new(fields)
    }

    fn process(&mut self, batch: &RecordBatch, call: &Call<'_>) -> Result<Output> {
        self.before(batch, call)?;
        let mut events = Vec::new();
        let (mut kept, mut notes, mut texts) = (Vec::new(), Vec::new(), Vec::new());
        for row in Row::of(batch) {
            if row.index() % 64 == 0 {
                self.ask(call)?;
            }
            let number = row.index() as u32;
            let text = match self.defect {
                Defect::ReadsBehindNulls => behind_null(&row),
                _ => row.text(),
            };
            if text.trim().is_empty() {
                events.push(Event::new(number, Action::Drop, "no-text").measured(0.0, 1.0));
                continue;
            }
            kept.push(number);
            notes.push(self.note(&row));
            texts.push(text.replace(MARK, ""));
            let edits = text.match_indices(MARK).map(|(at, mark)| Edit::remove(at..at + mark.len(), "mark"));
            events.extend(edits.map(|edit| Event::of_edit(number, edit)));
        }
        self.answer(batch, call, Draft { events, kept, notes, texts })
    }
}

/// An answer that is being built.
struct Draft {
    events: Vec<Event>,
    kept: Vec<u32>,
    notes: Vec<String>,
    texts: Vec<String>,
}

impl Bad {
    /// Asks whether to go on. A column of a large batch takes as long as many documents.
    fn ask(&self, call: &Call<'_>) -> Result {
        if self.defect == Defect::IgnoresStop { Ok(()) } else { call.keep_going() }
    }

    /// The defects that show when a batch is read.
    fn before(&mut self, batch: &RecordBatch, call: &Call<'_>) -> Result {
        let text = batch.column_by_name("text").ok_or("no text")?;
        match self.defect {
            Defect::PanicsOnEmptyBatch => assert!(batch.num_rows() > 0, "a batch has a row"),
            Defect::WantsAlignment => {
                let bytes = text.to_data().buffers()[0].as_ptr() as usize;
                assert!(bytes.is_multiple_of(16), "its buffers begin at multiples of 16");
            }
            Defect::WantsLargeStrings => {
                let strings = text.as_any().downcast_ref::<LargeStringArray>();
                strings.ok_or("it reads large_utf8, and this is something else")?;
            }
            Defect::AbortsOnNulls if text.null_count() == text.len() && !text.is_empty() => {
                std::process::abort()
            }
            Defect::SlicesBytes => {
                for row in Row::of(batch) {
                    call.at_row(Some(row.index() as u32));
                    std::hint::black_box(&row.text()[..row.text().len().min(10)]);
                }
                call.at_row(None);
            }
            Defect::Recurses => {
                let deep: usize = Row::of(batch).map(|row| depth(row.text().as_bytes())).sum();
                call.metric_add("depth", deep as u64);
            }
            Defect::NeverReleases => std::mem::forget(batch.clone()),
            Defect::SharesState => {
                let mine = SHARED.fetch_add(1, Ordering::SeqCst) + 1;
                std::thread::sleep(Duration::from_millis(3));
                self.count = u64::from(SHARED.load(Ordering::SeqCst) != mine);
            }
            Defect::IgnoresStop => {
                for _ in 0..batch.num_rows() {
                    let until = Instant::now() + Duration::from_micros(700);
                    while Instant::now() < until {}
                }
            }
            Defect::Hoards => {
                if let Ok(mut hoard) = HOARD.lock() {
                    hoard.push(vec![7; batch.get_array_memory_size()]);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn note(&mut self, row: &Row<'_>) -> String {
        self.count += u64::from(self.defect == Defect::CountsAcrossBatches);
        match self.defect {
            Defect::CountsAcrossBatches => format!("number {}", self.count),
            Defect::SharesState if self.count > 0 => "somebody else was here".into(),
            Defect::WritesAddress => format!("at {:p}", row.text()),
            Defect::WritesTime => {
                let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                format!("second {}", now.as_secs())
            }
            Defect::WritesHashOrder => {
                let words: HashMap<&str, usize> = row.text().split(' ').zip(0..).collect();
                words.keys().take(3).copied().collect::<Vec<_>>().join(" ")
            }
            Defect::WritesEnvironment => std::env::var("TZ").unwrap_or_default(),
            _ => "seen".into(),
        }
    }

    /// Builds the answer; if a document triggers the defect, the answer has it.
    fn answer(&self, batch: &RecordBatch, call: &Call<'_>, draft: Draft) -> Result<Output> {
        let Draft { mut events, mut kept, notes, mut texts } = draft;
        let count = kept.len();
        self.ask(call)?;
        let mut note: ArrayRef = Arc::new(StringArray::from(notes));
        self.ask(call)?;
        let boom = Row::of(batch).find(|row| row.text().contains(BOOM));
        self.ask(call)?;
        let Some(row) = boom else {
            return Ok(Output { documents: batch_of(note, texts, kept), events: events.into() });
        };
        let length = row.text().len() as u64;
        let row = row.index() as u32;
        let at = kept.iter().position(|&kept| kept == row).ok_or("a document with text was dropped")?;
        match self.defect {
            Defect::ErrorOnDocument => {
                // The edit of a document that fails must be ignored.
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
            Defect::WrongLength => note = note.slice(0, count - 1),
            Defect::RowOutOfRange => kept[at] = batch.num_rows() as u32 + 900,
            Defect::RowsDescend => kept[at] = kept[at].wrapping_sub(1),
            Defect::InvalidUtf8 => note = broken_strings(count, at),
            Defect::EventOutOfRange => {
                events.push(Event::new(batch.num_rows() as u32 + 5, Action::Annotate, "boom"));
            }
            Defect::EventWithoutRule => events.push(Event::new(row, Action::Annotate, "")),
            Defect::EventOfNoNumber => events.push(Event::new(row, Action::Annotate, "boom").value(f64::NAN)),
            Defect::EventBeyondText => {
                let mut event = Event::new(row, Action::Annotate, "boom");
                (event.start, event.end) = (Some(0), Some(length + 1));
                events.push(event);
            }
            Defect::EditWithoutChange => events.push(Event::of_edit(row, Edit::remove(0..1, "boom"))),
            Defect::DropAndKeep => events.push(Event::new(row, Action::Drop, "boom")),
            Defect::DropWithoutEvent => {
                kept.remove(at);
                texts.remove(at);
                let notes = note.as_string::<i32>().iter().enumerate().filter(|(n, _)| *n != at);
                note = Arc::new(notes.map(|(_, note)| note).collect::<StringArray>());
            }
            Defect::ReportError => {
                call.at_row(Some(row));
                call.report(Level::Error, "boom", "it went boom without an event");
                call.at_row(None);
            }
            // SAFETY: not sound, on purpose: there is nothing at this address.
            Defect::Segfault => unsafe { std::ptr::without_provenance_mut::<u8>(8).write_volatile(1) },
            Defect::Abort => std::process::abort(),
            Defect::Exit => {
                println!("a plugin has no business here");
                std::process::exit(0);
            }
            Defect::EndlessLoop => loop {
                std::thread::sleep(Duration::from_millis(20));
            },
            Defect::AllocationStorm => {
                let mut hoard: Vec<Vec<u8>> = Vec::new();
                // Never touched, so the system hands out addresses but no memory.
                loop {
                    hoard.push(std::hint::black_box(Vec::with_capacity(1 << 28)));
                }
            }
            _ => {}
        }
        Ok(Output { documents: batch_of(note, texts, kept), events: events.into() })
    }
}

/// The string in the buffer, even if the value is null.
fn behind_null<'a>(row: &Row<'a>) -> &'a str {
    let strings = row.array("text").and_then(|a| a.as_string_opt::<i64>());
    strings.map_or("", |strings| strings.value(row.index()))
}

/// The depth of a document, with one recursive call per byte.
fn depth(text: &[u8]) -> usize {
    let Some((first, rest)) = text.split_first() else { return 0 };
    std::hint::black_box(usize::from(*first > 0)) + depth(std::hint::black_box(rest))
}

/// Strings, one of which is not UTF-8.
fn broken_strings(count: usize, at: usize) -> ArrayRef {
    let bytes: Vec<u8> = (0..count).flat_map(|row| if row == at { [0xff, 0xfe] } else { *b"ok" }).collect();
    let offsets = OffsetBuffer::from_lengths(std::iter::repeat_n(2, count));
    // SAFETY: not sound, on purpose: nothing here reads the strings, and the host must find out.
    Arc::new(unsafe { StringArray::new_unchecked(offsets, Buffer::from_vec(bytes), None) })
}

/// A batch whose columns may have the wrong length or type: the host checks the answer, not this function.
fn batch_of(note: ArrayRef, texts: Vec<String>, kept: Vec<u32>) -> RecordBatch {
    let rows = kept.len();
    let texts: ArrayRef = Arc::new(LargeStringArray::from(texts));
    let columns: Vec<ArrayRef> = vec![note, texts, Arc::new(UInt32Array::from(kept))];
    let fields: Vec<Field> = ["note", "text", "row"]
        .iter()
        .zip(&columns)
        .map(|(name, column)| Field::new(*name, column.data_type().clone(), true))
        .collect();
    // SAFETY: not sound where lengths differ, on purpose.
    unsafe { RecordBatch::new_unchecked(Arc::new(Schema::new(fields)), columns, rows) }
}
