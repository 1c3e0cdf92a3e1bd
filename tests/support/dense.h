/* Naive dense matrices on up to 5 qubits: the reference for everything that knows gates. Row major,
 * qubit 0 = least significant bit of the index; no clever code on purpose. */
#ifndef SUPPORT_DENSE_H
#define SUPPORT_DENSE_H

#include <stdbool.h>
#include <stdint.h>

struct cplx {
    double re, im;
};
static inline struct cplx cplx_mul(struct cplx a, struct cplx b) {
    return (struct cplx){a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}
static inline struct cplx cplx_add(struct cplx a, struct cplx b) {
    return (struct cplx){a.re + b.re, a.im + b.im};
}

enum { DENSE_MAX_QUBITS = 5, DENSE_MAX_DIM = 1 << DENSE_MAX_QUBITS };

struct dense {
    unsigned n_qubits;
    struct cplx at[DENSE_MAX_DIM][DENSE_MAX_DIM];
};

void dense_identity(struct dense *out, unsigned n_qubits);
/* From 2 * 4^n doubles, (re, im) interleaved. */
void dense_from_array(struct dense *out, const double *matrix, unsigned n_qubits);
/* X^x Z^z for v = x | z << n. */
void dense_pauli(struct dense *out, uint32_t v, unsigned n_qubits);
void dense_mul(struct dense *out, const struct dense *a, const struct dense *b);
void dense_dagger(struct dense *out, const struct dense *a);
/* m = G m, G = the gate on those qubits and the identity on the others. */
void dense_apply(struct dense *m, const struct dense *gate, const uint32_t *qubits);
/* Largest |a - b| of an entry; with the phase of b turned so that its largest entry fits a's. */
double dense_distance(const struct dense *a, const struct dense *b);
double dense_distance_up_to_phase(const struct dense *a, const struct dense *b);

#endif
