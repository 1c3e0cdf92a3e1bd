/* Condition trees. Chains of thousands of XORs are common (observables), so every walk goes down
 * the bigger child in a loop and recurses into the smaller one: depth at most log2 of the nodes. */
#include <string.h>

#include "base/bits.h"
#include "gate/op.h"

static bool is_binary(uint32_t kind) {
    return kind == EXPR_AND || kind == EXPR_OR || kind == EXPR_XOR;
}

static const struct expr *get_node(const struct op_list *list, uint32_t expr) {
    CHECK(expr < list->n_exprs);
    return &list->exprs[expr];
}

static uint32_t count_nodes(const struct expr *node) {
    bool is_inner = is_binary(node->kind) || node->kind == EXPR_NOT;
    return is_inner ? node->n : 1;
}

static uint32_t add_saturating(uint32_t a, uint32_t b) {
    return a > UINT32_MAX - b ? UINT32_MAX : a + b;
}

static enum status append_node(struct op_list *list, uint32_t *out_expr, struct expr node) {
    if (list->n_exprs >= OP_NO_EXPR) {
        return log_error(STATUS_NOFIT, "more than 2^32 - 1 nodes of conditions");
    }
    TRY(vec_reserve(&list->exprs, list->n_exprs, &list->cap_exprs, 1, sizeof *list->exprs));
    list->exprs[list->n_exprs] = node;
    *out_expr = (uint32_t)list->n_exprs++;
    return STATUS_OK;
}

enum status expr_add(struct op_list *list, uint32_t *out_expr, struct expr node) {
    CHECK(node.kind <= EXPR_SWEEP);
    switch ((enum expr_kind)node.kind) {
    case EXPR_CONST:
        CHECK(node.value0 <= 1);
        break;
    case EXPR_BIT:
    case EXPR_REC:
    case EXPR_SWEEP:
        break;
    case EXPR_NOT:
        node.n = add_saturating(1, count_nodes(get_node(list, node.a)));
        break;
    case EXPR_AND:
    case EXPR_OR:
    case EXPR_XOR:
        node.n = add_saturating(count_nodes(get_node(list, node.a)),
                                count_nodes(get_node(list, node.b)));
        node.n = add_saturating(node.n, 1);
        break;
    case EXPR_EQ:
        CHECK(node.value0 + (uint64_t)bits_words(node.n) <= list->n_words);
        break;
    }
    return append_node(list, out_expr, node);
}

enum status expr_add_eq(struct op_list *list, uint32_t *out_expr, uint32_t first_bit,
                        uint32_t n_bits, const uint64_t *value) {
    size_t n_words = bits_words(n_bits), word0 = list->n_words;
    if (n_words > UINT32_MAX - word0) {
        return log_error(STATUS_NOFIT, "more than 2^32 words of constants in conditions");
    }
    TRY(vec_reserve(&list->words, list->n_words, &list->cap_words, n_words, sizeof *list->words));
    for (size_t i = 0; i < n_words; i++) {
        list->words[list->n_words++] = value[i];
    }
    return append_node(
        list, out_expr,
        (struct expr){.kind = EXPR_EQ, .a = first_bit, .n = n_bits, .value0 = (uint32_t)word0});
}

static void visit_nodes(const struct op_list *list, uint32_t expr,
                        void (*visit)(void *ctx, const struct op_list *list, uint32_t expr),
                        void *ctx) {
    for (;;) {
        const struct expr *node = get_node(list, expr);
        visit(ctx, list, expr);
        if (is_binary(node->kind)) {
            bool is_a_bigger =
                count_nodes(get_node(list, node->a)) >= count_nodes(get_node(list, node->b));
            visit_nodes(list, is_a_bigger ? node->b : node->a, visit, ctx);
            expr = is_a_bigger ? node->a : node->b;
        } else if (node->kind == EXPR_NOT) {
            expr = node->a;
        } else {
            return;
        }
    }
}

struct bit_visitor {
    void (*visit)(void *ctx, uint32_t bit);
    void *ctx;
};

static void visit_bits_of_node(void *ctx, const struct op_list *list, uint32_t expr) {
    const struct bit_visitor *visitor = ctx;
    const struct expr *node = get_node(list, expr);
    uint32_t n = node->kind == EXPR_BIT ? 1 : node->kind == EXPR_EQ ? node->n : 0;
    for (uint32_t i = 0; i < n; i++) {
        visitor->visit(visitor->ctx, node->a + i);
    }
}

void expr_visit_bits(const struct op_list *list, uint32_t expr,
                     void (*visit)(void *ctx, uint32_t bit), void *ctx) {
    struct bit_visitor visitor = {visit, ctx};
    visit_nodes(list, expr, visit_bits_of_node, &visitor);
}

static void check_affine(void *ctx, const struct op_list *list, uint32_t expr) {
    bool *is_affine = ctx;
    const struct expr *node = get_node(list, expr);
    *is_affine &= node->kind != EXPR_AND && node->kind != EXPR_OR && node->kind != EXPR_REC &&
                  node->kind != EXPR_SWEEP && (node->kind != EXPR_EQ || node->n <= 1);
}

bool expr_is_affine(const struct op_list *list, uint32_t expr) {
    bool is_affine = true;
    visit_nodes(list, expr, check_affine, &is_affine);
    return is_affine;
}

static void find_lowest(void *ctx, const struct op_list *list, uint32_t expr) {
    uint32_t *lowest = ctx;
    (void)list;
    *lowest = expr < *lowest ? expr : *lowest;
}

