/*
 * count-words: a textmill plugin in plain C. It counts the words of each document into the column `words`, and
 * drops documents with fewer than `min-words`.
 *
 * A word is a run of characters that are not white space (Unicode's property White_Space).
 */
#include "textmill_arrow.h"

#define VERSION "1.0.0"

static const char DESCRIPTOR[] =
    "{\"name\": \"count-words\", \"version\": \"" VERSION "\", \"licence\": \"MIT OR Apache-2.0\","
    " \"description\": \"Counts words, and drops documents with few of them\","
    " \"operators\": [{\"name\": \"count-words\", \"kind\": \"map\", \"rows\": \"select\", \"semantics_version\": 1,"
    "  \"doc\": \"A word is a run of characters that are not white space.\","
    /* Without a "type", the text comes in the layout that it happens to have: this plugin reads all three. */
    "  \"reads\": [{\"column\": \"text\"}],"
    "  \"writes\": [{\"column\": \"words\", \"type\": \"uint64\"}],"
    "  \"options\": {\"type\": \"object\", \"additionalProperties\": false, \"properties\": {"
    "   \"min-words\": {\"type\": \"integer\", \"minimum\": 0, \"default\": 1,"
    "    \"description\": \"Fewest words that a document may have.\"}}}}]}";

/* The bound operator. It never changes, so any thread may read it. */
struct TmStage {
  const TmHost *host;
  uint64_t min_words;
  char layout[3]; /* format of the column `text` */
};

/* A worker. This plugin keeps nothing from batch to batch. */
struct TmWorker {
  const TmStage *stage;
};

/* ---- Options ---- */

/* Reads the options. If they are wrong, reports why. Returns a status. */
static int32_t read_options(TmStage *stage, TmCall *call, TmStr text) {
  TmJson json = tm_json(text);
  TmStr name, value;
  stage->min_words = 1;
  while (tm_json_member(&json, &name, &value)) {
    if (!tm_is(name, "min-words")) {
      return tm_fail(stage->host, call, TM_OPTIONS, TM_NO_ROW, "options", "there is no option `%.*s`",
                     name.len > 100 ? 100 : (int)name.len, (const char *)name.ptr);
    }
    if (!tm_json_u64(value, &stage->min_words)) {
      return tm_fail(stage->host, call, TM_OPTIONS, TM_NO_ROW, "options",
                     "option `min-words` must be a whole number, not `%.*s`", value.len > 100 ? 100 : (int)value.len,
                     (const char *)value.ptr);
    }
  }
  if (json.broken) {
    return tm_fail(stage->host, call, TM_OPTIONS, TM_NO_ROW, "options", "the options are not a JSON object");
  }
  return TM_OK;
}

/* ---- Counting ---- */

/* Length in bytes of the white space at the start of `at`; 0 if there is none. The text is UTF-8. */
static size_t white_space(const uint8_t *at, const uint8_t *end) {
  if (*at == ' ' || (*at >= '\t' && *at <= '\r')) {
    return 1;
  }
  if (end - at >= 2 && at[0] == 0xc2 && (at[1] == 0x85 || at[1] == 0xa0)) {
    return 2; /* next line, no-break space */
  }
  if (end - at >= 3) {
    uint32_t code = (uint32_t)(at[0] & 15) << 12 | (uint32_t)(at[1] & 63) << 6 | (uint32_t)(at[2] & 63);
    if ((at[0] & 0xf0) == 0xe0 && (code == 0x1680 || (code >= 0x2000 && code <= 0x200a) || code == 0x2028 ||
                                   code == 0x2029 || code == 0x202f || code == 0x205f || code == 0x3000)) {
      return 3;
    }
  }
  return 0;
}

/* Counts the words of a text. Asks the host about once per mebibyte of text whether to stop; returns 0 if so.
   */
