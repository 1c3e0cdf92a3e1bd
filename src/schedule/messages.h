/* Which message a remote bit is: where it is settled and leaves, and where it is waited for.
 *
 * A use at B of a bit written at A waits for the last write by A before it in the order of
 * execution. That write is found for each level of blocks around the use, innermost first:
 * - the last op or block before the use, in the body at that level, that may write the bit: the bit
 * is settled when the MEASURE ends, or when the block is left (its writes may not happen, or happen
 * often);
 * - where there is none, but the body is that of a loop and writes the bit after the use: the same
 * of the round before ("carried"; in round 0 the next level decides).
 *
 * A bit that is sent explicitly is settled at its SEND, and its RECV is the use. */
#ifndef QSPAN_SCHEDULE_MESSAGES_H
#define QSPAN_SCHEDULE_MESSAGES_H

#include "program/program.h"
#include "schedule/blocks.h"

struct channel {
    size_t settle; /* MEASURE op, or END of the block that holds it */
    uint32_t from, to, bit;
    uint32_t n_loops; /* around `settle` */
};
struct reception {
    size_t
        place; /* op before which `to` waits; END of a WHILE: before its condition is taken again */
    size_t op; /* the use */
    uint32_t to, channel;
    bool is_carried;
};
struct messages {
    struct channel *channels; /* sorted by (settle, from, bit, to) */
    size_t n_channels, cap_channels;
    struct reception *receptions; /* by (place, to, bit, from), then innermost first */
    size_t n_receptions, cap_receptions;
};

enum status messages_init(struct messages *out_messages, const struct program *program,
                          const struct blocks *blocks);
void messages_fini(struct messages *messages);
/* Channels that are settled at this op by `from`: *out_n of them from the index returned. */
size_t messages_find_channels(const struct messages *messages, size_t *out_n, size_t settle,
                              uint32_t from);
/* Receptions of `to` at this place: *out_n of them from the index returned. */
size_t messages_find_receptions(const struct messages *messages, size_t *out_n, size_t place,
                                uint32_t to);

#endif
