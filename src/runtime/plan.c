#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/units.h"
#include "runtime/bulk.h"
#include "runtime/clock.h"
#include "runtime/lower.h"
#include "runtime/runtime.h"

static uint64_t saturating_mul(uint64_t a, uint64_t b) {
    uint64_t product;
    return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

static uint64_t saturating_add(uint64_t a, uint64_t b) {
    uint64_t sum;
    return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

static struct ebit_ledger to_counts(const struct ebit_ledger_mean *link) {
    return (struct ebit_ledger){.qpu_a = link->qpu_a,
                                .qpu_b = link->qpu_b,
                                .requested = (uint64_t)link->requested,
                                .generated = (uint64_t)link->generated,
                                .swapped = (uint64_t)link->swapped,
                                .purified_away = (uint64_t)link->purified_away,
                                .expired = (uint64_t)link->expired,
                                .used = (uint64_t)link->used};
}

/* ---- programs whose control flow depends on data ---- */

static enum status count_ebit(struct run_plan *plan, size_t *cap, uint32_t a, uint32_t b,
                              uint64_t n) {
    const uint32_t low = a < b ? a : b, high = a < b ? b : a;
    size_t i = 0;
    while (i < plan->n_links && (plan->links[i].qpu_a < low ||
                                 (plan->links[i].qpu_a == low && plan->links[i].qpu_b < high))) {
        i++;
    }
    if (i == plan->n_links || plan->links[i].qpu_a != low || plan->links[i].qpu_b != high) {
        TRY(vec_reserve(&plan->links, plan->n_links, cap, 1, sizeof *plan->links));
        memmove(plan->links + i + 1, plan->links + i, (plan->n_links - i) * sizeof *plan->links);
        plan->links[i] = (struct ebit_ledger){.qpu_a = low, .qpu_b = high};
        plan->n_links++;
    }
    struct ebit_ledger *link = &plan->links[i];
    link->used = link->requested = link->generated = saturating_add(link->used, n);
    plan->n_ebits = saturating_add(plan->n_ebits, n);
    return STATUS_OK;
}

/* Every EBIT as if reached: IF bodies taken, WHILE bodies once, REPEAT bodies multiplied. */
static enum status count_ebits(struct run_plan *plan, const struct program *program) {
    const struct op_list *ops = &program->ops;
    uint64_t *outer = NULL, n = 1; /* multipliers of the enclosing REPEATs */
    size_t depth = 0, cap_outer = 0, cap_links = 0;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < ops->n_ops && status == STATUS_OK; i++) {
        const struct op *op = &ops->ops[i];
        const uint32_t *wires = op_qubits(ops, op);
        if (op->kind == OP_REPEAT) {
            status = vec_reserve(&outer, depth, &cap_outer, 1, sizeof *outer);
            if (status == STATUS_OK) {
                outer[depth++] = n;
                n = saturating_mul(n, op->arg);
            }
        } else if (op->kind == OP_END && ops->ops[op->match].kind == OP_REPEAT) {
            n = outer[--depth];
        } else if (op->kind == OP_EBIT) {
            status = count_ebit(plan, &cap_links, program->wire_qpu[wires[0]],
                                program->wire_qpu[wires[1]], n);
        }
    }
    mem_free(outer);
    return status;
}

static enum status fill_data_dependent(struct run_plan *plan, const struct program *program) {
    struct program_check check;
    TRY(program_check(&check, program));
    memcpy(plan->peak_comm, check.peak_comm, program->n_qpus * sizeof *plan->peak_comm);
    plan->n_bits_sent = check.n_bits_sent;
    program_check_fini(&check);
    return count_ebits(plan, program);
}

/* ---- programs that run the same way every time ---- */

static enum status fill_static(struct run_plan *plan, struct run_clock *clock,
                               const struct program *program) {
    TRY(clock_run(clock, NULL, 1));
    plan->timeline = mem_alloc(1, sizeof *plan->timeline);
    plan->links = mem_alloc(clock->n_links, sizeof *plan->links);
    if (plan->timeline == NULL || plan->links == NULL) {
        return STATUS_NOFIT;
    }
    *plan->timeline = clock->last;
    plan->n_ebits = clock->last.n_ebits;
    plan->n_bits_sent = clock->last.n_bits_sent;
    memcpy(plan->peak_comm, timeline_peak_comm(clock->timeline),
           program->n_qpus * sizeof *plan->peak_comm);
    for (; plan->n_links < clock->n_links; plan->n_links++) {
        plan->links[plan->n_links] = to_counts(&clock->links[plan->n_links]);
    }
    return STATUS_OK;
}

static enum status plan_engine(struct engine_figures *out_figures, const struct program *program,
                               const struct engine_class *engine, enum precision precision,
                               int n_ranks) {
    struct lowered lowered = {0};
    if (engine == &engine_frame) {
        *out_figures = (struct engine_figures){0};
        return bulk_plan(&out_figures->peak_bytes, program);
    }
    TRY(lower_program(&lowered, program, engine, false));
    const struct engine_task task = lowered_task(&lowered, program, precision, 0);
    const enum status status = engine->plan(out_figures, &task, n_ranks);
    lowered_fini(&lowered);
    return status;
}

enum status runtime_choose(struct run_choice *out_choice, const struct program *program,
                           uint64_t max_bytes) {
    struct run_choice choice = {.engine = &engine_statevector};
    const char *reason;
    uint64_t n_bytes = 0;
    size_t at;
    if (!bulk_is_possible(program, &at, &reason)) {
        const struct op *op = &program->ops.ops[at];
        const struct src_loc loc = program_loc(program, op);
        snprintf(choice.why, sizeof choice.why, "frames cannot follow %s:%u:%u: %s", loc.file,
                 loc.line, loc.col, reason);
    } else {
        TRY(bulk_plan(&n_bytes, program));
        const bool fits = n_bytes <= max_bytes;
        choice.engine = fits ? &engine_frame : &engine_statevector;
        if (fits) {
            snprintf(choice.why, sizeof choice.why,
                     "Clifford gates, Pauli errors, corrections on parities");
        } else {
            char need[32], room[32];
            snprintf(choice.why, sizeof choice.why, "frames and tableau need %s; %s available",
                     units_print_bytes(need, sizeof need, n_bytes),
                     units_print_bytes(room, sizeof room, max_bytes));
        }
    }
    *out_choice = choice;
    return STATUS_OK;
}

enum status runtime_choose_replicas(uint64_t *out_n, const struct program *program,
                                    const struct engine_class *engine, enum precision precision,
                                    uint64_t max_bytes, int n_ranks, uint64_t n_blocks) {
    struct engine_figures figures = {0};
    uint64_t best = 1;
    for (uint64_t n = 2; n <= (uint64_t)n_ranks && n <= n_blocks && engine != &engine_frame; n++) {
        if ((uint64_t)n_ranks % n == 0) {
            TRY(plan_engine(&figures, program, engine, precision, n_ranks / (int)n));
            best = figures.peak_bytes <= max_bytes ? n : best;
        }
    }
    *out_n = best;
    return STATUS_OK;
}

enum status runtime_plan(struct run_plan *out_plan, const struct program *program,
                         const struct machine *machine, const struct engine_class *engine,
                         enum precision precision, int n_ranks) {
    struct run_plan plan = {0};
    struct run_clock clock = {0};
    enum status status;
    TRY_GOTO(plan_engine(&plan.engine, program, engine, precision, n_ranks), done);
    TRY_GOTO(clock_create(&clock, program, machine, 0), done);
    plan.peak_comm = mem_alloc(program->n_qpus, sizeof *plan.peak_comm);
    if (plan.peak_comm == NULL) {
        status = STATUS_NOFIT;
        goto done;
    }
    TRY_GOTO(engine == &engine_frame ? bulk_count_packets(&plan.packets, program, &clock)
                                     : packets_count(&plan.packets, program),
             done);
    status = program->is_data_dependent ? fill_data_dependent(&plan, program)
                                        : fill_static(&plan, &clock, program);
done:
    clock_fini(&clock);
    if (status != STATUS_OK) {
        run_plan_fini(&plan);
        return status;
    }
    *out_plan = plan;
    return STATUS_OK;
}

void run_plan_fini(struct run_plan *plan) {
    mem_free(plan->timeline);
    mem_free(plan->links);
    mem_free(plan->peak_comm);
    memset(plan, 0, sizeof *plan);
}
