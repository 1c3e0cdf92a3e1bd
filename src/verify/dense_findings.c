#include <math.h>
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "verify/prove.h"

/* Amplitudes that names may cost. */
static const double max_work = 2e9;

/* ---- naming what takes one vector to another ---- */

struct naming {
    struct prove *prove;
    const struct walk_source *source;
    uint32_t n_qubits;
    double *aim, *trial, *found; /* of norm 1: the target, a gate on it, what the program leaves */
    double work;
    struct text name;
    uint32_t weight;
    bool is_done;
};

static bool can_try(struct naming *naming) {
    naming->work += ldexp(1, (int)naming->n_qubits);
    return !naming->is_done && naming->work < max_work;
}

/* trial = the gate on qubits of trial; at most two. */
static void apply(struct naming *naming, const double *matrix, const uint32_t *qubits, unsigned k) {
    const uint64_t n_amps = BIT64(naming->n_qubits), dim = BIT64(k);
    uint64_t mask = 0;
    for (unsigned q = 0; q < k; q++) {
        mask |= BIT64(qubits[q]);
    }
    for (uint64_t i = 0; i < n_amps; i++) {
        double in[8], *amps = naming->trial;
        uint64_t place[4];
        if (i & mask) {
            continue;
        }
        for (uint64_t v = 0; v < dim; v++) {
            place[v] = i | (v & 1) << qubits[0] | (k > 1 ? (v >> 1) << qubits[k - 1] : 0);
            in[2 * v] = amps[2 * place[v]];
            in[2 * v + 1] = amps[2 * place[v] + 1];
        }
        for (uint64_t row = 0; row < dim; row++) {
            double re = 0, im = 0;
            for (uint64_t col = 0; col < dim; col++) {
                const double *m = matrix + 2 * (row * dim + col);
                re += m[0] * in[2 * col] - m[1] * in[2 * col + 1];
                im += m[0] * in[2 * col + 1] + m[1] * in[2 * col];
            }
            amps[2 * place[row]] = re;
            amps[2 * place[row] + 1] = im;
        }
    }
}

static void start_trial(struct naming *naming) {
    memcpy(naming->trial, naming->aim, ((size_t)2 << naming->n_qubits) * sizeof(double));
}

static bool fits(const struct naming *naming) {
    return instrument_distance(naming->trial, naming->found, BIT64(naming->n_qubits)) < 1e-7;
}

static void add_out(struct naming *naming, uint32_t out) {
    prove_add_wire(&naming->name, naming->prove->program, naming->source->out[out]);
}

static void finish(struct naming *naming, uint32_t weight) {
    naming->weight = weight;
    naming->is_done = true;
}

static void apply_gate(struct naming *naming, enum gate_id gate, uint32_t a, uint32_t b) {
    double matrix[GATE_MAX_MATRIX];
    const uint32_t qubits[2] = {naming->source->n_in + a, naming->source->n_in + b};
    gate_unitary(matrix, gate, NULL);
    apply(naming, matrix, qubits, gate_get(gate)->n_qubits);
}

static void try_one_pauli(struct naming *naming) {
    for (uint32_t q = 0; q < naming->source->n_out; q++) {
        for (unsigned letter = 0; letter < 3 && can_try(naming); letter++) {
            start_trial(naming);
            apply_gate(naming, (enum gate_id)(GATE_X + letter), q, 0);
            if (fits(naming)) {
                text_printf(&naming->name, "%c on ", "XYZ"[letter]);
                add_out(naming, q);
                finish(naming, 1);
            }
        }
    }
}

static void try_two_paulis(struct naming *naming) {
    for (uint32_t b = 1; b < naming->source->n_out; b++) {
        for (uint32_t i = 0; i < 9 * b && can_try(naming); i++) {
            const uint32_t a = i / 9;
            const unsigned first = i % 9 / 3, second = i % 3;
            start_trial(naming);
            apply_gate(naming, (enum gate_id)(GATE_X + first), a, 0);
            apply_gate(naming, (enum gate_id)(GATE_X + second), b, 0);
            if (fits(naming)) {
                text_printf(&naming->name, "%c on ", "XYZ"[first]);
                add_out(naming, a);
                text_printf(&naming->name, ", %c on ", "XYZ"[second]);
                add_out(naming, b);
                finish(naming, 2);
            }
        }
    }
}

