#include "verify/symbolic.h"

#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "base/mem.h"

void symbolic_destroy(struct symbolic *state) {
    if (state) {
        mem_free(state->rows);
        mem_free(state->forms);
        mem_free(state->scratch);
        mem_free(state->home);
        mem_free(state->is_closed);
        mem_free(state->row_list);
        mem_free(state->form_list);
        mem_free(state);
    }
}

static enum status create(struct symbolic **out_state, uint32_t n_qubits, uint32_t n_bits,
                          size_t n_form_words) {
    struct symbolic *state = mem_alloc(1, sizeof *state);
    if (!state) {
        return STATUS_NOFIT;
    }
    state->n_qubits = n_qubits;
    state->n_bits = n_bits;
    state->n_words = bits_words(n_qubits) | 1;
    state->n_form_words = n_form_words;
    const size_t row_size = 2 * state->n_words * sizeof(uint64_t);
    state->rows = mem_alloc(2 * (size_t)n_qubits, row_size);
    state->forms = mem_alloc((size_t)n_qubits + n_bits, n_form_words * sizeof(uint64_t));
    state->scratch = mem_alloc(1, row_size);
    state->row_list = mem_alloc(state->n_words, sizeof *state->row_list);
    state->form_list = mem_alloc(n_form_words, sizeof *state->form_list);
    state->home = mem_alloc(n_qubits, sizeof *state->home);
    state->is_closed = mem_alloc(n_qubits, sizeof *state->is_closed);
    if (!state->rows || !state->forms || !state->scratch || !state->row_list || !state->form_list ||
        !state->home || !state->is_closed) {
        symbolic_destroy(state);
        return STATUS_NOFIT;
    }
    *out_state = state;
    return STATUS_OK;
}

enum status symbolic_create(struct symbolic **out_state, uint32_t n_qubits, uint32_t n_bits) {
    struct symbolic *state;
    TRY(create(&state, n_qubits, n_bits, 1));
    for (uint32_t q = 0; q < n_qubits; q++) {
        bits_set(symbolic_row(state, q), q, true);
        bits_set(symbolic_row(state, (size_t)n_qubits + q) + state->n_words, q, true);
        state->home[q] = q;
        state->is_closed[q] = true;
    }
    *out_state = state;
    return STATUS_OK;
}

enum status symbolic_clone(struct symbolic **out_state, const struct symbolic *state) {
    struct symbolic *copy;
    TRY(create(&copy, state->n_qubits, state->n_bits, state->n_form_words));
    copy->n_symbols = state->n_symbols;
    const size_t n_forms = (size_t)state->n_qubits + state->n_bits;
    memcpy(copy->rows, state->rows,
           4 * (size_t)state->n_qubits * state->n_words * sizeof *state->rows);
    memcpy(copy->home, state->home, state->n_qubits * sizeof *state->home);
    memcpy(copy->is_closed, state->is_closed, state->n_qubits * sizeof *state->is_closed);
    memcpy(copy->forms, state->forms, n_forms * state->n_form_words * sizeof *state->forms);
    *out_state = copy;
    return STATUS_OK;
}

uint64_t *symbolic_bit(const struct symbolic *state, uint32_t bit) {
    CHECK(bit < state->n_bits);
    return state->forms + state->n_form_words * ((size_t)state->n_qubits + bit);
}

static uint64_t *sign_of(struct symbolic *state, size_t stabilizer) {
    return state->forms + state->n_form_words * stabilizer;
}

static void add_form(uint64_t *form, const uint64_t *other, size_t n_words) {
    for (size_t i = 0; i < n_words; i++) {
        form[i] ^= other[i];
    }
}

enum status symbolic_add_symbol(struct symbolic *state, uint32_t *out_symbol) {
    const size_t n_old = state->n_form_words;
    const size_t n_forms = (size_t)state->n_qubits + state->n_bits;
    if (state->n_symbols + 1 >= 64 * n_old) {
        uint64_t *forms = mem_alloc(n_forms, 2 * n_old * sizeof *forms);
        if (!forms) {
            return STATUS_NOFIT;
        }
        for (size_t i = 0; i < n_forms; i++) {
            memcpy(forms + 2 * n_old * i, state->forms + n_old * i, n_old * sizeof *forms);
        }
        uint32_t *list = mem_alloc(2 * n_old, sizeof *list);
        if (!list) {
            mem_free(forms);
            return STATUS_NOFIT;
        }
        mem_free(state->forms);
        mem_free(state->form_list);
        state->forms = forms;
        state->form_list = list;
        state->n_form_words = 2 * n_old;
    }
    *out_symbol = state->n_symbols++;
    return STATUS_OK;
}

