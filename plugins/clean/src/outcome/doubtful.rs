//! Lines that the model kept by a narrow margin. They are recorded on the ledger, so that another cut can be
//! tried without the pages. Removes nothing.

use std::ops::Range;

use crate::lines::Line;
use crate::outcome::places::Received;
use crate::rules::boilerplate::{Mark, Measured};

/// Most stretches of a document: a page that is doubtful throughout would fill the ledger.
const MOST: usize = 1000;

/// A stretch of kept lines, with the likelihood of the line that a higher cut would remove first.
#[derive(Clone, Debug, PartialEq)]
pub struct Stretch {
    /// Bytes of the received text.
    pub span: Range<usize>,
    /// The lowest likelihood of its lines.
    pub likelihood: f64,
    /// The threshold that it was compared with.
    pub cut: f64,
}

/// Stretches of a document, as bytes of the normalised text.
#[derive(Default)]
pub struct Doubtful(Vec<(Range<usize>, Measured)>);

impl Doubtful {
    /// Adds the next lines of a page, whose offsets are relative to `base`. `near` are the lines close to the
    /// cut, by number; `marks` tell which of them are removed all the same.
    pub fn take(&mut self, base: usize, lines: &[Line], marks: &[Option<Mark>], near: &[(usize, Mark)]) {
        let mut last = None;
        for (number, mark) in near {
            let Some(measured) = mark.measured().filter(|_| marks[*number].is_none()) else { continue };
            let Range { start, end } = base + lines[*number].start..base + lines[*number].end;
            let follows = last.is_some_and(|last| last + 1 == *number);
            last = Some(*number);
            if let Some((span, least)) = self.0.last_mut().filter(|_| follows)
                && !measured.differs_in_threshold(least)
            {
                span.end = end;
                if measured < *least {
                    *least = measured;
                }
            } else if self.0.len() < MOST {
                self.0.push((start..end, measured));
            } else {
                return;
            }
        }
    }

    /// Returns the stretches, with their spans in the received text.
    pub fn finish(self, mut received: Received<'_>) -> Vec<Stretch> {
        let stretch = |(span, measured): (Range<usize>, Measured)| {
            let (likelihood, cut) = measured.shown();
            Stretch { span: received.place(span.start)..received.end(span.end), likelihood, cut }
        };
        self.0.into_iter().map(stretch).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::boilerplate::Threshold;
    use textmill_plugin::edit::{Edit, Edits};

    fn near(number: usize, likelihood: f64) -> (usize, Mark) {
        (number, Mark::unlikely((likelihood * 1000.0) as u16, Threshold::new(0.45), None))
    }

    #[test]
    fn lines_that_follow_one_another_are_one_stretch() {
        let lines = Line::all("one\ntwo\nthree\nfour\nfive\n");
        let mut marks = vec![None; 5];
        marks[3] = Some(near(3, 0.1).1);
        let all = [near(0, 0.7), near(1, 0.5), near(3, 0.5), near(4, 0.8)];
        let mut doubtful = Doubtful::default();
        doubtful.take(0, &lines, &marks, &all);
        // The received text has more bytes before the first line and after the last one.
        let edits: Edits = vec![Edit::remove(0..2, "x"), Edit::remove(25..30, "x")].into();
        let stretches = doubtful.finish(Received::new(&edits));
        let stretch = |span, likelihood| Stretch { span, likelihood, cut: 0.45 };
        assert_eq!(stretches, [stretch(2..9, 0.5), stretch(21..25, 0.8)]);
    }

    #[test]
    fn there_is_an_end_to_doubt() {
        let text = "a\nb\n".repeat(2 * MOST);
        let lines = Line::all(&text);
        let all: Vec<_> = (0..lines.len()).step_by(2).map(|number| near(number, 0.6)).collect();
        let mut doubtful = Doubtful::default();
        doubtful.take(0, &lines, &vec![None; lines.len()], &all);
        assert_eq!(doubtful.finish(Received::new(&Edits::new())).len(), MOST);
    }
}
