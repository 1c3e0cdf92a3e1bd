#include "gate/pauli.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

#include "base/detmath.h"
#include "base/log.h"
#include "gate/gate_table.h"

static const double tolerance = 1e-12;

enum { MAX_DIM = 1 << GATE_MAX_QUBITS, MAX_STRINGS = 1 << (2 * GATE_MAX_QUBITS) };

static unsigned parity(uint32_t x) {
    return (unsigned)__builtin_parity(x);
}

/* Column `col` of A = U P U^dagger for P = X^x Z^z: A[r][col] = sum_i U[r][i^x] (-1)^{parity(i &
 * z)} conj(U[col][i]). */
static void conjugate_column(double *out_column, const double *u, size_t dim, uint32_t x,
                             uint32_t z, size_t col) {
    double part[2 * MAX_DIM];
    for (size_t i = 0; i < dim; i++) {
        double sign = parity((uint32_t)i & z) ? -1 : 1;
        part[2 * (i ^ x)] = sign * u[2 * (col * dim + i)];
        part[2 * (i ^ x) + 1] = -sign * u[2 * (col * dim + i) + 1];
    }
    for (size_t r = 0; r < dim; r++) {
        const double *row = u + 2 * r * dim;
        double re = 0, im = 0;
        for (size_t i = 0; i < dim; i++) {
            re += row[2 * i] * part[2 * i] - row[2 * i + 1] * part[2 * i + 1];
            im += row[2 * i] * part[2 * i + 1] + row[2 * i + 1] * part[2 * i];
        }
        out_column[2 * r] = re;
        out_column[2 * r + 1] = im;
    }
}

/* Row of the only entry of a column of modulus 1; dim if there is none. */
static size_t find_only_entry(const double *column, size_t dim) {
    size_t found = dim;
    for (size_t r = 0; r < dim; r++) {
        double re = column[2 * r], im = column[2 * r + 1];
        if (fabs(re) <= tolerance && fabs(im) <= tolerance) {
            continue;
        }
        if (found < dim || fabs(re * re + im * im - 1) > 2 * tolerance) {
            return dim;
        }
        found = r;
    }
    return found;
}

/* U P U^dagger is a Pauli: column c has its only entry in row x' ^ c, and it is that of column 0
 * times
 * (-1)^{parity(c & z')}. The columns 2^j give z'; all others must agree. */
static bool find_image(uint32_t *out_image, const double *u, unsigned n_qubits, uint32_t v) {
    uint32_t dim = UINT32_C(1) << n_qubits, x = v & (dim - 1), z = v >> n_qubits, image_x = 0,
             image_z = 0;
    double column[2 * MAX_DIM], phase[2] = {0, 0};
    for (uint32_t c = 0; c < dim; c++) {
        conjugate_column(column, u, dim, x, z, c);
        size_t row = find_only_entry(column, dim);
        if (row == dim || (c > 0 && row != (image_x ^ c))) {
            return false;
        }
        double re = column[2 * row], im = column[2 * row + 1];
        if (c == 0) {
            image_x = (uint32_t)row;
            phase[0] = re;
            phase[1] = im;
            continue;
        }
        if ((c & (c - 1)) == 0 && phase[0] * re + phase[1] * im < 0) {
            image_z |= c;
        }
        double sign = parity(c & image_z) ? -1 : 1;
        if (fabs(re - sign * phase[0]) > tolerance || fabs(im - sign * phase[1]) > tolerance) {
            return false;
        }
    }
    *out_image = image_x | image_z << n_qubits;
    return true;
}

/* A basis of M in reduced row echelon form (pivot = lowest bit), with the images of its vectors. */
struct basis {
    unsigned n;
    uint32_t vector[2 * GATE_MAX_QUBITS], image[2 * GATE_MAX_QUBITS];
};

static uint32_t pivot_of(uint32_t vector) {
    return vector & (~vector + 1);
}

