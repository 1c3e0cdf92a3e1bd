/* Loops: rounds that are known are written out, or become REPEAT where they are all the same; a
 * condition on measured bits becomes WHILE. */
#include "circuit/qasm3_flow.h"

/* One round that is written out, or the body of a WHILE: skip is cleared at its beginning. */
static enum status carry_out_round(struct qasm3 *p, enum qasm3_flow *out_flow,
                                   const struct qasm3_node *body) {
    size_t index = p->n_jumps - 1;

    p->jumps[index].depth = p->n_conditions;
    p->jumps[index].may_skip = false;
    if (p->jumps[index].skip_bit != OP_NO_BIT) {
        TRY(qasm3_assign_bit(p, p->jumps[index].skip_bit, QASM3_FALSE));
    }
    TRY(qasm3_carry_out_block(p, out_flow, body));
    p->jumps[index].may_skip = false;
    return STATUS_OK;
}

/* A round after one that may have stopped the loop. */
static enum status guard_round(struct qasm3 *p, enum qasm3_flow *out_flow, uint32_t lit,
                               const struct qasm3_node *body) {
    struct qasm3_assigned set = {0};
    size_t mark = p->n_journal, open;
    enum status status;

    TRY_GOTO(qasm3_scan_assigned(p, &set, body), done);
    TRY_GOTO(qasm3_pin(p, &set), done);
    TRY_GOTO(qasm3_open(p, &open, OP_IF, lit, 0), done);
    TRY_GOTO(carry_out_round(p, out_flow, body), done);
    TRY_GOTO(qasm3_close(p, open), done);
    qasm3_forget_changes(p, mark);
    /* A return or end from here is one from a block under a condition. */
    if (*out_flow == QASM3_F_CONTINUE || *out_flow == QASM3_F_LEFT) {
        *out_flow = QASM3_NEXT;
    }
done:
    qasm3_unpin(&set);
    return status;
}

static enum status written_round(struct qasm3 *p, enum qasm3_flow *out_flow,
                                 const struct qasm3_node *body) {
    const struct qasm3_jump *jump = qasm3_top_jump(p);
    uint32_t lit = QASM3_FALSE;

    TRY(qasm3_count_step(p));
    if (jump->may_stop) {
        TRY(qasm3_bit_lit(p, &lit, jump->stop_bit));
    }
    TRY(qasm3_lit_not(p, &lit, lit));
    if (lit == QASM3_FALSE) {
        *out_flow = QASM3_F_BREAK;
        return STATUS_OK;
    }
    return lit == QASM3_TRUE ? carry_out_round(p, out_flow, body)
                             : guard_round(p, out_flow, lit, body);
}

/* True: the loop ends here; *out_flow is that of the loop. */
static bool ends_loop(enum qasm3_flow *inout_flow) {
    enum qasm3_flow flow = *inout_flow;

    if (flow == QASM3_NEXT || flow == QASM3_F_CONTINUE) {
        *inout_flow = QASM3_NEXT;
        return false;
    }
    if (flow == QASM3_F_BREAK) {
        *inout_flow = QASM3_NEXT;
    }
    return true;
}

static enum status prepare_jump(struct qasm3 *p, const struct qasm3_node *node) {
    size_t index = p->n_jumps - 1;
    uint32_t skip = OP_NO_BIT, stop = OP_NO_BIT;

    if (!node->has_jump || p->n_loops == 0) {
        return STATUS_OK;
    }
    TRY(qasm3_prepare_bit(p, &skip));
    TRY(qasm3_prepare_bit(p, &stop));
    p->jumps[index].skip_bit = skip;
    p->jumps[index].stop_bit = stop;
    return STATUS_OK;
}

