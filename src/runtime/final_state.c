#include "runtime/final_state.h"

#include <math.h>
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "base/mem.h"
#include "runtime/lower.h"

#define STABILISER_TOLERANCE 1e-9 /* of |<P>| = 1 */

/* ---- qubits ---- */

static enum status find_data_wires(struct final_qubits *qubits, const struct program *program) {
    for (size_t q = 0; q < program->n_qpus; q++) {
        for (size_t i = 0; i < program->qpus[q].n_data; i++) {
            char buffer[256];
            const uint32_t wire = program->qpus[q].data[i];
            const char *name = program_wire_name(program, wire, buffer, sizeof buffer);
            qubits->names[qubits->n] = arena_strdup(&qubits->arena, name);
            if (qubits->names[qubits->n] == NULL) {
                return STATUS_NOFIT;
            }
            qubits->wires[qubits->n++] = wire;
        }
    }
    return STATUS_OK;
}

enum status final_qubits_find(struct final_qubits *out_qubits, const struct program *program) {
    struct final_qubits qubits = {0};
    const size_t most = program->n_out > 0 ? program->n_out : program->n_wires;
    enum status status = STATUS_OK;
    qubits.wires = mem_alloc(most, sizeof *qubits.wires);
    qubits.names = mem_alloc(most, sizeof *qubits.names);
    if (qubits.wires == NULL || qubits.names == NULL) {
        status = STATUS_NOFIT;
    } else if (program->n_out > 0) {
        for (; qubits.n < program->n_out; qubits.n++) {
            qubits.wires[qubits.n] = program->out[qubits.n].wire;
            qubits.names[qubits.n] = program->out[qubits.n].qubit;
        }
    } else {
        status = find_data_wires(&qubits, program);
    }
    if (status != STATUS_OK) {
        final_qubits_fini(&qubits);
        return status;
    }
    *out_qubits = qubits;
    return STATUS_OK;
}

void final_qubits_fini(struct final_qubits *qubits) {
    mem_free(qubits->wires);
    mem_free(qubits->names);
    arena_fini(&qubits->arena);
    memset(qubits, 0, sizeof *qubits);
}

/* ---- the one pure state ---- */

struct walk {
    const struct final_state *state;
    struct engine *engine;
};

/* The Pauli that a column puts on the qubits: letters 1 X, 2 Y, 3 Z; returns how many. */
static size_t collect_pauli(const struct final_qubits *qubits, const struct rows *rows,
                            size_t column, uint32_t *out_wires, uint8_t *out_letters) {
    size_t n = 0;
    for (size_t i = 0; i < qubits->n; i++) {
        const uint32_t wire = qubits->wires[i];
        const bool x = bits_get(rows_x(rows, wire), column);
        const bool z = bits_get(rows_z(rows, wire), column);
        if (x || z) {
            out_wires[n] = wire;
            out_letters[n++] = x ? 1 + z : 3;
        }
    }
    return n;
}

/* A coin may leave a Pauli behind only if it is a stabilizer of the state. */
static enum status check_coins(const struct walk *walk, const struct rows *rows, uint32_t *wires,
                               uint8_t *letters) {
    const struct final_qubits *qubits = walk->state->qubits;
    for (size_t column = 1; column < 64 * rows->stride; column++) {
        const size_t n = collect_pauli(qubits, rows, column, wires, letters);
        double value = 1;
        if (n > 0) {
            TRY(walk->engine->class->expect(walk->engine, &value, wires, letters, n));
        }
        if (fabs(value) < 1 - STABILISER_TOLERANCE) {
            size_t i = 0;
            while (qubits->wires[i] != wires[0]) {
                i++;
            }
            return log_error(STATUS_INPUT,
                             "the qubits do not end in one pure state: that of %s depends on the "
                             "outcome of a measurement",
                             qubits->names[i]);
        }
    }
    return STATUS_OK;
}

static enum status take_state(void *ctx, const struct walker_leaf *leaf) {
    const struct walk *walk = ctx;
    const struct final_state *state = walk->state;
    uint32_t *wires = mem_alloc(state->qubits->n, sizeof *wires);
    uint8_t *letters = mem_alloc(state->qubits->n, sizeof *letters);
    enum status status =
        comm_agree(state->team, wires == NULL || letters == NULL ? STATUS_NOFIT : STATUS_OK);
    if (status == STATUS_OK) {
        status = check_coins(walk, leaf->rows, wires, letters);
    }
    if (status == STATUS_OK) {
        const size_t n = collect_pauli(state->qubits, leaf->rows, 0, wires, letters);
        for (size_t i = 0; i < n && status == STATUS_OK; i++) {
            status = walk->engine->class->apply_pauli(walk->engine, wires[i], letters[i] != 3,
                                                      letters[i] != 1);
        }
    }
    if (status == STATUS_OK) {
        status = state->visit(state->visit_ctx, walk->engine, state->qubits);
    }
    mem_free(wires);
    mem_free(letters);
    return status;
}

static enum status ideal_pairs(void *ctx, double *out_weights, const uint32_t *wires, uint64_t site,
                               uint64_t block) {
    (void)ctx, (void)wires, (void)site, (void)block;
    memcpy(out_weights, (const double[4]){1, 0, 0, 0}, 4 * sizeof *out_weights);
    return STATUS_OK;
}

static enum status run_walk(struct walk *walk, const struct lowered *lowered) {
    const struct final_state *state = walk->state;
    const struct engine_task task =
        lowered_task(lowered, state->program, state->precision, state->max_bytes);
    struct walker *walker = NULL;
    TRY(state->engine->create(&walk->engine, &task, state->team));
    const bool is_ideal = state->pair_weights == NULL;
    const struct walker_options options = {
        .block_shots = 1,
        .max_branches = 1,
        .is_exact = true,
        .is_pure = true,
        .is_ideal = is_ideal,
        .pair_weights = is_ideal ? ideal_pairs : state->pair_weights,
        .pair_ctx = state->pair_ctx,
        .leaf = take_state,
        .leaf_ctx = walk,
    };
    enum status status = walker_create(&walker, state->program, lowered, walk->engine, &options);
    if (status == STATUS_OK) {
        status = walker_enumerate(walker);
    }
    walker_destroy(walker);
    walk->engine->class->destroy(walk->engine);
    return comm_agree(state->team, status);
}

enum status final_state_visit(const struct final_state *state) {
    struct lowered lowered = {0};
    struct walk walk = {.state = state};
    TRY(comm_agree(state->team, lower_program(&lowered, state->program, state->engine, true)));
    if (state->pair_weights == NULL) {
        lowered_drop_noise(&lowered);
    }
    const enum status status = run_walk(&walk, &lowered);
    lowered_fini(&lowered);
    return status;
}
