//! The protocol on the socket between the program and a plugin's process. A frame is a header as JSON and
//! some parts, each an Arrow IPC stream with at most one batch.
//!
//! Layout of a frame: length of the header (u32), number of parts (u32), length of each part (u64 each),
//! header, parts. All numbers are little-endian, and lengths are in bytes.

use crate::host::Expected;
use arrow_array::RecordBatch;
use arrow_buffer::Buffer;
use arrow_ipc::reader::StreamDecoder;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{Schema, SchemaRef};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::io::{self, Read, Write};
use std::panic::catch_unwind;
use std::path::PathBuf;
use std::sync::Arc;
use textmill_plugin::descriptor::PluginDescriptor;
use textmill_plugin::drive::store::compact;
use textmill_plugin::error::{Error, ErrorKind, Result};

/// A request from the program to the process.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Request {
    /// Load a library. Always the first request.
    Open {
        /// The library.
        path: PathBuf,
        /// What the library must match, if that is known.
        expected: Option<Expected>,
        /// Bytes that the process may allocate beyond what it holds.
        memory: u64,
    },
    /// Bind an operator. The part holds the input columns.
    Bind {
        /// Name of the operator.
        operator: String,
        /// Options as JSON.
        options: String,
    },
    /// Create a new worker.
    Worker,
    /// Process the part.
    Process,
    /// Add the part to a state, and return the state of this part alone.
    Update,
    /// Merge the part, a state.
    Merge,
    /// Return the state.
    TakeState,
    /// Return a report on the state.
    Finish,
    /// Reduce the groups of rows in the part.
    Reduce {
        /// First row of each group.
        starts: Vec<u64>,
    },
}

/// An answer from the process to the program.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Answer {
    /// The library is loaded.
    Opened {
        /// The canonical path of the library.
        path: PathBuf,
        /// The descriptor of the plugin.
        descriptor: PluginDescriptor,
        /// SHA-256 of the library.
        sha256: String,
        /// Version of the ABI.
        abi: (u32, u32),
    },
    /// The library cannot be loaded.
    Refused {
        /// Why.
        message: String,
        /// What to do.
        hint: Option<String>,
    },
    /// The operator is bound. The parts hold its output columns and, if it has states, their columns.
    Bound {
        /// Its plan.
        plan: Option<String>,
    },
    /// Done. The parts hold the result, if any.
    Done,
    /// The report.
    Report(Value),
    /// The call failed.
    Failed {
        /// The kind of the failure.
        kind: Kind,
        /// What went wrong.
        message: String,
        /// The row of the part that caused it.
        row: Option<u32>,
    },
}

/// Kinds of failures that are transferred.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    Failed,
    Options,
    Unsupported,
    Cancelled,
    Panicked,
    Contract,
    Fatal,
}

/// An answer, and what the plugin told the host during the call.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reply {
    /// The answer.
    pub answer: Answer,
    /// Log lines, each with its level.
    pub logs: Vec<(u32, String)>,
    /// Reports: level, row, code, message.
    pub reports: Vec<(u32, Option<u32>, String, String)>,
    /// Counters.
    pub metrics: Vec<(String, u64)>,
}

impl Default for Reply {
    fn default() -> Self {
        Self { answer: Answer::Done, logs: Vec::new(), reports: Vec::new(), metrics: Vec::new() }
    }
}

impl Answer {
    /// Converts an error to an answer.
    pub fn of_error(error: Error) -> Self {
        let kind = match error.kind {
            ErrorKind::Options => Kind::Options,
            ErrorKind::Unsupported => Kind::Unsupported,
            ErrorKind::Cancelled => Kind::Cancelled,
            ErrorKind::Panicked => Kind::Panicked,
            ErrorKind::Contract => Kind::Contract,
            ErrorKind::Fatal | ErrorKind::Storage => Kind::Fatal,
            ErrorKind::Failed | ErrorKind::Crashed | ErrorKind::TimeLimit | ErrorKind::MemoryLimit => {
                Kind::Failed
            }
        };
        Self::Failed { kind, message: error.message, row: error.row }
    }

    /// Converts an answer back to a result.
    ///
    /// # Errors
    /// If the call failed.
    pub fn into_result(self) -> Result<Self> {
        let (kind, message, row) = match self {
            Self::Failed { kind, message, row } => (kind, message, row),
            other => return Ok(other),
        };
        let kind = match kind {
            Kind::Failed => ErrorKind::Failed,
            Kind::Options => ErrorKind::Options,
            Kind::Unsupported => ErrorKind::Unsupported,
            Kind::Cancelled => ErrorKind::Cancelled,
            Kind::Panicked => ErrorKind::Panicked,
            Kind::Contract => ErrorKind::Contract,
            Kind::Fatal => ErrorKind::Fatal,
        };
        Err(Error::new(kind, message).at_row(row))
    }
}

/// Encodes a batch, or columns alone, as a part.
///
/// # Errors
/// If a column has a type that cannot be encoded.
pub fn encode(schema: &Schema, batch: Option<&RecordBatch>) -> Result<Vec<u8>> {
    let bytes = batch.map_or(0, RecordBatch::get_array_memory_size);
    let mut writer = StreamWriter::try_new(Vec::with_capacity(bytes + 1024), schema)?;
    if let Some(batch) = batch {
        writer.write(&compact(batch)?)?;
    }
    Ok(writer.into_inner()?)
}

