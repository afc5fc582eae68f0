#include "certificate/alloc_watch.h"
#include "certificate/identity.h"
#include "trust/trust_current.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

static bool same_extension(const X509_CRL *a, const X509_CRL *b, int nid)
{
    int in_a = X509_CRL_get_ext_by_NID(a, nid, -1), in_b = X509_CRL_get_ext_by_NID(b, nid, -1);

    if (in_a < 0 || in_b < 0)
        return in_a < 0 && in_b < 0;
    return ASN1_STRING_cmp(X509_EXTENSION_get_data(X509_CRL_get_ext(a, in_a)),
               X509_EXTENSION_get_data(X509_CRL_get_ext(b, in_b))) == 0;
}

/* CRLs that speak of the same certificates: a delta CRL and its base have the same scope (RFC 5280
 * section 5.2.4). */
static bool same_scope(const X509_CRL *a, const X509_CRL *b)
{
    return X509_NAME_cmp(X509_CRL_get_issuer(a), X509_CRL_get_issuer(b)) == 0 &&
           same_extension(a, b, NID_authority_key_identifier) &&
           same_extension(a, b, NID_issuing_distribution_point);
}

static bool is_delta(const X509_CRL *crl)
{
    return X509_CRL_get_ext_by_NID(crl, NID_delta_crl, -1) >= 0;
}

bool trust_number_is_as_high(const X509_CRL *new, const X509_CRL *old)
{
    ASN1_INTEGER *one = X509_CRL_get_ext_d2i(new, NID_crl_number, NULL, NULL);
    ASN1_INTEGER *other = X509_CRL_get_ext_d2i(old, NID_crl_number, NULL, NULL);
    bool good = other == NULL || (one != NULL && ASN1_INTEGER_cmp(one, other) >= 0);

    ASN1_INTEGER_free(one);
    ASN1_INTEGER_free(other);
    return good;
}

static bool date_is_as_late(const X509_CRL *new, const X509_CRL *old)
{
    time_t one = 0, other = 0;

    return !identity_time(X509_CRL_get0_lastUpdate(old), &other) ||
           (identity_time(X509_CRL_get0_lastUpdate(new), &one) && one >= other);
}

/* Whether one CRL takes the place of another: a delta CRL never that of a whole one. */
static bool replaces(const X509_CRL *new, const X509_CRL *old)
{
    return same_scope(new, old) && (is_delta(old) || !is_delta(new)) &&
           trust_number_is_as_high(new, old) && date_is_as_late(new, old);
}

static bool is_replaced(const X509_CRL *old, const struct trust *new)
{
    STACK_OF(X509_CRL) *crls = trust_crls(new);
    int i;

    for (i = 0; i < trust_crl_count(new); i++) {
        if (replaces(sk_X509_CRL_value(crls, i), old))
            return true;
    }
    return false;
}

bool trust_is_successor(const struct trust *old, const struct trust *new, struct error *error)
{
    int i;

    alloc_watch_clear();
    for (i = 0; i < trust_crl_count(old); i++) {
        const X509_CRL *crl = sk_X509_CRL_value(trust_crls(old), i);
        char *name;

        if (is_replaced(crl, new))
            continue;
        ERR_clear_error();
        name = identity_name(X509_CRL_get_issuer(crl), NULL);
        error_set(error, ERROR_INPUT,
            "the CRL of %.300s is gone or older than the one in use (RFC 5280 section 5.2.3): what "
            "was revoked would be valid again; start anew to accept that",
            name != NULL ? name : "an issuer");
        free(name);
        return false;
    }
    if (alloc_watch_failed()) {
        error_set(error, ERROR_MEMORY, "want of memory while comparing CRLs");
        return false;
    }
    return true;
}
