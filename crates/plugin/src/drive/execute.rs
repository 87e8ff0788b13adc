//! Carries out the steps of a plan between the documents that come in and those that go out.

use super::aggregate::{AggregateDriver, report};
use super::bind::BoundOperator;
use super::check;
use super::components::components;
use super::cut::{Cut, Limit, Portion};
use super::last::{Last, With};
use super::map::{MapDriver, Mapped};
use super::plan::{BoundPlan, BoundStep};
use super::spread::Spread;
use super::store::{ROWS_AT_ONCE, Sorter, Store, Table, Writer, ordinals};
use crate::call::{Call, Host};
use crate::error::{Error, ErrorKind, Result};
use crate::operator::{Output, Worker};
use crate::plan::{INPUT, OUTPUT, StepOp};
use arrow_array::{RecordBatch, UInt32Array};
use arrow_select::take::take_record_batch;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;
use textmill_core::event::{Event, Events};

/// Maximum number of rows that go into a sorter at once. A giant group can give millions.
const ROWS_OF_PART: u32 = 128 * 1024;
/// Approximate bytes of rows that a group operator is given at once, if nothing is joined.
const BYTES_AT_ONCE: usize = 4 * 1024 * 1024;
/// The same, if the rows that are joined are in memory.
const JOINED_AT_ONCE: usize = 256 * 1024;
/// Approximate number of rows that a group operator is given at once, if rows are joined.
const JOINED_ROWS_AT_ONCE: usize = 256 * 1024;

impl BoundPlan {
    /// Runs the steps between the early ones and the last. `early` holds, by step number, the rows of each
    /// step of [`BoundPlan::early`], and of those steps of [`BoundPlan::loads`] that have any. `documents`
    /// holds the documents that reach the barrier, ascending by ordinal.
    ///
    /// # Errors
    /// If a step that works on rows, not documents, fails, or the store fails.
    pub fn between<'p, S: Store>(
        &'p self,
        host: &(dyn Host + Sync),
        spread: &impl Spread,
        store: &S,
        early: BTreeMap<usize, S::Table>,
        documents: &S::Table,
    ) -> Result<Last<'p, S>> {
        let tables = early.into_iter().map(|(number, table)| (number, Arc::new(table))).collect();
        let run = Between { plan: self, host, spread, store, documents };
        run.all(Rows { tables, ordered: BTreeMap::new(), sorters: BTreeMap::new() })
    }
}

/// The rows of steps that have run and are still needed.
struct Rows<S: Store> {
    /// In the order they came.
    tables: BTreeMap<usize, Arc<S::Table>>,
    /// Sorted by ordinal, for steps that are joined with others.
    ordered: BTreeMap<usize, Arc<S::Table>>,
    /// On their way into a group step, by the number of that step.
    sorters: BTreeMap<usize, S::Sorter>,
}

/// Where the rows of a step go.
enum Sink<S: Store> {
    Table(S::Writer),
    /// Straight into a group step, since nothing else needs them.
    Group(usize, S::Sorter),
    /// Into a sorter by ordinal, since they are only needed for joins.
    Order(S::Sorter),
}

impl<S: Store> Sink<S> {
    fn push(&mut self, batch: RecordBatch) -> Result<()> {
        match self {
            Self::Table(writer) => writer.push(batch),
            Self::Group(_, sorter) | Self::Order(sorter) => in_parts(batch, |part| sorter.push(part)),
        }
    }
}

struct Between<'p, 'r, S: Store, P> {
    plan: &'p BoundPlan,
    host: &'r (dyn Host + Sync),
    spread: &'r P,
    store: &'r S,
    documents: &'r S::Table,
}

