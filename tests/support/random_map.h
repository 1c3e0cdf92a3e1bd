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
/* Is what they do the same, by dense Choi matrices? */
bool random_map_is_same(const struct program *a, const struct program *b);
/* Another wire for a measurement or reset; false: the op is neither. */
bool random_map_move(struct program *program, struct op *op, struct random_stream *stream);

#endif
