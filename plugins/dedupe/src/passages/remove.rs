//! Removes passages from a text: whole lines, paragraphs or sentences, with enough of the white space around
//! them that one gap is left where there were two.

use super::options::Unit;
use super::unit::each;
use crate::normalize::words;
use std::ops::Range;

/// A passage to be removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset one past the last byte.
    pub end: usize,
    /// Number of documents that have it.
    pub documents: u64,
    /// The document that keeps it, if that is another one.
    pub other: Option<u64>,
}

/// A removal: adjacent units that the same number of documents have and the same document keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The span that is removed.
    pub span: Range<usize>,
    /// Number of lines, paragraphs or sentences.
    pub units: u64,
    /// Number of documents that have it. For sentences in several windows, the largest number.
    pub documents: u64,
    /// The document that keeps it, if that is another one.
    pub other: Option<u64>,
}

/// What is removed from a text, and whether anything is left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Removal {
    /// The removals, in order and without overlap.
    pub cuts: Vec<Cut>,
    /// Whether a word is left.
    pub is_any_left: bool,
}

/// Computes how to remove `hits`, in any order, from `text`. Takes time linear in the length of the text,
/// except for sorting the hits.
pub fn removal(text: &str, unit: Unit, hits: &mut [Hit]) -> Removal {
    hits.sort_unstable_by_key(|hit| (hit.start, hit.end));
    let mut work = Work { text, done: Removal::default(), open: None, kept_end: None, scratch: Vec::new() };
    let mut hits = &*hits;
    each(text, unit, |span| {
        while let [first, rest @ ..] = hits
            && first.end <= span.start
        {
            hits = rest;
        }
        // At most as many as a window has sentences, since no two begin at the same offset.
        let over = hits.iter().take_while(|hit| hit.start <= span.start).filter(|hit| hit.end >= span.end);
        // Among equals, the first.
        let most = over.reduce(|most, hit| if hit.documents > most.documents { hit } else { most });
        match most {
            Some(hit) => work.remove(span, hit),
            None => work.keep(span),
        }
    });
    work.close(None);
    work.done
}

struct Work<'a> {
    text: &'a str,
    done: Removal,
    /// The current run of removed units: the index of its first cut and the end of its last unit.
    open: Option<(usize, usize)>,
    /// The end of the last kept unit.
    kept_end: Option<usize>,
    scratch: Vec<u8>,
}

impl Work<'_> {
    fn remove(&mut self, span: Range<usize>, hit: &Hit) {
        let cuts = &mut self.done.cuts;
        match (&mut self.open, cuts.last_mut()) {
            (Some((_, end)), Some(last)) if last.documents == hit.documents && last.other == hit.other => {
                *end = span.end;
                last.units += 1;
            }
            (open, _) => {
                let first = open.map_or(cuts.len(), |(first, _)| first);
                *open = Some((first, span.end));
                cuts.push(Cut { span, units: 1, documents: hit.documents, other: hit.other });
            }
        }
    }

    fn keep(&mut self, span: Range<usize>) {
        self.close(Some(span.start));
        self.kept_end = Some(span.end);
        if !self.done.is_any_left {
            let mut any = false;
            words(self.text.get(span).unwrap_or_default(), &mut self.scratch, |_| any = true);
            self.done.is_any_left = any;
        }
    }

    /// Ends the current run of removed units. `next` is the start of the next kept unit.
    fn close(&mut self, next: Option<usize>) {
        let Some((first, end)) = self.open.take() else { return };
        let Some(cuts) = self.done.cuts.get_mut(first..) else { return };
        let Some(start) = cuts.first().map(|cut| cut.span.start) else { return };
        let whole = widened(self.text, self.kept_end, start..end, next);
        let mut reach = whole.end;
        for cut in cuts.iter_mut().rev() {
            cut.span.end = reach;
            reach = cut.span.start;
        }
        if let Some(cut) = cuts.first_mut() {
            cut.span.start = whole.start;
        }
    }
}

/// The span to remove with the units of `core`: of the gaps before and after them, it includes the one with
/// fewer line breaks. The kept text before ends at `before`, the kept text after begins at `next`.
fn widened(text: &str, before: Option<usize>, core: Range<usize>, next: Option<usize>) -> Range<usize> {
    let (from, to) = (before.unwrap_or(0), next.unwrap_or(text.len()));
    let left = Gap::new(text, from..core.start);
    let right = Gap::new(text, core.end..to);
    match (before, next) {
        (None, None) => 0..text.len(),
        // Line breaks at the end and the beginning of the text are kept.
        (Some(_), None) => left.first_break.unwrap_or(from)..right.first_break.unwrap_or(to),
        (None, Some(_)) if right.breaks > 0 => left.line..right.line,
        // Within a line.
        (_, Some(_)) if right.breaks == 0 => core.start..to,
        (_, Some(_)) if left.breaks == 0 => from..right.first_break.unwrap_or(core.end),
        // Whole lines: the next unit keeps its indentation.
        (_, Some(_)) if left.breaks >= right.breaks => left.line..right.line,
        (_, Some(_)) => left.first_break.unwrap_or(from)..right.first_break.unwrap_or(core.end),
    }
}

/// White space between units.
struct Gap {
    breaks: usize,
    /// Start of the first line break.
    first_break: Option<usize>,
    /// Start of the line in which the gap ends; without a line break, the start of the gap.
    line: usize,
}

