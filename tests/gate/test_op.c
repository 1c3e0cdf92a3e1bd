/* Op lists: what is added is what is held; markers against a stack; validity against corruption. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "gate/op.h"

enum { n_qubits = 6, n_bits = 4 };
static const struct src_loc nowhere = {0};

static uint64_t draw_site;

static uint32_t draw(uint32_t n) {
    return rng_draw(6, draw_site++, 0, RNG_TEST).word[0] % n;
}

static void add_random_gate(struct op_list *list) {
    enum gate_id gate = draw(GATE_COUNT);
    uint32_t qubits[n_qubits] = {0};
    double params[GATE_MAX_PARAMS];
    for (uint32_t i = 0; i < n_qubits; i++) { /* a random permutation */
        uint32_t j = draw(i + 1);
        qubits[i] = qubits[j];
        qubits[j] = i;
    }
    for (unsigned i = 0; i < GATE_MAX_PARAMS; i++) {
        params[i] = draw(1000) / 100.0;
    }
    struct src_loc loc = {"x.qasm", (uint32_t)list->n_ops + 1, 7};
    cr_assert_eq(op_list_add_gate(list, gate, qubits, params, loc), STATUS_OK);
    const struct op *op = &list->ops[list->n_ops - 1];
    cr_assert(op->kind == OP_GATE && op->which == gate && op->bit == OP_NO_BIT &&
              op->expr == OP_NO_EXPR && op->qpu == OP_NO_QPU && op->match == OP_NO_MATCH);
    cr_assert(op->line == list->n_ops && op->col == 7 && op->file == 0);
    cr_assert_eq(op->n_qubits, gate_get(gate)->n_qubits);
    cr_assert_arr_eq(op_qubits(list, op), qubits, op->n_qubits * sizeof *qubits);
    cr_assert_eq(op->n_params, gate_get(gate)->n_params);
    cr_assert(op->n_params == 0 ||
              !memcmp(op_params(list, op), params, op->n_params * sizeof *params));
}

static void add_random_leaf(struct op_list *list) {
    struct op *op;
    uint32_t pair[] = {draw(n_qubits / 2), n_qubits / 2 + draw(n_qubits / 2)};
    switch (draw(6)) {
    case 0:
        cr_assert_eq(op_list_add(list, &op, OP_MEASURE, pair, 1, NULL, 0, nowhere), STATUS_OK);
        op->bit = draw(n_bits);
        return;
    case 1:
        cr_assert_eq(op_list_add(list, &op, OP_MEASURE, pair, 2, NULL, 0, nowhere), STATUS_OK);
        op->bit = draw(n_bits);
        op->arg = 1 + draw(3) + ((1 + draw(3)) << 2);
        return;
    case 2:
        cr_assert_eq(op_list_add(list, NULL, OP_EBIT, pair, 2, NULL, 0, nowhere), STATUS_OK);
        return;
    case 3:
        cr_assert_eq(op_list_add(list, &op, OP_NOISE, pair, 2, (double[]){0.25}, 1, nowhere),
                     STATUS_OK);
        op->which = draw(2) ? NOISE_DEPOLARIZE1 : NOISE_DEPOLARIZE2;
        return;
    case 4:
        cr_assert_eq(op_list_add(list, NULL, OP_RESET, pair, 1, NULL, 0, nowhere), STATUS_OK);
        return;
    default:
        add_random_gate(list);
    }
}

static void add_random_block(struct op_list *list, unsigned depth) {
    for (uint32_t i = draw(5); i-- > 0;) {
        if (depth == 0 || draw(3) != 0) {
            add_random_leaf(list);
            continue;
        }
        static const enum op_kind kinds[] = {OP_IF, OP_WHILE, OP_REPEAT};
        enum op_kind kind = kinds[draw(3)];
        uint32_t expr = OP_NO_EXPR;
        if (kind != OP_REPEAT) {
            cr_assert_eq(expr_add(list, &expr, (struct expr){.kind = EXPR_BIT, .a = draw(n_bits)}),
                         STATUS_OK);
        }
        size_t open;
        cr_assert_eq(op_list_open(list, &open, kind, expr, 5, nowhere), STATUS_OK);
        cr_assert(list->ops[open].kind == kind && list->ops[open].expr == expr);
        cr_assert_eq(list->ops[open].arg, kind == OP_REPEAT ? 5 : 0);
        add_random_block(list, depth - 1);
        if (kind == OP_IF && draw(2)) {
            cr_assert_eq(op_list_else(list, open, nowhere), STATUS_OK);
            add_random_block(list, depth - 1);
        }
        cr_assert_eq(op_list_close(list, open, nowhere), STATUS_OK);
    }
}

