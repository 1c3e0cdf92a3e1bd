/* Checks of bits that are sent and received explicitly. */
#ifndef QSPAN_PROGRAM_EXCHANGE_H
#define QSPAN_PROGRAM_EXCHANGE_H

#include "program/program.h"

typedef void exchange_finding(void *ctx, struct src_loc loc, const char *message);

/* Each send has a receive in the same body and the reverse; sends come from where the bit was born;
 * nobody waits for ever; a bit that is sent explicitly is used elsewhere only after a receive.
 * *out_n_sent: messages in all, explicit or not (program_visit_messages). */
enum status exchange_check(uint64_t *out_n_sent, const struct program *program,
                           exchange_finding *find, void *ctx);

#endif
