#include <math.h>
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "verify/prove.h"

enum {
    FIDELITY_MAX_PAIRS = 3,
    FIDELITY_MAX_TERMS = 64,
    FAULTS_MAX_RUNS = 512,
    FAULT_MAX_CASES = 4,
};

static const double max_fault_work = 1e12; /* steps on amplitudes */

/* ---- bounds ---- */

/* Rank of the target's vector between the qubits where side[q] and the others, up to max_rank + 1.
 * Rows are reduced by those kept so far. */
static enum status find_rank(uint64_t *out_rank, const struct instrument_vector *vector,
                             const uint8_t *places, uint32_t n_side, uint32_t n_qubits,
                             uint64_t max_rank) {
    const uint64_t n_rows = BIT64(n_side), n_columns = BIT64(n_qubits - n_side);
    double *rows = mem_alloc((size_t)(max_rank + 2), 2 * (size_t)n_columns * sizeof *rows);
    uint64_t rank = 0;
    if (!rows) {
        return STATUS_NOFIT;
    }
    for (uint64_t row = 0; row < n_rows && rank <= max_rank; row++) {
        double *v = rows + 2 * n_columns * rank, size = 0;
        for (uint64_t col = 0; col < n_columns; col++) {
            uint64_t i = 0, index = row | col << n_side;
            for (uint32_t q = 0; q < n_qubits; q++) {
                i |= ((index >> q) & 1) << places[q];
            }
            v[2 * col] = vector->amps[2 * i];
            v[2 * col + 1] = vector->amps[2 * i + 1];
        }
        for (uint64_t pass = 0; pass < 2 * rank; pass++) {
            const double *u = rows + 2 * n_columns * (pass % rank);
            double re = 0, im = 0;
            for (uint64_t col = 0; col < n_columns; col++) {
                re += u[2 * col] * v[2 * col] + u[2 * col + 1] * v[2 * col + 1];
                im += u[2 * col] * v[2 * col + 1] - u[2 * col + 1] * v[2 * col];
            }
            for (uint64_t col = 0; col < n_columns; col++) {
                v[2 * col] -= re * u[2 * col] - im * u[2 * col + 1];
                v[2 * col + 1] -= re * u[2 * col + 1] + im * u[2 * col];
            }
        }
        for (uint64_t i = 0; i < 2 * n_columns; i++) {
            size += v[i] * v[i];
        }
        if (size < INSTRUMENT_TOLERANCE * INSTRUMENT_TOLERANCE) {
            continue;
        }
        for (uint64_t i = 0; i < 2 * n_columns; i++) {
            v[i] /= sqrt(size);
        }
        rank++;
    }
    mem_free(rows);
    *out_rank = rank;
    return STATUS_OK;
}

/* LOCC can't raise the Schmidt rank, which is 2^ebits at most. */
static enum status bound_cut(struct prove *prove, uint32_t qpu) {
    const struct walk_source *source = &prove->match->own.source;
    const struct instrument *target = &prove->dense_target;
    struct verify_cut cut = {.qpu = qpu};
    uint8_t places[DENSE_MAX_QUBITS];
    uint32_t n_side = 0, n_other = 0;
    uint64_t n_used = 0, rank;
    for (unsigned other = 0; other < 2; other++) {
        for (uint32_t i = 0; i < target->n_qubits; i++) {
            const uint32_t wire = i < source->n_in ? source->in[i] : source->out[i - source->n_in];
            if ((prove->program->wire_qpu[wire] == qpu) != (other == 1)) {
                places[n_side + n_other] = (uint8_t)i;
                n_side += other == 0;
                n_other += other == 1;
            }
        }
    }
    for (size_t i = 0; i < prove->proof->n_links; i++) {
        const struct verify_flow *link = &prove->proof->links[i];
        n_used += link->from == qpu || link->to == qpu ? link->n : 0;
    }
    const double work = ldexp(1, (int)target->n_qubits + (int)(n_used < 40 ? n_used : 40));
    if (work > 1e10) {
        return STATUS_OK; /* no bound is worth that */
    }
    TRY(find_rank(&rank, &target->vectors[0], places, n_side, target->n_qubits, BIT64(n_used)));
    while (BIT64(cut.n_needed) < rank) {
        cut.n_needed++;
    }
    return prove_add_cut(prove, cut);
}

