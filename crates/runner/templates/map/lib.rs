//! The plugin `{{name}}`. {{description}}.
//!
//! It looks at each document alone, and shows the four things that such a plugin can do: edit the text, write a column,
//! annotate, and drop a document.
#![forbid(unsafe_code)]

use textmill_plugin::prelude::*;

/// What a pipeline can set under `[stage.options]`. The comments are what users read in editors and in
/// `textmill plugin info`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Options {
    /// Fewest words that a document may have; with fewer it is dropped under the rule `few-words`.
    pub min_words: u64,
    /// Most words of a document that is not annotated under the rule `many-words`.
    pub many_words: u64,
    /// Whether marks such as `!!!` and `???` become one, under the rule `repeated-mark`.
    pub squeeze_marks: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            min_words: 4,
            many_words: 100_000,
            squeeze_marks: true,
        }
    }
}

/// The operator. Each thread works on its own clone.
#[derive(Clone)]
struct Operator {
    options: Options,
}

impl Map for Operator {
    type Options = Options;

    fn describe() -> Describe {
        Describe::new("{{name}}")
            .doc("{{description}}.")
            .reads("text")
            .writes("text", DataType::LargeUtf8)
            .writes("words", DataType::UInt64)
            .selects()
            // `textmill what-if` can try another threshold without the documents.
            .threshold("few-words", "min-words", Drops::Below)
    }

    fn bind(options: Options) -> Result<Self> {
        if options.many_words < options.min_words {
            return Err(Error::new(
                ErrorKind::Options,
                "`many-words` must not be below `min-words`",
            ));
        }
        Ok(Self { options })
    }

    fn map(&mut self, doc: &mut Doc<'_>) -> Result<()> {
        let options = &self.options;
        let words = doc.text().split_whitespace().count() as u64;
        // On record with what was measured and what it was compared with, also where it came near.
        if doc.measure(
            "few-words",
            words as f64,
            options.min_words as f64,
            Drops::Below,
        ) {
            return Ok(());
        }
        if words > options.many_words {
            doc.annotate(
                |event| event.measured(words as f64, options.many_words as f64),
                "many-words",
            );
        }
        doc.set("words", words);
        if options.squeeze_marks {
            let edits = repeated_marks(doc.text());
            doc.edits(edits);
        }
        Ok(())
    }
}

/// Edits that leave one of each run of exclamation or question marks. Spans are bytes of the text received.
fn repeated_marks(text: &str) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut at = 0;
    while let Some(found) = text[at..].find(['!', '?']) {
        let start = at + found;
        let mark = text[start..].chars().next().unwrap_or_default();
        let rest = text[start..].trim_start_matches(mark);
        at = text.len() - rest.len();
        let count = at - start;
        if count > 1 {
            edits.push(Edit::remove(start + 1..at, "repeated-mark").measured(count as f64, 1.0));
        }
    }
    edits
}

textmill_plugin::export!(map::<Operator>());

#[cfg(test)]
mod tests {
    #[test]
    fn cases_are_as_accepted() {
        textmill_plugin::harness::snapshots(&super::plugin(), "tests/cases");
    }
}
