//! Object stores and web servers, against a server in this process. Options come from the environment, so
//! what talks to the server runs in a separate process.

use crate::store::Store;
use crate::support::{Bench, rows, succeeded, textmill};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;
use tempfile::TempDir;
use textmill::remote::{self, FolderState, RemoteError, RemoteFolder};

/// The variable that holds the address of the server.
const SERVER: &str = "TEXTMILL_TEST_STORE";

/// Bytes that differ from place to place.
fn content(length: usize) -> Vec<u8> {
    (0..length).map(|n| (n * 31 + n / 251) as u8).collect()
}

/// This test program again, for some of the tests below.
fn inside(store: &Store, filter: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("the test program has a path"));
    command.args([filter, "--ignored", "--test-threads=8"]);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy().to_ascii_uppercase();
        if text.starts_with("AWS_") || text.ends_with("_PROXY") {
            command.env_remove(name);
        }
    }
    command.env(SERVER, &store.url).env("AWS_ENDPOINT", &store.url).env("AWS_ALLOW_HTTP", "true");
    command
}

fn succeeds(mut command: Command) {
    let output = command.output().expect("the program starts");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(!text.contains("running 0 tests"), "{text}");
}

#[test]
fn a_store_is_read_and_written() {
    let store = Store::start();
    for key in
        ["a.jsonl", "b/c.jsonl", "b/d&e f.txt", "b/.hidden/x.txt", "b/[1].txt", "be.jsonl", "z/1/2.txt"]
    {
        store.put(&format!("/corpus/in/{key}"), key);
    }
    store.put("/corpus/in/b", "");
    for name in ["cut", "changes", "busy", "whole", "signed", "plain", "cut-whole", "changes-web"] {
        store.put(&format!("/corpus/large/{name}.txt"), content(9_000_000));
    }
    store.put("/corpus/large/empty.txt", "");
    let mut command = inside(&store, "remote::inside_");
    command.env("AWS_ACCESS_KEY_ID", "id").env("AWS_SECRET_ACCESS_KEY", "secret");
    succeeds(command);

    // What the tests inside published, in its final state.
    let paths = store.paths("/runs/one");
    assert_eq!(
        paths,
        [
            "/runs/one/documents.jsonl",
            "/runs/one/other/run.json",
            "/runs/one/parts/1.txt",
            "/runs/one/run.json"
        ]
    );
    assert_eq!(store.get("/runs/one/parts/1.txt"), Some(content(20_000_000)));
    assert!(store.get("/runs/one/run.json").unwrap().starts_with(b"{\"textmill\":\"2\""));
    let requests = store.requests();
    let last = |line: &str| requests.iter().rposition(|other| other == line).unwrap();
    assert!(last("PUT /runs/one/documents.jsonl") < last("PUT /runs/one/run.json"));
    assert_eq!(store.paths("/runs/foreign"), ["/runs/foreign/notes.txt"]);
    assert!(store.paths("/runs/gone").is_empty(), "{:?}", store.paths("/runs/gone"));
}

#[test]
fn a_store_without_credentials_is_an_error_that_names_them() {
    let store = Store::start();
    let mut command = inside(&store, "remote::without_credentials");
    command.env("AWS_METADATA_ENDPOINT", closed());
    succeeds(command);
}

/// An address where nobody listens.
fn closed() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// The address of the server, in a process that another test started. `None` elsewhere: there is nothing to
/// do.
fn server() -> Option<String> {
    std::env::var(SERVER).ok()
}

fn names(address: &str) -> Vec<String> {
    let files = remote::list(Path::new(address)).map_err(|error| error.to_string()).unwrap();
    files.into_iter().map(|file| file.name).collect()
}

