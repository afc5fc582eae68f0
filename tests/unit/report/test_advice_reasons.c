/* SPDX-License-Identifier: ISC */
#include "report/advice.h"

#include <criterion/criterion.h>
#include <openssl/x509_vfy.h>
#include <string.h>

static const struct advice *advise(enum verdict_status status, int error_code)
{
    const struct verdict verdict = {.status = status, .error_code = error_code};

    return advice_on_verdict(&verdict);
}

Test(advice_reasons, what_is_wrong_with_a_ca_is_not_told_as_a_wrong_ca)
{
    static const struct {
        int error_code;
        const char *operator;
    } rows[] = {
        {X509_V_ERR_CERT_HAS_EXPIRED, "Renew"},
        {X509_V_ERR_CA_MD_TOO_WEAK, "SHA-256"},
        {X509_V_ERR_EE_KEY_TOO_SMALL, "2048"},
        {X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION, "OID"},
        {X509_V_ERR_EXCLUDED_VIOLATION, "nameConstraints"},
        {X509_V_ERR_PERMITTED_VIOLATION, "nameConstraints"},
        {X509_V_ERR_CERT_CHAIN_TOO_LONG, "--depth"},
        {X509_V_ERR_AKID_SKID_MISMATCH, "authorityKeyIdentifier"},
        {X509_V_ERR_INVALID_PURPOSE, "extendedKeyUsage"},
        {X509_V_ERR_UNNESTED_RESOURCE, "RFC 3779"},
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct advice *advice = advise(VERDICT_UNTRUSTED, rows[i].error_code);

        cr_expect_not_null(strstr(advice->operator, rows[i].operator), "error %d: %s",
            rows[i].error_code, advice->operator);
        cr_expect_null(strstr(advice->operator, "a missing intermediate"), "error %d: %s",
            rows[i].error_code, advice->operator);
    }
}

Test(advice_reasons, the_leafs_own_dates_and_what_has_no_reason_of_its_own_go_by_the_status)
{
    cr_expect_eq(advise(VERDICT_EXPIRED, X509_V_ERR_CERT_HAS_EXPIRED), advice_on(VERDICT_EXPIRED));
    cr_expect_eq(advise(VERDICT_UNTRUSTED, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY),
        advice_on(VERDICT_UNTRUSTED));
    cr_expect_eq(advise(VERDICT_VALID, 0), advice_on(VERDICT_VALID));
}

/* A number that stands for several causes: each has advice that is true of it. */
Test(advice_reasons, each_cause_of_one_number_has_its_own)
{
    static const struct {
        enum verify_cause cause;
        const char *operator;
    } rows[] = {
        {CAUSE_SELF_SIGNED, "Sign a certificate for this client"},
        {CAUSE_SELF_ISSUED, "Sign a certificate for this client"},
        {CAUSE_NAMED_LIKE_CA, "a subject that differs"},
        {CAUSE_OTHER_ROOT, "put its certificate into --ca"},
        {CAUSE_ISSUER_UNKNOWN, "a missing intermediate belongs in --intermediates"},
        {CAUSE_OTHER_KEY, "keep both certificates in --ca"},
        {CAUSE_OTHER_KEY_ID, "authorityKeyIdentifier"},
        {CAUSE_SIGNATURE, "keep both certificates in --ca"},
        {CAUSE_ALGORITHM_UNKNOWN, "signature algorithm is not known"},
        {CAUSE_ALGORITHMS_DIFFER, "signatureAlgorithm"},
        {CAUSE_CA_KEY_UNKNOWN, "libcrypto"},
        {CAUSE_BAD_KEY, "unsafe"},
        {CAUSE_TOO_MANY_CAS, "no longer in use"},
        {CAUSE_TOO_MANY_ERRORS, "each certificate of the chain"},
        {CAUSE_TRUSTED_CA, "not the CA's own"},
        {CAUSE_VERSION, "version"},
        {CAUSE_CA_VERSION, "version 3"},
        {CAUSE_LIMIT, "limits"},
        {CAUSE_POLICY_UNREADABLE, "names the extension"},
        {CAUSE_CONSTRAINT, "nameConstraints"},
        {CAUSE_CONSTRAINT_NAME, "nameConstraints"},
        {CAUSE_CONSTRAINT_UNREADABLE, "masks without holes"},
        {CAUSE_CRL_DIGEST, "SHA-256 or better"},
        {CAUSE_CRL_OTHER_KEY, "with each of its keys"},
        {CAUSE_OCSP_WEAK, "give the responder a certificate"},
    };
    size_t i;

    cr_assert_eq(sizeof(rows) / sizeof(rows[0]), CAUSE_COUNT - 1, "each cause has a row");
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct verdict verdict = {.status = rows[i].cause >= CAUSE_CRL_DIGEST
                                                      ? VERDICT_REVOCATION_UNKNOWN
                                                      : VERDICT_UNTRUSTED,
            .error_code = verify_cause_code(rows[i].cause),
            .cause = rows[i].cause};
        const struct advice *advice = advice_on_verdict(&verdict);

        cr_expect_eq((size_t)rows[i].cause, i + 1, "each once");
        cr_expect_not_null(
            strstr(advice->operator, rows[i].operator), "cause %zu: %s", i + 1, advice->operator);
    }
}
