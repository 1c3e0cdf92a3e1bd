#include "program/cunqa.h"

#include <stdarg.h>
#include <string.h>

#include "base/mem.h"
#include "program/cunqa_reader.h"

enum { MAX_CIRCUITS = 1024, MAX_ID = 64 };

static size_t skip_blanks(const char *text, size_t n) {
    size_t at = n >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;

    while (at < n && memchr(" \t\r\n", text[at], 4) != NULL) {
        at++;
    }
    return at;
}

bool cunqa_is_text(const char *text, size_t n) {
    size_t at = skip_blanks(text, n);

    return at < n && (text[at] == '{' || text[at] == '[');
}

static enum status refuse_circuit(const struct cunqa *c, uint32_t index, const char *what,
                                  const char *word) {
    return log_error_at(STATUS_INPUT, (struct src_loc){.file = c->file}, "circuit %u: %s%.64s",
                        index, what, word);
}

enum status cunqa_refuse(const struct cunqa *c, const char *fmt, ...) {
    struct text message = {0};
    va_list args;
    enum status status;

    va_start(args, fmt);
    text_vprintf(&message, fmt, args);
    va_end(args);
    status = log_error_at(
        STATUS_INPUT, (struct src_loc){.file = c->file}, "circuit %u (\"%s\"), instruction %zu: %s",
        c->own, c->circuits[c->own].id, c->number, message.failed ? "out of memory" : message.data);
    text_fini(&message);
    return status;
}

/* ---- messages ---- */

static size_t channel(const struct cunqa *c, enum cunqa_cargo cargo, uint32_t from, uint32_t to) {
    return ((size_t)cargo * c->n_circuits + from) * c->n_circuits + to;
}

enum status cunqa_push(struct cunqa *c, enum cunqa_cargo cargo, uint32_t to,
                       struct cunqa_message message) {
    size_t at = channel(c, cargo, c->own, to);
    uint32_t index = u32_from_size(c->n_messages);

    TRY(vec_reserve(&c->messages, c->n_messages, &c->cap_messages, 1, sizeof *c->messages));
    message.next = CUNQA_NONE;
    c->messages[c->n_messages++] = message;
    if (c->heads[at] == CUNQA_NONE) {
        c->heads[at] = index;
    } else {
        c->messages[c->tails[at]].next = index;
    }
    c->tails[at] = index;
    return STATUS_OK;
}

const struct cunqa_message *cunqa_take(struct cunqa *c, enum cunqa_cargo cargo, uint32_t from) {
    size_t at = channel(c, cargo, from, c->own);
    const struct cunqa_message *message;

    if (c->heads[at] == CUNQA_NONE) {
        return NULL;
    }
    message = &c->messages[c->heads[at]];
    c->heads[at] = message->next;
    return message;
}

bool cunqa_has(const struct cunqa *c, enum cunqa_cargo cargo, uint32_t from, size_t n) {
    uint32_t at = c->heads[channel(c, cargo, from, c->own)];

    for (; n > 0 && at != CUNQA_NONE; n--) {
        at = c->messages[at].next;
    }
    return n == 0;
}

enum status cunqa_borrow(struct cunqa *c, uint32_t *out_wire, uint32_t circuit) {
    struct cunqa_circuit *own = &c->circuits[circuit];
    size_t wire = 0;

    while (wire < own->n_comm && own->is_lent[wire]) {
        wire++;
    }
    if (wire == own->n_comm) {
        TRY(vec_reserve(&own->is_lent, wire, &own->cap_comm, 1, sizeof *own->is_lent));
        own->n_comm++;
    }
    own->is_lent[wire] = true;
    *out_wire = u32_from_size(wire);
    return STATUS_OK;
}

enum status cunqa_find_partner(const struct cunqa *c, uint32_t *out_other, const json_t *item) {
    const json_t *names = json_object_get(item, "circuits");

    names = names != NULL ? names : json_object_get(item, "qpus");
    const char *name = json_string_value(json_array_get(names, 0));
    if (name == NULL || json_array_size(names) != 1) {
        return cunqa_refuse(c, "expected \"circuits\" with the id of one other circuit");
    }
    for (uint32_t i = 0; i < c->n_circuits; i++) {
        if (strcmp(c->circuits[i].id, name) == 0 && i != c->own) {
            *out_other = i;
            return STATUS_OK;
        }
    }
    return cunqa_refuse(c, "no other circuit has the id \"%.64s\"", name);
}

/* ---- circuits ---- */

/* An id, or the pair of it and the id of a QPU that CUNQA makes of it when it runs. */
static const char *find_id(const json_t *json) {
    const json_t *id = json_object_get(json, "id");

    return json_string_value(json_is_array(id) ? json_array_get(id, 0) : id);
}

static bool is_name(const char *id) {
    size_t n = strlen(id);

    for (size_t i = 0; i < n; i++) {
        if (id[i] < 0x20 || id[i] > 0x7e || id[i] == '"' || id[i] == '\\') {
            return false;
        }
    }
    return n > 0 && n <= MAX_ID;
}

