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
    const char *protocol;         /* "explicit" */
    const struct decode *decodes; /* summaries of registers, after decode_summarise */
    size_t n_decodes;
};

/* A key as it is printed: bit 0 rightmost. */
void output_add_key(struct text *out, const uint64_t *key, size_t n_bits);

/* Append to `out`. Errors: STATUS_NOFIT (logged) without memory. */
enum status output_results_json(struct text *out, const struct results *results,
                                const struct output_context *context);
enum status output_results_report(struct text *out, const struct results *results,
                                  const struct output_context *context);

/* What a plan is about, beside its figures. */
struct output_plan {
    const char *input, *engine;
    const struct program *program;
    const struct run_plan *plan;
    int n_ranks;
    uint64_t max_bytes; /* that a rank may use */
};
enum status output_plan_report(struct text *out, const struct output_plan *plan);

#endif
