#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "circuit/qasm3_internal.h"
#include "circuit/qasm3_words.h"

void *qasm3_alloc(struct qasm3 *p, size_t n, size_t size) {
    size_t n_bytes;

    if (!size_mul(&n_bytes, n == 0 ? 1 : n, size)) {
        log_error(STATUS_NOFIT, "out of memory: %zu items of %zu bytes", n, size);
        return NULL;
    }
    return arena_alloc(&p->scratch, n_bytes);
}

enum status qasm3_intern(struct qasm3 *p, uint32_t *out_sym, const char *text, size_t n) {
    struct qasm3_symbol symbol = {.n = n};

    if (names_find(&p->symbol_names, out_sym, text, n)) {
        return STATUS_OK;
    }
    TRY(vec_reserve(&p->symbols, p->n_symbols, &p->cap_symbols, 1, sizeof *p->symbols));
    symbol.name = arena_strndup(&p->arena, text, n);
    if (symbol.name == NULL) {
        return STATUS_NOFIT;
    }
    *out_sym = u32_from_size(p->n_symbols);
    TRY(names_add(&p->symbol_names, symbol.name, n, *out_sym));
    p->symbols[p->n_symbols++] = symbol;
    return STATUS_OK;
}

const char *qasm3_name(const struct qasm3 *p, uint32_t sym) {
    return p->symbols[sym].name;
}

/* ---- scopes ---- */

enum status qasm3_push_scope(struct qasm3 *p) {
    TRY(vec_reserve(&p->scopes, p->n_scopes, &p->cap_scopes, 1, sizeof(struct qasm3_decl *)));
    p->scopes[p->n_scopes++] = NULL;
    return STATUS_OK;
}

void qasm3_pop_scope(struct qasm3 *p) {
    for (struct qasm3_decl *decl = p->scopes[--p->n_scopes]; decl != NULL;
         decl = decl->scope_next) {
        p->symbols[decl->sym].decl = decl->shadowed;
    }
}

enum status qasm3_enter_body(struct qasm3 *p, struct qasm3_return *out_caller,
                             struct qasm3_decl *body) {
    *out_caller = (struct qasm3_return){p->loc, p->frame, p->file};
    TRY(qasm3_push_scope(p));
    p->n_calls++;
    p->frame = ++p->n_frames;
    body->is_busy = true;
    return STATUS_OK;
}

void qasm3_leave_body(struct qasm3 *p, const struct qasm3_return *caller, struct qasm3_decl *body) {
    body->is_busy = false;
    p->frame = caller->frame;
    p->file = caller->file;
    p->loc = caller->loc;
    p->n_calls--;
    qasm3_pop_scope(p);
}

enum status qasm3_declare(struct qasm3 *p, struct qasm3_decl **out_decl, uint32_t sym,
                          enum qasm3_decl_kind kind, struct src_loc loc) {
    struct qasm3_decl **scope = &p->scopes[p->n_scopes - 1];
    struct qasm3_decl *decl;

    for (decl = p->n_scopes == 1 ? p->symbols[sym].decl : *scope; decl != NULL;
         decl = decl->scope_next) {
        if (decl->sym == sym) {
            return log_error_at(STATUS_INPUT, loc, "'%.48s' is declared twice; first in line %u",
                                qasm3_name(p, sym), decl->loc.line);
        }
    }
    decl = arena_alloc(p->n_scopes == 1 ? &p->arena : &p->scratch, sizeof *decl);
    if (decl == NULL) {
        return STATUS_NOFIT;
    }
    decl->kind = kind;
    decl->sym = sym;
    decl->frame = p->n_scopes == 1 ? 0 : p->frame;
    decl->loc = loc;
    decl->shadowed = p->symbols[sym].decl;
    decl->scope_next = p->n_scopes == 1 ? NULL : *scope;
    *scope = decl;
    p->symbols[sym].decl = decl;
    *out_decl = decl;
    return STATUS_OK;
}

struct qasm3_decl *qasm3_lookup(const struct qasm3 *p, uint32_t sym) {
    struct qasm3_decl *decl = p->symbols[sym].decl;

    while (decl != NULL && decl->frame != 0 && decl->frame != p->frame) {
        decl = decl->shadowed;
    }
    return decl;
}

/* ---- bits of the circuit ---- */

