#include "network/workload.h"

#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/units.h"
#include "network/event_heap.h"

const char *const workload_words[] = {"all-to-all", "nearest", "random", "qft", NULL};

enum { MAX_HINTS = 1 << 20 };

/* Pairs are drawn so long before they are asked for. */
enum { AHEAD = 2 };
struct job {
    uint32_t index, n_qpus;
    uint64_t n_requests, next; /* how many there are, and were submitted */
    uint32_t pairs[AHEAD][2];  /* of the next requests, by number modulo AHEAD */
    uint64_t step;             /* of random pairs */
    uint32_t round, game;      /* of the tournament, which leaves out byes; game: nearest, too */
    uint32_t qft_a, qft_b;
};
struct loop {
    struct service *service;
    const struct workload *workload;
    struct job *jobs;
    struct workload_result *result;
    struct event_heap uses; /* ready pairs in use until then; id: slot */
    uint64_t n_under_way;
};

/* ---- patterns, on the job's own QPUs 0 .. n-1 ---- */

static bool next_of_tournament(uint32_t out[2], struct job *job) {
    const uint32_t n = job->n_qpus + job->n_qpus % 2, others = n - 1;
    const uint32_t round = job->round, k = job->game;
    job->game = k + 1 == n / 2 ? 0 : k + 1;
    if (job->game == 0) {
        job->round = round + 1 == others ? 0 : round + 1;
    }
    out[0] = round + k < others ? round + k : round + k - others;
    out[1] = k == 0 ? others : round >= k ? round - k : round + others - k;
    return out[1] < job->n_qpus && out[0] < job->n_qpus; /* else somebody has a bye */
}

static void next_pair(uint32_t out[2], struct job *job, const struct workload *workload) {
    const uint32_t n = job->n_qpus;
    struct rng_block block;
    switch (workload->pattern) {
    case WORKLOAD_ALL_TO_ALL:
        while (!next_of_tournament(out, job)) {
        }
        return;
    case WORKLOAD_NEAREST:
        out[0] = job->game;
        out[1] = job->game = out[0] + 1 == n ? 0 : out[0] + 1;
        return;
    case WORKLOAD_RANDOM:
        block = rng_draw(workload->seed, job->step++, job->index, RNG_GENERATE);
        out[0] = (uint32_t)(((uint64_t)block.word[0] * n) >> 32);
        out[1] = (uint32_t)(((uint64_t)block.word[1] * (n - 1)) >> 32);
        out[1] += out[1] >= out[0];
        return;
    case WORKLOAD_QFT:
        out[0] = job->qft_a;
        out[1] = job->qft_b++;
        if (job->qft_b == n) {
            job->qft_a = job->qft_a + 2 == n ? 0 : job->qft_a + 1;
            job->qft_b = job->qft_a + 1;
        }
        return;
    }
}

static struct ebit_request next_request(struct job *job, const struct workload *workload) {
    uint32_t *pair = job->pairs[job->next % AHEAD];
    const struct ebit_request request = {
        .wait = workload->wait,
        .id = job->next * workload->n_jobs + job->index,
        .qpu_a = pair[0] * workload->n_jobs + job->index,
        .qpu_b = pair[1] * workload->n_jobs + job->index,
    };
    job->next++;
    next_pair(pair, job, workload);
    return request;
}

/* ---- the loop ---- */

static enum status submit_next(struct loop *loop, struct job *job, int64_t t_ps) {
    uint32_t slot;
    if (job->next == job->n_requests) {
        return STATUS_OK;
    }
    struct ebit_request request = next_request(job, loop->workload);
    if (__builtin_mul_overflow(loop->workload->t_due_ps, (int64_t)job->index + 1,
                               &request.t_due_ps) ||
        (request.t_due_ps > 0 && !time_add(&request.t_due_ps, request.t_due_ps, t_ps))) {
        return log_error(STATUS_INPUT, "a request would be due after 2^63 ps (106 days)");
    }
    for (uint32_t i = 0; i < AHEAD; i++) {
        const uint32_t *pair = job->pairs[(job->next + i) % AHEAD];
        const uint32_t n_jobs = loop->workload->n_jobs;
        service_expect(loop->service, pair[0] * n_jobs + job->index, pair[1] * n_jobs + job->index,
                       i == 0);
    }
    loop->n_under_way++;
    return service_submit(loop->service, &slot, request, t_ps);
}

static enum status use(struct loop *loop, uint32_t slot, int64_t t_ps) {
    double weights[4];
    const uint64_t id = service_request_id(loop->service, slot), n_jobs = loop->workload->n_jobs;
    struct job *job = &loop->jobs[n_jobs == 1 ? 0 : id % n_jobs];
    struct workload_job *done = &loop->result->jobs[job->index];
    done->n_late += service_is_late(loop->service, slot);
    TRY(service_take(loop->service, weights, slot, t_ps));
    loop->n_under_way--;
    done->n_used++;
    done->t_end_ps = t_ps;
    return submit_next(loop, job, t_ps);
}

static enum status refuse_stuck(const struct loop *loop) {
    struct text text = {0};
    service_describe(loop->service, &text);
    const enum status status =
        log_error(STATUS_INPUT, "the network is stuck: %s", text.data ? text.data : "");
    text_fini(&text);
    return status;
}

