#include "machine/value.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "machine/machine.h"

static const char digits[] = "0123456789";

static enum status refuse(const char **out_why, const char *why) {
    *out_why = why;
    return STATUS_INPUT;
}

enum status machine_parse_count(uint32_t *out_n, const char **out_why, const char *text) {
    size_t n = strspn(text, digits);
    if (n == 0 || text[n] != '\0') {
        return refuse(out_why, "expected a whole number");
    }
    uint64_t value = 0;
    for (const char *c = text; *c != '\0'; c++) {
        value = 10 * value + (uint64_t)(*c - '0');
        if (value >= UINT32_MAX) {
            return refuse(out_why, "expected a whole number below 2^32 - 1");
        }
    }
    *out_n = (uint32_t)value;
    return STATUS_OK;
}

enum status machine_parse_comm(uint32_t *out_n, const char **out_why, const char *text) {
    if (strcmp(text, "unlimited") == 0) {
        *out_n = MACHINE_UNLIMITED;
        return STATUS_OK;
    }
    if (machine_parse_count(out_n, out_why, text) != STATUS_OK) {
        return refuse(out_why, "expected a whole number or 'unlimited'");
    }
    return STATUS_OK;
}

enum status machine_parse_qpu_count(uint32_t *out_n, const char **out_why, const char *text) {
    uint32_t n;
    if (machine_parse_count(&n, out_why, text) != STATUS_OK || n == 0 || n > MACHINE_MAX_QPUS) {
        return refuse(out_why, "expected a whole number from 1 to 1048576");
    }
    *out_n = n;
    return STATUS_OK;
}

/* [+-] digits [. digits] [e [+-] digits], at least one digit before the exponent. */
static bool is_decimal(const char *text) {
    text += *text == '+' || *text == '-';
    size_t n_whole = strspn(text, digits), n_part = 0;
    text += n_whole;
    if (*text == '.') {
        n_part = strspn(text + 1, digits);
        text += 1 + n_part;
    }
    if (n_whole + n_part == 0) {
        return false;
    }
    if (*text == 'e' || *text == 'E') {
        text++;
        text += *text == '+' || *text == '-';
        size_t n_exponent = strspn(text, digits);
        return n_exponent > 0 && text[n_exponent] == '\0';
    }
    return *text == '\0';
}

static bool parse_in_range(double *out_value, const char *text, double low, double high) {
    if (!is_decimal(text)) {
        return false;
    }
    double value = strtod(text, NULL);
    if (!(value >= low && value <= high)) {
        return false;
    }
    *out_value = value == 0 ? 0 : value; /* no -0 */
    return true;
}

enum status machine_parse_probability(double *out_p, const char **out_why, const char *text) {
    return parse_in_range(out_p, text, 0, 1)
               ? STATUS_OK
               : refuse(out_why, "expected a probability, a number from 0 to 1 without unit");
}

enum status machine_parse_fidelity(double *out_fidelity, const char **out_why, const char *text) {
    return parse_in_range(out_fidelity, text, 0.25, 1)
               ? STATUS_OK
               : refuse(out_why, "expected a fidelity, a number from 0.25 to 1 without unit");
}

void machine_werner_weights(double out_weights[4], double fidelity) {
    out_weights[0] = fidelity;
    for (int i = 1; i < 4; i++) {
        out_weights[i] = (1 - fidelity) / 3;
    }
}

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool machine_is_qpu_name(const char *name) {
    size_t n = 0;
    while (is_letter(name[n]) || name[n] == '_' || (name[n] >= '0' && name[n] <= '9')) {
        n++;
    }
    return is_letter(name[0]) && name[n] == '\0' && n <= MACHINE_MAX_NAME;
}
