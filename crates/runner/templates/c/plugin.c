/*
 * {{name}}: {{description}}
 *
 * As it comes, it counts the characters of each document into the column `chars`, and drops documents with fewer than
 * `min-chars`. The places to change: DESCRIPTOR (what the plugin says of itself), the options, and `map` (what it does).
 * `include/textmill_plugin.h` is the contract, `include/textmill_arrow.h` has the functions that begin with `tm_`.
 */
#include "textmill_arrow.h"

/* What `textmill plugin info {{name}}` shows, and what the host holds the plugin to. */
static const char DESCRIPTOR[] =
    "{\"name\": \"{{name}}\", \"version\": \"0.1.0\", \"licence\": \"MIT OR Apache-2.0\","
    " \"description\": \"{{description}}\","
    " \"operators\": [{\"name\": \"{{name}}\", \"kind\": \"map\", \"rows\": \"select\", \"semantics_version\": 1,"
    "  \"doc\": \"Drops documents with few characters.\","
    /* With a "type", strings come in that layout. */
    "  \"reads\": [{\"column\": \"text\", \"type\": \"large_utf8\"}],"
    "  \"writes\": [{\"column\": \"chars\", \"type\": \"uint64\"}],"
    "  \"options\": {\"type\": \"object\", \"additionalProperties\": false, \"properties\": {"
    "   \"min-chars\": {\"type\": \"integer\", \"minimum\": 0, \"default\": 1,"
    "    \"description\": \"Fewest characters that a document may have.\"}}}}]}";

/* The columns that it answers: those of "writes", then `row`, since it may drop documents. */
enum { CHARS, ROW, COLUMNS };
static const TmField ANSWERED[COLUMNS] = {
    {"chars", "L", 0},
    {"row", "I", 0},
};

/* The operator bound to its options. Several threads read it at once: it must not change. */
struct TmStage {
  const TmHost *host;
  uint64_t min_chars;
};

/* What one thread works with; put here what is kept from batch to batch. */
struct TmWorker {
  const TmStage *stage;
};

/* ---- Options ---- */

static int32_t read_options(TmStage *stage, TmCall *call, TmStr text) {
  TmJson json = tm_json(text);
  TmStr name, value;
  /* Options that nobody gave are absent: the defaults of the schema are set here. */
  stage->min_chars = 1;
  while (tm_json_member(&json, &name, &value)) {
    if (!tm_is(name, "min-chars")) {
      return tm_fail(stage->host, call, TM_OPTIONS, TM_NO_ROW, "options", "there is no option `%.*s`",
                     name.len > 100 ? 100 : (int)name.len, (const char *)name.ptr);
    }
    if (!tm_json_u64(value, &stage->min_chars)) {
      return tm_fail(stage->host, call, TM_OPTIONS, TM_NO_ROW, "options", "option `min-chars` must be a whole number");
    }
  }
  if (json.broken) {
    return tm_fail(stage->host, call, TM_OPTIONS, TM_NO_ROW, "options", "the options are not a JSON object");
  }
  return TM_OK;
}

/* ---- What it does ---- */

static uint64_t characters(TmStr text) {
  uint64_t n, chars = 0;
  for (n = 0; n < text.len; n++) {
    /* A character of UTF-8 has one byte that does not continue another. */
    chars += (text.ptr[n] & 0xc0) != 0x80;
  }
  return chars;
}

