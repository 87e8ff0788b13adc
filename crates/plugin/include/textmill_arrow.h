/*
 * textmill_arrow.h: helpers for plugins in C. They read the strings of a batch, build columns and events, and
 * read options. They are not part of the contract, which is textmill_plugin.h alone: copy this file, change
 * it, or write your own.
 *
 * Header only, C11 and C++11, needs nothing but the C library. Everything is `static inline` and begins with
 * `tm_` or `Tm`. Functions that can fail return 1 for success and 0 for failure. Builders only fail if memory
 * runs out. They remember that, so only the last step (tm_answer, tm_events_finish) has to be checked.
 *
 *     strings    TmStrings text;  tm_strings_of(format, batch, 0, &text);  tm_strings_get(&text, row, &string)
 *     columns    TmColumn words = tm_column("L");  tm_begin_row(host, call, &words, 1, row);
 *                tm_add_u64(&words, 7);  tm_answer(host, call, &words, 1, rows, out)
 *     schemas    TmField fields[] = {{"words", "L", 1}};  tm_schema(fields, 1, out)
 *     events     TmEvents events = tm_events();  tm_event_drop(&events, row, "too-short", 3, 10);
 *     options    TmJson json = tm_json(options);  while (tm_json_member(&json, &name, &value)) ...
 *
 * What these functions give out releases itself and nothing else. It refers to no stage and no worker, and
 * may be released on any thread, as the contract demands.
 */
#ifndef TEXTMILL_ARROW_H
#define TEXTMILL_ARROW_H

#include "textmill_plugin.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ==== Strings and messages ================================================================================ */

/* Borrows a C string. */
static inline TmStr tm_str(const char *text) {
  TmStr out;
  out.ptr = (const uint8_t *)text;
  out.len = text == NULL ? 0 : (uint64_t)strlen(text);
  return out;
}

/* Whether a string equals this text. */
static inline int tm_is(TmStr string, const char *text) {
  size_t len = strlen(text);
  return string.len == len && (len == 0 || memcmp(string.ptr, text, len) == 0);
}

/* Reports an error on a row, or with TM_NO_ROW on the call. The message is formatted as by printf (and cut at
   500 bytes). Returns `status`, so that a function can end with `return tm_fail(...)`. */
#if defined(__GNUC__)
__attribute__((format(printf, 6, 7)))
#endif
static inline int32_t
tm_fail(const TmHost *host, TmCall *call, int32_t status, uint32_t row, const char *code, const char *format, ...) {
  char message[500];
  va_list values;
  int len;
  va_start(values, format);
  len = vsnprintf(message, sizeof message, format, values);
  va_end(values);
  if (host != NULL) {
    host->report(call, TM_LEVEL_ERROR, row, tm_str(code), tm_str(len < 0 ? format : message));
  }
  return status;
}

/* Reports that memory ran out. Returns the status for it. */
static inline int32_t tm_no_memory(const TmHost *host, TmCall *call) {
  return tm_fail(host, call, TM_FAILED, TM_NO_ROW, "memory", "there is not enough memory");
}

/* ==== Reading a batch ===================================================================================== */

/* Releases an array that was moved in, if it is not released yet. */
static inline void tm_release_array(struct ArrowArray *array) {
  if (array != NULL && array->release != NULL) {
    array->release(array);
  }
}

/* A string column of a batch, in any of Arrow's three layouts. Valid as long as the batch. */
typedef struct TmStrings {
  char layout;    /* 'u', 'U', or 'v' for "vu" */
  int64_t first;  /* index of row 0 of the batch in the buffers */
  int64_t length; /* rows of the batch */
  const uint8_t *validity;
  const void *offsets; /* or views */
  const uint8_t *data;
  const void **buffers;
} TmStrings;

/* Whether a format is that of strings: "u", "U" or "vu". */
static inline int tm_is_string_format(const char *format) {
  return format != NULL && (!strcmp(format, "u") || !strcmp(format, "U") || !strcmp(format, "vu"));
}

/* Reads column `column` of a batch as strings of `format`, which `bind` was told. 0 if it is no string
   column. */
