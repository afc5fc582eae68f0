/* SPDX-License-Identifier: ISC */
#include "config/config.h"

#include <criterion/criterion.h>

Test(config_values, a_time_is_a_date_a_moment_or_seconds)
{
    static const struct {
        const char *words;
        bool good;
        long long seconds;
    } rows[] = {
        {"1970-01-01", true, 0},
        {"2026-11-27", true, 1795737600},
        {"2026-11-27T00:00:01Z", true, 1795737601},
        {"@1795737600", true, 1795737600},
        {"@-1", true, -1},
        {"2024-02-29", true, 1709164800},
        {"2026-02-29", false, 0},
        {"2026-11-31", false, 0},
        {"2026-1-1", false, 0},
        {"2026-11-27T00:00:00", false, 0},
        {"2026-11-27T00:00:00Zx", false, 0},
        {"2026-11-27T24:00:00Z", false, 0},
        {"2026-11-27 ", false, 0},
        {"@", false, 0},
        {"@+1", false, 0},
        {"@1x", false, 0},
        {"@253402300799", true, 253402300799},
        {"@253402300800", false, 0},
        {"@99999999999999999999", false, 0},
        {"", false, 0},
        {"now", false, 0},
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        time_t seconds = 0;
        bool good = config_parse_time(rows[i].words, &seconds);

        cr_expect_eq(good, rows[i].good, "%s", rows[i].words);
        cr_expect(!good || seconds == (time_t)rows[i].seconds, "%s: %lld", rows[i].words,
            (long long)seconds);
    }
}
