#include "verify/dense.h"

#include <math.h>
#include <string.h>

#include "base/bits.h"
#include "base/log.h"

/* What is less likely never happens. */
static const double p_min = 1e-12;
/* Amplitudes touched, in all. */
static const double max_work = 3e11;

enum { WIRE_0, WIRE_1, WIRE_ANY };

/* One state. At most one branch at a time is in the engine. */
struct branch {
    void *snapshot; /* NULL: in the engine */
    /* An outcome that the snapshot is still to be projected on. */
    struct {
        bool is_set, bit;
        uint32_t wire;
        double p;
    } pending;
    double p;
    uint64_t *bits; /* a word each */
    uint8_t *wires; /* what is known of each */
    uint32_t n_ebits, n_measured;
    const struct instrument_outcome *last;
    double *amps; /* while merging: of the wires that are WIRE_ANY */
};
struct branches {
    struct branch **items;
    size_t n, cap;
};
struct run {
    struct dense *dense;
    struct dense_ops ops;
    struct engine_task task;
    struct engine *engine;
    struct branch *live;
    struct instrument *out;
    uint64_t round; /* in mixed radix over the loops around */
    double work;
};

/* ---- branches ---- */

static void branch_destroy(struct run *run, struct branch *branch) {
    if (branch) {
        if (branch->snapshot) {
            run->engine->class->drop(run->engine, branch->snapshot);
        }
        run->live = run->live == branch ? NULL : run->live;
        mem_free(branch->bits);
        mem_free(branch->wires);
        mem_free(branch->amps);
        mem_free(branch);
    }
}

static void branches_fini(struct run *run, struct branches *list) {
    for (size_t i = 0; i < list->n; i++) {
        branch_destroy(run, list->items[i]);
    }
    mem_free(list->items);
    *list = (struct branches){0};
}

static enum status push(struct branches *list, struct branch *branch) {
    TRY(vec_reserve(&list->items, list->n, &list->cap, 1, sizeof(struct branch *)));
    list->items[list->n++] = branch;
    return STATUS_OK;
}

/* All but the state. */
static struct branch *branch_copy(const struct run *run, const struct branch *from) {
    const size_t n_bits = (size_t)run->dense->source->n_bits + 1, n_wires = run->ops.n_wires;
    struct branch *copy = mem_alloc(1, sizeof *copy);
    uint64_t *bits = mem_alloc(n_bits, sizeof *bits);
    uint8_t *wires = mem_alloc(n_wires, sizeof *wires);
    if (!copy || !bits || !wires) {
        mem_free(copy);
        mem_free(bits);
        mem_free(wires);
        return NULL;
    }
    if (from) {
        *copy = *from;
        memcpy(bits, from->bits, n_bits * sizeof *bits);
        memcpy(wires, from->wires, n_wires * sizeof *wires);
    }
    copy->bits = bits;
    copy->wires = wires;
    copy->snapshot = NULL;
    copy->amps = NULL;
    return copy;
}

static enum status give_up(const struct run *run, size_t op, const char *why) {
    if (run->dense->is_quiet) {
        return STATUS_UNVERIFIED;
    }
    const struct src_loc loc = op < run->ops.ops.n_ops
                                   ? walk_loc(run->dense->source, run->ops.source_op[op])
                                   : (struct src_loc){0};
    return loc.line ? log_error_at(STATUS_UNVERIFIED, loc, "not proved: %s", why)
                    : log_error(STATUS_UNVERIFIED, "not proved: %s", why);
}

static enum status charge(struct run *run, size_t op, double work) {
    run->work += work;
    return run->work <= max_work
               ? STATUS_OK
               : give_up(run, op, "the branches take more than 3e11 steps on amplitudes");
}

