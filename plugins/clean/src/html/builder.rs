//! Builds the text of a page from its tokens, one by one, tracking the open elements and the current line.

use super::element::Kind;
use super::entity::reference;
use super::foreign;
use super::hash;
use super::hints::{hides, is_permalink, is_streamed, look, number};
use super::items::Items;
use super::lines::Lines;
use super::markup::{Markup, within};
use super::meta::MetaItems;
use super::names::Named;
use super::stack::{Gap, Stack, Start, around};
use super::{Blocks, Page, Reading};
use crate::options::Rule;
use html5gum::Span;
use html5gum::emitters::callback::{Callback, CallbackEvent};
use std::convert::Infallible;
use textmill_plugin::edit::{Edit, Edits};

/// The rule named in edits that remove markup.
pub const MARKUP: &str = "html-markup";
/// Separates the cells of a row.
const CELL: &str = " | ";

/// A start tag, as far as it has been read.
#[derive(Clone, Copy)]
struct Tag {
    kind: Kind,
    name: u32,
    /// Hash of the element's name and classes. Blocks with the same look are items of a list, whatever
    /// elements they consist of.
    look: u32,
    parts: u32,
    /// The weights of its names.
    named: Named,
    is_body_item: bool,
    hidden: bool,
    /// Whether scripts show it although it is hidden: see [`is_streamed`].
    is_streamed: bool,
    /// The first number of a list, or the number of an item.
    number: Option<i32>,
    /// Whether a list counts down.
    is_reversed: bool,
}

impl Tag {
    /// The attribute that holds what the element says about the page.
    fn value(&self) -> Option<&'static [u8]> {
        match self.kind {
            Kind::Void if self.name == META => Some(b"content"),
            Kind::Void if self.name == LINK => Some(b"href"),
            Kind::Time => Some(b"datetime"),
            Kind::Root => Some(b"lang"),
            _ => None,
        }
    }
}

/// The attribute that is being read.
#[derive(Clone, Copy)]
enum Attribute {
    /// `class`.
    Class,
    /// `id`.
    Id,
    /// `role`, `data-testid`, `data-component`.
    Name,
    Style,
    /// `itemprop`.
    Property,
    /// `start`, `value`.
    Number,
    /// One that says something about the page.
    Meta(MetaPart),
    Other,
}

/// Attributes of elements that say something about the page.
#[derive(Clone, Copy, PartialEq)]
enum MetaPart {
    /// `property`.
    Property,
    /// `name`, `rel`.
    Name,
    /// The attribute that [`Tag::value`] names.
    Value,
    /// `type`.
    Type,
}

/// What the start tag of an element says about the page, as far as it has been read.
#[derive(Default)]
struct Statement {
    property: String,
    name: String,
    value: String,
    kind: String,
}

/// Builds the text and the other parts of a [`Page`].
pub(super) struct Builder<'s> {
    source: &'s str,
    reading: &'s Reading,
    stack: Stack,
    tag: Option<Tag>,
    /// Whether the last start tag was inside SVG or MathML.
    pub(super) is_foreign: bool,
    attribute: Attribute,
    /// End of the last text that was kept, as an offset in the source.
    kept: usize,
    /// What separates that text from the next.
    gap: Gap,
    edits: Edits,
    lines: Lines,
    statement: Statement,
    page_meta: MetaItems,
    /// The open element whose text says something about the page.
    telling: Option<Telling>,
    /// The names in the start tag that is being read, and those of all blocks, if [`Reading::keeps_names`] is
    /// set.
    names: Vec<String>,
    blocks: Option<Blocks>,
    /// List items, if [`Reading::keeps_items`] is set.
    items: Option<Items>,
}

/// An element whose text says something about the page.
#[derive(Clone, Copy, PartialEq)]
enum Telling {
    Title,
    JsonLd,
    Time,
}

impl<'s> Builder<'s> {
    pub fn new(source: &'s str, reading: &'s Reading) -> Self {
        Self {
            source,
            reading,
            stack: Stack::new(),
            tag: None,
            is_foreign: false,
            attribute: Attribute::Other,
            kept: 0,
            gap: Gap::None,
            edits: Edits::new(),
            lines: Lines::default(),
            statement: Statement::default(),
            page_meta: MetaItems::default(),
            telling: None,
            names: Vec::new(),
            blocks: reading.keeps_names.then(Blocks::default),
            items: reading.keeps_items.then(Items::default),
        }
    }

