/* Conditions as text, such that the parser makes the same tree again. Trees may be deep: no
 * recursion. */
#include "base/bits.h"
#include "base/log.h"
#include "program/print_internal.h"
#include "program/registers.h"

/* What remains to be printed, last first: a node, or a piece of text. */
struct item {
    uint32_t node;
    const char *text; /* NULL: the node */
    bool as_operand;  /* in brackets unless it is a bit, a constant or NOT */
    bool is_bit_xor;  /* known to be a chain of bits joined by XOR */
};
struct printer {
    struct text *out;
    const struct program *program;
    const struct op_list *ops;
    struct item *stack;
    size_t n, cap;
};

static enum status push_item(struct printer *printer, struct item item) {
    TRY(vec_reserve(&printer->stack, printer->n, &printer->cap, 1, sizeof *printer->stack));
    printer->stack[printer->n++] = item;
    return STATUS_OK;
}
static enum status push_node(struct printer *printer, uint32_t node, bool as_operand) {
    return push_item(printer, (struct item){.node = node, .as_operand = as_operand});
}

/* The whole register that an EQ compares, or NULL. */
static const struct reg *compared_register(const struct program *program, const struct expr *eq) {
    const struct reg *reg = register_find(program->cregs, program->n_cregs, eq->a);

    return reg != NULL && reg->first == eq->a && reg->n == eq->n ? reg : NULL;
}

/* Part of a register, or several: bit by bit. */
static void print_eq_of_bits(struct printer *printer, const struct expr *eq,
                             const uint64_t *words) {
    if (eq->n == 0) {
        text_add(printer->out, "true");
    }
    for (uint32_t i = 0; i < eq->n; i++) {
        text_add(printer->out, i > 0 ? " && " : "");
        text_add(printer->out, bits_get(words, i) ? "" : "!");
        print_bit(printer->out, printer->program, eq->a + i);
    }
}

static void print_eq(struct printer *printer, const struct expr *eq, const char *sign) {
    const struct reg *reg = compared_register(printer->program, eq);
    const uint64_t *words = printer->ops->words + eq->value0;

    if (reg == NULL) {
        print_eq_of_bits(printer, eq, words);
        return;
    }
    text_printf(printer->out, "%s %s ", reg->name, sign);
    if (eq->n <= 64) {
        text_printf(printer->out, "%llu", (unsigned long long)words[0]);
        return;
    }
    text_add(printer->out, "\"");
    for (uint32_t i = eq->n; i-- > 0;) {
        text_add(printer->out, bits_get(words, i) ? "1" : "0");
    }
    text_add(printer->out, "\"");
}

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

/* `!x`, or `c != n` for a register. */
static enum status print_not(struct printer *printer, uint32_t node) {
    const struct expr *child = &printer->ops->exprs[printer->ops->exprs[node].a];

    if (child->kind == EXPR_EQ && compared_register(printer->program, child) != NULL) {
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
        return child->kind == EXPR_EQ && compared_register(printer->program, child) != NULL;
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
        print_bit(printer->out, printer->program, expr->a);
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

enum status print_condition(struct text *out, const struct program *program, uint32_t expr) {
    struct printer printer = {.out = out, .program = program, .ops = &program->ops};
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