void symbolic_apply(struct symbolic *state, const struct clifford *gate, const uint32_t *qubits) {
    const uint32_t k = gate->n_qubits, n = state->n_qubits;
    for (uint32_t i = 0; i < k; i++) {
        state->is_closed[qubits[i]] = false;
    }
    for (size_t r = 0; r < 2 * (size_t)n; r++) {
        uint64_t *x = symbolic_row(state, r), *z = x + state->n_words;
        uint32_t v = 0;
        for (uint32_t i = 0; i < k; i++) {
            v |= (uint32_t)bits_get(x, qubits[i]) << i;
            v |= (uint32_t)bits_get(z, qubits[i]) << (k + i);
        }
        if (v == 0) {
            continue;
        }
        const uint32_t w = gate->image[v];
        for (uint32_t i = 0; i < k; i++) {
            bits_set(x, qubits[i], (w >> i) & 1);
            bits_set(z, qubits[i], (w >> (k + i)) & 1);
        }
        if (r >= n) {
            *sign_of(state, r - n) ^= (gate->signs >> v) & 1u;
        }
    }
}

static bool anticommutes(const struct symbolic *state, size_t row, const uint32_t *qubits,
                         const uint8_t *letters, uint32_t n) {
    const uint64_t *x = symbolic_row(state, row), *z = x + state->n_words;
    bool odd = false;
    for (uint32_t i = 0; i < n; i++) {
        const bool has_x = letters[i] == 1 || letters[i] == 2, has_z = letters[i] >= 2;
        odd ^= (has_x && bits_get(z, qubits[i])) ^ (has_z && bits_get(x, qubits[i]));
    }
    return odd;
}

/* Most forms, and rows of fresh pairs, are nearly empty: only words that are not zero are added. */
static size_t list_form(struct symbolic *state, const uint64_t *form) {
    size_t n = 0;
    for (size_t i = 0; i < state->n_form_words; i++) {
        if (form[i] != 0) {
            state->form_list[n++] = (uint32_t)i;
        }
    }
    return n;
}

static void add_listed(const struct symbolic *state, uint64_t *form, const uint64_t *other,
                       size_t n_list) {
    for (size_t i = 0; i < n_list; i++) {
        form[state->form_list[i]] ^= other[state->form_list[i]];
    }
}

void symbolic_flip(struct symbolic *state, const uint32_t *qubits, const uint8_t *letters,
                   uint32_t n, const uint64_t *form) {
    const size_t n_list = list_form(state, form);
    for (size_t i = 0; i < state->n_qubits; i++) {
        if (anticommutes(state, state->n_qubits + i, qubits, letters, n)) {
            add_listed(state, sign_of(state, i), form, n_list);
        }
    }
}

struct phase {
    uint64_t ones, twos; /* per lane of 64 qubits: the power of i in base 2 */
};

static unsigned count_phase(const struct phase *phase) {
    return (unsigned)(bits_popcount(phase->ones) + 2 * bits_popcount(phase->twos)) & 3;
}

/* Word i of the product of two strings. */
static inline void multiply_word(struct phase *phase, uint64_t *a, const uint64_t *b,
                                 size_t n_words, size_t i) {
    const uint64_t x1 = a[i], z1 = a[n_words + i], x2 = b[i], z2 = b[n_words + i];
    const uint64_t x = x1 ^ x2, z = z1 ^ z2, anti = (x2 & z1) ^ (x1 & z2);
    phase->twos ^= (phase->ones ^ x ^ z ^ (x1 & z2)) & anti;
    phase->ones ^= anti;
    a[i] = x;
    a[n_words + i] = z;
}

unsigned symbolic_multiply(uint64_t *a, const uint64_t *b, size_t n_words) {
    struct phase phase = {0};
    for (size_t i = 0; i < n_words; i++) {
        multiply_word(&phase, a, b, n_words, i);
    }
    return count_phase(&phase);
}

