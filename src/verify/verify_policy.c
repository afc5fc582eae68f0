/* SPDX-License-Identifier: ISC */
#include "verify/verify_policy.h"

#include <openssl/objects.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
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

int policy_fault(STACK_OF(X509) * chain, int *depth)
{
    STACK_OF(ASN1_OBJECT) *initial = sk_ASN1_OBJECT_new_null();
    ASN1_OBJECT *any_policy = OBJ_nid2obj(NID_any_policy);
    X509_POLICY_TREE *tree = NULL;
    int explicit_policy = 0, result = X509_PCY_TREE_INTERNAL;

    *depth = 0;
    if (chain == NULL)
        result = X509_PCY_TREE_VALID;
    else if (initial != NULL && any_policy != NULL && sk_ASN1_OBJECT_push(initial, any_policy) > 0)
        result = X509_policy_check(&tree, &explicit_policy, chain, initial, 0);
    X509_policy_tree_free(tree);
    sk_ASN1_OBJECT_free(initial);
    switch (result) {
    case X509_PCY_TREE_VALID:
        return X509_V_OK;
    case X509_PCY_TREE_FAILURE:
        return X509_V_ERR_NO_EXPLICIT_POLICY;
    case X509_PCY_TREE_INVALID:
        *depth = invalid_depth(chain);
        return X509_V_ERR_INVALID_POLICY_EXTENSION;
    default:
        return X509_V_ERR_UNSPECIFIED;
    }
}

static bool is_unreadable(const X509 *certificate, int nid)
{
    int critical = -1;
    void *value = X509_get_ext_d2i(certificate, nid, &critical, NULL);

    if (value == NULL)
        return critical != -1;
    ASN1_item_free(value, ASN1_ITEM_ptr(X509V3_EXT_get_nid(nid)->it));
    return false;
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
