#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/progress.h"
#include "base/rng.h"
#include "base/units.h"
#include "cli/interrupt.h"
#include "cli/load.h"
#include "cli/sink.h"
#include "engine/tableau/reference.h"
#include "program/program.h"
#include "runtime/pair_errors.h"

struct sample_job {
    const struct cli_options *options;
    const struct team *team;
    struct circuit *circuit; /* or */
    struct program *program;
    struct machine *machine; /* NULL: ideal pairs */
    double *ebit_weights;    /* 4 for each op of the program; NULL: ideal */
    uint64_t *recorded;      /* bits of a program that form the record */
    uint32_t *qubit_rank;    /* in teams; else NULL */
    uint32_t n_team;         /* ranks of a team */
    struct frame_plan *plan;
    uint64_t *reference, *conditions; /* of errors that depend on bits */
    uint64_t *sweep;                  /* rows of all shots */
    size_t sweep_words;
    struct sink sinks[SAMPLE_MAX_OUTPUTS];
    size_t n_sinks;
    /* A physical network: timelines of the blocks of shots that are drawn. */
    struct run_clock clock;
    struct pair_errors errors;
    struct frame_pairs pairs;
};

static bool is_physical(const struct sample_job *job) {
    return job->machine != NULL && job->machine->physical != NULL;
}

/* ---- input ---- */

static enum status find_recorded(struct sample_job *job) {
    const struct program *program = job->program;
    uint32_t *bits;
    size_t n;
    job->recorded = mem_alloc(bits_words(program->n_bits) + 1, sizeof *job->recorded);
    if (job->recorded == NULL) {
        return STATUS_NOFIT;
    }
    TRY(program_key_bits(program, &bits, &n));
    for (size_t i = 0; i < n; i++) {
        bits_set(job->recorded, bits[i], true);
    }
    mem_free(bits);
    return STATUS_OK;
}

static enum status read_program(struct sample_job *job, const char *text, size_t n) {
    const struct circuit_limits limits = {.strict = job->options->is_strict};
    struct program_check check = {0};
    TRY(load_check_program(job->options));
    TRY(program_read_text(&job->program, job->options->args[0], text, n, &limits));
    const enum status status = program_check(&check, job->program);
    program_check_fini(&check);
    return status == STATUS_OK ? find_recorded(job) : status;
}

/* Weights of the pairs of each ebit, from its link. */
static enum status find_weights(struct sample_job *job) {
    const struct program *program = job->program;
    const struct op_list *ops = &program->ops;
    job->ebit_weights = mem_alloc(ops->n_ops, 4 * sizeof *job->ebit_weights);
    if (job->ebit_weights == NULL) {
        return STATUS_NOFIT;
    }
    for (size_t i = 0; i < ops->n_ops; i++) {
        const struct op *op = &ops->ops[i];
        uint32_t qpus[2];
        for (unsigned k = 0; k < 2 && op->kind == OP_EBIT; k++) {
            const char *name = program->qpus[program->wire_qpu[op_qubits(ops, op)[k]]].name;
            qpus[k] = machine_find_qpu(job->machine, name);
            if (qpus[k] == UINT32_MAX) {
                return log_error_at(STATUS_INPUT, program_loc(program, op),
                                    "the machine has no QPU '%s'", name);
            }
        }
        const struct machine_link *link =
            op->kind == OP_EBIT ? machine_find_link(job->machine, qpus[0], qpus[1]) : NULL;
        if (op->kind == OP_EBIT && link == NULL) {
            return log_error_at(STATUS_INPUT, program_loc(program, op),
                                "the machine has no link between the QPUs of this ebit");
        }
        if (link != NULL) {
            memcpy(job->ebit_weights + 4 * i, link->weights, sizeof link->weights);
        }
    }
    return STATUS_OK;
}

/* A program on a machine, or a circuit distributed over one; with the errors of both. */
static enum status read_placed(struct sample_job *job) {
    struct load load = {0};
    TRY(load_input_kept(&load, job->options, job->team, 0));
    enum status status = load_noise(&load, job->options, job->team);
    job->program = load.program;
    job->machine = load.machine;
    load.program = NULL;
    load.machine = NULL;
    load_fini(&load);
    status = status == STATUS_OK ? find_recorded(job) : status;
    if (status == STATUS_OK && job->machine != NULL) {
        status = machine_check_lifetimes(job->machine);
        status = status == STATUS_OK && !is_physical(job) ? find_weights(job) : status;
    }
    return comm_agree(job->team, status);
}

static enum status read_circuit(struct sample_job *job, const char *text, size_t n) {
    TRY(load_check_undistributed(job->options));
    return load_read_circuit(&job->circuit, job->options, job->options->args[0], text, n);
}

