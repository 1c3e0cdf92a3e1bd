/* Replicas: teams of equally many ranks, each with a copy of the state and shots of its own.
 *
 * Ranks i n .. i n + n - 1 of the world are replica i. What replicas add up are integers, so that
 * results do not depend on their number. */
#ifndef QSPAN_RUNTIME_REPLICAS_H
#define QSPAN_RUNTIME_REPLICAS_H

#include "comm/comm.h"
#include "runtime/average.h"
#include "runtime/clock.h"

struct replicas {
    const struct team *world, *team; /* team: this rank's replica */
    const struct team *across;       /* the ranks with this rank's number in their replicas */
    struct team *owned[2];
    uint64_t n, number; /* replicas, and which is this rank's */
};

/* n divides the world's size. One replica costs nothing. Collective. */
enum status replicas_split(struct replicas *out_replicas, const struct team *world, uint64_t n);
void replicas_fini(struct replicas *replicas);

/* This rank's blocks of n_blocks: first .. end - 1. */
void replicas_blocks(const struct replicas *replicas, uint64_t *out_first, uint64_t *out_end,
                     uint64_t n_blocks);
/* The world's first rank, which holds records of all n_shots from first_kept = 0 on, gets those
 * that the others hold from the first shot of their blocks on. */
void replicas_move_records(const struct replicas *replicas, uint8_t *records, size_t record_bytes,
                           uint64_t n_shots, uint32_t block_shots);
/* Sums on all ranks. Errors: STATUS_NOFIT. */
enum status replicas_add_averages(const struct replicas *replicas, struct average *averages,
                                  size_t n);
/* Sums over timelines of data-dependent programs, which each replica ran for its own shots. */
enum status replicas_add_ledgers(const struct replicas *replicas, struct run_clock *clock);
/* Figures of a physical network that are no integers, of the timelines counted since the last call:
 * added to clock->real_sums in the order of replicas, so that turns are added in the order of
 * shots. Memory: 120 bytes a timeline. */
enum status replicas_add_reals(const struct replicas *replicas, struct run_clock *clock);
/* The others of all replicas, and of shots before (on one rank; or NULL); real_sums join them. */
enum status replicas_add_network(const struct replicas *replicas, struct run_clock *clock,
                                 const struct network_stats *past);

#endif
