/* Work that is left before its end: ranks that watch a flag leave at the same place.
 *
 * Places that all ranks of a team pass alike say how much work comes next, in rough nanoseconds of
 * one thread of one rank, the same on all ranks. Whenever about HALT_EACH_NS have come together,
 * ranks ask each other whether any of them was told to stop: once in many milliseconds, so that
 * nobody waits for the answer. */
#ifndef QSPAN_COMM_HALT_H
#define QSPAN_COMM_HALT_H

#include <signal.h>

#include "comm/comm.h"

#define HALT_EACH_NS 1e8

struct halt {
    const volatile sig_atomic_t *flag; /* not 0: told to stop; NULL: never */
    double work_ns;                    /* since ranks asked each other */
};

/* Asks now. Collective. */
enum status halt_ask(struct halt *halt, const struct team *team);

/* STATUS_INTERRUPTED (not logged) on all ranks alike if any was told to stop; halt NULL: never.
 * Collective: equal calls on all ranks of the team, between which no rank may fail alone. */
static inline enum status halt_heed(struct halt *halt, const struct team *team, double work_ns) {
    if (halt == NULL || halt->flag == NULL || (halt->work_ns += work_ns) < HALT_EACH_NS) {
        return STATUS_OK;
    }
    return halt_ask(halt, team);
}

#endif
