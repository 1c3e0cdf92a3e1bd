/* qnu.inc and the example protocols: gates against the table, examples on a naive state vector,
 * every outcome by itself. */
#include <stdio.h>
#include <stdlib.h>

#include "program/programs.h"
#include "program/qnu.h"
#include "program/registers.h"
#include "support/definition.h"
#include "support/example.h"
#include "support/naive_state.h"

/* ---- gates ---- */

/* The text of `gate NAME ... { ... }` in qnu.inc, to be freed; NULL: none. */
static char *find_gate(const char *name) {
    char begin[2][64];

    snprintf(begin[0], sizeof begin[0], "\ngate %s ", name);
    snprintf(begin[1], sizeof begin[1], "\ngate %s(", name);
    for (unsigned i = 0; i < 2; i++) {
        const char *at = strstr(qnu_text, begin[i]);
        if (at != NULL) {
            return strndup(at + 1, strcspn(at + 1, "}") + 1);
        }
    }
    return NULL;
}

Test(qnu, defines_each_gate_that_stdgates_lacks) {
    static const double params[] = {0.7, -1.3, 2.1, 0.4};
    unsigned n_gates = 0;

    for (unsigned i = 0; i < GATE_COUNT; i++) {
        const struct gate_info *info = gate_get((enum gate_id)i);
        char *text = find_gate(info->name);
        const char *error;
        struct definition definition;
        struct dense want;
        double matrix[GATE_MAX_MATRIX];
        cr_expect_eq(text == NULL, info->in_stdgates, "%s", info->name);
        if (text == NULL) {
            continue;
        }
        error = definition_eval(&definition, text, params);
        cr_assert_null(error, "%s: %s", info->name, error);
        cr_expect(definition.n_params == info->n_params && definition.n_operands == info->n_qubits);
        gate_unitary(matrix, (enum gate_id)i, params);
        dense_from_array(&want, matrix, info->n_qubits);
        cr_expect_float_eq(dense_distance_up_to_phase(&want, &definition.unitary), 0, 1e-12, "%s",
                           info->name);
        n_gates++;
        free(text);
    }
    for (const char *at = qnu_text; (at = strstr(at, "\ngate ")) != NULL; at++) {
        n_gates--;
    }
    cr_expect_eq(n_gates, 0, "gates that the table lacks");
}

Test(qnu, the_file_is_what_is_built_in) {
    char path[1024];
    char *text;
    size_t n;

    snprintf(path, sizeof path, "%s/include/qspan/qnu.inc", getenv("QSPAN_SOURCE_DIR"));
    cr_assert_eq(file_read(&text, &n, path, 1 << 20), STATUS_OK);
    cr_expect_eq(n, qnu_n);
    cr_expect_str_eq(text, qnu_text);
    cr_expect(qnu_has_def("ebit", 4) && qnu_has_def("telegate_cp", 11));
    cr_expect(!qnu_has_def("ebi", 3) && !qnu_has_def("c4x", 3));
    mem_free(text);
}

/* ---- example protocols ---- */

struct example {
    const char *name, *ideal; /* statements on q[i] that do the same */
    const char *out;          /* wires that hold q[0], q[1], ... at the end */
    unsigned n_branches;
    bool has_input;
};
static const struct example examples[] = {
    {"teledata", "", "b[0]", 4, true},
    {"telegate_cx", "cx q[0], q[1];", "a[0] b[0]", 4, true},
    {"telegate_cz", "cz q[0], q[1]; cz q[0], q[2];", "a[0] b[0] b[1]", 4, true},
    {"telegate_cp", "cp(pi/8) q[0], q[1];", "a[0] b[0]", 4, true},
    {"ghz4", "h q[0]; cx q[0], q[1]; cx q[0], q[2]; cx q[0], q[3];", "a[0] b[0] c[0] d[0]", 4,
     false},
    {"entanglement_swap", "h q[0]; cx q[0], q[1];", "a[0] c[0]", 4, false},
};

/* A run up to the first measurement of an output bit. */
struct branch {
    const struct program *program;
    const struct example *example;
    const struct naive_state *want; /* of q[0], q[1], ... */
    struct naive_state state;
    uint64_t bits[16];
    unsigned n_done;
};

static uint32_t find_wire(const struct program *program, const char *name, size_t n) {
    char buffer[32];

    for (uint32_t wire = 0; wire < program->n_wires; wire++) {
        program_wire_name(program, wire, buffer, sizeof buffer);
        if (strlen(buffer) == n && strncmp(buffer, name, n) == 0) {
            return wire;
        }
    }
    cr_assert_fail("%s", name);
    return 0;
}