/* ---- faults ---- */

/* *out_lost: probability of runs that were left out. */
static enum status run_with(struct instrument *out, double *out_lost, struct prove *prove,
                            const struct dense_fault *faults, size_t n_faults) {
    struct dense dense = {.faults = faults, .n_faults = n_faults, .is_quiet = true};
    enum status status = prove_dense_run(out, &dense, prove);
    *out_lost = dense.lost;
    if (status == STATUS_UNVERIFIED && dense.lost > 1 - INSTRUMENT_TOLERANCE) {
        *out = (struct instrument){0}; /* no run ends: nothing to compare */
        status = STATUS_OK;
    }
    dense_fini(&dense);
    return status;
}

/* A single vector, and output bits that are not the target's. */
static enum status name_fault(struct verify_fault *entry, struct prove *prove,
                              const struct instrument_vector *vector) {
    const struct walk_source *source = &prove->match->own.source;
    const struct instrument_vector *target = &prove->dense_target.vectors[0];
    struct prove_residual residual;
    struct text text = {0};
    char name[128];
    TRY(prove_dense_residual(&residual, prove, vector, target));
    entry->weight = residual.weight;
    if (residual.weight > 0) {
        text_add(&text, residual.name);
    }
    for (uint32_t i = 0; i < source->n_output_bits; i++) {
        if (bits_get(vector->key, i) != bits_get(target->key, i)) {
            text_printf(
                &text, "%sa flip of %s", text.n > 0 ? ", " : "",
                program_bit_name(prove->program, source->output_bits[i], name, sizeof name));
            entry->weight++;
        }
    }
    entry->effect =
        text.failed ? NULL
                    : arena_strdup(&prove->proof->arena, text.n > 0 ? text.data : residual.name);
    text_fini(&text);
    return entry->effect ? STATUS_OK : STATUS_NOFIT;
}

/* Outcomes decide what it does, as where it meets a block of an `if`. */
static enum status name_cases(struct verify_fault *entry, struct prove *prove,
                              const struct instrument *own) {
    struct text text = {0};
    uint32_t most = 0;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < own->n && status == STATUS_OK; i++) {
        status = name_fault(entry, prove, &own->vectors[i]);
        most = entry->weight > most ? entry->weight : most;
        text_printf(&text, "%swith probability %.6g %s", i > 0 ? "; " : "", own->vectors[i].p,
                    status == STATUS_OK ? entry->effect : "");
    }
    entry->weight = most;
    entry->effect = text.failed ? NULL : arena_strdup(&prove->proof->arena, text.data);
    text_fini(&text);
    return status != STATUS_OK ? status : entry->effect ? STATUS_OK : STATUS_NOFIT;
}

static enum status follow_fault(struct prove *prove, struct dense_fault fault,
                                struct verify_fault entry) {
    struct instrument own = {0};
    bool is_pure;
    size_t worst;
    double lost;
    enum status status = run_with(&own, &lost, prove, &fault, 1);
    if (status == STATUS_OK && own.n == 0) {
        entry.effect = "one more round";
    } else if (status == STATUS_OK) {
        bool is_equal;
        status = instrument_compare(&is_equal, &worst, &own, &prove->dense_target);
        if (status == STATUS_OK && is_equal) {
            entry.effect = "nothing";
        } else if (status == STATUS_OK && own.n == 1) {
            status = name_fault(&entry, prove, &own.vectors[0]);
        } else if (status == STATUS_OK && own.n <= FAULT_MAX_CASES) {
            status = name_cases(&entry, prove, &own);
        } else if (status == STATUS_OK) {
            entry.effect = arena_printf(&prove->proof->arena,
                                        "what depends on outcomes, process fidelity %.6g",
                                        instrument_fidelity(&is_pure, &own, &prove->dense_target));
            entry.weight = prove->match->own.source.n_out + prove->match->own.source.n_output_bits;
        }
    }
    instrument_fini(&own);
    if (status == STATUS_OK && entry.effect && lost > 0 && lost < 1) {
        entry.effect = arena_printf(&prove->proof->arena,
                                    "%s; one more round with probability %.6g", entry.effect, lost);
    }
    if (status == STATUS_OK) {
        status = entry.effect ? prove_add_fault(prove, entry) : STATUS_NOFIT;
    }
    return status;
}

