#include <math.h>
#include <string.h>

#include "dem/analyzer.h"
#include "dem/decompose.h"

/* Operations walked in all, and those of a loop before its period is given up. */
static const uint64_t max_steps = UINT64_C(1) << 33, max_search_steps = UINT64_C(1) << 28;

static enum status walk(struct analyzer *a, size_t first, size_t last);

/* ---- what a circuit holds, loops multiplied out ---- */

struct totals {
    uint64_t n_results, n_detectors, n_steps, furthest_back;
    uint64_t n_coins; /* errors under conditions */
};

static uint64_t add_times(uint64_t sum, uint64_t n, uint64_t times) {
    uint64_t product, total;
    if (__builtin_mul_overflow(n, times, &product) ||
        __builtin_add_overflow(sum, product, &total)) {
        return UINT64_MAX;
    }
    return total;
}

static bool is_result(const struct dem_source *source, const struct op *op) {
    const bool is_herald = op->kind == OP_NOISE && (op->which == NOISE_HERALDED_ERASE ||
                                                    op->which == NOISE_HERALDED_PAULI1);
    return (op->kind == OP_MEASURE || is_herald) &&
           (source->recorded == NULL || (op->bit != OP_NO_BIT && source->recorded[op->bit]));
}

static struct totals count_block(const struct dem_source *source, size_t first, size_t last) {
    struct totals totals = {0};
    unsigned depth = 0; /* of conditions */
    for (size_t i = first; i < last; i++) {
        const struct op *op = &source->ops->ops[i];
        depth += op->kind == OP_IF;
        depth -= op->kind == OP_END && depth > 0;
        const uint32_t n_errors = op->kind == OP_NOISE && depth > 0 ? op_count_sites(op) : 0;
        totals.n_coins = add_times(totals.n_coins, n_errors, 1);
        totals.n_steps = add_times(totals.n_steps, 1, 1);
        totals.n_results = add_times(totals.n_results, is_result(source, op), 1);
        totals.n_detectors = add_times(totals.n_detectors, op->kind == OP_DETECTOR, 1);
        if (op->kind == OP_REPEAT) {
            const struct totals body = count_block(source, i + 1, op->match);
            totals.n_steps = add_times(totals.n_steps, body.n_steps, op->arg);
            totals.n_results = add_times(totals.n_results, body.n_results, op->arg);
            totals.n_detectors = add_times(totals.n_detectors, body.n_detectors, op->arg);
            totals.n_coins = add_times(totals.n_coins, body.n_coins, op->arg);
            i = op->match;
        }
    }
    return totals;
}

static bool folds_loops(const struct dem_source *source, const struct dem_options *options) {
    return options->fold_loops && !source->pairs_vary;
}

static enum status count_all(struct totals *out_totals, const struct dem_source *source,
                             const struct dem_options *options) {
    const struct op_list *ops = source->ops;
    const struct src_loc loc = {.file = source->files[0]};
    struct totals totals = count_block(source, 0, ops->n_ops);
    for (size_t i = 0; i < ops->n_exprs; i++) {
        if (ops->exprs[i].kind == EXPR_REC && ops->exprs[i].a > totals.furthest_back) {
            totals.furthest_back = ops->exprs[i].a;
        }
    }
    if (totals.n_detectors >= DEM_MAX_DETECTORS || totals.n_results >= DEM_MAX_DETECTORS ||
        totals.n_coins >= DEM_MAX_DETECTORS) {
        return log_error_at(STATUS_INPUT, loc,
                            "more than 2^62 results, detectors or errors under conditions");
    }
    if (!folds_loops(source, options) && totals.n_steps > max_steps) {
        return log_error_at(STATUS_INPUT, loc, "more than 2^33 operations round by round%s",
                            source->pairs_vary ? "" : "; --fold-loops keeps loops");
    }
    *out_totals = totals;
    return STATUS_OK;
}

/* ---- errors become instructions ---- */

