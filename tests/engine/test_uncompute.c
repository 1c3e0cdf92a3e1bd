/* Gates that are undone later, against the naive state and by the wires that vectors need. */
#include <criterion/criterion.h>
#include <math.h>
#include <omp.h>
#include <string.h>

#include "base/rng.h"
#include "engine/statevector/statevector.h"
#include "engine/statevector/uncompute_terms.h"
#include "support/naive_state.h"
#include "support/written.h"

enum { MAX_NAIVE = 10 };

static const struct layout_tuning tunings[] = {
    {.chunk_bits = 5, .min_slice_bits = 8, .pass_bits = 7, .piece_bits = 4, .balance_log = 1},
    {.chunk_bits = 4, .min_slice_bits = 8, .balance_log = 1},
};

struct gates {
    struct written written;
    uint64_t seed, n_drawn;
};

static void gates_init(struct gates *gates, uint32_t n_wires, uint64_t seed) {
    *gates = (struct gates){.seed = seed};
    written_init(&gates->written, n_wires, 1);
}

static void add(struct gates *gates, enum gate_id id, const uint32_t *wires, double angle) {
    const double params[GATE_MAX_PARAMS] = {angle, 0.3, -0.7, 0.2};
    written_add_gate(&gates->written, id, wires, params);
}

static void add1(struct gates *gates, enum gate_id id, uint32_t a, double angle) {
    add(gates, id, &a, angle);
}

static void add2(struct gates *gates, enum gate_id id, uint32_t a, uint32_t b, double angle) {
    add(gates, id, (uint32_t[]){a, b}, angle);
}

static void add3(struct gates *gates, enum gate_id id, uint32_t a, uint32_t b, uint32_t c) {
    add(gates, id, (uint32_t[]){a, b, c}, 0);
}

static uint32_t below(struct gates *gates, uint32_t n) {
    return (uint32_t)(rng_uniform(gates->seed, gates->n_drawn++, 3, RNG_TEST) * n);
}

static void add_random(struct gates *gates, enum gate_id id) {
    uint32_t wires[GATE_MAX_QUBITS], n = gates->written.task.n_wires;
    for (unsigned i = 0; i < gate_get(id)->n_qubits; i++) {
        bool is_new = false;
        while (!is_new) {
            wires[i] = below(gates, n);
            is_new = true;
            for (unsigned j = 0; j < i; j++) {
                is_new = is_new && wires[j] != wires[i];
            }
        }
    }
    add(gates, id, wires, 0.1 * (double)below(gates, 60) - 3);
}

static void add_one_of(struct gates *gates, const enum gate_id *ids, uint32_t n) {
    add_random(gates, ids[below(gates, n)]);
}

static void add_flip(struct gates *gates) {
    static const enum gate_id ids[] = {GATE_X,   GATE_CX,  GATE_CX,  GATE_CCX,
                                       GATE_CCX, GATE_C3X, GATE_SWAP};
    add_one_of(gates, ids, sizeof ids / sizeof *ids);
}

static void add_middle(struct gates *gates) {
    static const enum gate_id ids[] = {GATE_Z,   GATE_T,   GATE_RZ,  GATE_CZ,  GATE_CP,
                                       GATE_RZZ, GATE_CCZ, GATE_CRZ, GATE_CX,  GATE_CCX,
                                       GATE_CH,  GATE_CRY, GATE_CU,  GATE_CSX, GATE_CSWAP};
    add_one_of(gates, ids, sizeof ids / sizeof *ids);
}

static void add_any(struct gates *gates) {
    add_random(gates, (enum gate_id)below(gates, GATE_COUNT));
}

