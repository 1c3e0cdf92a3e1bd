#include <math.h>
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "circuit/stim_reader.h"

/* A product of Paulis, multiplied out: i^phase times the letters. */
struct product {
    uint32_t qubits[OP_MAX_PAULI_LETTERS];
    uint8_t letters[OP_MAX_PAULI_LETTERS];
    uint32_t n;
    unsigned phase;
};

static struct src_loc target_loc(const struct stim_reader *r, const struct stim_target *target) {
    return (struct src_loc){r->loc.file, r->loc.line, target->col};
}

static enum status refuse(const struct stim_reader *r, const struct stim_target *target,
                          const char *why) {
    return log_error_at(STATUS_INPUT, target == NULL ? r->loc : target_loc(r, target), "%s %s",
                        r->name->name, why);
}

static enum status note_label(struct stim_reader *r, uint32_t label) {
    size_t word = label / 64;

    if (word >= r->n_used_words) {
        size_t n = 2 * r->n_used_words > word + 1 ? 2 * r->n_used_words : word + 1;
        uint64_t *used = mem_resize(r->used, n, sizeof *used);
        if (used == NULL) {
            return STATUS_NOFIT;
        }
        memset(used + r->n_used_words, 0, (n - r->n_used_words) * sizeof *used);
        r->used = used;
        r->n_used_words = n;
    }
    bits_set(r->used, label, true);
    return STATUS_OK;
}

static enum status add_op(struct stim_reader *r, struct op **out_op, enum op_kind kind,
                          const uint32_t *qubits, size_t n_qubits, size_t n_params,
                          struct src_loc loc) {
    struct op_list *list = &r->circuit->ops;

    if (list->n_ops >= r->limits.max_ops) {
        return log_error_at(STATUS_NOFIT, loc, "more than %llu operations",
                            (unsigned long long)r->limits.max_ops);
    }
    for (size_t i = 0; i < n_qubits; i++) {
        TRY(note_label(r, qubits[i]));
    }
    TRY(op_list_add(list, out_op, kind, qubits, n_qubits, r->scan.params, n_params, loc));
    (*out_op)->tag = r->tag;
    return STATUS_OK;
}

static enum status add_gate(struct stim_reader *r, enum gate_id gate, const uint32_t *qubits,
                            struct src_loc loc) {
    const struct gate_info *info = gate_get(gate);
    struct op *op;

    TRY(add_op(r, &op, OP_GATE, qubits, info->n_qubits, info->n_params, loc));
    op->which = (uint16_t)gate;
    return STATUS_OK;
}

/* One more bit of the record. */
static uint32_t new_bit(struct stim_reader *r) {
    r->n_records += r->n_records < UINT64_MAX;
    return r->n_bits++;
}

/* ---- targets ---- */

static enum status check_plain(const struct stim_reader *r, bool may_be_inverted) {
    for (size_t i = 0; i < r->scan.n_targets; i++) {
        const struct stim_target *target = &r->scan.targets[i];
        if (target->kind != STIM_QUBIT) {
            return refuse(r, target, "takes qubits only");
        }
        if (target->is_inverted && !may_be_inverted) {
            return refuse(r, target, "gives no result that ! could invert");
        }
        if (target->is_joined) {
            return refuse(r, target, "takes no product");
        }
    }
    return STATUS_OK;
}

static enum status check_pairs(const struct stim_reader *r) {
    const struct stim_target *targets = r->scan.targets;

    if (r->scan.n_targets % 2 != 0) {
        return log_error_at(STATUS_INPUT, r->loc, "%s on %zu targets: expected pairs",
                            r->name->name, r->scan.n_targets);
    }
    for (size_t i = 0; i < r->scan.n_targets; i += 2) {
        if (targets[i].kind == STIM_QUBIT && targets[i + 1].kind == STIM_QUBIT &&
            targets[i].value == targets[i + 1].value) {
            return refuse(r, &targets[i + 1], "on a pair of one qubit");
        }
    }
    return STATUS_OK;
}

static enum status push_qubit(struct stim_reader *r, uint32_t label) {
    TRY(vec_reserve(&r->qubits, r->n_qubits, &r->cap_qubits, 1, sizeof *r->qubits));
    r->qubits[r->n_qubits++] = label;
    return STATUS_OK;
}

