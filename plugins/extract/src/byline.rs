//! Authors: lines such as `By Jane Doe and John Roe, Staff Writers`, and names next to the date.

use crate::date::parse::Finder;
use crate::gazetteer::{FIRST_NAMES, PLACES};
use crate::lines::Line;
use crate::page::Page;
pub use cues::cue;
use name::{cut_tail, is_name, split_by_first_names, split_names, trim_name};

mod cues;
mod name;

/// Most authors of a page.
const MAX_AUTHORS: usize = 12;
/// Longest byline, in bytes.
const MAX_BYLINE: usize = 240;

/// The authors of a page. `title` and `date`: the lines of the headline and the date of publication, if
/// found; `agency`: the agency that the dateline names.
pub fn byline(
    page: &Page<'_>,
    title: Option<usize>,
    date: Option<usize>,
    agency: Option<&str>,
    finder: &mut Finder,
) -> Vec<String> {
    let mut reader = Reader { names: Vec::new(), finder, found: Vec::new() };
    let first = title.map_or(0, |line| line.saturating_sub(5));
    let last = header_end(page, title, date);
    let header = first..last;
    // Lines with a cue: those below the title first, from top to bottom.
    let below = title.map_or(first, |t| t + 1);
    for index in (below..last).chain(first..below.min(last)) {
        if Some(index) == title {
            continue;
        }
        if let Some(rest) = cue(page.lines[index].text) {
            reader.announced(page, index, rest);
        } else {
            reader.inner(page, index);
        }
        if !reader.names.is_empty() {
            return reader.names;
        }
    }
    // Names without a cue: next to the date, or right below the title.
    for index in header.clone() {
        let beside = date.is_some_and(|d| index.abs_diff(d) <= 3);
        let below = title.is_some_and(|t| index > t && index - t <= 4);
        if Some(index) != title && (beside || below) {
            let is_dated = date.is_some_and(|d| (1..=2).contains(&d.saturating_sub(index)));
            reader.bare(page, index, date.is_some_and(|d| index.abs_diff(d) <= 1), (below, is_dated));
            if !reader.names.is_empty() {
                return reader.names;
            }
        }
    }
    // The agency of the dateline, if it is a line of its own below the headline, as authors are.
    if let Some(agency) = agency {
        let from = title.map_or(0, |t| t + 1);
        if page.lines.iter().skip(from).take(6).any(|line| line.text == agency) {
            reader.push(agency);
            return reader.names;
        }
    }
    // Lines after the header, then those before it, that begin with a long cue.
    for index in (last..page.lines.len()).chain(0..first) {
        let line = &page.lines[index];
        if line.words <= 12
            && let Some(rest) = cue(line.text)
            && (index < first || page.prose_between(0, index) > 0)
            && (page.lines[index].text.len() - rest.len() >= 8 || rest.is_empty() && line.text.len() >= 5)
        {
            reader.announced(page, index, rest);
            if !reader.names.is_empty() {
                return reader.names;
            }
        }
    }
    reader.names
}

/// Whether a line is the name of a person and nothing else.
pub fn is_bare_name(line: &str) -> bool {
    line.len() <= 40
        && (2..=4).contains(&line.split_whitespace().count())
        && line.split_whitespace().next().is_some_and(|word| FIRST_NAMES.has(word))
        && is_name(line, false)
        && !PLACES.has(line.split_whitespace().next_back().unwrap_or(""))
}

/// One past the last line that can hold the byline of the article.
fn header_end(page: &Page<'_>, title: Option<usize>, date: Option<usize>) -> usize {
    let from =
        title.unwrap_or(0).max(date.filter(|&d| title.is_none_or(|t| d > t && d < t + 12)).unwrap_or(0));
    let mut prose = 0;
    for index in from + 1..page.lines.len() {
        prose += usize::from(page.lines[index].prose);
        if prose > 2 || index > from + 25 {
            return index;
        }
    }
    page.lines.len()
}

struct Reader<'f> {
    names: Vec<String>,
    finder: &'f mut Finder,
    found: Vec<crate::date::parse::Mention>,
}