/* Flips, something, most of the flips again backwards; at every place other gates may come. */
static void add_sandwich(struct gates *gates, uint32_t n_flips, uint32_t one_in) {
    const size_t first = gates->written.ops.n_ops;
    for (uint32_t i = 0; i < n_flips; i++) {
        add_flip(gates);
    }
    size_t last = gates->written.ops.n_ops;
    for (uint32_t i = 0; i <= below(gates, 3); i++) {
        add_middle(gates);
    }
    while (last-- > first) {
        uint32_t wires[GATE_MAX_QUBITS];
        const struct op op = gates->written.ops.ops[last];
        memcpy(wires, op_qubits(&gates->written.ops, &op), op.n_qubits * sizeof *wires);
        if (below(gates, one_in) > 0) {
            add(gates, (enum gate_id)op.which, wires, 0);
        }
        if (below(gates, one_in) == 0) {
            add_any(gates);
        }
    }
}

/* Largest difference of amplitudes, when b's phase is turned to that of a. */
static double distance(const double *a, const double *b, size_t n) {
    double re = 0, im = 0, most = 0;
    for (size_t i = 0; i < n; i++) {
        re += a[2 * i] * b[2 * i] + a[2 * i + 1] * b[2 * i + 1];
        im += a[2 * i + 1] * b[2 * i] - a[2 * i] * b[2 * i + 1];
    }
    const double size = sqrt(re * re + im * im);
    for (size_t i = 0; i < n; i++) {
        const double x = (b[2 * i] * re - b[2 * i + 1] * im) / size;
        const double y = (b[2 * i] * im + b[2 * i + 1] * re) / size;
        most = fmax(most, fmax(fabs(a[2 * i] - x), fabs(a[2 * i + 1] - y)));
    }
    return most;
}

/* In one call, or in calls of max_step gates. */
static uint32_t run(double *out, struct gates *gates, const struct layout_tuning *tuning,
                    size_t max_step) {
    struct engine *engine = NULL;
    uint32_t wires[MAX_NAIVE], n_peak = 0;
    uint64_t n_bytes = 0;
    cr_assert_eq(statevector_create(&engine, &gates->written.task, comm_world(), tuning),
                 STATUS_OK);
    for (size_t i = 0; i < gates->written.ops.n_ops; i += max_step) {
        const size_t rest = gates->written.ops.n_ops - i, n = rest < max_step ? rest : max_step;
        cr_assert_eq(engine->class->run(engine, i, i + n), STATUS_OK);
    }
    for (uint32_t i = 0; i < MAX_NAIVE; i++) {
        wires[i] = i;
    }
    if (out != NULL) {
        cr_assert_eq(engine->class->amplitudes(engine, out, wires, gates->written.task.n_wires),
                     STATUS_OK);
    }
    engine->class->usage(engine, &n_peak, &n_bytes);
    engine->class->destroy(engine);
    return n_peak;
}

static uint32_t plan(const struct gates *gates) {
    struct engine_figures figures;
    cr_assert_eq(statevector_plan(&figures, &gates->written.task, 1, &layout_tuning_default),
                 STATUS_OK);
    return figures.peak_group_qubits;
}

static void compare(struct gates *gates) {
    static double seen[2 << MAX_NAIVE], again[2 << MAX_NAIVE];
    const unsigned n = gates->written.task.n_wires;
    const size_t n_amps = (size_t)1 << n;
    struct naive_state naive;
    naive_init(&naive, n);
    for (size_t i = 0; i < gates->written.ops.n_ops; i++) {
        const struct op *op = &gates->written.ops.ops[i];
        naive_gate(&naive, (enum gate_id)op->which, op_params(&gates->written.ops, op),
                   op_qubits(&gates->written.ops, op));
    }
    omp_set_num_threads(1);
    const uint32_t n_peak = run(seen, gates, &tunings[gates->seed % 2], SIZE_MAX / 2);
    cr_assert_lt(distance(naive.amps, seen, n_amps), 1e-12, "seed %d", (int)gates->seed);
    cr_assert_leq(n_peak, plan(gates), "seed %d", (int)gates->seed);
    omp_set_num_threads(2);
    run(again, gates, &layout_tuning_default, SIZE_MAX / 2);
    cr_assert_eq(memcmp(again, seen, 2 * n_amps * sizeof *seen), 0, "seed %d", (int)gates->seed);
    naive_fini(&naive);
    written_fini(&gates->written);
}

