//! What the model is told of each line: the line itself, its place on the page, the prose and the cues around
//! it, and what the rules think of it. Decides nothing.
//!
//! The choice follows boilerpipe (Kohlschütter et al. 2010: words and their density, in the line and its
//! neighbours), jusText (Pomikálek 2011: context of short lines) and Web2Text (Vogels et al. 2018: sentence ends,
//! position, repeats); every feature is a count or a share, none is a word of one language but by the cue tables.

use crate::body::Segment;
use crate::boilerplate::{Look, Mark, State};
use crate::cues::class;
use crate::html::markup::Markup;
use crate::line::Line;
use crate::model::grid::{Grid, SCALE, scale, share};
use crate::model::row::{COMMENTS, DATES, Row, TEASERS};
use crate::model::sums::Sums;
use crate::model::title::Title;
use crate::options::Rule;
use std::ops::Range;

/// A page as the rules left it.
#[derive(Clone, Copy, Default)]
pub struct Page<'p> {
    /// The normalised text.
    pub text: &'p str,
    /// Its lines.
    pub lines: &'p [Line],
    /// What the line rules know of each, before the frame around the main text was looked for.
    pub states: &'p [State],
    /// What all rules together say.
    pub marks: &'p [Option<Mark>],
    /// The stretches of the main text that the rules found.
    pub segments: &'p [Segment],
    /// Numbers of the lines that are not blank: the rows of the table.
    pub shown: &'p [usize],
    /// What the markup says of each shown line, where the page is HTML.
    pub markup: Option<&'p [Markup]>,
    /// The title that an HTML page says it has.
    pub title: Option<&'p Title>,
}

