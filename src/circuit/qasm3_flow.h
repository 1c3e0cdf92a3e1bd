/* What branches and loops share (qasm3_flow.c, qasm3_loop.c). */
#ifndef QSPAN_CIRCUIT_QASM3_FLOW_H
#define QSPAN_CIRCUIT_QASM3_FLOW_H

#include "circuit/qasm3_internal.h"

/* Variables that a block assigns, as often as it does. */
struct qasm3_assigned {
    struct qasm3_decl **decls;
    size_t n, cap;
    uint32_t n_calls;
};

/* Adds those of a chain of statements and of the subroutines that they call. */
enum status qasm3_scan_assigned(struct qasm3 *p, struct qasm3_assigned *set,
                                const struct qasm3_node *chain);
/* Variables go to bits, and stay there until unpin, which empties the set. */
enum status qasm3_pin(struct qasm3 *p, const struct qasm3_assigned *set);
void qasm3_unpin(struct qasm3_assigned *set);
/* Nothing is known of their bits. */
enum status qasm3_forget_assigned(struct qasm3 *p, const struct qasm3_assigned *set);
/* After the end of a run-time block that began with the journal at mark. */
void qasm3_forget_changes(struct qasm3 *p, size_t mark);

struct qasm3_jump *qasm3_top_jump(const struct qasm3 *p);
/* A bit for a jump, made where there is none, and cleared. */
enum status qasm3_prepare_bit(struct qasm3 *p, uint32_t *inout_bit);
/* Sets the bits of the frame: its rest is skipped; if stops, a loop has no further round. */
enum status qasm3_set_jump(struct qasm3 *p, struct qasm3_jump *jump, bool stops);

#endif
