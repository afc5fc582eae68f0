/* SPDX-License-Identifier: ISC */
#include "base/date.h"

#include <criterion/criterion.h>
#include <stdint.h>

Test(date, digits_are_decimal_without_a_sign)
{
    cr_expect_eq(date_digits("0123", 4), 123);
    cr_expect_eq(date_digits("99x", 2), 99);
    cr_expect_eq(date_digits("9x", 2), -1);
    cr_expect_eq(date_digits("-1", 2), -1);
    cr_expect_eq(date_digits("+1", 2), -1);
    cr_expect_eq(date_digits(" 1", 2), -1);
    cr_expect_eq(date_digits("", 4), -1);
}

static bool are_equal(const struct tm *one, const struct tm *other)
{
    return one->tm_year == other->tm_year && one->tm_mon == other->tm_mon &&
           one->tm_mday == other->tm_mday && one->tm_hour == other->tm_hour &&
           one->tm_min == other->tm_min && one->tm_sec == other->tm_sec;
}

/* Whether a day's first and last second are what they are called. */
static bool is_written_back(const struct tm *day, time_t seconds)
{
    struct tm first, last, end = *day;

    end.tm_hour = 23;
    end.tm_min = end.tm_sec = 59;
    return date_parts(seconds, &first) && are_equal(&first, day) &&
           date_parts(seconds + 86399, &last) && are_equal(&last, &end);
}

/* Counted by the calendar, day by day. */
Test(date, each_day_of_ten_thousand_years_has_its_second)
{
    time_t seconds = 0;
    long wrong = 0, day = -719528; /* of 1 January of the year 0, from 1970 */
    int year, month, in_month;

    for (year = 0; year <= 9999; year++) {
        for (month = 0; month < 12; month++) {
            for (in_month = 0; in_month <= 32; in_month++) {
                struct tm parts = {.tm_year = year - 1900, .tm_mon = month, .tm_mday = in_month};
                const char *const long_months = "\1\0\1\0\1\0\1\1\0\1\0\1";
                bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
                int most = month == 1 ? 28 + leap : 30 + long_months[month];
                bool good = date_seconds(&parts, &seconds);

                wrong += good != (in_month >= 1 && in_month <= most);
                if (!good)
                    continue;
                wrong += seconds != (time_t)day++ * 86400 || !is_written_back(&parts, seconds);
            }
        }
    }
    cr_expect_eq(wrong, 0, "%ld days are wrong", wrong);
}

Test(date, what_is_no_moment_is_refused_and_changes_nothing)
{
    static const struct tm bad[] = {
        {.tm_year = 126, .tm_mon = -1, .tm_mday = 1},
        {.tm_year = 126, .tm_mon = 12, .tm_mday = 1},
        {.tm_year = 126, .tm_mday = 1, .tm_hour = 24},
        {.tm_year = 126, .tm_mday = 1, .tm_hour = -1},
        {.tm_year = 126, .tm_mday = 1, .tm_min = 60},
        {.tm_year = 126, .tm_mday = 1, .tm_min = -1},
        {.tm_year = 126, .tm_mday = 1, .tm_sec = 60},
        {.tm_year = 126, .tm_mday = 1, .tm_sec = -1},
    };
    time_t seconds = 7;
    size_t i;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        cr_expect_not(date_seconds(&bad[i], &seconds), "case %zu", i);
    cr_expect_eq(seconds, 7);
}

Test(date, what_is_before_the_year_0_or_after_9999_is_refused)
{
    static const time_t bad[] = {-62167219201, 253402300800, INT64_MIN, INT64_MAX};
    struct tm parts = {.tm_year = 7};
    size_t i;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        cr_expect_not(date_parts(bad[i], &parts), "case %zu", i);
    cr_expect_eq(parts.tm_year, 7);
    cr_expect(date_parts(-62167219200, &parts));
    cr_expect_eq(parts.tm_year, -1900);
    cr_expect(date_parts(253402300799, &parts));
    cr_expect_eq(parts.tm_year, 9999 - 1900);
}
