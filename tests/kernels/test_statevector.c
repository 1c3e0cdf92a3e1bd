/* Every kernel against a naive dense state, on all targets, for every table that is built in: each
 * ISA in both precisions. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "base/bits.h"
#include "base/rng.h"
#include "kernels/statevector.h"
#include "support/naive_state.h"

enum { MAX_V = STATEVECTOR_MAX_LANES, MAX_BITS = 10, MAX_BLOCKS = 64, MAX_DIM = 32 };

/* Of the table that is tested. */
static unsigned L, V;
static bool is_single;

/* A bound on errors: that of double precision, or that of single. */
static double bound(double of_double, double of_single) {
    return is_single ? of_single : of_double;
}

static uint64_t n_drawn;
/* Exact in both precisions. */
static double draw(void) {
    return (float)(2 * rng_uniform(1, n_drawn++, 0, RNG_TEST) - 1);
}

static uint64_t draw_word(void) {
    return (uint64_t)((draw() + 1) * 0x1p62) ^ (uint64_t)((draw() + 1) * 0x1p40) ^
           (uint64_t)((draw() + 1) * 0x1p22);
}

/* One chunk and the same amplitudes in plain order. */
struct pair {
    unsigned n_bits;
    union statevector_block chunk[MAX_BLOCKS];
    struct naive_state naive;
};

static void pair_init(struct pair *pair, unsigned n_bits) {
    memset(pair->chunk, 0, sizeof pair->chunk);
    pair->n_bits = n_bits;
    naive_init(&pair->naive, n_bits);
    for (uint64_t i = 0; i < BIT64(n_bits); i++) {
        double *a = pair->naive.amps + 2 * i;
        a[0] = draw() / 8;
        a[1] = draw() / 8;
        statevector_put(pair->chunk, L, i, a[0], a[1]);
    }
}

static double pair_distance(const struct pair *pair) {
    double most = 0;
    for (uint64_t i = 0; i < BIT64(pair->n_bits); i++) {
        double a[2];
        statevector_get(a, pair->chunk, L, i);
        most = fmax(most, fabs(pair->naive.amps[2 * i] - a[0]));
        most = fmax(most, fabs(pair->naive.amps[2 * i + 1] - a[1]));
    }
    return most;
}

/* Lanes outside the mask keep what `old` has. */
static void keep_lanes(struct pair *pair, const struct naive_state *old, unsigned lanes) {
    for (uint64_t i = 0; i < BIT64(pair->n_bits); i++) {
        if (!(lanes >> (i % V) & 1)) {
            memcpy(pair->naive.amps + 2 * i, old->amps + 2 * i, 2 * sizeof(double));
        }
    }
}

static struct statevector_span span_of(unsigned n_bits, const uint32_t *targets, unsigned k) {
    struct statevector_span span = {.first = 0};
    for (unsigned bit = L; bit < n_bits; bit++) {
        for (unsigned i = 0; i < k; i++) {
            if (targets[i] == bit) {
                span.fixed[span.n_fixed++] = (uint8_t)(bit - L);
            }
        }
    }
    span.last = BIT64(n_bits - L) >> span.n_fixed;
    return span;
}

/* Numbers in the table's precision. */
static const void *reals_of(const double *numbers, size_t n) {
    static float rounded[2 * MAX_DIM * MAX_DIM];
    for (size_t i = 0; i < n && is_single; i++) {
        rounded[i] = (float)numbers[i];
    }
    return is_single ? (const void *)rounded : numbers;
}

/* ---- matrices on memory ---- */

static void check_matrix(const struct statevector_kernels *kernels, unsigned n_bits,
                         const uint32_t *targets, unsigned k, unsigned lanes) {
    static double matrix[2 * MAX_DIM * MAX_DIM];
    static struct pair pair;
    struct naive_state old;
    union statevector_block *blocks[MAX_DIM] = {pair.chunk};
    const size_t n_matrix = (size_t)2 << (2 * k);
    pair_init(&pair, n_bits);
    naive_init(&old, n_bits);
    naive_copy(&old, &pair.naive);
    for (size_t i = 0; i < n_matrix; i++) {
        matrix[i] = draw();
    }
    naive_matrix(&pair.naive, matrix, targets, k);
    keep_lanes(&pair, &old, lanes);
    for (unsigned i = 0; i < k; i++) {
        for (unsigned j = 0; j < 1u << i; j++) {
            blocks[j + (1u << i)] = blocks[j] + BIT64(targets[i] - L);
        }
    }
    struct statevector_span span = span_of(n_bits, targets, k), part = span;
    for (uint64_t i = 0; i < span.last; i = part.last) { /* in uneven pieces */
        part.first = i;
        part.last = i + 1 + i / 2 < span.last ? i + 1 + i / 2 : span.last;
        kernels->matrix(blocks, k, &part, reals_of(matrix, n_matrix), lanes);
    }
    cr_assert_lt(pair_distance(&pair), bound(1e-13, 2e-6), "%s: %u targets, first %u, of %u bits",
                 kernels->isa, k, targets[0], n_bits);
    naive_fini(&pair.naive);
    naive_fini(&old);
}

