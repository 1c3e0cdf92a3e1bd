#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "base/units.h"

static double parse(const char *text, enum unit_kind kind) {
    double value = NAN;
    const char *why = "";
    cr_assert_eq(units_parse(&value, &why, text, kind), STATUS_OK, "%s: %s", text, why);
    return value;
}

static void refuse(const char *text, enum unit_kind kind, const char *part_of_why) {
    double value = -77;
    const char *why = "";
    cr_assert_eq(units_parse(&value, &why, text, kind), STATUS_INPUT, "'%s' is %g", text, value);
    cr_assert(strstr(why, part_of_why), "'%s': %s", text, why);
    cr_assert_eq(value, -77);
}

Test(units, every_unit) {
    cr_assert_eq(parse("3 ps", UNIT_TIME), 3);
    cr_assert_eq(parse("10 us", UNIT_TIME), 1e7);
    cr_assert_eq(parse("1.5ms", UNIT_TIME), 1.5e9);
    cr_assert_eq(parse("2 s", UNIT_TIME), 2e12);
    cr_assert_eq(parse("2 min", UNIT_TIME), 120e12);
    cr_assert_eq(parse("7 um", UNIT_LENGTH), 7e-6);
    cr_assert_eq(parse("7 \xC2\xB5m", UNIT_LENGTH), 7e-6); /* micro sign */
    cr_assert_eq(parse("7\xCE\xBCm", UNIT_LENGTH), 7e-6);  /* Greek mu */
    cr_assert_eq(parse("1.5 \xC2\xB5s", UNIT_TIME), 1.5e6);
    cr_assert_eq(parse("7 mm", UNIT_LENGTH), 7e-3);
    cr_assert_eq(parse("7 m", UNIT_LENGTH), 7);
    cr_assert_eq(parse("-7.5 km", UNIT_LENGTH), -7500);
    cr_assert_eq(parse("2 Hz", UNIT_FREQUENCY), 2);
    cr_assert_eq(parse("2 kHz", UNIT_FREQUENCY), 2e3);
    cr_assert_eq(parse("1 MHz", UNIT_FREQUENCY), 1e6);
    cr_assert_eq(parse("1e-3 GHz", UNIT_FREQUENCY), 1e6);
    cr_assert_eq(parse("3 dB", UNIT_LOSS), 3);
    cr_assert_eq(parse("0.2 dB/km", UNIT_LOSS_PER_LENGTH), 0.0002);
    cr_assert_eq(parse("2 dB/m", UNIT_LOSS_PER_LENGTH), 2);
    cr_assert_eq(parse("2e5 km/s", UNIT_SPEED), 2e8);
    cr_assert_eq(parse("2 m/s", UNIT_SPEED), 2);
    cr_assert_eq(parse(" 1.5\tGiB ", UNIT_BYTES), 1.5 * 0x1p30);
    cr_assert_eq(parse("1 TiB", UNIT_BYTES), 0x1p40);
    cr_assert_eq(parse("1 kB", UNIT_BYTES), 1000);
    cr_assert_eq(parse(".5e1 MB", UNIT_BYTES), 5e6);
}

Test(units, refusals) {
    refuse("10", UNIT_TIME, "a unit is missing; expected one of ps, ns, us, ms, s, min");
    refuse("10 ", UNIT_LENGTH, "a unit is missing; expected one of um, mm, m, km");
    refuse("", UNIT_TIME, "a number with a unit is due");
    refuse("us", UNIT_TIME, "a number with a unit is due");
    refuse(".", UNIT_TIME, "a number");
    refuse("+ 1 us", UNIT_TIME, "a number");
    refuse("inf us", UNIT_TIME, "a number");
    refuse("nan km", UNIT_LENGTH, "a number");
    refuse("0x10 us", UNIT_TIME, "unknown unit");
    refuse("10 US", UNIT_TIME, "unknown unit; expected one of ps");
    refuse("10 km", UNIT_TIME, "unknown unit");
    refuse("10 \xC2\xB5", UNIT_TIME, "unknown unit");
    refuse("10 \xC2\xB5s", UNIT_LENGTH, "unknown unit");
    refuse("10 m\xC2\xB5s", UNIT_TIME, "unknown unit");
    refuse("10 \xC2\xB5us", UNIT_TIME, "unknown unit");
    refuse("10 \xC2\xB5"
           "in",
           UNIT_TIME, "unknown unit");
    refuse("10 us us", UNIT_TIME, "unknown unit");
    refuse("1e us", UNIT_TIME, "unknown unit");
    refuse("1e400 km", UNIT_LENGTH, "too large");
    refuse("1.5 B", UNIT_BYTES, "whole number of bytes");
    refuse("-1 B", UNIT_BYTES, "not negative");
    refuse("-1 us", UNIT_TIME, "negative");
    refuse("107 min us", UNIT_TIME, "unknown unit");
    refuse("1e30 ps", UNIT_TIME, "below 2^63 ps");
    refuse("1e999999999999999999999 s", UNIT_TIME, "below 2^63 ps");
}

