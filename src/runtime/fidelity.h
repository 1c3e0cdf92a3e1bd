/* State fidelity of a run with an ideal one: the mean over shots of |<ideal|F_s psi>|^2, frames
 * taken exactly, before terminal measurements.
 *
 * The ideal state is kept in pieces dealt over the ranks; of a branch's state each rank reads the
 * same pieces, once per X part of the shots' frames. Overlaps are sums of integers: the same bits
 * for any number of ranks. */
#ifndef QSPAN_RUNTIME_FIDELITY_H
#define QSPAN_RUNTIME_FIDELITY_H

#include "runtime/average.h"
#include "runtime/final_state.h"
#include "runtime/runtime.h"
#include "runtime/walker.h"

struct fidelity {
    const struct team *team;
    const struct final_qubits *qubits; /* of the program */
    double *ideal;                     /* this rank's pieces */
    double *piece;                     /* being read */
    uint64_t n_pieces;                 /* in all; piece p belongs to rank p mod n_ranks */
    unsigned piece_bits;
    struct frame_class *frames; /* of the branch's shots */
    size_t cap_frames;
    struct average average;
};

/* Runs the ideal program (without its errors); its qubits must end in one pure state and be as
 * many as the program's. Collective. Errors: STATUS_INPUT, STATUS_NOFIT (logged). Zeroed before:
 * _fini is safe after failure. Cost: a run, in what fidelity_bytes leaves of options->max_bytes. */
enum status fidelity_init(struct fidelity *fidelity, const struct program *ideal,
                          const struct final_qubits *qubits, const struct run_options *options,
                          const struct team *team, struct halt *halt);
void fidelity_fini(struct fidelity *fidelity);
/* Bytes on the rank that has most: 16 x 2^n over the ranks, rounded up to pieces, and four pieces
 * more for reading. 0 before _init. */
uint64_t fidelity_bytes(const struct fidelity *fidelity);
/* Sampling: adds the shots of a branch. Collective. Cost: a read of the state per X part, a pass
 * over it per frame. */
enum status fidelity_add_leaf(struct fidelity *fidelity, struct engine *engine,
                              const struct walker_leaf *leaf);

#endif
