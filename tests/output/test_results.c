#include <criterion/criterion.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/rng.h"
#include "output/output.h"
#include "runtime/timeline.h"

enum { N_KEY_BITS = 70, KEY_WORDS = 2 };

/* Two QPUs; registers m (plain) and c (70 output bits). */
static struct program *make_program(void) {
    struct program *program = program_create();
    uint32_t qpu, first;
    cr_assert_eq(program_add_qpu(program, &qpu, "A"), STATUS_OK);
    cr_assert_eq(program_add_qreg(program, &first, "a", 2, qpu, false), STATUS_OK);
    cr_assert_eq(program_add_qpu(program, &qpu, "left rack"), STATUS_OK);
    cr_assert_eq(program_add_qreg(program, &first, "b", 2, qpu, false), STATUS_OK);
    cr_assert_eq(program_add_creg(program, &first, "m", 2, false, false), STATUS_OK);
    cr_assert_eq(program_add_creg(program, &first, "c", N_KEY_BITS, true, false), STATUS_OK);
    program->distribute = "simple";
    return program;
}

static struct results make_results(const struct program *program, uint32_t *key_bits) {
    for (uint32_t i = 0; i < N_KEY_BITS; i++) {
        key_bits[i] = 2 + i;
    }
    static uint32_t peak_comm[] = {1, 2};
    return (struct results){
        .program = program,
        .engine = "statevector",
        .seed = INT64_MAX,
        .key_bits = key_bits,
        .n_key_bits = N_KEY_BITS,
        .key_words = KEY_WORDS,
        .n_ranks = 3,
        .peak_comm = peak_comm,
        .peak_group_qubits = 5,
        .peak_bytes = 1 << 20,
        .n_ebits = 2.5,
        .n_bits_sent = 7,
        .makespan_ps = {.mean = 1.5e6, .std_error = 10, .min = 1000000, .max = 2000000, .n = 4},
    };
}

static json_t *read_back(const struct text *text) {
    json_error_t error;
    json_t *root = json_loadb(text->data, text->n, JSON_REJECT_DUPLICATES, &error);
    cr_assert_not_null(root, "%s at %d:%d", error.text, error.line, error.column);
    return root;
}

static json_int_t get_int(const json_t *object, const char *key) {
    return json_integer_value(json_object_get(object, key));
}

static const char *get_string(const json_t *object, const char *key) {
    return json_string_value(json_object_get(object, key));
}

Test(results, json_of_counts) {
    struct program *program = make_program();
    uint32_t key_bits[N_KEY_BITS];
    struct results results = make_results(program, key_bits);
    const uint64_t zero[] = {0, 0}, top[] = {0, 32}, bottom[] = {1, 0}, one[] = {1};
    struct run_count counts[] = {{zero, 3}, {bottom, 2}, {top, 1}};
    struct run_count born[] = {{one, 6}};
    struct run_marginal marginals[] = {
        {.bits = (uint32_t[]){1}, .n_bits = 1, .key_words = 1, .counts = born, .n_counts = 1},
        {.n_bits = 0},
    };
    struct ebit_ledger_mean links[] = {{.qpu_b = 1, .requested = 3, .generated = 3, .used = 2.5}};
    results.n_shots = 6;
    results.counts = counts;
    results.n_counts = 3;
    results.marginals = marginals;
    results.links = links;
    results.n_links = 1;
    struct text text = {0};
    const struct output_context context = {.input = "x.qasm"};
    cr_assert_eq(output_results_json(&text, &results, &context), STATUS_OK);
    json_t *root = read_back(&text);
    cr_assert_eq(get_int(root, "schema"), 1);
    cr_assert_eq(get_int(root, "seed"), INT64_MAX);
    cr_assert_eq(get_int(root, "ranks"), 3);
    cr_assert_str_eq(get_string(root, "protocol"), "explicit");
    cr_assert_str_eq(get_string(root, "distribute"), "simple");
    char key[N_KEY_BITS + 1];
    memset(key, '0', N_KEY_BITS);
    key[N_KEY_BITS] = '\0';
    const json_t *read_counts = json_object_get(root, "counts");
    cr_assert_eq(json_object_size(read_counts), 3);
    cr_assert_eq(get_int(read_counts, key), 3);
    key[N_KEY_BITS - 1] = '1';
    cr_assert_eq(get_int(read_counts, key), 2);
    key[N_KEY_BITS - 1] = '0';
    key[0] = '1'; /* bit 69 = bit 5 of word 1 */
    cr_assert_eq(get_int(read_counts, key), 1);
    const json_t *ebits = json_object_get(root, "ebits");
    const json_t *ledger = json_object_get(json_object_get(ebits, "ledger"), "A-left rack");
    cr_assert_eq(get_int(ledger, "requested"), 3);
    cr_assert_eq(json_number_value(json_object_get(ledger, "used")), 2.5);
    const json_t *bits = json_object_get(json_object_get(root, "marginal_bits"), "A");
    cr_assert_str_eq(json_string_value(json_array_get(bits, 0)), "m[1]");
    cr_assert_eq(get_int(json_object_get(json_object_get(root, "marginals"), "A"), "1"), 6);
    cr_assert_eq(get_int(json_object_get(root, "makespan_ps"), "max"), 2000000);
    cr_assert_null(json_object_get(root, "probabilities"));
    cr_assert_null(json_object_get(root, "decoded"));
    json_decref(root);
    text_fini(&text);
    program_destroy(program);
}

