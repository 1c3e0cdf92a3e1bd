/* Attributes that every HDF5 file of qspan has. */
#ifndef QSPAN_OUTPUT_PROVENANCE_H
#define QSPAN_OUTPUT_PROVENANCE_H

#include "output/output.h"
#include "store/file.h"

/* format, schema, version, build, command_line, machine, noise, mpi, started_utc */
void output_note_provenance(struct store_file *file, const char *format,
                            const struct output_provenance *provenance);
/* Unix time as ISO 8601. */
void output_note_time(struct store_file *file, const char *name, int64_t unix_s);

/* Columns of `sums`: of an average its three sums of 128 bits, and the shots. */
enum { OUTPUT_SUM_WORDS = 7 };

#endif
