#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "engine/frame/frame_state.h"

/* A rank that cannot send has ring_rows rows that were not asked for. The other one has taken all
 * but the FRAME_MAX_WAITING last rows that were sent before its own place in the list, so it is
 * behind that rank: ranks cannot wait for each other in a circle. */
enum { MAX_ROWS = 128, RING_ROWS = FRAME_MAX_WAITING + 4 * MAX_ROWS };

struct message {
    struct comm_request request;
    uint32_t n; /* rows */
};
/* Rows for a rank, in a ring: `n` from `head` on, the first n_sent of which are on their way. */
struct out_ring {
    uint64_t *rows;
    uint32_t head, n, n_sent;
    struct message *messages; /* a ring too: of those on their way */
    uint32_t first_message, n_messages;
};
struct in_rows {
    uint64_t *rows;
    uint32_t n, next;
    bool is_asked;
    struct comm_request request;
};
struct peer {
    struct out_ring out;
    struct in_rows in;
};
struct frame_post {
    const struct team *team;
    size_t n_words;
    uint32_t lane;
    struct peer *peers; /* by rank */
    uint32_t n_peers;
    uint32_t *receivers; /* ranks that get rows */
    uint32_t n_receivers;
    uint32_t awaited; /* rank whose rows are needed; FRAME_NONE: no one's */
    bool has_rows;    /* to send */
    bool is_full;     /* a ring has a whole message of them */
};

/* ---- memory ---- */

static size_t in_bytes(size_t n_words) {
    return MAX_ROWS * n_words * sizeof(uint64_t);
}

static size_t out_bytes(size_t n_words) {
    return RING_ROWS * n_words * sizeof(uint64_t);
}

/* has_rows: 1 rows go there, 2 rows come from there */
static void find_peers(uint8_t *has_rows, const struct frame_plan *plan) {
    for (size_t i = 0; i < plan->n_instrs; i++) {
        const struct frame_instr *instr = &plan->instrs[i];
        if (instr->kind == FRAME_SEND) {
            has_rows[instr->which] |= 1;
        } else if (instr->kind == FRAME_RECEIVE) {
            has_rows[instr->which] |= 2;
        }
    }
}

uint64_t frame_post_bytes(const struct frame_plan *plan, size_t n_words) {
    uint8_t *has_rows = plan->n_ranks > 1 ? mem_alloc(plan->n_ranks, 1) : NULL;
    uint64_t n_bytes = 0;
    if (has_rows == NULL) {
        return 0;
    }
    find_peers(has_rows, plan);
    for (uint32_t rank = 0; rank < plan->n_ranks; rank++) {
        n_bytes += (has_rows[rank] & 1) != 0 ? out_bytes(n_words) : 0;
        n_bytes += (has_rows[rank] & 2) != 0 ? in_bytes(n_words) : 0;
    }
    mem_free(has_rows);
    return n_bytes;
}

static enum status make_peers(struct frame_post *post, const uint8_t *has_rows) {
    for (uint32_t rank = 0; rank < post->n_peers; rank++) {
        struct peer *peer = &post->peers[rank];
        if ((has_rows[rank] & 1) != 0) {
            post->receivers[post->n_receivers++] = rank;
            peer->out.rows = mem_map(out_bytes(post->n_words));
            peer->out.messages = mem_alloc(RING_ROWS, sizeof *peer->out.messages);
            if (peer->out.rows == NULL || peer->out.messages == NULL) {
                return STATUS_NOFIT;
            }
        }
        if ((has_rows[rank] & 2) != 0) {
            peer->in.rows = mem_map(in_bytes(post->n_words));
            if (peer->in.rows == NULL) {
                return STATUS_NOFIT;
            }
        }
    }
    return STATUS_OK;
}

enum status frame_post_create(struct frame_post **out_post, const struct frame_plan *plan,
                              const struct team *team, size_t n_words, uint32_t lane) {
    struct frame_post *post = mem_alloc(1, sizeof *post);
    uint8_t *has_rows = mem_alloc(plan->n_ranks, 1);
    enum status status = STATUS_NOFIT;
    if (post != NULL && has_rows != NULL) {
        *post = (struct frame_post){.team = team,
                                    .n_words = n_words,
                                    .lane = lane,
                                    .peers = mem_alloc(plan->n_ranks, sizeof *post->peers),
                                    .receivers = mem_alloc(plan->n_ranks, sizeof(uint32_t)),
                                    .n_peers = plan->n_ranks,
                                    .awaited = FRAME_NONE};
        find_peers(has_rows, plan);
        status = post->peers != NULL && post->receivers != NULL ? make_peers(post, has_rows)
                                                                : STATUS_NOFIT;
    }
    mem_free(has_rows);
    if (status != STATUS_OK) {
        frame_post_destroy(post);
        return status;
    }
    *out_post = post;
    return STATUS_OK;
}

