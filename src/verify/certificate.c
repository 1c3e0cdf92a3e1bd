#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "verify/prove.h"

/* Faults are followed up to so many pairs. */
enum { CERTIFICATE_MAX_PAIRS = 4096 };

/* ---- what is sent ---- */

static enum status count_flow(struct verify_flow **flows, size_t *n, size_t *cap, uint32_t from,
                              uint32_t to) {
    for (size_t i = 0; i < *n; i++) {
        if ((*flows)[i].from == from && (*flows)[i].to == to) {
            (*flows)[i].n++;
            return STATUS_OK;
        }
    }
    TRY(vec_reserve(flows, *n, cap, 1, sizeof **flows));
    (*flows)[(*n)++] = (struct verify_flow){.from = from, .to = to, .n = 1};
    return STATUS_OK;
}

struct counting {
    struct verify_proof *proof;
    enum status status;
};

static void count_message(void *ctx, size_t op, uint32_t bit, uint32_t from, uint32_t to) {
    struct counting *counting = ctx;
    struct verify_proof *proof = counting->proof;
    (void)op;
    (void)bit;
    if (counting->status == STATUS_OK) {
        counting->status =
            count_flow(&proof->messages, &proof->n_messages, &proof->cap_messages, from, to);
    }
}

static enum status count_ebit(struct prove *prove, size_t op) {
    struct verify_proof *proof = prove->proof;
    const struct program *program = prove->program;
    const uint32_t *wires = op_qubits(&program->ops, &program->ops.ops[op]);
    const uint32_t a = program->wire_qpu[wires[0]], b = program->wire_qpu[wires[1]];
    return count_flow(&proof->links, &proof->n_links, &proof->cap_links, a < b ? a : b,
                      a < b ? b : a);
}

enum status prove_traffic(struct prove *prove, const size_t *ebit_ops, size_t n_ebits) {
    struct verify_proof *proof = prove->proof;
    const struct program *program = prove->program;
    if (proof->max_rounds > 0) { /* runs differ: each ebit of the text once */
        for (size_t i = 0; i < program->ops.n_ops; i++) {
            TRY(program->ops.ops[i].kind == OP_EBIT ? count_ebit(prove, i) : STATUS_OK);
        }
    } else {
        for (size_t i = 0; i < n_ebits; i++) {
            TRY(count_ebit(prove, ebit_ops[i]));
        }
    }
    struct counting counting = {.proof = proof};
    TRY(program_visit_messages(program, count_message, &counting));
    return counting.status;
}

/* ---- bounds ---- */

enum status prove_add_cut(struct prove *prove, struct verify_cut cut) {
    struct verify_proof *proof = prove->proof;
    for (size_t i = 0; i < proof->n_links; i++) {
        const struct verify_flow *link = &proof->links[i];
        cut.n_used += link->from == cut.qpu || link->to == cut.qpu ? link->n : 0;
    }
    TRY(vec_reserve(&proof->cuts, proof->n_cuts, &proof->cap_cuts, 1, sizeof *proof->cuts));
    proof->cuts[proof->n_cuts++] = cut;
    return STATUS_OK;
}

/* References stand at the QPU of the input. LOCC can't raise the entanglement of the Choi state,
 * which starts at none: a cut needs as many ebits as the target's state has across it. */
static enum status bound_cuts(struct prove *prove) {
    struct verify_proof *proof = prove->proof;
    const struct program *program = prove->program;
    const struct walk_source *source = &prove->match->own.source;
    const struct flows *target = &prove->target;
    if (!proof->is_unitary || target->n_rows != target->n_qubits) {
        return STATUS_OK;
    }
    bool *side = mem_alloc(target->n_qubits, sizeof *side);
    enum status status = side ? STATUS_OK : STATUS_NOFIT;
    for (uint32_t qpu = 0; status == STATUS_OK && qpu < program->n_qpus; qpu++) {
        struct verify_cut cut = {.qpu = qpu};
        for (uint32_t i = 0; i < target->n_qubits; i++) {
            const uint32_t wire = i < source->n_in ? source->in[i] : source->out[i - source->n_in];
            side[i] = program->wire_qpu[wire] == qpu;
        }
        TRY_GOTO(flows_entanglement(&cut.n_needed, target, side), cleanup);
        TRY_GOTO(prove_add_cut(prove, cut), cleanup);
    }
cleanup:
    mem_free(side);
    return status;
}

/* ---- faults ---- */