static enum status push_targets(struct stim_reader *r) {
    r->n_qubits = 0;
    for (size_t i = 0; i < r->scan.n_targets; i++) {
        TRY(push_qubit(r, r->scan.targets[i].value));
    }
    return STATUS_OK;
}

static enum status check_bit(const struct stim_reader *r, const struct stim_target *target) {
    if (target->kind == STIM_REC && target->value > r->n_records) {
        return log_error_at(STATUS_INPUT, target_loc(r, target),
                            "rec[-%u], but only %llu results come before it", target->value,
                            (unsigned long long)r->n_records);
    }
    return STATUS_OK;
}

/* A leaf of a tree: rec[-k] or sweep[k]. */
static enum status add_leaf(struct stim_reader *r, uint32_t *out_expr,
                            const struct stim_target *target) {
    struct expr leaf = {.kind = target->kind == STIM_REC ? EXPR_REC : EXPR_SWEEP,
                        .a = target->value};

    TRY(check_bit(r, target));
    return expr_add(&r->circuit->ops, out_expr, leaf);
}

/* The product of the targets from *inout_first on that * joins (CHAIN: of all). */
static enum status multiply(struct stim_reader *r, struct product *out, size_t *inout_first,
                            bool takes_all) {
    size_t i = *inout_first;

    *out = (struct product){0};
    do {
        const struct stim_target *target = &r->scan.targets[i];
        uint32_t at = 0;
        if (target->kind != STIM_PAULI) {
            return refuse(r, target, "takes Pauli targets only, such as X1*Z2");
        }
        out->phase += target->is_inverted ? 2 : 0;
        while (at < out->n && out->qubits[at] != target->value) {
            at++;
        }
        if (at == OP_MAX_PAULI_LETTERS) {
            return refuse(r, target, "of more than 32 qubits is not supported");
        }
        if (at == out->n) {
            out->qubits[at] = target->value;
            out->letters[at] = target->letter;
            out->n++;
        } else if (out->letters[at] != target->letter) {
            unsigned a = out->letters[at], b = target->letter;
            out->phase += (b + 3 - a) % 3 == 1 ? 1 : 3; /* XY = iZ, YX = -iZ */
            out->letters[at] = (uint8_t)(6 - a - b);
        } else {
            out->n--;
            memmove(out->qubits + at, out->qubits + at + 1, (out->n - at) * sizeof *out->qubits);
            memmove(out->letters + at, out->letters + at + 1, out->n - at);
        }
        i++;
    } while (i < r->scan.n_targets && (takes_all || r->scan.targets[i].is_joined));
    out->phase %= 4;
    *inout_first = i;
    return STATUS_OK;
}

static uint64_t pack(const struct product *product) {
    uint64_t packed = 0;

    for (uint32_t i = 0; i < product->n; i++) {
        packed |= (uint64_t)product->letters[i] << (2 * i);
    }
    return packed;
}

/* ---- instructions ---- */

static bool is_bit(const struct stim_target *target) {
    return target->kind == STIM_REC || target->kind == STIM_SWEEP;
}

/* IF bit: Pauli on the qubit. */
static enum status add_feedback(struct stim_reader *r, enum gate_id gate,
                                const struct stim_target *bit, uint32_t label) {
    struct op_list *list = &r->circuit->ops;
    enum gate_id pauli = gate == GATE_CX ? GATE_X : gate == GATE_CY ? GATE_Y : GATE_Z;
    struct src_loc loc = target_loc(r, bit);
    uint32_t expr;
    size_t open;

    TRY(add_leaf(r, &expr, bit));
    TRY(op_list_open(list, &open, OP_IF, expr, 0, loc));
    list->ops[open].tag = r->tag;
    TRY(add_gate(r, pauli, &label, loc));
    return op_list_close(list, open, loc);
}

static enum status read_pair(struct stim_reader *r, const struct stim_target *pair) {
    const struct stim_target *a = &pair[r->name->swapped], *b = &pair[!r->name->swapped];
    enum gate_id gate = (enum gate_id)r->name->which;
    bool takes_bit = gate == GATE_CX || gate == GATE_CY || gate == GATE_CZ;
    const uint32_t labels[2] = {a->value, b->value};

