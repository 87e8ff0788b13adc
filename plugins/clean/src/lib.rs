//! The `clean` plugin: decodes, repairs and normalises the text of a saved page, and removes what belongs to
//! the page and not to the document. Wiring only; the work is in [`clean`].
//!
//! A page passes through [`html`], if it is HTML, and [`repair`]. `lines` counts what each line contains,
//! `rules` judge lines alone and in their context, [`model`] estimates how likely each line is to be main
//! text, [`decide`] weighs the two, and `outcome` turns the decisions into edits. [`quality`] and [`pii`]
//! work on the text that is left.
#![forbid(unsafe_code)]

pub mod clean;
mod closing;
pub mod decide;
pub mod html;
pub mod languages;
mod lines;
pub mod model;
pub mod options;
mod outcome;
mod parts;
pub mod pii;
pub mod quality;
mod quick;
pub mod repair;
mod rules;
mod scan;
mod scratch;
mod tables;

use clean::Format;
use options::{Options, ReadAsHtml, Rule};
use outcome::doubtful::Stretch;
use outcome::taken;
use quality::{Measure, Quality};
use repair::{decode, normalize};
use std::sync::Arc;
use textmill_plugin::prelude::arrow_array::{LargeStringArray, UInt64Array};
use textmill_plugin::prelude::*;

/// The operator `clean`.
#[derive(Clone)]
pub struct Clean {
    cleaner: clean::Cleaner,
    min_chars: u64,
    binary_share: f64,
    html: ReadAsHtml,
    quality: Quality,
    language_confidence: f64,
}

impl Clean {
    fn format(&self, doc: &Doc<'_>) -> Format {
        let is_html = match self.html {
            ReadAsHtml::Always => true,
            ReadAsHtml::Never => false,
            ReadAsHtml::Auto => match doc.str("media_type") {
                Some(kind) if html::is_html(kind) => true,
                Some(kind) if !kind.starts_with("text/plain") => false,
                _ => html::looks_like_html(doc.text()),
            },
        };
        if is_html { Format::Html } else { Format::Plain }
    }
}

impl Map for Clean {
    type Options = Options;

    fn describe() -> Describe {
        let describe = Describe::new("clean")
            .doc("decodes, repairs and normalises the text; removes boilerplate and repeated paragraphs")
            .reads("text")
            .reads_optional("raw")
            .reads_optional("media_type")
            .writes("text", DataType::LargeUtf8)
            .writes("raw", DataType::LargeBinary)
            .writes("encoding", DataType::Utf8)
            .writes(
                "boilerplate",
                list(structure([
                    ("rule", DataType::LargeUtf8),
                    ("text", DataType::LargeUtf8),
                    ("at", DataType::UInt64),
                ])),
            )
            .writes(
                "page_meta",
                list(structure([
                    ("kind", DataType::Utf8),
                    ("name", DataType::Utf8),
                    ("value", DataType::Utf8),
                ])),
            )
            .selects()
            .threshold("binary-data", "binary-share", Drops::Above)
            .threshold("no-text-left", "min-chars", Drops::Below)
            .threshold("boilerplate-model", "boilerplate-cut", Drops::Below)
            .threshold("language", "language-confidence", Drops::Above)
            .version(1);
        Measure::ALL.iter().fold(describe, |describe, measure| {
            describe.threshold(measure.id(), measure.option(), measure.drops())
        })
    }

    fn bind(options: Options) -> Result<Self> {
        options.check()?;
        Ok(Self {
            cleaner: clean::Cleaner::new(&options)?,
            min_chars: options.min_chars,
            binary_share: options.binary_share,
            html: options.html,
            language_confidence: options.language_confidence,
            quality: options.quality,
        })
    }