static enum status flush(struct analyzer *a) {
    const struct src_loc loc = {.file = a->source->files[0]};
    uint32_t *order;
    size_t n;
    enum status status = STATUS_OK;
    if (a->options->decompose) {
        TRY(decompose_mechanisms(&a->mechanisms, a->options, loc));
    }
    TRY(mechanisms_sort(&a->mechanisms, &order, &n));
    while (n-- > 0 && status == STATUS_OK) {
        const struct mechanism *mechanism = &a->mechanisms.items[order[n]];
        status = model_add(a->model, a->block,
                           (struct dem_instruction){
                               .kind = DEM_ERROR,
                               .tag = mechanism->tag,
                               .n_args = 1,
                               .args = &mechanism->p,
                               .n_targets = mechanism->n,
                               .targets = mechanism_targets(&a->mechanisms, order[n]),
                           });
    }
    mem_free(order);
    mechanisms_clear(&a->mechanisms);
    return status;
}

/* ---- loops ---- */

struct body {
    const struct op *repeat;
    size_t first, last; /* ops */
};

static enum status walk_rounds(struct analyzer *a, const struct body *body, uint64_t n_rounds) {
    const uint64_t outer = a->iteration;
    for (uint64_t i = 0; i < n_rounds; i++) {
        a->iteration = outer * n_rounds + (n_rounds - 1 - i);
        TRY(walk(a, body->first, body->last));
    }
    a->iteration = outer;
    return STATUS_OK;
}

static enum status scout_create(struct analyzer *out_scout, const struct analyzer *a) {
    *out_scout = (struct analyzer){.source = a->source,
                                   .options = a->options,
                                   .steps = a->steps,
                                   .is_made = a->is_made,
                                   .share = 1,
                                   .counts_coins = a->counts_coins,
                                   .has_coins = a->has_coins,
                                   .is_scout = true};
    return sensitivity_copy(&out_scout->sensitivity, &a->sensitivity);
}

static void analyzer_fini(struct analyzer *a) {
    sensitivity_fini(&a->sensitivity);
    mechanisms_fini(&a->mechanisms);
    combiner_fini(&a->combiner);
    target_set_fini(&a->scratch);
    target_set_fini(&a->other);
    coins_fini(&a->coins);
}

static enum status refuse_loop(const struct analyzer *a, const struct body *body) {
    return a->is_scout
               ? STATUS_INPUT
               : log_error_at(STATUS_INPUT, analyzer_loc(a, body->repeat),
                              "REPEAT of %llu rounds does not become periodic (a detector after it "
                              "may depend on what is before it), and is too long to go through",
                              (unsigned long long)body->repeat->arg);
}

/* The scout runs ahead, two rounds for one of `a`, until both are in the same state but for a shift
 * (Floyd). *inout_n_done: rounds that `a` has gone; *out_period 0: none was found in n_rounds. */
static enum status find_period(struct analyzer *a, struct analyzer *scout, const struct body *body,
                               uint64_t *inout_n_done, uint64_t *out_period) {
    const uint64_t n_rounds = body->repeat->arg;
    const uint64_t n_steps = count_block(a->source, body->first, body->last).n_steps + 1;
    const bool is_bounded = n_rounds <= max_steps / n_steps;
    *out_period = 0;
    for (uint64_t n = 1; n < n_rounds; n++) {
        if (!is_bounded && n > max_search_steps / n_steps) {
            return refuse_loop(a, body);
        }
        const enum status status = walk(scout, body->first, body->last);
        if (status != STATUS_OK) {
            return status == STATUS_INPUT ? STATUS_OK : status; /* `a` will meet it and say so */
        }
        bool is_found = sensitivity_is_shifted(&scout->sensitivity, &a->sensitivity);
        if (!is_found && n % 2 == 0) {
            TRY(walk(a, body->first, body->last));
            ++*inout_n_done;
            is_found = sensitivity_is_shifted(&scout->sensitivity, &a->sensitivity);
        }
        if (is_found) {
            *out_period = n - *inout_n_done;
            return STATUS_OK;
        }
    }
    return STATUS_OK;
}

