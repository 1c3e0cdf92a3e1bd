#include "engine/statevector/statevector.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/units.h"
#include "engine/statevector/alias.h"
#include "engine/statevector/costs.h"
#include "engine/statevector/expect.h"
#include "engine/statevector/fuse.h"
#include "engine/statevector/gate.h"
#include "engine/statevector/pass.h"
#include "engine/statevector/plan.h"
#include "engine/statevector/sample.h"
#include "engine/statevector/snapshot.h"
#include "engine/statevector/uncompute.h"

struct statevector {
    struct engine base;
    const struct engine_task *task;
    struct layout layout;
    struct store store;
    struct costs costs;    /* measured, if the task is fast */
    double limit;          /* bytes per rank, for all */
    double reserved_bytes; /* planned state and buffers */
    double snapshot_bytes; /* of snapshots alive, on the fullest rank */
};

static struct statevector *self_of(struct engine *engine) {
    CHECK(engine->class == &engine_statevector);
    return (struct statevector *)engine;
}

enum status statevector_plan(struct engine_figures *out_figures, const struct engine_task *task,
                             int n_ranks, const struct layout_tuning *tuning) {
    struct plan_result result;
    TRY(plan_make(&result, task, n_ranks, tuning));
    *out_figures = result.figures;
    return STATUS_OK;
}

static enum status sv_plan(struct engine_figures *out_figures, const struct engine_task *task,
                           int n_ranks) {
    return statevector_plan(out_figures, task, n_ranks, &layout_tuning_default);
}

/* The least share of memory that a rank has, by nodes. */
static double find_limit(const struct engine_task *task, const struct team *team) {
    if (task->max_bytes != 0) {
        return (double)task->max_bytes;
    }
    uint64_t spare = UINT64_MAX - comm_memory_share(team_size(comm_world()));
    comm_max_u64(team, &spare, 1);
    return (double)(UINT64_MAX - spare);
}

static const char *print_bytes(char *buffer, size_t n, double bytes) {
    if (bytes < 9e18) {
        return units_print_bytes(buffer, n, (uint64_t)bytes);
    }
    int exponent = 0;
    frexp(bytes, &exponent);
    snprintf(buffer, n, "%s2^%d bytes", exponent > 900 ? "more than " : "", exponent - 1);
    return buffer;
}

static enum status check_fit(const struct plan_result *plan, double limit) {
    if (plan->peak_bytes <= limit) {
        return STATUS_OK;
    }
    char need[32], have[32];
    return log_error(STATUS_NOFIT,
                     "the state does not fit: %s per rank needed for up to %u entangled qubits, "
                     "%s available",
                     print_bytes(need, sizeof need, plan->peak_bytes),
                     plan->figures.peak_group_qubits, print_bytes(have, sizeof have, limit));
}

static void sv_destroy(struct engine *engine) {
    if (engine == NULL) {
        return;
    }
    struct statevector *self = self_of(engine);
    if (self->store.layout != NULL) {
        store_fini(&self->store);
    }
    layout_fini(&self->layout);
    mem_free(self);
}

/* Rank 0 measures: all ranks must choose alike. */
static void measure_costs(struct costs *out, const struct statevector_kernels *kernels,
                          const struct team *team) {
    if (team_rank(team) == 0) {
        costs_measure(out, kernels);
    }
    comm_bcast(team, out, sizeof *out, 0);
}