static enum status activate(struct run *run, struct branch *branch) {
    const struct engine_class *class = run->engine->class;
    if (run->live == branch) {
        return STATUS_OK;
    }
    if (run->live) {
        enum status status = class->snapshot(run->engine, &run->live->snapshot);
        if (status != STATUS_OK) {
            return give_up(run, SIZE_MAX, "there is no memory for so many branches");
        }
    }
    run->live = NULL;
    CHECK(branch->snapshot);
    TRY(class->restore(run->engine, branch->snapshot));
    class->drop(run->engine, branch->snapshot);
    branch->snapshot = NULL;
    run->live = branch;
    if (branch->pending.is_set) {
        branch->pending.is_set = false;
        return class->project(run->engine, branch->pending.wire, branch->pending.bit,
                              branch->pending.p);
    }
    return STATUS_OK;
}

/* ---- merging ---- */

static size_t list_unknown(const struct run *run, const struct branch *branch, uint32_t *out) {
    size_t n = 0;
    for (uint32_t wire = 0; wire < run->ops.n_wires; wire++) {
        if (branch->wires[wire] == WIRE_ANY) {
            if (n < DENSE_MAX_QUBITS) {
                out[n] = wire;
            }
            n++;
        }
    }
    return n;
}

/* What each rank may use, the same on all: they must decide alike. Collective. */
static uint64_t agree_memory(void) {
    uint64_t spare = UINT64_MAX - comm_memory_share(team_size(comm_world()));
    comm_max_u64(comm_world(), &spare, 1);
    return UINT64_MAX - spare;
}

static enum status read_amps(struct run *run, struct branch *branch, size_t op, size_t *out_n) {
    uint32_t wires[DENSE_MAX_QUBITS];
    const size_t n = list_unknown(run, branch, wires);
    if (n > DENSE_MAX_QUBITS) {
        return give_up(run, op, "more than 26 qubits, with a reference for each input, are in use");
    }
    if (agree_memory() / 4 < (sizeof(double) * 2) << n) {
        return give_up(run, op, "there is no memory to compare branches");
    }
    TRY(activate(run, branch));
    branch->amps = mem_alloc((size_t)2 << n, sizeof *branch->amps);
    *out_n = n;
    TRY(comm_agree(comm_world(), branch->amps ? STATUS_OK : STATUS_NOFIT));
    return run->engine->class->amplitudes(run->engine, branch->amps, wires, n);
}

/* Bits and wires that are still looked at after `op` agree. */
static bool are_alike(const struct run *run, const struct branch *a, const struct branch *b,
                      size_t op) {
    const bool has_rounds = run->dense->lost > 0; /* ebits of the text are counted then */
    if (!has_rounds && (a->n_ebits != b->n_ebits || a->n_measured != b->n_measured)) {
        return false;
    }
    for (uint32_t bit = 0; bit < run->dense->source->n_bits; bit++) {
        if (run->ops.last_read[bit] >= op && a->bits[bit] != b->bits[bit]) {
            return false;
        }
    }
    for (uint32_t wire = 0; wire < run->ops.n_wires; wire++) {
        const bool is_any = a->wires[wire] == WIRE_ANY || b->wires[wire] == WIRE_ANY;
        if (a->wires[wire] != b->wires[wire] && (is_any || run->ops.last_use[wire] >= op)) {
            return false;
        }
    }
    return true;
}

