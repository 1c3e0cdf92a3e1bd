/* Stages of operators (fuse.h) run in passes: sweeps over a vector, tile by tile.
 *
 * A sweep over a large vector costs as much as the memory it moves, whatever is done with an
 * amplitude once it is there. A tile is what some bits of an amplitude's number span: the lowest,
 * so that it consists of pieces long enough for memory to be quick, and those that the pass's
 * operators mix. Its pieces are copied to a buffer that fits the cache, all operators are applied
 * there, and it is written back; a tile that is one piece stays where it is. Controls and phases on
 * bits outside are constants in a tile.
 *
 * Kernels never mix lanes. Lane bits that a pass mixes first change places with bits of the tile
 * that it does not mix, and stay there: the wires then have other positions. Vectors too small for
 * that get as many more bits as there are lane bits, all 0, while they are in the buffer. */
#ifndef QSPAN_ENGINE_STATEVECTOR_PASS_H
#define QSPAN_ENGINE_STATEVECTOR_PASS_H

#include "engine/statevector/fuse.h"
#include "engine/statevector/store.h"

struct pass;

/* NULL: no memory. n_threads buffers of pass_buffer_bytes each are borrowed. */
struct pass *pass_create(union statevector_block *buffers, int n_threads,
                         const struct layout *layout);
void pass_destroy(struct pass *pass);
size_t pass_buffer_bytes(const struct layout *layout);
/* Of tiles of vectors that take n_bytes of a rank at most; larger ones are never used. */
unsigned pass_most_bits(const struct layout *layout, double n_bytes);

/* Makes the stage's targets internal and, where there is a store, applies it. Its blocks are those
 * of layout->fuse. Collective where there is a store. Errors: STATUS_NOFIT (logged),
 * STATUS_INTERRUPTED. Cost: a read and a write of the group, or a few where its wires lie badly;
 * the messages of an exchange. */
enum status pass_run_stage(struct layout *layout, uint32_t group, const struct fuse_stage *stage);

/* What the rank's machine can do; 0: not known. */
struct pass_rates {
    double update_bytes_per_s; /* read and written, where memory is changed in place */
    double stream_bytes_per_s; /* written past the caches, where none is read */
    double flops_per_s;
};

/* What has been done on this rank. Floors: the sums over all passes, since the rates were given, of
 * the largest of bytes / (updated bytes per second), those of them that are streamed / (streamed
 * bytes per second) and flops / (flops per second); of slot_floor_s, operations that are no
 * multiply-adds count as such. Of sum_s: of the larger of the first two plus the third, which is
 * no floor, but the time if nothing were computed while memory moves. */
struct pass_work {
    double n_passes, n_bytes; /* moved between memory and cores: a read and a write each pass */
    double n_grown;           /* bytes of vectors read and written larger, between passes */
    double n_streamed;        /* of all these bytes, those written past the caches */
    double n_flops;
    double n_blocks, n_steps; /* passes of the tiles through registers, operators in them */
    double floor_s, slot_floor_s, sum_s;
};
struct pass_work pass_get_work(const struct pass *pass);
/* n_streamed: of n_bytes, those written past the caches. */
void pass_count_growth(struct pass *pass, double n_bytes, double n_streamed);
void pass_set_rates(struct pass *pass, const struct pass_rates *rates);

#endif
