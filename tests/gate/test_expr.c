/* Condition trees against a recursive evaluator that looks at one shot. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/bits.h"
#include "base/rng.h"
#include "gate/op.h"

enum { n_bits = 150, n_words_of_shots = 2 };

static uint64_t draw_site;

static uint32_t draw(uint32_t n) {
    return rng_draw(4, draw_site++, 0, RNG_TEST).word[0] % n;
}

static uint32_t add(struct op_list *list, struct expr node) {
    uint32_t expr;
    cr_assert_eq(expr_add(list, &expr, node), STATUS_OK);
    return expr;
}

static uint32_t add_random_eq(struct op_list *list) {
    uint32_t expr, n = draw(8) == 0 ? 64 + draw(70) : draw(4), first = draw(n_bits - n + 1);
    uint64_t value[3] = {draw(8), draw(2), 0};
    cr_assert_eq(expr_add_eq(list, &expr, first, n, value), STATUS_OK);
    return expr;
}

static uint32_t add_random_tree(struct op_list *list, unsigned depth) {
    uint32_t kind = depth == 0 ? EXPR_BIT : draw(EXPR_EQ + 1);
    switch ((enum expr_kind)kind) {
    case EXPR_CONST:
        return add(list, (struct expr){.kind = EXPR_CONST, .value0 = draw(2)});
    case EXPR_BIT:
        return add(list, (struct expr){.kind = EXPR_BIT, .a = draw(n_bits)});
    case EXPR_NOT:
        return add(list, (struct expr){.kind = EXPR_NOT, .a = add_random_tree(list, depth - 1)});
    case EXPR_AND:
    case EXPR_OR:
    case EXPR_XOR: {
        uint32_t a = add_random_tree(list, depth - 1), b = add_random_tree(list, depth - 1);
        return add(list, (struct expr){.kind = kind, .a = a, .b = b});
    }
    case EXPR_EQ:
        return add_random_eq(list);
    case EXPR_REC:
    case EXPR_SWEEP:
        break;
    }
    return 0;
}

/* Table of shots: bits mostly 0, so that EQ holds at times. */
static uint64_t *make_table(void) {
    uint64_t *table = malloc(sizeof *table * n_bits * n_words_of_shots);
    for (unsigned i = 0; i < n_bits * n_words_of_shots; i++) {
        struct rng_block block = rng_draw(5, i, 0, RNG_TEST);
        uint64_t a = block.word[0] | (uint64_t)block.word[1] << 32;
        uint64_t b = block.word[2] | (uint64_t)block.word[3] << 32;
        table[i] = i / n_words_of_shots % 3 == 0 ? a : a & b;
    }
    return table;
}

static bool naive(const struct op_list *list, uint32_t expr, const uint64_t *table, unsigned shot) {
    const struct expr *node = &list->exprs[expr];
    switch ((enum expr_kind)node->kind) {
    case EXPR_CONST:
        return node->value0;
    case EXPR_BIT:
        return table[node->a * n_words_of_shots + shot / 64] >> shot % 64 & 1;
    case EXPR_NOT:
        return !naive(list, node->a, table, shot);
    case EXPR_AND:
        return naive(list, node->a, table, shot) && naive(list, node->b, table, shot);
    case EXPR_OR:
        return naive(list, node->a, table, shot) || naive(list, node->b, table, shot);
    case EXPR_XOR:
        return naive(list, node->a, table, shot) != naive(list, node->b, table, shot);
    case EXPR_EQ:
        for (uint32_t i = 0; i < node->n; i++) {
            bool bit = table[(node->a + i) * n_words_of_shots + shot / 64] >> shot % 64 & 1;
            if (bit != (list->words[node->value0 + i / 64] >> i % 64 & 1)) {
                return false;
            }
        }
        return true;
    case EXPR_REC: /* of circuits alone */
    case EXPR_SWEEP:
        break;
    }
    return false;
}

static bool naive_is_affine(const struct op_list *list, uint32_t expr) {
    const struct expr *node = &list->exprs[expr];
    return node->kind == EXPR_CONST || node->kind == EXPR_BIT ||
           (node->kind == EXPR_EQ && node->n <= 1) ||
           (node->kind == EXPR_NOT && naive_is_affine(list, node->a)) ||
           (node->kind == EXPR_XOR && naive_is_affine(list, node->a) &&
            naive_is_affine(list, node->b));
}

static void naive_count_bits(const struct op_list *list, uint32_t expr, unsigned *counts) {
    const struct expr *node = &list->exprs[expr];
    if (node->kind == EXPR_BIT) {
        counts[node->a]++;
    } else if (node->kind == EXPR_EQ) {
        for (uint32_t i = 0; i < node->n; i++) {
            counts[node->a + i]++;
        }
    } else if (node->kind != EXPR_CONST) {
        naive_count_bits(list, node->a, counts);
        if (node->kind != EXPR_NOT) {
            naive_count_bits(list, node->b, counts);
        }
    }
}

static void count_bit(void *ctx, uint32_t bit) {
    unsigned *counts = ctx;
    counts[bit]++;
}

static void check_equal_values(const struct op_list *list, uint32_t expr,
                               const struct op_list *copy, uint32_t copy_expr,
                               const uint64_t *table) {
    for (unsigned w = 0; w < n_words_of_shots; w++) {
        uint64_t word = expr_eval_word(copy, copy_expr, table, n_words_of_shots, w);
        for (unsigned shot = 0; shot < 64; shot++) {
            cr_assert_eq(word >> shot & 1, naive(list, expr, table, w * 64 + shot));
        }
    }
}

