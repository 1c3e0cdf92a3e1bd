/* The steps of packets that run fused (program/packets.h), as the engine sees them. */
#ifndef QSPAN_RUNTIME_LOWER_FUSED_H
#define QSPAN_RUNTIME_LOWER_FUSED_H

#include "runtime/lower.h"

/* Sets modes and roles of the ops of all packets that can run fused, after those of everything
 * else. */
enum status lower_fuse(struct lowered *lowered, const struct program *program);

#endif
