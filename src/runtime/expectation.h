/* Expectation values of Pauli sums over the states at the end of a run's branches.
 *
 * Sampling: shot s ends in F_s |psi> before its terminal measurements; a sum's value there,
 * sum_t c_t sign_t(s) <psi|P_t|psi> with sign_t(s) = -1 if F_s and P_t anticommute, is exact, and
 * its mean over the shots is reported with the standard error. Exact runs: the mean over all
 * outcomes; where the sign is a fair coin the term is 0. */
#ifndef QSPAN_RUNTIME_EXPECTATION_H
#define QSPAN_RUNTIME_EXPECTATION_H

#include "circuit/observables.h"
#include "engine/engine.h"
#include "runtime/average.h"
#include "runtime/final_state.h"
#include "runtime/runtime.h"
#include "runtime/walker.h"

struct expectation {
    const struct pauli_sums *sums;
    struct engine_paulis paulis; /* one string per term, on wires */
    size_t *first;
    uint32_t *wires;
    double *values; /* of the terms in a branch */
    double *bounds; /* per sum: sum of |coefficients| */
    double *exact;  /* per sum, exact runs */
    struct average *averages;
    double *shots; /* sampling: value per column */
    uint64_t *parity;
    size_t n_columns;
};

/* Letters' qubits become wires. Errors: STATUS_NOFIT. Zeroed before: _fini is safe after failure.
 */
enum status expectation_init(struct expectation *expectation, const struct pauli_sums *sums,
                             const struct final_qubits *qubits);
void expectation_fini(struct expectation *expectation);
/* Collective over the engine's team; sums are kept where is_keeper. */
enum status expectation_add_leaf(struct expectation *expectation, struct engine *engine,
                                 const struct walker_leaf *leaf, bool is_exact, bool is_keeper);
/* In the arena; names are the sums'. */
enum status expectation_list(const struct expectation *expectation, struct arena *arena,
                             struct run_observable **out_observables, bool is_exact);

#endif
