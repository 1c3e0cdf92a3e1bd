/* Reading programs with their messages kept, naive renderings of them to compare, random numbers.
 */
#ifndef QSPAN_TESTS_PROGRAM_PROGRAMS_H
#define QSPAN_TESTS_PROGRAM_PROGRAMS_H

#include <criterion/criterion.h>
#include <string.h>

#include "base/rng.h"
#include "program/program.h"
#include "support/messages.h"

#define COUNT(array) (sizeof array / sizeof array[0])
#define HEAD "OPENQASM 3.0; include \"stdgates.inc\"; include \"qnu.inc\";\n"

static inline enum status reading_try(struct program **out, const char *text,
                                      const struct circuit_limits *limits) {
    messages_keep();
    return program_read_text(out, "t.qasm", text, strlen(text), limits);
}

/* The test fails with the messages when there are any. */
static inline struct program *must_read(const char *text) {
    struct program *program = NULL;
    enum status status = reading_try(&program, text, NULL);

    cr_assert_eq(status, STATUS_OK, "%s\n%s", messages_all(), text);
    cr_assert_str_eq(messages_all(), "", "%s\n%s", messages_all(), text);
    cr_assert(op_list_is_valid(&program->ops, program->n_wires, program->n_bits), "%s", text);
    return program;
}

/* A tree with every bracket and bits by number: "(b0 & !b1)". */
static inline void dump_expr(struct text *out, const struct op_list *list, uint32_t index) {
    static const char *const signs[] = {[EXPR_AND] = " & ", [EXPR_OR] = " | ", [EXPR_XOR] = " ^ "};
    const struct expr *expr = &list->exprs[index];

    switch ((enum expr_kind)expr->kind) {
    case EXPR_CONST:
        text_printf(out, "%u", expr->value0);
        break;
    case EXPR_BIT:
        text_printf(out, "b%u", expr->a);
        break;
    case EXPR_NOT:
        text_add(out, "!");
        dump_expr(out, list, expr->a);
        break;
    case EXPR_AND:
    case EXPR_OR:
    case EXPR_XOR:
        text_add(out, "(");
        dump_expr(out, list, expr->a);
        text_add(out, signs[expr->kind]);
        dump_expr(out, list, expr->b);
        text_add(out, ")");
        break;
    case EXPR_EQ:
        text_printf(out, "(b%u+%u ==", expr->a, expr->n);
        for (uint32_t i = 0; i < (expr->n + 63) / 64; i++) {
            text_printf(out, " %llx", (unsigned long long)list->words[expr->value0 + i]);
        }
        text_add(out, ")");
        break;
    case EXPR_REC: /* of circuits alone */
    case EXPR_SWEEP:
        break;
    }
}

static inline void dump_op(struct text *out, const struct op_list *list, const struct op *op) {
    text_add(out, op->kind == OP_GATE    ? gate_get((enum gate_id)op->which)->name
                  : op->kind == OP_NOISE ? op_noise_name((enum op_noise)op->which)
                                         : op_kind_name((enum op_kind)op->kind));
    if (op->kind == OP_EBIT && op->which != EBIT_CLASS_DEFAULT) {
        text_printf(out, " %s", op_ebit_class_name((enum op_ebit_class)op->which));
    }
    for (uint32_t k = 0; k < op->n_params; k++) {
        text_printf(out, " %a", op_params(list, op)[k]);
    }
    for (uint32_t k = 0; k < op->n_qubits; k++) {
        text_printf(out, " %u", op_qubits(list, op)[k]);
    }
    if (op->arg != 0) {
        text_printf(out, " #%llu", (unsigned long long)op->arg);
    }
    if (op->bit != OP_NO_BIT) {
        text_printf(out, " -> b%u", op->bit);
    }
    if (op->expr != OP_NO_EXPR) {
        text_add(out, " ");
        dump_expr(out, list, op->expr);
    }
    text_add(out, "\n");
}

static inline void dump_ops(struct text *out, const struct op_list *list) {
    text_add(out, "");
    for (size_t i = 0; i < list->n_ops; i++) {
        dump_op(out, list, &list->ops[i]);
    }
}

static inline void dump_wires(struct text *out, const char *what, const uint32_t *wires, size_t n) {
    text_printf(out, " %s", what);
    for (size_t i = 0; i < n; i++) {
        text_printf(out, " %u", wires[i]);
    }
}

/* Everything that a program is, but for places in files. */
static inline void dump_program(struct text *out, const struct program *program) {
    text_printf(out, "%s %d\n", program->distribute, program->is_data_dependent);
    for (size_t i = 0; i < program->n_qregs; i++) {
        const struct reg *reg = &program->qregs[i];
        text_printf(out, "qubits %s %u+%u %d\n", reg->name, reg->first, reg->n, reg->is_scalar);
    }
    for (size_t i = 0; i < program->n_cregs; i++) {
        const struct reg *reg = &program->cregs[i];
        text_printf(out, "bits %s %u+%u %d%d%d\n", reg->name, reg->first, reg->n, reg->is_scalar,
                    reg->is_output, reg->is_local);
    }
    for (size_t i = 0; i < program->n_qpus; i++) {
        const struct program_qpu *qpu = &program->qpus[i];
        text_printf(out, "qpu %s", qpu->name);
        dump_wires(out, "data", qpu->data, qpu->n_data);
        dump_wires(out, "comm", qpu->comm, qpu->n_comm);
        text_add(out, "\n");
    }
    for (uint32_t i = 0; i < program->n_wires; i++) {
        text_printf(out, "wire %u %u %d\n", i, program->wire_qpu[i], program->wire_is_comm[i]);
    }
    for (size_t i = 0; i < program->n_in; i++) {
        text_printf(out, "in %s %u\n", program->in[i].qubit, program->in[i].wire);
    }
    for (size_t i = 0; i < program->n_out; i++) {
        text_printf(out, "out %s %u\n", program->out[i].qubit, program->out[i].wire);
    }
    for (size_t i = 0; i < program->ops.n_ops; i++) {
        const struct op *op = &program->ops.ops[i];
        text_printf(out, "%u %u %u ", op->qpu, op->site, op->match);
        dump_op(out, &program->ops, op);
    }
}

/* The statements, after HEAD, read as those ops. */
static inline void expect_ops(const char *text, const char *want) {
    struct text source = {0}, got = {0};
    struct program *program;

    text_printf(&source, HEAD "%s", text);
    program = must_read(source.data);
    dump_ops(&got, &program->ops);
    cr_expect_str_eq(got.data, want, "%s\ngives\n%sinstead of\n%s", text, got.data, want);
    text_fini(&source);
    text_fini(&got);
    program_destroy(program);
}

/* Draws one number after the other. */
struct draws {
    uint64_t seed, n;
};
static inline uint32_t draw(struct draws *draws, uint32_t below) {
    return rng_draw(draws->seed, draws->n++, 0, RNG_TEST).word[0] % below;
}

#endif
