/* Sampling by frames: batches of shots go round the ranks. */
#include "base/log.h"
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
        .max_bytes =
            run->options->max_bytes != 0 ? run->options->max_bytes : mem_available() / n_ranks,
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

struct deal {
    uint64_t batch, n_shots;
    uint64_t rank, n_ranks;
};

static uint64_t dealt_shots(const struct deal *deal, uint64_t first) {
    return deal->n_shots - first < deal->batch ? deal->n_shots - first : deal->batch;
}

static uint64_t count_dealt(const struct deal *deal, uint64_t rank) {
    const uint64_t step = deal->batch * deal->n_ranks;
    uint64_t n = 0;
    for (uint64_t first = rank * deal->batch; first < deal->n_shots; first += step) {
        n += dealt_shots(deal, first);
    }
    return n;
}

/* Rank 0 has its own records in place; those of others come batch by batch. */
static void move_records(struct run *run, const struct deal *deal) {
    struct results *results = run->results;
    uint8_t *own = results->records;
    for (uint64_t first = 0, turn = 0; first < deal->n_shots; first += deal->batch, turn++) {
        const uint64_t from = turn % deal->n_ranks;
        const size_t n_bytes = (size_t)dealt_shots(deal, first) * results->record_bytes;
        struct comm_request request;
        if (from != 0 && run->is_keeper) {
            comm_irecv(run->team, &request, results->records + first * results->record_bytes,
                       n_bytes, (int)from, TAG_RESULT, 0);
            comm_wait(&request, 1);
        } else if (from != 0 && from == deal->rank) {
            comm_isend(run->team, &request, own, n_bytes, 0, TAG_RESULT, 0);
            comm_wait(&request, 1);
            own += n_bytes;
        }
    }
    if (!run->is_keeper) {
        mem_free(results->records);
        results->records = NULL;
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
    return comm_agree(run->team, run->is_keeper ? run_list_counts(run) : STATUS_OK);
}

/* The timelines of a batch; those that began in the batch before are counted already. */
static enum status run_timelines(struct run *run, uint64_t first, uint64_t n) {
    const uint64_t block_shots = run->options->shots_per_timeline;
    const uint64_t block = first / block_shots, end = (first + n - 1) / block_shots + 1;
    return clock_run_blocks(&run->clock, block, end - block, run->clock.n_makespans);
}

enum status run_sample_frames(struct run *run) {
    struct deal deal = {agree_batch(run), run->options->n_shots, (uint64_t)team_rank(run->team),
                        (uint64_t)team_size(run->team)};
    enum status status = STATUS_OK;
    uint64_t n_own = 0, turn = 0;
    TRY(run_make_shot_arrays(run, run->is_keeper ? deal.n_shots : count_dealt(&deal, deal.rank)));
    for (uint64_t first = 0; first < deal.n_shots && status == STATUS_OK;
         first += deal.batch, turn++) {
        const size_t n = (size_t)dealt_shots(&deal, first);
        if (run->clock.does_vary) { /* all ranks run all timelines */
            TRY(run_timelines(run, first, n));
        }
        if (turn % deal.n_ranks == deal.rank) {
            run->first_shot = run->is_keeper ? first : n_own;
            status = run_count_batch(run, bulk_sample(run->bulk, first), n);
            n_own += n;
        }
        progress_add(&run->progress, n);
    }
    TRY(comm_agree(run->team, status));
    return merge_ranks(run, &deal);
}
