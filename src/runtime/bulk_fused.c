#include "runtime/bulk_fused.h"

#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "gate/pauli.h"

#define NOT_YET SIZE_MAX

/* A packet and the IFs that correct for its bits. */
struct step {
    const struct packet *packet;
    size_t x_if, z_if;
    bool is_fused;
    uint64_t letters; /* of the string that X on the copy becomes, as in op.arg; */
    uint32_t wires[OP_MAX_PAULI_LETTERS], n; /* [0] is the source */
};
struct fuser {
    const struct program *program;
    const double *weights;
    struct packets packets;
    struct step *steps;  /* of packets */
    size_t *writer_of;   /* by bit, on the way: 1 + the step whose result it holds; 0: none */
    size_t *step_of;     /* by op: 1 + the step that drops it, or holds it; 0: none */
    uint8_t *is_dropped; /* by op */
    size_t *position;    /* by op: in the new list */
    struct bulk_fused out;
};

static const struct op *op_at(const struct fuser *fuser, size_t i) {
    return &fuser->program->ops.ops[i];
}

static const uint32_t *wires_of(const struct fuser *fuser, const struct op *op) {
    return op_qubits(&fuser->program->ops, op);
}

static bool touches(const struct fuser *fuser, const struct op *op, uint32_t wire) {
    for (uint32_t i = 0; i < op->n_qubits; i++) {
        if (wires_of(fuser, op)[i] == wire) {
            return true;
        }
    }
    return false;
}

/* ---- corrections ---- */

/* if (bit) gate wire; */
static bool is_correction(const struct fuser *fuser, size_t i, uint32_t bit, enum gate_id gate,
                          uint32_t wire) {
    const struct op *op = op_at(fuser, i);
    if (op->kind != OP_IF || op->match != i + 2) {
        return false;
    }
    const struct expr *expr = &fuser->program->ops.exprs[op->expr];
    const struct op *body = op_at(fuser, i + 1);
    return op_at(fuser, i + 2)->kind == OP_END && expr->kind == EXPR_BIT && expr->a == bit &&
           body->kind == OP_GATE && body->which == gate && wires_of(fuser, body)[0] == wire;
}

/* The correction is the next op after `from` on its wire, and stands in the same block. */
static size_t find_correction(const struct fuser *fuser, size_t from, enum gate_id gate,
                              uint32_t wire) {
    const uint32_t bit = op_at(fuser, from)->bit;
    for (size_t i = from + 1; i < fuser->program->ops.n_ops; i++) {
        const struct op *op = op_at(fuser, i);
        if (is_correction(fuser, i, bit, gate, wire)) {
            return i;
        }
        if (op->kind == OP_IF && op->match == i + 2 && op_at(fuser, i + 2)->kind == OP_END &&
            !touches(fuser, op_at(fuser, i + 1), wire) && op_at(fuser, i + 1)->bit != bit) {
            i += 2; /* a correction of something else */
        } else if (op->match != OP_NO_MATCH || op->bit == bit || touches(fuser, op, wire)) {
            break;
        }
    }
    return NOT_YET;
}

/* Something else than its correction reads the result of a step. */
static void need_bit(void *ctx, uint32_t bit) {
    struct fuser *fuser = ctx;
    if (fuser->writer_of[bit] != 0) {
        fuser->steps[fuser->writer_of[bit] - 1].is_fused = false;
    }
}

static void note_use(struct fuser *fuser, size_t i) {
    const struct op *op = op_at(fuser, i);
    if (op->expr != OP_NO_EXPR && fuser->step_of[i] == 0) {
        expr_visit_bits(&fuser->program->ops, op->expr, need_bit, fuser);
    }
    if (op->bit != OP_NO_BIT) {
        fuser->writer_of[op->bit] = op->kind == OP_MEASURE ? fuser->step_of[i] : 0;
    }
}

/* What each reader may read, loops walked twice. */
static void find_uses(struct fuser *fuser, size_t first, size_t end) {
    for (size_t i = first; i < end; i++) {
        const struct op *op = op_at(fuser, i);
        note_use(fuser, i);
        if (op->kind == OP_REPEAT) {
            find_uses(fuser, i + 1, op->match);
            find_uses(fuser, i + 1, op->match);
            i = op->match;
        }
    }
}