static void for_all_tables(void (*check)(const struct statevector_kernels *kernels)) {
    enum cpu_isa best = CPU_SCALAR;
    cr_assert_eq(cpu_detect_isa(&best), STATUS_OK);
    for (int isa = CPU_SCALAR; isa <= (int)best; isa++) {
        for (int precision = PRECISION_DOUBLE; precision <= PRECISION_SINGLE; precision++) {
            const struct statevector_kernels *kernels =
                statevector_kernels_get((enum cpu_isa)isa, (enum precision)precision);
            cr_assert_eq((int)kernels->precision, precision);
            is_single = precision == PRECISION_SINGLE;
            L = kernels->lane_bits;
            V = 1u << L;
            check(kernels);
        }
    }
}

static void check_wide(const struct statevector_kernels *kernels) {
    static const uint32_t above[][5] = {
        {0, 5, 2, 1, 3}, {4, 3, 2, 1, 0}, {0, 2, 1, 4, 5}, {5, 4, 0, 3, 2}};
    for (size_t i = 0; i < sizeof above / sizeof *above; i++) {
        uint32_t targets[5];
        for (unsigned k = 0; k < 5; k++) {
            targets[k] = above[i][k] + L;
        }
        for (unsigned k = 2; k <= 5; k++) {
            check_matrix(kernels, L + 6, targets, k, i % 2 == 0 ? kernels->all_lanes : 0x5a);
        }
    }
}
Test(kernels, wide_matrices_and_masks) {
    for_all_tables(check_wide);
}

/* ---- programs ---- */

/* A step by its definition, on plain amplitudes; bits: of the block number, by register bit. */
struct walk {
    const struct statevector_step *step;
    const uint8_t *bits;
    struct naive_state *state;
    double *old;
    const double *matrix; /* as doubles */
};

static unsigned register_of(const struct walk *walk, uint64_t i) {
    unsigned reg = 0;
    for (unsigned j = 0; j < 3; j++) {
        reg |= (unsigned)(i >> (L + walk->bits[j]) & 1) << j;
    }
    return reg;
}

/* sum += m times the old amplitude of the number where register bits `mask` are those of reg. */
static void add(const struct walk *walk, double *sum, uint64_t i, unsigned reg, const double *m) {
    for (unsigned j = 0; j < 3; j++) {
        uint64_t bit = BIT64(L + walk->bits[j]);
        i = reg >> j & 1 ? i | bit : i & ~bit;
    }
    const double *a = walk->old + 2 * i;
    sum[0] += m[0] * a[0] - m[1] * a[1];
    sum[1] += m[0] * a[1] + m[1] * a[0];
}

/* LEAN, LEAN_BACK, TURN, TURN_BACK. */
static void fill_shape(double *m, unsigned shape, const double *x, const double *y) {
    const double shapes[][8] = {
        {1, 0, x[0], x[1], y[0], y[1], 1, 0},
        {1, 0, x[0], x[1], y[0], y[1], -1, 0},
        {x[0], x[1], 1, 0, 1, 0, y[0], y[1]},
        {x[0], x[1], 1, 0, -1, 0, y[0], y[1]},
    };
    memcpy(m, shapes[shape], sizeof *shapes);
}

static void fill_2x2(double *m, const struct statevector_step *step) {
    const double *n = step->m;
    const double forms[][8] = {{n[0], 0, n[1], 0, n[2], 0, n[3], 0},
                               {n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7]},
                               {0, 0, 1, 0, 1, 0, 0, 0}};
    const unsigned form = step->code / 3u;
    if (step->code < STATEVECTOR_TWIST_LEAN) {
        fill_shape(m, form, (double[2]){n[0], 0}, (double[2]){n[1], 0});
    } else if (step->code < STATEVECTOR_FULL_LEAN) {
        fill_shape(m, form - STATEVECTOR_TWIST_LEAN / 3, (double[2]){0, n[0]},
                   (double[2]){0, n[1]});
    } else if (step->code < STATEVECTOR_REAL) {
        fill_shape(m, step->code < STATEVECTOR_FULL_TURN ? 0 : 2, n, n + 2);
    } else {
        memcpy(m, forms[form - STATEVECTOR_REAL / 3], sizeof *forms);
    }
}

static unsigned target_of(const struct statevector_step *step) {
    return step->code % 3;
}

