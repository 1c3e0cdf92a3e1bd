/* bits, cpu, progress */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/bits.h"
#include "base/cpu.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/version.h"

Test(bits, sets) {
    uint64_t set[3] = {0};
    cr_assert(bits_words(0) == 0 && bits_words(1) == 1 && bits_words(64) == 1 &&
              bits_words(65) == 2);
    for (size_t i = 0; i < 192; i += 7) {
        bits_set(set, i, true);
    }
    bits_flip(set, 0);
    bits_flip(set, 191);
    bits_set(set, 63, false);
    for (size_t i = 0; i < 192; i++) {
        bool expected = (i % 7 == 0 && i != 0 && i != 63) || i == 191;
        cr_assert_eq(bits_get(set, i), expected, "bit %zu", i);
    }
}

Test(bits, words) {
    cr_assert_eq(bits_popcount(UINT64_MAX), 64);
    cr_assert_eq(bits_lowest(BIT64(63)), 63);
    cr_assert(!is_power_of_two(0) && is_power_of_two(1) && is_power_of_two(BIT64(63)));
    cr_assert(!is_power_of_two(BIT64(63) + 1));
    cr_assert_eq(floor_log2(1), 0);
    cr_assert_eq(floor_log2(UINT64_MAX), 63);
    for (unsigned pos = 0; pos < 63; pos++) {
        uint64_t x = UINT64_C(0x0123456789abcdef) * 3 & (BIT64(63) - 1);
        uint64_t spread = bits_insert_zero(x, pos);
        for (unsigned i = 0; i < 64; i++) {
            uint64_t expected = i == pos ? 0 : x >> (i < pos ? i : i - 1) & 1;
            cr_assert_eq(spread >> i & 1, expected, "pos %u bit %u", pos, i);
        }
    }
}

static void drop_text(void *ctx, enum log_level level, const char *text) {
    (void)ctx;
    (void)level;
    (void)text;
}

Test(cpu, isa_is_forced_or_refused) {
    enum cpu_isa isa = CPU_AVX2;
    log_set_sink(drop_text, NULL);
    setenv("QSPAN_ISA", "scalar", 1);
    cr_assert_eq(cpu_detect_isa(&isa), STATUS_OK);
    cr_assert_eq(isa, CPU_SCALAR);
    setenv("QSPAN_ISA", "sse9", 1);
    cr_assert_eq(cpu_detect_isa(&isa), STATUS_USAGE);
    setenv("QSPAN_ISA", "", 1);
    enum cpu_isa best;
    cr_assert_eq(cpu_detect_isa(&best), STATUS_OK);
    for (int wanted = CPU_SCALAR; wanted <= CPU_AVX512; wanted++) {
        setenv("QSPAN_ISA", cpu_isa_name((enum cpu_isa)wanted), 1);
        enum status expected = wanted <= (int)best ? STATUS_OK : STATUS_USAGE;
        cr_assert_eq(cpu_detect_isa(&isa), expected);
        cr_assert(expected != STATUS_OK || (int)isa == wanted);
    }
}

Test(cpu, bound_cores_follow_affinity) {
    cpu_set_t all;
    cr_assert_eq(sched_getaffinity(0, sizeof all, &all), 0);
    cr_assert_eq(cpu_count_bound_cores(), CPU_COUNT(&all));
    cpu_set_t one;
    CPU_ZERO(&one);
    for (size_t i = 0; i < CPU_SETSIZE; i++) {
        if (CPU_ISSET(i, &all)) {
            CPU_SET(i, &one);
            break;
        }
    }
    cr_assert_eq(sched_setaffinity(0, sizeof one, &one), 0);
    cr_assert_eq(cpu_count_bound_cores(), 1);
}

Test(progress, says_nothing_in_the_first_second, .init = cr_redirect_stderr) {
    struct progress progress;
    setenv("QSPAN_PROGRESS", "always", 1);
    progress_init(&progress, "shots", 10);
    progress_add(&progress, 5);
    progress_fini(&progress);
    cr_assert_stderr_eq_str("");
    cr_assert_eq(progress.done, 5);
}

Test(progress, shows_and_clears_one_line, .init = cr_redirect_stderr) {
    struct progress progress;
    setenv("QSPAN_PROGRESS", "always", 1);
    progress_init(&progress, "shots", 1000);
    progress.t_start_s -= 2;
    progress.t_last_s -= 2;
    progress_add(&progress, 500);
    progress_add(&progress, 1); /* too soon to be shown */
    progress_fini(&progress);
    cr_assert_stderr_eq_str("\r\033[K500 of 1000 shots (50 %), about 2 s left\r\033[K");
}

static void check_silent(void) {
    struct progress progress;
    progress_init(&progress, "shots", 0);
    progress.t_last_s -= 2;
    progress_add(&progress, 1);
    progress_fini(&progress);
}

Test(progress, is_silent_where_not_wanted, .init = cr_redirect_stderr) {
    unsetenv("QSPAN_PROGRESS");
    check_silent(); /* not a terminal */
    setenv("QSPAN_PROGRESS", "never", 1);
    check_silent();
    setenv("QSPAN_PROGRESS", "always", 1);
    log_set_rank(1, 2);
    check_silent();
    cr_assert_stderr_eq_str("");
}

Test(version, is_generated) {
    cr_assert(sizeof QSPAN_VERSION > 5 && sizeof QSPAN_GIT_HASH > 7 && sizeof QSPAN_COMPILER > 5);
}
