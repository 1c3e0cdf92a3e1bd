#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/load.h"
#include "cli/outputs.h"
#include "output/json.h"
#include "verify/against.h"
#include "verify/verify.h"

/* What is read: the program, and with --against one of the others; or a circuit and the program
 * that the distributor makes of it. */
struct inputs {
    struct load load;
    struct program *program, *target; /* program: own, or that of load */
    struct circuit *circuit;
    const char *against;
    bool is_made;
};

static void inputs_fini(struct inputs *inputs) {
    if (!inputs->is_made) {
        program_destroy(inputs->program);
    }
    load_fini(&inputs->load);
    program_destroy(inputs->target);
    circuit_destroy(inputs->circuit);
}

static enum status read_program(struct program **out_program, const struct cli_options *options,
                                const char *name, const char *text, size_t n) {
    const struct circuit_limits limits = {.strict = options->is_strict};
    return program_read_text(out_program, name, text, n, &limits);
}

/* Programs are proved without noise. */
static void leave_noise_out(struct circuit *circuit, const char *name) {
    size_t n = 0;
    for (size_t i = 0; i < circuit->ops.n_ops; i++) {
        struct op *op = &circuit->ops.ops[i];
        if (op->kind == OP_NOISE) {
            op->kind = OP_TICK;
            op->which = 0;
            op->n_qubits = op->n_params = 0;
            op->bit = OP_NO_BIT;
            n++;
        } else if (op->kind == OP_MEASURE && op->n_params > 0) {
            op->n_params = 0;
            n++;
        }
    }
    if (n > 0) {
        log_note("%s: noise is left out, in %zu instructions", name, n);
    }
}

static enum status read_circuit(struct circuit **out_circuit, const struct cli_options *options,
                                const char *name, const char *text, size_t n) {
    struct circuit *circuit = NULL;
    TRY(load_read_circuit(&circuit, options, name, text, n));
    leave_noise_out(circuit, name);
    enum status status = stim_spell_out(&circuit);
    if (status != STATUS_OK) {
        circuit_destroy(circuit);
        return status;
    }
    *out_circuit = circuit;
    return STATUS_OK;
}

static enum status read_target(struct inputs *inputs, const struct cli_options *options,
                               const char *text, size_t n) {
    const bool is_program = program_is_program_text(text, n);
    inputs->against = options->against;
    TRY(is_program ? load_check_language(options, options->against) : STATUS_OK);
    return is_program ? read_program(&inputs->target, options, options->against, text, n)
                      : read_circuit(&inputs->circuit, options, options->against, text, n);
}

static enum status refuse_options(const struct cli_options *options, bool is_program) {
    const char *name = options->args[0];
    const bool distributes = options->machine || cli_is_given(options, OPTION_QPUS);
    if (is_program &&
        (distributes || options->placement || cli_is_given(options, OPTION_COMM_QUBITS) ||
         cli_is_given(options, OPTION_DISTRIBUTE))) {
        return log_error(
            STATUS_USAGE,
            "%s is a program, distributed already: no --qpus, --machine, "
            "--comm-qubits, --placement and --distribute; with --against the proof gives "
            "the fidelity in the weights of pairs, and run --machine M --fidelity "
            "measures it",
            name);
    }
    if (is_program && !options->against) {
        const bool has_rounds = cli_is_given(options, OPTION_MAX_ROUNDS);
        TRY(options->json || has_rounds ? log_error(STATUS_USAGE, "--%s goes with --against",
                                                    options->json ? "json" : "max-rounds")
                                        : STATUS_OK);
        TRY(load_check_language(options, name));
    }
    if (!is_program && options->against) {
        return log_error(STATUS_USAGE,
                         "%s is a circuit: what the distributor makes of it is proved equal to it, "
                         "without --against",
                         name);
    }
    if (!is_program && !distributes) {
        return log_error_at(STATUS_INPUT, (struct src_loc){.file = name},
                            "not a distributed program: expected OpenQASM 3 with 'pragma qspan "
                            "qpu' lines, or a circuit with --qpus or --machine");
    }
    return STATUS_OK;
}

