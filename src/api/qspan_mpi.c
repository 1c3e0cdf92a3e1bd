#include "qspan/qspan_mpi.h"

#include "api/api.h"
#include "comm/comm_native.h"

enum qspan_status qspan_open_mpi(struct qspan_session **out_session, MPI_Comm comm) {
    int is_initialised = 0, is_finalised = 0;
    MPI_Initialized(&is_initialised);
    MPI_Finalized(&is_finalised);
    if (api_session() || !is_initialised || is_finalised) {
        return QSPAN_USAGE;
    }
    api_silence();
    return api_open(out_session, comm_start_on(comm));
}
