#include "network/event_heap.h"

#include <string.h>

#include "base/mem.h"

void event_heap_fini(struct event_heap *heap) {
    mem_free(heap->events);
    memset(heap, 0, sizeof *heap);
}

const struct event *event_heap_top(const struct event_heap *heap) {
    return heap->n > 0 ? &heap->events[0] : NULL;
}

static bool is_before(const struct event *a, const struct event *b) {
    return a->t_ps != b->t_ps ? a->t_ps < b->t_ps : a->tie < b->tie;
}

enum status event_heap_push(struct event_heap *heap, struct event event) {
    if (heap->n == heap->cap) {
        TRY(vec_reserve(&heap->events, heap->n, &heap->cap, 1, sizeof *heap->events));
    }
    size_t i = heap->n++;
    while (i > 0 && is_before(&event, &heap->events[(i - 1) / 2])) {
        heap->events[i] = heap->events[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    heap->events[i] = event;
    return STATUS_OK;
}

bool event_heap_pop(struct event_heap *heap, struct event *out_event) {
    if (heap->n == 0) {
        return false;
    }
    *out_event = heap->events[0];
    const struct event last = heap->events[--heap->n];
    size_t i = 0;
    for (size_t child = 1; child < heap->n; child = 2 * i + 1) {
        if (child + 1 < heap->n && is_before(&heap->events[child + 1], &heap->events[child])) {
            child++;
        }
        if (!is_before(&heap->events[child], &last)) {
            break;
        }
        heap->events[i] = heap->events[child];
        i = child;
    }
    if (heap->n > 0) {
        heap->events[i] = last;
    }
    return true;
}