fn read(address: &str, offset: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    remote::open(Path::new(address), offset)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn error_of(result: std::io::Result<Vec<u8>>) -> RemoteError {
    let error = result.expect_err("it cannot be read");
    error.get_ref().and_then(|inner| inner.downcast_ref::<RemoteError>()).expect("one of ours").clone()
}

#[test]
#[ignore = "run by a test above"]
fn inside_a_listing_is_an_object_a_prefix_or_a_glob() {
    let Some(url) = server() else { return };
    let all = ["a.jsonl", "b/[1].txt", "b/c.jsonl", "b/d&e f.txt", "be.jsonl", "z/1/2.txt"];
    assert_eq!(names("s3://corpus/in"), all);
    assert_eq!(names("s3://corpus/in/"), all);
    assert_eq!(names("s3://corpus/in/b/"), ["[1].txt", "c.jsonl", "d&e f.txt"]);
    assert_eq!(names("s3://corpus/in/b/c.jsonl"), ["c.jsonl"]);
    assert_eq!(names("s3://corpus/in/*.jsonl"), ["a.jsonl", "be.jsonl"]);
    assert_eq!(names("s3://corpus/in/**/*.jsonl"), ["a.jsonl", "b/c.jsonl", "be.jsonl"]);
    assert_eq!(names("s3://corpus/in/b/[1].txt"), ["[1].txt"]);
    assert_eq!(names("s3://corpus/i*/?/?.jsonl"), ["in/b/c.jsonl"]);
    assert_eq!(names(&format!("{url}/corpus/in/a.jsonl?sign=1")), ["a.jsonl"]);
    assert_eq!(names(&format!("{url}/corpus/large/signed.txt")), ["signed.txt"]);

    let files = remote::list(Path::new("s3://corpus/in/b/*.txt")).unwrap();
    let file = files.iter().find(|file| file.name == "d&e f.txt").unwrap();
    assert_eq!(file.address, Path::new("s3://corpus/in/b/d&e f.txt"));
    assert_eq!((file.bytes, file.version.is_some()), (11, true));
    assert_eq!(read("s3://corpus/in/b/d&e f.txt", 2).unwrap(), b"d&e f.txt");
    // The version does not depend on how the object was found.
    let one = remote::list(Path::new("s3://corpus/in/a.jsonl")).unwrap();
    let glob = remote::list(Path::new("s3://corpus/in/a*")).unwrap();
    assert_eq!(one, glob);

    for address in ["s3://corpus/none", "s3://corpus/none/", "s3://corpus/none/*.txt"] {
        let error = remote::list(Path::new(address)).unwrap_err();
        assert_eq!(error.kind, std::io::ErrorKind::NotFound, "{error}");
        assert!(error.to_string().starts_with(&format!("`{address}`: ")), "{error}");
    }
    assert!(remote::list(Path::new(&format!("{url}/corpus/in/"))).is_err());
}

#[test]
#[ignore = "run by a test above"]
fn inside_an_object_is_read_from_an_offset_and_in_ranges() {
    let Some(url) = server() else { return };
    let content = content(9_000_000);
    for address in ["s3://corpus/large/plain.txt", &format!("{url}/corpus/large/plain.txt")] {
        assert!(read(address, 0).unwrap() == content, "{address}");
        assert!(read(address, 8_500_001).unwrap() == content[8_500_001..], "{address}");
        assert!(read(address, 9_000_000).unwrap().is_empty() && read(address, 9_000_001).unwrap().is_empty());
        assert_eq!(remote::size(Path::new(address)).unwrap(), 9_000_000);
        let range = remote::read_range(Path::new(address), 100..5_000_000).unwrap();
        assert!(range == content[100..5_000_000], "{address}");
        assert!(remote::read_range(Path::new(address), 8_999_999..9_000_001).is_err());
    }
    assert!(read("s3://corpus/large/empty.txt", 0).unwrap().is_empty());
    // A reader that is dropped in the middle stops, and does not block anything.
    let mut reader = remote::open(Path::new("s3://corpus/large/plain.txt"), 0).unwrap();
    reader.read_exact(&mut [0; 10]).unwrap();
    drop(reader);
    // A server that sends only whole files.
    let whole = format!("{url}/corpus/large/whole.txt");
    assert!(read(&whole, 5_000_000).unwrap() == content[5_000_000..]);
    let error = remote::read_range(Path::new(&whole), 1..2).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::Unsupported);
    assert_eq!(read("s3://corpus/large/busy.txt", 8_999_990).unwrap(), content[8_999_990..]);
}

