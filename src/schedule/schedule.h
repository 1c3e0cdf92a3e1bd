/* program + machine -> timing skeleton: per QPU, segments of fixed duration between network operations.
 *
 * Inside a segment an op starts as soon as its wires and bits are free; the segment lasts until its last
 * op ends. An EBIT or the first use of a remote bit ends a segment and blocks its QPU; the request for an
 * ebit may be issued earlier, once its comm wire is free. An IF that holds only gates reserves its time
 * whether taken or not. Loops stay loops. */
#ifndef QSPAN_SCHEDULE_SCHEDULE_H
#define QSPAN_SCHEDULE_SCHEDULE_H

#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/text.h"
#include "machine/machine.h"
#include "program/program.h"

enum skeleton_kind {
    SKELETON_SEGMENT, /* t_ps = duration; ops first_op .. last_op of this QPU (text order) */
    SKELETON_EBIT,    /* op; peer; issue point of the request */
    SKELETON_SEND,    /* bit leaves for `peer` at offset t_ps of the segment before */
    SKELETON_RECV,    /* waits for bit from `peer` */
    SKELETON_IF, SKELETON_ELSE, SKELETON_WHILE, SKELETON_REPEAT, SKELETON_END, /* op, match, count */
};
struct skeleton_item {
    enum skeleton_kind kind;
    uint32_t peer, bit;
    size_t op, last_op;
    uint32_t match;      /* block markers: partner among this QPU's items */
    uint64_t count;      /* REPEAT rounds */
    int64_t t_ps;
    uint32_t issue_item; /* EBIT: its wire is free issue_t_ps after the start of this earlier item of the */
    int64_t issue_t_ps;  /* same block (its own index: when it is reached) */
};
struct skeleton_qpu {
    struct skeleton_item *items;
    size_t n_items, cap_items;
};
struct skeleton {
    struct skeleton_qpu *qpus;
    size_t n_qpus;
};

/* Durations from the machine (absent keys: zero). Errors: STATUS_INPUT where the machine lacks a QPU of
 * the program or has fewer data or comm qubits than the program uses there, or a link is missing. */
enum status schedule_create(struct skeleton **out_skeleton, const struct program *program,
                            const struct machine *machine);
void skeleton_destroy(struct skeleton *skeleton);
enum status skeleton_print(struct text *out, const struct skeleton *skeleton,
                           const struct program *program);

#endif
