/* Circuits of known families: one record each gives `qspan gen`, its help and docs/generators.md.
 *
 * A circuit depends on its parameters alone: random choices come from Philox (RNG_GENERATE) and the
 * seed, angles from IEEE arithmetic and base/detmath, so it is the same on every machine. */
#ifndef QSPAN_CIRCUIT_GEN_H
#define QSPAN_CIRCUIT_GEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "circuit/circuit.h"

/* Parameters, in the order of the help: enumerator, name of the option, letter (COUNT; 0: none),
 * metavar, whether it must be given, COUNT: least and largest value, REAL: default and 1 for a
 * probability, help. */
#define GEN_PARAM_TABLE(COUNT, REAL)                                                               \
    COUNT(N, "n", 'n', "N", true, 1, 1 << 26, "size of the circuit, mostly its number of qubits")  \
    REAL(PHASE, "phase", "X", true, 0, 0, "qpe: the phase to be estimated, in turns")              \
    COUNT(VALUE, "value", 0, "V", false, 0, UINT64_MAX,                                            \
          "what is looked for or put in (default: drawn; mctr: all controls 1)")                   \
    COUNT(A, "a", 0, "A", false, 0, UINT64_MAX, "first operand (default: drawn)")                  \
    COUNT(B, "b", 0, "B", false, 0, UINT64_MAX, "second operand (default: drawn)")                 \
    COUNT(ROUNDS, "rounds", 0, "R", false, 0, 1 << 26,                                             \
          "Grover rounds (default: floor(pi/4 2^(N/2))); rounds of a memory (default: D)")         \
    COUNT(LAYERS, "layers", 0, "L", false, 1, 1 << 26, "layers (default: N; qaoa-maxcut: 1)")      \
    COUNT(STEPS, "steps", 0, "R", false, 1, 1 << 26, "Trotter steps (default 10)")                 \
    REAL(TIME, "time", "T", false, 1, 0, "time of evolution, in units of 1/energy (default 1)")    \
    REAL(COUPLING, "coupling", "J", false, 1, 0, "energy of neighbours (default 1)")               \
    REAL(FIELD, "field", "H", false, 1, 0, "energy of the transverse field (default 1)")           \
    REAL(EDGES, "edges", "P", false, 0.5, 1, "probability of an edge of the graph (default 0.5)")  \
    REAL(GAMMA, "gamma", "X", false, 0.7, 0, "angle of the cost, in every layer (default 0.7)")    \
    REAL(BETA, "beta", "X", false, 0.4, 0, "angle of the mixer, in every layer (default 0.4)")     \
    REAL(FRACTION, "fraction", "P", false, 0.5, 1,                                                 \
         "probability that a qubit takes part in a CZ of a layer (default 0.5)")                   \
    COUNT(DISTANCE, "distance", 'd', "D", true, 2, 1 << 23, "distance of a code")                  \
    REAL(AFTER_CLIFFORD, "after-clifford-depolarization", "P", false, 0, 1,                        \
         "depolarization after each gate (default 0)")                                             \
    REAL(BEFORE_ROUND, "before-round-data-depolarization", "P", false, 0, 1,                       \
         "depolarization of each data qubit before each round (default 0)")                        \
    REAL(BEFORE_MEASURE, "before-measure-flip-probability", "P", false, 0, 1,                      \
         "error before each measurement (default 0)")                                              \
    REAL(AFTER_RESET, "after-reset-flip-probability", "P", false, 0, 1,                            \
         "error after each reset (default 0)")                                                     \
    COUNT(PATCHES, "patches", 0, "K", false, 1, 1 << 20, "patches side by side (default 1)")       \
    COUNT(JOIN, "join", 0, "R", false, 1, 1 << 26,                                                 \
          "a transversal CX of each even patch onto the next one after round R (default: none)")   \
    COUNT(SEED, "seed", 0, "S", false, 0, INT64_MAX,                                               \
          "seed of all random choices of the circuit (default 0)")

#define GEN_PARAM_ID(id, ...) GEN_##id,
enum gen_param { GEN_PARAM_TABLE(GEN_PARAM_ID, GEN_PARAM_ID) GEN_PARAM_COUNT };
#undef GEN_PARAM_ID

/* What the user said; entries that `given` does not name are ignored. */
struct gen_args {
    uint32_t given; /* bit per gen_param */
    uint64_t count[GEN_PARAM_COUNT];
    double real[GEN_PARAM_COUNT];
};
static inline bool gen_is_given(const struct gen_args *args, enum gen_param param) {
    return (args->given >> param) & 1;
}
static inline void gen_set_count(struct gen_args *args, enum gen_param param, uint64_t value) {
    args->given |= UINT32_C(1) << param;
    args->count[param] = value;
}
static inline void gen_set_real(struct gen_args *args, enum gen_param param, double value) {
    args->given |= UINT32_C(1) << param;
    args->real[param] = value;
}

struct gen_param_info {
    const char *name; /* of the option, without dashes */
    const char *metavar;
    bool is_real, is_needed, is_probability;
    double fallback;   /* default of a real */
    uint64_t min, max; /* of a whole number */
};
extern const struct gen_param_info gen_params[GEN_PARAM_COUNT];

struct gen_build;
struct generator {
    const char *name;
    const char *help;   /* one line: what it is */
    const char *source; /* publication */
    uint32_t params;    /* bit per gen_param that it takes */
    uint32_t n_min, n_max;
    enum status (*build)(struct gen_build *build);
};
extern const struct generator gen_table[];
extern const size_t gen_count;

/* NULL (logged, with the nearest name): no such generator. */
const struct generator *gen_find(const char *name);
/* Errors (logged): STATUS_USAGE for a parameter that is missing, that this generator does not take
 * or that is out of its range; STATUS_NOFIT for too many qubits or more than 2^28 operations. Cost:
 * linear in the size of the circuit. */
enum status gen_circuit(struct circuit **out_circuit, const struct generator *generator,
                        const struct gen_args *args);
bool gen_takes(const struct generator *generator, enum gen_param param);
/* Text for --help: name, options and one line; of the whole table. */
void gen_add_entry(struct text *out, const struct generator *generator);
void gen_add_help(struct text *out);

#endif
