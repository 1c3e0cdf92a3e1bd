/* Signals that end the program. Until interrupt_listen one does so at once, and takes drafts of
 * files along (base/draft.h). Then SIGTERM and SIGUSR1, which batch systems send before a time
 * limit, ask a run to stop and keep what it has. As long as that is nothing, it stops by itself
 * within two seconds, or the signal ends it after all. Then each second another one interrupts who
 * waits for the reader of a pipe. */
#ifndef QSPAN_CLI_INTERRUPT_H
#define QSPAN_CLI_INTERRUPT_H

#include <signal.h>
#include <stdbool.h>

#include "comm/comm.h"

/* The first signal that has come since interrupt_listen; 0: none. */
extern volatile sig_atomic_t interrupt_signal;

/* Once, at the start. Signals that are ignored stay so. */
void interrupt_init(void);
/* From now on SIGTERM and SIGUSR1 set interrupt_signal; a rank that is talking says so at once. */
void interrupt_listen(bool is_talking);
/* From now on there is something to keep, or nothing is left to be stopped: no signal that came
 * ends the program. */
void interrupt_keep(void);
/* From now on it is the same on all ranks, of which one heard it. Collective. */
void interrupt_share(const struct team *team);
/* "SIGTERM" */
const char *interrupt_name(void);

#endif
