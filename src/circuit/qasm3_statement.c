/* Statements without control flow, and the dispatch of all. */
#include <string.h>

#include "circuit/qasm3_input.h"
#include "circuit/qasm3_internal.h"

/* ---- ops ---- */

enum status qasm3_check_ops(struct qasm3 *p, uint64_t n) {
    TRY(placements_close(&p->placements));
    if (p->circuit->ops.n_ops + n > p->limits.max_ops) {
        return log_error_at(STATUS_NOFIT, p->loc, "the circuit has more than %llu operations",
                            (unsigned long long)p->limits.max_ops);
    }
    return STATUS_OK;
}

enum status qasm3_count_step(struct qasm3 *p) {
    if (++p->n_steps > QASM3_MAX_STEPS + p->circuit->ops.n_ops) {
        return log_error_at(STATUS_NOFIT, p->loc,
                            "more than %d steps of reading; does a loop never end?",
                            (int)QASM3_MAX_STEPS);
    }
    return STATUS_OK;
}

/* ---- declarations ---- */

static enum status declare_qubits(struct qasm3 *p, const struct qasm3_node *node) {
    struct qasm3_decl *decl;
    uint64_t n_left = p->limits.max_qubits - p->circuit->n_qubits;
    int64_t n = 1;

    if (p->n_scopes > 1) {
        return qasm3_fail(node, "qubits are declared outside of all blocks");
    }
    if (node->a != NULL) {
        struct qasm3_list list;
        return qasm3_eval_qubits(p, &list, node->a);
    }
    if (p->has_physical) {
        return qasm3_fail(node, "declared qubits beside physical ones; expected one or the other");
    }
    if (node->b != NULL) {
        TRY(qasm3_eval_int(p, &n, node->b, "the number of qubits"));
    }
    if (n > 0 && (uint64_t)n > n_left) {
        return log_error_at(STATUS_NOFIT, node->loc,
                            "register of size %lld; at most %llu more qubits are possible",
                            (long long)n, (unsigned long long)n_left);
    }
    TRY(qasm3_declare(p, &decl, node->sym, QASM3_D_QUBITS, node->loc));
    decl->list = (struct qasm3_list){.first = p->circuit->n_qubits, .is_single = node->b == NULL};
    TRY(circuit_add_qreg(p->circuit, qasm3_name(p, node->sym), n < 0 ? 0 : (uint64_t)n, node->loc));
    p->circuit->qregs[p->circuit->n_qregs - 1].is_scalar = node->b == NULL;
    decl->list.n = (uint32_t)n;
    p->has_virtual = true;
    return STATUS_OK;
}

/* A constant outlives the scratch memory. */
static enum status keep_value(struct qasm3 *p, struct qasm3_value *value) {
    uint32_t *lits;

    if (value->lits == NULL) {
        return STATUS_OK;
    }
    lits = arena_alloc(&p->arena, value->width * sizeof *lits);
    if (lits == NULL) {
        return STATUS_NOFIT;
    }
    memcpy(lits, value->lits, value->width * sizeof *lits);
    value->lits = lits;
    return STATUS_OK;
}

static enum status declare_constant(struct qasm3 *p, const struct qasm3_node *node,
                                    struct qasm3_value type) {
    struct qasm3_decl *decl;
    struct qasm3_value value;

    if (node->op == QASM3_INPUT) {
        TRY(qasm3_read_input(p, &value, &type, node));
    } else {
        TRY(qasm3_eval(p, &value, node->a));
        for (uint32_t i = 0; value.lits != NULL && i < value.width; i++) {
            if (value.lits[i] > 1) {
                return qasm3_fail(node, "the constant '%.48s' depends on measured bits",
                                  qasm3_name(p, node->sym));
            }
        }
        if (value.n_terms > 0) {
            return qasm3_fail(node, "the constant '%.48s' depends on measured bits",
                              qasm3_name(p, node->sym));
        }
    }
    TRY(qasm3_convert(p, &value, &type, node));
    TRY(keep_value(p, &value));
    TRY(qasm3_declare(p, &decl, node->sym, QASM3_D_VALUE, node->loc));
    decl->value = value;
    return STATUS_OK;
}

static enum status give_register(struct qasm3 *p, struct qasm3_decl *decl,
                                 const struct qasm3_node *node) {
    bool is_output = node->op == QASM3_OUTPUT;
    bool is_local =
        p->n_scopes > 1 || (decl->value.kind != QASM3_T_BIT && !is_output) || p->is_next_local;
    struct reg *reg;

    if (decl->value.width == 0) {
        return qasm3_fail(node, "output of type %s is not supported",
                          qasm3_type_name(decl->value.kind));
    }
    TRY(qasm3_add_bits(p, &decl->list, qasm3_name(p, node->sym), decl->value.width, is_local,
                       node->loc));
    reg = &p->circuit->cregs[p->circuit->n_cregs - 1];
    reg->is_output = is_output;
    reg->is_scalar = decl->value.is_scalar;
    decl->has_bits = decl->is_stored = decl->is_register = true;
    return STATUS_OK;
}

