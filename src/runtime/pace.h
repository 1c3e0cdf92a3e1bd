/* How many blocks of shots are drawn before ranks ask each other whether to stop.
 *
 * Many at once share states; few at once lose little when a run is stopped. So their number grows
 * until they take a while, or as long as few states serve them all. What is drawn does not depend
 * on it. */
#ifndef QSPAN_RUNTIME_PACE_H
#define QSPAN_RUNTIME_PACE_H

#include <stdint.h>

struct pace {
    uint64_t n_blocks; /* of the turn that comes */
    uint64_t least, most;
};

/* 1 <= least <= most. */
void pace_init(struct pace *pace, uint64_t least, uint64_t most);
/* After a turn of pace->n_blocks blocks that took so long and evolved so many states: give all
 * ranks the same figures. */
void pace_update(struct pace *pace, uint64_t t_ms, uint64_t n_states);

#endif
