//! `textmill what-if`.

use super::print;
use crate::cli::WhatIfArgs;
use crate::config::{Kind, Node, Place, Problems, check_options, nearest, set_value};
use crate::failure::Failure;
use crate::inspect::{Ending, Entry, Filter, Ledger, RunFolder, each_line};
use crate::table::{count, number};
use serde::Serialize;
use serde_json::Value;
use std::collections::HashSet;
use std::fmt::Write as _;
use textmill_plugin::descriptor::{Drops, NEAR, Threshold};
use twox_hash::XxHash3_64;

/// Tries other thresholds on a finished run.
///
/// # Errors
/// If there is no such run, stage or option, or if the option decides no rule that can be replayed.
pub fn what_if(args: &WhatIfArgs) -> Result<(), Failure> {
    let run = RunFolder::open(&args.run)?;
    let mut answers = Vec::new();
    for set in &args.set {
        answers.extend(try_one(&run, set, args.documents)?);
    }
    if args.json {
        let json = serde_json::to_string_pretty(&answers).map_err(|e| Failure::new(e.to_string()))?;
        return print(&json);
    }
    let shown: Vec<String> = answers.iter().map(Answer::shown).collect();
    print(shown.join("\n\n").trim_end())
}

/// The effect of another threshold on a rule.
#[derive(Debug, Serialize)]
struct Answer {
    stage: String,
    rule: String,
    option: String,
    #[serde(skip)]
    drops: Drops,
    before: f64,
    after: f64,
    /// Documents that the rule dropped and would let pass; another rule of the stage may still drop them.
    kept: u64,
    /// Documents that the rule kept and would drop.
    dropped: u64,
    /// Those among `dropped` that were written in the end.
    dropped_of_written: u64,
    /// Edits by the rule that have a value.
    edits: u64,
    /// Those of them that would not be made.
    edits_undone: u64,
    /// The documents that have edits which would not be made, or passages which would be edited.
    edited_documents: u64,
    /// Passages that came near the threshold and were kept.
    near_passages: u64,
    /// Those of them that would be edited.
    edits_more: u64,
    /// Edits and near passages that the rule compares with other thresholds, which the option does not
    /// decide.
    held_to_others: u64,
    /// The other thresholds.
    other_thresholds: Vec<f64>,
    /// Whether the new threshold drops and edits no more than the old one.
    drops_less: bool,
    /// Whether values that matter may be missing from the ledger. The numbers are lower bounds in that case.
    at_least: bool,
    /// The ledger holds kept values up to this one, or down to it.
    known_to: f64,
    /// The documents nearest to the new threshold that would be dropped.
    nearest_dropped: Vec<Example>,
    /// The documents nearest to the new threshold that would be kept.
    nearest_kept: Vec<Example>,
}

#[derive(Clone, Debug, Serialize)]
struct Example {
    id: String,
    value: f64,
    /// Whether the rule dropped it in the run.
    dropped_now: bool,
}

/// Replays the rules that a set option decides, with the new threshold.
fn try_one(run: &RunFolder, set: &str, examples: usize) -> Result<Vec<Answer>, Failure> {
    let hint = "write `--set STAGE.OPTION=NUMBER`";
    let bad = |message: String| Failure::new(format!("`--set {set}`: {message}")).hint(hint);
    let (path, value) = set.split_once('=').ok_or_else(|| bad("there is no `=`".into()))?;
    let (stage, option) =
        path.trim().split_once('.').ok_or_else(|| bad("it names no option of a stage".into()))?;
    run.check_stage(stage)?;
    let config = run.stage(stage).ok_or_else(|| bad(format!("`{stage}` has no options")))?;
    let all = run.thresholds(stage);
    let wanted: Vec<&Threshold> = all.iter().filter(|t| t.option == option).collect();
    if wanted.is_empty() {
        return Err(not_replayed(run, stage, config, option, value.trim(), &all));
    }
    let value = set_value(value.trim(), &Place::Set(set.to_owned()));
    let value = value.map_err(|problem| Problems::new(Vec::new(), vec![problem]))?;
    let after = match value.kind {
        Kind::Integer(number) => Some(number as f64),
        Kind::Float(number) => Some(number).filter(|number| number.is_finite()),
        _ => None,
    };
    refuse_unsuitable(config, option, value, set)?;
    let after = after.ok_or_else(|| bad(format!("`{}` is not a number", given_value(set))))?;
    let pointer = format!("/options/{}", option.replace('.', "/"));
    let given = config.pointer(&pointer).and_then(Value::as_f64);
    let answer = |threshold: &Threshold| {
        // If the option is not set, the plugin chose the threshold, and the ledger has it.
        let before = match given {
            Some(before) => before,
            None => applied(run, stage, &threshold.rule)?.ok_or_else(|| {
                let rule = &threshold.rule;
                let message = format!("rule `{rule}` has no values on the ledger of this run");
                let hint =
                    "it is switched off, or no document came near the threshold; run the pipeline with another threshold";
                Failure::new(message).hint(hint)
            })?,
        };
        replay(run, stage, threshold, before, after, examples)
    };
    wanted.into_iter().map(answer).collect()
}

