/* Runs that go on after the shots of a results file, also inside a block of shots, on other ranks
 * and replicas: results and records bit for bit those of one run of all shots on one rank. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "engine/engine.h"
#include "output/output.h"

#define HEAD                                                                                       \
    "OPENQASM 3.0;\ninclude \"stdgates.inc\";\ninclude \"qnu.inc\";\n"                             \
    "qubit[4] a;\nqubit[4] b;\nbit[4] m;\noutput bit[4] out;\n"                                    \
    "pragma qspan qpu A data a[0:1] comm a[2:3]\npragma qspan qpu B data b[0:1] comm b[2:3]\n"
#define TAIL                                                                                       \
    "out[0] = measure a[0];\nout[1] = measure b[0];\nout[2] = measure a[1];\n"                     \
    "out[3] = measure b[1];\n"
#define NOISY                                                                                      \
    HEAD "ry(0.4) a[0];\nfor uint i in [1:3] {\n  telegate_cx(a[0], a[2], b[2], b[0]);\n"          \
         "  @qspan.stim DEPOLARIZE2(0.05) a[0] b[0]\n  barrier;\n  rx(0.7) b[0];\n"                \
         "  @qspan.op relax(0.1, 0.02) b[0]\n  barrier;\n  cx b[0],b[1];\n}\n" TAIL
#define CLIFFORD                                                                                   \
    HEAD "h a[0];\ntelegate_cx(a[0], a[2], b[2], b[0]);\n"                                         \
         "pragma qspan stim DEPOLARIZE1(0.1) a[0]\ncx b[0],b[1];\n" TAIL
#define LOOP                                                                                       \
    HEAD "ry(0.4) a[0];\nh a[1];\nm[0] = measure a[1];\nwhile (m[0]) {\n"                          \
         "  telegate_cx(a[0], a[2], b[2], b[0]);\n  rx(0.3) b[0];\n  reset a[1];\n  h a[1];\n"     \
         "  m[0] = measure a[1];\n}\npragma qspan stim DEPOLARIZE1(0.1) a[0]\n" TAIL

#define LINKS                                                                                      \
    "qpus: [{name: A, data: 2, comm: 2}, {name: B, like: A}]\n"                                    \
    "links: [{between: [A, B], fidelity: 0.9, time: 10 us}]\n"
#define NETWORK                                                                                    \
    "qpus: [{name: A, data: 2, comm: 2, measure: {time: 3 us}}, {name: B, like: A}]\n"             \
    "qnus: [{source: 1 us, T1: 100 us, T2: 60 us}]\n"                                              \
    "fibres: [{between: [A, B], length: 1 km, loss: 10 dB/km}]\n"                                  \
    "herald: {model: two_click, visibility: 0.8}\n"

static const struct example {
    const char *text, *machine;
    const struct engine_class *engine;
    uint32_t block;
    uint64_t n_past, n_shots;
} examples[] = {
    {NOISY, LINKS, &engine_statevector, 64, 128, 501},
    {NOISY, LINKS, &engine_statevector, 256, 230, 501},
    {NOISY, NETWORK, &engine_statevector, 16, 45, 100},
    {LOOP, LINKS, &engine_statevector, 1024, 77, 200},
    {LOOP, NETWORK, &engine_statevector, 1024, 15, 40},
    {CLIFFORD, LINKS, &engine_frame, 1024, 2048, 5000},
    {CLIFFORD, LINKS, &engine_frame, 1024, 1, 1000},
    {CLIFFORD, NETWORK, &engine_frame, 700, 1100, 3000},
    {CLIFFORD, NETWORK, &engine_frame, 1500, 1100, 3000},
};
enum { N_EXAMPLES = sizeof examples / sizeof *examples };

struct setting {
    const struct example *example;
    const struct program *program;
    const struct pauli_sums *sums;
    const char *path;
};

static enum status run(struct results **out, const struct setting *setting, const struct team *team,
                       uint64_t n_shots, uint64_t n_replicas, const struct run_past *past) {
    const struct example *example = setting->example;
    const bool has_state = example->engine == &engine_statevector;
    struct machine *machine = NULL;
    const struct run_options options = {
        .engine = example->engine,
        .n_shots = n_shots,
        .first_shot = 2 * (uint64_t)example->block * 1024,
        .past = past,
        .seed = 11,
        .shots_per_timeline = example->block,
        .max_branches = 65536,
        .observables = has_state ? setting->sums : NULL,
        .ideal = has_state && !setting->program->is_data_dependent ? setting->program : NULL,
        .n_replicas = n_replicas,
        .keeps_records = true,
    };
    enum status status =
        machine_read_text(&machine, "m.yaml", example->machine, strlen(example->machine));
    status =
        status == STATUS_OK ? runtime_run(out, setting->program, machine, team, &options) : status;
    machine_destroy(machine);
    return status;
}

/* Members that may vary are lines of their own. */
static void add_fixed_lines(struct text *out, const struct text *json) {
    static const char *const names[] = {
        "ranks", "replicas", "branches", "wall_s", "peak_bytes_per_rank", "planned_bytes_per_rank"};
    for (const char *line = json->data; *line != '\0';) {
        const size_t n = strcspn(line, "\n") + 1;
        bool varies = false;
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
            varies = varies || (strncmp(line, "  \"", 3) == 0 &&
                                strncmp(line + 3, names[i], strlen(names[i])) == 0 &&
                                line[3 + strlen(names[i])] == '"');
        }
        text_add_n(out, line, varies ? 0 : n);
        line += n;
    }
}

