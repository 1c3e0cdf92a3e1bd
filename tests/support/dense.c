#include "support/dense.h"

#include <math.h>
#include <string.h>

static unsigned dim_of(const struct dense *m) {
    return 1u << m->n_qubits;
}

/* Only what is in use: most matrices here are far smaller than the largest. */
static void clear(struct dense *out, unsigned n_qubits) {
    out->n_qubits = n_qubits;
    for (unsigned i = 0; i < dim_of(out); i++) {
        memset(out->at[i], 0, dim_of(out) * sizeof out->at[i][0]);
    }
}

static void copy(struct dense *out, const struct dense *a) {
    out->n_qubits = a->n_qubits;
    for (unsigned i = 0; i < dim_of(a); i++) {
        memcpy(out->at[i], a->at[i], dim_of(a) * sizeof a->at[i][0]);
    }
}

void dense_identity(struct dense *out, unsigned n_qubits) {
    clear(out, n_qubits);
    for (unsigned i = 0; i < dim_of(out); i++) {
        out->at[i][i].re = 1;
    }
}

void dense_from_array(struct dense *out, const double *matrix, unsigned n_qubits) {
    clear(out, n_qubits);
    unsigned dim = dim_of(out);
    for (unsigned i = 0; i < dim * dim; i++) {
        out->at[i / dim][i % dim] = (struct cplx){matrix[2 * i], matrix[2 * i + 1]};
    }
}

void dense_pauli(struct dense *out, uint32_t v, unsigned n_qubits) {
    static const double pauli[4][8] = {
        {1, 0, 0, 0, 0, 0, 1, 0},  /* I */
        {0, 0, 1, 0, 1, 0, 0, 0},  /* X */
        {1, 0, 0, 0, 0, 0, -1, 0}, /* Z */
        {0, 0, -1, 0, 1, 0, 0, 0}, /* XZ */
    };
    dense_identity(out, n_qubits);
    for (uint32_t q = 0; q < n_qubits; q++) {
        struct dense letter;
        dense_from_array(&letter, pauli[(v >> q & 1) + 2 * (v >> (n_qubits + q) & 1)], 1);
        dense_apply(out, &letter, &q);
    }
}

void dense_mul(struct dense *out, const struct dense *a, const struct dense *b) {
    struct dense product;
    clear(&product, a->n_qubits);
    for (unsigned i = 0; i < dim_of(a); i++) {
        for (unsigned j = 0; j < dim_of(a); j++) {
            for (unsigned k = 0; k < dim_of(a); k++) {
                product.at[i][j] = cplx_add(product.at[i][j], cplx_mul(a->at[i][k], b->at[k][j]));
            }
        }
    }
    copy(out, &product);
}

void dense_dagger(struct dense *out, const struct dense *a) {
    struct dense result;
    clear(&result, a->n_qubits);
    for (unsigned i = 0; i < dim_of(a); i++) {
        for (unsigned j = 0; j < dim_of(a); j++) {
            result.at[i][j] = (struct cplx){a->at[j][i].re, -a->at[j][i].im};
        }
    }
    copy(out, &result);
}

/* Index of the gate's matrix that the index of the whole register holds. */
static unsigned gather(unsigned index, const uint32_t *qubits, unsigned k) {
    unsigned local = 0;
    for (unsigned i = 0; i < k; i++) {
        local |= (index >> qubits[i] & 1) << i;
    }
    return local;
}

void dense_apply(struct dense *m, const struct dense *gate, const uint32_t *qubits) {
    struct dense embedded;
    unsigned touched = 0;
    clear(&embedded, m->n_qubits);
    for (unsigned i = 0; i < gate->n_qubits; i++) {
        touched |= 1u << qubits[i];
    }
    for (unsigned i = 0; i < dim_of(m); i++) {
        for (unsigned j = 0; j < dim_of(m); j++) {
            if ((i & ~touched) == (j & ~touched)) {
                embedded.at[i][j] =
                    gate->at[gather(i, qubits, gate->n_qubits)][gather(j, qubits, gate->n_qubits)];
            }
        }
    }
    dense_mul(m, &embedded, m);
}

double dense_distance(const struct dense *a, const struct dense *b) {
    double worst = a->n_qubits == b->n_qubits ? 0 : INFINITY;
    for (unsigned i = 0; i < dim_of(a); i++) {
        for (unsigned j = 0; j < dim_of(a); j++) {
            double d = hypot(a->at[i][j].re - b->at[i][j].re, a->at[i][j].im - b->at[i][j].im);
            worst = fmax(worst, isnan(d) ? INFINITY : d);
        }
    }
    return worst;
}

double dense_distance_up_to_phase(const struct dense *a, const struct dense *b) {
    unsigned dim = dim_of(a), row = 0, col = 0;
    for (unsigned i = 0; i < dim * dim; i++) {
        struct cplx x = b->at[i / dim][i % dim], best = b->at[row][col];
        if (hypot(x.re, x.im) > hypot(best.re, best.im)) {
            row = i / dim;
            col = i % dim;
        }
    }
    struct cplx x = b->at[row][col];
    struct cplx phase = cplx_mul(a->at[row][col], (struct cplx){x.re, -x.im});
    double size = hypot(phase.re, phase.im);
    struct dense turned;
    copy(&turned, b);
    for (unsigned i = 0; i < dim * dim && size > 0; i++) {
        turned.at[i / dim][i % dim] =
            cplx_mul((struct cplx){phase.re / size, phase.im / size}, b->at[i / dim][i % dim]);
    }
    return dense_distance(a, &turned);
}
