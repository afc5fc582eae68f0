/* SPDX-License-Identifier: ISC */
#include "verify/verdict.h"

#include <stdio.h>

const char *verdict_status_name(enum verdict_status status)
{
    static const char *const names[VERDICT_STATUS_COUNT] = {
        [VERDICT_NOT_JUDGED] = "not_judged",
        [VERDICT_ABSENT] = "absent",
        [VERDICT_MALFORMED] = "malformed",
        [VERDICT_UNTRUSTED] = "untrusted",
        [VERDICT_WRONG_PURPOSE] = "wrong_purpose",
        [VERDICT_REVOKED] = "revoked",
        [VERDICT_REVOCATION_UNKNOWN] = "revocation_unknown",
        [VERDICT_EXPIRED] = "expired",
        [VERDICT_NOT_YET_VALID] = "not_yet_valid",
        [VERDICT_VALID] = "valid",
    };

    return (unsigned)status < VERDICT_STATUS_COUNT ? names[status] : names[VERDICT_NOT_JUDGED];
}

void verdict_set(
    struct verdict *verdict, enum verdict_status status, time_t now, const char *reason)
{
    *verdict = (struct verdict){.status = status,
        .error_depth = -1,
        .checked_at = now,
        .good_from = now,
        .good_until = now};
    (void)snprintf(verdict->reason, sizeof(verdict->reason), "%s", reason);
}
