/* Teleportation protocols, each outcome branch by projection: probability and fidelity.
 *
 * Registers of QPUs A, B, C: x[0], x[1] data, x[2], x[3] comm. A protocol is run op by op on the
 * engine for every combination of outcomes, and the state that it leaves on the wires named is
 * compared with what the ideal local circuit makes of the same input. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "program/program.h"
#include "support/naive_state.h"
#include "support/random_circuit.h"

enum { N_WIRES = 12, MAX_OUT = 6, MAX_MEASURES = 8, TEXT_SIZE = 4096 };

static const char distributed_head[] =
    "OPENQASM 3.0;\ninclude \"stdgates.inc\";\ninclude \"qnu.inc\";\n"
    "qubit[4] a;\nqubit[4] b;\nqubit[4] c;\nbit[8] m;\n"
    "pragma qspan qpu A data a[0:1] comm a[2:3]\n"
    "pragma qspan qpu B data b[0:1] comm b[2:3]\n"
    "pragma qspan qpu C data c[0:1] comm c[2:3]\n";
static const char local_head[] = "OPENQASM 3.0;\ninclude \"stdgates.inc\";\ninclude \"qnu.inc\";\n"
                                 "qubit[4] a;\nqubit[4] b;\nqubit[4] c;\nbit[8] m;\n"
                                 "pragma qspan qpu A data a[0:3] b[0:3] c[0:3]\n";

/* $x is the preparation of x[0]. */
struct protocol {
    const char *name, *text, *ideal, *out;
    unsigned n_measures;
};
#define TELEPORT(from, link, far, mx, mz)                                                          \
    "ebit(" link "," far "); cx " from "," link "; h " from "; " mx " = measure " link "; " mz     \
    " = measure " from "; if (" mx ") { x " far "; } if (" mz ") { z " far "; } "
#define TELEGATE(gates)                                                                            \
    "ebit(a[2],b[2]); cx a[0],a[2]; m[0] = measure a[2]; if (m[0]) { x b[2]; } " gates             \
    "h b[2]; m[1] = measure b[2]; if (m[1]) { z a[0]; } "

static const struct protocol protocols[] = {
    {"teledata", "$a " TELEPORT("a[0]", "a[2]", "b[2]", "m[0]", "m[1]") "swap b[2],b[0];",
     "$a swap a[0],b[0];", "a1 b0 b1", 2},
    {"teledata of qnu.inc", "$a teledata(a[0],a[2],b[2],b[0]);", "$a swap a[0],b[0];", "a1 b0 b1",
     2},
    {"teledata there and back",
     "$a $b " TELEPORT("a[0]", "a[2]", "b[2]", "m[0]", "m[1]") "cx b[2],b[0]; " TELEPORT(
         "b[2]", "b[3]", "a[3]", "m[2]", "m[3]") "swap a[3],a[0];",
     "$a $b cx a[0],b[0];", "a0 a1 b0 b1", 4},
    {"telegate cx", "$a $b " TELEGATE("cx b[2],b[0]; "), "$a $b cx a[0],b[0];", "a0 a1 b0 b1", 2},
    {"telegate cz", "$a $b " TELEGATE("cz b[2],b[0]; "), "$a $b cz a[0],b[0];", "a0 a1 b0 b1", 2},
    {"telegate cp", "$a $b " TELEGATE("cp(0.7) b[2],b[0]; "), "$a $b cp(0.7) a[0],b[0];",
     "a0 a1 b0 b1", 2},
    {"telegate_cx of qnu.inc", "$a $b telegate_cx(a[0],a[2],b[2],b[0]);", "$a $b cx a[0],b[0];",
     "a0 a1 b0 b1", 2},
    {"telegate_cz of qnu.inc", "$a $b telegate_cz(a[0],a[2],b[2],b[0]);", "$a $b cz a[0],b[0];",
     "a0 a1 b0 b1", 2},
    {"telegate_cp of qnu.inc", "$a $b telegate_cp(-1.3,a[0],a[2],b[2],b[0]);",
     "$a $b cp(-1.3) a[0],b[0];", "a0 a1 b0 b1", 2},
    {"packet of many gates",
     "$a $b " TELEGATE("cx b[2],b[0]; h b[0]; cp(0.4) b[2],b[0]; t b[2]; cry(1) b[2],b[1]; "),
     "$a $b cx a[0],b[0]; h b[0]; cp(0.4) a[0],b[0]; t a[0]; cry(1) a[0],b[1];", "a0 a1 b0 b1", 2},
    {"toffoli over three QPUs",
     "$a $b $c cat_entangle(a[0],a[2],c[2]); cat_entangle(b[0],b[2],c[3]); ccx c[2],c[3],c[0]; "
     "cat_disentangle(c[3],b[0]); cat_disentangle(c[2],a[0]);",
     "$a $b $c ccx a[0],b[0],c[0];", "a0 a1 b0 b1 c0 c1", 4},
    {"swapping",
     "ebit(a[2],b[2]); ebit(b[3],c[2]); cx b[2],b[3]; h b[2]; m[0] = measure b[3]; "
     "m[1] = measure b[2]; if (m[0]) { x c[2]; } if (m[1]) { z c[2]; }",
     "h a[2]; cx a[2],c[2];", "a2 c2", 2},
    {"fusion to a GHZ state",
     "ebit(a[2],b[2]); ebit(b[3],c[2]); cx b[2],b[3]; m[0] = measure b[3]; "
     "if (m[0]) { x c[2]; }",
     "h a[2]; cx a[2],b[2]; cx a[2],c[2];", "a2 b2 c2", 1},
};
enum { N_PROTOCOLS = sizeof protocols / sizeof *protocols };

