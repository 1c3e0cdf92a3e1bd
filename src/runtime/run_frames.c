/* Sampling by frames: batches of shots go round the ranks. */
#include "base/log.h"
#include "runtime/pace.h"
#include "runtime/runtime_impl.h"

enum status run_check_frames(const struct run_options *options) {
    const char *what = options->n_probabilities > 0   ? "exact probabilities"
                       : options->observables != NULL ? "expectation values"
                       : options->ideal != NULL       ? "fidelity"
                       : options->visit_state != NULL ? "the state"
                                                      : NULL;
    return what == NULL ? STATUS_OK
                        : log_error(STATUS_INPUT,
                                    "engine frame draws shots: engine statevector gives %s", what);
}

enum status run_create_bulk(struct run *run) {
    const uint32_t block_shots = run->options->shots_per_timeline;
    const uint64_t n_ranks = (uint64_t)team_size(run->team), n_shots = run->options->n_shots;
    struct bulk_options bulk = {
        .seed = run->options->seed,
        .block_shots = block_shots,
        .max_bytes = run->options->max_bytes != 0 ? run->options->max_bytes
                                                  : comm_memory_share(team_size(run->team)),
        .max_shots = n_shots / n_ranks + (n_shots % n_ranks != 0),
    };
    if (run->clock.does_vary) { /* the pairs of each timeline of a batch are kept as well */
        const uint64_t most = run_kept_timelines(run) * block_shots;
        bulk.max_shots = bulk.max_shots < most ? bulk.max_shots : most;
    }
    return bulk_create(&run->bulk, run->program, &run->clock, &bulk);
}

/* The same on all ranks: what the one with the least memory can do. */
static uint64_t agree_batch(const struct run *run) {
    uint64_t spare = UINT64_MAX - bulk_batch(run->bulk);
    comm_max_u64(run->team, &spare, 1);
    return UINT64_MAX - spare;
}

/* Shots begin .. end - 1 go round the ranks, a batch each; end is where rounds stopped. */
struct deal {
    uint64_t batch, begin, end;
    uint64_t rank, n_ranks;
};

static uint64_t dealt_shots(const struct deal *deal, uint64_t first) {
    return deal->end - first < deal->batch ? deal->end - first : deal->batch;
}

static uint64_t count_dealt(const struct deal *deal, uint64_t rank) {
    const uint64_t step = deal->batch * deal->n_ranks;
    uint64_t n = 0;
    for (uint64_t first = deal->begin + rank * deal->batch; first < deal->end; first += step) {
        n += dealt_shots(deal, first);
    }
    return n;
}

/* Rank 0 has its own records in place; those of others come batch by batch. */
static void move_records(struct run *run, const struct deal *deal) {
    const struct results *results = run->results;
    const uint8_t *own = run->records;
    uint64_t turn = 0;
    for (uint64_t first = deal->begin; first < deal->end; first += deal->batch, turn++) {
        const uint64_t from = turn % deal->n_ranks;
        const size_t n_bytes = (size_t)dealt_shots(deal, first) * results->record_bytes;
        struct comm_request request;
        if (from != 0 && run->is_keeper) {
            const uint64_t at = (first - results->first_shot) * results->record_bytes;
            comm_irecv(run->team, &request, results->records + at, n_bytes, (int)from, TAG_RESULT,
                       0);
            comm_wait(&request, 1);
        } else if (from != 0 && from == deal->rank) {
            comm_isend(run->team, &request, own, n_bytes, 0, TAG_RESULT, 0);
            comm_wait(&request, 1);
            own += n_bytes;
        }
    }
}

static enum status merge_ranks(struct run *run, const struct deal *deal) {
    run->digest = bulk_digest(run->bulk) ^ run->clock.digest;
    TRY(comm_check_digest(run->team, &run->digest, sizeof run->digest));
    if (run->options->keeps_records) {
        move_records(run, deal);
    }
    TRY(tally_merge(&run->tally, run->team));
    for (size_t q = 0; q < run->program->n_qpus; q++) {
        TRY(tally_merge(&run->marginals[q], run->team));
    }
    enum status status = run->is_keeper ? run_add_past(run) : STATUS_OK;
    if (run->is_keeper && status == STATUS_OK) {
        status = run_list_counts(run);
    }
    return comm_agree(run->team, status);
}

/* The timelines of shots; those that began in the batch before are counted already. */
static enum status run_timelines(struct run *run, uint64_t first, uint64_t n) {
    const uint64_t block_shots = run->options->shots_per_timeline;
    const uint64_t block = first / block_shots, end = (first + n - 1) / block_shots + 1;
    return clock_run_blocks(&run->clock, block, end - block,
                            run->results->first_shot / block_shots + run->clock.n_makespans);
}

