#include "dem/steps.h"

#include "base/log.h"
#include "gate/pauli.h"

static void add_step(struct gate_steps *steps, uint32_t to, uint32_t from, bool is_swap) {
    CHECK(steps->n < STEPS_MAX);
    steps->steps[steps->n++] = (struct gate_step){(uint8_t)to, (uint8_t)from, is_swap};
}

/* The matrix is taken to the identity row by row; the same steps backwards make it. */
bool gate_steps_make(struct gate_steps *out_steps, enum gate_id gate, const double *params) {
    double inverse_params[GATE_MAX_PARAMS];
    enum gate_id inverse;
    struct pauli_map map;
    struct gate_steps steps = {0};
    gate_inverse(&inverse, inverse_params, gate, params);
    pauli_map_from_gate(&map, inverse, inverse_params);
    if (map.n_checks > 0) {
        return false;
    }
    const uint32_t n_rows = 2 * map.n_qubits;
    for (uint32_t col = 0; col < n_rows; col++) {
        uint32_t pivot = col;
        while ((map.image[pivot] >> col & 1) == 0) {
            pivot++;
            CHECK(pivot < n_rows);
        }
        if (pivot != col) {
            const uint32_t row = map.image[pivot];
            map.image[pivot] = map.image[col];
            map.image[col] = row;
            add_step(&steps, col, pivot, true);
        }
        for (uint32_t row = 0; row < n_rows; row++) {
            if (row != col && (map.image[row] >> col & 1) != 0) {
                map.image[row] ^= map.image[col];
                add_step(&steps, row, col, false);
            }
        }
    }
    *out_steps = (struct gate_steps){.n_qubits = (uint8_t)map.n_qubits, .n = steps.n};
    for (uint8_t i = 0; i < steps.n; i++) {
        out_steps->steps[i] = steps.steps[steps.n - 1 - i];
    }
    return true;
}
