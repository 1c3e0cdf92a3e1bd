/* Runs a program: epochs, shots, branches, ledgers, results (docs/design.md). */
#ifndef QSPAN_RUNTIME_RUNTIME_H
#define QSPAN_RUNTIME_RUNTIME_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "circuit/observables.h"
#include "comm/comm.h"
#include "engine/engine.h"
#include "machine/machine.h"
#include "network/ebit_source.h"
#include "program/packets.h"
#include "program/program.h"
#include "runtime/average.h"

#define RUN_ALL UINT64_MAX

struct final_qubits;

struct network_trace;
struct network_stats;
struct run_options {
    const struct engine_class *engine;
    enum precision precision; /* of amplitudes, if the engine has any */
    bool is_fast; /* sums in orders chosen by measured times: last digits may differ from run to run
                     (engine_task.is_fast) */
    uint64_t n_shots, seed;
    /* Sampling: shots first_shot .. first_shot + n_shots - 1, the same as in a run from 0 on; a
     * multiple of the shots that are drawn together (else STATUS_USAGE, logged). */
    uint64_t first_shot;
    /* Sampling goes on after these shots, which the same run has had before; NULL: none. */
    const struct run_past {
        uint64_t n_shots;              /* from first_shot on, as first_shot; at most the run's */
        const struct results *results; /* on the team's first rank; NULL elsewhere */
    } * past;
    /* Once this is not 0 on any rank, all stop, at the latest after a few passes over the state:
     * results are of the shots done, whole turns of them; STATUS_INTERRUPTED (logged) if there are
     * none, as with probabilities. NULL: never. */
    const volatile sig_atomic_t *stop;
    /* Called between turns once there are shots that a stop leaves as results; or NULL. */
    void (*keep)(void);
    uint32_t shots_per_timeline; /* B, 1024 */
    uint64_t max_branches;       /* 65536 */
    uint64_t
        n_probabilities; /* 0: sample shots; K most likely or RUN_ALL: exact distribution instead */
    uint64_t max_bytes;  /* per rank; 0 = available */
    uint64_t n_replicas; /* sampling by statevector: teams with shots of their own; divides the
                            ranks; 0: one */
    struct network_trace *trace;          /* gets what the network does in timeline 0; or NULL */
    bool keeps_records;                   /* sampling: every shot's key in results->records */
    const struct pauli_sums *observables; /* on the qubits at the end (final_state.h); or NULL */
    /* Sampling: fidelity of the qubits at the end with those of this program without its errors;
     * may be the program itself; or NULL. */
    const struct program *ideal;
    /* Called once with the qubits' state in the engine, before terminal measurements, if it is one
     * pure state; else the run is refused. Shots are then drawn from that state; with several
     * replicas it costs a run of its own. Collective; or NULL. */
    enum status (*visit_state)(void *state_ctx, struct engine *engine,
                               const struct final_qubits *qubits);
    void *state_ctx;
};

/* Keys are bit strings of n_key_bits, bit i = key bit i (rightmost character is bit 0), in words.
 */
