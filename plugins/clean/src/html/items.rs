//! The items of a page's lists: how deep each is nested, and its number in an ordered list. Used by
//! `keep-structure`; knows nothing about text.

/// The first line of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item {
    /// First byte of its text in the HTML source.
    pub source: usize,
    /// Column of its marker, chosen so that the item belongs to the item around its list.
    pub indent: usize,
    /// Its number, if the list is ordered.
    pub number: Option<i32>,
    /// Whether its list is inside a quotation.
    pub is_quoted: bool,
}

/// How many levels are indented. Deeper lists are a frame for something else.
const DEEPEST: usize = 8;

impl Item {
    /// Columns of its marker and the space after it.
    fn width(number: Option<i32>) -> usize {
        let digits = |number: i32| number.unsigned_abs().checked_ilog10().unwrap_or(0) as usize + 1;
        number.map_or(2, |number| digits(number) + usize::from(number < 0) + 2)
    }

    /// Its marker, such as `- ` or `12. `, with its indentation.
    pub fn sign(&self) -> String {
        let indent = self.indent;
        match self.number {
            Some(number) => format!("{:indent$}{number}. ", ""),
            None => format!("{:indent$}- ", ""),
        }
    }
}

/// An open list.
#[derive(Debug)]
struct List {
    /// Its index in the stack of open elements.
    place: usize,
    indent: usize,
    /// The number of its next item, if it is ordered.
    next: Option<i32>,
    /// The difference between the numbers of an item and the one before.
    step: i32,
    /// Columns of the marker of its last item.
    width: usize,
}

/// An item whose first line has not begun.
#[derive(Debug)]
struct Waiting {
    /// The number of the item's block.
    block: u32,
    place: usize,
    indent: usize,
    number: Option<i32>,
    is_quoted: bool,
}

/// Collects the items of a page while it is read.
#[derive(Debug, Default)]
pub struct Items {
    lists: Vec<List>,
    waiting: Option<Waiting>,
    found: Vec<Item>,
}

impl Items {
    /// Begins a list at index `place` of the stack. `first` is the number of its first item if it is ordered,
    /// and `step` is added for each further one.
    pub fn list(&mut self, place: usize, first: Option<i32>, step: i32) {
        let width = |list: &List| if self.lists.len() < DEEPEST { list.width } else { 0 };
        let indent = self.lists.last().map_or(0, |list| list.indent + width(list));
        self.lists.push(List { place, indent, next: first, step, width: 0 });
    }

    /// Begins an item with block number `block`. `number` is the number that its start tag states.
    pub fn item(&mut self, place: usize, block: u32, number: Option<i32>, is_quoted: bool) {
        let mut waiting = Waiting { block, place, indent: 0, number: None, is_quoted };
        if let Some(list) = self.lists.last_mut() {
            if let Some(next) = &mut list.next {
                let number = number.unwrap_or(*next);
                *next = number.saturating_add(list.step);
                waiting.number = Some(number);
            }
            waiting.indent = list.indent;
            list.width = Item::width(waiting.number);
        }
        self.waiting = Some(waiting);
    }

    /// Begins a line at byte `source` of the source, `depth` elements deep, inside `blocks`: its innermost
    /// block and the two around it.
    pub fn line(&mut self, source: usize, depth: usize, blocks: [u32; 3]) {
        self.close(depth);
        // Text nested deeper, as in a list that makes up a page of teasers, does not belong to the item.
        if let Some(Waiting { indent, number, is_quoted, .. }) =
            self.waiting.take().filter(|item| blocks.contains(&item.block))
        {
            self.found.push(Item { source, indent, number, is_quoted });
        }
    }

    /// The items, in the order of the source.
    pub fn finish(self) -> Vec<Item> {
        self.found
    }

    /// Closes everything at index `place` of the stack or deeper, since another element begins there.
    pub fn close(&mut self, place: usize) {
        while self.lists.pop_if(|list| list.place >= place).is_some() {}
        self.waiting.take_if(|item| item.place >= place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_belong_to_those_around_their_list() {
        let mut items = Items::default();
        items.list(1, Some(9), 1);
        items.item(2, 1, None, false);
        items.line(10, 3, [1, 0, 0]);
        // The second line of an item has no marker.
        items.line(20, 3, [1, 0, 0]);
        items.item(2, 2, None, false);
        items.list(3, None, 1);
        items.item(4, 3, Some(7), false);
        // The first line of the outer item is also that of the inner one.
        items.line(30, 5, [3, 2, 0]);
        // Another element takes the place of the first list in the stack.
        items.close(1);
        items.list(2, None, 1);
        items.item(3, 4, None, false);
        items.line(40, 6, [6, 5, 0]);
        items.item(3, 7, None, false);
        items.line(50, 5, [8, 7, 0]);
        let found: Vec<(usize, String)> =
            items.finish().iter().map(|item| (item.source, item.sign())).collect();
        assert_eq!(found, [(10, "9. ".into()), (30, "    - ".into()), (50, "- ".into())]);
    }

    #[test]
    fn there_is_an_end_to_indentation() {
        let mut items = Items::default();
        for level in 0..100 {
            items.list(2 * level, None, 1);
            items.item(2 * level + 1, level as u32 + 1, None, false);
            items.line(level, 2 * level + 2, [level as u32 + 1, 0, 0]);
        }
        assert_eq!(items.finish().last().map(|item| item.indent), Some(2 * (DEEPEST - 1)));
    }
}
