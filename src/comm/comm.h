/* Teams of ranks and what they say to each other. The only place that calls MPI.
 *
 * A team is an ordered set of ranks that holds one copy of the state. All calls take the team;
 * ranks in calls are team ranks. Sizes are size_t and are chunked inside to MPI's int counts. An
 * MPI error ends the job. Without MPI_Init (comm_start_alone) a team is one process and every call
 * works. */
#ifndef QSPAN_COMM_COMM_H
#define QSPAN_COMM_COMM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct team;

/* Starts MPI (MPI_THREAD_FUNNELED) unless the caller did; installs the abort hook and log rank;
 * numbers the ranks node by node, so that neighbours are near each other, rank 0 as the launcher's;
 * without OMP_NUM_THREADS, ranks of a node divide its cores among their OpenMP threads.
 * Collective over the job. */
enum status comm_start(int *argc, char ***argv);
/* One process, no MPI: unit tests and commands that never leave one rank. */
enum status comm_start_alone(void);
/* Ends what comm_start started. Collective. */
void comm_stop(void);

const struct team *comm_world(void);
int team_rank(const struct team *team);
int team_size(const struct team *team);
/* Ranks of this job on this rank's node. Not collective, and not the same on all ranks. */
int comm_ranks_here(void);
/* Bytes that each of n_ranks ranks may still use, if they are those of this job: what is available
 * on this rank's node, shared by the ranks there. Others are taken to be all on this node. Not
 * collective, and not the same on all ranks. */
uint64_t comm_memory_share(int n_ranks);
/* Ranks with the same colour form a team, ordered by rank. Collective over `team`. */
enum status team_split(struct team **out_team, const struct team *team, int colour);
void team_destroy(struct team *team);

/* Point to point. Tags: a class and a number taken modulo the room that MPI has. */
enum comm_tag { TAG_EXCHANGE = 1, TAG_MERGE, TAG_REDUCE, TAG_RESULT, TAG_TEST };
struct comm_request {
    void *impl[4];
};
/* Nonblocking; the buffer stays untouched until comm_wait. One request per call at any size. */
void comm_isend(const struct team *team, struct comm_request *out_request, const void *data,
                size_t n_bytes, int to, enum comm_tag tag, uint32_t number);
/* The same, but done only once the receiver has asked for it: bounds what a rank can be ahead. */
void comm_issend(const struct team *team, struct comm_request *out_request, const void *data,
                 size_t n_bytes, int to, enum comm_tag tag, uint32_t number);
void comm_irecv(const struct team *team, struct comm_request *out_request, void *out_data,
                size_t n_bytes, int from, enum comm_tag tag, uint32_t number);
void comm_wait(struct comm_request *requests, size_t n_requests);
/* Is it done? Then it is as after comm_wait. out_n_bytes: what came of a receive of at most
 * n_bytes, no more than 2^30; NULL: all of it, as with comm_wait. */
bool comm_test(struct comm_request *request, size_t *out_n_bytes);

/* Collectives over the team. */
void comm_barrier(const struct team *team);
void comm_bcast(const struct team *team, void *data, size_t n_bytes, int root);
void comm_sum_i64(const struct team *team, int64_t *inout, size_t n); /* exact: integers */
void comm_max_u64(const struct team *team, uint64_t *inout, size_t n);
void comm_max_f64(const struct team *team, double *inout, size_t n);
/* Each rank gives n_bytes; out holds size * n_bytes in rank order on every rank. */
void comm_allgather(const struct team *team, void *out, const void *data, size_t n_bytes);

/* All ranks get the worst status of any rank: call after parse, plan and allocation, so that no
 * rank leaves alone. */
enum status comm_agree(const struct team *team, enum status status);
/* All ranks must hold equal bytes (replicated state): else STATUS_INTERNAL, logged with ranks. */
enum status comm_check_digest(const struct team *team, const void *data, size_t n_bytes);
/* Rank 0's text (n bytes, 0-terminated; mem_free it) on every rank; the others' *inout_text is NULL
 * on entry. On failure all are freed. STATUS_NOFIT. Collective. */
enum status comm_share_text(const struct team *team, char **inout_text, size_t *inout_n);
/* The text of a file that rank 0 reads (file_read), on every rank; mem_free it. Collective. */
enum status comm_read_file(const struct team *team, char **out_text, size_t *out_n,
                           const char *path, size_t max_bytes);
/* "Open MPI v4.1.4, ..." or "none" */
const char *comm_library(void);
/* The same for the library that qspan is linked with, started or not. */
const char *comm_linked_library(void);

#endif
