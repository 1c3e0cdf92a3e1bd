#include "runtime/sample.h"

#include <omp.h>
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/progress.h"
#include "base/units.h"
#include "runtime/pace.h"
#include "runtime/sample_impl.h"

/* Texts of a round: one rank alone writes while they are in its cache, many meet seldom. */
enum { MAX_TURNS = 256, ALONE_BYTES = 1 << 20, ROUND_BYTES = 16 << 20, MAX_IN_FLIGHT = 8 };

static size_t count_rows(const struct frame_plan *plan, enum frame_output what) {
    switch (what) {
    case FRAME_OUT_RECORDS:
        return (size_t)plan->n_records;
    case FRAME_OUT_DETECTORS:
        return (size_t)plan->n_detectors + plan->n_observables;
    case FRAME_OUT_OBSERVABLES:
        return plan->n_observables;
    case FRAME_OUT_BITS:
        break;
    }
    return plan->n_bits;
}

/* Words from one gathered shot to the next: an odd number of cache lines where there are many, so
 * that the same word of many shots falls in all sets of a cache. */
static size_t stride_of(size_t n_bits) {
    const size_t n_words = bits_words(n_bits), n_lines = (n_words + 7) / 8;
    return n_words <= 8 ? n_words : 8 * (n_lines | 1);
}

/* ---- memory ---- */

/* Bytes of a lane: state, gathered shots, texts (at most 5 characters a bit that is set). */
static uint64_t lane_bytes(const struct sample_job *job) {
    const uint64_t state = frame_state_bytes(job->task->plan, &job->options);
    uint64_t gathered;
    if (__builtin_mul_overflow((uint64_t)job->stride, UINT64_C(8) * FRAME_SHOTS, &gathered) ||
        gathered > UINT64_MAX / 32 / job->options.n_blocks) {
        return UINT64_MAX;
    }
    const uint64_t rest = gathered / 2 + gathered * 2 * (uint64_t)job->options.n_blocks +
                          (job->n_team > 1 ? sample_flight_bytes(job) : 0);
    return state > UINT64_MAX - rest ? UINT64_MAX : state + rest;
}

/* Of a thread: one, or in teams some that are under way while others wait. With many ranks, so many
 * that each of them has shots to write. */
static uint64_t count_in_flight(const struct sample_job *job) {
    const uint64_t n_slices = (uint64_t)FRAME_SHOTS / FRAME_GATHERED * job->options.n_blocks,
                   n = job->n_team / n_slices + 1;
    return job->n_team == 1 ? 1 : n < 2 ? 2 : n > MAX_IN_FLIGHT ? MAX_IN_FLIGHT : n;
}

/* As many blocks to a batch and as many lanes as there is work and memory for. */
static enum status choose_lanes(struct sample_job *job) {
    const struct sample_task *task = job->task;
    const uint64_t room =
        task->max_bytes != 0 ? task->max_bytes : comm_memory_share(team_size(job->world));
    const uint64_t n_blocks =
        sample_divide_up(sample_divide_up(task->n_shots, FRAME_SHOTS), job->n_replicas);
    const uint32_t wanted = task->n_blocks != 0 ? task->n_blocks : frame_suggest_blocks(task->plan);
    uint64_t n_threads = (uint64_t)omp_get_max_threads();
    const uint64_t share = sample_divide_up(n_blocks, n_threads);
    job->options.n_blocks = wanted < share ? wanted : share > 0 ? (uint32_t)share : 1;
    while (job->options.n_blocks > 1 && lane_bytes(job) > room / n_threads) {
        job->options.n_blocks /= 2;
    }
    const uint64_t n_bytes = lane_bytes(job),
                   n_batches = sample_divide_up(n_blocks, job->options.n_blocks);
    if (n_bytes > room) {
        char need[32], has[32];
        return log_error(STATUS_NOFIT,
                         "a block of 1024 shots needs %s, more than the %s that a rank may use",
                         units_print_bytes(need, sizeof need, n_bytes),
                         units_print_bytes(has, sizeof has, room));
    }
    n_threads = n_threads > n_batches && n_batches > 0 ? n_batches : n_threads;
    uint64_t n = n_threads * count_in_flight(job);
    n = n > room / n_bytes ? room / n_bytes : n;
    n = n > n_batches ? n_batches : n;
    job->n_lanes = n > 0 ? (int)n : 1;
    return STATUS_OK;
}