static inline int tm_strings_of(const char *format, const struct ArrowArray *batch, int64_t column, TmStrings *out) {
  const struct ArrowArray *array;
  if (!tm_is_string_format(format) || column < 0 || column >= batch->n_children) {
    return 0;
  }
  array = batch->children[column];
  if (array->n_buffers < 3) {
    return 0;
  }
  out->layout = format[0];
  /* A slice of a batch may be expressed by either offset, or by both. */
  out->first = batch->offset + array->offset;
  out->length = batch->length;
  /* The bitmap may be missing if there are no nulls. */
  out->validity = (const uint8_t *)array->buffers[0];
  out->offsets = array->buffers[1];
  out->data = (const uint8_t *)array->buffers[2];
  out->buffers = array->buffers;
  return 1;
}

/* Borrows the string in a row of the batch. 0 if it is null or the row is past the end; `out` is then empty.
   */
static inline int tm_strings_get(const TmStrings *strings, int64_t row, TmStr *out) {
  int64_t at = strings->first + row;
  out->ptr = NULL;
  out->len = 0;
  if (row < 0 || row >= strings->length) {
    return 0;
  }
  if (strings->validity != NULL && !((strings->validity[at / 8] >> (at % 8)) & 1)) {
    return 0;
  }
  if (strings->layout == 'u') {
    const int32_t *offsets = (const int32_t *)strings->offsets;
    out->len = (uint64_t)(offsets[at + 1] - offsets[at]);
    out->ptr = out->len == 0 ? NULL : strings->data + offsets[at];
  } else if (strings->layout == 'U') {
    const int64_t *offsets = (const int64_t *)strings->offsets;
    out->len = (uint64_t)(offsets[at + 1] - offsets[at]);
    out->ptr = out->len == 0 ? NULL : strings->data + offsets[at];
  } else {
    /* A view: the length, then the string itself if it has up to 12 bytes; else 4 bytes of it, the number of
       its buffer, and the offset there. */
    const uint8_t *view = (const uint8_t *)strings->offsets + at * 16;
    int32_t len, buffer, offset;
    memcpy(&len, view, sizeof len);
    out->len = (uint64_t)len;
    if (len <= 12) {
      out->ptr = view + 4;
    } else {
      memcpy(&buffer, view + 8, sizeof buffer);
      memcpy(&offset, view + 12, sizeof offset);
      out->ptr = (const uint8_t *)strings->buffers[2 + buffer] + offset;
    }
  }
  return 1;
}

/* ==== Building columns ==================================================================================== */

/* A growable byte buffer. */
typedef struct TmBytes {
  uint8_t *data;
  size_t len;
  size_t room;
} TmBytes;

/* Appends bytes. 0 if memory ran out. */
static inline int tm_bytes_add(TmBytes *bytes, const void *from, size_t len) {
  if (len > SIZE_MAX / 2 - bytes->len) {
    return 0;
  }
  if (bytes->len + len > bytes->room) {
    size_t room = bytes->room < 64 ? 64 : bytes->room;
    uint8_t *data;
    while (room < bytes->len + len) {
      room *= 2;
    }
    data = (uint8_t *)realloc(bytes->data, room);
    if (data == NULL) {
      return 0;
    }
    bytes->data = data;
    bytes->room = room;
  }
  if (len > 0) {
    memcpy(bytes->data + bytes->len, from, len);
    bytes->len += len;
  }
  return 1;
}

/* A column that is being built. */
typedef struct TmColumn {
  char format;    /* 'u' utf8, 'U' large_utf8, 'C' uint8, 'I' uint32, 'L' uint64, 'l' int64, 'g' float64 */
  int failed;     /* memory ran out, or the strings of a 'u' are longer than 2 GiB */
  int64_t length; /* rows so far */
  int64_t nulls;
  TmBytes validity; /* empty as long as no row is null */
  TmBytes offsets;  /* strings: where each begins and the last one ends */
  TmBytes data;
  /* What tm_begin_row records, in the first column of a batch: the row that was begun last, and how long the
     columns were then; the first row that was given no value, and the first that not every column was given a
     value for. Row numbers are stored plus one: 0 is none, 1 is row 0. */
  int64_t begun, before, passed_over, uneven;
} TmColumn;

/* An empty column. `format`: "u", "U", "C", "I", "L", "l" or "g". */
static inline TmColumn tm_column(const char *format) {
  TmColumn column;
  memset(&column, 0, sizeof column);
  column.format = format[0];
  if (column.format == 'u') {
    int32_t zero = 0;
    column.failed = !tm_bytes_add(&column.offsets, &zero, sizeof zero);
  } else if (column.format == 'U') {
    int64_t zero = 0;
    column.failed = !tm_bytes_add(&column.offsets, &zero, sizeof zero);
  }
  return column;
}

