/* A 2 x 2 matrix M is a product of a diagonal matrix D and one that has ones,
 *
 *     M = D (1 x; y s)  or  M = D (x 1; s y),  s = 1 or -1,
 *
 * which takes half of the multiplications of M. D commutes with controls and phases: it waits until
 * the next operator that has the wire as a target, whose columns take it up, if there is one that
 * can, or, in large groups, until the end of the list, where tables do all that waits; what D's
 * elements have in common is put off to the end. Those of unitary matrices differ by a phase, and
 * not at all where s does it: nothing of rotations and reflections waits. */
#include <math.h>
#include <string.h>

#include "base/log.h"
#include "engine/statevector/fuse.h"

/* A factor that amplitudes lack is given to them before it leaves 2^-MAX_LOG .. 2^MAX_LOG. */
enum { MAX_LOG = 24 };
/* Of a product of matrices of modulus 1. */
#define ROUNDING 1e-15
/* A table at the end takes less time than what it saves on so many wires. */
enum { WORTH_ENDS = 2 };

/* What the next operator on a wire can take up; NEXT_END: there is none. */
enum next { NEXT_END, NEXT_NOTHING, NEXT_REAL, NEXT_ANY };

struct shaping {
    struct fuse *fuse;
    const struct fuse_list *from;
    struct fuse_list *to;
    double scale[2];      /* of all amplitudes, put off */
    uint32_t wire;        /* any of the group */
    uint32_t table_wires; /* that a table depends on at most; 0: nothing waits until the end */
};

