#include "program/packets.h"

#include <string.h>

#include "base/log.h"
#include "base/mem.h"

#define NO_PACKET SIZE_MAX

enum turned { TURNED_NOT, TURNED_COPY, TURNED_SOURCE };

/* What is known of a packet on the way. */
struct track {
    enum { AT_PAIR, AT_LINK, AT_END } phase; /* pair untouched; CX done; closed or failed */
    enum turned turned;
    bool is_born, is_closed;
    size_t block; /* first op of the block that it began in */
    size_t next;  /* other packet with the same source */
};
struct finder {
    const struct program *program;
    struct packets packets;
    struct track *tracks;
    size_t cap_tracks;
    size_t *half_of, *copy_of, *first_of; /* per wire: packet whose pair, link or copy it is;
                                           * packets whose source it is */
    size_t block;
    size_t *outer; /* blocks around */
    size_t n_outer, cap_outer;
    size_t op; /* index */
};

static struct packet *packet_at(struct finder *finder, size_t p) {
    return &finder->packets.items[p];
}

/* ---- beginning and end ---- */

static void forget_source(struct finder *finder, size_t p) {
    size_t *at = &finder->first_of[packet_at(finder, p)->source];
    while (*at != p) {
        at = &finder->tracks[*at].next;
    }
    *at = finder->tracks[p].next;
}

static void forget(struct finder *finder, size_t p) {
    const struct packet *packet = packet_at(finder, p);
    if (finder->half_of[packet->link] == p) {
        finder->half_of[packet->link] = NO_PACKET;
    }
    if (finder->half_of[packet->copy] == p) {
        finder->half_of[packet->copy] = NO_PACKET;
    }
    if (finder->tracks[p].phase == AT_LINK) {
        finder->copy_of[packet->copy] = NO_PACKET;
        forget_source(finder, p);
    }
    finder->tracks[p].phase = AT_END;
}

static void fail(struct finder *finder, size_t p, const char *reason) {
    struct packet *packet = packet_at(finder, p);
    forget(finder, p);
    packet->kind = PACKET_OTHER;
    packet->reason = reason;
    packet->reason_op = finder->op;
}

static void finish(struct finder *finder, size_t p) {
    if (finder->tracks[p].is_born && finder->tracks[p].is_closed) {
        forget(finder, p);
        finder->packets.n_fused++;
    }
}

static void close_packet(struct finder *finder, size_t p, enum turned turned, bool has_turned) {
    struct packet *packet = packet_at(finder, p);
    packet->kind = turned == TURNED_COPY ? PACKET_COPY : PACKET_MOVE;
    packet->close = finder->op;
    packet->turn = has_turned ? packet->turn : finder->op;
    finder->tracks[p].is_closed = true;
    finish(finder, p);
}

static enum status begin_packet(struct finder *finder, const uint32_t *wires) {
    struct packets *packets = &finder->packets;
    const size_t p = packets->n;
    TRY(vec_reserve(&packets->items, p, &packets->cap, 1, sizeof *packets->items));
    TRY(vec_reserve(&finder->tracks, p, &finder->cap_tracks, 1, sizeof *finder->tracks));
    packets->items[packets->n++] = (struct packet){
        .ebit = finder->op, .source = OP_NO_QPU, .link = wires[0], .copy = wires[1]};
    finder->tracks[p] = (struct track){.block = finder->block, .next = NO_PACKET};
    finder->half_of[wires[0]] = finder->half_of[wires[1]] = p;
    return STATUS_OK;
}

/* ---- one op on one wire ---- */

/* What an op does to one of its wires. */
struct touch {
    enum {
        TOUCH_PAULI,
        TOUCH_DIAGONAL,
        TOUCH_H,
        TOUCH_MEASURE_Z,
        TOUCH_MEASURE_X,
        TOUCH_OTHER
    } kind;
    uint32_t wire;
    bool is_target; /* of a CX from `control` */
    uint32_t control;
};

static bool is_here(const struct finder *finder, size_t p) {
    return finder->tracks[p].block == finder->block;
}

