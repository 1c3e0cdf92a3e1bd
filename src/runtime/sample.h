/* Bulk sampling: many shots of a compiled Clifford list, by replicas over blocks of shots.
 *
 * A replica is a rank with all qubits, each thread of which holds a state of its own, or a team of
 * ranks that hold their QPUs' qubits. It takes whole batches of blocks. Every rank puts the texts
 * of its own shots into files that all ranks can write; where only rank 0 can, it gets them all, in
 * the order of shots. Bits do not depend on ranks, teams, threads or batches. */
#ifndef QSPAN_RUNTIME_SAMPLE_H
#define QSPAN_RUNTIME_SAMPLE_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "comm/comm.h"
#include "engine/frame/frame.h"

/* Up to FRAME_GATHERED shots of one output. Shot by shot: bit i of shot s is bit i of bits + s *
 * stride; and the same as rows: bit s of rows + i * row_words. */
struct sample_block {
    size_t n_shots, n_bits;
    const uint64_t *bits, *rows;
    size_t stride, row_words;
    const uint64_t *reference; /* rows do not have it yet; NULL: zeros */
};
struct sample_output {
    enum frame_output what;
    const uint64_t *reference; /* a bit for each row, added to all shots; NULL: zeros */
    void *ctx;
    /* Appends the shots to a text; called in parallel. */
    void (*format)(void *ctx, struct text *out, const struct sample_block *block);
    /* On rank 0, in the order of shots. */
    enum status (*write)(void *ctx, const char *data, size_t n);
    /* Instead: at an offset, from any rank and thread; NULL: only rank 0 can write. */
    enum status (*write_at)(void *ctx, const char *data, size_t n, uint64_t offset);
    uint64_t bytes_of_64; /* of 64 shots as text; 0: that depends on the shots */
};

enum { SAMPLE_MAX_OUTPUTS = 2 };
struct sample_task {
    const struct frame_plan *plan; /* plan->n_ranks: of a team; then that of this rank within it */
    uint64_t n_shots, seed, max_bytes; /* max_bytes: per rank; 0: what is available */
    struct sample_output outputs[SAMPLE_MAX_OUTPUTS];
    size_t n_outputs;
    uint32_t n_blocks;          /* of a batch; 0: as suits the cache */
    const uint64_t *conditions; /* struct frame_options */
    /* Rows of the data of a sweep for shots first_shot .. first_shot + 64 n_words - 1, called in
     * parallel; NULL: all 0. */
    void (*sweep)(void *ctx, uint64_t *out_rows, uint64_t first_shot, size_t n_words);
    void *sweep_ctx;
    /* Pairs whose errors differ from shot to shot; NULL: they are what the plan says. `prepare` is
     * called before they are asked for, with the shots that this rank draws next (maybe none, and
     * the same for the ranks of a replica); it may be NULL. */
    const struct frame_pairs *pairs;
    enum status (*prepare)(void *ctx, uint64_t first_shot, uint64_t n_shots);
    void *prepare_ctx;
    /* Once this is not 0 on any rank, all stop: files hold the shots of the rounds before, and
     * maybe some bytes that were placed beyond. In teams the round is finished. NULL: never. */
    const volatile sig_atomic_t *stop;
    void (*keep)(void); /* called once shots are written, which a stop leaves; or NULL */
};
struct sample_figures {
    uint64_t n_shots; /* written, the first ones: fewer than the task's if it was stopped */
    uint64_t n_bytes; /* of this rank's states */
    int n_threads;
    uint32_t n_blocks;
    double wall_s;
    double wait_s; /* the most that a rank waited for others, or wrote for them */
};
/* Collective over the team: ranks i n .. i n + n - 1 are replica i, n = plan->n_ranks. Errors:
 * STATUS_NOFIT before anything is written, what `write` and
 * `prepare` return. */
enum status sample_run(struct sample_figures *out_figures, const struct sample_task *task,
                       const struct team *team);

#endif
