/* Bulk samples by teams of ranks: what they write, to a place of its own or in order, is byte for
 * byte what one rank writes; and ranks that run far ahead of others, or wait for each other in a
 * circle of QPUs, come to the end. */
#include <omp.h>
#include <stdio.h>
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/rng.h"
#include "program/program.h"
#include "runtime/sample.h"

enum { N_QPUS = 5, N_SHOTS = 3 * 1024 + 77, N_BYTES = 8 * (N_SHOTS + 64) };

/* ---- a program ---- */

static void add_heading(struct text *out) {
    text_add(out, "OPENQASM 3.0;\ninclude \"stdgates.inc\";\ninclude \"qnu.inc\";\n");
    for (int i = 0; i < N_QPUS; i++) {
        text_printf(out, "qubit[2] d%d;\nqubit[1] l%d;\n", i, i);
    }
    text_printf(out, "bit[%d] m;\noutput bit[12] c;\n", N_QPUS);
    for (int i = 0; i < N_QPUS; i++) {
        text_printf(out, "pragma qspan qpu Q%d data d%d[0:1] comm l%d[0]\n", i, i, i);
    }
}

/* A result of one QPU turns a qubit of another one; it is not used before the end. */
static void add_message(struct text *out, int from, int to, int qubit) {
    text_printf(out, "h d%d[0];\nm[%d] = measure d%d[0];\nif (m[%d]) x d%d[%d];\n", from, from,
                from, from, to, qubit);
}

/* More rows one way than a rank has room for; circles; each waits for the one before; loops. */
static void add_traffic(struct text *out) {
    for (int i = 0; i < 2000; i++) {
        add_message(out, 0, N_QPUS - 1, 1);
    }
    for (int i = 0; i < 400; i++) {
        for (int q = 0; q < N_QPUS; q++) {
            add_message(out, q, (q + 1 + i % 3) % N_QPUS, 1);
        }
    }
    for (int i = 0; i < 1700; i++) {
        add_message(out, 3, 1, 1);
    }
    for (int i = 0; i < 4; i++) {
        for (int q = 0; q < N_QPUS; q++) {
            add_message(out, q, (q + N_QPUS - 1) % N_QPUS, 0);
        }
    }
    text_add(out, "for int i in [1:2] {\n  for int j in [1:2] {\n");
    for (int q = 0; q < N_QPUS; q++) {
        const int next = (q + 2) % N_QPUS;
        text_printf(out, "    ebit(l%d[0], l%d[0]);\n    cx d%d[0], l%d[0];\n", q, next, q, q);
        text_printf(out, "    m[%d] = measure l%d[0];\n    if (m[%d]) x l%d[0];\n", q, q, q, next);
        text_printf(out, "    cx l%d[0], d%d[1];\n    h l%d[0];\n", next, next, next);
        text_printf(out, "    m[%d] = measure l%d[0];\n    if (m[%d]) z d%d[0];\n", next, next,
                    next, q);
    }
    text_add(out, "  pragma qspan stim DEPOLARIZE2(0.01) d0[0] d4[1]\n  h d2[0];\n  }\n");
    text_add(out, "  c[10] = measure d2[0];\n  c[11] = measure d3[0];\n"
                  "  if (c[10] ^ c[11]) x d0[0];\n"
                  "  pragma qspan stim DETECTOR rec[-1] rec[-2]\n}\n");
}

static int below(int n) {
    static uint64_t n_drawn;
    return (int)(rng_uniform(5, n_drawn++, 0, RNG_TEST) * n);
}

