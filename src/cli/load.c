#include "cli/load.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "circuit/circuit.h"
#include "circuit/placement_file.h"
#include "distribute/distribute.h"
#include "program/packets.h"
#include "runtime/runtime.h"
#include "schedule/noise_apply.h"

static const size_t max_file_bytes = (size_t)1 << 31;
enum { SHOWN_NAMES = 8 };

enum status load_check_writable(const struct cli_options *options, const struct team *team) {
    const char *const paths[] = {options->json, options->output, options->state, options->trace};
    const bool has_state = options->state != NULL && team_rank(team) == 0;
    enum status status = has_state ? file_check_regular(options->state) : STATUS_OK;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0] && status == STATUS_OK; i++) {
        if (paths[i] && team_rank(team) == 0) {
            status = file_check_writable(paths[i]);
        }
    }
    return comm_agree(team, status);
}

enum status load_text(char **out_text, size_t *out_n, const struct team *team, const char *path) {
    return comm_read_file(team, out_text, out_n, path, max_file_bytes);
}

static void note_names(const char *preset, const char *const *names, size_t n) {
    struct text list = {0};
    for (size_t i = 0; i < n && i < SHOWN_NAMES; i++) {
        text_printf(&list, "%s%s", i > 0 ? " " : "", names[i]);
    }
    text_add(&list, n > SHOWN_NAMES ? " ..." : "");
    log_note("the QPUs of %s take the names that the input has for them: %s", preset,
             list.data ? list.data : "");
    text_fini(&list);
}

/* A preset names its QPUs by itself; an input with names of its own, of which it has none, gives
 * its first QPUs those. A file's names stay: one that is missing may be a slip. */
static enum status name_preset(struct machine *machine, const struct cli_options *options,
                               const char *const *names, size_t n) {
    bool has_any = n == 0 || n > machine->n_qpus || !machine_is_preset(options->machine);
    for (size_t i = 0; i < n && !has_any; i++) {
        has_any = machine_find_qpu(machine, names[i]) != OP_NO_QPU;
    }
    if (has_any) {
        return STATUS_OK;
    }
    const char **all = mem_alloc(machine->n_qpus, sizeof *all);
    if (!all) {
        return STATUS_NOFIT;
    }
    for (size_t i = 0; i < machine->n_qpus; i++) {
        all[i] = i < n ? names[i] : machine->qpus[i].name;
    }
    const enum status status = machine_rename_qpus(machine, all);
    machine->text = NULL; /* in the arena; of the names before */
    mem_free(all);
    note_names(options->machine, names, n);
    return status;
}

/* QPUs for a circuit without --machine: --qpus, else as its placement names, else the default. */
static uint32_t choose_qpus(const struct cli_options *options, const struct circuit *circuit,
                            uint32_t n_default) {
    if (cli_is_given(options, OPTION_QPUS)) {
        return (uint32_t)options->n_qpus;
    }
    if (circuit->n_placed_qpus > 0) {
        log_note("%zu QPUs: as many as the circuit's placement names", circuit->n_placed_qpus);
        return u32_from_size(circuit->n_placed_qpus);
    }
    if (n_default == 0) {
        return 1;
    }
    log_note("%u QPU%s: one per rank; --qpus or --machine choose otherwise", n_default,
             n_default == 1 ? "" : "s");
    return n_default;
}

/* Names and sizes the QPUs of an ideal machine as the circuit's placement wants them. */
static enum status fit_placement(struct machine *machine, const struct circuit *circuit) {
    size_t n_placed = circuit->n_placed_qpus;
    if (n_placed != machine->n_qpus) {
        return STATUS_OK; /* the distributor says what does not fit */
    }
    uint32_t *n_data = mem_alloc(n_placed, sizeof *n_data);
    if (!n_data) {
        return STATUS_NOFIT;
    }
    for (uint32_t qb = 0; qb < circuit->n_qubits; qb++) {
        if (circuit->placement[qb] < n_placed) {
            n_data[circuit->placement[qb]]++;
        }
    }
    for (size_t i = 0; i < n_placed; i++) {
        uint32_t n_own = machine->qpus[i].n_data;
        machine->qpus[i].n_data = n_data[i] > n_own ? n_data[i] : n_own;
    }
    mem_free(n_data);
    return machine_rename_qpus(machine, circuit->placed_qpus);
}