enum status statevector_create(struct engine **out_engine, const struct engine_task *task,
                               const struct team *team, const struct layout_tuning *tuning) {
    struct plan_result plan;
    enum cpu_isa isa = CPU_SCALAR;
    int n_ranks = team_size(team);
    TRY(comm_agree(team, cpu_detect_isa(&isa)));
    const struct statevector_kernels *kernels = statevector_kernels_get(isa, task->precision);
    struct layout_tuning own = *tuning;
    struct costs costs = {0};
    if (task->is_fast) {
        measure_costs(&costs, kernels, team);
        own.costs = &costs;
    }
    TRY(comm_agree(team, plan_make(&plan, task, n_ranks, &own)));
    own.chunk_bits = plan.chunk_bits;
    const double limit = find_limit(task, team);
    TRY(check_fit(&plan, limit));

    struct statevector *self = mem_alloc(1, sizeof *self);
    enum status status = self == NULL ? STATUS_NOFIT : STATUS_OK;
    if (self != NULL) {
        self->base.class = &engine_statevector;
        self->task = task;
        self->limit = limit;
        self->reserved_bytes = plan.peak_bytes;
        self->costs = costs;
        own.costs = task->is_fast ? &self->costs : tuning->costs;
        status = layout_init(&self->layout, task, n_ranks, &own);
    }
    TRY_GOTO(comm_agree(team, status), failed);
    TRY_GOTO(store_init(&self->store, &self->layout, team, kernels, (size_t)plan.pool_bytes),
             failed);
    *out_engine = &self->base;
    return STATUS_OK;
failed:
    sv_destroy(self == NULL ? NULL : &self->base);
    return status;
}

static enum status sv_create(struct engine **out_engine, const struct engine_task *task,
                             const struct team *team) {
    return statevector_create(out_engine, task, team, &layout_tuning_default);
}

static enum status sv_begin(struct engine *engine) {
    layout_reset(&self_of(engine)->layout);
    return STATUS_OK;
}

/* What no jump does: sqrt(1 - u) |0><0| + sqrt(1 - d) |1><1|. */
static enum status damp(struct layout *layout, const struct op *op, const double *params,
                        const uint32_t *wires) {
    CHECK(op->which == NOISE_RELAX);
    const double a = sqrt(1 - params[1]), b = sqrt(1 - params[0]);
    for (uint32_t j = 0; a != b && j < op->n_qubits; j++) {
        TRY(apply_damping(layout, wires[j], a, b));
    }
    return STATUS_OK;
}

static void set_basis(struct layout *layout, uint32_t wire, bool bit) {
    const bool is_fresh = layout->wires[wire].is_fresh && !bit;
    CHECK(layout_is_alone(layout, wire));
    layout->wires[wire] =
        (struct layout_wire){.group = LAYOUT_ALONE, .is_basis = true, .is_fresh = is_fresh};
    layout->wires[wire].amp[bit ? 2 : 0] = 1;
}

/* b becomes a copy of q, or of the opposite of the wire that q is a name of. */
static enum status copy_wire(struct layout *layout, uint32_t q, uint32_t b) {
    TRY(layout_copy(layout, alias_root(layout, q), b));
    return layout->wires[q].is_inverted ? apply_gate(layout, NULL, GATE_X, NULL, &b) : STATUS_OK;
}

static enum status run_copy(struct statevector *self, const uint32_t *qubits, uint32_t copy) {
    struct layout *layout = &self->layout;
    TRY(uncompute_flush_for(layout, alias_root(layout, qubits[0]), false));
    TRY(uncompute_flush_for(layout, copy, true));
    return copy_wire(layout, qubits[0], copy);
}

static enum status run_clear(struct statevector *self, const uint32_t *qubits) {
    for (unsigned k = 0; k < 2; k++) {
        TRY(uncompute_flush_for(&self->layout, qubits[k], true));
        set_basis(&self->layout, qubits[k], false);
    }
    return STATUS_OK;
}

static enum status run_apply(struct statevector *self, const struct op *op) {
    const uint32_t *qubits = op_qubits(self->task->ops, op);
    const double *params = op_params(self->task->ops, op);
    if (op->kind == OP_GATE) {
        return uncompute_gate(&self->layout, NULL, (enum gate_id)op->which, params, qubits);
    }
    for (uint32_t j = 0; j < op->n_qubits; j++) {
        TRY(uncompute_flush_for(&self->layout, alias_root(&self->layout, qubits[j]), true));
    }
    if (op->kind == OP_EBIT) {
        return layout_pair(&self->layout, qubits[0], qubits[1]);
    }
    CHECK(op->kind == OP_NOISE);
    return damp(&self->layout, op, params, qubits);
}

