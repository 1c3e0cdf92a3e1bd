#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "comm/comm_internal.h"
#include "comm/comm_native.h"

enum { N_TAG_CLASSES = 8 };

size_t comm_chunk_bytes = (size_t)1 << 30;

static struct {
    bool is_started, owns_mpi;
    struct team world;
    int n_here; /* ranks on this node */
} job;

static bool has_mpi(const struct team *team) {
    return team->comm != MPI_COMM_NULL;
}

static void abort_all(int exit_code) {
    int is_initialized = 0;
    int is_finalized = 0;
    MPI_Initialized(&is_initialized);
    MPI_Finalized(&is_finalized);
    if (is_initialized && !is_finalized) {
        MPI_Abort(MPI_COMM_WORLD, exit_code);
    }
    _exit(exit_code);
}

void comm_check_mpi(const char *call, int code) {
    if (code == MPI_SUCCESS) {
        return;
    }
    char text[MPI_MAX_ERROR_STRING] = "";
    int n_text = 0;
    MPI_Error_string(code, text, &n_text);
    fprintf(stderr, "qspan: rank %d of %d: %s failed: %s\n", job.world.rank, job.world.size, call,
            text);
    fflush(stderr);
    abort_all(STATUS_INTERNAL);
}

/* Most ranks of this job on one node, by what the launcher tells: mpirun, or srun as `3(x2),1`. */
static long find_local_size(void) {
    const char *local_size = getenv("OMPI_COMM_WORLD_LOCAL_SIZE");
    const char *next = local_size ? local_size : getenv("SLURM_STEP_TASKS_PER_NODE");
    long most = 0;
    while (next) {
        const long n = strtol(next, NULL, 10);
        most = n > most ? n : most;
        next = strchr(next, ',');
        next = next ? next + 1 : NULL;
    }
    return most;
}

/* Ranks that share cores must not spin while they wait. mpirun knows only its slots, and srun
 * nothing, so count. */
static void yield_if_oversubscribed(void) {
    if (find_local_size() > sysconf(_SC_NPROCESSORS_ONLN)) {
        setenv("OMPI_MCA_mpi_yield_when_idle", "1", 0);
    }
}

/* A process without launcher: Open MPI would start a daemon for it, from which it could spawn
 * others, which takes longer than most commands. Without it there is no folder for shared file
 * pointers in shared memory, which nobody uses, but which would be complained of.
 * Nor does it need a folder under /tmp/ompi.HOST.USER: two processes of which one ends and removes
 * that while the other makes its own in it, would fail now and then. */
static void start_without_daemon(void) {
    setenv("OMPI_MCA_ess_singleton_isolated", "1", 0);
    setenv("OMPI_MCA_sharedfp", "^sm", 0);
    if (!getenv("PMIX_RANK") && !getenv("OMPI_COMM_WORLD_RANK")) {
        setenv("OMPI_MCA_orte_create_session_dirs", "0", 0);
    }
}

static void init_team(struct team *team, MPI_Comm comm) {
    void *tag_ub = NULL;
    int has_tag_ub = 0;
    comm_check_mpi("MPI_Comm_set_errhandler", MPI_Comm_set_errhandler(comm, MPI_ERRORS_RETURN));
    comm_check_mpi("MPI_Comm_rank", MPI_Comm_rank(comm, &team->rank));
    comm_check_mpi("MPI_Comm_size", MPI_Comm_size(comm, &team->size));
    comm_check_mpi("MPI_Comm_get_attr", MPI_Comm_get_attr(comm, MPI_TAG_UB, &tag_ub, &has_tag_ub));
    int largest = has_tag_ub ? *(int *)tag_ub : 32767; /* what MPI promises at least */
    team->tag_room = largest / N_TAG_CLASSES;
    team->comm = comm;
}

static void start_job(const struct team *world, int n_here) {
    job.world = *world;
    job.n_here = n_here;
    job.is_started = true;
    log_set_rank(world->rank, world->size);
    log_set_abort(abort_all);
}