/* CX onto one half of an untouched pair. */
static void entangle(struct finder *finder, size_t p, const struct touch *touch) {
    struct packet *packet = packet_at(finder, p);
    const uint32_t partner = packet->link == touch->wire ? packet->copy : packet->link;
    if (!touch->is_target || touch->control == partner) {
        fail(finder, p, "the pair meets another operation than a CX from a third wire");
        return;
    }
    if (!is_here(finder, p)) {
        fail(finder, p, "the CX onto the pair stands in another block than its ebit");
        return;
    }
    struct track *track = &finder->tracks[p];
    packet->link = touch->wire;
    packet->copy = partner;
    packet->source = touch->control;
    packet->entangle = finder->op;
    track->phase = AT_LINK;
    track->next = finder->first_of[packet->source];
    finder->first_of[packet->source] = p;
    finder->half_of[partner] = NO_PACKET;
    finder->copy_of[partner] = p;
}

static void touch_half(struct finder *finder, size_t p, const struct touch *touch) {
    if (touch->kind == TOUCH_PAULI) {
        return;
    }
    if (finder->tracks[p].phase == AT_PAIR) {
        entangle(finder, p, touch);
    } else if (touch->kind == TOUCH_MEASURE_Z && is_here(finder, p)) {
        packet_at(finder, p)->birth = finder->op;
        finder->half_of[touch->wire] = NO_PACKET;
        finder->tracks[p].is_born = true;
        finish(finder, p);
    } else {
        fail(finder, p, "after its CX the half of the pair is not measured at once");
    }
}

/* The wire of the packet that may be turned by H and then measured. */
static void turn(struct finder *finder, size_t p, enum turned turned, const struct touch *touch) {
    struct track *track = &finder->tracks[p];
    const bool is_turn = touch->kind == TOUCH_H && track->turned == TURNED_NOT;
    const bool is_close = touch->kind == TOUCH_MEASURE_Z && track->turned == turned;
    const bool is_both = touch->kind == TOUCH_MEASURE_X && track->turned == TURNED_NOT;
    if (track->is_closed || (!is_turn && !is_close && !is_both)) {
        fail(finder, p,
             turned == TURNED_COPY ? "the copy meets an operation that is not diagonal on it"
                                   : "the source meets an operation that is not diagonal on it "
                                     "while its copy is in use");
    } else if (!is_here(finder, p)) {
        fail(finder, p, "the copy ends in another block than it began in");
    } else if (is_turn) {
        track->turned = turned;
        packet_at(finder, p)->turn = finder->op;
    } else {
        close_packet(finder, p, turned, is_close);
    }
}

static void touch_copy(struct finder *finder, size_t p, const struct touch *touch) {
    const struct track *track = &finder->tracks[p];
    if (touch->kind == TOUCH_PAULI) {
        return;
    }
    if (!track->is_born) {
        fail(finder, p, "the copy is used before the pair's other half is measured");
    } else if (touch->kind != TOUCH_DIAGONAL || track->turned == TURNED_COPY) {
        turn(finder, p, TURNED_COPY, touch);
    }
}

static void touch_source(struct finder *finder, size_t p, const struct touch *touch,
                         bool may_turn) {
    const struct track *track = &finder->tracks[p];
    if (touch->kind == TOUCH_PAULI || track->is_closed) {
        return;
    }
    if (touch->kind == TOUCH_DIAGONAL && track->turned != TURNED_SOURCE) {
        return;
    }
    if (may_turn) {
        turn(finder, p, TURNED_SOURCE, touch);
    } else {
        fail(finder, p, "the source has several copies, or is one, when it is turned");
    }
}

static void touch_wire(struct finder *finder, const struct touch *touch) {
    const uint32_t wire = touch->wire;
    const size_t first = finder->first_of[wire];
    const bool may_turn = finder->copy_of[wire] == NO_PACKET && first != NO_PACKET &&
                          finder->tracks[first].next == NO_PACKET;
    for (size_t p = first, next; p != NO_PACKET; p = next) {
        next = finder->tracks[p].next;
        touch_source(finder, p, touch, may_turn);
    }
    if (finder->half_of[wire] != NO_PACKET) {
        touch_half(finder, finder->half_of[wire], touch);
    }
    if (finder->copy_of[wire] != NO_PACKET) {
        touch_copy(finder, finder->copy_of[wire], touch);
    }
}

