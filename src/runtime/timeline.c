/* Event-driven over QPUs.
 *
 * Three queues feed one loop: QPUs that can go on (by their clock), requests whose both ends are
 * known (by request time), and the pairs that the source has promised. Let t be the least of the
 * first two. Whatever is submitted later is submitted at t or after: a QPU in the queue issues
 * requests from its clock on; a blocked one goes on only when a pair is granted, a peer arrives or
 * a bit is sent, none of which can be earlier than what is in the queues; and a request with one
 * end unknown waits for a QPU of these kinds. So the source may be asked for pairs up to t (without
 * limit when both queues are empty). Each turn of the loop takes what comes next: a pair up to t,
 * else a QPU at t, else the requests of t. A QPU taken moves on by at least one item; a request
 * taken becomes a pair that is promised. With nothing left to take, a QPU that is not done waits
 * for ever. */
#include "runtime/timeline.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/units.h"
#include "network/event_heap.h"
#include "runtime/site.h"

enum qpu_state { QPU_READY, QPU_AT_EBIT, QPU_AT_RECV, QPU_DONE };
enum { MAX_WAITING_NAMED = 8 };

struct clock_qpu {
    enum qpu_state state;
    size_t item;
    int64_t t_ps;
    struct site_walk walk;
    uint32_t *issue_first, *issue_ebits; /* ebits whose wire is free at an item: CSR over items */
    int64_t *closes; /* when comm wires in use close, in order; from first_close */
    size_t first_close, n_closes, cap_closes;
    uint32_t n_in_use;
};
/* The EBIT op in the round that is under way. */
struct ebit_state {
    size_t op;
    uint32_t qpus[2];
    uint64_t site;
    int64_t t_issue_ps; /* latest of the ends issued so far */
    uint8_t n_issued, n_arrived;
    bool is_granted;
};
struct arrival {
    uint64_t iteration;
    int64_t t_ps;
};
/* Messages of one SEND item. */
struct channel_state {
    uint32_t to;
    int64_t latency_ps;
    struct arrival *queue; /* from `first` on; the last one used stays for other uses */
    size_t first, n, cap;
    bool is_awaited, has_used;
    uint64_t awaited, used; /* iterations */
};
struct timeline {
    const struct program *program;
    const struct skeleton *skeleton;
    const struct machine *machine;
    struct ebit_source *source;
    struct clock_qpu *qpus;
    size_t n_qpus;
    struct ebit_state *ebits; /* in text order */
    size_t n_ebits;
    uint32_t *site_ebit; /* static site -> ebit */
    struct ebit_request
        *upcoming; /* those outside loops and branches: what a source can be told early */
    size_t n_upcoming;
    struct channel_state *channels;
    bool *is_open; /* comm wires that hold a pair */
    uint32_t *peak_comm;
    struct event_heap ready, requests;
    uint64_t n_promised; /* submitted, not yet granted */
    const struct timeline_hooks *hooks;
    struct timeline_result result;
};

static struct src_loc loc_of(const struct timeline *timeline, size_t op_index) {
    return program_loc(timeline->program, &timeline->program->ops.ops[op_index]);
}

static enum status refuse_time(const struct timeline *timeline, size_t op_index) {
    return log_error_at(STATUS_INPUT, loc_of(timeline, op_index),
                        "simulated time passes 2^63 ps (106 days) here");
}

static enum status add_time(const struct timeline *timeline, int64_t *out_t_ps, int64_t t_ps,
                            int64_t more_ps, size_t op_index) {
    return time_add(out_t_ps, t_ps, more_ps) ? STATUS_OK : refuse_time(timeline, op_index);
}

/* ---- creation ---- */

static enum status count_ebits(struct timeline *timeline) {
    const struct op_list *ops = &timeline->program->ops;
    for (size_t i = 0; i < ops->n_ops; i++) {
        timeline->n_ebits += ops->ops[i].kind == OP_EBIT;
    }
    timeline->ebits = mem_alloc(timeline->n_ebits, sizeof *timeline->ebits);
    timeline->upcoming = mem_alloc(timeline->n_ebits, sizeof *timeline->upcoming);
    timeline->site_ebit = mem_alloc(ops->n_sites, sizeof *timeline->site_ebit);
    return timeline->ebits && timeline->upcoming && timeline->site_ebit ? STATUS_OK : STATUS_NOFIT;
}

