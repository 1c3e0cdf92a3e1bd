/* Control flow. What is known while reading is carried out here and now: branches are chosen, loops
 * written out. What depends on measured bits becomes IF, ELSE, WHILE of the circuit: variables
 * assigned within then live in bits (they are "pinned"), and jumps set bits that the rest of the
 * block and of the loop asks. */
#include "circuit/qasm3_flow.h"

enum status qasm3_enter_level(struct qasm3 *p, const struct qasm3_node *node) {
    if (p->n_nested >= QASM3_MAX_LEVELS) {
        return qasm3_fail(node, "statements and calls are nested too deeply");
    }
    p->n_nested++;
    return STATUS_OK;
}

/* ---- markers ---- */

static enum status mark_file(struct qasm3 *p) {
    p->circuit->ops.ops[p->circuit->ops.n_ops - 1].file = p->file;
    return STATUS_OK;
}

enum status qasm3_open(struct qasm3 *p, size_t *out_open, enum op_kind kind, uint32_t lit,
                       uint64_t count) {
    struct op_list *ops = &p->circuit->ops;
    uint32_t expr = OP_NO_EXPR;

    if (p->n_conditions >= QASM3_MAX_BLOCKS) {
        return log_error_at(STATUS_INPUT, p->loc,
                            "more than %d branches and loops on measured bits depend on each other",
                            (int)QASM3_MAX_BLOCKS);
    }
    TRY(qasm3_check_ops(p, 2));
    if (kind != OP_REPEAT) {
        expr = lit - 2;
        if (lit <= 1) {
            TRY(expr_add(ops, &expr, (struct expr){.kind = EXPR_CONST, .value0 = lit}));
        }
    }
    TRY(op_list_open(ops, out_open, kind, expr, count, p->loc));
    p->n_conditions++;
    return mark_file(p);
}

enum status qasm3_else(struct qasm3 *p, size_t open) {
    TRY(op_list_else(&p->circuit->ops, open, p->loc));
    return mark_file(p);
}

enum status qasm3_close(struct qasm3 *p, size_t open) {
    TRY(op_list_close(&p->circuit->ops, open, p->loc));
    p->n_conditions--;
    return mark_file(p);
}

/* Nothing is known any more of the bits that changed since the mark. */
void qasm3_forget_changes(struct qasm3 *p, size_t mark) {
    for (size_t i = mark; i < p->n_journal; i++) {
        p->known[p->journal[i].bit] = QASM3_UNKNOWN;
    }
    if (p->n_conditions == 0) {
        p->n_journal = 0;
    }
}

/* Back to what was known at the mark; the changes stay in the journal. */
static void undo_changes(struct qasm3 *p, size_t mark) {
    for (size_t i = p->n_journal; i-- > mark;) {
        p->known[p->journal[i].bit] = p->journal[i].old;
    }
}

/* ---- what a block assigns ---- */

static enum status note_assigned(struct qasm3_assigned *set, struct qasm3_decl *decl) {
    if (decl == NULL || decl->kind != QASM3_D_VAR) {
        return STATUS_OK;
    }
    TRY(vec_reserve(&set->decls, set->n, &set->cap, 1, sizeof(struct qasm3_decl *)));
    set->decls[set->n++] = decl;
    return STATUS_OK;
}

static enum status note_target(struct qasm3 *p, struct qasm3_assigned *set,
                               const struct qasm3_node *target) {
    const struct qasm3_node *name = target->kind == QASM3_INDEX ? target->a : target;

    return name->kind == QASM3_NAME ? note_assigned(set, qasm3_lookup(p, name->sym)) : STATUS_OK;
}

static enum status scan(struct qasm3 *p, struct qasm3_assigned *set, const struct qasm3_node *node);

enum status qasm3_scan_assigned(struct qasm3 *p, struct qasm3_assigned *set,
                                const struct qasm3_node *node) {
    for (; node != NULL; node = node->next) {
        TRY(scan(p, set, node));
    }
    return STATUS_OK;
}

static enum status scan_call(struct qasm3 *p, struct qasm3_assigned *set,
                             const struct qasm3_node *node) {
    const struct qasm3_decl *decl = qasm3_lookup(p, node->sym);
    enum status status;

    if (decl == NULL || decl->kind != QASM3_D_DEF || set->n_calls >= QASM3_MAX_CALLS) {
        return STATUS_OK;
    }
    set->n_calls++;
    status = qasm3_scan_assigned(p, set, decl->node->body);
    set->n_calls--;
    return status;
}

