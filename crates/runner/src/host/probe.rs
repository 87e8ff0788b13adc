//! Hands arrays to a plugin in ways that the contract allows but the engine never uses, and counts what
//! happens to them. For `textmill plugin check`; a run has no probe.
#![expect(unsafe_code, reason = "the host's side of the C boundary")]

use super::library::LoadedPlugin;
use arrow_array::ffi::FFI_ArrowArray;
use arrow_array::{Array, RecordBatch, StructArray, UInt32Array};
use arrow_buffer::{BooleanBuffer, Buffer, MutableBuffer, NullBuffer};
use arrow_data::{ArrayData, BufferSpec, layout};
use arrow_schema::ffi::FFI_ArrowSchema;
use arrow_select::take::take;
use std::ffi::c_void;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use textmill_plugin::abi::{self, TmStr};

/// How the arrays of a batch are laid out in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// As in a run.
    Plain,
    /// The rows are a slice of a longer array: the struct and each of its columns have an offset, and there
    /// are other rows before and after them.
    Sliced,
    /// Every buffer has the minimum alignment that its contents allow: bytes are at odd addresses, 32-bit
    /// offsets at multiples of four, views at multiples of eight.
    Misaligned,
}

/// How arrays are handed over, and counts of what happened to them.
pub struct Probe {
    layout: Layout,
    inputs: Side,
    outputs: Side,
    schemas: Side,
    not_taken: AtomicU64,
    stages: AtomicU64,
    workers: AtomicU64,
}

/// Counts for the arrays or schemas that crossed in one direction.
#[derive(Default)]
struct Side {
    crossed: AtomicU64,
    released: AtomicU64,
    again: AtomicU64,
    unmarked: AtomicU64,
}

/// What happened to the arrays or schemas that crossed in one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    /// How many crossed.
    pub crossed: u64,
    /// For how many of them the release callback was called.
    pub released: u64,
    /// How often it was called on one that was already released.
    pub again: u64,
    /// How often the callback did not set itself to null, which is how it signals that it has run.
    pub unmarked: u64,
}

impl Side {
    fn tally(&self) -> Tally {
        Tally {
            crossed: self.crossed.load(Relaxed),
            released: self.released.load(Relaxed),
            again: self.again.load(Relaxed),
            unmarked: self.unmarked.load(Relaxed),
        }
    }
}

impl Probe {
    /// The plugin with a probe attached. The probe is never freed, since arrays may live forever: it is for
    /// programs that check one plugin and exit.
    pub fn attach(plugin: &LoadedPlugin, layout: Layout) -> (LoadedPlugin, &'static Self) {
        let probe: &'static Self = Box::leak(Box::new(Self {
            layout,
            inputs: Side::default(),
            outputs: Side::default(),
            schemas: Side::default(),
            not_taken: AtomicU64::new(0),
            stages: AtomicU64::new(0),
            workers: AtomicU64::new(0),
        }));
        (plugin.probed(probe), probe)
    }

    /// Arrays that were handed to the plugin.
    pub fn inputs(&self) -> Tally {
        self.inputs.tally()
    }

    /// Arrays that the plugin handed over.
    pub fn outputs(&self) -> Tally {
        self.outputs.tally()
    }

    /// Schemas that the plugin handed over.
    pub fn schemas(&self) -> Tally {
        self.schemas.tally()
    }

    /// Inputs that a successful call did not take over from the host.
    pub fn not_taken(&self) -> u64 {
        self.not_taken.load(Relaxed)
    }

    /// The numbers of stages and workers that are alive.
    pub fn alive(&self) -> (u64, u64) {
        (self.stages.load(Relaxed), self.workers.load(Relaxed))
    }

    /// Lays a batch out and starts tracking it.
    pub(super) fn hand_over(&'static self, batch: StructArray) -> FFI_ArrowArray {
        let data = match self.layout {
            Layout::Plain => batch.into_data(),
            Layout::Sliced => sliced(&batch).unwrap_or_else(|| batch.into_data()),
            Layout::Misaligned => misaligned(&batch.into_data()),
        };
        let mut array = FFI_ArrowArray::new(&data);
        watch(&mut array, &self.inputs);
        array
    }

    /// Checks an input after a successful call.
    pub(super) fn handed_over(&self, array: &FFI_ArrowArray) {
        if !array.is_released() {
            self.not_taken.fetch_add(1, Relaxed);
        }
    }

    /// Starts tracking an array from the plugin.
    pub(super) fn receive(&'static self, array: &mut FFI_ArrowArray) {
        watch(array, &self.outputs);
    }

    /// Starts tracking a schema from the plugin.
    pub(super) fn receive_schema(&'static self, schema: &mut FFI_ArrowSchema) {
        let Some(release) = schema.release() else { return };
        let private = schema.private_data();
        let seal = Box::new(Seal { release, private, times: AtomicU64::new(0), side: &self.schemas });
        self.schemas.crossed.fetch_add(1, Relaxed);
        // SAFETY: `schema_released` restores both before it calls the plugin's own callback.
        unsafe {
            schema.set_release(Some(schema_released));
            schema.set_private_data(std::ptr::from_mut(Box::leak(seal)).cast());
        }
    }

    /// Counts stages: one more if `made`, or else one less.
    pub(super) fn stage(&self, made: bool) {
        count(&self.stages, made);
    }

    /// Counts workers in the same way.
    pub(super) fn worker(&self, made: bool) {
        count(&self.workers, made);
    }
}

