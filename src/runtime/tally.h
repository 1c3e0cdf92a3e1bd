/* Histograms over keys: counts of shots, or exact probabilities. */
#ifndef QSPAN_RUNTIME_TALLY_H
#define QSPAN_RUNTIME_TALLY_H

#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "comm/comm.h"
#include "runtime/runtime.h"
#include "runtime/walker.h"

/* Keys of n_bits bits, bit i from program bit bits[i]. Each rank has one of its own. Errors of all
 * that follows: STATUS_NOFIT (logged). */
struct tally {
    struct tally_entry *entries; /* hash table */
    const uint32_t *bits;        /* borrowed */
    size_t n_bits, key_words, n_entries;
};
void tally_init(struct tally *tally, const uint32_t *bits, size_t n_bits);
void tally_fini(struct tally *tally);
/* Counts columns first .. end-1. Cost: columns x words of a key. */
enum status tally_count_rows(struct tally *tally, const struct rows *rows, size_t first,
                             size_t end);
/* Adds n shots and a probability to a key, which is copied. */
enum status tally_add(struct tally *tally, const uint64_t *key, uint64_t n, double p);
/* Adds the counts of all ranks to those of rank 0; the other ranks keep theirs. Collective; all get
 * the same status. Volume: the keys of all ranks once. */
enum status tally_merge(struct tally *tally, const struct team *team);
/* Ascending keys; arrays and keys in the arena. */
enum status tally_list_counts(struct tally *tally, struct arena *arena,
                              struct run_count **out_counts, size_t *out_n);
/* Falling p (equal to 12 digits: ascending key), the n_most first; *out_total = keys in all; p_one
 * per key bit. */
enum status tally_list_probabilities(struct tally *tally, struct arena *arena, uint64_t n_most,
                                     struct run_probability **out_probabilities, size_t *out_n,
                                     uint64_t *out_total, double *out_p_one);

/* Outcomes below this probability are rounding, not outcomes. */
#define TALLY_P_MIN 1e-15
/* Outcomes that one exact result may hold. */
#define TALLY_MAX_OUTCOMES (UINT64_C(1) << 24)
/* Measured bits whose factors may be multiplied out for coins that act on several of them. */
#define TALLY_MAX_JOIN 24

/* Adds a leaf of an exact run: all assignments of its coins times all outcomes of the postponed
 * measurements, whose factors change on the way. The limits are checked first (STATUS_INPUT,
 * logged: equal on all ranks); entries are added only if is_keeper. */
struct exact_map {
    const uint32_t *bit_postponed; /* for each program bit the index of its postponed measurement,
                                      or UINT32_MAX */
    const uint32_t *wires;         /* wire of each postponed measurement */
    uint64_t max_branches;
    bool is_keeper;
};
enum status tally_add_leaf(struct tally *tally, const struct walker_leaf *leaf,
                           const struct exact_map *map);

#endif
