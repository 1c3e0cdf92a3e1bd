/* What OpenQASM 2 texts mean, as lists of ops written by hand. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "circuit/reading.h"

Test(read, gates_and_registers) {
    expect_ops("qreg a[2]; qreg b[1]; h a[1]; cx a[0],b[0]; u3(1,2,-0.5) b[0]; CX a[1],a[0];"
               "U(0.5,0,0.25) a[0];",
               "h : 1\ncx : 0 2\nu3 0x1p+0 0x1p+1 -0x1p-1 : 2\ncx : 1 0\n"
               "u 0x1p-1 0x0p+0 0x1p-2 : 0\n");
    expect_ops("qreg q[5]; c3sqrtx q[0],q[1],q[2],q[3]; c4x q[4],q[3],q[2],q[1],q[0]; id q[0];"
               "u0(1) q[1]; h() q[2];",
               "c3sqrtx : 0 1 2 3\nc4x : 4 3 2 1 0\nid : 0\nu0 0x1p+0 : 1\nh : 2\n");
}

Test(read, broadcast) {
    expect_ops("qreg a[2]; qreg b[2]; qreg c[1]; h a; cx a,b; cx c[0],b; ccx a,c[0],b; cx c,b[1];",
               "h : 0\nh : 1\ncx : 0 2\ncx : 1 3\ncx : 4 2\ncx : 4 3\nccx : 0 4 2\nccx : 1 4 3\n"
               "cx : 4 3\n");
    expect_ops(
        "gate g(t) x,y { rz(t) x; cx x,y; } qreg a[2]; qreg b[2]; g(0.5) a,b[0]; g(2) a[1],b;",
        "rz 0x1p-1 : 0\ncx : 0 2\nrz 0x1p-1 : 1\ncx : 1 2\n"
        "rz 0x1p+1 : 1\ncx : 1 2\nrz 0x1p+1 : 1\ncx : 1 3\n");
}

Test(read, measure_reset_barrier) {
    expect_ops("qreg q[2]; creg d[1]; creg c[2]; measure q -> c; measure q[1]->d[0]; reset q;"
               "reset q[1]; qreg r[2]; barrier q; barrier r,q[1]; barrier q[1],r[0],q[0],r,q;",
               "MEASURE : 0 -> 1\nMEASURE : 1 -> 2\nMEASURE : 1 -> 0\nRESET : 0\nRESET : 1\n"
               "RESET : 1\nBARRIER : 0 1\nBARRIER : 2 3 1\nBARRIER : 0 1 2 3\n");
}

Test(read, conditions) {
    expect_ops("qreg q[2]; creg a[1]; creg c[3]; if(c==5) x q; if ( a == 0 ) measure q[0]->c[2];"
               "if(c==007) reset q[1];",
               "if bits 1+3 == 5: x : 0\nif bits 1+3 == 5: x : 1\n"
               "if bits 0+1 == 0: MEASURE : 0 -> 3\nif bits 1+3 == 7: RESET : 1\n");
    /* 2^100 + 3 on 101 bits */
    expect_ops("qreg q[1]; creg c[101]; if(c==1267650600228229401496703205379) x q[0];",
               "if bits 0+101 == 3 1000000000: x : 0\n");
}

/* The whole statement is under one IF: its condition is looked at once. */
Test(read, condition_covers_the_statement) {
    struct circuit *circuit = must_read("OPENQASM 2.0; qreg q[2]; creg c[2];\n"
                                        "if(c==0) measure q -> c;\nCX q[0],q[1];");
    const struct op *ops = circuit->ops.ops;

    cr_assert_eq(circuit->ops.n_ops, 5);
    cr_expect_eq(ops[0].kind, OP_IF);
    cr_expect_eq(ops[0].match, 3);
    cr_expect_eq(ops[3].kind, OP_END);
    cr_expect_eq(ops[0].line, 2);
    cr_expect_eq(ops[0].col, 1);
    cr_expect_eq(ops[1].col, 10);
    cr_expect_eq(ops[4].line, 3);
    cr_expect_str_eq(circuit_loc(circuit, &ops[4]).file, "t.qasm");
    cr_expect(circuit->measures);
    circuit_destroy(circuit);
}

Test(read, conditions_that_never_hold) {
    struct circuit *circuit = NULL;
    struct text got = {0};

    cr_assert_eq(
        reading_try(&circuit, "OPENQASM 2.0; qreg q[1]; creg c[2]; if(c==4) U(0,0,1) q[0];", NULL),
        STATUS_OK);
    cr_expect_str_eq(messages_all(), "t.qasm:1:43: warning: '4' is wider than c[2]: this "
                                     "condition never holds");
    dump_ops(&got, &circuit->ops);
    cr_expect_str_eq(got.data, "if const 0: u 0x0p+0 0x0p+0 0x1p+0 : 0\n");
    text_fini(&got);
    circuit_destroy(circuit);
}