fn count(alive: &AtomicU64, made: bool) {
    if made {
        alive.fetch_add(1, Relaxed);
    } else {
        alive.fetch_sub(1, Relaxed);
    }
}

/// The plugin's extensions by name, each with the size of its table, if it has one.
pub fn extensions(plugin: &LoadedPlugin) -> Vec<(&'static str, Option<u32>)> {
    let ids = [abi::EXT_AGGREGATE, abi::EXT_GROUP, abi::EXT_PLAN, "textmill.no-such-extension/1"];
    let size = |id: &str| {
        // SAFETY: the string is lent for the call.
        let table = unsafe { (plugin.functions.get_extension)(TmStr::lend(id)) };
        // SAFETY: every extension table begins with its size and lives as long as the process.
        (!table.is_null()).then(|| unsafe { table.cast::<u32>().read_unaligned() })
    };
    ids.into_iter().map(|id| (id, size(id))).collect()
}

/// The private data of an array or schema while it is tracked. It is leaked, so that a callback that runs
/// once too often still finds it.
struct Seal<T> {
    release: unsafe extern "C" fn(*mut T),
    private: *mut c_void,
    times: AtomicU64,
    side: &'static Side,
}

fn watch(array: &mut FFI_ArrowArray, side: &'static Side) {
    let Some(release) = array.release() else { return };
    side.crossed.fetch_add(1, Relaxed);
    let seal = Box::new(Seal { release, private: array.private_data(), times: AtomicU64::new(0), side });
    // SAFETY: `array_released` restores both before it calls the array's own callback.
    unsafe {
        array.set_release(Some(array_released));
        array.set_private_data(std::ptr::from_mut(Box::leak(seal)).cast());
    }
}

macro_rules! released {
    ($name:ident, $kind:ty) => {
        unsafe extern "C" fn $name(one: *mut $kind) {
            // SAFETY: whoever calls the callback passes the object to release, or null.
            let Some(one) = (unsafe { one.as_mut() }) else { return };
            // SAFETY: the seal was stored there when tracking began, and it is leaked.
            let Some(seal) = (unsafe { one.private_data().cast::<Seal<$kind>>().as_ref() }) else { return };
            if seal.times.fetch_add(1, Relaxed) > 0 {
                seal.side.again.fetch_add(1, Relaxed);
                // SAFETY: there is nothing left to release.
                unsafe { one.set_release(None) };
                return;
            }
            // SAFETY: callback and private data belong together, and this is the first release.
            unsafe {
                one.set_private_data(seal.private);
                one.set_release(Some(seal.release));
                (seal.release)(one);
            }
            seal.side.released.fetch_add(1, Relaxed);
            if one.release().is_some() {
                seal.side.unmarked.fetch_add(1, Relaxed);
                // SAFETY: it has been released, and must not be released again.
                unsafe { one.set_release(None) };
            }
        }
    };
}
released!(array_released, FFI_ArrowArray);
released!(schema_released, FFI_ArrowSchema);

/// The rows as a slice of more rows: the struct has two more rows before and one after them, each column one
/// more before those. The extra rows are rows of the batch itself in another order, so that a plugin that
/// reads them returns plausible nonsense.
fn sliced(batch: &StructArray) -> Option<ArrayData> {
    let rows = batch.len() as u32;
    if rows == 0 || batch.num_columns() == 0 {
        return None;
    }
    let around = [rows - 1, 0, rows / 2].into_iter().chain(0..rows).chain([rows / 3]);
    let order = UInt32Array::from_iter_values(around);
    let mut columns = Vec::with_capacity(batch.num_columns());
    for column in batch.columns() {
        let longer = take(column, &order, None).ok()?.to_data();
        columns.push(longer.slice(1, longer.len() - 1));
    }
    let whole = ArrayData::builder(batch.data_type().clone()).len(batch.len()).offset(2).child_data(columns);
    // SAFETY: every column has two rows before the slice and one after it.
    Some(unsafe { whole.build_unchecked() })
}

