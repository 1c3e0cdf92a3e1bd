/* From the files on the command line to a checked program and its machine: what run and plan share.
 *
 * Rank 0 reads the main file and the machine file and sends their text to the others; files that a
 * circuit includes are read by every rank. Ranks agree after each stage. */
#ifndef QSPAN_CLI_LOAD_H
#define QSPAN_CLI_LOAD_H

#include "circuit/circuit.h"
#include "cli/cli.h"
#include "comm/comm.h"
#include "engine/engine.h"
#include "machine/machine.h"
#include "machine/noise_model.h"
#include "program/program.h"

struct load {
    struct machine *machine; /* NULL: a program file without --machine, i.e. ideal */
    struct program *program;
    struct program *ideal;     /* --fidelity, of a circuit: it on one QPU; else NULL */
    struct noise_model *noise; /* --noise, after load_noise; NULL: none */
};

/* Options about the input that exclude each other: STATUS_USAGE, logged. */
enum status load_check(const struct cli_options *options);
/* Options that say how to distribute or read a circuit, given for a program. STATUS_USAGE, logged.
 */
enum status load_check_program(const struct cli_options *options);
/* Of these only those on its language; `name` is the program. */
enum status load_check_language(const struct cli_options *options, const char *name);
/* Whether the files that a run, a proof or a measurement will write can be written: what should be
 * known before a long one. STATUS_USAGE or STATUS_NOFIT, logged. Collective. */
enum status load_check_writable(const struct cli_options *options, const struct team *team);
/* Options that say how to distribute a circuit, where that is not done. STATUS_USAGE, logged. */
enum status load_check_undistributed(const struct cli_options *options);
/* A circuit is distributed over the machine; n_default_qpus, with a note (0: one without), where
 * neither --machine nor --qpus is given. Errors: by the exit codes of --help, logged; then nothing
 * is kept. Collective. */
enum status load_input(struct load *out_load, const struct cli_options *options,
                       const struct team *team, uint32_t n_default_qpus);
/* As load_input, but a circuit of Stim's language keeps loops, noise, detectors and results that
 * may be wrong, for what does not run gates. */
enum status load_input_kept(struct load *out_load, const struct cli_options *options,
                            const struct team *team, uint32_t n_default_qpus);
/* The errors of --noise and of the machine become ops of the program. Collective. */
enum status load_noise(struct load *load, const struct cli_options *options,
                       const struct team *team);
/* --replicas on n_ranks for shots by state vectors: 1 where it is not given. Errors: STATUS_USAGE.
 */
enum status load_replicas(uint64_t *out_n, const struct cli_options *options,
                          const struct load *load, const struct engine_class *engine, int n_ranks);
void load_fini(struct load *load);

/* A circuit from the text of the file `name`: Stim's language where that ends in .stim, else
 * OpenQASM, as circuit_read_text finds. */
enum status load_read_circuit(struct circuit **out_circuit, const struct cli_options *options,
                              const char *name, const char *text, size_t n);
/* What load_input does with a circuit in plain ops, which takes the placement. Collective. */
enum status load_distribute(struct load *out_load, struct circuit *circuit,
                            const struct cli_options *options, const struct team *team,
                            uint32_t n_default_qpus);
/* The text of a file on every rank; mem_free it. Collective. */
enum status load_text(char **out_text, size_t *out_n, const struct team *team, const char *path);
/* --memory-per-rank, else what each of n_ranks may use (comm_memory_share). */
uint64_t load_max_bytes(const struct cli_options *options, int n_ranks);
/* --precision */
enum precision load_precision(const struct cli_options *options);
/* --engine; auto: what runtime_choose says, or statevector where amplitudes are asked for, with a
 * note on why. */
enum status load_engine(const struct engine_class **out_engine, const struct cli_options *options,
                        const struct load *load, int n_ranks);

#endif
