/* Replicas of several ranks, each with the frames of its QPUs' qubits.
 *
 * Batches are in flight, a lane each: where one waits for rows of another rank, the next goes on.
 * At its end the ranks of a team have parts of rows; shots are dealt out in slices of
 * FRAME_GATHERED, and for each slice the others send what they have to the rank that writes it. */
#include <sched.h>
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/progress.h"
#include "runtime/sample_impl.h"

enum { SLICE_WORDS = FRAME_GATHERED / 64 };

/* Rows of an output that a rank has parts of; is_first: no rank before it has. */
struct run {
    size_t first, n;
    bool is_first;
};
struct share {
    struct run *runs;
    size_t n_runs, cap_runs, n_rows;
};
struct sample_shares {
    struct share *outputs[SAMPLE_MAX_OUTPUTS]; /* by rank of the team */
    size_t *n_rows;                            /* of all outputs, by rank */
    size_t n_foreign_rows;                     /* of all ranks but this one */
};

enum stage {
    STAGE_FREE,
    STAGE_WALKING, /* frames */
    STAGE_WALKED,
    STAGE_PACKED,
    STAGE_AWAY, /* parts are on their way */
    STAGE_HERE,
};
struct sample_flight {
    enum stage stage;
    bool has_moved;
    bool is_stuck; /* in its walk, until rows come or go */
    uint64_t batch, next_turn;
    uint64_t *out, *in;                  /* parts of slices, a rank after the other */
    uint64_t *whole[SAMPLE_MAX_OUTPUTS]; /* rows of a slice */
    struct comm_request *sends, *receives;
    size_t n_sends, n_sent, n_receives, n_received;
};

/* ---- slices ---- */

static uint64_t batch_slices(const struct sample_job *job) {
    return (uint64_t)job->options.n_blocks * (FRAME_SHOTS / FRAME_GATHERED);
}

/* Which slices of a batch a rank writes: *out_first and each n_team-th after it. */
static size_t find_slices(const struct sample_job *job, size_t *out_first, uint64_t batch,
                          uint64_t rank) {
    const uint64_t n_team = job->n_team, first_slice = batch * batch_slices(job);
    uint64_t first_shot;
    const uint64_t n_slices =
        sample_divide_up(sample_batch_shots(job, &first_shot, batch), FRAME_GATHERED);
    *out_first = (size_t)((rank + n_team - first_slice % n_team) % n_team);
    return *out_first < n_slices ? (size_t)((n_slices - 1 - *out_first) / n_team + 1) : 0;
}

static size_t most_slices(const struct sample_job *job) {
    return (size_t)sample_divide_up(batch_slices(job), job->n_team);
}

static size_t rows_of(const struct sample_job *job, size_t k) {
    return frame_count_rows(job->lanes[0].state, job->task->outputs[k].what);
}

uint64_t sample_flight_bytes(const struct sample_job *job) {
    const uint64_t rows = (uint64_t)job->stride * 64 * SLICE_WORDS * sizeof(uint64_t);
    const uint64_t n_slices = batch_slices(job) + most_slices(job) + 1;
    uint64_t n_bytes;
    return __builtin_mul_overflow(rows, n_slices, &n_bytes) ? UINT64_MAX / 2 : n_bytes;
}

/* ---- who has what ---- */

static enum status add_run(struct share *share, size_t first, size_t n) {
    TRY(vec_reserve(&share->runs, share->n_runs, &share->cap_runs, 1, sizeof *share->runs));
    share->runs[share->n_runs++] = (struct run){first, n, false};
    share->n_rows += n;
    return STATUS_OK;
}

static enum status find_own(struct share *share, const uint8_t *has_row, size_t n) {
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && (has_row[end] != 0) == (has_row[i] != 0);) {
            end++;
        }
        if (has_row[i] != 0) {
            TRY(add_run(share, i, end - i));
        }
    }
    return STATUS_OK;
}

