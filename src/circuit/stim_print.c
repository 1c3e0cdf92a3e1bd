#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "circuit/circuit.h"
#include "circuit/stim_names.h"

static const char letters[] = "?XYZ";

struct printer {
    struct text *out;
    const struct circuit *circuit;
    const struct op_list *list;
    struct text head, last; /* name, tag and arguments of this instruction and of the open line */
    uint32_t last_file, last_line;
    unsigned depth;
    bool is_open;       /* a line is open, and targets may be added to it */
    bool has_line;      /* a line is open */
    bool has_repeat;    /* has met a REPEAT: bits are not records any more */
    bool is_warned;     /* of gates that are not Stim's own */
    uint32_t n_results; /* printed so far */
    const struct stim_name *names[GATE_COUNT];
    uint32_t *leaves;
    size_t n_leaves, cap_leaves;
};

static enum status refuse(const struct printer *p, const struct op *op, const char *what) {
    return log_error_at(STATUS_INPUT, circuit_loc(p->circuit, op),
                        "%s cannot be said in Stim's language", what);
}

/* ---- lines ---- */

static void add_tag(struct text *out, const struct circuit *circuit, uint32_t tag) {
    if (tag != 0 && tag <= circuit->n_tags) {
        text_printf(out, "[%s]", circuit->tags[tag - 1]);
    }
}

static void start_head(struct printer *p, const struct op *op, const char *name) {
    p->head.n = 0;
    text_add(&p->head, name);
    add_tag(&p->head, p->circuit, op->tag);
}

static void add_args(struct printer *p, const double *params, size_t n) {
    for (size_t i = 0; i < n; i++) {
        text_add(&p->head, i == 0 ? "(" : ", ");
        text_add_double(&p->head, params[i]);
    }
    text_add(&p->head, n > 0 ? ")" : "");
}

static void new_line(struct printer *p) {
    text_add(p->out, p->has_line ? "\n" : "");
    for (unsigned i = 0; i < p->depth; i++) {
        text_add(p->out, "    ");
    }
    p->has_line = true;
    p->is_open = false;
}

/* The head begins a line, unless it is that of the open line and from the same line of a file. */
static void put_head(struct printer *p, const struct op *op, bool may_join) {
    struct text swap = p->last;

    if (may_join && p->is_open && p->last_line == op->line && p->last_file == op->file &&
        p->last.n == p->head.n && memcmp(p->last.data, p->head.data, p->head.n) == 0) {
        return;
    }
    new_line(p);
    text_add_n(p->out, p->head.data, p->head.n);
    p->last = p->head;
    p->head = swap;
    p->last_line = op->line;
    p->last_file = op->file;
    p->is_open = may_join;
}

static uint32_t label_of(const struct printer *p, uint32_t qb) {
    return p->circuit->labels == NULL ? qb : p->circuit->labels[qb];
}

static void put_qubits(struct printer *p, const struct op *op) {
    for (uint32_t i = 0; i < op->n_qubits; i++) {
        text_add_n(p->out, " ", 1);
        text_add_count(p->out, label_of(p, op_qubits(p->list, op)[i]));
    }
}

static void put_product(struct printer *p, const struct op *op, const char *separator) {
    for (uint32_t i = 0; i < op->n_qubits; i++) {
        text_printf(p->out, "%s%c%u", i == 0 ? "" : separator, letters[(op->arg >> (2 * i)) & 3],
                    label_of(p, op_qubits(p->list, op)[i]));
    }
}

/* ---- ops ---- */

/* The number of half turns that reads as this angle. */
static double half_turns(double angle) {
    double turns = angle / M_PI;
    const double tries[] = {turns, nextafter(turns, INFINITY), nextafter(turns, -INFINITY)};

    for (int i = 0; i < 3; i++) {
        if (tries[i] * M_PI == angle) {
            return tries[i];
        }
    }
    return turns;
}

