//! A plugin that takes down the process if a document tells it to. It also prints to stdout, logs, counts,
//! and reports on rows.

#![expect(clippy::print_stdout, reason = "a plugin's output must not get in the way of the program's")]

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use textmill_plugin::prelude::*;

#[derive(Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Poison {
    /// Dies as it is bound.
    at_binding: bool,
}

fn take(text: &str) {
    if text.contains("SEGFAULT") {
        // SAFETY: not sound, on purpose.
        unsafe { black_box(std::ptr::without_provenance_mut::<u8>(8)).write_volatile(1) }
    }
    if text.contains("ABORT") {
        std::process::abort();
    }
    if text.contains("EXIT") {
        std::process::exit(7);
    }
    if text.contains("HANG") {
        loop {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }
    if text.contains("STORM") {
        let mut all: Vec<Vec<u8>> = Vec::new();
        loop {
            all.push(black_box(vec![1; 16 << 20]));
        }
    }
    if text.contains("GRANDCHILD") {
        // It outlives the plugin and holds whatever the plugin has open.
        let sleep = std::process::Command::new("sleep").arg("600").spawn();
        std::mem::forget(sleep);
        std::process::abort();
    }
    // Aborts at the next document.
    static LATER: AtomicBool = AtomicBool::new(false);
    if LATER.swap(text.contains("LATER"), Ordering::Relaxed) {
        std::process::abort();
    }
    assert!(!text.contains("PANIC"), "it does not like this one");
}

impl Poison {
    fn ready(self) -> Result<()> {
        if self.at_binding {
            take("SEGFAULT");
        }
        Ok(())
    }
}

/// Takes documents one by one.
#[derive(Clone)]
struct Loud;

impl Map for Loud {
    type Options = Poison;

    fn describe() -> Describe {
        Describe::new("loud")
            .reads("text")
            .writes("length", DataType::UInt64)
            .writes("text", DataType::LargeUtf8)
    }

    fn bind(options: Poison) -> Result<Self> {
        options.ready().map(|()| Self)
    }

    fn map(&mut self, doc: &mut Doc<'_>) -> Result<()> {
        println!("a line that is nobody's");
        doc.call().metric_add("seen", 1);
        take(doc.text());
        if doc.text().contains("REPORT") {
            doc.call().report(Level::Error, "reported", "it is reported on");
        }
        doc.set("length", doc.text().len());
        if doc.text().starts_with(' ') {
            doc.edit(Edit::remove(0..1, "space"));
        }
        Ok(())
    }
}

/// Takes batches, and does not report the current row.
#[derive(Clone)]
struct Silent;

impl BatchMap for Silent {
    type Options = Poison;

    fn describe() -> Describe {
        Describe::new("silent").reads("text")
    }

    fn bind(options: Poison) -> Result<Self> {
        options.ready().map(|()| Self)
    }

    fn schema(&self) -> Schema {
        Schema::empty()
    }

    fn process(&mut self, batch: &RecordBatch, _: &Call<'_>) -> Result<Output> {
        Row::of(batch).for_each(|row| take(row.text()));
        let options = arrow_array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        let documents =
            RecordBatch::try_new_with_options(std::sync::Arc::new(Schema::empty()), Vec::new(), &options)?;
        Ok(Output { documents, events: Events::new() })
    }
}

/// Counts documents.
struct Count;

impl Aggregate for Count {
    type Options = Poison;
    type State = u64;

    fn describe() -> Describe {
        Describe::new("count").reads("text")
    }

    fn bind(options: Poison) -> Result<Self> {
        options.ready().map(|()| Self)
    }

    fn update(&self, state: &mut u64, row: &Row<'_>) -> Result<()> {
        *state += 1;
        take(row.text());
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

textmill_plugin::export!(map::<Loud>(), batch_map::<Silent>(), aggregate::<Count>());