/* Bits renumbered need not be adjacent any more: then EQ becomes an AND of single bits. */
static enum status copy_eq(struct op_list *list, uint32_t *out_expr, const struct op_list *from,
                           const struct expr *node, const uint32_t *bit_map) {
    const uint64_t *value = from->words + node->value0;
    uint32_t first = node->n > 0 && bit_map ? bit_map[node->a] : node->a;
    bool is_adjacent = true;
    for (uint32_t i = 1; bit_map && i < node->n; i++) {
        is_adjacent &= bit_map[node->a + i] == first + i;
    }
    if (is_adjacent) {
        return expr_add_eq(list, out_expr, first, node->n, value);
    }
    uint32_t all = OP_NO_EXPR;
    for (uint32_t i = 0; i < node->n; i++) {
        uint32_t bit = OP_NO_EXPR;
        TRY(expr_add(list, &bit, (struct expr){.kind = EXPR_BIT, .a = bit_map[node->a + i]}));
        if (!bits_get(value, i)) {
            TRY(expr_add(list, &bit, (struct expr){.kind = EXPR_NOT, .a = bit}));
        }
        if (all == OP_NO_EXPR) {
            all = bit;
        } else {
            TRY(expr_add(list, &all, (struct expr){.kind = EXPR_AND, .a = all, .b = bit}));
        }
    }
    *out_expr = all;
    return STATUS_OK;
}

static enum status copy_node(struct op_list *list, uint32_t *out_expr, const struct op_list *from,
                             const struct expr *node, const uint32_t *index, uint32_t lowest,
                             const uint32_t *bit_map) {
    struct expr copy = *node;
    if (node->kind == EXPR_EQ) {
        return copy_eq(list, out_expr, from, node, bit_map);
    }
    if (node->kind == EXPR_BIT) {
        copy.a = bit_map ? bit_map[node->a] : node->a;
    } else if (is_binary(node->kind) || node->kind == EXPR_NOT) {
        copy.a = index[node->a - lowest];
        copy.b = is_binary(node->kind) ? index[node->b - lowest] : 0;
    }
    return expr_add(list, out_expr, copy);
}

/* Children come before parents: going down from the root, mark what it needs; going up, copy it. */
enum status expr_copy(struct op_list *list, uint32_t *out_expr, const struct op_list *from,
                      uint32_t expr, const uint32_t *bit_map) {
    CHECK(list != from);
    uint32_t lowest = expr;
    visit_nodes(from, expr, find_lowest, &lowest);
    size_t n = (size_t)expr - lowest + 1;
    uint32_t *index = mem_alloc(n, sizeof *index);
    if (!index) {
        return STATUS_NOFIT;
    }
    enum { unused = 0, needed = 1 };
    enum status status = STATUS_OK;
    index[n - 1] = needed;
    for (size_t i = n; i-- > 0;) {
        const struct expr *node = &from->exprs[lowest + i];
        if (index[i] == needed && (is_binary(node->kind) || node->kind == EXPR_NOT)) {
            index[node->a - lowest] = needed;
            if (is_binary(node->kind)) {
                index[node->b - lowest] = needed;
            }
        }
    }
    for (size_t i = 0; i < n; i++) {
        if (index[i] != unused) {
            TRY_GOTO(
                copy_node(list, &index[i], from, &from->exprs[lowest + i], index, lowest, bit_map),
                out);
        }
    }
    *out_expr = index[n - 1];
out:
    mem_free(index);
    return status;
}

static uint64_t eval_eq(const struct op_list *list, const struct expr *node, const uint64_t *table,
                        size_t stride, size_t w) {
    const uint64_t *value = list->words + node->value0;
    uint64_t equal = UINT64_MAX;
    for (uint32_t i = 0; i < node->n && equal; i++) {
        uint64_t bit = table[((size_t)node->a + i) * stride + w];
        equal &= bits_get(value, i) ? bit : ~bit;
    }
    return equal;
}

/* Result = (t & mask) ^ flip for the value t of the node reached: AND, OR, XOR with a known word
 * and NOT all keep that form. */
uint64_t expr_eval_word(const struct op_list *list, uint32_t expr, const uint64_t *table,
                        size_t stride, size_t w) {
    uint64_t mask = UINT64_MAX, flip = 0;
    for (;;) {
        const struct expr *node = get_node(list, expr);
        uint64_t known = 0;
        if (is_binary(node->kind)) {
            bool is_a_bigger =
                count_nodes(get_node(list, node->a)) >= count_nodes(get_node(list, node->b));
            known = expr_eval_word(list, is_a_bigger ? node->b : node->a, table, stride, w);
            expr = is_a_bigger ? node->a : node->b;
        }
        switch ((enum expr_kind)node->kind) {
        case EXPR_CONST:
            return (node->value0 ? mask : 0) ^ flip;
        case EXPR_BIT:
            return (table[node->a * stride + w] & mask) ^ flip;
        case EXPR_EQ:
            return (eval_eq(list, node, table, stride, w) & mask) ^ flip;
        case EXPR_NOT:
            flip ^= mask;
            expr = node->a;
            break;
        case EXPR_AND:
            mask &= known;
            break;
        case EXPR_OR: /* t | k = (t & ~k) ^ k */
            flip ^= known & mask;
            mask &= ~known;
            break;
        case EXPR_XOR:
            flip ^= known & mask;
            break;
        case EXPR_REC:
        case EXPR_SWEEP:
            CHECK(node->kind != EXPR_REC && node->kind != EXPR_SWEEP);
        }
    }
}
