//! Compares two runs: which documents were added, removed and changed. Uses about 40 bytes for each document
//! of the first run, plus the lines of the documents that are shown.

use super::lines::{Ending, each_line};
use super::run_folder::RunFolder;
use crate::failure::Failure;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap, HashSet};
use twox_hash::XxHash3_64;

/// The maximum number of documents whose texts and columns are compared: those whose lengths differ most.
const COMPARED: usize = 200;
/// The maximum number of ids of added or removed documents that are kept.
const LISTED: usize = 100;

/// How a document ended, with the stage and the rule that ended it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Reason {
    /// How it ended.
    pub ending: Ending,
    /// The stage; `None` if it was written.
    pub stage: Option<String>,
    /// The rule.
    pub rule: Option<String>,
}

/// A document that both runs have, but that differs.
#[derive(Clone, Debug, Serialize)]
pub struct Changed {
    /// Its id.
    pub id: String,
    /// How it ended in the first run.
    pub before: Reason,
    /// How it ended in the second run.
    pub after: Reason,
    /// Total bytes of the lines that only one of its texts has.
    pub bytes: u64,
    /// Columns that differ.
    pub columns: Vec<String>,
    /// Its text in the first run.
    #[serde(skip)]
    pub text_before: String,
    /// Its text in the second run.
    #[serde(skip)]
    pub text_after: String,
}

/// The differences between two runs.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Comparison {
    /// Number of documents that are identical, except perhaps for the order of their columns.
    pub same: u64,
    /// Number of those that have their columns in another order.
    pub reordered: u64,
    /// Number of documents that both runs have, but that differ.
    pub changed: u64,
    /// Number of documents that only the second run has.
    pub added: u64,
    /// Number of documents that only the first run has.
    pub removed: u64,
    /// Ids of the first documents that only the second run has.
    pub added_ids: Vec<String>,
    /// Ids of the first documents that only the first run has.
    pub removed_ids: Vec<String>,
    /// How many documents moved from one ending to another. If both are the same, the document itself has
    /// changed.
    pub moves: Vec<(Reason, Reason, u64)>,
    /// The documents that have changed most, the most changed first.
    pub most: Vec<Changed>,
}

/// What is kept about a document of the first run.
#[derive(Clone, Copy)]
struct Mark {
    line: u64,
    bytes: u32,
    reason: u32,
    met: bool,
}

/// The distinct reasons, numbered.
#[derive(Default)]
struct Reasons {
    numbers: HashMap<Reason, u32>,
    all: Vec<Reason>,
}

impl Reasons {
    fn number(&mut self, ending: Ending, line: &[u8]) -> u32 {
        let reason = reason(ending, line);
        if let Some(&number) = self.numbers.get(&reason) {
            return number;
        }
        let number = self.all.len() as u32;
        self.all.push(reason.clone());
        self.numbers.insert(reason, number);
        number
    }
}

fn reason(ending: Ending, line: &[u8]) -> Reason {
    if ending == Ending::Written {
        return Reason { ending, stage: None, rule: None };
    }
    #[derive(serde::Deserialize)]
    struct Ended {
        stage: Option<String>,
        rule: Option<String>,
    }
    let ended: Option<Ended> = serde_json::from_slice(line).ok();
    let (stage, rule) = ended.map_or((None, None), |ended| (ended.stage, ended.rule));
    Reason { ending, stage, rule }
}

/// Compares two runs, document by document.
///
/// # Errors
/// If one of them cannot be read.
pub fn compare(before: &RunFolder, after: &RunFolder) -> Result<Comparison, Failure> {
    let hash = |bytes: &[u8]| XxHash3_64::oneshot(bytes);
    let mut reasons = Reasons::default();
    let mut marks: HashMap<u64, Mark> = HashMap::new();
    each_line(before, |ending, id, line| {
        let reason = reasons.number(ending, line);
        let bytes = u32::try_from(line.len()).unwrap_or(u32::MAX);
        marks.insert(hash(id.as_bytes()), Mark { line: hash(line), bytes, reason, met: false });
    })?;
    let mut found = Comparison::default();
    let mut moves: BTreeMap<(u32, u32), u64> = BTreeMap::new();
    // The heap's top is the smallest entry: by weight, and among equal weights the later document.
    let mut most: BinaryHeap<Reverse<(u64, Reverse<u64>, String)>> = BinaryHeap::new();
    let mut add_changed = |found: &mut Comparison, from: u32, to: u32, weight: u64, number: u64, id: &str| {
        found.changed += 1;
        *moves.entry((from, to)).or_default() += 1;
        most.push(Reverse((weight, Reverse(number), id.to_owned())));
        if most.len() > COMPARED {
            most.pop();
        }
    };
    // Documents whose lines differ but have the same length and reason, with the number of the second line
    // and the hash of its columns.
    let mut similar: HashMap<u64, (u64, u64)> = HashMap::new();
    let mut number = 0;
    each_line(after, |ending, id, line| {
        number += 1;
        let Some(mark) = marks.get_mut(&hash(id.as_bytes())) else {
            found.added += 1;
            if found.added_ids.len() < LISTED {
                found.added_ids.push(id.to_owned());
            }
            return;
        };
        mark.met = true;
        let reason = reasons.number(ending, line);
        if mark.line == hash(line) && mark.reason == reason {
            found.same += 1;
            return;
        }
        let weight = u64::from(mark.bytes).abs_diff(line.len() as u64);
        if weight == 0 && mark.reason == reason {
            similar.insert(hash(id.as_bytes()), (number, columns_hash(line)));
            return;
        }
        add_changed(&mut found, mark.reason, reason, weight, number, id);
    })?;
    if !similar.is_empty() {
        each_line(before, |_, id, line| {
            let key = hash(id.as_bytes());
            let Some((number, columns)) = similar.remove(&key) else { return };
            if columns_hash(line) == columns {
                found.same += 1;
                found.reordered += 1;
            } else if let Some(mark) = marks.get(&key) {
                add_changed(&mut found, mark.reason, mark.reason, 0, number, id);
            }
        })?;
    }
    found.removed = marks.values().filter(|mark| !mark.met).count() as u64;
    if found.removed > 0 {
        each_line(before, |_, id, _| {
            let gone = marks.get(&hash(id.as_bytes())).is_some_and(|mark| !mark.met);
            if gone && found.removed_ids.len() < LISTED {
                found.removed_ids.push(id.to_owned());
            }
        })?;
    }
    let name = |number: u32| reasons.all[number as usize].clone();
    found.moves = moves.into_iter().map(|((from, to), count)| (name(from), name(to), count)).collect();
    found.moves.sort_by(|a, b| (Reverse(a.2), &a.0, &a.1).cmp(&(Reverse(b.2), &b.0, &b.1)));
    let ids: Vec<String> = most.into_iter().map(|Reverse((.., id))| id).collect();
    found.most = changes(before, after, ids)?;
    Ok(found)
}

