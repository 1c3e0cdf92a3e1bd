/* Trees may be deep: no recursion. */
#include "circuit/condition.h"

#include "base/bits.h"
#include "base/log.h"

/* What remains to be printed, last first: a node, or a piece of text. */
struct item {
    uint32_t node;
    const char *text; /* NULL: the node */
    bool as_operand;  /* in brackets unless it is a bit, a constant or NOT */
    bool is_bit_xor;  /* known to be a chain of bits joined by XOR */
};
struct printer {
    struct text *out;
    const struct condition_names *names;
    const struct op_list *ops;
    struct item *stack;
    size_t n, cap;
};

static const struct reg *reg_of(const struct condition_names *names, uint32_t bit) {
    size_t low = 0, high = names->n_cregs; /* cregs[low].first <= bit */

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (names->cregs[middle].first <= bit) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return &names->cregs[low];
}

void condition_print_bit(struct text *out, const struct condition_names *names, uint32_t bit) {
    const struct reg *reg = reg_of(names, bit);

    text_add(out, reg->name);
    if (!reg->is_scalar) {
        text_printf(out, "[%u]", bit - reg->first);
    }
}

static enum status push_item(struct printer *printer, struct item item) {
    TRY(vec_reserve(&printer->stack, printer->n, &printer->cap, 1, sizeof *printer->stack));
    printer->stack[printer->n++] = item;
    return STATUS_OK;
}
static enum status push_node(struct printer *printer, uint32_t node, bool as_operand) {
    return push_item(printer, (struct item){.node = node, .as_operand = as_operand});
}

/* ---- EQ ---- */

/* It prints as one comparison. */
static bool is_comparison(const struct printer *printer, const struct expr *eq) {
    const struct reg *reg;

    if (eq->n == 0 || printer->names->n_cregs == 0) {
        return false;
    }
    reg = reg_of(printer->names, eq->a);
    if (printer->names->has_slices) {
        return eq->a - reg->first + eq->n <= reg->n;
    }
    return reg->first == eq->a && reg->n == eq->n;
}

/* Bits of several registers (or without slices of a part of one): bit by bit. */
static void print_eq_of_bits(struct printer *printer, const struct expr *eq,
                             const uint64_t *words) {
    if (eq->n == 0) {
        text_add(printer->out, "true");
    }
    for (uint32_t i = 0; i < eq->n; i++) {
        text_add(printer->out, i > 0 ? " && " : "");
        text_add(printer->out, bits_get(words, i) ? "" : "!");
        condition_print_bit(printer->out, printer->names, eq->a + i);
    }
}

static void print_bitstring(struct text *out, const uint64_t *words, uint32_t n) {
    text_add(out, "\"");
    for (uint32_t i = n; i-- > 0;) {
        text_add(out, bits_get(words, i) ? "1" : "0");
    }
    text_add(out, "\"");
}

static void print_eq(struct printer *printer, const struct expr *eq, const char *sign) {
    const struct reg *reg = reg_of(printer->names, eq->a);
    const uint64_t *words = printer->ops->words + eq->value0;

    if (!is_comparison(printer, eq)) {
        print_eq_of_bits(printer, eq, words);
        return;
    }
    text_add(printer->out, reg->name);
    if (reg->n != eq->n) {
        uint32_t first = eq->a - reg->first;
        text_printf(printer->out, "[%u:%u]", first, first + eq->n - 1);
    }
    text_printf(printer->out, " %s ", sign);
    if (reg->n == eq->n && eq->n <= 64) {
        text_printf(printer->out, "%llu", (unsigned long long)words[0]);
    } else {
        print_bitstring(printer->out, words, eq->n);
    }
}

/* ---- the others ---- */

static bool is_bit_xor(const struct op_list *ops, uint32_t node) {
    while (ops->exprs[node].kind == EXPR_XOR && ops->exprs[ops->exprs[node].b].kind == EXPR_BIT) {
        node = ops->exprs[node].a;
    }
    return ops->exprs[node].kind == EXPR_BIT;
}

/* `left op right`; the left operand needs no brackets if it is of the same kind. OpenQASM has ^ for
 * bits only: truth values are compared by != instead. */
static enum status print_binary(struct printer *printer, struct item item) {
    const struct expr *expr = &printer->ops->exprs[item.node];
    bool is_bits =
        item.is_bit_xor || (expr->kind == EXPR_XOR && is_bit_xor(printer->ops, item.node));
    bool is_chain =
        printer->ops->exprs[expr->a].kind == expr->kind && (expr->kind != EXPR_XOR || is_bits);
    const char *sign = expr->kind == EXPR_AND  ? " && "
                       : expr->kind == EXPR_OR ? " || "
                       : is_bits               ? " ^ "
                                               : " != ";

    TRY(push_node(printer, expr->b, true));
    TRY(push_item(printer, (struct item){.text = sign}));
    return push_item(
        printer,
        (struct item){.node = expr->a, .as_operand = !is_chain, .is_bit_xor = is_chain && is_bits});
}

/* `!x`, or `c != n` for a comparison. */
static enum status print_not(struct printer *printer, uint32_t node) {
    const struct expr *child = &printer->ops->exprs[printer->ops->exprs[node].a];

    if (child->kind == EXPR_EQ && is_comparison(printer, child)) {
        print_eq(printer, child, "!=");
        return STATUS_OK;
    }
    text_add(printer->out, "!");
    return push_node(printer, printer->ops->exprs[node].a, true);
}

static bool needs_brackets(const struct printer *printer, uint32_t node) {
    const struct expr *expr = &printer->ops->exprs[node];
    const struct expr *child = &printer->ops->exprs[expr->kind == EXPR_NOT ? expr->a : node];

    switch ((enum expr_kind)expr->kind) {
    case EXPR_CONST:
    case EXPR_BIT:
    case EXPR_REC:
    case EXPR_SWEEP:
        return false;
    case EXPR_NOT:
        return child->kind == EXPR_EQ && is_comparison(printer, child);
    case EXPR_AND:
    case EXPR_OR:
    case EXPR_XOR:
    case EXPR_EQ:
        break;
    }
    return true;
}

static enum status print_node(struct printer *printer, struct item item) {
    const struct expr *expr = &printer->ops->exprs[item.node];

    if (item.as_operand && needs_brackets(printer, item.node)) {
        text_add(printer->out, "(");
        TRY(push_item(printer, (struct item){.text = ")"}));
    }
    switch ((enum expr_kind)expr->kind) {
    case EXPR_CONST:
        text_add(printer->out, expr->value0 ? "true" : "false");
        break;
    case EXPR_BIT:
        condition_print_bit(printer->out, printer->names, expr->a);
        break;
    case EXPR_NOT:
        return print_not(printer, item.node);
    case EXPR_AND:
    case EXPR_OR:
    case EXPR_XOR:
        return print_binary(printer, item);
    case EXPR_EQ:
        print_eq(printer, expr, "==");
        break;
    case EXPR_REC:
    case EXPR_SWEEP:
        CHECK(expr->kind != EXPR_REC && expr->kind != EXPR_SWEEP);
    }
    return STATUS_OK;
}

enum status condition_print(struct text *out, const struct condition_names *names,
                            const struct op_list *ops, uint32_t expr) {
    struct printer printer = {.out = out, .names = names, .ops = ops};
    enum status status = push_node(&printer, expr, false);

    while (status == STATUS_OK && printer.n > 0) {
        struct item item = printer.stack[--printer.n];
        if (item.text != NULL) {
            text_add(out, item.text);
        } else {
            status = print_node(&printer, item);
        }
    }
    mem_free(printer.stack);
    return status;
}