/* Words of the row that are not zero, at most n_max of them: else n_max + 1. */
static size_t list_row(const struct symbolic *state, const uint64_t *row, size_t n_max) {
    size_t n = 0;
    for (size_t i = 0; i < state->n_words && n <= n_max; i++) {
        if ((row[i] | row[state->n_words + i]) != 0) {
            if (n < n_max) {
                state->row_list[n] = (uint32_t)i;
            }
            n++;
        }
    }
    return n;
}

/* As symbolic_multiply, with the words of b that are listed. */
static unsigned multiply_listed(const struct symbolic *state, uint64_t *a, const uint64_t *b,
                                size_t n_list) {
    struct phase phase = {0};
    for (size_t k = 0; k < n_list; k++) {
        multiply_word(&phase, a, b, state->n_words, state->row_list[k]);
    }
    return count_phase(&phase);
}

/* Of the stabilizers from `first` on that anticommute with the string, one with few words. */
static size_t choose_pivot(const struct symbolic *state, size_t first, const uint32_t *qubits,
                           const uint8_t *letters, uint32_t n) {
    size_t best = first, n_best = state->n_words;
    for (size_t i = first; i < state->n_qubits && n_best > 1; i++) {
        if (!anticommutes(state, state->n_qubits + i, qubits, letters, n)) {
            continue;
        }
        const size_t n_own = list_row(state, symbolic_row(state, state->n_qubits + i), n_best - 1);
        if (n_own < n_best) {
            best = i;
            n_best = n_own;
        }
    }
    return best;
}

/* The string is Z of one qubit, which is closed now: its Z in other rows gives way to the outcome.
 */
static void close_qubit(struct symbolic *state, uint32_t qubit, size_t home, uint32_t symbol) {
    const size_t n = state->n_qubits;
    uint64_t *destabilizer = symbolic_row(state, home);
    for (size_t r = 0; r < 2 * n; r++) {
        uint64_t *z = symbolic_row(state, r) + state->n_words;
        if (r != n + home && bits_get(z, qubit)) {
            bits_set(z, qubit, false);
            if (r >= n) {
                bits_flip(sign_of(state, r - n), symbol + 1);
            }
        }
    }
    memset(destabilizer, 0, 2 * state->n_words * sizeof *destabilizer);
    bits_set(destabilizer, qubit, true);
    state->home[qubit] = (uint32_t)home;
    state->is_closed[qubit] = true;
}

bool symbolic_clear(struct symbolic *state, uint32_t qubit) {
    if (state->is_closed[qubit]) {
        memset(sign_of(state, state->home[qubit]), 0, state->n_form_words * sizeof *state->forms);
    }
    return state->is_closed[qubit];
}

bool symbolic_pair(struct symbolic *state, uint32_t a, uint32_t b) {
    const size_t n = state->n_qubits, row_size = 2 * state->n_words * sizeof *state->rows;
    if (!state->is_closed[a] || !state->is_closed[b]) {
        return false;
    }
    for (unsigned i = 0; i < 2; i++) { /* XX with Z of a, ZZ with X of b */
        const size_t home = state->home[i == 0 ? a : b], part = i == 0 ? 0 : state->n_words;
        uint64_t *stabilizer = symbolic_row(state, n + home);
        uint64_t *destabilizer = symbolic_row(state, home);
        memset(stabilizer, 0, row_size);
        memset(destabilizer, 0, row_size);
        bits_set(stabilizer + part, a, true);
        bits_set(stabilizer + part, b, true);
        bits_set(destabilizer + (i == 0 ? state->n_words : 0), i == 0 ? a : b, true);
    }
    state->is_closed[a] = state->is_closed[b] = false;
    return true;
}

