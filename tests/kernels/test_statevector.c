/* Every kernel against a naive dense state, on all targets, for every table that is built in. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "base/bits.h"
#include "base/rng.h"
#include "kernels/statevector.h"
#include "support/naive_state.h"

enum { V = STATEVECTOR_LANES, BLOCK = STATEVECTOR_BLOCK, MAX_BITS = 9, MAX_DIM = 32 };

static uint64_t n_drawn;
static double draw(void) {
    return 2 * rng_uniform(1, n_drawn++, 0, RNG_TEST) - 1;
}

/* One chunk and the same amplitudes in plain order. */
struct pair {
    unsigned n_bits;
    double chunk[2 << MAX_BITS];
    struct naive_state naive;
};

static size_t place(uint64_t i) {
    return (size_t)(i / V * BLOCK + i % V);
}

static void pair_init(struct pair *pair, unsigned n_bits) {
    memset(pair->chunk, 0, sizeof pair->chunk);
    pair->n_bits = n_bits;
    naive_init(&pair->naive, n_bits);
    for (uint64_t i = 0; i < BIT64(n_bits); i++) {
        pair->naive.amps[2 * i] = pair->chunk[place(i)] = draw() / 8;
        pair->naive.amps[2 * i + 1] = pair->chunk[place(i) + V] = draw() / 8;
    }
}

static double pair_distance(const struct pair *pair) {
    double most = 0;
    for (uint64_t i = 0; i < BIT64(pair->n_bits); i++) {
        most = fmax(most, fabs(pair->naive.amps[2 * i] - pair->chunk[place(i)]));
        most = fmax(most, fabs(pair->naive.amps[2 * i + 1] - pair->chunk[place(i) + V]));
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
    for (unsigned bit = 3; bit < n_bits; bit++) {
        for (unsigned i = 0; i < k; i++) {
            if (targets[i] == bit) {
                span.fixed[span.n_fixed++] = (uint8_t)(bit - 3);
            }
        }
    }
    span.last = BIT64(n_bits - 3) >> span.n_fixed;
    return span;
}

/* Pointers to the tuples of targets above the lanes; returns how many such targets there are. */
static unsigned point(double **blocks, double *chunk, const uint32_t *targets, unsigned k) {
    unsigned n = 0;
    blocks[0] = chunk;
    for (unsigned i = 0; i < k; i++) {
        if (targets[i] >= 3) {
            for (unsigned j = 0; j < 1u << n; j++) {
                blocks[j + (1u << n)] = blocks[j] + BIT64(targets[i] - 3) * BLOCK;
            }
            n++;
        }
    }
    return n;
}

/* Coefficients of a matrix with targets in the lanes, from their definition. */
static void fill_lanes(struct statevector_lane_matrix *out, double *coefs, const double *matrix,
                       const uint32_t *targets, unsigned k, unsigned n_high) {
    unsigned dim = 1u << k;
    *out = (struct statevector_lane_matrix){
        .n_blocks = 1u << n_high, .n_columns = dim, .coefs = coefs};
    for (unsigned column = 0; column < dim; column++) {
        for (unsigned v = 0; v < V; v++) {
            unsigned source = v, block = 0, high = 0;
            for (unsigned i = 0; i < k; i++) {
                unsigned bit = column >> i & 1;
                if (targets[i] < 3) {
                    source = (source & ~(1u << targets[i])) | bit << targets[i];
                } else {
                    block |= bit << high++;
                }
            }
            out->block[column] = (uint8_t)block;
            out->source[column][v] = (uint8_t)source;
            for (unsigned to = 0; to < 1u << n_high; to++) {
                unsigned row = 0;
                high = 0;
                for (unsigned i = 0; i < k; i++) {
                    row |= (targets[i] < 3 ? v >> targets[i] & 1 : to >> high++ & 1) << i;
                }
                double *coef = coefs + (to * dim + column) * BLOCK;
                coef[v] = matrix[2 * (row * dim + column)];
                coef[V + v] = matrix[2 * (row * dim + column) + 1];
            }
        }
    }
}

static void check_matrix(const struct statevector_kernels *kernels, unsigned n_bits,
                         const uint32_t *targets, unsigned k, unsigned lanes) {
    static double coefs[MAX_DIM * MAX_DIM * BLOCK], matrix[2 * MAX_DIM * MAX_DIM];
    static struct pair pair;
    struct naive_state old;
    double *blocks[MAX_DIM];
    pair_init(&pair, n_bits);
    naive_init(&old, n_bits);
    naive_copy(&old, &pair.naive);
    for (unsigned i = 0; i < 2u << (2 * k); i++) {
        matrix[i] = draw();
    }
    naive_matrix(&pair.naive, matrix, targets, k);
    keep_lanes(&pair, &old, lanes);
    unsigned n_high = point(blocks, pair.chunk, targets, k);
    struct statevector_span span = span_of(n_bits, targets, k), part = span;
    for (uint64_t i = 0; i < span.last; i = part.last) { /* in uneven pieces */
        part.first = i;
        part.last = i + 1 + i / 2 < span.last ? i + 1 + i / 2 : span.last;
        if (n_high == k) {
            kernels->matrix(blocks, k, &part, matrix, lanes);
        } else {
            struct statevector_lane_matrix lane;
            fill_lanes(&lane, coefs, matrix, targets, k, n_high);
            lane.lanes = lanes;
            kernels->lane_matrix(blocks, &part, &lane);
        }
    }
    cr_assert_lt(pair_distance(&pair), 1e-13, "%s: %u targets, first %u, of %u bits", kernels->isa,
                 k, targets[0], n_bits);
    naive_fini(&pair.naive);
    naive_fini(&old);
}

static void for_all_tables(void (*check)(const struct statevector_kernels *kernels)) {
    enum cpu_isa best = CPU_SCALAR;
    cr_assert_eq(cpu_detect_isa(&best), STATUS_OK);
    for (int isa = CPU_SCALAR; isa <= (int)best; isa++) {
        check(statevector_kernels_get((enum cpu_isa)isa));
    }
}

static void check_matrices(const struct statevector_kernels *kernels) {
    for (unsigned n_bits = 3; n_bits <= 7; n_bits++) {
        for (uint32_t a = 0; a < n_bits; a++) {
            check_matrix(kernels, n_bits, &a, 1, 0xff);
            for (uint32_t b = 0; b < n_bits; b++) {
                for (uint32_t c = 0; c < n_bits; c++) {
                    uint32_t targets[3] = {a, b, c};
                    if (a != b && c == a) {
                        check_matrix(kernels, n_bits, targets, 2, 0xff);
                    } else if (a != b && b != c && c != a && n_bits == 6) {
                        check_matrix(kernels, n_bits, targets, 3, 0xff);
                    }
                }
            }
        }
    }
}
Test(kernels, matrices_on_all_targets) {
    for_all_tables(check_matrices);
}

static void check_wide(const struct statevector_kernels *kernels) {
    static const uint32_t targets[][5] = {{3, 8, 5, 4, 6}, {7, 6, 5, 4, 3}, {0, 5, 2, 7, 8},
                                          {2, 1, 0, 4, 3}, {8, 7, 0, 6, 5}, {1, 8, 3, 2, 0}};
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        check_matrix(kernels, 9, targets[i], 4, 0xff);
        check_matrix(kernels, 9, targets[i], 5, 0xff);
    }
    /* Masks: controls on lanes that are no targets. */
    check_matrix(kernels, 6, (uint32_t[]){4}, 1, 0xaa);
    check_matrix(kernels, 6, (uint32_t[]){0}, 1, 0xc0);
    check_matrix(kernels, 6, (uint32_t[]){3, 5}, 2, 0x80);
    check_matrix(kernels, 6, (uint32_t[]){5, 1}, 2, 0x33);
}
Test(kernels, wide_matrices_and_masks) {
    for_all_tables(check_wide);
}

