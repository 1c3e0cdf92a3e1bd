/* Deals of slices over ranks, and the count of memory. */
#include <math.h>
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "base/mem.h"
#include "engine/statevector/fuse.h"
#include "engine/statevector/layout_internal.h"
#include "engine/statevector/store.h"

enum {
    UNFAIR_SHARE = 32,
    WORST_SHARE = 20,
    MAX_SLICE_LOG = 16,
};

void layout_share(const struct layout_deal *deal, size_t i, uint64_t *out_first,
                  uint64_t *out_count) {
    uint64_t n = BIT64(deal->slice_log), each = n / deal->n_ranks, more = n % deal->n_ranks;
    *out_first = i * each + (i < more ? i : more);
    *out_count = each + (i < more);
}

size_t layout_owner(const struct layout_deal *deal, uint64_t slice) {
    uint64_t n = BIT64(deal->slice_log), each = n / deal->n_ranks, more = n % deal->n_ranks;
    uint64_t head = more * (each + 1);
    return (size_t)(slice < head ? slice / (each + 1) : more + (slice - head) / each);
}

size_t layout_find_rank(const struct layout_deal *deal, int rank) {
    size_t low = 0, high = deal->n_ranks;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (deal->ranks[mid] < rank) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low < deal->n_ranks && deal->ranks[low] == rank ? low : deal->n_ranks;
}

enum status layout_copy_deal(struct layout_deal *out, const struct layout_deal *deal) {
    TRY(vec_reserve(&out->ranks, 0, &out->cap_ranks, deal->n_ranks, sizeof *out->ranks));
    for (size_t i = 0; i < deal->n_ranks; i++) {
        out->ranks[i] = deal->ranks[i];
    }
    out->n_ranks = deal->n_ranks;
    out->slice_log = deal->slice_log;
    return STATUS_OK;
}

bool layout_is_same_deal(const struct layout_deal *a, const struct layout_deal *b) {
    bool is_same = a->n_ranks == b->n_ranks && a->slice_log == b->slice_log;
    for (size_t i = 0; is_same && i < a->n_ranks; i++) {
        is_same = a->ranks[i] == b->ranks[i];
    }
    return is_same;
}

/* 2^n amplitudes; capped so that sums stay finite. */
double layout_amps(uint32_t n) {
    return ldexp(1, n < LAYOUT_MAX_DEALT ? (int)n : LAYOUT_MAX_DEALT);
}

static double slice_bytes(const struct layout *layout, const struct layout_deal *deal, uint32_t n) {
    unsigned bits = layout_slice_bits(n, deal);
    return layout->amp_bytes * layout_amps(bits > layout->lane_bits ? bits : layout->lane_bits);
}

double layout_share_bytes(const struct layout *layout, const struct layout_deal *deal, size_t i,
                          uint32_t n) {
    uint64_t first = 0, count = 0;
    layout_share(deal, i, &first, &count);
    return (double)count * slice_bytes(layout, deal, n);
}

double layout_resize_bytes(const struct layout *layout, const struct layout_deal *deal, size_t i,
                           uint32_t n_old, uint32_t n) {
    const uint32_t least = n < n_old ? n : n_old;
    if (layout_slice_bits(least, deal) >= layout->tuning.chunk_bits) {
        return 0;
    }
    return n > n_old + STORE_MAX_PRODUCT ? layout_share_bytes(layout, deal, i, least)
                                         : slice_bytes(layout, deal, least);
}

static void add_used(struct layout *layout, int rank, double bytes) {
    layout->used[rank] += bytes;
    if (layout->used[rank] > layout->peak[rank]) {
        layout->peak[rank] = layout->used[rank];
    }
}

void layout_count(struct layout *layout, const struct layout_deal *deal, uint32_t n, int sign) {
    for (size_t i = 0; i < deal->n_ranks; i++) {
        add_used(layout, deal->ranks[i], sign * layout_share_bytes(layout, deal, i, n));
    }
}

void layout_count_resize(struct layout *layout, const struct layout_deal *deal, uint32_t n_old,
                         uint32_t n) {
    for (size_t i = 0; i < deal->n_ranks; i++) {
        const int rank = deal->ranks[i];
        const double old = layout_share_bytes(layout, deal, i, n_old);
        const double new = layout_share_bytes(layout, deal, i, n);
        const double most =
            (old < new ? new : old) + layout_resize_bytes(layout, deal, i, n_old, n);
        add_used(layout, rank, most - old);
        add_used(layout, rank, new - most);
    }
}

void layout_count_amps(struct layout *layout, double change) {
    layout->amps += change;
    if (layout->amps > layout->peak_amps) {
        layout->peak_amps = layout->amps;
    }
}

