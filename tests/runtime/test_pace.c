/* How many blocks of shots go into a turn. */
#include <criterion/criterion.h>

#include "runtime/pace.h"

/* Blocks that take t_ms each, after that many turns. */
static uint64_t after(uint64_t aim_ms, uint64_t t_ms, uint64_t states_per_block, int n_turns) {
    struct pace pace;
    pace_init(&pace, 1, 5000, aim_ms);
    for (int i = 0; i < n_turns; i++) {
        pace_update(&pace, t_ms * pace.n_blocks, states_per_block * pace.n_blocks);
    }
    return pace.n_blocks;
}

Test(pace, turns_take_seconds) {
    static const uint64_t aims_ms[] = {PACE_STATES_MS, PACE_FRAMES_MS};
    for (int i = 0; i < 2; i++) {
        for (uint64_t aim_ms = aims_ms[i], t_ms = 1; t_ms < 100000; t_ms *= 3) {
            const uint64_t n = after(aim_ms, t_ms, 100, 20);
            cr_expect(n == 1 || n * t_ms <= 3 * aim_ms, "%d ms: %d blocks", (int)t_ms, (int)n);
            cr_expect(n == 5000 || n * t_ms >= aim_ms / 2, "%d ms: %d blocks", (int)t_ms, (int)n);
        }
    }
}

Test(pace, one_state_serves_all) {
    struct pace pace;
    pace_init(&pace, 1, 5000, PACE_STATES_MS);
    for (int i = 0; i < 10; i++) {
        pace_update(&pace, 60000, 1);
    }
    cr_expect_eq(pace.n_blocks, 5000);
}

Test(pace, ends) {
    struct pace pace;
    pace_init(&pace, 7, 7, PACE_STATES_MS);
    pace_update(&pace, 0, 100);
    cr_expect_eq(pace.n_blocks, 7);
    pace_update(&pace, UINT64_MAX, 100);
    cr_expect_eq(pace.n_blocks, 7);
    pace_init(&pace, 1, UINT64_MAX, PACE_FRAMES_MS);
    for (int i = 0; i < 100; i++) {
        pace_update(&pace, 0, UINT64_MAX);
    }
    cr_expect_eq(pace.n_blocks, UINT64_MAX);
}
