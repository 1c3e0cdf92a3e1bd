#include <string.h>

#include "dem/analyzer.h"

struct src_loc analyzer_loc(const struct analyzer *a, const struct op *op) {
    return (struct src_loc){a->source->files[op->file], op->line, op->col};
}

static enum status refuse(const struct analyzer *a, const struct op *op, const char *why) {
    return a->is_scout ? STATUS_INPUT : log_error_at(STATUS_INPUT, analyzer_loc(a, op), "%s", why);
}

static const uint32_t *qubits_of(const struct analyzer *a, const struct op *op) {
    return op_qubits(a->source->ops, op);
}

/* ---- what must not depend on a Pauli here ---- */

static void name_target(struct text *text, uint64_t target) {
    const bool is_detector = target_is_detector(target);
    text_printf(text, "%c%llu", is_detector ? 'D' : 'L',
                (unsigned long long)(is_detector ? target : target ^ DEM_OBSERVABLE));
}

static enum status refuse_gauge(const struct analyzer *a, const struct target_set *gauge,
                                const struct op *op, uint32_t qubit) {
    enum { MAX_NAMED = 8 };
    struct text names = {0};
    char buffer[64];
    for (uint32_t i = 0; i < gauge->n && i < MAX_NAMED; i++) {
        text_add(&names, i == 0 ? "" : " ");
        name_target(&names, gauge->items[i]);
    }
    text_add(&names, gauge->n > MAX_NAMED ? " ..." : "");
    const bool has_observable = !target_is_detector(gauge->items[gauge->n - 1]);
    const struct src_loc loc =
        op == NULL ? (struct src_loc){.file = a->source->files[0]} : analyzer_loc(a, op);
    const enum status status = log_error_at(
        STATUS_INPUT, loc, "%s is random%s: %s on %s makes it so%s", names.failed ? "" : names.data,
        gauge->n > 1 ? " (together)" : "", op == NULL ? "the start in |0>" : "what happens here",
        a->source->qubit_name(a->source->ctx, qubit, buffer, sizeof buffer),
        has_observable ? "; an observable must not be"
        : a->has_coins && a->options->allow_gauge
            ? "; errors under conditions may depend on it"
            : "; --allow-gauge-detectors gives it an error of probability 1/2");
    text_fini(&names);
    return status;
}

/* The targets of `gauge` flip at random together: refused, or an error of 1/2, after which the
 * last of them does not depend on anything here. op NULL: at the start. */
static enum status check_gauge(struct analyzer *a, const struct target_set *gauge,
                               const struct op *op, uint32_t qubit) {
    if (gauge->n == 0) {
        return STATUS_OK;
    }
    if (a->counts_coins) {
        coins_settle(&a->coins, gauge);
        return sensitivity_remove_gauge(&a->sensitivity, gauge, true);
    }
    if (!a->options->allow_gauge || a->has_coins ||
        !target_is_detector(gauge->items[gauge->n - 1])) {
        return a->is_scout ? STATUS_INPUT : refuse_gauge(a, gauge, op, qubit);
    }
    const uint32_t tag = op == NULL || a->source->tags == NULL ? 0 : op->tag;
    if (!a->is_scout) {
        TRY(mechanisms_add(&a->mechanisms, 0.5, gauge->items, gauge->n, tag));
    }
    return sensitivity_remove_gauge(&a->sensitivity, gauge, false);
}

/* What an error of that letter on the qubit would flip must be nothing. */
static enum status check_letter(struct analyzer *a, const struct op *op, uint32_t qubit,
                                unsigned letter) {
    a->scratch.n = 0;
    TRY(sensitivity_add_flips(&a->sensitivity, &a->scratch, qubit, letter));
    return check_gauge(a, &a->scratch, op, qubit);
}

enum status undo_start(struct analyzer *a) {
    for (uint32_t qubit = 0; qubit < a->sensitivity.n_qubits; qubit++) {
        TRY(check_letter(a, NULL, qubit, 3));
    }
    return STATUS_OK;
}

/* ---- trees ---- */

