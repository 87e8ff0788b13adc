//! Describes the signals that end processes.
#![cfg(unix)]

use rustix::process::Signal;

/// A signal as part of a sentence: `SIGSEGV (it touched memory that is not its own)`.
pub fn shown(signal: i32) -> String {
    let known = [
        (Signal::SEGV, "SIGSEGV (it touched memory that is not its own)"),
        (Signal::BUS, "SIGBUS (it touched memory that is not there)"),
        (Signal::ABORT, "SIGABRT (it aborted)"),
        (Signal::ILL, "SIGILL (it came to an instruction that is none)"),
        (Signal::FPE, "SIGFPE (it divided by zero, or the like)"),
        (Signal::TRAP, "SIGTRAP (it came to a trap)"),
        (Signal::KILL, "SIGKILL (by somebody else, or the system was out of memory)"),
        (Signal::TERM, "SIGTERM (it was asked to end)"),
        (Signal::XCPU, "SIGXCPU (it used more time than it may)"),
        (Signal::SYS, "SIGSYS (it made a call that is not allowed)"),
    ];
    let found = known.iter().find(|(known, _)| known.as_raw() == signal);
    found.map_or_else(|| format!("signal {signal}"), |(_, name)| (*name).to_owned())
}
