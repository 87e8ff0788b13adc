//! The title that an HTML page states, and how similar each line is to it. The main text is near the
//! headline, and of several texts on a page it is the one below the headline. Decides nothing.

use crate::html::meta::MetaItem;
use crate::lines::Line;
use crate::quick::QuickMap;

/// Where a page states its title, best source first: that of Open Graph seldom names the site.
const SOURCES: [(&str, &str); 2] = [("meta", "og:title"), ("title", "title")];
/// Separators between the title and the name of the site.
const BETWEEN: [&str; 8] = [" | ", " - ", " – ", " — ", " · ", " » ", " : ", " › "];
/// A title of at most this many words is taken whole.
const SHORT: usize = 4;
/// A line with more than this many times the words of the title is not similar to it, nor is one with this
/// many times fewer.
const LONGER: usize = 2;

/// The words of a title.
#[derive(Clone, Debug, Default)]
pub struct Title {
    /// Numbers of the distinct words.
    words: QuickMap<u64, usize>,
}

/// How similar a line is to the title.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Likeness {
    /// Distinct words that both have.
    pub both: usize,
    /// Distinct words of the line.
    pub line: usize,
    /// Distinct words of the title.
    pub title: usize,
}

impl Likeness {
    /// The similarity in hundredths: the share of the title's words times the share of the line's.
    pub fn hundredths(self) -> u8 {
        (self.both * self.both * 100)
            .checked_div(self.line * self.title)
            .map_or(0, |part| part.min(100) as u8)
    }

    /// Whether the line states the title: the common words are at least 0.7 of the title's and 0.6 of the
    /// line's.
    pub fn is_title(self) -> bool {
        self.both > 0 && self.both * 10 >= self.title * 7 && self.both * 10 >= self.line * 6
    }
}

impl Title {
    /// The title of a page; `None` if it states none.
    pub fn of(page_meta: &[MetaItem]) -> Option<Self> {
        let find = |(kind, name)| page_meta.iter().find(|item| item.kind == kind && item.name == name);
        let (source, page_meta) = SOURCES.into_iter().find_map(|source| Some((source, find(source)?)))?;
        let text = if source.0 == "title" { without_site(&page_meta.value) } else { &page_meta.value };
        let mut words = QuickMap::default();
        each_word(text, |word| {
            let number = words.len();
            words.entry(word).or_insert(number);
        });
        Some(Self { words }).filter(|title| !title.words.is_empty())
    }

    /// How similar `line` is to the title; `seen` is a scratch buffer.
    pub fn likeness(&self, text: &str, line: &Line, seen: &mut Vec<u64>) -> Likeness {
        let title = self.words.len();
        if line.words() > title * LONGER || line.words() * LONGER < title {
            return Likeness { title, ..Likeness::default() };
        }
        seen.clear();
        each_word(line.text(text), |word| seen.push(word));
        seen.sort_unstable();
        seen.dedup();
        let both = seen.iter().filter(|word| self.words.contains_key(word)).count();
        Likeness { both, line: seen.len(), title }
    }
}

/// The title without the name of the site: splits it at the separators, and keeps the longer part each time.
fn without_site(title: &str) -> &str {
    let mut longest = title;
    if title.split_whitespace().count() <= SHORT {
        return title;
    }
    while let Some((before, after)) = BETWEEN.iter().find_map(|between| longest.split_once(between)) {
        longest = if after.chars().count() > before.chars().count() { after } else { before };
    }
    longest
}

/// Calls `each` with the hash of every word in lower case. A word is a run of letters and digits.
fn each_word(text: &str, mut each: impl FnMut(u64)) {
    let mut word = None;
    for c in text.chars() {
        if c.is_alphanumeric() {
            let hash: &mut u64 = word.get_or_insert(0);
            for c in c.to_lowercase() {
                *hash = (hash.rotate_left(5) ^ u64::from(c)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            }
        } else if let Some(hash) = word.take() {
            each(hash);
        }
    }
    word.into_iter().for_each(each);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(kind: &'static str, name: &str, value: &str) -> MetaItem {
        MetaItem { kind, name: name.into(), value: value.into() }
    }

    fn likeness(title: &Title, line: &str) -> Likeness {
        title.likeness(line, &Line::all(line)[0], &mut Vec::new())
    }

    #[test]
    fn the_headline_is_like_the_title() {
        let page = [item("title", "title", "The Tollgate Ledger | Ferry reopens after repairs – Harbour")];
        let title = Title::of(&page).unwrap();
        let whole = likeness(&title, "Ferry reopens after repairs");
        assert_eq!((whole.hundredths(), whole.is_title()), (100, true));
        let part = likeness(&title, "Ferry REOPENS, repairs done");
        assert_eq!((part.hundredths(), part.is_title()), (56, true));
        assert!(!likeness(&title, "Bridge reopens after a storm").is_title());
        assert_eq!(likeness(&title, "Harbour").both, 0);
        assert_eq!(likeness(&title, "Ferry").hundredths(), 0);
        let long = "Ferry reopens after repairs, and much else that is no title but the beginning of a text of many words";
        assert_eq!(likeness(&title, long).hundredths(), 0);
    }

    #[test]
    fn the_best_source_of_a_title_counts() {
        let page = [item("title", "title", "Ledger"), item("meta", "og:title", "A ferry - at last")];
        assert!(likeness(&Title::of(&page).unwrap(), "A ferry, at last").is_title());
        assert!(Title::of(&[item("meta", "og:title", "…")]).is_none());
        assert!(Title::of(&[]).is_none());
    }
}
