//! Judges the lines of a normalised document: applies the rules, asks the model, and collects what becomes of
//! the lines.

use std::sync::Arc;

use textmill_plugin::edit::{Edits, Rewriter};

use super::{Cleaner, Format};
use crate::decide::Decided;
use crate::html::items::Item;
use crate::html::lines::Lines;
use crate::html::markup::Markup;
use crate::html::{MarkupOf, code};
use crate::lines::Line;
use crate::model::Model;
use crate::model::features::Page;
use crate::model::title::Title;
use crate::outcome::doubtful::{Doubtful, Stretch};
use crate::outcome::handed_on::{HandedOn, RemovedLines};
use crate::outcome::places::Received;
use crate::outcome::removals::{Removals, repeated};
use crate::outcome::structure;
use crate::parts::Part;
use crate::rules::boilerplate::{LineRules, RuledPage};
use crate::rules::menus;
use crate::scratch::Scratch;
use crate::{closing, decide};

/// HTML with at least this many lines counts as a page, whatever the lines say.
const FEW: usize = 4;

/// What the rules found in a part of a normalised document.
pub(super) struct Seen {
    /// The markup of each shown line, for HTML.
    pub markup: Option<Vec<Markup>>,
    pub ruled: RuledPage,
}

/// The decisions on the lines of a part.
struct Decision {
    markup: Option<Vec<Markup>>,
    ruled: RuledPage,
    decided: Decided,
}

/// The decisions on a document's lines.
pub(super) struct Judged {
    pub edits: Edits,
    /// Removed lines that may carry metadata, and their places in the received text.
    pub boilerplate: RemovedLines,
    pub places: Vec<usize>,
    pub doubtful: Vec<Stretch>,
}

/// The rules and the model that judge the lines of a format.
#[derive(Clone)]
pub(super) struct Judges {
    pub line_rules: LineRules,
    /// The model, if it is switched on.
    pub model: Option<Arc<Model>>,
}

impl Cleaner {
    /// Decides which lines of a normalised document to remove; `markup` and `title` are those of the HTML
    /// source.
    pub(super) fn judge(
        &self,
        format: Format,
        rewriter: &Rewriter<'_>,
        (markup, items): (Option<Lines>, &[Item]),
        title: Option<&Title>,
        indented: bool,
        scratch: &mut Scratch,
    ) -> Judged {
        let text = rewriter.text();
        let judged = indented.then(|| code::judged(text, &self.rules));
        let mut markup = markup.as_ref().map(|markup| MarkupOf::new(markup, rewriter.packed()));
        let (mut removals, mut handed_on, mut signs) = (Removals::new(), HandedOn::default(), Vec::new());
        let mut doubtful = Doubtful::default();
        for part in Part::all(text, judged.as_deref()) {
            let Decision { markup, ruled, decided: Decided { mut marks, near } } =
                self.decide(format, &part, (&mut markup, title), scratch);
            let Scratch { lines, shown, menus, .. } = &mut *scratch;
            if let Some(markup) = &markup {
                code::keep_brackets(lines, &mut marks, shown, markup);
            }
            if self.rules.repeated_paragraph {
                repeated(part.judged(), lines, &ruled.states, &mut marks);
            }
            if let Some(markup) = &markup {
                code::fill_holes(lines, &mut marks, shown, markup);
            }
            if judged.is_some() {
                code::place(lines, part.text);
            }
            doubtful.take(part.base, lines, &marks, &near);
            handed_on.take(part.text, part.base, lines, &marks);
            if !menus.is_empty() && self.cuts.is_any_off() {
                let both = (&mut *lines, &mut marks);
                menus::keep_lines_of(part.text, menus, both, &self.rules, |text, line, begins| {
                    let rules = &self.judges(format).line_rules;
                    rules.apply_to_line(text, line, begins).mark.map(|mark| mark.rule)
                });
            }
            removals.take(text, part.base, lines, &marks);
            if let Some(markup) = markup.filter(|_| self.keep_structure) {
                let place = (part.base, part.text);
                signs.extend(structure::signs(place, lines, &marks, (shown, &markup), items));
            }
            (scratch.states, scratch.hits) = (ruled.states, ruled.hits);
        }
        let boilerplate = handed_on.finish();
        let mut received = Received::new(rewriter.packed());
        let places = boilerplate.iter().map(|line| received.place(line.at as usize)).collect();
        let mut edits = removals.finish(text);
        edits.extend(signs);
        let doubtful = doubtful.finish(Received::new(rewriter.packed()));
        Judged { edits, boilerplate, places, doubtful }
    }

