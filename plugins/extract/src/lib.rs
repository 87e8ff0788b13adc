//! The `extract` plugin: annotates documents with title, dates, byline, dateline, quotations, entities, links
//! and language.
//!
//! It writes columns and does not change the text. If an earlier stage left the lines that it removed in a
//! column `boilerplate`, they are read at their former places, because dates and authors are often in the page's
//! boilerplate. The README says how each column is found and how well.
#![forbid(unsafe_code)]

pub mod byline;
pub mod date;
pub mod dateline;
pub mod entities;
pub mod extraction;
pub mod gazetteer;
pub mod language;
pub mod letters;
pub mod lines;
pub mod links;
pub mod options;
pub mod page;
pub mod quotes;
pub mod said;
pub mod title;
pub mod words;

use date::parse::Finder;
use extraction::extract;
use lines::Removed;
use options::Options;
use said::Said;
use textmill_plugin::prelude::*;

/// Column with the lines that an earlier stage removed.
const BOILERPLATE: &str = "boilerplate";

#[derive(Clone)]
struct Extract {
    options: Options,
    finder: Finder,
}

impl Map for Extract {
    type Options = Options;

    fn describe() -> Describe {
        let utf8 = || DataType::Utf8;
        Describe::new("extract")
            .doc(
                "Finds title, dates of publication and update, authors, dateline, quotations with their speakers, named \
                 entities, links and language, in the text and in the lines that an earlier stage removed from it.",
            )
            .reads("text")
            .reads_optional(BOILERPLATE)
            .reads_optional(said::COLUMN)
            .writes("title", utf8())
            .writes("published", utf8())
            .writes("updated", utf8())
            .writes("byline", list(utf8()))
            .writes("dateline", structure([("place", utf8()), ("date", utf8()), ("agency", utf8())]))
            .writes(
                "quotes",
                list(structure([
                    ("text", utf8()),
                    ("speaker", utf8()),
                    ("verb", utf8()),
                    ("start", DataType::UInt64),
                    ("end", DataType::UInt64),
                ])),
            )
            .writes("entities", list(structure([("name", utf8()), ("kind", utf8()), ("count", DataType::UInt64)])))
            .writes("links", list(utf8()))
            .writes("language", utf8())
    }

    fn bind(options: Options) -> Result<Self> {
        Ok(Self { options, finder: Finder::default() })
    }

    fn map(&mut self, doc: &mut Doc<'_>) -> Result<()> {
        let removed = removed(&doc.value(BOILERPLATE));
        let found = extract(doc.text(), &removed, &self.options, &mut self.finder);
        // The metadata of an HTML page comes first; where it has nothing, what the page shows is used. For the
        // language it is the other way round.
        let said = Said::read(&doc.value(said::COLUMN), &mut self.finder);
        let on = &self.options;
        let title = said.title.map(|title| said::without_outlet(title, found.title.as_deref()));
        doc.set("title", title.filter(|_| on.title).or(found.title));
        doc.set("published", said.published.filter(|_| on.dates).or(found.published));
        doc.set("updated", said.updated.filter(|_| on.dates).or(found.updated));
        let byline = if said.byline.is_empty() { &found.byline } else { &said.byline };
        doc.set("byline", on.byline.then_some(byline));
        doc.set("dateline", &found.dateline);
        doc.set("quotes", on.quotes.then_some(&found.quotes));
        doc.set("entities", on.entities.then_some(&found.entities));
        doc.set("links", on.links.then_some(&found.links));
        doc.set("language", found.language.map(str::to_owned).or(said.language.filter(|_| on.language)));
        Ok(())
    }
}

/// The lines in a value of column `boilerplate`. Malformed entries are skipped.
fn removed(value: &Value) -> Vec<Removed> {
    let Value::Array(items) = value else { return Vec::new() };
    items
        .iter()
        .filter_map(|item| {
            Some(Removed {
                rule: item.get("rule").and_then(Value::as_str).unwrap_or_default().to_owned(),
                text: item.get("text")?.as_str()?.to_owned(),
                at: usize::try_from(item.get("at")?.as_u64()?).ok()?,
            })
        })
        .collect()
}

textmill_plugin::export!(map::<Extract>());

#[cfg(test)]
mod tests {
    #[test]
    fn stage_snapshots() {
        textmill_plugin::harness::snapshots(&crate::plugin(), "../../tests/stages/extract");
    }
}