/// The same data in buffers with the minimum alignment that their types allow.
fn misaligned(data: &ArrayData) -> ArrayData {
    let shift = |buffer: &Buffer, by: usize| {
        let mut moved = MutableBuffer::with_capacity(buffer.len() + by);
        moved.extend_from_slice(&vec![0_u8; by]);
        moved.extend_from_slice(buffer.as_slice());
        Buffer::from(moved).slice(by)
    };
    let specs = layout(data.data_type()).buffers;
    let by = |at: usize| match specs.get(at) {
        // A view is 16 bytes for Arrow, but numbers of four and eight bytes for C.
        Some(BufferSpec::FixedWidth { alignment, .. }) => (*alignment).min(8),
        _ => 1,
    };
    let buffers = data.buffers().iter().enumerate().map(|(at, buffer)| shift(buffer, by(at))).collect();
    let nulls = data.nulls().map(|nulls| {
        let bits = shift(&nulls.inner().sliced(), 1);
        NullBuffer::new(BooleanBuffer::new(bits, 0, nulls.len()))
    });
    let moved = ArrayData::builder(data.data_type().clone())
        .len(data.len())
        .offset(data.offset())
        .nulls(nulls)
        .buffers(buffers)
        .child_data(data.child_data().iter().map(misaligned).collect());
    // SAFETY: it is the same data, which was valid; only the addresses of the buffers differ.
    unsafe { moved.build_unchecked() }
}

/// A batch as the struct array that crosses the boundary. Keeps the number of rows if there are no columns.
pub(super) fn struct_of(batch: RecordBatch) -> StructArray {
    match batch.num_columns() {
        0 => StructArray::new_empty_fields(batch.num_rows(), None),
        _ => StructArray::from(batch),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::cast::AsArray;
    use arrow_array::ffi::from_ffi_and_data_type;
    use arrow_array::types::UInt32Type;
    use arrow_array::{ArrayRef, BooleanArray, LargeStringArray, StringViewArray};
    use arrow_schema::{DataType, Field};
    use std::sync::Arc;

    fn batch() -> StructArray {
        let strings = ["one", "a string of more than twelve bytes", "", "three"];
        let columns: [(&str, ArrayRef); 4] = [
            ("text", Arc::new(LargeStringArray::from(strings.map(Some).to_vec()))),
            ("view", Arc::new(StringViewArray::from(vec![Some(strings[1]), None, Some(strings[0]), None]))),
            ("number", Arc::new(UInt32Array::from(vec![Some(1), None, Some(3), Some(4)]))),
            ("yes", Arc::new(BooleanArray::from(vec![Some(true), Some(false), None, Some(true)]))),
        ];
        let field =
            |(name, array): &(&str, ArrayRef)| Arc::new(Field::new(*name, array.data_type().clone(), true));
        let fields: Vec<_> = columns.iter().map(field).collect();
        StructArray::new(fields.into(), columns.into_iter().map(|(_, array)| array).collect(), None)
    }

    fn probe(layout: Layout) -> &'static Probe {
        Box::leak(Box::new(Probe {
            layout,
            inputs: Side::default(),
            outputs: Side::default(),
            schemas: Side::default(),
            not_taken: AtomicU64::new(0),
            stages: AtomicU64::new(0),
            workers: AtomicU64::new(0),
        }))
    }

    fn import(array: FFI_ArrowArray, kind: DataType) -> StructArray {
        // SAFETY: the array was made from one of this type.
        StructArray::from(unsafe { from_ffi_and_data_type(array, kind) }.unwrap())
    }

    /// Whatever the layout, a reader that keeps to the contract reads the same rows.
    #[test]
    fn every_layout_holds_the_same_rows() {
        for layout in [Layout::Plain, Layout::Sliced, Layout::Misaligned] {
            let probe = probe(layout);
            let array = probe.hand_over(batch());
            match layout {
                Layout::Sliced => {
                    assert_eq!((array.offset(), array.child(0).offset(), array.child(2).offset()), (2, 1, 1));
                }
                Layout::Misaligned => {
                    let place =
                        |column: usize, buffer: usize| array.child(column).buffer(buffer) as usize % 16;
                    assert_eq!((place(0, 1), place(0, 2), place(1, 1), place(2, 1)), (8, 1, 8, 4));
                    assert_eq!((place(2, 0), place(3, 0), place(3, 1)), (1, 1, 1));
                }
                Layout::Plain => {}
            }
            let imported = import(array, batch().data_type().clone());
            assert_eq!(imported, batch(), "{layout:?}");
            assert_eq!(imported.column(2).as_primitive::<UInt32Type>().value(3), 4);
            assert_eq!(probe.inputs().released, 0);
            drop(imported);
            assert_eq!(probe.inputs(), Tally { crossed: 1, released: 1, again: 0, unmarked: 0 });
        }
    }

    #[test]
    fn a_second_release_is_counted_and_does_no_harm() {
        let probe = probe(Layout::Plain);
        let mut array = probe.hand_over(batch());
        // SAFETY: a bitwise copy that is also released: the very mistake that the tally detects.
        let copy = unsafe { std::ptr::read(&raw const array) };
        drop(copy);
        assert_eq!(probe.inputs(), Tally { crossed: 1, released: 1, again: 0, unmarked: 0 });
        probe.handed_over(&array);
        drop(std::mem::replace(&mut array, FFI_ArrowArray::empty()));
        assert_eq!(probe.inputs(), Tally { crossed: 1, released: 1, again: 1, unmarked: 0 });
        assert_eq!(probe.not_taken(), 1);
    }
}