enum status comm_start_on(MPI_Comm parent) {
    CHECK(!job.is_started);
    int level = MPI_THREAD_SINGLE;
    comm_check_mpi("MPI_Query_thread", MPI_Query_thread(&level));
    if (level < MPI_THREAD_FUNNELED) {
        return log_error(STATUS_USAGE, "MPI must be initialised with MPI_THREAD_FUNNELED at least");
    }
    struct team world;
    MPI_Comm comm;
    int n_here;
    comm_order_by_node(&comm, &n_here, parent);
    init_team(&world, comm);
    start_job(&world, n_here);
    comm_share_cores(comm, job.owns_mpi);
    return STATUS_OK;
}

enum status comm_start(int *argc, char ***argv) {
    CHECK(!job.is_started);
    int is_initialized = 0;
    int is_finalized = 0;
    MPI_Initialized(&is_initialized);
    MPI_Finalized(&is_finalized);
    if (is_finalized) {
        return log_error(STATUS_USAGE, "MPI cannot be started a second time in one process");
    }
    if (!is_initialized) {
        int level;
        yield_if_oversubscribed();
        start_without_daemon();
        comm_check_mpi("MPI_Init_thread", MPI_Init_thread(argc, argv, MPI_THREAD_FUNNELED, &level));
        job.owns_mpi = true;
        comm_check_mpi("MPI_Comm_set_errhandler",
                       MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN));
    }
    return comm_start_on(MPI_COMM_WORLD);
}

enum status comm_start_alone(void) {
    CHECK(!job.is_started);
    start_job(&(struct team){.comm = MPI_COMM_NULL, .rank = 0, .size = 1}, 1);
    return STATUS_OK;
}

void comm_stop(void) {
    if (!job.is_started) {
        return;
    }
    if (has_mpi(&job.world)) {
        comm_check_mpi("MPI_Comm_free", MPI_Comm_free(&job.world.comm));
    }
    job.is_started = false;
    if (job.owns_mpi) {
        job.owns_mpi = false;
        comm_check_mpi("MPI_Finalize", MPI_Finalize());
    }
    log_set_abort(NULL);
}

const struct team *comm_world(void) {
    CHECK(job.is_started);
    return &job.world;
}

int team_rank(const struct team *team) {
    return team->rank;
}

int team_size(const struct team *team) {
    return team->size;
}

int comm_ranks_here(void) {
    CHECK(job.is_started);
    return job.n_here;
}

uint64_t comm_memory_share(int n_ranks) {
    const bool is_own = n_ranks == team_size(comm_world());
    return mem_available() / (uint64_t)(is_own ? job.n_here : n_ranks);
}

MPI_Comm team_native(const struct team *team) {
    return team->comm;
}

enum status team_split(struct team **out_team, const struct team *team, int colour) {
    CHECK(colour >= 0);
    struct team *part = mem_alloc(1, sizeof *part);
    enum status status = comm_agree(team, part ? STATUS_OK : STATUS_NOFIT);
    if (status != STATUS_OK) {
        mem_free(part);
        return status;
    }
    CHECK(part != NULL);
    *part = *team;
    if (has_mpi(team)) {
        MPI_Comm comm;
        comm_check_mpi("MPI_Comm_split", MPI_Comm_split(team->comm, colour, team->rank, &comm));
        init_team(part, comm);
    }
    *out_team = part;
    return STATUS_OK;
}

void team_destroy(struct team *team) {
    if (team && has_mpi(team)) {
        comm_check_mpi("MPI_Comm_free", MPI_Comm_free(&team->comm));
    }
    mem_free(team);
}

/* A message of any size is `n_chunks` MPI messages of one tag, which MPI keeps in order. A single
 * one, by far the usual case, has its handle in the request itself. */
struct pending {
    union {
        MPI_Request one;
        MPI_Request *many;
        void *slot; /* of a team without MPI */
    } handle;
    size_t n_chunks; /* 0 without MPI */
    size_t n_bytes;
    bool is_send, is_matched; /* is_matched: a send that ends when it is asked for */
};
_Static_assert(sizeof(struct pending) <= sizeof(struct comm_request), "a request fits");

static size_t count_chunks(size_t n_bytes) {
    return n_bytes == 0 ? 1 : (n_bytes - 1) / comm_chunk_bytes + 1;
}

static int chunk_count(size_t n_bytes, size_t chunk) {
    size_t n_left = n_bytes - chunk * comm_chunk_bytes;
    return int_from_size(n_left < comm_chunk_bytes ? n_left : comm_chunk_bytes);
}

