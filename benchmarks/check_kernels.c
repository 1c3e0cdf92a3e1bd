/* Compares the state-vector kernels of every ISA with the scalar ones, and times them.
 *
 *     check_kernels [--bench]
 *
 * Checked are all codes of programs on all registers and odd spans, and random programs on tiles
 * that lie in pieces, in both precisions: differences of at most 1e-12 (1e-5) of numbers at most 1.
 * With --bench, each rung up to the CPU's best (or
 * QSPAN_ISA) on one thread: programs by code and place of the registers' bits, and the other
 * kernels; ns per block of 128 bytes, GB/s (read and written) and what part that is of the
 * bandwidth measured with the same table, GFLOP/s and what part that is of the peak. Sizes: 32 KiB
 * (the nearest cache), 512 KiB (a tile), 64 MiB (memory). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "kernels/statevector.h"

enum { CHECK_BLOCKS = 64, MEMORY_LOG = 19, N_MATRIX = 2 << 10 };
static const unsigned size_logs[3] = {8, 12, MEMORY_LOG};

struct family {
    const char *name;
    uint8_t code;
    uint8_t n_places; /* codes: one for each place of the target bit, or other choices */
    double flops;     /* per amplitude and step; 0 of DENSE2: what the table says */
};
static const struct family families[] = {
    {"lean", STATEVECTOR_LEAN, 3, 4},
    {"lean back", STATEVECTOR_LEAN_BACK, 3, 4},
    {"turn", STATEVECTOR_TURN, 3, 4},
    {"turn back", STATEVECTOR_TURN_BACK, 3, 4},
    {"twist lean", STATEVECTOR_TWIST_LEAN, 3, 4},
    {"twist lean back", STATEVECTOR_TWIST_LEAN_BACK, 3, 4},
    {"twist turn", STATEVECTOR_TWIST_TURN, 3, 4},
    {"twist turn back", STATEVECTOR_TWIST_TURN_BACK, 3, 4},
    {"full lean", STATEVECTOR_FULL_LEAN, 3, 8},
    {"full turn", STATEVECTOR_FULL_TURN, 3, 8},
    {"real", STATEVECTOR_REAL, 3, 6},
    {"full", STATEVECTOR_FULL, 3, 14},
    {"swap", STATEVECTOR_SWAP, 3, 0},
    {"cross lane 0", STATEVECTOR_CROSS0, 3, 0},
    {"cross lane 1", STATEVECTOR_CROSS1, 3, 0},
    {"cross lane 2", STATEVECTOR_CROSS2, 3, 0},
    {"cross lane 3", STATEVECTOR_CROSS3, 3, 0},
    {"spin, bit", STATEVECTOR_SPIN_BIT, 3, 3},
    {"spin, pair", STATEVECTOR_SPIN_PAIR, 3, 1.5},
    {"spin, all", STATEVECTOR_SPIN_ALL, 1, 6},
    {"spin, lanes", STATEVECTOR_SPIN, 1, 6},
    {"spin back, bit", STATEVECTOR_SPIN_BACK_BIT, 3, 3},
    {"spin back, pair", STATEVECTOR_SPIN_BACK_PAIR, 3, 1.5},
    {"spin back, all", STATEVECTOR_SPIN_BACK_ALL, 1, 6},
    {"spin back, lanes", STATEVECTOR_SPIN_BACK, 1, 6},
    {"negate, bit", STATEVECTOR_NEGATE_BIT, 3, 0},
    {"negate, pair", STATEVECTOR_NEGATE_PAIR, 3, 0},
    {"negate, all", STATEVECTOR_NEGATE_ALL, 1, 0},
    {"negate, lanes", STATEVECTOR_NEGATE, 1, 0},
    {"phase, lanes", STATEVECTOR_PHASE, 1, 6},
    {"dense 2", STATEVECTOR_DENSE2, 3, 0},
    {"dense 3", STATEVECTOR_DENSE3, 1, 62},
    {"factors, bit", STATEVECTOR_FACTORS_BIT, 3, 3},
    {"factors", STATEVECTOR_FACTORS, 1, 6},
    {"lane factors, bit", STATEVECTOR_LANE_FACTORS_BIT, 3, 3},
    {"lane factors", STATEVECTOR_LANE_FACTORS, 1, 6},
    {"grow", STATEVECTOR_GROW, 1, 6},
    {"rotations, bit", STATEVECTOR_ROTATIONS_BIT, 3, 3},
    {"rotations", STATEVECTOR_ROTATIONS, 1, 6},
    {"lane rotations, bit", STATEVECTOR_LANE_ROTATIONS_BIT, 3, 3},
    {"lane rotations", STATEVECTOR_LANE_ROTATIONS, 1, 6},
    {"scales", STATEVECTOR_SCALES, 1, 2},
    {"lane scales", STATEVECTOR_LANE_SCALES, 1, 2},
};
enum { N_FAMILIES = sizeof families / sizeof *families };

