#include "support/random_program.h"

#include <string.h>

#include "base/log.h"
#include "base/rng.h"
#include "support/protocol.h"

enum { N_DATA = 2, MAX_COMM = 3, N_BITS = RANDOM_N_BITS, MAX_WIRES = 24 };

static const char *const qpu_names[RANDOM_MAX_QPUS] = {"A", "B", "C", "D"};

/* What the program in the making looks like at this place. */
struct maker {
    struct program *program;
    uint64_t seed, n_draws;
    uint32_t n_qpus, n_comm, first[RANDOM_MAX_QPUS];
    bool is_open[MAX_WIRES];
    int open_depth[MAX_WIRES]; /* of the block that opened it */
    bool is_written[N_BITS];
    int depth;
    bool has_branches; /* WHILE, and IF with measurements */
};

static uint32_t draw(struct maker *maker, uint32_t n) {
    return rng_draw(maker->seed, maker->n_draws++, 0, RNG_TEST).word[0] % n;
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

struct program *random_program(uint64_t seed, bool has_branches) {
    struct maker maker = {.seed = seed, .has_branches = has_branches};
    maker.program = put_program(N_BITS);
    maker.n_qpus = 2 + draw(&maker, RANDOM_MAX_QPUS - 1);
    maker.n_comm = 1 + draw(&maker, MAX_COMM);
    for (uint32_t i = 0; i < maker.n_qpus; i++) {
        maker.first[i] = put_qpu(maker.program, qpu_names[i], N_DATA, maker.n_comm);
    }
    make_block(&maker, 8 + draw(&maker, 40));
    put_done(maker.program, true);
    return maker.program;
}

bool random_decision(uint64_t seed, size_t op_index, uint64_t iteration) {
    return rng_draw(seed, iteration * 1000 + op_index, 1, RNG_TEST).word[0] % 2;
}

static void add_qpu(struct text *text, struct maker *maker, const char *name, uint32_t scale) {
    static const char *const keys[] = {"gate1", "gate2", "measure", "reset"};
    static const uint32_t limits[] = {3, 5, 8, 5};
    text_printf(text, "  - {name: %s, data: %d, comm: %d", name, N_DATA, MAX_COMM);
    for (size_t i = 0; i < 4; i++) {
        text_printf(text, ", %s: {time: %u ps}", keys[i], scale * draw(maker, limits[i]));
    }
    text_add(text, "}\n");
}

struct machine *random_machine(uint64_t seed) {
    struct maker maker = {.seed = ~seed};
    struct text text = {0};
    struct machine *machine;
    const uint32_t scale = draw(&maker, 4) > 0; /* else everything is instant */
    text_add(&text, "name: random\nqpus:\n");
    for (uint32_t i = 0; i < RANDOM_MAX_QPUS; i++) {
        add_qpu(&text, &maker, qpu_names[i], scale);
    }
    text_add(&text, "links:\n");
    for (uint32_t i = 0; i < RANDOM_MAX_QPUS; i++) {
        for (uint32_t j = i + 1; j < RANDOM_MAX_QPUS; j++) {
            const uint32_t t_ebit = scale * draw(&maker, 16), t_bit = scale * draw(&maker, 6);
            text_printf(&text,
                        "  - {between: [%s, %s], fidelity: 0.9, time: %u ps, classical: %u ps}\n",
                        qpu_names[i], qpu_names[j], t_ebit, t_bit);
        }
    }
    CHECK(machine_read_text(&machine, "random", text.data, text.n) == STATUS_OK);
    text_fini(&text);
    return machine;
}
