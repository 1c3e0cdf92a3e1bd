#include "runtime/walker.h"

#include <string.h>

#include "base/bits.h"
#include "base/rng.h"
#include "runtime/walker_impl.h"

enum { WALKER_FIRST_SYMBOL_WORDS = 2 };
/* About, for an op on no amplitudes, and for each 64 columns of it. */
#define STEP_NS 500.0 /* in large programs; less in small ones */
#define STEP_WORD_NS 10.0

/* ---- life ---- */

static enum status make_work_rows(struct walker *walker, size_t stride) {
    const size_t n_rows = 2 * WALKER_MAX_KEYS + 2;
    size_t n_words;
    mem_free(walker->keys);
    walker->keys =
        size_mul(&n_words, n_rows, stride) ? mem_alloc(n_words, sizeof *walker->keys) : NULL;
    if (walker->keys == NULL) {
        return STATUS_NOFIT;
    }
    walker->scratch = walker->keys + WALKER_MAX_KEYS * stride;
    walker->masks = walker->scratch + WALKER_MAX_KEYS * stride;
    walker->row_words = stride;
    return STATUS_OK;
}

enum status walker_create(struct walker **out_walker, const struct program *program,
                          const struct lowered *lowered, struct engine *engine,
                          const struct walker_options *options) {
    struct walker *walker = mem_alloc(1, sizeof *walker);
    if (walker == NULL) {
        return STATUS_NOFIT;
    }
    walker->program = program;
    walker->lowered = lowered;
    walker->engine = engine;
    walker->options = *options;
    *out_walker = walker;
    return STATUS_OK;
}

static void release_base(struct walker *walker, struct base *base) {
    if (base != NULL && --base->n_users == 0) {
        walker->engine->class->drop(walker->engine, base->snapshot);
        mem_free(base);
    }
}

void walker_release(struct walker *walker, struct saved *saved) {
    if (saved == NULL || --saved->n_users > 0) {
        return;
    }
    release_base(walker, saved->base);
    tracker_destroy(saved->tracker);
    site_walk_fini(&saved->loops);
    mem_free(saved);
}

void walker_fini_branch(struct walker *walker, struct branch *branch) {
    walker_release(walker, branch->saved);
    columns_fini(&branch->columns);
    rows_fini(&branch->rows);
}

static void leave_branch(struct walker *walker) {
    tracker_destroy(walker->tracker);
    walker->tracker = NULL;
    site_walk_fini(&walker->loops);
    columns_fini(&walker->columns);
    release_base(walker, walker->base);
    walker->base = NULL;
}

void walker_destroy(struct walker *walker) {
    if (walker == NULL) {
        return;
    }
    leave_branch(walker);
    while (walker->n_waiting > 0) {
        walker_fini_branch(walker, &walker->waiting[--walker->n_waiting]);
    }
    mem_free(walker->waiting);
    rows_fini(&walker->rows);
    arena_fini(&walker->decision_arena);
    tracker_string_fini(&walker->string);
    mem_free(walker->keys);
    walk_forget_rejected(walker);
    mem_free(walker);
}

uint64_t walker_count_branches(const struct walker *walker) {
    return walker->n_branches;
}

/* ---- the engine's state ---- */

enum status walker_flush(struct walker *walker) {
    const struct engine_class *class = walker->engine->class;
    const size_t first = walker->applied;
    if (walker->is_stale) {
        TRY(class->restore(walker->engine, walker->base->snapshot));
        walker->is_stale = false;
    }
    if (first == walker->pc) {
        return STATUS_OK;
    }
    release_base(walker, walker->base);
    walker->base = NULL;
    walker->applied = walker->pc;
    return class->run(walker->engine, first, walker->pc);
}

enum status walker_flush_to_change(struct walker *walker) {
    TRY(walker_flush(walker));
    release_base(walker, walker->base);
    walker->base = NULL;
    return STATUS_OK;
}

enum status walker_keep(struct walker *walker, const uint64_t *mask) {
    struct columns columns;
    TRY(columns_create(&columns, mask, walker->columns.stride));
    columns_fini(&walker->columns);
    walker->columns = columns;
    return STATUS_OK;
}

