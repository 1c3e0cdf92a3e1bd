/* Times the state-vector engine on circuits, beside what the machine can do.
 *
 *     bench_statevector [-f] [-r REPEATS] [-p double|single] FILE...
 *
 * -f: with measured costs, as qspan run --fast. For each circuit: seconds of the gates alone (wall;
 * CPU of all threads divided by their number, which other jobs disturb less), sweeps of the state
 * that this time amounts to per gate, passes, what they and growing vectors moved and computed,
 * runs of the tiles through registers and steps in them (of 2^24 amplitudes), and the floor: the
 * sum over the passes, which follow one another, of the largest of bytes / bandwidth, bytes only
 * written / bandwidth of writes and flops / peak, and CPU seconds in floors; `slots`: in floors
 * that count operations which are no multiply-adds as such, for the peak is that of multiply-adds;
 * `sums`: in what memory and flops would take one after the other.
 * Bandwidth is that of an update in place (up), that of writes (wr) of copies from the cache past
 * it, the peak that of matrices in registers, medians of several tries right before each run (by
 * CPU time too): a shared host changes its speed within seconds. Of several runs the one with the
 * median of floors is printed. Memory: bytes reserved per byte of the state, where that has more
 * than buffers need. */
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "circuit/circuit.h"
#include "engine/statevector/statevector.h"
#include "kernels/statevector.h"

enum { MAX_REPEATS = 99 };

static enum precision precision = PRECISION_DOUBLE;
static bool is_fast;

struct stopwatch {
    double wall_s, cpu_s;
};
/* Of one run; no floor: nothing was moved or computed. */
struct figures {
    struct pass_rates machine;
    struct stopwatch create, run;
    struct pass_work work;
    size_t n_gates;
    double state_bytes, reserved_bytes;
};

