//! The tests, one per file, in the order in which they are displayed.

use super::test::Test;

mod all_null;
mod answers_valid;
mod bind;
mod cancellation;
mod descriptor;
mod determinism;
mod documents_pass;
mod drop_has_reason;
mod edits_rebuild_text;
mod empty_batch;
mod events_valid;
mod exports;
mod memory;
mod merge_invariance;
mod misaligned_buffers;
mod odd_unicode;
mod options;
mod panic_contained;
mod partition_invariance;
mod release_once;
mod sliced_offsets;
mod string_layouts;
mod symbol;
mod threads;
mod tiny_and_huge;

/// The tests.
pub const ALL: &[Test] = &[
    symbol::TEST,
    exports::TEST,
    descriptor::TEST,
    options::TEST,
    bind::TEST,
    documents_pass::TEST,
    answers_valid::TEST,
    events_valid::TEST,
    drop_has_reason::TEST,
    edits_rebuild_text::TEST,
    empty_batch::TEST,
    sliced_offsets::TEST,
    misaligned_buffers::TEST,
    string_layouts::TEST,
    all_null::TEST,
    odd_unicode::TEST,
    tiny_and_huge::TEST,
    panic_contained::TEST,
    release_once::TEST,
    partition_invariance::TEST,
    merge_invariance::TEST,
    determinism::TEST,
    threads::TEST,
    cancellation::TEST,
    memory::TEST,
];

/// The test that opens the library.
pub const OPENS: &str = symbol::TEST.id;
