/* Times by hand: a telegate takes cx 100 ns, measure 1 us, 500 ns on the way, x 50 ns, cx 100 ns, h
 * 50 ns, measure 1 us, 500 ns back, z 50 ns: 3.35 us at the control and 2.8 us at the target after
 * its ebit. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "runtime/timeline.h"
#include "support/messages.h"
#include "support/protocol.h"

enum { NS = 1000, US = 1000 * NS };

static const char qpu_keys[] =
    "data: 4, comm: 4, gate1: {time: 50 ns}, gate2: {time: 100 ns}, measure: {time: 1 us}, "
    "reset: {time: 2 us}";

static struct machine *read_machine(const char *links) {
    char text[2048];
    struct machine *machine;
    snprintf(text, sizeof text,
             "name: test\nqpus:\n  - {name: A, %s}\n  - {name: B, like: A}\n"
             "  - {name: C, like: A}\nlinks:\n%s",
             qpu_keys, links);
    cr_assert_eq(machine_read_text(&machine, "test", text, strlen(text)), STATUS_OK);
    return machine;
}

static const char two_links[] =
    "  - {between: [A, B], fidelity: 0.97, time: 10 us, classical: 500 ns}\n"
    "  - {between: [B, C], fidelity: 0.9, time: 10 us, classical: 500 ns}\n";

struct run {
    struct machine *machine;
    struct program *program;
    struct skeleton *skeleton;
    struct ebit_source *source;
    struct timeline *timeline;
    struct timeline_result result;
};

static void prepare(struct run *run, struct machine *machine, struct program *program) {
    *run = (struct run){.machine = machine, .program = program};
    messages_keep();
    put_done(program, true);
    cr_assert_eq(schedule_create(&run->skeleton, program, machine), STATUS_OK, "%s",
                 messages_last());
    cr_assert_eq(ebit_source_create_links(&run->source, machine), STATUS_OK);
    cr_assert_eq(timeline_create(&run->timeline, program, run->skeleton, machine, run->source),
                 STATUS_OK);
}

static enum status try_run(struct run *run) {
    return timeline_run(run->timeline, &run->result, 0, NULL);
}

static struct timeline_result run_all(struct run *run, struct machine *machine,
                                      struct program *program) {
    prepare(run, machine, program);
    cr_assert_eq(try_run(run), STATUS_OK, "%s", messages_last());
    const struct timeline_result first = run->result;
    cr_assert_eq(try_run(run), STATUS_OK);
    cr_expect_eq(first.makespan_ps, run->result.makespan_ps, "a second timeline differs");
    cr_expect_eq(first.n_bits_sent, run->result.n_bits_sent);
    return first;
}

static void finish(struct run *run) {
    timeline_destroy(run->timeline);
    run->source->class->destroy(run->source);
    skeleton_destroy(run->skeleton);
    program_destroy(run->program);
    machine_destroy(run->machine);
}

/* QPUs A and B (and C) with two data and two comm wires each. */
enum { A_DATA = 0, A_COMM = 2, B_DATA = 4, B_COMM = 6, C_DATA = 8, C_COMM = 10 };

static struct program *new_program(uint32_t n_qpus) {
    static const char *const names[] = {"A", "B", "C"};
    struct program *program = put_program(8);
    for (uint32_t i = 0; i < n_qpus; i++) {
        put_qpu(program, names[i], 2, 2);
    }
    return program;
}

Test(timeline, empty_program_takes_no_time) {
    struct run run;
    const struct timeline_result result = run_all(&run, read_machine(two_links), new_program(2));
    cr_expect_eq(result.makespan_ps, 0);
    cr_expect_eq(result.n_ebits, 0);
    finish(&run);
}

Test(timeline, local_ops_start_when_their_wires_are_free) {
    struct program *program = new_program(1);
    put_h(program, A_DATA);
    put_h(program, A_DATA);
    put_h(program, A_DATA + 1);
    put_cx(program, A_DATA, A_DATA + 1);
    put_measure(program, A_DATA, 0);
    put_x_if(program, 0, A_DATA + 1); /* waits for the bit */
    put_reset(program, A_DATA);
    struct run run;
    cr_expect_eq(run_all(&run, read_machine(two_links), program).makespan_ps,
                 (2 * 50 + 100 + 1000 + 2000) * NS);
    finish(&run);
}

