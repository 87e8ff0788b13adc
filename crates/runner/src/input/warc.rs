//! WARC and WET: responses, resources and conversions that contain text are documents; other records are
//! passed over.

use super::http::{BodyError, response};
use super::parsed::{Parsed, Row, Span, Text};
use super::parser::Context;
use super::record::{Failure, Limit};
use super::warc_cutter::{Record, Records, field};
use serde_json::Value;
use std::borrow::Cow;

/// Parses the records of a block.
pub(super) fn parse(context: &Context<'_>, records: Records, out: &mut Parsed) {
    let Records { block, records } = records;
    let buffer = out.buffers.len();
    for record in &records {
        let place = |rule, note| {
            let offset = block.offset + record.header.start as u64;
            Failure::of_record(context.file, record.number, offset, rule, note)
        };
        match content(context, record, &block.bytes) {
            Ok(None) => out.skipped += 1,
            Err((rule, note)) => out.fail(place(rule, note)),
            Ok(Some(content)) => {
                let header = block.bytes.get(record.header.clone()).unwrap_or_default();
                let text = match content.text {
                    Cow::Borrowed(bytes) => {
                        // Only the end of the body is ever borrowed.
                        let span = Span { start: record.body.end - bytes.len(), end: record.body.end };
                        Text { buffer, span, escaped: false }
                    }
                    Cow::Owned(bytes) => out.own(&bytes),
                };
                let row = row(context, record.number, header, &content.status, content.kind, text, out);
                let values = vec![Value::Null; out.shape.columns.len()];
                out.push(row, values, |note| place("wrong-type", note));
            }
        }
    }
    out.buffers.push(block.bytes);
}

/// The content of a record that is a document.
struct Content<'a> {
    status: Option<u16>,
    /// The `Content-Type` field of the content.
    kind: Option<&'a str>,
    text: Cow<'a, [u8]>,
}

type Problem = (&'static str, String);

fn content<'a>(
    context: &Context<'_>,
    record: &Record,
    block: &'a [u8],
) -> Result<Option<Content<'a>>, Problem> {
    let most = context.input.max_document_bytes;
    let header = block.get(record.header.clone()).unwrap_or_default();
    let body = block.get(record.body.clone()).unwrap_or_default();
    let kind = field(header, "content-type");
    let is_document = match field(header, "warc-type").map(str::to_ascii_lowercase).as_deref() {
        Some("resource" | "conversion") => is_text(kind, body),
        Some("response") => kind.is_some_and(|kind| media_type(kind) == "application/http"),
        Some(_) => false,
        None => return Err(("bad-warc", "the record does not say its `WARC-Type`".into())),
    };
    if !is_document {
        return Ok(None);
    }
    let large = |size| Limit::of(context.input).too_large(&format!("record {}", record.number), size);
    let is_response = field(header, "warc-type").is_some_and(|kind| kind.eq_ignore_ascii_case("response"));
    if !is_response {
        return match record.size {
            Some(size) => Err(large(size)),
            None => Ok(Some(Content { status: None, kind, text: Cow::Borrowed(body) })),
        };
    }
    let response = response(body).map_err(|note| ("bad-http", note))?;
    if !(200..300).contains(&response.status) || !is_text(response.content_type, response.sent()) {
        return Ok(None);
    }
    if let Some(size) = record.size {
        return Err(large(size));
    }
    match response.body(most) {
        Ok(text) => Ok(Some(Content { status: Some(response.status), kind: response.content_type, text })),
        Err(BodyError::Broken(note)) => Err(("bad-http", note)),
        Err(BodyError::TooLarge) => {
            let note = format!(
                "record {} has a body that unpacks to more than `max-document-bytes`, which is {most}",
                record.number
            );
            Err(("too-large", note))
        }
    }
}

/// The media type in the value of a `Content-Type` field.
fn media_type(field: &str) -> String {
    field.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Whether content is text: by its media type or, without one, by whether it begins with `<`.
fn is_text(kind: Option<&str>, bytes: &[u8]) -> bool {
    match kind.map(media_type).as_deref() {
        Some("application/xhtml+xml" | "application/xml") => true,
        Some(kind) if !kind.is_empty() => kind.starts_with("text/"),
        _ => bytes.trim_ascii_start().starts_with(b"<"),
    }
}

fn row(
    context: &Context<'_>,
    number: u64,
    header: &[u8],
    status: &Option<u16>,
    kind: Option<&str>,
    text: Text,
    out: &mut Parsed,
) -> Row {
    let bare = |value: &'_ str| -> String {
        value.strip_prefix('<').and_then(|v| v.strip_suffix('>')).unwrap_or(value).to_owned()
    };
    let url = field(header, "warc-target-uri").map(bare);
    let members = [
        ("url", url.as_deref().map(Value::from)),
        ("date", field(header, "warc-date").map(Value::from)),
        ("status", status.map(Value::from)),
        ("content_type", kind.map(Value::from)),
        ("language", field(header, "warc-identified-content-language").map(Value::from)),
    ];
    let known = members.into_iter().filter_map(|(name, value)| Some(format!("\"{name}\":{}", value?)));
    let carried = out.say(&known.collect::<Vec<_>>().join(","));
    let id = field(header, "warc-record-id").map(bare);
    let id = id.map(|id| id.strip_prefix("urn:uuid:").unwrap_or(&id).to_owned());
    let id = id.filter(|id| !id.is_empty()).unwrap_or_else(|| context.file.id_of(number));
    let media_type = match (context.media_type, kind.map(media_type)) {
        (Some(span), _) => Some(span),
        (None, Some(kind)) if !kind.is_empty() && kind != "text/plain" => Some(out.say(&kind)),
        _ => None,
    };
    let source = url.filter(|url| !url.is_empty()).map_or(context.source, |url| out.say(&url));
    Row { id: out.say(&id), source, media_type, carried, text, surrogates: 0 }
}

