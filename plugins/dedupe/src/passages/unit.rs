//! Splits a text into lines, paragraphs or sentences. Between two of them there is only white space, so that
//! together they are all of the visible text.

use super::options::Unit;
use super::sentence::sentences;
use std::ops::Range;

/// Calls `take` with the span of each line, paragraph or sentence in order, without the white space around
/// it. No span is empty. Takes time linear in the length of the text.
pub fn each(text: &str, unit: Unit, take: impl FnMut(Range<usize>)) {
    match unit {
        Unit::Line => lines(text, take),
        Unit::Paragraph => paragraphs(text, take),
        Unit::Sentences => sentences(text, take),
    }
}

fn lines(text: &str, mut take: impl FnMut(Range<usize>)) {
    let mut start = 0;
    for line in text.split('\n') {
        let from = start + (line.len() - line.trim_start().len());
        let end = start + line.trim_end().len();
        start += line.len() + 1;
        if from < end {
            take(from..end);
        }
    }
}

fn paragraphs(text: &str, mut take: impl FnMut(Range<usize>)) {
    let mut open: Option<Range<usize>> = None;
    let mut start = 0;
    for line in text.split('\n') {
        let from = start + (line.len() - line.trim_start().len());
        let end = start + line.trim_end().len();
        start += line.len() + 1;
        if from < end {
            open = Some(open.map_or(from, |open| open.start)..end);
        } else if let Some(whole) = open.take() {
            take(whole);
        }
    }
    if let Some(whole) = open {
        take(whole);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn units(text: &str, unit: Unit) -> Vec<&str> {
        let mut found = Vec::new();
        each(text, unit, |span| found.push(&text[span]));
        found
    }

    #[test]
    fn lines_and_paragraphs() {
        let text = "  one\r\ntwo \r\n \t\r\n\r\nthree\u{a0}\n\nfour";
        assert_eq!(units(text, Unit::Line), ["one", "two", "three", "four"]);
        assert_eq!(units(text, Unit::Paragraph), ["one\r\ntwo", "three", "four"]);
        for unit in [Unit::Line, Unit::Paragraph, Unit::Sentences] {
            assert!(units(" \n\r\n\t", unit).is_empty());
            assert!(units("", unit).is_empty());
        }
    }

    proptest! {
        #[test]
        fn units_are_all_that_can_be_seen(text in "[ab.!?。”\"' \\u{3000}\\u{a0}\n\r\tA東é]{0,60}", unit in 0usize..3) {
            let unit = [Unit::Line, Unit::Paragraph, Unit::Sentences][unit];
            let mut at = 0;
            each(&text, unit, |span| {
                assert!(span.start >= at && text[at..span.start].trim().is_empty());
                let one = &text[span.clone()];
                assert!(!one.is_empty() && one.trim() == one);
                at = span.end;
            });
            prop_assert!(text[at..].trim().is_empty());
        }
    }
}
