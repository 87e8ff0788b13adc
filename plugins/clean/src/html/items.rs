//! The items of a page's lists: how deep each stands, and its number in an ordered list. For `keep-structure`; knows no text.

/// The first line of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item {
    /// First byte of its text in the HTML source.
    pub source: usize,
    /// Columns that its sign stands from the margin, so that it belongs to the item around its list.
    pub indent: usize,
    /// Its number, in an ordered list.
    pub number: Option<i32>,
    /// Whether its list stands in a quotation.
    pub is_quoted: bool,
}

/// Levels that are indented: lists that lie deeper are frames of something else.
const DEEPEST: usize = 8;

impl Item {
    /// Columns of its sign and the space after it.
    fn width(number: Option<i32>) -> usize {
        let digits = |number: i32| number.unsigned_abs().checked_ilog10().unwrap_or(0) as usize + 1;
        number.map_or(2, |number| digits(number) + usize::from(number < 0) + 2)
    }

    /// Its sign, such as `- ` or `12. `, behind its indentation.
    pub fn sign(&self) -> String {
        let indent = self.indent;
        match self.number {
            Some(number) => format!("{:indent$}{number}. ", ""),
            None => format!("{:indent$}- ", ""),
        }
    }
}

/// A list that is open.
#[derive(Debug)]
struct List {
    /// Its place in the stack of open elements.
    place: usize,
    indent: usize,
    /// The number of its next item, where it is an ordered one.
    next: Option<i32>,
    /// What the number of an item is above that of the one before.
    step: i32,
    /// Columns of the sign of its last item.
    width: usize,
}

/// An item of which no line has begun.
#[derive(Debug)]
struct Waiting {
    /// The number of its block.
    block: u32,
    place: usize,
    indent: usize,
    number: Option<i32>,
    is_quoted: bool,
}

/// Collects the items while a page is read.
#[derive(Debug, Default)]
pub struct Items {
    lists: Vec<List>,
    waiting: Option<Waiting>,
    found: Vec<Item>,
}

impl Items {
    /// A list begins at a place of the stack; `first` is the number of its first item, in an ordered one, and `step` what the next one has more.
    pub fn list(&mut self, place: usize, first: Option<i32>, step: i32) {
        let width = |list: &List| if self.lists.len() < DEEPEST { list.width } else { 0 };
        let indent = self.lists.last().map_or(0, |list| list.indent + width(list));
        self.lists.push(List { place, indent, next: first, step, width: 0 });
    }

    /// An item begins, whose block has a number; `number` is the one that it says it has.
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

    /// A line begins at a byte of the source, `depth` elements deep, in a block and the two around it.
    pub fn line(&mut self, source: usize, depth: usize, blocks: [u32; 3]) {
        self.close(depth);
        // What lies deeper in it, as in the list that a page of teasers is, is no item's text.
        if let Some(Waiting { indent, number, is_quoted, .. }) =
            self.waiting.take().filter(|item| blocks.contains(&item.block))
        {
            self.found.push(Item { source, indent, number, is_quoted });
        }
    }

    /// The items, by their place in the source.
    pub fn finish(self) -> Vec<Item> {
        self.found
    }

    /// Forgets what stood at a place of the stack, where another element begins, or behind it.
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
        // A second line of the same item has no sign.
        items.line(20, 3, [1, 0, 0]);
        items.item(2, 2, None, false);
        items.list(3, None, 1);
        items.item(4, 3, Some(7), false);
        // The first line of the outer item is that of the inner one.
        items.line(30, 5, [3, 2, 0]);
        // Another element stands where the first list did.
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
