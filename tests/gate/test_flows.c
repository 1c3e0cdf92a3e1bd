/* Stabilizer flows of the gate table against the unitaries, multiplied out naively. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "gate/gate.h"
#include "gate/pauli.h"

enum { MAX_DIM = 4 };
struct matrix {
    double re[MAX_DIM][MAX_DIM], im[MAX_DIM][MAX_DIM];
};

static struct matrix multiply(const struct matrix *a, const struct matrix *b, unsigned dim) {
    struct matrix out = {0};
    for (unsigned i = 0; i < dim; i++) {
        for (unsigned j = 0; j < dim; j++) {
            for (unsigned k = 0; k < dim; k++) {
                out.re[i][j] += a->re[i][k] * b->re[k][j] - a->im[i][k] * b->im[k][j];
                out.im[i][j] += a->re[i][k] * b->im[k][j] + a->im[i][k] * b->re[k][j];
            }
        }
    }
    return out;
}

/* The tensor product of letters, the first on the lowest bit. */
static struct matrix of_letters(const char *letters, unsigned k) {
    static const double re[4][2][2] = {
        {{1, 0}, {0, 1}}, {{0, 1}, {1, 0}}, {{0, 0}, {0, 0}}, {{1, 0}, {0, -1}}};
    static const double im[2][2] = {{0, -1}, {1, 0}};
    struct matrix out = {0};
    for (unsigned i = 0; i < 1u << k; i++) {
        for (unsigned j = 0; j < 1u << k; j++) {
            double x = 1, y = 0;
            for (unsigned q = 0; q < k; q++) {
                const unsigned letter = (unsigned)(strchr("IXYZ", letters[q]) - "IXYZ");
                const double a = re[letter][i >> q & 1][j >> q & 1];
                const double b = letter == 2 ? im[i >> q & 1][j >> q & 1] : 0, old = x;
                x = old * a - y * b;
                y = old * b + y * a;
            }
            out.re[i][j] = x;
            out.im[i][j] = y;
        }
    }
    return out;
}

static struct matrix of_gate(enum gate_id gate, unsigned dim) {
    double entries[GATE_MAX_MATRIX];
    struct matrix out = {0};
    gate_unitary(entries, gate, NULL);
    for (unsigned i = 0; i < dim * dim; i++) {
        out.re[i / dim][i % dim] = entries[2 * i];
        out.im[i / dim][i % dim] = entries[2 * i + 1];
    }
    return out;
}

/* U P = sign P' U */
static void expect_flow(enum gate_id gate, const char *from, double sign, const char *to) {
    const unsigned k = gate_get(gate)->n_qubits, dim = 1u << k;
    const struct matrix u = of_gate(gate, dim), p = of_letters(from, k), q = of_letters(to, k);
    const struct matrix left = multiply(&u, &p, dim), right = multiply(&q, &u, dim);
    for (unsigned i = 0; i < dim; i++) {
        for (unsigned j = 0; j < dim; j++) {
            cr_expect(fabs(left.re[i][j] - sign * right.re[i][j]) < 1e-14 &&
                          fabs(left.im[i][j] - sign * right.im[i][j]) < 1e-14,
                      "%s: %s -> %s", gate_get(gate)->name, from, to);
        }
    }
}

Test(flows, are_those_of_the_unitaries) {
    unsigned n_gates = 0;
    for (unsigned g = 0; g < GATE_COUNT; g++) {
        const struct gate_info *info = gate_get((enum gate_id)g);
        const char *at = info->flows;
        cr_assert_eq(at != NULL, info->is_clifford && info->n_params == 0, "%s", info->name);
        n_gates += at != NULL;
        for (unsigned i = 0; at != NULL && i < 2u * info->n_qubits; i++) {
            char from[3] = "II";
            const double sign = *at == '-' ? -1 : 1;
            from[i % info->n_qubits] = i < info->n_qubits ? 'X' : 'Z';
            at += *at == '-';
            expect_flow((enum gate_id)g, from, sign, at);
            at += info->n_qubits;
            cr_assert_eq(*at, i + 1 < 2u * info->n_qubits ? ' ' : '\0', "%s", info->name);
            at += *at == ' ';
        }
    }
    cr_expect_eq(n_gates, 43);
}
