//! What the tests share: where the libraries are, running the program, reading a run folder.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;
use textmill::host::{LoadedPlugin, library_name};

/// The repository.
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the workspace").to_owned()
}

/// The folder of this test program, where cargo puts the libraries it depends on. The folder above holds
/// libraries of earlier builds, which may be stale.
fn libraries() -> PathBuf {
    let exe = std::env::current_exe().expect("the test program has a path");
    exe.parent().expect("and lies in a folder").to_owned()
}

/// The folder of examples: the program, the example plugins, the bad ones.
pub fn examples() -> PathBuf {
    libraries().parent().expect("target/<profile>/deps").join("examples")
}

/// Loads a plugin of the workspace.
pub fn plugin(name: &str) -> LoadedPlugin {
    LoadedPlugin::open(&libraries().join(library_name(name))).expect("the plugin loads")
}

/// A call of the program that finds the libraries of this build.
pub fn textmill() -> Command {
    let exe = format!("textmill-under-test{}", std::env::consts::EXE_SUFFIX);
    let mut command = Command::new(examples().join(exe));
    let folders = std::env::join_paths([libraries(), examples()]).expect("paths without separators");
    command.env("TEXTMILL_PLUGIN_PATH", folders).env("NO_COLOR", "1").env_remove("RUST_BACKTRACE");
    command.current_dir(workspace());
    command
}

/// Runs the program and gives what it wrote to stderr, as one text with paths of this machine taken out.
pub fn stderr(output: &Output, folder: &Path) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    hide(&text, folder)
}

/// Takes paths of this machine out of a text.
pub fn hide(text: &str, folder: &Path) -> String {
    let mut text = text.to_owned();
    let real = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    for (path, word) in [
        (real, "[folder]"),
        (folder.to_owned(), "[folder]"),
        (examples(), "[examples]"),
        (libraries(), "[libraries]"),
        (workspace(), "[workspace]"),
    ] {
        text = text.replace(&path.display().to_string(), word);
    }
    match std::env::var("HOME") {
        Ok(home) if home.len() > 1 => text.replace(&home, "[home]"),
        _ => text,
    }
}

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
        let lines = lines.map(|(n, text)| serde_json::json!({"id": format!("d{n}"), "text": text}).to_string());
        self.write("input.jsonl", lines.collect::<Vec<_>>().join("\n"))
    }

    /// Runs a pipeline over `input.jsonl` into `out`.
    pub fn run(&self, stages: &str, arguments: &[&str]) -> Output {
        let text = format!("[input]\npaths = [\"input.jsonl\"]\n[output]\nfolder = \"out\"\n{stages}");
        let pipeline = self.write("pipeline.toml", text);
        textmill().arg("run").arg(pipeline).args(arguments).output().expect("the program runs")
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path("out").join(name)).expect("the file is in the run folder")
    }

    /// Ids of a JSON Lines file of the run.
    pub fn ids(&self, name: &str) -> Vec<String> {
        rows(&self.read(name)).iter().map(|row| row["id"].as_str().unwrap_or_default().to_owned()).collect()
    }
}

/// Lines of JSON.
pub fn rows(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("every line is JSON")).collect()
}

/// Fails with the program's own words where it did not succeed.
pub fn succeeded(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
