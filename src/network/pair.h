/* Algebra of Bell-diagonal pairs: swapping, purification, ageing.
 *
 * A pair Phi+ that suffered I, X, Y, Z on one half with weights (pI, pX, pY, pZ) is kept as three
 * correlators,
 *     lx = <XX> = pI+pX-pY-pZ,   ly = -<YY> = pI-pX+pY-pZ,   lz = <ZZ> = pI-pX-pY+pZ,
 * and F = pI = (1+lx+ly+lz)/4. Swapping multiplies correlators, ageing multiplies them by
 * exponentials, a Werner pair has lx = ly = lz = (4F-1)/3. Pure functions; detmath only, so that
 * all ranks agree. */
#ifndef QSPAN_NETWORK_PAIR_H
#define QSPAN_NETWORK_PAIR_H

#include <stdbool.h>
#include <stdint.h>

struct pair {
    double lx, ly, lz;
};

/* Weights are pI, pX, pY, pZ; their sum is 1. */
struct pair pair_from_weights(const double weights[4]);
void pair_to_weights(double out_weights[4], const struct pair *pair);
double pair_fidelity(const struct pair *pair);
struct pair pair_from_fidelity(double fidelity); /* Werner */
/* a with probability share_of_a, else b. */
struct pair pair_mix(const struct pair *a, const struct pair *b, double share_of_a);
/* What local operations do to pairs: a two-qubit gate depolarises with probability 1 - gate, a
 * measured bit is flipped with probability flip. {1, 0} is ideal. */
struct pair_ops {
    double gate, flip;
};
extern const struct pair_ops pair_ideal_ops;

/* Bell measurement on one half of each: correlators multiply; the gate's depolarising multiplies
 * all by `gate`, a flipped bit is an X or a Z on the result. */
struct pair pair_swap(const struct pair *a, const struct pair *b, const struct pair_ops *ops);

enum pair_protocol { PAIR_BBPSSW, PAIR_DEJMPS };

/* One round: bilateral CNOT from `kept` to `spent`, which is measured; equal bits are success.
 * Returns its probability; *out is the pair after success. BBPSSW twirls inputs and output to
 * Werner form, DEJMPS exchanges Y and Z first. Noise: each end's gate depolarises both pairs, each
 * end's bit is flipped.
 * Ref: Bennett et al., PRL 76, 722 (1996); Deutsch et al., PRL 77, 2818 (1996). */
double pair_purify(struct pair *out, const struct pair *kept, const struct pair *spent,
                   enum pair_protocol protocol, const struct pair_ops *ops);

/* A raw pair of single clicks: beside its Bell-diagonal part it remembers how bright its halves
 * are, z[i] = <Z> of half i where the heralded state is Psi (a bright qubit, |1>, has -1): both
 * bright is its main error. */
struct pair_raw {
    struct pair pair;
    double z[2];
};
/* Distillation against extreme photon loss, on two raw pairs that share an unknown phase: bilateral
 * CNOT from `kept` to `spent`, which is measured; both bits 1 is success. What was both bright is
 * found out whatever its share, and the phase cancels. Returns the probability; noise as in
 * pair_purify.
 * Ref: Campbell and Benjamin, PRL 101, 130502 (2008); Nickerson et al., PRX 4, 041041 (2014). */
double pair_purify_epl(struct pair *out, const struct pair_raw *kept, const struct pair_raw *spent,
                       const struct pair_ops *ops);

/* Decay of a memory: 1/T1 and 1/T2 per ps, 0 = never. */
struct pair_decay {
    double rate1, rate2;
};
/* From T1, T2 in ps, 0 = infinite. */
struct pair_decay pair_decay_of(int64_t t1_ps, int64_t t2_ps);
static inline struct pair_decay pair_decay_sum(struct pair_decay a, struct pair_decay b) {
    return (struct pair_decay){a.rate1 + b.rate1, a.rate2 + b.rate2};
}
/* Does waiting do anything? */
static inline bool pair_decays(int64_t t_ps, const struct pair_decay *decay) {
    return t_ps > 0 && (decay->rate1 != 0 || decay->rate2 != 0);
}
/* Twirled storage: lx and ly shrink by exp(-t rate2), lz by exp(-t rate1). For both halves stored
 * together the rates are sums; a half after the other, call twice. */
void pair_age(struct pair *pair, int64_t t_ps, const struct pair_decay *decay);
/* What is left after a time. Zero-initialise, then use. */
struct pair_keep {
    int64_t t_ps; /* 0: not known yet */
    struct pair_decay decay;
    double keep1, keep2;
};
/* As pair_age, for waits that are mostly the same: computed anew only if t or decay differ from the
 * last call's. */
void pair_age_alike(struct pair *pair, struct pair_keep *keep, int64_t t_ps,
                    const struct pair_decay *decay);

#endif