/* num_qubits and num_clbits stand in the circuit, or in the config that is sent to a QPU. */
static enum status read_count(const struct cunqa *c, uint32_t *out, uint32_t index,
                              const json_t *json, const char *key) {
    const json_t *value = json_object_get(json, key);

    value = value != NULL ? value : json_object_get(json_object_get(json, "config"), key);
    if (!json_is_integer(value) || json_integer_value(value) < 0 ||
        json_integer_value(value) > CIRCUIT_MAX_QUBITS) {
        return refuse_circuit(c, index, "expected a number from 0 to 67108864 as ", key);
    }
    *out = (uint32_t)json_integer_value(value);
    return STATUS_OK;
}

static bool is_known_key(const char *key) {
    static const char *const keys[] = {
        "id",         "instructions", "config",        "num_qubits",        "num_clbits",
        "is_dynamic", "has_cc",       "has_qc",        "sending_to",        "params",
        "exec_type",  "shots",        "is_parametric", "component_comms",   "blocks_with_comms",
        "method",     "cregisters",   "qregisters",    "quantum_registers", "classical_registers"};

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (strcmp(key, keys[i]) == 0) {
            return true;
        }
    }
    return false;
}

static enum status allocate(struct cunqa_circuit *own) {
    own->is_used = mem_alloc(own->n_qubits, sizeof *own->is_used);
    own->is_written = mem_alloc(own->n_bits, sizeof *own->is_written);
    own->last_recv = mem_alloc(own->n_qubits, sizeof *own->last_recv);
    own->last_from = mem_alloc(own->n_qubits, sizeof *own->last_from);
    return own->is_used == NULL || own->is_written == NULL || own->last_recv == NULL ||
                   own->last_from == NULL
               ? STATUS_NOFIT
               : STATUS_OK;
}

static enum status read_circuit(struct cunqa *c, uint32_t index, json_t *json) {
    struct cunqa_circuit *own = &c->circuits[index];
    const char *key;
    json_t *ignored;

    if (!json_is_object(json)) {
        return refuse_circuit(c, index, "expected an object", "");
    }
    if (json_object_get(json, "id") == NULL && json_object_get(json, "instructions") == NULL) {
        return refuse_circuit(c, index, "JSON without id and instructions is no circuit",
                              json_object_get(json, "counts") ? ": qspan compare reads results"
                                                              : "");
    }
    json_object_foreach(json, key, ignored) {
        if (!is_known_key(key)) {
            return refuse_circuit(c, index, "unknown key ", key);
        }
    }
    own->id = find_id(json);
    if (own->id == NULL || !is_name(own->id)) {
        return refuse_circuit(c, index, "expected an id of 1 to 64 characters of plain text", "");
    }
    for (uint32_t i = 0; i < index; i++) {
        if (strcmp(c->circuits[i].id, own->id) == 0) {
            return refuse_circuit(c, index, "the id of another circuit: ", own->id);
        }
    }
    own->instructions = json_object_get(json, "instructions");
    if (!json_is_array(own->instructions)) {
        return refuse_circuit(c, index, "expected an array of instructions", "");
    }
    TRY(read_count(c, &own->n_qubits, index, json, "num_qubits"));
    TRY(read_count(c, &own->n_bits, index, json, "num_clbits"));
    if (own->n_qubits == 0) {
        return refuse_circuit(c, index, "expected at least one qubit", "");
    }
    c->n_qubits += own->n_qubits;
    c->n_bits += own->n_bits;
    if (c->n_qubits > c->max_qubits || c->n_bits > CIRCUIT_MAX_QUBITS) {
        return log_error_at(STATUS_NOFIT, (struct src_loc){.file = c->file},
                            "%llu qubits and %llu bits; at most %llu and %d are possible",
                            (unsigned long long)c->n_qubits, (unsigned long long)c->n_bits,
                            (unsigned long long)c->max_qubits, (int)CIRCUIT_MAX_QUBITS);
    }
    return allocate(own);
}

static enum status read_circuits(struct cunqa *c, json_t *root) {
    struct src_loc loc = {.file = c->file};
    size_t n = json_is_array(root) ? json_array_size(root) : 1;

    if (n == 0 || n > MAX_CIRCUITS) {
        return log_error_at(STATUS_INPUT, loc, "%zu circuits: expected from 1 to %d", n,
                            (int)MAX_CIRCUITS);
    }
    c->circuits = mem_alloc(n, sizeof *c->circuits);
    c->heads = mem_alloc(n * n * CUNQA_N_CARGO, sizeof *c->heads);
    c->tails = mem_alloc(n * n * CUNQA_N_CARGO, sizeof *c->tails);
    if (c->circuits == NULL || c->heads == NULL || c->tails == NULL) {
        return STATUS_NOFIT;
    }
    memset(c->heads, 0xff, n * n * CUNQA_N_CARGO * sizeof *c->heads); /* CUNQA_NONE */
    c->n_circuits = (uint32_t)n;
    for (uint32_t i = 0; i < c->n_circuits; i++) {
        TRY(read_circuit(c, i, json_is_array(root) ? json_array_get(root, i) : root));
    }
    return STATUS_OK;
}