Test(read, definitions_expand) {
    expect_ops("gate inner(a,b) x { rz(a-b) x; } gate none p {} gate outer(t) x,y { inner(2*t,t) y;"
               "none x; barrier y,x; inner(-t,1) x; CX y,x; U(t,0,0) y; } qreg q[3];"
               "outer(0.5) q[2],q[0]; none q[1]; creg c[1]; if(c==1) none q[0];",
               "rz 0x1p-1 : 0\nBARRIER : 0 2\nrz -0x1.8p+0 : 2\ncx : 0 2\n"
               "u 0x1p-1 0x0p+0 0x0p+0 : 0\n");
}

/* A definition keeps the meaning that names had where it stands; names of formals hide nothing
 * else. */
Test(read, names_and_scopes) {
    expect_ops("gate a q { x q; } gate b a { a a; } qreg h[1]; creg x[1]; h h[0]; b h[0];"
               "measure h -> x; gate c(x,y) z { x z; rz(x/y) z; } c(3,4) h;",
               "h : 0\nx : 0\nMEASURE : 0 -> 0\nx : 0\nrz 0x1.8p-1 : 0\n");
}

Test(read, forms_of_text) {
    static const char *const texts[] = {
        "OPENQASM 2.0;qreg q[1];U(0,0,1)q[0];", "OPENQASM 2;\rqreg q[1];\rU(0,0,1) q[0];",
        "\xEF\xBB\xBFOPENQASM 2.0;\r\nqreg q[1];\r\n;;U(0,0,1) q[0];\r\n",
        "// c\n/* OPENQASM 3; */ OPENQASM 2.00; qreg q[ 1 ] ; // \xFF\nU ( 0 , 0 , 1 ) q"};

    for (size_t i = 0; i < 4; i++) {
        struct text source = {0};
        text_printf(&source, "%s%s", texts[i], i == 3 ? " [0];" : "");
        struct circuit *circuit = must_read(source.data);
        cr_expect_eq(circuit->ops.n_ops, 1);
        text_fini(&source);
        circuit_destroy(circuit);
    }
}

Test(read, version_may_lack) {
    struct circuit *circuit = NULL;
    const struct circuit_limits strict = {.strict = true};

    cr_assert_eq(reading_try(&circuit, "\nqreg q[1];", NULL), STATUS_OK);
    cr_expect_str_eq(messages_all(), "t.qasm:2:1: warning: no version line; read as OPENQASM 2.0");
    circuit_destroy(circuit);
    cr_expect_eq(reading_try(&circuit, "\nqreg q[1];", &strict), STATUS_INPUT);
    cr_expect_str_eq(messages_all(), "t.qasm:2:1: error: 'qreg': expected OPENQASM 2.0;");
}

/* --- placement --- */

static void expect_placement(const char *text, const char *want) {
    struct text source = {0}, got = {0};
    struct circuit *circuit;

    text_printf(&source, "OPENQASM 2.0;\n%s", text);
    circuit = must_read(source.data);
    text_add(&got, "");
    for (uint32_t qb = 0; circuit->n_placed_qpus > 0 && qb < circuit->n_qubits; qb++) {
        uint32_t qpu = circuit->placement[qb];
        text_add(&got, qpu == OP_NO_QPU ? "-" : circuit->placed_qpus[qpu]);
    }
    cr_expect_str_eq(got.data, want, "%s", text);
    text_fini(&source);
    text_fini(&got);
    circuit_destroy(circuit);
}

Test(read, placement_comments) {
    expect_placement("qreg a[4]; qreg b[2];\n// qspan qpu B a[3] b\n//qspan qpu A a[0:1]\nCX a[0],"
                     "a[1];",
                     "AA-BBB");
    expect_placement("// qspan qpu A a\nqreg a[2]; // qspan qpu B b[1:1]\nqreg b[2]; // \n"
                     "gate g x {} // qspan qpu A b[0]\n",
                     "AAAB");
    expect_placement("qreg a[1];\n// qspan qpu A a\nreset a; qreg b[2];", "A--");
}

/* --- includes --- */

struct folder {
    char path[64];
};
static void folder_write(const struct folder *folder, const char *name, const char *text) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder->path, name);
    cr_assert_eq(file_write(path, text, strlen(text)), STATUS_OK);
}
static struct folder folder_create(void) {
    struct folder folder = {"/tmp/qspan_test_XXXXXX"};
    cr_assert_not_null(mkdtemp(folder.path));
    return folder;
}
static void folder_remove(const struct folder *folder, const char *const *names) {
    char path[128];
    for (; *names != NULL; names++) {
        snprintf(path, sizeof path, "%s/%s", folder->path, *names);
        unlink(path);
    }
    rmdir(folder->path);
}