/* Frees a column that was not given away. tm_batch_finish takes columns, even if it fails. */
static inline void tm_column_free(TmColumn *column) {
  free(column->validity.data);
  free(column->offsets.data);
  free(column->data.data);
  memset(column, 0, sizeof *column);
  column->failed = 1;
}

/* Counts a row, and records whether it is valid. */
static inline void tm_column_row(TmColumn *column, int valid) {
  int64_t at = column->length;
  if (!valid && column->nulls == 0) {
    /* The first null: all earlier rows were valid. */
    int64_t byte;
    for (byte = 0; byte < at / 8 + (at % 8 != 0); byte++) {
      uint8_t ones = 0xff;
      column->failed |= !tm_bytes_add(&column->validity, &ones, 1);
    }
    if (at % 8 != 0 && !column->failed) {
      column->validity.data[at / 8] = (uint8_t)((1u << (at % 8)) - 1);
    }
  }
  if (!valid || column->nulls > 0) {
    if (at % 8 == 0) {
      uint8_t none = 0;
      column->failed |= !tm_bytes_add(&column->validity, &none, 1);
    }
    if (valid && !column->failed) {
      column->validity.data[at / 8] |= (uint8_t)(1u << (at % 8));
    }
  }
  column->nulls += !valid;
  column->length++;
}

/* Appends a value of a fixed size. `len` is the size in the column's format. */
static inline void tm_add_fixed(TmColumn *column, const void *value, size_t len) {
  column->failed |= !tm_bytes_add(&column->data, value, len);
  tm_column_row(column, 1);
}

/* Appends to a "C" column. */
static inline void tm_add_u8(TmColumn *column, uint8_t value) { tm_add_fixed(column, &value, sizeof value); }
/* Appends to an "I" column. */
static inline void tm_add_u32(TmColumn *column, uint32_t value) { tm_add_fixed(column, &value, sizeof value); }
/* Appends to an "L" column. */
static inline void tm_add_u64(TmColumn *column, uint64_t value) { tm_add_fixed(column, &value, sizeof value); }
/* Appends to an "l" column. */
static inline void tm_add_i64(TmColumn *column, int64_t value) { tm_add_fixed(column, &value, sizeof value); }
/* Appends to a "g" column. */
static inline void tm_add_f64(TmColumn *column, double value) { tm_add_fixed(column, &value, sizeof value); }

/* Ends the string of a row. */
static inline void tm_add_offset(TmColumn *column) {
  if (column->format == 'u') {
    int32_t end = (int32_t)column->data.len;
    column->failed |= column->data.len > INT32_MAX || !tm_bytes_add(&column->offsets, &end, sizeof end);
  } else {
    int64_t end = (int64_t)column->data.len;
    column->failed |= !tm_bytes_add(&column->offsets, &end, sizeof end);
  }
}

/* Appends to a "u" or "U" column. The string must be UTF-8. */
static inline void tm_add_str(TmColumn *column, TmStr value) {
  column->failed |= !tm_bytes_add(&column->data, value.ptr, (size_t)value.len);
  tm_add_offset(column);
  tm_column_row(column, 1);
}

/* Appends a null to a column of any format. */
static inline void tm_add_null(TmColumn *column) {
  uint64_t zero = 0;
  switch (column->format) {
  case 'u':
  case 'U':
    tm_add_offset(column);
    break;
  case 'C':
    column->failed |= !tm_bytes_add(&column->data, &zero, 1);
    break;
  case 'I':
    column->failed |= !tm_bytes_add(&column->data, &zero, 4);
    break;
  default:
    column->failed |= !tm_bytes_add(&column->data, &zero, 8);
  }
  tm_column_row(column, 0);
}

/* What a column's array owns. */
typedef struct TmColumnPrivate {
  const void *buffers[3];
  void *owned[3];
} TmColumnPrivate;

static inline void tm_column_release(struct ArrowArray *array) {
  TmColumnPrivate *own = (TmColumnPrivate *)array->private_data;
  free(own->owned[0]);
  free(own->owned[1]);
  free(own->owned[2]);
  free(own);
  array->release = NULL;
}

/* What a batch's array owns: the arrays of its columns, too. */
typedef struct TmBatchPrivate {
  const void *buffers[1];
  struct ArrowArray **children;
  struct ArrowArray *arrays;
} TmBatchPrivate;

