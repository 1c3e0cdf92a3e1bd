#include "circuit/qasm2_library.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

/* A definition being expanded: its next call, and where its arguments lie in the scratch. */
struct qasm2_frame {
    uint32_t definition;
    size_t next_call, qubit0, param0;
};

void qasm2_library_fini(struct qasm2_library *library) {
    names_fini(&library->names);
    mem_free(library->symbols);
    mem_free(library->definitions);
    mem_free(library->calls);
    mem_free(library->formals);
    mem_free(library->codes);
    angle_pool_fini(&library->angles);
    mem_free(library->frames);
    mem_free(library->qubits);
    mem_free(library->params);
    mem_free(library->stack);
    *library = (struct qasm2_library){0};
}

struct qasm2_symbol *qasm2_library_find(const struct qasm2_library *library, const char *name,
                                        size_t n) {
    uint32_t index;
    return names_find(&library->names, &index, name, n) ? &library->symbols[index] : NULL;
}

enum status qasm2_library_put(struct qasm2_library *library, struct qasm2_symbol symbol) {
    struct qasm2_symbol *old = qasm2_library_find(library, symbol.name, strlen(symbol.name));

    if (old != NULL) {
        symbol.name = old->name;
        *old = symbol;
        return STATUS_OK;
    }
    TRY(vec_reserve(&library->symbols, library->n_symbols, &library->cap_symbols, 1,
                    sizeof *library->symbols));
    TRY(names_add(&library->names, symbol.name, strlen(symbol.name),
                  u32_from_size(library->n_symbols)));
    library->symbols[library->n_symbols++] = symbol;
    return STATUS_OK;
}

static const struct qasm2_symbol *find_gate(const struct qasm2_library *library,
                                            const struct gate_info *info) {
    return qasm2_library_find(library, info->name, strlen(info->name));
}

const struct qasm2_symbol *qasm2_library_find_clash(const struct qasm2_library *library) {
    for (enum gate_id gate = 0; gate < GATE_COUNT; gate++) {
        const struct gate_info *info = gate_get(gate);
        const struct qasm2_symbol *old = find_gate(library, info);
        if (info->in_qelib1 && old != NULL && old->kind != QASM2_TABLE) {
            return old;
        }
    }
    return NULL;
}

enum status qasm2_library_include_qelib1(struct qasm2_library *library) {
    for (enum gate_id gate = 0; gate < GATE_COUNT; gate++) {
        const struct gate_info *info = gate_get(gate);
        if (info->in_qelib1 && find_gate(library, info) == NULL) {
            TRY(qasm2_library_put(library, (struct qasm2_symbol){.kind = QASM2_TABLE,
                                                                 .index = gate,
                                                                 .n_params = info->n_params,
                                                                 .n_qubits = info->n_qubits,
                                                                 .name = info->name}));
        }
    }
    return STATUS_OK;
}

