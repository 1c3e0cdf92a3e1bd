/* Packets of Clifford programs as Pauli channels, for frames: no ebits, no measurements, no
 * corrections (docs/program.md, "Fused").
 *
 * A copy that is taken back acts as its gates on the source, then one error: X on the copy, carried
 * through the gates that follow it, with the weights of X and Y; Z on the source with those of Z
 * and Y. Wrong records of the two measurements turn weights over likewise. */
#ifndef QSPAN_RUNTIME_BULK_FUSED_H
#define QSPAN_RUNTIME_BULK_FUSED_H

#include "program/packets.h"
#include "program/program.h"

struct bulk_fused {
    struct op_list ops; /* sites are numbered */
    double *weights;    /* four for each op, of EBITs; NULL: pairs without errors */
    struct packet_counts counts;
};

/* weights: four for each op of the program; NULL: pairs without errors. Packets that run so: copies
 * in one straight line of gates, without errors of its own, whose bits nothing but the two
 * corrections reads. Errors: STATUS_NOFIT. */
enum status bulk_fuse(struct bulk_fused *out_fused, const struct program *program,
                      const double *weights);
void bulk_fused_fini(struct bulk_fused *fused);

#endif
