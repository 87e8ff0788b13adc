//! Canonical addresses, so that two ways to write the address of a page compare equal.
//!
//! Addresses are normalised as RFC 3986, section 6.2, describes: case of scheme and host, default ports, dot
//! segments, case of percent-encodings, percent-encodings of characters that need none. Beyond that, as
//! crawls usually do, `http` counts as `https`; a leading `www.`, a trailing `/`, the fragment and tracking
//! parameters do not count; and parameters are sorted.

/// Tracking parameters, which say where a visitor came from and do not change the page.
const TRACKING: [&str; 18] = [
    "fbclid", "gclid", "dclid", "gbraid", "wbraid", "msclkid", "yclid", "twclid", "igshid", "mc_cid",
    "mc_eid", "_ga", "_gl", "cmpid", "icid", "ref_src", "ref_url", "xtor",
];
/// Prefixes of tracking parameters.
const TRACKING_PREFIXES: [&str; 3] = ["utm_", "at_medium", "at_campaign"];

/// The canonical form of an address. Text without `://` is only trimmed.
pub fn canonical(address: &str) -> String {
    let address = address.trim();
    let Some((scheme, rest)) = address.split_once("://") else { return address.to_owned() };
    let rest = rest.split('#').next().unwrap_or_default();
    let (authority, path) = match rest.find(['/', '?']) {
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    };
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let scheme = scheme.to_ascii_lowercase();
    // `http` counts as `https`, so the port of either is one that `http` need not name.
    let ports: &[&str] = match scheme.as_str() {
        "http" => &[":80", ":443"],
        "https" => &[":443"],
        _ => &[],
    };
    let is_web = !ports.is_empty();
    let mut out = if is_web { "https".to_owned() } else { scheme };
    out.push_str("://");
    out.push_str(&host(authority, ports));
    // An encoded dot is a dot: segments are removed after decoding.
    let path = without_dots(&unescaped(path));
    out.push_str(path.trim_end_matches('/'));
    let mut parameters: Vec<String> = query.split('&').filter(is_kept).map(unescaped).collect();
    parameters.sort_unstable();
    for (at, parameter) in parameters.iter().enumerate() {
        out.push(if at == 0 { '?' } else { '&' });
        out.push_str(parameter);
    }
    out
}

/// Host and port in lower case, without user, without one of the default `ports` and, if there are some, without `www.`.
fn host(authority: &str, ports: &[&str]) -> String {
    let lower = authority.to_lowercase();
    let bare = lower.rsplit('@').next().unwrap_or_default();
    let bare = if ports.is_empty() { bare } else { bare.strip_prefix("www.").unwrap_or(bare) };
    let bare = ports.iter().find_map(|port| bare.strip_suffix(port)).unwrap_or(bare);
    bare.trim_end_matches([':', '.']).to_owned()
}

fn is_kept(parameter: &&str) -> bool {
    let name = parameter.split('=').next().unwrap_or_default().to_ascii_lowercase();
    let tracks =
        TRACKING.contains(&name.as_str()) || TRACKING_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    !parameter.is_empty() && !tracks
}

/// A path without the segments `.` and `..`.
fn without_dots(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').skip(1) {
        match part {
            "." => {}
            ".." => _ = parts.pop(),
            part => parts.push(part),
        }
    }
    parts.iter().flat_map(|part| ["/", part]).collect()
}

/// Decodes percent-encodings of characters that need none, and upper-cases the others.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let digits = after.get(..2);
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()).map(char::from) {
            Some(c) if c.is_ascii_alphanumeric() || "-._~".contains(c) => {
                out.push(c);
                rest = after.get(2..).unwrap_or_default();
            }
            Some(_) => {
                out.push('%');
                out.push_str(&digits.unwrap_or_default().to_ascii_uppercase());
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                out.push('%');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ways_to_write_one_page() {
        let page = "https://example.org/news/42?id=7&page=2";
        for address in [
            "HTTP://www.Example.org:80/news/./42/?page=2&id=7#top",
            "https://example.org/other/../news/42?utm_source=mail&id=7&page=2&fbclid=x",
            " https://user@example.org:443/news/%34%32?id=7&page=2 ",
            "https://example.org/other/%2e%2E/news/%2e/42?id=7&page=2",
        ] {
            assert_eq!(canonical(address), page);
        }
        assert_eq!(canonical("https://example.org"), canonical("http://example.org/"));
    }

    #[test]
    fn other_pages_stay_other_pages() {
        let page = canonical("https://example.org/News?id=7");
        for address in [
            "https://example.org/news?id=7",
            "https://example.org/News?id=8",
            "https://example.org/News",
            "https://example.org:8080/News?id=7",
            "https://example.org:80/News?id=7",
            "https://sub.example.org/News?id=7",
            "https://example.org/News%2F?id=7",
            "ftp://example.org/News?id=7",
        ] {
            assert_ne!(canonical(address), page, "{address}");
        }
        assert_eq!(canonical("no address"), "no address");
    }

    proptest! {
        #[test]
        fn once_is_enough(address in "(https?://)?[a-zA-Z.:@/?&=#%0-9é]{0,40}") {
            let once = canonical(&address);
            prop_assert_eq!(canonical(&once), once);
        }
    }
}
