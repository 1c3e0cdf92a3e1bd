#include <string.h>

#include "base/log.h"
#include "base/units.h"
#include "program/parse.h"
#include "program/registers.h"

/* A blank, or the end of the text. */
static bool ends_word(const struct token *token, size_t at) {
    return at >= token->n || token->text[at] == ' ' || token->text[at] == '\t';
}

static bool starts_with(const struct token *token, const char *word) {
    size_t n = strlen(word);

    return token->n >= n && memcmp(token->text, word, n) == 0 && ends_word(token, n);
}

/* A name, or any text in quotes, as a copy that the program owns. */
static enum status parse_name_or_string(struct parser *p, const char **out_name, const char *what) {
    const struct token *token = &p->lexer.token;

    if ((token->kind != TOKEN_NAME && token->kind != TOKEN_STRING) || token->n == 0) {
        return parse_refuse(p, what);
    }
    *out_name = arena_strndup(&p->program->arena, token->text, token->n);
    return *out_name != NULL ? lexer_next(&p->lexer) : STATUS_NOFIT;
}

static enum status place_wire(struct parser *p, uint32_t wire, uint32_t qpu, bool is_comm,
                              struct src_loc loc) {
    struct program *program = p->program;
    struct program_qpu *to = &program->qpus[qpu];
    uint32_t **wires = is_comm ? &to->comm : &to->data;
    size_t *n = is_comm ? &to->n_comm : &to->n_data;
    size_t *cap = is_comm ? &to->cap_comm : &to->cap_data;
    char name[PARSE_NAME_SIZE];

    if (program->wire_qpu[wire] != OP_NO_QPU) {
        return log_error_at(STATUS_INPUT, loc, "wire %s belongs to QPU %s already",
                            program_wire_name(program, wire, name, sizeof name),
                            program->qpus[program->wire_qpu[wire]].name);
    }
    TRY(vec_reserve(wires, *n, cap, 1, sizeof **wires));
    (*wires)[(*n)++] = wire;
    program->wire_qpu[wire] = qpu;
    program->wire_is_comm[wire] = is_comm;
    return STATUS_OK;
}

/* After the name of a register: `[i]`, `[i:j]`, or nothing for a scalar. */
static enum status parse_wire_range(struct parser *p, const struct reg *reg, uint32_t qpu,
                                    bool is_comm, struct src_loc loc) {
    uint32_t first = 0, last;
    bool is_range = false;

    if (!reg->is_scalar) {
        TRY(lexer_expect(&p->lexer, TOKEN_LBRACKET, "and an index or a range of wires"));
        TRY(parse_index(p, &first, reg));
        TRY(lexer_accept(&p->lexer, &is_range, TOKEN_COLON));
    }
    last = first;
    if (is_range) {
        struct src_loc last_loc = p->lexer.token.loc;
        TRY(parse_index(p, &last, reg));
        if (last < first) {
            return log_error_at(STATUS_INPUT, last_loc, "range %u:%u: expected it to ascend", first,
                                last);
        }
    }
    if (!reg->is_scalar) {
        TRY(lexer_expect(&p->lexer, TOKEN_RBRACKET, "after wires"));
    }
    for (uint32_t i = first; i <= last; i++) {
        TRY(place_wire(p, reg->first + i, qpu, is_comm, loc));
    }
    return STATUS_OK;
}

/* `data w.. comm w..`; a register may be called data or comm, which its index tells. */
static enum status parse_qpu_wires(struct parser *p, uint32_t qpu) {
    const struct token *token = &p->lexer.token;
    bool has_section = false, is_comm = false;

    while (token->kind != TOKEN_END) {
        struct token word = *token;
        bool is_word = token_is(token, "data") || token_is(token, "comm");
        const struct reg *reg;
        TRY(lexer_next(&p->lexer));
        if (is_word && token->kind != TOKEN_LBRACKET) {
            has_section = true;
            is_comm = token_is(&word, "comm");
            continue;
        }
        if (!has_section) {
            char text[TOKEN_TEXT_SIZE];
            return log_error_at(STATUS_INPUT, word.loc, "%s: expected 'data' or 'comm' and wires",
                                token_describe(&word, text));
        }
        reg = parse_find_register(p, &word, false);
        if (reg == NULL) {
            return STATUS_INPUT;
        }
        TRY(parse_wire_range(p, reg, qpu, is_comm, word.loc));
    }
    return STATUS_OK;
}

