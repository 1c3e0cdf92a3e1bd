/* A circuit: registers, ops, and where its qubits should live, as read from OpenQASM. */
#ifndef QSPAN_CIRCUIT_CIRCUIT_H
#define QSPAN_CIRCUIT_CIRCUIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/text.h"
#include "circuit/names.h"
#include "gate/op.h"

/* Qubits (or bits) first .. first+n-1. Names are owned by the circuit. */
struct reg {
    const char *name;
    uint32_t first, n;
    bool is_output; /* bits: part of the key of counts */
    bool is_scalar; /* declared without a size: printed as `m`, not `m[0]` */
    bool is_local;  /* bits: of an inlined def or a variable, never part of the key of counts */
    struct src_loc loc;
};

struct circuit {
    struct arena arena;
    const char **files; /* names that op.file indexes */
    size_t n_files, cap_files;
    struct reg *qregs, *cregs;
    size_t n_qregs, cap_qregs, n_cregs, cap_cregs;
    struct names qreg_names, creg_names; /* to indices of qregs, cregs */
    uint32_t n_qubits, n_bits;
    /* GATE, MEASURE, RESET, BARRIER, ASSIGN, IF, ELSE, WHILE, REPEAT, END (other kinds: from other
     * languages) */
    struct op_list ops;
    /* Placement comments `// qspan qpu A a[0:9] b[1]` before the first gate: QPU names in order of
     * appearance, and for each qubit its index or OP_NO_QPU. n_placed_qpus = 0: none given. */
    const char **placed_qpus;
    size_t n_placed_qpus, cap_placed_qpus;
    struct src_loc *placed_locs; /* where each is first named; file NULL: made */
    size_t cap_placed_locs;
    uint32_t *placement; /* n_qubits entries when n_placed_qpus > 0; in the arena */
    /* Stim's language: what its text calls each qubit, ascending (NULL: 0, 1, 2 ...; in the arena),
     * and the tags of its instructions, escapes as they stand. */
    uint32_t *labels;
    const char **tags;
    size_t n_tags, cap_tags;
    bool measures; /* has a MEASURE */
};

/* Zeroed circuit with an empty op list; NULL (logged) without memory. */
struct circuit *circuit_create(void);
void circuit_destroy(struct circuit *circuit);

struct src_loc circuit_loc(const struct circuit *circuit, const struct op *op);
/* Appends a register; names must be unique and n at least 1 (checked, STATUS_INPUT at loc), and
 * there are at most 2^26 qubits and 2^26 bits (STATUS_NOFIT). */
enum status circuit_add_qreg(struct circuit *circuit, const char *name, uint64_t n,
                             struct src_loc loc);
enum status circuit_add_creg(struct circuit *circuit, const char *name, uint64_t n,
                             struct src_loc loc);
/* Appends a QPU to those that the circuit is placed on. The name and the file's are copied. */
enum status circuit_add_placed_qpu(struct circuit *circuit, const char *name, size_t n,
                                   struct src_loc loc);
/* The register of that name (n bytes), NULL: none. */
const struct reg *circuit_find_qreg(const struct circuit *circuit, const char *name, size_t n);
const struct reg *circuit_find_creg(const struct circuit *circuit, const char *name, size_t n);
/* Of qubits or bits. */
bool circuit_has_register(const struct circuit *circuit, const char *name);
/* The register that a qubit or bit belongs to. Cost: log of the number of registers. */
const struct reg *circuit_qreg_of(const struct circuit *circuit, uint32_t qb);
const struct reg *circuit_creg_of(const struct circuit *circuit, uint32_t bit);
/* "a[3]"; with labels the label instead of the index. For messages: cut off where it does not fit.
 */
const char *circuit_qubit_name(const struct circuit *circuit, uint32_t qb, char *buffer, size_t n);
/* The same, whole, appended. */
void circuit_add_qubit_name(struct text *out, const struct circuit *circuit, uint32_t qb);
/* Declares creg `meas` and measures every qubit in order: what a circuit without measurement means.
 */
enum status circuit_measure_all(struct circuit *circuit);

/* Limits on what a file may expand to; 0 = default. */
enum { CIRCUIT_MAX_QUBITS = 1 << 26 };
enum circuit_dialect { CIRCUIT_STANDARD, CIRCUIT_BRAKET };
struct circuit_limits {
    uint64_t max_qubits;     /* CIRCUIT_MAX_QUBITS */
    uint64_t max_ops;        /* 2^28 */
    uint64_t max_file_bytes; /* 2^31 */
    bool strict;             /* refuse what the standard refuses, e.g. a missing version line */
    enum circuit_dialect dialect; /* of OpenQASM 3 */
    const char *const *params;    /* values of `input` variables of OpenQASM 3: "NAME=VALUE" */
    size_t n_params;
};
/* The limits with defaults filled in; NULL: all defaults. */
struct circuit_limits circuit_fill_limits(const struct circuit_limits *limits);

