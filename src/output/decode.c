#include "output/decode.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "base/mem.h"

const char *decode_kind_name(enum decode_kind kind) {
    switch (kind) {
    case DECODE_INT:
        return "int";
    case DECODE_PHASE:
        return "phase";
    }
    return "";
}

static enum status parse_kind(enum decode_kind *out_kind, const char **out_name, const char *spec) {
    for (int i = DECODE_INT; i <= DECODE_PHASE; i++) {
        const char *name = decode_kind_name((enum decode_kind)i);
        size_t n = strlen(name);
        if (strncmp(spec, name, n) == 0 && spec[n] == ':') {
            *out_kind = (enum decode_kind)i;
            *out_name = spec + n + 1;
            return STATUS_OK;
        }
    }
    return log_error(STATUS_USAGE, "--decode %s: expected int:REGISTER or phase:REGISTER", spec);
}

static const struct reg *find_reg(const struct program *program, const char *name) {
    for (size_t i = 0; i < program->n_cregs; i++) {
        if (strcmp(program->cregs[i].name, name) == 0) {
            return &program->cregs[i];
        }
    }
    return NULL;
}

/* The key is made of whole registers. */
static enum status check_in_key(const struct program *program, const struct reg *reg,
                                const char *spec) {
    uint32_t *bits = NULL;
    size_t n = 0;
    TRY(program_key_bits(program, &bits, &n));
    bool is_in = false;
    for (size_t i = 0; i < n; i++) {
        is_in = is_in || bits[i] == reg->first;
    }
    mem_free(bits);
    return is_in ? STATUS_OK
                 : log_error(STATUS_USAGE, "--decode %s: '%s' is no output register", spec,
                             reg->name);
}

enum status decode_parse(struct decode *out_decode, const char *spec,
                         const struct program *program) {
    struct decode decode = {0};
    const char *name = NULL;
    TRY(parse_kind(&decode.kind, &name, spec));
    decode.reg = find_reg(program, name);
    if (!decode.reg) {
        return log_error(STATUS_USAGE, "--decode %s: there is no bit register '%s'", spec, name);
    }
    if (decode.reg->n == 0 || decode.reg->n > DECODE_MAX_BITS) {
        return log_error(STATUS_USAGE, "--decode %s: '%s' has %u bits; expected 1 to %d", spec,
                         name, decode.reg->n, DECODE_MAX_BITS);
    }
    TRY(check_in_key(program, decode.reg, spec));
    *out_decode = decode;
    return STATUS_OK;
}

struct tally {
    uint64_t value, n;
};

static int compare_tallies(const void *left, const void *right) {
    const struct tally *a = left, *b = right;
    return (a->value > b->value) - (a->value < b->value);
}

/* Position in the key of the register's bit 0; the others follow. */
static size_t find_key_position(const struct results *results, const struct reg *reg) {
    size_t i = 0;
    while (i < results->n_key_bits && results->key_bits[i] != reg->first) {
        i++;
    }
    CHECK(i + reg->n <= results->n_key_bits);
    return i;
}

static uint64_t read_value(const uint64_t *key, size_t first, uint32_t n) {
    uint64_t value = 0;
    for (uint32_t i = 0; i < n; i++) {
        value |= (uint64_t)bits_get(key, first + i) << i;
    }
    return value;
}

/* Values of the register with their shots, by rising value; *out_n of them. */
static size_t tally_values(struct tally *out, const struct results *results,
                           const struct reg *reg) {
    size_t first = find_key_position(results, reg);
    for (size_t i = 0; i < results->n_counts; i++) {
        out[i].value = read_value(results->counts[i].key, first, reg->n);
        out[i].n = results->counts[i].n;
    }
    qsort(out, results->n_counts, sizeof *out, compare_tallies);
    size_t n = 0;
    for (size_t i = 0; i < results->n_counts; i++) {
        if (n > 0 && out[n - 1].value == out[i].value) {
            out[n - 1].n += out[i].n;
        } else {
            out[n++] = out[i];
        }
    }
    return n;
}

/* value - origin; of phases the representative in [-2^(bits-1), 2^(bits-1)). */
static double find_offset(const struct decode *decode, uint64_t value) {
    if (decode->kind == DECODE_INT) {
        return (double)value - (double)decode->most_likely;
    }
    uint64_t mask = BIT64(decode->reg->n) - 1;
    uint64_t half = BIT64(decode->reg->n - 1);
    uint64_t shifted = (value - decode->most_likely + half) & mask;
    return (double)shifted - (double)half;
}

static void summarise(struct decode *decode, const struct tally *tallies, size_t n) {
    double n_shots = 0.0, sum = 0.0, sum_squares = 0.0;
    size_t best = 0;
    for (size_t i = 0; i < n; i++) {
        n_shots += (double)tallies[i].n;
        best = tallies[i].n > tallies[best].n ? i : best;
    }
    decode->most_likely = tallies[best].value;
    decode->share = (double)tallies[best].n / n_shots;
    for (size_t i = 0; i < n; i++) {
        sum += (double)tallies[i].n * find_offset(decode, tallies[i].value);
    }
    double mean = sum / n_shots;
    for (size_t i = 0; i < n; i++) {
        double d = find_offset(decode, tallies[i].value) - mean;
        sum_squares += (double)tallies[i].n * d * d;
    }
    decode->mean = (double)decode->most_likely + mean;
    decode->std_error = n_shots > 1 ? sqrt(sum_squares / (n_shots - 1) / n_shots) : 0.0;
    if (decode->kind == DECODE_PHASE) {
        double scale = ldexp(1.0, (int)decode->reg->n);
        decode->mean /= scale;
        decode->mean -= floor(decode->mean);
        decode->std_error /= scale;
    }
}

enum status decode_summarise(struct decode *decode, const struct results *results) {
    CHECK(results->n_counts > 0);
    struct tally *tallies = mem_alloc(results->n_counts, sizeof *tallies);
    if (!tallies) {
        return STATUS_NOFIT;
    }
    summarise(decode, tallies, tally_values(tallies, results, decode->reg));
    mem_free(tallies);
    return STATUS_OK;
}
