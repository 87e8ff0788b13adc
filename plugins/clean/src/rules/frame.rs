//! The frame around the main text: headline, header lines, footer lines, and the remains of widgets inside
//! the text. The main text itself is found in `body`.

use crate::lines::Line;
use crate::options::Rule;
use crate::rules::body;
use crate::rules::boilerplate::{HEADLINE, LineRules, Mark, PARAGRAPH, State};
use crate::rules::cues::{Hits, class};
use std::ops::RangeInclusive;

/// Fewest words of a line above the text that may be its summary.
const LEDE: usize = 12;
/// Lines above the text among which its summary is looked for.
const LEDE_REACH: usize = 30;
/// A run of at least this many short lines inside the text is a menu or a widget and not a list.
const WIDGET_RUN: usize = 18;

/// A run of at least this many short lines above the text is a menu. The run is counted this far to each side
/// of a line.
const REACH: usize = 4;

/// The separators between the parts of a path.
const PATH: [&str; 6] = ["/", ">", "»", "›", "::", "→"];
/// Fewest digits of a line that ends with a date.
const DIGITS: usize = 5;

impl LineRules {
    /// Marks the remaining lines of the frame around and between the segments of the main text.
    pub(crate) fn frame(
        &self,
        text: &str,
        (lines, hits): (&[Line], &[Hits]),
        states: &mut [State],
        segments: &[body::Segment],
        is_page: bool,
    ) {
        let (Some(first), Some(last)) = (segments.first(), segments.last()) else {
            if is_page {
                self.frame_without_body(lines, states);
            }
            return;
        };
        let body_start = body::opening(lines, states, first);
        let lede = self.lede(lines, states, body_start);
        let title = self.title(text, (lines, hits), states, lede.unwrap_or(body_start));
        if !is_page {
            // A bare text, not a page: short lines in it are its own (tables, lists, verse).
            let top = lines.iter().position(|l| !l.blank());
            // A line that goes on in the next one is part of the text.
            let goes_on = |t: usize| states[t].wrapped || lines.get(t + 1).is_some_and(Line::small);
            if let Some(top) =
                title.filter(|&t| Some(t) == top && !goes_on(t) && self.rules.on(Rule::Headline))
            {
                states[top].mark = Some(Mark::by(Rule::Headline));
            }
            return;
        }
        let is_short = |line: &Line, state: &State| (line.words() <= 4) | state.mark.is_some();
        // Length of the run of short lines below the current line, by the marks before this loop.
        let below = lines.iter().zip(states.iter()).skip(body_start);
        let mut run = below.take(REACH).take_while(|(line, state)| is_short(line, state)).count();
        for i in (0..body_start).rev() {
            let line = &lines[i];
            let next = usize::from(is_short(line, &states[i])) * REACH.min(run + 1);
            if states[i].mark.is_none() && !line.blank() && Some(i) != lede {
                // Of the lines above, all but the summary are blank or get a mark, and so count as short.
                let above = lede.filter(|lede| *lede < i).map_or(i, |lede| i - lede - 1).min(REACH);
                let is_title = title.is_some_and(|title| lines[title].first_copy() == line.first_copy());
                let mark = self.header_mark(text, line, (&states[i], hits), is_title, above + run + 1);
                states[i].mark = Some(mark);
            }
            run = next;
        }
        for (segment, following) in segments.iter().zip(segments.iter().skip(1)) {
            for i in segment.last + 1..following.first {
                self.apart(lines, states, i);
            }
        }
        for i in last.last + 1..lines.len() {
            self.apart(lines, states, i);
        }
        // Dates below the text belong to the teasers and comments there.
        let mut below = None;
        for state in states.iter_mut().skip(last.last + 1) {
            match state.mark.map(|m| m.rule) {
                Some(rule @ (Rule::RelatedTeaser | Rule::CommentSection)) => below = Some(rule),
                Some(Rule::Timestamp) => {
                    if let Some(rule) = below.filter(|&r| self.rules.on(r)) {
                        state.mark = Some(Mark::by(rule));
                    }
                }
                _ => {}
            }
        }
        self.bylines_inside(text, (lines, hits), states, body_start..=last.last);
        self.prompts_inside(lines, states, body_start, last.last);
        self.widgets_inside(lines, states, body_start, last.last);
        if let Some(title) = title {
            for i in body_start..lines.len() {
                if states[i].mark.is_none() && lines[i].first_copy() == lines[title].first_copy() {
                    states[i].mark = Some(Mark::by(Rule::Headline));
                }
            }
        }
    }

