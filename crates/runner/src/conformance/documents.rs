//! Generated documents: texts of many kinds from a seed, with a value in every column that an operator reads.

use super::texts::{HOSTILE, LINES, ODD, SENTENCES};
use arrow_schema::DataType;
use serde_json::{Map, Value, json};
use textmill_core::column::{ID, MEDIA_TYPE, ORDINAL, RAW, SOURCE, TEXT, parse_type};
use textmill_plugin::descriptor::{OperatorDescriptor, Read};
use textmill_plugin::harness::{Case, Document, Random};

/// Generates texts from a seed. Some are empty, some repeat another text, and some differ from another by a
/// word.
pub fn texts(seed: u64, count: usize) -> Vec<String> {
    let mut random = Random::seeded(seed);
    let mut texts: Vec<String> = Vec::with_capacity(count);
    while texts.len() < count {
        let earlier = random.pick(&texts).cloned();
        texts.push(match (random.below(12), earlier) {
            (0, _) => String::new(),
            (1, _) => " \n\t\n ".to_owned(),
            (2, Some(earlier)) => earlier,
            (3, Some(earlier)) => earlier.replacen("the", "that", 1),
            (4, Some(earlier)) => format!("{earlier}\n\n{}", paragraph(&mut random)),
            _ => page(&mut random),
        });
    }
    texts
}

/// A page: a few paragraphs, mostly in one language each, with other lines around them.
fn page(random: &mut Random) -> String {
    let mut page = String::new();
    let line = |page: &mut String, text: &str, random: &mut Random| {
        page.push_str(text);
        page.push_str(if random.once_in(3) { "\n\n" } else { "\n" });
    };
    for _ in 0..random.below(4) {
        let text = random.pick(&LINES).copied().unwrap_or_default();
        line(&mut page, text, random);
    }
    for _ in 0..random.within(1..5) {
        let text = match random.once_in(6) {
            true => random.pick(&ODD).copied().unwrap_or_default().to_owned(),
            false => paragraph(random),
        };
        line(&mut page, &text, random);
    }
    for _ in 0..random.below(4) {
        let text = random.pick(&LINES).copied().unwrap_or_default();
        line(&mut page, text, random);
    }
    page
}

fn paragraph(random: &mut Random) -> String {
    // English is more frequent than the others, because most rules are about it.
    let language = if random.once_in(2) { 0 } else { random.below(SENTENCES.len()) };
    let mut sentences = Vec::new();
    for _ in 0..random.within(1..5) {
        sentences.extend(random.pick(SENTENCES[language]).copied());
    }
    sentences.join(" ")
}

/// A case with these texts for an operator, with values in every column that it reads.
pub fn case(operator: &OperatorDescriptor, options: &Value, seed: u64, texts: &[String]) -> Case {
    let document = |(n, text): (usize, &String)| Document {
        id: format!("d{n}"),
        bytes: text.as_bytes().to_vec(),
        columns: Map::new(),
    };
    let mut case = Case { documents: texts.iter().enumerate().map(document).collect(), ..Case::of("") };
    case.options = options.clone();
    fill(&mut case, operator, seed);
    case
}

/// The hostile texts as a case. Each document is named after what is wrong with it.
pub fn hostile(operator: &OperatorDescriptor, options: &Value, seed: u64) -> Case {
    let texts: Vec<String> = HOSTILE.iter().map(|(_, text)| (*text).to_owned()).collect();
    let mut case = case(operator, options, seed, &texts);
    for (document, (name, _)) in case.documents.iter_mut().zip(HOSTILE) {
        document.id = name.to_owned();
    }
    // Operators that read `raw` see bytes that are not UTF-8; all others see lossy text.
    let broken: [(&str, &[u8]); 3] = [
        ("not-utf-8", b"\xff\xfe\x00a\xc3"),
        ("latin-1", b"caf\xe9 na\xefve"),
        ("half-a-character", b"\xf0\x9f\x98"),
    ];
    case.documents.extend(broken.map(|(name, bytes)| Document {
        id: name.to_owned(),
        bytes: bytes.to_vec(),
        columns: Map::new(),
    }));
    fill(&mut case, operator, seed);
    case
}