/* ---- ops ---- */

/* The wire whose other name this one is. */
static uint32_t find_root(struct finder *finder, uint32_t wire) {
    while (finder->copy_of[wire] != NO_PACKET) {
        wire = packet_at(finder, finder->copy_of[wire])->source;
    }
    return wire;
}

/* Two operands of a gate may not be names of one wire. */
static void part_roots(struct finder *finder, const uint32_t *wires, uint32_t n_wires) {
    for (uint32_t i = 0; i < n_wires; i++) {
        for (uint32_t j = 0; j < i; j++) {
            if (find_root(finder, wires[i]) == find_root(finder, wires[j])) {
                const uint32_t wire = finder->copy_of[wires[i]] != NO_PACKET ? wires[i] : wires[j];
                fail(finder, finder->copy_of[wire], "a gate joins two copies of one wire");
            }
        }
    }
}

static void touch_gate(struct finder *finder, const struct op *op) {
    const struct op_list *ops = &finder->program->ops;
    const uint32_t *wires = op_qubits(ops, op);
    part_roots(finder, wires, op->n_qubits);
    for (uint32_t i = 0; i < op->n_qubits; i++) {
        struct touch touch = {.kind = TOUCH_OTHER, .wire = wires[i]};
        touch.is_target = op->which == GATE_CX && i == 1;
        touch.control = wires[0];
        if (op_is_pauli(op)) {
            touch.kind = TOUCH_PAULI;
        } else if (op->which == GATE_H) {
            touch.kind = TOUCH_H;
        } else if (gate_is_diagonal_on((enum gate_id)op->which, op_params(ops, op), i)) {
            touch.kind = TOUCH_DIAGONAL;
        }
        touch_wire(finder, &touch);
    }
}

static void touch_measure(struct finder *finder, const struct op *op) {
    const uint32_t *wires = op_qubits(&finder->program->ops, op);
    for (uint32_t i = 0; i < op->n_qubits; i++) {
        const unsigned letter = op_pauli(op, i);
        struct touch touch = {.kind = TOUCH_OTHER, .wire = wires[i]};
        if (op->n_qubits == 1 && letter == 3) {
            touch.kind = TOUCH_MEASURE_Z;
        } else if (op->n_qubits == 1 && letter == 1) {
            touch.kind = TOUCH_MEASURE_X;
        }
        if (letter != 0) {
            touch_wire(finder, &touch);
        }
    }
}

static void touch_others(struct finder *finder, const struct op *op) {
    const uint32_t *wires = op_qubits(&finder->program->ops, op);
    for (uint32_t i = 0; i < op->n_qubits; i++) {
        touch_wire(finder, &(struct touch){.kind = TOUCH_OTHER, .wire = wires[i]});
    }
}

/* Packets of the block that ends. */
static void end_block(struct finder *finder) {
    for (size_t p = finder->packets.n; p-- > 0;) {
        if (packet_at(finder, p)->ebit < finder->block) {
            break;
        }
        if (finder->tracks[p].phase != AT_END && is_here(finder, p)) {
            fail(finder, p, "the block ends before the packet does");
        }
    }
}

static enum status cross_marker(struct finder *finder, const struct op *op) {
    if (op->kind != OP_END && op->kind != OP_ELSE) {
        TRY(vec_reserve(&finder->outer, finder->n_outer, &finder->cap_outer, 1,
                        sizeof *finder->outer));
        finder->outer[finder->n_outer++] = finder->block;
    } else {
        end_block(finder);
    }
    finder->block = op->kind == OP_END ? finder->outer[--finder->n_outer] : finder->op + 1;
    return STATUS_OK;
}

