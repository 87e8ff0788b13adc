//! A local server that speaks as much of S3 as the tests need, and plain HTTP. It checks no signatures, and
//! fails as the path asks it to.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// Objects per page of a listing.
const PAGE: usize = 3;

#[derive(Default)]
struct State {
    /// Keyed by `/bucket/key`.
    objects: BTreeMap<String, Vec<u8>>,
    parts: BTreeMap<u32, Vec<u8>>,
    /// Method and target of each request.
    requests: Vec<String>,
}

/// The server. A path with `forbidden` gives 403; one with `busy` gives 503 at first. `cut` breaks off the
/// first answers in the middle. `changes` breaks off every answer, and is another object from the second
/// request on. `whole` serves no ranges, and `signed` answers no HEAD requests.
#[derive(Clone)]
pub struct Store {
    pub url: String,
    state: Arc<Mutex<State>>,
}

struct Request {
    method: String,
    path: String,
    query: BTreeMap<String, String>,
    range: Option<String>,
    body: Vec<u8>,
}

struct Answer {
    status: &'static str,
    headers: String,
    body: Vec<u8>,
    /// Bytes of the body that are sent before the connection ends.
    sent: usize,
}

impl Answer {
    fn new(status: &'static str, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        Self { status, headers: String::new(), sent: body.len(), body }
    }

    fn error(status: &'static str, code: &str) -> Self {
        Self::new(status, format!("<Error><Code>{code}</Code></Error>"))
    }
}

impl Store {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let store = Self { url, state: Arc::default() };
        let server = store.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let server = server.clone();
                std::thread::spawn(move || server.serve(stream));
            }
        });
        store
    }

    pub fn put(&self, path: &str, content: impl Into<Vec<u8>>) {
        self.state.lock().unwrap().objects.insert(path.to_owned(), content.into());
    }

    pub fn get(&self, path: &str) -> Option<Vec<u8>> {
        self.state.lock().unwrap().objects.get(path).cloned()
    }

    pub fn paths(&self, prefix: &str) -> Vec<String> {
        let state = self.state.lock().unwrap();
        state.objects.keys().filter(|path| path.starts_with(prefix)).cloned().collect()
    }

    pub fn requests(&self) -> Vec<String> {
        self.state.lock().unwrap().requests.clone()
    }

    fn serve(&self, stream: TcpStream) {
        let mut reader = BufReader::new(&stream);
        let Some(request) = read(&mut reader) else { return };
        let answer = self.answer(&request);
        let head = format!(
            "HTTP/1.1 {}\r\nContent-Length: {}\r\nConnection: close\r\n{}\r\n",
            answer.status,
            answer.body.len(),
            answer.headers
        );
        let body: &[u8] = if request.method == "HEAD" { &[] } else { &answer.body[..answer.sent] };
        let _ = (&stream).write_all(head.as_bytes()).and_then(|()| (&stream).write_all(body));
    }

    fn answer(&self, request: &Request) -> Answer {
        let Request { method, path, query, body, .. } = request;
        let mut state = self.state.lock().unwrap();
        let line = format!("{method} {path}");
        let before = state.requests.iter().filter(|other| **other == line).count();
        state.requests.push(line);
        if path.contains("forbidden") {
            return Answer::error("403 Forbidden", "AccessDenied");
        }
        if path.contains("busy") && before == 0 {
            return Answer::error("503 Slow Down", "SlowDown");
        }
        let has = |name: &str| query.contains_key(name);
        match method.as_str() {
            "GET" if has("list-type") => list(&state, path, query),
            "HEAD" if path.contains("signed") => Answer::error("403 Forbidden", "AccessDenied"),
            "GET" | "HEAD" => object(&state, request, before),
            "POST" if has("uploads") => {
                state.parts.clear();
                let id =
                    "<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>";
                Answer::new("200 OK", id)
            }
            "POST" if has("uploadId") => {
                let whole = std::mem::take(&mut state.parts).into_values().flatten().collect();
                state.objects.insert(path.clone(), whole);
                Answer::new(
                    "200 OK",
                    "<CompleteMultipartUploadResult><ETag>\"1\"</ETag></CompleteMultipartUploadResult>",
                )
            }
            "POST" if has("delete") => {
                let text = String::from_utf8_lossy(body);
                let keys = text.split("<Key>").skip(1).filter_map(|tail| tail.split("</Key>").next());
                let mut xml = String::from("<DeleteResult>");
                for key in keys {
                    state.objects.remove(&format!("{path}/{key}"));
                    xml += &format!("<Deleted><Key>{key}</Key></Deleted>");
                }
                Answer::new("200 OK", xml + "</DeleteResult>")
            }
            "PUT" => {
                if let Some(number) = query.get("partNumber").and_then(|n| n.parse().ok()) {
                    state.parts.insert(number, body.clone());
                } else {
                    state.objects.insert(path.clone(), body.clone());
                }
                Answer { headers: format!("ETag: {}\r\n", tag(body)), ..Answer::new("200 OK", "") }
            }
            _ => Answer::error("405 Method Not Allowed", "MethodNotAllowed"),
        }
    }
}

