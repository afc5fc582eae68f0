/* SPDX-License-Identifier: ISC */
#include "verify/verify_policy.h"
#include "certificate/policies.h"

#include <openssl/objects.h>
#include <stddef.h>

/* Whose extension cannot be read: as libcrypto marked it. */
static int invalid_depth(STACK_OF(X509) * chain)
{
    int i;

    for (i = 0; i < sk_X509_num(chain); i++) {
        if ((X509_get_extension_flags(sk_X509_value(chain, i)) & EXFLAG_INVALID_POLICY) != 0)
            return i;
    }
    return 0;
}

/* What libcrypto makes of the policies of a chain: X509_PCY_TREE_... In *tree what is valid, NULL
 * when nothing is. */
static int check_by_libcrypto(STACK_OF(X509) * chain, X509_POLICY_TREE **tree)
{
    STACK_OF(ASN1_OBJECT) *initial = sk_ASN1_OBJECT_new_null();
    ASN1_OBJECT *any_policy = OBJ_nid2obj(NID_any_policy);
    int explicit_policy = 0, result = X509_PCY_TREE_INTERNAL;

    *tree = NULL;
    if (initial != NULL && any_policy != NULL && sk_ASN1_OBJECT_push(initial, any_policy) > 0)
        result = X509_policy_check(tree, &explicit_policy, chain, initial, 0);
    sk_ASN1_OBJECT_free(initial);
    if (result != X509_PCY_TREE_VALID) {
        X509_policy_tree_free(*tree);
        *tree = NULL;
    }
    return result;
}

static bool has_lost(STACK_OF(X509) * chain)
{
    int i;

    for (i = 0; i < sk_X509_num(chain) - 1; i++) {
        if (policies_are_lost(sk_X509_value(chain, i)))
            return true;
    }
    return false;
}

static bool is_negative(const ASN1_INTEGER *number)
{
    return number != NULL && ASN1_STRING_type(number) == V_ASN1_NEG_INTEGER;
}

/* After how many more certificates a policy is demanded, by policyConstraints; as before when it
 * does not say. false when the extension cannot be used. */
static bool lower_by_constraints(const X509 *certificate, long *until_demanded)
{
    int critical = -1;
    POLICY_CONSTRAINTS *constraints =
        X509_get_ext_d2i(certificate, NID_policy_constraints, &critical, NULL);
    const ASN1_INTEGER *require, *inhibit;
    bool usable;
    long given;

    if (constraints == NULL)
        return critical == -1;
    require = constraints->requireExplicitPolicy;
    inhibit = constraints->inhibitPolicyMapping;
    usable = (require != NULL || inhibit != NULL) && !is_negative(require) && !is_negative(inhibit);
    given = require != NULL ? ASN1_INTEGER_get(require) : -1;
    if (given >= 0 && given < *until_demanded)
        *until_demanded = given;
    POLICY_CONSTRAINTS_free(constraints);
    return usable;
}

/* The same as check_by_libcrypto, of a chain with a certificate that has no policies: none is valid
 * from there on (RFC 5280 section 6.1.3 e), and what is left to look at is whether one is demanded
 * (explicit_policy of section 6.1). In *depth whose extension is invalid. */
static int check_without_policies(STACK_OF(X509) * chain, int *depth)
{
    long until_demanded = sk_X509_num(chain);
    bool empty = false;
    int i;

    for (i = sk_X509_num(chain) - 2; i >= 0 && !(empty && until_demanded == 0); i--) {
        X509 *certificate = sk_X509_value(chain, i);

        *depth = i;
        if (!policies_are_lost(certificate) && !policies_settle(certificate))
            return X509_PCY_TREE_INTERNAL;
        if ((X509_get_extension_flags(certificate) & EXFLAG_INVALID_POLICY) != 0)
            return X509_PCY_TREE_INVALID;
        empty = empty || X509_get_ext_by_NID(certificate, NID_certificate_policies, -1) < 0;
        if (until_demanded > 0 && (X509_get_extension_flags(certificate) & EXFLAG_SI) == 0)
            until_demanded--;
        if (!lower_by_constraints(certificate, &until_demanded))
            return X509_PCY_TREE_INVALID;
    }
    return until_demanded == 0 ? X509_PCY_TREE_FAILURE : X509_PCY_TREE_VALID;
}