/* Branches that are the same from `op` on become one. */
static enum status merge(struct run *run, struct branches *list, size_t op) {
    size_t n_kept = 0, n = 0;
    enum status status = STATUS_OK;
    for (size_t i = 0; list->n > 1 && i < list->n && status == STATUS_OK; i++) {
        struct branch *branch = list->items[i];
        status = read_amps(run, branch, op, &n);
        bool is_joined = false;
        for (size_t j = 0; status == STATUS_OK && j < n_kept && !is_joined; j++) {
            struct branch *other = list->items[j];
            if (!are_alike(run, branch, other, op)) {
                continue;
            }
            status = charge(run, op, ldexp(1, (int)n));
            is_joined =
                instrument_distance(other->amps, branch->amps, BIT64(n)) < INSTRUMENT_TOLERANCE;
            if (is_joined) {
                other->p += branch->p;
                if ((branch->last ? branch->last->ones : 0) <
                    (other->last ? other->last->ones : 0)) {
                    other->last = branch->last;
                }
            }
        }
        if (is_joined) {
            branch_destroy(run, branch);
            list->items[i] = NULL;
        } else {
            list->items[i] = NULL;
            list->items[n_kept++] = branch;
        }
    }
    if (status != STATUS_OK) { /* branches not looked at follow the gap */
        size_t n_left = 0;
        for (size_t i = 0; i < list->n; i++) {
            if (list->items[i]) {
                list->items[n_left++] = list->items[i];
            }
        }
        n_kept = n_left;
    }
    list->n = list->n > 1 ? n_kept : list->n;
    for (size_t i = 0; i < list->n; i++) {
        mem_free(list->items[i]->amps);
        list->items[i]->amps = NULL;
    }
    return status;
}

/* ---- outcomes ---- */

static enum status note_outcome(struct run *run, struct branch *branch, size_t op, uint32_t bit,
                                bool value) {
    struct instrument_outcome *outcome = arena_alloc(&run->out->arena, sizeof *outcome);
    if (!outcome) {
        return STATUS_NOFIT;
    }
    *outcome = (struct instrument_outcome){.before = branch->last,
                                           .op = op == SIZE_MAX ? SIZE_MAX : run->ops.source_op[op],
                                           .bit = bit,
                                           .ones = (branch->last ? branch->last->ones : 0) + value,
                                           .value = value};
    branch->last = outcome;
    return STATUS_OK;
}

static void note_probability(struct dense *dense, double p_one) {
    const double less = p_one < 0.5 ? p_one : 1 - p_one;
    if (dense->p_greatest == 0 || less < dense->p_least) {
        dense->p_least = less;
        dense->p_greatest = 1 - less;
    }
}

/* Z of the wire is measured; *out_other is the branch of the other outcome, or NULL. */
static enum status look(struct run *run, struct branch **out_other, struct branch *branch,
                        uint32_t wire, size_t op, uint32_t bit) {
    const struct engine_class *class = run->engine->class;
    struct branch *other = NULL;
    double p_one;
    *out_other = NULL;
    if (branch->wires[wire] != WIRE_ANY) {
        return STATUS_OK;
    }
    TRY(activate(run, branch));
    TRY(class->probability(run->engine, &p_one, wire));
    if (p_one < p_min || p_one > 1 - p_min) {
        branch->wires[wire] = p_one > 0.5 ? WIRE_1 : WIRE_0;
        return class->project(run->engine, wire, p_one > 0.5, p_one > 0.5 ? p_one : 1 - p_one);
    }
    other = branch_copy(run, branch);
    if (!other) {
        return STATUS_NOFIT;
    }
    enum status status = class->snapshot(run->engine, &other->snapshot);
    if (status != STATUS_OK) {
        branch_destroy(run, other);
        return give_up(run, op, "there is no memory for so many branches");
    }
    *out_other = other;
    if (bit != OP_NO_BIT) {
        note_probability(run->dense, p_one);
    }
    other->pending.is_set = other->pending.bit = true;
    other->pending.wire = wire;
    other->pending.p = p_one;
    other->p = branch->p * p_one;
    other->wires[wire] = WIRE_1;
    TRY(note_outcome(run, other, op, bit, true));
    branch->p *= 1 - p_one;
    branch->wires[wire] = WIRE_0;
    TRY(note_outcome(run, branch, op, bit, false));
    return class->project(run->engine, wire, false, 1 - p_one);
}