static inline void tm_batch_release(struct ArrowArray *array) {
  TmBatchPrivate *own = (TmBatchPrivate *)array->private_data;
  int64_t n;
  for (n = 0; n < array->n_children; n++) {
    /* If a consumer has moved a column out, its slot is already released. */
    tm_release_array(&own->arrays[n]);
  }
  free(own->children);
  free(own->arrays);
  free(own);
  array->release = NULL;
}

/* Moves a column into an array. */
static inline int tm_column_finish(TmColumn *column, struct ArrowArray *out) {
  int strings = column->format == 'u' || column->format == 'U';
  TmColumnPrivate *own;
  /* A data buffer has an address even if it has no bytes. */
  if (column->data.data == NULL) {
    column->data.data = (uint8_t *)malloc(8);
  }
  own = (TmColumnPrivate *)calloc(1, sizeof *own);
  if (column->failed || own == NULL || column->data.data == NULL) {
    free(own);
    tm_column_free(column);
    return 0;
  }
  own->owned[0] = column->validity.data;
  own->owned[1] = strings ? column->offsets.data : column->data.data;
  own->owned[2] = strings ? column->data.data : NULL;
  own->buffers[0] = own->owned[0];
  own->buffers[1] = own->owned[1];
  own->buffers[2] = own->owned[2];
  memset(out, 0, sizeof *out);
  out->length = column->length;
  out->null_count = column->nulls;
  out->n_buffers = strings ? 3 : 2;
  out->buffers = own->buffers;
  out->release = tm_column_release;
  out->private_data = own;
  memset(column, 0, sizeof *column);
  column->failed = 1;
  return 1;
}

/* Moves columns of `rows` rows each into a batch. Takes the columns, even if it fails. 0 if memory ran out or
   a column has another length; `out` is then left unchanged. */
static inline int tm_batch_finish(TmColumn *columns, size_t count, int64_t rows, struct ArrowArray *out) {
  TmBatchPrivate *own = (TmBatchPrivate *)calloc(1, sizeof *own);
  struct ArrowArray *arrays = (struct ArrowArray *)calloc(count + 1, sizeof *arrays);
  struct ArrowArray **children = (struct ArrowArray **)calloc(count + 1, sizeof *children);
  int fine = own != NULL && arrays != NULL && children != NULL;
  size_t n;
  for (n = 0; n < count; n++) {
    if (fine && columns[n].length == rows && tm_column_finish(&columns[n], &arrays[n])) {
      children[n] = &arrays[n];
    } else {
      fine = 0;
      tm_column_free(&columns[n]);
    }
  }
  if (!fine) {
    for (n = 0; arrays != NULL && n < count; n++) {
      tm_release_array(&arrays[n]);
    }
    free(children);
    free(arrays);
    free(own);
    return 0;
  }
  own->arrays = arrays;
  own->children = children;
  memset(out, 0, sizeof *out);
  out->length = rows;
  out->n_buffers = 1;
  out->buffers = own->buffers;
  out->n_children = (int64_t)count;
  out->children = children;
  out->release = tm_batch_release;
  out->private_data = own;
  return 1;
}

/* Records which values the row that was begun last was given. */
static inline void tm_end_row(TmColumn *columns, size_t count) {
  int given = 1, left_out = 1;
  size_t n;
  if (count == 0 || columns[0].begun == 0) {
    return;
  }
  for (n = 0; n < count; n++) {
    given = given && columns[n].length == columns[0].before + 1;
    left_out = left_out && columns[n].length == columns[0].before;
  }
  if (left_out && columns[0].passed_over == 0) {
    columns[0].passed_over = columns[0].begun;
  } else if (!given && !left_out && columns[0].uneven == 0) {
    columns[0].uneven = columns[0].begun;
  }
}

/* Begins a row of the batch. The host is told of it, so that it knows the row if the plugin crashes in a
   process of its own. It also lets tm_answer say which row was forgotten. */
static inline void tm_begin_row(const TmHost *host, TmCall *call, TmColumn *columns, size_t count, int64_t row) {
  host->progress(call, (uint64_t)row, 0);
  tm_end_row(columns, count);
  if (count > 0) {
    columns[0].begun = row + 1;
    columns[0].before = columns[0].length;
  }
}

/* Like tm_batch_finish, but reports what is wrong if it fails: a row for which a column was given no value,
   or memory. `rows` is the number of output rows: that of the batch if the operator drops none, else the
   length of the column `row`. Returns a status. Takes the columns, even if it fails. */
