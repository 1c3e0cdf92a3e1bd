/* program + machine -> timing skeleton: per QPU, segments of fixed duration between network
 * operations.
 *
 * Inside a segment an op starts as soon as its wires and bits are free; the segment lasts until its
 * last op ends. An EBIT or the first use of a remote bit ends a segment and blocks its QPU; the
 * request for an ebit may be issued earlier, once its comm wire is free. An IF that holds only
 * gates reserves its time whether taken or not. Loops stay loops. */
#ifndef QSPAN_SCHEDULE_SCHEDULE_H
#define QSPAN_SCHEDULE_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/text.h"
#include "machine/machine.h"
#include "program/program.h"

/* SEND leaves and CLOSE happens t_ps after the start of the segment that it follows; a SEND after
 * an END, when that block is left. */
enum skeleton_kind {
    SKELETON_SEGMENT, /* t_ps = duration; ops op .. last_op of this QPU (text order) */
    SKELETON_SEND,    /* bit is settled and leaves for `peer` */
    SKELETON_CLOSE,   /* comm wire is closed */
    SKELETON_EBIT,    /* op, wire, peer; issue point of the request */
    SKELETON_RECV,    /* waits for bit from `peer` and goes on after item `match` */
    SKELETON_IF,
    SKELETON_ELSE,
    SKELETON_WHILE,
    SKELETON_REPEAT,
    SKELETON_END, /* op, match, count */
};
struct skeleton_item {
    uint8_t kind;       /* enum skeleton_kind */
    bool is_carried;    /* RECV: of the round before; in round 0 the next item is for it */
    uint32_t peer;      /* EBIT, SEND, RECV */
    uint32_t bit, wire; /* SEND, RECV: bit; EBIT, CLOSE: wire */
    uint32_t channel;   /* SEND, RECV: a channel has one SEND item and one or more RECV items */
    uint32_t n_loops;   /* SEND, RECV: number of loops around the SEND item */
    /* Block markers: partner among this QPU's items, as in an op list. RECV: the last of the
     * alternatives that begin with it. */
    uint32_t match;
    /* EBIT: its wire is free issue_t_ps after the start of issue_item, an earlier item of the same
     * body, or itself: when it is reached. */
    uint32_t issue_item;
    int64_t issue_t_ps;
    size_t op, last_op;
    uint64_t count; /* REPEAT rounds */
    int64_t t_ps;
};
struct skeleton_qpu {
    uint32_t machine_qpu;
    struct skeleton_item *items;
    size_t n_items, cap_items;
};
struct skeleton {
    struct skeleton_qpu *qpus; /* those of the program */
    size_t n_qpus;
    uint32_t n_channels;
};

/* Durations from the machine (absent keys: zero); machine NULL: ideal, whatever the QPUs. QPUs are
 * matched by name. The program must have passed program_check. Errors: STATUS_INPUT where the
 * machine lacks a QPU of the program or has fewer data or comm qubits than the program declares
 * there, where no link joins two QPUs that exchange ebits or bits, and for decoder calls. Cost:
 * O(ops log ops), plus one marker for each block and QPU with ops in it. */
enum status schedule_create(struct skeleton **out_skeleton, const struct program *program,
                            const struct machine *machine);
void skeleton_destroy(struct skeleton *skeleton);

#endif
