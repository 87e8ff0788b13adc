//! The plan: tells for each document how many begin in the same way. With a defect, what it emits under a key
//! depends on the documents that its worker has seen before.

use textmill_plugin::prelude::*;

/// A way to be broken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Defect {
    /// No defect.
    #[default]
    None,
    /// Numbers the documents of its worker.
    NumbersDocuments,
    /// Panics over a document with `BOOM`.
    PanicWhileEmitting,
}

/// Options of the plan.
#[derive(Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// What is wrong with it.
    pub defect: Defect,
}

#[derive(Clone)]
pub struct Twins {
    defect: Defect,
    seen: u64,
}

impl Corpus for Twins {
    type Options = Options;
    type Item = u64;
    type Finding = u64;

    fn describe() -> Describe {
        Describe::new("twins")
            .doc("Says how many documents begin alike.")
            .reads("text")
            .writes("twins", DataType::UInt64)
    }

    fn bind(options: Options) -> Result<Self> {
        Ok(Self { defect: options.defect, seen: 0 })
    }

    fn emit(&mut self, row: &Row<'_>, out: &mut Emitter<u64>) -> Result<()> {
        self.seen += 1;
        let text = row.text();
        assert!(self.defect != Defect::PanicWhileEmitting || !text.contains("BOOM"), "boom while emitting");
        let item = if self.defect == Defect::NumbersDocuments { self.seen } else { 1 };
        let start: String = text.chars().take(12).collect();
        out.emit(start.as_bytes(), &item)
    }

    fn reduce(&mut self, _: &[u8], items: &[(u64, u64)], out: &mut Findings<u64>) -> Result<()> {
        let sum: u64 = items.iter().map(|(_, item)| item).sum();
        for (ordinal, _) in items {
            out.give(*ordinal, &sum)?;
        }
        Ok(())
    }

    fn apply(&mut self, doc: &mut Doc<'_>, found: &[u64]) -> Result<()> {
        doc.set("twins", found.iter().sum::<u64>());
        Ok(())
    }
}
