//! The features of each line: the line itself, its place on the page, the prose and the cues around it, and
//! what the rules say about it. Decides nothing.
//!
//! The choice follows boilerpipe (Kohlschütter et al. 2010: words and their density, in the line and its
//! neighbours), jusText (Pomikálek 2011: context of short lines) and Web2Text (Vogels et al. 2018: sentence
//! ends, position, repeats). Every feature is a count or a share, or a score of words by a lexicon.

use crate::html::markup::Markup;
use crate::lines::{Line, Tally};
use crate::model::counts::Counts;
use crate::model::grid::{Grid, ramp, ramp_down, ramp_down_over, ramp_over, scale, share};
use crate::model::lexicon;
use crate::model::rows::{COMMENTS, DATES, Rows, TEASERS};
use crate::model::simd;
use crate::model::sums::Sums;
use crate::model::title::Title;
use crate::options::Rule;
use crate::rules::body::Segment;
use crate::rules::boilerplate::{Mark, RuledPage, State};
use crate::rules::cues::{Hits, class};
use std::ops::Range;

/// A page as the rules left it.
#[derive(Clone, Copy, Default)]
pub struct Page<'p> {
    /// The normalised text.
    pub text: &'p str,
    /// Its lines.
    pub lines: &'p [Line],
    /// The counts of each line.
    pub tallies: &'p [Tally],
    /// What the line rules found for each line, before the search for the frame around the main text.
    pub states: &'p [State],
    /// The hints that the states refer to.
    pub hits: &'p [Hits],
    /// What all rules together say of each line.
    pub marks: &'p [Option<Mark>],
    /// The stretches of the main text that the rules found.
    pub segments: &'p [Segment],
    /// Numbers of the lines to be scored, none of them blank: the rows of the table.
    pub shown: &'p [usize],
    /// The markup of each shown line, if the page is HTML.
    pub markup: Option<&'p [Markup]>,
    /// The title that an HTML page states.
    pub title: Option<&'p Title>,
}

/// Scratch buffers for computing the features, reused from page to page because allocations are expensive.
#[derive(Default)]
pub struct Scratch {
    rows: Rows,
    sums: [Sums; 2],
    counts: Counts,
    copies: [Vec<u8>; 2],
    lengths: Vec<u8>,
}

/// The columns for the nearest line above and below of each of the first [`crate::model::rows::KINDS`].
const NEAREST: [(&str, &str); 7] = [
    ("since-related", "until-related"),
    ("since-comments", "until-comments"),
    ("since-share", "until-share"),
    ("since-date", "until-date"),
    ("since-copyright", "until-copyright"),
    ("since-form", "until-form"),
    ("since-navigation", "until-navigation"),
];

const CUES: [(&str, u32); 17] = [
    ("cue-share", class::SHARE),
    ("cue-subscribe", class::SUBSCRIBE),
    ("cue-login", class::LOGIN),
    ("cue-cookie", class::COOKIE),
    ("cue-navigation", class::NAV),
    ("cue-notice", class::NOTICE),
    ("cue-advertisement", class::AD),
    ("cue-related", class::RELATED),
    ("cue-inline", class::INLINE),
    ("cue-tags", class::TAGS),
    ("cue-credit", class::CREDIT),
    ("cue-copyright", class::COPYRIGHT),
    ("cue-author", class::AUTHOR),
    ("cue-comments", class::COMMENTS),
    ("cue-update", class::UPDATE),
    ("cue-by", class::BY),
    ("cue-by-end", class::BYEND),
];

impl<'p> Page<'p> {
    /// A page that the rules have looked at.
    pub fn new(
        text: &'p str,
        (lines, tallies): (&'p [Line], &'p [Tally]),
        ruled: &'p RuledPage,
        shown: &'p [usize],
        markup: Option<&'p [Markup]>,
        title: Option<&'p Title>,
    ) -> Self {
        Self {
            text,
            lines,
            tallies,
            states: &ruled.states,
            hits: &ruled.hits,
            marks: &ruled.marks,
            segments: &ruled.segments,
            shown,
            markup,
            title,
        }
    }

