//! What is wrong with a pipeline file, shown with the line and a caret under the place.

use super::tree::Place;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use std::fmt;

/// One mistake.
#[derive(Clone, Debug)]
pub struct Problem {
    /// What is wrong.
    pub message: String,
    /// Where.
    pub place: Option<Place>,
    /// What to do.
    pub hint: Option<String>,
}

impl Problem {
    /// A mistake at a place.
    pub fn at(place: &Place, message: impl Into<String>) -> Self {
        Self { message: message.into(), place: Some(place.clone()), hint: None }
    }

    /// A mistake of the file as a whole.
    pub fn whole(message: impl Into<String>) -> Self {
        Self { message: message.into(), place: None, hint: None }
    }

    /// The same mistake with advice.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same mistake with advice, where there is any.
    #[must_use]
    pub fn maybe_hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint.or(self.hint);
        self
    }
}

/// The mistakes of a pipeline file, with its text.
#[derive(Clone, Debug)]
pub struct Problems {
    /// Path of the file as the user gave it.
    pub path: String,
    /// Its text.
    pub source: String,
    /// The mistakes, in the order of the file.
    pub list: Vec<Problem>,
}

impl Problems {
    /// These with others of the same file.
    #[must_use]
    pub fn and(mut self, others: Vec<Problem>) -> Self {
        self.list.extend(others);
        self.list = super::pipeline::in_order(self.list);
        self
    }

    /// Shows all of them, with colours where `styled`.
    pub fn render(&self, styled: bool) -> String {
        let renderer = if styled { Renderer::styled() } else { Renderer::plain() };
        let shown: Vec<String> = self.list.iter().map(|problem| self.one(&renderer, problem)).collect();
        shown.join("\n\n")
    }

    fn one(&self, renderer: &Renderer, problem: &Problem) -> String {
        let hint = problem.hint.as_ref().map(|hint| Level::HELP.with_name("hint").message(hint.as_str()));
        let title = match &problem.place {
            Some(Place::Set(argument)) => format!("`--set {argument}`: {}", problem.message),
            Some(Place::File(_)) => problem.message.clone(),
            None => format!("{}: {}", self.path, problem.message),
        };
        let mut group = Level::ERROR.primary_title(title).elements([] as [annotate_snippets::Message<'_>; 0]);
        if let Some(Place::File(span)) = &problem.place {
            let end = span.end.min(self.source.len());
            let span = span.start.min(end)..end;
            group = group.element(
                Snippet::source(self.source.as_str())
                    .path(self.path.as_str())
                    .annotation(AnnotationKind::Primary.span(span)),
            );
        }
        renderer.render(&[group.elements(hint)])
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Problems {}

/// The known word that is nearest to a wrong one, if any is near.
pub fn suggest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let near = known.into_iter().map(|word| (strsim::damerau_levenshtein(wrong, word), word));
    let best = near.min_by_key(|(distance, _)| *distance)?;
    let limit = (wrong.chars().count() / 3).max(2);
    (best.0 <= limit).then(|| format!("did you mean `{}`?", best.1))
}
