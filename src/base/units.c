#include "base/units.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct unit {
    const char *name;
    double times, over; /* value = number * times / over; 0.2 dB/km reads as 0.0002 dB/m */
};

struct unit_table {
    const struct unit *units;
    const char *no_number, *no_unit, *bad_unit;
};

#define NAMES_TIME "ps, ns, us, ms, s, min"
#define NAMES_LENGTH "um, mm, m, km"
#define NAMES_FREQUENCY "Hz, kHz, MHz, GHz"
#define NAMES_LOSS "dB"
#define NAMES_LOSS_PER_LENGTH "dB/m, dB/km"
#define NAMES_SPEED "m/s, km/s"
#define NAMES_BYTES "B, KiB, MiB, GiB, TiB, kB, MB, GB, TB"

static const struct unit time_units[] = {
    {"ps", 1, 1},   {"ns", 1e3, 1},    {"us", 1e6, 1}, {"ms", 1e9, 1},
    {"s", 1e12, 1}, {"min", 60e12, 1}, {NULL, 0, 0},
};
static const struct unit length_units[] = {
    {"um", 1, 1e6}, {"mm", 1, 1e3}, {"m", 1, 1}, {"km", 1e3, 1}, {NULL, 0, 0},
};
static const struct unit frequency_units[] = {
    {"Hz", 1, 1}, {"kHz", 1e3, 1}, {"MHz", 1e6, 1}, {"GHz", 1e9, 1}, {NULL, 0, 0},
};
static const struct unit loss_units[] = {{"dB", 1, 1}, {NULL, 0, 0}};
static const struct unit loss_per_length_units[] = {
    {"dB/m", 1, 1}, {"dB/km", 1, 1e3}, {NULL, 0, 0}};
static const struct unit speed_units[] = {{"m/s", 1, 1}, {"km/s", 1e3, 1}, {NULL, 0, 0}};
static const struct unit byte_units[] = {
    {"B", 1, 1},    {"KiB", 0x1p10, 1}, {"MiB", 0x1p20, 1}, {"GiB", 0x1p30, 1}, {"TiB", 0x1p40, 1},
    {"kB", 1e3, 1}, {"MB", 1e6, 1},     {"GB", 1e9, 1},     {"TB", 1e12, 1},    {NULL, 0, 0},
};

#define TABLE(units, names)                                                                        \
    {                                                                                              \
        units, "a number with a unit is due; expected one of " names,                              \
            "a unit is missing; expected one of " names, "unknown unit; expected one of " names    \
    }

static const struct unit_table tables[] = {
    [UNIT_TIME] = TABLE(time_units, NAMES_TIME),
    [UNIT_LENGTH] = TABLE(length_units, NAMES_LENGTH),
    [UNIT_FREQUENCY] = TABLE(frequency_units, NAMES_FREQUENCY),
    [UNIT_LOSS] = TABLE(loss_units, NAMES_LOSS),
    [UNIT_LOSS_PER_LENGTH] = TABLE(loss_per_length_units, NAMES_LOSS_PER_LENGTH),
    [UNIT_SPEED] = TABLE(speed_units, NAMES_SPEED),
    [UNIT_BYTES] = TABLE(byte_units, NAMES_BYTES),
};

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static const char *skip_digits(const char *s) {
    while (is_digit(*s)) {
        s++;
    }
    return s;
}

static const char *skip_blanks(const char *s) {
    while (*s == ' ' || *s == '\t') {
        s++;
    }
    return s;
}

/* End of [+-] digits [. digits] [e [+-] digits], NULL if there is no number. Stricter than strtod,
 * which takes "inf" and hexadecimal. */
static const char *scan_number(const char *s) {
    s += *s == '+' || *s == '-';
    const char *whole_end = skip_digits(s);
    size_t n_digits = (size_t)(whole_end - s);
    const char *end = whole_end;
    if (*whole_end == '.') {
        end = skip_digits(whole_end + 1);
        n_digits += (size_t)(end - whole_end - 1);
    }
    if (n_digits == 0) {
        return NULL;
    }
    if (*end == 'e' || *end == 'E') {
        const char *digits = end + 1 + (end[1] == '+' || end[1] == '-');
        end = is_digit(*digits) ? skip_digits(digits) : end;
    }
    return end;
}

/* A micro sign (U+00B5) or a Greek mu (U+03BC), as people paste it, stands for u. */
static bool is_unit(const struct unit *unit, const char *name, size_t n) {
    const char *rest = unit->name;
    if (n >= 2 && (memcmp(name, "\xC2\xB5", 2) == 0 || memcmp(name, "\xCE\xBC", 2) == 0)) {
        if (*rest++ != 'u') {
            return false;
        }
        name += 2;
        n -= 2;
    }
    return strlen(rest) == n && memcmp(rest, name, n) == 0;
}

/* The unit after the number that ends at `end`; NULL with the reason. */
static const struct unit *find_unit(const char **out_why, const char *end, enum unit_kind kind) {
    const struct unit_table *table = &tables[kind];
    if (!end) {
        *out_why = table->no_number;
        return NULL;
    }
    const char *name = skip_blanks(end);
    size_t n = strlen(name);
    while (n > 0 && (name[n - 1] == ' ' || name[n - 1] == '\t')) {
        n--;
    }
    for (const struct unit *unit = table->units; unit->name; unit++) {
        if (is_unit(unit, name, n)) {
            return unit;
        }
    }
    *out_why = n == 0 ? table->no_unit : table->bad_unit;
    return NULL;
}

/* A decimal number as mantissa x 10^exponent, cut after 27 digits. */
struct decimal {
    unsigned __int128 mantissa;
    int64_t exponent;
    bool is_negative;
};