Test(timeline, telegate) {
    struct program *program = new_program(2);
    put_telegate(program, A_DATA, A_COMM, B_COMM, B_DATA, 0, 1);
    struct run run;
    const struct timeline_result result = run_all(&run, read_machine(two_links), program);
    cr_expect_eq(result.makespan_ps, 13350 * NS);
    cr_expect_eq(result.n_ebits, 1);
    cr_expect_eq(result.n_bits_sent, 2);
    cr_expect_eq(timeline_peak_comm(run.timeline)[0], 1);
    cr_expect_eq(timeline_peak_comm(run.timeline)[1], 1);
    finish(&run);
}

Test(timeline, ideal_machines_take_no_time) {
    struct program *program = new_program(2);
    put_telegate(program, A_DATA, A_COMM, B_COMM, B_DATA, 0, 1);
    put_telegate(program, A_DATA, A_COMM, B_COMM, B_DATA, 0, 1);
    struct machine *machine;
    cr_assert_eq(machine_create_ideal(&machine, 2, 4, MACHINE_UNLIMITED), STATUS_OK);
    struct run run;
    const struct timeline_result result = run_all(&run, machine, program);
    cr_expect_eq(result.makespan_ps, 0);
    cr_expect_eq(result.n_ebits, 2);
    cr_expect_eq(result.n_bits_sent, 4);
    cr_expect_eq(timeline_peak_comm(run.timeline)[0], 1, "one comm wire, used twice");
    finish(&run);
}

Test(timeline, no_machine_is_ideal) {
    struct program *program = put_program(2);
    const uint32_t left = put_qpu(program, "left", 1, 1), right = put_qpu(program, "right", 1, 1);
    put_telegate(program, left, left + 1, right + 1, right, 0, 1);
    struct run run;
    const struct timeline_result result = run_all(&run, NULL, program);
    cr_expect_eq(result.makespan_ps, 0);
    cr_expect_eq(result.n_ebits, 1);
    cr_expect_eq(result.n_bits_sent, 2);
    finish(&run);
}

/* The second pair is asked for when the first one is measured at both ends: 12.8 us. */
Test(timeline, one_comm_qubit_waits_for_its_measurement) {
    struct program *program = new_program(2);
    put_telegate(program, A_DATA, A_COMM, B_COMM, B_DATA, 0, 1);
    put_telegate(program, A_DATA + 1, A_COMM, B_COMM, B_DATA + 1, 2, 3);
    struct run run;
    const struct timeline_result result = run_all(&run, read_machine(two_links), program);
    cr_expect_eq(result.makespan_ps, (12800 + 10000 + 3350) * NS);
    cr_expect_eq(timeline_peak_comm(run.timeline)[0], 1);
    finish(&run);
}

/* Both pairs are asked for at the start; the link makes one after the other: 10 and 20 us. */
Test(timeline, two_comm_qubits_prefetch) {
    struct program *program = new_program(2);
    put_telegate(program, A_DATA, A_COMM, B_COMM, B_DATA, 0, 1);
    put_telegate(program, A_DATA + 1, A_COMM + 1, B_COMM + 1, B_DATA + 1, 2, 3);
    struct run run;
    cr_expect_eq(run_all(&run, read_machine(two_links), program).makespan_ps, 23350 * NS);
    finish(&run);
}

/* A fast link: the second pair waits on its comm qubits while the first is in use. */
Test(timeline, prefetched_pairs_count_as_comm_qubits_in_use) {
    struct program *program = new_program(2);
    put_telegate(program, A_DATA, A_COMM, B_COMM, B_DATA, 0, 1);
    put_telegate(program, A_DATA + 1, A_COMM + 1, B_COMM + 1, B_DATA + 1, 2, 3);
    struct run run;
    const struct timeline_result result = run_all(
        &run, read_machine("  - {between: [A, B], fidelity: 1, time: 1 us, classical: 500 ns}\n"),
        program);
    /* the second begins when A is back from the first at 4.35 us */
    cr_expect_eq(result.makespan_ps, (1000 + 3350 + 3350) * NS);
    cr_expect_eq(timeline_peak_comm(run.timeline)[0], 2);
    cr_expect_eq(timeline_peak_comm(run.timeline)[1], 2);
    finish(&run);
}

