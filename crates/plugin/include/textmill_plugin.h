/*
 * textmill_plugin.h: the contract between textmill (the host) and a plugin, ABI 1.0.
 *
 * It says in C11 and C++11 what `crates/plugin/src/abi.rs` says in Rust; a test compares the two. This file
 * has layouts, numbers and names only. `textmill_arrow.h` beside it has functions that build and read
 * columns.
 *
 *
 * A PLUGIN is a shared library that exports one function, `textmill_plugin_v1`. The host calls it with its
 * own table (TmHost) and receives the plugin's table (TmPlugin): a description in JSON, and functions.
 * Documents travel in batches, through the Arrow C Data Interface.
 *
 *     textmill_plugin_v1(host)            once or more for each process, from any thread
 *       bind(operator, options, columns)  once for each stage of a pipeline: gives a stage and its output columns
 *         new_worker(stage)               once for each thread that works for the stage
 *           process(worker, batch)        for each batch: gives documents and events
 *         release_worker(worker)
 *       release_stage(stage)              after its workers
 *
 * VERSIONS. The number in the symbol is the major version; a host refuses any other. Within a major version,
 * fields are only ever appended to tables. `struct_size`, the first field of each table, is its size in
 * bytes. Read no field of a host's table that ends beyond its `struct_size`; all fields in this file are in
 * every host of ABI 1. Set `struct_size` to `sizeof` of the table that you were compiled with, and
 * `abi_minor` to TM_ABI_MINOR. Then a plugin that is older or newer than the host loads. Abilities beyond a
 * table are extensions, requested by name with `get_extension`.
 *
 * STRINGS (TmStr) are UTF-8 with a length in bytes and without a NUL at the end. A string that is passed to a
 * function is borrowed until that function returns: copy what you keep. A string that a plugin gives lives
 * longer where this file says so.
 *
 * OWNERSHIP of Arrow structs. A struct that its consumer has to release has a `release` callback; a null
 * callback means that it is released (or moved away). The last holder calls the callback, once.
 *   - A schema passed to `bind` is borrowed: do not release it.
 *   - A batch passed to `process`, `update`, `merge`, `reduce` is moved in. The plugin releases it, or copies
 *     the struct elsewhere and sets `release` of the passed struct to null. If it is still there when the
 *     call returns, with whatever status, the host releases it.
 *   - Slots for output (`struct ArrowSchema *output`, `struct ArrowArray *documents`, ...) belong to the host
 *     and are empty. The plugin fills them, and from then on the host releases what is in them. The host
 *     keeps buffers without copying them: it may release them on any thread, at any time, even after worker
 *     and stage are gone. So a callback must not look at either.
 *   - With a status below zero, an output slot may be left as it was.
 *
 * THREADS. A stage is shared: `bind`, `new_worker` and functions that take a `const TmStage *` may be called
 * from several threads at once, and must not change it. A worker is used by one thread at a time, but not
 * always by the same one. The host's functions may only be called during a call (but see
 * `textmill_plugin_v1`), on the thread of that call, with the `TmCall *` of that call. A plugin starts no
 * threads, and leaves signal handlers, locale and environment alone.
 *
 * FAILURE. A function returns a status: zero or above is success; below zero, the call failed. Say why with
 * `report(call, TM_LEVEL_ERROR, row, code, message)` before you return; the last such report counts. If it
 * names a row, the host takes that row out and calls again with the others. With TM_NO_ROW, the host finds
 * the row at fault by halving the batch. So one broken document costs only itself. In a call that succeeds,
 * an error that is reported on a row fails that document. Nothing may unwind, longjmp or exit out of a
 * plugin: it has the full trust of the process.
 *
 *
 * THE DESCRIPTOR is JSON:
 *
 *     {"name": "count-words",              the name in pipeline files: lower case, dashes
 *      "version": "1.0.0",
 *      "licence": "MIT",                   SPDX expression
 *      "description": "one sentence",
 *      "operators": [{                     a stage that names no operator gets the first
 *        "name": "count-words",
 *        "doc": "what it does",
 *        "kind": "map",                    "map", "aggregate", "group", "plan"
 *        "reads": [{"column": "text", "type": "large_utf8"},       in the order in which columns are passed
 *                  {"column": "url", "required": false},           passed if documents have it
 *                  {"option": "column", "required": false}],       the column that this option names
 *        "writes": [{"column": "words", "type": "uint64"}],
 *        "rows": "select",                 "preserve": one row for each row; "select": may drop documents;
 *                                          "table": rows of its own, in a step of a plan
 *        "threading": "parallel",          "serial": a single worker, fed in input order
 *        "step": false,                    true: only a step of a plan, not a stage
 *        "smallest_group": 1,              group: smaller groups are not passed
 *        "semantics_version": 1,           raise it when the same input gives a different output
 *        "options": {...}}]}               JSON Schema 2020-12 of the options, with "default" and "description"
 *
 * Required are only `name`, `version`, `operators`, and `name` and `kind` of each operator. Types in words:
 * boolean, int8 to int64, uint8 to uint64, float32, float64, utf8, large_utf8, utf8_view, binary,
 * large_binary, binary_view, fixed_size_binary[16], list<utf8>, large_list<...>,
 * struct<name: utf8, count: uint64>. With a "type", strings are passed in that layout; without one, in the
 * layout that they happen to have, so the plugin has to read all three ("u", "U", "vu"). The host has checked
 * options against the schema before `bind`. Options that the user did not give are absent; the plugin applies
 * its defaults itself.
 *
 *
 * DOCUMENTS. `process` is passed a struct array ("+s") with a child for each column, as announced to `bind`.
 * Any child may have an offset, and so may the struct array itself. `process` returns two struct arrays:
 *
 *   documents  the columns that `bind` gave as `output`, in that order: those of "writes", and for "select"
 *              also `row` (uint32, no nulls): for each output row, its row in the passed batch, ascending.
 *              With "preserve" there is an output row for each passed row, in order. Columns that are not
 *              written stay with their documents. `id`, `source`, `ordinal` and `carried` belong to the host
 *              and cannot be written.
 *   events     what was done to which document, and why. Left as it was, released, if nothing was done. The
 *              columns are always these, in this order:
 *
 *              row          uint32  "I"            row of the passed batch
 *              action       uint8   "C"            TM_ACTION_...
 *              rule         utf8    "u"            kebab-case id of the rule; not empty
 *              value        float64 "g"  nullable  what the rule measured
 *              threshold    float64 "g"  nullable  what it compared the value with
 *              start        uint64  "L"  nullable  edit: first byte of the span in the text that was passed
 *              end          uint64  "L"  nullable  edit: one past the last byte of the span
 *              replacement  large_utf8 "U" nullable  edit: what replaces the span; null is nothing
 *              other        uint64  "L"  nullable  ordinal of another document, such as a twin that was kept
 *              note         utf8    "u"  nullable  a few words for the reader
 *
 *              A row without an output row needs a TM_ACTION_DROP or TM_ACTION_FAIL event. If `text` is
 *              written, the passed text with the edits of its events applied must be the returned text; edits
 *              of one document must not overlap. The host checks all of this.
 *
 * Offsets of a string column have `length + 1` entries, even if the length is zero. Buffers are aligned for
 * their type. What a plugin returns is checked (shape, offsets, UTF-8, rows, edits) before it is used, but
 * the size of a buffer cannot be seen from outside: the plugin promises that each is as large as its array
 * says.
 *
 * The same input must give the same output: no clock, no random numbers, nothing that depends on addresses or
 * on how documents were batched. The result for a document must not depend on its neighbours in the batch.
 */
