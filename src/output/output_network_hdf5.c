/* Figures of a network in HDF5: one table writes and reads them. */
#include <stddef.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "output/output_network.h"
#include "output/provenance.h"

static const char format_name[] = "qspan network";

struct number {
    const char *path;
    size_t at;
    enum store_type type; /* STORE_U64, STORE_I64 or STORE_F64 */
    const char *unit;
    size_t n; /* 0: one number */
};
#define AT(member) offsetof(struct network_stats, member)
#define COUNT(path, member)                                                                        \
    { "network/" path, AT(member), STORE_U64, "1", 0 }
#define SUM(path, member, unit)                                                                    \
    { "network/" path, AT(member), STORE_F64, unit, 0 }
#define HISTOGRAM(path, member)                                                                    \
    {"network/" path "/n", AT(member.n), STORE_U64, "1", 0},                                       \
        {"network/" path "/sum", AT(member.sum), STORE_F64, "ps", 0},                              \
        {"network/" path "/min", AT(member.min), STORE_I64, "ps", 0},                              \
        {"network/" path "/max", AT(member.max), STORE_I64, "ps", 0}, {                            \
        "network/" path "/bins", AT(member.bins), STORE_U64, "1", HISTOGRAM_BINS                   \
    }
#define USE(path, member)                                                                          \
    COUNT("utilisation/" path "/capacity", member.capacity),                                       \
        SUM("utilisation/" path "/busy_ps", member.busy_ps, "ps"),                                 \
        SUM("utilisation/" path "/available_ps", member.available_ps, "ps"),                       \
        COUNT("utilisation/" path "/peak_in_one_place", member.peak)

static const struct number numbers[] = {
    COUNT("timelines", n_timelines),
    COUNT("events", n_events),
    COUNT("ebits_requested", n_submitted),
    COUNT("ebits_delivered", n_delivered),
    COUNT("ebits_used", n_used),
    COUNT("reconfigurations", n_reconfigured),
    COUNT("messages", n_messages),
    COUNT("made_in_advance", n_pooled),
    COUNT("served_from_pool", n_from_pool),
    COUNT("outages", n_outages),
    COUNT("aborted_by_outages", n_aborted),
    COUNT("lost_by_outages", n_lost),
    COUNT("below_target", n_below_target),
    {"network/used_by_class", AT(n_used_by_wait), STORE_U64, "1", 3},
    COUNT("used_with_due", n_due),
    COUNT("late", n_late),
    SUM("latency_parts_ps/queue_sum", queue_ps, "ps"),
    SUM("latency_parts_ps/reconfigure_sum", reconfigure_ps, "ps"),
    SUM("latency_parts_ps/make_sum", make_ps, "ps"),
    SUM("fidelity/at_delivery_sum", fidelity_delivered, "1"),
    SUM("fidelity/least_at_delivery", min_fidelity_delivered, "1"),
    SUM("fidelity/at_use_sum", fidelity_used, "1"),
    {"network/fidelity/at_use_per_cent", AT(used_by_fidelity), STORE_U64, "ebits", 101},
    HISTOGRAM("latency_ps", latency_ps),
    HISTOGRAM("age_at_use_ps", age_ps),
    USE("comm_qubits", comm),
    USE("buffer_qubits", buffer),
    USE("channels", channels),
    USE("analysers", analysers),
    {"network/end_ps", AT(t_end_ps), STORE_I64, "ps", 0},
};

void output_put_network(struct store_file *file, const struct network_stats *stats) {
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        const struct number *number = &numbers[i];
        store_file_put(file, number->path, number->type, (const char *)stats + number->at,
                       &number->n, number->n > 0, number->unit);
    }
    store_file_note(file, "network/latency_ps/bins", "meaning",
                    "bins 0 to 63 are 0 to 63 ps; above, 64 bins for each factor 2");
}

static enum status get_number(const struct store_file *file, const struct number *number,
                              struct network_stats *stats, struct arena *arena) {
    void *to = (char *)stats + number->at;
    const void *data = NULL;
    size_t n = 1;
    TRY(store_file_get(file, &data, &n, number->path, number->type, number->n > 0, arena));
    if (n != (number->n > 0 ? number->n : 1)) {
        return log_error_at(STATUS_INPUT, (struct src_loc){.file = store_file_name(file)},
                            "%s has %zu numbers instead of %zu", number->path, n, number->n);
    }
    memcpy(to, data, n * sizeof(uint64_t));
    return STATUS_OK;
}