/* The circuit, and what the distributor makes of it. */
static enum status load_circuit(struct inputs *inputs, const struct cli_options *options,
                                const struct team *team, const char *text, size_t n) {
    TRY(comm_agree(team, read_circuit(&inputs->circuit, options, options->args[0], text, n)));
    TRY(load_distribute(&inputs->load, inputs->circuit, options, team, 1));
    inputs->program = inputs->load.program;
    inputs->against = options->args[0];
    inputs->is_made = true;
    return STATUS_OK;
}

static enum status load_inputs(struct inputs *inputs, const struct cli_options *options,
                               const struct team *team) {
    char *text = NULL;
    size_t n = 0;
    TRY(load_text(&text, &n, team, options->args[0]));
    const bool is_program = program_is_program_text(text, n);
    enum status status = refuse_options(options, is_program);
    if (status == STATUS_OK && is_program) {
        status =
            comm_agree(team, read_program(&inputs->program, options, options->args[0], text, n));
    } else if (status == STATUS_OK) {
        status = load_circuit(inputs, options, team, text, n);
    }
    mem_free(text);
    if (status == STATUS_OK && options->against) {
        text = NULL;
        TRY(load_text(&text, &n, team, options->against));
        status = comm_agree(team, read_target(inputs, options, text, n));
        mem_free(text);
    }
    return status;
}

/* ---- JSON ---- */

static void add_flows(struct json_writer *json, const struct program *program, const char *key,
                      const struct verify_flow *flows, size_t n) {
    json_open_array(json, key, JSON_LINES);
    for (size_t i = 0; i < n; i++) {
        json_open_object(json, NULL, JSON_ONE_LINE);
        json_add_string(json, "from", program->qpus[flows[i].from].name);
        json_add_string(json, "to", program->qpus[flows[i].to].name);
        json_add_uint(json, "n", flows[i].n);
        json_close(json);
    }
    json_close(json);
}

static void add_cuts(struct json_writer *json, const struct program *program,
                     const struct verify_proof *proof) {
    json_open_array(json, "cuts", JSON_LINES);
    for (size_t i = 0; i < proof->n_cuts; i++) {
        json_open_object(json, NULL, JSON_ONE_LINE);
        json_add_string(json, "qpu", program->qpus[proof->cuts[i].qpu].name);
        json_add_uint(json, "ebits", proof->cuts[i].n_used);
        json_add_uint(json, "needed", proof->cuts[i].n_needed);
        json_close(json);
    }
    json_close(json);
}

static void add_faults(struct json_writer *json, const struct program *program,
                       const struct verify_proof *proof) {
    char name[256];
    json_open_array(json, "faults", JSON_LINES);
    for (size_t i = 0; i < proof->n_faults; i++) {
        const struct verify_fault *fault = &proof->faults[i];
        const char letter[2] = {fault->letter, '\0'};
        json_open_object(json, NULL, JSON_ONE_LINE);
        if (fault->letter == 'F') {
            json_add_string(json, "flip", program_bit_name(program, fault->bit, name, sizeof name));
        } else {
            json_add_uint(json, "ebit", fault->pair);
            json_add_string(json, "pauli", letter);
        }
        json_add_uint(json, "line", program->ops.ops[fault->op].line);
        json_add_string(json, "effect", fault->effect);
        json_add_uint(json, "weight", fault->weight);
        json_close(json);
    }
    json_close(json);
}

static void add_channel(struct json_writer *json, const struct verify_proof *proof) {
    json_open_array(json, "channel", JSON_LINES);
    for (size_t i = 0; i < proof->n_channel; i++) {
        json_open_object(json, NULL, JSON_ONE_LINE);
        json_add_string(json, "effect", proof->channel[i].effect);
        json_add_uint(json, "weight", proof->channel[i].weight);
        json_add_string(json, "probability", proof->channel[i].probability);
        json_close(json);
    }
    json_close(json);
}