/* Many outcomes come back exactly, in order. */
Test(results, json_of_many_probabilities) {
    enum { N = 1 << 16 };
    struct program *program = make_program();
    uint32_t key_bits[N_KEY_BITS];
    struct results results = make_results(program, key_bits);
    uint64_t *keys = mem_alloc(N, 2 * sizeof *keys);
    struct run_probability *probabilities = mem_alloc(N, sizeof *probabilities);
    double p_one[N_KEY_BITS] = {0.5, 0.25};
    for (uint32_t i = 0; i < N; i++) {
        keys[2 * (size_t)i] = i;
        double p = rng_uniform(3, i, 0, RNG_TEST);
        probabilities[i] = (struct run_probability){.key = &keys[2 * (size_t)i], .p = p};
    }
    results.probabilities = probabilities;
    results.n_probabilities = results.n_outcomes = N;
    results.p_one = p_one;
    struct text text = {0};
    const struct output_context context = {.input = "x.qasm"};
    cr_assert_eq(output_results_json(&text, &results, &context), STATUS_OK);
    json_t *root = read_back(&text);
    const json_t *read = json_object_get(root, "probabilities");
    cr_assert_eq(json_object_size(read), N);
    uint32_t i = 0;
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)read, key, value) {
        cr_assert_eq(strtoul(key + N_KEY_BITS - 16, NULL, 2), i);
        cr_assert(json_number_value(value) == probabilities[i].p);
        i++;
    }
    cr_assert_eq(json_array_size(json_object_get(root, "probability_of_one")), N_KEY_BITS);
    cr_assert_eq(get_int(root, "n_outcomes"), N);
    json_decref(root);
    text_fini(&text);
    mem_free(keys);
    mem_free(probabilities);
    program_destroy(program);
}

Test(results, report_shows_the_most_frequent) {
    enum { N = 40 };
    struct program *program = make_program();
    uint32_t key_bits[N_KEY_BITS];
    struct results results = make_results(program, key_bits);
    results.n_key_bits = 6;
    uint64_t keys[N];
    struct run_count counts[N];
    for (uint64_t i = 0; i < N; i++) {
        keys[i] = i;
        counts[i] = (struct run_count){.key = &keys[i], .n = 1 + (i == 33 ? 60 : 0)};
    }
    results.counts = counts;
    results.n_counts = N;
    results.n_shots = 100;
    struct text text = {0};
    const struct output_context context = {.input = "\033[31mx.qasm"};
    cr_assert_eq(output_results_report(&text, &results, &context), STATUS_OK);
    cr_assert_null(strchr(text.data, '\033'));
    const char *first = strstr(text.data, "  100001           61   61.00 %  ####");
    const char *second = strstr(text.data, "  000000            1    1.00 %");
    cr_assert_not_null(first, "%s", text.data);
    cr_assert(second > first);
    cr_assert_not_null(strstr(text.data, "and 24 more outcomes with 24 shots (24.00 %)"));
    cr_assert_not_null(strstr(text.data, "2.5 per shot"));
    cr_assert_not_null(strstr(text.data, "1.5 us +- 10 ps (1 us to 2 us, 4 timelines)"));
    cr_assert_not_null(strstr(text.data, "1 MiB per rank"));
    text_fini(&text);
    program_destroy(program);
}

Test(results, long_keys_lose_their_middle) {
    struct program *program = make_program();
    uint32_t key_bits[N_KEY_BITS];
    struct results results = make_results(program, key_bits);
    const uint64_t key[] = {1, 32};
    struct run_count counts[] = {{key, 5}};
    results.counts = counts;
    results.n_counts = 1;
    results.n_shots = 5;
    struct text text = {0};
    const struct output_context context = {.input = "x"};
    cr_assert_eq(output_results_report(&text, &results, &context), STATUS_OK);
    cr_assert_not_null(strstr(text.data, "  100000000000000000000000000000..."
                                         "000000000000000000000000000001  "));
    text_fini(&text);
    program_destroy(program);
}

Test(results, plan) {
    struct program *program = make_program();
    struct timeline_result timeline = {.makespan_ps = 2500000};
    struct ebit_ledger links[] = {{.qpu_b = 1, .used = 4}};
    struct run_plan figures = {
        .engine = {.peak_group_qubits = 9, .peak_bytes = 1536, .total_amps = 512},
        .timeline = &timeline,
        .n_ebits = 4,
        .links = links,
        .n_links = 1,
        .peak_comm = (uint32_t[]){1, 2},
        .n_bits_sent = 8,
    };
    struct output_plan plan = {.input = "x.qasm",
                               .engine = "statevector",
                               .program = program,
                               .plan = &figures,
                               .n_ranks = 2,
                               .max_bytes = 1 << 20};
    struct text text = {0};
    cr_assert_eq(output_plan_report(&text, &plan), STATUS_OK);
    cr_assert_not_null(strstr(text.data, "A-left rack 4\n"));
    cr_assert_not_null(strstr(text.data, "2.5 us\n"));
    cr_assert_not_null(strstr(text.data, "1.5 KiB per rank; 1 MiB available\n"));
    cr_assert_not_null(strstr(text.data, "at most A 1, left rack 2 in use at once\n"));
    text.n = 0;
    figures.timeline = NULL;
    cr_assert_eq(output_plan_report(&text, &plan), STATUS_OK);
    cr_assert_not_null(strstr(text.data, "known only by a run"));
    text_fini(&text);
    program_destroy(program);
}
