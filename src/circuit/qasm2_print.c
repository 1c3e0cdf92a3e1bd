#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "base/mem.h"
#include "circuit/circuit.h"
#include "circuit/qasm2_parser.h"

/* of names */
static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";

struct printer {
    struct text *out;
    const struct circuit *circuit;
    bool is_defined[GATE_COUNT]; /* its definition was printed, or qelib1.inc has it */
};

static enum status refuse(const struct printer *printer, const struct op *op, const char *what) {
    return log_error_at(STATUS_INPUT, circuit_loc(printer->circuit, op),
                        "%s cannot be said in OpenQASM 2", what);
}

/* The gate whose name is the n letters at text; GATE_NONE: none. */
static enum gate_id gate_named(const char *text, size_t n) {
    char name[32] = "";

    if (n >= sizeof name) {
        return GATE_NONE;
    }
    memcpy(name, text, n);
    return gate_find(name);
}

/* Definitions of the gate and of what its definition calls, callees first. */
static void print_definition(struct printer *printer, enum gate_id gate) {
    const struct gate_info *info = gate_get(gate);
    const char *word;

    if (printer->is_defined[gate]) {
        return;
    }
    printer->is_defined[gate] = true;
    if (info->in_qelib1) {
        return;
    }
    word = strchr(info->definition, '{');
    while (*word != '\0') {
        size_t n = strspn(word, letters);
        enum gate_id callee = n == 0 ? GATE_NONE : gate_named(word, n);
        if (callee != GATE_NONE) {
            print_definition(printer, callee);
        }
        word += n == 0 ? 1 : n;
    }
    text_printf(printer->out, "%s\n", info->definition);
}

static enum status print_definitions(struct printer *printer) {
    const struct op_list *list = &printer->circuit->ops;

    for (size_t i = 0; i < list->n_ops; i++) {
        const struct op *op = &list->ops[i];
        if (op->kind == OP_GATE) {
            const struct gate_info *info = gate_get((enum gate_id)op->which);
            if (!info->in_qelib1 && info->definition == NULL) {
                return refuse(printer, op, info->name);
            }
            print_definition(printer, (enum gate_id)op->which);
        }
    }
    return STATUS_OK;
}

/* OpenQASM 2 reads it as a name of something declared. */
static bool is_name(const char *text) {
    struct token token = {.kind = TOKEN_NAME, .text = text, .n = strlen(text)};
    size_t n_good = strspn(text, letters);

    return token.n > 0 && n_good == token.n && strchr("0123456789", text[0]) == NULL &&
           qasm2_keyword_of(&token) == QASM2_NO_KEYWORD;
}

static enum status check_name(const char *name, struct src_loc loc) {
    return is_name(name)
               ? STATUS_OK
               : log_error_at(STATUS_INPUT, loc, "'%.48s' cannot be a name in OpenQASM 2", name);
}

static enum status check_names(const struct circuit *circuit) {
    for (size_t i = 0; i < circuit->n_qregs; i++) {
        TRY(check_name(circuit->qregs[i].name, circuit->qregs[i].loc));
    }
    for (size_t i = 0; i < circuit->n_cregs; i++) {
        TRY(check_name(circuit->cregs[i].name, circuit->cregs[i].loc));
    }
    for (size_t i = 0; i < circuit->n_placed_qpus; i++) {
        TRY(check_name(circuit->placed_qpus[i], (struct src_loc){.file = "(placement)"}));
    }
    return STATUS_OK;
}

static void print_registers(const struct printer *printer) {
    const struct circuit *circuit = printer->circuit;
    bool has_output = false;

    for (size_t i = 0; i < circuit->n_qregs; i++) {
        text_printf(printer->out, "qreg %s[%u];\n", circuit->qregs[i].name, circuit->qregs[i].n);
    }
    for (size_t i = 0; i < circuit->n_cregs; i++) {
        has_output = has_output || circuit->cregs[i].is_output;
    }
    for (size_t i = 0; i < circuit->n_cregs; i++) {
        const struct reg *reg = &circuit->cregs[i];
        text_printf(printer->out, "creg %s[%u];\n", reg->name, reg->n);
        if (reg->is_local || (has_output && !reg->is_output)) {
            log_warning_at(reg->loc, "in OpenQASM 2 all registers form the counts, '%.48s' too",
                           reg->name);
        }
    }
}

