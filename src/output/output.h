/* Results and plans as text: JSON for programs (docs/formats.md), reports for people.
 *
 * JSON depends on the results alone: of its fields only ranks, wall_s, peak_bytes_per_rank and
 * planned_bytes_per_rank change with the number of ranks. Numbers are the shortest that read back
 * the same. Nothing here is collective. */
#ifndef QSPAN_OUTPUT_OUTPUT_H
#define QSPAN_OUTPUT_OUTPUT_H

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "output/decode.h"
#include "runtime/runtime.h"

/* What a run was asked for that its results don't say. */
struct output_context {
    const char *input;            /* the file's name, for the report */
    const struct decode *decodes; /* summaries of registers, after decode_summarise */
    size_t n_decodes;
};

/* "explicit" or "fused". */
const char *output_protocol(const struct program *program);
/* A key as it is printed: bit 0 rightmost. */
void output_add_key(struct text *out, const uint64_t *key, size_t n_bits);

/* Append to `out`. Errors: STATUS_NOFIT (logged) without memory. */
enum status output_results_json(struct text *out, const struct results *results,
                                const struct output_context *context);
enum status output_results_report(struct text *out, const struct results *results,
                                  const struct output_context *context);

/* Where results come from: attributes of HDF5 files. */
struct output_provenance {
    const char *command_line;
    const char *machine;           /* YAML; "" for a program without one */
    const char *noise;             /* YAML of the noise model; "": none */
    int64_t started_s, finished_s; /* Unix time */
    uint64_t shots_per_timeline;   /* of results, as is: */
    uint64_t digest; /* text_digest of the program that ran and of the Pauli sums asked for */
};
/* Results as HDF5 (docs/formats.md), through a temporary file; records of shots if they were kept.
 * Errors: as store_file_save. */
enum status output_results_hdf5(const char *path, const struct results *results,
                                const struct output_context *context,
                                const struct output_provenance *provenance);

/* --state: what output_state_write needs. */
struct output_state {
    const char *path, *input;
    const struct team *team;
    const struct output_provenance *provenance;
    enum precision precision; /* of the run and the file */
};
/* run_options.visit_state; ctx: struct output_state. Collective. Errors: STATUS_NOFIT for a full
 * disk or a product of states of more than 30 qubits, STATUS_USAGE, STATUS_INPUT (logged). */
enum status output_state_write(void *ctx, struct engine *engine, const struct final_qubits *qubits);

/* A run before it starts. */
struct output_now {
    const struct output_provenance *provenance;
    const struct program *program;
    const struct run_options *options;
};

/* Results as read back, enough for a report. */
struct output_archive {
    struct arena arena;
    struct program *program; /* QPUs and registers of decodes alone */
    struct results results;
    struct output_context context;
    const char *version, *command_line, *started, *finished;
    const char *machine, *noise; /* YAML, or "" */
    /* Of runs that can go on: what makes two runs the same. */
    uint64_t shots_per_timeline, digest;
    const char **warnings;
    size_t n_warnings;
};
/* Errors: STATUS_INPUT (logged) if the file is no HDF5 file, or not one of results of schema 1. */
enum status output_archive_read(struct output_archive **out_archive, const char *path);
/* The same, with the records of shots, for a run that goes on after them. Errors: STATUS_INPUT
 * (logged) also for files that hold no such thing. */
enum status output_archive_read_past(struct output_archive **out_archive, const char *path);
/* Are these shots of the run that `now` and `provenance` describe, which has drawn none yet? Else
 * STATUS_INPUT, logged with what differs. */
enum status output_archive_check_past(const struct output_archive *past, const char *path,
                                      const struct output_now *now);
void output_archive_destroy(struct output_archive *archive);

/* What a plan is about, beside its figures. */
struct output_plan {
    const char *input, *engine;
    const char *precision; /* of amplitudes; NULL: the engine has none */
    const struct program *program;
    const struct run_plan *plan;
    int n_ranks;
    uint64_t max_bytes; /* that a rank may use */
    bool is_drawn;      /* the makespan is that of one timeline of a physical network */
};
enum status output_plan_report(struct text *out, const struct output_plan *plan);
enum status output_plan_json(struct text *out, const struct output_plan *plan);

#endif
