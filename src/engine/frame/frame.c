#include "engine/frame/frame.h"

#include <sched.h>
#include <string.h>

#include "base/bits.h"
#include "base/cpu.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/units.h"
#include "engine/frame/frame_state.h"

enum { CACHE_BYTES = 1 << 19 };

/* ---- memory ---- */

static size_t round_rows(size_t n) {
    return (n + FRAME_GATHER_ROWS - 1) / FRAME_GATHER_ROWS * FRAME_GATHER_ROWS;
}

struct sizes {
    size_t records, kept_detectors; /* rows */
    uint64_t rows;                  /* all of them, saturating */
};

static void count_rows(struct sizes *out, const struct frame_plan *plan,
                       const struct frame_options *options) {
    const uint64_t window = (uint64_t)plan->max_lookback + plan->max_results;
    const uint64_t records = options->keeps_records ? plan->n_records : window;
    const uint64_t detectors = options->keeps_detectors ? plan->n_detectors : 0;
    out->records = (size_t)records;
    out->kept_detectors = (size_t)detectors;
    const uint64_t limit = UINT64_C(1) << 48; /* far beyond any memory: sums cannot overflow */
    out->rows = (records < limit ? records : limit) + (detectors < limit ? detectors : limit) +
                2 * (uint64_t)plan->n_qubits + 2 * (uint64_t)plan->n_observables + plan->n_bits +
                plan->max_results + 5 * FRAME_GATHER_ROWS;
}

uint64_t frame_state_bytes(const struct frame_plan *plan, const struct frame_options *options) {
    struct sizes sizes;
    uint64_t n_bytes;
    count_rows(&sizes, plan, options);
    if (__builtin_mul_overflow(sizes.rows, UINT64_C(128) * options->n_blocks, &n_bytes)) {
        return UINT64_MAX;
    }
    n_bytes += 3 * FRAME_MAX_ITEMS * sizeof(uint64_t);
    n_bytes += plan->n_ranks > 1 ? sizes.rows : 0; /* marks of a team's rows, a byte each */
    return n_bytes + frame_post_bytes(plan, (size_t)FRAME_BLOCK_WORDS * options->n_blocks);
}

static uint64_t *take_rows(const struct frame_state *s, uint64_t **at, size_t n) {
    uint64_t *rows = *at;
    *at += n * s->n_words;
    return rows;
}

static void lay_out(struct frame_state *s) {
    const struct frame_plan *plan = s->plan;
    struct sizes sizes;
    uint64_t *at = s->memory;
    count_rows(&sizes, plan, &s->options);
    s->n_records = sizes.records;
    s->n_kept_detectors = sizes.kept_detectors;
    s->rows = take_rows(s, &at, 2 * (size_t)plan->n_qubits);
    s->chain = take_rows(s, &at, 1);
    s->scratch = take_rows(s, &at, 1);
    s->hits = take_rows(s, &at, 1);
    s->letter = take_rows(s, &at, 1);
    s->rest = take_rows(s, &at, 1);
    s->received = take_rows(s, &at, 1);
    s->condition = take_rows(s, &at, 1);
    s->results = take_rows(s, &at, plan->max_results + 1u);
    s->records = take_rows(s, &at, round_rows(sizes.records));
    s->detectors = take_rows(s, &at, round_rows(sizes.kept_detectors + plan->n_observables));
    s->observables = s->options.keeps_detectors ? s->detectors + sizes.kept_detectors * s->n_words
                                                : s->detectors;
    s->bits = take_rows(s, &at, round_rows(plan->n_bits));
    s->items = at;
    s->draws = s->items + FRAME_MAX_ITEMS;
    s->template = s->draws + FRAME_MAX_ITEMS;
    for (uint32_t i = 0; i < FRAME_MAX_ITEMS; i++) {
        const uint32_t n_blocks = s->options.n_blocks;
        s->template[i] = frame_item(i / n_blocks, i % n_blocks, FRAME_ITEM_START);
    }
    if (plan->n_ranks > 1) {
        s->has_record = (uint8_t *)(s->template + FRAME_MAX_ITEMS);
        s->has_detector = s->has_record + sizes.records;
        s->has_observable = s->has_detector + sizes.kept_detectors;
        s->has_bit = s->has_observable + plan->n_observables;
    }
}

