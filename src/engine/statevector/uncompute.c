#include "engine/statevector/uncompute.h"

#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "base/mem.h"
#include "engine/statevector/alias.h"
#include "engine/statevector/fuse.h"
#include "engine/statevector/gate.h"
#include "engine/statevector/uncompute_terms.h"

enum {
    MAX_ENTRIES = 512,
    MAX_CHANGED = 16, /* entries that one flip may change by going */
    MAX_SLOTS = 64,
    MAX_GAIN = 2,    /* terms more, for two flips less */
    TABLE_SLOTS = 3, /* of which phases are put together */
    NO_SLOT = 0,     /* slot_of: 1 + slot */
};

enum kind {
    FLIP,   /* X on the target where the terms' sum is 1 */
    PHASE,  /* terms' factors */
    MATRIX, /* a gate of one target where the product (none: always) is 1 */
    OTHER,
};

/* A gate that waits. Wires are slots: bits of masks. */
struct entry {
    uint8_t kind, n_slots, slots[GATE_MAX_QUBITS];
    bool is_changed; /* the terms are not those of the gate any more */
    bool may_cancel; /* a flip that has changed, and has not been tried since */
    enum gate_id gate;
    const double *params;
    uint64_t mixed, read; /* targets; wires with whose Z it commutes */
    struct uncompute_terms terms;
};

struct uncompute {
    uint8_t *slot_of; /* per wire */
    uint32_t wire_of[MAX_SLOTS];
    uint64_t used;
    uint16_t order[MAX_ENTRIES], unused[MAX_ENTRIES]; /* indices of entries */
    unsigned n, n_unused;
    unsigned n_flips;     /* with conditions */
    uint64_t mixed, read; /* of all entries */
    struct entry entries[MAX_ENTRIES];
    struct uncompute_terms changed[MAX_CHANGED];
};

struct uncompute *uncompute_create(uint32_t n_wires) {
    struct uncompute *self = mem_alloc(1, sizeof *self);
    uint8_t *slot_of = mem_alloc(n_wires, sizeof *slot_of);
    if (self == NULL || slot_of == NULL) {
        mem_free(self);
        mem_free(slot_of);
        return NULL;
    }
    self->slot_of = slot_of;
    for (unsigned i = 0; i < MAX_ENTRIES; i++) {
        self->unused[self->n_unused++] = (uint16_t)i;
    }
    return self;
}

void uncompute_destroy(struct uncompute *self) {
    if (self != NULL) {
        mem_free(self->slot_of);
        mem_free(self);
    }
}

static void free_slots(struct uncompute *self, uint64_t slots) {
    self->used &= ~slots;
    for (; slots != 0; slots &= slots - 1) {
        self->slot_of[self->wire_of[bits_lowest(slots)]] = NO_SLOT;
    }
}

void uncompute_clear(struct uncompute *self) {
    free_slots(self, self->used);
    for (unsigned i = 0; i < self->n; i++) {
        self->unused[self->n_unused++] = self->order[i];
    }
    self->n = self->n_flips = 0;
    self->mixed = self->read = 0;
}

static struct entry *entry_at(struct uncompute *self, unsigned i) {
    return &self->entries[self->order[i]];
}

/* ---- what gates are ---- */

/* Kind, and operands on which it is no function of Z. */
static enum kind find_kind(unsigned *out_mixed, enum gate_id gate, const struct gate_info *info) {
    const unsigned all = (1u << info->n_qubits) - 1;
    *out_mixed = all & ~(unsigned)info->diagonal_mask;
    switch (gate) {
    case GATE_X:
    case GATE_CX:
    case GATE_CCX:
    case GATE_C3X:
    case GATE_C4X:
        return FLIP;
    case GATE_CY:
    case GATE_CH:
    case GATE_CSX:
    case GATE_CRX:
    case GATE_CRY:
    case GATE_CU3:
    case GATE_CU:
    case GATE_C3SX:
    case GATE_C3SXDG:
        return MATRIX;
    default:
        break;
    }
    return *out_mixed == 0 ? PHASE : info->n_qubits == 1 ? MATRIX : OTHER;
}

