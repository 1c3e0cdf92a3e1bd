#include "verify/flows.h"

#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "base/mem.h"

void flows_fini(struct flows *flows) {
    mem_free(flows->rows);
    *flows = (struct flows){0};
}

static enum status init(struct flows *out, uint32_t n_qubits, uint32_t n_outputs, size_t n_rows,
                        size_t n_form_words) {
    struct flows flows = {
        .n_qubits = n_qubits,
        .n_outputs = n_outputs,
        .n_rows = n_rows,
        .n_words = bits_words(n_qubits),
        .n_output_words = bits_words(n_outputs),
        .n_form_words = n_form_words,
    };
    flows.n_row_words = 2 * flows.n_words + flows.n_output_words + n_form_words;
    flows.rows = mem_alloc(n_rows, flows.n_row_words * sizeof *flows.rows);
    if (!flows.rows) {
        return STATUS_NOFIT;
    }
    *out = flows;
    return STATUS_OK;
}

static void multiply(const struct flows *flows, uint64_t *a, const uint64_t *b) {
    const size_t first = 2 * flows->n_words;
    const unsigned power = symbolic_multiply(a, b, flows->n_words);
    for (size_t i = first; i < flows->n_row_words; i++) {
        a[i] ^= b[i];
    }
    a[first + flows->n_output_words] ^= power >> 1;
}

static void swap_rows(const struct flows *flows, size_t i, size_t j) {
    uint64_t *a = flows_row(flows, i), *b = flows_row(flows, j);
    for (size_t w = 0; w < flows->n_row_words && i != j; w++) {
        const uint64_t word = a[w];
        a[w] = b[w];
        b[w] = word;
    }
}

/* Makes bit `col` of the rows' words the pivot of row *inout_rank, which grows, if some row from
 * there on has it; clears it in the rows below, and above too if `is_reduced`. */
static void eliminate(struct flows *flows, size_t *inout_rank, size_t col, bool is_reduced) {
    size_t pivot = *inout_rank;
    while (pivot < flows->n_rows && !bits_get(flows_row(flows, pivot), col)) {
        pivot++;
    }
    if (pivot == flows->n_rows) {
        return;
    }
    swap_rows(flows, pivot, *inout_rank);
    const uint64_t *row = flows_row(flows, *inout_rank);
    for (size_t i = is_reduced ? 0 : *inout_rank + 1; i < flows->n_rows; i++) {
        if (i != *inout_rank && bits_get(flows_row(flows, i), col)) {
            multiply(flows, flows_row(flows, i), row);
        }
    }
    ++*inout_rank;
}

/* Rows of the reduced echelon form over strings and bits. */
static void reduce(struct flows *flows) {
    const size_t n_columns = 64 * (2 * flows->n_words + flows->n_output_words);
    size_t rank = 0;
    for (size_t col = 0; col < n_columns && rank < flows->n_rows; col++) {
        eliminate(flows, &rank, col, true);
    }
    flows->n_rows = rank;
}

/* The stabilizers with qubits in another order, then a row Z for each bit. */
static void fill_rows(struct flows *flows, const struct symbolic *state, const uint32_t *place,
                      const uint32_t *outputs) {
    const uint32_t n = state->n_qubits;
    const size_t form_size = state->n_form_words * sizeof(uint64_t);
    for (size_t i = 0; i < n; i++) {
        const uint64_t *from = symbolic_row(state, n + i);
        uint64_t *row = flows_row(flows, i);
        for (size_t q = 0; q < n; q++) {
            bits_set(row, place[q], bits_get(from, q));
            bits_set(row + flows->n_words, place[q], bits_get(from + state->n_words, q));
        }
        memcpy(flows_form(flows, i), symbolic_sign(state, i), form_size);
    }
    for (uint32_t i = 0; i < flows->n_outputs; i++) {
        bits_set(flows_outputs(flows, (size_t)n + i), i, true);
        memcpy(flows_form(flows, (size_t)n + i), symbolic_bit(state, outputs[i]), form_size);
    }
}

