#include "schedule/build.h"

#include <stdlib.h>
#include <string.h>

#include "schedule/segment.h"

#define NO_ITEM UINT32_MAX

/* A block that a QPU has ops in, opened in its items with its first op there. */
struct open_block {
    uint32_t block;
    uint32_t marker, else_marker; /* items; NO_ITEM inside a group */
    uint32_t first;               /* item */
    size_t n_closed;              /* of the QPU's closed ranges, before it */
};
/* Items of a block that is closed: what was free inside is free after it. */
struct closed_range {
    uint32_t first, last;
};
struct qpu_build {
    struct open_block *open;
    size_t n_open, cap_open;
    struct closed_range *closed; /* those of the open blocks, in order */
    size_t n_closed, cap_closed;
    struct skeleton_item *events; /* SEND and CLOSE items of the open segment */
    size_t n_events, cap_events;
};
/* A block of the program that is open, and the QPUs with ops in it so far. */
struct level {
    uint32_t block;
    uint32_t *qpus;
    size_t n_qpus, cap_qpus;
};
struct build {
    struct skeleton *skeleton;
    const struct program *program;
    const struct qpu_durations *durations;
    const struct blocks *blocks;
    const struct messages *messages;
    struct segments segments;
    struct qpu_build *qpus;
    struct level *levels; /* the first n_levels are open, the others keep their arrays */
    size_t n_levels, n_levels_made, cap_levels;
    uint32_t next_block;
};

static enum status refuse_time(const struct build *build, size_t op_index) {
    return log_error_at(STATUS_INPUT,
                        program_loc(build->program, &build->program->ops.ops[op_index]),
                        "the time of these ops passes 2^63 ps (106 days)");
}

static enum status add_item(struct build *build, uint32_t qpu, struct skeleton_item item) {
    struct skeleton_qpu *list = &build->skeleton->qpus[qpu];
    TRY(vec_reserve(&list->items, list->n_items, &list->cap_items, 1, sizeof *list->items));
    list->items[list->n_items++] = item;
    return STATUS_OK;
}

static uint32_t next_item(const struct build *build, uint32_t qpu) {
    return u32_from_size(build->skeleton->qpus[qpu].n_items);
}

static struct skeleton_item *item_at(struct build *build, uint32_t qpu, uint32_t item) {
    return &build->skeleton->qpus[qpu].items[item];
}

static enum status begin_segment(struct build *build, uint32_t qpu, size_t op_index) {
    if (build->segments.qpus[qpu].in_segment) {
        return STATUS_OK;
    }
    TRY(segments_begin(&build->segments, qpu, next_item(build, qpu)));
    return add_item(
        build, qpu,
        (struct skeleton_item){.kind = SKELETON_SEGMENT, .op = op_index, .last_op = op_index});
}

static int compare_events(const void *a_ptr, const void *b_ptr) {
    const struct skeleton_item *a = a_ptr, *b = b_ptr;
    if (a->t_ps != b->t_ps) {
        return a->t_ps < b->t_ps ? -1 : 1;
    }
    if (a->op != b->op) {
        return a->op < b->op ? -1 : 1;
    }
    if (a->kind != b->kind) {
        return a->kind < b->kind ? -1 : 1;
    }
    return a->channel < b->channel ? -1 : a->channel > b->channel;
}

static enum status end_segment(struct build *build, uint32_t qpu) {
    struct qpu_build *state = &build->qpus[qpu];
    if (!build->segments.qpus[qpu].in_segment) {
        return STATUS_OK;
    }
    struct skeleton_item *segment = item_at(build, qpu, build->segments.qpus[qpu].item);
    segments_end(&build->segments, &segment->t_ps, qpu);
    if (state->n_events > 1) {
        qsort(state->events, state->n_events, sizeof *state->events, compare_events);
    }
    for (size_t i = 0; i < state->n_events; i++) {
        TRY(add_item(build, qpu, state->events[i]));
    }
    state->n_events = 0;
    return STATUS_OK;
}

static enum status add_event(struct build *build, uint32_t qpu, struct skeleton_item item) {
    struct qpu_build *state = &build->qpus[qpu];
    TRY(vec_reserve(&state->events, state->n_events, &state->cap_events, 1, sizeof *state->events));
    state->events[state->n_events++] = item;
    return STATUS_OK;
}

static struct skeleton_item send_item(const struct messages *messages, size_t channel) {
    const struct channel *c = &messages->channels[channel];
    return (struct skeleton_item){
        .kind = SKELETON_SEND,
        .op = c->settle,
        .peer = c->to,
        .bit = c->bit,
        .channel = u32_from_size(channel),
        .n_loops = c->n_loops,
    };
}

