#include "runtime/sample.h"

#include <omp.h>
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/progress.h"

/* What a thread works with. */
struct lane {
    struct frame_state *state;
    uint64_t *gathered, *sweep;
    uint64_t *sweep_rows; /* in sweep; NULL: zeros */
    struct text texts[SAMPLE_MAX_OUTPUTS];
};

struct job {
    const struct sample_task *task;
    const struct team *world;
    struct team *replica; /* the ranks that share a state; NULL: alone */
    struct team *split;
    const struct team *team; /* one rank of each replica, where the shots come together */
    struct frame_options options;
    struct lane *lanes;
    int n_lanes;
    struct frame_state **states; /* of the lanes that run */
    const uint64_t **sweeps;
    size_t stride; /* of gathered shots, the widest output */
};

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
static size_t choose_stride(size_t n_bits) {
    const size_t n_words = bits_words(n_bits), n_lines = (n_words + 7) / 8;
    return n_words <= 8 ? n_words : 8 * (n_lines | 1);
}

static uint64_t divide_up(uint64_t a, uint64_t b) {
    return a / b + (a % b != 0);
}

/* ---- memory ---- */

/* Bytes of a lane: state, gathered shots, texts (at most 5 characters a bit that is set). */
static uint64_t lane_bytes(const struct job *job) {
    const uint64_t state = frame_state_bytes(job->task->plan, &job->options);
    uint64_t gathered;
    if (__builtin_mul_overflow((uint64_t)job->stride, UINT64_C(8) * FRAME_SHOTS, &gathered) ||
        gathered > UINT64_MAX / 32 / job->options.n_blocks) {
        return UINT64_MAX;
    }
    const uint64_t rest = gathered / 2 + gathered * 2 * (uint64_t)job->options.n_blocks;
    return state > UINT64_MAX - rest ? UINT64_MAX : state + rest;
}

/* As many blocks to a batch and as many lanes as there is work and memory for. */
static enum status choose_lanes(struct job *job) {
    const struct sample_task *task = job->task;
    const uint64_t n_ranks = (uint64_t)team_size(job->team);
    const uint64_t room =
        task->max_bytes != 0 ? task->max_bytes : mem_available() / (uint64_t)team_size(job->world);
    const uint64_t n_blocks = divide_up(divide_up(task->n_shots, FRAME_SHOTS), n_ranks);
    const uint32_t wanted = task->n_blocks != 0 ? task->n_blocks : frame_suggest_blocks(task->plan);
    const uint64_t n_threads = (uint64_t)omp_get_max_threads();
    const uint64_t share = divide_up(n_blocks, n_threads);
    job->options.n_blocks = wanted < share ? wanted : share > 0 ? (uint32_t)share : 1;
    while (job->options.n_blocks > 1 && lane_bytes(job) > room / n_threads) {
        job->options.n_blocks /= 2;
    }
    const uint64_t n_bytes = lane_bytes(job),
                   n_batches = divide_up(n_blocks, job->options.n_blocks);
    if (n_bytes > room) {
        return log_error(STATUS_NOFIT,
                         "a block of 1024 shots needs %.3g GiB, more than the %.3g GiB that a rank "
                         "may use",
                         (double)n_bytes * 0x1p-30, (double)room * 0x1p-30);
    }
    uint64_t n = room / n_bytes;
    n = n > n_threads ? n_threads : n;
    n = n > n_batches ? n_batches : n;
    job->n_lanes = n > 0 ? (int)n : 1;
    return STATUS_OK;
}

static size_t gathered_bytes(const struct job *job) {
    return (job->stride + 1) * FRAME_GATHERED * sizeof(uint64_t);
}

