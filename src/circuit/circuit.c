#include "circuit/circuit.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"

struct circuit *circuit_create(void) {
    return mem_alloc(1, sizeof(struct circuit));
}

void circuit_destroy(struct circuit *circuit) {
    if (circuit == NULL) {
        return;
    }
    names_fini(&circuit->qreg_names);
    names_fini(&circuit->creg_names);
    op_list_fini(&circuit->ops);
    mem_free(circuit->files);
    mem_free(circuit->qregs);
    mem_free(circuit->cregs);
    mem_free(circuit->placed_qpus);
    mem_free(circuit->placed_locs);
    mem_free(circuit->tags);
    arena_fini(&circuit->arena);
    mem_free(circuit);
}

struct src_loc circuit_loc(const struct circuit *circuit, const struct op *op) {
    const char *whole = circuit->n_files > 0 ? circuit->files[0] : "generated circuit";
    struct src_loc loc = {.file = whole, .line = op->line, .col = op->col};

    if (op->line > 0 && op->file < circuit->n_files) {
        loc.file = circuit->files[op->file];
    }
    return loc;
}

static const struct reg *find_reg(const struct names *names, const struct reg *regs,
                                  const char *name, size_t n) {
    uint32_t index;
    return names_find(names, &index, name, n) ? &regs[index] : NULL;
}

const struct reg *circuit_find_qreg(const struct circuit *circuit, const char *name, size_t n) {
    return find_reg(&circuit->qreg_names, circuit->qregs, name, n);
}

const struct reg *circuit_find_creg(const struct circuit *circuit, const char *name, size_t n) {
    return find_reg(&circuit->creg_names, circuit->cregs, name, n);
}

bool circuit_has_register(const struct circuit *circuit, const char *name) {
    return circuit_find_qreg(circuit, name, strlen(name)) != NULL ||
           circuit_find_creg(circuit, name, strlen(name)) != NULL;
}

static enum status check_reg(const struct circuit *circuit, const char *name, uint64_t n,
                             uint32_t n_before, const char *what, struct src_loc loc) {
    const struct reg *other = circuit_find_qreg(circuit, name, strlen(name));

    if (other == NULL) {
        other = circuit_find_creg(circuit, name, strlen(name));
    }
    if (other != NULL) {
        return log_error_at(STATUS_INPUT, loc, "'%.48s' is declared twice; first in line %u", name,
                            other->loc.line);
    }
    if (n == 0) {
        return log_error_at(STATUS_INPUT, loc, "register '%.48s' has no %ss; expected at least one",
                            name, what);
    }
    if (n > CIRCUIT_MAX_QUBITS - n_before) {
        return log_error_at(
            STATUS_NOFIT, loc,
            "register '%.48s' of %llu %ss, after %u others: at most %d are possible", name,
            (unsigned long long)n, what, n_before, (int)CIRCUIT_MAX_QUBITS);
    }
    return STATUS_OK;
}

/* Room and name for one more register; the caller appends it. */
static enum status make_reg(struct circuit *circuit, struct reg *out_reg, const char *name,
                            uint64_t n, uint32_t first, struct src_loc loc) {
    const char *copy = arena_strdup(&circuit->arena, name);

    if (copy == NULL) {
        return STATUS_NOFIT;
    }
    *out_reg = (struct reg){.name = copy, .first = first, .n = (uint32_t)n, .loc = loc};
    return STATUS_OK;
}

enum status circuit_add_qreg(struct circuit *circuit, const char *name, uint64_t n,
                             struct src_loc loc) {
    struct reg reg;

    TRY(check_reg(circuit, name, n, circuit->n_qubits, "qubit", loc));
    TRY(make_reg(circuit, &reg, name, n, circuit->n_qubits, loc));
    TRY(vec_reserve(&circuit->qregs, circuit->n_qregs, &circuit->cap_qregs, 1,
                    sizeof *circuit->qregs));
    TRY(names_add(&circuit->qreg_names, reg.name, strlen(name), u32_from_size(circuit->n_qregs)));
    circuit->qregs[circuit->n_qregs++] = reg;
    circuit->n_qubits += reg.n;
    return STATUS_OK;
}

enum status circuit_add_creg(struct circuit *circuit, const char *name, uint64_t n,
                             struct src_loc loc) {
    struct reg reg;

    TRY(check_reg(circuit, name, n, circuit->n_bits, "bit", loc));
    TRY(make_reg(circuit, &reg, name, n, circuit->n_bits, loc));
    TRY(vec_reserve(&circuit->cregs, circuit->n_cregs, &circuit->cap_cregs, 1,
                    sizeof *circuit->cregs));
    TRY(names_add(&circuit->creg_names, reg.name, strlen(name), u32_from_size(circuit->n_cregs)));
    circuit->cregs[circuit->n_cregs++] = reg;
    circuit->n_bits += reg.n;
    return STATUS_OK;
}