static void walk_pair(const struct walk *walk, double *sum, uint64_t i, unsigned reg) {
    unsigned bit = 1u << target_of(walk->step);
    double m[8];
    fill_2x2(m, walk->step);
    const double *row = m + (reg & bit ? 4 : 0);
    add(walk, sum, i, reg & ~bit, row);
    add(walk, sum, i, reg | bit, row + 2);
}

static void walk_dense(const struct walk *walk, double *sum, uint64_t i, unsigned reg) {
    const struct statevector_step *step = walk->step;
    if (step->code == STATEVECTOR_DENSE3) {
        unsigned row = 0;
        while (step->order[row] != reg) {
            row++;
        }
        for (unsigned column = 0; column < 8; column++) {
            add(walk, sum, i, step->order[column], walk->matrix + 2 * (row * 8 + column));
        }
        return;
    }
    unsigned third = 2u - (step->code - (unsigned)STATEVECTOR_DENSE2);
    unsigned low = third == 0, high = third == 2 ? 1 : 2;
    unsigned row = (reg >> low & 1) | (reg >> high & 1) << 1;
    for (unsigned column = 0; column < 4; column++) {
        unsigned from = (reg & 1u << third) | (column & 1) << low | column >> 1 << high;
        add(walk, sum, i, from, walk->matrix + 2 * (4 * row + column));
    }
}

/* The first of a family of codes for some registers: by bit, pair, all, any. */
static unsigned family_of(unsigned code) {
    return code < STATEVECTOR_SPIN_BACK_BIT ? STATEVECTOR_SPIN_BIT
           : code < STATEVECTOR_NEGATE_BIT  ? STATEVECTOR_SPIN_BACK_BIT
                                            : STATEVECTOR_NEGATE_BIT;
}

/* Its last member obeys `regs`. */
static bool is_masked(unsigned code) {
    return code == STATEVECTOR_SPIN || code == STATEVECTOR_SPIN_BACK ||
           code == STATEVECTOR_NEGATE || code == STATEVECTOR_PHASE;
}

static bool has_rotations(const struct statevector_step *step) {
    return step->code >= STATEVECTOR_ROTATIONS_BIT && step->code <= STATEVECTOR_LANE_ROTATIONS;
}

static bool has_scales(const struct statevector_step *step) {
    return step->code == STATEVECTOR_SCALES || step->code == STATEVECTOR_LANE_SCALES;
}

static bool has_lane_factors(const struct statevector_step *step) {
    return has_scales(step)      ? step->code == STATEVECTOR_LANE_SCALES
           : has_rotations(step) ? step->code >= STATEVECTOR_LANE_ROTATIONS_BIT
                                 : step->code >= STATEVECTOR_LANE_FACTORS_BIT &&
                                       step->code <= STATEVECTOR_LANE_FACTORS;
}

/* Registers that factors change. */
static unsigned ones_of_factors(const struct statevector_step *step) {
    static const uint8_t ones[4] = {0xaa, 0xcc, 0xf0, 0xff};
    const bool has_lanes = has_lane_factors(step);
    unsigned first = has_lanes ? STATEVECTOR_LANE_FACTORS_BIT : STATEVECTOR_FACTORS_BIT;
    if (has_rotations(step)) {
        first = has_lanes ? STATEVECTOR_LANE_ROTATIONS_BIT : STATEVECTOR_ROTATIONS_BIT;
    }
    const bool are_all = step->code == STATEVECTOR_GROW || has_scales(step);
    return are_all ? 0xff : ones[step->code - first];
}

/* From the table's row that the block's bits choose. */
static void find_table_factor(double *out, const struct walk *walk, uint64_t block, unsigned reg,
                              unsigned lane) {
    size_t row = 0, n = 0;
    for (unsigned j = 0; j < 64; j++) {
        if (walk->step->row_mask >> j & 1) {
            row |= (size_t)(block >> j & 1) << n++;
        }
    }
    const double *at = walk->matrix + 2 * (8 * row + reg);
    const double *lanes = walk->matrix + (size_t)2 * V * (8 * row + reg);
    if (has_scales(walk->step)) {
        const size_t i = 8 * row + reg;
        out[0] = walk->matrix[has_lane_factors(walk->step) ? V * i + lane : i];
        out[1] = 0;
        return;
    }
    out[0] = has_lane_factors(walk->step) ? lanes[lane] : at[0];
    out[1] = has_lane_factors(walk->step) ? lanes[V + lane] : at[1];
    if (has_rotations(walk->step)) { /* by the tangent of the half */
        const double t = out[0];
        out[0] = (1 - t * t) / (1 + t * t);
        out[1] = 2 * t / (1 + t * t);
    }
}

