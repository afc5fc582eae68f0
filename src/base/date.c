/* SPDX-License-Identifier: ISC */
#include "base/date.h"

#include <stdint.h>

int date_digits(const char *at, int count)
{
    int value = 0;

    for (; count > 0; count--, at++) {
        if (*at < '0' || *at > '9')
            return -1;
        value = value * 10 + (*at - '0');
    }
    return value;
}

static bool is_leap(long year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Days of the Gregorian calendar, to which RFC 5280's dates belong, before a year from 1. */
static long days_before(long year)
{
    return (year - 1) * 365 + (year - 1) / 4 - (year - 1) / 100 + (year - 1) / 400;
}

/* The calendar is the same 400 years on, where the year 0 is none of days_before. */
#define EPOCH_DAY days_before(1970 + 400)

#define SECONDS_PER_DAY 86400
/* 1 January of the years 0 and 10000. */
#define FIRST_SECOND INT64_C(-62167219200)
#define END_SECOND INT64_C(253402300800)

/* Days of a year that are before a month, and behind the last one; in a leap year one more from
 * March on. */
static const int month_ends[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};

/* Not by timegm(3), which takes a lock of all threads and carries what is beyond a month or a
 * minute. */
bool date_seconds(const struct tm *parts, time_t *seconds)
{
    const long year = 1900L + parts->tm_year;
    const int month = parts->tm_mon;
    long days;

    if (year < 0 || year > 9999 || month < 0 || month > 11 || parts->tm_mday < 1 ||
        parts->tm_mday > month_ends[month + 1] - month_ends[month] + (month == 1 && is_leap(year)))
        return false;
    if (parts->tm_hour < 0 || parts->tm_hour > 23 || parts->tm_min < 0 || parts->tm_min > 59 ||
        parts->tm_sec < 0 || parts->tm_sec > 59)
        return false;
    days = days_before(year + 400) - EPOCH_DAY + month_ends[month] + (month > 1 && is_leap(year)) +
           parts->tm_mday - 1;
    *seconds = (((time_t)days * 24 + parts->tm_hour) * 60 + parts->tm_min) * 60 + parts->tm_sec;
    return true;
}

/* Not by gmtime_r(3), which takes that lock, too. */
bool date_parts(time_t seconds, struct tm *parts)
{
    time_t since;
    long day, year;
    int left, month, leap;

    if (seconds < FIRST_SECOND || seconds >= END_SECOND)
        return false;
    since = seconds - FIRST_SECOND;
    day = (long)(since / SECONDS_PER_DAY) + days_before(400);
    year = day * 400 / days_before(401); /* that one, or one of two before it */
    while (days_before(year + 1) <= day)
        year++;
    left = (int)(day - days_before(year));
    leap = is_leap(year);
    month = left / 32;
    while (month < 11 && left >= month_ends[month + 1] + (month > 0 ? leap : 0))
        month++;
    *parts = (struct tm){.tm_year = (int)year - 400 - 1900,
        .tm_mon = month,
        .tm_mday = left - month_ends[month] - (month > 1 ? leap : 0) + 1,
        .tm_hour = (int)(since % SECONDS_PER_DAY / 3600),
        .tm_min = (int)(since % 3600 / 60),
        .tm_sec = (int)(since % 60)};
    return true;
}
