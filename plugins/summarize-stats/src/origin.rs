//! The origin of a document: the host of an address, or the top folder of a path.

use std::borrow::Cow;

/// The host of `url` if it is an address, else that of `source`, else the top folder of the path `source`.
pub fn of<'a>(url: Option<&'a str>, source: Option<&'a str>) -> Option<Cow<'a, str>> {
    url.and_then(host).or_else(|| source.and_then(host)).or_else(|| {
        let path = source?.trim().trim_start_matches("./").trim_start_matches('/');
        let top = path.split('/').next().unwrap_or_default();
        (!top.is_empty()).then_some(Cow::Borrowed(top))
    })
}

/// The host of an address `scheme://[user@]host[:port]/…`, lower-cased, without `www.`.
fn host(address: &str) -> Option<Cow<'_, str>> {
    let (scheme, rest) = address.trim().split_once("://")?;
    let named = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    if scheme.is_empty() || !scheme.as_bytes().iter().all(named) {
        return None;
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = match host.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => host,
    };
    let host = if host.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(host.to_ascii_lowercase())
    } else {
        Cow::Borrowed(host)
    };
    let host = match host {
        Cow::Borrowed(host) => Cow::Borrowed(host.strip_prefix("www.").unwrap_or(host)),
        Cow::Owned(host) => Cow::Owned(host.strip_prefix("www.").map(str::to_owned).unwrap_or(host)),
    };
    (!host.is_empty()).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_folders() {
        for (url, source, origin) in [
            (Some("https://www.Example.org:8080/a?b"), Some("x/y.txt"), Some("example.org")),
            (Some("http://user:pass@example.org"), None, Some("example.org")),
            (Some("not an address"), Some("corpus/a/b.txt"), Some("corpus")),
            (None, Some("./corpus/b.txt"), Some("corpus")),
            (None, Some("page.txt"), Some("page.txt")),
            (None, Some("https://example.com/x"), Some("example.com")),
            (None, Some("a text with :// in it/x"), Some("a text with :")),
            (None, Some("  "), None),
            (Some("https:///x"), None, None),
            (None, None, None),
        ] {
            assert_eq!(of(url, source).as_deref(), origin, "{url:?} {source:?}");
        }
    }
}
