/* A 2 x 2 matrix M is a product of a diagonal matrix D and two shears, each of which changes one of
 * two amplitudes by a multiple of the other:
 *
 *     M = D (1 0; y 1) (1 x; 0 1)  or  M = D (1 x; 0 1) (1 0; y 1)
 *
 * which takes half of the multiplications of M. D commutes with controls and phases: it waits until
 * the next operator that has the wire as a target, whose columns take it up, if there is one that
 * can, or, in large groups, until the end of the list, where tables do all that waits; what D's
 * elements have in common is put off to the end. Of the two orders that is taken which keeps the
 * quotient of D's elements near 1. A small diagonal of M asks for a turn instead: D (x 1; 1 y). */
#include <math.h>
#include <string.h>

#include "base/log.h"
#include "engine/statevector/fuse.h"

/* A factor that amplitudes lack is given to them before it leaves 2^-MAX_LOG .. 2^MAX_LOG. */
enum { MAX_LOG = 24 };
/* A table at the end takes less time than what it saves on so many wires. */
enum { WORTH_ENDS = 2 };

/* What the next operator on a wire can take up; NEXT_END: there is none. */
enum next { NEXT_END, NEXT_NOTHING, NEXT_REAL, NEXT_ANY };

struct shear {
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
static enum status find_next(struct shear *shear, uint32_t n_wires) {
    struct fuse *fuse = shear->fuse;
    size_t n_ends = 0;
    fuse->epoch++;
    TRY(vec_reserve(&fuse->next, 0, &fuse->cap_next, shear->from->n, sizeof *fuse->next));
    for (size_t i = shear->from->n; i-- > 0;) {
        const struct fuse_op *op = &shear->from->ops[i];
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
    shear->table_wires = are_worth ? fuse_factor_wires(n_wires) : 0;
    return STATUS_OK;
}

static enum next next_of(const struct shear *shear, size_t i) {
    const enum next next = (enum next)shear->fuse->next[i];
    return next == NEXT_END && shear->table_wires == 0 ? NEXT_NOTHING : next;
}

static struct number factor_of(struct shear *shear, uint32_t wire) {
    const struct fuse_mark *mark = fuse_mark_of(shear->fuse, wire);
    return mark->has_factor ? number_at(mark->factor) : (struct number){1, 0};
}

static void put_off(struct shear *shear, uint32_t wire, struct number factor) {
    struct fuse_mark *mark = fuse_mark_of(shear->fuse, wire);
    mark->has_factor = factor.re != 1 || factor.im != 0;
    put(mark->factor, factor);
}

static void put_off_all(struct shear *shear, struct number factor) {
    put(shear->scale, times(number_at(shear->scale), factor));
}

static enum status push_scale(struct shear *shear) {
    struct fuse_op op = {.kind = FUSE_PHASE, .wires = {shear->wire}};
    if (shear->scale[0] == 1 && shear->scale[1] == 0) {
        return STATUS_OK;
    }
    memcpy(op.m, shear->scale, sizeof shear->scale);
    memcpy(shear->scale, (double[2]){1, 0}, sizeof shear->scale);
    return fuse_push(shear->to, &op);
}

/* ---- one wire ---- */

/* By what follows, the quotient of the rows' factors waits or is done here. */
static enum status push_with_factor(struct shear *shear, struct fuse_op *op, struct number factor,
                                    enum next next) {
    struct fuse_op phase = {.kind = FUSE_PHASE, .n_controls = 1, .values = 1};
    TRY(fuse_push(shear->to, op));
    if (factor.im == 0 || next == NEXT_ANY || next == NEXT_END) {
        put_off(shear, op->wires[0], factor);
        return STATUS_OK;
    }
    double length = sqrt(square(factor));
    phase.wires[0] = op->wires[0];
    put(phase.m, (struct number){factor.re / length, factor.im / length});
    put_off(shear, op->wires[0], (struct number){length, 0});
    return fuse_push(shear->to, &phase);
}

static enum status push_whole(struct shear *shear, struct fuse_op *op, const struct number *m) {
    for (unsigned i = 0; i < 4; i++) {
        put(op->m + 2 * i, times(m[i], number_at(shear->scale)));
    }
    memcpy(shear->scale, (double[2]){1, 0}, sizeof shear->scale);
    put_off(shear, op->wires[0], (struct number){1, 0});
    return fuse_push(shear->to, op);
}

static void set_shape(struct fuse_op *op, enum fuse_shape shape, struct number x, struct number y,
                      struct number z) {
    op->shape = shape;
    put(op->m, x);
    put(op->m + 2, y);
    put(op->m + 4, z);
}

/* m[0] is not small. */
static enum status push_shears(struct shear *shear, struct fuse_op *op, const struct number *m,
                               bool is_back, enum next next) {
    const struct number none = {0};
    struct number x = over(m[1], m[0]), b = minus(m[3], times(m[2], x));
    if (next == NEXT_NOTHING) {
        put_off_all(shear, m[0]);
        set_shape(op, FUSE_SHEARS_END, x, over(m[2], m[0]), over(b, m[0]));
        return push_with_factor(shear, op, (struct number){1, 0}, next);
    }
    if (is_back) {
        struct number y = over(m[2], m[3]), a = minus(m[0], times(m[1], y));
        put_off_all(shear, a);
        set_shape(op, FUSE_SHEARS_BACK, over(m[1], a), y, none);
        return push_with_factor(shear, op, over(m[3], a), next);
    }
    put_off_all(shear, m[0]);
    set_shape(op, FUSE_SHEARS, x, over(m[2], b), none);
    return push_with_factor(shear, op, over(b, m[0]), next);
}

/* m[1] is not small. */
static enum status push_turn(struct shear *shear, struct fuse_op *op, const struct number *m,
                             enum next next) {
    struct number x = over(m[0], m[1]);
    put_off_all(shear, m[1]);
    if (next == NEXT_NOTHING) {
        set_shape(op, FUSE_TURN_END, x, over(m[3], m[1]), over(m[2], m[1]));
        return push_with_factor(shear, op, (struct number){1, 0}, next);
    }
    set_shape(op, FUSE_TURN, x, over(m[3], m[2]), (struct number){0});
    return push_with_factor(shear, op, over(m[2], m[1]), next);
}

static enum status add_mix(struct shear *shear, struct fuse_op op, enum next next) {
    struct number m[4], d = factor_of(shear, op.wires[0]);
    double most = 0;
    for (unsigned i = 0; i < 4; i++) {
        m[i] = number_at(op.m + 2 * i);
        most = fmax(most, square(m[i]));
    }
    if (fuse_form_of(op.m) == FUSE_NOT) {
        put_off_all(shear, d);
        put_off(shear, op.wires[0], over((struct number){1, 0}, d));
        return fuse_push(shear->to, &op);
    }
    struct number det = minus(times(m[0], m[3]), times(m[1], m[2]));
    bool is_near = square(m[0]) >= 0.1 * most && square(m[3]) >= 0.1 * most;
    bool is_far = square(m[1]) >= 0.1 * most && square(m[2]) >= 0.1 * most;
    bool is_sound = square(det) >= 0.25 * most * most && (is_near || is_far);
    m[1] = times(m[1], d);
    m[3] = times(m[3], d);
    double after[8];
    for (unsigned i = 0; i < 4; i++) {
        put(after + 2 * i, m[i]);
    }
    if (!is_sound || (next == NEXT_NOTHING && !is_light(after))) {
        return push_whole(shear, &op, m);
    }
    return is_near ? push_shears(shear, &op, m, square(d) > 1, next)
                   : push_turn(shear, &op, m, next);
}

/* ---- the others ---- */

static enum status add_phase(struct shear *shear, const struct fuse_op *op, enum next next) {
    struct number f = number_at(op->m), one = {1, 0};
    bool waits = op->n_controls == 1 && fuse_is_unit(f.re, f.im) &&
                 (next == NEXT_ANY || (next == NEXT_REAL && f.im == 0));
    if (!waits) {
        return fuse_push(shear->to, op);
    }
    if (!(op->values & 1)) {
        put_off_all(shear, f);
        f = over(one, f);
    }
    put_off(shear, op->wires[0], times(factor_of(shear, op->wires[0]), f));
    return STATUS_OK;
}

/* Takes up what waits on its targets, and for all. */
static enum status add_dense(struct shear *shear, const struct fuse_op *op) {
    unsigned dim = 1u << op->n_targets;
    for (unsigned column = 0; column < dim; column++) {
        struct number f = number_at(shear->scale);
        for (unsigned i = 0; i < op->n_targets; i++) {
            f = column >> i & 1 ? times(f, factor_of(shear, op->wires[i])) : f;
        }
        for (unsigned row = 0; row < dim; row++) {
            double *m = shear->fuse->data + op->first + 2 * (size_t)(row * dim + column);
            put(m, times(number_at(m), f));
        }
    }
    for (unsigned i = 0; i < op->n_targets; i++) {
        put_off(shear, op->wires[i], (struct number){1, 0});
    }
    memcpy(shear->scale, (double[2]){1, 0}, sizeof shear->scale);
    return fuse_push(shear->to, op);
}

static enum status add_op(struct shear *shear, size_t i) {
    const struct fuse_op *op = &shear->from->ops[i];
    switch (op->kind) {
    case FUSE_MIX:
        if (op->n_controls == 0) {
            return add_mix(shear, *op, next_of(shear, i));
        }
        break;
    case FUSE_PHASE:
        return add_phase(shear, op, next_of(shear, i));
    case FUSE_DENSE:
        if (op->n_controls == 0) {
            return add_dense(shear, op);
        }
        break;
    case FUSE_FACTORS:
    case FUSE_ANGLES:
        break;
    }
    return fuse_push(shear->to, op);
}

/* ---- the end ---- */

/* The product of what waits on the wires, times `scale`. */
static enum status push_table(struct shear *shear, struct fuse_factors *table, double scale) {
    struct fuse *fuse = shear->fuse;
    bool is_real = true;
    TRY(fuse_new_data(fuse, &table->first, table->n_wires));
    double *data = fuse->data + table->first;
    put(data, (struct number){scale, 0});
    for (uint32_t i = 0; i < table->n_wires; i++) {
        const struct number factor = factor_of(shear, table->wires[i]);
        const size_t n = (size_t)1 << i;
        is_real = is_real && factor.im == 0;
        for (size_t x = 0; x < n; x++) {
            put(data + 2 * (n + x), times(number_at(data + 2 * x), factor));
        }
        put_off(shear, table->wires[i], (struct number){1, 0});
    }
    table->kind = is_real ? FUSE_FACTORS_SCALE : FUSE_FACTORS_ANY;
    return fuse_push_factors(fuse, shear->to, table);
}

static enum status list_waiting(struct shear *shear, uint32_t **out, uint32_t *out_n) {
    struct fuse *fuse = shear->fuse;
    size_t n = 0;
    TRY(vec_reserve(&fuse->next, 0, &fuse->cap_next, shear->from->n, sizeof *fuse->next));
    for (size_t i = 0; i < shear->from->n; i++) {
        const uint32_t wire = shear->from->ops[i].wires[0];
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

/* As few tables as there can be, the first of which takes up the size of the scale. */
static enum status push_waiting(struct shear *shear) {
    uint32_t *wires, n_left;
    TRY(list_waiting(shear, &wires, &n_left));
    if (n_left == 0) {
        return push_scale(shear);
    }
    CHECK(shear->table_wires > 0);
    const struct number scale = number_at(shear->scale);
    double size = scale.im == 0 ? scale.re : sqrt(square(scale));
    put(shear->scale, (struct number){scale.re / size, scale.im / size});
    for (uint32_t n_tables = (n_left - 1) / shear->table_wires + 1; n_tables > 0; n_tables--) {
        struct fuse_factors table = {.n_wires = (n_left + n_tables - 1) / n_tables};
        memcpy(table.wires, wires, table.n_wires * sizeof *wires);
        wires += table.n_wires;
        n_left -= table.n_wires;
        TRY(push_table(shear, &table, size));
        size = 1;
    }
    return push_scale(shear);
}

enum status fuse_shear(struct fuse *fuse, uint32_t n_wires, const double *scale, uint32_t wire) {
    struct shear shear = {.fuse = fuse, .from = &fuse->work[0], .to = &fuse->work[1], .wire = wire};
    const double most = (double)(UINT64_C(1) << (2 * MAX_LOG));
    memcpy(shear.scale, scale, sizeof shear.scale);
    TRY(find_next(&shear, n_wires));
    fuse->epoch++;
    for (size_t i = 0; i < shear.from->n; i++) {
        TRY(add_op(&shear, i));
        double size = square(number_at(shear.scale));
        if (size < 1 / most || size > most) {
            TRY(push_scale(&shear));
        }
    }
    return push_waiting(&shear);
}
