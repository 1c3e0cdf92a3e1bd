#include "api/api.h"
#include "base/log.h"
#include "runtime/timeline.h"

enum { MAX_RANKS = 1 << 20 };

struct qspan_plan {
    struct run_plan plan;
    const struct engine_class *engine;
};

/* noisy: with all its errors. */
static enum status fill(struct qspan_plan *plan, const struct program *noisy,
                        const struct machine *machine, int n_ranks,
                        const struct qspan_options *options) {
    const uint64_t max_bytes = api_max_bytes(options, n_ranks);
    uint64_t n_replicas;
    TRY(api_choose_engine(&plan->engine, options, noisy, max_bytes));
    TRY(api_choose_replicas(&n_replicas, options, noisy, plan->engine, max_bytes, n_ranks));
    return runtime_plan(&plan->plan, noisy, machine, plan->engine, options->run.precision,
                        n_ranks / (int)n_replicas);
}

static enum status make(struct qspan_plan *plan, const struct qspan_program *program,
                        const struct qspan_machine *machine, int n_ranks,
                        const struct qspan_options *options) {
    const struct machine *own = machine ? machine->machine : NULL;
    struct program noisy;
    if (n_ranks < 1 || n_ranks > MAX_RANKS) {
        return log_error(STATUS_USAGE, "a plan is for 1 to %d ranks, not for %d", MAX_RANKS,
                         n_ranks);
    }
    TRY(api_add_errors(&noisy, program->program, options->noise ? options->noise->model : NULL,
                       own));
    const enum status status = fill(plan, &noisy, own, n_ranks, options);
    op_list_fini(&noisy.ops);
    return status;
}

enum qspan_status qspan_plan_create(struct qspan_plan **out_plan,
                                    const struct qspan_program *program,
                                    const struct qspan_machine *machine, int n_ranks,
                                    const struct qspan_options *options) {
    struct qspan_plan *plan = mem_alloc(1, sizeof *plan);
    const enum status status =
        plan ? make(plan, program, machine, n_ranks, options ? options : &api_default_options)
             : STATUS_NOFIT;
    if (status != STATUS_OK) {
        mem_free(plan);
        return api_status(status);
    }
    *out_plan = plan;
    return QSPAN_OK;
}

const char *qspan_plan_engine(const struct qspan_plan *plan) {
    return plan->engine->name;
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
