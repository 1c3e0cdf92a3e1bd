/* The state of the OpenQASM 3 reader, shared by its files:
 *
 *   qasm3_parse.c, qasm3_expression.c   tokens -> syntax tree (qasm3_ast.h)
 *   qasm3_scope.c                       what names mean
 *   qasm3_value.c, qasm3_operate.c      values: known ones are folded, others are bits
 *   qasm3_eval.c                        expressions -> values
 *   qasm3_operand.c                     operands -> lists of qubits or bits
 *   qasm3_gate.c, qasm3_unitary.c       gate calls, modifiers, decompositions
 *   qasm3_statement.c, qasm3_flow.c     statements -> ops of the circuit
 *   qasm3_read.c                        the file
 *
 * Classical values that are known while reading stay numbers. What depends on measured bits is a
 * vector of literals: constants or condition trees (enum expr_kind) over bits of the circuit.
 * Variables that hold such values live in hidden bit registers, written by OP_ASSIGN. */
#ifndef QSPAN_CIRCUIT_QASM3_INTERNAL_H
#define QSPAN_CIRCUIT_QASM3_INTERNAL_H

#include "circuit/circuit.h"
#include "circuit/placement.h"
#include "circuit/qasm3_ast.h"
#include "circuit/sources.h"

enum {
    QASM3_MAX_CALLS = 64,          /* subroutines and gates within each other */
    QASM3_MAX_LEVELS = 2000,       /* statements and expressions within each other */
    QASM3_MAX_EXPANSION = 1 << 20, /* gates that one call expands to */
    QASM3_MAX_ROUNDS = 1 << 20,    /* of one loop whose rounds are written out */
    QASM3_MAX_REPEATS = 1 << 26,   /* rounds of loops that become REPEAT, multiplied */
    QASM3_MAX_STEPS = 1 << 24,     /* statements that only compute */
    QASM3_MAX_BLOCKS = 1 << 14,    /* run-time blocks within each other: arms of one chain too */
    QASM3_DEFAULT_WIDTH = 32,      /* of int and uint */
    QASM3_MAX_WIDTH = 64,          /* of int, uint and angle */
    QASM3_REPEAT_FROM = 16,        /* rounds from which a loop may become REPEAT */
};

/* A literal: 0 and 1 are constants, others 2 + index of a condition tree. */
#define QASM3_FALSE UINT32_C(0)
#define QASM3_TRUE UINT32_C(1)
#define QASM3_UNKNOWN UINT8_C(2)

/* factor if the literal is 1 */
struct qasm3_term {
    double factor;
    uint32_t lit;
};

struct qasm3_value {
    enum qasm3_type_kind kind;
    uint32_t width;  /* bits of BOOL (1), BIT, INT, UINT, ANGLE */
    bool is_literal; /* an integer without a type of its own */
    bool is_scalar;  /* `bit`, not `bit[1]` */
    uint64_t bits;   /* known BOOL, BIT, INT (two's complement in 64 bits), UINT: lits is NULL */
    double real;     /* FLOAT, ANGLE (radians), DURATION (seconds): the known part */
    uint32_t *lits;  /* width literals, lowest first; in p->ast */
    struct qasm3_term *terms; /* FLOAT: real + sum of terms */
    size_t n_terms;
};

/* Qubits or bits: first .. first+n-1, or items. */
struct qasm3_list {
    uint32_t first, n;
    const uint32_t *items;
    bool is_single; /* one index, or declared without a size */
};
static inline uint32_t qasm3_item(const struct qasm3_list *list, uint32_t i) {
    return list->items != NULL ? list->items[i] : list->first + i;
}

enum qasm3_decl_kind {
    QASM3_D_VALUE,  /* const, formal of a gate, loop variable that is known */
    QASM3_D_VAR,    /* type; value while known, bits otherwise */
    QASM3_D_QUBITS, /* register, alias or formal */
    QASM3_D_GATE,
    QASM3_D_DEF,
    QASM3_D_STRETCH,
};

