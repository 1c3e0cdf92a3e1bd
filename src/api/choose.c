/* How a program runs: with which errors, by which engine, in how many replicas. */
#include "api/api.h"
#include "base/log.h"
#include "schedule/noise_apply.h"

enum status api_add_errors(struct program *out_program, const struct program *program,
                           const struct noise_model *model, const struct machine *machine) {
    struct program noisy = *program;
    TRY(op_list_copy(&noisy.ops, &program->ops));
    enum status status = noise_apply(&noisy, model, machine);
    if (status == STATUS_OK && noisy.is_fused) {
        status = packets_warn_of_explicit(&noisy);
    }
    if (status != STATUS_OK) {
        op_list_fini(&noisy.ops);
        return status;
    }
    *out_program = noisy;
    return STATUS_OK;
}

uint64_t api_max_bytes(const struct qspan_options *options, int n_ranks) {
    return options->run.max_bytes != 0 ? options->run.max_bytes : comm_memory_share(n_ranks);
}

/* What is asked for and no frame has; NULL: nothing. */
static const char *find_amplitudes(const struct qspan_options *options) {
    return options->run.n_probabilities > 0             ? "exact probabilities ask"
           : options->run.precision == PRECISION_SINGLE ? "single precision asks"
           : options->observables != NULL               ? "expectation values ask"
           : options->state_path != NULL                ? "the state asks"
           : options->ideal != NULL                     ? "fidelity asks"
                                                        : NULL;
}

enum status api_choose_engine(const struct engine_class **out_engine,
                              const struct qspan_options *options, const struct program *program,
                              uint64_t max_bytes) {
    struct run_choice choice = {.engine = &engine_statevector};
    const char *wanted = find_amplitudes(options);
    switch (options->engine) {
    case QSPAN_STATEVECTOR:
        *out_engine = &engine_statevector;
        return STATUS_OK;
    case QSPAN_FRAME:
        *out_engine = &engine_frame;
        return options->run.precision == PRECISION_DOUBLE
                   ? STATUS_OK
                   : log_error(STATUS_USAGE, "precision single is of amplitudes, and engine frame "
                                             "has none: engine statevector");
    case QSPAN_AUTO:
        break;
    }
    if (wanted != NULL) {
        log_note("engine %s: %s for amplitudes", choice.engine->name, wanted);
    } else {
        TRY(runtime_choose(&choice, program, max_bytes));
        log_note("engine %s: %s", choice.engine->name, choice.why);
    }
    *out_engine = choice.engine;
    return STATUS_OK;
}

enum status api_choose_replicas(uint64_t *out_n, const struct qspan_options *options,
                                const struct program *program, const struct engine_class *engine,
                                uint64_t max_bytes, int n_ranks) {
    const struct run_options *run = &options->run;
    const uint64_t n = run->n_replicas, n_timelines = run->n_shots / run->shots_per_timeline +
                                                      (run->n_shots % run->shots_per_timeline != 0);
    if (n == 0) {
        return runtime_choose_replicas(out_n, program, engine, run->precision, max_bytes, n_ranks,
                                       program->is_data_dependent ? run->n_shots : n_timelines);
    }
    if (n > (uint64_t)n_ranks || (uint64_t)n_ranks % n != 0) {
        return log_error(STATUS_USAGE,
                         "%llu replicas: expected a divisor of the number of ranks, %d",
                         (unsigned long long)n, n_ranks);
    }
    *out_n = engine == &engine_frame ? 1 : n; /* frames deal shots over all ranks themselves */
    return STATUS_OK;
}
