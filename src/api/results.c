/* Runs and what comes out of them. */
#include <string.h>
#include <time.h>

#include "api/api.h"
#include "base/bits.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/rng.h"
#include "runtime/final_state.h"

struct qspan_results {
    struct qspan_session *session;
    struct qspan_program *program; /* kept */
    struct program noisy;          /* it with its errors (api_add_errors) */
    struct results *results;
    struct pauli_sums *observables; /* has the names */
    struct text machine, noise;     /* their YAML */
    struct output_provenance provenance;
};

/* ---- run ---- */

struct job {
    struct qspan_results *out;
    const struct qspan_options *options;
    const struct machine *machine; /* NULL: ideal */
    struct run_options run;
};

static enum status read_observables(struct job *job) {
    struct final_qubits qubits = {0};
    if (!job->options->observables) {
        return STATUS_OK;
    }
    TRY(final_qubits_find(&qubits, job->out->program->program));
    enum status status =
        pauli_sums_read_text(&job->out->observables, "observables", job->options->observables,
                             strlen(job->options->observables), u32_from_size(qubits.n));
    final_qubits_fini(&qubits);
    return status;
}

/* As many qubits at the end as the program has. */
static enum status check_ideal(const struct job *job) {
    struct final_qubits own = {0}, ideal = {0};
    if (!job->options->ideal) {
        return STATUS_OK;
    }
    if (job->run.n_probabilities > 0) {
        return log_error(STATUS_USAGE, "fidelity is a mean over shots: not of exact runs");
    }
    TRY(final_qubits_find(&own, job->out->program->program));
    enum status status = final_qubits_find(&ideal, job->options->ideal->program);
    if (status == STATUS_OK && own.n != ideal.n) {
        status = log_error(STATUS_USAGE, "the ideal program has %zu qubits, the program %zu",
                           ideal.n, own.n);
    }
    final_qubits_fini(&own);
    final_qubits_fini(&ideal);
    return status;
}

/* As it was read, if it was. */
static enum status add_machine(struct text *out, const struct machine *machine) {
    if (machine->text == NULL) {
        return machine_print(out, machine);
    }
    text_add(out, machine->text);
    return STATUS_OK;
}

static enum status prepare(struct job *job) {
    struct qspan_results *out = job->out;
    if (job->machine) {
        TRY(machine_check_lifetimes(job->machine));
        TRY(add_machine(&out->machine, job->machine));
    }
    if (job->options->noise) {
        text_add(&out->noise, job->options->noise->model->text);
    }
    if (out->machine.failed || out->noise.failed) {
        return STATUS_NOFIT;
    }
    TRY(api_add_errors(&out->noisy, out->program->program,
                       job->options->noise ? job->options->noise->model : NULL, job->machine));
    out->provenance.command_line = "";
    out->provenance.machine = out->machine.data ? out->machine.data : "";
    out->provenance.noise = out->noise.data ? out->noise.data : "";
    out->provenance.started_s = (int64_t)time(NULL);
    TRY(read_observables(job));
    return check_ideal(job);
}

/* What rank 0 has room for. */
static enum status choose(struct job *job) {
    const struct team *team = job->out->session->team;
    const struct program *program = &job->out->noisy;
    const uint64_t max_bytes = api_max_bytes(job->options, team_size(team));
    struct run_options *run = &job->run;
    TRY(comm_agree(team, api_choose_engine(&run->engine, job->options, program, max_bytes)));
    uint8_t is_frame = run->engine == &engine_frame;
    comm_bcast(team, &is_frame, sizeof is_frame, 0);
    run->engine = is_frame ? &engine_frame : &engine_statevector;
    TRY(comm_agree(team, api_choose_replicas(&run->n_replicas, job->options, program, run->engine,
                                             max_bytes, team_size(team))));
    comm_bcast(team, &run->n_replicas, sizeof run->n_replicas, 0);
    return STATUS_OK;
}

