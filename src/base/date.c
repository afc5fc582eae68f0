/* SPDX-License-Identifier: ISC */
#include "base/date.h"

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

/* Not by timegm(3), which takes a lock of all threads and carries what is beyond a month or a
 * minute. */
bool date_seconds(const struct tm *parts, time_t *seconds)
{
    static const int month_ends[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};
    const long year = 1900L + parts->tm_year;
    const int month = parts->tm_mon;
    long days;

    if (year < 0 || year > 9999 || month < 0 || month > 11 || parts->tm_mday < 1 ||
        parts->tm_mday > month_ends[month + 1] - month_ends[month] + (month == 1 && is_leap(year)))
        return false;
    if (parts->tm_hour < 0 || parts->tm_hour > 23 || parts->tm_min < 0 || parts->tm_min > 59 ||
        parts->tm_sec < 0 || parts->tm_sec > 59)
        return false;
    /* 400 years on, where the calendar is the same: the year 0 is none of days_before. */
    days = days_before(year + 400) - days_before(1970 + 400) + month_ends[month] +
           (month > 1 && is_leap(year)) + parts->tm_mday - 1;
    *seconds = (((time_t)days * 24 + parts->tm_hour) * 60 + parts->tm_min) * 60 + parts->tm_sec;
    return true;
}