static size_t mark_ranks(struct layout *layout, const struct layout_deal *deal) {
    size_t n_new = 0;
    for (size_t i = 0; i < deal->n_ranks; i++) {
        n_new += !layout->marks[deal->ranks[i]];
        layout->marks[deal->ranks[i]] = 1;
    }
    return n_new;
}

void layout_count_spread(struct layout *layout, const struct store_factor *factor) {
    if (factor->group == LAYOUT_ALONE) {
        return;
    }
    size_t n_ranks = mark_ranks(layout, &layout->scratch);
    n_ranks += mark_ranks(layout, &layout->groups[factor->group].deal);
    memset(layout->marks, 0, (size_t)layout->n_ranks);
    uint32_t bits = factor->n > layout->lane_bits ? factor->n : layout->lane_bits;
    layout->exchanged_bytes += (double)(n_ranks - 1) * layout->amp_bytes * layout_amps(bits);
}

/* The fullest rank has a share that is fair to one part in `part`. */
static bool is_fair(unsigned slice_log, uint64_t n_ranks, unsigned part) {
    const uint64_t n = BIT64(slice_log), most = n / n_ranks + (n % n_ranks != 0);
    return (most * n_ranks - n) * part <= n;
}

/* A power of two of slices when that is fair, else at least 2^balance_log for each rank; more,
 * where slices still hold what a stage mixes, or what most stages do, if it is rather unfair. */
static unsigned choose_slice_log(const struct layout *layout, uint64_t n_ranks, uint32_t n) {
    if (is_power_of_two(n_ranks)) {
        return floor_log2(n_ranks);
    }
    const unsigned all = FUSE_STAGE_TARGETS + layout->lane_bits;
    const unsigned few = FUSE_FEW_TARGETS + layout->lane_bits;
    unsigned log = floor_log2(n_ranks) + 1 + layout->tuning.balance_log;
    while (!is_fair(log, n_ranks, UNFAIR_SHARE) && n > log + all && log < MAX_SLICE_LOG) {
        log++;
    }
    while (!is_fair(log, n_ranks, WORST_SHARE) && n > log + few && log < MAX_SLICE_LOG) {
        log++;
    }
    return log;
}

/* Cuts the list of ranks to what a vector of n wires is worth. */
static void trim_deal(const struct layout *layout, struct layout_deal *deal, uint32_t n) {
    deal->slice_log = choose_slice_log(layout, deal->n_ranks, n);
    unsigned least = layout->tuning.min_slice_bits;
    if (n >= least && deal->slice_log <= n - least) {
        return;
    }
    unsigned log = n > least ? n - least : 0;
    unsigned most = floor_log2(deal->n_ranks);
    deal->slice_log = log < most ? log : most;
    deal->n_ranks = (size_t)BIT64(deal->slice_log);
}

static void mark_qpu(struct layout *layout, uint32_t wire) {
    uint64_t n_ranks = (uint64_t)layout->n_ranks, n_qpus = layout->task->n_qpus;
    uint64_t qpu = layout->task->wire_qpu[wire];
    qpu = qpu < n_qpus ? qpu : 0;
    uint64_t first = qpu * n_ranks / n_qpus;
    uint64_t last = n_ranks <= n_qpus ? first : (qpu + 1) * n_ranks / n_qpus - 1;
    for (uint64_t rank = first; rank <= last; rank++) {
        layout->marks[rank] = 1;
    }
}

static void collect_marks(struct layout *layout, struct layout_deal *out, uint32_t n) {
    out->n_ranks = 0;
    for (int rank = 0; rank < layout->n_ranks; rank++) {
        if (layout->marks[rank]) {
            out->ranks[out->n_ranks++] = rank;
            layout->marks[rank] = 0;
        }
    }
    trim_deal(layout, out, n);
}

/* What rank i needs beside its present use while `old` becomes this: it is dealt anew, then grows;
 * where it is built of parts, those stay meanwhile. */
static double find_need(const struct layout *layout, const struct layout_deal *deal, size_t i,
                        uint32_t n, const struct layout_deal *old, uint32_t n_old) {
    double need = layout_share_bytes(layout, deal, i, n);
    size_t at = old == NULL ? 0 : layout_find_rank(old, deal->ranks[i]);
    bool is_built = n > n_old && n_old < deal->slice_log + layout->lane_bits;
    if (old == NULL || is_built) {
        return need;
    }
    need += n > n_old ? layout_resize_bytes(layout, deal, i, n_old, n) : 0;
    return at < old->n_ranks ? need - layout_share_bytes(layout, old, at, n_old) : need;
}