/* Looks at the wire in each branch; new ones follow at the end of the list. */
static enum status look_all(struct run *run, struct branches *list, uint32_t wire, size_t op,
                            uint32_t bit) {
    const size_t n = list->n;
    for (size_t i = 0; i < n; i++) {
        struct branch *other;
        enum status status = look(run, &other, list->items[i], wire, op, bit);
        if (other) {
            const enum status pushed = push(list, other);
            if (pushed != STATUS_OK) {
                branch_destroy(run, other);
                return pushed;
            }
        }
        TRY(status);
        TRY(charge(run, op, 1024));
    }
    if (list->n > run->dense->n_branches) {
        run->dense->n_branches = list->n;
    }
    return list->n <= DENSE_MAX_BRANCHES
               ? STATUS_OK
               : give_up(run, op, "more than 4096 branches differ at once");
}

/* The wire, whose Z is known in each branch, becomes |0>, also for the engine alone. */
static enum status clear_all(struct run *run, struct branches *list, uint32_t wire) {
    for (size_t i = 0; i < list->n; i++) {
        struct branch *branch = list->items[i];
        TRY(activate(run, branch));
        TRY(run->engine->class->project(run->engine, wire, branch->wires[wire] == WIRE_1, 1));
        TRY(run->engine->class->clear(run->engine, wire));
        branch->wires[wire] = WIRE_0;
    }
    return STATUS_OK;
}

static enum status drop_all(struct run *run, struct branches *list, uint32_t wire, size_t op) {
    TRY(look_all(run, list, wire, op, OP_NO_BIT));
    return clear_all(run, list, wire);
}

/* ---- ops ---- */

static enum status count(size_t **ops, size_t *n, size_t *cap, uint32_t number, size_t op) {
    if (number <= *n) {
        return STATUS_OK;
    }
    TRY(vec_reserve(ops, *n, cap, 1, sizeof **ops));
    (*ops)[(*n)++] = op;
    return STATUS_OK;
}

static bool is_at(const struct run *run, struct dense_place place, size_t i) {
    return place.op == run->ops.source_op[i] && place.round == run->round;
}

static enum status note_place(struct dense_places *places, const struct run *run, size_t i) {
    TRY(vec_reserve(&places->items, places->n, &places->cap, 1, sizeof *places->items));
    places->items[places->n++] = (struct dense_place){run->ops.source_op[i], run->round};
    return STATUS_OK;
}

static enum status step_ebit(struct run *run, struct branches *list, size_t i) {
    struct dense *dense = run->dense;
    const uint32_t *wires = op_qubits(&run->ops.ops, &run->ops.ops.ops[i]);
    TRY(list->n > 0 ? note_place(&dense->ebits, run, i) : STATUS_OK);
    TRY(drop_all(run, list, wires[0], i));
    TRY(drop_all(run, list, wires[1], i));
    for (size_t b = 0; b < list->n; b++) {
        struct branch *branch = list->items[b];
        TRY(activate(run, branch));
        TRY(run->engine->class->run(run->engine, i, i + 1));
        branch->wires[wires[0]] = branch->wires[wires[1]] = WIRE_ANY;
        branch->n_ebits++;
        TRY(count(&dense->ebit_ops, &dense->n_ebits, &dense->cap_ebits, branch->n_ebits,
                  run->ops.source_op[i]));
        for (size_t f = 0; f < dense->n_faults; f++) {
            const struct dense_fault *fault = &dense->faults[f];
            if (fault->letter != 'F' && is_at(run, fault->place, i)) {
                TRY(run->engine->class->apply_pauli(run->engine, wires[1], fault->letter != 'Z',
                                                    fault->letter != 'X'));
            }
        }
    }
    return STATUS_OK;
}

