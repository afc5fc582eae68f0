#include "verify_revocation.h"
#include "identity.h"

#include <openssl/asn1.h>
#include <openssl/x509v3.h>

/* RFC 5280 section 5.3.1. */
static const char *reason_name(long reason)
{
    static const char *const names[] = {"unspecified", "keyCompromise", "cACompromise",
        "affiliationChanged", "superseded", "cessationOfOperation", "certificateHold", NULL,
        "removeFromCRL", "privilegeWithdrawn", "aACompromise"};

    return reason >= 0 && reason < (long)(sizeof(names) / sizeof(names[0])) ? names[reason] : NULL;
}

static long entry_reason(const X509_REVOKED *entry)
{
    ASN1_ENUMERATED *value = X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, NULL, NULL);
    long reason = value != NULL ? ASN1_ENUMERATED_get(value) : -1;

    ASN1_ENUMERATED_free(value);
    return reason;
}

static void describe_dates(const X509_CRL *crl, struct verdict *verdict)
{
    const ASN1_TIME *next = X509_CRL_get0_nextUpdate(crl);

    verdict->crl_this_update = 0;
    verdict->crl_next_update = 0;
    (void)identity_time(X509_CRL_get0_lastUpdate(crl), &verdict->crl_this_update);
    if (next != NULL)
        (void)identity_time(next, &verdict->crl_next_update);
}

void revocation_describe(X509_CRL *crl, X509 *certificate, struct verdict *verdict)
{
    X509_REVOKED *entry = NULL;

    if (crl == NULL || certificate == NULL ||
        X509_CRL_get0_by_cert(crl, &entry, certificate) != 1 || entry == NULL)
        return;
    (void)identity_time(X509_REVOKED_get0_revocationDate(entry), &verdict->revoked_at);
    verdict->revocation_reason = reason_name(entry_reason(entry));
    describe_dates(crl, verdict);
}

void revocation_describe_crl(X509 *leaf, const struct trust *trust, struct verdict *verdict)
{
    STACK_OF(X509_CRL) *crls = trust_crls(trust);
    X509_CRL *newest = NULL;
    int i;

    for (i = 0; i < trust_crl_count(trust); i++) {
        X509_CRL *crl = sk_X509_CRL_value(crls, i);
        time_t one, other;

        if (X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_issuer_name(leaf)) != 0)
            continue;
        if (newest == NULL ||
            (identity_time(X509_CRL_get0_lastUpdate(crl), &one) &&
                identity_time(X509_CRL_get0_lastUpdate(newest), &other) && one > other))
            newest = crl;
    }
    if (newest != NULL)
        describe_dates(newest, verdict);
}

/* Whether one CRL lists the certificate, by serial and with a signature of the issuer's key. */
static bool lists(X509_CRL *crl, X509 *certificate, X509 *issuer)
{
    X509_REVOKED *entry = NULL;
    EVP_PKEY *key;

    if (X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_issuer_name(certificate)) != 0 ||
        X509_CRL_get0_by_serial(crl, &entry, X509_get_serialNumber(certificate)) != 1)
        return false;
    if (entry_reason(entry) == CRL_REASON_CERTIFICATE_HOLD)
        return false;
    key = X509_get0_pubkey(issuer);
    return key != NULL && X509_CRL_verify(crl, key) == 1;
}

bool revocation_listed(STACK_OF(X509) * chain, const struct trust *trust,
    const struct config *config, struct verdict *verdict)
{
    int length = chain != NULL ? sk_X509_num(chain) : 0;
    int depth, i;

    for (depth = 0; depth + 1 < length; depth++) {
        X509 *certificate = sk_X509_value(chain, depth);

        if (depth > 0 && config->crl_depth == CONFIG_CRL_LEAF)
            break;
        for (i = 0; i < trust_crl_count(trust); i++) {
            X509_CRL *crl = sk_X509_CRL_value(trust_crls(trust), i);

            if (!lists(crl, certificate, sk_X509_value(chain, depth + 1)))
                continue;
            revocation_describe(crl, certificate, verdict);
            verdict->error_depth = depth;
            return true;
        }
    }
    return false;
}
