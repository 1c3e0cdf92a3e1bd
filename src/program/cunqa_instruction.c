#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "program/cunqa_reader.h"

enum { MAX_OPERANDS = 8, MAX_DEPTH = 64 };

/* ---- gates ---- */

struct gate_name {
    const char *name; /* CUNQA's */
    uint8_t n_params, n_qubits;
    const char *word; /* of the program, NULL: the same; with arguments of its own in brackets */
};

static const struct gate_name gate_names[] = {
    {"id", 0, 1, NULL},       {"x", 0, 1, NULL},         {"y", 0, 1, NULL},
    {"z", 0, 1, NULL},        {"h", 0, 1, NULL},         {"s", 0, 1, NULL},
    {"sdg", 0, 1, NULL},      {"t", 0, 1, NULL},         {"tdg", 0, 1, NULL},
    {"sx", 0, 1, NULL},       {"sxdg", 0, 1, NULL},      {"sy", 0, 1, NULL},
    {"sydg", 0, 1, NULL},     {"sz", 0, 1, "s"},         {"szdg", 0, 1, "sdg"},
    {"v", 0, 1, "sx"},        {"vdg", 0, 1, "sxdg"},     {"rx", 1, 1, NULL},
    {"ry", 1, 1, NULL},       {"rz", 1, 1, NULL},        {"p", 1, 1, NULL},
    {"u1", 1, 1, NULL},       {"u2", 2, 1, NULL},        {"r", 2, 1, NULL},
    {"u3", 3, 1, NULL},       {"u", 3, 1, NULL},         {"cx", 0, 2, NULL},
    {"cy", 0, 2, NULL},       {"cz", 0, 2, NULL},        {"ch", 0, 2, NULL},
    {"csx", 0, 2, NULL},      {"cs", 0, 2, NULL},        {"csdg", 0, 2, NULL},
    {"ct", 0, 2, "cp(pi/4)"}, {"swap", 0, 2, NULL},      {"iswap", 0, 2, NULL},
    {"dcx", 0, 2, NULL},      {"ecr", 0, 2, NULL},       {"crx", 1, 2, NULL},
    {"cry", 1, 2, NULL},      {"crz", 1, 2, NULL},       {"cp", 1, 2, NULL},
    {"cu1", 1, 2, NULL},      {"rxx", 1, 2, NULL},       {"ryy", 1, 2, NULL},
    {"rzz", 1, 2, NULL},      {"rzx", 1, 2, NULL},       {"cu3", 3, 2, NULL},
    {"cu", 4, 2, NULL},       {"ccx", 0, 3, NULL},       {"ccz", 0, 3, NULL},
    {"cswap", 0, 3, NULL},    {"mcx", 0, 2, "cx"},       {"mcx", 0, 3, "ccx"},
    {"mcx", 0, 4, "c3x"},     {"mcx", 0, 5, "c4x"},      {"mcy", 0, 2, "cy"},
    {"mcz", 0, 2, "cz"},      {"mcz", 0, 3, "ccz"},      {"mcsx", 0, 2, "csx"},
    {"mcp", 1, 2, "cp"},      {"mcu1", 1, 2, "cu1"},     {"mcrx", 1, 2, "crx"},
    {"mcry", 1, 2, "cry"},    {"mcrz", 1, 2, "crz"},     {"mcu3", 3, 2, "cu3"},
    {"mcu", 4, 2, "cu"},      {"mcswap", 0, 3, "cswap"},
};

/* *out_gate: with that number of qubits, else any of that name, else NULL. */
static void find_gate(const struct gate_name **out_gate, const char *name, size_t n_qubits) {
    *out_gate = NULL;
    for (size_t i = 0; i < sizeof gate_names / sizeof *gate_names; i++) {
        if (strcmp(gate_names[i].name, name) == 0) {
            *out_gate = &gate_names[i];
            if (gate_names[i].n_qubits == n_qubits) {
                return;
            }
        }
    }
}

/* ---- operands ---- */

static struct cunqa_circuit *own_circuit(const struct cunqa *c) {
    return &c->circuits[c->own];
}

static const char *name_of(const json_t *item) {
    const char *name = json_string_value(json_object_get(item, "name"));

    return name == NULL ? "" : name;
}

