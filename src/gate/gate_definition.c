/* The definitions of the table read as OpenQASM text: splitting of big gates, and printing. */
#include <math.h>
#include <string.h>

#include "base/log.h"
#include "gate/gate.h"
#include "gate/op.h"

/* theta (the only parameter of the gates split here), or a fraction of pi such as -pi/16. */
static const char *read_angle(double *out_angle, const char *text, const double *params) {
    if (strncmp(text, "theta", 5) == 0) {
        *out_angle = params[0];
        return text + 5;
    }
    bool is_negative = *text == '-';
    text += is_negative;
    CHECK(strncmp(text, "pi/", 3) == 0);
    text += 3;
    int divisor = 0;
    for (; *text >= '0' && *text <= '9'; text++) {
        divisor = 10 * divisor + (*text - '0');
    }
    CHECK(divisor > 0);
    *out_angle = (is_negative ? -M_PI : M_PI) / divisor;
    return text;
}

/* One statement, such as `cx a,b;` or `p(pi/8) c;`; operands are letters from a on. */
static enum status add_statement(struct op_list *out, const char **text, const double *params,
                                 const uint32_t *qubits, struct src_loc loc) {
    const char *at = *text;
    size_t n_name = strcspn(at, "( ");
    char name[16];
    CHECK(n_name < sizeof name);
    memcpy(name, at, n_name);
    name[n_name] = '\0';
    at += n_name;
    double angle = 0;
    if (*at == '(') {
        at = read_angle(&angle, at + 1, params);
        CHECK(*at == ')');
        at++;
    }
    uint32_t operands[2];
    unsigned n_operands = 0;
    for (; *at != ';'; at += 2) {
        CHECK(n_operands < 2);
        operands[n_operands++] = qubits[at[1] - 'a'];
    }
    *text = at + 1;
    return op_list_add_gate(out, gate_find(name), operands, &angle, loc);
}

enum status gate_decompose(struct op_list *out, enum gate_id gate, const double *params,
                           const uint32_t *qubits, struct src_loc loc) {
    const struct gate_info *info = gate_get(gate);
    CHECK(info->n_qubits >= 3 || (info->n_qubits == 2 && info->diagonal_mask == 0));
    CHECK(info->n_params <= 1 && info->definition != NULL);
    const char *text = strchr(info->definition, '{') + 2;
    while (*text != '}') {
        TRY(add_statement(out, &text, params, qubits, loc));
        text += *text == ' ';
    }
    return STATUS_OK;
}

enum status gate_print_definition(struct text *out, enum gate_id gate) {
    enum { max_line = 100, indent = 4 };
    const char *text = gate_get(gate)->definition;
    CHECK(text);
    size_t n_line = 0;
    while (*text) {
        /* A piece is the head with its brace, a statement, or the last brace. */
        size_t n = strcspn(text, "{;}") + 1;
        if (n_line > 0 && n_line + 1 + n > max_line) {
            text_printf(out, "\n%*s", indent, "");
            n_line = indent;
        } else if (n_line > 0) {
            text_add(out, " ");
            n_line++;
        }
        text_add_n(out, text, n);
        n_line += n;
        text += n;
        text += *text == ' ';
    }
    text_add(out, "\n");
    if (out->failed) {
        return log_error(STATUS_NOFIT, "out of memory: the text of gate %s", gate_get(gate)->name);
    }
    return STATUS_OK;
}
