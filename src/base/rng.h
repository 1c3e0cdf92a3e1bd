/* Counter-based random numbers: Philox4x32-10 (Salmon et al., SC'11; library Random123).
 *
 * key = seed, counter = (site: 64 bits, shot or shot word: 32, stream: 32). A draw depends on
 * nothing else, so results are the same for any number of ranks, threads, replicas and any batch
 * size. */
#ifndef QSPAN_BASE_RNG_H
#define QSPAN_BASE_RNG_H

#include <stdint.h>

enum rng_stream {
    RNG_MEASURE = 1, /* outcome of a measurement (also of a reset) of one shot */
    RNG_PAIR = 2,    /* error of a delivered ebit */
    RNG_NOISE = 3,   /* NOISE ops */
    RNG_NETWORK = 4, /* the network model; counter's shot field = timeline */
    RNG_TEST = 5,
    RNG_GENERATE = 6, /* circuit generators */
    RNG_ACCEPT = 7,   /* does what NOISE drew happen, given the state or the bit */
    /* Pauli frames; the counter's shot field = shot / 128 */
    RNG_COIN = 16,      /* coins of a measurement, reset or ebit */
    RNG_COIN_EBIT = 17, /* the second coin of an ebit */
    RNG_START = 18,     /* of a qubit at the start; site = qubit */
    RNG_LEVEL = 19,     /* bit by bit of u, to compare with the probability of a frequent error */
};

struct rng_block {
    uint32_t word[4];
};

struct rng_block rng_draw(uint64_t seed, uint64_t site, uint32_t shot, enum rng_stream stream);
/* Uniform in [0, 1), 53 bits, from words 0 and 1 (lane 0) or 2 and 3 (lane 1) of the block. */
double rng_uniform(uint64_t seed, uint64_t site, uint32_t shot, enum rng_stream stream);
double rng_block_uniform(const struct rng_block *block, int lane);
/* A seed from the operating system, below 2^53: every JSON reader keeps it. */
uint64_t rng_seed_from_os(void);

#endif
