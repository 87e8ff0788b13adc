//! Tells addresses from paths. Does not know which schemes are supported.

use std::path::Path;

/// Whether a path is an address: it begins with any scheme and `://`.
pub fn is_address(path: &Path) -> bool {
    path.to_str().is_some_and(|text| split(text).is_some())
}

/// Splits an address into its scheme and what follows `://`.
pub(super) fn split(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once("://")?;
    let letters = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    // A single letter is a Windows drive.
    let is_scheme = scheme.len() > 1 && scheme.starts_with(|c: char| c.is_ascii_alphabetic());
    (is_scheme && scheme.chars().all(letters)).then_some((scheme, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_scheme() {
        for text in ["s3://b/k", "https://host", "ftp://host/x", "S3://b"] {
            assert!(is_address(Path::new(text)), "{text}");
        }
        for text in ["s3:/b/k", "data/s3://b", "c://x", "://x", "a.jsonl", "1s://x", "s3"] {
            assert!(!is_address(Path::new(text)), "{text}");
        }
    }
}
