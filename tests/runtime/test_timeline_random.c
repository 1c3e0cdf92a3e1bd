/* Random programs on random machines: the timeline against the tick-by-tick clock. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "runtime/timeline.h"
#include "support/naive_clock.h"
#include "support/protocol.h"

enum { MAX_QPUS = 4, N_DATA = 2, MAX_COMM = 3, N_BITS = 6, MAX_WIRES = 24 };

/* What the program in the making looks like at this place. */
struct maker {
    struct program *program;
    uint64_t seed, n_draws;
    uint32_t n_qpus, n_comm, first[MAX_QPUS];
    bool is_open[MAX_WIRES];
    int open_depth[MAX_WIRES]; /* of the block that opened it */
    bool is_written[N_BITS];
    int depth;
    bool has_branches; /* WHILE, and IF with measurements */
};

static uint64_t decision_seed;

static uint32_t draw(struct maker *maker, uint32_t n) {
    return rng_draw(maker->seed, maker->n_draws++, 0, RNG_TEST).word[0] % n;
}

static bool decide(void *ctx, size_t op_index, uint64_t iteration) {
    (void)ctx;
    return rng_draw(decision_seed, iteration * 1000 + op_index, 1, RNG_TEST).word[0] % 2;
}

static uint32_t any_qpu(struct maker *maker) {
    return draw(maker, maker->n_qpus);
}

/* A data wire, or a comm wire that holds a pair. */
static uint32_t usable_wire(struct maker *maker, uint32_t qpu) {
    const uint32_t wire = maker->first[qpu] + draw(maker, N_DATA + maker->n_comm);
    const bool is_data = wire < maker->first[qpu] + N_DATA;
    return is_data || maker->is_open[wire] ? wire : maker->first[qpu];
}

static uint32_t written_bit(struct maker *maker) {
    const uint32_t start = draw(maker, N_BITS);
    for (uint32_t i = 0; i < N_BITS; i++) {
        if (maker->is_written[(start + i) % N_BITS]) {
            return (start + i) % N_BITS;
        }
    }
    return N_BITS;
}

static void make_measure(struct maker *maker, uint32_t wire) {
    const uint32_t bit = draw(maker, N_BITS);
    put_measure(maker->program, wire, bit);
    maker->is_written[bit] = true;
}

static void make_gate(struct maker *maker, uint32_t qpu) {
    const uint32_t a = usable_wire(maker, qpu), b = usable_wire(maker, qpu);
    if (a == b || draw(maker, 2)) {
        put_h(maker->program, a);
    } else if (draw(maker, 3) == 0) {
        put_barrier(maker->program, (uint32_t[]){a, b}, 2);
    } else {
        put_cx(maker->program, a, b);
    }
}

static void make_group(struct maker *maker, int nesting) {
    const uint32_t bit = written_bit(maker), qpu = any_qpu(maker);
    if (bit == N_BITS) {
        return;
    }
    const size_t open = put_if(maker->program, bit);
    make_gate(maker, qpu);
    if (draw(maker, 2)) {
        make_gate(maker, any_qpu(maker));
    }
    if (nesting < 2 && draw(maker, 3) == 0) {
        make_group(maker, nesting + 1);
    }
    if (draw(maker, 3) == 0) {
        put_else(maker->program, open);
        make_gate(maker, draw(maker, 2) ? qpu : any_qpu(maker));
        if (draw(maker, 3) == 0) {
            const size_t loop = put_repeat(maker->program, draw(maker, 3));
            make_gate(maker, qpu);
            put_end(maker->program, loop);
        }
    }
    put_end(maker->program, open);
}

static void make_ebit(struct maker *maker) {
    const uint32_t a = any_qpu(maker), b = any_qpu(maker);
    const uint32_t wire_a = maker->first[a] + N_DATA + draw(maker, maker->n_comm);
    const uint32_t wire_b = maker->first[b] + N_DATA + draw(maker, maker->n_comm);
    if (a == b || maker->is_open[wire_a] || maker->is_open[wire_b]) {
        return;
    }
    put_ebit(maker->program, wire_a, wire_b);
    maker->is_open[wire_a] = maker->is_open[wire_b] = true;
    maker->open_depth[wire_a] = maker->open_depth[wire_b] = maker->depth;
}

static void make_close(struct maker *maker, uint32_t wire) {
    if (!maker->is_open[wire] || maker->open_depth[wire] != maker->depth) {
        return;
    }
    if (draw(maker, 3)) {
        make_measure(maker, wire);
    } else {
        put_h(maker->program, wire);
        put_reset(maker->program, wire);
    }
    maker->is_open[wire] = false;
}

