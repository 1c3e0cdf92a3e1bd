/* Feedback on results of earlier rounds of a loop. In a program a result has one bit for all
 * rounds. It still holds the last round's result where it is measured further down; before the
 * first round it gets what the results before the loop were. Older results are kept in bits of
 * their own, which move on before the measurement. What no bit of the loop that runs can serve is
 * found in a history of all results. */
#include "base/log.h"
#include "distribute/simple.h"

static bool is_result(const struct op *op) {
    return op->kind == OP_MEASURE || (op->kind == OP_NOISE && (op->which == NOISE_HERALDED_ERASE ||
                                                               op->which == NOISE_HERALDED_PAULI1));
}

/* Result `index` of the round that runs (< 0: of earlier ones) while `n_done` of it are there. */
struct kept_result {
    uint32_t result; /* of a round */
    uint32_t age;    /* 0: its bit; i: its i-th older value */
};

static struct kept_result find_kept(const struct simple_rounds *rounds, uint32_t n_done,
                                    int64_t index) {
    const int64_t n = rounds->n;
    const int64_t back = (n - 1 - index) / n; /* rounds; index < 0 */
    const uint32_t result = (uint32_t)(index + back * n);
    return (struct kept_result){result, (uint32_t)(result >= n_done ? back - 1 : back)};
}

/* Results of a round of REPEAT op i, unless there are loops in it. */
static bool count_round(const struct simple *simple, uint32_t *out_n, size_t i) {
    const struct op_list *ops = &simple->circuit->ops;
    *out_n = 0;
    for (size_t k = i + 1; k < ops->ops[i].match; k++) {
        if (ops->ops[k].kind == OP_REPEAT || ops->ops[k].kind == OP_WHILE) {
            return false;
        }
        *out_n += is_result(&ops->ops[k]);
    }
    return true;
}

/* Notes how old the results are that a condition asks for; false: none is of an earlier round. */
static bool note_ages(struct simple *simple, uint32_t n_done, uint32_t expr) {
    struct simple_rounds *rounds = &simple->rounds;
    const struct expr *node = &simple->circuit->ops.exprs[expr];
    bool has_any = false;
    switch ((enum expr_kind)node->kind) {
    case EXPR_REC:
        if (node->a > n_done) {
            const struct kept_result kept =
                find_kept(rounds, n_done, (int64_t)n_done - (int64_t)node->a);
            uint32_t *n_ages = &rounds->n_ages[kept.result];
            *n_ages = *n_ages <= kept.age ? kept.age + 1 : *n_ages;
            has_any = true;
        }
        break;
    case EXPR_AND:
    case EXPR_OR:
    case EXPR_XOR:
        has_any = note_ages(simple, n_done, node->b);
        return note_ages(simple, n_done, node->a) || has_any;
    case EXPR_NOT:
        return note_ages(simple, n_done, node->a);
    case EXPR_CONST:
    case EXPR_BIT:
    case EXPR_EQ:
    case EXPR_SWEEP:
        break;
    }
    return has_any;
}

static bool find_ages(struct simple *simple, size_t i) {
    const struct op_list *ops = &simple->circuit->ops;
    struct simple_rounds *rounds = &simple->rounds;
    bool has_any = false;
    uint32_t n_done = 0;
    for (size_t k = i + 1; k < ops->ops[i].match; k++) {
        const struct op *op = &ops->ops[k];
        if (is_result(op)) {
            rounds->bits[n_done] = op->bit;
            rounds->qpus[n_done++] = simple_birth_qpu(simple, op);
        } else if (op->kind == OP_IF) {
            has_any = note_ages(simple, n_done, op->expr) || has_any;
        }
    }
    return has_any;
}

/* What the bits of a result hold before the first round. */
static enum status write_first(struct simple *simple, uint32_t result) {
    struct simple_rounds *rounds = &simple->rounds;
    const uint32_t qpu = rounds->qpus[result];
    for (uint32_t age = 0; age < rounds->n_ages[result]; age++) {
        uint32_t bit = rounds->bits[result], expr;
        const uint32_t back = rounds->n * (age + 1) - result;
        /* before all results: nobody reads it before it moves on */
        TRY(back > simple->n_records
                ? expr_add(&simple->emit.program->ops, &expr, (struct expr){.kind = EXPR_CONST})
                : simple_copy_record(simple, &expr, back));
        if (age > 0) {
            TRY(emit_add_bit(&simple->emit, &bit, qpu));
            rounds->kept[result] = age == 1 ? bit : rounds->kept[result];
        }
        TRY(simple_assign(simple, bit, expr, qpu));
    }
    return rounds->n_ages[result] > 0 ? simple_note_birth(simple, rounds->bits[result], qpu)
                                      : STATUS_OK;
}

