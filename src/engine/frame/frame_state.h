/* What the files of the frame engine share: frame.c walks instructions, frame_noise.c draws
 * errors. */
#ifndef QSPAN_ENGINE_FRAME_FRAME_STATE_H
#define QSPAN_ENGINE_FRAME_FRAME_STATE_H

#include "engine/frame/frame.h"
#include "kernels/frame.h"

enum { FRAME_MAX_ITEMS = 2048 }; /* chains advanced together */

struct frame_loop {
    uint64_t round, outer; /* outer: iteration of the loops around it */
};

struct frame_state {
    const struct frame_plan *plan;
    struct frame_options options;
    const struct frame_kernels *kernels;
    size_t n_words; /* of a row */
    uint64_t *rows; /* frames */
    /* A ring of results; all of them, if they are kept. */
    uint64_t *records;
    size_t n_records, head; /* rows of the ring; where the next result goes */
    uint64_t *results;      /* of an instruction that is not recorded */
    uint64_t *detectors, *observables, *bits;
    size_t n_kept_detectors, next_detector;
    const uint64_t *sweep;
    const volatile sig_atomic_t *stop;                /* of a run; or NULL */
    uint64_t *chain, *scratch, *hits, *letter, *rest; /* a row each */
    uint64_t *items, *draws, *template;               /* FRAME_MAX_ITEMS each */
    struct frame_loop *loops;
    size_t n_loops;
    uint64_t iteration;
    uint32_t first_block;
    void *memory;
    size_t n_bytes;
    size_t pc;               /* next instruction */
    struct frame_post *post; /* team: rows on their way; NULL: none */
    uint64_t *received;      /* parity for the next FEEDBACK or CONDITION */
    uint64_t *condition;     /* of conditional errors */
    uint64_t next_condition; /* of the reference's */
    /* Team: has this rank a part of the row? By row; NULL: it has all. */
    uint8_t *has_record, *has_detector, *has_observable, *has_bit;
};

static inline uint64_t *frame_x(const struct frame_state *s, uint32_t qubit) {
    return s->rows + 2 * (size_t)qubit * s->n_words;
}
static inline uint64_t *frame_z(const struct frame_state *s, uint32_t qubit) {
    return frame_x(s, qubit) + s->n_words;
}
static inline uint64_t frame_site(const struct frame_state *s, const struct frame_instr *instr) {
    return instr->site + s->plan->n_sites * s->iteration;
}
/* Applies a Pauli (frame_pauli) to the shots of a row. */
void frame_apply(const struct frame_state *s, uint32_t target, const uint64_t *row);

/* Errors on groups of qubits: FRAME_NOISE, and those of an ebit (its second qubit alone). only:
 * the shots in which they happen; NULL: all. */
void frame_draw_noise(struct frame_state *s, const struct frame_channel *channel,
                      const uint32_t *qubits, uint32_t n, unsigned group, uint64_t site,
                      uint32_t stream, const uint64_t *only);
/* Flips n rows, each with the channel's probability; sites site_stride apart. */
void frame_draw_flips(struct frame_state *s, const struct frame_channel *channel, uint64_t *rows,
                      uint32_t n, uint64_t site, uint32_t site_stride);
/* Heralds into n rows of results, their errors onto the qubits. */
void frame_draw_heralds(struct frame_state *s, const struct frame_channel *channel,
                        const uint32_t *qubits, uint64_t *rows, uint32_t n, uint64_t site);

/* Rows between the ranks of a team. Rows for one rank travel together, and nothing here waits: the
 * walk of a list goes on elsewhere. Deadlocks cannot be: all ranks walk the same list, who cannot
 * go on sends everything before that place, and who cannot send is ahead of the receiver. */
uint64_t frame_post_bytes(const struct frame_plan *plan, size_t n_words);
enum status frame_post_create(struct frame_post **out_post, const struct frame_plan *plan,
                              const struct team *team, size_t n_words, uint32_t lane);
void frame_post_destroy(struct frame_post *post);
/* The row, cleared, that will go to that rank next; NULL: too many are on their way. */
uint64_t *frame_post_next(struct frame_post *post, uint32_t to);
/* The next row from that rank, borrowed until the next call; NULL: it is not here. */
const uint64_t *frame_post_take(struct frame_post *post, uint32_t from);
/* There are rows to send; enough of them for a message. */
bool frame_post_has_rows(const struct frame_post *post);
bool frame_post_is_full(const struct frame_post *post);
/* Sends, and receives what is awaited, without waiting. Returns whether anything came or went. */
bool frame_post_talk(struct frame_post *post);
/* All rows have arrived. */
bool frame_post_is_empty(const struct frame_post *post);

#endif
