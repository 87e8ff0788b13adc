//! What the markup says about a line of the page's text, for the model. Decides nothing.

use super::element::Kind;

/// Flags for the elements that a line may be inside of.
pub mod within {
    macro_rules! flags { ($($name:ident $bit:literal $label:literal;)+) => {
        $(#[doc = $label] pub const $name: u32 = 1 << $bit;)+
        /// Every flag, with the name of its feature column.
        pub const ALL: &[(u32, &str)] = &[$(($name, $label),)+];
    } }
    flags! {
        NAVIGATION 0 "in-nav"; HEADER 1 "in-header"; FOOTER 2 "in-footer"; ASIDE 3 "in-aside"; MAIN 4 "in-main";
        ARTICLE 5 "in-article"; FORM 6 "in-form"; FIGURE 7 "in-figure"; TABLE 8 "in-table"; LIST 9 "in-list";
        CONTROL 10 "in-control"; QUOTE 11 "in-quote"; ADDRESS 12 "in-address"; SECTION 13 "in-section";
        CODE 14 "in-code"; BODY_ITEM 15 "in-article-body"; TIME 16 "in-time"; LINKED 17 "in-link"; PARAGRAPH 18 "in-paragraph";
    }
}

/// How many blocks a line keeps the looks of: its own, and those around it.
pub const LOOKS: usize = 4;

/// The markup of one line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Markup {
    /// First byte of the line's text in the HTML source.
    pub source: usize,
    /// Kind of the innermost block.
    pub kind: Kind,
    /// Number of the outermost `pre` or similar block around it, inside which white space counts; 0 outside
    /// of any.
    pub code: u32,
    /// Set of [`within`] flags.
    pub within: u32,
    /// Kinds of parts ([`super::cues::Part`]) that the names of its innermost block stand for.
    pub own: u32,
    /// Kinds of parts that the names of any element around it stand for.
    pub any: u32,
    /// The score of the names of the blocks around it.
    pub score: u8,
    /// How many elements are around it.
    pub depth: u32,
    /// Bytes of its text.
    pub bytes: u32,
    /// Those of its bytes that are inside a link.
    pub link_bytes: u32,
    /// Those of its bytes that are bold.
    pub bold_bytes: u32,
    /// How many links it has.
    pub links: u32,
    /// Number of the block around its innermost block, such as the `div` around a `p`.
    pub parent: u32,
    /// Number of the block around that.
    pub grandparent: u32,
    /// The looks of its block, its parent and the blocks around them, by their start tags.
    pub looks: [u32; LOOKS],
}

impl Markup {
    /// Whether it is inside a `pre` or similar block, where white space counts.
    pub fn is_code(&self) -> bool {
        self.code != 0
    }
}
