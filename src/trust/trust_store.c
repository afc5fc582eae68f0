#include "trust/trust_store.h"
#include "certificate/alloc_watch.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

static bool signed_by(X509 *certificate, X509 *issuer)
{
    EVP_PKEY *key = X509_get0_pubkey(issuer);

    return key != NULL && X509_verify(certificate, key) == 1;
}

/* The candidate that signed; a current one rather than another. NULL when none did. Borrowed. */
static X509 *find_signer(
    X509 *certificate, STACK_OF(X509) * candidates, const X509_VERIFY_PARAM *parameters)
{
    X509 *signer = NULL;
    int i;

    for (i = 0; i < sk_X509_num(candidates); i++) {
        X509 *candidate = sk_X509_value(candidates, i);

        if (X509_check_issued(candidate, certificate) != X509_V_OK ||
            !signed_by(certificate, candidate))
            continue;
        signer = candidate;
        if (X509_cmp_timeframe(
                parameters, X509_get0_notBefore(candidate), X509_get0_notAfter(candidate)) == 0)
            break;
    }
    return signer;
}

/* In place of X509_STORE_CTX_get1_issuer, with its results: 1 found, 0 not found, below 0 failed.
 * What it picks is verified by libcrypto as ever. */
static int get_issuer(X509 **issuer, X509_STORE_CTX *context, X509 *certificate)
{
    STACK_OF(X509) *candidates = NULL;
    X509 *signer;
    int found = X509_STORE_CTX_get1_issuer(issuer, context, certificate);

    if (found != 1)
        return found;
    (void)ERR_set_mark();
    if (!signed_by(certificate, *issuer)) {
        candidates = X509_STORE_CTX_get1_certs(context, X509_get_issuer_name(certificate));
        signer = find_signer(certificate, candidates, X509_STORE_CTX_get0_param(context));
        if (signer != NULL && X509_up_ref(signer) == 1) {
            X509_free(*issuer);
            *issuer = signer;
        }
        sk_X509_pop_free(candidates, X509_free);
    }
    (void)ERR_pop_to_mark();
    return found;
}

static bool names_are_shared(STACK_OF(X509) * anchors)
{
    int i, j;

    for (i = 1; i < sk_X509_num(anchors); i++) {
        for (j = 0; j < i; j++) {
            if (X509_NAME_cmp(X509_get_subject_name(sk_X509_value(anchors, i)),
                    X509_get_subject_name(sk_X509_value(anchors, j))) == 0)
                return true;
        }
    }
    return false;
}

static bool fill(X509_STORE *store, const struct trust_files *files)
{
    STACK_OF(X509) *anchors = files->anchors.certificates;
    STACK_OF(X509_CRL) *crls = files->crls.crls;
    int i;

    for (i = 0; i < sk_X509_num(anchors); i++) {
        if (X509_STORE_add_cert(store, sk_X509_value(anchors, i)) != 1)
            return false;
    }
    for (i = 0; crls != NULL && i < sk_X509_CRL_num(crls); i++) {
        if (X509_STORE_add_crl(store, sk_X509_CRL_value(crls, i)) != 1)
            return false;
    }
    if (names_are_shared(anchors))
        X509_STORE_set_get_issuer(store, get_issuer);
    return !alloc_watch_failed();
}

X509_STORE *trust_store_make(const struct trust_files *files, struct error *error)
{
    X509_STORE *store;

    ERR_clear_error();
    alloc_watch_clear();
    store = X509_STORE_new();
    if (store != NULL && fill(store, files))
        return store;
    error_set(error, alloc_watch_explains_errors() ? ERROR_MEMORY : ERROR_LIBRARY,
        "libcrypto could not build the trust store");
    X509_STORE_free(store);
    return NULL;
}