static bool is_written(const struct statevector_step *step, unsigned reg, unsigned lane) {
    static const uint8_t ones[7] = {0xaa, 0xcc, 0xf0, 0x88, 0xa0, 0xc0, 0xff};
    unsigned first = reg, regs = step->regs;
    if (step->code < STATEVECTOR_SPIN_BIT) {
        first = reg & ~(1u << target_of(step));
    } else if (step->code <= STATEVECTOR_PHASE) {
        regs = is_masked(step->code) ? regs : ones[step->code - family_of(step->code)];
    } else if (step->code >= STATEVECTOR_FACTORS_BIT) {
        regs = ones_of_factors(step);
    } else if (step->code < STATEVECTOR_DENSE3) {
        first = reg & 1u << (2u - (step->code - (unsigned)STATEVECTOR_DENSE2));
    } else {
        regs = 0xff;
    }
    return (regs >> first & 1) && (step->lanes >> lane & 1);
}

/* What the registers of a phase are multiplied by. */
static void fill_factor(double *out, const struct statevector_step *step) {
    double s = step->m[1], c = 1 - step->m[0] * s;
    bool is_spin = step->code < STATEVECTOR_NEGATE_BIT, is_phase = step->code == STATEVECTOR_PHASE;
    double sign = is_spin && step->code >= STATEVECTOR_SPIN_BACK_BIT ? -1 : 1;
    out[0] = is_phase ? step->m[0] : is_spin ? sign * c : -1;
    out[1] = is_phase ? step->m[1] : is_spin ? sign * s : 0;
}

static void naive_step(const struct walk *walk) {
    const struct statevector_step *step = walk->step;
    size_t n = (size_t)2 << walk->state->n;
    memcpy(walk->old, walk->state->amps, n * sizeof(double));
    for (uint64_t i = 0; i < n / 2; i++) {
        uint64_t block = i / V;
        unsigned reg = register_of(walk, i), lane = (unsigned)(i % V);
        for (unsigned j = 0; j < 3; j++) {
            block &= ~BIT64(walk->bits[j]);
        }
        if ((block & step->block_mask) != step->block_value) {
            continue;
        }
        double sum[2] = {0};
        if (step->code >= STATEVECTOR_CROSS0 && step->code < STATEVECTOR_SPIN_BIT) {
            unsigned from = ((unsigned)step->code - STATEVECTOR_CROSS0) / 3;
            uint64_t to = BIT64(L + walk->bits[target_of(step)]);
            bool differ = (lane >> from & 1) != (reg >> target_of(step) & 1);
            memcpy(sum, walk->old + 2 * (differ ? i ^ to ^ BIT64(from) : i), sizeof sum);
        } else if (!is_written(step, reg, lane)) {
            continue;
        } else if (step->code < STATEVECTOR_SPIN_BIT) {
            walk_pair(walk, sum, i, reg);
        } else if (step->code < STATEVECTOR_DENSE2) {
            double factor[2];
            fill_factor(factor, step);
            add(walk, sum, i, reg, factor);
        } else if (step->code >= STATEVECTOR_FACTORS_BIT) {
            double factor[2];
            find_table_factor(factor, walk, block, reg, lane);
            add(walk, sum, i, reg, factor);
        } else {
            walk_dense(walk, sum, i, reg);
        }
        memcpy(walk->state->amps + 2 * i, sum, sizeof sum);
    }
}

static void draw_step(struct statevector_step *step, unsigned code, uint64_t free_blocks,
                      const double *matrix, const void *reals) {
    static const uint8_t regs[] = {0xff, 0xaa, 0x0c, 0xff};
    const uint16_t all = (uint16_t)((1u << V) - 1);
    const uint16_t lanes[] = {all, 0xf0, all, 0x22};
    unsigned which = (unsigned)(n_drawn % 4);
    bool is_pair = code < STATEVECTOR_REAL, is_cross = code / 3 >= STATEVECTOR_CROSS0 / 3;
    is_cross = is_cross && code < STATEVECTOR_SPIN_BIT;
    bool is_spin = code >= STATEVECTOR_SPIN_BIT && code < STATEVECTOR_NEGATE_BIT;
    bool is_factors = code >= STATEVECTOR_FACTORS_BIT;
    bool is_all = code >= STATEVECTOR_SPIN_BIT && code < STATEVECTOR_PHASE && !is_masked(code);
    *step = (struct statevector_step){.code = (uint8_t)code,
                                      .regs = regs[which],
                                      .lanes = is_pair || is_cross ? all : lanes[which],
                                      .order = {5, 4, 7, 6, 1, 0, 3, 2},
                                      .matrix = reals};
    step->regs = is_pair || is_cross ? 0xff : step->regs;
    step->lanes = is_all || is_factors ? all : step->lanes;
    for (unsigned i = 0; i < 8; i++) {
        step->m[i] = draw();
    }
    if (is_spin) { /* the sine and the tangent of the half of an angle */
        double t = step->m[0] / 2;
        step->m[0] = t;
        step->m[1] = 2 * t / (1 + t * t);
    }
    memcpy(step->dense, matrix, sizeof step->dense);
    if (which == 1) {
        step->block_mask = free_blocks & -free_blocks;
        step->block_value = draw() < 0 ? step->block_mask : 0;
    }
    for (uint64_t rest = free_blocks; rest != 0 && is_factors; rest &= rest - 1) {
        step->row_mask |= draw() < 0 ? rest & -rest : 0;
    }
}