Test(read, includes_relative_to_the_file) {
    struct folder folder = folder_create();
    struct circuit *circuit = NULL;
    struct text got = {0};
    char path[128];

    folder_write(&folder, "main.qasm",
                 "OPENQASM 2.0;include \"one.inc\";include \"qelib1.inc\";\n"
                 "g q[0]; h q[1]; include \"two.inc\"; x q[0];");
    folder_write(&folder, "one.inc", "qreg q[2]; gate g a { U(0,0,1) a; }");
    folder_write(&folder, "two.inc", "// only\n\n  g q[1]; // this");
    snprintf(path, sizeof path, "%s/main.qasm", folder.path);
    messages_keep();
    cr_assert_eq(circuit_read_file(&circuit, path, NULL), STATUS_OK, "%s", messages_all());
    dump_ops(&got, &circuit->ops);
    cr_expect_str_eq(got.data, "u 0x0p+0 0x0p+0 0x1p+0 : 0\nh : 1\nu 0x0p+0 0x0p+0 0x1p+0 : 1\n"
                               "x : 0\n");
    cr_expect_str_eq(circuit_loc(circuit, &circuit->ops.ops[3]).file, path);
    snprintf(path, sizeof path, "%s/two.inc", folder.path);
    cr_expect_str_eq(circuit_loc(circuit, &circuit->ops.ops[2]).file, path);
    cr_expect_eq(circuit->ops.ops[2].line, 3);
    text_fini(&got);
    circuit_destroy(circuit);
    folder_remove(&folder, (const char *const[]){"main.qasm", "one.inc", "two.inc", NULL});
}

static void expect_include_refused(const struct folder *folder, const char *text,
                                   const char *want) {
    struct circuit *circuit = NULL;
    struct text message = {0};
    char path[128];

    folder_write(folder, "main.qasm", text);
    snprintf(path, sizeof path, "%s/main.qasm", folder->path);
    messages_keep();
    cr_expect_eq(circuit_read_file(&circuit, path, NULL), STATUS_INPUT, "%s", text);
    text_printf(&message, "%s/%s", folder->path, want);
    cr_expect_str_eq(messages_all(), message.data);
    text_fini(&message);
}

Test(read, includes_that_are_refused) {
    struct folder folder = folder_create();
    char path[128];

    folder_write(&folder, "loop.inc", "include \"main.qasm\";");
    folder_write(&folder, "half.inc", "qreg q");
    folder_write(&folder, "version.inc", "OPENQASM 2.0;");
    folder_write(&folder, "bad.inc", "\nfoo q[0];");
    folder_write(&folder, "secret", "root:x:0");
    expect_include_refused(&folder, "OPENQASM 2.0;\ninclude \"main.qasm\";",
                           "main.qasm:2:9: error: include \"main.qasm\": the file includes itself");
    expect_include_refused(&folder, "OPENQASM 2.0;include \"loop.inc\";",
                           "loop.inc:1:9: error: include \"main.qasm\": the file includes itself");
    expect_include_refused(&folder, "OPENQASM 2.0;include \"half.inc\";[1];",
                           "half.inc:1:7: error: the end of the file: expected '[' and the size of "
                           "the register");
    expect_include_refused(&folder, "OPENQASM 2.0;include \"version.inc\";",
                           "version.inc:1:1: error: the OPENQASM line is expected as first "
                           "statement only");
    expect_include_refused(&folder, "OPENQASM 2.0;include \"bad.inc\";",
                           "bad.inc:2:1: error: unknown gate 'foo'; expected U, CX or a definition "
                           "before this line");
    expect_include_refused(
        &folder, "OPENQASM 2.0;include \"none.inc\";",
        "main.qasm:1:22: error: include \"none.inc\": No such file or directory");
    expect_include_refused(&folder, "OPENQASM 2.0;include \"secret\";",
                           "main.qasm:1:22: error: include \"secret\": expected a file name that "
                           "ends in .inc or .qasm");
    snprintf(path, sizeof path, "%s/dir.inc", folder.path);
    cr_assert_eq(symlink("/", path), 0);
    expect_include_refused(&folder, "OPENQASM 2.0;include \"dir.inc\";",
                           "main.qasm:1:22: error: include \"dir.inc\": is a directory; expected a "
                           "file");
    snprintf(path, sizeof path, "%s/zero.inc", folder.path);
    cr_assert_eq(symlink("/dev/zero", path), 0);
    expect_include_refused(&folder, "OPENQASM 2.0;include \"zero.inc\";",
                           "main.qasm:1:22: error: include \"zero.inc\": is no regular file");
    folder_remove(&folder, (const char *const[]){"main.qasm", "loop.inc", "half.inc", "version.inc",
                                                 "bad.inc", "secret", "dir.inc", "zero.inc", NULL});
}

