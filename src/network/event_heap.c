#include "network/event_heap.h"

#include <string.h>

#include "base/mem.h"

void event_heap_fini(struct event_heap *heap) {
    mem_free(heap->events);
    memset(heap, 0, sizeof *heap);
}

/* Without a branch: which of two children is earlier cannot be predicted. */
static bool is_before(const struct event *a, const struct event *b) {
    return (a->t_ps < b->t_ps) | ((a->t_ps == b->t_ps) & (a->tie < b->tie));
}

/* Moves the hole at i up until the event fits, and puts it there. */
static void sift_up(struct event *events, size_t i, struct event event) {
    while (i > 0 && is_before(&event, &events[(i - 1) / 2])) {
        events[i] = events[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    events[i] = event;
}

enum status event_heap_push(struct event_heap *heap, struct event event) {
    if (heap->n == heap->cap) {
        TRY(vec_reserve(&heap->events, heap->n, &heap->cap, 1, sizeof *heap->events));
    }
    sift_up(heap->events, heap->n++, event);
    return STATUS_OK;
}

/* The hole goes all the way down; the last event, which was low, seldom rises far from there. */
bool event_heap_pop(struct event_heap *heap, struct event *out_event) {
    struct event *events = heap->events;
    if (heap->n == 0) {
        return false;
    }
    *out_event = events[0];
    const size_t n = --heap->n;
    size_t i = 0;
    for (size_t child = 1; child < n; child = 2 * i + 1) {
        child += is_before(&events[child + 1], &events[child]); /* at n: the last event itself */
        events[i] = events[child];
        i = child;
    }
    sift_up(events, i, events[n]);
    return true;
}