static enum status run_while_body(struct qasm3 *p, const struct qasm3_node *node,
                                  const struct qasm3_node *body, uint32_t condition) {
    size_t index = p->n_jumps - 1;
    struct qasm3_value value;
    enum qasm3_flow flow;
    uint32_t lit;

    TRY(carry_out_round(p, &flow, body));
    if (flow == QASM3_F_BREAK) {
        return qasm3_set_jump(p, &p->jumps[index], true);
    }
    if (condition == OP_NO_BIT || flow == QASM3_F_LEFT) {
        return STATUS_OK;
    }
    TRY(qasm3_eval(p, &value, node->a));
    TRY(qasm3_truth(p, &lit, &value, node));
    return qasm3_assign_bit(p, condition, lit);
}

/* The condition as a tree, if reading it takes no ops; else it goes to a bit that the body sets
 * again. */
static enum status read_condition(struct qasm3 *p, uint32_t *out_lit, uint32_t *out_bit,
                                  const struct qasm3_node *node) {
    size_t n_ops = p->circuit->ops.n_ops;
    struct qasm3_value value;

    TRY(qasm3_eval(p, &value, node->a));
    TRY(qasm3_truth(p, out_lit, &value, node));
    *out_bit = OP_NO_BIT;
    if (p->circuit->ops.n_ops == n_ops) {
        return STATUS_OK;
    }
    TRY(qasm3_new_bit(p, out_bit));
    TRY(qasm3_assign_bit(p, *out_bit, *out_lit));
    TRY(qasm3_note_known(p, *out_bit, QASM3_UNKNOWN));
    return qasm3_bit_lit(p, out_lit, *out_bit);
}

static enum status open_while(struct qasm3 *p, const struct qasm3_node *node, size_t mark,
                              const struct qasm3_assigned *set) {
    size_t index = p->n_jumps - 1, open;
    uint32_t condition, lit, stop = QASM3_FALSE;

    if (node->has_jump) {
        uint32_t skip_bit = p->jumps[index].skip_bit, stop_bit = p->jumps[index].stop_bit;
        TRY(qasm3_prepare_bit(p, &skip_bit));
        if (stop_bit == OP_NO_BIT) {
            TRY(qasm3_prepare_bit(p, &stop_bit));
        }
        p->jumps[index].skip_bit = skip_bit;
        p->jumps[index].stop_bit = stop_bit;
        TRY(qasm3_note_known(p, skip_bit, QASM3_UNKNOWN));
        TRY(qasm3_note_known(p, stop_bit, QASM3_UNKNOWN));
        TRY(qasm3_bit_lit(p, &stop, stop_bit));
    }
    TRY(qasm3_forget_assigned(p, set));
    TRY(read_condition(p, &lit, &condition, node));
    TRY(qasm3_lit_not(p, &stop, stop));
    TRY(qasm3_lit_binary(p, &lit, EXPR_AND, lit, stop));
    if (lit <= 1) {
        return qasm3_fail(node, "this loop never ends");
    }
    p->n_loops++;
    TRY(qasm3_open(p, &open, OP_WHILE, lit, 0));
    TRY(run_while_body(p, node, node->body, condition));
    TRY(qasm3_close(p, open));
    p->n_loops--;
    qasm3_forget_changes(p, mark);
    return STATUS_OK;
}

static enum status run_while(struct qasm3 *p, const struct qasm3_node *node) {
    struct qasm3_assigned set = {0};
    size_t mark = p->n_journal;
    enum status status;

    p->loc = node->loc; /* rounds may have been written out before */
    p->file = node->file;
    TRY_GOTO(qasm3_scan_assigned(p, &set, node->body), done);
    TRY_GOTO(qasm3_pin(p, &set), done);
    status = open_while(p, node, mark, &set);
done:
    qasm3_unpin(&set);
    return status;
}