/* One comment per QPU; a run of qubits of one register prints as reg[i:j]. */
static void print_placement(const struct printer *printer) {
    const struct circuit *circuit = printer->circuit;

    for (size_t qpu = 0; qpu < circuit->n_placed_qpus; qpu++) {
        text_printf(printer->out, "// qspan qpu %s", circuit->placed_qpus[qpu]);
        for (uint32_t qb = 0; qb < circuit->n_qubits; qb++) {
            const struct reg *reg;
            uint32_t last = qb;
            if (circuit->placement[qb] != qpu) {
                continue;
            }
            reg = circuit_qreg_of(circuit, qb);
            while (last + 1 < reg->first + reg->n && circuit->placement[last + 1] == qpu) {
                last++;
            }
            text_printf(printer->out, " %s[%u", reg->name, qb - reg->first);
            if (last > qb) {
                text_printf(printer->out, ":%u", last - reg->first);
            }
            text_add(printer->out, "]");
            qb = last;
        }
        text_add(printer->out, "\n");
    }
}

static void print_qubit(const struct printer *printer, uint32_t qb) {
    const struct reg *reg = circuit_qreg_of(printer->circuit, qb);
    text_printf(printer->out, "%s[%u]", reg->name, qb - reg->first);
}

static void print_gate(const struct printer *printer, const struct op *op) {
    const struct op_list *list = &printer->circuit->ops;

    text_add(printer->out, gate_get((enum gate_id)op->which)->name);
    for (size_t i = 0; i < op->n_params; i++) {
        text_add(printer->out, i == 0 ? "(" : ",");
        text_add_double(printer->out, op_params(list, op)[i]);
    }
    text_add(printer->out, op->n_params > 0 ? ") " : " ");
    for (size_t i = 0; i < op->n_qubits; i++) {
        text_add(printer->out, i == 0 ? "" : ",");
        print_qubit(printer, op_qubits(list, op)[i]);
    }
    text_add(printer->out, ";\n");
}

/* Whole registers by their name. */
static void print_barrier(const struct printer *printer, const struct op *op) {
    const uint32_t *qubits = op_qubits(&printer->circuit->ops, op);

    text_add(printer->out, "barrier ");
    for (uint32_t i = 0; i < op->n_qubits; i++) {
        const struct reg *reg = circuit_qreg_of(printer->circuit, qubits[i]);
        uint32_t n = 0;
        while (n < reg->n && i + n < op->n_qubits && qubits[i + n] == reg->first + n) {
            n++;
        }
        text_add(printer->out, i == 0 ? "" : ",");
        if (n == reg->n) {
            text_add(printer->out, reg->name);
            i += n - 1;
        } else {
            print_qubit(printer, qubits[i]);
        }
    }
    text_add(printer->out, ";\n");
}

/* Appends the decimal digits of a big integer; false beyond what the reader takes. */
static bool print_big(struct text *out, const uint64_t *words, size_t n_words) {
    enum { CHUNK_DIGITS = 18, MAX_CHUNKS = LEXER_MAX_DIGITS / CHUNK_DIGITS };
    const uint64_t chunk = UINT64_C(1000000000000000000);
    uint64_t *rest, *chunks;
    size_t n_chunks = 0;

    while (n_words > 1 && words[n_words - 1] == 0) {
        n_words--;
    }
    rest = mem_alloc(n_words, sizeof *rest);
    chunks = mem_alloc(MAX_CHUNKS, sizeof *chunks);
    if (rest == NULL || chunks == NULL) {
        out->failed = true;
        n_words = 0;
    } else {
        memcpy(rest, words, n_words * sizeof *rest);
    }
    while (n_words > 0 && n_chunks < MAX_CHUNKS) {
        uint64_t remainder = 0;
        for (size_t w = n_words; w-- > 0;) {
            unsigned __int128 value = (unsigned __int128)remainder << 64 | rest[w];
            rest[w] = (uint64_t)(value / chunk);
            remainder = (uint64_t)(value % chunk);
        }
        chunks[n_chunks++] = remainder;
        while (n_words > 0 && rest[n_words - 1] == 0) {
            n_words--;
        }
    }
    for (size_t i = n_chunks; n_words == 0 && i-- > 0;) {
        text_printf(out, i + 1 == n_chunks ? "%llu" : "%018llu", (unsigned long long)chunks[i]);
    }
    mem_free(rest);
    mem_free(chunks);
    return n_words == 0;
}

/* `if(c==n) `: conditions on one whole register, or none at all (a register is never 2^n). */
static enum status print_condition(const struct printer *printer, const struct op *op) {
    const struct circuit *circuit = printer->circuit;
    const struct expr *expr = &circuit->ops.exprs[op->expr];
    const struct reg *reg;
    bool fits;

