#include "engine/tableau/tableau.h"

#include <math.h>
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "base/mem.h"

enum { MAX_DIM = 1 << GATE_MAX_QUBITS };

static struct tableau_row make_row(const struct tableau *t, uint64_t *words, size_t row) {
    return (struct tableau_row){words, t->marks + row * 2 * t->n_marks, t->folds + 2 * row};
}
static struct tableau_row row_of(const struct tableau *t, size_t row) {
    return make_row(t, t->rows[row], row);
}
static struct tableau_row spare_of(const struct tableau *t, size_t i) {
    return make_row(t, t->spare[i], 2 * (size_t)t->n_qubits + i);
}
static struct tableau_row product_of(const struct tableau *t) {
    return make_row(t, t->product, 2 * (size_t)t->n_qubits + 2 * GATE_MAX_QUBITS);
}
static struct tableau_row z_part(const struct tableau *t, struct tableau_row row) {
    return (struct tableau_row){row.words + t->n_words, row.marks + t->n_marks, row.fold + 1};
}

static void fold_marks(const struct tableau *t, struct tableau_row part) {
    uint64_t any = 0;
    for (size_t m = 0; m < t->n_marks; m++) {
        any |= part.marks[m];
    }
    *part.fold = any;
}

/* Writes only what changes: most rows stay as they are, and clean in the cache. */
static void put_bit(const struct tableau *t, struct tableau_row part, size_t i, bool value) {
    if (bits_get(part.words, i) != value) {
        bits_flip(part.words, i);
        bits_set(part.marks, i / 64, part.words[i / 64] != 0);
        fold_marks(t, part);
    }
}

/* Words in multiples of 8, so that loops over them vectorise without tails. */
static size_t words_for(uint32_t n_qubits) {
    return (bits_words(n_qubits) + 7) / 8 * 8;
}

uint64_t tableau_bytes(uint32_t n_qubits) {
    const uint64_t n_rows = 2 * (uint64_t)n_qubits + 2 * GATE_MAX_QUBITS + 1;
    const uint64_t n_words = words_for(n_qubits);
    return n_rows *
           (2 * (n_words + bits_words(n_words) + 1) * sizeof(uint64_t) + sizeof(uint64_t *) + 1);
}

enum status tableau_init(struct tableau *out_tableau, uint32_t n_qubits) {
    const size_t n_rows = 2 * (size_t)n_qubits, n_all = n_rows + 2 * GATE_MAX_QUBITS + 1;
    struct tableau t = {.n_qubits = n_qubits, .n_words = words_for(n_qubits)};
    t.n_bytes = n_all * 2 * t.n_words * sizeof(uint64_t);
    t.memory = mem_map(t.n_bytes > 0 ? t.n_bytes : 1);
    t.n_marks = bits_words(t.n_words);
    t.rows = mem_alloc(n_rows, sizeof *t.rows);
    t.marks = mem_alloc(n_all, 2 * t.n_marks * sizeof *t.marks);
    t.folds = mem_alloc(n_all, 2 * sizeof *t.folds);
    t.phases = mem_alloc(n_rows, 1);
    if (t.memory == NULL || t.rows == NULL || t.marks == NULL || t.folds == NULL ||
        t.phases == NULL) {
        tableau_fini(&t);
        return STATUS_NOFIT;
    }
    for (size_t i = 0; i < n_rows; i++) {
        t.rows[i] = t.memory + i * 2 * t.n_words;
        put_bit(&t, i % 2 == 0 ? row_of(&t, i) : z_part(&t, row_of(&t, i)), i / 2, true);
    }
    for (size_t i = 0; i < 2 * GATE_MAX_QUBITS; i++) {
        t.spare[i] = t.memory + (n_rows + i) * 2 * t.n_words;
    }
    t.product = t.memory + (n_all - 1) * 2 * t.n_words;
    *out_tableau = t;
    return STATUS_OK;
}