#ifndef TEXTMILL_PLUGIN_H
#define TEXTMILL_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- The Arrow C Data Interface, as its specification gives it ---- */

#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

struct ArrowSchema {
  const char *format;
  const char *name;
  const char *metadata;
  int64_t flags;
  int64_t n_children;
  struct ArrowSchema **children;
  struct ArrowSchema *dictionary;
  void (*release)(struct ArrowSchema *);
  void *private_data;
};

struct ArrowArray {
  int64_t length;
  int64_t null_count;
  int64_t offset;
  int64_t n_buffers;
  int64_t n_children;
  const void **buffers;
  struct ArrowArray **children;
  struct ArrowArray *dictionary;
  void (*release)(struct ArrowArray *);
  void *private_data;
};

#endif /* ARROW_C_DATA_INTERFACE */

/* ---- Numbers and names ---- */

/* Major version of the ABI; a host refuses any other. */
#define TM_ABI_MAJOR 1u
/* Minor version. It rises when fields are appended. */
#define TM_ABI_MINOR 0u
/* The one symbol that a plugin exports. Its number is TM_ABI_MAJOR. */
#define TM_SYMBOL "textmill_plugin_v1"
/* The symbol without its number. */
#define TM_SYMBOL_STEM "textmill_plugin_v"

/* Extensions of a plugin, for `get_extension`. Each is a table that lives as long as the process. */
#define TM_EXT_AGGREGATE "textmill.aggregate/1" /* TmAggregate */
#define TM_EXT_GROUP "textmill.group/1"         /* TmGroup */
#define TM_EXT_PLAN "textmill.plan/1"           /* TmPlan */