    /// Fills `grid` with a column for each feature.
    pub fn fill(&self, grid: &mut Grid, scratch: &mut Scratch) {
        let Scratch { rows, sums, counts, copies, lengths } = scratch;
        rows.take(self);
        self.of_lines(rows, grid);
        self.of_repeats(rows, grid, (&mut sums[0], counts), (copies, lengths));
        self.of_cues(rows, grid, (&mut sums[0], counts));
        of_places(rows, grid, sums, counts);
        of_words(rows, grid, &mut sums[0]);
        self.of_segments(grid);
        if let Some(markup) = self.markup {
            self.of_markup(markup, rows, grid);
        }
    }

    fn line(&self, row: usize) -> &Line {
        &self.lines[self.shown[row]]
    }

    fn state(&self, row: usize) -> &State {
        &self.states[self.shown[row]]
    }

    fn mark(&self, row: usize) -> Option<Mark> {
        self.marks[self.shown[row]]
    }

    /// Features of the line alone.
    fn of_lines(&self, rows: &Rows, grid: &mut Grid) {
        grid.put_counts("words", &rows.words);
        grid.put("word-length", |i| {
            let letters = u64::from(rows.letters[i]) * 8;
            letters.checked_div(u64::from(rows.words[i])).map_or(0, |length| length.min(255) as u8)
        });
        grid.put_wide("letters", |level, cells| simd::shares(level, &rows.letters, &rows.chars, cells));
        grid.put_wide("digits", |level, cells| simd::shares(level, &rows.digits, &rows.chars, cells));
        grid.put_wide("capitals", |level, cells| simd::shares(level, &rows.capitals, &rows.words, cells));
        grid.put_counts("commas", &rows.commas);
        grid.put("bars", |i| scale(self.tallies[self.shown[i]].bars as usize));
        grid.put("breaks", |i| scale(self.tallies[self.shown[i]].breaks as usize));
        grid.put_wide("end", |_, cells| cells.copy_from_slice(&rows.end));
        grid.put_wide("start", |_, cells| cells.copy_from_slice(&rows.start));
        grid.put("shouted", |i| u8::from(self.line(i).shouted()));
        grid.put_wide("prose", |_, cells| cells.copy_from_slice(&rows.prose));
    }

    /// Features of how often the line, or one like it, occurs on the page.
    fn of_repeats(
        &self,
        rows: &Rows,
        grid: &mut Grid,
        (sums, counts): (&mut Sums, &mut Counts),
        ([copies, before], lengths): (&mut [Vec<u8>; 2], &mut Vec<u8>),
    ) {
        copies.clear();
        before.clear();
        let small = |n: usize| n.min(255) as u8;
        for &i in self.shown {
            let (line, twin) = (&self.lines[i], self.lines[i].first_copy());
            copies.push(small(self.lines[twin].copies()));
            // Branch-free: the outcome is unpredictable.
            before.push(u8::from(twin != i) * small(line.copies()));
        }
        let often = counts.of(copies, |copies| *copies >= 3);
        grid.put_windows("often-3", often.window(-3, 4));
        grid.put_windows("often-10", often.window(-10, 11));
        grid.put_wide("repeats", |_, cells| cells.copy_from_slice(copies));
        grid.put_wide("copies-above", |_, cells| cells.copy_from_slice(before));
        // How much neighbouring lines differ in length: little in lists.
        lengths.resize(rows.len(), 0);
        simd::scales(grid.level(), &rows.chars, lengths);
        let above = std::iter::once(&0).chain(lengths.iter());
        let unlike = lengths.iter().zip(above).map(|(length, above)| u32::from(length.abs_diff(*above)));
        grid.put_differences("unlike-4", sums.of(rows.len(), unlike).window(-3, 5));
        grid.put("like-above", |i| u8::from(i > 0 && self.alike(i - 1, i)));
        grid.put("like-below", |i| u8::from(i + 1 < rows.len() && self.alike(i, i + 1)));
    }

    /// Whether two lines begin with the same bytes.
    fn alike(&self, a: usize, b: usize) -> bool {
        const HEAD: usize = 12;
        let head = |row| self.text.as_bytes().get(self.line(row).start..)?.first_chunk::<HEAD>();
        head(a).is_some() && head(a) == head(b)
    }

