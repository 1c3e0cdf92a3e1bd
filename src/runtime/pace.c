#include "runtime/pace.h"

enum {
    LONG_FACTOR = 3, /* batch systems wait for 30 s between SIGTERM and SIGKILL */
    FEW_STATES = 8,  /* one of them is evolved once more for each further turn */
    FEW_GROWTH = 4,
    MOST_GROWTH = 64,
};

static uint64_t grow(const struct pace *pace, uint64_t factor) {
    return pace->n_blocks > pace->most / factor ? pace->most : factor * pace->n_blocks;
}

void pace_init(struct pace *pace, uint64_t least, uint64_t most, uint64_t aim_ms) {
    *pace = (struct pace){least, least, most, aim_ms};
}

void pace_update(struct pace *pace, uint64_t t_ms, uint64_t n_states) {
    uint64_t n = pace->n_blocks;
    if (t_ms < pace->aim_ms / 2) {
        n = grow(pace, t_ms > pace->aim_ms / MOST_GROWTH ? pace->aim_ms / t_ms : MOST_GROWTH);
    } else if (n_states < FEW_STATES) {
        n = grow(pace, FEW_GROWTH);
    } else if (t_ms / LONG_FACTOR >= pace->aim_ms) {
        n /= 2;
    }
    pace->n_blocks = n < pace->least ? pace->least : n;
}