enum status prove_add_fault(struct prove *prove, struct verify_fault fault) {
    struct verify_proof *proof = prove->proof;
    TRY(vec_reserve(&proof->faults, proof->n_faults, &proof->cap_faults, 1, sizeof *proof->faults));
    proof->faults[proof->n_faults++] = fault;
    proof->max_weight = fault.weight > proof->max_weight ? fault.weight : proof->max_weight;
    return STATUS_OK;
}

static enum status add_fault(struct prove *prove, struct verify_fault fault,
                             const uint64_t *residual, size_t n_form_words, size_t column) {
    fault.effect = prove_effect(prove, residual, n_form_words, column, &fault.weight);
    return fault.effect ? prove_add_fault(prove, fault) : STATUS_NOFIT;
}

/* Y is X and Z: its column is their sum, written over that of X once X is done. */
static enum status add_pair_faults(struct prove *prove, size_t op, uint32_t pair,
                                   uint64_t *residual, size_t n_form_words, size_t column) {
    const struct walk_source *source = &prove->match->own.source;
    const size_t n_unknowns = 2 * (size_t)source->n_out + source->n_output_bits;
    struct verify_fault fault = {.op = op, .pair = pair, .letter = 'X'};
    TRY(add_fault(prove, fault, residual, n_form_words, column));
    fault.letter = 'Z';
    TRY(add_fault(prove, fault, residual, n_form_words, column + 1));
    for (unsigned pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < n_unknowns; i++) {
            uint64_t *form = residual + n_form_words * i;
            bits_set(form, column, bits_get(form, column) ^ bits_get(form, column + 1));
        }
        if (pass == 0) {
            fault.letter = 'Y';
            TRY(add_fault(prove, fault, residual, n_form_words, column));
        }
    }
    return STATUS_OK;
}

static enum status list_faults(struct prove *prove, const struct walk *walk, uint64_t *residual) {
    const size_t n_form_words = walk->own.n_form_words;
    size_t *columns = mem_alloc(walk->n_symbols, sizeof *columns), n_pairs = 0;
    if (!columns) {
        return STATUS_NOFIT;
    }
    for (size_t i = 0; i < walk->n_symbols; i++) {
        if (walk->symbols[i].origin == WALK_PAIR_X) {
            columns[n_pairs++] = i + 1;
        }
    }
    enum status status = prove_noise(prove, residual, n_form_words, columns, n_pairs);
    mem_free(columns);
    TRY(status);
    n_pairs = 0;
    for (size_t i = 0; i < walk->n_symbols; i++) {
        const struct walk_symbol *symbol = &walk->symbols[i];
        if (symbol->origin == WALK_PAIR_X) {
            TRY(add_pair_faults(prove, symbol->op, (uint32_t)++n_pairs, residual, n_form_words,
                                i + 1));
        } else if (symbol->origin == WALK_FLIP) {
            const struct verify_fault flip = {.op = symbol->op, .letter = 'F', .bit = symbol->bit};
            TRY(add_fault(prove, flip, residual, n_form_words, i + 1));
        }
    }
    return STATUS_OK;
}

static enum status follow_faults(struct prove *prove) {
    struct walk walk = {.source = &prove->match->own.source, .has_faults = true, .is_quiet = true};
    struct flows average = {0};
    uint64_t *residual = NULL;
    size_t n_missing = 0;
    enum status status = walk_run(&average, &walk);
    if (status == STATUS_UNVERIFIED) { /* conditions that faults change: has_faults stays false */
        status = STATUS_OK;
        goto cleanup;
    }
    TRY_GOTO(status, cleanup);
    TRY_GOTO(prove_residual(&residual, prove, &walk, &n_missing), cleanup);
    prove->proof->has_faults = n_missing == 0;
    if (n_missing == 0) {
        status = list_faults(prove, &walk, residual);
    }
cleanup:
    mem_free(residual);
    flows_fini(&average);
    walk_fini(&walk);
    return status;
}

enum status prove_certificate(struct prove *prove, const struct walk *walk) {
    TRY(prove_traffic(prove, walk->ebit_ops, walk->n_ebits));
    TRY(bound_cuts(prove));
    TRY(prove_depth(prove));
    if (walk->n_ebits > CERTIFICATE_MAX_PAIRS) {
        return STATUS_OK;
    }
    TRY(walk->n_branches == 1 ? follow_faults(prove) : STATUS_OK);
    return prove->proof->has_faults ? STATUS_OK : prove_dense_faults(prove);
}
