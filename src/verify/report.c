#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "verify/against.h"

enum { REPORT_MAX_FAULTS = 24, REPORT_MAX_EFFECTS = 16 };

static void add_escaped(struct text *out, const char *text) {
    text_add_escaped(out, text, strlen(text));
}

static void add_flows(struct text *out, const struct program *program, const char *title,
                      const char *arrow, const struct verify_flow *flows, size_t n) {
    text_printf(out, "  %s", title);
    for (size_t i = 0; i < n; i++) {
        text_add(out, i > 0 ? ", " : " ");
        add_escaped(out, program->qpus[flows[i].from].name);
        text_add(out, arrow);
        add_escaped(out, program->qpus[flows[i].to].name);
        text_printf(out, " %" PRIu64, flows[i].n);
    }
    text_add(out, n > 0 ? "\n" : " none\n");
}

static void add_fault(struct text *out, const struct program *program,
                      const struct verify_fault *fault) {
    char name[256];
    const uint32_t line = program->ops.ops[fault->op].line;
    if (fault->letter == 'F') {
        text_add(out, "    flip of ");
        add_escaped(out, program_bit_name(program, fault->bit, name, sizeof name));
    } else {
        text_printf(out, "    %c on ebit %u", fault->letter, fault->pair);
    }
    if (line > 0) {
        text_printf(out, " (line %u)", line);
    }
    text_add(out, ": ");
    add_escaped(out, fault->effect);
    text_add(out, "\n");
}

static void add_noise(struct text *out, const struct verify_proof *proof,
                      const struct program *program) {
    if (!proof->has_faults) {
        text_add(out,
                 proof->max_rounds > 0
                     ? "  faults were not followed, in loops or outside: the program has a while\n"
                     : "  faults were not followed: conditions or rounds depend on them, or they "
                       "are too many\n");
        return;
    }
    if (proof->n_faults == 0) {
        return;
    }
    if (proof->is_first_round) {
        text_add(out, "  faults in the first round of each while, of runs in which it ends with "
                      "that:\n");
    }
    text_printf(out, "  one fault reaches at most %u %s%s\n", proof->max_weight,
                proof->is_unitary ? "logical qubit" : "logical qubits or output bit",
                proof->max_weight == 1 ? "" : "s");
    for (size_t i = 0; i < proof->n_faults && i < REPORT_MAX_FAULTS; i++) {
        add_fault(out, program, &proof->faults[i]);
    }
    if (proof->n_faults > REPORT_MAX_FAULTS) {
        text_printf(out, "    and %zu more (--json lists all)\n",
                    proof->n_faults - REPORT_MAX_FAULTS);
    }
    if (proof->n_channel > 0 && proof->n_channel <= REPORT_MAX_EFFECTS) {
        text_add(out, "  channel of noisy ebits\n");
        for (size_t i = 0; i < proof->n_channel; i++) {
            text_printf(out, "    %s: ", proof->channel[i].probability);
            add_escaped(out, proof->channel[i].effect);
            text_add(out, "\n");
        }
    }
    if (proof->kept) {
        text_printf(out, "  %s with probability %s;\n  then ",
                    proof->is_first_round ? "no while goes on, and no output bit shows a fault,"
                                          : "no output bit shows a fault",
                    proof->kept);
    }
    if (proof->fidelity) {
        text_printf(out, "%sprocess fidelity %s\n", proof->kept ? "" : "  ", proof->fidelity);
    }
}

static void add_probabilities(struct text *out, const struct verify_outcomes *outcomes) {
    if (outcomes->p_greatest == 0) {
        return;
    }
    if (outcomes->p_least > 0.5 - 1e-9) {
        text_add(out, "  outcomes: fair coins where not certain");
    } else {
        text_printf(out, "  outcomes: of probability %.6g to %.6g each where not certain",
                    outcomes->p_least, outcomes->p_greatest);
    }
    text_add(out, outcomes->is_independent ? ", independent of the input\n"
                                           : ", averaged over inputs\n");
}