static enum status scan(struct qasm3 *p, struct qasm3_assigned *set,
                        const struct qasm3_node *node) {
    if (node == NULL) {
        return STATUS_OK;
    }
    if (node->kind == QASM3_ASSIGN) {
        TRY(note_target(p, set, node->a));
    } else if (node->kind == QASM3_MEASURE_TO && node->b != NULL) {
        TRY(note_target(p, set, node->b));
    } else if (node->kind == QASM3_CALL) {
        TRY(scan_call(p, set, node));
    } else if (node->kind == QASM3_RETURN && set->n_calls == 0) {
        for (size_t i = p->n_jumps; i-- > 0;) {
            if (p->jumps[i].kind == QASM3_J_CALL) {
                TRY(note_assigned(set, p->jumps[i].result));
                break;
            }
        }
    }
    if (node->kind != QASM3_GATE_CALL && node->kind != QASM3_MEASURE_TO) {
        TRY(scan(p, set, node->a));
        TRY(scan(p, set, node->b));
        TRY(qasm3_scan_assigned(p, set, node->list));
    }
    TRY(qasm3_scan_assigned(p, set, node->kind == QASM3_GATE_CALL ? NULL : node->body));
    return qasm3_scan_assigned(p, set, node->other);
}

/* Variables go to bits, and stay there until unpin. */
enum status qasm3_pin(struct qasm3 *p, const struct qasm3_assigned *set) {
    for (size_t i = 0; i < set->n; i++) {
        TRY(qasm3_store_var(p, set->decls[i]));
        set->decls[i]->n_pinned++;
    }
    return STATUS_OK;
}

void qasm3_unpin(struct qasm3_assigned *set) {
    for (size_t i = 0; i < set->n; i++) {
        set->decls[i]->n_pinned--;
    }
    mem_free(set->decls);
    *set = (struct qasm3_assigned){0};
}

/* What a loop assigns is unknown from its beginning on. */
enum status qasm3_forget_assigned(struct qasm3 *p, const struct qasm3_assigned *set) {
    for (size_t i = 0; i < set->n; i++) {
        const struct qasm3_decl *decl = set->decls[i];
        for (uint32_t k = 0; decl->has_bits && k < decl->value.width; k++) {
            TRY(qasm3_note_known(p, qasm3_item(&decl->list, k), QASM3_UNKNOWN));
        }
    }
    return STATUS_OK;
}

/* ---- jumps ---- */

struct qasm3_jump *qasm3_top_jump(const struct qasm3 *p) {
    return &p->jumps[p->n_jumps - 1];
}

enum status qasm3_push_jump(struct qasm3 *p, enum qasm3_jump_kind kind, struct qasm3_decl *result) {
    TRY(vec_reserve(&p->jumps, p->n_jumps, &p->cap_jumps, 1, sizeof *p->jumps));
    p->jumps[p->n_jumps++] = (struct qasm3_jump){.kind = kind,
                                                 .skip_bit = OP_NO_BIT,
                                                 .stop_bit = OP_NO_BIT,
                                                 .result = result,
                                                 .depth = p->n_conditions};
    return STATUS_OK;
}

void qasm3_pop_jump(struct qasm3 *p) {
    p->n_jumps--;
}

/* A bit for the jump, cleared where the bit of an earlier round could still be set. */
enum status qasm3_prepare_bit(struct qasm3 *p, uint32_t *inout_bit) {
    if (*inout_bit == OP_NO_BIT) {
        TRY(qasm3_new_bit(p, inout_bit));
    }
    return qasm3_assign_bit(p, *inout_bit, QASM3_FALSE);
}

static enum status set_bit(struct qasm3 *p, uint32_t *inout_bit) {
    if (*inout_bit == OP_NO_BIT) {
        TRY(qasm3_new_bit(p, inout_bit));
    }
    return qasm3_assign_bit(p, *inout_bit, QASM3_TRUE);
}

enum status qasm3_set_jump(struct qasm3 *p, struct qasm3_jump *jump, bool stops) {
    TRY(set_bit(p, &jump->skip_bit));
    jump->may_skip = true;
    if (stops && jump->kind == QASM3_J_LOOP) {
        TRY(set_bit(p, &jump->stop_bit));
        jump->may_stop = true;
    }
    return STATUS_OK;
}