/* Looks at every row of a batch. */
static int32_t map(const TmStage *stage, TmCall *call, const struct ArrowArray *batch, TmColumn *columns,
                   TmEvents *events) {
  TmStrings texts;
  int64_t row;
  if (!tm_strings_of("U", batch, 0, &texts)) {
    return tm_fail(stage->host, call, TM_FAILED, TM_NO_ROW, "failed", "the batch has no text");
  }
  for (row = 0; row < texts.length; row++) {
    uint64_t chars;
    TmStr text;
    /* Should it crash in a process of its own, or forget the row, the host knows of which. */
    tm_begin_row(stage->host, call, columns, COLUMNS, row);
    if (stage->host->should_stop(call)) {
      return tm_fail(stage->host, call, TM_CANCELLED, TM_NO_ROW, "cancelled", "the run is being stopped");
    }
    /* A null leaves an empty text. */
    tm_strings_get(&texts, row, &text);
    chars = characters(text);
    if (chars < stage->min_chars) {
      /* A row that is not answered needs an event that says why: rule, value, threshold. */
      tm_event_drop(events, (uint32_t)row, "too-short", (double)chars, (double)stage->min_chars);
    } else {
      tm_add_u64(&columns[CHARS], chars);
      tm_add_u32(&columns[ROW], (uint32_t)row);
    }
  }
  return TM_OK;
}

/* ---- The functions of the table: little to change from here on ---- */

static int32_t bind(const TmHost *host, TmCall *call, TmStr operator_name, TmStr options,
                    const struct ArrowSchema *input, TmStage **out, struct ArrowSchema *output) {
  TmStage *stage;
  int32_t status;
  if (!tm_is(operator_name, "{{name}}")) {
    return tm_fail(host, call, TM_FAILED, TM_NO_ROW, "failed", "there is no such operator");
  }
  if (input->n_children != 1 || strcmp(input->children[0]->format, "U") != 0) {
    return tm_fail(host, call, TM_FAILED, TM_NO_ROW, "failed", "it reads one column of strings");
  }
  stage = calloc(1, sizeof *stage);
  if (stage == NULL) {
    return tm_no_memory(host, call);
  }
  stage->host = host;
  status = read_options(stage, call, options);
  if (status == TM_OK && !tm_schema(ANSWERED, COLUMNS, output)) {
    status = tm_no_memory(host, call);
  }
  if (status != TM_OK) {
    free(stage);
    return status;
  }
  *out = stage;
  return TM_OK;
}

static void release_stage(TmStage *stage) { free(stage); }

static int32_t new_worker(const TmStage *stage, TmCall *call, TmWorker **out) {
  TmWorker *worker = calloc(1, sizeof *worker);
  if (worker == NULL) {
    return tm_no_memory(stage->host, call);
  }
  worker->stage = stage;
  *out = worker;
  return TM_OK;
}

static void release_worker(TmWorker *worker) { free(worker); }

static int32_t process(TmWorker *worker, TmCall *call, struct ArrowArray *input, struct ArrowArray *documents,
                       struct ArrowArray *out_events) {
  TmColumn columns[COLUMNS];
  TmEvents events = tm_events();
  int32_t status;
  int n;
  for (n = 0; n < COLUMNS; n++) {
    columns[n] = tm_column(ANSWERED[n].format);
  }
  status = map(worker->stage, call, input, columns, &events);
  tm_release_array(input);
  if (status == TM_OK) {
    status = tm_answer(worker->stage->host, call, columns, COLUMNS, columns[ROW].length, documents);
  }
  if (status == TM_OK && !tm_events_finish(&events, out_events)) {
    status = tm_no_memory(worker->stage->host, call);
  }
  /* What was given away is empty by now. */
  for (n = 0; n < COLUMNS; n++) {
    tm_column_free(&columns[n]);
  }
  tm_events_free(&events);
  return status;
}

static int32_t flush(TmWorker *worker, TmCall *call, struct ArrowArray *documents, struct ArrowArray *events) {
  (void)worker, (void)call, (void)documents, (void)events;
  return TM_UNSUPPORTED;
}

static const void *get_extension(TmStr id) {
  (void)id;
  return NULL;
}

/* The one symbol of the library. */
TM_EXPORT const TmPlugin *textmill_plugin_v1(const TmHost *host) {
  static const TmPlugin table = {
      sizeof(TmPlugin),
      TM_ABI_MAJOR,
      TM_ABI_MINOR,
      0,
      {(const uint8_t *)DESCRIPTOR, sizeof DESCRIPTOR - 1},
      bind,
      release_stage,
      new_worker,
      release_worker,
      process,
      flush,
      get_extension,
  };
  (void)host;
  return &table;
}
