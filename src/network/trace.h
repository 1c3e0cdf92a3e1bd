/* What happened when, for people: spans on resources and the requests they belong to. */
#ifndef QSPAN_NETWORK_TRACE_H
#define QSPAN_NETWORK_TRACE_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum trace_kind { TRACE_COMM, TRACE_BUFFER, TRACE_CHANNEL, TRACE_ANALYSER, TRACE_REQUEST };
struct trace_span {
    enum trace_kind kind;
    uint32_t index; /* node, fibre or switch; of a request: its QPU a */
    uint32_t peer;  /* of a request: its QPU b */
    uint64_t request;
    int64_t t_from_ps, t_until_ps; /* of a request: submitted, ready */
    int64_t t_grant_ps, t_use_ps;  /* of a request */
};
/* Zero-initialise, then use; at most max_spans are kept (0: one million). */
struct network_trace {
    struct trace_span *spans;
    size_t n, cap, max_spans;
    uint64_t n_dropped;
};
enum status trace_add(struct network_trace *trace, struct trace_span span);
void trace_fini(struct network_trace *trace);

#endif