static enum ebit_wait wait_of(const struct op *op) {
    switch ((enum op_ebit_class)op->which) {
    case EBIT_CLASS_NONE:
        return EBIT_WAIT_NONE;
    case EBIT_CLASS_HERALD:
        return EBIT_WAIT_HERALD;
    case EBIT_CLASS_FRAME:
        return EBIT_WAIT_FRAME;
    case EBIT_CLASS_DEFAULT:
    case EBIT_CLASS_COUNT:
        break;
    }
    return EBIT_WAIT_DEFAULT;
}

/* It is due when it is submitted; so hints have no time. */
static struct ebit_request request_of(const struct timeline *timeline,
                                      const struct ebit_state *ebit) {
    return (struct ebit_request){.id = ebit->site,
                                 .qpu_a = timeline->skeleton->qpus[ebit->qpus[0]].machine_qpu,
                                 .qpu_b = timeline->skeleton->qpus[ebit->qpus[1]].machine_qpu,
                                 .wait = wait_of(&timeline->program->ops.ops[ebit->op])};
}

static enum status list_ebits(struct timeline *timeline) {
    const struct program *program = timeline->program;
    size_t n = 0, depth = 0;
    TRY(count_ebits(timeline));
    for (size_t i = 0; i < program->ops.n_ops; i++) {
        const struct op *op = &program->ops.ops[i];
        depth += op->kind == OP_IF || op->kind == OP_WHILE || op->kind == OP_REPEAT;
        depth -= op->kind == OP_END;
        if (op->kind != OP_EBIT) {
            continue;
        }
        CHECK(op->site < program->ops.n_sites);
        const uint32_t *wires = op_qubits(&program->ops, op);
        timeline->ebits[n] = (struct ebit_state){
            .op = i,
            .qpus = {program->wire_qpu[wires[0]], program->wire_qpu[wires[1]]},
            .site = op->site,
        };
        if (depth == 0) {
            timeline->upcoming[timeline->n_upcoming++] = request_of(timeline, &timeline->ebits[n]);
        }
        timeline->site_ebit[op->site] = u32_from_size(n++);
    }
    return STATUS_OK;
}

static uint32_t ebit_of(const struct timeline *timeline, size_t op_index) {
    return timeline->site_ebit[timeline->program->ops.ops[op_index].site];
}

static enum status list_issues(struct timeline *timeline, size_t q) {
    const struct skeleton_qpu *list = &timeline->skeleton->qpus[q];
    struct clock_qpu *qpu = &timeline->qpus[q];
    qpu->issue_first = mem_alloc(list->n_items + 2, sizeof *qpu->issue_first);
    qpu->issue_ebits = mem_alloc(list->n_items, sizeof *qpu->issue_ebits);
    if (!qpu->issue_first || !qpu->issue_ebits) {
        return STATUS_NOFIT;
    }
    uint32_t *next = qpu->issue_first + 1;
    for (size_t i = 0; i < list->n_items; i++) {
        if (list->items[i].kind == SKELETON_EBIT) {
            CHECK(list->items[i].issue_item <= i);
            next[list->items[i].issue_item + 1]++;
        }
    }
    for (size_t i = 0; i < list->n_items; i++) {
        next[i + 1] += next[i];
    }
    for (size_t i = 0; i < list->n_items; i++) {
        if (list->items[i].kind == SKELETON_EBIT) {
            qpu->issue_ebits[next[list->items[i].issue_item]++] = u32_from_size(i);
        }
    }
    return STATUS_OK;
}

