//! `textmill dev`: builds a plugin after each change, runs a sample, and shows what has changed.

mod build;
mod compare;
mod rehearse;
mod watch;

use self::build::Builds;
use self::compare::compare;
use self::rehearse::{Rehearsal, rehearse};
use self::watch::Watch;
use super::examine::{Examined, Looks, examine};
use super::print;
use crate::cli::DevArgs;
use crate::config::{Draft, LockPolicy, Pipeline, StageConfig, suggest};
use crate::failure::Failure;
use crate::host::{Discovery, Project};
use crate::interrupt::stop_on_interrupt;
use crate::progress::Progress;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How often the sources are checked for changes. A folder of sources has a few dozen files, and checking
/// them takes less than a millisecond. File system notifications would need a separate library for each
/// platform, and editors that save by renaming cause several notifications for one change.
const LOOK_EVERY: Duration = Duration::from_millis(300);

/// Builds a plugin and runs a sample through it, once or after each change until Ctrl-C.
///
/// # Errors
/// If the pipeline, the plugin or its sources cannot be found; with `--once`, also if the build or the run
/// fails.
pub(super) fn dev(args: &DevArgs, verbose: bool, locked: bool) -> Result<(), Failure> {
    let pipeline = Pipeline::read(&args.pipeline, &[])?;
    let plugin = named(&pipeline, &args.plugin)?;
    let project = find_project(args, &plugin)?;
    let stop = Arc::new(AtomicBool::new(false));
    stop_on_interrupt(Arc::clone(&stop), say);
    let mut dev = Dev { args, plugin, project, builds: Builds::new()?, former: None, stop, verbose, locked };
    let files = pipeline.sources.into_iter().map(|source| source.path);
    let mut watch = Watch::new(&dev.project.folder, files);
    dev.begin();
    loop {
        let done = dev.build_and_compare();
        if args.once {
            return done;
        }
        if let Err(failure) = done {
            say(&failure.render(false));
        }
        if dev.stopped() {
            return Ok(());
        }
        say("waiting for a change; press Ctrl-C to stop");
        while !watch.changed() {
            std::thread::sleep(LOOK_EVERY);
            if dev.stopped() {
                return Ok(());
            }
        }
    }
}

/// A plugin under development.
struct Dev<'a> {
    args: &'a DevArgs,
    /// The plugin as stages name it.
    plugin: String,
    project: Project,
    builds: Builds,
    /// The result of the sample with the previous build.
    former: Option<Rehearsal>,
    stop: Arc<AtomicBool>,
    verbose: bool,
    locked: bool,
}

impl Dev<'_> {
    /// Runs the sample through the library that the pipeline finds at the start, if there is one.
    fn begin(&mut self) {
        let found = Discovery::new(Some(&self.args.pipeline)).find(&self.plugin);
        let Ok(found) = found else {
            say(&format!("there is no previous build of `{}` to compare with", self.plugin));
            return;
        };
        say(&format!("comparing with {}", found.path.display()));
        // Use a copy: the build may overwrite the original.
        match self.builds.keep(&found.path).and_then(|library| self.run(&library, true)) {
            Ok(rehearsal) => self.former = Some(rehearsal),
            Err(failure) => say(&failure.render(false)),
        }
    }

    fn build_and_compare(&mut self) -> Result<(), Failure> {
        say(&format!("building {}", self.project.folder.display()));
        let built = build::build(&self.project)?;
        let library = self.builds.keep(&built)?;
        let fresh = self.run(&library, false)?;
        if self.stopped() {
            return Ok(());
        }
        let shown = match &self.former {
            Some(former) => compare(former, &fresh),
            None => fresh.summary(),
        };
        self.former = Some(fresh);
        print(&shown)
    }

    /// Runs the sample, with this library in the plugin's stages.
    fn run(&self, library: &Path, quiet: bool) -> Result<Rehearsal, Failure> {
        let mut draft = Draft::read(&self.args.pipeline, &[])?;
        named(&draft.pipeline, &self.args.plugin)?;
        for stage in draft.pipeline.stages.iter_mut().filter(|stage| stage.plugin == self.plugin) {
            stage.plugin = library.display().to_string();
        }
        // Each build is a different library and none of them is locked. The other plugins stay subject to the
        // lock file.
        let lock_policy = LockPolicy::of(Some(&self.args.pipeline), self.locked)?;
        let lock_policy = lock_policy.without(&self.args.plugin).without(&self.plugin);
        let Examined { prepared, files, .. } = examine(draft, Looks::SAMPLE, &lock_policy)?;
        let names = prepared.stages.iter().map(|stage| stage.name.clone()).collect();
        let host = Progress::new(0, names, quiet, self.verbose);
        let stop = host.stop_switch();
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            // Plugins query the host on this thread; the user's interrupt arrives on another one.
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    stop.store(self.stopped(), Ordering::Relaxed);
                    std::thread::sleep(Duration::from_millis(20));
                }
            });
            let done = rehearse(&prepared, &files, self.args.limit as usize, &host);
            over.store(true, Ordering::Relaxed);
            done
        })
        .map_err(Into::into)
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// Resolves a plugin's name or path, or a stage's name, to the plugin as stages name it.
fn named(pipeline: &Pipeline, wanted: &str) -> Result<String, Failure> {
    let goes_by = |stage: &&StageConfig| {
        stage.plugin == wanted || stage.name == wanted || Path::new(&stage.plugin).ends_with(wanted)
    };
    if let Some(stage) = pipeline.stages.iter().find(goes_by) {
        return Ok(stage.plugin.clone());
    }
    let known: Vec<&str> = pipeline.stages.iter().map(|stage| stage.plugin.as_str()).collect();
    let hint = suggest(wanted, known.iter().copied()).unwrap_or_else(|| match known.as_slice() {
        [] => "add a `[[stage]]` with it".into(),
        known => format!("it has `{}`; add a `[[stage]]` with the plugin", known.join("`, `")),
    });
    let message = format!("{} has no stage with the plugin `{wanted}`", pipeline.path.display());
    Err(Failure::new(message).hint(hint))
}

/// Finds the folder of the plugin's sources.
fn find_project(args: &DevArgs, plugin: &str) -> Result<Project, Failure> {
    let base = args.pipeline.parent().unwrap_or(Path::new(""));
    let name = Path::new(plugin).file_name().map(PathBuf::from).unwrap_or_default();
    let places = match &args.crate_dir {
        Some(folder) => vec![folder.clone()],
        None if plugin.contains(['/', '\\']) => vec![base.join(plugin)],
        None => {
            let workspaces = [base.to_owned(), base.join("..")];
            workspaces.iter().flat_map(|w| [w.join("plugins").join(&name), w.join(&name)]).collect()
        }
    };
    if let Some(project) = places.iter().find_map(|place| Project::at(place)) {
        return Ok(project);
    }
    let tried: Vec<String> = places.iter().map(|place| format!("  {}", place.display())).collect();
    let message = format!(
        "there are no sources of `{plugin}`, a folder with a `Cargo.toml` or a `Makefile`; searched:\n{}",
        tried.join("\n")
    );
    Err(Failure::new(message).hint("give the folder with `--crate`"))
}

/// Prints a line to stderr.
fn say(text: &str) {
    anstream::eprintln!("{text}");
}
