/* A list of operators becomes one that does the same with less work. Three walks: factors on one
 * wire, runs of phases, pairs of wires; at last rotations lose the factor that all amplitudes
 * share. */
#include <math.h>
#include <string.h>

#include "base/detmath.h"
#include "base/log.h"
#include "base/mem.h"
#include "engine/statevector/fuse.h"

struct merge {
    struct fuse *fuse;
    const struct fuse_list *from;
    struct fuse_list *to;
    double scale[2]; /* of all amplitudes, put off */
    uint32_t wire;   /* any of the group */
};

static double cost(const struct merge *merge, const struct fuse_op *op) {
    return costs_of(merge->fuse->costs, op);
}

static void multiply(double *a, double re, double im) {
    double x = a[0] * re - a[1] * im;
    a[1] = a[0] * im + a[1] * re;
    a[0] = x;
}

static bool is_simple(const struct fuse_op *op) {
    return op->kind == FUSE_MIX && op->n_controls == 0;
}

/* ---- one wire ---- */

static enum status push_marked(struct merge *merge, const struct fuse_op *op) {
    TRY(fuse_push(merge->to, op));
    for (unsigned i = 0; i < fuse_n_wires(op); i++) {
        struct fuse_mark *mark = fuse_mark_of(merge->fuse, op->wires[i]);
        mark->last = merge->to->n;
        if (i < op->n_targets) {
            mark->last_mix = merge->to->n;
            mark->phase = 0;
        }
    }
    return STATUS_OK;
}

/* Damping and projectors are not. */
static bool is_unit(const double *factor) {
    return fabs(factor[0] * factor[0] + factor[1] * factor[1] - 1) < 1e-12;
}

static enum status add_phase(struct merge *merge, struct fuse_op op) {
    if (fabs(op.m[0] - 1) + fabs(op.m[1]) < 1e-15) {
        return STATUS_OK;
    }
    if (op.n_controls == 0) {
        multiply(merge->scale, op.m[0], op.m[1]);
        return STATUS_OK;
    }
    if (op.n_controls > 1 || (op.values == 0 && !is_unit(op.m))) {
        return push_marked(merge, &op);
    }
    if (op.values == 0) { /* f where the bit is 0 = f everywhere, 1 / f where it is 1 */
        multiply(merge->scale, op.m[0], op.m[1]);
        op.m[1] = -op.m[1];
        op.values = 1;
    }
    struct fuse_mark *mark = fuse_mark_of(merge->fuse, op.wires[0]);
    if (mark->phase > 0) {
        multiply(merge->to->ops[mark->phase - 1].m, op.m[0], op.m[1]);
        return STATUS_OK;
    }
    TRY(push_marked(merge, &op));
    mark->phase = merge->to->n;
    return STATUS_OK;
}

static void multiply_2x2(double *out, const double *a, const double *b) {
    for (unsigned row = 0; row < 2; row++) {
        for (unsigned column = 0; column < 2; column++) {
            double sum[2] = {0};
            for (unsigned k = 0; k < 2; k++) {
                double x[2] = {a[4 * row + 2 * k], a[4 * row + 2 * k + 1]};
                multiply(x, b[4 * k + 2 * column], b[4 * k + 2 * column + 1]);
                sum[0] += x[0];
                sum[1] += x[1];
            }
            memcpy(out + 4 * row + 2 * column, sum, sizeof sum);
        }
    }
}

static void make_identity(struct fuse_op *op) {
    static const double identity[8] = {1, 0, 0, 0, 0, 0, 1, 0};
    op->kind = FUSE_MIX;
    op->n_targets = 1;
    op->n_controls = 0;
    memcpy(op->m, identity, sizeof identity);
}

static enum status add_diagonal(struct merge *merge, const struct fuse_op *op) {
    struct fuse_op phase = *op;
    phase.kind = FUSE_PHASE;
    phase.n_targets = 0;
    phase.n_controls = 1;
    phase.values = 1;
    memcpy(phase.m, op->m + 6, 2 * sizeof *op->m);
    multiply(phase.m, op->m[0], -op->m[1]);
    multiply(merge->scale, op->m[0], op->m[1]);
    return add_phase(merge, phase);
}

