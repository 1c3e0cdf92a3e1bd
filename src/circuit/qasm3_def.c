/* Calls of subroutines: bodies are carried out in place. */
#include "circuit/qasm3_internal.h"

struct argument {
    struct qasm3_list qubits;
    struct qasm3_value value;
};

static enum status read_argument(struct qasm3 *p, struct argument *out,
                                 const struct qasm3_node *formal, const struct qasm3_node *actual) {
    struct qasm3_value type;
    int64_t n = 1;

    if (formal->kind != QASM3_QUBITS) {
        TRY(qasm3_eval_type(p, &type, &formal->type, formal));
        TRY(qasm3_eval(p, &out->value, actual));
        if (out->value.kind == QASM3_VOID) {
            return qasm3_fail(actual, "the subroutine returns no value");
        }
        return qasm3_convert(p, &out->value, &type, actual);
    }
    TRY(qasm3_eval_qubits(p, &out->qubits, actual));
    if (formal->b != NULL) {
        TRY(qasm3_eval_int(p, &n, formal->b, "the size of a parameter"));
    }
    if (n != (int64_t)out->qubits.n) {
        return qasm3_fail(actual, "%u qubits for a parameter of %lld", out->qubits.n, (long long)n);
    }
    out->qubits.is_single = formal->b == NULL;
    return STATUS_OK;
}

static enum status read_arguments(struct qasm3 *p, struct argument **out,
                                  const struct qasm3_node *formal, const struct qasm3_node *node) {
    const struct qasm3_node *actual = node->list;
    struct qasm3_list *lists;
    size_t n = 0, n_lists = 0, i = 0;

    for (const struct qasm3_node *f = formal; f != NULL; f = f->next) {
        n++;
    }
    *out = qasm3_alloc(p, n, sizeof **out);
    lists = qasm3_alloc(p, n, sizeof *lists);
    if (*out == NULL || lists == NULL) {
        return STATUS_NOFIT;
    }
    for (; formal != NULL && actual != NULL; formal = formal->next, actual = actual->next, i++) {
        TRY(read_argument(p, &(*out)[i], formal, actual));
        if (formal->kind == QASM3_QUBITS) {
            lists[n_lists++] = (*out)[i].qubits;
        }
    }
    if (formal != NULL || actual != NULL) {
        return qasm3_fail(node, "'%.48s' takes %zu arguments", qasm3_name(p, node->sym), n);
    }
    return qasm3_check_distinct(p, lists, n_lists, node);
}

static enum status bind_arguments(struct qasm3 *p, const struct argument *arguments,
                                  const struct qasm3_node *formal) {
    for (; formal != NULL; formal = formal->next, arguments++) {
        bool is_qubits = formal->kind == QASM3_QUBITS;
        struct qasm3_decl *decl;
        TRY(qasm3_declare(p, &decl, formal->sym, is_qubits ? QASM3_D_QUBITS : QASM3_D_VAR,
                          formal->loc));
        decl->list = arguments->qubits;
        if (!is_qubits) {
            decl->value = arguments->value;
            decl->value.lits = NULL;
            decl->value.terms = NULL;
            decl->value.n_terms = 0;
            decl->list = (struct qasm3_list){0};
            decl->is_register = decl->value.kind == QASM3_T_BIT && decl->value.width > 64;
            TRY(qasm3_write_var(p, decl, &arguments->value, formal));
        }
    }
    return STATUS_OK;
}

static enum status declare_result(struct qasm3 *p, struct qasm3_decl *result,
                                  const struct qasm3_node *def) {
    TRY(qasm3_eval_type(p, &result->value, &def->type, def));
    result->kind = QASM3_D_VAR;
    result->sym = def->sym;
    result->loc = def->loc;
    result->is_register = result->value.kind == QASM3_T_BIT && result->value.width > 64;
    return STATUS_OK;
}

static enum status run_body(struct qasm3 *p, struct qasm3_value *out,
                            const struct argument *arguments, const struct qasm3_node *def) {
    struct qasm3_decl *result = NULL;
    enum qasm3_flow flow;

    if (def->type.kind != QASM3_VOID) {
        result = qasm3_alloc(p, 1, sizeof *result);
        if (result == NULL) {
            return STATUS_NOFIT;
        }
        TRY(declare_result(p, result, def));
    }
    TRY(bind_arguments(p, arguments, def->list));
    TRY(qasm3_push_jump(p, QASM3_J_CALL, result));
    if (def->integer != 0 && p->n_loops > 0) {
        size_t index = p->n_jumps - 1;
        uint32_t bit;
        TRY(qasm3_new_bit(p, &bit));
        TRY(qasm3_assign_bit(p, bit, QASM3_FALSE));
        p->jumps[index].skip_bit = bit;
    }
    TRY(qasm3_carry_out_block(p, &flow, def->body));
    qasm3_pop_jump(p);
    *out = (struct qasm3_value){0};
    return result == NULL ? STATUS_OK : qasm3_read_var(p, out, result);
}

enum status qasm3_call_def(struct qasm3 *p, struct qasm3_value *out, struct qasm3_decl *decl,
                           const struct qasm3_node *node) {
    struct argument *arguments;
    struct qasm3_return caller;

    if (p->in_gate) {
        return qasm3_fail(node, "a subroutine cannot be called in a gate");
    }
    if (decl->is_busy || p->n_calls >= QASM3_MAX_CALLS) {
        return qasm3_fail(node, "subroutine '%.48s' %s", qasm3_name(p, node->sym),
                          decl->is_busy ? "calls itself; recursion is not supported"
                                        : "is nested too deeply");
    }
    TRY(read_arguments(p, &arguments, decl->node->list, node));
    TRY(qasm3_enter_body(p, &caller, decl));
    enum status status = run_body(p, out, arguments, decl->node);
    qasm3_leave_body(p, &caller, decl);
    return status;
}