static enum status print_gate(struct printer *p, const struct op *op) {
    const struct stim_name **name = &p->names[op->which];

    if (*name == NULL) {
        *name = stim_name_of_gate((enum gate_id)op->which);
    }
    if (*name == NULL) {
        return refuse(p, op, gate_get((enum gate_id)op->which)->name);
    }
    if ((*name)->is_dialect && !p->is_warned) {
        log_warning_at(circuit_loc(p->circuit, op),
                       "%s is written as %s, which qspan and Clifft read but Stim does not",
                       gate_get((enum gate_id)op->which)->name, (*name)->name);
        p->is_warned = true;
    }
    start_head(p, op, (*name)->name);
    double turns[GATE_MAX_PARAMS];
    for (unsigned i = 0; i < op->n_params; i++) {
        turns[i] = half_turns(op_params(p->list, op)[i]);
    }
    add_args(p, turns, op->n_params);
    put_head(p, op, true);
    put_qubits(p, op);
    return STATUS_OK;
}

/* The record has the results in the order of the text. */
static enum status count_result(struct printer *p, const struct op *op) {
    if (op->bit != p->n_results) {
        return refuse(p, op, "a result that is not in the order of its bits");
    }
    p->n_results++;
    return STATUS_OK;
}

static enum status print_measure(struct printer *p, const struct op *op) {
    unsigned letter = op->n_qubits > 0 ? op_pauli(op, 0) : 0;
    bool is_pair = op->n_qubits == 2 && op_pauli(op, 1) == letter;
    char name[8] = "MPAD";

    TRY(count_result(p, op));
    if (is_pair) {
        snprintf(name, sizeof name, "M%c%c", letters[letter], letters[letter]);
    } else if (op->n_qubits > 1) {
        strcpy(name, "MPP");
    } else if (op->n_qubits == 1) {
        snprintf(name, sizeof name, "M%s%s", (op->which & MEASURE_RESETS) != 0 ? "R" : "",
                 letter == 1   ? "X"
                 : letter == 2 ? "Y"
                               : "");
    }
    start_head(p, op, name);
    add_args(p, op_params(p->list, op), op->n_params);
    put_head(p, op, true);
    if (op->n_qubits == 0) {
        text_add(p->out, (op->which & MEASURE_INVERTED) != 0 ? " 1" : " 0");
        return STATUS_OK;
    }
    text_add(p->out, (op->which & MEASURE_INVERTED) != 0 ? " !" : " ");
    if (op->n_qubits > 1 && !is_pair) {
        put_product(p, op, "*");
        return STATUS_OK;
    }
    text_add_count(p->out, label_of(p, op_qubits(p->list, op)[0]));
    if (is_pair) {
        text_add_n(p->out, " ", 1);
        text_add_count(p->out, label_of(p, op_qubits(p->list, op)[1]));
    }
    return STATUS_OK;
}

static enum status print_reset(struct printer *p, const struct op *op) {
    start_head(p, op, op->arg == 1 ? "RX" : op->arg == 2 ? "RY" : "R");
    put_head(p, op, true);
    put_qubits(p, op);
    return STATUS_OK;
}

static enum status print_noise(struct printer *p, const struct op *op) {
    bool is_chain = op->which == NOISE_CORRELATED || op->which == NOISE_ELSE;
    bool is_heralded = op->which == NOISE_HERALDED_ERASE || op->which == NOISE_HERALDED_PAULI1;

    if (is_heralded) {
        TRY(count_result(p, op));
    }
    start_head(p, op, op_noise_name((enum op_noise)op->which));
    add_args(p, op_params(p->list, op), op->n_params);
    put_head(p, op, is_heralded);
    if (is_chain) {
        text_add(p->out, op->n_qubits > 0 ? " " : "");
        put_product(p, op, " ");
    } else {
        put_qubits(p, op);
    }
    return STATUS_OK;
}

