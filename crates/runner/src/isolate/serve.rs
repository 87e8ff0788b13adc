//! The child process of a plugin: loads one library, binds one operator, and answers requests.
//!
//! Stdin is the socket to the program; stdout is the file that holds the row that the plugin is working on.
//! Both are moved to other descriptors first, so that what the plugin prints goes to stderr.

use super::wire::{self, Answer, Reply, Request};
use crate::host::LoadedPlugin;
use arrow_array::RecordBatch;
use arrow_schema::{Schema, SchemaRef};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Resource, Rlimit, Signal};
use std::cell::RefCell;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use textmill_plugin::call::{Call, Host, Level};
use textmill_plugin::error::{Error, Result};
use textmill_plugin::operator::{Output, Plugin, Stage, Worker};

/// Serves requests until the program closes the connection.
///
/// # Errors
/// If this process was not started by the program, or cannot be set up.
pub fn serve() -> io::Result<()> {
    let socket = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    // Only a socket has a peer. Without one, this was called by hand.
    socket.peer_addr().map_err(|_| io::Error::other("textmill starts this by itself"))?;
    let progress = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    let nothing = File::open("/dev/null")?;
    rustix::stdio::dup2_stdin(&nothing)?;
    rustix::stdio::dup2_stdout(io::stderr())?;
    end_with_the_program(socket.try_clone()?.into());
    // Without this, every poison document would leave a core dump on the disk.
    let _ = rustix::process::setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    io::Write::write_all(&mut &socket, &[1])?;
    let mut server = Server::default();
    loop {
        let (request, parts) = match wire::read::<Request>(&socket) {
            Ok(found) => found,
            // The program closes the connection when it is done.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            Err(error) => return Err(error),
        };
        let host = Told { progress: &progress, reply: RefCell::default() };
        let mut told = Vec::new();
        let answer = {
            let call = Call::new(&host);
            let answer = server.answer(&call, request, parts, &mut told);
            for report in call.take_errors() {
                host.report(Level::Error, Some(report.row), &report.code, &report.message);
            }
            answer.unwrap_or_else(Answer::of_error)
        };
        let reply = Reply { answer, ..host.reply.into_inner() };
        wire::write(&socket, &reply, &told)?;
    }
}

/// Starts a thread that kills this process when the program closes its end of the socket. Without it, a
/// plugin that hangs would outlive the program.
fn end_with_the_program(socket: OwnedFd) {
    std::thread::spawn(move || {
        loop {
            // No events are requested, so only a hang-up wakes it.
            let mut watched = [PollFd::new(&socket, PollFlags::empty())];
            match poll(&mut watched, None) {
                Ok(_) => {
                    let _ = rustix::process::kill_process(rustix::process::getpid(), Signal::KILL);
                }
                Err(rustix::io::Errno::INTR) => {}
                Err(_) => return,
            }
        }
    });
}

/// The loaded library, the bound operator and the current worker.
#[derive(Default)]
struct Server {
    // Fields are dropped in this order.
    worker: Option<Box<dyn Worker>>,
    stage: Option<(Box<dyn Stage>, SchemaRef)>,
    plugin: Option<LoadedPlugin>,
}

