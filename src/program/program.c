#include "program/program.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "circuit/lexer.h"
#include "program/order.h"
#include "program/registers.h"
#include "program/words.h"

struct program *program_create(void) {
    struct program *program = mem_alloc(1, sizeof *program);

    if (program == NULL) {
        return NULL;
    }
    program->distribute = "hand";
    program->index = mem_alloc(1, sizeof *program->index);
    if (program->index == NULL) {
        program_destroy(program);
        return NULL;
    }
    return program;
}

void program_destroy(struct program *program) {
    if (program == NULL) {
        return;
    }
    for (size_t i = 0; i < program->n_qpus; i++) {
        mem_free(program->qpus[i].data);
        mem_free(program->qpus[i].comm);
    }
    mem_free(program->qpus);
    mem_free(program->files);
    mem_free(program->qregs);
    mem_free(program->cregs);
    mem_free(program->wire_qpu);
    mem_free(program->wire_is_comm);
    mem_free(program->in);
    mem_free(program->out);
    op_list_fini(&program->ops);
    if (program->index != NULL) {
        names_fini(&program->index->registers);
        names_fini(&program->index->qpus);
        mem_free(program->index);
    }
    arena_fini(&program->arena);
    mem_free(program);
}

struct src_loc program_loc(const struct program *program, const struct op *op) {
    if (op->line == 0 || op->file >= program->n_files) {
        return (struct src_loc){0};
    }
    return (struct src_loc){.file = program->files[op->file], .line = op->line, .col = op->col};
}

static bool is_printable_name(const char *name) {
    for (const char *c = name; *c != '\0'; c++) {
        if (*c == '"' || (unsigned char)*c < 0x20 || *c == 0x7F) {
            return false;
        }
    }
    return name[0] != '\0' && strstr(name, "//") == NULL;
}

enum status program_add_qpu(struct program *program, uint32_t *out_qpu, const char *name) {
    uint32_t qpu = u32_from_size(program->n_qpus);
    const char *copy;

    if (!is_printable_name(name)) {
        return log_error(STATUS_INPUT,
                         "QPU name '%s': expected no quotes, '//' or control characters", name);
    }
    if (program_find_qpu(program, name) != OP_NO_QPU) {
        return log_error(STATUS_INPUT, "QPU '%s' is there twice", name);
    }
    TRY(vec_reserve(&program->qpus, program->n_qpus, &program->cap_qpus, 1, sizeof *program->qpus));
    copy = arena_strdup(&program->arena, name);
    if (copy == NULL) {
        return STATUS_NOFIT;
    }
    TRY(names_add(&program->index->qpus, copy, strlen(copy), qpu));
    program->qpus[program->n_qpus++] = (struct program_qpu){.name = copy};
    *out_qpu = qpu;
    return STATUS_OK;
}

/* The name itself, or with as many underscores as make it free. */
static enum status make_register_name(struct program *program, const char **out_name,
                                      const char *name) {
    size_t n = strlen(name);
    bool is_bits;
    char *copy;

    if (!lexer_is_identifier(name, n)) {
        return log_error(STATUS_INPUT, "register name '%s': expected an identifier", name);
    }
    copy = arena_strdup(&program->arena, name);
    while (copy != NULL && (word_reserved_as(copy, n) != NULL ||
                            register_find_name(program, &is_bits, copy, n) != NULL)) {
        copy = arena_printf(&program->arena, "%s_", copy);
        n++;
    }
    *out_name = copy;
    return copy != NULL ? STATUS_OK : STATUS_NOFIT;
}

/* Appends `reg` under a free name made from reg.name, which it replaces. */
static enum status add_register(struct program *program, struct reg **regs, size_t *n_regs,
                                size_t *cap, struct reg reg) {
    bool is_bits = regs == &program->cregs;

    TRY(make_register_name(program, &reg.name, reg.name));
    TRY(vec_reserve(regs, *n_regs, cap, 1, sizeof **regs));
    TRY(names_add(&program->index->registers, reg.name, strlen(reg.name),
                  u32_from_size(2 * *n_regs) + is_bits));
    (*regs)[(*n_regs)++] = reg;
    return STATUS_OK;
}

/* Room in the arrays by wire, which grow by powers of two. */
static size_t wire_capacity(uint32_t n_wires) {
    size_t cap = 16;

    while (cap < n_wires) {
        cap *= 2;
    }
    return n_wires == 0 ? 0 : cap;
}

static enum status reserve_wires(struct program *program, uint32_t n_wires) {
    size_t cap = wire_capacity(n_wires);
    uint32_t *qpu;
    bool *is_comm;

