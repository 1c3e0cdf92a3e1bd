#include "runtime/runtime.h"

#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "runtime/pace.h"
#include "runtime/runtime_impl.h"

enum {
    SETTLE_SHOTS = 1024, /* that are walked again and again until all of them have settled */
    FIRST_SHOTS = 1024,  /* of a replica, in the first turn of shots that part */
};

/* ---- states at the end of branches ---- */

static bool wants_state(const struct run_options *options) {
    return options->observables != NULL || options->ideal != NULL;
}

static enum status look_at_state(void *ctx, const struct walker_leaf *leaf) {
    struct run *run = ctx;
    const struct run_options *options = run->options;
    if (run->is_settling) {
        return STATUS_OK;
    }
    if (options->observables != NULL) {
        const bool is_kept = run->is_keeper && run->keeper_status == STATUS_OK;
        const enum status status = expectation_add_leaf(&run->expectation, run->engine, leaf,
                                                        options->n_probabilities > 0, is_kept);
        if (status == STATUS_NOFIT) {
            run->keeper_status = status; /* this rank's memory */
        } else {
            TRY(status);
        }
    }
    return options->ideal != NULL ? fidelity_add_leaf(&run->fidelity, run->engine, leaf)
                                  : STATUS_OK;
}

static enum status list_states(struct run *run) {
    struct results *results = run->results;
    if (run->options->ideal != NULL) {
        const struct average *average = &run->fidelity.average;
        results->fidelity = (struct run_fidelity){true, average_mean(average),
                                                  average_std_error(average), *average};
    }
    if (run->options->observables == NULL) {
        return STATUS_OK;
    }
    results->n_observables = run->options->observables->n_sums;
    return expectation_list(&run->expectation, &results->arena, &results->observables,
                            run->options->n_probabilities > 0);
}

/* Is the state at the end, which is asked for, also what shots are drawn from? A replica has an
 * engine of its own. */
static bool holds_state(const struct run *run) {
    return run->options->visit_state != NULL && run->replicas.n == 1;
}

/* The one pure state at the end, if it is asked for. task: of the engine of the run. */
static enum status visit_state(struct run *run, const struct engine_task *task) {
    const struct run_options *options = run->options;
    const struct final_state state = {
        .program = run->program,
        .engine = options->engine,
        .precision = options->precision,
        .team = run->world,
        .qubits = &run->qubits,
        .max_bytes = task->max_bytes,
        .pair_weights = clock_pair_weights,
        .pair_ctx = &run->clock,
        .visit = options->visit_state,
        .visit_ctx = options->state_ctx,
        .halt = &run->halt,
        .lowered = holds_state(run) ? &run->lowered : NULL,
        .task = task,
        .out_held = holds_state(run) ? &run->engine : NULL,
    };
    return options->visit_state != NULL ? final_state_visit(&state) : STATUS_OK;
}

/* ---- sampling ---- */

/* FNV-1a over the bits of a batch: ranks compare it at the end. */
static void add_digest(struct run *run, const struct rows *rows) {
    for (size_t i = 0; i < rows->n_bits * rows->stride; i++) {
        run->digest = (run->digest ^ rows->bits[i]) * UINT64_C(0x100000001b3);
    }
}

static enum status sample_leaf(void *ctx, const struct walker_leaf *leaf) {
    struct run *run = ctx;
    const struct columns *columns = leaf->columns;
    if (!run->program->is_data_dependent) {
        return STATUS_OK;
    }
    if (run->settle != NULL) {
        return run->is_settling ? settle_add_leaf(run->settle, leaf) : STATUS_OK;
    }
    TRY(clock_run(&run->clock, leaf->decisions, (double)columns->n_shots));
    const uint64_t first = run->first_shot - run->results->first_shot;
    for (size_t i = 0; i < columns->n_words; i++) {
        const uint32_t w = columns->words[i];
        for (uint64_t rest = columns->mask[w]; rest != 0; rest &= rest - 1) {
            run->results->shot_makespans_ps[first + 64 * w + (unsigned)bits_lowest(rest)] =
                run->clock.last.makespan_ps;
        }
    }
    return STATUS_OK;
}