static enum status print_leaf(struct printer *p, const struct op *op, uint32_t node) {
    const struct expr *expr = &p->list->exprs[node];
    bool is_bit = expr->kind == EXPR_BIT ||
                  (expr->kind == EXPR_EQ && expr->n == 1 && (p->list->words[expr->value0] & 1));

    if (expr->kind == EXPR_REC || expr->kind == EXPR_SWEEP) {
        text_add(p->out, expr->kind == EXPR_REC ? " rec[-" : " sweep[");
        text_add_count(p->out, expr->a);
        text_add_n(p->out, "]", 1);
        return STATUS_OK;
    }
    if (!is_bit || p->has_repeat || expr->a >= p->n_results) {
        return refuse(p, op, "this condition");
    }
    text_printf(p->out, " rec[-%u]", p->n_results - expr->a);
    return STATUS_OK;
}

/* Leaves of an XOR that grows to the left. */
static enum status print_parity(struct printer *p, const struct op *op) {
    uint32_t node = op->expr;

    if (p->list->exprs[node].kind == EXPR_CONST && p->list->exprs[node].value0 == 0) {
        return STATUS_OK;
    }
    p->n_leaves = 0;
    for (bool is_last = false; !is_last;) {
        const struct expr *expr = &p->list->exprs[node];
        is_last = expr->kind != EXPR_XOR;
        TRY(vec_reserve(&p->leaves, p->n_leaves, &p->cap_leaves, 1, sizeof *p->leaves));
        p->leaves[p->n_leaves++] = is_last ? node : expr->b;
        node = expr->a;
    }
    while (p->n_leaves > 0) {
        TRY(print_leaf(p, op, p->leaves[--p->n_leaves]));
    }
    return STATUS_OK;
}

static enum status print_detector(struct printer *p, const struct op *op) {
    start_head(p, op, "DETECTOR");
    add_args(p, op_params(p->list, op), op->n_params);
    put_head(p, op, false);
    return print_parity(p, op);
}

static enum status print_observable(struct printer *p, const struct op *op) {
    start_head(p, op, "OBSERVABLE_INCLUDE");
    text_printf(&p->head, "(%llu)", (unsigned long long)op->arg);
    put_head(p, op, false);
    TRY(print_parity(p, op));
    for (uint32_t i = 0; i < op->n_qubits; i++) {
        double letter = op_params(p->list, op)[i];
        text_printf(p->out, " %s%c%u", letter < 0 ? "!" : "", letters[(int)fabs(letter)],
                    label_of(p, op_qubits(p->list, op)[i]));
    }
    return STATUS_OK;
}

static enum status print_annotation(struct printer *p, const struct op *op, const char *name) {
    start_head(p, op, name);
    add_args(p, op_params(p->list, op), op->n_params);
    put_head(p, op, false);
    put_qubits(p, op);
    return STATUS_OK;
}

/* IF around Paulis is feedback. */
static enum status print_feedback(struct printer *p, const struct op *open) {
    const struct op *end = p->list->ops + open->match;

    for (const struct op *op = open + 1; op < end; op++) {
        if (!op_is_pauli(op) || op->which == GATE_I) {
            return refuse(p, op, "a condition on something other than X, Y or Z");
        }
        start_head(p, op, op->which == GATE_X ? "CX" : op->which == GATE_Y ? "CY" : "CZ");
        put_head(p, op, true);
        TRY(print_leaf(p, open, open->expr));
        put_qubits(p, op);
    }
    return end->kind == OP_END ? STATUS_OK : refuse(p, end, "else");
}

static enum status print_barrier(struct printer *p, const struct op *op) {
    if (op->n_qubits != p->circuit->n_qubits) {
        return refuse(p, op, "a barrier on a part of the qubits");
    }
    start_head(p, op, "TICK");
    put_head(p, op, false);
    return STATUS_OK;
}

