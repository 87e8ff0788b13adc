//! The properties of lines from which features are computed, in compact columns without blank lines: lines
//! and states are too large to be traversed for every feature. Decides nothing.

use crate::lines::{Line, Tally};
use crate::model::features::{Page, number};
use crate::options::Rule;
use crate::rules::boilerplate::State;

/// A column for each property, over all rows of a page.
#[derive(Default)]
pub struct Rows {
    pub chars: Vec<u32>,
    pub words: Vec<u32>,
    pub letters: Vec<u32>,
    pub capitals: Vec<u32>,
    pub digits: Vec<u32>,
    pub commas: Vec<u32>,
    /// Number of words if the line is prose, otherwise 0.
    pub prose_words: Vec<u32>,
    /// Set of the [`KINDS`] that the rule for the line alone is of.
    pub kinds: Vec<u16>,
    /// The number of the rule for the line alone, as the model knows it.
    pub rule: Vec<u8>,
    /// How the line ends, as the model knows it.
    pub end: Vec<u8>,
    /// How the line starts, as the model knows it.
    pub start: Vec<u8>,
    /// The score of the line's words.
    pub scores: Vec<u8>,
    /// 1 if the line is prose.
    pub prose: Vec<u8>,
    /// 1 if a rule for the line alone marks it.
    pub marked: Vec<u8>,
    /// 1 if the line ends like a sentence and has enough words for one.
    pub sentence: Vec<u8>,
    /// Numbers of the rows with a cue.
    pub cued: Vec<u32>,
    /// Numbers of the rows that are prose.
    pub of_prose: Vec<u32>,
    /// Numbers of the rows of each of the [`KINDS`].
    pub of_kinds: [Vec<u32>; KINDS.len()],
}

/// Kinds of rules. For the first seven, the nearest line above and below is a feature.
pub const KINDS: [&[Rule]; 8] = [
    &[Rule::RelatedTeaser, Rule::InlineTeaser],
    &[Rule::CommentSection],
    &[Rule::ShareBar],
    &[Rule::Timestamp, Rule::Byline, Rule::UpdateMarker],
    &[Rule::Copyright],
    &[Rule::CookieNotice, Rule::LoginForm, Rule::SubscribeForm, Rule::SiteNotice],
    &[Rule::Navigation, Rule::Breadcrumb, Rule::TagBar],
    &[Rule::Timestamp, Rule::Byline],
];
/// Fewest words of a sentence.
const SENTENCE: u32 = 4;

/// Indices of kinds.
pub const TEASERS: usize = 0;
pub const COMMENTS: usize = 1;
pub const DATES: usize = 7;

/// The kinds of each rule, as a bitmask.
static KINDS_OF: [u16; 256] = {
    let mut table = [0; 256];
    let mut kind = 0;
    while kind < KINDS.len() {
        let mut n = 0;
        while n < KINDS[kind].len() {
            table[KINDS[kind][n] as u8 as usize] |= 1 << kind;
            n += 1;
        }
        kind += 1;
    }
    table
};

impl Rows {
    /// Reads the rows of a page, in place of those of another.
    pub fn take(&mut self, page: &Page<'_>) {
        let count = page.shown.len();
        let Self { chars, words, letters, capitals, digits, commas, prose_words, .. } = self;
        for column in [chars, words, letters, capitals, digits, commas, prose_words] {
            column.resize(count, 0);
        }
        let Self { rule, end, start, scores, prose, sentence, .. } = self;
        for column in [rule, end, start, scores, prose, sentence] {
            column.resize(count, 0);
        }
        self.marked.clear();
        self.marked.resize(count, 0);
        self.kinds.clear();
        self.kinds.resize(count, 0);
        self.cued.resize(count, 0);
        self.of_prose.resize(count, 0);
        self.of_kinds.iter_mut().for_each(Vec::clear);
        // Most pages have no blank line: then the lines are taken without an index.
        if count == page.lines.len() {
            self.put(count, page.lines.iter().zip(page.tallies).zip(page.states));
        } else {
            self.put(
                count,
                page.shown.iter().map(|&i| ((&page.lines[i], &page.tallies[i]), &page.states[i])),
            );
        }
    }

    /// Writes `count` rows into the columns, which have that length.
    #[inline(always)]
    fn put<'p>(&mut self, count: usize, rows: impl Iterator<Item = ((&'p Line, &'p Tally), &'p State)>) {
        let (mut cued, mut of_prose) = (0, 0);
        // Slices of one length, so that bounds are checked only once.
        let (chars, words) = (&mut self.chars[..count], &mut self.words[..count]);
        let (letters, capitals) = (&mut self.letters[..count], &mut self.capitals[..count]);
        let (digits, commas) = (&mut self.digits[..count], &mut self.commas[..count]);
        let (prose_words, kinds) = (&mut self.prose_words[..count], &mut self.kinds[..count]);
        let (ends, starts) = (&mut self.end[..count], &mut self.start[..count]);
        let (rules, scores) = (&mut self.rule[..count], &mut self.scores[..count]);
        let (proses, sentences) = (&mut self.prose[..count], &mut self.sentence[..count]);
        let marked = &mut self.marked[..count];
        let (all_cued, all_prose) = (&mut self.cued[..count], &mut self.of_prose[..count]);
        for (row, ((line, tally), state)) in rows.enumerate().take(count) {
            let prose = state.prose && state.mark.is_none();
            chars[row] = tally.chars;
            words[row] = tally.words;
            letters[row] = tally.letters;
            capitals[row] = tally.capitals;
            digits[row] = tally.digits;
            commas[row] = tally.commas;
            prose_words[row] = if prose { words[row] } else { 0 };
            rules[row] = number(state.mark);
            ends[row] = line.end_kind();
            starts[row] = line.start_kind();
            scores[row] = state.score;
            proses[row] = u8::from(prose);
            sentences[row] = u8::from(line.sentence() & (tally.words >= SENTENCE));
            // Always written, and the count advances only if wanted: avoids an unpredictable branch.
            all_cued[cued] = row as u32;
            cued += usize::from(state.cue != 0);
            all_prose[of_prose] = row as u32;
            of_prose += usize::from(prose);
            if let Some(mark) = state.mark {
                marked[row] = 1;
                kinds[row] = KINDS_OF[usize::from(mark.rule as u8)];
                let mut left = kinds[row];
                while left != 0 {
                    self.of_kinds[left.trailing_zeros() as usize].push(row as u32);
                    left &= left - 1;
                }
            }
        }
        self.cued.truncate(cued);
        self.of_prose.truncate(of_prose);
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.words.len()
    }
}
