/* Reads options as plugins in C do: a line of input each. Writes a line for each: `broken`, or the members, each as its name and,
   for values that C code has a type for, what was read. */
#include "textmill_arrow.h"

static void show(TmStr name, TmStr value) {
  TmBytes text = {0};
  uint64_t whole;
  double number;
  int truth;
  printf(" %.*s", (int)name.len, (const char *)name.ptr);
  if (tm_json_u64(value, &whole)) {
    printf("=%llu", (unsigned long long)whole);
  } else if (tm_json_f64(value, &number)) {
    printf("=%.17g", number);
  } else if (tm_json_bool(value, &truth)) {
    printf("=%s", truth ? "true" : "false");
  } else if (tm_json_string(value, &text)) {
    size_t n;
    printf("='");
    for (n = 0; n < text.len; n++) {
      printf("%02x", text.data[n]);
    }
    printf("'");
  }
  free(text.data);
}

int main(void) {
  static char line[1 << 16];
  while (fgets(line, sizeof line, stdin) != NULL) {
    TmStr text = tm_str(line), name, value;
    TmJson json;
    text.len -= text.len > 0 && line[text.len - 1] == '\n';
    json = tm_json(text);
    while (tm_json_member(&json, &name, &value)) {
    }
    if (json.broken) {
      printf("broken\n");
      continue;
    }
    printf("fine");
    json = tm_json(text);
    while (tm_json_member(&json, &name, &value)) {
      show(name, value);
    }
    printf("\n");
  }
  return 0;
}