/* ---- inputs ---- */

/* |0>, |1>, |+>, |+i>, three Haar states, half of a Bell pair with x[1]. */
enum { INPUT_HAAR = 4, INPUT_BELL = 7, N_INPUTS = 8 };

static void describe_input(char *out, size_t n, char reg, unsigned input) {
    static const double angles[4][2] = {{0, 0}, {M_PI, 0}, {M_PI_2, 0}, {M_PI_2, M_PI_2}};
    struct random_stream stream = {(uint64_t)reg, 7 * input};
    double theta = angles[input % 4][0], phi = angles[input % 4][1];
    if (input == INPUT_BELL) {
        snprintf(out, n, "h %c[1]; cx %c[1],%c[0];", reg, reg, reg);
        return;
    }
    if (input >= INPUT_HAAR) {
        theta = acos(1 - 2 * random_unit(&stream));
        phi = 2 * M_PI * random_unit(&stream);
    }
    snprintf(out, n, "ry(%.17g) %c[0]; rz(%.17g) %c[0];", theta, reg, phi, reg);
}

/* Each "$x" of `text` replaced by the preparation of x. */
static void expand(char *out, const char *head, const char *text, const unsigned *inputs) {
    size_t n = (size_t)snprintf(out, TEXT_SIZE, "%s", head);
    for (const char *c = text; *c != '\0'; c++) {
        if (*c != '$') {
            out[n++] = *c;
            continue;
        }
        c++;
        describe_input(out + n, TEXT_SIZE - n, *c, inputs[*c - 'a']);
        n += strlen(out + n);
    }
    out[n++] = '\n';
    out[n] = '\0';
}

static struct program *read_program(const char *text) {
    struct program *program = NULL;
    cr_assert_eq(program_read_text(&program, "p.qasm", text, strlen(text), NULL), STATUS_OK,
                 "%s\n%s", log_get_error(), text);
    return program;
}

/* ---- one branch ---- */

/* Wires of "a1 b0": 4 per register. */
static size_t read_wires(uint32_t *out, const char *names) {
    size_t n = 0;
    for (const char *c = names; *c != '\0'; c += c[2] == ' ' ? 3 : 2) {
        out[n++] = (uint32_t)(4 * (c[0] - 'a') + (c[1] - '0'));
    }
    return n;
}

struct branch_run {
    const struct program *program;
    struct engine *engine;
    enum gate_id dropped; /* corrections by this gate are left out; GATE_NONE: none are */
    uint64_t tape;        /* outcomes in program order, first is bit 0 */
    unsigned n_measures;
    double p;
};

static bool is_dropped(const struct branch_run *run, size_t open) {
    const struct op *body = &run->program->ops.ops[open + 1];
    return body->kind == OP_GATE && body->which == run->dropped;
}

static void measure(struct branch_run *run, const struct op *op, uint64_t *bits) {
    const uint32_t wire = op_qubits(&run->program->ops, op)[0];
    const bool outcome = (run->tape >> run->n_measures++) & 1;
    double p_one, p;
    cr_assert_eq(run->engine->class->probability(run->engine, &p_one, wire), STATUS_OK);
    p = outcome ? p_one : 1 - p_one;
    run->p *= p;
    cr_assert_gt(p, 1e-12);
    cr_assert_eq(run->engine->class->project(run->engine, wire, outcome, p), STATUS_OK);
    bits[op->bit] = outcome;
}

