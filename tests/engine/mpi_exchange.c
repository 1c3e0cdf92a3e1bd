/* Exchanges between ranks: amplitudes as on one rank, bytes as planned, nothing sent for what needs
 * no exchange. With an argument `kill`, rank 1 dies in the middle: nobody may wait for it. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "comm/comm.h"
#include "engine/statevector/statevector.h"
#include "support/random_run.h"
#include "support/written.h"

/* Slices of many chunks; slices smaller than a chunk, several on a rank; defaults. */
static const struct layout_tuning tunings[] = {
    {.chunk_bits = 5, .min_slice_bits = 8, .pass_bits = 8, .piece_bits = 5, .balance_log = 0},
    {.chunk_bits = 10,
     .min_slice_bits = 8,
     .pass_bits = 7,
     .more_bits = 1,
     .piece_bits = 4,
     .balance_log = 2},
    {.chunk_bits = 16, .min_slice_bits = 12, .pass_bits = 15, .piece_bits = 5, .balance_log = 3},
};
enum { N_TUNINGS = sizeof tunings / sizeof *tunings };

static void add(struct written *program, enum gate_id gate, uint32_t a, uint32_t b, uint32_t c) {
    static const double params[GATE_MAX_PARAMS] = {0.3, 0.4, 0.5, 0.6};
    written_add_gate(program, gate, (uint32_t[]){a, b, c}, params);
}

/* No wire is ever in a basis state: of those only a run knows which one. */
static void fill_program(struct written *program, uint64_t seed, size_t n_ops) {
    static const enum gate_id gates[] = {GATE_RX,   GATE_RY,  GATE_H,  GATE_CX, GATE_CZ,
                                         GATE_SWAP, GATE_CCX, GATE_RZ, GATE_CP, GATE_X,
                                         GATE_CRY,  GATE_RXX, GATE_CH, GATE_T,  GATE_ISWAP};
    uint32_t n = program->task.n_wires;
    uint64_t draw = 0;
    for (uint32_t i = 0; i < n; i++) {
        add(program, GATE_RX, i, 0, 0);
        add(program, GATE_RZ, i, 0, 0);
    }
    for (size_t i = 0; i < n_ops; i++) {
        uint32_t w[3];
        double span = i % 50 < 25 ? n : n < 5 ? n : n / 2; /* some wires rest now and then */
        for (int j = 0; j < 3; j++) {
            w[j] = (uint32_t)(span * rng_uniform(seed, draw++, 0, RNG_TEST));
        }
        size_t which = (size_t)(15 * rng_uniform(seed, draw++, 0, RNG_TEST));
        unsigned n_qubits = gate_get(gates[which])->n_qubits;
        bool is_new =
            (n_qubits < 2 || w[0] != w[1]) && (n_qubits < 3 || (w[2] != w[0] && w[2] != w[1]));
        if (is_new) {
            add(program, gates[which], w[0], w[1], w[2]);
        }
    }
}

static int64_t count_sent(const struct engine *engine) {
    int64_t sent = (int64_t)statevector_get_traffic(engine).sent;
    comm_sum_i64(comm_world(), &sent, 1);
    return sent;
}

static enum status run_program(double **out_amps, int64_t *out_sent, const struct written *program,
                               const struct team *team, const struct layout_tuning *tuning) {
    struct engine *engine = NULL;
    TRY(statevector_create(&engine, &program->task, team, tuning));
    TRY(engine->class->begin(engine));
    TRY(engine->class->run(engine, 0, program->ops.n_ops));
    *out_sent = count_sent(engine);
    *out_amps = written_amplitudes(program, engine);
    engine->class->destroy(engine);
    return STATUS_OK;
}

/* The same bits as alone, and the bytes of the plan. */
static int check_program(uint64_t seed, uint32_t n_wires, uint32_t n_qpus, size_t n_ops,
                         enum precision precision, const struct team *alone) {
    static struct written program;
    size_t n_bytes = (size_t)16 << n_wires;
    double *expected = NULL;
    int n_bad = 0;
    int64_t sent = 0;
    written_init(&program, n_wires, n_qpus);
    program.task.precision = precision;
    fill_program(&program, seed, n_ops);
    n_bad += run_program(&expected, &sent, &program, alone, &layout_tuning_default) != STATUS_OK;
    n_bad += sent != 0;
    for (int i = 0; i < N_TUNINGS; i++) {
        struct engine_figures figures;
        double *seen = NULL;
        n_bad += run_program(&seen, &sent, &program, comm_world(), &tunings[i]) != STATUS_OK;
        n_bad += statevector_plan(&figures, &program.task, team_size(comm_world()), &tunings[i]) !=
                 STATUS_OK;
        bool is_same = seen && expected && memcmp(seen, expected, n_bytes) == 0;
        if (!is_same || (uint64_t)sent != figures.exchanged_bytes) {
            fprintf(
                stderr,
                "seed %d, %u wires, %u QPUs, tuning %d, %d ranks: %s, %lld sent, %lld planned\n",
                (int)seed, n_wires, n_qpus, i, team_size(comm_world()),
                is_same ? "same" : "other amplitudes", (long long)sent,
                (long long)figures.exchanged_bytes);
            n_bad++;
        }
        free(seen);
    }
    written_fini(&program);
    free(expected);
    return n_bad;
}

