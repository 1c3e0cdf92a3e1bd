#include "cli/cli.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/nearest.h"
#include "base/progress.h"
#include "base/text.h"
#include "base/version.h"
#include "cli/interrupt.h"
#include "cli/launcher.h"
#include "cli/load.h"
#include "cli/man.h"
#include "cli/options.h"
#include "cli/outputs.h"
#include "comm/comm.h"

#define EXIT_CODES_SOME                                                                            \
    "Exit codes: 0 done, 1 internal fault, 2 wrong usage, 3 input refused, 4 does not fit"
#define EXIT_CODES EXIT_CODES_SOME "."
#define EXIT_CODES_VERIFY EXIT_CODES_SOME ", 5 not verified."
#define EXIT_CODES_RUN                                                                             \
    EXIT_CODES_SOME ", 85 stopped by a signal: results are of the shots done; 128 + signal: "      \
                    "stopped before there were any, or where nobody reads them."
#define EXIT_CODES_ALL                                                                             \
    EXIT_CODES_SOME ", 5 not verified, 85 stopped by a signal: results are of the shots done; "    \
                    "128 + signal: stopped without results."

const struct cli_command cli_commands[COMMAND_COUNT] = {
    [COMMAND_RUN] =
        {
            .name = "run",
            .brief = "run a circuit or a distributed program",
            .args_help = "CIRCUIT|PROGRAM",
            .summary = "Run a circuit (OpenQASM 2 or 3, Stim, CUNQA's JSON), distributed over "
                       "QPUs, or a distributed program (OpenQASM 3 with qspan pragmas); - reads "
                       "standard input.",
            .details =
                "The state is shared by all ranks: mpirun -n 4 qspan run ..., srun qspan run ... "
                "Counts, probabilities, ledger and times are the same for any number of ranks and "
                "threads. A circuit that measures nothing is measured on all qubits at the end.\n\n"
                "Keys of counts: bit 0 of the first register is rightmost.\n\n"
                "SIGTERM and SIGUSR1 stop a run: the turn of shots under way is broken off, those "
                "done before it are written, and --resume goes on "
                "(docs/batch.md).\n\n" EXIT_CODES_RUN,
            .n_args_min = 1,
            .n_args_max = 1,
            .is_parallel = true,
            .check = cmd_run_check,
            .run = cmd_run,
        },
    [COMMAND_PLAN] =
        {
            .name = "plan",
            .brief = "distribute only: ebits, times, memory",
            .args_help = "CIRCUIT|PROGRAM",
            .summary = "Distribute only: ebits per link, messages, peak communication qubits, "
                       "makespan, memory per rank.",
            .details =
                "Without --machine and --qpus there is one QPU per rank of --ranks. A plan "
                "that needs more memory than a rank may use ends with code 4.\n\n" EXIT_CODES,
            .n_args_min = 1,
            .n_args_max = 1,
            .check = load_check,
            .run = cmd_plan,
        },
    [COMMAND_SAMPLE] =
        {
            .name = "sample",
            .brief = "sample measurements or detection events in bulk",
            .args_help = "FILE|PROGRAM",
            .summary = "Sample measurements, or detection events, of a noisy Clifford circuit "
                       "(Stim's language, OpenQASM) or program with Pauli frames; - reads "
                       "standard input.",
            .details =
                "Measurements are those of one noiseless shot, from a dense tableau, with what "
                "frames say is flipped; detection events need no such shot. A program's "
                "measurements are those into the bits that counts would show.\n\n"
                "Each rank samples shots of its own: mpirun -n 4 qspan sample ... Shots are the "
                "same for any number of ranks and threads, on every processor.\n\nSIGTERM and "
                "SIGUSR1 stop "
                "it after the shots under way: the first ones are written, "
                "whole.\n\n" EXIT_CODES_RUN,
            .n_args_min = 1,
            .n_args_max = 1,
            .is_parallel = true,
            .check = cmd_sample_check,
            .run = cmd_sample,
        },
    [COMMAND_VERIFY] =
        {
            .name = "verify",
            .brief = "check a distributed program, prove it equal to a circuit",
            .args_help = "PROGRAM|CIRCUIT",
            .summary = "Check a distributed program without running it; with --against, prove it "
                       "equal to a circuit or program for every outcome. With --qpus or --machine, "
                       "distribute a circuit and prove the result equal to it.",
            .details =
                "Refused: gates across QPUs, bits used before they are born, halves of ebits "
                "that are never used, communication qubits used while they hold an ebit or "
                "left open at the end.\n\nClifford programs of any size are proved, others up to "
                "about 12 data qubits; what can't be decided ends with code 5. Noise of a circuit "
                "is left out. A program that differs is reported with the outcome that shows it, "
                "what is "
                "left where, and a single change that repairs it, if there is "
                "one.\n\n" EXIT_CODES_VERIFY,
            .n_args_min = 1,
            .n_args_max = 1,
            .is_parallel = true,
            .check = cmd_verify_check,
            .run = cmd_verify,
        },
    [COMMAND_SELFTEST] =
        {
            .name = "selftest",
            .brief = "run the protocols of the library on this build and these ranks",
            .args_help = "[PROTOCOL]",
            .n_args_max = 1,
            .summary = "Run the protocols of examples/protocols, which are built in, on this "
                       "build, this MPI and these ranks: a table of process fidelities.",
            .details =
                "mpirun -n 4 qspan selftest. Every protocol is proved, then run exactly with a "
                "reference for each input, in all bases that its Choi state needs; a fidelity that "
                "is not 1 ends with code 5.\n\n" EXIT_CODES_VERIFY,
            .is_parallel = true,
            .run = cmd_selftest,
        },
    [COMMAND_GEN] =
        {
            .name = "gen",
            .brief = "write a circuit of a known family",
            .args_help = "NAME",
            .summary =
                "Write a circuit of a known family; docs/generators.md defines them all, and "
                "qspan gen NAME --help has the options of one.",
            .details = "The same parameters and seed give the same circuit on every "
                       "machine.\n\n" EXIT_CODES,
            .add_details = gen_add_help,
            .n_args_min = 1,
            .n_args_max = 1,
            .run = cmd_gen,
        },
    [COMMAND_CONVERT] =
        {
            .name = "convert",
            .brief = "write a circuit in another language",
            .args_help = "IN [OUT]",
            .summary = "Read a circuit, write it in another language; - is standard input or "
                       "output, and OUT is - unless it is named.",
            .details =
                "The languages are OpenQASM 2 (.qasm, .qasm2), OpenQASM 3 (.qasm3) and Stim's "
                "(.stim); --to chooses another than OUT's name says. IN may be any of them: a "
                ".stim file is Stim's, others are what their version line or content says. What "
                "the language of OUT cannot say is refused, with its place in IN.\n\n" EXIT_CODES,
            .n_args_min = 1,
            .n_args_max = 2,
            .run = cmd_convert,
        },
    [COMMAND_DEM] =
        {
            .name = "dem",
            .brief = "write the detector error model",
            .args_help = "CIRCUIT|PROGRAM",
            .summary = "Write the detector error model of a Clifford circuit (.stim) or program: "
                       "each independent error with the detectors and observables that it flips, "
                       "in Stim's .dem language.",
            .details =
                "With --machine the errors of its links belong to the model, and a circuit is "
                "distributed first, as with --qpus. docs/dem.md says how errors are split and "
                "what is refused.\n\n" EXIT_CODES,
            .n_args_min = 1,
            .n_args_max = 1,
            .check = cmd_dem_check,
            .run = cmd_dem,
        },
    [COMMAND_MACHINE] =
        {
            .name = "machine",
            .brief = "show a machine file or preset",
            .args_help = "FILE|PRESET",
            .summary = "Show a machine: its QPUs and links, and the YAML that describes it.",
            .details = "The output reads back as a machine file.\n\n" EXIT_CODES,
            .add_details = cmd_machine_add_presets,
            .n_args_min = 1,
            .n_args_max = 1,
            .run = cmd_machine,
        },
    [COMMAND_NETWORK] =
        {
            .name = "network",
            .brief = "run a network alone, under a workload",
            .args_help = "FILE|PRESET",
            .summary = "Run the physical network of a machine under a workload of requests for "
                       "ebits: latency, fidelity, use, what was wasted.",
            .details =
                "Every rank runs the same simulation and all must agree; more ranks are no faster. "
                "docs/network.md says what is modelled.\n\n" EXIT_CODES,
            .add_details = cmd_machine_add_presets,
            .n_args_min = 1,
            .n_args_max = 1,
            .is_parallel = true,
            .run = cmd_network,
        },
    [COMMAND_COMPARE] =
        {
            .name = "compare",
            .brief = "compare two distributions of outcomes",
            .args_help = "A B",
            .summary = "Compare the outcomes in two results files (JSON or HDF5): total variation, "
                       "Hellinger fidelity, chi-square.",
            .details =
                "A file holds counts or exact probabilities (--probabilities all); a JSON object "
                "of keys and counts, or of keys and probabilities, will do, as other tools write "
                "them. docs/formats.md defines the figures.\n\nExit codes: 0 they agree, 5 they "
                "differ: the p-value is below "
                "--alpha, or of two exact distributions the total variation above 1e-9; 1 internal "
                "fault, 2 wrong usage, 3 input refused, 4 does not fit.",
            .n_args_min = 2,
            .n_args_max = 2,
            .check = cmd_compare_check,
            .run = cmd_compare,
        },
    [COMMAND_REPORT] =
        {
            .name = "report",
            .brief = "show what a results file holds",
            .args_help = "FILE",
            .summary = "Show the results in an HDF5 file that -o of run or network wrote, and "
                       "where they come from.",
            .details = EXIT_CODES,
            .n_args_min = 1,
            .n_args_max = 1,
            .run = cmd_report,
        },
    [COMMAND_BENCH] =
        {
            .name = "bench",
            .brief = "time the state vector on this machine and these ranks",
            .args_help = "[QUBITS]",
            .summary = "Time memory, messages and the gates of a few circuits of QUBITS qubits "
                       "(default 22), each three times, on this build, this MPI and these ranks.",
            .details =
                "mpirun -n 4 qspan bench 24. Seconds are the median of the gates alone; updates "
                "are amplitudes that gates would touch one by one; sent is what all ranks send in "
                "so many exchanges of qubits. docs/benchmarking.md says what to "
                "look for.\n\n" EXIT_CODES,
            .n_args_max = 1,
            .is_parallel = true,
            .check = cmd_bench_check,
            .run = cmd_bench,
        },
    [COMMAND_INFO] =
        {
            .name = "info",
            .brief = "show version, libraries and processor",
            .args_help = "",
            .summary = "Show version, libraries, processor, memory and engines.",
            .details = EXIT_CODES,
            .run = cmd_info,
        },
};

