/* Packets of a program that can run fused: without comm qubits in the state (docs/program.md).
 *
 * A packet begins with an entangler: EBIT(a, b); CX q, a; MEASURE a. From then on b is a copy of q:
 * the state lies in the span of |x>_q |x>_b, up to Paulis that are known shot by shot. Gates that
 * are diagonal on b and on q keep it there. It ends in one of two ways:
 * - the copy is taken back: H b; MEASURE b (or b measured in X). Up to the Pauli Z_q, which the
 *   outcome tells, the state is then what gates on q in place of b would have made;
 * - the state has moved: H q; MEASURE q. Up to Z_b, b holds what q held.
 * So b never needs a qubit of its own: it is another name of q, inverted in a shot where the pair,
 * noise or wrong records have put X on b. */
#ifndef QSPAN_PROGRAM_PACKETS_H
#define QSPAN_PROGRAM_PACKETS_H

#include <stddef.h>
#include <stdint.h>

#include "program/program.h"

enum packet_kind {
    PACKET_OTHER, /* runs explicitly: `reason` says why */
    PACKET_COPY,  /* telegate: the copy is taken back */
    PACKET_MOVE,  /* teledata */
};
/* One for each EBIT. Indices of ops of the program; those after `ebit` hold for COPY and MOVE. */
struct packet {
    enum packet_kind kind;
    size_t ebit, entangle, birth; /* EBIT, CX source, link and MEASURE link */
    size_t turn, close;           /* H and MEASURE on copy or source; equal: measured in X */
    uint32_t source, link, copy;  /* wires q, a, b */
    const char *reason;           /* OTHER: an English clause */
    size_t reason_op;
};
struct packets {
    struct packet *items; /* in order of their EBITs */
    size_t n, cap, n_fused;
};

/* All ops between the two ends of a packet that runs fused stand in its block or in blocks inside
 * that; Paulis are allowed anywhere on its wires. Errors: STATUS_NOFIT. Cost: ops, times open
 * copies of a wire. */
enum status packets_find(struct packets *out_packets, const struct program *program);
void packets_fini(struct packets *packets);
/* How many EBITs of the program text run in fused packets, and how many explicitly. */
struct packet_counts {
    uint64_t n_fused, n_explicit;
};
enum status packets_count(struct packet_counts *out_counts, const struct program *program);

/* Warns of the ebits of a fused program that run explicitly, the first five with place and reason.
 * For a program that has all its errors. */
enum status packets_warn_of_explicit(const struct program *program);

#endif
