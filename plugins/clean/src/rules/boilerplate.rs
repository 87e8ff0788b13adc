//! Decides which lines of a page are boilerplate: cue rules line by line, then blocks that follow a cue, then
//! lines before, after and outside the main text.

use std::sync::Arc;

use crate::lines::Line;
use crate::lines::blocks::Begins;
use crate::model::lexicon::{Lexicon, NEUTRAL, TOGETHER, Words};
use crate::options::{Rule, Rules};
use crate::rules::body;
use crate::rules::cues::{Cues, Hits, class};
use crate::rules::dates::DateWords;
use crate::rules::line_cache::LineCache;

/// The reason to remove a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Mark {
    /// The rule.
    pub rule: Rule,
    /// The kind that another rule gives the line, if the model decided.
    pub kind: Option<Rule>,
    // The measurement, in separate fields to keep marks small: a page has one for every line.
    unit: Option<Unit>,
    value: u32,
    threshold: u32,
}

/// The value that a rule measured on a line, and its threshold, in the unit of the rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
pub struct Measured {
    value: u32,
    threshold: u32,
    unit: Unit,
}

/// The unit of a measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd)]
enum Unit {
    /// Words or lines.
    One,
    /// A likelihood in thousandths, with its threshold in units of 1 / [`Measured::FINE`].
    Thousandth,
}

impl Measured {
    /// Thresholds of likelihoods are stored in billionths: no pipeline has more digits.
    const FINE: f64 = 1e9;

    /// Whether the two were compared with different thresholds.
    pub fn differs_in_threshold(&self, other: &Self) -> bool {
        (self.threshold, self.unit) != (other.threshold, other.unit)
    }

    /// Returns value and threshold as the ledger shows them.
    pub fn shown(self) -> (f64, f64) {
        let (value, threshold) = (f64::from(self.value), f64::from(self.threshold));
        match self.unit {
            Unit::One => (value, threshold),
            Unit::Thousandth => (value / 1000.0, threshold / Self::FINE),
        }
    }
}

/// A threshold of likelihoods in the form that marks store.
#[derive(Clone, Copy)]
pub struct Threshold(u32);

impl Threshold {
    /// `threshold` is from 0 to 1.
    pub fn new(threshold: f64) -> Self {
        Self((threshold * Measured::FINE + 0.5) as u32)
    }
}

impl Mark {
    pub(crate) fn by(rule: Rule) -> Self {
        Self { rule, kind: None, unit: None, value: 0, threshold: 0 }
    }

    pub(crate) fn with(rule: Rule, value: usize, threshold: usize) -> Self {
        let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let (value, threshold) = (small(value), small(threshold));
        Self { rule, kind: None, unit: Some(Unit::One), value, threshold }
    }

    /// A mark of the model; `likelihood` is in thousandths.
    pub(crate) fn unlikely(likelihood: u16, Threshold(threshold): Threshold, kind: Option<Rule>) -> Self {
        let value = u32::from(likelihood);
        Self { rule: Rule::BoilerplateModel, kind, unit: Some(Unit::Thousandth), value, threshold }
    }

    /// Returns the measurement, if the rule measures.
    pub fn measured(&self) -> Option<Measured> {
        self.unit.map(|unit| Measured { value: self.value, threshold: self.threshold, unit })
    }

    /// A cheap hash: a number that few other marks of a page have.
    pub fn number(&self) -> usize {
        self.value as usize
    }

    /// Takes over the measurement of another mark.
    pub fn measure_as(&mut self, other: &Self) {
        (self.unit, self.value, self.threshold) = (other.unit, other.value, other.threshold);
    }
}

/// The judgement of a line alone, without its neighbours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Single {
    /// Its hints.
    pub hits: Hits,
    /// Set if the line is boilerplate.
    pub mark: Option<Mark>,
    /// Whether the line is prose: long, with the punctuation of sentences.
    pub prose: bool,
}

/// The state of a line while the rules run.
#[derive(Clone, Copy, Debug, Default)]
pub struct State {
    /// Index of its hints in [`RuledPage::hits`]; 0 if it has none.
    pub cue: u32,
    /// Set if the line is boilerplate.
    pub mark: Option<Mark>,
    /// Whether the line is prose: long, with the punctuation of sentences, or part of a wrapped paragraph.
    pub prose: bool,
    /// Whether the line is part of a paragraph that is wrapped over several lines.
    pub wrapped: bool,
    /// The score of its words, see [`Lexicon::scores`].
    pub score: u8,
}

