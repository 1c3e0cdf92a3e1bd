/* The tracker against dense vectors: every string it holds must stabilise the state up to sign, and
 * what it calls a coin must be one. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "gate/gate.h"
#include "runtime/tracker.h"

enum { N = 5, DIM = 1 << N };

struct vec {
    double re[DIM], im[DIM];
};

static uint64_t seed, draws;

static uint32_t pick(uint32_t n) {
    const struct rng_block block = rng_draw(seed, draws++, 1, RNG_TEST);
    return block.word[0] % n;
}

static void apply(struct vec *v, enum gate_id gate, const double *params, const uint32_t *wires) {
    static double matrix[GATE_MAX_MATRIX];
    const unsigned k = gate_get(gate)->n_qubits;
    const size_t dim = (size_t)1 << k;
    struct vec out = {0};
    gate_unitary(matrix, gate, params);
    for (size_t i = 0; i < DIM; i++) {
        size_t row = 0, rest = i;
        for (unsigned q = 0; q < k; q++) {
            row |= ((i >> wires[q]) & 1) << q;
            rest &= ~((size_t)1 << wires[q]);
        }
        for (size_t col = 0; col < dim; col++) {
            size_t j = rest;
            for (unsigned q = 0; q < k; q++) {
                j |= ((col >> q) & 1) << wires[q];
            }
            const double re = matrix[2 * (row * dim + col)], im = matrix[2 * (row * dim + col) + 1];
            out.re[i] += re * v->re[j] - im * v->im[j];
            out.im[i] += re * v->im[j] + im * v->re[j];
        }
    }
    *v = out;
}

static double p_one(const struct vec *v, uint32_t wire) {
    double sum = 0;
    for (size_t i = 0; i < DIM; i++) {
        sum += (i >> wire) & 1 ? v->re[i] * v->re[i] + v->im[i] * v->im[i] : 0;
    }
    return sum;
}

static void project(struct vec *v, uint32_t wire, size_t bit) {
    double p = 0;
    for (size_t i = 0; i < DIM; i++) {
        p += ((i >> wire) & 1) == bit ? v->re[i] * v->re[i] + v->im[i] * v->im[i] : 0;
    }
    for (size_t i = 0; i < DIM; i++) {
        const double scale = ((i >> wire) & 1) == bit ? 1 / sqrt(p) : 0;
        v->re[i] *= scale;
        v->im[i] *= scale;
    }
}

/* |<psi|P|psi>| */
static double expectation(const struct vec *v, const struct tracker_string *string) {
    static const enum gate_id letters[4] = {GATE_I, GATE_X, GATE_Z, GATE_Y};
    struct vec image = *v;
    double re = 0, im = 0;
    for (size_t i = 0; i < string->n; i++) {
        apply(&image, letters[string->letters[i]], NULL, &string->wires[i]);
    }
    for (size_t i = 0; i < DIM; i++) {
        re += v->re[i] * image.re[i] + v->im[i] * image.im[i];
        im += v->re[i] * image.im[i] - v->im[i] * image.re[i];
    }
    return hypot(re, im);
}

/* Takes every generator out of a copy. Returns how many there were. */
static size_t check_all(const struct tracker *tracker, const struct vec *v) {
    struct tracker *copy;
    struct tracker_string string = {0};
    size_t n = 0;
    cr_assert(tracker_copy(&copy, tracker) == STATUS_OK);
    for (uint32_t wire = 0; wire < N; wire++) {
        for (uint32_t check = 1; check <= 2; check++) {
            for (bool found = true; found;) {
                cr_assert(tracker_remove(copy, &found, &string, &wire, 1, check) == STATUS_OK);
                if (found) {
                    n++;
                    cr_assert_float_eq(expectation(v, &string), 1, 1e-10, "seed %llu draws %llu",
                                       (unsigned long long)seed, (unsigned long long)draws);
                }
            }
        }
    }
    tracker_string_fini(&string);
    tracker_destroy(copy);
    return n;
}

