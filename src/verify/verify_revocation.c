#include "verify/verify_revocation.h"
#include "certificate/identity.h"
#include "trust/trust_current.h"

#include <openssl/asn1.h>
#include <openssl/x509v3.h>

const char *revocation_reason_name(long reason)
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
    verdict->revocation_reason = revocation_reason_name(entry_reason(entry));
    describe_dates(crl, verdict);
}

/* Newer by its date; one whose date cannot be read is older than all others. */
static bool is_newer(const X509_CRL *crl, const X509_CRL *than)
{
    time_t one, other;

    return identity_time(X509_CRL_get0_lastUpdate(crl), &one) &&
           (!identity_time(X509_CRL_get0_lastUpdate(than), &other) || one > other);
}

void revocation_describe_crl(X509 *leaf, const struct trust *trust, struct verdict *verdict)
{
    STACK_OF(X509_CRL) *crls = trust_crls(trust);
    X509_CRL *newest = NULL;
    int i;

    for (i = 0; i < trust_crl_count(trust); i++) {
        X509_CRL *crl = sk_X509_CRL_value(crls, i);

        if (X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_issuer_name(leaf)) == 0 &&
            (newest == NULL || is_newer(crl, newest)))
            newest = crl;
    }
    if (newest != NULL)
        describe_dates(newest, verdict);
}

/* Whether a CRL is by the issuer of a certificate: its name, and a signature of its key. */
static bool is_by_issuer(X509_CRL *crl, X509 *certificate, X509 *issuer)
{
    EVP_PKEY *key = X509_get0_pubkey(issuer);

    return key != NULL &&
           X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_issuer_name(certificate)) == 0 &&
           X509_CRL_verify(crl, key) == 1;
}

static const ASN1_OCTET_STRING *extension_bytes(const X509_CRL *crl, int nid)
{
    int at = X509_CRL_get_ext_by_NID(crl, nid, -1);

    return at >= 0 ? X509_EXTENSION_get_data(X509_CRL_get_ext(crl, at)) : NULL;
}

/* Later by its date and by its number, and not in the future: one that was signed ahead (the kit's
 * `ca crl --ahead`) does not know yet what came to be on hold since. */
static bool is_later(const X509_CRL *crl, const X509_CRL *than, time_t now)
{
    time_t one, other;

    return identity_time(X509_CRL_get0_lastUpdate(crl), &one) &&
           identity_time(X509_CRL_get0_lastUpdate(than), &other) && one > other && one <= now &&
           trust_number_is_as_high(crl, than);
}

static bool is_of_same_scope(const X509_CRL *crl, const X509_CRL *other)
{
    const ASN1_OCTET_STRING *one = extension_bytes(crl, NID_issuing_distribution_point);
    const ASN1_OCTET_STRING *two = extension_bytes(other, NID_issuing_distribution_point);

    return one == NULL || two == NULL ? one == two : ASN1_OCTET_STRING_cmp(one, two) == 0;
}

/* Whether `later` releases what `crl` holds: a complete CRL of the same scope that does not list it
 * (any more), or a delta CRL that removes it. */
static bool releases(
    X509_CRL *later, const X509_CRL *crl, X509 *certificate, X509 *issuer, time_t now)
{
    X509_REVOKED *entry = NULL;
    int found;

    if (!is_later(later, crl, now) || !is_of_same_scope(later, crl) ||
        !is_by_issuer(later, certificate, issuer))
        return false;
    found = X509_CRL_get0_by_serial(later, &entry, X509_get_serialNumber(certificate));
    return found == 2 || (found == 0 && extension_bytes(later, NID_delta_crl) == NULL);
}

