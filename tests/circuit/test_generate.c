/* Generated circuits on a naive state vector, against closed forms. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/bits.h"
#include "circuit/reading.h"
#include "support/dense.h"

enum { MAX_QUBITS = 8 };

struct state {
    unsigned n_qubits;
    struct cplx at[1 << MAX_QUBITS];
};

static void apply(struct state *state, const double *matrix, const uint32_t *qubits, unsigned k) {
    struct state old = *state;

    for (uint32_t row = 0; row < 1u << state->n_qubits; row++) {
        struct cplx sum = {0, 0};
        uint32_t i = 0;
        for (unsigned b = 0; b < k; b++) {
            i |= (row >> qubits[b] & 1) << b;
        }
        for (uint32_t j = 0; j < 1u << k; j++) {
            const double *entry = matrix + 2 * ((i << k) + j);
            uint32_t col = row;
            for (unsigned b = 0; b < k; b++) {
                col = (col & ~(1u << qubits[b])) | (j >> b & 1) << qubits[b];
            }
            sum = cplx_add(sum, cplx_mul((struct cplx){entry[0], entry[1]}, old.at[col]));
        }
        state->at[row] = sum;
    }
}

/* Runs the gates on basis state `start`. */
static void run(struct state *out, const struct circuit *circuit, uint32_t start) {
    *out = (struct state){.n_qubits = circuit->n_qubits};
    out->at[start].re = 1;
    for (size_t i = 0; i < circuit->ops.n_ops; i++) {
        const struct op *op = &circuit->ops.ops[i];
        double matrix[GATE_MAX_MATRIX];
        if (op->kind == OP_GATE) {
            gate_unitary(matrix, (enum gate_id)op->which, op_params(&circuit->ops, op));
            apply(out, matrix, op_qubits(&circuit->ops, op), op->n_qubits);
        }
    }
}

/* Probability of each value of the classical bits (bit 0 least significant), each measured once. */
static void key_probabilities(double *out, const struct circuit *circuit,
                              const struct state *state) {
    for (uint32_t key = 0; key < 1u << circuit->n_bits; key++) {
        out[key] = 0;
    }
    for (uint32_t row = 0; row < 1u << circuit->n_qubits; row++) {
        uint32_t key = 0;
        for (size_t i = 0; i < circuit->ops.n_ops; i++) {
            const struct op *op = &circuit->ops.ops[i];
            if (op->kind == OP_MEASURE) {
                key |= (row >> *op_qubits(&circuit->ops, op) & 1) << op->bit;
            }
        }
        out[key] += state->at[row].re * state->at[row].re + state->at[row].im * state->at[row].im;
    }
}

Test(generate, ghz) {
    for (uint32_t n = 1; n <= MAX_QUBITS; n++) {
        struct circuit *circuit = NULL;
        struct state state;
        double p[1 << MAX_QUBITS];
        cr_assert_eq(gen_ghz(&circuit, n), STATUS_OK);
        cr_assert(op_list_is_valid(&circuit->ops, circuit->n_qubits, circuit->n_bits));
        run(&state, circuit, 0);
        key_probabilities(p, circuit, &state);
        cr_expect_float_eq(p[0], 0.5, 1e-14);
        cr_expect_float_eq(p[(1u << n) - 1], 0.5, 1e-14);
        cr_expect(circuit->measures);
        circuit_destroy(circuit);
    }
}

/* Without swaps, amplitude k of the transform of basis state j lies at k with its bits reversed. */
Test(generate, qft_is_the_fourier_matrix) {
    for (uint32_t n = 1; n <= 5; n++) {
        uint32_t dim = 1u << n;
        struct circuit *circuit = NULL;
        cr_assert_eq(gen_qft(&circuit, n), STATUS_OK);
        cr_assert_eq(circuit->ops.n_ops, n * (n + 3) / 2);
        for (uint32_t j = 0; j < dim; j++) {
            struct state state;
            run(&state, circuit, j);
            for (uint32_t k = 0; k < dim; k++) {
                uint32_t at = 0;
                for (uint32_t b = 0; b < n; b++) {
                    at |= (k >> b & 1) << (n - 1 - b);
                }
                double angle = 2 * M_PI * (double)(j * k % dim) / dim, size = 1 / sqrt(dim);
                cr_expect_float_eq(state.at[at].re, size * cos(angle), 1e-13);
                cr_expect_float_eq(state.at[at].im, size * sin(angle), 1e-13);
            }
        }
        circuit_destroy(circuit);
    }
}

