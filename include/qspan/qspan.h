/* qspan: an emulator of networks of quantum computers, as a library.
 *
 * A circuit is distributed over the QPUs of a machine; out comes a program, which is planned or
 * run; a run gives results. Each step takes the objects of the one before and changes none of them.
 *
 *     struct qspan_session *session;
 *     qspan_open(&session);
 *     qspan_circuit_read(session, &circuit, "bell.qasm");
 *     qspan_machine_ideal(session, &machine, 2, circuit);
 *     qspan_distribute(&program, circuit, machine);
 *     qspan_run(&results, program, machine, NULL);
 *
 * Conventions. Functions that can fail return enum qspan_status; outputs come first, are set only
 * on success and belong to the caller, who gives them to the _destroy function of their type (which
 * takes NULL). Any of them may say QSPAN_NOFIT, for want of memory; other errors are as said there.
 * Strings are UTF-8 and 0-terminated; those returned as const char * live as long as the object
 * they were asked of. Inputs are copied unless said otherwise. Why a call failed says qspan_error;
 * nothing is printed. A caller's bug (a NULL object, an index out of range) ends the process, with
 * qspan_mpi.h all ranks, with a message.
 *
 * One session at a time in a process; not thread safe: one thread calls. With qspan_mpi.h all ranks
 * of the session make the same calls in the same order with equal arguments: those marked
 * "collective" wait for each other and return the same status; the others answer from this rank's
 * memory. */
#ifndef QSPAN_H
#define QSPAN_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define QSPAN_API __attribute__((visibility("default")))
#else
#define QSPAN_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

enum qspan_status {
    QSPAN_OK = 0,
    QSPAN_INTERNAL = 1, /* a fault of qspan */
    QSPAN_USAGE = 2,    /* arguments that make no sense; a file that cannot be written */
    QSPAN_INPUT = 3,    /* a file or text was refused: the error names file:line:column */
    QSPAN_NOFIT = 4     /* not enough memory or disk: the error has the figure */
};

/* Of amplitudes: single takes half the memory and about half the time, and gives about 6 digits. */
enum qspan_precision { QSPAN_DOUBLE = 0, QSPAN_SINGLE = 1 };

/* Statevector runs any program. Frame draws shots of Clifford programs with Pauli errors and Pauli
 * corrections on parities, of any number of qubits. Auto takes frame where it can run the program
 * and nothing asks for amplitudes, else statevector; a note says why (docs/design.md). */
enum qspan_engine { QSPAN_AUTO = 0, QSPAN_STATEVECTOR = 1, QSPAN_FRAME = 2 };

/* Of a message. */
enum qspan_level { QSPAN_LEVEL_ERROR = 0, QSPAN_LEVEL_WARNING = 1, QSPAN_LEVEL_NOTE = 2 };

/* Fused: copies of qubits take no comm qubits in the state; the same results, ebits and times
 * (docs/program.md). */
enum qspan_protocol { QSPAN_EXPLICIT = 0, QSPAN_FUSED = 1 };

struct qspan_session;
struct qspan_circuit;
struct qspan_machine;
struct qspan_noise;
struct qspan_program;
struct qspan_plan;
struct qspan_options;
struct qspan_results;

/* "0.1.0" */
QSPAN_API const char *qspan_version(void);

/* ---- session ---- */

/* A session of this process alone; starts no MPI. QSPAN_USAGE while another is open. (There is no
 * text of an error yet.) */
QSPAN_API enum qspan_status qspan_open(struct qspan_session **out_session);
/* All objects of the session must be destroyed before. Collective. Takes NULL. */
QSPAN_API void qspan_close(struct qspan_session *session);
/* Text of the last failure on this rank, "" before the first; valid until the next call that fails.
 */
QSPAN_API const char *qspan_error(const struct qspan_session *session);
/* Calls log(ctx, ...) with errors, warnings and notes (what qspan chose by itself) as they come, on
 * rank 0; the text is log's until it returns. NULL: none. */
QSPAN_API void qspan_set_log(struct qspan_session *session,
                             void (*log)(void *ctx, enum qspan_level level, const char *text),
                             void *ctx);
/* Of this process in the session, 0 to n_ranks - 1; not always that of qspan_open_mpi's comm. */
QSPAN_API int qspan_rank(const struct qspan_session *session);
QSPAN_API int qspan_n_ranks(const struct qspan_session *session);
/* Frees text that a function below allocated; takes NULL. */
QSPAN_API void qspan_free(void *text);

/* ---- circuits: OpenQASM 2 and 3; Stim's language if the name ends in .stim ---- */

