/* Results files read back. */
#include <stdio.h>
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "base/mem.h"
#include "output/output.h"
#include "output/output_network.h"
#include "output/provenance.h"
#include "store/file.h"

enum { PATH_BYTES = 64 };

struct reader {
    const struct store_file *file;
    const char *path;
    struct output_archive *archive;
    bool wants_past; /* all that a run needs to go on */
};

static enum status refuse(const struct reader *reader, const char *why) {
    return log_error_at(STATUS_INPUT, (struct src_loc){.file = reader->path}, "%s", why);
}

static enum status get_note(const struct reader *reader, const char **out, const char *path,
                            const char *name) {
    return store_file_get_note(reader->file, out, path, name, &reader->archive->arena);
}

static enum status read_head(const struct reader *reader) {
    struct output_archive *archive = reader->archive;
    struct results *results = &archive->results;
    const char *format = "", *protocol = "";
    uint64_t schema = 0, n_ranks = 0;
    if (!store_file_has_note(reader->file, "/", "format")) {
        return refuse(reader, "holds no results of qspan");
    }
    TRY(get_note(reader, &format, "/", "format"));
    TRY(store_file_get_note_u64(reader->file, &schema, "/", "schema"));
    if (strcmp(format, "qspan state") == 0) {
        return refuse(reader, "holds a state, which has no report; docs/formats.md says how it "
                              "is read");
    }
    if (strcmp(format, "qspan results") != 0 || schema != 1) {
        return refuse(reader, "holds no results of schema 1");
    }
    TRY(get_note(reader, &archive->version, "/", "version"));
    TRY(get_note(reader, &archive->command_line, "/", "command_line"));
    TRY(get_note(reader, &archive->started, "/", "started_utc"));
    TRY(get_note(reader, &archive->finished, "/", "finished_utc"));
    TRY(get_note(reader, &archive->machine, "/", "machine"));
    archive->noise = "";
    if (store_file_has_note(reader->file, "/", "noise")) {
        TRY(get_note(reader, &archive->noise, "/", "noise"));
    }
    TRY(get_note(reader, &archive->context.input, "/", "input"));
    TRY(get_note(reader, &protocol, "/", "protocol"));
    archive->program->is_fused = strcmp(protocol, "fused") == 0;
    TRY(get_note(reader, &archive->program->distribute, "/", "distribute"));
    TRY(get_note(reader, &results->engine, "/", "engine"));
    if (store_file_has_note(reader->file, "/", "precision")) {
        TRY(get_note(reader, &results->precision, "/", "precision"));
    }
    results->is_fast = store_file_has_note(reader->file, "/", "fast");
    TRY(store_file_get_note_u64(reader->file, &results->seed, "/", "seed"));
    TRY(store_file_get_note_u64(reader->file, &results->n_shots, "/", "shots"));
    results->n_asked = results->n_shots;
    if (store_file_has_note(reader->file, "/", "program_digest")) {
        TRY(store_file_get_note_u64(reader->file, &results->n_asked, "/", "shots_asked"));
        TRY(store_file_get_note_u64(reader->file, &results->first_shot, "/", "first_shot"));
        TRY(store_file_get_note_u64(reader->file, &archive->shots_per_timeline, "/",
                                    "shots_per_timeline"));
        TRY(store_file_get_note_u64(reader->file, &archive->digest, "/", "program_digest"));
    }
    TRY(store_file_get_note_u64(reader->file, &n_ranks, "/", "ranks"));
    results->n_ranks = (int)(n_ranks < INT32_MAX ? n_ranks : INT32_MAX);
    return store_file_get_note_u64(reader->file, &results->n_replicas, "/", "replicas");
}

static enum status read_names(const struct reader *reader) {
    struct output_archive *archive = reader->archive;
    const char **names = NULL, **bits = NULL;
    size_t n = 0;
    TRY(store_file_get_texts(reader->file, &names, &n, "qpus", &archive->arena));
    for (size_t i = 0; i < n; i++) {
        uint32_t qpu;
        TRY(program_add_qpu(archive->program, &qpu, names[i]));
    }
    TRY(store_file_get_texts(reader->file, &bits, &n, "key_bits", &archive->arena));
    archive->results.n_key_bits = n;
    archive->results.key_words = bits_words(n) + (n == 0);
    return store_file_get_texts(reader->file, &archive->warnings, &archive->n_warnings, "warnings",
                                &archive->arena);
}

