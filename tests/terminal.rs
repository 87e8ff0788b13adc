//! Runs a program on its own terminal, with a test as its user.

use crate::support::Program;
use rustix::fs::{Mode, OFlags, open};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::fs::File;
use std::io::{Read, Write};
use std::process::{Child, ExitStatus};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// How long to wait for an expected text.
const PATIENCE: Duration = Duration::from_secs(120);

/// A program on a terminal.
pub struct Terminal {
    child: Child,
    keyboard: File,
    screen: Receiver<Vec<u8>>,
    /// Everything that was shown.
    shown: Vec<u8>,
    /// How much of it has been waited for.
    seen: usize,
}

impl Terminal {
    /// Starts a program with a fresh terminal as its stdin, stdout and stderr.
    pub fn start(program: Program) -> Self {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("there is a terminal");
        grantpt(&ours).expect("it may be used");
        unlockpt(&ours).expect("it can be opened");
        let name = ptsname(&ours, Vec::new()).expect("it has a name");
        let theirs = open(name.as_c_str(), OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).expect("it opens");
        let mut command = program.command();
        command.stdin(theirs.try_clone().expect("handles"));
        command.stdout(theirs.try_clone().expect("handles")).stderr(theirs);
        let child = command.spawn().expect("the program starts");
        // Handles of the other end that are left here would keep it open.
        drop(command);
        let keyboard = File::from(ours);
        let mut output = keyboard.try_clone().expect("handles");
        let (sender, screen) = channel();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            // Reading fails once the other end is closed.
            while let Ok(read @ 1..) = output.read(&mut bytes) {
                if sender.send(bytes[..read].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self { child, keyboard, screen, shown: Vec::new(), seen: 0 }
    }

    /// Waits until the program shows `text`, after what was waited for before.
    #[expect(clippy::panic, reason = "a test fails by panicking")]
    pub fn wait_for(&mut self, text: &str) {
        let until = Instant::now() + PATIENCE;
        loop {
            let ahead = &self.shown[self.seen..];
            if let Some(at) = ahead.windows(text.len()).position(|window| window == text.as_bytes()) {
                self.seen += at + text.len();
                return;
            }
            let left = until.saturating_duration_since(Instant::now());
            match self.screen.recv_timeout(left) {
                Ok(bytes) => self.shown.extend(bytes),
                Err(error) => {
                    panic!("{error} while waiting for `{text}` in:\n{}", String::from_utf8_lossy(&self.shown))
                }
            }
        }
    }

    /// Presses keys.
    pub fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("the terminal takes keys");
    }

    /// Waits for the program's end. Returns its status and everything that was shown, with plain line ends.
    pub fn finish(mut self) -> (ExitStatus, String) {
        let until = Instant::now() + PATIENCE;
        while let Ok(bytes) = self.screen.recv_timeout(until.saturating_duration_since(Instant::now())) {
            self.shown.extend(bytes);
        }
        let status = self.child.wait().expect("the program ends");
        (status, String::from_utf8_lossy(&self.shown).replace("\r\n", "\n"))
    }
}
