//! Measures how many megabytes of text a second sketching processes on one core: words, shingles, minima,
//! band keys. Not part of the plugin.
//!
//! Reads documents from standard input, as JSON Lines with `text`. The first argument is the number of rounds
//! (5 if there is none). Prints the medians over the rounds: hash of the words alone, shingles, and shingles
//! with the minima of FineWeb's bands and of those for 0.8 and 0.5.

use dedupe::bands::{Bands, FINEWEB};
use dedupe::minhash::MinHash;
use dedupe::options::Options;
use dedupe::sketch::Sketcher;
use std::hint::black_box;
use std::io::{BufRead, Write};
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rounds: usize = std::env::args().nth(1).map_or(Ok(5), |n| n.parse())?;
    let mut texts: Vec<String> = Vec::new();
    for line in std::io::stdin().lock().lines() {
        let document: serde_json::Value = serde_json::from_str(&line?)?;
        texts.push(document["text"].as_str().ok_or("a document has no text")?.to_owned());
    }
    let bytes: usize = texts.iter().map(String::len).sum();
    let mut sketcher = Sketcher::new(&Options::default());
    let mut table = vec![("hash of the words", Vec::new()), ("words and shingles", Vec::new())];
    let bands = [
        ("with 14 bands of 8, FineWeb's", FINEWEB),
        ("with the bands for 0.8", Bands::for_threshold(0.8)),
        ("with the bands for 0.5", Bands::for_threshold(0.5)),
    ];
    table.extend(bands.iter().map(|(name, _)| (*name, Vec::new())));
    for _ in 0..rounds.max(1) {
        let mut measure = |at: usize, work: &mut dyn FnMut(&str)| {
            let start = Instant::now();
            texts.iter().for_each(|text| work(text));
            table[at].1.push(bytes as f64 / 1e6 / start.elapsed().as_secs_f64());
        };
        measure(0, &mut |text| _ = black_box(sketcher.exact(text)));
        measure(1, &mut |text| _ = black_box(sketcher.sketch(text)));
        for (at, (_, bands)) in bands.iter().enumerate() {
            let mut minhash = MinHash::new(*bands);
            measure(at + 2, &mut |text| {
                if let Some((_, shingles)) = sketcher.sketch(text) {
                    minhash.keys(shingles).for_each(|key| _ = black_box(key));
                }
            });
        }
    }
    for (name, mut rates) in table {
        rates.sort_by(f64::total_cmp);
        writeln!(std::io::stdout(), "{name:32} {:6.0} MB/s", rates[rates.len() / 2])?;
    }
    Ok(())
}
