#include <criterion/criterion.h>
#include <jansson.h>
#include <math.h>

#include "base/rng.h"
#include "output/json.h"

/* Parses with jansson, an independent reader that refuses what is no JSON. */
static json_t *read_back(const struct text *text) {
    json_error_t error;
    json_t *root = json_loadb(text->data, text->n, JSON_REJECT_DUPLICATES, &error);
    cr_assert_not_null(root, "%s at %d:%d in %s", error.text, error.line, error.column, text->data);
    return root;
}

Test(json, empty_objects_and_arrays) {
    struct text text = {0};
    struct json_writer json = {.out = &text};
    json_open_object(&json, NULL, JSON_LINES);
    json_open_object(&json, "o", JSON_LINES);
    json_close(&json);
    json_open_array(&json, "a", JSON_ONE_LINE);
    json_close(&json);
    json_close(&json);
    cr_assert_str_eq(text.data, "{\n  \"o\": {},\n  \"a\": []\n}\n");
    json_decref(read_back(&text));
    text_fini(&text);
}

Test(json, layout_is_fixed) {
    struct text text = {0};
    struct json_writer json = {.out = &text};
    json_open_object(&json, NULL, JSON_LINES);
    json_add_uint(&json, "n", UINT64_MAX);
    json_add_int(&json, "m", INT64_MIN);
    json_open_array(&json, "a", JSON_ONE_LINE);
    json_add_double(&json, NULL, 0.1);
    json_add_double(&json, NULL, 1e300);
    json_add_double(&json, NULL, 3);
    json_add_double(&json, NULL, NAN);
    json_add_double(&json, NULL, -INFINITY);
    json_close(&json);
    json_close(&json);
    cr_assert_str_eq(text.data, "{\n  \"n\": 18446744073709551615,\n"
                                "  \"m\": -9223372036854775808,\n"
                                "  \"a\": [0.1, 1e+300, 3, null, null]\n}\n");
    text_fini(&text);
}

/* All bytes but 0, alone and in pairs: always JSON; what is valid UTF-8 comes back as it was. */
Test(json, any_string_is_valid) {
    for (unsigned a = 1; a < 256; a++) {
        for (unsigned b = 0; b < 256; b++) {
            const char value[] = {(char)a, (char)b, '\0'};
            struct text text = {0};
            struct json_writer json = {.out = &text};
            json_open_object(&json, NULL, JSON_ONE_LINE);
            json_add_string(&json, value, value);
            json_close(&json);
            json_t *root = read_back(&text);
            json_t *expected = json_string(value); /* NULL for invalid UTF-8 */
            const char *got = json_string_value(json_object_iter_value(json_object_iter(root)));
            if (expected) {
                cr_assert_str_eq(got, value);
            } else {
                cr_assert_not_null(strstr(got, "\xef\xbf\xbd"));
            }
            json_decref(expected);
            json_decref(root);
            text_fini(&text);
        }
    }
}

Test(json, long_sequences) {
    static const char *const good[] = {"\xe2\x82\xac", "\xed\x9f\xbf", "\xf0\x90\x80\x80",
                                       "\xf4\x8f\xbf\xbf"};
    static const char *const bad[] = {"\xe0\x9f\xbf",     "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
                                      "\xf4\x90\x80\x80", "\xe2\x82",     "\xf8\x88\x80\x80\x80"};
    for (size_t i = 0; i < 10; i++) {
        const char *value = i < 4 ? good[i] : bad[i - 4];
        struct text text = {0};
        struct json_writer json = {.out = &text};
        json_open_array(&json, NULL, JSON_ONE_LINE);
        json_add_string(&json, NULL, value);
        json_close(&json);
        json_t *root = read_back(&text);
        const char *got = json_string_value(json_array_get(root, 0));
        cr_assert_eq(strcmp(got, value) == 0, i < 4, "string %zu", i);
        json_decref(root);
        text_fini(&text);
    }
}

Test(json, doubles_come_back_the_same) {
    for (uint32_t i = 0; i < 2000; i++) {
        double u = rng_uniform(7, i, 0, RNG_TEST);
        double value = ldexp(u, (int)(i % 200) - 100);
        struct text text = {0};
        struct json_writer json = {.out = &text};
        json_open_array(&json, NULL, JSON_ONE_LINE);
        json_add_double(&json, NULL, value);
        json_close(&json);
        json_t *root = read_back(&text);
        cr_assert(json_number_value(json_array_get(root, 0)) == value);
        json_decref(root);
        text_fini(&text);
    }
}
