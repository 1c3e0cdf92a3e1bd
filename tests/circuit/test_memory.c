/* Memory experiments: the text that Stim's generator prints for small ones, and on a naive
 * stabilizer simulator detectors that never fire and observables that never change. */
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "circuit/generated.h"

static struct gen_args args_of(uint64_t distance, uint64_t rounds, uint64_t patches,
                               uint64_t join) {
    struct gen_args args = {0};

    gen_set_count(&args, GEN_DISTANCE, distance);
    gen_set_count(&args, GEN_ROUNDS, rounds);
    if (patches > 0) {
        gen_set_count(&args, GEN_PATCHES, patches);
    }
    if (join > 0) {
        gen_set_count(&args, GEN_JOIN, join);
    }
    return args;
}

static void set_noise(struct gen_args *args) {
    gen_set_real(args, GEN_AFTER_CLIFFORD, 0.001);
    gen_set_real(args, GEN_BEFORE_ROUND, 0.002);
    gen_set_real(args, GEN_BEFORE_MEASURE, 0.003);
    gen_set_real(args, GEN_AFTER_RESET, 0.004);
}

static void expect_text(const char *name, const struct gen_args *args, const char *want) {
    struct circuit *circuit = make(name, 0, args), *again = NULL;
    struct text got = {0}, twice = {0};

    cr_assert_eq(stim_print(&got, circuit), STATUS_OK, "%s", messages_all());
    cr_expect_str_eq(got.data, want, "%s", got.data);
    cr_assert_eq(stim_read_text(&again, "t.stim", got.data, got.n, NULL), STATUS_OK, "%s",
                 messages_all());
    cr_assert_eq(stim_print(&twice, again), STATUS_OK);
    cr_expect_str_eq(got.data, twice.data);
    cr_expect_eq(circuit->n_placed_qpus, again->n_placed_qpus);
    cr_expect(circuit->n_placed_qpus == 0 ||
              memcmp(circuit->placement, again->placement,
                     circuit->n_qubits * sizeof *circuit->placement) == 0);
    text_fini(&got);
    text_fini(&twice);
    circuit_destroy(circuit);
    circuit_destroy(again);
}

Test(memory, repetition_is_stims) {
    struct gen_args args = args_of(3, 3, 0, 0);

    set_noise(&args);
    expect_text("repetition-memory", &args,
                "R 0 1 2 3 4\nX_ERROR(0.004) 0 1 2 3 4\nTICK\nDEPOLARIZE1(0.002) 0 2 4\n"
                "CX 0 1 2 3\nDEPOLARIZE2(0.001) 0 1 2 3\nTICK\nCX 2 1 4 3\n"
                "DEPOLARIZE2(0.001) 2 1 4 3\nTICK\nX_ERROR(0.003) 1 3\nMR 1 3\n"
                "X_ERROR(0.004) 1 3\nDETECTOR(1, 0) rec[-2]\nDETECTOR(3, 0) rec[-1]\n"
                "REPEAT 2 {\n    TICK\n    DEPOLARIZE1(0.002) 0 2 4\n    CX 0 1 2 3\n"
                "    DEPOLARIZE2(0.001) 0 1 2 3\n    TICK\n    CX 2 1 4 3\n"
                "    DEPOLARIZE2(0.001) 2 1 4 3\n    TICK\n    X_ERROR(0.003) 1 3\n    MR 1 3\n"
                "    X_ERROR(0.004) 1 3\n    SHIFT_COORDS(0, 1)\n"
                "    DETECTOR(1, 0) rec[-2] rec[-4]\n    DETECTOR(3, 0) rec[-1] rec[-3]\n}\n"
                "X_ERROR(0.003) 0 2 4\nM 0 2 4\nDETECTOR(1, 1) rec[-2] rec[-3] rec[-5]\n"
                "DETECTOR(3, 1) rec[-1] rec[-2] rec[-4]\nOBSERVABLE_INCLUDE(0) rec[-1]\n");
}

