#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/progress.h"
#include "corpus/corpus.h"
#include "distribute/distribute.h"

static char first_error[1024];

static void keep_first(void *ctx, enum log_level level, const char *text) {
    (void)ctx;
    if (level == LOG_ERROR && first_error[0] == '\0') {
        snprintf(first_error, sizeof first_error, "%s", text);
    }
}

void corpus_catch_errors(void) {
    first_error[0] = '\0';
    log_set_sink(keep_first, NULL);
}

const char *corpus_first_error(void) {
    return first_error;
}

/* Qubits that any op touches. */
static enum status count_active(uint32_t *out_n, const struct circuit *circuit) {
    bool *is_active = mem_alloc((size_t)circuit->n_qubits + 1, sizeof *is_active);
    if (!is_active) {
        return STATUS_NOFIT;
    }
    *out_n = 0;
    for (size_t i = 0; i < circuit->ops.n_ops; i++) {
        const struct op *op = &circuit->ops.ops[i];
        for (uint32_t k = 0; k < op->n_qubits && op->kind != OP_BARRIER; k++) {
            uint32_t qb = op_qubits(&circuit->ops, op)[k];
            *out_n += !is_active[qb];
            is_active[qb] = true;
        }
    }
    mem_free(is_active);
    return STATUS_OK;
}

/* Noise and loops that depend on data have no distribution that ends. */
static bool must_be_sampled(const struct circuit *circuit) {
    for (size_t i = 0; i < circuit->ops.n_ops; i++) {
        if (circuit->ops.ops[i].kind == OP_NOISE || circuit->ops.ops[i].kind == OP_WHILE) {
            return true;
        }
    }
    return false;
}

static enum status read_circuit(struct corpus_job *job) {
    const struct circuit_limits limits = {
        .dialect =
            job->uses_braket || strstr(job->path, "/braket/") ? CIRCUIT_BRAKET : CIRCUIT_STANDARD,
        .params = job->params,
        .n_params = job->n_params,
    };
    TRY(circuit_read_file(&job->circuit, job->path, &limits));
    TRY(stim_spell_out(&job->circuit));
    TRY(count_active(&job->n_active, job->circuit));
    if (must_be_sampled(job->circuit)) {
        job->options.n_probabilities = 0;
        job->options.n_shots = job->options.n_shots ? job->options.n_shots : CORPUS_SHOTS;
    }
    if (job->circuit->measures) {
        return STATUS_OK;
    }
    job->is_final_state = true;
    job->n_declared_bits = job->circuit->n_bits;
    for (size_t i = 0; i < job->circuit->n_cregs; i++) {
        const struct reg *reg = &job->circuit->cregs[i];
        job->n_declared_bits -= reg->is_local ? reg->n : 0;
    }
    return circuit_measure_all(job->circuit);
}

static enum status distribute(struct corpus_job *job) {
    uint32_t n_qubits = job->circuit->n_qubits;
    if (!job->machine) {
        uint32_t n_qpus = job->n_qpus < n_qubits ? job->n_qpus : n_qubits;
        TRY(machine_create_ideal(&job->machine, n_qpus > 0 ? n_qpus : 1, n_qubits,
                                 MACHINE_UNLIMITED));
    }
    return distribute_simple(&job->program, job->circuit, job->machine);
}

static enum status check(const struct program *program) {
    struct program_check result = {0};
    TRY(program_check(&result, program));
    program_check_fini(&result);
    return STATUS_OK;
}

static enum status compare_texts(struct text *second, struct program **out_copy,
                                 const struct text *first) {
    if (first->failed) {
        return log_error(STATUS_NOFIT, "no memory for the text");
    }
    TRY(program_read_text(out_copy, "(printed)", first->data, first->n,
                          &(struct circuit_limits){0}));
    TRY(check(*out_copy));
    TRY(program_print(second, *out_copy));
    if (second->failed || first->n != second->n || memcmp(first->data, second->data, first->n)) {
        return log_error(STATUS_UNVERIFIED, "prints differently after it was read back");
    }
    return STATUS_OK;
}

/* The text form of a program is a program that passes the checks and prints the same. */
static enum status roundtrip(const struct program *program) {
    struct text first = {0}, second = {0};
    struct program *copy = NULL;
    TRY(check(program));
    enum status status = program_print(&first, program);
    if (status == STATUS_OK) {
        status = compare_texts(&second, &copy, &first);
    }
    program_destroy(copy);
    text_fini(&first);
    text_fini(&second);
    return status;
}

static enum status run_stage(struct corpus_job *job, enum corpus_stage stage) {
    const struct team *team = comm_world();
    switch (stage) {
    case STAGE_READ:
        return read_circuit(job);
    case STAGE_DISTRIBUTE:
        return distribute(job);
    case STAGE_ROUNDTRIP:
        return team_rank(team) == 0 ? roundtrip(job->program) : STATUS_OK;
    case STAGE_RUN:
        return runtime_run(&job->results, job->program, job->machine, team, &job->options);
    case STAGE_COUNT:
        break;
    }
    return STATUS_INTERNAL;
}

enum status corpus_job_run(struct corpus_job *job) {
    job->options.engine = &engine_statevector;
    job->options.shots_per_timeline = 1024;
    job->options.max_branches = 65536;
    for (int stage = 0; stage < STAGE_COUNT; stage++) {
        double t_start_s = clock_now_s();
        if (stage == STAGE_RUN && job->max_active > 0 && job->n_active > job->max_active) {
            job->is_planned_only = true;
            return STATUS_OK;
        }
        enum status status = run_stage(job, (enum corpus_stage)stage);
        status = comm_agree(comm_world(), status);
        job->t_s[stage] = clock_now_s() - t_start_s;
        TRY(status);
    }
    return STATUS_OK;
}

void corpus_job_fini(struct corpus_job *job) {
    results_destroy(job->results);
    program_destroy(job->program);
    machine_destroy(job->machine);
    circuit_destroy(job->circuit);
    *job = (struct corpus_job){0};
}
