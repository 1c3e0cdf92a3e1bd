#include <inttypes.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/progress.h"
#include "base/text.h"
#include "base/units.h"
#include "base/version.h"
#include "circuit/gen.h"
#include "cli/cli.h"
#include "cli/load.h"
#include "cli/outputs.h"
#include "engine/engine.h"
#include "output/json.h"

enum { MIN_QUBITS = 4, MAX_QUBITS = 40, DEFAULT_QUBITS = 22, N_REPEATS = 3 };
enum { COPY_BYTES = 1 << 27, RING_BYTES = 1 << 24, N_PINGS = 200, SMALL_BYTES = 8 };

/* What every rank does at the same time; the slowest counts. */
struct machine_rates {
    double copy_bytes_per_s; /* of a rank: read and written */
    double ring_bytes_per_s; /* of a rank: sent, while as much comes */
    double latency_s;        /* of a small message to the next rank */
};

struct row {
    const char *name;
    uint32_t n_qubits;
    uint64_t n_gates;
    double wall_s[N_REPEATS];      /* of the slowest rank */
    struct engine_figures figures; /* its plan */
};

struct bench {
    const struct team *team;
    enum precision precision;
    uint32_t n_qubits;
    struct machine_rates rates;
    struct text report, json_text;
    struct json_writer json;
};

/* ---- the machine ---- */

static double worst_s(const struct bench *bench, double seconds) {
    comm_max_f64(bench->team, &seconds, 1);
    return seconds;
}

static enum status measure_copy(struct bench *bench) {
    const size_t n_bytes = COPY_BYTES;
    const size_t n_pieces = 256, piece = n_bytes / n_pieces;
    char *from = mem_map(n_bytes), *to = mem_map(n_bytes);
    enum status status =
        from && to ? STATUS_OK
                   : log_error(STATUS_NOFIT, "no memory for two copies of %zu bytes", n_bytes);
    status = comm_agree(bench->team, status);
    double best_s = 1e9;
    for (int round = 0; round < 4 && status == STATUS_OK; round++) {
        comm_barrier(bench->team);
        const double t_s = clock_now_s();
#pragma omp parallel for schedule(static)
        for (size_t i = 0; i < n_pieces; i++) {
            memcpy(to + i * piece, from + i * piece, piece);
        }
        const double took_s = worst_s(bench, clock_now_s() - t_s);
        best_s = round > 0 && took_s < best_s ? took_s : best_s; /* round 0 touches the pages */
    }
    bench->rates.copy_bytes_per_s = 2.0 * (double)n_bytes / best_s;
    mem_unmap(from, n_bytes);
    mem_unmap(to, n_bytes);
    return status;
}

/* Each rank sends n_bytes to the next one and takes as many from the one before. */
static double time_ring(const struct bench *bench, char *buffers, size_t n_bytes, int n_rounds) {
    const int rank = team_rank(bench->team), size = team_size(bench->team);
    comm_barrier(bench->team);
    const double t_s = clock_now_s();
    for (int round = 0; round < n_rounds; round++) {
        struct comm_request requests[2];
        comm_irecv(bench->team, &requests[0], buffers + n_bytes, n_bytes, (rank + size - 1) % size,
                   TAG_EXCHANGE, (uint32_t)round);
        comm_isend(bench->team, &requests[1], buffers, n_bytes, (rank + 1) % size, TAG_EXCHANGE,
                   (uint32_t)round);
        comm_wait(requests, 2);
    }
    return worst_s(bench, clock_now_s() - t_s) / n_rounds;
}

static enum status measure_ring(struct bench *bench) {
    if (team_size(bench->team) == 1) {
        return STATUS_OK;
    }
    char *buffers = mem_alloc(2, RING_BYTES);
    enum status status = comm_agree(bench->team, buffers ? STATUS_OK : STATUS_NOFIT);
    if (status == STATUS_OK) {
        (void)time_ring(bench, buffers, RING_BYTES, 2); /* connections are made */
        bench->rates.latency_s = time_ring(bench, buffers, SMALL_BYTES, N_PINGS);
        bench->rates.ring_bytes_per_s = RING_BYTES / time_ring(bench, buffers, RING_BYTES, 8);
    }
    mem_free(buffers);
    return status;
}