/// A hash of the columns of a line, whatever their order.
fn columns_hash(line: &[u8]) -> u64 {
    let columns: BTreeMap<&str, &RawValue> = match serde_json::from_slice(line) {
        Ok(columns) => columns,
        // Names with escapes cannot be borrowed, so the order counts here.
        Err(_) => return XxHash3_64::oneshot(line),
    };
    let hash = |bytes: &str| XxHash3_64::oneshot(bytes.as_bytes());
    let of_column = |(name, value): (&&str, &&RawValue)| hash(name).rotate_left(1) ^ hash(value.get());
    columns.iter().map(of_column).fold(0, u64::wrapping_add)
}

/// Compares the texts and columns of some documents, and sorts them with the most changed first.
fn changes(before: &RunFolder, after: &RunFolder, ids: Vec<String>) -> Result<Vec<Changed>, Failure> {
    let wanted: HashSet<&str> = ids.iter().map(String::as_str).collect();
    let lines = |run: &RunFolder| -> Result<HashMap<String, (Ending, Vec<u8>)>, Failure> {
        let mut lines = HashMap::new();
        if !wanted.is_empty() {
            each_line(run, |ending, id, line| {
                if wanted.contains(id) {
                    lines.insert(id.to_owned(), (ending, line.to_owned()));
                }
            })?;
        }
        Ok(lines)
    };
    let (mut old, mut new) = (lines(before)?, lines(after)?);
    let mut changed: Vec<Changed> =
        ids.iter().filter_map(|id| Some(change(id, old.remove(id)?, new.remove(id)?))).collect();
    changed.sort_by(|a, b| (Reverse(a.bytes), &a.id).cmp(&(Reverse(b.bytes), &b.id)));
    Ok(changed)
}

fn change(id: &str, old: (Ending, Vec<u8>), new: (Ending, Vec<u8>)) -> Changed {
    let read = |line: &[u8]| serde_json::from_slice::<Map<String, Value>>(line).unwrap_or_default();
    let (before, after) = (read(&old.1), read(&new.1));
    let text = |line: &Map<String, Value>| {
        line.get("text").and_then(Value::as_str).map(str::to_owned).unwrap_or_default()
    };
    let (text_before, text_after) = (text(&before), text(&after));
    // Why it ended is shown elsewhere; these fields are not columns.
    let own = ["id", "source", "text", "stage", "rule", "value", "threshold", "other", "note"];
    let both = old.0 == Ending::Written && new.0 == Ending::Written;
    let names = before.keys().chain(after.keys().filter(|name| !before.contains_key(*name)));
    let columns = names
        .filter(|name| both && !own.contains(&name.as_str()) && before.get(*name) != after.get(*name))
        .cloned()
        .collect();
    let bytes = lines_apart(&text_before, &text_after);
    let (before, after) = (reason(old.0, &old.1), reason(new.0, &new.1));
    Changed { id: id.to_owned(), before, after, bytes, columns, text_before, text_after }
}

/// Total bytes of the lines that only one of two texts has, regardless of their order.
fn lines_apart(before: &str, after: &str) -> u64 {
    let mut counts: HashMap<&str, i64> = HashMap::new();
    before.lines().for_each(|line| *counts.entry(line).or_default() += 1);
    after.lines().for_each(|line| *counts.entry(line).or_default() -= 1);
    counts.into_iter().map(|(line, count)| line.len() as u64 * count.unsigned_abs()).sum()
}

#[cfg(test)]
mod tests {
    use super::{columns_hash, lines_apart};

    #[test]
    fn the_order_of_columns_does_not_count() {
        let line = br#"{"id":"a","text":"b\"c","tags":{"x":1}}"#;
        assert_eq!(columns_hash(line), columns_hash(br#"{"id":"a","tags":{"x":1},"text":"b\"c"}"#));
        for other in [
            &br#"{"id":"b\"c","text":"a","tags":{"x":1}}"#[..],
            br#"{"id":"a","text":"b\"c","tags":{"x":2}}"#,
            br#"{"id":"a","text":"b\"c","togs":{"x":1}}"#,
        ] {
            assert_ne!(columns_hash(line), columns_hash(other));
        }
        assert_eq!(columns_hash(br#"{"a\"":1}"#), columns_hash(br#"{"a\"":1}"#));
    }

    #[test]
    fn lines_that_one_text_has_are_counted() {
        assert_eq!(lines_apart("one\ntwo\nthree", "three\none\n"), 3);
        assert_eq!(lines_apart("one\none\n", "one\nfour"), 7);
        assert_eq!(lines_apart("", ""), 0);
    }
}