static enum status visit_op(struct finder *finder, const struct op *op) {
    const uint32_t *wires = op_qubits(&finder->program->ops, op);
    switch ((enum op_kind)op->kind) {
    case OP_GATE:
        touch_gate(finder, op);
        return STATUS_OK;
    case OP_MEASURE:
        touch_measure(finder, op);
        return STATUS_OK;
    case OP_RESET:
    case OP_ALLOC:
    case OP_FREE:
        touch_others(finder, op);
        return STATUS_OK;
    case OP_NOISE: /* errors that are no Paulis */
        if (op->which == NOISE_RELAX || op->which == NOISE_RESET) {
            touch_others(finder, op);
        }
        return STATUS_OK;
    case OP_EBIT:
        touch_others(finder, op);
        return begin_packet(finder, wires);
    case OP_IF:
    case OP_ELSE:
    case OP_WHILE:
    case OP_REPEAT:
    case OP_END:
        return cross_marker(finder, op);
    case OP_BARRIER:
    case OP_SEND:
    case OP_RECV:
    case OP_IDLE:
    case OP_DETECTOR:
    case OP_OBSERVABLE:
    case OP_TICK:
    case OP_COORDS:
    case OP_SHIFT_COORDS:
    case OP_ASSIGN:
    case OP_CALL:
    case OP_KIND_COUNT:
        break;
    }
    return STATUS_OK;
}

static enum status find_all(struct finder *finder) {
    const struct program *program = finder->program;
    const size_t n_bytes = program->n_wires * sizeof *finder->half_of;
    finder->half_of = mem_alloc(program->n_wires, sizeof *finder->half_of);
    finder->copy_of = mem_alloc(program->n_wires, sizeof *finder->copy_of);
    finder->first_of = mem_alloc(program->n_wires, sizeof *finder->first_of);
    if (finder->half_of == NULL || finder->copy_of == NULL || finder->first_of == NULL) {
        return STATUS_NOFIT;
    }
    memset(finder->half_of, 0xff, n_bytes);
    memset(finder->copy_of, 0xff, n_bytes);
    memset(finder->first_of, 0xff, n_bytes);
    for (; finder->op < program->ops.n_ops; finder->op++) {
        TRY(visit_op(finder, &program->ops.ops[finder->op]));
    }
    finder->op = program->ops.n_ops == 0 ? 0 : program->ops.n_ops - 1;
    end_block(finder);
    return STATUS_OK;
}

enum status packets_find(struct packets *out_packets, const struct program *program) {
    struct finder finder = {.program = program};
    const enum status status = find_all(&finder);
    mem_free(finder.tracks);
    mem_free(finder.half_of);
    mem_free(finder.copy_of);
    mem_free(finder.first_of);
    mem_free(finder.outer);
    if (status != STATUS_OK) {
        packets_fini(&finder.packets);
        return status;
    }
    *out_packets = finder.packets;
    return STATUS_OK;
}

void packets_fini(struct packets *packets) {
    mem_free(packets->items);
    *packets = (struct packets){0};
}

enum status packets_count(struct packet_counts *out_counts, const struct program *program) {
    struct packets packets;
    TRY(packets_find(&packets, program));
    const size_t n_fused = program->is_fused ? packets.n_fused : 0;
    *out_counts = (struct packet_counts){n_fused, packets.n - n_fused};
    packets_fini(&packets);
    return STATUS_OK;
}

enum status packets_warn_of_explicit(const struct program *program) {
    enum { SHOWN = 5 };
    struct packets packets;
    size_t n_shown = 0;
    TRY(packets_find(&packets, program));
    for (size_t i = 0; i < packets.n && n_shown <= SHOWN; i++) {
        const struct packet *packet = &packets.items[i];
        if (packet->kind != PACKET_OTHER) {
            continue;
        }
        if (n_shown++ == SHOWN) {
            log_warning("and %zu more ebits run explicitly", packets.n - packets.n_fused - SHOWN);
        } else {
            log_warning_at(program_loc(program, &program->ops.ops[packet->ebit]),
                           "this ebit runs explicitly: %s (line %u)", packet->reason,
                           program->ops.ops[packet->reason_op].line);
        }
    }
    packets_fini(&packets);
    return STATUS_OK;
}
