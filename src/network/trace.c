#include "network/trace.h"

#include <string.h>

#include "base/mem.h"

enum { DEFAULT_MAX_SPANS = 1000000 };

enum status trace_add(struct network_trace *trace, struct trace_span span) {
    const size_t max_spans = trace->max_spans > 0 ? trace->max_spans : DEFAULT_MAX_SPANS;
    if (trace->n >= max_spans) {
        trace->n_dropped++;
        return STATUS_OK;
    }
    TRY(vec_reserve(&trace->spans, trace->n, &trace->cap, 1, sizeof *trace->spans));
    trace->spans[trace->n++] = span;
    return STATUS_OK;
}

void trace_fini(struct network_trace *trace) {
    mem_free(trace->spans);
    memset(trace, 0, sizeof *trace);
}
