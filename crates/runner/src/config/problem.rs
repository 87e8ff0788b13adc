//! Problems in a pipeline file, shown with the line and a caret below the place.

use super::source::Source;
use super::tree::{Place, Span};
use annotate_snippets::{Annotation, AnnotationKind, Level, Message, Renderer, Snippet};
use std::fmt;
use std::ops::Range;

/// How serious a problem is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Severity {
    /// The pipeline does not run.
    #[default]
    Error,
    /// The pipeline runs, but may not do what is meant.
    Warning,
}

/// A mistake or a warning.
#[derive(Clone, Debug, Default)]
pub struct Problem {
    /// How serious it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// The place in question, if there is one.
    pub place: Option<Place>,
    /// A related place, with its label.
    pub other: Option<Box<(Place, String)>>,
    /// The description of the key, from the plugin or from the pipeline schema.
    pub doc: Option<String>,
    /// What to do.
    pub hint: Option<String>,
    /// Whether the value at the place could not be read. Other problems with that value are dropped then.
    pub unread: bool,
}

impl Problem {
    /// A mistake at a place.
    pub fn at(place: &Place, message: impl Into<String>) -> Self {
        Self { message: message.into(), place: Some(place.clone()), ..Self::default() }
    }

    /// A mistake that concerns the file as a whole.
    pub fn whole(message: impl Into<String>) -> Self {
        Self { message: message.into(), ..Self::default() }
    }

    /// Turns it into a warning.
    #[must_use]
    pub fn warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    /// Marks it as the problem of a value that could not be read.
    #[must_use]
    pub fn unread(mut self) -> Self {
        self.unread = true;
        self
    }

    /// Adds a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds a hint, if there is one.
    #[must_use]
    pub fn maybe_hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint.or(self.hint);
        self
    }

    /// Adds the description of the key, if there is one.
    #[must_use]
    pub fn maybe_doc(mut self, doc: Option<String>) -> Self {
        self.doc = doc.or(self.doc);
        self
    }

    /// Adds a related place.
    #[must_use]
    pub fn other(mut self, place: &Place, label: impl Into<String>) -> Self {
        self.other = Some(Box::new((place.clone(), label.into())));
        self
    }
}

/// The problems of a pipeline, with the texts of its files.
#[derive(Clone, Debug)]
pub struct Problems {
    /// The files; the first is the one that the user named.
    pub sources: Vec<Source>,
    /// The problems, in the order of the files.
    pub list: Vec<Problem>,
}

impl Problems {
    /// Sorts problems by their places in the files; those without a place in a file come last. Drops problems
    /// that merely follow from a value that could not be read.
    pub fn new(sources: Vec<Source>, mut list: Vec<Problem>) -> Self {
        let unread: Vec<Place> = list.iter().filter(|p| p.unread).filter_map(|p| p.place.clone()).collect();
        let follows = |problem: &Problem| {
            let place = problem.place.as_ref().filter(|_| !problem.unread);
            place.is_some_and(|place| unread.iter().any(|unread| place.contains(unread)))
        };
        list.retain(|problem| !follows(problem));
        list.sort_by_key(|problem| match &problem.place {
            Some(Place::File(span)) => (span.file, span.start),
            Some(Place::Set(_)) => (usize::MAX, 0),
            None => (usize::MAX, 1),
        });
        Self { sources, list }
    }

    /// A single problem that concerns a file as a whole.
    pub fn whole(path: impl Into<std::path::PathBuf>, problem: Problem) -> Self {
        Self { sources: vec![Source { path: path.into(), text: String::new() }], list: vec![problem] }
    }

    /// Whether any of them is an error.
    pub fn has_errors(&self) -> bool {
        self.list.iter().any(|problem| problem.severity == Severity::Error)
    }

    /// Shows all of them, in colour if `styled`.
    pub fn render(&self, styled: bool) -> String {
        let renderer = if styled { Renderer::styled() } else { Renderer::plain() };
        let shown: Vec<String> = self.list.iter().map(|problem| self.one(&renderer, problem)).collect();
        shown.join("\n\n")
    }

