#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "comm/comm_internal.h"

struct message {
    struct message *next;
    const struct team *team;
    void *data;
    size_t n_bytes, n_came;
    enum comm_tag tag;
    uint32_t number;
    bool is_send, is_done;
};

static struct message *waiting; /* posted, partner not yet; oldest first */

static struct message **find_partner(const struct message *m) {
    for (struct message **link = &waiting; *link; link = &(*link)->next) {
        if ((*link)->team == m->team && (*link)->tag == m->tag && (*link)->number == m->number) {
            return link;
        }
    }
    return NULL;
}

static void append(struct message *m) {
    struct message **link = &waiting;
    while (*link) {
        link = &(*link)->next;
    }
    *link = m;
}

static void deliver(struct message *receive, struct message *send) {
    CHECK(receive->n_bytes >= send->n_bytes);
    receive->n_came = send->n_bytes;
    if (send->n_bytes > 0) {
        memmove(receive->data, send->data, send->n_bytes);
    }
    receive->is_done = send->is_done = true;
}

void alone_post(void **out_slot, const struct team *team, bool is_send, void *data, size_t n_bytes,
                enum comm_tag tag, uint32_t number) {
    struct message *m = mem_alloc(1, sizeof *m);
    CHECK(m != NULL);
    *m = (struct message){
        .team = team,
        .data = data,
        .n_bytes = n_bytes,
        .tag = tag,
        .number = number,
        .is_send = is_send,
    };
    *out_slot = m;
    struct message **link = find_partner(m);
    if (!link || (*link)->is_send == is_send) {
        append(m);
        return;
    }
    struct message *partner = *link;
    *link = partner->next;
    deliver(is_send ? partner : m, is_send ? m : partner);
}

void alone_wait(void *slot) {
    struct message *m = slot;
    CHECK(m->is_done && (m->is_send || m->n_came == m->n_bytes));
    mem_free(m);
}

bool alone_test(void *slot, size_t *out_n_bytes) {
    struct message *m = slot;
    if (!m->is_done) {
        return false;
    }
    CHECK(m->is_send || out_n_bytes != NULL || m->n_came == m->n_bytes);
    if (out_n_bytes != NULL) {
        *out_n_bytes = m->n_came;
    }
    mem_free(m);
    return true;
}