static enum status list_channels(struct timeline *timeline) {
    const struct skeleton *skeleton = timeline->skeleton;
    for (size_t q = 0; q < skeleton->n_qpus; q++) {
        for (size_t i = 0; i < skeleton->qpus[q].n_items; i++) {
            const struct skeleton_item *item = &skeleton->qpus[q].items[i];
            if (item->kind != SKELETON_SEND) {
                continue;
            }
            struct channel_state *channel = &timeline->channels[item->channel];
            channel->to = item->peer;
            struct ebit_source *source = timeline->source;
            if (source->class->bit_latency) {
                TRY(source->class->bit_latency(source, &channel->latency_ps,
                                               skeleton->qpus[q].machine_qpu,
                                               skeleton->qpus[item->peer].machine_qpu));
            } else if (timeline->machine) {
                const struct machine_link *link =
                    machine_find_link(timeline->machine, skeleton->qpus[q].machine_qpu,
                                      skeleton->qpus[item->peer].machine_qpu);
                CHECK(link);
                channel->latency_ps = link->t_bit_ps;
            }
        }
    }
    return STATUS_OK;
}

static enum status fill(struct timeline *timeline) {
    const struct skeleton *skeleton = timeline->skeleton;
    timeline->qpus = mem_alloc(skeleton->n_qpus, sizeof *timeline->qpus);
    timeline->channels = mem_alloc(skeleton->n_channels, sizeof *timeline->channels);
    timeline->is_open = mem_alloc(timeline->program->n_wires, sizeof *timeline->is_open);
    timeline->peak_comm = mem_alloc(skeleton->n_qpus, sizeof *timeline->peak_comm);
    if (!timeline->qpus || !timeline->channels || !timeline->is_open || !timeline->peak_comm) {
        return STATUS_NOFIT;
    }
    timeline->n_qpus = skeleton->n_qpus;
    for (size_t q = 0; q < timeline->n_qpus; q++) {
        site_walk_init(&timeline->qpus[q].walk, timeline->program->ops.n_sites);
        TRY(list_issues(timeline, q));
    }
    TRY(list_channels(timeline));
    return list_ebits(timeline);
}

enum status timeline_create(struct timeline **out_timeline, const struct program *program,
                            const struct skeleton *skeleton, const struct machine *machine,
                            struct ebit_source *source) {
    CHECK(skeleton->n_qpus == program->n_qpus);
    struct timeline *timeline = mem_alloc(1, sizeof *timeline);
    if (!timeline) {
        return STATUS_NOFIT;
    }
    timeline->program = program;
    timeline->skeleton = skeleton;
    timeline->machine = machine;
    timeline->source = source;
    const enum status status = fill(timeline);
    if (status != STATUS_OK) {
        timeline_destroy(timeline);
        return status;
    }
    *out_timeline = timeline;
    return STATUS_OK;
}

void timeline_destroy(struct timeline *timeline) {
    if (!timeline) {
        return;
    }
    for (size_t q = 0; q < timeline->n_qpus; q++) {
        struct clock_qpu *qpu = &timeline->qpus[q];
        site_walk_fini(&qpu->walk);
        mem_free(qpu->issue_first);
        mem_free(qpu->issue_ebits);
        mem_free(qpu->closes);
    }
    for (size_t i = 0; timeline->channels && i < timeline->skeleton->n_channels; i++) {
        mem_free(timeline->channels[i].queue);
    }
    mem_free(timeline->qpus);
    mem_free(timeline->ebits);
    mem_free(timeline->site_ebit);
    mem_free(timeline->upcoming);
    mem_free(timeline->channels);
    mem_free(timeline->is_open);
    mem_free(timeline->peak_comm);
    event_heap_fini(&timeline->ready);
    event_heap_fini(&timeline->requests);
    mem_free(timeline);
}

const uint32_t *timeline_peak_comm(const struct timeline *timeline) {
    return timeline->peak_comm;
}

void timeline_restore_peak(struct timeline *timeline, const uint32_t *peak_comm) {
    memcpy(timeline->peak_comm, peak_comm, timeline->n_qpus * sizeof *peak_comm);
}

/* ---- QPUs ---- */

