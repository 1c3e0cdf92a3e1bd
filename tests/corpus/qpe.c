/* CUNQA's distributed phase estimation: phase 1/8 with ten bits, so 128 of 1024 with certainty. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "corpus/corpus.h"

enum { N_SHOTS = 10000, OUTCOME = 128, N_EBITS = 10, N_BITS_SENT = 20 };

static enum status run_mode(struct corpus_job *job, const char *folder, const char *machine_path,
                            uint64_t n_probabilities) {
    char path[4096];
    snprintf(path, sizeof path, "%s/examples/cunqa_qpe.qasm", folder);
    job->path = path;
    job->options =
        (struct run_options){.seed = 1, .n_shots = N_SHOTS, .n_probabilities = n_probabilities};
    TRY(comm_agree(comm_world(), machine_read(&job->machine, machine_path)));
    return corpus_job_run(job);
}

static enum status check_figures(const struct corpus_job *job) {
    const struct results *results = job->results;
    if (results->n_ebits != N_EBITS || results->n_bits_sent != N_BITS_SENT) {
        return log_error(STATUS_UNVERIFIED, "qpe: %g ebits and %g bits, expected %d and %d",
                         results->n_ebits, results->n_bits_sent, N_EBITS, N_BITS_SENT);
    }
    return STATUS_OK;
}

static enum status check_exact(const struct corpus_job *job) {
    const struct results *results = job->results;
    const struct run_probability *first = results->probabilities;
    if (results->n_probabilities == 0 || first->key[0] != OUTCOME || fabs(first->p - 1) > 1e-9) {
        return log_error(STATUS_UNVERIFIED, "qpe: %d has not probability 1", OUTCOME);
    }
    return check_figures(job);
}

static enum status check_shots(const struct corpus_job *job) {
    const struct results *results = job->results;
    if (results->n_counts != 1 || results->counts[0].key[0] != OUTCOME ||
        results->counts[0].n != N_SHOTS) {
        return log_error(STATUS_UNVERIFIED, "qpe: not all shots are %d", OUTCOME);
    }
    return check_figures(job);
}

static enum status run_both(struct corpus_job *exact, struct corpus_job *sampled,
                            const char *folder, const char *machine_path) {
    TRY(run_mode(exact, folder, machine_path, RUN_ALL));
    TRY(run_mode(sampled, folder, machine_path, 0));
    if (team_rank(comm_world()) != 0) { /* rank 0 alone holds counts and probabilities */
        return STATUS_OK;
    }
    TRY(check_exact(exact));
    TRY(check_shots(sampled));
    printf("qpe, %d rank(s): %d of 1024 with p = %.15g; %g ebits, %g bits; %d shots in %.3f s; "
           "makespan %.6g us\n",
           team_size(comm_world()), OUTCOME, exact->results->probabilities[0].p,
           sampled->results->n_ebits, sampled->results->n_bits_sent, N_SHOTS,
           sampled->t_s[STAGE_RUN], sampled->results->makespan_ps.mean * 1e-6);
    return STATUS_OK;
}

enum status corpus_qpe(const char *folder, const char *machine_path) {
    struct corpus_job exact = {0}, sampled = {0};
    enum status status = run_both(&exact, &sampled, folder, machine_path);
    status = comm_agree(comm_world(), status);
    corpus_job_fini(&exact);
    corpus_job_fini(&sampled);
    return status;
}
