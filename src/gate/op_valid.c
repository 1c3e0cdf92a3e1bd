#include <math.h>

#include "gate/op.h"

static bool are_in_pools(const struct op_list *list, const struct op *op) {
    return (uint64_t)op->qubit0 + op->n_qubits <= list->n_qubits &&
           (uint64_t)op->param0 + op->n_params <= list->n_params;
}

static bool are_below(const uint32_t *qubits, uint32_t n, uint32_t n_declared) {
    for (uint32_t i = 0; i < n; i++) {
        if (qubits[i] >= n_declared) {
            return false;
        }
    }
    return true;
}

static bool are_distinct(const uint32_t *qubits, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t j = 0; j < i; j++) {
            if (qubits[i] == qubits[j]) {
                return false;
            }
        }
    }
    return true;
}

static bool is_gate_valid(const struct op_list *list, const struct op *op) {
    if (op->which >= GATE_COUNT) {
        return false;
    }
    const struct gate_info *info = gate_get((enum gate_id)op->which);
    if (op->n_qubits != info->n_qubits || op->n_params != info->n_params) {
        return false;
    }
    for (unsigned i = 0; i < op->n_params; i++) {
        if (!(fabs(op_params(list, op)[i]) < GATE_MAX_ANGLE)) {
            return false;
        }
    }
    return are_distinct(op_qubits(list, op), op->n_qubits);
}

static bool are_probabilities(const struct op_list *list, const struct op *op) {
    double sum = 0;
    for (unsigned i = 0; i < op->n_params; i++) {
        double p = op_params(list, op)[i];
        if (!(p >= 0 && p <= 1)) {
            return false;
        }
        sum += p;
    }
    return sum <= 1 + 1e-12; /* fifteen decimals that add to 1 may miss it by their rounding */
}

static bool are_chances(const struct op_list *list, const struct op *op) {
    bool are = true;
    for (unsigned i = 0; are && i < op->n_params; i++) {
        are = op_params(list, op)[i] >= 0 && op_params(list, op)[i] <= 1;
    }
    return are;
}

/* One letter X, Y or Z for each qubit, nothing beyond. */
static bool is_product_valid(const struct op_list *list, const struct op *op) {
    if (op->n_qubits > OP_MAX_PAULI_LETTERS) {
        return false;
    }
    for (unsigned i = 0; i < OP_MAX_PAULI_LETTERS; i++) {
        if (((op->arg >> (2 * i)) & 3) != 0 ? i >= op->n_qubits : i < op->n_qubits) {
            return false;
        }
    }
    return are_distinct(op_qubits(list, op), op->n_qubits);
}

static bool is_noise_valid(const struct op_list *list, const struct op *op, uint32_t n_bits) {
    if (op->which >= NOISE_END || op->which == NOISE_COUNT || !are_probabilities(list, op)) {
        return false;
    }
    enum op_noise noise = (enum op_noise)op->which;
    uint32_t group = op_noise_group(noise);
    bool is_heralded = noise == NOISE_HERALDED_ERASE || noise == NOISE_HERALDED_PAULI1;
    if (noise == NOISE_CORRELATED || noise == NOISE_ELSE) {
        return op->n_params == 1 && is_product_valid(list, op);
    }
    if ((noise != NOISE_I && noise != NOISE_II && op->n_params != op_noise_n_params(noise)) ||
        op->n_qubits % group != 0 || (is_heralded && (op->n_qubits != 1 || op->bit >= n_bits))) {
        return false;
    }
    for (uint32_t i = 0; i < op->n_qubits; i += group) {
        if (!are_distinct(op_qubits(list, op) + i, group)) {
            return false;
        }
    }
    return true;
}

/* 0 stands for Z on one qubit. */
static bool is_measure_valid(const struct op_list *list, const struct op *op) {
    if (op->which > (MEASURE_INVERTED | MEASURE_RESETS) || op->n_params > 2 ||
        !are_chances(list, op) || ((op->which & MEASURE_RESETS) != 0 && op->n_qubits != 1)) {
        return false;
    }
    return (op->arg == 0 && op->n_qubits == 1) || is_product_valid(list, op);
}

static bool is_observable_valid(const struct op_list *list, const struct op *op) {
    for (unsigned i = 0; i < op->n_params; i++) {
        double letter = fabs(op_params(list, op)[i]);
        if (letter != 1 && letter != 2 && letter != 3) {
            return false;
        }
    }
    return op->n_params == op->n_qubits;
}

static bool are_params_finite(const struct op_list *list, const struct op *op) {
    for (unsigned i = 0; i < op->n_params; i++) {
        if (!isfinite(op_params(list, op)[i])) {
            return false;
        }
    }
    return true;
}

