//! Describes the signals that end processes.
#![cfg(unix)]

use rustix::process::Signal;

/// A signal as part of a sentence: `SIGSEGV (it accessed memory that it does not own)`.
pub fn shown(signal: i32) -> String {
    let known = [
        (Signal::SEGV, "SIGSEGV (it accessed memory that it does not own)"),
        (Signal::BUS, "SIGBUS (it accessed memory that does not exist)"),
        (Signal::ABORT, "SIGABRT (it aborted)"),
        (Signal::ILL, "SIGILL (it executed an invalid instruction)"),
        (Signal::FPE, "SIGFPE (it divided by zero, or the like)"),
        (Signal::TRAP, "SIGTRAP (it hit a trap)"),
        (Signal::KILL, "SIGKILL (by another process, or because the system ran out of memory)"),
        (Signal::TERM, "SIGTERM (it was asked to terminate)"),
        (Signal::XCPU, "SIGXCPU (it exceeded its time limit)"),
        (Signal::SYS, "SIGSYS (it made a call that is not allowed)"),
    ];
    let found = known.iter().find(|(known, _)| known.as_raw() == signal);
    found.map_or_else(|| format!("signal {signal}"), |(_, name)| (*name).to_owned())
}
