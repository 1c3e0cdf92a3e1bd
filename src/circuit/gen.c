#include "circuit/gen.h"

#include <math.h>
#include <string.h>

#include "base/log.h"
#include "base/nearest.h"
#include "circuit/gen_build.h"

#define TAKES(param) (UINT32_C(1) << GEN_##param)
#define TAKES_MEMORY                                                                               \
    (TAKES(DISTANCE) | TAKES(ROUNDS) | TAKES(AFTER_CLIFFORD) | TAKES(BEFORE_ROUND) |               \
     TAKES(BEFORE_MEASURE) | TAKES(AFTER_RESET) | TAKES(PATCHES) | TAKES(JOIN))

#define COUNT_ROW(id, text, key, arg, needed, low, high, words)                                    \
    [GEN_##id] = {                                                                                 \
        .name = (text), .metavar = (arg), .is_needed = (needed), .min = (low), .max = (high)},
#define REAL_ROW(id, text, arg, needed, value, probability, words)                                 \
    [GEN_##id] = {.name = (text),                                                                  \
                  .metavar = (arg),                                                                \
                  .is_real = true,                                                                 \
                  .is_needed = (needed),                                                           \
                  .is_probability = (probability),                                                 \
                  .fallback = (value)},
const struct gen_param_info gen_params[GEN_PARAM_COUNT] = {GEN_PARAM_TABLE(COUNT_ROW, REAL_ROW)};

