#include <omp.h>
#include <stdlib.h>

#include "base/bits.h"
#include "base/cpu.h"
#include "base/log.h"
#include "comm/comm_internal.h"

/* Cores of this node that the ranks on it may use together, and how many ranks they are. */
static void count_node(int *out_n_cores, int *out_n_ranks, MPI_Comm world) {
    uint64_t set[CPU_SET_WORDS];
    MPI_Comm node;
    cpu_get_bound_set(set);
    comm_check_mpi("MPI_Comm_split_type",
                   MPI_Comm_split_type(world, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node));
    comm_check_mpi("MPI_Comm_size", MPI_Comm_size(node, out_n_ranks));
    comm_check_mpi("MPI_Allreduce",
                   MPI_Allreduce(MPI_IN_PLACE, set, CPU_SET_WORDS, MPI_UINT64_T, MPI_BOR, node));
    comm_check_mpi("MPI_Comm_free", MPI_Comm_free(&node));
    *out_n_cores = 0;
    for (int i = 0; i < CPU_SET_WORDS; i++) {
        *out_n_cores += bits_popcount(set[i]);
    }
}

int comm_node_colour = -1;

void comm_order_by_node(MPI_Comm *out, MPI_Comm parent) {
    MPI_Comm node;
    int rank, first;
    comm_check_mpi("MPI_Comm_rank", MPI_Comm_rank(parent, &rank));
    if (comm_node_colour < 0) {
        comm_check_mpi("MPI_Comm_split_type", MPI_Comm_split_type(parent, MPI_COMM_TYPE_SHARED,
                                                                  rank, MPI_INFO_NULL, &node));
    } else {
        comm_check_mpi("MPI_Comm_split", MPI_Comm_split(parent, comm_node_colour, rank, &node));
    }
    first = rank;
    comm_check_mpi("MPI_Bcast", MPI_Bcast(&first, 1, MPI_INT, 0, node));
    comm_check_mpi("MPI_Comm_free", MPI_Comm_free(&node));
    comm_check_mpi("MPI_Comm_split", MPI_Comm_split(parent, 0, first, out));
}

void comm_share_cores(MPI_Comm world, bool may_set) {
    int n_cores;
    int n_ranks;
    count_node(&n_cores, &n_ranks, world);
    int n_share = n_cores / n_ranks > 1 ? n_cores / n_ranks : 1;
    int n_bound = cpu_count_bound_cores();
    n_share = n_share < n_bound ? n_share : n_bound;
    int n_threads = omp_get_max_threads();
    if (n_threads <= n_share) {
        return;
    }
    if (may_set && !getenv("OMP_NUM_THREADS")) {
        omp_set_num_threads(n_share);
        return;
    }
    /* no warning: results do not depend on it */
    log_note("%d OpenMP threads per rank are too many: %d rank%s of this node share %d core%s, and "
             "this one may use %d; see OMP_NUM_THREADS and mpirun --bind-to none",
             n_threads, n_ranks, n_ranks == 1 ? "" : "s", n_cores, n_cores == 1 ? "" : "s",
             n_bound);
}