static uint64_t slots_of(const struct uncompute *self, const uint32_t *wires, unsigned n,
                         unsigned which) {
    uint64_t slots = 0;
    for (unsigned i = 0; i < n; i++) {
        const unsigned slot = self->slot_of[wires[i]];
        slots |= slot != NO_SLOT && (which >> i & 1) != 0 ? BIT64(slot - 1) : 0;
    }
    return slots;
}

static bool do_commute(uint64_t mixed_a, uint64_t read_a, uint64_t mixed_b, uint64_t read_b) {
    return (mixed_a & (mixed_b | read_b)) == 0 && (read_a & mixed_b) == 0;
}

/* Slots in `inverted` are those of names with the opposite value (alias.h). */
static void fill_phases(struct uncompute_terms *terms, const struct entry *entry,
                        uint64_t inverted) {
    double matrix[GATE_MAX_MATRIX], d[2 << GATE_MAX_QUBITS];
    const unsigned n = entry->n_slots;
    gate_unitary(matrix, entry->gate, entry->params);
    for (unsigned i = 0; i < 1u << n; i++) {
        memcpy(d + 2 * i, matrix + 2 * ((i << n) + i), 2 * sizeof *d);
    }
    apply_split_diagonal(d, n);
    for (unsigned i = 0; i < 1u << n; i++) {
        struct uncompute_term term = {.re = d[2 * i], .im = d[2 * i + 1]};
        for (unsigned j = 0; j < n; j++) {
            term.where.mask |= i >> j & 1 ? BIT64(entry->slots[j]) : 0;
        }
        term.where.value = term.where.mask & ~inverted;
        if (term.re != 1 || term.im != 0) {
            terms->terms[terms->n++] = term;
        }
    }
}

static void fill_terms(struct entry *entry, uint64_t inverted) {
    entry->is_changed = inverted != 0;
    entry->may_cancel = false;
    entry->terms.n = 0;
    entry->terms.is_phase = entry->kind == PHASE;
    if (entry->kind == PHASE) {
        fill_phases(&entry->terms, entry, inverted);
    } else if (entry->kind != OTHER) {
        entry->terms.terms[entry->terms.n++] =
            (struct uncompute_term){{entry->read, entry->read & ~inverted}, 1, 0};
    }
}

/* ---- what goes on ---- */

/* A term as an operator on wires; the matrix's target is first. */
static enum status apply_term(struct layout *layout, double *n_updates, const struct entry *entry,
                              const struct uncompute_term *term) {
    const struct uncompute *self = layout->uncompute;
    struct fuse_op op = {.kind = FUSE_PHASE};
    if (entry->kind == PHASE) {
        op.m[0] = term->re;
        op.m[1] = term->im;
        op.wires[0] = self->wire_of[entry->slots[0]]; /* without controls: of this group */
    } else {
        double matrix[GATE_MAX_MATRIX];
        const unsigned n = entry->n_slots, dim = 1u << n, high = dim / 2;
        gate_unitary(matrix, entry->gate, entry->params);
        op.kind = FUSE_MIX;
        op.n_targets = 1;
        op.wires[0] = self->wire_of[entry->slots[n - 1]];
        for (unsigned i = 0; i < 4; i++) { /* where all controls are 1 */
            const unsigned row = high - 1 + (i >> 1) * high, column = high - 1 + (i & 1) * high;
            memcpy(op.m + 2 * i, matrix + 2 * (row * dim + column), 2 * sizeof *op.m);
        }
    }
    for (uint64_t rest = term->where.mask; rest != 0; rest &= rest - 1) {
        const unsigned slot = (unsigned)bits_lowest(rest);
        op.values |= (uint32_t)(term->where.value >> slot & 1) << op.n_controls;
        op.wires[op.n_targets + op.n_controls++] = self->wire_of[slot];
    }
    return apply_controlled(layout, n_updates, &op);
}

static enum status apply_entry(struct layout *layout, double *n_updates,
                               const struct entry *entry) {
    if (entry->is_changed) {
        for (unsigned i = 0; i < entry->terms.n; i++) {
            TRY(apply_term(layout, n_updates, entry, &entry->terms.terms[i]));
        }
        return STATUS_OK;
    }
    uint32_t wires[GATE_MAX_QUBITS];
    for (unsigned i = 0; i < entry->n_slots; i++) {
        wires[i] = layout->uncompute->wire_of[entry->slots[i]];
    }
    return apply_gate(layout, n_updates, entry->gate, entry->params, wires);
}