/* Gates of the table without parameters on one or two outputs. */
static void try_gates(struct naming *naming, unsigned n_operands) {
    const uint32_t n = naming->source->n_out;
    for (unsigned id = 0; id < GATE_COUNT; id++) {
        const struct gate_info *info = gate_get((enum gate_id)id);
        const uint32_t n_places = n_operands == 1 ? n : n * n;
        if (info->n_qubits != n_operands || info->n_params > 0 || id == GATE_I) {
            continue;
        }
        for (uint32_t place = 0; place < n_places && can_try(naming); place++) {
            const uint32_t a = place % n, b = place / n;
            if (n_operands == 2 && a == b) {
                continue;
            }
            start_trial(naming);
            apply_gate(naming, (enum gate_id)id, a, b);
            if (fits(naming)) {
                text_printf(&naming->name, "%s on ", info->name);
                add_out(naming, a);
                if (n_operands == 2) {
                    text_add(&naming->name, ", ");
                    add_out(naming, b);
                }
                finish(naming, n_operands);
            }
        }
    }
}

/* A rotation about Z, X or Y of one output: cos I - i sin P, found from the overlaps of the vector
 * with the target and with P times it. */
static void try_rotations(struct naming *naming) {
    static const enum gate_id turns[3] = {GATE_RX, GATE_RY, GATE_RZ};
    const uint64_t n_amps = BIT64(naming->n_qubits);
    for (uint32_t q = 0; q < naming->source->n_out; q++) {
        for (unsigned letter = 0; letter < 3 && can_try(naming); letter++) {
            double re0 = 0, im0 = 0, re1 = 0, im1 = 0, matrix[GATE_MAX_MATRIX];
            const uint32_t qubit = naming->source->n_in + q;
            start_trial(naming);
            apply_gate(naming, (enum gate_id)(GATE_X + letter), q, 0);
            for (uint64_t i = 0; i < n_amps; i++) {
                const double *v = naming->found + 2 * i, *a = naming->aim + 2 * i,
                             *b = naming->trial + 2 * i;
                re0 += a[0] * v[0] + a[1] * v[1];
                im0 += a[0] * v[1] - a[1] * v[0];
                re1 += b[0] * v[0] + b[1] * v[1];
                im1 += b[0] * v[1] - b[1] * v[0];
            }
            /* <P t|v> / <t|v> = -i tan(angle / 2) */
            const double tan_half = -(im1 * re0 - re1 * im0) / (re0 * re0 + im0 * im0);
            const double angle = 2 * atan(tan_half);
            if (!(fabs(angle) > 1e-6)) {
                continue;
            }
            start_trial(naming);
            gate_unitary(matrix, turns[letter], &angle);
            apply(naming, matrix, &qubit, 1);
            if (fits(naming)) {
                text_printf(&naming->name, "%s(%.6g) on ", gate_get(turns[letter])->name, angle);
                add_out(naming, q);
                finish(naming, 1);
            }
        }
    }
}

static void try_all(struct naming *naming) {
    start_trial(naming);
    if (fits(naming)) {
        text_add(&naming->name, "nothing");
        finish(naming, 0);
    }
    try_one_pauli(naming);
    try_rotations(naming);
    try_gates(naming, 1);
    try_two_paulis(naming);
    try_gates(naming, 2);
}

static void add_overlap(struct naming *naming) {
    double re = 0, im = 0;
    for (uint64_t i = 0; i < BIT64(naming->n_qubits); i++) {
        const double *a = naming->aim + 2 * i, *v = naming->found + 2 * i;
        re += a[0] * v[0] + a[1] * v[1];
        im += a[0] * v[1] - a[1] * v[0];
    }
    text_printf(&naming->name, "an operation on several qubits, of process fidelity %.6g",
                re * re + im * im);
    naming->weight = naming->source->n_out;
}

static void set_unit(double *out, const struct instrument_vector *vector, uint32_t n_qubits) {
    for (uint64_t i = 0; i < BIT64(n_qubits + 1); i++) {
        out[i] = vector->amps[i] / sqrt(vector->p);
    }
}

enum status prove_dense_residual(struct prove_residual *out, struct prove *prove,
                                 const struct instrument_vector *vector,
                                 const struct instrument_vector *target) {
    const uint32_t n_qubits = prove->dense_target.n_qubits;
    const size_t n = (size_t)2 << n_qubits;
    struct naming naming = {.prove = prove,
                            .source = &prove->match->own.source,
                            .n_qubits = n_qubits,
                            .aim = mem_alloc(n, sizeof(double)),
                            .trial = mem_alloc(n, sizeof(double)),
                            .found = mem_alloc(n, sizeof(double))};
    enum status status = naming.aim && naming.trial && naming.found ? STATUS_OK : STATUS_NOFIT;
    if (status == STATUS_OK) {
        set_unit(naming.aim, target, n_qubits);
        set_unit(naming.found, vector, n_qubits);
        try_all(&naming);
        if (!naming.is_done) {
            add_overlap(&naming);
        }
        out->name =
            naming.name.failed ? NULL : arena_strdup(&prove->proof->arena, naming.name.data);
        out->weight = naming.weight;
        status = out->name ? STATUS_OK : STATUS_NOFIT;
    }
    text_fini(&naming.name);
    mem_free(naming.aim);
    mem_free(naming.trial);
    mem_free(naming.found);
    return status;
}

