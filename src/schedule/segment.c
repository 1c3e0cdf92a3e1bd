#include "schedule/segment.h"

#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/units.h"

static int64_t later(int64_t a_ps, int64_t b_ps) {
    return a_ps > b_ps ? a_ps : b_ps;
}

enum status segments_init(struct segments *out_segments, size_t n_qpus, size_t n_wires,
                          size_t n_bits) {
    struct segments segments = {.n_qpus = n_qpus};
    segments.wires = mem_alloc(n_wires, sizeof *segments.wires);
    segments.bits = mem_alloc(n_bits, sizeof *segments.bits);
    segments.qpus = mem_alloc(n_qpus, sizeof *segments.qpus);
    if (!segments.wires || !segments.bits || !segments.qpus) {
        segments_fini(&segments);
        return STATUS_NOFIT;
    }
    for (size_t wire = 0; wire < n_wires; wire++) {
        segments.wires[wire].last_item = WIRE_UNUSED;
    }
    *out_segments = segments;
    return STATUS_OK;
}

void segments_fini(struct segments *segments) {
    for (size_t i = 0; segments->qpus && i < segments->n_qpus; i++) {
        mem_free(segments->qpus[i].frames);
        mem_free(segments->qpus[i].saved);
    }
    mem_free(segments->wires);
    mem_free(segments->bits);
    mem_free(segments->qpus);
    memset(segments, 0, sizeof *segments);
}

static struct segment_frame *innermost(struct qpu_clock *clock) {
    CHECK(clock->in_segment && clock->n_frames > 0);
    return &clock->frames[clock->n_frames - 1];
}

static enum status push_frame(struct segments *segments, uint32_t qpu, uint64_t rounds) {
    struct qpu_clock *clock = &segments->qpus[qpu];
    TRY(vec_reserve(&clock->frames, clock->n_frames, &clock->cap_frames, 1, sizeof *clock->frames));
    clock->frames[clock->n_frames++] = (struct segment_frame){
        .stamp = ++segments->n_stamps,
        .rounds = rounds,
        .saved0 = clock->n_saved,
    };
    return STATUS_OK;
}

enum status segments_begin(struct segments *segments, uint32_t qpu, uint32_t item) {
    struct qpu_clock *clock = &segments->qpus[qpu];
    CHECK(!clock->in_segment);
    clock->n_frames = 0;
    TRY(push_frame(segments, qpu, 1));
    clock->in_segment = true;
    clock->item = item;
    return STATUS_OK;
}

void segments_end(struct segments *segments, int64_t *out_duration_ps, uint32_t qpu) {
    struct qpu_clock *clock = &segments->qpus[qpu];
    CHECK(clock->in_segment && clock->n_frames == 1);
    *out_duration_ps = clock->frames[0].duration_ps;
    clock->in_segment = false;
}

/* Takes the wires from the latest of their clocks and ready_ps on. */
static enum status take_wires(struct segments *segments, bool *out_fits, int64_t *out_t_ps,
                              uint32_t qpu, const uint32_t *wires, size_t n_wires, int64_t t_op_ps,
                              int64_t ready_ps) {
    struct qpu_clock *clock = &segments->qpus[qpu];
    struct segment_frame *frame = innermost(clock);
    const bool is_nested = clock->n_frames > 1;
    int64_t t_ps = ready_ps;
    for (size_t i = 0; i < n_wires; i++) {
        const struct wire_clock *wire = &segments->wires[wires[i]];
        t_ps = wire->stamp == frame->stamp ? later(t_ps, wire->t_ps) : t_ps;
    }
    *out_fits = time_add(&t_ps, t_ps, t_op_ps);
    TRY(vec_reserve(&clock->saved, clock->n_saved, &clock->cap_saved, n_wires,
                    sizeof *clock->saved));
    for (size_t i = 0; i < n_wires; i++) {
        struct wire_clock *wire = &segments->wires[wires[i]];
        if (is_nested && wire->stamp != frame->stamp) {
            clock->saved[clock->n_saved++] =
                (struct saved_clock){wires[i], wire->stamp, wire->t_ps};
        }
        wire->stamp = frame->stamp;
        wire->t_ps = t_ps;
        if (!is_nested) {
            wire->last_item = clock->item;
            wire->last_t_ps = t_ps;
        }
    }
    frame->duration_ps = later(frame->duration_ps, t_ps);
    *out_t_ps = t_ps;
    return STATUS_OK;
}