static enum status read_input(struct sample_job *job) {
    char *text;
    size_t n;
    if (job->options->machine != NULL || cli_is_given(job->options, OPTION_QPUS) ||
        job->options->noise != NULL) {
        return read_placed(job);
    }
    TRY(load_text(&text, &n, job->team, job->options->args[0]));
    const enum status status =
        program_is_program_text(text, n) ? read_program(job, text, n) : read_circuit(job, text, n);
    mem_free(text);
    return comm_agree(job->team, status);
}

/* Stim's circuits refer to results by the record alone; others by bits. */
static bool has_bits(const struct circuit *circuit) {
    for (size_t i = 0; i < circuit->ops.n_exprs; i++) {
        const uint32_t kind = circuit->ops.exprs[i].kind;
        if (kind == EXPR_BIT || kind == EXPR_EQ) {
            return true;
        }
    }
    return false;
}

static struct frame_task frame_task_of(const struct sample_job *job) {
    if (job->program != NULL) {
        return (struct frame_task){
            .ops = &job->program->ops,
            .files = job->program->files,
            .n_qubits = job->program->n_wires,
            .n_bits = job->program->n_bits,
            .recorded = job->recorded,
            .ebit_weights = job->ebit_weights,
            .qubit_rank = job->qubit_rank,
            .rank = (uint32_t)team_rank(job->team) % job->n_team,
            .n_ranks = job->n_team,
            .knows_reference = true,
        };
    }
    return (struct frame_task){
        .ops = &job->circuit->ops,
        .files = job->circuit->files,
        .n_qubits = job->circuit->n_qubits,
        .n_bits = has_bits(job->circuit) ? job->circuit->n_bits : 0,
    };
}

/* ---- teams ---- */

static enum status place_qubits(struct sample_job *job, uint32_t n_team) {
    const struct program *program = job->program;
    job->n_team = n_team;
    mem_free(job->qubit_rank);
    job->qubit_rank = NULL;
    if (n_team == 1) {
        return STATUS_OK;
    }
    job->qubit_rank = mem_alloc(program->n_wires, sizeof *job->qubit_rank);
    if (job->qubit_rank == NULL) {
        return STATUS_NOFIT;
    }
    for (uint32_t wire = 0; wire < program->n_wires; wire++) {
        const uint64_t qpu = program->wire_qpu[wire] == OP_NO_QPU ? 0 : program->wire_qpu[wire];
        job->qubit_rank[wire] = (uint32_t)(qpu * n_team / program->n_qpus);
    }
    return STATUS_OK;
}

static enum status compile(struct sample_job *job, uint32_t n_team) {
    TRY(place_qubits(job, n_team));
    const struct frame_task task = frame_task_of(job);
    frame_plan_destroy(job->plan);
    job->plan = NULL;
    return frame_plan_create(&job->plan, &task);
}

/* --replicas R: teams of as many ranks as there are for each. */
static enum status compile_teams(struct sample_job *job, uint32_t n_world) {
    const char *text = job->options->replicas;
    char *end;
    const unsigned long n = strtoul(text, &end, 10);
    const size_t n_qpus = job->program != NULL ? job->program->n_qpus : 1;
    if (*end != '\0' || n == 0 || n > n_world || n_world % n != 0) {
        return log_error(STATUS_USAGE,
                         "--replicas %s: expected auto or a divisor of the number of ranks, %u",
                         text, n_world);
    }
    if (n_world / n > n_qpus) {
        return log_error(
            STATUS_USAGE,
            "--replicas %lu: teams of %lu ranks share the QPUs of a program, and there "
            "%s %zu",
            n, n_world / n, n_qpus == 1 ? "is" : "are", n_qpus);
    }
    return compile(job, n_world / (uint32_t)n);
}

/* Every rank for itself; where a block of shots does not fit, the smallest teams in which it does.
 */
static enum status compile_auto(struct sample_job *job, uint32_t n_world) {
    const size_t n_qpus = job->program != NULL ? job->program->n_qpus : 1;
    const struct frame_options options = {.n_blocks = 1,
                                          .keeps_records = !job->options->wants_detectors,
                                          .keeps_detectors = job->options->wants_detectors};
    const uint64_t limit = job->options->memory_per_rank;
    uint64_t spare = UINT64_MAX - (limit != 0 ? limit : comm_memory_share((int)n_world)) / 2;
    comm_max_u64(job->team, &spare, 1); /* all ranks stop at the same size */
    for (uint32_t n_team = 1; n_team <= n_world; n_team++) {
        if (n_world % n_team != 0 || n_team > n_qpus) {
            continue;
        }
        TRY(comm_agree(job->team, compile(job, n_team)));
        uint64_t least = frame_state_bytes(job->plan, &options);
        comm_max_u64(job->team, &least, 1);
        if (least < UINT64_MAX - spare) {
            break;
        }
    }
    return STATUS_OK;
}