struct qasm3_decl {
    enum qasm3_decl_kind kind;
    uint32_t sym, frame; /* frame: of the call it belongs to; 0: global */
    struct src_loc loc;
    struct qasm3_value value; /* D_VALUE; D_VAR: type, and the value unless is_stored */
    struct qasm3_list list;   /* D_QUBITS; D_VAR: its bits, once it has any */
    bool has_bits, is_stored; /* is_stored: the bits hold the value */
    bool is_register;         /* a bit register of the program or an output: always stored */
    bool is_busy;             /* D_DEF, D_GATE: being called */
    uint32_t n_pinned;        /* blocks under run-time conditions that assign it */
    struct qasm3_node *node;  /* D_GATE, D_DEF */
    enum gate_id gate;        /* D_GATE: the gate of the table that it defines; GATE_NONE: none */
    struct qasm3_decl *shadowed, *scope_next;
};

struct qasm3_symbol {
    const char *name;
    size_t n;
    struct qasm3_decl *decl;
};

/* What break, continue, return and end leave. skip: the rest of the statements in the frame is
 * skipped; stop: no further round. Bits are OP_NO_BIT until a jump that depends on bits needs them.
 */
enum qasm3_jump_kind { QASM3_J_FILE, QASM3_J_CALL, QASM3_J_LOOP };
struct qasm3_jump {
    enum qasm3_jump_kind kind;
    uint32_t skip_bit, stop_bit;
    bool may_skip, may_stop;   /* the bit may be set now */
    struct qasm3_decl *result; /* J_CALL: variable for the value returned; NULL: none */
    uint32_t depth;            /* n_conditions when it began */
};

/* A gate of the table or a phase, with controls, waiting to be written. */
struct qasm3_prim {
    uint32_t gate; /* enum gate_id; GATE_NONE: a global phase params[0] */
    uint32_t n_controls, n_targets;
    size_t qubit0; /* in p->prim_qubits: controls, then targets */
    double params[GATE_MAX_PARAMS];
    double phase; /* beyond the gate's unitary */
};
#define QASM3_NEGATIVE (UINT32_C(1) << 31) /* in prim_qubits: control on 0 */

struct qasm3_known {
    uint32_t bit;
    uint8_t old;
};

struct qasm3 {
    struct circuit *circuit;
    struct circuit_limits limits;
    bool *is_param_read; /* of each of limits.params */
    struct lexer lexer;
    struct arena arena;   /* names, declarations, bodies */
    struct arena scratch; /* of some top-level statements */
    struct arena *ast;    /* where nodes go now */
    uint32_t depth;       /* of the parser */
    struct names symbol_names;
    struct qasm3_symbol *symbols;
    size_t n_symbols, cap_symbols;
    struct sources sources;
    bool has_stdgates, has_qelib1, is_braket;
    uint32_t warned;      /* bit per enum qasm3_warning */
    uint64_t *label_list; /* of physical qubits, ascending */
    size_t n_labels, cap_labels;
    uint32_t physical_first;
    bool has_physical, has_virtual;
    /* scopes */
    struct qasm3_decl **scopes;
    size_t n_scopes, cap_scopes;
    uint32_t frame, n_frames;
    /* carrying out */
    uint32_t file; /* of the statement */
    struct src_loc loc;
    uint32_t n_conditions, n_loops; /* run-time blocks, and run-time loops, around here */
    uint32_t n_nested, n_calls;
    uint64_t n_steps;
    uint64_t n_repeats; /* rounds of the REPEATs around here, multiplied */
    bool in_gate;
    bool is_verbatim;   /* nothing is known of bits: conditions and assignments stay as written */
    bool is_next_local; /* the next declaration of bits is of no register of the program */
    struct qasm3_jump *jumps;
    size_t n_jumps, cap_jumps;
    uint8_t *known; /* what is known of each bit of the circuit: 0, 1, QASM3_UNKNOWN */
    size_t n_known, cap_known;
    struct qasm3_known *journal;
    size_t n_journal, cap_journal;
    uint32_t *bit_exprs; /* node of each bit, 0: none yet (else 1 + index) */
    size_t n_bit_exprs, cap_bit_exprs;
    uint32_t n_hidden;
    /* gates */
    struct qasm3_prim *prims;
    size_t n_prims, cap_prims;
    uint32_t *prim_qubits;
    size_t n_prim_qubits, cap_prim_qubits;
    /* placement */
    struct placements placements;
};

