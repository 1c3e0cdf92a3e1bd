/* The self-test must see what is wrong: fidelities of spoilt protocols, as they are known. */
#include "support/messages.h"
#include "verify/selftest.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static void start(void) {
    comm_start_alone();
    messages_keep();
}
TestSuite(selftest, .init = start);

static const struct selftest_entry *find(const char *name) {
    size_t n;
    const struct selftest_entry *entries = selftest_list(&n);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(entries[i].name, name) == 0) {
            return &entries[i];
        }
    }
    cr_assert_fail("no protocol %s", name);
    return NULL;
}

static struct selftest_result run(const struct selftest_entry *entry) {
    struct selftest_result result;
    cr_assert_eq(selftest_run(&result, entry, comm_world()), STATUS_OK);
    return result;
}

/* The protocol with `from` replaced. */
static struct selftest_result run_spoilt(const char *name, const char *from, const char *to) {
    static char text[4096];
    struct selftest_entry entry = *find(name);
    const char *at = strstr(entry.program, from);
    cr_assert_not_null(at, "%s", from);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - entry.program), entry.program, to,
             at + strlen(from));
    entry.program = text;
    return run(&entry);
}

Test(selftest, library_is_built_in) {
    size_t n;
    selftest_list(&n);
    cr_expect(n >= 29);
}

Test(selftest, right_protocols) {
    static const char *const names[] = {"teledata", "telegate_cu", "bbpssw", "qmpi_uncopy",
                                        "ghz_fusion"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct selftest_result result = run(find(names[i]));
        cr_expect(result.is_proved, "%s", names[i]);
        cr_expect_float_eq(result.fidelity, 1, 1e-12, "%s %g", names[i], result.fidelity);
        cr_expect_eq(result.has_frame, strcmp(names[i], "telegate_cu") != 0);
        cr_expect(!result.has_frame || fabs(result.frame_fidelity - 1) < 1e-12, "%s", names[i]);
    }
}

/* Half of the branches are orthogonal to what they should be. */
Test(selftest, wrong_protocols) {
    struct selftest_result result = run_spoilt("telegate_cx", "if (k) z a[0];", "");
    cr_expect(!result.is_proved);
    cr_expect_float_eq(result.fidelity, 0.5, 1e-12, "%g", result.fidelity);
    cr_expect_float_eq(result.frame_fidelity, 0.5, 0.1, "%g", result.frame_fidelity);
    result = run_spoilt("teledata", "if (mz) z b[1];", "if (mx) z b[1];");
    cr_expect_float_eq(result.fidelity, 0.5, 1e-12, "%g", result.fidelity);
    result = run_spoilt("telegate_toffoli", "if (mb) x c[2];", "");
    cr_expect(!result.is_proved && !result.has_frame);
    /* CCX times CX leaves F = 1/4 for mb = 1 */
    cr_expect_float_eq(result.fidelity, (1 + 0.25) / 2, 1e-12, "%g", result.fidelity);
}