static size_t gathered_bytes(const struct sample_job *job) {
    return (job->stride + 1) * FRAME_GATHERED * sizeof(uint64_t);
}

static enum status create_lanes(struct sample_job *job) {
    const struct frame_plan *plan = job->task->plan;
    const size_t sweep_words = plan->n_sweeps * (size_t)FRAME_SHOTS / 64 * job->options.n_blocks;
    job->lanes = mem_alloc((size_t)job->n_lanes, sizeof *job->lanes);
    if (job->lanes == NULL) {
        return STATUS_NOFIT;
    }
    for (int i = 0; i < job->n_lanes; i++) {
        struct sample_lane *lane = &job->lanes[i];
        job->options.lane = (uint32_t)i;
        TRY(frame_state_create(&lane->state, plan, &job->options));
        lane->gathered = mem_map(gathered_bytes(job));
        lane->sweep = mem_alloc(sweep_words + 8, sizeof *lane->sweep);
        if (lane->gathered == NULL || lane->sweep == NULL) {
            return STATUS_NOFIT;
        }
    }
    return STATUS_OK;
}

static void destroy_lanes(struct sample_job *job) {
    for (int i = 0; i < job->n_lanes && job->lanes != NULL; i++) {
        struct sample_lane *lane = &job->lanes[i];
        frame_state_destroy(lane->state);
        if (lane->gathered != NULL) {
            mem_unmap(lane->gathered, gathered_bytes(job));
        }
        mem_free(lane->sweep);
        for (size_t k = 0; k < SAMPLE_MAX_OUTPUTS; k++) {
            text_fini(&lane->texts[k]);
        }
    }
    mem_free(job->lanes);
    for (size_t k = 0; k < SAMPLE_MAX_OUTPUTS; k++) {
        mem_free(job->pieces[k]);
    }
}

/* ---- a batch ---- */

uint64_t sample_batch_shots(const struct sample_job *job, uint64_t *out_first, uint64_t batch) {
    const uint64_t n_batch = (uint64_t)job->options.n_blocks * FRAME_SHOTS, first = batch * n_batch,
                   n_shots = job->task->n_shots;
    *out_first = first;
    return first >= n_shots ? 0 : n_shots - first < n_batch ? n_shots - first : n_batch;
}

void sample_prepare(const struct sample_job *job, struct sample_lane *lane, uint64_t batch) {
    const struct sample_task *task = job->task;
    const size_t n_words = (size_t)FRAME_SHOTS / 64 * job->options.n_blocks;
    lane->sweep_rows = NULL;
    if (task->sweep != NULL && task->plan->n_sweeps > 0) {
        /* rows want the alignment of vectors */
        lane->sweep_rows = (uint64_t *)(((uintptr_t)lane->sweep + 63) & ~(uintptr_t)63);
        task->sweep(task->sweep_ctx, lane->sweep_rows, batch * job->options.n_blocks * FRAME_SHOTS,
                    n_words);
    }
}

void sample_format(const struct sample_job *job, struct sample_lane *lane, size_t k,
                   const struct sample_rows *rows) {
    const struct sample_output *output = &job->task->outputs[k];
    const size_t stride = stride_of(rows->n);
    frame_gather_rows(lane->state, rows->rows, rows->n, rows->row_words, lane->gathered, stride);
    for (size_t s = 0; s < rows->n_shots && output->reference != NULL; s++) {
        for (size_t w = 0; w < bits_words(rows->n); w++) {
            lane->gathered[s * stride + w] ^= output->reference[w];
        }
    }
    const struct sample_block block = {
        .n_shots = rows->n_shots,
        .n_bits = rows->n,
        .bits = lane->gathered,
        .rows = rows->rows,
        .stride = stride,
        .row_words = rows->row_words,
        .reference = output->reference,
    };
    output->format(output->ctx, &lane->texts[k], &block);
}

