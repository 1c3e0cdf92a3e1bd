/* Runs a Clifford op list symbolically, with a Bell pair on each input, through all branches. */
#ifndef QSPAN_VERIFY_WALK_H
#define QSPAN_VERIFY_WALK_H

#include "gate/op.h"
#include "verify/flows.h"

enum { WALK_MAX_BRANCHES = 65536, WALK_MAX_STEPS = 1 << 26 };

/* What runs. Wires that are no input start in |0>; outputs are the state's qubits at the end. */
struct walk_source {
    const struct op_list *ops;
    const char *const *files;
    size_t n_files;
    uint32_t n_wires, n_bits;
    const uint32_t *in, *out, *output_bits;
    uint32_t n_in, n_out, n_output_bits;
    const bool *is_skipped; /* per op, or NULL */
    uint32_t max_rounds;    /* of each WHILE: runs that would go on are left out; 0: none may be */
};

/* A correction that is tried: `if (bit) letter wire` before op `before` (n_ops: at the end). */
struct walk_insert {
    size_t before;
    uint32_t bit, wire;
    uint8_t letter; /* 1 X, 2 Y, 3 Z; 0: none */
};

enum walk_origin {
    WALK_OUTCOME, /* of a MEASURE */
    WALK_DROPPED, /* of a RESET, FREE or EBIT that drops what was there */
    WALK_PAIR_X,  /* a fault: X on the second half of an ebit */
    WALK_PAIR_Z,
    WALK_FLIP, /* a fault: the bit is recorded wrongly */
};
struct walk_symbol {
    enum walk_origin origin;
    size_t op;
    uint32_t bit; /* OUTCOME, FLIP */
};

struct walk {
    /* given */
    const struct walk_source *source;
    struct walk_insert insert;
    bool has_faults;            /* faults are symbols too */
    bool is_quiet;              /* no message for what is not proved */
    const struct flows *target; /* NULL, or what each branch must contain */
    bool finds_leftover;        /* where it does not */
    /* found */
    struct walk_symbol *symbols; /* of the branch that `own` holds */
    size_t n_symbols, cap_symbols;
    uint64_t n_branches, n_steps;
    double lost; /* probability of runs that were left out; those that end make up out_flows */
    /* Of one branch: measurements whose outcome others fix, or that always have the same. */
    uint64_t n_determined, n_certain;
    /* Forms and all, of the first branch that lacks a part of target; if there is none, of the
     * last. */
    struct flows own;
    bool has_failed;
    uint32_t leftover; /* a wire, no output, that is entangled with them then; or OP_NO_QPU */
    /* Choices that led to it: the bit at this condition was taken as the value. */
    struct walk_choice {
        size_t op;
        uint32_t bit;
        bool value;
    } choices[64];
    size_t n_choices;
    uint64_t n_ebits;
    size_t *ebit_ops; /* of the first branch */
    size_t cap_ebits;
};

/* out_flows: averaged over all outcomes and branches. STATUS_UNVERIFIED (logged with its place
 * unless quiet) for what can't be followed: gates that are no Cliffords, noise, WHILE
 * without max_rounds, or whose rounds end in different things, too many branches. Faults need a run
 * of one branch (else STATUS_UNVERIFIED). */
enum status walk_run(struct flows *out_flows, struct walk *walk);
void walk_fini(struct walk *walk);
struct src_loc walk_loc(const struct walk_source *source, size_t op);

#endif
