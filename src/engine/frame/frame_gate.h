/* Gates by what they do to frames. */
#ifndef QSPAN_ENGINE_FRAME_FRAME_GATE_H
#define QSPAN_ENGINE_FRAME_FRAME_GATE_H

#include "gate/pauli.h"
#include "kernels/frame.h"

/* Images of all cores, found by applying them. */
struct frame_cores {
    uint32_t image[FRAME_CORE_COUNT][4];
};
void frame_cores_init(struct frame_cores *out_cores);
/* The core that does what the map does; FRAME_CORE_COUNT: none. */
enum frame_core frame_cores_find(const struct frame_cores *cores, const struct pauli_map *map);

#endif
