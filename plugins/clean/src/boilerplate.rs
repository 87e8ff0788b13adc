//! Decides which lines of a page are furniture: cue rules line by line, blocks that follow a cue,
//! then what lies before, after and apart from the main text.

use std::sync::Arc;

use crate::blocks::Begins;
use crate::body;
use crate::cues::{Cues, Hits, class};
use crate::dates::DateWords;
use crate::judged::Judged;
use crate::line::Line;
use crate::options::{Rule, Rules};

/// Why a line goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Mark {
    /// The rule.
    pub rule: Rule,
    /// What it measured, where it measures.
    pub measured: Option<Measured>,
    /// What kind of line it is by another rule, where the model decided.
    pub kind: Option<Rule>,
}

/// What a rule measured of a line, and its threshold, in the unit of the rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd)]
pub struct Measured {
    value: u32,
    threshold: u32,
    unit: Unit,
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd)]
enum Unit {
    /// Words, lines.
    One,
    /// A likelihood in thousandths, and its threshold in [`Measured::FINE`].
    Thousandth,
}

impl Measured {
    /// Parts of one in which thresholds of likelihoods are kept: more digits no pipeline has.
    const FINE: f64 = 1e9;

    /// A likelihood, which is a whole number of thousandths.
    pub fn likelihood(value: f64, threshold: f64) -> Self {
        let [value, threshold] = [value * 1000.0, threshold * Self::FINE].map(|n| (n + 0.5) as u32);
        Self { value, threshold, unit: Unit::Thousandth }
    }

    /// The value, in its unit.
    pub fn whole(self) -> u32 {
        self.value
    }

    /// Value and threshold as the ledger shows them.
    pub fn shown(self) -> (f64, f64) {
        let (value, threshold) = (f64::from(self.value), f64::from(self.threshold));
        match self.unit {
            Unit::One => (value, threshold),
            Unit::Thousandth => (value / 1000.0, threshold / Self::FINE),
        }
    }
}

impl Mark {
    pub(crate) fn by(rule: Rule) -> Self {
        Self { rule, measured: None, kind: None }
    }

    pub(crate) fn with(rule: Rule, value: usize, threshold: usize) -> Self {
        let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let measured = Measured { value: small(value), threshold: small(threshold), unit: Unit::One };
        Self { rule, measured: Some(measured), kind: None }
    }
}

/// What is known of one line while the rules run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct State {
    /// Its hints.
    pub hits: Hits,
    /// Set when the line is furniture.
    pub mark: Option<Mark>,
    /// The line is prose: long, with the punctuation of sentences, or part of a wrapped paragraph.
    pub prose: bool,
    /// The line is part of a paragraph that is wrapped over several.
    pub wrapped: bool,
}

/// What the rules make of a page.
#[derive(Clone, Debug)]
pub struct Look {
    /// What is known of each line by itself and from the cues near it.
    pub states: Vec<State>,
    /// The stretches of the main text.
    pub segments: Vec<body::Segment>,
    /// The mark of each line, after the frame around the main text was looked for.
    pub marks: Vec<Option<Mark>>,
    /// Whether a line shows that the text is a saved page, with a frame around it.
    pub is_page: bool,
}

/// Words from which on a line that ends like a sentence is a paragraph that no single cue removes.
pub const PARAGRAPH: usize = 14;
/// Words from which on a line without a sentence end is taken for text.
pub const LONG: usize = 24;
/// Longest line, in words, that may be a headline.
pub(crate) const HEADLINE: usize = 28;
/// Lines that are looked up together.
const FETCHED: usize = 16;
/// Most lines that a teaser block in the main text may have.
const TEASER_LINES: usize = 14;

/// The rules with their tables; cheap to clone.
#[derive(Clone)]
pub struct Furniture {
    pub(crate) cues: Arc<Cues>,
    pub(crate) dates: Arc<DateWords>,
    pub(crate) rules: Rules,
    /// Whether a rule is switched off.
    some_off: bool,
    judged: Judged,
}

impl Furniture {
    /// Rules over shared tables.
    pub fn new(cues: Arc<Cues>, dates: Arc<DateWords>, rules: Rules) -> Self {
        let some_off = Rule::ALL.iter().any(|rule| !rules.on(*rule));
        Self { cues, dates, rules, some_off, judged: Judged::default() }
    }

