//! Drops documents that have the same first line as an earlier document: an operator on the whole corpus.
use textmill_plugin::prelude::*;

#[derive(Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct SameFirstLine {
    /// Minimum number of characters in a first line. Shorter first lines are ignored.
    min_chars: u64,
}

impl Corpus for SameFirstLine {
    type Options = Self;
    /// What a document puts under a key. Its ordinal (its position in the input) is added automatically.
    type Item = ();
    /// What is passed to a document: the ordinal of the first document with its line.
    type Finding = u64;

    fn describe() -> Describe {
        Describe::new("same-first-line").reads("text").selects()
    }

    fn bind(options: Self) -> Result<Self> {
        Ok(options)
    }

    fn emit(&mut self, row: &Row<'_>, out: &mut Emitter<()>) -> Result<()> {
        match row.lines().next() {
            Some((_, line)) if line.chars().count() as u64 >= self.min_chars => out.emit(line, &()),
            _ => Ok(()),
        }
    }

    fn reduce(&mut self, _line: &[u8], items: &[(u64, ())], out: &mut Findings<u64>) -> Result<()> {
        let Some(((first, ()), later)) = items.split_first() else { return Ok(()) };
        later.iter().try_for_each(|(ordinal, ())| out.give(*ordinal, first))
    }

    fn apply(&mut self, doc: &mut Doc<'_>, found: &[u64]) -> Result<()> {
        if let Some(first) = found.first() {
            doc.drop_with(|event| event.other(*first), "same-first-line");
        }
        Ok(())
    }
}

textmill_plugin::export!(corpus::<SameFirstLine>());