/* On rank 0, for all. */
static enum status make_reference(struct sample_job *job) {
    const struct frame_task frames = frame_task_of(job);
    const size_t n_condition_words = bits_words((size_t)job->plan->n_conditions);
    struct reference_task task = {
        .ops = frames.ops,
        .files = frames.files,
        .n_qubits = frames.n_qubits,
        .n_bits = frames.n_bits,
        .recorded = frames.recorded,
        .n_records = job->plan->n_records,
        .n_conditions = job->plan->n_conditions,
        .max_bytes = job->options->memory_per_rank,
    };
    const size_t n_words = bits_words((size_t)task.n_records) + 1;
    const double t_start_s = clock_now_s();
    if (job->plan->n_records > UINT64_C(1) << 40 || job->plan->n_conditions > UINT64_C(1) << 40) {
        return log_error(STATUS_NOFIT, "a shot has %.3g results: with --detectors or not at all",
                         (double)job->plan->n_records);
    }
    job->reference = mem_alloc(n_words, sizeof *job->reference);
    job->conditions = mem_alloc(n_condition_words, sizeof *job->conditions);
    task.conditions = job->conditions;
    enum status status =
        job->reference == NULL || job->conditions == NULL ? STATUS_NOFIT : STATUS_OK;
    if (status == STATUS_OK && team_rank(job->team) == 0) {
        status = reference_run(job->reference, NULL, &task);
    }
    TRY(comm_agree(job->team, status));
    comm_bcast(job->team, job->reference, n_words * sizeof *job->reference, 0);
    comm_bcast(job->team, job->conditions, n_condition_words * sizeof *job->conditions, 0);
    char bytes[32];
    log_note("reference shot: %.3g s, %s", clock_now_s() - t_start_s,
             units_print_bytes(bytes, sizeof bytes, reference_bytes(&task)));
    return STATUS_OK;
}

/* ---- sweep ---- */

static enum samples_format find_format(const char *name) {
    unsigned format = 0;
    while (format + 1 < SAMPLES_FORMAT_COUNT && strcmp(samples_format_names[format], name) != 0) {
        format++;
    }
    return (enum samples_format)format;
}

static enum status read_sweep(struct sample_job *job) {
    const struct cli_options *options = job->options;
    char *text;
    size_t n;
    TRY(load_text(&text, &n, job->team, options->sweep));
    job->sweep_words = bits_words((size_t)options->n_shots);
    job->sweep = mem_alloc(job->plan->n_sweeps * job->sweep_words, sizeof *job->sweep);
    const enum status status =
        job->sweep == NULL
            ? STATUS_NOFIT
            : samples_read(job->sweep, job->sweep_words, find_format(options->sweep_format),
                           options->sweep, text, n, job->plan->n_sweeps, options->n_shots);
    mem_free(text);
    return comm_agree(job->team, status);
}

static void copy_sweep(void *ctx, uint64_t *out_rows, uint64_t first_shot, size_t n_words) {
    const struct sample_job *job = ctx;
    const size_t first = (size_t)first_shot / 64;
    const size_t n = job->sweep_words - first < n_words ? job->sweep_words - first : n_words;
    for (uint32_t i = 0; i < job->plan->n_sweeps; i++) {
        uint64_t *row = out_rows + i * n_words;
        memset(row, 0, n_words * sizeof *row);
        memcpy(row, job->sweep + i * job->sweep_words + first, n * sizeof *row);
    }
}

/* ---- output ---- */

static enum status add_sink(struct sample_job *job, struct sample_task *task,
                            enum frame_output what, const struct samples_layout *layout,
                            const char *path) {
    struct sink *sink = &job->sinks[job->n_sinks++];
    const bool has_reference = what == FRAME_OUT_RECORDS && !job->options->skips_reference;
    TRY(sink_open(sink, job->team, path, layout));
    task->outputs[task->n_outputs++] =
        sink_output(sink, what, has_reference ? job->reference : NULL);
    return STATUS_OK;
}