fn object(state: &State, request: &Request, before: usize) -> Answer {
    let path = &request.path;
    let Some(content) = state.objects.get(path) else {
        return Answer::error("404 Not Found", "NoSuchKey");
    };
    let changed = path.contains("changes") && before > 0;
    let etag = if changed { "\"another\"".to_owned() } else { tag(content) };
    let mut headers = format!("ETag: {etag}\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
    let range = request.range.as_ref().filter(|_| !path.contains("whole"));
    let mut answer = match range.and_then(|range| range.strip_prefix("bytes=")?.split_once('-')) {
        Some((start, end)) => {
            let start: usize = start.parse().expect("ranges have a start here");
            let end = end.parse::<usize>().map_or(content.len(), |last| (last + 1).min(content.len()));
            if start >= content.len() {
                return Answer::error("416 Range Not Satisfiable", "InvalidRange");
            }
            headers += &format!("Content-Range: bytes {start}-{}/{}\r\n", end - 1, content.len());
            Answer::new("206 Partial Content", &content[start..end])
        }
        None => Answer::new("200 OK", content.clone()),
    };
    answer.headers = headers;
    let broken = path.contains("cut") && before < 12 || path.contains("changes");
    if broken && request.method == "GET" {
        answer.sent = answer.body.len() / 2;
    }
    answer
}

fn list(state: &State, path: &str, query: &BTreeMap<String, String>) -> Answer {
    let bucket = format!("{}/", path.trim_end_matches('/'));
    let prefix = query.get("prefix").cloned().unwrap_or_default();
    let after = query.get("continuation-token").cloned().unwrap_or_default();
    let keys =
        state.objects.iter().filter_map(|(path, content)| Some((path.strip_prefix(&bucket)?, content)));
    let mut keys: Vec<_> = keys.filter(|(key, _)| key.starts_with(&prefix) && **key > *after).collect();
    let more = keys.len() > PAGE;
    keys.truncate(PAGE);
    let mut xml = String::from("<ListBucketResult>");
    for (key, content) in &keys {
        let (key, tag, size) = (key.replace('&', "&amp;"), tag(content), content.len());
        xml += &format!("<Contents><Key>{key}</Key><LastModified>1994-11-06T08:49:37.000Z</LastModified>");
        xml += &format!("<ETag>{tag}</ETag><Size>{size}</Size></Contents>");
    }
    if let Some((last, _)) = keys.last().filter(|_| more) {
        let last = last.replace('&', "&amp;");
        xml += &format!("<NextContinuationToken>{last}</NextContinuationToken>");
    }
    Answer::new("200 OK", xml + "</ListBucketResult>")
}

fn tag(content: &[u8]) -> String {
    let sum = content.iter().fold(7u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(*byte)));
    format!("\"{sum:x}\"")
}

fn read(reader: &mut BufReader<&TcpStream>) -> Option<Request> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let (mut length, mut range) = (0, None);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().ok()?,
            "range" => range = Some(value.to_owned()),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let query = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let query = query.map(|(name, value)| (decode(name), decode(value))).collect();
    Some(Request { method, path: decode(path), query, range, body })
}

/// Decodes percent-encoding.
fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let code = tail.get(..2).filter(|_| *first == b'%').and_then(|code| std::str::from_utf8(code).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).expect("the tests' names are UTF-8")
}