static enum status parse_qpu(struct parser *p) {
    struct src_loc loc = p->lexer.token.loc;
    const char *name = NULL;
    uint32_t qpu;

    TRY(parse_name_or_string(p, &name, "the name of a QPU"));
    if (program_find_qpu(p->program, name) != OP_NO_QPU) {
        return log_error_at(STATUS_INPUT, loc, "QPU %s is declared twice", name);
    }
    TRY(program_add_qpu(p->program, &qpu, name));
    p->program->qpus[qpu].loc = loc;
    return parse_qpu_wires(p, qpu);
}

/* `q[3]` as one name, or a text in quotes. */
static enum status parse_logical_name(struct parser *p, const char **out_name) {
    const struct token *token = &p->lexer.token;
    bool is_string = token->kind == TOKEN_STRING, has_index;

    TRY(parse_name_or_string(p, out_name, "a qubit of the circuit, q[0]"));
    if (is_string) {
        return STATUS_OK;
    }
    TRY(lexer_accept(&p->lexer, &has_index, TOKEN_LBRACKET));
    if (!has_index) {
        return STATUS_OK;
    }
    if (token->kind != TOKEN_INT || token->is_wide) {
        return parse_refuse(p, "an integer as index");
    }
    *out_name =
        arena_printf(&p->program->arena, "%s[%llu]", *out_name, (unsigned long long)token->integer);
    TRY(*out_name != NULL ? lexer_next(&p->lexer) : STATUS_NOFIT);
    return lexer_expect(&p->lexer, TOKEN_RBRACKET, "after an index");
}

static enum status parse_logical(struct parser *p) {
    const struct token *token = &p->lexer.token;
    struct src_loc loc;
    bool is_out = token_is(token, "out");
    const char *name = NULL;
    uint32_t wire;

    if (!is_out && !token_is(token, "in")) {
        return parse_refuse(p, "'in' or 'out' after 'logical'");
    }
    TRY(lexer_next(&p->lexer));
    loc = token->loc;
    TRY(parse_logical_name(p, &name));
    TRY(parse_wire(p, &wire));
    TRY(program_add_logical(p->program, is_out, name, wire));
    if (is_out) {
        p->program->out[p->program->n_out - 1].loc = loc;
    } else {
        p->program->in[p->program->n_in - 1].loc = loc;
    }
    return STATUS_OK;
}

static enum status parse_distribute(struct parser *p) {
    return parse_name_or_string(p, &p->program->distribute, "how the program was distributed");
}

static enum status parse_protocol(struct parser *p) {
    const bool is_fused = token_is(&p->lexer.token, "fused");

    if (!is_fused && !token_is(&p->lexer.token, "explicit")) {
        return parse_refuse(p, "explicit or fused");
    }
    p->program->is_fused = is_fused;
    return lexer_next(&p->lexer);
}

static enum status parse_errors(struct parser *p) {
    if (!token_is(&p->lexer.token, "machine")) {
        return parse_refuse(p, "machine");
    }
    p->program->has_machine_errors = true;
    return lexer_next(&p->lexer);
}

static enum status parse_one_wire(struct parser *p, enum op_kind kind, struct src_loc loc) {
    struct op *op;
    uint32_t wire;

    TRY(parse_wire(p, &wire));
    TRY(parse_add_op(p, &op, kind, &wire, 1, NULL, 0, loc));
    if (kind != OP_IDLE) {
        return STATUS_OK;
    }
    if (p->lexer.token.kind != TOKEN_INT || p->lexer.token.is_wide) {
        return parse_refuse(p, "the number of a segment");
    }
    op->arg = p->lexer.token.integer;
    return lexer_next(&p->lexer);
}

/* `P w P w ...` with Paulis P up to the end of the line: wires into p->wires. */
enum status parse_paulis(struct parser *p, uint64_t *out_paulis) {
    static const char letters[] = "IXYZ";
    const struct token *token = &p->lexer.token;
    uint64_t paulis = 0;

