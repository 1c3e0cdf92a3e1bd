#include "corpus/expect.h"

#include <jansson.h>
#include <string.h>

#include "base/log.h"

static double number(const json_t *root, const char *key) {
    return json_number_value(json_object_get(root, key));
}

static enum status read_marginals(struct expect *out, const json_t *list) {
    out->p_one = arena_alloc(&out->arena, (out->n_bits + 1) * sizeof *out->p_one);
    if (!out->p_one) {
        return STATUS_NOFIT;
    }
    for (size_t i = 0; i < out->n_bits; i++) {
        out->p_one[i] = json_number_value(json_array_get(list, i));
    }
    return STATUS_OK;
}

static enum status read_top(struct expect *out, const json_t *list) {
    out->n_top = json_array_size(list);
    out->top = arena_alloc(&out->arena, (out->n_top + 1) * sizeof *out->top);
    if (!out->top) {
        return STATUS_NOFIT;
    }
    for (size_t i = 0; i < out->n_top; i++) {
        const json_t *pair = json_array_get(list, i);
        const char *bits = json_string_value(json_array_get(pair, 0));
        if (!bits || strlen(bits) != out->n_bits) {
            return log_error(STATUS_INPUT, "%s: top[%zu] has not %zu bits", out->circuit, i,
                             out->n_bits);
        }
        out->top[i].p = json_number_value(json_array_get(pair, 1));
        out->top[i].bits = arena_strdup(&out->arena, bits);
        if (!out->top[i].bits) {
            return STATUS_NOFIT;
        }
    }
    return STATUS_OK;
}

static enum status read_fields(struct expect *out, const char *path, const json_t *root) {
    const char *circuit = json_string_value(json_object_get(root, "file"));
    const char *kind = json_string_value(json_object_get(root, "kind"));
    const json_t *marginals = json_object_get(root, "marginal_one");
    if (!circuit || !kind) {
        return log_error(STATUS_INPUT, "%s: no \"file\" or no \"kind\"", path);
    }
    out->circuit = arena_strdup(&out->arena, circuit);
    if (!out->circuit) {
        return STATUS_NOFIT;
    }
    out->is_exact = marginals != NULL;
    if (!out->is_exact) {
        return STATUS_OK;
    }
    out->is_final_state = strncmp(kind, "final_state", strlen("final_state")) == 0;
    out->n_active = (uint32_t)number(root, "qubits_active");
    out->n_bits = json_array_size(marginals);
    out->total = number(root, "total_probability");
    out->collision = number(root, "collision_probability");
    out->parity_odd = number(root, "parity_odd_probability");
    TRY(read_marginals(out, marginals));
    return read_top(out, json_object_get(root, "top"));
}

enum status expect_read(struct expect *out, const char *path) {
    *out = (struct expect){0};
    json_error_t error;
    json_t *root = json_load_file(path, 0, &error);
    if (!root) {
        return log_error(STATUS_INPUT, "%s:%d: %s", path, error.line, error.text);
    }
    enum status status = read_fields(out, path, root);
    json_decref(root);
    if (status != STATUS_OK) {
        expect_fini(out);
    }
    return status;
}

void expect_fini(struct expect *expect) {
    arena_fini(&expect->arena);
    *expect = (struct expect){0};
}
