/* Results as HDF5; archive.c reads them back. docs/formats.md states the schema. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "output/output.h"
#include "output/output_network.h"
#include "output/provenance.h"
#include "store/file.h"

enum { PATH_BYTES = 64 };

struct writer {
    struct store_file *file;
    const struct results *results;
    struct arena arena;
    bool failed; /* no memory */
};

static void *take(struct writer *writer, size_t n, size_t size) {
    size_t n_bytes;
    void *block = size_mul(&n_bytes, n + 1, size) ? arena_alloc(&writer->arena, n_bytes) : NULL;
    writer->failed = writer->failed || !block;
    return block;
}

static void add_head(struct writer *writer, const struct output_context *context,
                     const struct output_provenance *provenance) {
    struct store_file *file = writer->file;
    const struct results *results = writer->results;
    output_note_provenance(file, "qspan results", provenance);
    store_file_note(file, "/", "input", context->input);
    output_note_time(file, "finished_utc", provenance->finished_s);
    store_file_note(file, "/", "engine", results->engine);
    if (results->precision) {
        store_file_note(file, "/", "precision", results->precision);
    }
    if (results->is_fast) {
        store_file_note_u64(file, "/", "fast", 1);
    }
    store_file_note(file, "/", "protocol", output_protocol(results->program));
    store_file_note(file, "/", "distribute", results->program->distribute);
    store_file_note_u64(file, "/", "seed", results->seed);
    store_file_note_u64(file, "/", "shots", results->p_one ? 0 : results->n_shots);
    store_file_note_u64(file, "/", "first_shot", results->first_shot);
    store_file_note_u64(file, "/", "shots_asked", results->p_one ? 0 : results->n_asked);
    store_file_note_u64(file, "/", "interrupted", results->n_shots < results->n_asked);
    store_file_note_u64(file, "/", "shots_per_timeline", provenance->shots_per_timeline);
    store_file_note_u64(file, "/", "program_digest", provenance->digest);
    store_file_note_u64(file, "/", "ranks", (uint64_t)results->n_ranks);
    store_file_note_u64(file, "/", "replicas", results->n_replicas);
}

static void add_qpus(struct writer *writer) {
    const struct program *program = writer->results->program;
    const char **names = take(writer, program->n_qpus, sizeof *names);
    for (size_t i = 0; names && i < program->n_qpus; i++) {
        names[i] = program->qpus[i].name;
    }
    if (names) {
        store_file_put_texts(writer->file, "qpus", names, program->n_qpus, "1");
    }
}

static void add_bit_names(struct writer *writer, const char *path, const uint32_t *bits,
                          size_t n_bits) {
    const char **names = take(writer, n_bits, sizeof *names);
    for (size_t i = 0; names && i < n_bits; i++) {
        struct text name = {0};
        program_add_bit_name(&name, writer->results->program, bits[i]);
        names[i] = name.failed ? NULL : arena_strdup(&writer->arena, name.data);
        writer->failed = writer->failed || !names[i];
        text_fini(&name);
    }
    if (!writer->failed) {
        store_file_put_texts(writer->file, path, names, n_bits, "1");
    }
}

/* Keys as JSON writes them, one string of n_bits characters each. */
struct key_texts {
    struct text text;
    size_t n, n_bits;
};

static void add_keys(struct writer *writer, const char *path, struct key_texts *keys) {
    if (keys->text.failed) {
        writer->failed = true;
    } else {
        store_file_put_words(writer->file, path, keys->text.data, keys->n, keys->n_bits, "bits");
    }
    text_fini(&keys->text);
}

static void add_counts(struct writer *writer, const char *group, const struct run_count *counts,
                       size_t n_counts, size_t n_bits) {
    char path[PATH_BYTES];
    uint64_t *shots = take(writer, n_counts, sizeof *shots);
    struct key_texts keys = {.n = n_counts, .n_bits = n_bits};
    for (size_t i = 0; shots && i < n_counts; i++) {
        output_add_key(&keys.text, counts[i].key, n_bits);
        shots[i] = counts[i].n;
    }
    snprintf(path, sizeof path, "%s/keys", group);
    add_keys(writer, path, &keys);
    snprintf(path, sizeof path, "%s/shots", group);
    if (shots) {
        store_file_put(writer->file, path, STORE_U64, shots, &n_counts, 1, "shots");
    }
}

static void add_marginals(struct writer *writer) {
    const struct results *results = writer->results;
    for (size_t q = 0; results->marginals && q < results->program->n_qpus; q++) {
        const struct run_marginal *marginal = &results->marginals[q];
        char group[PATH_BYTES / 2], path[PATH_BYTES];
        snprintf(group, sizeof group, "marginals/%zu", q);
        add_counts(writer, group, marginal->counts, marginal->n_counts, marginal->n_bits);
        snprintf(path, sizeof path, "%s/bits", group);
        add_bit_names(writer, path, marginal->bits, marginal->n_bits);
        store_file_note(writer->file, group, "qpu", results->program->qpus[q].name);
    }
}