static uint64_t saturating_add(uint64_t a, uint64_t b) {
    uint64_t sum;
    return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

static uint64_t saturating_mul(uint64_t a, uint64_t b) {
    uint64_t product;
    return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

struct qasm2_cost qasm2_cost_add(struct qasm2_cost a, struct qasm2_cost b) {
    return (struct qasm2_cost){.n_ops = saturating_add(a.n_ops, b.n_ops),
                               .n_qubits = saturating_add(a.n_qubits, b.n_qubits),
                               .n_params = saturating_add(a.n_params, b.n_params),
                               .n_steps = saturating_add(a.n_steps, b.n_steps)};
}

struct qasm2_cost qasm2_cost_times(struct qasm2_cost a, uint64_t n) {
    return (struct qasm2_cost){.n_ops = saturating_mul(a.n_ops, n),
                               .n_qubits = saturating_mul(a.n_qubits, n),
                               .n_params = saturating_mul(a.n_params, n),
                               .n_steps = saturating_mul(a.n_steps, n)};
}

struct qasm2_cost qasm2_library_cost(const struct qasm2_library *library,
                                     const struct qasm2_symbol *symbol) {
    struct qasm2_cost cost = {.n_ops = 1,
                              .n_qubits = symbol->n_qubits,
                              .n_params = symbol->n_params,
                              .n_steps = 1 + symbol->n_qubits + symbol->n_params};

    CHECK(symbol->kind != QASM2_OPAQUE);
    if (symbol->kind == QASM2_DEFINED) {
        uint64_t n_steps = cost.n_steps;
        cost = library->definitions[symbol->index].cost;
        cost.n_steps = saturating_add(cost.n_steps, n_steps);
    }
    return cost;
}

enum status qasm2_library_add_call(struct qasm2_library *library, const struct qasm2_symbol *symbol,
                                   size_t n_qubits, size_t n_params) {
    static const enum qasm2_call_kind kinds[] = {
        [QASM2_TABLE] = QASM2_CALL_GATE, [QASM2_DEFINED] = QASM2_CALL_DEFINED};
    struct qasm2_definition *definition = &library->definitions[library->n_definitions - 1];
    struct qasm2_cost cost = {.n_ops = 1, .n_qubits = n_qubits, .n_steps = 1 + n_qubits};
    struct qasm2_call call = {.kind = QASM2_CALL_BARRIER,
                              .formal0 = library->n_formals - n_qubits,
                              .n_qubits = n_qubits,
                              .code0 = library->n_codes - n_params,
                              .n_params = n_params};

    if (symbol != NULL) {
        cost = qasm2_library_cost(library, symbol);
        call.kind = kinds[symbol->kind];
        call.index = symbol->index;
    }
    if (cost.n_ops == 0) {
        return STATUS_OK;
    }
    for (size_t i = 0; i < n_params; i++) {
        cost.n_steps = saturating_add(cost.n_steps, library->codes[call.code0 + i].n);
    }
    TRY(vec_reserve(&library->calls, library->n_calls, &library->cap_calls, 1,
                    sizeof *library->calls));
    library->calls[library->n_calls++] = call;
    definition->n_calls++;
    definition->cost = qasm2_cost_add(definition->cost, cost);
    return STATUS_OK;
}

static enum status push_frame(struct qasm2_library *library, uint32_t definition) {
    const struct qasm2_definition *def = &library->definitions[definition];

    TRY(vec_reserve(&library->frames, library->n_frames, &library->cap_frames, 1,
                    sizeof *library->frames));
    library->frames[library->n_frames++] =
        (struct qasm2_frame){.definition = definition,
                             .next_call = def->call0,
                             .qubit0 = library->n_qubits - def->n_qubits,
                             .param0 = library->n_params - def->n_params};
    return STATUS_OK;
}

static enum status push_args(struct qasm2_library *library, size_t n_qubits, size_t n_params) {
    TRY(vec_reserve(&library->qubits, library->n_qubits, &library->cap_qubits, n_qubits,
                    sizeof *library->qubits));
    TRY(vec_reserve(&library->params, library->n_params, &library->cap_params, n_params,
                    sizeof *library->params));
    library->n_qubits += n_qubits;
    library->n_params += n_params;
    return STATUS_OK;
}

static enum status refuse_angle(const struct qasm2_definition *def, const struct angle_op *op,
                                const char *why, struct src_loc loc, bool quiet) {
    struct src_loc place = {.file = def->loc.file, .line = op->line, .col = op->col};

    if (quiet) {
        return STATUS_INPUT;
    }
    return log_error_at(STATUS_INPUT, place, "%s, in gate '%.48s' as called from %s:%u:%u", why,
                        def->name, loc.file, loc.line, loc.col);
}

/* Puts the arguments of a call of the top frame on the scratch. */
static enum status bind_call(struct qasm2_library *library, const struct qasm2_call *call,
                             struct src_loc loc, bool quiet) {
    const struct qasm2_frame *frame = &library->frames[library->n_frames - 1];
    size_t qubit0 = library->n_qubits, param0 = library->n_params;

    TRY(push_args(library, call->n_qubits, call->n_params));
    for (size_t i = 0; i < call->n_qubits; i++) {
        library->qubits[qubit0 + i] =
            library->qubits[frame->qubit0 + library->formals[call->formal0 + i]];
    }
    for (size_t i = 0; i < call->n_params; i++) {
        struct angle_code code = library->codes[call->code0 + i];
        const char *why;
        TRY(vec_reserve(&library->stack, 0, &library->cap_stack, code.depth,
                        sizeof *library->stack));
        const struct angle_op *fault =
            angle_eval(&library->params[param0 + i], &why, library->stack, &library->angles, code,
                       library->params + frame->param0);
        if (fault != NULL) {
            return refuse_angle(&library->definitions[frame->definition], fault, why, loc, quiet);
        }
    }
    return STATUS_OK;
}

enum status qasm2_check_angles(enum gate_id gate, const double *params, struct src_loc loc,
                               bool quiet) {
    const struct gate_info *info = gate_get(gate);

    for (unsigned i = 0; i < info->n_params; i++) {
        if (!(fabs(params[i]) < GATE_MAX_ANGLE)) {
            return quiet ? STATUS_INPUT
                         : log_error_at(STATUS_INPUT, loc,
                                        "angle %.6g of gate '%s'; expected less than %.10g",
                                        params[i], info->name, GATE_MAX_ANGLE);
        }
    }
    return STATUS_OK;
}

static enum status run_call(struct qasm2_library *library, struct op_list *list,
                            const struct qasm2_call *call, struct src_loc loc, uint32_t file,
                            bool quiet) {
    const uint32_t *qubits = library->qubits + library->n_qubits - call->n_qubits;
    const double *params =
        call->n_params == 0 ? NULL : library->params + library->n_params - call->n_params;

    switch (call->kind) {
    case QASM2_CALL_DEFINED:
        return push_frame(library, call->index);
    case QASM2_CALL_GATE:
        TRY(qasm2_check_angles((enum gate_id)call->index, params, loc, quiet));
        TRY(op_list_add_gate(list, (enum gate_id)call->index, qubits, params, loc));
        break;
    case QASM2_CALL_BARRIER:
        TRY(op_list_add(list, NULL, OP_BARRIER, qubits, call->n_qubits, NULL, 0, loc));
        break;
    }
    list->ops[list->n_ops - 1].file = file;
    library->n_qubits -= call->n_qubits;
    library->n_params -= call->n_params;
    return STATUS_OK;
}

enum status qasm2_library_expand(struct qasm2_library *library, struct op_list *list,
                                 uint32_t definition, const double *params, const uint32_t *qubits,
                                 struct src_loc loc, uint32_t file, bool quiet) {
    const struct qasm2_definition *def = &library->definitions[definition];

    library->n_frames = library->n_qubits = library->n_params = 0;
    TRY(push_args(library, def->n_qubits, def->n_params));
    memcpy(library->qubits, qubits, def->n_qubits * sizeof *qubits);
    if (def->n_params > 0) {
        memcpy(library->params, params, def->n_params * sizeof *params);
    }
    TRY(push_frame(library, definition));
    while (library->n_frames > 0) {
        struct qasm2_frame *frame = &library->frames[library->n_frames - 1];
        def = &library->definitions[frame->definition];
        if (frame->next_call == def->call0 + def->n_calls) {
            library->n_qubits = frame->qubit0;
            library->n_params = frame->param0;
            library->n_frames--;
            continue;
        }
        const struct qasm2_call *call = &library->calls[frame->next_call++];
        TRY(bind_call(library, call, loc, quiet));
        TRY(run_call(library, list, call, loc, file, quiet));
    }
    return STATUS_OK;
}

enum { EQUALS_MAX_DIM = 1 << GATE_MAX_QUBITS, EQUALS_MAX_STEPS = 1 << 14 };

/* Column vectors of `matrix` (n qubits) times the gate on its qubits, in place. */
static void apply_gate(double *matrix, size_t n_qubits, const struct op *op, const uint32_t *qubits,
                       const double *gate) {
    size_t dim = (size_t)1 << n_qubits, gate_dim = (size_t)1 << op->n_qubits;
    size_t offset[EQUALS_MAX_DIM] = {0}, mask = 0;

    for (size_t i = 0; i < gate_dim; i++) {
        for (size_t k = 0; k < op->n_qubits; k++) {
            offset[i] |= (i >> k & 1) << qubits[k];
        }
        mask |= offset[i];
    }
    for (size_t at = 0; at < dim * dim; at++) {
        double in[2 * EQUALS_MAX_DIM];
        size_t row = at / dim, col = at % dim;
        if ((row & mask) != 0) {
            continue;
        }
        for (size_t i = 0; i < gate_dim; i++) {
            memcpy(in + 2 * i, matrix + 2 * ((row | offset[i]) * dim + col), 2 * sizeof *in);
        }
        for (size_t i = 0; i < gate_dim; i++) {
            double *out = matrix + 2 * ((row | offset[i]) * dim + col);
            out[0] = out[1] = 0;
            for (size_t j = 0; j < gate_dim; j++) {
                const double *g = gate + 2 * (i * gate_dim + j);
                out[0] += g[0] * in[2 * j] - g[1] * in[2 * j + 1];
                out[1] += g[0] * in[2 * j + 1] + g[1] * in[2 * j];
            }
        }
    }
}

static void unitary_of(double *out_matrix, size_t n_qubits, const struct op_list *list) {
    size_t dim = (size_t)1 << n_qubits;

    memset(out_matrix, 0, 2 * dim * dim * sizeof *out_matrix);
    for (size_t i = 0; i < dim; i++) {
        out_matrix[2 * (i * dim + i)] = 1;
    }
    for (size_t i = 0; i < list->n_ops; i++) {
        double gate[GATE_MAX_MATRIX];
        const struct op *op = &list->ops[i];
        if (op->kind == OP_GATE) {
            gate_unitary(gate, (enum gate_id)op->which, op_params(list, op));
            apply_gate(out_matrix, n_qubits, op, op_qubits(list, op), gate);
        }
    }
}

/* a = phase x b to 1e-10 in each element; both unitary. */
static bool equal_up_to_phase(const double *a, const double *b, size_t n_elements) {
    size_t largest = 0;
    double size = 0, re, im;

    for (size_t i = 0; i < n_elements; i++) {
        double here = hypot(b[2 * i], b[2 * i + 1]);
        if (here > size) {
            size = here;
            largest = i;
        }
    }
    a += 2 * largest;
    b += 2 * largest;
    re = (a[0] * b[0] + a[1] * b[1]) / (size * size);
    im = (a[1] * b[0] - a[0] * b[1]) / (size * size);
    a -= 2 * largest;
    b -= 2 * largest;
    for (size_t i = 0; i < n_elements; i++) {
        double d_re = a[2 * i] - (re * b[2 * i] - im * b[2 * i + 1]);
        double d_im = a[2 * i + 1] - (re * b[2 * i + 1] + im * b[2 * i]);
        if (!(hypot(d_re, d_im) <= 1e-10)) {
            return false;
        }
    }
    return true;
}

enum status qasm2_library_equals(struct qasm2_library *library, bool *out_equal,
                                 uint32_t definition, enum gate_id gate) {
    /* of both signs, within and beyond a period, without a rational relation */
    static const double samples[][GATE_MAX_PARAMS] = {{0.7312, -1.9173, 2.6491, 0.3177},
                                                      {-2.2391, 0.5813, -0.9467, -1.4142},
                                                      {9.1733, -7.7291, 11.3019, 8.6637}};
    static const uint32_t qubits[GATE_MAX_QUBITS] = {0, 1, 2, 3, 4};
    const struct qasm2_definition *def = &library->definitions[definition];
    const struct gate_info *info = gate_get(gate);
    size_t n_elements = (size_t)1 << (2 * info->n_qubits);
    double got[GATE_MAX_MATRIX], want[GATE_MAX_MATRIX];
    enum status status = STATUS_OK;

    *out_equal = def->n_qubits == info->n_qubits && def->n_params == info->n_params &&
                 def->cost.n_steps <= EQUALS_MAX_STEPS;
    for (size_t i = 0; *out_equal && i < sizeof samples / sizeof samples[0]; i++) {
        struct op_list list = {0};
        status =
            qasm2_library_expand(library, &list, definition, samples[i], qubits, def->loc, 0, true);
        if (status == STATUS_OK) {
            unitary_of(got, def->n_qubits, &list);
            gate_unitary(want, gate, samples[i]);
        }
        *out_equal = status == STATUS_OK && equal_up_to_phase(got, want, n_elements);
        op_list_fini(&list);
    }
    return status == STATUS_INPUT ? STATUS_OK : status; /* no finite angle: not equal */
}