/* ---- circuits ---- */

static enum status run_once(struct row *row, int repeat, const struct engine_task *task,
                            const struct bench *bench) {
    struct engine *engine = NULL;
    TRY(engine_statevector.create(&engine, task, bench->team));
    comm_barrier(bench->team);
    const double t_s = clock_now_s();
    enum status status = engine->class->begin(engine);
    if (status == STATUS_OK) {
        status = engine->class->run(engine, 0, task->ops->n_ops);
    }
    row->wall_s[repeat] = worst_s(bench, clock_now_s() - t_s);
    engine->class->destroy(engine);
    return comm_agree(bench->team, status);
}

static int compare(const void *left, const void *right) {
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* Gates alone, on all ranks as one team; the median of the times is wall_s[N_REPEATS / 2]. */
static enum status run_circuit(struct row *row, const struct circuit *circuit,
                               const struct bench *bench) {
    const size_t n = circuit->ops.n_ops;
    uint8_t *modes = mem_alloc(n, 1);
    uint32_t *copies = mem_alloc(n, sizeof *copies);
    uint32_t *qpus = mem_alloc(circuit->n_qubits, sizeof *qpus);
    enum status status = modes && copies && qpus ? STATUS_OK : STATUS_NOFIT;
    for (size_t i = 0; i < n && status == STATUS_OK; i++) {
        modes[i] = circuit->ops.ops[i].kind == OP_GATE ? ENGINE_APPLY : ENGINE_SKIP;
        row->n_gates += circuit->ops.ops[i].kind == OP_GATE;
    }
    const struct engine_task task = {.ops = &circuit->ops,
                                     .modes = modes,
                                     .copy_wires = copies,
                                     .n_wires = circuit->n_qubits,
                                     .n_qpus = 1,
                                     .wire_qpu = qpus,
                                     .precision = bench->precision};
    row->n_qubits = circuit->n_qubits;
    if (status == STATUS_OK) {
        status = engine_statevector.plan(&row->figures, &task, team_size(bench->team));
    }
    status = comm_agree(bench->team, status);
    for (int i = 0; i < N_REPEATS && status == STATUS_OK; i++) {
        status = run_once(row, i, &task, bench);
    }
    qsort(row->wall_s, N_REPEATS, sizeof *row->wall_s, compare);
    mem_free(modes);
    mem_free(copies);
    mem_free(qpus);
    return status;
}

static void add_row(struct bench *bench, const struct row *row) {
    const double wall_s = row->wall_s[N_REPEATS / 2];
    const double rate = row->figures.n_amp_updates / wall_s;
    char sent[48];
    text_printf(&bench->report, "  %-16s %6u %8" PRIu64 " %10.4f %12.3g %12s %10" PRIu64 "\n",
                row->name, row->n_qubits, row->n_gates, wall_s, rate,
                units_print_bytes(sent, sizeof sent, row->figures.exchanged_bytes),
                row->figures.n_exchanges);
    json_open_object(&bench->json, NULL, JSON_ONE_LINE);
    json_add_string(&bench->json, "name", row->name);
    json_add_uint(&bench->json, "qubits", row->n_qubits);
    json_add_uint(&bench->json, "gates", row->n_gates);
    json_add_double(&bench->json, "wall_s", wall_s);
    json_add_double(&bench->json, "updates_per_s", rate);
    json_add_uint(&bench->json, "sent_bytes", row->figures.exchanged_bytes);
    json_add_uint(&bench->json, "exchanges", row->figures.n_exchanges);
    json_close(&bench->json);
}

static enum status run_family(struct bench *bench, const char *name, uint64_t n_layers) {
    struct gen_args args = {0};
    struct circuit *circuit = NULL;
    struct row row = {.name = name};
    gen_set_count(&args, GEN_N, bench->n_qubits);
    if (n_layers > 0) {
        gen_set_count(&args, GEN_LAYERS, n_layers);
    }
    enum status status = gen_circuit(&circuit, gen_find(name), &args);
    status = comm_agree(bench->team, status);
    if (status == STATUS_OK) {
        status = run_circuit(&row, circuit, bench);
    }
    if (status == STATUS_OK) {
        add_row(bench, &row);
    }
    circuit_destroy(circuit);
    return status;
}

/* ---- the command ---- */

static void begin_report(struct bench *bench, enum cpu_isa isa) {
    const int n_ranks = team_size(bench->team), n_threads = omp_get_max_threads();
    const struct machine_rates *rates = &bench->rates;
    const bool is_single = bench->precision == PRECISION_SINGLE;
    text_printf(&bench->report,
                "qspan " QSPAN_VERSION ": state vector in %s precision, %s, %d rank%s of %d "
                "thread%s\n\n",
                is_single ? "single" : "double", cpu_isa_name(isa), n_ranks,
                n_ranks == 1 ? "" : "s", n_threads, n_threads == 1 ? "" : "s");
    text_printf(&bench->report, "memory          %.3g GB/s per rank, read and written\n",
                1e-9 * rates->copy_bytes_per_s);
    if (n_ranks > 1) {
        text_printf(&bench->report,
                    "messages        %.3g GB/s sent by each rank at once, %.3g us to the next\n",
                    1e-9 * rates->ring_bytes_per_s, 1e6 * rates->latency_s);
    }
    text_printf(&bench->report, "\n  %-16s %6s %8s %10s %12s %12s %10s\n", "circuit", "qubits",
                "gates", "seconds", "updates/s", "sent", "exchanges");
    json_open_object(&bench->json, NULL, JSON_LINES);
    json_add_uint(&bench->json, "schema", 1);
    json_add_string(&bench->json, "version", QSPAN_VERSION);
    json_add_string(&bench->json, "isa", cpu_isa_name(isa));
    json_add_string(&bench->json, "precision", is_single ? "single" : "double");
    json_add_string(&bench->json, "mpi", comm_library());
    json_add_uint(&bench->json, "ranks", (uint64_t)n_ranks);
    json_add_uint(&bench->json, "threads", (uint64_t)n_threads);
    json_add_double(&bench->json, "copy_bytes_per_s", rates->copy_bytes_per_s);
    json_add_double(&bench->json, "ring_bytes_per_s", rates->ring_bytes_per_s);
    json_add_double(&bench->json, "latency_s", rates->latency_s);
    json_open_array(&bench->json, "circuits", JSON_LINES);
}

static enum status run_all(struct bench *bench, const struct cli_options *options) {
    static const struct {
        const char *name;
        uint64_t n_layers;
    } families[] = {{"ghz", 0},         {"brick", 20},       {"quantum-volume", 10},
                    {"qaoa-maxcut", 2}, {"tfim-trotter", 0}, {"random-clifford", 0}};
    enum cpu_isa isa;
    TRY(load_check_writable(options, bench->team));
    TRY(cpu_detect_isa(&isa));
    TRY(measure_copy(bench));
    TRY(measure_ring(bench));
    begin_report(bench, isa);
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        TRY(run_family(bench, families[i].name, families[i].n_layers));
    }
    json_close(&bench->json);
    json_close(&bench->json);
    return STATUS_OK;
}