    fn one(&self, renderer: &Renderer, problem: &Problem) -> String {
        let level = match problem.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let title = match &problem.place {
            Some(Place::Set(argument)) => format!("`--set {argument}`: {}", problem.message),
            Some(Place::File(_)) => problem.message.clone(),
            None => {
                let path = self.sources.first().map(|source| source.path.display().to_string());
                format!("{}: {}", path.unwrap_or_default(), problem.message)
            }
        };
        let mut group = level.primary_title(title).elements([] as [Message<'_>; 0]);
        let place = problem.place.as_ref().and_then(Place::span);
        let other = problem.other.as_deref().and_then(|(place, label)| Some((place.span()?, label.as_str())));
        if let Some(span) = place {
            let mut annotations = vec![self.mark(span, AnnotationKind::Primary)];
            if let Some((other, label)) = other.filter(|(other, _)| other.file == span.file) {
                annotations.push(self.mark(other, AnnotationKind::Context).label(label));
            }
            group = group.element(self.snippet(span.file).annotations(annotations));
        }
        if let Some((other, label)) =
            other.filter(|(other, _)| place.is_none_or(|span| span.file != other.file))
        {
            let annotation = self.mark(other, AnnotationKind::Context).label(label);
            group = group.element(self.snippet(other.file).annotation(annotation));
        }
        let doc = problem.doc.as_ref().map(|doc| Level::NOTE.with_name("doc").message(doc.as_str()));
        let hint = problem.hint.as_ref().map(|hint| Level::HELP.with_name("hint").message(hint.as_str()));
        renderer.render(&[group.elements(doc).elements(hint)])
    }

    fn snippet(&self, file: usize) -> Snippet<'_, Annotation<'_>> {
        match self.sources.get(file) {
            Some(source) => Snippet::source(source.text.as_str()).path(source.path.to_string_lossy()),
            None => Snippet::source(""),
        }
    }

    fn mark(&self, span: &Span, kind: AnnotationKind) -> Annotation<'_> {
        let text = self.sources.get(span.file).map_or("", |source| source.text.as_str());
        kind.span(within(text, span))
    }
}

/// The byte range of a span, limited to the text and moved to character boundaries.
fn within(text: &str, span: &Span) -> Range<usize> {
    let floor = |mut at: usize| {
        at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = floor(span.start);
    start..floor(span.end).max(start)
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Problems {}

/// The known word nearest to a wrong one, if any is near enough: by edit distance, because the wrong word is
/// one of its parts, or by a common beginning.
pub fn nearest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let known: Vec<&str> = known.into_iter().collect();
    let near = known.iter().map(|word| (strsim::damerau_levenshtein(wrong, word), *word));
    let best = near.min_by_key(|(distance, _)| *distance)?;
    let length = wrong.chars().count();
    let limit = (length / 3).max(2);
    // A very short word is near every other one, so it means none of them.
    if best.0 <= limit && best.0 < length.max(1) {
        return Some(best.1);
    }
    let lower = wrong.to_lowercase();
    let has_part = |word: &&&str| word.split(['-', '_', '.']).any(|part| part == lower);
    if let Some(word) = known.iter().filter(has_part).min_by_key(|word| word.len()) {
        return Some(word);
    }
    let shared = |word: &str| word.bytes().zip(lower.bytes()).take_while(|(a, b)| a == b).count();
    let best = known.iter().max_by_key(|word| (shared(word), std::cmp::Reverse(word.len())))?;
    (shared(best) >= BEGINNING && 3 * shared(best) >= 2 * best.len()).then_some(best)
}

/// Fewest bytes that a word must have in common with the beginning of another to be taken for it.
const BEGINNING: usize = 4;

/// Asks "did you mean" the known word nearest to a wrong one, if any is near enough.
pub fn suggest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(wrong, known).map(|word| format!("did you mean `{word}`?"))
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_word_is_near_in_its_letters_as_a_part_or_by_its_beginning() {
        let known = ["cookie-notice", "quotes", "consent-and-cookie", "c4", "threshold"];
        for (wrong, near) in [
            ("quote", Some("quotes")),
            ("cookie", Some("cookie-notice")),
            ("notice", Some("cookie-notice")),
            ("quotations", Some("quotes")),
            ("quo", None),
            ("thresh", Some("threshold")),
            ("throughput", None),
            ("conseil-municipal", None),
        ] {
            assert_eq!(nearest(wrong, known), near, "{wrong}");
        }
    }
}