/* As the kernels want it: masks, and numbers in the table's precision. */
static void pack_step(struct statevector_step *out, const struct statevector_step *step) {
    bool is_sign = step->code >= STATEVECTOR_NEGATE_BIT && step->code < STATEVECTOR_PHASE;
    *out = *step;
    for (unsigned v = 0; v < V; v++) {
        bool is_on = step->lanes >> v & 1;
        if (is_single) {
            out->mask_f[v] = !is_on ? 0 : is_sign ? INT32_MIN : -1;
        } else {
            out->mask[v] = !is_on ? 0 : is_sign ? INT64_MIN : -1;
        }
    }
    for (unsigned i = 0; i < 16; i++) { /* of a 4 x 4 matrix */
        double *to = out->dense + 16 * (i / 4) + i % 4;
        const double re = step->dense[2 * i], im = step->dense[2 * i + 1];
        to[0] = re;
        to[4] = im;
        to[8] = re + im;
        to[12] = im - re;
    }
    for (unsigned i = 0; i < 64 && is_single; i++) {
        out->dense_f[i] = (float)out->dense[i];
    }
    for (unsigned i = 0; i < 8 && is_single; i++) {
        out->m_f[i] = (float)step->m[i];
    }
}

static bool has_code(unsigned code) {
    return is_single || code < STATEVECTOR_CROSS3 || code >= STATEVECTOR_CROSS3 + 3;
}

enum { MAX_TABLE = 8 * 8 * 2 * STATEVECTOR_MAX_LANES }; /* of three bits */

/* The table of a step of rotations: the numbers at the places of tangents, and their sines. */
static const void *pack_rotations(const double *tangents, bool has_lanes) {
    static double tables[2][MAX_TABLE];
    static float rounded[2][MAX_TABLE];
    const size_t stride = has_lanes ? V : 1;
    for (size_t i = 0; i < MAX_TABLE; i++) {
        const double t = tangents[i / stride % 2 == 0 ? i : i - stride];
        tables[has_lanes][i] = i / stride % 2 == 0 ? t : 2 * t / (1 + t * t);
        rounded[has_lanes][i] = (float)tables[has_lanes][i];
    }
    return is_single ? (const void *)rounded[has_lanes] : tables[has_lanes];
}

/* Every code with every target, after some others. */
static void check_program(const struct statevector_kernels *kernels, unsigned n_bits,
                          const uint8_t *bits) {
    static double matrix[MAX_TABLE], old[2 << MAX_BITS];
    static struct pair pair;
    uint32_t targets[3];
    uint64_t blocks[8] = {0}, used = 0;
    for (unsigned j = 0; j < 3; j++) {
        targets[j] = L + bits[j];
        used |= BIT64(bits[j]);
        for (unsigned r = 0; r < 8; r++) {
            blocks[r] |= r >> j & 1 ? BIT64(bits[j]) : 0;
        }
    }
    struct statevector_span span = span_of(n_bits, targets, 3);
    for (unsigned i = 0; i < MAX_TABLE; i++) {
        matrix[i] = i % 6 == 1 ? 0 : (float)(draw() / 3);
    }
    const void *reals = reals_of(matrix, MAX_TABLE);
    for (unsigned code = 0; code < STATEVECTOR_N_CODES; code++) {
        struct statevector_step steps[3], packed[3];
        const struct statevector_step *list[3] = {&packed[0], &packed[1], &packed[2]};
        if (!has_code(code)) {
            continue;
        }
        pair_init(&pair, n_bits);
        for (unsigned i = 0; i < 3; i++) {
            unsigned which = i == 1 ? code : (unsigned)(n_drawn % STATEVECTOR_N_CODES);
            which = has_code(which) ? which : STATEVECTOR_SWAP;
            draw_step(&steps[i], which, (BIT64(n_bits - L) - 1) & ~used, matrix, reals);
            pack_step(&packed[i], &steps[i]);
            if (has_rotations(&steps[i])) {
                packed[i].matrix = pack_rotations(matrix, has_lane_factors(&steps[i]));
            }
            naive_step(&(struct walk){&steps[i], bits, &pair.naive, old, matrix});
        }
        kernels->program(pair.chunk, &span, blocks, list, 3);
        cr_assert_lt(pair_distance(&pair), bound(1e-13, 5e-6), "%s: code %u after %u, before %u",
                     kernels->isa, code, steps[0].code, steps[2].code);
        naive_fini(&pair.naive);
    }
}

