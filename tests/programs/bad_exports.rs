//! A plugin that exports a second symbol.

use textmill_plugin::prelude::*;

/// No options.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NoOptions {}

#[derive(Clone)]
struct Quiet;

impl Map for Quiet {
    type Options = NoOptions;

    fn describe() -> Describe {
        Describe::new("quiet").doc("Looks at texts, and says nothing.").reads("text")
    }

    fn bind(_: NoOptions) -> Result<Self> {
        Ok(Self)
    }

    fn map(&mut self, _: &mut Doc<'_>) -> Result<()> {
        Ok(())
    }
}

textmill_plugin::export!(map::<Quiet>());

/// A symbol whose name another library may have, too.
#[unsafe(no_mangle)]
pub extern "C" fn compress(length: u32) -> u32 {
    length / 2
}