/* A copy of the branch's state as the engine has it; without memory walker->base stays NULL. */
static enum status make_base(struct walker *walker) {
    void *snapshot;
    if (walker->base != NULL) {
        return STATUS_OK;
    }
    const enum status status = walker->engine->class->snapshot(walker->engine, &snapshot);
    if (status == STATUS_NOFIT && (!walker->options.is_exact || walker->options.is_pure)) {
        return STATUS_OK; /* a pure state has one branch: walker_park refuses another */
    }
    if (status == STATUS_NOFIT) {
        return log_error(STATUS_NOFIT, "no memory for another copy of the state: exact "
                                       "probabilities of this program need one per open branch");
    }
    TRY(status);
    walker->base = mem_alloc(1, sizeof *walker->base);
    if (walker->base == NULL) {
        walker->engine->class->drop(walker->engine, snapshot);
        return STATUS_NOFIT;
    }
    *walker->base = (struct base){snapshot, 1};
    return STATUS_OK;
}

enum status walker_save(struct walker *walker, struct saved **out_saved) {
    *out_saved = NULL;
    TRY(make_base(walker));
    if (walker->base == NULL) {
        return STATUS_OK;
    }
    struct saved *saved = mem_alloc(1, sizeof *saved);
    if (saved == NULL) {
        return STATUS_NOFIT;
    }
    *saved = (struct saved){.base = walker->base,
                            .decisions = walker->decisions,
                            .pc = walker->pc,
                            .applied = walker->applied,
                            .n_users = 1,
                            .decay = walker->decay};
    walker->base->n_users++;
    enum status status = tracker_copy(&saved->tracker, walker->tracker);
    if (status == STATUS_OK) {
        status = site_walk_copy(&saved->loops, &walker->loops);
    }
    if (status != STATUS_OK) {
        walker_release(walker, saved);
        return status;
    }
    *out_saved = saved;
    return STATUS_OK;
}

/* ---- coins ---- */

static enum status make_all_columns(struct columns *out_columns, size_t stride) {
    uint64_t *mask = mem_alloc(stride, sizeof *mask);
    if (mask == NULL) {
        return STATUS_NOFIT;
    }
    memset(mask, 0xff, stride * sizeof *mask);
    const enum status status = columns_create(out_columns, mask, stride);
    mem_free(mask);
    return status;
}

/* Symbols that no frame and no bit holds any more are used again; else rows grow. */
static enum status new_symbol(struct walker *walker, size_t *out_symbol) {
    const struct rows *rows = &walker->rows;
    const size_t stride = rows->stride;
    if (walker->n_symbols + 1 < 64 * stride) {
        *out_symbol = ++walker->n_symbols;
        return STATUS_OK;
    }
    uint64_t *used = walker->scratch;
    memset(used, 0, stride * sizeof *used);
    used[0] = 1;
    for (size_t w = 0; w < stride; w++) {
        for (uint32_t i = 0; i < rows->n_wires; i++) {
            used[w] |= rows_x(rows, i)[w] | rows_z(rows, i)[w];
        }
        for (uint32_t i = 0; i < rows->n_bits; i++) {
            used[w] |= rows_bit(rows, i)[w];
        }
        if (~used[w] != 0) {
            *out_symbol = 64 * w + (size_t)bits_lowest(~used[w]);
            return STATUS_OK;
        }
    }
    columns_fini(&walker->columns);
    TRY(rows_widen(&walker->rows, 2 * stride));
    TRY(make_all_columns(&walker->columns, 2 * stride));
    TRY(make_work_rows(walker, 2 * stride));
    *out_symbol = ++walker->n_symbols;
    return STATUS_OK;
}

enum status walker_toss(struct walker *walker, uint64_t site) {
    const struct columns *columns = &walker->columns;
    if (walker->options.is_exact) {
        size_t symbol;
        TRY(new_symbol(walker, &symbol));
        memset(walker->keys, 0, walker->row_words * sizeof *walker->keys);
        bits_set(walker->keys, symbol, true);
        return STATUS_OK;
    }
    for (size_t i = 0; i < columns->n_words; i++) {
        const uint32_t w = columns->words[i];
        uint64_t bits = 0;
        for (uint64_t rest = columns->mask[w]; rest != 0; rest &= rest - 1) {
            const unsigned k = (unsigned)bits_lowest(rest);
            const double u = rng_uniform(walker->options.seed, site,
                                         (uint32_t)(walker->first_shot + 64 * w + k), RNG_MEASURE);
            bits |= (uint64_t)(u < 0.5) << k;
        }
        walker->keys[w] = bits;
    }
    return STATUS_OK;
}

/* ---- control ---- */

