/* Figures of a network, for results of programs and of workloads. */
#ifndef QSPAN_OUTPUT_OUTPUT_NETWORK_H
#define QSPAN_OUTPUT_OUTPUT_NETWORK_H

#include "machine/machine.h"
#include "network/service.h"
#include "network/workload.h"
#include "output/json.h"
#include "output/output.h"
#include "store/file.h"

/* The object "network". */
void output_add_network(struct json_writer *json, const struct network_stats *stats);
/* Lines for people. */
void output_add_network_report(struct text *out, const struct network_stats *stats);

/* The group "network" of a results file; reading it back. Sums are over timelines. */
void output_put_network(struct store_file *file, const struct network_stats *stats);
enum status output_get_network(const struct store_file *file, struct network_stats *out_stats,
                               struct arena *arena);

/* A run of `qspan network`. */
struct output_workload {
    const char *machine_name, *pattern;
    size_t n_qpus;
    const struct machine *machine; /* not for reports */
    const struct workload *workload;
    const struct workload_result *result;
    const struct network_stats *stats;
    const struct ebit_ledger *ledger;
    size_t n_ledger;
    int n_ranks;
    double run_s, wall_s; /* of the simulation on this rank, and of all */
};
enum status output_workload_json(struct text *out, const struct output_workload *run);
enum status output_workload_report(struct text *out, const struct output_workload *run);
/* The same as HDF5 (docs/formats.md). Errors: as store_file_save. */
enum status output_workload_hdf5(const char *path, const struct output_workload *run,
                                 const struct output_provenance *provenance);
/* Errors: STATUS_INPUT (logged) if it is no HDF5 file that can be read. */
enum status output_is_workload_hdf5(bool *out_is_one, const char *path);
/* Report of such a file. Errors: STATUS_INPUT, STATUS_NOFIT. */
enum status output_workload_read(struct text *out, const char *path);

/* Chrome's trace format, which Perfetto opens: one track per comm qubit, buffer qubit, channel and
 * analyser; request, grant and use of an ebit joined by flow arrows. ts in us; exact ps in args.
 * Ref: Trace Event Format. */
enum status output_trace_json(struct text *out, const struct machine *machine,
                              const struct network_trace *trace);

#endif
