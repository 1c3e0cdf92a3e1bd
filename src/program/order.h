/* The order of ops where bits are sent and received explicitly.
 *
 * Statements of one QPU run in text order, and a receive waits for its send, which may stand later
 * in the text. Everything that follows walks ops in one order, so they are brought into one in
 * which every send stands before its receive; if there is none, QPUs wait for each other. */
#ifndef QSPAN_PROGRAM_ORDER_H
#define QSPAN_PROGRAM_ORDER_H

#include "program/program.h"

/* Moves ops (blocks as a whole) so that each receive follows its send, and as little as that needs;
 * nothing where that is so, or where it can't be. A bit that is written more than once keeps its
 * place. op.qpu must be set. Errors: STATUS_NOFIT. Cost: O(ops log ops). */
enum status order_ops(struct program *program);
/* Who waits for whom, where order_ops could not help: "QPU A waits in line 8 for bit k from QPU B
 * (sent in line 12); QPU B waits ...". Empty: nobody. *out_loc: the first of them. */
enum status order_describe_cycle(struct text *out, struct src_loc *out_loc,
                                 const struct program *program);

/* The k-th send of a bit to a QPU and its k-th receive there, among the ops of one body. Ops that
 * have no partner have OP_NO_MATCH; sorted by the send or, without one, the receive. */
struct order_pair {
    size_t send, receive; /* ops; ORDER_NONE */
    uint32_t bit, to;
};
#define ORDER_NONE SIZE_MAX
/* Of the ops first .. last - 1, not those of blocks within. mem_free *out_pairs. */
enum status order_find_pairs(struct order_pair **out_pairs, size_t *out_n,
                             const struct program *program, size_t first, size_t last);

#endif
