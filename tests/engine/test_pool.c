/* The amplitude pool: whatever fits by size is found, contents survive moves, blocks never overlap.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/rng.h"
#include "engine/statevector/pool.h"

enum { CHUNK = 4, CAPACITY = 20 * CHUNK, MAX_TAKEN = 200 };

static void fill(union statevector_block *block, uint64_t size, double value) {
    for (uint64_t i = 0; i < 16 * size; i++) {
        block[i / 16].d[i % 16] = value;
    }
}

static bool is_filled(const union statevector_block *block, uint64_t size, double value) {
    bool is = true;
    for (uint64_t i = 0; i < 16 * size; i++) {
        is = is && block[i / 16].d[i % 16] == value;
    }
    return is;
}

Test(pool, finds_room_whenever_the_sum_fits) {
    static union statevector_block memory[CAPACITY];
    struct pool pool;
    uint32_t handles[MAX_TAKEN];
    uint64_t sizes[MAX_TAKEN], used = 0, n_drawn = 0;
    double values[MAX_TAKEN];
    size_t n = 0;
    pool_init(&pool, memory, CAPACITY, CHUNK);
    for (int step = 0; step < 20000; step++) {
        double u = rng_uniform(3, n_drawn++, 0, RNG_TEST);
        uint64_t size = (uint64_t)1 << (int)(3 * rng_uniform(3, n_drawn++, 0, RNG_TEST));
        if (used + size <= CAPACITY && n < MAX_TAKEN && u < 0.6) {
            cr_assert_eq(pool_take(&pool, &handles[n], size), STATUS_OK);
            sizes[n] = size;
            values[n] = step;
            fill(pool_at(&pool, handles[n]), size, step);
            used += size;
            n++;
        } else if (n > 0) {
            size_t i = (size_t)(rng_uniform(3, n_drawn++, 0, RNG_TEST) * (double)n);
            cr_assert(is_filled(pool_at(&pool, handles[i]), sizes[i], values[i]));
            pool_give(&pool, handles[i]);
            used -= sizes[i];
            n--;
            handles[i] = handles[n];
            sizes[i] = sizes[n];
            values[i] = values[n];
        }
        cr_assert_eq(pool.used, used);
    }
    for (size_t i = 0; i < n; i++) {
        cr_assert(is_filled(pool_at(&pool, handles[i]), sizes[i], values[i]));
    }
    pool_fini(&pool);
}
