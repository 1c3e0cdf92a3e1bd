/* Variables: numbers while they are known, bits of the circuit once they depend on measurements or
 * are assigned under a condition that does. */
#include "circuit/qasm3_internal.h"

static uint32_t bit_of(const struct qasm3_decl *decl, uint32_t i) {
    return qasm3_item(&decl->list, i);
}

static enum status give_bits(struct qasm3 *p, struct qasm3_decl *decl) {
    if (decl->has_bits) {
        return STATUS_OK;
    }
    TRY(qasm3_add_bits(p, &decl->list, qasm3_name(p, decl->sym), decl->value.width, true,
                       decl->loc));
    decl->has_bits = true;
    return STATUS_OK;
}

enum status qasm3_read_var(struct qasm3 *p, struct qasm3_value *out, struct qasm3_decl *decl) {
    uint32_t *lits;

    if (!decl->is_stored) {
        *out = decl->value;
        return STATUS_OK;
    }
    lits = qasm3_alloc(p, decl->value.width, sizeof *lits);
    if (lits == NULL) {
        return STATUS_NOFIT;
    }
    for (uint32_t i = 0; i < decl->value.width; i++) {
        TRY(qasm3_bit_lit(p, &lits[i], bit_of(decl, i)));
    }
    *out = qasm3_from_lits(decl->value.kind, decl->value.width, lits);
    out->is_scalar = decl->value.is_scalar;
    return STATUS_OK;
}

struct own_bits {
    const struct op_list *ops;
    const struct qasm3_decl *decl;
    const uint32_t *lits; /* that the bits take on */
    uint32_t below;       /* positions that are overwritten earlier */
    bool found;
};

static void find_own_bit(void *ctx, uint32_t bit) {
    struct own_bits *own = ctx;
    uint32_t position = bit - own->decl->list.first;
    const struct expr *expr;

    if (bit < own->decl->list.first || position >= own->below) {
        return;
    }
    expr = own->lits[position] <= 1 ? NULL : &own->ops->exprs[own->lits[position] - 2];
    if (expr == NULL || expr->kind != EXPR_BIT || expr->a != bit) {
        own->found = true; /* it does not stay what it is */
    }
}

/* Literals that read bits of the variable which are assigned before them go to hidden bits. */
static enum status keep_old_bits(struct qasm3 *p, const struct qasm3_decl *decl, uint32_t *lits) {
    for (uint32_t i = 1; i < decl->value.width; i++) {
        struct own_bits own = {&p->circuit->ops, decl, lits, i, false};
        uint32_t bit;
        if (lits[i] <= 1) {
            continue;
        }
        expr_visit_bits(&p->circuit->ops, lits[i] - 2, find_own_bit, &own);
        if (own.found) {
            TRY(qasm3_new_bit(p, &bit));
            TRY(qasm3_assign_bit(p, bit, lits[i]));
            TRY(qasm3_bit_lit(p, &lits[i], bit));
        }
    }
    return STATUS_OK;
}

static enum status assign_bits(struct qasm3 *p, struct qasm3_decl *decl,
                               const struct qasm3_value *value, const struct qasm3_node *node) {
    struct qasm3_value bits = *value;
    uint32_t width = decl->value.width, *lits;

    if (value->kind == QASM3_T_ANGLE && value->lits == NULL) {
        struct qasm3_value type = {.kind = QASM3_T_BIT, .width = width};
        TRY(qasm3_convert(p, &bits, &type, node));
    }
    lits = qasm3_alloc(p, width, sizeof *lits);
    if (lits == NULL) {
        return STATUS_NOFIT;
    }
    for (uint32_t i = 0; i < width; i++) {
        lits[i] = qasm3_value_lit(&bits, i);
    }
    TRY(give_bits(p, decl));
    if (bits.lits != NULL) {
        TRY(keep_old_bits(p, decl, lits));
    }
    decl->is_stored = true;
    for (uint32_t i = 0; i < width; i++) {
        TRY(qasm3_assign_bit(p, bit_of(decl, i), lits[i]));
    }
    return STATUS_OK;
}