struct number {
    double re, im;
};
static struct number number_at(const double *m) {
    return (struct number){m[0], m[1]};
}
static void put(double *m, struct number a) {
    m[0] = a.re;
    m[1] = a.im;
}
static struct number times(struct number a, struct number b) {
    return (struct number){a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}
static struct number minus(struct number a, struct number b) {
    return (struct number){a.re - b.re, a.im - b.im};
}
static double square(struct number a) {
    return a.re * a.re + a.im * a.im;
}
static struct number over(struct number a, struct number b) {
    double n = square(b);
    return (struct number){(a.re * b.re + a.im * b.im) / n, (a.im * b.re - a.re * b.im) / n};
}

static bool is_mix(const struct fuse_op *op) {
    return op->kind == FUSE_MIX && op->n_controls == 0;
}

/* ---- what can wait ---- */

/* Rows real, or diagonal real and the rest imaginary: real factors leave it so. */
static bool is_light(const double *m) {
    bool is_real = m[1] == 0 && m[3] == 0 && m[5] == 0 && m[7] == 0;
    return is_real || (m[1] == 0 && m[7] == 0 && m[2] == 0 && m[4] == 0);
}

/* fuse->next[i]: what follows on the wire of a mix or of a phase of one wire. */
static enum status find_next(struct shaping *self, uint32_t n_wires) {
    struct fuse *fuse = self->fuse;
    size_t n_ends = 0;
    fuse->epoch++;
    TRY(vec_reserve(&fuse->next, 0, &fuse->cap_next, self->from->n, sizeof *fuse->next));
    for (size_t i = self->from->n; i-- > 0;) {
        const struct fuse_op *op = &self->from->ops[i];
        if (op->kind == FUSE_ANGLES) {
            continue;
        }
        struct fuse_mark *mark = fuse_mark_of(fuse, op->wires[0]);
        fuse->next[i] = mark->state;
        if (is_mix(op) && fuse_form_of(op->m) != FUSE_NOT) {
            n_ends += mark->state == NEXT_END;
            mark->state = is_light(op->m) ? NEXT_REAL : NEXT_ANY;
        } else if (!is_mix(op)) {
            for (unsigned j = 0; j < op->n_targets; j++) {
                bool takes = op->kind == FUSE_DENSE && op->n_controls == 0;
                fuse_mark_of(fuse, op->wires[j])->state = takes ? NEXT_ANY : NEXT_NOTHING;
            }
        }
    }
    const bool are_worth = n_ends >= WORTH_ENDS && fuse_has_tables(fuse, n_wires);
    self->table_wires = are_worth ? fuse_factor_wires(n_wires) : 0;
    return STATUS_OK;
}

static enum next next_of(const struct shaping *self, size_t i) {
    const enum next next = (enum next)self->fuse->next[i];
    return next == NEXT_END && self->table_wires == 0 ? NEXT_NOTHING : next;
}

static struct number factor_of(struct shaping *self, uint32_t wire) {
    const struct fuse_mark *mark = fuse_mark_of(self->fuse, wire);
    return mark->has_factor ? number_at(mark->factor) : (struct number){1, 0};
}

static void put_off(struct shaping *self, uint32_t wire, struct number factor) {
    struct fuse_mark *mark = fuse_mark_of(self->fuse, wire);
    mark->has_factor = factor.re != 1 || factor.im != 0;
    put(mark->factor, factor);
}

static void put_off_all(struct shaping *self, struct number factor) {
    put(self->scale, times(number_at(self->scale), factor));
}

static enum status push_scale(struct shaping *self) {
    struct fuse_op op = {.kind = FUSE_PHASE, .wires = {self->wire}};
    if (self->scale[0] == 1 && self->scale[1] == 0) {
        return STATUS_OK;
    }
    memcpy(op.m, self->scale, sizeof self->scale);
    memcpy(self->scale, (double[2]){1, 0}, sizeof self->scale);
    return fuse_push(self->to, &op);
}

/* ---- one wire ---- */

/* Is a what b is, but for the rounding of the product it comes from? */
static bool is_same(struct number a, struct number b) {
    return square(minus(a, b)) < ROUNDING * ROUNDING;
}

/* By what follows, the quotient of the rows' factors waits or is done here. */
static enum status push_with_factor(struct shaping *self, struct fuse_op *op, struct number factor,
                                    enum next next) {
    const struct number one = {1, 0};
    struct fuse_op phase = {.kind = FUSE_PHASE, .n_controls = 1, .values = 1};
    TRY(fuse_push(self->to, op));
    if (factor.im == 0 || next == NEXT_ANY || next == NEXT_END) {
        put_off(self, op->wires[0], factor);
        return STATUS_OK;
    }
    const struct number length = {sqrt(square(factor)), 0};
    phase.wires[0] = op->wires[0];
    put(phase.m, over(factor, length));
    put_off(self, op->wires[0], is_same(length, one) ? one : length);
    return fuse_push(self->to, &phase);
}

static enum status push_whole(struct shaping *self, struct fuse_op *op, const struct number *m) {
    for (unsigned i = 0; i < 4; i++) {
        put(op->m + 2 * i, times(m[i], number_at(self->scale)));
    }
    memcpy(self->scale, (double[2]){1, 0}, sizeof self->scale);
    put_off(self, op->wires[0], (struct number){1, 0});
    return fuse_push(self->to, op);
}

/* M = D (1 x; y s), M = D (x 1; s y) if is_turned: the ones stand for numbers that are not small.
 * is_light: M is. */
static enum status push_ones(struct shaping *self, struct fuse_op *op, const struct number *m,
                             bool is_turned, bool is_light, enum next next) {
    const struct number one = {1, 0}, minus_one = {-1, 0};
    const struct number up = m[is_turned ? 1 : 0], down = m[is_turned ? 2 : 3];
    struct number x = over(m[is_turned ? 0 : 1], up), y = over(m[is_turned ? 3 : 2], down),
                  quotient = over(down, up);
    const bool is_back = is_light && is_same(quotient, minus_one);
    if (is_back) {
        y = times(y, minus_one);
    }
    quotient = is_back || is_same(quotient, one) ? one : quotient;
    if (next == NEXT_NOTHING && (quotient.re != 1 || quotient.im != 0)) {
        return push_whole(self, op, m);
    }
    op->shape =
        is_turned ? (is_back ? FUSE_TURN_BACK : FUSE_TURN) : (is_back ? FUSE_LEAN_BACK : FUSE_LEAN);
    put(op->m, x);
    put(op->m + 2, y);
    put_off_all(self, up);
    return push_with_factor(self, op, quotient, next);
}

static enum status add_mix(struct shaping *self, struct fuse_op op, enum next next) {
    struct number m[4], d = factor_of(self, op.wires[0]);
    double most = 0;
    for (unsigned i = 0; i < 4; i++) {
        m[i] = number_at(op.m + 2 * i);
        most = fmax(most, square(m[i]));
    }
    if (fuse_form_of(op.m) == FUSE_NOT) {
        put_off_all(self, d);
        put_off(self, op.wires[0], over((struct number){1, 0}, d));
        return fuse_push(self->to, &op);
    }
    const bool is_near = square(m[0]) >= 0.1 * most && square(m[3]) >= 0.1 * most,
               is_far = square(m[1]) >= 0.1 * most && square(m[2]) >= 0.1 * most;
    m[1] = times(m[1], d);
    m[3] = times(m[3], d);
    double after[8];
    for (unsigned i = 0; i < 4; i++) {
        put(after + 2 * i, m[i]);
    }
    if ((!is_near && !is_far) || (next == NEXT_NOTHING && !is_light(after))) {
        return push_whole(self, &op, m);
    }
    return push_ones(self, &op, m, !is_near, is_light(after), next);
}

/* ---- the others ---- */

static enum status add_phase(struct shaping *self, const struct fuse_op *op, enum next next) {
    struct number f = number_at(op->m), one = {1, 0};
    bool waits = op->n_controls == 1 && fuse_is_unit(f.re, f.im) &&
                 (next == NEXT_ANY || (next == NEXT_REAL && f.im == 0));
    if (!waits) {
        return fuse_push(self->to, op);
    }
    if (!(op->values & 1)) {
        put_off_all(self, f);
        f = over(one, f);
    }
    put_off(self, op->wires[0], times(factor_of(self, op->wires[0]), f));
    return STATUS_OK;
}

/* Takes up what waits on its targets, and for all. */
static enum status add_dense(struct shaping *self, const struct fuse_op *op) {
    unsigned dim = 1u << op->n_targets;
    for (unsigned column = 0; column < dim; column++) {
        struct number f = number_at(self->scale);
        for (unsigned i = 0; i < op->n_targets; i++) {
            f = column >> i & 1 ? times(f, factor_of(self, op->wires[i])) : f;
        }
        for (unsigned row = 0; row < dim; row++) {
            double *m = self->fuse->data + op->first + 2 * (size_t)(row * dim + column);
            put(m, times(number_at(m), f));
        }
    }
    for (unsigned i = 0; i < op->n_targets; i++) {
        put_off(self, op->wires[i], (struct number){1, 0});
    }
    memcpy(self->scale, (double[2]){1, 0}, sizeof self->scale);
    return fuse_push(self->to, op);
}

static enum status add_op(struct shaping *self, size_t i) {
    const struct fuse_op *op = &self->from->ops[i];
    switch (op->kind) {
    case FUSE_MIX:
        if (op->n_controls == 0) {
            return add_mix(self, *op, next_of(self, i));
        }
        break;
    case FUSE_PHASE:
        return add_phase(self, op, next_of(self, i));
    case FUSE_DENSE:
        if (op->n_controls == 0) {
            return add_dense(self, op);
        }
        break;
    case FUSE_FACTORS:
    case FUSE_ANGLES:
        break;
    }
    return fuse_push(self->to, op);
}

/* ---- the end ---- */

/* The product of what waits on the wires. */
static enum status push_table(struct shaping *self, struct fuse_factors *table) {
    struct fuse *fuse = self->fuse;
    bool is_real = true;
    TRY(fuse_new_data(fuse, &table->first, table->n_wires));
    double *data = fuse->data + table->first;
    put(data, (struct number){1, 0});
    for (uint32_t i = 0; i < table->n_wires; i++) {
        const struct number factor = factor_of(self, table->wires[i]);
        const size_t n = (size_t)1 << i;
        is_real = is_real && factor.im == 0;
        for (size_t x = 0; x < n; x++) {
            put(data + 2 * (n + x), times(number_at(data + 2 * x), factor));
        }
        put_off(self, table->wires[i], (struct number){1, 0});
    }
    table->kind = is_real ? FUSE_FACTORS_SCALE : FUSE_FACTORS_ANY;
    return fuse_push_factors(fuse, self->to, table);
}

static enum status list_waiting(struct shaping *self, uint32_t **out, uint32_t *out_n) {
    struct fuse *fuse = self->fuse;
    size_t n = 0;
    TRY(vec_reserve(&fuse->next, 0, &fuse->cap_next, self->from->n, sizeof *fuse->next));
    for (size_t i = 0; i < self->from->n; i++) {
        const uint32_t wire = self->from->ops[i].wires[0];
        struct fuse_mark *mark = fuse_mark_of(fuse, wire);
        if (mark->has_factor && mark->last == 0) {
            mark->last = 1;
            fuse->next[n++] = wire;
        }
    }
    *out = fuse->next;
    *out_n = u32_from_size(n);
    return STATUS_OK;
}

/* As few tables as there can be. */
static enum status push_waiting(struct shaping *self) {
    uint32_t *wires, n_left;
    TRY(list_waiting(self, &wires, &n_left));
    CHECK(n_left == 0 || self->table_wires > 0);
    for (uint32_t n_tables = n_left > 0 ? (n_left - 1) / self->table_wires + 1 : 0; n_tables > 0;
         n_tables--) {
        struct fuse_factors table = {.n_wires = (n_left + n_tables - 1) / n_tables};
        memcpy(table.wires, wires, table.n_wires * sizeof *wires);
        wires += table.n_wires;
        n_left -= table.n_wires;
        TRY(push_table(self, &table));
    }
    return push_scale(self);
}

enum status fuse_choose_shapes(struct fuse *fuse, uint32_t n_wires, const double *scale,
                               uint32_t wire) {
    struct shaping self = {
        .fuse = fuse, .from = &fuse->work[0], .to = &fuse->work[1], .wire = wire};
    const double most = (double)(UINT64_C(1) << (2 * MAX_LOG));
    memcpy(self.scale, scale, sizeof self.scale);
    TRY(find_next(&self, n_wires));
    fuse->epoch++;
    for (size_t i = 0; i < self.from->n; i++) {
        TRY(add_op(&self, i));
        double size = square(number_at(self.scale));
        if (size < 1 / most || size > most) {
            TRY(push_scale(&self));
        }
    }
    return push_waiting(&self);
}