/* Matches by a stack of indices, as a reader would pair brackets. */
static void check_matches(const struct op_list *list) {
    size_t stack[64] = {0}, n = 0, else_of[64] = {0};
    for (size_t i = 0; i < list->n_ops; i++) {
        const struct op *op = &list->ops[i];
        if (op->kind == OP_IF || op->kind == OP_WHILE || op->kind == OP_REPEAT) {
            else_of[n] = SIZE_MAX;
            stack[n++] = i;
        } else if (op->kind == OP_ELSE) {
            cr_assert_gt(n, 0);
            else_of[n - 1] = i;
            cr_assert_eq(list->ops[stack[n - 1]].match, i);
        } else if (op->kind == OP_END) {
            cr_assert_gt(n, 0);
            n--;
            cr_assert_eq(op->match, stack[n]);
            cr_assert_eq(list->ops[else_of[n] == SIZE_MAX ? stack[n] : else_of[n]].match, i);
        } else {
            cr_assert_eq(op->match, OP_NO_MATCH);
        }
    }
    cr_assert_eq(n, 0);
}

static void check_sites(struct op_list *list) {
    uint32_t site = 0;
    op_list_number_sites(list);
    for (size_t i = 0; i < list->n_ops; i++) {
        const struct op *op = &list->ops[i];
        cr_assert_eq(op->site, site);
        if (op->kind == OP_MEASURE || op->kind == OP_RESET || op->kind == OP_EBIT) {
            site++;
        } else if (op->kind == OP_NOISE) {
            site += op->which == NOISE_DEPOLARIZE2 ? 1 : 2;
        }
    }
    cr_assert_eq(list->n_sites, site);
}

Test(op, random_lists_are_well_formed) {
    for (unsigned round = 0; round < 200; round++) {
        struct op_list list = {0}, copy;
        add_random_block(&list, round % 6);
        check_matches(&list);
        cr_assert(op_list_is_valid(&list, n_qubits, n_bits));
        check_sites(&list);
        cr_assert_eq(op_list_copy(&copy, &list), STATUS_OK);
        cr_assert(copy.n_ops == list.n_ops && copy.n_qubits == list.n_qubits &&
                  copy.n_params == list.n_params && copy.n_exprs == list.n_exprs &&
                  copy.n_words == list.n_words && copy.n_sites == list.n_sites);
        cr_assert(list.n_ops == 0 || !memcmp(copy.ops, list.ops, list.n_ops * sizeof *list.ops));
        op_list_fini(&list);
        cr_assert(op_list_is_valid(&copy, n_qubits, n_bits)); /* it owns its pools */
        op_list_fini(&copy);
    }
}

/* IF { GATE } ELSE { MEASURE } END, NOISE, EBIT */
static struct op_list make_sample(void) {
    struct op_list list = {0};
    struct op *op;
    uint32_t expr;
    size_t open;
    cr_assert_eq(expr_add_eq(&list, &expr, 1, 3, &(uint64_t){5}), STATUS_OK);
    cr_assert_eq(op_list_open(&list, &open, OP_IF, expr, 0, nowhere), STATUS_OK);
    op_list_add_gate(&list, GATE_CRZ, (uint32_t[]){0, 5}, (double[]){0.5}, nowhere);
    cr_assert_eq(op_list_else(&list, open, nowhere), STATUS_OK);
    op_list_add(&list, &op, OP_MEASURE, (uint32_t[]){1, 2}, 2, NULL, 0, nowhere);
    op->arg = 1 | 3 << 2;
    op->bit = 3;
    cr_assert_eq(op_list_close(&list, open, nowhere), STATUS_OK);
    op_list_add(&list, &op, OP_NOISE, (uint32_t[]){0, 1}, 2, (double[]){0.1, 0.2, 0.7}, 3, nowhere);
    op->which = NOISE_PAULI1;
    op_list_add(&list, NULL, OP_EBIT, (uint32_t[]){3, 4}, 2, NULL, 0, nowhere);
    return list;
}

enum { SAMPLE_IF, SAMPLE_GATE, SAMPLE_ELSE, SAMPLE_MEASURE, SAMPLE_END, SAMPLE_NOISE, SAMPLE_EBIT };