/// The findings of the rules on a page.
#[derive(Clone, Debug)]
pub struct RuledPage {
    /// The state of each line, from the line alone and from cues near it.
    pub states: Vec<State>,
    /// The hints of lines that have any; the first entry is empty.
    pub hits: Vec<Hits>,
    /// The stretches of the main text.
    pub segments: Vec<body::Segment>,
    /// The mark of each line, including the frame around the main text.
    pub marks: Vec<Option<Mark>>,
    /// Whether the lines show that the text is a saved page, with a frame around it.
    pub is_page: bool,
    /// Whether half of the lines or more belong to paragraphs that are wrapped over several lines.
    pub is_wrapped: bool,
}

/// Fewest words that make a line with a sentence end a paragraph, which no single cue removes.
pub const PARAGRAPH: usize = 14;
/// Fewest words that make a line without a sentence end count as text.
pub const LONG: usize = 24;
/// Longest line, in words, that may be a headline.
pub(crate) const HEADLINE: usize = 28;
/// Lines that are looked up together.
const FETCHED: usize = TOGETHER;
/// A text of wrapped paragraphs, as in books and mail, is a page only if at least one line in this many
/// belongs to a page's frame: one or two look like that by chance. If paragraphs are single lines, one line
/// of the frame is enough; on 1,720 labelled pages, F1 of documentation falls by 0.02 if one line in 50 is
/// required.
const OF_FRAME: usize = 50;
/// A text that is not a page has entries if at least this many of its lines are dates.
const ENTRIES: usize = 3;
/// A text occurs often on a page if at least this many lines have it.
const OFTEN: usize = 3;
/// Most lines of a teaser block inside the main text.
const TEASER_LINES: usize = 14;

/// The rules with their tables; cheap to clone.
#[derive(Clone)]
pub struct LineRules {
    pub(crate) cues: Arc<Cues>,
    pub(crate) dates: Arc<DateWords>,
    pub(crate) rules: Rules,
    /// The words that the model knows, if there is a model.
    lexicon: Option<Arc<Lexicon>>,
    /// Whether the lines are from plain text, not HTML.
    is_plain: bool,
    cache: LineCache,
}

impl LineRules {
    /// Creates rules over shared tables. `lexicon` scores the words of lines.
    pub fn new(
        cues: Arc<Cues>,
        dates: Arc<DateWords>,
        rules: Rules,
        lexicon: Option<Arc<Lexicon>>,
        is_plain: bool,
    ) -> Self {
        Self { cues, dates, rules, lexicon, is_plain, cache: LineCache::default() }
    }

    /// Applies the rules to the lines of `text`, in which phrases may begin at `begins`. `distinct` are the
    /// numbers of lines that are not copies, with their hashes; `shown` are the numbers of lines that are not
    /// blank; `states` and `hits` are buffers to reuse.
    pub fn apply(
        &self,
        text: &str,
        (lines, distinct, shown): (&[Line], &[(u32, u32)], &[usize]),
        begins: &Begins,
        (mut states, mut hits): (Vec<State>, Vec<Hits>),
    ) -> RuledPage {
        states.clear();
        states.resize(lines.len(), State::default());
        hits.clear();
        hits.push(Hits::default());
        self.apply_alone(text, (lines, distinct), begins, (&mut states, &mut hits));
        // The rules that mark single lines, one bit each.
        let mut rules = 0u64;
        // Numbers of the lines whose text occurs often on the page.
        let (mut often, mut count) = (vec![0; lines.len()], 0);
        for (i, line) in lines.iter().enumerate() {
            // Copies are judged like the first line with the same text.
            let state = states[line.first_copy()];
            states[i] = state;
            // Always written, and the count advances only if wanted: avoids an unpredictable branch.
            often[count] = i;
            count += usize::from(lines[line.first_copy()].copies() >= OFTEN);
            rules |= state.mark.map_or(0, |mark| bit(mark.rule));
        }
        often.truncate(count);
        let is_wrapped = body::wrapped_paragraphs(lines, &mut states) * 2 >= shown.len().max(1);
        let indicates = |line: &Line, state: &State| {
            line.has_letters()
                && state.mark.is_some_and(|m| indicates_page(m.rule) && !may_be_speech(line, m.rule))
        };
        // Stops at the last one needed: most pages have it near the top.
        let least = if is_wrapped && self.is_plain { shown.len().div_ceil(OF_FRAME).max(1) } else { 1 };
        let of_frame = lines.iter().zip(&states).filter(|(line, state)| indicates(line, state));
        let is_page = of_frame.take(least).count() == least;
        if !is_page && self.is_plain {
            // In a long text, a line or two look like a frame by chance, lines of symbols separate scenes,
            // and several dates below the first paragraph belong to entries.
            let is_date = |state: &State| state.mark.is_some_and(|m| m.rule == Rule::Timestamp);
            let has_entries = states.iter().filter(|state| is_date(state)).count() >= ENTRIES;
            let first = states.iter().position(|state| state.prose).unwrap_or(0);
            for (i, state) in states.iter_mut().enumerate() {
                let is_entry = has_entries && i > first && is_date(state);
                if is_entry || state.mark.is_some_and(|m| indicates_page(m.rule)) {
                    state.mark = None;
                }
            }
        }
        self.teaser_blocks((lines, &hits), shown, &mut states);
        if is_page {
            self.repeats(lines, &often, &mut states);
        }
        let segments = body::segments(text, lines, shown, &states);
        let may_end = self.rules.on(Rule::CommentSection) && rules & bit(Rule::CommentSection) != 0;
        let mut segments = match may_end {
            true => without_comments(lines, &mut states, segments),
            false => segments,
        };
        body::with_lists(text, lines, &states, &mut segments);
        let mut marks: Vec<Option<Mark>> = states.iter().map(|s| s.mark).collect();
        self.frame(text, (lines, &hits), &mut states, &segments, is_page);
        for (mark, state) in marks.iter_mut().zip(&mut states) {
            std::mem::swap(mark, &mut state.mark);
        }
        RuledPage { states, hits, segments, marks, is_page, is_wrapped }
    }

