/* SPDX-License-Identifier: ISC */
#include "unit/rules/rules_rows.h"

#include <criterion/criterion.h>

/* When it is asked for, and how old the word on revocation may be. */
TestSuite(rules_asked_when, .init = rules_world_make, .fini = rules_world_free);

Test(rules_asked_when, a_line_holds_for_its_days_and_hours_and_as_long_as_the_crl_is_new_enough)
{
    static const struct row rows[] = {
        {"allow any user=x until=2026-12-31", "eve", "GET h / at=2026-12-31T23:59:59Z", "yes 3 x"},
        {"allow any user=x until=2026-12-31", "eve", "GET h / at=2027-01-01T00:00:00Z",
            "no no_rule"},
        {"allow any user=x until=2026-12-31T12:00:00Z", "eve", "GET h / at=2026-12-31T12:00:00Z",
            "yes 3 x"},
        {"allow any user=x until=2026-12-31T12:00:00Z", "eve", "GET h / at=2026-12-31T12:00:01Z",
            "no no_rule"},
        {"allow any user=x since=2026-12-31", "eve", "GET h / at=2026-12-30T23:59:59Z",
            "no no_rule"},
        {"allow any user=x since=2026-12-31", "eve", "GET h / at=2026-12-31T00:00:00Z", "yes 3 x"},
        {"allow any user=x since=2026-12-31 until=2026-12-31", "eve",
            "GET h / at=2026-12-31T09:00:00Z", "yes 3 x"},
        {"allow any user=x hours=09:00-17:00", "eve", "GET h / at=2026-11-27T09:00:00Z", "yes 3 x"},
        {"allow any user=x hours=09:00-17:00", "eve", "GET h / at=2026-11-27T08:59:59Z",
            "no no_rule"},
        {"allow any user=x hours=09:00-17:00", "eve", "GET h / at=2026-11-27T16:59:59Z", "yes 3 x"},
        {"allow any user=x hours=09:00-17:00", "eve", "GET h / at=2026-11-27T17:00:00Z",
            "no no_rule"},
        {"allow any user=x hours=22:00-24:00", "eve", "GET h / at=2026-11-27T23:59:59Z", "yes 3 x"},
        {"allow any user=x hours=22:00-00:00", "eve", "GET h / at=2026-11-27T23:59:59Z", "yes 3 x"},
        {"allow any user=x hours=22:00-00:00", "eve", "GET h / at=2026-11-28T00:00:00Z",
            "no no_rule"},
        {"allow any user=x hours=22:00-05:00", "eve", "GET h / at=2026-11-27T23:00:00Z", "yes 3 x"},
        {"allow any user=x hours=22:00-05:00", "eve", "GET h / at=2026-11-27T04:59:59Z", "yes 3 x"},
        {"allow any user=x hours=22:00-05:00", "eve", "GET h / at=2026-11-27T05:00:00Z",
            "no no_rule"},
        {"allow any user=x hours=01:00-02:00,03:00-04:00", "eve", "GET h / at=2026-11-27T03:30:00Z",
            "yes 3 x"},
        {"allow any user=x days=fri", "eve", "GET h / at=2026-11-27", "yes 3 x"},
        {"allow any user=x days=sat", "eve", "GET h / at=2026-11-27", "no no_rule"},
        {"allow any user=x days=mon-fri", "eve", "GET h / at=2026-11-28", "no no_rule"},
        {"allow any user=x days=sat-mon", "eve", "GET h / at=2026-11-29", "yes 3 x"},
        {"allow any user=x days=sat-mon", "eve", "GET h / at=2026-12-01", "no no_rule"},
        {"allow any user=x days=tue,sun", "eve", "GET h / at=2026-11-29", "yes 3 x"},
        {"allow any user=x hours=22:00-05:00 days=mon-fri", "eve",
            "GET h / at=2026-11-27T22:00:00Z", "yes 3 x"},
        {"allow any user=x hours=22:00-05:00 days=mon-fri", "eve",
            "GET h / at=2026-11-28T04:00:00Z", "yes 3 x"},
        {"allow any user=x hours=22:00-05:00 days=mon-fri", "eve",
            "GET h / at=2026-11-28T22:00:00Z", "no no_rule"},
        {"allow any user=x hours=22:00-05:00 days=mon-fri", "eve",
            "GET h / at=2026-11-30T04:00:00Z", "no no_rule"},
        {"allow any user=x hours=09:00-17:00 days=mon-fri", "eve",
            "GET h / at=2026-11-28T10:00:00Z", "no no_rule"},
        {"allow any user=x hours=00:00-24:00 days=sat "
         "label=zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
            "eve", "GET h / at=2026-11-27", "no no_rule"},
        {"allow any user=x revocation=checked", "eve", "GET h /", "no revocation_old"},
        {"allow any user=x revocation=checked", "eve", "GET h / good", "yes 3 x"},
        {"allow any user=x revocation=24h", "eve", "GET h / good", "no revocation_old"},
        {"allow any user=x revocation=24h", "eve",
            "GET h / at=2026-11-27T00:00:00Z crl=2026-11-26T00:00:00Z", "yes 3 x"},
        {"allow any user=x revocation=24h", "eve",
            "GET h / at=2026-11-27T00:00:01Z crl=2026-11-26T00:00:00Z", "no revocation_old"},
        {"allow any user=x revocation=7d", "eve",
            "GET h / at=2026-11-27T00:00:00Z crl=2026-11-20T00:00:00Z", "yes 3 x"},
        {"allow any user=x revocation=99999h", "eve", "GET h / crl=2015-07-02T00:00:00Z",
            "yes 3 x"},
        {"allow any user=x revocation=99999h", "eve", "GET h / crl=2015-06-30T00:00:00Z",
            "no revocation_old"},
        {"allow any user=x revocation=24h\ndeny any", "eve", "GET h / good", "no 4"},
        {"allow any user=x revocation=24h\nallow any user=y", "eve", "GET h / good", "yes 4 y"},
        {"allow any user=x revocation=24h path=/a", "eve", "GET h /b", "no no_rule"},
        {"deny any revocation=24h", "eve", "GET h / good", "no no_rule"},
    };

    TRY(TWO_ISSUERS, rows);
}