struct machine {
    const struct statevector_kernels *kernels;
    union statevector_block *memory;
    double bytes_per_s, flops_per_s;
};

static union {
    double d[N_MATRIX];
    float f[N_MATRIX];
} matrix;

static double draw(void) {
    static uint64_t state = 1;
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(state >> 40) * 0x1p-23 - 1;
}

static bool has_family(const struct statevector_kernels *kernels, const struct family *family) {
    return family->code != STATEVECTOR_CROSS3 || kernels->precision == PRECISION_SINGLE;
}

/* Numbers are small: repeated steps neither overflow nor run into denormal numbers. */
static void fill_step(struct statevector_step *step, const struct statevector_kernels *kernels,
                      unsigned code, double size) {
    bool is_single = kernels->precision == PRECISION_SINGLE;
    *step = (struct statevector_step){.code = (uint8_t)code,
                                      .regs = 0xff,
                                      .lanes = (uint16_t)kernels->all_lanes,
                                      .order = {0, 1, 2, 3, 4, 5, 6, 7},
                                      .matrix = &matrix};
    bool is_sign = code >= STATEVECTOR_NEGATE_BIT && code <= STATEVECTOR_NEGATE;
    for (unsigned i = 0; i < 64; i++) {
        double x = size * draw();
        if (is_single) {
            step->dense_f[i] = (float)x;
            step->m_f[i % 8] = (float)x;
            step->mask_f[i % 16] = is_sign ? INT32_MIN : -1;
        } else {
            step->dense[i] = x;
            step->m[i % 8] = x;
            step->mask[i % 8] = is_sign ? INT64_MIN : -1;
        }
    }
    for (unsigned i = 0; i < 16; i++) { /* sums of the numbers of DENSE2 */
        const unsigned at = 16 * (i / 4) + i % 4;
        if (is_single) {
            step->dense_f[at + 8] = step->dense_f[at] + step->dense_f[at + 4];
            step->dense_f[at + 12] = step->dense_f[at + 4] - step->dense_f[at];
        } else {
            step->dense[at + 8] = step->dense[at] + step->dense[at + 4];
            step->dense[at + 12] = step->dense[at + 4] - step->dense[at];
        }
    }
}

static void fill_matrix(const struct statevector_kernels *kernels, double size) {
    for (unsigned i = 0; i < N_MATRIX; i++) {
        if (kernels->precision == PRECISION_SINGLE) {
            matrix.f[i] = (float)(size * draw());
        } else {
            matrix.d[i] = size * draw();
        }
    }
}

/* ---- check ---- */

static void fill_registers(uint64_t *blocks, struct statevector_span *span, const uint8_t *bits,
                           unsigned log) {
    *span = (struct statevector_span){.last = UINT64_C(1) << (log - 3), .n_fixed = 3};
    for (unsigned j = 0; j < 3; j++) {
        span->fixed[j] = bits[j];
    }
    for (unsigned r = 0; r < 8; r++) {
        blocks[r] = (uint64_t)(r & 1) << bits[0] | (uint64_t)(r >> 1 & 1) << bits[1] |
                    (uint64_t)(r >> 2) << bits[2];
    }
}

static double distance(const struct statevector_kernels *kernels, const union statevector_block *a,
                       const union statevector_block *b) {
    double most = 0;
    for (uint64_t i = 0; i < (uint64_t)CHECK_BLOCKS << kernels->lane_bits; i++) {
        double x[2], y[2];
        statevector_get(x, a, kernels->lane_bits, i);
        statevector_get(y, b, kernels->lane_bits, i);
        most = fmax(most, fmax(fabs(x[0] - y[0]), fabs(x[1] - y[1])));
    }
    return most;
}

