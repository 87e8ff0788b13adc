/* A plugin of a minor version that is yet to come: its table is larger than the host's. With -DSHORT, one whose table is
   smaller than that of version 1.0, in memory of just that size. It answers nothing else than it is passed. */
#include "textmill_arrow.h"

struct TmStage {
  const TmHost *host;
};

static int32_t bind(const TmHost *host, TmCall *call, TmStr name, TmStr options, const struct ArrowSchema *input,
                    TmStage **stage, struct ArrowSchema *output) {
  static TmStage only;
  (void)name, (void)options, (void)input;
  only.host = host;
  *stage = &only;
  return tm_schema(NULL, 0, output) ? TM_OK : tm_no_memory(host, call);
}

static void release_stage(TmStage *stage) { (void)stage; }

static int32_t new_worker(const TmStage *stage, TmCall *call, TmWorker **worker) {
  (void)call;
  *worker = (TmWorker *)stage;
  return TM_OK;
}

static void release_worker(TmWorker *worker) { (void)worker; }

static int32_t process(TmWorker *worker, TmCall *call, struct ArrowArray *input, struct ArrowArray *documents,
                       struct ArrowArray *out) {
  TmEvents events = tm_events();
  int64_t row, rows = input->length;
  (void)worker, (void)call;
  for (row = 0; row < rows; row++) {
    TmEvent event = tm_event((uint32_t)row, TM_ACTION_ANNOTATE, "seen");
    event.note = "by a plugin that is younger than its host";
    tm_event_add(&events, &event);
  }
  tm_release_array(input);
  return tm_batch_finish(NULL, 0, rows, documents) && tm_events_finish(&events, out) ? TM_OK : TM_FAILED;
}

static int32_t flush(TmWorker *worker, TmCall *call, struct ArrowArray *documents, struct ArrowArray *events) {
  (void)worker, (void)call, (void)documents, (void)events;
  return TM_UNSUPPORTED;
}

static const void *get_extension(TmStr id) {
  /* An extension whose table is cut short. */
  static const uint32_t cut[2] = {sizeof cut, 0};
#ifdef SHORT_EXTENSION
  if (tm_is(id, TM_EXT_PLAN)) {
    return cut;
  }
#endif
  (void)id, (void)cut;
  return NULL;
}

#define DESCRIPTOR "{\"name\": \"later-minor\", \"version\": \"9.0.0\", \"operators\": [{\"name\": \"see\", \"kind\": \"map\", \"unheard-of\": 1}]}"

#ifdef SHORT
TM_EXPORT const TmPlugin *textmill_plugin_v1(const TmHost *host) {
  uint32_t *table = calloc(1, TM_PLUGIN_SIZE_1_0 - 8);
  (void)host, (void)bind, (void)release_stage, (void)new_worker, (void)release_worker, (void)process, (void)flush,
      (void)get_extension;
  if (table != NULL) {
    table[0] = TM_PLUGIN_SIZE_1_0 - 8;
    table[1] = TM_ABI_MAJOR;
  }
  return (const TmPlugin *)table;
}
#else
typedef struct Later {
  TmPlugin first;
  void *appended[4];
} Later;

TM_EXPORT const TmPlugin *textmill_plugin_v1(const TmHost *host) {
  static const Later table = {
      {sizeof(Later), TM_ABI_MAJOR, TM_ABI_MINOR + 1, 0, {(const uint8_t *)DESCRIPTOR, sizeof DESCRIPTOR - 1}, bind,
       release_stage, new_worker, release_worker, process, flush, get_extension},
      {0}};
  /* What comes behind version 1.0 is only touched where the host has it. */
  (void)host;
  return &table.first;
}
#endif