impl Gap {
    fn new(text: &str, span: Range<usize>) -> Self {
        let gap = text.get(span.clone()).unwrap_or_default();
        let first = gap
            .find('\n')
            .map(|at| if gap.get(..at).is_some_and(|g| g.ends_with('\r')) { at - 1 } else { at });
        Self {
            breaks: gap.bytes().filter(|byte| *byte == b'\n').count(),
            first_break: first.map(|at| span.start + at),
            line: span.start + gap.rfind('\n').map_or(0, |at| at + 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn without(text: &str, removal: &Removal) -> String {
        let mut left = String::new();
        let mut at = 0;
        for cut in &removal.cuts {
            left.push_str(&text[at..cut.span.start]);
            at = cut.span.end;
        }
        left.push_str(&text[at..]);
        left
    }

    /// Removes the units that begin with an `x`.
    fn marked(text: &str, unit: Unit) -> (Removal, Vec<String>) {
        let (mut hits, mut stay) = (Vec::new(), Vec::new());
        each(text, unit, |span| {
            if text[span.clone()].starts_with('x') {
                hits.push(Hit { start: span.start, end: span.end, documents: 2, other: Some(0) });
            } else {
                stay.push(text[span].to_owned());
            }
        });
        (removal(text, unit, &mut hits), stay)
    }

    #[test]
    fn one_gap_is_left() {
        for (unit, text, left) in [
            (Unit::Line, "a\nx\nb\n", "a\nb\n"),
            (Unit::Line, "a\n\nx\n\nb", "a\n\nb"),
            (Unit::Line, "a\nx\n\nb", "a\n\nb"),
            (Unit::Line, "a\n\nx\n  b", "a\n\n  b"),
            (Unit::Line, "x\n\nb\n", "b\n"),
            (Unit::Line, "\n\n x\nb", "\n\nb"),
            (Unit::Line, "a\r\n\r\nx\r\nx\r\n", "a\r\n"),
            (Unit::Line, "a \r\nx\r\n\r\nb", "a \r\n\r\nb"),
            (Unit::Line, "a\n\nx", "a"),
            (Unit::Line, " x\n", ""),
            (Unit::Paragraph, "a\n\nx\ny\n\n\nb\n", "a\n\n\nb\n"),
        ] {
            let (removal, _) = marked(text, unit);
            assert_eq!(without(text, &removal), left, "{text:?}");
        }
        let hit = |start, end| Hit { start, end, documents: 2, other: None };
        for (text, mut hits, left) in [
            ("Aa. Bb. Cc.", vec![hit(4, 7)], "Aa. Cc."),
            ("Aa. Bb.\nCc.", vec![hit(4, 7)], "Aa.\nCc."),
            ("Aa.\nBb. Cc.", vec![hit(4, 7)], "Aa.\nCc."),
            ("Aa. Bb. Cc.", vec![hit(0, 3)], "Bb. Cc."),
            ("Aa. Bb. Cc. ", vec![hit(8, 11)], "Aa. Bb."),
            ("雨。橋。人。", vec![hit(6, 12)], "雨。人。"),
        ] {
            assert_eq!(without(text, &removal(text, Unit::Sentences, &mut hits)), left, "{text:?}");
        }
    }

    #[test]
    fn neighbours_of_one_kind_are_one_cut() {
        let hit = |start, end, documents, other| Hit { start, end, documents, other };
        let text = "Aa. Bb. Cc. Dd. Ee.";
        // Windows of two; the second has more documents.
        let mut hits = vec![hit(4, 11, 2, Some(0)), hit(8, 15, 5, None)];
        let found = removal(text, Unit::Sentences, &mut hits);
        assert_eq!(
            found.cuts,
            [
                Cut { span: 4..8, units: 1, documents: 2, other: Some(0) },
                Cut { span: 8..16, units: 2, documents: 5, other: None },
            ]
        );
        assert!(found.is_any_left);
        assert!(!removal("*\nB b\n", Unit::Line, &mut [hit(2, 5, 2, None)]).is_any_left);
    }

    proptest! {
        #[test]
        fn what_stays_is_the_other_units(text in "[xa.。 \\u{3000}\n\r\té]{0,60}", unit in 0usize..2) {
            let unit = [Unit::Line, Unit::Paragraph][unit];
            let (removal, stay) = marked(&text, unit);
            let left = without(&text, &removal);
            let mut units = Vec::new();
            each(&left, unit, |span| units.push(left[span].to_owned()));
            prop_assert_eq!(units, stay);
            // No gap has more line breaks than the largest one before.
            let most = |text: &str| {
                let runs = text.split(|c: char| !c.is_whitespace());
                runs.map(|run| run.matches('\n').count()).max()
            };
            prop_assert!(most(&left) <= most(&text));
            prop_assert_eq!(without(&left, &marked(&left, unit).0), left.clone());
        }

        #[test]
        fn sentences_go_as_wholes(text in "[A-Cx.!。” \n]{0,60}", picks in prop::collection::vec(any::<bool>(), 60)) {
            let mut hits = Vec::new();
            let mut stay = String::new();
            let mut n = 0;
            each(&text, Unit::Sentences, |span| {
                if picks[n % picks.len()] {
                    hits.push(Hit { start: span.start, end: span.end, documents: 2, other: None });
                } else {
                    stay.push_str(&text[span]);
                }
                n += 1;
            });
            let left = without(&text, &removal(&text, Unit::Sentences, &mut hits));
            let seen = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(seen(&left), seen(&stay));
        }
    }
}