struct run_count {
    const uint64_t *key;
    uint64_t n;
};
struct run_probability {
    const uint64_t *key;
    double p;
};
struct run_mean {
    double mean, std_error;
    int64_t min, max;
    uint64_t n; /* timelines */
};
struct run_observable {
    const char *name;
    double value, std_error;
    struct average sums; /* what the two are made of, with shots */
};
struct results {
    struct arena arena;
    const struct program *program; /* borrowed */
    const char *engine;
    const char *precision;  /* of amplitudes; NULL: the engine has none */
    bool is_fast;           /* amplitudes are not the same, bit for bit, in each run */
    uint64_t seed, n_shots; /* shots done */
    uint64_t first_shot;    /* number of the first one */
    uint64_t n_asked;       /* more than n_shots: the run was stopped */
    uint32_t *key_bits;     /* program bits of the key */
    size_t n_key_bits, key_words;
    struct run_count *counts; /* sorted by key, empty when probabilities were asked for */
    size_t n_counts;
    struct run_probability *probabilities; /* by falling p, ties by ascending key */
    size_t n_probabilities;
    /* keeps_records: shot after shot; bit i of a key is bit i % 8 of byte i / 8 of its record. */
    uint8_t *records;
    size_t record_bytes;
    int64_t *shot_makespans_ps; /* per shot, where control flow depends on data; else NULL */
    /* Of the states at the end, before terminal measurements: means over shots, or over all
     * outcomes with probabilities. */
    struct run_observable *observables;
    size_t n_observables;
    /* Mean over shots of |<ideal|psi>|^2. */
    struct run_fidelity {
        bool is_set;
        double mean, std_error;
        struct average sums;
    } fidelity;
    double *p_one;       /* with probabilities: per key bit, exact */
    uint64_t n_outcomes; /* keys with p > 0 */
    /* Per QPU: counts of the bits born there (NULL when probabilities were asked for). */
    struct run_marginal {
        uint32_t *bits; /* program bits, in order */
        size_t n_bits, key_words;
        struct run_count *counts;
        size_t n_counts;
    } * marginals; /* one per QPU of the program */
    /* Per shot means (the exact number where control flow does not depend on data). */
    struct ebit_ledger_mean {
        uint32_t qpu_a, qpu_b;
        double requested, generated, swapped, purified_away, expired, used;
    } * links;
    size_t n_links;
    double n_ebits, n_bits_sent;
    struct packet_counts packets;
    struct run_mean makespan_ps;
    struct network_stats *network; /* sums over timelines; NULL: abstract links */
    uint32_t *peak_comm;           /* per QPU */
    uint32_t peak_group_qubits;
    uint64_t peak_bytes; /* largest rank: as reserved */
    uint64_t planned_bytes;
    uint64_t n_branches; /* dense states evolved in all */
    int n_ranks;
    uint64_t n_replicas;
    double wall_s; /* set by the caller that owns the clock */
};

/* Collective over the team. The program must have passed program_check; machine NULL: ideal.
 * Counts, probabilities and marginals are complete on team rank 0 only; figures on all ranks, or
 * those of a run with a past on team rank 0 only. Errors, logged, on all ranks alike: STATUS_INPUT
 * for what the engine or the clock cannot follow, with the place; STATUS_USAGE for a first shot or
 * a trace that cannot be; STATUS_NOFIT; STATUS_INTERRUPTED (run_options.stop). */
enum status runtime_run(struct results **out_results, const struct program *program,
                        const struct machine *machine, const struct team *team,
                        const struct run_options *options);
void results_destroy(struct results *results);

/* An engine, and why it is that one: part of a sentence. */
struct run_choice {
    const struct engine_class *engine;
    char why[256];
};
/* The engine for sampling: frame for Clifford programs with Pauli errors and corrections, if it has
 * room in max_bytes per rank; else statevector. Logs nothing, except that there is no memory. Not
 * collective. */
enum status runtime_choose(struct run_choice *out_choice, const struct program *program,
                           uint64_t max_bytes);

/* Replicas for sampling by that engine on n_ranks: the most of which each has room for its state
 * and a block of shots; their number divides the ranks. Not collective. */
enum status runtime_choose_replicas(uint64_t *out_n, const struct program *program,
                                    const struct engine_class *engine, enum precision precision,
                                    uint64_t max_bytes, int n_ranks, uint64_t n_blocks);

/* Figures without running: not collective. Errors as of runtime_run, but that what does not fit is
 * none. Cost: O(ops), loops walked twice. */
struct run_plan {
    struct engine_figures engine;
    struct timeline_result *timeline; /* NULL if control flow depends on data */
    /* Control flow that depends on data: as if every IF were taken and every WHILE ran once.
     * REPEATs are multiplied out (saturating). */
    uint64_t n_ebits;
    struct ebit_ledger *links;
    size_t n_links;
    uint32_t *peak_comm;
    uint64_t n_bits_sent;
    struct packet_counts packets;
};
enum status runtime_plan(struct run_plan *out_plan, const struct program *program,
                         const struct machine *machine, const struct engine_class *engine,
                         enum precision precision, int n_ranks);
void run_plan_fini(struct run_plan *plan);

#endif
