#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "engine/frame/frame_state.h"

/* A rank that cannot send has N_BUFFERS messages that were not taken. The other one takes all but
 * the FRAME_MAX_WAITING last rows that were sent before its own place in the list, so it is behind
 * that rank: ranks cannot wait for each other in a circle. */
enum { MAX_ROWS = 32, N_BUFFERS = 4 * FRAME_MAX_WAITING };

struct buffer {
    uint64_t n; /* rows; sent ahead of them */
    uint64_t *rows;
    struct comm_request requests[2];
    bool is_away;
};
struct peer {
    struct buffer out[N_BUFFERS];
    uint32_t filling; /* the buffer that takes rows */
    uint64_t *rows;   /* of all buffers */
    uint64_t n_in, next_in;
    uint64_t *in;
};
struct frame_post {
    const struct team *team;
    size_t n_words;
    struct peer *peers; /* by rank */
    uint32_t n_peers;
};

static size_t message_bytes(size_t n_words) {
    return MAX_ROWS * n_words * sizeof(uint64_t);
}

static enum status make_peer(struct peer *peer, size_t n_words) {
    peer->in = mem_map(message_bytes(n_words));
    peer->rows = mem_map(N_BUFFERS * message_bytes(n_words));
    for (size_t i = 0; i < N_BUFFERS && peer->rows != NULL; i++) {
        peer->out[i].rows = peer->rows + i * MAX_ROWS * n_words;
    }
    return peer->in != NULL && peer->rows != NULL ? STATUS_OK : STATUS_NOFIT;
}

/* Buffers of a rank are made when the first row goes there or comes from there. */
static struct peer *find_peer(struct frame_post *post, uint32_t rank) {
    struct peer *peer = &post->peers[rank];
    if (peer->in == NULL) {
        CHECK(make_peer(peer, post->n_words) == STATUS_OK);
    }
    return peer;
}

enum status frame_post_create(struct frame_post **out_post, const struct team *team,
                              size_t n_words) {
    struct frame_post *post = mem_alloc(1, sizeof *post);
    const uint32_t n_peers = (uint32_t)team_size(team);
    if (post != NULL) {
        *post =
            (struct frame_post){team, n_words, mem_alloc(n_peers, sizeof *post->peers), n_peers};
    }
    if (post == NULL || post->peers == NULL) {
        frame_post_destroy(post);
        return STATUS_NOFIT;
    }
    *out_post = post;
    return STATUS_OK;
}

void frame_post_destroy(struct frame_post *post) {
    if (post == NULL) {
        return;
    }
    const size_t n_bytes = message_bytes(post->n_words);
    for (uint32_t rank = 0; rank < post->n_peers && post->peers != NULL; rank++) {
        struct peer *peer = &post->peers[rank];
        if (peer->rows != NULL) {
            mem_unmap(peer->rows, N_BUFFERS * n_bytes);
        }
        if (peer->in != NULL) {
            mem_unmap(peer->in, n_bytes);
        }
    }
    mem_free(post->peers);
    mem_free(post);
}

static void send(struct frame_post *post, uint32_t to) {
    struct peer *peer = &post->peers[to];
    struct buffer *buffer = &peer->out[peer->filling];
    if (buffer->n == 0 || buffer->is_away) {
        return;
    }
    comm_isend(post->team, &buffer->requests[0], &buffer->n, sizeof buffer->n, (int)to,
               TAG_EXCHANGE, 0);
    comm_isend(post->team, &buffer->requests[1], buffer->rows,
               (size_t)buffer->n * post->n_words * sizeof *buffer->rows, (int)to, TAG_EXCHANGE, 1);
    buffer->is_away = true;
    peer->filling = (peer->filling + 1) % N_BUFFERS;
}

static void send_all(struct frame_post *post) {
    for (uint32_t rank = 0; rank < post->n_peers; rank++) {
        if (post->peers[rank].in != NULL) {
            send(post, rank);
        }
    }
}

static void wait_for(struct buffer *buffer) {
    if (buffer->is_away) {
        comm_wait(buffer->requests, 2);
        buffer->is_away = false;
        buffer->n = 0;
    }
}

uint64_t *frame_post_next(struct frame_post *post, uint32_t to) {
    struct peer *peer = find_peer(post, to);
    if (peer->out[peer->filling].n == MAX_ROWS) {
        send(post, to);
    }
    struct buffer *buffer = &peer->out[peer->filling];
    if (buffer->is_away) {
        send_all(post);
        wait_for(buffer);
    }
    uint64_t *row = buffer->rows + buffer->n++ * post->n_words;
    memset(row, 0, post->n_words * sizeof *row);
    return row;
}

const uint64_t *frame_post_take(struct frame_post *post, uint32_t from) {
    struct peer *peer = find_peer(post, from);
    if (peer->next_in == peer->n_in) {
        struct comm_request request;
        send_all(post);
        comm_irecv(post->team, &request, &peer->n_in, sizeof peer->n_in, (int)from, TAG_EXCHANGE,
                   0);
        comm_wait(&request, 1);
        comm_irecv(post->team, &request, peer->in,
                   (size_t)peer->n_in * post->n_words * sizeof *peer->in, (int)from, TAG_EXCHANGE,
                   1);
        comm_wait(&request, 1);
        peer->next_in = 0;
    }
    return peer->in + peer->next_in++ * post->n_words;
}

void frame_post_finish(struct frame_post *post) {
    send_all(post);
    for (uint32_t rank = 0; rank < post->n_peers; rank++) {
        for (unsigned i = 0; i < N_BUFFERS; i++) {
            wait_for(&post->peers[rank].out[i]);
        }
    }
}
