//! What the filters measure in a document. Decides nothing.

use super::options::{Group, Measure, Quality};
use super::tokens::{Token, tokens};
use super::words::BadWords;
use crate::lines::Line;
use crate::quick::{QuickMap, hash};
use crate::scratch::Scratch;

/// Longest line that FineWeb calls short, in characters.
const SHORT_LINE: u32 = 30;

/// The values of all rules whose groups are switched on, in the order of [`Measure::ALL`]. `removed` is the
/// share of words in the lines that RefinedWeb's line rules removed. `words` are the bad words from the
/// options.
pub fn values(text: &str, quality: &Quality, words: &BadWords, removed: f64) -> Vec<(Measure, f64)> {
    let is_on = |group| quality.is_on(group);
    let mut found: Vec<(Measure, f64)> = Vec::new();
    if !Measure::ALL.iter().any(|measure| is_on(measure.group())) {
        return found;
    }
    let mut scratch = Scratch::default();
    Line::take(text, &mut scratch);
    let Scratch { mut lines, mut tallies, .. } = scratch;
    lines.retain(|line| !line.blank());
    tallies.retain(|tally| tally.chars > 0);
    let needs_tokens = is_on(Group::GopherQuality) || is_on(Group::GopherRepetition) || is_on(Group::Fineweb);
    let (tokens, stops) = if needs_tokens { tokens(text) } else { (Vec::new(), 0) };
    if is_on(Group::GopherQuality) {
        gopher_quality(text, &lines, &tokens, stops, &mut found);
    }
    if is_on(Group::GopherRepetition) {
        gopher_repetition(text, &tokens, &mut found);
    }
    if is_on(Group::C4) {
        let sentences: usize = tallies.iter().map(|tally| tally.breaks as usize + 1).sum();
        let lorem = text.to_ascii_lowercase().matches("lorem ipsum").count();
        found.push((Measure::C4Sentences, sentences as f64));
        found.push((Measure::C4CurlyBrackets, text.matches('{').count() as f64));
        found.push((Measure::C4LoremIpsum, lorem as f64));
    }
    if is_on(Group::BadWords) {
        found.push((Measure::C4BadWords, words.count(text) as f64));
    }
    if is_on(Group::Fineweb) {
        let count = lines.len().max(1) as f64;
        let ended = lines.iter().filter(|line| line.sentence() || line.cut() || line.colon()).count() as f64;
        let short = tallies.iter().filter(|tally| tally.chars <= SHORT_LINE).count() as f64;
        let repeated = repeated(lines.iter().map(|line| line.text(text)));
        let chars: usize = tallies.iter().map(|tally| tally.chars as usize).sum();
        let words = tokens.iter().filter(|t| t.is_word).count().max(1) as f64;
        found.push((Measure::FinewebLineEnds, ended / count));
        found.push((Measure::FinewebShortLines, short / count));
        found.push((Measure::FinewebRepeatedCharacters, repeated.chars as f64 / chars.max(1) as f64));
        found.push((Measure::FinewebLineBreaks, lines.len().saturating_sub(1) as f64 / words));
    }
    if is_on(Group::Refinedweb) {
        found.push((Measure::RefinedwebRemovedWords, removed));
    }
    found
}

fn gopher_quality(text: &str, lines: &[Line], tokens: &[Token], stops: u32, found: &mut Vec<(Measure, f64)>) {
    let (mut words, mut chars) = (0usize, 0usize);
    for token in tokens.iter().filter(|t| t.is_word) {
        words += 1;
        chars += token.chars as usize;
    }
    let all = tokens.len().max(1) as f64;
    let mean = chars as f64 / words.max(1) as f64;
    let ellipses = text.matches("...").count() + text.matches('…').count();
    let count = lines.len().max(1) as f64;
    let bullets = lines.iter().filter(|l| l.text(text).starts_with(['•', '-'])).count() as f64;
    let cut =
        lines.iter().filter(|l| l.text(text).ends_with("...") || l.text(text).ends_with('…')).count() as f64;
    let lettered = tokens.iter().filter(|t| t.is_word && t.has_letter).count() as f64;
    found.extend([
        (Measure::GopherFewestWords, words as f64),
        (Measure::GopherMostWords, words as f64),
        (Measure::GopherShortestMeanWord, mean),
        (Measure::GopherLongestMeanWord, mean),
        (Measure::GopherHashes, text.matches('#').count() as f64 / all),
        (Measure::GopherEllipses, ellipses as f64 / all),
        (Measure::GopherBulletLines, bullets / count),
        (Measure::GopherEllipsisLines, cut / count),
        // A share of words, not of all tokens: Gopher does not count full stops and commas as words.
        (Measure::GopherLetterWords, lettered / words.max(1) as f64),
        (Measure::GopherStopWords, f64::from(stops.count_ones())),
    ]);
}

