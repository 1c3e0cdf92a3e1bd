/* Status codes: one type for every failure that the outside world can cause.
 *
 * The function that decides on a failure logs it once (base/log.h) and returns the status; callers
 * only pass it on. The values are the exit codes of the command line, but for STATUS_EMPTY. */
#ifndef QSPAN_BASE_STATUS_H
#define QSPAN_BASE_STATUS_H

enum status {
    STATUS_OK = 0,
    STATUS_INTERNAL = 1,     /* a fault of qspan itself */
    STATUS_USAGE = 2,        /* wrong command line */
    STATUS_INPUT = 3,        /* input refused: file:line:column was logged */
    STATUS_NOFIT = 4,        /* does not fit the machine it runs on; the figure was logged */
    STATUS_UNVERIFIED = 5,   /* a program was not proved */
    STATUS_INTERRUPTED = 85, /* stopped by a signal: results hold the shots done so far */
    STATUS_EMPTY = 128,      /* stopped by a signal before there were any, or with
                              * results that nobody reads: exit code 128 + signal */
};

/* Of two things that were both tried, the first that failed. */
static inline enum status status_join(enum status first, enum status second) {
    return first != STATUS_OK ? first : second;
}

/* Returns from the calling function when an expression of type enum status is not STATUS_OK. */
#define TRY(expr)                                                                                  \
    do {                                                                                           \
        enum status try_status_ = (expr);                                                          \
        if (try_status_ != STATUS_OK) {                                                            \
            return try_status_;                                                                    \
        }                                                                                          \
    } while (0)

/* As TRY, but jumps to the label with the status in the variable `status`. */
#define TRY_GOTO(expr, label)                                                                      \
    do {                                                                                           \
        status = (expr);                                                                           \
        if (status != STATUS_OK) {                                                                 \
            goto label;                                                                            \
        }                                                                                          \
    } while (0)

#endif
