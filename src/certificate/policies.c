/* SPDX-License-Identifier: ISC */
#include "certificate/policies.h"

#include <openssl/x509v3.h>

bool policies_are_lost(const X509 *certificate)
{
    return X509_get_ext_by_NID(certificate, NID_policy_constraints, -1) >= 0 &&
           X509_get_ext_by_NID(certificate, NID_certificate_policies, -1) < 0;
}

/* libcrypto looks at all of a chain but its last, so the certificate stands there twice. */
bool policies_settle(X509 *certificate)
{
    STACK_OF(X509) *twice = sk_X509_new_null();
    X509_POLICY_TREE *tree = NULL;
    int explicit_policy = 0;
    bool settled = false;

    if (twice != NULL && sk_X509_push(twice, certificate) > 0 &&
        sk_X509_push(twice, certificate) > 0)
        settled =
            X509_policy_check(&tree, &explicit_policy, twice, NULL, 0) != X509_PCY_TREE_INTERNAL;
    X509_policy_tree_free(tree);
    sk_X509_free(twice);
    return settled;
}
