#include "runtime/final_state.h"

#include <math.h>
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "base/mem.h"
#include "runtime/held.h"
#include "runtime/lower.h"

#define STABILISER_TOLERANCE 1e-9 /* of |<P>| = 1 */

/* ---- qubits ---- */

static enum status find_data_wires(struct final_qubits *qubits, const struct program *program) {
    for (size_t q = 0; q < program->n_qpus; q++) {
        for (size_t i = 0; i < program->qpus[q].n_data; i++) {
            const uint32_t wire = program->qpus[q].data[i];
            struct text name = {0};
            program_add_wire_name(&name, program, wire);
            qubits->names[qubits->n] = name.failed ? NULL : arena_strdup(&qubits->arena, name.data);
            text_fini(&name);
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

/* Puts the Pauli that all outcomes have in common on the state. */
static enum status apply_constant(const struct walk *walk, const struct rows *rows, uint32_t *wires,
                                  uint8_t *letters) {
    const size_t n = collect_pauli(walk->state->qubits, rows, 0, wires, letters);
    for (size_t i = 0; i < n; i++) {
        TRY(walk->engine->class->apply_pauli(walk->engine, wires[i], letters[i] != 3,
                                             letters[i] != 1));
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
        status = apply_constant(walk, leaf->rows, wires, letters);
    }
    if (status == STATUS_OK) {
        status = state->visit(state->visit_ctx, walk->engine, state->qubits);
    }
    if (status == STATUS_OK && state->out_held != NULL) {
        status = apply_constant(walk, leaf->rows, wires, letters); /* taken back */
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

/* The engine borrows the task. */
static enum status create_engine(struct walk *walk, const struct engine_task *task) {
    const struct final_state *state = walk->state;
    struct engine *engine;
    TRY(comm_agree(state->team, state->engine->create(&engine, task, state->team)));
    if (state->out_held == NULL) {
        walk->engine = engine;
        return STATUS_OK;
    }
    const enum status status = comm_agree(state->team, held_create(&walk->engine, engine));
    if (status != STATUS_OK) {
        engine->class->destroy(engine);
    }
    return status;
}

static enum status run_walk(struct walk *walk, const struct lowered *lowered,
                            const struct engine_task *task) {
    const struct final_state *state = walk->state;
    struct walker *walker = NULL;
    TRY(create_engine(walk, task));
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
        .halt = state->halt,
        .team = state->team,
    };
    enum status status = walker_create(&walker, state->program, lowered, walk->engine, &options);
    if (status == STATUS_OK) {
        status = walker_enumerate(walker);
    }
    walker_destroy(walker);
    status = comm_agree(state->team, status);
    if (status != STATUS_OK || state->out_held == NULL) {
        walk->engine->class->destroy(walk->engine);
        return status;
    }
    held_keep(walk->engine);
    *state->out_held = walk->engine;
    return STATUS_OK;
}

enum status final_state_visit(const struct final_state *state) {
    struct lowered lowered = {0};
    struct walk walk = {.state = state};
    if (state->lowered != NULL) {
        return run_walk(&walk, state->lowered, state->task);
    }
    TRY(comm_agree(state->team, lower_program(&lowered, state->program, state->engine, true)));
    if (state->pair_weights == NULL) {
        lowered_drop_noise(&lowered);
    }
    struct engine_task task =
        lowered_task(&lowered, state->program, state->precision, state->max_bytes);
    task.halt = state->halt;
    const enum status status = run_walk(&walk, &lowered, &task);
    lowered_fini(&lowered);
    return status;
}
