/* Coins, and outcomes that depend on the input. */
#include "base/bits.h"
#include "base/log.h"
#include "verify/prove.h"

enum { OUTCOMES_MAX_TERMS = 6 };

/* "m (line 12) ^ k (line 14)": the outcomes in the form of a row. */
static const char *name_outcomes(struct prove *prove, const struct walk *walk,
                                 const uint64_t *form) {
    struct text text = {0};
    const char *copy = NULL;
    size_t n = 0;
    char name[256];
    for (size_t s = 0; s < walk->n_symbols; s++) {
        if (!bits_get(form, s + 1) || ++n > OUTCOMES_MAX_TERMS) {
            continue;
        }
        const struct walk_symbol *symbol = &walk->symbols[s];
        const uint32_t line = walk_loc(walk->source, symbol->op).line;
        text_printf(&text, "%s%s", n > 1 ? " ^ " : "",
                    program_bit_name(prove->program, symbol->bit, name, sizeof name));
        if (line > 0) {
            text_printf(&text, " (line %u)", line);
        }
    }
    if (n > OUTCOMES_MAX_TERMS) {
        text_printf(&text, " and %zu more", n - OUTCOMES_MAX_TERMS);
    }
    if (!text.failed) {
        copy = arena_strdup(&prove->proof->arena, text.data);
    }
    text_fini(&text);
    return copy;
}

/* The target has a relation that does not commute with the row's Pauli string on the inputs. */
static bool is_lost(const struct flows *told, size_t row, const struct flows *target,
                    uint32_t n_in) {
    const uint64_t *x = flows_row(told, row), *z = x + told->n_words;
    for (size_t t = 0; t < target->n_rows; t++) {
        const uint64_t *other_x = flows_row(target, t), *other_z = other_x + target->n_words;
        bool is_odd = false;
        for (size_t q = 0; q < n_in; q++) {
            is_odd ^=
                (bits_get(x, q) && bits_get(other_z, q)) ^ (bits_get(z, q) && bits_get(other_x, q));
        }
        if (is_odd) {
            return true;
        }
    }
    return false;
}

static enum status add_names(struct prove *prove, const struct walk *walk, const struct flows *told,
                             bool only_lost) {
    struct verify_outcomes *outcomes = &prove->proof->outcomes;
    const uint32_t n_in = walk->source->n_in;
    outcomes->on_input =
        arena_alloc(&prove->proof->arena, (told->n_rows + 1) * sizeof *outcomes->on_input);
    if (!outcomes->on_input) {
        return STATUS_NOFIT;
    }
    for (size_t i = 0; i < told->n_rows; i++) {
        if (only_lost && !is_lost(told, i, &prove->target, n_in)) {
            continue;
        }
        const char *name = name_outcomes(prove, walk, flows_form(told, i));
        if (!name) {
            return STATUS_NOFIT;
        }
        outcomes->on_input[outcomes->n_on_input++] = name;
    }
    return STATUS_OK;
}

enum status prove_outcomes(struct prove *prove, const struct walk *walk, bool only_lost) {
    struct verify_outcomes *outcomes = &prove->proof->outcomes;
    struct flows told = {0};
    size_t n_in_output, n_coins = 0;
    *outcomes = (struct verify_outcomes){0};
    if (walk->n_branches != 1 || walk->n_choices > 0) {
        return STATUS_OK;
    }
    bool *is_dropped = mem_alloc(walk->n_symbols, sizeof *is_dropped);
    if (!is_dropped) {
        return STATUS_NOFIT;
    }
    for (size_t s = 0; s < walk->n_symbols; s++) {
        is_dropped[s] = walk->symbols[s].origin != WALK_OUTCOME;
        n_coins += !is_dropped[s];
    }
    enum status status = flows_told(&told, &n_in_output, &walk->own, walk->source->n_in, is_dropped,
                                    walk->n_symbols);
    if (status == STATUS_OK) {
        outcomes->is_known = true;
        outcomes->n_in_output = n_in_output;
        outcomes->n_coins = n_coins - n_in_output - told.n_rows;
        outcomes->n_determined = walk->n_determined;
        outcomes->n_certain = walk->n_certain;
        status = add_names(prove, walk, &told, only_lost);
    }
    mem_free(is_dropped);
    flows_fini(&told);
    return status;
}