static enum status run_op(struct statevector *self, size_t i) {
    const struct op *op = &self->task->ops->ops[i];
    const uint32_t *qubits = op_qubits(self->task->ops, op);
    switch ((enum engine_mode)self->task->modes[i]) {
    case ENGINE_SKIP:
    case ENGINE_MEASURE:
        return STATUS_OK;
    case ENGINE_CLEAR:
        return run_clear(self, qubits);
    case ENGINE_COPY:
        return run_copy(self, qubits, self->task->copy_wires[i]);
    case ENGINE_ALIAS:
        alias_begin(&self->layout, qubits[0], self->task->copy_wires[i]);
        return STATUS_OK;
    case ENGINE_PART:
        alias_end(&self->layout, qubits[0]);
        return STATUS_OK;
    case ENGINE_MOVE:
        TRY(uncompute_flush(&self->layout, NULL));
        return alias_move(&self->layout, qubits[0], self->task->copy_wires[i]);
    case ENGINE_APPLY:
        break;
    }
    return run_apply(self, op);
}

static enum status sv_run(struct engine *engine, size_t first, size_t last) {
    struct statevector *self = self_of(engine);
    for (size_t i = first; i < last; i++) {
        self->layout.next_op = i;
        TRY(run_op(self, i));
    }
    self->layout.next_op = last;
    TRY(uncompute_flush(&self->layout, NULL));
    return layout_settle_all(&self->layout);
}

static enum status sv_apply_pauli(struct engine *engine, uint32_t wire, bool x, bool z) {
    struct layout *layout = &self_of(engine)->layout;
    if (z) {
        TRY(apply_gate(layout, NULL, GATE_Z, NULL, &wire));
    }
    if (x && !alias_flip(layout, wire)) {
        TRY(apply_gate(layout, NULL, GATE_X, NULL, &wire));
    }
    return layout_settle_all(layout);
}

static enum status sv_probability(struct engine *engine, double *out_p_one, uint32_t wire) {
    return measure_probability(&self_of(engine)->store, out_p_one, wire);
}

static enum status sv_project(struct engine *engine, uint32_t wire, bool bit, double p) {
    struct layout *layout = &self_of(engine)->layout;
    CHECK(p > 0);
    if (!layout_is_alone(layout, wire)) {
        return layout_leave(layout, wire, bit, 1 / sqrt(p));
    }
    set_basis(layout, wire, bit);
    return STATUS_OK;
}

static enum status sv_reset(struct engine *engine, uint32_t wire, bool bit, double p) {
    struct layout *layout = &self_of(engine)->layout;
    if (layout_is_alone(layout, wire)) {
        return sv_project(engine, wire, false, p);
    }
    TRY(apply_projector(layout, wire, bit, 1 / sqrt(p)));
    if (bit) {
        TRY(apply_gate(layout, NULL, GATE_X, NULL, &wire));
    }
    return layout_settle_all(layout);
}

static enum status sv_normalize(struct engine *engine) {
    return measure_normalize(&self_of(engine)->store);
}

static enum status sv_clear(struct engine *engine, uint32_t wire) {
    CHECK(layout_is_alone(&self_of(engine)->layout, wire));
    return sv_project(engine, wire, false, 1);
}

static enum status sv_snapshot(struct engine *engine, void **out_snapshot) {
    struct statevector *self = self_of(engine);
    double need = self->reserved_bytes + self->snapshot_bytes + snapshot_bytes(&self->layout);
    if (need > self->limit) {
        return STATUS_NOFIT;
    }
    struct snapshot *snapshot = NULL;
    TRY(snapshot_take(&snapshot, &self->store));
    self->snapshot_bytes += snapshot_size(snapshot);
    *out_snapshot = snapshot;
    return STATUS_OK;
}

static enum status sv_restore(struct engine *engine, const void *snapshot) {
    return snapshot_restore(&self_of(engine)->store, snapshot);
}

