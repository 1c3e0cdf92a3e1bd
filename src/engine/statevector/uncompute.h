/* Gates that are undone later: what they do to the gates between is done instead.
 *
 * A flip is X on a target where a function of other bits is 1: X, CX, CCX ... A flip that comes
 * twice with only gates between that let it through cancels, and its function is put in their
 * conditions in the target's place:
 *     CCX(a, b, t) D(t) CCX(a, b, t) = D(t xor ab),  and D(ab) where t was |0>.
 * So a ladder of Toffolis, a phase (or any gate that the last ancilla controls) and the ladder
 * undone becomes one gate with many controls, and ancillas that are |0> before and after are never
 * part of a vector. What lets a flip through: phases, flips and controlled gates that mix none of
 * its controls, and not its target unless by a flip.
 *
 * Conditions are sums of products of bits or their opposites, one bit of a mask for each of up to
 * 64 wires at a time. Flips wait in a log of bounded length, with the gates that do not commute
 * with some of them, until they cancel, or a gate comes that none of them can pass; the others go
 * on at once. A flip cancels only if that leaves no more gates than there were, or phases on three
 * wires, which are put together. What comes of it depends on the gates alone and on which wires
 * have been |0> since the beginning (layout_wire.is_fresh): plans and runs do the same.
 *
 * This is done here, and not once for a circuit, as what a section of gates is follows from the
 * run: errors, branches and measurements end it. */
#ifndef QSPAN_ENGINE_STATEVECTOR_UNCOMPUTE_H
#define QSPAN_ENGINE_STATEVECTOR_UNCOMPUTE_H

#include "engine/statevector/layout.h"
#include "gate/gate.h"

struct uncompute;

/* NULL: no memory. Cost: a byte per wire and less than 400 KiB. */
struct uncompute *uncompute_create(uint32_t n_wires);
void uncompute_destroy(struct uncompute *self);
/* Forgets what waits. */
void uncompute_clear(struct uncompute *self);

/* As apply_gate (gate.h), by way of the log. params must stay until the next uncompute_flush. */
enum status uncompute_gate(struct layout *layout, double *n_updates, enum gate_id gate,
                           const double *params, const uint32_t *wires);
/* Applies what waits: to be called before anything else is done with wires, or ... */
enum status uncompute_flush(struct layout *layout, double *n_updates);
/* ... if something waits that does not commute with what is done with this wire: anything
 * (is_mixed) or what commutes with Z. */
enum status uncompute_flush_for(struct layout *layout, uint32_t wire, bool is_mixed);

#endif
