/* One large table in an HDF5 file that the ranks of a team write together, each its own rows; no
 * rank holds more than it writes.
 *
 * The file grows as a draft (base/draft.h), whose space on disk is reserved before the first row: a
 * full disk is known at once. store_rows_finish gives it its name; until then PATH is as it was.
 * All calls are collective over the team. HDF5 prints nothing. */
#ifndef QSPAN_STORE_ROWS_H
#define QSPAN_STORE_ROWS_H

#include <stdint.h>

#include "base/precision.h"
#include "comm/comm.h"
#include "store/file.h"

struct store_rows;

struct store_plan {
    const char *path, *name; /* of the file, borrowed until the end; of the dataset */
    uint64_t n_rows;
    size_t n_columns;
    enum precision precision; /* of the numbers in the file */
    const char *unit;
    /* On team rank 0: puts what else belongs into the file, also notes on the table, which is
     * there. */
    void (*fill)(void *ctx, struct store_file *file);
    void *ctx;
};

/* Errors, on all ranks: STATUS_NOFIT on a full disk, STATUS_USAGE for a path that cannot be
 * written, STATUS_INTERNAL (logged). */
enum status store_rows_create(struct store_rows **out_rows, const struct team *team,
                              const struct store_plan *plan);
/* Rows first .. first + n - 1 from this rank (n may be 0), less than 2^31 bytes. For single
 * precision they are rounded in place. */
enum status store_rows_write(struct store_rows *rows, uint64_t first, uint64_t n, double *data);
/* Ends in success or failure; the rows are gone either way. `status`: of what came before; unless
 * STATUS_OK, the file is dropped and the status comes back. */
enum status store_rows_finish(struct store_rows *rows, enum status status);

#endif