static enum status make_machine(struct machine **out_machine, const struct cli_options *options,
                                const struct circuit *circuit, uint32_t n_default_qpus) {
    uint32_t n_comm =
        cli_is_given(options, OPTION_COMM_QUBITS) ? (uint32_t)options->n_comm : MACHINE_UNLIMITED;
    struct machine *machine = NULL;
    TRY(machine_create_ideal(&machine, choose_qpus(options, circuit, n_default_qpus),
                             circuit->n_qubits, n_comm));
    enum status status = circuit->n_placed_qpus > 0 ? fit_placement(machine, circuit) : STATUS_OK;
    if (status != STATUS_OK) {
        machine_destroy(machine);
        return status;
    }
    *out_machine = machine;
    return STATUS_OK;
}

/* --placement even, as a file would say it: qubits in order, the first QPUs one more. */
static enum status write_even(char **out_text, size_t *out_n, uint32_t n_qubits, uint64_t n_qpus) {
    struct text text = {0};
    for (uint32_t qb = 0; qb < n_qubits; qb++) {
        const uint64_t n_each = n_qubits / n_qpus, n_more = n_qubits % n_qpus;
        const uint64_t n_large = n_more * (n_each + 1);
        text_printf(&text, "%" PRIu64 "\n",
                    qb < n_large ? qb / (n_each + 1) : n_more + (qb - n_large) / n_each);
    }
    if (text.failed) {
        text_fini(&text);
        return STATUS_NOFIT;
    }
    *out_text = text.data;
    *out_n = text.n;
    return STATUS_OK;
}

/* --placement. Numbers in it count the QPUs of --machine. */
static enum status load_placement(struct circuit *circuit, const struct cli_options *options,
                                  const struct team *team, const struct machine *machine) {
    size_t n_names = machine ? machine->n_qpus : 0, n = 0;
    char *text = NULL;
    if (strcmp(options->placement, "even") == 0) {
        if (!machine) {
            return log_error(STATUS_USAGE, "--placement even goes with --machine; --qpus and ranks "
                                           "get as many qubits each by themselves");
        }
        TRY(comm_agree(team, write_even(&text, &n, circuit->n_qubits, machine->n_qpus)));
    } else {
        TRY(load_text(&text, &n, team, options->placement));
    }
    enum status status = STATUS_NOFIT;
    const char **names = mem_alloc(n_names, sizeof *names);
    if (names) {
        for (size_t i = 0; i < n_names; i++) {
            names[i] = machine->qpus[i].name;
        }
        status = placement_file_read_text(circuit, options->placement, text, n, names, n_names);
    }
    mem_free(names);
    mem_free(text);
    return comm_agree(team, status);
}

enum precision load_precision(const struct cli_options *options) {
    return strcmp(options->precision, "single") == 0 ? PRECISION_SINGLE : PRECISION_DOUBLE;
}

enum status load_check(const struct cli_options *options) {
    if (options->machine && cli_is_given(options, OPTION_QPUS)) {
        return log_error(STATUS_USAGE, "--machine and --qpus exclude each other");
    }
    if (options->machine && cli_is_given(options, OPTION_COMM_QUBITS)) {
        return log_error(STATUS_USAGE, "--comm-qubits goes with --qpus; the machine has its own");
    }
    const bool is_single = load_precision(options) == PRECISION_SINGLE;
    if (strcmp(options->engine, "frame") == 0 && (is_single || options->is_fast)) {
        return log_error(STATUS_USAGE,
                         "%s is of amplitudes, and engine frame has none: --engine statevector",
                         is_single ? "--precision single" : "--fast");
    }
    return STATUS_OK;
}

static bool is_braket(const struct cli_options *options) {
    return options->dialect != NULL && strcmp(options->dialect, "braket") == 0;
}

enum status load_check_undistributed(const struct cli_options *options) {
    const char *name = cli_is_given(options, OPTION_COMM_QUBITS)  ? "comm-qubits"
                       : options->placement != NULL               ? "placement"
                       : cli_is_given(options, OPTION_DISTRIBUTE) ? "distribute"
                                                                  : NULL;
    return name == NULL ? STATUS_OK
                        : log_error(STATUS_USAGE,
                                    "--%s goes with --qpus or --machine: without them %s is "
                                    "not distributed",
                                    name, options->args[0]);
}

