/* What many shots have in common and where they differ: frames and bits, one row per wire or bit.
 *
 * Shot s of an ensemble has the state F_s |psi> with one |psi> for all and a Pauli frame F_s = X^x
 * Z^z, up to phase. Rows are bit sets over columns:
 * - sampling: a column is a shot; rows are shared by all branches, each owns the columns of its
 * mask;
 * - exact distributions: a column is a symbol (column 0: the constant 1; others: fair coins), so
 * that a row is an affine form over GF(2), and every linear step is the same XOR of rows.
 *
 * Every rank has all rows, and changes them alike. Errors of what allocates: STATUS_NOFIT (logged).
 * Steps cost a pass over the rows that they name, of a branch's columns the words in use. */
#ifndef QSPAN_RUNTIME_ENSEMBLE_H
#define QSPAN_RUNTIME_ENSEMBLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "gate/pauli.h"

struct rows {
    uint64_t *x, *z; /* frames: row of wire w starts at x + w * stride */
    uint64_t *bits;  /* row of bit b starts at bits + b * stride */
    bool *is_dirty;  /* per wire: a frame row may be nonzero */
    size_t stride;   /* words per row */
    uint32_t n_wires, n_bits;
};
enum status rows_create(struct rows *out_rows, uint32_t n_wires, uint32_t n_bits, size_t stride);
enum status rows_copy(struct rows *out_rows, const struct rows *rows);
/* The same forms with room for more symbols. */
enum status rows_widen(struct rows *rows, size_t stride);
void rows_fini(struct rows *rows);

/* Columns of a branch: a mask, and the words of it that are not zero. */
struct columns {
    uint64_t *mask;  /* stride words */
    uint32_t *words; /* n_words indices */
    size_t n_words, stride;
    size_t n_shots; /* bits set */
};
enum status columns_create(struct columns *out_columns, const uint64_t *mask, size_t stride);
void columns_fini(struct columns *columns);

/* row ^= source on the columns. */
void columns_xor(const struct columns *columns, uint64_t *row, const uint64_t *source);
void columns_clear(const struct columns *columns, uint64_t *row);
/* Some column has the bit set. */
bool columns_any(const struct columns *columns, const uint64_t *row);

static inline uint64_t *rows_x(const struct rows *rows, uint32_t wire) {
    return rows->x + wire * rows->stride;
}
static inline uint64_t *rows_z(const struct rows *rows, uint32_t wire) {
    return rows->z + wire * rows->stride;
}
static inline uint64_t *rows_bit(const struct rows *rows, uint32_t bit) {
    return rows->bits + bit * rows->stride;
}

/* out (stride words) = XOR of the frame rows that `mask` selects (bit i: X of wires[i], bit k + i:
 * Z). */
void rows_parity(const struct rows *rows, const struct columns *columns, uint64_t *out,
                 const uint32_t *wires, uint32_t n_wires, uint32_t mask);
/* Frames on `wires` become their images under the map (defined for frames inside its subspace).
 * scratch: 2 * n_wires * stride words. */
void rows_map(struct rows *rows, const struct columns *columns, const uint32_t *wires,
              const struct pauli_map *map, uint64_t *scratch);

/* Splits columns by the pattern of n_keys rows: *out_mask (stride words) becomes the columns whose
 * pattern is that of the first column in `rest`; they are removed from `rest`. Returns the pattern
 * (bit j = key row j). n_keys <= 32; rest must not be empty. */
uint32_t columns_take_class(uint64_t *out_mask, uint64_t *rest, size_t stride, const uint64_t *keys,
                            size_t n_keys);

#endif