/* A file, read by rank 0; files that it includes are read by every rank. A circuit that measures
 * nothing is measured on all qubits at the end. QSPAN_INPUT for what is no such circuit, programs
 * included. Collective. */
QSPAN_API enum qspan_status qspan_circuit_read(struct qspan_session *session,
                                               struct qspan_circuit **out_circuit,
                                               const char *path);
/* The same from a text of n bytes, which need not end in 0; `name` is for messages, and includes
 * are relative to its folder. Collective. */
QSPAN_API enum qspan_status qspan_circuit_parse(struct qspan_session *session,
                                                struct qspan_circuit **out_circuit,
                                                const char *name, const char *text, size_t n);
QSPAN_API void qspan_circuit_destroy(struct qspan_circuit *circuit);
QSPAN_API uint32_t qspan_circuit_n_qubits(const struct qspan_circuit *circuit);

/* ---- machines (docs/machine.md) ---- */

/* A YAML file, read by rank 0, or a preset such as "werner:n=4,data=8,comm=2,F=0.95". QSPAN_INPUT
 * for neither. Collective. */
QSPAN_API enum qspan_status qspan_machine_read(struct qspan_session *session,
                                               struct qspan_machine **out_machine,
                                               const char *path_or_preset);
/* The same from YAML of n bytes; `name` is for messages. Collective. */
QSPAN_API enum qspan_status qspan_machine_parse(struct qspan_session *session,
                                                struct qspan_machine **out_machine,
                                                const char *name, const char *text, size_t n);
/* n_qpus QPUs A, B ... with ideal links and room for the circuit's qubits. QSPAN_USAGE unless 1 to
 * 2^20. Collective. */
QSPAN_API enum qspan_status qspan_machine_ideal(struct qspan_session *session,
                                                struct qspan_machine **out_machine, uint32_t n_qpus,
                                                const struct qspan_circuit *circuit);
QSPAN_API void qspan_machine_destroy(struct qspan_machine *machine);
QSPAN_API uint32_t qspan_machine_n_qpus(const struct qspan_machine *machine);

/* ---- noise models (docs/noise.md) ---- */

/* Which errors follow which operations, as YAML, read by rank 0. QSPAN_INPUT for what is none.
 * Collective. */
QSPAN_API enum qspan_status qspan_noise_read(struct qspan_session *session,
                                             struct qspan_noise **out_noise, const char *path);
/* The same from a text of n bytes; `name` is for messages. Collective. */
QSPAN_API enum qspan_status qspan_noise_parse(struct qspan_session *session,
                                              struct qspan_noise **out_noise, const char *name,
                                              const char *text, size_t n);
QSPAN_API void qspan_noise_destroy(struct qspan_noise *noise);

/* ---- programs (docs/program.md) ---- */

/* Cuts the circuit over the machine's QPUs by the fixed rules of docs/distribute.md. QSPAN_INPUT
 * where it does not go on them, with the place in the circuit. Collective. */
QSPAN_API enum qspan_status qspan_distribute(struct qspan_program **out_program,
                                             const struct qspan_circuit *circuit,
                                             const struct qspan_machine *machine);
/* A program as text (OpenQASM 3 with qspan's pragmas, or CUNQA's JSON), read by rank 0 and checked.
 * QSPAN_INPUT for what is none or breaks the rules. Collective. */
QSPAN_API enum qspan_status qspan_program_read(struct qspan_session *session,
                                               struct qspan_program **out_program,
                                               const char *path);
/* The same from a text of n bytes; `name` is for messages. Collective. */
QSPAN_API enum qspan_status qspan_program_parse(struct qspan_session *session,
                                                struct qspan_program **out_program,
                                                const char *name, const char *text, size_t n);
/* How its remote gates run; else explicit, or what its text says. QSPAN_USAGE while there are
 * results of it. */
QSPAN_API enum qspan_status qspan_program_set_protocol(struct qspan_program *program,
                                                       enum qspan_protocol protocol);
/* Results keep what they need of it. */
QSPAN_API void qspan_program_destroy(struct qspan_program *program);
/* Its text, which reads back; qspan_free it. */
QSPAN_API enum qspan_status qspan_program_print(const struct qspan_program *program,
                                                char **out_text);
QSPAN_API uint32_t qspan_program_n_qpus(const struct qspan_program *program);
/* qpu: from 0. */
QSPAN_API const char *qspan_program_qpu_name(const struct qspan_program *program, uint32_t qpu);

/* ---- plans: figures without running ---- */

/* What qspan_run would do with these on n_ranks, in time that grows with the operations, not with
 * the state. machine may be NULL: ideal links; options may be NULL: defaults. Errors as of
 * qspan_run (T1 and T2 are let pass), and QSPAN_USAGE unless 1 to 2^20 ranks; that a plan does not
 * fit is none: the caller compares. Not collective: memory that is available is this rank's. */
