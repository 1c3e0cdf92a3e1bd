#include "kernels/statevector.h"

#include <string.h>

enum { V = STATEVECTOR_LANES, BLOCK = STATEVECTOR_BLOCK };
enum { MAX_DIM = 1 << STATEVECTOR_MAX_TARGETS };

static void store_lanes(double *to, const double *from, unsigned lanes) {
    if (lanes == STATEVECTOR_ALL_LANES) {
        memcpy(to, from, BLOCK * sizeof *to);
        return;
    }
    for (unsigned v = 0; v < V; v++) {
        if ((lanes >> v) & 1) {
            to[v] = from[v];
            to[V + v] = from[V + v];
        }
    }
}

/* acc += (mr + i mi) in, as every kernel does it: real products first, one by one. */
static void add_scaled(double *restrict acc, const double *restrict in, double mr, double mi) {
    for (unsigned v = 0; v < V; v++) {
        double re = acc[v] + mr * in[v];
        double im = acc[V + v] + mr * in[V + v];
        acc[v] = re - mi * in[V + v];
        acc[V + v] = im + mi * in[v];
    }
}

static void matrix1_scalar(double *restrict a, double *restrict b,
                           const struct statevector_span *span, const double *m, unsigned lanes) {
    for (uint64_t i = span->first; i < span->last; i++) {
        uint64_t at = statevector_block(span, i) * BLOCK;
        double out0[BLOCK] = {0}, out1[BLOCK] = {0};
        add_scaled(out0, a + at, m[0], m[1]);
        add_scaled(out0, b + at, m[2], m[3]);
        add_scaled(out1, a + at, m[4], m[5]);
        add_scaled(out1, b + at, m[6], m[7]);
        store_lanes(a + at, out0, lanes);
        store_lanes(b + at, out1, lanes);
    }
}

static void matrix_scalar(double *const *blocks, unsigned k, const struct statevector_span *span,
                          const double *matrix, unsigned lanes) {
    if (k == 1) {
        matrix1_scalar(blocks[0], blocks[1], span, matrix, lanes);
        return;
    }
    unsigned dim = 1u << k;
    double in[MAX_DIM][BLOCK];
    for (uint64_t i = span->first; i < span->last; i++) {
        uint64_t at = statevector_block(span, i) * BLOCK;
        for (unsigned c = 0; c < dim; c++) {
            memcpy(in[c], blocks[c] + at, sizeof in[c]);
        }
        for (unsigned r = 0; r < dim; r++) {
            double acc[BLOCK] = {0};
            for (unsigned c = 0; c < dim; c++) {
                const double *m = matrix + 2 * (r * dim + c);
                add_scaled(acc, in[c], m[0], m[1]);
            }
            store_lanes(blocks[r] + at, acc, lanes);
        }
    }
}

static void lane_matrix_scalar(double *const *blocks, const struct statevector_span *span,
                               const struct statevector_lane_matrix *matrix) {
    double in[MAX_DIM][BLOCK];
    unsigned dim = matrix->n_columns;
    for (uint64_t i = span->first; i < span->last; i++) {
        uint64_t at = statevector_block(span, i) * BLOCK;
        for (unsigned c = 0; c < dim; c++) {
            const double *from = blocks[matrix->block[c]] + at;
            for (unsigned v = 0; v < V; v++) {
                in[c][v] = from[matrix->source[c][v]];
                in[c][V + v] = from[V + matrix->source[c][v]];
            }
        }
        const double *coef = matrix->coefs;
        for (unsigned r = 0; r < matrix->n_blocks; r++) {
            double acc[BLOCK] = {0};
            for (unsigned c = 0; c < dim; c++, coef += BLOCK) {
                for (unsigned v = 0; v < V; v++) {
                    double re = acc[v] + coef[v] * in[c][v];
                    double im = acc[V + v] + coef[v] * in[c][V + v];
                    acc[v] = re - coef[V + v] * in[c][V + v];
                    acc[V + v] = im + coef[V + v] * in[c][v];
                }
            }
            store_lanes(blocks[r] + at, acc, matrix->lanes);
        }
    }
}