static bool is_constant(const struct qasm3 *p, const struct qasm3_node *node) {
    if (node == NULL) {
        return true;
    }
    if (node->kind == QASM3_NAME) {
        const struct qasm3_decl *decl = qasm3_lookup(p, node->sym);
        return decl == NULL || decl->kind != QASM3_D_VAR;
    }
    return node->kind != QASM3_CALL && node->kind != QASM3_MEASURE && node->list == NULL &&
           is_constant(p, node->a) && is_constant(p, node->b);
}

static enum status while_loop(struct qasm3 *p, enum qasm3_flow *out_flow,
                              const struct qasm3_node *node) {
    bool never_changes = is_constant(p, node->a);

    for (uint32_t round = 0;; round++) {
        struct qasm3_value value;
        uint32_t lit;
        TRY(qasm3_eval(p, &value, node->a));
        TRY(qasm3_truth(p, &lit, &value, node));
        if (lit == QASM3_FALSE) {
            return STATUS_OK;
        }
        if (lit > 1 || (never_changes && node->has_jump)) {
            return run_while(p, node);
        }
        if (never_changes || round >= QASM3_MAX_ROUNDS) {
            return log_error_at(STATUS_NOFIT, node->loc,
                                never_changes ? "this loop never ends"
                                              : "a loop of more than 2^20 rounds");
        }
        TRY(written_round(p, out_flow, node->body));
        if (ends_loop(out_flow)) {
            return STATUS_OK;
        }
    }
}

/* ---- for ---- */

static enum status declare_counter(struct qasm3 *p, const struct qasm3_node *node,
                                   struct qasm3_value value) {
    struct qasm3_value type;
    struct qasm3_decl *decl;

    TRY(qasm3_eval_type(p, &type, &node->type, node));
    TRY(qasm3_declare(p, &decl, node->sym, QASM3_D_VAR, node->loc));
    decl->value = type;
    return qasm3_write_var(p, decl, &value, node);
}

static enum status for_round(struct qasm3 *p, enum qasm3_flow *out_flow,
                             const struct qasm3_node *node, struct qasm3_value value) {
    enum status status;

    TRY(qasm3_push_scope(p));
    TRY_GOTO(declare_counter(p, node, value), done);
    status = written_round(p, out_flow, node->body);
done:
    qasm3_pop_scope(p);
    return status;
}

static bool mentions(const struct qasm3_node *node, uint32_t sym) {
    for (; node != NULL; node = node->next) {
        if (((node->kind == QASM3_NAME || node->kind == QASM3_CALL) && node->sym == sym) ||
            node->kind == QASM3_DECLARE || node->kind == QASM3_CALL || node->has_jump ||
            mentions(node->a, sym) || mentions(node->b, sym) || mentions(node->c, sym) ||
            mentions(node->list, sym) || mentions(node->body, sym) || mentions(node->other, sym) ||
            mentions(node->type.size, sym)) {
            return true;
        }
    }
    return false;
}

/* Rounds that are all the same: nothing that they assign is known while reading. */
static bool is_repeated(const struct qasm3 *p, const struct qasm3_node *node,
                        const struct qasm3_range *range, const struct qasm3_assigned *set) {
    if (p->in_gate || range->n < (p->is_verbatim ? 1 : QASM3_REPEAT_FROM) ||
        mentions(node->body, node->sym)) {
        return false;
    }
    for (size_t i = 0; i < set->n; i++) {
        if (!set->decls[i]->is_register) {
            return false;
        }
    }
    return true;
}

static enum status repeat(struct qasm3 *p, const struct qasm3_node *node, uint64_t n,
                          const struct qasm3_assigned *set) {
    size_t mark = p->n_journal, open;
    enum qasm3_flow flow;

    if (n > QASM3_MAX_REPEATS / p->n_repeats) {
        return log_error_at(STATUS_NOFIT, node->loc,
                            "a loop of %llu rounds; loops within each other may have %d in all",
                            (unsigned long long)n, (int)QASM3_MAX_REPEATS);
    }
    TRY(qasm3_forget_assigned(p, set));
    p->n_loops++;
    p->n_repeats *= n;
    TRY(qasm3_open(p, &open, OP_REPEAT, QASM3_TRUE, n));
    TRY(qasm3_carry_out_block(p, &flow, node->body));
    TRY(qasm3_close(p, open));
    p->n_repeats /= n;
    p->n_loops--;
    qasm3_forget_changes(p, mark);
    return STATUS_OK;
}

