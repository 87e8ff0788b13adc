//! A plugin's process as seen by the program: starts it, calls it, watches it, and kills it.

use super::call_failure::CallFailure;
use super::wire::{self, Reply, Request};
use crate::{child, signals};
use rustix::process::{Pid, Signal, kill_process_group};
use std::collections::VecDeque;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ChildStderr, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long a read or a write blocks before it checks whether to go on.
const LOOK: Duration = Duration::from_millis(50);
/// How long a process may take to start.
const BEGIN: Duration = Duration::from_secs(30);
/// Number of the last stderr lines of the process to keep.
const LINES: usize = 32;
/// Maximum length in bytes of such a line; longer ones are split.
const LINE_BYTES: u64 = 1000;

/// Stored while no row is known.
const NO_ROW: u64 = u64::MAX;

/// A running process.
pub struct Process {
    child: Child,
    socket: UnixStream,
    /// Holds the row that the plugin is working on; outlives the process.
    progress: File,
    said: Arc<Mutex<VecDeque<String>>>,
    listener: Option<JoinHandle<()>>,
    /// Whether the process has ever been called on documents.
    pub has_seen_documents: bool,
}

impl Process {
    /// Starts a process that has not loaded a library yet.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn start() -> io::Result<Self> {
        let (socket, theirs) = UnixStream::pair()?;
        socket.set_read_timeout(Some(LOOK))?;
        socket.set_write_timeout(Some(LOOK))?;
        let progress = progress_file()?;
        let mut command = child::command(&[OsStr::new(super::SUBCOMMAND)])?;
        command.stdin(Stdio::from(OwnedFd::from(theirs)));
        command.stdout(Stdio::from(progress.try_clone()?)).stderr(Stdio::piped());
        // Ctrl-C is sent to a whole process group: it would kill the process, and a document would be blamed.
        command.process_group(0);
        let mut child = command.spawn()?;
        // The command holds the other end of the socket, which must close when the process dies.
        drop(command);
        let said = Arc::new(Mutex::new(VecDeque::new()));
        let listener = child.stderr.take().map(|stderr| {
            let said = Arc::clone(&said);
            std::thread::spawn(move || listen(stderr, &said))
        });
        let mut process = Self { child, socket, progress, said, listener, has_seen_documents: false };
        match process.ready() {
            Ok(()) => Ok(process),
            Err(failure) => {
                let said = process.said().join("; ");
                Err(io::Error::other(format!("{failure:?}; it said: {said}")))
            }
        }
    }

    /// Waits until the process reports that it is listening.
    fn ready(&mut self) -> Result<(), CallFailure> {
        let mut byte = [0];
        let waiting = Waiting { socket: &self.socket, until: Instant::now() + BEGIN, stop: &|| false };
        match { waiting }.read_exact(&mut byte) {
            Ok(()) => Ok(()),
            Err(error) => Err(self.failure(&error)),
        }
    }

    /// Sends a request and waits for the reply, for at most `time` and only while `stop` returns `false`.
    ///
    /// # Errors
    /// If there is no reply. The process no longer exists then.
    pub fn call(
        &mut self,
        request: &Request,
        parts: &[Vec<u8>],
        time: Duration,
        stop: &dyn Fn() -> bool,
    ) -> Result<(Reply, Vec<Vec<u8>>), CallFailure> {
        // If this write fails, only the hint about the row is lost.
        let _ = self.progress.write_all_at(&NO_ROW.to_le_bytes(), 0);
        let now = Instant::now();
        let until = now.checked_add(time).unwrap_or(now + Duration::from_secs(u32::MAX.into()));
        let waiting = Waiting { socket: &self.socket, until, stop };
        let reply = wire::write(waiting, request, parts).and_then(|()| wire::read(waiting));
        reply.map_err(|error| self.failure(&error))
    }

    /// The row that the last call was working on, if the plugin reported it.
    pub fn row(&self) -> Option<u32> {
        let mut bytes = [0; 8];
        self.progress.read_exact_at(&mut bytes, 0).ok()?;
        u32::try_from(u64::from_le_bytes(bytes)).ok()
    }

    /// Takes the lines that the process has written to stderr since the last call of this function.
    pub fn said(&self) -> Vec<String> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).drain(..).collect()
    }

    /// Determines why a call failed, and makes sure that the process is gone.
    fn failure(&mut self, error: &io::Error) -> CallFailure {
        match error.kind() {
            ErrorKind::TimedOut => {
                self.kill();
                CallFailure::Late
            }
            ErrorKind::ConnectionAborted => {
                self.kill();
                CallFailure::Stopped
            }
            ErrorKind::InvalidData => {
                self.kill();
                CallFailure::Died("it wrote over the connection to its host".into())
            }
            ErrorKind::UnexpectedEof | ErrorKind::BrokenPipe | ErrorKind::ConnectionReset => {
                let status = self.reap();
                match status {
                    Ok(_) if self.is_out_of_memory() => CallFailure::OutOfMemory,
                    Ok(status) => CallFailure::Died(how(status)),
                    Err(error) => CallFailure::Broken(error.to_string()),
                }
            }
            _ => {
                self.kill();
                CallFailure::Broken(error.to_string())
            }
        }
    }

    /// Waits for a process that has closed the connection. It may have closed it and still be running.
    fn reap(&mut self) -> io::Result<ExitStatus> {
        let until = Instant::now() + Duration::from_secs(5);
        loop {
            if let Some(status) = self.child.try_wait()? {
                // Child processes of the process would keep the pipe open, and keep running.
                self.kill_group();
                // Its last output may still be in the pipe.
                while self.listener.as_ref().is_some_and(|l| !l.is_finished()) && Instant::now() < until {
                    std::thread::sleep(Duration::from_millis(1));
                }
                return Ok(status);
            }
            if Instant::now() > until {
                self.kill_group();
                return self.child.wait();
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Recognizes the message that Rust's runtime prints before it aborts for lack of memory.
    fn is_out_of_memory(&self) -> bool {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        said.iter().any(|line| line.starts_with("memory allocation of ") && line.ends_with(" bytes failed"))
    }

    fn kill(&mut self) {
        self.kill_group();
        let _ = self.child.wait();
    }

    /// Kills the process and its child processes: it leads its own process group.
    fn kill_group(&self) {
        // An error means that they are dead already.
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Creates an anonymous file.
fn progress_file() -> io::Result<File> {
    Ok(rustix::fs::memfd_create("textmill-progress", rustix::fs::MemfdFlags::CLOEXEC)?.into())
}

/// Collects the last lines that a process writes to stderr.
fn listen(stderr: ChildStderr, said: &Mutex<VecDeque<String>>) {
    let mut stderr = BufReader::new(stderr);
    let mut line = Vec::new();
    loop {
        line.clear();
        match stderr.by_ref().take(LINE_BYTES).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        if text.is_empty() {
            continue;
        }
        let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
        if said.len() == LINES {
            said.pop_front();
        }
        said.push_back(text);
    }
}

/// The socket during a call: reads and writes fail once the time is up or the run is being stopped.
#[derive(Clone, Copy)]
struct Waiting<'a> {
    socket: &'a UnixStream,
    until: Instant,
    stop: &'a dyn Fn() -> bool,
}

impl Waiting<'_> {
    fn patiently(&self, mut once: impl FnMut(&UnixStream) -> io::Result<usize>) -> io::Result<usize> {
        loop {
            // Checked in every round, so that a process that never stops sending times out, too.
            if Instant::now() >= self.until {
                return Err(ErrorKind::TimedOut.into());
            }
            match once(self.socket) {
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                other => return other,
            }
            if (self.stop)() {
                // Not `Interrupted`, which readers take as a reason to try again.
                return Err(io::Error::new(ErrorKind::ConnectionAborted, "the run is being stopped"));
            }
        }
    }
}

impl Read for Waiting<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        self.patiently(|mut socket| socket.read(to))
    }
}

impl Write for Waiting<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.patiently(|mut socket| socket.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// How a process died, in words that are the same from run to run.
fn how(status: ExitStatus) -> String {
    match (status.signal(), status.code()) {
        (Some(signal), _) => format!("it was killed by {}", signals::shown(signal)),
        (None, Some(code)) => format!("it ended with status {code}"),
        (None, None) => "it ended".to_owned(),
    }
}