static inline int32_t tm_answer(const TmHost *host, TmCall *call, TmColumn *columns, size_t count, int64_t rows,
                                struct ArrowArray *out) {
  size_t n, wrong = count;
  int failed = 0;
  int64_t length = 0, uneven = 0, passed_over = 0;
  tm_end_row(columns, count);
  for (n = 0; n < count; n++) {
    failed |= columns[n].failed;
    if (wrong == count && columns[n].length != rows) {
      wrong = n;
      length = columns[n].length;
    }
  }
  if (count > 0) {
    uneven = columns[0].uneven;
    passed_over = columns[0].passed_over;
  }
  if (tm_batch_finish(columns, count, rows, out)) {
    return TM_OK;
  }
  if (failed || wrong == count) {
    return tm_no_memory(host, call);
  }
  if (uneven > 0) {
    return tm_fail(host, call, TM_FAILED, (uint32_t)(uneven - 1), "rows",
                   "it does not give each column one value for this row; give all of them one, or none where it is dropped");
  }
  if (passed_over > 0) {
    return tm_fail(host, call, TM_FAILED, (uint32_t)(passed_over - 1), "rows",
                   "it gives no column a value for this row; answer it, or declare `\"rows\": \"select\"` and drop it by an event");
  }
  return tm_fail(host, call, TM_FAILED, TM_NO_ROW, "rows", "its column number %u has %lld values for %lld rows",
                 (unsigned)wrong + 1, (long long)length, (long long)rows);
}

/* ==== Schemas ============================================================================================= */

/* A column of a schema. */
typedef struct TmField {
  const char *name;
  const char *format; /* "u", "U", "C", "I", "L", "l", "g", ... */
  int nullable;
} TmField;

static inline void tm_field_release(struct ArrowSchema *schema) {
  free(schema->private_data);
  schema->release = NULL;
}

static inline void tm_schema_release(struct ArrowSchema *schema) {
  struct ArrowSchema *fields = (struct ArrowSchema *)schema->private_data;
  int64_t n;
  for (n = 0; n < schema->n_children; n++) {
    if (fields[n].release != NULL) {
      fields[n].release(&fields[n]);
    }
  }
  free(fields);
  free(schema->children);
  schema->release = NULL;
}

/* Fills `out` with the schema of a batch of these columns. Names and formats are copied. 0 if memory ran out;
   `out` is then left unchanged. */
static inline int tm_schema(const TmField *from, size_t count, struct ArrowSchema *out) {
  struct ArrowSchema *fields = (struct ArrowSchema *)calloc(count + 1, sizeof *fields);
  struct ArrowSchema **children = (struct ArrowSchema **)calloc(count + 1, sizeof *children);
  struct ArrowSchema made;
  size_t n;
  memset(&made, 0, sizeof made);
  made.format = "+s";
  made.name = "";
  made.children = children;
  made.release = tm_schema_release;
  made.private_data = fields;
  if (fields == NULL || children == NULL) {
    made.release(&made);
    return 0;
  }
  for (n = 0; n < count; n++) {
    size_t name = strlen(from[n].name) + 1, format = strlen(from[n].format) + 1;
    char *text = (char *)malloc(name + format);
    if (text == NULL) {
      made.release(&made);
      return 0;
    }
    memcpy(text, from[n].name, name);
    memcpy(text + name, from[n].format, format);
    fields[n].name = text;
    fields[n].format = text + name;
    fields[n].flags = from[n].nullable ? ARROW_FLAG_NULLABLE : 0;
    fields[n].release = tm_field_release;
    fields[n].private_data = text;
    children[n] = &fields[n];
    made.n_children++;
  }
  *out = made;
  return 1;
}

/* ==== Events ============================================================================================== */

/* One event. Begin with `tm_event(row, action, rule)`, which leaves all else unset, and set what applies. */
typedef struct TmEvent {
  uint32_t row;
  uint8_t action;   /* TM_ACTION_... */
  const char *rule; /* kebab-case */
  int has_value, has_threshold, has_span, has_other;
  double value, threshold;
  uint64_t start, end; /* with has_span */
  TmStr replacement;   /* with has_span */
  uint64_t other;
  const char *note; /* or null */
} TmEvent;

