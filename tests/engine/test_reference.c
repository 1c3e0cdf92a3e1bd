/* Reference shots do not depend on where qubits are in the tableau, nor on others beside them: few
 * qubits in a small one are dense rows, the same qubits far apart in a big one sparse rows, and
 * many entangled ones rows that become dense. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "engine/tableau/reference.h"
#include "support/random_circuit.h"

enum { MAX_OPS = 4000, MAX_QUBITS = 4096 };

static const struct src_loc nowhere = {NULL, 0, 0};

static struct op *add(struct op_list *ops, enum op_kind kind, unsigned which,
                      const uint32_t *qubits, size_t n) {
    struct op *op;
    cr_assert_eq(op_list_add(ops, &op, kind, qubits, n, NULL, 0, nowhere), STATUS_OK);
    op->which = (uint16_t)which;
    return op;
}

/* Gates, resets and measurements of n qubits, which stand at place[i]; returns the results. */
static uint64_t add_ops(struct op_list *ops, uint64_t seed, uint32_t n, size_t n_ops,
                        const uint32_t *place) {
    static const enum gate_id gates[] = {GATE_H, GATE_S, GATE_X, GATE_CX, GATE_CZ, GATE_SWAP};
    struct random_stream random = {.seed = seed};
    uint64_t n_results = 0;
    for (size_t i = 0; i < n_ops; i++) {
        const uint32_t a = random_below(&random, n), b = (a + 1 + random_below(&random, n - 1)) % n;
        const uint32_t qubits[2] = {place[a], place[b]};
        const unsigned kind = random_below(&random, 10), letters = random_below(&random, 9);
        if (kind < 7) {
            const enum gate_id gate = gates[random_below(&random, 6)];
            add(ops, OP_GATE, gate, qubits, gate_get(gate)->n_qubits);
        } else if (kind == 7) {
            add(ops, OP_RESET, 0, qubits, 1)->arg = 1 + letters % 3;
        } else {
            const unsigned n_measured = kind - 7;
            struct op *op = add(ops, OP_MEASURE, 0, qubits, n_measured);
            op->arg = 1 + letters % 3 + (n_measured == 2 ? (1 + letters / 3) << 2 : 0);
            n_results++;
        }
    }
    return n_results;
}

static void run(uint64_t *out, const struct op_list *ops, uint32_t n_qubits, uint64_t n_results) {
    const struct reference_task task = {.ops = ops, .n_qubits = n_qubits, .n_records = n_results};
    memset(out, 0, MAX_OPS / 8);
    cr_assert_eq(reference_run(out, NULL, &task), STATUS_OK, "%s", log_get_error());
}

/* n qubits side by side, and spread over n_wide in a shuffled order. */
static void compare(uint64_t seed, uint32_t n, uint32_t n_wide, size_t n_ops) {
    static uint32_t narrow[MAX_QUBITS], wide[MAX_QUBITS];
    static uint64_t want[MAX_OPS / 64 + 1], got[MAX_OPS / 64 + 1];
    struct op_list side = {0}, spread = {0};
    struct random_stream random = {.seed = seed + 1000};
    for (uint32_t i = 0; i < n; i++) {
        narrow[i] = i;
        wide[i] = (uint32_t)((uint64_t)i * n_wide / n);
    }
    for (uint32_t i = n; i-- > 1;) {
        const uint32_t j = random_below(&random, i + 1), old = wide[i];
        wide[i] = wide[j];
        wide[j] = old;
    }
    const uint64_t n_results = add_ops(&side, seed, n, n_ops, narrow);
    add_ops(&spread, seed, n, n_ops, wide);
    run(want, &side, n, n_results);
    run(got, &spread, n_wide, n_results);
    for (uint64_t i = 0; i < n_results; i++) {
        cr_assert_eq(bits_get(got, i), bits_get(want, i), "seed %llu, %u of %u qubits: result %llu",
                     (unsigned long long)seed, n, n_wide, (unsigned long long)i);
    }
    op_list_fini(&side);
    op_list_fini(&spread);
}

Test(reference, few_qubits_far_apart) {
    for (uint64_t seed = 1; seed <= 20; seed++) {
        compare(seed, 2 + (uint32_t)seed % 9, 4000, 400);
    }
}

Test(reference, many_qubits) {
    compare(1, 700, 701, 4000);
    compare(2, 300, 3000, 4000);
    compare(3, 64, 640, 4000);
}