static bool check_code(const struct statevector_kernels *kernels, unsigned code,
                       const uint8_t *bits) {
    const struct statevector_kernels *scalar =
        statevector_kernels_get(CPU_SCALAR, kernels->precision);
    static union statevector_block a[CHECK_BLOCKS], b[CHECK_BLOCKS];
    struct statevector_span span;
    struct statevector_step step;
    const struct statevector_step *steps[1] = {&step};
    uint64_t blocks[8];
    for (uint64_t i = 0; i < (uint64_t)CHECK_BLOCKS << kernels->lane_bits; i++) {
        statevector_put(a, kernels->lane_bits, i, draw() / 4, draw() / 4);
    }
    memcpy(b, a, sizeof a);
    fill_registers(blocks, &span, bits, 6);
    fill_step(&step, kernels, code, 0.25);
    span.first = 1;
    span.last -= code % 2;
    kernels->program(a, &span, blocks, steps, 1);
    scalar->program(b, &span, blocks, steps, 1);
    double found = distance(kernels, a, b);
    if (found > (kernels->precision == PRECISION_SINGLE ? 1e-5 : 1e-12)) {
        printf("%s: code %u on %u %u %u differs by %g\n", kernels->isa, code, bits[0], bits[1],
               bits[2], found);
        return false;
    }
    return true;
}

/* ---- random programs ---- */

enum { N_RANDOM = 200, MAX_RANDOM_STEPS = 12, PIECE_LOG = 2, N_PIECES = CHECK_BLOCKS >> PIECE_LOG };

static unsigned draw_below(unsigned n) {
    return (unsigned)((draw() + 1) / 2 * n) % n;
}

/* Some registers and lanes, blocks with some bit. */
static void fill_random_step(struct statevector_step *step,
                             const struct statevector_kernels *kernels, uint64_t free_bits) {
    const struct family *family = &families[draw_below(N_FAMILIES)];
    while (!has_family(kernels, family)) {
        family = &families[draw_below(N_FAMILIES)];
    }
    fill_step(step, kernels, family->code + draw_below(family->n_places), 0.1);
    step->regs = (uint8_t)draw_below(256);
    step->lanes = (uint16_t)(draw_below(1 << 16) & kernels->all_lanes);
    for (unsigned v = 0; v < 1u << kernels->lane_bits; v++) {
        const bool is_out = !(step->lanes >> v & 1);
        if (is_out && kernels->precision == PRECISION_SINGLE) {
            step->mask_f[v] = 0;
        } else if (is_out) {
            step->mask[v] = 0;
        }
    }
    step->row_mask = free_bits & (uint64_t)draw_below(CHECK_BLOCKS);
    if (draw_below(3) == 0) {
        step->block_mask = free_bits & (uint64_t)draw_below(CHECK_BLOCKS);
        step->block_value = step->block_mask & (uint64_t)draw_below(CHECK_BLOCKS);
    }
}

/* A tile of which every other piece lies elsewhere. */
struct scattered {
    _Alignas(64) union statevector_block blocks[CHECK_BLOCKS];
    union statevector_block *pieces[N_PIECES];
};
static void scatter(struct scattered *out, const union statevector_block *tile) {
    for (unsigned i = 0; i < N_PIECES; i++) {
        out->pieces[i] = out->blocks + ((i * 5 % N_PIECES) << PIECE_LOG);
        memcpy(out->pieces[i], tile + (i << PIECE_LOG), sizeof *tile << PIECE_LOG);
    }
}
static void unscatter(union statevector_block *tile, const struct scattered *scattered) {
    for (unsigned i = 0; i < N_PIECES; i++) {
        memcpy(tile + (i << PIECE_LOG), scattered->pieces[i], sizeof *tile << PIECE_LOG);
    }
}

