/* Memory experiments of the repetition code and of the surface code, as Stim's generator writes
 * them, for one patch or for several side by side.
 *
 * Sites have integer coordinates (x, y). A site's label is x + row * width, where a row is a line
 * of the unrotated code and a zigzag of the rotated one: data qubits there have odd coordinates,
 * checks even ones. Patch p has the labels of the first, p * stride higher, and x coordinates
 * p * (width + 1) higher. What Stim says of one patch is said here of all of them at once, patch
 * after patch, so the record of a round is that of patch 0, of patch 1 ... */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "circuit/gen_build.h"

enum site_kind { SITE_NONE, SITE_DATA, SITE_X, SITE_Z };

struct site {
    uint32_t label, x, y;
    uint32_t order; /* among the data qubits, or among the checks, of a patch */
    enum site_kind kind;
};

/* A family of codes. */
struct shape {
    enum site_kind (*kind)(uint32_t d, uint32_t x, uint32_t y);
    bool (*is_observed)(uint32_t d, bool is_x, uint32_t x, uint32_t y);
    int8_t x_steps[4][2], z_steps[4][2]; /* from a check to its data qubits, in time order */
    uint8_t n_steps;
    bool is_rotated, is_line;
};

struct memory {
    struct gen_build *build;
    struct op_list *ops;
    const struct shape *shape;
    bool is_x;
    uint32_t d, width, n_rows;
    struct site *sites; /* of a patch, by label */
    uint32_t *at;       /* by label: index of the site, or NO_SITE */
    uint32_t n_sites, n_data, n_checks, n_patches, stride;
    uint32_t *targets;
    size_t n_targets, cap_targets;
    uint32_t n_bits;
};

#define NO_SITE UINT32_MAX

enum { MAX_LABELS = 1 << 24 };
static const struct src_loc nowhere = {.file = "(made)"};

/* ---- codes ---- */

static enum site_kind rotated_kind(uint32_t d, uint32_t x, uint32_t y) {
    bool is_x = (x / 2 + y / 2) % 2 == 1;

    if (x % 2 == 1) {
        return SITE_DATA;
    }
    if (((x == 0 || x == 2 * d) && is_x) || ((y == 0 || y == 2 * d) && !is_x)) {
        return SITE_NONE;
    }
    return is_x ? SITE_X : SITE_Z;
}

static enum site_kind unrotated_kind(uint32_t d, uint32_t x, uint32_t y) {
    (void)d;
    return x % 2 == y % 2 ? SITE_DATA : x % 2 == 0 ? SITE_Z : SITE_X;
}

static enum site_kind line_kind(uint32_t d, uint32_t x, uint32_t y) {
    (void)d;
    (void)y;
    return x % 2 == 0 ? SITE_DATA : SITE_Z;
}

/* Data qubits of the boundary that the logical operator runs along. */
static bool boundary_is_observed(uint32_t d, bool is_x, uint32_t x, uint32_t y) {
    (void)d;
    return (is_x ? x : y) <= 1;
}

static bool unrotated_is_observed(uint32_t d, bool is_x, uint32_t x, uint32_t y) {
    (void)d;
    return (is_x ? x : y) == 0;
}

static bool last_is_observed(uint32_t d, bool is_x, uint32_t x, uint32_t y) {
    (void)is_x;
    (void)y;
    return x == 2 * d - 2;
}

static const struct shape rotated = {
    .kind = rotated_kind,
    .is_observed = boundary_is_observed,
    .x_steps = {{1, 1}, {-1, 1}, {1, -1}, {-1, -1}},
    .z_steps = {{1, 1}, {1, -1}, {-1, 1}, {-1, -1}},
    .n_steps = 4,
    .is_rotated = true,
};

static const struct shape unrotated = {
    .kind = unrotated_kind,
    .is_observed = unrotated_is_observed,
    .x_steps = {{1, 0}, {0, 1}, {0, -1}, {-1, 0}},
    .z_steps = {{1, 0}, {0, 1}, {0, -1}, {-1, 0}},
    .n_steps = 4,
};