enum status qasm3_add_bits(struct qasm3 *p, struct qasm3_list *out_list, const char *name,
                           uint32_t n, bool is_local, struct src_loc loc) {
    struct circuit *circuit = p->circuit;
    char free_name[80];

    if (is_local && (!p->is_next_local || circuit_has_register(circuit, name))) {
        do { /* a name that a program may still declare would be in its way */
            snprintf(free_name, sizeof free_name, "%.48s__%u", name, p->n_hidden++);
        } while (circuit_has_register(circuit, free_name));
        name = free_name;
    }
    *out_list = (struct qasm3_list){.first = circuit->n_bits, .n = n};
    TRY(circuit_add_creg(circuit, name, n, loc));
    circuit->cregs[circuit->n_cregs - 1].is_local = is_local;
    TRY(vec_reserve(&p->known, p->n_known, &p->cap_known, n, sizeof *p->known));
    TRY(vec_reserve(&p->bit_exprs, p->n_bit_exprs, &p->cap_bit_exprs, n, sizeof *p->bit_exprs));
    /* A bit that a run-time loop made holds what the last round left. */
    memset(p->known + p->n_known, p->n_loops > 0 || p->is_verbatim ? QASM3_UNKNOWN : 0, n);
    memset(p->bit_exprs + p->n_bit_exprs, 0, n * sizeof *p->bit_exprs);
    p->n_known += n;
    p->n_bit_exprs += n;
    return STATUS_OK;
}

enum status qasm3_new_bit(struct qasm3 *p, uint32_t *out_bit) {
    struct qasm3_list list;

    TRY(qasm3_add_bits(p, &list, "t", 1, true, p->loc));
    *out_bit = list.first;
    return STATUS_OK;
}

void qasm3_set_verbatim(struct qasm3 *p) {
    p->is_verbatim = true;
    if (p->n_known > 0) {
        memset(p->known, QASM3_UNKNOWN, p->n_known);
    }
}

/* Remembers the old value for the end of the run-time block. */
enum status qasm3_note_known(struct qasm3 *p, uint32_t bit, uint8_t known) {
    if (p->known[bit] == known || p->is_verbatim) {
        return STATUS_OK;
    }
    if (p->n_conditions > 0) {
        TRY(vec_reserve(&p->journal, p->n_journal, &p->cap_journal, 1, sizeof *p->journal));
        p->journal[p->n_journal++] = (struct qasm3_known){bit, p->known[bit]};
    }
    p->known[bit] = known;
    return STATUS_OK;
}

enum status qasm3_bit_lit(struct qasm3 *p, uint32_t *out_lit, uint32_t bit) {
    if (p->known[bit] != QASM3_UNKNOWN) {
        *out_lit = p->known[bit];
        return STATUS_OK;
    }
    if (p->bit_exprs[bit] == 0) {
        uint32_t expr;
        TRY(expr_add(&p->circuit->ops, &expr, (struct expr){.kind = EXPR_BIT, .a = bit}));
        p->bit_exprs[bit] = expr + 1;
    }
    *out_lit = p->bit_exprs[bit] - 1 + 2;
    return STATUS_OK;
}

static const struct expr *node_of(const struct qasm3 *p, uint32_t lit) {
    return &p->circuit->ops.exprs[lit - 2];
}

enum status qasm3_assign_bit(struct qasm3 *p, uint32_t bit, uint32_t lit) {
    struct op_list *ops = &p->circuit->ops;
    uint32_t expr = lit - 2;
    struct op *op;

    if (lit <= 1 && p->known[bit] == lit) {
        return STATUS_OK;
    }
    if (lit > 1 && node_of(p, lit)->kind == EXPR_BIT && node_of(p, lit)->a == bit) {
        return STATUS_OK;
    }
    if (lit <= 1) {
        TRY(expr_add(ops, &expr, (struct expr){.kind = EXPR_CONST, .value0 = lit}));
    }
    TRY(qasm3_check_ops(p, 1));
    TRY(op_list_add(ops, &op, OP_ASSIGN, NULL, 0, NULL, 0, p->loc));
    op->bit = bit;
    op->expr = expr;
    op->file = p->file;
    return qasm3_note_known(p, bit, lit <= 1 ? (uint8_t)lit : QASM3_UNKNOWN);
}

/* ---- literals ---- */

enum { MAX_TREE = 24 };

static enum status add_node(struct qasm3 *p, uint32_t *out, struct expr node) {
    uint32_t expr, bit;

