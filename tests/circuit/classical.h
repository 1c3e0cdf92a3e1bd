/* Runs circuits whose gates only permute basis states (x, cx, ccx, swap): every bit has one value.
 * The reference for control flow and for arithmetic on measured bits. */
#ifndef QSPAN_TESTS_CIRCUIT_CLASSICAL_H
#define QSPAN_TESTS_CIRCUIT_CLASSICAL_H

#include <criterion/criterion.h>
#include <string.h>

#include "circuit/circuit.h"

enum { CLASSICAL_MAX_BITS = 4096, CLASSICAL_MAX_STEPS = 100000 };

struct classical {
    bool qubits[64], bits[CLASSICAL_MAX_BITS];
    size_t n_steps;
};

static inline bool classical_value(const struct classical *state, const struct op_list *list,
                                   uint32_t index) {
    const struct expr *expr = &list->exprs[index];

    switch ((enum expr_kind)expr->kind) {
    case EXPR_CONST:
        return expr->value0 != 0;
    case EXPR_BIT:
        return state->bits[expr->a];
    case EXPR_NOT:
        return !classical_value(state, list, expr->a);
    case EXPR_AND:
        return classical_value(state, list, expr->a) && classical_value(state, list, expr->b);
    case EXPR_OR:
        return classical_value(state, list, expr->a) || classical_value(state, list, expr->b);
    case EXPR_XOR:
        return classical_value(state, list, expr->a) != classical_value(state, list, expr->b);
    case EXPR_EQ:
        for (uint32_t i = 0; i < expr->n; i++) {
            bool want = (list->words[expr->value0 + i / 64] >> (i % 64)) & 1;
            if (state->bits[expr->a + i] != want) {
                return false;
            }
        }
        return true;
    case EXPR_REC: /* of Stim's language alone */
    case EXPR_SWEEP:
        break;
    }
    return false;
}

static inline void classical_gate(struct classical *state, const struct op_list *list,
                                  const struct op *op) {
    const uint32_t *q = op_qubits(list, op);
    bool all = true;

    if (op->which == GATE_SWAP) {
        bool old = state->qubits[q[0]];
        state->qubits[q[0]] = state->qubits[q[1]];
        state->qubits[q[1]] = old;
        return;
    }
    cr_assert(op->which == GATE_X || op->which == GATE_CX || op->which == GATE_CCX ||
                  op->which == GATE_C3X || op->which == GATE_C4X,
              "%s", gate_get((enum gate_id)op->which)->name);
    for (uint32_t i = 0; i + 1 < op->n_qubits; i++) {
        all = all && state->qubits[q[i]];
    }
    state->qubits[q[op->n_qubits - 1]] ^= all;
}

static inline void classical_range(struct classical *state, const struct op_list *list,
                                   size_t first, size_t end) {
    for (size_t i = first; i < end; i++) {
        const struct op *op = &list->ops[i];
        cr_assert_lt(state->n_steps++, CLASSICAL_MAX_STEPS, "the circuit never ends");
        if (op->kind == OP_GATE) {
            classical_gate(state, list, op);
        } else if (op->kind == OP_MEASURE) {
            state->bits[op->bit] = state->qubits[op_qubits(list, op)[0]];
        } else if (op->kind == OP_RESET) {
            state->qubits[op_qubits(list, op)[0]] = false;
        } else if (op->kind == OP_ASSIGN) {
            state->bits[op->bit] = classical_value(state, list, op->expr);
        } else if (op->kind == OP_IF) {
            bool taken = classical_value(state, list, op->expr);
            size_t middle = op->match, last = middle;
            if (list->ops[middle].kind == OP_ELSE) {
                last = list->ops[middle].match;
            }
            if (taken) {
                classical_range(state, list, i + 1, middle);
            } else if (last > middle) {
                classical_range(state, list, middle + 1, last);
            }
            i = last;
        } else if (op->kind == OP_WHILE) {
            while (classical_value(state, list, op->expr)) {
                classical_range(state, list, i + 1, op->match);
                cr_assert_lt(state->n_steps++, CLASSICAL_MAX_STEPS, "the circuit never ends");
            }
            i = op->match;
        } else if (op->kind == OP_REPEAT) {
            for (uint64_t round = 0; round < op->arg; round++) {
                classical_range(state, list, i + 1, op->match);
            }
            i = op->match;
        } else {
            cr_assert_eq(op->kind, OP_BARRIER);
        }
    }
}

static inline void classical_run(struct classical *state, const struct circuit *circuit) {
    cr_assert_leq(circuit->n_bits, CLASSICAL_MAX_BITS);
    cr_assert_leq(circuit->n_qubits, 64);
    memset(state, 0, sizeof *state);
    classical_range(state, &circuit->ops, 0, circuit->ops.n_ops);
}

/* The register's value, index 0 lowest. */
static inline uint64_t classical_register(const struct classical *state,
                                          const struct circuit *circuit, const char *name) {
    const struct reg *reg = circuit_find_creg(circuit, name, strlen(name));
    uint64_t value = 0;

    cr_assert_not_null(reg, "no register %s", name);
    for (uint32_t i = 0; i < reg->n && i < 64; i++) {
        value |= (uint64_t)state->bits[reg->first + i] << i;
    }
    return value;
}

#endif