/* The runs of a rank, on all ranks. */
static enum status spread(const struct sample_job *job, struct share *share, int rank) {
    uint64_t n[2] = {share->n_runs, share->n_rows};
    comm_bcast(job->replica, n, sizeof n, rank);
    enum status status = STATUS_OK;
    if (team_rank(job->replica) != rank) {
        status = vec_reserve(&share->runs, 0, &share->cap_runs, (size_t)n[0], sizeof *share->runs);
        share->n_runs = (size_t)n[0];
        share->n_rows = (size_t)n[1];
    }
    TRY(comm_agree(job->replica, status));
    comm_bcast(job->replica, share->runs, share->n_runs * sizeof *share->runs, rank);
    return STATUS_OK;
}

/* Cuts runs where ranks before have parts of some of the rows, and notes those of this one. */
static enum status mark_first(struct share *share, uint64_t *is_known) {
    struct share cut = {0};
    for (size_t r = 0; r < share->n_runs; r++) {
        const size_t end = share->runs[r].first + share->runs[r].n;
        for (size_t i = share->runs[r].first, to; i < end; i = to) {
            for (to = i + 1; to < end && bits_get(is_known, to) == bits_get(is_known, i);) {
                to++;
            }
            if (add_run(&cut, i, to - i) != STATUS_OK) {
                mem_free(cut.runs);
                return STATUS_NOFIT;
            }
            cut.runs[cut.n_runs - 1].is_first = !bits_get(is_known, i);
        }
    }
    for (size_t r = 0; r < cut.n_runs; r++) {
        for (size_t i = 0; i < cut.runs[r].n; i++) {
            bits_set(is_known, cut.runs[r].first + i, true);
        }
    }
    mem_free(share->runs);
    *share = cut;
    return STATUS_OK;
}

static enum status share_output(struct sample_job *job, size_t k) {
    const size_t n = rows_of(job, k);
    const int n_team = (int)job->n_team, own = team_rank(job->replica);
    struct share *shares = mem_alloc((size_t)n_team, sizeof *shares);
    uint64_t *is_known = mem_alloc(bits_words(n) + 1, sizeof *is_known);
    enum status status = shares != NULL && is_known != NULL ? STATUS_OK : STATUS_NOFIT;
    job->shares->outputs[k] = shares;
    if (status == STATUS_OK) {
        status =
            find_own(&shares[own], frame_parts(job->lanes[0].state, job->task->outputs[k].what), n);
    }
    status = comm_agree(job->replica, status);
    for (int rank = 0; rank < n_team && status == STATUS_OK; rank++) {
        status = spread(job, &shares[rank], rank);
    }
    for (int rank = 0; rank < n_team && status == STATUS_OK; rank++) {
        status = mark_first(&shares[rank], is_known);
        job->shares->n_rows[rank] += shares[rank].n_rows;
        job->shares->n_foreign_rows += rank != own ? shares[rank].n_rows : 0;
    }
    mem_free(is_known);
    return comm_agree(job->replica, status);
}

static enum status make_flight(const struct sample_job *job, struct sample_flight *flight) {
    const size_t row_bytes = SLICE_WORDS * sizeof(uint64_t), n_team = (size_t)job->n_team;
    const struct sample_shares *shares = job->shares;
    const size_t n_own = shares->n_rows[team_rank(job->replica)];
    flight->out = mem_map(n_own * row_bytes * (size_t)batch_slices(job));
    flight->in = mem_map(shares->n_foreign_rows * row_bytes * most_slices(job));
    flight->sends = mem_alloc(n_team, sizeof *flight->sends);
    flight->receives = mem_alloc(n_team, sizeof *flight->receives);
    bool is_good = flight->out != NULL && flight->in != NULL && flight->sends != NULL &&
                   flight->receives != NULL;
    for (size_t k = 0; k < job->task->n_outputs; k++) {
        flight->whole[k] = mem_map((rows_of(job, k) + FRAME_GATHER_ROWS) * row_bytes);
        is_good = is_good && flight->whole[k] != NULL;
    }
    return is_good ? STATUS_OK : STATUS_NOFIT;
}

