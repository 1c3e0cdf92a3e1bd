/* Proofs of programs with WHILE, against dense Choi matrices of all runs of so many rounds. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

#include "comm/comm.h"
#include "support/messages.h"
#include "support/random_map.h"
#include "verify/against.h"

static void start(void) {
    comm_start_alone();
    messages_keep(); /* what the static checks say of random programs */
}
TestSuite(loops, .init = start);

static const struct src_loc nowhere;

static void add_any(struct op_list *ops, struct random_stream *stream, uint32_t n_gates) {
    static const enum gate_id gates[] = {GATE_X,  GATE_Z,  GATE_H,     GATE_S, GATE_CX,
                                         GATE_CZ, GATE_CX, GATE_ISWAP, GATE_T, GATE_CP};
    const enum gate_id gate = gates[random_below(stream, n_gates)];
    const double angle = 0.1 + random_unit(stream);
    uint32_t wires[2] = {random_below(stream, RANDOM_MAP_WIRES), 0};
    wires[1] = (wires[0] + 1 + random_below(stream, RANDOM_MAP_WIRES - 1)) % RANDOM_MAP_WIRES;
    cr_assert_eq(op_list_add_gate(ops, gate, wires, &angle, nowhere), STATUS_OK);
}

static void add_clifford(struct op_list *ops, struct random_stream *stream, bool is_conditional) {
    add_any(ops, stream, is_conditional ? 2 : 8);
}

static void add_gate(struct op_list *ops, struct random_stream *stream, bool is_conditional) {
    (void)is_conditional;
    add_any(ops, stream, 10);
}

/* What was decided, and how. */
struct verdicts {
    unsigned n_equal, n_different, n_unlike, n_dense;
};

/* The program against the same without its loop, the same, or one with another X or Z in it. */
static struct program *create_target(uint64_t seed, uint32_t n_ops, random_map_gate *add) {
    if (seed % 3 == 0) {
        return random_map_create(seed, n_ops, add);
    }
    struct random_stream stream = {.seed = seed + 1000};
    struct program *target = random_map_create_loop(seed, n_ops, add);
    for (unsigned tries = 0; seed % 3 == 1 && tries < 100; tries++) {
        struct op *op = &target->ops.ops[random_below(&stream, (uint32_t)target->ops.n_ops)];
        if (op->kind == OP_GATE && (op->which == GATE_X || op->which == GATE_Z)) {
            op->which = op->which == GATE_X ? GATE_Z : GATE_X;
            break;
        }
        if (random_map_move(target, op, &stream)) {
            break;
        }
    }
    return target;
}

static void judge(struct verdicts *verdicts, uint64_t seed, random_map_gate *add) {
    const uint32_t n_ops = 4 + (uint32_t)(seed % 8), max_rounds = 1 + (uint32_t)(seed % 4);
    struct program *program = random_map_create_loop(seed, n_ops, add);
    struct program *target = create_target(seed, n_ops, add);
    bool is_equal = false;
    double lost, target_lost;
    const bool is_same =
        random_map_is_same_within(&lost, &target_lost, program, target, max_rounds);
    const bool is_unlike = lost > 1 - 1e-9 || target_lost > 1 - 1e-9 ||
                           (seed % 3 != 0 && fabs(lost - target_lost) > 1e-9);
    const enum status status = verify_is_equal(&is_equal, program, NULL, target, max_rounds);
    cr_assert_eq(status, is_unlike ? STATUS_UNVERIFIED : STATUS_OK, "seed %lu",
                 (unsigned long)seed);
    cr_assert(is_unlike || is_equal == is_same, "seed %lu", (unsigned long)seed);
    if (is_equal) {
        struct verify_proof proof;
        cr_assert_eq(verify_against(&proof, program, NULL, target, max_rounds), STATUS_OK);
        cr_assert(proof.is_proved);
        cr_assert_float_eq(proof.left_out, lost, 1e-9, "seed %lu: %.17g", (unsigned long)seed,
                           proof.left_out);
        cr_assert_eq(proof.max_rounds, max_rounds);
        verdicts->n_dense += proof.is_dense;
        verify_proof_fini(&proof);
    }
    verdicts->n_equal += is_equal;
    verdicts->n_different += !is_unlike && !is_equal;
    verdicts->n_unlike += is_unlike;
    program_destroy(program);
    program_destroy(target);
}

static struct verdicts judge_all(uint64_t n, random_map_gate *add) {
    struct verdicts verdicts = {0};
    for (uint64_t seed = 0; seed < n; seed++) {
        judge(&verdicts, seed, add);
    }
    printf("random loops: %u equal, %u different, %u not as likely to end; %u equal on state "
           "vectors\n",
           verdicts.n_equal, verdicts.n_different, verdicts.n_unlike, verdicts.n_dense);
    return verdicts;
}

Test(loops, of_cliffords_agree_with_choi_matrices) {
    const struct verdicts verdicts = judge_all(120, add_clifford);
    cr_assert(verdicts.n_equal > 60 && verdicts.n_different > 20 && verdicts.n_unlike > 5);
}

Test(loops, of_other_gates_agree_with_choi_matrices) {
    const struct verdicts verdicts = judge_all(60, add_gate);
    cr_assert(verdicts.n_equal > 30 && verdicts.n_different > 8 && verdicts.n_unlike > 2);
}
