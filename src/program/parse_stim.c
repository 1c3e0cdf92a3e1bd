#include <math.h>
#include <string.h>

#include "base/log.h"
#include "program/parse.h"

enum { MAX_OBSERVED = 255 }; /* Paulis of an observable */

/* Wires up to the end of the line, into p->wires. */
static enum status parse_targets(struct parser *p) {
    p->n_wires = 0;
    while (p->lexer.token.kind != TOKEN_END) {
        uint32_t wire;
        TRY(parse_wire(p, &wire));
        TRY(parse_push_wire(p, wire));
    }
    return STATUS_OK;
}

static enum status check_probabilities(const struct parser *p, const char *name,
                                       struct src_loc loc) {
    double sum = 0;

    for (size_t i = 0; i < p->n_params; i++) {
        if (!(p->params[i] >= 0 && p->params[i] <= 1)) {
            return log_error_at(STATUS_INPUT, loc,
                                "%s with probability %g: expected a number from 0 to 1", name,
                                p->params[i]);
        }
        sum += p->params[i];
    }
    return sum <= 1 + 1e-12 ? STATUS_OK
                            : log_error_at(STATUS_INPUT, loc,
                                           "%s with probabilities that add to %g: expected at "
                                           "most 1",
                                           name, sum);
}

enum status parse_noise(struct parser *p, enum op_noise noise, struct src_loc loc) {
    const char *name = op_noise_name(noise);
    unsigned n_params = op_noise_n_params(noise), group = op_noise_group(noise);
    struct op *op;

    TRY(parse_params(p));
    if (p->n_params != n_params) {
        return log_error_at(STATUS_INPUT, loc, "%s takes %u %s, not %zu", name, n_params,
                            n_params == 1 ? "probability" : "probabilities", p->n_params);
    }
    TRY(check_probabilities(p, name, loc));
    TRY(parse_targets(p));
    if (p->n_wires == 0 || p->n_wires % group != 0) {
        return log_error_at(STATUS_INPUT, loc, "%s on %zu wires: expected %s", name, p->n_wires,
                            group == 2 ? "pairs" : "one or more");
    }
    for (size_t i = 0; group == 2 && i < p->n_wires; i += 2) {
        if (p->wires[i] == p->wires[i + 1]) {
            return log_error_at(STATUS_INPUT, loc, "%s on a pair of one wire", name);
        }
    }
    TRY(parse_add_op(p, &op, OP_NOISE, p->wires, p->n_wires, p->params, p->n_params, loc));
    op->which = (uint16_t)noise;
    return STATUS_OK;
}

/* `E(p) X a[0] Z b[1]`: one error on wires of any QPUs. */
static enum status parse_correlated(struct parser *p, enum op_noise noise, struct src_loc loc) {
    const char *name = op_noise_name(noise);
    uint64_t paulis = 0;
    struct op *op;

    TRY(parse_params(p));
    if (p->n_params != 1) {
        return log_error_at(STATUS_INPUT, loc, "%s takes 1 probability, not %zu", name,
                            p->n_params);
    }
    TRY(check_probabilities(p, name, loc));
    p->n_wires = 0;
    if (p->lexer.token.kind !=
        TOKEN_END) { /* else an error that does nothing, for those after it */
        TRY(parse_paulis(p, &paulis));
        TRY(parse_check_distinct(p, 0, loc, name));
    }
    TRY(parse_add_op(p, &op, OP_NOISE, p->wires, p->n_wires, p->params, 1, loc));
    op->which = (uint16_t)noise;
    op->arg = paulis;
    return STATUS_OK;
}

/* `rec[-k]`: k. */
static enum status parse_record(struct parser *p, uint32_t *out_back) {
    const struct token *token = &p->lexer.token;
    struct src_loc loc = token->loc;

