/* Gates that an OpenQASM 2 text may call: those of the table that are in scope, and definitions.
 *
 * A definition is kept as it was written: calls of table gates and of earlier definitions.
 * Expansion walks them with a stack of its own, so that depth of definitions costs heap and not
 * stack, and its size is known beforehand. A definition that equals the table's gate of its name is
 * not kept at all. */
#ifndef QSPAN_CIRCUIT_QASM2_LIBRARY_H
#define QSPAN_CIRCUIT_QASM2_LIBRARY_H

#include "circuit/angle.h"
#include "circuit/names.h"
#include "gate/op.h"

enum qasm2_symbol_kind { QASM2_TABLE, QASM2_DEFINED, QASM2_OPAQUE };

struct qasm2_symbol {
    enum qasm2_symbol_kind kind;
    uint32_t index; /* enum gate_id, or definition */
    size_t n_params, n_qubits;
    const char *name;
    struct src_loc loc; /* file NULL: built in or from qelib1.inc */
};

/* What an expansion appends, and the steps it takes; saturates at UINT64_MAX. */
struct qasm2_cost {
    uint64_t n_ops, n_qubits, n_params, n_steps;
};

enum qasm2_call_kind { QASM2_CALL_GATE, QASM2_CALL_DEFINED, QASM2_CALL_BARRIER };

struct qasm2_call {
    enum qasm2_call_kind kind;
    uint32_t index;           /* enum gate_id, or definition */
    size_t formal0, n_qubits; /* in library.formals: indices of the definition's qubits */
    size_t code0, n_params;   /* in library.codes */
};

struct qasm2_definition {
    const char *name;
    struct src_loc loc;
    size_t n_params, n_qubits;
    size_t call0, n_calls; /* in library.calls */
    struct qasm2_cost cost;
};

/* Zero-initialise. Names are borrowed. */
struct qasm2_library {
    struct names names; /* to symbols */
    struct qasm2_symbol *symbols;
    size_t n_symbols, cap_symbols;
    struct qasm2_definition *definitions;
    size_t n_definitions, cap_definitions;
    struct qasm2_call *calls;
    size_t n_calls, cap_calls;
    uint32_t *formals;
    size_t n_formals, cap_formals;
    struct angle_code *codes;
    size_t n_codes, cap_codes;
    struct angle_pool angles;
    /* Scratch of expansions. */
    struct qasm2_frame *frames;
    size_t n_frames, cap_frames;
    uint32_t *qubits;
    size_t n_qubits, cap_qubits;
    double *params;
    size_t n_params, cap_params;
    double *stack;
    size_t cap_stack;
};
void qasm2_library_fini(struct qasm2_library *library);

/* NULL: unknown. Borrowed until the next change. */
struct qasm2_symbol *qasm2_library_find(const struct qasm2_library *library, const char *name,
                                        size_t n);
/* Adds the symbol, or puts it in the place of one with its name. */
enum status qasm2_library_put(struct qasm2_library *library, struct qasm2_symbol symbol);
/* A symbol that means something else than the gate of qelib1.inc of its name; NULL: none. Borrowed.
 */
const struct qasm2_symbol *qasm2_library_find_clash(const struct qasm2_library *library);
/* All gates of qelib1.inc; names already there keep their meaning. */
enum status qasm2_library_include_qelib1(struct qasm2_library *library);

struct qasm2_cost qasm2_cost_add(struct qasm2_cost a, struct qasm2_cost b);
struct qasm2_cost qasm2_cost_times(struct qasm2_cost a, uint64_t n);
/* Of one call of the symbol. */
struct qasm2_cost qasm2_library_cost(const struct qasm2_library *library,
                                     const struct qasm2_symbol *symbol);
/* Appends a call to the last definition: of the symbol, or of barrier (NULL). Its formals and codes
 * are the last n_qubits and n_params of their pools. Calls that do nothing are dropped. */
enum status qasm2_library_add_call(struct qasm2_library *library, const struct qasm2_symbol *symbol,
                                   size_t n_qubits, size_t n_params);

/* Parameters within the range that gates of the table take. Errors: STATUS_INPUT, logged unless
 * quiet. */
enum status qasm2_check_angles(enum gate_id gate, const double *params, struct src_loc loc,
                               bool quiet);
/* Appends one call of a definition to `list`, all ops placed at loc of files[file].
 * Errors: an angle that is not finite (STATUS_INPUT, logged unless quiet). */
enum status qasm2_library_expand(struct qasm2_library *library, struct op_list *list,
                                 uint32_t definition, const double *params, const uint32_t *qubits,
                                 struct src_loc loc, uint32_t file, bool quiet);
/* The definition's unitary is the gate's, for a few parameters that stand for all, up to a global
 * phase. False also for long definitions. */
enum status qasm2_library_equals(struct qasm2_library *library, bool *out_equal,
                                 uint32_t definition, enum gate_id gate);

#endif