/* ---- phases on few wires ---- */

/* Entries of the log, all PHASE, that are done together. */
struct bunch {
    unsigned n, first; /* a place */
    unsigned last;
    uint64_t slots;
    bool is_changed;
};

/* Those in `which` from `first` on. */
static struct bunch find_bunch(struct uncompute *self, const bool *which, unsigned first) {
    struct bunch bunch = {.first = first, .last = first};
    for (unsigned i = first; i < self->n; i++) {
        const struct entry *entry = entry_at(self, i);
        if (!which[i]) {
            continue;
        }
        if (entry->kind != PHASE || bits_popcount(bunch.slots | entry->read) > TABLE_SLOTS) {
            break;
        }
        bunch.n++;
        bunch.last = i;
        bunch.slots |= entry->read;
        bunch.is_changed = bunch.is_changed || entry->is_changed;
    }
    return bunch;
}

static void multiply_where(double *d, const struct uncompute_term *term, const uint64_t *bits,
                           unsigned n) {
    for (unsigned x = 0; x < 1u << n; x++) {
        uint64_t slots = 0;
        for (unsigned j = 0; j < n; j++) {
            slots |= x >> j & 1 ? bits[j] : 0;
        }
        if ((slots & term->where.mask) == term->where.value) {
            const double re = d[2 * x] * term->re - d[2 * x + 1] * term->im;
            d[2 * x + 1] = d[2 * x] * term->im + d[2 * x + 1] * term->re;
            d[2 * x] = re;
        }
    }
}

/* One phase for every subset of the slots that has one. */
static enum status apply_bunch(struct layout *layout, double *n_updates, const bool *which,
                               const struct bunch *bunch) {
    struct uncompute *self = layout->uncompute;
    uint64_t bits[TABLE_SLOTS];
    unsigned n = 0;
    double d[2 << TABLE_SLOTS] = {0};
    for (uint64_t rest = bunch->slots; rest != 0; rest &= rest - 1) {
        bits[n++] = rest & -rest;
    }
    for (unsigned x = 0; x < 1u << n; x++) {
        d[2 * x] = 1;
    }
    for (unsigned i = bunch->first; i <= bunch->last; i++) {
        const struct entry *entry = entry_at(self, i);
        for (unsigned j = 0; which[i] && j < entry->terms.n; j++) {
            multiply_where(d, &entry->terms.terms[j], bits, n);
        }
    }
    apply_split_diagonal(d, n);
    for (unsigned x = 0; x < 1u << n; x++) {
        struct uncompute_term term = {.re = d[2 * x], .im = d[2 * x + 1]};
        for (unsigned j = 0; j < n; j++) {
            term.where.mask |= x >> j & 1 ? bits[j] : 0;
        }
        term.where.value = term.where.mask;
        uncompute_snap(&term);
        if (term.re != 1 || term.im != 0) {
            TRY(apply_term(layout, n_updates, entry_at(self, bunch->first), &term));
        }
    }
    return STATUS_OK;
}

/* ---- out of the log ---- */

/* Takes the entries in `which` (by place) out of the log. */
static void remove_entries(struct uncompute *self, const bool *which) {
    unsigned n = 0;
    self->n_flips = 0;
    self->mixed = self->read = 0;
    for (unsigned i = 0; i < self->n; i++) {
        const struct entry *entry = entry_at(self, i);
        if (which[i]) {
            self->unused[self->n_unused++] = self->order[i];
            continue;
        }
        self->n_flips += entry->kind == FLIP && entry->read != 0;
        self->mixed |= entry->mixed;
        self->read |= entry->read;
        self->order[n++] = self->order[i];
    }
    self->n = n;
    free_slots(self, self->used & ~(self->mixed | self->read));
}

static enum status apply_entries(struct layout *layout, double *n_updates, const bool *which) {
    struct uncompute *self = layout->uncompute;
    for (unsigned i = 0; i < self->n; i++) {
        if (!which[i]) {
            continue;
        }
        const struct bunch bunch = find_bunch(self, which, i);
        const bool is_simple = bunch.n < 2 && entry_at(self, i)->terms.n < 2;
        if (bunch.is_changed && !is_simple) {
            TRY(apply_bunch(layout, n_updates, which, &bunch));
            i = bunch.last;
        } else {
            TRY(apply_entry(layout, n_updates, entry_at(self, i)));
        }
    }
    remove_entries(self, which);
    return STATUS_OK;
}