static struct program *chain_program(uint32_t second_comm) {
    struct program *program = new_program(3);
    put_telegate(program, A_DATA, A_COMM, B_COMM, B_DATA, 0, 1);
    put_telegate(program, B_DATA, second_comm, C_COMM, C_DATA, 2, 3);
    return program;
}

Test(timeline, chain_over_one_comm_qubit) {
    struct run run;
    cr_expect_eq(run_all(&run, read_machine(two_links), chain_program(B_COMM)).makespan_ps,
                 (12800 + 10000 + 3350) * NS);
    finish(&run);
}

Test(timeline, chain_over_two_comm_qubits) {
    struct run run;
    cr_expect_eq(run_all(&run, read_machine(two_links), chain_program(B_COMM + 1)).makespan_ps,
                 (12800 + 3350) * NS);
    finish(&run);
}

/* A round starts at each QPU when it gets there: 13.35 us at the control. */
Test(timeline, loops_take_n_times_a_round) {
    for (uint64_t n = 1; n <= 100000; n = n * 100 + (n == 1)) {
        struct program *program = new_program(2);
        const size_t open = put_repeat(program, n);
        put_telegate(program, A_DATA, A_COMM, B_COMM, B_DATA, 0, 1);
        put_end(program, open);
        struct run run;
        const struct timeline_result result = run_all(&run, read_machine(two_links), program);
        cr_expect_eq(result.makespan_ps, (int64_t)n * 13350 * NS);
        cr_expect_eq(result.n_ebits, n);
        cr_expect_eq(result.n_bits_sent, 2 * n);
        finish(&run);
    }
}

Test(timeline, local_loops_cost_no_events) {
    struct program *program = new_program(1);
    const size_t open = put_repeat(program, UINT64_C(1000000000000));
    put_h(program, A_DATA);
    put_end(program, open);
    put_h(program, A_DATA);
    struct run run;
    cr_expect_eq(run_all(&run, read_machine(two_links), program).makespan_ps,
                 INT64_C(1000000000001) * 50 * NS);
    finish(&run);
}

Test(timeline, a_loop_of_no_rounds_is_skipped) {
    struct program *program = new_program(2);
    const size_t open = put_repeat(program, 0);
    put_telegate(program, A_DATA, A_COMM, B_COMM, B_DATA, 0, 1);
    put_end(program, open);
    put_h(program, A_DATA);
    struct run run;
    const struct timeline_result result = run_all(&run, read_machine(two_links), program);
    cr_expect_eq(result.makespan_ps, 50 * NS);
    cr_expect_eq(result.n_ebits + result.n_bits_sent, 0);
    finish(&run);
}

Test(timeline, time_beyond_int64_is_refused) {
    struct program *program = new_program(1);
    const size_t open = put_repeat(program, UINT64_C(1000000000000000));
    put_h(program, A_DATA);
    put_end(program, open);
    struct run run;
    prepare(&run, read_machine(two_links), program);
    cr_expect_eq(try_run(&run), STATUS_INPUT);
    cr_expect_neq(strstr(messages_last(), "2^63"), NULL);
    finish(&run);

    program = new_program(2);
    put_telegate(program, A_DATA, A_COMM, B_COMM, B_DATA, 0, 1);
    put_telegate(program, A_DATA, A_COMM, B_COMM, B_DATA, 0, 1);
    prepare(&run, read_machine("  - {between: [A, B], fidelity: 1, time: 9000000 s}\n"), program);
    cr_expect_eq(try_run(&run), STATUS_INPUT);
    cr_expect_neq(strstr(messages_last(), "2^63"), NULL);
    finish(&run);
}

/* No program can say this: in text order the same ebit comes first at both ends. */
Test(timeline, ebits_in_crossed_order_are_refused) {
    struct program *program = new_program(2);
    put_ebit(program, A_COMM, B_COMM);
    put_ebit(program, A_COMM + 1, B_COMM + 1);
    for (uint32_t i = 0; i < 2; i++) {
        put_measure(program, A_COMM + i, i);
        put_measure(program, B_COMM + i, 2 + i);
    }
    struct run run;
    prepare(&run, read_machine(two_links), program);
    struct skeleton_item *items = run.skeleton->qpus[0].items;
    cr_assert_eq(items[0].kind, SKELETON_EBIT);
    cr_assert_eq(items[1].kind, SKELETON_EBIT);
    const struct skeleton_item first = items[0];
    items[0] = items[1];
    items[1] = first;
    cr_expect_eq(try_run(&run), STATUS_INPUT);
    cr_expect_neq(strstr(messages_last(), "A waits for an ebit with B"), NULL, "%s",
                  messages_last());
    cr_expect_neq(strstr(messages_last(), "B waits for an ebit with A"), NULL, "%s",
                  messages_last());
    finish(&run);
}

