#include "runtime/replicas.h"

#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "network/service.h"

enum status replicas_split(struct replicas *out_replicas, const struct team *world, uint64_t n) {
    const uint64_t size = (uint64_t)team_size(world), rank = (uint64_t)team_rank(world);
    struct replicas replicas = {.world = world, .team = world, .n = n};
    CHECK(n > 0 && size % n == 0);
    if (n == 1) {
        *out_replicas = replicas;
        return STATUS_OK;
    }
    replicas.number = rank / (size / n);
    TRY(team_split(&replicas.owned[0], world, (int)replicas.number));
    const enum status status = team_split(&replicas.owned[1], world, (int)(rank % (size / n)));
    if (status != STATUS_OK) {
        team_destroy(replicas.owned[0]);
        return status;
    }
    replicas.team = replicas.owned[0];
    replicas.across = replicas.owned[1];
    *out_replicas = replicas;
    return STATUS_OK;
}

void replicas_fini(struct replicas *replicas) {
    team_destroy(replicas->owned[0]);
    team_destroy(replicas->owned[1]);
    *replicas = (struct replicas){0};
}

static uint64_t first_block(const struct replicas *replicas, uint64_t number, uint64_t n_blocks) {
    return n_blocks / replicas->n * number + n_blocks % replicas->n * number / replicas->n;
}

void replicas_blocks(const struct replicas *replicas, uint64_t *out_first, uint64_t *out_end,
                     uint64_t n_blocks) {
    *out_first = first_block(replicas, replicas->number, n_blocks);
    *out_end = first_block(replicas, replicas->number + 1, n_blocks);
}

void replicas_move_records(const struct replicas *replicas, uint8_t *records, size_t record_bytes,
                           uint64_t n_shots, uint32_t block_shots) {
    const uint64_t n_blocks = n_shots / block_shots + (n_shots % block_shots != 0);
    const bool is_first = team_rank(replicas->world) == 0;
    for (uint64_t i = 1; i < replicas->n; i++) {
        const uint64_t first = first_block(replicas, i, n_blocks) * block_shots;
        const uint64_t end = first_block(replicas, i + 1, n_blocks) * block_shots;
        const size_t n_bytes =
            (size_t)((end < n_shots ? end : n_shots) - (first < n_shots ? first : n_shots)) *
            record_bytes;
        struct comm_request request;
        if (is_first) {
            comm_irecv(replicas->across, &request, records + first * record_bytes, n_bytes, (int)i,
                       TAG_RESULT, 0);
            comm_wait(&request, 1);
        } else if (i == replicas->number && team_rank(replicas->team) == 0) {
            comm_isend(replicas->across, &request, records, n_bytes, 0, TAG_RESULT, 0);
            comm_wait(&request, 1);
        }
    }
}

enum status replicas_add_averages(const struct replicas *replicas, struct average *averages,
                                  size_t n) {
    struct average *all = mem_alloc(n * replicas->n, sizeof *all);
    TRY(comm_agree(replicas->world, all == NULL ? STATUS_NOFIT : STATUS_OK));
    comm_allgather(replicas->across, all, averages, n * sizeof *all);
    memset(averages, 0, n * sizeof *averages);
    for (size_t i = 0; i < n * replicas->n; i++) {
        average_merge(&averages[i % n], &all[i]);
    }
    mem_free(all);
    return STATUS_OK;
}

struct sums {
    double n_ebits, n_bits_sent;
    uint64_t n_links;
};

static enum status add_links(const struct replicas *replicas, struct run_clock *clock,
                             const struct sums *sums, uint64_t most, struct ebit_ledger_mean *all) {
    struct ebit_ledger_mean *own = all + replicas->n * most;
    if (clock->n_links > 0) {
        memcpy(own, clock->links, clock->n_links * sizeof *own);
    }
    comm_allgather(replicas->across, all, own, most * sizeof *own);
    clock->n_links = 0;
    for (uint64_t r = 0; r < replicas->n; r++) {
        for (uint64_t i = 0; i < sums[r].n_links; i++) {
            TRY(clock_add_link(clock, &all[r * most + i]));
        }
    }
    return STATUS_OK;
}