static enum status write_result(struct qasm3 *p, const struct qasm3_jump *call,
                                const struct qasm3_node *node) {
    struct qasm3_value value;

    if (node->a == NULL) {
        return STATUS_OK;
    }
    TRY(qasm3_eval(p, &value, node->a));
    if (call->result == NULL) {
        return value.kind == QASM3_VOID
                   ? STATUS_OK
                   : qasm3_fail(node, "the subroutine is declared without a value to return");
    }
    return qasm3_write_var(p, call->result, &value, node);
}

enum status qasm3_carry_out_jump(struct qasm3 *p, enum qasm3_flow *out_flow,
                                 const struct qasm3_node *node) {
    enum qasm3_jump_kind kind = node->kind == QASM3_END      ? QASM3_J_FILE
                                : node->kind == QASM3_RETURN ? QASM3_J_CALL
                                                             : QASM3_J_LOOP;
    size_t target = p->n_jumps;

    while (target-- > 0 && p->jumps[target].kind != kind) {
        if (kind == QASM3_J_LOOP) {
            break;
        }
    }
    if (target == SIZE_MAX || p->jumps[target].kind != kind) {
        return qasm3_fail(node, kind == QASM3_J_CALL ? "return outside of a subroutine"
                                                     : "break or continue outside of a loop");
    }
    if (kind == QASM3_J_CALL) {
        struct qasm3_jump call = p->jumps[target];
        TRY(write_result(p, &call, node));
    }
    if (kind == QASM3_J_FILE && p->n_calls > 0) {
        return qasm3_fail(node, "end in a subroutine is not supported");
    }
    if (p->n_conditions == p->jumps[target].depth) {
        *out_flow = node->kind == QASM3_END        ? QASM3_F_END
                    : node->kind == QASM3_RETURN   ? QASM3_F_RETURN
                    : node->kind == QASM3_CONTINUE ? QASM3_F_CONTINUE
                                                   : QASM3_F_BREAK;
        return STATUS_OK;
    }
    for (size_t i = p->n_jumps; i-- > target;) {
        TRY(qasm3_set_jump(p, &p->jumps[i], node->kind != QASM3_CONTINUE));
    }
    *out_flow = QASM3_F_LEFT;
    return STATUS_OK;
}

/* ---- run-time blocks ---- */

/* IFs within each other that end together. */
struct guards {
    size_t *opens;
    size_t n, cap;
    struct qasm3_assigned set;
    size_t mark;
};

static enum status open_guard(struct qasm3 *p, struct guards *guards, uint32_t lit,
                              const struct qasm3_node *rest) {
    if (guards->n == 0) {
        guards->mark = p->n_journal;
        TRY(qasm3_scan_assigned(p, &guards->set, rest));
        TRY(qasm3_pin(p, &guards->set));
    }
    TRY(vec_reserve(&guards->opens, guards->n, &guards->cap, 1, sizeof *guards->opens));
    TRY(qasm3_open(p, &guards->opens[guards->n], OP_IF, lit, 0));
    guards->n++;
    return STATUS_OK;
}

static enum status close_guards(struct qasm3 *p, const struct guards *guards) {
    if (guards->n == 0) {
        return STATUS_OK;
    }
    for (size_t i = guards->n; i-- > 0;) {
        TRY(qasm3_close(p, guards->opens[i]));
    }
    qasm3_forget_changes(p, guards->mark);
    qasm3_top_jump(p)->may_skip = true;
    return STATUS_OK;
}

/* Statements up to the next jump that may be taken; *inout_node: what is left. */
static enum status carry_out_some(struct qasm3 *p, enum qasm3_flow *out_flow,
                                  const struct qasm3_node **inout_node) {
    const struct qasm3_node *node = *inout_node;

    *out_flow = QASM3_NEXT;
    for (; node != NULL && *out_flow == QASM3_NEXT; node = node->next) {
        if (qasm3_top_jump(p)->may_skip) {
            break;
        }
        TRY(qasm3_carry_out(p, out_flow, node));
    }
    *inout_node = *out_flow == QASM3_NEXT ? node : NULL;
    return STATUS_OK;
}

/* A chain after a jump that may have been taken: what is left after each such jump is in an IF of
 * its own, within the one before. */
