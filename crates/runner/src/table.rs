//! Tables and numbers in human-readable form.

use crate::engine::{Counts, Prepared, Totals};
use crate::output::Timings;
use comfy_table::{CellAlignment, Table, presets};
use std::borrow::Cow;
use std::time::Duration;

/// A number of bytes with a unit.
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
    let mut value = count as f64;
    let mut unit = 0;
    while value >= 1000.0 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    if unit == 0 { format!("{count} B") } else { format!("{value:.1} {}", UNITS[unit]) }
}

/// A number with its noun, such as `1 document`.
pub fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

/// The first `most` characters of a text, with an ellipsis if there are more.
pub fn beginning(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

/// How many documents were read, as a clause.
pub fn were_read(documents: u64) -> String {
    let verb = if documents == 1 { "was" } else { "were" };
    format!("{} {verb} read", count(documents as usize, "document"))
}

/// A number with at most four decimals and no trailing zeros.
pub fn number(value: f64) -> String {
    let text = format!("{value:.4}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    text.to_owned()
}

/// A time with a unit.
pub fn duration(nanos: u64) -> String {
    let seconds = Duration::from_nanos(nanos).as_secs_f64();
    match seconds {
        s if s < 1.0 => format!("{:.1} ms", s * 1e3),
        s if s < 120.0 => format!("{s:.1} s"),
        s => format!("{:.1} min", s / 60.0),
    }
}

/// An empty table with headings. All columns but the first `left` are right-aligned.
pub fn table(headings: &[&str], left: usize) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_header(headings);
    for column in table.column_iter_mut().skip(left) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// A table as text, without white space at the ends of lines.
pub fn drawn(table: &Table) -> String {
    table.to_string().lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// What each stage did, one row per stage.
pub fn stages(prepared: &Prepared, counts: &Counts, totals: Totals) -> String {
    let headings =
        ["stage", "in", "out", "dropped", "failed", "edited", "bytes in", "bytes out", "time", "docs/s"];
    let mut table = table(&headings, 1);
    let input = &counts.input;
    table.add_row(vec![
        "input".to_owned(),
        input.documents_in.to_string(),
        input.documents_out.to_string(),
        input.dropped.to_string(),
        input.failed.to_string(),
        String::new(),
        String::new(),
        bytes(input.bytes_out),
        String::new(),
        String::new(),
    ]);
    for (stage, counts) in prepared.stages.iter().zip(&counts.stages) {
        let rate = counts.documents_in as f64 / Duration::from_nanos(counts.nanos.max(1)).as_secs_f64();
        table.add_row(vec![
            stage.name.clone(),
            counts.documents_in.to_string(),
            counts.documents_out.to_string(),
            counts.dropped.to_string(),
            counts.failed.to_string(),
            counts.edited.to_string(),
            bytes(counts.bytes_in),
            bytes(counts.bytes_out),
            duration(counts.nanos),
            format!("{rate:.0}"),
        ]);
    }
    let Totals { read, written, rejected, failed } = totals;
    let table = drawn(&table);
    format!("{table}\n{read} read = {written} written + {rejected} rejected + {failed} failed")
}

/// How the threads spent the time of a run, and its memory.
pub fn profile(prepared: &Prepared, counts: &Counts, timings: &Timings, threads: usize) -> String {
    let headings = ["profile", "time", "share", "docs/s", "bytes/s", "host buffers"];
    let mut table = table(&headings, 1);
    let all = (timings.elapsed.as_nanos() as u64 * threads as u64).max(1);
    let share = |nanos: u64| format!("{:.1} %", nanos as f64 * 100.0 / all as f64);
    let mut outside = |name: &str, nanos: u64| {
        let empty = String::new;
        table.add_row(vec![name.to_owned(), duration(nanos), share(nanos), empty(), empty(), empty()]);
    };
    outside("taking input", timings.taking);
    outside("parsing input", timings.reading);
    outside("committing", timings.committing);
    outside("waiting for room", timings.waiting);
    for (stage, counts) in prepared.stages.iter().zip(&counts.stages) {
        let seconds = Duration::from_nanos(counts.nanos.max(1)).as_secs_f64();
        table.add_row(vec![
            stage.name.clone(),
            duration(counts.nanos),
            share(counts.nanos),
            format!("{:.0}", counts.documents_in as f64 / seconds),
            format!("{}/s", bytes((counts.bytes_in as f64 / seconds) as u64)),
            bytes(counts.host_bytes),
        ]);
    }
    let table = drawn(&table);
    format!("{table}\nspilled: {}", bytes(timings.spilled))
}