/* The first n places. */
static enum status apply_first(struct layout *layout, double *n_updates, unsigned n) {
    bool which[MAX_ENTRIES] = {false};
    memset(which, true, n * sizeof *which);
    return apply_entries(layout, n_updates, which);
}

enum status uncompute_flush(struct layout *layout, double *n_updates) {
    struct uncompute *self = layout->uncompute;
    return self->n == 0 ? STATUS_OK : apply_first(layout, n_updates, self->n);
}

enum status uncompute_flush_for(struct layout *layout, uint32_t wire, bool is_mixed) {
    const struct uncompute *self = layout->uncompute;
    const unsigned slot = self->slot_of[wire];
    const uint64_t held = is_mixed ? self->used : self->mixed;
    return slot != NO_SLOT && (held >> (slot - 1) & 1) ? uncompute_flush(layout, NULL) : STATUS_OK;
}

/* Those in `which`, and those before them with which they do not commute. */
static enum status apply_with_causes(struct layout *layout, double *n_updates, bool *which) {
    struct uncompute *self = layout->uncompute;
    uint64_t mixed = 0, read = 0;
    for (unsigned i = self->n; i-- > 0;) {
        const struct entry *entry = entry_at(self, i);
        which[i] = which[i] || !do_commute(mixed, read, entry->mixed, entry->read);
        mixed |= which[i] ? entry->mixed : 0;
        read |= which[i] ? entry->read : 0;
    }
    return apply_entries(layout, n_updates, which);
}

/* ---- cancelling ---- */

static bool is_single_flip(const struct entry *entry) {
    return entry->kind == FLIP && entry->terms.n == 1;
}

static bool is_same_flip(const struct entry *a, const struct entry *b) {
    const struct uncompute_product *p = &a->terms.terms[0].where, *q = &b->terms.terms[0].where;
    return is_single_flip(a) && is_single_flip(b) && a->mixed == b->mixed && p->mask == q->mask &&
           p->value == q->value;
}

/* The flip may go from one side of the entry to the other, if its terms can follow. */
static bool lets_through(const struct entry *entry, const struct entry *flip) {
    const bool mixes_target = (entry->mixed & flip->mixed) != 0;
    const bool reads_target = (entry->read & flip->mixed) != 0;
    return (entry->mixed & flip->read) == 0 && (!mixes_target || entry->kind == FLIP) &&
           (!reads_target || entry->kind != OTHER);
}

/* The place of the same flip before that at `late`, or `late`. */
static unsigned find_early(struct uncompute *self, unsigned late) {
    const struct entry *flip = entry_at(self, late);
    for (unsigned i = late; i-- > 0;) {
        const struct entry *entry = entry_at(self, i);
        if (is_same_flip(entry, flip)) {
            return i;
        }
        if (!lets_through(entry, flip)) {
            break;
        }
    }
    return late;
}

/* The wire of the target was |0> at the beginning, and nothing before that place has changed it. */
static bool is_zero_before(const struct layout *layout, unsigned place, uint64_t target) {
    struct uncompute *self = layout->uncompute;
    const uint32_t wire = self->wire_of[bits_lowest(target)];
    bool is_zero = layout_is_alone(layout, wire) && layout->wires[wire].is_fresh;
    for (unsigned i = 0; is_zero && i < place; i++) {
        is_zero = (entry_at(self, i)->mixed & target) == 0;
    }
    return is_zero;
}

/* self->changed[0 .. *out_n - 1]: terms of the entries between that depend on the target. false:
 * one cannot follow, or all is more work than before. */
