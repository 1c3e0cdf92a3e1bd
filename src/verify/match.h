/* A program and its target side by side: the same inputs, outputs and output bits, in one order. */
#ifndef QSPAN_VERIFY_MATCH_H
#define QSPAN_VERIFY_MATCH_H

#include "program/program.h"
#include "verify/walk.h"

struct match_side {
    struct walk_source source;
    uint32_t *in, *out, *bits; /* what source points to */
    bool *is_skipped;
};
struct match {
    struct match_side own, target;
    bool is_unitary; /* the target measures nothing, and no output bits are compared */
};

/* Errors: as verify_against. */
enum status match_create(struct match *out, const struct program *program,
                         const struct circuit *circuit, const struct program *target);
/* An output register of the program that the target has no say about. */
bool match_is_summed(const struct match *match, const struct program *program,
                     const struct reg *reg);
void match_fini(struct match *match);

#endif
