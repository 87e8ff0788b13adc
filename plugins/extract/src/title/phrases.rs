//! Phrases that tell headlines from menus, captions, breadcrumb trails and notices of the site. No weights.

use crate::letters::Ascii;
use aho_corasick::AhoCorasick;
use std::sync::LazyLock;

/// Whether a line is a breadcrumb trail of sections: `Home > News > Culture`.
pub fn is_trail(text: &str) -> bool {
    text.len() < 120
        && (text == "Home"
            || text.starts_with("Home ")
            || text.bytes().any(|b| matches!(b, b'>' | b'/' | 0xBA | 0xBB))
                && [" / ", " » ", " › ", "> "].iter().any(|s| text.contains(s)))
}

/// Whether a mark with spaces around it separates parts of the text, such as sections or the site name.
pub(super) fn separated(text: &str, has: Ascii) -> bool {
    (has.has(b"|") || has.has(b"/") || has.has(b">") || !text.is_ascii())
        && [" | ", " / ", " > ", " » ", " › "].iter().any(|s| text.contains(s))
}

/// Whether a line names the agency or source of a picture, as captions do.
pub(super) fn has_credit(text: &str) -> bool {
    CREDIT_SEARCH.as_ref().is_some_and(|search| search.is_match(text))
}

/// Whether a line says that it belongs to a picture.
pub(super) fn is_caption(text: &str, has: Ascii) -> bool {
    let can = has.has(b":") || [b'p', b'h', b'o', b't'].iter().all(|&letter| has.has_letter(letter));
    can && CAPTION_SEARCH.as_ref().is_some_and(|search| search.is_match(text))
}

static CAPTION_SEARCH: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let words = [
        "credit:",
        "photo:",
        "photo by",
        "foto:",
        "bild:",
        "image:",
        "photograph by",
        "crédit photo",
        "фото:",
        "Фото:",
    ];
    AhoCorasick::builder().ascii_case_insensitive(true).build(words).ok()
});

static CREDIT_SEARCH: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let words = [
        "AFP",
        "EFE",
        "Reuters",
        "REUTERS",
        "Getty",
        "AP)",
        "(AP",
        "dpa",
        "Foto",
        "Photo",
        "Bild",
        "Image",
        "Credit",
        "Shutterstock",
        "뉴시스",
        "연합",
    ];
    AhoCorasick::new(words).ok()
});

/// Phrases of menus, notices and prompts, in lower case.
const JUNK: &[&str] = &[
    "cookie",
    "subscri",
    "newsletter",
    "sign in",
    "sign up",
    "log in",
    "login",
    "register",
    "skip to",
    "share",
    "search",
    "menu",
    "advertis",
    "anzeige",
    "werbung",
    "comment",
    "read more",
    "related",
    "trending",
    "most read",
    "most popular",
    "follow us",
    "rights reserved",
    "javascript",
    "your browser",
    "privacy",
    "terms of",
    "accept all",
    "kommentare",
    "teilen",
    "abonn",
    "anmelden",
    "publicité",
    "connexion",
    "se connecter",
    "suscr",
    "iniciar ses",
    "compartir",
    "поделиться",
    "Поделиться",
    "подпис",
    "Подпис",
    "войти",
    "Войти",
    "buscar",
    "photo:",
    "image:",
    "photo by",
    "image credit",
    "photograph:",
    "foto:",
    "bild:",
    "table of contents",
    "in this article",
    "download the app",
    "contact us",
    "about us",
    "view all",
    "see all",
    "load more",
    "latest news",
    "breaking news",
    "more from",
    "you may also",
    "also read",
    "mehr zum thema",
    "lesen sie",
    "lire aussi",
    "leer también",
    "leia também",
    "leggi anche",
    "читайте также",
    "min read",
    "click here",
    "get started",
    "book a",
    "buy now",
    "add to cart",
    "free shipping",
    "cart",
    "wishlist",
    "loading",
    "navigation",
    "no result",
    "password",
    "home page",
    "all news",
    "published",
    "last updated",
    "copyright",
    "looking for",
    "call us",
    "call now",
    "toll free",
    "learn more",
    "partners can",
    "access information on a device",
    "official website",
    "preferences",
];

static JUNK_SEARCH: LazyLock<Option<AhoCorasick>> =
    LazyLock::new(|| AhoCorasick::builder().ascii_case_insensitive(true).build(JUNK).ok());

/// Whether a short line contains a phrase of menus, notices and prompts.
pub fn is_junk(text: &str) -> bool {
    text.len() <= 120 && JUNK_SEARCH.as_ref().is_some_and(|search| search.is_match(text))
}

static NOTICE_SEARCH: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let words = [
        "cookie",
        "javascript",
        "your browser",
        "newsletter",
        "subscribe",
        "privacy policy",
        "datenschutz",
        "all rights reserved",
        "ad blocker",
        "abonn",
    ];
    AhoCorasick::builder().ascii_case_insensitive(true).build(words).ok()
});

/// Whether running text is a notice of the site rather than text of the page itself.
pub fn is_notice(text: &str) -> bool {
    let head = crate::lines::head(text, 300);
    NOTICE_SEARCH.as_ref().is_some_and(|search| search.is_match(head))
}
