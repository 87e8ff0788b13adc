//! Names of the columns that the host gives a meaning to, and names of column types.

use arrow_schema::{DataType, Field, Fields};
use std::fmt::Write as _;
use std::sync::Arc;

/// Unique, stable name of a document (`large_utf8`).
pub const ID: &str = "id";
/// Where a document came from: path or URL of the file that held it (`large_utf8`).
pub const SOURCE: &str = "source";
/// The text (`large_utf8`).
pub const TEXT: &str = "text";
/// What kind of text it is, such as `text/html`; null if unknown (`utf8`).
pub const MEDIA_TYPE: &str = "media_type";
/// Position in the input order (`uint64`). Hidden: operators may read it, outputs never show it.
pub const ORDINAL: &str = "ordinal";
/// The bytes of a document that is not UTF-8, else null (`large_binary`). Hidden.
pub const RAW: &str = "raw";
/// Row of the input that an output row belongs to (`uint32`); part of an operator's output.
pub const ROW: &str = "row";
/// Fields of the input that no stage asked for, as the text of a JSON object's members. Hidden.
pub const CARRIED: &str = "carried";

/// Columns that every document has and no output shows.
pub const HIDDEN: [&str; 3] = [ORDINAL, RAW, CARRIED];

/// Names that a pipeline may not give to its own columns.
pub const RESERVED: [&str; 8] = [ID, SOURCE, TEXT, MEDIA_TYPE, ORDINAL, RAW, ROW, CARRIED];

/// A nullable list column type.
pub fn list(item: DataType) -> DataType {
    DataType::List(Arc::new(Field::new("item", item, true)))
}

/// A struct column type with nullable fields.
pub fn structure<const N: usize>(fields: [(&str, DataType); N]) -> DataType {
    let fields = fields.into_iter().map(|(name, kind)| Field::new(name, kind, true));
    DataType::Struct(fields.collect::<Fields>())
}

/// Whether textmill can write a column of this type as JSON.
pub fn is_supported(kind: &DataType) -> bool {
    match kind {
        DataType::List(item) | DataType::LargeList(item) => is_supported(item.data_type()),
        DataType::Struct(fields) => fields.iter().all(|f| is_supported(f.data_type())),
        // Arrow cannot know the length of an array of zero-width values.
        DataType::FixedSizeBinary(size) => *size > 0,
        other => scalar_name(other).is_some(),
    }
}

/// A column type in words, such as `list<struct<name: utf8, count: uint64>>`.
///
/// The three layouts of strings keep their own names: `utf8`, `large_utf8`, `utf8_view`.
pub fn type_name(kind: &DataType) -> String {
    let mut out = String::new();
    write_type(kind, &mut out);
    out
}

fn write_type(kind: &DataType, out: &mut String) {
    match kind {
        DataType::List(item) | DataType::LargeList(item) => {
            out.push_str(if matches!(kind, DataType::List(_)) { "list<" } else { "large_list<" });
            write_type(item.data_type(), out);
            out.push('>');
        }
        DataType::Struct(fields) => {
            out.push_str("struct<");
            for (n, field) in fields.iter().enumerate() {
                let comma = if n == 0 { "" } else { ", " };
                let _ = write!(out, "{comma}{}: ", field.name());
                write_type(field.data_type(), out);
            }
            out.push('>');
        }
        DataType::FixedSizeBinary(size) => {
            let _ = write!(out, "fixed_size_binary[{size}]");
        }
        other => match scalar_name(other) {
            Some(name) => out.push_str(name),
            None => {
                let _ = write!(out, "{other}");
            }
        },
    }
}

const SCALARS: [(&str, DataType); 18] = [
    ("boolean", DataType::Boolean),
    ("int8", DataType::Int8),
    ("int16", DataType::Int16),
    ("int32", DataType::Int32),
    ("int64", DataType::Int64),
    ("uint8", DataType::UInt8),
    ("uint16", DataType::UInt16),
    ("uint32", DataType::UInt32),
    ("uint64", DataType::UInt64),
    ("float32", DataType::Float32),
    ("float64", DataType::Float64),
    ("utf8", DataType::Utf8),
    ("large_utf8", DataType::LargeUtf8),
    ("utf8_view", DataType::Utf8View),
    ("binary", DataType::Binary),
    ("large_binary", DataType::LargeBinary),
    ("binary_view", DataType::BinaryView),
    ("null", DataType::Null),
];