static void post_chunks(const struct team *team, MPI_Request *requests,
                        const struct pending *pending, unsigned char *data, int peer, int tag) {
    for (size_t i = 0; i < pending->n_chunks; i++) {
        unsigned char *start = pending->n_bytes == 0 ? data : data + i * comm_chunk_bytes;
        int count = chunk_count(pending->n_bytes, i);
        if (pending->is_matched) {
            comm_check_mpi("MPI_Issend",
                           MPI_Issend(start, count, MPI_BYTE, peer, tag, team->comm, &requests[i]));
        } else if (pending->is_send) {
            comm_check_mpi("MPI_Isend",
                           MPI_Isend(start, count, MPI_BYTE, peer, tag, team->comm, &requests[i]));
        } else {
            comm_check_mpi("MPI_Irecv",
                           MPI_Irecv(start, count, MPI_BYTE, peer, tag, team->comm, &requests[i]));
        }
    }
}

static void post(const struct team *team, struct comm_request *out_request, struct pending pending,
                 void *data, int peer, enum comm_tag tag, uint32_t number) {
    CHECK(peer >= 0 && peer < team->size);
    CHECK((int)tag > 0 && (int)tag < N_TAG_CLASSES);
    if (!has_mpi(team)) {
        alone_post(&pending.handle.slot, team, pending.is_send, data, pending.n_bytes, tag, number);
    } else {
        int mpi_tag = (int)tag * team->tag_room + (int)(number % (uint32_t)team->tag_room);
        pending.n_chunks = count_chunks(pending.n_bytes);
        if (pending.n_chunks == 1) {
            post_chunks(team, &pending.handle.one, &pending, data, peer, mpi_tag);
        } else {
            pending.handle.many = mem_alloc(pending.n_chunks, sizeof(MPI_Request));
            CHECK(pending.handle.many != NULL);
            post_chunks(team, pending.handle.many, &pending, data, peer, mpi_tag);
        }
    }
    memcpy(out_request, &pending, sizeof pending);
}

void comm_isend(const struct team *team, struct comm_request *out_request, const void *data,
                size_t n_bytes, int to, enum comm_tag tag, uint32_t number) {
    const struct pending pending = {.n_bytes = n_bytes, .is_send = true};
    post(team, out_request, pending, (void *)data, to, tag, number);
}

void comm_issend(const struct team *team, struct comm_request *out_request, const void *data,
                 size_t n_bytes, int to, enum comm_tag tag, uint32_t number) {
    const struct pending pending = {.n_bytes = n_bytes, .is_send = true, .is_matched = true};
    post(team, out_request, pending, (void *)data, to, tag, number);
}

void comm_irecv(const struct team *team, struct comm_request *out_request, void *out_data,
                size_t n_bytes, int from, enum comm_tag tag, uint32_t number) {
    post(team, out_request, (struct pending){.n_bytes = n_bytes}, out_data, from, tag, number);
}

static void wait_one(struct pending *pending) {
    if (pending->n_chunks == 0) {
        alone_wait(pending->handle.slot);
        return;
    }
    bool is_one = pending->n_chunks == 1;
    MPI_Request *requests = is_one ? &pending->handle.one : pending->handle.many;
    for (size_t i = 0; i < pending->n_chunks; i++) {
        MPI_Status mpi_status;
        comm_check_mpi("MPI_Wait", MPI_Wait(&requests[i], &mpi_status));
        if (!pending->is_send) {
            int n_received;
            comm_check_mpi("MPI_Get_count", MPI_Get_count(&mpi_status, MPI_BYTE, &n_received));
            CHECK(n_received == chunk_count(pending->n_bytes, i));
        }
    }
    if (!is_one) {
        mem_free(pending->handle.many);
    }
}

void comm_wait(struct comm_request *requests, size_t n_requests) {
    for (size_t i = 0; i < n_requests; i++) {
        struct pending pending;
        memcpy(&pending, &requests[i], sizeof pending);
        wait_one(&pending);
    }
}