static bool check_random(const struct statevector_kernels *kernels) {
    const struct statevector_kernels *scalar =
        statevector_kernels_get(CPU_SCALAR, kernels->precision);
    static union statevector_block a[CHECK_BLOCKS], b[CHECK_BLOCKS];
    static struct scattered from, to;
    static struct statevector_step all[MAX_RANDOM_STEPS];
    const struct statevector_step *steps[MAX_RANDOM_STEPS];
    const uint8_t bits[3] = {(uint8_t)draw_below(2), (uint8_t)(2 + draw_below(2)),
                             (uint8_t)(4 + draw_below(2))};
    struct statevector_span span;
    uint64_t blocks[8];
    const unsigned n_steps = draw_below(MAX_RANDOM_STEPS + 1), way = draw_below(8);
    fill_registers(blocks, &span, bits, 6);
    for (unsigned i = 0; i < n_steps; i++) {
        fill_random_step(&all[i], kernels, (CHECK_BLOCKS - 1) & ~blocks[7]);
        steps[i] = &all[i];
    }
    for (uint64_t i = 0; i < (uint64_t)CHECK_BLOCKS << kernels->lane_bits; i++) {
        statevector_put(a, kernels->lane_bits, i, draw() / 4, draw() / 4);
    }
    scalar->program(memcpy(b, a, sizeof a), &span, blocks, steps, n_steps);
    scatter(&from, a);
    scatter(&to, a);
    const struct statevector_route route = {.from = way & 1 ? from.pieces : NULL,
                                            .to = way & 2 ? to.pieces : NULL,
                                            .unknown = draw_below(N_PIECES) << PIECE_LOG,
                                            .has_known = draw_below(2) == 0,
                                            .log = PIECE_LOG,
                                            .is_streamed = way >= 6,
                                            .asks = {to.pieces, PIECE_LOG, draw_below(17), 0}};
    kernels->program_along(a, &route, &span, blocks, steps, n_steps);
    if (way & 2) {
        unscatter(a, &to);
    }
    double found = distance(kernels, a, b);
    if (found > (kernels->precision == PRECISION_SINGLE ? 1e-5 : 1e-12)) {
        printf("%s: a program of %u steps, way %u, differs by %g\n", kernels->isa, n_steps, way,
               found);
        return false;
    }
    return true;
}

static bool check(const struct statevector_kernels *kernels) {
    bool is_good = true;
    fill_matrix(kernels, 0.1);
    for (unsigned i = 0; i < N_RANDOM; i++) {
        is_good = check_random(kernels) && is_good;
    }
    fill_matrix(kernels, 0.25);
    for (size_t f = 0; f < N_FAMILIES; f++) {
        for (unsigned place = 0; place < families[f].n_places; place++) {
            for (uint8_t bit = 0; bit < 4 && has_family(kernels, &families[f]); bit++) {
                const uint8_t bits[3] = {bit, (uint8_t)(bit + 1),
                                         (uint8_t)(bit == 1 ? 5 : bit + 2)};
                is_good = check_code(kernels, families[f].code + place, bits) && is_good;
            }
        }
    }
    return is_good;
}

/* ---- times ---- */

