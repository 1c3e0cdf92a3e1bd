/* What the files of bulk sampling share: sample.c has rounds and replicas of one rank,
 * sample_team.c those of several, sample_write.c puts texts in the order of shots. */
#ifndef QSPAN_RUNTIME_SAMPLE_IMPL_H
#define QSPAN_RUNTIME_SAMPLE_IMPL_H

#include "runtime/sample.h"

/* A run of shots in a text: of a lane of a replica of one rank, or a slice of a team. */
struct sample_piece {
    int lane;
    size_t at, n;
};

/* What a thread works with; in a team, what a rank has in flight. */
struct sample_lane {
    struct frame_state *state;
    uint64_t *gathered, *sweep;
    uint64_t *sweep_rows; /* in sweep; NULL: zeros */
    struct text texts[SAMPLE_MAX_OUTPUTS];
    enum status status;
    struct sample_flight *flight; /* team */
};

/* Batches of one round: those of replica i are first + i n .. first + (i + 1) n - 1. */
struct sample_round {
    uint64_t first, n;
};

struct sample_job {
    const struct sample_task *task;
    const struct team *world;
    struct team *replica; /* the ranks that share a state; NULL: alone */
    uint64_t n_replicas, n_team;
    struct frame_options options;
    struct sample_lane *lanes;
    int n_lanes, n_threads;
    size_t stride;                /* of gathered shots, the widest output */
    struct sample_shares *shares; /* team */
    struct sample_round round;
    uint64_t offsets[SAMPLE_MAX_OUTPUTS]; /* bytes of the rounds before */
    struct sample_piece *pieces[SAMPLE_MAX_OUTPUTS];
    size_t n_pieces; /* of a rank in a round, at most */
    double wait_s;
    uint64_t n_done; /* shots */
};

/* Rows of shots first_shot .. first_shot + n_shots - 1, at most FRAME_GATHERED. */
struct sample_rows {
    const uint64_t *rows;
    size_t n, row_words;
    uint64_t first_shot;
    size_t n_shots;
};

static inline uint64_t sample_divide_up(uint64_t a, uint64_t b) {
    return a / b + (a % b != 0);
}
/* First shot of a batch, and how many there are of the task's. */
uint64_t sample_batch_shots(const struct sample_job *job, uint64_t *out_first, uint64_t batch);
/* Zeroes what the batch needs. */
void sample_prepare(const struct sample_job *job, struct sample_lane *lane, uint64_t batch);
/* Appends shots to the text of output k. */
void sample_format(const struct sample_job *job, struct sample_lane *lane, size_t k,
                   const struct sample_rows *rows);
/* Texts that have their place go there at once: shots from first_shot on. Notes failure in the
 * lane. */
void sample_place(const struct sample_job *job, struct sample_lane *lane, uint64_t first_shot);
bool sample_is_placed(const struct sample_output *output);

/* ---- teams ---- */

/* Bytes of a lane in flight beyond a replica's, saturating. */
uint64_t sample_flight_bytes(const struct sample_job *job);
/* What this rank's round is. Collective over the replica. Errors: STATUS_NOFIT in the first. */
enum status sample_run_team(struct sample_job *job);
void sample_destroy_team(struct sample_job *job);

/* ---- writing ---- */

/* Texts of a round that have no place of their own: in the order of shots. Collective over all. */
enum status sample_write_round(struct sample_job *job);

#endif