    /// Judges each line that is not a copy, alone.
    fn apply_alone(
        &self,
        text: &str,
        (lines, distinct): (&[Line], &[(u32, u32)]),
        begins: &Begins,
        (states, hits): (&mut [State], &mut Vec<Hits>),
    ) {
        let mut put = |number: u32, (single, score): (Single, u8)| {
            let cue = if single.hits.any() == 0 { 0 } else { hits.len() as u32 };
            if cue > 0 {
                hits.push(single.hits);
            }
            states[number as usize] =
                State { cue, mark: single.mark, prose: single.prose, wrapped: false, score };
        };
        let span = |number: u32| lines[number as usize].start..lines[number as usize].end;
        let mut words = Words::default();
        self.cache.with(|known| {
            for fetched in distinct.chunks(FETCHED) {
                known.fetch(fetched.iter().map(|&(_, hash)| hash));
                // The lines that are not cached; their words are looked up together.
                let (mut others, mut count) = ([(0, 0); FETCHED], 0);
                for &(number, hash) in fetched {
                    match known.get(text.as_bytes(), span(number), hash) {
                        Some(judged) => put(number, judged),
                        None => {
                            others[count] = (number, hash);
                            count += 1;
                        }
                    }
                }
                let others = &others[..count];
                let spans = others.iter().map(|&(number, _)| span(number));
                let lexicon = self.lexicon.as_ref();
                let scores = lexicon
                    .map_or([NEUTRAL; FETCHED], |lexicon| lexicon.scores(text, spans, begins, &mut words));
                for (&(number, hash), score) in others.iter().zip(scores) {
                    let judged = (self.apply_to_line(text, &lines[number as usize], begins), score);
                    known.put(&text.as_bytes()[span(number)], hash, judged);
                    put(number, judged);
                }
            }
        });
    }

    /// Marks blocks of headlines after headings such as `Also Read` inside the text: up to the next
    /// paragraph, except a subheading of the article that opens that paragraph.
    fn teaser_blocks(&self, (lines, hits): (&[Line], &[Hits]), shown: &[usize], states: &mut [State]) {
        if !self.rules.on(Rule::RelatedTeaser) {
            return;
        }
        let is_heading = |state: &State| {
            state.mark.is_some_and(|m| {
                m.rule == Rule::RelatedTeaser
                    || m.rule == Rule::InlineTeaser && hits[state.cue as usize].whole & class::RELATED != 0
            })
        };
        // Found before any block is marked.
        let mut subheadings = None;
        let mut at = 0;
        while let Some(found) = states.get(at..).and_then(|rest| rest.iter().position(is_heading)) {
            at += found;
            if lines[at].blank() {
                at += 1;
                continue;
            }
            let subheadings: &Vec<usize> =
                subheadings.get_or_insert_with(|| body::subheadings(lines, shown, states));
            let mut block: Vec<usize> = Vec::new();
            let mut next = at + 1;
            while next < lines.len() && block.len() < TEASER_LINES {
                let (line, state) = (&lines[next], &states[next]);
                if line.blank()
                    || state.mark.is_some_and(|m| {
                        matches!(
                            m.rule,
                            Rule::Timestamp | Rule::InlineTeaser | Rule::PhotoCredit | Rule::Advertisement
                        )
                    })
                {
                    next += 1;
                    continue;
                }
                let headline =
                    line.words() <= HEADLINE && !line.full_stop() && !(line.quote() && line.sentence());
                if state.mark.is_some() || !headline || line.colon() && line.words() > 12 {
                    break;
                }
                block.push(next);
                next += 1;
            }
            let prose_next = next < lines.len() && states[next].mark.is_none() && !lines[next].blank();
            if prose_next
                && block.len() >= 2
                && let Some((&last, others)) = block.split_last()
            {
                let mean = others.iter().map(|&i| lines[i].words().max(1)).sum::<usize>() / others.len();
                let inside = block.iter().filter(|i| subheadings.binary_search(i).is_ok()).count();
                let alone = subheadings.len() - inside;
                if lines[last].words() * 10 <= mean * 7 && alone > 0 {
                    block.pop();
                }
            }
            for i in block {
                states[i].mark = Some(Mark::by(Rule::RelatedTeaser));
                states[i].prose = false;
            }
            at = next.max(at + 1);
        }
    }

