#include <criterion/criterion.h>
#include <math.h>

#include "base/rng.h"

/* Known answers of philox4x32 with 10 rounds, from Random123's kat_vectors: counter, key, result.
 */
static const uint32_t known[][10] = {
    {0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
    {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x408f276d, 0x41c83b0e,
     0xa20bc7c6, 0x6d5451fd},
    {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0, 0xd16cfe09, 0x94fdcceb,
     0x5001e420, 0x24126ea1},
};

Test(rng, known_answers) {
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const uint32_t *k = known[i];
        struct rng_block block = rng_draw((uint64_t)k[5] << 32 | k[4], (uint64_t)k[1] << 32 | k[0],
                                          k[2], (enum rng_stream)k[3]);
        for (int w = 0; w < 4; w++) {
            cr_assert_eq(block.word[w], k[6 + w], "vector %zu word %d", i, w);
        }
    }
}

/* The rounds written out as in the paper, against the library at random arguments. */
static struct rng_block naive_philox(const uint32_t counter[4], const uint32_t key[2]) {
    uint32_t c[4] = {counter[0], counter[1], counter[2], counter[3]};
    uint32_t k[2] = {key[0], key[1]};
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = UINT64_C(0xD2511F53) * c[0];
        uint64_t p1 = UINT64_C(0xCD9E8D57) * c[2];
        uint32_t next[4] = {(uint32_t)(p1 >> 32) ^ c[1] ^ k[0], (uint32_t)p1,
                            (uint32_t)(p0 >> 32) ^ c[3] ^ k[1], (uint32_t)p0};
        for (int w = 0; w < 4; w++) {
            c[w] = next[w];
        }
        k[0] += 0x9E3779B9;
        k[1] += 0xBB67AE85;
    }
    return (struct rng_block){{c[0], c[1], c[2], c[3]}};
}

Test(rng, equals_the_paper) {
    uint64_t x = 1;
    for (int i = 0; i < 1000; i++) {
        x = x * 6364136223846793005u + 1442695040888963407u;
        uint64_t seed = x ^ x >> 29;
        uint64_t site = x * 3 ^ x >> 17;
        uint32_t shot = (uint32_t)(x >> 11);
        uint32_t counter[4] = {(uint32_t)site, (uint32_t)(site >> 32), shot, RNG_MEASURE};
        uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
        struct rng_block drawn = rng_draw(seed, site, shot, RNG_MEASURE);
        struct rng_block expected = naive_philox(counter, key);
        for (int w = 0; w < 4; w++) {
            cr_assert_eq(drawn.word[w], expected.word[w]);
        }
    }
}

Test(rng, uniform_uses_53_bits_of_its_lane) {
    struct rng_block block = {{0, 0, UINT32_MAX, UINT32_MAX}};
    cr_assert_eq(rng_block_uniform(&block, 0), 0.0);
    cr_assert_eq(rng_block_uniform(&block, 1), 1.0 - 0x1p-53);
    block = (struct rng_block){{1u << 11, 0, 0, 1u << 31}};
    cr_assert_eq(rng_block_uniform(&block, 0), 0x1p-53);
    cr_assert_eq(rng_block_uniform(&block, 1), 0.5);
    block = rng_draw(5, 6, 7, RNG_TEST);
    cr_assert_eq(rng_uniform(5, 6, 7, RNG_TEST), rng_block_uniform(&block, 0));
}

/* Mean and variance of consecutive shots, sites and streams: 1/2 and 1/12 within 5 sigma. */
Test(rng, uniform_moments) {
    enum { N = 20000 };
    for (int way = 0; way < 3; way++) {
        double sum = 0;
        double squares = 0;
        for (uint32_t i = 0; i < N; i++) {
            double u = rng_uniform(9, way == 1 ? i : 3, way == 0 ? i : 4,
                                   way == 2 ? (enum rng_stream)i : RNG_MEASURE);
            cr_assert(u >= 0 && u < 1);
            sum += u - 0.5;
            squares += (u - 0.5) * (u - 0.5);
        }
        cr_assert_lt(fabs(sum), 5 * sqrt(N / 12.0));
        cr_assert_lt(fabs(squares - N / 12.0), 5 * sqrt(N / 180.0));
    }
}

Test(rng, os_seeds_differ_and_fit_json) {
    uint64_t a = rng_seed_from_os();
    cr_assert_lt(a, UINT64_C(1) << 53);
    cr_assert_neq(a, rng_seed_from_os());
}