static void add_probabilities(struct writer *writer) {
    const struct results *results = writer->results;
    size_t n = results->n_probabilities;
    double *p = take(writer, n, sizeof *p);
    struct key_texts keys = {.n = n, .n_bits = results->n_key_bits};
    for (size_t i = 0; p && i < n; i++) {
        output_add_key(&keys.text, results->probabilities[i].key, results->n_key_bits);
        p[i] = results->probabilities[i].p;
    }
    add_keys(writer, "probabilities/keys", &keys);
    if (p) {
        store_file_put(writer->file, "probabilities/p", STORE_F64, p, &n, 1, "1");
    }
    store_file_put(writer->file, "probability_of_one", STORE_F64, results->p_one,
                   &results->n_key_bits, 1, "1");
    store_file_put_u64(writer->file, "n_outcomes", results->n_outcomes, "1");
}

static void add_records(struct writer *writer) {
    const struct results *results = writer->results;
    if (results->records) {
        const size_t dims[2] = {(size_t)results->n_shots, results->record_bytes};
        store_file_put(writer->file, "records/keys", STORE_U8, results->records, dims, 2, "bits");
        store_file_note(writer->file, "records/keys", "packing",
                        "row: shot; bit i of the key: bit i % 8 (lowest first) of byte i / 8");
        if (results->shot_makespans_ps) {
            store_file_put(writer->file, "records/makespan_ps", STORE_I64,
                           results->shot_makespans_ps, dims, 1, "ps");
        }
    }
}

static void add_decodes(struct writer *writer, const struct output_context *context) {
    for (size_t i = 0; i < context->n_decodes; i++) {
        const struct decode *decode = &context->decodes[i];
        const struct {
            const char *name;
            double value;
        } numbers[] = {
            {"share", decode->share}, {"mean", decode->mean}, {"std_error", decode->std_error}};
        char group[PATH_BYTES / 2], path[PATH_BYTES];
        snprintf(group, sizeof group, "decoded/%zu", i);
        snprintf(path, sizeof path, "%s/most_likely", group);
        store_file_put_u64(writer->file, path, decode->most_likely, "1");
        store_file_note(writer->file, group, "register", decode->reg->name);
        store_file_note(writer->file, group, "as", decode_kind_name(decode->kind));
        store_file_note_u64(writer->file, group, "n_bits", decode->reg->n);
        for (size_t k = 0; k < sizeof numbers / sizeof numbers[0]; k++) {
            snprintf(path, sizeof path, "%s/%s", group, numbers[k].name);
            store_file_put_f64(writer->file, path, numbers[k].value,
                               decode->kind == DECODE_PHASE && k > 0 ? "turns" : "1");
        }
    }
}

/* What means and errors are made of, so that a run can go on: words of sums modulo 2^128, the lower
 * one first. */
static void add_sums(struct writer *writer, const char *path, const struct average *const *sums,
                     size_t n) {
    const size_t dims[2] = {n, OUTPUT_SUM_WORDS};
    uint64_t *words = take(writer, n * OUTPUT_SUM_WORDS, sizeof *words);
    for (size_t i = 0; words && i < n; i++) {
        const average_word wide[] = {sums[i]->fine, sums[i]->sum, sums[i]->square};
        uint64_t *row = words + i * OUTPUT_SUM_WORDS;
        for (size_t k = 0; k < sizeof wide / sizeof wide[0]; k++) {
            row[2 * k] = (uint64_t)wide[k];
            row[2 * k + 1] = (uint64_t)(wide[k] >> 64);
        }
        row[OUTPUT_SUM_WORDS - 1] = sums[i]->n;
    }
    if (words) {
        store_file_put(writer->file, path, STORE_U64, words, dims, 2, "1");
    }
}

static void add_states(struct writer *writer) {
    const struct results *results = writer->results;
    const struct run_fidelity *fidelity = &results->fidelity;
    size_t n = results->n_observables;
    const char **names = take(writer, n, sizeof *names);
    double *values = take(writer, 2 * n, sizeof *values);
    const struct average **sums = take(writer, n, sizeof(const struct average *));
    for (size_t i = 0; names && values && sums && i < n; i++) {
        sums[i] = &results->observables[i].sums;
        names[i] = results->observables[i].name;
        values[i] = results->observables[i].value;
        values[n + i] = results->observables[i].std_error;
    }
    if (names && values && n > 0) {
        store_file_put_texts(writer->file, "observables/names", names, n, "1");
        store_file_put(writer->file, "observables/values", STORE_F64, values, &n, 1, "1");
        store_file_put(writer->file, "observables/std_errors", STORE_F64, values + n, &n, 1, "1");
        store_file_note(writer->file, "observables", "over", results->p_one ? "outcomes" : "shots");
        if (sums && !results->p_one) {
            add_sums(writer, "observables/sums", sums, n);
        }
    }
    if (fidelity->is_set) {
        store_file_put_f64(writer->file, "state_fidelity/mean", fidelity->mean, "1");
        store_file_put_f64(writer->file, "state_fidelity/std_error", fidelity->std_error, "1");
        const struct average *const sum = &fidelity->sums;
        add_sums(writer, "state_fidelity/sums", &sum, 1);
    }
}

