/* What the files that compile lists for frames share: frame_plan.c has gates, noise, results and
 * loops, frame_parity.c what depends on results, frame_instr.c the instructions that they make. */
#ifndef QSPAN_ENGINE_FRAME_FRAME_BUILD_H
#define QSPAN_ENGINE_FRAME_FRAME_BUILD_H

#include "engine/frame/frame_gate.h"
#include "engine/frame/frame_plan.h"

struct frame_open_loop {
    size_t instr;
    uint64_t n_records, n_detectors, n_conditions; /* before it */
    double n_gates, n_noise_sites;
    uint64_t n_iterations; /* of the loops around it */
};

/* Team: Paulis that another rank's results apply, and the rows that say so, wait until their qubit
 * is used: ranks that run ahead seldom wait for each other, and rows travel together. */
struct frame_waiting {
    struct frame_instr
        *instrs; /* RECEIVEs and the FEEDBACK that they are for, first in, first out */
    size_t n, cap, head, n_receives;
    size_t *until; /* by qubit: instrs[0 .. until - 1] come before its next use */
};

struct frame_builder {
    struct frame_plan *plan;
    const struct frame_task *task;
    struct frame_cores cores;
    uint16_t core_of[GATE_COUNT]; /* 1 + core of gates without parameters; 0: not looked up */
    struct frame_open_loop *loops;
    size_t n_loops, cap_loops;
    uint32_t *local;  /* number of each qubit here; NULL: the list's */
    uint32_t *writer; /* team: 1 + the one rank that writes a bit, 0: none, FRAME_NONE: several */
    struct frame_waiting waiting;
    uint32_t *stack; /* of expressions */
    size_t cap_stack;
    uint64_t site, n_iterations;
    size_t op;          /* being compiled */
    const char *reason; /* why it is refused */
    bool is_quiet;
    bool leaves_sweeps; /* shared parities have them on rank 0 */
};

/* The op being compiled. */
static inline const struct op *frame_op(const struct frame_builder *b) {
    return &b->task->ops->ops[b->op];
}
enum status frame_refuse(struct frame_builder *b, const char *reason);
bool frame_is_mine(const struct frame_builder *b, uint32_t qubit);
enum status frame_add_words(uint32_t **pool, size_t *n, size_t *cap, const uint32_t *words,
                            size_t n_words);
/* Targets, of those qubits that are here. */
enum status frame_add_qubits(struct frame_builder *b, const uint32_t *qubits, size_t n);
/* How many of them this rank holds. */
uint32_t frame_count_mine(const struct frame_builder *b, const uint32_t *qubits, uint32_t n);
/* Does an op that wants its qubits in one place concern this rank? */
enum status frame_check_place(struct frame_builder *b, bool *out_is_mine);
/* A factor of a product, if its qubit is here. */
enum status frame_add_pauli(struct frame_builder *b, uint32_t qubit, unsigned letter);
/* A new instruction: its targets, sources and sites begin where the pools end. */
struct frame_instr frame_begin_instr(const struct frame_builder *b, enum frame_kind kind);
/* Its targets and sources are in the pools; joins it with the last one where it can. */
enum status frame_end_instr(struct frame_builder *b, struct frame_instr instr);

/* Its targets are in the pool, and it waits until one of its qubits is used. */
enum status frame_put_off(struct frame_builder *b, struct frame_instr instr);
/* What waits up to instrs[until - 1] becomes part of the plan. */
enum status frame_end_waiting(struct frame_builder *b, size_t until);

/* NOISE; is_conditional: after a CONDITION. */
enum status frame_compile_noise(struct frame_builder *b, bool is_conditional);
/* IF around Paulis and errors, up to its END; then the op is the END. */
enum status frame_compile_feedback(struct frame_builder *b);
/* DETECTOR, OBSERVABLE, ASSIGN */
enum status frame_compile_parity(struct frame_builder *b);
/* Which rank may have a share of a bit. */
enum status frame_find_writers(struct frame_builder *b);

#endif