static enum status find_needed(struct fuser *fuser) {
    uint32_t *keys;
    size_t n_keys;
    find_uses(fuser, 0, fuser->program->ops.n_ops);
    TRY(program_key_bits(fuser->program, &keys, &n_keys));
    for (size_t i = 0; i < n_keys; i++) {
        need_bit(fuser, keys[i]);
    }
    mem_free(keys);
    return STATUS_OK;
}

/* ---- what X on the copy becomes ---- */

static unsigned letter_of(const struct step *step, uint32_t i) {
    return (unsigned)(step->letters >> (2 * i)) & 3;
}

static bool set_letter(struct step *step, uint32_t wire, unsigned letter) {
    uint32_t i = 0;
    while (i < step->n && step->wires[i] != wire) {
        i++;
    }
    if (i == OP_MAX_PAULI_LETTERS) {
        return false;
    }
    if (i == step->n) {
        step->wires[step->n++] = wire;
    }
    step->letters = (step->letters & ~(UINT64_C(3) << (2 * i))) | (uint64_t)letter << (2 * i);
    return true;
}

static unsigned get_letter(const struct step *step, uint32_t wire) {
    for (uint32_t i = 0; i < step->n; i++) {
        if (step->wires[i] == wire) {
            return letter_of(step, i);
        }
    }
    return 0;
}

/* 1 X, 2 Y, 3 Z to its X and Z part, and back. */
static bool has_x(unsigned letter) {
    return letter == 1 || letter == 2;
}
static bool has_z(unsigned letter) {
    return letter >= 2;
}
static unsigned to_letter(bool x, bool z) {
    return z ? (x ? 2 : 3) : x;
}

static bool map_string(const struct fuser *fuser, struct step *step, const struct op *op) {
    const uint32_t *wires = wires_of(fuser, op), k = op->n_qubits;
    struct pauli_map map;
    uint32_t v = 0;
    for (uint32_t i = 0; i < k; i++) {
        const unsigned letter = get_letter(step, wires[i]);
        v |= (uint32_t)has_x(letter) << i | (uint32_t)has_z(letter) << (k + i);
    }
    if (v == 0) {
        return true;
    }
    pauli_map_from_gate(&map, (enum gate_id)op->which, op_params(&fuser->program->ops, op));
    const uint32_t image = map.n_checks > 0 ? 0 : pauli_map_apply(&map, v);
    bool is_mapped = map.n_checks == 0;
    for (uint32_t i = 0; i < k && is_mapped; i++) {
        is_mapped = set_letter(step, wires[i], to_letter(image >> i & 1, image >> (k + i) & 1));
    }
    return is_mapped;
}

static bool touches_string(const struct fuser *fuser, const struct step *step,
                           const struct op *op) {
    bool does = false;
    for (uint32_t i = 0; i < op->n_qubits; i++) {
        does = does || get_letter(step, wires_of(fuser, op)[i]) != 0;
    }
    return does;
}

/* A gate of the packet: its other operands are no copies themselves. */
static bool is_alone_on(const struct fuser *fuser, const struct op *op, uint32_t copy) {
    bool is = true;
    for (uint32_t i = 0; i < op->n_qubits; i++) {
        const uint32_t wire = wires_of(fuser, op)[i];
        is = is && (wire == copy || !fuser->program->wire_is_comm[wire]);
    }
    return is;
}

/* All its letters are on wires that stay. */
static bool ends_on_data(const struct fuser *fuser, const struct step *step) {
    bool does = true;
    for (uint32_t i = 1; i < step->n; i++) {
        does = does && (letter_of(step, i) == 0 || !fuser->program->wire_is_comm[step->wires[i]]);
    }
    return does;
}

/* From the correction to the end of the copy. False: something on the way maps it to no Pauli. */
static bool carry_string(const struct fuser *fuser, struct step *step) {
    const struct packet *packet = step->packet;
    step->wires[0] = packet->source;
    step->n = 1;
    step->letters = 0;
    set_letter(step, packet->copy, 1);
    for (size_t i = step->x_if + 3; i < packet->close; i++) {
        const struct op *op = op_at(fuser, i);
        if (i == packet->turn || op->match != OP_NO_MATCH) {
            continue;
        }
        if (op->kind == OP_GATE) {
            const bool is_free =
                !touches(fuser, op, packet->copy) || is_alone_on(fuser, op, packet->copy);
            if (!is_free || (!op_is_pauli(op) && !map_string(fuser, step, op))) {
                return false;
            }
        } else if (op->kind != OP_BARRIER && op->kind != OP_NOISE &&
                   touches_string(fuser, step, op)) {
            return false;
        }
    }
    /* Z on the copy is Z on the source; X on it has no effect any more. */
    const bool z = has_z(get_letter(step, packet->copy));
    set_letter(step, packet->copy, 0);
    return set_letter(step, packet->source, z ? 3 : 0) && ends_on_data(fuser, step);
}

