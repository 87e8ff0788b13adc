//! `textmill ledger`.

use super::explain::no_document;
use super::print;
use crate::cli::LedgerArgs;
use crate::config::suggest;
use crate::failure::Failure;
use crate::inspect::{Entry, Fate, Filter, Ledger, RunFolder};
use crate::table::{count, drawn, number, table};
use std::collections::BTreeMap;
use std::io::Write;

/// Filters and counts a ledger.
///
/// # Errors
/// If there is no such run, or no such stage or document in it.
pub fn ledger(args: &LedgerArgs) -> Result<(), Failure> {
    let run = RunFolder::open(&args.run)?;
    if let Some(stage) = &args.stage {
        run.check_stage(stage)?;
    }
    if let Some(rule) = &args.rule {
        note_unknown_rule(&run, rule, args.stage.as_deref());
    }
    let filter = Filter {
        id: args.id.clone(),
        stage: args.stage.clone(),
        rule: args.rule.clone(),
        action: args.action.map(|action| action.name().to_owned()),
    };
    let ledger = Ledger::of(&run);
    if args.json {
        return lines(&ledger, &filter);
    }
    let mut counts = Counts::default();
    let mut rows: Vec<Entry> = Vec::new();
    ledger.scan(&filter, |batch| {
        for entry in Entry::of(batch) {
            counts.take(&entry);
            if rows.len() < args.rows {
                rows.push(entry);
            }
        }
        Ok(())
    })?;
    // A document may have no event at all, or none that passes the filter.
    if let Some(id) = args.id.as_ref().filter(|_| counts.rules.is_empty())
        && Fate::of(&run, id)?.is_none()
    {
        return Err(no_document(&run, &args.run, id));
    }
    let mut out = counts.table(&run.stages());
    if !rows.is_empty() {
        out.push_str(&format!("\n{}", shown(&rows)));
    }
    print(&out)
}

/// Notes on stderr that no event has this rule: the rule may have found nothing, which is not a mistake.
fn note_unknown_rule(run: &RunFolder, rule: &str, stage: Option<&str>) {
    let known = run.rules(stage);
    if known.contains(rule) {
        return;
    }
    let of = stage.map(|stage| format!(" of stage `{stage}`")).unwrap_or_default();
    let hint = suggest(rule, known.iter().copied()).unwrap_or_else(|| match known.is_empty() {
        true => "the ledger has no events".to_owned(),
        false => format!("there are `{}`", known.into_iter().collect::<Vec<_>>().join("`, `")),
    });
    anstream::eprintln!("note: no event{of} has the rule `{rule}`; {hint}");
}

/// Prints every row as a line of JSON.
fn lines(ledger: &Ledger, filter: &Filter) -> Result<(), Failure> {
    let mut out = std::io::BufWriter::new(anstream::stdout().lock());
    let mut gone = false;
    ledger.scan(filter, |batch| {
        if gone {
            return Ok(());
        }
        for entry in &Entry::of(batch) {
            let line = serde_json::to_string(entry).map_err(|e| Failure::new(e.to_string()))?;
            match writeln!(out, "{line}") {
                // A closed pipe, as with `| head`, is not a failure.
                Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {
                    gone = true;
                    return Ok(());
                }
                other => other.map_err(|e| Failure::new(format!("cannot write to stdout: {e}")))?,
            }
        }
        Ok(())
    })?;
    match out.flush() {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::new(format!("cannot write to stdout: {error}")))
        }
        _ => Ok(()),
    }
}

/// How often each rule acted.
#[derive(Default)]
struct Counts {
    /// Keyed by stage, action and rule.
    rules: BTreeMap<(String, String, String), Count>,
}

#[derive(Default)]
struct Count {
    events: u64,
    documents: u64,
    /// The last document counted: rows are sorted by document.
    last: Option<u64>,
    values: Values,
    threshold: Option<f64>,
    /// Whether the events have different thresholds.
    differs: bool,
}

/// The values that a rule measured.
#[derive(Default)]
struct Values {
    range: Option<(f64, f64)>,
    /// Every `stride`th value: for a long ledger, the median of a sample is good enough.
    sample: Vec<f64>,
    stride: u64,
    seen: u64,
}

impl Values {
    /// The maximum number of values that are kept.
    const KEPT: usize = 1 << 16;

