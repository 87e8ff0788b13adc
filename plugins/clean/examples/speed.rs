//! Megabytes of text a second that cleaning takes on one core, without the program around it; no part of the plugin.
//!
//! Takes pages on standard input, JSON Lines with `text` and perhaps `media_type`. Prints the median of the rounds that the first
//! argument asks for (5).

use std::io::{BufRead, Write};
use std::time::Instant;

use clean::clean::Cleaner;
use clean::options::Options;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rounds: usize = std::env::args().nth(1).map_or(Ok(5), |n| n.parse())?;
    let cleaner = Cleaner::new(&Options::default()).map_err(|e| format!("{e:?}"))?;
    let mut texts = Vec::new();
    for page in std::io::stdin().lock().lines() {
        let page: serde_json::Value = serde_json::from_str(&page?)?;
        texts.push(page["text"].as_str().ok_or("a page has no text")?.to_owned());
    }
    let bytes: usize = texts.iter().map(String::len).sum();
    let lines: usize = texts.iter().map(|t| t.lines().count()).sum();
    let mut rates = Vec::new();
    for _ in 0..rounds.max(1) {
        let start = Instant::now();
        let mut left = 0;
        for text in &texts {
            left += cleaner.clean(text, None)?.text.len();
        }
        rates.push(bytes as f64 / 1e6 / start.elapsed().as_secs_f64());
        std::hint::black_box(left);
    }
    rates.sort_by(f64::total_cmp);
    let (rate, rounds) = (rates[rates.len() / 2], rates.len());
    let (pages, line) = (texts.len(), bytes / lines.max(1));
    writeln!(std::io::stdout(), "{rate:.0} MB/s (median of {rounds}), {pages} pages, {line} bytes a line")?;
    Ok(())
}