/* The receptions of one bit from one QPU stand together: alternatives, of which one is waited for.
 */
static size_t end_of_chain(const struct messages *messages, size_t first, size_t limit) {
    const struct reception *receptions = messages->receptions;
    const struct channel *channel = &messages->channels[receptions[first].channel];
    size_t end = first + 1;
    while (end < limit && messages->channels[receptions[end].channel].bit == channel->bit &&
           messages->channels[receptions[end].channel].from == channel->from) {
        end++;
    }
    return end;
}

/* Waits for the remote bits that are used here first. */
static enum status add_receptions(struct build *build, uint32_t qpu, size_t place) {
    const struct messages *messages = build->messages;
    size_t n, end = 0;
    const size_t first = messages_find_receptions(messages, &n, place, qpu);
    for (size_t i = first; i < first + n; i++) {
        const struct reception *reception = &messages->receptions[i];
        const struct channel *channel = &messages->channels[reception->channel];
        TRY(end_segment(build, qpu));
        end = i < end ? end : end_of_chain(messages, i, first + n);
        TRY(add_item(build, qpu,
                     (struct skeleton_item){
                         .kind = SKELETON_RECV,
                         .op = reception->op,
                         .peer = channel->from,
                         .bit = channel->bit,
                         .channel = reception->channel,
                         .n_loops = channel->n_loops,
                         .is_carried = reception->is_carried,
                         .match = next_item(build, qpu) + u32_from_size(end - 1 - i),
                     }));
    }
    return STATUS_OK;
}

struct bit_reader {
    struct segments *segments;
    uint32_t qpu;
};

static void read_bit(void *ctx, uint32_t bit) {
    const struct bit_reader *reader = ctx;
    segments_read_bit(reader->segments, reader->qpu, bit);
}

/* A block inside a group: a frame of the segment. */
static enum status open_frame(struct build *build, uint32_t qpu, const struct block *block) {
    const struct op_list *ops = &build->program->ops;
    const struct op *marker = &ops->ops[block->marker];
    if (block->marker == block->group) {
        TRY(add_receptions(build, qpu, block->group));
        TRY(begin_segment(build, qpu, block->marker));
    }
    TRY(segments_open_frame(&build->segments, qpu, block->kind == OP_REPEAT ? marker->arg : 1));
    if (block->kind == OP_ELSE) {
        segments_enter_else(&build->segments, qpu);
    }
    if (marker->expr != OP_NO_EXPR) {
        struct bit_reader reader = {&build->segments, qpu};
        expr_visit_bits(ops, marker->expr, read_bit, &reader);
    }
    return STATUS_OK;
}

static enum skeleton_kind marker_kind(enum op_kind kind) {
    return kind == OP_WHILE ? SKELETON_WHILE : kind == OP_REPEAT ? SKELETON_REPEAT : SKELETON_IF;
}

static enum status add_else(struct build *build, uint32_t qpu, struct open_block *open,
                            size_t op_index) {
    open->else_marker = next_item(build, qpu);
    item_at(build, qpu, open->marker)->match = open->else_marker;
    TRY(add_item(build, qpu, (struct skeleton_item){.kind = SKELETON_ELSE, .op = op_index}));
    open->first = next_item(build, qpu);
    return STATUS_OK;
}

/* A block that the QPU walks through: marker items. */
static enum status open_markers(struct build *build, uint32_t qpu, struct open_block *open,
                                const struct block *block) {
    TRY(add_receptions(build, qpu, block->marker));
    TRY(end_segment(build, qpu));
    open->marker = next_item(build, qpu);
    TRY(add_item(build, qpu,
                 (struct skeleton_item){
                     .kind = (uint8_t)marker_kind(block->kind),
                     .op = block->marker,
                     .count = build->program->ops.ops[block->marker].arg,
                 }));
    open->first = next_item(build, qpu);
    return block->kind == OP_ELSE ? add_else(build, qpu, open, block->first - 1) : STATUS_OK;
}

/* Opens the blocks around the current op that this QPU has had no op in so far. */
static enum status open_blocks(struct build *build, uint32_t qpu) {
    struct qpu_build *state = &build->qpus[qpu];
    while (state->n_open < build->n_levels) {
        struct level *level = &build->levels[state->n_open];
        const struct block *block = &build->blocks->blocks[level->block];
        struct open_block open = {level->block, NO_ITEM, NO_ITEM, NO_ITEM, state->n_closed};
        TRY(vec_reserve(&state->open, state->n_open, &state->cap_open, 1, sizeof *state->open));
        TRY(vec_reserve(&level->qpus, level->n_qpus, &level->cap_qpus, 1, sizeof *level->qpus));
        if (block->group != BLOCK_NO_GROUP) {
            TRY(open_frame(build, qpu, block));
        } else {
            TRY(open_markers(build, qpu, &open, block));
        }
        state->open[state->n_open++] = open;
        level->qpus[level->n_qpus++] = qpu;
    }
    return STATUS_OK;
}

