/* Random programs of one QPU that map two qubits to two, with measurements, resets, ebits and
 * conditions between, and their changes: for proofs of equality. */
#ifndef SUPPORT_RANDOM_MAP_H
#define SUPPORT_RANDOM_MAP_H

#include <stdbool.h>

#include "program/program.h"
#include "support/random_circuit.h"

enum { RANDOM_MAP_WIRES = 4, RANDOM_MAP_BITS = 4 };

/* Appends a gate; `is_conditional` where a condition is on it. */
typedef void random_map_gate(struct op_list *ops, struct random_stream *stream,
                             bool is_conditional);
/* q[0], q[1] enter on wires 0, 1 and leave on 0, 2; bits 0 and 1 are output. */
struct program *random_map_create(uint64_t seed, uint32_t n_ops, random_map_gate *add_gate);
/* The same with a loop after half of the ops. Its condition is bit 3 (alone, or with another): a
 * coin on wire 3, thrown before it and in each round, which an op may have joined with others.
 * Rounds also hold up to four ops, or gates on the other wires that undo each other, or another
 * such loop about bit 2. */
struct program *random_map_create_loop(uint64_t seed, uint32_t n_ops, random_map_gate *add_gate);
/* Dense Choi matrices of both (naive_choi.h), in which each WHILE has at most max_rounds rounds:
 * the probability of the runs that are left out, averaged over inputs. Is what the others do the
 * same, each matrix divided by the probability of its runs? False if one of them has none. */
bool random_map_is_same_within(double *out_lost_a, double *out_lost_b, const struct program *a,
                               const struct program *b, uint32_t max_rounds);
/* The same for programs without WHILE. */
bool random_map_is_same(const struct program *a, const struct program *b);
/* Another wire for a measurement or reset; false: the op is neither. */
bool random_map_move(struct program *program, struct op *op, struct random_stream *stream);

#endif
