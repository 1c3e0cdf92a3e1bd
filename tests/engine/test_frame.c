/* Frames: maps of gates against unitaries, loops, rates with closed forms, the same bits for any
 * batch and ISA, what is refused. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/rng.h"
#include "engine/frame/frame.h"
#include "engine/frame/frame_gate.h"
#include "support/dense.h"
#include "support/messages.h"

struct list {
    struct op_list ops;
    uint32_t n_qubits, n_bits;
};

static const struct src_loc nowhere = {NULL, 0, 0};

static struct op *add(struct list *list, enum op_kind kind, unsigned which, const uint32_t *qubits,
                      size_t n, const double *params, size_t n_params) {
    struct op *op;
    cr_assert_eq(op_list_add(&list->ops, &op, kind, qubits, n, params, n_params, nowhere),
                 STATUS_OK);
    op->which = (uint16_t)which;
    return op;
}

static void add_noise(struct list *list, enum op_noise noise, double p, uint32_t qubit) {
    add(list, OP_NOISE, noise, &qubit, 1, &p, 1);
}

static void add_measure(struct list *list, uint32_t qubit) {
    add(list, OP_MEASURE, 0, &qubit, 1, NULL, 0)->bit = list->n_bits++;
}

static void add_gate(struct list *list, enum gate_id gate, uint32_t a, uint32_t b) {
    const uint32_t qubits[2] = {a, b};
    add(list, OP_GATE, gate, qubits, gate_get(gate)->n_qubits, NULL, 0);
}

static void add_detector(struct list *list, uint32_t back) {
    uint32_t expr;
    cr_assert_eq(expr_add(&list->ops, &expr, (struct expr){.kind = EXPR_REC, .a = back}),
                 STATUS_OK);
    add(list, OP_DETECTOR, 0, NULL, 0, NULL, 0)->expr = expr;
}

static struct frame_plan *compile(const struct list *list) {
    const struct frame_task task = {.ops = &list->ops, .n_qubits = list->n_qubits};
    struct frame_plan *plan;
    cr_assert_eq(frame_plan_create(&plan, &task), STATUS_OK);
    return plan;
}

static struct frame_state *prepare(const struct frame_plan *plan, uint32_t n_blocks) {
    const struct frame_options options = {
        .seed = 5, .n_blocks = n_blocks, .keeps_records = true, .keeps_detectors = true};
    struct frame_state *state;
    cr_assert_eq(frame_state_create(&state, plan, &options), STATUS_OK);
    return state;
}

static double rate(const struct frame_state *state, enum frame_output output, size_t row,
                   uint32_t n_blocks) {
    const uint64_t *words = frame_row(state, output, row);
    uint64_t n = 0;
    for (size_t w = 0; w < 16 * (size_t)n_blocks; w++) {
        n += (uint64_t)bits_popcount(words[w]);
    }
    return (double)n / (1024.0 * n_blocks);
}

static void expect_rate(double got, double want, double n_shots) {
    const double sigma = sqrt(want * (1 - want) / n_shots);
    cr_expect(fabs(got - want) <= 5 * sigma + 1e-12, "rate %g, expected %g +- %g", got, want,
              sigma);
}

/* U P U^dagger by matrices for each Clifford of the table, on the rows of unit strings. */
Test(frame, maps_of_gates_are_those_of_unitaries) {
    struct frame_cores cores;
    unsigned n_cores = 0;
    frame_cores_init(&cores);
    for (unsigned gate = 0; gate < GATE_COUNT; gate++) {
        const struct gate_info *info = gate_get((enum gate_id)gate);
        double matrix[GATE_MAX_MATRIX];
        struct pauli_map map;
        if (!info->is_clifford || info->n_params > 0) {
            continue;
        }
        const unsigned k = info->n_qubits;
        pauli_map_from_gate(&map, (enum gate_id)gate, NULL);
        const enum frame_core core = frame_cores_find(&cores, &map);
        cr_assert(core != FRAME_CORE_COUNT || gate == GATE_ECR, "%s has no core", info->name);
        if (core == FRAME_CORE_COUNT) {
            continue;
        }
        n_cores++;
        gate_unitary(matrix, (enum gate_id)gate, NULL);
        struct dense u, u_dagger, p, image, product, want;
        dense_from_array(&u, matrix, k);
        dense_dagger(&u_dagger, &u);
        for (unsigned j = 0; j < 2 * k; j++) {
            uint32_t v = 0;
            for (unsigned i = 0; i < 2 * k; i++) {
                v |= (cores.image[core][i] >> j & 1) << i;
            }
            dense_pauli(&p, 1u << j, k);
            dense_mul(&product, &u, &p);
            dense_mul(&image, &product, &u_dagger);
            dense_pauli(&want, v, k);
            cr_expect_lt(dense_distance_up_to_phase(&image, &want), 1e-9, "%s row %u", info->name,
                         j);
        }
    }
    cr_expect_gt(n_cores, 40);
}

