//! A plugin with mistakes in its descriptor.

use textmill_plugin::prelude::*;

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
struct Careless {
    least_words: u64,
    /// How much of it.
    #[schemars(range(min = 1, max = 9))]
    share: u64,
}

impl Default for Careless {
    fn default() -> Self {
        Self { least_words: 0, share: 10 }
    }
}

#[derive(Clone)]
struct Odd;

impl Map for Odd {
    type Options = Careless;

    fn describe() -> Describe {
        Describe::new("Odd_Operator")
            .reads("text")
            .reads_option("no-such-option")
            .threshold("too-few", "least-words", Drops::Below)
            .writes("when", DataType::Date32)
            .writes("source", DataType::Utf8)
    }

    fn bind(_: Careless) -> Result<Self> {
        Ok(Self)
    }

    fn map(&mut self, _: &mut Doc<'_>) -> Result<()> {
        Ok(())
    }
}

textmill_plugin::export!(map::<Odd>(), map::<Odd>());