static struct decimal read_decimal(const char *s, const char *end) {
    struct decimal d = {.is_negative = *s == '-'};
    bool is_fraction = false;
    int n_kept = 0;
    s += *s == '+' || *s == '-';
    for (; s < end && *s != 'e' && *s != 'E'; s++) {
        if (*s == '.') {
            is_fraction = true;
        } else if (n_kept < 27) {
            d.mantissa = d.mantissa * 10 + (unsigned)(*s - '0');
            n_kept += d.mantissa != 0;
            d.exponent -= is_fraction;
        } else {
            d.exponent += !is_fraction;
        }
    }
    if (s < end) {
        long long exponent = strtoll(s + 1, NULL, 10);
        exponent = exponent > 1000000 ? 1000000 : exponent < -1000000 ? -1000000 : exponent;
        d.exponent += exponent;
    }
    return d;
}

/* mantissa x 10^exponent to the nearest integer, ties up; false above INT64_MAX. */
static bool round_decimal(int64_t *out, struct decimal d) {
    unsigned __int128 m = d.mantissa;
    for (; d.exponent > 0 && m != 0; d.exponent--) {
        if (m > INT64_MAX) {
            return false;
        }
        m *= 10;
    }
    unsigned last = 0;
    for (; d.exponent < 0 && (m != 0 || last != 0); d.exponent++) {
        last = (unsigned)(m % 10);
        m /= 10;
    }
    m += last >= 5;
    if (m > INT64_MAX) {
        return false;
    }
    *out = (int64_t)m;
    return true;
}

enum status units_parse_time(int64_t *out_t_ps, const char **out_why, const char *text) {
    text = skip_blanks(text);
    const char *end = scan_number(text);
    const struct unit *unit = find_unit(out_why, end, UNIT_TIME);
    if (!unit) {
        return STATUS_INPUT;
    }
    struct decimal d = read_decimal(text, end);
    if (d.is_negative && d.mantissa != 0) {
        *out_why = "a time must not be negative";
        return STATUS_INPUT;
    }
    static const int powers[] = {0, 3, 6, 9, 12, 13}; /* of time_units; a minute is 6 x 10^13 ps */
    ptrdiff_t i_unit = unit - time_units;
    d.exponent += powers[i_unit];
    d.mantissa *= powers[i_unit] == 13 ? 6 : 1;
    if (!round_decimal(out_t_ps, d)) {
        *out_why = "a time must stay below 2^63 ps (106 days)";
        return STATUS_INPUT;
    }
    return STATUS_OK;
}

static enum status parse_time_as_double(double *out_value, const char **out_why, const char *text) {
    int64_t t_ps;
    TRY(units_parse_time(&t_ps, out_why, text));
    *out_value = (double)t_ps;
    return STATUS_OK;
}

enum status units_parse(double *out_value, const char **out_why, const char *text,
                        enum unit_kind kind) {
    if (kind == UNIT_TIME) {
        return parse_time_as_double(out_value, out_why, text);
    }
    text = skip_blanks(text);
    const struct unit *unit = find_unit(out_why, scan_number(text), kind);
    if (!unit) {
        return STATUS_INPUT;
    }
    double value = strtod(text, NULL) * unit->times / unit->over;
    if (!isfinite(value)) {
        *out_why = "the number is too large";
        return STATUS_INPUT;
    }
    if (kind == UNIT_BYTES && (value < 0 || value != floor(value))) {
        *out_why = "a whole number of bytes is due, not negative";
        return STATUS_INPUT;
    }
    *out_value = value;
    return STATUS_OK;
}

char *units_print_time(char *buffer, size_t n, int64_t t_ps) {
    static const struct {
        const char *name;
        int n_decimals;
        uint64_t ps;
    } units[] = {
        {"s", 12, 1000000000000}, {"ms", 9, 1000000000}, {"us", 6, 1000000},
        {"ns", 3, 1000},          {"ps", 0, 1},
    };
    uint64_t size_ps = t_ps < 0 ? -(uint64_t)t_ps : (uint64_t)t_ps;
    size_t u = 0;
    while (u < 4 && size_ps < units[u].ps) {
        u++;
    }
    u = t_ps == 0 ? 0 : u;
    char fraction[16];
    int n_decimals = units[u].n_decimals;
    snprintf(fraction, sizeof fraction, "%0*" PRIu64, n_decimals, size_ps % units[u].ps);
    while (n_decimals > 0 && fraction[n_decimals - 1] == '0') {
        n_decimals--;
    }
    snprintf(buffer, n, "%s%" PRIu64 "%s%.*s %s", t_ps < 0 ? "-" : "", size_ps / units[u].ps,
             n_decimals > 0 ? "." : "", n_decimals, fraction, units[u].name);
    return buffer;
}

char *units_print_bytes(char *buffer, size_t n, uint64_t n_bytes) {
    static const char *const names[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    if (n_bytes < 1024) {
        snprintf(buffer, n, "%" PRIu64 " B", n_bytes);
        return buffer;
    }
    double value = (double)n_bytes;
    size_t u = 0;
    while (value >= 1023.5 && u < 6) {
        value /= 1024;
        u++;
    }
    snprintf(buffer, n, value < 999.5 ? "%.3g %s" : "%.0f %s", value, names[u]);
    return buffer;
}

bool time_add(int64_t *out_t_ps, int64_t a_ps, int64_t b_ps) {
    int64_t sum;
    if (__builtin_add_overflow(a_ps, b_ps, &sum)) {
        return false;
    }
    *out_t_ps = sum;
    return true;
}
