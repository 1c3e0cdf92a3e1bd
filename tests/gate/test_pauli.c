/* Pauli maps against conjugation of dense matrices, string by string. */
#include <criterion/criterion.h>
#include <math.h>

#include "base/rng.h"
#include "gate/pauli.h"
#include "support/dense.h"

static unsigned parity(uint32_t x) {
    return (unsigned)__builtin_parity(x);
}

/* The Pauli (without phase) that the matrix is, or UINT32_MAX: by comparison of all entries. */
static uint32_t recognise(const struct dense *m) {
    unsigned k = m->n_qubits, x = 0;
    while (x < 1u << k && hypot(m->at[x][0].re, m->at[x][0].im) < 0.5) {
        x++;
    }
    for (uint32_t z = 0; x < 1u << k && z < 1u << k; z++) {
        struct dense pauli;
        dense_pauli(&pauli, x | z << k, k);
        if (dense_distance_up_to_phase(m, &pauli) < 1e-10) {
            return x | z << k;
        }
    }
    return UINT32_MAX;
}

static uint32_t naive_image(const struct dense *u, uint32_t v) {
    struct dense pauli, dagger;
    dense_pauli(&pauli, v, u->n_qubits);
    dense_dagger(&dagger, u);
    dense_mul(&pauli, u, &pauli);
    dense_mul(&pauli, &pauli, &dagger);
    return recognise(&pauli);
}

static uint32_t syndrome_of(const struct pauli_map *map, uint32_t v) {
    uint32_t s = 0;
    for (unsigned j = 0; j < map->n_checks; j++) {
        s |= parity(v & map->check[j]) << j;
    }
    return s;
}

/* Compares on `stride`-th strings only where all would take too long. */
static void check_map(const struct pauli_map *map, const struct dense *u, uint32_t stride,
                      const char *name) {
    uint32_t n_strings = UINT32_C(1) << (2 * u->n_qubits);
    bool is_identity = true;
    cr_assert_eq(map->n_qubits, u->n_qubits);
    cr_assert_leq(map->n_checks, 2 * u->n_qubits);
    for (uint32_t v = 0; v < n_strings; v++) {
        uint32_t s = syndrome_of(map, v), r = pauli_map_representative(map, s);
        cr_assert_eq(syndrome_of(map, r), s, "%s", name);
        is_identity &= s != 0 || pauli_map_apply(map, v) == v;
        if (v % stride != 0 && (v & (v - 1)) != 0) {
            continue;
        }
        uint32_t image = naive_image(u, v);
        cr_assert_eq(image != UINT32_MAX, s == 0, "%s: string %x", name, v);
        cr_assert(s != 0 || pauli_map_apply(map, v) == image, "%s: string %x", name, v);
    }
    cr_assert_eq(pauli_map_representative(map, 0), 0);
    cr_assert_eq(map->is_identity, is_identity, "%s", name);
}

static void check_gate(enum gate_id gate, const double *params) {
    const struct gate_info *info = gate_get(gate);
    struct pauli_map map;
    struct dense u;
    double matrix[GATE_MAX_MATRIX];
    gate_unitary(matrix, gate, params);
    dense_from_array(&u, matrix, info->n_qubits);
    uint32_t stride = info->n_qubits < 4 ? 1 : info->n_qubits == 4 ? 5 : 97;
    pauli_map_from_gate(&map, gate, params);
    check_map(&map, &u, stride, info->name);
    cr_assert(!info->is_clifford || map.n_checks == 0, "%s", info->name);
    pauli_map_from_unitary(&map, matrix, info->n_qubits);
    check_map(&map, &u, stride, info->name);
}

/* Multiples of pi/4, and anything. */
static void draw_params(double *params, unsigned gate, unsigned round) {
    for (unsigned i = 0; i < GATE_MAX_PARAMS; i++) {
        double u = rng_uniform(2, gate * 4096u + round * 8u + i, 0, RNG_TEST);
        params[i] = round % 4 != 0 ? M_PI_4 * (floor(u * 17) - 8) : (u - 0.5) * 4 * M_PI;
    }
}

Test(pauli, gates_without_parameters) {
    for (unsigned g = 0; g < GATE_COUNT; g++) {
        if (gate_get(g)->n_params == 0) {
            check_gate(g, NULL);
        }
    }
}

