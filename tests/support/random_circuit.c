#include "support/random_circuit.h"

#include <math.h>
#include <stdlib.h>

#include "base/rng.h"

double random_unit(struct random_stream *stream) {
    return rng_uniform(stream->seed, stream->n++, 0, RNG_TEST);
}

uint32_t random_below(struct random_stream *stream, uint32_t n) {
    return (uint32_t)(random_unit(stream) * n);
}

static void must(enum status status) {
    if (status != STATUS_OK) {
        abort();
    }
}

struct maker {
    struct random_stream stream;
    const struct random_circuit *spec;
    struct circuit *circuit;
    struct src_loc loc;
};

static void choose_qubits(struct maker *m, uint32_t *out, uint32_t n) {
    for (uint32_t i = 0; i < n;) {
        out[i] = random_below(&m->stream, m->spec->n_qubits);
        bool is_new = true;
        for (uint32_t j = 0; j < i; j++) {
            is_new = is_new && out[j] != out[i];
        }
        i += is_new;
    }
}

static void add_gate(struct maker *m) {
    enum gate_id gate;
    uint32_t qubits[GATE_MAX_QUBITS], n;
    double params[GATE_MAX_PARAMS];
    do {
        gate = (enum gate_id)random_below(&m->stream, GATE_COUNT);
        n = gate_get(gate)->n_qubits;
    } while (n > m->spec->max_operands || n > m->spec->n_qubits ||
             (n == 1 && random_below(&m->stream, 2) == 0));
    choose_qubits(m, qubits, n);
    for (uint32_t i = 0; i < GATE_MAX_PARAMS; i++) {
        params[i] = random_below(&m->stream, 2) == 0 ? M_PI_2 * random_below(&m->stream, 9)
                                                     : 7 * random_unit(&m->stream) - 3;
    }
    must(op_list_add_gate(&m->circuit->ops, gate, qubits, params, m->loc));
}

static void add_measure(struct maker *m, uint32_t qb, uint32_t bit) {
    struct op *op;
    must(op_list_add(&m->circuit->ops, &op, OP_MEASURE, &qb, 1, NULL, 0, m->loc));
    op->bit = bit;
}

/* if (c == v) or if (d == v): c has bits 0 and 1, d bits 2 and 3. */
static void add_conditioned(struct maker *m) {
    struct op_list *ops = &m->circuit->ops;
    const uint64_t value = random_below(&m->stream, 4);
    uint32_t expr;
    size_t open;
    must(expr_add_eq(ops, &expr, random_below(&m->stream, 4) == 0 ? 2 : 0, 2, &value));
    must(op_list_open(ops, &open, OP_IF, expr, 0, m->loc));
    for (uint32_t n = 1 + random_below(&m->stream, 2); n > 0; n--) {
        add_gate(m);
    }
    must(op_list_close(ops, open, m->loc));
}

static void add_op(struct maker *m, uint32_t *n_measures) {
    const uint32_t kind = random_below(&m->stream, 16);
    uint32_t qubits[32];
    if (kind == 0 && *n_measures < m->spec->n_measures) {
        ++*n_measures;
        add_measure(m, random_below(&m->stream, m->spec->n_qubits), random_below(&m->stream, 2));
    } else if (kind == 1 && *n_measures < m->spec->n_measures) {
        ++*n_measures;
        choose_qubits(m, qubits, 1);
        must(op_list_add(&m->circuit->ops, NULL, OP_RESET, qubits, 1, NULL, 0, m->loc));
    } else if (kind == 2) {
        const uint32_t n = 1 + random_below(&m->stream, m->spec->n_qubits);
        choose_qubits(m, qubits, n);
        must(op_list_add(&m->circuit->ops, NULL, OP_BARRIER, qubits, n, NULL, 0, m->loc));
    } else if (kind <= 5 && m->spec->n_measures > 0) {
        add_conditioned(m);
    } else {
        add_gate(m);
    }
}

struct circuit *random_circuit_create(const struct random_circuit *spec) {
    struct maker m = {{spec->seed, 0}, spec, circuit_create(), {"random.qasm", 1, 1}};
    uint32_t n_measures = 0;
    if (m.circuit == NULL) {
        abort();
    }
    must(vec_reserve(&m.circuit->files, 0, &m.circuit->cap_files, 1, sizeof *m.circuit->files));
    m.circuit->files[m.circuit->n_files++] = "random.qasm";
    must(circuit_add_qreg(m.circuit, "q", spec->n_qubits, m.loc));
    must(circuit_add_creg(m.circuit, "c", 2, m.loc));
    must(circuit_add_creg(m.circuit, "d", 2, m.loc));
    if (spec->is_measured) {
        must(circuit_add_creg(m.circuit, "out", spec->n_qubits, m.loc));
    }
    for (uint32_t i = 0; i < spec->n_ops; i++) {
        m.loc.line = i + 1;
        add_op(&m, &n_measures);
    }
    for (uint32_t qb = 0; qb < spec->n_qubits && spec->is_measured; qb++) {
        add_measure(&m, qb, 4 + qb);
    }
    m.circuit->measures = true;
    return m.circuit;
}
