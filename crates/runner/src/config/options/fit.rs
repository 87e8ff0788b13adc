//! Converts options to what their schema wants if their meaning is clear: strings from variables, whole
//! numbers written as floats, and choices that several files or `--set` arguments make.

use super::super::tree::{Kind, Node, Place};
use super::super::variables::scalar;
use super::{choices, present, resolved, types};
use serde_json::Value;

/// The options, converted to what the schema wants where that is clear.
pub fn fitted(schema: &Value, options: &Node) -> Node {
    let mut options = options.clone();
    fit(schema, schema, &mut options);
    options
}

/// Below this, an `f64` represents every whole number exactly.
const WHOLE_AT_MOST: f64 = 9_007_199_254_740_992.0;

/// The rank of a value that is set on the command line.
const SET: usize = 0;

/// The rank of a place; the smallest takes precedence: `--set` arguments, then the file itself, then the
/// files that it extends.
fn rank(place: &Place) -> usize {
    place.span().map_or(SET, |span| span.file + 1)
}

/// The smallest rank of a value and of the values inside it.
fn latest(node: &Node) -> usize {
    let inner = match &node.kind {
        Kind::Table(entries) => entries.iter().map(|entry| latest(&entry.node)).min(),
        Kind::List(items) => items.iter().map(latest).min(),
        _ => None,
    };
    inner.unwrap_or(usize::MAX).min(rank(&node.place))
}

fn fit(root: &Value, schema: &Value, node: &mut Node) {
    let Some(own) = resolved(root, schema) else { return };
    if let Some(kind) = scalar(node) {
        let types = types(root, own);
        let is_wanted = match kind {
            Kind::Integer(_) => types.contains(&"integer") || types.contains(&"number"),
            Kind::Float(_) => types.contains(&"number"),
            Kind::Bool(_) => types.contains(&"boolean"),
            _ => false,
        };
        if is_wanted && !types.contains(&"string") {
            node.kind = kind;
        }
        return;
    }
    match &mut node.kind {
        // JSON has one kind of number, but a plugin may accept only integers written without a fraction.
        Kind::Float(number) if number.fract() == 0.0 && number.abs() < WHOLE_AT_MOST => {
            let types = types(root, own);
            if types.contains(&"integer") && !types.contains(&"number") {
                node.kind = Kind::Integer(*number as i64);
            }
        }
        Kind::Table(entries) => {
            let own = present(root, own);
            let choices = choices(root, own);
            if entries.len() > 1 && !choices.is_empty() {
                // Files are merged without a schema, so a table may have several choices. Those of the
                // smallest rank are kept; among `--set` arguments, only the last.
                let ranks: Vec<usize> =
                    entries.iter().map(|entry| rank(&entry.place).min(latest(&entry.node))).collect();
                let last = ranks.iter().min().copied();
                let mut counts = ranks.iter().map(|rank| Some(*rank) == last);
                entries.retain(|_| counts.next().unwrap_or_default());
                if last == Some(SET) {
                    entries.drain(..entries.len().saturating_sub(1));
                }
            }
            for entry in entries {
                let inner = own.get("properties").and_then(|p| p.get(&entry.key));
                let of_choice = || choices.iter().find(|(name, _)| *name == entry.key).map(|(_, own)| *own);
                let inner = inner.or_else(|| own.get("additionalProperties")).or_else(of_choice);
                inner.into_iter().for_each(|inner| fit(root, inner, &mut entry.node));
            }
        }
        Kind::List(items) => {
            let inner = own.get("items");
            items.iter_mut().for_each(|item| inner.into_iter().for_each(|inner| fit(root, inner, item)));
        }
        _ => {}
    }
}