void tableau_fini(struct tableau *tableau) {
    if (tableau->memory != NULL) {
        mem_unmap(tableau->memory, tableau->n_bytes > 0 ? tableau->n_bytes : 1);
    }
    mem_free(tableau->rows);
    mem_free(tableau->marks);
    mem_free(tableau->folds);
    mem_free(tableau->phases);
    memset(tableau, 0, sizeof *tableau);
}

/* ---- what a gate does, from its unitary ---- */

static unsigned parity(uint64_t x) {
    return (unsigned)bits_popcount(x) & 1;
}

/* Column c of U^dagger (X^x Z^z) U at row r; amplitudes are interleaved. */
static void conjugated_entry(double *out, const double *u, unsigned dim, unsigned x, unsigned z,
                             unsigned r, unsigned c) {
    out[0] = out[1] = 0;
    for (unsigned k = 0; k < dim; k++) {
        const double *a = u + 2 * ((k ^ x) * dim + r), *b = u + 2 * (k * dim + c);
        const double sign = parity(k & z) != 0 ? -1 : 1;
        out[0] += sign * (a[0] * b[0] + a[1] * b[1]);
        out[1] += sign * (a[0] * b[1] - a[1] * b[0]);
    }
}

/* U^dagger (X^x Z^z) U = i^e X^out_x Z^out_z? Found from column 0 and the columns of unit bits. */
static bool find_image(unsigned *out_x, unsigned *out_z, unsigned *out_e, const double *u,
                       unsigned k, unsigned x, unsigned z) {
    static const double powers[4][2] = {{1, 0}, {0, 1}, {-1, 0}, {0, -1}};
    const unsigned dim = 1u << k;
    double entry[2];
    unsigned row = 0;
    *out_e = 4;
    for (unsigned r = 0; r < dim && *out_e == 4; r++) {
        conjugated_entry(entry, u, dim, x, z, r, 0);
        for (unsigned e = 0; e < 4; e++) {
            if (fabs(entry[0] - powers[e][0]) + fabs(entry[1] - powers[e][1]) < 1e-9) {
                *out_e = e;
                row = r;
            }
        }
    }
    if (*out_e == 4) {
        return false;
    }
    *out_x = row;
    *out_z = 0;
    for (unsigned j = 0; j < k; j++) {
        const double *one = powers[*out_e];
        conjugated_entry(entry, u, dim, x, z, (1u << j) ^ row, 1u << j);
        const bool is_minus = fabs(entry[0] + one[0]) + fabs(entry[1] + one[1]) < 1e-9;
        const bool is_plus = fabs(entry[0] - one[0]) + fabs(entry[1] - one[1]) < 1e-9;
        if (!is_minus && !is_plus) {
            return false;
        }
        *out_z |= (is_minus ? 1u : 0u) << j;
    }
    return true;
}

bool tableau_find_gate(struct tableau_gate *out_gate, enum gate_id gate, const double *params) {
    const unsigned k = gate_get(gate)->n_qubits;
    double u[2 * MAX_DIM * MAX_DIM];
    gate_unitary(u, gate, params);
    *out_gate = (struct tableau_gate){.n_qubits = k};
    for (unsigned i = 0; i < 2 * k; i++) {
        const unsigned unit = 1u << (i / 2);
        unsigned x, z, e;
        if (!find_image(&x, &z, &e, u, k, i % 2 == 0 ? unit : 0, i % 2 == 0 ? 0 : unit)) {
            return false;
        }
        for (unsigned j = 0; j < k; j++) {
            const unsigned bits = (x >> j & 1) | (z >> j & 1) << 1;
            out_gate->image[i] = (uint16_t)(out_gate->image[i] | bits << (2 * j));
        }
        out_gate->phase[i] = (uint8_t)e;
    }
    return true;
}

/* ---- row products ---- */

/* Word by word, an eighth of a row costs as much as all of it at once. */
static bool is_sparse(const struct tableau *t, const uint64_t *marks, size_t n_marks) {
    size_t n = 0;
    for (size_t i = 0; i < n_marks; i++) {
        n += marks[i] != 0 ? (size_t)bits_popcount(marks[i]) : 0;
    }
    return 8 * n < t->n_words;
}