static const struct skeleton_item *item_of(const struct timeline *timeline, uint32_t q) {
    return &timeline->skeleton->qpus[q].items[timeline->qpus[q].item];
}

static enum status make_ready(struct timeline *timeline, uint32_t q) {
    timeline->qpus[q].state = QPU_READY;
    return event_heap_push(&timeline->ready, (struct event){timeline->qpus[q].t_ps, q, q});
}

/* Iteration of the outermost n_loops loops that this QPU is in. */
static uint64_t outer_iteration(const struct clock_qpu *qpu, uint32_t n_loops) {
    CHECK(n_loops <= qpu->walk.n_loops);
    return n_loops == qpu->walk.n_loops ? qpu->walk.iteration : qpu->walk.loops[n_loops].outer;
}

/* One end of an EBIT of this QPU may be asked for from t on; both known: the request is. */
static enum status issue_end(struct timeline *timeline, uint32_t q,
                             const struct skeleton_item *item, int64_t t_ps) {
    const struct op *op = &timeline->program->ops.ops[item->op];
    const uint32_t e = ebit_of(timeline, item->op);
    struct ebit_state *ebit = &timeline->ebits[e];
    const uint64_t site = site_at(&timeline->qpus[q].walk, op->site);
    TRY(add_time(timeline, &t_ps, t_ps, item->issue_t_ps, item->op));
    if (ebit->n_issued == 0) {
        ebit->site = site;
        ebit->t_issue_ps = t_ps;
    }
    CHECK(ebit->n_issued < 2 && ebit->site == site);
    ebit->t_issue_ps = t_ps > ebit->t_issue_ps ? t_ps : ebit->t_issue_ps;
    if (++ebit->n_issued < 2) {
        return STATUS_OK;
    }
    const uint64_t tie = (uint64_t)ebit->qpus[0] << 32 | e;
    return event_heap_push(&timeline->requests, (struct event){ebit->t_issue_ps, tie, e});
}

static enum status issue_requests(struct timeline *timeline, uint32_t q) {
    const struct clock_qpu *qpu = &timeline->qpus[q];
    const struct skeleton_item *items = timeline->skeleton->qpus[q].items;
    for (uint32_t i = qpu->issue_first[qpu->item]; i < qpu->issue_first[qpu->item + 1]; i++) {
        TRY(issue_end(timeline, q, &items[qpu->issue_ebits[i]], qpu->t_ps));
    }
    return STATUS_OK;
}

static void use_arrival(struct timeline *timeline, uint32_t q, struct channel_state *channel,
                        const struct arrival *arrival) {
    struct clock_qpu *qpu = &timeline->qpus[q];
    if (!channel->has_used || channel->used != arrival->iteration) {
        timeline->result.n_bits_sent++;
    }
    channel->has_used = true;
    channel->used = arrival->iteration;
    qpu->t_ps = arrival->t_ps > qpu->t_ps ? arrival->t_ps : qpu->t_ps;
    qpu->item = item_of(timeline, q)->match + 1;
}

static enum status keep_arrival(struct channel_state *channel, struct arrival arrival) {
    if (channel->n == channel->cap && channel->first > channel->n / 2) {
        channel->n -= channel->first;
        memmove(channel->queue, channel->queue + channel->first,
                channel->n * sizeof *channel->queue);
        channel->first = 0;
    }
    TRY(vec_reserve(&channel->queue, channel->n, &channel->cap, 1, sizeof *channel->queue));
    channel->queue[channel->n++] = arrival;
    return STATUS_OK;
}

static enum status send_bit(struct timeline *timeline, uint32_t q, const struct skeleton_item *item,
                            int64_t t_ps) {
    struct channel_state *channel = &timeline->channels[item->channel];
    struct arrival arrival = {outer_iteration(&timeline->qpus[q], item->n_loops), 0};
    TRY(add_time(timeline, &arrival.t_ps, t_ps, channel->latency_ps, item->op));
    TRY(keep_arrival(channel, arrival));
    if (!channel->is_awaited || channel->awaited != arrival.iteration) {
        return STATUS_OK;
    }
    channel->is_awaited = false;
    use_arrival(timeline, channel->to, channel, &arrival);
    return make_ready(timeline, channel->to);
}

