#include "gate/op.h"

#include <string.h>

void op_list_fini(struct op_list *list) {
    mem_free(list->ops);
    mem_free(list->qubits);
    mem_free(list->params);
    mem_free(list->exprs);
    mem_free(list->words);
    *list = (struct op_list){0};
}

static enum status copy_array(void *items_ptr, size_t *out_n, size_t *cap, const void *from,
                              size_t n, size_t item_size) {
    TRY(vec_reserve(items_ptr, 0, cap, n, item_size));
    if (n > 0) {
        void *items;
        memcpy(&items, items_ptr, sizeof items);
        memcpy(items, from, n * item_size);
    }
    *out_n = n;
    return STATUS_OK;
}

enum status op_list_copy(struct op_list *out, const struct op_list *list) {
    struct op_list copy = {.n_sites = list->n_sites};
    enum status status;
    TRY_GOTO(
        copy_array(&copy.ops, &copy.n_ops, &copy.cap_ops, list->ops, list->n_ops, sizeof *copy.ops),
        fail);
    TRY_GOTO(copy_array(&copy.qubits, &copy.n_qubits, &copy.cap_qubits, list->qubits,
                        list->n_qubits, sizeof *copy.qubits),
             fail);
    TRY_GOTO(copy_array(&copy.params, &copy.n_params, &copy.cap_params, list->params,
                        list->n_params, sizeof *copy.params),
             fail);
    TRY_GOTO(copy_array(&copy.exprs, &copy.n_exprs, &copy.cap_exprs, list->exprs, list->n_exprs,
                        sizeof *copy.exprs),
             fail);
    TRY_GOTO(copy_array(&copy.words, &copy.n_words, &copy.cap_words, list->words, list->n_words,
                        sizeof *copy.words),
             fail);
    *out = copy;
    return STATUS_OK;
fail:
    op_list_fini(&copy);
    return status;
}

/* Indices of the list are 32 bits wide, and UINT32_MAX means none. */
static enum status check_sizes(const struct op_list *list, size_t n_qubits, size_t n_params,
                               struct src_loc loc) {
    size_t limit = UINT32_MAX;
    if (n_params > UINT8_MAX) {
        return log_error_at(STATUS_INPUT, loc, "%zu parameters; at most 255 are possible",
                            n_params);
    }
    if (list->n_ops >= limit - 1 || n_qubits > limit - list->n_qubits ||
        n_params > limit - list->n_params) {
        return log_error_at(STATUS_NOFIT, loc,
                            "more than 2^32 - 2 operations, operands or parameters");
    }
    return STATUS_OK;
}

enum status op_list_add(struct op_list *list, struct op **out_op, enum op_kind kind,
                        const uint32_t *qubits, size_t n_qubits, const double *params,
                        size_t n_params, struct src_loc loc) {
    TRY(check_sizes(list, n_qubits, n_params, loc));
    TRY(vec_reserve(&list->ops, list->n_ops, &list->cap_ops, 1, sizeof *list->ops));
    TRY(vec_reserve(&list->qubits, list->n_qubits, &list->cap_qubits, n_qubits,
                    sizeof *list->qubits));
    TRY(vec_reserve(&list->params, list->n_params, &list->cap_params, n_params,
                    sizeof *list->params));
    struct op *op = &list->ops[list->n_ops++];
    *op = (struct op){
        .kind = (uint8_t)kind,
        .n_params = (uint8_t)n_params,
        .n_qubits = (uint32_t)n_qubits,
        .qubit0 = (uint32_t)list->n_qubits,
        .param0 = (uint32_t)list->n_params,
        .bit = OP_NO_BIT,
        .expr = OP_NO_EXPR,
        .match = OP_NO_MATCH,
        .qpu = OP_NO_QPU,
        .line = loc.line,
        .col = loc.col,
    };
    for (size_t i = 0; i < n_qubits; i++) {
        list->qubits[list->n_qubits++] = qubits[i];
    }
    for (size_t i = 0; i < n_params; i++) {
        list->params[list->n_params++] = params[i];
    }
    if (out_op) {
        *out_op = op;
    }
    return STATUS_OK;
}

enum status op_list_add_gate(struct op_list *list, enum gate_id gate, const uint32_t *qubits,
                             const double *params, struct src_loc loc) {
    const struct gate_info *info = gate_get(gate);
    struct op *op;
    TRY(op_list_add(list, &op, OP_GATE, qubits, info->n_qubits, params, info->n_params, loc));
    op->which = (uint16_t)gate;
    return STATUS_OK;
}

