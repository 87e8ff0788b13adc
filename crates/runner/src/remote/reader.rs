//! Reads an object as a stream of bytes, ahead of the reader, on the network thread. A stream that breaks is
//! resumed where it broke, as long as the object has not changed.

use super::address::Address;
use super::explain::explain;
use super::object::{get, version};
use super::store::{Place, is_final, resolve};
use super::{RemoteError, runtime};
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use object_store::{GetRange, ObjectMeta};
use std::io::{self, ErrorKind, Read};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::AbortHandle;

/// Maximum number of bytes to read ahead.
const AHEAD: usize = 4 << 20;
/// Maximum size of a piece in bytes, so that a large one need not wait for all of the room.
const PIECE: usize = AHEAD / 4;
/// Maximum number of pieces to read ahead, however small they are.
const PIECES: usize = 1024;
/// Maximum number of times that a stream may break without progress.
const BREAKS: u32 = 4;

/// Opens an object at an offset in bytes. At or beyond its end, there is nothing to read.
///
/// # Errors
/// If the object cannot be opened. After an error while reading, the data read so far is incomplete, and all
/// further reads fail, too. All errors hold a [`RemoteError`].
pub fn open(address: &Path, offset: u64) -> io::Result<Box<dyn Read + Send>> {
    let place = resolve(Address::parse(address)?)?;
    let mut pump = runtime::wait(Pump::start(place, offset))??;
    let (sender, pieces) = channel(PIECES);
    let room = Arc::new(Semaphore::new(AHEAD));
    let room_of_pump = Arc::clone(&room);
    let task = runtime::handle()?.spawn(async move {
        let end = pump.run(&sender, &room_of_pump).await;
        // The reader may be gone.
        let _ = sender.send(end.map_or_else(Piece::Failed, |()| Piece::End)).await;
    });
    let error = RemoteError::new(address, ErrorKind::Other, "the network thread gave up on the stream");
    let state = State::Open(Bytes::new());
    Ok(Box::new(Reader { pieces, room, state, lost: error, task: task.abort_handle() }))
}

enum Piece {
    Data(Bytes),
    End,
    Failed(RemoteError),
}

/// The sending side.
struct Pump {
    place: Place,
    stream: BoxStream<'static, object_store::Result<Bytes>>,
    /// Number of bytes to discard from the stream, because the server only sends whole objects.
    skip: u64,
    /// Offset of the next byte to send.
    position: u64,
    /// Metadata of the object.
    meta: Option<ObjectMeta>,
}

impl Pump {
    async fn start(place: Place, offset: u64) -> Result<Self, RemoteError> {
        let stream = futures_util::stream::empty().boxed();
        let mut pump = Self { place, stream, skip: 0, position: offset, meta: None };
        pump.connect().await?;
        Ok(pump)
    }

    /// Starts the stream, or restarts it at the position.
    async fn connect(&mut self) -> Result<(), RemoteError> {
        self.skip = 0;
        let range = (self.position > 0).then_some(GetRange::Offset(self.position));
        let answer = match get(&self.place, range).await {
            Err(error) if self.position > 0 && error.kind != ErrorKind::PermissionDenied => {
                // The object ends here, or the server does not support ranges, or it fails altogether.
                let Ok(whole) = get(&self.place, None).await else { return Err(error) };
                self.skip = self.position.min(whole.meta.size);
                whole
            }
            answer => answer?,
        };
        let known = self.meta.get_or_insert_with(|| answer.meta.clone());
        if (known.size, version(known)) != (answer.meta.size, version(&answer.meta)) {
            let message = "the object changed while it was read";
            return Err(RemoteError::new(&self.place.address, ErrorKind::InvalidData, message));
        }
        self.stream = answer.into_stream();
        Ok(())
    }

    async fn run(&mut self, sender: &Sender<Piece>, room: &Semaphore) -> Result<(), RemoteError> {
        let mut breaks = 0;
        loop {
            let before = self.position;
            let Err(mut error) = self.drain(sender, room).await else { return Ok(()) };
            breaks = if self.position > before { 1 } else { breaks + 1 };
            loop {
                if breaks > BREAKS || is_final(error.kind) {
                    return Err(error);
                }
                tokio::time::sleep(Duration::from_millis(100 << breaks)).await;
                match self.connect().await {
                    Ok(()) => break,
                    Err(again) => error = again,
                }
                breaks += 1;
            }
        }
    }

    /// Sends the bytes of the stream, until the object ends or the stream breaks.
    async fn drain(&mut self, sender: &Sender<Piece>, room: &Semaphore) -> Result<(), RemoteError> {
        while let Some(next) = self.stream.next().await {
            let mut bytes = next.map_err(|error| explain(&self.place.address, &error))?;
            let skipped = bytes.len().min(usize::try_from(self.skip).unwrap_or(usize::MAX));
            self.skip -= skipped as u64;
            let _ = bytes.split_to(skipped);
            while !bytes.is_empty() {
                let piece = bytes.split_to(bytes.len().min(PIECE));
                self.position += piece.len() as u64;
                // The semaphore is never closed, and the length of a piece fits into a `u32`.
                let Ok(permit) = room.acquire_many(piece.len() as u32).await else { return Ok(()) };
                permit.forget();
                if sender.send(Piece::Data(piece)).await.is_err() {
                    return Ok(());
                }
            }
        }
        let size = self.meta.as_ref().map_or(0, |meta| meta.size);
        if self.position < size {
            let message = format!("the stream ended after {} of {size} bytes", self.position);
            return Err(RemoteError::new(&self.place.address, ErrorKind::UnexpectedEof, message));
        }
        Ok(())
    }
}

struct Reader {
    pieces: Receiver<Piece>,
    room: Arc<Semaphore>,
    state: State,
    /// The error if the sender ends without a message.
    lost: RemoteError,
    task: AbortHandle,
}

enum State {
    Open(Bytes),
    End,
    Failed(RemoteError),
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match &mut self.state {
                State::Open(bytes) if bytes.is_empty() => {}
                State::Open(bytes) => {
                    let piece = bytes.split_to(bytes.len().min(buffer.len()));
                    if let Some(target) = buffer.get_mut(..piece.len()) {
                        target.copy_from_slice(&piece);
                    }
                    return Ok(piece.len());
                }
                State::End => return Ok(0),
                State::Failed(error) => return Err(error.clone().into()),
            }
            self.state = match self.pieces.blocking_recv() {
                Some(Piece::Data(bytes)) => {
                    self.room.add_permits(bytes.len());
                    State::Open(bytes)
                }
                Some(Piece::End) => State::End,
                Some(Piece::Failed(error)) => State::Failed(error),
                None => State::Failed(self.lost.clone()),
            };
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.task.abort();
    }
}