fn gopher_repetition(text: &str, tokens: &[Token], found: &mut Vec<(Measure, f64)>) {
    let total = text.chars().count().max(1) as f64;
    let lines = repeated(text.split('\n').filter(|line| !line.is_empty()));
    let paragraphs = repeated(text.split("\n\n").map(|p| p.trim_matches('\n')).filter(|p| !p.is_empty()));
    found.extend([
        (Measure::GopherRepeatedLines, lines.share()),
        (Measure::GopherRepeatedParagraphs, paragraphs.share()),
        (Measure::GopherRepeatedLineCharacters, lines.chars as f64 / total),
        (Measure::GopherRepeatedParagraphCharacters, paragraphs.chars as f64 / total),
    ]);
    let mut counts: QuickMap<u64, u32> = QuickMap::default();
    for (n, measure) in
        [(2, Measure::GopherTop2Gram), (3, Measure::GopherTop3Gram), (4, Measure::GopherTop4Gram)]
    {
        found.push((measure, top_gram(tokens, n, &mut counts) as f64 / total));
    }
    for (n, measure) in [
        (5, Measure::GopherRepeated5Grams),
        (6, Measure::GopherRepeated6Grams),
        (7, Measure::GopherRepeated7Grams),
        (8, Measure::GopherRepeated8Grams),
        (9, Measure::GopherRepeated9Grams),
        (10, Measure::GopherRepeated10Grams),
    ] {
        found.push((measure, repeated_grams(tokens, n, &mut counts) as f64 / total));
    }
}

/// Counts of pieces of a text that repeat an earlier one.
struct Repeated {
    pieces: usize,
    all: usize,
    chars: usize,
}

impl Repeated {
    fn share(&self) -> f64 {
        self.pieces as f64 / self.all.max(1) as f64
    }
}

fn repeated<'t>(pieces: impl Iterator<Item = &'t str>) -> Repeated {
    let mut seen: QuickMap<u64, ()> = QuickMap::default();
    let mut found = Repeated { pieces: 0, all: 0, chars: 0 };
    for piece in pieces {
        found.all += 1;
        if seen.insert(hash(piece.as_bytes()), ()).is_some() {
            found.pieces += 1;
            found.chars += piece.chars().count();
        }
    }
    found
}

/// Hash of a slice of tokens, and its length in characters, including a space between each two tokens.
fn gram(tokens: &[Token]) -> (u64, usize) {
    let hash = tokens
        .iter()
        .fold(tokens.len() as u64, |h, t| (h.rotate_left(7) ^ t.hash).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    (hash, tokens.iter().map(|t| t.chars as usize).sum::<usize>() + tokens.len() - 1)
}

/// Characters in all occurrences of the most frequent n-gram, or 0 if none occurs twice.
fn top_gram(tokens: &[Token], n: usize, counts: &mut QuickMap<u64, u32>) -> usize {
    counts.clear();
    let (mut most, mut chars) = (1u32, 0);
    for window in tokens.windows(n) {
        let (hash, length) = gram(window);
        let count = counts.entry(hash).or_insert(0);
        *count += 1;
        if *count > most {
            (most, chars) = (*count, length);
        }
    }
    if most > 1 { chars * most as usize } else { 0 }
}

/// Characters in n-grams that repeat an earlier one. Overlapping n-grams count once.
fn repeated_grams(tokens: &[Token], n: usize, seen: &mut QuickMap<u64, u32>) -> usize {
    seen.clear();
    let (mut at, mut chars) = (0, 0);
    while let Some(window) = tokens.get(at..at + n) {
        let (hash, length) = gram(window);
        if seen.insert(hash, 1).is_some() {
            // Without the spaces between words, as in the published counts.
            chars += length - (n - 1);
            at += n;
        } else {
            at += 1;
        }
    }
    chars
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, quality: &Quality, wanted: Measure) -> f64 {
        values(text, quality, &BadWords::none(), 0.0)
            .into_iter()
            .find(|(m, _)| *m == wanted)
            .map(|(_, v)| v)
            .unwrap()
    }

    #[test]
    fn every_rule_of_a_group_has_a_value() {
        let quality = Quality {
            gopher_quality: true,
            gopher_repetition: true,
            fineweb: true,
            refinedweb: true,
            c4: super::super::C4::Code,
            bad_words: vec!["tar".to_owned()],
            ..Quality::default()
        };
        let found: Vec<Measure> = values("One line.\nTwo lines.", &quality, &BadWords::none(), 0.0)
            .into_iter()
            .map(|(m, _)| m)
            .collect();
        assert_eq!(found, Measure::ALL);
        assert!(values("", &quality, &BadWords::none(), 0.0).iter().all(|(_, value)| value.is_finite()));
        assert!(values("x", &Quality::default(), &BadWords::none(), 0.0).is_empty());
    }

    #[test]
    fn repetition_is_counted_as_published() {
        let quality = Quality { gopher_repetition: true, ..Quality::default() };
        let text = "a b c\na b c\nd e f\n";
        assert!((of(text, &quality, Measure::GopherRepeatedLines) - 1.0 / 3.0).abs() < 1e-9);
        assert!((of(text, &quality, Measure::GopherRepeatedLineCharacters) - 5.0 / 18.0).abs() < 1e-9);
        // `a b` occurs twice; its space counts.
        assert!((of(text, &quality, Measure::GopherTop2Gram) - 6.0 / 18.0).abs() < 1e-9);
        let text = "one two three four five one two three four five";
        assert!((of(text, &quality, Measure::GopherRepeated5Grams) - 19.0 / 47.0).abs() < 1e-9);
    }

    #[test]
    fn words_are_counted_as_published() {
        let quality = Quality { gopher_quality: true, ..Quality::default() };
        let text = "The boats, 12 of them, have gone...\n- a bullet";
        assert_eq!(of(text, &quality, Measure::GopherFewestWords), 9.0);
        assert_eq!(of(text, &quality, Measure::GopherStopWords), 3.0);
        assert_eq!(of(text, &quality, Measure::GopherBulletLines), 0.5);
        assert!((of(text, &quality, Measure::GopherLetterWords) - 8.0 / 9.0).abs() < 1e-9);
    }
}