static enum status add_sinks(struct sample_job *job, struct sample_task *task) {
    const struct cli_options *options = job->options;
    const struct frame_plan *plan = job->plan;
    const size_t n_detectors = (size_t)plan->n_detectors;
    struct samples_layout layout = {
        .format = find_format(options->out_format),
        .n = (size_t)plan->n_records,
        .letter = 'M',
    };
    if (!options->wants_detectors) {
        return add_sink(job, task, FRAME_OUT_RECORDS, &layout, options->output);
    }
    if (n_detectors == 0) {
        log_note("%s has no detectors: every line is empty", options->args[0]);
    }
    layout.letter = 'D';
    layout.n_detectors = n_detectors;
    layout.observables_first = layout.format == SAMPLES_DETS && !options->appends_observables &&
                               options->obs_out == NULL; /* as Stim does */
    layout.n = n_detectors;
    if (options->appends_observables || layout.observables_first) {
        layout.n += plan->n_observables;
    }
    TRY(add_sink(job, task, FRAME_OUT_DETECTORS, &layout, options->output));
    if (options->obs_out == NULL) {
        return STATUS_OK;
    }
    layout = (struct samples_layout){
        .format = find_format(options->obs_out_format), .n = plan->n_observables, .letter = 'L'};
    return add_sink(job, task, FRAME_OUT_OBSERVABLES, &layout, options->obs_out);
}

/* ---- the command ---- */

/* Timelines of the shots to come. */
static enum status run_timelines(void *ctx, uint64_t first_shot, uint64_t n_shots) {
    struct sample_job *job = ctx;
    const uint64_t block_shots = job->errors.block_shots, first = first_shot / block_shots;
    return n_shots == 0
               ? STATUS_OK
               : clock_run_blocks(&job->clock, first,
                                  (first_shot + n_shots - 1) / block_shots - first + 1, UINT64_MAX);
}

static enum status open_network(struct sample_job *job, uint64_t seed) {
    const uint64_t limit = job->options->memory_per_rank,
                   room = limit != 0 ? limit : comm_memory_share(team_size(job->team)),
                   n_bytes = pair_errors_bytes(job->program);
    if (job->program->is_data_dependent) {
        return log_error(STATUS_INPUT,
                         "%s: what it asks of the network depends on results: qspan run draws a "
                         "timeline for each shot",
                         job->options->args[0]);
    }
    if (n_bytes > room) {
        char need[32], has[32];
        return log_error(STATUS_NOFIT,
                         "the pairs of a timeline take %s, more than the %s that a rank may use",
                         units_print_bytes(need, sizeof need, n_bytes),
                         units_print_bytes(has, sizeof has, room));
    }
    return clock_create(&job->clock, job->program, job->machine, seed);
}

/* Pairs of a physical network come from the timeline of their block of shots, as in a run. */
static enum status use_network(struct sample_job *job, struct sample_task *task) {
    const uint64_t block_shots = job->options->shots_per_timeline;
    TRY(comm_agree(job->team, open_network(job, task->seed)));
    job->errors = (struct pair_errors){&job->clock, task->seed, block_shots};
    job->pairs = (struct frame_pairs){pair_errors_add, &job->errors};
    task->pairs = &job->pairs;
    task->prepare = run_timelines;
    task->prepare_ctx = job;
    task->n_blocks = block_shots < FRAME_SHOTS ? 1 : 0; /* else pairs of many timelines are kept */
    return STATUS_OK;
}

/* Of a sample that was told to stop. */
static enum status cut_sinks(const struct sample_job *job, uint64_t n_shots) {
    enum status status = STATUS_OK;
    if (n_shots == 0) {
        log_error(STATUS_INTERRUPTED, "%s before the first shots were drawn: there are no results",
                  interrupt_name());
        return STATUS_EMPTY;
    }
    for (size_t i = 0; i < job->n_sinks && team_rank(job->team) == 0; i++) {
        status = status_join(status, sink_cut(&job->sinks[i], n_shots));
    }
    return status;
}

