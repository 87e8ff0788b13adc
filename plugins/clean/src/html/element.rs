//! What an element's name means for the text of a page: whether it is a block, is left out, or has no end
//! tag.

/// Kinds of elements: names that mean the same for the text share a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Kind {
    /// Inline and unknown elements.
    Inline,
    /// `a`.
    Link,
    /// `b`, `strong`.
    Bold,
    /// `div` and other blocks without a meaning of their own.
    Block,
    /// `p`.
    Paragraph,
    /// `h1`.
    Heading1,
    /// `h2`.
    Heading2,
    /// `h3`.
    Heading3,
    /// `h4`.
    Heading4,
    /// `h5`.
    Heading5,
    /// `h6`.
    Heading6,
    /// `li`.
    Item,
    /// `td`, `th`.
    Cell,
    /// `blockquote`.
    Quote,
    /// `pre`.
    Preformatted,
    /// `code`.
    Code,
    /// `figcaption`, `caption`.
    Caption,
    /// `dt`.
    Term,
    /// `dd`.
    Definition,
    /// `button`, `label`, `legend`, `summary`.
    Control,
    /// `address`.
    Address,
    /// `ul`, `ol`, `menu`.
    List,
    /// `dl`.
    DefinitionList,
    /// `table`.
    Table,
    /// `tr`.
    Row,
    /// `thead`, `tbody`, `tfoot`.
    RowGroup,
    /// `nav`.
    Navigation,
    /// `header`.
    Header,
    /// `footer`.
    Footer,
    /// `aside`.
    Aside,
    /// `main`.
    Main,
    /// `article`.
    Article,
    /// `section`.
    Section,
    /// `form`, `fieldset`.
    Form,
    /// `figure`.
    Figure,
    /// `body`.
    Body,
    /// `html`, `head`.
    Root,
    /// `title`: metadata, not text of the page.
    Title,
    /// `time`.
    Time,
    /// `br`, `hr`.
    Break,
    /// Void elements: `img`, `input`, `meta` and so on.
    Void,
    /// Left out with everything inside: scripts, styles, templates, drawings, form choices.
    Hidden,
}

/// The number of kinds.
pub const KINDS: usize = Kind::Hidden as usize + 1;

impl Kind {
    /// The kind of an element, by its name in lower case, as the tokenizer gives it.
    pub fn of(name: &[u8]) -> Self {
        match name {
            b"a" => Self::Link,
            b"b" | b"strong" => Self::Bold,
            b"p" => Self::Paragraph,
            b"h1" => Self::Heading1,
            b"h2" => Self::Heading2,
            b"h3" => Self::Heading3,
            b"h4" => Self::Heading4,
            b"h5" => Self::Heading5,
            b"h6" => Self::Heading6,
            b"li" => Self::Item,
            b"td" | b"th" => Self::Cell,
            b"blockquote" => Self::Quote,
            b"pre" | b"listing" | b"plaintext" | b"xmp" => Self::Preformatted,
            b"code" => Self::Code,
            b"figcaption" | b"caption" => Self::Caption,
            b"dt" => Self::Term,
            b"dd" => Self::Definition,
            b"button" | b"label" | b"legend" | b"summary" => Self::Control,
            b"address" => Self::Address,
            b"ul" | b"ol" | b"menu" | b"dir" => Self::List,
            b"dl" => Self::DefinitionList,
            b"table" => Self::Table,
            b"tr" => Self::Row,
            b"thead" | b"tbody" | b"tfoot" => Self::RowGroup,
            b"nav" => Self::Navigation,
            b"header" => Self::Header,
            b"footer" => Self::Footer,
            b"aside" => Self::Aside,
            b"main" => Self::Main,
            b"article" => Self::Article,
            b"section" => Self::Section,
            b"form" | b"fieldset" => Self::Form,
            b"figure" => Self::Figure,
            b"body" => Self::Body,
            b"html" | b"head" => Self::Root,
            b"title" => Self::Title,
            b"time" => Self::Time,
            b"br" | b"hr" => Self::Break,
            b"div" | b"center" | b"details" | b"dialog" | b"hgroup" | b"search" | b"noframes" => Self::Block,
            b"area" | b"base" | b"basefont" | b"bgsound" | b"col" | b"embed" | b"frame" | b"img"
            | b"input" | b"keygen" | b"link" | b"meta" | b"param" | b"source" | b"track" | b"wbr" => {
                Self::Void
            }
            b"script" | b"style" | b"template" | b"noscript" | b"svg" | b"math" | b"select" | b"datalist"
            | b"textarea" | b"iframe" | b"object" | b"applet" | b"canvas" | b"audio" | b"video" | b"map"
            | b"noembed" | b"frameset" => Self::Hidden,
            _ => Self::Inline,
        }
    }

    /// Whether it is part of a line of text and does not end one.
    pub fn is_inline(self) -> bool {
        matches!(self, Self::Inline | Self::Link | Self::Bold | Self::Code | Self::Time)
    }

    /// The level of a heading, from 1 to 6.
    pub fn heading_level(self) -> Option<usize> {
        let levels =
            [Self::Heading1, Self::Heading2, Self::Heading3, Self::Heading4, Self::Heading5, Self::Heading6];
        levels.iter().position(|level| *level == self).map(|above| above + 1)
    }

    /// Whether it never has an end tag.
    pub fn is_void(self) -> bool {
        matches!(self, Self::Break | Self::Void)
    }

    /// Kinds whose end tags may be omitted.
    pub const IMPLIED: [Self; 7] =
        [Self::Paragraph, Self::Item, Self::Term, Self::Definition, Self::Cell, Self::Row, Self::RowGroup];

    /// Whether an unclosed element of this kind ends where one of kind `next` begins. [`Self::holds_in`]
    /// limits how far outwards such elements are looked for.
    pub fn ends_before(self, next: Self) -> bool {
        match self {
            Self::Paragraph => !next.is_inline() && !next.is_void() && next != Self::Hidden,
            Self::Item => next == Self::Item,
            Self::Term | Self::Definition => matches!(next, Self::Term | Self::Definition),
            Self::Cell => matches!(next, Self::Cell | Self::Row | Self::RowGroup),
            Self::Row => matches!(next, Self::Row | Self::RowGroup),
            Self::RowGroup => next == Self::RowGroup,
            _ => false,
        }
    }

    /// Whether the search for an element that ends before `next` stops at this one.
    pub fn holds_in(self, next: Self) -> bool {
        match next {
            Self::Item => self == Self::List,
            Self::Term | Self::Definition => self == Self::DefinitionList,
            Self::Cell | Self::Row | Self::RowGroup => self == Self::Table,
            _ => !self.is_inline() && self != Self::Paragraph,
        }
    }
}