static double ledger_field(const struct ebit_ledger_mean *link, size_t field) {
    const double fields[] = {link->requested,     link->generated, link->swapped,
                             link->purified_away, link->expired,   link->used};
    return fields[field];
}

static void add_ebits(struct writer *writer) {
    static const char *const names[] = {"requested",     "generated", "swapped",
                                        "purified_away", "expired",   "used"};
    const struct results *results = writer->results;
    size_t n = results->n_links;
    uint32_t *ends = take(writer, 2 * n, sizeof *ends);
    double *values = take(writer, n, sizeof *values);
    if (writer->failed) {
        return;
    }
    for (size_t i = 0; i < n; i++) {
        ends[2 * i] = results->links[i].qpu_a;
        ends[2 * i + 1] = results->links[i].qpu_b;
    }
    const size_t dims[2] = {n, 2};
    store_file_put(writer->file, "ebits/links", STORE_U32, ends, dims, 2, "1");
    store_file_note(writer->file, "ebits/links", "meaning", "two indices into qpus per link");
    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
        char path[PATH_BYTES];
        for (size_t i = 0; i < n; i++) {
            values[i] = ledger_field(&results->links[i], k);
        }
        snprintf(path, sizeof path, "ebits/%s", names[k]);
        store_file_put(writer->file, path, STORE_F64, values, &n, 1, "ebits per shot");
    }
    store_file_put_f64(writer->file, "ebits/total", results->n_ebits, "ebits per shot");
}

static void add_figures(struct writer *writer) {
    struct store_file *file = writer->file;
    const struct results *results = writer->results;
    const struct run_mean *makespan = &results->makespan_ps;
    if (results->program->is_fused) {
        store_file_put_u64(file, "packets/fused", results->packets.n_fused, "packets");
        store_file_put_u64(file, "packets/explicit", results->packets.n_explicit, "packets");
    }
    store_file_put_f64(file, "bits_sent", results->n_bits_sent, "bits per shot");
    store_file_put_f64(file, "makespan_ps/mean", makespan->mean, "ps");
    store_file_put_f64(file, "makespan_ps/std_error", makespan->std_error, "ps");
    store_file_put(file, "makespan_ps/min", STORE_I64, &makespan->min, NULL, 0, "ps");
    store_file_put(file, "makespan_ps/max", STORE_I64, &makespan->max, NULL, 0, "ps");
    store_file_put_u64(file, "makespan_ps/timelines", makespan->n, "1");
    store_file_put(file, "peak_comm_qubits", STORE_U32, results->peak_comm,
                   &results->program->n_qpus, 1, "qubits");
    store_file_put_u64(file, "peak_group_qubits", results->peak_group_qubits, "qubits");
    store_file_put_u64(file, "branches", results->n_branches, "1");
    store_file_put_u64(file, "peak_bytes_per_rank", results->peak_bytes, "bytes");
    store_file_put_u64(file, "planned_bytes_per_rank", results->planned_bytes, "bytes");
    store_file_put_f64(file, "wall_s", results->wall_s, "s");
    if (results->network != NULL) {
        output_put_network(file, results->network);
    }
}

static void add_warnings(struct writer *writer) {
    size_t n = log_count_warnings();
    const char **texts = take(writer, n, sizeof *texts);
    for (uint32_t i = 0; texts && i < n; i++) {
        texts[i] = arena_strdup(&writer->arena, log_get_warning(i));
        writer->failed = writer->failed || !texts[i];
    }
    if (!writer->failed) {
        store_file_put_texts(writer->file, "warnings", texts, n, "1");
    }
}

enum status output_results_hdf5(const char *path, const struct results *results,
                                const struct output_context *context,
                                const struct output_provenance *provenance) {
    struct writer writer = {.results = results};
    TRY(store_file_create(&writer.file));
    add_head(&writer, context, provenance);
    add_qpus(&writer);
    add_bit_names(&writer, "key_bits", results->key_bits, results->n_key_bits);
    if (results->p_one) {
        add_probabilities(&writer);
    } else {
        add_counts(&writer, "counts", results->counts, results->n_counts, results->n_key_bits);
        add_marginals(&writer);
        add_records(&writer);
    }
    add_decodes(&writer, context);
    add_states(&writer);
    add_ebits(&writer);
    add_figures(&writer);
    add_warnings(&writer);
    enum status status = writer.failed ? STATUS_NOFIT : store_file_save(writer.file, path);
    store_file_destroy(writer.file);
    arena_fini(&writer.arena);
    return status;
}
