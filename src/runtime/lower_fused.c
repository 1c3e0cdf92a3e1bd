#include "runtime/lower_fused.h"

#include "program/packets.h"

struct fused_pass {
    struct lowered *lowered;
    const struct packets *packets;
    size_t *packet_of; /* by op of the program: 1 + the packet that it is a step of; 0: none */
    uint32_t *n_names; /* by wire: copies that are other names of it */
};

static void note_steps(struct fused_pass *pass) {
    for (size_t i = 0; i < pass->packets->n; i++) {
        const struct packet *packet = &pass->packets->items[i];
        if (packet->kind != PACKET_OTHER) {
            pass->packet_of[packet->ebit] = pass->packet_of[packet->entangle] = i + 1;
            pass->packet_of[packet->birth] = pass->packet_of[packet->turn] = i + 1;
            pass->packet_of[packet->close] = i + 1;
        }
    }
}

static void begin_name(struct fused_pass *pass, size_t at, const struct packet *packet) {
    pass->lowered->modes[at] = ENGINE_ALIAS;
    pass->lowered->copy_wires[at] = packet->copy;
    pass->n_names[packet->source]++;
}

static void end_name(struct fused_pass *pass, size_t at, const struct packet *packet) {
    const bool is_move = packet->kind == PACKET_MOVE;
    pass->lowered->modes[at] = is_move ? ENGINE_MOVE : ENGINE_PART;
    pass->lowered->roles[at] = ROLE_COIN;
    pass->lowered->copy_wires[at] = packet->copy;
    pass->n_names[packet->source]--;
}

static void fuse_step(struct fused_pass *pass, size_t at, const struct packet *packet) {
    struct lowered *lowered = pass->lowered;
    const size_t step = lowered->source[at];
    if (step == packet->ebit) {
        lowered->modes[at] = ENGINE_CLEAR;
    } else if (step == packet->entangle) {
        begin_name(pass, at, packet);
    } else if (step == packet->close && lowered->ops.ops[at].kind == OP_MEASURE) {
        end_name(pass, at, packet);
        pass->packet_of[step] = 0; /* the basis change back acts on a wire that is alone */
    } else {
        lowered->modes[at] = ENGINE_SKIP;
        lowered->roles[at] = step == packet->birth ? ROLE_COIN : ROLE_PLAIN;
    }
}

/* Paulis are left to frames: in the engine, names of a wire stay what they are. */
static void fuse_steps(struct fused_pass *pass) {
    struct lowered *lowered = pass->lowered;
    for (size_t at = 0; at < lowered->ops.n_ops; at++) {
        const struct op *op = &lowered->ops.ops[at];
        const size_t packet = pass->packet_of[lowered->source[at]];
        if (packet != 0) {
            fuse_step(pass, at, &pass->packets->items[packet - 1]);
        } else if (lowered->modes[at] == ENGINE_APPLY && op_is_pauli(op) &&
                   pass->n_names[op_qubits(&lowered->ops, op)[0]] > 0) {
            lowered->modes[at] = ENGINE_SKIP;
            lowered->roles[at] = ROLE_FRAME_GATE;
        }
    }
}

enum status lower_fuse(struct lowered *lowered, const struct program *program) {
    struct packets packets;
    TRY(packets_find(&packets, program));
    struct fused_pass pass = {lowered, &packets,
                              mem_alloc(program->ops.n_ops, sizeof *pass.packet_of),
                              mem_alloc(program->n_wires, sizeof *pass.n_names)};
    enum status status = STATUS_NOFIT;
    if (pass.packet_of != NULL && pass.n_names != NULL) {
        note_steps(&pass);
        fuse_steps(&pass);
        status = STATUS_OK;
    }
    mem_free(pass.packet_of);
    mem_free(pass.n_names);
    packets_fini(&packets);
    return status;
}