/* |sum_k e^{2 pi i k (phase - v / N)} / N|^2 */
static double qpe_probability(uint32_t n, double phase, uint32_t v) {
    double dim = ldexp(1, (int)n), re = 0, im = 0;

    for (uint32_t k = 0; k < 1u << n; k++) {
        re += cos(2 * M_PI * k * (phase - v / dim)) / dim;
        im += sin(2 * M_PI * k * (phase - v / dim)) / dim;
    }
    return re * re + im * im;
}

Test(generate, qpe_estimates_the_phase) {
    static const double phases[] = {0, 0.5, 0.3141592653589793, 1.0 / 3, -0.125, 7.8125, 1e-9};

    for (uint32_t n = 1; n <= 6; n++) {
        for (size_t i = 0; i < sizeof phases / sizeof phases[0]; i++) {
            struct circuit *circuit = NULL;
            struct state state;
            double p[1 << MAX_QUBITS];
            cr_assert_eq(gen_qpe(&circuit, n, phases[i]), STATUS_OK);
            cr_assert_eq(circuit->n_bits, n);
            cr_assert_eq(circuit->n_qubits, n + 1);
            run(&state, circuit, 0);
            key_probabilities(p, circuit, &state);
            for (uint32_t v = 0; v < 1u << n; v++) {
                cr_expect_float_eq(p[v], qpe_probability(n, phases[i], v), 1e-12,
                                   "n=%u phase=%g v=%u", n, phases[i], v);
            }
            circuit_destroy(circuit);
        }
    }
}

/* A phase of n bits comes out as the key with certainty. */
Test(generate, qpe_of_exact_phases) {
    for (uint32_t v = 0; v < 64; v++) {
        struct circuit *circuit = NULL;
        struct state state;
        double p[1 << MAX_QUBITS];
        cr_assert_eq(gen_qpe(&circuit, 6, v / 64.0), STATUS_OK);
        run(&state, circuit, 0);
        key_probabilities(p, circuit, &state);
        cr_expect_float_eq(p[v], 1, 1e-13);
        circuit_destroy(circuit);
    }
}

/* Angles stay exact however many counting qubits: 2^k phase is reduced to one turn. */
Test(generate, qpe_of_many_qubits) {
    struct circuit *circuit = NULL;
    double phase = 0.3141592653589793;

    cr_assert_eq(gen_qpe(&circuit, 100, phase), STATUS_OK);
    for (size_t i = 0, k = 0; i < circuit->ops.n_ops; i++) {
        const struct op *op = &circuit->ops.ops[i];
        if (op->kind == OP_GATE && op->which == GATE_CP && op_qubits(&circuit->ops, op)[1] == 100) {
            double turns = op_params(&circuit->ops, op)[0] / (2 * M_PI);
            cr_expect_float_eq(turns, fmod(ldexp(phase, (int)k), 1), 1e-15);
            k++;
        }
    }
    circuit_destroy(circuit);
}

/* examples/qpe16.qasm is what the generator makes, with comments. */
Test(generate, example_is_generated) {
    const char *folder = getenv("QSPAN_SOURCE_DIR");
    struct circuit *made = NULL, *read = NULL;
    struct text want = {0}, got = {0};
    char path[4096];

    cr_assert_not_null(folder);
    snprintf(path, sizeof path, "%s/examples/qpe16.qasm", folder);
    reading_start();
    cr_assert_eq(qasm2_read_file(&read, path, NULL), STATUS_OK, "%s", reading_messages.data);
    cr_assert_eq(gen_qpe(&made, 15, 0.3141592653589793), STATUS_OK);
    dump_circuit(&want, made);
    dump_circuit(&got, read);
    cr_expect_str_eq(got.data, want.data);
    text_fini(&want);
    text_fini(&got);
    circuit_destroy(made);
    circuit_destroy(read);
}

Test(generate, refuses) {
    struct circuit *circuit = NULL;

    reading_start();
    cr_expect_eq(gen_ghz(&circuit, 0), STATUS_USAGE);
    cr_expect_str_eq(reading_messages.data, "qspan: error: ghz: expected at least one qubit");
    reading_start();
    cr_expect_eq(gen_qft(&circuit, 100000), STATUS_NOFIT);
    cr_expect_str_eq(reading_messages.data,
                     "qspan: error: qft: 100000 qubits need 5e+09 operations; at "
                     "most 268435456 are possible");
    cr_expect_eq(gen_qpe(&circuit, 3, NAN), STATUS_USAGE);
    cr_expect_eq(gen_ghz(&circuit, UINT32_MAX), STATUS_NOFIT);
    cr_expect_null(circuit);
}
