/* Timed events in a binary heap: earliest first, equal times by `tie`. */
#ifndef QSPAN_NETWORK_EVENT_HEAP_H
#define QSPAN_NETWORK_EVENT_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct event {
    int64_t t_ps;
    uint64_t tie; /* decides between equal times; events equal in both come in no fixed order */
    uint64_t id;
};
/* Zero-initialise, then use; event_heap_fini frees. What is popped leaves a hole at the top, which
 * the next push fills: one event mostly sets off another, and one way down serves both. */
struct event_heap {
    struct event *events; /* has_hole: behind the hole */
    size_t n, cap;
    bool has_hole;
};

void event_heap_fini(struct event_heap *heap);
/* Empty; frees nothing. */
void event_heap_clear(struct event_heap *heap);
void event_heap_close_hole(struct event_heap *heap);
/* The earliest event, borrowed until the next push or pop; NULL: empty. */
static inline const struct event *event_heap_top(struct event_heap *heap) {
    if (heap->has_hole) {
        event_heap_close_hole(heap);
    }
    return heap->n > 0 ? &heap->events[0] : NULL;
}
/* Removes the top, which must be there. Cost: O(log n), at the next call. */
static inline void event_heap_drop(struct event_heap *heap) {
    heap->n--;
    heap->has_hole = true;
}
/* Cost: O(log n). Errors: STATUS_NOFIT. */
enum status event_heap_push(struct event_heap *heap, struct event event);
/* Removes the earliest event; false (and *out untouched): empty. Cost: O(log n). */
bool event_heap_pop(struct event_heap *heap, struct event *out_event);

#endif
