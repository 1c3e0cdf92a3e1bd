/* Writes JSON text piece by piece: results may hold millions of entries, too many for a tree, and
 * numbers must be the shortest that read back the same, which jansson's writer does not give.
 *
 * Members are written in the order of the calls. Strings may hold any bytes: what is not valid
 * UTF-8 becomes U+FFFD. A number that is not finite becomes null. */
#ifndef QSPAN_OUTPUT_JSON_H
#define QSPAN_OUTPUT_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum json_layout {
    JSON_LINES,    /* each member on a line of its own */
    JSON_ONE_LINE, /* all on one line */
};

enum { JSON_MAX_DEPTH = 8 };

/* Zero-initialise, set `out`. */
struct json_writer {
    struct text *out; /* borrowed; out->failed says whether anything failed */
    unsigned depth;
    struct json_level {
        enum json_layout layout;
        bool is_array, has_members;
    } levels[JSON_MAX_DEPTH];
};

/* `key` names the member of the enclosing object; NULL in an array and at the top. */
void json_open_object(struct json_writer *json, const char *key, enum json_layout layout);
void json_open_array(struct json_writer *json, const char *key, enum json_layout layout);
void json_close(struct json_writer *json);
void json_add_string(struct json_writer *json, const char *key, const char *value);
void json_add_double(struct json_writer *json, const char *key, double value);
void json_add_uint(struct json_writer *json, const char *key, uint64_t value);
void json_add_int(struct json_writer *json, const char *key, int64_t value);
void json_add_bool(struct json_writer *json, const char *key, bool value);

#endif
