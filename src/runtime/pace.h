/* How many blocks of shots are drawn before ranks ask each other whether to stop.
 *
 * Many at once share states; few at once lose little when a run is stopped. So their number grows
 * until they take a while, or as long as few states serve them all. What is drawn does not depend
 * on it. */
#ifndef QSPAN_RUNTIME_PACE_H
#define QSPAN_RUNTIME_PACE_H

#include <stdint.h>

enum {
    PACE_STATES_MS = 8000, /* what a turn aims at, where longer ones share more states */
    PACE_FRAMES_MS = 1000, /* where they share nothing */
};

struct pace {
    uint64_t n_blocks; /* of the turn that comes */
    uint64_t least, most;
    uint64_t aim_ms; /* turns of half of it to three times as much stay as they are */
};

/* 1 <= least <= most; aim_ms: one of those above. */
void pace_init(struct pace *pace, uint64_t least, uint64_t most, uint64_t aim_ms);
/* After a turn of pace->n_blocks blocks that took so long and evolved so many states: give all
 * ranks the same figures. */
void pace_update(struct pace *pace, uint64_t t_ms, uint64_t n_states);

#endif