static enum status make_shares(struct sample_job *job) {
    enum status status = STATUS_OK;
    job->shares = mem_alloc(1, sizeof *job->shares);
    if (job->shares != NULL) {
        job->shares->n_rows = mem_alloc((size_t)job->n_team, sizeof(size_t));
    }
    TRY(comm_agree(job->replica,
                   job->shares != NULL && job->shares->n_rows != NULL ? STATUS_OK : STATUS_NOFIT));
    for (size_t k = 0; k < job->task->n_outputs; k++) {
        TRY(share_output(job, k));
    }
    for (int i = 0; i < job->n_lanes && status == STATUS_OK; i++) {
        status = make_flight(job, job->lanes[i].flight);
    }
    return comm_agree(job->replica, status);
}

static void destroy_flight(const struct sample_job *job, struct sample_flight *flight) {
    const size_t row_bytes = SLICE_WORDS * sizeof(uint64_t);
    if (flight == NULL) {
        return;
    }
    if (job->shares != NULL && flight->out != NULL) {
        mem_unmap(flight->out, job->shares->n_rows[team_rank(job->replica)] * row_bytes *
                                   (size_t)batch_slices(job));
    }
    if (job->shares != NULL) {
        mem_unmap(flight->in, job->shares->n_foreign_rows * row_bytes * most_slices(job));
    }
    for (size_t k = 0; k < job->task->n_outputs; k++) {
        mem_unmap(flight->whole[k], (rows_of(job, k) + FRAME_GATHER_ROWS) * row_bytes);
    }
    mem_free(flight->sends);
    mem_free(flight->receives);
    mem_free(flight);
}

void sample_destroy_team(struct sample_job *job) {
    for (int i = 0; i < job->n_lanes && job->lanes != NULL; i++) {
        destroy_flight(job, job->lanes[i].flight);
    }
    for (size_t k = 0; job->shares != NULL && k < SAMPLE_MAX_OUTPUTS; k++) {
        for (size_t r = 0; r < job->n_team && job->shares->outputs[k] != NULL; r++) {
            mem_free(job->shares->outputs[k][r].runs);
        }
        mem_free(job->shares->outputs[k]);
    }
    if (job->shares != NULL) {
        mem_free(job->shares->n_rows);
    }
    mem_free(job->shares);
}

/* ---- parts of a slice ---- */

static const uint64_t *slice_row(const struct sample_job *job, const struct sample_lane *lane,
                                 size_t k, size_t row, size_t slice) {
    return frame_row(lane->state, job->task->outputs[k].what, row) + slice * SLICE_WORDS;
}

/* This rank's part of a slice, to `to`; returns its end. */
static uint64_t *pack_slice(const struct sample_job *job, const struct sample_lane *lane,
                            uint64_t *to, size_t slice) {
    const size_t n_words = (size_t)FRAME_SHOTS / 64 * job->options.n_blocks;
    for (size_t k = 0; k < job->task->n_outputs; k++) {
        const struct share *share = &job->shares->outputs[k][team_rank(job->replica)];
        for (size_t r = 0; r < share->n_runs; r++) {
            const uint64_t *row = slice_row(job, lane, k, share->runs[r].first, slice);
            for (size_t i = 0; i < share->runs[r].n; i++, row += n_words) {
                memcpy(to, row, SLICE_WORDS * sizeof *to);
                to += SLICE_WORDS;
            }
        }
    }
    return to;
}

/* This rank's parts of the slices of the others. */
static void pack(const struct sample_job *job, struct sample_lane *lane) {
    uint64_t *to = lane->flight->out;
    for (int rank = 0; rank < (int)job->n_team; rank++) {
        size_t slice;
        size_t n = find_slices(job, &slice, lane->flight->batch, (uint64_t)rank);
        for (; rank != team_rank(job->replica) && n > 0; n--, slice += (size_t)job->n_team) {
            to = pack_slice(job, lane, to, slice);
        }
    }
}

