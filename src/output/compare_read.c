/* Outcomes from results files. */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "output/compare.h"
#include "output/output.h"
#include "store/file.h"

enum { MAX_FILE_BYTES = INT32_MAX };
static const double MAX_SUM_ERROR = 1e-6; /* of printed probabilities */

static enum status refuse(const char *path, const char *why) {
    return log_error_at(STATUS_INPUT, (struct src_loc){.file = path}, "%s", why);
}

static int compare_keys(const void *left, const void *right) {
    const struct outcome *a = left, *b = right;
    return strcmp(a->key, b->key);
}

static enum status make_list(struct outcomes *outcomes, size_t n) {
    size_t n_bytes;
    if (!size_mul(&n_bytes, n + 1, sizeof *outcomes->list)) {
        return STATUS_NOFIT;
    }
    outcomes->list = arena_alloc(&outcomes->arena, n_bytes);
    return outcomes->list ? STATUS_OK : STATUS_NOFIT;
}

static enum status add(struct outcomes *outcomes, const char *path, const char *key,
                       double weight) {
    const size_t n_bits = strlen(key);
    if (strspn(key, "01") != n_bits || (outcomes->n > 0 && n_bits != outcomes->n_bits)) {
        return refuse(path, "has keys that are no bit strings of one length");
    }
    if (!(weight >= 0) || isinf(weight)) {
        return refuse(path, "has a number of shots, or a probability, that cannot be");
    }
    const char *copy = arena_strdup(&outcomes->arena, key);
    if (!copy) {
        return STATUS_NOFIT;
    }
    outcomes->n_bits = n_bits;
    outcomes->list[outcomes->n++] = (struct outcome){copy, weight};
    outcomes->total += weight;
    return STATUS_OK;
}

/* ---- HDF5 ---- */

static const char *print_key(struct text *text, const uint64_t *key, size_t n_bits) {
    text->n = 0;
    output_add_key(text, key, n_bits);
    return text->failed ? NULL : text->data;
}

static enum status take_archive(struct outcomes *outcomes, const char *path,
                                const struct results *results) {
    const size_t n = results->p_one ? results->n_probabilities : results->n_counts;
    struct text text = {0};
    enum status status = make_list(outcomes, n);
    outcomes->is_exact = results->p_one != NULL;
    if (outcomes->is_exact && results->n_outcomes > n) {
        status = refuse(path, "holds only the most likely outcomes: --probabilities all has them "
                              "all");
    }
    for (size_t i = 0; i < n && status == STATUS_OK; i++) {
        const uint64_t *bits =
            outcomes->is_exact ? results->probabilities[i].key : results->counts[i].key;
        const char *key = print_key(&text, bits, results->n_key_bits);
        const double weight =
            outcomes->is_exact ? results->probabilities[i].p : (double)results->counts[i].n;
        status = key ? add(outcomes, path, key, weight) : STATUS_NOFIT;
    }
    text_fini(&text);
    return status;
}

static enum status read_hdf5(struct outcomes *outcomes, const char *path) {
    struct output_archive *archive = NULL;
    TRY(output_archive_read(&archive, path));
    enum status status = take_archive(outcomes, path, &archive->results);
    output_archive_destroy(archive);
    return status;
}

/* ---- JSON ---- */

static enum status take_object(struct outcomes *outcomes, const char *path, json_t *object) {
    const char *key;
    json_t *value;
    bool are_whole = true;
    TRY(make_list(outcomes, json_object_size(object)));
    json_object_foreach(object, key, value) {
        if (!json_is_number(value)) {
            return refuse(path, "holds neither counts nor probabilities");
        }
        TRY(add(outcomes, path, key, json_number_value(value)));
        are_whole = are_whole && floor(json_number_value(value)) == json_number_value(value);
    }
    if (!outcomes->is_exact && !are_whole) {
        if (fabs(outcomes->total - 1) > MAX_SUM_ERROR) {
            return refuse(path, "has shots that are no whole numbers, or probabilities that do not "
                                "add up to 1");
        }
        outcomes->is_exact = true;
    }
    return STATUS_OK;
}

static enum status take_json(struct outcomes *outcomes, const char *path, json_t *root) {
    json_t *counts = json_object_get(root, "counts");
    json_t *probabilities = json_object_get(root, "probabilities");
    json_t *n_outcomes = json_object_get(root, "n_outcomes");
    if (json_is_object(probabilities)) {
        outcomes->is_exact = true;
        if (json_is_integer(n_outcomes) &&
            (size_t)json_integer_value(n_outcomes) > json_object_size(probabilities)) {
            return refuse(path, "holds only the most likely outcomes: --probabilities all has "
                                "them all");
        }
        return take_object(outcomes, path, probabilities);
    }
    if (json_is_object(root)) {
        return take_object(outcomes, path, json_is_object(counts) ? counts : root);
    }
    return refuse(path, "holds neither counts nor probabilities");
}

static enum status read_json(struct outcomes *outcomes, const char *path) {
    char *text = NULL;
    size_t n = 0;
    json_error_t error;
    TRY(file_read(&text, &n, path, MAX_FILE_BYTES));
    const size_t start = n >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    json_t *root = json_loadb(text + start, n - start, JSON_REJECT_DUPLICATES, &error);
    enum status status = STATUS_OK;
    if (!root) {
        const struct src_loc loc = {path, error.line > 0 ? (uint32_t)error.line : 0,
                                    error.column > 0 ? (uint32_t)error.column : 0};
        status = log_error_at(STATUS_INPUT, loc, "not JSON: %s", error.text);
    } else {
        status = take_json(outcomes, path, root);
    }
    json_decref(root);
    mem_free(text);
    return status;
}

enum status outcomes_read(struct outcomes *out_outcomes, const char *path) {
    struct outcomes outcomes = {0};
    enum status status =
        store_file_is_hdf5(path) ? read_hdf5(&outcomes, path) : read_json(&outcomes, path);
    if (status == STATUS_OK && !(outcomes.total > 0)) {
        status = refuse(path, "holds no outcomes");
    }
    if (status != STATUS_OK) {
        outcomes_fini(&outcomes);
        return status;
    }
    qsort(outcomes.list, outcomes.n, sizeof *outcomes.list, compare_keys);
    *out_outcomes = outcomes;
    return STATUS_OK;
}