/* The outcome is a coin: stabilizer `pivot` gives way to the string. */
static enum status measure_coin(struct symbolic *state, size_t pivot, uint32_t bit,
                                const uint32_t *qubits, const uint8_t *letters, uint32_t n) {
    const size_t n_rows = state->n_qubits, row_size = 2 * state->n_words * sizeof *state->rows;
    uint32_t symbol;
    TRY(symbolic_add_symbol(state, &symbol));
    uint64_t *row = symbolic_row(state, n_rows + pivot);
    const size_t n_row_list = list_row(state, row, state->n_words);
    const size_t n_form_list = list_form(state, sign_of(state, pivot));
    for (size_t r = 0; r < 2 * n_rows; r++) {
        if (r == n_rows + pivot || r == pivot || !anticommutes(state, r, qubits, letters, n)) {
            continue;
        }
        const unsigned power = multiply_listed(state, symbolic_row(state, r), row, n_row_list);
        if (r >= n_rows) {
            add_listed(state, sign_of(state, r - n_rows), sign_of(state, pivot), n_form_list);
            *sign_of(state, r - n_rows) ^= power >> 1;
        }
    }
    memcpy(symbolic_row(state, pivot), row, row_size);
    memset(row, 0, row_size);
    for (uint32_t i = 0; i < n; i++) {
        bits_set(row, qubits[i], letters[i] == 1 || letters[i] == 2);
        bits_set(row + state->n_words, qubits[i], letters[i] >= 2);
    }
    const size_t form_size = state->n_form_words * sizeof *state->forms;
    memset(sign_of(state, pivot), 0, form_size);
    bits_set(sign_of(state, pivot), symbol + 1, true);
    memcpy(symbolic_bit(state, bit), sign_of(state, pivot), form_size);
    for (uint32_t i = 0; i < n; i++) {
        state->is_closed[qubits[i]] = false;
    }
    if (n == 1 && letters[0] == 3) {
        close_qubit(state, qubits[0], pivot, symbol);
    }
    return STATUS_OK;
}

/* The string is a product of stabilizers: those whose destabilizer anticommutes with it. */
static void measure_known(struct symbolic *state, uint32_t bit, const uint32_t *qubits,
                          const uint8_t *letters, uint32_t n) {
    const size_t n_rows = state->n_qubits;
    uint64_t *form = symbolic_bit(state, bit);
    unsigned power = 0;
    memset(form, 0, state->n_form_words * sizeof *form);
    memset(state->scratch, 0, 2 * state->n_words * sizeof *state->scratch);
    for (size_t i = 0; i < n_rows; i++) {
        if (anticommutes(state, i, qubits, letters, n)) {
            power +=
                symbolic_multiply(state->scratch, symbolic_row(state, n_rows + i), state->n_words);
            add_form(form, sign_of(state, i), state->n_form_words);
        }
    }
    form[0] ^= (power >> 1) & 1;
}

enum status symbolic_measure(struct symbolic *state, bool *out_is_random, uint32_t bit,
                             const uint32_t *qubits, const uint8_t *letters, uint32_t n) {
    const size_t n_rows = state->n_qubits;
    if (n == 1 && letters[0] == 3 && state->is_closed[qubits[0]]) {
        memcpy(symbolic_bit(state, bit), sign_of(state, state->home[qubits[0]]),
               state->n_form_words * sizeof *state->forms);
        *out_is_random = false;
        return STATUS_OK;
    }
    const size_t home = n > 0 ? state->home[qubits[0]] : 0;
    if (n > 0 && anticommutes(state, n_rows + home, qubits, letters, n) &&
        list_row(state, symbolic_row(state, n_rows + home), 2) <= 2) {
        *out_is_random = true;
        return measure_coin(state, home, bit, qubits, letters, n);
    }
    for (size_t i = 0; i < n_rows; i++) {
        if (anticommutes(state, n_rows + i, qubits, letters, n)) {
            const size_t pivot = choose_pivot(state, i, qubits, letters, n);
            TRY(measure_coin(state, pivot, bit, qubits, letters, n));
            *out_is_random = true;
            return STATUS_OK;
        }
    }
    measure_known(state, bit, qubits, letters, n);
    *out_is_random = false;
    return STATUS_OK;
}

void symbolic_substitute(struct symbolic *state, uint32_t symbol, const uint64_t *form) {
    const size_t n_forms = (size_t)state->n_qubits + state->n_bits;
    for (size_t i = 0; i < n_forms; i++) {
        uint64_t *own = state->forms + state->n_form_words * i;
        if (bits_get(own, symbol + 1)) {
            bits_flip(own, symbol + 1);
            add_form(own, form, state->n_form_words);
        }
    }
}