impl Reader<'_> {
    /// Reads the names after a cue, on the same line or on the lines below it.
    fn announced(&mut self, page: &Page<'_>, index: usize, rest: &str) {
        if !rest.is_empty() {
            self.list(rest, true);
            return;
        }
        // The cue is alone: the names follow, one per line, perhaps with lines between them that are only a
        // comma or `and`.
        let mut misses = 0;
        for line in page.lines.iter().skip(index + 1).take(10) {
            let joint = matches!(line.text, "," | "and" | "und" | "et" | "&" | "y" | "|" | "•");
            if joint {
                continue;
            }
            let before = self.names.len();
            if line.words <= 8 {
                self.list(line.text, before == 0);
            }
            let next_joins = page
                .lines
                .get(index + 1 + self.names.len())
                .is_some_and(|l| matches!(l.text, "," | "and" | "und" | "et" | "&" | "y"));
            if self.names.len() == before {
                misses += 1;
            }
            if misses > 0 || !next_joins && !self.names.is_empty() {
                return;
            }
        }
    }

    /// Reads ` by Jane Doe` inside a line: `Jane Doe by Jane Doe`,
    /// `Posted on 8 July 2025 by Jane Doe in Culture`.
    fn inner(&mut self, page: &Page<'_>, index: usize) {
        let line = &page.lines[index];
        if line.prose || line.words > 24 || line.len > MAX_BYLINE {
            return;
        }
        for (word, lax) in [
            (" by ", true),
            (" By ", true),
            (" von ", false),
            (" par ", false),
            (" por ", false),
            (" Por ", false),
            (" Von ", false),
        ] {
            let Some(at) = line.text.find(word) else { continue };
            let (before, after) = (line.text[..at].trim(), &line.text[at + word.len()..]);
            let twice = !before.is_empty() && after.starts_with(before);
            let dated = page.dates_in[index] > 0;
            let posted = before.len() < 40
                && lower_has(
                    before,
                    &[
                        "posted",
                        "published",
                        "written",
                        "publié",
                        "publicado",
                        "veröffentlicht",
                        "geschrieben",
                        "submitted",
                        "article",
                    ],
                );
            if twice
                || dated && lax && !lower_has(before, &["photo", "image", "foto"])
                || dated && before.len() < 40
                || posted
            {
                self.list(after, lax || twice);
                if !self.names.is_empty() {
                    return;
                }
            }
        }
    }

    /// Reads a line, or a part of one between separators and dates, that looks like a name.
    fn bare(&mut self, page: &Page<'_>, index: usize, beside_date: bool, (below, is_dated): (bool, bool)) {
        let line = &page.lines[index];
        // A name above a credit is that of the picture, unless a date follows.
        let is_caption =
            !is_dated && page.lines.get(index + 1).is_some_and(|below| below.words <= 8 && is_credit(below));
        if line.prose
            || line.words > 14
            || line.len > MAX_BYLINE
            || is_credit(line)
            || is_caption
            || crate::dateline::opens(line.text)
        {
            return;
        }
        let text = self.before_dates(line.text);
        for part in text.split(['|', '•', '·', '—', '–', '/', '\u{1}', '∙']) {
            let names = self.names.len();
            let part = part.trim();
            let known = |name: &str| name.split_whitespace().next().is_some_and(|w| FIRST_NAMES.has(w));
            for name in split_names(part).flat_map(split_by_first_names) {
                let name = trim_name(name);
                let words = name.split_whitespace().count();
                let nearby_copy = beside_date && page.dates_in[index] > 0;
                if is_name(name, false)
                    && (2..=4).contains(&words)
                    && (known(name) || nearby_copy && words <= 3 || beside_date && text == name && below)
                    && !PLACES.has(name.split_whitespace().next_back().unwrap_or(""))
                {
                    self.push(name);
                } else {
                    break;
                }
            }
            if self.names.len() > names {
                return;
            }
        }
    }

    /// The line with each date in it replaced by a separator.
    fn before_dates(&mut self, text: &str) -> String {
        self.finder.find(text, &mut self.found);
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for mention in &self.found {
            out.push_str(text.get(at..mention.start).unwrap_or(""));
            out.push('\u{1}');
            at = mention.end;
        }
        out.push_str(text.get(at..).unwrap_or(""));
        out
    }

    /// Reads a list of names. `lax`: the list was announced, so outlets and single words count too.
    fn list(&mut self, text: &str, lax: bool) {
        let text = self.before_dates(crate::lines::head(text, MAX_BYLINE));
        let text = cut_tail(&text);
        for part in split_names(text) {
            if self.names.len() >= MAX_AUTHORS {
                return;
            }
            let part = trim_name(part);
            if part.is_empty() {
                continue;
            }
            let first = self.names.is_empty();
            // `By Ada and Tom`
            let informal = self.names.len() == 1 && !self.names[0].contains(' ');
            if is_name(part, lax && (first || informal)) {
                self.push(part);
            } else if !first || !lax {
                return;
            }
        }
    }

    fn push(&mut self, name: &str) {
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        if !self.names.iter().any(|have| have.to_lowercase() == name.to_lowercase()) {
            self.names.push(name);
        }
    }
}