#[test]
#[ignore = "run by a test above"]
fn inside_a_broken_stream_goes_on_where_it_broke() {
    let Some(url) = server() else { return };
    let content = content(9_000_000);
    assert!(read("s3://corpus/large/cut.txt", 0).unwrap() == content);
    assert!(read(&format!("{url}/corpus/large/cut-whole.txt"), 0).is_err(), "it never gets past the middle");
    for address in ["s3://corpus/large/changes.txt", &format!("{url}/corpus/large/changes-web.txt")] {
        let mut reader = remote::open(Path::new(address), 0).unwrap();
        let mut bytes = Vec::new();
        let error = reader.read_to_end(&mut bytes).unwrap_err();
        assert!(error.to_string().contains("changed while it was read"), "{error}");
        assert!(bytes.len() <= 4_500_000 && content.starts_with(&bytes));
        // The part that was read must not pass for the whole later on.
        assert!(reader.read(&mut [0; 10]).is_err());
    }
}

#[test]
#[ignore = "run by a test above"]
fn inside_an_error_says_what_failed_and_where() {
    let Some(url) = server() else { return };
    let error = error_of(read("s3://corpus/none.txt", 0));
    assert_eq!(error.to_string(), "`s3://corpus/none.txt`: there is no such object");
    let error = error_of(read("s3://forbidden/x.txt", 0));
    assert_eq!(error.to_string(), "`s3://forbidden/x.txt`: permission denied (AccessDenied)");
    assert!(error.hint.unwrap().contains("AWS_ACCESS_KEY_ID"));
    let error = remote::list(Path::new("s3://forbidden/")).unwrap_err();
    assert_eq!(error.message, "permission denied (AccessDenied)");
    let error = error_of(read(&format!("{url}/corpus/none.txt"), 0));
    assert_eq!(error.message, "there is no such object");
    let error = error_of(read("http://textmill.invalid/x.txt", 0));
    assert_eq!(error.message, "no host of that name is known");
    let error = error_of(read("s3://corpus/a//b", 0));
    assert!(error.message.starts_with("no store takes such a key"), "{error}");

    let started = Instant::now();
    let error = error_of(read(&format!("{}/x.txt", closed()), 0));
    assert_eq!(error.message, "cannot connect: the host refused the connection");
    assert!(started.elapsed().as_secs() < 30, "{:?}", started.elapsed());
}