    if (gate == GATE_CZ && is_bit(b)) {
        const struct stim_target *other = a;
        a = b;
        b = other;
    }
    if (takes_bit && is_bit(a) && !a->is_joined && !b->is_joined && !b->is_inverted) {
        if (b->kind == STIM_QUBIT) {
            return add_feedback(r, gate, a, b->value);
        }
        if (is_bit(b) && gate == GATE_CZ) {
            TRY(check_bit(r, a)); /* a bit controls a bit: nothing to do */
            return check_bit(r, b);
        }
    }
    for (int i = 0; i < 2; i++) {
        if (pair[i].kind != STIM_QUBIT || pair[i].is_inverted || pair[i].is_joined) {
            return refuse(r, &pair[i],
                          takes_bit ? "takes qubits, and a bit as control only"
                                    : "takes qubits only");
        }
    }
    if (r->name->n_qubits != gate_get(gate)->n_qubits) { /* II */
        TRY(add_gate(r, gate, &labels[0], target_loc(r, &pair[0])));
        return add_gate(r, gate, &labels[1], target_loc(r, &pair[1]));
    }
    return add_gate(r, gate, labels, target_loc(r, &pair[0]));
}

static enum status read_gate(struct stim_reader *r) {
    for (size_t i = 0; r->name->is_dialect && i < r->scan.n_params; i++) {
        r->scan.params[i] *= M_PI;
        if (!(fabs(r->scan.params[i]) < GATE_MAX_ANGLE)) {
            return refuse(r, NULL, "with an angle of 2^28 or more");
        }
    }
    if (r->name->n_qubits == 2) {
        TRY(check_pairs(r));
        for (size_t i = 0; i < r->scan.n_targets; i += 2) {
            TRY(read_pair(r, &r->scan.targets[i]));
        }
        return STATUS_OK;
    }
    TRY(check_plain(r, false));
    for (size_t i = 0; i < r->scan.n_targets; i++) {
        const struct stim_target *target = &r->scan.targets[i];
        TRY(add_gate(r, (enum gate_id)r->name->which, &target->value, target_loc(r, target)));
    }
    return STATUS_OK;
}

/* A Hermitian product is needed: i^phase = 1 or -1. */
static enum status read_product(struct stim_reader *r, struct product *out, size_t *inout_first) {
    const struct stim_target *first = &r->scan.targets[*inout_first];

    TRY(multiply(r, out, inout_first, false));
    return out->phase % 2 == 0 ? STATUS_OK
                               : refuse(r, first, "of a product that is i times a Pauli string");
}

/* Takes the letter to Z, or back. */
static enum status add_basis(struct stim_reader *r, unsigned letter, uint32_t label, bool is_back,
                             struct src_loc loc) {
    if (letter == 2 && !is_back) {
        TRY(add_gate(r, GATE_SDG, &label, loc));
    }
    if (letter != 3) {
        TRY(add_gate(r, GATE_H, &label, loc));
    }
    if (letter == 2 && is_back) {
        TRY(add_gate(r, GATE_S, &label, loc));
    }
    return STATUS_OK;
}

/* The root of a product: parity onto the last qubit, the root of Z there, and back. */
static enum status add_root(struct stim_reader *r, const struct product *p, enum gate_id root,
                            struct src_loc loc) {
    for (uint32_t i = 0; i < p->n; i++) {
        TRY(add_basis(r, p->letters[i], p->qubits[i], false, loc));
        if (i > 0) {
            TRY(add_gate(r, GATE_CX, &p->qubits[i - 1], loc));
        }
    }
    if (p->n > 0) {
        TRY(add_gate(r, root, &p->qubits[p->n - 1], loc));
    }
    for (uint32_t i = p->n; i-- > 0;) {
        if (i > 0) {
            TRY(add_gate(r, GATE_CX, &p->qubits[i - 1], loc));
        }
        TRY(add_basis(r, p->letters[i], p->qubits[i], true, loc));
    }
    return STATUS_OK;
}

