#include "circuit/gen_build.h"

#include <math.h>

#include "base/bits.h"
#include "base/detmath.h"
#include "base/log.h"
#include "base/rng.h"

/* Ops of a generated circuit beyond which it is refused, as for files. */
enum { MAX_OPS = 1 << 28 };

/* Field `shot` of the counter: draws in sequence, bits of operands that were not
 * given, places that a builder numbers. */
enum { DRAW_SEQUENCE = 0, DRAW_OPERAND = 1, DRAW_PLACE = 2 };

static const struct src_loc nowhere = {.file = "(made)"};

double gen_real(const struct gen_build *build, enum gen_param param) {
    return gen_is_given(build->args, param) ? build->args->real[param] : gen_params[param].fallback;
}

uint64_t gen_count_or(const struct gen_build *build, enum gen_param param, uint64_t fallback) {
    return gen_is_given(build->args, param) ? build->args->count[param] : fallback;
}

enum status gen_limit(const struct gen_build *build, double n_ops) {
    if (n_ops <= MAX_OPS) {
        return STATUS_OK;
    }
    if (build->n == 0) {
        return log_error(STATUS_NOFIT,
                         "%s: these parameters need %.3g operations; at most %d are possible",
                         build->generator->name, n_ops, (int)MAX_OPS);
    }
    return log_error(STATUS_NOFIT,
                     "%s: --n %u with these parameters needs %.3g operations; at most %d are "
                     "possible",
                     build->generator->name, build->n, n_ops, (int)MAX_OPS);
}

enum status gen_add_qreg(struct gen_build *build, uint32_t *out_first, const char *name,
                         uint32_t n) {
    uint32_t first = build->circuit->n_qubits;

    TRY(circuit_add_qreg(build->circuit, name, n, nowhere));
    if (out_first) {
        *out_first = first;
    }
    return STATUS_OK;
}

enum status gen_add1(struct gen_build *build, enum gate_id gate, uint32_t qb) {
    return op_list_add_gate(&build->circuit->ops, gate, &qb, NULL, nowhere);
}

enum status gen_add_turn(struct gen_build *build, enum gate_id gate, double angle, uint32_t qb) {
    return op_list_add_gate(&build->circuit->ops, gate, &qb, &angle, nowhere);
}

enum status gen_add2(struct gen_build *build, enum gate_id gate, uint32_t a, uint32_t b) {
    return op_list_add_gate(&build->circuit->ops, gate, (const uint32_t[]){a, b}, NULL, nowhere);
}

enum status gen_add_turn2(struct gen_build *build, enum gate_id gate, double angle, uint32_t a,
                          uint32_t b) {
    return op_list_add_gate(&build->circuit->ops, gate, (const uint32_t[]){a, b}, &angle, nowhere);
}

enum status gen_add3(struct gen_build *build, enum gate_id gate, uint32_t a, uint32_t b,
                     uint32_t c) {
    return op_list_add_gate(&build->circuit->ops, gate, (const uint32_t[]){a, b, c}, NULL, nowhere);
}

enum status gen_add_measure(struct gen_build *build, uint32_t qb, uint32_t bit) {
    struct op *op;

    TRY(op_list_add(&build->circuit->ops, &op, OP_MEASURE, &qb, 1, NULL, 0, nowhere));
    op->bit = bit;
    build->circuit->measures = true;
    return STATUS_OK;
}

enum status gen_measure_range(struct gen_build *build, uint32_t first, uint32_t n) {
    TRY(circuit_add_creg(build->circuit, "c", n, nowhere));
    for (uint32_t i = 0; i < n; i++) {
        TRY(gen_add_measure(build, first + i, i));
    }
    return STATUS_OK;
}

enum status gen_check_bits(const struct gen_build *build, enum gen_param param, uint32_t n) {
    uint64_t value = build->args->count[param];

    if (gen_is_given(build->args, param) && n < 64 && value >> n != 0) {
        return log_error(STATUS_USAGE, "%s: --%s %llu does not fit into %u bit%s",
                         build->generator->name, gen_params[param].name, (unsigned long long)value,
                         n, n == 1 ? "" : "s");
    }
    return STATUS_OK;
}

bool gen_bit(const struct gen_build *build, enum gen_param param, uint32_t i) {
    if (gen_is_given(build->args, param)) {
        return i < 64 && (build->args->count[param] & BIT64(i)) != 0;
    }
    uint64_t site = (uint64_t)param << 32 | i;
    return rng_uniform(build->seed, site, DRAW_OPERAND, RNG_GENERATE) < 0.5;
}

enum status gen_prepare(struct gen_build *build, enum gen_param param, uint32_t first, uint32_t n) {
    TRY(gen_check_bits(build, param, n));
    for (uint32_t i = 0; i < n; i++) {
        if (gen_bit(build, param, i)) {
            TRY(gen_add1(build, GATE_X, first + i));
        }
    }
    return STATUS_OK;
}

double gen_draw(struct gen_build *build) {
    return rng_uniform(build->seed, build->n_drawn++, DRAW_SEQUENCE, RNG_GENERATE);
}

double gen_draw_at(const struct gen_build *build, uint64_t site) {
    return rng_uniform(build->seed, site, DRAW_PLACE, RNG_GENERATE);
}

uint32_t gen_draw_below(struct gen_build *build, uint32_t n) {
    return (uint32_t)(gen_draw(build) * n);
}

void gen_shuffle(struct gen_build *build, uint32_t *items, uint32_t n) {
    for (uint32_t i = n; i > 1; i--) {
        uint32_t j = gen_draw_below(build, i);
        uint32_t kept = items[i - 1];
        items[i - 1] = items[j];
        items[j] = kept;
    }
}

double gen_angle(double y, double x) {
    double size = sqrt(x * x + y * y), angle = GEN_PI / 4;

    /* e is the sine of what is missing; each step leaves about a sixth of its cube. */
    for (int step = 0; step < 5; step++) {
        double s, c;
        det_sincos(&s, &c, angle);
        angle += (y * c - x * s) / size;
    }
    return angle;
}