/* Keys as words; *out_n of them. */
static enum status read_keys(const struct reader *reader, uint64_t **out_keys, size_t *out_n,
                             const char *path) {
    const struct results *results = &reader->archive->results;
    const char *words = NULL;
    size_t n_bits = results->n_key_bits, length = 0, n_bytes;
    TRY(store_file_get_words(reader->file, &words, out_n, &length, path, &reader->archive->arena));
    if (length != (n_bits > 0 ? n_bits : 1)) {
        return refuse(reader, "has keys of another length than it has key bits");
    }
    if (!size_mul(&n_bytes, *out_n + 1, results->key_words * sizeof **out_keys)) {
        return STATUS_NOFIT;
    }
    uint64_t *keys = arena_alloc(&reader->archive->arena, n_bytes);
    for (size_t i = 0; keys && i < *out_n; i++) {
        for (size_t b = 0; b < n_bits; b++) {
            const char c = words[i * length + n_bits - 1 - b];
            if (c != '0' && c != '1') {
                return refuse(reader, "has a key that is not made of 0 and 1");
            }
            bits_set(keys + i * results->key_words, b, c == '1');
        }
    }
    *out_keys = keys;
    return keys ? STATUS_OK : STATUS_NOFIT;
}

static enum status read_counts(const struct reader *reader) {
    struct results *results = &reader->archive->results;
    uint64_t *keys = NULL, *shots = NULL;
    size_t n = 0, n_shots = 0;
    TRY(read_keys(reader, &keys, &n, "counts/keys"));
    TRY(store_file_get(reader->file, &shots, &n_shots, "counts/shots", STORE_U64, 1,
                       &reader->archive->arena));
    results->counts = arena_alloc(&reader->archive->arena, (n + 1) * sizeof *results->counts);
    if (n != n_shots) {
        return refuse(reader, "has not as many counts as keys");
    }
    if (!results->counts) {
        return STATUS_NOFIT;
    }
    uint64_t n_left = results->n_shots;
    for (size_t i = 0; i < n; i++) {
        results->counts[i] = (struct run_count){keys + i * results->key_words, shots[i]};
        if (shots[i] > n_left) {
            return refuse(reader, "has more counts than shots");
        }
        n_left -= shots[i];
    }
    results->n_counts = n;
    return n_left == 0 ? STATUS_OK : refuse(reader, "has fewer counts than shots");
}

static enum status read_probabilities(const struct reader *reader) {
    struct results *results = &reader->archive->results;
    uint64_t *keys = NULL;
    double *p = NULL;
    size_t n = 0, n_p = 0, n_bits = 0;
    TRY(read_keys(reader, &keys, &n, "probabilities/keys"));
    TRY(store_file_get(reader->file, &p, &n_p, "probabilities/p", STORE_F64, 1,
                       &reader->archive->arena));
    TRY(store_file_get(reader->file, &results->p_one, &n_bits, "probability_of_one", STORE_F64, 1,
                       &reader->archive->arena));
    TRY(store_file_get_u64(reader->file, &results->n_outcomes, "n_outcomes"));
    if (n != n_p || n_bits != results->n_key_bits) {
        return refuse(reader, "has not as many probabilities as keys");
    }
    results->probabilities =
        arena_alloc(&reader->archive->arena, (n + 1) * sizeof *results->probabilities);
    if (!results->probabilities) {
        return STATUS_NOFIT;
    }
    for (size_t i = 0; i < n; i++) {
        results->probabilities[i] = (struct run_probability){keys + i * results->key_words, p[i]};
    }
    results->n_probabilities = n;
    return STATUS_OK;
}

