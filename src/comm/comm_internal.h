/* What the files of comm share; also the handle that tests use to make messages split. */
#ifndef QSPAN_COMM_COMM_INTERNAL_H
#define QSPAN_COMM_COMM_INTERNAL_H

#include <mpi.h>

#include "comm/comm.h"

struct team {
    MPI_Comm comm; /* MPI_COMM_NULL in a team without MPI */
    int rank, size;
    int tag_room; /* numbers per tag class */
};

/* Most bytes in one MPI message; the same on all ranks. */
extern size_t comm_chunk_bytes;

/* Messages of a team without MPI to itself: a send and a receive of the same team and tag meet in
 * order. `*out_slot` is what alone_wait takes. */
void alone_post(void **out_slot, const struct team *team, bool is_send, void *data, size_t n_bytes,
                enum comm_tag tag, uint32_t number);
/* CHECKs that the partner was posted: nobody else could still do so. */
void alone_wait(void *slot);
/* As comm_test; the slot is spent if it is done. */
bool alone_test(void *slot, size_t *out_n_bytes);

/* The ranks of `parent` node by node: nodes in the order of their first rank, which is where rank 0
 * stays, and in a node as in `parent`. *out_n_here: ranks on the node of this one. Collective. */
void comm_order_by_node(MPI_Comm *out, int *out_n_here, MPI_Comm parent);
/* For tests: ranks of one colour are taken for a node; -1: MPI says what a node is. */
extern int comm_node_colour;

/* Ranks of a node share its cores: unless OMP_NUM_THREADS is set, each takes its part of them as
 * OpenMP threads (if may_set), else a note says that they are too many. Collective. */
void comm_share_cores(MPI_Comm world, bool may_set);

/* Ends all ranks if an MPI call failed; call = its name. */
void comm_check_mpi(const char *call, int code);

#endif