const struct generator gen_table[] = {
    {.name = "ghz",
     .help = "(|0..0> + |1..1>) / sqrt 2",
     .source = "Greenberger, Horne, Zeilinger, Going beyond Bell's theorem, 1989",
     .params = TAKES(N),
     .build = gen_build_ghz},
    {.name = "w",
     .help = "equal superposition of the states with a single 1",
     .source = "Duer, Vidal, Cirac, quant-ph/0005115",
     .params = TAKES(N),
     .build = gen_build_w},
    {.name = "qft",
     .help = "quantum Fourier transform of |0..0>, no final swaps",
     .source = "Coppersmith, quant-ph/0201067",
     .params = TAKES(N),
     .build = gen_build_qft},
    {.name = "inverse-qft",
     .help = "inverse of qft, on |0..0>",
     .source = "Coppersmith, quant-ph/0201067",
     .params = TAKES(N),
     .build = gen_build_inverse_qft},
    {.name = "qpe",
     .help = "phase estimation of diag(1, e^{2 pi i X}) on |1>; N counting qubits, one target",
     .source = "Cleve, Ekert, Macchiavello, Mosca, quant-ph/9708016",
     .params = TAKES(N) | TAKES(PHASE),
     .build = gen_build_qpe},
    {.name = "grover",
     .help = "search for V among 2^N values; N - 3 ancillas",
     .source = "Grover, quant-ph/9605043",
     .params = TAKES(N) | TAKES(VALUE) | TAKES(ROUNDS) | TAKES(SEED),
     .n_max = 62,
     .build = gen_build_grover},
    {.name = "bv",
     .help = "Bernstein and Vazirani: the secret V of N bits from one question",
     .source = "Bernstein, Vazirani, SIAM J. Comput. 26, 1411 (1997)",
     .params = TAKES(N) | TAKES(VALUE) | TAKES(SEED),
     .build = gen_build_bv},
    {.name = "cuccaro",
     .help = "A + B with carry, N bits each, ripple-carry, registers of their own",
     .source = "Cuccaro, Draper, Kutin, Moulton, quant-ph/0410184",
     .params = TAKES(N) | TAKES(A) | TAKES(B) | TAKES(SEED),
     .build = gen_build_cuccaro},
    {.name = "rca",
     .help = "A + B with carry, N bits each, as cuccaro, operands interleaved in one register",
     .source = "Wu et al., AutoComm, arXiv:2207.11674; quant-ph/0410184",
     .params = TAKES(N) | TAKES(A) | TAKES(B) | TAKES(SEED),
     .build = gen_build_rca},
    {.name = "draper",
     .help = "A + B modulo 2^N in Fourier space",
     .source = "Draper, quant-ph/0008033",
     .params = TAKES(N) | TAKES(A) | TAKES(B) | TAKES(SEED),
     .build = gen_build_draper},
    {.name = "mctr",
     .help = "multi-controlled X of N - 2 controls in four ladders; V is put in (default: all "
             "controls 1)",
     .source = "Barenco et al., quant-ph/9503016, corollary 7.4; as in AutoComm, arXiv:2207.11674",
     .params = TAKES(N) | TAKES(VALUE),
     .n_min = 5,
     .build = gen_build_mctr},
    {.name = "qaoa-maxcut",
     .help = "QAOA for the largest cut of a random graph G(N, P)",
     .source = "Farhi, Goldstone, Gutmann, arXiv:1411.4028",
     .params = TAKES(N) | TAKES(LAYERS) | TAKES(EDGES) | TAKES(GAMMA) | TAKES(BETA) | TAKES(SEED),
     .build = gen_build_qaoa},
    {.name = "tfim-trotter",
     .help = "transverse-field Ising chain, first-order Trotter steps, from |0..0>",
     .source = "Lloyd, Science 273, 1073 (1996)",
     .params = TAKES(N) | TAKES(TIME) | TAKES(STEPS) | TAKES(COUPLING) | TAKES(FIELD),
     .build = gen_build_tfim},
    {.name = "uccsd-pairs",
     .help = "pair excitations of unitary coupled cluster, Jordan-Wigner, random amplitudes",
     .source = "Lee, Huggins, Head-Gordon, Whaley, arXiv:1810.02327",
     .params = TAKES(N) | TAKES(SEED),
     .n_min = 4,
     .build = gen_build_pairs},
    {.name = "brick",
     .help = "layers of random rx, ry or rz on all qubits and CZ on neighbours, alternating",
     .source = "Fisher, Khemani, Nahum, Vijay, arXiv:2207.14280",
     .params = TAKES(N) | TAKES(LAYERS) | TAKES(SEED),
     .build = gen_build_brick},
    {.name = "quantum-volume",
     .help = "layers of Haar-random two-qubit gates on random pairs",
     .source = "Cross, Bishop, Sheldon, Nation, Gambetta, arXiv:1811.12926",
     .params = TAKES(N) | TAKES(LAYERS) | TAKES(SEED),
     .n_min = 2,
     .build = gen_build_quantum_volume},
    {.name = "random-clifford",
     .help = "uniformly random Clifford operator",
     .source = "Bravyi, Maslov, arXiv:2003.09412",
     .params = TAKES(N) | TAKES(SEED),
     .build = gen_build_clifford},
    {.name = "cz-fraction",
     .help = "layers in which a qubit takes part in a random CZ with probability P, else has an h",
     .source = "Sundaram, Gupta, Ramakrishnan, DISC 2021; as in arXiv:2305.14148",
     .params = TAKES(N) | TAKES(LAYERS) | TAKES(FRACTION) | TAKES(SEED),
     .build = gen_build_cz_fraction},
    {.name = "repetition-memory",
     .help = "repetition code of distance D, as Stim's repetition_code:memory",
     .source = "Gidney, Stim, arXiv:2103.02202",
     .params = TAKES_MEMORY,
     .build = gen_build_repetition},
    {.name = "rotated-memory-x",
     .help = "rotated surface code, logical X kept, as Stim's surface_code:rotated_memory_x",
     .source = "Tomita, Svore, arXiv:1404.3747; Gidney, Stim, arXiv:2103.02202",
     .params = TAKES_MEMORY,
     .build = gen_build_rotated_x},
    {.name = "rotated-memory-z",
     .help = "rotated surface code, logical Z kept, as Stim's surface_code:rotated_memory_z",
     .source = "Tomita, Svore, arXiv:1404.3747; Gidney, Stim, arXiv:2103.02202",
     .params = TAKES_MEMORY,
     .build = gen_build_rotated_z},
    {.name = "unrotated-memory-x",
     .help = "surface code, logical X kept, as Stim's surface_code:unrotated_memory_x",
     .source = "Fowler et al., arXiv:1208.0928; Gidney, Stim, arXiv:2103.02202",
     .params = TAKES_MEMORY,
     .build = gen_build_unrotated_x},
    {.name = "unrotated-memory-z",
     .help = "surface code, logical Z kept, as Stim's surface_code:unrotated_memory_z",
     .source = "Fowler et al., arXiv:1208.0928; Gidney, Stim, arXiv:2103.02202",
     .params = TAKES_MEMORY,
     .build = gen_build_unrotated_z},
};
const size_t gen_count = sizeof gen_table / sizeof gen_table[0];