/* Rows from `first` on, which are the identity on qubits below n_dropped, without those. */
static enum status drop_qubits(struct flows *out, const struct flows *from, size_t first,
                               uint32_t n_dropped) {
    TRY(init(out, from->n_qubits - n_dropped, from->n_outputs, from->n_rows - first,
             from->n_form_words));
    const size_t n_rest = (from->n_output_words + from->n_form_words) * sizeof *from->rows;
    for (size_t i = 0; i < out->n_rows; i++) {
        const uint64_t *row = flows_row(from, first + i);
        for (size_t q = 0; q < out->n_qubits; q++) {
            bits_set(flows_row(out, i), q, bits_get(row, n_dropped + q));
            bits_set(flows_row(out, i) + out->n_words, q,
                     bits_get(row + from->n_words, n_dropped + q));
        }
        memcpy(flows_outputs(out, i), flows_outputs(from, first + i), n_rest);
    }
    return STATUS_OK;
}

enum status flows_from_state(struct flows *out, const struct symbolic *state, const uint32_t *keep,
                             uint32_t n_keep, const uint32_t *outputs, uint32_t n_outputs) {
    const uint32_t n = state->n_qubits, n_dropped = n - n_keep;
    struct flows all = {0};
    uint32_t *place = mem_alloc(n, sizeof *place), next = 0;
    enum status status = place ? STATUS_OK : STATUS_NOFIT;
    TRY_GOTO(status, cleanup);
    for (uint32_t i = 0; i < n_keep; i++) {
        place[keep[i]] = n_dropped + i + 1; /* 0: not kept */
    }
    for (uint32_t q = 0; q < n; q++) {
        place[q] = place[q] ? place[q] - 1 : next++;
    }
    TRY_GOTO(init(&all, n, n_outputs, (size_t)n + n_outputs, state->n_form_words), cleanup);
    fill_rows(&all, state, place, outputs);
    size_t rank = 0;
    for (size_t q = 0; q < n_dropped; q++) {
        eliminate(&all, &rank, q, false);
        eliminate(&all, &rank, 64 * all.n_words + q, false);
    }
    TRY_GOTO(drop_qubits(out, &all, rank, n_dropped), cleanup);
    reduce(out);
cleanup:
    mem_free(place);
    flows_fini(&all);
    return status;
}

enum status flows_average(struct flows *out, const struct flows *flows) {
    struct flows all = {0};
    size_t rank = 0;
    TRY(init(&all, flows->n_qubits, flows->n_outputs, flows->n_rows, flows->n_form_words));
    memcpy(all.rows, flows->rows, flows->n_rows * flows->n_row_words * sizeof *flows->rows);
    const size_t form_col = 64 * (2 * all.n_words + all.n_output_words);
    for (size_t i = 1; i < 64 * all.n_form_words; i++) {
        eliminate(&all, &rank, form_col + i, false);
    }
    enum status status = init(out, flows->n_qubits, flows->n_outputs, flows->n_rows - rank, 1);
    for (size_t i = 0; status == STATUS_OK && i < out->n_rows; i++) {
        memcpy(flows_row(out, i), flows_row(&all, rank + i), out->n_row_words * sizeof *out->rows);
    }
    if (status == STATUS_OK) {
        reduce(out);
    }
    flows_fini(&all);
    return status;
}

bool flows_are_equal(const struct flows *a, const struct flows *b) {
    return a->n_qubits == b->n_qubits && a->n_outputs == b->n_outputs && a->n_rows == b->n_rows &&
           memcmp(a->rows, b->rows, a->n_rows * a->n_row_words * sizeof *a->rows) == 0;
}

