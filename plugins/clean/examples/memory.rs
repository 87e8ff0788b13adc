//! Prints how many megabytes cleaning one page takes at its peak, including its text before and after. Not
//! part of the plugin. Linux only.
//!
//! Takes the page on standard input and its media type as the first argument (`text/html`).

use std::io::{Read, Write};

use clean::clean::{Cleaner, Format};
use clean::html::is_html;
use clean::options::Options;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let kind = std::env::args().nth(1).unwrap_or_else(|| "text/html".to_owned());
    let format = if is_html(&kind) { Format::Html } else { Format::Plain };
    let cleaner = Cleaner::new(&Options::default()).map_err(|e| format!("{e:?}"))?;
    // The first page builds the tables, which stay in memory.
    cleaner.clean_as(format, "<p>The ferry runs again, after a winter of planing.", None)?;
    let before = megabytes("VmRSS")?;
    let mut page = String::new();
    std::io::stdin().read_to_string(&mut page)?;
    page.shrink_to_fit();
    // Resets the high-water mark.
    std::fs::write("/proc/self/clear_refs", "5")?;
    let cleaned = cleaner.clean_as(format, &page, None)?;
    let (peak, edits, left) = (megabytes("VmHWM")?, cleaned.edits.len(), cleaned.text.len() as f64 / 1e6);
    let document = page.len() as f64 / 1e6;
    writeln!(
        std::io::stdout(),
        "{:.1} MB for a page of {document:.1} MB ({edits} edits, {left:.1} MB left), {before:.1} MB before",
        peak - before
    )?;
    Ok(())
}

/// A value of `/proc/self/status` in megabytes.
fn megabytes(name: &str) -> Result<f64, Box<dyn std::error::Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let number = line.and_then(|line| line.split_whitespace().next()).ok_or("no such line")?;
    Ok(number.parse::<f64>()? * 1024.0 / 1e6)
}
