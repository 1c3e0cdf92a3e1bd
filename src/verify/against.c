#include "verify/against.h"

#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "verify/prove.h"

void verify_proof_fini(struct verify_proof *proof) {
    mem_free(proof->findings);
    mem_free(proof->links);
    mem_free(proof->messages);
    mem_free(proof->cuts);
    mem_free(proof->faults);
    arena_fini(&proof->arena);
    *proof = (struct verify_proof){0};
}

static enum status run_target(struct flows *out, const struct match *match, bool is_quiet) {
    struct walk walk = {.source = &match->target.source, .is_quiet = is_quiet};
    enum status status = walk_run(out, &walk);
    walk_fini(&walk);
    return status;
}

enum status prove_try(bool *out_is_equal, const struct prove *prove,
                      const struct walk_insert *insert) {
    struct walk walk = {.source = &prove->match->own.source, .is_quiet = true};
    struct flows average = {0};
    if (insert) {
        walk.insert = *insert;
    }
    enum status status = walk_run(&average, &walk);
    *out_is_equal = status == STATUS_OK && flows_are_equal(&average, &prove->target);
    flows_fini(&average);
    walk_fini(&walk);
    return status == STATUS_UNVERIFIED ? STATUS_OK : status;
}

enum status verify_is_equal(bool *out_is_equal, const struct program *program,
                            const struct circuit *circuit, const struct program *target) {
    struct match match = {0};
    TRY(match_create(&match, program, circuit, target));
    struct prove prove = {.program = program, .match = &match};
    struct walk walk = {.source = &match.own.source, .is_quiet = true};
    struct flows average = {0};
    enum status status;
    TRY_GOTO(run_target(&prove.target, &match, true), cleanup);
    TRY_GOTO(walk_run(&average, &walk), cleanup);
    *out_is_equal = flows_are_equal(&average, &prove.target);
cleanup:
    flows_fini(&average);
    flows_fini(&prove.target);
    walk_fini(&walk);
    match_fini(&match);
    return status;
}

static enum status compare(struct prove *prove) {
    struct verify_proof *proof = prove->proof;
    struct walk walk = {.source = &prove->match->own.source, .target = &prove->target};
    struct flows average = {0};
    enum status status;
    TRY_GOTO(walk_run(&average, &walk), cleanup);
    proof->is_proved = flows_are_equal(&average, &prove->target);
    proof->n_branches = walk.n_branches;
    for (size_t i = 0; i < walk.n_symbols; i++) {
        proof->n_outcomes += walk.symbols[i].origin == WALK_OUTCOME;
    }
    if (proof->is_proved) {
        status = prove_certificate(prove, &walk);
    } else {
        TRY_GOTO(prove_findings(prove, &walk), cleanup);
        status = prove_repair(prove);
    }
cleanup:
    flows_fini(&average);
    walk_fini(&walk);
    return status;
}

enum status verify_against(struct verify_proof *out_proof, const struct program *program,
                           const struct circuit *circuit, const struct program *target) {
    struct match match = {0};
    struct verify_proof proof = {0};
    TRY(match_create(&match, program, circuit, target));
    struct prove prove = {.proof = &proof, .program = program, .match = &match};
    enum status status;
    proof.is_unitary = match.is_unitary;
    TRY_GOTO(run_target(&prove.target, &match, false), cleanup);
    TRY_GOTO(compare(&prove), cleanup);
    *out_proof = proof;
cleanup:
    flows_fini(&prove.target);
    match_fini(&match);
    if (status != STATUS_OK) {
        verify_proof_fini(&proof);
    }
    return status;
}