bool sample_is_placed(const struct sample_output *output) {
    return output->write_at != NULL && output->bytes_of_64 > 0;
}

void sample_place(const struct sample_job *job, struct sample_lane *lane, uint64_t first_shot) {
    for (size_t k = 0; k < job->task->n_outputs; k++) {
        const struct sample_output *output = &job->task->outputs[k];
        struct text *text = &lane->texts[k];
        if (text->failed && lane->status == STATUS_OK) {
            lane->status = log_error(STATUS_NOFIT, "no memory for the text of a batch of shots");
        }
        if (sample_is_placed(output)) {
            if (lane->status == STATUS_OK) {
                lane->status = output->write_at(output->ctx, text->data, text->n,
                                                first_shot / 64 * output->bytes_of_64);
            }
            text->n = 0;
        }
    }
}

static void run_batch(const struct sample_job *job, struct sample_lane *lane, uint64_t batch) {
    const size_t n_words = (size_t)FRAME_SHOTS / 64 * job->options.n_blocks;
    uint64_t first;
    const uint64_t n_shots = sample_batch_shots(job, &first, batch);
    if (n_shots == 0 || lane->status != STATUS_OK) {
        return;
    }
    sample_prepare(job, lane, batch);
    if (!frame_state_run(lane->state, first / FRAME_SHOTS, lane->sweep_rows, job->task->stop)) {
        lane->status = STATUS_INTERRUPTED;
        return;
    }
    for (uint64_t shot = 0; shot < n_shots; shot += FRAME_GATHERED) {
        const uint64_t n_left = n_shots - shot;
        for (size_t k = 0; k < job->task->n_outputs; k++) {
            const enum frame_output what = job->task->outputs[k].what;
            const size_t n = frame_count_rows(lane->state, what);
            const struct sample_rows rows = {
                .rows = n > 0 ? frame_row(lane->state, what, 0) + shot / 64 : NULL,
                .n = n,
                .row_words = n_words,
                .first_shot = first + shot,
                .n_shots = n_left < FRAME_GATHERED ? (size_t)n_left : FRAME_GATHERED,
            };
            sample_format(job, lane, k, &rows);
        }
    }
    sample_place(job, lane, first);
}

/* ---- rounds ---- */

/* Lanes on their own, each with batches after each other. */
static enum status run_lanes(struct sample_job *job) {
    const uint64_t n_turns = job->round.n / (uint64_t)job->n_lanes;
    const uint64_t own = job->round.first + (uint64_t)team_rank(job->world) * job->round.n;
    enum status status = STATUS_OK;
#pragma omp parallel for schedule(static, 1) num_threads(job->n_lanes)
    for (int i = 0; i < job->n_lanes; i++) {
        struct sample_lane *lane = &job->lanes[i];
        for (uint64_t turn = 0; turn < n_turns; turn++) {
            run_batch(job, lane, own + (uint64_t)i * n_turns + turn);
        }
    }
    for (int i = 0; i < job->n_lanes; i++) {
        struct sample_lane *lane = &job->lanes[i];
        for (size_t k = 0; k < job->task->n_outputs; k++) {
            job->pieces[k][i] = (struct sample_piece){i, 0, lane->texts[k].n};
        }
        status = status == STATUS_OK ? lane->status : status;
    }
    return status;
}

