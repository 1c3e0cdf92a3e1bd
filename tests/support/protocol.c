#include "support/protocol.h"

#include <stdio.h>
#include <stdlib.h>

static const struct src_loc nowhere;

static void must(enum status status) {
    if (status != STATUS_OK) {
        fprintf(stderr, "a test could not write its program\n");
        abort();
    }
}

struct program *put_program(uint32_t n_bits) {
    struct program *program = program_create();
    uint32_t first;
    must(program ? STATUS_OK : STATUS_NOFIT);
    if (n_bits > 0) {
        must(program_add_creg(program, &first, "m", n_bits, false, false));
    }
    return program;
}

uint32_t put_qpu(struct program *program, const char *name, uint32_t n_data, uint32_t n_comm) {
    char reg[64];
    uint32_t qpu, data, comm;
    must(program_add_qpu(program, &qpu, name));
    snprintf(reg, sizeof reg, "%sd", name);
    must(program_add_qreg(program, &data, reg, n_data, qpu, false));
    snprintf(reg, sizeof reg, "%sc", name);
    if (n_comm > 0) {
        must(program_add_qreg(program, &comm, reg, n_comm, qpu, true));
    }
    return data;
}

void put_h(struct program *program, uint32_t wire) {
    must(op_list_add_gate(&program->ops, GATE_H, &wire, NULL, nowhere));
}

void put_cx(struct program *program, uint32_t control, uint32_t target) {
    must(op_list_add_gate(&program->ops, GATE_CX, (uint32_t[]){control, target}, NULL, nowhere));
}

static struct op *put_op(struct program *program, enum op_kind kind, const uint32_t *wires,
                         size_t n) {
    struct op *op;
    must(op_list_add(&program->ops, &op, kind, wires, n, NULL, 0, nowhere));
    return op;
}

void put_measure(struct program *program, uint32_t wire, uint32_t bit) {
    put_op(program, OP_MEASURE, &wire, 1)->bit = bit;
}

void put_reset(struct program *program, uint32_t wire) {
    put_op(program, OP_RESET, &wire, 1);
}

void put_barrier(struct program *program, const uint32_t *wires, size_t n) {
    put_op(program, OP_BARRIER, wires, n);
}

void put_ebit(struct program *program, uint32_t a, uint32_t b) {
    put_op(program, OP_EBIT, (uint32_t[]){a, b}, 2);
}

static size_t open_on(struct program *program, enum op_kind kind, uint32_t bit) {
    size_t open;
    uint32_t expr;
    must(expr_add(&program->ops, &expr, (struct expr){.kind = EXPR_BIT, .a = bit}));
    must(op_list_open(&program->ops, &open, kind, expr, 0, nowhere));
    return open;
}

size_t put_if(struct program *program, uint32_t bit) {
    return open_on(program, OP_IF, bit);
}

size_t put_while(struct program *program, uint32_t bit) {
    return open_on(program, OP_WHILE, bit);
}

size_t put_repeat(struct program *program, uint64_t n_rounds) {
    size_t open;
    must(op_list_open(&program->ops, &open, OP_REPEAT, OP_NO_EXPR, n_rounds, nowhere));
    return open;
}

void put_else(struct program *program, size_t open) {
    must(op_list_else(&program->ops, open, nowhere));
}

void put_end(struct program *program, size_t open) {
    must(op_list_close(&program->ops, open, nowhere));
}

void put_x_if(struct program *program, uint32_t bit, uint32_t wire) {
    const size_t open = put_if(program, bit);
    must(op_list_add_gate(&program->ops, GATE_X, &wire, NULL, nowhere));
    put_end(program, open);
}

void put_telegate(struct program *program, uint32_t control, uint32_t comm_a, uint32_t comm_b,
                  uint32_t target, uint32_t bit_a, uint32_t bit_b) {
    put_ebit(program, comm_a, comm_b);
    put_cx(program, control, comm_a);
    put_measure(program, comm_a, bit_a);
    put_x_if(program, bit_a, comm_b);
    put_cx(program, comm_b, target);
    put_h(program, comm_b);
    put_measure(program, comm_b, bit_b);
    const size_t open = put_if(program, bit_b);
    must(op_list_add_gate(&program->ops, GATE_Z, &control, NULL, nowhere));
    put_end(program, open);
}

void put_done(struct program *program, bool checks) {
    struct program_check check;
    must(program_resolve(program));
    if (checks) {
        must(program_check(&check, program));
        program_check_fini(&check);
    }
}