Test(expr, random_trees_agree_with_one_shot) {
    uint64_t *table = make_table();
    struct op_list list = {0};
    for (unsigned round = 0; round < 300; round++) {
        uint32_t expr = add_random_tree(&list, 1 + round % 7);
        unsigned counts[n_bits] = {0}, naive_counts[n_bits] = {0};
        check_equal_values(&list, expr, &list, expr, table);
        expr_visit_bits(&list, expr, count_bit, counts);
        naive_count_bits(&list, expr, naive_counts);
        cr_assert_arr_eq(counts, naive_counts, sizeof counts);
        cr_assert_eq(expr_is_affine(&list, expr), naive_is_affine(&list, expr));
    }
    op_list_fini(&list);
    free(table);
}

Test(expr, copies_keep_the_value) {
    uint64_t *table = make_table(), *moved = calloc(n_words_of_shots, sizeof *moved * n_bits);
    uint32_t reversed[n_bits];
    for (uint32_t i = 0; i < n_bits; i++) {
        reversed[i] = n_bits - 1 - i;
        for (unsigned w = 0; w < n_words_of_shots; w++) {
            moved[reversed[i] * n_words_of_shots + w] = table[i * n_words_of_shots + w];
        }
    }
    struct op_list list = {0}, other = {0};
    for (unsigned round = 0; round < 200; round++) {
        uint32_t expr = add_random_tree(&list, 1 + round % 6), copy;
        cr_assert_eq(expr_copy(&other, &copy, &list, expr, NULL), STATUS_OK);
        check_equal_values(&list, expr, &other, copy, table);
        cr_assert_eq(expr_copy(&other, &copy, &list, expr, reversed), STATUS_OK);
        for (unsigned w = 0; w < n_words_of_shots; w++) {
            cr_assert_eq(expr_eval_word(&other, copy, moved, n_words_of_shots, w),
                         expr_eval_word(&list, expr, table, n_words_of_shots, w));
        }
    }
    op_list_fini(&list);
    op_list_fini(&other);
    free(table);
    free(moved);
}

/* A map that keeps bits adjacent keeps EQ; sharing of nodes is kept too. */
Test(expr, copies_stay_small) {
    struct op_list list = {0}, other = {0};
    uint32_t shift[8], eq, copy;
    for (uint32_t i = 0; i < 8; i++) {
        shift[i] = i + 100;
    }
    cr_assert_eq(expr_add_eq(&list, &eq, 2, 5, &(uint64_t){19}), STATUS_OK);
    cr_assert_eq(expr_copy(&other, &copy, &list, eq, shift), STATUS_OK);
    cr_assert_eq(other.n_exprs, 1);
    cr_assert(other.exprs[copy].kind == EXPR_EQ && other.exprs[copy].a == 102);
    uint32_t twice = add(&list, (struct expr){.kind = EXPR_XOR, .a = eq, .b = eq});
    cr_assert_eq(expr_copy(&other, &copy, &list, twice, shift), STATUS_OK);
    cr_assert_eq(other.n_exprs, 3);
    op_list_fini(&list);
    op_list_fini(&other);
}

/* The parity of a million bits, as chains that lean to either side: no deep recursion. */
Test(expr, long_chains) {
    enum { n = 1000000 };
    uint64_t *table = calloc(n, sizeof *table), parity = 0;
    for (uint32_t i = 0; i < n; i++) {
        table[i] = i * UINT64_C(0x9e3779b97f4a7c15);
        parity ^= table[i];
    }
    for (unsigned leans_right = 0; leans_right < 2; leans_right++) {
        struct op_list list = {0}, other = {0};
        uint32_t all = add(&list, (struct expr){.kind = EXPR_BIT, .a = 0}), copy;
        for (uint32_t i = 1; i < n; i++) {
            uint32_t bit = add(&list, (struct expr){.kind = EXPR_BIT, .a = i});
            all = add(&list, (struct expr){.kind = EXPR_XOR,
                                           .a = leans_right ? bit : all,
                                           .b = leans_right ? all : bit});
            all = add(&list, (struct expr){.kind = EXPR_NOT, .a = all});
        }
        cr_assert_eq(expr_eval_word(&list, all, table, 1, 0), n % 2 ? parity : ~parity);
        cr_assert(expr_is_affine(&list, all));
        cr_assert_eq(expr_copy(&other, &copy, &list, all, NULL), STATUS_OK);
        cr_assert_eq(other.n_exprs, list.n_exprs);
        cr_assert_eq(expr_eval_word(&other, copy, table, 1, 0), n % 2 ? parity : ~parity);
        op_list_fini(&list);
        op_list_fini(&other);
    }
    free(table);
}

Test(expr, wide_and_empty_equalities) {
    struct op_list list = {0};
    uint64_t table[130] = {0}, value[3] = {UINT64_C(1) << 63, 1, 2};
    uint32_t wide, empty;
    cr_assert_eq(expr_add_eq(&list, &wide, 0, 130, value), STATUS_OK);
    cr_assert_eq(expr_add_eq(&list, &empty, 0, 0, NULL), STATUS_OK);
    cr_assert_eq(expr_eval_word(&list, wide, table, 1, 0), 0);
    table[63] = table[64] = 6;
    table[129] = 3;
    cr_assert_eq(expr_eval_word(&list, wide, table, 1, 0), 2);
    cr_assert_eq(expr_eval_word(&list, empty, table, 1, 0), UINT64_MAX);
    op_list_fini(&list);
}
