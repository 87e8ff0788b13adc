//! Writes the features of labelled pages, as the model sees them, for `train/train.py`. Not part of the
//! plugin.
//!
//! Takes pages on standard input as JSON Lines with `id`, `text`, `media_type` for HTML, and `joins`, which
//! says whether to leave out the lines in the middle of long menus. The first line of the output is the list
//! of the columns' names. For each page follows a JSON line, then the raw bytes of each column. The JSON line
//! has:
//! - `id`
//! - `lines`: the lines that the model scores, none of them blank
//! - `words`: for each line, the words that the lexicon looks up, with the indices of their weights
//! - `blocks`, for HTML: for each block, the number of the block around it, and its names
//! - `block_of`, for HTML: the number of each line's block

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
        let Features { grid, lines, blocks, block_of } =
            cleaner.features(format, text, page["joins"] == true)?;
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