/* Parities of bits of one to three QPUs, which turn a qubit of some QPU or decide about errors. */
static void add_parities(struct text *out) {
    for (int i = 0; i < 300; i++) {
        const int a = below(N_QPUS), to = below(N_QPUS),
                  next = (to + 1 + below(N_QPUS - 1)) % N_QPUS;
        text_printf(out, "h d%d[0];\nm[%d] = measure d%d[0];\nif (m[%d]", a, a, a, below(N_QPUS));
        for (int k = below(3); k > 0; k--) {
            text_printf(out, " ^ m[%d]", below(N_QPUS));
        }
        switch (below(6)) {
        case 0:
            text_printf(out,
                        ") {\n@qspan.stim X_ERROR(0.3) d%d[1]\nbarrier;\n} else {\n"
                        "@qspan.stim DEPOLARIZE2(0.01) d%d[1] d%d[1]\nbarrier;\n}\n",
                        to, to, next);
            break;
        case 1:
            text_printf(out,
                        ") {\n@qspan.stim E(0.3) X d%d[1]\nbarrier;\n"
                        "@qspan.stim ELSE_CORRELATED_ERROR(0.5) X d%d[1]\nbarrier;\n}\n",
                        to, next);
            break;
        default:
            text_printf(out, ") x d%d[1];\n", to);
        }
    }
}

static void add_end(struct text *out) {
    text_add(out, "if (m[0] ^ m[1] ^ m[4]) x d2[1];\n");
    for (int i = 0; i < 2 * N_QPUS; i++) {
        text_printf(out, "c[%d] = measure d%d[%d];\n", i, i / 2, i % 2);
    }
    text_add(out, "pragma qspan stim OBSERVABLE_INCLUDE(0) rec[-1] rec[-4] rec[-10]\n"
                  "pragma qspan stim DETECTOR rec[-2]\n");
}

static enum status read_program(struct program **out) {
    struct text text = {0};
    struct program_check checked = {0};
    add_heading(&text);
    add_traffic(&text);
    add_parities(&text);
    add_end(&text);
    enum status status = program_read_text(out, "p.qasm", text.data, text.n, NULL);
    status = status == STATUS_OK ? program_check(&checked, *out) : status;
    program_check_fini(&checked);
    text_fini(&text);
    return status;
}

/* The plan of this rank of a team of n_team. */
static enum status make_plan(struct frame_plan **out, const struct program *program,
                             uint32_t n_team) {
    uint32_t ranks[3 * N_QPUS], *bits;
    uint64_t recorded[2] = {0};
    size_t n;
    TRY(program_key_bits(program, &bits, &n));
    for (size_t i = 0; i < n; i++) {
        bits_set(recorded, bits[i], true);
    }
    mem_free(bits);
    for (uint32_t wire = 0; wire < program->n_wires; wire++) {
        ranks[wire] = program->wire_qpu[wire] * n_team / N_QPUS;
    }
    const struct frame_task task = {
        .ops = &program->ops,
        .n_qubits = program->n_wires,
        .n_bits = program->n_bits,
        .recorded = recorded,
        .qubit_rank = n_team > 1 ? ranks : NULL,
        .rank = (uint32_t)team_rank(comm_world()) % n_team,
        .n_ranks = n_team,
        .knows_reference = true,
    };
    return frame_plan_create(out, &task);
}

/* ---- what is written ---- */

struct page {
    uint64_t words[N_BYTES / 8];
    size_t n;
};

/* The bits of a shot; as many bytes as ones of them where lengths differ. */
static void format_fixed(void *ctx, struct text *out, const struct sample_block *block) {
    (void)ctx;
    for (size_t s = 0; s < block->n_shots; s++) {
        text_add_n(out, (const char *)(block->bits + s * block->stride), sizeof(uint64_t));
    }
}
static void format_any(void *ctx, struct text *out, const struct sample_block *block) {
    (void)ctx;
    for (size_t s = 0; s < block->n_shots; s++) {
        const uint64_t word = block->bits[s * block->stride];
        for (uint64_t rest = word; rest != 0; rest &= rest - 1) {
            const char letter = (char)('a' + bits_lowest(rest));
            text_add_n(out, &letter, bits_popcount(word) < 8);
        }
    }
}

static enum status append(void *ctx, const char *data, size_t n) {
    struct page *page = ctx;
    CHECK(page->n + n <= N_BYTES);
    memcpy((char *)page->words + page->n, data, n);
    page->n += n;
    return STATUS_OK;
}
static enum status put(void *ctx, const char *data, size_t n, uint64_t offset) {
    struct page *page = ctx;
    CHECK(offset + n <= N_BYTES);
    memcpy((char *)page->words + offset, data, n);
    return STATUS_OK;
}