impl<'p, S: Store, P: Spread> Between<'p, '_, S, P> {
    fn all(&self, mut rows: Rows<S>) -> Result<Last<'p, S>> {
        let mut events: BTreeMap<u64, Vec<Event>> = BTreeMap::new();
        let mut reports = Map::new();
        let mut shown = BTreeMap::new();
        for (number, bound) in self.plan.steps.iter().enumerate() {
            if let Some(with) = &bound.step.with {
                self.put_in_order(self.number(with)?, &mut rows)?;
            }
            if bound.step.id == OUTPUT {
                let operator = operator(bound)?;
                return Ok(Last { operator, with: self.with(bound, &rows)?, events, reports, shown });
            }
            if bound.is_early() {
                if !rows.tables.contains_key(&number) {
                    return Err(format!("no rows came of step `{}`", bound.step.id).into());
                }
                self.show(bound, number, &mut rows, &mut shown)?;
                continue;
            }
            if bound.step.op == StepOp::Aggregate {
                let report = self.aggregate(bound, self.table(bound, &rows)?)?;
                reports.insert(bound.step.id.clone(), report);
                continue;
            }
            if bound.step.op == StepOp::Load {
                if let Entry::Vacant(place) = rows.tables.entry(number) {
                    place.insert(Arc::new(self.store.table(&bound.step.id, &bound.rows)?.finish()?));
                }
                continue;
            }
            let with = self.with(bound, &rows)?;
            let mut sink = self.sink(number, bound)?;
            match bound.step.op {
                StepOp::Components => components(self.table(bound, &rows)?, |batch| sink.push(batch))?,
                StepOp::Group => self.group(number, bound, with.as_ref(), &mut rows, &mut sink)?,
                StepOp::Map if bound.step.from == INPUT => {
                    self.map_documents(bound, with.as_ref(), &mut sink, &mut events)?;
                }
                StepOp::Map => self.map_rows(bound, with.as_ref(), self.table(bound, &rows)?, &mut sink)?,
                StepOp::Union => {
                    for id in std::iter::once(&bound.step.from).chain(&bound.step.also) {
                        let table = rows.tables.get(&self.number(id)?);
                        let table = table.ok_or_else(|| format!("no rows came of step `{id}`"))?;
                        for at in 0..table.blocks() {
                            sink.push(table.block(at)?)?;
                        }
                    }
                }
                StepOp::Aggregate | StepOp::Load => {}
            }
            match sink {
                Sink::Table(writer) => _ = rows.tables.insert(number, Arc::new(writer.finish()?)),
                Sink::Group(group, sorter) => _ = rows.sorters.insert(group, sorter),
                Sink::Order(sorter) => _ = rows.ordered.insert(number, self.table_of(bound, sorter)?),
            }
            self.show(bound, number, &mut rows, &mut shown)?;
            // Frees the rows that no later step needs.
            let needed = |used: &usize, from: bool| {
                let id = Some(self.plan.steps[*used].step.id.as_str());
                let later = self.plan.steps.iter().skip(number + 1).map(|b| &b.step);
                later.into_iter().any(|s| {
                    let takes =
                        || std::iter::once(&s.from).chain(&s.also).any(|from| Some(from.as_str()) == id);
                    (from && takes()) || s.with.as_deref() == id
                })
            };
            rows.tables.retain(|used, _| needed(used, true));
            rows.ordered.retain(|used, _| needed(used, false));
        }
        Err(format!("the plan has no step `{OUTPUT}`").into())
    }

    /// Keeps the rows of a step that is published, sorted by ordinal.
    fn show(
        &self,
        bound: &BoundStep,
        number: usize,
        rows: &mut Rows<S>,
        shown: &mut BTreeMap<String, Arc<S::Table>>,
    ) -> Result<()> {
        let id = &bound.step.id;
        if self.is_published(id) {
            self.put_in_order(number, rows)?;
            shown.extend(rows.ordered.get(&number).map(|table| (id.clone(), Arc::clone(table))));
        }
        Ok(())
    }

    /// Makes an aggregate's report on the rows of a step. They are few compared with the documents, so one
    /// thread is enough.
    fn aggregate(&self, bound: &BoundStep, table: &S::Table) -> Result<Value> {
        let mut driver = AggregateDriver::new(operator(bound)?);
        for at in 0..table.blocks() {
            if let Some(event) = driver.update(self.host, &table.block(at)?)?.first() {
                let note = event.note.as_deref().unwrap_or("a row was not taken in");
                return Err(Error::new(ErrorKind::Failed, format!("step `{}`: {note}", bound.step.id)));
            }
        }
        let state = driver.take_state(self.host)?;
        report(operator(bound)?, self.host, state.into_iter().collect())
    }

    fn number(&self, id: &str) -> Result<usize> {
        let found = self.plan.steps.iter().position(|bound| bound.step.id == id);
        Ok(found.ok_or_else(|| format!("there is no step `{id}`"))?)
    }

    fn table<'a>(&self, bound: &BoundStep, rows: &'a Rows<S>) -> Result<&'a S::Table> {
        let table = rows.tables.get(&self.number(&bound.step.from)?);
        Ok(table.ok_or_else(|| format!("no rows came of step `{}`", bound.step.from))?)
    }

    fn with(&self, bound: &'p BoundStep, rows: &Rows<S>) -> Result<Option<With<'p, S::Table>>> {
        let Some(name) = &bound.step.with else { return Ok(None) };
        let number = self.number(name)?;
        let table = rows.ordered.get(&number).ok_or_else(|| format!("no rows came of step `{name}`"))?;
        Ok(Some(With { name, table: Arc::clone(table), schema: &self.plan.steps[number].rows }))
    }

    /// Ensures that the rows of a step are available in the order of their ordinals, for joins.
    fn put_in_order(&self, number: usize, rows: &mut Rows<S>) -> Result<()> {
        if rows.ordered.contains_key(&number) {
            return Ok(());
        }
        let bound = &self.plan.steps[number];
        let table =
            rows.tables.get(&number).ok_or_else(|| format!("no rows came of step `{}`", bound.step.id))?;
        let ordered = if table.ascends() {
            Arc::clone(table)
        } else {
            let mut sorter = self.store.sorter(&bound.step.id, &bound.rows, &[])?;
            for at in 0..table.blocks() {
                sorter.push(table.block(at)?)?;
            }
            self.table_of(bound, sorter)?
        };
        rows.ordered.insert(number, ordered);
        Ok(())
    }

    fn table_of(&self, bound: &BoundStep, sorter: S::Sorter) -> Result<Arc<S::Table>> {
        let mut writer = self.store.table(&bound.step.id, &bound.rows)?;
        for batch in sorter.finish()? {
            writer.push(batch?)?;
        }
        Ok(Arc::new(writer.finish()?))
    }

    /// Chooses where the rows of a step go. Rows that only one group step needs go straight into its sorter.
    /// Rows that are only joined with, and come from a group step, hence in another order, are sorted by
    /// ordinal. All others are written to a table.
    fn sink(&self, number: usize, bound: &BoundStep) -> Result<Sink<S>> {
        let id = bound.step.id.as_str();
        let later = || self.plan.steps.iter().enumerate().skip(number + 1);
        let takes = |b: &BoundStep| b.step.from == id || b.step.also.iter().any(|also| also == id);
        let mut takers = later().filter(|(_, b)| takes(b));
        let joined = later().any(|(_, b)| b.step.with.as_deref() == Some(id)) || self.is_published(id);
        Ok(match (takers.next(), takers.next()) {
            (Some((group, taker)), None) if taker.step.op == StepOp::Group && !joined => {
                Sink::Group(group, self.store.sorter(id, &bound.rows, &taker.step.by)?)
            }
            (None, _) if joined && bound.step.op == StepOp::Group => {
                Sink::Order(self.store.sorter(id, &bound.rows, &[])?)
            }
            _ => Sink::Table(self.store.table(id, &bound.rows)?),
        })
    }

    fn is_published(&self, id: &str) -> bool {
        let save = self.plan.save.iter().map(|save| &save.step);
        self.plan.tables.iter().map(|table| &table.step).chain(save).any(|step| step == id)
    }

    fn group(
        &self,
        number: usize,
        bound: &BoundStep,
        with: Option<&With<'p, S::Table>>,
        rows: &mut Rows<S>,
        sink: &mut Sink<S>,
    ) -> Result<()> {
        let (operator, host) = (operator(bound)?, self.host);
        let from = &self.plan.steps[self.number(&bound.step.from)?];
        let sorter = match rows.sorters.remove(&number) {
            Some(sorter) => sorter,
            None => {
                let table = self.table(bound, rows)?;
                let mut sorter = self.store.sorter(&from.step.id, &from.rows, &bound.step.by)?;
                for at in 0..table.blocks() {
                    sorter.push(table.block(at)?)?;
                }
                sorter
            }
        };
        let smallest = operator.descriptor.smallest_group;
        let limit = self.limit(with)?;
        let portions = Cut::new(sorter.finish()?, &from.rows, &bound.step.by, smallest, limit)?;
        let portions = if bound.step.distinct { portions.distinct()? } else { portions };
        self.spread.each(
            portions,
            || {
                let mut lookup = with.map(With::lookup);
                let mut worker: Option<Box<dyn Worker>> = None;
                move |Portion { rows, groups }: Portion| {
                    let joined = match &mut lookup {
                        Some(lookup) => lookup.attach(&rows)?,
                        None => rows,
                    };
                    let call = Call::new(host);
                    let worker = match &mut worker {
                        Some(worker) => worker,
                        none => none.insert(operator.stage.new_worker(&call)?),
                    };
                    let documents = worker.reduce(&call, operator.project(&joined)?, &groups)?;
                    let output = Output { documents, events: Events::new() };
                    check::columns(operator, &output)?;
                    Ok(output.documents)
                }
            },
            |batch| sink.push(batch),
        )
    }

    /// How large the portions of a group step may grow.
    fn limit(&self, with: Option<&With<'p, S::Table>>) -> Result<Limit> {
        let Some(with) = with.filter(|with| with.table.blocks() > 0) else {
            return Ok(Limit { rows: ROWS_AT_ONCE, bytes: BYTES_AT_ONCE, joined: 0 });
        };
        let sample = with.table.block(0)?;
        let joined = sample.get_array_memory_size() / sample.num_rows().max(1);
        // Large portions only pay if blocks must be read again for each portion: fresh memory has to be
        // cleared first.
        let is_read = (0..with.table.blocks()).any(|at| !with.table.is_at_hand(at));
        let bytes =
            if is_read { self.store.join_bytes() / self.spread.threads().max(1) } else { JOINED_AT_ONCE };
        Ok(Limit { rows: JOINED_ROWS_AT_ONCE, bytes, joined })
    }

    /// Maps the rows of a step. Any event fails the step, since there is no document to blame.
    fn map_rows(
        &self,
        bound: &BoundStep,
        with: Option<&With<'p, S::Table>>,
        table: &S::Table,
        sink: &mut Sink<S>,
    ) -> Result<()> {
        let (operator, host) = (operator(bound)?, self.host);
        self.spread.each(
            (0..table.blocks()).map(Ok),
            || {
                let mut map = joined_map(operator, host, with);
                move |at: usize| {
                    let (_, mapped) = map(table.block(at)?)?;
                    if let Some(event) = mapped.events.get(0) {
                        let note = event.note.unwrap_or("an event on a row that is no document");
                        let message = format!("step `{}`: {note}", bound.step.id);
                        return Err(Error::new(ErrorKind::Failed, message));
                    }
                    Ok(mapped.documents)
                }
            },
            |batch| sink.push(batch),
        )
    }

    /// Maps the documents again, after the barrier. Their events are kept by ordinal.
    fn map_documents(
        &self,
        bound: &BoundStep,
        with: Option<&With<'p, S::Table>>,
        sink: &mut Sink<S>,
        events: &mut BTreeMap<u64, Vec<Event>>,
    ) -> Result<()> {
        let (operator, host, documents) = (operator(bound)?, self.host, self.documents);
        self.spread.each(
            (0..documents.blocks()).map(Ok),
            || {
                let mut map = joined_map(operator, host, with);
                move |at: usize| {
                    let (batch, mapped) = map(documents.block(at)?)?;
                    let known = ordinals(&batch).ok_or("documents have no column `ordinal` of uint64")?;
                    let ordinal = |e: &Event| known.values().get(e.row as usize).copied().unwrap_or_default();
                    let events = mapped.events.to_vec().into_iter();
                    let events: Vec<_> = events.map(|e| (ordinal(&e), e)).collect();
                    Ok((mapped.documents, events))
                }
            },
            |(batch, of_batch)| {
                for (ordinal, event) in of_batch {
                    events.entry(ordinal).or_default().push(event);
                }
                sink.push(batch)
            },
        )
    }
}

