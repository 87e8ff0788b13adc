//! SVG and MathML inside a page, where other rules apply: a tag may close itself, and titles and styles are
//! not raw text. Says which elements begin and end such content, by the HTML standard ("tree construction",
//! "foreign content"). Keeps no state.

use super::hash;

const SVG: u32 = hash(b"svg");
const MATH: u32 = hash(b"math");
/// Elements of SVG and MathML whose content is HTML.
const OF_HTML: [u32; 9] = [
    hash(b"foreignobject"),
    hash(b"desc"),
    hash(b"title"),
    hash(b"mi"),
    hash(b"mo"),
    hash(b"mn"),
    hash(b"ms"),
    hash(b"mtext"),
    hash(b"annotation-xml"),
];

/// Whether an element of this name begins SVG or MathML.
pub fn begins(name: u32) -> bool {
    name == SVG || name == MATH
}

/// Whether the content of an SVG or MathML element is HTML again.
pub fn holds_html(name: u32) -> bool {
    OF_HTML.contains(&name)
}

/// Whether a start tag ends SVG or MathML: its author forgot to close the drawing.
pub fn ends_before(name: &[u8]) -> bool {
    matches!(
        name,
        b"b" | b"big"
            | b"blockquote"
            | b"body"
            | b"br"
            | b"center"
            | b"code"
            | b"dd"
            | b"div"
            | b"dl"
            | b"dt"
            | b"em"
            | b"embed"
            | b"h1"
            | b"h2"
            | b"h3"
            | b"h4"
            | b"h5"
            | b"h6"
            | b"head"
            | b"hr"
            | b"i"
            | b"img"
            | b"li"
            | b"listing"
            | b"menu"
            | b"meta"
            | b"nobr"
            | b"ol"
            | b"p"
            | b"pre"
            | b"ruby"
            | b"s"
            | b"small"
            | b"span"
            | b"strong"
            | b"strike"
            | b"sub"
            | b"sup"
            | b"table"
            | b"tt"
            | b"u"
            | b"ul"
            | b"var"
    )
}