/* A file ("-" = stdin) or text in OpenQASM 2 or 3, or in Stim's language. A name that ends in .stim
 * says Stim. OpenQASM is that of the version line. Without one, a text whose first line is an
 * instruction of Stim (stim_is_text) is Stim's; else it is OpenQASM 3 if a word or sign comes that
 * only OpenQASM 3 has (qubit, bit, def, ctrl, @, stdgates.inc, `= measure` ...), else OpenQASM 2.
 * name: for messages, and includes are relative to its folder. Errors: those of qasm2_read_text,
 * qasm3_read_text and stim_read_text. */
enum circuit_language { CIRCUIT_QASM2, CIRCUIT_QASM3, CIRCUIT_STIM };
enum circuit_language circuit_detect(const char *text, size_t n);
enum status circuit_read_file(struct circuit **out_circuit, const char *path,
                              const struct circuit_limits *limits);
enum status circuit_read_text(struct circuit **out_circuit, const char *name, const char *text,
                              size_t n, const struct circuit_limits *limits);

/* OpenQASM 2.0 from a text (name for messages, includes relative to its folder). Custom gates
 * expand to gates of the table. Errors are logged as file:line:column with the offending text and
 * what was expected: STATUS_INPUT; too many qubits or ops: STATUS_NOFIT. */
enum status qasm2_read_text(struct circuit **out_circuit, const char *name, const char *text,
                            size_t n, const struct circuit_limits *limits);
/* OpenQASM 2.0 text that reads back as the same circuit. What the language cannot say is refused.
 */
enum status qasm2_print(struct text *out, const struct circuit *circuit);

/* OpenQASM 3.0 and 3.1 (docs/openqasm3.md says what of it). Classical values that are known while
 * reading are computed; loops and branches on them are written out; those that depend on measured
 * bits become bits (OP_ASSIGN) and markers. Errors as for OpenQASM 2; a feature that is not
 * supported is named. Cost: one pass; a statement at a time. */
enum status qasm3_read_text(struct circuit **out_circuit, const char *name, const char *text,
                            size_t n, const struct circuit_limits *limits);
/* OpenQASM 3.0 text that reads back as the same circuit: registers, placement, ops and conditions.
 * `pragma qspan verbatim` in it keeps the reader from computing what conditions on bits are known
 * to be; bits of no register of the source are marked `@qspan.local`. A register whose name means
 * something in OpenQASM 3 gets underscores, with a warning. What the language cannot say is refused
 * with its place. */
enum status qasm3_print(struct text *out, const struct circuit *circuit);

/* Stim's language (docs/stim.md). Qubits are renumbered in
 * ascending order of their labels and form register q. The record is register rec: one bit for each
 * result that the text names, in text order, so a result inside REPEAT has one bit for all rounds;
 * DETECTOR, OBSERVABLE and feedback (IF around a Pauli) refer to results by EXPR_REC, counted back
 * while running. Other spellings of a gate become one (XCZ a b: CX b a); SPP becomes gates; a
 * product of Paulis is multiplied out. T, T_DAG, R_X ... R_ZZ and U3 (angles in half turns) are
 * read unless strict. Errors: STATUS_INPUT at file:line:column; too many qubits, results or ops:
 * STATUS_NOFIT. */
enum status stim_read_text(struct circuit **out_circuit, const char *name, const char *text,
                           size_t n, const struct circuit_limits *limits);
/* The first line that is no comment begins with the name of an instruction and goes on with a
 * target of Stim's, not of OpenQASM. */
bool stim_is_text(const char *text, size_t n);
/* Stim text that reads back as the same circuit (positions aside). A circuit of another language:
 * measurements must write its bits in ascending order, each once, which is what a record is.
 * What the language cannot say is refused. */
enum status stim_print(struct text *out, const struct circuit *circuit);
/* The same circuit in plain ops, for programs: results inverted or followed by a reset, bases of
 * resets and references to the record are spelt out, REPEAT is unrolled (up to 2^20 ops more than
 * the list has), rec has a bit for every result, a chain of correlated errors on at most two qubits
 * becomes one channel; annotations are left out. Refused with the place (STATUS_INPUT): sweep bits.
 */
enum status stim_lower(struct circuit **out_circuit, const struct circuit *circuit);
/* The circuit is of Stim's language and has ops or trees that stim_lower takes away. */
bool stim_needs_lowering(const struct circuit *circuit);
/* stim_lower in place, where it is needed; on failure the circuit is as it was. */
enum status stim_spell_out(struct circuit **inout_circuit);

#endif
