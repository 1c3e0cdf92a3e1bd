#include "verify/clifford.h"

#include "gate/pauli.h"

struct entry {
    double re, im;
};

/* P(v) maps |col> to value |col ^ x>; each Y gives a factor i. */
static struct entry string_value(uint32_t v, unsigned k, uint32_t col) {
    static const struct entry powers[4] = {{1, 0}, {0, 1}, {-1, 0}, {0, -1}};
    uint32_t x = v & ((1u << k) - 1), z = v >> k;
    int n_quarters = __builtin_popcount(x & z) + 2 * (__builtin_popcount(col & z) & 1);
    return powers[n_quarters & 3];
}

static struct entry times(struct entry a, struct entry b) {
    return (struct entry){a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}

/* U P(v) = +- P(w) U: the sign is that of the sum of conj(P(w) U) times U P(v) over all entries. */
static bool is_negative(const double *matrix, unsigned k, uint32_t v, uint32_t w) {
    const uint32_t dim = 1u << k, x = v & (dim - 1), x_image = w & (dim - 1);
    double sum = 0;
    for (uint32_t row = 0; row < dim; row++) {
        for (uint32_t col = 0; col < dim; col++) {
            const double *a = matrix + 2 * (row * dim + (col ^ x));
            const double *b = matrix + 2 * ((row ^ x_image) * dim + col);
            struct entry left = times((struct entry){a[0], a[1]}, string_value(v, k, col));
            struct entry right =
                times((struct entry){b[0], b[1]}, string_value(w, k, row ^ x_image));
            sum += left.re * right.re + left.im * right.im;
        }
    }
    return sum < 0;
}

/* i^power X^x Z^z, all X to the left. */
struct row {
    uint32_t x, z, power;
};

static struct row multiply(struct row a, struct row b) {
    const uint32_t crossed = (uint32_t)__builtin_popcount(a.z & b.x) & 1;
    return (struct row){a.x ^ b.x, a.z ^ b.z, a.power + b.power + 2 * crossed};
}

/* Of the Hermitian product with sign +. */
static uint32_t count_ys(struct row row) {
    return (uint32_t)__builtin_popcount(row.x & row.z);
}

/* One word of the flows; *inout_text passes it. */
static struct row read_flow(const char **inout_text, unsigned k) {
    const char *at = *inout_text;
    struct row row = {.power = *at == '-' ? 2 : 0};
    at += *at == '-';
    for (unsigned i = 0; i < k; i++, at++) {
        row.x |= (uint32_t)(*at == 'X' || *at == 'Y') << i;
        row.z |= (uint32_t)(*at == 'Z' || *at == 'Y') << i;
    }
    *inout_text = at + (*at == ' ');
    row.power += count_ys(row);
    return row;
}

static void make_from_flows(struct clifford *out, const char *flows, unsigned k) {
    struct row images[2 * CLIFFORD_MAX_QUBITS];
    *out = (struct clifford){.n_qubits = k};
    for (unsigned i = 0; i < 2 * k; i++) {
        images[i] = read_flow(&flows, k);
    }
    for (uint32_t v = 0; v < 1u << (2 * k); v++) {
        struct row row = {.power = (uint32_t)__builtin_popcount(v & v >> k & ((1u << k) - 1))};
        for (unsigned i = 0; i < 2 * k; i++) {
            row = v >> i & 1 ? multiply(row, images[i]) : row;
        }
        out->image[v] = (uint8_t)(row.x | row.z << k);
        out->signs = (uint16_t)(out->signs | ((row.power - count_ys(row)) >> 1 & 1) << v);
    }
}

bool clifford_from_gate(struct clifford *out, enum gate_id gate, const double *params) {
    double matrix[GATE_MAX_MATRIX];
    struct pauli_map map;
    if (gate_get(gate)->flows != NULL) {
        make_from_flows(out, gate_get(gate)->flows, gate_get(gate)->n_qubits);
        return true;
    }
    pauli_map_from_gate(&map, gate, params);
    if (map.n_checks > 0 || map.n_qubits > CLIFFORD_MAX_QUBITS) {
        return false;
    }
    gate_unitary(matrix, gate, params);
    *out = (struct clifford){.n_qubits = map.n_qubits};
    for (uint32_t v = 0; v < 1u << (2 * map.n_qubits); v++) {
        uint32_t w = pauli_map_apply(&map, v);
        out->image[v] = (uint8_t)w;
        if (is_negative(matrix, map.n_qubits, v, w)) {
            out->signs = (uint16_t)(out->signs | 1u << v);
        }
    }
    return true;
}

bool clifford_is_pauli(uint32_t *out_string, const struct clifford *clifford) {
    const unsigned k = clifford->n_qubits;
    uint32_t string = 0;
    for (uint32_t v = 0; v < 1u << (2 * k); v++) {
        if (clifford->image[v] != v) {
            return false;
        }
    }
    for (unsigned i = 0; i < 2 * k; i++) { /* what flips the sign of Z is X, and the reverse */
        uint32_t flips = (clifford->signs >> (1u << i)) & 1u;
        string |= flips << (i < k ? i + k : i - k);
    }
    *out_string = string;
    return true;
}
