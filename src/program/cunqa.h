/* Sets of circuits of CUNQA (docs/cunqa.md), as its `to_ir` makes them and json.dump writes them:
 * an array of circuits, each for a QPU of its own, or one circuit. */
#ifndef QSPAN_PROGRAM_CUNQA_H
#define QSPAN_PROGRAM_CUNQA_H

#include "program/program.h"

/* JSON rather than OpenQASM: the first sign is { or [. */
bool cunqa_is_text(const char *text, size_t n);
/* The set as text of a program: circuit i is a QPU named by its id, its qubits are d<i>, its
 * classical bits c<i>; qsend and qrecv become teledata, expose and rcontrol a cat-entangler and
 * -disentangler, send and recv a bit that another QPU uses. Instructions that wait for each other
 * stand in an order that lets them. Errors: STATUS_INPUT with the circuit and the number of the
 * instruction, or with the line where the text is no JSON. */
enum status cunqa_print(struct text *out, const char *name, const char *text, size_t n,
                        const struct circuit_limits *limits);

#endif
