/* SPDX-License-Identifier: ISC */
#include "verify/verify_rules.h"
#include "certificate/alloc_watch.h"
#include "verify/verify_extensions.h"
#include "verify/verify_names.h"
#include "verify/verify_policy.h"

#include <openssl/x509v3.h>

static void add_extensions(struct findings *findings)
{
    const struct path *path = findings->path;
    const ASN1_OBJECT *object;
    int depth;

    for (depth = 0; depth < path->length; depth++) {
        if (extensions_find_fault(path->certificates[depth], &object) != NULL)
            findings_add(findings, X509_V_ERR_INVALID_EXTENSION, depth);
    }
}

bool rules_check(struct findings *findings)
{
    STACK_OF(X509) *proven = path_borrow(findings->path, 0, findings->path->length);
    int code, depth;

    if (proven == NULL || !names_check(findings)) {
        sk_X509_free(proven);
        return false;
    }
    add_extensions(findings);
    if (policy_find_unreadable(proven, &depth) != NID_undef)
        findings_add_cause(findings, CAUSE_POLICY_UNREADABLE, depth);
    code = policy_fault(proven, &depth);
    if (code == X509_V_ERR_UNSPECIFIED)
        findings_add_cause(findings, CAUSE_LIMIT, 0);
    else if (code != X509_V_OK)
        findings_add(findings, code, depth);
    sk_X509_free(proven);
    return !alloc_watch_failed();
}
