//! Writes what the model sees of labelled pages, for `train/train.py`; no part of the plugin.
//!
//! Takes pages on standard input, JSON Lines with `id`, `text` and, where it is HTML, `media_type`. Writes a JSON line for each page: `id`, and
//! `lines`, its lines that are not blank; then for each column the bytes of that column, raw. The first line
//! of the output is the list of the columns' names.

use std::io::{BufRead, Write};

use clean::clean::{Cleaner, Format};
use clean::html::is_html;
use clean::options::Options;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let cleaner = Cleaner::new(&Options::default()).map_err(|e| format!("{e:?}"))?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for (number, page) in std::io::stdin().lock().lines().enumerate() {
        let page: serde_json::Value = serde_json::from_str(&page?)?;
        let text = page["text"].as_str().ok_or("a page has no text")?;
        let mut lines = Vec::new();
        let format =
            if page["media_type"].as_str().is_some_and(is_html) { Format::Html } else { Format::Plain };
        let grid = cleaner.features(format, text, |line| lines.push(line.to_owned()))?;
        if number == 0 {
            writeln!(out, "{}", serde_json::to_string(grid.names())?)?;
        }
        writeln!(out, "{}", serde_json::json!({"id": page["id"], "lines": lines}))?;
        for column in 0..grid.names().len() {
            out.write_all(grid.column(column, 0))?;
        }
    }
    Ok(out.flush()?)
}