static enum status run_loop(struct loop *loop) {
    while (loop->n_under_way > 0) {
        const struct event *top = event_heap_top(&loop->uses);
        uint32_t slot;
        int64_t t_ps;
        bool is_any;
        TRY(service_next(loop->service, &is_any, &slot, &t_ps, top ? top->t_ps : INT64_MAX));
        if (is_any && loop->workload->t_use_ps == 0) {
            TRY(use(loop, slot, t_ps));
        } else if (is_any) {
            if (!time_add(&t_ps, t_ps, loop->workload->t_use_ps)) {
                return log_error(STATUS_INPUT, "simulated time passes 2^63 ps (106 days)");
            }
            TRY(event_heap_push(&loop->uses, (struct event){t_ps, slot, slot}));
        } else if (top != NULL) {
            const struct event event = *top;
            event_heap_drop(&loop->uses);
            TRY(use(loop, (uint32_t)event.id, event.t_ps));
        } else {
            return refuse_stuck(loop);
        }
    }
    return STATUS_OK;
}

static enum status set_jobs(struct loop *loop, size_t n_qpus) {
    const struct workload *workload = loop->workload;
    const uint64_t n_jobs = workload->n_jobs;
    if (n_qpus / n_jobs < 2) {
        return log_error(STATUS_INPUT, "%zu QPUs do not give each of %llu jobs two: at most %zu",
                         n_qpus, (unsigned long long)n_jobs, n_qpus / 2);
    }
    for (uint32_t j = 0; j < n_jobs; j++) {
        loop->jobs[j] = (struct job){
            .index = j,
            .n_qpus = u32_from_size((n_qpus - j + n_jobs - 1) / n_jobs),
            .n_requests = workload->n_requests / n_jobs + (j < workload->n_requests % n_jobs),
            .qft_b = 1,
        };
        for (uint32_t i = 0; i < AHEAD; i++) {
            next_pair(loop->jobs[j].pairs[i], &loop->jobs[j], workload);
        }
    }
    return STATUS_OK;
}

/* The order in which the jobs' requests are known to come: one of each in turn. */
static enum status give_hints(struct loop *loop) {
    const struct workload *workload = loop->workload;
    struct ebit_request *all = NULL;
    size_t n = 0, cap = 0;
    enum status status = STATUS_OK;
    struct job *jobs = mem_alloc(workload->n_jobs, sizeof *jobs);
    if (jobs == NULL) {
        return STATUS_NOFIT;
    }
    memcpy(jobs, loop->jobs, workload->n_jobs * sizeof *jobs);
    for (uint64_t i = 0; n < MAX_HINTS && n < workload->n_requests && status == STATUS_OK; i++) {
        struct job *job = &jobs[i % workload->n_jobs];
        if (job->next < job->n_requests) {
            status = vec_reserve(&all, n, &cap, 1, sizeof *all);
            if (status == STATUS_OK) {
                all[n++] = next_request(job, workload);
            }
        }
    }
    if (status == STATUS_OK && n > 0) {
        status = service_hint(loop->service, all, n);
    }
    mem_free(all);
    mem_free(jobs);
    return status;
}

static enum status run_jobs(struct loop *loop, const struct machine *machine, uint64_t timeline) {
    const struct workload *workload = loop->workload;
    TRY(set_jobs(loop, machine->n_qpus));
    TRY(service_begin(loop->service, timeline));
    if (machine->physical->policy.n_lookahead > 0) {
        TRY(give_hints(loop));
    }
    for (uint32_t j = 0; j < workload->n_jobs; j++) {
        const uint32_t window = workload->n_window > 0 ? workload->n_window : loop->jobs[j].n_qpus;
        for (uint32_t i = 0; i < window; i++) {
            TRY(submit_next(loop, &loop->jobs[j], 0));
        }
    }
    return run_loop(loop);
}

static void judge(struct workload_result *result) {
    double sum = 0, square = 0;
    for (uint32_t j = 0; j < result->n_jobs; j++) {
        const struct workload_job *job = &result->jobs[j];
        const double rate = job->t_end_ps > 0 ? (double)job->n_used / (double)job->t_end_ps : 0;
        sum += rate;
        square += rate * rate;
        result->makespan_ps =
            job->t_end_ps > result->makespan_ps ? job->t_end_ps : result->makespan_ps;
    }
    result->jain = square > 0 ? sum * sum / (square * result->n_jobs) : 1;
}

enum status workload_run(struct workload_result *out, struct service *service,
                         const struct machine *machine, const struct workload *workload,
                         uint64_t timeline) {
    CHECK(workload->n_jobs > 0 && workload->n_jobs <= WORKLOAD_MAX_JOBS);
    struct workload_result result = {.n_jobs = workload->n_jobs};
    struct loop loop = {.service = service, .workload = workload, .result = &result};
    enum status status = STATUS_NOFIT;
    result.jobs = mem_alloc(workload->n_jobs, sizeof *result.jobs);
    loop.jobs = mem_alloc(workload->n_jobs, sizeof *loop.jobs);
    if (result.jobs != NULL && loop.jobs != NULL) {
        status = run_jobs(&loop, machine, timeline);
    }
    mem_free(loop.jobs);
    event_heap_fini(&loop.uses);
    if (status != STATUS_OK) {
        workload_result_fini(&result);
        return status;
    }
    judge(&result);
    *out = result;
    return STATUS_OK;
}

void workload_result_fini(struct workload_result *result) {
    mem_free(result->jobs);
    memset(result, 0, sizeof *result);
}