/* One entry of `decoded`: its register is made in the program. */
static enum status read_decode(const struct reader *reader, struct decode *out, struct reg *reg,
                               size_t i) {
    char group[PATH_BYTES / 2], path[PATH_BYTES];
    const char *as = "";
    uint64_t n_bits = 0;
    snprintf(group, sizeof group, "decoded/%zu", i);
    TRY(get_note(reader, &reg->name, group, "register"));
    TRY(get_note(reader, &as, group, "as"));
    TRY(store_file_get_note_u64(reader->file, &n_bits, group, "n_bits"));
    if (n_bits == 0 || n_bits > DECODE_MAX_BITS) {
        return refuse(reader, "has a decoded register of a size that cannot be");
    }
    reg->n = (uint32_t)n_bits;
    out->reg = reg;
    out->kind = strcmp(as, decode_kind_name(DECODE_PHASE)) == 0 ? DECODE_PHASE : DECODE_INT;
    snprintf(path, sizeof path, "%s/most_likely", group);
    TRY(store_file_get_u64(reader->file, &out->most_likely, path));
    snprintf(path, sizeof path, "%s/share", group);
    TRY(store_file_get_f64(reader->file, &out->share, path));
    snprintf(path, sizeof path, "%s/mean", group);
    TRY(store_file_get_f64(reader->file, &out->mean, path));
    snprintf(path, sizeof path, "%s/std_error", group);
    return store_file_get_f64(reader->file, &out->std_error, path);
}

static enum status read_decodes(const struct reader *reader) {
    struct output_archive *archive = reader->archive;
    char group[PATH_BYTES];
    size_t n = 0;
    do {
        snprintf(group, sizeof group, "decoded/%zu", n);
    } while (store_file_has(reader->file, group) && ++n);
    struct decode *decodes = arena_alloc(&archive->arena, (n + 1) * sizeof *decodes);
    struct reg *regs = arena_alloc(&archive->arena, (n + 1) * sizeof *regs);
    if (!decodes || !regs) {
        return STATUS_NOFIT;
    }
    for (size_t i = 0; i < n; i++) {
        TRY(read_decode(reader, &decodes[i], &regs[i], i));
    }
    archive->context.decodes = decodes;
    archive->context.n_decodes = n;
    return STATUS_OK;
}

static enum status read_sums(const struct reader *reader, struct average **out_sums, size_t n,
                             const char *path) {
    uint64_t *words;
    size_t dims[2];
    TRY(store_file_get(reader->file, &words, dims, path, STORE_U64, 2, &reader->archive->arena));
    if (dims[0] != n || dims[1] != OUTPUT_SUM_WORDS) {
        return refuse(reader, "has not as many sums as means");
    }
    struct average *sums = arena_alloc(&reader->archive->arena, (n + 1) * sizeof *sums);
    for (size_t i = 0; sums && i < n; i++) {
        average_word wide[3];
        const uint64_t *row = words + i * OUTPUT_SUM_WORDS;
        for (size_t k = 0; k < 3; k++) {
            wide[k] = (average_word)row[2 * k + 1] << 64 | row[2 * k];
        }
        sums[i] = (struct average){wide[0], wide[1], wide[2], row[OUTPUT_SUM_WORDS - 1]};
    }
    *out_sums = sums;
    return sums ? STATUS_OK : STATUS_NOFIT;
}

static enum status read_past_sums(const struct reader *reader) {
    struct results *results = &reader->archive->results;
    struct average *sums = NULL;
    if (!reader->wants_past) {
        return STATUS_OK;
    }
    if (results->fidelity.is_set) {
        TRY(read_sums(reader, &sums, 1, "state_fidelity/sums"));
        results->fidelity.sums = sums[0];
    }
    if (results->n_observables > 0) {
        TRY(read_sums(reader, &sums, results->n_observables, "observables/sums"));
    }
    for (size_t i = 0; i < results->n_observables; i++) {
        results->observables[i].sums = sums[i];
    }
    return STATUS_OK;
}