static enum status add_simple(struct merge *merge, const struct fuse_op *op) {
    if (fuse_form_of(op->m) == FUSE_IDENTITY) {
        return STATUS_OK;
    }
    if (fuse_form_of(op->m) == FUSE_DIAGONAL) {
        return add_diagonal(merge, op);
    }
    struct fuse_mark *mark = fuse_mark_of(merge->fuse, op->wires[0]);
    struct fuse_op *last = mark->last > 0 ? &merge->to->ops[mark->last - 1] : NULL;
    if (last != NULL && is_simple(last)) {
        struct fuse_op product = *last;
        multiply_2x2(product.m, op->m, last->m);
        if (fuse_form_of(product.m) == FUSE_DIAGONAL) {
            make_identity(last);
            return add_diagonal(merge, &product);
        }
        if (cost(merge, &product) <= cost(merge, last) + cost(merge, op)) {
            *last = product;
            return STATUS_OK;
        }
    }
    return push_marked(merge, op);
}

static enum status merge_wires(struct merge *merge) {
    merge->fuse->epoch++;
    for (size_t i = 0; i < merge->from->n; i++) {
        const struct fuse_op *op = &merge->from->ops[i];
        if (is_simple(op)) {
            TRY(add_simple(merge, op));
        } else if (op->kind == FUSE_PHASE) {
            TRY(add_phase(merge, *op));
        } else {
            TRY(push_marked(merge, op));
        }
    }
    return STATUS_OK;
}

/* ---- runs of phases ---- */

/* Phases on one or two wires that commute with all that stands between them and `first`. */
struct bag {
    size_t first; /* 1 + index of the first; 0: no bag */
    double cost;
};

/* det_sincos gives the rest of a rough angle, twice. */
static uint64_t find_turns(double re, double im) {
    double x = fabs(re), y = fabs(im);
    double t = x > y ? y / x : x / y;
    double angle = t * (0.78539816339744831 + 0.273 * (1 - t));
    angle = x > y ? angle : 1.5707963267948966 - angle;
    angle = re < 0 ? 3.1415926535897931 - angle : angle;
    angle = im < 0 ? -angle : angle;
    for (int i = 0; i < 2; i++) {
        double s = 0, c = 0;
        det_sincos(&s, &c, angle);
        angle += im * c - re * s;
    }
    return (uint64_t)(int64_t)(angle * (0.15915494309189535 * 0x1p63)) * 2;
}

static enum status add_term(struct fuse *fuse, uint32_t n, uint32_t a, uint32_t b, uint64_t turns) {
    TRY(vec_reserve(&fuse->terms, fuse->n_terms, &fuse->cap_terms, 1, sizeof *fuse->terms));
    fuse->terms[fuse->n_terms++] = (struct fuse_term){n, {a, b}, turns};
    return STATUS_OK;
}

/* turns * (bit or 1 - bit of a) * (bit or 1 - bit of b). */
static enum status add_pair(struct fuse *fuse, const struct fuse_op *op, uint64_t turns) {
    uint32_t a = op->wires[0], b = op->wires[1];
    bool is_a = op->values & 1, is_b = op->values >> 1 & 1;
    uint64_t sign = is_a == is_b ? turns : -turns;
    TRY(add_term(fuse, 2, a, b, sign));
    if (!is_b) {
        TRY(add_term(fuse, 1, a, 0, -sign));
    }
    if (!is_a) {
        TRY(add_term(fuse, 1, b, 0, -sign));
    }
    return is_a || is_b ? STATUS_OK : add_term(fuse, 0, 0, 0, turns);
}

static enum status add_phase_terms(struct fuse *fuse, const struct fuse_op *op) {
    uint64_t turns = find_turns(op->m[0], op->m[1]);
    return op->n_controls == 1 ? add_term(fuse, 1, op->wires[0], 0, turns)
                               : add_pair(fuse, op, turns);
}

/* Done with the bag, whose members bear its number in `next`: together if that is cheaper. */
static enum status close_bag(struct merge *merge, struct bag *bag) {
    struct fuse *fuse = merge->fuse;
    struct bag old = *bag;
    *bag = (struct bag){0};
    if (old.first == 0 || old.cost <= fuse->costs->polynomial) {
        return STATUS_OK;
    }
    struct fuse_op all = {.kind = FUSE_ANGLES, .wires = {merge->wire}, .first = fuse->n_terms};
    for (size_t i = old.first - 1; i < merge->to->n; i++) {
        struct fuse_op *op = &merge->to->ops[i];
        if (fuse->next[i] == old.first) {
            TRY(add_phase_terms(fuse, op));
            make_identity(op);
        }
    }
    all.n = fuse->n_terms - all.first;
    merge->to->ops[old.first - 1] = all;
    return STATUS_OK;
}

static bool may_join(struct merge *merge, const struct bag *bag, const struct fuse_op *op) {
    bool may = bag->first > 0;
    for (unsigned i = 0; may && i < op->n_controls; i++) {
        may = fuse_mark_of(merge->fuse, op->wires[i])->last_mix < bag->first;
    }
    return may;
}