static double read_clock(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

struct job {
    void (*run)(const struct machine *machine, const struct job *job);
    unsigned log, bit; /* 2^log blocks; a bit of their number */
    const struct statevector_step *const *steps;
    size_t n_steps;
};

/* Seconds of one run, the best of a few: each of at least 2^17 blocks. */
static double time_job(const struct machine *machine, const struct job *job) {
    unsigned n = job->log < 17 ? 1u << (17 - job->log) : 1;
    double best = INFINITY;
    for (int round = 0; round < 3; round++) {
        double start = read_clock();
        for (unsigned i = 0; i < n; i++) {
            job->run(machine, job);
        }
        best = fmin(best, (read_clock() - start) / n);
    }
    return best;
}

static void report(const struct machine *machine, const char *name, const struct job *job,
                   double flops) {
    double s = time_job(machine, job), n_blocks = (double)(UINT64_C(1) << job->log);
    double bytes_per_s = 256 * n_blocks / s;
    double flops_per_s = flops * n_blocks * (1 << machine->kernels->lane_bits) / s;
    printf("%-7s %-6s %-24s %4u %8.2f %8.1f %6.2f %8.1f %6.2f\n", machine->kernels->isa,
           precision_name(machine->kernels->precision), name, job->log, 1e9 * s / n_blocks,
           1e-9 * bytes_per_s, bytes_per_s / machine->bytes_per_s, 1e-9 * flops_per_s,
           flops_per_s / machine->flops_per_s);
}

static void run_program(const struct machine *machine, const struct job *job) {
    const uint8_t bits[3] = {(uint8_t)job->bit, (uint8_t)(job->bit + 1), (uint8_t)(job->bit + 2)};
    struct statevector_span span;
    uint64_t blocks[8];
    fill_registers(blocks, &span, bits, job->log);
    machine->kernels->program(machine->memory, &span, blocks, job->steps, job->n_steps);
}

static void run_scale(const struct machine *machine, const struct job *job) {
    machine->kernels->scale(machine->memory, machine->memory, UINT64_C(1) << job->log, 0.5, 0);
}
static void run_keep(const struct machine *machine, const struct job *job) {
    const uint16_t lanes[2] = {0xff0f, 0x00ff};
    machine->kernels->keep(machine->memory, machine->memory, UINT64_C(1) << job->log, 1, lanes);
}
static void run_stream(const struct machine *machine, const struct job *job) {
    uint64_t n = UINT64_C(1) << (job->log - 1);
    union statevector_block *piece = machine->memory + n;
    machine->kernels->stream(&piece, 1, n, machine->memory);
}
static void run_exchange(const struct machine *machine, const struct job *job) {
    const struct statevector_span span = {.last = UINT64_C(1) << (job->log - 1)};
    machine->kernels->exchange(machine->memory, machine->memory + span.last, &span,
                               machine->kernels->all_lanes);
}
static void run_gather(const struct machine *machine, const struct job *job) {
    uint64_t n = UINT64_C(1) << job->log;
    machine->kernels->gather(machine->memory, machine->memory, n, 0, n / 2, job->bit, 1, 1);
}
static void run_scatter(const struct machine *machine, const struct job *job) {
    uint64_t n = UINT64_C(1) << (job->log - 1);
    machine->kernels->scatter(machine->memory, machine->memory + n, 0, n / 2, 5, 0);
}
static void run_angles(const struct machine *machine, const struct job *job) {
    static struct statevector_angles angles;
    angles.n_bits = job->log < 13 ? job->log : 13;
    for (uint64_t at = 0; at < UINT64_C(1) << job->log; at += UINT64_C(1) << angles.n_bits) {
        machine->kernels->angles(machine->memory + at, &angles);
    }
}
static void run_matrix(const struct machine *machine, const struct job *job) {
    unsigned k = job->bit;
    union statevector_block *blocks[1 << STATEVECTOR_MAX_TARGETS];
    struct statevector_span span = {.last = UINT64_C(1) << (job->log - k), .n_fixed = k};
    for (unsigned i = 0; i < k; i++) {
        span.fixed[i] = (uint8_t)i;
    }
    for (unsigned i = 0; i < 1u << k; i++) {
        blocks[i] = machine->memory + i;
    }
    machine->kernels->matrix(blocks, k, &span, &matrix, machine->kernels->all_lanes);
}
static void run_norm(const struct machine *machine, const struct job *job) {
    double hi[STATEVECTOR_MAX_LANES], lo[STATEVECTOR_MAX_LANES];
    const struct statevector_span span = {.last = UINT64_C(1) << job->log};
    machine->kernels->norm(machine->memory, &span, hi, lo);
}
static void run_pauli(const struct machine *machine, const struct job *job) {
    double hi[STATEVECTOR_MAX_LANES], lo[STATEVECTOR_MAX_LANES];
    const struct statevector_span span = {.last = UINT64_C(1) << job->log};
    struct statevector_pauli pauli = {.x_block = 3, .z_block = 5};
    for (unsigned v = 0; v < STATEVECTOR_MAX_LANES; v++) {
        pauli.source[v] = (uint8_t)(v ^ 1);
    }
    machine->kernels->pauli(machine->memory, machine->memory, &span, &pauli, hi, lo);
}

/* Bandwidth is that of scale in memory, the peak that of 4 x 4 matrices in registers. */
static void measure(struct machine *machine) {
    enum { N_STEPS = 100 };
    struct statevector_step step;
    const struct statevector_step *steps[N_STEPS];
    struct job job = {.run = run_scale, .log = MEMORY_LOG};
    machine->bytes_per_s = 256.0 * (double)(UINT64_C(1) << job.log) / time_job(machine, &job);
    fill_step(&step, machine->kernels, STATEVECTOR_DENSE2, 0);
    for (unsigned i = 0; i < N_STEPS; i++) {
        steps[i] = &step;
    }
    job = (struct job){.run = run_program, .log = 5, .steps = steps, .n_steps = N_STEPS};
    machine->flops_per_s = (double)machine->kernels->dense2_flops * N_STEPS *
                           (double)(32u << machine->kernels->lane_bits) / time_job(machine, &job);
    printf("# %s, %s, one thread: %.1f GB/s, %.1f GFLOP/s\n", machine->kernels->isa,
           precision_name(machine->kernels->precision), 1e-9 * machine->bytes_per_s,
           1e-9 * machine->flops_per_s);
}

static double count_flops(const struct statevector_kernels *kernels, const struct family *family) {
    return family->code == STATEVECTOR_DENSE2 ? kernels->dense2_flops : family->flops;
}

/* Programs of four equal steps: in the nearest cache by target, in all sizes by place. */
static void bench_programs(const struct machine *machine, const struct family *family) {
    struct statevector_step step;
    const struct statevector_step *steps[4] = {&step, &step, &step, &step};
    char name[64];
    for (unsigned j = 0; j < family->n_places; j++) {
        fill_step(&step, machine->kernels, family->code + j, 1e-9);
        snprintf(name, sizeof name, "%s.%u", family->name, j);
        struct job job = {.run = run_program, .log = size_logs[0], .steps = steps, .n_steps = 4};
        report(machine, name, &job, 4 * count_flops(machine->kernels, family));
    }
    for (unsigned i = 1; i < 3; i++) {
        struct job job = {
            .run = run_program, .log = size_logs[i], .bit = 6, .steps = steps, .n_steps = 4};
        snprintf(name, sizeof name, "%s on 6 to 8", family->name);
        report(machine, name, &job, 4 * count_flops(machine->kernels, family));
    }
}

static void bench_others(const struct machine *machine) {
    static const struct {
        const char *name;
        void (*run)(const struct machine *machine, const struct job *job);
        unsigned bit;
        double flops;
    } others[] = {
        {"scale", run_scale, 0, 2},
        {"keep", run_keep, 0, 0},
        {"stream", run_stream, 0, 0},
        {"exchange", run_exchange, 0, 0},
        {"gather lane 0", run_gather, 0, 0},
        {"gather bit 7", run_gather, 7, 0},
        {"scatter", run_scatter, 0, 0},
        {"angles", run_angles, 0, 44},
        {"matrix 4", run_matrix, 4, 126},
        {"matrix 5", run_matrix, 5, 254},
        {"norm", run_norm, 0, 3},
        {"pauli", run_pauli, 0, 3},
    };
    for (size_t k = 0; k < sizeof others / sizeof *others; k++) {
        for (unsigned i = 0; i < 3; i++) {
            struct job job = {.run = others[k].run, .log = size_logs[i], .bit = others[k].bit};
            report(machine, others[k].name, &job, others[k].flops);
        }
    }
}

static void bench(const struct statevector_kernels *kernels) {
    const size_t n_bytes = sizeof(union statevector_block) << MEMORY_LOG;
    struct machine machine = {.kernels = kernels, .memory = mem_map(n_bytes)};
    if (machine.memory == NULL) {
        return;
    }
    memset(machine.memory, 0, n_bytes);
    fill_matrix(kernels, 0);
    measure(&machine);
    printf("# %-13s %-23s  log ns/block     GB/s  share  GFLOP/s  share\n", "table", "kernel");
    for (size_t f = 0; f < N_FAMILIES; f++) {
        if (has_family(kernels, &families[f])) {
            bench_programs(&machine, &families[f]);
        }
    }
    bench_others(&machine);
    mem_unmap(machine.memory, n_bytes);
}

int main(int argc, char **argv) {
    bool is_bench = argc == 2 && strcmp(argv[1], "--bench") == 0;
    enum cpu_isa best = CPU_SCALAR;
    bool is_good = true;
    if (argc > 1 && !is_bench) {
        fprintf(stderr, "usage: check_kernels [--bench]\n");
        return 2;
    }
    if (cpu_detect_isa(&best) != STATUS_OK) {
        return 1;
    }
    for (int precision = 0; precision < 2; precision++) {
        for (int isa = CPU_SCALAR; isa <= (int)best; isa++) {
            const struct statevector_kernels *kernels =
                statevector_kernels_get((enum cpu_isa)isa, (enum precision)precision);
            is_good = check(kernels) && is_good;
            if (is_bench) {
                bench(kernels);
            }
        }
    }
    printf("kernels: %s\n", is_good ? "equal on all ISAs" : "different");
    return is_good ? 0 : 1;
}
