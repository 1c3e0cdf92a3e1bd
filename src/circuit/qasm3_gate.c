/* Gate calls: who is called, broadcasting, modifiers, bodies. */
#include <math.h>
#include <string.h>

#include "circuit/qasm3_braket.h"
#include "circuit/qasm3_internal.h"
#include "circuit/qasm3_words.h"

enum { MAX_PARAMS = 16, MAX_OPERANDS = 1 << 16 };

/* What a call names. */
struct callee {
    struct qasm3_decl *decl; /* NULL: of the language */
    enum gate_id gate;       /* GATE_NONE: a phase, or an alias of Braket */
    bool is_full_u;          /* U: with its phase e^{i theta/2} */
    const struct qasm3_braket_gate *braket;
    uint32_t n_params, n_qubits;
};

struct call {
    const struct qasm3_node *node;
    struct callee callee;
    double params[MAX_PARAMS];
    struct qasm3_value values[MAX_PARAMS]; /* with the parts that depend on bits */
    bool is_dynamic;
    uint32_t n_params;
    struct qasm3_list *operands;
    uint32_t n_operands, n_controls;
    uint32_t *qubits; /* one of each operand, with signs of controls */
};

static uint32_t count_nodes(const struct qasm3_node *node) {
    uint32_t n = 0;

    for (; node != NULL; node = node->next) {
        n++;
    }
    return n;
}

/* ---- the callee ---- */

static enum status find_standard(struct qasm3 *p, struct callee *out, const char *name,
                                 const struct qasm3_node *node) {
    const struct gate_info *info;

    out->gate = gate_find(name);
    if (out->gate == GATE_NONE) {
        return qasm3_fail(node, "unknown gate '%.48s'", name);
    }
    info = gate_get(out->gate);
    if (!info->in_stdgates && !p->has_qelib1 && strcmp(name, "U") != 0) {
        return qasm3_fail(node, "unknown gate '%.48s': stdgates.inc does not define it", name);
    }
    if (!p->has_stdgates && !p->has_qelib1 && strcmp(name, "U") != 0) {
        if (p->limits.strict) {
            return qasm3_fail(node, "gate '%.48s' without include \"stdgates.inc\"", name);
        }
        if ((p->warned >> QASM3_WARNED_GATES & 1) == 0) {
            log_warning_at(node->loc,
                           "gate '%.48s' without include \"stdgates.inc\", which is "
                           "taken as given",
                           name);
        }
        p->warned |= UINT32_C(1) << QASM3_WARNED_GATES;
    }
    out->is_full_u = strcmp(name, "U") == 0;
    out->n_params = info->n_params;
    out->n_qubits = info->n_qubits;
    return STATUS_OK;
}

static enum status find_callee(struct qasm3 *p, struct callee *out, const struct qasm3_node *node) {
    const char *name = qasm3_name(p, node->sym);

    *out = (struct callee){.gate = GATE_NONE, .decl = qasm3_lookup(p, node->sym)};
    if (node->sym == QASM3_W_gphase) {
        out->n_params = 1;
        return STATUS_OK;
    }
    if (out->decl != NULL) {
        if (out->decl->kind != QASM3_D_GATE) {
            return qasm3_fail(node, "'%.48s' is no gate", name);
        }
        out->n_params = count_nodes(out->decl->node->list);
        out->n_qubits = count_nodes(out->decl->node->other);
        if (out->decl->gate != GATE_NONE && node->body == NULL && !p->in_gate) {
            out->gate = out->decl->gate; /* equal up to a phase, which nothing shows here */
            out->decl = NULL;
        }
        return STATUS_OK;
    }
    if (p->is_braket) {
        out->braket = qasm3_braket_find(name);
        if (out->braket != NULL) {
            out->n_params = out->braket->n_params;
            out->n_qubits = out->braket->n_qubits;
            return STATUS_OK;
        }
    }
    return find_standard(p, out, name, node);
}

/* ---- prims of one call without modifiers ---- */

/* The phase of the language's gate beyond that of the table's: U has e^{i theta/2}, u2 and u3 have
 * determinant 1. */
