#include "support/naive_program.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/naive_state.h"

struct path {
    const struct program *program;
    const double *pair_weights;
    double *out_p;
    size_t max_steps;
};
/* One case: unnormalised state, bits, loop counters. */
struct state {
    double *amps; /* interleaved */
    uint64_t bits[16];
    uint64_t rounds[8];
    size_t loops[8], n_loops, pc, n_steps;
};

static size_t n_amps(const struct path *path) {
    return (size_t)1 << path->program->n_wires;
}

static struct state fork_state(const struct path *path, const struct state *state) {
    struct state copy = *state;
    copy.amps = malloc(2 * n_amps(path) * sizeof(double));
    memcpy(copy.amps, state->amps, 2 * n_amps(path) * sizeof(double));
    return copy;
}

static void apply_gate(const struct path *path, double *amps, enum gate_id gate,
                       const double *params, const uint32_t *wires) {
    struct naive_state state = {path->program->n_wires, amps};
    naive_gate(&state, gate, params, wires);
}

static void apply_letter(const struct path *path, double *amps, uint32_t letter, uint32_t wire) {
    static const enum gate_id gates[4] = {GATE_I, GATE_X, GATE_Y, GATE_Z};
    apply_gate(path, amps, gates[letter], NULL, &wire);
}

static double norm(const struct path *path, const double *amps) {
    double sum = 0;
    for (size_t i = 0; i < 2 * n_amps(path); i++) {
        sum += amps[i] * amps[i];
    }
    return sum;
}

static void project(const struct path *path, double *amps, uint32_t wire, size_t value) {
    for (size_t i = 0; i < n_amps(path); i++) {
        if (((i >> wire) & 1) != value) {
            amps[2 * i] = amps[2 * i + 1] = 0;
        }
    }
}

static void walk(const struct path *path, struct state state);

/* Both outcomes of Z on a wire; then maybe a bit is written, maybe the wire is reset. */
static void branch(const struct path *path, struct state *state, const struct op *op) {
    const uint32_t wire = op_qubits(&path->program->ops, op)[0];
    for (size_t value = 0; value < 2; value++) {
        struct state next = fork_state(path, state);
        project(path, next.amps, wire, value);
        if (norm(path, next.amps) > 1e-14) {
            if (op->kind == OP_MEASURE) {
                next.bits[op->bit] = value;
            } else if (value == 1) {
                apply_letter(path, next.amps, 1, wire);
            }
            next.pc++;
            walk(path, next);
        } else {
            free(next.amps);
        }
    }
}

/* A mixture of Pauli strings; letters of string i: base-4 digits, first wire most significant. */
static void mix(const struct path *path, struct state *state, const double *p, uint32_t n_strings,
                const uint32_t *wires, uint32_t n_wires, size_t next_pc) {
    for (uint32_t i = 0; i < n_strings; i++) {
        if (p[i] <= 0) {
            continue;
        }
        struct state next = fork_state(path, state);
        for (uint32_t q = 0; q < n_wires; q++) {
            apply_letter(path, next.amps, (i >> (2 * (n_wires - 1 - q))) & 3, wires[q]);
        }
        for (size_t a = 0; a < 2 * n_amps(path); a++) {
            next.amps[a] *= sqrt(p[i]);
        }
        next.pc = next_pc;
        walk(path, next);
    }
}

/* One target group (the tests use no more). */
static void branch_noise(const struct path *path, struct state *state, const struct op *op) {
    const double *params = op_params(&path->program->ops, op);
    double p[16] = {0};
    const uint32_t n = op_noise_group((enum op_noise)op->which) == 2 ? 16 : 4;
    for (uint32_t i = 1; i < n; i++) {
        p[i] = op->which == NOISE_DEPOLARIZE1 || op->which == NOISE_DEPOLARIZE2
                   ? params[0] / (n - 1)
                   : (op->which == NOISE_PAULI1 || op->which == NOISE_PAULI2
                          ? params[i - 1]
                          : (i == 1u + op->which - NOISE_X ? params[0] : 0));
        p[0] += p[i];
    }
    p[0] = 1 - p[0];
    mix(path, state, p, n, op_qubits(&path->program->ops, op), op->n_qubits, state->pc + 1);
}