static double read_clock(clockid_t id) {
    struct timespec t;
    clock_gettime(id, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static struct stopwatch start(void) {
    return (struct stopwatch){read_clock(CLOCK_MONOTONIC), read_clock(CLOCK_PROCESS_CPUTIME_ID)};
}

static struct stopwatch stop(const struct stopwatch *since) {
    struct stopwatch now = start();
    return (struct stopwatch){now.wall_s - since->wall_s,
                              (now.cpu_s - since->cpu_s) / omp_get_max_threads()};
}

static const struct statevector_kernels *get_kernels(void) {
    enum cpu_isa isa = CPU_SCALAR;
    cpu_detect_isa(&isa);
    return statevector_kernels_get(isa, precision);
}

/* ---- what the machine can do ---- */

enum { N_TRIES = 9 };

static int compare_doubles(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double find_median(double tries[N_TRIES]) {
    qsort(tries, N_TRIES, sizeof *tries, compare_doubles);
    return tries[N_TRIES / 2];
}

enum { N_CHUNKS = 4096, CHUNK_BLOCKS = 1 << 10 };

static double time_of_chunks(union statevector_block *memory, bool is_update) {
    static const union statevector_block source[CHUNK_BLOCKS];
    const struct statevector_kernels *kernels = get_kernels();
    const struct stopwatch since = start();
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < N_CHUNKS; i++) {
        union statevector_block *at = memory + i * CHUNK_BLOCKS;
        if (is_update) {
            kernels->scale(at, at, CHUNK_BLOCKS, 0.5, 0);
        } else {
            kernels->stream(&at, 1, CHUNK_BLOCKS, source);
        }
    }
    return stop(&since).cpu_s;
}

static void measure_bandwidths(struct pass_rates *out) {
    const size_t n_bytes = (size_t)N_CHUNKS * CHUNK_BLOCKS * sizeof(union statevector_block);
    union statevector_block *memory = mem_map(n_bytes);
    double updates[N_TRIES], streams[N_TRIES];
    time_of_chunks(memory, true); /* writes new pages */
    for (int try = 0; try < N_TRIES; try++) {
        updates[try] = time_of_chunks(memory, true);
        streams[try] = time_of_chunks(memory, false);
    }
    mem_unmap(memory, n_bytes);
    out->update_bytes_per_s = 2.0 * (double)n_bytes / find_median(updates);
    out->stream_bytes_per_s = (double)n_bytes / find_median(streams);
}

/* 4 x 4 matrices on blocks that stay in registers. */
static double measure_peak(void) {
    enum { N_STEPS = 120, N_ROUNDS = 4000 };
    const struct statevector_kernels *kernels = get_kernels();
    const struct statevector_span span = {.last = 1, .n_fixed = 3, .fixed = {0, 1, 2}};
    static const uint64_t blocks[8] = {0, 1, 2, 3, 4, 5, 6, 7};
    struct statevector_step step[3];
    const struct statevector_step *steps[N_STEPS];
    for (unsigned i = 0; i < 3; i++) {
        step[i] = (struct statevector_step){.code = (uint8_t)(STATEVECTOR_DENSE2 + i),
                                            .regs = 0xff,
                                            .lanes = (uint16_t)kernels->all_lanes}; /* by 0 */
    }
    for (unsigned i = 0; i < N_STEPS; i++) {
        steps[i] = &step[i % 3];
    }
    double tries[N_TRIES];
    for (int try = 0; try < N_TRIES; try++) {
        struct stopwatch watch = start();
#pragma omp parallel
        {
            union statevector_block tile[8] = {{{1}}};
            for (int i = 0; i < N_ROUNDS; i++) {
                kernels->program(tile, &span, blocks, steps, N_STEPS);
            }
        }
        watch = stop(&watch);
        tries[try] = watch.cpu_s;
    }
    double n_amps = 8.0 * (1 << kernels->lane_bits) * N_STEPS * N_ROUNDS;
    return kernels->dense2_flops * n_amps * omp_get_max_threads() / find_median(tries);
}

/* ---- circuits ---- */

static double floors(const struct figures *figures, double floor_s) {
    return floor_s > 0 ? figures->run.cpu_s / floor_s : 0;
}

static int compare(const void *a, const void *b) {
    const struct figures *p = a, *q = b;
    const double x = floors(p, p->work.floor_s), y = floors(q, q->work.floor_s);
    return (x > y) - (x < y);
}

static double moved_bytes(const struct figures *figures) {
    return figures->work.n_bytes + figures->work.n_grown;
}

static void report(const char *name, uint32_t n_qubits, const struct figures *of) {
    const double cpu_s = of->run.cpu_s,
                 sweep_s = 2 * of->state_bytes / of->machine.update_bytes_per_s;
    const char *base = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
    char memory[16] = "-";
    if (of->state_bytes >= 0x1p24) {
        snprintf(memory, sizeof memory, "%.2f", of->reserved_bytes / of->state_bytes);
    }
    printf("%-18s %3u %6zu %8.4f %8.4f %8.4f %7.3f %6.0f %7.1f %8.1f %6.1f %6.0f %7.1f %7.1f "
           "%5.1f %5.1f %6.1f %8.4f %6.2f %6.2f %6.2f %6s\n",
           base, n_qubits, of->n_gates, of->create.cpu_s, of->run.wall_s, cpu_s,
           cpu_s / sweep_s / (double)of->n_gates, of->work.n_passes, moved_bytes(of) * 1e-9,
           of->work.n_flops * 1e-9, of->work.n_blocks, of->work.n_steps,
           moved_bytes(of) * 1e-9 / cpu_s, of->work.n_flops * 1e-9 / cpu_s,
           of->machine.update_bytes_per_s * 1e-9, of->machine.stream_bytes_per_s * 1e-9,
           of->machine.flops_per_s * 1e-9, of->work.floor_s, floors(of, of->work.floor_s),
           floors(of, of->work.slot_floor_s), floors(of, of->work.sum_s), memory);
}

static void read_figures(struct figures *out, const struct engine *engine) {
    uint32_t n_qubits = 0;
    uint64_t n_bytes = 0;
    engine->class->usage(engine, &n_qubits, &n_bytes);
    out->work = statevector_work(engine);
    out->state_bytes = (double)(precision_amp_bytes(precision) * (UINT64_C(1) << n_qubits));
    out->reserved_bytes = (double)n_bytes;
}

static enum status run_once(struct figures *out, const struct circuit *circuit) {
    const size_t n = circuit->ops.n_ops;
    uint8_t *modes = calloc(n + 1, 1);
    uint32_t *copies = calloc(n + 1, sizeof *copies);
    uint32_t *qpus = calloc(circuit->n_qubits + 1, sizeof *qpus);
    *out = (struct figures){.machine = {.flops_per_s = measure_peak()}};
    measure_bandwidths(&out->machine);
    for (size_t i = 0; i < n; i++) {
        bool is_gate = circuit->ops.ops[i].kind == OP_GATE;
        modes[i] = is_gate ? ENGINE_APPLY : ENGINE_SKIP;
        out->n_gates += is_gate;
    }
    struct engine_task task = {.ops = &circuit->ops,
                               .modes = modes,
                               .copy_wires = copies,
                               .n_wires = circuit->n_qubits,
                               .n_qpus = 1,
                               .wire_qpu = qpus,
                               .precision = precision,
                               .is_fast = is_fast};
    struct engine *engine = NULL;
    struct stopwatch watch = start();
    enum status status = engine_statevector.create(&engine, &task, comm_world());
    out->create = stop(&watch);
    if (status == STATUS_OK) {
        statevector_set_rates(engine, &out->machine);
        watch = start();
        engine->class->begin(engine);
        status = engine->class->run(engine, 0, n);
        out->run = stop(&watch);
        read_figures(out, engine);
        engine->class->destroy(engine);
    }
    free(modes);
    free(copies);
    free(qpus);
    return status;
}

int main(int argc, char **argv) {
    int n_repeats = 1, option;
    while ((option = getopt(argc, argv, "fr:p:")) != -1) {
        if (option == 'r') {
            n_repeats = atoi(optarg);
        } else if (option == 'f') {
            is_fast = true;
        } else if (option == 'p' && strcmp(optarg, "single") == 0) {
            precision = PRECISION_SINGLE;
        } else if (option != 'p' || strcmp(optarg, "double") != 0) {
            return 2;
        }
    }
    if (comm_start(&argc, &argv) != STATUS_OK) {
        return 1;
    }
    n_repeats = n_repeats < 1 ? 1 : n_repeats > MAX_REPEATS ? MAX_REPEATS : n_repeats;
    printf("# %s, %s, %d threads, median of %d\n", get_kernels()->isa, precision_name(precision),
           omp_get_max_threads(), n_repeats);
    printf("# %-16s   n  gates touch_s   wall_s    cpu_s sweeps/g passes     GB    GFLOP  units"
           "  steps    GB/s  GFLOP/s    up    wr of GF/s floor_s floors  slots   sums memory\n",
           "circuit");
    enum status status = STATUS_OK;
    for (int i = optind; i < argc && status == STATUS_OK; i++) {
        struct figures figures[MAX_REPEATS];
        struct circuit *circuit = NULL;
        status = circuit_read_file(&circuit, argv[i], NULL);
        for (int j = 0; j < n_repeats && status == STATUS_OK; j++) {
            status = run_once(&figures[j], circuit);
        }
        if (status == STATUS_OK) {
            qsort(figures, (size_t)n_repeats, sizeof *figures, compare);
            report(argv[i], circuit->n_qubits, &figures[(n_repeats - 1) / 2]);
        }
        circuit_destroy(circuit);
    }
    comm_stop();
    return status == STATUS_OK ? 0 : 1;
}