static void add_outcomes(struct text *out, const struct verify_outcomes *outcomes) {
    if (!outcomes->is_known) {
        text_add(out, "  outcomes were not looked at one by one: conditions split the run\n");
        return;
    }
    text_printf(out, "  outcomes: %" PRIu64 " fair coin%s, independent of the input",
                outcomes->n_coins, outcomes->n_coins == 1 ? "" : "s");
    if (outcomes->n_determined > 0) {
        text_printf(out, "; %" PRIu64 " determined by others", outcomes->n_determined);
    }
    if (outcomes->n_certain > 0) {
        text_printf(out, "; %" PRIu64 " always the same", outcomes->n_certain);
    }
    if (outcomes->n_in_output > 0) {
        text_printf(out, "; %" PRIu64 " told by output bits", outcomes->n_in_output);
    }
    text_add(out, "\n");
    for (size_t i = 0; i < outcomes->n_on_input; i++) {
        text_add(out, "    ");
        add_escaped(out, outcomes->on_input[i]);
        text_add(out, " depends on the input; the target loses what it tells\n");
    }
}

static void add_certificate(struct text *out, const struct verify_proof *proof,
                            const struct program *program) {
    if (proof->is_dense) {
        text_printf(out,
                    "  %" PRIu64 " measurement%s, all patterns on state vectors, at most %" PRIu64
                    " branch%s at once\n",
                    proof->n_outcomes, proof->n_outcomes == 1 ? "" : "s", proof->n_branches,
                    proof->n_branches == 1 ? "" : "es");
        add_probabilities(out, &proof->outcomes);
    } else {
        text_printf(out, "  %" PRIu64 " outcome%s, all patterns in %" PRIu64 " symbolic branch%s\n",
                    proof->n_outcomes, proof->n_outcomes == 1 ? "" : "s", proof->n_branches,
                    proof->n_branches == 1 ? "" : "es");
        add_outcomes(out, &proof->outcomes);
    }
    add_flows(out, program, proof->max_rounds > 0 ? "ebits (rounds counted once):" : "ebits:", "-",
              proof->links, proof->n_links);
    for (size_t i = 0; i < proof->n_cuts && proof->n_links > 0; i++) {
        const struct verify_cut *cut = &proof->cuts[i];
        text_add(out, "    between ");
        add_escaped(out, program->qpus[cut->qpu].name);
        text_printf(out, " and the others: %" PRIu64 ", at least %u needed\n", cut->n_used,
                    cut->n_needed);
    }
    add_flows(out, program, "bits:", "->", proof->messages, proof->n_messages);
    text_printf(out, "  depth %" PRIu64 " ops and messages, of which %" PRIu64 " in turn %s\n",
                proof->depth, proof->n_rounds,
                proof->n_rounds == 1 ? "is a message" : "are messages");
    add_noise(out, proof, program);
}

/* Which runs the verdict is of, if not all. */
static void add_rounds(struct text *out, const struct verify_proof *proof) {
    if (proof->max_rounds == 0) {
        return;
    }
    if (proof->left_out == 0) {
        text_printf(out, "  each while ends within %u rounds\n", proof->max_rounds);
        return;
    }
    text_printf(out,
                "  of all runs in which no while goes on after %u rounds; others have probability "
                "%.3g%s\n",
                proof->max_rounds, proof->left_out,
                proof->has_target_rounds ? ", as in the target"
                : proof->is_proved       ? ", whatever the input"
                                         : "");
}

void verify_add_proof(struct text *out, const struct verify_proof *proof,
                      const struct program *program, const char *name, const char *target_name) {
    add_escaped(out, name);
    text_add(out, proof->is_proved ? ": proved equal to " : ": NOT equal to ");
    add_escaped(out, target_name);
    text_add(out, proof->is_proved ? ", for every outcome\n" : "\n");
    add_rounds(out, proof);
    if (proof->summed) {
        text_add(out, "  whatever the outputs ");
        add_escaped(out, proof->summed);
        text_add(out, " say: the target declares no such `output`\n");
    }
    if (proof->is_proved) {
        add_certificate(out, proof, program);
        return;
    }
    for (size_t i = 0; i < proof->n_findings; i++) {
        text_add(out, "  ");
        add_escaped(out, proof->findings[i]);
        text_add(out, "\n");
    }
    if (proof->repair) {
        text_add(out, "  ");
        add_escaped(out, proof->repair);
        text_add(out, "\n");
    }
}
