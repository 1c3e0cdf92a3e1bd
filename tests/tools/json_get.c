/* json_get FILE [KEY...]: parses FILE as JSON (strictly: no duplicate keys, valid UTF-8) and prints
 * the member found by following the keys: a string as it is, anything else as JSON. "#" counts the
 * members of an object or array. Exit 1 with the reason if the file or the path is bad. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *follow(json_t *value, const char *key) {
    if (json_is_array(value)) {
        return json_array_get(value, (size_t)strtoul(key, NULL, 10));
    }
    return json_object_get(value, key);
}

static void print(json_t *value) {
    if (json_is_string(value)) {
        printf("%s\n", json_string_value(value));
        return;
    }
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(15));
    printf("%s\n", text ? text : "?");
    free(text);
}

int main(int argc, char **argv) {
    json_error_t error;
    json_t *root = json_load_file(argc > 1 ? argv[1] : "", JSON_REJECT_DUPLICATES, &error);
    if (!root) {
        fprintf(stderr, "%s:%d:%d: %s\n", argc > 1 ? argv[1] : "", error.line, error.column,
                error.text);
        return 1;
    }
    json_t *value = root;
    for (int i = 2; i < argc && value; i++) {
        if (strcmp(argv[i], "#") == 0) {
            printf("%zu\n",
                   json_is_array(value) ? json_array_size(value) : json_object_size(value));
            json_decref(root);
            return 0;
        }
        value = follow(value, argv[i]);
    }
    if (value) {
        print(value);
    } else {
        fprintf(stderr, "no such member\n");
    }
    json_decref(root);
    return value ? 0 : 1;
}
