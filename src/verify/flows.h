/* Signed groups of commuting Pauli strings on a few qubits and bits: what a Clifford program does.
 *
 * A program with a Bell pair on each input has, on references, outputs and output bits, a
 * stabilizer group whose signs are forms in the outcomes. An element is (-1)^form times a string
 * on the qubits times Z on some bits. Averaging over the outcomes keeps the elements of constant
 * sign: the reduced group says what the program is as an instrument, and two instruments are equal
 * iff these groups are. */
#ifndef QSPAN_VERIFY_FLOWS_H
#define QSPAN_VERIFY_FLOWS_H

#include "verify/symbolic.h"

struct flows {
    uint32_t n_qubits, n_outputs;
    size_t n_rows;
    /* words of: the X part (the Z part follows), the bits, the form, and of all of these */
    size_t n_words, n_output_words, n_form_words, n_row_words;
    uint64_t *rows;
};

void flows_fini(struct flows *flows); /* a zeroed one is valid */
static inline uint64_t *flows_row(const struct flows *flows, size_t row) {
    return flows->rows + flows->n_row_words * row;
}
static inline uint64_t *flows_outputs(const struct flows *flows, size_t row) {
    return flows_row(flows, row) + 2 * flows->n_words;
}
static inline uint64_t *flows_form(const struct flows *flows, size_t row) {
    return flows_outputs(flows, row) + flows->n_output_words;
}

/* Elements of the state's group, and of its bits `outputs`, that are the identity beyond `keep`, in
 * reduced form. STATUS_NOFIT without memory. Cost: O(n^3 / 64). */
enum status flows_from_state(struct flows *out, const struct symbolic *state, const uint32_t *keep,
                             uint32_t n_keep, const uint32_t *outputs, uint32_t n_outputs);
/* Averages over all symbols; forms are then constants of one word. */
enum status flows_average(struct flows *out, const struct flows *flows);
/* Half of one plus half of the other, both averaged. *out_is_group: the result is such a group
 * again (false: *out is not set). */
enum status flows_mix(struct flows *out, bool *out_is_group, const struct flows *a,
                      const struct flows *b);
/* Both averaged. */
bool flows_are_equal(const struct flows *a, const struct flows *b);
/* out_forms: for each row of `target` (averaged), by how much the sign of the same string in `own`
 * differs (own.n_form_words words each); out_is_missing: `own` lacks the string. */
enum status flows_compare(uint64_t *out_forms, bool *out_is_missing, const struct flows *own,
                          const struct flows *target);
/* The Pauli string on qubits `first` .. n_qubits - 1 and the bits to flip that explain sign
 * differences (n_form_words words per row of target): X parts of those qubits, then Z parts, then
 * bits, a form each in out_forms. A string of symbol s is bit s + 1 of all forms. */
enum status flows_residual(uint64_t *out_forms, const struct flows *target, uint32_t first,
                           const uint64_t *differences, size_t n_form_words);
/* What the outcomes tell of the qubits below n_first beyond what the bits tell: elements on those
 * qubits (and bits) alone whose signs are independent forms, also of the forms of the bits, in no
 * symbol with is_hidden. *out_n_told: independent forms of the bits. */
enum status flows_told(struct flows *out, size_t *out_n_told, const struct flows *flows,
                       uint32_t n_first, const bool *is_hidden, size_t n_symbols);
/* Entanglement in ebits between the qubits where side[q] and the others, of a pure state (as many
 * rows as qubits, no bits). */
enum status flows_entanglement(uint32_t *out_ebits, const struct flows *flows, const bool *side);

#endif
