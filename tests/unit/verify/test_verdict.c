/* SPDX-License-Identifier: ISC */
#include "verify/verdict.h"

#include <criterion/criterion.h>
#include <string.h>

Test(verdict, the_statuses_have_their_names_in_the_order_of_precedence)
{
    static const char *const names[] = {"not_judged", "absent", "malformed", "untrusted",
        "wrong_purpose", "revoked", "revocation_unknown", "expired", "not_yet_valid", "valid"};
    int status;

    for (status = 0; status < VERDICT_STATUS_COUNT; status++)
        cr_expect_str_eq(verdict_status_name((enum verdict_status)status), names[status]);
    cr_expect_str_eq(verdict_status_name((enum verdict_status)99), "not_judged");
}

Test(verdict, a_verdict_that_is_set_holds_nothing_else)
{
    struct verdict verdict;

    memset(&verdict, 0x55, sizeof(verdict));
    verdict_set(&verdict, VERDICT_MALFORMED, 1000, "it is no certificate");
    cr_expect_eq(verdict.status, VERDICT_MALFORMED);
    cr_expect_str_eq(verdict.reason, "it is no certificate");
    cr_expect_eq(verdict.error_code, 0);
    cr_expect_eq(verdict.error_depth, -1);
    cr_expect_eq(verdict.checked_at, 1000);
    cr_expect_eq(verdict.good_from, 1000);
    cr_expect_eq(verdict.good_until, 1000);
    cr_expect_eq(verdict.revocation, REVOCATION_NOT_CHECKED);
    cr_expect_null(verdict.revocation_reason);
    cr_expect_str_eq(verdict.anchor, "");
}

Test(verdict, a_status_that_is_none_has_the_name_of_what_was_not_judged)
{
    cr_expect_str_eq(verdict_status_name(VERDICT_STATUS_COUNT), "not_judged");
    cr_expect_str_eq(verdict_status_name((enum verdict_status)1000), "not_judged");
    cr_expect_str_eq(verdict_status_name((enum verdict_status) - 1), "not_judged");
}
