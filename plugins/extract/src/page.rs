//! A page, read once: its lines, the dates in them, and where the running text begins. Title, dates and
//! byline are chosen from these.

use crate::date::parse::{Finder, Mention};
use crate::lines::{Line, Removed, lines};
use crate::{byline, dateline, title};

/// Longest line, in bytes, whose dates count. A longer one is running text or a glued menu.
const MAX_DATE_LINE: usize = 300;

/// A date and the line that contains it.
#[derive(Clone, Copy, Debug)]
pub struct Dated {
    /// Index into [`Page::lines`].
    pub line: usize,
    /// The date.
    pub mention: Mention,
}

/// Lines of a page with what was found in them.
#[derive(Clone, Debug)]
pub struct Page<'a> {
    /// The lines, see [`lines`].
    pub lines: Vec<Line<'a>>,
    /// Dates in lines that are not running text, in order.
    pub dates: Vec<Dated>,
    /// For each line, how many dates were found in it.
    pub dates_in: Vec<u8>,
    /// For each line, the number of bytes of running text in the lines before it.
    pub prose_before: Vec<usize>,
    /// For each line, what its text alone says about it.
    pub marks: Vec<Marks>,
}

/// What kind of line it is, judged by its text alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct Marks {
    /// It begins with words that announce authors.
    pub byline: bool,
    /// It is the name of a person and nothing else.
    pub name: bool,
    /// It begins with a dateline.
    pub dateline: bool,
    /// It contains a phrase that is typical of menus and prompts.
    pub junk: bool,
    /// It is a breadcrumb trail of sections.
    pub trail: bool,
}

impl<'a> Page<'a> {
    /// Reads a text and the lines that were removed from it.
    pub fn read(text: &'a str, removed: &'a [Removed], finder: &mut Finder) -> Self {
        let lines = lines(text, removed);
        let mut dates = Vec::new();
        let mut dates_in = vec![0u8; lines.len()];
        let mut prose_before = Vec::with_capacity(lines.len());
        let mut found = Vec::new();
        let mut prose = 0usize;
        let mut marks = Vec::with_capacity(lines.len());
        for (index, line) in lines.iter().enumerate() {
            prose_before.push(prose);
            marks.push(Marks {
                byline: byline::cue(line.text).is_some(),
                name: byline::is_bare_name(line.text),
                dateline: dateline::opens(line.text),
                junk: title::is_junk(line.text),
                trail: title::is_trail(line.text),
            });
            if line.prose && !title::is_notice(line.text) {
                prose += line.len.min(2000);
            }
            if line.len > MAX_DATE_LINE {
                continue;
            }
            finder.find(line.text, &mut found);
            dates_in[index] = found.len().min(255) as u8;
            dates.extend(found.iter().map(|&mention| Dated { line: index, mention }));
        }
        Self { lines, dates, dates_in, prose_before, marks }
    }

    /// Bytes of running text in lines `from..to`.
    pub fn prose_between(&self, from: usize, to: usize) -> usize {
        let at = |i: usize| self.prose_before.get(i).or(self.prose_before.last()).copied().unwrap_or(0);
        at(to.min(self.lines.len())).saturating_sub(at(from))
    }
}