impl Server {
    fn answer(
        &mut self,
        call: &Call<'_>,
        request: Request,
        parts: Vec<Vec<u8>>,
        told: &mut Vec<Vec<u8>>,
    ) -> Result<Answer> {
        let mut parts = parts.into_iter();
        let mut part = || parts.next().ok_or_else(|| Error::from("a part is missing"));
        match request {
            Request::Open { path, expected, memory } => {
                limit_memory(memory)?;
                match LoadedPlugin::open_with(&path, expected.as_ref()) {
                    Ok(opened) => {
                        let descriptor = opened.descriptor.clone();
                        let (path, sha256, abi) = (opened.path.clone(), opened.sha256.clone(), opened.abi);
                        self.plugin = Some(opened);
                        Ok(Answer::Opened { path, descriptor, sha256, abi })
                    }
                    Err(error) => Ok(Answer::Refused { message: error.message, hint: error.hint }),
                }
            }
            Request::Bind { operator, options } => {
                let (input, _) = wire::decode(part()?)?;
                let plugin = self.plugin.as_ref().ok_or("no library is loaded")?;
                let stage = plugin.bind(call, &operator, &options, Arc::clone(&input))?;
                told.push(wire::encode(&stage.output_schema(), None)?);
                if let Some(state) = stage.state_schema() {
                    told.push(wire::encode(&state, None)?);
                }
                let plan = stage.plan();
                self.stage = Some((stage, input));
                Ok(Answer::Bound { plan })
            }
            Request::Worker => {
                self.worker = None;
                let (stage, _) = self.stage.as_ref().ok_or("no operator is bound")?;
                self.worker = Some(stage.new_worker(call)?);
                Ok(Answer::Done)
            }
            Request::Process => {
                let input = self.rows(part()?)?;
                let Output { documents, events } = self.worker()?.process(call, input)?;
                told.push(of_batch(&documents)?);
                told.push(of_batch(&events.to_batch()?)?);
                Ok(Answer::Done)
            }
            Request::Update => {
                let input = self.rows(part()?)?;
                self.worker()?.update(call, input)?;
                // Fatal, because the batch has been added: a retry would count it twice.
                told.push(of_batch(&self.worker()?.take_state(call).map_err(Error::fatal)?)?);
                Ok(Answer::Done)
            }
            Request::Merge => {
                let states = self.states(part()?)?;
                self.worker()?.merge(call, states)?;
                Ok(Answer::Done)
            }
            Request::TakeState => {
                told.push(of_batch(&self.worker()?.take_state(call)?)?);
                Ok(Answer::Done)
            }
            Request::Finish => Ok(Answer::Report(self.worker()?.finish(call)?)),
            Request::Reduce { starts } => {
                let rows = self.rows(part()?)?;
                let ends = starts.iter().skip(1).copied().chain([rows.num_rows() as u64]);
                let groups: Vec<Range<usize>> =
                    starts.iter().zip(ends).map(|(&start, end)| start as usize..end as usize).collect();
                told.push(of_batch(&self.worker()?.reduce(call, rows, &groups)?)?);
                Ok(Answer::Done)
            }
        }
    }

    fn worker(&mut self) -> Result<&mut Box<dyn Worker>> {
        Ok(self.worker.as_mut().ok_or("there is no worker")?)
    }

    fn rows(&self, part: Vec<u8>) -> Result<RecordBatch> {
        let (_, input) = self.stage.as_ref().ok_or("no operator is bound")?;
        wire::decode_batch(part, input)
    }

    fn states(&self, part: Vec<u8>) -> Result<RecordBatch> {
        let (stage, _) = self.stage.as_ref().ok_or("no operator is bound")?;
        wire::decode_batch(part, &stage.state_schema().ok_or("the operator has no states")?)
    }
}

fn of_batch(batch: &RecordBatch) -> Result<Vec<u8>> {
    let schema: &Schema = batch.schema_ref();
    wire::encode(schema, Some(batch))
}

/// Lets this process allocate `bytes` more than it holds. Allocations beyond that fail, and Rust aborts.
fn limit_memory(bytes: u64) -> Result<()> {
    let status = std::fs::read_to_string("/proc/self/status")
        .map_err(|e| format!("memory limits of stages need Linux: cannot read /proc/self/status: {e}"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmData:"));
    let held = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
    let held = held.ok_or("/proc/self/status has no `VmData`")?;
    let most = held.saturating_mul(1024).saturating_add(bytes);
    let limit = Rlimit { current: Some(most), maximum: Some(most) };
    rustix::process::setrlimit(Resource::Data, limit).map_err(|e| format!("cannot limit memory: {e}"))?;
    Ok(())
}

/// Collects what the plugin tells the host for the reply. Progress is written to the file at once.
struct Told<'a> {
    progress: &'a File,
    reply: RefCell<Reply>,
}

impl Host for Told<'_> {
    fn log(&self, level: Level, message: &str) {
        self.reply.borrow_mut().logs.push((level as u32, message.to_owned()));
    }

    fn report(&self, level: Level, row: Option<u32>, code: &str, message: &str) {
        self.reply.borrow_mut().reports.push((level as u32, row, code.to_owned(), message.to_owned()));
    }

    /// Always `false`: the program kills this process when the run is stopped.
    fn should_stop(&self) -> bool {
        false
    }

    fn progress(&self, done: u64, total: u64) {
        // Only with a total of 0 is `done` the row that is about to begin.
        if total == 0 {
            // If this write fails, the guilty document is still found, only later.
            let _ = self.progress.write_all_at(&done.to_le_bytes(), 0);
        }
    }

    fn metric_add(&self, name: &str, value: u64) {
        let metrics = &mut self.reply.borrow_mut().metrics;
        match metrics.iter_mut().find(|(known, _)| known == name) {
            Some((_, sum)) => *sum += value,
            None => metrics.push((name.to_owned(), value)),
        }
    }
}
