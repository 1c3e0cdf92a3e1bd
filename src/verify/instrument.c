#include "verify/instrument.h"

#include <math.h>
#include <string.h>

#include "base/bits.h"
#include "base/log.h"

void instrument_init(struct instrument *out, uint32_t n_qubits, uint32_t n_output_bits) {
    *out = (struct instrument){.n_qubits = n_qubits, .n_output_bits = n_output_bits};
    out->n_key_words = bits_words(n_output_bits) + (n_output_bits == 0);
}

void instrument_fini(struct instrument *instrument) {
    for (size_t i = 0; i < instrument->n; i++) {
        mem_free(instrument->vectors[i].key);
        mem_free(instrument->vectors[i].amps);
    }
    mem_free(instrument->vectors);
    arena_fini(&instrument->arena);
    *instrument = (struct instrument){0};
}

struct product {
    double re, im;
};

/* <a|b> */
static struct product inner(const double *a, const double *b, uint64_t n_amps) {
    struct product sum = {0, 0};
    for (uint64_t i = 0; i < n_amps; i++) {
        sum.re += a[2 * i] * b[2 * i] + a[2 * i + 1] * b[2 * i + 1];
        sum.im += a[2 * i] * b[2 * i + 1] - a[2 * i + 1] * b[2 * i];
    }
    return sum;
}

/* a -= c b */
static void subtract(double *a, struct product c, const double *b, uint64_t n_amps) {
    for (uint64_t i = 0; i < n_amps; i++) {
        a[2 * i] -= c.re * b[2 * i] - c.im * b[2 * i + 1];
        a[2 * i + 1] -= c.re * b[2 * i + 1] + c.im * b[2 * i];
    }
}

static void scale(double *a, double factor, uint64_t n_amps) {
    for (uint64_t i = 0; i < 2 * n_amps; i++) {
        a[i] *= factor;
    }
}

double instrument_distance(const double *a, const double *b, uint64_t n_amps) {
    const struct product c = inner(b, a, n_amps);
    const double size = hypot(c.re, c.im);
    const struct product turn =
        size > 0 ? (struct product){c.re / size, c.im / size} : (struct product){1, 0};
    double sum = 0;
    for (uint64_t i = 0; i < n_amps; i++) {
        const double re = a[2 * i] - (turn.re * b[2 * i] - turn.im * b[2 * i + 1]);
        const double im = a[2 * i + 1] - (turn.re * b[2 * i + 1] + turn.im * b[2 * i]);
        sum += re * re + im * im;
    }
    return sqrt(sum);
}

static bool has_key(const struct instrument *instrument, size_t i, const uint64_t *key) {
    return memcmp(instrument->vectors[i].key, key, instrument->n_key_words * sizeof *key) == 0;
}

enum status instrument_add(struct instrument *instrument, const uint64_t *key, double *amps,
                           double p, const struct instrument_outcome *last) {
    const uint64_t n_amps = BIT64(instrument->n_qubits);
    const size_t key_size = instrument->n_key_words * sizeof *key;
    for (size_t i = 0; i < instrument->n; i++) {
        struct instrument_vector *vector = &instrument->vectors[i];
        if (!has_key(instrument, i, key)) {
            continue;
        }
        const double old = sqrt(vector->p);
        scale(amps, old, n_amps);
        const bool is_same =
            instrument_distance(vector->amps, amps, n_amps) < INSTRUMENT_TOLERANCE * old;
        scale(amps, 1 / old, n_amps);
        if (is_same) {
            scale(vector->amps, sqrt((vector->p + p) / vector->p), n_amps);
            vector->p += p;
            if ((last ? last->ones : 0) < (vector->last ? vector->last->ones : 0)) {
                vector->last = last;
            }
            mem_free(amps);
            return STATUS_OK;
        }
    }
    struct instrument_vector vector = {.amps = amps, .p = p, .last = last};
    vector.key = mem_alloc(1, key_size);
    enum status status = vector.key ? vec_reserve(&instrument->vectors, instrument->n,
                                                  &instrument->cap, 1, sizeof vector)
                                    : STATUS_NOFIT;
    if (status != STATUS_OK) {
        mem_free(vector.key);
        mem_free(amps);
        return status;
    }
    memcpy(vector.key, key, key_size);
    scale(amps, sqrt(p), n_amps);
    instrument->vectors[instrument->n++] = vector;
    return STATUS_OK;
}

/* ---- the span of some vectors ---- */

struct span {
    uint64_t n_amps;
    double **basis; /* orthonormal */
    size_t n, cap;
    double *work; /* a vector */
};

static void span_fini(struct span *span) {
    for (size_t i = 0; i < span->n; i++) {
        mem_free(span->basis[i]);
    }
    mem_free(span->basis);
    mem_free(span->work);
}

/* work = v less its part in the span; coefficients of that part, if asked for. Twice, for what
 * rounding left. */
static double reduce(struct span *span, double *out_coefficients, const double *v) {
    memcpy(span->work, v, 2 * span->n_amps * sizeof *v);
    for (unsigned pass = 0; pass < 2; pass++) {
        for (size_t j = 0; j < span->n; j++) {
            const struct product c = inner(span->basis[j], span->work, span->n_amps);
            subtract(span->work, c, span->basis[j], span->n_amps);
            if (out_coefficients) {
                out_coefficients[2 * j] += c.re;
                out_coefficients[2 * j + 1] += c.im;
            }
        }
    }
    return sqrt(inner(span->work, span->work, span->n_amps).re);
}

