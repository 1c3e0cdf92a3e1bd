/* Kernels of the state-vector engine: pure functions on chunks of amplitudes.
 *
 * Amplitudes lie in blocks of 128 bytes: the real parts, then the imaginary parts, of 8 amplitudes
 * in double precision or 16 in single, on every ISA. The lowest 3 or 4 bits of an amplitude's
 * number choose the lane, the others the block. No kernel allocates, prints or starts threads: the
 * engine splits ranges. Operators never mix lanes: a tile whose lanes are to be mixed first changes
 * them with bits above (STATEVECTOR_CROSS0 ...). Arithmetic per amplitude is the same wherever a
 * bit lies. Programs, matrices and angles use fused multiply-add on AVX2 and AVX-512: one ISA
 * always gives the same bits, two may differ in the last. One table, of one ISA and one precision,
 * is chosen once. */
#ifndef QSPAN_KERNELS_STATEVECTOR_H
#define QSPAN_KERNELS_STATEVECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cpu.h"
#include "base/precision.h"

enum {
    STATEVECTOR_MAX_LANES = 16,
    STATEVECTOR_MAX_LANE_BITS = 4,
    STATEVECTOR_MAX_TARGETS = 5,
    STATEVECTOR_MAX_STEPS = 128, /* of a program */
    STATEVECTOR_MAX_FIXED = 13,  /* bits of a block's number in a chunk: keeps sums of one call
                                    exact */
};
union statevector_block {
    double d[16];
    float f[32];
};

static inline unsigned statevector_lane_bits(enum precision precision) {
    return precision == PRECISION_SINGLE ? 4 : 3;
}
static inline unsigned statevector_all_lanes(unsigned lane_bits) {
    return (1u << (1u << lane_bits)) - 1;
}
/* Lanes whose number has a bit set, of the most that there are. */
static inline unsigned statevector_lanes_with(unsigned bit) {
    static const uint16_t lanes[STATEVECTOR_MAX_LANE_BITS] = {0xaaaa, 0xcccc, 0xf0f0, 0xff00};
    return lanes[bit];
}
/* Amplitude i of a chunk: real, imaginary part. A put rounds. */
static inline void statevector_get(double out[2], const union statevector_block *chunk,
                                   unsigned lane_bits, uint64_t i) {
    const union statevector_block *block = chunk + (i >> lane_bits);
    const size_t v = (size_t)(i & ((1u << lane_bits) - 1));
    out[0] = lane_bits == 4 ? (double)block->f[v] : block->d[v];
    out[1] = lane_bits == 4 ? (double)block->f[v + 16] : block->d[v + 8];
}
static inline void statevector_put(union statevector_block *chunk, unsigned lane_bits, uint64_t i,
                                   double re, double im) {
    union statevector_block *block = chunk + (i >> lane_bits);
    const size_t v = (size_t)(i & ((1u << lane_bits) - 1));
    if (lane_bits == 4) {
        block->f[v] = (float)re;
        block->f[v + 16] = (float)im;
    } else {
        block->d[v] = re;
        block->d[v + 8] = im;
    }
}

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

/* Steps of a program. A pair (a, b) are two registers that differ in the target bit j; x, y = m[0],
 * m[1]; what a and b become. Codes that have a target stand three apart: the code is the one below
 * plus j. */
