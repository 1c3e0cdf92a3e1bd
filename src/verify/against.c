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

static enum status run_target(struct prove *prove, bool is_quiet) {
    struct walk walk = {.source = &prove->match->target.source, .is_quiet = is_quiet};
    enum status status = walk_run(&prove->target, &walk);
    prove->target_lost = walk.lost;
    walk_fini(&walk);
    return status;
}

static bool has_while(const struct op_list *ops) {
    for (size_t i = 0; i < ops->n_ops; i++) {
        if (ops->ops[i].kind == OP_WHILE) {
            return true;
        }
    }
    return false;
}

static void set_rounds(struct match *match, uint32_t max_rounds) {
    match->own.source.max_rounds = match->target.source.max_rounds = max_rounds;
}

enum status prove_check_lost(const struct prove *prove, double lost, bool is_quiet) {
    const double more = lost > prove->target_lost ? lost : prove->target_lost;
    const double apart = 2 * more - lost - prove->target_lost; /* the difference */
    const bool is_alike = apart <= 1e-13 + INSTRUMENT_TOLERANCE * more;
    if (!has_while(prove->match->target.source.ops) || is_alike) {
        return STATUS_OK;
    }
    return is_quiet ? STATUS_UNVERIFIED
                    : log_error(STATUS_UNVERIFIED,
                                "not proved: runs of the program whose loops go on too long have "
                                "probability %.6g, those of the target %.6g",
                                lost, prove->target_lost);
}

enum status prove_try(bool *out_is_equal, const struct prove *prove,
                      const struct walk_insert *insert) {
    if (prove->is_dense) {
        return prove_dense_try(out_is_equal, prove, insert);
    }
    struct walk walk = {.source = &prove->match->own.source, .is_quiet = true};
    struct flows average = {0};
    if (insert) {
        walk.insert = *insert;
    }
    enum status status = walk_run(&average, &walk);
    *out_is_equal = status == STATUS_OK && flows_are_equal(&average, &prove->target) &&
                    prove_check_lost(prove, walk.lost, true) == STATUS_OK;
    flows_fini(&average);
    walk_fini(&walk);
    return status == STATUS_UNVERIFIED ? STATUS_OK : status;
}

/* Some gate of the op list is no Clifford. */
static bool has_other_gates(const struct walk_source *source) {
    for (size_t i = 0; i < source->ops->n_ops; i++) {
        const struct op *op = &source->ops->ops[i];
        struct clifford gate;
        if (op->kind == OP_GATE && !gate_get((enum gate_id)op->which)->is_clifford &&
            !clifford_from_gate(&gate, (enum gate_id)op->which, op_params(source->ops, op))) {
            return true;
        }
    }
    return false;
}

static void prove_fini(struct prove *prove) {
    flows_fini(&prove->target);
    instrument_fini(&prove->dense_target);
}

/* The verdict alone, symbolically. */
static enum status judge(bool *out_is_equal, struct prove *prove) {
    struct walk walk = {.source = &prove->match->own.source, .is_quiet = true};
    struct flows average = {0};
    enum status status;
    TRY_GOTO(run_target(prove, true), cleanup);
    TRY_GOTO(walk_run(&average, &walk), cleanup);
    TRY_GOTO(prove_check_lost(prove, walk.lost, true), cleanup);
    *out_is_equal = flows_are_equal(&average, &prove->target);
cleanup:
    flows_fini(&average);
    walk_fini(&walk);
    return status;
}

static enum status judge_densely(bool *out_is_equal, struct prove *prove) {
    struct dense dense = {.is_quiet = true};
    struct instrument own = {0};
    size_t worst;
    enum status status;
    TRY_GOTO(prove_dense_target(prove, true), cleanup);
    TRY_GOTO(prove_dense_run(&own, &dense, prove), cleanup);
    TRY_GOTO(prove_check_lost(prove, dense.lost, true), cleanup);
    status = instrument_compare(out_is_equal, &worst, &own, &prove->dense_target);
cleanup:
    dense_fini(&dense);
    instrument_fini(&own);
    return status;
}