    p->n_wires = 0;
    while (token->kind != TOKEN_END) {
        const char *letter = token->n == 1 ? strchr("XYZ", token->text[0]) : NULL;
        uint32_t wire;
        if (letter == NULL || token->kind != TOKEN_NAME) {
            return parse_refuse(p, "X, Y or Z and a wire");
        }
        if (p->n_wires == OP_MAX_PAULI_LETTERS) {
            return log_error_at(STATUS_INPUT, token->loc, "a product of more than %d Paulis",
                                (int)OP_MAX_PAULI_LETTERS);
        }
        paulis |= (uint64_t)(strchr(letters, *letter) - letters) << (2 * p->n_wires);
        TRY(lexer_next(&p->lexer));
        TRY(parse_wire(p, &wire));
        TRY(parse_push_wire(p, wire));
    }
    if (p->n_wires == 0) {
        return parse_refuse(p, "X, Y or Z and a wire");
    }
    *out_paulis = paulis;
    return STATUS_OK;
}

/* `(p) BIT P w P w ...`: the bit is wrong with probability p; `(p, q)`: a 0 is read as 1 with p, a
 * 1 as 0 with q. */
static enum status parse_measure_paulis(struct parser *p, struct src_loc loc) {
    uint64_t paulis;
    uint32_t bit;
    struct op *op;

    TRY(parse_params(p));
    if (p->n_params > 2) {
        return log_error_at(STATUS_INPUT, loc, "measure takes at most two probabilities");
    }
    for (size_t i = 0; i < p->n_params; i++) {
        if (!(p->params[i] >= 0 && p->params[i] <= 1)) {
            return log_error_at(STATUS_INPUT, loc,
                                "measure with probability %g: expected a number from 0 to 1",
                                p->params[i]);
        }
    }
    TRY(parse_bit(p, &bit));
    TRY(parse_paulis(p, &paulis));
    TRY(parse_check_distinct(p, 0, loc, "measure"));
    TRY(parse_add_op(p, &op, OP_MEASURE, p->wires, p->n_wires, p->params, p->n_params, loc));
    op->bit = bit;
    op->arg = p->n_wires == 1 && paulis == 3 ? 0 : paulis;
    return parse_note_record(p, bit);
}

static enum status parse_op_line(struct parser *p) {
    struct token word = p->lexer.token;
    char text[TOKEN_TEXT_SIZE];

    TRY(lexer_expect(&p->lexer, TOKEN_NAME, "of an operation after 'op'"));
    if (token_is(&word, "alloc")) {
        return parse_one_wire(p, OP_ALLOC, word.loc);
    }
    if (token_is(&word, "free")) {
        return parse_one_wire(p, OP_FREE, word.loc);
    }
    if (token_is(&word, "idle")) {
        return parse_one_wire(p, OP_IDLE, word.loc);
    }
    if (token_is(&word, "measure")) {
        return parse_measure_paulis(p, word.loc);
    }
    if (token_is(&word, op_noise_name(NOISE_RELAX))) {
        return parse_noise(p, NOISE_RELAX, word.loc);
    }
    if (token_is(&word, op_noise_name(NOISE_RESET))) {
        return parse_noise(p, NOISE_RESET, word.loc);
    }
    if (token_is(&word, "detector")) {
        return parse_detector(p, word.loc);
    }
    if (token_is(&word, "observable")) {
        return parse_observable(p, word.loc);
    }
    return log_error_at(STATUS_INPUT, word.loc,
                        "unknown operation %s; expected alloc, free, idle, measure, relax, "
                        "random_reset, detector or observable",
                        token_describe(&word, text));
}

static enum status parse_pragma_body(struct parser *p) {
    static const struct {
        const char *word;
        enum status (*parse)(struct parser *p);
        bool is_global;
    } families[] = {{"qpu", parse_qpu, true},
                    {"logical", parse_logical, true},
                    {"distribute", parse_distribute, true},
                    {"protocol", parse_protocol, true},
                    {"errors", parse_errors, true},
                    {"stim", parse_stim_line, false},
                    {"op", parse_op_line, false}};
    const struct token *token = &p->lexer.token;
    char text[TOKEN_TEXT_SIZE];

    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        if (!token_is(token, families[i].word)) {
            continue;
        }
        if (families[i].is_global && p->n_blocks > 0) {
            return log_error_at(STATUS_INPUT, token->loc,
                                "'pragma qspan %s' in a block: expected it outside",
                                families[i].word);
        }
        TRY(lexer_next(&p->lexer));
        return families[i].parse(p);
    }
    return log_error_at(STATUS_INPUT, token->loc,
                        "%s: expected qpu, logical, stim, op, distribute or protocol after "
                        "'pragma qspan'",
                        token_describe(token, text));
}