Test(pauli, one_parameter_at_every_eighth_turn) {
    for (unsigned g = 0; g < GATE_COUNT; g++) {
        for (int i = -16; i <= 16 && gate_get(g)->n_params == 1; i++) {
            double angle = i * M_PI_4;
            check_gate(g, &angle);
        }
    }
}

Test(pauli, gates_with_random_parameters) {
    for (unsigned g = 0; g < GATE_COUNT; g++) {
        for (unsigned round = 0; round < 16 && gate_get(g)->n_params > 0; round++) {
            double params[GATE_MAX_PARAMS];
            draw_params(params, g, round);
            check_gate(g, params);
        }
    }
}

/* Random circuits on three qubits: some keep a subspace that mixes operands. */
Test(pauli, random_unitaries) {
    static const enum gate_id gates[] = {GATE_H, GATE_S, GATE_CX, GATE_T, GATE_CCX, GATE_RX};
    for (unsigned round = 0; round < 60; round++) {
        struct dense u, g;
        double matrix[GATE_MAX_MATRIX], angle = 0.4;
        dense_identity(&u, 3);
        for (unsigned i = 0; i < 12; i++) {
            struct rng_block block = rng_draw(3, round * 16u + i, 0, RNG_TEST);
            enum gate_id gate = gates[block.word[0] % (round % 3 == 0 ? 3 : i == 5 ? 6 : 4)];
            uint32_t first = block.word[1] % 3, step = 1 + block.word[2] % 2;
            uint32_t qubits[] = {first, (first + step) % 3, (first + 2 * step) % 3};
            gate_unitary(matrix, gate, &angle);
            dense_from_array(&g, matrix, gate_get(gate)->n_qubits);
            dense_apply(&u, &g, qubits);
        }
        struct pauli_map map;
        for (unsigned i = 0; i < 64; i++) {
            matrix[2 * i] = u.at[i / 8][i % 8].re;
            matrix[2 * i + 1] = u.at[i / 8][i % 8].im;
        }
        pauli_map_from_unitary(&map, matrix, 3);
        check_map(&map, &u, 1, "random circuit");
        cr_assert(round % 3 != 0 || map.n_checks == 0);
    }
}

/* v ^ rep lies in M, and all v of one coset share the representative. */
Test(pauli, representatives_name_cosets) {
    for (unsigned g = 0; g < GATE_COUNT; g++) {
        struct pauli_map map;
        double params[GATE_MAX_PARAMS];
        draw_params(params, g, 0);
        pauli_map_from_gate(&map, g, params);
        for (uint32_t v = 0; v < UINT32_C(1) << (2 * map.n_qubits); v++) {
            uint32_t r = pauli_map_representative(&map, syndrome_of(&map, v));
            cr_assert_eq(syndrome_of(&map, v ^ r), 0, "%s", gate_get(g)->name);
        }
    }
}

Test(pauli, what_is_known_by_heart) {
    struct pauli_map map;
    pauli_map_from_gate(&map, GATE_CX, NULL);
    cr_assert_eq(pauli_map_apply(&map, 1), 3);       /* X on the control spreads */
    cr_assert_eq(pauli_map_apply(&map, 1 << 3), 12); /* Z on the target comes back */
    pauli_map_from_gate(&map, GATE_T, NULL);
    cr_assert_eq(map.n_checks, 1);
    cr_assert(map.is_identity);
    pauli_map_from_gate(&map, GATE_CCX, NULL);
    cr_assert_eq(map.n_checks, 3); /* Z, Z and X stay */
    pauli_map_from_gate(&map, GATE_RZZ, (double[]){0.3});
    cr_assert_eq(map.n_checks, 1);
    pauli_map_from_gate(&map, GATE_RZZ, (double[]){M_PI_2});
    cr_assert_eq(map.n_checks, 0);
    cr_assert_not(map.is_identity);
    pauli_map_from_gate(&map, GATE_RZZ, (double[]){M_PI});
    cr_assert_eq(map.n_checks, 0);
    cr_assert(map.is_identity);
    pauli_map_from_gate(&map, GATE_U3, (double[]){1, 2, 3});
    cr_assert_eq(map.n_checks, 2); /* nothing but the identity */
}
