/* Work in a process of its own, under limits of time and memory. */
#ifndef QSPAN_TESTS_CORPUS_APART_H
#define QSPAN_TESTS_CORPUS_APART_H

#include "base/status.h"

enum { APART_MAX_REPORT = 512 };

struct apart_limits {
    unsigned cpu_s, mib; /* wall time: twice cpu_s and 10 s; address space: twice mib */
};
struct apart_report {
    int wait_status;
    char text[APART_MAX_REPORT]; /* what the work wrote */
    double t_s, rss_mib;
};

/* The child calls work, which fills text (APART_MAX_REPORT bytes, "" before) and returns its exit
 * status. Errors: no process could be made. */
enum status apart_run(struct apart_report *out, const struct apart_limits *limits,
                      enum status (*work)(void *ctx, char *text), void *ctx);
/* NULL: it ended by itself; else "TIME LIMIT" or "CRASH". */
const char *apart_fault(const struct apart_report *report);

#endif
