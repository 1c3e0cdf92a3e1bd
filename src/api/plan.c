#include "api/api.h"
#include "base/log.h"
#include "runtime/timeline.h"

struct qspan_plan {
    struct run_plan plan;
};

enum qspan_status qspan_plan_create(struct qspan_plan **out_plan,
                                    const struct qspan_program *program,
                                    const struct qspan_machine *machine, int n_ranks) {
    return qspan_plan_create_in(out_plan, program, machine, n_ranks, QSPAN_DOUBLE);
}

enum qspan_status qspan_plan_create_in(struct qspan_plan **out_plan,
                                       const struct qspan_program *program,
                                       const struct qspan_machine *machine, int n_ranks,
                                       enum qspan_precision precision) {
    struct qspan_plan *plan = mem_alloc(1, sizeof *plan);
    enum precision of_amps = PRECISION_DOUBLE;
    enum status status = plan ? api_precision(&of_amps, precision) : STATUS_NOFIT;
    if (plan && n_ranks < 1) {
        status = log_error(STATUS_USAGE, "a plan is for one rank or more, not for %d", n_ranks);
    } else if (status == STATUS_OK) {
        status = runtime_plan(&plan->plan, program->program, machine ? machine->machine : NULL,
                              &engine_statevector, of_amps, n_ranks);
    }
    if (status != STATUS_OK) {
        mem_free(plan);
        return api_status(status);
    }
    *out_plan = plan;
    return QSPAN_OK;
}

void qspan_plan_destroy(struct qspan_plan *plan) {
    if (plan) {
        run_plan_fini(&plan->plan);
        mem_free(plan);
    }
}

uint64_t qspan_plan_n_ebits(const struct qspan_plan *plan) {
    return plan->plan.n_ebits;
}

uint64_t qspan_plan_n_bits_sent(const struct qspan_plan *plan) {
    return plan->plan.n_bits_sent;
}

uint32_t qspan_plan_peak_group_qubits(const struct qspan_plan *plan) {
    return plan->plan.engine.peak_group_qubits;
}

uint64_t qspan_plan_bytes_per_rank(const struct qspan_plan *plan) {
    return plan->plan.engine.peak_bytes;
}

int64_t qspan_plan_makespan_ps(const struct qspan_plan *plan) {
    return plan->plan.timeline ? plan->plan.timeline->makespan_ps : -1;
}