enum statevector_code {
    STATEVECTOR_LEAN = 0,        /* a + x b, b + y a */
    STATEVECTOR_LEAN_BACK = 3,   /* a + x b, y a - b */
    STATEVECTOR_TURN = 6,        /* x a + b, y b + a */
    STATEVECTOR_TURN_BACK = 9,   /* x a + b, y b - a */
    STATEVECTOR_TWIST_LEAN = 12, /* with i x, i y: a + i x b, b + i y a */
    STATEVECTOR_TWIST_LEAN_BACK = 15,
    STATEVECTOR_TWIST_TURN = 18,
    STATEVECTOR_TWIST_TURN_BACK = 21,
    STATEVECTOR_FULL_LEAN = 24, /* x = m[0] + i m[1], y = m[2] + i m[3] */
    STATEVECTOR_FULL_TURN = 27,
    STATEVECTOR_REAL = 30,   /* m[0] a + m[1] b, m[2] a + m[3] b */
    STATEVECTOR_FULL = 33,   /* complex matrix m, row major, interleaved */
    STATEVECTOR_SWAP = 36,   /* b, a */
    STATEVECTOR_CROSS0 = 39, /* the lane bit and the target bit change places */
    STATEVECTOR_CROSS1 = 42,
    STATEVECTOR_CROSS2 = 45,
    STATEVECTOR_CROSS3 = 48, /* single precision alone has a lane bit 3 */
    /* Times e^(i phi), by m[0] = tan(phi / 2) and m[1] = sin phi: registers whose bit j is 1, whose
     * two bits other than 2 - j are, all, those in `regs`. BACK: times -e^(i phi). */
    STATEVECTOR_SPIN_BIT = 51,
    STATEVECTOR_SPIN_PAIR = 54,
    STATEVECTOR_SPIN_ALL = 57,
    STATEVECTOR_SPIN = 58,
    STATEVECTOR_SPIN_BACK_BIT = 59,
    STATEVECTOR_SPIN_BACK_PAIR = 62,
    STATEVECTOR_SPIN_BACK_ALL = 65,
    STATEVECTOR_SPIN_BACK = 66,
    /* Signs changed by the exclusive or with mask[v]. */
    STATEVECTOR_NEGATE_BIT = 67,
    STATEVECTOR_NEGATE_PAIR = 70,
    STATEVECTOR_NEGATE_ALL = 73,
    STATEVECTOR_NEGATE = 74,
    STATEVECTOR_PHASE = 75, /* registers in `regs` times m[0] + i m[1] */
    /* 4 x 4 matrix A + i B on the two bits other than 2 - j, the lower first; `dense`: of each row
     * A, B, A + B, B - A */
    STATEVECTOR_DENSE2 = 76,
    STATEVECTOR_DENSE3 = 79, /* `matrix` on registers `order`, the first row's first */
    /* Times factors, a table's, all other bits of the block number than the registers' choosing the
     * row (`row_mask`): registers whose bit j is 1, or all; one factor for each register of a row,
     * or one for each lane of it. */
    STATEVECTOR_FACTORS_BIT = 80,
    STATEVECTOR_FACTORS = 83,
    STATEVECTOR_LANE_FACTORS_BIT = 84,
    STATEVECTOR_LANE_FACTORS = 87,
    STATEVECTOR_GROW = 88, /* FACTORS, none 0, with the bits that `scale` gives */
    /* FACTORS e^(i phi) by tan(phi / 2) and sin phi in place of the real and the imaginary part: a
     * fifth quicker */
    STATEVECTOR_ROTATIONS_BIT = 89,
    STATEVECTOR_ROTATIONS = 92,
    STATEVECTOR_LANE_ROTATIONS_BIT = 93,
    STATEVECTOR_LANE_ROTATIONS = 96,
    STATEVECTOR_SCALES = 97, /* FACTORS and LANE_FACTORS that are real */
    STATEVECTOR_LANE_SCALES = 98,
    STATEVECTOR_N_CODES = 99,
};
/* Done where (block number & block_mask) == block_value. `regs` and `lanes`: registers (of a pair
 * or a DENSE2: the first) and lanes that REAL, FULL, SWAP, SPIN, PHASE, NEGATE and DENSE write;
 * the others write all. Numbers are of the table's precision: the second members of
 * the unions for single. */
struct statevector_step {
    uint8_t code, regs;
    uint16_t lanes;
    uint8_t order[8];
    uint64_t block_mask, block_value;
    uint64_t row_mask; /* FACTORS, GROW: these bits of the block's number, drawn together, are the
                          row's */
    union {            /* `lanes` as -1 or 0; NEGATE: as the sign bit or 0 */
        int64_t mask[8];
        int32_t mask_f[16];
    };
    union {
        double m[8];
        float m_f[8];
    };
    const void *matrix; /* DENSE3: row major, interleaved. FACTORS, GROW: for every row and register
                           the real and the imaginary part; LANE_FACTORS: a block; SCALES: a number;
                           LANE_SCALES: one for each lane */
    union {
        double dense[64];
        float dense_f[64];
    };
};

/* Angles, in turns / 2^64 and modulo 1, of all blocks of a tile: lanes[v] + sum over bits j of
 * linear[j][v] + sum over pairs of bits pairs[j][k]. */
struct statevector_angles {
    unsigned n_bits; /* 2^n_bits blocks */
    uint64_t lanes[STATEVECTOR_MAX_LANES];
    uint64_t linear[STATEVECTOR_MAX_FIXED][STATEVECTOR_MAX_LANES];
    uint64_t pairs[STATEVECTOR_MAX_FIXED][STATEVECTOR_MAX_FIXED]; /* symmetric */
};

/* Terms of <P>: conj(b[i ^ x]) a[i] times a sign. */
struct statevector_pauli {
    uint64_t x_block, z_block;
    uint8_t source[STATEVECTOR_MAX_LANES]; /* lane ^ x */
    uint16_t signs;                        /* lanes whose Z part gives -1 */
    bool is_imaginary; /* minus the imaginary part of the product, not its real part */
};

/* What will be read soon, asked for into the level of cache that tiles lie in: for each eight
 * blocks of a program that many lines of 64 bytes, from line `first` on, of pieces of 2^log blocks.
 * None: n = 0. */
struct statevector_asks {
    union statevector_block *const *pieces;
    unsigned log, n;
    uint64_t first;
};