/* One fault each; false when there are no more. */
static bool corrupt_markers(struct op_list *list, unsigned fault) {
    struct op *ops = list->ops;
    switch (fault) {
    case 0:
        ops[SAMPLE_IF].match = SAMPLE_END;
        return true;
    case 1:
        ops[SAMPLE_IF].match = OP_NO_MATCH;
        return true;
    case 2:
        ops[SAMPLE_ELSE].match = SAMPLE_EBIT;
        return true;
    case 3:
        ops[SAMPLE_END].match = SAMPLE_ELSE;
        return true;
    case 4:
        ops[SAMPLE_END].match = OP_NO_MATCH;
        return true;
    case 5:
        ops[SAMPLE_END].kind = OP_TICK;
        return true;
    case 6:
        ops[SAMPLE_IF].kind = OP_WHILE;
        return true;
    case 7:
        ops[SAMPLE_GATE].match = 0;
        return true;
    case 8:
        ops[SAMPLE_ELSE].kind = OP_TICK;
        return true;
    case 9:
        ops[SAMPLE_IF].expr = OP_NO_EXPR;
        return true;
    case 10:
        list->exprs[0].a = 2;
        return true;
    default:
        return false;
    }
}

static bool corrupt_gate(struct op_list *list, unsigned fault) {
    struct op *gate = &list->ops[SAMPLE_GATE];
    uint32_t *qubits = list->qubits + gate->qubit0;
    switch (fault) {
    case 0:
        qubits[1] = qubits[0];
        return true;
    case 1:
        qubits[1] = n_qubits;
        return true;
    case 2:
        gate->which = GATE_COUNT;
        return true;
    case 3:
        gate->which = GATE_CX;
        return true;
    case 4:
        gate->n_qubits = 1;
        return true;
    case 5:
        list->params[gate->param0] = NAN;
        return true;
    case 6:
        list->params[gate->param0] = -GATE_MAX_ANGLE;
        return true;
    case 7:
        gate->qubit0 = (uint32_t)list->n_qubits;
        return true;
    case 8:
        gate->kind = OP_KIND_COUNT;
        return true;
    default:
        return false;
    }
}

static bool corrupt_others(struct op_list *list, unsigned fault) {
    struct op *ops = list->ops;
    double *noise = list->params + ops[SAMPLE_NOISE].param0;
    switch (fault) {
    case 0:
        ops[SAMPLE_MEASURE].bit = n_bits;
        return true;
    case 1:
        ops[SAMPLE_MEASURE].bit = OP_NO_BIT;
        return true;
    case 2:
        ops[SAMPLE_MEASURE].arg = 0;
        return true;
    case 3:
        ops[SAMPLE_MEASURE].arg |= 1 << 4;
        return true;
    case 4:
        ops[SAMPLE_MEASURE].arg = 3 << 2;
        return true;
    case 5:
        noise[0] = -0.1;
        return true;
    case 6:
        noise[1] = 0.5;
        return true;
    case 7:
        noise[2] = INFINITY;
        return true;
    case 8:
        ops[SAMPLE_NOISE].n_params = 1;
        return true;
    case 9:
        ops[SAMPLE_NOISE].which = NOISE_COUNT;
        return true;
    case 10:
        list->qubits[ops[SAMPLE_EBIT].qubit0] = 4;
        return true;
    case 11:
        ops[SAMPLE_EBIT].n_qubits = 1;
        return true;
    default:
        return false;
    }
}

static void check_corruption(bool (*corrupt)(struct op_list *list, unsigned fault),
                             unsigned n_faults) {
    for (unsigned fault = 0; fault <= n_faults; fault++) {
        struct op_list list = make_sample();
        cr_assert_eq(corrupt(&list, fault), fault < n_faults);
        cr_assert_eq(op_list_is_valid(&list, n_qubits, n_bits), fault == n_faults, "fault %u",
                     fault);
        op_list_fini(&list);
    }
}

Test(op, corruption_is_seen) {
    check_corruption(corrupt_markers, 11);
    check_corruption(corrupt_gate, 9);
    check_corruption(corrupt_others, 12);
}

static void count_error(void *ctx, enum log_level level, const char *text) {
    unsigned *n = ctx;
    *n += level == LOG_ERROR && strstr(text, "x.qasm:3:9: ") == text;
}

Test(op, too_many_parameters_are_refused) {
    static const double params[256];
    struct op_list list = {0};
    unsigned n_errors = 0;
    struct src_loc loc = {"x.qasm", 3, 9};
    log_set_sink(count_error, &n_errors);
    cr_assert_eq(op_list_add(&list, NULL, OP_SHIFT_COORDS, NULL, 0, params, 255, loc), STATUS_OK);
    cr_assert_eq(op_list_add(&list, NULL, OP_SHIFT_COORDS, NULL, 0, params, 256, loc),
                 STATUS_INPUT);
    log_set_sink(NULL, NULL);
    cr_assert_eq(n_errors, 1);
    cr_assert(list.n_ops == 1 && list.n_params == 255);
    op_list_fini(&list);
}