/* An event without measurements. */
static inline TmEvent tm_event(uint32_t row, uint8_t action, const char *rule) {
  TmEvent event;
  memset(&event, 0, sizeof event);
  event.row = row;
  event.action = action;
  event.rule = rule;
  return event;
}

/* Events that are being collected: the ten columns of the contract. */
typedef struct TmEvents {
  TmColumn columns[10];
} TmEvents;

/* An empty collection of events. */
static inline TmEvents tm_events(void) {
  static const char *const formats[10] = {"I", "C", "u", "g", "g", "L", "L", "U", "L", "u"};
  TmEvents events;
  int n;
  for (n = 0; n < 10; n++) {
    events.columns[n] = tm_column(formats[n]);
  }
  return events;
}

/* Frees events that were not given away. */
static inline void tm_events_free(TmEvents *events) {
  int n;
  for (n = 0; n < 10; n++) {
    tm_column_free(&events->columns[n]);
  }
}

/* Appends an event. */
static inline void tm_event_add(TmEvents *events, const TmEvent *event) {
  TmColumn *c = events->columns;
  tm_add_u32(&c[0], event->row);
  tm_add_u8(&c[1], event->action);
  tm_add_str(&c[2], tm_str(event->rule));
  event->has_value ? tm_add_f64(&c[3], event->value) : tm_add_null(&c[3]);
  event->has_threshold ? tm_add_f64(&c[4], event->threshold) : tm_add_null(&c[4]);
  event->has_span ? tm_add_u64(&c[5], event->start) : tm_add_null(&c[5]);
  event->has_span ? tm_add_u64(&c[6], event->end) : tm_add_null(&c[6]);
  event->has_span ? tm_add_str(&c[7], event->replacement) : tm_add_null(&c[7]);
  event->has_other ? tm_add_u64(&c[8], event->other) : tm_add_null(&c[8]);
  event->note != NULL ? tm_add_str(&c[9], tm_str(event->note)) : tm_add_null(&c[9]);
}

/* Drops a row under a rule, with the value that the rule measured and the threshold that it compared it with.
   */
static inline void tm_event_drop(TmEvents *events, uint32_t row, const char *rule, double value, double threshold) {
  TmEvent event = tm_event(row, TM_ACTION_DROP, rule);
  event.has_value = event.has_threshold = 1;
  event.value = value;
  event.threshold = threshold;
  tm_event_add(events, &event);
}

/* Records that the bytes from `start` up to `end` of the passed text were replaced. */
static inline void
tm_event_edit(TmEvents *events, uint32_t row, const char *rule, uint64_t start, uint64_t end, TmStr replacement) {
  TmEvent event = tm_event(row, TM_ACTION_EDIT, rule);
  event.has_span = 1;
  event.start = start;
  event.end = end;
  event.replacement = replacement;
  tm_event_add(events, &event);
}

/* Fails a row: the run lists it among its failed documents, with the note. */
static inline void tm_event_fail(TmEvents *events, uint32_t row, const char *rule, const char *note) {
  TmEvent event = tm_event(row, TM_ACTION_FAIL, rule);
  event.note = note;
  tm_event_add(events, &event);
}

/* Moves events into the slot that `process` was given for them. Takes the events, even if it fails. */
static inline int tm_events_finish(TmEvents *events, struct ArrowArray *out) {
  return tm_batch_finish(events->columns, 10, events->columns[0].length, out);
}

/* ==== Options: a small reader of JSON ===================================================================== */

/* A JSON object that is being read, member by member. */
typedef struct TmJson {
  const uint8_t *at, *end;
  int begun;
  int broken; /* it is not an object, or not JSON */
} TmJson;

/* Begins to read an object. If the text is no object, `broken` is set after the first tm_json_member. */
static inline TmJson tm_json(TmStr text) {
  TmJson json;
  json.at = text.ptr;
  json.end = text.len == 0 ? text.ptr : text.ptr + text.len;
  json.begun = 0;
  json.broken = text.ptr == NULL;
  return json;
}

static inline void tm_json_space(TmJson *json) {
  while (json->at < json->end && (*json->at == ' ' || *json->at == '\t' || *json->at == '\n' || *json->at == '\r')) {
    json->at++;
  }
}

static inline int tm_json_eat(TmJson *json, char mark) {
  tm_json_space(json);
  if (json->at < json->end && *json->at == (uint8_t)mark) {
    json->at++;
    return 1;
  }
  return 0;
}