/* Where block i of a tile is read (from) and written (to): in piece i / 2^log. NULL: in the tile.
 * Streams go past the caches where the ISA can; pieces are aligned to 64 bytes then. Where
 * has_known is set, blocks with none of the bits `unknown`, which has none below `log`, were read a
 * moment ago: they are not streamed. */
struct statevector_route {
    union statevector_block *const *from, *const *to;
    uint64_t unknown;
    unsigned log;
    bool is_streamed, has_known;
    struct statevector_asks asks;
};

struct statevector_kernels {
    const char *isa;
    enum precision precision;
    unsigned lane_bits, all_lanes;
    unsigned dense2_flops; /* of DENSE2, per amplitude */
    unsigned dense2_slots; /* two for each of its operations, as a multiply-add is two flops */
    /* Row r of the block tuple: sum over c of matrix[r][c] (row major, interleaved) times
     * blocks[c]. blocks: 2^k pointers to where block 0 would be, k > 1. matrix: reals of the
     * table's precision. lanes: written. */
    void (*matrix)(union statevector_block *const *blocks, unsigned k,
                   const struct statevector_span *span, const void *matrix, unsigned lanes);
    /* Applies the steps, at most STATEVECTOR_MAX_STEPS, to the eight blocks at block + blocks[0 ..
     * 7], for all blocks of the span. */
    void (*program)(union statevector_block *tile, const struct statevector_span *span,
                    const uint64_t *blocks, const struct statevector_step *const *steps,
                    size_t n_steps);
    /* The same for a tile whose blocks are, or go, elsewhere. */
    void (*program_along)(union statevector_block *tile, const struct statevector_route *route,
                          const struct statevector_span *span, const uint64_t *blocks,
                          const struct statevector_step *const *steps, size_t n_steps);
    /* Multiplies by e^(i angle). */
    void (*angles)(union statevector_block *tile, const struct statevector_angles *angles);
    /* Swaps a and b in the given lanes. */
    void (*exchange)(union statevector_block *a, union statevector_block *b,
                     const struct statevector_span *span, unsigned lanes);
    /* Copies n_blocks blocks to each of the pieces, one after the other, past the caches where the
     * ISA can: for what will not be read again soon. Pieces are aligned to 64 bytes. */
    void (*stream)(union statevector_block *const *pieces, size_t n_pieces, uint64_t n_blocks,
                   const union statevector_block *src);
    /* dst = (re + i im) src; factors that are exactly 0, 1 or real only write, copy or multiply
     * once. Real products are formed in double, complex ones in the table's precision, nothing is
     * fused. dst may be src. */
    void (*scale)(union statevector_block *dst, const union statevector_block *src,
                  uint64_t n_blocks, double re, double im);
    /* The same past the caches where the ISA can, for a dst that is not src and is not read again
     * soon. Aligned to 64 bytes. */
    void (*scale_past)(union statevector_block *dst, const union statevector_block *src,
                       uint64_t n_blocks, double re, double im);
    /* dst = src in lanes[0 or 1: is block_bit set in the block's number], else 0. dst may be src.
     */
    void (*keep)(union statevector_block *dst, const union statevector_block *src,
                 uint64_t n_blocks, uint64_t block_bit, const uint16_t *lanes);
    /* Takes bit `bit` of the amplitude number out: dst block i - first (i = first .. last-1) =
     * factor times the amplitudes of src with that bit = value. src has n_src blocks; dst may be
     * src if first = 0. */
    void (*gather)(union statevector_block *dst, const union statevector_block *src, uint64_t n_src,
                   uint64_t first, uint64_t last, unsigned bit, unsigned value, double factor);
    /* The way back for bits above the lanes: block i of those with bit = value takes src block
     * i - first. */
    void (*scatter)(union statevector_block *dst, const union statevector_block *src,
                    uint64_t first, uint64_t last, unsigned bit, unsigned value);
    /* Per lane the exact sum of |a|^2, in two parts (out_hi: multiples of 2^-40, out_lo: of 2^-80).
     */
    void (*norm)(const union statevector_block *chunk, const struct statevector_span *span,
                 double *out_hi, double *out_lo);
    void (*pauli)(const union statevector_block *a, const union statevector_block *b,
                  const struct statevector_span *span, const struct statevector_pauli *pauli,
                  double *out_hi, double *out_lo);
};

/* The best table for that ISA that is built in. */
const struct statevector_kernels *statevector_kernels_get(enum cpu_isa isa,
                                                          enum precision precision);

/* The avx tables on x86-64. */
extern const struct statevector_kernels statevector_kernels_scalar, statevector_kernels_avx2,
    statevector_kernels_avx512, statevector_kernels_scalar_single, statevector_kernels_avx2_single,
    statevector_kernels_avx512_single;

#endif
