//! What the names in classes, ids and roles say about an element: the words that sites use for the parts of a
//! page, one bit for each kind of part.
//!
//! Readability and trafilatura read class names in the same way. The word list here is original, gathered
//! from what sites commonly use. The model decides what each kind is worth.

use aho_corasick::{AhoCorasick, MatchKind};

macro_rules! parts { ($($name:ident $label:literal: $($word:literal)+;)+) => {
    /// A kind of part, one bit each.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Part { $(#[doc = $label] $name,)+ }

    impl Part {
        /// Every kind, with the name of its feature column.
        pub const ALL: &'static [(Part, &'static str)] = &[$((Part::$name, $label),)+];

        /// Its bit.
        pub fn bit(self) -> u32 { 1 << self as u32 }
    }

    const WORDS: &[(&str, Part)] = &[$($(($word, Part::$name),)+)+];
} }

parts! {
    Body "is-body": "articlebody" "article-body" "article_body" "article__body" "articletext" "article-text" "article-content" "article__content"
        "entry-content" "post-content" "post-body" "post_body" "story-body" "story-content" "storybody" "bodytext" "body-text" "body-copy"
        "main-content" "maincontent" "page-content" "content-body" "richtext" "rich-text" "paragraph" "prose" "markdown" "text-block";
    Article "is-article": "article" "story" "entry" "post" "blog" "news";
    Content "is-content": "content" "text" "body";
    Main "is-main": "main";
    Menu "is-menu": "nav" "menu" "breadcrumb" "crumb" "pagination" "pager" "toolbar" "sitemap" "skip";
    Side "is-side": "sidebar" "side-bar" "aside" "rail" "sidecol" "right-col" "rightcol" "secondary" "tertiary";
    Footer "is-footer": "footer" "foot" "bottom" "copyright" "legal" "imprint";
    Header "is-header": "header" "masthead" "banner" "topbar" "top-bar" "branding" "logo";
    Comments "is-comments": "comment" "disqus" "discussion" "reply" "replies" "respond" "viafoura";
    Share "is-share": "share" "sharing" "social" "follow" "facebook" "twitter" "addthis";
    Related "is-related": "related" "recommend" "recirc" "more-stories" "read-more" "readmore" "also" "similar" "popular" "trending" "most-read"
        "mostread" "latest" "outbrain" "taboola" "next-article" "up-next" "promo" "teaser" "card" "carousel" "slider" "river";
    Advertisement "is-advertisement": "advert" "ad-" "-ad" "ads" "sponsor" "adslot" "dfp" "partner" "commercial" "affiliate" "outstream";
    Form "is-form": "newsletter" "subscribe" "subscription" "signup" "sign-up" "login" "register" "paywall" "search" "form" "cookie" "consent" "gdpr"
        "modal" "popup" "overlay" "donat";
    Author "is-author": "author" "byline" "contributor" "writer" "bio";
    Date "is-date": "date" "time" "published" "updated" "meta";
    Tags "is-tags": "tags" "tag-" "topic" "category" "categories" "keyword" "label";
    Caption "is-caption": "caption" "credit" "figure" "image" "photo" "gallery" "media" "video";
    Title "is-title": "title" "headline" "kicker" "heading" "hed";
    Summary "is-summary": "summary" "lede" "standfirst" "intro" "dek" "subtitle" "excerpt" "description" "deck";
    Widget "is-widget": "widget" "module" "tool" "button" "btn" "icon" "tab" "accordion" "dropdown" "tooltip";
    Product "is-product": "product" "price" "cart" "shop" "rating" "review" "item" "sku";
    Thread "is-thread": "thread" "message" "forum" "topic-body" "post-text" "answer" "question";
    Accessible "is-unseen": "screen-reader" "sr-only" "visually-hidden" "hidden" "print-only" "noprint";
    Quote "is-quote": "quote" "pullquote" "pull-quote";
}

/// The compiled words.
#[derive(Debug)]
pub struct PartWords(AhoCorasick);

impl PartWords {
    /// Compiles the list.
    ///
    /// # Errors
    /// If the list is too large, which the tests rule out.
    pub fn builtin() -> Result<Self, aho_corasick::BuildError> {
        let words = WORDS.iter().map(|(word, _)| word);
        let built = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::LeftmostLongest)
            .kind(Some(aho_corasick::AhoCorasickKind::DFA))
            .build(words)?;
        Ok(Self(built))
    }

    /// The kinds of parts that the words in a value of `class`, `id` or `role` stand for, as a set of bits.
    pub fn look(&self, value: &str) -> u32 {
        // Values of hundreds of bytes consist of utility classes: the rest says nothing more.
        let head = &value[..value.floor_char_boundary(300)];
        self.0.find_iter(head).fold(0, |bits, found| {
            bits | WORDS.get(found.pattern().as_usize()).map_or(0, |(_, part)| part.bit())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_parts_they_are_of() {
        let words = PartWords::builtin().unwrap();
        assert_eq!(words.look("c-Article-Body"), Part::Body.bit());
        assert_eq!(words.look("site-nav sidebar"), Part::Menu.bit() | Part::Side.bit());
        assert_eq!(words.look("x12 mt-4"), 0);
        assert!(Part::ALL.len() <= 32);
    }
}
