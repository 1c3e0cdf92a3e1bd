#include "base/rng.h"

#include <Random123/philox.h>
#include <unistd.h>

#include "base/log.h"

struct rng_block rng_draw(uint64_t seed, uint64_t site, uint32_t shot, enum rng_stream stream) {
    philox4x32_key_t key = {{(uint32_t)seed, (uint32_t)(seed >> 32)}};
    philox4x32_ctr_t counter = {
        {(uint32_t)site, (uint32_t)(site >> 32), shot, (uint32_t)stream},
    };
    philox4x32_ctr_t drawn = philox4x32_R(10, counter, key);
    return (struct rng_block){{drawn.v[0], drawn.v[1], drawn.v[2], drawn.v[3]}};
}

double rng_block_uniform(const struct rng_block *block, int lane) {
    const uint32_t *word = &block->word[lane == 0 ? 0 : 2];
    uint64_t bits = (uint64_t)word[1] << 32 | word[0];
    return (double)(bits >> 11) * 0x1p-53;
}

double rng_uniform(uint64_t seed, uint64_t site, uint32_t shot, enum rng_stream stream) {
    struct rng_block block = rng_draw(seed, site, shot, stream);
    return rng_block_uniform(&block, 0);
}

uint64_t rng_seed_from_os(void) {
    uint64_t seed = 0;
    CHECK(getentropy(&seed, sizeof seed) == 0);
    return seed >> 11;
}
