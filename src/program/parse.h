/* The parser of program text: its state, shared by its files. parse.c: files, declarations, blocks;
 * parse_statement.c: gates, measure, reset, barrier, calls; parse_condition.c; parse_pragma.c:
 * pragmas and annotations; parse_stim.c: Stim's lines; parse_def.c: qnu.inc and calls of its defs.
 *
 * A function reads what its name says from the current token on and leaves the token after it as
 * the current one. All log what they refuse. */
#ifndef QSPAN_PROGRAM_PARSE_H
#define QSPAN_PROGRAM_PARSE_H

#include "circuit/angle.h"
#include "circuit/lexer.h"
#include "circuit/names.h"
#include "program/program.h"

enum {
    PARSE_MAX_BLOCKS = 1000,  /* within each other */
    PARSE_MAX_BRACKETS = 200, /* of a condition, within each other */
    PARSE_MAX_BINDINGS = 16,  /* formals and locals of a def */
    PARSE_NAME_SIZE = TOKEN_TEXT_SIZE,
};

enum binding_kind { BINDING_WIRE, BINDING_BIT, BINDING_PARAM };
/* A name within a def: formal, or local bit. */
struct parse_binding {
    const char *name;
    size_t n;
    enum binding_kind kind;
    uint32_t index; /* wire, bit, or number of the parameter */
};
struct parse_def {
    const char *name, *body;
    size_t n_name, n_body;
    struct src_loc body_loc;
    struct parse_binding formals[PARSE_MAX_BINDINGS];
    size_t n_formals;
    struct names params;      /* formals that are angles, by name */
    bool is_ebit, is_message; /* built in: ebit; send_bit, recv_bit */
};
/* A def being inlined. */
struct parse_call {
    const struct parse_def *def;
    struct parse_call *outer;
    struct src_loc loc; /* of the call in the program: where its ops are */
    struct parse_binding bindings[PARSE_MAX_BINDINGS];
    size_t n_bindings;
    double params[PARSE_MAX_BINDINGS];
};

struct parser {
    struct program *program;
    struct circuit_limits limits;
    struct lexer lexer;
    struct arena arena;
    bool has_stdgates, has_qnu;
    bool next_is_local; /* @qspan.local was read */
    uint32_t at_qpu;    /* of the last @qspan.at */
    bool has_at;        /* it stands before the statement that is read */
    /* Of the @qspan.ebit before the statement that is read. */
    enum op_ebit_class ebit_class;
    int64_t t_ebit_due_ps;
    struct names gates; /* met so far, and their spellings */
    struct names def_names;
    struct parse_def *defs;
    size_t n_defs, cap_defs;
    struct parse_call *call; /* innermost; NULL: outside */
    uint64_t n_calls;
    unsigned n_blocks, n_levels; /* open blocks; open levels of a condition */
    struct {
        const char *variable; /* of `for`; NULL: while */
        size_t n;
        size_t first_record;
        uint64_t n_results;
    } * loops;
    size_t n_loops, cap_loops;
    struct {
        size_t open, n_records; /* records before it */
        struct src_loc loc;
    } * ifs; /* that are open */
    size_t n_ifs, cap_ifs;
    /* Measurements into output bits in text order, for rec[-k]; those before `reach` lie before a
     * block that is closed and may have made more results, or fewer, than the text has. */
    uint32_t *records, *last_record; /* bit of each; by bit: its last record + 1 */
    size_t reach;
    uint64_t n_results; /* so far, in the first round of open loops; saturating */
    size_t n_records, cap_records, n_last_record, cap_last_record;
    /* Scratch of one statement. */
    struct angle_pool angles;
    double *params, *stack;
    size_t n_params, cap_params, cap_stack;
    uint32_t *wires;
    size_t n_wires, cap_wires;
    uint64_t *words;
    size_t cap_words;
};

/* "TOKEN: expected WHAT", at the current token. */
enum status parse_refuse(struct parser *p, const char *what);
/* Where ops of the statement at the current token are. */
struct src_loc parse_loc(const struct parser *p);
/* Appends an op, within the limits; *out_op may be NULL. */
enum status parse_add_op(struct parser *p, struct op **out_op, enum op_kind kind,
                         const uint32_t *wires, size_t n_wires, const double *params,
                         size_t n_params, struct src_loc loc);
enum status parse_check_limit(const struct parser *p, struct src_loc loc);

/* parse.c */
/* Up to and with its last token. Within a def too. */
enum status parse_statement(struct parser *p);

/* parse_statement.c */
/* The register that the token names, NULL (logged) unless it is in scope and of the kind wanted. */
const struct reg *parse_find_register(const struct parser *p, const struct token *token,
                                      bool wants_bits);
enum status parse_index(struct parser *p, uint32_t *out_index, const struct reg *reg);
enum status parse_wire(struct parser *p, uint32_t *out_wire);
enum status parse_bit(struct parser *p, uint32_t *out_bit);
/* `(x, y)` or nothing, into p->params. */
enum status parse_params(struct parser *p);
/* One angle that ends before ',' or ')'. */
enum status parse_angle(struct parser *p, double *out_value);
/* Binding of the current token within a def; NULL: none. */
const struct parse_binding *parse_find_binding(const struct parser *p);
enum status parse_push_wire(struct parser *p, uint32_t wire);
/* No wire twice in p->wires[from ..]. */
enum status parse_check_distinct(struct parser *p, size_t from, struct src_loc loc,
                                 const char *what);
/* Notes a measurement into that bit. */
enum status parse_note_record(struct parser *p, uint32_t bit);
/* `measure w;` after `bit =`, `measure w -> bit;`, reset, barrier; gates; `bit = ...;` */
enum status parse_measure_into(struct parser *p, uint32_t bit, struct src_loc loc);
enum status parse_measure(struct parser *p);
enum status parse_reset(struct parser *p);
enum status parse_barrier(struct parser *p);
/* A statement that begins with no keyword. */
enum status parse_simple_statement(struct parser *p);

/* parse_condition.c: after '(', up to and with ')'. */
enum status parse_condition(struct parser *p, uint32_t *out_expr);

/* parse_pragma.c */
enum status parse_pragma(struct parser *p);
enum status parse_annotation(struct parser *p);
/* `bit = condition;` at the bit; p->at_qpu runs it. */
enum status parse_assign(struct parser *p, struct src_loc loc);

/* parse_stim.c: the rest of the pragma. */
enum status parse_stim_line(struct parser *p);
/* `(p, ...) w w ...` of that noise. */
enum status parse_noise(struct parser *p, enum op_noise noise, struct src_loc loc);
/* Coordinates and bits by name: (x, y) m c[0] ... */
enum status parse_paulis(struct parser *p, uint64_t *out_paulis);
enum status parse_detector(struct parser *p, struct src_loc loc);
enum status parse_observable(struct parser *p, struct src_loc loc);

/* parse_def.c */
enum status parse_include_qnu(struct parser *p);
/* `(args);` after the name of the def. */
enum status parse_call(struct parser *p, const struct parse_def *def, struct src_loc loc);

#endif
