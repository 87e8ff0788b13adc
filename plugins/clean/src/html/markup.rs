//! What the markup says of a line of the page's text, for the model. Decides nothing.

use super::element::Kind;

/// Elements that a line may stand in.
pub mod within {
    macro_rules! flags { ($($name:ident $bit:literal $label:literal;)+) => {
        $(#[doc = $label] pub const $name: u32 = 1 << $bit;)+
        /// Every flag with the name of its column.
        pub const ALL: &[(u32, &str)] = &[$(($name, $label),)+];
    } }
    flags! {
        NAVIGATION 0 "in-nav"; HEADER 1 "in-header"; FOOTER 2 "in-footer"; ASIDE 3 "in-aside"; MAIN 4 "in-main";
        ARTICLE 5 "in-article"; FORM 6 "in-form"; FIGURE 7 "in-figure"; TABLE 8 "in-table"; LIST 9 "in-list";
        CONTROL 10 "in-control"; QUOTE 11 "in-quote"; ADDRESS 12 "in-address"; SECTION 13 "in-section";
        CODE 14 "in-code"; BODY_ITEM 15 "in-article-body"; TIME 16 "in-time"; LINKED 17 "in-link"; PARAGRAPH 18 "in-paragraph";
    }
}

/// Blocks of which a line keeps what they look like: its own, and those around it.
pub const LOOKS: usize = 4;

/// Of one line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Markup {
    /// First byte of its text in the HTML source.
    pub source: usize,
    /// Innermost block.
    pub kind: Kind,
    /// Number of the outermost `pre` or the like that it stands in, where white space counts; 0 where it stands in none.
    pub code: u32,
    /// Set of [`within`] flags.
    pub within: u32,
    /// Kinds of parts ([`super::cues::Part`]) that its block and the blocks nearest around it are named after.
    pub own: u32,
    /// Those that any element around it is named after.
    pub any: u32,
    /// What the names of the blocks around it speak for.
    pub score: u8,
    /// Elements around it.
    pub depth: u32,
    /// Bytes of its text.
    pub bytes: u32,
    /// Of these, bytes that are links.
    pub link_bytes: u32,
    /// Of these, bytes that are bold.
    pub bold_bytes: u32,
    /// Links.
    pub links: u32,
    /// Number of the block that holds its block, such as the `div` around a `p`.
    pub parent: u32,
    /// Number of the block around that.
    pub grandparent: u32,
    /// What its block, its parent and those around look like by their start tags.
    pub looks: [u32; LOOKS],
}

impl Markup {
    /// Whether it is in a `pre` or the like, where white space counts.
    pub fn is_code(&self) -> bool {
        self.code != 0
    }
}