static void check_programs(const struct statevector_kernels *kernels) {
    static const uint8_t bits[][3] = {{0, 1, 2}, {2, 0, 1}, {3, 1, 5}, {5, 4, 3}, {0, 5, 2}};
    for (unsigned i = 0; i < 5; i++) {
        check_program(kernels, i < 2 ? L + 3 : L + 6, bits[i]);
    }
}
Test(kernels, programs) {
    for_all_tables(check_programs);
}

/* ---- angles ---- */

static void check_angle(const struct statevector_kernels *kernels, unsigned n_bits) {
    static struct statevector_angles angles;
    static struct pair pair;
    pair_init(&pair, n_bits);
    angles = (struct statevector_angles){.n_bits = n_bits - L};
    for (unsigned v = 0; v < V; v++) {
        angles.lanes[v] = draw_word();
        for (unsigned j = 0; j < angles.n_bits; j++) {
            angles.linear[j][v] = draw_word();
        }
    }
    for (unsigned j = 0; j < angles.n_bits; j++) {
        for (unsigned k = 0; k < j; k++) {
            angles.pairs[j][k] = angles.pairs[k][j] = draw_word();
        }
    }
    for (uint64_t i = 0; i < BIT64(n_bits); i++) {
        uint64_t turns = angles.lanes[i % V], block = i / V;
        for (unsigned j = 0; j < angles.n_bits; j++) {
            turns += block >> j & 1 ? angles.linear[j][i % V] : 0;
            for (unsigned k = 0; k < j; k++) {
                turns += (block >> j & block >> k & 1) ? angles.pairs[j][k] : 0;
            }
        }
        double angle = (double)turns * 0x1p-64 * 6.283185307179586477, c = cos(angle),
               s = sin(angle), *a = pair.naive.amps + 2 * i, re = a[0];
        a[0] = c * re - s * a[1];
        a[1] = c * a[1] + s * re;
    }
    kernels->angles(pair.chunk, &angles);
    cr_assert_lt(pair_distance(&pair), bound(2e-16, 7e-8), "%s: %u bits, %g", kernels->isa, n_bits,
                 pair_distance(&pair));
    naive_fini(&pair.naive);
}

static void check_angles(const struct statevector_kernels *kernels) {
    for (unsigned n_bits = L + 3; n_bits <= L + 6; n_bits++) {
        check_angle(kernels, n_bits);
    }
}
Test(kernels, angles) {
    for_all_tables(check_angles);
}

static void check_exchanges(const struct statevector_kernels *kernels) {
    static struct pair pair;
    for (uint32_t bit = L; bit < L + 3; bit++) {
        pair_init(&pair, L + 3);
        naive_gate(&pair.naive, GATE_X, NULL, &bit);
        struct statevector_span span = span_of(L + 3, &bit, 1);
        kernels->exchange(pair.chunk, pair.chunk + BIT64(bit - L), &span, kernels->all_lanes);
        cr_assert_eq(pair_distance(&pair), 0, "%s: X on bit %u", kernels->isa, bit);
        naive_fini(&pair.naive);
    }
}
Test(kernels, exchanges_are_exact) {
    for_all_tables(check_exchanges);
}

static void check_gather(const struct statevector_kernels *kernels, unsigned n_bits, unsigned bit,
                         unsigned value) {
    static struct pair pair;
    union statevector_block half[MAX_BLOCKS];
    pair_init(&pair, n_bits);
    uint64_t n_src = n_bits <= L ? 1 : BIT64(n_bits - L), n = n_src > 1 ? n_src / 2 : 1;
    kernels->gather(half, pair.chunk, n_src, 0, n, bit, value, 0.5);
    for (uint64_t i = 0; i < BIT64(n_bits - 1); i++) {
        uint64_t from = bits_insert_zero(i, bit) | (uint64_t)value << bit;
        double a[2];
        statevector_get(a, half, L, i);
        cr_assert_eq(a[0], pair.naive.amps[2 * from] / 2);
        cr_assert_eq(a[1], pair.naive.amps[2 * from + 1] / 2);
    }
    kernels->gather(half, pair.chunk, n_src, 0, n, bit, value, 1);
    if (bit >= L) { /* there and back, in two pieces */
        for (uint64_t i = 0; i < n; i++) {
            uint64_t at = bits_insert_zero(i, bit - L) | (uint64_t)value << (bit - L);
            memset(pair.chunk + at, 7, sizeof *pair.chunk);
        }
        kernels->scatter(pair.chunk, half, 0, n / 2, bit, value);
        kernels->scatter(pair.chunk, half + n / 2, n / 2, n, bit, value);
        cr_assert_eq(pair_distance(&pair), 0);
    }
    kernels->gather(pair.chunk, pair.chunk, n_src, 0, n, bit, value, 1); /* in place */
    cr_assert_eq(memcmp(half, pair.chunk, n * sizeof *half), 0);
    naive_fini(&pair.naive);
}