/// The value of a `--set` argument.
fn given_value(set: &str) -> &str {
    set.split_once('=').map_or("", |(_, value)| value.trim())
}

/// The failure for an option that decides no rule whose values are on the ledger.
fn not_replayed(
    run: &RunFolder,
    stage: &str,
    config: &Value,
    option: &str,
    value: &str,
    all: &[Threshold],
) -> Failure {
    let known = leaves(config.get("options").unwrap_or(&Value::Null));
    if !known.iter().any(|known| known == option) {
        let options = all.iter().map(|threshold| threshold.option.as_str());
        let near = nearest_option(option, options)
            .or_else(|| nearest_option(option, known.iter().map(String::as_str)));
        let hint = match near {
            Some(near) => format!("did you mean `{stage}.{near}`?"),
            None if all.is_empty() => "`textmill plugin info` lists the options of a plugin".to_owned(),
            None => replayable(run, stage, all),
        };
        return Failure::new(format!("stage `{stage}` has no option `{option}`")).hint(hint);
    }
    if value.parse::<f64>().is_err() {
        let message = format!("`{stage}.{option}`: `{value}` is not a number");
        return Failure::new(message).hint("`what-if` tries other values of thresholds, which are numbers");
    }
    let pipeline = run.pipeline().map_or("PIPELINE".to_owned(), |path| path.display().to_string());
    let folder = run.file("");
    let message = format!("the ledger does not hold what is needed to try another `{option}` of `{stage}`");
    let mut hint = format!(
        "`textmill run {pipeline} --set {stage}.{option}={value} --output NEW`, then `textmill diff {} NEW`",
        folder.display().to_string().trim_end_matches('/')
    );
    if !all.is_empty() {
        hint.push_str(&format!("; {}", replayable(run, stage, all)));
    }
    Failure::new(message).hint(hint)
}

/// The paths of all options, with dots between the levels of nested tables.
fn leaves(options: &Value) -> Vec<String> {
    let Value::Object(members) = options else { return Vec::new() };
    let of = |(name, value): (&String, &Value)| match leaves(value) {
        inner if inner.is_empty() => vec![name.clone()],
        inner => inner.iter().map(|inner| format!("{name}.{inner}")).collect(),
    };
    members.iter().flat_map(of).collect()
}

/// The known option that a wrong one most likely means.
fn nearest_option<'a>(wrong: &str, known: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    // The user may remember only the last part of a long name.
    let last = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
    let same = known.clone().find(|known| last(known) == last(wrong));
    same.or_else(|| nearest(wrong, known))
}

/// The maximum number of options that are suggested.
const NAMED: usize = 6;

