//! The plugin `{{name}}`. {{description}}.
//!
//! It compares documents with one another, in three steps: each document emits an item under a key, all items
//! with the same key are reduced together, and the findings are applied to the documents. The host does the
//! sorting, exchanging and spilling.
#![forbid(unsafe_code)]

use textmill_plugin::prelude::*;

/// What a pipeline can set under `[stage.options]`. The comments are what users read in editors and in
/// `textmill plugin info`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Options {
    /// Words at the start of a document that are compared, in small letters. Documents with fewer words are kept.
    #[schemars(range(min = 1))]
    pub opening_words: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { opening_words: 8 }
    }
}

/// The operator. Each thread works on its own clone.
#[derive(Clone)]
struct Operator {
    options: Options,
}

/// What was found out about a document.
#[derive(Serialize, Deserialize)]
struct Finding {
    /// The ordinal of the first document with this opening.
    first: u64,
    /// Number of documents with this opening.
    documents: u64,
}

impl Corpus for Operator {
    type Options = Options;
    /// A document only needs the key, so its item is empty.
    type Item = ();
    type Finding = Finding;

    fn describe() -> Describe {
        Describe::new("{{name}}")
            .doc("{{description}}.")
            .reads("text")
            .writes("same_opening", DataType::UInt64)
            .selects()
    }

    fn bind(options: Options) -> Result<Self> {
        Ok(Self { options })
    }

    fn emit(&mut self, row: &Row<'_>, out: &mut Emitter<()>) -> Result<()> {
        let most = usize::try_from(self.options.opening_words).unwrap_or(usize::MAX);
        let opening: Vec<String> = row
            .text()
            .split_whitespace()
            .take(most)
            .map(str::to_lowercase)
            .collect();
        if opening.len() < most {
            return Ok(());
        }
        out.emit(opening.join(" "), &())
    }

    fn reduce(
        &mut self,
        _key: &[u8],
        items: &[(u64, ())],
        out: &mut Findings<Finding>,
    ) -> Result<()> {
        let Some((first, ())) = items.first() else {
            return Ok(());
        };
        let found = Finding {
            first: *first,
            documents: items.len() as u64,
        };
        items
            .iter()
            .try_for_each(|(ordinal, ())| out.give(*ordinal, &found))
    }

    fn apply(&mut self, doc: &mut Doc<'_>, found: &[Finding]) -> Result<()> {
        let ordinal = doc.ordinal();
        match found.first() {
            Some(found) if found.first < ordinal => doc.drop_with(
                |event| {
                    event
                        .measured(found.documents as f64, 1.0)
                        .other(found.first)
                },
                "same-opening",
            ),
            Some(found) => doc.set("same_opening", found.documents),
            None => {}
        }
        Ok(())
    }
}

textmill_plugin::export!(corpus::<Operator>());

#[cfg(test)]
mod tests {
    #[test]
    fn cases_are_as_accepted() {
        textmill_plugin::harness::snapshots(&super::plugin(), "tests/cases");
    }
}
