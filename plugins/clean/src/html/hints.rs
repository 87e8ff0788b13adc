//! Hints in single attributes and texts of elements: what is hidden, what looks alike, what is a symbol
//! rather than text.

use super::element::Kind;
use super::hash;

/// Whether the text of a link is a permalink symbol, such as documentation generators (Sphinx, MkDocs,
/// Docusaurus and the like) put behind headings.
pub fn is_permalink(text: &str, block: Kind) -> bool {
    match text.trim_matches(|c: char| c.is_whitespace() || c == '\u{200b}') {
        "¶" | "&para;" | "&#182;" | "&#xb6;" | "\u{f0c1}" => true,
        "#" | "§" | "🔗" => block.heading_level().is_some(),
        _ => false,
    }
}

/// Whether a `style` attribute hides the element.
pub fn hides(style: &[u8]) -> bool {
    let text = String::from_utf8_lossy(&style[..style.len().min(400)]).to_ascii_lowercase();
    let plain: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    plain.contains("display:none") || plain.contains("visibility:hidden")
}

/// A whole number in an attribute. Anything after its digits is ignored.
pub fn number(value: &[u8]) -> Option<i32> {
    let text = std::str::from_utf8(value).ok()?.trim_start();
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let length = digits.bytes().take_while(u8::is_ascii_digit).count();
    text.get(..text.len() - digits.len() + length)?.parse().ok()
}

/// Hash of the first two names in a class attribute. Names with digits are skipped: they are specific to one
/// item.
pub fn look(class: &[u8]) -> u32 {
    let names = class.split(u8::is_ascii_whitespace).filter(|name| !name.is_empty());
    let names = names.filter(|name| !name.iter().any(u8::is_ascii_digit)).take(2);
    names.fold(0, |look, name| look.rotate_left(1) ^ hash(name))
}

/// Whether the id is that of a piece of a streamed page: the piece arrives hidden, and a script moves it to
/// its place. Pages made with React 18 and later (Next.js among them) can hold their whole text in such
/// pieces. The server names them `S:` and a hexadecimal number, after a prefix specific to the page.
pub fn is_streamed(id: &[u8]) -> bool {
    let number = id.iter().rev().take_while(|byte| byte.is_ascii_hexdigit()).count();
    number > 0 && id[..id.len() - number].ends_with(b"S:")
}
