//! Features of the markup around each line of an HTML page, and of the blocks that contain lines. Decides
//! nothing.
//!
//! Readability and trafilatura rely on link density and the class names of containers; here these are
//! features beside those of the text.

use crate::html::cues::Part;
use crate::html::element::Kind;
use crate::html::markup::{Markup, within};
use crate::model::alike::of_looks;
use crate::model::features::Page;
use crate::model::grid::{Grid, scale, share};
use crate::model::lexicon::NEUTRAL;
use crate::model::rows::Rows;
use crate::model::title::Likeness;
use crate::quick::QuickMap;

/// The totals of a block over all lines in it.
#[derive(Clone, Copy, Default)]
struct Held {
    lines: usize,
    bytes: usize,
    link_bytes: usize,
    prose_words: usize,
    paragraphs: usize,
}

impl Held {
    fn add(&mut self, markup: &Markup, prose_words: usize) {
        self.lines += 1;
        self.bytes += markup.bytes as usize;
        self.link_bytes += markup.link_bytes as usize;
        self.prose_words += prose_words;
        self.paragraphs += usize::from(markup.kind == Kind::Paragraph);
    }
}

impl Page<'_> {
    /// Adds the columns of HTML.
    pub(super) fn of_markup(&self, markup: &[Markup], lines: &Rows, grid: &mut Grid) {
        let rows = markup.len().min(self.shown.len());
        let prose = |i: usize| lines.prose_words[i] as usize;
        let mut page = Held::default();
        markup.iter().enumerate().take(rows).for_each(|(i, line)| page.add(line, prose(i)));
        // The totals of the block of each row; `number` gives the number of that block for a line.
        let gather = |number: fn(&Markup) -> u32| {
            let (mut slots, mut held) = (QuickMap::<u32, usize>::default(), Vec::<Held>::new());
            let mut of_rows = Vec::with_capacity(rows);
            for (i, line) in markup.iter().enumerate().take(rows) {
                let slot = *slots.entry(number(line)).or_insert(held.len());
                if slot == held.len() {
                    held.push(Held::default());
                }
                held[slot].add(line, prose(i));
                of_rows.push(slot as u32);
            }
            move |i: usize| of_rows.get(i).map(|&slot| held[slot as usize]).unwrap_or_default()
        };
        let (parent, grandparent) = (gather(|m| m.parent), gather(|m| m.grandparent));
        // The block with the most prose; if there are several, the first.
        let best = |held: &dyn Fn(usize) -> Held, number: &dyn Fn(usize) -> Option<u32>| {
            let most = (0..rows).map(|i| held(i).prose_words).max().unwrap_or(0);
            (0..rows).find(|&i| held(i).prose_words == most).and_then(number)
        };
        let parent_of = |i: usize| markup.get(i).map(|m| m.parent);
        let grandparent_of = |i: usize| markup.get(i).map(|m| m.grandparent);
        let (best_parent, best_grandparent) =
            (best(&parent, &parent_of), best(&grandparent, &grandparent_of));
        let at = |i: usize| markup.get(i);
        grid.put("kind", |i| at(i).map_or(0, |m| m.kind as u8));
        grid.put("depth", |i| at(i).map_or(0, |m| scale(m.depth as usize)));
        grid.put("link-share", |i| at(i).map_or(0, |m| share(m.link_bytes as usize, m.bytes as usize)));
        grid.put("links", |i| at(i).map_or(0, |m| scale(m.links as usize)));
        grid.put("names", |i| at(i).map_or(NEUTRAL, |m| m.score));
        grid.put("bold-share", |i| at(i).map_or(0, |m| share(m.bold_bytes as usize, m.bytes as usize)));
        for &(flag, name) in within::ALL {
            grid.put(name, |i| at(i).map_or(0, |m| u8::from(m.within & flag != 0)));
        }
        for &(part, name) in Part::ALL {
            grid.put(name, |i| {
                at(i).map_or(0, |m| u8::from(m.any & part.bit() != 0) + u8::from(m.own & part.bit() != 0))
            });
        }
        grid.put("parent-lines", |i| scale(parent(i).lines));
        grid.put("parent-bytes", |i| share(parent(i).bytes, page.bytes));
        grid.put("parent-links", |i| share(parent(i).link_bytes, parent(i).bytes));
        grid.put("parent-prose", |i| share(parent(i).prose_words, page.prose_words));
        grid.put("parent-prose-words", |i| scale(parent(i).prose_words));
        grid.put("parent-paragraphs", |i| scale(parent(i).paragraphs));
        grid.put("parent-is-best", |i| u8::from(best_parent.is_some() && parent_of(i) == best_parent));
        grid.put("parent-in-best", |i| u8::from(best_parent.is_some() && grandparent_of(i) == best_parent));
        grid.put("grandparent-bytes", |i| share(grandparent(i).bytes, page.bytes));
        grid.put("grandparent-links", |i| share(grandparent(i).link_bytes, grandparent(i).bytes));
        grid.put("grandparent-prose", |i| share(grandparent(i).prose_words, page.prose_words));
        grid.put("grandparent-is-best", |i| {
            u8::from(best_grandparent.is_some() && grandparent_of(i) == best_grandparent)
        });
        grid.put("parent-goes-on", |i| {
            u8::from(i > 0 && parent_of(i) == parent_of(i - 1))
                + 2 * u8::from(i + 1 < rows && parent_of(i) == parent_of(i + 1))
        });
        of_looks(markup, rows, grid);
        self.of_title(rows, grid);
        grid.put_page("page-links", share(page.link_bytes, page.bytes));
        grid.put_page("page-paragraphs", scale(page.paragraphs));
        let most = (0..rows).map(|i| parent(i).prose_words).max().unwrap_or(0);
        grid.put_page("page-best-parent", share(most, page.prose_words));
        let first_heading = (0..rows).find(|&i| markup[i].kind == Kind::Heading1);
        grid.put_since("since-h1", first_heading);
        let mut in_article = markup.iter().enumerate().filter(|(_, m)| m.within & within::ARTICLE != 0);
        let first_article = in_article.next().map(|(i, _)| i);
        grid.put_since("since-article", first_article);
        let has = |flag: u32| u8::from(markup.iter().any(|m| m.within & flag != 0));
        let (articles, mains, items) = (has(within::ARTICLE), has(within::MAIN), has(within::BODY_ITEM));
        grid.put_page("page-has-article", articles);
        grid.put_page("page-has-main", mains);
        grid.put_page("page-has-article-body", items);
        let named = u8::from(markup.iter().any(|m| m.any & Part::Body.bit() != 0));
        grid.put_page("page-has-body", named);
    }

    /// Features of how similar each line is to the page's title, and of where the title is.
    fn of_title(&self, rows: usize, grid: &mut Grid) {
        let mut words = Vec::new();
        let like = |i: usize| match self.title {
            Some(title) => title.likeness(self.text, &self.lines[self.shown[i]], &mut words),
            None => Likeness::default(),
        };
        let like: Vec<Likeness> = (0..rows).map(like).collect();
        grid.put("title-in", |i| like.get(i).map_or(0, |like| like.hundredths()));
        let mut last = None;
        grid.put("since-title", |i| {
            last = like.get(i).filter(|like| like.is_title()).map(|_| i).or(last);
            last.map_or(255, |last| scale(i - last))
        });
        let first = like.iter().position(|like| like.is_title());
        grid.put_since("first-title", first);
    }
}
