/* SPDX-License-Identifier: ISC */
#include "unit/verify/verify_helpers.h"
#include "verify/verify_errors.h"

#include <criterion/criterion.h>
#include <string.h>

/* What each X509_V_ERR number says, written down a second time by number. What is
 * not listed is untrusted. */
static enum verdict_status expected(int code, int depth)
{
    static const int unknown[] = {3, 5, 8, 11, 12, 15, 16, 33, 35, 36, 44, 54};
    static const int failed[] = {1, 17, 69, 70};
    size_t i;

    for (i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        if (unknown[i] == code)
            return VERDICT_REVOCATION_UNKNOWN;
    }
    for (i = 0; i < sizeof(failed) / sizeof(failed[0]); i++) {
        if (failed[i] == code)
            return VERDICT_NOT_JUDGED;
    }
    if (code == 23)
        return VERDICT_REVOKED;
    if (depth != 0)
        return VERDICT_UNTRUSTED;
    if (code == 9)
        return VERDICT_NOT_YET_VALID;
    if (code == 10)
        return VERDICT_EXPIRED;
    return code == 26 ? VERDICT_WRONG_PURPOSE : VERDICT_UNTRUSTED;
}

Test(verify_errors, every_error_number_at_every_depth_has_its_status)
{
    int code, depth;

    for (code = 0; code <= 100; code++) {
        for (depth = -1; depth <= 100; depth++) {
            enum verdict_status came = verify_error_status(code, depth);

            cr_expect_eq(came, expected(code, depth), "error %d at depth %d: expected %s, came %s",
                code, depth, verdict_status_name(expected(code, depth)), verdict_status_name(came));
        }
    }
}

/* A mistake in this program must not become a `valid`: the number 0 is no finding. */
Test(verify_errors, no_error_number_is_valid)
{
    int code;

    for (code = -200; code <= 200; code++)
        cr_expect_neq(verify_error_status(code, 0), VERDICT_VALID, "error %d", code);
}

Test(verify_errors, every_error_has_words_and_the_listed_ones_a_keyword)
{
    int code;

    for (code = -1; code <= 100; code++) {
        const char *name = verdict_error_name(code);

        cr_expect(verdict_error_words(code) != NULL && verdict_error_words(code)[0] != '\0',
            "error %d has no words", code);
        cr_expect(name == NULL || strncmp(name, "X509_V_", 7) == 0, "error %d: %s", code, name);
    }
    cr_expect_str_eq(verdict_error_name(X509_V_OK), "X509_V_OK");
    cr_expect_str_eq(
        verdict_error_name(X509_V_ERR_CERT_HAS_EXPIRED), "X509_V_ERR_CERT_HAS_EXPIRED");
    cr_expect_null(verdict_error_name(100));
    cr_expect_null(verdict_error_name(-1));
}

/* Here libcrypto refuses what is asked of it, without an error number of the certificate's. */
Test(verify_errors, a_verification_that_did_not_come_to_its_end_is_not_judged)
{
    struct pki *ca = pki_ca("CN=CA"), *leaf = pki_client("CN=x", ca);
    struct setup setup = {.ca = {ca}};
    struct config config;
    struct trust *trust = verify_trust(&setup, &config);
    struct verify_options options = verify_options_of(&config);
    struct verdict verdict;

    verify_certificate(leaf->certificate, NULL, trust, &options, time(NULL), &verdict, NULL);
    verify_expect(&verdict, VERDICT_VALID, "nothing fails");
    options.purpose = 99;
    verify_certificate(leaf->certificate, NULL, trust, &options, time(NULL), &verdict, NULL);
    cr_expect_eq(verdict.status, VERDICT_NOT_JUDGED, "came %s: %s",
        verdict_status_name(verdict.status), verdict.reason);
    cr_expect_eq(verdict.good_until, verdict.good_from);
    trust_release(trust);
    pki_free(leaf);
    pki_free(ca);
}
