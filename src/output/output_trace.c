#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "output/output_network.h"

/* Resources are counted, not named, while the network runs; here each span gets the lowest lane
 * that is free, which is never more lanes than there are units. */
struct lane_ends {
    int64_t *t_ps;
    size_t n, cap;
};
struct writer {
    struct json_writer json;
    const struct machine *machine;
    const struct trace_span *spans;
    size_t n;
    uint32_t *order; /* spans of resources by (kind, index, start) */
    bool *is_named;  /* by pid */
};

static const struct trace_span *sort_spans;

static int compare_spans(const void *a_ptr, const void *b_ptr) {
    const struct trace_span *a = &sort_spans[*(const uint32_t *)a_ptr];
    const struct trace_span *b = &sort_spans[*(const uint32_t *)b_ptr];
    if (a->kind != b->kind) {
        return a->kind < b->kind ? -1 : 1;
    }
    if (a->index != b->index) {
        return a->index < b->index ? -1 : 1;
    }
    if (a->t_from_ps != b->t_from_ps) {
        return a->t_from_ps < b->t_from_ps ? -1 : 1;
    }
    return *(const uint32_t *)a_ptr < *(const uint32_t *)b_ptr ? -1 : 1;
}

/* Nodes, then fibres: a process each. */
static uint32_t pid_of(const struct machine *machine, const struct trace_span *span) {
    const struct machine_physical *p = machine->physical;
    const size_t n_nodes = machine->n_qpus + p->n_switches + p->n_repeaters;
    switch (span->kind) {
    case TRACE_COMM:
    case TRACE_BUFFER:
    case TRACE_REQUEST:
        return span->index;
    case TRACE_ANALYSER:
        return (uint32_t)machine->n_qpus + span->index;
    case TRACE_CHANNEL:
        break;
    }
    return (uint32_t)n_nodes + span->index;
}

enum { LANES_PER_KIND = 100000 };

static uint32_t tid_of(const struct trace_span *span, uint32_t lane) {
    return (uint32_t)span->kind * LANES_PER_KIND + lane + 1;
}

static void add_us(struct json_writer *json, const char *key, int64_t t_ps) {
    json_add_double(json, key, (double)t_ps / 1e6);
}

static void open_event(struct json_writer *json, const char *phase, const char *name, uint32_t pid,
                       uint32_t tid) {
    json_open_object(json, NULL, JSON_ONE_LINE);
    json_add_string(json, "ph", phase);
    json_add_string(json, "name", name);
    json_add_uint(json, "pid", pid);
    json_add_uint(json, "tid", tid);
}

static void add_name(struct writer *w, const char *what, uint32_t pid, uint32_t tid,
                     const char *name) {
    open_event(&w->json, "M", what, pid, tid);
    json_open_object(&w->json, "args", JSON_ONE_LINE);
    json_add_string(&w->json, "name", name);
    json_close(&w->json);
    json_close(&w->json);
}

static void add_slice(struct writer *w, const char *name, uint32_t pid, uint32_t tid,
                      int64_t t_from_ps, int64_t t_until_ps, uint64_t request) {
    open_event(&w->json, "X", name, pid, tid);
    add_us(&w->json, "ts", t_from_ps);
    add_us(&w->json, "dur", t_until_ps - t_from_ps);
    json_open_object(&w->json, "args", JSON_ONE_LINE);
    json_add_uint(&w->json, "request", request);
    json_add_int(&w->json, "from_ps", t_from_ps);
    json_add_int(&w->json, "until_ps", t_until_ps);
    json_close(&w->json);
    json_close(&w->json);
}

static void add_flow(struct writer *w, const char *phase, uint32_t pid, uint32_t tid, int64_t t_ps,
                     uint64_t request) {
    open_event(&w->json, phase, "ebit", pid, tid);
    json_add_string(&w->json, "cat", "ebit");
    json_add_uint(&w->json, "id", request);
    add_us(&w->json, "ts", t_ps);
    if (phase[0] == 'f') {
        json_add_string(&w->json, "bp", "e");
    }
    json_close(&w->json);
}

static enum status choose_lane(struct lane_ends *lanes, uint32_t *out_lane, bool *out_is_new,
                               const struct trace_span *span) {
    size_t lane = 0;
    while (lane < lanes->n && lanes->t_ps[lane] > span->t_from_ps) {
        lane++;
    }
    *out_is_new = lane == lanes->n;
    if (*out_is_new) {
        TRY(vec_reserve(&lanes->t_ps, lanes->n, &lanes->cap, 1, sizeof *lanes->t_ps));
        lanes->n++;
    }
    lanes->t_ps[lane] = span->kind == TRACE_REQUEST ? span->t_use_ps : span->t_until_ps;
    *out_lane = (uint32_t)lane;
    return STATUS_OK;
}