QSPAN_API enum qspan_status qspan_plan_create(struct qspan_plan **out_plan,
                                              const struct qspan_program *program,
                                              const struct qspan_machine *machine, int n_ranks,
                                              const struct qspan_options *options);
QSPAN_API void qspan_plan_destroy(struct qspan_plan *plan);
/* "statevector" or "frame" */
QSPAN_API const char *qspan_plan_engine(const struct qspan_plan *plan);
QSPAN_API uint64_t qspan_plan_n_ebits(const struct qspan_plan *plan);     /* per shot */
QSPAN_API uint64_t qspan_plan_n_bits_sent(const struct qspan_plan *plan); /* per shot */
/* Qubits of the largest state vector; frame: 0. */
QSPAN_API uint32_t qspan_plan_peak_group_qubits(const struct qspan_plan *plan);
/* Bytes that a rank needs at most, state and buffers. */
QSPAN_API uint64_t qspan_plan_bytes_per_rank(const struct qspan_plan *plan);
/* Simulated time in picoseconds; -1 if it depends on measured bits. */
QSPAN_API int64_t qspan_plan_makespan_ps(const struct qspan_plan *plan);

/* ---- options of a run ---- */

/* Setters are not collective, but all ranks set the same. A value out of range is QSPAN_USAGE and
 * changes nothing. */

#define QSPAN_ALL UINT64_MAX

/* Defaults: 1024 shots, a seed from the operating system. */
QSPAN_API enum qspan_status qspan_options_create(struct qspan_session *session,
                                                 struct qspan_options **out_options);
QSPAN_API void qspan_options_destroy(struct qspan_options *options);
/* 1 to 2^32 - 1. */
QSPAN_API enum qspan_status qspan_options_set_shots(struct qspan_options *options,
                                                    uint64_t n_shots);
/* Below 2^63. */
QSPAN_API enum qspan_status qspan_options_set_seed(struct qspan_options *options, uint64_t seed);
/* Shots that share a network timeline, 1 to 2^32 - 1; default 1024. */
QSPAN_API enum qspan_status qspan_options_set_shots_per_timeline(struct qspan_options *options,
                                                                 uint64_t n_shots);
/* The exact distribution instead of shots: its n most likely outcomes, or QSPAN_ALL; 0: shots. */
QSPAN_API enum qspan_status qspan_options_set_probabilities(struct qspan_options *options,
                                                            uint64_t n);
/* Most outcome branches that exact runs follow; default 65536. */
QSPAN_API enum qspan_status qspan_options_set_max_branches(struct qspan_options *options,
                                                           uint64_t n);
/* Default: auto. What the engine cannot run is refused with the place in the program. */
QSPAN_API enum qspan_status qspan_options_set_engine(struct qspan_options *options,
                                                     enum qspan_engine engine);
/* Errors of operations beside those that the machine gives its QPUs; NULL: none. The model is
 * borrowed: it must outlive the runs and plans with these options. Where there are errors, exact
 * probabilities are refused. */
QSPAN_API enum qspan_status qspan_options_set_noise(struct qspan_options *options,
                                                    const struct qspan_noise *noise);
/* Teams of ranks with a copy of the state each, that share the shots: a divisor of the ranks; 0:
 * as many as have room; default 1. Frames share shots over all ranks anyway. */
QSPAN_API enum qspan_status qspan_options_set_replicas(struct qspan_options *options, uint64_t n);
/* Default: double; single is statevector's. */
QSPAN_API enum qspan_status qspan_options_set_precision(struct qspan_options *options,
                                                        enum qspan_precision precision);
/* 1: times measured on this machine choose how gates are put together; amplitudes may differ in
 * their last digits from run to run. Default: 0. Without effect on frames. */
QSPAN_API enum qspan_status qspan_options_set_fast(struct qspan_options *options, int is_fast);
/* What a rank may use, in bytes; 0: what is available. */
QSPAN_API enum qspan_status qspan_options_set_memory_per_rank(struct qspan_options *options,
                                                              uint64_t n_bytes);
/* Whether the results hold every shot, n_key_bits / 8 bytes each on rank 0; default: no. */
QSPAN_API enum qspan_status qspan_options_keep_records(struct qspan_options *options, int keep);
/* Pauli sums (docs/formats.md), read when a run knows its qubits, which then may say QSPAN_INPUT;
 * NULL: none. */
QSPAN_API enum qspan_status qspan_options_set_observables(struct qspan_options *options,
                                                          const char *text);
/* Fidelity with this program without its errors, e.g. the circuit on one QPU; NULL: none. The
 * program is borrowed: it must outlive the runs with these options. */
