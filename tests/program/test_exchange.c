/* Bits that are sent and received explicitly: text, order, what the checker refuses. */
#include "program/exchange.h"

#include "programs.h"

#define PLACES                                                                                     \
    HEAD "qubit[2] a; qubit[2] b; qubit[2] c; bit m; bit k; bit n;\n"                              \
         "pragma qspan qpu A data a[0] comm a[1]\n"                                                \
         "pragma qspan qpu B data b[0] comm b[1]\n"                                                \
         "pragma qspan qpu C data c[0] comm c[1]\n" /* line 6 comes next */
#define AT(qpu, line) "@qspan.at " qpu "\n" line ";\n"

static void must_find(const char *text, const char *message) {
    struct program *program = must_read(text);
    struct program_check check;
    messages_keep();
    cr_expect_eq(program_check(&check, program), message[0] ? STATUS_INPUT : STATUS_OK, "%s", text);
    cr_expect_str_eq(messages_all(), message, "%s", text);
    program_check_fini(&check);
    program_destroy(program);
}

/* Kinds of the ops, a letter each. */
static void must_order(const char *text, const char *kinds) {
    static const char letters[OP_KIND_COUNT] = {
        [OP_GATE] = 'g', [OP_MEASURE] = 'm', [OP_SEND] = 'S', [OP_RECV] = 'R', [OP_IF] = '(',
        [OP_END] = ')',  [OP_EBIT] = 'e',    [OP_TICK] = 't', [OP_RESET] = 'r'};
    struct program *program = must_read(text);
    char found[64] = {0};
    for (size_t i = 0; i < program->ops.n_ops; i++) {
        found[i] = letters[program->ops.ops[i].kind];
    }
    cr_expect_str_eq(found, kinds, "%s", text);
    program_destroy(program);
}

Test(exchange, what_passes) {
    must_find(PLACES "m = measure a[0];\n" AT("A", "send_bit(m, b[0])")
                  AT("B", "recv_bit(m)") "if (m) x b[0];\n",
              "");
    /* to two QPUs; other bits still travel by themselves */
    must_find(PLACES "m = measure a[0]; k = measure a[0];\n" AT("A", "send_bit(m, b[0])")
                  AT("A", "send_bit(m, c[0])") AT("C", "recv_bit(m)")
                      AT("B", "recv_bit(m)") "if (m) x b[0]; if (m ^ k) x c[0];\n",
              "");
    /* in rounds */
    must_find(PLACES "for uint i in [1:3] {\nm = measure a[0];\n" AT("A", "send_bit(m, b[0])")
                  AT("B", "recv_bit(m)") "if (m) x b[0];\n}\n",
              "");
}

Test(exchange, receives_may_stand_first) {
    /* all of B, then all of A */
    must_order(PLACES AT("B", "recv_bit(m)") "if (m) x b[0];\nh a[0]; m = measure a[0];\n" AT(
                   "A", "send_bit(m, b[0])"),
               "gmSR(g)");
    must_find(PLACES AT("B", "recv_bit(m)") "if (m) x b[0];\nh a[0]; m = measure a[0];\n" AT(
                  "A", "send_bit(m, b[0])"),
              "");
    /* C waits for B waits for A; ticks stay behind what they follow; nothing moves without need */
    must_order(PLACES AT("C", "recv_bit(k)") "if (k) x c[0];\n" AT(
                   "B", "recv_bit(m)") "if (m) h b[0];\nk = measure b[0];\npragma qspan stim "
                                       "TICK\n" AT("B", "send_bit(k, c[0])") "m = measure "
                                                                             "a[0];\n" AT("A",
                                                                                          "send_"
                                                                                          "bit(m, "
                                                                                          "b[0])"),
               "mSR(g)mtSR(g)");
    must_order(PLACES "x c[0];\nm = measure a[0];\n" AT("A", "send_bit(m, b[0])") "x a[0];\n" AT(
                   "B", "recv_bit(m)") "if (m) x b[0];\n",
               "gmSgR(g)");
}

Test(exchange, prints_and_reads_back) {
    struct program *program = must_read(PLACES "m = measure a[0];\n" AT("A", "send_bit(m, b[1])")
                                            AT("B", "recv_bit(m)") "if (m) {\nx b[0];\n}\n");
    struct text once = {0}, twice = {0};
    cr_assert_eq(program_print(&once, program), STATUS_OK);
    cr_expect_not_null(strstr(once.data, "@qspan.at A\nsend_bit(m, b[0]);\n@qspan.at "
                                         "B\nrecv_bit(m);\n"),
                       "%s", once.data);
    struct program *again = must_read(once.data);
    cr_assert_eq(program_print(&twice, again), STATUS_OK);
    cr_expect_str_eq(twice.data, once.data);
    text_fini(&once);
    text_fini(&twice);
    program_destroy(program);
    program_destroy(again);
}