/* Batches of a replica between meetings of all ranks, at most. */
static uint64_t most_turns(const struct sample_job *job) {
    const bool is_alone = team_size(job->world) == 1;
    const uint64_t n_bytes = 2 * (uint64_t)job->stride * 8 * FRAME_SHOTS * job->options.n_blocks;
    uint64_t n_turns = MAX_TURNS;
    if (job->task->prepare != NULL) {
        return 1; /* what is prepared is kept */
    }
    for (size_t k = 0; k < job->task->n_outputs; k++) {
        if (!sample_is_placed(&job->task->outputs[k])) {
            n_turns = (is_alone ? ALONE_BYTES : ROUND_BYTES * job->n_team) / (n_bytes + 1);
        }
    }
    return n_turns < 1 ? 1 : n_turns > MAX_TURNS ? MAX_TURNS : n_turns;
}

/* The most that a rank has to say in a round of n batches for each replica. */
static enum status make_pieces(struct sample_job *job, uint64_t n) {
    const uint64_t n_slices = n * job->options.n_blocks * (FRAME_SHOTS / FRAME_GATHERED);
    job->n_pieces =
        job->n_team > 1 ? (size_t)sample_divide_up(n_slices, job->n_team) : (size_t)job->n_lanes;
    for (size_t k = 0; k < job->task->n_outputs; k++) {
        job->pieces[k] = mem_alloc(job->n_pieces, sizeof *job->pieces[k]);
        if (job->pieces[k] == NULL) {
            return STATUS_NOFIT;
        }
    }
    return STATUS_OK;
}

/* All shots of this rank's replica in the round. */
static enum status prepare_round(const struct sample_job *job) {
    const struct sample_task *task = job->task;
    const uint64_t replica = (uint64_t)team_rank(job->world) / job->n_team,
                   n_batch = (uint64_t)job->options.n_blocks * FRAME_SHOTS,
                   first = (job->round.first + replica * job->round.n) * n_batch,
                   n = job->round.n * n_batch;
    const uint64_t n_left = first < task->n_shots ? task->n_shots - first : 0;
    if (task->prepare == NULL) {
        return STATUS_OK;
    }
    return comm_agree(job->world, task->prepare(task->prepare_ctx, first, n < n_left ? n : n_left));
}

static enum status run_round(struct sample_job *job) {
    TRY(prepare_round(job));
    enum status status = job->n_team > 1 ? sample_run_team(job) : run_lanes(job);
    const double t_start_s = clock_now_s();
    status = comm_agree(job->world, status);
    status = status == STATUS_OK ? sample_write_round(job) : status;
    job->wait_s += clock_now_s() - t_start_s;
    return status;
}

/* What all ranks do next: whether any of them was told to stop, else how many turns are a round. */
static bool asks_to_stop(const struct sample_job *job, struct pace *pace, double t_round_s) {
    const volatile sig_atomic_t *stop = job->task->stop;
    uint64_t all[] = {stop != NULL && *stop != 0, (uint64_t)(1e3 * t_round_s)};
    comm_max_u64(job->world, all, 2);
    pace_update(pace, all[1], UINT64_MAX);
    if (job->task->keep != NULL) {
        job->task->keep();
    }
    return all[0] != 0;
}

