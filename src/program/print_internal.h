/* Parts of the printer. */
#ifndef QSPAN_PROGRAM_PRINT_INTERNAL_H
#define QSPAN_PROGRAM_PRINT_INTERNAL_H

#include "program/program.h"

void print_wire(struct text *out, const struct program *program, uint32_t wire);
void print_bit(struct text *out, const struct program *program, uint32_t bit);
/* As a condition, without brackets around. */
enum status print_condition(struct text *out, const struct program *program, uint32_t expr);

#endif