/* Reads text[from ..] of the current pragma or annotation by `parse`, to its end. */
static enum status parse_line(struct parser *p, size_t from,
                              enum status (*parse)(struct parser *p)) {
    struct token line = p->lexer.token;

    line.loc.col += (uint32_t)from; /* what is before it is ASCII */
    TRY(lexer_push_view(&p->lexer, line.text + from, line.n - from, line.loc));
    TRY(lexer_next(&p->lexer));
    TRY(parse(p));
    if (p->lexer.token.kind != TOKEN_END) {
        return parse_refuse(p, "the end of the line");
    }
    lexer_pop(&p->lexer);
    return lexer_next(&p->lexer);
}

enum status parse_pragma(struct parser *p) {
    const struct token *token = &p->lexer.token;
    char text[TOKEN_TEXT_SIZE];

    if (starts_with(token, "qspan")) {
        return parse_line(p, 5, parse_pragma_body);
    }
    log_warning_at(token->loc, "pragma %s is not for qspan: ignored", token_describe(token, text));
    return lexer_next(&p->lexer);
}

/* The statement that a line of qspan stands for: other tools run it instead. */
static enum status skip_replaced(struct parser *p) {
    const struct token *token = &p->lexer.token;

    if (!token_is(token, "barrier") && !token_is(token, "reset")) {
        return parse_refuse(p, "the 'barrier' or 'reset' that the annotation replaces");
    }
    while (token->kind != TOKEN_SEMICOLON) {
        TRY(lexer_next(&p->lexer));
        if (token->kind != TOKEN_SEMICOLON && token->kind != TOKEN_NAME &&
            token->kind != TOKEN_COMMA && token->kind != TOKEN_LBRACKET &&
            token->kind != TOKEN_RBRACKET && token->kind != TOKEN_INT) {
            return parse_refuse(p, "';'");
        }
    }
    return lexer_next(&p->lexer);
}

static enum status parse_local(struct parser *p) {
    TRY(lexer_next(&p->lexer));
    if (!token_is(&p->lexer.token, "bit")) {
        return parse_refuse(p, "a declaration of bits after '@qspan.local'");
    }
    p->next_is_local = true;
    return STATUS_OK;
}

static enum status parse_at_name(struct parser *p) {
    struct src_loc loc = p->lexer.token.loc;
    const char *name = NULL;

    TRY(parse_name_or_string(p, &name, "the name of a QPU after '@qspan.at'"));
    p->at_qpu = program_find_qpu(p->program, name);
    return p->at_qpu != OP_NO_QPU ? STATUS_OK
                                  : log_error_at(STATUS_INPUT, loc, "unknown QPU '%s'", name);
}

/* `@qspan.at NAME`: only send_bit, recv_bit and assignments of conditions have no wires that place
 * them. */
static enum status parse_at(struct parser *p, struct src_loc loc) {
    const struct token *token = &p->lexer.token;
    bool is_bits;

    TRY(parse_line(p, 8, parse_at_name));
    if (token_is(token, "send_bit") || token_is(token, "recv_bit")) {
        p->has_at = true;
        TRY(parse_statement(p));
        p->has_at = false;
        return STATUS_OK;
    }
    if (token->kind == TOKEN_NAME &&
        register_find_name(p->program, &is_bits, token->text, token->n) != NULL && is_bits) {
        return parse_assign(p, loc);
    }
    return log_error_at(STATUS_INPUT, loc,
                        "'@qspan.at' before a statement that belongs to the QPU of its wires");
}

/* A word of `line` from *at on, without blanks around it; *at goes past it. */
static struct token next_word(const struct token *line, size_t *at) {
    struct token word = {.kind = TOKEN_NAME, .loc = line->loc};
    while (*at < line->n && (line->text[*at] == ' ' || line->text[*at] == '\t')) {
        ++*at;
    }
    word.text = line->text + *at;
    word.loc.col += (uint32_t)*at; /* what is before it is ASCII, or was refused */
    while (*at < line->n && line->text[*at] != ' ' && line->text[*at] != '\t') {
        ++*at;
        word.n++;
    }
    return word;
}

