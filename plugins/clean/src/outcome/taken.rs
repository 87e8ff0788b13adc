//! Names the rule that removed most of a document's text. Reported if a document is dropped because nothing
//! is left of it, as its edits are discarded then.

use crate::html::MARKUP;
use crate::options::Rule;
use textmill_plugin::edit::{EditRef, Edits};

/// Returns a note on the rule that removed the most bytes, markup and white space aside, or `None` if no rule
/// removed any.
pub fn most(edits: &Edits) -> Option<String> {
    let mut rules: Vec<(&str, usize)> = Vec::new();
    for edit in edits.iter().filter(takes_text) {
        let rule = edit.reason.rule.as_ref();
        let bytes = (edit.end - edit.start).saturating_sub(edit.replacement.len());
        match rules.iter_mut().find(|(other, _)| *other == rule) {
            Some((_, sum)) => *sum += bytes,
            None => rules.push((rule, bytes)),
        }
    }
    // On a tie, the rule that came first.
    let (rule, _) =
        rules.into_iter().rev().filter(|&(_, bytes)| bytes > 0).max_by_key(|&(_, bytes)| bytes)?;
    let of_rule = edits.iter().filter(|edit| edit.reason.rule == rule);
    let greatest = of_rule
        .filter_map(|edit| edit.reason.value.zip(edit.reason.threshold))
        .max_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)));
    Some(match greatest.filter(|_| rule == Rule::BoilerplateModel.id()) {
        // Without the threshold, so that the note is the same for another threshold with the same outcome.
        Some((value, _)) => format!("{rule} took the most, and its likeliest line had {value}"),
        None => format!("{rule} took the most"),
    })
}

/// Whether an edit removes visible text without replacing it.
fn takes_text(edit: &EditRef<'_>) -> bool {
    edit.replacement.trim().is_empty()
        && ![MARKUP, Rule::WhiteSpace.id(), Rule::BlankLines.id()].contains(&edit.reason.rule.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use textmill_plugin::edit::Edit;

    #[test]
    fn the_rule_that_took_most_is_named() {
        let model = |span, value| Edit::remove(span, "boilerplate-model").measured(value, 0.45);
        let edits = vec![
            Edit::remove(0..90, "html-markup"),
            Edit::remove(90..100, "navigation"),
            model(100..108, 0.2),
            model(108..116, 0.39),
        ];
        let most_of = |edits: &[Edit]| most(&edits.to_vec().into());
        assert_eq!(
            most_of(&edits).as_deref(),
            Some("boilerplate-model took the most, and its likeliest line had 0.39")
        );
        assert_eq!(most_of(&edits[..2]).as_deref(), Some("navigation took the most"));
        assert_eq!(most_of(&edits[..1]), None);
        assert_eq!(most_of(&[Edit::replace(0..3, "é", "legacy-encoding")]), None);
    }
}