enum status replicas_add_ledgers(const struct replicas *replicas, struct run_clock *clock) {
    const struct sums own = {clock->n_ebits, clock->n_bits_sent, clock->n_links};
    struct ebit_ledger_mean *all = NULL;
    uint64_t most = 0;
    enum status status;
    struct sums *sums = mem_alloc(replicas->n, sizeof *sums);
    TRY_GOTO(comm_agree(replicas->world, sums == NULL ? STATUS_NOFIT : STATUS_OK), done);
    comm_allgather(replicas->across, sums, &own, sizeof own);
    clock->n_ebits = clock->n_bits_sent = 0;
    for (uint64_t r = 0; r < replicas->n; r++) {
        clock->n_ebits += sums[r].n_ebits;
        clock->n_bits_sent += sums[r].n_bits_sent;
        most = sums[r].n_links > most ? sums[r].n_links : most;
    }
    all = mem_alloc((replicas->n + 1) * most, sizeof *all);
    TRY_GOTO(comm_agree(replicas->world, all == NULL ? STATUS_NOFIT : STATUS_OK), done);
    status = comm_agree(replicas->world, add_links(replicas, clock, sums, most, all));
done:
    mem_free(all);
    mem_free(sums);
    return status;
}

/* Integers in any order; `all`: of each replica. */
static void add_stats(struct network_stats *sum, const struct network_stats *all, uint64_t n) {
    memset(sum, 0, sizeof *sum);
    for (uint64_t r = 0; r < n; r++) {
        if (all[r].n_timelines > 0) {
            network_stats_add(sum, &all[r]);
            sum->n_timelines += all[r].n_timelines - 1;
        }
    }
}

/* `all`: of each replica its timelines in order, `most` numbers each, of which n_reals count. */
static void add_reals(double *sums, const double *all, uint64_t most, const uint64_t *n_reals,
                      uint64_t n) {
    for (uint64_t r = 0; r < n; r++) {
        for (uint64_t i = 0; i < n_reals[r]; i++) {
            sums[i % NETWORK_N_REALS] += all[r * most + i];
        }
    }
}

enum status replicas_add_reals(const struct replicas *replicas, struct run_clock *clock) {
    const uint64_t n = replicas->n, n_own = clock->n_reals;
    uint64_t most = n_own;
    double *all = NULL, *own = NULL;
    enum status status;
    clock->n_reals = 0;
    if (clock->network == NULL) {
        return STATUS_OK;
    }
    if (n == 1) {
        add_reals(clock->real_sums, clock->reals, most, &n_own, 1);
        return STATUS_OK;
    }
    uint64_t *n_reals = mem_alloc(n, sizeof *n_reals);
    comm_max_u64(replicas->across, &most, 1);
    own = mem_alloc((size_t)most, sizeof *own);
    all = mem_alloc((size_t)(n * most), sizeof *all);
    status = n_reals == NULL || own == NULL || all == NULL ? STATUS_NOFIT : STATUS_OK;
    TRY_GOTO(comm_agree(replicas->world, status), done);
    if (n_own > 0) {
        memcpy(own, clock->reals, (size_t)n_own * sizeof *own);
    }
    comm_allgather(replicas->across, n_reals, &n_own, sizeof n_own);
    comm_allgather(replicas->across, all, own, (size_t)most * sizeof *all);
    add_reals(clock->real_sums, all, most, n_reals, n);
done:
    mem_free(n_reals);
    mem_free(own);
    mem_free(all);
    return status;
}

enum status replicas_add_network(const struct replicas *replicas, struct run_clock *clock,
                                 const struct network_stats *past) {
    const uint64_t n = replicas->n;
    if (clock->network == NULL) {
        return STATUS_OK;
    }
    struct network_stats *stats = mem_alloc(n + 1, sizeof *stats);
    TRY(comm_agree(replicas->world, stats == NULL ? STATUS_NOFIT : STATUS_OK));
    if (n > 1) {
        comm_allgather(replicas->across, stats, clock->network, sizeof *stats);
    } else {
        stats[0] = *clock->network;
    }
    if (past != NULL) {
        stats[n] = *past;
    }
    add_stats(clock->network, stats, past != NULL ? n + 1 : n);
    network_stats_set_reals(clock->network, clock->real_sums);
    mem_free(stats);
    return STATUS_OK;
}
