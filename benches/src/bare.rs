//! `bare FILE THREADS`: parses every line of a JSON Lines file with `sonic-rs` and with `simd-json`, and does
//! nothing else: a baseline for the speed of reading JSON. Prints a line for each parser: name, MB/s,
//! documents. This is not a way to read a corpus: the file is in memory before the clock starts, and nothing
//! that is parsed is kept.

use serde::de::DeserializeOwned;
use std::error::Error;
use std::hint::black_box;
use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;
use std::{env, fs, io, thread};

type Failure = Box<dyn Error + Send + Sync>;

/// Approximate bytes of a block, which a thread takes at a time: small enough that threads end together, and
/// large enough that taking costs nothing.
const BLOCK: usize = 1 << 20;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [file, threads] = arguments.as_slice() else {
        return Err("usage: bare FILE THREADS".into());
    };
    let threads: usize = threads.parse()?;
    let mut bytes = fs::read(file)?;
    let size = bytes.len();
    let print = |parser: &str, documents: usize, started: Instant| {
        let speed = size as f64 / 1e6 / started.elapsed().as_secs_f64();
        writeln!(io::stdout(), "{parser}\t{speed:.1}\t{documents}")
    };

    let blocks = blocks(&mut bytes);
    let started = Instant::now();
    let documents = share(blocks.iter().map(|block| &**block), threads, with_sonic::<sonic_rs::Value>)?;
    print("sonic-rs", documents, started)?;

    let started = Instant::now();
    let documents = share(blocks.iter().map(|block| &**block), threads, with_sonic::<Document>)?;
    print("sonic-rs to documents", documents, started)?;

    // Runs last, since it parses in place: what it leaves is not JSON any more.
    let started = Instant::now();
    let documents = share(blocks.into_iter(), threads, with_simd)?;
    print("simd-json", documents, started)?;
    Ok(())
}

/// The fields of a line that a reader of a corpus needs.
#[derive(serde::Deserialize)]
#[expect(dead_code, reason = "read by nobody: parsing is what is measured")]
struct Document {
    id: String,
    source: Option<String>,
    text: String,
}

/// Parses each line of a block into a `T`.
fn with_sonic<T: DeserializeOwned>(block: &[u8]) -> Result<usize, Failure> {
    let mut documents = 0;
    let mut rest = block;
    while !rest.is_empty() {
        let (line, after) = rest.split_at(end_of_line(rest));
        rest = after;
        if !line.trim_ascii().is_empty() {
            black_box(sonic_rs::from_slice::<T>(line)?);
            documents += 1;
        }
    }
    Ok(documents)
}

/// Parses each line of a block into a tape, in buffers that are reused.
fn with_simd(block: &mut [u8]) -> Result<usize, Failure> {
    let mut documents = 0;
    let mut buffers = simd_json::Buffers::new(BLOCK);
    let mut rest = block;
    while !rest.is_empty() {
        let (line, after) = rest.split_at_mut(end_of_line(rest));
        rest = after;
        if !line.trim_ascii().is_empty() {
            black_box(simd_json::to_tape_with_buffers(line, &mut buffers)?);
            documents += 1;
        }
    }
    Ok(documents)
}

/// Lets every block be parsed by the next free thread. Returns the total number of documents.
fn share<B>(
    blocks: impl Iterator<Item = B> + Send,
    threads: usize,
    parse: fn(B) -> Result<usize, Failure>,
) -> Result<usize, Failure> {
    let blocks = Mutex::new(blocks);
    let take = || blocks.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = || {
        let mut documents = 0;
        while let Some(block) = take() {
            documents += parse(block)?;
        }
        Ok(documents)
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|_| Err("a parser panicked".into())))
            .sum()
    })
}

/// Cuts the file into blocks of whole lines.
fn blocks(bytes: &mut [u8]) -> Vec<&mut [u8]> {
    let mut blocks = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let start = rest.len().min(BLOCK);
        let end = start + rest.get(start..).map_or(0, end_of_line);
        let (block, after) = rest.split_at_mut(end);
        blocks.push(block);
        rest = after;
    }
    blocks
}

/// Length of the first line, including its line feed.
fn end_of_line(bytes: &[u8]) -> usize {
    memchr::memchr(b'\n', bytes).map_or(bytes.len(), |at| at + 1)
}