fn is_credit(line: &Line<'_>) -> bool {
    lower_has(line.text, &["photo", "foto", "image", "bild", "©", "getty", "credit", "quelle", "source"])
}

fn lower_has(text: &str, words: &[&str]) -> bool {
    let lower = text.to_lowercase();
    words.iter().any(|word| lower.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<String> {
        let mut finder = Finder::default();
        let page = Page::read(text, &[], &mut finder);
        let date = page.dates.first().map(|d| d.line);
        byline(&page, Some(0), date, None, &mut finder)
    }

    #[test]
    fn announced() {
        for (line, want) in [
            ("By Jane Doe and John Roe, Staff Writers", &["Jane Doe", "John Roe"][..]),
            ("Jane Doe by Jane Doe", &["Jane Doe"]),
            ("Von Karla Muster", &["Karla Muster"]),
            ("Par Luc Martin, à Paris", &["Luc Martin"]),
            ("by Ada Reed, Reuters", &["Ada Reed"]),
            ("By\nAda Reed\n,\nTom Hale", &["Ada Reed", "Tom Hale"]),
            ("Posted on June 3, 2024 by Ada Reed in Culture", &["Ada Reed"]),
            ("By Ada Reed | 8 July 2025", &["Ada Reed"]),
            ("Written byby Ada Reed", &["Ada Reed"]),
            ("Ada Reed24.04.2024, 19:35 Uhr", &["Ada Reed"]),
            ("27. Januar 2026 • Gregor Meier • 3 Minuten", &["Gregor Meier"]),
            ("Ada M. Reed A. Holm24.04.2024", &[]),
            ("24.04.2024 • Anna Maria Holm Peter Meier", &["Anna Maria Holm", "Peter Meier"]),
            ("Von DPA", &["DPA"]),
            ("By\nAda Reed0", &["Ada Reed"]),
            ("By Thomas A. Hale", &["Thomas A. Hale"]),
            ("di Ada Rossi", &["Ada Rossi"]),
            ("di notte e di giorno", &[]),
            ("Peter Meier\nFoto: A. Holm", &[]),
            ("Peter Meier\nFoto: A. Holm\n24.04.2024", &["Peter Meier"]),
            ("By ADA REED, Courier staff", &["ADA REED"]),
            ("By Ludwig van der Berg", &["Ludwig van der Berg"]),
            ("Door Anke de Wit", &["Anke de Wit"]),
            ("Av Lars Öhman", &["Lars Öhman"]),
            ("Της Κατερίνας Λάμπρου", &["Κατερίνας Λάμπρου"]),
            ("מאת: נועה ברקת", &["נועה ברקת"]),
            ("लेखक: रमेश तिवारी", &["रमेश तिवारी"]),
            ("ΤΗΣ ΜΑΡΙΑΣ ΠΑΠΠΑ", &["ΜΑΡΙΑΣ ΠΑΠΠΑ"]),
            ("מאתיים איש הגיעו", &[]),
            ("लेखकों का सम्मेलन", &[]),
            ("โดยสารเรือฟรี", &[]),
            ("Door open since Monday", &[]),
            ("Av åtta båtar kom tre", &[]),
            ("By the numbers: what the river carried", &[]),
            ("By Monday the water had gone", &[]),
        ] {
            assert_eq!(of(&format!("Bridge opens\n{line}")), want, "{line}");
        }
    }
}