static void send_parts(const struct sample_job *job, struct sample_lane *lane) {
    struct sample_flight *flight = lane->flight;
    const int own = team_rank(job->replica);
    const size_t *n_rows = job->shares->n_rows;
    const uint64_t *out = flight->out;
    uint64_t *in = flight->in;
    size_t slice;
    const size_t n_own = find_slices(job, &slice, flight->batch, (uint64_t)own);
    flight->n_receives = flight->n_received = flight->n_sends = flight->n_sent = 0;
    for (int rank = 0; rank < (int)job->n_team; rank++) {
        const size_t n_out =
            n_rows[own] * find_slices(job, &slice, flight->batch, (uint64_t)rank) * SLICE_WORDS;
        const size_t n_in = n_rows[rank] * n_own * SLICE_WORDS;
        if (rank != own && n_in > 0) {
            comm_irecv(job->replica, &flight->receives[flight->n_receives++], in, n_in * sizeof *in,
                       rank, TAG_REDUCE, (uint32_t)(lane - job->lanes));
            in += n_in;
        }
        if (rank != own && n_out > 0) {
            comm_issend(job->replica, &flight->sends[flight->n_sends++], out, n_out * sizeof *out,
                        rank, TAG_REDUCE, (uint32_t)(lane - job->lanes));
            out += n_out;
        }
    }
}

/* to = or ^= rows that are row_words apart; returns what follows them. */
static const uint64_t *put_run(uint64_t *to, const struct run *run, const uint64_t *from,
                               size_t row_words) {
    for (size_t i = 0; i < run->n; i++, to += SLICE_WORDS, from += row_words) {
        for (size_t w = 0; w < SLICE_WORDS; w++) {
            to[w] = run->is_first ? from[w] : to[w] ^ from[w];
        }
    }
    return from;
}

/* The j-th slice of this rank, all parts together. Rows that no rank has parts of stay 0. */
static void put_together(const struct sample_job *job, struct sample_lane *lane, size_t slice,
                         size_t j, size_t n_slices) {
    const int own = team_rank(job->replica);
    const size_t n_words = (size_t)FRAME_SHOTS / 64 * job->options.n_blocks;
    const uint64_t *in = lane->flight->in;
    for (int rank = 0; rank < (int)job->n_team; rank++) {
        const size_t n_part = job->shares->n_rows[rank] * SLICE_WORDS;
        const uint64_t *from = in + j * n_part;
        for (size_t k = 0; k < job->task->n_outputs; k++) {
            const struct share *share = &job->shares->outputs[k][rank];
            uint64_t *whole = lane->flight->whole[k];
            for (size_t r = 0; r < share->n_runs; r++) {
                const struct run *run = &share->runs[r];
                uint64_t *to = whole + run->first * SLICE_WORDS;
                if (rank == own) {
                    put_run(to, run, slice_row(job, lane, k, run->first, slice), n_words);
                } else {
                    from = put_run(to, run, from, SLICE_WORDS);
                }
            }
        }
        in += rank != own ? n_part * n_slices : 0;
    }
}

/* Where the slice is among those that this rank writes in a round. */
static size_t piece_of(const struct sample_job *job, uint64_t batch, size_t slice) {
    const uint64_t team = (uint64_t)team_rank(job->world) / job->n_team,
                   first = (job->round.first + team * job->round.n) * batch_slices(job);
    return (size_t)((batch * batch_slices(job) + slice - first) / job->n_team);
}