/* Grants each pair after a time that depends on the timeline, but those of one id never; checks
 * that requests come in order of time and not before what it was asked for. */
struct strict_source {
    struct ebit_source base;
    uint64_t never;
    int64_t t_asked_ps, wait_ps;
    struct ebit_request requests[16], hints[16];
    int64_t t_ready_ps[16];
    size_t n, n_granted, n_hints;
};

static enum status strict_begin(struct ebit_source *base, uint64_t timeline) {
    struct strict_source *source = (struct strict_source *)base;
    source->n = source->n_granted = 0;
    source->t_asked_ps = 0;
    source->wait_ps = (int64_t)timeline * US;
    return STATUS_OK;
}

static enum status strict_hint(struct ebit_source *base, const struct ebit_request *requests,
                               size_t n) {
    struct strict_source *source = (struct strict_source *)base;
    cr_assert_leq(n, 16);
    memcpy(source->hints, requests, n * sizeof *requests);
    source->n_hints = n;
    return STATUS_OK;
}

static enum status strict_submit(struct ebit_source *base, struct ebit_request request,
                                 int64_t t_ps) {
    struct strict_source *source = (struct strict_source *)base;
    cr_assert_geq(t_ps, source->t_asked_ps);
    cr_assert_lt(source->n, 16);
    source->t_asked_ps = t_ps;
    source->requests[source->n] = request;
    source->t_ready_ps[source->n++] = t_ps + source->wait_ps;
    return STATUS_OK;
}

/* All wait the same time, so they are ready in order of submission. */
static enum status strict_next(struct ebit_source *base, bool *out_any,
                               struct ebit_grant *out_grant, int64_t t_limit_ps) {
    struct strict_source *source = (struct strict_source *)base;
    const size_t i = source->n_granted;
    if (i == source->n || source->requests[i].id == source->never ||
        source->t_ready_ps[i] > t_limit_ps) {
        source->t_asked_ps = t_limit_ps;
        *out_any = false;
        return STATUS_OK;
    }
    *out_grant = (struct ebit_grant){source->requests[i].id, source->t_ready_ps[i]};
    source->n_granted++;
    source->t_asked_ps = out_grant->t_ready_ps;
    *out_any = true;
    return STATUS_OK;
}

static enum status strict_take(struct ebit_source *base, double *out_weights, uint64_t id,
                               int64_t t_ps) {
    (void)base;
    (void)id;
    (void)t_ps;
    memcpy(out_weights, (double[]){1, 0, 0, 0}, 4 * sizeof(double));
    return STATUS_OK;
}

static const struct ebit_source_class strict_class = {
    .name = "strict",
    .begin = strict_begin,
    .hint = strict_hint,
    .submit = strict_submit,
    .next = strict_next,
    .take = strict_take,
};

static struct timeline *strict_timeline(struct run *run, struct strict_source *source) {
    struct timeline *timeline;
    source->base.class = &strict_class;
    cr_assert_eq(
        timeline_create(&timeline, run->program, run->skeleton, run->machine, &source->base),
        STATUS_OK);
    return timeline;
}

Test(timeline, sources_are_asked_in_order_of_time) {
    struct strict_source source = {.never = UINT64_MAX};
    struct run run;
    prepare(&run, read_machine(two_links), chain_program(B_COMM + 1));
    struct timeline *timeline = strict_timeline(&run, &source);
    for (uint64_t number = 0; number < 20; number++) {
        cr_assert_eq(timeline_run(timeline, &run.result, number, NULL), STATUS_OK);
        cr_expect_eq(run.result.makespan_ps, (int64_t)number * US + (2800 + 3350) * NS);
        cr_expect_eq(source.n, 2);
    }
    /* the requests outside loops and branches, by QPU of the machine */
    cr_assert_eq(source.n_hints, 2);
    cr_expect_eq(source.hints[0].id, source.requests[0].id);
    cr_expect_eq(source.hints[1].id, source.requests[1].id);
    cr_expect_eq(source.hints[1].qpu_a, 1);
    cr_expect_eq(source.hints[1].qpu_b, 2);
    timeline_destroy(timeline);
    finish(&run);
}

