/* The network under a workload of its own, without programs: closed loops of requests. */
#ifndef QSPAN_NETWORK_WORKLOAD_H
#define QSPAN_NETWORK_WORKLOAD_H

#include "network/service.h"

enum workload_pattern {
    WORKLOAD_ALL_TO_ALL, /* rounds of a tournament: everybody with everybody */
    WORKLOAD_NEAREST,    /* each QPU with the next one */
    WORKLOAD_RANDOM,     /* two different QPUs, uniform */
    WORKLOAD_QFT,        /* (0,1) (0,2) ... (1,2) ..., as controlled phases come */
};
extern const char *const workload_words[]; /* NULL-terminated, in order */

enum { WORKLOAD_MAX_JOBS = 4096 };
struct workload {
    enum workload_pattern pattern;
    uint64_t n_requests, seed; /* requests in all jobs together */
    uint32_t n_window;         /* under way at once per job; 0: as many as it has QPUs */
    uint32_t n_jobs;           /* job j has the QPUs i with i mod n_jobs = j */
    int64_t t_use_ps;          /* a ready pair holds its comm qubits so long */
    int64_t t_due_ps; /* requests of job j are due (j + 1) times that after they come; 0: never */
    enum ebit_wait wait; /* of all requests */
};
struct workload_job {
    uint64_t n_used, n_late; /* late: ready after they were due */
    int64_t t_end_ps;
};
struct workload_result {
    int64_t makespan_ps;
    struct workload_job *jobs;
    uint32_t n_jobs;
    double jain; /* of ebits per time, over jobs: 1 is fair, 1/n_jobs is not */
};

/* Runs timeline `timeline` of the service. Errors: STATUS_INPUT (logged): stuck (with the graph of
 * who waits for what), time beyond int64, fewer than 2 QPUs per job. */
enum status workload_run(struct workload_result *out, struct service *service,
                         const struct machine *machine, const struct workload *workload,
                         uint64_t timeline);
void workload_result_fini(struct workload_result *result);

#endif
