#include "engine/statevector/costs.h"

#include <time.h>

#include "engine/statevector/fuse.h"

const struct costs costs_fixed = {
    .flip = 1,
    .diagonal = 2,
    .real = 2,
    .complex = 4,
    .controlled_real = 4,
    .controlled_complex = 8,
    .sign = 2,
    .phase = 3,
    .factors = 3.5,
    .table_wires = 16,
    .dense = {0, 8, 12, 32, 64, 128},
    .angles = 40,
    .polynomial = 120,
    .visit = 0.5,
};

static double cost_of_mix(const struct costs *costs, const struct fuse_op *op) {
    const bool is_controlled = op->n_controls > 0;
    switch (fuse_form_of(op->m)) {
    case FUSE_IDENTITY:
        return 0;
    case FUSE_NOT:
        return costs->flip;
    case FUSE_DIAGONAL:
        return costs->diagonal;
    case FUSE_ROTATION:
    case FUSE_HADAMARD:
    case FUSE_REAL:
        return is_controlled ? costs->controlled_real : costs->real;
    case FUSE_TWIST:
        return is_controlled ? costs->controlled_complex : costs->real;
    case FUSE_COMPLEX:
        break;
    }
    return is_controlled ? costs->controlled_complex : costs->complex;
}

double costs_of(const struct costs *costs, const struct fuse_op *op) {
    double share = 1.0 / (1 << op->n_controls);
    switch (op->kind) {
    case FUSE_MIX:
        return cost_of_mix(costs, op) * share;
    case FUSE_PHASE:
        return (op->m[0] == -1 && op->m[1] == 0 ? costs->sign : costs->phase) * share;
    case FUSE_DENSE:
        return costs->dense[op->n_targets] * share;
    case FUSE_FACTORS:
        return costs->factors;
    case FUSE_ANGLES:
        break;
    }
    return costs->angles;
}

/* ---- measured ---- */

enum { TILE_LOG = 7, N_STEPS = 32, N_ROUNDS = 9 };

struct probe {
    const struct statevector_kernels *kernels;
    union statevector_block tile[1 << TILE_LOG];
};

static double read_clock(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The quickest of a few: others may use the processor. */
static double time_of(struct probe *probe, void (*once)(struct probe *, unsigned), unsigned what) {
    double best = 1e9;
    for (int round = 0; round < N_ROUNDS; round++) {
        const double start = read_clock();
        once(probe, what);
        const double s = read_clock() - start;
        best = round > 0 && s < best ? s : best;
    }
    return best;
}

/* N_STEPS steps of that code over the tile. All numbers are 0: none overflows or is denormal. */
static void run_steps(struct probe *probe, unsigned code) {
    static const double zeros[2 << (2 * 3)];
    static const uint64_t blocks[8] = {0, 1, 2, 3, 4, 5, 6, 7};
    const struct statevector_span span = {
        .last = 1 << (TILE_LOG - 3), .n_fixed = 3, .fixed = {0, 1, 2}};
    const struct statevector_step step = {.code = (uint8_t)code,
                                          .regs = 0xff,
                                          .lanes = (uint16_t)probe->kernels->all_lanes,
                                          .order = {0, 1, 2, 3, 4, 5, 6, 7},
                                          .matrix = zeros};
    const struct statevector_step *steps[N_STEPS];
    for (unsigned i = 0; i < N_STEPS; i++) {
        steps[i] = &step;
    }
    probe->kernels->program(probe->tile, &span, blocks, steps, N_STEPS);
}

static void run_matrices(struct probe *probe, unsigned k) {
    static const double zeros[2 << (2 * STATEVECTOR_MAX_TARGETS)];
    struct statevector_span span = {.last = 1 << (TILE_LOG - k), .n_fixed = k};
    union statevector_block *blocks[1 << STATEVECTOR_MAX_TARGETS];
    for (unsigned i = 0; i < k; i++) {
        span.fixed[i] = (uint8_t)i;
    }
    for (unsigned x = 0; x < 1u << k; x++) {
        blocks[x] = probe->tile + x;
    }
    for (unsigned i = 0; i < N_STEPS; i++) {
        probe->kernels->matrix(blocks, k, &span, zeros, probe->kernels->all_lanes);
    }
}

static void run_angles(struct probe *probe, unsigned n_bits) {
    const struct statevector_angles angles = {.n_bits = n_bits};
    for (unsigned i = 0; i < N_STEPS; i++) {
        probe->kernels->angles(probe->tile, &angles);
    }
}

void costs_measure(struct costs *out, const struct statevector_kernels *kernels) {
    struct probe probe = {.kernels = kernels};
    /* Pairs that LEAN mixes are what the fixed table calls 2; a control leaves half of the
     * registers, as signs and phases on one bit are measured. */
    const double unit = time_of(&probe, run_steps, STATEVECTOR_LEAN) / 2;
    *out = costs_fixed;
    out->complex = time_of(&probe, run_steps, STATEVECTOR_FULL_LEAN) / unit;
    out->controlled_real = time_of(&probe, run_steps, STATEVECTOR_REAL) / unit;
    out->controlled_complex = time_of(&probe, run_steps, STATEVECTOR_FULL) / unit;
    out->flip = time_of(&probe, run_steps, STATEVECTOR_SWAP) / unit;
    out->sign = 2 * time_of(&probe, run_steps, STATEVECTOR_NEGATE_BIT) / unit;
    out->phase = 2 * time_of(&probe, run_steps, STATEVECTOR_SPIN_BIT) / unit;
    out->diagonal = out->phase / 2;
    out->factors = time_of(&probe, run_steps, STATEVECTOR_FACTORS) / unit;
    out->dense[2] = time_of(&probe, run_steps, STATEVECTOR_DENSE2) / unit;
    out->dense[3] = time_of(&probe, run_steps, STATEVECTOR_DENSE3) / unit;
    for (unsigned k = 4; k <= STATEVECTOR_MAX_TARGETS; k++) {
        out->dense[k] = time_of(&probe, run_matrices, k) / unit;
    }
    out->angles = time_of(&probe, run_angles, TILE_LOG) / unit;
    out->polynomial = 3 * out->angles;
}