/// Decodes a part to its columns, and its batch if it has one. All content is validated.
///
/// # Errors
/// If it is not a stream, or a broken one.
pub fn decode(part: Vec<u8>) -> Result<(SchemaRef, Option<RecordBatch>)> {
    let decoded = catch_unwind(|| {
        let mut buffer = Buffer::from_vec(part);
        let mut decoder = StreamDecoder::new();
        let batch = decoder.decode(&mut buffer)?;
        let schema = decoder.schema().ok_or("a part has no columns")?;
        Ok((schema, batch))
    });
    // Arrow panics on some malformed input. A process with corrupt memory must not take the program down.
    decoded.unwrap_or_else(|_| Err("a part is no batch".into()))
}

/// Decodes a part to a batch with these columns.
///
/// # Errors
/// If it is broken, or has other columns.
pub fn decode_batch(part: Vec<u8>, wanted: &SchemaRef) -> Result<RecordBatch> {
    let (schema, batch) = decode(part)?;
    if schema.fields() != wanted.fields() {
        return Err("a batch came back with other columns than were agreed on".into());
    }
    let batch = batch.unwrap_or_else(|| RecordBatch::new_empty(schema));
    Ok(batch.with_schema(Arc::clone(wanted))?)
}

/// Writes a frame.
///
/// # Errors
/// If the other side is gone.
pub fn write(mut to: impl Write, header: &impl Serialize, parts: &[Vec<u8>]) -> io::Result<()> {
    let header = serde_json::to_vec(header)?;
    let mut head = Vec::with_capacity(8 + 8 * parts.len() + header.len());
    head.extend((header.len() as u32).to_le_bytes());
    head.extend((parts.len() as u32).to_le_bytes());
    for part in parts {
        head.extend((part.len() as u64).to_le_bytes());
    }
    head.extend(header);
    to.write_all(&head)?;
    parts.iter().try_for_each(|part| to.write_all(part))?;
    to.flush()
}

/// Maximum length of a header in bytes.
const HEADER: u32 = 256 << 20;
/// Maximum number of parts in a frame.
const PARTS: u32 = 8;
/// Maximum number of bytes to allocate for a part before they arrive.
const AHEAD: u64 = 64 << 20;

/// Reads a frame.
///
/// # Errors
/// If the other side is gone, or what it sends is not a frame.
pub fn read<T: DeserializeOwned>(mut from: impl Read) -> io::Result<(T, Vec<Vec<u8>>)> {
    let garbled = || io::Error::new(io::ErrorKind::InvalidData, "what came is no frame");
    let mut word = [0; 4];
    from.read_exact(&mut word)?;
    let header = u32::from_le_bytes(word);
    from.read_exact(&mut word)?;
    let parts = u32::from_le_bytes(word);
    if header > HEADER || parts > PARTS {
        return Err(garbled());
    }
    let mut lengths = Vec::new();
    for _ in 0..parts {
        let mut length = [0; 8];
        from.read_exact(&mut length)?;
        lengths.push(u64::from_le_bytes(length));
    }
    let header = read_some(&mut from, header.into())?;
    let header = serde_json::from_slice(&header).map_err(|_| garbled())?;
    let parts: io::Result<Vec<Vec<u8>>> = lengths.into_iter().map(|n| read_some(&mut from, n)).collect();
    Ok((header, parts?))
}

fn read_some(from: &mut impl Read, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(length.min(AHEAD) as usize);
    if from.take(length).read_to_end(&mut bytes)? as u64 != length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::{LargeStringArray, UInt32Array};
    use arrow_schema::{DataType, Field};

    fn batch() -> RecordBatch {
        let schema = Schema::new(vec![
            Field::new("text", DataType::LargeUtf8, true),
            Field::new("row", DataType::UInt32, false),
        ]);
        let text = LargeStringArray::from(vec![Some("räte"), None, Some("")]);
        RecordBatch::try_new(schema.into(), vec![Arc::new(text), Arc::new(UInt32Array::from(vec![0, 1, 2]))])
            .unwrap()
    }

    #[test]
    fn a_frame_comes_back_as_it_went() {
        let batch = batch().slice(1, 2);
        let parts =
            vec![encode(&batch.schema(), Some(&batch)).unwrap(), encode(&batch.schema(), None).unwrap()];
        let mut bytes = Vec::new();
        write(&mut bytes, &Request::Reduce { starts: vec![0, 1] }, &parts).unwrap();
        let (request, mut parts): (Request, _) = read(bytes.as_slice()).unwrap();
        assert!(matches!(request, Request::Reduce { starts } if starts == [0, 1]));
        let (schema, none) = decode(parts.pop().unwrap()).unwrap();
        assert_eq!((schema, none), (batch.schema(), None));
        assert_eq!(decode_batch(parts.pop().unwrap(), &batch.schema()).unwrap(), batch);
    }

    /// The process may die at any byte, or corrupt its own memory.
    #[test]
    fn a_broken_frame_is_an_error() {
        let batch = batch();
        let part = encode(&batch.schema(), Some(&batch)).unwrap();
        let mut bytes = Vec::new();
        write(&mut bytes, &Request::Process, &[part]).unwrap();
        for end in 0..bytes.len() {
            assert!(read::<Request>(&bytes[..end]).is_err());
        }
        for at in 0..bytes.len() {
            for flip in [1, 0x80, 0xff] {
                let mut bytes = bytes.clone();
                bytes[at] ^= flip;
                if let Ok((_, parts)) = read::<Request>(bytes.as_slice()) {
                    let _ = parts.into_iter().map(decode).collect::<Vec<_>>();
                }
            }
        }
    }
}