#[cfg(test)]
mod tests {
    use crate::config::Input;
    use crate::input::tests::{Folder, gzip, resumes};

    pub fn record(kind: &str, fields: &str, body: &[u8]) -> Vec<u8> {
        let length = body.len();
        let head = format!("WARC/1.0\r\nWARC-Type: {kind}\r\n{fields}Content-Length: {length}\r\n\r\n");
        [head.as_bytes(), body, b"\r\n\r\n"].concat()
    }

    fn page(id: u32, head: &str, body: &[u8]) -> Vec<u8> {
        let fields = format!(
            "WARC-Record-ID: <urn:uuid:{id}>\r\nWARC-Target-URI: <http://x/{id}>\r\nWARC-Date: 2024-05-01T00:00:00Z\r\n\
             Content-Type: application/http; msgtype=response\r\n"
        );
        record("response", &fields, &[head.as_bytes(), b"\r\n\r\n", body].concat())
    }

    fn html(id: u32, body: &[u8]) -> Vec<u8> {
        page(id, "HTTP/1.1 200 OK\r\nContent-Type: text/HTML; charset=latin1", body)
    }

    fn records() -> Vec<Vec<u8>> {
        let text = "Content-Type: text/plain\r\nwarc-identified-content-language: eng,deu\r\n";
        vec![
            record("warcinfo", "", b"software: x"),
            html(1, b"<p>caf\xe9"),
            record("request", "", b"GET /"),
            page(2, "HTTP/1.1 404 Not Found\r\nContent-Type: text/html", b"gone"),
            page(3, "HTTP/1.1 200 OK\r\nContent-Type: image/png", &[b'x'; 999]),
            page(4, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip", &gzip(b"packed")),
            page(5, "nonsense", b"x"),
            record("conversion", text, b"a text\nWARC of lines"),
            html(6, &[b'y'; 999]),
            html(7, b"last"),
        ]
    }

    #[test]
    fn pages_are_documents() {
        let plain = records().concat();
        let members: Vec<u8> = records().iter().flat_map(|record| gzip(record)).collect();
        let input = Input { max_document_bytes: 500, ..Input::default() };
        let folder = Folder::new(&[("a.warc", &plain)]);
        let read = folder.documents(&input);
        insta::assert_snapshot!(read.join("\n"));
        resumes(&folder, &input);
        let packed = Folder::new(&[("a.warc", &members[..0]), ("b.wet.gz", &members)]);
        let renamed = |lines: Vec<String>| lines.join("\n").replace("b.wet.gz#", "a.warc#");
        assert_eq!(renamed(packed.documents(&input)), read.join("\n"));
    }

    /// A broken record gives one failure with its offset; the next record is found by its first line.
    #[test]
    fn broken_records_cost_themselves_alone() {
        let swap = |record: Vec<u8>, from: &str, to: &str| {
            String::from_utf8(record).unwrap().replace(from, to).into_bytes()
        };
        let length = |bytes: &[u8]| bytes.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
        let short = html(2, b"too short a length");
        let at = length(&short);
        let digits = String::from_utf8(short[at - 2..at].to_vec()).unwrap();
        let parts = [
            html(1, b"one"),
            swap(short.clone(), &format!("Length: {digits}"), "Length: 60"),
            html(3, b"three"),
            swap(short.clone(), &format!("Length: {digits}"), "Length: 200"),
            html(4, b"four"),
            swap(short.clone(), "Content-Length", "Content-Size"),
            swap(short.clone(), &format!("Length: {digits}"), "Length: 99999"),
            b"garbage\r\n\r\n".to_vec(),
            html(5, b"five"),
            swap(short, &format!("Length: {digits}"), "Length: 9999"),
        ];
        let folder = Folder::new(&[("a.warc", &parts.concat())]);
        let input = Input { max_document_bytes: 20_000, ..Input::default() };
        insta::assert_snapshot!(folder.documents(&input).join("\n"));
    }

    #[test]
    fn a_crawl_that_breaks_off_keeps_its_records() {
        let mut packed: Vec<u8> = [html(1, b"one"), html(2, b"two")].iter().flat_map(|r| gzip(r)).collect();
        packed.extend(&gzip(&html(3, b"three"))[..40]);
        let folder = Folder::new(&[("a.warc.gz", &packed)]);
        let read = folder.documents(&Input::default());
        assert_eq!(read.len(), 3);
        let offset = html(1, b"one").len() + html(2, b"two").len();
        assert!(read[2].starts_with(&format!("a.warc.gz#3 @{offset} broken-file")), "{}", read[2]);
    }
}
