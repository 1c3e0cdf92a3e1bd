#include <omp.h>
#include <stdlib.h>

#include "base/bits.h"
#include "base/cpu.h"
#include "base/log.h"
#include "comm/comm_internal.h"

/* The ranks of a node, the cores that they may use together, and those on which their first threads
 * run: how many, and how many times one is taken twice. */
struct node_cores {
    int n_ranks, n_cores, n_first, n_double;
};

static void count_node(struct node_cores *out, MPI_Comm world) {
    uint64_t sets[2][CPU_SET_WORDS]; /* of processes, of their first threads */
    MPI_Comm node;
    cpu_get_bound_set(sets[0]);
    cpu_get_thread_set(sets[1]);
    int n_sum = cpu_count_set(sets[1]);
    comm_check_mpi("MPI_Comm_split_type",
                   MPI_Comm_split_type(world, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node));
    comm_check_mpi("MPI_Comm_size", MPI_Comm_size(node, &out->n_ranks));
    comm_check_mpi("MPI_Allreduce", MPI_Allreduce(MPI_IN_PLACE, sets, 2 * CPU_SET_WORDS,
                                                  MPI_UINT64_T, MPI_BOR, node));
    comm_check_mpi("MPI_Allreduce", MPI_Allreduce(MPI_IN_PLACE, &n_sum, 1, MPI_INT, MPI_SUM, node));
    comm_check_mpi("MPI_Comm_free", MPI_Comm_free(&node));
    out->n_cores = cpu_count_set(sets[0]);
    out->n_first = cpu_count_set(sets[1]);
    out->n_double = n_sum - out->n_first;
}

int comm_node_colour = -1;

void comm_order_by_node(MPI_Comm *out, int *out_n_here, MPI_Comm parent) {
    MPI_Comm node;
    int rank, first;
    comm_check_mpi("MPI_Comm_rank", MPI_Comm_rank(parent, &rank));
    if (comm_node_colour < 0) {
        comm_check_mpi("MPI_Comm_split_type", MPI_Comm_split_type(parent, MPI_COMM_TYPE_SHARED,
                                                                  rank, MPI_INFO_NULL, &node));
    } else {
        comm_check_mpi("MPI_Comm_split", MPI_Comm_split(parent, comm_node_colour, rank, &node));
    }
    comm_check_mpi("MPI_Comm_size", MPI_Comm_size(node, out_n_here));
    first = rank;
    comm_check_mpi("MPI_Bcast", MPI_Bcast(&first, 1, MPI_INT, 0, node));
    comm_check_mpi("MPI_Comm_free", MPI_Comm_free(&node));
    comm_check_mpi("MPI_Comm_split", MPI_Comm_split(parent, 0, first, out));
}

/* Each rank's OpenMP binds its first thread to the first core that it sees: the same one, unless
 * the launcher gave each rank cores of its own. */
static void note_double(const struct node_cores *node) {
    if (node->n_double > 0 && node->n_first < node->n_cores) {
        log_note(
            "OMP_PLACES or OMP_PROC_BIND puts the first threads of the %d ranks of this node on "
            "%d of %d cores: unset it, or give each rank its own (srun --cpu-bind=cores, mpirun "
            "--map-by slot:PE=N)",
            node->n_ranks, node->n_first, node->n_cores);
    }
}

void comm_share_cores(MPI_Comm world, bool may_set) {
    struct node_cores node = {0};
    count_node(&node, world);
    note_double(&node);
    int n_share = node.n_cores / node.n_ranks > 1 ? node.n_cores / node.n_ranks : 1;
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
             n_threads, node.n_ranks, node.n_ranks == 1 ? "" : "s", node.n_cores,
             node.n_cores == 1 ? "" : "s", n_bound);
}