/* Row number that means no row. */
#define TM_NO_ROW UINT32_MAX

/* Statuses, which functions return. */
#define TM_OK 0            /* done */
#define TM_MORE 1          /* process: there is more output; call again, with a released input */
#define TM_FAILED (-1)     /* the batch failed */
#define TM_PANICKED (-2)   /* like TM_FAILED, and this worker must be released and not used again */
#define TM_CANCELLED (-3)  /* it stopped because `should_stop` returned 1 */
#define TM_OPTIONS (-4)    /* bind: the options are not acceptable */
#define TM_UNSUPPORTED (-5) /* the operator does not support this */
#define TM_FATAL (-6)       /* the stage cannot go on, whatever rows it is given */

/* Levels of `log` and `report`. */
#define TM_LEVEL_ERROR 0u
#define TM_LEVEL_WARN 1u
#define TM_LEVEL_INFO 2u
#define TM_LEVEL_DEBUG 3u

/* Column `action` of events. */
#define TM_ACTION_EDIT 0u     /* a span of the text was replaced */
#define TM_ACTION_DROP 1u     /* the document goes no further */
#define TM_ACTION_ANNOTATE 2u /* something worth knowing that changed nothing */
#define TM_ACTION_FAIL 3u     /* the document could not be processed */

/* Sizes of the tables in version 1.0, in bytes, if pointers have 64 bits. No table is smaller. */
#define TM_HOST_SIZE_1_0 88u
#define TM_PLUGIN_SIZE_1_0 88u
#define TM_AGGREGATE_SIZE_1_0 56u
#define TM_GROUP_SIZE_1_0 16u
#define TM_PLAN_SIZE_1_0 16u

/* ---- Types ---- */

/* A borrowed UTF-8 string without a NUL at the end. `ptr` may be null if `len` is 0. */
typedef struct TmStr {
  const uint8_t *ptr;
  uint64_t len; /* bytes */
} TmStr;

/* One call of the host into the plugin; only the host looks inside. */
typedef struct TmCall TmCall;
/* An operator bound to its options; only the plugin looks inside. */
typedef struct TmStage TmStage;
/* What one thread works with; only the plugin looks inside. */
typedef struct TmWorker TmWorker;

/* What the host offers. The table lives as long as the process. Functions may only be called during a call
   (but see `textmill_plugin_v1`). */
