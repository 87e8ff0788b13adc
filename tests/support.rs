//! What the tests share: where the libraries are, running the program, reading a run folder.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use tempfile::TempDir;
use textmill::host::{LoadedPlugin, library_name};

/// The repository.
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the workspace").to_owned()
}

/// The folder of this test program, where cargo puts the libraries it depends on. The folder above holds
/// libraries of earlier builds, which may be stale.
pub fn libraries() -> PathBuf {
    let exe = std::env::current_exe().expect("the test program has a path");
    exe.parent().expect("and lies in a folder").to_owned()
}

/// The folder of examples: the hello-world plugin, the bad ones.
pub fn examples() -> PathBuf {
    let folder = libraries().parent().expect("target/<profile>/deps").join("examples");
    let hint =
        "run a plain `cargo test` once, without a package or the name of a test: that builds the examples";
    let there = |name| folder.join(library_name(name)).exists();
    assert!(["bad-plugin", "min-length", "abi-1-0", "other-arrow"].into_iter().all(there), "{hint}");
    folder
}

/// Loads a plugin of the workspace.
pub fn plugin(name: &str) -> LoadedPlugin {
    LoadedPlugin::open(&libraries().join(library_name(name))).expect("the plugin loads")
}

/// The variable that holds the arguments of the program when the test program stands in for it.
const ARGUMENTS: &str = "TEXTMILL_TEST_ARGUMENTS";
/// The test program's own arguments when it stands in for the program.
const STAND_IN: [&str; 5] = ["--exact", "support::program", "--ignored", "--nocapture", "--test-threads=2"];
/// Separates the arguments in [`ARGUMENTS`].
const SEPARATOR: char = '\u{1f}';
/// What the test program prints before the program's own output.
const PREFIX: &[u8] = b"\nrunning 1 test\n";

/// Not a test: the program itself, which [`Program`] runs as a separate process. A separate executable would
/// not be rebuilt by `cargo test NAME`, and the tests would run a stale one.
#[test]
#[ignore = "it is the program, which other tests start"]
fn program() {
    if let Ok(arguments) = std::env::var(ARGUMENTS) {
        textmill::child::set_launcher(|arguments| {
            let mut command = Command::new(std::env::current_exe()?);
            let arguments: Vec<_> = arguments.iter().map(|a| a.to_string_lossy()).collect();
            command.args(STAND_IN).env(ARGUMENTS, arguments.join(&SEPARATOR.to_string()));
            Ok(command)
        });
        let arguments = std::iter::once("textmill").chain(arguments.split_terminator(SEPARATOR));
        std::process::exit(textmill::main(arguments.map(Into::into).collect()).into());
    }
}

/// A call of the program.
pub struct Program {
    command: Command,
    arguments: String,
}

/// A call of the program that finds the libraries of this build.
pub fn textmill() -> Program {
    let mut command = Command::new(std::env::current_exe().expect("the test program has a path"));
    command.args(STAND_IN);
    let folders = std::env::join_paths([libraries(), examples()]).expect("paths without separators");
    command.env("TEXTMILL_PLUGIN_PATH", folders).env("NO_COLOR", "1").env_remove("RUST_BACKTRACE");
    command.current_dir(workspace());
    Program { command, arguments: String::new() }
}

impl Program {
    pub fn arg(mut self, argument: impl AsRef<std::ffi::OsStr>) -> Self {
        self.arguments.push_str(argument.as_ref().to_str().expect("arguments are UTF-8"));
        self.arguments.push(SEPARATOR);
        self
    }

    pub fn args<A: AsRef<std::ffi::OsStr>>(self, arguments: impl IntoIterator<Item = A>) -> Self {
        arguments.into_iter().fold(self, Self::arg)
    }