static bool find_changes(const struct layout *layout, unsigned *out_n, unsigned early,
                         unsigned late) {
    struct uncompute *self = layout->uncompute;
    const struct entry *flip = entry_at(self, late);
    bool is_zero = is_zero_before(layout, early, flip->mixed), fits = true;
    unsigned n_old = MAX_GAIN, n_new = 0;
    uint64_t slots = 0; /* of phases; all, if there are others */
    *out_n = 0;
    for (unsigned i = early + 1; fits && i < late; i++) {
        const struct entry *entry = entry_at(self, i);
        is_zero = is_zero && (entry->mixed & flip->mixed) == 0;
        if ((entry->read & flip->mixed) == 0) {
            continue;
        }
        struct uncompute_terms *to = &self->changed[*out_n];
        fits = *out_n < MAX_CHANGED &&
               uncompute_substitute(to, &entry->terms, flip->mixed, &flip->terms.terms[0].where,
                                    is_zero) &&
               (entry->kind != MATRIX || to->n <= 1);
        n_old += entry->terms.n;
        n_new += fits ? to->n : 0;
        slots |= entry->kind == PHASE && fits ? uncompute_support(to) : UINT64_MAX;
        ++*out_n;
    }
    return fits && (n_new <= n_old || bits_popcount(slots) <= TABLE_SLOTS);
}

static void take_changes(struct entry *entry, const struct uncompute_terms *terms) {
    entry->terms = *terms;
    entry->is_changed = true;
    entry->read = uncompute_support(terms);
    entry->may_cancel = is_single_flip(entry);
}

/* A flip and the same one earlier go, if they can. */
static bool cancel(const struct layout *layout, unsigned late) {
    struct uncompute *self = layout->uncompute;
    const unsigned early = find_early(self, late);
    const uint64_t target = entry_at(self, late)->mixed;
    unsigned n = 0;
    if (early == late || !find_changes(layout, &n, early, late)) {
        return false;
    }
    bool gone[MAX_ENTRIES] = {false};
    n = 0;
    for (unsigned i = early + 1; i < late; i++) {
        struct entry *entry = entry_at(self, i);
        if ((entry->read & target) != 0) {
            take_changes(entry, &self->changed[n++]);
            gone[i] = entry->terms.n == 0;
        }
    }
    gone[early] = gone[late] = true;
    remove_entries(self, gone);
    return true;
}

/* Flips that change may be the same as earlier ones then. */
static void cancel_all(const struct layout *layout, unsigned late) {
    struct uncompute *self = layout->uncompute;
    bool has_gone = cancel(layout, late);
    while (has_gone) {
        has_gone = false;
        for (unsigned i = 0; i < self->n && !has_gone; i++) {
            struct entry *entry = entry_at(self, i);
            const bool is_due = entry->may_cancel && is_single_flip(entry);
            entry->may_cancel = false;
            has_gone = is_due && cancel(layout, i);
        }
    }
}

/* ---- what comes ---- */

struct arrival {
    enum gate_id gate;
    enum kind kind;
    const struct gate_info *info;
    const double *params;
    const uint32_t *wires;
    unsigned mixed;                  /* operands */
    uint32_t roots[GATE_MAX_QUBITS]; /* of which the wires are names */
    unsigned aliases, inverted;      /* operands */
};

static bool is_free(const struct uncompute *self, const struct arrival *new) {
    const unsigned n = new->info->n_qubits;
    return do_commute(slots_of(self, new->roots, n, new->mixed),
                      slots_of(self, new->roots, n, ~new->mixed), self->mixed, self->read);
}

static enum status apply_now(struct layout *layout, double *n_updates, const struct arrival *new) {
    return apply_gate(layout, n_updates, new->gate, new->params, new->wires);
}

/* Flips that cannot pass it will not cancel any more. */
static enum status end_flips(struct layout *layout, double *n_updates, const struct arrival *new) {
    struct uncompute *self = layout->uncompute;
    const unsigned n = new->info->n_qubits;
    const struct entry entry = {.kind = (uint8_t) new->kind,
                                .mixed = slots_of(self, new->roots, n, new->mixed),
                                .read = slots_of(self, new->roots, n, ~new->mixed)};
    bool which[MAX_ENTRIES] = {false}, is_any = false;
    for (unsigned i = 0; i < self->n; i++) {
        const struct entry *flip = entry_at(self, i);
        which[i] = flip->kind == FLIP && !lets_through(&entry, flip);
        is_any = is_any || which[i];
    }
    return is_any ? apply_with_causes(layout, n_updates, which) : STATUS_OK;
}