static void print_help(void) {
    printf(
        "Usage: qspan COMMAND [OPTION...]\n"
        "Emulate a network of quantum computers: distribute a circuit over QPUs and run it.\n\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        printf("  %-8s %-16s %s\n", cli_commands[i].name, cli_commands[i].args_help,
               cli_commands[i].brief);
    }
    printf("\n  qspan COMMAND --help    options of a command\n"
           "  qspan help --man        manual page\n"
           "  qspan --version         version and build\n\n" EXIT_CODES_ALL "\n");
}

static void print_version(void) {
    printf("qspan %s (%s)\n", QSPAN_VERSION, QSPAN_GIT_HASH);
}

static int refuse_command(const char *word) {
    if (word[0] == '-') {
        return (int)log_error(STATUS_USAGE, "unknown option %s; see qspan --help", word);
    }
    struct nearest near = nearest_start(word);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        nearest_offer(&near, cli_commands[i].name);
    }
    if (near.best) {
        return (int)log_error(STATUS_USAGE, "unknown command '%s'; did you mean %s?", word,
                              near.best);
    }
    return (int)log_error(STATUS_USAGE, "unknown command '%s'; see qspan --help", word);
}

static enum status start(bool is_parallel, int *argc, char ***argv) {
    return is_parallel ? comm_start(argc, argv) : comm_start_alone();
}