/// Passes on a batch. A batch of very many rows is copied in parts that do not keep the whole batch alive,
/// since a sorter frees its memory batch by batch.
fn in_parts(batch: RecordBatch, mut pass: impl FnMut(RecordBatch) -> Result<()>) -> Result<()> {
    let rows = u32::try_from(batch.num_rows())?;
    match rows {
        0 => Ok(()),
        few if few <= ROWS_OF_PART => pass(batch),
        _ => (0..rows).step_by(ROWS_OF_PART as usize).try_for_each(|start| {
            let part: UInt32Array = (start..rows.min(start + ROWS_OF_PART)).collect();
            pass(take_record_batch(&batch, &part)?)
        }),
    }
}

fn operator(bound: &BoundStep) -> Result<&BoundOperator> {
    Ok(bound.operator.as_ref().ok_or_else(|| format!("step `{}` has no operator", bound.step.id))?)
}

/// Joins a batch and maps it. Returns the joined batch as well.
fn joined_map<'a, T: Table>(
    operator: &'a BoundOperator,
    host: &'a (dyn Host + Sync),
    with: Option<&'a With<'_, T>>,
) -> impl FnMut(RecordBatch) -> Result<(RecordBatch, Mapped)> + Send + 'a {
    let mut driver = MapDriver::new(operator);
    let mut lookup = with.map(With::lookup);
    move |batch| {
        let batch = match &mut lookup {
            Some(lookup) => lookup.attach(&batch)?,
            None => batch,
        };
        let mapped = driver.run(host, &batch)?;
        Ok((batch, mapped))
    }
}