static void sv_drop(struct engine *engine, void *snapshot) {
    if (snapshot != NULL) {
        self_of(engine)->snapshot_bytes -= snapshot_size(snapshot);
        snapshot_destroy(snapshot);
    }
}

static enum status sv_sample(struct engine *engine, uint64_t *inout, const uint32_t *wires,
                             size_t n_wires, size_t n_shots,
                             double (*u)(void *ctx, size_t i, size_t shot), void *ctx) {
    return sample_draw(&self_of(engine)->store, inout, wires, n_wires, n_shots, u, ctx);
}

static enum status sv_distribution(struct engine *engine, struct engine_distribution *out,
                                   const uint32_t *wires, size_t n_wires) {
    return sample_distribution(&self_of(engine)->store, out, wires, n_wires);
}

static enum status sv_expect(struct engine *engine, double *out_value, const uint32_t *wires,
                             const uint8_t *letters, size_t n) {
    const size_t first[2] = {0, n};
    const struct engine_paulis paulis = {1, first, wires, letters};
    return expect_paulis(&self_of(engine)->store, out_value, &paulis);
}

static enum status sv_expect_many(struct engine *engine, double *out_values,
                                  const struct engine_paulis *paulis) {
    return expect_paulis(&self_of(engine)->store, out_values, paulis);
}

static enum status sv_read(struct engine *engine, double *out, const uint32_t *wires, size_t n,
                           unsigned piece_bits, uint64_t piece, uint64_t flip) {
    return expect_read(&self_of(engine)->store, out, wires, n, piece_bits, piece, flip);
}

static enum status sv_amplitudes(struct engine *engine, double *out, const uint32_t *wires,
                                 size_t n) {
    return expect_amplitudes(&self_of(engine)->store, out, wires, n);
}

static void sv_usage(const struct engine *engine, uint32_t *out_peak_group_qubits,
                     uint64_t *out_bytes) {
    CHECK(engine->class == &engine_statevector);
    const struct statevector *self = (const struct statevector *)engine;
    uint32_t peak = self->layout.peak_group_qubits;
    *out_peak_group_qubits = peak > 0 ? peak : self->task->n_wires > 0;
    *out_bytes = self->store.n_memory_bytes;
}

const struct statevector_kernels *statevector_kernels_of(const struct engine *engine) {
    CHECK(engine->class == &engine_statevector);
    return ((const struct statevector *)engine)->store.kernels;
}

struct pass_work statevector_work(const struct engine *engine) {
    CHECK(engine->class == &engine_statevector);
    return pass_get_work(((const struct statevector *)engine)->store.pass);
}

void statevector_set_rates(struct engine *engine, const struct pass_rates *rates) {
    CHECK(engine->class == &engine_statevector);
    pass_set_rates(((struct statevector *)engine)->store.pass, rates);
}

struct statevector_traffic statevector_get_traffic(const struct engine *engine) {
    CHECK(engine->class == &engine_statevector);
    const struct statevector *self = (const struct statevector *)engine;
    return (struct statevector_traffic){self->layout.exchanged_bytes, self->store.sent_bytes,
                                        self->store.exchange_s, self->layout.n_exchanges};
}

double statevector_read_amps(const struct engine *engine) {
    CHECK(engine->class == &engine_statevector);
    return ((const struct statevector *)engine)->store.n_read_amps;
}

const struct engine_class engine_statevector = {
    .name = "statevector",
    .plan = sv_plan,
    .create = sv_create,
    .destroy = sv_destroy,
    .begin = sv_begin,
    .run = sv_run,
    .apply_pauli = sv_apply_pauli,
    .probability = sv_probability,
    .project = sv_project,
    .reset = sv_reset,
    .normalize = sv_normalize,
    .clear = sv_clear,
    .snapshot = sv_snapshot,
    .restore = sv_restore,
    .drop = sv_drop,
    .sample = sv_sample,
    .distribution = sv_distribution,
    .expect = sv_expect,
    .expect_many = sv_expect_many,
    .read = sv_read,
    .amplitudes = sv_amplitudes,
    .usage = sv_usage,
};