/* X_ERROR(p) before each of 100 rounds of MR: each detector at rate p, in a loop or not. */
static void build_rounds(struct list *list, bool is_loop, double p) {
    size_t open = 0;
    list->n_qubits = 3;
    if (is_loop) {
        cr_assert_eq(op_list_open(&list->ops, &open, OP_REPEAT, OP_NO_EXPR, 100, nowhere),
                     STATUS_OK);
    }
    for (int round = 0; round < (is_loop ? 1 : 100); round++) {
        add_noise(list, NOISE_X, p, 1);
        add_measure(list, 1);
        add_detector(list, 1);
    }
    if (is_loop) {
        cr_assert_eq(op_list_close(&list->ops, open, nowhere), STATUS_OK);
    }
}

/* In round r the frame has had r errors: 1/2 - (1 - 2p)^r / 2. */
Test(frame, loops_and_rates) {
    static const double rates[] = {1e-4, 0.004, 0.02, 0.05, 0.3};
    enum { N_BLOCKS = 64 };
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        for (int is_loop = 0; is_loop < 2; is_loop++) {
            struct list list = {0};
            build_rounds(&list, is_loop != 0, rates[i]);
            struct frame_plan *plan = compile(&list);
            cr_assert_eq(plan->n_records, 100);
            cr_assert_eq(plan->n_detectors, 100);
            struct frame_state *state = prepare(plan, N_BLOCKS);
            frame_state_run(state, 3, NULL, NULL);
            for (size_t r = 0; r < 100; r += 9) {
                const double want = 0.5 - 0.5 * pow(1 - 2 * rates[i], (double)r + 1);
                expect_rate(rate(state, FRAME_OUT_DETECTORS, r, N_BLOCKS), want, 1024.0 * N_BLOCKS);
                cr_assert_arr_eq(frame_row(state, FRAME_OUT_DETECTORS, r),
                                 frame_row(state, FRAME_OUT_RECORDS, r), 128 * N_BLOCKS);
            }
            frame_state_destroy(state);
            frame_plan_destroy(plan);
            op_list_fini(&list.ops);
        }
    }
}

/* Letters of two-qubit noise: commuting with ZI, IZ, XI, IX tells all 16 apart. */
static void check_letters(const double *p, enum op_noise noise, const double *params,
                          size_t n_params) {
    enum { N_BLOCKS = 64 };
    static const uint32_t pair[2] = {2, 0};
    struct list list = {.n_qubits = 4};
    /* Bell pairs (2, 1) and (0, 3): XX and ZZ of each see its letter */
    for (unsigned i = 0; i < 2; i++) {
        add_gate(&list, GATE_H, i == 0 ? 2 : 0, 0);
        add_gate(&list, GATE_CX, i == 0 ? 2 : 0, i == 0 ? 1 : 3);
    }
    add(&list, OP_NOISE, noise, pair, 2, params, n_params);
    for (unsigned i = 0; i < 2; i++) {
        add_gate(&list, GATE_CX, i == 0 ? 2 : 0, i == 0 ? 1 : 3);
        add_gate(&list, GATE_H, i == 0 ? 2 : 0, 0);
        add_measure(&list, i == 0 ? 1 : 3); /* x part */
        add_measure(&list, i == 0 ? 2 : 0); /* z part */
    }
    struct frame_plan *plan = compile(&list);
    struct frame_state *state = prepare(plan, N_BLOCKS);
    uint64_t n[16] = {0};
    frame_state_run(state, 0, NULL, NULL);
    for (size_t s = 0; s < 1024 * N_BLOCKS; s++) {
        unsigned letters = 0;
        for (unsigned i = 0; i < 2; i++) {
            const bool x = bits_get(frame_row(state, FRAME_OUT_RECORDS, 2 * i), s);
            const bool z = bits_get(frame_row(state, FRAME_OUT_RECORDS, 2 * i + 1), s);
            letters = 4 * letters + (x ? (z ? 2 : 1) : (z ? 3 : 0));
        }
        n[letters]++;
    }
    for (unsigned i = 1; i < 16; i++) {
        expect_rate((double)n[i] / (1024.0 * N_BLOCKS), p[i - 1], 1024.0 * N_BLOCKS);
    }
    frame_state_destroy(state);
    frame_plan_destroy(plan);
    op_list_fini(&list.ops);
}

