/* States at the end of a program: which wires hold the qubits, and the one pure state where there
 * is one. Terminal measurements (lower.h) are not applied to it. */
#ifndef QSPAN_RUNTIME_FINAL_STATE_H
#define QSPAN_RUNTIME_FINAL_STATE_H

#include "comm/comm.h"
#include "engine/engine.h"
#include "program/program.h"
#include "runtime/lower.h"
#include "runtime/walker.h"

/* Qubits at the end: those of `pragma qspan logical out`, in text order; without any, all data
 * wires in order of QPUs. */
struct final_qubits {
    uint32_t *wires;
    const char **names; /* of the program's, or owned */
    size_t n;
    struct arena arena;
};
enum status final_qubits_find(struct final_qubits *out_qubits, const struct program *program);
void final_qubits_fini(struct final_qubits *qubits);

struct final_state {
    const struct program *program;
    const struct engine_class *engine;
    enum precision precision;
    const struct team *team;
    const struct final_qubits *qubits;
    uint64_t max_bytes;
    /* Weights of pairs, as in walker_options; NULL: ideal pairs, and errors of the program left
     * out. */
    enum status (*pair_weights)(void *pair_ctx, double *out_weights, const uint32_t *wires,
                                uint64_t site, uint64_t block);
    void *pair_ctx;
    struct halt *halt; /* engine_task.halt */
    /* Called once, with the state in the engine. */
    enum status (*visit)(void *visit_ctx, struct engine *engine, const struct final_qubits *qubits);
    void *visit_ctx;
    /* To walk the program again from the state that was made: its ops, lowered to keep the state,
     * the engine's task, and the engine (held.h), which the caller destroys; NULL: no. */
    const struct lowered *lowered;
    const struct engine_task *task; /* borrowed by the engine */
    struct engine **out_held;
};
/* Runs the program for all outcomes at once. If its qubits end in one pure state, whatever was
 * measured, visits it; else STATUS_INPUT (logged) with the place that makes it depend on outcomes
 * or errors. Collective. Cost: one run. */
enum status final_state_visit(const struct final_state *state);

#endif