enum status segments_add_op(struct segments *segments, bool *out_fits, int64_t *out_t_ps,
                            uint32_t qpu, const uint32_t *wires, size_t n_wires, int64_t t_op_ps) {
    return take_wires(segments, out_fits, out_t_ps, qpu, wires, n_wires, t_op_ps, 0);
}

void segments_write_bit(struct segments *segments, uint32_t qpu, uint32_t bit, int64_t t_ps) {
    const struct qpu_clock *clock = &segments->qpus[qpu];
    CHECK(clock->in_segment && clock->n_frames == 1);
    segments->bits[bit] = (struct bit_clock){clock->frames[0].stamp, t_ps};
}

int64_t segments_bit_time(const struct segments *segments, uint32_t qpu, uint32_t bit) {
    const struct qpu_clock *clock = &segments->qpus[qpu];
    CHECK(clock->in_segment && clock->n_frames == 1);
    return segments->bits[bit].stamp == clock->frames[0].stamp ? segments->bits[bit].t_ps : 0;
}

void segments_read_bit(struct segments *segments, uint32_t qpu, uint32_t bit) {
    struct qpu_clock *clock = &segments->qpus[qpu];
    CHECK(clock->in_segment && clock->n_frames > 1);
    if (segments->bits[bit].stamp == clock->frames[0].stamp) {
        clock->frames[1].ready_ps = later(clock->frames[1].ready_ps, segments->bits[bit].t_ps);
    }
}

enum status segments_open_frame(struct segments *segments, uint32_t qpu, uint64_t rounds) {
    return push_frame(segments, qpu, rounds);
}

/* The ELSE body starts when the IF body would: its wires are free again. */
void segments_enter_else(struct segments *segments, uint32_t qpu) {
    struct qpu_clock *clock = &segments->qpus[qpu];
    struct segment_frame *frame = innermost(clock);
    for (size_t i = frame->saved0; i < clock->n_saved; i++) {
        segments->wires[clock->saved[i].wire].t_ps = 0;
    }
    frame->if_ps = frame->duration_ps;
    frame->duration_ps = 0;
}

enum status segments_close_frame(struct segments *segments, bool *out_fits, uint32_t qpu) {
    struct qpu_clock *clock = &segments->qpus[qpu];
    const struct segment_frame frame = *innermost(clock);
    CHECK(clock->n_frames > 1);
    const size_t n_wires = clock->n_saved - frame.saved0;
    int64_t t_ps;
    uint32_t *wires = mem_alloc(n_wires, sizeof *wires);
    if (!wires) {
        return STATUS_NOFIT;
    }
    for (size_t i = 0; i < n_wires; i++) {
        const struct saved_clock *saved = &clock->saved[frame.saved0 + i];
        wires[i] = saved->wire;
        segments->wires[saved->wire].stamp = saved->stamp;
        segments->wires[saved->wire].t_ps = saved->t_ps;
    }
    clock->n_saved = frame.saved0;
    clock->n_frames--;
    bool fits_rounds =
        !__builtin_mul_overflow(later(frame.if_ps, frame.duration_ps), frame.rounds, &t_ps);
    const enum status status = take_wires(segments, out_fits, &t_ps, qpu, wires, n_wires,
                                          fits_rounds ? t_ps : 0, frame.ready_ps);
    *out_fits = *out_fits && fits_rounds;
    mem_free(wires);
    return status;
}