static enum status merge_phases(struct merge *merge) {
    struct fuse *fuse = merge->fuse;
    struct bag bag = {0};
    fuse->epoch++;
    TRY(vec_reserve(&fuse->next, 0, &fuse->cap_next, merge->from->n, sizeof *fuse->next));
    for (size_t i = 0; i < merge->from->n; i++) {
        const struct fuse_op *op = &merge->from->ops[i];
        bool is_pair = op->kind == FUSE_PHASE && op->n_controls == 2;
        bool is_one = op->kind == FUSE_PHASE && op->n_controls == 1 && is_unit(op->m);
        bool joins = (is_pair || is_one) && may_join(merge, &bag, op);
        if (is_pair && !joins) {
            TRY(close_bag(merge, &bag));
            bag.first = merge->to->n + 1;
            joins = true;
        }
        TRY(push_marked(merge, op));
        fuse->next[merge->to->n - 1] = joins ? (uint32_t)bag.first : 0;
        if (joins) {
            bag.cost += cost(merge, op) + fuse->costs->visit;
        }
    }
    return close_bag(merge, &bag);
}

/* ---- pairs of wires ---- */

/* Element of an operator on wires a (low bit) and b. */
static void get_element(double *out, const struct fuse *fuse, const struct fuse_op *op,
                        const uint32_t *wires, unsigned row, unsigned column) {
    unsigned r = 0, c = 0, rest = row ^ column;
    bool is_on = true;
    for (unsigned i = 0; i < fuse_n_wires(op); i++) {
        unsigned bit = op->wires[i] == wires[1];
        if (i < op->n_targets) {
            r |= (row >> bit & 1) << i;
            c |= (column >> bit & 1) << i;
            rest &= ~(1u << bit);
        } else {
            is_on = is_on && (row >> bit & 1) == (unsigned)(op->values >> (i - op->n_targets) & 1);
        }
    }
    out[0] = row == column;
    out[1] = 0;
    if (is_on || rest != 0) {
        const double *m = op->kind == FUSE_DENSE ? fuse->data + op->first : op->m;
        unsigned dim = 1u << op->n_targets;
        const double *from = m + 2 * (r * dim + c);
        out[0] = rest == 0 ? from[0] : 0;
        out[1] = rest == 0 ? from[1] : 0;
    }
}

static void apply_to_pair(double *m, const struct fuse *fuse, const struct fuse_op *op,
                          const uint32_t *wires) {
    double old[32];
    memcpy(old, m, sizeof old);
    for (unsigned row = 0; row < 4; row++) {
        for (unsigned column = 0; column < 4; column++) {
            double sum[2] = {0};
            for (unsigned k = 0; k < 4; k++) {
                double x[2];
                get_element(x, fuse, op, wires, row, k);
                multiply(x, old[8 * k + 2 * column], old[8 * k + 2 * column + 1]);
                sum[0] += x[0];
                sum[1] += x[1];
            }
            memcpy(m + 8 * row + 2 * column, sum, sizeof sum);
        }
    }
}

static enum status close_cluster(struct merge *merge, struct fuse_cluster *cluster) {
    struct fuse *fuse = merge->fuse;
    const struct fuse_op *ops = merge->from->ops;
    struct fuse_op dense = {.kind = FUSE_DENSE, .n_targets = 2};
    memcpy(dense.wires, cluster->wires, sizeof cluster->wires);
    cluster->is_open = false;
    bool is_dense = cluster->n_wires == 2 && cluster->cost > cost(merge, &dense);
    double m[32] = {0};
    m[0] = m[10] = m[20] = m[30] = 1;
    for (uint32_t i = cluster->head; i != UINT32_MAX; i = fuse->next[i]) {
        if (is_dense) {
            apply_to_pair(m, fuse, &ops[i], cluster->wires);
        } else {
            TRY(fuse_push(merge->to, &ops[i]));
        }
    }
    if (!is_dense) {
        return STATUS_OK;
    }
    TRY(fuse_new_data(fuse, &dense.first, 4));
    memcpy(fuse->data + dense.first, m, sizeof m);
    return fuse_push(merge->to, &dense);
}

static struct fuse_cluster *cluster_of(struct fuse *fuse, uint32_t wire) {
    uint32_t state = fuse_mark_of(fuse, wire)->state;
    return state > 0 && fuse->clusters[state - 1].is_open ? &fuse->clusters[state - 1] : NULL;
}

static enum status close_wire(struct merge *merge, uint32_t wire) {
    struct fuse_cluster *cluster = cluster_of(merge->fuse, wire);
    return cluster == NULL ? STATUS_OK : close_cluster(merge, cluster);
}

