/* Reading a text with its messages kept, and a naive rendering of circuits to compare. */
#ifndef QSPAN_TESTS_CIRCUIT_READING_H
#define QSPAN_TESTS_CIRCUIT_READING_H

#include <criterion/criterion.h>
#include <string.h>

#include "circuit/circuit.h"
#include "support/messages.h"

static inline enum status reading_try(struct circuit **out, const char *text,
                                      const struct circuit_limits *limits) {
    messages_keep();
    return qasm2_read_text(out, "t.qasm", text, strlen(text), limits);
}

/* The test fails with the messages when there are any. */
static inline struct circuit *must_read(const char *text) {
    struct circuit *circuit = NULL;
    enum status status = reading_try(&circuit, text, NULL);

    cr_assert_eq(status, STATUS_OK, "%s\n%s", messages_all(), text);
    cr_assert_str_eq(messages_all(), "", "%s\n%s", messages_all(), text);
    cr_assert(op_list_is_valid(&circuit->ops, circuit->n_qubits, circuit->n_bits), "%s", text);
    return circuit;
}

static inline void dump_condition(struct text *out, const struct op_list *list, uint32_t index) {
    const struct expr *expr = &list->exprs[index];

    if (expr->kind != EXPR_EQ) {
        text_printf(out, "if const %u: ", expr->value0);
        return;
    }
    text_printf(out, "if bits %u+%u ==", expr->a, expr->n);
    for (uint32_t i = 0; i < (expr->n + 63) / 64; i++) {
        text_printf(out, " %llx", (unsigned long long)list->words[expr->value0 + i]);
    }
    text_add(out, ": ");
}

/* One op a line, each with the condition it is under; parameters in full. */
static inline void dump_ops(struct text *out, const struct op_list *list) {
    const struct op *open = NULL;

    text_add(out, "");
    for (size_t i = 0; i < list->n_ops; i++) {
        const struct op *op = &list->ops[i];
        if (op->kind == OP_IF || op->kind == OP_END) {
            open = op->kind == OP_IF ? op : NULL;
            continue;
        }
        if (open != NULL) {
            dump_condition(out, list, open->expr);
        }
        text_add(out, op->kind == OP_GATE ? gate_get((enum gate_id)op->which)->name
                                          : op_kind_name((enum op_kind)op->kind));
        for (uint32_t k = 0; k < op->n_params; k++) {
            text_printf(out, " %a", op_params(list, op)[k]);
        }
        text_add(out, " :");
        for (uint32_t k = 0; k < op->n_qubits; k++) {
            text_printf(out, " %u", op_qubits(list, op)[k]);
        }
        if (op->kind == OP_MEASURE) {
            text_printf(out, " -> %u", op->bit);
        }
        text_add(out, "\n");
    }
}

/* Registers, placement and ops. */
static inline void dump_circuit(struct text *out, const struct circuit *circuit) {
    for (size_t i = 0; i < circuit->n_qregs; i++) {
        text_printf(out, "qreg %s %u+%u\n", circuit->qregs[i].name, circuit->qregs[i].first,
                    circuit->qregs[i].n);
    }
    for (size_t i = 0; i < circuit->n_cregs; i++) {
        text_printf(out, "creg %s %u+%u\n", circuit->cregs[i].name, circuit->cregs[i].first,
                    circuit->cregs[i].n);
    }
    for (uint32_t qb = 0; circuit->n_placed_qpus > 0 && qb < circuit->n_qubits; qb++) {
        uint32_t qpu = circuit->placement[qb];
        text_printf(out, "%u at %s\n", qb, qpu == OP_NO_QPU ? "-" : circuit->placed_qpus[qpu]);
    }
    dump_ops(out, &circuit->ops);
}

/* The text, after a version line and qelib1.inc, reads as those ops. */
static inline void expect_ops(const char *text, const char *want) {
    struct text source = {0}, got = {0};
    struct circuit *circuit;

    text_printf(&source, "OPENQASM 2.0;\ninclude \"qelib1.inc\";\n%s", text);
    circuit = must_read(source.data);
    dump_ops(&got, &circuit->ops);
    cr_expect_str_eq(got.data, want, "%s\ngives\n%sinstead of\n%s", text, got.data, want);
    text_fini(&source);
    text_fini(&got);
    circuit_destroy(circuit);
}

#endif