static int count(const TmHost *host, TmCall *call, TmStr text, uint64_t *unasked, uint64_t *words) {
  const uint8_t *at = text.ptr, *end = text.len == 0 ? text.ptr : text.ptr + text.len;
  int inside = 0;
  *words = 0;
  while (at != end) {
    size_t white = white_space(at, end);
    *words += white == 0 && !inside;
    inside = white == 0;
    white = white == 0 ? 1 : white;
    at += white;
    *unasked += white;
    if (*unasked >= 1 << 20) {
      *unasked = 0;
      if (host->should_stop(call)) {
        return 0;
      }
    }
  }
  return 1;
}

/* ---- The functions of the table ---- */

static int32_t bind(const TmHost *host, TmCall *call, TmStr operator_name, TmStr options,
                    const struct ArrowSchema *input, TmStage **out, struct ArrowSchema *output) {
  static const TmField answered[] = {{"words", "L", 0}, {"row", "I", 0}};
  TmStage *stage;
  int32_t status;
  if (!tm_is(operator_name, "count-words")) {
    return tm_fail(host, call, TM_FAILED, TM_NO_ROW, "failed", "there is no such operator");
  }
  if (input->n_children != 1 || !tm_is_string_format(input->children[0]->format)) {
    return tm_fail(host, call, TM_FAILED, TM_NO_ROW, "failed", "it reads one column of strings");
  }
  stage = calloc(1, sizeof *stage);
  if (stage == NULL) {
    return tm_no_memory(host, call);
  }
  stage->host = host;
  memcpy(stage->layout, input->children[0]->format, strlen(input->children[0]->format) + 1);
  status = read_options(stage, call, options);
  if (status == TM_OK && !tm_schema(answered, 2, output)) {
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

/* Counts every row of a batch. */
static int32_t map(const TmStage *stage, TmCall *call, const struct ArrowArray *batch, TmColumn columns[2],
                   TmEvents *events) {
  uint64_t unasked = 0;
  TmStrings texts;
  int64_t row;
  if (!tm_strings_of(stage->layout, batch, 0, &texts)) {
    return tm_fail(stage->host, call, TM_FAILED, TM_NO_ROW, "failed", "the batch has no text");
  }
  for (row = 0; row < texts.length; row++) {
    uint64_t words;
    TmStr text;
    /* The host then knows the row if this crashes in a process of its own, or if a row is forgotten. */
    tm_begin_row(stage->host, call, columns, 2, row);
    /* A null text has no words. */
    tm_strings_get(&texts, row, &text);
    if (!count(stage->host, call, text, &unasked, &words)) {
      return tm_fail(stage->host, call, TM_CANCELLED, TM_NO_ROW, "cancelled", "the run is being stopped");
    }
    if (words < stage->min_words) {
      tm_event_drop(events, (uint32_t)row, "too-few-words", (double)words, (double)stage->min_words);
    } else {
      tm_add_u64(&columns[0], words);
      tm_add_u32(&columns[1], (uint32_t)row);
    }
  }
  stage->host->metric_add(call, tm_str("documents-counted"), (uint64_t)texts.length);
  return TM_OK;
}

static int32_t process(TmWorker *worker, TmCall *call, struct ArrowArray *input, struct ArrowArray *documents,
                       struct ArrowArray *out_events) {
  TmColumn columns[2] = {tm_column("L"), tm_column("I")};
  TmEvents events = tm_events();
  int32_t status = map(worker->stage, call, input, columns, &events);
  tm_release_array(input);
  if (status != TM_OK) {
    tm_column_free(&columns[0]);
    tm_column_free(&columns[1]);
    tm_events_free(&events);
    return status;
  }
  status = tm_answer(worker->stage->host, call, columns, 2, columns[1].length, documents);
  if (status != TM_OK) {
    tm_events_free(&events);
    return status;
  }
  /* If this fails, the host releases the documents. */
  return tm_events_finish(&events, out_events) ? TM_OK : tm_no_memory(worker->stage->host, call);
}

static int32_t flush(TmWorker *worker, TmCall *call, struct ArrowArray *documents, struct ArrowArray *events) {
  (void)worker, (void)call, (void)documents, (void)events;
  return TM_UNSUPPORTED;
}

static const void *get_extension(TmStr id) {
  (void)id;
  return NULL;
}

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
