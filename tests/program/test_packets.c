/* Which packets can run fused, and why others cannot; the line that says so. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/log.h"
#include "program/packets.h"

static const char head[] = "OPENQASM 3.0;\ninclude \"stdgates.inc\";\ninclude \"qnu.inc\";\n"
                           "qubit[6] a;\nqubit[6] b;\nbit[8] m;\n"
                           "pragma qspan qpu A data a[0:2] comm a[3:5]\n"
                           "pragma qspan qpu B data b[0:2] comm b[3:5]\n";

static struct program *read_body(const char *body) {
    struct program *program = NULL;
    struct text text = {0};
    text_printf(&text, "%s%s\n", head, body);
    cr_assert_eq(program_read_text(&program, "p.qasm", text.data, text.n, NULL), STATUS_OK, "%s",
                 log_get_error());
    text_fini(&text);
    return program;
}

#define ENTANGLE "ebit(a[3], b[3]); cx a[0], a[3]; m[0] = measure a[3]; if (m[0]) x b[3]; "
#define TAKE_BACK "h b[3]; m[1] = measure b[3]; if (m[1]) z a[0];"

struct example {
    const char *body;
    enum packet_kind kind; /* of the first EBIT */
    const char *reason;
};

static const struct example examples[] = {
    {"telegate_cx(a[0], a[3], b[3], b[0]);", PACKET_COPY, NULL},
    {"telegate_cp(0.4, a[0], a[3], b[3], b[0]);", PACKET_COPY, NULL},
    {"teledata(a[0], a[3], b[3], b[0]);", PACKET_MOVE, NULL},
    {ENTANGLE "cx b[3], b[0]; crz(0.3) b[3], b[1]; ccx b[3], b[0], b[1]; " TAKE_BACK, PACKET_COPY,
     NULL},
    /* the pair the other way round, and X instead of H and Z */
    {"ebit(b[3], a[3]); cx a[0], a[3]; m[0] = measure a[3];\n"
     "pragma qspan op measure m[1] X b[3]\n",
     PACKET_COPY, NULL},
    {"ebit(b[3], a[3]); cx a[0], a[3]; m[0] = measure a[3];\n"
     "pragma qspan op measure m[1] X a[0]\n",
     PACKET_MOVE, NULL},
    /* Paulis, noise, gates that are diagonal on the source, blocks inside */
    {ENTANGLE "x a[0]; y b[3]; rz(0.3) a[0]; cx a[0], a[1]; if (m[0]) { cx b[3], b[0]; }\n"
              "for uint i in [1:9] { cz b[3], b[1]; }\n"
              "pragma qspan stim DEPOLARIZE1(0.1) b[3]\n" TAKE_BACK,
     PACKET_COPY, NULL},
    /* angles decide */
    {ENTANGLE "rx(2*pi) a[0]; " TAKE_BACK, PACKET_COPY, NULL},
    {ENTANGLE "rx(1) a[0]; " TAKE_BACK, PACKET_OTHER, "the source meets"},
    {ENTANGLE "h a[0]; " TAKE_BACK, PACKET_OTHER, "the copy meets"},
    {ENTANGLE "m[2] = measure a[0]; " TAKE_BACK, PACKET_OTHER, "the source meets"},
    {ENTANGLE "cx b[0], b[3]; " TAKE_BACK, PACKET_OTHER, "the copy meets"},
    {ENTANGLE "m[1] = measure b[3];", PACKET_OTHER, "the copy meets"},
    {ENTANGLE "reset b[3];", PACKET_OTHER, "the copy meets"},
    {ENTANGLE "cx b[3], b[0];\npragma qspan op relax(0.1, 0) b[3]\n" TAKE_BACK, PACKET_OTHER,
     "the copy meets"},
    {ENTANGLE "cx b[3], b[0];\npragma qspan op relax(0.1, 0) a[0]\n" TAKE_BACK, PACKET_OTHER,
     "the source meets"},
    {ENTANGLE "swap b[3], b[0];", PACKET_OTHER, "the copy meets"},
    {ENTANGLE "h b[3]; t b[3]; m[1] = measure b[3];", PACKET_OTHER, "the copy meets"},
    {ENTANGLE "if (m[0]) { h b[3]; m[1] = measure b[3]; }", PACKET_OTHER, "the copy ends in"},
    {ENTANGLE, PACKET_OTHER, "the block ends"},
    {"for uint i in [1:2] { " ENTANGLE "} h b[3];", PACKET_OTHER, "the block ends"},
    {"ebit(a[3], b[3]); h a[3]; m[0] = measure a[3]; m[1] = measure b[3];", PACKET_OTHER,
     "the pair meets"},
    {"ebit(a[3], b[3]); cx a[0], a[3]; cx b[3], b[0]; m[0] = measure a[3]; " TAKE_BACK,
     PACKET_OTHER, "the copy is used before"},
    {"ebit(a[3], b[3]); cx a[0], a[3]; h a[3]; m[0] = measure a[3]; " TAKE_BACK, PACKET_OTHER,
     "after its CX"},
    /* two copies of one qubit at once: both run fused, but not in one gate */
    {ENTANGLE "ebit(a[4], b[4]); cx a[0], a[4]; m[2] = measure a[4]; cz b[4], b[0]; "
              "cx b[3], b[0]; h b[4]; m[3] = measure b[4]; " TAKE_BACK,
     PACKET_COPY, NULL},
    {ENTANGLE "ebit(a[4], b[4]); cx a[0], a[4]; m[2] = measure a[4]; cz b[4], b[3]; "
              "h b[4]; m[3] = measure b[4]; " TAKE_BACK,
     PACKET_OTHER, "a gate joins two copies"},
    {ENTANGLE "ebit(a[4], b[4]); cx a[0], a[4]; m[2] = measure a[4]; h a[0]; m[3] = measure a[0]; "
              "h b[4]; m[4] = measure b[4];",
     PACKET_OTHER, "the source has several copies"},
};