/* Adds `targets` to every bit that the XOR reads. false in *out_is_xor: it is something else. */
static enum status add_to_bits(struct analyzer *a, uint32_t expr, const struct target_set *targets,
                               bool *out_is_xor) {
    const struct op_list *ops = a->source->ops;
    const struct expr *node = &ops->exprs[expr];
    while (node->kind == EXPR_XOR || node->kind == EXPR_NOT) {
        if (node->kind == EXPR_XOR) {
            TRY(add_to_bits(a, node->b, targets, out_is_xor));
        }
        node = &ops->exprs[node->a];
    }
    switch ((enum expr_kind)node->kind) {
    case EXPR_BIT:
        return target_set_xor(&a->sensitivity.bits[node->a], targets);
    case EXPR_REC:
        return target_set_xor(sensitivity_record(&a->sensitivity, node->a), targets);
    case EXPR_EQ:
        if (node->n == 1) {
            return target_set_xor(&a->sensitivity.bits[node->a], targets);
        }
        *out_is_xor = false;
        return STATUS_OK;
    case EXPR_AND:
    case EXPR_OR:
        *out_is_xor = false;
        return STATUS_OK;
    case EXPR_CONST:
    case EXPR_SWEEP: /* the same in all shots that are compared */
    case EXPR_NOT:
    case EXPR_XOR:
        break;
    }
    return STATUS_OK;
}

static enum status spread(struct analyzer *a, const struct op *op, uint32_t expr,
                          const struct target_set *targets, const char *why) {
    bool is_xor = true;
    if (targets->n == 0) {
        return STATUS_OK;
    }
    TRY(add_to_bits(a, expr, targets, &is_xor));
    return is_xor ? STATUS_OK : refuse(a, op, why);
}

static bool is_herald(const struct op *op) {
    return op->kind == OP_NOISE &&
           (op->which == NOISE_HERALDED_ERASE || op->which == NOISE_HERALDED_PAULI1);
}

static bool is_nothing(const struct op *op) {
    return op->kind == OP_ELSE || op->kind == OP_BARRIER || op->kind == OP_TICK ||
           (op->kind == OP_GATE && (op->which == GATE_I || op->which == GATE_U0)) ||
           (op->kind == OP_NOISE && (op->which == NOISE_I || op->which == NOISE_II));
}

/* One coin for each group of qubits, or for a chain, into `other`. */
static enum status add_coins(struct analyzer *a, const struct op *op) {
    const uint32_t n = op_count_sites(op);
    for (uint32_t i = 0; i < n; i++) {
        const uint64_t target = --a->sensitivity.n_detectors;
        TRY(target_set_toggle(&a->other, target));
        TRY(coins_add(&a->coins, target, (size_t)(op - a->source->ops->ops)));
    }
    return STATUS_OK;
}

/* An error that happens in half of the shots: dem/coins.h has found that it does. */
static enum status undo_waiting_noise(struct analyzer *a, size_t at, size_t *out_first) {
    a->share = 0.5;
    const enum status status = undo_noise(a, at, out_first);
    a->share = 1;
    return status == STATUS_OK && a->counts_coins ? add_coins(a, &a->source->ops->ops[*out_first])
                                                  : status;
}

/* Feedback: what the Paulis in the block flip depends on the condition. */
enum status undo_condition(struct analyzer *a, size_t open, size_t close) {
    const struct op_list *ops = a->source->ops;
    a->other.n = 0;
    for (size_t i = close; i-- > open + 1;) {
        const struct op *op = &ops->ops[i];
        if (op_is_pauli(op) && op->which != GATE_I) {
            const unsigned letter = op->which == GATE_X ? 1 : op->which == GATE_Y ? 2 : 3;
            TRY(sensitivity_add_flips(&a->sensitivity, &a->other, qubits_of(a, op)[0], letter));
        } else if (is_nothing(op)) {
            continue;
        } else if (op->kind == OP_NOISE && !is_herald(op)) {
            TRY(undo_waiting_noise(a, i, &i));
        } else {
            return refuse(a, op,
                          "a condition on anything but x, y and z gates: error models need Pauli "
                          "feed-forward");
        }
    }
    return spread(a, &ops->ops[open], ops->ops[open].expr, &a->other,
                  "a condition that is no XOR of bits: error models need Pauli feed-forward on "
                  "parities");
}