static enum status enter_else(struct build *build, uint32_t qpu, size_t op_index) {
    struct qpu_build *state = &build->qpus[qpu];
    struct open_block *open = &state->open[state->n_open - 1];
    if (open->marker == NO_ITEM) {
        segments_enter_else(&build->segments, qpu);
        return STATUS_OK;
    }
    TRY(end_segment(build, qpu));
    return add_else(build, qpu, open, op_index);
}

static enum status close_markers(struct build *build, uint32_t qpu, const struct open_block *open,
                                 size_t op_index) {
    struct qpu_build *state = &build->qpus[qpu];
    if (build->blocks->blocks[open->block].kind == OP_WHILE) {
        TRY(add_receptions(build, qpu, op_index));
    }
    TRY(end_segment(build, qpu));
    const uint32_t end = next_item(build, qpu);
    const uint32_t last = open->else_marker == NO_ITEM ? open->marker : open->else_marker;
    item_at(build, qpu, last)->match = end;
    TRY(add_item(
        build, qpu,
        (struct skeleton_item){.kind = SKELETON_END, .op = op_index, .match = open->marker}));
    state->n_closed = open->n_closed;
    TRY(vec_reserve(&state->closed, state->n_closed, &state->cap_closed, 1, sizeof *state->closed));
    state->closed[state->n_closed++] = (struct closed_range){open->marker, end};
    size_t n;
    const size_t first = messages_find_channels(build->messages, &n, op_index, qpu);
    for (size_t i = first; i < first + n; i++) {
        TRY(add_item(build, qpu, send_item(build->messages, i)));
    }
    return STATUS_OK;
}

static enum status close_block(struct build *build, uint32_t qpu, size_t op_index) {
    struct qpu_build *state = &build->qpus[qpu];
    const struct open_block open = state->open[state->n_open - 1];
    if (open.marker != NO_ITEM) {
        TRY(close_markers(build, qpu, &open, op_index));
    } else {
        bool fits;
        TRY(segments_close_frame(&build->segments, &fits, qpu));
        if (!fits) {
            return refuse_time(build, op_index);
        }
        item_at(build, qpu, build->segments.qpus[qpu].item)->last_op = op_index;
    }
    state->n_open--;
    return STATUS_OK;
}

static enum status push_level(struct build *build) {
    TRY(vec_reserve(&build->levels, build->n_levels, &build->cap_levels, 1, sizeof *build->levels));
    if (build->n_levels == build->n_levels_made) {
        build->levels[build->n_levels_made++] = (struct level){0};
    }
    build->levels[build->n_levels].block = build->next_block++;
    build->levels[build->n_levels].n_qpus = 0;
    build->n_levels++;
    return STATUS_OK;
}

/* Blocks are numbered as they open, and an ELSE stands on the level of its IF. */
static enum status add_marker(struct build *build, size_t op_index) {
    const enum op_kind kind = (enum op_kind)build->program->ops.ops[op_index].kind;
    if (kind != OP_ELSE && kind != OP_END) {
        return push_level(build);
    }
    struct level *level = &build->levels[build->n_levels - 1];
    for (size_t i = 0; i < level->n_qpus; i++) {
        TRY(kind == OP_ELSE ? enter_else(build, level->qpus[i], op_index)
                            : close_block(build, level->qpus[i], op_index));
    }
    if (kind == OP_ELSE) {
        level->block = build->next_block++;
    } else {
        build->n_levels--;
    }
    return STATUS_OK;
}

/* Where the comm wire of an EBIT is free: after its last use in this body, after the block that
 * holds that use, or from the start of this round of the body. */
