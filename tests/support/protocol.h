/* Short ways to write programs, op by op, in tests. All of them end the test on failure. */
#ifndef QSPAN_TESTS_SUPPORT_PROTOCOL_H
#define QSPAN_TESTS_SUPPORT_PROTOCOL_H

#include "program/program.h"

struct program *put_program(uint32_t n_bits);
/* A QPU with registers <name>d and <name>c; returns its first data wire, comm wires follow. */
uint32_t put_qpu(struct program *program, const char *name, uint32_t n_data, uint32_t n_comm);
void put_h(struct program *program, uint32_t wire);
void put_cx(struct program *program, uint32_t control, uint32_t target);
void put_measure(struct program *program, uint32_t wire, uint32_t bit);
void put_reset(struct program *program, uint32_t wire);
void put_barrier(struct program *program, const uint32_t *wires, size_t n);
void put_ebit(struct program *program, uint32_t a, uint32_t b);
size_t put_if(struct program *program, uint32_t bit);
size_t put_while(struct program *program, uint32_t bit);
size_t put_repeat(struct program *program, uint64_t n_rounds);
void put_else(struct program *program, size_t open);
void put_end(struct program *program, size_t open);
/* if (bit) x wire */
void put_x_if(struct program *program, uint32_t bit, uint32_t wire);
/* CX from data wire of one QPU to data wire of another over comm wires: entangler, cx, disentangler
 * with two bits. */
void put_telegate(struct program *program, uint32_t control, uint32_t comm_a, uint32_t comm_b,
                  uint32_t target, uint32_t bit_a, uint32_t bit_b);
/* Resolves, and checks when asked to. */
void put_done(struct program *program, bool checks);

#endif