/// The columns of the nearest line above and below of each of the first kinds of [`crate::model::row::KINDS`].
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
        lines: &'p [Line],
        look: &'p Look,
        shown: &'p [usize],
        markup: Option<&'p [Markup]>,
        title: Option<&'p Title>,
    ) -> Self {
        Self {
            text,
            lines,
            states: &look.states,
            marks: &look.marks,
            segments: &look.segments,
            shown,
            markup,
            title,
        }
    }

    /// Fills `grid` with a column for each feature.
    pub fn fill(&self, grid: &mut Grid) {
        let rows = Row::all(self);
        self.of_lines(&rows, grid);
        self.of_repeats(&rows, grid);
        self.of_cues(&rows, grid);
        of_places(&rows, grid);
        self.of_segments(grid);
        if let Some(markup) = self.markup {
            self.of_markup(markup, &rows, grid);
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

    /// The line by itself.
    fn of_lines(&self, rows: &[Row], grid: &mut Grid) {
        let share = |part: u32, whole: u32| share(part as usize, whole as usize);
        grid.put_counts("words", rows.iter().map(|r| r.words));
        grid.put("word-length", |i| {
            let row = &rows[i];
            (u64::from(row.letters) * 8).checked_div(u64::from(row.words)).map_or(0, |l| l.min(255) as u8)
        });
        grid.put("letters", |i| share(rows[i].letters, rows[i].chars));
        grid.put("digits", |i| share(rows[i].digits, rows[i].chars));
        grid.put("capitals", |i| share(rows[i].capitals, rows[i].words));
        grid.put("commas", |i| scale(self.line(i).commas()));
        grid.put("bars", |i| scale(self.line(i).bars()));
        grid.put("breaks", |i| scale(self.line(i).breaks()));
        grid.put("end", |i| rows[i].end);
        grid.put("start", |i| rows[i].start);
        grid.put("shouted", |i| u8::from(self.line(i).shouted));
        grid.put("prose", |i| u8::from(rows[i].prose));
    }

    /// How often the line, or one like it, stands on the page.
    fn of_repeats(&self, rows: &[Row], grid: &mut Grid) {
        let mut counts = vec![0u8; self.lines.len()];
        let twins: Vec<usize> = self.shown.iter().map(|&i| self.lines[i].twin()).collect();
        let mut before = vec![0u8; rows.len()];
        for (before, &twin) in before.iter_mut().zip(&twins) {
            *before = counts[twin];
            counts[twin] = counts[twin].saturating_add(1);
        }
        let often = Sums::new(rows.len(), twins.iter().map(|&twin| u32::from(counts[twin] >= 3)));
        grid.put_counts("often-3", often.window(-3, 4));
        grid.put_counts("often-10", often.window(-10, 11));
        grid.put("repeats", |i| counts[twins[i]]);
        grid.put("copies-above", |i| before[i]);
        // How unlike the lines around are to each other in length: low in lists.
        let mut above = 0;
        let unlike = Sums::new(
            rows.len(),
            rows.iter().map(|row| {
                let length = scale(row.chars as usize);
                u32::from(length.abs_diff(std::mem::replace(&mut above, length)))
            }),
        );
        grid.put_counts("unlike-4", unlike.window(-3, 5));
        grid.put("like-above", |i| u8::from(i > 0 && self.alike(i - 1, i)));
        grid.put("like-below", |i| u8::from(i + 1 < rows.len() && self.alike(i, i + 1)));
    }

    /// Whether two lines begin with the same bytes.
    fn alike(&self, a: usize, b: usize) -> bool {
        const HEAD: usize = 12;
        let head = |row| self.text.as_bytes().get(self.line(row).start..)?.first_chunk::<HEAD>();
        head(a).is_some() && head(a) == head(b)
    }

    /// Cues in the line and near it.
    fn of_cues(&self, rows: &[Row], grid: &mut Grid) {
        let hinted: Vec<usize> = (0..rows.len()).filter(|&i| self.state(i).hits.any() != 0).collect();
        for (name, class) in CUES {
            let Some(column) = grid.add(name) else { continue };
            for &i in &hinted {
                let hits = self.state(i).hits;
                column[i] = match () {
                    () if hits.whole & class != 0 => 4,
                    () if hits.start & class != 0 => 3,
                    () if hits.end & class != 0 => 2,
                    () => u8::from(hits.within & class != 0),
                };
            }
        }
        let marked: Vec<usize> = (0..rows.len()).filter(|&i| rows[i].marked).collect();
        if let Some(column) = grid.add("rule") {
            for &i in &marked {
                column[i] = self.state(i).mark.map_or(0, |m| number(m.rule));
            }
        }
        grid.put("rules", |i| self.mark(i).map_or(0, |m| number(m.rule)));
        for (kind, names) in NEAREST.into_iter().enumerate() {
            put_nearest(grid, names, marked.iter().copied().filter(|&i| rows[i].is(kind)));
        }
        let of_kind = |kind: usize| Sums::new(rows.len(), rows.iter().map(|r| u32::from(r.is(kind))));
        let dates = of_kind(DATES);
        grid.put_counts("dates-4", dates.window(-4, 5));
        grid.put_counts("dates-15", dates.window(-15, 16));
        grid.put_page("page-dates", scale(dates.all() as usize));
        let comments = of_kind(COMMENTS);
        grid.put_counts("comments-6", comments.window(-6, 7));
        grid.put_counts("comments-above", comments.upto());
        grid.put_counts("comments-below", comments.below());
        let teasers = of_kind(TEASERS);
        grid.put_counts("teasers-6", teasers.window(-6, 7));
        grid.put_counts("teasers-above", teasers.upto());
        let figures = Sums::new(rows.len(), rows.iter().map(|r| u32::from(r.digits > 0)));
        grid.put_counts("figures-5", figures.window(-5, 6));
        let cued = Sums::new(rows.len(), rows.iter().map(|r| u32::from(r.marked)));
        grid.put_counts("cues-4", cued.window(-4, 5));
        grid.put_counts("cues-10", cued.window(-10, 11));
        grid.put_counts("cues-below-5", cued.window(1, 6));
        grid.put_counts("cues-above-5", cued.window(-5, 0));
        grid.put_page("page-cues", share(cued.all() as usize, rows.len()));
    }

    /// Where the line stands to the main text that the rules found.
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
                for (cell, &line) in column[rows.clone()].iter_mut().zip(&shown[rows]) {
                    *cell = scale(line.abs_diff(from));
                }
            }
        };
        put_lines("segment-from-first", &mut spans.iter().map(|(span, s)| (span.clone(), s.first)));
        put_lines("segment-to-last", &mut spans.iter().map(|(span, s)| (span.clone(), s.last)));
        // From the start of each segment, or of the page, to the start of the next one; and from the end of each one.
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
        grid.put("since-headline", |i| headline.map_or(255, |h| i.checked_sub(h).map_or(254, scale)));
    }
}