enum status output_get_network(const struct store_file *file, struct network_stats *out_stats,
                               struct arena *arena) {
    memset(out_stats, 0, sizeof *out_stats);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        TRY(get_number(file, &numbers[i], out_stats, arena));
    }
    return STATUS_OK;
}

/* ---- a network alone ---- */

enum { LEDGER_FIELDS = 6 };
static const char *const ledger_paths[LEDGER_FIELDS] = {"ebits/requested", "ebits/generated",
                                                        "ebits/swapped",   "ebits/purified_away",
                                                        "ebits/expired",   "ebits/used"};

static uint64_t *ledger_field(struct ebit_ledger *ledger, size_t field) {
    uint64_t *const fields[LEDGER_FIELDS] = {&ledger->requested, &ledger->generated,
                                             &ledger->swapped,   &ledger->purified_away,
                                             &ledger->expired,   &ledger->used};
    return fields[field];
}

static enum status put_ledger(struct store_file *file, const struct output_workload *run,
                              struct arena *arena) {
    const size_t n = run->n_ledger, dims[2] = {n, 2};
    uint32_t *ends = arena_alloc(arena, (2 * n + 1) * sizeof *ends);
    uint64_t *values = arena_alloc(arena, (n + 1) * sizeof *values);
    const char **names = arena_alloc(arena, (run->n_qpus + 1) * sizeof *names);
    if (ends == NULL || values == NULL || names == NULL) {
        return STATUS_NOFIT;
    }
    for (size_t i = 0; i < run->n_qpus; i++) {
        names[i] = run->machine->qpus[i].name;
    }
    store_file_put_texts(file, "qpus", names, run->n_qpus, "1");
    for (size_t i = 0; i < n; i++) {
        ends[2 * i] = run->ledger[i].qpu_a;
        ends[2 * i + 1] = run->ledger[i].qpu_b;
    }
    store_file_put(file, "ebits/links", STORE_U32, ends, dims, 2, "1");
    store_file_note(file, "ebits/links", "meaning", "two indices into qpus per link");
    for (size_t k = 0; k < LEDGER_FIELDS; k++) {
        for (size_t i = 0; i < n; i++) {
            struct ebit_ledger ledger = run->ledger[i];
            values[i] = *ledger_field(&ledger, k);
        }
        store_file_put(file, ledger_paths[k], STORE_U64, values, &n, 1, "ebits");
    }
    return STATUS_OK;
}

static enum status put_jobs(struct store_file *file, const struct workload_result *result,
                            struct arena *arena) {
    const size_t n = result->n_jobs;
    uint64_t *values = arena_alloc(arena, 2 * (n + 1) * sizeof *values);
    int64_t *ends = arena_alloc(arena, (n + 1) * sizeof *ends);
    if (values == NULL || ends == NULL) {
        return STATUS_NOFIT;
    }
    for (size_t j = 0; j < n; j++) {
        values[j] = result->jobs[j].n_used;
        values[n + j] = result->jobs[j].n_late;
        ends[j] = result->jobs[j].t_end_ps;
    }
    store_file_put(file, "jobs/ebits", STORE_U64, values, &n, 1, "ebits");
    store_file_put(file, "jobs/late", STORE_U64, values + n, &n, 1, "ebits");
    store_file_put(file, "jobs/end_ps", STORE_I64, ends, &n, 1, "ps");
    return STATUS_OK;
}

static enum status put_workload(struct store_file *file, const struct output_workload *run,
                                const struct output_provenance *provenance, struct arena *arena) {
    output_note_provenance(file, format_name, provenance);
    output_note_time(file, "finished_utc", provenance->finished_s);
    store_file_note(file, "/", "machine_name", run->machine_name);
    store_file_note(file, "/", "workload", run->pattern);
    store_file_note_u64(file, "/", "requests", run->workload->n_requests);
    store_file_note_u64(file, "/", "seed", run->workload->seed);
    store_file_note_u64(file, "/", "ranks", (uint64_t)run->n_ranks);
    TRY(put_ledger(file, run, arena));
    TRY(put_jobs(file, run->result, arena));
    store_file_put(file, "makespan_ps", STORE_I64, &run->result->makespan_ps, NULL, 0, "ps");
    store_file_put_f64(file, "jain", run->result->jain, "1");
    store_file_put_f64(file, "run_s", run->run_s, "s");
    store_file_put_f64(file, "wall_s", run->wall_s, "s");
    output_put_network(file, run->stats);
    return STATUS_OK;
}