static void append(struct merge *merge, struct fuse_cluster *cluster, uint32_t i) {
    uint32_t *next = merge->fuse->next;
    next[i] = UINT32_MAX;
    if (cluster->head == UINT32_MAX) {
        cluster->head = i;
    } else {
        next[cluster->tail] = i;
    }
    cluster->tail = i;
    cluster->cost += cost(merge, &merge->from->ops[i]);
}

/* What waits on one wire alone goes into the pair. */
static enum status absorb(struct merge *merge, struct fuse_cluster *pair, uint32_t wire) {
    struct fuse_cluster *old = cluster_of(merge->fuse, wire);
    if (old == NULL) {
        return STATUS_OK;
    }
    if (old->n_wires == 2) {
        return close_cluster(merge, old);
    }
    old->is_open = false;
    for (uint32_t i = old->head, next; i != UINT32_MAX; i = next) {
        next = merge->fuse->next[i];
        append(merge, pair, i);
    }
    return STATUS_OK;
}

static enum status add_to_cluster(struct merge *merge, uint32_t i) {
    struct fuse *fuse = merge->fuse;
    const struct fuse_op *op = &merge->from->ops[i];
    unsigned n = fuse_n_wires(op);
    struct fuse_cluster *same = cluster_of(fuse, op->wires[0]);
    if (same != NULL && n == 2 && cluster_of(fuse, op->wires[1]) != same) {
        same = NULL;
    }
    if (same == NULL) {
        TRY(vec_reserve(&fuse->clusters, fuse->n_clusters, &fuse->cap_clusters, 1,
                        sizeof *fuse->clusters));
        same = &fuse->clusters[fuse->n_clusters++];
        *same = (struct fuse_cluster){.n_wires = n, .head = UINT32_MAX};
        for (unsigned j = 0; j < n; j++) {
            TRY(absorb(merge, same, op->wires[j]));
            same->wires[j] = op->wires[j];
            fuse_mark_of(fuse, op->wires[j])->state = (uint32_t)fuse->n_clusters;
        }
        same->is_open = true;
    }
    append(merge, same, i);
    return STATUS_OK;
}

static enum status close_wires_of(struct merge *merge, const struct fuse_op *op) {
    for (unsigned i = 0; i < fuse_n_wires(op); i++) {
        TRY(close_wire(merge, op->wires[i]));
    }
    for (size_t i = 0; i < op->n && op->kind == FUSE_ANGLES; i++) {
        const struct fuse_term *term = &merge->fuse->terms[op->first + i];
        for (unsigned j = 0; j < term->n; j++) {
            TRY(close_wire(merge, term->wires[j]));
        }
    }
    return STATUS_OK;
}

static enum status merge_pairs(struct merge *merge) {
    struct fuse *fuse = merge->fuse;
    fuse->epoch++;
    fuse->n_clusters = 0;
    TRY(vec_reserve(&fuse->next, 0, &fuse->cap_next, merge->from->n, sizeof *fuse->next));
    for (size_t i = 0; i < merge->from->n; i++) {
        const struct fuse_op *op = &merge->from->ops[i];
        if (is_simple(op) && fuse_form_of(op->m) == FUSE_IDENTITY) {
            continue;
        }
        if (op->kind == FUSE_ANGLES || fuse_n_wires(op) > 2) {
            TRY(close_wires_of(merge, op));
            TRY(fuse_push(merge->to, op));
        } else {
            TRY(add_to_cluster(merge, (uint32_t)i));
        }
    }
    for (size_t i = 0; i < fuse->n_clusters; i++) {
        if (fuse->clusters[i].is_open) {
            TRY(close_cluster(merge, &fuse->clusters[i]));
        }
    }
    return STATUS_OK;
}

static void turn_over(struct merge *merge) {
    struct fuse_list old = merge->fuse->work[0];
    merge->fuse->work[0] = merge->fuse->work[1];
    merge->fuse->work[1] = old;
    merge->fuse->work[1].n = 0;
}

enum status fuse_merge(struct fuse *fuse, uint32_t n_wires) {
    struct merge merge = {.fuse = fuse,
                          .from = &fuse->work[0],
                          .to = &fuse->work[1],
                          .scale = {1, 0},
                          .wire = fuse->work[0].ops[0].wires[0]};
    fuse->work[1].n = 0;
    TRY(merge_wires(&merge));
    turn_over(&merge);
    TRY(merge_phases(&merge));
    turn_over(&merge);
    TRY(merge_pairs(&merge));
    turn_over(&merge);
    TRY(fuse_choose_shapes(fuse, n_wires, merge.scale, merge.wire));
    turn_over(&merge);
    return STATUS_OK;
}