static enum status step_measure(struct run *run, struct branches *list, size_t i) {
    struct dense *dense = run->dense;
    const struct op *op = &run->ops.ops.ops[i];
    const uint32_t wire = op->n_qubits > 0 ? op_qubits(&run->ops.ops, op)[0] : 0;
    TRY(merge(run, list, i));
    TRY(list->n > 0 ? note_place(&dense->measured, run, i) : STATUS_OK);
    if (op->n_qubits > 0) {
        TRY(look_all(run, list, wire, i, op->bit));
    }
    for (size_t b = 0; b < list->n; b++) {
        struct branch *branch = list->items[b];
        const bool is_one = op->n_qubits > 0 && branch->wires[wire] == WIRE_1;
        branch->bits[op->bit] = is_one ^ ((op->which & MEASURE_INVERTED) != 0);
        branch->n_measured++;
        dense->n_measured =
            branch->n_measured > dense->n_measured ? branch->n_measured : dense->n_measured;
        for (size_t f = 0; f < dense->n_faults; f++) {
            const struct dense_fault *fault = &dense->faults[f];
            branch->bits[op->bit] ^= fault->letter == 'F' && is_at(run, fault->place, i);
        }
    }
    const bool is_dead = op->n_qubits > 0 && run->ops.last_use[wire] <= i;
    return is_dead || (op->which & MEASURE_RESETS) ? clear_all(run, list, wire) : STATUS_OK;
}

static void step_assign(struct run *run, struct branches *list, const struct op *op) {
    for (size_t b = 0; b < list->n; b++) {
        struct branch *branch = list->items[b];
        branch->bits[op->bit] = expr_eval_word(&run->ops.ops, op->expr, branch->bits, 1, 0) & 1;
    }
}

/* What is known of wires after a gate. */
static void follow(const struct run *run, struct branch *branch, const struct op *op) {
    const uint32_t *wires = op_qubits(&run->ops.ops, op);
    uint8_t *known = branch->wires;
    if (op->which == GATE_SWAP) {
        const uint8_t first = known[wires[0]];
        known[wires[0]] = known[wires[1]];
        known[wires[1]] = first;
        return;
    }
    for (uint32_t q = 0; q < op->n_qubits; q++) {
        const bool flips = op->which == GATE_X || op->which == GATE_Y;
        const bool keeps = (gate_get((enum gate_id)op->which)->diagonal_mask >> q) & 1;
        if (flips && known[wires[q]] != WIRE_ANY) {
            known[wires[q]] ^= 1;
        } else if (!keeps) {
            known[wires[q]] = WIRE_ANY;
        }
    }
}

/* Gates and what does nothing, as many as follow each other. */
static enum status run_gates(struct run *run, struct branches *list, size_t first, size_t last) {
    const struct op_list *ops = &run->ops.ops;
    uint32_t wires[DENSE_MAX_QUBITS];
    bool acts = false;
    for (size_t i = first; i < last; i++) {
        acts |= run->ops.modes[i] == ENGINE_APPLY;
    }
    for (size_t b = 0; acts && b < list->n; b++) {
        struct branch *branch = list->items[b];
        TRY(activate(run, branch));
        TRY(run->engine->class->run(run->engine, first, last));
        for (size_t i = first; i < last; i++) {
            if (run->ops.modes[i] == ENGINE_APPLY) {
                follow(run, branch, &ops->ops[i]);
            }
        }
        const size_t n = list_unknown(run, branch, wires);
        TRY(charge(run, first, (double)(last - first) * ldexp(1, (int)(n < 60 ? n : 60))));
    }
    return STATUS_OK;
}

static enum status run_range(struct run *run, struct branches *list, size_t first, size_t last);

/* Moves the branches of the list to ways[1] where the condition is true, else to ways[0]. */
static enum status divide(const struct run *run, struct branches *ways, struct branches *list,
                          uint32_t expr) {
    while (list->n > 0) {
        struct branch *branch = list->items[list->n - 1];
        const unsigned value = expr_eval_word(&run->ops.ops, expr, branch->bits, 1, 0) & 1;
        TRY(push(&ways[value], branch));
        list->n--;
    }
    return STATUS_OK;
}

