/* States with a name. */
#include <math.h>

#include "circuit/gen_build.h"

enum status gen_build_ghz(struct gen_build *build) {
    TRY(gen_limit(build, 2.0 * build->n));
    TRY(gen_add_qreg(build, NULL, "q", build->n));
    TRY(gen_add1(build, GATE_H, 0));
    for (uint32_t i = 1; i < build->n; i++) {
        TRY(gen_add2(build, GATE_CX, i - 1, i));
    }
    return gen_measure_range(build, 0, build->n);
}

/* The 1 is at qubit 0 and moves on with the right amplitude, qubit by qubit. */
enum status gen_build_w(struct gen_build *build) {
    TRY(gen_limit(build, 3.0 * build->n));
    TRY(gen_add_qreg(build, NULL, "q", build->n));
    TRY(gen_add1(build, GATE_X, 0));
    for (uint32_t i = 0; i + 1 < build->n; i++) {
        double angle = 2 * gen_angle(sqrt((double)(build->n - i - 1)), 1);
        TRY(gen_add_turn2(build, GATE_CRY, angle, i, i + 1));
        TRY(gen_add2(build, GATE_CX, i + 1, i));
    }
    return gen_measure_range(build, 0, build->n);
}