    /// Features of the cues in the line and near it.
    fn of_cues(&self, rows: &Rows, grid: &mut Grid, (sums, counts): (&mut Sums, &mut Counts)) {
        for (name, class) in CUES {
            let Some(column) = grid.add(name) else { continue };
            for i in rows.cued.iter().map(|&i| i as usize) {
                let hits = self.hits[self.state(i).cue as usize];
                column[i] = match () {
                    () if hits.whole & class != 0 => 4,
                    () if hits.start & class != 0 => 3,
                    () if hits.end & class != 0 => 2,
                    () => u8::from(hits.within & class != 0),
                };
            }
        }
        grid.put_wide("rule", |_, cells| cells.copy_from_slice(&rows.rule));
        grid.put("rules", |i| number(self.mark(i)));
        for (names, found) in NEAREST.into_iter().zip(&rows.of_kinds) {
            put_nearest(grid, names, found.iter().map(|&i| i as usize));
        }
        let dates = counts.of(&rows.kinds, |kinds| is_of(*kinds, DATES));
        grid.put_windows("dates-4", dates.window(-4, 5));
        grid.put_windows("dates-15", dates.window(-15, 16));
        grid.put_page("page-dates", scale(dates.all()));
        let comments = counts.of(&rows.kinds, |kinds| is_of(*kinds, COMMENTS));
        grid.put_windows("comments-6", comments.window(-6, 7));
        // Many pages have none.
        if comments.all() == 0 {
            grid.put_same("comments-above", 0);
            grid.put_same("comments-below", 0);
        } else {
            let comments = sums.of(rows.len(), of_kind(&rows.kinds, COMMENTS));
            grid.put_counts("comments-above", comments.upto());
            let (all, above) = (comments.all(), comments.above());
            grid.put_wide("comments-below", |level, cells| simd::rests(level, all, above, cells));
        }
        let teasers = counts.of(&rows.kinds, |kinds| is_of(*kinds, TEASERS));
        grid.put_windows("teasers-6", teasers.window(-6, 7));
        if teasers.all() == 0 {
            grid.put_same("teasers-above", 0);
        } else {
            grid.put_counts("teasers-above", sums.of(rows.len(), of_kind(&rows.kinds, TEASERS)).upto());
        }
        let figures = counts.of(&rows.digits, |digits| *digits > 0);
        grid.put_windows("figures-5", figures.window(-5, 6));
        let cued = counts.of(&rows.marked, |marked| *marked != 0);
        grid.put_windows("cues-4", cued.window(-4, 5));
        grid.put_windows("cues-10", cued.window(-10, 11));
        grid.put_windows("cues-below-5", cued.window(1, 6));
        grid.put_windows("cues-above-5", cued.window(-5, 0));
        grid.put_page("page-cues", share(cued.all(), rows.len()));
    }

