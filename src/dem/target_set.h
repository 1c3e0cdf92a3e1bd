/* What errors flip: detectors D0, D1 ... and observables L0, L1 ..., as sorted sets.
 *
 * A target is one number, so that sets compare and sort as Stim's do: detectors first, by number,
 * then observables. DEM_SEPARATOR, the largest, stands between the parts of a decomposed error. */
#ifndef QSPAN_DEM_TARGET_SET_H
#define QSPAN_DEM_TARGET_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define DEM_OBSERVABLE (UINT64_C(1) << 63)
#define DEM_SEPARATOR UINT64_MAX
#define DEM_MAX_DETECTORS (UINT64_C(1) << 62)
#define DEM_MAX_OBSERVABLE UINT32_MAX

static inline bool target_is_detector(uint64_t target) {
    return (target & DEM_OBSERVABLE) == 0;
}

/* Ascending, each once. Zeroed: empty. */
struct target_set {
    uint64_t *items;
    uint32_t n, cap;
};

void target_set_fini(struct target_set *set);
/* set ^= items, which are sorted and not of the set itself. Cost: O(n of both). */
enum status target_set_xor_items(struct target_set *set, const uint64_t *items, size_t n);
enum status target_set_xor(struct target_set *set, const struct target_set *other);
/* set ^= {target} */
enum status target_set_toggle(struct target_set *set, uint64_t target);
enum status target_set_copy(struct target_set *set, const struct target_set *from);
bool target_set_contains(const struct target_set *set, uint64_t target);
/* a equals b with `shift` added (mod 2^64) to the detectors of b. */
bool target_set_equals_shifted(const struct target_set *a, const struct target_set *b,
                               uint64_t shift);
/* Adds `shift` (mod 2^64) to the detectors. */
void target_set_shift(struct target_set *set, uint64_t shift);
/* Order of sequences: by the first target that differs, then the shorter first. */
int target_compare(const uint64_t *a, size_t n_a, const uint64_t *b, size_t n_b);

#endif