Test(op, empty_list) {
    struct op_list list = {0}, copy;
    cr_assert(op_list_is_valid(&list, 0, 0));
    op_list_number_sites(&list);
    cr_assert_eq(list.n_sites, 0);
    cr_assert_eq(op_list_copy(&copy, &list), STATUS_OK);
    cr_assert_eq(copy.n_ops, 0);
    op_list_fini(&copy);
    op_list_fini(&list);
}

Test(op, names) {
    for (unsigned kind = 0; kind < OP_KIND_COUNT; kind++) {
        cr_assert_gt(strlen(op_kind_name(kind)), 1);
        for (unsigned other = 0; other < kind; other++) {
            cr_assert_str_neq(op_kind_name(kind), op_kind_name(other));
        }
    }
    cr_assert_str_eq(op_noise_name(NOISE_X), "X_ERROR");
    cr_assert_str_eq(op_noise_name(NOISE_PAULI2), "PAULI_CHANNEL_2");
    cr_assert_eq(op_noise_n_params(NOISE_PAULI2), 15);
    cr_assert_eq(op_noise_group(NOISE_PAULI2), 2);
    cr_assert_eq(op_noise_group(NOISE_PAULI1), 1);
    cr_assert_leq(sizeof(struct op), 56);
}

/* Ops that only circuits hold: as they are right, then with each fault. */
Test(op, ops_of_circuits_are_valid) {
    static const uint32_t qubits[] = {0, 2};
    static const double p[] = {0.1, 0.2, 0.3, 0.4}, wrong = 1.5;
    static const struct {
        enum op_kind kind;
        uint32_t n_qubits, n_params, which, bit;
        uint64_t arg;
        bool is_valid;
    } cases[] = {
        {OP_MEASURE, 1, 1, MEASURE_INVERTED | MEASURE_RESETS, 1, 0, true},
        {OP_MEASURE, 0, 0, MEASURE_INVERTED, 1, 0, true},
        {OP_MEASURE, 2, 1, MEASURE_INVERTED, 1, 1 | 2 << 2, true},
        {OP_MEASURE, 2, 0, MEASURE_RESETS, 1, 1 | 2 << 2, false},
        {OP_MEASURE, 0, 0, MEASURE_RESETS, 1, 0, false},
        {OP_MEASURE, 1, 2, 0, 1, 0, true},
        {OP_MEASURE, 1, 3, 0, 1, 0, false},
        {OP_MEASURE, 1, 0, 4, 1, 0, false},
        {OP_MEASURE, 0, 0, 0, 2, 0, false},
        {OP_RESET, 1, 0, 0, OP_NO_BIT, 2, true},
        {OP_RESET, 1, 0, 0, OP_NO_BIT, 3, false},
        {OP_NOISE, 2, 3, NOISE_I, OP_NO_BIT, 0, true},
        {OP_NOISE, 2, 0, NOISE_II, OP_NO_BIT, 0, true},
        {OP_NOISE, 1, 0, NOISE_II, OP_NO_BIT, 0, false},
        {OP_NOISE, 2, 1, NOISE_CORRELATED, OP_NO_BIT, 3 | 1 << 2, true},
        {OP_NOISE, 0, 1, NOISE_ELSE, OP_NO_BIT, 0, true},
        {OP_NOISE, 2, 1, NOISE_ELSE, OP_NO_BIT, 3, false},
        {OP_NOISE, 2, 2, NOISE_ELSE, OP_NO_BIT, 3 | 1 << 2, false},
        {OP_NOISE, 1, 1, NOISE_HERALDED_ERASE, 1, 0, true},
        {OP_NOISE, 1, 4, NOISE_HERALDED_PAULI1, 0, 0, true},
        {OP_NOISE, 1, 3, NOISE_HERALDED_PAULI1, 0, 0, false},
        {OP_NOISE, 1, 1, NOISE_HERALDED_ERASE, OP_NO_BIT, 0, false},
        {OP_NOISE, 2, 1, NOISE_HERALDED_ERASE, 0, 0, false},
        {OP_NOISE, 1, 1, NOISE_END, 0, 0, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct op_list list = {0};
        struct op *op;
        cr_assert_eq(op_list_add(&list, &op, cases[i].kind, qubits, cases[i].n_qubits, p,
                                 cases[i].n_params, (struct src_loc){0}),
                     STATUS_OK);
        op->which = (uint16_t)cases[i].which;
        op->bit = cases[i].bit;
        op->arg = cases[i].arg;
        cr_expect_eq(op_list_is_valid(&list, 3, 2), cases[i].is_valid, "case %zu", i);
        if (cases[i].n_params > 0) {
            list.params[op->param0] = wrong;
            cr_expect(!op_list_is_valid(&list, 3, 2), "case %zu", i);
        }
        op_list_fini(&list);
    }
}