static void make_body(struct maker *maker, uint32_t n);

static void make_block(struct maker *maker, uint32_t n) {
    maker->depth++;
    make_body(maker, n);
    for (uint32_t wire = 0; wire < maker->program->n_wires; wire++) {
        make_close(maker, wire);
    }
    maker->depth--;
}

static void make_loop(struct maker *maker, uint32_t n) {
    const uint32_t bit = written_bit(maker);
    const bool is_while = maker->has_branches && bit < N_BITS && draw(maker, 3) == 0;
    const size_t open =
        is_while ? put_while(maker->program, bit) : put_repeat(maker->program, 1 + draw(maker, 3));
    make_block(maker, n);
    put_end(maker->program, open);
}

static void make_branch(struct maker *maker, uint32_t n) {
    const uint32_t bit = written_bit(maker);
    if (bit == N_BITS || !maker->has_branches) {
        return;
    }
    bool before[N_BITS];
    memcpy(before, maker->is_written, sizeof before);
    const size_t open = put_if(maker->program, bit);
    make_measure(maker, maker->first[any_qpu(maker)]);
    make_block(maker, n);
    if (draw(maker, 2)) {
        memcpy(maker->is_written, before, sizeof before);
        put_else(maker->program, open);
        make_block(maker, n);
    }
    put_end(maker->program, open);
}

static void make_body(struct maker *maker, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t kind = draw(maker, 16);
        if (kind < 4) {
            make_gate(maker, any_qpu(maker));
        } else if (kind < 6) {
            make_measure(maker, maker->first[any_qpu(maker)] + draw(maker, N_DATA));
        } else if (kind < 8) {
            make_group(maker, 0);
        } else if (kind < 11) {
            make_ebit(maker);
        } else if (kind < 14) {
            make_close(maker, draw(maker, maker->program->n_wires));
        } else if (kind < 15 && maker->depth < 2) {
            make_loop(maker, n / 2);
        } else if (maker->depth < 2) {
            make_branch(maker, n / 2);
        }
    }
}

static struct program *make_program(struct maker *maker, uint64_t seed, bool has_branches) {
    static const char *const names[] = {"A", "B", "C", "D"};
    *maker = (struct maker){.seed = seed, .has_branches = has_branches};
    maker->program = put_program(N_BITS);
    maker->n_qpus = 2 + draw(maker, MAX_QPUS - 1);
    maker->n_comm = 1 + draw(maker, MAX_COMM);
    for (uint32_t i = 0; i < maker->n_qpus; i++) {
        maker->first[i] = put_qpu(maker->program, names[i], N_DATA, maker->n_comm);
    }
    make_block(maker, 8 + draw(maker, 40));
    put_done(maker->program, true);
    return maker->program;
}

static struct machine *make_machine(struct maker *maker) {
    static const char *const names[] = {"A", "B", "C", "D"};
    struct text text = {0};
    struct machine *machine;
    const uint32_t scale = draw(maker, 4) > 0; /* else everything is instant */
    text_add(&text, "name: random\nqpus:\n");
    for (uint32_t i = 0; i < MAX_QPUS; i++) {
        text_printf(&text,
                    "  - {name: %s, data: 2, comm: 3, gate1: {time: %u ps}, gate2: {time: %u ps}, "
                    "measure: {time: %u ps}, reset: {time: %u ps}}\n",
                    names[i], scale * draw(maker, 3), scale * draw(maker, 5),
                    scale * draw(maker, 8), scale * draw(maker, 5));
    }
    text_add(&text, "links:\n");
    for (uint32_t i = 0; i < MAX_QPUS; i++) {
        for (uint32_t j = i + 1; j < MAX_QPUS; j++) {
            text_printf(&text,
                        "  - {between: [%s, %s], fidelity: 0.9, time: %u ps, "
                        "classical: %u ps}\n",
                        names[i], names[j], scale * draw(maker, 16), scale * draw(maker, 6));
        }
    }
    cr_assert_eq(machine_read_text(&machine, "random", text.data, text.n), STATUS_OK);
    text_fini(&text);
    return machine;
}

struct pairs {
    struct naive_pair pairs[NAIVE_MAX_EBITS];
    size_t n;
    int64_t t_last_ps;
    bool is_sorted;
};