static enum status reach_recv(struct timeline *timeline, uint32_t q,
                              const struct skeleton_item *item) {
    struct clock_qpu *qpu = &timeline->qpus[q];
    struct channel_state *channel = &timeline->channels[item->channel];
    if (item->is_carried && qpu->walk.loops[item->n_loops - 1].round == 0) {
        qpu->item++;
        return STATUS_OK;
    }
    const uint64_t iteration = outer_iteration(qpu, item->n_loops) - item->is_carried;
    while (channel->first < channel->n && channel->queue[channel->first].iteration < iteration) {
        channel->first++;
    }
    if (channel->first < channel->n) {
        CHECK(channel->queue[channel->first].iteration == iteration);
        use_arrival(timeline, q, channel, &channel->queue[channel->first]);
        return STATUS_OK;
    }
    channel->is_awaited = true;
    channel->awaited = iteration;
    qpu->state = QPU_AT_RECV;
    return STATUS_OK;
}

static enum status close_wire(struct timeline *timeline, uint32_t q, uint32_t wire, int64_t t_ps) {
    struct clock_qpu *qpu = &timeline->qpus[q];
    if (!timeline->is_open[wire]) {
        return STATUS_OK;
    }
    timeline->is_open[wire] = false;
    if (qpu->first_close == qpu->n_closes) {
        qpu->first_close = qpu->n_closes = 0;
    }
    TRY(vec_reserve(&qpu->closes, qpu->n_closes, &qpu->cap_closes, 1, sizeof *qpu->closes));
    qpu->closes[qpu->n_closes++] = t_ps;
    return STATUS_OK;
}

/* The events in a segment are known when it starts: bits leave and wires close before it ends. */
static enum status reach_segment(struct timeline *timeline, uint32_t q,
                                 const struct skeleton_item *item) {
    struct clock_qpu *qpu = &timeline->qpus[q];
    const struct skeleton_qpu *list = &timeline->skeleton->qpus[q];
    const int64_t start_ps = qpu->t_ps;
    TRY(add_time(timeline, &qpu->t_ps, start_ps, item->t_ps, item->last_op));
    for (qpu->item++; qpu->item < list->n_items; qpu->item++) {
        const struct skeleton_item *event = &list->items[qpu->item];
        if (event->kind == SKELETON_SEND) {
            TRY(send_bit(timeline, q, event, start_ps + event->t_ps));
        } else if (event->kind == SKELETON_CLOSE) {
            TRY(close_wire(timeline, q, event->wire, start_ps + event->t_ps));
        } else {
            break;
        }
    }
    return STATUS_OK;
}

static bool is_taken(const struct timeline *timeline, const struct clock_qpu *qpu, size_t op) {
    CHECK(timeline->hooks && timeline->hooks->is_taken);
    return timeline->hooks->is_taken(timeline->hooks->ctx, op, qpu->walk.iteration);
}

/* A body that is one segment takes the same time in each round. */
static enum status skip_rounds(struct timeline *timeline, struct clock_qpu *qpu,
                               const struct skeleton_item *repeat) {
    int64_t t_ps;
    if (__builtin_mul_overflow(repeat[1].t_ps, repeat->count, &t_ps)) {
        return refuse_time(timeline, repeat->op);
    }
    qpu->item += 3;
    return add_time(timeline, &qpu->t_ps, qpu->t_ps, t_ps, repeat->op);
}

static enum status reach_loop(struct timeline *timeline, uint32_t q,
                              const struct skeleton_item *item) {
    struct clock_qpu *qpu = &timeline->qpus[q];
    const bool is_while = item->kind == SKELETON_WHILE;
    if (!is_while && item[1].kind == SKELETON_SEGMENT && item[2].kind == SKELETON_END) {
        return skip_rounds(timeline, qpu, item);
    }
    bool enters = item->count > 0;
    if (is_while || enters) {
        TRY(site_push(&qpu->walk, is_while ? SITE_WHILE_RADIX : item->count,
                      loc_of(timeline, item->op)));
    }
    if (is_while) {
        enters = is_taken(timeline, qpu, item->op);
        if (!enters) {
            site_pop(&qpu->walk);
        }
    }
    qpu->item = enters ? qpu->item + 1 : item->match + 1;
    return STATUS_OK;
}