enum status flows_mix(struct flows *out, bool *out_is_group, const struct flows *a,
                      const struct flows *b) {
    struct flows both = {0};
    CHECK(a->n_qubits == b->n_qubits && a->n_outputs == b->n_outputs);
    *out_is_group = a->n_rows == b->n_rows;
    if (!*out_is_group) {
        return STATUS_OK;
    }
    TRY(init(&both, a->n_qubits, a->n_outputs, a->n_rows, 1));
    memcpy(both.rows, a->rows, a->n_rows * a->n_row_words * sizeof *a->rows);
    for (size_t i = 0; i < a->n_rows; i++) { /* a symbol that is 0 in a, 1 in b */
        const uint64_t difference = *flows_form(a, i) ^ *flows_form(b, i);
        *flows_form(&both, i) ^= (difference & 1) << 1;
        const size_t n = (a->n_row_words - 1) * sizeof *a->rows;
        *out_is_group &= memcmp(flows_row(a, i), flows_row(b, i), n) == 0;
    }
    enum status status = *out_is_group ? flows_average(out, &both) : STATUS_OK;
    flows_fini(&both);
    return status;
}

/* First bit of a row of the reduced form. */
static size_t first_bit(const struct flows *flows, size_t row) {
    const uint64_t *words = flows_row(flows, row);
    size_t i = 0;
    while (words[i] == 0) {
        i++;
    }
    return 64 * i + (size_t)bits_lowest(words[i]);
}

enum status flows_compare(uint64_t *out_forms, bool *out_is_missing, const struct flows *own,
                          const struct flows *target) {
    CHECK(own->n_qubits == target->n_qubits && own->n_outputs == target->n_outputs);
    const size_t n_string = 2 * own->n_words + own->n_output_words;
    uint64_t *row = mem_alloc(own->n_row_words, sizeof *row);
    size_t *pivots = mem_alloc(own->n_rows, sizeof *pivots);
    enum status status = row && pivots ? STATUS_OK : STATUS_NOFIT;
    for (size_t i = 0; status == STATUS_OK && i < own->n_rows; i++) {
        pivots[i] = first_bit(own, i);
    }
    for (size_t t = 0; status == STATUS_OK && t < target->n_rows; t++) {
        memset(row, 0, own->n_row_words * sizeof *row);
        memcpy(row, flows_row(target, t), (n_string + 1) * sizeof *row);
        for (size_t i = 0; i < own->n_rows; i++) {
            if (bits_get(row, pivots[i])) {
                multiply(own, row, flows_row(own, i));
            }
        }
        out_is_missing[t] = false;
        for (size_t w = 0; w < n_string; w++) {
            out_is_missing[t] |= row[w] != 0;
        }
        memcpy(out_forms + own->n_form_words * t, row + n_string, own->n_form_words * sizeof *row);
    }
    mem_free(row);
    mem_free(pivots);
    return status;
}

/* One linear equation per row of target: unknowns first, then the differences. Written as flows
 * without qubits, whose product is a plain sum. */
static void fill_equations(struct flows *equations, const struct flows *target, uint32_t first,
                           const uint64_t *differences) {
    const uint32_t n = target->n_qubits - first;
    for (size_t t = 0; t < target->n_rows; t++) {
        const uint64_t *x = flows_row(target, t), *z = x + target->n_words;
        uint64_t *row = flows_row(equations, t);
        for (uint32_t q = 0; q < n; q++) {
            bits_set(row, q, bits_get(z, (size_t)first + q));
            bits_set(row, (size_t)n + q, bits_get(x, (size_t)first + q));
        }
        for (uint32_t i = 0; i < target->n_outputs; i++) {
            bits_set(row, 2 * (size_t)n + i, bits_get(flows_outputs(target, t), i));
        }
        memcpy(flows_form(equations, t), differences + equations->n_form_words * t,
               equations->n_form_words * sizeof *row);
    }
}

enum status flows_residual(uint64_t *out_forms, const struct flows *target, uint32_t first,
                           const uint64_t *differences, size_t n_form_words) {
    const uint32_t n_unknowns = 2 * (target->n_qubits - first) + target->n_outputs;
    struct flows equations = {0};
    size_t rank = 0;
    TRY(init(&equations, 0, n_unknowns, target->n_rows, n_form_words));
    fill_equations(&equations, target, first, differences);
    memset(out_forms, 0, n_unknowns * n_form_words * sizeof *out_forms);
    for (uint32_t i = 0; i < n_unknowns; i++) {
        eliminate(&equations, &rank, i, true);
    }
    for (size_t t = 0; t < rank; t++) { /* unknowns without a pivot are 0 */
        memcpy(out_forms + n_form_words * first_bit(&equations, t), flows_form(&equations, t),
               n_form_words * sizeof *out_forms);
    }
    flows_fini(&equations);
    return STATUS_OK;
}