static void note_pair(void *ctx, uint64_t site, int64_t t_ps, const double *weights) {
    struct pairs *pairs = ctx;
    (void)weights;
    pairs->is_sorted = pairs->is_sorted && t_ps >= pairs->t_last_ps;
    pairs->t_last_ps = t_ps;
    pairs->pairs[pairs->n++] = (struct naive_pair){site, t_ps};
}

static bool decide_pairs(void *ctx, size_t op_index, uint64_t iteration) {
    (void)ctx;
    return decide(NULL, op_index, iteration);
}

static int compare_pairs(const void *a_ptr, const void *b_ptr) {
    const struct naive_pair *a = a_ptr, *b = b_ptr;
    return a->site < b->site ? -1 : a->site > b->site;
}

static void compare(const struct naive_times *naive, const struct timeline_result *result,
                    struct pairs *pairs, const uint32_t *peak_comm, uint32_t n_qpus,
                    uint64_t seed) {
    cr_assert_eq(result->makespan_ps, naive->makespan_ps, "seed %llu: makespan %lld, naive %lld",
                 (unsigned long long)seed, (long long)result->makespan_ps,
                 (long long)naive->makespan_ps);
    cr_assert_eq(result->n_ebits, naive->n_ebits, "seed %llu", (unsigned long long)seed);
    cr_assert_eq(result->n_bits_sent, naive->n_bits_sent, "seed %llu: %llu bits, naive %llu",
                 (unsigned long long)seed, (unsigned long long)result->n_bits_sent,
                 (unsigned long long)naive->n_bits_sent);
    cr_assert(pairs->is_sorted);
    cr_assert_eq(pairs->n, naive->n_ebits);
    struct naive_pair expected[NAIVE_MAX_EBITS];
    memcpy(expected, naive->pairs, sizeof expected);
    qsort(expected, pairs->n, sizeof *expected, compare_pairs);
    qsort(pairs->pairs, pairs->n, sizeof *pairs->pairs, compare_pairs);
    for (size_t i = 0; i < pairs->n; i++) {
        cr_assert_eq(pairs->pairs[i].site, expected[i].site, "seed %llu", (unsigned long long)seed);
        cr_assert_eq(pairs->pairs[i].t_ps, expected[i].t_ps, "seed %llu", (unsigned long long)seed);
    }
    for (uint32_t i = 0; i < n_qpus; i++) {
        cr_assert_eq(peak_comm[i], naive->peak_comm[i], "seed %llu: peak %u, naive %u",
                     (unsigned long long)seed, peak_comm[i], naive->peak_comm[i]);
    }
}

static size_t check_seed(uint64_t seed, bool has_branches) {
    static struct naive_times naive;
    static struct pairs pairs;
    struct maker maker;
    struct program *program = make_program(&maker, seed, has_branches);
    struct machine *machine = make_machine(&maker);
    struct skeleton *skeleton;
    struct ebit_source *source;
    struct timeline *timeline;
    struct timeline_result result;
    size_t n_ebits = 0;
    decision_seed = seed;
    pairs.n = 0;
    pairs.t_last_ps = 0;
    pairs.is_sorted = true;
    const struct timeline_hooks hooks = {
        .ctx = &pairs, .is_taken = decide_pairs, .pair = note_pair};
    cr_assert_eq(schedule_create(&skeleton, program, machine), STATUS_OK);
    cr_assert_eq(ebit_source_create_links(&source, machine), STATUS_OK);
    cr_assert_eq(timeline_create(&timeline, program, skeleton, machine, source), STATUS_OK);
    if (naive_clock_run(&naive, program, machine, decide)) {
        cr_assert_eq(timeline_run(timeline, &result, 0, &hooks), STATUS_OK);
        compare(&naive, &result, &pairs, timeline_peak_comm(timeline), maker.n_qpus, seed);
        n_ebits = result.n_ebits;
    }
    timeline_destroy(timeline);
    source->class->destroy(source);
    skeleton_destroy(skeleton);
    program_destroy(program);
    machine_destroy(machine);
    return n_ebits;
}

static void check_seeds(uint64_t first, uint64_t n, bool has_branches) {
    size_t n_ebits = 0;
    for (uint64_t seed = first; seed < first + n; seed++) {
        n_ebits += check_seed(seed, has_branches);
    }
    cr_log_info("%zu ebits", n_ebits);
    cr_assert_gt(n_ebits, n);
}

Test(timeline_random, static_programs_agree_with_ticks) {
    check_seeds(1, 200, false);
}

Test(timeline_random, data_dependent_programs_agree_with_ticks) {
    check_seeds(100001, 200, true);
}