/* Bit 0: shots of one length; bit 1: written by all ranks; bit 2: detection events. */
static enum status sample(struct page *page, const struct frame_plan *plan, const struct team *team,
                          unsigned how) {
    static const uint64_t conditions[] = {UINT64_C(0x5a96c3f00f3c695a),
                                          UINT64_C(0x3c3ca5a5699655aa),
                                          UINT64_C(0x1234567890abcdef), 0, UINT64_MAX};
    struct sample_figures figures;
    CHECK(plan->n_conditions <= 64 * sizeof conditions / sizeof conditions[0]);
    const struct sample_task task = {
        .plan = plan,
        .n_shots = N_SHOTS,
        .seed = 9,
        .conditions = conditions,
        .n_blocks = 1 + how % 2,
        .outputs = {{.what = (how & 4) != 0 ? FRAME_OUT_DETECTORS : FRAME_OUT_RECORDS,
                     .ctx = page,
                     .format = (how & 1) != 0 ? format_fixed : format_any,
                     .write = append,
                     .write_at = (how & 2) != 0 ? put : NULL,
                     .bytes_of_64 = (how & 1) != 0 ? 64 * 8 : 0}},
        .n_outputs = 1,
    };
    memset(page, 0, sizeof *page);
    TRY(sample_run(&figures, &task, team));
    if ((how & 2) != 0) { /* no two ranks wrote the same bytes */
        comm_sum_i64(team, (int64_t *)page->words, N_BYTES / 8);
    }
    return STATUS_OK;
}

static int check(const struct program *program, const struct frame_plan *whole,
                 const struct team *alone, uint32_t n_team, int n_threads) {
    static struct page want, got;
    struct frame_plan *plan = NULL;
    int n_bad = make_plan(&plan, program, n_team) != STATUS_OK;
    for (unsigned how = 0; how < 8 && n_bad == 0; how++) {
        omp_set_num_threads(1);
        n_bad += sample(&want, whole, alone, how) != STATUS_OK;
        omp_set_num_threads(n_threads);
        n_bad += sample(&got, plan, comm_world(), how) != STATUS_OK;
        n_bad += team_rank(comm_world()) == 0 && memcmp(want.words, got.words, N_BYTES) != 0;
        const enum status status = n_bad > 0 ? STATUS_INTERNAL : STATUS_OK;
        n_bad = comm_agree(comm_world(), status) != STATUS_OK; /* all go on, or none */
        if (n_bad > 0) {
            fprintf(stderr, "teams of %u ranks, %d threads, way %u: other bytes than on one rank\n",
                    n_team, n_threads, how);
        }
    }
    frame_plan_destroy(plan);
    return n_bad;
}

int main(int argc, char **argv) {
    struct team *alone = NULL;
    struct program *program = NULL;
    struct frame_plan *whole = NULL;
    int n_bad = comm_start(&argc, &argv) != STATUS_OK;
    const uint32_t n_ranks = (uint32_t)team_size(comm_world());
    n_bad += team_split(&alone, comm_world(), team_rank(comm_world())) != STATUS_OK;
    n_bad += read_program(&program) != STATUS_OK;
    n_bad += n_bad > 0 || make_plan(&whole, program, 1) != STATUS_OK;
    for (uint32_t n_team = 1; n_team <= n_ranks && n_bad == 0; n_team++) {
        if (n_ranks % n_team == 0) {
            n_bad += check(program, whole, alone, n_team, 1 + (int)(n_ranks + n_team) % 3);
        }
    }
    const enum status status = comm_agree(comm_world(), n_bad == 0 ? STATUS_OK : STATUS_INTERNAL);
    frame_plan_destroy(whole);
    program_destroy(program);
    team_destroy(alone);
    comm_stop();
    return status == STATUS_OK ? 0 : 1;
}
