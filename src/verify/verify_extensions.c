/* SPDX-License-Identifier: ISC */
#include "verify/verify_extensions.h"
#include "certificate/der.h"
#include "verify/verify_policy.h"

#include <openssl/x509v3.h>
#include <stdbool.h>
#include <string.h>

static const char cannot_be_read[] = " cannot be read";

/* The last byte of an identifier of id-ce, 2.5.29; -1 for others. */
static int id_ce(const ASN1_OBJECT *object)
{
    const unsigned char *bytes = OBJ_get0_data(object);

    return OBJ_length(object) == 3 && bytes[0] == 0x55 && bytes[1] == 0x1D ? bytes[2] : -1;
}

static bool is_one_element(X509_EXTENSION *extension)
{
    const ASN1_OCTET_STRING *data = X509_EXTENSION_get_data(extension);
    size_t length = (size_t)ASN1_STRING_length(data);
    struct der_element element;

    return der_read_element(ASN1_STRING_get0_data(data), length, &element) &&
           element.header + element.content == length;
}

/* Each is compared with each: CERTIFICATE_MAX_EXTENSIONS at the most. */
const char *extensions_find_fault(const X509 *certificate, const ASN1_OBJECT **object)
{
    int i, j, count = X509_get_ext_count(certificate);

    for (i = 0; i < count; i++) {
        X509_EXTENSION *extension = X509_get_ext(certificate, i);

        *object = X509_EXTENSION_get_object(extension);
        for (j = i + 1; j < count; j++) {
            if (OBJ_cmp(*object, X509_EXTENSION_get_object(X509_get_ext(certificate, j))) == 0)
                return " occurs twice in it";
        }
        if ((X509_EXTENSION_get_critical(extension) != 0 || id_ce(*object) >= 0) &&
            !is_one_element(extension))
            return cannot_be_read;
    }
    *object = NULL;
    return NULL;
}

static void free_value(const X509V3_EXT_METHOD *method, void *value)
{
    if (method->it != NULL)
        ASN1_item_free(value, ASN1_ITEM_ptr(method->it));
    else
        method->ext_free(value);
}

static const char *judge_policy_constraints(const POLICY_CONSTRAINTS *constraints)
{
    const ASN1_INTEGER *explicit_policy = constraints->requireExplicitPolicy;
    const ASN1_INTEGER *mapping = constraints->inhibitPolicyMapping;

    if (explicit_policy == NULL && mapping == NULL)
        return " is empty (RFC 5280 section 4.2.1.11)";
    if ((explicit_policy != NULL && ASN1_STRING_type(explicit_policy) == V_ASN1_NEG_INTEGER) ||
        (mapping != NULL && ASN1_STRING_type(mapping) == V_ASN1_NEG_INTEGER))
        return " has a number below zero";
    return NULL;
}

static const char *judge_basic_constraints(const BASIC_CONSTRAINTS *constraints)
{
    return constraints->pathlen != NULL &&
                   ASN1_STRING_type(constraints->pathlen) == V_ASN1_NEG_INTEGER
               ? " has a path length below zero"
               : NULL;
}

static const char *judge_key_usage(const ASN1_BIT_STRING *usage)
{
    const unsigned char *bytes = ASN1_STRING_get0_data(usage);
    int i;

    for (i = 0; i < ASN1_STRING_length(usage); i++) {
        if (bytes[i] != 0)
            return NULL;
    }
    return " has no bit set (RFC 5280 section 4.2.1.3)";
}

static const char *judge_points(const CRL_DIST_POINTS *points)
{
    int i;

    for (i = 0; i < sk_DIST_POINT_num(points); i++) {
        const DIST_POINT *point = sk_DIST_POINT_value(points, i);

        if (point->distpoint == NULL && sk_GENERAL_NAME_num(point->CRLissuer) <= 0)
            return " has a point without a name (RFC 5280 section 4.2.1.13)";
    }
    return NULL;
}

static int compare_policies(const POLICYINFO *const *one, const POLICYINFO *const *other)
{
    return OBJ_cmp((*one)->policyid, (*other)->policyid);
}

