/* Generated circuits on the naive state vector. */
#ifndef QSPAN_TESTS_CIRCUIT_GENERATED_H
#define QSPAN_TESTS_CIRCUIT_GENERATED_H

#include <math.h>
#include <stdlib.h>

#include "circuit/gen.h"
#include "circuit/reading.h"
#include "support/naive_state.h"

/* Fails the test when it is refused or not valid. */
static inline struct circuit *make(const char *name, uint64_t n, const struct gen_args *given) {
    struct gen_args args = given ? *given : (struct gen_args){0};
    struct circuit *circuit = NULL;

    const struct generator *generator = gen_find(name);
    if ((generator->params >> GEN_N & 1) != 0) {
        gen_set_count(&args, GEN_N, n);
    } else if (!gen_is_given(&args, GEN_DISTANCE)) {
        gen_set_count(&args, GEN_DISTANCE, 2);
    }
    messages_keep();
    cr_assert_eq(gen_circuit(&circuit, generator, &args), STATUS_OK, "%s: %s", name,
                 messages_all());
    cr_assert(op_list_is_valid(&circuit->ops, circuit->n_qubits, circuit->n_bits));
    cr_assert(circuit->measures);
    return circuit;
}

static inline void apply_gates(struct naive_state *state, const struct circuit *circuit) {
    for (size_t i = 0; i < circuit->ops.n_ops; i++) {
        const struct op *op = &circuit->ops.ops[i];
        if (op->kind == OP_GATE) {
            naive_gate(state, (enum gate_id)op->which, op_params(&circuit->ops, op),
                       op_qubits(&circuit->ops, op));
        }
    }
}

/* The gates on basis state `start`; naive_fini it. */
static inline struct naive_state final_state(const struct circuit *circuit, uint32_t start) {
    struct naive_state state;

    naive_init(&state, circuit->n_qubits);
    state.amps[0] = 0;
    state.amps[2 * (size_t)start] = 1;
    apply_gates(&state, circuit);
    return state;
}

/* Probability of each value of the classical bits (bit 0 least significant), each measured once at
 * the end; free it. */
static inline double *key_probabilities(const struct circuit *circuit) {
    struct naive_state state = final_state(circuit, 0);
    double *p = calloc((size_t)1 << circuit->n_bits, sizeof *p);

    cr_assert_not_null(p);
    for (uint32_t row = 0; row < 1u << circuit->n_qubits; row++) {
        const double *amp = &state.amps[2 * (size_t)row];
        uint32_t key = 0;
        for (size_t i = 0; i < circuit->ops.n_ops; i++) {
            const struct op *op = &circuit->ops.ops[i];
            if (op->kind == OP_MEASURE) {
                key |= (row >> *op_qubits(&circuit->ops, op) & 1) << op->bit;
            }
        }
        p[key] += amp[0] * amp[0] + amp[1] * amp[1];
    }
    naive_fini(&state);
    return p;
}

/* The only value of the bits that is possible. */
static inline uint32_t certain_key(const struct circuit *circuit) {
    double *p = key_probabilities(circuit);
    uint32_t key = 0;

    while (key + 1 < 1u << circuit->n_bits && p[key] < 0.5) {
        key++;
    }
    cr_expect_float_eq(p[key], 1, 1e-12);
    free(p);
    return key;
}

#endif
