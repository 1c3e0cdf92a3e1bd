/* A program run by Pauli frames, for shots of Clifford programs that no state vector holds.
 *
 * The bits of a shot are those of one noiseless reference shot, turned over as the shot's frame
 * says (engine/frame/frame.h). Shots depend on (seed, site, block of 1024): ranks take blocks of
 * their own, and so do the threads of a rank. */
#ifndef QSPAN_RUNTIME_BULK_H
#define QSPAN_RUNTIME_BULK_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "program/packets.h"
#include "program/program.h"
#include "runtime/clock.h"
#include "runtime/ensemble.h"

struct bulk;
/* Can the program run so? Logs nothing. If not, *out_op says where and *out_reason why. */
bool bulk_is_possible(const struct program *program, size_t *out_op, const char **out_reason);
/* Bytes of frames and tableau, saturating. Refused as by bulk_create. */
enum status bulk_plan(uint64_t *out_bytes, const struct program *program);
/* Ebits that run as channels (bulk_fused.h): those of fused programs whose pairs do not differ from
 * timeline to timeline. */
enum status bulk_count_packets(struct packet_counts *out_counts, const struct program *program,
                               const struct run_clock *clock);
struct bulk_options {
    uint64_t seed;
    uint64_t max_bytes;   /* 0: what is available */
    uint64_t max_shots;   /* of one call: more would not be used */
    uint32_t block_shots; /* of a timeline, where timelines differ */
};
/* Errors of pairs are those that the clock has for the first round of loops, of links whose pairs
 * are all the same; where timelines differ, those that it keeps for the shots of each call.
 * Compiles, and runs the reference shot. Refused (STATUS_INPUT with the place): what
 * frame_plan_create and reference_run refuse. STATUS_NOFIT: more than max_bytes. Not collective. */
enum status bulk_create(struct bulk **out_bulk, const struct program *program,
                        struct run_clock *clock, const struct bulk_options *options);
void bulk_destroy(struct bulk *bulk);
uint64_t bulk_bytes(const struct bulk *bulk);
/* Shots of one call, a multiple of 1024. */
size_t bulk_batch(const struct bulk *bulk);
/* Of what all ranks must have in common: the bits of the reference shot. */
uint64_t bulk_digest(const struct bulk *bulk);
/* Bits of shots first_shot .. first_shot + bulk_batch - 1, first_shot a multiple of 1024; borrowed
 * until the next call. NULL: *stop was not 0 before the end; stop NULL: never. */
const struct rows *bulk_sample(struct bulk *bulk, uint64_t first_shot,
                               const volatile sig_atomic_t *stop);

#endif