enum status simple_open_rounds(struct simple *simple, size_t i) {
    struct simple_rounds *rounds = &simple->rounds;
    uint32_t n;
    if (simple->circuit->ops.ops[i].kind != OP_REPEAT || !count_round(simple, &n, i) || n == 0) {
        return STATUS_OK;
    }
    *rounds = (struct simple_rounds){.n = n};
    rounds->bits = mem_alloc(n, sizeof *rounds->bits);
    rounds->qpus = mem_alloc(n, sizeof *rounds->qpus);
    rounds->n_ages = mem_alloc(n, sizeof *rounds->n_ages);
    rounds->kept = mem_alloc(n, sizeof *rounds->kept);
    if (rounds->bits == NULL || rounds->qpus == NULL || rounds->n_ages == NULL ||
        rounds->kept == NULL) {
        return STATUS_NOFIT;
    }
    const bool has_any = find_ages(simple, i);
    for (uint32_t result = 0; has_any && result < n; result++) {
        TRY(write_first(simple, result));
    }
    rounds->is_open = has_any;
    rounds->first = simple->n_records;
    return STATUS_OK;
}

void simple_close_rounds(struct simple *simple) {
    mem_free(simple->rounds.bits);
    mem_free(simple->rounds.qpus);
    mem_free(simple->rounds.n_ages);
    mem_free(simple->rounds.kept);
    simple->rounds = (struct simple_rounds){0};
}

enum status simple_keep_result(struct simple *simple) {
    const struct simple_rounds *rounds = &simple->rounds;
    if (!rounds->is_open) {
        return STATUS_OK;
    }
    const size_t result = simple->n_records - rounds->first;
    for (uint32_t age = rounds->n_ages[result]; age-- > 1;) {
        const uint32_t younger = age == 1 ? rounds->bits[result] : rounds->kept[result] + age - 2;
        uint32_t expr;
        TRY(expr_add(&simple->emit.program->ops, &expr,
                     (struct expr){.kind = EXPR_BIT, .a = younger, .n = 1}));
        TRY(simple_assign(simple, rounds->kept[result] + age - 1, expr, rounds->qpus[result]));
    }
    return STATUS_OK;
}

enum status simple_copy_record(struct simple *simple, uint32_t *out_expr, uint32_t back) {
    const struct simple_rounds *rounds = &simple->rounds;
    struct expr bit = {.kind = EXPR_BIT, .n = 1};
    if (back <= simple->n_records && simple->n_records - back >= simple->reach) {
        bit.a = simple->records[simple->n_records - back];
    } else if (rounds->is_open) {
        const uint32_t n_done = u32_from_size(simple->n_records - rounds->first);
        const struct kept_result kept = find_kept(rounds, n_done, (int64_t)n_done - back);
        CHECK(kept.age < rounds->n_ages[kept.result]);
        bit.a =
            kept.age == 0 ? rounds->bits[kept.result] : rounds->kept[kept.result] + kept.age - 1;
    } else if (back > SIMPLE_MAX_HISTORY) {
        return log_error_at(STATUS_INPUT, simple->emit.loc,
                            "feedback on rec[-%u], a result of an earlier round of a loop around "
                            "others, or of a loop before it: at most %d results back",
                            back, (int)SIMPLE_MAX_HISTORY);
    } else if (back <= simple->history.n) {
        bit.a = simple->history.first + back - 1;
    } else {
        uint32_t *n_needed = &simple->history.n_needed;
        *n_needed = *n_needed < back ? back : *n_needed;
        bit = (struct expr){.kind = EXPR_CONST};
    }
    return expr_add(&simple->emit.program->ops, out_expr, bit);
}

enum status simple_open_history(struct simple *simple) {
    struct simple_history *history = &simple->history;
    for (uint32_t i = 0; i < history->n; i++) {
        uint32_t bit, expr;
        TRY(emit_add_bit(&simple->emit, &bit, 0));
        TRY(expr_add(&simple->emit.program->ops, &expr, (struct expr){.kind = EXPR_CONST}));
        TRY(simple_assign(simple, bit, expr, 0));
        history->first = i == 0 ? bit : history->first;
    }
    return STATUS_OK;
}

enum status simple_note_history(struct simple *simple, uint32_t bit) {
    const struct simple_history *history = &simple->history;
    for (uint32_t i = history->n; i-- > 0;) {
        const uint32_t younger = i == 0 ? bit : history->first + i - 1;
        uint32_t expr;
        TRY(expr_add(&simple->emit.program->ops, &expr,
                     (struct expr){.kind = EXPR_BIT, .a = younger, .n = 1}));
        TRY(simple_assign(simple, history->first + i, expr, 0));
    }
    return STATUS_OK;
}
