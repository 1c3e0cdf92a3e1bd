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

/* ---- many wires: against a table of strings ---- */

enum { WIDE = 150, MOST = 600 };

/* Generators by number, the lowest that is free for a new one; letters as in a tracker_string. */
struct table {
    uint8_t letters[MOST][WIDE];
    bool is_live[MOST], is_touched[WIDE];
};

static uint8_t *add_string(struct table *table) {
    size_t g = 0;
    while (table->is_live[g]) {
        g++;
    }
    cr_assert_lt(g, (size_t)MOST);
    table->is_live[g] = true;
    memset(table->letters[g], 0, sizeof table->letters[g]);
    return table->letters[g];
}

static void touch_wire(struct table *table, uint32_t wire) {
    if (!table->is_touched[wire]) {
        table->is_touched[wire] = true;
        add_string(table)[wire] = 2;
    }
}

static bool is_odd(const uint8_t *letters, const uint32_t *wires, uint32_t n, uint32_t check) {
    unsigned parity = 0;
    for (uint32_t i = 0; i < n; i++) {
        parity ^= (letters[wires[i]] & (check >> i)) & 1u;
        parity ^= ((letters[wires[i]] >> 1) & (check >> (n + i))) & 1u;
    }
    return parity != 0;
}

/* The string that leaves, or NULL. */
static const uint8_t *remove_string(struct table *table, const uint32_t *wires, uint32_t n,
                                    uint32_t check) {
    size_t last = MOST;
    for (uint32_t i = 0; i < n; i++) {
        touch_wire(table, wires[i]);
    }
    for (size_t g = 0; g < MOST; g++) {
        last = table->is_live[g] && is_odd(table->letters[g], wires, n, check) ? g : last;
    }
    for (size_t g = 0; g < last && last < MOST; g++) {
        const bool is_other = table->is_live[g] && is_odd(table->letters[g], wires, n, check);
        for (uint32_t i = 0; i < WIDE && is_other; i++) {
            table->letters[g][i] ^= table->letters[last][i];
        }
    }
    if (last == MOST) {
        return NULL;
    }
    table->is_live[last] = false;
    return table->letters[last];
}

static void map_strings(struct table *table, const uint32_t *wires, const struct pauli_map *map) {
    const uint32_t n = map->n_qubits;
    for (size_t g = 0; g < MOST; g++) {
        uint8_t images[GATE_MAX_QUBITS];
        for (uint32_t i = 0; i < n; i++) {
            images[i] = (uint8_t)(is_odd(table->letters[g], wires, n, map->image[i]) |
                                  is_odd(table->letters[g], wires, n, map->image[n + i]) << 1);
        }
        for (uint32_t i = 0; i < n; i++) {
            table->letters[g][wires[i]] = images[i];
        }
    }
}

static void take_off(struct table *table, uint32_t wire) {
    touch_wire(table, wire);
    for (size_t g = 0; g < MOST; g++) {
        static const uint8_t none[WIDE];
        const bool acts = table->is_live[g] && table->letters[g][wire] != 0;
        table->letters[g][wire] = 0;
        table->is_live[g] &= !acts || memcmp(table->letters[g], none, sizeof none) != 0;
    }
}

static void compare_removal(struct tracker *tracker, struct table *table, const uint32_t *wires,
                            uint32_t n, uint32_t check) {
    struct tracker_string string = {0};
    bool found;
    const uint8_t *want = remove_string(table, wires, n, check);
    cr_assert(tracker_remove(tracker, &found, &string, wires, n, check) == STATUS_OK);
    cr_assert_eq(found, want != NULL);
    if (found) {
        size_t n_letters = 0;
        for (uint32_t i = 0; i < WIDE; i++) {
            n_letters += want[i] != 0;
        }
        cr_assert_eq(string.n, n_letters);
        for (size_t i = 0; i < string.n; i++) {
            cr_assert_eq(string.letters[i], want[string.wires[i]]);
        }
    }
    tracker_string_fini(&string);
}

static void step_both(struct tracker *tracker, struct table *table) {
    static const enum gate_id gates[] = {GATE_H,  GATE_S, GATE_CX, GATE_CX,
                                         GATE_CZ, GATE_T, GATE_CP, GATE_CCX};
    const double params[1] = {0.3};
    const uint32_t first = pick(WIDE), kind = pick(12);
    const uint32_t wires[3] = {first, (first + 1 + pick(WIDE - 1)) % WIDE,
                               (first + WIDE / 2) % WIDE};
    if (kind < 9 && wires[1] != wires[2]) {
        struct pauli_map map;
        pauli_map_from_gate(&map, gates[pick(8)], params);
        for (uint32_t j = 0; j < map.n_checks; j++) {
            compare_removal(tracker, table, wires, map.n_qubits, map.check[j]);
        }
        for (uint32_t i = 0; i < map.n_qubits; i++) {
            touch_wire(table, wires[i]);
        }
        map_strings(table, wires, &map);
        cr_assert(tracker_map(tracker, wires, &map) == STATUS_OK);
        return;
    }
    for (uint32_t i = 0; i < 2; i++) {
        compare_removal(tracker, table, &wires[i], 1, 1);
        take_off(table, wires[i]);
        add_string(table)[wires[i]] = 2;
        cr_assert(tracker_set_alone(tracker, wires[i]) == STATUS_OK);
    }
    if (kind == 9) {
        take_off(table, wires[0]);
        take_off(table, wires[1]);
        uint8_t *xx = add_string(table), *zz = add_string(table);
        xx[wires[0]] = xx[wires[1]] = 1;
        zz[wires[0]] = zz[wires[1]] = 2;
        cr_assert(tracker_set_pair(tracker, wires[0], wires[1]) == STATUS_OK);
    }
}

Test(tracker, many_wires_have_the_strings_of_a_table) {
    for (seed = 200; seed < 204; seed++) {
        static struct table table;
        struct tracker *tracker, *copy;
        memset(&table, 0, sizeof table);
        draws = 0;
        cr_assert(tracker_create(&tracker, WIDE) == STATUS_OK);
        for (int i = 0; i < 1500; i++) {
            step_both(tracker, &table);
            if (i % 100 == 0) {
                cr_assert(tracker_copy(&copy, tracker) == STATUS_OK);
                tracker_destroy(tracker);
                tracker = copy;
            }
        }
        for (uint32_t wire = 0; wire < WIDE; wire++) {
            compare_removal(tracker, &table, &wire, 1, 1);
            compare_removal(tracker, &table, &wire, 1, 2);
        }
        tracker_destroy(tracker);
    }
}
