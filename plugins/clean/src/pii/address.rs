//! E-mail and internet addresses.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Longest local part, in bytes (RFC 5321).
const LOCAL: usize = 64;
/// Longest domain, in bytes.
const DOMAIN: usize = 255;
/// Bytes before a number in which a word is looked for.
const CONTEXT: usize = 24;

/// The address around the `@` at `at`, which begins at or after `from`.
pub fn email(text: &str, at: usize, from: usize) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let is_local = |b: &u8| b.is_ascii_alphanumeric() || b"._%+-".contains(b);
    let least = from.max(at.saturating_sub(LOCAL));
    let length = bytes[least..at].iter().rev().take_while(|b| is_local(b)).count();
    let mut start = at - length;
    while start < at && matches!(bytes[start], b'.' | b'-') {
        start += 1;
    }
    let rest = &bytes[at + 1..bytes.len().min(at + 1 + DOMAIN)];
    let mut end = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-')).count();
    while end > 0 && matches!(rest[end - 1], b'.' | b'-') {
        end -= 1;
    }
    let domain = &text[at + 1..at + 1 + end];
    let (host, top) = domain.rsplit_once('.')?;
    let is_domain = top.len() >= 2
        && top.bytes().all(|b| b.is_ascii_alphabetic())
        && host.split('.').all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'));
    (start < at && bytes[at - 1] != b'.' && is_domain).then_some((start, at + 1 + end))
}

/// One past an internet address that begins at `start`.
pub fn ip(text: &str, start: usize) -> Option<usize> {
    let rest = &text.as_bytes()[start..];
    let run =
        |allowed: fn(&u8) -> bool, most: usize| rest.iter().take(most).take_while(|b| allowed(b)).count();
    // Of more characters than an address has, none is one.
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

/// Four small numbers are as often a version or a section; then a word before them decides.
fn is_no_version(text: &str, start: usize, address: Ipv4Addr) -> bool {
    let before = text[text.floor_char_boundary(start.saturating_sub(CONTEXT))..start].to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| before.contains(word));
    if has(&["version", "release", "firmware", "build", "section", "chapter", "§"]) {
        return false;
    }
    address.octets().iter().any(|&octet| octet >= 10) || has(&["ip", "address", "host", "server", "dns"])
}