static uint64_t choose_batch(const struct run *run, uint32_t block_shots) {
    const uint64_t n_rows = 2 * (uint64_t)run->program->n_wires + run->program->n_bits + 1;
    uint64_t n_shots = 8 * RUN_BATCH_BYTES / n_rows;
    if (run->settle != NULL) {
        return n_shots < SETTLE_SHOTS ? n_shots : SETTLE_SHOTS;
    }
    if (run->clock.does_vary) { /* the pairs of each block are kept as well */
        const uint64_t n_blocks = run_kept_timelines(run);
        n_shots = n_shots / block_shots < n_blocks ? n_shots : n_blocks * block_shots;
    }
    return n_shots < block_shots ? block_shots : n_shots / block_shots * block_shots;
}

/* Shots whose timelines decide what they meet: until walks and timelines agree (settle.h). */
static enum status settle_batch(struct run *run, const struct rows **out_rows, uint64_t first,
                                size_t n_shots) {
    size_t n_open = 1;
    TRY(settle_begin(run->settle, first, n_shots));
    run->is_settling = true;
    while (n_open > 0) {
        TRY(walker_sample(run->walker, out_rows, first, 0, n_shots));
        n_open = settle_count_open(run->settle);
    }
    run->is_settling = false;
    if (wants_state(run->options)) { /* once more, to look at states */
        TRY(walker_sample(run->walker, out_rows, first, 0, n_shots));
    }
    progress_add(&run->progress, n_shots);
    return settle_count(run->settle,
                        run->results->shot_makespans_ps + (first - run->results->first_shot));
}

static enum status sample_batch(struct run *run, const struct rows **out_rows, uint64_t first,
                                size_t n_shots, uint32_t block_shots) {
    if (run->settle != NULL) {
        return settle_batch(run, out_rows, first, n_shots);
    }
    if (run->clock.does_vary) {
        const uint64_t n_blocks = n_shots / block_shots + (n_shots % block_shots != 0);
        TRY(comm_agree(run->team, clock_run_blocks(&run->clock, first / block_shots, n_blocks, 0)));
    }
    return walker_sample(run->walker, out_rows, first, run_count_past(run, first), n_shots);
}

/* Timelines of blocks whose shots another replica has, or the past: they count in the ledger. */
static enum status pass_blocks(struct run *run, uint64_t first, uint64_t end) {
    const uint64_t most = run_kept_timelines(run);
    for (uint64_t n; run->clock.does_vary && run->settle == NULL && first < end; first += n) {
        n = end - first < most ? end - first : most;
        TRY(clock_run_blocks(&run->clock, first, n, 0));
    }
    return STATUS_OK;
}

/* This replica's shots of a turn: at most a batch. */
static enum status sample_own(struct run *run, const struct rows **out_rows, uint64_t first,
                              size_t n, uint32_t block_shots) {
    run->first_shot = first;
    return n > 0 ? sample_batch(run, out_rows, first, n, block_shots) : STATUS_OK;
}

static void count_own(struct run *run, const struct rows *rows, size_t n) {
    if (n == 0) {
        return;
    }
    add_digest(run, rows);
    if (run->is_keeper && run->keeper_status == STATUS_OK) {
        run->keeper_status = run_count_batch(run, rows, run_count_past(run, run->first_shot), n);
    }
}

/* The shots first .. end - 1, whole blocks unless they are the last: replicas side by side, each
 * with its part of them, so that those done are always the first ones of the run.
 * STATUS_INTERRUPTED: some replica was told to stop in between, and none has counted its shots. */
static enum status sample_turn(struct run *run, uint64_t first, uint64_t end,
                               uint32_t block_shots) {
    const struct replicas *replicas = &run->replicas;
    const struct results *results = run->results;
    const uint64_t block = first / block_shots;
    const uint64_t n_blocks = (end - first) / block_shots + ((end - first) % block_shots != 0);
    uint64_t own, own_end;
    replicas_blocks(replicas, &own, &own_end, n_blocks);
    const uint64_t own_first = first + own * block_shots;
    const uint64_t n_most = (own_end - own) * block_shots;
    const size_t n = (size_t)(n_most < end - own_first ? n_most : end - own_first);
    const struct rows *rows = NULL;
    TRY(run_keep_records(run, own_first, run->is_keeper ? n : 0));
    enum status status = pass_blocks(run, block, block + own);
    status = status == STATUS_OK ? sample_own(run, &rows, own_first, n, block_shots) : status;
    status = status == STATUS_OK ? pass_blocks(run, block + own_end, block + n_blocks) : status;
    TRY(comm_agree(run->world, status));
    count_own(run, rows, n);
    if (replicas->n > 1 && run->options->keeps_records) {
        uint8_t *records = run->records;
        if (records != NULL && records == results->records) {
            records += (first - results->first_shot) * results->record_bytes;
        }
        replicas_move_records(replicas, records, results->record_bytes, end - first, block_shots);
    }
    return run->settle != NULL ? replicas_add_reals(replicas, &run->clock) : STATUS_OK;
}