bool policy_maps_any(const POLICY_MAPPINGS *mappings)
{
    int i;

    for (i = 0; i < sk_POLICY_MAPPING_num(mappings); i++) {
        const POLICY_MAPPING *one = sk_POLICY_MAPPING_value(mappings, i);

        if (OBJ_obj2nid(one->issuerDomainPolicy) == NID_any_policy ||
            OBJ_obj2nid(one->subjectDomainPolicy) == NID_any_policy)
            return true;
    }
    return false;
}

/* RFC 5280 section 6.1.4 a. libcrypto does not look at the mappings of a certificate without
 * certificatePolicies. */
static bool maps_any_policy(const X509 *certificate)
{
    POLICY_MAPPINGS *mappings = X509_get_ext_d2i(certificate, NID_policy_mappings, NULL, NULL);
    bool maps = policy_maps_any(mappings);

    sk_POLICY_MAPPING_pop_free(mappings, POLICY_MAPPING_free);
    return maps;
}

int policy_fault(STACK_OF(X509) * chain, int *depth)
{
    X509_POLICY_TREE *tree = NULL;
    int result;

    if (chain == NULL)
        return X509_V_OK;
    for (*depth = 1; *depth < sk_X509_num(chain) - 1; ++*depth) {
        if (maps_any_policy(sk_X509_value(chain, *depth)))
            return X509_V_ERR_INVALID_POLICY_EXTENSION;
    }
    *depth = 0;
    result =
        has_lost(chain) ? check_without_policies(chain, depth) : check_by_libcrypto(chain, &tree);
    X509_policy_tree_free(tree);
    if (result == X509_PCY_TREE_INVALID && *depth == 0)
        *depth = invalid_depth(chain);
    switch (result) {
    case X509_PCY_TREE_VALID:
        return X509_V_OK;
    case X509_PCY_TREE_FAILURE:
        *depth = 0;
        return X509_V_ERR_NO_EXPLICIT_POLICY;
    case X509_PCY_TREE_INVALID:
        return X509_V_ERR_INVALID_POLICY_EXTENSION;
    default:
        return X509_V_ERR_UNSPECIFIED;
    }
}

bool policy_find_valid(STACK_OF(X509) * chain, X509_POLICY_TREE **valid)
{
    *valid = NULL;
    /* Where policies are lost, a certificate has none: nothing is valid for all. */
    return sk_X509_num(chain) < 2 || has_lost(chain) ||
           check_by_libcrypto(chain, valid) != X509_PCY_TREE_INTERNAL;
}

bool policy_is_valid(const X509_POLICY_TREE *valid, const ASN1_OBJECT *policy)
{
    STACK_OF(X509_POLICY_NODE) *nodes = X509_policy_tree_get0_policies(valid);
    int i;

    for (i = 0; i < sk_X509_POLICY_NODE_num(nodes); i++) {
        const ASN1_OBJECT *its = X509_policy_node_get0_policy(sk_X509_POLICY_NODE_value(nodes, i));

        if (OBJ_obj2nid(its) == NID_any_policy || OBJ_cmp(its, policy) == 0)
            return true;
    }
    return false;
}

static bool is_unreadable(const X509 *certificate, int nid)
{
    int critical = -1;
    void *value = X509_get_ext_d2i(certificate, nid, &critical, NULL);
    bool negative;

    if (value == NULL)
        return critical != -1;
    negative = nid == NID_inhibit_any_policy && is_negative(value);
    ASN1_item_free(value, ASN1_ITEM_ptr(X509V3_EXT_get_nid(nid)->it));
    return negative;
}

int policy_find_unreadable(STACK_OF(X509) * chain, int *depth)
{
    static const int nids[] = {NID_certificate_policies, NID_policy_mappings,
        NID_policy_constraints, NID_inhibit_any_policy};
    size_t i;

    for (*depth = 0; *depth < sk_X509_num(chain); ++*depth) {
        for (i = 0; i < sizeof(nids) / sizeof(nids[0]); i++) {
            if (is_unreadable(sk_X509_value(chain, *depth), nids[i]))
                return nids[i];
        }
    }
    return NID_undef;
}
