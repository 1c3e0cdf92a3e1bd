/* Those that wait: who, in which order, for what. */
#include <string.h>

#include "network/service_impl.h"

enum { PLACES = LINE_PLACES, FIRST_BLOCKS = 4 };

void line_fini(struct waiting_line *line) {
    mem_free(line->slots);
    mem_free(line->live);
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

static uint64_t *live_at(const struct waiting_line *line, uint64_t place) {
    return &line->live[place / PLACES & (line->n_blocks - 1)];
}

static bool is_live(const struct waiting_line *line, uint64_t place) {
    return *live_at(line, place) >> place % PLACES & 1;
}

/* Moves everybody up into a line of n_blocks, which is long enough. */
static enum status rebuild(struct service *s, size_t n_blocks) {
    struct waiting_line *old = &s->line, line = *old;
    line.n_blocks = n_blocks;
    line.slots = mem_alloc(n_blocks * PLACES, sizeof *line.slots);
    line.live = mem_alloc(n_blocks, sizeof *line.live);
    line.bits = mem_alloc(n_blocks * s->n_resources, sizeof *line.bits);
    if (line.slots == NULL || line.live == NULL || line.bits == NULL) {
        line_fini(&line);
        return STATUS_NOFIT;
    }
    line.first = line.end = 0;
    for (uint64_t place = old->first; place < old->end; place++) {
        if (is_live(old, place)) {
            const uint32_t slot = *slot_at(old, place);
            line.live[line.end / PLACES] |= UINT64_C(1) << line.end % PLACES;
            s->requests[slot].place = line.end;
            line.slots[line.end++] = slot;
        }
    }
    for (uint64_t block = old->first / PLACES; block * PLACES < old->end; block++) {
        const uint64_t *bits = line_bits(s, block * PLACES, 0);
        const uint64_t live = *live_at(old, block * PLACES);
        for (size_t i = 0; i < s->n_resources; i++) {
            for (uint64_t left = bits[i] & live; left != 0; left &= left - 1) {
                const uint64_t place = block * PLACES + (unsigned)__builtin_ctzll(left);
                const uint64_t to = s->requests[*slot_at(old, place)].place;
                line.bits[to / PLACES * s->n_resources + i] |= UINT64_C(1) << to % PLACES;
            }
        }
    }
    line_fini(old);
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
        *live_at(line, line->end) = 0;
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
    *live_at(line, request->place) |= UINT64_C(1) << request->place % PLACES;
    return STATUS_OK;
}

void line_leave(struct service *s, struct request *request) {
    struct waiting_line *line = &s->line;
    *live_at(line, request->place) &= ~(UINT64_C(1) << request->place % PLACES);
    request->place = NO_PLACE;
    line->n_in_line--;
    while (line->first < line->end && !is_live(line, line->first)) {
        line->first++;
    }
}

void line_list(const struct service *s, uint32_t *out_slots) {
    for (uint64_t place = s->line.first; place < s->line.end; place++) {
        if (is_live(&s->line, place)) {
            *out_slots++ = *slot_at(&s->line, place);
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
        return request->set->n_routes > 0 ? request->set->routes[0]->t_expected_ps : 0;
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
        *word &= *live_at(line, block * PLACES);
        for (uint64_t left = *word; left != 0; left &= left - 1) {
            const unsigned bit = (unsigned)__builtin_ctzll(left);
            const uint32_t slot = *slot_at(line, block * PLACES + bit);
            if (is_first_best) {
                *word = left & (left - 1);
                return slot;
            }
            best = best == NO_SLOT || is_before(s, slot, best) ? slot : best;
        }
    }
    if (best != NO_SLOT) {
        const uint64_t place = s->requests[best].place;
        *line_bits(s, place, resource) &= ~(UINT64_C(1) << place % LINE_PLACES);
    } else {
        s->resources[resource].is_awaited = false;
    }
    return best;
}
