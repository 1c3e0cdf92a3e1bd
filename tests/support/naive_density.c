#include "support/naive_density.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gate/gate.h"

enum { MAX_KRAUS = 16 };

/* ---- Kraus operators ---- */

struct kraus {
    double at[MAX_KRAUS * 32];
    unsigned n, k;
};

static const double paulis[4][8] = {{1, 0, 0, 0, 0, 0, 1, 0},
                                    {0, 0, 1, 0, 1, 0, 0, 0},
                                    {0, 0, 0, -1, 0, 1, 0, 0},
                                    {1, 0, 0, 0, 0, 0, -1, 0}};

/* sqrt(p) A (x) B, or sqrt(p) A; wire 0 is the low bit of an index, and A's. */
static void add_pauli(struct kraus *kraus, double p, unsigned a, unsigned b) {
    const unsigned dim = 1u << kraus->k;
    double *out = kraus->at + (size_t)kraus->n++ * 2 * dim * dim;
    for (unsigned r = 0; r < dim; r++) {
        for (unsigned c = 0; c < dim; c++) {
            const double *x = paulis[a] + 2 * (2 * (r & 1) + (c & 1)),
                         *y = kraus->k == 2 ? paulis[b] + 2 * (2 * (r >> 1) + (c >> 1))
                                            : (const double[2]){1, 0};
            out[2 * (r * dim + c)] = sqrt(p) * (x[0] * y[0] - x[1] * y[1]);
            out[2 * (r * dim + c) + 1] = sqrt(p) * (x[0] * y[1] + x[1] * y[0]);
        }
    }
}

/* sqrt(p) |row><column|. */
static void add_unit(struct kraus *kraus, double p, unsigned row, unsigned column) {
    kraus->at[(size_t)kraus->n++ * 8 + 2 * (2 * row + column)] = sqrt(p);
}

static void add_diagonal(struct kraus *kraus, double a, double b) {
    kraus->at[(size_t)kraus->n * 8] = a;
    kraus->at[(size_t)kraus->n++ * 8 + 6] = b;
}

static void add_letters(struct kraus *kraus, const double *p, unsigned n) {
    double rest = 1;
    for (unsigned i = 0; i < n; i++) {
        add_pauli(kraus, p[i], n == 15 ? (i + 1) >> 2 : i + 1, (i + 1) & 3);
        rest -= p[i];
    }
    add_pauli(kraus, rest > 0 ? rest : 0, 0, 0);
}

static struct kraus make_kraus(const struct op *op, const double *params) {
    struct kraus kraus = {.k = op_noise_group((enum op_noise)op->which)};
    double p[15] = {0};
    const unsigned n = kraus.k == 2 ? 15 : 3;
    switch (op->which) {
    case NOISE_X:
    case NOISE_Y:
    case NOISE_Z:
        p[op->which - NOISE_X] = params[0];
        break;
    case NOISE_DEPOLARIZE1:
    case NOISE_DEPOLARIZE2:
        for (unsigned i = 0; i < n; i++) {
            p[i] = params[0] / n;
        }
        break;
    case NOISE_PAULI1:
    case NOISE_PAULI2:
        memcpy(p, params, n * sizeof *p);
        break;
    case NOISE_RELAX:
        add_diagonal(&kraus, sqrt(1 - params[1]), sqrt(1 - params[0]));
        add_unit(&kraus, params[0], 0, 1);
        add_unit(&kraus, params[1], 1, 0);
        return kraus;
    case NOISE_RESET:
        add_pauli(&kraus, 1 - params[0] - params[1], 0, 0);
        add_unit(&kraus, params[0], 0, 0);
        add_unit(&kraus, params[0], 0, 1);
        add_unit(&kraus, params[1], 1, 0);
        add_unit(&kraus, params[1], 1, 1);
        return kraus;
    default:
        abort();
    }
    add_letters(&kraus, p, n);
    return kraus;
}

/* ---- density matrices ---- */