/* Indices of a list, each at least `least` and below `end`. */
static enum status read_indices(const struct cunqa *c, int64_t *out, size_t *out_n,
                                const json_t *item, const char *key, int64_t least, int64_t end) {
    const json_t *list = json_object_get(item, key);
    size_t n = json_array_size(list);

    if (n == 0 || n > MAX_OPERANDS) {
        return cunqa_refuse(c, "%.32s: expected \"%s\", from 1 to %d numbers", name_of(item), key,
                            (int)MAX_OPERANDS);
    }
    for (size_t i = 0; i < n; i++) {
        const json_t *value = json_array_get(list, i);
        if (!json_is_integer(value) || json_integer_value(value) < least ||
            json_integer_value(value) >= end) {
            return cunqa_refuse(c, "%.32s: entry %zu of \"%s\" is no number from %lld to %lld",
                                name_of(item), i, key, (long long)least, (long long)end - 1);
        }
        out[i] = json_integer_value(value);
    }
    *out_n = n;
    return STATUS_OK;
}

/* Qubits of this circuit, or of the one that exposed some (-1, -2 ...). */
static enum status read_qubits(struct cunqa *c, int64_t *out, size_t *out_n, const json_t *item,
                               bool may_be_copies) {
    struct cunqa_circuit *own = own_circuit(c);
    int64_t least = may_be_copies ? -(int64_t)c->n_control : 0;

    TRY(read_indices(c, out, out_n, item, "qubits", least, own->n_qubits));
    for (size_t i = 0; i < *out_n; i++) {
        for (size_t k = 0; k < i; k++) {
            if (out[i] == out[k]) {
                return cunqa_refuse(c, "%.32s: qubit %lld twice", name_of(item), (long long)out[i]);
            }
        }
        if (out[i] >= 0) {
            own->is_used[out[i]] = true;
        }
    }
    return STATUS_OK;
}

static enum status read_bits(struct cunqa *c, int64_t *out, size_t *out_n, const json_t *item) {
    return read_indices(c, out, out_n, item, "clbits", 0, own_circuit(c)->n_bits);
}

static enum status read_one(struct cunqa *c, uint32_t *out_qubit, const json_t *item) {
    int64_t qubits[MAX_OPERANDS];
    size_t n;

    TRY(read_qubits(c, qubits, &n, item, false));
    if (n != 1) {
        return cunqa_refuse(c, "%.32s on %zu qubits: expected one", name_of(item), n);
    }
    *out_qubit = (uint32_t)qubits[0];
    return STATUS_OK;
}

static void put_qubit(struct cunqa *c, int64_t qubit) {
    if (qubit >= 0) {
        text_printf(&c->body, "d%u[%lld]", c->own, (long long)qubit);
    } else {
        text_printf(&c->body, "l%u[%u]", c->own, c->control[-1 - qubit].wire);
    }
}

/* A bit that was never written is 0, and a program has no name for that. */
static void put_bit(struct cunqa *c, int64_t bit, bool is_inverted) {
    if (!own_circuit(c)->is_written[bit]) {
        text_add(&c->body, is_inverted ? "true" : "false");
        return;
    }
    text_printf(&c->body, "%sc%u[%lld]", is_inverted ? "!" : "", c->own, (long long)bit);
}

/* ---- gates, measurements, resets ---- */

static enum status put_params(struct cunqa *c, const json_t *item, const struct gate_name *gate) {
    const json_t *params = json_object_get(item, "params");

    if (json_array_size(params) != gate->n_params) {
        return cunqa_refuse(c, "%.32s with %zu parameters: expected %u", gate->name,
                            json_array_size(params), gate->n_params);
    }
    for (unsigned i = 0; i < gate->n_params; i++) {
        const json_t *value = json_array_get(params, i);
        if (!json_is_number(value)) {
            return cunqa_refuse(c, "%.32s: parameter %u is no number; parameters need values",
                                gate->name, i);
        }
        if (!(fabs(json_number_value(value)) < GATE_MAX_ANGLE)) {
            return cunqa_refuse(c, "%.32s: parameter %u is 2^28 or more", gate->name, i);
        }
        text_add(&c->body, i == 0 ? "(" : ", ");
        text_add_double(&c->body, json_number_value(value));
    }
    text_add(&c->body, gate->n_params > 0 ? ")" : "");
    return STATUS_OK;
}

