/* Shots as Stim writes them: formats 01, b8, r8, hits, dets, ptb64.
 *
 * 01: a line of digits a shot. b8: bytes, lowest bit first, the last one padded. r8: runs of zeros
 * between ones as bytes, 255 = 255 zeros that go on, a one after the end. hits: numbers of the
 * ones, with commas. dets: "shot M3 ..." or "shot D3 L0". ptb64: for each 64 shots, for each bit 8
 * bytes, shot 0 in the lowest bit. Ref: Stim, doc/result_formats.md. */
#ifndef QSPAN_OUTPUT_SAMPLES_H
#define QSPAN_OUTPUT_SAMPLES_H

#include "base/text.h"
#include "runtime/sample.h"

enum samples_format {
    SAMPLES_01,
    SAMPLES_B8,
    SAMPLES_R8,
    SAMPLES_HITS,
    SAMPLES_DETS,
    SAMPLES_PTB64,
    SAMPLES_FORMAT_COUNT,
};
/* The words of the formats, in their order. */
extern const char *const samples_format_names[SAMPLES_FORMAT_COUNT];

struct samples_layout {
    enum samples_format format;
    size_t first, n;        /* of a block's bits: those that are written */
    char letter;            /* dets: M, D or L */
    size_t n_detectors;     /* letter D: from here on L0, L1 ... */
    bool observables_first; /* dets: L before D */
};
/* Bytes of 64 shots; 0: that depends on the shots. */
uint64_t samples_bytes_of_64(const struct samples_layout *layout);
/* Appends the shots. PTB64: a multiple of 64 of them. */
void samples_add(struct text *out, const struct samples_layout *layout,
                 const struct sample_block *block);

/* Shots in a format, as rows: bit s of out + i * row_words = bit i of shot s. 01, b8 and ptb64 of
 * n_bits bits; the text must hold exactly n_shots of them. Errors: STATUS_INPUT at name. */
enum status samples_read(uint64_t *out_rows, size_t row_words, enum samples_format format,
                         const char *name, const char *text, size_t n, size_t n_bits,
                         uint64_t n_shots);

#endif