static enum status span_add(struct span *span, const double *v) {
    const double rest = reduce(span, NULL, v);
    if (rest < INSTRUMENT_TOLERANCE) {
        return STATUS_OK;
    }
    double *added = mem_alloc(2 * (size_t)span->n_amps, sizeof *added);
    if (!added) {
        return STATUS_NOFIT;
    }
    scale(span->work, 1 / rest, span->n_amps);
    memcpy(added, span->work, 2 * (size_t)span->n_amps * sizeof *added);
    enum status status = vec_reserve(&span->basis, span->n, &span->cap, 1, sizeof *span->basis);
    if (status != STATUS_OK) {
        mem_free(added);
        return status;
    }
    span->basis[span->n++] = added;
    return STATUS_OK;
}

/* ---- comparing ---- */

struct comparison {
    const struct instrument *own, *target;
    struct span span;
    double *sums; /* own less target, in the span's basis */
    double *row;
    bool is_equal;
    size_t worst;
};

static uint32_t ones_of(const struct instrument_vector *vector) {
    return vector->last ? vector->last->ones : 0;
}

static void note_worst(struct comparison *comparison, size_t i) {
    const struct instrument *own = comparison->own;
    comparison->is_equal = false;
    if (comparison->worst == own->n ||
        ones_of(&own->vectors[i]) < ones_of(&own->vectors[comparison->worst])) {
        comparison->worst = i;
    }
}

/* Adds sign |c><c| of a vector within the span. */
static double add_projector(struct comparison *comparison, const double *v, double sign) {
    const size_t n = comparison->span.n;
    double *c = comparison->row;
    memset(c, 0, 2 * n * sizeof *c);
    const double rest = reduce(&comparison->span, c, v);
    for (size_t j = 0; j < n; j++) {
        for (size_t k = 0; k < n; k++) {
            double *sum = comparison->sums + 2 * (j * n + k);
            sum[0] += sign * (c[2 * j] * c[2 * k] + c[2 * j + 1] * c[2 * k + 1]);
            sum[1] += sign * (c[2 * j + 1] * c[2 * k] - c[2 * j] * c[2 * k + 1]);
        }
    }
    return rest;
}

static enum status compare_key(struct comparison *comparison, const uint64_t *key) {
    const struct instrument *own = comparison->own, *target = comparison->target;
    struct span *span = &comparison->span;
    enum status status = STATUS_OK;
    *span = (struct span){.n_amps = BIT64(own->n_qubits)};
    comparison->sums = comparison->row = NULL;
    span->work = mem_alloc(2 * (size_t)span->n_amps, sizeof *span->work);
    TRY_GOTO(span->work ? STATUS_OK : STATUS_NOFIT, cleanup);
    for (size_t i = 0; i < target->n; i++) {
        if (has_key(target, i, key)) {
            TRY_GOTO(span_add(span, target->vectors[i].amps), cleanup);
        }
    }
    comparison->sums = mem_alloc(2 * span->n * span->n, sizeof *comparison->sums);
    comparison->row = mem_alloc(2 * span->n, sizeof *comparison->row);
    TRY_GOTO(comparison->sums && comparison->row ? STATUS_OK : STATUS_NOFIT, cleanup);
    for (size_t i = 0; i < target->n; i++) {
        if (has_key(target, i, key)) {
            add_projector(comparison, target->vectors[i].amps, -1);
        }
    }
    for (size_t i = 0; i < own->n; i++) {
        if (has_key(own, i, key) &&
            add_projector(comparison, own->vectors[i].amps, 1) > INSTRUMENT_TOLERANCE) {
            note_worst(comparison, i);
        }
    }
    for (size_t i = 0; i < 2 * span->n * span->n; i++) {
        comparison->is_equal &= fabs(comparison->sums[i]) < INSTRUMENT_TOLERANCE;
    }
cleanup:
    mem_free(comparison->sums);
    mem_free(comparison->row);
    span_fini(span);
    return status;
}

/* The first vector of its key. */
static bool is_first(const struct instrument *instrument, size_t i) {
    for (size_t j = 0; j < i; j++) {
        if (has_key(instrument, j, instrument->vectors[i].key)) {
            return false;
        }
    }
    return true;
}

enum status instrument_compare(bool *out_is_equal, size_t *out_worst, const struct instrument *own,
                               const struct instrument *target) {
    CHECK(own->n_qubits == target->n_qubits && own->n_output_bits == target->n_output_bits);
    struct comparison comparison = {
        .own = own, .target = target, .is_equal = true, .worst = own->n};
    for (size_t i = 0; i < own->n; i++) {
        if (is_first(own, i)) {
            TRY(compare_key(&comparison, own->vectors[i].key));
        }
    }
    for (size_t i = 0; i < target->n; i++) {
        size_t j = 0;
        while (j < own->n && !has_key(own, j, target->vectors[i].key)) {
            j++;
        }
        comparison.is_equal &= j < own->n;
    }
    *out_is_equal = comparison.is_equal;
    *out_worst = comparison.worst;
    return STATUS_OK;
}

const struct instrument_vector *instrument_find(const struct instrument *instrument,
                                                const uint64_t *key) {
    const struct instrument_vector *found = NULL;
    for (size_t i = 0; i < instrument->n; i++) {
        if (has_key(instrument, i, key)) {
            if (found) {
                return NULL;
            }
            found = &instrument->vectors[i];
        }
    }
    return found;
}

double instrument_fidelity(bool *out_is_pure, const struct instrument *own,
                           const struct instrument *target) {
    double sum = 0;
    *out_is_pure = true;
    for (size_t i = 0; i < target->n; i++) {
        *out_is_pure &= is_first(target, i);
    }
    for (size_t i = 0; i < own->n; i++) {
        const struct instrument_vector *aim = instrument_find(target, own->vectors[i].key);
        if (aim) {
            const struct product c = inner(aim->amps, own->vectors[i].amps, BIT64(own->n_qubits));
            sum += (c.re * c.re + c.im * c.im) / aim->p;
        }
    }
    return sum;
}