void naive_density_apply(struct dense *rho, const double *kraus, unsigned n, unsigned k,
                         const uint32_t *wires) {
    static struct dense sum, part, half;
    double trace = 0;
    for (unsigned i = 0; i < 1u << rho->n_qubits; i++) {
        trace += rho->at[i][i].re;
    }
    if (trace == 0) {
        return;
    }
    memset(&sum, 0, sizeof sum);
    sum.n_qubits = rho->n_qubits;
    for (unsigned i = 0; i < n; i++) {
        struct dense op;
        dense_from_array(&op, kraus + (size_t)i * (2u << (2 * k)), k);
        part = *rho;
        dense_apply(&part, &op, wires);
        dense_dagger(&half, &part);
        dense_apply(&half, &op, wires);
        dense_dagger(&part, &half);
        for (unsigned r = 0; r < 1u << rho->n_qubits; r++) {
            for (unsigned c = 0; c < 1u << rho->n_qubits; c++) {
                sum.at[r][c] = cplx_add(sum.at[r][c], part.at[r][c]);
            }
        }
    }
    *rho = sum;
}

static void add_times(struct dense *sum, const struct dense *part, double factor) {
    if (factor == 0) {
        return;
    }
    for (unsigned r = 0; r < 1u << sum->n_qubits; r++) {
        for (unsigned c = 0; c < 1u << sum->n_qubits; c++) {
            sum->at[r][c].re += factor * part->at[r][c].re;
            sum->at[r][c].im += factor * part->at[r][c].im;
        }
    }
}

struct run {
    const struct op_list *ops;
    struct naive_density *density;
    struct naive_density *next;
};

static bool is_true(const struct run *run, uint32_t expr, unsigned bits) {
    uint64_t table[NAIVE_DENSITY_MAX_BITS];
    for (unsigned b = 0; b < NAIVE_DENSITY_MAX_BITS; b++) {
        table[b] = bits >> b & 1;
    }
    return expr_eval_word(run->ops, expr, table, 1, 0) & 1;
}

/* Every matrix whose bits are chosen moves to other bits. */
static void begin_moves(struct run *run) {
    const struct naive_density *from = run->density;
    *run->next = *from;
    for (unsigned v = 0; v < 1u << from->n_bits; v++) {
        memset(run->next->rho[v].at, 0, sizeof run->next->rho[v].at);
    }
}

static void measure(struct run *run, const struct op *op, const bool *is_on) {
    const uint32_t wire = op_qubits(run->ops, op)[0];
    const double *p = op_params(run->ops, op);
    const double wrong[2] = {op->n_params > 0 ? p[0] : 0,
                             op->n_params > 0 ? p[op->n_params - 1] : 0};
    static const double projectors[2][8] = {{1}, {0, 0, 0, 0, 0, 0, 1, 0}};
    if (op->n_qubits != 1 || op_pauli(op, 0) != 3) {
        abort();
    }
    begin_moves(run);
    for (unsigned v = 0; v < 1u << run->density->n_bits; v++) {
        if (!is_on[v]) {
            add_times(&run->next->rho[v], &run->density->rho[v], 1);
            continue;
        }
        for (unsigned m = 0; m < 2; m++) {
            struct dense part = run->density->rho[v];
            naive_density_apply(&part, projectors[m], 1, 1, &wire);
            const unsigned without = v & ~(1u << op->bit);
            add_times(&run->next->rho[without | m << op->bit], &part, 1 - wrong[m]);
            add_times(&run->next->rho[without | (1 - m) << op->bit], &part, wrong[m]);
        }
    }
    *run->density = *run->next;
}

static void assign(struct run *run, const struct op *op, const bool *is_on) {
    begin_moves(run);
    for (unsigned v = 0; v < 1u << run->density->n_bits; v++) {
        unsigned to = v;
        if (is_on[v]) {
            to = (v & ~(1u << op->bit)) | (unsigned)is_true(run, op->expr, v) << op->bit;
        }
        add_times(&run->next->rho[to], &run->density->rho[v], 1);
    }
    *run->density = *run->next;
}

static void apply_everywhere(struct run *run, const struct kraus *kraus, const uint32_t *wires,
                             const bool *is_on) {
    for (unsigned v = 0; v < 1u << run->density->n_bits; v++) {
        if (is_on[v]) {
            naive_density_apply(&run->density->rho[v], kraus->at, kraus->n, kraus->k, wires);
        }
    }
}

