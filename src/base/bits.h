/* Bit tricks and bit sets (arrays of 64-bit words, bit i of a set = bit i % 64 of word i / 64). */
#ifndef QSPAN_BASE_BITS_H
#define QSPAN_BASE_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BIT64(i) (UINT64_C(1) << (i))

static inline size_t bits_words(size_t n_bits) {
    return n_bits / 64 + (n_bits % 64 != 0);
}
static inline bool bits_get(const uint64_t *set, size_t i) {
    return (set[i / 64] >> (i % 64)) & 1;
}
static inline void bits_set(uint64_t *set, size_t i, bool value) {
    uint64_t mask = BIT64(i % 64);
    set[i / 64] = value ? set[i / 64] | mask : set[i / 64] & ~mask;
}
static inline void bits_flip(uint64_t *set, size_t i) {
    set[i / 64] ^= BIT64(i % 64);
}
static inline int bits_popcount(uint64_t x) {
    return __builtin_popcountll(x);
}
/* Index of the lowest set bit; x must not be 0. */
static inline int bits_lowest(uint64_t x) {
    return __builtin_ctzll(x);
}
static inline bool is_power_of_two(uint64_t x) {
    return x != 0 && (x & (x - 1)) == 0;
}
/* floor(log2 x); x must not be 0. */
static inline unsigned floor_log2(uint64_t x) {
    return 63u - (unsigned)__builtin_clzll(x);
}
/* Spreads x: inserts a zero bit at position pos. */
static inline uint64_t bits_insert_zero(uint64_t x, unsigned pos) {
    uint64_t low = x & (BIT64(pos) - 1);
    return ((x ^ low) << 1) | low;
}

#endif
