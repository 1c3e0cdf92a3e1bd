/* Values that change along the control flow of an op list: what is known of each item (a wire, a
 * bit) at the op where a pass stands. A pass sets values as it walks the list and calls open, turn
 * and close at IF or a loop, ELSE and END; at a close the values of both ways in are joined.
 *
 * Cost: every change costs O(1) for each block that it stands in. */
#ifndef QSPAN_PROGRAM_FLOW_H
#define QSPAN_PROGRAM_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Called for each change of a value, also when a pass turns back to ELSE. */
typedef void flow_changed(void *ctx, uint32_t item, uint32_t from, uint32_t to);
/* The value after a block: `entry` before it; `body` at the end of its first part; `other` at the
 * end of the ELSE part, or `entry` where there is none. */
typedef enum status flow_join(void *ctx, uint32_t *out_value, uint32_t item, uint32_t entry,
                              uint32_t body, uint32_t other);

struct flow_change {
    uint32_t item, old;
};
struct flow_branch {
    uint32_t item, entry, body;
};
struct flow_frame {
    size_t n_changes, n_branches; /* of the stacks, when the block began */
    bool has_turned;
};
struct flow {
    uint32_t *values, *stamps; /* by item */
    uint32_t stamp;
    flow_changed *changed; /* may be NULL */
    void *ctx;
    struct flow_change *changes;
    size_t n_changes, cap_changes;
    struct flow_branch *branches;
    size_t n_branches, cap_branches;
    struct flow_frame *frames;
    size_t n_frames, cap_frames;
};

/* All values 0. */
enum status flow_init(struct flow *flow, size_t n_items, flow_changed *changed, void *ctx);
void flow_fini(struct flow *flow);

enum status flow_set(struct flow *flow, uint32_t item, uint32_t value);
enum status flow_open(struct flow *flow);
/* From the end of the first part to the beginning of the ELSE part: values as at the open. */
enum status flow_turn(struct flow *flow);
/* Joins each item that changed in the block. */
enum status flow_close(struct flow *flow, flow_join *join, void *ctx);

#endif
