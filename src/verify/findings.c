#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "verify/prove.h"

enum { FINDINGS_MAX = 12, EFFECT_MAX_TERMS = 6 };

/* ---- words for residuals ---- */

void prove_add_wire(struct text *text, const struct program *program, uint32_t wire) {
    char name[256];
    const uint32_t qpu = program->wire_qpu[wire];
    text_add(text, program_wire_name(program, wire, name, sizeof name));
    if (qpu != OP_NO_QPU) {
        text_printf(text, " (QPU %s)", program->qpus[qpu].name);
    }
}

/* Appends a term; terms past the limit are only counted. */
static bool begin_term(struct text *text, uint32_t *n_terms) {
    if (++*n_terms > EFFECT_MAX_TERMS) {
        return false;
    }
    text_add(text, *n_terms > 1 ? ", " : "");
    return true;
}

const char *prove_effect(struct prove *prove, const uint64_t *residual, size_t n_form_words,
                         size_t column, uint32_t *out_weight) {
    static const char letters[] = "IXZY";
    const struct walk_source *source = &prove->match->own.source;
    struct text text = {0};
    uint32_t n_terms = 0;
    char name[256];
    *out_weight = 0;
    for (size_t q = 0; q < source->n_out; q++) {
        const bool has_x = bits_get(residual + n_form_words * q, column);
        const bool has_z = bits_get(residual + n_form_words * (source->n_out + q), column);
        *out_weight += has_x || has_z;
        if ((has_x || has_z) && begin_term(&text, &n_terms)) {
            text_printf(&text, "%c on ", letters[has_x + 2 * has_z]);
            prove_add_wire(&text, prove->program, source->out[q]);
        }
    }
    for (size_t i = 0; i < source->n_output_bits; i++) {
        const bool flips =
            bits_get(residual + n_form_words * (2 * (size_t)source->n_out + i), column);
        *out_weight += flips;
        if (flips && begin_term(&text, &n_terms)) {
            text_printf(
                &text, "a flip of %s",
                program_bit_name(prove->program, source->output_bits[i], name, sizeof name));
        }
    }
    if (n_terms > EFFECT_MAX_TERMS) {
        text_printf(&text, " and %u more", n_terms - EFFECT_MAX_TERMS);
    }
    const char *effect = NULL;
    if (!text.failed) {
        effect = arena_strdup(&prove->proof->arena, n_terms ? text.data : "nothing");
    }
    text_fini(&text);
    return effect;
}

enum status prove_residual(uint64_t **out_forms, const struct prove *prove, const struct walk *walk,
                           size_t *out_n_missing) {
    const struct flows *own = &walk->own, *target = &prove->target;
    const struct walk_source *source = &prove->match->own.source;
    const size_t n_unknowns = 2 * (size_t)source->n_out + source->n_output_bits;
    uint64_t *differences = mem_alloc(target->n_rows, own->n_form_words * sizeof *differences);
    uint64_t *forms = mem_alloc(n_unknowns, own->n_form_words * sizeof *forms);
    bool *is_missing = mem_alloc(target->n_rows, sizeof *is_missing);
    enum status status = differences && forms && is_missing ? STATUS_OK : STATUS_NOFIT;
    TRY_GOTO(status, cleanup);
    TRY_GOTO(flows_compare(differences, is_missing, own, target), cleanup);
    *out_n_missing = 0;
    for (size_t t = 0; t < target->n_rows; t++) {
        if (is_missing[t]) {
            ++*out_n_missing;
            memset(differences + own->n_form_words * t, 0, own->n_form_words * sizeof *forms);
        }
    }
    TRY_GOTO(flows_residual(forms, target, source->n_in, differences, own->n_form_words), cleanup);
    *out_forms = forms;
    forms = NULL;
cleanup:
    mem_free(differences);
    mem_free(forms);
    mem_free(is_missing);
    return status;
}

/* ---- sentences ---- */