enum status frame_state_create(struct frame_state **out_state, const struct frame_plan *plan,
                               const struct frame_options *options) {
    CHECK(options->n_blocks >= 1 && options->n_blocks <= FRAME_MAX_BLOCKS);
    CHECK(plan->n_conditions == 0 || options->conditions != NULL);
    const uint64_t n_bytes = frame_state_bytes(plan, options);
    enum cpu_isa isa;
    TRY(cpu_detect_isa(&isa));
    struct frame_state *s = mem_alloc(1, sizeof *s);
    if (s == NULL) {
        return STATUS_NOFIT;
    }
    *s = (struct frame_state){
        .plan = plan,
        .options = *options,
        .kernels = frame_kernels_get(isa),
        .n_words = (size_t)FRAME_BLOCK_WORDS * options->n_blocks,
        .n_bytes = (size_t)n_bytes,
        .loops = mem_alloc(plan->max_depth + 1u, sizeof *s->loops),
        .memory = n_bytes < mem_available() ? mem_map((size_t)n_bytes) : NULL,
    };
    if (s->memory == NULL || s->loops == NULL) {
        frame_state_destroy(s);
        char need[32];
        return log_error(STATUS_NOFIT, "Pauli frames of a batch need %s, more than there is",
                         units_print_bytes(need, sizeof need, (uint64_t)n_bytes));
    }
    lay_out(s);
    if (plan->n_ranks > 1) {
        CHECK(options->team != NULL && (uint32_t)team_size(options->team) == plan->n_ranks);
        if (frame_post_create(&s->post, plan, options->team, s->n_words, options->lane) !=
            STATUS_OK) {
            frame_state_destroy(s);
            return STATUS_NOFIT;
        }
    }
    *out_state = s;
    return STATUS_OK;
}

void frame_state_destroy(struct frame_state *state) {
    if (state == NULL) {
        return;
    }
    if (state->memory != NULL) {
        mem_unmap(state->memory, state->n_bytes);
    }
    frame_post_destroy(state->post);
    mem_free(state->loops);
    mem_free(state);
}

uint32_t frame_suggest_blocks(const struct frame_plan *plan) {
    const uint64_t n_bytes = 256 * (uint64_t)plan->n_qubits + 1;
    const uint64_t n = CACHE_BYTES / n_bytes;
    return n < 1 ? 1 : n > 16 ? 16 : (uint32_t)n;
}

/* ---- instructions ---- */

void frame_apply(const struct frame_state *s, uint32_t target, const uint64_t *row) {
    const uint32_t letter = target & 3, qubit = target >> 2;
    if (letter == 1 || letter == 2) {
        s->kernels->add(frame_x(s, qubit), row, s->n_words);
    }
    if (letter >= 2) {
        s->kernels->add(frame_z(s, qubit), row, s->n_words);
    }
}

/* row ^= what anticommutes with the Pauli. */
static void add_anticommuting(const struct frame_state *s, uint64_t *row, uint32_t target) {
    const uint32_t letter = target & 3, qubit = target >> 2;
    if (letter == 1 || letter == 2) {
        s->kernels->add(row, frame_z(s, qubit), s->n_words);
    }
    if (letter >= 2) {
        s->kernels->add(row, frame_x(s, qubit), s->n_words);
    }
}

static void clear_row(const struct frame_state *s, uint64_t *row) {
    memset(row, 0, s->n_words * sizeof *row);
}

static struct frame_coins coins_of(const struct frame_state *s, const struct frame_instr *instr) {
    return (struct frame_coins){s->options.seed, frame_site(s, instr), instr->site_stride,
                                s->first_block, RNG_COIN};
}

static const uint64_t *source_row(const struct frame_state *s, uint32_t source) {
    const uint32_t i = source & FRAME_SOURCE_MASK;
    switch (source & ~FRAME_SOURCE_MASK) {
    case FRAME_REC: {
        const size_t at = s->head >= i ? s->head - i : s->head + s->n_records - i;
        return s->has_record == NULL || s->has_record[at] ? s->records + at * s->n_words : NULL;
    }
    case FRAME_BIT:
        return s->has_bit == NULL || s->has_bit[i] ? s->bits + i * s->n_words : NULL;
    default:
        return s->sweep != NULL ? s->sweep + i * s->n_words : NULL;
    }
}