Test(uncompute, random_sandwiches_agree_with_the_naive_state) {
    static struct gates gates;
    comm_start_alone();
    for (uint64_t seed = 0; seed < 400; seed++) {
        const uint32_t n_wires = 5 + (uint32_t)(seed % 4), one_in = 2 + (uint32_t)(seed % 9);
        gates_init(&gates, n_wires, seed);
        for (uint32_t i = 0; i < n_wires; i++) {
            if (below(&gates, 3) > 0) {
                add1(&gates, GATE_RY, i, 0.3 + 0.1 * i);
            }
        }
        for (uint32_t i = 0; i < 4; i++) {
            add_sandwich(&gates, 1 + below(&gates, 9), one_in);
        }
        compare(&gates);
    }
}

/* Flips and phases alone: conditions grow until they are given up. */
Test(uncompute, random_reversible_circuits_agree_with_the_naive_state) {
    static struct gates gates;
    comm_start_alone();
    for (uint64_t seed = 0; seed < 60; seed++) {
        gates_init(&gates, 6 + (uint32_t)(seed % 3), seed + 1000);
        for (uint32_t i = 0; i < gates.written.task.n_wires; i++) {
            add1(&gates, GATE_RY, i, 0.3 + 0.1 * i);
        }
        for (uint32_t i = 0; i < 300; i++) {
            if (below(&gates, 3) > 0) {
                add_flip(&gates);
            } else {
                add_middle(&gates);
            }
        }
        compare(&gates);
    }
}

/* ---- ladders ---- */

/* Ancilla i holds the AND of controls 0 .. i + 1. */
static void add_ladder(struct gates *gates, uint32_t n_controls, bool is_back) {
    for (uint32_t k = 0; k + 1 < n_controls; k++) {
        const uint32_t i = is_back ? n_controls - 2 - k : k, anc = n_controls + i;
        add3(gates, GATE_CCX, i == 0 ? 0 : anc - 1, i + 1, anc);
    }
}

static void open_ladder(struct gates *gates, uint32_t n_controls, uint32_t n_more) {
    gates_init(gates, 2 * n_controls - 1 + n_more, 7);
    for (uint32_t i = 0; i < n_controls; i++) {
        add1(gates, GATE_RY, i, 2.1 + 0.1 * i);
    }
    add_ladder(gates, n_controls, false);
}

/* Without the ancillas, and with them: what runs and plans take. */
static void expect_peak(struct gates *gates, uint32_t n_peak) {
    cr_assert_eq(plan(gates), n_peak, "planned %u", plan(gates));
    cr_assert_eq(run(NULL, gates, &layout_tuning_default, SIZE_MAX / 2), n_peak);
}

Test(uncompute, fresh_ancillas_are_in_no_vector) {
    static struct gates gates;
    comm_start_alone();
    for (int middle = 0; middle < 4; middle++) {
        open_ladder(&gates, 5, 1);
        switch (middle) {
        case 0:
            add1(&gates, GATE_Z, 8, 0);
            break;
        case 1:
            add2(&gates, GATE_CRZ, 8, 9, 0.7);
            break;
        case 2:
            add2(&gates, GATE_CX, 8, 9, 0);
            break;
        default:
            add2(&gates, GATE_CU3, 8, 9, 0.7);
            break;
        }
        add_ladder(&gates, 5, true);
        add1(&gates, GATE_H, 9, 0);
        expect_peak(&gates, middle < 2 ? 5 : 6);
        compare(&gates);
    }
}

Test(uncompute, what_is_computed_twice_cancels) {
    static struct gates gates;
    comm_start_alone();
    open_ladder(&gates, 4, 1);
    add2(&gates, GATE_CX, 6, 7, 0);
    add_ladder(&gates, 4, true);
    add1(&gates, GATE_T, 7, 0);
    add_ladder(&gates, 4, false);
    add2(&gates, GATE_CX, 6, 7, 0);
    add_ladder(&gates, 4, true);
    expect_peak(&gates, 4);
    compare(&gates);
}

