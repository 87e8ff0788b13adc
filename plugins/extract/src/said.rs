//! What an HTML page says about itself in the column `page_meta`: which title, dates and authors are taken
//! from it. The sources are ordered by trust: JSON-LD is made by the site's software for machines; then come
//! the OpenGraph tags and the older `<meta>` names.

use crate::date::parse::Finder;
use textmill_plugin::prelude::Value;

/// Name of the column.
pub const COLUMN: &str = "page_meta";

/// Longest title, in characters.
const LONGEST_TITLE: usize = 300;
/// Longest name of an author, in words.
const LONGEST_NAME: usize = 6;

/// What the metadata of a page says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// The headline.
    pub title: Option<String>,
    /// Date of publication, ISO 8601.
    pub published: Option<String>,
    /// Date of the last change, ISO 8601.
    pub updated: Option<String>,
    /// Authors.
    pub byline: Vec<String>,
    /// Language, ISO 639-1.
    pub language: Option<String>,
}

impl Said {
    /// Reads a value of the column. Malformed entries are skipped.
    pub fn read(value: &Value, finder: &mut Finder) -> Self {
        let entries: Vec<(&str, &str, &str)> =
            value.as_array().into_iter().flatten().filter_map(entry).collect();
        let all = |kind: &'static str, name: &'static str| {
            entries.iter().filter(move |(k, n, _)| *k == kind && *n == name).map(|(_, _, value)| *value)
        };
        let first = |sources: &[(&'static str, &'static str)]| {
            sources.iter().find_map(|&(kind, name)| all(kind, name).next())
        };
        let mut date = |sources: &[(&'static str, &'static str)]| {
            sources.iter().flat_map(|&(kind, name)| all(kind, name)).find_map(|text| {
                let mut found = Vec::new();
                finder.find(text, &mut found);
                found.first().map(|mention| mention.date.to_string())
            })
        };
        let published = date(PUBLISHED);
        let updated = date(UPDATED);
        let title = first(TITLES).map(|title| without_site(title, all("meta", "og:site_name").next()));
        let authors = AUTHORS.iter().find_map(|&(kind, name)| {
            let names: Vec<String> = all(kind, name).filter_map(author).collect();
            (!names.is_empty()).then_some(names)
        });
        let mut byline: Vec<String> = Vec::new();
        for name in authors.into_iter().flatten() {
            if !byline.contains(&name) {
                byline.push(name);
            }
        }
        let language = first(&[("html", "lang"), ("meta", "og:locale"), ("json-ld", "inLanguage")]);
        let language = language.and_then(|code| code.split(['-', '_']).next()).map(str::to_ascii_lowercase);
        Self {
            title: title.filter(|t| !t.is_empty() && t.chars().count() <= LONGEST_TITLE),
            published,
            updated,
            byline,
            language: language.filter(|code| code.len() == 2),
        }
    }
}

const TITLES: &[(&str, &str)] =
    &[("json-ld", "headline"), ("meta", "og:title"), ("meta", "twitter:title"), ("title", "title")];
const PUBLISHED: &[(&str, &str)] = &[
    ("json-ld", "datePublished"),
    ("meta", "article:published_time"),
    ("meta", "og:published_time"),
    ("meta", "datepublished"),
    ("meta", "article:published"),
    ("meta", "parsely-pub-date"),
    ("meta", "pubdate"),
    ("meta", "publishdate"),
    ("meta", "publish-date"),
    ("meta", "dc.date.issued"),
    ("meta", "dcterms.date"),
    ("meta", "dc.date"),
    ("meta", "date"),
    ("json-ld", "dateCreated"),
];
const UPDATED: &[(&str, &str)] = &[
    ("json-ld", "dateModified"),
    ("meta", "article:modified_time"),
    ("meta", "og:updated_time"),
    ("meta", "datemodified"),
    ("meta", "last-modified"),
    ("meta", "lastmod"),
];
const AUTHORS: &[(&str, &str)] = &[
    ("json-ld", "author.name"),
    ("meta", "author"),
    ("meta", "parsely-author"),
    ("meta", "article:author"),
    ("meta", "dc.creator"),
    ("meta", "byl"),
];

