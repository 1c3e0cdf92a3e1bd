/* Signals that ask a run to stop and keep what it has: SIGTERM and SIGUSR1, as batch systems send
 * them before a time limit. */
#ifndef QSPAN_CLI_INTERRUPT_H
#define QSPAN_CLI_INTERRUPT_H

#include <signal.h>
#include <stdbool.h>

#include "comm/comm.h"

/* The first signal that has come since interrupt_listen; 0: none. */
extern volatile sig_atomic_t interrupt_signal;

/* From now on they only set interrupt_signal; a rank that is talking says so at once. */
void interrupt_listen(bool is_talking);
/* From now on it is the same on all ranks, of which one heard it. Collective. */
void interrupt_share(const struct team *team);
/* "SIGTERM" */
const char *interrupt_name(void);

#endif
