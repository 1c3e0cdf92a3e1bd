#include "support/definition.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct reader {
    const char *at;
    const char *error;
    char names[GATE_MAX_PARAMS][32];
    unsigned n_names;
    const double *values;
};

static void skip_blanks(struct reader *r) {
    while (isspace((unsigned char)*r->at)) {
        r->at++;
    }
}

static bool accept(struct reader *r, char c) {
    skip_blanks(r);
    bool is_there = *r->at == c;
    r->at += is_there;
    return is_there;
}

static void expect(struct reader *r, char c, const char *error) {
    if (!accept(r, c) && !r->error) {
        r->error = error;
    }
}

static void read_name(struct reader *r, char name[32]) {
    size_t n = 0;
    skip_blanks(r);
    while ((isalnum((unsigned char)*r->at) || *r->at == '_') && n < 31) {
        name[n++] = *r->at++;
    }
    name[n] = '\0';
    if (n == 0 && !r->error) {
        r->error = "a name is missing";
    }
}

static double read_sum(struct reader *r);

static double read_factor(struct reader *r) {
    if (accept(r, '-')) {
        return -read_factor(r);
    }
    if (accept(r, '(')) {
        double value = read_sum(r);
        expect(r, ')', "')' is missing");
        return value;
    }
    if (isdigit((unsigned char)*r->at)) {
        char *end;
        double value = strtod(r->at, &end);
        r->at = end;
        return value;
    }
    char name[32];
    read_name(r, name);
    for (unsigned i = 0; i < r->n_names; i++) {
        if (!strcmp(name, r->names[i])) {
            return r->values[i];
        }
    }
    if (strcmp(name, "pi") != 0 && !r->error) {
        r->error = "unknown parameter";
    }
    return M_PI;
}

static double read_product(struct reader *r) {
    double value = read_factor(r);
    for (;;) {
        if (accept(r, '*')) {
            value *= read_factor(r);
        } else if (accept(r, '/')) {
            value /= read_factor(r);
        } else {
            return value;
        }
    }
}

static double read_sum(struct reader *r) {
    double value = read_product(r);
    for (;;) {
        if (accept(r, '+')) {
            value += read_product(r);
        } else if (accept(r, '-')) {
            value -= read_product(r);
        } else {
            return value;
        }
    }
}

static void read_head(struct reader *r, struct definition *out) {
    char name[32];
    read_name(r, name);
    if (strcmp(name, "gate") != 0) {
        r->error = "`gate` is missing";
    }
    read_name(r, out->name);
    if (accept(r, '(')) {
        do {
            read_name(r, r->names[r->n_names++]);
        } while (accept(r, ',') && r->n_names < GATE_MAX_PARAMS);
        expect(r, ')', "')' of the parameters is missing");
    }
    out->n_params = r->n_names;
    do {
        read_name(r, name);
        if (strlen(name) != 1 || name[0] != (char)('a' + out->n_operands)) {
            r->error = "operands must be a, b, c ...";
        }
        out->n_operands++;
    } while (accept(r, ',') && !r->error);
    expect(r, '{', "'{' is missing");
}

static void read_statement(struct reader *r, struct definition *out) {
    char name[32];
    double params[GATE_MAX_PARAMS], matrix[GATE_MAX_MATRIX];
    uint32_t qubits[GATE_MAX_QUBITS];
    unsigned n_params = 0, n_qubits = 0;
    read_name(r, name);
    enum gate_id gate = gate_find(name);
    if (gate == GATE_NONE) {
        r->error = "unknown gate";
        return;
    }
    if (accept(r, '(')) {
        do {
            params[n_params++] = read_sum(r);
        } while (accept(r, ',') && n_params < GATE_MAX_PARAMS);
        expect(r, ')', "')' of the angles is missing");
    }
    do {
        read_name(r, name);
        qubits[n_qubits++] = (uint32_t)(name[0] - 'a');
        if (strlen(name) != 1 || qubits[n_qubits - 1] >= out->n_operands) {
            r->error = "unknown operand";
        }
    } while (accept(r, ',') && n_qubits < GATE_MAX_QUBITS);
    expect(r, ';', "';' is missing");
    if (n_params != gate_get(gate)->n_params || n_qubits != gate_get(gate)->n_qubits) {
        r->error = "wrong number of angles or operands";
    }
    if (r->error) {
        return;
    }
    struct dense unitary;
    gate_unitary(matrix, gate, params);
    dense_from_array(&unitary, matrix, n_qubits);
    dense_apply(&out->unitary, &unitary, qubits);
    out->gates[out->n_gates++] = gate;
}

const char *definition_eval(struct definition *out, const char *text, const double *params) {
    struct reader r = {.at = text, .values = params};
    memset(out, 0, sizeof *out);
    read_head(&r, out);
    dense_identity(&out->unitary, out->n_operands);
    while (!r.error && !accept(&r, '}')) {
        read_statement(&r, out);
        if (out->n_gates == 128) {
            r.error = "too many gates";
        }
    }
    skip_blanks(&r);
    if (!r.error && *r.at) {
        r.error = "text after the definition";
    }
    return r.error;
}