    /// Marks a line outside the main text.
    fn apart(&self, lines: &[Line], states: &mut [State], i: usize) {
        if states[i].mark.is_some() || lines[i].blank() {
            return;
        }
        let rule = if states[i].prose { Rule::OutsideBody } else { Rule::PageFooter };
        states[i].mark = Some(Mark::by(rule));
    }

    /// Finds the line of the headline before `end`: the longest of the last four unmarked lines of 3 to 28
    /// words that do not end with a full stop, begin with a bullet or name the author.
    fn title(
        &self,
        text: &str,
        (lines, hits): (&[Line], &[Hits]),
        states: &[State],
        end: usize,
    ) -> Option<usize> {
        let candidates = (0..end).rev().filter(|&i| {
            let line = &lines[i];
            (3..=HEADLINE).contains(&line.words())
                && states[i].mark.is_none()
                && !line.full_stop()
                && !line.bullet()
                && !self.names_author(text, line, &states[i], hits)
        });
        // Sections and captions are shorter than the headline.
        candidates.take(4).max_by_key(|&i| (lines[i].words().min(12), i))
    }

    /// Finds the summary between headline and text, which bylines, bars and captions separate from the text:
    /// the last longer line that follows a headline-like one.
    fn lede(&self, lines: &[Line], states: &[State], end: usize) -> Option<usize> {
        let shown: Vec<usize> = (0..end).rev().filter(|&i| !lines[i].blank()).take(LEDE_REACH).collect();
        for pair in shown.windows(2) {
            let (i, above) = (pair[0], pair[1]);
            let line = &lines[i];
            let long = line.words() >= LEDE && !line.cut();
            if states[i].mark.is_some() || !long || !(line.sentence() || line.words() >= PARAGRAPH) {
                continue;
            }
            // A line that occurs twice up here is the headline, however long it is.
            if shown.iter().any(|&j| j != i && lines[j].first_copy() == line.first_copy()) {
                continue;
            }
            let head = &lines[above];
            let headline =
                states[above].mark.is_none() && (4..=HEADLINE).contains(&head.words()) && !head.full_stop();
            if headline {
                return Some(i);
            }
        }
        None
    }

    /// Whether a line in this state names the author.
    #[inline]
    fn names_author(&self, text: &str, line: &Line, state: &State, hits: &[Hits]) -> bool {
        // Most lines have neither a hint nor ` by `.
        (state.cue != 0 || line.may_by()) && says_by(line.text(text), line, &hits[state.cue as usize])
    }

    /// Returns the mark of an unmarked line above the main text, in a run of `run` short lines.
    #[inline]
    fn header_mark(
        &self,
        text: &str,
        line: &Line,
        (state, hits): (&State, &[Hits]),
        is_title: bool,
        run: usize,
    ) -> Mark {
        if is_title {
            return Mark::by(Rule::Headline);
        }
        if self.names_author(text, line, state, hits) {
            return Mark::by(Rule::Byline);
        }
        if line.words() <= 14 && (line.may_path() || line.is_non_ascii()) && is_path(line.text(text)) {
            return Mark::by(Rule::Breadcrumb);
        }
        if state.prose {
            return Mark::by(Rule::OutsideBody);
        }
        if line.bullet() {
            return Mark::by(Rule::Navigation);
        }
        if line.words() <= 4 && run >= REACH {
            return Mark::with(Rule::Navigation, run, REACH);
        }
        Mark::by(Rule::PageHeader)
    }

    /// Marks bylines below the first sentence of the article (below its summary).
    fn bylines_inside(
        &self,
        text: &str,
        (lines, hits): (&[Line], &[Hits]),
        states: &mut [State],
        inside: RangeInclusive<usize>,
    ) {
        for i in *inside.start()..=(*inside.end()).min(lines.len().saturating_sub(1)) {
            let line = &lines[i];
            if states[i].mark.is_some() || line.sentence() || line.words() < 2 || line.words() > 14 {
                continue;
            }
            let content = line.text(text);
            if line.words() <= 8 && hits[states[i].cue as usize].start & class::BY != 0 && capitals(content)
                || line.digits() >= DIGITS && self.name_and_date(content)
            {
                states[i].mark = Some(Mark::by(Rule::Byline));
            }
        }
    }