/* Continues at `target`; the ops in between are not for the engine. */
static enum status jump(struct walker *walker, size_t target) {
    TRY(walker_flush(walker));
    walker->pc = target;
    walker->applied = target;
    return STATUS_OK;
}

static enum status note_decision(struct walker *walker, bool is_taken) {
    if (!walker->program->is_data_dependent) {
        return STATUS_OK;
    }
    struct decision *decision = arena_alloc(&walker->decision_arena, sizeof *decision);
    if (decision == NULL) {
        return STATUS_NOFIT;
    }
    *decision = (struct decision){walker->lowered->source[walker->pc], walker->loops.iteration,
                                  is_taken, walker->decisions};
    walker->decisions = decision;
    return STATUS_OK;
}

static enum status enter_if(struct walker *walker, const struct op *op) {
    bool is_taken;
    if (walker->lowered->roles[walker->pc] == ROLE_FRAME_IF) {
        TRY(walk_frame_if(walker, op));
        walker->pc = op->match + 1; /* the engine skips the block by its modes */
        return STATUS_OK;
    }
    TRY(walk_decide(walker, op, &is_taken));
    TRY(note_decision(walker, is_taken));
    return jump(walker, is_taken ? walker->pc + 1 : op->match + 1);
}

/* A loop that only goes on because leaving it was left out. */
static enum status break_off(struct walker *walker) {
    memset(walker->masks, 0, walker->columns.stride * sizeof *walker->masks);
    walker->lost += walker->weight;
    return walker_keep(walker, walker->masks);
}

static enum status enter_while(struct walker *walker, const struct op *op) {
    /* Falling into the WHILE opens its counter; coming back from its END, or from a parting, finds
     * it. */
    struct site_walk *loops = &walker->loops;
    bool is_taken;
    if (loops->n_loops == 0 || loops->loops[loops->n_loops - 1].tag != walker->pc + 1) {
        TRY(site_push(loops, SITE_WHILE_RADIX, program_loc(walker->program, op)));
        loops->loops[loops->n_loops - 1].tag = walker->pc + 1;
    }
    TRY(walk_decide(walker, op, &is_taken));
    TRY(note_decision(walker, is_taken));
    if (is_taken && walker->has_dropped && walker->weight < WALKER_LOOP_P_MIN &&
        site_round(loops) > 0) {
        return break_off(walker);
    }
    if (is_taken) {
        return jump(walker, walker->pc + 1);
    }
    site_pop(loops);
    return jump(walker, op->match + 1);
}

static enum status end_block(struct walker *walker, const struct op *op) {
    const struct op *open = &walker->lowered->ops.ops[op->match];
    if (open->kind == OP_REPEAT && site_round(&walker->loops) + 1 == open->arg) {
        site_pop(&walker->loops);
        return jump(walker, walker->pc + 1);
    }
    if (open->kind == OP_REPEAT || open->kind == OP_WHILE) {
        TRY(site_next(&walker->loops, program_loc(walker->program, open)));
        return jump(walker, op->match + (open->kind == OP_REPEAT));
    }
    walker->pc++;
    return STATUS_OK;
}

static enum status enter_repeat(struct walker *walker, const struct op *op) {
    if (op->arg == 0) {
        return jump(walker, op->match + 1);
    }
    TRY(site_push(&walker->loops, op->arg, program_loc(walker->program, op)));
    return jump(walker, walker->pc + 1);
}

static enum status refuse_op(const struct walker *walker, const struct op *op) {
    return log_error_at(STATUS_INPUT, program_loc(walker->program, op),
                        "the %s engine cannot run %s ops", walker->engine->class->name,
                        op_kind_name((enum op_kind)op->kind));
}

