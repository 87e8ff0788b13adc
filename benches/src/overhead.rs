//! `overhead [ROUNDS]`: measures the cost of passing a batch to a plugin and back: by a direct call, through
//! the C tables of a loaded library, and to a process of its own. Prints a line for each measurement:
//! operator, text in a batch (`tiny` or KiB), way, whether a bare call or a whole stage, and the median,
//! least and greatest microseconds of a call. The library `no_op` is in the folder `examples` beside this
//! program.

use arrow_array::{LargeStringArray, RecordBatch, UInt64Array};
use arrow_schema::{DataType, Field, Schema};
use std::io::Write;
use std::sync::Arc;
use std::time::Instant;
use std::{env, io};
use textmill::host::{LoadedPlugin, library_name};
use textmill::isolate::{IsolatedPlugin, Limits, Repros, SUBCOMMAND};
use textmill_plugin::call::{Call, NoHost};
use textmill_plugin::drive::bind::BoundOperator;
use textmill_plugin::drive::map::MapDriver;
use textmill_plugin::error::Result;
use textmill_plugin::operator::{Plugin, Worker};

#[path = "no_op.rs"]
mod no_op;

/// Documents in a batch, and bytes of text in each document.
const SHAPES: [(usize, usize); 3] = [(1, 64), (256, 4096), (1024, 4096)];

/// The program's allocator: without it, every batch would pay for fresh pages.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result {
    let arguments: Vec<_> = env::args_os().collect();
    // An isolated plugin runs in a process of this very program.
    if arguments.get(1).is_some_and(|first| first == SUBCOMMAND) {
        std::process::exit(textmill::main(arguments).into());
    }
    let rounds = match arguments.get(1).and_then(|rounds| rounds.to_str()) {
        Some(rounds) => rounds.parse()?,
        None => 20,
    };
    let library = env::current_exe()?.with_file_name("examples").join(library_name("no-op"));
    let loaded = LoadedPlugin::open(&library)?;
    let isolated = IsolatedPlugin::open(&library, None, Limits::default(), Repros::default())?;
    let native = no_op::plugin();
    let ways: [(&str, &dyn Plugin); 3] = [("direct", &native), ("loaded", &loaded), ("isolated", &isolated)];
    for operator in ["nothing", "same"] {
        for (documents, bytes) in SHAPES {
            measure(&ways, operator, &batch(documents, bytes)?, rounds)?;
        }
    }
    Ok(())
}

fn measure(ways: &[(&str, &dyn Plugin); 3], operator: &str, batch: &RecordBatch, rounds: usize) -> Result {
    let call = Call::new(&NoHost);
    let options = serde_json::json!({});
    let text = batch.column(1).get_buffer_memory_size() / (1 << 10);
    let text = if text == 0 { "tiny".to_owned() } else { format!("{text} KiB") };
    let mut bound = Vec::new();
    for (name, plugin) in ways {
        bound.push((
            *name,
            BoundOperator::bind(*plugin, &call, Some(operator), &options, batch.schema_ref())?,
        ));
    }
    let mut workers: Vec<(&str, Box<dyn Worker>, MapDriver<'_>)> = Vec::new();
    for (name, operator) in &bound {
        workers.push((name, operator.stage.new_worker(&call)?, MapDriver::new(operator)));
    }
    let passed = bound[0].1.project(batch)?;
    let mut calls = vec![Vec::new(); workers.len()];
    let mut drives = vec![Vec::new(); workers.len()];
    let many = if passed.num_rows() == 1 { 200 } else { 10 };
    // The ways take turns, so that other load on the machine affects all of them.
    for _ in 0..rounds {
        for (way, (_, worker, driver)) in workers.iter_mut().enumerate() {
            let started = Instant::now();
            for _ in 0..many {
                worker.process(&call, passed.clone())?;
            }
            calls[way].push(started.elapsed().as_secs_f64() * 1e6 / f64::from(many));
            let started = Instant::now();
            for _ in 0..many {
                driver.run(&NoHost, batch)?;
            }
            drives[way].push(started.elapsed().as_secs_f64() * 1e6 / f64::from(many));
        }
    }
    for (way, (name, ..)) in workers.iter().enumerate() {
        for (what, times) in [("call", &mut calls[way]), ("stage", &mut drives[way])] {
            times.sort_by(f64::total_cmp);
            let (least, median, most) = (times[0], times[times.len() / 2], times[times.len() - 1]);
            let line = format!("{operator}\t{text}\t{name}\t{what}\t{median:.2}\t{least:.2}\t{most:.2}");
            writeln!(io::stdout(), "{line}")?;
        }
    }
    Ok(())
}

/// A batch of equal documents.
fn batch(documents: usize, bytes: usize) -> Result<RecordBatch> {
    let text: String = "The river rose by two metres overnight. ".chars().cycle().take(bytes).collect();
    let schema = Schema::new(vec![
        Field::new("ordinal", DataType::UInt64, false),
        Field::new("text", DataType::LargeUtf8, true),
    ]);
    let ordinals = UInt64Array::from_iter_values(0..documents as u64);
    let texts = LargeStringArray::from_iter_values(std::iter::repeat_n(text, documents));
    Ok(RecordBatch::try_new(Arc::new(schema), vec![Arc::new(ordinals), Arc::new(texts)])?)
}