typedef struct TmHost {
  /* Bytes of this table. */
  uint32_t struct_size;
  /* Minor version of the ABI that the host knows. */
  uint32_t abi_minor;
  /* Name and version of the host; they live as long as the process. */
  TmStr name;
  TmStr version;
  /* Writes a line to the log of the run, under a TM_LEVEL_... */
  void (*log)(TmCall *call, uint32_t level, TmStr message);
  /* Reports a finding on a row of the batch, or with TM_NO_ROW on the call, under a short kebab-case code.
     TM_LEVEL_ERROR on a row fails that document; on the call, it is the reason of a status below zero. */
  void (*report)(TmCall *call, uint32_t severity, uint32_t row, TmStr code, TmStr message);
  /* 1 when the run is being stopped, else 0. Long work should ask a few times a second, and then return
     TM_CANCELLED. */
  uint32_t (*should_stop)(TmCall *call);
  /* Tells how much of the call's work is done. If `total` is 0, `done` is the row that is about to be
     processed: if a plugin in a process of its own dies, the host then knows at which row, and need not find
     it by halving. */
  void (*progress)(TmCall *call, uint64_t done, uint64_t total);
  /* Adds to a counter that the run reports under the stage. */
  void (*metric_add)(TmCall *call, TmStr name, uint64_t value);
  /* Returns an extension of the host by name, or null. */
  const void *(*get_extension)(TmStr id);
} TmHost;

/* What a plugin offers. The table lives as long as the process, and no function in it may be null. */
typedef struct TmPlugin {
  /* Bytes of this table: sizeof(TmPlugin). */
  uint32_t struct_size;
  /* TM_ABI_MAJOR; the host reads it before anything else. */
  uint32_t abi_major;
  /* TM_ABI_MINOR. */
  uint32_t abi_minor;
  /* Must be zero. */
  uint32_t flags;
  /* The descriptor, as JSON; lives as long as the process. */
  TmStr descriptor;
  /* Binds `operator_name` to `options`, a JSON object, and to the columns that it will be passed: `input` is
     the schema of a struct array ("+s"), borrowed for the call. On TM_OK, fills `stage` (not null) and
     `output`, the schema of the columns that the operator will return. Any thread. `host` is the table that
     `textmill_plugin_v1` was given, or another one of the same host; the stage may keep the pointer. */
  int32_t (*bind)(const TmHost *host, TmCall *call, TmStr operator_name, TmStr options,
                  const struct ArrowSchema *input, TmStage **stage, struct ArrowSchema *output);
  /* Releases a stage. Called after its workers are released. Any thread. */
  void (*release_stage)(TmStage *stage);
  /* Makes a worker. On TM_OK fills `worker` (not null). Any thread. */
  int32_t (*new_worker)(const TmStage *stage, TmCall *call, TmWorker **worker);
  /* Releases a worker. Any thread. */
  void (*release_worker)(TmWorker *worker);
  /* Maps a batch, which is moved in, to documents and events. After TM_MORE it is called again with a
     released `input`, and all outputs together are the output for the batch. An operator that is no "map"
     returns TM_UNSUPPORTED. */
  int32_t (*process)(TmWorker *worker, TmCall *call, struct ArrowArray *input,
                     struct ArrowArray *documents, struct ArrowArray *events);
  /* Reserved: this host does not call it, since every document is answered in the call that passes it. Must
     not be null, and returns TM_UNSUPPORTED. */
  int32_t (*flush)(TmWorker *worker, TmCall *call, struct ArrowArray *documents,
                   struct ArrowArray *events);
  /* Returns the table of a TM_EXT_..., or null. Any thread, at any time. */
  const void *(*get_extension)(TmStr id);
} TmPlugin;

/* Extension TM_EXT_AGGREGATE: operators of the kind "aggregate". Documents pass through them unchanged while
   they are added to a state. States of several workers are merged, in the order of the input, and written to
   disk when a run is interrupted. If the plugin also has operators of other kinds, these functions return
   TM_UNSUPPORTED for them. */