static enum status read_gate(struct cunqa *c, const json_t *item) {
    const char *name = name_of(item);
    const struct gate_name *gate;
    int64_t qubits[MAX_OPERANDS];
    size_t n = json_array_size(json_object_get(item, "qubits"));

    find_gate(&gate, name, n);
    if (gate == NULL) {
        return cunqa_refuse(c, "\"%.32s\" is not supported", name);
    }
    if (gate->n_qubits != n) {
        return cunqa_refuse(c, "%.32s on %zu qubits is not supported", name, n);
    }
    TRY(read_qubits(c, qubits, &n, item, true));
    text_add(&c->body, gate->word != NULL ? gate->word : gate->name);
    TRY(put_params(c, item, gate));
    for (size_t i = 0; i < n; i++) {
        text_add(&c->body, i == 0 ? " " : ", ");
        put_qubit(c, qubits[i]);
    }
    text_add(&c->body, ";\n");
    return STATUS_OK;
}

static enum status read_measure(struct cunqa *c, const json_t *item) {
    int64_t qubits[MAX_OPERANDS], bits[MAX_OPERANDS];
    size_t n, n_bits;

    TRY(read_qubits(c, qubits, &n, item, false));
    TRY(read_bits(c, bits, &n_bits, item));
    if (n != n_bits) {
        return cunqa_refuse(c, "measure of %zu qubits into %zu bits", n, n_bits);
    }
    for (size_t i = 0; i < n; i++) {
        own_circuit(c)->is_written[bits[i]] = true;
        text_printf(&c->body, "c%u[%lld] = measure d%u[%lld];\n", c->own, (long long)bits[i],
                    c->own, (long long)qubits[i]);
    }
    return STATUS_OK;
}

static enum status read_list(struct cunqa *c, const json_t *item, const char *word) {
    int64_t qubits[MAX_OPERANDS];
    size_t n;

    TRY(read_qubits(c, qubits, &n, item, false));
    for (size_t i = 0; i < n; i++) {
        text_printf(&c->body, "%s d%u[%lld];\n", word, c->own, (long long)qubits[i]);
    }
    return STATUS_OK;
}

/* ---- conditions ---- */

static enum status read_block(struct cunqa *c, const json_t *item);

/* All (and), one (or) or an odd number (xor) of the bits equal the condition. */
static enum status read_cif(struct cunqa *c, const json_t *item) {
    const json_t *condition = json_object_get(item, "condition");
    const char *word = json_string_value(json_object_get(item, "operation")), *sign;
    bool is_inverted = json_is_integer(condition) && json_integer_value(condition) == 0;
    int64_t bits[MAX_OPERANDS];
    size_t n;

    if (condition != NULL && !is_inverted &&
        !(json_is_integer(condition) && json_integer_value(condition) == 1)) {
        return cunqa_refuse(c, "cif: the condition is neither 0 nor 1");
    }
    word = word == NULL ? "and" : word;
    sign = strncmp(word, "and", 3) == 0   ? " && "
           : strncmp(word, "or", 2) == 0  ? " || "
           : strncmp(word, "xor", 3) == 0 ? " ^ "
                                          : NULL;
    if (sign == NULL) {
        return cunqa_refuse(c, "cif: operation \"%.16s\"; expected and, or, xor", word);
    }
    TRY(read_bits(c, bits, &n, item));
    if (json_array_size(json_object_get(item, "instructions")) == 0) {
        return STATUS_OK;
    }
    text_add(&c->body, "if (");
    for (size_t i = 0; i < n; i++) {
        text_add(&c->body, i == 0 ? "" : sign);
        put_bit(c, bits[i], is_inverted);
    }
    text_add(&c->body, ") {\n");
    TRY(read_block(c, item));
    text_add(&c->body, "}\n");
    return STATUS_OK;
}

/* A gate under the bit that an earlier version of CUNQA names by an index. */
static enum status read_conditional(struct cunqa *c, const json_t *item, bool is_remote) {
    struct cunqa_circuit *own = own_circuit(c);
    int64_t at[MAX_OPERANDS];
    size_t n;

