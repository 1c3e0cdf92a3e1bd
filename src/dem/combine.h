/* The cases of one noise channel: its basic errors (X, Z, a herald ...) and all their products.
 *
 * With splitting, a case that flips more than two detectors is written as other cases of the same
 * channel that flip one or two, where that works: so both parts are there as errors by themselves.
 */
#ifndef QSPAN_DEM_COMBINE_H
#define QSPAN_DEM_COMBINE_H

#include "dem/mechanisms.h"
#include "dem/target_set.h"

enum { COMBINE_MAX_BASIC = 4, COMBINE_MAX_CASES = 16, COMBINE_MAX_DETECTORS = 64 };

/* Targets of a case, parts joined by DEM_SEPARATOR. */
struct sequence {
    uint64_t *items;
    size_t n, cap;
};
struct combiner {
    struct target_set sets[COMBINE_MAX_CASES]; /* by case */
    struct sequence splits[COMBINE_MAX_CASES]; /* of those that are split */
};
struct combination {
    unsigned n_basic;
    const struct target_set *basic[COMBINE_MAX_BASIC];
    double p[COMBINE_MAX_CASES]; /* by case: bit i: basic error i happens; [0] is not read */
    bool is_disjoint;            /* cases that flip the same add up before they are fused */
    bool splits;
    uint32_t tag;
};

void combiner_fini(struct combiner *combiner);
enum status sequence_add(struct sequence *sequence, const uint64_t *targets, size_t n);
/* Adds the cases to `mechanisms`. Splitting is left out where the basic errors flip more than 64
 * detectors. Cost: 2^n_basic sets. */
enum status combine_errors(struct combiner *combiner, struct mechanisms *mechanisms,
                           const struct combination *combination);

#endif