static void check_diagonals(const struct statevector_kernels *kernels) {
    static struct pair pair;
    for (unsigned mask = 0; mask < 16; mask++) {
        double table[16 * BLOCK];
        uint8_t masks[16];
        struct statevector_diagonal diagonal = {.table = table, .masks = masks};
        pair_init(&pair, 7);
        for (unsigned bit = 0; bit < 4; bit++) {
            if (mask >> bit & 1) {
                diagonal.bits[diagonal.n_bits++] = (uint8_t)bit;
            }
        }
        for (unsigned i = 0; i < 16 * BLOCK; i++) {
            table[i] = draw();
            masks[i / BLOCK] = (uint8_t)(i / BLOCK % 3 ? 0xff : 37 * i / BLOCK);
        }
        for (uint64_t i = 0; i < 128; i++) {
            unsigned index = 0;
            for (unsigned j = 0; j < diagonal.n_bits; j++) {
                index |= (unsigned)(i >> (3 + diagonal.bits[j]) & 1) << j;
            }
            const double *f = table + index * BLOCK + i % V;
            double *a = pair.naive.amps + 2 * i, re = a[0], im = a[1];
            if (masks[index] >> (i % V) & 1) {
                a[0] = re * f[0] - im * f[V];
                a[1] = re * f[V] + im * f[0];
            }
        }
        struct statevector_span span = {.first = 0, .last = 16};
        kernels->diagonal(pair.chunk, &span, &diagonal);
        cr_assert_lt(pair_distance(&pair), 1e-14, "%s: bits %x", kernels->isa, mask);
        naive_fini(&pair.naive);
    }
}
Test(kernels, diagonals) {
    for_all_tables(check_diagonals);
}