    /// The page. Called after the last token.
    pub fn finish(&mut self) -> Page {
        if self.kept < self.source.len() {
            self.edits.push(Edit::remove(self.kept..self.source.len(), MARKUP));
        }
        Page {
            edits: std::mem::take(&mut self.edits),
            lines: std::mem::take(&mut self.lines),
            page_meta: std::mem::take(&mut self.page_meta).finish(),
            blocks: self.blocks.take(),
            items: self.items.take().map_or_else(Vec::new, Items::finish),
        }
    }

    /// Records what a start tag says about the page.
    fn state(&mut self, tag: Tag) {
        let Statement { property, name, value, kind } = std::mem::take(&mut self.statement);
        self.telling = None;
        match tag.kind {
            Kind::Title => self.telling = Some(Telling::Title),
            Kind::Hidden if kind.eq_ignore_ascii_case("application/ld+json") => {
                self.telling = Some(Telling::JsonLd)
            }
            Kind::Time if value.is_empty() => self.telling = Some(Telling::Time),
            Kind::Time => self.page_meta.add("time", "datetime", &value),
            Kind::Root => self.page_meta.add("html", "lang", &value),
            Kind::Void if tag.name == LINK && name.eq_ignore_ascii_case("canonical") => {
                self.page_meta.add("link", "canonical", &value);
            }
            Kind::Void if tag.name == META => {
                // Both may be present, each for a different reader.
                for name in [property, name].into_iter().filter(|name| !name.is_empty()) {
                    self.page_meta.add("meta", &name.to_ascii_lowercase(), &value);
                }
            }
            _ => {}
        }
    }

    /// Records what the text of an element says about the page.
    fn tell(&mut self, text: &[u8]) {
        let text = String::from_utf8_lossy(text);
        match self.telling.take() {
            Some(Telling::Title) => self.page_meta.add("title", "title", &text),
            Some(Telling::JsonLd) => self.page_meta.add_json_ld(&text),
            Some(Telling::Time) => self.page_meta.add("time", "text", &text),
            None => {}
        }
    }

    fn open(&mut self, tag: Tag) {
        let implied = self.stack.imply(tag.kind);
        self.widen(implied);
        self.widen(around(tag.kind));
        if tag.kind == Kind::Break {
            self.gap = Gap::Line;
        }
        if !tag.kind.is_void() {
            let is_new_link = tag.kind == Kind::Link;
            let hidden = tag.hidden && !tag.is_streamed;
            let Tag { kind, name, look, parts, named, is_body_item, number, is_reversed, .. } = tag;
            let place = self.stack.depth();
            if let Some(Blocks { blocks, .. }) = self.blocks.as_mut().filter(|_| !kind.is_inline()) {
                blocks.push((self.stack.top().block.number, std::mem::take(&mut self.names)));
            }
            self.stack.push(Start { kind, name, look, parts, named, is_body_item, hidden });
            if let Some(items) = &mut self.items {
                let top = self.stack.top();
                items.close(place);
                match kind {
                    Kind::List => {
                        // The length of a list is not known at its start tag, so a reversed list is numbered
                        // only if it states its first number.
                        let first = number.or((!is_reversed).then_some(1)).filter(|_| name == ORDERED);
                        items.list(place, first, if is_reversed { -1 } else { 1 });
                    }
                    Kind::Item if !top.hidden => {
                        items.item(place, top.block.number, number, top.within & within::QUOTE != 0);
                    }
                    _ => {}
                }
            }
            if is_new_link && self.gap < Gap::Line {
                self.lines.count_link();
            }
        }
    }

    fn widen(&mut self, gap: Gap) {
        self.gap = self.gap.max(gap);
    }

