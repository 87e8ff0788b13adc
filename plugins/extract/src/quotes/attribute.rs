//! Attributes quotations: reads the words before and after each one for a verb of speech and its subject, and
//! finds the person to whom the subject refers.

use super::Quote;
use super::find::Span;
use crate::entities::Names;
use crate::lines::{head, tail};
use context::{attribution_after, attribution_before};
use memory::Memory;

mod context;
mod memory;
mod phrase;

/// Bytes before and after a quotation that are read.
const CONTEXT: usize = 320;

/// A speaker as the text names it, with the verb.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Found<'a> {
    subject: Subject<'a>,
    verb: Option<&'a str>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Subject<'a> {
    /// A name: person or organisation.
    Name(&'a str),
    /// `the minister`: the phrase and its last word.
    Role(&'a str, &'a str),
    /// `he`, `she`
    Pronoun,
    /// `analysts`, `a senior official`
    Noun(&'a str),
}

/// The quotations at `spans` with their speakers. A quotation of fewer than `least_words` words is left out
/// unless its speaker is found.
pub fn attribute<'a>(text: &'a str, spans: &[Span], names: &Names<'a>, least_words: usize) -> Vec<Quote> {
    let mut out: Vec<Quote> = Vec::with_capacity(spans.len());
    let mut found: Vec<Option<(String, Option<&'a str>)>> = Vec::with_capacity(spans.len());
    let mut memory = Memory::default();
    let mut lines = LineBounds::new(text);
    let mut bounds = Vec::with_capacity(spans.len());
    for (index, span) in spans.iter().enumerate() {
        let (line_start, line_end) = lines.around(span.outer_start, span.outer_end);
        bounds.push((line_start, line_end));
        let before_start = index.checked_sub(1).map_or(line_start, |i| spans[i].outer_end.max(line_start));
        let after_end =
            spans.get(index + 1).map_or(line_end, |next| next.outer_start.min(line_end)).max(span.outer_end);
        let before = tail(&text[before_start.min(span.outer_start)..span.outer_start], CONTEXT);
        let after = head(&text[span.outer_end..after_end], CONTEXT);
        let content = &text[span.start..span.end];
        let direct = attribution_after(after, content).or_else(|| attribution_before(before));
        let resolved =
            direct.and_then(|d| Some((memory.resolve(&d.subject, names, span.outer_start)?, d.verb)));
        if let Some((speaker, _)) = &resolved {
            memory.last = Some((speaker.clone(), line_start));
        }
        found.push(resolved);
    }
    carry(text, spans, &bounds, &mut found);
    for ((span, found), _) in spans.iter().zip(found).zip(&bounds) {
        let content = &text[span.start..span.end];
        let (speaker, verb) = found.map_or((None, None), |(speaker, verb)| (Some(speaker), verb));
        if speaker.is_none()
            && content.split_whitespace().take(least_words).count() < least_words
            && !content.chars().any(crate::lines::is_wide)
        {
            continue;
        }
        out.push(Quote {
            text: content.to_owned(),
            speaker,
            verb: verb.map(str::to_owned),
            start: span.start as u64,
            end: span.end as u64,
        });
    }
    out
}

/// Gives quotations without an attribution the speaker of a neighbour: one in the same paragraph, or in the
/// paragraph before if this one begins with the quotation. Else the name in the line above counts, if that
/// line ends with a colon.
fn carry(
    text: &str,
    spans: &[Span],
    bounds: &[(usize, usize)],
    found: &mut [Option<(String, Option<&str>)>],
) {
    for index in 0..spans.len() {
        if found[index].is_some() {
            continue;
        }
        let span = spans[index];
        let line = bounds[index];
        let opens = text[line.0..span.outer_start].trim().is_empty();
        let content = &text[span.start..span.end];
        let sentence = content.starts_with(|c: char| c.is_uppercase() || !c.is_lowercase())
            && content.split_whitespace().nth(3).is_some();
        let continued = content.split_whitespace().nth(3).is_some();
        if let Some(i) = index.checked_sub(1)
            && let Some(before) = &found[i]
        {
            let same = bounds[i] == line;
            let between = text[spans[i].outer_end.min(span.outer_start)..span.outer_start].trim();
            // `"…," she said. "…"`: a sentence in the same paragraph, or a part of one after a short bridge.
            if same && continued && (sentence || between.len() < 80) && !between.contains("\n") {
                found[index] = Some((before.0.clone(), None));
                continue;
            }
            // The next paragraph, if it begins with the quotation.
            let near = line.0.saturating_sub(bounds[i].1) <= 4;
            if !same && opens && sentence && near {
                found[index] = Some((before.0.clone(), None));
                continue;
            }
        }
        // `"…" "…," she said.`: the attribution follows in the same paragraph.
        if let Some(next) = found.get(index + 1).cloned().flatten()
            && bounds[index + 1] == line
            && sentence
            && text[span.outer_end..spans[index + 1].outer_start].trim().len() < 3
        {
            found[index] = Some((next.0, None));
            continue;
        }
        // A paragraph that begins with a quotation, below one that introduces it with a colon.
        if opens && sentence && line.0 > 0 {
            let above = text[..line.0].trim_end();
            let start = above.rfind('\n').map_or(0, |n| n + 1);
            if above.ends_with(':')
                && let Some(direct) = attribution_before(tail(above.get(start..).unwrap_or(""), CONTEXT))
                && let Subject::Name(name) = direct.subject
            {
                found[index] = Some((name.to_owned(), None));
            }
        }
    }
}

/// Finds the bounds of lines; the queries must be in ascending order.
struct LineBounds<'a> {
    text: &'a str,
    start: usize,
    end: usize,
}

impl<'a> LineBounds<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, start: 0, end: text.find('\n').unwrap_or(text.len()) }
    }

    /// The bounds of the line in which a span begins, extended to the line in which it ends.
    fn around(&mut self, from: usize, to: usize) -> (usize, usize) {
        while self.end < from && self.end < self.text.len() {
            self.start = self.end + 1;
            self.end = self.text[self.start..].find('\n').map_or(self.text.len(), |n| self.start + n);
        }
        let start = self.start;
        while self.end < to && self.end < self.text.len() {
            self.start = self.end + 1;
            self.end = self.text[self.start..].find('\n').map_or(self.text.len(), |n| self.start + n);
        }
        (start, self.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<(String, Option<String>, Option<String>)> {
        let names = crate::entities::names(text, false);
        let spans = super::super::find::find(text, 100);
        attribute(text, &spans, &names, 1).into_iter().map(|q| (q.text, q.speaker, q.verb)).collect()
    }

    #[test]
    fn patterns() {
        for (text, speaker, verb) in [
            ("“It is open to all,” said Ada Reed on Tuesday.", "Ada Reed", Some("said")),
            ("“It is open to all,” Transport Minister Ada Reed said on Tuesday.", "Ada Reed", Some("said")),
            ("“It is open to all,” Reed, the transport minister, said.", "Reed", Some("said")),
            ("“It is open to all,” the lock keeper, Ada Reed, told the Post.", "Ada Reed", Some("told")),
            (
                "“It is open to all,” the lock keeper, a friend of the ferry, said.",
                "the lock keeper",
                Some("said"),
            ),
            ("Ada Reed, who runs the ferry, added: “It is open to all.”", "Ada Reed", Some("added")),
            ("The bridge, according to Ada Reed, “is open to all of us.”", "Ada Reed", Some("according")),
            ("“It is open to all,” according to Ada Reed.", "Ada Reed", Some("according")),
            ("“It is open to all,” said Norhaven Bank economist Tom Hale.", "Tom Hale", Some("said")),
            ("“It is open to all,” analysts said.", "analysts", Some("said")),
            ("„Sie ist für alle offen“, sagte Karla Muster.", "Karla Muster", Some("sagte")),
            ("« C’est ouvert à tous », a déclaré Luc Martin.", "Luc Martin", Some("déclaré")),
            (
                "The new tolls have been condemned by Norhaven as “a tax on every crossing.”",
                "Norhaven",
                Some("condemned"),
            ),
            ("“It is open to all,” said Ada Reed between two trains.", "Ada Reed", Some("said")),
            ("«Мост открыт для всех», — сказал Иван Петров.", "Иван Петров", Some("сказал")),
        ] {
            let all = of(text);
            assert_eq!(
                all.first().map(|q| (q.1.as_deref(), q.2.as_deref())),
                Some((Some(speaker), verb)),
                "{text}"
            );
        }
    }

    #[test]
    fn speakers_before_where_and_when() {
        for (text, speaker, verb) in [
            ("“El puente está abierto”, dijo Ana Prado tras la votación.", "Ana Prado", "dijo"),
            (
                "«El puente está abierto», aseguró la alcaldesa Ana Prado ante los vecinos.",
                "Ana Prado",
                "aseguró",
            ),
            ("“El puente está abierto”, ha declarado Ana Prado después del pleno.", "Ana Prado", "declarado"),
            ("“Il ponte è aperto”, ha detto Marta Rossi dopo il voto.", "Marta Rossi", "detto"),
            (
                "“Il ponte è aperto”, disse il sindaco Marta Rossi al termine della seduta.",
                "Marta Rossi",
                "disse",
            ),
            ("“Il ponte è aperto”, ha detto il presidente della Camera Marta Rossi.", "Marta Rossi", "detto"),
            ("« Le pont est ouvert », a déclaré Luc Martin après le vote.", "Luc Martin", "déclaré"),
            (
                "« Le pont est ouvert », explique le maire Luc Martin devant le conseil.",
                "Luc Martin",
                "explique",
            ),
            ("“A ponte está aberta”, disse Rita Moura depois da votação.", "Rita Moura", "disse"),
            ("“A ponte está aberta”, afirmou Maria da Costa após a votação.", "Maria da Costa", "afirmou"),
            ("«Мост открыт», — сказал Иван Петров после голосования.", "Иван Петров", "сказал"),
            ("«Мост открыт», — сообщила Анна Ким журналистам на заседании совета.", "Анна Ким", "сообщила"),
            ("«Мост открыт», — заявил глава Норхавена Иван Петров во вторник.", "Иван Петров", "заявил"),
            ("«Міст відкрито», — сказав Олег Бондар після голосування.", "Олег Бондар", "сказав"),
            ("Олег Бондар після голосування сказав: «Міст відкрито».", "Олег Бондар", "сказав"),
            ("“It is open,” said the con artist.", "the con artist", "said"),
        ] {
            let all = of(text);
            let found = all.first().map(|q| (q.1.as_deref(), q.2.as_deref()));
            assert_eq!(found, Some((Some(speaker), Some(verb))), "{text}");
        }
        let text = "« Le pont est ouvert », a déclaré Luc Martin. « Il le restera », a-t-il ajouté. « Il est beau », répond-il.";
        let all: Vec<_> =
            of(text).into_iter().map(|q| (q.1.unwrap_or_default(), q.2.unwrap_or_default())).collect();
        let luc = |verb: &str| ("Luc Martin".to_owned(), verb.to_owned());
        assert_eq!(all, [luc("déclaré"), luc("ajouté"), luc("répond")]);
    }

    #[test]
    fn no_clause_speaks() {
        for text in [
            "Demands to lower the tolls and allow Norland access to the bridge were condemned as “a tax on every crossing.”",
            "It was the dawn, when it said “open to all of us”.",
            "The bridge has been called the “longest crossing in the land”.",
        ] {
            assert_eq!(of(text).first().map(|q| q.1.clone()), Some(None), "{text}");
        }
    }

    #[test]
    fn resolved() {
        let text = "Transport Minister Ada Reed opened the new bridge over the Alva on a cold morning.\n\
            “It is open to all,” Reed said. “We will walk across it.”\n\
            “The ferry stays until May,” the minister said.\n\
            “And nobody pays for it,” she added.";
        let speakers: Vec<_> = of(text).into_iter().map(|q| q.1).collect();
        assert_eq!(speakers, vec![Some("Ada Reed".to_owned()); 4]);
    }
}