typedef struct TmAggregate {
  /* Bytes of this table: sizeof(TmAggregate). */
  uint32_t struct_size;
  /* Must be zero. */
  uint32_t flags;
  /* Gives the schema ("+s") of a state. Any thread. */
  int32_t (*state_schema)(const TmStage *stage, TmCall *call, struct ArrowSchema *out);
  /* Adds a batch, which is moved in, to the state: all of it or, with a status below zero, none of it. */
  int32_t (*update)(TmWorker *worker, TmCall *call, struct ArrowArray *input);
  /* Returns the state, as rows of the state's schema, and starts again from an empty one. */
  int32_t (*take_state)(TmWorker *worker, TmCall *call, struct ArrowArray *out);
  /* Merges rows of states, which are moved in. The merged state must be the same however documents were
     split. */
  int32_t (*merge)(TmWorker *worker, TmCall *call, struct ArrowArray *states);
  /* Gives the report as JSON. `text` stays valid until the next call on the worker. */
  int32_t (*finish)(TmWorker *worker, TmCall *call, TmStr *text);
  /* Approximate number of bytes that the state holds. */
  uint64_t (*memory_bytes)(const TmWorker *worker);
} TmAggregate;

/* Extension TM_EXT_GROUP: operators of the kind "group", which are steps of a plan and see rows with equal
   keys together. */
typedef struct TmGroup {
  /* Bytes of this table: sizeof(TmGroup). */
  uint32_t struct_size;
  /* Must be zero. */
  uint32_t flags;
  /* Reduces whole groups of `rows`, which is moved in; rows are sorted by key, then by ordinal. `starts`,
     borrowed for the call, holds the first row of each of `groups` groups, ascending from 0; a group ends
     where the next one begins. `out` receives rows of the output schema. */
  int32_t (*reduce)(TmWorker *worker, TmCall *call, struct ArrowArray *rows, const uint64_t *starts,
                    uint64_t groups, struct ArrowArray *out);
} TmGroup;

/* Extension TM_EXT_PLAN: operators of the kind "plan", which are made of several others. The host calls it
   for every stage of a plugin that has the extension. */
typedef struct TmPlan {
  /* Bytes of this table: sizeof(TmPlan). */
  uint32_t struct_size;
  /* Must be zero. */
  uint32_t flags;
  /* Gives the plan as JSON, valid until the stage is released: {"steps": [...]}. The text is empty if the
     operator has no plan. Any thread. */
  int32_t (*plan)(const TmStage *stage, TmCall *call, TmStr *text);
} TmPlan;

/* ---- The exported function ---- */

#if defined(_WIN32)
#define TM_EXPORT __declspec(dllexport)
#elif defined(__GNUC__)
#define TM_EXPORT __attribute__((visibility("default")))
#else
#define TM_EXPORT
#endif

/* The one symbol of a plugin. Returns its table, the same at every call, or null if it has none to give. It
   may be called more than once, and from any thread. Before it returns null, it may say why with
   `host->report(NULL, TM_LEVEL_ERROR, TM_NO_ROW, code, message)`, the only function that may be called
   outside of a call. Everything else in the library should be hidden (-fvisibility=hidden). */
TM_EXPORT const TmPlugin *textmill_plugin_v1(const TmHost *host);

#ifdef __cplusplus
}
#endif

/* ---- The layout, which is frozen ---- */

