/* Those that wait: who, in which order, for what. */
#include <string.h>

#include "network/service_impl.h"

enum { PLACES = LINE_PLACES, FIRST_BLOCKS = 4 };

void line_fini(struct waiting_line *line) {
    mem_free(line->slots);
    mem_free(line->bits);
    memset(line, 0, sizeof *line);
}

void line_clear(struct service *s) {
    s->line.first = s->line.end = 0;
    s->line.n_in_line = 0;
    s->line.is_sorted = true;
    for (size_t i = 0; i < s->n_resources; i++) {
        s->resources[i].is_awaited = false;
    }
}

static uint32_t *slot_at(const struct waiting_line *line, uint64_t place) {
    return &line->slots[place & (line->n_blocks * PLACES - 1)];
}

/* Moves everybody up into a line of n_blocks, which is long enough. */
static enum status rebuild(struct service *s, size_t n_blocks) {
    struct waiting_line *old = &s->line, line = *old;
    line.n_blocks = n_blocks;
    line.slots = mem_alloc(n_blocks * PLACES, sizeof *line.slots);
    line.bits = mem_alloc(n_blocks * s->n_resources, sizeof *line.bits);
    if (line.slots == NULL || line.bits == NULL) {
        mem_free(line.slots);
        mem_free(line.bits);
        return STATUS_NOFIT;
    }
    memset(line.slots, 0xff, n_blocks * PLACES * sizeof *line.slots);
    line.first = line.end = 0;
    for (uint64_t place = old->first; place < old->end; place++) {
        const uint32_t slot = *slot_at(old, place);
        if (slot == NO_SLOT) {
            continue;
        }
        const uint64_t bit = UINT64_C(1) << line.end % PLACES;
        const uint64_t *from = line_bits(s, place, 0);
        uint64_t *to = &line.bits[line.end / PLACES * s->n_resources];
        for (size_t i = 0; i < s->n_resources; i++) {
            to[i] |= from[i] >> place % PLACES & 1 ? bit : 0;
        }
        s->requests[slot].place = line.end;
        line.slots[line.end++] = slot;
    }
    mem_free(old->slots);
    mem_free(old->bits);
    *old = line;
    return STATUS_OK;
}

/* Room for one place more, in a block that is clear. */
static enum status make_room(struct service *s) {
    struct waiting_line *line = &s->line;
    if (line->end - line->first / PLACES * PLACES == line->n_blocks * PLACES) {
        const bool is_crowded = 4 * line->n_in_line >= line->n_blocks * PLACES;
        const size_t n_blocks = is_crowded ? 2 * line->n_blocks : line->n_blocks;
        TRY(rebuild(s, n_blocks > FIRST_BLOCKS ? n_blocks : FIRST_BLOCKS));
    }
    if (line->end % PLACES == 0) {
        memset(line_bits(s, line->end, 0), 0, s->n_resources * sizeof *line->bits);
        memset(slot_at(line, line->end), 0xff, PLACES * sizeof *line->slots);
    }
    return STATUS_OK;
}

enum status line_enter(struct service *s, uint32_t slot) {
    struct waiting_line *line = &s->line;
    struct request *request = &s->requests[slot];
    TRY(make_room(s));
    line->is_sorted = line->n_in_line == 0 || (line->is_sorted && request->seq > line->last_seq);
    line->last_seq = request->seq;
    line->n_in_line++;
    request->place = line->end++;
    *slot_at(line, request->place) = slot;
    return STATUS_OK;
}

void line_leave(struct service *s, struct request *request) {
    struct waiting_line *line = &s->line;
    *slot_at(line, request->place) = NO_SLOT;
    request->place = NO_PLACE;
    line->n_in_line--;
    while (line->first < line->end && *slot_at(line, line->first) == NO_SLOT) {
        line->first++;
    }
}

void line_list(const struct service *s, uint32_t *out_slots) {
    for (uint64_t place = s->line.first; place < s->line.end; place++) {
        const uint32_t slot = *slot_at(&s->line, place);
        if (slot != NO_SLOT) {
            *out_slots++ = slot;
        }
    }
}

bool line_waits(const struct service *s, uint32_t slot, size_t resource) {
    const uint64_t place = s->requests[slot].place;
    return place != NO_PLACE && *line_bits(s, place, resource) >> place % PLACES & 1;
}

/* What the schedule goes by, least first; equal ones by age. */
static int64_t rank_of(const struct service *s, const struct request *request) {
    if (!request->is_wanted) { /* in advance: last */
        return INT64_MAX;
    }
    switch (s->policy->schedule) {
    case SCHEDULE_FCFS:
    case SCHEDULE_STATIC:
        break;
    case SCHEDULE_SHORTEST_FIRST:
        return request->set->routes != NULL ? request->set->routes->t_expected_ps : 0;
    case SCHEDULE_EDF:
        return request->t_due_ps;
    case SCHEDULE_MAX_WEIGHT:
        return -(int64_t)request->set->n_waiting;
    case SCHEDULE_TDMA:
        break;
    }
    return 0;
}

static bool is_before(const struct service *s, uint32_t a, uint32_t b) {
    const struct request *left = &s->requests[a], *right = &s->requests[b];
    const int64_t rank_a = rank_of(s, left), rank_b = rank_of(s, right);
    return rank_a != rank_b ? rank_a < rank_b : left->seq < right->seq;
}

uint32_t line_next(struct service *s, size_t resource) {
    const struct waiting_line *line = &s->line;
    const bool is_first_best =
        s->policy->schedule == SCHEDULE_FCFS && s->policy->n_lookahead == 0 && line->is_sorted;
    uint32_t best = NO_SLOT;
    for (uint64_t block = line->first / PLACES; block * PLACES < line->end; block++) {
        uint64_t *word = line_bits(s, block * PLACES, resource);
        for (uint64_t left = *word; left != 0; left &= left - 1) {
            const unsigned bit = (unsigned)__builtin_ctzll(left);
            const uint32_t slot = *slot_at(line, block * PLACES + bit);
            if (slot == NO_SLOT) {
                *word &= ~(UINT64_C(1) << bit);
                continue;
            }
            best = best == NO_SLOT || is_before(s, slot, best) ? slot : best;
            if (is_first_best) {
                break;
            }
        }
        if (is_first_best && best != NO_SLOT) {
            break;
        }
    }
    if (best != NO_SLOT) {
        const uint64_t place = s->requests[best].place;
        *line_bits(s, place, resource) &= ~(UINT64_C(1) << place % PLACES);
    } else {
        s->resources[resource].is_awaited = false;
    }
    return best;
}