static void run_branch(struct branch_run *run) {
    const struct op_list *ops = &run->program->ops;
    uint64_t bits[64] = {0};
    run->p = 1;
    run->n_measures = 0;
    cr_assert_leq(run->program->n_bits, 64);
    cr_assert_eq(run->engine->class->begin(run->engine), STATUS_OK);
    for (size_t i = 0; i < ops->n_ops; i++) {
        const struct op *op = &ops->ops[i];
        if (op->kind == OP_MEASURE) {
            measure(run, op, bits);
        } else if (op->kind == OP_IF) {
            const bool is_taken = (expr_eval_word(ops, op->expr, bits, 1, 0) & 1) != 0;
            i = is_taken && !is_dropped(run, i) ? i : op->match;
        } else {
            cr_assert_eq(run->engine->class->run(run->engine, i, i + 1), STATUS_OK);
        }
    }
}

/* The ideal state, on all wires. */
static void run_ideal(struct naive_state *out, const char *text) {
    struct program *program = read_program(text);
    naive_init(out, N_WIRES);
    for (size_t i = 0; i < program->ops.n_ops; i++) {
        const struct op *op = &program->ops.ops[i];
        cr_assert_eq(op->kind, OP_GATE);
        naive_gate(out, (enum gate_id)op->which, op_params(&program->ops, op),
                   op_qubits(&program->ops, op));
    }
    program_destroy(program);
}

/* 1 - |<ideal|state>|^2, the ideal state being |0> on all wires but these. */
static double infidelity(const struct branch_run *run, const struct naive_state *ideal,
                         const uint32_t *wires, size_t n) {
    double amps[2 << MAX_OUT], re = 0, im = 0;
    cr_assert_eq(run->engine->class->amplitudes(run->engine, amps, wires, n), STATUS_OK);
    for (size_t i = 0; i < (size_t)1 << n; i++) {
        size_t j = 0;
        for (size_t k = 0; k < n; k++) {
            j |= ((i >> k) & 1) << wires[k];
        }
        const double *b = ideal->amps + 2 * j;
        re += b[0] * amps[2 * i] + b[1] * amps[2 * i + 1];
        im += b[0] * amps[2 * i + 1] - b[1] * amps[2 * i];
    }
    return 1 - re * re - im * im;
}

/* ---- all branches ---- */

struct verdict {
    unsigned n_branches, n_exact, n_orthogonal;
    double p_worst; /* largest difference of a branch's probability from 2^-n */
};

static uint8_t *make_modes(const struct op_list *ops) {
    uint8_t *modes = calloc(ops->n_ops + 1, 1);
    for (size_t i = 0; i < ops->n_ops; i++) {
        const enum op_kind kind = (enum op_kind)ops->ops[i].kind;
        modes[i] = kind == OP_GATE || kind == OP_EBIT ? ENGINE_APPLY
                   : kind == OP_MEASURE               ? ENGINE_MEASURE
                                                      : ENGINE_SKIP;
    }
    return modes;
}

static struct verdict judge(const struct protocol *protocol, const unsigned *inputs,
                            enum gate_id dropped) {
    char text[TEXT_SIZE];
    struct naive_state ideal;
    struct verdict verdict = {0};
    uint32_t wires[MAX_OUT];
    const size_t n_out = read_wires(wires, protocol->out);
    expand(text, local_head, protocol->ideal, inputs);
    run_ideal(&ideal, text);
    expand(text, distributed_head, protocol->text, inputs);
    struct program *program = read_program(text);
    uint8_t *modes = make_modes(&program->ops);
    const struct engine_task task = {.ops = &program->ops,
                                     .modes = modes,
                                     .n_wires = program->n_wires,
                                     .n_qpus = 3,
                                     .wire_qpu = program->wire_qpu};
    struct branch_run run = {.program = program, .dropped = dropped};
    cr_assert_eq(engine_statevector.create(&run.engine, &task, comm_world()), STATUS_OK);
    verdict.n_branches = 1u << protocol->n_measures;
    for (run.tape = 0; run.tape < verdict.n_branches; run.tape++) {
        run_branch(&run);
        cr_assert_eq(run.n_measures, protocol->n_measures);
        const double miss = infidelity(&run, &ideal, wires, n_out);
        verdict.n_exact += fabs(miss) < 1e-12;
        verdict.n_orthogonal += fabs(1 - miss) < 1e-12;
        verdict.p_worst = fmax(verdict.p_worst, fabs(run.p * verdict.n_branches - 1));
    }
    run.engine->class->destroy(run.engine);
    free(modes);
    program_destroy(program);
    naive_fini(&ideal);
    return verdict;
}