static enum status read_roots(struct stim_reader *r) {
    for (size_t i = 0; i < r->scan.n_targets;) {
        struct src_loc loc = target_loc(r, &r->scan.targets[i]);
        struct product product;
        TRY(read_product(r, &product, &i));
        bool is_root = (r->name->which == GATE_S) == (product.phase == 0);
        TRY(add_root(r, &product, is_root ? GATE_S : GATE_SDG, loc));
    }
    return STATUS_OK;
}

static enum status read_reset(struct stim_reader *r) {
    TRY(check_plain(r, false));
    for (size_t i = 0; i < r->scan.n_targets; i++) {
        const struct stim_target *target = &r->scan.targets[i];
        struct op *op;
        TRY(add_op(r, &op, OP_RESET, &target->value, 1, 0, target_loc(r, target)));
        op->arg = r->name->letter % 3u;
    }
    return STATUS_OK;
}

static enum status add_measure(struct stim_reader *r, const struct product *product,
                               struct src_loc loc) {
    struct op *op;

    TRY(add_op(r, &op, OP_MEASURE, product->qubits, product->n, r->scan.n_params, loc));
    op->bit = new_bit(r);
    op->arg = product->n == 1 && product->letters[0] == 3 ? 0 : pack(product);
    op->which = (uint16_t)((product->phase != 0 ? MEASURE_INVERTED : 0) |
                           (r->name->resets ? MEASURE_RESETS : 0));
    return STATUS_OK;
}

static enum status read_measure(struct stim_reader *r) {
    uint32_t group = r->name->n_qubits;

    TRY(check_plain(r, true));
    if (group == 2) {
        TRY(check_pairs(r));
    }
    for (size_t i = 0; i < r->scan.n_targets; i += group) {
        struct product product = {.n = group};
        for (uint32_t k = 0; k < group; k++) {
            product.qubits[k] = r->scan.targets[i + k].value;
            product.letters[k] = r->name->letter;
            product.phase ^= r->scan.targets[i + k].is_inverted ? 2 : 0;
        }
        TRY(add_measure(r, &product, target_loc(r, &r->scan.targets[i])));
    }
    return STATUS_OK;
}

static enum status read_mpp(struct stim_reader *r) {
    for (size_t i = 0; i < r->scan.n_targets;) {
        struct src_loc loc = target_loc(r, &r->scan.targets[i]);
        struct product product;
        TRY(read_product(r, &product, &i));
        TRY(add_measure(r, &product, loc));
    }
    return STATUS_OK;
}

static enum status read_pad(struct stim_reader *r) {
    TRY(check_plain(r, false));
    for (size_t i = 0; i < r->scan.n_targets; i++) {
        const struct stim_target *target = &r->scan.targets[i];
        struct product constant = {.phase = target->value == 1 ? 2 : 0};
        if (target->value > 1) {
            return refuse(r, target, "takes 0 and 1 only");
        }
        TRY(add_measure(r, &constant, target_loc(r, target)));
    }
    return STATUS_OK;
}

static enum status read_noise(struct stim_reader *r) {
    struct op *op;

    TRY(check_plain(r, false));
    if (r->name->n_qubits == 2) {
        TRY(check_pairs(r));
    }
    TRY(push_targets(r));
    if (r->n_qubits == 0) {
        return STATUS_OK;
    }
    TRY(add_op(r, &op, OP_NOISE, r->qubits, r->n_qubits, r->scan.n_params, r->loc));
    op->which = r->name->which;
    return STATUS_OK;
}

static enum status read_chain(struct stim_reader *r) {
    struct product product = {0};
    size_t first = 0;
    struct op *op;

    if (r->scan.n_targets > 0) {
        TRY(multiply(r, &product, &first, true));
    }
    TRY(add_op(r, &op, OP_NOISE, product.qubits, product.n, 1, r->loc));
    op->which = r->name->which;
    op->arg = pack(&product);
    return STATUS_OK;
}

static enum status read_herald(struct stim_reader *r) {
    TRY(check_plain(r, false));
    for (size_t i = 0; i < r->scan.n_targets; i++) {
        const struct stim_target *target = &r->scan.targets[i];
        struct op *op;
        TRY(add_op(r, &op, OP_NOISE, &target->value, 1, r->scan.n_params, target_loc(r, target)));
        op->which = r->name->which;
        op->bit = new_bit(r);
    }
    return STATUS_OK;
}