    if (expr->kind == EXPR_CONST && expr->value0 == 0 && circuit->n_cregs > 0 &&
        circuit->cregs[0].n < LEXER_MAX_DIGITS) {
        size_t n_words = bits_words((size_t)circuit->cregs[0].n + 1);
        uint64_t *never = mem_alloc(n_words, sizeof *never);
        if (never == NULL) {
            return STATUS_NOFIT;
        }
        bits_set(never, circuit->cregs[0].n, true);
        text_printf(printer->out, "if(%s==", circuit->cregs[0].name);
        print_big(printer->out, never, n_words);
        mem_free(never);
        text_add(printer->out, ") ");
        return STATUS_OK;
    }
    if (expr->kind != EXPR_EQ) {
        return refuse(printer, op, "a condition other than a register's value");
    }
    reg = circuit_creg_of(circuit, expr->a);
    if (reg->first != expr->a || reg->n != expr->n) {
        return refuse(printer, op, "a condition on a part of a register");
    }
    text_printf(printer->out, "if(%s==", reg->name);
    fits = print_big(printer->out, circuit->ops.words + expr->value0, bits_words(expr->n));
    text_add(printer->out, ") ");
    return fits ? STATUS_OK : refuse(printer, op, "a constant of that many digits");
}

static enum status print_measure(const struct printer *printer, const struct op *op) {
    const struct reg *reg = circuit_creg_of(printer->circuit, op->bit);

    if (op->n_qubits != 1 || op_pauli(op, 0) != 3) {
        return refuse(printer, op, "measurement of a Pauli product");
    }
    text_add(printer->out, "measure ");
    print_qubit(printer, op_qubits(&printer->circuit->ops, op)[0]);
    text_printf(printer->out, " -> %s[%u];\n", reg->name, op->bit - reg->first);
    return STATUS_OK;
}

/* Each op of an IF is printed with the condition. That says the same unless the block changes a bit
 * of its condition before its last op. */
static enum status check_block(const struct printer *printer, const struct op *open) {
    const struct op_list *list = &printer->circuit->ops;
    const struct expr *expr = &list->exprs[open->expr];

    for (const struct op *op = open + 1; op + 1 < list->ops + open->match; op++) {
        if (op->kind == OP_MEASURE && expr->kind == EXPR_EQ && op->bit >= expr->a &&
            op->bit - expr->a < expr->n) {
            return refuse(printer, op, "a conditional block that changes its condition");
        }
    }
    return STATUS_OK;
}

static enum status print_op(const struct printer *printer, const struct op *op) {
    switch ((int)op->kind) {
    case OP_GATE:
        print_gate(printer, op);
        return STATUS_OK;
    case OP_MEASURE:
        return print_measure(printer, op);
    case OP_RESET:
        text_add(printer->out, "reset ");
        print_qubit(printer, op_qubits(&printer->circuit->ops, op)[0]);
        text_add(printer->out, ";\n");
        return STATUS_OK;
    case OP_BARRIER:
        print_barrier(printer, op);
        return STATUS_OK;
    }
    return refuse(printer, op, op_kind_name((enum op_kind)op->kind));
}

static enum status print_ops(const struct printer *printer) {
    const struct op_list *list = &printer->circuit->ops;
    const struct op *open = NULL;

    for (size_t i = 0; i < list->n_ops; i++) {
        const struct op *op = &list->ops[i];
        if (op->kind == OP_IF && open == NULL) {
            TRY(check_block(printer, op));
            open = op;
        } else if (op->kind == OP_END && open != NULL) {
            open = NULL;
        } else {
            if (open != NULL && op->kind == OP_BARRIER) {
                return refuse(printer, op, "a barrier under a condition");
            }
            if (open != NULL) {
                TRY(print_condition(printer, open));
            }
            TRY(print_op(printer, op));
        }
    }
    return STATUS_OK;
}

enum status qasm2_print(struct text *out, const struct circuit *circuit) {
    struct printer printer = {.out = out, .circuit = circuit};

    TRY(check_names(circuit));
    text_add(out, "OPENQASM 2.0;\ninclude \"qelib1.inc\";\n");
    TRY(print_definitions(&printer));
    print_registers(&printer);
    print_placement(&printer);
    TRY(print_ops(&printer));
    return out->failed ? log_error(STATUS_NOFIT, "out of memory for the text of a circuit")
                       : STATUS_OK;
}
