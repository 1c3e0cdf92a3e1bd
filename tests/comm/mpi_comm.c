/* Every comm call on any number of ranks, against values that each rank can compute for all. */
#include <inttypes.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/rng.h"
#include "comm/comm.h"
#include "comm/comm_internal.h"
#include "comm/comm_native.h"
#include "comm/halt.h"

static int n_failures;

#define EXPECT(cond)                                                                               \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            fprintf(stderr, "rank %d: %s:%d: %s\n", team_rank(comm_world()), __FILE__, __LINE__,   \
                    #cond);                                                                        \
            n_failures++;                                                                          \
        }                                                                                          \
    } while (0)

/* What rank `from` sends to `to`: n bytes that depend on everything. */
static void fill(unsigned char *out, size_t n, int from, int to, uint32_t number) {
    for (size_t i = 0; i < n; i++) {
        struct rng_block block =
            rng_draw(number, (uint64_t)from << 32 | (uint64_t)to, (uint32_t)(i / 16), RNG_TEST);
        out[i] = (unsigned char)(block.word[i / 4 % 4] >> (i % 4 * 8));
    }
}

/* All to all, self included, several messages per pair under one tag: order must be kept. */
static void test_point_to_point(const struct team *team, size_t n_bytes, uint32_t number) {
    enum { N_EACH = 3 };
    int size = team_size(team);
    int rank = team_rank(team);
    size_t n_messages = (size_t)size * N_EACH;
    struct comm_request *requests = calloc(2 * n_messages, sizeof *requests);
    unsigned char *out = calloc(n_messages, n_bytes + 1);
    unsigned char *in = calloc(n_messages, n_bytes + 1);
    unsigned char *expected = calloc(1, n_bytes + 1);
    EXPECT(requests && out && in && expected);
    for (size_t m = 0; m < n_messages; m++) {
        int peer = (int)(m / N_EACH);
        comm_irecv(team, &requests[m], in + m * n_bytes, n_bytes, peer, TAG_TEST, number);
    }
    for (size_t m = 0; m < n_messages; m++) {
        int peer = (int)(m / N_EACH);
        fill(out + m * n_bytes, n_bytes, rank, peer, (uint32_t)(m % N_EACH));
        comm_isend(team, &requests[n_messages + m], out + m * n_bytes, n_bytes, peer, TAG_TEST,
                   number);
    }
    comm_wait(requests, 2 * n_messages);
    for (size_t m = 0; m < n_messages; m++) {
        fill(expected, n_bytes, (int)(m / N_EACH), rank, (uint32_t)(m % N_EACH));
        EXPECT(memcmp(expected, in + m * n_bytes, n_bytes) == 0);
    }
    free(requests);
    free(out);
    free(in);
    free(expected);
}

/* Tags of different classes and numbers do not meet, also where numbers wrap. */
static void test_tags(const struct team *team) {
    int next = (team_rank(team) + 1) % team_size(team);
    int previous = (team_rank(team) + team_size(team) - 1) % team_size(team);
    static const struct {
        enum comm_tag tag;
        uint32_t number;
    } tags[] = {{TAG_TEST, 0}, {TAG_MERGE, 0}, {TAG_TEST, 1}, {TAG_EXCHANGE, UINT32_MAX}};
    enum { N_TAGS = 4 };
    struct comm_request requests[2 * N_TAGS];
    uint64_t out[N_TAGS];
    uint64_t in[N_TAGS] = {0};
    for (int i = 0; i < N_TAGS; i++) {
        out[i] = (uint64_t)(100 * team_rank(team) + i);
        comm_isend(team, &requests[i], &out[i], 8, next, tags[i].tag, tags[i].number);
    }
    for (int i = N_TAGS - 1; i >= 0; i--) {
        comm_irecv(team, &requests[N_TAGS + i], &in[i], 8, previous, tags[i].tag, tags[i].number);
    }
    comm_wait(requests, 2 * (size_t)N_TAGS);
    for (int i = 0; i < N_TAGS; i++) {
        EXPECT(in[i] == (uint64_t)(100 * previous + i));
    }
}