static void check_gathers(const struct statevector_kernels *kernels) {
    for (unsigned n_bits = 1; n_bits <= L + 3; n_bits++) {
        for (unsigned bit = 0; bit < n_bits; bit++) {
            check_gather(kernels, n_bits, bit, 0);
            check_gather(kernels, n_bits, bit, 1);
        }
    }
}
Test(kernels, gather_and_scatter) {
    for_all_tables(check_gathers);
}

/* Pieces of any length, the same bits as in the caches. */
static void check_scale_past(const struct statevector_kernels *kernels,
                             const union statevector_block *some, double re, double im) {
    enum { N = 131 };
    static union statevector_block from[N], to[N];
    static _Alignas(64) union statevector_block past[N + 1];
    for (uint64_t n = 1; n <= N; n += 65) {
        for (uint64_t i = 0; i < n; i++) {
            from[i] = some[i * i % 4];
        }
        memset(past, 0, sizeof past);
        kernels->scale(to, from, n, re, im);
        kernels->scale_past(past, from, n, re, im);
        cr_assert_eq(memcmp(past, to, n * sizeof *to), 0);
        for (size_t i = 0; i < sizeof *past; i++) {
            cr_assert_eq(((const char *)&past[n])[i], 0);
        }
    }
}

/* A program that multiplies gives the same bits. */
static void check_grow(const struct statevector_kernels *kernels,
                       const union statevector_block *some, double re, double im) {
    static union statevector_block from[8], to[8];
    static const uint64_t blocks[8] = {0, 1, 2, 3, 4, 5, 6, 7};
    const struct statevector_span span = {.last = 1, .n_fixed = 3, .fixed = {0, 1, 2}};
    double factors[16];
    for (unsigned i = 0; i < 8; i++) {
        from[i] = some[i * i % 4];
        factors[2 * i] = re;
        factors[2 * i + 1] = im;
    }
    const struct statevector_step step = {.code = STATEVECTOR_GROW,
                                          .matrix = reals_of(factors, 16)};
    const struct statevector_step *const steps[1] = {&step};
    kernels->scale(to, from, 8, re, im);
    kernels->program(from, &span, blocks, steps, 1);
    cr_assert_eq(memcmp(from, to, sizeof to), 0, "%s: %g + %g i", kernels->isa, re, im);
}

static void check_factors(const struct statevector_kernels *kernels) {
    static struct pair pair, copy;
    static const double factors[][2] = {{0, 0}, {1, 0}, {-0.5, 0}, {0.25, -3}, {0, 1}};
    for (size_t f = 0; f < 5; f++) {
        double re = factors[f][0], im = factors[f][1];
        pair_init(&pair, L + 2);
        copy = pair;
        kernels->scale(copy.chunk, pair.chunk, 4, re, im);
        check_scale_past(kernels, pair.chunk, re, im);
        if (f > 0) {
            check_grow(kernels, pair.chunk, re, im);
        }
        kernels->scale(pair.chunk, pair.chunk, 4, re, im);
        cr_assert_eq(memcmp(copy.chunk, pair.chunk, 4 * sizeof *pair.chunk), 0);
        for (uint64_t i = 0; i < 4 * V; i++) {
            double *a = pair.naive.amps + 2 * i, x = a[0], y = a[1];
            a[0] = re * x - im * y;
            a[1] = re * y + im * x;
        }
        cr_assert_lt(pair_distance(&pair), bound(1e-15, 6e-8));
        naive_fini(&pair.naive);
    }
    const uint16_t lanes[2] = {0x330f & kernels->all_lanes, 0x5aa5 & kernels->all_lanes};
    pair_init(&pair, L + 3);
    kernels->keep(pair.chunk, pair.chunk, 8, 2, lanes);
    for (uint64_t i = 0; i < 8 * V; i++) {
        if (!(lanes[i >> (L + 1) & 1] >> (i % V) & 1)) {
            pair.naive.amps[2 * i] = pair.naive.amps[2 * i + 1] = 0;
        }
    }
    cr_assert_eq(pair_distance(&pair), 0);
    naive_fini(&pair.naive);
}
/* Two pieces of three blocks each, the second below the first. */
static void check_stream(const struct statevector_kernels *kernels) {
    static _Alignas(64) union statevector_block to[8];
    static struct pair pair;
    union statevector_block *const pieces[2] = {to + 5, to + 1};
    memset(to, 0, sizeof to);
    pair_init(&pair, L + 3);
    kernels->stream(pieces, 2, 3, pair.chunk);
    cr_assert_eq(memcmp(to + 5, pair.chunk, 3 * sizeof *to), 0);
    cr_assert_eq(memcmp(to + 1, pair.chunk + 3, 3 * sizeof *to), 0);
    static const union statevector_block zero;
    cr_assert_eq(memcmp(to, &zero, sizeof zero), 0);
    cr_assert_eq(memcmp(to + 4, &zero, sizeof zero), 0);
    naive_fini(&pair.naive);
}
Test(kernels, streams) {
    for_all_tables(check_stream);
}