/* The wires of `out` hold the state wanted, all others are 0 or 1. */
static void expect_result(const struct branch *branch) {
    const struct naive_state *got = &branch->state;
    size_t dim = (size_t)1 << got->n, base = 0;
    double *amps = calloc(2 * dim, sizeof *amps);
    uint32_t wires[8];
    unsigned n = 0;

    for (const char *at = branch->example->out; *at != '\0'; at += strspn(at, " ")) {
        size_t length = strcspn(at, " ");
        wires[n++] = find_wire(branch->program, at, length);
        at += length;
    }
    for (uint32_t wire = 0; wire < got->n; wire++) {
        bool is_out = false;
        for (unsigned i = 0; i < n; i++) {
            is_out = is_out || wires[i] == wire;
        }
        base |= !is_out && naive_probability(got, wire) > 0.5 ? (size_t)1 << wire : 0;
    }
    for (size_t i = 0; i < (size_t)1 << n; i++) {
        size_t to = base;
        for (unsigned j = 0; j < n; j++) {
            to |= (i >> j & 1) << wires[j];
        }
        amps[2 * to] = branch->want->amps[2 * i];
        amps[2 * to + 1] = branch->want->amps[2 * i + 1];
    }
    cr_expect_float_eq(naive_infidelity(got, amps), 0, 1e-12, "%s", branch->example->name);
    free(amps);
}

static void run_branches(struct branch *branch, size_t first);

/* Both outcomes, each with probability 1/2 whatever the input. */
static void run_outcomes(const struct branch *branch, const struct op *op, size_t next,
                         unsigned *n_done) {
    uint32_t wire = op_qubits(&branch->program->ops, op)[0];

    cr_expect_float_eq(naive_probability(&branch->state, wire), 0.5, 1e-12, "%s line %u",
                       branch->example->name, op->line);
    for (unsigned outcome = 0; outcome < 2; outcome++) {
        struct branch copy = *branch;
        naive_init(&copy.state, branch->state.n);
        naive_copy(&copy.state, &branch->state);
        naive_project(&copy.state, wire, outcome);
        copy.bits[op->bit] = outcome;
        copy.n_done = 0;
        run_branches(&copy, next);
        *n_done += copy.n_done;
        naive_fini(&copy.state);
    }
}

static void run_branches(struct branch *branch, size_t first) {
    const struct op_list *ops = &branch->program->ops;

    for (size_t i = first; i < ops->n_ops; i++) {
        const struct op *op = &ops->ops[i];
        const uint32_t *wires = op_qubits(ops, op);
        if (op->kind == OP_EBIT) {
            naive_gate(&branch->state, GATE_H, NULL, wires);
            naive_gate(&branch->state, GATE_CX, NULL, wires);
        } else if (op->kind == OP_GATE) {
            naive_gate(&branch->state, (enum gate_id)op->which, op_params(ops, op), wires);
        } else if (op->kind == OP_IF) {
            i = expr_eval_word(ops, op->expr, branch->bits, 1, 0) & 1 ? i : op->match;
        } else if (op->kind == OP_MEASURE) {
            const struct reg *reg =
                register_find(branch->program->cregs, branch->program->n_cregs, op->bit);
            if (reg->is_output) {
                break;
            }
            run_outcomes(branch, op, i + 1, &branch->n_done);
            return;
        }
    }
    expect_result(branch);
    branch->n_done = 1;
}

static void run_example(const struct example *example, struct draws *draws) {
    struct program *program = example_program(example->name);
    struct program *ideal = NULL;
    struct naive_state want;
    struct branch branch = {.program = program, .example = example, .want = &want};
    struct text source = {0};
    struct program_check check;

    cr_expect_eq(program_check(&check, program), STATUS_OK, "%s", messages_all());
    text_printf(&source, HEAD "qubit[4] q; %s", example->ideal);
    ideal = must_read(source.data);
    naive_init(&want, 4);
    naive_init(&branch.state, program->n_wires);
    cr_expect_eq(program->n_in > 0, example->has_input);
    for (uint32_t i = 0; i < program->n_in; i++) {
        double angles[3];
        for (unsigned j = 0; j < 3; j++) {
            angles[j] = draw(draws, 1000) / 100.0;
        }
        naive_gate(&want, GATE_U3, angles, &i);
        naive_gate(&branch.state, GATE_U3, angles, &program->in[i].wire);
    }
    for (size_t i = 0; i < ideal->ops.n_ops; i++) {
        const struct op *op = &ideal->ops.ops[i];
        naive_gate(&want, (enum gate_id)op->which, op_params(&ideal->ops, op),
                   op_qubits(&ideal->ops, op));
    }
    run_branches(&branch, 0);
    cr_expect_eq(branch.n_done, example->n_branches);
    naive_fini(&want);
    naive_fini(&branch.state);
    program_check_fini(&check);
    program_destroy(program);
    program_destroy(ideal);
    text_fini(&source);
}

Test(qnu, examples_do_what_they_say) {
    struct draws draws = {.seed = 31};

    for (size_t i = 0; i < COUNT(examples); i++) {
        for (unsigned j = 0; j < (examples[i].has_input ? 3 : 1); j++) {
            run_example(&examples[i], &draws);
        }
    }
}