static bool lists(
    X509_CRL *crl, X509 *certificate, X509 *issuer, const struct trust *trust, time_t now)
{
    X509_REVOKED *entry = NULL;
    int i;

    if (X509_CRL_get0_by_serial(crl, &entry, X509_get_serialNumber(certificate)) != 1 ||
        !is_by_issuer(crl, certificate, issuer))
        return false;
    if (entry_reason(entry) != CRL_REASON_CERTIFICATE_HOLD)
        return true;
    for (i = 0; i < trust_crl_count(trust); i++) {
        if (releases(sk_X509_CRL_value(trust_crls(trust), i), crl, certificate, issuer, now))
            return false;
    }
    return true;
}

/* How many certificates of the chain have a revocation that is asked for: not the anchor. */
static int checked_length(STACK_OF(X509) * chain, const struct verify_options *options)
{
    int length = chain != NULL ? sk_X509_num(chain) - 1 : 0;

    return length > 1 && options->crl_leaf_only ? 1 : length;
}

bool revocation_listed(STACK_OF(X509) * chain, const struct trust *trust,
    const struct verify_options *options, struct verdict *verdict, int *depth)
{
    int i, length = checked_length(chain, options);

    for (*depth = 0; *depth < length; (*depth)++) {
        X509 *certificate = sk_X509_value(chain, *depth);

        for (i = 0; i < trust_crl_count(trust); i++) {
            X509_CRL *crl = sk_X509_CRL_value(trust_crls(trust), i);

            if (!lists(
                    crl, certificate, sk_X509_value(chain, *depth + 1), trust, verdict->checked_at))
                continue;
            revocation_describe(crl, certificate, verdict);
            return true;
        }
    }
    return false;
}

bool revocation_without_end(STACK_OF(X509) * chain, const struct trust *trust,
    const struct verify_options *options, int *depth)
{
    int i, length = checked_length(chain, options);

    for (*depth = 0; *depth < length; (*depth)++) {
        X509 *certificate = sk_X509_value(chain, *depth);

        for (i = 0; i < trust_crl_count(trust); i++) {
            X509_CRL *crl = sk_X509_CRL_value(trust_crls(trust), i);

            if (X509_CRL_get0_nextUpdate(crl) == NULL &&
                is_by_issuer(crl, certificate, sk_X509_value(chain, *depth + 1)))
                return true;
        }
    }
    return false;
}

static bool is_of_users_or_cas_alone(const X509_CRL *crl)
{
    ISSUING_DIST_POINT *scope =
        X509_CRL_get_ext_d2i(crl, NID_issuing_distribution_point, NULL, NULL);
    bool alone = scope != NULL && (scope->onlyuser > 0 || scope->onlyCA > 0);

    ISSUING_DIST_POINT_free(scope);
    return alone;
}

static bool is_complete_and_current(const X509_CRL *crl, time_t now)
{
    time_t from, until;

    return extension_bytes(crl, NID_issuing_distribution_point) == NULL &&
           extension_bytes(crl, NID_delta_crl) == NULL &&
           identity_time(X509_CRL_get0_lastUpdate(crl), &from) && from <= now &&
           X509_CRL_get0_nextUpdate(crl) != NULL &&
           identity_time(X509_CRL_get0_nextUpdate(crl), &until) && now <= until;
}

bool revocation_out_of_scope(STACK_OF(X509) * chain, const struct trust *trust,
    const struct verify_options *options, const struct verdict *verdict, int *depth)
{
    int i, length = checked_length(chain, options);

    for (*depth = 0; *depth < length; (*depth)++) {
        X509 *certificate = sk_X509_value(chain, *depth);
        bool outside = false, covered = false;

        if (X509_get_version(certificate) == X509_VERSION_3)
            continue;
        for (i = 0; i < trust_crl_count(trust); i++) {
            X509_CRL *crl = sk_X509_CRL_value(trust_crls(trust), i);

            if (!is_by_issuer(crl, certificate, sk_X509_value(chain, *depth + 1)))
                continue;
            outside = outside || is_of_users_or_cas_alone(crl);
            covered = covered || is_complete_and_current(crl, verdict->checked_at);
        }
        if (outside && !covered)
            return true;
    }
    return false;
}