/* The value of four hexadecimal digits, or -1. */
static inline int32_t tm_json_hex(const uint8_t *at) {
  int32_t value = 0;
  int n;
  for (n = 0; n < 4; n++) {
    uint8_t c = at[n];
    if (c >= '0' && c <= '9') {
      value = value * 16 + (c - '0');
    } else if ((c | 32) >= 'a' && (c | 32) <= 'f') {
      value = value * 16 + ((c | 32) - 'a' + 10);
    } else {
      return -1;
    }
  }
  return value;
}

/* Skips a string, including its quotes. */
static inline int tm_json_skip_string(TmJson *json) {
  if (!tm_json_eat(json, '"')) {
    return 0;
  }
  while (json->at < json->end) {
    uint8_t c = *json->at++;
    if (c == '"') {
      return 1;
    }
    if (c < 0x20) {
      return 0;
    }
    if (c == '\\') {
      if (json->at == json->end) {
        return 0;
      }
      c = *json->at++;
      if (c == 'u') {
        if (json->end - json->at < 4 || tm_json_hex(json->at) < 0) {
          return 0;
        }
        json->at += 4;
      } else if (c == 0 || strchr("\"\\/bfnrt", c) == NULL) {
        return 0;
      }
    }
  }
  return 0;
}

static inline int tm_json_digits(TmJson *json) {
  const uint8_t *from = json->at;
  while (json->at < json->end && *json->at >= '0' && *json->at <= '9') {
    json->at++;
  }
  return json->at > from;
}

static inline int tm_json_skip_number(TmJson *json) {
  if (json->at < json->end && *json->at == '-') {
    json->at++;
  }
  if (json->at < json->end && *json->at == '0') {
    json->at++;
  } else if (!tm_json_digits(json)) {
    return 0;
  }
  if (json->at < json->end && *json->at == '.') {
    json->at++;
    if (!tm_json_digits(json)) {
      return 0;
    }
  }
  if (json->at < json->end && (*json->at | 32) == 'e') {
    json->at++;
    if (json->at < json->end && (*json->at == '+' || *json->at == '-')) {
      json->at++;
    }
    return tm_json_digits(json);
  }
  return 1;
}

/* Skips a value that is nested at most `depth` levels deep. */
static inline int tm_json_skip(TmJson *json, int depth) {
  static const char *const words[3] = {"true", "false", "null"};
  int n;
  tm_json_space(json);
  if (json->at == json->end || depth == 0) {
    return 0;
  }
  if (*json->at == '"') {
    return tm_json_skip_string(json);
  }
  if (*json->at == '[' || *json->at == '{') {
    int object = *json->at == '{';
    char close = object ? '}' : ']';
    json->at++;
    if (tm_json_eat(json, close)) {
      return 1;
    }
    for (;;) {
      if (object && !(tm_json_skip_string(json) && tm_json_eat(json, ':'))) {
        return 0;
      }
      if (!tm_json_skip(json, depth - 1)) {
        return 0;
      }
      if (tm_json_eat(json, close)) {
        return 1;
      }
      if (!tm_json_eat(json, ',')) {
        return 0;
      }
    }
  }
  for (n = 0; n < 3; n++) {
    size_t len = strlen(words[n]);
    if ((size_t)(json->end - json->at) >= len && memcmp(json->at, words[n], len) == 0) {
      json->at += len;
      return 1;
    }
  }
  return tm_json_skip_number(json);
}

/* Reads the next member of the object: its name without quotes (escapes are left as they are) and the text of
   its value. 0 at the end, and if the text is not a JSON object: check `broken` after the loop. */
static inline int tm_json_member(TmJson *json, TmStr *name, TmStr *value) {
  const uint8_t *from;
  if (json->broken) {
    return 0;
  }
  if (!json->begun) {
    json->begun = 1;
    json->broken = !tm_json_eat(json, '{');
    if (!json->broken && tm_json_eat(json, '}')) {
      goto end;
    }
  } else if (tm_json_eat(json, '}')) {
    goto end;
  } else {
    json->broken = !tm_json_eat(json, ',');
  }
  if (json->broken) {
    return 0;
  }
  tm_json_space(json);
  from = json->at;
  json->broken = !tm_json_skip_string(json);
  if (json->broken) {
    return 0;
  }
  name->ptr = from + 1;
  name->len = (uint64_t)(json->at - from - 2);
  json->broken = !tm_json_eat(json, ':');
  tm_json_space(json);
  from = json->at;
  if (json->broken || !tm_json_skip(json, 64)) {
    json->broken = 1;
    return 0;
  }
  value->ptr = from;
  value->len = (uint64_t)(json->at - from);
  return 1;
end:
  tm_json_space(json);
  json->broken = json->at != json->end;
  json->end = json->at;
  return 0;
}

