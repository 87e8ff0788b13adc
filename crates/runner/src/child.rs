//! Starts this program again as a child process. What the process does is up to the caller.

use std::ffi::OsStr;
use std::io;
use std::process::Command;
use std::sync::OnceLock;

/// Builds the command that runs this program with some arguments.
pub type Launcher = fn(arguments: &[&OsStr]) -> io::Result<Command>;

static LAUNCHER: OnceLock<Launcher> = OnceLock::new();

/// Sets how this program is started, for programs that embed textmill. By default, the running executable is
/// called with the arguments. Only the first call has an effect.
pub fn set_launcher(launcher: Launcher) {
    let _ = LAUNCHER.set(launcher);
}

/// Builds the command that runs this program with `arguments`, which exclude the program's own name.
///
/// # Errors
/// If the path of the running executable cannot be determined.
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
