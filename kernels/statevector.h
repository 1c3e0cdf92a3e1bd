/* Kernels of the state-vector engine: pure functions on chunks of amplitudes.
 *
 * Amplitudes lie in blocks of 8: eight real parts, then eight imaginary parts, on every ISA. Bits 0
 * to 2 of an amplitude's number choose the lane, the others the block. No kernel allocates, prints
 * or starts threads: the engine splits ranges. Arithmetic per amplitude is the same wherever a bit
 * lies (lane, block or chunk): rows of a matrix are summed in the order of columns. One table is
 * chosen once. */
#ifndef QSPAN_KERNELS_STATEVECTOR_H
#define QSPAN_KERNELS_STATEVECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cpu.h"

enum {
    STATEVECTOR_LANES = 8,
    STATEVECTOR_LANE_BITS = 3,
    STATEVECTOR_BLOCK = 16, /* doubles in a block */
    STATEVECTOR_MAX_TARGETS = 5,
    STATEVECTOR_MAX_CHUNK_BITS = 16, /* keeps sums of one call exact */
    STATEVECTOR_MAX_FIXED = STATEVECTOR_MAX_CHUNK_BITS - STATEVECTOR_LANE_BITS,
    STATEVECTOR_ALL_LANES = 0xff,
};

/* Sums of reals at most 1 in absolute value are exact: every term is rounded to a multiple of
 * 2^-(2 SCALE) and split in a multiple of 2^-SCALE and a rest. */
#define STATEVECTOR_SUM_SCALE 40

/* Visits i = first .. last-1; the block of i is i with zeros put in at the bits in `fixed`. */
struct statevector_span {
    uint64_t first, last;
    unsigned n_fixed;
    uint8_t fixed[STATEVECTOR_MAX_FIXED]; /* ascending bits of the block number */
};
static inline uint64_t statevector_block(const struct statevector_span *span, uint64_t i) {
    for (unsigned j = 0; j < span->n_fixed; j++) {
        uint64_t low = i & ((UINT64_C(1) << span->fixed[j]) - 1);
        i = ((i ^ low) << 1) | low;
    }
    return i;
}

/* A matrix of which some targets are lane bits. Column c reads block `block[c]` of the tuple, lanes
 * source[c]; coefficient of output block r, column c, lane v: coefs[(r * n_columns + c) * 16 + v]
 * (real) and + 8 (imaginary). */
struct statevector_lane_matrix {
    unsigned n_blocks, n_columns; /* 2^(targets above the lanes), 2^targets */
    uint8_t block[1 << STATEVECTOR_MAX_TARGETS];
    uint8_t source[1 << STATEVECTOR_MAX_TARGETS][STATEVECTOR_LANES];
    const double *coefs;
    unsigned lanes; /* written: controls on lane bits */
};

/* Bits of a diagonal operator inside a chunk. The factor of a block is table + 16 * index (8 real,
 * 8 imaginary), index = its bits at `bits`; lanes outside masks[index] are left alone (factor 1).
 */
struct statevector_diagonal {
    unsigned n_bits;
    uint8_t bits[STATEVECTOR_MAX_TARGETS];
    const double *table;
    const uint8_t *masks;
};

/* Terms of <P>: conj(b[i ^ x]) a[i] times a sign. */
struct statevector_pauli {
    uint64_t x_block, z_block;
    uint8_t source[STATEVECTOR_LANES]; /* lane ^ x */
    uint8_t signs;                     /* lanes whose Z part gives -1 */
    bool is_imaginary; /* minus the imaginary part of the product, not its real part */
};

struct statevector_kernels {
    const char *isa;
    /* Row r of the block tuple: sum over c of matrix[r][c] (row major, interleaved) times
     * blocks[c]. blocks: 2^k pointers to where block 0 would be. lanes: written. */
    void (*matrix)(double *const *blocks, unsigned k, const struct statevector_span *span,
                   const double *matrix, unsigned lanes);
    void (*lane_matrix)(double *const *blocks, const struct statevector_span *span,
                        const struct statevector_lane_matrix *matrix);
    void (*diagonal)(double *chunk, const struct statevector_span *span,
                     const struct statevector_diagonal *diagonal);
    /* Swaps a and b in the given lanes. */
    void (*exchange)(double *a, double *b, const struct statevector_span *span, unsigned lanes);
    /* Lane v takes what lane source[v] held. */
    void (*permute)(double *chunk, const struct statevector_span *span, const uint8_t *source);
    /* dst = (re + i im) src; factors that are exactly 0, 1 or real only write, copy or multiply
     * once. dst may be src. */
    void (*scale)(double *dst, const double *src, uint64_t n_blocks, double re, double im);
    /* dst = src in lanes[0 or 1: is block_bit set in the block's number], else 0. dst may be src.
     */
    void (*keep)(double *dst, const double *src, uint64_t n_blocks, uint64_t block_bit,
                 const uint8_t *lanes);
    /* Takes bit `bit` of the amplitude number out: dst block i - first (i = first .. last-1) =
     * factor times the amplitudes of src with that bit = value. src has n_src blocks; dst may be
     * src if first = 0. */
    void (*gather)(double *dst, const double *src, uint64_t n_src, uint64_t first, uint64_t last,
                   unsigned bit, unsigned value, double factor);
    /* The way back for bits above the lanes: block i of those with bit = value takes src block
     * i - first. */
    void (*scatter)(double *dst, const double *src, uint64_t first, uint64_t last, unsigned bit,
                    unsigned value);
    /* Per lane the exact sum of |a|^2, in two parts (out_hi: multiples of 2^-40, out_lo: of 2^-80).
     */
    void (*norm)(const double *chunk, const struct statevector_span *span, double *out_hi,
                 double *out_lo);
    void (*pauli)(const double *a, const double *b, const struct statevector_span *span,
                  const struct statevector_pauli *pauli, double *out_hi, double *out_lo);
};

/* The best table for that ISA that is built in. */
const struct statevector_kernels *statevector_kernels_get(enum cpu_isa isa);

extern const struct statevector_kernels statevector_kernels_scalar, statevector_kernels_avx2,
    statevector_kernels_avx512; /* the last two on x86-64 */

#endif
