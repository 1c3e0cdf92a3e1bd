/* Conditions of gates as sums of products of bits, for uncompute.c. */
#ifndef QSPAN_ENGINE_STATEVECTOR_UNCOMPUTE_TERMS_H
#define QSPAN_ENGINE_STATEVECTOR_UNCOMPUTE_TERMS_H

#include <stdbool.h>
#include <stdint.h>

enum {
    UNCOMPUTE_MAX_TERMS = 16,
    UNCOMPUTE_MAX_FACTORS = 23, /* bits of a product: FUSE_MAX_WIRES less a target */
};

/* The product of the bits in mask, each as it is where value has a 1, else its opposite. */
struct uncompute_product {
    uint64_t mask, value;
};
/* Flips: the function is the exclusive or of all products. Phases: amplitudes are multiplied by
 * re + i im, of modulus 1, where the product is 1. */
struct uncompute_term {
    struct uncompute_product where;
    double re, im;
};
struct uncompute_terms {
    bool is_phase;
    unsigned n;
    struct uncompute_term terms[UNCOMPUTE_MAX_TERMS];
};

/* A factor that is a power of i but for the rounding of a few products becomes that. */
void uncompute_snap(struct uncompute_term *term);
/* Adds a term, or takes away what it cancels. false: there is no room. */
bool uncompute_add(struct uncompute_terms *terms, const struct uncompute_term *term);
/* *out: terms with (t xor c) in the place of bit t (a mask), or with c where t is known to be 0. c
 * does not hold t. false: more than UNCOMPUTE_MAX_TERMS or _FACTORS are needed. */
bool uncompute_substitute(struct uncompute_terms *out, const struct uncompute_terms *terms,
                          uint64_t t, const struct uncompute_product *c, bool is_zero);
/* Bits that the terms depend on. */
uint64_t uncompute_support(const struct uncompute_terms *terms);

#endif