/* What replicas have found comes together: histograms on the world's first rank, sums on all. */
static enum status merge_replicas(struct run *run) {
    const struct replicas *replicas = &run->replicas;
    struct results *results = run->results;
    if (replicas->n == 1) {
        return STATUS_OK;
    }
    TRY(comm_agree(run->world, tally_merge(&run->tally, replicas->across)));
    for (size_t q = 0; q < run->program->n_qpus; q++) {
        TRY(comm_agree(run->world, tally_merge(&run->marginals[q], replicas->across)));
    }
    if (run->options->observables != NULL) {
        TRY(replicas_add_averages(replicas, run->expectation.averages,
                                  run->options->observables->n_sums));
    }
    if (run->options->ideal != NULL) {
        TRY(replicas_add_averages(replicas, &run->fidelity.average, 1));
    }
    if (run->program->is_data_dependent) {
        comm_sum_i64(replicas->across, results->shot_makespans_ps,
                     (size_t)(run->end - results->first_shot));
        TRY(replicas_add_ledgers(replicas, &run->clock));
    }
    run->is_keeper = team_rank(run->world) == 0;
    return STATUS_OK;
}

static enum status merge(struct run *run) {
    enum status status = comm_check_digest(run->team, &run->digest, sizeof run->digest);
    TRY(comm_agree(run->world, status != STATUS_OK ? status : run->keeper_status));
    TRY(merge_replicas(run));
    if (run->settle != NULL) {
        TRY(replicas_add_network(&run->replicas, &run->clock, run_past_network(run)));
    }
    if (run->is_keeper) {
        run->keeper_status = run_add_past(run);
    }
    if (run->is_keeper && run->keeper_status == STATUS_OK) {
        run->keeper_status = run_list_counts(run);
    }
    if (run->keeper_status == STATUS_OK) {
        run->keeper_status = list_states(run);
    }
    return comm_agree(run->world, run->keeper_status);
}

/* Do shots part, so that more of them are more work? Without errors few states serve all. */
static bool do_shots_part(const struct run *run) {
    const struct op_list *ops = &run->lowered.ops;
    bool do_part = run->program->is_data_dependent || run->clock.does_vary;
    for (size_t i = 0; i < ops->n_ops && !do_part; i++) {
        do_part = ops->ops[i].kind == OP_NOISE || ops->ops[i].kind == OP_IDLE;
    }
    for (size_t i = 0; i < run->clock.n_pairs && !do_part; i++) {
        do_part = run->clock.pairs[i].weights[0] < 1;
    }
    return do_part;
}

static void set_pace(struct pace *pace, const struct run *run, uint32_t block_shots) {
    const uint64_t most = choose_batch(run, block_shots) / block_shots;
    const uint64_t least = FIRST_SHOTS / block_shots + (FIRST_SHOTS % block_shots != 0);
    pace_init(pace, do_shots_part(run) && least < most ? least : most, most, PACE_STATES_MS);
}

/* The turn, or nothing of it: then the run ends where it begins. */
static enum status try_turn(struct run *run, bool *out_has_stopped, struct turn_mark *mark,
                            uint64_t first, uint64_t end, uint32_t block_shots) {
    TRY(comm_agree(run->world, run_mark_turn(mark, run)));
    const enum status status = sample_turn(run, first, end, block_shots);
    if (status != STATUS_INTERRUPTED) {
        run_note_work(run);
        return status;
    }
    run_undo_turn(run, mark);
    run->end = first < run->begin ? run->begin : first;
    *out_has_stopped = true;
    return STATUS_OK;
}

