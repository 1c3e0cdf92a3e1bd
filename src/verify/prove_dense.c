#include "base/log.h"
#include "verify/prove.h"

enum status prove_dense_run(struct instrument *out, struct dense *dense,
                            const struct prove *prove) {
    dense->source = &prove->match->own.source;
    dense->wire_qpu = prove->program->wire_qpu;
    dense->n_qpus = u32_from_size(prove->program->n_qpus);
    return dense_run(out, dense);
}

enum status prove_dense_try(bool *out_is_equal, const struct prove *prove,
                            const struct walk_insert *insert) {
    struct dense dense = {.is_quiet = true};
    struct instrument own = {0};
    size_t worst;
    *out_is_equal = false;
    if (insert) {
        dense.insert = *insert;
    }
    enum status status = prove_dense_run(&own, &dense, prove);
    status = status == STATUS_OK ? prove_check_lost(prove, dense.lost, true) : status;
    if (status == STATUS_OK) {
        status = instrument_compare(out_is_equal, &worst, &own, &prove->dense_target);
    }
    dense_fini(&dense);
    instrument_fini(&own);
    return status == STATUS_UNVERIFIED ? STATUS_OK : status;
}

enum status prove_dense_target(struct prove *prove, bool is_quiet) {
    struct dense dense = {.source = &prove->match->target.source, .is_quiet = is_quiet};
    enum status status = dense_run(&prove->dense_target, &dense);
    prove->target_lost = dense.lost;
    dense_fini(&dense);
    return status;
}

enum status prove_dense_compare(struct prove *prove) {
    struct verify_proof *proof = prove->proof;
    struct dense dense = {0};
    struct instrument own = {0};
    size_t worst;
    enum status status;
    TRY_GOTO(prove_dense_run(&own, &dense, prove), cleanup);
    TRY_GOTO(prove_check_lost(prove, dense.lost, false), cleanup);
    TRY_GOTO(instrument_compare(&proof->is_proved, &worst, &own, &prove->dense_target), cleanup);
    proof->is_dense = true;
    proof->n_branches = dense.n_branches;
    proof->left_out = dense.lost;
    proof->n_outcomes = dense.n_measured;
    proof->outcomes.p_least = dense.p_least;
    proof->outcomes.p_greatest = dense.p_greatest;
    /* Every branch then leaves this one vector, in which the references alone are as at first. */
    proof->outcomes.is_independent = proof->is_proved && prove->dense_target.n == 1;
    if (proof->is_proved) {
        status = prove_dense_certificate(prove, &dense);
    } else {
        TRY_GOTO(prove_dense_findings(prove, &own, worst), cleanup);
        status = prove_repair(prove);
    }
cleanup:
    dense_fini(&dense);
    instrument_fini(&own);
    return status;
}
