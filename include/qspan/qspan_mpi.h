/* qspan inside an MPI program: a session over the ranks of a communicator. */
#ifndef QSPAN_MPI_H
#define QSPAN_MPI_H

#include <mpi.h>

#include "qspan/qspan.h"

#ifdef __cplusplus
extern "C" {
#endif

/* In place of qspan_open: the state is shared by all ranks of `comm`. qspan uses a communicator of
 * its own, with the same rank 0 and the others ordered by node. MPI must be initialised, with
 * MPI_THREAD_FUNNELED at least, and stays so: qspan neither calls MPI_Init nor MPI_Finalize. The
 * session must be closed before MPI_Finalize. Collective over comm. QSPAN_USAGE if MPI is not ready
 * or another session is open. */
QSPAN_API enum qspan_status qspan_open_mpi(struct qspan_session **out_session, MPI_Comm comm);

#ifdef __cplusplus
}
#endif

#endif
