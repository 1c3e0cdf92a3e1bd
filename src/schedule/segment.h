/* When the ops of a segment start and end, relative to its start, per QPU.
 *
 * An op starts when its wires are free. A frame is the body of an IF or REPEAT inside a group: it
 * is timed on its own and then takes its wires as one op, which starts when they and the bits of
 * its condition are free. A bit is free when the MEASURE that wrote it ends; reading does not hold
 * it. */
#ifndef QSPAN_SCHEDULE_SEGMENT_H
#define QSPAN_SCHEDULE_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define WIRE_UNUSED UINT32_MAX

struct wire_clock {
    uint64_t
        stamp; /* of the frame that t_ps belongs to; an older one: free since that frame began */
    int64_t t_ps;
    uint32_t last_item; /* skeleton item that used it last, WIRE_UNUSED; and when it ended there */
    int64_t last_t_ps;
};
struct bit_clock {
    uint64_t stamp; /* of the segment in which it was written */
    int64_t t_ps;
};
struct segment_frame {
    uint64_t stamp;
    int64_t duration_ps;
    int64_t if_ps;    /* duration of the IF body, once in its ELSE */
    int64_t ready_ps; /* bits that it waits for */
    uint64_t rounds;
    size_t saved0; /* first of its saved clocks */
};
struct saved_clock {
    uint32_t wire;
    uint64_t stamp;
    int64_t t_ps;
};
struct qpu_clock {
    bool in_segment;
    uint32_t item;                /* of the segment */
    struct segment_frame *frames; /* frames[0]: the segment */
    size_t n_frames, cap_frames;
    struct saved_clock *saved; /* wires of open frames, with their clocks in the frame around */
    size_t n_saved, cap_saved;
};
struct segments {
    struct wire_clock *wires;
    struct bit_clock *bits;
    struct qpu_clock *qpus;
    size_t n_qpus;
    uint64_t n_stamps;
};

enum status segments_init(struct segments *out_segments, size_t n_qpus, size_t n_wires,
                          size_t n_bits);
void segments_fini(struct segments *segments);

/* Opens a segment of this QPU; `item`: of the skeleton, remembered by the wires that it uses. */
enum status segments_begin(struct segments *segments, uint32_t qpu, uint32_t item);
/* Ends the segment of this QPU; *out_duration_ps until its last op ends. */
void segments_end(struct segments *segments, int64_t *out_duration_ps, uint32_t qpu);
/* An op of the open segment; *out_t_ps when it ends, in the innermost open frame. *out_fits is
 * false when that is beyond int64 (here and in segments_close_frame). */
enum status segments_add_op(struct segments *segments, bool *out_fits, int64_t *out_t_ps,
                            uint32_t qpu, const uint32_t *wires, size_t n_wires, int64_t t_op_ps);
void segments_write_bit(struct segments *segments, uint32_t qpu, uint32_t bit, int64_t t_ps);
/* When the bit was written in the open segment; 0: earlier. */
int64_t segments_bit_time(const struct segments *segments, uint32_t qpu, uint32_t bit);
/* The outermost open frame reads this bit. */
void segments_read_bit(struct segments *segments, uint32_t qpu, uint32_t bit);

/* A body inside the open segment, run `rounds` times (IF: 1); frames nest. */
enum status segments_open_frame(struct segments *segments, uint32_t qpu, uint64_t rounds);
/* What follows is the ELSE body of the innermost frame: it starts when the IF body did. */
void segments_enter_else(struct segments *segments, uint32_t qpu);
/* The innermost frame becomes one op on its wires, `rounds` times its body, of IF and ELSE the
 * longer one. */
enum status segments_close_frame(struct segments *segments, bool *out_fits, uint32_t qpu);

#endif
