#include "support/naive_state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static size_t dim(const struct naive_state *state) {
    return (size_t)1 << state->n;
}

void naive_init(struct naive_state *state, unsigned n) {
    state->n = n;
    state->amps = calloc(2 * dim(state), sizeof *state->amps);
    state->amps[0] = 1;
}

void naive_fini(struct naive_state *state) {
    free(state->amps);
}

void naive_copy(struct naive_state *to, const struct naive_state *from) {
    memcpy(to->amps, from->amps, 2 * dim(from) * sizeof *to->amps);
}

void naive_matrix(struct naive_state *state, const double *matrix, const uint32_t *qubits,
                  unsigned k) {
    double *out = calloc(2 * dim(state), sizeof *out);
    for (size_t i = 0; i < dim(state); i++) {
        unsigned row = 0;
        for (unsigned j = 0; j < k; j++) {
            row |= (unsigned)(i >> qubits[j] & 1) << j;
        }
        for (unsigned column = 0; column < 1u << k; column++) {
            size_t from = i;
            for (unsigned j = 0; j < k; j++) {
                from &= ~((size_t)1 << qubits[j]);
                from |= (size_t)(column >> j & 1) << qubits[j];
            }
            const double *m = matrix + 2 * ((row << k) + column), *a = state->amps + 2 * from;
            out[2 * i] += m[0] * a[0] - m[1] * a[1];
            out[2 * i + 1] += m[0] * a[1] + m[1] * a[0];
        }
    }
    memcpy(state->amps, out, 2 * dim(state) * sizeof *out);
    free(out);
}

void naive_gate(struct naive_state *state, enum gate_id gate, const double *params,
                const uint32_t *qubits) {
    double matrix[GATE_MAX_MATRIX];
    gate_unitary(matrix, gate, params);
    naive_matrix(state, matrix, qubits, gate_get(gate)->n_qubits);
}

double naive_probability(const struct naive_state *state, uint32_t qubit) {
    double p[2] = {0, 0};
    for (size_t i = 0; i < dim(state); i++) {
        const double *a = state->amps + 2 * i;
        p[i >> qubit & 1] += a[0] * a[0] + a[1] * a[1];
    }
    return p[1] / (p[0] + p[1]);
}

void naive_project(struct naive_state *state, uint32_t qubit, bool bit) {
    double norm = 0;
    for (size_t i = 0; i < dim(state); i++) {
        double *a = state->amps + 2 * i;
        if ((i >> qubit & 1) != bit) {
            a[0] = a[1] = 0;
        }
        norm += a[0] * a[0] + a[1] * a[1];
    }
    for (size_t i = 0; i < 2 * dim(state); i++) {
        state->amps[i] /= sqrt(norm);
    }
}

void naive_reset(struct naive_state *state, uint32_t qubit, bool measured) {
    naive_project(state, qubit, measured);
    if (measured) {
        naive_gate(state, GATE_X, NULL, &qubit);
    }
}

double naive_expect(const struct naive_state *state, const uint32_t *qubits, const uint8_t *letters,
                    size_t n) {
    static const enum gate_id gates[4] = {GATE_I, GATE_X, GATE_Y, GATE_Z};
    struct naive_state image;
    naive_init(&image, state->n);
    naive_copy(&image, state);
    double value = 0, norm = 0;
    for (size_t i = 0; i < n; i++) {
        naive_gate(&image, gates[letters[i]], NULL, &qubits[i]);
    }
    for (size_t i = 0; i < 2 * dim(state); i++) {
        value += state->amps[i] * image.amps[i];
        norm += state->amps[i] * state->amps[i];
    }
    naive_fini(&image);
    return value / norm;
}

double naive_infidelity(const struct naive_state *a, const double *amps) {
    double re = 0, im = 0, norm = 0, norm_a = 0;
    for (size_t i = 0; i < dim(a); i++) {
        const double *x = a->amps + 2 * i, *y = amps + 2 * i;
        re += x[0] * y[0] + x[1] * y[1];
        im += x[0] * y[1] - x[1] * y[0];
        norm += y[0] * y[0] + y[1] * y[1];
        norm_a += x[0] * x[0] + x[1] * x[1];
    }
    return 1 - (re * re + im * im) / (norm * norm_a);
}