    TRY(expr_add(&p->circuit->ops, &expr, node));
    *out = expr + 2;
    node = p->circuit->ops.exprs[expr];
    if (node.kind == EXPR_BIT || node.kind == EXPR_EQ || node.n <= MAX_TREE || p->is_verbatim) {
        return STATUS_OK;
    }
    TRY(qasm3_new_bit(p, &bit));
    TRY(qasm3_assign_bit(p, bit, *out));
    return qasm3_bit_lit(p, out, bit);
}

enum status qasm3_lit_not(struct qasm3 *p, uint32_t *out, uint32_t a) {
    if (a <= 1) {
        *out = !a;
        return STATUS_OK;
    }
    if (node_of(p, a)->kind == EXPR_NOT) {
        *out = node_of(p, a)->a + 2;
        return STATUS_OK;
    }
    return add_node(p, out, (struct expr){.kind = EXPR_NOT, .a = a - 2});
}

enum status qasm3_lit_binary(struct qasm3 *p, uint32_t *out, enum expr_kind kind, uint32_t a,
                             uint32_t b) {
    uint32_t constant = a <= 1 ? a : b, other = a <= 1 ? b : a;

    if (a == b) {
        *out = kind == EXPR_XOR ? QASM3_FALSE : a;
        return STATUS_OK;
    }
    if (constant > 1) {
        return add_node(p, out, (struct expr){.kind = kind, .a = a - 2, .b = b - 2});
    }
    if (kind == EXPR_XOR) {
        if (constant == QASM3_TRUE) {
            return qasm3_lit_not(p, out, other);
        }
        *out = other;
        return STATUS_OK;
    }
    *out = (kind == EXPR_AND) == (constant == QASM3_TRUE) ? other : constant;
    return STATUS_OK;
}

/* The first bit if the literals are adjacent bits that nothing is known of, compared with
 * constants; OP_NO_BIT otherwise. */
static uint32_t adjacent_bits(const struct qasm3 *p, const uint32_t *a, const uint32_t *b,
                              uint32_t n) {
    uint32_t first = OP_NO_BIT;

    for (uint32_t i = 0; i < n; i++) {
        if (a[i] <= 1 || b[i] > 1 || node_of(p, a[i])->kind != EXPR_BIT ||
            (i > 0 && node_of(p, a[i])->a != first + i)) {
            return OP_NO_BIT;
        }
        first = i == 0 ? node_of(p, a[i])->a : first;
    }
    return first;
}

static enum status equals_constant(struct qasm3 *p, uint32_t *out, uint32_t first,
                                   const uint32_t *b, uint32_t n) {
    uint64_t *words = qasm3_alloc(p, n / 64 + 1, sizeof *words);
    uint32_t expr;

    if (words == NULL) {
        return STATUS_NOFIT;
    }
    for (uint32_t i = 0; i < n; i++) {
        words[i / 64] |= (uint64_t)b[i] << (i % 64);
    }
    TRY(expr_add_eq(&p->circuit->ops, &expr, first, n, words));
    *out = expr + 2;
    return STATUS_OK;
}

enum status qasm3_lit_equals(struct qasm3 *p, uint32_t *out, const uint32_t *a, const uint32_t *b,
                             uint32_t n) {
    bool may_compare = n > 1 || p->is_verbatim;
    uint32_t first = may_compare ? adjacent_bits(p, a, b, n) : OP_NO_BIT, all = QASM3_TRUE;

    if (first != OP_NO_BIT) {
        return equals_constant(p, out, first, b, n);
    }
    first = may_compare ? adjacent_bits(p, b, a, n) : OP_NO_BIT;
    if (first != OP_NO_BIT) {
        return equals_constant(p, out, first, a, n);
    }
    for (uint32_t i = 0; i < n; i++) {
        if (a[i] <= 1 && b[i] <= 1 && a[i] != b[i]) {
            *out = QASM3_FALSE; /* before any tree is made */
            return STATUS_OK;
        }
    }
    for (uint32_t i = 0; i < n; i++) {
        uint32_t same;
        TRY(qasm3_lit_binary(p, &same, EXPR_XOR, a[i], b[i]));
        TRY(qasm3_lit_not(p, &same, same));
        TRY(qasm3_lit_binary(p, &all, EXPR_AND, all, same));
    }
    *out = all;
    return STATUS_OK;
}
