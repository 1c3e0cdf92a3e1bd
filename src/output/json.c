#include "output/json.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/log.h"

static void add_quoted(struct text *out, const char *value) {
    size_t n = strlen(value);
    text_add_n(out, "\"", 1);
    for (size_t i = 0; i < n;) {
        unsigned char c = (unsigned char)value[i];
        size_t length = text_utf8_length(value + i, n - i);
        if (length == 0) {
            text_add(out, "\xef\xbf\xbd");
            length = 1;
        } else if (c == '"' || c == '\\') {
            text_printf(out, "\\%c", c);
        } else if (c < 0x20 || c == 0x7f) {
            text_printf(out, "\\u%04x", c);
        } else {
            text_add_n(out, value + i, length);
        }
        i += length;
    }
    text_add_n(out, "\"", 1);
}

static void add_indent(struct json_writer *json) {
    text_add_n(json->out, "\n", 1);
    for (unsigned i = 0; i < json->depth; i++) {
        text_add_n(json->out, "  ", 2);
    }
}

/* Comma, line break and key of the next member. */
static void begin_member(struct json_writer *json, const char *key) {
    CHECK((key == NULL) == (json->depth == 0 || json->levels[json->depth - 1].is_array));
    if (json->depth == 0) {
        return;
    }
    struct json_level *level = &json->levels[json->depth - 1];
    if (level->has_members) {
        text_add_n(json->out, ",", 1);
    }
    if (level->layout == JSON_LINES) {
        add_indent(json);
    } else if (level->has_members) {
        text_add_n(json->out, " ", 1);
    }
    level->has_members = true;
    if (key) {
        add_quoted(json->out, key);
        text_add_n(json->out, ": ", 2);
    }
}

static void open_level(struct json_writer *json, const char *key, enum json_layout layout,
                       bool is_array) {
    CHECK(json->depth < JSON_MAX_DEPTH);
    begin_member(json, key);
    json->levels[json->depth++] = (struct json_level){.layout = layout, .is_array = is_array};
    text_add_n(json->out, is_array ? "[" : "{", 1);
}

void json_open_object(struct json_writer *json, const char *key, enum json_layout layout) {
    open_level(json, key, layout, false);
}

void json_open_array(struct json_writer *json, const char *key, enum json_layout layout) {
    open_level(json, key, layout, true);
}

void json_close(struct json_writer *json) {
    CHECK(json->depth > 0);
    const struct json_level *level = &json->levels[--json->depth];
    if (level->layout == JSON_LINES && level->has_members) {
        add_indent(json);
    }
    text_add_n(json->out, level->is_array ? "]" : "}", 1);
    if (json->depth == 0) {
        text_add_n(json->out, "\n", 1);
    }
}

void json_add_string(struct json_writer *json, const char *key, const char *value) {
    begin_member(json, key);
    add_quoted(json->out, value);
}

void json_add_double(struct json_writer *json, const char *key, double value) {
    begin_member(json, key);
    if (isfinite(value)) {
        text_add_double(json->out, value);
    } else {
        text_add(json->out, "null");
    }
}

void json_add_uint(struct json_writer *json, const char *key, uint64_t value) {
    begin_member(json, key);
    text_printf(json->out, "%" PRIu64, value);
}

void json_add_int(struct json_writer *json, const char *key, int64_t value) {
    begin_member(json, key);
    text_printf(json->out, "%" PRId64, value);
}

void json_add_bool(struct json_writer *json, const char *key, bool value) {
    begin_member(json, key);
    text_add(json->out, value ? "true" : "false");
}