static enum status declare_variable(struct qasm3 *p, const struct qasm3_node *node) {
    struct qasm3_value type, value;
    struct qasm3_decl *decl;
    bool is_register;

    if (node->type.kind == QASM3_T_STRETCH) {
        return qasm3_declare(p, &decl, node->sym, QASM3_D_STRETCH, node->loc);
    }
    TRY(qasm3_eval_type(p, &type, &node->type, node));
    if (node->op == QASM3_CONST || node->op == QASM3_INPUT) {
        return declare_constant(p, node, type);
    }
    if (node->op == QASM3_OUTPUT && p->n_scopes > 1) {
        return qasm3_fail(node, "output is declared outside of all blocks");
    }
    is_register = node->op == QASM3_OUTPUT ||
                  (type.kind == QASM3_T_BIT && (p->n_scopes == 1 || type.width > 64));
    if (node->a != NULL && !(is_register && node->a->kind == QASM3_MEASURE)) {
        TRY(qasm3_eval(p, &value, node->a)); /* before the name hides another */
    }
    TRY(qasm3_declare(p, &decl, node->sym, QASM3_D_VAR, node->loc));
    decl->value = type;
    if (is_register) {
        TRY(give_register(p, decl, node));
        if (p->n_loops > 0 && node->a == NULL) {
            struct qasm3_value zero = qasm3_int_value(0);
            return qasm3_write_var(p, decl, &zero, node);
        }
    }
    if (node->a == NULL) {
        return STATUS_OK;
    }
    if (is_register && node->a->kind == QASM3_MEASURE) {
        struct qasm3_node name = {.kind = QASM3_NAME, .sym = node->sym, .loc = node->loc};
        return qasm3_measure_to(p, node->a->a, &name, node);
    }
    return qasm3_write_var(p, decl, &value, node);
}

static enum status declare_alias(struct qasm3 *p, const struct qasm3_node *node) {
    struct qasm3_decl *decl;
    struct qasm3_list list;
    uint32_t *items;

    TRY(qasm3_eval_qubits(p, &list, node->a));
    if (list.items != NULL) {
        items = arena_alloc(&p->arena, list.n * sizeof *items);
        if (items == NULL) {
            return STATUS_NOFIT;
        }
        memcpy(items, list.items, list.n * sizeof *items);
        list.items = items;
    }
    TRY(qasm3_declare(p, &decl, node->sym, QASM3_D_QUBITS, node->loc));
    decl->list = list;
    return STATUS_OK;
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The source begins with the definition, blanks aside. */
static bool is_same_text(const char *definition, const char *text, size_t n) {
    size_t i = 0;

    for (; *definition != '\0'; definition++) {
        if (is_blank(*definition)) {
            continue;
        }
        while (i < n && is_blank(text[i])) {
            i++;
        }
        if (i == n || text[i++] != *definition) {
            return false;
        }
    }
    return true;
}

/* The gate of the table that has this definition, letter by letter, as a printer writes it. */
static enum gate_id find_defined(const struct qasm3 *p, const struct qasm3_node *node) {
    const char *name = qasm3_name(p, node->sym);
    enum gate_id gate = gate_find(name);
    const struct gate_info *info = gate == GATE_NONE ? NULL : gate_get(gate);

    if (info == NULL || info->definition == NULL || strcmp(info->name, name) != 0 ||
        !is_same_text(info->definition, node->text, node->n)) {
        return GATE_NONE;
    }
    for (const struct qasm3_node *call = node->body; call != NULL; call = call->next) {
        if (call->kind != QASM3_GATE_CALL || qasm3_lookup(p, call->sym) != NULL) {
            return GATE_NONE;
        }
    }
    return gate;
}

static enum status declare_callable(struct qasm3 *p, const struct qasm3_node *node) {
    struct qasm3_decl *decl;
    enum qasm3_decl_kind kind = node->kind == QASM3_GATE ? QASM3_D_GATE : QASM3_D_DEF;