static void diagonal_scalar(double *chunk, const struct statevector_span *span,
                            const struct statevector_diagonal *diagonal) {
    for (uint64_t i = span->first; i < span->last; i++) {
        uint64_t block = statevector_block(span, i);
        unsigned index = 0;
        for (unsigned j = 0; j < diagonal->n_bits; j++) {
            index |= (unsigned)((block >> diagonal->bits[j]) & 1) << j;
        }
        unsigned lanes = diagonal->masks[index];
        if (lanes == 0) {
            continue;
        }
        const double *f = diagonal->table + (size_t)index * BLOCK;
        double *a = chunk + block * BLOCK;
        double out[BLOCK];
        for (unsigned v = 0; v < V; v++) {
            out[v] = f[v] * a[v] - f[V + v] * a[V + v];
            out[V + v] = f[v] * a[V + v] + f[V + v] * a[v];
        }
        store_lanes(a, out, lanes);
    }
}

static void exchange_scalar(double *a, double *b, const struct statevector_span *span,
                            unsigned lanes) {
    for (uint64_t i = span->first; i < span->last; i++) {
        uint64_t at = statevector_block(span, i) * BLOCK;
        double old[BLOCK];
        memcpy(old, a + at, sizeof old);
        store_lanes(a + at, b + at, lanes);
        store_lanes(b + at, old, lanes);
    }
}

static void permute_scalar(double *chunk, const struct statevector_span *span,
                           const uint8_t *source) {
    for (uint64_t i = span->first; i < span->last; i++) {
        double *a = chunk + statevector_block(span, i) * BLOCK;
        double old[BLOCK];
        memcpy(old, a, sizeof old);
        for (unsigned v = 0; v < V; v++) {
            a[v] = old[source[v]];
            a[V + v] = old[V + source[v]];
        }
    }
}

static void scale_scalar(double *dst, const double *src, uint64_t n_blocks, double re, double im) {
    if (re == 0 && im == 0) {
        memset(dst, 0, n_blocks * BLOCK * sizeof *dst);
        return;
    }
    if (re == 1 && im == 0) {
        if (dst != src) {
            memcpy(dst, src, n_blocks * BLOCK * sizeof *dst);
        }
        return;
    }
    if (im == 0) {
        for (uint64_t at = 0; at < n_blocks * BLOCK; at++) {
            dst[at] = re * src[at];
        }
        return;
    }
    for (uint64_t at = 0; at < n_blocks * BLOCK; at += BLOCK) {
        for (unsigned v = 0; v < V; v++) {
            double a = src[at + v], b = src[at + V + v];
            dst[at + v] = re * a - im * b;
            dst[at + V + v] = re * b + im * a;
        }
    }
}

static void keep_scalar(double *dst, const double *src, uint64_t n_blocks, uint64_t block_bit,
                        const uint8_t *lanes) {
    for (uint64_t i = 0; i < n_blocks; i++) {
        unsigned kept = lanes[(i & block_bit) != 0];
        for (unsigned v = 0; v < V; v++) {
            bool is_kept = (kept >> v) & 1;
            dst[i * BLOCK + v] = is_kept ? src[i * BLOCK + v] : 0;
            dst[i * BLOCK + V + v] = is_kept ? src[i * BLOCK + V + v] : 0;
        }
    }
}

/* Four lanes of each of two blocks; the second may lie beyond the end of a tiny vector. */
static void gather_lanes(double *dst, const double *src, uint64_t n_src, uint64_t i, unsigned bit,
                         unsigned value, double factor) {
    double out[BLOCK] = {0};
    for (unsigned v = 0; v < V; v++) {
        unsigned low = v & ((1u << bit) - 1);
        unsigned from = (((v ^ low) << 1) | (value << bit) | low);
        uint64_t block = 2 * i + from / V;
        if (block < n_src) {
            out[v] = factor * src[block * BLOCK + from % V];
            out[V + v] = factor * src[block * BLOCK + V + from % V];
        }
    }
    memcpy(dst, out, sizeof out);
}