Test(uncompute, other_gates_may_come_between) {
    static struct gates gates;
    comm_start_alone();
    open_ladder(&gates, 4, 2);
    add1(&gates, GATE_T, 6, 0);
    add1(&gates, GATE_H, 7, 0);
    add2(&gates, GATE_RXX, 7, 8, 0.4);
    add3(&gates, GATE_CCX, 5, 3, 6);
    add1(&gates, GATE_H, 3, 0); /* not a control of what is still to be undone */
    add3(&gates, GATE_CCX, 4, 2, 5);
    add3(&gates, GATE_CCX, 0, 1, 4);
    expect_peak(&gates, 4);
    compare(&gates);
}

Test(uncompute, ancillas_that_are_not_zero_are_kept) {
    static struct gates gates;
    comm_start_alone();
    open_ladder(&gates, 3, 0);
    gates.written.ops.n_ops = 0;
    for (uint32_t i = 0; i < 5; i++) {
        add1(&gates, GATE_RY, i, 2.1 + 0.1 * i);
    }
    add_ladder(&gates, 3, false);
    add1(&gates, GATE_T, 4, 0);
    add_ladder(&gates, 3, true);
    expect_peak(&gates, 5);
    compare(&gates);
    open_ladder(&gates, 4, 0); /* one rung is not undone, and another is mixed */
    add1(&gates, GATE_S, 6, 0);
    add3(&gates, GATE_CCX, 5, 3, 6);
    add3(&gates, GATE_CCX, 4, 2, 5);
    add1(&gates, GATE_H, 4, 0);
    add3(&gates, GATE_CCX, 0, 1, 4);
    expect_peak(&gates, 5);
    compare(&gates);
}

/* More controls than an operator has, more wires than a mask: as many rungs as fit go. */
Test(uncompute, long_ladders) {
    static struct gates gates;
    struct engine_figures figures;
    comm_start_alone();
    for (uint32_t n = 20; n < 40; n++) {
        open_ladder(&gates, n, 0);
        add1(&gates, GATE_Z, 2 * n - 2, 0);
        add_ladder(&gates, n, true);
        cr_assert_eq(statevector_plan(&figures, &gates.written.task, 1, &layout_tuning_default),
                     STATUS_OK);
        const uint32_t n_least = n <= 23 ? n : n + 1;
        cr_assert_geq(figures.peak_group_qubits, n_least);
        if (n <= 30) {
            cr_assert_leq(figures.peak_group_qubits, n_least, "%u: %u", n,
                          figures.peak_group_qubits);
        }
        written_fini(&gates.written);
    }
}

/* What is reserved for whole sections is enough when the same gates come in pieces, where shots
 * may part: plans then count on nothing. */
Test(uncompute, sections_that_may_end_anywhere) {
    static struct gates gates;
    comm_start_alone();
    gates_init(&gates, 10, 3);
    add1(&gates, GATE_H, 9, 0);
    struct op *op = NULL;
    cr_assert_eq(op_list_add(&gates.written.ops, &op, OP_MEASURE, (uint32_t[]){9}, 1, NULL, 0,
                             (struct src_loc){0}),
                 STATUS_OK);
    gates.written.modes[1] = ENGINE_MEASURE;
    for (uint32_t i = 0; i < 5; i++) {
        add1(&gates, GATE_RY, i, 2.1 + 0.1 * i);
    }
    add_ladder(&gates, 5, false);
    add1(&gates, GATE_T, 8, 0);
    add_ladder(&gates, 5, true);
    cr_assert_eq(plan(&gates), 9);
    cr_assert_eq(run(NULL, &gates, &layout_tuning_default, 1), 9);
    cr_assert_eq(run(NULL, &gates, &layout_tuning_default, SIZE_MAX / 2), 5);
    written_fini(&gates.written);
}