enum status prove_add_finding(struct prove *prove, struct text *text) {
    struct verify_proof *proof = prove->proof;
    const char *copy = text->failed ? NULL : arena_strdup(&proof->arena, text->data);
    text_fini(text);
    if (!copy) {
        return STATUS_NOFIT;
    }
    TRY(vec_reserve(&proof->findings, proof->n_findings, &proof->cap_findings, 1,
                    sizeof *proof->findings));
    proof->findings[proof->n_findings++] = copy;
    return STATUS_OK;
}

/* "k = 1 and ": the conditions that were split on the way. */
static void add_choices(struct text *text, const struct prove *prove, const struct walk *walk) {
    char name[256];
    for (size_t i = 0; i < walk->n_choices; i++) {
        const struct walk_choice *choice = &walk->choices[i];
        text_printf(text, "%s = %d and ",
                    program_bit_name(prove->program, choice->bit, name, sizeof name),
                    choice->value);
    }
}

static void add_pattern(struct text *text, const struct prove *prove, const struct walk *walk,
                        size_t column) {
    char name[256];
    add_choices(text, prove, walk);
    if (column == 0) {
        text_add(text, "every other outcome 0");
        return;
    }
    const struct walk_symbol *symbol = &walk->symbols[column - 1];
    const uint32_t line = walk_loc(walk->source, symbol->op).line;
    if (symbol->origin == WALK_OUTCOME) {
        text_printf(text, "%s = 1 (measured in line %u)",
                    program_bit_name(prove->program, symbol->bit, name, sizeof name), line);
    } else {
        text_printf(text, "1 in what line %u drops", line);
    }
}

static enum status add_residuals(struct prove *prove, const struct walk *walk,
                                 const uint64_t *residual) {
    const struct walk_source *source = walk->source;
    const size_t n_form_words = walk->own.n_form_words;
    const size_t n_unknowns = 2 * (size_t)source->n_out + source->n_output_bits;
    for (size_t column = 0; column <= walk->n_symbols; column++) {
        bool is_bad = false;
        uint32_t weight;
        for (size_t i = 0; i < n_unknowns; i++) {
            is_bad |= bits_get(residual + n_form_words * i, column);
        }
        if (!is_bad || prove->proof->n_findings >= FINDINGS_MAX) {
            continue;
        }
        struct text text = {0};
        const char *effect = prove_effect(prove, residual, n_form_words, column, &weight);
        if (!effect) {
            return STATUS_NOFIT;
        }
        add_pattern(&text, prove, walk, column);
        text_printf(&text, " leaves %s", effect);
        TRY(prove_add_finding(prove, &text));
    }
    return STATUS_OK;
}

enum status prove_findings(struct prove *prove, const struct walk *walk) {
    uint64_t *residual = NULL;
    size_t n_missing = 0;
    if (!walk->has_failed) {
        struct text text = {0};
        text_add(&text, "the program keeps or tells more than the target does");
        return prove_add_finding(prove, &text);
    }
    TRY(prove_residual(&residual, prove, walk, &n_missing));
    enum status status = add_residuals(prove, walk, residual);
    for (size_t i = 0; status == STATUS_OK && i < prove->proof->outcomes.n_on_input; i++) {
        struct text text = {0};
        text_printf(&text, "%s depends on the input", prove->proof->outcomes.on_input[i]);
        status = prove_add_finding(prove, &text);
    }
    if (status == STATUS_OK && n_missing > 0) {
        struct text text = {0};
        add_choices(&text, prove, walk);
        text_printf(&text,
                    "%zu of %zu relations between inputs and outputs are lost or differ by "
                    "more than a Pauli",
                    n_missing, prove->target.n_rows);
        status = prove_add_finding(prove, &text);
    }
    if (status == STATUS_OK && n_missing > 0 && walk->leftover != OP_NO_QPU) {
        struct text text = {0};
        prove_add_wire(&text, prove->program, walk->leftover);
        text_add(&text, " is left entangled with them");
        status = prove_add_finding(prove, &text);
    }
    mem_free(residual);
    return status;
}
