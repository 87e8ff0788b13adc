//! Parses addresses: store, bucket and key. No network access.

use super::RemoteError;
use super::scheme::split;
use std::fmt;
use std::io::ErrorKind;
use std::path::Path;

/// A kind of store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    S3,
    Google,
    Azure,
    Web,
}

/// A parsed address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    pub scheme: Scheme,
    /// The address as it was given.
    pub text: String,
    /// The scheme and the bucket or host: `s3://bucket`.
    pub root: String,
    /// The key without the slashes around it. For a web server, the path without the query.
    pub key: String,
    /// Whether it ends with a slash or has no key: then it cannot mean a single object.
    pub is_prefix: bool,
}

impl Address {
    /// Parses an address.
    ///
    /// # Errors
    /// If the scheme is unknown or no bucket is named.
    pub(super) fn parse(path: &Path) -> Result<Self, RemoteError> {
        let fail = |message: String| RemoteError::new(path, ErrorKind::InvalidInput, message);
        let text = path.to_str().ok_or_else(|| fail("the address is not UTF-8".into()))?;
        let (name, rest) = split(text).ok_or_else(|| fail("not an address".into()))?;
        let scheme = match name.to_ascii_lowercase().as_str() {
            "s3" | "s3a" => Scheme::S3,
            "gs" => Scheme::Google,
            "az" | "azure" | "abfs" | "abfss" | "adl" => Scheme::Azure,
            "http" | "https" => Scheme::Web,
            "file" => {
                let error = fail("`file://` is not taken".into());
                return Err(error.hint("write the path alone"));
            }
            other => {
                let error = fail(format!("addresses that begin with `{other}://` are unknown"));
                return Err(error.hint("textmill knows `s3://`, `gs://`, `az://`, `http://` and `https://`"));
            }
        };
        let ends: &[char] = if scheme == Scheme::Web { &['/', '?', '#'] } else { &['/'] };
        let (place, tail) = rest.split_at(rest.find(ends).unwrap_or(rest.len()));
        if place.is_empty() {
            let what = if scheme == Scheme::Web { "host" } else { "bucket" };
            return Err(fail(format!("the address names no {what}")));
        }
        let key = match scheme {
            Scheme::Web => tail.split(['?', '#']).next().unwrap_or_default(),
            _ => tail,
        };
        let trimmed = key.strip_prefix('/').unwrap_or(key);
        Ok(Self {
            scheme,
            text: text.to_owned(),
            root: format!("{name}://{place}"),
            is_prefix: trimmed.is_empty() || trimmed.ends_with('/'),
            key: trimmed.strip_suffix('/').unwrap_or(trimmed).to_owned(),
        })
    }

    /// The address of another key in the same bucket.
    pub(super) fn with_key(&self, key: &str) -> Self {
        let root = self.root.clone();
        let text = format!("{root}/{key}");
        Self { scheme: self.scheme, text, root, key: key.to_owned(), is_prefix: false }
    }

    /// The address of `name` below this one.
    pub(super) fn below(&self, name: &str) -> Self {
        if self.key.is_empty() { self.with_key(name) } else { self.with_key(&format!("{}/{name}", self.key)) }
    }
}

impl AsRef<Path> for Address {
    fn as_ref(&self) -> &Path {
        Path::new(&self.text)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Address {
        Address::parse(Path::new(text)).unwrap()
    }

    #[test]
    fn a_key_is_taken_as_it_stands() {
        let address = parse("s3://bucket/a b/%20?x#y*.jsonl");
        assert_eq!((address.root.as_str(), address.key.as_str()), ("s3://bucket", "a b/%20?x#y*.jsonl"));
        assert_eq!(address.below("z").text, "s3://bucket/a b/%20?x#y*.jsonl/z");
        assert!(!address.is_prefix);
    }

    #[test]
    fn a_slash_at_the_end_means_what_is_below() {
        for text in ["s3://bucket", "s3://bucket/", "s3://bucket/a/"] {
            assert!(parse(text).is_prefix, "{text}");
        }
        assert_eq!(parse("s3://bucket/a/").key, "a");
        assert_eq!(parse("s3://bucket").below("x").text, "s3://bucket/x");
    }

    #[test]
    fn the_query_of_a_web_address_is_no_part_of_its_key() {
        let address = parse("http://host:81/a/b.jsonl?sign=x/y");
        assert_eq!((address.root.as_str(), address.key.as_str()), ("http://host:81", "a/b.jsonl"));
        assert_eq!(parse("http://host?x").root, "http://host");
    }

    #[test]
    fn what_is_no_address_of_a_store_is_refused() {
        for text in ["ftp://host/x", "file:///x", "s3:///x", "http://?x", "plain"] {
            assert!(Address::parse(Path::new(text)).is_err(), "{text}");
        }
    }
}
