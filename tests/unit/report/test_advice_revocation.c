/* SPDX-License-Identifier: ISC */
#include "report/advice.h"

#include <criterion/criterion.h>
#include <openssl/x509_vfy.h>
#include <string.h>

static const struct advice *advise(int error_code)
{
    const struct verdict verdict = {.status = VERDICT_REVOCATION_UNKNOWN, .error_code = error_code};

    return advice_on_verdict(&verdict);
}

Test(advice_revocation, a_ca_that_was_revoked_is_not_told_as_the_clients_own)
{
    struct verdict verdict = {
        .status = VERDICT_REVOKED, .error_code = X509_V_ERR_CERT_REVOKED, .error_depth = 1};

    cr_expect_not_null(strstr(advice_on_verdict(&verdict)->meaning, "of a CA above"));
    verdict.error_depth = 0;
    cr_expect_eq(advice_on_verdict(&verdict), advice_on(VERDICT_REVOKED));
}

Test(advice_revocation, a_ca_that_may_not_sign_lists_needs_another_certificate_and_no_list)
{
    const struct advice *advice = advise(X509_V_ERR_KEYUSAGE_NO_CRL_SIGN);

    cr_expect_not_null(strstr(advice->operator, "cRLSign"), "%s", advice->operator);
}

Test(advice_revocation, a_stale_list_is_not_told_as_a_missing_one)
{
    const struct advice *stale = advise(X509_V_ERR_CRL_HAS_EXPIRED);
    const struct advice *none = advise(X509_V_ERR_UNABLE_TO_GET_CRL);

    cr_expect_not_null(strstr(stale->meaning, "too old"), "%s", stale->meaning);
    cr_expect_not_null(strstr(none->meaning, "there is no"), "%s", none->meaning);
}

/* Nobody throws away a certificate that comes back. */
Test(advice_revocation, a_certificate_on_hold_is_not_told_to_be_replaced)
{
    struct verdict verdict = {.status = VERDICT_REVOKED,
        .error_code = X509_V_ERR_CERT_REVOKED,
        .revocation_reason = "certificateHold"};
    const struct advice *hold = advice_on_verdict(&verdict);

    cr_expect_not_null(strstr(hold->person, "keep it"), "%s", hold->person);
    cr_expect_not_null(strstr(hold->operator, "release"), "%s", hold->operator);
    verdict.revocation_reason = "superseded";
    cr_expect_eq(advice_on_verdict(&verdict), advice_on(VERDICT_REVOKED));
    verdict.revocation_reason = "certificateHold";
    verdict.error_depth = 1;
    cr_expect_neq(advice_on_verdict(&verdict), hold, "of a CA");
    cr_expect_not_null(strstr(advice_on_verdict(&verdict)->meaning, "of a CA above"));
    cr_expect_not_null(strstr(advice_on_verdict(&verdict)->operator, "release it"));
    verdict.revocation_reason = "cACompromise";
    cr_expect_not_null(strstr(advice_on_verdict(&verdict)->operator, "not accepted any more"));
}

Test(advice_revocation, an_entry_that_has_no_place_in_a_complete_list_is_not_told_as_called_back)
{
    struct verdict verdict = {.status = VERDICT_REVOKED,
        .error_code = X509_V_ERR_CERT_REVOKED,
        .revocation_reason = "removeFromCRL"};

    cr_expect_not_null(strstr(advice_on_verdict(&verdict)->operator, "removeFromCRL"));
    verdict.revocation_reason = "keyCompromise";
    cr_expect_eq(advice_on_verdict(&verdict), advice_on(VERDICT_REVOKED));
    verdict.revocation_reason = NULL;
    cr_expect_eq(advice_on_verdict(&verdict), advice_on(VERDICT_REVOKED));
}

/* "See that it answers" does not help where it did. */
Test(advice_revocation, a_responder_that_answers_is_not_told_as_silent)
{
    const struct advice *silent = advise(X509_V_ERR_OCSP_VERIFY_NEEDED);
    const struct advice *unknown = advise(X509_V_ERR_OCSP_CERT_UNKNOWN);

    cr_expect_not_null(strstr(silent->operator, "see that the responder answers"));
    cr_expect_not_null(strstr(unknown->operator, "The responder answers"));
    cr_expect_eq(advise(X509_V_ERR_OCSP_VERIFY_FAILED), unknown);
}

Test(advice_revocation, another_status_has_none)
{
    struct verdict verdict = {.status = VERDICT_VALID};

    cr_expect_null(advice_on_revocation(&verdict));
    verdict.status = VERDICT_UNTRUSTED;
    verdict.error_code = X509_V_ERR_UNABLE_TO_GET_CRL;
    cr_expect_null(advice_on_revocation(&verdict));
    verdict.status = VERDICT_REVOCATION_UNKNOWN;
    cr_expect_not_null(advice_on_revocation(&verdict));
    verdict.error_code = X509_V_OK;
    cr_expect_null(advice_on_revocation(&verdict), "the status says it all");
}