    TRY(read_indices(c, at, &n, item, is_remote ? "remote_conditional_reg" : "conditional_reg", 0,
                     is_remote ? own->n_qubits : own->n_bits));
    if (is_remote && own->last_recv[at[0]] == 0) {
        return cunqa_refuse(c, "%.32s: no recv before it with that remote_conditional_reg",
                            name_of(item));
    }
    text_add(&c->body, "if (");
    if (is_remote) {
        text_printf(&c->body, "m%u[%u]", own->last_from[at[0]], own->last_recv[at[0]] - 1);
    } else {
        put_bit(c, at[0], false);
    }
    text_add(&c->body, ") {\n");
    TRY(read_gate(c, item));
    text_add(&c->body, "}\n");
    return STATUS_OK;
}

/* ---- classical messages ---- */

static enum status read_send(struct cunqa *c, const json_t *item) {
    struct cunqa_circuit *own = own_circuit(c);
    int64_t bits[MAX_OPERANDS];
    uint32_t to;
    size_t n;

    TRY(cunqa_find_partner(c, &to, item));
    TRY(read_bits(c, bits, &n, item));
    for (size_t i = 0; i < n; i++) { /* a copy: the bit may change before it is received */
        text_printf(&c->body, "@qspan.at \"%s\"\nm%u[%u] = ", own->id, c->own, own->n_made_bits);
        put_bit(c, bits[i], false);
        text_add(&c->body, ";\n");
        TRY(cunqa_push(c, CUNQA_BIT, to, (struct cunqa_message){.bit = own->n_made_bits++}));
    }
    return STATUS_OK;
}

static enum status read_measure_and_send(struct cunqa *c, const json_t *item) {
    struct cunqa_circuit *own = own_circuit(c);
    uint32_t to, qubit = 0;

    TRY(cunqa_find_partner(c, &to, item));
    TRY(read_one(c, &qubit, item));
    text_printf(&c->body, "m%u[%u] = measure d%u[%u];\n", c->own, own->n_made_bits, c->own, qubit);
    return cunqa_push(c, CUNQA_BIT, to, (struct cunqa_message){.bit = own->n_made_bits++});
}

/* All bits at once, or none yet. */
static enum status read_recv(struct cunqa *c, bool *out_waits, const json_t *item) {
    struct cunqa_circuit *own = own_circuit(c);
    bool is_register = json_object_get(item, "clbits") == NULL;
    int64_t at[MAX_OPERANDS];
    uint32_t from;
    size_t n;

    TRY(cunqa_find_partner(c, &from, item));
    if (is_register) {
        TRY(read_indices(c, at, &n, item, "remote_conditional_reg", 0, own->n_qubits));
        n = 1;
    } else {
        TRY(read_bits(c, at, &n, item));
    }
    *out_waits = !cunqa_has(c, CUNQA_BIT, from, n);
    for (size_t i = 0; i < n && !*out_waits; i++) {
        const struct cunqa_message *message = cunqa_take(c, CUNQA_BIT, from);
        if (is_register) {
            own->last_recv[at[0]] = message->bit + 1;
            own->last_from[at[0]] = from;
            return STATUS_OK;
        }
        own->is_written[at[i]] = true;
        text_printf(&c->body, "@qspan.at \"%s\"\nc%u[%lld] = m%u[%u];\n", own->id, c->own,
                    (long long)at[i], from, message->bit);
    }
    return STATUS_OK;
}

/* ---- quantum messages ---- */

/* A pair between this circuit and another: l<own>[*out_near], l<to>[*out_far]. */
static enum status add_ebit(struct cunqa *c, uint32_t *out_near, uint32_t *out_far, uint32_t to) {
    TRY(cunqa_borrow(c, out_near, c->own));
    TRY(cunqa_borrow(c, out_far, to));
    text_printf(&c->body, "ebit(l%u[%u], l%u[%u]);\n", c->own, *out_near, to, *out_far);
    return STATUS_OK;
}

/* The half of a teleportation that the sender does. */
static enum status read_qsend(struct cunqa *c, const json_t *item) {
    struct cunqa_circuit *own = own_circuit(c);
    uint32_t to, qubit = 0, near, far, bit = own->n_made_bits;

