//! The columns that an operator declares to read, and those that it asks for without declaring them. An
//! undeclared column is never passed, and reads as if no document had it: a mistake that would stay hidden.

use crate::descriptor::Describe;
use crate::error::{Error, Result};
use serde::Serialize;
use serde_json::Value;
use std::sync::Mutex;

/// The columns that a bound operator declares to read, whether a pipeline has them or not.
pub(crate) struct Reads {
    declared: Vec<String>,
}

impl Reads {
    /// The columns that a description declares. `options` name some of them.
    pub fn of(describe: &Describe, options: &impl Serialize) -> Self {
        let options = serde_json::to_value(options).unwrap_or_default();
        let named = |option: &String| options.get(option).and_then(Value::as_str).map(str::to_owned);
        let declared = describe.reads.iter();
        let declared = declared.filter_map(|r| r.column.clone().or_else(|| named(r.option.as_ref()?)));
        Self { declared: declared.collect() }
    }

    /// Starts to record undeclared columns that are asked for.
    pub fn asked(&self) -> Asked<'_> {
        Asked { reads: self, undeclared: Mutex::new(None) }
    }
}

/// Records a column that was asked for but is neither present nor declared.
pub(crate) struct Asked<'a> {
    reads: &'a Reads,
    undeclared: Mutex<Option<String>>,
}

impl Asked<'_> {
    /// To be called when a column that was asked for is not there.
    pub fn missed(&self, column: &str) {
        if !self.reads.declared.iter().any(|declared| declared == column)
            && let Ok(mut undeclared) = self.undeclared.lock()
        {
            undeclared.get_or_insert_with(|| column.to_owned());
        }
    }

    /// Takes the message about an undeclared column that was asked for since the last call.
    pub fn undeclared(&self) -> Option<String> {
        let column = self.undeclared.lock().ok()?.take()?;
        Some(format!(
            "it reads the column `{column}` without declaring it; add `.reads(\"{column}\")` to its `describe`, or \
             `.reads_optional(\"{column}\")` if documents may lack it"
        ))
    }

    /// The result of what was done with a row, unless it asked for an undeclared column: any other error may
    /// be a consequence of that.
    ///
    /// # Errors
    /// The error about the undeclared column, or that of `result`.
    pub fn check<T>(&self, result: Result<T>) -> Result<T> {
        match self.undeclared() {
            Some(undeclared) => Err(Error::from(undeclared)),
            None => result,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::Row;
    use arrow_array::{ArrayRef, LargeStringArray, RecordBatch};
    use serde_json::json;
    use std::sync::Arc;

    #[test]
    fn a_column_that_nobody_declared_is_told_of_once() {
        let describe = Describe::new("some").reads("text").reads_optional("language").reads_option("by");
        let reads = Reads::of(&describe, &json!({"by": "author"}));
        let text: ArrayRef = Arc::new(LargeStringArray::from(vec![None::<&str>]));
        let batch = RecordBatch::try_from_iter_with_nullable([("text", text, true)]).unwrap();
        let asked = reads.asked();
        let row = Row::of(&batch).next().unwrap().asked(&asked);
        // Null, declared but not passed, and accessors that are documented to return a default.
        assert_eq!((row.str("text"), row.str("language"), row.has("author")), (None, None, false));
        assert_eq!((row.text(), row.ordinal()), ("", 0));
        assert_eq!(asked.undeclared(), None);
        for ask in [
            |row: &Row<'_>| row.str("title").is_none(),
            |row: &Row<'_>| row.uint("title").is_none(),
            |row: &Row<'_>| row.bytes("title").is_none(),
            |row: &Row<'_>| row.array("title").is_none(),
            |row: &Row<'_>| row.value("title").is_null(),
            |row: &Row<'_>| !row.has("title"),
        ] {
            assert!(ask(&row));
            let said = asked.undeclared().unwrap();
            assert!(
                said.starts_with("it reads the column `title` without declaring it; add `.reads"),
                "{said}"
            );
            assert_eq!(asked.undeclared(), None);
        }
    }

    #[test]
    fn text_must_be_declared_too() {
        let reads = Reads::of(&Describe::new("some").reads("id"), &json!({}));
        let id: ArrayRef = Arc::new(LargeStringArray::from(vec!["a"]));
        let batch = RecordBatch::try_from_iter([("id", id)]).unwrap();
        let asked = reads.asked();
        let row = Row::of(&batch).next().unwrap().asked(&asked);
        assert_eq!((row.str("id"), row.text()), (Some("a"), ""));
        assert!(asked.check(Ok(())).unwrap_err().message.contains("the column `text`"));
    }
}
