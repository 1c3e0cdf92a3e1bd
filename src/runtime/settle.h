/* Programs whose requests depend on outcomes, on sources whose pairs depend on when they are asked
 * for.
 *
 * What a shot's timeline asks for depends on decisions, decisions on outcomes, outcomes on the
 * errors of pairs, and these on the timeline. Nothing depends on what comes later in time, so the
 * circle opens: shots are walked with the pairs of their last timeline, each timeline is run again
 * (in order of time, on its own) with the decisions of that walk, until no pair changes. If the
 * first k pairs of a timeline were right, so are all decisions before pair k + 1 is delivered, and
 * after the next walk k + 1 are right: shots settle, at the one answer that interleaving would
 * give, after as many walks as they have pairs at most; three or four are usual. Replicated. */
#ifndef QSPAN_RUNTIME_SETTLE_H
#define QSPAN_RUNTIME_SETTLE_H

#include "runtime/clock.h"
#include "runtime/walker.h"

struct settle;
/* The clock is borrowed; each shot has the timeline of its number. */
enum status settle_create(struct settle **out_settle, struct run_clock *clock);
void settle_destroy(struct settle *settle);
/* A new batch: nothing is known of its pairs. */
enum status settle_begin(struct settle *settle, uint64_t first_shot, size_t n_shots);
/* For struct walker_options: of the pair that the shot's last timeline delivered at this site; a
 * guess if it delivered none. */
enum status settle_pair_weights(void *settle, double *out_weights, const uint32_t *wires,
                                uint64_t site, uint64_t shot);
/* The end of a branch of a walk: runs the timelines of its shots that did not settle yet. */
enum status settle_add_leaf(struct settle *settle, const struct walker_leaf *leaf);
/* How many shots met other pairs in their last walk than their timelines deliver. 0: those walked
 * last have settled. Starts a new count. */
size_t settle_count_open(struct settle *settle);
/* Runs the timelines of all shots once more, in order, and adds them to the clock's sums. */
enum status settle_count(struct settle *settle, int64_t *out_makespans_ps);

#endif