    TRY(cunqa_find_partner(c, &to, item));
    TRY(read_one(c, &qubit, item));
    TRY(add_ebit(c, &near, &far, to));
    text_printf(&c->body, "cx d%u[%u], l%u[%u];\nh d%u[%u];\n", c->own, qubit, c->own, near, c->own,
                qubit);
    text_printf(&c->body, "m%u[%u] = measure d%u[%u];\n", c->own, bit, c->own, qubit);
    text_printf(&c->body, "m%u[%u] = measure l%u[%u];\n", c->own, bit + 1, c->own, near);
    text_printf(&c->body, "reset d%u[%u];\n", c->own, qubit);
    own->is_used[qubit] = false;
    own->n_made_bits += 2;
    own->is_lent[near] = false;
    return cunqa_push(c, CUNQA_QUBIT, to, (struct cunqa_message){.bit = bit, .wire = far});
}

static enum status read_qrecv(struct cunqa *c, bool *out_waits, const json_t *item) {
    struct cunqa_circuit *own = own_circuit(c);
    const struct cunqa_message *message;
    uint32_t from, qubit = 0;

    TRY(cunqa_find_partner(c, &from, item));
    *out_waits = !cunqa_has(c, CUNQA_QUBIT, from, 1);
    if (*out_waits) {
        return STATUS_OK;
    }
    message = cunqa_take(c, CUNQA_QUBIT, from);
    const json_t *first = json_array_get(json_object_get(item, "qubits"), 0);
    int64_t index = json_integer_value(first);
    bool was_used = index >= 0 && index < own->n_qubits && own->is_used[index];
    TRY(read_one(c, &qubit, item));
    if (was_used) {
        text_printf(&c->body, "reset d%u[%u];\n", c->own, qubit);
    }
    text_printf(&c->body, "if (m%u[%u]) x l%u[%u];\n", from, message->bit + 1, c->own,
                message->wire);
    text_printf(&c->body, "if (m%u[%u]) z l%u[%u];\n", from, message->bit, c->own, message->wire);
    text_printf(&c->body, "swap l%u[%u], d%u[%u];\n", c->own, message->wire, c->own, qubit);
    own->is_lent[message->wire] = false;
    return STATUS_OK;
}

static enum status read_expose(struct cunqa *c, const json_t *item) {
    struct cunqa_circuit *own = own_circuit(c);
    struct cunqa_message message = {.first = c->n_copies};
    int64_t qubits[MAX_OPERANDS];
    uint32_t to;

    TRY(cunqa_find_partner(c, &to, item));
    TRY(read_qubits(c, qubits, &message.n, item, false));
    TRY(vec_reserve(&c->copies, c->n_copies, &c->cap_copies, message.n, sizeof *c->copies));
    for (size_t i = 0; i < message.n; i++) {
        uint32_t near, far, qubit = (uint32_t)qubits[i];
        TRY(add_ebit(c, &near, &far, to));
        text_printf(&c->body, "cx d%u[%u], l%u[%u];\nm%u[%u] = measure l%u[%u];\n", c->own, qubit,
                    c->own, near, c->own, own->n_made_bits, c->own, near);
        text_printf(&c->body, "if (m%u[%u]) x l%u[%u];\n", c->own, own->n_made_bits, to, far);
        own->n_made_bits++;
        own->is_lent[near] = false;
        c->copies[c->n_copies++] = (struct cunqa_copy){qubit, far};
    }
    own->is_exposing = true;
    return cunqa_push(c, CUNQA_COPY, to, message);
}

/* Gates with the copies, and the end of the telegate on both sides. */
static enum status read_rcontrol(struct cunqa *c, bool *out_waits, const json_t *item) {
    struct cunqa_circuit *own = own_circuit(c), *other;
    const struct cunqa_message *message;
    uint32_t from;

    TRY(cunqa_find_partner(c, &from, item));
    message = cunqa_take(c, CUNQA_COPY, from);
    *out_waits = message == NULL;
    if (message == NULL) {
        return STATUS_OK;
    }
    c->control = &c->copies[message->first];
    c->n_control = message->n;
    TRY(read_block(c, item));
    for (size_t i = 0; i < c->n_control; i++) {
        uint32_t wire = c->control[i].wire, bit = own->n_made_bits++;
        text_printf(&c->body, "h l%u[%u];\nm%u[%u] = measure l%u[%u];\n", c->own, wire, c->own, bit,
                    c->own, wire);
        text_printf(&c->body, "if (m%u[%u]) z d%u[%u];\n", c->own, bit, from, c->control[i].source);
        own->is_lent[wire] = false;
    }
    c->n_control = 0;
    other = &c->circuits[from];
    other->is_exposing = false;
    other->at++;
    return STATUS_OK;
}