/* row ^= the parity; has this rank a part of it? */
static bool add_sources(const struct frame_state *s, uint64_t *row, const uint32_t *sources,
                        uint32_t n) {
    bool has_part = false;
    for (uint32_t i = 0; i < n; i++) {
        const uint64_t *source = source_row(s, sources[i]);
        if (source != NULL) {
            s->kernels->add(row, source, s->n_words);
            has_part = true;
        }
    }
    return has_part;
}

/* Room for n results; where they are recorded, they may have to be taken in two parts. */
static uint64_t *take_results(struct frame_state *s, const struct frame_instr *instr, uint32_t n,
                              uint32_t *out_n) {
    if (!instr->is_recorded) {
        *out_n = n;
        return s->results;
    }
    const size_t n_room = s->n_records - s->head;
    uint64_t *rows = s->records + s->head * s->n_words;
    *out_n = n < n_room ? n : (uint32_t)n_room;
    if (s->has_record != NULL) {
        memset(s->has_record + s->head, instr->kind != FRAME_FOREIGN, *out_n);
    }
    s->head += *out_n;
    if (s->head == s->n_records && !s->options.keeps_records) {
        s->head = 0;
    }
    return rows;
}

static void copy_to_bits(const struct frame_state *s, const struct frame_instr *instr,
                         uint32_t first, const uint64_t *rows, uint32_t n) {
    for (uint32_t i = 0; i < n && instr->bit0 != FRAME_NONE; i++) {
        const uint32_t bit = s->plan->bits[instr->bit0 + first + i];
        memcpy(s->bits + bit * s->n_words, rows + i * s->n_words, s->n_words * sizeof *rows);
        if (s->has_bit != NULL) {
            s->has_bit[bit] = true;
        }
    }
}

static void run_measure(struct frame_state *s, const struct frame_instr *instr) {
    const uint32_t *qubits = s->plan->targets + instr->target0;
    struct frame_coins coins = coins_of(s, instr);
    for (uint32_t i = 0, n; i < instr->n; i += n) {
        uint64_t *rows = take_results(s, instr, instr->n - i, &n);
        s->kernels->measure(s->rows, s->n_words, qubits + i, n, instr->letter, instr->resets, rows,
                            &coins);
        if (instr->which != FRAME_NONE) {
            frame_draw_flips(s, &s->plan->channels[instr->which], rows, n, coins.site + 1,
                             instr->site_stride);
        }
        copy_to_bits(s, instr, i, rows, n);
        coins.site += (uint64_t)n * instr->site_stride;
    }
}

static void run_product(struct frame_state *s, const struct frame_instr *instr) {
    const uint32_t *targets = s->plan->targets + instr->target0;
    const struct frame_coins coins = coins_of(s, instr);
    uint32_t n;
    uint64_t *row = take_results(s, instr, 1, &n);
    clear_row(s, row);
    for (uint32_t i = 0; i < instr->n_targets; i++) {
        add_anticommuting(s, row, targets[i]);
    }
    if (instr->n_targets > 0) {
        s->kernels->toss(s->scratch, s->n_words, &coins);
    }
    for (uint32_t i = 0; i < instr->n_targets; i++) {
        frame_apply(s, targets[i], s->scratch);
    }
    if (instr->which != FRAME_NONE) {
        frame_draw_flips(s, &s->plan->channels[instr->which], row, 1, coins.site + 1, 1);
    }
    copy_to_bits(s, instr, 0, row, 1);
}

static void run_reset(struct frame_state *s, const struct frame_instr *instr) {
    const struct frame_coins coins = coins_of(s, instr);
    s->kernels->reset(s->rows, s->n_words, s->plan->targets + instr->target0, instr->n,
                      instr->letter, &coins);
}

