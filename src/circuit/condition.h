/* Conditions as text of OpenQASM 3. */
#ifndef QSPAN_CIRCUIT_CONDITION_H
#define QSPAN_CIRCUIT_CONDITION_H

#include "base/text.h"
#include "circuit/circuit.h"

/* What the bits of a list are called: registers in ascending order of their bits. */
struct condition_names {
    const struct reg *cregs;
    size_t n_cregs;
    /* A part of a register that is compared with a constant is written as `c[2:4] == "101"`; else
     * bit by bit. */
    bool has_slices;
};

/* Appends the tree such that a parser makes the same one again, without brackets around; trees may
 * be deep. REC and SWEEP must not be in it. STATUS_NOFIT without memory. */
enum status condition_print(struct text *out, const struct condition_names *names,
                            const struct op_list *ops, uint32_t expr);
/* "c[3]", or "m" for a register declared without a size. */
void condition_print_bit(struct text *out, const struct condition_names *names, uint32_t bit);

#endif