static double extra_phase(const struct callee *callee, const double *params) {
    if (callee->is_full_u) {
        return params[0] / 2;
    }
    if (callee->gate == GATE_U2) {
        return -(params[0] + params[1]) / 2;
    }
    return callee->gate == GATE_U3 ? -(params[1] + params[2]) / 2 : 0;
}

static enum status check_params(const struct call *call) {
    for (uint32_t i = 0; i < call->n_params; i++) {
        if (!(fabs(call->params[i]) < GATE_MAX_ANGLE)) {
            return qasm3_fail(call->node, "the angle %g is too large; expected less than 2^28",
                              call->params[i]);
        }
    }
    return STATUS_OK;
}

static enum status add_standard(struct qasm3 *p, const struct call *call, const uint32_t *targets) {
    struct qasm3_prim prim = {.gate = call->callee.gate, .n_targets = call->callee.n_qubits};

    TRY(check_params(call));
    if (call->callee.braket != NULL) {
        return qasm3_braket_add(p, call->callee.braket, call->params, targets);
    }
    if (call->n_params > 0) {
        memcpy(prim.params, call->params, call->n_params * sizeof *prim.params);
    }
    prim.phase = extra_phase(&call->callee, call->params);
    return qasm3_add_prim(p, prim, targets);
}

static enum status bind_formals(struct qasm3 *p, const struct call *call, const uint32_t *targets) {
    const struct qasm3_node *node = call->callee.decl->node;
    struct qasm3_decl *decl;
    uint32_t i = 0;

    for (const struct qasm3_node *formal = node->list; formal != NULL; formal = formal->next) {
        TRY(qasm3_declare(p, &decl, formal->sym, QASM3_D_VALUE, formal->loc));
        decl->value = qasm3_float_value(call->params[i++]);
    }
    i = 0;
    for (const struct qasm3_node *formal = node->other; formal != NULL; formal = formal->next) {
        TRY(qasm3_declare(p, &decl, formal->sym, QASM3_D_QUBITS, formal->loc));
        decl->list = (struct qasm3_list){.first = targets[i++], .n = 1, .is_single = true};
    }
    return STATUS_OK;
}

static enum status add_defined(struct qasm3 *p, const struct call *call, const uint32_t *targets) {
    struct qasm3_decl *decl = call->callee.decl;
    bool in_gate = p->in_gate;
    struct qasm3_return caller;
    enum qasm3_flow flow;

    if (decl->is_busy || p->n_calls >= QASM3_MAX_CALLS) {
        return qasm3_fail(call->node, "gate '%.48s' %s", qasm3_name(p, call->node->sym),
                          decl->is_busy ? "calls itself" : "is nested too deeply");
    }
    TRY(qasm3_enter_body(p, &caller, decl));
    p->in_gate = true;
    enum status status = bind_formals(p, call, targets);
    if (status == STATUS_OK) {
        status = qasm3_carry_out_block(p, &flow, decl->node->body);
    }
    p->in_gate = in_gate;
    qasm3_leave_body(p, &caller, decl);
    return status;
}

/* ---- modifiers: the last one applies first ---- */

static enum status count_controls(struct qasm3 *p, uint32_t *out_n, const struct qasm3_node *node) {
    int64_t n = 1;

    if (node->a != NULL) {
        TRY(qasm3_eval_int(p, &n, node->a, "the number of controls"));
    }
    if (n < 1 || n > MAX_OPERANDS) {
        return qasm3_fail(node, "%lld controls; expected a positive number up to %d", (long long)n,
                          (int)MAX_OPERANDS);
    }
    *out_n = (uint32_t)n;
    return STATUS_OK;
}

static enum status count_all_controls(struct qasm3 *p, struct call *call) {
    uint32_t n = 0;

    for (const struct qasm3_node *m = call->node->body; m != NULL; m = m->next) {
        if (m->kind == QASM3_CTRL || m->kind == QASM3_NEGCTRL) {
            TRY(count_controls(p, &n, m));
            call->n_controls += n;
            if (call->n_controls > MAX_OPERANDS) {
                return qasm3_fail(m, "more than %d controls", (int)MAX_OPERANDS);
            }
        }
    }
    return STATUS_OK;
}