/* Those of shots before, which count as well. */
static enum status run_past_timelines(struct run *run) {
    const uint64_t most = run_kept_timelines(run) * run->options->shots_per_timeline;
    for (uint64_t first = run->results->first_shot, n; first < run->begin; first += n) {
        n = run->begin - first < most ? run->begin - first : most;
        TRY(run_timelines(run, first, n));
    }
    return STATUS_OK;
}

/* A batch for each rank: this rank's rows; NULL: it has none, or was told to stop. */
static enum status draw_round(struct run *run, const struct deal *deal, uint64_t first,
                              const volatile sig_atomic_t *stop, const struct rows **out_rows) {
    for (uint64_t rank = 0; rank < deal->n_ranks && first < deal->end;
         rank++, first += deal->batch) {
        if (run->clock.does_vary) { /* all ranks run all timelines */
            TRY(run_timelines(run, first, dealt_shots(deal, first)));
        }
        if (rank == deal->rank) {
            *out_rows = bulk_sample(run->bulk, first, stop);
        }
    }
    return STATUS_OK;
}

static enum status count_round(struct run *run, const struct deal *deal, uint64_t first,
                               const struct rows *rows, uint64_t *inout_own) {
    enum status status = STATUS_OK;
    for (uint64_t rank = 0; rank < deal->n_ranks && first < deal->end && status == STATUS_OK;
         rank++, first += deal->batch) {
        const size_t n = (size_t)dealt_shots(deal, first), n_past = run_count_past(run, first);
        if (rank == deal->rank) {
            run->first_shot = run->is_keeper ? first : *inout_own;
            status = run_count_batch(run, rows, n_past, n);
            *inout_own += n;
        }
        progress_add(&run->progress, n - n_past);
    }
    return status;
}

/* Has this rank no rows though it has a batch? */
static bool is_broken_off(const struct deal *deal, uint64_t first, const struct rows *rows) {
    return first + deal->rank * deal->batch < deal->end && rows == NULL;
}

/* Rounds, between which ranks ask each other whether to stop: not more often than pays. A round
 * that they ask after may break off inside, and is then left out; timelines stay as they are. */
static enum status sample_rounds(struct run *run, struct deal *deal) {
    const uint64_t step = deal->batch * deal->n_ranks;
    struct pace pace;
    pace_init(&pace, 1, UINT64_MAX, PACE_FRAMES_MS);
    uint64_t n_own = 0, n_rounds = 0;
    double t_s = clock_now_s();
    bool has_stopped = run_asks_to_stop(run, run->begin, NULL, 0);
    for (uint64_t first = deal->begin; first < deal->end && !has_stopped; first += step) {
        const bool may_break = pace.n_blocks == 1 && !run->clock.does_vary;
        const uint64_t end = deal->end - first > step ? first + step : deal->end;
        const struct rows *rows = NULL;
        uint64_t is_left_out = 0;
        /* a rank that fails goes on in step with the others until all agree */
        if (run->keeper_status == STATUS_OK) {
            run->keeper_status =
                draw_round(run, deal, first, may_break ? run->options->stop : NULL, &rows);
            is_left_out = run->keeper_status == STATUS_OK && is_broken_off(deal, first, rows);
        }
        if (++n_rounds == pace.n_blocks && (may_break || end < deal->end)) {
            uint64_t figures[] = {(uint64_t)(1e3 * (clock_now_s() - t_s)), is_left_out};
            has_stopped = run_asks_to_stop(run, end, figures, 2);
            is_left_out = figures[1];
            if (is_left_out) {
                run->end = first < run->begin ? run->begin : first;
            }
            pace_update(&pace, figures[0], UINT64_MAX);
            n_rounds = 0;
            t_s = clock_now_s();
        }
        if (run->keeper_status == STATUS_OK && !is_left_out) {
            run->keeper_status = count_round(run, deal, first, rows, &n_own);
        }
    }
    deal->end = run->end;
    run_keep(run, deal->end);
    return comm_agree(run->team, run->keeper_status);
}

enum status run_sample_frames(struct run *run) {
    struct deal deal = {agree_batch(run), run_first_drawn(run, RUN_FRAME_SHOTS), run->end,
                        (uint64_t)team_rank(run->team), (uint64_t)team_size(run->team)};
    TRY(run_make_shot_arrays(run));
    TRY(run_keep_records(run, 0, run->is_keeper ? 0 : count_dealt(&deal, deal.rank)));
    TRY(comm_agree(run->team, run->clock.does_vary ? run_past_timelines(run) : STATUS_OK));
    TRY(sample_rounds(run, &deal));
    return merge_ranks(run, &deal);
}