static bool deal_fits(const struct layout *layout, const struct layout_deal *deal, uint32_t n,
                      const struct layout_deal *old, uint32_t n_old) {
    bool fits = true;
    for (size_t i = 0; i < deal->n_ranks; i++) {
        double need = find_need(layout, deal, i, n, old, n_old);
        fits = fits && layout->used[deal->ranks[i]] + need <= layout->capacity;
    }
    return fits;
}

bool layout_choose_deal(struct layout *layout, const uint32_t *wires, size_t n_wires,
                        const uint32_t *more, size_t n_more, const struct layout_deal *old,
                        uint32_t n_old) {
    uint32_t n = u32_from_size(n_wires + n_more);
    layout->marks[0] = n > LAYOUT_MAX_DEALT;
    for (size_t i = 0; i < n_wires && n <= LAYOUT_MAX_DEALT; i++) {
        mark_qpu(layout, wires[i]);
    }
    for (size_t i = 0; i < n_more && n <= LAYOUT_MAX_DEALT; i++) {
        mark_qpu(layout, more[i]);
    }
    collect_marks(layout, &layout->scratch, n);
    if (deal_fits(layout, &layout->scratch, n, old, n_old)) {
        return true;
    }
    for (int rank = 0; rank < layout->n_ranks; rank++) {
        layout->marks[rank] = 1;
    }
    collect_marks(layout, &layout->scratch, n);
    return deal_fits(layout, &layout->scratch, n, old, n_old);
}

uint64_t layout_old_slice(const struct layout_cut *from, uint64_t slice) {
    if (!from->is_cut) {
        return slice;
    }
    return bits_insert_zero(slice, from->slice_bit) | ((uint64_t)from->value << from->slice_bit);
}

/* Fills `kept` (bytes that stay in place) and `left` (bytes that the cut leaves) per rank. */
static void count_flow(struct layout *layout, const struct layout_cut *from,
                       const struct layout_deal *to) {
    const struct layout_deal *old = from->deal;
    unsigned old_log = old->slice_log - from->is_cut;
    unsigned log = old_log > to->slice_log ? old_log : to->slice_log;
    uint32_t n = from->n - from->is_cut;
    double bytes = layout->amp_bytes * layout_amps(n - log);
    double sent =
        layout->amp_bytes * layout_amps(n - log > layout->lane_bits ? n - log : layout->lane_bits);
    bool can_stay = layout_chunk_bits(layout, from->n - old->slice_log) ==
                    layout_chunk_bits(layout, n - to->slice_log);
    for (int rank = 0; rank < layout->n_ranks; rank++) {
        layout->kept[rank] = layout->left[rank] = 0;
    }
    for (uint64_t fine = 0; fine < BIT64(log); fine++) {
        uint64_t slice = layout_old_slice(from, fine >> (log - old_log));
        int a = old->ranks[layout_owner(old, slice)];
        int b = to->ranks[layout_owner(to, fine >> (log - to->slice_log))];
        layout->left[a] += bytes;
        layout->kept[a] += a == b && can_stay ? bytes : 0;
        layout->exchanged_bytes += a != b ? sent : 0;
    }
}

bool layout_flow(struct layout *layout, const struct layout_cut *from,
                 const struct layout_deal *to) {
    double exchanged = layout->exchanged_bytes;
    uint32_t n = from->n - from->is_cut;
    count_flow(layout, from, to);
    bool fits = true;
    for (size_t i = 0; i < to->n_ranks; i++) {
        int rank = to->ranks[i];
        size_t at = layout_find_rank(from->deal, rank);
        double dropped =
            at < from->deal->n_ranks ? layout_share_bytes(layout, from->deal, at, from->n) : 0;
        dropped -= layout->left[rank];
        double need = layout->used[rank] - dropped + layout_share_bytes(layout, to, i, n);
        fits = fits && need - layout->kept[rank] <= layout->capacity;
    }
    if (!fits) {
        layout->exchanged_bytes = exchanged;
        return false;
    }
    for (size_t i = 0; i < from->deal->n_ranks; i++) {
        int rank = from->deal->ranks[i];
        layout->used[rank] -=
            layout_share_bytes(layout, from->deal, i, from->n) - layout->left[rank];
    }
    for (size_t i = 0; i < to->n_ranks; i++) {
        int rank = to->ranks[i];
        add_used(layout, rank, layout_share_bytes(layout, to, i, n) - layout->kept[rank]);
    }
    for (size_t i = 0; i < from->deal->n_ranks; i++) {
        int rank = from->deal->ranks[i];
        layout->used[rank] -= layout->left[rank] - layout->kept[rank];
    }
    return true;
}