enum status verify_is_equal(bool *out_is_equal, const struct program *program,
                            const struct circuit *circuit, const struct program *target,
                            uint32_t max_rounds) {
    struct match match = {0};
    TRY(match_create(&match, program, circuit, target));
    set_rounds(&match, max_rounds);
    struct prove prove = {.program = program, .match = &match};
    enum status status = STATUS_UNVERIFIED;
    if (!has_other_gates(&match.own.source) && !has_other_gates(&match.target.source)) {
        status = judge(out_is_equal, &prove);
    }
    if (status == STATUS_UNVERIFIED) {
        status = judge_densely(out_is_equal, &prove);
    }
    prove_fini(&prove);
    match_fini(&match);
    return status;
}

static enum status compare(struct prove *prove, bool is_quiet) {
    struct verify_proof *proof = prove->proof;
    struct walk walk = {.source = &prove->match->own.source,
                        .target = &prove->target,
                        .is_quiet = is_quiet,
                        .finds_leftover = true};
    struct flows average = {0};
    enum status status;
    TRY_GOTO(walk_run(&average, &walk), cleanup);
    TRY_GOTO(prove_check_lost(prove, walk.lost, is_quiet), cleanup);
    proof->is_proved = flows_are_equal(&average, &prove->target);
    proof->n_branches = walk.n_branches;
    proof->left_out = walk.lost;
    for (size_t i = 0; i < walk.n_symbols; i++) {
        proof->n_outcomes += walk.symbols[i].origin == WALK_OUTCOME;
    }
    TRY_GOTO(prove_outcomes(prove, &walk, !proof->is_proved), cleanup);
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

static enum status prove_symbolically(struct prove *prove, bool is_quiet) {
    flows_fini(&prove->target);
    TRY(run_target(prove, is_quiet));
    return compare(prove, is_quiet);
}

static enum status prove_densely(struct prove *prove) {
    prove->is_dense = true;
    TRY(prove_dense_target(prove, false));
    return prove_dense_compare(prove);
}

/* Symbolically where that decides. */
static enum status prove_any(struct prove *prove) {
    const struct match *match = prove->match;
    struct prove trial = {.program = prove->program, .match = prove->match};
    bool is_equal;
    if (has_other_gates(&match->own.source) || has_other_gates(&match->target.source)) {
        return prove_densely(prove);
    }
    enum status status = prove_symbolically(prove, true);
    if (status != STATUS_UNVERIFIED) {
        return status;
    }
    status = judge_densely(&is_equal, &trial) == STATUS_OK ? prove_densely(prove)
                                                           : prove_symbolically(prove, false);
    prove_fini(&trial);
    return status;
}

static enum status name_summed(struct verify_proof *proof, const struct match *match,
                               const struct program *program) {
    struct text names = {0};
    for (size_t i = 0; i < program->n_cregs; i++) {
        if (match_is_summed(match, program, &program->cregs[i])) {
            text_printf(&names, "%s%s", names.n > 0 ? ", " : "", program->cregs[i].name);
        }
    }
    enum status status = names.failed ? STATUS_NOFIT : STATUS_OK;
    if (status == STATUS_OK && names.n > 0) {
        proof->summed = arena_strdup(&proof->arena, names.data);
        status = proof->summed ? STATUS_OK : STATUS_NOFIT;
    }
    text_fini(&names);
    return status;
}

enum status verify_against(struct verify_proof *out_proof, const struct program *program,
                           const struct circuit *circuit, const struct program *target,
                           uint32_t max_rounds) {
    struct match match = {0};
    struct verify_proof proof = {0};
    TRY(match_create(&match, program, circuit, target));
    set_rounds(&match, max_rounds);
    proof.has_target_rounds = has_while(match.target.source.ops);
    proof.max_rounds = has_while(&program->ops) || proof.has_target_rounds ? max_rounds : 0;
    struct prove prove = {.proof = &proof, .program = program, .match = &match};
    proof.is_unitary = match.is_unitary;
    enum status status = name_summed(&proof, &match, program);
    status = status == STATUS_OK ? prove_any(&prove) : status;
    if (status == STATUS_OK) {
        *out_proof = proof;
    } else {
        verify_proof_fini(&proof);
    }
    prove_fini(&prove);
    match_fini(&match);
    return status;
}
