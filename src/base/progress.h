/* One line on stderr that says how far a long run is; only rank 0, only after a second, only on a
 * terminal (QSPAN_PROGRESS=always|never overrides). */
#ifndef QSPAN_BASE_PROGRESS_H
#define QSPAN_BASE_PROGRESS_H

#include <stdint.h>

struct progress {
    const char *what; /* "shots" */
    uint64_t done, total;
    double t_start_s, t_last_s;
    int enabled, shown;
};
void progress_init(struct progress *progress, const char *what, uint64_t total);
/* Cheap; prints at most 5 times a second. */
void progress_add(struct progress *progress, uint64_t n_done);
void progress_fini(struct progress *progress); /* clears the line */
double clock_now_s(void);                      /* monotonic */

#endif
