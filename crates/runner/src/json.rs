//! JSON objects as members whose values keep the very characters they were written with.

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// The members of an object, in their order; a name may stand twice.
pub struct Members<'a>(pub Vec<(Cow<'a, str>, &'a RawValue)>);

/// Reads one object and nothing else. Takes nesting of any depth: values are passed over, not built.
///
/// # Errors
/// serde_json's own, where the text is not one JSON object.
pub fn members(text: &str) -> Result<Members<'_>, serde_json::Error> {
    serde_json::from_str(text)
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(Key(key)) = map.next_key()? {
                    members.push((key, map.next_value()?));
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Object)
    }
}

/// A key, borrowed where it has no escapes.
struct Key<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl<'de> Visitor<'de> for Text {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }
        }

        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_whole_object_is_read() {
        let object = members(r#"{"a": 1.50, "\u00e9": [ ]}"#).unwrap();
        let shown: Vec<_> = object.0.iter().map(|(k, v)| (k.as_ref(), v.get())).collect();
        assert_eq!(shown, [("a", "1.50"), ("é", "[ ]")]);
        for wrong in [r#"{"a":1} {"b":2}"#, r#"{"a":1}x}"#, "[1]", "{", r#"{"a":[1,}"#] {
            assert!(members(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn depth_costs_no_stack() {
        let deep = format!(r#"{{"n":{}{}}}"#, "[".repeat(200_000), "]".repeat(200_000));
        assert_eq!(members(&deep).unwrap().0.len(), 1);
    }
}