static void set_issue(const struct build *build, uint32_t qpu, struct skeleton_item *ebit) {
    const struct qpu_build *state = &build->qpus[qpu];
    const struct wire_clock *wire = &build->segments.wires[ebit->wire];
    const struct open_block *body = state->n_open ? &state->open[state->n_open - 1] : NULL;
    const uint32_t first = body ? body->first : 0;
    const uint32_t self = next_item(build, qpu);
    if (wire->last_item == WIRE_UNUSED || wire->last_item < first) {
        ebit->issue_item = first;
        return;
    }
    size_t low = body ? body->n_closed : 0, high = state->n_closed;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (state->closed[middle].last < wire->last_item) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low < state->n_closed && state->closed[low].first < wire->last_item) {
        ebit->issue_item = state->closed[low].last + 1;
        return;
    }
    const struct skeleton_item *last = &build->skeleton->qpus[qpu].items[wire->last_item];
    const bool is_segment = last->kind == SKELETON_SEGMENT;
    ebit->issue_item = is_segment ? wire->last_item : self;
    ebit->issue_t_ps = is_segment ? wire->last_t_ps : 0;
}

static enum status add_ebit_end(struct build *build, size_t op_index, uint32_t wire,
                                uint32_t peer_wire) {
    const uint32_t qpu = build->program->wire_qpu[wire];
    struct skeleton_item item = {
        .kind = SKELETON_EBIT,
        .op = op_index,
        .wire = wire,
        .peer = build->program->wire_qpu[peer_wire],
    };
    TRY(open_blocks(build, qpu));
    TRY(end_segment(build, qpu));
    set_issue(build, qpu, &item);
    build->segments.wires[wire].last_item = next_item(build, qpu);
    return add_item(build, qpu, item);
}

static int64_t duration_of(const struct build *build, const struct op *op) {
    const struct qpu_durations *durations = &build->durations[op->qpu];
    if (op->kind == OP_GATE) {
        return op->n_qubits > 1 ? durations->gate2_ps : durations->gate1_ps;
    }
    if (op->kind == OP_MEASURE) {
        return durations->measure_ps;
    }
    return op->kind == OP_RESET ? durations->reset_ps : 0;
}

/* The bit is born at t_ps of the segment. */
static enum status add_birth(struct build *build, size_t op_index, int64_t t_ps) {
    const struct op *op = &build->program->ops.ops[op_index];
    size_t n;
    segments_write_bit(&build->segments, op->qpu, op->bit, t_ps);
    const size_t first = messages_find_channels(build->messages, &n, op_index, op->qpu);
    for (size_t i = first; i < first + n; i++) {
        struct skeleton_item item = send_item(build->messages, i);
        item.t_ps = t_ps;
        TRY(add_event(build, op->qpu, item));
    }
    return STATUS_OK;
}

/* What the end of an op means beyond its wires: a bit is born, a comm wire is closed. */
static enum status add_effects(struct build *build, size_t op_index, int64_t t_ps) {
    const struct op *op = &build->program->ops.ops[op_index];
    const uint32_t wire = op_qubits(&build->program->ops, op)[0];
    const bool closes = op->kind == OP_MEASURE || op->kind == OP_RESET || op->kind == OP_FREE;
    if (op->kind == OP_MEASURE && op->bit != OP_NO_BIT) {
        TRY(add_birth(build, op_index, t_ps));
    }
    if (closes && op->n_qubits == 1 && build->program->wire_is_comm[wire]) {
        TRY(add_event(build, op->qpu,
                      (struct skeleton_item){
                          .kind = SKELETON_CLOSE, .op = op_index, .wire = wire, .t_ps = t_ps}));
    }
    return STATUS_OK;
}

struct bit_times {
    const struct segments *segments;
    uint32_t qpu;
    int64_t t_ps;
};

static void note_bit_time(void *ctx, uint32_t bit) {
    struct bit_times *times = ctx;
    const int64_t t_ps = segments_bit_time(times->segments, times->qpu, bit);
    times->t_ps = t_ps > times->t_ps ? t_ps : times->t_ps;
}

/* Takes no time: the bit is born when the last of those that it is made of is. */
static enum status add_assign(struct build *build, size_t op_index) {
    const struct op *op = &build->program->ops.ops[op_index];
    struct bit_times times = {&build->segments, op->qpu, 0};
    TRY(open_blocks(build, op->qpu));
    TRY(add_receptions(build, op->qpu, op_index));
    TRY(begin_segment(build, op->qpu, op_index));
    item_at(build, op->qpu, build->segments.qpus[op->qpu].item)->last_op = op_index;
    expr_visit_bits(&build->program->ops, op->expr, note_bit_time, &times);
    return add_birth(build, op_index, times.t_ps);
}

/* Takes no time: the bit leaves when it is born, or else when the QPU comes here. */
static enum status add_send(struct build *build, size_t op_index) {
    const struct op *op = &build->program->ops.ops[op_index];
    size_t n;
    TRY(open_blocks(build, op->qpu));
    TRY(begin_segment(build, op->qpu, op_index));
    item_at(build, op->qpu, build->segments.qpus[op->qpu].item)->last_op = op_index;
    const size_t first = messages_find_channels(build->messages, &n, op_index, op->qpu);
    for (size_t i = first; i < first + n; i++) {
        struct skeleton_item item = send_item(build->messages, i);
        item.t_ps = segments_bit_time(&build->segments, op->qpu, op->bit);
        TRY(add_event(build, op->qpu, item));
    }
    return STATUS_OK;
}

