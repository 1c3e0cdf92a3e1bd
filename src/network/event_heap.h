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
/* Zero-initialise, then use; event_heap_fini frees. */
struct event_heap {
    struct event *events;
    size_t n, cap;
};

void event_heap_fini(struct event_heap *heap);
/* The earliest event, borrowed until the next push or pop; NULL: empty. */
static inline const struct event *event_heap_top(const struct event_heap *heap) {
    return heap->n > 0 ? &heap->events[0] : NULL;
}
/* Cost: O(log n). Errors: STATUS_NOFIT. */
enum status event_heap_push(struct event_heap *heap, struct event event);
/* Removes the earliest event; false (and *out untouched): empty. Cost: O(log n). */
bool event_heap_pop(struct event_heap *heap, struct event *out_event);

#endif
