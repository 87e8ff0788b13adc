//! Prints how many megabytes of text cleaning takes per second on one core, without the runner. Not part of
//! the plugin.
//!
//! Takes pages on standard input as JSON Lines with `text` and optionally `media_type`. Prints the median of
//! several rounds; the first argument sets their number (default 5).

use std::io::{BufRead, Write};
use std::time::Instant;

use clean::clean::{Cleaner, Format};
use clean::html::is_html;
use clean::options::Options;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rounds: usize = std::env::args().nth(1).map_or(Ok(5), |n| n.parse())?;
    let cleaner = Cleaner::new(&Options::default()).map_err(|e| format!("{e:?}"))?;
    let mut texts = Vec::new();
    for page in std::io::stdin().lock().lines() {
        let page: serde_json::Value = serde_json::from_str(&page?)?;
        let format =
            if page["media_type"].as_str().is_some_and(is_html) { Format::Html } else { Format::Plain };
        texts.push((format, page["text"].as_str().ok_or("a page has no text")?.to_owned()));
    }
    let bytes: usize = texts.iter().map(|(_, text)| text.len()).sum();
    let lines: usize = texts.iter().map(|(_, text)| text.lines().count()).sum();
    let mut rates = Vec::new();
    for _ in 0..rounds.max(1) {
        let start = Instant::now();
        let mut left = 0;
        for (format, text) in &texts {
            left += cleaner.clean_as(*format, text, None)?.text.len();
        }
        rates.push(bytes as f64 / 1e6 / start.elapsed().as_secs_f64());
        std::hint::black_box(left);
    }
    rates.sort_by(f64::total_cmp);
    let (rate, rounds) = (rates[rates.len() / 2], rates.len());
    let (pages, line) = (texts.len(), bytes / lines.max(1));
    writeln!(std::io::stdout(), "{rate:.1} MB/s (median of {rounds}), {pages} pages, {line} bytes a line")?;
    Ok(())
}
