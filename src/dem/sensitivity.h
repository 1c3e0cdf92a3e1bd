/* What detectors and observables depend on, at one point of a circuit that is walked backwards.
 *
 * xs[q]: the targets whose Pauli product, taken back to this point, has an X on qubit q; an error Z
 * there flips them. zs[q] likewise with Z. records and bits: the targets that a result still to be
 * met flips. A result is met by its place in the record (Stim's language) or by the bit it writes.
 */
#ifndef QSPAN_DEM_SENSITIVITY_H
#define QSPAN_DEM_SENSITIVITY_H

#include <stdbool.h>
#include <stdint.h>

#include "dem/steps.h"
#include "dem/target_set.h"

struct sensitivity {
    uint32_t n_qubits, n_bits;
    uint64_t window;                 /* a power of two above the furthest reference back */
    uint64_t n_results, n_detectors; /* before this point */
    struct target_set *xs, *zs, *bits, *records; /* records: by place modulo window; one array */
};

enum status sensitivity_init(struct sensitivity *sensitivity, uint32_t n_qubits, uint32_t n_bits,
                             uint64_t furthest_back);
void sensitivity_fini(struct sensitivity *sensitivity);
enum status sensitivity_copy(struct sensitivity *out_sensitivity,
                             const struct sensitivity *sensitivity);

/* The set of the result `back` places before this point, 1: the last. */
struct target_set *sensitivity_record(const struct sensitivity *sensitivity, uint64_t back);
/* Takes the gate back. */
enum status sensitivity_undo(struct sensitivity *sensitivity, const struct gate_steps *steps,
                             const uint32_t *qubits);
/* out = the targets that an error of that Pauli letter (1 X, 2 Y, 3 Z) on the qubit flips, added.
 */
enum status sensitivity_add_flips(const struct sensitivity *sensitivity, struct target_set *inout,
                                  uint32_t qubit, unsigned letter);
/* Adds targets to what depends on that Pauli of the qubit. */
enum status sensitivity_add_pauli(struct sensitivity *sensitivity, uint32_t qubit, unsigned letter,
                                  const struct target_set *targets);
void sensitivity_clear(struct sensitivity *sensitivity, uint32_t qubit);
/* Removes the last target of `gauge` from all qubits, or from all results as well, by adding gauge
 * where it is. */
enum status sensitivity_remove_gauge(struct sensitivity *sensitivity,
                                     const struct target_set *gauge, bool from_results);
/* The same as other, but for the numbers of results and detectors before. */
bool sensitivity_is_shifted(const struct sensitivity *sensitivity, const struct sensitivity *other);
/* As if that many more results and detectors had been passed. */
enum status sensitivity_shift(struct sensitivity *sensitivity, uint64_t n_results,
                              uint64_t n_detectors);

#endif
