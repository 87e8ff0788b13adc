//! The stack of open elements of a page. Knows which end tags may be omitted, but nothing about text.

use super::element::{KINDS, Kind};
use super::foreign;
use super::markup::{LOOKS, within};
use super::names::{self, Named};

/// Maximum number of open elements searched for the one that a tag closes, so that wrong nesting stays
/// linear.
const LOOKS_UP: usize = 256;
/// Maximum nesting depth. As in browsers, a deeper element replaces the innermost one.
const DEEPEST: usize = 512;

/// An open element.
#[derive(Clone, Copy, Debug)]
pub struct Open {
    pub kind: Kind,
    /// Hash of its name, for kinds that several names share.
    pub name: u32,
    /// Set of [`within`] flags, including those of the elements around it.
    pub within: u32,
    /// The parts that its names stand for; for an inline element, those of the block around it.
    pub own: u32,
    /// The parts that its names and those of all elements around it stand for.
    pub any: u32,
    /// Whether its text is left out.
    pub hidden: bool,
    /// Whether its content is SVG or MathML instead of HTML.
    pub is_foreign: bool,
    /// Number of the outermost `pre` or similar block that it is or is inside of, where white space is kept;
    /// otherwise 0.
    pub code: u32,
    /// Whether its text is bold.
    pub bold: bool,
    /// The weights of its names.
    pub named: Named,
    /// Its index in the stack if it is a block, otherwise that of the innermost block around it.
    pub place: usize,
    /// The index of the next block outwards from there. The outermost block points to itself.
    pub around: usize,
    /// The innermost block: the element itself or one around it.
    pub block: Block,
}

/// A block, with the blocks around it.
#[derive(Clone, Copy, Debug)]
pub struct Block {
    pub kind: Kind,
    pub number: u32,
    pub parent: u32,
    pub grandparent: u32,
    /// The look of its start tag, then that of the block around it, and so on outwards.
    pub looks: [u32; LOOKS],
}

/// What the start tag of an element says about it.
pub struct Start {
    pub kind: Kind,
    /// Hash of its name.
    pub name: u32,
    /// Hash of its name and classes.
    pub look: u32,
    /// The parts that its classes and other names stand for.
    pub parts: u32,
    /// The weights of its names.
    pub named: Named,
    pub is_body_item: bool,
    pub hidden: bool,
}

/// How the start or end of an element separates the text before it from the text after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gap {
    None,
    Space,
    Cell,
    Line,
}

/// The open elements.
#[derive(Debug)]
pub struct Stack {
    open: Vec<Open>,
    counts: [u32; KINDS],
    blocks: u32,
}

impl Stack {
    pub fn new() -> Self {
        Self { open: Vec::new(), counts: [0; KINDS], blocks: 0 }
    }

    pub fn depth(&self) -> usize {
        self.open.len()
    }

    /// The score of the names of the blocks around: see [`names::score`].
    pub fn score(&self) -> u8 {
        let innermost = self.open.last().and_then(|open| self.open.get(open.place));
        let outwards = std::iter::successors(innermost, |block| {
            self.open.get(block.around).filter(|outer| outer.place < block.place)
        });
        names::score(outwards.map(|block| &block.named))
    }

    /// The innermost open element, or a nameless body if none is open.
    pub fn top(&self) -> Open {
        self.open.last().copied().unwrap_or(Open {
            kind: Kind::Body,
            name: 0,
            within: 0,
            own: 0,
            any: 0,
            hidden: false,
            is_foreign: false,
            code: 0,
            bold: false,
            named: Named::default(),
            place: 0,
            around: 0,
            block: Block { kind: Kind::Body, number: 0, parent: 0, grandparent: 0, looks: [0; LOOKS] },
        })
    }

    /// Whether the content of the innermost open element is SVG or MathML.
    pub fn is_foreign(&self) -> bool {
        self.open.last().is_some_and(|open| open.is_foreign)
    }

    /// Closes the open drawing or formula, up to the HTML around it.
    pub fn leave_foreign(&mut self) -> Gap {
        let html = self.open.iter().rposition(|open| !open.is_foreign);
        self.cut(html.map_or(0, |at| at + 1))
    }