/* One modifier with its controls. */
static enum status apply_modifier(struct qasm3 *p, const struct qasm3_node *modifier, size_t first,
                                  const uint32_t *controls, uint32_t n) {
    double power;

    switch ((int)modifier->kind) {
    case QASM3_CTRL:
        return qasm3_control_prims(p, first, controls, n);
    case QASM3_NEGCTRL: {
        uint32_t *negative = qasm3_alloc(p, n, sizeof *negative);
        if (negative == NULL) {
            return STATUS_NOFIT;
        }
        for (uint32_t i = 0; i < n; i++) {
            negative[i] = controls[i] | QASM3_NEGATIVE;
        }
        return qasm3_control_prims(p, first, negative, n);
    }
    case QASM3_INV:
        return qasm3_invert_prims(p, first);
    }
    TRY(qasm3_eval_real(p, &power, modifier->a, "the power of a gate"));
    return qasm3_power_prims(p, first, power, modifier);
}

static enum status apply_modifiers(struct qasm3 *p, const struct call *call, size_t first) {
    uint32_t n_left = count_nodes(call->node->body), end = call->n_controls;
    const struct qasm3_node **modifiers = qasm3_alloc(p, n_left, sizeof(struct qasm3_node *));

    if (modifiers == NULL) {
        return STATUS_NOFIT;
    }
    n_left = 0;
    for (const struct qasm3_node *m = call->node->body; m != NULL; m = m->next) {
        modifiers[n_left++] = m;
    }
    while (n_left > 0) {
        const struct qasm3_node *modifier = modifiers[--n_left];
        uint32_t n = 0;
        if (modifier->kind == QASM3_CTRL || modifier->kind == QASM3_NEGCTRL) {
            TRY(count_controls(p, &n, modifier));
        }
        end -= n;
        TRY(apply_modifier(p, modifier, first, call->qubits + end, n));
    }
    return STATUS_OK;
}

static enum status add_call(struct qasm3 *p, const struct call *call) {
    size_t first = p->n_prims;
    const uint32_t *targets = call->qubits + call->n_controls;

    TRY(call->callee.decl != NULL ? add_defined(p, call, targets) : add_standard(p, call, targets));
    if (call->node->body != NULL) {
        TRY(apply_modifiers(p, call, first));
    }
    return p->in_gate ? STATUS_OK : qasm3_flush_prims(p, first);
}

/* ---- angles that depend on bits ---- */

/* G(a + b) = G(a) G(b): one gate for the known part, one under a condition for each bit. */
static enum status add_dynamic(struct qasm3 *p, struct call *call) {
    const struct qasm3_value *value = &call->values[0];
    enum gate_id gate = call->callee.gate;
    bool is_additive = call->n_params == 1 && call->callee.decl == NULL &&
                       (gate == GATE_NONE || gate == GATE_P || gate == GATE_U1 || gate == GATE_RX ||
                        gate == GATE_RY || gate == GATE_RZ || gate == GATE_CP || gate == GATE_CRX ||
                        gate == GATE_CRY || gate == GATE_CRZ);
    for (const struct qasm3_node *m = call->node->body; m != NULL; m = m->next) {
        is_additive = is_additive && m->kind != QASM3_POW;
    }
    if (!is_additive || p->in_gate || call->callee.braket != NULL) {
        return qasm3_fail(call->node,
                          "parameters of '%.48s' that depend on measured bits are not "
                          "supported; of p, rx, ry, rz and their controlled forms "
                          "they are",
                          qasm3_name(p, call->node->sym));
    }
    call->params[0] = value->real;
    if (value->real != 0) {
        TRY(add_call(p, call));
    }
    for (size_t i = 0; i < value->n_terms; i++) {
        size_t open;
        call->params[0] = fmod(value->terms[i].factor, 4 * M_PI);
        TRY(qasm3_open(p, &open, OP_IF, value->terms[i].lit, 0));
        TRY(add_call(p, call));
        TRY(qasm3_close(p, open));
    }
    return STATUS_OK;
}

/* ---- the call ---- */

static enum status read_params(struct qasm3 *p, struct call *call) {
    const char *name = qasm3_name(p, call->node->sym);