    fn text(&mut self, from: usize, to: usize) {
        let top = self.stack.top();
        if top.hidden
            || top.kind == Kind::Title
            || top.kind == Kind::Link && is_permalink(&self.source[from..to], top.block.kind)
        {
            return;
        }
        let bytes = self.source.as_bytes();
        let mut at = from;
        while at < to {
            let begin = at;
            match bytes[at] {
                b' ' | b'\t' | b'\n' | b'\r' | 0x0c if top.code == 0 => {
                    at += 1;
                    self.widen(Gap::Space);
                }
                b'&' => match reference(&self.source[..to], at) {
                    Some((end, text)) => {
                        self.content(begin, end);
                        self.edits.push(Edit::replace(begin..end, text, Rule::HtmlEntity.id()));
                        at = end;
                    }
                    None => {
                        at += 1;
                        self.content(begin, at);
                    }
                },
                _ => {
                    while at < to && !is_end(bytes[at], top.code != 0) {
                        at += 1;
                        // A single space between words is kept as it is.
                        if bytes.get(at) == Some(&b' ') && at + 1 < to && !is_end(bytes[at + 1], false) {
                            at += 1;
                        }
                    }
                    self.content(begin, at);
                }
            }
        }
    }

    /// Keeps a piece of text.
    fn content(&mut self, from: usize, to: usize) {
        let top = self.stack.top();
        let new_line = self.lines.is_empty() || self.gap == Gap::Line;
        let between = match self.gap {
            _ if self.lines.is_empty() => "",
            Gap::None => "",
            Gap::Space => " ",
            Gap::Cell => CELL,
            Gap::Line => "\n",
        };
        self.gap = Gap::None;
        let gone = &self.source[self.kept..from];
        if gone != between {
            let rule = if gone.contains('<') { MARKUP } else { Rule::WhiteSpace.id() };
            self.edits.push(Edit::replace(self.kept..from, between, rule));
        }
        if new_line {
            if let Some(Blocks { lines, .. }) = &mut self.blocks {
                lines.push((from, top.block.number));
            }
            if let Some(items) = &mut self.items {
                items.line(
                    from,
                    self.stack.depth(),
                    [top.block.number, top.block.parent, top.block.grandparent],
                );
            }
            self.lines.push(Markup {
                source: from,
                kind: top.block.kind,
                code: top.code,
                within: top.within,
                own: top.own,
                any: top.any,
                score: self.stack.score(),
                depth: u32::try_from(self.stack.depth()).unwrap_or(u32::MAX),
                bytes: 0,
                link_bytes: 0,
                bold_bytes: 0,
                links: u32::from(top.within & within::LINKED != 0),
                parent: top.block.parent,
                grandparent: top.block.grandparent,
                looks: top.block.looks,
            });
        }
        self.lines.count(to - from, top.within & within::LINKED != 0, top.bold);
        self.kept = to;
    }
}

/// Whether a run of text ends before `byte`.
fn is_end(byte: u8, preformatted: bool) -> bool {
    byte == b'&' || !preformatted && matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0c)
}

/// Receives the tokens for a builder.
pub(super) struct Tokens<'b, 's>(pub &'b mut Builder<'s>);