static enum status run_rounds(struct sample_job *job) {
    const uint64_t n_shots = job->task->n_shots, n_blocks = sample_divide_up(n_shots, FRAME_SHOTS),
                   n_batches = sample_divide_up(n_blocks, job->options.n_blocks);
    /* a turn: a batch for each lane, or for each team */
    const uint64_t n_own = job->n_team > 1 ? 1 : (uint64_t)job->n_lanes,
                   n_turn = n_own * job->n_replicas,
                   n_most = most_turns(job) * (job->n_team > 1 ? (uint64_t)job->n_lanes : 1);
    uint64_t n_turns = sample_divide_up(n_batches, n_turn);
    const uint64_t n_even = /* of rounds of much the same length */
        sample_divide_up(n_turns, sample_divide_up(n_turns, n_most) + (n_turns == 0));
    struct pace pace;
    bool has_stopped = false;
    enum status status = make_pieces(job, n_own * n_even);
    TRY(comm_agree(job->world, status));
    pace_init(&pace, 1, n_even > 0 ? n_even : 1, PACE_FRAMES_MS);
    while (n_turns > 0 && status == STATUS_OK && !has_stopped) {
        const uint64_t n = n_turns < pace.n_blocks ? n_turns : pace.n_blocks;
        const double t_s = clock_now_s();
        job->round.n = n * n_own;
        status = run_round(job);
        if (status == STATUS_INTERRUPTED) { /* on some rank: the round is left out */
            status = STATUS_OK;
            break;
        }
        job->round.first += job->round.n * job->n_replicas;
        n_turns -= n;
        has_stopped = status == STATUS_OK && asks_to_stop(job, &pace, clock_now_s() - t_s);
    }
    const uint64_t n_done = job->round.first * job->options.n_blocks;
    job->n_done = n_done < n_blocks ? n_done * FRAME_SHOTS : n_shots;
    return status;
}

static enum status split_team(struct sample_job *job) {
    const int n = (int)job->task->plan->n_ranks;
    job->n_team = n > 1 ? (uint64_t)n : 1;
    job->n_replicas = (uint64_t)team_size(job->world) / job->n_team;
    if (n <= 1) {
        return STATUS_OK;
    }
    CHECK(team_size(job->world) % n == 0);
    TRY(team_split(&job->replica, job->world, team_rank(job->world) / n));
    job->options.team = job->replica;
    return STATUS_OK;
}

static void choose_outputs(struct sample_job *job) {
    const struct sample_task *task = job->task;
    for (size_t k = 0; k < task->n_outputs; k++) {
        const enum frame_output what = task->outputs[k].what;
        const size_t n_words = stride_of(count_rows(task->plan, what));
        job->stride = n_words > job->stride ? n_words : job->stride;
        job->options.keeps_records = job->options.keeps_records || what == FRAME_OUT_RECORDS;
        job->options.keeps_detectors = job->options.keeps_detectors || what == FRAME_OUT_DETECTORS;
    }
}

/* The same number of lanes and blocks on all ranks: rounds then have the same shots. */
static void agree_lanes(struct sample_job *job) {
    uint64_t spare[2] = {UINT64_MAX - (uint64_t)job->n_lanes, UINT64_MAX - job->options.n_blocks};
    comm_max_u64(job->world, spare, 2);
    job->n_lanes = (int)(UINT64_MAX - spare[0]);
    job->options.n_blocks = (uint32_t)(UINT64_MAX - spare[1]);
    job->n_threads = omp_get_max_threads() < job->n_lanes ? omp_get_max_threads() : job->n_lanes;
}

enum status sample_run(struct sample_figures *out_figures, const struct sample_task *task,
                       const struct team *team) {
    struct sample_job job = {
        .task = task,
        .world = team,
        .options = {.seed = task->seed, .pairs = task->pairs, .conditions = task->conditions}};
    const double t_start_s = clock_now_s();
    enum status status;
    choose_outputs(&job);
    TRY_GOTO(split_team(&job), cleanup);
    TRY_GOTO(comm_agree(team, choose_lanes(&job)), cleanup);
    agree_lanes(&job);
    TRY_GOTO(comm_agree(team, create_lanes(&job)), cleanup);
    status = run_rounds(&job);
    comm_max_f64(team, &job.wait_s, 1);
    *out_figures = (struct sample_figures){
        .n_shots = job.n_done,
        .n_bytes = (uint64_t)job.n_lanes * lane_bytes(&job),
        .n_threads = job.n_threads,
        .n_blocks = job.options.n_blocks,
        .wall_s = clock_now_s() - t_start_s,
        .wait_s = job.wait_s,
    };
cleanup:
    sample_destroy_team(&job);
    destroy_lanes(&job);
    team_destroy(job.replica);
    return status;
}
