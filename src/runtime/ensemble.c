#include "runtime/ensemble.h"

#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "base/mem.h"

enum status rows_create(struct rows *out_rows, uint32_t n_wires, uint32_t n_bits, size_t stride) {
    struct rows rows = {.stride = stride, .n_wires = n_wires, .n_bits = n_bits};
    size_t per_wire, per_bit;
    if (!size_mul(&per_wire, n_wires, stride) || !size_mul(&per_bit, n_bits, stride)) {
        return log_error(STATUS_NOFIT, "frames of %u wires do not fit", n_wires);
    }
    rows.x = mem_alloc(per_wire, sizeof *rows.x);
    rows.z = mem_alloc(per_wire, sizeof *rows.z);
    rows.bits = mem_alloc(per_bit, sizeof *rows.bits);
    rows.is_dirty = mem_alloc(n_wires, sizeof *rows.is_dirty);
    if (rows.x == NULL || rows.z == NULL || rows.bits == NULL || rows.is_dirty == NULL) {
        rows_fini(&rows);
        return STATUS_NOFIT;
    }
    *out_rows = rows;
    return STATUS_OK;
}

enum status rows_copy(struct rows *out_rows, const struct rows *rows) {
    TRY(rows_create(out_rows, rows->n_wires, rows->n_bits, rows->stride));
    const size_t wire_words = rows->n_wires * rows->stride;
    memcpy(out_rows->x, rows->x, wire_words * sizeof *rows->x);
    memcpy(out_rows->z, rows->z, wire_words * sizeof *rows->z);
    memcpy(out_rows->bits, rows->bits, rows->n_bits * rows->stride * sizeof *rows->bits);
    memcpy(out_rows->is_dirty, rows->is_dirty, rows->n_wires * sizeof *rows->is_dirty);
    return STATUS_OK;
}

static void spread(uint64_t *to, size_t to_stride, const uint64_t *from, size_t from_stride,
                   size_t n_rows) {
    for (size_t i = 0; i < n_rows; i++) {
        memcpy(to + i * to_stride, from + i * from_stride, from_stride * sizeof *to);
    }
}

enum status rows_widen(struct rows *rows, size_t stride) {
    struct rows wide;
    TRY(rows_create(&wide, rows->n_wires, rows->n_bits, stride));
    spread(wide.x, stride, rows->x, rows->stride, rows->n_wires);
    spread(wide.z, stride, rows->z, rows->stride, rows->n_wires);
    spread(wide.bits, stride, rows->bits, rows->stride, rows->n_bits);
    memcpy(wide.is_dirty, rows->is_dirty, rows->n_wires * sizeof *rows->is_dirty);
    rows_fini(rows);
    *rows = wide;
    return STATUS_OK;
}

void rows_fini(struct rows *rows) {
    mem_free(rows->x);
    mem_free(rows->z);
    mem_free(rows->bits);
    mem_free(rows->is_dirty);
    memset(rows, 0, sizeof *rows);
}

enum status columns_create(struct columns *out_columns, const uint64_t *mask, size_t stride) {
    struct columns columns = {.stride = stride};
    columns.mask = mem_alloc(stride, sizeof *columns.mask);
    columns.words = mem_alloc(stride, sizeof *columns.words);
    if (columns.mask == NULL || columns.words == NULL) {
        columns_fini(&columns);
        return STATUS_NOFIT;
    }
    for (size_t w = 0; w < stride; w++) {
        columns.mask[w] = mask[w];
        columns.n_shots += (size_t)bits_popcount(mask[w]);
        if (mask[w] != 0) {
            columns.words[columns.n_words++] = (uint32_t)w;
        }
    }
    *out_columns = columns;
    return STATUS_OK;
}

void columns_fini(struct columns *columns) {
    mem_free(columns->mask);
    mem_free(columns->words);
    memset(columns, 0, sizeof *columns);
}

void columns_xor(const struct columns *columns, uint64_t *row, const uint64_t *source) {
    for (size_t i = 0; i < columns->n_words; i++) {
        const uint32_t w = columns->words[i];
        row[w] ^= source[w] & columns->mask[w];
    }
}

void columns_clear(const struct columns *columns, uint64_t *row) {
    for (size_t i = 0; i < columns->n_words; i++) {
        const uint32_t w = columns->words[i];
        row[w] &= ~columns->mask[w];
    }
}

bool columns_any(const struct columns *columns, const uint64_t *row) {
    for (size_t i = 0; i < columns->n_words; i++) {
        const uint32_t w = columns->words[i];
        if ((row[w] & columns->mask[w]) != 0) {
            return true;
        }
    }
    return false;
}

static const uint64_t *frame_row(const struct rows *rows, const uint32_t *wires, uint32_t n_wires,
                                 int i) {
    return (uint32_t)i < n_wires ? rows_x(rows, wires[i])
                                 : rows_z(rows, wires[(uint32_t)i - n_wires]);
}

void rows_parity(const struct rows *rows, const struct columns *columns, uint64_t *out,
                 const uint32_t *wires, uint32_t n_wires, uint32_t mask) {
    memset(out, 0, columns->stride * sizeof *out);
    for (uint32_t rest = mask; rest != 0; rest &= rest - 1) {
        columns_xor(columns, out, frame_row(rows, wires, n_wires, bits_lowest(rest)));
    }
}

void rows_map(struct rows *rows, const struct columns *columns, const uint32_t *wires,
              const struct pauli_map *map, uint64_t *scratch) {
    const uint32_t k = map->n_qubits;
    const size_t stride = columns->stride;
    for (uint32_t i = 0; i < 2 * k; i++) {
        rows_parity(rows, columns, scratch + i * stride, wires, k, map->image[i]);
    }
    for (uint32_t i = 0; i < k; i++) {
        uint64_t *x = rows_x(rows, wires[i]), *z = rows_z(rows, wires[i]);
        columns_clear(columns, x);
        columns_clear(columns, z);
        columns_xor(columns, x, scratch + i * stride);
        columns_xor(columns, z, scratch + (k + i) * stride);
        rows->is_dirty[wires[i]] = true;
    }
}

uint32_t columns_take_class(uint64_t *out_mask, uint64_t *rest, size_t stride, const uint64_t *keys,
                            size_t n_keys) {
    size_t first = 0;
    while (rest[first] == 0) {
        first++;
    }
    const int bit = bits_lowest(rest[first]);
    uint32_t pattern = 0;
    for (size_t j = 0; j < n_keys; j++) {
        pattern |= (uint32_t)((keys[j * stride + first] >> bit) & 1) << j;
    }
    for (size_t w = 0; w < stride; w++) {
        uint64_t same = rest[w];
        for (size_t j = 0; j < n_keys && same != 0; j++) {
            same &= (pattern >> j) & 1 ? keys[j * stride + w] : ~keys[j * stride + w];
        }
        out_mask[w] = same;
        rest[w] &= ~same;
    }
    return pattern;
}
