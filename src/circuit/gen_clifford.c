/* A uniformly random Clifford operator, in the form B1 H P B2 of Bravyi and Maslov: B1 and B2
 * random circuits of CX (downwards), CZ, S and Paulis, P a permutation of the qubits, H a layer of
 * Hadamards. P and H are drawn with the weight of their cell (the quantum Mallows distribution,
 * their algorithm 1), so that the whole is uniform. */
#include <math.h>

#include "base/mem.h"
#include "circuit/gen_build.h"

struct cell {
    uint32_t *from; /* wire i holds what was on wire from[i] */
    uint32_t *left; /* wires not chosen yet, in order */
    bool *has_h;
};

static enum status add_triangle(struct gen_build *build) {
    uint32_t n = build->n;

    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t j = i + 1; j < n; j++) {
            if (gen_draw(build) < 0.5) {
                TRY(gen_add2(build, GATE_CX, i, j));
            }
        }
    }
    for (uint32_t i = 0; i < n; i++) {
        if (gen_draw(build) < 0.5) {
            TRY(gen_add1(build, GATE_S, i));
        }
        for (uint32_t j = 0; j < i; j++) {
            if (gen_draw(build) < 0.5) {
                TRY(gen_add2(build, GATE_CZ, j, i));
            }
        }
    }
    return STATUS_OK;
}

/* ceil(log2 x) of 0 < x <= 1, exactly. */
static int ceil_log2(double x) {
    int exponent;

    return frexp(x, &exponent) == 0.5 ? exponent - 1 : exponent;
}

static void draw_cell(struct gen_build *build, struct cell *cell) {
    uint32_t n = build->n;

    for (uint32_t i = 0; i < n; i++) {
        cell->left[i] = i;
    }
    for (uint32_t i = 0; i < n; i++) {
        uint32_t m = n - i;
        double u = gen_draw(build), least = ldexp(1, m > 500 ? -1000 : -2 * (int)m);
        uint32_t index = (uint32_t)-ceil_log2(u + (1 - u) * least);
        uint32_t k;
        index = index < 2 * m ? index : 2 * m - 1;
        cell->has_h[i] = index < m;
        k = index < m ? index : 2 * m - index - 1;
        cell->from[i] = cell->left[k];
        for (uint32_t j = k; j + 1 < m; j++) {
            cell->left[j] = cell->left[j + 1];
        }
    }
}

/* Swaps until wire i holds what was on from[i]; from is used up. */
static enum status add_cell(struct gen_build *build, struct cell *cell) {
    for (uint32_t i = 0; i < build->n; i++) {
        uint32_t at = cell->from[i];
        while (at < i) {
            at = cell->from[at]; /* it was swapped away from there */
        }
        if (at != i) {
            TRY(gen_add2(build, GATE_SWAP, i, at));
        }
        cell->from[i] = at;
    }
    for (uint32_t i = 0; i < build->n; i++) {
        if (cell->has_h[i]) {
            TRY(gen_add1(build, GATE_H, i));
        }
    }
    return STATUS_OK;
}

static enum status add_paulis(struct gen_build *build) {
    static const enum gate_id paulis[] = {GATE_X, GATE_Y, GATE_Z};

    for (uint32_t i = 0; i < build->n; i++) {
        uint32_t which = gen_draw_below(build, 4);
        if (which < 3) {
            TRY(gen_add1(build, paulis[which], i));
        }
    }
    return STATUS_OK;
}

enum status gen_build_clifford(struct gen_build *build) {
    uint32_t n = build->n;
    struct cell cell = {0};
    enum status status;

    TRY(gen_limit(build, 2.0 * n * n + 7.0 * n));
    TRY(gen_add_qreg(build, NULL, "q", n));
    cell.from = mem_alloc(n, sizeof *cell.from);
    cell.left = mem_alloc(n, sizeof *cell.left);
    cell.has_h = mem_alloc(n, sizeof *cell.has_h);
    TRY_GOTO(cell.from && cell.left && cell.has_h ? STATUS_OK : STATUS_NOFIT, cleanup);
    TRY_GOTO(add_triangle(build), cleanup);
    draw_cell(build, &cell);
    TRY_GOTO(add_cell(build, &cell), cleanup);
    TRY_GOTO(add_triangle(build), cleanup);
    TRY_GOTO(add_paulis(build), cleanup);
    TRY_GOTO(gen_measure_range(build, 0, n), cleanup);
cleanup:
    mem_free(cell.from);
    mem_free(cell.left);
    mem_free(cell.has_h);
    return status;
}