    /// Whether a line with at least [`DIGITS`] digits is a name and a date, as in `Jane Doe, 26.04.2024
    /// 10:00`: up to five words, then a date up to the end.
    fn name_and_date(&self, content: &str) -> bool {
        let Some(digit) = content.find(|c: char| c.is_ascii_digit()) else { return false };
        let name = &content[..digit];
        // The date may begin with a word: `Jane Doe, June 3, 2024`.
        name.split_whitespace().count() <= 5
            && name.chars().next().is_some_and(|c| c.is_alphabetic() && !c.is_lowercase())
            && (self.dates.is_timestamp(&content[digit..])
                || name
                    .trim_end()
                    .rfind([' ', ','])
                    .is_some_and(|at| self.dates.is_timestamp(content[at..].trim_start_matches([' ', ',']))))
    }

    /// Marks the short lines of a prompt inside the text: a few in a row, at least one of which has a cue
    /// (`Keep it free for all`, `Give 3`, `Other amount`).
    fn prompts_inside(&self, lines: &[Line], states: &mut [State], from: usize, to: usize) {
        const RUN: RangeInclusive<usize> = 3..=8;
        let mut run: Vec<usize> = Vec::new();
        for (i, line) in lines.iter().enumerate().take(to + 1).skip(from) {
            if line.blank() {
                continue;
            }
            if line.words() <= 8 && !line.sentence() && !line.colon() {
                run.push(i);
                continue;
            }
            let prompt = |j: &usize| {
                states[*j].mark.is_some_and(|m| {
                    matches!(m.rule, Rule::SubscribeForm | Rule::LoginForm | Rule::CookieNotice)
                })
            };
            if RUN.contains(&run.len()) && run.iter().any(prompt) {
                for &j in &run {
                    if states[j].mark.is_none() {
                        states[j].mark = Some(Mark::with(Rule::SubscribeForm, run.len(), *RUN.start()));
                    }
                }
            }
            run.clear();
        }
    }

    /// Marks long runs of short lines inside the text: a player's menus, a list of topics.
    fn widgets_inside(&self, lines: &[Line], states: &mut [State], from: usize, to: usize) {
        let mut run: Vec<usize> = Vec::new();
        let to = to.min(lines.len().saturating_sub(1));
        for i in from..=to {
            if lines[i].blank() {
                continue;
            }
            let short = states[i].mark.is_some()
                || lines[i].words() <= 6 && !lines[i].sentence() && !lines[i].colon();
            if short {
                run.push(i);
            }
            if !short || i == to {
                let cued = run.iter().filter(|&&j| states[j].mark.is_some()).count();
                // A list that belongs to the article has no cue words in it.
                if run.len() >= WIDGET_RUN && cued * 5 >= run.len() {
                    let count = run.len();
                    for &j in &run {
                        if states[j].mark.is_none() {
                            states[j].mark = Some(Mark::with(Rule::Navigation, count, WIDGET_RUN));
                        }
                    }
                }
                run.clear();
            }
        }
    }

    /// Handles a page without a main text: removes menus by their shape and keeps the rest.
    fn frame_without_body(&self, lines: &[Line], states: &mut [State]) {
        let shown: Vec<usize> = (0..lines.len()).filter(|&i| !lines[i].blank()).collect();
        let cued = shown.iter().filter(|&&i| states[i].mark.is_some()).count();
        // If cue words abound, the short lines between them are of the same kind.
        if cued * 3 < shown.len() {
            return;
        }
        for &i in &shown {
            if states[i].mark.is_none() && lines[i].words() <= 6 && !lines[i].sentence() {
                states[i].mark = Some(Mark::with(Rule::Navigation, cued, shown.len().div_ceil(3)));
            }
        }
    }
}

/// Whether a line with these hints names the author.
fn says_by(content: &str, line: &Line, hits: &Hits) -> bool {
    if line.words() > 14 || line.sentence() && !content.ends_with('.') {
        return false;
    }
    let by = hits.start & class::BY != 0 && line.words() >= 2;
    let end = (hits.end | hits.whole) & class::BYEND != 0;
    by || end && line.words() <= 8
        || line.words() <= 9 && !line.sentence() && line.may_by() && content.contains(" by ")
}

/// Whether a line is a path: a separator of paths is a word of its own after the first space.
fn is_path(content: &str) -> bool {
    let is_sign = |word: &[u8]| PATH.iter().any(|sign| sign.as_bytes() == word);
    content.as_bytes().split(|byte| *byte == b' ').skip(1).any(is_sign)
}

/// Whether there are words after the first, and none of them with more than three characters begins with a
/// small letter.
fn capitals(content: &str) -> bool {
    let words = content.split(' ').skip(1);
    words.clone().next().is_some()
        && words
            .filter(|w| w.chars().count() > 3)
            .all(|w| w.chars().find(|c| c.is_alphanumeric()).is_none_or(|c| !c.is_lowercase()))
}
