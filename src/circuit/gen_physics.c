/* Circuits of optimisation, spin dynamics and chemistry. */
#include "base/log.h"
#include "circuit/gen_build.h"

static bool has_edge(const struct gen_build *build, uint32_t i, uint32_t j) {
    return gen_draw_at(build, (uint64_t)i << 32 | j) < gen_real(build, GEN_EDGES);
}

/* e^{-i gamma C} with C = sum over edges of (1 - Z Z) / 2, up to its phase. */
static enum status add_cost(struct gen_build *build) {
    double gamma = gen_real(build, GEN_GAMMA);

    for (uint32_t i = 0; i < build->n; i++) {
        for (uint32_t j = i + 1; j < build->n; j++) {
            if (has_edge(build, i, j)) {
                TRY(gen_add_turn2(build, GATE_RZZ, -gamma, i, j));
            }
        }
    }
    return STATUS_OK;
}

enum status gen_build_qaoa(struct gen_build *build) {
    uint32_t n = build->n;
    uint64_t n_layers = gen_count_or(build, GEN_LAYERS, 1);
    double n_pairs = 0.5 * n * (n - 1.0);

    TRY(gen_limit(build, n_pairs)); /* all are asked for, however few are edges */
    TRY(gen_limit(build, 2.0 * n + (double)n_layers * (n + n_pairs * gen_real(build, GEN_EDGES))));
    TRY(gen_add_qreg(build, NULL, "q", n));
    for (uint32_t i = 0; i < n; i++) {
        TRY(gen_add1(build, GATE_H, i));
    }
    for (uint64_t layer = 0; layer < n_layers; layer++) {
        TRY(add_cost(build));
        for (uint32_t i = 0; i < n; i++) {
            TRY(gen_add_turn(build, GATE_RX, 2 * gen_real(build, GEN_BETA), i));
        }
    }
    return gen_measure_range(build, 0, n);
}

enum status gen_build_tfim(struct gen_build *build) {
    uint32_t n = build->n;
    uint64_t n_steps = gen_count_or(build, GEN_STEPS, 10);
    double t_step = gen_real(build, GEN_TIME) / (double)n_steps;
    double bond = -2 * gen_real(build, GEN_COUPLING) * t_step;
    double turn = -2 * gen_real(build, GEN_FIELD) * t_step;

    if (!(bond < GATE_MAX_ANGLE && bond > -GATE_MAX_ANGLE && turn < GATE_MAX_ANGLE &&
          turn > -GATE_MAX_ANGLE)) {
        return log_error(STATUS_USAGE, "%s: angles of %g and %g are too large; take more steps",
                         build->generator->name, bond, turn);
    }
    TRY(gen_limit(build, (2.0 * n - 1) * (double)n_steps + n));
    TRY(gen_add_qreg(build, NULL, "q", n));
    for (uint64_t step = 0; step < n_steps; step++) {
        for (uint32_t i = 0; i + 1 < n; i++) {
            TRY(gen_add_turn2(build, GATE_RZZ, bond, i, i + 1));
        }
        for (uint32_t i = 0; i < n; i++) {
            TRY(gen_add_turn(build, GATE_RX, turn, i));
        }
    }
    return gen_measure_range(build, 0, n);
}

/* To the basis in which the Pauli is Z, or back. */
static enum status add_basis(struct gen_build *build, bool is_y, bool back, uint32_t qb) {
    if (is_y && !back) {
        TRY(gen_add1(build, GATE_SDG, qb));
    }
    TRY(gen_add1(build, GATE_H, qb));
    return is_y && back ? gen_add1(build, GATE_S, qb) : STATUS_OK;
}

/* exp(-i angle/2 P) for the string P of X (0) and Y (1, bit k of ys) on the four qubits. */
static enum status add_string(struct gen_build *build, double angle, unsigned ys,
                              const uint32_t *qubits) {
    for (unsigned k = 0; k < 4; k++) {
        TRY(add_basis(build, (ys >> k) & 1, false, qubits[k]));
    }
    for (unsigned k = 0; k < 3; k++) {
        TRY(gen_add2(build, GATE_CX, qubits[k], qubits[k + 1]));
    }
    TRY(gen_add_turn(build, GATE_RZ, angle, qubits[3]));
    for (unsigned k = 3; k-- > 0;) {
        TRY(gen_add2(build, GATE_CX, qubits[k], qubits[k + 1]));
    }
    for (unsigned k = 0; k < 4; k++) {
        TRY(add_basis(build, (ys >> k) & 1, true, qubits[k]));
    }
    return STATUS_OK;
}

/* exp(theta (T - T^+)), T moves the pair of spins from orbital `from` to orbital `to`. With
 * annihilators (X + iY) / 2 the string of y1 Ys on `from` and y2 on `to` has the factor
 * i^(y1 - y2) / 8; strings with an even number of Ys cancel, the others commute. */
static enum status add_pair(struct gen_build *build, double theta, uint32_t from, uint32_t to) {
    const uint32_t qubits[] = {2 * from, 2 * from + 1, 2 * to, 2 * to + 1};

    for (unsigned ys = 0; ys < 16; ys++) {
        int y1 = (int)(ys & 1) + (int)(ys >> 1 & 1);
        int y2 = (int)(ys >> 2 & 1) + (int)(ys >> 3 & 1);
        if ((y1 + y2) % 2 == 1) {
            double sign = (y1 - y2 + 4) % 4 == 1 ? 1 : -1;
            TRY(add_string(build, -sign * theta / 4, ys, qubits));
        }
    }
    return STATUS_OK;
}

enum status gen_build_pairs(struct gen_build *build) {
    uint32_t n = build->n, n_orbitals = n / 2, n_filled = n_orbitals / 2;

    if (n % 2 != 0) {
        return log_error(STATUS_USAGE, "gen %s: --n %u: expected an even number of spin orbitals",
                         build->generator->name, n);
    }
    TRY(gen_limit(build, 19.0 * 8 * n_filled * (n_orbitals - n_filled) + 2.0 * n));
    TRY(gen_add_qreg(build, NULL, "q", n));
    for (uint32_t i = 0; i < 2 * n_filled; i++) {
        TRY(gen_add1(build, GATE_X, i));
    }
    for (uint32_t from = 0; from < n_filled; from++) {
        for (uint32_t to = n_filled; to < n_orbitals; to++) {
            double theta = (gen_draw(build) - 0.5) * (GEN_PI / 2);
            TRY(add_pair(build, theta, from, to));
        }
    }
    return gen_measure_range(build, 0, n);
}
