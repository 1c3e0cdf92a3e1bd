/* Shots that the same run has had before: their results join those of the shots drawn now, on the
 * first rank, so that what comes out is what one run of all shots gives. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "network/service.h"
#include "runtime/runtime_impl.h"

enum { MAX_FIGURES = 2 };

/* Bits of the QPU's own key out of the whole one; both list program bits in order. */
static void take_bits(uint64_t *out_key, const struct results *results,
                      const struct run_marginal *marginal, const uint64_t *key) {
    size_t k = 0;
    memset(out_key, 0, marginal->key_words * sizeof *out_key);
    for (size_t i = 0; i < results->n_key_bits && k < marginal->n_bits; i++) {
        if (results->key_bits[i] == marginal->bits[k]) {
            bits_set(out_key, k++, bits_get(key, i));
        }
    }
}

static enum status add_counts(struct run *run, const struct results *past) {
    const struct results *results = run->results;
    uint64_t *key = mem_alloc(results->key_words, sizeof *key);
    enum status status = key == NULL ? STATUS_NOFIT : STATUS_OK;
    CHECK(past->n_key_bits == results->n_key_bits);
    for (size_t i = 0; i < past->n_counts && status == STATUS_OK; i++) {
        const struct run_count *count = &past->counts[i];
        status = tally_add(&run->tally, count->key, count->n, 0);
        for (size_t q = 0; q < run->program->n_qpus && status == STATUS_OK; q++) {
            if (run->marginals[q].n_bits > 0) {
                take_bits(key, results, &results->marginals[q], count->key);
                status = tally_add(&run->marginals[q], key, count->n, 0);
            }
        }
    }
    mem_free(key);
    return status;
}

static void add_averages(struct run *run, const struct results *past) {
    if (run->options->observables != NULL) {
        CHECK(past->n_observables == run->options->observables->n_sums);
        for (size_t i = 0; i < past->n_observables; i++) {
            average_merge(&run->expectation.averages[i], &past->observables[i].sums);
        }
    }
    if (run->options->ideal != NULL) {
        CHECK(past->fidelity.is_set);
        average_merge(&run->fidelity.average, &past->fidelity.sums);
    }
}

/* Sums over n shots are integers. */
static double sum_of(double mean, uint64_t n) {
    return rint(mean * (double)n);
}

/* Of programs whose timelines depend on outcomes; those of others are run again (pass_blocks). */
static enum status add_ledgers(struct run *run, const struct results *past) {
    struct run_clock *clock = &run->clock;
    const uint64_t n = past->n_shots;
    for (size_t i = 0; i < past->n_links; i++) {
        const struct ebit_ledger_mean *link = &past->links[i];
        const struct ebit_ledger_mean sums = {
            .qpu_a = link->qpu_a,
            .qpu_b = link->qpu_b,
            .requested = sum_of(link->requested, n),
            .generated = sum_of(link->generated, n),
            .swapped = sum_of(link->swapped, n),
            .purified_away = sum_of(link->purified_away, n),
            .expired = sum_of(link->expired, n),
            .used = sum_of(link->used, n),
        };
        TRY(clock_add_link(clock, &sums));
    }
    clock->n_ebits += sum_of(past->n_ebits, n);
    clock->n_bits_sent += sum_of(past->n_bits_sent, n);
    return STATUS_OK;
}

enum status run_add_past(struct run *run) {
    const struct run_past *past = run->options->past;
    struct results *results = run->results;
    if (past == NULL || past->results == NULL) {
        return STATUS_OK;
    }
    const struct results *own = past->results;
    TRY(add_counts(run, own));
    if (results->records != NULL) {
        CHECK(own->records != NULL && own->record_bytes == results->record_bytes);
        memcpy(results->records, own->records, (size_t)own->n_shots * own->record_bytes);
    }
    add_averages(run, own);
    if (run->program->is_data_dependent) {
        CHECK(own->shot_makespans_ps != NULL);
        memcpy(results->shot_makespans_ps, own->shot_makespans_ps,
               (size_t)own->n_shots * sizeof *own->shot_makespans_ps);
        TRY(add_ledgers(run, own));
    }
    return STATUS_OK;
}

void run_add_past_figures(struct run *run) {
    const struct run_past *past = run->options->past;
    struct results *results = run->results;
    if (past == NULL || past->results == NULL) {
        return;
    }
    const struct results *own = past->results;
    results->n_branches += own->n_branches;
    results->peak_group_qubits = results->peak_group_qubits > own->peak_group_qubits
                                     ? results->peak_group_qubits
                                     : own->peak_group_qubits;
    for (size_t q = 0; q < run->program->n_qpus; q++) {
        results->peak_comm[q] =
            results->peak_comm[q] > own->peak_comm[q] ? results->peak_comm[q] : own->peak_comm[q];
    }
}

const struct network_stats *run_past_network(const struct run *run) {
    const struct run_past *past = run->options->past;
    return past != NULL && past->results != NULL ? past->results->network : NULL;
}

enum status run_keep_reals(struct run *run) {
    struct run_clock *clock = &run->clock;
    const struct network_stats *past = run_past_network(run);
    clock->real_sums = mem_alloc(NETWORK_N_REALS, sizeof *clock->real_sums);
    clock->keeps_reals = true;
    if (clock->real_sums != NULL && past != NULL) {
        network_stats_get_reals(clock->real_sums, past);
    }
    return clock->real_sums != NULL ? STATUS_OK : STATUS_NOFIT;
}

bool run_asks_to_stop(struct run *run, uint64_t done, uint64_t *inout_figures, size_t n_figures) {
    uint64_t all[MAX_FIGURES + 1] = {run->options->stop != NULL && *run->options->stop != 0};
    CHECK(n_figures <= MAX_FIGURES);
    for (size_t i = 0; i < n_figures; i++) {
        all[1 + i] = inout_figures[i];
    }
    comm_max_u64(run->world, all, 1 + n_figures);
    for (size_t i = 0; i < n_figures; i++) {
        inout_figures[i] = all[1 + i];
    }
    run->end = all[0] != 0 ? done : run->end;
    run_keep(run, done);
    return all[0] != 0;
}

void run_keep(const struct run *run, uint64_t done) {
    if (done > run->results->first_shot && run->options->keep != NULL) {
        run->options->keep();
    }
}

enum status run_set_done(struct run *run) {
    struct results *results = run->results;
    results->n_shots = run->end - results->first_shot;
    return results->n_shots > 0 || results->n_asked == 0 ? STATUS_OK : STATUS_INTERRUPTED;
}

enum status run_check_range(const struct run *run, uint32_t block_shots) {
    const struct run_options *options = run->options;
    const uint64_t n_past = options->past != NULL ? options->past->n_shots : 0;
    const uint64_t last = UINT32_MAX;
    if (options->n_shots > last || options->first_shot > last - options->n_shots) {
        return log_error(STATUS_USAGE, "shots are numbered up to 2^32 - 2");
    }
    CHECK(n_past <= options->n_shots);
    const uint64_t unit = run_has_frames(options) ? (uint64_t)RUN_FRAME_SHOTS : block_shots;
    if (options->first_shot % block_shots != 0 || options->first_shot % unit != 0) {
        return log_error(STATUS_USAGE,
                         "the first shot of a run must be a multiple of %" PRIu64
                         ", the shots that are drawn together, not %" PRIu64,
                         options->first_shot % block_shots != 0 ? block_shots : unit,
                         options->first_shot);
    }
    return STATUS_OK;
}
