//! Tables and numbers for people.

use crate::engine::{Counts, Prepared, Totals};
use comfy_table::{CellAlignment, Table, presets};
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

fn duration(nanos: u64) -> String {
    let seconds = Duration::from_nanos(nanos).as_secs_f64();
    match seconds {
        s if s < 1.0 => format!("{:.1} ms", s * 1e3),
        s if s < 120.0 => format!("{s:.1} s"),
        s => format!("{:.1} min", s / 60.0),
    }
}

/// An empty table with headings; all columns but the first `left` are aligned right.
pub fn table(headings: &[&str], left: usize) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_header(headings);
    for column in table.column_iter_mut().skip(left) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// What each stage did, a row a stage.
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
    let table = table.to_string().lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    format!("{table}\n{read} read = {written} written + {rejected} rejected + {failed} failed")
}