static const struct reg *reg_of(const struct reg *regs, size_t n_regs, uint32_t index) {
    size_t low = 0, high = n_regs; /* regs[low].first <= index */

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (regs[middle].first <= index) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return &regs[low];
}

const struct reg *circuit_qreg_of(const struct circuit *circuit, uint32_t qb) {
    CHECK(qb < circuit->n_qubits);
    return reg_of(circuit->qregs, circuit->n_qregs, qb);
}

const struct reg *circuit_creg_of(const struct circuit *circuit, uint32_t bit) {
    CHECK(bit < circuit->n_bits);
    return reg_of(circuit->cregs, circuit->n_cregs, bit);
}

const char *circuit_qubit_name(const struct circuit *circuit, uint32_t qb, char *buffer, size_t n) {
    const struct reg *reg = circuit_qreg_of(circuit, qb);

    snprintf(buffer, n, "%s[%u]", reg->name,
             circuit->labels == NULL ? qb - reg->first : circuit->labels[qb]);
    return buffer;
}

void circuit_add_qubit_name(struct text *out, const struct circuit *circuit, uint32_t qb) {
    const struct reg *reg = circuit_qreg_of(circuit, qb);

    text_printf(out, "%s[%u]", reg->name,
                circuit->labels == NULL ? qb - reg->first : circuit->labels[qb]);
}

enum status circuit_measure_all(struct circuit *circuit) {
    struct src_loc nowhere = {.file = "(made)"};
    char name[32] = "meas";
    uint32_t first_bit = circuit->n_bits;

    for (unsigned i = 0; circuit_find_qreg(circuit, name, strlen(name)) != NULL ||
                         circuit_find_creg(circuit, name, strlen(name)) != NULL;
         i++) {
        snprintf(name, sizeof name, "meas%u", i);
    }
    if (circuit->n_qubits == 0) {
        return STATUS_OK;
    }
    TRY(circuit_add_creg(circuit, name, circuit->n_qubits, nowhere));
    for (uint32_t qb = 0; qb < circuit->n_qubits; qb++) {
        struct op *op;
        TRY(op_list_add(&circuit->ops, &op, OP_MEASURE, &qb, 1, NULL, 0, nowhere));
        op->bit = first_bit + qb;
    }
    circuit->measures = true;
    return STATUS_OK;
}

struct circuit_limits circuit_fill_limits(const struct circuit_limits *limits) {
    struct circuit_limits all = limits == NULL ? (struct circuit_limits){0} : *limits;

    if (all.max_qubits == 0 || all.max_qubits > CIRCUIT_MAX_QUBITS) {
        all.max_qubits = CIRCUIT_MAX_QUBITS;
    }
    if (all.max_ops == 0 || all.max_ops > UINT32_MAX) {
        all.max_ops = all.max_ops == 0 ? UINT64_C(1) << 28 : UINT32_MAX;
    }
    all.max_file_bytes = all.max_file_bytes == 0 ? UINT64_C(1) << 31 : all.max_file_bytes;
    return all;
}

enum status circuit_add_placed_qpu(struct circuit *circuit, const char *name, size_t n,
                                   struct src_loc loc) {
    const size_t index = circuit->n_placed_qpus;
    const char *copy = arena_strndup(&circuit->arena, name, n);
    TRY(vec_reserve(&circuit->placed_qpus, index, &circuit->cap_placed_qpus, 1,
                    sizeof *circuit->placed_qpus));
    TRY(vec_reserve(&circuit->placed_locs, index, &circuit->cap_placed_locs, 1,
                    sizeof *circuit->placed_locs));
    if (loc.file != NULL && index > 0 && circuit->placed_locs[index - 1].file != NULL &&
        strcmp(circuit->placed_locs[index - 1].file, loc.file) == 0) {
        loc.file = circuit->placed_locs[index - 1].file;
    } else if (loc.file != NULL) {
        loc.file = arena_strdup(&circuit->arena, loc.file);
    }
    if (copy == NULL) {
        return STATUS_NOFIT;
    }
    circuit->placed_qpus[index] = copy;
    circuit->placed_locs[index] = loc;
    circuit->n_placed_qpus++;
    return STATUS_OK;
}