/* Sorts them, since there may be thousands. */
static const char *judge_policies(CERTIFICATEPOLICIES *policies)
{
    int i;

    (void)sk_POLICYINFO_set_cmp_func(policies, compare_policies);
    sk_POLICYINFO_sort(policies);
    for (i = 1; i < sk_POLICYINFO_num(policies); i++) {
        const POLICYINFO *before = sk_POLICYINFO_value(policies, i - 1);

        if (OBJ_cmp(before->policyid, sk_POLICYINFO_value(policies, i)->policyid) == 0)
            return " has a policy twice (RFC 5280 section 4.2.1.4)";
    }
    return NULL;
}

static const char *judge_mappings(const POLICY_MAPPINGS *mappings)
{
    if (sk_POLICY_MAPPING_num(mappings) <= 0)
        return " is empty (RFC 5280 section 4.2.1.5)";
    return policy_maps_any(mappings) ? " maps anyPolicy (RFC 5280 section 4.2.1.5)" : NULL;
}

static const char *judge_canonical(bool is_canonical)
{
    return is_canonical ? NULL : " is not in the canonical form of RFC 3779";
}

/* What is inconsistent in a value that can be decoded. */
static const char *judge_value(int nid, void *value)
{
    switch (nid) {
    case NID_key_usage:
        return judge_key_usage(value);
    case NID_basic_constraints:
        return judge_basic_constraints(value);
    case NID_certificate_policies:
        return judge_policies(value);
    case NID_policy_constraints:
        return judge_policy_constraints(value);
    case NID_inhibit_any_policy:
        return ASN1_STRING_type(value) == V_ASN1_NEG_INTEGER
                   ? " is below zero (RFC 5280 section 4.2.1.14)"
                   : NULL;
    case NID_policy_mappings:
        return judge_mappings(value);
    case NID_crl_distribution_points:
        return judge_points(value);
    case NID_sbgp_ipAddrBlock:
        return judge_canonical(X509v3_addr_is_canonical(value) == 1);
    case NID_sbgp_autonomousSysNum:
        return judge_canonical(X509v3_asid_is_canonical(value) == 1);
    default:
        return NULL;
    }
}

/* RFC 3820 section 3: a proxy is no CA and has no alternative names. */
static bool is_odd_proxy(X509 *certificate, const X509_EXTENSION *extension)
{
    int at = X509_get_ext_by_NID(certificate, NID_proxyCertInfo, -1);

    return at >= 0 && X509_get_ext(certificate, at) == extension &&
           ((X509_get_extension_flags(certificate) & EXFLAG_CA) != 0 ||
               X509_get_ext_by_NID(certificate, NID_subject_alt_name, -1) >= 0 ||
               X509_get_ext_by_NID(certificate, NID_issuer_alt_name, -1) >= 0);
}

static const char *explain_one(X509 *certificate, X509_EXTENSION *extension)
{
    const X509V3_EXT_METHOD *method = X509V3_EXT_get(extension);
    const char *words;
    void *value;

    if (method == NULL)
        return NULL;
    value = X509V3_EXT_d2i(extension);
    if (value == NULL)
        return cannot_be_read;
    words = judge_value(OBJ_obj2nid(X509_EXTENSION_get_object(extension)), value);
    free_value(method, value);
    if (words == NULL && is_odd_proxy(certificate, extension))
        return " stands in a CA's certificate or beside alternative names (RFC 3820 section 3)";
    return words;
}

const char *extensions_explain(X509 *certificate, const ASN1_OBJECT **object)
{
    const char *words = extensions_find_fault(certificate, object);
    int i;

    for (i = 0; words == NULL && i < X509_get_ext_count(certificate); i++) {
        X509_EXTENSION *extension = X509_get_ext(certificate, i);

        words = explain_one(certificate, extension);
        *object = words != NULL ? X509_EXTENSION_get_object(extension) : NULL;
    }
    return words;
}

const char *extensions_never_critical(const ASN1_OBJECT *object)
{
    static const int never[] = {NID_authority_key_identifier, NID_subject_key_identifier,
        NID_info_access, NID_freshest_crl};
    size_t i;

    for (i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
        if (OBJ_obj2nid(object) == never[i])
            return ", which must not be critical (RFC 5280 section 4.2)";
    }
    return "";
}