    if (!token_is(token, "rec")) {
        return parse_refuse(p, "rec[-k]");
    }
    TRY(lexer_next(&p->lexer));
    TRY(lexer_expect(&p->lexer, TOKEN_LBRACKET, "after 'rec'"));
    TRY(lexer_expect(&p->lexer, TOKEN_MINUS, "in rec[-k]"));
    if (token->kind != TOKEN_INT || token->is_wide || token->integer == 0) {
        return parse_refuse(p, "an integer above 0 in rec[-k]");
    }
    if (token->integer > p->n_results || token->integer > UINT32_MAX) {
        return log_error_at(
            STATUS_INPUT, loc,
            "rec[-%llu], but only %llu measurements into output bits come before it",
            (unsigned long long)token->integer, (unsigned long long)p->n_results);
    }
    *out_back = (uint32_t)token->integer;
    TRY(lexer_next(&p->lexer));
    return lexer_expect(&p->lexer, TOKEN_RBRACKET, "after rec[-k");
}

/* Is the back-th last result in every round that of the measurement the text has there, and does
 * its bit still hold it? */
static bool is_named(const struct parser *p, uint32_t back) {
    size_t first = p->n_loops > 0 ? p->loops[p->n_loops - 1].first_record : 0;
    size_t record = p->n_records - back;

    first = p->reach > first ? p->reach : first;
    return back <= p->n_records && record >= first &&
           p->last_record[p->records[record]] == record + 1;
}

static bool is_letter(const struct token *token) {
    return token->kind == TOKEN_NAME && token->n == 1 && strchr("XYZ", token->text[0]) != NULL;
}

/* Nodes up to the end of the line, or of results to a Pauli, into p->wires: rec[-k] as k, or bits.
 */
static enum status parse_leaves(struct parser *p, bool *inout_by_record) {
    bool are_named = true;

    p->n_wires = 0;
    while (p->lexer.token.kind != TOKEN_END && !(*inout_by_record && is_letter(&p->lexer.token))) {
        uint32_t leaf;
        TRY(*inout_by_record ? parse_record(p, &leaf) : parse_bit(p, &leaf));
        are_named = are_named && (!*inout_by_record || is_named(p, leaf));
        TRY(parse_push_wire(p, leaf));
    }
    for (size_t i = 0; *inout_by_record && are_named && i < p->n_wires; i++) {
        p->wires[i] = p->records[p->n_records - p->wires[i]];
    }
    *inout_by_record = *inout_by_record && !are_named;
    return STATUS_OK;
}

/* The parity of bits, up to the end of the line, or of results counted back, up to a Pauli. */
static enum status parse_parity(struct parser *p, uint32_t *out_expr, bool by_record) {
    struct op_list *ops = &p->program->ops;

    TRY(parse_leaves(p, &by_record));
    TRY(expr_add(ops, out_expr, (struct expr){.kind = EXPR_CONST, .value0 = 0}));
    for (size_t i = 0; i < p->n_wires; i++) {
        uint32_t node;
        TRY(expr_add(ops, &node,
                     (struct expr){.kind = by_record ? EXPR_REC : EXPR_BIT, .a = p->wires[i]}));
        if (i > 0) {
            TRY(expr_add(ops, &node, (struct expr){.kind = EXPR_XOR, .a = *out_expr, .b = node}));
        }
        *out_expr = node;
    }
    return STATUS_OK;
}

static enum status add_detector(struct parser *p, bool by_record, struct src_loc loc) {
    struct op *op;
    uint32_t expr;

    TRY(parse_params(p));
    TRY(parse_parity(p, &expr, by_record));
    TRY(parse_add_op(p, &op, OP_DETECTOR, NULL, 0, p->params, p->n_params, loc));
    op->expr = expr;
    return STATUS_OK;
}

/* `X a[0] Z b[1] ...` up to the end of the line: wires into p->wires, letters into p->params. */
static enum status parse_observed_paulis(struct parser *p) {
    const struct token *token = &p->lexer.token;
    p->n_wires = 0;
    p->n_params = 0;
    while (token->kind != TOKEN_END) {
        uint32_t wire;
        if (!is_letter(token)) {
            return parse_refuse(p, "X, Y or Z and a wire");
        }
        if (p->n_params == MAX_OBSERVED) {
            return log_error_at(STATUS_INPUT, token->loc, "an observable of more than %d Paulis",
                                (int)MAX_OBSERVED);
        }
        TRY(vec_reserve(&p->params, p->n_params, &p->cap_params, 1, sizeof *p->params));
        p->params[p->n_params++] = token->text[0] - 'X' + 1;
        TRY(lexer_next(&p->lexer));
        TRY(parse_wire(p, &wire));
        TRY(parse_push_wire(p, wire));
    }
    return STATUS_OK;
}

