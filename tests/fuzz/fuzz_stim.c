/* Stim's language: what is read is valid; printed, it reads back as the same circuit and prints the
 * same. What can be lowered to plain ops is valid as well. */
#include <string.h>

#include "base/text.h"
#include "fuzz/fuzz.h"

/* All but the places; tags by their text. */
static void check_same_op(const struct circuit *a, const struct circuit *b, size_t i) {
    const struct op *x = &a->ops.ops[i], *y = &b->ops.ops[i];

    CHECK(x->kind == y->kind && x->which == y->which && x->arg == y->arg && x->bit == y->bit);
    CHECK(x->match == y->match && x->expr == y->expr && (x->tag == 0) == (y->tag == 0));
    CHECK(x->n_qubits == y->n_qubits && x->n_params == y->n_params);
    CHECK(x->tag == 0 || strcmp(a->tags[x->tag - 1], b->tags[y->tag - 1]) == 0);
    CHECK(x->n_qubits == 0 || memcmp(op_qubits(&a->ops, x), op_qubits(&b->ops, y),
                                     x->n_qubits * sizeof(uint32_t)) == 0);
    for (unsigned k = 0; k < x->n_params; k++) {
        CHECK(op_params(&a->ops, x)[k] == op_params(&b->ops, y)[k]);
    }
}

static void check_same(const struct circuit *a, const struct circuit *b) {
    CHECK(a->ops.n_ops == b->ops.n_ops && a->ops.n_exprs == b->ops.n_exprs);
    CHECK(a->n_qubits == b->n_qubits && a->n_bits == b->n_bits && a->measures == b->measures);
    CHECK(a->n_qubits == 0 || memcmp(a->labels, b->labels, a->n_qubits * sizeof *a->labels) == 0);
    CHECK(a->n_placed_qpus == b->n_placed_qpus);
    CHECK(a->n_placed_qpus == 0 || a->n_qubits == 0 ||
          memcmp(a->placement, b->placement, a->n_qubits * sizeof *a->placement) == 0);
    for (size_t i = 0; i < a->n_placed_qpus; i++) {
        CHECK(strcmp(a->placed_qpus[i], b->placed_qpus[i]) == 0);
    }
    for (size_t i = 0; i < a->ops.n_ops; i++) {
        check_same_op(a, b, i);
    }
    for (size_t i = 0; i < a->ops.n_exprs; i++) {
        const struct expr *x = &a->ops.exprs[i], *y = &b->ops.exprs[i];
        CHECK(x->kind == y->kind && x->a == y->a && x->b == y->b && x->value0 == y->value0);
    }
}

/* Loops are unrolled: only few rounds, so that no input takes long. */
static bool is_short(const struct circuit *circuit) {
    uint64_t rounds = 1;

    for (size_t i = 0; i < circuit->ops.n_ops; i++) {
        const struct op *op = &circuit->ops.ops[i];
        if (op->kind == OP_REPEAT) {
            rounds = op->arg > 64 ? 65 : rounds * op->arg;
        }
        if (rounds > 64) {
            return false;
        }
    }
    return true;
}

static void check_lowered(const struct circuit *circuit) {
    struct circuit *plain = NULL;

    if (is_short(circuit) && stim_lower(&plain, circuit) == STATUS_OK) {
        CHECK(op_list_is_valid(&plain->ops, plain->n_qubits, plain->n_bits));
        CHECK(!stim_needs_lowering(plain));
    }
    circuit_destroy(plain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    struct circuit *circuit = NULL, *again = NULL;
    struct text first = {0}, second = {0};

    log_set_sink(fuzz_drop, NULL);
    if (stim_read_text(&circuit, "fuzz/f.stim", (const char *)data, n, &fuzz_limits) != STATUS_OK) {
        return 0;
    }
    CHECK(op_list_is_valid(&circuit->ops, circuit->n_qubits, circuit->n_bits));
    CHECK(stim_print(&first, circuit) == STATUS_OK);
    CHECK(stim_read_text(&again, "fuzz/f.stim", first.data, first.n, NULL) == STATUS_OK);
    check_same(circuit, again);
    CHECK(stim_print(&second, again) == STATUS_OK);
    CHECK(strcmp(first.data, second.data) == 0);
    check_lowered(circuit);
    text_fini(&first);
    text_fini(&second);
    circuit_destroy(circuit);
    circuit_destroy(again);
    return 0;
}