/* Output that the system did not take, e.g. on a full disk. */
static enum status flush_output(enum status status) {
    errno = 0;
    if (fflush(stdout) != 0 || ferror(stdout)) {
        /* A reason that went with an earlier write is most likely a full disk. */
        return status == STATUS_OK ? file_refuse_write("-", errno != 0 ? errno : ENOSPC) : status;
    }
    return status;
}

/* What a shell reads as this word. */
static void add_word(struct text *out, const char *word) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "@%+=:,./_-";
    if (word[0] != '\0' && word[strspn(word, plain)] == '\0') {
        text_add(out, word);
        return;
    }
    text_add(out, "'");
    for (const char *c = word; *c; c++) {
        text_add_n(out, *c == '\'' ? "'\\''" : c, *c == '\'' ? 4 : 1);
    }
    text_add(out, "'");
}

/* Is this one of several processes that would do the same, and not the first? */
static bool is_idle_copy(const struct cli_command *command) {
    return !command->is_parallel && launcher_rank() > 0 && launcher_is_parent();
}

static void note_idle_copies(const struct cli_command *command) {
    if (!command->is_parallel && launcher_size() > 1 && launcher_is_parent()) {
        log_note("%s takes one process: the others of this launcher do nothing", command->name);
    }
}

/* qspan COMMAND --help, of one process; qspan gen NAME --help has what NAME takes. */
static enum status print_options(enum command_id id, const struct cli_options *options, int rank) {
    const struct generator *generator = NULL;
    if (id == COMMAND_GEN && options->n_args > 0) {
        generator = gen_find(options->args[0]);
        TRY(generator ? STATUS_OK : STATUS_USAGE);
    }
    if (rank == 0) {
        options_print_help(id, generator);
    }
    return flush_output(STATUS_OK);
}

