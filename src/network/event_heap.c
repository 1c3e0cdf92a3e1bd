#include "network/event_heap.h"

#include <string.h>

#include "base/mem.h"

void event_heap_fini(struct event_heap *heap) {
    mem_free(heap->events);
    memset(heap, 0, sizeof *heap);
}

void event_heap_clear(struct event_heap *heap) {
    heap->n = 0;
    heap->has_hole = false;
}

/* Without a branch: which of two children is earlier cannot be predicted. */
static bool event_is_before(const struct event *a, const struct event *b) {
    const unsigned __int128 key_a = (unsigned __int128)(uint64_t)a->t_ps << 64 | a->tie;
    const unsigned __int128 key_b = (unsigned __int128)(uint64_t)b->t_ps << 64 | b->tie;
    return key_a < key_b;
}

/* Moves the hole at i up until the event fits, and puts it there. */
static void sift_up(struct event *events, size_t i, struct event event) {
    while (i > 0 && event_is_before(&event, &events[(i - 1) / 2])) {
        events[i] = events[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    events[i] = event;
}

/* The event at `last` goes where the hole at the top ends: all the way down, and seldom far up from
 * there, as the event is late. */
static void fill_hole(struct event *events, size_t last) {
    const struct event event = events[last];
    size_t i = 0;
    for (size_t child = 1; child < last; child = 2 * i + 1) {
        child += event_is_before(&events[child + 1], &events[child]); /* perhaps the last itself */
        events[i] = events[child];
        i = child;
    }
    sift_up(events, i == last && last > 0 ? (last - 1) / 2 : i, event);
}

enum status event_heap_push(struct event_heap *heap, struct event event) {
    if (heap->n + heap->has_hole == heap->cap) {
        TRY(vec_reserve(&heap->events, heap->n + heap->has_hole, &heap->cap, 1,
                        sizeof *heap->events));
    }
    if (heap->has_hole) {
        heap->has_hole = false;
        heap->events[++heap->n] = event;
        fill_hole(heap->events, heap->n);
        return STATUS_OK;
    }
    sift_up(heap->events, heap->n++, event);
    return STATUS_OK;
}

void event_heap_close_hole(struct event_heap *heap) {
    heap->has_hole = false;
    fill_hole(heap->events, heap->n);
}

bool event_heap_pop(struct event_heap *heap, struct event *out_event) {
    const struct event *top = event_heap_top(heap);
    if (top == NULL) {
        return false;
    }
    *out_event = *top;
    event_heap_drop(heap);
    return true;
}