enum status output_workload_hdf5(const char *path, const struct output_workload *run,
                                 const struct output_provenance *provenance) {
    struct store_file *file;
    struct arena arena = {0};
    TRY(store_file_create(&file));
    enum status status = put_workload(file, run, provenance, &arena);
    status = status == STATUS_OK ? store_file_save(file, path) : status;
    store_file_destroy(file);
    arena_fini(&arena);
    return status;
}

/* ---- reading back ---- */

struct workload_file {
    struct arena arena;
    struct store_file *file;
    struct output_workload run;
    struct workload workload;
    struct workload_result result;
    struct network_stats *stats;
};

enum status output_is_workload_hdf5(bool *out_is_one, const char *path) {
    struct store_file *file;
    struct arena arena = {0};
    const char *format = "";
    TRY(store_file_open(&file, path));
    *out_is_one = store_file_has_note(file, "/", "format") &&
                  store_file_get_note(file, &format, "/", "format", &arena) == STATUS_OK &&
                  strcmp(format, format_name) == 0;
    store_file_destroy(file);
    arena_fini(&arena);
    return STATUS_OK;
}

static enum status get_ledger(struct workload_file *f) {
    const char **names;
    struct ebit_ledger *ledger = NULL;
    TRY(store_file_get_texts(f->file, &names, &f->run.n_qpus, "qpus", &f->arena));
    for (size_t k = 0; k < LEDGER_FIELDS; k++) {
        uint64_t *values;
        size_t n;
        TRY(store_file_get(f->file, &values, &n, ledger_paths[k], STORE_U64, 1, &f->arena));
        if (ledger == NULL) {
            ledger = arena_alloc(&f->arena, (n + 1) * sizeof *ledger);
            f->run.n_ledger = n;
        }
        if (ledger == NULL) {
            return STATUS_NOFIT;
        }
        if (n != f->run.n_ledger) {
            return log_error(STATUS_INPUT, "%s has %zu links instead of %zu", ledger_paths[k], n,
                             f->run.n_ledger);
        }
        for (size_t i = 0; i < n; i++) {
            *ledger_field(&ledger[i], k) = values[i];
        }
    }
    f->run.ledger = ledger;
    return STATUS_OK;
}

static enum status get_workload(struct workload_file *f) {
    uint64_t schema, makespan_ps;
    size_t n_jobs;
    uint64_t *ebits;
    TRY(store_file_get_note_u64(f->file, &schema, "/", "schema"));
    if (schema != 1) {
        return log_error(STATUS_INPUT, "the file is not of schema 1");
    }
    TRY(store_file_get_note(f->file, &f->run.machine_name, "/", "machine_name", &f->arena));
    TRY(store_file_get_note(f->file, &f->run.pattern, "/", "workload", &f->arena));
    TRY(store_file_get_note_u64(f->file, &f->workload.n_requests, "/", "requests"));
    TRY(store_file_get_note_u64(f->file, &f->workload.seed, "/", "seed"));
    TRY(get_ledger(f));
    TRY(store_file_get(f->file, &ebits, &n_jobs, "jobs/ebits", STORE_U64, 1, &f->arena));
    f->result.n_jobs = (uint32_t)n_jobs;
    TRY(store_file_get_u64(f->file, &makespan_ps, "makespan_ps"));
    f->result.makespan_ps = (int64_t)makespan_ps;
    TRY(store_file_get_f64(f->file, &f->result.jain, "jain"));
    TRY(store_file_get_f64(f->file, &f->run.run_s, "run_s"));
    f->stats = arena_alloc(&f->arena, sizeof *f->stats);
    if (f->stats == NULL) {
        return STATUS_NOFIT;
    }
    return output_get_network(f->file, f->stats, &f->arena);
}

enum status output_workload_read(struct text *out, const char *path) {
    struct workload_file f = {0};
    TRY(store_file_open(&f.file, path));
    enum status status = get_workload(&f);
    if (status == STATUS_OK) {
        f.run.workload = &f.workload;
        f.run.result = &f.result;
        f.run.stats = f.stats;
        status = output_workload_report(out, &f.run);
    }
    store_file_destroy(f.file);
    arena_fini(&f.arena);
    return status;
}
