/* SPDX-License-Identifier: ISC */
#include "verify/verify_chain.h"
#include "certificate/alloc_watch.h"
#include "verify/verify_key.h"
#include "verify/verify_links.h"

#include <openssl/x509v3.h>
#include <stdatomic.h>

/* Without dates, which check_links looks at: libcrypto would read those of issuers twice. */
static bool set_parameters(X509_STORE_CTX *context, const struct findings *findings)
{
    const struct verify_options *options = findings->options;
    X509_VERIFY_PARAM *parameters = X509_STORE_CTX_get0_param(context);
    const unsigned long flags =
        X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_NO_CHECK_TIME;

    if (X509_VERIFY_PARAM_set_flags(parameters, flags) != 1 ||
        X509_VERIFY_PARAM_set_purpose(parameters, options->purpose) != 1)
        return false;
    X509_VERIFY_PARAM_set_depth(parameters, options->depth);
    X509_VERIFY_PARAM_set_auth_level(parameters, options->security_level);
    return true;
}

/* In place of libcrypto's choice of an issuer: the one that the path has. */
static int is_issuer(X509_STORE_CTX *context, X509 *subject, X509 *issuer)
{
    const struct findings *findings = X509_STORE_CTX_get_app_data(context);

    return path_issuer(findings->path, subject) == issuer;
}

static bool report(X509_STORE_CTX *context, X509 *certificate, int depth, int code)
{
    X509_STORE_CTX_set_current_cert(context, certificate);
    X509_STORE_CTX_set_error_depth(context, depth);
    X509_STORE_CTX_set_error(context, code);
    return findings_collect(0, context) != 0;
}

static int date_fault(const X509 *certificate, time_t now)
{
    int from = path_compare_date(X509_get0_notBefore(certificate), now);
    int until = path_compare_date(X509_get0_notAfter(certificate), now);

    if (from == 0)
        return X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD;
    if (until == 0)
        return X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD;
    if (until == -1)
        return X509_V_ERR_CERT_HAS_EXPIRED;
    return from == 1 ? X509_V_ERR_CERT_NOT_YET_VALID : X509_V_OK;
}

/* The key is what counts. Key identifiers the search has compared, where they matter, and an issuer
 * of another serial number, after a renewal with the same key, is one. */
static int check_issued(X509 *issuer, X509 *certificate)
{
    int code = X509_check_issued(issuer, certificate);

    return code == X509_V_ERR_AKID_ISSUER_SERIAL_MISMATCH || code == X509_V_ERR_AKID_SKID_MISMATCH
               ? X509_V_OK
               : code;
}

/* In place of libcrypto's last step, which would check each signature a second time: the links are
 * those of the path, whose signatures are right therefore, every issuer may sign certificates, and
 * all are current (RFC 5280 sections 6.1.3 a and 6.1.4 n). */
static int check_links(X509_STORE_CTX *context)
{
    const struct findings *findings = X509_STORE_CTX_get_app_data(context);
    STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(context);
    int depth;

    for (depth = sk_X509_num(chain) - 1; depth >= 0; depth--) {
        X509 *certificate = sk_X509_value(chain, depth), *issuer = sk_X509_value(chain, depth + 1);
        int code = X509_V_OK;

        if (path_issuer(findings->path, certificate) != issuer)
            code = X509_V_ERR_CERT_SIGNATURE_FAILURE;
        else if (issuer != NULL)
            code = check_issued(issuer, certificate);
        if (code != X509_V_OK) {
            (void)report(context, certificate, depth, code);
            return 0;
        }
        code = date_fault(certificate, findings->verdict->checked_at);
        if (code != X509_V_OK && !report(context, certificate, depth, code))
            return 0;
    }
    return 1;
}

/* libcrypto fails instead of judging when the leaf's key is of no kind that it knows or lacks
 * parameters, or when an extension cannot be read. */