static enum status undo_assign(struct analyzer *a, const struct op *op) {
    struct target_set *bit = &a->sensitivity.bits[op->bit];
    TRY(target_set_copy(&a->other, bit));
    bit->n = 0;
    return spread(a, op, op->expr, &a->other, "a bit computed by other than XOR");
}

/* ---- results ---- */

enum status undo_result(struct analyzer *a, struct target_set *out, const struct op *op) {
    out->n = 0;
    if (a->source->recorded == NULL || (op->bit != OP_NO_BIT && a->source->recorded[op->bit])) {
        struct target_set *record = sensitivity_record(&a->sensitivity, 1);
        TRY(target_set_copy(out, record));
        record->n = 0;
        a->sensitivity.n_results--;
    }
    if (op->bit != OP_NO_BIT) {
        TRY(target_set_xor(out, &a->sensitivity.bits[op->bit]));
        a->sensitivity.bits[op->bit].n = 0;
    }
    return STATUS_OK;
}

static enum status undo_reset(struct analyzer *a, const struct op *op, uint32_t qubit,
                              unsigned letter) {
    TRY(check_letter(a, op, qubit, letter));
    sensitivity_clear(&a->sensitivity, qubit);
    return STATUS_OK;
}

static enum status undo_measure(struct analyzer *a, const struct op *op) {
    const uint32_t *qubits = qubits_of(a, op);
    const double p = op->n_params > 0 ? op_params(a->source->ops, op)[0] : 0;
    if (op->n_params > 1) {
        return refuse(a, op, "a result that is wrong more often when it is 0, or 1");
    }
    if ((op->which & MEASURE_RESETS) != 0) {
        TRY(undo_reset(a, op, qubits[0], op_pauli(op, 0)));
    }
    TRY(undo_result(a, &a->scratch, op));
    if (p > 0 && analyzer_makes_errors(a)) {
        TRY(mechanisms_add(&a->mechanisms, p, a->scratch.items, a->scratch.n,
                           a->source->tags == NULL ? 0 : op->tag));
    }
    for (uint32_t i = 0; i < op->n_qubits; i++) {
        TRY(sensitivity_add_pauli(&a->sensitivity, qubits[i], op_pauli(op, i), &a->scratch));
    }
    a->other.n = 0;
    for (uint32_t i = 0; i < op->n_qubits; i++) {
        TRY(sensitivity_add_flips(&a->sensitivity, &a->other, qubits[i], op_pauli(op, i)));
    }
    return check_gauge(a, &a->other, op, op->n_qubits > 0 ? qubits[0] : 0);
}

/* A pair that XX and ZZ stabilise; its errors come after it. */
static enum status undo_ebit(struct analyzer *a, const struct op *op) {
    const uint32_t *wires = qubits_of(a, op);
    double weights[4];
    if (a->source->pair_weights != NULL) {
        const uint64_t site = op->site + a->source->ops->n_sites * a->iteration;
        TRY(a->source->pair_weights(a->source->ctx, weights, wires, site));
        TRY(undo_pair_errors(a, op, weights, wires[1]));
    }
    for (unsigned letter = 1; letter <= 3; letter += 2) {
        a->other.n = 0;
        TRY(sensitivity_add_flips(&a->sensitivity, &a->other, wires[0], letter));
        TRY(sensitivity_add_flips(&a->sensitivity, &a->other, wires[1], letter));
        TRY(check_gauge(a, &a->other, op, wires[0]));
    }
    sensitivity_clear(&a->sensitivity, wires[0]);
    sensitivity_clear(&a->sensitivity, wires[1]);
    return STATUS_OK;
}

/* ---- gates ---- */