/* Phases, controls, X and SWAP on any wires of a vector that spans all ranks. */
static int check_free(void) {
    enum { N = 14 };
    static struct written program;
    struct engine *engine = NULL;
    int n_bad = 0;
    written_init(&program, N, 1);
    for (uint32_t i = 0; i < N; i++) {
        add(&program, GATE_H, i, 0, 0);
        add(&program, GATE_RX, i, 0, 0);
    }
    for (uint32_t i = 0; i + 1 < N; i++) {
        add(&program, GATE_CX, i, i + 1, 0);
    }
    size_t n_first = program.ops.n_ops;
    for (uint32_t i = 0; i < N; i++) {
        add(&program, GATE_RZ, i, 0, 0);
        add(&program, GATE_X, i, 0, 0);
        add(&program, GATE_CZ, i, (i + 5) % N, 0);
        add(&program, GATE_SWAP, i, (i + 3) % N, 0);
        add(&program, GATE_CCZ, i, (i + 1) % N, (i + 2) % N);
        add(&program, GATE_CP, i, (i + 7) % N, 0);
    }
    size_t n_second = program.ops.n_ops;
    add(&program, GATE_RY, 4, 0, 0);
    size_t n_third = program.ops.n_ops;
    for (uint32_t i = 0; i < N; i++) {
        if (i != 4) {
            add(&program, GATE_CX, i, 4, 0);
            add(&program, GATE_CRY, i, 4, 0);
            add(&program, GATE_CCX, i, i == 3 ? 5 : 3, 4);
        }
    }
    if (statevector_create(&engine, &program.task, comm_world(), &tunings[0]) != STATUS_OK) {
        return 1;
    }
    engine->class->begin(engine);
    engine->class->run(engine, 0, n_first);
    int64_t sent = count_sent(engine);
    for (size_t i = n_first; i < n_second; i++) {
        engine->class->run(engine, i, i + 1);
    }
    engine->class->run(engine, n_first, n_second); /* and all at once */
    n_bad += count_sent(engine) != sent;
    n_bad += team_size(comm_world()) > 1 && sent == 0;
    engine->class->run(engine, n_second, n_third);
    sent = count_sent(engine);
    for (size_t i = n_third; i < program.ops.n_ops; i++) {
        if (program.ops.ops[i].which != GATE_CCX) {
            engine->class->run(engine, i, i + 1);
        }
    }
    n_bad += count_sent(engine) != sent;
    engine->class->destroy(engine);
    written_fini(&program);
    if (n_bad > 0) {
        fprintf(stderr, "gates that need no exchange: bytes were sent\n");
    }
    return n_bad;
}

/* Measurements, resets and copies between exchanges. */
static int check_random(uint64_t seed, uint32_t n_wires, uint32_t n_qpus, size_t n_ops,
                        const struct team *alone) {
    struct random_task random;
    uint64_t hash[2] = {0};
    int n_bad = 0;
    random_task_init(&random, seed, n_wires, n_qpus, n_ops);
    for (int i = 0; i < 3; i++) {
        struct engine *engine = NULL;
        double error = 0;
        const struct team *team = i == 0 ? alone : comm_world();
        const struct layout_tuning *tuning = i == 0 ? &layout_tuning_default : &tunings[i - 1];
        n_bad += statevector_create(&engine, &random.task, team, tuning) != STATUS_OK;
        if (engine == NULL) {
            break;
        }
        hash[i != 0] = random_run(engine, &random, NULL, &error);
        n_bad += hash[0] != hash[i != 0] || error != 0;
        n_bad += (double)count_sent(engine) !=
                 statevector_get_traffic(engine).counted * (i == 0 ? 0 : 1);
        engine->class->destroy(engine);
    }
    random_task_fini(&random);
    if (n_bad > 0) {
        fprintf(stderr, "seed %d, %u wires, %u QPUs: other numbers than alone\n", (int)seed,
                n_wires, n_qpus);
    }
    return n_bad;
}

static void run_killed(void) {
    static struct written program;
    int64_t sent = 0;
    written_init(&program, 14, 1);
    fill_program(&program, 7, 400);
    for (int i = 0; i < 100; i++) {
        if (i == 3 && team_rank(comm_world()) == 1) {
            raise(SIGKILL);
        }
        double *amps = NULL;
        if (run_program(&amps, &sent, &program, comm_world(), &tunings[0]) != STATUS_OK) {
            return;
        }
        free(amps);
    }
}

int main(int argc, char **argv) {
    struct team *alone = NULL;
    int n_bad = comm_start(&argc, &argv) != STATUS_OK;
    if (argc > 1 && strcmp(argv[1], "kill") == 0) {
        run_killed();
    }
    n_bad += team_split(&alone, comm_world(), team_rank(comm_world())) != STATUS_OK;
    for (uint64_t seed = 0; seed < 8; seed++) {
        uint32_t n_wires = seed < 4 ? 1 + (uint32_t)seed : 8 + (uint32_t)seed % 6;
        n_bad += check_program(seed, n_wires, 1 + (uint32_t)seed % 3, 200, PRECISION_DOUBLE, alone);
    }
    n_bad += check_program(8, 13, 1, 300, PRECISION_SINGLE, alone);
    n_bad += check_program(9, 16, 1, 60, PRECISION_DOUBLE, alone);
    if (team_size(comm_world()) <= 2) { /* chunks and stages shrink, to save memory */
        n_bad += check_program(10, 19, 1, 30, PRECISION_DOUBLE, alone);
    }
    n_bad += check_free();
    n_bad += check_random(20, 11, 1, 120, alone);
    n_bad += check_random(21, 12, 3, 120, alone);
    enum status status = comm_agree(comm_world(), n_bad == 0 ? STATUS_OK : STATUS_INTERNAL);
    team_destroy(alone);
    comm_stop();
    return status == STATUS_OK ? 0 : 1;
}