/* One op; moves pc. */
static enum status step_op(struct walker *walker) {
    const struct op *op = &walker->lowered->ops.ops[walker->pc];
    switch ((enum op_kind)op->kind) {
    case OP_GATE:
        TRY(walk_gate(walker, op));
        break;
    case OP_MEASURE:
        if (walker->lowered->roles[walker->pc] != ROLE_POSTPONED) {
            TRY(walk_measure(walker, op));
        }
        break;
    case OP_RESET:
    case OP_ALLOC:
    case OP_FREE:
        TRY(walk_reset(walker, op));
        break;
    case OP_EBIT:
        TRY(walk_ebit(walker, op));
        break;
    case OP_NOISE:
        TRY(walk_noise(walker, op));
        break;
    case OP_ASSIGN:
        TRY(walk_assign(walker, op));
        break;
    case OP_IF:
        return enter_if(walker, op);
    case OP_ELSE:
        return jump(walker, op->match + 1);
    case OP_WHILE:
        return enter_while(walker, op);
    case OP_REPEAT:
        return enter_repeat(walker, op);
    case OP_END:
        return end_block(walker, op);
    case OP_BARRIER:
    case OP_DETECTOR:
    case OP_OBSERVABLE:
    case OP_TICK:
    case OP_COORDS:
    case OP_SHIFT_COORDS:
    case OP_SEND:
    case OP_RECV:
        break;
    case OP_IDLE:
    case OP_CALL:
    case OP_KIND_COUNT:
        return refuse_op(walker, op);
    }
    walker->pc++;
    return STATUS_OK;
}

static enum status renormalize(struct walker *walker) {
    TRY(walker_flush_to_change(walker));
    walker->decay = 0;
    return walker->engine->class->normalize(walker->engine);
}

static enum status step(struct walker *walker) {
    TRY(halt_heed(walker->options.halt, walker->options.team,
                  STEP_NS + STEP_WORD_NS * (double)walker->columns.n_words));
    if (walker->decay > WALKER_MAX_DECAY) {
        TRY(renormalize(walker));
    }
    if (walker->lowered->is_end != NULL && walker->lowered->is_end[walker->pc]) {
        TRY(walker_flush(walker));
    }
    return step_op(walker);
}

/* ---- branches ---- */

static enum status finish_exact(struct walker *walker) {
    const struct lowered *lowered = walker->lowered;
    struct engine_distribution distribution;
    uint32_t *wires = mem_alloc(lowered->n_postponed, sizeof *wires);
    if (wires == NULL) {
        return STATUS_NOFIT;
    }
    for (size_t i = 0; i < lowered->n_postponed; i++) {
        wires[i] = op_qubits(&lowered->ops, &lowered->ops.ops[lowered->postponed[i]])[0];
    }
    enum status status = walker->engine->class->distribution(walker->engine, &distribution, wires,
                                                             lowered->n_postponed);
    mem_free(wires);
    TRY(status);
    const struct walker_leaf leaf = {&walker->rows,  &walker->columns,  walker->decisions,
                                     walker->weight, walker->n_symbols, &distribution};
    status = walker->options.leaf(walker->options.leaf_ctx, &leaf);
    engine_distribution_fini(&distribution);
    return status;
}

static enum status finish(struct walker *walker) {
    const struct walker_leaf leaf = {
        &walker->rows,     &walker->columns,
        walker->decisions, walker->options.is_exact ? walker->weight : 1.0,
        walker->n_symbols, NULL};
    TRY(walker_flush_to_change(walker)); /* visitors may change it */
    if (walker->decay > 0) {
        TRY(renormalize(walker));
    }
    walker->n_branches++;
    if (walker->options.state != NULL) {
        TRY(walker->options.state(walker->options.leaf_ctx, &leaf));
    }
    if (walker->options.is_exact && !walker->options.is_pure) {
        return finish_exact(walker);
    }
    if (!walker->options.is_exact) {
        TRY(walk_postponed(walker));
        if (walker->options.progress != NULL) {
            progress_add(walker->options.progress, walker->columns.n_shots);
        }
    }
    return walker->options.leaf(walker->options.leaf_ctx, &leaf);
}

static void clear_columns(struct walker *walker) {
    struct rows *rows = &walker->rows;
    for (uint32_t i = 0; i < rows->n_wires; i++) {
        columns_clear(&walker->columns, rows_x(rows, i));
        columns_clear(&walker->columns, rows_z(rows, i));
    }
    for (uint32_t i = 0; i < rows->n_bits; i++) {
        columns_clear(&walker->columns, rows_bit(rows, i));
    }
}