/* Statements of one circuit, until it waits for another or ends. */
static enum status run_circuit(struct cunqa *c, uint32_t index, bool *out_moved) {
    struct cunqa_circuit *own = &c->circuits[index];

    c->own = index;
    while (!own->is_exposing && own->at < json_array_size(own->instructions)) {
        bool waits = false;
        c->number = own->at;
        TRY(cunqa_read_instruction(c, &waits, json_array_get(own->instructions, own->at)));
        if (waits) {
            return STATUS_OK;
        }
        own->at += !own->is_exposing;
        *out_moved = true;
    }
    return STATUS_OK;
}

/* All circuits are at their ends, and no qubit is on its way. */
static enum status check_end(struct cunqa *c) {
    for (uint32_t i = 0; i < c->n_circuits; i++) {
        struct cunqa_circuit *own = &c->circuits[i];
        const json_t *item = json_array_get(own->instructions, own->at);
        if (item != NULL) {
            c->own = i;
            c->number = own->at;
            return cunqa_refuse(c, "%.32s waits for what no other circuit does",
                                json_string_value(json_object_get(item, "name")));
        }
    }
    for (uint32_t from = 0; from < c->n_circuits; from++) {
        for (uint32_t to = 0; to < c->n_circuits; to++) {
            if (c->heads[channel(c, CUNQA_QUBIT, from, to)] != CUNQA_NONE) {
                return refuse_circuit(c, from, "a qsend without qrecv by ", c->circuits[to].id);
            }
            if (c->heads[channel(c, CUNQA_BIT, from, to)] != CUNQA_NONE) {
                log_warning_at((struct src_loc){.file = c->file},
                               "circuit %u sends bits to \"%s\" that are never received", from,
                               c->circuits[to].id);
            }
        }
    }
    return STATUS_OK;
}

static void print_head(struct text *out, const struct cunqa *c) {
    text_add(out, "OPENQASM 3.0;\ninclude \"stdgates.inc\";\ninclude \"qnu.inc\";\n");
    for (uint32_t i = 0; i < c->n_circuits; i++) {
        const struct cunqa_circuit *own = &c->circuits[i];
        text_printf(out, "qubit[%u] d%u;\n", own->n_qubits, i);
        if (own->n_comm > 0) {
            text_printf(out, "qubit[%zu] l%u;\n", own->n_comm, i);
        }
        if (own->n_bits > 0) {
            text_printf(out, "output bit[%u] c%u;\n", own->n_bits, i);
        }
        if (own->n_made_bits > 0) {
            text_printf(out, "@qspan.local\nbit[%u] m%u;\n", own->n_made_bits, i);
        }
    }
    for (uint32_t i = 0; i < c->n_circuits; i++) {
        const struct cunqa_circuit *own = &c->circuits[i];
        text_printf(out, "pragma qspan qpu \"%s\" data d%u[0:%u]", own->id, i, own->n_qubits - 1);
        if (own->n_comm > 0) {
            text_printf(out, " comm l%u[0:%zu]", i, own->n_comm - 1);
        }
        text_add(out, "\n");
    }
}

static enum status translate(struct cunqa *c, struct text *out) {
    for (bool moved = true; moved;) {
        moved = false;
        for (uint32_t i = 0; i < c->n_circuits; i++) {
            TRY(run_circuit(c, i, &moved));
        }
    }
    TRY(check_end(c));
    print_head(out, c);
    text_add_n(out, c->body.data == NULL ? "" : c->body.data, c->body.n);
    return out->failed || c->body.failed
               ? log_error(STATUS_NOFIT, "out of memory for the text of a program")
               : STATUS_OK;
}

static void fini(struct cunqa *c) {
    for (uint32_t i = 0; i < c->n_circuits; i++) {
        mem_free(c->circuits[i].is_used);
        mem_free(c->circuits[i].is_written);
        mem_free(c->circuits[i].last_recv);
        mem_free(c->circuits[i].last_from);
        mem_free(c->circuits[i].is_lent);
    }
    mem_free(c->circuits);
    mem_free(c->messages);
    mem_free(c->heads);
    mem_free(c->tails);
    mem_free(c->copies);
    text_fini(&c->body);
}

enum status cunqa_print(struct text *out, const char *name, const char *text, size_t n,
                        const struct circuit_limits *limits) {
    struct circuit_limits all = circuit_fill_limits(limits);
    struct cunqa c = {.file = name, .max_qubits = all.max_qubits};
    size_t at = skip_blanks(text, n);
    json_error_t error;
    json_t *root = json_loadb(text + at, n - at, JSON_REJECT_DUPLICATES, &error);

    if (root == NULL) {
        struct src_loc loc = {name, error.line > 0 ? (uint32_t)error.line : 1,
                              error.column > 0 ? (uint32_t)error.column : 1};
        for (size_t i = 0; i < at; i++) {
            loc.line += text[i] == '\n';
        }
        return log_error_at(STATUS_INPUT, loc, "%s", error.text);
    }
    enum status status = read_circuits(&c, root);
    if (status == STATUS_OK) {
        status = translate(&c, out);
    }
    fini(&c);
    json_decref(root);
    return status;
}
