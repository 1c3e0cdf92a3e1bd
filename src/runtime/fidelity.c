#include "runtime/fidelity.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "base/mem.h"

enum {
    MAX_QUBITS = 48,
    N_READ = 4,    /* pieces beside the state: the one that is read, three of the engine */
    BATCH = 64,    /* frames with one X part that are summed in one pass */
    LANES = 8,     /* sums side by side */
    BLOCK = 4096,  /* terms whose low parts add up exactly in a double */
    SUM_BITS = 40, /* terms are hi 2^-40 + lo 2^-80 */
};

struct frame_class {
    uint64_t x, z, n_shots;
};

/* ---- the ideal state ---- */

static size_t count_own(const struct fidelity *fidelity) {
    const uint64_t rank = (uint64_t)team_rank(fidelity->team);
    const uint64_t n_ranks = (uint64_t)team_size(fidelity->team);
    return (size_t)(fidelity->n_pieces / n_ranks + (rank < fidelity->n_pieces % n_ranks));
}

/* The i-th piece of this rank. */
static uint64_t own_piece(const struct fidelity *fidelity, size_t i) {
    const uint64_t piece =
        (uint64_t)team_rank(fidelity->team) + i * (uint64_t)team_size(fidelity->team);
    return piece < fidelity->n_pieces ? piece : ENGINE_NO_PIECE;
}

/* Pieces of the rank that has most: all read as often. */
static size_t count_rounds(const struct fidelity *fidelity) {
    const uint64_t n_ranks = (uint64_t)team_size(fidelity->team);
    return (size_t)((fidelity->n_pieces + n_ranks - 1) / n_ranks);
}

static enum status keep_ideal(void *ctx, struct engine *engine, const struct final_qubits *qubits) {
    struct fidelity *fidelity = ctx;
    const size_t n_doubles = (size_t)2 << fidelity->piece_bits;
    size_t n;
    const bool has_room = size_mul(&n, count_own(fidelity), n_doubles) &&
                          (fidelity->ideal = mem_alloc(n, sizeof *fidelity->ideal)) != NULL &&
                          (fidelity->piece = mem_alloc(n_doubles, sizeof *fidelity->piece)) != NULL;
    TRY(comm_agree(fidelity->team, has_room ? STATUS_OK : STATUS_NOFIT));
    for (size_t i = 0; i < count_rounds(fidelity); i++) {
        const uint64_t piece = own_piece(fidelity, i);
        double *out = piece == ENGINE_NO_PIECE ? fidelity->piece : fidelity->ideal + i * n_doubles;
        TRY(engine->class->read(engine, out, qubits->wires, qubits->n, fidelity->piece_bits, piece,
                                0));
    }
    return STATUS_OK;
}

uint64_t fidelity_bytes(const struct fidelity *fidelity) {
    return fidelity->n_pieces == 0 ? 0
                                   : (uint64_t)(count_rounds(fidelity) + N_READ) *
                                         (UINT64_C(16) << fidelity->piece_bits);
}

/* Into how many pieces the state is cut. */
static enum status set_pieces(struct fidelity *fidelity, uint64_t max_bytes) {
    const size_t n = fidelity->qubits->n;
    if (n <= MAX_QUBITS) {
        fidelity->piece_bits = n < ENGINE_MAX_PIECE_BITS ? (unsigned)n : ENGINE_MAX_PIECE_BITS;
        fidelity->n_pieces = BIT64(n - fidelity->piece_bits);
    }
    if (n > MAX_QUBITS || (max_bytes != 0 && fidelity_bytes(fidelity) >= max_bytes)) {
        return log_error(STATUS_NOFIT,
                         "--fidelity: the ideal state of %zu qubits takes 2^%zu bytes on %d "
                         "rank%s: with buffers more than there is",
                         n, n + 4, team_size(fidelity->team),
                         team_size(fidelity->team) == 1 ? "" : "s");
    }
    return STATUS_OK;
}