static bool has_no_bits(const struct qasm3_decl *decl) {
    return decl->value.kind == QASM3_T_FLOAT || decl->value.kind == QASM3_T_DURATION;
}

enum status qasm3_store_var(struct qasm3 *p, struct qasm3_decl *decl) {
    struct qasm3_node place = {.loc = p->loc};

    return decl->is_stored || has_no_bits(decl) ? STATUS_OK
                                                : assign_bits(p, decl, &decl->value, &place);
}

enum status qasm3_write_var(struct qasm3 *p, struct qasm3_decl *decl,
                            const struct qasm3_value *value, const struct qasm3_node *node) {
    struct qasm3_value type = {
        .kind = decl->value.kind, .width = decl->value.width, .is_scalar = decl->value.is_scalar};
    struct qasm3_value converted = *value;

    if (value->kind == QASM3_VOID) {
        return qasm3_fail(node, "the subroutine returns no value");
    }
    TRY(qasm3_convert(p, &converted, &type, node));
    if (has_no_bits(decl) && decl->n_pinned > 0) {
        return qasm3_fail(node,
                          "%s '%.48s' assigned under a condition on measured bits is not "
                          "supported",
                          qasm3_type_name(decl->value.kind), qasm3_name(p, decl->sym));
    }
    if (has_no_bits(decl) && converted.n_terms > 0) {
        return qasm3_fail(node,
                          "a %s variable that depends on measured bits is not supported; use "
                          "the expression as parameter, or an angle",
                          qasm3_type_name(decl->value.kind));
    }
    if (qasm3_is_known(&converted) && !decl->is_register && decl->n_pinned == 0) {
        decl->value = converted;
        decl->is_stored = false;
        return STATUS_OK;
    }
    return assign_bits(p, decl, &converted, node);
}

enum status qasm3_write_positions(struct qasm3 *p, struct qasm3_decl *decl,
                                  const struct qasm3_list *positions,
                                  const struct qasm3_value *value, const struct qasm3_node *node) {
    struct qasm3_value all, bits = *value;
    struct qasm3_value type = {.kind = QASM3_T_BIT, .width = positions->n};
    uint32_t *lits;

    if (value->kind == QASM3_T_BIT && value->width != positions->n) {
        return qasm3_fail(node, "%u bits into %u", value->width, positions->n);
    }
    TRY(qasm3_convert(p, &bits, &type, node));
    TRY(qasm3_read_var(p, &all, decl));
    if (all.kind == QASM3_T_ANGLE && all.lits == NULL) {
        struct qasm3_value whole = {.kind = QASM3_T_BIT, .width = all.width};
        TRY(qasm3_convert(p, &all, &whole, node));
    }
    lits = qasm3_alloc(p, decl->value.width, sizeof *lits);
    if (lits == NULL) {
        return STATUS_NOFIT;
    }
    for (uint32_t i = 0; i < decl->value.width; i++) {
        lits[i] = qasm3_value_lit(&all, i);
    }
    for (uint32_t i = 0; i < positions->n; i++) {
        lits[qasm3_item(positions, i)] = qasm3_value_lit(&bits, i);
    }
    all = qasm3_from_lits(QASM3_T_BIT, decl->value.width, lits);
    return qasm3_write_var(p, decl, &all, node);
}

enum status qasm3_measure(struct qasm3 *p, const struct qasm3_list *qubits, const uint32_t *bits) {
    for (uint32_t i = 0; i < qubits->n; i++) {
        uint32_t qb = qasm3_item(qubits, i);
        struct op *op;
        TRY(qasm3_check_ops(p, 1));
        TRY(op_list_add(&p->circuit->ops, &op, OP_MEASURE, &qb, 1, NULL, 0, p->loc));
        op->bit = bits[i];
        op->file = p->file;
        TRY(qasm3_note_known(p, bits[i], QASM3_UNKNOWN));
    }
    p->circuit->measures = true;
    return STATUS_OK;
}
