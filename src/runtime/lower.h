/* A program as the statevector runtime executes it: the same ops with what each means to an engine.
 *
 * - A Pauli-product measurement becomes a basis change, a CX ladder, a Z measurement and their
 * inverses.
 * - EBIT(a, b); CX q, a; MEASURE a (b untouched in between) is an entangler: the engine copies q to
 * b in one scaled copy and never holds a; the pair, the CX and the measurement live on in frames
 * alone.
 * - A packet that runs fused (program/packets.h) is an entangler whose b is another name of q in
 * the engine: errors on b invert the name where no frame can carry them.
 * - An IF whose body holds Pauli gates only changes frames, never the state.
 * - A terminal measurement (top level, wire not used and bit neither read nor written afterwards)
 * is postponed to the end and drawn with all others from the final state. */
#ifndef QSPAN_RUNTIME_LOWER_H
#define QSPAN_RUNTIME_LOWER_H

#include <stdint.h>

#include "engine/engine.h"
#include "program/program.h"

enum lower_role {
    ROLE_PLAIN,
    ROLE_FRAME_IF,   /* IF .. END of Paulis: apply to frames under the condition, skip the block */
    ROLE_FRAME_GATE, /* Pauli gate on a comm wire, or on one with copies in fused packets: apply to
                        all frames, so that in the engine an idle comm wire is always |0> */
    ROLE_COIN,       /* MEASURE of an entangler or fused packet: a fair coin, whose outcome is 0 in
                        the engine */
    ROLE_POSTPONED,  /* MEASURE drawn at the end */
};

struct lowered {
    struct op_list ops;
    uint8_t *modes;       /* enum engine_mode */
    uint8_t *roles;       /* enum lower_role */
    uint32_t *copy_wires; /* ENGINE_COPY, ALIAS, MOVE: the wire that becomes the copy */
    size_t *source;       /* index of the program's op */
    bool *is_end;         /* programs with NOISE: a section ends before this op; or NULL */
    size_t *postponed;    /* MEASURE ops to draw at the end, in program order */
    size_t n_postponed;
};

/* `engine` decides by its plan whether postponing all terminal measurements costs memory: they are
 * postponed unless that makes the largest group both larger than without and larger than 20 qubits.
 * `keeps_state`: they are postponed always, as the state before them is asked for. */
enum status lower_program(struct lowered *out_lowered, const struct program *program,
                          const struct engine_class *engine, bool keeps_state);
/* The engine leaves out what errors do to states without a jump. */
void lowered_drop_noise(struct lowered *lowered);
void lowered_fini(struct lowered *lowered);
/* The engine's view; borrows from lowered and program. */
struct engine_task lowered_task(const struct lowered *lowered, const struct program *program,
                                enum precision precision, uint64_t max_bytes);

#endif
