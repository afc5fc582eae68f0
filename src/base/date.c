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

/* By hand: it is done a dozen times for each answer, and timegm takes far longer. */
bool date_seconds(const struct tm *parts, time_t *seconds)
{
    static const int days_before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};
    const int month = parts->tm_mon, day = parts->tm_mday;
    /* 400 years, which are 146097 days, later than it is: no number is negative. */
    long year = parts->tm_year + 1900L + 400;
    const int leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    time_t days;

    if (month < 0 || month > 11 || day < 1 ||
        day > days_before[month + 1] - days_before[month] + (month == 1 ? leap : 0) ||
        parts->tm_hour < 0 || parts->tm_hour > 23 || parts->tm_min < 0 || parts->tm_min > 59 ||
        parts->tm_sec < 0 || parts->tm_sec > 59)
        return false;
    year--;
    days = year * 365 + year / 4 - year / 100 + year / 400 - 146097 - 719162;
    days += days_before[month] + (month > 1 ? leap : 0) + day - 1;
    *seconds = ((days * 24 + parts->tm_hour) * 60 + parts->tm_min) * 60 + parts->tm_sec;
    return true;
}