    /// Decides on the lines of a part of a page. The lines in the middle of a long menu stay or go together
    /// with the lines beside them.
    fn decide(
        &self,
        format: Format,
        part: &Part<'_>,
        (markup, title): (&mut Option<MarkupOf<'_>>, Option<&Title>),
        scratch: &mut Scratch,
    ) -> Decision {
        scratch.menus.clear();
        if format == Format::Plain {
            menus::find(part.judged(), &mut scratch.menus);
        }
        let found = scratch.menus.len();
        loop {
            let joined = scratch.menus.len();
            let mut decision = self.decide_as_joined(format, part, (markup, title), scratch);
            let Scratch { lines, menus, .. } = &mut *scratch;
            // Whether wrapped text is a page depends on the number of its lines.
            if !decision.ruled.is_page || decision.ruled.is_wrapped {
                menus.clear();
            }
            let by_rules = |i: usize| decision.ruled.marks.get(i).copied().flatten();
            let is_off = |i: usize| by_rules(i).is_some_and(|mark| !self.rules.on(mark.rule));
            menus::decide(menus, lines, &mut decision.decided.marks, is_off);
            if menus.len() == joined {
                return decision;
            }
            // Judged at most three times: then no menu is joined any more.
            if joined < found {
                menus.clear();
            }
            (scratch.states, scratch.hits) = (decision.ruled.states, decision.ruled.hits);
        }
    }

    /// Decides on the lines of a part of a page, in which the menus of `scratch` are one line each.
    fn decide_as_joined(
        &self,
        format: Format,
        part: &Part<'_>,
        (markup, title): (&mut Option<MarkupOf<'_>>, Option<&Title>),
        scratch: &mut Scratch,
    ) -> Decision {
        let Judges { line_rules, model } = self.judges(format);
        let Seen { markup, ruled } = Self::see(line_rules, part, markup, scratch);
        let Scratch { lines, tallies, shown, model: model_scratch, .. } = &mut *scratch;
        // An HTML fragment, such as the summary in a feed, is not a page either.
        let may_be_page = format == Format::Html && shown.len() >= FEW;
        let Some(model) = model.as_ref().filter(|_| may_be_page || ruled.is_page) else {
            let decided = Decided::by_rules(ruled.marks.clone(), &self.cuts);
            return Decision { markup, ruled, decided };
        };
        let asked = menus::scored_rows(format, lines, &ruled.marks, shown);
        let view = Page::new(part.judged(), (lines, tallies), &ruled, asked, markup.as_deref(), title);
        let mut decided = decide::marks(model, &self.cuts, &view, model_scratch);
        if format == Format::Plain {
            let by_rules = (ruled.marks.as_slice(), &self.rules);
            let states = (ruled.states.as_slice(), shown.as_slice());
            closing::keep(part.judged(), lines, states, by_rules, &mut decided.marks);
        }
        Decision { markup, ruled, decided }
    }

    /// The judges of a format.
    pub(super) fn judges(&self, format: Format) -> &Judges {
        match format {
            Format::Plain => &self.plain,
            Format::Html => &self.html,
        }
    }

    /// Applies all rules to the lines of a part of a page.
    pub(super) fn see(
        line_rules: &LineRules,
        part: &Part<'_>,
        markup: &mut Option<MarkupOf<'_>>,
        scratch: &mut Scratch,
    ) -> Seen {
        Line::take(part.judged(), scratch);
        let Scratch { lines, distinct, begins, shown, states, hits, .. } = scratch;
        let mut count = 0;
        shown.resize(lines.len(), 0);
        for (i, line) in lines.iter().enumerate() {
            shown[count] = i;
            count += usize::from(!line.blank());
        }
        shown.truncate(count);
        let markup = markup.as_mut().map(|markup| match part.judged {
            Some(_) => {
                let mut placed = lines.clone();
                code::place(&mut placed, part.text);
                markup.lines(shown.iter().map(|&i| part.base + placed[i].start))
            }
            None => markup.lines(shown.iter().map(|&i| part.base + lines[i].start)),
        });
        let scratch = (std::mem::take(states), std::mem::take(hits));
        let ruled = line_rules.apply(part.judged(), (lines, distinct, shown), begins, scratch);
        Seen { markup, ruled }
    }
}