/// The options of a stage that can be tried: those whose rules have values on the ledger, if there are any.
fn replayable(run: &RunFolder, stage: &str, all: &[Threshold]) -> String {
    let rules = run.rules(Some(stage));
    let names = |has_events: bool| {
        let mut names: Vec<String> = Vec::new();
        for threshold in all.iter().filter(|own| !has_events || rules.contains(own.rule.as_str())) {
            let name = format!("`{stage}.{}`", threshold.option);
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let more = names.len().saturating_sub(NAMED);
        names.truncate(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("{}{more}", names.join(", "))
    };
    match names(true) {
        none if none.is_empty() => {
            format!("`what-if` could try {}, but this run's ledger has no events for it", names(false))
        }
        known => format!("`what-if` can try {known}"),
    }
}

/// Refuses a value that a pipeline could not give to the option, as `check` does.
fn refuse_unsuitable(config: &Value, option: &str, value: Node, set: &str) -> Result<(), Failure> {
    let place = Place::Set(set.to_owned());
    let mut options = Node::new(Kind::Table(Vec::new()), place.clone());
    // An empty table takes any key.
    let _ = options.set(&option.split('.').collect::<Vec<_>>(), value, &place);
    let plugin = config.get("plugin").and_then(Value::as_str).unwrap_or_default();
    // Runs of older versions do not record the options' schema.
    let schema = config.get("thresholds-schema").unwrap_or(&Value::Null);
    match check_options(plugin, schema, &options, false) {
        problems if problems.is_empty() => Ok(()),
        problems => Err(Problems::new(Vec::new(), problems).into()),
    }
}

/// The threshold that a rule was applied with, according to its events.
fn applied(run: &RunFolder, stage: &str, rule: &str) -> Result<Option<f64>, Failure> {
    let filter = Filter { stage: Some(stage.to_owned()), rule: Some(rule.to_owned()), ..Filter::default() };
    let mut found = None;
    Ledger::of(run).scan(&filter, |batch| {
        found = found.or_else(|| Entry::of(batch).into_iter().find_map(|entry| entry.threshold));
        Ok(())
    })?;
    Ok(found)
}

fn replay(
    run: &RunFolder,
    stage: &str,
    threshold: &Threshold,
    before: f64,
    after: f64,
    examples: usize,
) -> Result<Answer, Failure> {
    let Threshold { rule, option, drops } = threshold;
    let filter = Filter { stage: Some(stage.to_owned()), rule: Some(rule.clone()), ..Filter::default() };
    let mut answer = Answer {
        stage: stage.to_owned(),
        rule: rule.clone(),
        option: option.clone(),
        drops: *drops,
        before,
        after,
        kept: 0,
        dropped: 0,
        dropped_of_written: 0,
        edits: 0,
        edits_undone: 0,
        edited_documents: 0,
        near_passages: 0,
        edits_more: 0,
        held_to_others: 0,
        other_thresholds: Vec::new(),
        drops_less: match drops {
            Drops::Below => after <= before,
            Drops::Above => after >= before,
        },
        at_least: is_beyond(*drops, before, after),
        known_to: known_to(*drops, before),
        nearest_dropped: Vec::new(),
        nearest_kept: Vec::new(),
    };
    // Documents that another rule of the stage drops anyway do not change sides.
    let drops_of_stage = Filter { action: Some("drop".to_owned()), rule: None, ..filter.clone() };
    let mut gone: HashSet<u64> = HashSet::new();
    Ledger::of(run).scan(&drops_of_stage, |batch| {
        let others = Entry::of(batch).into_iter().filter(|entry| entry.rule != *rule);
        gone.extend(others.map(|entry| entry.ordinal));
        Ok(())
    })?;
    let (mut turned, mut edited): (HashSet<u64>, HashSet<u64>) = (HashSet::new(), HashSet::new());
    Ledger::of(run).scan(&filter, |batch| {
        for entry in Entry::of(batch) {
            if entry.action == "edit" {
                // A rule may compare some passages with a threshold of their own.
                if !is_held_to(&entry, before) {
                    answer.leave_out(&entry);
                    continue;
                }
                answer.edits += u64::from(entry.value.is_some());
                if entry.value.is_some_and(|value| !drops.drops(value, after)) {
                    answer.edits_undone += 1;
                    edited.insert(entry.ordinal);
                }
                continue;
            }
            if entry.start.is_some() {
                if !is_held_to(&entry, before) {
                    answer.leave_out(&entry);
                    continue;
                }
                answer.near_passages += 1;
                if entry.value.is_some_and(|value| drops.drops(value, after)) {
                    answer.edits_more += 1;
                    edited.insert(entry.ordinal);
                }
                continue;
            }
            let Some(value) = entry.value.filter(|_| !gone.contains(&entry.ordinal)) else { continue };
            let (now, then) = (entry.action == "drop", drops.drops(value, after));
            match (now, then) {
                (true, false) => answer.kept += 1,
                (false, true) => {
                    answer.dropped += 1;
                    turned.insert(XxHash3_64::oneshot(entry.id.as_bytes()));
                }
                _ => {}
            }
            let example = Example { id: entry.id, value, dropped_now: now };
            let side = if then { &mut answer.nearest_dropped } else { &mut answer.nearest_kept };
            keep_nearest(side, example, after, examples);
        }
        Ok(())
    })?;
    answer.edited_documents = edited.len() as u64;
    if !turned.is_empty() {
        each_line(run, |ending, id, _| {
            let counts = ending == Ending::Written && turned.contains(&XxHash3_64::oneshot(id.as_bytes()));
            answer.dropped_of_written += u64::from(counts);
        })?;
    }
    Ok(answer)
}

/// Whether the rule compared an event's value with this threshold. Plugins may keep thresholds in other
/// units, with fewer digits.
fn is_held_to(entry: &Entry, threshold: f64) -> bool {
    const PRECISION: f64 = 1e-8;
    entry.threshold.is_some_and(|own| (own - threshold).abs() <= PRECISION * threshold.abs().max(1.0))
}

/// Whether the new threshold is so far away that the ledger lacks some documents that would be dropped.
fn is_beyond(drops: Drops, before: f64, after: f64) -> bool {
    match drops {
        Drops::Below => after > known_to(drops, before),
        Drops::Above => after < known_to(drops, before),
    }
}

/// The limit up to which, or down to which, a rule records what it keeps.
fn known_to(drops: Drops, threshold: f64) -> f64 {
    match drops {
        Drops::Below => threshold * NEAR,
        Drops::Above => threshold / NEAR,
    }
}

/// Keeps the examples nearest to a threshold, nearest first. Examples at the same distance keep their order.
fn keep_nearest(examples: &mut Vec<Example>, example: Example, threshold: f64, most: usize) {
    let distance = |example: &Example| (example.value - threshold).abs();
    let at = examples.partition_point(|other| distance(other) <= distance(&example));
    if at < most {
        examples.insert(at, example);
        examples.truncate(most);
    }
}

impl Answer {
    /// Counts an event that the option does not decide.
    fn leave_out(&mut self, entry: &Entry) {
        let Some(threshold) = entry.threshold.filter(|_| entry.value.is_some()) else { return };
        self.held_to_others += 1;
        let at = self.other_thresholds.partition_point(|known| *known < threshold);
        if self.other_thresholds.get(at) != Some(&threshold) {
            self.other_thresholds.insert(at, threshold);
        }
    }

    fn shown(&self) -> String {
        let mut out = String::new();
        let (before, after) = (number(self.before), number(self.after));
        let _ = writeln!(out, "`{}` of `{}`: `{}` {before} -> {after}", self.rule, self.stage, self.option);
        let is_of_edits = self.edits + self.near_passages + self.held_to_others > 0;
        // The caveat that the numbers are lower bounds comes before them.
        if self.at_least && (!is_of_edits || self.near_passages > 0) {
            let what = if is_of_edits { "passages" } else { "documents" };
            let way = if self.drops == Drops::Below { "up" } else { "down" };
            let known = number(self.known_to);
            let _ = writeln!(
                out,
                "  the ledger knows kept {what} only {way} to {known}: for {after} these numbers are lower bounds; run the \
                 pipeline for exact ones"
            );
        }
        let least = if self.at_least { "at least " } else { "" };
        if is_of_edits {
            self.put_edits(least, &mut out);
            return out.trim_end().to_owned();
        }
        let (dropped, written) = (self.dropped, self.dropped_of_written);
        let _ = writeln!(out, "  {least}{dropped} more would be dropped, {written} of which were written");
        let _ = writeln!(out, "  {} more would pass this rule; others may still drop them", self.kept);
        for (what, examples) in [("dropped", &self.nearest_dropped), ("kept", &self.nearest_kept)] {
            if examples.is_empty() {
                continue;
            }
            let _ = writeln!(out, "  nearest documents that would be {what}:");
            for example in examples {
                let now = if example.dropped_now { "dropped now" } else { "kept now" };
                let _ = writeln!(out, "    {}  {} ({now})", number(example.value), example.id);
            }
        }
        out.trim_end().to_owned()
    }

    fn put_edits(&self, least: &str, out: &mut String) {
        let documents = count(self.edited_documents as usize, "document");
        if self.drops_less || self.near_passages == 0 {
            let edits = count(self.edits as usize, "edit");
            let undone = self.edits_undone;
            let _ =
                writeln!(out, "  {undone} of {edits} would not be made, in whole or in part, in {documents}");
        } else {
            let passages = count(self.edits_more as usize, "more passage");
            let at_most = if self.at_least { "" } else { "up to " };
            let _ = writeln!(
                out,
                "  {least}{at_most}{passages} would be edited, in whole or in part, in {documents}"
            );
        }
        if !self.drops_less && self.near_passages == 0 {
            let _ = writeln!(
                out,
                "  the ledger has no values of what is not edited now: run the pipeline to see what else would be removed"
            );
        }
        if self.held_to_others > 0 {
            let others = match self.held_to_others {
                1 => "1 edit or near passage that is".to_owned(),
                many => format!("{many} edits and near passages that are"),
            };
            let thresholds: Vec<String> = self.other_thresholds.iter().copied().map(number).collect();
            let _ = writeln!(
                out,
                "  not counted: {others} held to {}, whatever `{}` says",
                thresholds.join(", "),
                self.option
            );
        }
    }
}