static void clear_row(const struct tableau *t, struct tableau_row row) {
    for (size_t m = 0; m < 2 * t->n_marks; m++) {
        uint64_t *words =
            row.words + (m < t->n_marks ? 64 * m : t->n_words + 64 * (m - t->n_marks));
        for (uint64_t rest = row.marks[m]; rest != 0; rest &= rest - 1) {
            words[bits_lowest(rest)] = 0;
        }
        row.marks[m] = 0;
    }
    row.fold[0] = row.fold[1] = 0;
}

/* Of x or z alone: to ^= from. */
static void add_part(const struct tableau *t, struct tableau_row to, struct tableau_row from) {
    if (!is_sparse(t, from.marks, t->n_marks)) {
        for (size_t w = 0; w < t->n_words; w++) {
            to.words[w] ^= from.words[w];
        }
        for (size_t m = 0; m < t->n_marks; m++) {
            to.marks[m] |= from.marks[m];
        }
        *to.fold |= *from.fold;
        return;
    }
    for (size_t m = 0; m < t->n_marks; m++) {
        for (uint64_t rest = from.marks[m]; rest != 0; rest &= rest - 1) {
            const size_t w = 64 * m + (size_t)bits_lowest(rest);
            to.words[w] ^= from.words[w];
            bits_set(to.marks, w, to.words[w] != 0);
        }
    }
    fold_marks(t, to);
}

/* Do a and b have an odd number of ones in common? */
static unsigned overlap(const struct tableau *t, struct tableau_row a, struct tableau_row b) {
    uint64_t odd = 0;
    if (!is_sparse(t, a.marks, t->n_marks) && !is_sparse(t, b.marks, t->n_marks)) {
        for (size_t w = 0; w < t->n_words; w++) {
            odd ^= a.words[w] & b.words[w];
        }
        return parity(odd);
    }
    for (size_t m = 0; m < t->n_marks; m++) {
        for (uint64_t rest = a.marks[m] & b.marks[m]; rest != 0; rest &= rest - 1) {
            const size_t w = 64 * m + (size_t)bits_lowest(rest);
            odd ^= a.words[w] & b.words[w];
        }
    }
    return parity(odd);
}

/* to = to * from; returns what the phase gains beside that of the factor. */
static unsigned multiply_row(const struct tableau *t, struct tableau_row to,
                             struct tableau_row from) {
    const unsigned odd = overlap(t, z_part(t, to), from);
    add_part(t, to, from);
    add_part(t, z_part(t, to), z_part(t, from));
    return 2 * odd;
}

/* The product of the rows that the image selects, X of all operands first. */
static unsigned multiply_image(const struct tableau *t, struct tableau_row out,
                               const struct tableau_gate *gate, unsigned i,
                               const uint32_t *qubits) {
    unsigned e = gate->phase[i];
    clear_row(t, out);
    for (unsigned half = 0; half < 2; half++) {
        for (unsigned j = 0; j < gate->n_qubits; j++) {
            if ((gate->image[i] >> (2 * j + half) & 1) != 0) {
                const size_t row = 2 * (size_t)qubits[j] + half;
                e += t->phases[row] + multiply_row(t, out, row_of(t, row));
            }
        }
    }
    return e & 3;
}

static void swap_marks(const struct tableau *t, size_t row, size_t spare) {
    const struct tableau_row a = row_of(t, row), b = spare_of(t, spare);
    for (size_t m = 0; m < 2 * t->n_marks; m++) {
        const uint64_t old = a.marks[m];
        a.marks[m] = b.marks[m];
        b.marks[m] = old;
    }
    for (size_t half = 0; half < 2; half++) {
        const uint64_t old = a.fold[half];
        a.fold[half] = b.fold[half];
        b.fold[half] = old;
    }
}

