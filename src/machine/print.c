#include <string.h>
#include <strings.h>

#include "base/units.h"
#include "machine/machine.h"
#include "machine/physical_fields.h"

/* Next code point of valid UTF-8; its length in *out_n. */
static uint32_t decode(const char *text, size_t *out_n) {
    const unsigned char *s = (const unsigned char *)text;
    size_t n = s[0] < 0x80 ? 1 : s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : 4;
    uint32_t code = n == 1 ? s[0] : s[0] & (0x7Fu >> n);
    for (size_t i = 1; i < n; i++) {
        code = code << 6 | (s[i] & 0x3Fu);
    }
    *out_n = n;
    return code;
}

/* May stand as it is in a double-quoted YAML scalar. */
static bool is_printable(uint32_t code) {
    if (code < 0x20 || (code >= 0x7F && code < 0xA0) || code == '"' || code == '\\') {
        return false;
    }
    return code != 0x2028 && code != 0x2029 && code != 0xFEFF && code != 0xFFFE && code != 0xFFFF;
}

static void add_quoted(struct text *out, const char *label) {
    text_add(out, "\"");
    while (*label != '\0') {
        size_t n;
        uint32_t code = decode(label, &n);
        if (is_printable(code)) {
            text_add_n(out, label, n);
        } else {
            text_printf(out, "\\u%04X", code);
        }
        label += n;
    }
    text_add(out, "\"");
}

/* Words that YAML tools read as something else than text. */
static bool is_reserved(const char *label) {
    static const char *const words[] = {"null", "true", "false", "yes", "no",
                                        "on",   "off",  "y",     "n"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcasecmp(label, words[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* A letter, then letters, digits, _ - . and blanks, no blank at the end: plain in any context. */
static bool is_plain(const char *label) {
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-. ";
    size_t n = strlen(label);
    return n > 0 && memchr(plain, *label, 52) != NULL && strspn(label, plain) == n &&
           label[n - 1] != ' ' && !is_reserved(label);
}

void machine_print_label(struct text *out, const char *label) {
    if (is_plain(label)) {
        text_add(out, label);
    } else {
        add_quoted(out, label);
    }
}

static void add_time(struct text *out, const char *before, int64_t t_ps) {
    char buffer[32];
    text_printf(out, "%s%s", before, units_print_time(buffer, sizeof buffer, t_ps));
}

static void add_op(struct text *out, const char *key, const struct machine_op *op) {
    if (op->t_ps == 0 && op->p_err == 0) {
        return;
    }
    text_printf(out, ", %s: {", key);
    if (op->t_ps != 0) {
        add_time(out, "time: ", op->t_ps);
    }
    if (op->p_err != 0) {
        text_add(out, op->t_ps != 0 ? ", error: " : "error: ");
        text_add_double(out, op->p_err);
    }
    text_add(out, "}");
}

static void add_qpu(struct text *out, const struct machine_qpu *qpu) {
    text_add(out, "  - {name: ");
    machine_print_label(out, qpu->name);
    text_printf(out, ", data: %u", qpu->n_data);
    if (qpu->n_comm == MACHINE_UNLIMITED) {
        text_add(out, ", comm: unlimited");
    } else if (qpu->n_comm != 0) {
        text_printf(out, ", comm: %u", qpu->n_comm);
    }
    if (qpu->rack != NULL) {
        text_add(out, ", rack: ");
        machine_print_label(out, qpu->rack);
    }
    if (qpu->data_centre != NULL) {
        text_add(out, ", data_centre: ");
        machine_print_label(out, qpu->data_centre);
    }
    if (qpu->t1_ps != 0) {
        add_time(out, ", T1: ", qpu->t1_ps);
    }
    if (qpu->t2_ps != 0) {
        add_time(out, ", T2: ", qpu->t2_ps);
    }
    add_op(out, "gate1", &qpu->gate1);
    add_op(out, "gate2", &qpu->gate2);
    add_op(out, "measure", &qpu->measure);
    add_op(out, "reset", &qpu->reset);
    text_add(out, "}\n");
}

/* Fidelity where it says the same bits, else weights. */
static void add_link_values(struct text *out, const struct machine_link *link) {
    const double *w = link->weights;
    double other = (1 - w[0]) / 3;
    if (w[0] >= 0.25 && w[0] <= 1 && w[1] == other && w[2] == other && w[3] == other) {
        text_add(out, "fidelity: ");
        text_add_double(out, w[0]);
    } else {
        text_add(out, "weights: [");
        for (int i = 0; i < 4; i++) {
            text_add(out, i == 0 ? "" : ", ");
            text_add_double(out, w[i]);
        }
        text_add(out, "]");
    }
    if (link->t_ebit_ps != 0) {
        add_time(out, ", time: ", link->t_ebit_ps);
    }
    if (link->t_bit_ps != 0) {
        add_time(out, ", classical: ", link->t_bit_ps);
    }
    text_add(out, "}\n");
}

enum status machine_print(struct text *out, const struct machine *machine) {
    text_add(out, "name: ");
    machine_print_label(out, machine->name);
    text_add(out, "\nqpus:\n");
    for (size_t i = 0; i < machine->n_qpus; i++) {
        add_qpu(out, &machine->qpus[i]);
    }
    if (machine->physical != NULL) {
        machine_print_physical(out, machine);
    } else if (machine->is_complete) {
        text_add(out, "default_link: {");
        add_link_values(out, &machine->default_link);
    }
    text_add(out, machine->n_links > 0 ? "links:\n" : "");
    for (size_t i = 0; i < machine->n_links; i++) {
        const struct machine_link *link = &machine->links[i];
        text_add(out, "  - {between: [");
        machine_print_label(out, machine->qpus[link->a].name);
        text_add(out, ", ");
        machine_print_label(out, machine->qpus[link->b].name);
        text_add(out, "], ");
        add_link_values(out, link);
    }
    return out->failed ? log_error(STATUS_NOFIT, "no memory to print the machine") : STATUS_OK;
}