/* Things that are taken leniently, with a warning in the first place where they come. */
enum qasm3_warning {
    QASM3_WARNED_GATES,
    QASM3_WARNED_PHYSICAL,
    QASM3_WARNED_COUNTER,
    QASM3_WARNED_CASE,
};
/* At the current token. */
void qasm3_warn_once(struct qasm3 *p, enum qasm3_warning which, const char *text);

#define qasm3_fail(node, ...) log_error_at(STATUS_INPUT, (node)->loc, __VA_ARGS__)
void *qasm3_alloc(struct qasm3 *p, size_t n, size_t size); /* in scratch; NULL logged */

/* ---- scopes ---- */
enum status qasm3_push_scope(struct qasm3 *p);
void qasm3_pop_scope(struct qasm3 *p);
/* The body of a def or gate has a scope and a frame of its own; what the caller goes on with. */
struct qasm3_return {
    struct src_loc loc;
    uint32_t frame, file;
};
enum status qasm3_enter_body(struct qasm3 *p, struct qasm3_return *out_caller,
                             struct qasm3_decl *body);
void qasm3_leave_body(struct qasm3 *p, const struct qasm3_return *caller, struct qasm3_decl *body);
/* Declares in the innermost scope; a name twice in one scope is refused. */
enum status qasm3_declare(struct qasm3 *p, struct qasm3_decl **out_decl, uint32_t sym,
                          enum qasm3_decl_kind kind, struct src_loc loc);
/* NULL: not visible. */
struct qasm3_decl *qasm3_lookup(const struct qasm3 *p, uint32_t sym);
const char *qasm3_name(const struct qasm3 *p, uint32_t sym);

/* ---- bits of the circuit ---- */
/* From here on nothing is taken as known of any bit. */
void qasm3_set_verbatim(struct qasm3 *p);
/* A register of n bits; `name` need not be free; is_local: never part of the counts. */
enum status qasm3_add_bits(struct qasm3 *p, struct qasm3_list *out_list, const char *name,
                           uint32_t n, bool is_local, struct src_loc loc);
enum status qasm3_new_bit(struct qasm3 *p, uint32_t *out_bit);
enum status qasm3_note_known(struct qasm3 *p, uint32_t bit, uint8_t known);
/* bit = literal, unless that is known to hold already. */
enum status qasm3_assign_bit(struct qasm3 *p, uint32_t bit, uint32_t lit);
enum status qasm3_bit_lit(struct qasm3 *p, uint32_t *out_lit, uint32_t bit);

/* ---- literals: built with constants folded; long trees are put into hidden bits ---- */
enum status qasm3_lit_not(struct qasm3 *p, uint32_t *out, uint32_t a);
enum status qasm3_lit_binary(struct qasm3 *p, uint32_t *out, enum expr_kind kind, uint32_t a,
                             uint32_t b);
/* `all lits equal the bits of value`; bits beyond 64 of value are 0. */
enum status qasm3_lit_equals(struct qasm3 *p, uint32_t *out, const uint32_t *a, const uint32_t *b,
                             uint32_t n);

