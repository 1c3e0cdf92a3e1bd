/* The state of reading Stim's language: stim_read.c has lines and blocks, stim_instruction.c what
 * each instruction adds, stim_placement.c comments about QPUs. */
#ifndef QSPAN_CIRCUIT_STIM_READER_H
#define QSPAN_CIRCUIT_STIM_READER_H

#include "circuit/circuit.h"
#include "circuit/stim_names.h"
#include "circuit/stim_scan.h"

struct repeat {
    size_t open;
    uint64_t rounds, n_records; /* before it */
};

/* Labels first .. last are placed on a QPU. */
struct stim_range {
    uint32_t qpu, first, last;
    struct src_loc loc;
};

struct stim_reader {
    struct stim_scan scan;
    struct circuit *circuit;
    struct circuit_limits limits;
    /* the instruction being read */
    const struct stim_name *name;
    struct src_loc loc;
    uint32_t tag;
    uint32_t *qubits;
    size_t n_qubits, cap_qubits;

    uint64_t *used; /* bit per label */
    size_t n_used_words;
    struct repeat *repeats;
    size_t n_repeats, cap_repeats;
    uint64_t n_records; /* before this instruction when it first runs; saturating */
    uint32_t n_bits;
    struct names tag_names, qpu_names;
    struct stim_range *ranges;
    size_t n_ranges, cap_ranges;
};

/* Adds the ops of the instruction whose name, tag, parameters and targets were read. */
enum status stim_read_targets(struct stim_reader *r);

/* Takes the comment `# qspan ...` that the scanner stands behind. */
enum status stim_read_comment(struct stim_reader *r);
/* What the comments said becomes the placement, once labels are known. */
enum status stim_place_qubits(struct stim_reader *r);

#endif