    if (cap == wire_capacity(program->n_wires)) {
        return STATUS_OK;
    }
    qpu = mem_resize(program->wire_qpu, cap, sizeof *qpu);
    if (qpu == NULL) {
        return STATUS_NOFIT;
    }
    program->wire_qpu = qpu;
    is_comm = mem_resize(program->wire_is_comm, cap, sizeof *is_comm);
    if (is_comm == NULL) {
        return STATUS_NOFIT;
    }
    program->wire_is_comm = is_comm;
    return STATUS_OK;
}

static enum status add_wires_to_qpu(struct program *program, uint32_t first, uint32_t n,
                                    uint32_t qpu, bool is_comm) {
    struct program_qpu *to = &program->qpus[qpu];
    uint32_t **wires = is_comm ? &to->comm : &to->data;
    size_t *n_wires = is_comm ? &to->n_comm : &to->n_data;
    size_t *cap = is_comm ? &to->cap_comm : &to->cap_data;

    TRY(vec_reserve(wires, *n_wires, cap, n, sizeof **wires));
    for (uint32_t i = 0; i < n; i++) {
        (*wires)[(*n_wires)++] = first + i;
    }
    return STATUS_OK;
}

enum status program_add_qreg(struct program *program, uint32_t *out_first_wire, const char *name,
                             uint32_t n, uint32_t qpu, bool is_comm) {
    uint32_t first = program->n_wires;

    CHECK(qpu == OP_NO_QPU || qpu < program->n_qpus);
    CHECK(n > 0 && n < OP_NO_QPU - first);
    TRY(reserve_wires(program, first + n));
    TRY(add_register(program, &program->qregs, &program->n_qregs, &program->cap_qregs,
                     (struct reg){.name = name, .first = first, .n = n}));
    if (qpu != OP_NO_QPU) {
        TRY(add_wires_to_qpu(program, first, n, qpu, is_comm));
    }
    for (uint32_t i = 0; i < n; i++) {
        program->wire_qpu[first + i] = qpu;
        program->wire_is_comm[first + i] = is_comm;
    }
    program->n_wires += n;
    *out_first_wire = first;
    return STATUS_OK;
}

enum status program_add_creg(struct program *program, uint32_t *out_first_bit, const char *name,
                             uint32_t n, bool is_output, bool is_scalar) {
    struct reg reg = {.name = name,
                      .first = program->n_bits,
                      .n = n,
                      .is_output = is_output,
                      .is_scalar = is_scalar};

    CHECK(n > 0 && n < OP_NO_BIT - program->n_bits && (n == 1 || !is_scalar));
    TRY(add_register(program, &program->cregs, &program->n_cregs, &program->cap_cregs, reg));
    *out_first_bit = program->n_bits;
    program->n_bits += n;
    return STATUS_OK;
}

enum status program_add_logical(struct program *program, bool is_out, const char *qubit,
                                uint32_t wire) {
    struct program_logical **list = is_out ? &program->out : &program->in;
    size_t *n = is_out ? &program->n_out : &program->n_in;
    size_t *cap = is_out ? &program->cap_out : &program->cap_in;
    const char *copy;

    CHECK(wire < program->n_wires);
    if (!is_printable_name(qubit)) {
        return log_error(STATUS_INPUT,
                         "logical qubit '%s': expected no quotes, '//' or control characters",
                         qubit);
    }
    TRY(vec_reserve(list, *n, cap, 1, sizeof **list));
    copy = arena_strdup(&program->arena, qubit);
    if (copy == NULL) {
        return STATUS_NOFIT;
    }
    (*list)[(*n)++] = (struct program_logical){.qubit = copy, .wire = wire};
    return STATUS_OK;
}

/* The op runs on a QPU, that of its wires. */
static bool has_place(enum op_kind kind) {
    switch (kind) {
    case OP_GATE:
    case OP_MEASURE:
    case OP_RESET:
    case OP_BARRIER:
    case OP_ALLOC:
    case OP_FREE:
    case OP_EBIT:
    case OP_NOISE:
    case OP_IDLE:
        return true;
    case OP_SEND:
    case OP_RECV:
    case OP_ASSIGN:
    case OP_CALL: /* placed by whoever makes them */
    case OP_IF:
    case OP_ELSE:
    case OP_WHILE:
    case OP_REPEAT:
    case OP_END:
    case OP_DETECTOR:
    case OP_OBSERVABLE:
    case OP_TICK:
    case OP_COORDS:
    case OP_SHIFT_COORDS:
    case OP_KIND_COUNT:
        break;
    }
    return false;
}