static void test_reductions(const struct team *team, size_t n) {
    int size = team_size(team);
    int64_t *sums = calloc(n + 1, sizeof *sums);
    uint64_t *maxima = calloc(n + 1, sizeof *maxima);
    double *reals = calloc(n + 1, sizeof *reals);
    EXPECT(sums && maxima && reals);
    for (size_t i = 0; i < n; i++) {
        sums[i] = (int64_t)i - 1000 * team_rank(team);
        maxima[i] = UINT64_MAX - (uint64_t)((team_rank(team) + (int)i) % size);
        reals[i] = -1.5 * ((team_rank(team) + (int)i) % size);
    }
    comm_sum_i64(team, sums, n);
    comm_max_u64(team, maxima, n);
    comm_max_f64(team, reals, n);
    for (size_t i = 0; i < n; i++) {
        EXPECT(sums[i] == (int64_t)i * size - 500 * (int64_t)size * (size - 1));
        EXPECT(maxima[i] == UINT64_MAX);
        EXPECT(reals[i] == 0.0);
    }
    free(sums);
    free(maxima);
    free(reals);
}

static void test_bcast_and_gather(const struct team *team, size_t n_bytes) {
    int size = team_size(team);
    unsigned char *own = calloc(1, n_bytes + 1);
    unsigned char *all = calloc((size_t)size, n_bytes + 1);
    unsigned char *expected = calloc(1, n_bytes + 1);
    EXPECT(own && all && expected);
    fill(own, n_bytes, team_rank(team), 0, 7);
    comm_allgather(team, all, own, n_bytes);
    for (int rank = 0; rank < size; rank++) {
        fill(expected, n_bytes, rank, 0, 7);
        EXPECT(memcmp(all + (size_t)rank * n_bytes, expected, n_bytes) == 0);
    }
    comm_bcast(team, own, n_bytes, size - 1);
    fill(expected, n_bytes, size - 1, 0, 7);
    EXPECT(memcmp(own, expected, n_bytes) == 0);
    free(own);
    free(all);
    free(expected);
}

static char last_text[512];

static void keep_text(void *ctx, enum log_level level, const char *text) {
    (void)ctx;
    (void)level;
    snprintf(last_text, sizeof last_text, "%s", text);
}

static void test_agreement(const struct team *team) {
    int last = team_size(team) - 1;
    EXPECT(comm_agree(team, STATUS_OK) == STATUS_OK);
    log_set_sink(keep_text, NULL);
    enum status own = STATUS_OK;
    if (team_rank(team) == last) {
        own = log_error(STATUS_NOFIT, "rank %d has no room", last);
    }
    EXPECT(comm_agree(team, own) == STATUS_NOFIT);
    if (team_rank(comm_world()) == 0) {
        EXPECT(strncmp(last_text, "qspan: error: rank ", 19) == 0);
        EXPECT(strstr(last_text, " has no room") != NULL);
    }
    EXPECT(strstr(log_get_error(), " has no room") != NULL);

    own = team_rank(team) == 0 ? log_error(STATUS_INPUT, "bad file") : STATUS_OK;
    own = team_rank(team) == last ? log_error(STATUS_INTERNAL, "own fault") : own;
    EXPECT(comm_agree(team, own) == STATUS_INTERNAL);
    EXPECT(strstr(log_get_error(), "own fault") != NULL);
    log_set_sink(NULL, NULL);
}

static void test_digest(const struct team *team) {
    unsigned char data[13];
    for (size_t n = 0; n <= sizeof data; n++) {
        memset(data, 0x5a, sizeof data);
        EXPECT(comm_check_digest(team, data, n) == STATUS_OK);
        if (n == 0 || team_size(team) == 1) {
            continue;
        }
        data[n - 1] ^= (unsigned char)(team_rank(team) == team_size(team) - 1);
        log_set_sink(keep_text, NULL);
        EXPECT(comm_check_digest(team, data, n) == STATUS_INTERNAL);
        log_set_sink(NULL, NULL);
        if (team_rank(comm_world()) == 0) {
            char expected[32];
            snprintf(expected, sizeof expected, "on ranks %d", team_size(team) - 1);
            EXPECT(strstr(last_text, expected) != NULL);
        }
    }
}

