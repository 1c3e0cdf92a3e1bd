/* A Clifford op list with Pauli noise, compiled for Pauli frames: what the sampler walks.
 *
 * A flat list of instructions. Runs of equal ops become one instruction with many targets; REPEAT
 * stays a loop. Signs are gone: a frame is a Pauli string up to phase, and the results of a shot
 * differ from those of a noiseless reference shot by what the frame says. Random sites are those of
 * the list (gate/op.h): the i-th group of an instruction has site `site + i * site_stride`, plus
 * n_sites times the iteration. */
#ifndef QSPAN_ENGINE_FRAME_FRAME_PLAN_H
#define QSPAN_ENGINE_FRAME_FRAME_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gate/op.h"

enum frame_kind {
    FRAME_GATE,    /* which = core of kernels/frame.h; targets: qubits, `group` each */
    FRAME_LINEAR,  /* which = index in maps; targets: as FRAME_GATE */
    FRAME_MEASURE, /* letter; targets: qubits, one result each; which = index in channels, that a
                    * result is wrong (at its site + 1), or FRAME_NONE */
    FRAME_PRODUCT, /* one result; targets: frame_pauli of a product, maybe none; which: likewise */
    FRAME_RESET,   /* letter; targets: qubits */
    FRAME_EBIT,    /* targets: a pair of qubits; which = index in channels, errors of the second, or
                    * FRAME_NONE */
    FRAME_NOISE,   /* which = index in channels; targets: qubits, `group` each (1 or 2);
                    * is_conditional: in the shots of the last CONDITION alone */
    FRAME_CONDITION, /* sources, what was received and the reference's next condition; is_else: the
                      * opposite of the last one */
    FRAME_CHAIN,     /* which = index in channels; targets: frame_pauli of one error; is_else: only
                      * where no error of the chain happened before; is_conditional: as NOISE */
    FRAME_HERALD,    /* which = index in channels of 4 letters, I X Y Z; targets: qubits, one result
                      * each */
    FRAME_FOREIGN,   /* n results of other ranks: 0 here; recorded, to bits, as MEASURE */
    FRAME_SEND,      /* sources: their parity goes to rank `which` */
    FRAME_RECEIVE,   /* a parity from rank `which`, for the next FEEDBACK or CONDITION */
    FRAME_FEEDBACK,  /* sources and what was received; targets: frame_pauli that it applies */
    FRAME_ASSIGN,    /* sources; which = bit */
    FRAME_DETECTOR,  /* sources: n groups, each a count, then that many */
    FRAME_OBSERVABLE, /* which = index; sources; targets: frame_pauli that flips it where the frame
                       * anticommutes with it */
    FRAME_REPEAT,     /* rounds; match = its END */
    FRAME_END,        /* match = its REPEAT */
};

/* Sources of a parity: what = the top bits. */
#define FRAME_REC UINT32_C(0)           /* the k-th last result: k from 1 */
#define FRAME_BIT (UINT32_C(1) << 30)   /* bit of the list */
#define FRAME_SWEEP (UINT32_C(2) << 30) /* bit of the data of a sweep */
#define FRAME_SOURCE_MASK ((UINT32_C(1) << 30) - 1)

/* A qubit and a letter (1 X, 2 Y, 3 Z) in one target. */
static inline uint32_t frame_pauli(uint32_t qubit, unsigned letter) {
    return qubit << 2 | letter;
}

struct frame_instr {
    uint8_t kind, letter, group, site_stride;
    bool resets;      /* MEASURE: then to the +1 state */
    bool is_recorded; /* MEASURE, PRODUCT, HERALD: results enter the record */
    bool is_else, is_conditional;
    uint32_t which;
    uint32_t n; /* groups of targets; PRODUCT: 1; DETECTOR: groups of sources */
    uint32_t target0, n_targets;
    uint32_t source0, n_sources;
    uint32_t bit0; /* in bits: where the results go as well; FRAME_NONE: nowhere */
    uint32_t site, match;
    uint32_t op; /* the first of the list that it comes from */
    uint64_t rounds;
};
#define FRAME_NONE UINT32_MAX