/* Reads a whole number from the text of a value. 0 if it is no whole number, is negative, or does not fit. */
static inline int tm_json_u64(TmStr value, uint64_t *out) {
  uint64_t number = 0, n;
  if (value.len == 0 || (value.len > 1 && value.ptr[0] == '0')) {
    return 0;
  }
  for (n = 0; n < value.len; n++) {
    uint64_t digit = (uint64_t)value.ptr[n] - '0';
    if (value.ptr[n] < '0' || value.ptr[n] > '9' || number > (UINT64_MAX - digit) / 10) {
      return 0;
    }
    number = number * 10 + digit;
  }
  *out = number;
  return 1;
}

/* Reads `true` or `false`. */
static inline int tm_json_bool(TmStr value, int *out) {
  *out = tm_is(value, "true");
  return *out || tm_is(value, "false");
}

/* Reads a number of at most 63 characters. */
static inline int tm_json_f64(TmStr value, double *out) {
  char text[64];
  char *end;
  if (value.len == 0 || value.len >= sizeof text || !(value.ptr[0] == '-' || (value.ptr[0] >= '0' && value.ptr[0] <= '9'))) {
    return 0;
  }
  memcpy(text, value.ptr, (size_t)value.len);
  text[value.len] = 0;
  *out = strtod(text, &end);
  return *end == 0 && *out - *out == 0;
}

/* Reads a string into `bytes`, with escapes replaced; the old content is overwritten. The text is
   `bytes->len` bytes at `bytes->data`, followed by a NUL. 0 if it is no string or memory ran out. Free
   `bytes->data`. */
static inline int tm_json_string(TmStr value, TmBytes *bytes) {
  const uint8_t *at, *end;
  const uint8_t nul = 0;
  bytes->len = 0;
  if (value.len < 2 || value.ptr[0] != '"' || value.ptr[value.len - 1] != '"') {
    return 0;
  }
  at = value.ptr + 1;
  end = value.ptr + value.len - 1;
  while (at < end) {
    uint8_t out[4];
    size_t len = 1;
    out[0] = *at++;
    if (out[0] == '\\' && at < end) {
      static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
      uint8_t c = *at++;
      const char *found = c == 0 ? NULL : strchr(from, c);
      out[0] = found == NULL ? c : (uint8_t)to[found - from];
      if (c == 'u') {
        int32_t code = end - at < 4 ? -1 : tm_json_hex(at);
        if (code < 0) {
          return 0;
        }
        at += 4;
        if (code >= 0xd800 && code < 0xdc00) {
          int32_t low = end - at >= 6 && at[0] == '\\' && at[1] == 'u' ? tm_json_hex(at + 2) : -1;
          if (low < 0xdc00 || low > 0xdfff) {
            return 0;
          }
          at += 6;
          code = 0x10000 + (code - 0xd800) * 0x400 + (low - 0xdc00);
        } else if (code >= 0xdc00 && code < 0xe000) {
          return 0;
        }
        if (code < 0x80) {
          out[0] = (uint8_t)code;
        } else if (code < 0x800) {
          out[0] = (uint8_t)(0xc0 | code >> 6);
          out[1] = (uint8_t)(0x80 | (code & 63));
          len = 2;
        } else if (code < 0x10000) {
          out[0] = (uint8_t)(0xe0 | code >> 12);
          out[1] = (uint8_t)(0x80 | (code >> 6 & 63));
          out[2] = (uint8_t)(0x80 | (code & 63));
          len = 3;
        } else {
          out[0] = (uint8_t)(0xf0 | code >> 18);
          out[1] = (uint8_t)(0x80 | (code >> 12 & 63));
          out[2] = (uint8_t)(0x80 | (code >> 6 & 63));
          out[3] = (uint8_t)(0x80 | (code & 63));
          len = 4;
        }
      }
    }
    if (!tm_bytes_add(bytes, out, len)) {
      return 0;
    }
  }
  if (!tm_bytes_add(bytes, &nul, 1)) {
    return 0;
  }
  bytes->len--;
  return 1;
}

#endif /* TEXTMILL_ARROW_H */