/* A message between ranks of one team is not for the same ranks of another. */
static void test_teams_are_apart(const struct team *team) {
    struct team *twin;
    EXPECT(team_split(&twin, team, 0) == STATUS_OK);
    struct comm_request requests[4];
    int out[2] = {1, 2};
    int in[2] = {0};
    int rank = team_rank(team);
    comm_isend(team, &requests[0], &out[0], sizeof(int), rank, TAG_TEST, 0);
    comm_isend(twin, &requests[1], &out[1], sizeof(int), rank, TAG_TEST, 0);
    comm_irecv(twin, &requests[2], &in[1], sizeof(int), rank, TAG_TEST, 0);
    comm_irecv(team, &requests[3], &in[0], sizeof(int), rank, TAG_TEST, 0);
    comm_wait(requests, 4);
    EXPECT(in[0] == 1 && in[1] == 2);
    team_destroy(twin);
}

static void test_team(const struct team *team) {
    static const size_t sizes[] = {0, 1, 63, 64, 65, 1000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        test_point_to_point(team, sizes[i], (uint32_t)i);
        test_bcast_and_gather(team, sizes[i]);
    }
    test_tags(team);
    test_teams_are_apart(team);
    test_reductions(team, 0);
    test_reductions(team, 100);
    test_agreement(team);
    test_digest(team);
    comm_barrier(team);
}

/* Odd and even ranks apart, each half once more in order. */
static void test_split(const struct team *world) {
    struct team *half;
    struct team *single;
    EXPECT(team_split(&half, world, team_rank(world) % 2) == STATUS_OK);
    EXPECT(team_rank(half) == team_rank(world) / 2);
    EXPECT(team_size(half) == (team_size(world) + (team_rank(world) % 2 == 0)) / 2);
    test_team(half);
    EXPECT(team_split(&single, half, team_rank(half)) == STATUS_OK);
    EXPECT(team_size(single) == 1);
    test_team(single);
    team_destroy(single);
    team_destroy(half);
}

/* Polled, in both orders; a send that is asked for late; a message shorter than what there is room
 * for. */
static void test_polling(const struct team *team) {
    const int size = team_size(team), next = (team_rank(team) + 1) % size,
              last = (team_rank(team) + size - 1) % size;
    uint64_t out[4] = {1, 2, 3, (uint64_t)team_rank(team)}, in[8] = {0};
    struct comm_request send, receive;
    size_t n_bytes = 0;
    comm_issend(team, &send, out, sizeof out, next, TAG_TEST, 3);
    if (size > 1) {
        comm_barrier(team);
        EXPECT(!comm_test(&send, NULL)); /* nobody has asked for it */
        comm_barrier(team);
    }
    comm_irecv(team, &receive, in, sizeof in, last, TAG_TEST, 3);
    while (!comm_test(&receive, &n_bytes)) {
    }
    while (!comm_test(&send, NULL)) {
    }
    EXPECT(n_bytes == sizeof out);
    EXPECT(in[2] == 3 && in[3] == (uint64_t)last && in[4] == 0);
    comm_irecv(team, &receive, in, sizeof out, last, TAG_TEST, 4);
    comm_isend(team, &send, out, sizeof out, next, TAG_TEST, 4);
    while (!comm_test(&receive, NULL)) {
    }
    comm_wait(&send, 1);
    EXPECT(in[3] == (uint64_t)last);
}

/* Rank 1 of the job fails while the others wait for it: all must end (cli_abort.sh). */
static int fail_on_purpose(const char *how) {
    const struct team *world = comm_world();
    if (team_rank(world) == 1 && strcmp(how, "check") == 0) {
        CHECK(how == NULL);
    }
    struct comm_request request;
    char data[100] = "";
    if (team_rank(world) == 0 && strcmp(how, "check") != 0) {
        comm_isend(world, &request, data, 50, 1, TAG_TEST, 0);
        comm_wait(&request, 1);
    }
    if (team_rank(world) == 1) {
        comm_irecv(world, &request, data, strcmp(how, "truncate") == 0 ? 1 : 100, 0, TAG_TEST, 0);
        comm_wait(&request, 1);
    }
    comm_barrier(world);
    return 0;
}