static void take_slots(struct uncompute *self, struct entry *entry, const struct arrival *new) {
    for (unsigned i = 0; i < entry->n_slots; i++) {
        uint8_t *slot = &self->slot_of[new->roots[i]];
        if (*slot == NO_SLOT) {
            const unsigned first = (unsigned)bits_lowest(~self->used);
            self->used |= BIT64(first);
            self->wire_of[first] = new->roots[i];
            *slot = (uint8_t)(1 + first);
        }
        entry->slots[i] = (uint8_t)(*slot - 1);
        *(new->mixed >> i & 1 ? &entry->mixed : &entry->read) |= BIT64(entry->slots[i]);
    }
}

static enum status append(struct layout *layout, double *n_updates, const struct arrival *new) {
    struct uncompute *self = layout->uncompute;
    if (self->n == MAX_ENTRIES) {
        TRY(apply_first(layout, n_updates, MAX_ENTRIES / 2));
    }
    if (bits_popcount(self->used) + new->info->n_qubits > MAX_SLOTS) {
        TRY(uncompute_flush(layout, n_updates));
    }
    const uint16_t index = self->unused[--self->n_unused];
    struct entry *entry = &self->entries[index];
    entry->kind = (uint8_t) new->kind;
    entry->n_slots = new->info->n_qubits;
    entry->gate = new->gate;
    entry->params = new->params;
    entry->mixed = entry->read = 0;
    take_slots(self, entry, new);
    fill_terms(entry, slots_of(self, new->roots, entry->n_slots, new->inverted));
    self->order[self->n++] = index;
    self->mixed |= entry->mixed;
    self->read |= entry->read;
    self->n_flips += entry->kind == FLIP && entry->read != 0;
    if (entry->kind == FLIP) {
        cancel_all(layout, self->n - 1);
    }
    return self->n_flips > 0 ? STATUS_OK : uncompute_flush(layout, n_updates);
}

static void swap_slots(struct uncompute *self, uint32_t a, uint32_t b) {
    const uint8_t slot = self->slot_of[a];
    self->slot_of[a] = self->slot_of[b];
    self->slot_of[b] = slot;
    if (self->slot_of[a] != NO_SLOT) {
        self->wire_of[self->slot_of[a] - 1] = a;
    }
    if (slot != NO_SLOT) {
        self->wire_of[slot - 1] = b;
    }
}

static void find_roots(struct arrival *new, const struct layout *layout) {
    for (unsigned i = 0; i < new->info->n_qubits; i++) {
        const uint32_t wire = new->wires[i];
        new->roots[i] = alias_root(layout, wire);
        new->aliases |= (unsigned)(new->roots[i] != wire) << i;
        new->inverted |= (unsigned)layout->wires[wire].is_inverted << i;
    }
}

/* Of names it can follow those that are only read, of wires that do not come twice. */
static bool can_follow(const struct arrival *new) {
    if (new->aliases == 0) {
        return true;
    }
    bool can = (new->aliases &new->mixed) == 0 && (new->inverted == 0 || new->kind != OTHER);
    for (unsigned i = 1; can && i < new->info->n_qubits; i++) {
        for (unsigned j = 0; can && j < i; j++) {
            can = new->roots[i] != new->roots[j];
        }
    }
    return can;
}

enum status uncompute_gate(struct layout *layout, double *n_updates, enum gate_id gate,
                           const double *params, const uint32_t *wires) {
    struct uncompute *self = layout->uncompute;
    struct arrival new = {.gate = gate, .info = gate_get(gate), .params = params, .wires = wires};
    new.kind = find_kind(&new.mixed, gate, new.info);
    find_roots(&new, layout);
    if (!can_follow(&new)) {
        TRY(uncompute_flush(layout, n_updates));
        return apply_now(layout, n_updates, &new);
    }
    if (gate == GATE_SWAP) {
        swap_slots(self, wires[0], wires[1]);
        return apply_now(layout, n_updates, &new);
    }
    const bool has_condition = new.kind == FLIP &&new.info->n_qubits > 1;
    if (!has_condition && is_free(self, &new)) {
        return apply_now(layout, n_updates, &new);
    }
    if (new.kind == MATRIX || new.kind == OTHER) {
        TRY(end_flips(layout, n_updates, &new));
        if (self->n_flips == 0) {
            TRY(uncompute_flush(layout, n_updates));
        }
        if (is_free(self, &new)) {
            return apply_now(layout, n_updates, &new);
        }
    }
    return append(layout, n_updates, &new);
}