/* ---- values ---- */
struct qasm3_value qasm3_int_value(int64_t value);
struct qasm3_value qasm3_bool_value(bool value);
struct qasm3_value qasm3_float_value(double value);
bool qasm3_is_known(const struct qasm3_value *value);
/* Literal i; beyond the width: sign or 0. */
uint32_t qasm3_value_lit(const struct qasm3_value *value, uint32_t i);
/* From literals; folds to a known value where all are constants and width <= 64. */
struct qasm3_value qasm3_from_lits(enum qasm3_type_kind kind, uint32_t width, uint32_t *lits);
const char *qasm3_type_name(enum qasm3_type_kind kind);
/* To the type (kind, width) as a cast or an assignment does. */
enum status qasm3_convert(struct qasm3 *p, struct qasm3_value *inout,
                          const struct qasm3_value *type, const struct qasm3_node *node);
enum status qasm3_operate(struct qasm3 *p, struct qasm3_value *out, uint32_t op,
                          const struct qasm3_value *a, const struct qasm3_value *b,
                          const struct qasm3_node *node);
enum status qasm3_negate(struct qasm3 *p, struct qasm3_value *out, uint32_t op,
                         const struct qasm3_value *a, const struct qasm3_node *node);
enum status qasm3_shift(struct qasm3 *p, struct qasm3_value *out, const struct qasm3_value *a,
                        int64_t n, bool is_rotation);
/* As a condition. */
enum status qasm3_truth(struct qasm3 *p, uint32_t *out_lit, const struct qasm3_value *value,
                        const struct qasm3_node *node);
/* As a real number with run-time terms (in scratch). */
enum status qasm3_to_real(struct qasm3 *p, struct qasm3_value *inout,
                          const struct qasm3_node *node);
/* exp(i t) and inverse trigonometry in fixed operation order. */
double qasm3_atan2(double y, double x);
double qasm3_power(double a, double b);

/* ---- expressions ---- */
enum status qasm3_eval(struct qasm3 *p, struct qasm3_value *out, const struct qasm3_node *node);
/* Known at reading time, or refused by name. */
enum status qasm3_eval_int(struct qasm3 *p, int64_t *out, const struct qasm3_node *node,
                           const char *what);
enum status qasm3_eval_real(struct qasm3 *p, double *out, const struct qasm3_node *node,
                            const char *what);
/* kind and width of a type; size evaluated. */
enum status qasm3_eval_type(struct qasm3 *p, struct qasm3_value *out_type,
                            const struct qasm3_type *type, const struct qasm3_node *node);
enum status qasm3_call_function(struct qasm3 *p, struct qasm3_value *out,
                                const struct qasm3_node *node);
/* Subroutines; out->kind = QASM3_VOID where nothing is returned. */
enum status qasm3_call_def(struct qasm3 *p, struct qasm3_value *out, struct qasm3_decl *decl,
                           const struct qasm3_node *node);

/* ---- operands ---- */
/* Positions 0 .. n-1 that an index selects (range, set, integer, from the end if negative). */
enum status qasm3_eval_index(struct qasm3 *p, struct qasm3_list *out, const struct qasm3_node *node,
                             uint32_t n);
/* Values of a range or set, for loops. */
struct qasm3_range {
    int64_t start, step;
    uint64_t n;
};
enum status qasm3_eval_range(struct qasm3 *p, struct qasm3_range *out,
                             const struct qasm3_node *node);
enum status qasm3_eval_qubits(struct qasm3 *p, struct qasm3_list *out,
                              const struct qasm3_node *node);
/* The bits that an assignment or measurement writes, and their variable. */
enum status qasm3_eval_target(struct qasm3 *p, struct qasm3_decl **out_decl,
                              struct qasm3_list *out_positions, const struct qasm3_node *node);
/* Checks that no qubit comes twice. */
enum status qasm3_check_distinct(struct qasm3 *p, const struct qasm3_list *lists, size_t n,
                                 const struct qasm3_node *node);

