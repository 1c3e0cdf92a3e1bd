#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <string.h>

#include "base/rng.h"
#include "network/ebit_source.h"
#include "network/event_heap.h"

static const char three[] = "name: three\n"
                            "qpus:\n"
                            "  - {name: A, data: 2, comm: 2}\n"
                            "  - {name: B, like: A}\n"
                            "  - {name: C, like: A}\n"
                            "links:\n"
                            "  - {between: [A, B], fidelity: 0.97, time: 10 ns, classical: 2 ns}\n"
                            "  - {between: [C, B], fidelity: 0.7, time: 4 ns, classical: 1 ns}\n";

struct fixture {
    struct machine *machine;
    struct ebit_source *source;
};

static struct fixture create(void) {
    struct fixture f = {0};
    cr_assert_eq(machine_read_text(&f.machine, "three", three, strlen(three)), STATUS_OK);
    cr_assert_eq(ebit_source_create_links(&f.source, f.machine), STATUS_OK);
    cr_assert_eq(f.source->class->begin(f.source, 0), STATUS_OK);
    return f;
}

static void destroy(struct fixture *f) {
    f->source->class->destroy(f->source);
    machine_destroy(f->machine);
}

static void submit(struct fixture *f, uint64_t id, uint32_t a, uint32_t b, int64_t t_ps) {
    cr_assert_eq(f->source->class->submit(
                     f->source, (struct ebit_request){.id = id, .qpu_a = a, .qpu_b = b}, t_ps),
                 STATUS_OK);
}

static void expect_grant(struct fixture *f, int64_t t_limit_ps, uint64_t id, int64_t t_ps) {
    struct ebit_grant grant;
    bool is_any = false;
    cr_assert_eq(f->source->class->next(f->source, &is_any, &grant, t_limit_ps), STATUS_OK);
    cr_assert(is_any);
    cr_expect_eq(grant.id, id);
    cr_expect_eq(grant.t_ready_ps, t_ps);
}

static void expect_none(struct fixture *f, int64_t t_limit_ps) {
    struct ebit_grant grant;
    bool is_any = true;
    cr_assert_eq(f->source->class->next(f->source, &is_any, &grant, t_limit_ps), STATUS_OK);
    cr_expect_not(is_any);
}

Test(links, one_pair_at_a_time_first_come_first_served) {
    struct fixture f = create();
    submit(&f, 11, 0, 1, 0);
    submit(&f, 12, 1, 0, 1000);
    submit(&f, 13, 2, 1, 1000);
    expect_none(&f, 4999);
    expect_grant(&f, INT64_MAX, 13, 5000);
    expect_grant(&f, INT64_MAX, 11, 10000);
    submit(&f, 14, 0, 1, 12000);
    expect_grant(&f, 20000, 12, 20000);
    expect_none(&f, 29999);
    expect_grant(&f, 30000, 14, 30000);
    submit(&f, 15, 0, 1, 100000);
    expect_grant(&f, INT64_MAX, 15, 110000);
    destroy(&f);
}

Test(links, ties_go_in_order_of_submission) {
    struct ebit_source *source;
    cr_assert_eq(ebit_source_create_links(&source, NULL), STATUS_OK);
    cr_assert_eq(source->class->begin(source, 0), STATUS_OK);
    for (uint64_t id = 0; id < 100; id++) {
        const struct ebit_request request = {
            .id = id * 7 % 100, .qpu_a = (uint32_t)id, .qpu_b = (uint32_t)id + 1};
        cr_assert_eq(source->class->submit(source, request, 0), STATUS_OK);
    }
    for (uint64_t i = 0; i < 100; i++) {
        struct ebit_grant grant;
        bool is_any = false;
        cr_assert_eq(source->class->next(source, &is_any, &grant, 0), STATUS_OK);
        cr_assert(is_any);
        cr_expect_eq(grant.id, i * 7 % 100);
        cr_expect_eq(grant.t_ready_ps, 0);
    }
    source->class->destroy(source);
}

Test(links, weights_are_those_of_the_link) {
    struct fixture f = create();
    double weights[4];
    submit(&f, 1, 1, 2, 0);
    submit(&f, 2, 0, 1, 0);
    expect_grant(&f, INT64_MAX, 1, 4000);
    expect_grant(&f, INT64_MAX, 2, 10000);
    cr_assert_eq(f.source->class->take(f.source, weights, 2, 12000), STATUS_OK);
    cr_expect_float_eq(weights[0], 0.97, 1e-15);
    cr_expect_float_eq(weights[3], 0.01, 1e-15);
    cr_assert_eq(f.source->class->take(f.source, weights, 1, 12000), STATUS_OK);
    cr_expect_float_eq(weights[0], 0.7, 1e-15);
    cr_expect_float_eq(weights[1] + weights[2] + weights[3], 0.3, 1e-15);
    destroy(&f);
}

