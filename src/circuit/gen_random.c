/* Random circuits of one- and two-qubit gates. */
#include "base/mem.h"
#include "circuit/gen_build.h"

enum status gen_build_brick(struct gen_build *build) {
    static const enum gate_id turns[] = {GATE_RX, GATE_RY, GATE_RZ};
    uint32_t n = build->n;
    uint64_t n_layers = gen_count_or(build, GEN_LAYERS, n);

    TRY(gen_limit(build, 1.5 * n * (double)n_layers + n));
    TRY(gen_add_qreg(build, NULL, "q", n));
    for (uint64_t layer = 0; layer < n_layers; layer++) {
        for (uint32_t i = 0; i < n; i++) {
            enum gate_id gate = turns[gen_draw_below(build, 3)];
            TRY(gen_add_turn(build, gate, 2 * GEN_PI * gen_draw(build), i));
        }
        for (uint32_t i = (uint32_t)(layer % 2); i + 1 < n; i += 2) {
            TRY(gen_add2(build, GATE_CZ, i, i + 1));
        }
    }
    return gen_measure_range(build, 0, n);
}

static enum status add_cz_layer(struct gen_build *build, uint32_t *pool, double fraction) {
    uint32_t n_pool = 0;

    for (uint32_t i = 0; i < build->n; i++) {
        if (gen_draw(build) < fraction) {
            pool[n_pool++] = i;
        } else {
            TRY(gen_add1(build, GATE_H, i));
        }
    }
    gen_shuffle(build, pool, n_pool);
    for (uint32_t i = 0; i + 1 < n_pool; i += 2) {
        TRY(gen_add2(build, GATE_CZ, pool[i], pool[i + 1]));
    }
    return STATUS_OK;
}

enum status gen_build_cz_fraction(struct gen_build *build) {
    uint32_t n = build->n;
    uint64_t n_layers = gen_count_or(build, GEN_LAYERS, n);
    double fraction = gen_real(build, GEN_FRACTION);

    TRY(gen_limit(build, (double)n * (double)n_layers + n));
    TRY(gen_add_qreg(build, NULL, "q", n));
    uint32_t *pool = mem_alloc(n, sizeof *pool);
    if (!pool) {
        return STATUS_NOFIT;
    }
    enum status status = STATUS_OK;
    for (uint64_t layer = 0; layer < n_layers && status == STATUS_OK; layer++) {
        status = add_cz_layer(build, pool, fraction);
    }
    mem_free(pool);
    return status == STATUS_OK ? gen_measure_range(build, 0, n) : status;
}