static enum status add_observable(struct parser *p, bool by_record, struct src_loc loc) {
    struct op *op;
    uint32_t expr;

    TRY(parse_params(p));
    if (p->n_params != 1 || !(p->params[0] >= 0 && p->params[0] < 0x1p32) ||
        p->params[0] != floor(p->params[0])) {
        return log_error_at(STATUS_INPUT, loc, "an observable takes one index, an integer");
    }
    const uint64_t index = (uint64_t)p->params[0];
    TRY(parse_parity(p, &expr, by_record));
    TRY(parse_observed_paulis(p));
    TRY(parse_add_op(p, &op, OP_OBSERVABLE, p->wires, p->n_wires, p->params, p->n_params, loc));
    op->expr = expr;
    op->arg = index;
    return STATUS_OK;
}

enum status parse_detector(struct parser *p, struct src_loc loc) {
    return add_detector(p, false, loc);
}
enum status parse_observable(struct parser *p, struct src_loc loc) {
    return add_observable(p, false, loc);
}

static enum status parse_coords(struct parser *p, enum op_kind kind, struct src_loc loc) {
    TRY(parse_params(p));
    TRY(parse_targets(p));
    if ((kind == OP_COORDS) != (p->n_wires > 0)) {
        return log_error_at(STATUS_INPUT, loc,
                            kind == OP_COORDS ? "QUBIT_COORDS without wires"
                                              : "SHIFT_COORDS with wires");
    }
    return parse_add_op(p, NULL, kind, p->wires, p->n_wires, p->params, p->n_params, loc);
}

static enum status refuse_stim(const struct token *word) {
    static const char *const others[] = {
        "M",      "MX",  "MY",  "MZ",   "MXX", "MYY", "MZZ", "MPP", "MR",
        "MRX",    "MRY", "MRZ", "MPAD", "R",   "RX",  "RY",  "RZ",  "HERALDED_ERASE",
        "REPEAT",
    };
    char text[TOKEN_TEXT_SIZE];
    bool is_known = false;

    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        is_known = is_known || token_is(word, others[i]);
    }
    return log_error_at(STATUS_INPUT, word->loc,
                        is_known ? "Stim's %s is not supported in programs: write gates, measure, "
                                   "reset and for as statements, products as 'pragma qspan op "
                                   "measure'"
                                 : "%s: expected noise, TICK, DETECTOR, OBSERVABLE_INCLUDE, "
                                   "QUBIT_COORDS or SHIFT_COORDS after 'stim'",
                        token_describe(word, text));
}

enum status parse_stim_line(struct parser *p) {
    struct token word = p->lexer.token;

    TRY(lexer_expect(&p->lexer, TOKEN_NAME, "of an instruction after 'stim'"));
    for (unsigned i = 0; i <= NOISE_PAULI2; i++) {
        if (token_is(&word, op_noise_name((enum op_noise)i))) {
            return parse_noise(p, (enum op_noise)i, word.loc);
        }
    }
    if (token_is(&word, "E") || token_is(&word, "CORRELATED_ERROR")) {
        return parse_correlated(p, NOISE_CORRELATED, word.loc);
    }
    if (token_is(&word, "ELSE_CORRELATED_ERROR")) {
        return parse_correlated(p, NOISE_ELSE, word.loc);
    }
    if (token_is(&word, "TICK")) {
        return parse_add_op(p, NULL, OP_TICK, NULL, 0, NULL, 0, word.loc);
    }
    if (token_is(&word, "DETECTOR")) {
        return add_detector(p, true, word.loc);
    }
    if (token_is(&word, "OBSERVABLE_INCLUDE")) {
        return add_observable(p, true, word.loc);
    }
    if (token_is(&word, "QUBIT_COORDS")) {
        return parse_coords(p, OP_COORDS, word.loc);
    }
    if (token_is(&word, "SHIFT_COORDS")) {
        return parse_coords(p, OP_SHIFT_COORDS, word.loc);
    }
    return refuse_stim(&word);
}
