/* Where MPI's own types are wanted: the C API for MPI programs, parallel HDF5. */
#ifndef QSPAN_COMM_COMM_NATIVE_H
#define QSPAN_COMM_COMM_NATIVE_H

#include <mpi.h>

#include "comm/comm.h"

/* As comm_start, on a communicator of the same ranks, ordered by node; MPI must be initialised with
 * MPI_THREAD_FUNNELED at least. Collective over `parent`. */
enum status comm_start_on(MPI_Comm parent);
/* The team's communicator, borrowed; MPI_COMM_NULL without MPI. */
MPI_Comm team_native(const struct team *team);

#endif