static enum status sample_turns(struct run *run, struct turn_mark *mark, uint32_t block_shots) {
    struct pace pace;
    set_pace(&pace, run, block_shots);
    bool has_stopped = run_asks_to_stop(run, run->begin, NULL, 0);
    for (uint64_t first = run_first_drawn(run, block_shots), end; first < run->end && !has_stopped;
         first = end) {
        const uint64_t n = pace.n_blocks * block_shots * run->replicas.n;
        const uint64_t n_before = run->n_branches;
        const double t_s = clock_now_s();
        end = run->end - first < n ? run->end : first + n;
        TRY(try_turn(run, &has_stopped, mark, first, end, block_shots));
        uint64_t figures[] = {(uint64_t)(1e3 * (clock_now_s() - t_s)), run->n_branches - n_before};
        has_stopped = has_stopped || run_asks_to_stop(run, end, figures, 2);
        pace_update(&pace, figures[0], figures[1]);
    }
    return STATUS_OK;
}

static enum status sample(struct run *run, uint32_t block_shots) {
    struct turn_mark mark = {0};
    TRY(run_make_shot_arrays(run));
    TRY(comm_agree(run->world, pass_blocks(run, run->results->first_shot / block_shots,
                                           run->begin / block_shots)));
    run_note_work(run);
    const enum status status = sample_turns(run, &mark, block_shots);
    turn_mark_fini(&mark);
    TRY(status);
    run->digest ^= run->clock.digest;
    return merge(run);
}

/* ---- exact distributions ---- */

static enum status exact_leaf(void *ctx, const struct walker_leaf *leaf) {
    struct run *run = ctx;
    const struct exact_map map = {run->bit_postponed, run->wires, run->options->max_branches,
                                  run->is_keeper && run->keeper_status == STATUS_OK};
    const enum status status = tally_add_leaf(&run->tally, leaf, &map);
    if (status == STATUS_NOFIT) {
        run->keeper_status = status; /* this rank's memory; the others go on until all agree */
    } else {
        TRY(status);
    }
    if (run->program->is_data_dependent) {
        struct run_mean *mean = &run->results->makespan_ps;
        TRY(clock_run(&run->clock, leaf->decisions, leaf->weight));
        const int64_t t_ps = run->clock.last.makespan_ps;
        run->makespan_sum += leaf->weight * (double)t_ps;
        mean->min = mean->n == 0 || t_ps < mean->min ? t_ps : mean->min;
        mean->max = mean->n == 0 || t_ps > mean->max ? t_ps : mean->max;
        mean->n++;
    }
    return STATUS_OK;
}

static enum status enumerate(struct run *run) {
    const struct lowered *lowered = &run->lowered;
    struct results *results = run->results;
    run->bit_postponed = mem_alloc(run->program->n_bits, sizeof *run->bit_postponed);
    run->wires = mem_alloc(lowered->n_postponed, sizeof *run->wires);
    results->p_one = arena_alloc(&results->arena, (results->n_key_bits + 1) * sizeof(double));
    if (run->bit_postponed == NULL || run->wires == NULL || results->p_one == NULL) {
        return STATUS_NOFIT;
    }
    memset(run->bit_postponed, 0xff, run->program->n_bits * sizeof *run->bit_postponed);
    for (size_t j = 0; j < lowered->n_postponed; j++) {
        const struct op *op = &lowered->ops.ops[lowered->postponed[j]];
        run->bit_postponed[op->bit] = (uint32_t)j;
        run->wires[j] = op_qubits(&lowered->ops, op)[0];
    }
    TRY(walker_enumerate(run->walker));
    run_note_work(run);
    results->marginals = NULL;
    if (run->is_keeper && run->keeper_status == STATUS_OK) {
        run->keeper_status = tally_list_probabilities(
            &run->tally, &results->arena, run->options->n_probabilities, &results->probabilities,
            &results->n_probabilities, &results->n_outcomes, results->p_one);
    }
    if (run->keeper_status == STATUS_OK) {
        run->keeper_status = list_states(run);
    }
    return comm_agree(run->team, run->keeper_status);
}

/* ---- run ---- */