static enum status run_if(struct run *run, struct branches *list, size_t i) {
    const struct op *ops = run->ops.ops.ops;
    const size_t turn = ops[i].match;
    const bool has_else = ops[turn].kind == OP_ELSE;
    struct branches ways[2] = {{0}, {0}};
    enum status status = divide(run, ways, list, ops[i].expr);
    if (status == STATUS_OK && ways[1].n > 0) {
        status = run_range(run, &ways[1], i + 1, turn);
    }
    if (status == STATUS_OK && has_else && ways[0].n > 0) {
        status = run_range(run, &ways[0], turn + 1, ops[turn].match);
    }
    for (unsigned value = 0; value < 2; value++) {
        for (size_t b = 0; b < ways[value].n && status == STATUS_OK; b++) {
            status = push(list, ways[value].items[b]);
            ways[value].items[b] = status == STATUS_OK ? NULL : ways[value].items[b];
        }
        branches_fini(run, &ways[value]);
    }
    return status;
}

static enum status try_insert(struct run *run, struct branches *list, size_t i) {
    const struct walk_insert *insert = &run->dense->insert;
    if (insert->letter == 0 || i != run->ops.insert_at) {
        return STATUS_OK;
    }
    for (size_t b = 0; b < list->n; b++) {
        struct branch *branch = list->items[b];
        if (branch->bits[insert->bit] & 1) {
            uint8_t *known = &branch->wires[insert->wire];
            TRY(activate(run, branch));
            TRY(run->engine->class->apply_pauli(run->engine, insert->wire, insert->letter != 3,
                                                insert->letter != 1));
            *known = *known != WIRE_ANY && insert->letter != 3 ? *known ^ 1 : *known;
        }
    }
    return STATUS_OK;
}

static bool is_simple(enum op_kind kind) {
    return kind == OP_GATE || kind == OP_BARRIER || kind == OP_TICK || kind == OP_COORDS ||
           kind == OP_SHIFT_COORDS || kind == OP_DETECTOR || kind == OP_OBSERVABLE ||
           kind == OP_SEND || kind == OP_RECV;
}

/* An op that is no block marker and no gate. */
static enum status step(struct run *run, struct branches *list, size_t i) {
    const struct op *op = &run->ops.ops.ops[i];
    switch ((enum op_kind)op->kind) {
    case OP_MEASURE:
        return op->n_params > 0 ? give_up(run, i, "a measurement that may be wrong is not ideal")
                                : step_measure(run, list, i);
    case OP_RESET:
        if (op->arg == 1 || op->arg == 2) {
            return give_up(run, i, "a reset to X or Y beside gates that are no Cliffords");
        }
        return drop_all(run, list, op_qubits(&run->ops.ops, op)[0], i);
    case OP_ALLOC:
    case OP_FREE:
        return drop_all(run, list, op_qubits(&run->ops.ops, op)[0], i);
    case OP_EBIT:
        return step_ebit(run, list, i);
    case OP_ASSIGN:
        step_assign(run, list, op);
        return STATUS_OK;
    case OP_NOISE:
    case OP_IDLE:
    case OP_CALL:
        return give_up(run, i, "noise, waiting and calls are not ideal");
    case OP_GATE:
    case OP_BARRIER:
    case OP_SEND:
    case OP_RECV:
    case OP_DETECTOR:
    case OP_OBSERVABLE:
    case OP_TICK:
    case OP_COORDS:
    case OP_SHIFT_COORDS:
    case OP_IF:
    case OP_ELSE:
    case OP_WHILE:
    case OP_REPEAT:
    case OP_END:
    case OP_KIND_COUNT:
        break;
    }
    return STATUS_OK;
}