impl Callback<Infallible, usize> for Tokens<'_, '_> {
    fn handle_event(&mut self, event: CallbackEvent<'_>, span: Span<usize>) -> Option<Infallible> {
        match event {
            CallbackEvent::OpenStartTag { name } => {
                if self.0.stack.is_foreign() && foreign::ends_before(name) {
                    let gap = self.0.stack.leave_foreign();
                    self.0.widen(gap);
                }
                self.0.is_foreign = self.0.stack.is_foreign();
                let kind = Kind::of(name);
                let named = match kind.is_inline() {
                    true => Named::default(),
                    false => Named::element(name, &self.0.reading.names),
                };
                if self.0.blocks.is_some() {
                    self.0.names = vec![format!("<{}", String::from_utf8_lossy(name))];
                }
                let name = hash(name);
                self.0.statement = Statement::default();
                self.0.tag = Some(Tag {
                    kind,
                    name,
                    look: name,
                    parts: 0,
                    named,
                    is_body_item: false,
                    hidden: false,
                    is_streamed: false,
                    number: None,
                    is_reversed: false,
                });
            }
            CallbackEvent::AttributeName { name } => {
                let says = self.0.tag.is_some_and(|tag| {
                    tag.name == META
                        || tag.name == LINK
                        || matches!(tag.kind, Kind::Time | Kind::Root | Kind::Hidden)
                });
                self.0.attribute = match name {
                    b"property" if says => Attribute::Meta(MetaPart::Property),
                    b"name" | b"rel" if says => Attribute::Meta(MetaPart::Name),
                    b"itemprop" if says && self.0.statement.name.is_empty() => {
                        Attribute::Meta(MetaPart::Name)
                    }
                    _ if says && self.0.tag.is_some_and(|tag| tag.value() == Some(name)) => {
                        Attribute::Meta(MetaPart::Value)
                    }
                    b"type" if says => Attribute::Meta(MetaPart::Type),
                    b"class" => Attribute::Class,
                    b"id" => Attribute::Id,
                    b"role" | b"data-testid" | b"data-component" => Attribute::Name,
                    b"style" => Attribute::Style,
                    b"itemprop" => Attribute::Property,
                    b"start" | b"value" if self.0.items.is_some() => Attribute::Number,
                    _ => Attribute::Other,
                };
                if let Some(tag) = &mut self.0.tag {
                    tag.hidden |= name == b"hidden";
                    tag.is_reversed |= name == b"reversed";
                }
            }
            CallbackEvent::AttributeValue { value } => {
                if let Some(tag) = &mut self.0.tag {
                    if matches!(self.0.attribute, Attribute::Id) {
                        tag.is_streamed = is_streamed(value);
                    }
                    match self.0.attribute {
                        Attribute::Class | Attribute::Id | Attribute::Name if !tag.kind.is_inline() => {
                            if matches!(self.0.attribute, Attribute::Class) {
                                tag.look ^= look(value);
                            }
                            if let Ok(value) = std::str::from_utf8(value) {
                                tag.parts |= self.0.reading.parts.look(value);
                                tag.named.read(value, &self.0.reading.names);
                                if self.0.blocks.is_some() {
                                    let names = &mut self.0.names;
                                    super::names::each(value, |name| {
                                        names.push(String::from_utf8_lossy(name).into_owned())
                                    });
                                }
                            }
                        }
                        Attribute::Style => tag.hidden |= hides(value),
                        Attribute::Property => tag.is_body_item |= value == b"articleBody",
                        Attribute::Number => tag.number = number(value),
                        Attribute::Meta(part) => {
                            let value = String::from_utf8_lossy(value).into_owned();
                            match part {
                                MetaPart::Property => self.0.statement.property = value,
                                MetaPart::Name => self.0.statement.name = value,
                                MetaPart::Value => self.0.statement.value = value,
                                MetaPart::Type => self.0.statement.kind = value,
                            }
                        }
                        Attribute::Class | Attribute::Id | Attribute::Name | Attribute::Other => {}
                    }
                }
            }
            CallbackEvent::CloseStartTag { self_closing } => {
                if let Some(tag) = self.0.tag.take() {
                    if !self.0.is_foreign {
                        self.0.state(tag);
                    }
                    // The slash means nothing in HTML.
                    let is_closed = self_closing && (self.0.is_foreign || foreign::begins(tag.name));
                    if !is_closed {
                        self.0.open(tag);
                    }
                }
            }
            CallbackEvent::EndTag { name } => {
                // An empty title says nothing, and the text after it is no title.
                self.0.telling = None;
                let gap = self.0.stack.close(Kind::of(name), hash(name));
                self.0.widen(gap);
            }
            CallbackEvent::String { value } => {
                if self.0.telling.is_some() {
                    self.0.tell(value);
                }
                // Spans are offsets in the source; one outside it would be a bug of the tokenizer.
                if self.0.source.is_char_boundary(span.start) && self.0.source.is_char_boundary(span.end) {
                    self.0.text(span.start.max(self.0.kept), span.end);
                }
            }
            CallbackEvent::Comment { .. } | CallbackEvent::Doctype { .. } | CallbackEvent::Error(_) => {}
        }
        None
    }
}

/// Hashes of the names of elements that say something about the page.
const META: u32 = hash(b"meta");
const LINK: u32 = hash(b"link");
/// Hash of the name of an ordered list.
const ORDERED: u32 = hash(b"ol");