static void format_slices(const struct sample_job *job, struct sample_lane *lane) {
    const uint64_t batch = lane->flight->batch;
    uint64_t first;
    size_t slice;
    const uint64_t n_shots = sample_batch_shots(job, &first, batch);
    const size_t n = find_slices(job, &slice, batch, (uint64_t)team_rank(job->replica));
    for (size_t j = 0; j < n && lane->status == STATUS_OK; j++, slice += (size_t)job->n_team) {
        const uint64_t shot = (uint64_t)slice * FRAME_GATHERED, n_left = n_shots - shot;
        put_together(job, lane, slice, j, n);
        for (size_t k = 0; k < job->task->n_outputs; k++) {
            const size_t at = lane->texts[k].n;
            const struct sample_rows rows = {
                .rows = lane->flight->whole[k],
                .n = rows_of(job, k),
                .row_words = SLICE_WORDS,
                .first_shot = first + shot,
                .n_shots = n_left < FRAME_GATHERED ? (size_t)n_left : FRAME_GATHERED,
            };
            sample_format(job, lane, k, &rows);
            job->pieces[k][piece_of(job, batch, slice)] =
                (struct sample_piece){(int)(lane - job->lanes), at, lane->texts[k].n - at};
        }
        sample_place(job, lane, first + shot);
    }
}

/* ---- lanes in flight ---- */

/* The next batch of the lane, if there is one in this round. */
static bool take_batch(const struct sample_job *job, struct sample_lane *lane) {
    struct sample_flight *flight = lane->flight;
    const uint64_t team = (uint64_t)team_rank(job->world) / job->n_team;
    uint64_t first;
    if (flight->next_turn >= job->round.n) {
        return false;
    }
    flight->batch = job->round.first + team * job->round.n + flight->next_turn;
    if (sample_batch_shots(job, &first, flight->batch) == 0) {
        flight->next_turn = job->round.n; /* nor has any later one */
        return false;
    }
    flight->next_turn += (uint64_t)job->n_lanes;
    sample_prepare(job, lane, flight->batch);
    frame_state_begin(lane->state, first / FRAME_SHOTS, lane->sweep_rows);
    flight->stage = STAGE_WALKING;
    flight->is_stuck = false;
    return true;
}

static bool can_work(const struct sample_job *job, const struct sample_flight *flight) {
    switch (flight->stage) {
    case STAGE_FREE:
        return flight->next_turn < job->round.n;
    case STAGE_WALKING:
        return !flight->is_stuck;
    case STAGE_WALKED:
        return flight->n_sent == flight->n_sends;
    case STAGE_HERE:
        return true;
    case STAGE_PACKED:
    case STAGE_AWAY:
        break;
    }
    return false;
}

/* What a lane can do by itself. */
static void work(const struct sample_job *job, struct sample_lane *lane) {
    struct sample_flight *flight = lane->flight;
    const enum stage before = flight->stage;
    if (flight->stage == STAGE_HERE) {
        format_slices(job, lane);
        flight->stage = STAGE_FREE;
    }
    if (flight->stage == STAGE_FREE) {
        take_batch(job, lane);
    }
    if (flight->stage == STAGE_WALKING && !flight->is_stuck) {
        flight->is_stuck = !frame_state_advance(lane->state);
        flight->stage = flight->is_stuck ? STAGE_WALKING : STAGE_WALKED;
    }
    if (flight->stage == STAGE_WALKED && flight->n_sent == flight->n_sends) {
        pack(job, lane);
        flight->stage = STAGE_PACKED;
    }
    flight->has_moved = flight->stage != before;
}

/* What it has to say to the other ranks. */
static void talk(const struct sample_job *job, struct sample_lane *lane) {
    struct sample_flight *flight = lane->flight;
    if (frame_state_talk(lane->state)) {
        flight->is_stuck = false;
        flight->has_moved = true;
    }
    while (flight->n_sent < flight->n_sends && comm_test(&flight->sends[flight->n_sent], NULL)) {
        flight->n_sent++;
        flight->has_moved = true;
    }
    if (flight->stage == STAGE_PACKED) {
        send_parts(job, lane);
        flight->stage = STAGE_AWAY;
        flight->has_moved = true;
    }
    while (flight->stage == STAGE_AWAY && flight->n_received < flight->n_receives &&
           comm_test(&flight->receives[flight->n_received], NULL)) {
        flight->n_received++;
        flight->has_moved = true;
    }
    if (flight->stage == STAGE_AWAY && flight->n_received == flight->n_receives) {
        flight->stage = STAGE_HERE;
    }
}