static const struct shape line = {
    .kind = line_kind,
    .is_observed = last_is_observed,
    .z_steps = {{-1, 0}, {1, 0}},
    .n_steps = 2,
    .is_line = true,
};

/* ---- sites ---- */

static enum status size_up(struct memory *m) {
    uint64_t d = m->build->args->count[GEN_DISTANCE];
    uint64_t width = m->shape->is_rotated ? 2 * d + 1 : 2 * d - 1;
    uint64_t n_rows = m->shape->is_line ? 1 : m->shape->is_rotated ? d + 1 : width;
    uint64_t n_labels = width * n_rows;

    m->n_patches = (uint32_t)gen_count_or(m->build, GEN_PATCHES, 1);
    if (n_labels * m->n_patches > MAX_LABELS) {
        return log_error(STATUS_NOFIT,
                         "gen %s: %u patch%s of distance %llu would have labels of 2^24 and more",
                         m->build->generator->name, m->n_patches, m->n_patches == 1 ? "" : "es",
                         (unsigned long long)d);
    }
    m->d = (uint32_t)d;
    m->width = (uint32_t)width;
    m->n_rows = (uint32_t)n_rows;
    m->at = mem_alloc(n_labels, sizeof *m->at);
    m->sites = mem_alloc(n_labels, sizeof *m->sites);
    return m->at == NULL || m->sites == NULL ? STATUS_NOFIT : STATUS_OK;
}

static void lay_out(struct memory *m) {
    for (uint32_t row = 0, label = 0; row < m->n_rows; row++) {
        for (uint32_t x = 0; x < m->width; x++, label++) {
            uint32_t y = m->shape->is_rotated ? 2 * row + x % 2 : row;
            bool is_inside = !m->shape->is_rotated || y < m->width;
            enum site_kind kind = is_inside ? m->shape->kind(m->d, x, y) : SITE_NONE;
            uint32_t *count = kind == SITE_DATA ? &m->n_data : &m->n_checks;
            if (kind == SITE_NONE) {
                m->at[label] = NO_SITE;
                continue;
            }
            m->at[label] = m->n_sites;
            m->sites[m->n_sites++] =
                (struct site){.label = label, .x = x, .y = y, .order = (*count)++, .kind = kind};
        }
    }
    m->stride = m->sites[m->n_sites - 1].label + 1;
}

/* The site at these coordinates, NULL: none. */
static const struct site *find_site(const struct memory *m, int64_t x, int64_t y) {
    bool is_odd = m->shape->is_rotated && x % 2 != 0;
    int64_t row = m->shape->is_rotated ? (y - is_odd) / 2 : y;

    if (x < 0 || y < 0 || x >= m->width || row >= m->n_rows) {
        return NULL;
    }
    uint32_t index = m->at[x + row * m->width];
    return index == NO_SITE ? NULL : &m->sites[index];
}

/* The data qubit that a check meets at that step, NULL: none. */
static const struct site *find_data(const struct memory *m, const struct site *check,
                                    unsigned step) {
    const int8_t *by = (check->kind == SITE_X ? m->shape->x_steps : m->shape->z_steps)[step];

    return find_site(m, (int64_t)check->x + by[0], (int64_t)check->y + by[1]);
}

/* Checks of a patch in the order of their coordinates, x first: *inout_i counts through all places;
 * NULL after the last. */
static const struct site *next_check(const struct memory *m, size_t *inout_i) {
    size_t height = m->shape->is_line ? 1 : m->width;

    while (*inout_i < m->width * height) {
        int64_t x = (int64_t)(*inout_i / height), y = (int64_t)(*inout_i % height);
        const struct site *site = NULL;
        (*inout_i)++;
        if (!m->shape->is_rotated || (x % 2 == 0 && y % 2 == 0)) {
            site = find_site(m, x, y);
        }
        if (site != NULL && site->kind != SITE_DATA) {
            return site;
        }
    }
    return NULL;
}

/* ---- instructions ---- */

static double probability(const struct memory *m, enum gen_param param) {
    return gen_real(m->build, param);
}

