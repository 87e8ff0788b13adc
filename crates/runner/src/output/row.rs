//! Documents as lines of JSON. Fields of the input are written with exactly the characters that were read.

use super::value::write_value;
use crate::input::Failure;
use crate::json::{members as members_of, write_text};
use arrow_array::{ArrayRef, RecordBatch};
use serde_json::Value;
use textmill_core::batch::Strings;
use textmill_core::column::{CARRIED, ID, MEDIA_TYPE, SOURCE, TEXT};
use textmill_core::event::EventRef;

/// Writes rows of a batch as JSON.
pub struct RowWriter<'a> {
    id: Option<Strings<'a>>,
    source: Option<Strings<'a>>,
    text: Option<Strings<'a>>,
    carried: Option<Strings<'a>>,
}

impl<'a> RowWriter<'a> {
    /// Creates a writer for the rows of `batch`.
    pub fn new(batch: &'a RecordBatch) -> Self {
        let strings = |name: &str| batch.column_by_name(name).and_then(|c| Strings::of(c.as_ref()));
        Self { id: strings(ID), source: strings(SOURCE), text: strings(TEXT), carried: strings(CARRIED) }
    }

    /// Appends a row as a line of `documents.jsonl`. `care` receives the document's own members; if some of
    /// them need care, it returns the names that are taken and the members to leave out.
    pub fn line<'n>(
        &self,
        out: &mut Vec<u8>,
        row: usize,
        media_type: Option<&str>,
        arrays: &[(&str, &ArrayRef)],
        care: impl FnOnce(&str) -> Option<(&'n [&'n str], &'n [String])>,
    ) {
        let mut object = Object::open(out);
        object.text(ID, get(self.id, row));
        object.text(SOURCE, get(self.source, row));
        object.text(TEXT, get(self.text, row));
        if let Some(media_type) = media_type {
            object.text(MEDIA_TYPE, media_type);
        }
        let carried = get(self.carried, row);
        match care(carried) {
            Some((taken, omitted)) => object.carried(carried, taken, omitted),
            None => object.members(carried),
        }
        for (name, array) in arrays {
            object.key(name);
            write_value(object.out, array, row);
        }
        object.close();
    }

    /// The id and the source of a row.
    fn name(&self, row: usize) -> (&'a str, &'a str) {
        (get(self.id, row), get(self.source, row))
    }

    fn rest(&self, object: &mut Object<'_>, row: usize, names: &[&str]) {
        object.text(TEXT, get(self.text, row));
        object.carried(get(self.carried, row), names, &[]);
    }
}

fn get<'a>(strings: Option<Strings<'a>>, row: usize) -> &'a str {
    strings.and_then(|s| s.get(row)).unwrap_or("")
}

const REJECTED_NAMES: [&str; 9] = [ID, SOURCE, "stage", "rule", "value", "threshold", "other", "note", TEXT];

/// Appends a line of `rejected.jsonl`: where and why the document was dropped, and the document as it reached
/// that stage.
pub fn rejected_line(
    out: &mut Vec<u8>,
    rows: &RowWriter<'_>,
    row: usize,
    stage: &str,
    event: EventRef<'_>,
    other: Option<&str>,
) {
    let mut object = Object::ended(out, rows.name(row), stage, event.rule);
    object.value("value", &event.value.into());
    object.value("threshold", &event.threshold.into());
    object.value("other", &other.into());
    object.value("note", &event.note.into());
    rows.rest(&mut object, row, &REJECTED_NAMES);
    object.close();
}

const FAILED_NAMES: [&str; 6] = [ID, SOURCE, "stage", "rule", "note", TEXT];

/// Appends a line of `failed.jsonl` for a document that failed in a stage.
pub fn failed_line(out: &mut Vec<u8>, rows: &RowWriter<'_>, row: usize, stage: &str, event: EventRef<'_>) {
    let mut object = Object::ended(out, rows.name(row), stage, event.rule);
    object.value("note", &event.note.into());
    rows.rest(&mut object, row, &FAILED_NAMES);
    object.close();
}

