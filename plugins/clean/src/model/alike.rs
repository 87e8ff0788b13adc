//! How many blocks of an HTML page look like those around each line: items of lists, teasers and comments
//! look alike, while the main text is unique. Decides nothing.

use crate::html::markup::{LOOKS, Markup};
use crate::model::grid::{Grid, scale};
use crate::quick::QuickMap;

/// The columns, from the line's own block outwards.
const COLUMNS: [&str; LOOKS] = ["like-block", "like-parent", "like-grandparent", "like-around"];

/// Blocks that look alike.
struct Kind {
    count: usize,
    /// The last of them.
    block: u64,
}

/// Adds the columns.
pub fn of_looks(markup: &[Markup], rows: usize, grid: &mut Grid) {
    let mut of_rows: Vec<u32> = Vec::with_capacity(rows);
    for (level, name) in COLUMNS.into_iter().enumerate() {
        let Some(column) = grid.add(name) else { continue };
        let (mut numbers, mut kinds) = (QuickMap::<u64, u32>::default(), Vec::<Kind>::new());
        let mut last = None;
        of_rows.clear();
        for line in markup.iter().take(rows) {
            let look = look(line, level);
            // Most lines look like the line above.
            let number = match last {
                Some((before, number)) if before == look => number,
                _ => *numbers.entry(look).or_insert(kinds.len() as u32),
            };
            last = Some((look, number));
            // Lines do not know the numbers of their innermost and outermost blocks: the offset of the line
            // and its looks replace them.
            let block = match level {
                0 => line.source as u64,
                1 => u64::from(line.parent),
                2 => u64::from(line.grandparent),
                _ => u64::from(line.looks[level] ^ line.grandparent),
            };
            match kinds.get_mut(number as usize) {
                // Lines of one block follow one another.
                Some(kind) if kind.block == block => {}
                Some(kind) => *kind = Kind { count: kind.count + 1, block },
                None => kinds.push(Kind { count: 1, block }),
            }
            of_rows.push(number);
        }
        for (cell, &number) in column.iter_mut().zip(&of_rows) {
            *cell = kinds.get(number as usize).map_or(0, |kind| scale(kind.count));
        }
    }
}

/// A hash of how a block looks, combined with that of the block around it.
fn look(line: &Markup, level: usize) -> u64 {
    let around = line.looks.get(level + 1).copied().unwrap_or(0);
    u64::from(line.looks[level]) << 32 | u64::from(around)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::html::{self, Reading, cues::PartWords};
    use crate::model::lexicon::Lexicon;

    fn column(page: &str, number: usize) -> Vec<u8> {
        let (parts, names) = (PartWords::builtin().unwrap().into(), Lexicon::names().unwrap().into());
        let reading = Reading { parts, names, keeps_names: false, keeps_items: false };
        let markup: Vec<Markup> = html::page(page, &reading).lines.iter().collect();
        let mut grid = Grid::new(markup.len(), &[]);
        of_looks(&markup, markup.len(), &mut grid);
        grid.column(number, 0).to_vec()
    }

    #[test]
    fn items_of_a_list_look_alike_and_the_main_text_does_not() {
        let page = "<div class=main><p>One.<p>Two.<p>Three.</div>\
            <div class='item item-1 new'><p>A.<p>B.</div><div class='item item-22 new'><p>C.</div><div class='item'><p>D.</div>";
        assert_eq!(column(page, 0), [3, 3, 3, 3, 3, 3, 1]);
        assert_eq!(column(page, 1), [1, 1, 1, 2, 2, 2, 1]);
    }
}