static enum status guard_rest(struct qasm3 *p, enum qasm3_flow *out_flow, struct guards *guards,
                              const struct qasm3_node *rest) {
    uint32_t lit;

    while (rest != NULL) {
        TRY(qasm3_bit_lit(p, &lit, qasm3_top_jump(p)->skip_bit));
        TRY(qasm3_lit_not(p, &lit, lit));
        if (lit == QASM3_FALSE) {
            break;
        }
        qasm3_top_jump(p)->may_skip = false;
        if (lit != QASM3_TRUE) {
            TRY(open_guard(p, guards, lit, rest));
        }
        TRY(carry_out_some(p, out_flow, &rest));
    }
    if (guards->n > 0) {
        *out_flow = QASM3_NEXT; /* jumps from within have set their bits */
    }
    return close_guards(p, guards);
}

enum status qasm3_guard(struct qasm3 *p, enum qasm3_flow *out_flow, const struct qasm3_node *rest) {
    struct guards guards = {0};
    enum status status;

    *out_flow = QASM3_NEXT;
    status = guard_rest(p, out_flow, &guards, rest);
    qasm3_unpin(&guards.set);
    mem_free(guards.opens);
    return status;
}

static enum status carry_out_chain(struct qasm3 *p, enum qasm3_flow *out_flow,
                                   const struct qasm3_node *node) {
    *out_flow = QASM3_NEXT;
    if (!qasm3_top_jump(p)->may_skip) {
        TRY(carry_out_some(p, out_flow, &node));
    }
    return node == NULL ? STATUS_OK : qasm3_guard(p, out_flow, node);
}

enum status qasm3_carry_out_block(struct qasm3 *p, enum qasm3_flow *out_flow,
                                  const struct qasm3_node *first) {
    TRY(qasm3_push_scope(p));
    enum status status = carry_out_chain(p, out_flow, first);
    qasm3_pop_scope(p);
    return status;
}

/* ---- if, switch ---- */

/* The arms of an if or a switch, one after the other. One that is chosen while reading ends them;
 * others open an IF each, within the ELSE of the one before. */
struct arms {
    const struct qasm3_node *node;
    const struct qasm3_value *selector; /* of a switch */
    size_t *opens;                      /* IFs around */
    size_t n_opens, cap_opens;
    struct qasm3_assigned set;
    size_t mark, arm_mark; /* of the journal: before the first IF, before the last */
    bool in_body;          /* of the last IF: its ELSE is still to come */
    bool may_skip, any_may_skip;
};

static const struct qasm3_node *first_arm(const struct arms *arms) {
    return arms->node->kind == QASM3_SWITCH ? arms->node->list : arms->node;
}

static const struct qasm3_node *next_arm(const struct arms *arms, const struct qasm3_node *arm) {
    return arm == arms->node ? arm->list : arm->next;
}

static enum status pin_arms(struct qasm3 *p, struct arms *arms, const struct qasm3_node *arm) {
    for (; arm != NULL; arm = next_arm(arms, arm)) {
        if (arm->a != NULL) {
            TRY(scan(p, &arms->set, arm->a));
        }
        TRY(qasm3_scan_assigned(p, &arms->set, arm->body));
    }
    TRY(qasm3_scan_assigned(p, &arms->set, arms->node->other));
    return qasm3_pin(p, &arms->set);
}

static enum status open_arm(struct qasm3 *p, struct arms *arms, const struct qasm3_node *arm,
                            uint32_t lit) {
    if (p->in_gate) {
        return log_error_at(STATUS_INPUT, p->loc, "a condition on measured bits in a gate");
    }
    if (arms->n_opens == 0) {
        arms->mark = p->n_journal;
        arms->may_skip = qasm3_top_jump(p)->may_skip;
        TRY(pin_arms(p, arms, arm));
    }
    TRY(vec_reserve(&arms->opens, arms->n_opens, &arms->cap_opens, 1, sizeof *arms->opens));
    arms->arm_mark = p->n_journal;
    TRY(qasm3_open(p, &arms->opens[arms->n_opens], OP_IF, lit, 0));
    arms->n_opens++;
    arms->in_body = true;
    return STATUS_OK;
}

