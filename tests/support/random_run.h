/* A random program on an engine and on the naive reference at once. */
#ifndef SUPPORT_RANDOM_RUN_H
#define SUPPORT_RANDOM_RUN_H

#include "engine/engine.h"
#include "support/naive_state.h"

struct random_task {
    struct engine_task task;
    struct op_list ops;
    uint8_t *modes;
    uint32_t *copy_wires, *wire_qpu;
    uint64_t seed;
};
/* Gates of the whole table on any wires, pairs, copies, measurements, resets. */
void random_task_init(struct random_task *random, uint64_t seed, uint32_t n_wires, uint32_t n_qpus,
                      size_t n_ops);
void random_task_fini(struct random_task *random);

/* Runs it, measured bits drawn from the task's seed; every probability is compared with `naive`
 * (NULL: not). Returns a hash of all probabilities, bit for bit; *out_error: largest difference. */
uint64_t random_run(struct engine *engine, const struct random_task *random,
                    struct naive_state *naive, double *out_error);
/* Hash of the amplitudes of all wires, of a sample, of a distribution and of expectation values of
 * the present state; differences from `naive` as above (not of the sample). */
uint64_t random_look(struct engine *engine, const struct random_task *random,
                     const struct naive_state *naive, double *out_error);

#endif
