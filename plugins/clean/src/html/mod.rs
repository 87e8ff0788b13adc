//! HTML pages: turns the source into the text that the page shows, one block per line, as edits of the
//! source, and keeps what the markup says about each line. It judges no lines.
//!
//! The tokenizer is `html5gum`, which follows the WHATWG specification and reports the source span of each
//! token, which edits need. No tree is built: for text, a stack of open elements that knows which end tags
//! may be omitted is enough, and it stays linear on any input.

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
use meta::MetaItem;
use std::convert::Infallible;
use std::sync::Arc;
use textmill_plugin::edit::Edits;

/// The content of a page.
#[derive(Debug)]
pub struct Page {
    /// Edits that turn the source into the page's text, sorted.
    pub edits: Edits,
    /// What the markup says about each line of the text.
    pub lines: Lines,
    /// The first lines of its list items, if [`Reading::keeps_items`] is set.
    pub items: Vec<Item>,
    /// What the page says about itself.
    pub page_meta: Vec<MetaItem>,
    /// The names of its blocks, if [`Reading::keeps_names`] is set.
    pub blocks: Option<Blocks>,
}

/// The lexicons and settings that pages are read with.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Words in class names, ids and roles that stand for parts of a page.
    pub parts: Arc<PartWords>,
    /// Lexicon of the weights of block names.
    pub names: Arc<Lexicon>,
    /// Whether the names of blocks are kept. Only training needs them.
    pub keeps_names: bool,
    /// Whether list items are kept.
    pub keeps_items: bool,
}

/// The names of the blocks of a page, in the normal form that the lexicon uses.
#[derive(Clone, Debug, Default)]
pub struct Blocks {
    /// For each block: the number of the block around it, or 0 for none, and its names. Blocks are numbered
    /// from 1.
    pub blocks: Vec<(u32, Vec<String>)>,
    /// For each line: the first byte of its text in the source, and the number of its block.
    pub lines: Vec<(usize, u32)>,
}

/// A page with fewer bytes of text than this shows nothing but a name or a notice: applies to the page with
/// scripts and to the page without.
const NOTHING: usize = 500;

/// Reads a page. If it shows nothing until its scripts have run, its `noscript` elements are read as well:
/// some forums keep their whole text there, for readers that run no scripts.
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

/// Reads the tokens of `shown`, which equals the source except for the names of some elements.
fn read(source: &str, shown: &str, reading: &Reading) -> Page {
    let mut builder = Builder::new(source, reading);
    let mut emitter = CallbackEmitter::<_, Infallible, usize>::new(Tokens(&mut builder));
    emitter.naively_switch_states(true);
    // The emitter yields no tokens and no errors: the builder sees every token.
    let _: Result<(), Infallible> = Tokenizer::new_with_emitter(shown, Emitting(emitter)).finish();
    builder.finish()
}

/// Forwards tokens to the builder.
struct Emitting<'b, 's>(CallbackEmitter<Tokens<'b, 's>, Infallible, usize>);

impl ForwardingEmitter for Emitting<'_, '_> {
    type Token = Infallible;

    fn inner(&mut self) -> &mut impl Emitter<Token = Infallible> {
        &mut self.0
    }

    /// Detecting errors takes a sixth of the time, and no page is refused because of them.
    fn should_emit_errors(&mut self) -> bool {
        false
    }

    /// The content of a title, style or script is raw text, except in SVG: there, an empty title would
    /// swallow the rest of the page.
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

/// The source with `noscript` elements renamed to a name of the same length, so that the tokenizer reads
/// their content as markup. `None` if there are none.
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

/// Finds the markup of the lines of a text that edits made from the source.
pub struct MarkupOf<'p> {
    markup: &'p Lines,
    received: Received<'p>,
    next: usize,
}

impl<'p> MarkupOf<'p> {
    /// `edits` are all edits so far, as spans of the source.
    pub fn new(markup: &'p Lines, edits: &'p Edits) -> Self {
        Self { markup, received: Received::new(edits), next: 0 }
    }

    /// The markup of the lines that begin at `starts`: the first bytes of lines that are not blank, in
    /// ascending order, also from call to call.
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

/// Whether a text begins like an HTML page.
pub fn looks_like_html(text: &str) -> bool {
    let head = text.trim_start_matches('\u{feff}').trim_start().as_bytes();
    let begins = |with: &[u8]| head.get(..with.len()).is_some_and(|h| h.eq_ignore_ascii_case(with));
    begins(b"<!doctype html") || begins(b"<html")
}

/// Whether a media type is that of HTML or XHTML.
pub fn is_html(media_type: &str) -> bool {
    let kind = media_type.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("text/html") || kind.eq_ignore_ascii_case("application/xhtml+xml")
}

#[cfg(test)]
mod tests;