/* ---- which ---- */

/* Straight, and without errors of its own. */
static bool is_plain(const struct fuser *fuser, const struct packet *packet) {
    for (size_t i = packet->ebit + 1; i < packet->close; i++) {
        const struct op *op = op_at(fuser, i);
        if (op->kind == OP_REPEAT || op->kind == OP_WHILE || op->kind == OP_ELSE) {
            return false;
        }
        if (op->kind == OP_NOISE &&
            (touches(fuser, op, packet->link) || touches(fuser, op, packet->copy))) {
            return false;
        }
    }
    return op_at(fuser, packet->birth)->n_params <= 1 && op_at(fuser, packet->close)->n_params <= 1;
}

/* Paulis on the copy inside IFs are its correction alone. */
static bool has_other_paulis(const struct fuser *fuser, const struct step *step) {
    const struct packet *packet = step->packet;
    for (size_t i = packet->ebit + 1; i < packet->close; i++) {
        const struct op *op = op_at(fuser, i);
        if (op->kind == OP_IF && i != step->x_if) {
            for (size_t j = i + 1; j < op->match; j++) {
                if (touches(fuser, op_at(fuser, j), packet->copy) ||
                    touches(fuser, op_at(fuser, j), packet->link)) {
                    return true;
                }
            }
        }
    }
    return false;
}

static void find_steps(struct fuser *fuser) {
    for (size_t p = 0; p < fuser->packets.n; p++) {
        struct step *step = &fuser->steps[p];
        const struct packet *packet = &fuser->packets.items[p];
        step->packet = packet;
        if (packet->kind != PACKET_COPY || !is_plain(fuser, packet)) {
            continue;
        }
        step->x_if = find_correction(fuser, packet->birth, GATE_X, packet->copy);
        step->z_if = find_correction(fuser, packet->close, GATE_Z, packet->source);
        step->is_fused = step->x_if < packet->turn && step->z_if != NOT_YET &&
                         !has_other_paulis(fuser, step) && carry_string(fuser, step);
        if (step->is_fused) {
            fuser->step_of[step->x_if] = fuser->step_of[step->z_if] = p + 1;
            fuser->step_of[packet->birth] = fuser->step_of[packet->close] = p + 1;
        }
    }
}

static void drop(struct fuser *fuser, size_t first, size_t end) {
    for (size_t i = first; i < end; i++) {
        fuser->is_dropped[i] = 1;
    }
}

/* Marks ops: gates of a packet act on its source, its protocol goes. */
static void mark_steps(struct fuser *fuser) {
    for (size_t p = 0; p < fuser->packets.n; p++) {
        struct step *step = &fuser->steps[p];
        const struct packet *packet = step->packet;
        if (!step->is_fused) {
            continue;
        }
        drop(fuser, packet->ebit, packet->ebit + 1);
        drop(fuser, packet->entangle, packet->entangle + 1);
        drop(fuser, packet->birth, packet->birth + 1);
        drop(fuser, step->x_if, step->x_if + 3);
        drop(fuser, packet->turn, packet->turn + 1);
        drop(fuser, step->z_if, step->z_if + 3);
        for (size_t i = step->x_if + 3; i <= packet->close; i++) {
            if (touches(fuser, op_at(fuser, i), packet->copy)) {
                fuser->step_of[i] = p + 1;
            }
        }
        fuser->out.counts.n_fused++;
    }
}

/* ---- the new list ---- */

