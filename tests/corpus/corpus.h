/* The passes over real circuits; each prints what it found and is collective over the job. */
#ifndef QSPAN_TESTS_CORPUS_CORPUS_H
#define QSPAN_TESTS_CORPUS_CORPUS_H

#include <stddef.h>

#include "circuit/circuit.h"
#include "machine/machine.h"
#include "program/program.h"
#include "runtime/runtime.h"

/* Every circuit of `folder` with an expectation and at most 20 active qubits, on n_qpus QPUs (fewer
 * where it has fewer qubits). `only`: those whose path contains it. Errors: STATUS_UNVERIFIED when
 * a file differs, or is refused and not known to be. */
enum status corpus_circuits(const char *folder, uint32_t n_qpus, const char *only);
/* Malformed and hostile files, each in a process of its own under limits. One rank. */
enum status corpus_bad(const char *folder, const char *only);
/* Every circuit of `folder` whatever its language, each in a process of its own under limits of
 * time and memory: what became of them, by source, and the reasons of refusals. Errors:
 * STATUS_UNVERIFIED when one crashes or differs from what is expected. One rank. */
enum status corpus_table(const char *folder, const char *only);
/* CUNQA's distributed phase estimation on its machine of two QPUs. */
enum status corpus_qpe(const char *folder, const char *machine_path);

enum { CORPUS_SHOTS = 4096, CORPUS_MAX_ACTIVE = 20 };

/* Where the time of one circuit went. */
enum corpus_stage { STAGE_READ, STAGE_DISTRIBUTE, STAGE_ROUNDTRIP, STAGE_RUN, STAGE_COUNT };

/* A circuit on its way through the stages; zero-initialise, set the input, run, fini. */
struct corpus_job {
    const char *path;
    uint32_t n_qpus;           /* of an ideal machine; ignored when `machine` is given */
    struct machine *machine;   /* owned */
    bool uses_braket;          /* its names of gates; else where the path says so */
    const char *const *params; /* of inputs */
    size_t n_params;
    uint32_t max_active;        /* circuits with more active qubits are not run; 0: all are */
    struct run_options options; /* circuits with noise or WHILE are sampled */
    struct circuit *circuit;
    uint32_t n_active;      /* qubits that any op but a barrier touches */
    bool is_planned_only;   /* has not run */
    bool is_final_state;    /* measures nothing: all qubits were measured at the end ... */
    size_t n_declared_bits; /* ... into bits from here on; else 0 */
    struct program *program;
    struct results *results;
    double t_s[STAGE_COUNT];
};
/* Reads, distributes, checks, prints and reads back, runs. Collective; equal status on all ranks.
 */
enum status corpus_job_run(struct corpus_job *job);
void corpus_job_fini(struct corpus_job *job);

/* First error logged since corpus_catch_errors; "" if none. */
void corpus_catch_errors(void);
const char *corpus_first_error(void);

#endif