static enum status print_op(struct printer *p, const struct op *op) {
    switch ((int)op->kind) {
    case OP_GATE:
        return print_gate(p, op);
    case OP_MEASURE:
        return print_measure(p, op);
    case OP_RESET:
        return print_reset(p, op);
    case OP_BARRIER:
        return print_barrier(p, op);
    case OP_NOISE:
        return print_noise(p, op);
    case OP_DETECTOR:
        return print_detector(p, op);
    case OP_OBSERVABLE:
        return print_observable(p, op);
    case OP_TICK:
        return print_annotation(p, op, "TICK");
    case OP_COORDS:
        return print_annotation(p, op, "QUBIT_COORDS");
    case OP_SHIFT_COORDS:
        return print_annotation(p, op, "SHIFT_COORDS");
    case OP_IF:
        return print_feedback(p, op);
    case OP_REPEAT:
        start_head(p, op, "REPEAT");
        text_printf(&p->head, " %llu {", (unsigned long long)op->arg);
        put_head(p, op, false);
        p->has_repeat = true;
        p->depth++;
        return STATUS_OK;
    case OP_END:
        p->depth--;
        new_line(p);
        text_add(p->out, "}");
        return STATUS_OK;
    }
    return refuse(p, op, op_kind_name((enum op_kind)op->kind));
}

/* QPUs are numbered as the comments first name them. */
static void print_qpu_names(struct printer *p) {
    const struct circuit *circuit = p->circuit;
    uint32_t n_seen = 0;

    for (uint32_t qb = 0; qb < circuit->n_qubits && n_seen < circuit->n_placed_qpus; qb++) {
        uint32_t qpu = circuit->placement[qb];
        if (qpu != OP_NO_QPU && qpu > n_seen) {
            break;
        }
        n_seen += qpu == n_seen;
    }
    for (uint32_t qpu = 0; n_seen < circuit->n_placed_qpus && qpu < circuit->n_placed_qpus; qpu++) {
        new_line(p);
        text_printf(p->out, "# qspan qpu %s", circuit->placed_qpus[qpu]);
    }
}

/* Comments that the reader takes, one for each run of qubits. */
static void print_placement(struct printer *p) {
    const struct circuit *circuit = p->circuit;

    if (circuit->n_placed_qpus == 0) {
        return;
    }
    print_qpu_names(p);
    for (uint32_t qb = 0; qb < circuit->n_qubits; qb++) {
        uint32_t first = qb, qpu = circuit->placement[qb];
        while (qb + 1 < circuit->n_qubits && circuit->placement[qb + 1] == qpu) {
            qb++;
        }
        if (qpu == OP_NO_QPU) {
            continue;
        }
        new_line(p);
        text_printf(p->out, "# qspan qpu %s %u", circuit->placed_qpus[qpu], label_of(p, first));
        if (first < qb) {
            text_printf(p->out, ":%u", label_of(p, qb));
        }
    }
}

static enum status print_all(struct printer *p) {
    print_placement(p);
    for (size_t i = 0; i < p->list->n_ops; i++) {
        const struct op *op = &p->list->ops[i];
        TRY(print_op(p, op));
        i = op->kind == OP_IF ? op->match : i;
    }
    text_add(p->out, p->has_line ? "\n" : "");
    if (p->n_results != p->circuit->n_bits) {
        return log_error(STATUS_INPUT,
                         "%u of %u bits are never measured: Stim's record has results only",
                         p->circuit->n_bits - p->n_results, p->circuit->n_bits);
    }
    return p->out->failed || p->head.failed || p->last.failed
               ? log_error(STATUS_NOFIT, "out of memory for the text of a circuit")
               : STATUS_OK;
}

enum status stim_print(struct text *out, const struct circuit *circuit) {
    struct printer p = {.out = out, .circuit = circuit, .list = &circuit->ops};
    enum status status;

    text_add(&p.head, "");
    text_add(&p.last, "");
    text_add(out, "");
    status = print_all(&p);
    text_fini(&p.head);
    text_fini(&p.last);
    mem_free(p.leaves);
    return status;
}