static enum status reach_end(struct timeline *timeline, uint32_t q,
                             const struct skeleton_item *item) {
    struct clock_qpu *qpu = &timeline->qpus[q];
    const struct skeleton_item *marker = &timeline->skeleton->qpus[q].items[item->match];
    bool again = false;
    if (marker->kind == SKELETON_WHILE) {
        TRY(site_next(&qpu->walk, loc_of(timeline, marker->op)));
        again = is_taken(timeline, qpu, marker->op);
    } else if (marker->kind == SKELETON_REPEAT) {
        again = site_round(&qpu->walk) + 1 < marker->count;
        if (again) {
            TRY(site_next(&qpu->walk, loc_of(timeline, marker->op)));
        }
    }
    if (!again && marker->kind != SKELETON_IF) {
        site_pop(&qpu->walk);
    }
    qpu->item = again ? item->match + 1 : qpu->item + 1;
    return STATUS_OK;
}

/* Both QPUs are there and the pair is ready: both go on from now. */
static enum status deliver(struct timeline *timeline, struct ebit_state *ebit, int64_t t_ps) {
    double weights[4];
    TRY(timeline->source->class->take(timeline->source, weights, ebit->site, t_ps));
    if (timeline->hooks && timeline->hooks->pair) {
        timeline->hooks->pair(timeline->hooks->ctx, ebit->site, t_ps, weights);
    }
    timeline->result.n_ebits++;
    ebit->n_issued = ebit->n_arrived = 0;
    ebit->is_granted = false;
    for (int end = 0; end < 2; end++) {
        struct clock_qpu *qpu = &timeline->qpus[ebit->qpus[end]];
        qpu->t_ps = t_ps;
        qpu->item++;
        TRY(make_ready(timeline, ebit->qpus[end]));
    }
    return STATUS_OK;
}

static enum status reach_ebit(struct timeline *timeline, uint32_t q,
                              const struct skeleton_item *item) {
    struct ebit_state *ebit = &timeline->ebits[ebit_of(timeline, item->op)];
    timeline->qpus[q].state = QPU_AT_EBIT;
    ebit->n_arrived++;
    if (ebit->n_arrived < 2 || !ebit->is_granted) {
        return STATUS_OK;
    }
    return deliver(timeline, ebit, timeline->qpus[q].t_ps);
}

static enum status reach_item(struct timeline *timeline, uint32_t q) {
    struct clock_qpu *qpu = &timeline->qpus[q];
    const struct skeleton_item *item = item_of(timeline, q);
    TRY(issue_requests(timeline, q));
    switch ((enum skeleton_kind)item->kind) {
    case SKELETON_SEGMENT:
        return reach_segment(timeline, q, item);
    case SKELETON_SEND:
        qpu->item++;
        return send_bit(timeline, q, item, qpu->t_ps);
    case SKELETON_EBIT:
        return reach_ebit(timeline, q, item);
    case SKELETON_RECV:
        return reach_recv(timeline, q, item);
    case SKELETON_IF:
        qpu->item = is_taken(timeline, qpu, item->op) ? qpu->item + 1 : item->match + 1;
        return STATUS_OK;
    case SKELETON_ELSE:
        qpu->item = item->match;
        return STATUS_OK;
    case SKELETON_WHILE:
    case SKELETON_REPEAT:
        return reach_loop(timeline, q, item);
    case SKELETON_END:
        return reach_end(timeline, q, item);
    case SKELETON_CLOSE:
        break;
    }
    check_fail("a close outside a segment", __FILE__, __LINE__);
    return STATUS_INTERNAL;
}