static void check_exchanges(const struct statevector_kernels *kernels) {
    static struct pair pair;
    for (uint32_t bit = 0; bit < 6; bit++) {
        pair_init(&pair, 6);
        naive_gate(&pair.naive, GATE_X, NULL, &bit);
        struct statevector_span span = span_of(6, &bit, 1);
        uint8_t source[V];
        for (unsigned v = 0; v < V; v++) {
            source[v] = (uint8_t)(v ^ 1u << bit);
        }
        if (bit < 3) {
            kernels->permute(pair.chunk, &span, source);
        } else {
            kernels->exchange(pair.chunk, pair.chunk + BIT64(bit - 3) * BLOCK, &span, 0xff);
        }
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
    double half[2 << 6];
    pair_init(&pair, n_bits);
    uint64_t n_src = n_bits <= 3 ? 1 : BIT64(n_bits - 3), n = n_src > 1 ? n_src / 2 : 1;
    kernels->gather(half, pair.chunk, n_src, 0, n, bit, value, 0.5);
    for (uint64_t i = 0; i < BIT64(n_bits - 1); i++) {
        uint64_t from = bits_insert_zero(i, bit) | (uint64_t)value << bit;
        cr_assert_eq(half[place(i)], pair.naive.amps[2 * from] / 2);
        cr_assert_eq(half[place(i) + V], pair.naive.amps[2 * from + 1] / 2);
    }
    kernels->gather(half, pair.chunk, n_src, 0, n, bit, value, 1);
    if (bit >= 3) { /* there and back, in two pieces */
        for (uint64_t i = 0; i < n; i++) {
            uint64_t at = bits_insert_zero(i, bit - 3) | (uint64_t)value << (bit - 3);
            memset(pair.chunk + at * BLOCK, 7, BLOCK * sizeof(double));
        }
        kernels->scatter(pair.chunk, half, 0, n / 2, bit, value);
        kernels->scatter(pair.chunk, half + n / 2 * BLOCK, n / 2, n, bit, value);
        cr_assert_eq(pair_distance(&pair), 0);
    }
    kernels->gather(pair.chunk, pair.chunk, n_src, 0, n, bit, value, 1); /* in place */
    cr_assert_eq(memcmp(half, pair.chunk, n * BLOCK * sizeof *half), 0);
    naive_fini(&pair.naive);
}

static void check_gathers(const struct statevector_kernels *kernels) {
    for (unsigned n_bits = 1; n_bits <= 6; n_bits++) {
        for (unsigned bit = 0; bit < n_bits; bit++) {
            check_gather(kernels, n_bits, bit, 0);
            check_gather(kernels, n_bits, bit, 1);
        }
    }
}
Test(kernels, gather_and_scatter) {
    for_all_tables(check_gathers);
}

static void check_factors(const struct statevector_kernels *kernels) {
    static struct pair pair, copy;
    static const double factors[][2] = {{0, 0}, {1, 0}, {-0.5, 0}, {0.25, -3}, {0, 1}};
    for (size_t f = 0; f < 5; f++) {
        double re = factors[f][0], im = factors[f][1];
        pair_init(&pair, 5);
        copy = pair;
        kernels->scale(copy.chunk, pair.chunk, 4, re, im);
        kernels->scale(pair.chunk, pair.chunk, 4, re, im);
        cr_assert_eq(memcmp(copy.chunk, pair.chunk, 4 * BLOCK * sizeof(double)), 0);
        for (uint64_t i = 0; i < 32; i++) {
            double *a = pair.naive.amps + 2 * i, x = a[0], y = a[1];
            a[0] = re * x - im * y;
            a[1] = re * y + im * x;
        }
        cr_assert_lt(pair_distance(&pair), 1e-15);
        naive_fini(&pair.naive);
    }
    const uint8_t lanes[2] = {0x0f, 0xa5};
    pair_init(&pair, 6);
    kernels->keep(pair.chunk, pair.chunk, 8, 2, lanes);
    for (uint64_t i = 0; i < 64; i++) {
        if (!(lanes[i >> 4 & 1] >> (i % V) & 1)) {
            pair.naive.amps[2 * i] = pair.naive.amps[2 * i + 1] = 0;
        }
    }
    cr_assert_eq(pair_distance(&pair), 0);
    naive_fini(&pair.naive);
}
Test(kernels, scale_and_keep) {
    for_all_tables(check_factors);
}

static void check_sums(const struct statevector_kernels *kernels) {
    static struct pair pair;
    pair_init(&pair, MAX_BITS);
    uint64_t n = BIT64(MAX_BITS - 3);
    double hi[V], lo[V], part_hi[V], part_lo[V], sum_hi[V] = {0}, sum_lo[V] = {0};
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
        for (uint64_t i = v; i < BIT64(MAX_BITS); i += V) {
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
    uint32_t wires[6];
    uint8_t letters[6];
    unsigned n_y = 0;
    uint64_t x = 0, z = 0;
    size_t n = 0;
    pair_init(&pair, 6);
    for (uint32_t i = 0; i < 6; i++) {
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
        .x_block = x >> 3, .z_block = z >> 3, .is_imaginary = n_y & 1};
    for (unsigned v = 0; v < V; v++) {
        pauli.source[v] = (uint8_t)(v ^ (x & 7));
        pauli.signs |= (uint8_t)((bits_popcount(v & z) & 1) << v);
    }
    struct statevector_span span = {.first = 0, .last = 8};
    double hi[V], lo[V], sum = 0, norm = 0;
    kernels->pauli(pair.chunk, pair.chunk, &span, &pauli, hi, lo);
    for (unsigned v = 0; v < V; v++) {
        sum += hi[v] + lo[v];
    }
    for (uint64_t i = 0; i < 128; i++) {
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
