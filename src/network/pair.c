#include "network/pair.h"

#include <stdbool.h>

#include "base/detmath.h"

const struct pair_ops pair_ideal_ops = {1, 0};

struct pair pair_from_weights(const double weights[4]) {
    const double *w = weights;
    return (struct pair){w[0] + w[1] - w[2] - w[3], w[0] - w[1] + w[2] - w[3],
                         w[0] - w[1] - w[2] + w[3]};
}

static double clip(double p) {
    return p < 0 ? 0 : p > 1 ? 1 : p;
}

void pair_to_weights(double out_weights[4], const struct pair *pair) {
    const double lx = pair->lx, ly = pair->ly, lz = pair->lz;
    out_weights[0] = clip((1 + lx + ly + lz) / 4);
    out_weights[1] = clip((1 + lx - ly - lz) / 4);
    out_weights[2] = clip((1 - lx + ly - lz) / 4);
    out_weights[3] = clip((1 - lx - ly + lz) / 4);
}

double pair_fidelity(const struct pair *pair) {
    return (1 + pair->lx + pair->ly + pair->lz) / 4;
}

struct pair pair_from_fidelity(double fidelity) {
    const double l = (4 * fidelity - 1) / 3;
    return (struct pair){l, l, l};
}

struct pair pair_mix(const struct pair *a, const struct pair *b, double share_of_a) {
    const double s = share_of_a, r = 1 - share_of_a;
    return (struct pair){s * a->lx + r * b->lx, s * a->ly + r * b->ly, s * a->lz + r * b->lz};
}

static struct pair scale(const struct pair *pair, double factor) {
    return (struct pair){pair->lx * factor, pair->ly * factor, pair->lz * factor};
}

struct pair pair_swap(const struct pair *a, const struct pair *b, const struct pair_ops *ops) {
    const double g = ops->gate, keep = 1 - 2 * ops->flip;
    return (struct pair){g * keep * a->lx * b->lx, g * keep * keep * a->ly * b->ly,
                         g * keep * a->lz * b->lz};
}

/* Order I, X, Y, Z. Both outcomes of the parity: even (equal bits) and odd. */
struct branches {
    double even[4], odd[4];
};

static void run_bilateral_cnot(struct branches *out, const double a[4], const double b[4]) {
    enum { I, X, Y, Z };
    *out = (struct branches){
        .even = {a[I] * b[I] + a[Z] * b[Z], a[X] * b[X] + a[Y] * b[Y], a[X] * b[Y] + a[Y] * b[X],
                 a[I] * b[Z] + a[Z] * b[I]},
        .odd = {a[I] * b[X] + a[Z] * b[Y], a[X] * b[I] + a[Y] * b[Z], a[X] * b[Z] + a[Y] * b[I],
                a[I] * b[Y] + a[Z] * b[X]},
    };
}

static void prepare(double out_weights[4], const struct pair *pair, enum pair_protocol protocol,
                    double gate) {
    struct pair noisy = scale(pair, gate * gate); /* one gate at each end */
    if (protocol == PAIR_BBPSSW) {
        noisy = pair_from_fidelity(pair_fidelity(&noisy));
    }
    pair_to_weights(out_weights, &noisy);
    if (protocol == PAIR_DEJMPS) {
        const double y = out_weights[2];
        out_weights[2] = out_weights[3];
        out_weights[3] = y;
    }
}

double pair_purify(struct pair *out, const struct pair *kept, const struct pair *spent,
                   enum pair_protocol protocol, const struct pair_ops *ops) {
    double a[4], b[4], sum[4], p = 0;
    struct branches branches;
    const double wrong = 2 * ops->flip * (1 - ops->flip);
    prepare(a, kept, protocol, ops->gate);
    prepare(b, spent, protocol, ops->gate);
    run_bilateral_cnot(&branches, a, b);
    for (int i = 0; i < 4; i++) {
        sum[i] = (1 - wrong) * branches.even[i] + wrong * branches.odd[i];
        p += sum[i];
    }
    for (int i = 0; i < 4; i++) {
        sum[i] = p > 0 ? sum[i] / p : 0.25;
    }
    *out = pair_from_weights(sum);
    if (protocol == PAIR_BBPSSW) {
        *out = pair_from_fidelity(pair_fidelity(out));
    }
    return clip(p);
}

/* In the basis where the heralded state is Psi: populations of 00, 01, 10, 11 and the two
 * coherences, between 01 and 10 and between 00 and 11. */
struct raw_state {
    double p[4], odd, even;
};

static struct raw_state raw_state_of(const struct pair_raw *raw, double gate) {
    const struct pair noisy = scale(&raw->pair, gate * gate);
    const double a = gate * raw->z[0], b = gate * raw->z[1], zz = -noisy.lz;
    return (struct raw_state){
        {(1 + a + b + zz) / 4, (1 + a - b - zz) / 4, (1 - a + b - zz) / 4, (1 - a - b + zz) / 4},
        (noisy.lx + noisy.ly) / 4,
        (noisy.lx - noisy.ly) / 4};
}

double pair_purify_epl(struct pair *out, const struct pair_raw *kept, const struct pair_raw *spent,
                       const struct pair_ops *ops) {
    const struct raw_state a = raw_state_of(kept, ops->gate), b = raw_state_of(spent, ops->gate);
    struct raw_state sum = {{0}, 0, 0};
    double p = 0;
    for (unsigned bits = 0; bits < 4; bits++) { /* of the spent pair; 11 is read with this share */
        const double share = ((bits & 2) != 0 ? 1 - ops->flip : ops->flip) *
                             ((bits & 1) != 0 ? 1 - ops->flip : ops->flip);
        const bool is_even = bits == 0 || bits == 3;
        for (unsigned k = 0; k < 4; k++) {
            sum.p[k] += share * a.p[k] * b.p[k ^ bits];
            p += share * a.p[k] * b.p[k ^ bits];
        }
        sum.odd += share * a.odd * (is_even ? b.odd : b.even);
        sum.even += share * a.even * (is_even ? b.even : b.odd);
    }
    const double n = p > 0 ? 1 / p : 0;
    const double weight_odd = n * (sum.p[1] + sum.p[2]);
    *out = (struct pair){2 * n * (sum.odd + sum.even), 2 * n * (sum.odd - sum.even),
                         2 * weight_odd - 1};
    return clip(p);
}

struct pair_decay pair_decay_of(int64_t t1_ps, int64_t t2_ps) {
    return (struct pair_decay){t1_ps > 0 ? 1 / (double)t1_ps : 0,
                               t2_ps > 0 ? 1 / (double)t2_ps : 0};
}

void pair_age(struct pair *pair, int64_t t_ps, const struct pair_decay *decay) {
    struct pair_keep keep = {0};
    pair_age_alike(pair, &keep, t_ps, decay);
}

void pair_age_alike(struct pair *pair, struct pair_keep *keep, int64_t t_ps,
                    const struct pair_decay *decay) {
    if (!pair_decays(t_ps, decay)) {
        return;
    }
    const double rate1 = decay->rate1, rate2 = decay->rate2;
    if (keep->t_ps != t_ps || keep->decay.rate1 != rate1 || keep->decay.rate2 != rate2) {
        const double t = (double)t_ps, keep2 = det_exp(-t * rate2);
        const double keep1 = rate1 == rate2 ? keep2 : det_exp(-t * rate1);
        *keep = (struct pair_keep){t_ps, *decay, keep1, keep2};
    }
    pair->lx *= keep->keep2;
    pair->ly *= keep->keep2;
    pair->lz *= keep->keep1;
}