fn scalar_name(kind: &DataType) -> Option<&'static str> {
    if matches!(kind, DataType::FixedSizeBinary(_)) {
        return Some("fixed_size_binary");
    }
    SCALARS.iter().find(|(_, k)| k == kind).map(|(name, _)| *name)
}

/// Parses a column type, the inverse of [`type_name`].
///
/// # Errors
/// A sentence that names the part that is not a type.
pub fn parse_type(words: &str) -> Result<DataType, String> {
    let mut parser = TypeParser { rest: words.trim(), depth: 0 };
    let kind = parser.kind()?;
    let rest = parser.rest.trim();
    if !rest.is_empty() {
        return Err(format!("`{words}` has `{rest}` left over after a column type"));
    }
    Ok(kind)
}

struct TypeParser<'a> {
    rest: &'a str,
    depth: usize,
}

impl<'a> TypeParser<'a> {
    fn kind(&mut self) -> Result<DataType, String> {
        if self.depth > 16 {
            return Err("a column type is nested more than 16 levels deep".into());
        }
        let word = self.word();
        match word {
            "list" | "large_list" => {
                let item = self.inside(Self::kind)?;
                let field = Arc::new(Field::new("item", item, true));
                Ok(if word == "list" { DataType::List(field) } else { DataType::LargeList(field) })
            }
            "fixed_size_binary" => {
                self.expect('[')?;
                let size = self.word();
                let size = size.parse().ok().filter(|n| *n > 0);
                let size = size.ok_or_else(|| format!("`{word}` needs a number of bytes"))?;
                self.expect(']')?;
                Ok(DataType::FixedSizeBinary(size))
            }
            "struct" => Ok(DataType::Struct(self.inside(Self::fields)?)),
            _ => match SCALARS.iter().find(|(name, _)| *name == word) {
                Some((_, kind)) => Ok(kind.clone()),
                None => Err(format!("`{word}` is not a column type")),
            },
        }
    }

    fn fields(&mut self) -> Result<Fields, String> {
        let mut fields = Vec::new();
        loop {
            let name = self.word();
            if name.is_empty() {
                return Err("a struct field has no name".into());
            }
            self.expect(':')?;
            fields.push(Field::new(name, self.kind()?, true));
            if !self.eat(',') {
                return Ok(fields.into());
            }
        }
    }

    fn inside<T>(&mut self, parse: impl Fn(&mut Self) -> Result<T, String>) -> Result<T, String> {
        self.expect('<')?;
        self.depth += 1;
        let inner = parse(self)?;
        self.depth -= 1;
        self.expect('>')?;
        Ok(inner)
    }

    fn word(&mut self) -> &'a str {
        self.rest = self.rest.trim_start();
        let end = self.rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '-');
        let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        word
    }

    fn eat(&mut self, mark: char) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(mark) {
            Some(rest) => {
                self.rest = rest.trim_start();
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, mark: char) -> Result<(), String> {
        if self.eat(mark) {
            return Ok(());
        }
        Err(format!("a column type needs `{mark}` before `{}`", self.rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_survive_words_and_back() {
        for words in
            ["utf8", "list<utf8>", "list<struct<name: utf8, count: uint64>>", "fixed_size_binary[16]"]
        {
            assert_eq!(type_name(&parse_type(words).unwrap()), words);
        }
    }

    #[test]
    fn a_wrong_word_is_named() {
        assert_eq!(parse_type("list<strng>").unwrap_err(), "`strng` is not a column type");
        assert_eq!(parse_type("utf8 x").unwrap_err(), "`utf8 x` has `x` left over after a column type");
        assert!(parse_type(&"list<".repeat(1000)).is_err());
    }
}