/* a0 includes a1 twice, a1 includes a2 twice ...: neither depth nor number goes on for ever. */
Test(read, includes_have_limits) {
    struct folder folder = folder_create();
    struct circuit *circuit = NULL;
    char path[128], name[16], text[128];

    for (unsigned i = 0; i < 40; i++) {
        snprintf(name, sizeof name, "a%u.inc", i);
        snprintf(text, sizeof text, "include \"a%u.inc\"; include \"a%u.inc\";", i + 1, i + 1);
        folder_write(&folder, name, i == 14 ? "" : text);
    }
    snprintf(path, sizeof path, "%s/a0.inc", folder.path);
    messages_keep();
    cr_expect_eq(circuit_read_file(&circuit, path, NULL), STATUS_INPUT);
    cr_expect(strstr(messages_all(), "too many files are included") != NULL, "%s", messages_all());
    snprintf(path, sizeof path, "%s/a20.inc", folder.path);
    messages_keep();
    cr_expect_eq(circuit_read_file(&circuit, path, NULL), STATUS_INPUT);
    cr_expect(strstr(messages_all(), "too deeply") != NULL, "%s", messages_all());
    for (unsigned i = 0; i < 40; i++) {
        snprintf(path, sizeof path, "%s/a%u.inc", folder.path, i);
        unlink(path);
    }
    rmdir(folder.path);
}

/* --- the circuit itself --- */

Test(circuit, measure_all) {
    struct circuit *circuit = must_read("OPENQASM 2.0; qreg meas[2]; creg meas0[1]; qreg b[1];");
    struct text got = {0};

    cr_assert_eq(circuit_measure_all(circuit), STATUS_OK);
    dump_ops(&got, &circuit->ops);
    cr_expect_str_eq(got.data, "MEASURE : 0 -> 1\nMEASURE : 1 -> 2\nMEASURE : 2 -> 3\n");
    cr_expect_str_eq(circuit->cregs[1].name, "meas1");
    cr_expect_eq(circuit->n_bits, 4);
    cr_expect(circuit->measures);
    text_fini(&got);
    circuit_destroy(circuit);
    circuit = circuit_create();
    cr_assert_eq(circuit_measure_all(circuit), STATUS_OK);
    cr_expect_eq(circuit->ops.n_ops, 0);
    circuit_destroy(circuit);
    circuit_destroy(NULL);
}

Test(circuit, registers_by_index_and_name) {
    struct circuit *circuit = circuit_create();
    struct src_loc loc = {"x.qasm", 3, 1};
    char name[32];

    messages_keep();
    for (unsigned i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "q%u", i);
        cr_assert_eq(circuit_add_qreg(circuit, name, i + 1, loc), STATUS_OK);
        snprintf(name, sizeof name, "c%u", i);
        cr_assert_eq(circuit_add_creg(circuit, name, 100 - i, loc), STATUS_OK);
    }
    for (uint32_t qb = 0, r = 0; qb < circuit->n_qubits; qb++) {
        r += qb >= circuit->qregs[r].first + circuit->qregs[r].n;
        cr_assert_eq(circuit_qreg_of(circuit, qb), &circuit->qregs[r]);
    }
    cr_expect_eq(circuit_creg_of(circuit, 0), &circuit->cregs[0]);
    cr_expect_eq(circuit_creg_of(circuit, circuit->n_bits - 1), &circuit->cregs[99]);
    cr_expect_eq(circuit_find_qreg(circuit, "q42", 3), &circuit->qregs[42]);
    cr_expect_null(circuit_find_qreg(circuit, "c42", 3));
    cr_expect_str_eq(circuit_qubit_name(circuit, 5, name, sizeof name), "q2[2]");
    cr_expect_eq(circuit_add_creg(circuit, "q7", 1, (struct src_loc){"x.qasm", 9, 2}),
                 STATUS_INPUT);
    cr_expect_str_eq(messages_all(), "x.qasm:9:2: error: 'q7' is declared twice; first in line 3");
    cr_expect_eq(circuit_add_qreg(circuit, "none", 0, loc), STATUS_INPUT);
    cr_expect_eq(circuit_add_qreg(circuit, "big", 1 << 26, loc), STATUS_NOFIT);
    circuit_destroy(circuit);
}