static void run_op(struct run *run, const struct op *op, const bool *is_on) {
    const uint32_t *wires = op_qubits(run->ops, op);
    if (op->kind == OP_MEASURE) {
        measure(run, op, is_on);
    } else if (op->kind == OP_ASSIGN) {
        assign(run, op, is_on);
    } else if (op->kind == OP_GATE) {
        double matrix[GATE_MAX_MATRIX];
        gate_unitary(matrix, (enum gate_id)op->which, op_params(run->ops, op));
        for (unsigned v = 0; v < 1u << run->density->n_bits; v++) {
            if (is_on[v]) {
                naive_density_apply(&run->density->rho[v], matrix, 1, op->n_qubits, wires);
            }
        }
    } else if (op->kind == OP_NOISE) {
        const struct kraus kraus = make_kraus(op, op_params(run->ops, op));
        for (uint32_t i = 0; i < op->n_qubits; i += kraus.k) {
            apply_everywhere(run, &kraus, wires + i, is_on);
        }
    } else if (op->kind == OP_RESET) {
        struct kraus kraus = {.k = 1};
        add_unit(&kraus, 1, 0, 0);
        add_unit(&kraus, 1, 0, 1);
        apply_everywhere(run, &kraus, wires, is_on);
    } else if (op->kind != OP_BARRIER && op->kind != OP_TICK) {
        abort();
    }
}

static void run_ops(struct run *run, size_t first, size_t last, const bool *is_on) {
    for (size_t i = first; i < last; i++) {
        const struct op *op = &run->ops->ops[i];
        if (op->kind != OP_IF) {
            run_op(run, op, is_on);
            continue;
        }
        bool taken[1 << NAIVE_DENSITY_MAX_BITS], skipped[1 << NAIVE_DENSITY_MAX_BITS];
        for (unsigned v = 0; v < 1u << run->density->n_bits; v++) {
            taken[v] = is_on[v] && is_true(run, op->expr, v);
            skipped[v] = is_on[v] && !taken[v];
        }
        size_t end = op->match;
        run_ops(run, i + 1, end, taken);
        if (run->ops->ops[end].kind == OP_ELSE) {
            run_ops(run, end + 1, run->ops->ops[end].match, skipped);
            end = run->ops->ops[end].match;
        }
        i = end;
    }
}

struct naive_density *naive_density_run(const struct program *program) {
    struct naive_density *density = calloc(1, sizeof *density), *next = calloc(1, sizeof *next);
    bool is_on[1 << NAIVE_DENSITY_MAX_BITS];
    struct run run = {&program->ops, density, next};
    if (density == NULL || next == NULL || program->n_wires > DENSE_MAX_QUBITS ||
        program->n_bits > NAIVE_DENSITY_MAX_BITS) {
        abort();
    }
    density->n_wires = program->n_wires;
    density->n_bits = program->n_bits;
    for (unsigned v = 0; v < 1u << density->n_bits; v++) {
        density->rho[v].n_qubits = program->n_wires;
        is_on[v] = true;
    }
    density->rho[0].at[0][0].re = 1;
    run_ops(&run, 0, program->ops.n_ops, is_on);
    free(next);
    return density;
}

void naive_density_probabilities(double *out_p, const struct naive_density *density) {
    for (unsigned v = 0; v < 1u << density->n_bits; v++) {
        out_p[v] = 0;
        for (unsigned i = 0; i < 1u << density->n_wires; i++) {
            out_p[v] += density->rho[v].at[i][i].re;
        }
    }
}

double naive_density_expect(const struct naive_density *density, const unsigned *letters) {
    double sum = 0;
    for (unsigned v = 0; v < 1u << density->n_bits; v++) {
        struct dense part = density->rho[v];
        for (uint32_t i = 0; i < density->n_wires; i++) {
            struct dense pauli;
            dense_from_array(&pauli, paulis[letters[i]], 1);
            dense_apply(&part, &pauli, &i);
        }
        for (unsigned i = 0; i < 1u << density->n_wires; i++) {
            sum += part.at[i][i].re;
        }
    }
    return sum;
}