/* The time that is the rest of the line. */
static enum status parse_due(struct parser *p, const struct token *line, size_t at) {
    struct token first = next_word(line, &at);
    char text[TOKEN_TEXT_SIZE];
    const char *why = "the number is too long";
    const size_t n = (size_t)(line->text + line->n - first.text);

    if (n < sizeof text) {
        memcpy(text, first.text, n);
        text[n] = '\0';
    }
    if (n >= sizeof text || units_parse_time(&p->t_ebit_due_ps, &why, text) != STATUS_OK) {
        return log_error_at(STATUS_INPUT, first.loc, "due %.*s: %s", (int)(n < 40 ? n : 40),
                            first.text, why);
    }
    return p->t_ebit_due_ps > 0
               ? STATUS_OK
               : log_error_at(STATUS_INPUT, first.loc,
                              "due %s: expected a time after the request, > 0", text);
}

/* `@qspan.ebit [none|herald|frame] [due TIME]`: of all ebits of the call that follows. */
static enum status parse_ebit_class(struct parser *p) {
    const struct token line = p->lexer.token;
    size_t at = strlen("qspan.ebit");
    struct token word = next_word(&line, &at);
    char text[TOKEN_TEXT_SIZE];

    for (int class = EBIT_CLASS_DEFAULT + 1; class < EBIT_CLASS_COUNT; class ++) {
        if (token_is(&word, op_ebit_class_name((enum op_ebit_class) class))) {
            p->ebit_class = (enum op_ebit_class) class;
            word = next_word(&line, &at);
            break;
        }
    }
    if (token_is(&word, "due")) {
        TRY(parse_due(p, &line, at));
    } else if (word.n > 0 || p->ebit_class == EBIT_CLASS_DEFAULT) {
        return log_error_at(STATUS_INPUT, word.loc, "%s: expected %s'due TIME' after '@qspan.ebit'",
                            word.n > 0 ? token_describe(&word, text) : "the end of the line",
                            p->ebit_class == EBIT_CLASS_DEFAULT ? "none, herald, frame or " : "");
    }
    return lexer_next(&p->lexer);
}

/* The annotation, and the call that it is of. */
static enum status parse_ebit(struct parser *p) {
    const struct op_list *ops = &p->program->ops;
    const struct src_loc loc = p->lexer.token.loc;
    const size_t first = ops->n_ops;
    size_t n_ebits = 0;

    TRY(parse_ebit_class(p));
    if (p->lexer.token.kind == TOKEN_NAME) { /* no annotation of its own, which would be lost */
        TRY(parse_statement(p));
    }
    for (size_t i = first; i < ops->n_ops; i++) {
        n_ebits += ops->ops[i].kind == OP_EBIT;
    }
    p->ebit_class = EBIT_CLASS_DEFAULT;
    p->t_ebit_due_ps = 0;
    return n_ebits > 0 ? STATUS_OK
                       : log_error_at(STATUS_INPUT, loc,
                                      "'@qspan.ebit' before a statement that makes no ebit");
}

enum status parse_annotation(struct parser *p) {
    struct token line = p->lexer.token;
    char text[TOKEN_TEXT_SIZE];

    if (starts_with(&line, "qspan.local")) {
        return parse_local(p);
    }
    if (starts_with(&line, "qspan.stim")) {
        TRY(parse_line(p, 10, parse_stim_line));
        return skip_replaced(p);
    }
    if (starts_with(&line, "qspan.op")) {
        TRY(parse_line(p, 8, parse_op_line));
        return skip_replaced(p);
    }
    if (starts_with(&line, "qspan.at")) {
        return parse_at(p, line.loc);
    }
    if (starts_with(&line, "qspan.ebit")) {
        return parse_ebit(p);
    }
    if (line.n >= 5 && memcmp(line.text, "qspan", 5) == 0) {
        return log_error_at(
            STATUS_INPUT, line.loc,
            "%s: expected qspan.local, qspan.stim, qspan.op, qspan.ebit or qspan.at",
            token_describe(&line, text));
    }
    log_warning_at(line.loc, "annotation %s is not for qspan: ignored",
                   token_describe(&line, text));
    return lexer_next(&p->lexer);
}