enum status fidelity_init(struct fidelity *fidelity, const struct program *ideal,
                          const struct final_qubits *qubits, const struct run_options *options,
                          const struct team *team, struct halt *halt) {
    struct final_qubits ideal_qubits = {0};
    fidelity->team = team;
    fidelity->qubits = qubits;
    TRY(set_pieces(fidelity, options->max_bytes));
    const uint64_t n_kept = options->max_bytes != 0 ? fidelity_bytes(fidelity) : 0;
    TRY(comm_agree(team, final_qubits_find(&ideal_qubits, ideal)));
    CHECK(ideal_qubits.n == qubits->n);
    const struct final_state state = {
        .program = ideal,
        .engine = options->engine,
        .precision = options->precision,
        .team = team,
        .qubits = &ideal_qubits,
        .max_bytes = options->max_bytes - n_kept,
        .halt = halt,
        .visit = keep_ideal,
        .visit_ctx = fidelity,
    };
    const enum status status = final_state_visit(&state);
    final_qubits_fini(&ideal_qubits);
    return status;
}

void fidelity_fini(struct fidelity *fidelity) {
    mem_free(fidelity->ideal);
    mem_free(fidelity->piece);
    mem_free(fidelity->frames);
    memset(fidelity, 0, sizeof *fidelity);
}

/* ---- overlaps ---- */

/* hi 2^-40 + lo 2^-80 of the real and the imaginary part. */
struct overlap {
    int64_t hi[2], lo[2];
};

/* Adds conj(a[i]) b[i] (-1)^popcount(i & z) for i in a block; the parts of each term are rounded,
 * their sums exact, whatever the order. */
static void add_block(struct overlap *sum, const double *a, const double *b, size_t n, uint64_t z) {
    const double round_hi = 0x1.8p12, round_lo = 0x1.8p-28; /* to multiples of 2^-40, 2^-80 */
    double hi[2][LANES] = {{0}}, lo[2][LANES] = {{0}};
    for (size_t i = 0; i < n; i++) {
        const double sign = bits_popcount(i & z) & 1 ? -1 : 1;
        const double *p = a + 2 * i, *q = b + 2 * i;
        const double term[2] = {sign * (p[0] * q[0] + p[1] * q[1]),
                                sign * (p[0] * q[1] - p[1] * q[0])};
        for (int k = 0; k < 2; k++) {
            const double high = (term[k] + round_hi) - round_hi;
            hi[k][i % LANES] += high;
            lo[k][i % LANES] += ((term[k] - high) + round_lo) - round_lo;
        }
    }
    for (int k = 0; k < 2; k++) {
        for (int v = 0; v < LANES; v++) {
            sum->hi[k] += (int64_t)ldexp(hi[k][v], SUM_BITS);
            sum->lo[k] += (int64_t)ldexp(lo[k][v], 2 * SUM_BITS);
        }
    }
}

static void settle(struct overlap *sum) {
    for (int k = 0; k < 2; k++) {
        sum->hi[k] += sum->lo[k] >> SUM_BITS;
        sum->lo[k] &= (INT64_C(1) << SUM_BITS) - 1;
    }
}

/* One piece: number `piece` of both states. */
static void add_piece(const struct fidelity *fidelity, struct overlap *sums, const double *ideal,
                      uint64_t piece, const struct frame_class *frames, size_t n_frames) {
    const uint64_t n = BIT64(fidelity->piece_bits), first = piece << fidelity->piece_bits;
    const uint64_t n_blocks = n > BLOCK ? n / BLOCK : 1, size = n / n_blocks;
    for (size_t f = 0; f < n_frames; f++) {
        int64_t parts[4] = {0};
#pragma omp parallel for schedule(static) reduction(+ : parts)
        for (uint64_t block = 0; block < n_blocks; block++) {
            const uint64_t at = block * size;
            const bool is_odd = bits_popcount((first | at) & frames[f].z) & 1;
            struct overlap part = {0};
            add_block(&part, ideal + 2 * at, fidelity->piece + 2 * at, (size_t)size, frames[f].z);
            for (int k = 0; k < 2; k++) {
                parts[k] += is_odd ? -part.hi[k] : part.hi[k];
                parts[2 + k] += is_odd ? -part.lo[k] : part.lo[k];
            }
        }
        for (int k = 0; k < 2; k++) {
            sums[f].hi[k] += parts[k];
            sums[f].lo[k] += parts[2 + k];
        }
        settle(&sums[f]);
    }
}