    /// What the rules make of each line of `text`, in which phrases may begin at `begins`. `hashes` are those of the lines, `shown` the numbers of lines
    /// that are not blank; `states` is room.
    pub fn look(
        &self,
        text: &str,
        (lines, hashes, shown): (&[Line], &[u32], &[usize]),
        begins: &Begins,
        mut states: Vec<State>,
    ) -> Look {
        states.clear();
        states.reserve(lines.len());
        self.judged.with(|known| {
            for (lines, hashes) in lines.chunks(FETCHED).zip(hashes.chunks(FETCHED)) {
                known.fetch(hashes);
                for (line, &hash) in lines.iter().zip(hashes) {
                    // What a line is by itself, its copies are, too.
                    let state = match states.get(line.twin()) {
                        Some(state) => *state,
                        None => known.get(line.text(text), hash, || self.first_look(text, line, begins)),
                    };
                    states.push(state);
                }
            }
        });
        body::wrapped_paragraphs(lines, &mut states);
        let is_page = lines
            .iter()
            .zip(&states)
            .any(|(l, s)| l.letters() > 0 && s.mark.is_some_and(|m| betrays_page(m.rule)));
        self.teaser_blocks(lines, shown, &mut states);
        if is_page {
            self.repeats(lines, &mut states);
        }
        let segments = body::segments(text, lines, shown, &states);
        let mut segments = self.without_comments(lines, &mut states, segments);
        body::with_lists(text, lines, &states, &mut segments);
        let mut marks: Vec<Option<Mark>> = states.iter().map(|s| s.mark).collect();
        self.frame(text, lines, &mut states, &segments, is_page);
        for (mark, state) in marks.iter_mut().zip(&mut states) {
            std::mem::swap(mark, &mut state.mark);
        }
        if self.some_off {
            marks.iter_mut().for_each(|mark| *mark = mark.filter(|m| self.rules.on(m.rule)));
        }
        Look { states, segments, marks, is_page }
    }

    /// Blocks of headlines after `Also Read` and its like, where they stand in the text: up to the
    /// next paragraph, except a subheading of the article that opens it.
    fn teaser_blocks(&self, lines: &[Line], shown: &[usize], states: &mut [State]) {
        if !self.rules.on(Rule::RelatedTeaser) {
            return;
        }
        let is_heading = |state: &State| {
            state.mark.is_some_and(|m| {
                m.rule == Rule::RelatedTeaser
                    || m.rule == Rule::InlineTeaser && state.hits.whole & class::RELATED != 0
            })
        };
        // Of the lines as they were before any block was marked.
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
                let headline = line.words() <= HEADLINE && !line.full_stop && !(line.quote && line.sentence);
                if state.mark.is_some() || !headline || line.colon && line.words() > 12 {
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
            let count = block.len();
            for i in block {
                states[i].mark = Some(Mark::with(Rule::RelatedTeaser, count, TEASER_LINES));
                states[i].prose = false;
            }
            at = next.max(at + 1);
        }
    }

    /// Short lines that occur three times and more are the site's frame.
    fn repeats(&self, lines: &[Line], states: &mut [State]) {
        const OFTEN: usize = 3;
        for (line, state) in lines.iter().zip(states.iter_mut()) {
            let first = &lines[line.twin()];
            // Lines with one text are short all, or none is.
            let is_often =
                first.copies() >= OFTEN && line.words() <= 8 && !line.sentence && line.letters() > 0;
            if is_often && state.mark.is_none() {
                state.mark = Some(Mark::with(Rule::Navigation, first.copies(), OFTEN))
                    .filter(|m| self.rules.on(m.rule));
            }
        }
    }

    /// Ends the main text at the comments, when what is before them is the larger part or the
    /// lines after look like comments.
    fn without_comments(
        &self,
        lines: &[Line],
        states: &mut [State],
        mut segments: Vec<body::Segment>,
    ) -> Vec<body::Segment> {
        if !self.rules.on(Rule::CommentSection) {
            return segments;
        }
        if !states.iter().any(|s| s.mark.is_some_and(|m| m.rule == Rule::CommentSection)) {
            return segments;
        }
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
}

/// Whether a line under this rule shows that the text is a saved page, with a frame around it.
fn betrays_page(rule: Rule) -> bool {
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

/// Words of the lines of a range that are prose.
fn prose_words(lines: &[Line], states: &[State], range: std::ops::Range<usize>) -> usize {
    range.filter(|&i| states[i].prose && states[i].mark.is_none()).map(|i| lines[i].words()).sum()
}
