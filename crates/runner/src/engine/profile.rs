//! Counts the bytes that the host allocates for a stage.

use arrow_array::{Array, RecordBatch};

/// Bytes that the host allocated for a stage: buffers that exist after it but did not exist before it,
/// outside the columns that its plugin wrote.
pub fn fresh_bytes(before: &RecordBatch, after: &RecordBatch, written: &[&str]) -> u64 {
    let mut known: Vec<*const u8> = Vec::new();
    for column in before.columns() {
        buffers(&column.to_data(), &mut |start, _| known.push(start));
    }
    let mut fresh = 0;
    for (field, column) in after.schema_ref().fields().iter().zip(after.columns()) {
        if !written.contains(&field.name().as_str()) {
            buffers(&column.to_data(), &mut |start, bytes| {
                if !known.contains(&start) {
                    fresh += bytes as u64;
                }
            });
        }
    }
    fresh
}

fn buffers(data: &arrow_data::ArrayData, each: &mut impl FnMut(*const u8, usize)) {
    for buffer in data.buffers() {
        each(buffer.as_ptr(), buffer.len());
    }
    if let Some(nulls) = data.nulls() {
        each(nulls.buffer().as_ptr(), nulls.buffer().len());
    }
    for child in data.child_data() {
        buffers(child, each);
    }
}
