/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_DATE_H
#define PEERCERT_DATE_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

/* Reads exactly `count` decimal digits (at most 9) at `at`, without a sign. Returns the number, or
 * -1 when one of them is no digit; stops there, so that a string that ends early is safe. */
int date_digits(const char *at, int count);

/* The seconds since 1970 of a date and time in UTC (struct tm as in timegm(3)), of the years 0 to
 * 9999. false when there is no such moment: 30 February, hour 24, a leap second. *seconds is
 * unchanged then. */
bool date_seconds(const struct tm *parts, time_t *seconds);

/* The date and time in UTC of so many seconds since 1970, as date_seconds takes them; all else in
 * *parts is 0. false before the year 0 and after 9999. */
bool date_parts(time_t seconds, struct tm *parts);

#endif