#[test]
#[ignore = "run by a test above"]
fn inside_a_run_folder_is_published_and_published_again() {
    if server().is_none() {
        return;
    }
    let folder = TempDir::new().unwrap();
    let write = |name: &str, bytes: &[u8]| -> PathBuf {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let address = Path::new("s3://runs/one");
    let target = RemoteFolder::open(address).unwrap();
    assert_eq!(target.check().unwrap(), FolderState::Empty);
    write("documents.jsonl", b"{}\n");
    assert!(remote::publish(folder.path(), address, |_| ()).is_err(), "without run.json it is no run");
    assert_eq!(target.check().unwrap(), FolderState::Empty);

    write("run.json", b"{\"textmill\":\"1\"}");
    write("parts/1.txt", b"small");
    write("parts/2.txt", b"small");
    write(".lock", b"");
    remote::publish(folder.path(), address, |_| ()).unwrap();
    assert_eq!(target.check().unwrap(), FolderState::Run);
    assert_eq!(names("s3://runs/one"), ["documents.jsonl", "parts/1.txt", "parts/2.txt", "run.json"]);

    // There is another run below this one; the new run has one file less, and a large one.
    let other = write("run.json", b"{\"textmill\":\"other\"}");
    target.upload(&other, "other/run.json").unwrap();
    std::fs::remove_file(folder.path().join("parts/2.txt")).unwrap();
    write("parts/1.txt", &content(20_000_000));
    write("run.json", b"{\"textmill\":\"2\"}");
    let heard = std::cell::Cell::new(0);
    remote::publish(folder.path(), address, |sent| heard.set(sent)).unwrap();
    assert_eq!(heard.get(), 20_000_000 + 3 + 16);

    // Objects that do not belong to a run are left alone.
    let foreign = RemoteFolder::open(Path::new("s3://runs/foreign")).unwrap();
    foreign.upload(&other, "notes.txt").unwrap();
    assert_eq!(foreign.check().unwrap(), FolderState::Other);
    let error = remote::publish(folder.path(), Path::new("s3://runs/foreign"), |_| ()).unwrap_err();
    let words = "`s3://runs/foreign`: the output is a folder that textmill did not create";
    assert_eq!(error.to_string(), words);
    assert!(foreign.delete_all_of_run().is_err());
    let object = RemoteFolder::open(Path::new("s3://runs/foreign/notes.txt")).unwrap();
    assert_eq!(object.check().unwrap(), FolderState::Object);

    // An interrupted run is taken over.
    let gone = RemoteFolder::open(Path::new("s3://runs/gone/")).unwrap();
    gone.upload(&other, ".textmill-partial").unwrap();
    gone.upload(&other, "documents.jsonl").unwrap();
    assert_eq!(gone.check().unwrap(), FolderState::Interrupted);
    gone.delete_all_of_run().unwrap();
    assert!(RemoteFolder::open(Path::new("https://host/out")).is_err());
}

#[test]
#[ignore = "run by a test above"]
fn without_credentials_nothing_is_read() {
    if server().is_none() {
        return;
    }
    let error = error_of(read("s3://corpus/in/a.jsonl", 0));
    assert_eq!(error.to_string(), "`s3://corpus/in/a.jsonl`: there are no credentials for this store");
}

/// A run that reads from a store, several formats at once, and writes its folder to it.
#[test]
fn a_run_goes_from_store_to_store() {
    let store = Store::start();
    store.put("/corpus/crawl/a.jsonl", "{\"id\":\"a\",\"text\":\"The ferry is back.\",\"n\":1.50}\n");
    store.put("/corpus/crawl/b.csv", "id,text\nb,The tide is out.\n");
    store.put("/corpus/crawl/deep/c.txt", "The bridge is closed.");
    store.put("/corpus/crawl/picture.png", "no text");
    let bench = Bench::new();
    bench.write(
        "pipeline.toml",
        "[input]\npaths = [\"s3://corpus/crawl/\"]\n[output]\nfolder = \"s3://corpus/runs/one\"\n",
    );
    let call = || {
        let call = textmill().arg("run").arg(bench.path("pipeline.toml"));
        call.env("AWS_ENDPOINT", &store.url)
            .env("AWS_ALLOW_HTTP", "true")
            .env("AWS_ACCESS_KEY_ID", "id")
            .env("AWS_SECRET_ACCESS_KEY", "secret")
            .env("TMPDIR", bench.folder.path().to_str().unwrap())
    };
    let output = call().output();
    succeeded(&output);
    assert!(String::from_utf8_lossy(&output.stdout).contains("s3://corpus/runs/one/documents.jsonl"));
    let documents = String::from_utf8(store.get("/corpus/runs/one/documents.jsonl").unwrap()).unwrap();
    let ids: Vec<String> =
        rows(&documents).iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ids, ["a", "b", "deep/c.txt"]);
    assert!(documents.contains("\"n\":1.50"));
    assert!(
        store.get("/corpus/runs/one/run.json").is_some()
            && store.get("/corpus/runs/one/ledger.parquet").is_some()
    );
    let left: Vec<_> =
        std::fs::read_dir(bench.folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["pipeline.toml"], "nothing is left behind");

    store.put("/corpus/runs/foreign/thesis.txt", "not ours");
    let output = call().args(["--output", "s3://corpus/runs/foreign"]).output();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("textmill did not create"));
}
