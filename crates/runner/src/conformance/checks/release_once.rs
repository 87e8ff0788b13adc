//! Whether everything that crosses the ABI is released exactly once.

use crate::conformance::subject::{Subject, readers};
use crate::conformance::test::{Notes, Run, Test, Verdict};
use crate::host::{Layout, Probe, Tally};
use arrow_array::RecordBatch;
use textmill_plugin::call::{Call, NoHost};
use textmill_plugin::descriptor::Kind;
use textmill_plugin::error::Result;
use textmill_plugin::harness::Bound;
use textmill_plugin::operator::Output;

pub const TEST: Test = Test {
    id: "release-once",
    doc: "Arrays passed to the plugin are imported and released exactly once; arrays that it returns \
          can be released once, and outlive the worker and the stage that made them.",
    advice: "import what is passed (set its `release` to null) or release it, exactly once; returned \
             arrays must own their memory",
    run: Run::Bound(run),
};

fn run(subject: &Subject, notes: &Notes) -> Result<Verdict> {
    let documents = subject.batch()?;
    let mut seen = Vec::new();
    notes.doing("running the documents in batches of seven");
    let (plugin, probe) = Probe::attach(&subject.plugin, Layout::Plain);
    let bound = Bound::bind(&plugin, Some(&subject.operator.name), &subject.options, &documents.schema())?;
    let starts = (0..documents.num_rows()).step_by(7);
    let batches: Vec<RecordBatch> =
        starts.map(|start| documents.slice(start, 7.min(documents.num_rows() - start))).collect();
    let outcome = bound.run(&NoHost, &batches)?;
    drop(bound);
    drop(outcome);

    notes.doing("looking at answers after the worker and the stage are released");
    let bound = Bound::bind(&plugin, Some(&subject.operator.name), &subject.options, &documents.schema())?;
    let mut answers: Vec<(RecordBatch, RecordBatch)> = Vec::new();
    for operator in readers(&bound).into_iter().filter(|o| o.descriptor.kind == Kind::Map) {
        let call = Call::new(&NoHost);
        let mut worker = operator.stage.new_worker(&call)?;
        let Output { documents, .. } = worker.process(&call, operator.project(&documents)?)?;
        // A copy in memory of the host.
        let order = arrow_array::UInt32Array::from_iter_values(0..documents.num_rows() as u32);
        let copy = arrow_select::take::take_record_batch(&documents, &order)?;
        answers.push((documents, copy));
    }
    drop(bound);
    if answers.iter().any(|(answer, copy)| answer != copy) {
        seen.push("an answer changes when its worker and stage are released".to_owned());
    }
    drop(answers);

    notes.doing("releasing what is left");
    tally("an array that it was given", probe.inputs(), &mut seen);
    tally("an array that it handed out", probe.outputs(), &mut seen);
    tally("a schema that it handed out", probe.schemas(), &mut seen);
    if probe.not_taken() > 0 {
        let what = "a call succeeded without taking over its input";
        seen.push(format!("{what} ({} times)", probe.not_taken()));
    }
    if probe.alive() != (0, 0) {
        let (stages, workers) = probe.alive();
        seen.push(format!("{stages} stages and {workers} workers are left"));
    }
    let (given, handed_out) = (probe.inputs().crossed, probe.outputs().crossed);
    Ok(Verdict::of(seen, format!("{given} arrays given, {handed_out} handed out")))
}

fn tally(what: &str, tally: Tally, seen: &mut Vec<String>) {
    let Tally { crossed, released, again, unmarked } = tally;
    if released < crossed {
        seen.push(format!("{what} is never released ({} of {crossed})", crossed - released));
    }
    if again > 0 {
        seen.push(format!("{what} is released more than once ({again} of {crossed})"));
    }
    if unmarked > 0 {
        seen.push(format!(
            "{what} is not marked as released by its callback, which sets `release` to null ({unmarked} of {crossed})"
        ));
    }
}