/* From here on: Stim 1.16's stim.Circuit.generated(...), printed. */
Test(memory, rotated_is_stims) {
    struct gen_args args = args_of(2, 2, 0, 0);

    gen_set_real(&args, GEN_AFTER_CLIFFORD, 0.001);
    expect_text(
        "rotated-memory-x", &args,
        "QUBIT_COORDS(1, 1) 1\nQUBIT_COORDS(2, 0) 2\nQUBIT_COORDS(3, 1) 3\n"
        "QUBIT_COORDS(1, 3) 6\nQUBIT_COORDS(2, 2) 7\nQUBIT_COORDS(3, 3) 8\n"
        "QUBIT_COORDS(2, 4) 12\nRX 1 3 6 8\nR 2 7 12\nTICK\nH 2 12\nDEPOLARIZE1(0.001) 2 12\n"
        "TICK\nCX 2 3 8 7\nDEPOLARIZE2(0.001) 2 3 8 7\nTICK\nCX 2 1 3 7\n"
        "DEPOLARIZE2(0.001) 2 1 3 7\nTICK\nCX 12 8 6 7\nDEPOLARIZE2(0.001) 12 8 6 7\nTICK\n"
        "CX 12 6 1 7\nDEPOLARIZE2(0.001) 12 6 1 7\nTICK\nH 2 12\nDEPOLARIZE1(0.001) 2 12\nTICK\n"
        "MR 2 7 12\nDETECTOR(2, 0, 0) rec[-3]\nDETECTOR(2, 4, 0) rec[-1]\nTICK\nH 2 12\n"
        "DEPOLARIZE1(0.001) 2 12\nTICK\nCX 2 3 8 7\nDEPOLARIZE2(0.001) 2 3 8 7\nTICK\n"
        "CX 2 1 3 7\nDEPOLARIZE2(0.001) 2 1 3 7\nTICK\nCX 12 8 6 7\n"
        "DEPOLARIZE2(0.001) 12 8 6 7\nTICK\nCX 12 6 1 7\nDEPOLARIZE2(0.001) 12 6 1 7\nTICK\n"
        "H 2 12\nDEPOLARIZE1(0.001) 2 12\nTICK\nMR 2 7 12\nSHIFT_COORDS(0, 0, 1)\n"
        "DETECTOR(2, 0, 0) rec[-3] rec[-6]\nDETECTOR(2, 2, 0) rec[-2] rec[-5]\n"
        "DETECTOR(2, 4, 0) rec[-1] rec[-4]\nMX 1 3 6 8\nDETECTOR(2, 0, 1) rec[-3] rec[-4] rec[-7]\n"
        "DETECTOR(2, 4, 1) rec[-1] rec[-2] rec[-5]\nOBSERVABLE_INCLUDE(0) rec[-2] rec[-4]\n");
}

Test(memory, unrotated_is_stims) {
    struct gen_args args = args_of(2, 1, 0, 0);

    expect_text(
        "unrotated-memory-z", &args,
        "QUBIT_COORDS(0, 0) 0\nQUBIT_COORDS(1, 0) 1\nQUBIT_COORDS(2, 0) 2\n"
        "QUBIT_COORDS(0, 1) 3\nQUBIT_COORDS(1, 1) 4\nQUBIT_COORDS(2, 1) 5\n"
        "QUBIT_COORDS(0, 2) 6\nQUBIT_COORDS(1, 2) 7\nQUBIT_COORDS(2, 2) 8\nR 0 2 4 6 8 1 3 5 7\n"
        "TICK\nH 1 7\nTICK\nCX 1 2 7 8 4 3\nTICK\nCX 1 4 6 3 8 5\nTICK\nCX 7 4 0 3 2 5\nTICK\n"
        "CX 1 0 7 6 4 5\nTICK\nH 1 7\nTICK\nMR 1 3 5 7\nDETECTOR(0, 1, 0) rec[-3]\n"
        "DETECTOR(2, 1, 0) rec[-2]\nM 0 2 4 6 8\nDETECTOR(0, 1, 1) rec[-2] rec[-3] rec[-5] "
        "rec[-8]\n"
        "DETECTOR(2, 1, 1) rec[-1] rec[-3] rec[-4] rec[-7]\nOBSERVABLE_INCLUDE(0) rec[-4] "
        "rec[-5]\n");
}

