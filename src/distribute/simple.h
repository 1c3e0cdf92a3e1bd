/* The state of `distribute simple`: simple.c has gates, conditions and blocks, simple_stim.c what
 * only Stim's language says. */
#ifndef QSPAN_DISTRIBUTE_SIMPLE_H
#define QSPAN_DISTRIBUTE_SIMPLE_H

#include "distribute/emit.h"

/* Results, each kept by one assignment per result of the text. */
enum { SIMPLE_MAX_HISTORY = 1024 };

/* A loop without loops in it whose feedback asks for results of earlier rounds. */
struct simple_rounds {
    bool is_open;
    size_t first;     /* results before it */
    uint32_t n;       /* results of a round; for each: */
    uint32_t *bits;   /* where it goes */
    uint32_t *qpus;   /* where it is born */
    uint32_t *n_ages; /* values that are asked for: the last one and older ones */
    uint32_t *kept;   /* the first of the bits of the older ones */
};
/* The last results of all, in bits of QPU 0 that move on with each result, for feedback on earlier
 * rounds of loops around others and of loops that have ended. */
struct simple_history {
    uint32_t n, first; /* bits; 0: none */
    uint32_t n_needed; /* by feedback that only they could serve */
};
struct simple {
    struct emit emit;
    const struct circuit *circuit;
    const struct machine *machine;
    bool *is_born;     /* per circuit bit: an op before may have written it */
    uint32_t *born_at; /* the QPU that wrote it last */
    uint32_t *births;  /* bits in the order in which they were born */
    size_t n_births, cap_births;
    /* Results in text order, as bits; those before `reach` are not what rec[-k] counts. */
    uint32_t *records;
    size_t n_records, cap_records, reach;
    struct simple_rounds rounds;
    struct simple_history history;
    uint32_t expr; /* condition around the gates that are emitted now; OP_NO_EXPR: none */
    /* Barriers: first and last operand of each QPU (OP_NO_QPU: none yet), and the next of each. */
    struct barrier_list {
        uint32_t first, last;
    } * barriers;
    uint32_t *next, *wires;
    size_t cap_next, cap_wires;
};

/* An op may have written the bit, on that QPU. */
enum status simple_note_birth(struct simple *simple, uint32_t bit, uint32_t qpu);
/* ASSIGN of a tree of the program to a bit, at a QPU. */
enum status simple_assign(struct simple *simple, uint32_t bit, uint32_t expr, uint32_t qpu);
/* Measures qubits at home, one QPU; or a product across QPUs by an ancilla, a comm qubit of the QPU
 * that holds most of them (ties: the first), to which the others are copied one after another. A
 * result that is inverted or followed by a reset is spelt out. */
enum status simple_measure(struct simple *simple, const struct op *op);
/* To the +1 state of its basis. */
enum status simple_reset(struct simple *simple, const struct op *op);
/* An error of several QPUs stays as it is. A heralded one becomes an error of its qubit and a comm
 * qubit of its QPU, which is then measured. */
enum status simple_copy_noise(struct simple *simple, const struct op *op);
/* DETECTOR, OBSERVABLE, COORDS, SHIFT_COORDS, TICK: results are counted as in the circuit, since
 * protocol bits are in no record. */
enum status simple_copy_annotation(struct simple *simple, const struct op *op);
/* The QPU at which simple_measure or simple_copy_noise writes the op's bit. */
uint32_t simple_birth_qpu(const struct simple *simple, const struct op *op);
/* Around REPEAT op i of the circuit: bits for the results of earlier rounds that its feedback asks
 * for; and before each result of a round. */
enum status simple_open_rounds(struct simple *simple, size_t i);
void simple_close_rounds(struct simple *simple);
enum status simple_keep_result(struct simple *simple);
/* Before the first op; and after each result, which went to `bit`. */
enum status simple_open_history(struct simple *simple);
enum status simple_note_history(struct simple *simple, uint32_t bit);
/* Feedback on rec[-back]: on its bit, or one that keeps an older result. Where the result is of a
 * loop that has ended, or of an earlier round of a loop around others, on a bit of the history; if
 * that is too short the tree is of no use and history.n_needed grows. Refused where it is further
 * back than SIMPLE_MAX_HISTORY. */
enum status simple_copy_record(struct simple *simple, uint32_t *out_expr, uint32_t back);

#endif