static bool test_parts(struct pending *pending, size_t *out_n_bytes) {
    if (pending->n_chunks == 0) {
        return alone_test(pending->handle.slot, out_n_bytes);
    }
    bool is_one = pending->n_chunks == 1;
    CHECK(is_one || out_n_bytes == NULL);
    MPI_Status mpi_status;
    int is_done;
    if (!is_one) {
        comm_check_mpi("MPI_Testall",
                       MPI_Testall(int_from_size(pending->n_chunks), pending->handle.many, &is_done,
                                   MPI_STATUSES_IGNORE));
        if (is_done) {
            mem_free(pending->handle.many);
        }
        return is_done;
    }
    comm_check_mpi("MPI_Test", MPI_Test(&pending->handle.one, &is_done, &mpi_status));
    if (is_done && !pending->is_send) {
        int n_received;
        comm_check_mpi("MPI_Get_count", MPI_Get_count(&mpi_status, MPI_BYTE, &n_received));
        CHECK(out_n_bytes != NULL || n_received == chunk_count(pending->n_bytes, 0));
        if (out_n_bytes != NULL) {
            *out_n_bytes = (size_t)n_received;
        }
    }
    return is_done;
}

bool comm_test(struct comm_request *request, size_t *out_n_bytes) {
    struct pending pending;
    memcpy(&pending, request, sizeof pending);
    const bool is_done = test_parts(&pending, out_n_bytes);
    memcpy(request, &pending, sizeof pending);
    return is_done;
}

void comm_barrier(const struct team *team) {
    if (has_mpi(team)) {
        comm_check_mpi("MPI_Barrier", MPI_Barrier(team->comm));
    }
}

void comm_bcast(const struct team *team, void *data, size_t n_bytes, int root) {
    CHECK(root >= 0 && root < team->size);
    if (!has_mpi(team) || n_bytes == 0) {
        return;
    }
    for (size_t i = 0; i < count_chunks(n_bytes); i++) {
        comm_check_mpi("MPI_Bcast", MPI_Bcast((unsigned char *)data + i * comm_chunk_bytes,
                                              chunk_count(n_bytes, i), MPI_BYTE, root, team->comm));
    }
}

/* Elements of 8 bytes, reduced in place, in pieces. */
static void reduce(const struct team *team, void *inout, size_t n, MPI_Datatype type, MPI_Op op) {
    if (!has_mpi(team)) {
        return;
    }
    size_t n_most = comm_chunk_bytes / 8 > 0 ? comm_chunk_bytes / 8 : 1;
    for (size_t i = 0; i < n; i += n_most) {
        int count = int_from_size(n - i < n_most ? n - i : n_most);
        comm_check_mpi("MPI_Allreduce", MPI_Allreduce(MPI_IN_PLACE, (unsigned char *)inout + 8 * i,
                                                      count, type, op, team->comm));
    }
}

void comm_sum_i64(const struct team *team, int64_t *inout, size_t n) {
    reduce(team, inout, n, MPI_INT64_T, MPI_SUM);
}

void comm_max_u64(const struct team *team, uint64_t *inout, size_t n) {
    reduce(team, inout, n, MPI_UINT64_T, MPI_MAX);
}

void comm_max_f64(const struct team *team, double *inout, size_t n) {
    reduce(team, inout, n, MPI_DOUBLE, MPI_MAX);
}

void comm_allgather(const struct team *team, void *out, const void *data, size_t n_bytes) {
    size_t n_total;
    CHECK(size_mul(&n_total, n_bytes, (size_t)team->size));
    if (n_total == 0) {
        return;
    }
    if (has_mpi(team) && n_total <= comm_chunk_bytes) {
        comm_check_mpi("MPI_Allgather", MPI_Allgather(data, (int)n_bytes, MPI_BYTE, out,
                                                      (int)n_bytes, MPI_BYTE, team->comm));
        return;
    }
    unsigned char *parts = out;
    memcpy(parts + (size_t)team->rank * n_bytes, data, n_bytes);
    for (int root = 0; root < team->size; root++) {
        comm_bcast(team, parts + (size_t)root * n_bytes, n_bytes, root);
    }
}

const char *comm_linked_library(void) {
    static char text[MPI_MAX_LIBRARY_VERSION_STRING];
    int n_text = 0;
    comm_check_mpi("MPI_Get_library_version", MPI_Get_library_version(text, &n_text));
    text[strcspn(text, "\n")] = '\0';
    return text;
}

const char *comm_library(void) {
    return job.is_started && has_mpi(&job.world) ? comm_linked_library() : "none";
}