    TRY(qasm3_declare(p, &decl, node->sym, kind, node->loc));
    decl->node = (struct qasm3_node *)(uintptr_t)node;
    decl->gate = kind == QASM3_D_GATE ? find_defined(p, node) : GATE_NONE;
    return STATUS_OK;
}

/* ---- measurement, assignment ---- */

enum status qasm3_measure_to(struct qasm3 *p, const struct qasm3_node *source,
                             const struct qasm3_node *target, const struct qasm3_node *node) {
    struct qasm3_list qubits, positions;
    struct qasm3_decl *decl;
    uint32_t *bits;

    TRY(qasm3_eval_qubits(p, &qubits, source));
    TRY(qasm3_check_distinct(p, &qubits, 1, node));
    TRY(qasm3_eval_target(p, &decl, &positions, target));
    if (positions.n != qubits.n) {
        return qasm3_fail(node, "measurement of %u qubits into %u bits", qubits.n, positions.n);
    }
    TRY(qasm3_store_var(p, decl));
    bits = qasm3_alloc(p, qubits.n, sizeof *bits);
    if (bits == NULL) {
        return STATUS_NOFIT;
    }
    for (uint32_t i = 0; i < qubits.n; i++) {
        bits[i] = qasm3_item(&decl->list, qasm3_item(&positions, i));
    }
    return qasm3_measure(p, &qubits, bits);
}

static enum status measure(struct qasm3 *p, const struct qasm3_node *node) {
    struct qasm3_value value;
    struct qasm3_node expression = {.kind = QASM3_MEASURE, .a = node->a, .loc = node->loc};

    return node->b == NULL ? qasm3_eval(p, &value, &expression)
                           : qasm3_measure_to(p, node->a, node->b, node);
}

static bool is_bit_target(const struct qasm3 *p, const struct qasm3_node *target) {
    const struct qasm3_node *name = target->kind == QASM3_INDEX ? target->a : target;
    const struct qasm3_decl *decl = name->kind == QASM3_NAME ? qasm3_lookup(p, name->sym) : NULL;

    return decl == NULL || decl->value.kind == QASM3_T_BIT || target->kind == QASM3_INDEX;
}

static enum status assign(struct qasm3 *p, const struct qasm3_node *node) {
    struct qasm3_value value, old;
    struct qasm3_list positions;
    struct qasm3_decl *decl;

    if (node->op == 0 && node->b->kind == QASM3_MEASURE && is_bit_target(p, node->a)) {
        return qasm3_measure_to(p, node->b->a, node->a, node);
    }
    TRY(qasm3_eval(p, &value, node->b));
    if (node->op != 0) {
        struct qasm3_value right = value;
        TRY(qasm3_eval(p, &old, node->a));
        TRY(qasm3_operate(p, &value, node->op, &old, &right, node));
    }
    TRY(qasm3_eval_target(p, &decl, &positions, node->a));
    if (value.kind == QASM3_VOID) {
        return qasm3_fail(node, "the subroutine returns no value");
    }
    return node->a->kind == QASM3_INDEX ? qasm3_write_positions(p, decl, &positions, &value, node)
                                        : qasm3_write_var(p, decl, &value, node);
}

/* ---- reset, barrier, delay ---- */

static enum status reset(struct qasm3 *p, const struct qasm3_node *node) {
    struct qasm3_list qubits;

    TRY(qasm3_eval_qubits(p, &qubits, node->a));
    TRY(qasm3_check_ops(p, qubits.n));
    for (uint32_t i = 0; i < qubits.n; i++) {
        uint32_t qb = qasm3_item(&qubits, i);
        TRY(op_list_add(&p->circuit->ops, NULL, OP_RESET, &qb, 1, NULL, 0, p->loc));
        p->circuit->ops.ops[p->circuit->ops.n_ops - 1].file = p->file;
    }
    return STATUS_OK;
}

/* A qubit named twice stands once. */
static enum status collect_barrier(struct qasm3 *p, uint32_t **out_items, uint32_t *out_n,
                                   const struct qasm3_node *first) {
    uint32_t n = 0, n_all = p->circuit->n_qubits;
    bool *seen = mem_alloc(n_all, sizeof *seen);
    enum status status = seen == NULL ? STATUS_NOFIT : STATUS_OK;

    *out_items = qasm3_alloc(p, n_all, sizeof **out_items);
    status = *out_items == NULL ? STATUS_NOFIT : status;
    for (const struct qasm3_node *node = first; status == STATUS_OK && node != NULL;
         node = node->next) {
        struct qasm3_list list;
        status = qasm3_eval_qubits(p, &list, node);
        for (uint32_t i = 0; status == STATUS_OK && i < list.n; i++) {
            uint32_t qb = qasm3_item(&list, i);
            if (qb < n_all && !seen[qb]) {
                seen[qb] = true;
                (*out_items)[n++] = qb;
            }
        }
    }
    mem_free(seen);
    *out_n = n;
    return status;
}

static enum status barrier(struct qasm3 *p, const struct qasm3_node *node) {
    uint32_t *items, n;