static enum status run_job(struct job *job) {
    const struct qspan_options *options = job->options;
    struct qspan_results *out = job->out;
    const struct team *team = out->session->team;
    struct output_state state = {.path = options->state_path,
                                 .input = out->program->name,
                                 .team = team,
                                 .provenance = &out->provenance,
                                 .precision = options->run.precision};
    const double t_start_s = clock_now_s();
    TRY(comm_agree(team, prepare(job)));
    TRY(choose(job));
    job->run.observables = out->observables;
    job->run.ideal = options->ideal ? options->ideal->program : NULL;
    job->run.visit_state = options->state_path ? output_state_write : NULL;
    job->run.state_ctx = &state;
    if (!options->has_seed) {
        job->run.seed = rng_seed_from_os();
        comm_bcast(team, &job->run.seed, sizeof job->run.seed, 0);
    }
    TRY(runtime_run(&out->results, &out->noisy, job->machine, team, &job->run));
    double wall_s = clock_now_s() - t_start_s;
    comm_max_f64(team, &wall_s, 1);
    out->results->wall_s = wall_s;
    out->provenance.finished_s = (int64_t)time(NULL);
    return STATUS_OK;
}

enum qspan_status qspan_run(struct qspan_results **out_results, const struct qspan_program *program,
                            const struct qspan_machine *machine,
                            const struct qspan_options *options) {
    struct qspan_session *session = program->session;
    struct qspan_results *results = mem_alloc(1, sizeof *results);
    enum status status = comm_agree(session->team, results ? STATUS_OK : STATUS_NOFIT);
    options = options ? options : &api_default_options;
    if (status == STATUS_OK) {
        results->session = session;
        results->program = api_keep_program(program);
        struct job job = {results, options, machine ? machine->machine : NULL, options->run};
        status = run_job(&job);
    }
    if (status != STATUS_OK) {
        qspan_results_destroy(results);
        return api_status(status);
    }
    *out_results = results;
    return QSPAN_OK;
}

void qspan_results_destroy(struct qspan_results *results) {
    if (results) {
        results_destroy(results->results);
        op_list_fini(&results->noisy.ops);
        qspan_program_destroy(results->program);
        pauli_sums_destroy(results->observables);
        text_fini(&results->machine);
        text_fini(&results->noise);
        mem_free(results);
    }
}

/* ---- figures ---- */

static void print_key(const struct qspan_results *results, char *out_key, const uint64_t *key) {
    const size_t n = results->results->n_key_bits;
    for (size_t i = 0; out_key && i < n; i++) {
        out_key[n - 1 - i] = bits_get(key, i) ? '1' : '0';
    }
    if (out_key) {
        out_key[n] = '\0';
    }
}

const char *qspan_results_engine(const struct qspan_results *results) {
    return results->results->engine;
}

uint64_t qspan_results_n_replicas(const struct qspan_results *results) {
    return results->results->n_replicas;
}

uint64_t qspan_results_seed(const struct qspan_results *results) {
    return results->results->seed;
}

uint64_t qspan_results_n_shots(const struct qspan_results *results) {
    return results->results->p_one ? 0 : results->results->n_shots;
}

size_t qspan_results_n_key_bits(const struct qspan_results *results) {
    return results->results->n_key_bits;
}

size_t qspan_results_n_counts(const struct qspan_results *results) {
    return results->results->n_counts;
}

uint64_t qspan_results_count(const struct qspan_results *results, char *out_key, size_t i) {
    CHECK(i < results->results->n_counts);
    print_key(results, out_key, results->results->counts[i].key);
    return results->results->counts[i].n;
}

/* -1, 0, 1 as the key stands before, at or after the text, highest bit first. */
static int compare_key(const uint64_t *key, const char *text, size_t n_bits) {
    for (size_t i = n_bits; i-- > 0;) {
        const bool bit = bits_get(key, i), want = text[n_bits - 1 - i] == '1';
        if (bit != want) {
            return bit ? 1 : -1;
        }
    }
    return 0;
}