/* Moves a QPU on until its clock passes t, it waits or is done. */
static enum status walk_qpu(struct timeline *timeline, uint32_t q) {
    struct clock_qpu *qpu = &timeline->qpus[q];
    const int64_t now_ps = qpu->t_ps;
    while (qpu->item < timeline->skeleton->qpus[q].n_items) {
        const bool is_ebit = item_of(timeline, q)->kind == SKELETON_EBIT;
        TRY(reach_item(timeline, q));
        if (is_ebit || qpu->state == QPU_AT_RECV) {
            return STATUS_OK; /* whoever ends the wait makes it ready */
        }
        if (qpu->t_ps > now_ps) {
            return make_ready(timeline, q);
        }
    }
    qpu->state = QPU_DONE;
    if (qpu->t_ps > timeline->result.makespan_ps) {
        timeline->result.makespan_ps = qpu->t_ps;
    }
    return STATUS_OK;
}

/* ---- pairs and the loop ---- */

static void open_wire(struct timeline *timeline, uint32_t q, uint32_t wire, int64_t t_ps) {
    struct clock_qpu *qpu = &timeline->qpus[q];
    while (qpu->first_close < qpu->n_closes && qpu->closes[qpu->first_close] <= t_ps) {
        qpu->first_close++;
        qpu->n_in_use--;
    }
    timeline->is_open[wire] = true;
    qpu->n_in_use++;
    if (qpu->n_in_use > timeline->peak_comm[q]) {
        timeline->peak_comm[q] = qpu->n_in_use;
    }
}

static enum status grant_pair(struct timeline *timeline, const struct ebit_grant *grant) {
    const struct op_list *ops = &timeline->program->ops;
    struct ebit_state *ebit = &timeline->ebits[timeline->site_ebit[grant->id % ops->n_sites]];
    CHECK(ebit->site == grant->id && ebit->n_issued == 2 && !ebit->is_granted);
    timeline->n_promised--;
    ebit->is_granted = true;
    const uint32_t *wires = op_qubits(ops, &ops->ops[ebit->op]);
    for (int end = 0; end < 2; end++) {
        open_wire(timeline, ebit->qpus[end], wires[end], grant->t_ready_ps);
    }
    return ebit->n_arrived == 2 ? deliver(timeline, ebit, grant->t_ready_ps) : STATUS_OK;
}

/* All requests of this time that are known, by QPU, then op. */
static enum status submit_requests(struct timeline *timeline, int64_t t_ps) {
    struct ebit_source *source = timeline->source;
    const struct event *top = event_heap_top(&timeline->requests);
    while (top && top->t_ps == t_ps) {
        struct event event;
        event_heap_pop(&timeline->requests, &event);
        timeline->n_promised++;
        const struct ebit_state *ebit = &timeline->ebits[event.id];
        struct ebit_request what = request_of(timeline, ebit);
        const int64_t t_due_ps = (int64_t)timeline->program->ops.ops[ebit->op].arg;
        if (t_due_ps > 0) {
            TRY(add_time(timeline, &what.t_due_ps, t_ps, t_due_ps, ebit->op));
        }
        TRY(source->class->submit(source, what, t_ps));
        top = event_heap_top(&timeline->requests);
    }
    return STATUS_OK;
}

static enum status run_events(struct timeline *timeline) {
    struct ebit_source *source = timeline->source;
    for (;;) {
        const struct event *ready = event_heap_top(&timeline->ready);
        const struct event *request = event_heap_top(&timeline->requests);
        const int64_t t_ready_ps = ready ? ready->t_ps : INT64_MAX;
        const int64_t t_request_ps = request ? request->t_ps : INT64_MAX;
        const int64_t t_ps = t_ready_ps < t_request_ps ? t_ready_ps : t_request_ps;
        struct ebit_grant grant;
        struct event event;
        bool is_granted = false;
        if (timeline->n_promised > 0) {
            TRY(source->class->next(source, &is_granted, &grant, t_ps));
        }
        if (is_granted) {
            TRY(grant_pair(timeline, &grant));
        } else if (ready && t_ready_ps == t_ps) {
            event_heap_pop(&timeline->ready, &event);
            TRY(walk_qpu(timeline, (uint32_t)event.id));
        } else if (request) {
            TRY(submit_requests(timeline, t_ps));
        } else {
            return STATUS_OK;
        }
    }
}

