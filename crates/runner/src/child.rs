//! Starting this program once more, as a process of its own. Says how; what the process is for is the
//! caller's business.

use std::ffi::OsStr;
use std::io;
use std::process::Command;
use std::sync::OnceLock;

/// Makes the call of this program with some arguments.
pub type Launcher = fn(arguments: &[&OsStr]) -> io::Result<Command>;

static LAUNCHER: OnceLock<Launcher> = OnceLock::new();

/// Says how this program is started, for programs that have textmill as a part of them. Without it, the
/// running executable is called with the arguments. The first call counts.
pub fn set_launcher(launcher: Launcher) {
    let _ = LAUNCHER.set(launcher);
}

/// A call of this program with `arguments`, the program's own name left out.
///
/// # Errors
/// Where the running executable cannot be told.
pub fn command(arguments: &[&OsStr]) -> io::Result<Command> {
    match LAUNCHER.get() {
        Some(launcher) => launcher(arguments),
        None => {
            let mut command = Command::new(std::env::current_exe()?);
            command.args(arguments);
            Ok(command)
        }
    }
}