QSPAN_API enum qspan_status qspan_options_set_ideal(struct qspan_options *options,
                                                    const struct qspan_program *program);
/* Writes the state before terminal measurements there as HDF5, if it is one pure state, else the
 * run is QSPAN_INPUT; NULL: no. */
QSPAN_API enum qspan_status qspan_options_set_state_file(struct qspan_options *options,
                                                         const char *path);

/* ---- runs and results ---- */

/* Takes the shots. machine may be NULL: ideal links, and no errors of its own; else it has QPUs of
 * the program's names. options may be NULL: defaults. Errors: QSPAN_INPUT for what the engine
 * cannot follow, with the place in the program, and for T1 and T2 of a machine; QSPAN_USAGE for
 * options that exclude each other; QSPAN_NOFIT before the first gate where memory does not do.
 * Blocks until it is done: signals are the caller's. Collective. */
QSPAN_API enum qspan_status qspan_run(struct qspan_results **out_results,
                                      const struct qspan_program *program,
                                      const struct qspan_machine *machine,
                                      const struct qspan_options *options);
QSPAN_API void qspan_results_destroy(struct qspan_results *results);

/* "statevector" or "frame" */
QSPAN_API const char *qspan_results_engine(const struct qspan_results *results);
QSPAN_API uint64_t qspan_results_n_replicas(const struct qspan_results *results);
/* The one that was drawn, if none was set. */
QSPAN_API uint64_t qspan_results_seed(const struct qspan_results *results);
/* 0 of an exact run. */
QSPAN_API uint64_t qspan_results_n_shots(const struct qspan_results *results);
/* Bits of a key, those of the circuit's registers in order of declaration (of a program, of its
 * output registers, if it has any): bit 0 of the first one is the rightmost character. */
QSPAN_API size_t qspan_results_n_key_bits(const struct qspan_results *results);
/* Counts by rising key, on rank 0 (elsewhere none; none of an exact run): i from 0 to n_counts - 1.
 * out_key: room for n_key_bits + 1 characters, or NULL. */
QSPAN_API size_t qspan_results_n_counts(const struct qspan_results *results);
QSPAN_API uint64_t qspan_results_count(const struct qspan_results *results, char *out_key,
                                       size_t i);
/* The shots with this key, on rank 0: 0 for one that never came. Takes log(n_counts) steps. */
QSPAN_API uint64_t qspan_results_find_count(const struct qspan_results *results, const char *key);
/* Probabilities by falling value, then rising key, on rank 0, of an exact run (else none). */
QSPAN_API size_t qspan_results_n_probabilities(const struct qspan_results *results);
QSPAN_API double qspan_results_probability(const struct qspan_results *results, char *out_key,
                                           size_t i);
/* The key of a shot, from 0, on rank 0, if records were kept. QSPAN_USAGE if there is none. */
QSPAN_API enum qspan_status qspan_results_record(const struct qspan_results *results, char *out_key,
                                                 uint64_t shot);
/* Expectation values, in the order of the Pauli sums: name ("observable" where it has none), value,
 * standard error (0 of an exact run). */
QSPAN_API size_t qspan_results_n_observables(const struct qspan_results *results);
QSPAN_API const char *qspan_results_observable(const struct qspan_results *results,
                                               double *out_value, double *out_std_error, size_t i);
/* Mean state fidelity and its standard error; QSPAN_USAGE if it was not asked for. */
QSPAN_API enum qspan_status qspan_results_fidelity(const struct qspan_results *results,
                                                   double *out_mean, double *out_std_error);
/* Per shot: means where control flow depends on measured bits. */
QSPAN_API double qspan_results_n_ebits(const struct qspan_results *results);
QSPAN_API double qspan_results_n_bits_sent(const struct qspan_results *results);
/* When the last QPU ends, in picoseconds: mean over timelines. */
QSPAN_API double qspan_results_makespan_ps(const struct qspan_results *results);
/* Qubits of the largest state vector; frame: 0. */
QSPAN_API uint32_t qspan_results_peak_group_qubits(const struct qspan_results *results);
/* All of it as JSON (docs/formats.md), on rank 0 (QSPAN_USAGE elsewhere); qspan_free it. */
QSPAN_API enum qspan_status qspan_results_json(const struct qspan_results *results,
                                               char **out_text);
/* The same as an HDF5 file, written by rank 0: whole or not at all. QSPAN_USAGE where it cannot be
 * written, QSPAN_NOFIT on a full disk. Collective. */
QSPAN_API enum qspan_status qspan_results_write(const struct qspan_results *results,
                                                const char *path);

#ifdef __cplusplus
}
#endif

#endif
