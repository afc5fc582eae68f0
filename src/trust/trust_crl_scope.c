/* SPDX-License-Identifier: ISC */
#include "trust/trust_crls.h"

#include <openssl/x509v3.h>

/* ReasonFlags as CRLDP_ALL_REASONS has them: the first byte is the low one. */
static unsigned reason_bits(const ASN1_BIT_STRING *reasons)
{
    const unsigned char *bytes;
    unsigned bits = 0;

    if (reasons == NULL)
        return CRL_ALL_REASONS;
    bytes = ASN1_STRING_get0_data(reasons);
    if (ASN1_STRING_length(reasons) > 0)
        bits = bytes[0];
    if (ASN1_STRING_length(reasons) > 1)
        bits |= (unsigned)bytes[1] << 8;
    return bits & CRL_ALL_REASONS;
}

static bool has_name(const GENERAL_NAMES *names, const X509_NAME *name)
{
    int i;

    for (i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *one = sk_GENERAL_NAME_value(names, i);

        if (one->type == GEN_DIRNAME && X509_NAME_cmp(one->d.directoryName, name) == 0)
            return true;
    }
    return false;
}

static bool share_a_name(const GENERAL_NAMES *one, const GENERAL_NAMES *other)
{
    int i, j;

    for (i = 0; i < sk_GENERAL_NAME_num(one); i++) {
        for (j = 0; j < sk_GENERAL_NAME_num(other); j++) {
            if (GENERAL_NAME_cmp(sk_GENERAL_NAME_value(one, i), sk_GENERAL_NAME_value(other, j)) ==
                0)
                return true;
        }
    }
    return false;
}

/* Names are full (type 0) or relative to an issuer, of which dpname is the whole. */
static bool is_same_point(const DIST_POINT_NAME *one, const DIST_POINT_NAME *other)
{
    if (one->type == 0 && other->type == 0)
        return share_a_name(one->name.fullname, other->name.fullname);
    if (one->type == 0)
        return other->dpname != NULL && has_name(one->name.fullname, other->dpname);
    if (other->type == 0)
        return one->dpname != NULL && has_name(other->name.fullname, one->dpname);
    return one->dpname != NULL && other->dpname != NULL &&
           X509_NAME_cmp(one->dpname, other->dpname) == 0;
}

/* The issuer of the CRLs that a distribution point is about: of indirect ones it names another. */
static bool is_of_issuer(const DIST_POINT *point, const X509_NAME *issuer)
{
    return point->CRLissuer == NULL || has_name(point->CRLissuer, issuer);
}

/* A point without a name of its own has that of the cRLIssuer. */
static bool names_point(DIST_POINT *point, const DIST_POINT_NAME *name, const X509_NAME *issuer)
{
    if (point->distpoint != NULL)
        return DIST_POINT_set_dpname(point->distpoint, issuer) == 1 &&
               is_same_point(point->distpoint, name);
    if (point->CRLissuer == NULL)
        return false;
    return name->type == 0 ? share_a_name(name->name.fullname, point->CRLissuer)
                           : name->dpname != NULL && has_name(point->CRLissuer, name->dpname);
}

/* RFC 5280 section 6.3.3 b 2 i and d: by all of the certificate's distribution points that are the
 * list's. */
static unsigned reasons_of_points(
    const struct crl *crl, const DIST_POINT_NAME *name, const X509 *certificate)
{
    CRL_DIST_POINTS *points =
        X509_get_ext_d2i(certificate, NID_crl_distribution_points, NULL, NULL);
    unsigned reasons = 0;
    int i;

    for (i = 0; i < sk_DIST_POINT_num(points); i++) {
        DIST_POINT *point = sk_DIST_POINT_value(points, i);

        if (is_of_issuer(point, crl_issuer(crl)) && names_point(point, name, crl_issuer(crl)))
            reasons |= reason_bits(point->reasons);
    }
    CRL_DIST_POINTS_free(points);
    return reasons;
}

unsigned trust_crl_reasons(const struct crl *crl, X509 *certificate)
{
    const ISSUING_DIST_POINT *scope = crl_scope(crl);
    bool is_ca, has_kind = X509_get_version(certificate) == X509_VERSION_3;
    unsigned reasons;

    if (scope == NULL)
        return CRL_ALL_REASONS;
    is_ca = (X509_get_extension_flags(certificate) & EXFLAG_CA) != 0;
    if (scope->onlyattr > 0 || (scope->onlyuser > 0 && (is_ca || !has_kind)) ||
        (scope->onlyCA > 0 && (!is_ca || !has_kind)))
        return 0;
    reasons = reason_bits(scope->onlysomereasons);
    if (reasons != 0 && scope->distpoint != NULL)
        reasons &= reasons_of_points(crl, scope->distpoint, certificate);
    return reasons;
}

bool trust_crl_is_same_scope(const struct crl *one, const struct crl *other)
{
    const ASN1_OCTET_STRING *its = crl_scope_bytes(one), *others = crl_scope_bytes(other);

    return its == NULL || others == NULL ? its == others : ASN1_OCTET_STRING_cmp(its, others) == 0;
}

bool trust_crl_extends(const struct crl *delta, const struct crl *complete)
{
    const ASN1_INTEGER *base = crl_base_number(delta), *number = crl_number(complete);

    return base != NULL && number != NULL && crl_number(delta) != NULL &&
           trust_crl_is_same_scope(delta, complete) && ASN1_INTEGER_cmp(base, number) <= 0 &&
           ASN1_INTEGER_cmp(crl_number(delta), number) > 0;
}

bool trust_crl_number_is_as_high(const struct crl *new, const struct crl *old)
{
    return crl_number(old) == NULL ||
           (crl_number(new) != NULL && ASN1_INTEGER_cmp(crl_number(new), crl_number(old)) >= 0);
}
