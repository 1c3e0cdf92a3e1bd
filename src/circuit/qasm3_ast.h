/* The syntax tree of OpenQASM 3, and its parser.
 *
 * One kind of node for statements and expressions. Statements of the file are parsed and carried
 * out one at a time, so that a long file never lies in memory as a tree; bodies of gate and def
 * stay. Nesting is limited (QASM3_MAX_DEPTH): nothing here or later overflows the stack. */
#ifndef QSPAN_CIRCUIT_QASM3_AST_H
#define QSPAN_CIRCUIT_QASM3_AST_H

#include "circuit/lexer.h"
#include "circuit/names.h"

enum {
    QASM3_MAX_DEPTH = 400, /* of nested blocks and parentheses together */
};

enum qasm3_node_kind {
    /* expressions */
    QASM3_INT,      /* token integer; text: digits (wide integers) */
    QASM3_REAL,     /* real */
    QASM3_BOOL,     /* integer */
    QASM3_BITS,     /* text: 0, 1 and _ of a bitstring */
    QASM3_QUANTITY, /* real: seconds */
    QASM3_NAME,     /* sym */
    QASM3_PHYSICAL, /* integer: label of $n */
    QASM3_UNARY,    /* op, a */
    QASM3_BINARY,   /* op, a, b */
    QASM3_INDEX,    /* a [list] */
    QASM3_CALL,     /* sym (list) */
    QASM3_CAST,     /* type (a) */
    QASM3_RANGE,    /* a : b : c (start, step, stop; each may be NULL) */
    QASM3_SET,      /* { list } */
    QASM3_MEASURE,  /* a */
    /* statements */
    QASM3_DECLARE,    /* type sym = a; op: enum qasm3_storage */
    QASM3_QUBITS,     /* qubit[b] sym; or qubit a (a physical one) */
    QASM3_LET,        /* let sym = a */
    QASM3_ASSIGN,     /* a op= b; op: token kind, 0 for plain */
    QASM3_EXPRESSION, /* a */
    QASM3_GATE_CALL,  /* modifiers body, sym, parameters list, operands a .. (chain) */
    QASM3_MEASURE_TO, /* measure a -> b */
    QASM3_RESET,      /* a */
    QASM3_BARRIER,    /* list */
    QASM3_DELAY,      /* delay[a] list */
    QASM3_IF,         /* a, body, list of QASM3_ELSE_IF, other */
    QASM3_ELSE_IF,    /* a, body */
    QASM3_WHILE,      /* a, body */
    QASM3_FOR,        /* type sym in a, body */
    QASM3_SWITCH,     /* a, list of cases */
    QASM3_CASE,       /* list of values (NULL: default), body */
    QASM3_BREAK,
    QASM3_CONTINUE,
    QASM3_END,
    QASM3_RETURN, /* a may be NULL */
    QASM3_BLOCK,  /* body */
    QASM3_BOX,    /* a: duration or NULL; body */
    QASM3_GATE,   /* sym, formals list (parameters), other (qubits), body; text: of the source from
                   * `gate` to its end, until that is read */
    QASM3_DEF,    /* sym, formals list (declarations), type, body */
    QASM3_FORMAL, /* type sym; qubits: QASM3_QUBITS */
    QASM3_EMPTY,
    /* modifiers */
    QASM3_CTRL,
    QASM3_NEGCTRL, /* a: count or NULL */
    QASM3_INV,
    QASM3_POW, /* a */
};

enum qasm3_type_kind {
    QASM3_VOID,
    QASM3_T_BOOL,
    QASM3_T_BIT,
    QASM3_T_INT,
    QASM3_T_UINT,
    QASM3_T_FLOAT,
    QASM3_T_ANGLE,
    QASM3_T_DURATION,
    QASM3_T_STRETCH,
    QASM3_T_QUBIT,
};
enum qasm3_storage { QASM3_PLAIN, QASM3_CONST, QASM3_INPUT, QASM3_OUTPUT };

struct qasm3_type {
    enum qasm3_type_kind kind;
    struct qasm3_node *size; /* NULL: none given */
};

struct qasm3_node {
    enum qasm3_node_kind kind;
    uint32_t op, file, sym;
    bool has_jump; /* loops and blocks: break, continue, return or end lie within */
    struct src_loc loc;
    struct qasm3_type type;
    struct qasm3_node *a, *b, *c, *list, *body, *other, *next;
    uint64_t integer;
    double real;
    const char *text;
    size_t n;
};

struct qasm3;

/* The current token begins a statement; parses it, up to and with its ';' or '}'. Nodes lie in
 * p->ast. */
enum status qasm3_parse_statement(struct qasm3 *p, struct qasm3_node **out_node);
/* Steps over pragmas and annotations; `qspan verbatim` and `@qspan.local` are taken to heart. */
enum status qasm3_skip_notes(struct qasm3 *p);
enum status qasm3_parse_expression(struct qasm3 *p, struct qasm3_node **out_node);
/* The number of the current token's name; names of the language come first. */
enum status qasm3_intern(struct qasm3 *p, uint32_t *out_sym, const char *text, size_t n);

#endif