Test(timeline, a_pair_that_never_comes_is_refused) {
    struct strict_source source = {.never = 3}; /* the site of the second ebit */
    struct run run;
    prepare(&run, read_machine(two_links), chain_program(B_COMM + 1));
    struct timeline *timeline = strict_timeline(&run, &source);
    cr_expect_eq(timeline_run(timeline, &run.result, 1, NULL), STATUS_INPUT);
    cr_expect_neq(strstr(messages_last(), "2 QPUs wait for ever"), NULL, "%s", messages_last());
    cr_expect_neq(strstr(messages_last(), "B waits for an ebit with C"), NULL, "%s",
                  messages_last());
    source.never = UINT64_MAX;
    cr_expect_eq(timeline_run(timeline, &run.result, 1, NULL), STATUS_OK, "and can run again");
    timeline_destroy(timeline);
    finish(&run);
}

Test(timeline, sites_beyond_2_63_are_refused) {
    struct program *program = new_program(2);
    const size_t open = put_repeat(program, UINT64_C(1) << 62);
    put_telegate(program, A_DATA, A_COMM, B_COMM, B_DATA, 0, 1);
    put_end(program, open);
    struct run run;
    prepare(&run, read_machine(two_links), program);
    cr_expect_eq(try_run(&run), STATUS_INPUT);
    cr_expect_neq(strstr(messages_last(), "2^63"), NULL, "%s", messages_last());
    finish(&run);
}

struct tosses {
    uint64_t n_true; /* rounds that a WHILE takes */
    bool if_taken;
    uint64_t n_asked;
    const struct program *program;
};

static bool toss(void *ctx, size_t op_index, uint64_t iteration) {
    struct tosses *tosses = ctx;
    tosses->n_asked++;
    return tosses->program->ops.ops[op_index].kind == OP_WHILE ? iteration < tosses->n_true
                                                               : tosses->if_taken;
}

/* Repeat until success at A; B hears of each outcome. */
Test(timeline, while_loops_ask_before_each_round) {
    for (uint64_t n = 0; n < 4; n++) {
        struct program *program = new_program(2);
        put_measure(program, A_DATA, 0);
        const size_t open = put_while(program, 0);
        put_measure(program, A_DATA, 0);
        put_h(program, B_DATA);
        put_end(program, open);
        struct run run;
        prepare(&run, read_machine(two_links), program);
        struct tosses tosses = {.n_true = n, .program = program};
        const struct timeline_hooks hooks = {.ctx = &tosses, .is_taken = toss};
        cr_assert_eq(timeline_run(run.timeline, &run.result, 0, &hooks), STATUS_OK);
        /* B: waits for each outcome, then 50 ns; the last outcome arrives last */
        cr_expect_eq(run.result.makespan_ps, (int64_t)(1000 * (n + 1) + 500) * NS);
        cr_expect_eq(run.result.n_bits_sent, n + 1);
        cr_expect_eq(tosses.n_asked, 2 * (n + 1));
        finish(&run);
    }
}

Test(timeline, branches_with_measurements_take_time_only_when_taken) {
    for (int taken = 0; taken < 2; taken++) {
        struct program *program = new_program(2);
        put_measure(program, A_DATA, 0);
        const size_t open = put_if(program, 0);
        put_telegate(program, A_DATA, A_COMM, B_COMM, B_DATA, 1, 2);
        put_else(program, open);
        put_reset(program, A_DATA);
        put_end(program, open);
        struct run run;
        prepare(&run, read_machine(two_links), program);
        struct tosses tosses = {.if_taken = taken != 0, .program = program};
        const struct timeline_hooks hooks = {.ctx = &tosses, .is_taken = toss};
        cr_assert_eq(timeline_run(run.timeline, &run.result, 0, &hooks), STATUS_OK);
        /* B enters the branch when it knows the outcome, at 1.5 us, and only then asks for a pair
         */
        cr_expect_eq(run.result.makespan_ps, taken ? (1500 + 13350) * NS : 3000 * NS);
        cr_expect_eq(run.result.n_ebits, (uint64_t)taken);
        cr_expect_eq(run.result.n_bits_sent, taken ? 3 : 1);
        finish(&run);
    }
}