    if (p->in_gate) {
        return STATUS_OK; /* prims keep their order anyway */
    }
    if (node->list != NULL) {
        if (node->list->kind == QASM3_PHYSICAL && !p->has_physical) {
            struct qasm3_list list;
            TRY(qasm3_eval_qubits(p, &list, node->list)); /* declares them */
        }
        TRY(collect_barrier(p, &items, &n, node->list));
    } else {
        n = p->circuit->n_qubits;
        items = qasm3_alloc(p, n, sizeof *items);
        for (uint32_t i = 0; items != NULL && i < n; i++) {
            items[i] = i;
        }
    }
    if (items == NULL) {
        return STATUS_NOFIT;
    }
    if (n == 0) {
        return STATUS_OK;
    }
    TRY(qasm3_check_ops(p, 1));
    TRY(op_list_add(&p->circuit->ops, NULL, OP_BARRIER, items, n, NULL, 0, p->loc));
    p->circuit->ops.ops[p->circuit->ops.n_ops - 1].file = p->file;
    return STATUS_OK;
}

/* The name of a stretch by itself is a duration that nobody needs to know. */
static enum status check_duration(struct qasm3 *p, const struct qasm3_node *node) {
    struct qasm3_decl *decl;
    struct qasm3_value value;

    if (node == NULL) {
        return STATUS_OK;
    }
    decl = node->kind == QASM3_NAME ? qasm3_lookup(p, node->sym) : NULL;
    if (decl != NULL && decl->kind == QASM3_D_STRETCH) {
        return STATUS_OK;
    }
    TRY(qasm3_eval(p, &value, node));
    if (value.kind != QASM3_T_DURATION) {
        return qasm3_fail(node, "expected a duration, not %s", qasm3_type_name(value.kind));
    }
    return STATUS_OK;
}

static enum status delay(struct qasm3 *p, const struct qasm3_node *node) {
    struct qasm3_list list;

    TRY(check_duration(p, node->a));
    for (const struct qasm3_node *operand = node->list; operand != NULL; operand = operand->next) {
        TRY(qasm3_eval_qubits(p, &list, operand));
    }
    return STATUS_OK;
}

/* ---- dispatch ---- */

static enum status check_in_gate(const struct qasm3_node *node) {
    switch ((int)node->kind) {
    case QASM3_GATE_CALL:
    case QASM3_BARRIER:
    case QASM3_DELAY:
    case QASM3_FOR:
    case QASM3_IF:
    case QASM3_BLOCK:
    case QASM3_EMPTY:
        return STATUS_OK;
    }
    return qasm3_fail(node, "only gates, barriers and constant loops are allowed in a gate");
}

static enum status carry_out(struct qasm3 *p, enum qasm3_flow *out_flow,
                             const struct qasm3_node *node) {
    struct qasm3_value value;

    switch ((int)node->kind) {
    case QASM3_DECLARE:
        return declare_variable(p, node);
    case QASM3_QUBITS:
        return declare_qubits(p, node);
    case QASM3_LET:
        return declare_alias(p, node);
    case QASM3_GATE:
    case QASM3_DEF:
        return declare_callable(p, node);
    case QASM3_ASSIGN:
        return assign(p, node);
    case QASM3_EXPRESSION:
        return qasm3_eval(p, &value, node->a);
    case QASM3_GATE_CALL:
        return qasm3_call_gate(p, node);
    case QASM3_MEASURE_TO:
        return measure(p, node);
    case QASM3_RESET:
        return reset(p, node);
    case QASM3_BARRIER:
        return barrier(p, node);
    case QASM3_DELAY:
        return delay(p, node);
    case QASM3_IF:
    case QASM3_SWITCH:
        return qasm3_carry_out_branch(p, out_flow, node);
    case QASM3_WHILE:
    case QASM3_FOR:
        return qasm3_carry_out_loop(p, out_flow, node);
    case QASM3_BREAK:
    case QASM3_CONTINUE:
    case QASM3_END:
    case QASM3_RETURN:
        return qasm3_carry_out_jump(p, out_flow, node);
    case QASM3_BOX:
        TRY(check_duration(p, node->a));
        return qasm3_carry_out_block(p, out_flow, node->body);
    case QASM3_BLOCK:
        return qasm3_carry_out_block(p, out_flow, node->body);
    case QASM3_EMPTY:
        return STATUS_OK;
    }
    return qasm3_fail(node, "expected a statement");
}

enum status qasm3_carry_out(struct qasm3 *p, enum qasm3_flow *out_flow,
                            const struct qasm3_node *node) {
    enum status status;

    *out_flow = QASM3_NEXT;
    TRY(qasm3_enter_level(p, node));
    TRY(qasm3_count_step(p));
    if (p->in_gate) {
        TRY(check_in_gate(node));
    } else {
        p->loc = node->loc; /* ops of a gate's body are at its call */
        p->file = node->file;
    }
    status = carry_out(p, out_flow, node);
    p->n_nested--;
    return status;
}