struct bit_range {
    uint32_t n_bits;
    bool holds;
};

static void check_bit(void *ctx, uint32_t bit) {
    struct bit_range *range = ctx;
    range->holds &= bit < range->n_bits;
}

static bool is_expr_valid(const struct op_list *list, uint32_t expr, uint32_t n_bits) {
    struct bit_range range = {n_bits, true};
    if (expr >= list->n_exprs) {
        return false;
    }
    expr_visit_bits(list, expr, check_bit, &range);
    return range.holds;
}

/* Everything but the pairing of markers. */
static bool is_op_valid(const struct op_list *list, const struct op *op, uint32_t n_bits) {
    switch ((enum op_kind)op->kind) {
    case OP_GATE:
        return is_gate_valid(list, op);
    case OP_MEASURE:
        return op->bit < n_bits && is_measure_valid(list, op);
    case OP_RESET:
        return op->n_qubits == 1 && op->arg < 3;
    case OP_ALLOC:
    case OP_FREE:
    case OP_IDLE:
        return op->n_qubits == 1;
    case OP_EBIT:
        return op->n_qubits == 2 && are_distinct(op_qubits(list, op), 2) &&
               op->which < EBIT_CLASS_COUNT && op->arg <= INT64_MAX;
    case OP_SEND:
    case OP_RECV:
        return op->n_qubits <= 1 && op->bit < n_bits;
    case OP_IF:
    case OP_WHILE:
    case OP_DETECTOR:
        return op->n_qubits == 0 && are_params_finite(list, op) &&
               is_expr_valid(list, op->expr, n_bits);
    case OP_ASSIGN:
        return op->n_qubits == 0 && op->bit < n_bits && is_expr_valid(list, op->expr, n_bits);
    case OP_OBSERVABLE:
        return is_observable_valid(list, op) && is_expr_valid(list, op->expr, n_bits);
    case OP_NOISE:
        return is_noise_valid(list, op, n_bits);
    case OP_COORDS:
    case OP_SHIFT_COORDS:
        return are_params_finite(list, op);
    case OP_BARRIER:
    case OP_CALL:
    case OP_ELSE:
    case OP_REPEAT:
    case OP_END:
    case OP_TICK:
        return true;
    case OP_KIND_COUNT:
        return false;
    }
    return false;
}

static bool points_to(const struct op_list *list, size_t from, enum op_kind kind) {
    uint32_t match = list->ops[from].match;
    return match > from && match < list->n_ops && list->ops[match].kind == kind;
}

/* A stack of open markers; an ELSE takes the place of its IF. */
struct marker_stack {
    uint32_t *open;
    size_t n, cap;
};

static bool is_marker_valid(const struct op_list *list, size_t i, struct marker_stack *stack) {
    const struct op *op = &list->ops[i];
    if (op->kind == OP_IF || op->kind == OP_WHILE || op->kind == OP_REPEAT) {
        bool has_else = op->kind == OP_IF && points_to(list, i, OP_ELSE);
        if ((!has_else && !points_to(list, i, OP_END)) ||
            vec_reserve(&stack->open, stack->n, &stack->cap, 1, sizeof *stack->open)) {
            return false;
        }
        stack->open[stack->n++] = (uint32_t)i;
        return true;
    }
    if (op->kind != OP_ELSE && op->kind != OP_END) {
        return op->match == OP_NO_MATCH;
    }
    if (stack->n == 0 || list->ops[stack->open[stack->n - 1]].match != i) {
        return false;
    }
    uint32_t last = stack->open[stack->n - 1];
    if (op->kind == OP_ELSE) {
        stack->open[stack->n - 1] = (uint32_t)i;
        return points_to(list, i, OP_END);
    }
    stack->n--;
    uint32_t opener = op->match;
    if (list->ops[last].kind == OP_ELSE) {
        return opener < last && list->ops[opener].match == last;
    }
    return opener == last;
}

bool op_list_is_valid(const struct op_list *list, uint32_t n_qubits, uint32_t n_bits) {
    struct marker_stack stack = {0};
    bool is_valid = true;
    for (size_t i = 0; i < list->n_ops && is_valid; i++) {
        const struct op *op = &list->ops[i];
        is_valid = are_in_pools(list, op) &&
                   are_below(op_qubits(list, op), op->n_qubits, n_qubits) &&
                   is_op_valid(list, op, n_bits) && is_marker_valid(list, i, &stack);
    }
    is_valid &= stack.n == 0;
    mem_free(stack.open);
    return is_valid;
}