    call->n_params = count_nodes(call->node->list);
    if (call->callee.n_params > MAX_PARAMS) {
        return qasm3_fail(call->node, "'%.48s' has %u parameters; %d are the most", name,
                          call->callee.n_params, (int)MAX_PARAMS);
    }
    if (call->n_params != call->callee.n_params) {
        return qasm3_fail(call->node, "'%.48s' takes %u parameters, not %u", name,
                          call->callee.n_params, call->n_params);
    }
    uint32_t i = 0;
    for (const struct qasm3_node *node = call->node->list; node != NULL; node = node->next, i++) {
        TRY(qasm3_eval(p, &call->values[i], node));
        TRY(qasm3_to_real(p, &call->values[i], node));
        call->params[i] = call->values[i].real;
        call->is_dynamic = call->is_dynamic || call->values[i].n_terms > 0;
    }
    return STATUS_OK;
}

static enum status read_operands(struct qasm3 *p, struct call *call) {
    uint32_t expected, i = 0;

    TRY(count_all_controls(p, call));
    expected = call->n_controls + call->callee.n_qubits;
    call->n_operands = count_nodes(call->node->b);
    if (call->n_operands != expected) {
        return qasm3_fail(call->node, "'%.48s' with its modifiers takes %u qubits, not %u",
                          qasm3_name(p, call->node->sym), expected, call->n_operands);
    }
    call->operands = qasm3_alloc(p, call->n_operands, sizeof *call->operands);
    call->qubits = qasm3_alloc(p, call->n_operands, sizeof *call->qubits);
    if (call->operands == NULL || call->qubits == NULL) {
        return STATUS_NOFIT;
    }
    for (const struct qasm3_node *node = call->node->b; node != NULL; node = node->next) {
        TRY(qasm3_eval_qubits(p, &call->operands[i++], node));
    }
    return STATUS_OK;
}

/* All registers have as many qubits; single qubits serve every round. */
static enum status count_rounds(const struct qasm3 *p, uint32_t *out_n, const struct call *call) {
    const struct qasm3_list *wide = NULL;

    for (uint32_t i = 0; i < call->n_operands; i++) {
        const struct qasm3_list *list = &call->operands[i];
        if (list->is_single) {
            continue;
        }
        if (wide != NULL && wide->n != list->n) {
            return qasm3_fail(call->node, "'%.48s' on registers of %u and %u qubits",
                              qasm3_name(p, call->node->sym), wide->n, list->n);
        }
        wide = list;
    }
    *out_n = wide == NULL ? 1 : wide->n;
    return STATUS_OK;
}

static enum status check_round(struct qasm3 *p, const struct call *call) {
    for (uint32_t i = 1; i < call->n_operands; i++) {
        for (uint32_t j = 0; call->n_operands <= 8 && j < i; j++) {
            if (call->qubits[i] == call->qubits[j]) {
                char name[64];
                return qasm3_fail(
                    call->node, "qubit %s comes twice in one gate",
                    circuit_qubit_name(p->circuit, call->qubits[i], name, sizeof name));
            }
        }
    }
    if (call->n_operands > 8) {
        struct qasm3_list all = {.n = call->n_operands, .items = call->qubits};
        return qasm3_check_distinct(p, &all, 1, call->node);
    }
    return STATUS_OK;
}

enum status qasm3_call_gate(struct qasm3 *p, const struct qasm3_node *node) {
    struct call call;
    uint32_t n_rounds = 0;

    memset(&call, 0, offsetof(struct call, values));
    call.node = node;
    call.is_dynamic = false;
    call.n_params = call.n_operands = call.n_controls = 0;
    TRY(find_callee(p, &call.callee, node));
    TRY(read_params(p, &call));
    TRY(read_operands(p, &call));
    TRY(count_rounds(p, &n_rounds, &call));
    for (uint32_t round = 0; round < n_rounds; round++) {
        for (uint32_t i = 0; i < call.n_operands; i++) {
            const struct qasm3_list *list = &call.operands[i];
            call.qubits[i] = qasm3_item(list, list->is_single ? 0 : round);
        }
        TRY(check_round(p, &call));
        TRY(qasm3_count_step(p));
        TRY(call.is_dynamic ? add_dynamic(p, &call) : add_call(p, &call));
    }
    return STATUS_OK;
}