Test(memory, patches_side_by_side_on_a_qpu_each) {
    struct gen_args args = args_of(2, 2, 3, 1);

    gen_set_real(&args, GEN_AFTER_CLIFFORD, 0.25);
    expect_text("repetition-memory", &args,
                "# qspan qpu P0 0:2\n# qspan qpu P1 3:5\n# qspan qpu P2 6:8\n"
                "R 0 1 2 3 4 5 6 7 8\nTICK\nCX 0 1 3 4 6 7\nDEPOLARIZE2(0.25) 0 1 3 4 6 7\nTICK\n"
                "CX 2 1 5 4 8 7\nDEPOLARIZE2(0.25) 2 1 5 4 8 7\nTICK\nMR 1 4 7\n"
                "DETECTOR(1, 0) rec[-3]\nDETECTOR(5, 0) rec[-2]\nDETECTOR(9, 0) rec[-1]\nTICK\n"
                "CX 0 3 2 5\nDEPOLARIZE2(0.25) 0 3 2 5\nTICK\n"
                "CX 0 1 3 4 6 7\nDEPOLARIZE2(0.25) 0 1 3 4 6 7\nTICK\n"
                "CX 2 1 5 4 8 7\nDEPOLARIZE2(0.25) 2 1 5 4 8 7\nTICK\nMR 1 4 7\n"
                "SHIFT_COORDS(0, 1)\nDETECTOR(1, 0) rec[-3] rec[-6]\n"
                "DETECTOR(5, 0) rec[-2] rec[-5] rec[-6]\nDETECTOR(9, 0) rec[-1] rec[-4]\n"
                "M 0 2 3 5 6 8\nDETECTOR(1, 1) rec[-5] rec[-6] rec[-9]\n"
                "DETECTOR(5, 1) rec[-3] rec[-4] rec[-8]\nDETECTOR(9, 1) rec[-1] rec[-2] rec[-7]\n"
                "OBSERVABLE_INCLUDE(0) rec[-5]\nOBSERVABLE_INCLUDE(1) rec[-3]\n"
                "OBSERVABLE_INCLUDE(2) rec[-1]\n");
}

/* ---- stabilizers, as Aaronson and Gottesman have them (quant-ph/0406196) ---- */

enum { MAX_QUBITS = 64, MAX_RECORD = 1024 };

struct row {
    uint8_t x[MAX_QUBITS], z[MAX_QUBITS], sign;
};

struct stabilizers {
    struct row rows[2 * MAX_QUBITS + 1]; /* n destabilizers, n stabilizers, one for work */
    uint32_t n;
    uint64_t seed, n_drawn;
    uint8_t record[MAX_RECORD];
    uint32_t n_record;
};

static void start(struct stabilizers *s, uint32_t n, uint64_t seed) {
    memset(s, 0, sizeof *s);
    s->n = n;
    s->seed = seed;
    for (uint32_t i = 0; i < n; i++) {
        s->rows[i].x[i] = s->rows[n + i].z[i] = 1;
    }
}

static void apply_h(struct stabilizers *s, uint32_t a) {
    for (uint32_t i = 0; i < 2 * s->n; i++) {
        struct row *row = &s->rows[i];
        uint8_t x = row->x[a];
        row->sign ^= x & row->z[a];
        row->x[a] = row->z[a];
        row->z[a] = x;
    }
}

