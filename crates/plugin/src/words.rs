//! Rewords serde's messages about options that do not fit, for the people who write options. Messages about
//! the schema are worded in `bounds` and, for pipeline files, in the runner.

/// What is wrong with an option, worded to follow its name. An unusual message of serde is quoted as it is.
/// With `in_array`, the message is about an item of the option.
pub(crate) fn plain(said: &str, in_array: bool) -> String {
    let of_item = if in_array { "has an item that " } else { "" };
    told(said).map_or_else(|| format!("does not fit: {said}"), |told| format!("{of_item}{told}"))
}

fn told(said: &str) -> Option<String> {
    let after = |start: &str| said.strip_prefix(start);
    if let Some(rest) = after("invalid type: ").or_else(|| after("invalid value: ")) {
        let (found, wanted) = rest.rsplit_once(", expected ")?;
        return Some(format!("must be {}, but it is {}", kind(wanted), value(found)));
    }
    if let Some(rest) = after("invalid length ") {
        let (length, wanted) = rest.split_once(", expected ")?;
        return Some(format!("must be {}, but it has {length}", kind(wanted)));
    }
    if let Some(rest) = after("unknown variant ") {
        let (found, known) = rest.split_once(", ")?;
        return Some(format!("cannot be {found}; it is one of {}", listed(known)));
    }
    if let Some(rest) = after("unknown field ") {
        let (found, known) = rest.split_once(", ")?;
        let known = listed(known);
        let known = if known.is_empty() { "it has none".to_owned() } else { format!("there are {known}") };
        return Some(format!("has no option {found}; {known}"));
    }
    after("missing field ").map(|name| format!("is missing the option {name}"))
}

/// The same about the options as a whole, worded to stand alone.
pub(crate) fn alone(said: &str) -> String {
    match told(said) {
        Some(told) if told.starts_with("is missing") => {
            told.replacen("is missing the option", "it requires the option", 1)
        }
        Some(told) if told.starts_with("has no") => told.replacen("has no", "there is no", 1),
        Some(told) => format!("the options: {told}"),
        None => said.to_owned(),
    }
}

/// The names in ``expected `a` or `b` `` or ``expected one of `a`, `b`, `c` ``, as a list.
fn listed(known: &str) -> String {
    known.split('`').skip(1).step_by(2).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Describes a value that serde found.
fn value(found: &str) -> String {
    match found {
        "sequence" => "an array".to_owned(),
        "map" => "a table".to_owned(),
        "unit value" | "Option value" | "null" => "null".to_owned(),
        _ => match found.split_once(' ') {
            Some(("string", text)) => format!("the string {text}"),
            _ => found.find('`').map_or(found, |at| &found[at..]).to_owned(),
        },
    }
}

/// Describes a type that serde expected.
fn kind(wanted: &str) -> String {
    let most = |bits: u32| format!("a whole number from 0 to {}", u64::MAX >> (64 - bits));
    let between = |bits: u32| {
        let end = 1_u64 << (bits - 1);
        format!("a whole number from -{end} to {}", end - 1)
    };
    match wanted {
        "u8" => most(8),
        "u16" => most(16),
        "u32" => most(32),
        "u64" | "usize" | "u128" => "a whole number of at least 0".to_owned(),
        "i8" => between(8),
        "i16" => between(16),
        "i32" => between(32),
        "i64" | "isize" | "i128" => "a whole number".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        "a boolean" => "`true` or `false`".to_owned(),
        "a sequence" => "an array".to_owned(),
        "a map" => "a table".to_owned(),
        "string or map" => "one of its choices: a string, or a table with one key".to_owned(),
        "a character" => "a single character".to_owned(),
        _ if wanted.starts_with("struct ") => "a table".to_owned(),
        _ if wanted.starts_with("a nonzero u") => "a whole number above 0".to_owned(),
        _ if wanted.starts_with("a nonzero i") => "a whole number that is not 0".to_owned(),
        _ => match wanted.rsplit_once(' ') {
            Some((before, size)) if before.ends_with(" of size") || before.ends_with(" of length") => {
                format!("an array of {size} items")
            }
            _ => wanted.to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde::de::DeserializeOwned;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "kebab-case")]
    #[expect(dead_code, reason = "read by serde alone")]
    enum Unit {
        Words,
        Lines { most: u8 },
    }

    fn said<T: DeserializeOwned + std::fmt::Debug>(json: &str) -> String {
        let error = serde_json::from_str::<T>(json).unwrap_err().to_string();
        plain(error.rsplit_once(" at line").map_or(&error, |(said, _)| said), false)
    }

    #[test]
    fn types_are_told_in_plain_words() {
        assert_eq!(said::<u64>("2.5"), "must be a whole number of at least 0, but it is `2.5`");
        assert_eq!(said::<u64>("-1"), "must be a whole number of at least 0, but it is `-1`");
        assert_eq!(said::<u8>("300"), "must be a whole number from 0 to 255, but it is `300`");
        assert_eq!(said::<i16>("40000"), "must be a whole number from -32768 to 32767, but it is `40000`");
        assert_eq!(said::<std::num::NonZeroU32>("0"), "must be a whole number above 0, but it is `0`");
        assert_eq!(
            said::<f64>("\"a, expected b\""),
            "must be a number, but it is the string \"a, expected b\""
        );
        assert_eq!(said::<bool>("[]"), "must be `true` or `false`, but it is an array");
        assert_eq!(said::<String>("{}"), "must be a string, but it is a table");
        assert_eq!(said::<Vec<u8>>("null"), "must be an array, but it is null");
        assert_eq!(said::<[u8; 2]>("[1]"), "must be an array of 2 items, but it has 1");
        assert_eq!(said::<(u8, u8)>("[1]"), "must be an array of 2 items, but it has 1");
        assert_eq!(said::<std::collections::BTreeMap<String, u8>>("1"), "must be a table, but it is `1`");
        assert_eq!(said::<char>("\"ab\""), "must be a single character, but it is the string \"ab\"");
    }

    #[test]
    fn choices_are_told_in_plain_words() {
        assert_eq!(said::<Unit>("\"word\""), "cannot be `word`; it is one of `words`, `lines`");
        assert_eq!(said::<Unit>(r#"{"lines": {"mos": 1}}"#), "has no option `mos`; there are `most`");
        assert_eq!(said::<Unit>(r#"{"lines": {}}"#), "is missing the option `most`");
        assert_eq!(alone("missing field `a`"), "it requires the option `a`");
        assert_eq!(alone("unknown field `a`, there are no fields"), "there is no option `a`; it has none");
        assert_eq!(plain("something else", true), "does not fit: something else");
        assert_eq!(alone("something else"), "something else");
        let item = plain("invalid type: integer `1`, expected a string", true);
        assert_eq!(item, "has an item that must be a string, but it is `1`");
    }
}