enum status load_check_language(const struct cli_options *options, const char *name) {
    if (options->n_params > 0) {
        return log_error(STATUS_USAGE,
                         "--param %.48s: %s is a program, which has no input variables",
                         options->params[0], name);
    }
    if (is_braket(options)) {
        return log_error(STATUS_USAGE, "--dialect braket is of circuits, and %s is a program",
                         name);
    }
    return STATUS_OK;
}

enum status load_check_program(const struct cli_options *options) {
    const char *name = options->args[0];
    if (cli_is_given(options, OPTION_QPUS) || cli_is_given(options, OPTION_COMM_QUBITS)) {
        return log_error(STATUS_USAGE,
                         "%s is a program and names its own QPUs: no --qpus and no --comm-qubits",
                         name);
    }
    if (options->placement) {
        return log_error(STATUS_USAGE, "%s is a program and places its own qubits: no --placement",
                         name);
    }
    if (cli_is_given(options, OPTION_DISTRIBUTE)) {
        return log_error(STATUS_USAGE, "%s is a program, distributed already: no --distribute",
                         name);
    }
    return load_check_language(options, name);
}

enum status load_read_circuit(struct circuit **out_circuit, const struct cli_options *options,
                              const char *name, const char *text, size_t n) {
    const struct circuit_limits limits = {
        .strict = options->is_strict,
        .dialect = is_braket(options) ? CIRCUIT_BRAKET : CIRCUIT_STANDARD,
        .params = options->params,
        .n_params = options->n_params,
    };
    return circuit_read_text(out_circuit, name, text, n, &limits);
}

static enum status read_circuit(struct circuit **out_circuit, const struct cli_options *options,
                                const char *text, size_t n, bool is_kept) {
    struct circuit *circuit = NULL;
    TRY(load_read_circuit(&circuit, options, options->args[0], text, n));
    enum status status = is_kept ? STATUS_OK : stim_spell_out(&circuit);
    if (status != STATUS_OK) {
        circuit_destroy(circuit);
        return status;
    }
    if (!circuit->measures) {
        log_note("%s measures nothing: all qubits are measured at the end", options->args[0]);
        status = circuit_measure_all(circuit);
    }
    if (status != STATUS_OK) {
        circuit_destroy(circuit);
        return status;
    }
    *out_circuit = circuit;
    return STATUS_OK;
}

/* The circuit on one QPU, whatever its placement says. */
static enum status make_ideal(struct program **out_program, struct circuit *circuit) {
    struct machine *machine = NULL;
    const size_t n_placed = circuit->n_placed_qpus;
    TRY(machine_create_ideal(&machine, 1, circuit->n_qubits, 0));
    circuit->n_placed_qpus = 0;
    enum status status = distribute_simple(out_program, circuit, machine);
    circuit->n_placed_qpus = n_placed;
    machine_destroy(machine);
    return status;
}

/* A machine with room to spare leaves its other QPUs without work. */
static void note_idle_qpus(const struct machine *machine, const struct circuit *circuit) {
    const uint32_t n_first = machine->qpus[0].n_data;
    if (machine->n_qpus > 1 && circuit->n_placed_qpus == 0 && circuit->n_qubits > 1 &&
        circuit->n_qubits <= n_first) {
        log_note("QPU %s has %u data qubits and takes all %u of the circuit: nothing is "
                 "distributed; --placement even spreads them",
                 machine->qpus[0].name, n_first, circuit->n_qubits);
    }
}

enum status load_distribute(struct load *out_load, struct circuit *circuit,
                            const struct cli_options *options, const struct team *team,
                            uint32_t n_default_qpus) {
    struct load load = {0};
    enum status status = STATUS_OK;
    if (options->machine) {
        TRY_GOTO(machine_read_shared(&load.machine, team, options->machine), cleanup);
    }
    if (options->placement) {
        TRY_GOTO(load_placement(circuit, options, team, load.machine), cleanup);
    }
    if (load.machine) {
        TRY_GOTO(comm_agree(team, name_preset(load.machine, options, circuit->placed_qpus,
                                              circuit->n_placed_qpus)),
                 cleanup);
        note_idle_qpus(load.machine, circuit);
    } else {
        TRY_GOTO(comm_agree(team, make_machine(&load.machine, options, circuit, n_default_qpus)),
                 cleanup);
    }
    if (options->wants_fidelity) {
        TRY_GOTO(comm_agree(team, make_ideal(&load.ideal, circuit)), cleanup);
    }
    TRY_GOTO(comm_agree(team, distribute_simple(&load.program, circuit, load.machine)), cleanup);
    *out_load = load;
cleanup:
    if (status != STATUS_OK) {
        load_fini(&load);
    }
    return status;
}