/* Branches that go on after max_rounds rounds are left out. */
static enum status run_while(struct run *run, struct branches *list, size_t i) {
    const struct op *op = &run->ops.ops.ops[i];
    const uint32_t max_rounds = run->dense->source->max_rounds;
    const uint64_t outer = run->round;
    struct branches ways[2] = {{0}, {0}}, *done = &ways[0], *more = &ways[1];
    enum status status =
        max_rounds > 0 ? STATUS_OK : give_up(run, i, "while has no fixed number of rounds");
    for (uint32_t round = 0; round <= max_rounds && list->n > 0 && status == STATUS_OK; round++) {
        run->round = outer * ((uint64_t)max_rounds + 1) + round;
        status = divide(run, ways, list, op->expr);
        if (status == STATUS_OK && more->n > 0 && round < max_rounds) {
            status = run_range(run, more, i + 1, op->match);
        }
        while (more->n > 0 && round < max_rounds && status == STATUS_OK) {
            status = push(list, more->items[more->n - 1]);
            more->n -= status == STATUS_OK;
        }
        status = status == STATUS_OK ? charge(run, i, 64) : status;
    }
    run->round = outer;
    for (size_t b = 0; b < more->n; b++) {
        run->dense->lost += more->items[b]->p;
    }
    branches_fini(run, more);
    while (done->n > 0 && status == STATUS_OK) {
        status = push(list, done->items[done->n - 1]);
        done->n -= status == STATUS_OK;
    }
    branches_fini(run, done);
    return status == STATUS_OK ? merge(run, list, op->match + (size_t)1) : status;
}

static enum status run_range(struct run *run, struct branches *list, size_t first, size_t last) {
    const struct op *ops = run->ops.ops.ops;
    const size_t insert_at = run->ops.insert_at;
    for (size_t i = first; i < last;) {
        const struct op *op = &ops[i];
        TRY(try_insert(run, list, i));
        if (is_simple((enum op_kind)op->kind)) {
            size_t end = i + 1;
            while (end < last && end != insert_at && is_simple((enum op_kind)ops[end].kind)) {
                end++;
            }
            TRY(run_gates(run, list, i, end));
            i = end;
        } else if (op->kind == OP_IF) {
            const size_t turn = op->match;
            TRY(run_if(run, list, i));
            i = (ops[turn].kind == OP_ELSE ? ops[turn].match : turn) + (size_t)1;
        } else if (op->kind == OP_WHILE) {
            TRY(run_while(run, list, i));
            i = (size_t)op->match + 1;
        } else if (op->kind == OP_REPEAT) {
            const uint64_t outer = run->round;
            for (uint64_t round = 0; round < op->arg; round++) {
                run->round = outer * op->arg + round;
                TRY(run_range(run, list, i + 1, op->match));
                TRY(charge(run, i, 64));
            }
            run->round = outer;
            i = (size_t)op->match + 1;
        } else {
            TRY(run->ops.modes[i] == ENGINE_SKIP && op->kind == OP_MEASURE ? STATUS_OK
                                                                           : step(run, list, i));
            i++;
        }
    }
    return STATUS_OK;
}

/* ---- the end ---- */

static enum status collect_branch(struct run *run, struct branch *branch, const uint32_t *kept) {
    const struct walk_source *source = run->dense->source;
    struct instrument *out = run->out;
    uint64_t *key = mem_alloc(out->n_key_words, sizeof *key);
    double *amps = mem_alloc((size_t)2 << out->n_qubits, sizeof *amps);
    enum status status = comm_agree(comm_world(), key && amps ? STATUS_OK : STATUS_NOFIT);
    if (status == STATUS_OK) {
        status = activate(run, branch);
    }
    if (status == STATUS_OK) {
        status = run->engine->class->amplitudes(run->engine, amps, kept, out->n_qubits);
    }
    if (status != STATUS_OK) {
        mem_free(amps);
        mem_free(key);
        return status;
    }
    for (uint32_t i = 0; i < source->n_output_bits; i++) {
        bits_set(key, i, branch->bits[source->output_bits[i]] & 1);
    }
    status = instrument_add(out, key, amps, branch->p / (1 - run->dense->lost), branch->last);
    mem_free(key);
    return status;
}