static bool is_same(const struct results *a, const struct results *b) {
    const struct output_context context = {.input = "p.qasm"};
    const size_t n_bytes = (size_t)a->n_shots * a->record_bytes;
    struct text all[2] = {{0}}, fixed[2] = {{0}};
    bool same = output_results_json(&all[0], a, &context) == STATUS_OK &&
                output_results_json(&all[1], b, &context) == STATUS_OK;
    for (int i = 0; i < 2 && same; i++) {
        add_fixed_lines(&fixed[i], &all[i]);
    }
    same = same && strcmp(fixed[0].data, fixed[1].data) == 0;
    if (!same) {
        fprintf(stderr, "%s\n---\n%s\n", fixed[0].data, fixed[1].data);
    }
    same = same && a->record_bytes == b->record_bytes &&
           memcmp(a->records, b->records, n_bytes) == 0 &&
           (a->shot_makespans_ps == NULL) == (b->shot_makespans_ps == NULL) &&
           (a->shot_makespans_ps == NULL ||
            memcmp(a->shot_makespans_ps, b->shot_makespans_ps,
                   (size_t)a->n_shots * sizeof *a->shot_makespans_ps) == 0);
    for (int i = 0; i < 2; i++) {
        text_fini(&all[i]);
        text_fini(&fixed[i]);
    }
    return same;
}

/* The first shots, through a file, which the world's first rank alone reads. */
static bool run_in_two(struct results **out, const struct setting *setting, uint64_t n_replicas) {
    const struct output_context context = {.input = "p.qasm"};
    const struct output_provenance provenance = {"", "", "", 0, 0, setting->example->block, 1};
    const bool is_first = team_rank(comm_world()) == 0;
    struct results *part = NULL;
    struct output_archive *archive = NULL;
    struct run_past past = {.n_shots = setting->example->n_past};
    enum status status = run(&part, setting, comm_world(), past.n_shots, n_replicas, NULL);
    if (status == STATUS_OK && is_first) {
        status = output_results_hdf5(setting->path, part, &context, &provenance);
        status = status == STATUS_OK ? output_archive_read_past(&archive, setting->path) : status;
        past.results = archive != NULL ? &archive->results : NULL;
    }
    status = comm_agree(comm_world(), status);
    if (status == STATUS_OK) {
        status = run(out, setting, comm_world(), setting->example->n_shots, n_replicas, &past);
    }
    output_archive_destroy(archive);
    results_destroy(part);
    return status == STATUS_OK;
}

static int check(const struct setting *setting, const struct team *alone) {
    const uint64_t n_ranks = (uint64_t)team_size(comm_world());
    struct results *whole = NULL;
    int n_bad = run(&whole, setting, alone, setting->example->n_shots, 1, NULL) != STATUS_OK;
    for (uint64_t n = 1; n <= n_ranks && n_bad == 0; n++) {
        struct results *all = NULL;
        if (n_ranks % n != 0) {
            continue;
        }
        bool is_good = run_in_two(&all, setting, n);
        is_good = is_good && (team_rank(comm_world()) != 0 || is_same(whole, all));
        n_bad += !is_good;
        results_destroy(all);
    }
    if (n_bad > 0) {
        fprintf(stderr, "example %d: other results in two parts\n",
                (int)(setting->example - examples));
    }
    results_destroy(whole);
    return n_bad;
}

/* Told to stop on one rank alone, all end. */
static int check_stop(const struct program *program) {
    const volatile sig_atomic_t stop = team_rank(comm_world()) == team_size(comm_world()) - 1;
    const struct run_options options = {.engine = &engine_statevector,
                                        .n_shots = 10,
                                        .shots_per_timeline = 1024,
                                        .max_branches = 1,
                                        .stop = &stop};
    struct results *results = NULL;
    const enum status status = runtime_run(&results, program, NULL, comm_world(), &options);
    results_destroy(results);
    return status != STATUS_INTERRUPTED;
}

static int check_example(const struct example *example, const struct team *alone,
                         const struct pauli_sums *sums) {
    char path[] = "/tmp/qspan_past_XXXXXX";
    struct program *program = NULL;
    struct program_check checked = {0};
    int n_bad = program_read_text(&program, "p.qasm", example->text, strlen(example->text), NULL) !=
                STATUS_OK;
    n_bad += n_bad > 0 || program_check(&checked, program) != STATUS_OK;
    program_check_fini(&checked);
    if (team_rank(comm_world()) == 0) {
        const int fd = mkstemp(path);
        CHECK(fd >= 0);
        close(fd);
    }
    const struct setting setting = {example, program, sums, path};
    n_bad += n_bad > 0 || check(&setting, alone) > 0;
    n_bad += n_bad > 0 || check_stop(program);
    if (team_rank(comm_world()) == 0) {
        unlink(path);
    }
    program_destroy(program);
    return n_bad;
}

int main(int argc, char **argv) {
    static const char sum_text[] = "z: 0.3 Z0 X1 + 0.2 Z2\ny: Y1\n";
    struct team *alone = NULL;
    struct pauli_sums *sums = NULL;
    int n_bad = comm_start(&argc, &argv) != STATUS_OK;
    log_set_rank(team_rank(comm_world()), team_size(comm_world()));
    n_bad += team_split(&alone, comm_world(), team_rank(comm_world())) != STATUS_OK;
    n_bad += pauli_sums_read_text(&sums, "s", sum_text, sizeof sum_text - 1, 4) != STATUS_OK;
    for (size_t i = 0; i < N_EXAMPLES && n_bad == 0; i++) {
        n_bad += check_example(&examples[i], alone, sums);
        n_bad = comm_agree(comm_world(), n_bad == 0 ? STATUS_OK : STATUS_INTERNAL) != STATUS_OK;
    }
    pauli_sums_destroy(sums);
    team_destroy(alone);
    comm_stop();
    return n_bad == 0 ? 0 : 1;
}
