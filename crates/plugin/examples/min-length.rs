//! Drops documents shorter than a number of characters.
use textmill_plugin::prelude::*;

#[derive(Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct MinLength {
    /// Fewest characters that a document may have.
    min_chars: u64,
}

impl Map for MinLength {
    type Options = Self;
    fn describe() -> Describe {
        Describe::new("min-length").doc("Drops short documents.").reads("text").selects()
    }
    fn bind(options: Self) -> Result<Self> {
        Ok(options)
    }
    fn map(&mut self, doc: &mut Doc<'_>) -> Result<()> {
        let chars = doc.text().chars().count() as u64;
        if chars < self.min_chars {
            doc.drop("too-short", chars as f64, self.min_chars as f64);
        }
        Ok(())
    }
}

textmill_plugin::export!(map::<MinLength>());
