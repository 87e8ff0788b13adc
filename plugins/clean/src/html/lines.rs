//! What the markup says about the lines of a page, stored in a few bytes per line: consecutive lines mostly
//! share their place in the markup. Decides nothing.

use super::markup::Markup;

/// How many of the last places a line is compared with.
const NEAR: usize = 4;

/// The lines of a page.
#[derive(Debug, Default)]
pub struct Lines {
    lines: Vec<Short>,
    /// The distinct places in the markup, with 0 for everything that is counted per line.
    places: Vec<Markup>,
}

/// What differs between lines at the same place.
#[derive(Clone, Copy, Debug)]
struct Short {
    source: u32,
    bytes: u32,
    link_bytes: u32,
    bold_bytes: u32,
    links: u32,
    place: u32,
}

impl Lines {
    /// Appends a line.
    pub fn push(&mut self, line: Markup) {
        let place = Markup { source: 0, bytes: 0, link_bytes: 0, bold_bytes: 0, links: 0, ..line };
        let near = self.places.len().saturating_sub(NEAR);
        let number = match self.places[near..].iter().rposition(|before| *before == place) {
            Some(number) => near + number,
            None => {
                self.places.push(place);
                self.places.len() - 1
            }
        };
        self.lines.push(Short {
            source: small(line.source),
            bytes: line.bytes,
            link_bytes: line.link_bytes,
            bold_bytes: line.bold_bytes,
            links: line.links,
            place: small(number),
        });
    }

    /// Adds bytes of text to the last line, which may be link text or bold.
    pub fn count(&mut self, bytes: usize, is_link: bool, is_bold: bool) {
        if let Some(line) = self.lines.last_mut() {
            let bytes = small(bytes);
            line.bytes = line.bytes.saturating_add(bytes);
            line.link_bytes = line.link_bytes.saturating_add(if is_link { bytes } else { 0 });
            line.bold_bytes = line.bold_bytes.saturating_add(if is_bold { bytes } else { 0 });
        }
    }

    /// Adds a link to the last line.
    pub fn count_link(&mut self) {
        if let Some(line) = self.lines.last_mut() {
            line.links = line.links.saturating_add(1);
        }
    }

    /// The number of lines.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there are no lines.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Bytes of text in all lines.
    pub fn bytes(&self) -> usize {
        self.lines.iter().map(|line| line.bytes as usize).sum()
    }

    /// Whether any line is inside a block where white space counts.
    pub fn has_code(&self) -> bool {
        self.places.iter().any(|place| place.is_code())
    }

    /// The line with this number, counted from 0.
    pub fn get(&self, number: usize) -> Option<Markup> {
        let Short { source, bytes, link_bytes, bold_bytes, links, place } = *self.lines.get(number)?;
        let place = *self.places.get(place as usize)?;
        Some(Markup { source: source as usize, bytes, link_bytes, bold_bytes, links, ..place })
    }

    /// The first byte of that line's text in the source.
    pub fn source(&self, number: usize) -> Option<usize> {
        self.lines.get(number).map(|line| line.source as usize)
    }

    /// The lines, in order.
    pub fn iter(&self) -> impl Iterator<Item = Markup> {
        (0..self.len()).filter_map(|number| self.get(number))
    }
}

fn small(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
