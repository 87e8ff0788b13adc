//! Writes what the model sees of labelled pages, for `train/train.py`; no part of the plugin.
//!
//! Takes pages on standard input, JSON Lines with `id`, `text` and, where it is HTML, `media_type`. Writes a JSON line for each page: `id`,
//! `lines`, its lines that are not blank, `words`, what the lexicon is asked of each line, and of HTML `blocks`, the number of the block around
//! each block with its names, and `block_of`, the number of each line's block; then for each column the bytes of that column, raw. The first line
//! of the output is the list of the columns' names.

use std::io::{BufRead, Write};

use clean::clean::{Cleaner, Features, Format};
use clean::html::is_html;
use clean::model::lexicon::Lexicon;
use clean::options::Options;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let cleaner = Cleaner::new(&Options::default()).map_err(|e| format!("{e:?}"))?.for_training();
    let lexicon = |lexicon: Result<Lexicon, _>| lexicon.map_err(|e| format!("{e:?}"));
    let (plain, html) = (lexicon(Lexicon::plain())?, lexicon(Lexicon::html())?);
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for (number, page) in std::io::stdin().lock().lines().enumerate() {
        let page: serde_json::Value = serde_json::from_str(&page?)?;
        let text = page["text"].as_str().ok_or("a page has no text")?;
        let format =
            if page["media_type"].as_str().is_some_and(is_html) { Format::Html } else { Format::Plain };
        let lexicon = if format == Format::Html { &html } else { &plain };
        let Features { grid, lines, blocks, block_of } = cleaner.features(format, text)?;
        let words: Vec<_> = lines.iter().map(|line| lexicon.asked(line)).collect();
        if number == 0 {
            writeln!(out, "{}", serde_json::to_string(grid.names())?)?;
        }
        let id = &page["id"];
        let head = serde_json::json!({"id": id, "lines": lines, "words": words, "blocks": blocks, "block_of": block_of});
        writeln!(out, "{head}")?;
        for column in 0..grid.names().len() {
            out.write_all(grid.column(column, 0))?;
        }
    }
    Ok(out.flush()?)
}