static enum status undo_gate(struct analyzer *a, const struct op *op) {
    const enum gate_id gate = (enum gate_id)op->which;
    struct gate_steps made, *steps = &a->steps[gate];
    bool is_clifford;
    if (op->n_params > 0) {
        steps = &made;
        is_clifford = gate_steps_make(&made, gate, op_params(a->source->ops, op));
    } else {
        if (a->is_made[gate] == 0) {
            a->is_made[gate] = gate_steps_make(steps, gate, NULL) ? 1 : 2;
        }
        is_clifford = a->is_made[gate] == 1;
    }
    if (is_clifford) {
        return sensitivity_undo(&a->sensitivity, steps, qubits_of(a, op));
    }
    return a->is_scout
               ? STATUS_INPUT
               : log_error_at(STATUS_INPUT, analyzer_loc(a, op),
                              "%s is no Clifford%s: error models need Clifford circuits",
                              gate_get(gate)->name, op->n_params > 0 ? " for this angle" : "");
}

/* ---- annotations ---- */

static enum status add_instruction(struct analyzer *a, const struct op *op, enum dem_kind kind,
                                   const uint64_t *target) {
    const struct dem_instruction instruction = {
        .kind = (uint8_t)kind,
        .tag = a->source->tags == NULL ? 0 : op->tag,
        .n_args = kind == DEM_LOGICAL ? 0 : op->n_params,
        .args = op_params(a->source->ops, op),
        .n_targets = target != NULL,
        .targets = target,
    };
    return analyzer_makes_errors(a) ? model_add(a->model, a->block, instruction) : STATUS_OK;
}

static enum status undo_detector(struct analyzer *a, const struct op *op) {
    if (a->counts_coins) {
        return STATUS_OK;
    }
    const uint64_t target = --a->sensitivity.n_detectors;
    a->other.n = 0;
    TRY(target_set_toggle(&a->other, target));
    TRY(spread(a, op, op->expr, &a->other, "a detector that is no XOR of bits"));
    return add_instruction(a, op, DEM_DETECTOR, &target);
}

static enum status undo_observable(struct analyzer *a, const struct op *op) {
    const uint64_t target = DEM_OBSERVABLE | op->arg;
    const double *letters = op_params(a->source->ops, op);
    if (op->arg >= DEM_MAX_OBSERVABLE) {
        return refuse(a, op, "an observable beyond 2^32 - 2");
    }
    if (a->counts_coins) {
        return STATUS_OK;
    }
    a->other.n = 0;
    TRY(target_set_toggle(&a->other, target));
    TRY(spread(a, op, op->expr, &a->other, "an observable that is no XOR of bits"));
    for (uint32_t i = 0; i < op->n_qubits; i++) {
        const unsigned letter = (unsigned)(letters[i] < 0 ? -letters[i] : letters[i]);
        TRY(sensitivity_add_pauli(&a->sensitivity, qubits_of(a, op)[i], letter, &a->other));
    }
    return add_instruction(a, op, DEM_LOGICAL, &target);
}

enum status undo_op(struct analyzer *a, size_t at) {
    const struct op *op = &a->source->ops->ops[at];
    switch ((enum op_kind)op->kind) {
    case OP_GATE:
        return undo_gate(a, op);
    case OP_MEASURE:
        return undo_measure(a, op);
    case OP_RESET:
        return undo_reset(a, op, qubits_of(a, op)[0], op->arg == 0 ? 3 : (unsigned)op->arg);
    case OP_ALLOC:
        return undo_reset(a, op, qubits_of(a, op)[0], 3);
    case OP_EBIT:
        return undo_ebit(a, op);
    case OP_ASSIGN:
        return undo_assign(a, op);
    case OP_DETECTOR:
        return undo_detector(a, op);
    case OP_OBSERVABLE:
        return undo_observable(a, op);
    case OP_SHIFT_COORDS:
        return add_instruction(a, op, DEM_SHIFT, NULL);
    case OP_BARRIER:
    case OP_FREE:
    case OP_SEND:
    case OP_RECV:
    case OP_TICK:
    case OP_COORDS:
        return STATUS_OK;
    case OP_WHILE:
    case OP_IDLE:
    case OP_CALL:
    case OP_NOISE:
    case OP_IF:
    case OP_ELSE:
    case OP_REPEAT:
    case OP_END:
    case OP_KIND_COUNT:
        break;
    }
    return refuse(a, op,
                  op->kind == OP_WHILE  ? "a while: error models need a fixed sequence"
                  : op->kind == OP_IDLE ? "idle has no error model"
                                        : "a call has no error model");
}