static enum status load_circuit(struct load *load, const struct cli_options *options,
                                const struct team *team, uint32_t n_default_qpus, const char *text,
                                size_t n, bool is_kept) {
    struct circuit *circuit = NULL;
    enum status status = comm_agree(team, read_circuit(&circuit, options, text, n, is_kept));
    if (status == STATUS_OK) {
        status = load_distribute(load, circuit, options, team, n_default_qpus);
    }
    circuit_destroy(circuit);
    return status;
}

static enum status name_preset_as(struct machine *machine, const struct cli_options *options,
                                  const struct program *program) {
    const char **names = mem_alloc(program->n_qpus, sizeof *names);
    if (!names) {
        return STATUS_NOFIT;
    }
    for (size_t i = 0; i < program->n_qpus; i++) {
        names[i] = program->qpus[i].name;
    }
    const enum status status = name_preset(machine, options, names, program->n_qpus);
    mem_free(names);
    return status;
}

static enum status load_program(struct load *load, const struct cli_options *options,
                                const struct team *team, const char *text, size_t n) {
    const struct circuit_limits limits = {.strict = options->is_strict};
    TRY(comm_agree(team, program_read_text(&load->program, options->args[0], text, n, &limits)));
    if (options->machine) {
        TRY(machine_read_shared(&load->machine, team, options->machine));
        return comm_agree(team, name_preset_as(load->machine, options, load->program));
    }
    return STATUS_OK;
}

/* What the distributor made must pass its own checks; if not, that is qspan's fault. */
static enum status check_program(const struct program *program, bool is_made) {
    struct program_check check = {0};
    enum status status = program_check(&check, program);
    program_check_fini(&check);
    if (status == STATUS_INPUT && is_made) {
        return log_error(STATUS_INTERNAL, "the distributor made a program that fails its checks");
    }
    return status;
}

/* --protocol, else what a program file says. */
static void choose_protocol(struct program *program, const struct cli_options *options) {
    if (options->protocol) {
        program->is_fused = strcmp(options->protocol, "fused") == 0;
    }
}

static enum status load_any(struct load *out_load, const struct cli_options *options,
                            const struct team *team, uint32_t n_default_qpus, bool is_kept) {
    struct load load = {0};
    char *text = NULL;
    size_t n = 0;
    TRY(load_text(&text, &n, team, options->args[0]));
    bool is_program = program_is_program_text(text, n);
    enum status status;
    if (n >= 4 && memcmp(text, "\x89HDF", 4) == 0) {
        TRY_GOTO(log_error(STATUS_INPUT, "%s: HDF5, not a circuit: qspan report shows results",
                           options->args[0]),
                 cleanup);
    }
    if (is_program) {
        TRY_GOTO(load_check_program(options), cleanup);
        TRY_GOTO(load_program(&load, options, team, text, n), cleanup);
    } else {
        TRY_GOTO(load_circuit(&load, options, team, n_default_qpus, text, n, is_kept), cleanup);
    }
    TRY_GOTO(comm_agree(team, check_program(load.program, !is_program)), cleanup);
    choose_protocol(load.program, options);
    *out_load = load;
cleanup:
    mem_free(text);
    if (status != STATUS_OK) {
        load_fini(&load);
    }
    return status;
}

enum status load_input(struct load *out_load, const struct cli_options *options,
                       const struct team *team, uint32_t n_default_qpus) {
    return load_any(out_load, options, team, n_default_qpus, false);
}

enum status load_input_kept(struct load *out_load, const struct cli_options *options,
                            const struct team *team, uint32_t n_default_qpus) {
    return load_any(out_load, options, team, n_default_qpus, true);
}

