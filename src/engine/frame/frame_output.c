/* What a batch leaves. */
#include "base/bits.h"
#include "base/log.h"
#include "engine/frame/frame_state.h"

static uint64_t *output_rows(const struct frame_state *s, enum frame_output output, size_t *out_n) {
    switch (output) {
    case FRAME_OUT_RECORDS:
        *out_n = s->options.keeps_records ? s->n_records : 0;
        return s->records;
    case FRAME_OUT_DETECTORS:
        *out_n = s->options.keeps_detectors ? s->n_kept_detectors + s->plan->n_observables : 0;
        return s->detectors;
    case FRAME_OUT_OBSERVABLES:
        *out_n = s->plan->n_observables;
        return s->observables;
    case FRAME_OUT_BITS:
        break;
    }
    *out_n = s->plan->n_bits;
    return s->bits;
}

size_t frame_count_rows(const struct frame_state *state, enum frame_output output) {
    size_t n;
    output_rows(state, output, &n);
    return n;
}

const uint64_t *frame_row(const struct frame_state *state, enum frame_output output, size_t i) {
    size_t n;
    const uint64_t *rows = output_rows(state, output, &n);
    CHECK(i < n);
    return rows + i * state->n_words;
}

const uint8_t *frame_parts(const struct frame_state *state, enum frame_output output) {
    switch (output) {
    case FRAME_OUT_RECORDS:
        return state->has_record;
    case FRAME_OUT_DETECTORS:
        return state->has_detector;
    case FRAME_OUT_OBSERVABLES:
        return state->has_observable;
    case FRAME_OUT_BITS:
        break;
    }
    return state->has_bit;
}

/* 8 times 64 rows at a time: each shot's cache line is filled while it is near. */
void frame_gather_rows(const struct frame_state *state, const uint64_t *rows, size_t n,
                       size_t row_words, uint64_t *out, size_t stride) {
    enum { LINE_ROWS = 8 * FRAME_GATHER_ROWS };
    const size_t n_last = n % FRAME_GATHER_ROWS;
    for (size_t first = 0; first < n; first += LINE_ROWS) {
        const size_t last = first + LINE_ROWS < n ? first + LINE_ROWS : n;
        for (size_t i = first; i < last; i += FRAME_GATHER_ROWS) {
            state->kernels->transpose(out + i / FRAME_GATHER_ROWS, stride, rows + i * row_words,
                                      row_words);
        }
    }
    for (size_t shot = 0; n_last != 0 && shot < FRAME_GATHERED; shot++) {
        out[shot * stride + n / FRAME_GATHER_ROWS] &= BIT64(n_last) - 1;
    }
}