Test(frame, letters_of_noise) {
    double p[15], sum = 0;
    for (double any = 0.015; any < 1; any *= 30) { /* rare, then frequent */
        for (unsigned i = 0; i < 15; i++) {
            p[i] = any / 15;
        }
        check_letters(p, NOISE_DEPOLARIZE2, &any, 1);
    }
    for (double scale = 1e-4; scale < 0.01; scale *= 50) {
        sum = 0;
        for (unsigned i = 0; i < 15; i++) {
            p[i] = i % 4 == 1 ? 0 : scale * i;
            sum += p[i];
        }
        cr_assert_lt(sum, 1);
        check_letters(p, NOISE_PAULI2, p, 15);
    }
}

/* Shot s does not depend on batches, nor on the ISA. */
Test(frame, same_bits_for_any_batch_and_isa) {
    static const char *const isas[] = {"scalar", "avx2", "avx512"};
    struct list list = {0};
    build_rounds(&list, true, 0.003);
    add_noise(&list, NOISE_DEPOLARIZE1, 0.2, 0);
    add_gate(&list, GATE_H, 2, 0);
    add_gate(&list, GATE_CX, 2, 0);
    add_measure(&list, 0);
    add_measure(&list, 2);
    struct frame_plan *plan = compile(&list);
    struct frame_state *whole = prepare(plan, 6);
    frame_state_run(whole, 2, NULL, NULL);
    for (unsigned isa = 0; isa < 3; isa++) {
        enum cpu_isa best;
        unsetenv("QSPAN_ISA");
        cr_assert_eq(cpu_detect_isa(&best), STATUS_OK);
        if (isa > (unsigned)best) {
            continue;
        }
        setenv("QSPAN_ISA", isas[isa], 1);
        for (uint32_t n_blocks = 1; n_blocks <= 3; n_blocks++) {
            struct frame_state *part = prepare(plan, n_blocks);
            for (uint32_t b = 0; b < 6; b += n_blocks) {
                volatile sig_atomic_t told = 1;
                cr_assert_not(frame_state_run(part, 2 + b, NULL, &told)); /* leaves nothing */
                told = 0;
                cr_assert(frame_state_run(part, 2 + b, NULL, &told));
                for (size_t r = 0; r < plan->n_records; r++) {
                    cr_assert_arr_eq(frame_row(part, FRAME_OUT_RECORDS, r),
                                     frame_row(whole, FRAME_OUT_RECORDS, r) + 16 * b,
                                     128 * n_blocks, "%s, %u blocks", isas[isa], n_blocks);
                }
            }
            frame_state_destroy(part);
        }
    }
    frame_state_destroy(whole);
    frame_plan_destroy(plan);
    op_list_fini(&list.ops);
}

/* Without kept outputs memory does not grow with rounds. */
Test(frame, memory_is_that_of_the_batch) {
    struct list list = {.n_qubits = 1};
    size_t open;
    cr_assert_eq(op_list_open(&list.ops, &open, OP_REPEAT, OP_NO_EXPR, UINT64_C(1) << 50, nowhere),
                 STATUS_OK);
    add_measure(&list, 0);
    add_detector(&list, 1);
    cr_assert_eq(op_list_close(&list.ops, open, nowhere), STATUS_OK);
    struct frame_plan *plan = compile(&list);
    const struct frame_options lean = {.n_blocks = 1},
                               keeps = {.n_blocks = 1, .keeps_records = true};
    cr_expect_eq(plan->n_records, UINT64_C(1) << 50);
    cr_expect_lt(frame_state_bytes(plan, &lean), 1 << 20);
    cr_expect_gt(frame_state_bytes(plan, &keeps), UINT64_C(1) << 54);
    frame_plan_destroy(plan);
    op_list_fini(&list.ops);
}

Test(frame, what_is_no_frame_is_refused) {
    struct list list = {.n_qubits = 2};
    struct frame_plan *plan = NULL;
    const char *reason;
    size_t at;
    add_gate(&list, GATE_H, 0, 0);
    add_gate(&list, GATE_T, 1, 0);
    const struct frame_task task = {.ops = &list.ops, .n_qubits = 2};
    messages_keep();
    cr_expect_eq(frame_plan_create(&plan, &task), STATUS_INPUT);
    cr_expect_null(plan);
    cr_expect_not(frame_plan_is_possible(&task, &at, &reason));
    cr_expect_eq(at, 1);
    cr_expect_str_eq(reason, "it is no Clifford gate");
    log_set_sink(NULL, NULL);
    op_list_fini(&list.ops);
}
