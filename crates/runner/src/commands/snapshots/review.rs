//! `textmill review`.

use super::super::print;
use super::find::pipelines;
use super::finished::finished;
use super::keys::{Answer, HELP, KEYS, read};
use super::pending::folder_of;
use super::test::one;
use crate::cli::ReviewArgs;
use crate::failure::Failure;
use crate::snap::{Change, Finished, Group, Key, OptionChange, SnapshotFolder, changed, heading};
use std::fmt::Write as _;
use std::path::Path;

/// The maximum number of lines of a change that are shown.
const LINES: usize = 200;

/// Reviews what is pending.
///
/// # Errors
/// If a pipeline or an answer cannot be read, if the pipeline is not what was tested, or if a file cannot be
/// moved.
pub(in super::super) fn review(args: &ReviewArgs) -> Result<(), Failure> {
    let mut tally = Tally::default();
    for path in pipelines(&args.pipelines)? {
        let (pipeline, folder) = folder_of(&path)?;
        let stages: Vec<String> = pipeline.stages.into_iter().map(|stage| stage.name).collect();
        let review = Review::new(&path, folder, stages)?;
        review.go(&mut tally)?;
        Finished::forget_if_done(&review.folder)?;
        // "Accept all" and "reject all" apply to one pipeline only.
        tally.all = tally.all.filter(|answer| *answer == Answer::Quit);
    }
    print(&tally.shown())
}

/// Counts of the answers.
#[derive(Default)]
struct Tally {
    accepted: usize,
    rejected: usize,
    skipped: usize,
    /// The answer for everything that follows.
    all: Option<Answer>,
}

impl Tally {
    fn shown(&self) -> String {
        let Self { accepted, rejected, skipped, .. } = self;
        if accepted + rejected + skipped == 0 {
            return "nothing is pending".into();
        }
        format!("{accepted} accepted, {rejected} rejected, {skipped} still pending")
    }
}

struct Review<'a> {
    path: &'a Path,
    folder: SnapshotFolder,
    /// Names of the stages, in order.
    stages: Vec<String>,
    changes: Vec<Change>,
    /// The options that have changed.
    options: Vec<OptionChange>,
    /// The pending snapshot of the options. It is accepted together with the others.
    of_options: Option<Change>,
    orphans: Vec<String>,
}

impl<'a> Review<'a> {
    fn new(path: &'a Path, folder: SnapshotFolder, stages: Vec<String>) -> Result<Self, Failure> {
        let pending = folder.pending()?;
        let orphans = finished(path, &folder, &pending)?;
        let (of_options, changes): (Vec<Change>, _) =
            pending.into_iter().partition(|change| change.key == Key::Options);
        let of_options = of_options.into_iter().next();
        let options = match &of_options {
            Some(Change { old: Some(old), new, .. }) => changed(old, new),
            _ => Vec::new(),
        };
        Ok(Self { path, folder, stages, changes, options, of_options, orphans })
    }

    fn go(&self, tally: &mut Tally) -> Result<(), Failure> {
        let (accepted, skipped) = (tally.accepted, tally.skipped);
        let groups = Group::of(&self.changes);
        let all = groups.len() + self.orphans.len();
        for (number, group) in groups.iter().enumerate() {
            let mut out =
                format!("{}\n", heading(&format!("{}: {} of {all}", self.path.display(), number + 1)));
            one(group, &self.changes, LINES, &mut out);
            for option in self.options_before(group.head) {
                let _ = writeln!(out, "option: {option}");
            }
            match ask(&out, tally)? {
                Answer::Accept => group.all().try_for_each(|change| self.folder.accept(change))?,
                Answer::Reject => group.all().try_for_each(|change| self.folder.reject(change))?,
                _ => {}
            }
        }
        for (number, orphan) in self.orphans.iter().enumerate() {
            let at = groups.len() + number + 1;
            let out = format!(
                "{}\nthis snapshot is no longer produced; accepting removes it\n",
                heading(&format!("{}: {at} of {all}\n=== {orphan}", self.path.display()))
            );
            if ask(&out, tally)? == Answer::Accept {
                self.folder.delete(orphan)?;
            }
        }
        // The options are those that the accepted snapshots were made with, so they stay pending while some
        // snapshots do.
        let Some(of_options) = self.of_options.as_ref().filter(|_| tally.skipped == skipped) else {
            return Ok(());
        };
        if self.changes.is_empty() {
            anstream::eprintln!("{}: recording changed options that affect no document", self.path.display());
        }
        if tally.accepted > accepted || self.changes.is_empty() {
            self.folder.accept(of_options)
        } else {
            self.folder.reject(of_options)
        }
    }

    /// The changed options of the stages that the document has passed, up to the one of this change.
    fn options_before(&self, change: &Change) -> Vec<&str> {
        let to = match &change.stage {
            Some(name) => self.stages.iter().position(|stage| stage == name).map_or(0, |at| at + 1),
            None => self.stages.len(),
        };
        let before = |option: &&OptionChange| {
            // A stage that no longer exists may have been anywhere.
            self.stages.iter().position(|stage| *stage == option.stage).is_none_or(|at| at < to)
        };
        self.options.iter().filter(before).map(|option| option.text.as_str()).collect()
    }
}

/// Shows something and asks what to do with it: accept, reject or skip.
fn ask(shown: &str, tally: &mut Tally) -> Result<Answer, Failure> {
    if tally.all.is_none() {
        print(shown.trim_end())?;
    }
    let answer = loop {
        if let Some(all) = tally.all {
            break all;
        }
        anstream::eprintln!("{}", heading(KEYS));
        let failed = |error| Failure::new(format!("cannot read an answer: {error}"));
        match read().map_err(failed)? {
            Some(Answer::Help) => anstream::eprintln!("{HELP}"),
            Some(answer @ (Answer::AcceptAll | Answer::RejectAll | Answer::Quit)) => tally.all = Some(answer),
            Some(answer) => break answer,
            None => anstream::eprintln!("no such key; these are the keys:\n{HELP}"),
        }
    };
    let answer = match answer {
        Answer::AcceptAll => Answer::Accept,
        Answer::RejectAll => Answer::Reject,
        Answer::Quit | Answer::Help => Answer::Skip,
        answer => answer,
    };
    let (counter, word) = match answer {
        Answer::Accept => (&mut tally.accepted, "accepted"),
        Answer::Reject => (&mut tally.rejected, "rejected"),
        _ => (&mut tally.skipped, "skipped"),
    };
    *counter += 1;
    if tally.all.is_none() {
        anstream::eprintln!("{word}\n");
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tally_is_told_in_words() {
        assert_eq!(Tally::default().shown(), "nothing is pending");
        let tally = Tally { accepted: 2, skipped: 1, ..Tally::default() };
        assert_eq!(tally.shown(), "2 accepted, 0 rejected, 1 still pending");
    }
}