#if defined(__cplusplus)
#define TM_STATIC_ASSERT(condition, text) static_assert(condition, text)
#else
#define TM_STATIC_ASSERT(condition, text) _Static_assert(condition, text)
#endif
#define TM_ASSERT_SIZE(type, bytes) TM_STATIC_ASSERT(sizeof(type) == (bytes), "size of " #type)
#define TM_ASSERT_AT(type, field, at) \
  TM_STATIC_ASSERT(offsetof(type, field) == (at), "offset of " #type "." #field)

#if UINTPTR_MAX == UINT64_MAX
TM_ASSERT_SIZE(struct ArrowSchema, 72);
TM_ASSERT_AT(struct ArrowSchema, format, 0);
TM_ASSERT_AT(struct ArrowSchema, name, 8);
TM_ASSERT_AT(struct ArrowSchema, metadata, 16);
TM_ASSERT_AT(struct ArrowSchema, flags, 24);
TM_ASSERT_AT(struct ArrowSchema, n_children, 32);
TM_ASSERT_AT(struct ArrowSchema, children, 40);
TM_ASSERT_AT(struct ArrowSchema, dictionary, 48);
TM_ASSERT_AT(struct ArrowSchema, release, 56);
TM_ASSERT_AT(struct ArrowSchema, private_data, 64);

TM_ASSERT_SIZE(struct ArrowArray, 80);
TM_ASSERT_AT(struct ArrowArray, length, 0);
TM_ASSERT_AT(struct ArrowArray, null_count, 8);
TM_ASSERT_AT(struct ArrowArray, offset, 16);
TM_ASSERT_AT(struct ArrowArray, n_buffers, 24);
TM_ASSERT_AT(struct ArrowArray, n_children, 32);
TM_ASSERT_AT(struct ArrowArray, buffers, 40);
TM_ASSERT_AT(struct ArrowArray, children, 48);
TM_ASSERT_AT(struct ArrowArray, dictionary, 56);
TM_ASSERT_AT(struct ArrowArray, release, 64);
TM_ASSERT_AT(struct ArrowArray, private_data, 72);

TM_ASSERT_SIZE(TmStr, 16);
TM_ASSERT_AT(TmStr, ptr, 0);
TM_ASSERT_AT(TmStr, len, 8);

TM_ASSERT_SIZE(TmHost, TM_HOST_SIZE_1_0);
TM_ASSERT_AT(TmHost, struct_size, 0);
TM_ASSERT_AT(TmHost, abi_minor, 4);
TM_ASSERT_AT(TmHost, name, 8);
TM_ASSERT_AT(TmHost, version, 24);
TM_ASSERT_AT(TmHost, log, 40);
TM_ASSERT_AT(TmHost, report, 48);
TM_ASSERT_AT(TmHost, should_stop, 56);
TM_ASSERT_AT(TmHost, progress, 64);
TM_ASSERT_AT(TmHost, metric_add, 72);
TM_ASSERT_AT(TmHost, get_extension, 80);

TM_ASSERT_SIZE(TmPlugin, TM_PLUGIN_SIZE_1_0);
TM_ASSERT_AT(TmPlugin, struct_size, 0);
TM_ASSERT_AT(TmPlugin, abi_major, 4);
TM_ASSERT_AT(TmPlugin, abi_minor, 8);
TM_ASSERT_AT(TmPlugin, flags, 12);
TM_ASSERT_AT(TmPlugin, descriptor, 16);
TM_ASSERT_AT(TmPlugin, bind, 32);
TM_ASSERT_AT(TmPlugin, release_stage, 40);
TM_ASSERT_AT(TmPlugin, new_worker, 48);
TM_ASSERT_AT(TmPlugin, release_worker, 56);
TM_ASSERT_AT(TmPlugin, process, 64);
TM_ASSERT_AT(TmPlugin, flush, 72);
TM_ASSERT_AT(TmPlugin, get_extension, 80);

TM_ASSERT_SIZE(TmAggregate, TM_AGGREGATE_SIZE_1_0);
TM_ASSERT_AT(TmAggregate, struct_size, 0);
TM_ASSERT_AT(TmAggregate, flags, 4);
TM_ASSERT_AT(TmAggregate, state_schema, 8);
TM_ASSERT_AT(TmAggregate, update, 16);
TM_ASSERT_AT(TmAggregate, take_state, 24);
TM_ASSERT_AT(TmAggregate, merge, 32);
TM_ASSERT_AT(TmAggregate, finish, 40);
TM_ASSERT_AT(TmAggregate, memory_bytes, 48);

TM_ASSERT_SIZE(TmGroup, TM_GROUP_SIZE_1_0);
TM_ASSERT_AT(TmGroup, struct_size, 0);
TM_ASSERT_AT(TmGroup, flags, 4);
TM_ASSERT_AT(TmGroup, reduce, 8);

TM_ASSERT_SIZE(TmPlan, TM_PLAN_SIZE_1_0);
TM_ASSERT_AT(TmPlan, struct_size, 0);
TM_ASSERT_AT(TmPlan, flags, 4);
TM_ASSERT_AT(TmPlan, plan, 8);
#endif

#endif /* TEXTMILL_PLUGIN_H */
