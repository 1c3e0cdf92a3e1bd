/* Kernels of the frame engine: pure functions on rows of bits, one bit a shot.
 *
 * A row has n_words words, 16 for each block of 1024 shots. Frames: the X row of qubit q begins at
 * rows + 2 q n_words, its Z row follows. Rows are aligned to 64 bytes. No kernel allocates, prints
 * or starts threads. Every ISA gives the same bits. One table is chosen once. */
#ifndef QSPAN_KERNELS_FRAME_H
#define QSPAN_KERNELS_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cpu.h"

enum {
    FRAME_BLOCK_SHOTS = 1024, /* shots whose rare errors are drawn together */
    FRAME_BLOCK_WORDS = 16,
};

/* What gates do to X and Z of their operands, without signs. Gates that differ by Paulis share a
 * core. */
enum frame_core {
    FRAME_CORE_I,
    FRAME_CORE_H,     /* X <-> Z */
    FRAME_CORE_S,     /* X -> Y */
    FRAME_CORE_SX,    /* Z -> Y */
    FRAME_CORE_C_XYZ, /* X -> Y -> Z -> X */
    FRAME_CORE_C_ZYX,
    FRAME_CORE_CX, /* the first of two operands */
    FRAME_CORE_CY,
    FRAME_CORE_CZ,
    FRAME_CORE_XCX,
    FRAME_CORE_XCY,
    FRAME_CORE_YCY,
    FRAME_CORE_SWAP,
    FRAME_CORE_ISWAP,
    FRAME_CORE_CZSWAP,
    FRAME_CORE_DCX,
    FRAME_CORE_DCXDG,
    FRAME_CORE_SXX,
    FRAME_CORE_SYY,
    FRAME_CORE_SZZ,
    FRAME_CORE_COUNT,
};

/* Fair coins: Philox counter (site, 8 block + i, stream) gives words i (its words 0, 1) and 8 + i
 * (words 2, 3) of the block. The i-th target has site + i * site_stride. */
struct frame_coins {
    uint64_t seed, site;
    uint32_t site_stride, first_block, stream;
};

/* Chains of rare errors. Draw j of a chain: Philox counter (site, block, stream + 256 j); gap =
 * floor(log(u) / log_keep), u in (0, 1] from words 0 and 1; a letter from words 2 and 3. */
struct frame_rare {
    uint64_t seed, site;
    uint32_t site_stride, first_block, stream;
    double log_keep; /* log(1 - p), p < 1 */
    uint64_t least;  /* u 2^53 below it cannot be an error in a whole block; 0 tells nothing */
};
/* An item: number of its target, block after first_block, shots from its last error to the end of
 * the block, that one included (before the first draw: one more than the block has). */
static inline uint64_t frame_item(uint32_t target, uint32_t block, uint32_t rest) {
    return (uint64_t)target << 32 | block << 16 | rest;
}
enum { FRAME_ITEM_START = FRAME_BLOCK_SHOTS + 1 };
static inline uint32_t frame_item_target(uint64_t item) {
    return (uint32_t)(item >> 32);
}
/* Of the error: counted from the first block. */
static inline uint32_t frame_item_shot(uint64_t item) {
    const uint32_t block = (uint32_t)item >> 16, rest = (uint32_t)item & 0xffff;
    return FRAME_BLOCK_SHOTS * (block + 1) - rest;
}

typedef void frame_gate_kernel(uint64_t *rows, size_t n_words, const uint32_t *qubits,
                               size_t n_groups);

struct frame_kernels {
    const char *isa;
    /* On groups of one or two qubits, in order. NULL: FRAME_CORE_I. */
    frame_gate_kernel *gate[FRAME_CORE_COUNT];
    /* On groups of k qubits: output row i (X of the operands, then Z) = XOR of the input rows in
     * image[i]. */
    void (*linear)(uint64_t *rows, size_t n_words, const uint32_t *qubits, size_t n_groups,
                   const uint32_t *image, unsigned k);
    /* out (n rows) = what anticommutes with the letter (1 X, 2 Y, 3 Z) of each qubit; the letter
     * itself is then applied where a coin says so; resets: the rest of the frame is cleared. */
    void (*measure)(uint64_t *rows, size_t n_words, const uint32_t *qubits, size_t n,
                    unsigned letter, bool resets, uint64_t *out, const struct frame_coins *coins);
    void (*reset)(uint64_t *rows, size_t n_words, const uint32_t *qubits, size_t n, unsigned letter,
                  const struct frame_coins *coins);
    /* One row of coins. */
    void (*toss)(uint64_t *out, size_t n_words, const struct frame_coins *coins);
    /* Moves n items on to their next errors (draw j): those that have one in their block are put
     * first, in order, and counted; draws[i] = 53 uniform bits for its letter. items and draws have
     * room for n rounded up to a multiple of 8. */
    size_t (*advance)(uint64_t *items, uint64_t *draws, size_t n, const struct frame_rare *rare,
                      uint32_t j);
    /* to ^= from */
    void (*add)(uint64_t *to, const uint64_t *from, size_t n_words);
    /* Bits r = 0 .. 63 of out[s * stride] = bit s of row r, s < 512: 64 rows of half a block, each
     * row_words after the one before. */
    void (*transpose)(uint64_t *out, size_t stride, const uint64_t *rows, size_t row_words);
};

/* The best table for that ISA that is built in. */
const struct frame_kernels *frame_kernels_get(enum cpu_isa isa);

extern const struct frame_kernels frame_kernels_scalar, frame_kernels_avx2,
    frame_kernels_avx512; /* the last two on x86-64 */

#endif
