/* SPDX-License-Identifier: ISC */
#include "ocsp/ocsp_signer.h"
#include "certificate/signature_bits.h"
#include "verify/verify_revocation.h"

#include <openssl/x509v3.h>

/* A store that trusts the issuer alone, for this moment and at this security level. */
static X509_STORE *make_store(X509 *issuer, const struct config *config, time_t now)
{
    X509_STORE *store = X509_STORE_new();
    X509_VERIFY_PARAM *parameters;

    if (store == NULL)
        return NULL;
    parameters = X509_STORE_get0_param(store);
    X509_VERIFY_PARAM_set_time(parameters, now);
    X509_VERIFY_PARAM_set_auth_level(parameters, config->security_level);
    if (X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN) == 1 &&
        X509_STORE_add_cert(store, issuer) == 1)
        return store;
    X509_STORE_free(store);
    return NULL;
}

/* What is wrong with a signer whose signature and chain are right. */
static const char *find_fault(const struct ocsp_question *question, X509 *signer,
    const struct trust *trust, int level, time_t now)
{
    if (X509_cmp(signer, question->issuer) == 0)
        return NULL;
    if (X509_cmp(signer, question->leaf) == 0 ||
        EVP_PKEY_eq(X509_get0_pubkey(signer), X509_get0_pubkey(question->leaf)) == 1)
        return "the certificate vouches for itself";
    if ((X509_get_extension_flags(signer) & EXFLAG_XKUSAGE) == 0 ||
        (X509_get_extended_key_usage(signer) & XKU_OCSP_SIGN) == 0)
        return "its signer may not answer for the issuer";
    /* All bits are set when the extension is missing (X509_get_key_usage(3)). RFC 5280 section
     * 4.2.1.12 names these two for OCSP signing. */
    if ((X509_get_key_usage(signer) & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) == 0)
        return "the key usage of its signer does not allow it to sign";
    /* A CRL that is known counts against a responder too. */
    return trust != NULL && revocation_is_listed(trust, signer, question->issuer, level, now)
               ? "the certificate of its signer is revoked"
               : NULL;
}

/* Why libcrypto takes the signer for none: those that CAs give the right to answer have it for some
 * weeks often, and are forgotten then. */
static const char *why_unproven(
    OCSP_BASICRESP *basic, STACK_OF(X509) * own, X509 *issuer, time_t now)
{
    X509 *signer = NULL;

    if (OCSP_resp_get0_signer(basic, &signer, own) == 1 && signer != issuer &&
        X509_verify(signer, X509_get0_pubkey(issuer)) == 1) {
        if (X509_cmp_time(X509_get0_notAfter(signer), &now) < 0)
            return "the certificate of its signer has expired";
        if (X509_cmp_time(X509_get0_notBefore(signer), &now) > 0)
            return "the certificate of its signer is not yet valid";
    }
    return "the answer was not signed by the issuer, nor by whom it gave the right";
}

const char *ocsp_signer_fault(const struct ocsp_question *question, OCSP_BASICRESP *basic,
    const struct trust *trust, const struct config *config, time_t now)
{
    const char *words = "the answer was not signed by the issuer, nor by whom it gave the right";
    X509_STORE *store = make_store(question->issuer, config, now);
    STACK_OF(X509) *own = sk_X509_new_null();
    X509 *signer = NULL;

    /* libcrypto looks at the digests of certificates, not at that of the response. */
    if (signature_bits_are_few(
            signature_bits(OCSP_resp_get0_tbs_sigalg(basic)), config->security_level)) {
        words = "the answer is signed with a digest that is too weak for the security level";
        goto out;
    }
    if (store == NULL || own == NULL || sk_X509_push(own, question->issuer) <= 0)
        goto out;
    /* Never OCSP_TRUSTOTHER: then whatever came along could sign. With OCSP_NOCHAIN nothing can
     * stand between the signer and the issuer, which alone is trusted. */
    if (OCSP_basic_verify(basic, own, store, OCSP_PARTIAL_CHAIN | OCSP_NOCHAIN) != 1 ||
        OCSP_resp_get0_signer(basic, &signer, own) != 1)
        words = why_unproven(basic, own, question->issuer, now);
    else
        words = find_fault(question, signer, trust, config->security_level, now);

out:
    sk_X509_free(own);
    X509_STORE_free(store);
    return words;
}