static enum status push(struct memory *m, uint32_t patch, const struct site *site) {
    TRY(vec_reserve(&m->targets, m->n_targets, &m->cap_targets, 1, sizeof *m->targets));
    m->targets[m->n_targets++] = patch * m->n_sites + (uint32_t)(site - m->sites);
    return STATUS_OK;
}

enum { ALL_DATA = 1 << SITE_DATA, ALL_X = 1 << SITE_X, ALL_CHECKS = 1 << SITE_X | 1 << SITE_Z };

/* The targets become the sites of these kinds, by label. */
static enum status aim(struct memory *m, unsigned kinds) {
    m->n_targets = 0;
    for (uint32_t patch = 0; patch < m->n_patches; patch++) {
        for (uint32_t i = 0; i < m->n_sites; i++) {
            if ((kinds >> m->sites[i].kind & 1) != 0) {
                TRY(push(m, patch, &m->sites[i]));
            }
        }
    }
    return STATUS_OK;
}

/* One instruction on all targets, and p of a noise after it (0: none). */
static enum status add_noise(struct memory *m, enum op_noise noise, double p) {
    struct op *op;

    if (p == 0 || m->n_targets == 0) {
        return STATUS_OK;
    }
    TRY(op_list_add(m->ops, &op, OP_NOISE, m->targets, m->n_targets, &p, 1, nowhere));
    op->which = (uint16_t)noise;
    return STATUS_OK;
}

static enum status add_gates(struct memory *m, enum gate_id gate) {
    unsigned group = gate_get(gate)->n_qubits;

    for (size_t i = 0; i < m->n_targets; i += group) {
        TRY(op_list_add_gate(m->ops, gate, &m->targets[i], NULL, nowhere));
    }
    return add_noise(m, group == 1 ? NOISE_DEPOLARIZE1 : NOISE_DEPOLARIZE2,
                     probability(m, GEN_AFTER_CLIFFORD));
}

static enum status add_resets(struct memory *m, bool is_x) {
    struct op *op;

    for (size_t i = 0; i < m->n_targets; i++) {
        TRY(op_list_add(m->ops, &op, OP_RESET, &m->targets[i], 1, NULL, 0, nowhere));
        op->arg = is_x;
    }
    return add_noise(m, is_x ? NOISE_Z : NOISE_X, probability(m, GEN_AFTER_RESET));
}

static enum status add_measurements(struct memory *m, bool is_x, bool resets) {
    struct op *op;

    TRY(add_noise(m, is_x ? NOISE_Z : NOISE_X, probability(m, GEN_BEFORE_MEASURE)));
    for (size_t i = 0; i < m->n_targets; i++) {
        TRY(op_list_add(m->ops, &op, OP_MEASURE, &m->targets[i], 1, NULL, 0, nowhere));
        op->bit = m->n_bits++;
        op->arg = is_x;
        op->which = resets ? MEASURE_RESETS : 0;
    }
    return resets ? add_noise(m, NOISE_X, probability(m, GEN_AFTER_RESET)) : STATUS_OK;
}

static enum status add_tick(struct memory *m) {
    return op_list_add(m->ops, NULL, OP_TICK, NULL, 0, NULL, 0, nowhere);
}