    pub fn current_dir(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs it as a program with more rights than its caller: root calls on behalf of another user. Needs
    /// Python.
    #[cfg(unix)]
    pub fn on_behalf_of(mut self, user: u32) -> Self {
        let script =
            format!("import os, sys; os.setresuid({user}, 0, 0); os.execv(sys.argv[1], sys.argv[1:])");
        self.wrap(Command::new("python3").args(["-c", &script]));
        self
    }

    /// Runs the program through another command, `front`.
    #[cfg(unix)]
    fn wrap(&mut self, front: &mut Command) {
        let mut command = Command::new(front.get_program());
        command.args(front.get_args()).arg(self.command.get_program()).args(self.command.get_args());
        for (name, value) in self.command.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        if let Some(folder) = self.command.get_current_dir() {
            command.current_dir(folder);
        }
        self.command = command;
    }

    /// Starts it without waiting for its end.
    pub fn spawn(mut self) -> Child {
        let command = self.command.env(ARGUMENTS, &self.arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts")
    }

    /// Limits the size of files to `blocks` blocks of 512 bytes: writing more fails as on a full disk.
    #[cfg(unix)]
    pub fn with_largest_file(mut self, blocks: u32) -> Self {
        // With the signal ignored, the write itself fails.
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"");
        self.wrap(Command::new("sh").args(["-c", &script, "sh"]));
        self
    }

    /// The command, for callers that start it in their own way.
    #[cfg(unix)]
    pub fn command(mut self) -> Command {
        self.command.env(ARGUMENTS, &self.arguments);
        self.command
    }

    /// Runs it with this text as its stdin.
    pub fn output_of(mut self, input: &str) -> Output {
        use std::io::Write;
        let command = self.command.env(ARGUMENTS, &self.arguments).stdin(Stdio::piped());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let mut stdin = child.stdin.take().expect("stdin is piped");
        // The program may end without reading all of it.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        let mut output = child.wait_with_output().expect("it ends");
        output.stdout = output.stdout.strip_prefix(PREFIX).unwrap_or(&output.stdout).to_vec();
        output
    }

    pub fn output(mut self) -> Output {
        let mut output = self.command.env(ARGUMENTS, &self.arguments).output().expect("the program starts");
        output.stdout = output.stdout.strip_prefix(PREFIX).unwrap_or(&output.stdout).to_vec();
        output
    }
}

/// What the program wrote to stderr, as one text without paths of this machine.
pub fn stderr(output: &Output, folder: &Path) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    hide(&text, folder)
}

/// Removes paths of this machine from a text.
pub fn hide(text: &str, folder: &Path) -> String {
    let mut text = text.to_owned();
    let real = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    for (path, word) in [
        // Wherever the build folder is, its own names come first.
        (examples(), "[examples]"),
        (libraries(), "[libraries]"),
        (real, "[folder]"),
        (folder.to_owned(), "[folder]"),
        (workspace(), "[workspace]"),
    ] {
        text = text.replace(&path.display().to_string(), word);
    }
    match std::env::var("HOME") {
        Ok(home) if home.len() > 1 => text.replace(&home, "[home]"),
        _ => text,
    }
}

/// The files of a run that are the same from run to run.
pub const SAME: [&str; 5] =
    ["documents.jsonl", "rejected.jsonl", "failed.jsonl", "ledger.parquet", "summary.json"];

/// All four plugins.
pub const CHAIN: &str = "[[stage]]\nplugin = \"clean\"\n[[stage]]\nplugin = \"dedupe\"\n\
                         [[stage]]\nplugin = \"extract\"\n[[stage]]\nplugin = \"summarize-stats\"\n";

/// A folder with a pipeline file and an input.
pub struct Bench {
    pub folder: TempDir,
}

impl Bench {
    pub fn new() -> Self {
        Self { folder: TempDir::new().expect("a temporary folder") }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a file in a folder")).expect("folders can be made");
        std::fs::write(&path, content).expect("files can be written");
        path
    }

    /// Documents as JSON Lines, `d0`, `d1` and so on.
    pub fn documents(&self, texts: &[&str]) -> PathBuf {
        let lines = texts.iter().enumerate();
        let lines =
            lines.map(|(n, text)| serde_json::json!({"id": format!("d{n}"), "text": text}).to_string());
        self.write("input.jsonl", lines.collect::<Vec<_>>().join("\n"))
    }

    /// Runs a pipeline over `input.jsonl` into `out`.
    pub fn run(&self, stages: &str, arguments: &[&str]) -> Output {
        self.call(stages, arguments).output()
    }

    /// The call that [`Bench::run`] makes.
    pub fn call(&self, stages: &str, arguments: &[&str]) -> Program {
        let text = format!("[input]\npaths = [\"input.jsonl\"]\n[output]\nfolder = \"out\"\n{stages}");
        let pipeline = self.write("pipeline.toml", text);
        textmill().arg("run").arg(pipeline).args(arguments)
    }

    /// The files of the run that must not differ between runs.
    pub fn same(&self) -> [Vec<u8>; 5] {
        SAME.map(|file| std::fs::read(self.path("out").join(file)).expect("the file is in the run folder"))
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path("out").join(name)).expect("the file is in the run folder")
    }

    /// Ids of a JSON Lines file of the run.
    pub fn ids(&self, name: &str) -> Vec<String> {
        rows(&self.read(name)).iter().map(|row| row["id"].as_str().unwrap_or_default().to_owned()).collect()
    }
}

/// Parses JSON Lines.
pub fn rows(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("every line is JSON")).collect()
}

/// Fails with what the program wrote to stderr if it did not succeed.
pub fn succeeded(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