static void describe_wait(struct text *out, const struct timeline *timeline, uint32_t q) {
    const struct program *program = timeline->program;
    const struct skeleton_item *item = item_of(timeline, q);
    const struct src_loc loc = loc_of(timeline, item->op);
    const char *peer = program->qpus[item->peer].name;
    char name[64];
    text_printf(out, "%s waits", program->qpus[q].name);
    if (loc.line > 0) {
        text_printf(out, " in line %" PRIu32, loc.line);
    }
    if (item->kind == SKELETON_EBIT) {
        text_printf(out, " for an ebit with %s", peer);
    } else {
        text_printf(out, " for bit %s from %s",
                    program_bit_name(program, item->bit, name, sizeof name), peer);
    }
}

/* Nothing can happen any more: every QPU is done, or some wait for ever. */
static enum status check_done(const struct timeline *timeline) {
    struct text text = {0};
    struct src_loc loc = {0};
    size_t n_waiting = 0;
    for (uint32_t q = 0; q < timeline->n_qpus; q++) {
        if (timeline->qpus[q].state == QPU_DONE) {
            continue;
        }
        if (n_waiting == 0) {
            loc = loc_of(timeline, item_of(timeline, q)->op);
        }
        if (n_waiting++ < MAX_WAITING_NAMED) {
            text_add(&text, n_waiting > 1 ? "; " : "");
            describe_wait(&text, timeline, q);
        }
    }
    enum status status = STATUS_OK;
    if (n_waiting > 0 && timeline->n_promised > 0 && timeline->source->class->describe) {
        text_add(&text, "; in the network, ");
        timeline->source->class->describe(timeline->source, &text);
    }
    if (n_waiting > 0) {
        status =
            log_error_at(STATUS_INPUT, loc, "%zu QPUs wait for ever: %s%s", n_waiting,
                         text.data ? text.data : "", n_waiting > MAX_WAITING_NAMED ? "; ..." : "");
    }
    text_fini(&text);
    return status;
}

static enum status reset(struct timeline *timeline) {
    timeline->ready.n = timeline->requests.n = 0;
    timeline->n_promised = 0;
    timeline->result = (struct timeline_result){0};
    memset(timeline->is_open, 0, timeline->program->n_wires * sizeof *timeline->is_open);
    for (size_t e = 0; e < timeline->n_ebits; e++) {
        timeline->ebits[e].n_issued = timeline->ebits[e].n_arrived = 0;
        timeline->ebits[e].is_granted = false;
    }
    for (size_t i = 0; i < timeline->skeleton->n_channels; i++) {
        struct channel_state *channel = &timeline->channels[i];
        channel->first = channel->n = 0;
        channel->is_awaited = channel->has_used = false;
    }
    for (uint32_t q = 0; q < timeline->n_qpus; q++) {
        struct clock_qpu *qpu = &timeline->qpus[q];
        while (qpu->walk.n_loops > 0) {
            site_pop(&qpu->walk);
        }
        qpu->item = 0;
        qpu->t_ps = 0;
        qpu->first_close = qpu->n_closes = 0;
        qpu->n_in_use = 0;
        TRY(make_ready(timeline, q));
    }
    return STATUS_OK;
}

enum status timeline_run(struct timeline *timeline, struct timeline_result *out_result,
                         uint64_t number, const struct timeline_hooks *hooks) {
    struct ebit_source *source = timeline->source;
    timeline->hooks = hooks;
    TRY(reset(timeline));
    TRY(source->class->begin(source, number));
    if (source->class->hint) {
        TRY(source->class->hint(source, timeline->upcoming, timeline->n_upcoming));
    }
    TRY(run_events(timeline));
    TRY(check_done(timeline));
    *out_result = timeline->result;
    return STATUS_OK;
}
