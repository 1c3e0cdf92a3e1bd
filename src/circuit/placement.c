#include "circuit/placement.h"

#include <string.h>

#include "base/mem.h"

void placements_fini(struct placements *p) {
    mem_free(p->items);
}

enum status placements_collect(struct placements *p) {
    for (size_t i = 0; i < p->lexer->n_directives; i++) {
        struct lexer_directive directive = p->lexer->directives[i];
        bool is_qpu = directive.n > 3 && memcmp(directive.text, "qpu", 3) == 0 &&
                      (directive.text[3] == ' ' || directive.text[3] == '\t');
        if (!is_qpu) {
            return log_error_at(
                STATUS_INPUT, directive.loc,
                "unknown comment for qspan; expected // qspan qpu NAME reg[i:j] ...");
        }
        if (p->is_closed) {
            return log_error_at(STATUS_INPUT, directive.loc,
                                "placement after the first operation; expected it before");
        }
        directive.text = arena_strndup(p->arena, directive.text, directive.n);
        if (directive.text == NULL) {
            return STATUS_NOFIT;
        }
        TRY(vec_reserve(&p->items, p->n, &p->cap, 1, sizeof *p->items));
        p->items[p->n++] = directive;
    }
    p->lexer->n_directives = 0;
    return STATUS_OK;
}

/* Index of the QPU that the current token names, added when it is new. */
static enum status read_qpu(struct placements *p, uint32_t *out_qpu, struct names *qpus) {
    struct circuit *circuit = p->circuit;
    const struct token *token = &p->lexer->token;
    const char *name;

    if (token->kind != TOKEN_NAME) {
        return lexer_expect(p->lexer, TOKEN_NAME, "of a QPU after 'qpu'");
    }
    if (!names_find(qpus, out_qpu, token->text, token->n)) {
        *out_qpu = u32_from_size(circuit->n_placed_qpus);
        TRY(circuit_add_placed_qpu(circuit, token->text, token->n, token->loc));
        name = circuit->placed_qpus[*out_qpu];
        TRY(names_add(qpus, name, token->n, *out_qpu));
    }
    return lexer_next(p->lexer);
}

static enum status read_index(struct placements *p, uint32_t *out_index, const struct reg *reg) {
    const struct token *token = &p->lexer->token;

    if (token->kind != TOKEN_INT) {
        return lexer_expect(p->lexer, TOKEN_INT, "as index of a register");
    }
    if (token->is_wide || token->integer >= reg->n) {
        char text[TOKEN_TEXT_SIZE];
        return log_error_at(STATUS_INPUT, token->loc, "index %s is outside of %.48s[%u]",
                            token_describe(token, text), reg->name, reg->n);
    }
    *out_index = (uint32_t)token->integer;
    return lexer_next(p->lexer);
}

/* `reg`, `reg[i]` or `reg[i:j]` with j inclusive, as qubits first .. last. */
static enum status read_range(struct placements *p, uint32_t *out_first, uint32_t *out_last) {
    const struct token *token = &p->lexer->token;
    const struct reg *reg;
    struct src_loc loc;
    uint32_t first = 0, last;
    bool found;

    if (token->kind != TOKEN_NAME) {
        return lexer_expect(p->lexer, TOKEN_NAME, "of a quantum register");
    }
    reg = circuit_find_qreg(p->circuit, token->text, token->n);
    if (reg == NULL) {
        char text[TOKEN_TEXT_SIZE];
        return log_error_at(STATUS_INPUT, token->loc,
                            "undeclared register %s; expected a qreg "
                            "declared before the first operation",
                            token_describe(token, text));
    }
    last = reg->n - 1;
    TRY(lexer_next(p->lexer));
    TRY(lexer_accept(p->lexer, &found, TOKEN_LBRACKET));
    if (found) {
        TRY(read_index(p, &first, reg));
        last = first;
        TRY(lexer_accept(p->lexer, &found, TOKEN_COLON));
        if (found) {
            loc = token->loc;
            TRY(read_index(p, &last, reg));
            if (last < first) {
                return log_error_at(STATUS_INPUT, loc, "range %u:%u runs backwards", first, last);
            }
        }
        TRY(lexer_expect(p->lexer, TOKEN_RBRACKET, "after an index"));
    }
    *out_first = reg->first + first;
    *out_last = reg->first + last;
    return STATUS_OK;
}

/* The words after `// qspan`, with the lexer in a view of them. */
static enum status read_placement(struct placements *p, struct names *qpus) {
    struct circuit *circuit = p->circuit;
    uint32_t qpu, first = 0, last = 0;
    char name[64];

    TRY(lexer_next(p->lexer)); /* qpu */
    TRY(lexer_next(p->lexer));
    TRY(read_qpu(p, &qpu, qpus));
    do {
        struct src_loc loc = p->lexer->token.loc;
        TRY(read_range(p, &first, &last));
        for (uint32_t qb = first; qb <= last; qb++) {
            if (circuit->placement[qb] != OP_NO_QPU) {
                return log_error_at(STATUS_INPUT, loc, "qubit %s is already placed on QPU '%.48s'",
                                    circuit_qubit_name(circuit, qb, name, sizeof name),
                                    circuit->placed_qpus[circuit->placement[qb]]);
            }
            circuit->placement[qb] = qpu;
        }
    } while (p->lexer->token.kind != TOKEN_END);
    return STATUS_OK;
}

/* A placement of n qubits that begins with the present one. */
static enum status grow_placement(struct circuit *circuit, uint32_t n_old) {
    uint32_t *placement = arena_alloc(&circuit->arena, circuit->n_qubits * sizeof *placement);

    if (placement == NULL) {
        return STATUS_NOFIT;
    }
    if (n_old > 0) {
        memcpy(placement, circuit->placement, n_old * sizeof *placement);
    }
    for (uint32_t qb = n_old; qb < circuit->n_qubits; qb++) {
        placement[qb] = OP_NO_QPU;
    }
    circuit->placement = placement;
    return STATUS_OK;
}

static enum status resolve(struct placements *p) {
    struct token current = p->lexer->token;
    struct names qpus = {0};
    enum status status = STATUS_OK;

    if (p->n == 0) {
        return STATUS_OK;
    }
    TRY(grow_placement(p->circuit, 0));
    p->n_placed = p->circuit->n_qubits;
    for (size_t i = 0; i < p->n && status == STATUS_OK; i++) {
        const struct lexer_directive *directive = &p->items[i];
        status = lexer_push_view(p->lexer, directive->text, directive->n, directive->loc);
        if (status == STATUS_OK) {
            status = read_placement(p, &qpus);
            lexer_pop(p->lexer);
        }
    }
    p->n = 0;
    p->lexer->token = current;
    names_fini(&qpus);
    return status;
}

enum status placements_close(struct placements *p) {
    if (p->is_closed) {
        return STATUS_OK;
    }
    p->is_closed = true;
    return resolve(p);
}

enum status placements_finish(struct placements *p) {
    TRY(resolve(p));
    if (p->circuit->n_placed_qpus > 0 && p->n_placed < p->circuit->n_qubits) {
        return grow_placement(p->circuit, p->n_placed);
    }
    return STATUS_OK;
}
