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

/* timegm takes any numbers, and carries what is beyond a month or a minute. */
bool date_seconds(const struct tm *parts, time_t *seconds)
{
    struct tm same = *parts;
    time_t moment = timegm(&same);

    if (same.tm_year != parts->tm_year || same.tm_mon != parts->tm_mon ||
        same.tm_mday != parts->tm_mday || same.tm_hour != parts->tm_hour ||
        same.tm_min != parts->tm_min || same.tm_sec != parts->tm_sec)
        return false;
    *seconds = moment;
    return true;
}
