/* The protocols of examples/protocols, run on this build, this MPI and these ranks.
 *
 * Each gets half of a Bell pair with a reference on every input, and is run exactly, with all its
 * messages and corrections, once for each choice of bases X, Y, Z of references and outputs that is
 * needed to know its Choi state. Fidelity is the overlap of that with the target's, divided by the
 * target's purity: the process fidelity where the target is a unitary or an isometry. */
#ifndef QSPAN_VERIFY_SELFTEST_H
#define QSPAN_VERIFY_SELFTEST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "comm/comm.h"

struct selftest_entry {
    const char *name, *program, *target; /* texts */
};
/* All that are built in; *out_n of them. */
const struct selftest_entry *selftest_list(size_t *out_n);

struct selftest_result {
    bool is_proved;
    double fidelity;       /* statevector */
    bool has_frame;        /* Clifford: */
    double frame_fidelity; /* of bulk frames, on 1024 shots of each choice of bases */
    size_t n_runs;
    double wall_s;
};
/* Collective. Errors: of reading, proving and running. */
enum status selftest_run(struct selftest_result *out_result, const struct selftest_entry *entry,
                         const struct team *team);

#endif