Test(packets, are_told_apart) {
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        const struct example *example = &examples[i];
        struct program *program = read_body(example->body);
        struct packets packets;
        cr_assert_eq(packets_find(&packets, program), STATUS_OK);
        cr_assert_geq(packets.n, 1);
        const struct packet *packet = &packets.items[0];
        cr_expect_eq(packet->kind, example->kind, "%s: %s", example->body,
                     packet->reason ? packet->reason : "fused");
        if (example->reason != NULL && packet->reason != NULL) {
            cr_expect_eq(strncmp(packet->reason, example->reason, strlen(example->reason)), 0,
                         "%s: %s", example->body, packet->reason);
        }
        packets_fini(&packets);
        program_destroy(program);
    }
}

Test(packets, are_described_and_counted) {
    struct program *program = read_body(ENTANGLE "cx b[3], b[0]; " TAKE_BACK
                                                 " ebit(a[4], b[4]); h a[4]; reset a[4]; h b[4]; "
                                                 "reset b[4];");
    struct packets packets;
    struct packet_counts counts;
    cr_assert_eq(packets_find(&packets, program), STATUS_OK);
    cr_assert_eq(packets.n, 2);
    cr_assert_eq(packets.n_fused, 1);
    const struct packet *packet = &packets.items[0];
    const struct op *ops = program->ops.ops;
    cr_assert_eq(ops[packet->ebit].kind, OP_EBIT);
    cr_assert_eq(ops[packet->entangle].which, GATE_CX);
    cr_assert_eq(ops[packet->birth].bit, 0);
    cr_assert_eq(ops[packet->turn].which, GATE_H);
    cr_assert_eq(ops[packet->close].bit, 1);
    cr_assert_eq(packet->source, 0);
    cr_assert_eq(packet->link, 3);
    cr_assert_eq(packet->copy, 9);
    cr_assert_eq(ops[packets.items[1].reason_op].which, GATE_H);
    packets_fini(&packets);
    cr_assert_eq(packets_count(&counts, program), STATUS_OK);
    cr_assert(counts.n_fused == 0 && counts.n_explicit == 2);
    program->is_fused = true;
    cr_assert_eq(packets_count(&counts, program), STATUS_OK);
    cr_assert(counts.n_fused == 1 && counts.n_explicit == 1);
    program_destroy(program);
}

Test(packets, none_in_an_empty_program) {
    struct program *program = read_body("");
    struct packets packets;
    cr_assert_eq(packets_find(&packets, program), STATUS_OK);
    cr_assert_eq(packets.n, 0);
    packets_fini(&packets);
    program_destroy(program);
}

Test(packets, the_protocol_is_printed_and_read_back) {
    struct program *program = read_body("pragma qspan protocol fused\nh a[0];");
    struct program *again = NULL;
    struct text text = {0};
    cr_assert(program->is_fused);
    cr_assert_eq(program_print(&text, program), STATUS_OK);
    cr_assert_eq(program_read_text(&again, "q.qasm", text.data, text.n, NULL), STATUS_OK);
    cr_assert(again->is_fused);
    program_destroy(again);
    program_destroy(program);
    text_fini(&text);
    program = read_body("pragma qspan protocol explicit\n");
    cr_assert_not(program->is_fused);
    program_destroy(program);
}

Test(packets, another_protocol_is_refused) {
    struct program *program = NULL;
    struct text text = {0};
    text_printf(&text, "%spragma qspan protocol quick\n", head);
    cr_assert_eq(program_read_text(&program, "p.qasm", text.data, text.n, NULL), STATUS_INPUT);
    cr_assert_not_null(strstr(log_get_error(), "explicit or fused"), "%s", log_get_error());
    text_fini(&text);
}