    /// Features of where the line is relative to the main text that the rules found.
    fn of_segments(&self, grid: &mut Grid) {
        let (segments, shown) = (self.segments, self.shown);
        let best = segments.iter().map(|s| s.score).max().unwrap_or(0);
        let total: i64 = segments.iter().map(|s| s.score).sum();
        let of = |part: i64, whole: i64| {
            share(usize::try_from(part).unwrap_or(0), usize::try_from(whole).unwrap_or(0))
        };
        // The rows of each segment.
        let row = |line: usize| shown.partition_point(|&i| i < line);
        let spans: Vec<(Range<usize>, &Segment)> =
            segments.iter().map(|s| (row(s.first)..row(s.last + 1), s)).collect();
        if let Some(column) = grid.add("segment") {
            for (span, segment) in &spans {
                column[span.clone()].fill(if segment.score == best { 2 } else { 1 });
            }
        }
        if let Some(column) = grid.add("segment-score") {
            for (span, segment) in &spans {
                column[span.clone()].fill(of(segment.score, best));
            }
        }
        let mut put_lines = |name, stretches: &mut dyn Iterator<Item = (Range<usize>, usize)>| {
            let Some(column) = grid.add(name) else { return };
            column.fill(255);
            for (rows, from) in stretches {
                let (cells, lines) = (&mut column[rows.clone()], &shown[rows]);
                let (Some(&first), Some(&last)) = (lines.first(), lines.last()) else { continue };
                let is_whole = last - first + 1 == lines.len();
                match () {
                    () if is_whole && first >= from => ramp(cells, first - from),
                    () if is_whole && last <= from => ramp_down(cells, from - last),
                    () => cells.iter_mut().zip(lines).for_each(|(c, line)| *c = scale(line.abs_diff(from))),
                }
            }
        };
        put_lines("segment-from-first", &mut spans.iter().map(|(span, s)| (span.clone(), s.first)));
        put_lines("segment-to-last", &mut spans.iter().map(|(span, s)| (span.clone(), s.last)));
        // `segment-below` covers the rows from the start of the page, or of a segment, to the start of the
        // next segment; `segment-above` those from the end of a segment to the end of the next one, or of the
        // page.
        let starts = std::iter::once(0).chain(spans.iter().map(|(span, _)| span.start));
        put_lines(
            "segment-below",
            &mut starts.zip(&spans).map(|(from, (span, s))| (from..span.start, s.first)),
        );
        let ends = spans.iter().skip(1).map(|(span, _)| span.end).chain([shown.len()]);
        put_lines("segment-above", &mut spans.iter().zip(ends).map(|((span, s), to)| (span.end..to, s.last)));
        grid.put_page("page-segments", scale(segments.len()));
        grid.put_page("page-best-segment", of(best, total));
        let headline = (0..shown.len()).find(|&i| self.mark(i).is_some_and(|m| m.rule == Rule::Headline));
        grid.put_since("since-headline", headline);
    }
}

/// Whether a set of kinds contains `kind`.
fn is_of(kinds: u16, kind: usize) -> bool {
    kinds >> kind & 1 == 1
}

/// 1 for each row of a kind, 0 for the others.
fn of_kind(kinds: &[u16], kind: usize) -> impl Iterator<Item = u32> {
    kinds.iter().map(move |kinds| u32::from(is_of(*kinds, kind)))
}

/// Features of where the line is, and of how much prose is around it.
fn of_places(rows: &Rows, grid: &mut Grid, [words, sums]: &mut [Sums; 2], counts: &mut Counts) {
    let count = rows.len();
    let words = words.of(count, rows.words.iter().copied());
    grid.put_wide("from-top", |_, cells| ramp(cells, 0));
    grid.put_wide("from-bottom", |_, cells| ramp_down(cells, 0));
    grid.put_wide("place", simd::places);
    grid.put_wide("words-above", |level, cells| simd::shares_of(level, words.all(), words.above(), cells));
    let prose = sums.of(count, rows.prose_words.iter().copied());
    let prose_words = prose.all();
    grid.put_wide("prose-above", |level, cells| simd::shares_of(level, prose.all(), prose.above(), cells));
    grid.put_counts("prose-words-above", prose.above());
    grid.put_wide("prose-words-below", |level, cells| simd::rests(level, prose.all(), prose.upto(), cells));
    for (name, reach) in [("prose-2", 2), ("prose-5", 5), ("prose-12", 12), ("prose-30", 30)] {
        grid.put_differences(name, prose.window(-reach, reach + 1));
    }
    grid.put_differences("prose-above-3", prose.window(-3, 0));
    grid.put_differences("prose-below-3", prose.window(1, 4));
    grid.put_differences("prose-above-8", prose.window(-8, 0));
    grid.put_differences("prose-below-8", prose.window(1, 9));
    for (name, reach) in [("words-2", 2), ("words-5", 5), ("words-12", 12)] {
        grid.put_differences(name, words.window(-reach, reach + 1));
    }
    let sentences = counts.of(&rows.sentence, |sentence| *sentence != 0);
    let all_sentences = sentences.all();
    for (name, reach) in [("sentences-3", 3), ("sentences-8", 8), ("sentences-25", 25)] {
        grid.put_windows(name, sentences.window(-reach, reach + 1));
    }
    let short = counts.of(&rows.words, |words| *words <= 4);
    let all_short = short.all();
    for (name, reach) in [("short-3", 3), ("short-8", 8), ("short-25", 25)] {
        grid.put_windows(name, short.window(-reach, reach + 1));
    }
    let capitals = sums.of(count, rows.capitals.iter().copied());
    grid.put_wide("capitals-5", |level, cells| {
        simd::window_shares(level, capitals.window(-5, 6), words.window(-5, 6), cells);
    });
    put_nearest(grid, ("since-prose", "until-prose"), rows.of_prose.iter().map(|&i| i as usize));
    grid.put_page("page-lines", scale(count));
    grid.put_page("page-words", scale(words.all() as usize));
    grid.put_page("page-prose", share(prose_words as usize, words.all() as usize));
    grid.put_page("page-sentences", share(all_sentences, count));
    grid.put_page("page-short", share(all_short, count));
    grid.put_page("page-capitals", share(capitals.all() as usize, words.all() as usize));
}

