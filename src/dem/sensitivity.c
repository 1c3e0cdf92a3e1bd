#include "dem/sensitivity.h"

#include "base/log.h"
#include "base/mem.h"

static size_t count_sets(const struct sensitivity *sensitivity) {
    return 2 * (size_t)sensitivity->n_qubits + sensitivity->n_bits + (size_t)sensitivity->window;
}

enum status sensitivity_init(struct sensitivity *sensitivity, uint32_t n_qubits, uint32_t n_bits,
                             uint64_t furthest_back) {
    *sensitivity = (struct sensitivity){.n_qubits = n_qubits, .n_bits = n_bits, .window = 1};
    while (sensitivity->window < furthest_back) {
        sensitivity->window *= 2;
    }
    sensitivity->xs = mem_alloc(count_sets(sensitivity), sizeof *sensitivity->xs);
    if (sensitivity->xs == NULL) {
        return STATUS_NOFIT;
    }
    sensitivity->zs = sensitivity->xs + n_qubits;
    sensitivity->bits = sensitivity->zs + n_qubits;
    sensitivity->records = sensitivity->bits + n_bits;
    return STATUS_OK;
}

void sensitivity_fini(struct sensitivity *sensitivity) {
    for (size_t i = 0; sensitivity->xs != NULL && i < count_sets(sensitivity); i++) {
        target_set_fini(&sensitivity->xs[i]);
    }
    mem_free(sensitivity->xs);
    *sensitivity = (struct sensitivity){0};
}

enum status sensitivity_copy(struct sensitivity *out_sensitivity,
                             const struct sensitivity *sensitivity) {
    struct sensitivity copy;
    TRY(sensitivity_init(&copy, sensitivity->n_qubits, sensitivity->n_bits, sensitivity->window));
    for (size_t i = 0; i < count_sets(sensitivity); i++) {
        const enum status status = target_set_copy(&copy.xs[i], &sensitivity->xs[i]);
        if (status != STATUS_OK) {
            sensitivity_fini(&copy);
            return status;
        }
    }
    copy.n_results = sensitivity->n_results;
    copy.n_detectors = sensitivity->n_detectors;
    *out_sensitivity = copy;
    return STATUS_OK;
}

struct target_set *sensitivity_record(const struct sensitivity *sensitivity, uint64_t back) {
    CHECK(back >= 1 && back <= sensitivity->window && back <= sensitivity->n_results);
    return &sensitivity->records[(sensitivity->n_results - back) & (sensitivity->window - 1)];
}

enum status sensitivity_undo(struct sensitivity *sensitivity, const struct gate_steps *steps,
                             const uint32_t *qubits) {
    const uint32_t k = steps->n_qubits;
    struct target_set *rows[2 * GATE_MAX_QUBITS];
    for (uint32_t i = 0; i < k; i++) {
        rows[i] = &sensitivity->xs[qubits[i]];
        rows[k + i] = &sensitivity->zs[qubits[i]];
    }
    for (uint8_t i = 0; i < steps->n; i++) {
        struct target_set *to = rows[steps->steps[i].to], *from = rows[steps->steps[i].from];
        if (steps->steps[i].is_swap) {
            const struct target_set set = *to;
            *to = *from;
            *from = set;
        } else {
            TRY(target_set_xor(to, from));
        }
    }
    return STATUS_OK;
}

enum status sensitivity_add_flips(const struct sensitivity *sensitivity, struct target_set *inout,
                                  uint32_t qubit, unsigned letter) {
    if (letter == 1 || letter == 2) {
        TRY(target_set_xor(inout, &sensitivity->zs[qubit]));
    }
    return letter == 2 || letter == 3 ? target_set_xor(inout, &sensitivity->xs[qubit]) : STATUS_OK;
}

enum status sensitivity_add_pauli(struct sensitivity *sensitivity, uint32_t qubit, unsigned letter,
                                  const struct target_set *targets) {
    if (letter == 1 || letter == 2) {
        TRY(target_set_xor(&sensitivity->xs[qubit], targets));
    }
    return letter == 2 || letter == 3 ? target_set_xor(&sensitivity->zs[qubit], targets)
                                      : STATUS_OK;
}

void sensitivity_clear(struct sensitivity *sensitivity, uint32_t qubit) {
    sensitivity->xs[qubit].n = 0;
    sensitivity->zs[qubit].n = 0;
}

enum status sensitivity_remove_gauge(struct sensitivity *sensitivity,
                                     const struct target_set *gauge, bool from_results) {
    const uint64_t last = gauge->items[gauge->n - 1];
    const size_t n = from_results ? count_sets(sensitivity) : 2 * (size_t)sensitivity->n_qubits;
    for (size_t i = 0; i < n; i++) {
        if (target_set_contains(&sensitivity->xs[i], last)) {
            TRY(target_set_xor(&sensitivity->xs[i], gauge));
        }
    }
    return STATUS_OK;
}

bool sensitivity_is_shifted(const struct sensitivity *sensitivity,
                            const struct sensitivity *other) {
    const uint64_t shift = sensitivity->n_detectors - other->n_detectors;
    const size_t n_placed = count_sets(sensitivity) - (size_t)sensitivity->window;
    const uint64_t mask = sensitivity->window - 1;
    for (size_t i = 0; i < n_placed; i++) {
        if (!target_set_equals_shifted(&sensitivity->xs[i], &other->xs[i], shift)) {
            return false;
        }
    }
    for (uint64_t back = 1; back <= sensitivity->window; back++) {
        if (!target_set_equals_shifted(
                &sensitivity->records[(sensitivity->n_results - back) & mask],
                &other->records[(other->n_results - back) & mask], shift)) {
            return false;
        }
    }
    return true;
}

enum status sensitivity_shift(struct sensitivity *sensitivity, uint64_t n_results,
                              uint64_t n_detectors) {
    const uint64_t mask = sensitivity->window - 1;
    struct target_set *moved = mem_alloc((size_t)sensitivity->window, sizeof *moved);
    if (moved == NULL) {
        return STATUS_NOFIT;
    }
    for (uint64_t i = 0; i < sensitivity->window; i++) {
        moved[(i - n_results) & mask] = sensitivity->records[i];
    }
    for (uint64_t i = 0; i < sensitivity->window; i++) {
        sensitivity->records[i] = moved[i];
    }
    mem_free(moved);
    for (size_t i = 0; i < count_sets(sensitivity); i++) {
        target_set_shift(&sensitivity->xs[i], 0 - n_detectors);
    }
    sensitivity->n_results -= n_results;
    sensitivity->n_detectors -= n_detectors;
    return STATUS_OK;
}