/* Sums of products of pair weights, by what they are multiplied with. */
struct formula {
    double factors[FIDELITY_MAX_TERMS];
    struct text sums[FIDELITY_MAX_TERMS];
    size_t n_terms[FIDELITY_MAX_TERMS], n;
};

static void add_term(struct formula *formula, double factor, uint32_t faults, size_t n_pairs) {
    size_t i = 0;
    while (i < formula->n && fabs(formula->factors[i] - factor) > INSTRUMENT_TOLERANCE) {
        i++;
    }
    if (i == formula->n) {
        formula->factors[formula->n++] = factor;
    }
    text_add(&formula->sums[i], formula->n_terms[i]++ > 0 ? " + " : "");
    for (size_t p = 0; p < n_pairs; p++) {
        text_printf(&formula->sums[i], "%sp%c%zu", p > 0 ? " " : "",
                    "IXZY"[(faults >> (2 * p)) & 3], p + 1);
    }
}

static void print_formula(struct text *out, const struct formula *formula) {
    for (size_t i = 0; i < formula->n; i++) {
        const double inverse = 1 / formula->factors[i];
        const bool is_one = fabs(inverse - 1) < INSTRUMENT_TOLERANCE;
        const bool is_whole = fabs(inverse - round(inverse)) < 1e-6;
        text_add(out, i > 0 ? " + " : "");
        if (!is_one && !is_whole) {
            text_printf(out, "%.12g ", formula->factors[i]);
        }
        text_printf(out, is_one || formula->n_terms[i] == 1 ? "%s" : "(%s)", formula->sums[i].data);
        if (!is_one && is_whole) {
            text_printf(out, "/%.0f", inverse);
        }
    }
}

static void formula_fini(struct formula *formula) {
    for (size_t i = 0; i < formula->n; i++) {
        text_fini(&formula->sums[i]);
    }
}

/* How likely output bits are the target's. */
static double find_kept(const struct instrument *own, const struct instrument *target) {
    double sum = 0;
    for (size_t i = 0; i < own->n; i++) {
        sum += instrument_find(target, own->vectors[i].key) ? own->vectors[i].p : 0;
    }
    return sum / target->vectors[0].p;
}

/* Where output bits tell of faults, of the runs in which none does. */
static enum status print_fidelity(struct prove *prove, const struct formula *right,
                                  const struct formula *kept) {
    struct verify_proof *proof = prove->proof;
    const bool has_kept = prove->match->own.source.n_output_bits > 0 || proof->is_first_round;
    struct text text = {0}, kept_text = {0};
    text_add(&text, has_kept ? "F = (" : "F = ");
    print_formula(&text, right);
    if (has_kept) {
        print_formula(&kept_text, kept);
        text_printf(&text, ") / (%s)", kept_text.failed ? "" : kept_text.data);
        proof->kept = kept_text.failed ? NULL : arena_strdup(&proof->arena, kept_text.data);
    }
    proof->fidelity = text.failed ? NULL : arena_strdup(&proof->arena, text.data);
    text_fini(&text);
    text_fini(&kept_text);
    return proof->fidelity && (proof->kept || !has_kept) ? STATUS_OK : STATUS_NOFIT;
}

/* All products of faults of at most three pairs. */
static enum status find_fidelity(struct prove *prove, const struct dense_places *pairs) {
    const size_t n_pairs = pairs->n;
    struct formula right = {{0}, {{0}}, {0}, 0}, kept = {{0}, {{0}}, {0}, 0};
    enum status status = STATUS_OK;
    for (uint32_t faults = 0; status == STATUS_OK && faults < 1u << (2 * n_pairs); faults++) {
        struct dense_fault list[FIDELITY_MAX_PAIRS];
        struct instrument own = {0};
        bool is_pure;
        double lost;
        size_t n = 0;
        for (size_t p = 0; p < n_pairs; p++) {
            const unsigned fault = (faults >> (2 * p)) & 3;
            if (fault > 0) {
                list[n++] = (struct dense_fault){pairs->items[p], "IXZY"[fault]};
            }
        }
        status = run_with(&own, &lost, prove, list, n);
        if (status == STATUS_OK) {
            const double ends = own.n > 0 ? 1 - lost : 0;
            const double factor =
                ends > 0 ? ends * instrument_fidelity(&is_pure, &own, &prove->dense_target) : 0;
            const double share = ends > 0 ? ends * find_kept(&own, &prove->dense_target) : 0;
            if (factor > INSTRUMENT_TOLERANCE) {
                add_term(&right, factor, faults, n_pairs);
            }
            if (share > INSTRUMENT_TOLERANCE) {
                add_term(&kept, share, faults, n_pairs);
            }
        }
        instrument_fini(&own);
    }
    if (status == STATUS_OK) {
        status = print_fidelity(prove, &right, &kept);
    }
    formula_fini(&right);
    formula_fini(&kept);
    return status;
}