static enum status try_repeat(struct qasm3 *p, bool *out_done, const struct qasm3_node *node,
                              const struct qasm3_range *range) {
    struct qasm3_assigned set = {0};
    enum status status;

    TRY_GOTO(qasm3_scan_assigned(p, &set, node->body), done);
    *out_done = is_repeated(p, node, range, &set);
    if (*out_done) {
        status = repeat(p, node, range->n, &set);
    }
done:
    mem_free(set.decls);
    return status;
}

static enum status for_range(struct qasm3 *p, enum qasm3_flow *out_flow,
                             const struct qasm3_node *node) {
    struct qasm3_range range;
    bool done;

    TRY(qasm3_eval_range(p, &range, node->a));
    TRY(try_repeat(p, &done, node, &range));
    if (done) {
        return STATUS_OK;
    }
    if (range.n > QASM3_MAX_ROUNDS) {
        return log_error_at(STATUS_NOFIT, node->loc,
                            "a loop of %llu rounds; at most %d are written out",
                            (unsigned long long)range.n, (int)QASM3_MAX_ROUNDS);
    }
    for (uint64_t i = 0; i < range.n; i++) {
        int64_t value = (int64_t)((uint64_t)range.start + i * (uint64_t)range.step);
        TRY(for_round(p, out_flow, node, qasm3_int_value(value)));
        if (ends_loop(out_flow)) {
            return STATUS_OK;
        }
    }
    return STATUS_OK;
}

static enum status for_set(struct qasm3 *p, enum qasm3_flow *out_flow,
                           const struct qasm3_node *node) {
    for (const struct qasm3_node *item = node->a->list; item != NULL; item = item->next) {
        struct qasm3_value value;
        TRY(qasm3_eval(p, &value, item));
        TRY(for_round(p, out_flow, node, value));
        if (ends_loop(out_flow)) {
            return STATUS_OK;
        }
    }
    return STATUS_OK;
}

static enum status for_bits(struct qasm3 *p, enum qasm3_flow *out_flow,
                            const struct qasm3_node *node) {
    struct qasm3_value all;

    TRY(qasm3_eval(p, &all, node->a));
    if (all.kind != QASM3_T_BIT) {
        return qasm3_fail(node->a, "expected a range, a set or bits to go over");
    }
    for (uint32_t i = 0; i < all.width; i++) {
        uint32_t *lit = qasm3_alloc(p, 1, sizeof *lit);
        if (lit == NULL) {
            return STATUS_NOFIT;
        }
        lit[0] = qasm3_value_lit(&all, i);
        TRY(for_round(p, out_flow, node, qasm3_from_lits(QASM3_T_BIT, 1, lit)));
        if (ends_loop(out_flow)) {
            return STATUS_OK;
        }
    }
    return STATUS_OK;
}

enum status qasm3_carry_out_loop(struct qasm3 *p, enum qasm3_flow *out_flow,
                                 const struct qasm3_node *node) {
    enum status status;

    TRY(qasm3_push_jump(p, QASM3_J_LOOP, NULL));
    TRY(prepare_jump(p, node));
    *out_flow = QASM3_NEXT;
    if (node->kind == QASM3_WHILE) {
        status = while_loop(p, out_flow, node);
    } else {
        status = node->a->kind == QASM3_RANGE ? for_range(p, out_flow, node)
                 : node->a->kind == QASM3_SET ? for_set(p, out_flow, node)
                                              : for_bits(p, out_flow, node);
    }
    qasm3_pop_jump(p);
    return status;
}