static enum status sample_all(struct sample_job *job) {
    const struct cli_options *options = job->options;
    struct sample_figures figures;
    uint64_t seed = options->seed;
    if (!cli_is_given(options, OPTION_SEED)) {
        seed = rng_seed_from_os();
        comm_bcast(job->team, &seed, sizeof seed, 0);
        log_note("seed %llu", (unsigned long long)seed);
    }
    struct sample_task task = {
        .plan = job->plan,
        .n_shots = options->n_shots,
        .seed = seed,
        .max_bytes = options->memory_per_rank,
        .sweep = job->sweep != NULL ? copy_sweep : NULL,
        .sweep_ctx = job,
        .conditions = job->conditions,
        .stop = &interrupt_signal,
        .keep = interrupt_keep,
    };
    if (is_physical(job)) {
        TRY(use_network(job, &task));
    }
    interrupt_listen(team_rank(job->team) == 0);
    enum status status = add_sinks(job, &task);
    status = status == STATUS_OK ? sample_run(&figures, &task, job->team) : status;
    if (status == STATUS_OK && figures.n_shots < task.n_shots) {
        interrupt_share(job->team);
        status = cut_sinks(job, figures.n_shots);
    }
    TRY(sinks_close(job->sinks, job->n_sinks, job->team, status));
    char waits[64] = "", bytes[32];
    if (team_size(job->team) > 1) {
        snprintf(waits, sizeof waits, "; ranks waited for others %.3g s", figures.wait_s);
    }
    log_note("%llu shots in %.3g s: %.4g shots/s, %.3g gates/s; %d thread%s of %u blocks, %s%s",
             (unsigned long long)figures.n_shots, figures.wall_s,
             (double)figures.n_shots / figures.wall_s,
             job->plan->n_gates * (double)figures.n_shots / figures.wall_s, figures.n_threads,
             figures.n_threads == 1 ? "" : "s", figures.n_blocks,
             units_print_bytes(bytes, sizeof bytes, figures.n_bytes), waits);
    return figures.n_shots == task.n_shots
               ? STATUS_OK
               : log_error(STATUS_INTERRUPTED, "%s: %llu of %llu shots are written",
                           interrupt_name(), (unsigned long long)figures.n_shots,
                           (unsigned long long)task.n_shots);
}

static enum status run_job(struct sample_job *job) {
    const struct cli_options *options = job->options;
    TRY(read_input(job));
    if (cli_is_given(options, OPTION_SHOTS_PER_TIMELINE) && !is_physical(job)) {
        return log_error(STATUS_USAGE, "--shots-per-timeline goes with a --machine that is a "
                                       "physical network: others have no timelines");
    }
    const uint32_t n_world = (uint32_t)team_size(job->team);
    const bool is_auto = strcmp(options->replicas, "auto") == 0;
    job->n_team = 1;
    TRY(comm_agree(job->team, is_auto ? compile_auto(job, n_world) : compile_teams(job, n_world)));
    if (job->n_team > 1) {
        log_note("%u replica%s of %u ranks", n_world / job->n_team,
                 n_world == job->n_team ? "" : "s", job->n_team);
    }
    if (options->sweep != NULL) {
        TRY(read_sweep(job));
    } else if (job->plan->n_sweeps > 0) {
        log_note("%u sweep bits are 0 in all shots; --sweep gives others", job->plan->n_sweeps);
    }
    const bool wants_results = !options->wants_detectors && !options->skips_reference;
    if (wants_results || job->plan->n_conditions > 0) {
        TRY(make_reference(job));
    }
    circuit_destroy(job->circuit); /* the plan is all that is needed now */
    job->circuit = NULL;
    return sample_all(job);
}

enum status cmd_sample_check(const struct cli_options *options) {
    const bool is_detect = options->wants_detectors;
    const bool is_ptb64 =
        strcmp(options->out_format, "ptb64") == 0 ||
        (options->obs_out != NULL && strcmp(options->obs_out_format, "ptb64") == 0);
    if (!is_detect && (options->appends_observables || options->obs_out != NULL)) {
        return log_error(STATUS_USAGE, "%s goes with --detectors",
                         options->obs_out != NULL ? "--obs-out" : "--append-observables");
    }
    if (is_detect && options->skips_reference) {
        return log_error(STATUS_USAGE, "--detectors has no reference to skip");
    }
    if (options->obs_out == NULL && cli_is_given(options, OPTION_OBS_OUT_FORMAT)) {
        return log_error(STATUS_USAGE, "--obs-out-format goes with --obs-out");
    }
    if (options->sweep == NULL && cli_is_given(options, OPTION_SWEEP_FORMAT)) {
        return log_error(STATUS_USAGE, "--sweep-format goes with --sweep");
    }
    if (is_ptb64 && options->n_shots % 64 != 0) {
        return log_error(STATUS_USAGE, "ptb64 takes shots in multiples of 64, not %llu",
                         (unsigned long long)options->n_shots);
    }
    return load_check(options);
}

enum status cmd_sample(const struct cli_options *options) {
    struct sample_job job = {.options = options, .team = comm_world()};
    const enum status status = run_job(&job);
    clock_fini(&job.clock);
    frame_plan_destroy(job.plan);
    circuit_destroy(job.circuit);
    program_destroy(job.program);
    machine_destroy(job.machine);
    mem_free(job.ebit_weights);
    mem_free(job.recorded);
    mem_free(job.qubit_rank);
    mem_free(job.reference);
    mem_free(job.conditions);
    mem_free(job.sweep);
    return status;
}