void tableau_apply(struct tableau *tableau, const struct tableau_gate *gate,
                   const uint32_t *qubits) {
    unsigned e[2 * GATE_MAX_QUBITS];
    const unsigned n_rows = 2 * gate->n_qubits;
    for (unsigned i = 0; i < n_rows; i++) {
        const bool is_kept = gate->image[i] == 1u << i;
        e[i] = is_kept ? gate->phase[i] + tableau->phases[2 * (size_t)qubits[i / 2] + i % 2]
                       : multiply_image(tableau, spare_of(tableau, i), gate, i, qubits);
    }
    for (unsigned i = 0; i < n_rows; i++) {
        const size_t row = 2 * (size_t)qubits[i / 2] + i % 2;
        tableau->phases[row] = (uint8_t)(e[i] & 3);
        if (gate->image[i] != 1u << i) {
            uint64_t *old = tableau->rows[row];
            tableau->rows[row] = tableau->spare[i];
            tableau->spare[i] = old;
            swap_marks(tableau, row, i);
        }
    }
}

void tableau_apply_pauli(struct tableau *tableau, uint32_t qubit, unsigned letter) {
    uint8_t *phases = tableau->phases + 2 * (size_t)qubit;
    phases[0] ^= letter >= 2 ? 2 : 0;
    phases[1] ^= letter == 1 || letter == 2 ? 2 : 0;
}

/* ---- measurement ---- */

/* The measured product R = i^e X^a Z^b, a != 0, becomes Z of input p: new inputs for all rows.
 * w: R has Y at p; f: the result 0 wants a flip of that input. Most rows have nothing in common
 * with R, as their marks say. */
static void collapse_row(const struct tableau *t, size_t row, size_t p, bool w, bool f) {
    const struct tableau_row a = product_of(t), x = row_of(t, row), z = z_part(t, x);
    uint64_t common = bits_get(x.marks, p / 64);
    for (size_t m = 0; m < t->n_marks; m++) {
        common |= z.marks[m] & a.marks[m];
    }
    if (common == 0) {
        return;
    }
    const bool u = bits_get(x.words, p);
    bool v = overlap(t, z, a) != 0;
    if (u) {
        unsigned e = t->phases[row];
        add_part(t, x, a);
        if (w) {
            e += 1;
            v = !v;
        }
        e += 2 * (v ? 1u : 0u) + 2 * (f ? 1u : 0u);
        t->phases[row] = (uint8_t)(e & 3);
    }
    put_bit(t, x, p, v);
    put_bit(t, z, p, u);
}

static bool collapse(struct tableau *t, unsigned e) {
    const struct tableau_row a = product_of(t), b = z_part(t, a);
    size_t p = SIZE_MAX;
    for (size_t i = 0; i < t->n_words && p == SIZE_MAX; i++) {
        p = a.words[i] != 0 ? 64 * i + (size_t)bits_lowest(a.words[i]) : p;
    }
    if (p == SIZE_MAX) {
        return (e >> 1 & 1) != 0;
    }
    const bool w = overlap(t, a, b) != 0, f = (((e + w) & 3) >> 1) != 0;
    for (size_t row = 0; row < 2 * (size_t)t->n_qubits; row++) {
        const uint64_t *fold = t->folds + 2 * row;
        if ((fold[0] >> (p / 64 % 64) & 1) != 0 || (fold[1] & *a.fold) != 0) {
            collapse_row(t, row, p, w, f);
        }
    }
    return false;
}

bool tableau_measure(struct tableau *tableau, const uint32_t *qubits, const uint8_t *letters,
                     size_t n) {
    unsigned e = 0;
    const struct tableau_row product = product_of(tableau);
    clear_row(tableau, product);
    for (size_t i = 0; i < n; i++) {
        /* letter by letter: Y = i X Z */
        for (unsigned half = 0; half < 2; half++) {
            const size_t row = 2 * (size_t)qubits[i] + half;
            const bool has = half == 0 ? letters[i] == 1 || letters[i] == 2 : letters[i] >= 2;
            if (has) {
                e += tableau->phases[row] + multiply_row(tableau, product, row_of(tableau, row));
            }
        }
        e += letters[i] == 2;
    }
    return collapse(tableau, e & 3);
}
