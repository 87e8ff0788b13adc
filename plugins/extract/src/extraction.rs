//! Extracts all columns of one document from its text and the lines removed from it. Knows nothing of batches
//! and option parsing.

use crate::date::choose::choose;
use crate::date::parse::Finder;
use crate::dateline::{Dateline, dateline};
use crate::entities::{Entity, names};
use crate::lines::Removed;
use crate::options::Options;
use crate::page::Page;
use crate::quotes::{Quote, attribute::attribute, find::find};
use crate::{byline, language, links, title};

/// What was found in a document. Parts that are switched off or not found are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extraction {
    /// The headline.
    pub title: Option<String>,
    /// Date of publication, ISO 8601.
    pub published: Option<String>,
    /// Date of the last update, ISO 8601.
    pub updated: Option<String>,
    /// Authors.
    pub byline: Vec<String>,
    /// Dateline of a news report.
    pub dateline: Option<Dateline>,
    /// Direct quotations.
    pub quotes: Vec<Quote>,
    /// Named entities.
    pub entities: Vec<Entity>,
    /// Web addresses.
    pub links: Vec<String>,
    /// ISO 639-1 code.
    pub language: Option<&'static str>,
}

/// Extracts from a document. `removed`: lines that an earlier stage removed, in any order.
pub fn extract(text: &str, removed: &[Removed], options: &Options, finder: &mut Finder) -> Extraction {
    let page = Page::read(text, removed, finder);
    let language = language::language(&page.lines);
    let title = title::title(&page);
    let title_line = title.as_ref().map(|t| t.line);
    let body = title::main_prose(&page);
    let english = language.is_none_or(|code| code == "en");
    let dates = choose(&page, title_line, body, options, english);
    let published = dates.published;
    let mut out = Extraction::default();
    let dateline = (options.byline || options.dateline)
        .then(|| dateline(&page, title_line, published.map(|d| d.date)))
        .flatten();
    if options.byline {
        let agency = dateline.as_ref().and_then(|d| d.agency.as_deref());
        let date = published.or(dates.updated).map(|d| d.line);
        out.byline = byline::byline(&page, title_line, date, agency, finder);
    }
    if options.dateline {
        out.dateline = dateline;
    }
    if options.quotes || options.entities {
        // German capitalises all nouns, so a capital does not mark a name.
        let names = names(text, matches!(language, Some("de" | "lb")));
        if options.quotes {
            let spans = find(text, options.max_quotes as usize);
            out.quotes = attribute(text, &spans, &names, options.min_quote_words as usize);
        }
        if options.entities {
            out.entities = names.entities(options.max_entities as usize);
        }
    }
    if options.links {
        out.links = links::links(text, options.max_links as usize);
    }
    if options.dates {
        out.published = published.map(|d| d.date.to_string());
        out.updated = dates.updated.map(|d| d.date.to_string());
    }
    if options.title {
        out.title = title.map(|t| t.text);
    }
    if options.language {
        out.language = language;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Pieces that the readers look for; random texts are made of them.
    const PIECES: [&str; 44] = [
        "\"",
        "“",
        "”",
        "„",
        "«",
        "»",
        "「",
        "」",
        "‘",
        "’",
        "'",
        " ",
        "\n",
        "\r\n",
        "\n\n",
        "a",
        "Ada Reed",
        "said",
        "By ",
        "Von ",
        ", ",
        ". ",
        ": ",
        "12.04.2024",
        "03/04/2024",
        "2024年5月",
        "Jan",
        "Published",
        "16:47",
        " GMT",
        "+03",
        "(",
        ")",
        "—",
        " - ",
        "NORHAVEN",
        "http://",
        "www.a.b",
        "É",
        "ß",
        "İ",
        "\u{301}",
        "😀",
        "the minister",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(600))]

        #[test]
        fn quotes_are_spans_of_the_text(parts in proptest::collection::vec(0..PIECES.len(), 0..120), odd in ".{0,40}", at in 0usize..400) {
            let mut text: String = parts.iter().map(|&i| PIECES[i]).collect();
            text.push_str(&odd);
            let removed = [Removed { rule: "menu".into(), text: odd, at }];
            let found = extract(&text, &removed, &Options::default(), &mut Finder::default());
            let mut end = 0;
            for quote in &found.quotes {
                prop_assert_eq!(text.get(quote.start as usize..quote.end as usize), Some(quote.text.as_str()));
                prop_assert!(quote.start >= end);
                end = quote.end;
            }
            // The same input gives the same answer.
            let again = extract(&text, &removed, &Options::default(), &mut Finder::default());
            prop_assert_eq!(found, again);
        }
    }

    #[test]
    fn hostile_input_is_linear() {
        for piece in ["\" a", "“", "12.04.2024 ", "([", "'a ", "Ada Reed “a b c d” said ", "By \n", "a.b://"]
        {
            let text = piece.repeat(2_000_000 / piece.len());
            extract(&text, &[], &Options::default(), &mut Finder::default());
        }
    }
}
