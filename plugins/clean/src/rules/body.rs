//! Finds the main text: the stretches of lines where prose is dense. Boilerplate-score segments
//! after Ruzzo and Tompa (1999), all maximal scoring subsequences in linear time.

use crate::lines::Line;
use crate::options::Rule;
use crate::rules::boilerplate::{PARAGRAPH, State};
use std::ops::RangeInclusive;

/// A stretch of the main text, by line numbers, both ends included.
#[derive(Clone, Copy, Debug)]
pub struct Segment {
    /// First line.
    pub first: usize,
    /// Last line.
    pub last: usize,
    /// Sum of its lines' scores.
    pub score: i64,
}

/// A segment counts if its score is at least this share of the best segment's, in hundredths.
const SHARE: i64 = 20;
/// Lines that share this many first bytes count as duplicates of each other.
const ALIKE: usize = 24;
/// Least score of a segment that counts, in tenths of words.
const LEAST: i64 = 100;

/// Marks paragraphs that are wrapped over several lines as prose: adjacent lines of which at least 4 in 10
/// continue the line before with a small letter. Returns the number of these lines.
pub fn wrapped_paragraphs(lines: &[Line], states: &mut [State]) -> usize {
    let (mut from, mut count) = (0, 0);
    while from < lines.len() {
        if lines[from].blank() {
            from += 1;
            continue;
        }
        let to = (from..lines.len()).find(|&i| lines[i].blank()).unwrap_or(lines.len());
        let joints = to - from - 1;
        let goes_on = (from + 1..to)
            .filter(|&i| lines[i].small() && !lines[i - 1].sentence() && lines[i - 1].is_filled())
            .count();
        if joints >= 2 && goes_on * 10 >= joints * 4 {
            for (line, state) in lines[from..to].iter().zip(&mut states[from..to]) {
                state.prose = line.words() >= 3
                    && state.mark.is_none_or(|m| !matches!(m.rule, Rule::ShareBar | Rule::CookieNotice));
                if state.prose {
                    state.mark = None;
                    state.wrapped = true;
                    count += 1;
                }
            }
        }
        from = to;
    }
    count
}

/// Returns the lines that look like subheadings: short, without a full stop, between two paragraphs.
pub fn subheadings(lines: &[Line], shown: &[usize], states: &[State]) -> Vec<usize> {
    shown
        .windows(3)
        .filter(|w| {
            let line = &lines[w[1]];
            states[w[0]].prose
                && states[w[2]].prose
                && states[w[1]].mark.is_none()
                && !states[w[1]].prose
                && (1..=12).contains(&line.words())
                && !line.full_stop()
                && !line.quote()
        })
        .map(|w| w[1])
        .collect()
}

/// Returns the stretches of the main text, in order; `shown` are the numbers of the lines that are not blank.
pub fn segments(text: &str, lines: &[Line], shown: &[usize], states: &[State]) -> Vec<Segment> {
    // Lines above the first one that may count as text, and below the last one, are left out.
    let may_count = |&i: &usize| states[i].mark.is_none() & (states[i].prose | lines[i].sentence());
    let (Some(from), Some(to)) = (shown.iter().position(may_count), shown.iter().rposition(may_count)) else {
        return Vec::new();
    };
    let base = shown[from];
    let scores = scores(text, lines, (shown, from..=to), states);
    let all = maximal(&scores);
    let Some(best) = all.iter().map(|s| s.score).max() else { return Vec::new() };
    if best < LEAST {
        return Vec::new();
    }
    let counts = all.into_iter().filter(|s| s.score >= LEAST && s.score * 100 >= best * SHARE);
    counts.map(|s| Segment { first: base + s.first, last: base + s.last, ..s }).collect()
}