static enum status add_marker(struct op_list *list, struct op **out_op, enum op_kind kind,
                              struct src_loc loc) {
    return op_list_add(list, out_op, kind, NULL, 0, NULL, 0, loc);
}

enum status op_list_open(struct op_list *list, size_t *out_index, enum op_kind kind, uint32_t expr,
                         uint64_t count, struct src_loc loc) {
    CHECK(kind == OP_IF || kind == OP_WHILE || kind == OP_REPEAT);
    CHECK(kind == OP_REPEAT || expr < list->n_exprs);
    struct op *op;
    TRY(add_marker(list, &op, kind, loc));
    op->expr = kind == OP_REPEAT ? OP_NO_EXPR : expr;
    op->arg = kind == OP_REPEAT ? count : 0;
    *out_index = (size_t)(op - list->ops);
    return STATUS_OK;
}

enum status op_list_else(struct op_list *list, size_t open, struct src_loc loc) {
    CHECK(open < list->n_ops && list->ops[open].kind == OP_IF);
    CHECK(list->ops[open].match == OP_NO_MATCH);
    TRY(add_marker(list, NULL, OP_ELSE, loc));
    list->ops[open].match = (uint32_t)(list->n_ops - 1);
    return STATUS_OK;
}

enum status op_list_close(struct op_list *list, size_t open, struct src_loc loc) {
    CHECK(open < list->n_ops);
    enum op_kind kind = list->ops[open].kind;
    CHECK(kind == OP_IF || kind == OP_WHILE || kind == OP_REPEAT);
    /* An IF that has met its ELSE leaves the END to it. */
    uint32_t partner = list->ops[open].match;
    size_t last = partner == OP_NO_MATCH ? open : partner;
    CHECK(list->ops[last].match == OP_NO_MATCH);
    struct op *end;
    TRY(add_marker(list, &end, OP_END, loc));
    end->match = (uint32_t)open;
    list->ops[last].match = (uint32_t)(list->n_ops - 1);
    return STATUS_OK;
}

uint32_t op_count_sites(const struct op *op) {
    switch ((enum op_kind)op->kind) {
    case OP_MEASURE:
        return 1 + op->n_params;
    case OP_RESET:
    case OP_EBIT:
    case OP_FREE:
        return 1;
    case OP_NOISE:
        if (op->which == NOISE_CORRELATED || op->which == NOISE_ELSE) {
            return 1;
        }
        return op->n_qubits / op_noise_group((enum op_noise)op->which);
    case OP_GATE:
    case OP_BARRIER:
    case OP_ALLOC:
    case OP_SEND:
    case OP_RECV:
    case OP_IF:
    case OP_ELSE:
    case OP_WHILE:
    case OP_REPEAT:
    case OP_END:
    case OP_IDLE:
    case OP_DETECTOR:
    case OP_OBSERVABLE:
    case OP_TICK:
    case OP_COORDS:
    case OP_SHIFT_COORDS:
    case OP_ASSIGN:
    case OP_CALL:
    case OP_KIND_COUNT:
        return 0;
    }
    return 0;
}

bool op_list_has_inside(const struct op_list *list, size_t open, enum op_kind kind) {
    size_t end = list->ops[open].match;
    end = list->ops[end].kind == OP_ELSE ? list->ops[end].match : end;
    for (size_t i = open + 1; i < end; i++) {
        if (list->ops[i].kind == kind) {
            return true;
        }
    }
    return false;
}

void op_list_number_sites(struct op_list *list) {
    uint64_t n_sites = 0;
    for (size_t i = 0; i < list->n_ops; i++) {
        list->ops[i].site = u32_from_size(n_sites);
        n_sites += op_count_sites(&list->ops[i]);
    }
    list->n_sites = u32_from_size(n_sites);
}