static int64_t parse_time(const char *text) {
    int64_t t_ps = -1;
    const char *why = "";
    cr_assert_eq(units_parse_time(&t_ps, &why, text), STATUS_OK, "%s: %s", text, why);
    return t_ps;
}

Test(units, times_are_exact) {
    cr_assert_eq(parse_time("9223372036854775807 ps"), INT64_MAX);
    cr_assert_eq(parse_time("9223372.036854775807 s"), INT64_MAX);
    cr_assert_eq(parse_time("9007199254740993 ps"), INT64_C(9007199254740993));
    cr_assert_eq(parse_time("9223372036854775807.4999 ps"), INT64_MAX);
    cr_assert_eq(parse_time("0.5 ps"), 1);
    cr_assert_eq(parse_time("0.49999999999999999999999999999999999 ps"), 0);
    cr_assert_eq(parse_time("1.4999999999999999999999999 ns"), 1500);
    cr_assert_eq(parse_time("0.05 ps"), 0);
    cr_assert_eq(parse_time("0 s"), 0);
    cr_assert_eq(parse_time("-0 s"), 0);
    cr_assert_eq(parse_time("1e-400 s"), 0);
    cr_assert_eq(parse_time("0e999999999999999999999 s"), 0);
    cr_assert_eq(parse_time("0.000000000000000000000000000000000000012e38 s"),
                 INT64_C(1200000000000));
    cr_assert_eq(parse_time("0.25 min"), INT64_C(15000000000000));
    cr_assert_eq(parse_time("100000000000000000000000000000e-29 ms"), 1000000000);
    int64_t t_ps;
    const char *why;
    cr_assert_eq(units_parse_time(&t_ps, &why, "9223372036854775807.5 ps"), STATUS_INPUT);
    cr_assert_eq(units_parse_time(&t_ps, &why, "9223372036854775808 ps"), STATUS_INPUT);
}

static const char *print_time(int64_t t_ps) {
    static char buffer[32];
    return units_print_time(buffer, sizeof buffer, t_ps);
}

Test(units, times_print) {
    cr_assert_str_eq(print_time(0), "0 s");
    cr_assert_str_eq(print_time(999), "999 ps");
    cr_assert_str_eq(print_time(1000), "1 ns");
    cr_assert_str_eq(print_time(10000000), "10 us");
    cr_assert_str_eq(print_time(1500000000), "1.5 ms");
    cr_assert_str_eq(print_time(1000001), "1.000001 us");
    cr_assert_str_eq(print_time(INT64_C(60000000000000)), "60 s");
    cr_assert_str_eq(print_time(INT64_MAX), "9223372.036854775807 s");
    cr_assert_str_eq(print_time(-1500), "-1.5 ns");
    cr_assert_str_eq(print_time(INT64_MIN), "-9223372.036854775808 s");
    for (uint32_t i = 0; i < 20000; i++) {
        struct rng_block block = rng_draw(3, i, 0, RNG_TEST);
        uint64_t bits = (uint64_t)block.word[0] << 32 | block.word[1];
        int64_t t_ps = (int64_t)(bits >> (1 + block.word[2] % 63));
        cr_assert_eq(parse_time(print_time(t_ps)), t_ps);
    }
}

static const char *print_bytes(uint64_t n_bytes) {
    static char buffer[32];
    return units_print_bytes(buffer, sizeof buffer, n_bytes);
}

Test(units, bytes_print) {
    cr_assert_str_eq(print_bytes(0), "0 B");
    cr_assert_str_eq(print_bytes(1023), "1023 B");
    cr_assert_str_eq(print_bytes(1024), "1 KiB");
    cr_assert_str_eq(print_bytes(1536), "1.5 KiB");
    cr_assert_str_eq(print_bytes(UINT64_C(1023) << 20), "1023 MiB");
    cr_assert_str_eq(print_bytes((UINT64_C(1) << 30) - 1), "1 GiB");
    cr_assert_str_eq(print_bytes(UINT64_C(123456789)), "118 MiB");
    cr_assert_str_eq(print_bytes(UINT64_C(1) << 44), "16 TiB");
    cr_assert_str_eq(print_bytes(UINT64_MAX), "16 EiB");
}

Test(units, time_add) {
    int64_t t_ps = 5;
    cr_assert(time_add(&t_ps, INT64_MAX - 1, 1) && t_ps == INT64_MAX);
    cr_assert(!time_add(&t_ps, INT64_MAX, 1) && t_ps == INT64_MAX);
    cr_assert(!time_add(&t_ps, INT64_MIN, -1));
}