/* One period as a block that is repeated; `a` is where the first of the periods in time begins. */
static enum status write_period(struct analyzer *a, const struct body *body, uint64_t period,
                                uint64_t n_periods, uint64_t n_detectors) {
    struct dem_block *outer = a->block;
    const uint32_t tag = a->source->tags == NULL ? 0 : body->repeat->tag;
    TRY(flush(a));
    a->block = model_new_block(a->model);
    if (a->block == NULL) {
        return STATUS_NOFIT;
    }
    TRY(walk_rounds(a, body, period));
    TRY(flush(a));
    const uint64_t n_rest = n_detectors - model_count_shifts(a->block);
    if (n_rest > 0) {
        TRY(model_add_last_shift(a->model, a->block, n_rest));
    }
    struct dem_block *inner = a->block;
    a->block = outer;
    return model_add(a->model, outer,
                     (struct dem_instruction){
                         .kind = DEM_REPEAT, .tag = tag, .count = n_periods, .block = inner});
}

/* Goes n_periods at once. */
static enum status fold(struct analyzer *a, const struct analyzer *scout, const struct body *body,
                        uint64_t period, uint64_t n_periods) {
    const uint64_t n_results = a->sensitivity.n_results - scout->sensitivity.n_results;
    const uint64_t n_detectors = a->sensitivity.n_detectors - scout->sensitivity.n_detectors;
    const bool is_written = analyzer_makes_errors(a);
    const uint64_t n_skipped = is_written ? n_periods - 1 : n_periods;
    TRY(sensitivity_shift(&a->sensitivity, n_skipped * n_results, n_skipped * n_detectors));
    coins_shift(&a->coins, 0 - n_skipped * n_detectors);
    return is_written ? write_period(a, body, period, n_periods, n_detectors) : STATUS_OK;
}

static enum status walk_loop(struct analyzer *a, const struct body *body) {
    const uint64_t n_rounds = body->repeat->arg;
    uint64_t n_done = 0, period = 0;
    struct analyzer scout;
    enum status status;
    if (!folds_loops(a->source, a->options)) {
        return walk_rounds(a, body, n_rounds);
    }
    TRY(scout_create(&scout, a));
    TRY_GOTO(find_period(a, &scout, body, &n_done, &period), done);
    if (period > 0 && (n_rounds - n_done) / period > 1) {
        const uint64_t n_periods = (n_rounds - n_done) / period;
        TRY_GOTO(fold(a, &scout, body, period, n_periods), done);
        n_done += n_periods * period;
    }
    status = walk_rounds(a, body, n_rounds - n_done);
done:
    analyzer_fini(&scout);
    return status;
}

/* ---- the walk ---- */

/* Ops first .. last-1, backwards. */
static enum status walk(struct analyzer *a, size_t first, size_t last) {
    const struct op_list *ops = a->source->ops;
    for (size_t i = last; i-- > first;) {
        const struct op *op = &ops->ops[i];
        if (op->kind == OP_NOISE) {
            TRY(undo_noise(a, i, &i));
            continue;
        }
        if (op->kind != OP_END) {
            TRY(undo_op(a, i));
            continue;
        }
        const size_t open = op->match;
        const struct body body = {&ops->ops[open], open + 1, i};
        TRY(body.repeat->kind == OP_REPEAT ? walk_loop(a, &body)
            : body.repeat->kind == OP_IF   ? undo_condition(a, open, i)
                                           : undo_op(a, open));
        i = open;
    }
    return STATUS_OK;
}

static enum status copy_tags(struct dem_model *model, const struct dem_source *source) {
    uint32_t n_tags = 0;
    for (size_t i = 0; source->tags != NULL && i < source->ops->n_ops; i++) {
        const uint32_t tag = source->ops->ops[i].tag;
        n_tags = tag > n_tags ? tag : n_tags;
    }
    model->n_tags = n_tags;
    model->tags = arena_alloc(&model->arena, (n_tags + (size_t)1) * sizeof *model->tags);
    for (uint32_t i = 0; model->tags != NULL && i < n_tags; i++) {
        model->tags[i] = arena_strdup(&model->arena, source->tags[i]);
        if (model->tags[i] == NULL) {
            return STATUS_NOFIT;
        }
    }
    return model->tags == NULL ? STATUS_NOFIT : STATUS_OK;
}