static enum status create_lanes(struct job *job) {
    const struct frame_plan *plan = job->task->plan;
    const size_t sweep_words = plan->n_sweeps * (size_t)FRAME_SHOTS / 64 * job->options.n_blocks;
    job->lanes = mem_alloc((size_t)job->n_lanes, sizeof *job->lanes);
    job->states = mem_alloc((size_t)job->n_lanes, sizeof(struct frame_state *));
    job->sweeps = mem_alloc((size_t)job->n_lanes, sizeof(const uint64_t *));
    if (job->lanes == NULL || job->states == NULL || job->sweeps == NULL) {
        return STATUS_NOFIT;
    }
    for (int i = 0; i < job->n_lanes; i++) {
        struct lane *lane = &job->lanes[i];
        TRY(frame_state_create(&lane->state, plan, &job->options));
        lane->gathered = mem_map(gathered_bytes(job));
        lane->sweep = mem_alloc(sweep_words + 8, sizeof *lane->sweep);
        if (lane->gathered == NULL || lane->sweep == NULL) {
            return STATUS_NOFIT;
        }
    }
    return STATUS_OK;
}

static void destroy_lanes(struct job *job) {
    for (int i = 0; i < job->n_lanes && job->lanes != NULL; i++) {
        struct lane *lane = &job->lanes[i];
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
    mem_free(job->states);
    mem_free(job->sweeps);
}

/* ---- a batch ---- */

/* n_shots from first_shot of the batch on, at most FRAME_GATHERED. */
static void format_shots(const struct job *job, struct lane *lane, size_t k, size_t first_shot,
                         size_t n_shots) {
    const struct sample_output *output = &job->task->outputs[k];
    const size_t n_bits = frame_count_rows(lane->state, output->what),
                 stride = choose_stride(n_bits);
    frame_gather(lane->state, output->what, first_shot, lane->gathered, stride);
    for (size_t s = 0; s < n_shots && output->reference != NULL; s++) {
        for (size_t w = 0; w < bits_words(n_bits); w++) {
            lane->gathered[s * stride + w] ^= output->reference[w];
        }
    }
    const struct sample_block block = {
        .n_shots = n_shots,
        .n_bits = n_bits,
        .bits = lane->gathered,
        .rows = n_bits > 0 ? frame_row(lane->state, output->what, 0) + first_shot / 64 : NULL,
        .stride = stride,
        .row_words = (size_t)FRAME_SHOTS / 64 * job->options.n_blocks,
        .reference = output->reference,
    };
    output->format(output->ctx, &lane->texts[k], &block);
}

/* What the ranks of a team hold of the outputs comes to its first. */
static void collect(const struct job *job, const struct lane *lane) {
    bool has_detectors = false;
    for (size_t k = 0; k < job->task->n_outputs; k++) {
        has_detectors = has_detectors || job->task->outputs[k].what == FRAME_OUT_DETECTORS;
    }
    for (size_t k = 0; k < job->task->n_outputs; k++) {
        const enum frame_output what = job->task->outputs[k].what;
        if (what != FRAME_OUT_OBSERVABLES || !has_detectors) { /* detectors bring them */
            frame_collect(lane->state, what);
        }
    }
}

/* false: its blocks are beyond the last shot. */
static bool prepare_batch(const struct job *job, struct lane *lane, uint64_t first_block) {
    const struct sample_task *task = job->task;
    const size_t n_words = (size_t)FRAME_SHOTS / 64 * job->options.n_blocks;
    for (size_t k = 0; k < task->n_outputs; k++) {
        lane->texts[k].n = 0;
    }
    lane->sweep_rows = NULL;
    if (first_block * FRAME_SHOTS >= task->n_shots) {
        return false;
    }
    if (task->sweep != NULL && task->plan->n_sweeps > 0) {
        /* rows want the alignment of vectors */
        lane->sweep_rows = (uint64_t *)(((uintptr_t)lane->sweep + 63) & ~(uintptr_t)63);
        task->sweep(task->sweep_ctx, lane->sweep_rows, first_block * FRAME_SHOTS, n_words);
    }
    return true;
}

static void format_batch(const struct job *job, struct lane *lane, uint64_t first_block) {
    const struct sample_task *task = job->task;
    const uint64_t first_shot = first_block * FRAME_SHOTS, n_left = task->n_shots - first_shot;
    const uint64_t n_batch = (uint64_t)job->options.n_blocks * FRAME_SHOTS;
    const size_t n_shots = (size_t)(n_left < n_batch ? n_left : n_batch);
    for (size_t first = 0; first < n_shots; first += FRAME_GATHERED) {
        const size_t n = n_shots - first < FRAME_GATHERED ? n_shots - first : FRAME_GATHERED;
        for (size_t k = 0; k < task->n_outputs; k++) {
            format_shots(job, lane, k, first, n);
        }
    }
}

/* Lanes on their own. */
static void run_lanes(const struct job *job, uint64_t first_block) {
#pragma omp parallel for schedule(static, 1) num_threads(job->n_lanes)
    for (int i = 0; i < job->n_lanes; i++) {
        const uint64_t first = first_block + (uint64_t)i * job->options.n_blocks;
        struct lane *lane = &job->lanes[i];
        if (prepare_batch(job, lane, first)) {
            frame_state_run(lane->state, first, lane->sweep_rows);
            format_batch(job, lane, first);
        }
    }
}

/* Lanes that talk to those of the other ranks of their team. */
static void run_team_lanes(const struct job *job, uint64_t first_block) {
    const uint32_t n_blocks = job->options.n_blocks;
    size_t n_lanes = 0;
    for (int i = 0; i < job->n_lanes; i++) {
        struct lane *lane = &job->lanes[i];
        if (prepare_batch(job, lane, first_block + (uint64_t)i * n_blocks)) {
            job->states[n_lanes] = lane->state;
            job->sweeps[n_lanes++] = lane->sweep_rows;
        }
    }
    if (n_lanes == 0) {
        return;
    }
    frame_states_run(job->states, n_lanes, first_block, job->sweeps);
    for (size_t i = 0; i < n_lanes; i++) {
        collect(job, &job->lanes[i]);
    }
    if (team_rank(job->replica) != 0) {
        return;
    }
#pragma omp parallel for schedule(static, 1) num_threads((int)n_lanes)
    for (size_t i = 0; i < n_lanes; i++) {
        format_batch(job, &job->lanes[i], first_block + i * n_blocks);
    }
}

/* ---- in the order of shots ---- */

static enum status write_own(const struct job *job) {
    for (int i = 0; i < job->n_lanes; i++) {
        for (size_t k = 0; k < job->task->n_outputs; k++) {
            const struct sample_output *output = &job->task->outputs[k];
            const struct text *text = &job->lanes[i].texts[k];
            if (text->failed) {
                return log_error(STATUS_NOFIT, "no memory for the text of a batch of shots");
            }
            TRY(output->write(output->ctx, text->data, text->n));
        }
    }
    return STATUS_OK;
}

/* Rank 0 takes the texts of the others: sizes, then bytes. */
static enum status write_others(const struct job *job) {
    enum status status = STATUS_OK;
    struct text buffer = {0};
    for (int rank = 1; rank < team_size(job->team); rank++) {
        for (size_t k = 0; k < job->task->n_outputs; k++) {
            struct comm_request request;
            uint64_t n;
            comm_irecv(job->team, &request, &n, sizeof n, rank, TAG_RESULT, 0);
            comm_wait(&request, 1);
            buffer.n = 0;
            char *data = text_extend(&buffer, (size_t)n);
            CHECK(data != NULL);
            comm_irecv(job->team, &request, data, (size_t)n, rank, TAG_RESULT, 1);
            comm_wait(&request, 1);
            const struct sample_output *output = &job->task->outputs[k];
            status = status == STATUS_OK ? output->write(output->ctx, data, (size_t)n) : status;
        }
    }
    text_fini(&buffer);
    return status;
}

static void send_own(const struct job *job) {
    for (size_t k = 0; k < job->task->n_outputs; k++) {
        struct comm_request requests[2];
        struct text *whole = &job->lanes[0].texts[k];
        for (int i = 1; i < job->n_lanes; i++) {
            text_add_n(whole, job->lanes[i].texts[k].data, job->lanes[i].texts[k].n);
        }
        CHECK(!whole->failed);
        const uint64_t n = whole->n;
        comm_isend(job->team, &requests[0], &n, sizeof n, 0, TAG_RESULT, 0);
        comm_isend(job->team, &requests[1], whole->data, whole->n, 0, TAG_RESULT, 1);
        comm_wait(requests, 2);
    }
}

static enum status prepare_round(const struct job *job, uint64_t first_block, uint64_t n_blocks) {
    const struct sample_task *task = job->task;
    const uint64_t first = first_block * FRAME_SHOTS, n = n_blocks * FRAME_SHOTS;
    const uint64_t n_left = first < task->n_shots ? task->n_shots - first : 0;
    if (task->prepare == NULL) {
        return STATUS_OK;
    }
    return comm_agree(job->world, task->prepare(task->prepare_ctx, first, n < n_left ? n : n_left));
}

static enum status run_rounds(const struct job *job) {
    const struct sample_task *task = job->task;
    const uint64_t rank = (uint64_t)team_rank(job->team), n_ranks = (uint64_t)team_size(job->team);
    const uint64_t n_own = (uint64_t)job->n_lanes * job->options.n_blocks;
    const uint64_t n_blocks = divide_up(task->n_shots, FRAME_SHOTS);
    enum status status = STATUS_OK;
    for (uint64_t first = 0; first < n_blocks && status == STATUS_OK; first += n_own * n_ranks) {
        const uint64_t own = first + rank * n_own;
        TRY(prepare_round(job, own, n_own));
        if (job->replica != NULL) {
            run_team_lanes(job, own);
        } else {
            run_lanes(job, own);
        }
        if (job->replica != NULL && team_rank(job->replica) != 0) {
            status = STATUS_OK;
        } else if (rank == 0) {
            status = write_own(job);
            const enum status others = write_others(job);
            status = status == STATUS_OK ? others : status;
        } else {
            send_own(job);
        }
        status = team_size(job->world) > 1 ? comm_agree(job->world, status) : status;
    }
    return status;
}

/* Replicas of plan->n_ranks ranks each, and the team of their first ranks (and of their second ...,
 * which have nothing to say). */
static enum status split_team(struct job *job) {
    const int n = (int)job->task->plan->n_ranks, rank = team_rank(job->world);
    job->team = job->world;
    if (n <= 1) {
        return STATUS_OK;
    }
    CHECK(team_size(job->world) % n == 0);
    TRY(team_split(&job->replica, job->world, rank / n));
    TRY(team_split(&job->split, job->world, rank % n));
    job->team = job->split;
    job->options.team = job->replica;
    return STATUS_OK;
}

static void choose_outputs(struct job *job) {
    const struct sample_task *task = job->task;
    for (size_t k = 0; k < task->n_outputs; k++) {
        const enum frame_output what = task->outputs[k].what;
        const size_t n_words = choose_stride(count_rows(task->plan, what));
        job->stride = n_words > job->stride ? n_words : job->stride;
        job->options.keeps_records = job->options.keeps_records || what == FRAME_OUT_RECORDS;
        job->options.keeps_detectors = job->options.keeps_detectors || what == FRAME_OUT_DETECTORS;
    }
}

/* The same number of lanes and blocks on all ranks: rounds then have the same shots. */
static void agree_lanes(struct job *job) {
    uint64_t spare[2] = {UINT64_MAX - (uint64_t)job->n_lanes, UINT64_MAX - job->options.n_blocks};
    comm_max_u64(job->world, spare, 2);
    job->n_lanes = (int)(UINT64_MAX - spare[0]);
    job->options.n_blocks = (uint32_t)(UINT64_MAX - spare[1]);
}

enum status sample_run(struct sample_figures *out_figures, const struct sample_task *task,
                       const struct team *team) {
    struct job job = {
        .task = task, .world = team, .options = {.seed = task->seed, .pairs = task->pairs}};
    const double t_start_s = clock_now_s();
    enum status status;
    choose_outputs(&job);
    TRY_GOTO(split_team(&job), cleanup);
    TRY_GOTO(comm_agree(team, choose_lanes(&job)), cleanup);
    agree_lanes(&job);
    TRY_GOTO(comm_agree(team, create_lanes(&job)), cleanup);
    status = run_rounds(&job);
    *out_figures = (struct sample_figures){
        .n_bytes = (uint64_t)job.n_lanes * lane_bytes(&job),
        .n_threads = job.n_lanes,
        .n_blocks = job.options.n_blocks,
        .wall_s = clock_now_s() - t_start_s,
    };
cleanup:
    destroy_lanes(&job);
    team_destroy(job.replica);
    team_destroy(job.split);
    return status;
}