Test(kernels, scale_and_keep) {
    for_all_tables(check_factors);
}

static void check_sums(const struct statevector_kernels *kernels) {
    static struct pair pair;
    pair_init(&pair, L + 6);
    uint64_t n = 64;
    double hi[MAX_V], lo[MAX_V], part_hi[MAX_V], part_lo[MAX_V];
    double sum_hi[MAX_V] = {0}, sum_lo[MAX_V] = {0};
    struct statevector_span span = {.first = 0, .last = n};
    kernels->norm(pair.chunk, &span, hi, lo);
    for (uint64_t end = n, size = 1; end > 0; size++) { /* backwards, in pieces of 1, 2, 3 ... */
        span.last = end;
        end = span.first = end > size ? end - size : 0;
        kernels->norm(pair.chunk, &span, part_hi, part_lo);
        for (unsigned v = 0; v < V; v++) {
            sum_hi[v] += part_hi[v];
            sum_lo[v] += part_lo[v];
        }
    }
    for (unsigned v = 0; v < V; v++) {
        long double expected = 0;
        for (uint64_t i = v; i < 64 * V; i += V) {
            const double *a = pair.naive.amps + 2 * i;
            expected += a[0] * a[0] + a[1] * a[1];
        }
        cr_assert(sum_hi[v] == hi[v] && sum_lo[v] == lo[v], "%s: order matters", kernels->isa);
        cr_assert(fabsl((long double)hi[v] + lo[v] - expected) < 1e-16L);
    }
    naive_fini(&pair.naive);
}
Test(kernels, sums_are_exact_in_any_order) {
    for_all_tables(check_sums);
}

static void check_pauli(const struct statevector_kernels *kernels) {
    static struct pair pair;
    uint32_t wires[7];
    uint8_t letters[7];
    unsigned n_y = 0;
    uint64_t x = 0, z = 0;
    size_t n = 0;
    pair_init(&pair, L + 3);
    for (uint32_t i = 0; i < L + 3; i++) {
        uint8_t letter = (uint8_t)(2 + 2 * draw());
        if (letter != 0) {
            wires[n] = i;
            letters[n++] = letter;
            x |= letter != 3 ? BIT64(i) : 0;
            z |= letter != 1 ? BIT64(i) : 0;
            n_y += letter == 2;
        }
    }
    struct statevector_pauli pauli = {
        .x_block = x >> L, .z_block = z >> L, .is_imaginary = n_y & 1};
    for (unsigned v = 0; v < V; v++) {
        pauli.source[v] = (uint8_t)(v ^ (x & (V - 1)));
        pauli.signs |= (uint16_t)((bits_popcount(v & z) & 1) << v);
    }
    struct statevector_span span = {.first = 0, .last = 8};
    double hi[MAX_V], lo[MAX_V], sum = 0, norm = 0;
    kernels->pauli(pair.chunk, pair.chunk, &span, &pauli, hi, lo);
    for (unsigned v = 0; v < V; v++) {
        sum += hi[v] + lo[v];
    }
    for (uint64_t i = 0; i < 16 * V; i++) {
        norm += pair.naive.amps[i] * pair.naive.amps[i];
    }
    double value = (n_y >> 1 & 1 ? -sum : sum) / norm;
    cr_assert_lt(fabs(value - naive_expect(&pair.naive, wires, letters, n)), 1e-13);
    naive_fini(&pair.naive);
}

static void check_paulis(const struct statevector_kernels *kernels) {
    for (int trial = 0; trial < 60; trial++) {
        check_pauli(kernels);
    }
}
Test(kernels, pauli_terms) {
    for_all_tables(check_paulis);
}