/* Frames with one X part: the state is read with it, then each Z part is a pass. */
static enum status add_frames(struct fidelity *fidelity, struct engine *engine,
                              const struct frame_class *frames, size_t n_frames) {
    const size_t n_doubles = (size_t)2 << fidelity->piece_bits;
    struct overlap sums[BATCH] = {{{0}, {0}}};
    for (size_t i = 0; i < count_rounds(fidelity); i++) {
        const uint64_t piece = own_piece(fidelity, i);
        TRY(engine->class->read(engine, fidelity->piece, fidelity->qubits->wires,
                                fidelity->qubits->n, fidelity->piece_bits, piece, frames[0].x));
        if (piece != ENGINE_NO_PIECE) {
            add_piece(fidelity, sums, fidelity->ideal + i * n_doubles, piece, frames, n_frames);
        }
    }
    _Static_assert(sizeof *sums == 4 * sizeof(int64_t), "summed as integers");
    comm_sum_i64(fidelity->team, sums[0].hi, 4 * n_frames);
    for (size_t f = 0; f < n_frames; f++) {
        double part[2];
        settle(&sums[f]);
        for (int k = 0; k < 2; k++) {
            part[k] = ldexp((double)sums[f].hi[k], -SUM_BITS) +
                      ldexp((double)sums[f].lo[k], -2 * SUM_BITS);
        }
        const double value = part[0] * part[0] + part[1] * part[1];
        average_add(&fidelity->average, value < 1 ? value : 1, frames[f].n_shots);
    }
    return STATUS_OK;
}

/* ---- frames of shots ---- */

static int compare_frames(const void *left, const void *right) {
    const struct frame_class *a = left, *b = right;
    if (a->x != b->x) {
        return a->x < b->x ? -1 : 1;
    }
    return (a->z > b->z) - (a->z < b->z);
}

static enum status list_shots(struct fidelity *fidelity, size_t *out_n,
                              const struct walker_leaf *leaf) {
    const struct columns *columns = leaf->columns;
    size_t n = 0;
    TRY(vec_reserve(&fidelity->frames, 0, &fidelity->cap_frames, columns->n_shots,
                    sizeof *fidelity->frames));
    for (size_t k = 0; k < columns->n_words; k++) {
        const uint32_t w = columns->words[k];
        for (uint64_t rest = columns->mask[w]; rest != 0; rest &= rest - 1) {
            const unsigned bit = (unsigned)bits_lowest(rest);
            struct frame_class frame = {.n_shots = 1};
            for (size_t j = 0; j < fidelity->qubits->n; j++) {
                const uint32_t wire = fidelity->qubits->wires[j];
                if (leaf->rows->is_dirty[wire]) {
                    frame.x |= (rows_x(leaf->rows, wire)[w] >> bit & 1) << j;
                    frame.z |= (rows_z(leaf->rows, wire)[w] >> bit & 1) << j;
                }
            }
            fidelity->frames[n++] = frame;
        }
    }
    *out_n = n;
    return STATUS_OK;
}

/* Equal frames become one; returns how many there are. */
static size_t merge_frames(struct frame_class *frames, size_t n) {
    size_t n_classes = 0;
    qsort(frames, n, sizeof *frames, compare_frames);
    for (size_t i = 0; i < n; i++) {
        if (n_classes > 0 && compare_frames(&frames[n_classes - 1], &frames[i]) == 0) {
            frames[n_classes - 1].n_shots++;
        } else {
            frames[n_classes++] = frames[i];
        }
    }
    return n_classes;
}

enum status fidelity_add_leaf(struct fidelity *fidelity, struct engine *engine,
                              const struct walker_leaf *leaf) {
    size_t n = 0;
    TRY(comm_agree(fidelity->team, list_shots(fidelity, &n, leaf)));
    n = merge_frames(fidelity->frames, n);
    for (size_t first = 0, last; first < n; first = last) {
        last = first;
        while (last < n && last - first < BATCH &&
               fidelity->frames[last].x == fidelity->frames[first].x) {
            last++;
        }
        TRY(add_frames(fidelity, engine, fidelity->frames + first, last - first));
    }
    return STATUS_OK;
}