Test(links, ledger_counts_each_link_from_its_begin_on) {
    struct fixture f = create();
    double weights[4];
    size_t n;
    for (uint64_t timeline = 0; timeline < 2; timeline++) {
        cr_assert_eq(f.source->class->begin(f.source, timeline), STATUS_OK);
        cr_expect_null(f.source->class->ledger(f.source, &n) && n > 0 ? f.source : NULL);
        submit(&f, 1, 2, 1, 0);
        submit(&f, 2, 0, 1, 0);
        submit(&f, 3, 1, 0, 0);
        expect_grant(&f, INT64_MAX, 1, 4000);
        expect_grant(&f, INT64_MAX, 2, 10000);
        cr_assert_eq(f.source->class->take(f.source, weights, 2, 10000), STATUS_OK);
        const struct ebit_ledger *ledger = f.source->class->ledger(f.source, &n);
        cr_assert_eq(n, 2);
        cr_expect_eq(ledger[0].qpu_a, 0);
        cr_expect_eq(ledger[0].qpu_b, 1);
        cr_expect_eq(ledger[0].requested, 2);
        cr_expect_eq(ledger[0].generated, 1);
        cr_expect_eq(ledger[0].used, 1);
        cr_expect_eq(ledger[1].qpu_a, 1);
        cr_expect_eq(ledger[1].requested, 1);
        cr_expect_eq(ledger[1].generated, 1);
        cr_expect_eq(ledger[1].used, 0);
        cr_expect_eq(ledger[1].expired + ledger[1].swapped + ledger[1].purified_away, 0);
    }
    destroy(&f);
}

Test(links, no_link_and_no_time_are_refused) {
    struct fixture f = create();
    log_set_quiet(true);
    cr_redirect_stderr();
    const struct ebit_request apart = {.id = 1, .qpu_b = 2}, joined = {.id = 2, .qpu_b = 1};
    cr_expect_eq(f.source->class->submit(f.source, apart, 0), STATUS_INPUT);
    cr_expect_eq(f.source->class->submit(f.source, joined, INT64_MAX - 9999), STATUS_INPUT);
    submit(&f, 3, 0, 1, INT64_MAX - 10000);
    expect_grant(&f, INT64_MAX, 3, INT64_MAX);
    destroy(&f);
}

Test(links, a_complete_machine_takes_memory_only_for_links_in_use) {
    struct machine *machine;
    struct ebit_source *source;
    const uint32_t n = 100000;
    cr_assert_eq(machine_create_ideal(&machine, n, n, MACHINE_UNLIMITED), STATUS_OK);
    cr_assert_eq(ebit_source_create_links(&source, machine), STATUS_OK);
    cr_assert_eq(source->class->begin(source, 0), STATUS_OK);
    for (uint32_t i = 0; i < 1000; i++) {
        const struct ebit_request request = {.id = i, .qpu_a = i, .qpu_b = n - 1 - i};
        cr_assert_eq(source->class->submit(source, request, 0), STATUS_OK);
    }
    size_t n_links;
    const struct ebit_ledger *ledger = source->class->ledger(source, &n_links);
    cr_assert_eq(n_links, 1000);
    for (uint32_t i = 0; i < 1000; i++) {
        cr_expect_eq(ledger[i].qpu_a, i);
        cr_expect_eq(ledger[i].requested, 1);
    }
    source->class->destroy(source);
    machine_destroy(machine);
}

Test(event_heap, pops_in_order_of_time_then_tie) {
    struct event_heap heap = {0};
    struct event event, last = {INT64_MIN, 0, 0};
    cr_expect_null(event_heap_top(&heap));
    cr_expect_not(event_heap_pop(&heap, &event));
    for (uint64_t round = 0; round < 200; round++) {
        const size_t n = 1 + round;
        uint64_t sum = 0;
        for (uint64_t i = 0; i < n; i++) {
            const struct rng_block random = rng_draw(5, round * 1000 + i, 0, RNG_TEST);
            event = (struct event){random.word[0] % 16, i, random.word[1]};
            sum += event.id;
            cr_assert_eq(event_heap_push(&heap, event), STATUS_OK);
        }
        last = (struct event){INT64_MIN, 0, 0};
        for (size_t i = 0; i < n; i++) {
            const struct event top = *event_heap_top(&heap);
            cr_assert(event_heap_pop(&heap, &event));
            cr_assert_eq(top.id, event.id);
            cr_assert(event.t_ps > last.t_ps || (event.t_ps == last.t_ps && event.tie > last.tie) ||
                      i == 0);
            sum -= event.id;
            last = event;
        }
        cr_assert_eq(sum, 0);
        cr_assert_eq(heap.n, 0);
    }
    event_heap_fini(&heap);
}

/* Pops and pushes in any order, beside a list that is searched. */
Test(event_heap, keeps_order_when_pushed_between_pops) {
    struct event_heap heap = {0};
    struct event list[64], event;
    size_t n = 0;
    for (uint64_t i = 0; i < 20000; i++) {
        const struct rng_block random = rng_draw(6, i, 0, RNG_TEST);
        const bool grows = (i / 64) % 2 == 0;
        if (n < 64 && (n == 0 || random.word[0] % 8 < (grows ? 5 : 3))) {
            event = (struct event){random.word[1] % 100, i, random.word[2]};
            list[n++] = event;
            cr_assert_eq(event_heap_push(&heap, event), STATUS_OK);
        } else {
            size_t first = 0;
            for (size_t k = 1; k < n; k++) {
                const bool is_earlier = list[k].t_ps != list[first].t_ps
                                            ? list[k].t_ps < list[first].t_ps
                                            : list[k].tie < list[first].tie;
                first = is_earlier ? k : first;
            }
            if (random.word[3] % 2 == 0) {
                cr_assert_eq(event_heap_top(&heap)->id, list[first].id);
            }
            cr_assert(event_heap_pop(&heap, &event));
            cr_assert_eq(event.id, list[first].id);
            list[first] = list[--n];
        }
        cr_assert_eq(heap.n, n);
    }
    event_heap_clear(&heap);
    cr_expect_null(event_heap_top(&heap));
    event_heap_fini(&heap);
}