static void basis_insert(struct basis *basis, uint32_t vector, uint32_t image) {
    for (unsigned i = 0; i < basis->n; i++) {
        if (vector & pivot_of(basis->vector[i])) {
            vector ^= basis->vector[i];
            image ^= basis->image[i];
        }
    }
    CHECK(vector != 0);
    for (unsigned i = 0; i < basis->n; i++) {
        if (basis->vector[i] & pivot_of(vector)) {
            basis->vector[i] ^= vector;
            basis->image[i] ^= image;
        }
    }
    basis->vector[basis->n] = vector;
    basis->image[basis->n] = image;
    basis->n++;
}

/* Marks v + M as decided. */
static void mark_coset(bool *is_decided, const struct basis *basis, uint32_t v) {
    is_decided[v] = true;
    for (uint32_t i = 1; i < UINT32_C(1) << basis->n; i++) {
        v ^= basis->vector[__builtin_ctz(i)];
        is_decided[v] = true;
    }
}

/* For v in M, v = sum of the basis vectors whose pivot v has. So a bit that is no pivot is a sum of
 * pivots, which gives one check, and each bit of the image is a sum of pivots. */
static void map_from_basis(struct pauli_map *out_map, const struct basis *basis,
                           unsigned n_qubits) {
    uint32_t pivots = 0;
    *out_map = (struct pauli_map){.n_qubits = n_qubits, .is_identity = true};
    for (unsigned i = 0; i < basis->n; i++) {
        pivots |= pivot_of(basis->vector[i]);
        out_map->is_identity &= basis->vector[i] == basis->image[i];
    }
    for (unsigned bit = 0; bit < 2 * n_qubits; bit++) {
        uint32_t check = UINT32_C(1) << bit;
        for (unsigned i = 0; i < basis->n; i++) {
            uint32_t pivot = pivot_of(basis->vector[i]);
            check |= basis->vector[i] >> bit & 1 ? pivot : 0;
            out_map->image[bit] |= basis->image[i] >> bit & 1 ? pivot : 0;
        }
        if (!(pivots >> bit & 1)) {
            out_map->check[out_map->n_checks++] = check;
        }
    }
}

/* Strings of Z alone are tried first: most gates keep some, and each one found halves the work. */
void pauli_map_from_unitary(struct pauli_map *out_map, const double *matrix, unsigned n_qubits) {
    CHECK(n_qubits >= 1 && n_qubits <= GATE_MAX_QUBITS);
    uint32_t n_strings = UINT32_C(1) << (2 * n_qubits);
    bool is_decided[MAX_STRINGS];
    memset(is_decided, 0, n_strings * sizeof *is_decided);
    struct basis basis = {0};
    for (uint32_t i = 1; i < n_strings; i++) {
        uint32_t v = (i << n_qubits | i >> n_qubits) & (n_strings - 1), image;
        if (is_decided[v]) {
            continue;
        }
        if (find_image(&image, matrix, n_qubits, v)) {
            basis_insert(&basis, v, image);
            mark_coset(is_decided, &basis, 0);
        } else {
            mark_coset(is_decided, &basis, v);
        }
    }
    map_from_basis(out_map, &basis, n_qubits);
}

/* Exchanges X and Z parts: parity(v & dual(w)) = 1 iff the strings v and w anticommute. */
static uint32_t dual(uint32_t w, unsigned n_qubits) {
    uint32_t low = (UINT32_C(1) << n_qubits) - 1;
    return (w & low) << n_qubits | w >> n_qubits;
}

static uint32_t string_of_axis(const char *axis) {
    unsigned n = (unsigned)strlen(axis);
    uint32_t v = 0;
    for (unsigned i = 0; i < n; i++) {
        v |= axis[i] != 'Z' ? UINT32_C(1) << i : 0;
        v |= axis[i] != 'X' ? UINT32_C(1) << (n + i) : 0;
    }
    return v;
}

static void set_identity_map(struct pauli_map *map, unsigned n_qubits) {
    *map = (struct pauli_map){.n_qubits = n_qubits, .is_identity = true};
    for (unsigned i = 0; i < 2 * n_qubits; i++) {
        map->image[i] = UINT32_C(1) << i;
    }
}

