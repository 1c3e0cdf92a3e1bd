/* The OpenQASM 2 parser's state, shared by its files: qasm2_read.c (files, declarations, dispatch),
 * qasm2_define.c (gate, opaque), qasm2_statement.c (calls, measure, reset, barrier, if). Every
 * function logs what it refuses. */
#ifndef QSPAN_CIRCUIT_QASM2_PARSER_H
#define QSPAN_CIRCUIT_QASM2_PARSER_H

#include "circuit/circuit.h"
#include "circuit/lexer.h"
#include "circuit/placement.h"
#include "circuit/qasm2_library.h"
#include "circuit/sources.h"

enum {
    QASM2_MAX_WARNINGS = 100, /* of one kind; further ones are not shown */
    QASM2_STEPS_PER_OP = 16,  /* calls, operands and angles walked, at most, per op of max_ops */
};

enum qasm2_keyword {
    QASM2_OPENQASM,
    QASM2_INCLUDE,
    QASM2_QREG,
    QASM2_CREG,
    QASM2_GATE,
    QASM2_OPAQUE_GATE,
    QASM2_IF,
    QASM2_MEASURE,
    QASM2_RESET,
    QASM2_BARRIER,
    QASM2_RESERVED, /* U, CX, pi and the functions: not the beginning of a declaration */
    QASM2_NO_KEYWORD,
};

/* Qubits or bits first .. first+n-1 as an operand. */
struct qasm2_operand {
    uint32_t first, n;
    bool is_whole; /* a register without an index */
    struct src_loc loc;
};

/* The condition of an `if` whose operation is being read. */
struct qasm2_condition {
    bool is_pending, is_open;
    struct src_loc loc;
    uint32_t expr, file;
    size_t op_index;
};

struct qasm2_parser {
    struct circuit *circuit;
    struct circuit_limits limits;
    struct lexer lexer;
    struct arena arena; /* names of gates and formals */
    struct qasm2_library library;
    struct sources sources;
    uint64_t n_steps, n_warnings;
    bool has_qelib1;
    struct qasm2_condition condition;
    /* Scratch of one statement. */
    struct angle_pool angles;
    double *params;
    size_t n_params, cap_params;
    double *stack;
    size_t cap_stack;
    struct qasm2_operand *operands, *sorted;
    size_t n_operands, cap_operands, cap_sorted;
    uint32_t *qubits;
    size_t cap_qubits;
    uint64_t *words;
    size_t cap_words;
    struct placements placements;
};

enum qasm2_keyword qasm2_keyword_of(const struct token *token);
/* The current token as a name that a declaration introduces: '0'-terminated copy in the arena. */
enum status qasm2_read_new_name(struct qasm2_parser *parser, const char **out_name,
                                struct arena *arena, const char *what);
/* The gate that the current token names, which a call is about to use with that symbol's arity. */
enum status qasm2_find_gate(struct qasm2_parser *parser, struct qasm2_symbol *out_symbol);
/* Checks the arity of a call. */
enum status qasm2_check_counts(const struct qasm2_symbol *symbol, size_t n_params, size_t n_qubits,
                               struct src_loc loc);

/* After the keyword; reads up to and with the last token (';' or '}'). */
enum status qasm2_define_gate(struct qasm2_parser *parser);
enum status qasm2_declare_opaque(struct qasm2_parser *parser);

/* The statement at the current token: a call, measure, reset, barrier or if. */
enum status qasm2_read_operation(struct qasm2_parser *parser, enum qasm2_keyword keyword);

#endif
