//! E-mail and IP addresses.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::lines::separates;

/// Longest local part, in bytes (RFC 5321).
const LOCAL: usize = 64;
/// Longest domain, in bytes.
const DOMAIN: usize = 255;
/// How many bytes before a number are searched for a telling word.
const CONTEXT: usize = 24;

/// The span of the e-mail address around the `@` at `at`, if it begins at or after `from`. Letters beyond
/// ASCII belong to it (RFC 6531), except those of scripts without spaces and of Korean, where the word before
/// an address is attached to it.
pub fn email(text: &str, at: usize, from: usize) -> Option<(usize, usize)> {
    let is_local = |c: &char| separates(*c) || "._%+-".contains(*c);
    let least = text.ceil_char_boundary(from.max(at.saturating_sub(LOCAL)));
    let length = text[least..at].chars().rev().take_while(is_local).map(char::len_utf8).sum::<usize>();
    let local = text[at - length..at].trim_start_matches(['.', '-']);
    // A word in another script before a hyphen belongs to the text: `адрес-ada@…`.
    let local = match local.rsplit_once('-') {
        Some((before, rest))
            if rest.is_ascii()
                && !rest.is_empty()
                && !before.contains(|c: char| c.is_ascii_alphanumeric()) =>
        {
            rest
        }
        _ => local,
    };
    let rest = &text[at + 1..text.floor_char_boundary(at + 1 + DOMAIN)];
    let is_domain = |c: &char| separates(*c) || matches!(c, '.' | '-');
    let end = rest.chars().take_while(is_domain).map(char::len_utf8).sum::<usize>();
    let ascii = rest[..end].find(|c: char| !c.is_ascii()).unwrap_or(end);
    // Letters after a complete ASCII domain belong to the text.
    let ascii = rest[..ascii].trim_end_matches(['.', '-']);
    let (host, top) = match ascii.rsplit_once('.') {
        Some((host, top))
            if top.len() >= 2 && top.bytes().all(|b| b.is_ascii_alphabetic()) && !host.is_empty() =>
        {
            (host, top)
        }
        _ => rest[..end].trim_end_matches(['.', '-']).rsplit_once('.')?,
    };
    let is_domain = top.chars().nth(1).is_some()
        && top.chars().all(char::is_alphabetic)
        && host.split('.').all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'));
    let end = at + 1 + host.len() + 1 + top.len();
    (!local.is_empty() && !local.ends_with('.') && is_domain).then_some((at - local.len(), end))
}

/// One past the IP address that begins at `start`.
pub fn ip(text: &str, start: usize) -> Option<usize> {
    let rest = &text.as_bytes()[start..];
    let run =
        |allowed: fn(&u8) -> bool, most: usize| rest.iter().take(most).take_while(|b| allowed(b)).count();
    // Reads more characters than an address can have, so that a longer run fails to parse.
    let dotted = run(|b| b.is_ascii_digit() || *b == b'.', 17);
    let dotted = text[start..start + dotted].trim_end_matches('.');
    if let Ok(address) = dotted.parse::<Ipv4Addr>()
        && !rest.get(dotted.len()).is_some_and(u8::is_ascii_alphanumeric)
        && start.checked_sub(1).is_none_or(|b| text.as_bytes()[b] != b'.')
        && is_no_version(text, start, address)
    {
        return Some(start + dotted.len());
    }
    let length = run(|b| b.is_ascii_hexdigit() || *b == b':', 41);
    let colons = text[start..start + length].trim_end_matches(':');
    let parts = colons.split(':').filter(|part| !part.is_empty()).count();
    let is_address = parts >= 3 && colons.parse::<Ipv6Addr>().is_ok();
    (is_address && !rest.get(colons.len()).is_some_and(u8::is_ascii_alphanumeric))
        .then_some(start + colons.len())
}

/// Whether four numbers are an address rather than a version or a section, which they are as often. If two of
/// them have three digits, they are an address. Otherwise the nearest telling word before them decides or, if
/// there is none, whether any of them is above 9.
fn is_no_version(text: &str, start: usize, address: Ipv4Addr) -> bool {
    let from = text.floor_char_boundary(start.saturating_sub(CONTEXT));
    let before = text[from..start].to_ascii_lowercase();
    // Skips a word that the start of the context cuts off.
    let cut = if text[..from].ends_with(char::is_alphanumeric) {
        before.find(|c: char| !c.is_alphanumeric())
    } else {
        Some(0)
    };
    let before = &before[cut.unwrap_or(before.len())..];
    // The nearest telling word.
    let mut words = before.rsplit(|c: char| !c.is_alphanumeric() && c != '§');
    let told = words.find_map(|word| match word {
        "version" | "ver" | "release" | "firmware" | "build" | "section" | "sections" | "chapter" | "§" => {
            Some(false)
        }
        "ip" | "ipv4" | "address" | "addresses" | "host" | "hosts" | "server" | "servers" | "dns" => {
            Some(true)
        }
        _ => None,
    });
    let octets = address.octets();
    // Versions seldom have two parts above 99; most addresses do.
    let is_large = octets.iter().filter(|&&octet| octet >= 100).count() >= 2;
    is_large || told.unwrap_or_else(|| octets.iter().any(|&octet| octet >= 10))
}