static void add_comm(struct json_writer *json, const struct program *program,
                     const struct verify_proof *proof) {
    json_open_object(json, "peak_comm_qubits", JSON_ONE_LINE);
    for (size_t i = 0; i < program->n_qpus && proof->peak_comm; i++) {
        json_add_uint(json, program->qpus[i].name, proof->peak_comm[i]);
    }
    json_close(json);
}

static void add_outcomes(struct json_writer *json, const struct verify_outcomes *outcomes) {
    json_open_object(json, "outcome_kinds", JSON_LINES);
    json_add_uint(json, "coins", outcomes->n_coins);
    json_add_uint(json, "determined", outcomes->n_determined);
    json_add_uint(json, "certain", outcomes->n_certain);
    json_add_uint(json, "in_output", outcomes->n_in_output);
    json_open_array(json, "on_input", JSON_ONE_LINE);
    for (size_t i = 0; i < outcomes->n_on_input; i++) {
        json_add_string(json, NULL, outcomes->on_input[i]);
    }
    json_close(json);
    json_close(json);
}

static void add_probabilities(struct json_writer *json, const struct verify_outcomes *outcomes) {
    json_open_object(json, "outcome_probabilities", JSON_ONE_LINE);
    json_add_double(json, "least", outcomes->p_least);
    json_add_double(json, "greatest", outcomes->p_greatest);
    json_add_string(json, "input", outcomes->is_independent ? "independent" : "averaged");
    json_close(json);
}

static void add_proof(struct text *out, const struct cli_options *options,
                      const struct inputs *inputs, const struct verify_proof *proof) {
    const struct program *program = inputs->program;
    struct json_writer json = {.out = out};
    json_open_object(&json, NULL, JSON_LINES);
    json_add_uint(&json, "schema", 1);
    json_add_string(&json, "program", options->args[0]);
    json_add_string(&json, "against", inputs->against);
    json_add_string(&json, "verdict", proof->is_proved ? "proved" : "not equal");
    json_add_uint(&json, "outcomes", proof->n_outcomes);
    json_add_uint(&json, "branches", proof->n_branches);
    if (proof->max_rounds > 0) {
        json_add_uint(&json, "max_rounds", proof->max_rounds);
        json_add_double(&json, "left_out", proof->left_out);
    }
    json_open_array(&json, "findings", JSON_LINES);
    for (size_t i = 0; i < proof->n_findings; i++) {
        json_add_string(&json, NULL, proof->findings[i]);
    }
    json_close(&json);
    if (proof->repair) {
        json_add_string(&json, "repair", proof->repair);
    }
    if (proof->is_proved && proof->outcomes.is_known) {
        add_outcomes(&json, &proof->outcomes);
    }
    if (proof->is_proved && proof->outcomes.p_greatest > 0) {
        add_probabilities(&json, &proof->outcomes);
    }
    if (proof->is_proved) {
        add_flows(&json, program, "ebits", proof->links, proof->n_links);
        add_cuts(&json, program, proof);
        add_flows(&json, program, "bits", proof->messages, proof->n_messages);
        json_add_uint(&json, "depth", proof->depth);
        json_add_uint(&json, "message_rounds", proof->n_rounds);
        add_comm(&json, program, proof);
    }
    if (proof->is_first_round) {
        json_add_bool(&json, "first_round", true);
    }
    if (proof->has_faults) {
        json_add_uint(&json, "max_weight", proof->max_weight);
        add_faults(&json, program, proof);
    }
    if (proof->n_channel > 0) {
        add_channel(&json, proof);
    }
    if (proof->kept) {
        json_add_string(&json, "kept", proof->kept);
    }
    if (proof->fidelity) {
        json_add_string(&json, "process_fidelity", proof->fidelity);
    }
    json_close(&json);
}

/* ---- the command ---- */