static enum status collect(struct run *run, struct branches *list) {
    const struct walk_source *source = run->dense->source;
    uint32_t kept[DENSE_MAX_QUBITS];
    for (uint32_t i = 0; i < run->out->n_qubits; i++) {
        kept[i] = i < source->n_in ? source->n_wires + i : source->out[i - source->n_in];
    }
    TRY(merge(run, list, SIZE_MAX - 1));
    if (list->n == 0) {
        return give_up(run, SIZE_MAX, "no run ends within the rounds that each while may have");
    }
    for (uint32_t wire = 0; wire < run->ops.n_wires; wire++) {
        if (run->ops.last_use[wire] != SIZE_MAX) {
            TRY(look_all(run, list, wire, SIZE_MAX, OP_NO_BIT));
        }
    }
    for (size_t i = 0; i < list->n; i++) {
        TRY(collect_branch(run, list->items[i], kept));
    }
    return STATUS_OK;
}

static enum status check_size(const struct run *run, size_t n_kept) {
    struct engine_figures figures;
    if (n_kept > DENSE_MAX_QUBITS) {
        return give_up(run, SIZE_MAX,
                       "the program has gates that are no Cliffords, and more than 26 inputs and "
                       "outputs together (13 qubits that come and go)");
    }
    TRY(engine_statevector.plan(&figures, &run->task, team_size(comm_world())));
    if (figures.peak_group_qubits > DENSE_MAX_QUBITS + 2 ||
        figures.peak_bytes > agree_memory() / 2) {
        return give_up(run, SIZE_MAX,
                       "the program has gates that are no Cliffords, and entangles more qubits "
                       "(with a reference for each input) than fit");
    }
    return STATUS_OK;
}

static enum status run_all(struct run *run) {
    struct branches list = {0};
    struct branch *first = branch_copy(run, NULL);
    enum status status = first ? push(&list, first) : STATUS_NOFIT;
    if (status != STATUS_OK) {
        branch_destroy(run, first);
        return status;
    }
    first->p = 1;
    run->live = first;
    run->dense->n_branches = 1;
    TRY_GOTO(run->engine->class->begin(run->engine), cleanup);
    TRY_GOTO(run_range(run, &list, 0, run->ops.ops.n_ops), cleanup);
    TRY_GOTO(try_insert(run, &list, run->ops.ops.n_ops), cleanup);
    status = collect(run, &list);
cleanup:
    branches_fini(run, &list);
    return status;
}

enum status dense_run(struct instrument *out, struct dense *dense) {
    const struct walk_source *source = dense->source;
    struct instrument instrument;
    struct run run = {.dense = dense, .out = &instrument};
    instrument_init(&instrument, source->n_in + source->n_out, source->n_output_bits);
    TRY(dense_ops_create(&run.ops, dense));
    run.task = (struct engine_task){.ops = &run.ops.ops,
                                    .modes = run.ops.modes,
                                    .copy_wires = run.ops.copy_wires,
                                    .n_wires = run.ops.n_wires,
                                    .n_qpus = dense->wire_qpu ? dense->n_qpus : 1,
                                    .wire_qpu = run.ops.wire_qpu};
    enum status status;
    TRY_GOTO(check_size(&run, instrument.n_qubits), cleanup);
    TRY_GOTO(engine_statevector.create(&run.engine, &run.task, comm_world()), cleanup);
    TRY_GOTO(run_all(&run), cleanup);
    dense->work = run.work;
    *out = instrument;
    instrument = (struct instrument){0};
cleanup:
    if (run.engine) {
        run.engine->class->destroy(run.engine);
    }
    dense_ops_fini(&run.ops);
    instrument_fini(&instrument);
    return status;
}

void dense_fini(struct dense *dense) {
    mem_free(dense->ebit_ops);
    mem_free(dense->ebits.items);
    mem_free(dense->measured.items);
    dense->ebit_ops = NULL;
    dense->ebits = dense->measured = (struct dense_places){0};
}