/* The branch becomes the walked one; it is used up. */
static enum status enter_branch(struct walker *walker, struct branch *branch) {
    const struct saved *saved = branch->saved;
    enum status status;
    leave_branch(walker);
    walker->columns = branch->columns;
    branch->columns = (struct columns){0};
    walker->forced = branch->forced;
    walker->weight = branch->weight;
    walker->has_dropped = false;
    walker->n_symbols = branch->n_symbols;
    walker->pc = saved != NULL ? saved->pc : 0;
    walker->applied = saved != NULL ? saved->applied : 0;
    walker->is_stale = saved != NULL;
    walker->decay = saved != NULL ? saved->decay : 0;
    walker->decisions = saved != NULL ? saved->decisions : NULL;
    if (walker->options.is_exact) {
        rows_fini(&walker->rows);
        walker->rows = branch->rows;
        branch->rows = (struct rows){0};
        TRY(make_work_rows(walker, walker->rows.stride));
    }
    if (saved != NULL) {
        walker->base = saved->base;
        walker->base->n_users++;
        status = tracker_copy(&walker->tracker, saved->tracker);
        status = status == STATUS_OK ? site_walk_copy(&walker->loops, &saved->loops) : status;
        walker_release(walker, branch->saved);
        branch->saved = NULL;
        return status;
    }
    if (!walker->options.is_exact) {
        clear_columns(walker);
    }
    site_walk_init(&walker->loops, walker->lowered->ops.n_sites);
    TRY(tracker_create(&walker->tracker, walker->program->n_wires));
    return walker->engine->class->begin(walker->engine);
}

static enum status walk_all(struct walker *walker) {
    while (walker->n_waiting > 0) {
        struct branch branch = walker->waiting[--walker->n_waiting];
        const enum status status = enter_branch(walker, &branch);
        walker_fini_branch(walker, &branch);
        TRY(status);
        while (walker->pc < walker->lowered->ops.n_ops && walker->columns.n_shots > 0) {
            TRY(step(walker));
        }
        if (walker->columns.n_shots > 0) {
            TRY(finish(walker));
        }
    }
    return STATUS_OK;
}

static enum status add_root(struct walker *walker, struct branch *root) {
    const enum status status = vec_reserve(&walker->waiting, walker->n_waiting,
                                           &walker->cap_waiting, 1, sizeof *walker->waiting);
    if (status != STATUS_OK) {
        walker_fini_branch(walker, root);
        return status;
    }
    walker->waiting[walker->n_waiting++] = *root;
    return STATUS_OK;
}

enum status walker_sample(struct walker *walker, const struct rows **out_rows, uint64_t first_shot,
                          size_t n_past, size_t n_shots) {
    const size_t stride = bits_words(n_shots);
    struct branch root = {.weight = 1.0};
    walker->first_shot = first_shot;
    arena_fini(&walker->decision_arena);
    walk_forget_rejected(walker);
    rows_fini(&walker->rows);
    TRY(make_work_rows(walker, stride));
    TRY(rows_create(&walker->rows, walker->program->n_wires, walker->program->n_bits, stride));
    memset(walker->masks, 0xff, stride * sizeof *walker->masks);
    if (n_shots % 64 != 0) {
        walker->masks[stride - 1] = BIT64(n_shots % 64) - 1;
    }
    memset(walker->masks, 0, n_past / 64 * sizeof *walker->masks);
    if (n_past % 64 != 0) {
        walker->masks[n_past / 64] &= ~(BIT64(n_past % 64) - 1);
    }
    TRY(columns_create(&root.columns, walker->masks, stride));
    TRY(add_root(walker, &root));
    TRY(walk_all(walker));
    *out_rows = &walker->rows;
    return STATUS_OK;
}

/* What `while` loops that might go on for ever take away from exact probabilities. */
static enum status check_lost(double lost) {
    if (lost > WALKER_LOST_MOST) {
        return log_error(STATUS_INPUT,
                         "exact probabilities of this program: its while loops go on for ever with "
                         "a probability of %.3g or less, more than %g; draw shots",
                         lost, WALKER_LOST_MOST);
    }
    if (lost > WALKER_LOST_NAMED) {
        log_warning("while loops that go on for long: outcomes of probability %.3g in all are left "
                    "out",
                    lost);
    }
    return STATUS_OK;
}

enum status walker_enumerate(struct walker *walker) {
    struct branch root = {.weight = 1.0};
    walker->lost = 0;
    TRY(make_all_columns(&root.columns, WALKER_FIRST_SYMBOL_WORDS));
    const enum status status = rows_create(&root.rows, walker->program->n_wires,
                                           walker->program->n_bits, WALKER_FIRST_SYMBOL_WORDS);
    if (status != STATUS_OK) {
        walker_fini_branch(walker, &root);
        return status;
    }
    TRY(add_root(walker, &root));
    TRY(walk_all(walker));
    return check_lost(walker->lost);
}
