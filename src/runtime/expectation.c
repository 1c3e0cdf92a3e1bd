#include "runtime/expectation.h"

#include <math.h>
#include <string.h>

#include "base/bits.h"
#include "base/log.h"

enum status expectation_init(struct expectation *expectation, const struct pauli_sums *sums,
                             const struct final_qubits *qubits) {
    expectation->sums = sums;
    expectation->first = mem_alloc(sums->n_terms + 1, sizeof *expectation->first);
    expectation->wires = mem_alloc(sums->n_letters, sizeof *expectation->wires);
    expectation->values = mem_alloc(sums->n_terms, sizeof *expectation->values);
    expectation->bounds = mem_alloc(sums->n_sums, sizeof *expectation->bounds);
    expectation->exact = mem_alloc(sums->n_sums, sizeof *expectation->exact);
    expectation->averages = mem_alloc(sums->n_sums, sizeof *expectation->averages);
    if (expectation->first == NULL || expectation->wires == NULL || expectation->values == NULL ||
        expectation->bounds == NULL || expectation->exact == NULL ||
        expectation->averages == NULL) {
        return STATUS_NOFIT;
    }
    for (size_t t = 0; t < sums->n_terms; t++) {
        expectation->first[t + 1] = sums->terms[t].first + sums->terms[t].n;
    }
    for (size_t k = 0; k < sums->n_letters; k++) {
        CHECK(sums->qubits[k] < qubits->n);
        expectation->wires[k] = qubits->wires[sums->qubits[k]];
    }
    for (size_t i = 0; i < sums->n_sums; i++) {
        const struct pauli_sum *sum = &sums->sums[i];
        for (size_t t = sum->first; t < sum->first + sum->n; t++) {
            expectation->bounds[i] += fabs(sums->terms[t].coefficient);
        }
    }
    expectation->paulis = (struct engine_paulis){sums->n_terms, expectation->first,
                                                 expectation->wires, sums->letters};
    return STATUS_OK;
}

void expectation_fini(struct expectation *expectation) {
    mem_free(expectation->first);
    mem_free(expectation->wires);
    mem_free(expectation->values);
    mem_free(expectation->bounds);
    mem_free(expectation->exact);
    mem_free(expectation->averages);
    mem_free(expectation->shots);
    mem_free(expectation->parity);
    memset(expectation, 0, sizeof *expectation);
}

static enum status make_columns(struct expectation *expectation, size_t stride) {
    if (expectation->n_columns >= 64 * stride) {
        return STATUS_OK;
    }
    mem_free(expectation->shots);
    mem_free(expectation->parity);
    expectation->n_columns = 0;
    expectation->shots = mem_alloc(64 * stride, sizeof *expectation->shots);
    expectation->parity = mem_alloc(stride, sizeof *expectation->parity);
    if (expectation->shots == NULL || expectation->parity == NULL) {
        return STATUS_NOFIT;
    }
    expectation->n_columns = 64 * stride;
    return STATUS_OK;
}

/* expectation->parity = the columns whose frame anticommutes with the term's string. */
static void find_signs(struct expectation *expectation, const struct walker_leaf *leaf, size_t t) {
    const struct rows *rows = leaf->rows;
    memset(expectation->parity, 0, leaf->columns->stride * sizeof *expectation->parity);
    for (size_t k = expectation->first[t]; k < expectation->first[t + 1]; k++) {
        const uint32_t wire = expectation->wires[k];
        const uint8_t letter = expectation->sums->letters[k];
        if (rows->is_dirty[wire] && letter != 3) {
            columns_xor(leaf->columns, expectation->parity, rows_z(rows, wire));
        }
        if (rows->is_dirty[wire] && letter != 1) {
            columns_xor(leaf->columns, expectation->parity, rows_x(rows, wire));
        }
    }
}

static double exact_sum(struct expectation *expectation, const struct walker_leaf *leaf,
                        const struct pauli_sum *sum) {
    double value = 0;
    for (size_t t = sum->first; t < sum->first + sum->n; t++) {
        find_signs(expectation, leaf, t);
        const bool is_odd = expectation->parity[0] & 1; /* the constant */
        expectation->parity[0] &= ~UINT64_C(1);
        if (!columns_any(leaf->columns, expectation->parity)) {
            const double term = expectation->sums->terms[t].coefficient * expectation->values[t];
            value += is_odd ? -term : term;
        }
    }
    return value;
}

/* Shots whose frames change no sign have the same value. */
static void add_shots(struct expectation *expectation, const struct walker_leaf *leaf, size_t i) {
    const struct pauli_sum *sum = &expectation->sums->sums[i];
    const struct columns *columns = leaf->columns;
    const double bound = expectation->bounds[i] > 0 ? expectation->bounds[i] : 1;
    double plain = 0;
    bool has_signs = false;
    for (size_t t = sum->first; t < sum->first + sum->n; t++) {
        plain += expectation->sums->terms[t].coefficient * expectation->values[t];
    }
    for (size_t c = 0; c < 64 * columns->stride; c++) {
        expectation->shots[c] = plain;
    }
    for (size_t t = sum->first; t < sum->first + sum->n; t++) {
        const double term = expectation->sums->terms[t].coefficient * expectation->values[t];
        find_signs(expectation, leaf, t);
        for (size_t k = 0; k < columns->n_words; k++) {
            const uint32_t w = columns->words[k];
            for (uint64_t rest = expectation->parity[w]; rest != 0; rest &= rest - 1) {
                expectation->shots[64 * w + (unsigned)bits_lowest(rest)] -= 2 * term;
                has_signs = true;
            }
        }
    }
    if (!has_signs) {
        average_add(&expectation->averages[i], plain / bound, columns->n_shots);
        return;
    }
    for (size_t k = 0; k < columns->n_words; k++) {
        const uint32_t w = columns->words[k];
        for (uint64_t rest = columns->mask[w]; rest != 0; rest &= rest - 1) {
            const double value = expectation->shots[64 * w + (unsigned)bits_lowest(rest)] / bound;
            average_add(&expectation->averages[i], value, 1);
        }
    }
}

enum status expectation_add_leaf(struct expectation *expectation, struct engine *engine,
                                 const struct walker_leaf *leaf, bool is_exact, bool is_keeper) {
    TRY(engine->class->expect_many(engine, expectation->values, &expectation->paulis));
    if (!is_keeper) {
        return STATUS_OK;
    }
    TRY(make_columns(expectation, leaf->columns->stride));
    for (size_t i = 0; i < expectation->sums->n_sums; i++) {
        if (is_exact) {
            expectation->exact[i] +=
                leaf->weight * exact_sum(expectation, leaf, &expectation->sums->sums[i]);
        } else {
            add_shots(expectation, leaf, i);
        }
    }
    return STATUS_OK;
}

enum status expectation_list(const struct expectation *expectation, struct arena *arena,
                             struct run_observable **out_observables, bool is_exact) {
    const struct pauli_sums *sums = expectation->sums;
    struct run_observable *list = arena_alloc(arena, sums->n_sums * sizeof *list);
    if (list == NULL) {
        return STATUS_NOFIT;
    }
    for (size_t i = 0; i < sums->n_sums; i++) {
        const struct average *average = &expectation->averages[i];
        list[i].name = sums->sums[i].name;
        list[i].value =
            is_exact ? expectation->exact[i] : expectation->bounds[i] * average_mean(average);
        list[i].sums = *average;
        list[i].std_error = is_exact ? 0 : expectation->bounds[i] * average_std_error(average);
    }
    *out_observables = list;
    return STATUS_OK;
}