/* Exclusive errors, each with its probability. */
struct frame_channel {
    double p_any;       /* their sum */
    double log_keep;    /* log(1 - p_any) */
    uint32_t n_letters; /* 1, 3, 4 or 15 */
    uint32_t only;      /* the one letter that happens; 0: several do */
    bool is_even;       /* all equal */
    double p[15];       /* letters 1 .. n_letters; of pairs: IX IY IZ XI ... ZZ */
};

/* A linear map that is no core: output row i = XOR of the input rows in image[i] (pauli.h). */
struct frame_map {
    uint32_t n_qubits;
    uint32_t image[2 * GATE_MAX_QUBITS];
};

struct frame_plan {
    struct frame_instr *instrs;
    size_t n_instrs, cap_instrs;
    uint32_t *targets, *sources, *bits; /* of instructions */
    size_t n_targets, cap_targets, n_sources, cap_sources, n_bit_refs, cap_bits;
    struct frame_channel *channels;
    size_t n_channels, cap_channels;
    struct frame_map *maps;
    size_t n_maps, cap_maps;
    uint32_t n_qubits, n_bits, n_sites;
    uint32_t *qubits; /* the list's number of each qubit that this rank holds; NULL: all */
    uint32_t n_ranks; /* of the team */
    uint32_t n_observables, n_sweeps; /* 1 + the largest index */
    uint32_t max_lookback;            /* deepest FRAME_REC */
    uint32_t max_results;             /* most results of one instruction */
    uint32_t max_depth;               /* of loops */
    uint64_t n_records, n_detectors;  /* of a shot, REPEAT multiplied out; saturating */
    uint64_t n_conditions;            /* CONDITIONs with sources of a shot, likewise */
    double n_gates, n_noise_sites;    /* gates, measurements and resets of a shot; noise groups */
};

enum { FRAME_MAX_WAITING = 1024 }; /* RECEIVEs that a rank puts off */

/* What to compile. */
struct frame_task {
    const struct op_list *ops;
    const char *const *files; /* names that op.file indexes, for messages; may be NULL */
    uint32_t n_qubits;
    uint32_t n_bits; /* whose values are kept; 0 for Stim's circuits, where all refers to results */
    /* Bits whose results form the record (base/bits.h); NULL: every result does. */
    const uint64_t *recorded;
    /* Weights I X Y Z of the errors of EBITs, 4 for each op of the list; NULL: ideal pairs. */
    const double *ebit_weights;
    /* A team: the rank of each qubit, this rank, their number. NULL: one rank has all. */
    const uint32_t *qubit_rank;
    uint32_t rank, n_ranks;
    /* Errors may depend on bits: states will know the reference's conditions. Frames tell how a
     * shot's bits differ from the reference's; an error happens where the bit itself is 1. */
    bool knows_reference;
};

/* With a team, a plan is that of one rank: its own qubits (and a last one that stands for all
 * others), its own results. Bits, detectors and observables are then shared: their values are the
 * XOR of those on all ranks. An ebit costs no message, nor does an error on qubits of several
 * ranks: each rank makes the same draws. Only parities that feedback or errors want travel. */

/* Refused (STATUS_INPUT at the op, with the reason): gates that are no Clifford, conditions that
 * are no parity, WHILE, IF around anything but Paulis (and errors, if knows_reference), IDLE, CALL,
 * more than 2^32 - 1 of anything, loops whose sites pass 2^63, gates and products of qubits of
 * several ranks. STATUS_NOFIT: without memory. Not collective. Cost: linear in the list. */
enum status frame_plan_create(struct frame_plan **out_plan, const struct frame_task *task);
void frame_plan_destroy(struct frame_plan *plan);
/* Can the list be compiled? Logs nothing. If not, *out_op says where and *out_reason why. */
bool frame_plan_is_possible(const struct frame_task *task, size_t *out_op, const char **out_reason);

#endif
