#include <criterion/criterion.h>
#include <string.h>

#include "schedule/schedule.h"
#include "support/messages.h"
#include "support/protocol.h"
#include "support/skeleton_text.h"

static const char machine_text[] =
    "name: test\n"
    "qpus:\n"
    "  - {name: B, data: 2, comm: 2, gate1: {time: 50 ns}, gate2: {time: 100 ns}, "
    "measure: {time: 1 us}, reset: {time: 2 us}}\n"
    "  - {name: A, like: B}\n"
    "  - {name: C, like: B}\n"
    "links:\n"
    "  - {between: [A, B], fidelity: 0.97, time: 10 us, classical: 500 ns}\n"
    "  - {between: [B, C], fidelity: 0.97, time: 10 us, classical: 500 ns}\n";

static struct machine *read_machine(void) {
    struct machine *machine;
    messages_keep();
    cr_assert_eq(machine_read_text(&machine, "test", machine_text, strlen(machine_text)), STATUS_OK,
                 "%s", messages_last());
    return machine;
}

/* Schedules the program, prints, compares, and frees it. */
static void expect_skeleton(struct program *program, const char *expected) {
    struct machine *machine = read_machine();
    struct skeleton *skeleton;
    struct text text = {0};
    put_done(program, true);
    cr_assert_eq(schedule_create(&skeleton, program, machine), STATUS_OK, "%s", messages_last());
    skeleton_add_text(&text, skeleton, program);
    cr_expect_str_eq(text.data, expected, "got\n%s\nexpected\n%s", text.data, expected);
    text_fini(&text);
    skeleton_destroy(skeleton);
    program_destroy(program);
    machine_destroy(machine);
}

Test(schedule, telegate_twice_over_the_same_comm_wires) {
    struct program *program = put_program(2);
    const uint32_t a = put_qpu(program, "A", 2, 1), b = put_qpu(program, "B", 2, 1);
    put_telegate(program, a, a + 2, b + 2, b, 0, 1);
    put_telegate(program, a + 1, a + 2, b + 2, b + 1, 0, 1);
    expect_skeleton(program, "qpu A\n"
                             "    0  ebit Ac[0] with B, wire free at 0 +0 s op 0\n"
                             "    1  segment 1.1 us ops 1..2\n"
                             "    2  send m[0] to B at +1.1 us channel 0 op 2\n"
                             "    3  close Ac[0] at +1.1 us op 2\n"
                             "    4  recv m[1] from B channel 1 op 9\n"
                             "    5  segment 50 ns ops 9..11\n"
                             "    6  ebit Ac[0] with B, wire free at 1 +1.1 us op 12\n"
                             "    7  segment 1.1 us ops 13..14\n"
                             "    8  send m[0] to B at +1.1 us channel 2 op 14\n"
                             "    9  close Ac[0] at +1.1 us op 14\n"
                             "   10  recv m[1] from B channel 3 op 21\n"
                             "   11  segment 50 ns ops 21..23\n"
                             "qpu B\n"
                             "    0  ebit Bc[0] with A, wire free at 0 +0 s op 0\n"
                             "    1  recv m[0] from A channel 0 op 3\n"
                             "    2  segment 1.2 us ops 3..8\n"
                             "    3  send m[1] to A at +1.2 us channel 1 op 8\n"
                             "    4  close Bc[0] at +1.2 us op 8\n"
                             "    5  ebit Bc[0] with A, wire free at 2 +1.2 us op 12\n"
                             "    6  recv m[0] from A channel 2 op 15\n"
                             "    7  segment 1.2 us ops 15..20\n"
                             "    8  send m[1] to A at +1.2 us channel 3 op 20\n"
                             "    9  close Bc[0] at +1.2 us op 20\n");
}

/* A uses the bit of the round before; after the loop, that of the last round. */
Test(schedule, bits_in_loops_leave_where_they_are_settled) {
    struct program *program = put_program(1);
    const uint32_t a = put_qpu(program, "A", 1, 0), b = put_qpu(program, "B", 1, 0);
    put_measure(program, b, 0);
    const size_t open = put_repeat(program, 3);
    put_x_if(program, 0, a);
    put_measure(program, b, 0);
    put_end(program, open);
    put_x_if(program, 0, a);
    expect_skeleton(program,
                    "qpu A\n"
                    "    0  repeat 3 op 1\n"
                    "    1    recv m[0] from B of the round before, if any, channel 1 op 2\n"
                    "    2    recv m[0] from B channel 0 op 2\n"
                    "    3    segment 50 ns ops 2..4\n"
                    "    4  end op 6\n"
                    "    5  recv m[0] from B channel 2 op 7\n"
                    "    6  segment 50 ns ops 7..9\n"
                    "qpu B\n"
                    "    0  segment 1 us ops 0..0\n"
                    "    1  send m[0] to A at +1 us channel 0 op 0\n"
                    "    2  repeat 3 op 1\n"
                    "    3    segment 1 us ops 5..5\n"
                    "    4    send m[0] to A at +1 us channel 1 op 5\n"
                    "    5  end op 6\n"
                    "    6  send m[0] to A at +0 s channel 2 op 6\n");
}

/* Both bodies of an IF of gates take the time of the longer one, from when wires and bit are free.
 */