static void name_place(struct writer *w, struct text *name, const struct trace_span *span,
                       uint32_t lane) {
    static const char *const units[] = {"comm qubit", "buffer qubit", "channel", "analyser",
                                        "requests"};
    const uint32_t pid = pid_of(w->machine, span);
    if (!w->is_named[pid]) {
        w->is_named[pid] = true;
        name->n = 0;
        if (span->kind == TRACE_CHANNEL) {
            const struct machine_fibre *fibre = &w->machine->physical->fibres[span->index];
            text_printf(name, "fibre %s-", machine_node_name(w->machine, fibre->a));
            text_add(name, machine_node_name(w->machine, fibre->b));
        } else {
            text_add(name, machine_node_name(w->machine, pid));
        }
        add_name(w, "process_name", pid, 0, name->failed ? "" : name->data);
    }
    name->n = 0;
    text_printf(name, "%s %u", units[span->kind], lane);
    add_name(w, "thread_name", pid, tid_of(span, lane), name->failed ? "" : name->data);
}

/* Spans of one resource in order of their start; requests too, a lane per request under way. */
static enum status add_spans(struct writer *w, struct text *name) {
    struct lane_ends lanes = {0};
    enum status status = STATUS_OK;
    const struct trace_span *before = NULL;
    for (size_t i = 0; i < w->n && status == STATUS_OK; i++) {
        const struct trace_span *span = &w->spans[w->order[i]];
        uint32_t lane;
        bool is_new;
        const bool is_same = before && before->kind == span->kind && before->index == span->index;
        lanes.n = is_same ? lanes.n : 0;
        before = span;
        status = choose_lane(&lanes, &lane, &is_new, span);
        if (status != STATUS_OK) {
            break;
        }
        const uint32_t pid = pid_of(w->machine, span), tid = tid_of(span, lane);
        if (is_new) {
            name_place(w, name, span, lane);
        }
        name->n = 0;
        text_printf(name, "ebit #%" PRIu64, span->request);
        const char *label = name->failed ? "" : name->data;
        if (span->kind != TRACE_REQUEST) {
            add_slice(w, label, pid, tid, span->t_from_ps, span->t_until_ps, span->request);
            continue;
        }
        /* a flow binds to the slice that was opened last: each after its own */
        add_slice(w, "request", pid, tid, span->t_from_ps, span->t_grant_ps, span->request);
        add_flow(w, "s", pid, tid, span->t_from_ps, span->request);
        add_slice(w, "making", pid, tid, span->t_grant_ps, span->t_until_ps, span->request);
        add_flow(w, "t", pid, tid, span->t_grant_ps, span->request);
        add_slice(w, "held", pid, tid, span->t_until_ps, span->t_use_ps, span->request);
        add_flow(w, "f", pid, tid, span->t_use_ps, span->request);
    }
    mem_free(lanes.t_ps);
    return status;
}

enum status output_trace_json(struct text *out, const struct machine *machine,
                              const struct network_trace *trace) {
    struct writer w = {
        .json = {.out = out}, .machine = machine, .spans = trace->spans, .n = trace->n};
    struct text name = {0};
    const struct machine_physical *p = machine->physical;
    w.order = mem_alloc(trace->n, sizeof *w.order);
    w.is_named = mem_alloc(machine->n_qpus + p->n_switches + p->n_repeaters + p->n_fibres,
                           sizeof *w.is_named);
    if (w.order == NULL || w.is_named == NULL) {
        mem_free(w.order);
        mem_free(w.is_named);
        return STATUS_NOFIT;
    }
    for (size_t i = 0; i < trace->n; i++) {
        w.order[i] = u32_from_size(i);
    }
    sort_spans = trace->spans;
    if (trace->n > 0) {
        qsort(w.order, trace->n, sizeof *w.order, compare_spans);
    }
    json_open_object(&w.json, NULL, JSON_LINES);
    json_add_string(&w.json, "displayTimeUnit", "ns");
    json_open_object(&w.json, "otherData", JSON_ONE_LINE);
    json_add_uint(&w.json, "dropped_spans", trace->n_dropped);
    json_close(&w.json);
    json_open_array(&w.json, "traceEvents", JSON_LINES);
    const enum status status = add_spans(&w, &name);
    json_close(&w.json);
    json_close(&w.json);
    out->failed = out->failed || name.failed;
    text_fini(&name);
    mem_free(w.order);
    mem_free(w.is_named);
    TRY(status);
    return out->failed ? log_error(STATUS_NOFIT, "out of memory while writing the trace")
                       : STATUS_OK;
}