/* A random element of the stabilizers XX, ZZ; then the pair's error. */
static void run_ebit(struct frame_state *s, const struct frame_instr *instr) {
    const uint32_t *pair = s->plan->targets + instr->target0;
    struct frame_coins coins = coins_of(s, instr);
    s->kernels->toss(frame_x(s, pair[0]), s->n_words, &coins);
    coins.stream = RNG_COIN_EBIT;
    s->kernels->toss(frame_z(s, pair[0]), s->n_words, &coins);
    memcpy(frame_x(s, pair[1]), frame_x(s, pair[0]), 2 * s->n_words * sizeof *s->rows);
    const struct frame_pairs *pairs = s->options.pairs;
    if (pairs != NULL) {
        pairs->add_errors(pairs->ctx, frame_x(s, pair[1]), frame_z(s, pair[1]), coins.site,
                          (uint64_t)s->first_block * FRAME_SHOTS, 64 * s->n_words);
    } else if (instr->which != FRAME_NONE) {
        frame_draw_noise(s, &s->plan->channels[instr->which], pair + 1, 1, 1, coins.site, RNG_PAIR,
                         NULL);
    }
}

static void run_chain(struct frame_state *s, const struct frame_instr *instr) {
    const uint32_t *targets = s->plan->targets + instr->target0;
    uint64_t *row = s->results;
    clear_row(s, row);
    frame_draw_flips(s, &s->plan->channels[instr->which], row, 1, frame_site(s, instr), 1);
    for (size_t w = 0; w < s->n_words; w++) {
        const uint64_t before = instr->is_else ? s->chain[w] : 0;
        row[w] &= instr->is_conditional ? s->condition[w] & ~before : ~before;
        s->chain[w] = before | row[w];
    }
    for (uint32_t i = 0; i < instr->n_targets; i++) {
        frame_apply(s, targets[i], row);
    }
}

static void run_herald(struct frame_state *s, const struct frame_instr *instr) {
    const uint32_t *qubits = s->plan->targets + instr->target0;
    const uint64_t site = frame_site(s, instr);
    for (uint32_t i = 0, n; i < instr->n; i += n) {
        uint64_t *rows = take_results(s, instr, instr->n - i, &n);
        memset(rows, 0, n * s->n_words * sizeof *rows);
        frame_draw_heralds(s, &s->plan->channels[instr->which], qubits + i, rows, n, site + i);
        copy_to_bits(s, instr, i, rows, n);
    }
}

static void run_foreign(struct frame_state *s, const struct frame_instr *instr) {
    for (uint32_t i = 0, n; i < instr->n; i += n) {
        take_results(s, instr, instr->n - i, &n); /* marked; no one reads them */
    }
    for (uint32_t i = 0; i < instr->n && instr->bit0 != FRAME_NONE; i++) {
        const uint32_t bit = s->plan->bits[instr->bit0 + i];
        clear_row(s, s->bits + bit * s->n_words);
        s->has_bit[bit] = false;
    }
}

static void run_send(struct frame_state *s, const struct frame_instr *instr, uint64_t *row) {
    const uint32_t *sources = s->plan->sources + instr->source0;
    for (uint32_t i = 0; i < instr->n_sources; i++) {
        if ((sources[i] & ~FRAME_SOURCE_MASK) != FRAME_SWEEP) {
            add_sources(s, row, sources + i, 1);
        }
    }
}

static void run_feedback(struct frame_state *s, const struct frame_instr *instr) {
    const uint32_t *targets = s->plan->targets + instr->target0;
    uint64_t *row = s->received;
    add_sources(s, row, s->plan->sources + instr->source0, instr->n_sources);
    for (uint32_t i = 0; i < instr->n_targets; i++) {
        frame_apply(s, targets[i], row);
    }
    clear_row(s, row);
}

/* The bit itself: the reference's, turned over as the frame says. */
static void run_condition(struct frame_state *s, const struct frame_instr *instr) {
    bool is_turned = instr->is_else;
    if (!instr->is_else) {
        clear_row(s, s->condition);
        add_sources(s, s->condition, s->plan->sources + instr->source0, instr->n_sources);
        s->kernels->add(s->condition, s->received, s->n_words);
        clear_row(s, s->received);
        is_turned = bits_get(s->options.conditions, s->next_condition++);
    }
    for (size_t w = 0; w < s->n_words && is_turned; w++) {
        s->condition[w] = ~s->condition[w];
    }
}