/* Toffolis as H, T and CX, which are one phase between two H. */
Test(uncompute, toffolis_of_smaller_gates) {
    static struct gates gates;
    comm_start_alone();
    for (uint32_t n = 3; n < 6; n++) {
        gates_init(&gates, n, n);
        for (uint32_t i = 0; i < n; i++) {
            add1(&gates, GATE_RY, i, 2.1 + 0.1 * i);
        }
        for (uint32_t i = 0; i + 2 < n; i++) {
            const uint32_t a = i, b = i + 1, c = i + 2;
            add1(&gates, GATE_H, c, 0);
            add2(&gates, GATE_CX, b, c, 0);
            add1(&gates, GATE_TDG, c, 0);
            add2(&gates, GATE_CX, a, c, 0);
            add1(&gates, GATE_T, c, 0);
            add2(&gates, GATE_CX, b, c, 0);
            add1(&gates, GATE_TDG, c, 0);
            add2(&gates, GATE_CX, a, c, 0);
            add1(&gates, GATE_T, b, 0);
            add1(&gates, GATE_T, c, 0);
            add1(&gates, GATE_H, c, 0);
            add2(&gates, GATE_CX, a, b, 0);
            add1(&gates, GATE_T, a, 0);
            add1(&gates, GATE_TDG, b, 0);
            add2(&gates, GATE_CX, a, b, 0);
        }
        compare(&gates);
    }
}

/* ---- terms ---- */

static bool value_of(const struct uncompute_product *product, uint64_t bits) {
    return (bits & product->mask) == (product->value & product->mask);
}

/* Angle in units of 2 pi / 360, or the function. */
static double evaluate(const struct uncompute_terms *terms, uint64_t bits) {
    double re = 1, im = 0;
    bool sum = false;
    for (unsigned i = 0; i < terms->n; i++) {
        const struct uncompute_term *term = &terms->terms[i];
        if (value_of(&term->where, bits)) {
            const double x = re * term->re - im * term->im;
            im = re * term->im + im * term->re;
            re = x;
            sum = !sum;
        }
    }
    return terms->is_phase ? 3 * re + im : sum;
}

Test(uncompute, terms_are_functions_of_bits) {
    enum { N_BITS = 6 };
    static struct gates gates; /* for its draws */
    size_t n_fit = 0;
    gates_init(&gates, 1, 99);
    for (int round = 0; round < 3000; round++) {
        struct uncompute_terms terms = {.is_phase = below(&gates, 2) > 0}, out;
        double expected[1 << N_BITS] = {0};
        for (uint32_t i = below(&gates, 6); i > 0; i--) {
            const double angle = below(&gates, 3) > 0 ? 1.1 : 3.14159265358979323846;
            struct uncompute_term term = {.where = {below(&gates, 64), below(&gates, 64)},
                                          .re = angle > 3 ? -1 : cos(angle),
                                          .im = angle > 3 ? 0 : sin(angle)};
            term.where.value &= term.where.mask;
            cr_assert(uncompute_add(&terms, &term));
        }
        for (uint64_t x = 0; x < 1 << N_BITS; x++) {
            expected[x] = evaluate(&terms, x);
        }
        const uint64_t t = UINT64_C(1) << below(&gates, N_BITS);
        struct uncompute_product c = {below(&gates, 64) & ~t, below(&gates, 64)};
        c.value &= c.mask;
        const bool is_zero = below(&gates, 2) > 0;
        if (!uncompute_substitute(&out, &terms, t, &c, is_zero)) {
            continue;
        }
        n_fit++;
        cr_assert(!is_zero || (uncompute_support(&out) & t) == 0);
        for (uint64_t x = 0; x < 1 << N_BITS; x++) {
            const uint64_t from = value_of(&c, x) ? x ^ t : x;
            if (!is_zero || (x & t) == 0) {
                cr_assert_float_eq(evaluate(&out, x), expected[from], 1e-12, "round %d", round);
            }
        }
    }
    cr_assert_gt(n_fit, 2000);
}