static enum status read_states(const struct reader *reader) {
    struct results *results = &reader->archive->results;
    struct arena *arena = &reader->archive->arena;
    const char **names = NULL;
    double *values = NULL, *errors = NULL;
    size_t n = 0, n_values = 0, n_errors = 0;
    if (store_file_has(reader->file, "state_fidelity")) {
        struct run_fidelity *fidelity = &results->fidelity;
        fidelity->is_set = true;
        TRY(store_file_get_f64(reader->file, &fidelity->mean, "state_fidelity/mean"));
        TRY(store_file_get_f64(reader->file, &fidelity->std_error, "state_fidelity/std_error"));
    }
    if (!store_file_has(reader->file, "observables")) {
        return STATUS_OK;
    }
    TRY(store_file_get_texts(reader->file, &names, &n, "observables/names", arena));
    TRY(store_file_get(reader->file, &values, &n_values, "observables/values", STORE_F64, 1,
                       arena));
    TRY(store_file_get(reader->file, &errors, &n_errors, "observables/std_errors", STORE_F64, 1,
                       arena));
    if (n_values != n || n_errors != n) {
        return refuse(reader, "has not as many values as observables");
    }
    results->observables = arena_alloc(arena, (n + 1) * sizeof *results->observables);
    for (size_t i = 0; results->observables && i < n; i++) {
        results->observables[i] =
            (struct run_observable){.name = names[i], .value = values[i], .std_error = errors[i]};
    }
    results->n_observables = n;
    return results->observables ? STATUS_OK : STATUS_NOFIT;
}

static double *ledger_field(struct ebit_ledger_mean *link, size_t field) {
    double *const fields[] = {&link->requested,     &link->generated, &link->swapped,
                              &link->purified_away, &link->expired,   &link->used};
    return fields[field];
}

static enum status read_ledger(const struct reader *reader) {
    static const char *const paths[] = {"ebits/requested",     "ebits/generated", "ebits/swapped",
                                        "ebits/purified_away", "ebits/expired",   "ebits/used"};
    struct results *results = &reader->archive->results;
    for (size_t k = 0; k < sizeof paths / sizeof paths[0]; k++) {
        double *values;
        size_t n;
        TRY(store_file_get(reader->file, &values, &n, paths[k], STORE_F64, 1,
                           &reader->archive->arena));
        if (n != results->n_links) {
            return refuse(reader, "has ebits of links that it does not list");
        }
        for (size_t i = 0; i < n; i++) {
            *ledger_field(&results->links[i], k) = values[i];
        }
    }
    return STATUS_OK;
}

static enum status read_ebits(const struct reader *reader) {
    struct results *results = &reader->archive->results;
    struct arena *arena = &reader->archive->arena;
    const size_t n_qpus = reader->archive->program->n_qpus;
    uint32_t *ends = NULL;
    size_t dims[2] = {0};
    TRY(store_file_get(reader->file, &ends, dims, "ebits/links", STORE_U32, 2, arena));
    TRY(store_file_get_f64(reader->file, &results->n_ebits, "ebits/total"));
    if (dims[1] != 2) {
        return refuse(reader, "has ebits of links that it does not list");
    }
    results->links = arena_alloc(arena, (dims[0] + 1) * sizeof *results->links);
    if (!results->links) {
        return STATUS_NOFIT;
    }
    for (size_t i = 0; i < dims[0]; i++) {
        results->links[i] =
            (struct ebit_ledger_mean){.qpu_a = ends[2 * i], .qpu_b = ends[2 * i + 1]};
        if (ends[2 * i] >= n_qpus || ends[2 * i + 1] >= n_qpus) {
            return refuse(reader, "has a link to a QPU that it does not list");
        }
    }
    results->n_links = dims[0];
    return read_ledger(reader);
}

static enum status read_packets(const struct reader *reader) {
    struct packet_counts *packets = &reader->archive->results.packets;
    if (!reader->archive->program->is_fused) {
        return STATUS_OK;
    }
    TRY(store_file_get_u64(reader->file, &packets->n_fused, "packets/fused"));
    return store_file_get_u64(reader->file, &packets->n_explicit, "packets/explicit");
}