static void run_fini(struct run *run) {
    walker_destroy(run->walker);
    bulk_destroy(run->bulk);
    if (run->engine != NULL) {
        run->engine->class->destroy(run->engine);
    }
    tally_fini(&run->tally);
    for (size_t q = 0; run->marginals != NULL && q < run->program->n_qpus; q++) {
        tally_fini(&run->marginals[q]);
    }
    mem_free(run->marginals);
    mem_free(run->bit_postponed);
    mem_free(run->wires);
    expectation_fini(&run->expectation);
    fidelity_fini(&run->fidelity);
    final_qubits_fini(&run->qubits);
    settle_destroy(run->settle);
    clock_fini(&run->clock);
    if (run->records != run->results->records) {
        mem_free(run->records);
    }
    lowered_fini(&run->lowered);
    replicas_fini(&run->replicas);
}

/* What needs more than shots, where pairs depend on when they are asked for. */
static enum status check_settling(const struct run_options *options,
                                  const struct machine *machine) {
    const char *what = options->n_probabilities > 0   ? "exact probabilities"
                       : options->visit_state != NULL ? "one state at the end"
                                                      : NULL;
    return what == NULL
               ? STATUS_OK
               : log_error(STATUS_INPUT,
                           "what this program does next depends on outcomes, and machine %s is a "
                           "physical network, whose pairs depend on when they are asked for: there "
                           "are shots, but not %s; give abstract links",
                           machine->name, what);
}

/* What can fail on one rank alone, before the first collective step. */
static enum status prepare(struct run *run, const struct machine *machine, uint32_t block_shots) {
    const struct run_options *options = run->options;
    TRY(run_check_range(run, block_shots));
    TRY(run_has_frames(options) ? run_check_frames(options)
                                : lower_program(&run->lowered, run->program, options->engine,
                                                wants_state(options) || holds_state(run)));
    TRY(final_qubits_find(&run->qubits, run->program));
    if (options->observables != NULL) {
        TRY(expectation_init(&run->expectation, options->observables, &run->qubits));
    }
    TRY(clock_create(&run->clock, run->program, machine, options->seed));
    TRY(run_has_frames(options)
            ? bulk_count_packets(&run->results->packets, run->program, &run->clock)
            : packets_count(&run->results->packets, run->program));
    run->clock.trace = options->trace;
    if (options->trace != NULL && run->clock.network == NULL) {
        return log_error(STATUS_USAGE,
                         "a trace shows a physical network; machine %s has abstract links: no "
                         "--trace",
                         run->clock.machine->name);
    }
    if (run->clock.does_vary && run->program->is_data_dependent) {
        TRY(check_settling(options, run->clock.machine));
        TRY(settle_create(&run->settle, &run->clock));
        TRY(run_keep_reals(run));
    }
    TRY(run_set_keys(run));
    if (run->program->is_data_dependent) {
        return run_has_frames(options) ? run_create_bulk(run) : STATUS_OK;
    }
    /* where timelines vary, samples bring their own */
    const bool is_counted =
        !run->clock.does_vary || options->n_probabilities > 0 || options->n_shots == 0;
    TRY(clock_run(&run->clock, NULL, is_counted ? 1 : 0));
    return run_has_frames(options) ? run_create_bulk(run) : STATUS_OK;
}

static enum status sample_all(struct run *run, uint32_t block_shots, bool is_exact) {
    progress_init(&run->progress, "shots", run->end - run->begin);
    const enum status status = is_exact            ? enumerate(run)
                               : run->bulk != NULL ? run_sample_frames(run)
                                                   : sample(run, block_shots);
    progress_fini(&run->progress);
    TRY(status);
    return is_exact ? STATUS_OK : run_set_done(run);
}

/* Replicas share the memory of their node; engines know of their own team alone. */
static enum status split_replicas(struct run *run, struct run_options *options) {
    uint64_t n = options->n_replicas;
    if (options->engine == &engine_frame || options->n_probabilities > 0 || n == 0) {
        n = 1; /* frames deal shots over ranks themselves */
    }
    if (n > 1 && options->max_bytes == 0) {
        uint64_t spare = UINT64_MAX - comm_memory_share(team_size(run->world));
        comm_max_u64(run->world, &spare, 1);
        options->max_bytes = UINT64_MAX - spare;
    }
    TRY(replicas_split(&run->replicas, run->world, n));
    run->team = run->replicas.team;
    run->is_keeper = team_rank(run->team) == 0;
    return STATUS_OK;
}