static bool is_readable(struct findings *findings)
{
    const struct path *path = findings->path;
    const EVP_PKEY *key = X509_get0_pubkey(path->certificates[0]);
    int depth;

    if (key == NULL || EVP_PKEY_missing_parameters(key) == 1) {
        findings_add(findings, X509_V_ERR_NO_ISSUER_PUBLIC_KEY, 0);
        return false;
    }
    for (depth = 0; depth < path->length; depth++) {
        X509 *certificate = path->certificates[depth];

        if (X509_get_version(certificate) < X509_VERSION_1 ||
            X509_get_version(certificate) > X509_VERSION_3) {
            findings_add_cause(findings, CAUSE_VERSION, depth);
            return false;
        }
        if (depth > 0 && depth < path->length - 1 &&
            X509_get_version(certificate) != X509_VERSION_3) {
            findings_add_cause(findings, CAUSE_CA_VERSION, depth);
            return false;
        }
        if ((X509_get_extension_flags(certificate) & EXFLAG_INVALID) != 0) {
            findings_add(findings, X509_V_ERR_INVALID_EXTENSION, depth);
            return false;
        }
        if (path_has_two_algorithms(certificate)) {
            findings_add_cause(findings, CAUSE_ALGORITHMS_DIFFER, depth);
            return false;
        }
        if (key_is_bad(certificate)) {
            findings_add_cause(findings, CAUSE_BAD_KEY, depth);
            return false;
        }
    }
    return true;
}

/* A store of nothing, for libcrypto takes is_issuer from a store alone. Made once, and never
 * changed or freed. */
static X509_STORE *get_store(void)
{
    static X509_STORE *_Atomic shared;
    X509_STORE *store = atomic_load(&shared), *none = NULL;

    if (store != NULL)
        return store;
    store = X509_STORE_new();
    if (store == NULL)
        return NULL;
    X509_STORE_set_check_issued(store, is_issuer);
    if (atomic_compare_exchange_strong(&shared, &none, store))
        return store;
    X509_STORE_free(store);
    return none;
}

/* Limits of libcrypto, and what it does not understand, come as failures of its own. When no memory
 * was wanting they are the certificate's fault. */
static bool add_result(X509_STORE_CTX *context, struct findings *findings, int result)
{
    int code = X509_STORE_CTX_get_error(context);

    findings->finished = result == 1;
    if (result == 1)
        return true;
    if (code == X509_V_ERR_UNSPECIFIED || code == X509_V_ERR_OUT_OF_MEM)
        findings_add_cause(findings, CAUSE_LIMIT, 0);
    else if (result < 0 || code == X509_V_OK)
        return false;
    else
        findings_add(findings, code, X509_STORE_CTX_get_error_depth(context));
    return true;
}

static bool verify_path(struct findings *findings)
{
    const struct path *path = findings->path;
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    X509_STORE *store = get_store();
    STACK_OF(X509) *between = path_borrow(path, 1, path->length - 1);
    STACK_OF(X509) *anchor = path_borrow(path, path->length - 1, path->length);
    bool judged = false;

    if (store == NULL || context == NULL || between == NULL || anchor == NULL ||
        X509_STORE_CTX_init(context, store, path->certificates[0], between) != 1 ||
        !set_parameters(context, findings) || X509_STORE_CTX_set_app_data(context, findings) != 1)
        goto out;
    /* A chain ends with the path's anchor and nowhere else. */
    X509_STORE_CTX_set0_trusted_stack(context, anchor);
    X509_STORE_CTX_set_verify_cb(context, findings_collect);
    X509_STORE_CTX_set_verify(context, check_links);
    judged = add_result(context, findings, X509_verify_cert(context)) && !alloc_watch_failed();

out:
    X509_STORE_CTX_free(context);
    sk_X509_free(anchor);
    sk_X509_free(between);
    return judged;
}

bool chain_verify(struct findings *findings)
{
    const struct path *path = findings->path;
    struct path shown = *path;
    bool judged = false;

    if (!is_readable(findings))
        return !alloc_watch_failed();
    if (links_replace(&shown)) {
        findings->path = &shown;
        judged = verify_path(findings);
        findings->path = path;
    }
    links_free(&shown, path);
    return judged;
}