static void run_assign(struct frame_state *s, const struct frame_instr *instr) {
    clear_row(s, s->scratch);
    const bool has_part =
        add_sources(s, s->scratch, s->plan->sources + instr->source0, instr->n_sources);
    memcpy(s->bits + instr->which * s->n_words, s->scratch, s->n_words * sizeof *s->bits);
    if (s->has_bit != NULL) {
        s->has_bit[instr->which] = has_part;
    }
}

/* Rows that this rank has no part of are never touched. */
static void run_shared_detector(struct frame_state *s, size_t at, const uint32_t *sources,
                                uint32_t n) {
    uint64_t *row = s->detectors + at * s->n_words;
    if (s->has_detector[at]) { /* of the last batch */
        clear_row(s, row);
    }
    s->has_detector[at] = add_sources(s, row, sources, n);
}

static void run_detectors(struct frame_state *s, const struct frame_instr *instr) {
    const uint32_t *sources = s->plan->sources + instr->source0;
    for (uint32_t i = 0; i < instr->n && s->options.keeps_detectors; i++) {
        const size_t at = s->next_detector++;
        uint64_t *row = s->detectors + at * s->n_words;
        const uint32_t n = *sources++;
        if (s->has_detector == NULL) {
            clear_row(s, row);
            add_sources(s, row, sources, n);
        } else {
            run_shared_detector(s, at, sources, n);
        }
        sources += n;
    }
}

static void run_observable(struct frame_state *s, const struct frame_instr *instr) {
    uint64_t *row = s->observables + instr->which * s->n_words;
    const bool has_part = add_sources(s, row, s->plan->sources + instr->source0, instr->n_sources);
    for (uint32_t i = 0; i < instr->n_targets; i++) {
        add_anticommuting(s, row, s->plan->targets[instr->target0 + i]);
    }
    if (s->has_observable != NULL && (has_part || instr->n_targets > 0)) {
        s->has_observable[instr->which] = true;
    }
}

static void begin_loop(struct frame_state *s, const struct frame_instr *instr) {
    s->loops[s->n_loops++] = (struct frame_loop){0, s->iteration};
    s->iteration *= instr->rounds;
}

/* The instruction after END: the body once more, or what follows. */
static size_t end_loop(struct frame_state *s, size_t pc) {
    const uint32_t open = s->plan->instrs[pc].match;
    struct frame_loop *loop = &s->loops[s->n_loops - 1];
    if (++loop->round < s->plan->instrs[open].rounds) {
        s->iteration++;
        return (size_t)open + 1;
    }
    s->iteration = loop->outer;
    s->n_loops--;
    return pc + 1;
}

static void run_instr(struct frame_state *s, const struct frame_instr *instr) {
    const struct frame_plan *plan = s->plan;
    const uint32_t *targets = plan->targets + instr->target0;
    switch ((enum frame_kind)instr->kind) {
    case FRAME_GATE:
        s->kernels->gate[instr->which](s->rows, s->n_words, targets, instr->n);
        return;
    case FRAME_LINEAR:
        s->kernels->linear(s->rows, s->n_words, targets, instr->n, plan->maps[instr->which].image,
                           instr->group);
        return;
    case FRAME_MEASURE:
        run_measure(s, instr);
        return;
    case FRAME_PRODUCT:
        run_product(s, instr);
        return;
    case FRAME_RESET:
        run_reset(s, instr);
        return;
    case FRAME_EBIT:
        run_ebit(s, instr);
        return;
    case FRAME_NOISE:
        frame_draw_noise(s, &plan->channels[instr->which], targets, instr->n, instr->group,
                         frame_site(s, instr), RNG_NOISE,
                         instr->is_conditional ? s->condition : NULL);
        return;
    case FRAME_CONDITION:
        run_condition(s, instr);
        return;
    case FRAME_CHAIN:
        run_chain(s, instr);
        return;
    case FRAME_HERALD:
        run_herald(s, instr);
        return;
    case FRAME_FOREIGN:
        run_foreign(s, instr);
        return;
    case FRAME_SEND:
    case FRAME_RECEIVE: /* pass_row */
        return;
    case FRAME_FEEDBACK:
        run_feedback(s, instr);
        return;
    case FRAME_ASSIGN:
        run_assign(s, instr);
        return;
    case FRAME_DETECTOR:
        run_detectors(s, instr);
        return;
    case FRAME_OBSERVABLE:
        run_observable(s, instr);
        return;
    case FRAME_REPEAT:
        begin_loop(s, instr);
        return;
    case FRAME_END:
        return;
    }
}