static enum status follow_faults(struct prove *prove, const struct dense *dense) {
    static const char letters[3] = {'X', 'Z', 'Y'};
    const struct walk_source *source = &prove->match->own.source;
    for (size_t i = 0; i < 3 * dense->ebits.n; i++) {
        const struct dense_fault fault = {dense->ebits.items[i / 3], letters[i % 3]};
        TRY(follow_fault(prove, fault,
                         (struct verify_fault){.op = fault.place.op,
                                               .letter = fault.letter,
                                               .pair = u32_from_size(i / 3 + 1)}));
    }
    for (size_t i = 0; i < dense->measured.n; i++) {
        const struct dense_fault fault = {dense->measured.items[i], 'F'};
        const size_t op = fault.place.op;
        TRY(follow_fault(
            prove, fault,
            (struct verify_fault){.op = op, .letter = 'F', .bit = source->ops->ops[op].bit}));
    }
    prove->proof->has_faults = true;
    return dense->ebits.n > 0 && dense->ebits.n <= FIDELITY_MAX_PAIRS
               ? find_fidelity(prove, &dense->ebits)
               : STATUS_OK;
}

static bool is_small(const struct prove *prove, const struct dense *dense) {
    const double n_runs =
        3.0 * (double)dense->ebits.n + (double)dense->measured.n +
        (dense->ebits.n <= FIDELITY_MAX_PAIRS ? ldexp(1, 2 * (int)dense->ebits.n) : 0);
    return n_runs <= FAULTS_MAX_RUNS && n_runs * dense->work <= max_fault_work &&
           n_runs * ldexp(1, (int)prove->dense_target.n_qubits) <= 1e9;
}

static enum status follow_apart(struct prove *prove) {
    struct walk_source *source = &prove->match->own.source;
    const uint32_t max_rounds = source->max_rounds;
    struct dense dense = {.is_quiet = true};
    struct instrument own = {0};
    size_t worst;
    bool is_equal = false;
    source->max_rounds = max_rounds > 0 ? 1 : 0;
    enum status status = prove_dense_run(&own, &dense, prove);
    if (status == STATUS_OK && own.n > 0) {
        status = instrument_compare(&is_equal, &worst, &own, &prove->dense_target);
    }
    if (status == STATUS_OK && is_equal && is_small(prove, &dense)) {
        prove->proof->is_first_round = prove->proof->max_rounds > 0;
        status = follow_faults(prove, &dense);
    }
    source->max_rounds = max_rounds;
    instrument_fini(&own);
    dense_fini(&dense);
    return status;
}

enum status prove_dense_faults(struct prove *prove) {
    enum status status = STATUS_OK;
    if (prove->dense_target.vectors == NULL) {
        status = prove_dense_target(prove, true);
    }
    if (status == STATUS_OK && prove->dense_target.n == 1 && !prove->proof->has_target_rounds) {
        status = follow_apart(prove);
    }
    return status == STATUS_UNVERIFIED ? STATUS_OK : status;
}

enum status prove_dense_certificate(struct prove *prove, const struct dense *dense) {
    const struct instrument *target = &prove->dense_target;
    TRY(prove_traffic(prove, dense->ebit_ops, dense->n_ebits));
    TRY(prove_depth(prove));
    if (target->n != 1) { /* it tells something, or loses something */
        return STATUS_OK;
    }
    for (uint32_t qpu = 0; qpu < prove->program->n_qpus; qpu++) {
        TRY(bound_cut(prove, qpu));
    }
    if (prove->proof->max_rounds > 0) {
        return prove_dense_faults(prove);
    }
    if (!is_small(prove, dense)) {
        return STATUS_OK;
    }
    enum status status = follow_faults(prove, dense);
    return status == STATUS_UNVERIFIED ? STATUS_OK : status;
}