static bool is_done(const struct sample_job *job) {
    for (int i = 0; i < job->n_lanes; i++) {
        const struct sample_flight *flight = job->lanes[i].flight;
        if (flight->stage != STAGE_FREE || flight->n_sent < flight->n_sends ||
            !frame_state_is_quiet(job->lanes[i].state)) {
            return false;
        }
    }
    return true;
}

/* One step of each lane; did any of them come further? */
static bool step(const struct sample_job *job) {
    bool has_moved = false;
    int n_ready = 0;
    for (int i = 0; i < job->n_lanes; i++) {
        n_ready += can_work(job, job->lanes[i].flight);
    }
    const bool is_shared = job->n_threads > 1 && n_ready > 1;
    if (is_shared) {
#pragma omp parallel for schedule(dynamic, 1) num_threads(job->n_threads)
        for (int i = 0; i < job->n_lanes; i++) {
            work(job, &job->lanes[i]);
        }
    }
    for (int i = 0; i < job->n_lanes; i++) {
        struct sample_lane *lane = &job->lanes[i];
        if (!is_shared) {
            work(job, lane);
        }
        talk(job, lane);
        has_moved = has_moved || lane->flight->has_moved;
    }
    return has_moved;
}

/* Which rows have parts where is known after the first batch. */
static enum status run_first(struct sample_job *job) {
    enum status status = STATUS_OK;
    for (int i = 0; i < job->n_lanes && status == STATUS_OK; i++) {
        job->lanes[i].flight = mem_alloc(1, sizeof *job->lanes[i].flight);
        status = job->lanes[i].flight != NULL ? STATUS_OK : STATUS_NOFIT;
    }
    TRY(comm_agree(job->replica, status));
    if (!take_batch(job, &job->lanes[0])) {
        return STATUS_OK; /* nor has any other rank of the team shots */
    }
    while (!frame_state_advance(job->lanes[0].state) ||
           !frame_state_is_quiet(job->lanes[0].state)) {
        if (!frame_state_talk(job->lanes[0].state)) {
            sched_yield();
        }
    }
    job->lanes[0].flight->stage = STAGE_WALKED;
    return make_shares(job);
}

enum status sample_run_team(struct sample_job *job) {
    const bool is_first = job->lanes[0].flight == NULL;
    double t_idle_s = 0;
    for (size_t k = 0; k < job->task->n_outputs; k++) {
        memset(job->pieces[k], 0, job->n_pieces * sizeof *job->pieces[k]);
    }
    if (is_first) {
        TRY(run_first(job));
    }
    for (int i = 0; i < job->n_lanes; i++) {
        job->lanes[i].flight->next_turn = (uint64_t)i;
    }
    if (is_first) {
        job->lanes[0].flight->next_turn = (uint64_t)job->n_lanes;
    }
    while (true) {
        const bool has_moved = step(job);
        if (!has_moved && is_done(job)) {
            break;
        }
        const double now_s = has_moved && t_idle_s == 0 ? 0 : clock_now_s();
        job->wait_s += has_moved && t_idle_s > 0 ? now_s - t_idle_s : 0;
        t_idle_s = has_moved ? 0 : t_idle_s > 0 ? t_idle_s : now_s;
        if (!has_moved) {
            sched_yield();
        }
    }
    for (int i = 0; i < job->n_lanes; i++) {
        TRY(job->lanes[i].status);
    }
    return STATUS_OK;
}
