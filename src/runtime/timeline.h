/* The clock: runs a timing skeleton against an ebit source, one timeline at a time.
 *
 * Replicated: every rank that runs the same timeline gets the same times. docs/timing.md has the
 * rules. */
#ifndef QSPAN_RUNTIME_TIMELINE_H
#define QSPAN_RUNTIME_TIMELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "network/ebit_source.h"
#include "program/program.h"
#include "schedule/schedule.h"

struct timeline_hooks {
    void *ctx;
    /* Was this IF or WHILE (index in program->ops) taken in that iteration (mixed radix over the
     * enclosing loops, as in op sites; for a WHILE its own rounds count as well: the number that
     * ops in its body would have in the round that the condition decides on)? Asked once for each
     * QPU with ops in the block. NULL for programs that are not data dependent. */
    bool (*is_taken)(void *ctx, size_t op_index, uint64_t iteration);
    /* A pair was delivered: the EBIT's run-time site, time, weights. In order of time. May be NULL.
     */
    void (*pair)(void *ctx, uint64_t site, int64_t t_ps, const double *weights);
};
struct timeline_result {
    int64_t makespan_ps; /* latest end over QPUs */
    uint64_t n_ebits;    /* used */
    uint64_t
        n_bits_sent; /* messages that were waited for: one per bit written and QPU that uses it */
};
struct timeline;

/* Program, skeleton (of this program and machine), machine (NULL: ideal) and source must outlive
 * the timeline. Not collective. Errors: STATUS_NOFIT. */
enum status timeline_create(struct timeline **out_timeline, const struct program *program,
                            const struct skeleton *skeleton, const struct machine *machine,
                            struct ebit_source *source);
void timeline_destroy(struct timeline *timeline);
/* Runs timeline `number` from time 0; hooks may be NULL. A QPU that waits for ever (a wait-for
 * cycle), time beyond int64, or loops with too many rounds are STATUS_INPUT, logged with the QPUs
 * and lines involved. With a stationary source and no hooks all numbers give the same. Cost:
 * O(items run log(QPUs + requests waiting)); memory for messages not yet waited for. */
enum status timeline_run(struct timeline *timeline, struct timeline_result *out_result,
                         uint64_t number, const struct timeline_hooks *hooks);
/* Peak of comm qubits in use at once, per QPU, over the timelines run so far; n_qpus entries,
 * borrowed. A comm qubit is in use from the grant of its pair until the op that closes it ends. */
const uint32_t *timeline_peak_comm(const struct timeline *timeline);
/* Forgets timelines that were not to count: the peaks are these, as copied before. */
void timeline_restore_peak(struct timeline *timeline, const uint32_t *peak_comm);

#endif