/* The largest number of OpenMP threads that a rank would start (cli_threads.sh). */
static int print_threads(void) {
    const struct team *world = comm_world();
    uint64_t n_threads = (uint64_t)omp_get_max_threads();
    comm_max_u64(world, &n_threads, 1);
    if (team_rank(world) == 0) {
        printf("%" PRIu64 " threads\n", n_threads);
    }
    comm_stop();
    return 0;
}

/* Ranks dealt over two nodes in turn, as a launcher may do, are numbered node by node; without
 * that, on one node, as by the launcher (cli_nodes.sh). */
static int test_nodes(bool are_dealt) {
    int rank, size, level;
    MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &level);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    comm_node_colour = are_dealt ? 1 - rank % 2 : -1;
    EXPECT(comm_start_on(MPI_COMM_WORLD) == STATUS_OK);
    int expected = rank % 2 == 0 ? rank / 2 : (size + 1) / 2 + rank / 2;
    EXPECT(team_rank(comm_world()) == (are_dealt ? expected : rank));
    EXPECT(team_size(comm_world()) == size);
    EXPECT(comm_ranks_here() == (are_dealt ? (size + 1 - rank % 2) / 2 : size));
    /* of 5 ranks 2 or 3 are here, or all */
    const double ratio = (double)comm_memory_share(size) / (double)comm_memory_share(8 * size);
    EXPECT(are_dealt ? ratio > 12 && ratio < 21 : ratio > 7 && ratio < 9);
    test_team(comm_world());
    test_split(comm_world());
    test_polling(comm_world());
    comm_stop();
    MPI_Finalize();
    return n_failures > 0;
}

/* The last rank is told to stop in the middle of its work: all leave at the same call. */
static void test_halt(const struct team *team) {
    static volatile sig_atomic_t flag;
    struct halt halt = {.flag = &flag}, never = {0};
    int64_t n_calls = 0, sum;
    flag = 0;
    while (halt_heed(&halt, team, HALT_EACH_NS / 8) == STATUS_OK && n_calls < 1000) {
        n_calls++;
        flag = team_rank(team) == team_size(team) - 1 && n_calls > 42;
        EXPECT(halt_heed(&never, team, 2 * HALT_EACH_NS) == STATUS_OK);
        EXPECT(halt_heed(NULL, team, 2 * HALT_EACH_NS) == STATUS_OK);
    }
    sum = n_calls;
    comm_sum_i64(team, &sum, 1);
    EXPECT(n_calls == 47 && sum == 47 * team_size(team)); /* ranks ask at the 48th call */
    EXPECT(comm_agree(team, team_rank(team) == 0 ? STATUS_INTERRUPTED : STATUS_OK) ==
           STATUS_INTERRUPTED);
}

int main(int argc, char **argv) {
    if (argc > 1 && strncmp(argv[1], "nodes", 5) == 0) {
        return test_nodes(strcmp(argv[1], "nodes") != 0);
    }
    if (argc > 1) {
        if (comm_start(&argc, &argv) != STATUS_OK) {
            return 1;
        }
        return strcmp(argv[1], "threads") == 0 ? print_threads() : fail_on_purpose(argv[1]);
    }
    EXPECT(comm_start_alone() == STATUS_OK);
    EXPECT(team_size(comm_world()) == 1);
    EXPECT(strcmp(comm_library(), "none") == 0);
    EXPECT(strcmp(comm_linked_library(), "none") != 0);
    test_team(comm_world());
    test_split(comm_world());
    test_polling(comm_world());
    test_halt(comm_world());
    comm_stop();

    if (comm_start(&argc, &argv) != STATUS_OK) {
        return 1;
    }
    const struct team *world = comm_world();
    EXPECT(strcmp(comm_library(), "none") != 0);
    EXPECT(strcmp(comm_library(), comm_linked_library()) == 0);
    EXPECT(team_native(world) != MPI_COMM_NULL);
    test_team(world);
    test_split(world);
    test_polling(world);
    test_halt(world);
    comm_chunk_bytes = 64; /* from here nearly every message is several */
    test_team(world);
    test_split(world);
    int64_t n_failed = n_failures;
    comm_sum_i64(world, &n_failed, 1);
    if (team_rank(world) == 0) {
        printf("%d ranks: %" PRId64 " failures\n", team_size(world), n_failed);
    }
    comm_stop();
    return n_failed > 0;
}