/* Under a condition the op makes the timeline or later control depend on data. */
static bool depends_under_condition(enum op_kind kind) {
    return kind == OP_EBIT || kind == OP_MEASURE || kind == OP_RESET || kind == OP_FREE ||
           kind == OP_SEND || kind == OP_RECV || kind == OP_ASSIGN;
}

enum status program_resolve(struct program *program) {
    struct op_list *list = &program->ops;
    size_t n_open_ifs = 0;

    program->is_data_dependent = false;
    for (size_t i = 0; i < list->n_ops; i++) {
        struct op *op = &list->ops[i];
        enum op_kind kind = (enum op_kind)op->kind;
        if (op->qpu == OP_NO_QPU && op->n_qubits > 0 && has_place(kind)) {
            op->qpu = program->wire_qpu[op_qubits(list, op)[0]];
        }
        if (kind == OP_IF) {
            n_open_ifs++;
        } else if (kind == OP_END) {
            const struct op *open = &list->ops[op->match];
            n_open_ifs -= open->kind == OP_IF ? 1 : 0;
        } else if (kind == OP_WHILE || (n_open_ifs > 0 && depends_under_condition(kind))) {
            program->is_data_dependent = true;
        }
    }
    TRY(order_ops(program));
    op_list_number_sites(list);
    return STATUS_OK;
}

const struct reg *register_find_name(const struct program *program, bool *out_is_bits,
                                     const char *name, size_t n) {
    uint32_t value;

    if (!names_find(&program->index->registers, &value, name, n)) {
        return NULL;
    }
    *out_is_bits = value & 1;
    return value & 1 ? &program->cregs[value / 2] : &program->qregs[value / 2];
}

const struct reg *register_find(const struct reg *regs, size_t n_regs, uint32_t i) {
    size_t low = 0, high = n_regs;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (regs[middle].first <= i) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return n_regs > 0 ? &regs[low] : NULL;
}

static const char *element_name(const struct reg *reg, uint32_t i, char *buffer, size_t n) {
    if (reg == NULL) {
        snprintf(buffer, n, "[%u]", i);
    } else if (reg->is_scalar) {
        snprintf(buffer, n, "%s", reg->name);
    } else {
        snprintf(buffer, n, "%s[%u]", reg->name, i - reg->first);
    }
    return buffer;
}

const char *program_wire_name(const struct program *program, uint32_t wire, char *buffer,
                              size_t n) {
    return element_name(register_find(program->qregs, program->n_qregs, wire), wire, buffer, n);
}

const char *program_bit_name(const struct program *program, uint32_t bit, char *buffer, size_t n) {
    return element_name(register_find(program->cregs, program->n_cregs, bit), bit, buffer, n);
}

static void add_element_name(struct text *out, const struct reg *reg, uint32_t i) {
    if (reg != NULL) {
        text_add(out, reg->name);
    }
    if (reg == NULL || !reg->is_scalar) {
        text_printf(out, "[%u]", i - (reg != NULL ? reg->first : 0));
    }
}

void program_add_wire_name(struct text *out, const struct program *program, uint32_t wire) {
    add_element_name(out, register_find(program->qregs, program->n_qregs, wire), wire);
}

void program_add_bit_name(struct text *out, const struct program *program, uint32_t bit) {
    add_element_name(out, register_find(program->cregs, program->n_cregs, bit), bit);
}

uint32_t program_find_qpu(const struct program *program, const char *name) {
    uint32_t qpu = OP_NO_QPU;

    names_find(&program->index->qpus, &qpu, name, strlen(name));
    return qpu;
}

enum status program_key_bits(const struct program *program, uint32_t **out_bits, size_t *out_n) {
    bool has_output = false;
    uint32_t *bits = mem_alloc(program->n_bits, sizeof *bits);
    size_t n = 0;

    if (bits == NULL) {
        return STATUS_NOFIT;
    }
    for (size_t i = 0; i < program->n_cregs; i++) {
        has_output = has_output || program->cregs[i].is_output;
    }
    for (size_t i = 0; i < program->n_cregs; i++) {
        const struct reg *reg = &program->cregs[i];
        bool is_key = has_output ? reg->is_output : !reg->is_local;
        for (uint32_t j = 0; is_key && j < reg->n; j++) {
            bits[n++] = reg->first + j;
        }
    }
    *out_bits = bits;
    *out_n = n;
    return STATUS_OK;
}