static enum status run_words(enum command_id id, int argc, char **argv, const char *command_line) {
    const struct cli_command *command = &cli_commands[id];
    struct cli_options options;
    const int rank = launcher_is_parent() || command->is_parallel ? launcher_rank() : 0;
    log_set_rank(rank, 1);
    if (is_idle_copy(command)) {
        return STATUS_OK;
    }
    enum status status = options_parse(&options, id, argc, argv);
    if (status != STATUS_OK) {
        return status;
    }
    options.command_line = command_line;
    if (!cli_is_given(&options, OPTION_RANKS) && launcher_is_parent()) {
        options.n_ranks = launcher_size();
    }
    if (options.wants_help) {
        return print_options(id, &options, rank);
    }
    status = outputs_check(&options, id);
    if (status == STATUS_OK && command->check != NULL) {
        status = command->check(&options);
    }
    if (status != STATUS_OK) {
        return status;
    }
    log_set_quiet(options.is_quiet);
    note_idle_copies(command);
    status = start(command->is_parallel, &argc, &argv);
    if (status != STATUS_OK) {
        return status;
    }
    options.t_start_s = clock_now_s();
    const bool is_writer = team_rank(comm_world()) == 0;
    status = comm_agree(comm_world(), is_writer ? outputs_check_files(&options, id) : STATUS_OK);
    if (status == STATUS_OK) {
        status = comm_agree(comm_world(), flush_output(command->run(&options)));
    }
    if (status == STATUS_EMPTY) {
        interrupt_share(comm_world());
    }
    comm_stop();
    return status;
}

static int run_command(enum command_id id, int argc, char **argv) {
    struct text line = {0};
    text_add(&line, "qspan");
    for (int i = 0; i < argc; i++) { /* before argp changes their order */
        text_add(&line, " ");
        add_word(&line, argv[i]);
    }
    enum status status = run_words(id, argc, argv, line.failed ? "" : line.data);
    text_fini(&line);
    return status == STATUS_EMPTY ? 128 + (int)interrupt_signal : (int)status;
}

/* COMMAND_COUNT if there is none. */
static int find_command(const char *word) {
    int id = 0;
    while (id < COMMAND_COUNT && strcmp(word, cli_commands[id].name) != 0) {
        id++;
    }
    return id;
}

static int print_man(void) {
    struct text page = {0};
    man_add_page(&page);
    const bool has_failed = page.failed;
    fputs(has_failed ? "" : page.data, stdout);
    text_fini(&page);
    return (int)(has_failed ? log_error(STATUS_NOFIT, "out of memory") : flush_output(STATUS_OK));
}

static bool is_help(const char *word) {
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
}

/* qspan help COMMAND, qspan help --man */
static int help_command(const char *word) {
    const int id = find_command(word);
    if (strcmp(word, "--man") == 0) {
        return print_man();
    }
    if (is_help(word)) {
        print_help();
        return (int)flush_output(STATUS_OK);
    }
    if (id == COMMAND_COUNT) {
        return refuse_command(word);
    }
    options_print_help((enum command_id)id, NULL);
    return (int)flush_output(STATUS_OK);
}

int cli_main(int argc, char **argv) {
    const char *word = argc > 1 ? argv[1] : "--help";
    const int id = find_command(word);
    signal(SIGXFSZ, SIG_IGN); /* a write beyond the limit of file size fails as on a full disk */
    interrupt_init();
    if (id < COMMAND_COUNT) {
        return run_command((enum command_id)id, argc - 1, argv + 1);
    }
    if (launcher_rank() > 0 && launcher_is_parent()) {
        return (int)STATUS_OK; /* rank 0 says it */
    }
    if (strcmp(word, "help") == 0 && argc > 2) {
        return help_command(argv[2]);
    }
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
        print_version();
        return (int)flush_output(STATUS_OK);
    }
    if (is_help(word)) {
        print_help();
        return argc > 1 ? (int)flush_output(STATUS_OK) : (int)STATUS_USAGE;
    }
    return refuse_command(word);
}