void frame_post_destroy(struct frame_post *post) {
    if (post == NULL) {
        return;
    }
    for (uint32_t rank = 0; rank < post->n_peers && post->peers != NULL; rank++) {
        mem_unmap(post->peers[rank].out.rows, out_bytes(post->n_words));
        mem_unmap(post->peers[rank].in.rows, in_bytes(post->n_words));
        mem_free(post->peers[rank].out.messages);
    }
    mem_free(post->receivers);
    mem_free(post->peers);
    mem_free(post);
}

/* ---- rows ---- */

uint64_t *frame_post_next(struct frame_post *post, uint32_t to) {
    struct out_ring *ring = &post->peers[to].out;
    if (ring->n == RING_ROWS) {
        return NULL;
    }
    uint64_t *row = ring->rows + (ring->head + ring->n++) % RING_ROWS * post->n_words;
    post->has_rows = true;
    post->is_full = post->is_full || ring->n - ring->n_sent >= MAX_ROWS;
    memset(row, 0, post->n_words * sizeof *row);
    return row;
}

const uint64_t *frame_post_take(struct frame_post *post, uint32_t from) {
    struct in_rows *in = &post->peers[from].in;
    if (in->next == in->n) {
        post->awaited = from;
        return NULL;
    }
    return in->rows + in->next++ * post->n_words;
}

bool frame_post_has_rows(const struct frame_post *post) {
    return post->has_rows;
}

bool frame_post_is_full(const struct frame_post *post) {
    return post->is_full;
}

/* ---- messages ---- */

/* A span of the ring that does not wrap. */
static void send(struct frame_post *post, uint32_t to) {
    struct out_ring *ring = &post->peers[to].out;
    const uint32_t first = (ring->head + ring->n_sent) % RING_ROWS;
    uint32_t n = ring->n - ring->n_sent;
    n = n < MAX_ROWS ? n : MAX_ROWS;
    n = n < RING_ROWS - first ? n : RING_ROWS - first;
    struct message *message =
        &ring->messages[(ring->first_message + ring->n_messages++) % RING_ROWS];
    message->n = n;
    comm_issend(post->team, &message->request, ring->rows + first * post->n_words,
                n * post->n_words * sizeof *ring->rows, (int)to, TAG_EXCHANGE, post->lane);
    ring->n_sent += n;
}

static bool end_sent(struct out_ring *ring) {
    bool has_moved = false;
    while (ring->n_messages > 0) {
        struct message *message = &ring->messages[ring->first_message];
        if (!comm_test(&message->request, NULL)) {
            break;
        }
        ring->head = (ring->head + message->n) % RING_ROWS;
        ring->n -= message->n;
        ring->n_sent -= message->n;
        ring->first_message = (ring->first_message + 1) % RING_ROWS;
        ring->n_messages--;
        has_moved = true;
    }
    return has_moved;
}

static bool receive(struct frame_post *post, uint32_t from) {
    struct in_rows *in = &post->peers[from].in;
    const size_t row_bytes = post->n_words * sizeof *in->rows;
    size_t n_bytes;
    if (!in->is_asked) {
        comm_irecv(post->team, &in->request, in->rows, MAX_ROWS * row_bytes, (int)from,
                   TAG_EXCHANGE, post->lane);
        in->is_asked = true;
    }
    if (!comm_test(&in->request, &n_bytes)) {
        return false;
    }
    in->is_asked = false;
    in->n = (uint32_t)(n_bytes / row_bytes);
    in->next = 0;
    post->awaited = FRAME_NONE;
    return true;
}

bool frame_post_talk(struct frame_post *post) {
    bool has_moved = false;
    for (uint32_t i = 0; i < post->n_receivers; i++) {
        struct out_ring *ring = &post->peers[post->receivers[i]].out;
        has_moved = end_sent(ring) || has_moved;
        while (ring->n_sent < ring->n) {
            send(post, post->receivers[i]);
            has_moved = true;
        }
    }
    post->has_rows = false;
    post->is_full = false;
    return (post->awaited != FRAME_NONE && receive(post, post->awaited)) || has_moved;
}

bool frame_post_is_empty(const struct frame_post *post) {
    for (uint32_t i = 0; i < post->n_receivers; i++) {
        if (post->peers[post->receivers[i]].out.n > 0) {
            return false;
        }
    }
    return true;
}