    /// Opens an element.
    pub fn push(&mut self, start: Start) {
        let Start { kind, name, look, parts, named, is_body_item, hidden } = start;
        let around = self.top();
        let mut block = around.block;
        if !kind.is_inline() {
            self.blocks += 1;
            let mut looks = block.looks;
            looks.rotate_right(1);
            looks[0] = look;
            block =
                Block { kind, number: self.blocks, parent: block.number, grandparent: block.parent, looks };
        }
        let own = if kind.is_inline() { around.own } else { parts };
        self.cut(DEEPEST - 1);
        self.counts[kind as usize] += 1;
        self.open.push(Open {
            kind,
            name,
            within: around.within | flags(kind) | if is_body_item { within::BODY_ITEM } else { 0 },
            own,
            any: around.any | parts,
            hidden: around.hidden || hidden || kind == Kind::Hidden,
            is_foreign: foreign::begins(name) || around.is_foreign && !foreign::holds_html(name),
            code: if kind == Kind::Preformatted && around.code == 0 { block.number } else { around.code },
            bold: around.bold || kind == Kind::Bold,
            named,
            place: if kind.is_inline() { around.place.min(self.open.len()) } else { self.open.len() },
            around: if kind.is_inline() { around.around } else { around.place },
            block,
        });
    }

    /// Closes the elements that end implicitly where one of kind `next` begins.
    pub fn imply(&mut self, next: Kind) -> Gap {
        if !Kind::IMPLIED.iter().any(|kind| self.counts[*kind as usize] > 0 && kind.ends_before(next)) {
            return Gap::None;
        }
        for (up, open) in self.open.iter().rev().take(LOOKS_UP).enumerate() {
            if open.kind.ends_before(next) {
                let at = self.open.len() - 1 - up;
                let gap = self.cut(at);
                // A new row ends the open cell, then the row before.
                return if gap > Gap::None && matches!(next, Kind::Row | Kind::RowGroup) {
                    gap.max(self.imply(next))
                } else {
                    gap
                };
            }
            if open.kind.holds_in(next) {
                break;
            }
        }
        Gap::None
    }

    /// Closes the innermost element of this kind and name, with everything inside.
    pub fn close(&mut self, kind: Kind, name: u32) -> Gap {
        if self.counts[kind as usize] == 0 {
            // An end tag without a start tag still separates paragraphs.
            return if matches!(kind, Kind::Paragraph | Kind::Break) { Gap::Line } else { Gap::None };
        }
        let is_of_table =
            matches!(kind, Kind::Cell | Kind::Row | Kind::RowGroup | Kind::Table | Kind::Body | Kind::Root);
        for (up, open) in self.open.iter().rev().take(LOOKS_UP).enumerate() {
            if open.kind == kind && open.name == name {
                return self.cut(self.open.len() - 1 - up);
            }
            let is_wall = match open.kind {
                Kind::Cell => !is_of_table,
                Kind::Table => true,
                _ => false,
            };
            if is_wall && !matches!(kind, Kind::Body | Kind::Root) {
                break;
            }
        }
        Gap::None
    }

    /// Drops the elements from index `at` on.
    fn cut(&mut self, at: usize) -> Gap {
        let mut gap = Gap::None;
        for open in self.open.drain(at.min(self.open.len())..) {
            self.counts[open.kind as usize] -= 1;
            gap = gap.max(around(open.kind));
        }
        gap
    }
}

/// What separates the text before an element from the text after it.
pub fn around(kind: Kind) -> Gap {
    match kind {
        Kind::Cell => Gap::Cell,
        Kind::Hidden | Kind::Title | Kind::Void => Gap::None,
        kind if kind.is_inline() => Gap::None,
        _ => Gap::Line,
    }
}

fn flags(kind: Kind) -> u32 {
    match kind {
        Kind::Navigation => within::NAVIGATION,
        Kind::Header => within::HEADER,
        Kind::Footer => within::FOOTER,
        Kind::Aside => within::ASIDE,
        Kind::Main => within::MAIN,
        Kind::Article => within::ARTICLE,
        Kind::Form => within::FORM,
        Kind::Figure | Kind::Caption => within::FIGURE,
        Kind::Table => within::TABLE,
        Kind::List => within::LIST,
        Kind::Control => within::CONTROL,
        Kind::Quote => within::QUOTE,
        Kind::Address => within::ADDRESS,
        Kind::Section => within::SECTION,
        Kind::Code | Kind::Preformatted => within::CODE,
        Kind::Time => within::TIME,
        Kind::Link => within::LINKED,
        Kind::Paragraph => within::PARAGRAPH,
        _ => 0,
    }
}
