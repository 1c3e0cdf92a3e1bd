/* What a run took: times, ledger, memory, work. */
#include <math.h>
#include <string.h>

#include "network/service.h"
#include "runtime/runtime_impl.h"

static struct run_mean mean_of(const int64_t *t_ps, uint64_t n) {
    struct run_mean mean = {.n = n};
    double sum = 0, square = 0;
    for (uint64_t i = 0; i < n; i++) {
        sum += (double)t_ps[i];
        mean.min = i == 0 || t_ps[i] < mean.min ? t_ps[i] : mean.min;
        mean.max = i == 0 || t_ps[i] > mean.max ? t_ps[i] : mean.max;
    }
    mean.mean = n == 0 ? 0 : sum / (double)n;
    for (uint64_t i = 0; i < n; i++) {
        const double d = (double)t_ps[i] - mean.mean;
        square += d * d;
    }
    mean.std_error = n < 2 ? 0 : sqrt(square / (double)(n - 1) / (double)n);
    return mean;
}

static void set_makespan(struct run *run, uint32_t block_shots) {
    struct run_mean *mean = &run->results->makespan_ps;
    const uint64_t n_shots = run->results->n_shots;
    if (run->clock.does_vary && !run->program->is_data_dependent) {
        *mean = mean_of(run->clock.makespans, run->clock.n_makespans);
        return;
    }
    if (!run->program->is_data_dependent) {
        const int64_t t_ps = run->clock.last.makespan_ps;
        *mean = (struct run_mean){(double)t_ps, 0, t_ps, t_ps, 1};
        mean->n = (run->walker == NULL && run->bulk == NULL) || run->options->n_probabilities > 0
                      ? 1
                      : n_shots / block_shots + (n_shots % block_shots != 0);
        return;
    }
    if (run->options->n_probabilities > 0) {
        mean->mean = run->makespan_sum;
        return;
    }
    *mean = mean_of(run->results->shot_makespans_ps, n_shots);
}

/* Sums over n timelines to means; weights of exact cases sum to 1. */
static enum status set_ledger(struct run *run) {
    struct results *results = run->results;
    const struct run_clock *clock = &run->clock;
    double n = 1;
    if (clock->does_vary) {
        n = (double)clock->n_makespans;
    }
    if (run->program->is_data_dependent && run->options->n_probabilities == 0) {
        n = (double)results->n_shots;
    }
    results->links = arena_alloc(&results->arena, (clock->n_links + 1) * sizeof *results->links);
    results->peak_comm =
        arena_alloc(&results->arena, (run->program->n_qpus + 1) * sizeof *results->peak_comm);
    if (results->links == NULL || results->peak_comm == NULL) {
        return STATUS_NOFIT;
    }
    for (size_t i = 0; i < clock->n_links && n > 0; i++) {
        const struct ebit_ledger_mean *link = &clock->links[i];
        results->links[i] = (struct ebit_ledger_mean){
            link->qpu_a,         link->qpu_b,       link->requested / n,
            link->generated / n, link->swapped / n, link->purified_away / n,
            link->expired / n,   link->used / n,
        };
    }
    results->n_links = clock->n_links;
    if (clock->network != NULL) {
        results->network = arena_alloc(&results->arena, sizeof *results->network);
        if (results->network == NULL) {
            return STATUS_NOFIT;
        }
        *results->network = *clock->network;
    }
    results->n_ebits = n > 0 ? clock->n_ebits / n : 0;
    results->n_bits_sent = n > 0 ? clock->n_bits_sent / n : 0;
    memcpy(results->peak_comm, timeline_peak_comm(clock->timeline),
           run->program->n_qpus * sizeof *results->peak_comm);
    return STATUS_OK;
}

enum status run_set_figures(struct run *run, uint32_t block_shots) {
    struct results *results = run->results;
    struct engine_figures figures;
    results->n_ranks = team_size(run->world);
    results->n_replicas = run->replicas.n;
    set_makespan(run, block_shots);
    if (run->bulk != NULL) {
        results->peak_bytes = bulk_bytes(run->bulk);
        comm_max_u64(run->team, &results->peak_bytes, 1);
        results->planned_bytes = results->peak_bytes;
        TRY(set_ledger(run));
        run_add_past_figures(run);
        return STATUS_OK;
    }
    const struct engine_task task =
        lowered_task(&run->lowered, run->program, run->options->precision, run->options->max_bytes);
    TRY(run->options->engine->plan(&figures, &task, team_size(run->team)));
    results->planned_bytes = figures.peak_bytes + fidelity_bytes(&run->fidelity);
    uint32_t n_group;
    run->engine->class->usage(run->engine, &n_group, &results->peak_bytes);
    results->peak_bytes += fidelity_bytes(&run->fidelity);
    uint64_t most[2] = {results->peak_bytes, run->peak_group_qubits};
    comm_max_u64(run->world, most, 2);
    results->peak_bytes = most[0];
    results->peak_group_qubits = (uint32_t)most[1];
    int64_t n_branches = (int64_t)run->n_branches;
    if (run->replicas.n > 1) {
        comm_sum_i64(run->replicas.across, &n_branches, 1);
    }
    results->n_branches = (uint64_t)n_branches;
    TRY(set_ledger(run));
    for (size_t q = 0; run->replicas.n > 1 && q < run->program->n_qpus; q++) {
        uint64_t peak = results->peak_comm[q];
        comm_max_u64(run->world, &peak, 1);
        results->peak_comm[q] = (uint32_t)peak;
    }
    run_add_past_figures(run);
    return STATUS_OK;
}
