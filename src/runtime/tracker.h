/* Stabilizers that are known without looking at amplitudes (docs/design.md, shared evolution).
 *
 * A set of commuting Pauli strings, up to sign, that stabilise |psi> whatever its amplitudes: from
 * ALLOC, RESET, MEASURE (Z on the wire) and EBIT (XX, ZZ), carried through gates as long as their
 * images are Paulis. A measured Z that anticommutes with one of them, S, is a fair coin, and the
 * state after outcome 1 is S times the state after outcome 0. Memory: what the generators act on.
 * Cost of a gate: the generators that act on its wires; of a removal: these, for each wire that the
 * generator removed acts on. Every rank has a tracker of its own, by the same calls. Errors:
 * STATUS_NOFIT (logged); the tracker can then only be destroyed. */
#ifndef QSPAN_RUNTIME_TRACKER_H
#define QSPAN_RUNTIME_TRACKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "gate/pauli.h"

struct tracker;

/* All wires in |0>. Wires cost nothing until touched. */
enum status tracker_create(struct tracker **out_tracker, uint32_t n_wires);
enum status tracker_copy(struct tracker **out_tracker, const struct tracker *tracker);
void tracker_destroy(struct tracker *tracker);

/* A generator that leaves the set: letters per wire of its support. */
struct tracker_string {
    uint32_t *wires;
    uint8_t *letters; /* bit 0: X part, bit 1: Z part */
    size_t n, cap;
};
void tracker_string_fini(struct tracker_string *string);

/* True if no generator acts on these wires. */
bool tracker_is_silent(const struct tracker *tracker, const uint32_t *wires, uint32_t n_wires);
/* Looks for a generator with parity(v & check) = 1 on `wires` (v as in gate/pauli.h). If there is
 * one it is removed, multiplied onto all others with parity 1, returned in *out_string, and the
 * result is true: then no generator has parity 1 any more. */
enum status tracker_remove(struct tracker *tracker, bool *out_found,
                           struct tracker_string *out_string, const uint32_t *wires,
                           uint32_t n_wires, uint32_t check);
/* All generators have parity 0 under the map's checks: replaces them by their images. */
enum status tracker_map(struct tracker *tracker, const uint32_t *wires,
                        const struct pauli_map *map);
/* After a measurement or reset (nothing anticommutes with Z on the wire): the wire is alone, in |0>
 * or |1>: its Z is taken off all generators and added as one. */
enum status tracker_set_alone(struct tracker *tracker, uint32_t wire);
/* Wires a, b, both alone, now hold Phi+. */
enum status tracker_set_pair(struct tracker *tracker, uint32_t a, uint32_t b);

#endif
