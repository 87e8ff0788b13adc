//! Drops documents with fewer characters than a minimum.
use textmill_plugin::prelude::*;

#[derive(Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct MinLength {
    /// Minimum number of characters in a document.
    min_chars: u64,
}

impl Map for MinLength {
    type Options = Self;
    fn describe() -> Describe {
        let describe = Describe::new("min-length").doc("Drops short documents.").reads("text").selects();
        describe.threshold("too-short", "min-chars", Drops::Below)
    }
    fn bind(options: Self) -> Result<Self> {
        Ok(options)
    }
    fn map(&mut self, doc: &mut Doc<'_>) -> Result<()> {
        let chars = doc.text().chars().count();
        doc.measure("too-short", chars as f64, self.min_chars as f64, Drops::Below);
        Ok(())
    }
}

textmill_plugin::export!(map::<MinLength>());