struct delivery {
    uint64_t site;
    int64_t t_ps;
    double weight;
    size_t n;
};

static void note_pair(void *ctx, uint64_t site, int64_t t_ps, const double *weights) {
    struct delivery *delivery = ctx;
    delivery[0].n++;
    delivery[delivery[0].n] = (struct delivery){site, t_ps, weights[0], 0};
}

Test(timeline, hooks_see_each_pair_with_its_site) {
    struct program *program = new_program(3);
    const size_t open = put_repeat(program, 2);
    put_telegate(program, A_DATA, A_COMM, B_COMM, B_DATA, 0, 1);
    put_telegate(program, B_DATA, B_COMM + 1, C_COMM, C_DATA, 2, 3);
    put_end(program, open);
    struct run run;
    prepare(&run, read_machine(two_links), program);
    struct delivery seen[8] = {0};
    const struct timeline_hooks hooks = {.ctx = seen, .pair = note_pair};
    cr_assert_eq(timeline_run(run.timeline, &run.result, 0, &hooks), STATUS_OK);
    cr_assert_eq(seen[0].n, 4);
    const uint32_t n_sites = program->ops.n_sites;
    for (size_t i = 1; i <= 4; i++) {
        const bool is_first = i == 1 || i == 3;
        cr_expect_eq(seen[i].site, (is_first ? 0 : 3) + (i > 2 ? n_sites : 0));
        cr_expect_float_eq(seen[i].weight, is_first ? 0.97 : 0.9, 1e-15);
    }
    cr_expect_eq(seen[1].t_ps, 10000 * NS);
    cr_expect_eq(seen[2].t_ps, 12800 * NS); /* ready at 10 us, B is there at 12.8 */
    finish(&run);
}

static double cpu_s(void) {
    return (double)clock() / CLOCKS_PER_SEC;
}

/* A line of QPUs with 100 ebits at each: even and odd links in turn, over the same comm wires. */
Test(timeline, a_thousand_qpus_with_a_hundred_ebits_each) {
    enum { N = 1000, ROUNDS = 50 };
    struct program *program = put_program(2 * N);
    uint32_t first[N];
    for (uint32_t i = 0; i < N; i++) {
        char name[16];
        snprintf(name, sizeof name, "Q%u", i);
        first[i] = put_qpu(program, name, 1, 1);
    }
    for (uint32_t round = 0; round < ROUNDS; round++) {
        for (uint32_t odd = 0; odd < 2; odd++) {
            for (uint32_t i = odd; i + 1 < N; i += 2) {
                put_telegate(program, first[i], first[i] + 1, first[i + 1] + 1, first[i + 1], 2 * i,
                             2 * i + 1);
            }
        }
    }
    struct machine *machine;
    cr_assert_eq(
        machine_read(&machine, "werner:n=1000,data=1,comm=1,F=0.95,time=10us,classical=0ps"),
        STATUS_OK);
    for (uint32_t i = 0; i < N; i++) {
        program->qpus[i].name = machine->qpus[i].name;
    }
    put_done(program, false);
    struct run run = {.machine = machine, .program = program};
    const double t0_s = cpu_s();
    cr_assert_eq(schedule_create(&run.skeleton, program, machine), STATUS_OK);
    cr_assert_eq(ebit_source_create_links(&run.source, machine), STATUS_OK);
    cr_assert_eq(timeline_create(&run.timeline, program, run.skeleton, machine, run.source),
                 STATUS_OK);
    const double t1_s = cpu_s();
    cr_assert_eq(try_run(&run), STATUS_OK);
    const double t2_s = cpu_s();
    cr_log_info("schedule %.3f s, timeline %.3f s, makespan %lld ps", t1_s - t0_s, t2_s - t1_s,
                (long long)run.result.makespan_ps);
    cr_expect_eq(run.result.n_ebits, ROUNDS * (N - 1));
    cr_expect_eq(run.result.n_bits_sent, 2 * ROUNDS * (N - 1));
    cr_expect_eq(run.result.makespan_ps, 2 * ROUNDS * 10 * (int64_t)US);
    finish(&run);
}