/* ---- variables ---- */
enum status qasm3_read_var(struct qasm3 *p, struct qasm3_value *out, struct qasm3_decl *decl);
/* Gives the variable bits that hold its value. */
enum status qasm3_store_var(struct qasm3 *p, struct qasm3_decl *decl);
enum status qasm3_write_var(struct qasm3 *p, struct qasm3_decl *decl,
                            const struct qasm3_value *value, const struct qasm3_node *node);
/* Positions of a variable; value: as many bits. */
enum status qasm3_write_positions(struct qasm3 *p, struct qasm3_decl *decl,
                                  const struct qasm3_list *positions,
                                  const struct qasm3_value *value, const struct qasm3_node *node);
/* measure source -> target */
enum status qasm3_measure_to(struct qasm3 *p, const struct qasm3_node *source,
                             const struct qasm3_node *target, const struct qasm3_node *node);
enum status qasm3_measure(struct qasm3 *p, const struct qasm3_list *qubits, const uint32_t *bits);

/* One level of nesting more, or refused; p->n_nested-- leaves it. */
enum status qasm3_enter_level(struct qasm3 *p, const struct qasm3_node *node);

/* ---- ops ---- */
/* Room for n more; counts steps too. */
enum status qasm3_check_ops(struct qasm3 *p, uint64_t n);
enum status qasm3_count_step(struct qasm3 *p);
enum status qasm3_open(struct qasm3 *p, size_t *out_open, enum op_kind kind, uint32_t lit,
                       uint64_t count);
enum status qasm3_else(struct qasm3 *p, size_t open);
enum status qasm3_close(struct qasm3 *p, size_t open);

/* ---- gates ---- */
enum status qasm3_call_gate(struct qasm3 *p, const struct qasm3_node *node);
/* Writes prims from `first` on and drops them. */
enum status qasm3_flush_prims(struct qasm3 *p, size_t first);
/* One more prim; qubits: controls (QASM3_NEGATIVE allowed), then targets. */
enum status qasm3_add_prim(struct qasm3 *p, struct qasm3_prim prim, const uint32_t *qubits);
/* modifiers on prims from `first` on */
enum status qasm3_invert_prims(struct qasm3 *p, size_t first);
enum status qasm3_power_prims(struct qasm3 *p, size_t first, double power,
                              const struct qasm3_node *node);
enum status qasm3_control_prims(struct qasm3 *p, size_t first, const uint32_t *controls,
                                uint32_t n);

/* ---- statements ---- */
/* How a statement ends. LEFT: what follows up to the end of the innermost run-time block never
 * runs, and the bits of the jump are set; the others: a jump that is known while reading. */
enum qasm3_flow {
    QASM3_NEXT,
    QASM3_F_CONTINUE,
    QASM3_F_BREAK,
    QASM3_F_RETURN,
    QASM3_F_END,
    QASM3_F_LEFT,
};
enum status qasm3_carry_out(struct qasm3 *p, enum qasm3_flow *out_flow,
                            const struct qasm3_node *node);
/* A chain of statements; in a scope of its own. */
enum status qasm3_carry_out_block(struct qasm3 *p, enum qasm3_flow *out_flow,
                                  const struct qasm3_node *first);
enum status qasm3_carry_out_loop(struct qasm3 *p, enum qasm3_flow *out_flow,
                                 const struct qasm3_node *node);
enum status qasm3_carry_out_branch(struct qasm3 *p, enum qasm3_flow *out_flow,
                                   const struct qasm3_node *node);
enum status qasm3_carry_out_jump(struct qasm3 *p, enum qasm3_flow *out_flow,
                                 const struct qasm3_node *node);
enum status qasm3_push_jump(struct qasm3 *p, enum qasm3_jump_kind kind, struct qasm3_decl *result);
void qasm3_pop_jump(struct qasm3 *p);
/* A chain of statements, skipped where the bit of the jump before it is set. */
enum status qasm3_guard(struct qasm3 *p, enum qasm3_flow *out_flow, const struct qasm3_node *rest);

#endif
