/* What is logged in a test: kept and not printed. */
#ifndef SUPPORT_MESSAGES_H
#define SUPPORT_MESSAGES_H

#include <stddef.h>

/* Forgets what was logged before; from now on messages are kept. */
void messages_keep(void);
/* All since, one a line, no newline after the last; the newest; "" if there is none. */
const char *messages_all(void);
const char *messages_last(void);
size_t messages_count(void);

#endif