/// Appends a line of `failed.jsonl` for a place in the input that gave no document.
pub fn failed_input_line(out: &mut Vec<u8>, failure: &Failure) {
    let name = (failure.id.as_str(), failure.source.as_str());
    let mut object = Object::ended(out, name, "input", failure.rule);
    object.value("note", &failure.note.as_str().into());
    object.value("offset", &failure.offset.into());
    object.close();
}

/// A JSON object that is written member by member.
struct Object<'a> {
    out: &'a mut Vec<u8>,
    first: bool,
}

impl<'a> Object<'a> {
    fn open(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, first: true }
    }

    /// Opens the line of a document that leaves the pipeline; `name` is its id and source.
    fn ended(out: &'a mut Vec<u8>, name: (&str, &str), stage: &str, rule: &str) -> Self {
        let mut object = Self::open(out);
        object.text(ID, name.0);
        object.text(SOURCE, name.1);
        object.text("stage", stage);
        object.text("rule", rule);
        object
    }

    fn comma(&mut self) {
        if !self.first {
            self.out.push(b',');
        }
        self.first = false;
    }

    fn key(&mut self, name: &str) {
        self.comma();
        write_text(self.out, name);
        self.out.push(b':');
    }

    fn text(&mut self, name: &str, text: &str) {
        self.key(name);
        write_text(self.out, text);
    }

    fn value(&mut self, name: &str, value: &Value) {
        self.key(name);
        write_json(self.out, value);
    }

    /// Appends members as they are.
    fn members(&mut self, members: &str) {
        if !members.is_empty() {
            self.comma();
            self.out.extend_from_slice(members.as_bytes());
        }
    }

    /// Appends the document's own members, except those that are `omitted`. Members whose names are taken
    /// move into an object `carried`, so that none is lost.
    fn carried(&mut self, members: &str, taken: &[&str], omitted: &[String]) {
        if members.is_empty() {
            return;
        }
        let whole = format!("{{{members}}}");
        let omits = |name: &str| omitted.iter().any(|omitted| omitted == name);
        let collides = |name: &str| taken.contains(&name) || name == CARRIED;
        // Cannot fail: the members were parsed as an object before they were joined.
        let items = members_of(&whole).map(|m| m.0).unwrap_or_default();
        if !items.iter().any(|(name, _)| collides(name) || omits(name)) {
            self.members(members);
            return;
        }
        let mut inner = String::new();
        for (name, value) in &items {
            let raw = value.get();
            if omits(name) {
                continue;
            }
            if collides(name) {
                let key = serde_json::to_string::<str>(name).unwrap_or_default();
                let comma = if inner.is_empty() { "" } else { "," };
                inner.push_str(&format!("{comma}{key}:{raw}"));
            } else {
                self.key(name);
                self.out.extend_from_slice(raw.as_bytes());
            }
        }
        if inner.is_empty() {
            return;
        }
        self.key(CARRIED);
        self.out.extend_from_slice(format!("{{{inner}}}").as_bytes());
    }

    fn close(self) {
        self.out.extend_from_slice(b"}\n");
    }
}

fn write_json<T: serde::Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    // Writing strings and JSON values to memory cannot fail.
    let _ = serde_json::to_writer(out, value);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn carried(members: &str, taken: &[&str]) -> String {
        let mut out = Vec::new();
        let mut object = Object::open(&mut out);
        object.text("id", "a");
        object.carried(members, taken, &[]);
        object.close();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn fields_of_the_input_keep_their_characters() {
        assert_eq!(
            carried(r#""n":1.50,"o":{"a" : [1]}"#, &["id"]),
            "{\"id\":\"a\",\"n\":1.50,\"o\":{\"a\" : [1]}}\n"
        );
    }

    #[test]
    fn a_field_whose_name_is_taken_is_kept_apart() {
        let line = carried(r#""rule":"x","n":1,"carried":2"#, &["id", "rule"]);
        assert_eq!(line, "{\"id\":\"a\",\"n\":1,\"carried\":{\"rule\":\"x\",\"carried\":2}}\n");
    }
}