static enum status enter_else(struct qasm3 *p, struct arms *arms) {
    if (!arms->in_body) {
        return STATUS_OK;
    }
    arms->in_body = false;
    arms->any_may_skip = arms->any_may_skip || qasm3_top_jump(p)->may_skip;
    undo_changes(p, arms->arm_mark);
    qasm3_top_jump(p)->may_skip = arms->may_skip;
    return qasm3_else(p, arms->opens[arms->n_opens - 1]);
}

static enum status close_arms(struct qasm3 *p, struct arms *arms) {
    if (arms->n_opens == 0) {
        return STATUS_OK;
    }
    for (size_t i = arms->n_opens; i-- > 0;) {
        TRY(qasm3_close(p, arms->opens[i]));
    }
    qasm3_forget_changes(p, arms->mark);
    qasm3_top_jump(p)->may_skip = qasm3_top_jump(p)->may_skip || arms->any_may_skip;
    return STATUS_OK;
}

/* The selector equals one of the values. */
static enum status match_case(struct qasm3 *p, uint32_t *out_lit, const struct arms *arms,
                              const struct qasm3_node *arm) {
    uint32_t any = QASM3_FALSE, lit;

    for (const struct qasm3_node *value = arm->list; value != NULL; value = value->next) {
        struct qasm3_value constant, same;
        TRY(qasm3_eval(p, &constant, value));
        if (!qasm3_is_known(&constant)) {
            return qasm3_fail(value, "a case that depends on measured bits; expected a constant");
        }
        TRY(qasm3_operate(p, &same, TOKEN_EQ, arms->selector, &constant, value));
        TRY(qasm3_truth(p, &lit, &same, value));
        TRY(qasm3_lit_binary(p, &any, EXPR_OR, any, lit));
    }
    *out_lit = any;
    return STATUS_OK;
}

static enum status eval_arm(struct qasm3 *p, uint32_t *out_lit, bool *out_is_kept,
                            const struct arms *arms, const struct qasm3_node *arm) {
    struct qasm3_value value;

    TRY(qasm3_count_step(p));
    if (!p->in_gate) {
        p->loc = arm->loc;
        p->file = arm->file;
    }
    if (arms->node->kind == QASM3_SWITCH) {
        bool is_default = arm->list == NULL;
        *out_lit = QASM3_TRUE;
        TRY(is_default ? STATUS_OK : match_case(p, out_lit, arms, arm));
        *out_is_kept = *out_lit > 1 || (p->is_verbatim && !p->in_gate && !is_default);
        return STATUS_OK;
    }
    TRY(qasm3_eval(p, &value, arm->a));
    TRY(qasm3_truth(p, out_lit, &value, arm));
    *out_is_kept = *out_lit > 1 || (p->is_verbatim && !p->in_gate);
    return STATUS_OK;
}

static enum status carry_out_arms(struct qasm3 *p, enum qasm3_flow *out_flow, struct arms *arms) {
    bool is_chosen = false, is_kept;
    enum qasm3_flow flow;
    uint32_t lit;

    for (const struct qasm3_node *arm = first_arm(arms); arm != NULL && !is_chosen;
         arm = next_arm(arms, arm)) {
        TRY(enter_else(p, arms));
        TRY(eval_arm(p, &lit, &is_kept, arms, arm));
        if (is_kept) {
            TRY(open_arm(p, arms, arm, lit));
            TRY(qasm3_carry_out_block(p, &flow, arm->body));
        } else if (lit == QASM3_TRUE) {
            is_chosen = true;
            TRY(qasm3_carry_out_block(p, out_flow, arm->body));
        }
    }
    if (!is_chosen && arms->node->other != NULL) {
        TRY(enter_else(p, arms));
        TRY(qasm3_carry_out_block(p, out_flow, arms->node->other));
    }
    if (arms->n_opens > 0) {
        *out_flow = QASM3_NEXT; /* jumps from within have set their bits */
    }
    return close_arms(p, arms);
}

enum status qasm3_carry_out_branch(struct qasm3 *p, enum qasm3_flow *out_flow,
                                   const struct qasm3_node *node) {
    struct arms arms = {.node = node};
    struct qasm3_value selector;
    enum status status;

    *out_flow = QASM3_NEXT;
    if (node->kind == QASM3_SWITCH) {
        TRY(qasm3_eval(p, &selector, node->a));
        arms.selector = &selector;
    }
    status = carry_out_arms(p, out_flow, &arms);
    qasm3_unpin(&arms.set);
    mem_free(arms.opens);
    return status;
}
