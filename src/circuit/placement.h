/* Placement comments `// qspan qpu NAME reg[i:j] reg[i] reg ...` of OpenQASM 2 and 3. */
#ifndef QSPAN_CIRCUIT_PLACEMENT_H
#define QSPAN_CIRCUIT_PLACEMENT_H

#include "circuit/circuit.h"
#include "circuit/lexer.h"

/* What a parser keeps of them; set the first three, zero the rest. */
struct placements {
    struct circuit *circuit;
    struct lexer *lexer;
    struct arena *arena;           /* for copies of the comments */
    struct lexer_directive *items; /* not resolved yet */
    size_t n, cap;
    uint32_t n_placed; /* entries of circuit->placement */
    bool is_closed;    /* the first operation was met */
};
void placements_fini(struct placements *placements);

/* Takes the directives that the lexer met since the last statement. */
enum status placements_collect(struct placements *placements);
/* Resolves them against the registers; before the first operation. */
enum status placements_close(struct placements *placements);
/* At the end: covers the registers declared since. */
enum status placements_finish(struct placements *placements);

#endif