/* exp(-i theta/2 P): Q stays if it commutes with P, else Q -> cos(theta) Q - i sin(theta) PQ. */
static void map_from_axis(struct pauli_map *out_map, uint32_t axis, unsigned n_qubits,
                          double theta) {
    double s, c;
    det_sincos(&s, &c, theta);
    set_identity_map(out_map, n_qubits);
    if (fabs(s) <= tolerance) {
        return;
    }
    uint32_t anticommutes = dual(axis, n_qubits);
    if (fabs(c) > tolerance) {
        out_map->n_checks = 1;
        out_map->check[0] = anticommutes;
        return;
    }
    out_map->is_identity = false;
    for (unsigned i = 0; i < 2 * n_qubits; i++) {
        out_map->image[i] ^= axis >> i & 1 ? anticommutes : 0;
    }
}

/* A controlled rotation about P keeps only Z on the control, P on the target and their product,
 * unless sin(theta) = 0: then false. */
static bool map_from_controlled_axis(struct pauli_map *out_map, uint32_t axis, double theta) {
    double s, c;
    det_sincos(&s, &c, theta);
    if (fabs(s) <= tolerance) {
        return false;
    }
    set_identity_map(out_map, 2);
    out_map->n_checks = 2;
    out_map->check[0] = 1; /* no X on the control */
    /* The target's bits are 1 (X) and 3 (Z). */
    out_map->check[1] = (axis & 1) << 3 | (axis >> 1 & 1) << 1;
    return true;
}

static struct pauli_map constant_maps[GATE_COUNT];

static void fill_constant_maps(void) {
    static const double no_params[GATE_MAX_PARAMS];
    double matrix[GATE_MAX_MATRIX];
    for (unsigned gate = 0; gate < GATE_COUNT; gate++) {
        if (gate_table[gate].info.n_params == 0 || gate_table[gate].info.is_clifford) {
            gate_unitary(matrix, gate, no_params);
            pauli_map_from_unitary(&constant_maps[gate], matrix, gate_table[gate].info.n_qubits);
        }
    }
}

static const char *axis_of(const struct gate_record *record) {
    return record->form == FORM_PHASE ? "Z" : record->axis;
}

void pauli_map_from_gate(struct pauli_map *out_map, enum gate_id gate, const double *params) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    CHECK(gate < GATE_COUNT);
    const struct gate_record *record = &gate_table[gate];
    if (record->info.n_params == 0 || record->info.is_clifford) {
        pthread_once(&once, fill_constant_maps);
        *out_map = constant_maps[gate];
        return;
    }
    if (record->form == FORM_AXIS || record->form == FORM_PHASE) {
        map_from_axis(out_map, string_of_axis(axis_of(record)), record->info.n_qubits, params[0]);
        return;
    }
    if (record->form == FORM_CONTROLLED && axis_of(&gate_table[record->base]) &&
        map_from_controlled_axis(out_map, string_of_axis(axis_of(&gate_table[record->base])),
                                 params[0])) {
        return;
    }
    double matrix[GATE_MAX_MATRIX];
    gate_unitary(matrix, gate, params);
    pauli_map_from_unitary(out_map, matrix, record->info.n_qubits);
}

/* Each check has a bit that no other check has (see map_from_basis): its lowest such bit makes the
 * representative. */
uint32_t pauli_map_representative(const struct pauli_map *map, uint32_t syndrome) {
    CHECK(syndrome >> map->n_checks == 0);
    uint32_t v = 0;
    for (unsigned j = 0; j < map->n_checks; j++) {
        uint32_t own = map->check[j];
        for (unsigned i = 0; i < map->n_checks; i++) {
            own &= i == j ? own : ~map->check[i];
        }
        v |= syndrome >> j & 1 ? pivot_of(own) : 0;
    }
    return v;
}

uint32_t pauli_map_apply(const struct pauli_map *map, uint32_t v) {
    uint32_t w = 0;
    for (unsigned i = 0; i < 2 * map->n_qubits; i++) {
        w |= parity(v & map->image[i]) << i;
    }
    return w;
}
