/* An engine that keeps the state at the end of its first walk, for walks that would only repeat it.
 *
 * The walk of a program that ends in one pure state, whatever is measured, does not branch, and no
 * frame makes another state of it (final_state.h). So every later walk of the same ops makes the
 * same calls: those that change the state are left out, probabilities of single wires are those of
 * the first walk, and what asks about the state at the end is asked of the engine. */
#ifndef QSPAN_RUNTIME_HELD_H
#define QSPAN_RUNTIME_HELD_H

#include "engine/engine.h"

/* Takes the inner engine over; to be used, and destroyed, in its place. Errors: STATUS_NOFIT. */
enum status held_create(struct engine **out_held, struct engine *inner);
/* The first walk has ended. */
void held_keep(struct engine *held);

#endif