static enum status execute(struct run *run, const struct machine *machine) {
    const struct run_options *options = run->options;
    const bool is_exact = options->n_probabilities > 0;
    const uint32_t block_shots = run->program->is_data_dependent ? 1 : options->shots_per_timeline;
    TRY(comm_agree(run->world, prepare(run, machine, block_shots)));
    if (run->bulk != NULL) {
        TRY(sample_all(run, block_shots, false));
        return run_set_figures(run, block_shots);
    }
    if (options->ideal != NULL) {
        TRY(comm_agree(run->world, fidelity_init(&run->fidelity, options->ideal, &run->qubits,
                                                 options, run->team, &run->halt)));
    }
    const uint64_t n_kept = options->max_bytes != 0 ? fidelity_bytes(&run->fidelity) : 0;
    struct engine_task task =
        lowered_task(&run->lowered, run->program, options->precision, options->max_bytes - n_kept);
    task.is_fast = options->is_fast;
    task.halt = &run->halt;
    TRY(visit_state(run, &task));
    if (run->engine == NULL) {
        TRY(comm_agree(run->world, options->engine->create(&run->engine, &task, run->team)));
    }
    const struct walker_options walk = {
        .seed = options->seed,
        .block_shots = block_shots,
        .max_branches = options->max_branches,
        .is_exact = is_exact,
        .pair_weights = run->settle != NULL ? settle_pair_weights : clock_pair_weights,
        .pair_ctx = run->settle != NULL ? (void *)run->settle : &run->clock,
        .do_pairs_vary = run->clock.does_vary,
        .leaf = is_exact ? exact_leaf : sample_leaf,
        .state = wants_state(options) ? look_at_state : NULL,
        .leaf_ctx = run,
        .progress = run->settle != NULL ? NULL : &run->progress,
        .halt = &run->halt,
        .team = run->team,
    };
    TRY(comm_agree(run->world,
                   walker_create(&run->walker, run->program, &run->lowered, run->engine, &walk)));
    TRY(sample_all(run, block_shots, is_exact));
    return run_set_figures(run, block_shots);
}

static void say_interrupted(const struct run_options *options) {
    log_error(STATUS_INTERRUPTED, options->n_probabilities > 0
                                      ? "stopped before the end: exact probabilities are whole or "
                                        "nothing, and nothing is kept"
                                      : "stopped before the first shots were done: there are no "
                                        "results");
}

enum status runtime_run(struct results **out_results, const struct program *program,
                        const struct machine *machine, const struct team *team,
                        const struct run_options *options) {
    CHECK(options->shots_per_timeline > 0 && options->engine != NULL);
    struct results *results = mem_alloc(1, sizeof *results);
    if (results == NULL) {
        return STATUS_NOFIT;
    }
    struct run_options own = *options;
    struct run run = {.program = program,
                      .options = &own,
                      .world = team,
                      .results = results,
                      .digest = UINT64_C(0xcbf29ce484222325)};
    results->program = program;
    results->engine = options->engine->name;
    results->precision = run_has_frames(options) ? NULL : precision_name(options->precision);
    results->is_fast = options->is_fast && !run_has_frames(options);
    results->seed = options->seed;
    results->n_shots = results->n_asked = options->n_shots;
    results->first_shot = options->first_shot;
    run.halt.flag = options->stop;
    run.begin = options->first_shot + (options->past != NULL ? options->past->n_shots : 0);
    run.end = options->first_shot + options->n_shots;
    enum status status = split_replicas(&run, &own);
    if (status == STATUS_OK) {
        status = execute(&run, machine);
    }
    status = comm_agree(team, status);
    if (status == STATUS_INTERRUPTED) {
        say_interrupted(options);
    }
    run_fini(&run);
    if (status != STATUS_OK) {
        results_destroy(results);
        return status;
    }
    *out_results = results;
    return STATUS_OK;
}

void results_destroy(struct results *results) {
    if (results != NULL) {
        mem_free(results->records);
        mem_free(results->shot_makespans_ps);
        arena_fini(&results->arena);
        mem_free(results);
    }
}