static void gather_scalar(double *dst, const double *src, uint64_t n_src, uint64_t first,
                          uint64_t last, unsigned bit, unsigned value, double factor) {
    for (uint64_t i = first; i < last; i++, dst += BLOCK) {
        if (bit < STATEVECTOR_LANE_BITS) {
            gather_lanes(dst, src, n_src, i, bit, value, factor);
            continue;
        }
        unsigned b = bit - STATEVECTOR_LANE_BITS;
        uint64_t low = i & ((UINT64_C(1) << b) - 1);
        const double *from = src + (((i ^ low) << 1) | ((uint64_t)value << b) | low) * BLOCK;
        for (unsigned v = 0; v < BLOCK; v++) {
            dst[v] = factor * from[v];
        }
    }
}

static void scatter_scalar(double *dst, const double *src, uint64_t first, uint64_t last,
                           unsigned bit, unsigned value) {
    unsigned b = bit - STATEVECTOR_LANE_BITS;
    for (uint64_t i = first; i < last; i++, src += BLOCK) {
        uint64_t low = i & ((UINT64_C(1) << b) - 1);
        uint64_t to = ((i ^ low) << 1) | ((uint64_t)value << b) | low;
        memcpy(dst + to * BLOCK, src, BLOCK * sizeof *dst);
    }
}

/* Adding 1.5 * 2^(52 - s) and taking it away rounds to a multiple of 2^-s; sums of such multiples
 * are exact while they stay below 2^(53 - s), so their order does not matter. */
static void add_exactly(double *hi, double *lo, double x) {
    const double round_hi = 1.5 * (double)(UINT64_C(1) << (52 - STATEVECTOR_SUM_SCALE));
    const double round_lo = 1.5 / (double)(UINT64_C(1) << (2 * STATEVECTOR_SUM_SCALE - 52));
    double h = (x + round_hi) - round_hi;
    double l = ((x - h) + round_lo) - round_lo;
    *hi += h;
    *lo += l;
}

static void norm_scalar(const double *chunk, const struct statevector_span *span, double *out_hi,
                        double *out_lo) {
    double hi[V] = {0}, lo[V] = {0};
    for (uint64_t i = span->first; i < span->last; i++) {
        const double *a = chunk + statevector_block(span, i) * BLOCK;
        for (unsigned v = 0; v < V; v++) {
            add_exactly(&hi[v], &lo[v], a[v] * a[v] + a[V + v] * a[V + v]);
        }
    }
    memcpy(out_hi, hi, sizeof hi);
    memcpy(out_lo, lo, sizeof lo);
}

static void pauli_scalar(const double *a, const double *b, const struct statevector_span *span,
                         const struct statevector_pauli *pauli, double *out_hi, double *out_lo) {
    double hi[V] = {0}, lo[V] = {0};
    for (uint64_t i = span->first; i < span->last; i++) {
        uint64_t block = statevector_block(span, i);
        const double *p = a + block * BLOCK;
        const double *q = b + (block ^ pauli->x_block) * BLOCK;
        unsigned odd = (unsigned)__builtin_parityll(block & pauli->z_block);
        for (unsigned v = 0; v < V; v++) {
            unsigned w = pauli->source[v];
            double t = pauli->is_imaginary ? q[V + w] * p[v] - q[w] * p[V + v]
                                           : q[w] * p[v] + q[V + w] * p[V + v];
            bool is_negative = (odd ^ (pauli->signs >> v)) & 1;
            add_exactly(&hi[v], &lo[v], is_negative ? -t : t);
        }
    }
    memcpy(out_hi, hi, sizeof hi);
    memcpy(out_lo, lo, sizeof lo);
}

const struct statevector_kernels statevector_kernels_scalar = {
    .isa = "scalar",
    .matrix = matrix_scalar,
    .lane_matrix = lane_matrix_scalar,
    .diagonal = diagonal_scalar,
    .exchange = exchange_scalar,
    .permute = permute_scalar,
    .scale = scale_scalar,
    .keep = keep_scalar,
    .gather = gather_scalar,
    .scatter = scatter_scalar,
    .norm = norm_scalar,
    .pauli = pauli_scalar,
};