const struct generator *gen_find(const char *name) {
    struct nearest near = nearest_start(name);

    for (size_t i = 0; i < gen_count; i++) {
        if (strcmp(gen_table[i].name, name) == 0) {
            return &gen_table[i];
        }
        nearest_offer(&near, gen_table[i].name);
    }
    if (near.best) {
        log_error(STATUS_USAGE, "gen: unknown circuit '%s'; did you mean %s?", name, near.best);
    } else {
        log_error(STATUS_USAGE, "gen: unknown circuit '%s'; see qspan gen --help", name);
    }
    return NULL;
}

static enum status check_real(const struct generator *generator, const struct gen_param_info *info,
                              double value) {
    if (info->is_probability && !(value >= 0 && value <= 1)) {
        return log_error(STATUS_USAGE, "gen %s: --%s %g: expected a probability", generator->name,
                         info->name, value);
    }
    if (!(fabs(value) <= 1e6)) {
        return log_error(STATUS_USAGE, "gen %s: --%s %g: expected a number between -1e6 and 1e6",
                         generator->name, info->name, value);
    }
    return STATUS_OK;
}

static enum status check_args(const struct generator *generator, const struct gen_args *args) {
    for (int i = 0; i < GEN_PARAM_COUNT; i++) {
        enum gen_param param = (enum gen_param)i;
        const struct gen_param_info *info = &gen_params[param];
        bool takes = (generator->params >> param) & 1;
        if (!gen_is_given(args, param)) {
            if (takes && info->is_needed) {
                return log_error(STATUS_USAGE, "gen %s: --%s is missing", generator->name,
                                 info->name);
            }
            continue;
        }
        if (!takes) {
            return log_error(STATUS_USAGE, "gen %s takes no --%s", generator->name, info->name);
        }
        if (info->is_real) {
            TRY(check_real(generator, info, args->real[param]));
        }
        if (!info->is_real && (args->count[param] < info->min || args->count[param] > info->max)) {
            return log_error(STATUS_USAGE, "gen %s: --%s %llu: expected from %llu to %llu",
                             generator->name, info->name, (unsigned long long)args->count[param],
                             (unsigned long long)info->min, (unsigned long long)info->max);
        }
    }
    return STATUS_OK;
}

static enum status check_size(const struct generator *generator, uint64_t n) {
    if (n < generator->n_min) {
        return log_error(STATUS_USAGE, "gen %s: --n %llu: expected at least %u", generator->name,
                         (unsigned long long)n, generator->n_min);
    }
    if (generator->n_max > 0 && n > generator->n_max) {
        return log_error(STATUS_USAGE, "gen %s: --n %llu: expected at most %u", generator->name,
                         (unsigned long long)n, generator->n_max);
    }
    return STATUS_OK;
}

enum status gen_circuit(struct circuit **out_circuit, const struct generator *generator,
                        const struct gen_args *args) {
    TRY(check_args(generator, args));
    if ((generator->params & TAKES(N)) != 0) {
        TRY(check_size(generator, args->count[GEN_N]));
    }
    struct gen_build build = {
        .circuit = circuit_create(),
        .generator = generator,
        .args = args,
        .n = gen_is_given(args, GEN_N) ? (uint32_t)args->count[GEN_N] : 0,
        .seed = gen_is_given(args, GEN_SEED) ? args->count[GEN_SEED] : 0,
    };
    if (!build.circuit) {
        return STATUS_NOFIT;
    }
    enum status status = generator->build(&build);
    if (status != STATUS_OK) {
        circuit_destroy(build.circuit);
        return status;
    }
    *out_circuit = build.circuit;
    return STATUS_OK;
}

bool gen_takes(const struct generator *generator, enum gen_param param) {
    return (generator->params >> param) & 1;
}

void gen_add_entry(struct text *out, const struct generator *generator) {
    text_printf(out, "  %s:", generator->name);
    for (int p = 0; p < GEN_PARAM_COUNT; p++) {
        const struct gen_param_info *info = &gen_params[p];
        if (gen_takes(generator, (enum gen_param)p)) {
            text_printf(out, info->is_needed ? " --%s %s" : " [--%s %s]", info->name,
                        info->metavar);
        }
    }
    text_printf(out, "\n    %s\n", generator->help);
}

void gen_add_help(struct text *out) {
    for (size_t i = 0; i < gen_count; i++) {
        gen_add_entry(out, &gen_table[i]);
    }
}