    fn take(&mut self, value: f64) {
        let (least, greatest) = self.range.unwrap_or((value, value));
        self.range = Some((least.min(value), greatest.max(value)));
        self.stride = self.stride.max(1);
        if self.seen.is_multiple_of(self.stride) {
            if self.sample.len() == Self::KEPT {
                let mut at = 0;
                self.sample.retain(|_| {
                    at += 1;
                    at % 2 == 1
                });
                self.stride *= 2;
            }
            if self.seen.is_multiple_of(self.stride) {
                self.sample.push(value);
            }
        }
        self.seen += 1;
    }

    /// The median; of an even number of values, the mean of the middle two.
    fn median(&mut self) -> Option<f64> {
        self.sample.sort_by(f64::total_cmp);
        let half = self.sample.len() / 2;
        let upper = self.sample.get(half).copied()?;
        match half.checked_sub(1).filter(|_| self.sample.len().is_multiple_of(2)) {
            Some(below) => Some(f64::midpoint(self.sample[below], upper)),
            None => Some(upper),
        }
    }
}

impl Counts {
    fn take(&mut self, entry: &Entry) {
        let key = (entry.stage.clone(), entry.action.clone(), entry.rule.clone());
        let count = self.rules.entry(key).or_default();
        count.differs |= count.events > 0 && count.threshold != entry.threshold;
        count.threshold = entry.threshold;
        count.events += 1;
        count.documents += u64::from(count.last != Some(entry.ordinal));
        count.last = Some(entry.ordinal);
        entry.value.into_iter().for_each(|value| count.values.take(value));
    }

    /// The table, in the order of the stages.
    fn table(mut self, stages: &[&str]) -> String {
        let headings =
            ["stage", "action", "rule", "events", "documents", "min", "median", "max", "threshold"];
        let mut out = table(&headings, 3);
        let (mut events, mut rules) = (0, 0);
        for stage in stages {
            for ((_, action, rule), count) in self.rules.iter_mut().filter(|((of, ..), _)| of == stage) {
                let value = |value: Option<f64>| value.map(number).unwrap_or_default();
                let median = count.values.median();
                let threshold = match (count.threshold, count.differs) {
                    (_, true) => "several".to_owned(),
                    (threshold, false) => threshold.map(number).unwrap_or_default(),
                };
                out.add_row(vec![
                    (*stage).to_owned(),
                    action.clone(),
                    rule.clone(),
                    count.events.to_string(),
                    count.documents.to_string(),
                    value(count.values.range.map(|(least, _)| least)),
                    value(median),
                    value(count.values.range.map(|(_, greatest)| greatest)),
                    threshold,
                ]);
                events += count.events;
                rules += 1;
            }
        }
        if rules == 0 {
            return "no event matches the filter".to_owned();
        }
        let table = drawn(&out);
        format!("{table}\n{} of {}", count(events as usize, "event"), count(rules, "rule"))
    }
}

/// The maximum number of characters of a row's text that are shown.
const SHOWN: usize = 60;

fn shown(rows: &[Entry]) -> String {
    let mut out = table(&["id", "stage", "action", "rule", "value", "threshold", "span", "more"], 8);
    for row in rows {
        let span = row.start.zip(row.end).map(|(start, end)| format!("{start}..{end}")).unwrap_or_default();
        let other = row.other.as_ref().map(|other| format!("other {other}"));
        let with =
            row.replacement.as_ref().filter(|text| !text.is_empty()).map(|text| format!("with {text:?}"));
        let more: Vec<String> = [other, with, row.note.clone()].into_iter().flatten().collect();
        let more: String = more.join("; ").chars().take(SHOWN).collect();
        out.add_row(vec![
            row.id.clone(),
            row.stage.clone(),
            row.action.clone(),
            row.rule.clone(),
            row.value.map(number).unwrap_or_default(),
            row.threshold.map(number).unwrap_or_default(),
            span,
            more,
        ]);
    }
    drawn(&out)
}

#[cfg(test)]
mod tests {
    use super::Values;

    #[test]
    fn the_median_is_the_middle_value_or_the_mean_of_the_middle_two() {
        for (values, median) in [
            (&[][..], None),
            (&[3.0], Some(3.0)),
            (&[2442.0, 13.0], Some(1227.5)),
            (&[9.0, 1.0, 2.0], Some(2.0)),
            (&[4.0, 1.0, 9.0, 2.0], Some(3.0)),
        ] {
            let mut own = Values::default();
            values.iter().for_each(|value| own.take(*value));
            assert_eq!(own.median(), median, "{values:?}");
        }
    }
}