static void do_gate(struct tracker *tracker, struct vec *v, bool only_clifford) {
    static const enum gate_id gates[] = {GATE_H, GATE_S,  GATE_CX, GATE_CZ,  GATE_SX, GATE_SWAP,
                                         GATE_T, GATE_RX, GATE_CP, GATE_CCX, GATE_RXX};
    const enum gate_id gate = gates[pick(only_clifford ? 6 : 11)];
    const uint32_t first = pick(N);
    const uint32_t wires[3] = {first, (first + 1) % N, (first + 3) % N};
    const double params[1] = {0.3 + 0.1 * pick(20)};
    struct tracker_string string = {0};
    struct pauli_map map;
    bool found;
    pauli_map_from_gate(&map, gate, params);
    for (uint32_t j = 0; j < map.n_checks; j++) {
        cr_assert(tracker_remove(tracker, &found, &string, wires, map.n_qubits, map.check[j]) ==
                  STATUS_OK);
    }
    cr_assert(tracker_map(tracker, wires, &map) == STATUS_OK);
    apply(v, gate, params, wires);
    tracker_string_fini(&string);
}

/* Returns whether the tracker knew that it was a coin. */
static bool do_measure(struct tracker *tracker, struct vec *v) {
    const uint32_t wire = pick(N);
    struct tracker_string string = {0};
    bool is_coin;
    const double p = p_one(v, wire);
    cr_assert(tracker_remove(tracker, &is_coin, &string, &wire, 1, 1) == STATUS_OK);
    if (is_coin) {
        cr_assert_float_eq(p, 0.5, 1e-10);
    }
    project(v, wire, p > 0.5);
    cr_assert(tracker_set_alone(tracker, wire) == STATUS_OK);
    tracker_string_fini(&string);
    return is_coin;
}

static struct vec zero_state(void) {
    struct vec v = {.re = {1}};
    return v;
}

Test(tracker, holds_only_stabilizers_of_the_state) {
    for (seed = 0; seed < 60; seed++) {
        struct tracker *tracker;
        struct vec v = zero_state();
        draws = 0;
        cr_assert(tracker_create(&tracker, N) == STATUS_OK);
        for (int i = 0; i < 30; i++) {
            if (pick(4) == 0) {
                do_measure(tracker, &v);
            } else {
                do_gate(tracker, &v, false);
            }
            check_all(tracker, &v);
        }
        tracker_destroy(tracker);
    }
}

/* In Clifford circuits nothing is lost: N independent strings, and every random outcome is a known
 * coin. */
Test(tracker, knows_all_of_a_stabilizer_state) {
    for (seed = 100; seed < 130; seed++) {
        struct tracker *tracker;
        struct vec v = zero_state();
        draws = 0;
        cr_assert(tracker_create(&tracker, N) == STATUS_OK);
        for (int i = 0; i < 400; i++) {
            if (pick(4) == 0) {
                do_measure(tracker, &v);
            } else {
                do_gate(tracker, &v, true);
            }
            for (uint32_t wire = 0; wire < N && i % 20 == 0; wire++) {
                struct tracker *copy;
                struct tracker_string string = {0};
                bool is_coin;
                cr_assert(tracker_copy(&copy, tracker) == STATUS_OK);
                cr_assert(tracker_remove(copy, &is_coin, &string, &wire, 1, 1) == STATUS_OK);
                cr_assert_eq(is_coin, fabs(p_one(&v, wire) - 0.5) < 1e-9);
                tracker_string_fini(&string);
                tracker_destroy(copy);
            }
        }
        cr_assert_geq(check_all(tracker, &v), (size_t)N);
        tracker_destroy(tracker);
    }
}

Test(tracker, pair_is_stabilised_by_xx_and_zz) {
    const uint32_t a = 1, b = 3, cx[2] = {a, b};
    struct tracker *tracker;
    struct vec v = zero_state();
    cr_assert(tracker_create(&tracker, N) == STATUS_OK);
    cr_assert(tracker_set_pair(tracker, a, b) == STATUS_OK);
    apply(&v, GATE_H, NULL, &a);
    apply(&v, GATE_CX, NULL, cx);
    cr_assert_eq(check_all(tracker, &v), (size_t)N);
    tracker_destroy(tracker);
}
