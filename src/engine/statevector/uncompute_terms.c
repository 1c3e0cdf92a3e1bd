#include "engine/statevector/uncompute_terms.h"

#include <math.h>

#include "base/bits.h"

#define ROUNDING 1e-14

void uncompute_snap(struct uncompute_term *term) {
    const double re = rint(term->re), im = rint(term->im);
    if (fabs(term->re - re) + fabs(term->im - im) < ROUNDING) {
        term->re = re;
        term->im = im;
    }
}

static bool is_equal(const struct uncompute_product *a, const struct uncompute_product *b) {
    return a->mask == b->mask && a->value == b->value;
}

static void remove_term(struct uncompute_terms *terms, unsigned i) {
    terms->terms[i] = terms->terms[--terms->n];
}

/* Multiplies one onto the other; gone if that is 1. */
static void combine(struct uncompute_terms *terms, unsigned i, const struct uncompute_term *term) {
    struct uncompute_term *to = &terms->terms[i];
    const double re = to->re * term->re - to->im * term->im;
    to->im = to->re * term->im + to->im * term->re;
    to->re = re;
    uncompute_snap(to);
    if (!terms->is_phase || (to->re == 1 && to->im == 0)) {
        remove_term(terms, i);
    }
}

/* The same product but for one bit: the sum does not depend on it. */
static bool differ_in_one(const struct uncompute_terms *terms, const struct uncompute_term *a,
                          const struct uncompute_term *b) {
    return a->where.mask == b->where.mask && is_power_of_two(a->where.value ^ b->where.value) &&
           (!terms->is_phase || (a->re == b->re && a->im == b->im));
}

bool uncompute_add(struct uncompute_terms *terms, const struct uncompute_term *term) {
    struct uncompute_term sum = *term;
    for (unsigned i = 0; i < terms->n; i++) {
        if (is_equal(&terms->terms[i].where, &sum.where)) {
            combine(terms, i, &sum);
            return true;
        }
    }
    for (unsigned i = 0; i < terms->n; i++) {
        if (differ_in_one(terms, &terms->terms[i], &sum)) {
            sum.where.mask &= ~(sum.where.value ^ terms->terms[i].where.value);
            sum.where.value &= sum.where.mask;
            remove_term(terms, i);
            return uncompute_add(terms, &sum);
        }
    }
    if (terms->n == UNCOMPUTE_MAX_TERMS || bits_popcount(sum.where.mask) > UNCOMPUTE_MAX_FACTORS) {
        return false;
    }
    terms->terms[terms->n++] = sum;
    return true;
}

uint64_t uncompute_support(const struct uncompute_terms *terms) {
    uint64_t bits = 0;
    for (unsigned i = 0; i < terms->n; i++) {
        bits |= terms->terms[i].where.mask;
    }
    return bits;
}

/* A term with other bits; backwards: with its inverse factor. */
static bool add(struct uncompute_terms *out, const struct uncompute_term *like, uint64_t mask,
                uint64_t value, bool is_back) {
    const struct uncompute_term term = {{mask, value}, like->re, is_back ? -like->im : like->im};
    return uncompute_add(out, &term);
}

/* term = rest * t, t to be c; or rest * (1 - t). */
static bool put_product(struct uncompute_terms *out, const struct uncompute_term *term, uint64_t t,
                        const struct uncompute_product *c) {
    const uint64_t mask = term->where.mask & ~t, value = term->where.value & ~t;
    if ((term->where.value & t) != 0) {
        return add(out, term, mask | c->mask, value | c->value, false);
    }
    if (is_power_of_two(c->mask)) {
        return add(out, term, mask | c->mask, value | (c->mask & ~c->value), false);
    }
    return add(out, term, mask, value, false) &&
           add(out, term, mask | c->mask, value | c->value, true);
}

/* rest * (t xor c) = rest (1 - c) t + rest c (1 - t). */
static bool put_sum(struct uncompute_terms *out, const struct uncompute_term *term, uint64_t t,
                    const struct uncompute_product *c) {
    const uint64_t mask = term->where.mask, value = term->where.value;
    const bool is_sign = !out->is_phase || (term->re == -1 && term->im == 0);
    if (is_sign) { /* modulo 2: rest t + rest c */
        return add(out, term, mask, value, false) &&
               add(out, term, (mask & ~t) | c->mask, (value & ~t) | c->value, false);
    }
    if (is_power_of_two(c->mask)) {
        return add(out, term, mask | c->mask, value | (c->mask & ~c->value), false) &&
               add(out, term, mask | c->mask, (value ^ t) | c->value, false);
    }
    return add(out, term, mask, value, false) &&
           add(out, term, mask | c->mask, value | c->value, true) &&
           add(out, term, mask | c->mask, (value ^ t) | c->value, false);
}

/* c is constant where rest is 1. */
static bool put_constant(struct uncompute_terms *out, const struct uncompute_term *term, uint64_t t,
                         bool c, bool is_zero) {
    const bool is_plain = (term->where.value & t) != 0;
    if (!is_zero) {
        return add(out, term, term->where.mask, term->where.value ^ (c ? t : 0), false);
    }
    return is_plain != c || add(out, term, term->where.mask & ~t, term->where.value & ~t, false);
}

static bool put_term(struct uncompute_terms *out, const struct uncompute_term *term, uint64_t t,
                     const struct uncompute_product *c, bool is_zero) {
    const struct uncompute_product *where = &term->where;
    if ((where->mask & t) == 0) {
        return uncompute_add(out, term);
    }
    const struct uncompute_product left = {c->mask & ~where->mask, c->value & ~where->mask};
    const bool is_never = (where->mask & c->mask & (where->value ^ c->value)) != 0;
    if (is_never || left.mask == 0) {
        return put_constant(out, term, t, !is_never, is_zero);
    }
    return is_zero ? put_product(out, term, t, &left) : put_sum(out, term, t, &left);
}

bool uncompute_substitute(struct uncompute_terms *out, const struct uncompute_terms *terms,
                          uint64_t t, const struct uncompute_product *c, bool is_zero) {
    bool fits = true;
    out->is_phase = terms->is_phase;
    out->n = 0;
    for (unsigned i = 0; fits && i < terms->n; i++) {
        fits = put_term(out, &terms->terms[i], t, c, is_zero);
    }
    return fits;
}
