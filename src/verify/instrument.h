/* What a program does, densely: for each value of its output bits the vectors whose projectors add
 * up to its Choi matrix.
 *
 * A vector is the (unnormalised) state of references and outputs after one pattern of outcomes;
 * its squared norm is the probability of the pattern, or of all patterns that end in the same
 * vector up to a phase. Two instruments are equal iff for each value of the output bits the sums of
 * projectors are. */
#ifndef QSPAN_VERIFY_INSTRUMENT_H
#define QSPAN_VERIFY_INSTRUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

/* Vectors that are closer than this count as equal. */
#define INSTRUMENT_TOLERANCE 1e-9

/* How a branch came about, last first. */
struct instrument_outcome {
    const struct instrument_outcome *before;
    size_t op;     /* of the source */
    uint32_t bit;  /* OP_NO_BIT: of a state that is dropped */
    uint32_t ones; /* of this and those before */
    bool value;
};
struct instrument_vector {
    uint64_t *key; /* n_key_words: bit i = output bit i */
    double *amps;  /* 2^n_qubits, interleaved; references are the lowest index bits */
    double p;      /* squared norm */
    const struct instrument_outcome *last; /* the pattern with fewest ones; NULL: none */
};
struct instrument {
    struct arena arena; /* outcomes */
    uint32_t n_qubits, n_output_bits;
    size_t n_key_words; /* at least 1 */
    struct instrument_vector *vectors;
    size_t n, cap;
};

void instrument_init(struct instrument *out, uint32_t n_qubits, uint32_t n_output_bits);
void instrument_fini(struct instrument *instrument);
/* Takes `amps`, of norm 1, times sqrt(p); joins an equal vector of that key, or is a new one. */
enum status instrument_add(struct instrument *instrument, const uint64_t *key, double *amps,
                           double p, const struct instrument_outcome *last);

/* |a - e^{i phi} b| for the best phi. */
double instrument_distance(const double *a, const double *b, uint64_t n_amps);

/* *out_worst: of the vectors of `own` that no combination of the target's of that key makes, the
 * one with fewest ones in its pattern; own->n if all are, though their weights may differ. *
 * Cost: vectors^2 x 2^n_qubits. */
enum status instrument_compare(bool *out_is_equal, size_t *out_worst, const struct instrument *own,
                               const struct instrument *target);
/* Sum over the vectors of |<target|v>|^2 / |target|^2 of the target's vector with that key, which
 * must be its only one (*out_is_pure: false: some key has several). */
double instrument_fidelity(bool *out_is_pure, const struct instrument *own,
                           const struct instrument *target);
/* The target's only vector of that key; NULL: none or several. */
const struct instrument_vector *instrument_find(const struct instrument *instrument,
                                                const uint64_t *key);

#endif