/// Features of what the words of the line, and of those around it, suggest.
fn of_words(rows: &Rows, grid: &mut Grid, sums: &mut Sums) {
    grid.put_wide("lexicon", |_, cells| cells.copy_from_slice(&rows.scores));
    let sums = sums.of(rows.len(), rows.scores.iter().map(|score| u32::from(*score)));
    for (name, from, to) in
        [("lexicon-4", -4, 5), ("lexicon-10", -10, 11), ("lexicon-above-6", -6, 0), ("lexicon-below-6", 1, 7)]
    {
        grid.put_wide(name, |level, cells| lexicon::means(level, sums.window(from, to), (from, to), cells));
    }
    grid.put_page("page-lexicon", lexicon::mean(sums.all(), rows.len()));
}

/// Adds two columns: the scaled number of rows since the nearest row above that is in `found`, and until the
/// nearest one below; 255 if there is none.
fn put_nearest(
    grid: &mut Grid,
    (above, below): (&'static str, &'static str),
    found: impl Iterator<Item = usize> + Clone,
) {
    grid.put_wide(above, |_, column| {
        let mut found = found.clone();
        // There is none above the first one.
        let mut from = found.next().map_or(column.len(), |first| first + 1);
        column[..from].fill(255);
        for at in found {
            ramp_over(column, from..at + 1, 1);
            from = at + 1;
        }
        ramp(&mut column[from..], 1);
    });
    grid.put_wide(below, |_, column| {
        let mut from = 0;
        for at in found {
            ramp_down_over(column, from..at, 1);
            from = at;
        }
        column[from..].fill(255);
    });
}

/// The number by which the model knows the rule of a mark; 0 for no mark.
#[inline]
pub fn number(mark: Option<Mark>) -> u8 {
    NUMBERS[mark.map_or(NO_RULE, |mark| usize::from(mark.rule as u8))]
}

/// The index of no rule in [`NUMBERS`].
const NO_RULE: usize = 255;

/// The numbers of all rules. A table and not a branch: whether a line has a mark is unpredictable.
static NUMBERS: [u8; NO_RULE + 1] = {
    let mut table = [0; NO_RULE + 1];
    let mut n = 0;
    while n < Rule::ALL.len() {
        table[Rule::ALL[n] as u8 as usize] = number_of(Rule::ALL[n]);
        n += 1;
    }
    table
};

/// The number by which the model knows a rule. It must never change: the weights depend on it.
const fn number_of(rule: Rule) -> u8 {
    match rule {
        Rule::Headline => 1,
        Rule::InlineTeaser => 2,
        Rule::PhotoCredit => 3,
        Rule::UpdateMarker => 4,
        Rule::Byline => 5,
        Rule::Timestamp => 6,
        Rule::AuthorBox => 7,
        Rule::OutsideBody => 8,
        Rule::PageHeader => 9,
        Rule::PageFooter => 10,
        Rule::TagBar => 11,
        Rule::Breadcrumb => 12,
        Rule::Navigation => 13,
        Rule::RelatedTeaser => 14,
        Rule::ShareBar => 15,
        Rule::Advertisement => 16,
        Rule::SiteNotice => 17,
        Rule::SubscribeForm => 18,
        Rule::LoginForm => 19,
        Rule::CommentSection => 20,
        Rule::Copyright => 21,
        Rule::CookieNotice => 22,
        // Rules that change characters mark no line.
        _ => 0,
    }
}