    /// Marks short lines that occur often as the site's frame; `often` are the numbers of the lines that
    /// occur often.
    fn repeats(&self, lines: &[Line], often: &[usize], states: &mut [State]) {
        for &i in often {
            let (line, state) = (&lines[i], &mut states[i]);
            // Of the lines with the same text, either all are short or none is.
            if state.mark.is_none() && line.words() <= 8 && !line.sentence() && line.has_letters() {
                let count = lines[line.first_copy()].copies();
                state.mark =
                    Some(Mark::with(Rule::Navigation, count, OFTEN)).filter(|m| self.rules.on(m.rule));
            }
        }
    }
}

/// Ends the main text at the first mark of a comment section with at least 80 words of prose above it, if
/// these are at least half of all prose or the lines below look like comments.
fn without_comments(
    lines: &[Line],
    states: &mut [State],
    mut segments: Vec<body::Segment>,
) -> Vec<body::Segment> {
    let total: usize = prose_words(lines, states, 0..lines.len());
    let mut before = 0;
    for i in 0..lines.len() {
        before += if states[i].prose && states[i].mark.is_none() { lines[i].words() } else { 0 };
        let boundary = states[i].mark.is_some_and(|m| m.rule == Rule::CommentSection);
        if !boundary || before < 80 {
            continue;
        }
        let near = lines[i + 1..].iter().zip(&states[i + 1..]).filter(|(l, _)| !l.blank()).take(8);
        let comment_like = near
            .filter(|(_, s)| {
                s.mark.is_some_and(|m| {
                    matches!(m.rule, Rule::CommentSection | Rule::Timestamp | Rule::LoginForm)
                })
            })
            .count();
        if before * 2 < total && comment_like < 2 {
            continue;
        }
        for (line, state) in lines[i..].iter().zip(&mut states[i..]) {
            if state.mark.is_none() && !line.blank() {
                state.mark = Some(Mark::with(Rule::CommentSection, before, 80));
                state.prose = false;
            }
        }
        segments.retain(|s| s.first < i);
        for segment in &mut segments {
            segment.last = segment.last.min(i);
        }
        break;
    }
    segments
}

/// The bit of a rule in a bit set.
pub(crate) fn bit(rule: Rule) -> u64 {
    const { assert!(Rule::ALL.len() <= 64) }
    1 << (rule as u8)
}

/// Whether a line under this rule shows that the text is a saved page, with a frame around it.
fn indicates_page(rule: Rule) -> bool {
    !matches!(
        rule,
        Rule::Timestamp
            | Rule::Byline
            | Rule::PhotoCredit
            | Rule::InlineTeaser
            | Rule::UpdateMarker
            | Rule::Headline
            | Rule::AuthorBox
    )
}

/// Whether a line under this rule may be a sentence of a text that is not a page, such as `About.` or `Go!`
/// in a play.
fn may_be_speech(line: &Line, rule: Rule) -> bool {
    // Fewest words of a notice, which is a sentence, too.
    const NOTICE: usize = 5;
    line.sentence() && rule != Rule::Copyright && line.words() < NOTICE
}

/// Counts the words of the prose lines of a range.
fn prose_words(lines: &[Line], states: &[State], range: std::ops::Range<usize>) -> usize {
    range.filter(|&i| states[i].prose && states[i].mark.is_none()).map(|i| lines[i].words()).sum()
}