const char *op_kind_name(enum op_kind kind) {
    static const char *const names[OP_KIND_COUNT] = {
        [OP_GATE] = "GATE",       [OP_MEASURE] = "MEASURE",   [OP_RESET] = "RESET",
        [OP_BARRIER] = "BARRIER", [OP_ALLOC] = "ALLOC",       [OP_FREE] = "FREE",
        [OP_EBIT] = "EBIT",       [OP_SEND] = "SEND",         [OP_RECV] = "RECV",
        [OP_IF] = "IF",           [OP_ELSE] = "ELSE",         [OP_WHILE] = "WHILE",
        [OP_REPEAT] = "REPEAT",   [OP_END] = "END",           [OP_NOISE] = "NOISE",
        [OP_IDLE] = "IDLE",       [OP_DETECTOR] = "DETECTOR", [OP_OBSERVABLE] = "OBSERVABLE",
        [OP_TICK] = "TICK",       [OP_COORDS] = "COORDS",     [OP_SHIFT_COORDS] = "SHIFT_COORDS",
        [OP_ASSIGN] = "ASSIGN",   [OP_CALL] = "CALL",
    };
    CHECK(kind < OP_KIND_COUNT);
    return names[kind];
}

static const struct noise_info {
    const char *name;
    unsigned n_params, group;
} noises[NOISE_END] = {
    [NOISE_X] = {"X_ERROR", 1, 1},
    [NOISE_Y] = {"Y_ERROR", 1, 1},
    [NOISE_Z] = {"Z_ERROR", 1, 1},
    [NOISE_DEPOLARIZE1] = {"DEPOLARIZE1", 1, 1},
    [NOISE_DEPOLARIZE2] = {"DEPOLARIZE2", 1, 2},
    [NOISE_PAULI1] = {"PAULI_CHANNEL_1", 3, 1},
    [NOISE_PAULI2] = {"PAULI_CHANNEL_2", 15, 2},
    [NOISE_RELAX] = {"relax", 2, 1},
    [NOISE_RESET] = {"random_reset", 2, 1},
    [NOISE_I] = {"I_ERROR", 0, 1},
    [NOISE_II] = {"II_ERROR", 0, 2},
    [NOISE_CORRELATED] = {"E", 1, 1},
    [NOISE_ELSE] = {"ELSE_CORRELATED_ERROR", 1, 1},
    [NOISE_HERALDED_ERASE] = {"HERALDED_ERASE", 1, 1},
    [NOISE_HERALDED_PAULI1] = {"HERALDED_PAULI_CHANNEL_1", 4, 1},
};

static const struct noise_info *get_noise(enum op_noise noise) {
    CHECK(noise < NOISE_END && noise != NOISE_COUNT);
    return &noises[noise];
}

const char *op_ebit_class_name(enum op_ebit_class class) {
    static const char *const names[EBIT_CLASS_COUNT] = {"", "none", "herald", "frame"};
    CHECK(class < EBIT_CLASS_COUNT);
    return names[class];
}

const char *op_noise_name(enum op_noise noise) {
    return get_noise(noise)->name;
}

unsigned op_noise_n_params(enum op_noise noise) {
    return get_noise(noise)->n_params;
}

unsigned op_noise_group(enum op_noise noise) {
    return get_noise(noise)->group;
}

uint32_t op_noise_letters(double *out_p, const struct op *op, const double *params) {
    memset(out_p, 0, 15 * sizeof *out_p);
    switch ((enum op_noise)op->which) {
    case NOISE_X:
    case NOISE_Y:
    case NOISE_Z:
        out_p[op->which - NOISE_X] = params[0];
        return 3;
    case NOISE_DEPOLARIZE1:
        for (int i = 0; i < 3; i++) {
            out_p[i] = params[0] / 3;
        }
        return 3;
    case NOISE_DEPOLARIZE2:
        for (int i = 0; i < 15; i++) {
            out_p[i] = params[0] / 15;
        }
        return 15;
    case NOISE_PAULI1:
        memcpy(out_p, params, 3 * sizeof *out_p);
        return 3;
    case NOISE_PAULI2:
        memcpy(out_p, params, 15 * sizeof *out_p);
        return 15;
    case NOISE_CORRELATED:
    case NOISE_ELSE:
        out_p[0] = params[0];
        return 1;
    case NOISE_HERALDED_ERASE:
        for (int i = 0; i < 4; i++) {
            out_p[i] = params[0] / 4;
        }
        return 4;
    case NOISE_HERALDED_PAULI1:
        memcpy(out_p, params, 4 * sizeof *out_p);
        return 4;
    case NOISE_I:
    case NOISE_II:
    case NOISE_RELAX:
    case NOISE_RESET:
    case NOISE_COUNT:
    case NOISE_END:
        break;
    }
    return 0;
}

bool op_is_pauli(const struct op *op) {
    return op->kind == OP_GATE && (op->which == GATE_X || op->which == GATE_Y ||
                                   op->which == GATE_Z || op->which == GATE_I);
}
