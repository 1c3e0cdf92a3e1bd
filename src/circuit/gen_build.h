/* What the generators write with: registers, gates, measurements, random choices, angles. */
#ifndef QSPAN_CIRCUIT_GEN_BUILD_H
#define QSPAN_CIRCUIT_GEN_BUILD_H

#include "circuit/gen.h"

#define GEN_PI 3.14159265358979323846

struct gen_build {
    struct circuit *circuit;
    const struct generator *generator;
    const struct gen_args *args;
    uint32_t n; /* --n */
    uint64_t seed, n_drawn;
};

/* The parameter as given, or its default. */
double gen_real(const struct gen_build *build, enum gen_param param);
uint64_t gen_count_or(const struct gen_build *build, enum gen_param param, uint64_t fallback);

/* STATUS_NOFIT when a circuit of n_ops operations is too large. Call before adding ops. */
enum status gen_limit(const struct gen_build *build, double n_ops);
/* Qubits of a new register; *out_first (may be NULL) is its first. */
enum status gen_add_qreg(struct gen_build *build, uint32_t *out_first, const char *name,
                         uint32_t n);
enum status gen_add1(struct gen_build *build, enum gate_id gate, uint32_t qb);
enum status gen_add_turn(struct gen_build *build, enum gate_id gate, double angle, uint32_t qb);
enum status gen_add2(struct gen_build *build, enum gate_id gate, uint32_t a, uint32_t b);
enum status gen_add_turn2(struct gen_build *build, enum gate_id gate, double angle, uint32_t a,
                          uint32_t b);
enum status gen_add3(struct gen_build *build, enum gate_id gate, uint32_t a, uint32_t b,
                     uint32_t c);
enum status gen_add_measure(struct gen_build *build, uint32_t qb, uint32_t bit);
/* Declares c[n] and measures qubit first + i into c[i]. */
enum status gen_measure_range(struct gen_build *build, uint32_t first, uint32_t n);
/* x on qubit first + i where gen_bit i of the parameter is 1; checked as gen_check_bits does. */
enum status gen_prepare(struct gen_build *build, enum gen_param param, uint32_t first, uint32_t n);
/* STATUS_USAGE: the parameter is given and needs more than n bits. */
enum status gen_check_bits(const struct gen_build *build, enum gen_param param, uint32_t n);
/* Bit i of an integer parameter; drawn from the seed for one that is not given. */
bool gen_bit(const struct gen_build *build, enum gen_param param, uint32_t i);

/* Uniform in [0, 1), the next of the seed's sequence. */
double gen_draw(struct gen_build *build);
/* Uniform in [0, 1), of a place that is numbered freely: the same whenever it is asked for. */
double gen_draw_at(const struct gen_build *build, uint64_t site);
/* Uniform in 0 .. n-1. */
uint32_t gen_draw_below(struct gen_build *build, uint32_t n);
/* items in random order (Fisher and Yates). */
void gen_shuffle(struct gen_build *build, uint32_t *items, uint32_t n);
/* The angle in [0, pi/2] whose sine and cosine are proportional to y and x (both >= 0, not both 0).
 * Error below 4 ulp of pi. */
double gen_angle(double y, double x);

/* Builders of the table, by the file that they are in. */
enum status gen_build_ghz(struct gen_build *build); /* gen_states.c */
enum status gen_build_w(struct gen_build *build);
enum status gen_build_qft(struct gen_build *build); /* gen_fourier.c */
enum status gen_build_inverse_qft(struct gen_build *build);
enum status gen_build_qpe(struct gen_build *build);
enum status gen_build_draper(struct gen_build *build);
enum status gen_build_grover(struct gen_build *build); /* gen_oracle.c */
enum status gen_build_bv(struct gen_build *build);
enum status gen_build_cuccaro(struct gen_build *build); /* gen_arithmetic.c */
enum status gen_build_rca(struct gen_build *build);
enum status gen_build_mctr(struct gen_build *build);
enum status gen_build_qaoa(struct gen_build *build); /* gen_physics.c */
enum status gen_build_tfim(struct gen_build *build);
enum status gen_build_pairs(struct gen_build *build);
enum status gen_build_brick(struct gen_build *build); /* gen_random.c */
enum status gen_build_cz_fraction(struct gen_build *build);
enum status gen_build_quantum_volume(struct gen_build *build); /* gen_volume.c */
enum status gen_build_clifford(struct gen_build *build);       /* gen_clifford.c */
enum status gen_build_repetition(struct gen_build *build);     /* gen_memory.c */
enum status gen_build_rotated_x(struct gen_build *build);
enum status gen_build_rotated_z(struct gen_build *build);
enum status gen_build_unrotated_x(struct gen_build *build);
enum status gen_build_unrotated_z(struct gen_build *build);

#endif