/// Where the line stands, and how much prose stands around it.
fn of_places(rows: &[Row], grid: &mut Grid) {
    let count = rows.len();
    let words = Sums::new(count, rows.iter().map(|r| r.words));
    let prose = Sums::new(count, rows.iter().map(|r| r.prose_words));
    let sentences = Sums::new(count, rows.iter().map(|r| u32::from(r.sentence && r.words >= 4)));
    let short = Sums::new(count, rows.iter().map(|r| u32::from(r.words <= 4)));
    let capitals = Sums::new(count, rows.iter().map(|r| r.capitals));
    let share = |part: u32, whole: u32| share(part as usize, whole as usize);
    let shares = |grid: &mut Grid, name, parts: &mut dyn Iterator<Item = (u32, u32)>| {
        if let Some(column) = grid.add(name) {
            column.iter_mut().zip(parts).for_each(|(cell, (part, whole))| *cell = share(part, whole));
        }
    };
    grid.put("from-top", scale);
    grid.put("from-bottom", |i| scale(count - 1 - i));
    grid.put("place", |i| crate::model::grid::share(i, count));
    shares(grid, "words-above", &mut words.above().map(|above| (above, words.all())));
    shares(grid, "prose-above", &mut prose.above().map(|above| (above, prose.all())));
    grid.put_counts("prose-words-above", prose.above());
    grid.put_counts("prose-words-below", prose.below().zip(rows).map(|(below, row)| below - row.prose_words));
    for (name, reach) in [("prose-2", 2), ("prose-5", 5), ("prose-12", 12), ("prose-30", 30)] {
        grid.put_counts(name, prose.window(-reach, reach + 1));
    }
    grid.put_counts("prose-above-3", prose.window(-3, 0));
    grid.put_counts("prose-below-3", prose.window(1, 4));
    grid.put_counts("prose-above-8", prose.window(-8, 0));
    grid.put_counts("prose-below-8", prose.window(1, 9));
    for (name, reach) in [("words-2", 2), ("words-5", 5), ("words-12", 12)] {
        grid.put_counts(name, words.window(-reach, reach + 1));
    }
    for (name, reach) in [("sentences-3", 3), ("sentences-8", 8), ("sentences-25", 25)] {
        grid.put_counts(name, sentences.window(-reach, reach + 1));
    }
    for (name, reach) in [("short-3", 3), ("short-8", 8), ("short-25", 25)] {
        grid.put_counts(name, short.window(-reach, reach + 1));
    }
    shares(grid, "capitals-5", &mut capitals.window(-5, 6).zip(words.window(-5, 6)));
    put_nearest(grid, ("since-prose", "until-prose"), (0..count).filter(|&i| rows[i].prose));
    grid.put_page("page-lines", scale(count));
    grid.put_page("page-words", scale(words.all() as usize));
    grid.put_page("page-prose", share(prose.all(), words.all()));
    grid.put_page("page-sentences", crate::model::grid::share(sentences.all() as usize, count));
    grid.put_page("page-short", crate::model::grid::share(short.all() as usize, count));
    grid.put_page("page-capitals", share(capitals.all(), words.all()));
}

/// Two columns: rows since the nearest one above that is `found`, and until the nearest below; 255 where there is none.
fn put_nearest(
    grid: &mut Grid,
    (above, below): (&'static str, &'static str),
    found: impl Iterator<Item = usize> + Clone,
) {
    if let Some(column) = grid.add(above) {
        let mut from = 0;
        for at in found.clone() {
            count(&mut column[from..=at], from > 0);
            from = at + 1;
        }
        count(&mut column[from..], from > 0);
    }
    if let Some(column) = grid.add(below) {
        let mut from = 0;
        for at in found {
            column[from..at].iter_mut().rev().zip(1..).for_each(|(cell, until)| *cell = scale(until));
            from = at;
        }
        column[from..].fill(255);
    }
}

/// Counts the rows of `cells` from 1 on, where something stands above them.
fn count(cells: &mut [u8], is_below: bool) {
    if !is_below {
        cells.fill(255);
        return;
    }
    let known = cells.len().min(SCALE.len() - 1);
    cells[..known].copy_from_slice(&SCALE[1..=known]);
    cells.iter_mut().enumerate().skip(known).for_each(|(n, cell)| *cell = scale(n + 1));
}

/// The number by which the model knows a rule. The weights depend on it: it never changes.
fn number(rule: Rule) -> u8 {
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
