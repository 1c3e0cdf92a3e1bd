/* Is a distributed program equal to a target, for every outcome? */
#ifndef QSPAN_VERIFY_AGAINST_H
#define QSPAN_VERIFY_AGAINST_H

#include "base/text.h"
#include "program/program.h"
#include "verify/walk.h"

/* What a fault of one pair or one recorded bit does. */
struct verify_fault {
    size_t op;          /* EBIT or MEASURE of the program */
    char letter;        /* X, Y, Z on the second half of the pair; F: the bit is flipped */
    uint32_t pair;      /* X, Y, Z: counts the pairs from 1 */
    uint32_t bit;       /* F */
    uint32_t weight;    /* logical qubits and output bits that it reaches */
    const char *effect; /* "X on b[0] (QPU B)", "nothing" */
};
struct verify_cut { /* QPU against all others */
    uint32_t qpu;
    uint64_t n_used;
    uint32_t n_needed;
};
struct verify_flow { /* ebits of a link, or bits from one QPU to another */
    uint32_t from, to;
    uint64_t n;
};
struct verify_effect { /* what pairs do together, and how likely: "pI1 pX2 + pZ1 pY2" */
    const char *effect, *probability;
    uint32_t weight;
    bool flips_output;
};
/* What kinds of outcomes there are. */
struct verify_outcomes {
    bool is_known; /* the counts are: symbolic, and no condition split the run */
    /* Uniform and independent of each other, of the input and of the output bits; fixed by others;
     * always the same. */
    uint64_t n_coins, n_determined, n_certain;
    uint64_t n_in_output;  /* independent values of the output bits */
    const char **on_input; /* "m (line 12)": depends on the input, and output bits don't tell it */
    size_t n_on_input;
    /* Dense: the least and greatest probability of an outcome that is not certain, given those
     * before and averaged over inputs; both 0: none. */
    double p_least, p_greatest;
    bool is_independent; /* dense: of the input; false: not decided */
};
struct verify_proof {
    struct arena arena;
    bool is_proved;
    bool is_unitary;                 /* the target measures nothing, no output bits are compared:
                                        cuts have bounds */
    const char *summed;              /* output registers summed over, "drop, c"; NULL: none */
    bool is_dense;                   /* proved on state vectors, not symbolically */
    uint64_t n_outcomes, n_branches; /* dense: measurements, and the most branches at once */
    struct verify_outcomes outcomes;
    const char **findings; /* why not, sentences; the first names the shortest pattern */
    size_t n_findings, cap_findings;
    const char *repair; /* a single change that repairs it, verified; or NULL */
    struct verify_flow *links, *messages;
    size_t n_links, cap_links, n_messages, cap_messages;
    struct verify_cut *cuts;
    size_t n_cuts, cap_cuts;
    struct verify_fault *faults;
    size_t n_faults, cap_faults;
    bool has_faults;     /* false: faults were not followed, as verify_add_proof says */
    bool is_first_round; /* they are of the first round of each WHILE, in runs in which it ends with
                            that; so are fidelity and kept */
    uint32_t max_weight; /* of one fault */
    /* Of at most three pairs: all effects of their noise, the first that of none. */
    struct verify_effect *channel;
    size_t n_channel;
    /* Process fidelity in the pairs' weights, or their correlators; NULL: no formula is short. If
     * `kept` is set, that of runs in which no output bit shows a fault, which is so likely. */
    const char *fidelity, *kept;
    uint64_t depth, n_rounds;  /* longest chains of ops, and of messages */
    const uint32_t *peak_comm; /* per QPU */
    /* Where program or target have a WHILE (else 0): runs in which one goes on after so many rounds
     * are left out, which have the probability `left_out`. If it is proved, those that are left do
     * 1 - left_out times the target's map; or, if the target leaves runs out too, exactly what its
     * others do. */
    uint32_t max_rounds;
    double left_out;
    bool has_target_rounds; /* the target has a WHILE */
};
enum { VERIFY_MAX_ROUNDS = 32 };

/* One of circuit and target is given. The program has passed its checks. Logical qubits are
 * matched by name, output bits by the names of their registers (the program's may have underscores
 * appended). If the target measures nothing, the program's last measurements of logical qubits into
 * output bits are left out, and of its other output registers those are compared, with 0, which the
 * target declares as `output`; the rest is summed over like protocol bits.
 * max_rounds: of each WHILE, see struct verify_proof.
 * Errors: STATUS_INPUT where the two have other qubits or bits; STATUS_UNVERIFIED (logged with its
 * place) for what can't be decided; STATUS_NOFIT. A verdict, also a bad one, is STATUS_OK. */
enum status verify_against(struct verify_proof *out_proof, const struct program *program,
                           const struct circuit *circuit, const struct program *target,
                           uint32_t max_rounds);
/* The verdict alone, nothing logged: STATUS_UNVERIFIED if it can't be decided. */
enum status verify_is_equal(bool *out_is_equal, const struct program *program,
                            const struct circuit *circuit, const struct program *target,
                            uint32_t max_rounds);
void verify_proof_fini(struct verify_proof *proof);
/* Verdict and certificate for people. */
void verify_add_proof(struct text *out, const struct verify_proof *proof,
                      const struct program *program, const char *name, const char *target_name);

#endif
