#include "corpus/expect.h"

#include <jansson.h>
#include <stdio.h>
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

static enum status read_inputs(struct expect *out, const json_t *inputs) {
    const char *name;
    json_t *value;
    out->params = arena_alloc(&out->arena, (json_object_size(inputs) + 1) * sizeof *out->params);
    if (!out->params) {
        return STATUS_NOFIT;
    }
    json_object_foreach((json_t *)(uintptr_t)inputs, name, value) {
        out->params[out->n_params] =
            arena_printf(&out->arena, "%s=%" JSON_INTEGER_FORMAT, name, json_integer_value(value));
        if (!out->params[out->n_params++]) {
            return STATUS_NOFIT;
        }
    }
    return STATUS_OK;
}

/* Rates of a stabilizer state are 0, 1/2 or 1 and were rounded to that; noisy ones are as sampled.
 */
static enum status read_samples(struct expect *out, const json_t *root) {
    const json_t *rates = json_object_get(root, "measure_rate");
    rates = rates ? rates : json_object_get(root, "marginal_one_rounded");
    out->n_shots = (uint64_t)number(root, "shots");
    out->n_shots = out->n_shots ? out->n_shots : UINT64_MAX;
    out->n_bits = rates ? json_array_size(rates) : (size_t)number(root, "measurements");
    out->is_mean_only = !rates;
    TRY(read_marginals(out, rates));
    if (!rates && out->n_bits > 0) {
        out->p_one[0] = number(root, "measure_rate_mean");
    }
    return STATUS_OK;
}

/* "qubit 17": the index; false for other names. */
static bool read_position(size_t *out_position, const json_t *reg) {
    const char *name = json_string_value(json_array_get(reg, 0));
    unsigned long position;
    char rest;
    if (!name || sscanf(name, "qubit %lu%c", &position, &rest) != 1) {
        return false;
    }
    *out_position = position;
    return true;
}

static enum status read_positions(struct expect *out, const json_t *cregs) {
    size_t *positions = arena_alloc(&out->arena, (out->n_bits + 1) * sizeof *positions);
    if (!positions) {
        return STATUS_NOFIT;
    }
    for (size_t i = 0; i < out->n_bits; i++) {
        if (!read_position(&positions[i], json_array_get(cregs, i))) {
            return STATUS_OK;
        }
    }
    out->positions = positions;
    return STATUS_OK;
}

/* The simulator says which gates it knew without definition. */
static bool has_braket_gate(const json_t *warnings) {
    for (size_t i = 0; i < json_array_size(warnings); i++) {
        const char *text = json_string_value(json_array_get(warnings, i));
        if (text && strstr(text, "gate cnot used without definition")) {
            return true;
        }
    }
    return false;
}

static enum status read_fields(struct expect *out, const char *path, const json_t *root) {
    const char *circuit = json_string_value(json_object_get(root, "file"));
    const char *kind = json_string_value(json_object_get(root, "kind"));
    const json_t *marginals = json_object_get(root, "marginal_one");
    if (!circuit) {
        return log_error(STATUS_INPUT, "%s: no \"file\"", path);
    }
    out->circuit = arena_strdup(&out->arena, circuit);
    if (!out->circuit) {
        return STATUS_NOFIT;
    }
    TRY(read_inputs(out, json_object_get(root, "inputs")));
    out->uses_braket = has_braket_gate(json_object_get(root, "warnings"));
    out->is_exact = marginals != NULL;
    if (!out->is_exact) {
        return read_samples(out, root);
    }
    out->is_final_state = kind && strncmp(kind, "final_state", strlen("final_state")) == 0;
    out->n_bits = json_array_size(marginals);
    out->truncated = number(root, "truncated_probability");
    out->total = number(root, "total_probability");
    out->collision = number(root, "collision_probability");
    out->parity_odd = number(root, "parity_odd_probability");
    TRY(read_marginals(out, marginals));
    if (out->is_final_state && out->n_bits > 0) {
        TRY(read_positions(out, json_object_get(root, "cregs")));
    }
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