static int compare_back(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* The parity of rec[-back[i]], the last results first. */
static enum status add_parity(struct memory *m, uint32_t *out_expr, uint32_t *back, size_t n) {
    qsort(back, n, sizeof *back, compare_back);
    for (size_t i = 0; i < n; i++) {
        uint32_t leaf;
        TRY(expr_add(m->ops, &leaf, (struct expr){.kind = EXPR_REC, .a = back[i]}));
        if (i > 0) {
            const struct expr sum = {.kind = EXPR_XOR, .a = *out_expr, .b = leaf};
            TRY(expr_add(m->ops, &leaf, sum));
        }
        *out_expr = leaf;
    }
    return STATUS_OK;
}

/* time: the last coordinate. */
static enum status add_detector(struct memory *m, uint32_t patch, const struct site *check,
                                double time, uint32_t *back, size_t n) {
    double x = (double)check->x + (double)patch * (m->width + 1.0);
    double params[3] = {x, check->y, time};
    uint32_t expr = OP_NO_EXPR;
    struct op *op;

    if (m->shape->is_line) {
        params[1] = time;
    }
    TRY(add_parity(m, &expr, back, n));
    TRY(op_list_add(m->ops, &op, OP_DETECTOR, NULL, 0, params, m->shape->is_line ? 2 : 3, nowhere));
    op->expr = expr;
    return STATUS_OK;
}

/* ---- rounds ---- */

/* CX between checks and the data qubits of that step, X checks first. */
static enum status add_step(struct memory *m, unsigned step) {
    m->n_targets = 0;
    for (uint32_t patch = 0; patch < m->n_patches; patch++) {
        for (enum site_kind kind = SITE_X; kind <= SITE_Z; kind++) {
            const struct site *check;
            for (size_t i = 0; (check = next_check(m, &i)) != NULL;) {
                const struct site *data = check->kind == kind ? find_data(m, check, step) : NULL;
                if (data != NULL) {
                    TRY(push(m, patch, kind == SITE_X ? check : data));
                    TRY(push(m, patch, kind == SITE_X ? data : check));
                }
            }
        }
    }
    return add_gates(m, GATE_CX);
}

/* All checks are measured once. */
static enum status add_cycle(struct memory *m) {
    TRY(add_tick(m));
    TRY(aim(m, ALL_DATA));
    TRY(add_noise(m, NOISE_DEPOLARIZE1, probability(m, GEN_BEFORE_ROUND)));
    if (!m->shape->is_line) {
        TRY(aim(m, ALL_X));
        TRY(add_gates(m, GATE_H));
        TRY(add_tick(m));
    }
    for (unsigned step = 0; step < m->shape->n_steps; step++) {
        TRY(add_step(m, step));
        TRY(add_tick(m));
    }
    if (!m->shape->is_line) {
        TRY(aim(m, ALL_X));
        TRY(add_gates(m, GATE_H));
        TRY(add_tick(m));
    }
    TRY(aim(m, ALL_CHECKS));
    return add_measurements(m, false, true);
}

/* How far back a check's last result lies, when n results came since the end of its round. */
static uint32_t back_to(const struct memory *m, uint32_t patch, const struct site *check,
                        uint32_t n) {
    return n + (m->n_patches - patch) * m->n_checks - check->order;
}

static bool is_own_basis(const struct memory *m, const struct site *check) {
    return (check->kind == SITE_X) == m->is_x;
}

static enum status add_first_round(struct memory *m) {
    TRY(add_cycle(m));
    for (uint32_t patch = 0; patch < m->n_patches; patch++) {
        const struct site *check;
        for (size_t i = 0; (check = next_check(m, &i)) != NULL;) {
            uint32_t back = back_to(m, patch, check, 0);
            if (is_own_basis(m, check)) {
                TRY(add_detector(m, patch, check, 0, &back, 1));
            }
        }
    }
    return STATUS_OK;
}

/* The patch whose checks of this kind the CX of a pair of patches multiplied onto this one's. */
static bool find_partner(const struct memory *m, uint32_t *out_partner, uint32_t patch,
                         enum site_kind kind) {
    *out_partner = patch ^ 1;
    return *out_partner < m->n_patches && (kind == SITE_X) == (patch % 2 == 0);
}

static enum status add_round(struct memory *m, bool is_after_join) {
    const double shift[3] = {0, m->shape->is_line ? 1 : 0, 1};
    uint32_t per_round = m->n_patches * m->n_checks;

    TRY(add_cycle(m));
    TRY(op_list_add(m->ops, NULL, OP_SHIFT_COORDS, NULL, 0, shift, m->shape->is_line ? 2 : 3,
                    nowhere));
    for (uint32_t patch = 0; patch < m->n_patches; patch++) {
        for (uint32_t i = 0; i < m->n_sites; i++) {
            const struct site *check = &m->sites[i];
            uint32_t back[3] = {back_to(m, patch, check, 0), back_to(m, patch, check, per_round)};
            uint32_t partner;
            size_t n = 2;
            if (check->kind == SITE_DATA) {
                continue;
            }
            if (is_after_join && find_partner(m, &partner, patch, check->kind)) {
                back[n++] = back_to(m, partner, check, per_round);
            }
            TRY(add_detector(m, patch, check, 0, back, n));
        }
    }
    return STATUS_OK;
}

/* Every data qubit of patch 2i controls X on that of patch 2i + 1. */
static enum status add_join(struct memory *m) {
    TRY(add_tick(m));
    m->n_targets = 0;
    for (uint32_t patch = 0; patch + 1 < m->n_patches; patch += 2) {
        for (uint32_t i = 0; i < m->n_sites; i++) {
            if (m->sites[i].kind == SITE_DATA) {
                TRY(push(m, patch, &m->sites[i]));
                TRY(push(m, patch + 1, &m->sites[i]));
            }
        }
    }
    return add_gates(m, GATE_CX);
}

static enum status add_rounds(struct memory *m, uint64_t n) {
    size_t open;

    if (n <= 1) {
        return n == 1 ? add_round(m, false) : STATUS_OK;
    }
    TRY(op_list_open(m->ops, &open, OP_REPEAT, OP_NO_EXPR, n, nowhere));
    TRY(add_round(m, false));
    return op_list_close(m->ops, open, nowhere);
}

static enum status add_last_detectors(struct memory *m, uint32_t patch) {
    uint32_t n_results = m->n_patches * m->n_data, first = (m->n_patches - patch) * m->n_data;
    const struct site *check;

    for (size_t i = 0; (check = next_check(m, &i)) != NULL;) {
        uint32_t back[5] = {back_to(m, patch, check, n_results)};
        size_t n = 1;
        if (!is_own_basis(m, check)) {
            continue;
        }
        for (unsigned step = 0; step < m->shape->n_steps; step++) {
            const struct site *data = find_data(m, check, step);
            if (data != NULL) {
                back[n++] = first - data->order;
            }
        }
        TRY(add_detector(m, patch, check, 1, back, n));
    }
    return STATUS_OK;
}

static enum status add_observable(struct memory *m, uint32_t patch) {
    uint32_t first = (m->n_patches - patch) * m->n_data, expr = OP_NO_EXPR;
    struct op *op;

    m->n_targets = 0; /* here: how far back */
    for (uint32_t i = 0; i < m->n_sites; i++) {
        const struct site *site = &m->sites[i];
        if (site->kind == SITE_DATA && m->shape->is_observed(m->d, m->is_x, site->x, site->y)) {
            TRY(push(m, 0, site));
            m->targets[m->n_targets - 1] = first - site->order;
        }
    }
    TRY(add_parity(m, &expr, m->targets, m->n_targets));
    TRY(op_list_add(m->ops, &op, OP_OBSERVABLE, NULL, 0, NULL, 0, nowhere));
    op->arg = patch;
    op->expr = expr;
    return STATUS_OK;
}

static enum status add_end(struct memory *m) {
    TRY(aim(m, ALL_DATA));
    TRY(add_measurements(m, m->is_x, false));
    for (uint32_t patch = 0; patch < m->n_patches; patch++) {
        TRY(add_last_detectors(m, patch));
    }
    for (uint32_t patch = 0; patch < m->n_patches; patch++) {
        TRY(add_observable(m, patch));
    }
    return STATUS_OK;
}

/* ---- the whole ---- */

static enum status add_start(struct memory *m) {
    for (uint32_t qb = 0; !m->shape->is_line && qb < m->n_patches * m->n_sites; qb++) {
        const struct site *site = &m->sites[qb % m->n_sites];
        uint32_t patch = qb / m->n_sites;
        double params[2] = {(double)site->x + (double)patch * (m->width + 1.0), site->y};
        TRY(op_list_add(m->ops, NULL, OP_COORDS, &qb, 1, params, 2, nowhere));
    }
    if (m->shape->is_line) {
        TRY(aim(m, ALL_DATA | ALL_CHECKS));
        return add_resets(m, false);
    }
    TRY(aim(m, ALL_DATA));
    TRY(add_resets(m, m->is_x));
    TRY(aim(m, ALL_CHECKS));
    return add_resets(m, false);
}

/* Labels, and patch i on QPU Pi. */
static enum status name_qubits(struct memory *m) {
    struct circuit *circuit = m->build->circuit;
    uint32_t n = m->n_patches * m->n_sites;

    circuit->labels = arena_alloc(&circuit->arena, n * sizeof *circuit->labels);
    if (circuit->labels == NULL) {
        return STATUS_NOFIT;
    }
    for (uint32_t qb = 0; qb < n; qb++) {
        circuit->labels[qb] = qb / m->n_sites * m->stride + m->sites[qb % m->n_sites].label;
    }
    TRY(circuit_add_qreg(circuit, "q", n, nowhere));
    if (m->n_patches == 1) {
        return STATUS_OK;
    }
    circuit->placement = arena_alloc(&circuit->arena, n * sizeof *circuit->placement);
    if (circuit->placement == NULL) {
        return STATUS_NOFIT;
    }
    for (uint32_t qb = 0; qb < n; qb++) {
        circuit->placement[qb] = qb / m->n_sites;
    }
    for (uint32_t i = 0; i < m->n_patches; i++) {
        char name[16];
        snprintf(name, sizeof name, "P%u", i);
        TRY(circuit_add_placed_qpu(circuit, name, strlen(name), (struct src_loc){0}));
    }
    return STATUS_OK;
}

static enum status add_all(struct memory *m, uint64_t n_rounds, uint64_t join) {
    TRY(name_qubits(m));
    TRY(add_start(m));
    TRY(add_first_round(m));
    TRY(add_rounds(m, join > 0 ? join - 1 : n_rounds - 1));
    if (join > 0) {
        TRY(add_join(m));
        TRY(add_round(m, true));
        TRY(add_rounds(m, n_rounds - join - 1));
    }
    TRY(add_end(m));
    m->build->circuit->measures = true;
    return circuit_add_creg(m->build->circuit, "rec", m->n_bits, nowhere);
}

static enum status check_join(const struct memory *m, uint64_t n_rounds, uint64_t join) {
    if (join == 0) {
        return STATUS_OK;
    }
    if (m->n_patches < 2) {
        return log_error(STATUS_USAGE, "gen %s: --join needs --patches 2 or more",
                         m->build->generator->name);
    }
    return join < n_rounds
               ? STATUS_OK
               : log_error(STATUS_USAGE, "gen %s: --join %llu: expected less than the %llu rounds",
                           m->build->generator->name, (unsigned long long)join,
                           (unsigned long long)n_rounds);
}

static enum status build_memory(struct gen_build *build, const struct shape *shape, bool is_x) {
    struct memory m = {.build = build, .ops = &build->circuit->ops, .shape = shape, .is_x = is_x};
    uint64_t n_rounds = gen_count_or(build, GEN_ROUNDS, build->args->count[GEN_DISTANCE]);
    uint64_t join = gen_count_or(build, GEN_JOIN, 0);
    enum status status;

    if (n_rounds == 0) {
        return log_error(STATUS_USAGE, "gen %s: --rounds 0: expected at least 1",
                         build->generator->name);
    }
    TRY_GOTO(size_up(&m), done);
    TRY_GOTO(check_join(&m, n_rounds, join), done);
    lay_out(&m);
    TRY_GOTO(gen_limit(build, 20.0 * m.n_patches * m.n_sites), done);
    status = add_all(&m, n_rounds, join);
done:
    mem_free(m.sites);
    mem_free(m.at);
    mem_free(m.targets);
    return status;
}

enum status gen_build_repetition(struct gen_build *build) {
    return build_memory(build, &line, false);
}

enum status gen_build_rotated_x(struct gen_build *build) {
    return build_memory(build, &rotated, true);
}

enum status gen_build_rotated_z(struct gen_build *build) {
    return build_memory(build, &rotated, false);
}

enum status gen_build_unrotated_x(struct gen_build *build) {
    return build_memory(build, &unrotated, true);
}

enum status gen_build_unrotated_z(struct gen_build *build) {
    return build_memory(build, &unrotated, false);
}