static enum status walk_all(struct analyzer *a, const struct totals *totals) {
    const struct dem_source *source = a->source;
    a->share = 1;
    a->steps = mem_alloc(GATE_COUNT, sizeof *a->steps);
    a->is_made = mem_alloc(GATE_COUNT, sizeof *a->is_made);
    if (a->steps == NULL || a->is_made == NULL) {
        return STATUS_NOFIT;
    }
    TRY(sensitivity_init(&a->sensitivity, source->n_qubits, source->n_bits, totals->furthest_back));
    a->sensitivity.n_results = totals->n_results;
    a->sensitivity.n_detectors = a->counts_coins ? totals->n_coins : totals->n_detectors;
    TRY(walk(a, 0, source->ops->n_ops));
    return undo_start(a);
}

static void end_walk(struct analyzer *a) {
    analyzer_fini(a);
    mem_free(a->steps);
    mem_free(a->is_made);
}

/* ---- errors under conditions ---- */

static double largest_case(const struct dem_source *source, const struct op *op) {
    double p = 0;
    for (uint32_t i = 0; i < op->n_params; i++) {
        p = fmax(p, op_params(source->ops, op)[i] / 2);
    }
    return p;
}

static enum status check_coin(const struct analyzer *a, const struct coin *coin) {
    const struct op *op = &a->source->ops->ops[coin->op];
    if (!coin->is_bound) {
        return log_error_at(STATUS_INPUT, analyzer_loc(a, op),
                            "an error under a condition that is not random but for errors: no "
                            "independent error does that; qspan sample draws it");
    }
    if (largest_case(a->source, op) <= a->options->approximate) {
        return STATUS_OK;
    }
    return log_error_at(STATUS_INPUT, analyzer_loc(a, op),
                        "an error under a condition that other errors wait for as well: %s",
                        a->options->approximate == 0
                            ? "they are not independent; --approximate-disjoint-errors takes them "
                              "as if, qspan sample draws them"
                            : "it is more probable than --approximate-disjoint-errors allows");
}

/* That errors under conditions happen in half of the shots, independently. */
static enum status check_coins(const struct dem_source *source, const struct dem_options *options,
                               const struct totals *totals) {
    struct analyzer a = {.source = source, .options = options, .counts_coins = true};
    if (totals->n_coins == 0) {
        return STATUS_OK;
    }
    enum status status = walk_all(&a, totals);
    for (size_t i = 0; i < a.coins.n && status == STATUS_OK; i++) {
        status = check_coin(&a, &a.coins.items[i]);
    }
    end_walk(&a);
    return status;
}

/* ---- all ---- */

static enum status analyze(struct analyzer *a, const struct totals *totals) {
    a->model = mem_alloc(1, sizeof *a->model);
    if (a->model == NULL) {
        return STATUS_NOFIT;
    }
    TRY(copy_tags(a->model, a->source));
    a->mechanisms.tags = a->model->tags;
    a->block = a->model->block = model_new_block(a->model);
    if (a->block == NULL) {
        return STATUS_NOFIT;
    }
    TRY(walk_all(a, totals));
    return flush(a);
}

enum status dem_create(struct dem_model **out_model, const struct dem_source *source,
                       const struct dem_options *options) {
    struct totals totals = {0};
    TRY(count_all(&totals, source, options));
    TRY(check_coins(source, options, &totals));
    struct analyzer a = {.source = source, .options = options, .has_coins = totals.n_coins > 0};
    const enum status status = analyze(&a, &totals);
    if (status == STATUS_OK) {
        *out_model = a.model;
        a.model = NULL;
    }
    dem_destroy(a.model);
    end_walk(&a);
    return status;
}