static enum status add_op(struct fuser *fuser, const struct op *op) {
    const struct op_list *from = &fuser->program->ops;
    struct op_list *to = &fuser->out.ops;
    struct op *copy;
    TRY(op_list_add(to, &copy, (enum op_kind)op->kind, op_qubits(from, op), op->n_qubits,
                    op_params(from, op), op->n_params, program_loc(fuser->program, op)));
    const uint32_t qubit0 = copy->qubit0, param0 = copy->param0;
    *copy = *op;
    copy->qubit0 = qubit0;
    copy->param0 = param0;
    copy->match = OP_NO_MATCH;
    if (op->expr != OP_NO_EXPR) {
        uint32_t expr;
        TRY(expr_copy(to, &expr, from, op->expr, NULL));
        to->ops[to->n_ops - 1].expr = expr;
    }
    return STATUS_OK;
}

/* A gate of the packet, on the source in place of the copy. */
static enum status add_gate(struct fuser *fuser, const struct op *op, const struct packet *packet) {
    TRY(add_op(fuser, op));
    const struct op *copy = &fuser->out.ops.ops[fuser->out.ops.n_ops - 1];
    for (uint32_t i = 0; i < copy->n_qubits; i++) {
        uint32_t *wire = &fuser->out.ops.qubits[copy->qubit0 + i];
        *wire = *wire == packet->copy ? packet->source : *wire;
    }
    return STATUS_OK;
}

static enum status add_error(struct fuser *fuser, const struct step *step, const struct op *at,
                             double p, bool x, bool z, bool is_else) {
    struct op *op;
    uint32_t wires[OP_MAX_PAULI_LETTERS], n = 0;
    uint64_t letters = 0;
    for (uint32_t i = 0; i < step->n; i++) {
        unsigned letter = x ? letter_of(step, i) : 0;
        letter = i == 0 && z ? to_letter(false, letter == 0) : letter;
        if (letter != 0) {
            letters |= (uint64_t)letter << (2 * n);
            wires[n++] = step->wires[i];
        }
    }
    TRY(op_list_add(&fuser->out.ops, &op, OP_NOISE, wires, n, &p, 1,
                    program_loc(fuser->program, at)));
    op->which = is_else ? NOISE_ELSE : NOISE_CORRELATED;
    op->arg = letters;
    return STATUS_OK;
}

static double misread(const struct fuser *fuser, size_t i) {
    const struct op *op = op_at(fuser, i);
    return op->n_params > 0 ? op_params(&fuser->program->ops, op)[0] : 0;
}

/* out_p[x + 2 z]: of X, of Z, of both; the pair's letters, turned over by wrong records. */
static void find_weights(double *out_p, const struct fuser *fuser, const struct packet *packet) {
    static const double ideal[4] = {1, 0, 0, 0};
    static const unsigned letter[4] = {0, 1, 3, 2};
    const double *pair = fuser->weights != NULL ? fuser->weights + 4 * packet->ebit : ideal;
    const double m = misread(fuser, packet->birth), k = misread(fuser, packet->close);
    const double flips[4] = {(1 - m) * (1 - k), m * (1 - k), (1 - m) * k, m * k};
    for (unsigned c = 0; c < 4; c++) {
        out_p[c] = 0;
        for (unsigned f = 0; f < 4; f++) {
            out_p[c] += pair[letter[c ^ f]] * flips[f];
        }
    }
}

/* Where X reaches one other wire: one error of two qubits. */
static enum status add_pair_channel(struct fuser *fuser, const struct step *step, const double *p,
                                    uint32_t other) {
    const uint32_t wires[2] = {step->wires[0], step->wires[other]};
    const bool z = has_z(letter_of(step, 0));
    const unsigned letter = letter_of(step, other);
    double params[15] = {0};
    struct op *op;
    params[(z ? 12u : 0u) + letter - 1] += p[1];
    params[(z ? 0u : 12u) + letter - 1] += p[3];
    params[12 - 1] += p[2]; /* ZI */
    TRY(op_list_add(&fuser->out.ops, &op, OP_NOISE, wires, 2, params, 15,
                    program_loc(fuser->program, op_at(fuser, step->packet->close))));
    op->which = NOISE_PAULI2;
    return STATUS_OK;
}

