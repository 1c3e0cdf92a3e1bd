/* Random programs on random machines: the timeline against the tick-by-tick clock. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/timeline.h"
#include "support/naive_clock.h"
#include "support/random_program.h"

static uint64_t decision_seed;

static bool decide(void *ctx, size_t op_index, uint64_t iteration) {
    (void)ctx;
    return random_decision(decision_seed, op_index, iteration);
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
    struct program *program = random_program(seed, has_branches);
    struct machine *machine = random_machine(seed);
    struct skeleton *skeleton;
    struct ebit_source *source;
    struct timeline *timeline;
    struct timeline_result result;
    size_t n_ebits = 0;
    decision_seed = seed;
    pairs.n = 0;
    pairs.t_last_ps = 0;
    pairs.is_sorted = true;
    const struct timeline_hooks hooks = {.ctx = &pairs, .is_taken = decide, .pair = note_pair};
    cr_assert_eq(schedule_create(&skeleton, program, machine), STATUS_OK);
    cr_assert_eq(ebit_source_create_links(&source, machine), STATUS_OK);
    cr_assert_eq(timeline_create(&timeline, program, skeleton, machine, source), STATUS_OK);
    if (naive_clock_run(&naive, program, machine, decide)) {
        cr_assert_eq(timeline_run(timeline, &result, 0, &hooks), STATUS_OK);
        compare(&naive, &result, &pairs, timeline_peak_comm(timeline), (uint32_t)program->n_qpus,
                seed);
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