uint64_t qspan_results_find_count(const struct qspan_results *results, const char *key) {
    const struct results *own = results->results;
    size_t low = 0, high = own->n_counts;
    if (strlen(key) != own->n_key_bits || strspn(key, "01") != own->n_key_bits) {
        return 0;
    }
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = compare_key(own->counts[middle].key, key, own->n_key_bits);
        if (order == 0) {
            return own->counts[middle].n;
        }
        low = order < 0 ? middle + 1 : low;
        high = order < 0 ? high : middle;
    }
    return 0;
}

size_t qspan_results_n_probabilities(const struct qspan_results *results) {
    return results->results->n_probabilities;
}

double qspan_results_probability(const struct qspan_results *results, char *out_key, size_t i) {
    CHECK(i < results->results->n_probabilities);
    print_key(results, out_key, results->results->probabilities[i].key);
    return results->results->probabilities[i].p;
}

enum qspan_status qspan_results_record(const struct qspan_results *results, char *out_key,
                                       uint64_t shot) {
    const struct results *own = results->results;
    if (!own->records || shot >= own->n_shots) {
        return api_status(log_error(STATUS_USAGE, "there is no record of shot %llu here",
                                    (unsigned long long)shot));
    }
    const uint8_t *record = own->records + shot * own->record_bytes;
    for (size_t i = 0; i < own->n_key_bits; i++) {
        out_key[own->n_key_bits - 1 - i] = record[i / 8] >> i % 8 & 1 ? '1' : '0';
    }
    out_key[own->n_key_bits] = '\0';
    return QSPAN_OK;
}

size_t qspan_results_n_observables(const struct qspan_results *results) {
    return results->results->n_observables;
}

const char *qspan_results_observable(const struct qspan_results *results, double *out_value,
                                     double *out_std_error, size_t i) {
    CHECK(i < results->results->n_observables);
    const struct run_observable *observable = &results->results->observables[i];
    *out_value = observable->value;
    *out_std_error = observable->std_error;
    return observable->name;
}

enum qspan_status qspan_results_fidelity(const struct qspan_results *results, double *out_mean,
                                         double *out_std_error) {
    const struct run_fidelity *fidelity = &results->results->fidelity;
    if (!fidelity->is_set) {
        return api_status(log_error(STATUS_USAGE, "the run was not asked for a fidelity"));
    }
    *out_mean = fidelity->mean;
    *out_std_error = fidelity->std_error;
    return QSPAN_OK;
}

double qspan_results_n_ebits(const struct qspan_results *results) {
    return results->results->n_ebits;
}

double qspan_results_n_bits_sent(const struct qspan_results *results) {
    return results->results->n_bits_sent;
}

double qspan_results_makespan_ps(const struct qspan_results *results) {
    return results->results->makespan_ps.mean;
}

uint32_t qspan_results_peak_group_qubits(const struct qspan_results *results) {
    return results->results->peak_group_qubits;
}

/* ---- files ---- */

static struct output_context make_context(const struct qspan_results *results) {
    return (struct output_context){.input = results->program->name};
}

enum qspan_status qspan_results_json(const struct qspan_results *results, char **out_text) {
    const struct output_context context = make_context(results);
    struct text text = {0};
    if (team_rank(results->session->team) != 0) {
        return api_status(log_error(STATUS_USAGE, "rank 0 has the results"));
    }
    enum status status = output_results_json(&text, results->results, &context);
    if (status == STATUS_OK) {
        *out_text = api_strdup(text.data);
        status = *out_text ? STATUS_OK : STATUS_NOFIT;
    }
    text_fini(&text);
    return api_status(status);
}

enum qspan_status qspan_results_write(const struct qspan_results *results, const char *path) {
    const struct output_context context = make_context(results);
    enum status status = STATUS_OK;
    if (team_rank(results->session->team) == 0) {
        status = output_results_hdf5(path, results->results, &context, &results->provenance);
    }
    return api_status(comm_agree(results->session->team, status));
}