/* The parity of the records among the targets. */
static enum status add_parity(struct stim_reader *r, uint32_t *out_expr) {
    struct op_list *list = &r->circuit->ops;
    bool is_first = true;

    for (size_t i = 0; i < r->scan.n_targets; i++) {
        const struct stim_target *target = &r->scan.targets[i];
        uint32_t leaf;
        if (target->is_joined || target->kind == STIM_QUBIT || target->kind == STIM_SWEEP ||
            (target->kind == STIM_PAULI && r->name->class == STIM_DETECTOR)) {
            return refuse(r, target,
                          r->name->class == STIM_DETECTOR ? "takes rec[-k] only"
                                                          : "takes rec[-k] and Paulis only");
        }
        if (target->kind == STIM_PAULI) {
            continue;
        }
        TRY(add_leaf(r, &leaf, target));
        if (!is_first) {
            const struct expr sum = {.kind = EXPR_XOR, .a = *out_expr, .b = leaf};
            TRY(expr_add(list, &leaf, sum));
        }
        *out_expr = leaf;
        is_first = false;
    }
    return is_first ? expr_add(list, out_expr, (struct expr){.kind = EXPR_CONST}) : STATUS_OK;
}

static enum status read_detector(struct stim_reader *r) {
    uint32_t expr;
    struct op *op;

    TRY(add_parity(r, &expr));
    TRY(add_op(r, &op, OP_DETECTOR, NULL, 0, r->scan.n_params, r->loc));
    op->expr = expr;
    return STATUS_OK;
}

static enum status read_observable(struct stim_reader *r) {
    double index = r->scan.params[0];
    uint32_t expr;
    struct op *op;

    if (!(index >= 0 && index < 0x1p53) || index != floor(index)) {
        return refuse(r, NULL, "takes an index, an integer from 0 on");
    }
    TRY(add_parity(r, &expr));
    r->n_qubits = 0;
    for (size_t i = 0; i < r->scan.n_targets; i++) {
        const struct stim_target *target = &r->scan.targets[i];
        if (target->kind != STIM_PAULI) {
            continue;
        }
        if (r->n_qubits == STIM_MAX_PARAMS) {
            return refuse(r, target, "of more than 255 Paulis is not supported");
        }
        r->scan.params[r->n_qubits] = target->is_inverted ? -target->letter : target->letter;
        TRY(push_qubit(r, target->value));
    }
    TRY(add_op(r, &op, OP_OBSERVABLE, r->qubits, r->n_qubits, r->n_qubits, r->loc));
    op->expr = expr;
    op->arg = (uint64_t)index;
    return STATUS_OK;
}

static enum status read_annotation(struct stim_reader *r, enum op_kind kind) {
    struct op *op;

    TRY(check_plain(r, false));
    if (kind != OP_COORDS && r->scan.n_targets > 0) {
        return refuse(r, &r->scan.targets[0], "takes no targets");
    }
    TRY(push_targets(r));
    if (kind == OP_COORDS && r->n_qubits == 0) {
        return STATUS_OK;
    }
    return add_op(r, &op, kind, r->qubits, r->n_qubits, r->scan.n_params, r->loc);
}

enum status stim_read_targets(struct stim_reader *r) {
    switch (r->name->class) {
    case STIM_GATE:
        return read_gate(r);
    case STIM_PRODUCT:
        return read_roots(r);
    case STIM_RESET:
        return read_reset(r);
    case STIM_MEASURE:
        return read_measure(r);
    case STIM_MPP:
        return read_mpp(r);
    case STIM_PAD:
        return read_pad(r);
    case STIM_NOISE:
        return read_noise(r);
    case STIM_CHAIN:
        return read_chain(r);
    case STIM_HERALD:
        return read_herald(r);
    case STIM_DETECTOR:
        return read_detector(r);
    case STIM_OBSERVABLE:
        return read_observable(r);
    case STIM_COORDS:
        return read_annotation(r, OP_COORDS);
    case STIM_SHIFT:
        return read_annotation(r, OP_SHIFT_COORDS);
    case STIM_TICK:
        return read_annotation(r, OP_TICK);
    case STIM_REPEAT:
        break;
    }
    CHECK(r->name->class != STIM_REPEAT);
    return STATUS_INTERNAL;
}
