#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "runtime/sample_impl.h"

/* Pieces in the order of shots: those of a replica's lanes, or of a team's ranks by turns. */
struct walk {
    uint64_t replica, i, n;
    int rank;     /* of all */
    size_t piece; /* of that rank */
};

static uint64_t slices_of(const struct sample_job *job, uint64_t batches) {
    return batches * job->options.n_blocks * (FRAME_SHOTS / FRAME_GATHERED);
}

static bool next_piece(const struct sample_job *job, struct walk *walk) {
    walk->n = job->n_team > 1 ? slices_of(job, job->round.n) : (uint64_t)job->n_lanes;
    if (walk->i == walk->n) {
        walk->i = 0;
        walk->replica++;
    }
    if (walk->replica == job->n_replicas) {
        return false;
    }
    const uint64_t first = slices_of(job, job->round.first + walk->replica * job->round.n);
    walk->rank = (int)(walk->replica * job->n_team + (first + walk->i) % job->n_team);
    walk->piece = (size_t)(walk->i / job->n_team);
    if (job->n_team == 1) {
        walk->rank = (int)walk->replica;
        walk->piece = (size_t)walk->i;
    }
    walk->i++;
    return true;
}

static const char *piece_text(const struct sample_job *job, size_t k, size_t piece) {
    const struct sample_piece *own = &job->pieces[k][piece];
    const char *text = job->lanes[own->lane].texts[k].data;
    return text != NULL ? text + own->at : "";
}

/* Each rank puts its own pieces where they belong. */
static enum status write_own(struct sample_job *job, size_t k, const uint64_t *lengths) {
    const struct sample_output *output = &job->task->outputs[k];
    struct walk walk = {0};
    enum status status = STATUS_OK;
    while (next_piece(job, &walk)) {
        const uint64_t n = lengths[(size_t)walk.rank * job->n_pieces + walk.piece];
        if (walk.rank == team_rank(job->world) && n > 0 && status == STATUS_OK) {
            status = output->write_at(output->ctx, piece_text(job, k, walk.piece), (size_t)n,
                                      job->offsets[k]);
        }
        job->offsets[k] += n;
    }
    return status;
}

static void send_own(const struct sample_job *job, size_t k) {
    struct comm_request request;
    for (size_t piece = 0; piece < job->n_pieces; piece++) {
        if (job->pieces[k][piece].n > 0) {
            comm_isend(job->world, &request, piece_text(job, k, piece), job->pieces[k][piece].n, 0,
                       TAG_RESULT, 0);
            comm_wait(&request, 1);
        }
    }
}

/* Rank 0 writes them all, one after the other. */
static enum status forward(const struct sample_job *job, size_t k, const uint64_t *lengths) {
    const struct sample_output *output = &job->task->outputs[k];
    struct walk walk = {0};
    struct text buffer = {0};
    enum status status = STATUS_OK;
    while (next_piece(job, &walk)) {
        const size_t n = (size_t)lengths[(size_t)walk.rank * job->n_pieces + walk.piece];
        const char *text = walk.rank == 0 && n > 0 ? piece_text(job, k, walk.piece) : NULL;
        if (walk.rank != 0 && n > 0) {
            struct comm_request request;
            buffer.n = 0;
            char *data = text_extend(&buffer, n);
            CHECK(data != NULL);
            comm_irecv(job->world, &request, data, n, walk.rank, TAG_RESULT, 0);
            comm_wait(&request, 1);
            text = data;
        }
        status = status == STATUS_OK && n > 0 ? output->write(output->ctx, text, n) : status;
    }
    text_fini(&buffer);
    return status;
}

static enum status write_output(struct sample_job *job, size_t k, uint64_t *lengths) {
    const size_t n_ranks = (size_t)team_size(job->world);
    uint64_t *own = lengths + n_ranks * job->n_pieces;
    for (size_t piece = 0; piece < job->n_pieces; piece++) {
        own[piece] = job->pieces[k][piece].n;
    }
    comm_allgather(job->world, lengths, own, job->n_pieces * sizeof *own);
    if (job->task->outputs[k].write_at != NULL) {
        return write_own(job, k, lengths);
    }
    if (team_rank(job->world) != 0) {
        send_own(job, k);
        return STATUS_OK;
    }
    return forward(job, k, lengths);
}

enum status sample_write_round(struct sample_job *job) {
    const size_t n_ranks = (size_t)team_size(job->world);
    uint64_t *lengths = mem_alloc((n_ranks + 1) * job->n_pieces, sizeof *lengths);
    enum status status = comm_agree(job->world, lengths != NULL ? STATUS_OK : STATUS_NOFIT);
    for (size_t k = 0; k < job->task->n_outputs && status == STATUS_OK; k++) {
        if (!sample_is_placed(&job->task->outputs[k])) {
            status = comm_agree(job->world, write_output(job, k, lengths));
        }
        for (int i = 0; i < job->n_lanes; i++) {
            job->lanes[i].texts[k].n = 0;
        }
    }
    mem_free(lengths);
    return status;
}
