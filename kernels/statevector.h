/* Kernels of the state-vector engine: pure functions on chunks of amplitudes.
 *
 * Amplitudes lie in blocks of 8: eight real parts, then eight imaginary parts, on every ISA. Bits 0
 * to 2 of an amplitude's number choose the lane, the others the block. No kernel allocates, prints
 * or starts threads: the engine splits ranges. Operators never mix lanes: a tile whose lanes are to
 * be mixed first changes them with bits above (STATEVECTOR_CROSS0 ...). Arithmetic per amplitude is
 * the same wherever a bit lies. Programs, matrices and angles use fused multiply-add on AVX2 and
 * AVX-512: one ISA always gives the same bits, two may differ in the last. One table is chosen
 * once. */
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

/* Steps of a program. A pair (a, b) are two registers that differ in the target bit j; t = m[0].
 * Codes that have a target stand three apart: the code is the one below plus j. */
enum statevector_code {
    STATEVECTOR_ROTATE = 0,     /* a - t b, b + t a */
    STATEVECTOR_ROTATE_FAR = 3, /* t a - b, t b + a */
    STATEVECTOR_TWIST = 6,      /* a - i t b, b - i t a */
    STATEVECTOR_TWIST_FAR = 9,  /* t a - i b, t b - i a */
    STATEVECTOR_HADAMARD = 12,  /* a + b, a - b */
    STATEVECTOR_REAL = 15,      /* m[0] a + m[1] b, m[2] a + m[3] b */
    STATEVECTOR_FULL = 18,      /* complex matrix m, row major, interleaved */
    STATEVECTOR_SWAP = 21,      /* b, a */
    STATEVECTOR_CROSS0 = 24,    /* the lane bit and the target bit change places */
    STATEVECTOR_CROSS1 = 27,
    STATEVECTOR_CROSS2 = 30,
    /* Times m[0] + i m[1]: registers whose bit j is 1, whose two bits other than 2 - j are, those
     * in `regs`. */
    STATEVECTOR_PHASE_BIT = 33,
    STATEVECTOR_PHASE_PAIR = 36,
    STATEVECTOR_PHASE = 39,
    /* The same, signs changed by the exclusive or with mask[v]. */
    STATEVECTOR_NEGATE_BIT = 40,
    STATEVECTOR_NEGATE_PAIR = 43,
    STATEVECTOR_NEGATE = 46,
    STATEVECTOR_DENSE2 = 47, /* 4 x 4 `dense` on the two bits other than 2 - j, the lower first */
    STATEVECTOR_DENSE3 = 50, /* `matrix` on registers `order`, the first row's first */
    STATEVECTOR_N_CODES = 51,
};
/* Done where (block number & block_mask) == block_value. `regs` and `lanes`: registers (of a pair
 * or a DENSE2: the first) and lanes that REAL, FULL, SWAP, PHASE, NEGATE and DENSE write;
 * PHASE_BIT and PHASE_PAIR write all. */
struct statevector_step {
    uint8_t code, regs, lanes;
    uint8_t order[8];
    uint64_t block_mask, block_value;
    int64_t mask[STATEVECTOR_LANES]; /* `lanes` as -1 or 0; NEGATE: as INT64_MIN or 0 */
    double m[8];
    const double *matrix; /* DENSE3: row major, interleaved */
    double dense[32];
};

/* Angles, in turns / 2^64 and modulo 1, of all blocks of a tile whose number & block_mask is
 * block_value: lanes[v] + sum over bits j of linear[j][v] + sum over pairs of bits pairs[j][k]. */
struct statevector_angles {
    unsigned n_bits;    /* 2^n_bits blocks */
    unsigned lane_mask; /* written */
    uint64_t block_mask, block_value;
    uint64_t lanes[STATEVECTOR_LANES];
    uint64_t linear[STATEVECTOR_MAX_FIXED][STATEVECTOR_LANES];
    uint64_t pairs[STATEVECTOR_MAX_FIXED][STATEVECTOR_MAX_FIXED]; /* symmetric */
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
    /* Applies the steps to the eight blocks at block + blocks[0 .. 7], for all blocks of the span.
     */
    void (*program)(double *tile, const struct statevector_span *span, const uint64_t *blocks,
                    const struct statevector_step *const *steps, size_t n_steps);
    /* Multiplies by e^(i angle). */
    void (*angles)(double *tile, const struct statevector_angles *angles);
    /* Swaps a and b in the given lanes. */
    void (*exchange)(double *a, double *b, const struct statevector_span *span, unsigned lanes);
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
