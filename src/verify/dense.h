/* Runs an op list densely, with a Bell pair on each input, through all outcomes: for programs that
 * are no Cliffords.
 *
 * The state of wires and references lives in the statevector engine, a reference on the QPU of its
 * input. Branches appear one after the other, where an outcome is uncertain, and two that have
 * become the same (bits that are still read, and the state up to a phase) go on as one: a
 * teleportation has four branches between its measurements and its corrections, and one after. */
#ifndef QSPAN_VERIFY_DENSE_H
#define QSPAN_VERIFY_DENSE_H

#include "engine/engine.h"
#include "verify/instrument.h"
#include "verify/walk.h"

enum { DENSE_MAX_QUBITS = 26, DENSE_MAX_BRANCHES = 4096 };

/* An EBIT or MEASURE of the source, and which round of the loops around it: the same in all
 * branches and runs. */
struct dense_place {
    size_t op;
    uint64_t round;
};
struct dense_places {
    struct dense_place *items;
    size_t n, cap;
};
struct dense_fault {
    struct dense_place place;
    char letter; /* X, Y, Z on the second half of the pair; F: the bit is recorded wrongly */
};
struct dense {
    /* given */
    const struct walk_source *source;
    const uint32_t *wire_qpu; /* NULL: all on one QPU */
    uint32_t n_qpus;
    struct walk_insert insert;
    const struct dense_fault *faults;
    size_t n_faults;
    bool is_quiet; /* no message for what is not proved */
    /* found */
    uint64_t n_branches; /* most at once */
    uint64_t n_outcomes; /* measurements of the longest branch */
    /* Of a measured outcome that is not certain, given those before and averaged over inputs: both
     * 0 if there is none. */
    double p_least, p_greatest;
    double work;      /* steps on amplitudes */
    double lost;      /* probability of runs that were left out (walk_source.max_rounds) */
    size_t *ebit_ops; /* of the longest branch */
    size_t n_ebits, n_measured, cap_ebits;
    struct dense_places ebits, measured; /* of all branches */
};

/* STATUS_UNVERIFIED (logged with its place unless quiet): noise, WHILE without max_rounds, too many
 * branches or qubits. Probabilities below 1e-12 count as zero. Collective over the world. */
enum status dense_run(struct instrument *out, struct dense *dense);
void dense_fini(struct dense *dense);

/* The op list as the engine gets it: wires, then references; a pair on each input before all else;
 * Pauli products as measurements of Z between gates. */
struct dense_ops {
    struct op_list ops;
    uint8_t *modes;
    uint32_t *copy_wires; /* unused: no op has that mode */
    uint32_t *wire_qpu;
    size_t *source_op; /* of each op; those of references: 0 */
    size_t insert_at;  /* index of the op that source->ops[insert.before] became */
    /* Last op that reads the bit, or uses the wire, by index; loops count as a whole. SIZE_MAX: to
     * the end. */
    size_t *last_read, *last_use;
    uint32_t n_wires; /* with references */
};
enum status dense_ops_create(struct dense_ops *out, const struct dense *dense);
void dense_ops_fini(struct dense_ops *ops);

#endif
