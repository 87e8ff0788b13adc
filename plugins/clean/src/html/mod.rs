//! HTML pages: turns the source into the text that the page shows, a block a line, as edits of the source, and keeps what the
//! markup says of each line. No line is judged here.
//!
//! The tokenizer is `html5gum`, which follows the WHATWG specification and knows where each token stands in the source; that
//! is what edits need. The tree is not built: a stack of open elements with the end tags that may be left out is enough for
//! text, and stays linear on any input.

mod builder;
pub mod code;
pub mod cues;
pub mod element;
pub mod entity;
mod foreign;
mod hints;
pub mod items;
pub mod lines;
pub mod markup;
pub mod meta;
pub mod names;
mod stack;

use crate::model::lexicon::Lexicon;
use crate::outcome::places::Received;
pub use builder::MARKUP;
use builder::{Builder, Tokens};
use cues::PartWords;
use html5gum::emitters::callback::CallbackEmitter;
use html5gum::{Emitter, ForwardingEmitter, State, Tokenizer};
use items::Item;
use lines::Lines;
use markup::Markup;
use meta::Said;
use std::convert::Infallible;
use std::sync::Arc;
use textmill_plugin::edit::Edits;

/// What a page shows.
#[derive(Debug)]
pub struct Page {
    /// Edits that make the page's text of the source, sorted.
    pub edits: Edits,
    /// What the markup says of each line of the text.
    pub lines: Lines,
    /// The first lines of the items of its lists, where they are asked for.
    pub items: Vec<Item>,
    /// What the page says of itself.
    pub said: Vec<Said>,
    /// The names of its blocks, where they are asked for.
    pub blocks: Option<Blocks>,
}

/// What pages are read with.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Words that names are made of, for parts of a page.
    pub parts: Arc<PartWords>,
    /// What names of blocks speak for.
    pub names: Arc<Lexicon>,
    /// Whether the names of blocks are kept: for training alone.
    pub keeps_names: bool,
    /// Whether items of lists are kept.
    pub keeps_items: bool,
}

/// The names of the blocks of a page, as the lexicon would have them.
#[derive(Clone, Debug, Default)]
pub struct Blocks {
    /// Of each block the number of the block around it, from 1 on, or 0, and its names.
    pub blocks: Vec<(u32, Vec<String>)>,
    /// Of each line the first byte of its text in the source, and the number of its block.
    pub lines: Vec<(usize, u32)>,
}

/// Bytes of text below which a page shows nothing but a name or a notice, with its scripts or without.
const NOTHING: usize = 500;

/// Reads a page. One that shows nothing until its scripts have run is read with what it holds for readers that run none: forums
/// are built so, whose whole text stands in `noscript`.
pub fn page(source: &str, reading: &Reading) -> Page {
    let page = read(source, source, reading);
    if page.lines.bytes() >= NOTHING {
        return page;
    }
    match with_noscript(source).map(|shown| read(source, &shown, reading)) {
        Some(other) if other.lines.bytes() >= NOTHING => other,
        _ => page,
    }
}

/// Reads the tokens of `shown`, which is the source but for names of elements.
fn read(source: &str, shown: &str, reading: &Reading) -> Page {
    let mut builder = Builder::new(source, reading);
    let mut emitter = CallbackEmitter::<_, Infallible, usize>::new(Tokens(&mut builder));
    emitter.naively_switch_states(true);
    // Nothing is handed out, and nothing can fail: the builder sees every token.
    let _: Result<(), Infallible> = Tokenizer::new_with_emitter(shown, Emitting(emitter)).finish();
    builder.finish()
}

/// Hands tokens to the builder.
struct Emitting<'b, 's>(CallbackEmitter<Tokens<'b, 's>, Infallible, usize>);

impl ForwardingEmitter for Emitting<'_, '_> {
    type Token = Infallible;

    fn inner(&mut self) -> &mut impl Emitter<Token = Infallible> {
        &mut self.0
    }

    /// To look for errors takes a sixth of the time, and no page is refused.
    fn should_emit_errors(&mut self) -> bool {
        false
    }

    /// What a title, a style or a script holds is bare text, but in SVG: there an empty title would swallow the rest of the page.
    fn emit_current_tag(&mut self) -> Option<State> {
        let next = self.0.emit_current_tag();
        next.filter(|_| !self.0.callback_mut().0.is_foreign)
    }
}

/// FNV-1a of the name of an element or class.
const fn hash(name: &[u8]) -> u32 {
    let (mut hash, mut at) = (0x811c_9dc5u32, 0);
    while at < name.len() {
        hash = (hash ^ name[at] as u32).wrapping_mul(0x0100_0193);
        at += 1;
    }
    hash
}

/// The source with `noscript` elements under another name, as long, so that the tokenizer reads what they hold; `None`
/// where there are none.
fn with_noscript(source: &str) -> Option<String> {
    const NAME: &str = "noscript";
    let mut shown = String::new();
    let mut copied = 0;
    for at in memchr::memchr_iter(b'<', source.as_bytes()) {
        let from = at + 1 + usize::from(source.as_bytes().get(at + 1) == Some(&b'/'));
        let to = from + NAME.len();
        if source.get(from..to).is_some_and(|name| name.eq_ignore_ascii_case(NAME)) {
            shown.push_str(&source[copied..from]);
            shown.push_str("x-script");
            copied = to;
        }
    }
    (copied > 0).then(|| shown + &source[copied..])
}

/// Finds the markup of lines of a text that edits made of the source.
pub struct MarkupOf<'p> {
    markup: &'p Lines,
    received: Received<'p>,
    next: usize,
}

impl<'p> MarkupOf<'p> {
    /// Of all edits so far, as spans of the source.
    pub fn new(markup: &'p Lines, edits: &'p Edits) -> Self {
        Self { markup, received: Received::new(edits), next: 0 }
    }

    /// That of each of some lines: `starts` are the first bytes of those that are not blank, and grow from call to call.
    pub fn lines(&mut self, starts: impl Iterator<Item = usize>) -> Vec<Markup> {
        let mut found = Vec::new();
        for start in starts {
            let source = self.received.place(start);
            while self.markup.source(self.next + 1).is_some_and(|start| start <= source) {
                self.next += 1;
            }
            found.extend(self.markup.get(self.next));
        }
        found
    }
}

/// Whether a text begins as HTML does.
pub fn looks_like_html(text: &str) -> bool {
    let head = text.trim_start_matches('\u{feff}').trim_start().as_bytes();
    let begins = |with: &[u8]| head.get(..with.len()).is_some_and(|h| h.eq_ignore_ascii_case(with));
    begins(b"<!doctype html") || begins(b"<html")
}

/// Whether a media type is one of HTML.
pub fn is_html(media_type: &str) -> bool {
    let kind = media_type.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("text/html") || kind.eq_ignore_ascii_case("application/xhtml+xml")
}

#[cfg(test)]
mod tests;