static void make_pair(const struct path *path, struct state *state, const struct op *op) {
    const uint32_t *wires = op_qubits(&path->program->ops, op);
    const uint32_t cx[2] = {wires[0], wires[1]};
    /* Both wires are measured out and forgotten: each outcome is a case of its own. */
    for (size_t value = 0; value < 4; value++) {
        struct state next = fork_state(path, state);
        project(path, next.amps, wires[0], value & 1);
        project(path, next.amps, wires[1], value >> 1);
        if (norm(path, next.amps) > 1e-14) {
            for (uint32_t q = 0; q < 2; q++) {
                apply_letter(path, next.amps, (uint32_t)(value >> q) & 1, wires[q]);
            }
            apply_gate(path, next.amps, GATE_H, NULL, wires);
            apply_gate(path, next.amps, GATE_CX, NULL, cx);
            mix(path, &next, path->pair_weights, 4, wires + 1, 1, next.pc + 1);
        }
        free(next.amps);
    }
}

static bool is_true(const struct path *path, const struct state *state, const struct op *op) {
    return (expr_eval_word(&path->program->ops, op->expr, state->bits, 1, 0) & 1) != 0;
}

static void step_block(const struct path *path, struct state *state, const struct op *op) {
    const struct op *open = &path->program->ops.ops[op->match];
    switch ((enum op_kind)op->kind) {
    case OP_IF:
        state->pc = is_true(path, state, op) ? state->pc + 1 : op->match + 1;
        return;
    case OP_ELSE:
        state->pc = op->match + 1;
        return;
    case OP_WHILE:
        state->pc = is_true(path, state, op) ? state->pc + 1 : op->match + 1;
        return;
    case OP_REPEAT:
        state->loops[state->n_loops] = state->pc;
        state->rounds[state->n_loops++] = 0;
        state->pc++;
        return;
    default:
        break;
    }
    if (open->kind == OP_WHILE) {
        state->pc = op->match;
    } else if (open->kind == OP_REPEAT && ++state->rounds[state->n_loops - 1] < open->arg) {
        state->pc = op->match + 1;
    } else {
        state->n_loops -= open->kind == OP_REPEAT;
        state->pc++;
    }
}

static void finish(const struct path *path, const struct state *state) {
    size_t key = 0;
    for (uint32_t b = 0; b < path->program->n_bits; b++) {
        key |= (size_t)(state->bits[b] & 1) << b;
    }
    path->out_p[key] += norm(path, state->amps);
}

static void walk(const struct path *path, struct state state) {
    const struct op_list *ops = &path->program->ops;
    while (state.pc < ops->n_ops) {
        const struct op *op = &ops->ops[state.pc];
        if (++state.n_steps > path->max_steps) {
            break;
        }
        if (op->match != OP_NO_MATCH) {
            step_block(path, &state, op);
            continue;
        }
        if (op->kind == OP_MEASURE || op->kind == OP_RESET) {
            branch(path, &state, op);
        } else if (op->kind == OP_EBIT) {
            make_pair(path, &state, op);
        } else if (op->kind == OP_NOISE) {
            branch_noise(path, &state, op);
        } else {
            if (op->kind == OP_GATE) {
                apply_gate(path, state.amps, (enum gate_id)op->which, op_params(ops, op),
                           op_qubits(ops, op));
            } else if (op->kind == OP_ASSIGN) {
                state.bits[op->bit] = is_true(path, &state, op);
            }
            state.pc++;
            continue;
        }
        free(state.amps);
        return;
    }
    finish(path, &state);
    free(state.amps);
}

void naive_distribution(double *out_p, const struct program *program, const double *pair_weights,
                        size_t max_steps) {
    const struct path path = {program, pair_weights, out_p, max_steps};
    struct state state = {0};
    memset(out_p, 0, ((size_t)1 << program->n_bits) * sizeof *out_p);
    state.amps = calloc(2 * n_amps(&path), sizeof(double));
    state.amps[0] = 1;
    walk(&path, state);
}
