/* A distributed program: QPUs, their wires, and ops of which each belongs to one QPU (EBIT to two).
 *
 * Ops stand in text order. Statements of one QPU run in text order; only ebits and bits order
 * different QPUs. The text form is OpenQASM 3 with qnu.inc and `pragma qspan` lines
 * (docs/program.md). */
#ifndef QSPAN_PROGRAM_PROGRAM_H
#define QSPAN_PROGRAM_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/text.h"
#include "circuit/circuit.h"
#include "gate/op.h"

struct program_qpu {
    const char *name;
    uint32_t *data, *comm; /* wires */
    size_t n_data, cap_data, n_comm, cap_comm;
    struct src_loc loc;
};
struct program_logical {
    const char *qubit; /* the circuit's name of it, "q[0]" */
    uint32_t wire;
    struct src_loc loc;
};
struct program {
    struct arena arena;
    const char **files;
    size_t n_files, cap_files;
    struct reg *qregs, *cregs;
    size_t n_qregs, cap_qregs, n_cregs, cap_cregs;
    uint32_t n_wires, n_bits;
    struct program_qpu *qpus;
    size_t n_qpus, cap_qpus;
    uint32_t *wire_qpu; /* n_wires; OP_NO_QPU: not placed (refused by the checker if used) */
    bool *wire_is_comm; /* n_wires */
    /* Where the circuit's qubits are, at the start and at the end. One that is only in `in` is
     * used up, one only in `out` is made. */
    struct program_logical *in, *out;
    size_t n_in, cap_in, n_out, cap_out;
    struct op_list ops; /* op.qpu set for every op but block markers, TICK and the like */
    /* WHILE, or IF holding EBIT, MEASURE, RESET, FREE, SEND, RECV or ASSIGN (contract 2 of
     * docs/design.md); by program_resolve. */
    bool is_data_dependent;
    const char *distribute;      /* "simple", or "hand" for a program that was written */
    bool is_fused;               /* packets run without comm qubits where they can (packets.h) */
    bool has_machine_errors;     /* NOISE holds what a machine's operations add: none adds more */
    struct program_index *index; /* registers and QPUs by name; kept by the functions below */
};

struct program *program_create(void); /* NULL (logged) without memory */
void program_destroy(struct program *program);
struct src_loc program_loc(const struct program *program, const struct op *op);

/* Building (the distributor): a QPU, then its registers; wires are numbered in order of
 * declaration. A register whose name is taken, or is a word of OpenQASM 3, a gate or a def of
 * qnu.inc, gets underscores appended; names that the text form cannot carry (a register that is no
 * identifier, a QPU or logical qubit with a quote or control character) are STATUS_INPUT. */
enum status program_add_qpu(struct program *program, uint32_t *out_qpu, const char *name);
enum status program_add_qreg(struct program *program, uint32_t *out_first_wire, const char *name,
                             uint32_t n, uint32_t qpu, bool is_comm);
enum status program_add_creg(struct program *program, uint32_t *out_first_bit, const char *name,
                             uint32_t n, bool is_output, bool is_scalar);
enum status program_add_logical(struct program *program, bool is_out, const char *qubit,
                                uint32_t wire);
/* After the ops are in: sets op.qpu where missing from the op's wires (an op across QPUs keeps the
 * QPU of its first wire: the checker refuses it), moves ops where a receive stands before its send
 * (program/order.h), numbers the random sites, sets is_data_dependent. */
enum status program_resolve(struct program *program);

/* For messages: cut off where it does not fit. */
const char *program_wire_name(const struct program *program, uint32_t wire, char *buffer, size_t n);
const char *program_bit_name(const struct program *program, uint32_t bit, char *buffer, size_t n);
/* The same, whole, appended. */
void program_add_wire_name(struct text *out, const struct program *program, uint32_t wire);
void program_add_bit_name(struct text *out, const struct program *program, uint32_t bit);
uint32_t program_find_qpu(const struct program *program, const char *name); /* OP_NO_QPU: none */
/* The key of counts: bits of `output` registers if there are any, else all bits but those of
 * inlined defs, in order of declaration. *out_bits (mem_free it) has *out_n entries; the key's
 * rightmost character is entry 0. */
enum status program_key_bits(const struct program *program, uint32_t **out_bits, size_t *out_n);

/* Text form. Errors name file:line:column, the offending text and what was expected. */
enum status program_read_text(struct program **out_program, const char *name, const char *text,
                              size_t n, const struct circuit_limits *limits);
enum status program_print(struct text *out, const struct program *program);
/* Is this text a program (OpenQASM 3 with a `pragma qspan qpu`) rather than a circuit? */
bool program_is_program_text(const char *text, size_t n);

/* Static checks: every multi-qubit op on wires of one QPU; EBIT on comm wires of two QPUs; a bit
 * used only after a measurement that may have written it (of a register that is compared as a
 * whole, one bit: the others are 0 until written); every comm wire closed (measured, reset
 * or freed) before its next EBIT and at the end; both halves of an ebit used (half an ebit: one end
 * never touched or closed); data wires never in an EBIT; wires placed; blocks leave comm wires as
 * they found them on every path; sends and receives matched and without wait-for cycles; logical
 * in/out on data wires, each qubit once. All findings are logged (up to 20), then STATUS_INPUT. */
struct program_check {
    uint32_t n_errors;
    uint64_t n_ebits, n_bits_sent, n_local_gates, n_measurements; /* static, loops counted once */
    uint32_t *peak_comm; /* per QPU; mem_free it with program_check_fini */
};
enum status program_check(struct program_check *out_check, const struct program *program);
void program_check_fini(struct program_check *check);

/* Calls visit(ctx, op index, bit, from QPU, to QPU) once for each message: a bit used on another
 * QPU than the one that wrote it last, at its first use there after that write (contract 6). Text
 * order; loop bodies once. A bit that several places may have written is sent by each.
 *
 * A use is what an ASSIGN reads, and the condition of an IF or WHILE, by each QPU that has an op in
 * the block; messages of
 * one op: bits in ascending order, then QPUs as they appear in the block. A value is sent at its
 * birth: a use in one branch serves later ones, also in other branches. After an IF that may have
 * written a bit, only QPUs that had it in both branches have it. At the head of a loop, each bit
 * that the body writes counts as new, written before or in a round; WHILE reads its condition again
 * at the end, and leaves the loop with what it read. Cost: near-linear in ops, times the depth of
 * blocks. */
typedef void program_message_visit(void *ctx, size_t op_index, uint32_t bit, uint32_t from_qpu,
                                   uint32_t to_qpu);
enum status program_visit_messages(const struct program *program, program_message_visit *visit,
                                   void *ctx);
/* As program_visit_messages, for each place where a QPU may have to wait for the bit: a bit first
 * used in a branch or a while is visited again after it where that way may not have been taken.
 * Without such blocks the two are the same. */
enum status program_visit_receptions(const struct program *program, program_message_visit *visit,
                                     void *ctx);

#endif