Test(schedule, branches_of_gates_reserve_their_time) {
    struct program *program = put_program(2);
    const uint32_t a = put_qpu(program, "A", 2, 0);
    put_measure(program, a, 0);
    const size_t open = put_if(program, 0);
    put_h(program, a + 1);
    put_h(program, a + 1);
    put_h(program, a + 1);
    put_else(program, open);
    const size_t nested = put_if(program, 0);
    const size_t loop = put_repeat(program, 4);
    put_h(program, a + 1);
    put_end(program, loop);
    put_end(program, nested);
    put_end(program, open);
    put_cx(program, a, a + 1);
    expect_skeleton(program, "qpu A\n    0  segment 1.3 us ops 0..12\n");
}

/* Inside a loop a request is not issued before the round; after it, when the loop is left. */
Test(schedule, issue_points_respect_blocks) {
    struct program *program = put_program(4);
    const uint32_t a = put_qpu(program, "A", 1, 1), b = put_qpu(program, "B", 1, 1);
    put_ebit(program, a + 1, b + 1);
    put_measure(program, a + 1, 0);
    put_measure(program, b + 1, 1);
    const size_t open = put_repeat(program, 5);
    put_h(program, b);
    put_ebit(program, a + 1, b + 1);
    put_measure(program, a + 1, 0);
    put_measure(program, b + 1, 1);
    put_end(program, open);
    put_h(program, b);
    put_ebit(program, a + 1, b + 1);
    put_measure(program, a + 1, 2);
    put_measure(program, b + 1, 3);
    expect_skeleton(program, "qpu A\n"
                             "    0  ebit Ac[0] with B, wire free at 0 +0 s op 0\n"
                             "    1  segment 1 us ops 1..1\n"
                             "    2  close Ac[0] at +1 us op 1\n"
                             "    3  repeat 5 op 3\n"
                             "    4    ebit Ac[0] with B, wire free at 4 +0 s op 5\n"
                             "    5    segment 1 us ops 6..6\n"
                             "    6    close Ac[0] at +1 us op 6\n"
                             "    7  end op 8\n"
                             "    8  ebit Ac[0] with B, wire free at 8 +0 s op 10\n"
                             "    9  segment 1 us ops 11..11\n"
                             "   10  close Ac[0] at +1 us op 11\n"
                             "qpu B\n"
                             "    0  ebit Bc[0] with A, wire free at 0 +0 s op 0\n"
                             "    1  segment 1 us ops 2..2\n"
                             "    2  close Bc[0] at +1 us op 2\n"
                             "    3  repeat 5 op 3\n"
                             "    4    segment 50 ns ops 4..4\n"
                             "    5    ebit Bc[0] with A, wire free at 4 +0 s op 5\n"
                             "    6    segment 1 us ops 7..7\n"
                             "    7    close Bc[0] at +1 us op 7\n"
                             "    8  end op 8\n"
                             "    9  segment 50 ns ops 9..9\n"
                             "   10  ebit Bc[0] with A, wire free at 9 +0 s op 10\n"
                             "   11  segment 1 us ops 12..12\n"
                             "   12  close Bc[0] at +1 us op 12\n");
}

static void expect_refused(struct program *program, const char *said) {
    struct machine *machine = read_machine();
    struct skeleton *skeleton = NULL;
    put_done(program, false);
    cr_expect_eq(schedule_create(&skeleton, program, machine), STATUS_INPUT);
    cr_expect_neq(strstr(messages_last(), said), NULL, "'%s' is not in '%s'", said,
                  messages_last());
    cr_expect_null(skeleton);
    program_destroy(program);
    machine_destroy(machine);
}

Test(schedule, refuses_what_the_machine_lacks) {
    struct program *program = put_program(1);
    put_qpu(program, "D", 1, 1);
    expect_refused(program, "no QPU named D");

    program = put_program(1);
    put_qpu(program, "A", 3, 1);
    expect_refused(program, "QPU A needs 3 data qubits, and machine test has 2");

    program = put_program(1);
    put_qpu(program, "A", 1, 3);
    expect_refused(program, "QPU A needs 3 comm qubits, and machine test has 2");

    program = put_program(1);
    uint32_t a = put_qpu(program, "A", 1, 1), c = put_qpu(program, "C", 1, 1);
    put_ebit(program, a + 1, c + 1);
    expect_refused(program, "no link between A and C");

    program = put_program(1);
    a = put_qpu(program, "A", 1, 1), c = put_qpu(program, "C", 1, 1);
    put_measure(program, a, 0);
    put_x_if(program, 0, c);
    expect_refused(program, "bit m[0] travels from A to C");
}

Test(schedule, matches_qpus_by_name) {
    struct machine *machine = read_machine();
    struct program *program = put_program(1);
    struct skeleton *skeleton;
    put_qpu(program, "A", 1, 1);
    put_qpu(program, "B", 1, 1);
    put_done(program, true);
    cr_assert_eq(schedule_create(&skeleton, program, machine), STATUS_OK);
    cr_expect_eq(skeleton->qpus[0].machine_qpu, 1);
    cr_expect_eq(skeleton->qpus[1].machine_qpu, 0);
    skeleton_destroy(skeleton);
    program_destroy(program);
    machine_destroy(machine);
}
