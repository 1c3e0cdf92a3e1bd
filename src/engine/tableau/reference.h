/* One noiseless shot of a Clifford list, from a dense tableau: the reference that Pauli frames are
 * relative to.
 *
 * Random results are 0; noise is left out, heralds are 0, sweep bits are 0. The tableau is the
 * inverse one: row P is C^-1 P C of the Clifford C that made the state from |0...0>. Memory n^2 / 2
 * bytes and a record. Cost: a gate the words of the rows that it changes, at most n / 64 each; a
 * random result a look at 2 n rows and the words of those that it changes; loops are run round by
 * round. 20,401 qubits, 101 rounds of the surface code: 20 s. Ref: Gidney, Quantum 5, 497 (2021).
 */
#ifndef QSPAN_ENGINE_TABLEAU_REFERENCE_H
#define QSPAN_ENGINE_TABLEAU_REFERENCE_H

#include <stdint.h>

#include "base/status.h"
#include "gate/op.h"

struct reference_task {
    const struct op_list *ops;
    const char *const *files; /* names that op.file indexes, for messages; may be NULL */
    uint32_t n_qubits, n_bits;
    const uint64_t *recorded; /* bits whose results form the record; NULL: every result does */
    uint64_t n_records;       /* of a shot */
    /* Gets the condition of each IF around NOISE, as often as it is met, n_conditions bits in all
     * (struct frame_plan); NULL: not asked for. */
    uint64_t *conditions;
    uint64_t n_conditions;
    uint64_t max_bytes; /* 0: what is available */
};
uint64_t reference_bytes(const struct reference_task *task);
/* out_records: n_records bits (base/bits.h); out_bits (may be NULL): the n_bits bits at the end.
 * Refused: STATUS_INPUT at gates that are no Clifford, WHILE, CALL; STATUS_NOFIT, with the figure,
 * where there is not that much memory. Not collective. */
enum status reference_run(uint64_t *out_records, uint64_t *out_bits,
                          const struct reference_task *task);

#endif