/* ---- what outcomes tell ---- */

/* <P> on a reference, of a vector of norm sqrt p: other than 0 if the outcomes tell of the input.
 */
static double expect_on_input(const struct instrument_vector *vector, uint32_t n_qubits,
                              uint32_t input, unsigned letter) {
    const uint64_t bit = BIT64(input);
    double sum = 0;
    for (uint64_t i = 0; i < BIT64(n_qubits); i++) {
        const double *a = vector->amps + 2 * i, *b = vector->amps + 2 * (i ^ bit);
        if (letter == 3) {
            sum += (i & bit ? -1 : 1) * (a[0] * a[0] + a[1] * a[1]);
        } else if (letter == 1) {
            sum += a[0] * b[0] + a[1] * b[1];
        } else {
            sum += (i & bit ? 1 : -1) * (a[0] * b[1] - a[1] * b[0]);
        }
    }
    return sum / vector->p;
}

/* Paulis of single inputs of which the outcomes tell more, or less, than the target's. */
static void add_leaks(struct text *text, const struct prove *prove,
                      const struct instrument_vector *vector, const struct instrument_vector *aim) {
    const struct walk_source *source = &prove->match->own.source;
    const uint32_t n_qubits = prove->dense_target.n_qubits;
    size_t n = 0;
    for (uint32_t input = 0; input < source->n_in; input++) {
        for (unsigned letter = 1; letter <= 3; letter++) {
            const double told = fabs(expect_on_input(vector, n_qubits, input, letter));
            const double due = fabs(expect_on_input(aim, n_qubits, input, letter));
            if (told > due + 1e-7) {
                text_printf(text, n++ == 0 ? ", and tells of %c on " : ", %c on ", "IXYZ"[letter]);
                prove_add_wire(text, prove->program, source->in[input]);
            }
        }
    }
    text_add(text, n > 0 ? " at the start" : "");
}

/* ---- sentences ---- */

static void add_outcome(struct text *text, const struct prove *prove,
                        const struct instrument_outcome *outcome) {
    char name[256];
    const uint32_t line = walk_loc(&prove->match->own.source, outcome->op).line;
    if (outcome->bit == OP_NO_BIT) {
        text_add(text, "1 in what is dropped");
        if (line > 0) {
            text_printf(text, " in line %u", line);
        }
        return;
    }
    text_printf(text, "%s = 1", program_bit_name(prove->program, outcome->bit, name, sizeof name));
    if (line > 0) {
        text_printf(text, " (measured in line %u)", line);
    }
}

/* "m = 1 (measured in line 12) and k = 1 (...)", in the order of time. */
static enum status add_pattern(struct text *text, const struct prove *prove,
                               const struct instrument_outcome *last) {
    const uint32_t n = last ? last->ones : 0;
    const struct instrument_outcome **ones = mem_alloc(n, sizeof(*ones));
    uint32_t at = n;
    if (!ones) {
        return STATUS_NOFIT;
    }
    for (; last; last = last->before) {
        if (last->value) {
            ones[--at] = last;
        }
    }
    for (uint32_t i = 0; i < n; i++) {
        text_add(text, i > 0 ? " and " : "");
        add_outcome(text, prove, ones[i]);
    }
    text_add(text, n > 0 ? "" : "every outcome 0");
    mem_free(ones);
    return STATUS_OK;
}

static enum status add_leaves(struct prove *prove, struct text *text,
                              const struct instrument_vector *vector) {
    const struct instrument *target = &prove->dense_target;
    const struct instrument_vector *aim = instrument_find(target, vector->key);
    struct prove_residual residual;
    size_t n = 0;
    for (size_t i = 0; i < target->n; i++) {
        n += memcmp(target->vectors[i].key, vector->key,
                    target->n_key_words * sizeof *vector->key) == 0;
    }
    if (n == 0) {
        text_add(text, " gives output bits that the target never does");
        return STATUS_OK;
    }
    if (!aim) {
        text_add(text, " leaves a state that the target never does");
        return STATUS_OK;
    }
    TRY(prove_dense_residual(&residual, prove, vector, aim));
    text_printf(text, " leaves %s", residual.name);
    add_leaks(text, prove, vector, aim);
    return STATUS_OK;
}

enum status prove_dense_findings(struct prove *prove, const struct instrument *own, size_t worst) {
    struct text text = {0};
    if (worst == own->n) {
        text_add(&text, "some results are more or less likely than in the target");
        return prove_add_finding(prove, &text);
    }
    enum status status = add_pattern(&text, prove, own->vectors[worst].last);
    if (status == STATUS_OK) {
        status = add_leaves(prove, &text, &own->vectors[worst]);
    }
    if (status != STATUS_OK) {
        text_fini(&text);
        return status;
    }
    return prove_add_finding(prove, &text);
}