static void apply_cx(struct stabilizers *s, uint32_t a, uint32_t b) {
    for (uint32_t i = 0; i < 2 * s->n; i++) {
        struct row *row = &s->rows[i];
        row->sign ^= row->x[a] & row->z[b] & (row->x[b] ^ row->z[a] ^ 1);
        row->x[b] ^= row->x[a];
        row->z[a] ^= row->z[b];
    }
}

static void multiply(struct row *to, const struct row *by, uint32_t n) {
    int phase = 2 * to->sign + 2 * by->sign;

    for (uint32_t q = 0; q < n; q++) {
        int x1 = by->x[q], z1 = by->z[q], x2 = to->x[q], z2 = to->z[q];
        phase += x1 == 0 && z1 == 0 ? 0
                 : x1 && z1         ? z2 - x2
                 : x1               ? z2 * (2 * x2 - 1)
                                    : x2 * (1 - 2 * z2);
        to->x[q] ^= by->x[q];
        to->z[q] ^= by->z[q];
    }
    to->sign = (phase % 4 + 4) % 4 == 2;
}

static uint8_t measure(struct stabilizers *s, uint32_t a) {
    uint32_t n = s->n, p = n;

    while (p < 2 * n && !s->rows[p].x[a]) {
        p++;
    }
    if (p < 2 * n) {
        for (uint32_t i = 0; i < 2 * n; i++) {
            if (i != p && s->rows[i].x[a]) {
                multiply(&s->rows[i], &s->rows[p], n);
            }
        }
        s->rows[p - n] = s->rows[p];
        memset(&s->rows[p], 0, sizeof s->rows[p]);
        s->rows[p].z[a] = 1;
        s->rows[p].sign = rng_uniform(s->seed, s->n_drawn++, 0, RNG_TEST) < 0.5;
        return s->rows[p].sign;
    }
    struct row *work = &s->rows[2 * n];
    memset(work, 0, sizeof *work);
    for (uint32_t i = 0; i < n; i++) {
        if (s->rows[i].x[a]) {
            multiply(work, &s->rows[n + i], n);
        }
    }
    return work->sign;
}

static void flip(struct stabilizers *s, uint32_t a) {
    for (uint32_t i = 0; i < 2 * s->n; i++) {
        s->rows[i].sign ^= s->rows[i].z[a];
    }
}

static void reset(struct stabilizers *s, uint32_t a) {
    if (measure(s, a)) {
        flip(s, a);
    }
}

static uint8_t parity(const struct stabilizers *s, const struct op_list *list, uint32_t node) {
    const struct expr *expr = &list->exprs[node];

    return expr->kind == EXPR_XOR ? parity(s, list, expr->a) ^ parity(s, list, expr->b)
                                  : s->record[s->n_record - expr->a];
}

/* Runs the op at *inout_at; REPEAT: its rounds, recursively. */
static void run(struct stabilizers *s, const struct circuit *circuit, size_t begin, size_t end) {
    const struct op_list *list = &circuit->ops;

    for (size_t at = begin; at < end; at++) {
        const struct op *op = &list->ops[at];
        const uint32_t *qubits = op_qubits(list, op);
        bool is_x = op->arg == 1;
        if (op->kind == OP_REPEAT) {
            for (uint64_t round = 0; round < op->arg; round++) {
                run(s, circuit, at + 1, op->match);
            }
            at = op->match;
        } else if (op->kind == OP_GATE && op->which == GATE_H) {
            apply_h(s, qubits[0]);
        } else if (op->kind == OP_GATE) {
            cr_assert_eq(op->which, GATE_CX);
            apply_cx(s, qubits[0], qubits[1]);
        } else if (op->kind == OP_RESET) {
            reset(s, qubits[0]);
            if (is_x) {
                apply_h(s, qubits[0]);
            }
        } else if (op->kind == OP_MEASURE) {
            if (is_x) {
                apply_h(s, qubits[0]);
            }
            s->record[s->n_record++] = measure(s, qubits[0]);
            cr_assert_lt(s->n_record, MAX_RECORD);
            if (op->which == MEASURE_RESETS) {
                reset(s, qubits[0]);
            }
        } else if (op->kind == OP_DETECTOR || op->kind == OP_OBSERVABLE) {
            cr_assert_eq(parity(s, list, op->expr), 0, "op %zu", at);
        }
    }
}

