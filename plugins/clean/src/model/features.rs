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
use crate::model::grid::{Grid, scale, share};
use crate::options::Rule;
use crate::quick::QuickMap;

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
}

/// Kinds of cues whose nearest one above and below a line is told.
const NEAREST: [(&str, &str, &[Rule]); 7] = [
    ("since-related", "until-related", &[Rule::RelatedTeaser, Rule::InlineTeaser]),
    ("since-comments", "until-comments", &[Rule::CommentSection]),
    ("since-share", "until-share", &[Rule::ShareBar]),
    ("since-date", "until-date", &[Rule::Timestamp, Rule::Byline, Rule::UpdateMarker]),
    ("since-copyright", "until-copyright", &[Rule::Copyright]),
    (
        "since-form",
        "until-form",
        &[Rule::CookieNotice, Rule::LoginForm, Rule::SubscribeForm, Rule::SiteNotice],
    ),
    ("since-navigation", "until-navigation", &[Rule::Navigation, Rule::Breadcrumb, Rule::TagBar]),
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

/// Sums from the first row on, for windows.
struct Sums(Vec<u32>);

impl Sums {
    fn new(values: impl Iterator<Item = usize>) -> Self {
        let mut sum = 0u32;
        Self(
            std::iter::once(0)
                .chain(values.map(|v| {
                    sum = sum.saturating_add(u32::try_from(v).unwrap_or(u32::MAX));
                    sum
                }))
                .collect(),
        )
    }

    /// Of the rows from `from` to before `to`, as far as there are any.
    fn of(&self, from: usize, to: usize) -> usize {
        let last = self.0.len() - 1;
        (self.0[to.min(last)] - self.0[from.min(last)]) as usize
    }

    fn around(&self, row: usize, reach: usize) -> usize {
        self.of(row.saturating_sub(reach), row + reach + 1)
    }

    fn all(&self) -> usize {
        self.0.last().map_or(0, |&sum| sum as usize)
    }
}

impl<'p> Page<'p> {
    /// A page that the rules have looked at.
    pub fn new(
        text: &'p str,
        lines: &'p [Line],
        look: &'p Look,
        shown: &'p [usize],
        markup: Option<&'p [Markup]>,
    ) -> Self {
        Self {
            text,
            lines,
            states: &look.states,
            marks: &look.marks,
            segments: &look.segments,
            shown,
            markup,
        }
    }

    /// Fills `grid` with a column for each feature.
    pub fn fill(&self, grid: &mut Grid) {
        self.of_lines(grid);
        self.of_cues(grid);
        self.of_places(grid);
        self.of_segments(grid);
        if let Some(markup) = self.markup {
            self.of_markup(markup, grid);
        }
    }

    pub(super) fn line(&self, row: usize) -> &Line {
        &self.lines[self.shown[row]]
    }

    fn state(&self, row: usize) -> &State {
        &self.states[self.shown[row]]
    }

    fn mark(&self, row: usize) -> Option<Mark> {
        self.marks[self.shown[row]]
    }

    pub(super) fn prose(&self, row: usize) -> bool {
        self.state(row).prose && self.state(row).mark.is_none()
    }

    /// The line by itself.
    fn of_lines(&self, grid: &mut Grid) {
        grid.put("words", |i| scale(self.line(i).words));
        grid.put("word-length", |i| {
            let line = self.line(i);
            (line.letters * 8).checked_div(line.words).map_or(0, |l| l.min(255) as u8)
        });
        grid.put("letters", |i| share(self.line(i).letters, self.line(i).chars));
        grid.put("digits", |i| share(self.line(i).digits, self.line(i).chars));
        grid.put("capitals", |i| share(self.line(i).capitals, self.line(i).words));
        grid.put("commas", |i| scale(self.line(i).commas));
        grid.put("bars", |i| scale(self.line(i).bars));
        grid.put("breaks", |i| scale(self.line(i).breaks));
        grid.put("end", |i| {
            let line = self.line(i);
            match () {
                () if line.full_stop => 5,
                () if line.sentence => 4,
                () if line.colon => 3,
                () if line.cut => 2,
                () => u8::from(self.text.as_bytes().get(line.end - 1).is_some_and(u8::is_ascii_digit)),
            }
        });
        grid.put("start", |i| {
            let line = self.line(i);
            match self.text.as_bytes()[line.start] {
                _ if line.bullet => 5,
                _ if line.quote => 4,
                _ if line.small => 3,
                b'0'..=b'9' => 1,
                b if b.is_ascii_punctuation() => 0,
                _ => 2,
            }
        });
        grid.put("shouted", |i| u8::from(self.line(i).shouted));
        grid.put("prose", |i| u8::from(self.prose(i)));
        let mut counts: QuickMap<u64, u8> = QuickMap::default();
        let mut before: Vec<u8> = Vec::with_capacity(self.shown.len());
        for row in 0..self.shown.len() {
            let count = counts.entry(self.line(row).hash).or_insert(0);
            before.push(*count);
            *count = count.saturating_add(1);
        }
        let often = Sums::new(
            (0..self.shown.len())
                .map(|i| usize::from(counts.get(&self.line(i).hash).is_some_and(|&c| c >= 3))),
        );
        grid.put("often-3", |i| scale(often.around(i, 3)));
        grid.put("often-10", |i| scale(often.around(i, 10)));
        grid.put("repeats", |i| counts.get(&self.line(i).hash).copied().unwrap_or(0));
        grid.put("copies-above", |i| before[i]);
        // How unlike the lines around are to each other in length: low in lists.
        let unlike = Sums::new((0..self.shown.len()).map(|i| {
            let before = i.checked_sub(1).map_or(0, |b| self.line(b).chars);
            usize::from(scale(self.line(i).chars).abs_diff(scale(before)))
        }));
        grid.put("unlike-4", |i| scale(unlike.of(i.saturating_sub(3), i + 5)));
        grid.put("like-above", |i| u8::from(i > 0 && self.alike(i - 1, i)));
        grid.put("like-below", |i| u8::from(i + 1 < self.shown.len() && self.alike(i, i + 1)));
    }

    /// Whether two lines begin with the same bytes.
    fn alike(&self, a: usize, b: usize) -> bool {
        const HEAD: usize = 12;
        let head = |row| self.text.as_bytes().get(self.line(row).start..self.line(row).start + HEAD);
        head(a).is_some() && head(a) == head(b)
    }

    /// Cues in the line and near it.
    fn of_cues(&self, grid: &mut Grid) {
        for (name, class) in CUES {
            grid.put(name, |i| {
                let hits = self.state(i).hits;
                match () {
                    () if hits.whole & class != 0 => 4,
                    () if hits.start & class != 0 => 3,
                    () if hits.end & class != 0 => 2,
                    () => u8::from(hits.within & class != 0),
                }
            });
        }
        grid.put("rule", |i| self.state(i).mark.map_or(0, |m| number(m.rule)));
        grid.put("rules", |i| self.mark(i).map_or(0, |m| number(m.rule)));
        let rows = self.shown.len();
        for (above, below, rules) in NEAREST {
            let found = |i: usize| self.state(i).mark.is_some_and(|m| rules.contains(&m.rule));
            put_nearest(grid, (above, below), found);
        }
        let marked = |i: usize, rules: &[Rule]| {
            usize::from(self.state(i).mark.is_some_and(|m| rules.contains(&m.rule)))
        };
        let dates = Sums::new((0..rows).map(|i| marked(i, &[Rule::Timestamp, Rule::Byline])));
        grid.put("dates-4", |i| scale(dates.around(i, 4)));
        grid.put("dates-15", |i| scale(dates.around(i, 15)));
        grid.put("page-dates", |_| scale(dates.all()));
        let comments = Sums::new((0..rows).map(|i| marked(i, &[Rule::CommentSection])));
        grid.put("comments-6", |i| scale(comments.around(i, 6)));
        grid.put("comments-above", |i| scale(comments.of(0, i + 1)));
        grid.put("comments-below", |i| scale(comments.of(i, rows)));
        let teasers = Sums::new((0..rows).map(|i| marked(i, &[Rule::RelatedTeaser, Rule::InlineTeaser])));
        grid.put("teasers-6", |i| scale(teasers.around(i, 6)));
        grid.put("teasers-above", |i| scale(teasers.of(0, i + 1)));
        let figures = Sums::new((0..rows).map(|i| usize::from(self.line(i).digits > 0)));
        grid.put("figures-5", |i| scale(figures.around(i, 5)));
        let cued = Sums::new((0..rows).map(|i| usize::from(self.state(i).mark.is_some())));
        grid.put("cues-4", |i| scale(cued.around(i, 4)));
        grid.put("cues-10", |i| scale(cued.around(i, 10)));
        grid.put("cues-below-5", |i| scale(cued.of(i + 1, i + 6)));
        grid.put("cues-above-5", |i| scale(cued.of(i.saturating_sub(5), i)));
        grid.put("page-cues", |_| share(cued.all(), rows));
    }

    /// Where the line stands, and how much prose stands around it.
    fn of_places(&self, grid: &mut Grid) {
        let rows = self.shown.len();
        let words = Sums::new((0..rows).map(|i| self.line(i).words));
        let prose = Sums::new((0..rows).map(|i| if self.prose(i) { self.line(i).words } else { 0 }));
        let sentences =
            Sums::new((0..rows).map(|i| usize::from(self.line(i).sentence && self.line(i).words >= 4)));
        let short = Sums::new((0..rows).map(|i| usize::from(self.line(i).words <= 4)));
        let capitals = Sums::new((0..rows).map(|i| self.line(i).capitals));
        grid.put("from-top", scale);
        grid.put("from-bottom", |i| scale(rows - 1 - i));
        grid.put("place", |i| share(i, rows));
        grid.put("words-above", |i| share(words.of(0, i), words.all()));
        grid.put("prose-above", |i| share(prose.of(0, i), prose.all()));
        grid.put("prose-words-above", |i| scale(prose.of(0, i)));
        grid.put("prose-words-below", |i| scale(prose.of(i + 1, rows)));
        for (name, reach) in [("prose-2", 2), ("prose-5", 5), ("prose-12", 12), ("prose-30", 30)] {
            grid.put(name, |i| scale(prose.around(i, reach)));
        }
        grid.put("prose-above-3", |i| scale(prose.of(i.saturating_sub(3), i)));
        grid.put("prose-below-3", |i| scale(prose.of(i + 1, i + 4)));
        grid.put("prose-above-8", |i| scale(prose.of(i.saturating_sub(8), i)));
        grid.put("prose-below-8", |i| scale(prose.of(i + 1, i + 9)));
        for (name, reach) in [("words-2", 2), ("words-5", 5), ("words-12", 12)] {
            grid.put(name, |i| scale(words.around(i, reach)));
        }
        for (name, reach) in [("sentences-3", 3), ("sentences-8", 8), ("sentences-25", 25)] {
            grid.put(name, |i| scale(sentences.around(i, reach)));
        }
        for (name, reach) in [("short-3", 3), ("short-8", 8), ("short-25", 25)] {
            grid.put(name, |i| scale(short.around(i, reach)));
        }
        grid.put("capitals-5", |i| share(capitals.around(i, 5), words.around(i, 5)));
        put_nearest(grid, ("since-prose", "until-prose"), |i| self.prose(i));
        grid.put("page-lines", |_| scale(rows));
        grid.put("page-words", |_| scale(words.all()));
        grid.put("page-prose", |_| share(prose.all(), words.all()));
        grid.put("page-sentences", |_| share(sentences.all(), rows));
        grid.put("page-short", |_| share(short.all(), rows));
        grid.put("page-capitals", |_| share(capitals.all(), words.all()));
    }

    /// Where the line stands to the main text that the rules found.
    fn of_segments(&self, grid: &mut Grid) {
        let best = self.segments.iter().map(|s| s.score).max().unwrap_or(0);
        let total: i64 = self.segments.iter().map(|s| s.score).sum();
        let of = |part: i64, whole: i64| {
            share(usize::try_from(part).unwrap_or(0), usize::try_from(whole).unwrap_or(0))
        };
        // The segment of a row, or the next one below.
        let mut at = 0;
        let mut places: Vec<(usize, bool)> = Vec::with_capacity(self.shown.len());
        for &line in self.shown {
            while self.segments.get(at).is_some_and(|s| s.last < line) {
                at += 1;
            }
            places.push((at, self.segments.get(at).is_some_and(|s| s.first <= line)));
        }
        let within = |i: usize| places[i].1.then(|| &self.segments[places[i].0]);
        grid.put("segment", |i| within(i).map_or(0, |s| if s.score == best { 2 } else { 1 }));
        grid.put("segment-score", |i| within(i).map_or(0, |s| of(s.score, best)));
        grid.put("segment-from-first", |i| within(i).map_or(255, |s| scale(self.shown[i] - s.first)));
        grid.put("segment-to-last", |i| within(i).map_or(255, |s| scale(s.last - self.shown[i])));
        grid.put("segment-below", |i| {
            let next = places[i].0 + usize::from(places[i].1);
            self.segments.get(next).map_or(255, |s| scale(s.first - self.shown[i]))
        });
        grid.put("segment-above", |i| {
            let before = places[i].0.checked_sub(1).and_then(|b| self.segments.get(b));
            before.map_or(255, |s| scale(self.shown[i] - s.last))
        });
        grid.put("page-segments", |_| scale(self.segments.len()));
        grid.put("page-best-segment", |_| of(best, total));
        let headline =
            (0..self.shown.len()).find(|&i| self.mark(i).is_some_and(|m| m.rule == Rule::Headline));
        grid.put("since-headline", |i| headline.map_or(255, |h| i.checked_sub(h).map_or(254, scale)));
    }
}

/// Two columns: rows since the nearest one above that is `found`, and until the nearest below; 255 where there is none.
fn put_nearest(grid: &mut Grid, (above, below): (&'static str, &'static str), found: impl Fn(usize) -> bool) {
    let rows = grid.rows();
    let mut last: Option<usize> = None;
    grid.put(above, |i| {
        let since = last.map_or(255, |l| scale(i - l));
        if found(i) {
            last = Some(i);
        }
        since
    });
    let mut next = 0;
    grid.put(below, |i| {
        if next <= i {
            next = (i + 1..rows).find(|&j| found(j)).unwrap_or(usize::MAX);
        }
        if next == usize::MAX { 255 } else { scale(next - i) }
    });
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