fn entry(item: &Value) -> Option<(&str, &str, &str)> {
    let text = |key: &str| item.get(key)?.as_str();
    Some((text("kind")?, text("name")?, text("value")?))
}

/// Removes the site's name from the end of a title, where `<title>` has it.
fn without_site(title: &str, site: Option<&str>) -> String {
    let title = title.trim();
    for sign in [" | ", " - ", " – ", " — ", " :: ", " • ", " · "] {
        if let Some((head, tail)) = title.rsplit_once(sign)
            && head.split_whitespace().count() >= 2
            && (site.is_some_and(|site| site.eq_ignore_ascii_case(tail.trim()))
                || sign == " | " && tail.split_whitespace().count() <= 4)
        {
            return head.trim().to_owned();
        }
    }
    title.to_owned()
}

/// Marks between a headline and the name of the site. Not the colon: the parts around it belong together,
/// such as kicker and headline.
const BETWEEN: [char; 7] = ['|', '-', '–', '—', '·', '•', '»'];
/// Fewest characters of a displayed headline for which a longer title is shortened to it.
const LEAST_HEADLINE: usize = 12;

/// Removes the site's name before or after a title, if the page displays the rest as its headline.
pub fn without_outlet(title: String, shown: Option<&str>) -> String {
    let Some(shown) = shown.filter(|shown| shown.chars().count() >= LEAST_HEADLINE) else { return title };
    let behind = title.strip_prefix(shown).map(str::trim_start).and_then(|rest| rest.chars().next());
    let before = title.strip_suffix(shown).map(str::trim_end).and_then(|rest| rest.chars().next_back());
    let is_alone = behind.into_iter().chain(before).any(|sign| BETWEEN.contains(&sign));
    if is_alone { shown.to_owned() } else { title }
}

/// The name of an author; `None` if the value is an address or too long to be a name.
fn author(value: &str) -> Option<String> {
    let name = value.trim();
    let name =
        ["By ", "by ", "Von ", "Par ", "Por "].iter().find_map(|by| name.strip_prefix(by)).unwrap_or(name);
    let is_name = !name.is_empty()
        && !name.contains("://")
        && !name.contains('@')
        && name.split_whitespace().count() <= LONGEST_NAME;
    is_name.then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_outlet_goes_where_the_page_shows_the_headline_alone() {
        let shown = Some("A ferry runs again");
        for title in
            ["A ferry runs again - Harbour Ledger", "A ferry runs again – HL", "Ledger | A ferry runs again"]
        {
            assert_eq!(without_outlet(title.into(), shown), "A ferry runs again");
        }
        for title in [
            "A ferry runs again: the swan is told",
            "A ferry runs again and again",
            "Once a ferry runs again",
            "Harbour: A ferry runs again",
            "A ferry",
        ] {
            assert_eq!(without_outlet(title.into(), shown), title);
        }
        assert_eq!(without_outlet("Ferry - HL".into(), Some("Ferry")), "Ferry - HL");
        assert_eq!(without_outlet("A ferry - HL".into(), None), "A ferry - HL");
    }

    #[test]
    fn the_trusted_source_leads() {
        let said = |kind: &str, name: &str, value: &str| json!({"kind": kind, "name": name, "value": value});
        let column = json!([
            said("html", "lang", "de-AT"),
            said("title", "title", "A ferry runs again | Harbour Ledger"),
            said("meta", "author", "https://ledger.example/ines"),
            said("meta", "parsely-author", "By Ines Tollgate"),
            said("meta", "date", "2019-01-01"),
            said("json-ld", "datePublished", "2020-02-03T04:05:06+01:00"),
        ]);
        let found = Said::read(&column, &mut Finder::default());
        assert_eq!(found.title.as_deref(), Some("A ferry runs again"));
        assert_eq!(found.published.as_deref(), Some("2020-02-03T04:05:06+01:00"));
        assert_eq!(found.byline, ["Ines Tollgate"]);
        assert_eq!(found.language.as_deref(), Some("de"));
        assert_eq!(Said::read(&json!([{"kind": 1}, null]), &mut Finder::default()), Said::default());
    }
}
