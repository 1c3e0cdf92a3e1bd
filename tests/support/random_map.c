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

/* To |0>, then a coin's sides on the wire, and which it shows. */
static void throw_coin(struct op_list *ops, struct random_stream *stream, random_map_gate *add_gate,
                       uint32_t bit) {
    const uint32_t wire = RANDOM_MAP_WIRES - 1;
    struct op *op;
    must(op_list_add(ops, NULL, OP_RESET, &wire, 1, NULL, 0, nowhere));
    must(op_list_add_gate(ops, GATE_H, &wire, NULL, nowhere));
    if (random_below(stream, 4) == 0) {
        add_gate(ops, stream, false);
    }
    must(op_list_add(ops, &op, OP_MEASURE, &wire, 1, NULL, 0, nowhere));
    op->bit = bit;
}

/* A gate on wires 0 and 1 and its inverse. */
static void go_and_return(struct op_list *ops, struct random_stream *stream) {
    static const enum gate_id gates[][2] = {
        {GATE_H, GATE_H}, {GATE_S, GATE_SDG}, {GATE_T, GATE_TDG}, {GATE_CX, GATE_CX}};
    const uint32_t which = random_below(stream, 4), wires[2] = {0, 1};
    must(op_list_add_gate(ops, gates[which][0], wires, NULL, nowhere));
    must(op_list_add_gate(ops, gates[which][1], wires, NULL, nowhere));
}

static void add_loop(struct op_list *ops, struct random_stream *stream, random_map_gate *add_gate,
                     uint32_t bit) {
    struct expr node = {.kind = EXPR_BIT, .a = bit};
    uint32_t expr;
    size_t open;
    throw_coin(ops, stream, add_gate, bit);
    must(expr_add(ops, &expr, node));
    if (random_below(stream, 4) == 0) {
        const uint32_t other = add_condition(ops, stream);
        node = (struct expr){
            .kind = random_below(stream, 2) ? EXPR_AND : EXPR_XOR, .a = expr, .b = other};
        must(expr_add(ops, &expr, node));
    }
    must(op_list_open(ops, &open, OP_WHILE, expr, 0, nowhere));
    const uint32_t body = random_below(stream, 6);
    if (body < 2) {
        for (uint32_t i = 0; i < 1 + random_below(stream, 4); i++) {
            add_op(ops, stream, add_gate);
        }
    } else if (body < 4) {
        go_and_return(ops, stream);
    } else if (body == 4 && bit == 3) {
        add_loop(ops, stream, add_gate, 2);
    }
    throw_coin(ops, stream, add_gate, bit);
    must(op_list_close(ops, open, nowhere));
}

static struct program *create(uint64_t seed, uint32_t n_ops, random_map_gate *add_gate,
                              bool has_loop) {
    struct random_stream stream = {.seed = seed}, loop_stream = {.seed = seed + 1000000};
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
        if (has_loop && i == n_ops / 2) {
            add_loop(&program->ops, &loop_stream, add_gate, 3);
        }
        add_op(&program->ops, &stream, add_gate);
    }
    must(program_resolve(program));
    CHECK(op_list_is_valid(&program->ops, program->n_wires, program->n_bits));
    return program;
}

struct program *random_map_create(uint64_t seed, uint32_t n_ops, random_map_gate *add_gate) {
    return create(seed, n_ops, add_gate, false);
}

struct program *random_map_create_loop(uint64_t seed, uint32_t n_ops, random_map_gate *add_gate) {
    return create(seed, n_ops, add_gate, true);
}

/* Choi matrices divided by the probability of the runs that they are of. */
static double *find_choi(double *out_lost, const struct choi_spec *spec) {
    const size_t dim = (size_t)1 << (spec->n_in + spec->n_out);
    const size_t n = (2 * dim * dim) << spec->n_output_bits;
    double *rho = naive_choi(spec), trace = 0;
    for (size_t i = 0; i < n; i += 2) {
        trace += (i / 2) % (dim * dim) % (dim + 1) == 0 ? rho[i] : 0;
    }
    *out_lost = 1 - trace;
    for (size_t i = 0; trace > 0 && i < n; i++) {
        rho[i] /= trace;
    }
    return rho;
}

bool random_map_is_same_within(double *out_lost_a, double *out_lost_b, const struct program *a,
                               const struct program *b, uint32_t max_rounds) {
    static const uint32_t in[] = {0, 1}, out[] = {0, 2}, bits[] = {0, 1};
    struct choi_spec spec = {.ops = &a->ops,
                             .n_wires = RANDOM_MAP_WIRES,
                             .n_bits = RANDOM_MAP_BITS,
                             .in = in,
                             .out = out,
                             .bits = bits,
                             .n_in = 2,
                             .n_out = 2,
                             .n_output_bits = 2,
                             .max_rounds = max_rounds};
    double *rho_a = find_choi(out_lost_a, &spec);
    spec.ops = &b->ops;
    double *rho_b = find_choi(out_lost_b, &spec);
    const bool is_same = *out_lost_a < 1 - 1e-9 && *out_lost_b < 1 - 1e-9 &&
                         naive_choi_difference(rho_a, rho_b, &spec) < 1e-9;
    free(rho_a);
    free(rho_b);
    return is_same;
}

bool random_map_is_same(const struct program *a, const struct program *b) {
    double lost_a, lost_b;
    return random_map_is_same_within(&lost_a, &lost_b, a, b, 0);
}

bool random_map_move(struct program *program, struct op *op, struct random_stream *stream) {
    if (op->kind != OP_MEASURE && op->kind != OP_RESET) {
        return false;
    }
    program->ops.qubits[op->qubit0] = random_below(stream, RANDOM_MAP_WIRES);
    return true;
}