static enum status write_proof(const struct cli_options *options, const struct inputs *inputs,
                               const struct verify_proof *proof, const struct text *report) {
    struct text json = {0};
    add_proof(&json, options, inputs, proof);
    const enum status status = outputs_write_report(options, report, &json);
    text_fini(&json);
    return status;
}

/* Most that may be left out unasked, as of exact distributions. */
static const double max_left_out = 1e-6;

static enum status check_left_out(const struct cli_options *options,
                                  const struct verify_proof *proof) {
    return proof->left_out <= max_left_out || cli_is_given(options, OPTION_MAX_ROUNDS)
               ? STATUS_OK
               : log_error(
                     STATUS_UNVERIFIED,
                     "%s: not proved: runs that are left out have probability %.3g; --max-rounds N "
                     "follows more rounds, or says that so many are enough",
                     options->args[0], proof->left_out);
}

static bool is_output(const struct program *program, const char *qubit) {
    for (size_t i = 0; i < program->n_out; i++) {
        if (strcmp(program->out[i].qubit, qubit) == 0) {
            return true;
        }
    }
    return false;
}

/* Qubits of the target that no `logical out` names are dropped at its end: a smaller claim than the
 * whole circuit. */
static void note_dropped(const struct inputs *inputs) {
    const struct circuit *circuit = inputs->circuit;
    char buffer[256];
    const char *name = NULL;
    if (!circuit || inputs->is_made || circuit->n_qubits <= inputs->program->n_out) {
        return;
    }
    for (uint32_t qb = 0; qb < circuit->n_qubits; qb++) {
        name = circuit_qubit_name(circuit, qb, buffer, sizeof buffer);
        if (!is_output(inputs->program, name)) {
            break;
        }
    }
    const size_t n = circuit->n_qubits - inputs->program->n_out;
    log_note("%s: no `logical out` names %s%s: %s dropped at the end, not compared",
             inputs->against, n > 1 ? "some of its qubits, such as " : "", name,
             n > 1 ? "they are" : "it is");
}

static enum status prove_program(struct text *report, const struct cli_options *options,
                                 const struct team *team, const struct inputs *inputs) {
    struct verify_proof proof = {0};
    note_dropped(inputs);
    TRY(verify_against(&proof, inputs->program, inputs->circuit, inputs->target,
                       (uint32_t)options->max_rounds));
    enum status status = proof.is_proved ? check_left_out(options, &proof) : STATUS_OK;
    if (status != STATUS_OK) {
        verify_proof_fini(&proof);
        return status;
    }
    verify_add_proof(report, &proof, inputs->program,
                     inputs->is_made ? "what the distributor makes" : options->args[0],
                     inputs->against);
    if (team_rank(team) == 0) {
        status = write_proof(options, inputs, &proof, report);
    }
    if (status == STATUS_OK && !proof.is_proved) {
        status = log_error(STATUS_UNVERIFIED, "%s%s is not equal to %s",
                           inputs->is_made ? "what the distributor makes of " : "",
                           options->args[0], inputs->against);
    }
    verify_proof_fini(&proof);
    return status;
}

static enum status verify_program(const struct cli_options *options, const struct team *team,
                                  const struct inputs *inputs) {
    struct text report = {0};
    enum status status = verify_static(&report, options->args[0], inputs->program);
    if (status == STATUS_OK && inputs->against) {
        status = prove_program(&report, options, team, inputs);
    } else if (status == STATUS_OK && team_rank(team) == 0) {
        status = outputs_write_report(options, &report, NULL);
    }
    text_fini(&report);
    return status;
}

enum status cmd_verify_check(const struct cli_options *options) {
    return load_check(options);
}

enum status cmd_verify(const struct cli_options *options) {
    const struct team *team = comm_world();
    struct inputs inputs = {0};
    enum status status = load_inputs(&inputs, options, team);
    if (status == STATUS_OK) {
        status = load_check_writable(options, team);
    }
    if (status == STATUS_OK) {
        status = comm_agree(team, verify_program(options, team, &inputs));
    }
    inputs_fini(&inputs);
    return status;
}