static enum status add_op(struct build *build, size_t op_index) {
    const struct op_list *ops = &build->program->ops;
    const struct op *op = &ops->ops[op_index];
    const uint32_t *wires = op_qubits(ops, op);
    const bool joins = op->kind != OP_NOISE && op->kind != OP_IDLE;
    const size_t n_steps = joins ? 1 : op->n_qubits;
    const size_t n_wires = joins ? op->n_qubits : 1;
    int64_t t_ps = 0;
    bool fits = true;
    TRY(open_blocks(build, op->qpu));
    TRY(begin_segment(build, op->qpu, op_index));
    item_at(build, op->qpu, build->segments.qpus[op->qpu].item)->last_op = op_index;
    for (size_t i = 0; i < n_steps && fits; i++) {
        TRY(segments_add_op(&build->segments, &fits, &t_ps, op->qpu, wires + i, n_wires,
                            duration_of(build, op)));
    }
    if (!fits) {
        return refuse_time(build, op_index);
    }
    return add_effects(build, op_index, t_ps);
}

static enum status add_any(struct build *build, size_t op_index) {
    const struct op_list *ops = &build->program->ops;
    const struct op *op = &ops->ops[op_index];
    switch ((enum op_kind)op->kind) {
    case OP_IF:
    case OP_ELSE:
    case OP_WHILE:
    case OP_REPEAT:
    case OP_END:
        return add_marker(build, op_index);
    case OP_EBIT:
        TRY(add_ebit_end(build, op_index, op_qubits(ops, op)[0], op_qubits(ops, op)[1]));
        return add_ebit_end(build, op_index, op_qubits(ops, op)[1], op_qubits(ops, op)[0]);
    case OP_GATE:
    case OP_MEASURE:
    case OP_RESET:
    case OP_BARRIER:
    case OP_ALLOC:
    case OP_FREE:
    case OP_NOISE:
    case OP_IDLE:
        return op->n_qubits > 0 ? add_op(build, op_index) : STATUS_OK;
    case OP_ASSIGN:
        return add_assign(build, op_index);
    case OP_DETECTOR:
    case OP_OBSERVABLE:
    case OP_TICK:
    case OP_COORDS:
    case OP_SHIFT_COORDS:
        return STATUS_OK;
    case OP_SEND:
        return add_send(build, op_index);
    case OP_RECV:
        TRY(open_blocks(build, op->qpu));
        return add_receptions(build, op->qpu, op_index);
    case OP_CALL:
    case OP_KIND_COUNT:
        break;
    }
    return log_error_at(STATUS_INPUT, program_loc(build->program, op), "%s cannot be timed yet",
                        op_kind_name((enum op_kind)op->kind));
}

static void build_fini(struct build *build) {
    for (size_t i = 0; build->qpus && i < build->skeleton->n_qpus; i++) {
        mem_free(build->qpus[i].open);
        mem_free(build->qpus[i].closed);
        mem_free(build->qpus[i].events);
    }
    for (size_t i = 0; i < build->n_levels_made; i++) {
        mem_free(build->levels[i].qpus);
    }
    mem_free(build->qpus);
    mem_free(build->levels);
    segments_fini(&build->segments);
}

static enum status build_all(struct build *build) {
    const struct program *program = build->program;
    TRY(segments_init(&build->segments, program->n_qpus, program->n_wires, program->n_bits));
    build->qpus = mem_alloc(program->n_qpus, sizeof *build->qpus);
    if (!build->qpus) {
        return STATUS_NOFIT;
    }
    for (size_t i = 0; i < program->ops.n_ops; i++) {
        TRY(add_any(build, i));
    }
    for (uint32_t qpu = 0; qpu < program->n_qpus; qpu++) {
        TRY(end_segment(build, qpu));
    }
    return STATUS_OK;
}

enum status build_items(struct skeleton *skeleton, const struct program *program,
                        const struct qpu_durations *durations, const struct blocks *blocks,
                        const struct messages *messages) {
    struct build build = {
        .skeleton = skeleton,
        .program = program,
        .durations = durations,
        .blocks = blocks,
        .messages = messages,
        .next_block = 1,
    };
    const enum status status = build_all(&build);
    build_fini(&build);
    return status;
}