/* ---- any ---- */

static enum status check_keys(const struct cunqa *c, const json_t *item) {
    static const char *const keys[] = {"name",         "qubits",          "clbits",
                                       "params",       "circuits",        "qpus",
                                       "instructions", "condition",       "operation",
                                       "clreg",        "conditional_reg", "remote_conditional_reg"};
    const size_t n_keys = sizeof keys / sizeof *keys;

    for (void *at = json_object_iter((json_t *)item); at != NULL;
         at = json_object_iter_next((json_t *)item, at)) {
        size_t i = 0;
        while (i < n_keys && strcmp(keys[i], json_object_iter_key(at)) != 0) {
            i++;
        }
        if (i == n_keys) {
            return cunqa_refuse(c, "%.32s: \"%.32s\" is not supported", name_of(item),
                                json_object_iter_key(at));
        }
    }
    return STATUS_OK;
}

/* What may stand in blocks as well. */
static enum status read_local(struct cunqa *c, bool *out_is_read, const json_t *item) {
    const char *name = name_of(item);

    *out_is_read = true;
    if (json_object_get(item, "conditional_reg") != NULL) {
        return read_conditional(c, item, false);
    }
    if (json_object_get(item, "remote_conditional_reg") != NULL && strcmp(name, "recv") != 0) {
        return read_conditional(c, item, true);
    }
    if (strcmp(name, "measure") == 0) {
        return read_measure(c, item);
    }
    if (strcmp(name, "reset") == 0 || strcmp(name, "barrier") == 0) {
        return read_list(c, item, name);
    }
    if (strcmp(name, "cif") == 0) {
        return read_cif(c, item);
    }
    *out_is_read = false;
    return STATUS_OK;
}

static enum status check_item(const struct cunqa *c, const json_t *item) {
    if (!json_is_object(item) || name_of(item)[0] == '\0') {
        return cunqa_refuse(c, "expected an object with a name");
    }
    return check_keys(c, item);
}

static enum status read_block(struct cunqa *c, const json_t *item) {
    const json_t *list = json_object_get(item, "instructions");

    if (!json_is_array(list)) {
        return cunqa_refuse(c, "%.32s: expected an array of instructions", name_of(item));
    }
    if (++c->depth > MAX_DEPTH) {
        return cunqa_refuse(c, "blocks nested deeper than %d", (int)MAX_DEPTH);
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        static const char *const remote[] = {"send",   "recv",     "qsend",           "qrecv",
                                             "expose", "rcontrol", "measure_and_send"};
        const json_t *inner = json_array_get(list, i);
        bool is_read;
        TRY(check_item(c, inner));
        for (size_t k = 0; k < sizeof remote / sizeof *remote; k++) {
            if (strcmp(name_of(inner), remote[k]) == 0) {
                return cunqa_refuse(c, "%s within %.32s", remote[k], name_of(item));
            }
        }
        TRY(read_local(c, &is_read, inner));
        if (!is_read) {
            TRY(read_gate(c, inner));
        }
    }
    c->depth--;
    return STATUS_OK;
}

enum status cunqa_read_instruction(struct cunqa *c, bool *out_waits, const json_t *item) {
    const char *name = name_of(item);
    bool is_read;

    TRY(check_item(c, item));
    TRY(read_local(c, &is_read, item));
    if (is_read) {
        return STATUS_OK;
    }
    if (strcmp(name, "send") == 0) {
        return read_send(c, item);
    }
    if (strcmp(name, "measure_and_send") == 0) {
        return read_measure_and_send(c, item);
    }
    if (strcmp(name, "recv") == 0) {
        return read_recv(c, out_waits, item);
    }
    if (strcmp(name, "qsend") == 0) {
        return read_qsend(c, item);
    }
    if (strcmp(name, "qrecv") == 0) {
        return read_qrecv(c, out_waits, item);
    }
    if (strcmp(name, "expose") == 0) {
        return read_expose(c, item);
    }
    if (strcmp(name, "rcontrol") == 0) {
        return read_rcontrol(c, out_waits, item);
    }
    return read_gate(c, item);
}
