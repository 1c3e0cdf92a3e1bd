/* A stabilizer state whose signs are affine forms over GF(2) in symbols: one symbol for each random
 * outcome, so that one run follows all branches at once.
 *
 * A form is a bit set: bit 0 the constant, bit 1 + i symbol i. Stabilizer row r is (-1)^form(r)
 * times a Hermitian Pauli string; destabilizers carry no sign. Forms of the stabilizers come first,
 * then those of n_bits bits that the owner uses as it likes. Ref: Aaronson and Gottesman,
 * PRA 70, 052328 (2004), with forms for signs. */
#ifndef QSPAN_VERIFY_SYMBOLIC_H
#define QSPAN_VERIFY_SYMBOLIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "verify/clifford.h"

struct symbolic {
    uint32_t n_qubits, n_bits, n_symbols;
    size_t n_words;      /* of the X part of a row; the Z part follows it. Odd, so that a column of
                          * rows falls on all sets of a cache */
    size_t n_form_words; /* room for n_symbols + 1 bits at least */
    uint64_t *rows;      /* 2 n_qubits: destabilizers, then stabilizers */
    uint64_t *forms;     /* n_qubits + n_bits */
    uint64_t *scratch;   /* a row */
    /* Of each qubit: a row that belonged to it when it was last alone; and is it so still? Then
     * stabilizer `home` is Z on it, destabilizer `home` X, and no other row has it. */
    uint32_t *home;
    bool *is_closed;
    uint32_t *row_list, *form_list; /* words of a row or form that are not zero */
};

/* |0> on all qubits, all bits 0. STATUS_NOFIT (logged) without memory. */
enum status symbolic_create(struct symbolic **out_state, uint32_t n_qubits, uint32_t n_bits);
enum status symbolic_clone(struct symbolic **out_state, const struct symbolic *state);
void symbolic_destroy(struct symbolic *state);

/* The form of a bit; valid until the next symbol is added. */
uint64_t *symbolic_bit(const struct symbolic *state, uint32_t bit);
static inline uint64_t *symbolic_row(const struct symbolic *state, size_t row) {
    return state->rows + 2 * state->n_words * row;
}
static inline const uint64_t *symbolic_sign(const struct symbolic *state, size_t stabilizer) {
    return state->forms + state->n_form_words * stabilizer;
}

enum status symbolic_add_symbol(struct symbolic *state, uint32_t *out_symbol);
/* Cost: O(n_qubits). */
void symbolic_apply(struct symbolic *state, const struct clifford *gate, const uint32_t *qubits);
/* letters[i]: 0 I, 1 X, 2 Y, 3 Z on qubits[i]. Applies the string if the form is 1; the form may be
 * that of a bit. */
void symbolic_flip(struct symbolic *state, const uint32_t *qubits, const uint8_t *letters,
                   uint32_t n, const uint64_t *form);
/* Measures the string; the bit's form becomes the outcome: a new symbol (*out_is_random) or what
 * the state says. Cost: O(n_qubits^2 / 64) words. */
enum status symbolic_measure(struct symbolic *state, bool *out_is_random, uint32_t bit,
                             const uint32_t *qubits, const uint8_t *letters, uint32_t n);
/* If the qubit is closed: to |0>, whatever it was. Cost: O(1). */
bool symbolic_clear(struct symbolic *state, uint32_t qubit);
/* If both are closed, and |0>: to a Bell pair. Cost: a row. */
bool symbolic_pair(struct symbolic *state, uint32_t a, uint32_t b);
/* Replaces a symbol by the form everywhere (n_form_words words). The form may hold the symbol,
 * which then stands for that form from now on. */
void symbolic_substitute(struct symbolic *state, uint32_t symbol, const uint64_t *form);

/* Row a times row b, x and z parts of n_words each, into a; returns the power of i that the product
 * of the two Hermitian strings has over the Hermitian result. */
unsigned symbolic_multiply(uint64_t *a, const uint64_t *b, size_t n_words);

#endif
