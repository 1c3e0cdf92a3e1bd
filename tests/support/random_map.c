#include "support/random_map.h"

#include <stdlib.h>

#include "base/log.h"
#include "support/naive_choi.h"

static const struct src_loc nowhere;

static void must(enum status status) {
    CHECK(status == STATUS_OK);
}

static uint32_t add_condition(struct op_list *ops, struct random_stream *stream) {
    static const uint32_t kinds[] = {EXPR_XOR, EXPR_XOR, EXPR_AND, EXPR_OR};
    uint32_t a, b, root;
    struct expr bit = {.kind = EXPR_BIT, .a = random_below(stream, RANDOM_MAP_BITS)};
    must(expr_add(ops, &a, bit));
    bit.a = random_below(stream, RANDOM_MAP_BITS);
    must(expr_add(ops, &b, bit));
    struct expr node = {.kind = kinds[random_below(stream, 4)], .a = a, .b = b};
    must(expr_add(ops, &root, node));
    return root;
}

static void add_op(struct op_list *ops, struct random_stream *stream, random_map_gate *add_gate) {
    const uint32_t kind = random_below(stream, 10);
    uint32_t wires[2] = {random_below(stream, RANDOM_MAP_WIRES), 0};
    wires[1] = (wires[0] + 1) % RANDOM_MAP_WIRES;
    struct op *op;
    size_t open;
    if (kind == 0) {
        must(op_list_add(ops, &op, OP_MEASURE, wires, 1, NULL, 0, nowhere));
        op->bit = random_below(stream, RANDOM_MAP_BITS);
    } else if (kind == 1) {
        const enum op_kind drops = random_below(stream, 2) ? OP_RESET : OP_EBIT;
        must(op_list_add(ops, NULL, drops, wires, drops == OP_RESET ? 1 : 2, NULL, 0, nowhere));
    } else if (kind == 2) {
        const uint32_t expr = add_condition(ops, stream);
        must(op_list_open(ops, &open, OP_IF, expr, 0, nowhere));
        add_gate(ops, stream, true);
        if (random_below(stream, 2)) {
            must(op_list_else(ops, open, nowhere));
            add_gate(ops, stream, true);
        }
        must(op_list_close(ops, open, nowhere));
    } else {
        add_gate(ops, stream, false);
    }
}

struct program *random_map_create(uint64_t seed, uint32_t n_ops, random_map_gate *add_gate) {
    struct random_stream stream = {.seed = seed};
    struct program *program = program_create();
    uint32_t qpu, first;
    must(program_add_qpu(program, &qpu, "A"));
    must(program_add_qreg(program, &first, "a", RANDOM_MAP_WIRES, qpu, false));
    must(program_add_creg(program, &first, "c", 2, true, false));
    must(program_add_creg(program, &first, "m", RANDOM_MAP_BITS - 2, false, false));
    must(program_add_logical(program, false, "q[0]", 0));
    must(program_add_logical(program, false, "q[1]", 1));
    must(program_add_logical(program, true, "q[0]", 0));
    must(program_add_logical(program, true, "q[1]", 2));
    for (uint32_t i = 0; i < n_ops; i++) {
        add_op(&program->ops, &stream, add_gate);
    }
    must(program_resolve(program));
    CHECK(op_list_is_valid(&program->ops, program->n_wires, program->n_bits));
    return program;
}

bool random_map_is_same(const struct program *a, const struct program *b) {
    static const uint32_t in[] = {0, 1}, out[] = {0, 2}, bits[] = {0, 1};
    struct choi_spec spec = {.ops = &a->ops,
                             .n_wires = RANDOM_MAP_WIRES,
                             .n_bits = RANDOM_MAP_BITS,
                             .in = in,
                             .out = out,
                             .bits = bits,
                             .n_in = 2,
                             .n_out = 2,
                             .n_output_bits = 2};
    double *rho_a = naive_choi(&spec);
    spec.ops = &b->ops;
    double *rho_b = naive_choi(&spec);
    const bool is_same = naive_choi_difference(rho_a, rho_b, &spec) < 1e-9;
    free(rho_a);
    free(rho_b);
    return is_same;
}

bool random_map_move(struct program *program, struct op *op, struct random_stream *stream) {
    if (op->kind != OP_MEASURE && op->kind != OP_RESET) {
        return false;
    }
    program->ops.qubits[op->qubit0] = random_below(stream, RANDOM_MAP_WIRES);
    return true;
}
