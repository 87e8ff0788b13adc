//! What an HTML page says about itself: title, `<meta>`, links, `<time>` and JSON-LD, as names and values.
//! Later stages judge which of it is true.

use serde::Serialize;
use serde_json::Value;

/// Maximum bytes of names and values per page.
const HANDED_ON: usize = 16 * 1024;
/// Longest value, in bytes.
const LONGEST: usize = 1024;
/// Longest script of JSON-LD that is read, in bytes.
const LONGEST_SCRIPT: usize = 512 * 1024;
/// Maximum number of `<time>` elements per page.
const TIMES: usize = 20;

/// One statement of a page about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MetaItem {
    /// `title`, `meta`, `link`, `time`, `html` or `json-ld`.
    pub kind: &'static str,
    /// The name. For `<meta>`: its `property`, `name` or `itemprop` in lower case. For a link: its `rel`. For
    /// JSON-LD: the path of keys.
    pub name: String,
    /// The value, with white space collapsed to single spaces.
    pub value: String,
}

/// All statements of a page, up to the limits.
#[derive(Debug, Default)]
pub struct MetaItems {
    list: Vec<MetaItem>,
    bytes: usize,
    times: usize,
}

impl MetaItems {
    /// Adds a statement, unless its value is blank or the page has reached its limit.
    pub fn add(&mut self, kind: &'static str, name: &str, value: &str) {
        let words: Vec<&str> = value.split_whitespace().collect();
        let mut value = words.join(" ");
        value.truncate(value.floor_char_boundary(LONGEST));
        let bytes = name.len() + value.len();
        if value.is_empty() || self.bytes + bytes > HANDED_ON || kind == "time" && self.times >= TIMES {
            return;
        }
        self.bytes += bytes;
        self.times += usize::from(kind == "time");
        self.list.push(MetaItem { kind, name: name.to_owned(), value });
    }

    /// Adds what a JSON-LD script says about the article or page: text and dates, and authors by their names.
    pub fn add_json_ld(&mut self, script: &str) {
        if script.len() > LONGEST_SCRIPT {
            return;
        }
        // Broken JSON is ignored.
        if let Ok(value) = serde_json::from_str::<Value>(unwrapped(script)) {
            self.add_thing(&value, 0);
        }
    }

    fn add_thing(&mut self, thing: &Value, depth: usize) {
        const DEEPEST: usize = 4;
        match thing {
            Value::Array(things) => things.iter().take(50).for_each(|thing| self.add_thing(thing, depth)),
            Value::Object(keys) if depth <= DEEPEST => {
                if keys.get("@type").is_some_and(is_document) {
                    self.add_document(keys);
                }
                for inner in ["@graph", "mainEntity", "mainEntityOfPage"] {
                    keys.get(inner).into_iter().for_each(|thing| self.add_thing(thing, depth + 1));
                }
            }
            _ => {}
        }
    }

    fn add_document(&mut self, keys: &serde_json::Map<String, Value>) {
        for key in [
            "headline",
            "name",
            "datePublished",
            "dateModified",
            "dateCreated",
            "description",
            "inLanguage",
            "articleSection",
        ] {
            if let Some(value) = keys.get(key).and_then(Value::as_str) {
                self.add("json-ld", key, value);
            }
        }
        for key in ["author", "creator"] {
            let persons = match keys.get(key) {
                Some(Value::Array(persons)) => persons.as_slice(),
                Some(person) => std::slice::from_ref(person),
                None => &[],
            };
            for person in persons.iter().take(20) {
                let name = person.as_str().or_else(|| person.get("name").and_then(Value::as_str));
                // An organisation given as the author is the site itself.
                let is_person = person
                    .get("@type")
                    .is_none_or(|kind| !kind.as_str().is_some_and(|k| k.contains("Organization")));
                if let Some(name) = name.filter(|_| is_person) {
                    self.add("json-ld", "author.name", name);
                }
            }
        }
    }

    /// The statements, in the order of the page.
    pub fn finish(self) -> Vec<MetaItem> {
        self.list
    }
}

/// The JSON of a script without the comment or CDATA section that some pages wrap it in, such as `//<![CDATA[ … //]]>`.
fn unwrapped(script: &str) -> &str {
    let (mut json, mut length) = (script.trim(), usize::MAX);
    while json.len() < length {
        length = json.len();
        for start in ["<!--", "<![CDATA[", "//", "/*", "*/"] {
            json = json.strip_prefix(start).unwrap_or(json).trim_start();
        }
        for end in ["-->", "]]>", "//", "/*", "*/"] {
            json = json.strip_suffix(end).unwrap_or(json).trim_end();
        }
    }
    json
}

/// Whether a schema.org type is that of a text.
fn is_document(kind: &Value) -> bool {
    const KINDS: &[&str] = &["Article", "Posting", "Report", "WebPage", "Recipe", "Review"];
    let is = |kind: &Value| kind.as_str().is_some_and(|kind| KINDS.iter().any(|k| kind.ends_with(k)));
    match kind {
        Value::Array(kinds) => kinds.iter().any(is),
        kind => is(kind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_ld_is_flattened() {
        let mut page_meta = MetaItems::default();
        page_meta.add_json_ld(
            r#"{"@graph": [{"@type": "Organization", "name": "Ledger"}, {"@type": ["NewsArticle"], "headline": " A  ferry ",
                "author": [{"@type": "Person", "name": "Ines Tollgate"}, {"@type": "Organization", "name": "Ledger"}, "Bo Marsh"],
                "datePublished": "2020-02-03T04:05:06Z"}]}"#,
        );
        page_meta.add_json_ld("{broken");
        for (start, end) in [("<!--", "-->"), ("//<![CDATA[\n", "\n//]]>"), ("/*<![CDATA[*/", "/*]]>*/")] {
            page_meta.add_json_ld(&format!("{start}[{{\"@type\": \"Article\", \"headline\": \"B\"}}]{end}"));
        }
        let list: Vec<(String, String)> = page_meta.finish().into_iter().map(|s| (s.name, s.value)).collect();
        let wanted = [
            ("headline", "A ferry"),
            ("datePublished", "2020-02-03T04:05:06Z"),
            ("author.name", "Ines Tollgate"),
            ("author.name", "Bo Marsh"),
            ("headline", "B"),
            ("headline", "B"),
            ("headline", "B"),
        ];
        assert_eq!(list, wanted.map(|(n, v)| (n.to_owned(), v.to_owned())));
    }

    #[test]
    fn a_page_says_no_more_than_there_is_room_for() {
        let mut page_meta = MetaItems::default();
        (0..1000).for_each(|_| page_meta.add("meta", "x", &"y".repeat(2000)));
        assert_eq!(page_meta.finish().len(), HANDED_ON / (LONGEST + 1));
    }
}