/* The sign of each row of bits that is no constant gives way to a symbol of its own, which leaves
 * all other rows from `first` on. Returns how many there are. */
static size_t separate_bits(struct flows *all, size_t first, size_t first_bits, size_t form_col,
                            size_t n_symbols) {
    size_t n_told = 0;
    for (size_t i = first_bits; i < all->n_rows; i++) {
        size_t col = form_col + 1;
        while (col <= form_col + n_symbols && !bits_get(flows_row(all, i), col)) {
            col++;
        }
        if (col > form_col + n_symbols) {
            continue;
        }
        n_told++;
        for (size_t j = first; j < all->n_rows; j++) {
            if (j != i && bits_get(flows_row(all, j), col)) {
                multiply(all, flows_row(all, j), flows_row(all, i));
            }
        }
    }
    return n_told;
}

enum status flows_told(struct flows *out, size_t *out_n_told, const struct flows *flows,
                       uint32_t n_first, const bool *is_hidden, size_t n_symbols) {
    struct flows all = {0};
    size_t rank = 0;
    TRY(init(&all, flows->n_qubits, flows->n_outputs, flows->n_rows, flows->n_form_words));
    const size_t row_size = all.n_row_words * sizeof *all.rows;
    memcpy(all.rows, flows->rows, flows->n_rows * row_size);
    const size_t z_col = 64 * all.n_words, form_col = 2 * z_col + 64 * all.n_output_words;
    for (size_t q = n_first; q < all.n_qubits; q++) {
        eliminate(&all, &rank, q, false);
        eliminate(&all, &rank, z_col + q, false);
    }
    const size_t first = rank;
    for (size_t q = 0; q < n_first; q++) {
        eliminate(&all, &rank, q, false);
        eliminate(&all, &rank, z_col + q, false);
    }
    *out_n_told = separate_bits(&all, first, rank, form_col, n_symbols);
    all.n_rows = rank;
    rank = first;
    for (size_t s = 0; s < n_symbols; s++) {
        if (is_hidden[s]) {
            eliminate(&all, &rank, form_col + 1 + s, false);
        }
    }
    const size_t first_told = rank;
    for (size_t s = 0; s < n_symbols; s++) {
        eliminate(&all, &rank, form_col + 1 + s, true);
    }
    enum status status =
        init(out, flows->n_qubits, flows->n_outputs, rank - first_told, flows->n_form_words);
    if (status == STATUS_OK) {
        memcpy(out->rows, flows_row(&all, first_told), (rank - first_told) * row_size);
    }
    flows_fini(&all);
    return status;
}

enum status flows_entanglement(uint32_t *out_ebits, const struct flows *flows, const bool *side) {
    CHECK(flows->n_rows == flows->n_qubits && flows->n_outputs == 0);
    struct flows part = {0};
    uint32_t n_side = 0;
    size_t rank = 0;
    TRY(init(&part, 0, 2 * flows->n_qubits, flows->n_rows, 1));
    for (uint32_t q = 0; q < flows->n_qubits; q++) {
        n_side += side[q];
        for (size_t i = 0; side[q] && i < flows->n_rows; i++) {
            bits_set(flows_row(&part, i), 2 * (size_t)q, bits_get(flows_row(flows, i), q));
            bits_set(flows_row(&part, i), 2 * (size_t)q + 1,
                     bits_get(flows_row(flows, i) + flows->n_words, q));
        }
    }
    for (size_t i = 0; i < 2 * (size_t)flows->n_qubits; i++) {
        eliminate(&part, &rank, i, false);
    }
    *out_ebits = u32_from_size(rank) - n_side;
    flows_fini(&part);
    return STATUS_OK;
}