Test(memory, detectors_and_observables_are_certain) {
    static const char *const names[] = {"repetition-memory", "rotated-memory-x", "rotated-memory-z",
                                        "unrotated-memory-x", "unrotated-memory-z"};
    static const uint8_t cases[][4] = {{2, 1, 1, 0}, {3, 4, 1, 0}, {2, 3, 2, 1},
                                       {2, 5, 3, 2}, {3, 4, 2, 3}, {2, 4, 4, 1}};
    struct stabilizers *s = malloc(sizeof *s);

    cr_assert_not_null(s);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
            struct gen_args args = args_of(cases[k][0], cases[k][1], cases[k][2], cases[k][3]);
            struct circuit *circuit = make(names[i], 0, &args);
            cr_assert_leq(circuit->n_qubits, MAX_QUBITS);
            for (uint64_t seed = 0; seed < 4; seed++) {
                start(s, circuit->n_qubits, seed);
                run(s, circuit, 0, circuit->ops.n_ops);
            }
            circuit_destroy(circuit);
        }
    }
    free(s);
}

/* ---- what is asked for ---- */

static void expect_refused(const char *name, const struct gen_args *args, enum status status,
                           const char *message) {
    struct circuit *circuit = NULL;

    messages_keep();
    cr_expect_eq(gen_circuit(&circuit, gen_find(name), args), status);
    cr_expect_not_null(strstr(messages_all(), message), "%s", messages_all());
}

Test(memory, refuses) {
    struct gen_args args = {0};

    expect_refused("rotated-memory-x", &args, STATUS_USAGE, "--distance is missing");
    args = args_of(1, 1, 0, 0);
    expect_refused("rotated-memory-x", &args, STATUS_USAGE, "--distance 1: expected from 2 to");
    args = args_of(3, 0, 0, 0);
    expect_refused("rotated-memory-x", &args, STATUS_USAGE, "--rounds 0: expected at least 1");
    args = args_of(3, 3, 0, 1);
    expect_refused("rotated-memory-x", &args, STATUS_USAGE, "--join needs --patches 2 or more");
    args = args_of(3, 3, 2, 3);
    expect_refused("rotated-memory-x", &args, STATUS_USAGE,
                   "--join 3: expected less than the 3 rounds");
    args = args_of(3000, 3, 0, 0);
    expect_refused("rotated-memory-x", &args, STATUS_NOFIT,
                   "1 patch of distance 3000 would have labels of 2^24 and more");
    args = args_of(1 << 23, 3, 0, 0);
    expect_refused("repetition-memory", &args, STATUS_NOFIT,
                   "repetition-memory: these parameters need 3.36e+08 operations; at most");
    args = args_of(3, 3, 0, 0);
    gen_set_count(&args, GEN_N, 3);
    expect_refused("rotated-memory-x", &args, STATUS_USAGE, "rotated-memory-x takes no --n");
}

Test(memory, of_many_patches) {
    struct gen_args args = args_of(64, 2, 16, 0);
    struct circuit *circuit = NULL;

    messages_keep();
    cr_assert_eq(gen_circuit(&circuit, gen_find("rotated-memory-z"), &args), STATUS_OK);
    cr_expect_eq(circuit->n_qubits, 16 * (2 * 64 * 64 - 1));
    cr_expect_eq(circuit->n_placed_qpus, 16);
    cr_expect_eq(circuit->n_bits, 16 * (2 * (64 * 64 - 1) + 64 * 64));
    circuit_destroy(circuit);
}