/* One of X, Z and both happens, or nothing. */
static enum status add_channel(struct fuser *fuser, const struct step *step) {
    double p[4], left = 1;
    uint32_t n_others = 0, other = 0;
    find_weights(p, fuser, step->packet);
    for (uint32_t i = 1; i < step->n; i++) {
        n_others += letter_of(step, i) != 0;
        other = letter_of(step, i) != 0 ? i : other;
    }
    if (p[1] + p[2] + p[3] <= 0) {
        return STATUS_OK;
    }
    if (n_others == 1) {
        return add_pair_channel(fuser, step, p, other);
    }
    for (unsigned c = 1; c < 4; c++) {
        TRY(add_error(fuser, step, op_at(fuser, step->packet->close), left > p[c] ? p[c] / left : 1,
                      c & 1, c >> 1, c > 1));
        left -= p[c];
    }
    return STATUS_OK;
}

static enum status add_any(struct fuser *fuser, size_t i) {
    const struct op *op = op_at(fuser, i);
    const size_t s = fuser->step_of[i];
    const struct step *step = s != 0 ? &fuser->steps[s - 1] : NULL;
    if (step != NULL && step->is_fused && i == step->packet->close) {
        return add_channel(fuser, step);
    }
    if (fuser->is_dropped[i]) {
        return STATUS_OK;
    }
    return step != NULL && step->is_fused ? add_gate(fuser, op, step->packet) : add_op(fuser, op);
}

static enum status write_list(struct fuser *fuser) {
    const struct op_list *from = &fuser->program->ops;
    struct op_list *to = &fuser->out.ops;
    for (size_t i = 0; i < from->n_ops; i++) {
        fuser->position[i] = to->n_ops;
        TRY(add_any(fuser, i));
    }
    for (size_t i = 0; i < from->n_ops; i++) {
        if (from->ops[i].match != OP_NO_MATCH && !fuser->is_dropped[i]) {
            to->ops[fuser->position[i]].match = u32_from_size(fuser->position[from->ops[i].match]);
        }
    }
    if (fuser->weights != NULL) {
        fuser->out.weights = mem_alloc(to->n_ops, 4 * sizeof *fuser->out.weights);
        if (fuser->out.weights == NULL) {
            return STATUS_NOFIT;
        }
    }
    for (size_t i = 0; i < from->n_ops && fuser->weights != NULL; i++) {
        if (from->ops[i].kind == OP_EBIT && !fuser->is_dropped[i]) {
            memcpy(fuser->out.weights + 4 * fuser->position[i], fuser->weights + 4 * i,
                   4 * sizeof *fuser->weights);
        }
    }
    op_list_number_sites(to);
    return STATUS_OK;
}

static enum status fuse(struct fuser *fuser) {
    const struct program *program = fuser->program;
    const size_t n_ops = program->ops.n_ops;
    TRY(packets_find(&fuser->packets, program));
    fuser->steps = mem_alloc(fuser->packets.n, sizeof *fuser->steps);
    fuser->writer_of = mem_alloc(program->n_bits, sizeof *fuser->writer_of);
    fuser->step_of = mem_alloc(n_ops, sizeof *fuser->step_of);
    fuser->is_dropped = mem_alloc(n_ops, sizeof *fuser->is_dropped);
    fuser->position = mem_alloc(n_ops, sizeof *fuser->position);
    if (fuser->steps == NULL || fuser->writer_of == NULL || fuser->step_of == NULL ||
        fuser->is_dropped == NULL || fuser->position == NULL) {
        return STATUS_NOFIT;
    }
    find_steps(fuser);
    TRY(find_needed(fuser));
    mark_steps(fuser);
    fuser->out.counts.n_explicit = fuser->packets.n - fuser->out.counts.n_fused;
    return write_list(fuser);
}

enum status bulk_fuse(struct bulk_fused *out_fused, const struct program *program,
                      const double *weights) {
    struct fuser fuser = {.program = program, .weights = weights};
    const enum status status = fuse(&fuser);
    packets_fini(&fuser.packets);
    mem_free(fuser.steps);
    mem_free(fuser.writer_of);
    mem_free(fuser.step_of);
    mem_free(fuser.is_dropped);
    mem_free(fuser.position);
    if (status != STATUS_OK) {
        bulk_fused_fini(&fuser.out);
        return status;
    }
    *out_fused = fuser.out;
    return STATUS_OK;
}

void bulk_fused_fini(struct bulk_fused *fused) {
    op_list_fini(&fused->ops);
    mem_free(fused->weights);
    *fused = (struct bulk_fused){0};
}