/// Scores the lines from the first to the last of a range of shown lines, in tenths of words: prose speaks
/// for the main text, boilerplate against it.
fn scores(
    text: &str,
    lines: &[Line],
    (shown, some): (&[usize], RangeInclusive<usize>),
    states: &[State],
) -> Vec<i64> {
    let (base, last) = (shown[*some.start()], shown[*some.end()]);
    let mut scores = vec![0i64; last + 1 - base];
    // After a heading such as `Most read` come isolated summaries; two adjacent paragraphs end them. A
    // headline and the caption above it begin alike and do not count as neighbours.
    let alike = |a: &Line, b: &Line| {
        let head = |l: &Line| text.as_bytes().get(l.start..l.end.min(l.start + ALIKE));
        head(a) == head(b)
    };
    let mut after_heading = false;
    let mut prose_before = 0;
    for n in some {
        let i = shown[n];
        let (line, state) = (&lines[i], &states[i]);
        let words = i64::try_from(line.words().min(80)).unwrap_or(80);
        scores[i - base] = if let Some(mark) = state.mark {
            after_heading |= mark.rule == Rule::RelatedTeaser && prose_before >= 30;
            match mark.rule {
                Rule::CommentSection => -400,
                Rule::RelatedTeaser => -60,
                Rule::CookieNotice | Rule::LoginForm | Rule::Copyright => -100,
                Rule::Navigation | Rule::SubscribeForm => -50,
                _ => -15,
            }
        } else if state.prose {
            let near = |m: Option<&usize>| {
                m.is_some_and(|&j| {
                    !alike(&lines[j], line)
                        && states[j].mark.is_none()
                        && (states[j].prose || lines[j].sentence() && lines[j].words() >= 5)
                })
            };
            let neighbours = usize::from(near(n.checked_sub(1).and_then(|m| shown.get(m))))
                + usize::from(near(shown.get(n + 1)));
            let cut_near =
                |m: Option<&usize>| m.is_some_and(|&j| lines[j].cut() && lines[j].words() >= PARAGRAPH);
            let around = [n.checked_sub(1), n.checked_sub(2), Some(n + 1), Some(n + 2)];
            let cut_list = line.cut() && around.iter().any(|m| cut_near(m.and_then(|m| shown.get(m))));
            after_heading &= neighbours == 0;
            prose_before += line.words();
            let full = if cut_list {
                -20
            } else if line.sentence() || line.breaks() > 1 {
                words * 10
            } else if line.cut() {
                words * 2
            } else {
                words * 5
            };
            if full < 0 {
                full
            } else if after_heading {
                full * 15 / 100
            } else if neighbours > 0 {
                full
            } else {
                full * if line.words() < 60 { 4 } else { 6 } / 10
            }
        } else if line.sentence() && line.words() >= 4 {
            words * if after_heading { 3 } else { 7 }
        } else if line.words() >= PARAGRAPH || line.colon() {
            -10
        } else {
            -30
        };
    }
    scores
}

/// Returns all maximal scoring stretches (Ruzzo and Tompa), in order.
fn maximal(scores: &[i64]) -> Vec<Segment> {
    struct Candidate {
        first: usize,
        last: usize,
        left: i64,
        right: i64,
        /// Nearest earlier candidate whose left sum is smaller.
        smaller: Option<usize>,
    }
    let mut stack: Vec<Candidate> = Vec::new();
    let mut sum = 0;
    for (i, &score) in scores.iter().enumerate() {
        let before = sum;
        sum += score;
        if score <= 0 {
            continue;
        }
        let mut new = Candidate { first: i, last: i, left: before, right: sum, smaller: None };
        let mut at = stack.len().checked_sub(1);
        loop {
            while let Some(j) = at
                && stack[j].left >= new.left
            {
                at = stack[j].smaller;
            }
            match at {
                Some(j) if stack[j].right < new.right => {
                    new.first = stack[j].first;
                    new.left = stack[j].left;
                    // The candidates in between have no smaller left sum than the merged one.
                    at = stack[j].smaller;
                    stack.truncate(j);
                }
                _ => {
                    new.smaller = at;
                    stack.push(new);
                    break;
                }
            }
        }
    }
    stack.into_iter().map(|c| Segment { first: c.first, last: c.last, score: c.right - c.left }).collect()
}

/// Extends segments by the lists that follow them: items of bulleted lists; and a line that ends with a colon
/// or an item of a numbered list, with the unmarked lines after it.
pub fn with_lists(text: &str, lines: &[Line], states: &[State], segments: &mut [Segment]) {
    let mut ends: Vec<usize> = segments.iter().skip(1).map(|s| s.first).collect();
    ends.push(lines.len());
    for (segment, end) in segments.iter_mut().zip(ends) {
        let mut open = false;
        for i in segment.last + 1..end {
            if lines[i].blank() {
                continue;
            }
            let listed = lines[i].colon() && lines[i].words() >= 3
                || lines[i].bullet()
                || numbered(lines[i].text(text));
            if states[i].mark.is_some() || !listed && !open {
                break;
            }
            open |= lines[i].colon() || numbered(lines[i].text(text));
            segment.last = i;
        }
    }
}

/// Whether a line begins with a number and a full stop or closing bracket.
fn numbered(content: &str) -> bool {
    let rest = content.trim_start_matches(|c: char| c.is_ascii_digit());
    rest.len() < content.len()
        && content.len() - rest.len() <= 3
        && rest.starts_with([')', '.'])
        && rest.len() > 2
}

/// Returns the line at which the main text opens: the first prose of the first segment, or the first of the
/// sentences directly above it.
pub fn opening(lines: &[Line], states: &[State], first: &Segment) -> usize {
    let mut at = (first.first..=first.last)
        .find(|&i| states[i].prose && states[i].mark.is_none())
        .unwrap_or(first.first);
    let mut i = at;
    while i > first.first {
        i -= 1;
        if lines[i].blank() {
            continue;
        }
        if states[i].mark.is_none() && lines[i].sentence() && lines[i].words() >= 4 {
            at = i;
        } else {
            break;
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maximal_stretches() {
        let found = maximal(&[4, -5, 3, -3, 1, 2, -2, 2, -2, 1, 5]);
        let spans: Vec<(usize, usize, i64)> = found.iter().map(|s| (s.first, s.last, s.score)).collect();
        assert_eq!(spans, [(0, 0, 4), (2, 2, 3), (4, 10, 7)]);
    }
}