Test(protocols, every_branch_is_exact_and_equally_likely) {
    comm_start_alone();
    for (size_t i = 0; i < N_PROTOCOLS; i++) {
        const struct protocol *protocol = &protocols[i];
        const unsigned n = strstr(protocol->text, "$b") != NULL   ? N_INPUTS * N_INPUTS
                           : strstr(protocol->text, "$a") != NULL ? N_INPUTS
                                                                  : 1;
        for (unsigned input = 0; input<n; input += n> N_INPUTS ? 3 : 1) {
            const unsigned inputs[3] = {input % N_INPUTS, input / N_INPUTS, (input * 5) % N_INPUTS};
            const struct verdict verdict = judge(protocol, inputs, GATE_NONE);
            cr_assert_eq(verdict.n_exact, verdict.n_branches, "%s, inputs %u %u: %u of %u branches",
                         protocol->name, inputs[0], inputs[1], verdict.n_exact, verdict.n_branches);
            cr_assert_lt(verdict.p_worst, 1e-12, "%s, inputs %u %u: %g", protocol->name, inputs[0],
                         inputs[1], verdict.p_worst);
        }
    }
}

/* A Pauli on half of a Bell pair makes it orthogonal, so a missing correction shows in exactly the
 * branches that need it. */
Test(protocols, a_missing_correction_spoils_half_of_the_branches) {
    static const unsigned bell[3] = {INPUT_BELL, INPUT_BELL, INPUT_BELL};
    static const enum gate_id corrections[] = {GATE_X, GATE_Z};
    unsigned n_spoiled = 0;
    comm_start_alone();
    for (size_t i = 0; i < N_PROTOCOLS; i++) {
        const struct protocol *protocol = &protocols[i];
        if (protocol->n_measures > 2) {
            continue; /* several packets, whose corrections cancel or act as controlled gates */
        }
        for (size_t k = 0; k < 2; k++) {
            const struct verdict verdict = judge(protocol, bell, corrections[k]);
            const bool has_no_z = protocol->n_measures == 1 && corrections[k] == GATE_Z;
            const bool is_diagonal =
                strstr(protocol->name, "cp") != NULL || strstr(protocol->name, "packet") != NULL;
            cr_assert_lt(verdict.p_worst, 1e-12);
            if (has_no_z) {
                cr_assert_eq(verdict.n_exact, verdict.n_branches);
                continue;
            }
            n_spoiled++;
            cr_assert_eq(verdict.n_exact, verdict.n_branches / 2, "%s without %s: %u exact",
                         protocol->name, gate_get(corrections[k])->name, verdict.n_exact);
            /* Without X the packet's gates act on the wrong half: a controlled error. */
            cr_assert(verdict.n_orthogonal == verdict.n_branches / 2 ||
                          (is_diagonal && corrections[k] == GATE_X),
                      "%s without %s: %u orthogonal", protocol->name,
                      gate_get(corrections[k])->name, verdict.n_orthogonal);
        }
    }
    cr_assert_eq(n_spoiled, 21);
}

/* The static checks accept each protocol that is closed; the others end with open comm wires. */
Test(protocols, pass_the_static_checks) {
    static const unsigned inputs[3] = {2, 3, INPUT_BELL};
    for (size_t i = 0; i < N_PROTOCOLS; i++) {
        const struct protocol *protocol = &protocols[i];
        if (strpbrk(protocol->out, "23") != NULL) {
            continue;
        }
        char text[TEXT_SIZE];
        struct program_check check;
        expand(text, distributed_head, protocol->text, inputs);
        struct program *program = read_program(text);
        cr_assert_eq(program_check(&check, program), STATUS_OK, "%s: %s", protocol->name,
                     log_get_error());
        cr_assert_eq(check.n_bits_sent, protocol->n_measures);
        cr_assert_eq(2 * check.n_ebits, protocol->n_measures);
        program_check_fini(&check);
        program_destroy(program);
    }
}