static enum status read_figures(const struct reader *reader) {
    struct results *results = &reader->archive->results;
    struct run_mean *makespan = &results->makespan_ps;
    uint64_t min = 0, max = 0, group = 0;
    size_t n = 0;
    TRY(store_file_get_f64(reader->file, &results->n_bits_sent, "bits_sent"));
    TRY(store_file_get_f64(reader->file, &makespan->mean, "makespan_ps/mean"));
    TRY(store_file_get_f64(reader->file, &makespan->std_error, "makespan_ps/std_error"));
    TRY(store_file_get_u64(reader->file, &min, "makespan_ps/min"));
    TRY(store_file_get_u64(reader->file, &max, "makespan_ps/max"));
    TRY(store_file_get_u64(reader->file, &makespan->n, "makespan_ps/timelines"));
    makespan->min = (int64_t)min;
    makespan->max = (int64_t)max;
    TRY(store_file_get(reader->file, &results->peak_comm, &n, "peak_comm_qubits", STORE_U32, 1,
                       &reader->archive->arena));
    if (n != reader->archive->program->n_qpus) {
        return refuse(reader, "has communication qubits of QPUs that it does not list");
    }
    TRY(store_file_get_u64(reader->file, &group, "peak_group_qubits"));
    results->peak_group_qubits = (uint32_t)group;
    TRY(store_file_get_u64(reader->file, &results->n_branches, "branches"));
    TRY(store_file_get_u64(reader->file, &results->peak_bytes, "peak_bytes_per_rank"));
    TRY(store_file_get_u64(reader->file, &results->planned_bytes, "planned_bytes_per_rank"));
    return store_file_get_f64(reader->file, &results->wall_s, "wall_s");
}

static enum status read_network(const struct reader *reader) {
    struct arena *arena = &reader->archive->arena;
    if (!store_file_has(reader->file, "network")) {
        return STATUS_OK;
    }
    struct network_stats *stats = arena_alloc(arena, sizeof *stats);
    if (stats == NULL) {
        return STATUS_NOFIT;
    }
    reader->archive->results.network = stats;
    return output_get_network(reader->file, stats, arena);
}

static enum status read_records(const struct reader *reader) {
    struct results *results = &reader->archive->results;
    struct arena *arena = &reader->archive->arena;
    size_t dims[2], n;
    if (!reader->wants_past || !store_file_has(reader->file, "records/keys")) {
        return STATUS_OK;
    }
    TRY(store_file_get(reader->file, &results->records, dims, "records/keys", STORE_U8, 2, arena));
    results->record_bytes = dims[1];
    if (dims[0] != results->n_shots || dims[1] != (results->n_key_bits + 7) / 8) {
        return refuse(reader, "has records of another size than its shots and key bits");
    }
    if (!store_file_has(reader->file, "records/makespan_ps")) {
        return STATUS_OK;
    }
    TRY(store_file_get(reader->file, &results->shot_makespans_ps, &n, "records/makespan_ps",
                       STORE_I64, 1, arena));
    return n == results->n_shots ? STATUS_OK : refuse(reader, "has not as many makespans as shots");
}

static enum status read_all(const struct reader *reader) {
    TRY(read_head(reader));
    if (reader->wants_past && !store_file_is_sealed(reader->file)) {
        return refuse(reader, "does not end with a digest: it was changed or cut off, or is of an "
                              "older version of qspan");
    }
    TRY(read_names(reader));
    TRY(store_file_has(reader->file, "probabilities") ? read_probabilities(reader)
                                                      : read_counts(reader));
    TRY(read_decodes(reader));
    TRY(read_states(reader));
    TRY(read_past_sums(reader));
    TRY(read_ebits(reader));
    TRY(read_records(reader));
    TRY(read_packets(reader));
    TRY(read_network(reader));
    return read_figures(reader);
}

static enum status read_archive(struct output_archive **out_archive, const char *path,
                                bool wants_past) {
    struct store_file *file = NULL;
    TRY(store_file_open(&file, path));
    struct output_archive *archive = mem_alloc(1, sizeof *archive);
    enum status status = archive ? STATUS_OK : STATUS_NOFIT;
    if (archive) {
        archive->program = program_create();
        archive->results.program = archive->program;
        const struct reader reader = {file, path, archive, wants_past};
        status = archive->program ? STATUS_OK : STATUS_NOFIT;
        status = status == STATUS_OK ? read_all(&reader) : status;
    }
    store_file_destroy(file);
    if (status != STATUS_OK) {
        output_archive_destroy(archive);
        return status;
    }
    *out_archive = archive;
    return STATUS_OK;
}

enum status output_archive_read(struct output_archive **out_archive, const char *path) {
    return read_archive(out_archive, path, false);
}

enum status output_archive_read_past(struct output_archive **out_archive, const char *path) {
    return read_archive(out_archive, path, true);
}

void output_archive_destroy(struct output_archive *archive) {
    if (archive) {
        program_destroy(archive->program);
        arena_fini(&archive->arena);
        mem_free(archive);
    }
}