    fn map(&mut self, doc: &mut Doc<'_>) -> Result<()> {
        let text = doc.text();
        if let Some(share) = doc.bytes("raw").map(decode::binary_share)
            && doc.measure("binary-data", share, self.binary_share, Drops::Above)
        {
            return Ok(());
        }
        let cleaned = self.cleaner.clean_as(self.format(doc), text, doc.bytes("raw"))?;
        let empty = text.trim().is_empty();
        let left = normalize::visible(&cleaned.text);
        if empty {
            doc.drop("empty", 0.0, 1.0);
            return Ok(());
        }
        let of_most = |event: Event| match taken::most(&cleaned.edits) {
            Some(note) => event.note(note),
            None => event,
        };
        let mut is_dropped = false;
        if let Some((foreign, name)) = cleaned.foreign {
            let named = |event: Event| event.note(format!("it is {name}"));
            is_dropped = doc.measure_with(named, "language", foreign, self.language_confidence, Drops::Above);
        }
        let least = self.min_chars as f64;
        is_dropped |= doc.measure_with(of_most, "no-text-left", left as f64, least, Drops::Below);
        for &(measure, value) in &cleaned.measured {
            is_dropped |= doc.measure(measure.id(), value, self.quality.threshold(measure), measure.drops());
        }
        for Stretch { span, likelihood, cut } in cleaned.doubtful.into_iter().filter(|_| !is_dropped) {
            let (start, end) = (Some(span.start as u64), Some(span.end as u64));
            let of_span = |event: Event| Event { start, end, ..event.measured(likelihood, cut) };
            doc.annotate(of_span, Rule::BoilerplateModel.id());
        }
        doc.set("raw", None::<Vec<u8>>);
        doc.set("encoding", &cleaned.encoding);
        let lines = &cleaned.boilerplate;
        let rules = LargeStringArray::from_iter_values(lines.iter().map(|line| line.rule));
        let texts = LargeStringArray::from_iter_values(lines.iter().map(|line| line.text));
        let places = UInt64Array::from_iter_values(lines.iter().map(|line| line.at));
        doc.set_list("boilerplate", vec![Arc::new(rules), Arc::new(texts), Arc::new(places)]);
        doc.set("page_meta", (!cleaned.page_meta.is_empty()).then_some(&cleaned.page_meta));
        doc.edits_packed(cleaned.edits);
        Ok(())
    }
}

textmill_plugin::export!(map::<Clean>());

#[cfg(test)]
extern crate self as clean_plugin;

#[cfg(test)]
#[path = "../../../fuzz/src/clean.rs"]
mod fuzz_target;

#[cfg(test)]
#[path = "../../../fuzz/src/noise.rs"]
mod noise;

#[cfg(test)]
mod tests {
    use crate::options::Rule;
    use crate::quality::Measure;
    use std::collections::HashSet;
    use std::path::Path;

    /// Runs a fuzz target on inputs that once found a fault, then on the bytes of a deterministic generator.
    fn check(target: &str, run: fn(&[u8])) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/findings").join(target);
        let entries = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        assert!(!paths.is_empty(), "{} is empty", folder.display());
        for path in paths {
            run(&std::fs::read(path).unwrap());
        }
        // The first byte selects how an input is read; this covers all ways in turn.
        for (number, bytes) in crate::noise::noise(300, 20, 200).enumerate() {
            run(&[&[number as u8], bytes.as_slice()].concat());
        }
    }

    #[test]
    fn texts_of_any_bytes_come_out() {
        check("clean_text", crate::fuzz_target::text);
    }

    #[test]
    fn html_of_any_bytes_comes_out() {
        check("clean_html", crate::fuzz_target::html);
    }

    /// A rule without a case could change its behaviour unnoticed.
    #[test]
    fn every_rule_has_a_case() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/stages/clean/snapshots");
        let files = std::fs::read_dir(folder).unwrap();
        let snapshots: Vec<String> =
            files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect();
        let lines = snapshots.iter().flat_map(|snapshot| snapshot.lines());
        let events = lines
            .filter(|line| ["edit ", "drop ", "annotate "].iter().any(|action| line.starts_with(action)));
        let words: HashSet<&str> = events.filter_map(|event| event.split(' ').nth(1)).collect();
        let rules =
            Rule::ALL.iter().map(|rule| rule.id()).chain(Measure::ALL.iter().map(|measure| measure.id()));
        let missing: Vec<&str> = rules.filter(|rule| !words.contains(rule)).collect();
        assert!(missing.is_empty(), "{missing:?} stand in no snapshot of tests/stages/clean");
    }

    #[test]
    fn stage_snapshots() {
        textmill_plugin::harness::snapshots(&crate::plugin(), "../../tests/stages/clean");
    }
}