/// Fills every column that the operator reads and that no document has.
pub fn fill(case: &mut Case, operator: &OperatorDescriptor, seed: u64) {
    for read in &operator.reads {
        let Some(column) = column_of(read, operator, &case.options) else { continue };
        if [ID, SOURCE, TEXT, RAW, ORDINAL].contains(&column.as_str()) {
            continue;
        }
        let kind = read.kind.as_deref().and_then(|words| parse_type(words).ok()).unwrap_or(DataType::Utf8);
        let mut random = Random::seeded(seed ^ column.bytes().fold(0, |sum, b| sum * 31 + u64::from(b)));
        let given = case.documents.iter().any(|d| d.columns.contains_key(&column));
        if given {
            continue;
        }
        for document in &mut case.documents {
            let value = if random.once_in(6) { Value::Null } else { value(&kind, &column, &mut random) };
            document.columns.insert(column.clone(), value);
        }
        case.columns.entry(column).or_insert(kind);
    }
}

/// The column that a read of an operator refers to.
pub fn column_of(read: &Read, operator: &OperatorDescriptor, options: &Value) -> Option<String> {
    if let Some(column) = &read.column {
        return Some(column.clone());
    }
    let option = read.option.as_deref()?;
    let default = || operator.options.pointer(&format!("/properties/{option}/default"));
    Some(options.get(option).or_else(default)?.as_str()?.to_owned())
}

/// A value of this type that suits the name of its column.
fn value(kind: &DataType, column: &str, random: &mut Random) -> Value {
    match kind {
        DataType::Boolean => random.once_in(2).into(),
        DataType::Null => Value::Null,
        kind if kind.is_unsigned_integer() => random.below(120).into(),
        kind if kind.is_signed_integer() => (random.below(240) as i64 - 120).into(),
        kind if kind.is_floating() => json!(random.below(1000) as f64 / 8.0),
        DataType::Binary | DataType::LargeBinary => "00ff7f".into(),
        DataType::FixedSizeBinary(bytes) => "5a".repeat(usize::try_from(*bytes).unwrap_or(0)).into(),
        DataType::List(item) | DataType::LargeList(item) => {
            (0..random.below(4)).map(|_| value(item.data_type(), column, random)).collect()
        }
        DataType::Struct(fields) => {
            let member = |field: &arrow_schema::FieldRef| {
                (field.name().clone(), value(field.data_type(), field.name(), random))
            };
            Value::Object(fields.iter().map(member).collect())
        }
        _ => string(column, random).into(),
    }
}

fn string(column: &str, random: &mut Random) -> &'static str {
    let has = |words: &[&str]| words.iter().any(|word| column.contains(word));
    let choices: &[&str] = if column == MEDIA_TYPE {
        &["text/html", "text/plain", "text/markdown"]
    } else if has(&["date", "published", "updated", "time"]) {
        &["2031-05-03T07:30:00+02:00", "2031-05-03", "2031-05", "2031", "soon", ""]
    } else if has(&["url", "link", "href"]) {
        &["https://www.coast-courier.example/ferry?x=1", "http://WIRE.example:8080/a", "not a url", ""]
    } else if has(&["lang"]) {
        &["en", "de", "fr", "zh", "und", ""]
    } else {
        &["Velmara", "The ferry leaves late", "Ada Lind", "東京", "", " ", "0", "a,b;c"]
    };
    random.pick(choices).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The seed is part of the command that reproduces a failure, so it must always give the same documents.
    #[test]
    fn a_seed_gives_its_texts_again() {
        assert_eq!(texts(7, 40), texts(7, 40));
        assert_ne!(texts(7, 40), texts(8, 40));
        let all = texts(1, 60);
        assert!(all.iter().any(String::is_empty));
        assert!(all.iter().any(|text| text.contains("Velmara")));
        assert!(all.iter().any(|text| !text.is_ascii()));
        let mut sorted = all.clone();
        sorted.sort();
        sorted.dedup();
        assert!(sorted.len() < all.len(), "no text repeats another");
    }
}
