#include "runtime/pace.h"

enum {
    SHORT_MS = 2000,
    LONG_MS = 10000,
    FEW_STATES = 8, /* one of them is evolved once more for each further turn */
    GROWTH = 4,
};

void pace_init(struct pace *pace, uint64_t least, uint64_t most) {
    *pace = (struct pace){least, least, most};
}

void pace_update(struct pace *pace, uint64_t t_ms, uint64_t n_states) {
    uint64_t n = pace->n_blocks;
    if (t_ms < SHORT_MS || n_states < FEW_STATES) {
        n = n > pace->most / GROWTH ? pace->most : GROWTH * n;
    } else if (t_ms > LONG_MS) {
        n /= 2;
    }
    pace->n_blocks = n < pace->least ? pace->least : n;
}