static bool read_n_qubits(uint32_t *out, const struct cli_options *options) {
    char *end = NULL;
    const unsigned long n =
        options->n_args > 0 ? strtoul(options->args[0], &end, 10) : (unsigned long)DEFAULT_QUBITS;
    *out = (uint32_t)n;
    return n >= MIN_QUBITS && n <= MAX_QUBITS && (!end || *end == '\0');
}

enum status cmd_bench_check(const struct cli_options *options) {
    uint32_t n_qubits;
    return read_n_qubits(&n_qubits, options)
               ? STATUS_OK
               : log_error(STATUS_USAGE, "bench: '%s': expected a number of qubits from %d to %d",
                           options->args[0], MIN_QUBITS, MAX_QUBITS);
}

enum status cmd_bench(const struct cli_options *options) {
    struct bench bench = {.team = comm_world(), .precision = load_precision(options)};
    bench.json.out = &bench.json_text;
    (void)read_n_qubits(&bench.n_qubits, options); /* cmd_bench_check has seen it */
    enum status status = run_all(&bench, options);
    if (status == STATUS_OK && team_rank(bench.team) == 0) {
        status = outputs_write_report(options, &bench.report, &bench.json_text);
    }
    text_fini(&bench.report);
    text_fini(&bench.json_text);
    return comm_agree(comm_world(), status);
}
