#include "runtime/pace.h"

enum {
    SHORT_MS = 4000,
    AIM_MS = 8000,
    LONG_MS = 25000, /* batch systems wait for 30 s between SIGTERM and SIGKILL */
    FEW_STATES = 8,  /* one of them is evolved once more for each further turn */
    FEW_GROWTH = 4,
    MOST_GROWTH = 64,
};

static uint64_t grow(const struct pace *pace, uint64_t factor) {
    return pace->n_blocks > pace->most / factor ? pace->most : factor * pace->n_blocks;
}

void pace_init(struct pace *pace, uint64_t least, uint64_t most) {
    *pace = (struct pace){least, least, most};
}

void pace_update(struct pace *pace, uint64_t t_ms, uint64_t n_states) {
    uint64_t n = pace->n_blocks;
    if (t_ms < SHORT_MS) {
        n = grow(pace, t_ms > AIM_MS / MOST_GROWTH ? AIM_MS / t_ms : MOST_GROWTH);
    } else if (n_states < FEW_STATES) {
        n = grow(pace, FEW_GROWTH);
    } else if (t_ms > LONG_MS) {
        n /= 2;
    }
    pace->n_blocks = n < pace->least ? pace->least : n;
}