static enum status read_noise(struct noise_model **out_model, const struct team *team,
                              const char *path) {
    char *text = NULL;
    size_t n = 0;
    TRY(load_text(&text, &n, team, path));
    const enum status status = noise_model_read_text(out_model, path, text, n);
    mem_free(text);
    return comm_agree(team, status);
}

enum status load_noise(struct load *load, const struct cli_options *options,
                       const struct team *team) {
    if (options->noise != NULL) {
        TRY(read_noise(&load->noise, team, options->noise));
    }
    enum status status = noise_apply(load->program, load->noise, load->machine);
    if (status == STATUS_OK && load->program->is_fused) {
        status = packets_warn_of_explicit(load->program);
    }
    return comm_agree(team, status);
}

void load_fini(struct load *load) {
    program_destroy(load->program);
    program_destroy(load->ideal);
    noise_model_destroy(load->noise);
    machine_destroy(load->machine);
    *load = (struct load){0};
}

uint64_t load_max_bytes(const struct cli_options *options, int n_ranks) {
    return cli_is_given(options, OPTION_MEMORY_PER_RANK) ? options->memory_per_rank
                                                         : comm_memory_share(n_ranks);
}

/* What is asked for and no frame has; NULL: nothing. */
static const char *find_amplitudes(const struct cli_options *options) {
    return cli_is_given(options, OPTION_PROBABILITIES)   ? "--probabilities"
           : load_precision(options) == PRECISION_SINGLE ? "--precision single"
           : options->observables != NULL                ? "--observables"
           : options->state != NULL                      ? "--state"
           : options->wants_fidelity                     ? "--fidelity"
                                                         : NULL;
}

enum status load_engine(const struct engine_class **out_engine, const struct cli_options *options,
                        const struct load *load, int n_ranks) {
    const char *wanted = find_amplitudes(options);
    const uint64_t max_bytes = load_max_bytes(options, n_ranks);
    struct run_choice choice = {.engine = &engine_statevector};
    if (strcmp(options->engine, "auto") != 0) {
        *out_engine = engine_find(options->engine);
        return *out_engine != NULL
                   ? STATUS_OK
                   : log_error(STATUS_INTERNAL, "engine %s is not built in", options->engine);
    }
    if (wanted != NULL) {
        snprintf(choice.why, sizeof choice.why, "%s asks for amplitudes", wanted);
    } else {
        TRY(runtime_choose(&choice, load->program, max_bytes));
    }
    log_note("engine %s: %s", choice.engine->name, choice.why);
    if (options->is_fast && choice.engine == &engine_frame) {
        log_note("--fast does nothing: it is of amplitudes, and engine frame has none");
    }
    *out_engine = choice.engine;
    return STATUS_OK;
}

enum status load_replicas(uint64_t *out_n, const struct cli_options *options,
                          const struct load *load, const struct engine_class *engine, int n_ranks) {
    const uint64_t block_shots = options->shots_per_timeline;
    const uint64_t max_bytes = load_max_bytes(options, n_ranks);
    /* Frames share the blocks of shots over all ranks by themselves. */
    const bool is_frame = engine == &engine_frame;
    *out_n = 1;
    if (!cli_is_given(options, OPTION_REPLICAS)) {
        return STATUS_OK;
    }
    if (strcmp(options->replicas, "auto") == 0) {
        if (is_frame) {
            return STATUS_OK;
        }
        const uint64_t n_blocks = load->program->is_data_dependent
                                      ? options->n_shots
                                      : (options->n_shots + block_shots - 1) / block_shots;
        return runtime_choose_replicas(out_n, load->program, engine, load_precision(options),
                                       max_bytes, n_ranks, n_blocks);
    }
    char *end;
    const unsigned long n = strtoul(options->replicas, &end, 10);
    if (*end != '\0' || n == 0 || n > (unsigned long)n_ranks || (unsigned long)n_ranks % n != 0) {
        return log_error(STATUS_USAGE,
                         "--replicas %s: expected auto or a divisor of the number of ranks, %d",
                         options->replicas, n_ranks);
    }
    if (is_frame && n != (unsigned long)n_ranks) {
        return log_error(
            STATUS_USAGE,
            "--replicas %s: engine frame deals shots over all %d ranks by itself: none, "
            "or --engine statevector",
            options->replicas, n_ranks);
    }
    *out_n = is_frame ? 1 : n;
    return STATUS_OK;
}