Test(exchange, wait_for_cycles) {
    must_find(
        PLACES AT("B", "recv_bit(m)") "k = measure b[0];\n" AT("B", "send_bit(k, a[0])")
            AT("A", "recv_bit(k)") "m = measure a[0];\n" AT("A", "send_bit(m, b[0])"),
        "t.qasm:7:1: error: wait-for cycle: QPU B waits in line 7 for bit m, which QPU A sends "
        "in line 15; QPU A waits in line 12 for bit k, which QPU B sends in line 10");
    /* three parties */
    must_find(
        PLACES AT("A", "recv_bit(m)") "n = measure a[0];\n" AT("A", "send_bit(n, b[0])")
            AT("B", "recv_bit(n)") "k = measure b[0];\n" AT("B", "send_bit(k, c[0])")
                AT("C", "recv_bit(k)") "m = measure c[0];\n" AT("C", "send_bit(m, a[0])"),
        "t.qasm:7:1: error: wait-for cycle: QPU A waits in line 7 for bit m, which QPU C sends "
        "in line 20; QPU C waits in line 17 for bit k, which QPU B sends in line 15; QPU B "
        "waits in line 12 for bit n, which QPU A sends in line 10");
    /* A sends only when both have their ebit, B takes part only when it has received */
    must_find(
        PLACES AT(
            "B",
            "recv_bit(m)") "ebit(a[1], b[1]);\nm = measure a[1];\n"
                           "k = measure b[1];\n" AT(
                               "A",
                               "send_bit(m, b[0])") "if (m) x b[0];\n", /* no finding of its own */
        "t.qasm:7:1: error: wait-for cycle: QPU B waits in line 7 for bit m, which QPU A sends "
        "in line 12; QPUs A and B wait for each other's half of the ebit of line 8");
}

Test(exchange, what_is_refused) {
    must_find(PLACES "m = measure a[0];\n" AT("A", "send_bit(m, b[0])") "if (m) x b[0];\n",
              "t.qasm:8:1: error: bit m is sent to QPU B, which does not receive it in this block\n"
              "t.qasm:9:1: error: QPU B uses bit m without recv_bit: a bit that is sent explicitly "
              "does not travel by itself");
    must_find(PLACES "m = measure a[0];\n" AT("B", "recv_bit(m)") "if (m) x b[0];\n",
              "t.qasm:8:1: error: QPU B waits for bit m, which nobody sends to it in this block");
    must_find(
        PLACES "m = measure a[0];\n" AT("A", "send_bit(m, b[0])")
            AT("B", "recv_bit(m)") "if (m) x c[0];\n",
        "t.qasm:11:1: error: QPU C uses bit m without recv_bit: a bit that is sent explicitly "
        "does not travel by itself");
    must_find(PLACES "m = measure a[0];\n" AT("C", "send_bit(m, b[0])") AT("B", "recv_bit(m)"),
              "t.qasm:8:1: error: QPU C sends bit m, which is born at QPU A (line 6)");
    must_find(PLACES "m = measure a[0];\n" AT("A", "send_bit(m, a[1])") AT("A", "recv_bit(m)"),
              "t.qasm:8:1: error: QPU A sends bit m to itself");
    must_find(PLACES "m = measure a[0];\n" AT("A", "send_bit(m, b[0])") AT("A", "send_bit(m, b[0])")
                  AT("B", "recv_bit(m)") AT("B", "recv_bit(m)"),
              "t.qasm:14:1: error: QPU B receives bit m, which it has already");
    must_find(PLACES "m = measure a[0];\n" AT("A", "send_bit(m, b[0])") "m = measure a[0];\n" AT(
                  "B", "recv_bit(m)"),
              "t.qasm:9:1: error: bit m is written between its send (line 8) and its receive (line "
              "11): use another bit");
    must_find(PLACES "m = measure a[0];\nif (m) {\n" AT("A", "send_bit(m, b[0])") "}\n" AT(
                  "B", "recv_bit(m)"),
              "t.qasm:12:1: error: QPU B waits for bit m, which nobody sends to it in this block\n"
              "t.qasm:9:1: error: bit m is sent to QPU B, which does not receive it in this block");
    must_find(PLACES "for uint i in [1:2] {\nm = measure a[0];\n" AT("B", "recv_bit(m)")
                  AT("A", "send_bit(m, b[0])") "}\n",
              "t.qasm:9:1: error: in a block, a send must stand before its receive: this one is in "
              "line 11");
}
