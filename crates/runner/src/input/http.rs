//! HTTP responses as crawlers store them: status, media type, and the decoded body.

use super::warc_cutter::{field, header_end};
use std::borrow::Cow;
use std::io::Read;

/// The head of a response, and its body as it was sent.
pub struct Response<'a> {
    /// The status code, such as 200.
    pub status: u16,
    /// The field `Content-Type`.
    pub content_type: Option<&'a str>,
    head: &'a [u8],
    sent: &'a [u8],
}

/// Why a body cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub enum BodyError {
    /// Its encoding is broken or unknown.
    Broken(String),
    /// It exceeds the size limit.
    TooLarge,
}

/// Parses the head of a response.
///
/// # Errors
/// A sentence that says what is wrong with it.
pub fn response(bytes: &[u8]) -> Result<Response<'_>, String> {
    if !bytes.starts_with(b"HTTP/") {
        return Err("the response has no status line".into());
    }
    let end = header_end(bytes).ok_or("the head of the response does not end")?;
    let (head, sent) = bytes.split_at(end);
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let word = line.split(|byte| *byte == b' ').filter(|word| !word.is_empty()).nth(1);
    let word = word.and_then(|word| std::str::from_utf8(word.trim_ascii()).ok());
    let status = word.and_then(|word| word.parse().ok()).ok_or("the status line has no status")?;
    Ok(Response { status, content_type: field(head, "content-type"), head, sent })
}

impl<'a> Response<'a> {
    /// The body as it was sent.
    pub fn sent(&self) -> &'a [u8] {
        self.sent
    }

    /// The body with its transfer and content encodings decoded, at most `most` bytes. Crawlers may decode
    /// a body without saying so; encodings that the body does not have are ignored.
    ///
    /// # Errors
    /// If the body is broken or too large.
    pub fn body(&self, most: usize) -> Result<Cow<'a, [u8]>, BodyError> {
        let mut body = Cow::Borrowed(self.sent);
        for name in ["transfer-encoding", "content-encoding"] {
            let value = field(self.head, name).unwrap_or_default().to_ascii_lowercase();
            for encoding in value.split(',').rev().map(str::trim) {
                if let Some(undone) = undo(encoding, &body, most)? {
                    body = Cow::Owned(undone);
                }
            }
        }
        if body.len() > most { Err(BodyError::TooLarge) } else { Ok(body) }
    }
}

/// Decodes one encoding. `None` if the body does not have it.
fn undo(encoding: &str, body: &[u8], most: usize) -> Result<Option<Vec<u8>>, BodyError> {
    let zlib = |bytes: &[u8]| matches!(bytes, [a, b, ..] if a & 15 == 8 && (u16::from(*a) << 8 | u16::from(*b)) % 31 == 0);
    match encoding {
        "" | "identity" => Ok(None),
        "chunked" => unchunk(body),
        "gzip" | "x-gzip" if !body.starts_with(&[0x1f, 0x8b]) => Ok(None),
        "gzip" | "x-gzip" => read(encoding, flate2::read::MultiGzDecoder::new(body), most),
        "deflate" if zlib(body) => read(encoding, flate2::read::ZlibDecoder::new(body), most),
        "deflate" => read(encoding, flate2::read::DeflateDecoder::new(body), most),
        "br" => read(encoding, brotli_decompressor::Decompressor::new(body, 1 << 12), most),
        "zstd" => {
            let decoder = zstd::stream::read::Decoder::with_buffer(body);
            read(encoding, decoder.map_err(|e| BodyError::Broken(e.to_string()))?, most)
        }
        other => Err(BodyError::Broken(format!("the content encoding `{other}` is not known"))),
    }
}

fn read(encoding: &str, decoder: impl Read, most: usize) -> Result<Option<Vec<u8>>, BodyError> {
    let mut out = Vec::new();
    decoder
        .take((most as u64).saturating_add(1))
        .read_to_end(&mut out)
        .map_err(|error| BodyError::Broken(format!("the body is not whole {encoding}: {error}")))?;
    if out.len() > most { Err(BodyError::TooLarge) } else { Ok(Some(out)) }
}

/// Joins the chunks of a chunked body. `None` if the body does not begin with a chunk.
fn unchunk(body: &[u8]) -> Result<Option<Vec<u8>>, BodyError> {
    let broken = || BodyError::Broken("the chunks of the body are broken".into());
    let (mut out, mut rest) = (Vec::new(), body);
    loop {
        let line = memchr::memchr(b'\n', rest).map(|end| rest.split_at(end + 1));
        let size = line.and_then(|(line, _)| {
            let digits = line.split(|byte| *byte == b';').next()?.trim_ascii();
            usize::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
        });
        let (Some((_, after)), Some(size)) = (line, size) else {
            return if rest.len() == body.len() { Ok(None) } else { Err(broken()) };
        };
        if size == 0 {
            return Ok(Some(out));
        }
        let (chunk, after) = after.split_at_checked(size).ok_or_else(broken)?;
        out.extend_from_slice(chunk);
        rest = after.strip_prefix(b"\r\n").or_else(|| after.strip_prefix(b"\n")).ok_or_else(broken)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::tests::gzip;

    fn body(head: &str, sent: &[u8]) -> Result<Vec<u8>, BodyError> {
        let bytes = [format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n").as_bytes(), sent].concat();
        response(&bytes).unwrap().body(20).map(Cow::into_owned)
    }

    #[test]
    fn encodings_are_undone() {
        let chunks = |bytes: &[u8]| {
            [format!("{:x};x=1\r\n", bytes.len()).as_bytes(), bytes, b"\r\n0\r\n\r\n"].concat()
        };
        assert_eq!(body("A: b", b"one").unwrap(), b"one");
        assert_eq!(body("transfer-encoding: Chunked", &chunks(b"one")).unwrap(), b"one");
        let both = "Transfer-Encoding: chunked\r\nContent-Encoding: gzip";
        assert_eq!(body(both, &chunks(&gzip(b"one"))).unwrap(), b"one");
        assert_eq!(body(both, b"undone already").unwrap(), b"undone already");
        assert_eq!(body("Content-Encoding: gzip", &gzip(&[0; 1000])), Err(BodyError::TooLarge));
        assert!(matches!(body("Content-Encoding: gzip", &gzip(b"one")[..15]), Err(BodyError::Broken(_))));
        assert!(matches!(body("Transfer-Encoding: chunked", b"5\r\nab"), Err(BodyError::Broken(_))));
        assert!(matches!(body("Content-Encoding: rot13", b"one"), Err(BodyError::Broken(_))));
    }

    #[test]
    fn heads_are_read() {
        let bytes = b"HTTP/2 404 \ncontent-type:text/html\n\nx";
        let read = response(bytes).unwrap();
        assert_eq!((read.status, read.content_type, read.sent()), (404, Some("text/html"), &b"x"[..]));
        for wrong in ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\n\r\n"] {
            assert!(response(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
