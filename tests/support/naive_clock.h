/* The rules of docs/timing.md, picosecond by picosecond: every loop is unrolled, every op of every
 * QPU is looked at in every tick. For tests with small times only; shares no code with schedule and
 * runtime. */
#ifndef QSPAN_TESTS_SUPPORT_NAIVE_CLOCK_H
#define QSPAN_TESTS_SUPPORT_NAIVE_CLOCK_H

#include "machine/machine.h"
#include "program/program.h"

enum { NAIVE_MAX_QPUS = 8, NAIVE_MAX_STEPS = 20000, NAIVE_MAX_EBITS = 2000 };

struct naive_pair {
    uint64_t site;
    int64_t t_ps;
};
struct naive_times {
    int64_t makespan_ps;
    uint64_t n_ebits, n_bits_sent;
    uint32_t peak_comm[NAIVE_MAX_QPUS];
    struct naive_pair pairs[NAIVE_MAX_EBITS]; /* by program order */
};
/* QPU i of the program is QPU i of the machine. False: too long for this clock. */
bool naive_clock_run(struct naive_times *out_times, const struct program *program,
                     const struct machine *machine,
                     bool (*is_taken)(void *ctx, size_t op_index, uint64_t iteration));

#endif
