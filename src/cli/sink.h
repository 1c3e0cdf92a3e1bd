/* Where samples go: a file that every rank writes its own share of, or, where only rank 0 can
 * (standard output, a pipe, a folder of one node), what rank 0 writes for all. */
#ifndef QSPAN_CLI_SINK_H
#define QSPAN_CLI_SINK_H

#include "base/draft.h"
#include "comm/comm.h"
#include "output/samples.h"
#include "runtime/sample.h"

struct sink {
    struct samples_layout layout;
    const char *path; /* NULL: standard output */
    int fd;
    struct file_draft draft; /* of path, on rank 0 */
    bool is_shared;          /* all ranks have it open */
};
/* Begins a draft of the file; path NULL or "-": standard output. Whether all ranks see one file
 * is tried out, and noted if they do not. Collective. Errors: STATUS_USAGE, logged. */
enum status sink_open(struct sink *out_sink, const struct team *team, const char *path,
                      const struct samples_layout *layout);
/* Cuts off what was placed beyond the first n_shots, a multiple of 64. For rank 0, when the others
 * have written. Errors: as of a write, logged. */
enum status sink_cut(const struct sink *sink, uint64_t n_shots);
/* Drafts take their names, unless something failed before on any rank: then they are dropped, and
 * that status comes back. STATUS_NOFIT: what was written did not fit. Collective. */
enum status sinks_close(struct sink *sinks, size_t n, const struct team *team, enum status status);
/* The sink as an output. */
struct sample_output sink_output(struct sink *sink, enum frame_output what,
                                 const uint64_t *reference);

#endif
