//! Extracts what training needs from a page: its lines as the model sees them, and the input of the lexicons.
//! Cleans nothing.

use super::judge::Seen;
use super::normalised::Normalised;
use super::{Cleaner, Format};
use crate::html::code;
use crate::html::markup::Markup;
use crate::html::{Blocks, MarkupOf};
use crate::model::features::{self, Page};
use crate::model::grid::Grid;
use crate::model::title::Title;
use crate::parts::Part;
use crate::rules::menus;
use crate::scratch::Scratch;
use textmill_plugin::edit::EditError;

/// A page as training sees it.
#[derive(Clone, Debug)]
pub struct Features {
    /// One column per feature, one row per line that is not blank.
    pub grid: Grid,
    /// The text of each row.
    pub lines: Vec<String>,
    /// For each block of an HTML page: the number of the enclosing block, counted from 1, or 0 if there is
    /// none; and the names of the block.
    pub blocks: Vec<(u32, Vec<String>)>,
    /// For each row of an HTML page: the number of its block.
    pub block_of: Vec<u32>,
}

impl Cleaner {
    /// Makes [`Self::features`] include the names of blocks.
    pub fn for_training(mut self) -> Self {
        self.reading.keeps_names = true;
        self
    }

    /// Returns the lines of a page as the model sees them, for training it. Includes the names of blocks
    /// after [`Self::for_training`]. Leaves out the lines in the middle of long menus if `joins`.
    ///
    /// # Errors
    /// As [`Self::clean_as`].
    pub fn features(&self, format: Format, text: &str, joins: bool) -> Result<Features, EditError> {
        let Normalised { rewriter, markup, page_meta, indented, blocks, .. } =
            self.normalise(format, text, None)?;
        let title = Title::of(&page_meta);
        let mut markup = markup.as_ref().map(|markup| MarkupOf::new(markup, rewriter.packed()));
        let judged = indented.then(|| code::judged(rewriter.text(), &self.rules));
        let page = Part { text: rewriter.text(), base: 0, judged: judged.as_deref() };
        let mut scratch = Scratch::default();
        if joins && format == Format::Plain {
            menus::find(page.judged(), &mut scratch.menus);
        }
        let Seen { markup, ruled } =
            Self::see(&self.judges(format).line_rules, &page, &mut markup, &mut scratch);
        let Scratch { lines, tallies, shown, .. } = scratch;
        let asked = menus::scored_rows(format, &lines, &ruled.marks, &shown);
        let mut grid = Grid::new(asked.len(), &[]);
        let page_of =
            Page::new(page.judged(), (&lines, &tallies), &ruled, asked, markup.as_deref(), title.as_ref());
        page_of.fill(&mut grid, &mut features::Scratch::default());
        let Blocks { blocks, lines: of_lines } = blocks.unwrap_or_default();
        let block_of = |markup: &Markup| {
            let at = of_lines.binary_search_by_key(&markup.source, |(source, _)| *source);
            at.map_or(0, |at| of_lines[at].1)
        };
        let block_of = markup.iter().flatten().map(block_of).collect();
        let lines = asked.iter().map(|&i| lines[i].text(page.judged()).to_owned()).collect();
        Ok(Features { grid, lines, blocks, block_of })
    }
}
