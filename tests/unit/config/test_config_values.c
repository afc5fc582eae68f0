/* SPDX-License-Identifier: ISC */
#include "config/config.h"

#include <criterion/criterion.h>

Test(config_values, times_are_read_strictly)
{
    static const struct {
        const char *words;
        bool good;
        long long seconds;
    } cases[] = {
        {"2026-11-23T17:57:38Z", true, 1795456658},
        {"2026-11-23", true, 1795392000},
        {"1970-01-01", true, 0},
        {"2024-02-29T23:59:59Z", true, 1709251199},
        {"0000-01-01", true, -62167219200},
        {"9999-12-31T23:59:59Z", true, 253402300799},
        {"@0", true, 0},
        {"@1795456658", true, 1795456658},
        {"@-5", true, -5},
        {"@253402300799", true, 253402300799},
        {"@253402300800", false, 0},
        {"@-62167219201", false, 0},
        {"@99999999999999999999", false, 0},
        {"@", false, 0},
        {"@-", false, 0},
        {"@ 5", false, 0},
        {"@+5", false, 0},
        {"@--5", false, 0},
        {"@5s", false, 0},
        {"", false, 0},
        {"now", false, 0},
        {"2026-02-30", false, 0},
        {"2025-02-29", false, 0},
        {"2026-13-01", false, 0},
        {"2026-00-01", false, 0},
        {"2026-01-00", false, 0},
        {"2026-1-1", false, 0},
        {"2026- 1- 1", false, 0},
        {" 2026-01-01", false, 0},
        {"2026-01-01 ", false, 0},
        {"2026-01-01T", false, 0},
        {"2026-01-01T24:00:00Z", false, 0},
        {"2026-01-01T00:60:00Z", false, 0},
        {"2026-01-01T00:00:60Z", false, 0},
        {"2026-01-01T00:00:00", false, 0},
        {"2026-01-01T00:00:00+00:00", false, 0},
        {"2026-01-01T00:00:00ZZ", false, 0},
        {"2026-01-01Z", false, 0},
        {"10000-01-01", false, 0},
        {"-001-01-01", false, 0},
    };
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        time_t seconds = 0;
        bool good = config_parse_time(cases[i].words, &seconds);

        cr_expect_eq(good, cases[i].good, "\"%s\": came %d", cases[i].words, good);
        if (good && cases[i].good)
            cr_expect_eq(seconds, (time_t)cases[i].seconds, "\"%s\": expected %lld, came %lld",
                cases[i].words, cases[i].seconds, (long long)seconds);
    }
}
