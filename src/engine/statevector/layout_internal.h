/* What layout.c and deal.c share: choice of deals, count of memory. */
#ifndef QSPAN_ENGINE_STATEVECTOR_LAYOUT_INTERNAL_H
#define QSPAN_ENGINE_STATEVECTOR_LAYOUT_INTERNAL_H

#include "engine/statevector/layout.h"

struct store_factor;
/* A vector of n wires as dealt now; with is_cut only the slices of which bit slice_bit is `value`
 * count (n still includes that bit). */
struct layout_cut {
    const struct layout_deal *deal;
    uint32_t n;
    bool is_cut;
    unsigned slice_bit, value;
};

static inline unsigned layout_chunk_bits(const struct layout *layout, unsigned slice_bits) {
    return slice_bits < layout->tuning.chunk_bits ? slice_bits : layout->tuning.chunk_bits;
}
/* Slice number before a move, from the number among those that the cut leaves. */
uint64_t layout_old_slice(const struct layout_cut *from, uint64_t slice);
bool layout_is_same_deal(const struct layout_deal *a, const struct layout_deal *b);
double layout_amps(uint32_t n);
/* Counts a vector's blocks in (+1) or out (-1). */
void layout_count(struct layout *layout, const struct layout_deal *deal, uint32_t n, int sign);
/* Counts a vector that grows or shrinks (not by more than one wire). Slices of whole chunks do it
 * in place. Smaller ones are written anew one after the other, so that the smaller of both is there
 * twice; all of them at once where a vector grows by more than STORE_MAX_PRODUCT wires. */
void layout_count_resize(struct layout *layout, const struct layout_deal *deal, uint32_t n_old,
                         uint32_t n);
/* What the deal's i-th rank needs meanwhile beside the larger vector. */
double layout_resize_bytes(const struct layout *layout, const struct layout_deal *deal, size_t i,
                           uint32_t n_old, uint32_t n);
void layout_count_amps(struct layout *layout, double change);
/* Counts what is sent when all ranks of layout->scratch read all of the factor. */
void layout_count_spread(struct layout *layout, const struct store_factor *factor);
enum {
    LAYOUT_MAX_PARTS = 2,
    LAYOUT_MAX_DEALT = 900, /* wires; what larger vectors need is only told to be more: on rank 0 */
};
/* layout.c: one group of the parts that hold these wires, the first of which has most; at most
 * LAYOUT_MAX_PARTS others. Nothing waits for them that must be done before. With is_copy the second
 * wire, alone in |0>, becomes a copy of the first. */
enum status layout_merge(struct layout *layout, const uint32_t *wires, size_t n_wires,
                         bool is_copy);
/* bond.c: forgets the bonds, whose operators have been forgotten. */
void layout_clear_bonds(struct layout *layout);
/* localize.c: before a group grows, wires change places that would have to later. */
void layout_localize_early(struct layout *layout, uint32_t group);
/* localize.c: before a group goes to a deal of more slices, its internal wires that are needed
 * last take the bits that will choose them. */
void layout_raise_last(struct layout *layout, uint32_t group, const struct layout_deal *to);
/* Into layout->scratch: the deal for a vector of these wires, of which `old` (NULL: nothing) is in
 * memory already. false: it fits nowhere. */
bool layout_choose_deal(struct layout *layout, const uint32_t *wires, size_t n_wires,
                        const uint32_t *more, size_t n_more, const struct layout_deal *old,
                        uint32_t n_old);
/* Counts the memory and the messages of a move; false, and nothing counted, if it doesn't fit. */
bool layout_flow(struct layout *layout, const struct layout_cut *from,
                 const struct layout_deal *to);

#endif
