#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "comm/comm.h"

/* Which status wins when ranks differ: a fault of qspan before lack of memory before bad input. */
static uint64_t severity(enum status status) {
    switch (status) {
    case STATUS_OK:
        return 0;
    case STATUS_INTERRUPTED:
        return 1;
    case STATUS_EMPTY:
        return 2;
    case STATUS_UNVERIFIED:
        return 3;
    case STATUS_USAGE:
        return 4;
    case STATUS_INPUT:
        return 5;
    case STATUS_NOFIT:
        return 6;
    case STATUS_INTERNAL:
        return 7;
    }
    check_fail("status is one of enum status", __FILE__, __LINE__);
}

static enum status status_of_severity(uint64_t level) {
    static const enum status statuses[] = {STATUS_OK,         STATUS_INTERRUPTED, STATUS_EMPTY,
                                           STATUS_UNVERIFIED, STATUS_USAGE,       STATUS_INPUT,
                                           STATUS_NOFIT,      STATUS_INTERNAL};
    return statuses[level];
}

/* Ranks without an error as bad log the one of `root`, so that rank 0 has printed why. */
static void share_error(const struct team *team, int root, bool is_as_bad) {
    struct text text = {0};
    if (team_rank(team) == root) {
        text_add(&text, log_get_error());
        if (team == comm_world() && team_size(team) > 1) {
            text_printf(&text, " (rank %d)", root);
        }
    }
    uint64_t n_bytes = text.failed ? 0 : text.n;
    comm_bcast(team, &n_bytes, sizeof n_bytes, root);
    char *copy = mem_alloc(n_bytes + 1, 1);
    CHECK(copy != NULL);
    if (team_rank(team) == root && text.data && n_bytes > 0) {
        memcpy(copy, text.data, n_bytes);
    }
    comm_bcast(team, copy, n_bytes, root);
    if (!is_as_bad && n_bytes > 0) {
        log_repeat_error(copy);
    }
    mem_free(copy);
    text_fini(&text);
}

enum status comm_agree(const struct team *team, enum status status) {
    uint64_t own = severity(status);
    uint64_t last_rank = (uint64_t)team_size(team) - 1;
    uint64_t worst =
        own << 32 | (last_rank - (uint64_t)team_rank(team)); /* lowest rank wins ties */
    comm_max_u64(team, &worst, 1);
    uint64_t level = worst >> 32;
    if (level > severity(STATUS_EMPTY) && team_size(team) > 1) { /* a stop is no error */
        int root = (int)(last_rank - (worst & UINT32_MAX));
        share_error(team, root, own == level);
    }
    return status_of_severity(level);
}

/* Multiply-and-fold over 8-byte words; equal bytes give equal digests on every machine of a job. */
static uint64_t digest(const unsigned char *data, size_t n_bytes) {
    uint64_t h = 0x9e3779b97f4a7c15 ^ n_bytes;
    for (size_t i = 0; i < n_bytes; i += 8) {
        uint64_t word = 0;
        memcpy(&word, data + i, n_bytes - i < 8 ? n_bytes - i : 8);
        h = (h ^ word) * 0xd6e8feb86659fd93;
        h ^= h >> 32;
    }
    return h;
}

static enum status log_digests(const struct team *team, uint64_t own) {
    struct text ranks = {0};
    uint64_t *all = mem_alloc((size_t)team_size(team), sizeof *all);
    CHECK(all != NULL);
    comm_allgather(team, all, &own, sizeof own);
    for (int rank = 1; rank < team_size(team); rank++) {
        if (all[rank] != all[0]) {
            text_printf(&ranks, " %d", rank);
        }
    }
    mem_free(all);
    log_error(STATUS_INTERNAL, "replicated state differs from rank 0's on ranks%s",
              ranks.failed ? " (no memory to list them)" : ranks.data);
    text_fini(&ranks);
    return STATUS_INTERNAL;
}

enum status comm_check_digest(const struct team *team, const void *data, size_t n_bytes) {
    uint64_t own = digest(data, n_bytes);
    uint64_t extremes[2] = {own, ~own};
    comm_max_u64(team, extremes, 2);
    return extremes[0] == ~extremes[1] ? STATUS_OK : log_digests(team, own);
}
