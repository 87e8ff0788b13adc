//! Turns the received text into normal form: decoding, the text of HTML, repair, white space. Judges no line.

use textmill_plugin::edit::{EditError, Rewriter};

use super::{Cleaner, Format};
use crate::html::items::Item;
use crate::html::lines::Lines;
use crate::html::meta::MetaItem;
use crate::html::{self, Blocks, code};
use crate::repair::mojibake::{self, cyrillic, others};
use crate::repair::{decode, leftovers, normalize};

/// A document whose lines are not judged yet.
pub(super) struct Normalised<'a> {
    pub rewriter: Rewriter<'a>,
    pub encoding: Option<String>,
    /// The markup of its lines, for HTML; places are those of the source.
    pub markup: Option<Lines>,
    /// Items of its lists, if its structure is kept.
    pub items: Vec<Item>,
    /// Metadata that the page states about itself.
    pub page_meta: Vec<MetaItem>,
    /// Whether code in it keeps its indentation.
    pub indented: bool,
    /// The names of its blocks, if requested.
    pub blocks: Option<Blocks>,
}

impl Cleaner {
    /// Decodes, reads HTML, repairs and normalises.
    pub(super) fn normalise<'a>(
        &self,
        format: Format,
        text: &'a str,
        raw: Option<&[u8]>,
    ) -> Result<Normalised<'a>, EditError> {
        let mut rewriter = Rewriter::new(text);
        let mut encoding = None;
        if let Some(raw) = raw
            && self.rules.legacy_encoding
        {
            let decoded = decode::decode(text, raw, format);
            encoding = decoded.encoding;
            rewriter.pass(decoded.edits)?;
        } else if raw.is_none()
            && self.rules.legacy_encoding
            && let Some(decoded) = decode::escaped(text, format)
        {
            encoding = decoded.encoding;
            rewriter.pass(decoded.edits)?;
        }
        let (mut markup, mut items, mut page_meta) = (None, Vec::new(), Vec::new());
        let (mut indented, mut blocks) = (false, None);
        if format == Format::Html {
            let page = html::page(rewriter.text(), &self.reading);
            rewriter.pass_packed(page.edits)?;
            (markup, items, page_meta, blocks) = (Some(page.lines), page.items, page.page_meta, page.blocks);
        }
        if format == Format::Plain && (self.rules.html_entity || self.rules.html_tag) {
            let edits = leftovers::markup(rewriter.text(), &self.rules);
            rewriter.pass_packed(edits)?;
        }
        if self.rules.mojibake {
            let edits = others::repair(rewriter.text());
            rewriter.pass(edits)?;
            let edits = mojibake::repair(rewriter.text());
            rewriter.pass(edits)?;
            let edits = cyrillic::repair(rewriter.text());
            rewriter.pass(edits)?;
        }
        let edits = normalize::characters(rewriter.text(), &self.rules);
        rewriter.pass_packed(edits)?;
        if self.rules.unicode_form {
            let edits = normalize::form(rewriter.text(), self.normal_form);
            rewriter.pass(edits)?;
        }
        if self.rules.white_space || self.rules.blank_lines {
            let mut edits = normalize::spaces(rewriter.text(), &self.rules);
            if self.rules.white_space
                && let Some(markup) = &markup
            {
                let code = code::ranges(markup, rewriter.packed(), rewriter.text().len());
                (edits, indented) = code::spare(rewriter.text(), edits, &code, self.keep_structure);
            }
            rewriter.pass_packed(edits)?;
        }
        if self.join_hyphenated {
            let edits = leftovers::hyphens(rewriter.text());
            rewriter.pass(edits)?;
        }
        Ok(Normalised { rewriter, encoding, markup, items, page_meta, indented, blocks })
    }
}
