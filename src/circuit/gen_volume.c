/* Quantum volume: Haar-random two-qubit gates, drawn in the form k1 A k2 in which they are made.
 *
 * Every two-qubit unitary is, up to a phase, (one-qubit gates) exp(i (a XX + b YY + c ZZ))
 * (one-qubit gates). Haar's measure is that of the one-qubit gates times |(u - v) (u - w) (v - w)|
 * da db dc with u, v, w = cos 4a, cos 4b, cos 4c (Watts, O'Connor, Vala, arXiv:1306.2811), which is
 * drawn by rejection; nothing is decomposed. */
#include <math.h>

#include "base/detmath.h"
#include "base/mem.h"
#include "circuit/gen_build.h"

/* Haar-random: sin^2(theta / 2) and the phases are uniform. */
static enum status add_one_qubit(struct gen_build *build, uint32_t qb) {
    double u = gen_draw(build);
    double params[3] = {2 * gen_angle(sqrt(u), sqrt(1 - u)), 2 * GEN_PI * gen_draw(build), 0};

    params[2] = 2 * GEN_PI * gen_draw(build);
    return op_list_add_gate(&build->circuit->ops, GATE_U3, &qb, params,
                            (struct src_loc){.file = "(made)"});
}

static void draw_interaction(struct gen_build *build, double *out_angles) {
    double cosines[3], weight;

    do {
        for (int i = 0; i < 3; i++) {
            double sine;
            out_angles[i] = GEN_PI / 2 * gen_draw(build);
            det_sincos(&sine, &cosines[i], 4 * out_angles[i]);
        }
        weight =
            fabs((cosines[0] - cosines[1]) * (cosines[0] - cosines[2]) * (cosines[1] - cosines[2]));
    } while (2 * gen_draw(build) >= weight); /* at most 2 */
}

/* exp(i (a XX + b YY + c ZZ)) up to its phase: Vatan, Williams, quant-ph/0308006, figure 6. */
static enum status add_interaction(struct gen_build *build, const double *angles, uint32_t p,
                                   uint32_t q) {
    double right = GEN_PI / 2;

    TRY(gen_add_turn(build, GATE_RZ, -right, q));
    TRY(gen_add2(build, GATE_CX, q, p));
    TRY(gen_add_turn(build, GATE_RZ, right - 2 * angles[2], p));
    TRY(gen_add_turn(build, GATE_RY, 2 * angles[0] - right, q));
    TRY(gen_add2(build, GATE_CX, p, q));
    TRY(gen_add_turn(build, GATE_RY, right - 2 * angles[1], q));
    TRY(gen_add2(build, GATE_CX, q, p));
    return gen_add_turn(build, GATE_RZ, right, p);
}

static enum status add_block(struct gen_build *build, uint32_t p, uint32_t q) {
    double angles[3];

    TRY(add_one_qubit(build, p));
    TRY(add_one_qubit(build, q));
    draw_interaction(build, angles);
    TRY(add_interaction(build, angles, p, q));
    TRY(add_one_qubit(build, p));
    return add_one_qubit(build, q);
}

enum status gen_build_quantum_volume(struct gen_build *build) {
    uint32_t n = build->n;
    uint64_t n_layers = gen_count_or(build, GEN_LAYERS, n);

    TRY(gen_limit(build, 6.0 * n * (double)n_layers + n));
    TRY(gen_add_qreg(build, NULL, "q", n));
    uint32_t *order = mem_alloc(n, sizeof *order);
    if (!order) {
        return STATUS_NOFIT;
    }
    for (uint32_t i = 0; i < n; i++) {
        order[i] = i;
    }
    enum status status = STATUS_OK;
    for (uint64_t layer = 0; layer < n_layers && status == STATUS_OK; layer++) {
        gen_shuffle(build, order, n);
        for (uint32_t i = 0; i + 1 < n && status == STATUS_OK; i += 2) {
            status = add_block(build, order[i], order[i + 1]);
        }
    }
    mem_free(order);
    return status == STATUS_OK ? gen_measure_range(build, 0, n) : status;
}
