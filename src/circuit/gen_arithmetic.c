/* Adders and the multi-controlled X. */
#include "circuit/gen_build.h"

/* Where an adder's qubits are. Bit i of the operands: a + i step, b + i step. */
struct adder {
    uint32_t carry_in, a, b, step, carry_out, n;
};

/* The qubit that holds the carry into bit i: the one before it holds a's bit i - 1. */
static uint32_t carry_of(const struct adder *adder, uint32_t i) {
    return i == 0 ? adder->carry_in : adder->a + (i - 1) * adder->step;
}

static enum status add_majority(struct gen_build *build, uint32_t carry, uint32_t b, uint32_t a) {
    TRY(gen_add2(build, GATE_CX, a, b));
    TRY(gen_add2(build, GATE_CX, a, carry));
    return gen_add3(build, GATE_CCX, carry, b, a);
}

/* Undoes the majority and leaves the sum in b. */
static enum status add_sum(struct gen_build *build, uint32_t carry, uint32_t b, uint32_t a) {
    TRY(gen_add3(build, GATE_CCX, carry, b, a));
    TRY(gen_add2(build, GATE_CX, a, carry));
    return gen_add2(build, GATE_CX, carry, b);
}

static enum status add_adder(struct gen_build *build, const struct adder *adder) {
    uint32_t step = adder->step;

    for (uint32_t i = 0; i < adder->n; i++) {
        if (gen_bit(build, GEN_A, i)) {
            TRY(gen_add1(build, GATE_X, adder->a + i * step));
        }
        if (gen_bit(build, GEN_B, i)) {
            TRY(gen_add1(build, GATE_X, adder->b + i * step));
        }
    }
    for (uint32_t i = 0; i < adder->n; i++) {
        TRY(add_majority(build, carry_of(adder, i), adder->b + i * step, adder->a + i * step));
    }
    TRY(gen_add2(build, GATE_CX, adder->a + (adder->n - 1) * step, adder->carry_out));
    for (uint32_t i = adder->n; i-- > 0;) {
        TRY(add_sum(build, carry_of(adder, i), adder->b + i * step, adder->a + i * step));
    }
    TRY(circuit_add_creg(build->circuit, "c", (uint64_t)adder->n + 1,
                         (struct src_loc){.file = "(made)"}));
    for (uint32_t i = 0; i < adder->n; i++) {
        TRY(gen_add_measure(build, adder->b + i * step, i));
    }
    return gen_add_measure(build, adder->carry_out, adder->n);
}

static enum status check_adder(const struct gen_build *build) {
    TRY(gen_check_bits(build, GEN_A, build->n));
    TRY(gen_check_bits(build, GEN_B, build->n));
    return gen_limit(build, 9.0 * build->n + 2);
}

enum status gen_build_cuccaro(struct gen_build *build) {
    struct adder adder = {.step = 1, .n = build->n};

    TRY(check_adder(build));
    TRY(gen_add_qreg(build, &adder.carry_in, "cin", 1));
    TRY(gen_add_qreg(build, &adder.a, "a", build->n));
    TRY(gen_add_qreg(build, &adder.b, "b", build->n));
    TRY(gen_add_qreg(build, &adder.carry_out, "cout", 1));
    return add_adder(build, &adder);
}

enum status gen_build_rca(struct gen_build *build) {
    uint32_t n = build->n;
    struct adder adder = {.carry_in = 0, .b = 1, .a = 2, .step = 2, .n = n};

    TRY(check_adder(build));
    TRY(gen_add_qreg(build, NULL, "q", 2 * n + 2));
    adder.carry_out = 2 * n + 1;
    return add_adder(build, &adder);
}

/* x on `target` if m controls are 1: those from `control` on and, unless UINT32_MAX, `last`. The
 * m - 2 qubits from `dirty` on are borrowed, in any state, and left in it: the chain of ANDs is run
 * over twice, so that what it adds to them cancels. */
struct ladder {
    uint32_t control, n_controls, last, dirty, target;
};

static uint32_t control_at(const struct ladder *ladder, uint32_t i) {
    return i < ladder->n_controls ? ladder->control + i : ladder->last;
}

/* Rung k > 0: dirty[k - 1] and control k + 1 act on dirty[k] (at the top on the target). */
static enum status add_rung(struct gen_build *build, const struct ladder *ladder, uint32_t k,
                            uint32_t top) {
    uint32_t a = k == 0 ? control_at(ladder, 0) : ladder->dirty + k - 1;

    return gen_add3(build, GATE_CCX, a, control_at(ladder, k + 1),
                    k == top ? ladder->target : ladder->dirty + k);
}

static enum status add_ladder(struct gen_build *build, const struct ladder *ladder) {
    uint32_t m = ladder->n_controls + (ladder->last != UINT32_MAX);
    uint32_t top = m - 2;

    if (m == 2) {
        return add_rung(build, ladder, 0, 0);
    }
    for (uint32_t pass = 0; pass < 2; pass++) {
        uint32_t high = top - pass;
        for (uint32_t k = high; k > 0; k--) {
            TRY(add_rung(build, ladder, k, top));
        }
        for (uint32_t k = 0; k <= high; k++) {
            TRY(add_rung(build, ladder, k, top));
        }
    }
    return STATUS_OK;
}

/* Qubits: n - 2 controls, the borrowed one, the target. The first half of the controls acts on the
 * borrowed qubit, the second half with it on the target; each half borrows from the other. */
enum status gen_build_mctr(struct gen_build *build) {
    uint32_t n = build->n, borrowed = n - 2, target = n - 1;
    uint32_t m1 = n / 2, m2 = n - 2 - m1;
    struct ladder low = {.control = 0, .n_controls = m1, .last = UINT32_MAX, .dirty = m1};
    struct ladder high = {.control = m1, .n_controls = m2, .last = borrowed, .dirty = 0};

    low.target = borrowed;
    high.target = target;
    TRY(gen_check_bits(build, GEN_VALUE, n));
    TRY(gen_limit(build, 10.0 * n));
    TRY(gen_add_qreg(build, NULL, "q", n));
    if (gen_is_given(build->args, GEN_VALUE)) {
        TRY(gen_prepare(build, GEN_VALUE, 0, n));
    } else {
        for (uint32_t i = 0; i < n - 2; i++) {
            TRY(gen_add1(build, GATE_X, i));
        }
    }
    for (int twice = 0; twice < 2; twice++) {
        TRY(add_ladder(build, &high));
        TRY(add_ladder(build, &low));
    }
    return gen_measure_range(build, 0, n);
}