/* All qubits in |0>: Z does nothing to them. */
static void start(struct frame_state *s) {
    struct frame_coins coins = {s->options.seed, 0, 1, s->first_block, RNG_START};
    for (uint32_t qubit = 0; qubit < s->plan->n_qubits; qubit++) {
        clear_row(s, frame_x(s, qubit));
        coins.site = s->plan->qubits != NULL ? s->plan->qubits[qubit] : qubit;
        s->kernels->toss(frame_z(s, qubit), s->n_words, &coins);
    }
    clear_row(s, s->chain);
    clear_row(s, s->received);
    memset(s->observables, 0, s->plan->n_observables * s->n_words * sizeof *s->observables);
    memset(s->bits, 0, s->plan->n_bits * s->n_words * sizeof *s->bits);
    if (s->has_bit != NULL) {
        memset(s->has_bit, 0, s->plan->n_bits);
    }
    s->head = 0;
    s->pc = 0;
    s->next_detector = 0;
    s->next_condition = 0;
    s->n_loops = 0;
    s->iteration = 0;
}

/* A row that goes to another rank or comes from one; false: not now. */
static bool pass_row(struct frame_state *s, const struct frame_instr *instr) {
    if (instr->kind == FRAME_SEND) {
        uint64_t *row = frame_post_next(s->post, instr->which);
        if (row != NULL) {
            run_send(s, instr, row);
        }
        return row != NULL;
    }
    const uint64_t *row = frame_post_take(s->post, instr->which);
    if (row != NULL) {
        s->kernels->add(s->received, row, s->n_words);
    }
    return row != NULL;
}

void frame_state_begin(struct frame_state *state, uint64_t first_block, const uint64_t *sweep) {
    CHECK(first_block + state->options.n_blocks <= UINT32_MAX / 8);
    state->first_block = (uint32_t)first_block;
    state->sweep = sweep;
    start(state);
}

static bool is_told_to_stop(const struct frame_state *s) {
    return s->stop != NULL && *s->stop != 0;
}

bool frame_state_advance(struct frame_state *s) {
    const struct frame_plan *plan = s->plan;
    while (s->pc < plan->n_instrs) {
        const struct frame_instr *instr = &plan->instrs[s->pc];
        if (is_told_to_stop(s)) {
            return false;
        }
        if (instr->kind == FRAME_SEND || instr->kind == FRAME_RECEIVE) {
            if (!pass_row(s, instr)) {
                return false;
            }
            s->pc++;
            if (frame_post_is_full(s->post)) {
                return false;
            }
            continue;
        }
        run_instr(s, instr);
        s->pc = instr->kind == FRAME_END ? end_loop(s, s->pc) : s->pc + 1;
        if (instr->kind == FRAME_END && s->post != NULL && frame_post_has_rows(s->post)) {
            return false; /* the others need not wait for a later round */
        }
    }
    return true;
}

bool frame_state_talk(struct frame_state *state) {
    return state->post != NULL && frame_post_talk(state->post);
}

bool frame_state_is_quiet(const struct frame_state *state) {
    return state->post == NULL || frame_post_is_empty(state->post);
}

bool frame_state_run(struct frame_state *state, uint64_t first_block, const uint64_t *sweep,
                     const volatile sig_atomic_t *stop) {
    frame_state_begin(state, first_block, sweep);
    state->stop = stop;
    while (!frame_state_advance(state) || !frame_state_is_quiet(state)) {
        if (is_told_to_stop(state)) {
            return false;
        }
        if (!frame_state_talk(state)) {
            sched_yield();
        }
    }
    return true;
}
